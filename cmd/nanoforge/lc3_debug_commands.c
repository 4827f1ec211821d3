/* The commands of `nanoforge lc3 debug`, in a table. */
#include <stdlib.h>
#include <string.h>
#include "lc3_debug.h"
#include "lc3_show.h"

enum { NAME_BYTES = 64, WORD_BITS = 64 };

typedef struct debug_command {
    const char *name, *letter, *arguments, *help;
    void (*run)(lc3_session *s, const char *text);
} debug_command;

static void blanks_skip(const char **text)
{
    *text += strspn(*text, " \t");
}

/* --- running --- */

/* How often, or which time: decimal, and not bound to what a word can hold. */
static bool count_parse(lc3_session *s, const char *text, uint64_t *count)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return text[0] ? lc3_wrong(s, "expected a number at '%s'", text)
                       : lc3_wrong(s, "a number is missing");
    *count = strtoull(text, &end, 10);
    return lc3_text_end(s, end);
}

/* So many times, unless something else stops it. */
static void run_times(lc3_session *s, const char *text, nf_lc3_goal goal, bool backward)
{
    uint64_t times = 1;
    if (*text && !count_parse(s, text, &times)) return;
    nf_lc3_halt halt = NF_LC3_HALT_GOAL;
    for (uint64_t i = 0; i < times; i++) {
        halt = nf_lc3_debug_run(s->debug, goal, backward);
        bool stopped = halt == NF_LC3_HALT_BREAKPOINT || halt == NF_LC3_HALT_WATCHPOINT;
        if (halt != NF_LC3_HALT_GOAL && !(stopped && goal == NF_LC3_GOAL_CONTINUE)) break;
    }
    lc3_debug_show_halt(s, halt);
}

static void do_step(lc3_session *s, const char *text)
{
    run_times(s, text, NF_LC3_GOAL_STEP, false);
}

static void do_next(lc3_session *s, const char *text)
{
    run_times(s, text, NF_LC3_GOAL_NEXT, false);
}

static void finish(lc3_session *s, const char *text, bool backward)
{
    if (nf_lc3_debug_frame(s->debug, 0))
        run_times(s, text, NF_LC3_GOAL_FINISH, backward);
    else
        lc3_wrong(s, "this is in no call");
}

static void do_finish(lc3_session *s, const char *text)
{
    finish(s, text, false);
}

static void do_continue(lc3_session *s, const char *text)
{
    run_times(s, text, NF_LC3_GOAL_CONTINUE, false);
}

/* At once: a way back costs the same for one instruction and for many. */
static void do_reverse_step(lc3_session *s, const char *text)
{
    uint64_t times = 1, now = s->machine->instructions;
    uint64_t beginning = nf_lc3_debug_beginning(s->debug);
    if (*text && !count_parse(s, text, &times)) return;
    if (now == beginning)
        lc3_debug_show_halt(s, NF_LC3_HALT_BEGINNING);
    else
        lc3_debug_show_halt(
            s, nf_lc3_debug_go(s->debug, times < now - beginning ? now - times : beginning));
}

static void do_reverse_next(lc3_session *s, const char *text)
{
    run_times(s, text, NF_LC3_GOAL_NEXT, true);
}

static void do_reverse_finish(lc3_session *s, const char *text)
{
    finish(s, text, true);
}

static void do_reverse_continue(lc3_session *s, const char *text)
{
    run_times(s, text, NF_LC3_GOAL_CONTINUE, true);
}

static void do_until(lc3_session *s, const char *text)
{
    uint16_t address;
    if (!lc3_value_parse(s, &text, &address) || !lc3_text_end(s, text)) return;
    bool was = s->debug->breakpoints[address / WORD_BITS] >> (address % WORD_BITS) & 1;
    nf_lc3_debug_break(s->debug, address, true);
    nf_lc3_halt halt = nf_lc3_debug_run(s->debug, NF_LC3_GOAL_CONTINUE, false);
    nf_lc3_debug_break(s->debug, address, was);
    lc3_debug_show_halt(s, halt);
}

static void do_goto(lc3_session *s, const char *text)
{
    uint64_t time = 0;
    if (count_parse(s, text, &time)) lc3_debug_show_halt(s, nf_lc3_debug_go(s->debug, time));
}

static void do_restart(lc3_session *s, const char *text)
{
    if (lc3_text_end(s, text))
        lc3_debug_show_halt(s, nf_lc3_debug_go(s->debug, nf_lc3_debug_beginning(s->debug)));
}

/* --- breakpoints and watchpoints --- */

static bool break_add(lc3_session *s, lc3_break added)
{
    if (s->break_count == BREAKS_MAX)
        return lc3_wrong(s, "there are %d breakpoints and watchpoints already", BREAKS_MAX);
    added.number = ++s->numbers_used;
    s->breaks[s->break_count++] = added;
    return true;
}

static void do_break(lc3_session *s, const char *text)
{
    char name[NAME_BYTES];
    uint16_t address;
    if (!lc3_value_or(s, &text, s->machine->pc, &address) || !lc3_text_end(s, text)) return;
    if (!break_add(s, (lc3_break){.address = address})) return;
    nf_lc3_debug_break(s->debug, address, true);
    lc3_debug_name(s, address, name, sizeof name);
    lc3_tell(s, "breakpoint %u at x%04X%s%s", s->numbers_used, address, name[0] ? "  " : "", name);
}

static void do_watch(lc3_session *s, const char *text)
{
    lc3_place place;
    if (!lc3_place_parse(s, &text, &place) || !lc3_text_end(s, text)) return;
    bool is_register = place.kind == PLACE_REGISTER;
    if (place.kind != PLACE_NUMBER && !is_register) {
        lc3_wrong(s, "only memory and R0 to R7 can be watched");
        return;
    }
    if (s->debug->watch_count == NF_LC3_WATCHES_MAX) {
        lc3_wrong(s, "there are %d watchpoints already", NF_LC3_WATCHES_MAX);
        return;
    }
    if (!break_add(s, (lc3_break){.is_watch = true})) return;
    nf_lc3_debug_watch(s->debug, is_register, place.number);
    lc3_tell(s, "watchpoint %u: %s%0*X is x%04X", s->numbers_used, is_register ? "R" : "x",
             is_register ? 1 : 4, place.number, s->debug->watches[s->debug->watch_count - 1].value);
}

static bool breaks_elsewhere(const lc3_session *s, uint16_t address)
{
    for (unsigned i = 0; i < s->break_count; i++)
        if (!s->breaks[i].is_watch && s->breaks[i].address == address) return true;
    return false;
}

static void break_remove(lc3_session *s, unsigned index)
{
    lc3_break removed = s->breaks[index];
    uint32_t watch = 0;
    for (unsigned i = 0; i < index; i++) watch += s->breaks[i].is_watch;
    s->break_count--;
    memmove(&s->breaks[index], &s->breaks[index + 1], (s->break_count - index) * sizeof *s->breaks);
    if (removed.is_watch)
        nf_lc3_debug_unwatch(s->debug, watch);
    else if (!breaks_elsewhere(s, removed.address))
        nf_lc3_debug_break(s->debug, removed.address, false);
}

static void do_delete(lc3_session *s, const char *text)
{
    uint16_t number;
    if (!lc3_value_or(s, &text, 0, &number) || !lc3_text_end(s, text)) return;
    for (unsigned i = s->break_count; i-- > 0;) {
        if (number && s->breaks[i].number != number) continue;
        break_remove(s, i);
        if (number) return;
    }
    if (number) lc3_wrong(s, "there is no breakpoint or watchpoint %u", number);
}

static void do_info(lc3_session *s, const char *text)
{
    char name[NAME_BYTES];
    uint32_t watch = 0;
    if (!lc3_text_end(s, text)) return;
    for (unsigned i = 0; i < s->break_count; i++) {
        const lc3_break *b = &s->breaks[i];
        const nf_lc3_watch *w = b->is_watch ? &s->debug->watches[watch++] : NULL;
        uint16_t address = w ? w->place : b->address;
        lc3_debug_name(s, address, name, sizeof name);
        if (w && w->is_register)
            lc3_tell(s, "%u  watchpoint  R%u", b->number, w->place);
        else
            lc3_tell(s, "%u  %s  x%04X  %s", b->number, w ? "watchpoint" : "breakpoint", address,
                     name);
    }
    if (s->break_count == 0) lc3_tell(s, "there are no breakpoints and no watchpoints");
}

/* --- looking and changing --- */

static void do_registers(lc3_session *s, const char *text)
{
    if (lc3_text_end(s, text)) lc3_debug_show_registers(s);
}

static void do_print(lc3_session *s, const char *text)
{
    char name[NAME_BYTES];
    uint16_t value;
    if (!lc3_value_parse(s, &text, &value) || !lc3_text_end(s, text)) return;
    lc3_debug_name(s, value, name, sizeof name);
    if (value >= ' ' && value <= '~')
        lc3_tell(s, "x%04X  %d  '%c'", value, value, value);
    else
        lc3_tell(s, "x%04X  %d  %s", value, (int16_t)value, name);
}

static void do_examine(lc3_session *s, const char *text)
{
    enum { COUNT = 8 };
    uint16_t address, count;
    if (!lc3_value_or(s, &text, s->shown, &address) || !lc3_value_or(s, &text, COUNT, &count) ||
        !lc3_text_end(s, text))
        return;
    lc3_debug_line_begin(s);
    lc3_show_memory(stdout, s->machine, address, count);
    s->shown = (uint16_t)(address + count);
}

static void do_unassemble(lc3_session *s, const char *text)
{
    enum { COUNT = 10 };
    uint16_t address, count;
    if (!lc3_value_or(s, &text, s->machine->pc, &address) ||
        !lc3_value_or(s, &text, COUNT, &count) || !lc3_text_end(s, text))
        return;
    for (uint16_t i = 0; i < count; i++) lc3_debug_show_instruction(s, (uint16_t)(address + i));
    s->shown = (uint16_t)(address + count);
}

static void do_list(lc3_session *s, const char *text)
{
    uint16_t address;
    if (lc3_value_or(s, &text, s->machine->pc, &address) && lc3_text_end(s, text))
        lc3_debug_show_source(s, address);
}

static void do_backtrace(lc3_session *s, const char *text)
{
    if (lc3_text_end(s, text)) lc3_debug_show_calls(s);
}

static void do_labels(lc3_session *s, const char *text)
{
    if (!lc3_text_end(s, text)) return;
    for (int i = 0; i < s->program.count; i++)
        for (uint32_t k = 0; k < s->program.objects[i].symbols.count; k++) {
            const nf_lc3_symbol *symbol = &s->program.objects[i].symbols.data[k];
            lc3_tell(s, "x%04X  %s", symbol->address, symbol->name);
        }
}

static void do_set(lc3_session *s, const char *text)
{
    lc3_place place;
    uint16_t value;
    if (!lc3_place_parse(s, &text, &place)) return;
    blanks_skip(&text);
    text += *text == '=';
    if (!lc3_value_parse(s, &text, &value) || !lc3_text_end(s, text)) return;
    switch (place.kind) {
    case PLACE_REGISTER: s->machine->reg[place.number] = value; break;
    case PLACE_PC: s->machine->pc = value; break;
    case PLACE_PSR: nf_lc3_set_psr(s->machine, value); break;
    default: nf_lc3_write(s->machine, place.number, value); break;
    }
    if (!nf_lc3_debug_edited(s->debug)) lc3_wrong(s, "out of memory: this will not be remembered");
}

/* Keys with the escapes of the assembler's strings that are of use. */
static void do_input(lc3_session *s, const char *text)
{
    char *keys = malloc(strlen(text) + 1);
    size_t count = 0;
    for (; keys && *text; text++) {
        char key = *text;
        if (key == '\\' && text[1]) {
            key = *++text;
            key = key == 'n' ? '\n' : key == 't' ? '\t' : key == 'r' ? '\r' : key;
        }
        keys[count++] = key;
    }
    if (keys == NULL || !nf_lc3_debug_input(s->debug, keys, count)) lc3_wrong(s, "out of memory");
    free(keys);
}

/* --- the table --- */

static void do_quit(lc3_session *s, const char *text)
{
    s->done = lc3_text_end(s, text);
}

static void do_help(lc3_session *s, const char *text);

static const debug_command commands[] = {
    {"step", "s", "[N]", "execute an instruction, or so many", do_step},
    {"next", "n", "[N]", "the same, but a call with all that it does", do_next},
    {"finish", "f", "[N]", "go on to the return of this call", do_finish},
    {"continue", "c", "[N]", "go on to a stop, or past so many", do_continue},
    {"until", "t", "PLACE", "go on to this place", do_until},
    {"reverse-step", "rs", "[N]", "go back by an instruction", do_reverse_step},
    {"reverse-next", "rn", "[N]", "go back by an instruction or a whole call", do_reverse_next},
    {"reverse-finish", "rf", "[N]", "go back to where this was called", do_reverse_finish},
    {"reverse-continue", "rc", "[N]", "go back to a stop, or past so many", do_reverse_continue},
    {"goto", "g", "N", "go to when so many instructions had been executed", do_goto},
    {"restart", "", "", "go back to the beginning", do_restart},
    {"break", "b", "[PLACE]", "stop before the instruction there", do_break},
    {"watch", "w", "PLACE", "stop when a word or register has changed", do_watch},
    {"delete", "d", "[N]", "remove a breakpoint or watchpoint, or all", do_delete},
    {"info", "i", "", "list breakpoints and watchpoints", do_info},
    {"registers", "r", "", "show the processor", do_registers},
    {"print", "p", "VALUE", "show a value", do_print},
    {"examine", "x", "[PLACE] [N]", "show words of memory", do_examine},
    {"unassemble", "u", "[PLACE] [N]", "show instructions", do_unassemble},
    {"list", "l", "[PLACE]", "show the source around a place", do_list},
    {"backtrace", "bt", "", "show the calls that lead here", do_backtrace},
    {"labels", "", "", "show all labels", do_labels},
    {"set", "", "PLACE [=] VALUE", "change a register, PC, PSR or a word of memory", do_set},
    {"input", "", "TEXT", "keys for the program; \\n is the return key", do_input},
    {"help", "h", "", "list the commands", do_help},
    {"quit", "q", "", "leave", do_quit},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void do_help(lc3_session *s, const char *text)
{
    if (!lc3_text_end(s, text)) return;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const debug_command *c = &commands[i];
        lc3_tell(s, "%-2s  %-17s %-16s %s", c->letter, c->name, c->arguments, c->help);
    }
    lc3_tell(s, "PLACE and VALUE: x3000, 12, LABEL, R0 to R7, PC, PSR, :LINE, [PLACE], LABEL+1.\n"
                "An empty line repeats the last command.");
}

static const debug_command *command_named(const char *name, size_t length)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if ((strlen(commands[i].name) == length && strncmp(name, commands[i].name, length) == 0) ||
            (strlen(commands[i].letter) == length &&
             strncmp(name, commands[i].letter, length) == 0))
            return &commands[i];
    return NULL;
}

void lc3_debug_command(lc3_session *s, const char *line)
{
    blanks_skip(&line);
    size_t length = strcspn(line, " \t");
    const debug_command *named = command_named(line, length);
    if (length == 0 || *line == '#') return;
    if (named == NULL) {
        lc3_wrong(s, "there is no command '%.*s'; 'help' lists them", (int)length, line);
        return;
    }
    line += length;
    blanks_skip(&line);
    named->run(s, line);
}
