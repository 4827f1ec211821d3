/*
 * nanoforge lc3 debug: a program of the LC-3 step by step, forwards and backwards.
 *
 * Commands come from standard input, a line each, so keys of the program do not: they come from
 * --input and from the command `keys`. An empty line repeats the last command. The program is
 * executed one instruction at a time by the reference; going back restores a snapshot and executes
 * forwards from there (lc3_history.c), which does not print again.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lc3_history.h"
#include "lc3_show.h"

enum { LINE_BYTES = 256, WORDS_MAX = 4, WATCHES_MAX = 16, LIST_DEFAULT = 8, MEMORY_DEFAULT = 16 };

typedef struct debug {
    nf_lc3 *machine;
    lc3_program program;
    lc3_history history;
    uint8_t *keys;
    size_t key_count;
    uint8_t breaks[NF_LC3_WORDS];
    struct {
        uint16_t address, word;
    } watches[WATCHES_MAX];
    int watch_count;
    uint16_t list_next;
    bool quit;
} debug;

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = true;
}

/* --- the program's console --------------------------------------------------------------------- */

static int key(void *console, bool wait)
{
    const debug *d = console;
    (void)wait;
    return d->machine->keys_taken < d->key_count ? d->keys[d->machine->keys_taken]
                                                 : NF_LC3_INPUT_NONE;
}

static void print(void *console, const char *bytes, size_t count)
{
    const debug *d = console;
    if (!d->history.replaying) fwrite(bytes, 1, count, stdout);
}

static bool keys_add(debug *d, const void *bytes, size_t size)
{
    uint8_t *grown = realloc(d->keys, d->key_count + size + 1);
    if (grown == NULL) return false;
    memcpy(grown + d->key_count, bytes, size);
    d->keys = grown;
    d->key_count += size;
    return true;
}

/* --- execution --------------------------------------------------------------------------------- */

static void show_place(debug *d)
{
    const nf_lc3_line *line = lc3_program_line(&d->program, d->machine->pc);
    printf("%8" PRIu64 "  ", d->machine->instructions);
    lc3_show_instruction(stdout, d->machine, &d->program, d->machine->pc);
    if (line && line->number) printf("  ; line %u", line->number);
    putchar('\n');
    d->list_next = d->machine->pc;
}

static void stop_tell(const debug *d, nf_lc3_stop stop)
{
    if (stop == NF_LC3_STOP_HALTED) puts("The program has halted.");
    if (stop == NF_LC3_STOP_INPUT || stop == NF_LC3_STOP_ASKED)
        puts("The program waits for a key; 'keys TEXT' gives it some.");
    (void)d;
}

/* By how much deeper in calls an instruction led; the machine has executed it. */
static int depth_change(const nf_lc3 *m, uint16_t word, uint16_t next)
{
    nf_lc3_inst inst = nf_lc3_decode(word);
    switch (inst.op) {
    case NF_LC3_JSR:
    case NF_LC3_JSRR: return 1;
    case NF_LC3_TRAP: return m->pc != next;
    case NF_LC3_RTI: return -1;
    case NF_LC3_JMP: return inst.sr1 == 7 ? -1 : 0;
    default: return 0;
    }
}

/* One instruction. */
static nf_lc3_stop execute(debug *d, int *depth)
{
    nf_lc3 *m = d->machine;
    uint16_t word = lc3_word_peek(m, m->pc), next = (uint16_t)(m->pc + 1);
    uint64_t before = m->instructions;
    nf_lc3_stop stop = nf_lc3_run_by_steps(m, 1);
    if (m->instructions != before) *depth += depth_change(m, word, next);
    return stop;
}

/* Whether the place is one to stop at; watched words are seen to have changed only once. */
static bool is_hit(debug *d, bool tell)
{
    bool hit = d->breaks[d->machine->pc];
    for (int i = 0; i < d->watch_count; i++) {
        uint16_t word = lc3_word_peek(d->machine, d->watches[i].address);
        if (word == d->watches[i].word) continue;
        if (tell)
            printf("x%04X was %04X, is %04X\n", d->watches[i].address, d->watches[i].word, word);
        d->watches[i].word = word;
        hit = true;
    }
    return hit;
}

static void watches_refresh(debug *d)
{
    for (int i = 0; i < d->watch_count; i++)
        d->watches[i].word = lc3_word_peek(d->machine, d->watches[i].address);
}

/* Executes up to count instructions, until the depth of calls falls to depth_end, a breakpoint, a
 * watched word or anything else that stops. */
static void run(debug *d, uint64_t count, int depth_end, bool breaks)
{
    int depth = 0;
    nf_lc3_stop stop = NF_LC3_STOP_LIMIT;
    interrupted = false;
    watches_refresh(d);
    while (count-- > 0 && !interrupted) {
        stop = execute(d, &depth);
        if (stop != NF_LC3_STOP_LIMIT) break;
        lc3_history_note(&d->history);
        if (is_hit(d, true) && breaks) break;
        if (depth <= depth_end) break;
    }
    fflush(stdout);
    stop_tell(d, stop);
    show_place(d);
}

/* --- commands ---------------------------------------------------------------------------------- */

enum { NEVER = -1000000000 }; /* a depth that is not reached */

static uint64_t count_of(char **words, uint64_t otherwise)
{
    return words[1] ? strtoull(words[1], NULL, 0) : otherwise;
}

/* The first argument as an address; false after a message. */
static bool address_of(debug *d, const char *text, uint16_t *address)
{
    if (text && lc3_address_parse(&d->program, text, address)) return true;
    printf("%s%s\n", text ? "no address and no label: " : "an address or a label is missing",
           text ? text : "");
    return false;
}

static void do_step(debug *d, char **words)
{
    run(d, count_of(words, 1), NEVER, false);
}

static void do_next(debug *d, char **words)
{
    (void)words;
    nf_lc3_op op = nf_lc3_decode(lc3_word_peek(d->machine, d->machine->pc)).op;
    bool call = nf_lc3_op_info_of(op)->class == NF_LC3_CLASS_CALL || op == NF_LC3_TRAP;
    run(d, call ? UINT64_MAX : 1, 0, true);
}

static void do_finish(debug *d, char **words)
{
    (void)words;
    run(d, UINT64_MAX, -1, true);
}

static void do_continue(debug *d, char **words)
{
    run(d, count_of(words, UINT64_MAX), NEVER, true);
}

static void do_back(debug *d, char **words)
{
    uint64_t count = count_of(words, 1), now = d->machine->instructions;
    lc3_history_go(&d->history, count < now ? now - count : 0);
    show_place(d);
}

/* The last place before `end` and after the machine's that is a hit, or 0. */
static uint64_t last_hit(debug *d, uint64_t end)
{
    uint64_t found = 0;
    int depth = 0;
    watches_refresh(d);
    if (d->breaks[d->machine->pc] && d->machine->instructions < end)
        found = d->machine->instructions;
    d->history.replaying = true;
    while (d->machine->instructions + 1 < end && execute(d, &depth) == NF_LC3_STOP_LIMIT)
        if (is_hit(d, false)) found = d->machine->instructions;
    d->history.replaying = false;
    return found;
}

/* Searches piece by piece, from the latest snapshot back. */
static void do_reverse(debug *d, char **words)
{
    uint64_t end = d->machine->instructions, found = 0;
    (void)words;
    for (int i = d->history.count - 1; i >= 0 && found == 0; i--) {
        uint64_t start = d->history.points[i].instructions;
        if (start >= end) continue;
        lc3_history_go(&d->history, start);
        found = last_hit(d, end);
        end = start + 1; /* the snapshot's own place was looked at */
    }
    lc3_history_go(&d->history, found);
    if (found == 0) puts("This is where it began.");
    show_place(d);
}

static void do_break(debug *d, char **words)
{
    uint16_t address;
    if (words[1]) {
        if (address_of(d, words[1], &address)) d->breaks[address] = true;
        return;
    }
    for (uint32_t i = 0; i < NF_LC3_WORDS; i++) {
        if (!d->breaks[i]) continue;
        lc3_show_instruction(stdout, d->machine, &d->program, (uint16_t)i);
        putchar('\n');
    }
    for (int i = 0; i < d->watch_count; i++) printf("x%04X is watched\n", d->watches[i].address);
}

static void do_watch(debug *d, char **words)
{
    uint16_t address;
    if (!address_of(d, words[1], &address)) return;
    if (d->watch_count == WATCHES_MAX) {
        printf("%d words are watched already\n", WATCHES_MAX);
        return;
    }
    d->watches[d->watch_count++].address = address;
}

static void do_delete(debug *d, char **words)
{
    uint16_t address;
    int kept = 0;
    if (!address_of(d, words[1], &address)) return;
    d->breaks[address] = false;
    for (int i = 0; i < d->watch_count; i++)
        if (d->watches[i].address != address) d->watches[kept++] = d->watches[i];
    d->watch_count = kept;
}

static void do_registers(debug *d, char **words)
{
    (void)words;
    lc3_show_registers(stdout, d->machine);
}

static void do_memory(debug *d, char **words)
{
    uint16_t address, count = MEMORY_DEFAULT;
    if (!address_of(d, words[1], &address)) return;
    if (words[2] && !address_of(d, words[2], &count)) return;
    lc3_show_memory(stdout, d->machine, address, count);
}

static void do_list(debug *d, char **words)
{
    uint16_t count = LIST_DEFAULT;
    if (words[1] && !address_of(d, words[1], &d->list_next)) return;
    if (words[1] && words[2] && !address_of(d, words[2], &count)) return;
    for (uint32_t i = 0; i < count; i++, d->list_next++) {
        printf("%c%c ", d->list_next == d->machine->pc ? '>' : ' ',
               d->breaks[d->list_next] ? '*' : ' ');
        lc3_show_instruction(stdout, d->machine, &d->program, d->list_next);
        putchar('\n');
    }
}

/* A register's or a word's new value. */
static bool place_set(debug *d, const char *name, uint16_t value)
{
    nf_lc3 *m = d->machine;
    uint16_t address;
    if ((name[0] == 'R' || name[0] == 'r') && name[1] >= '0' && name[1] <= '7' && name[2] == 0)
        m->reg[name[1] - '0'] = value;
    else if (strcasecmp(name, "PC") == 0)
        m->pc = value;
    else if (strcasecmp(name, "PSR") == 0)
        nf_lc3_set_psr(m, value);
    else if (address_of(d, name, &address))
        nf_lc3_write(m, address, value);
    else
        return false;
    return true;
}

static void do_set(debug *d, char **words)
{
    uint16_t value;
    if (words[1] == NULL || words[2] == NULL)
        puts("set needs a register or an address, and a value");
    else if (address_of(d, words[2], &value) && place_set(d, words[1], value) &&
             !lc3_history_changed(&d->history))
        puts("no memory: going back behind this will forget it");
}

/* The rest of the line, with \n for Enter. */
static void do_keys(debug *d, char **words)
{
    if (words[1] == NULL) {
        printf("%zu keys, %" PRIu64 " of them taken\n", d->key_count, d->machine->keys_taken);
        return;
    }
    char *to = words[1];
    for (const char *from = words[1]; *from; to++) {
        bool enter = from[0] == '\\' && from[1] == 'n';
        *to = enter ? '\n' : from[0];
        from += enter ? 2 : 1;
    }
    if (!keys_add(d, words[1], (size_t)(to - words[1]))) puts("no memory");
    d->machine->input_ended = false;
}

static void do_quit(debug *d, char **words)
{
    (void)words;
    d->quit = true;
}

static void do_help(debug *d, char **words);

static const struct {
    const char *name, *letter, *arguments, *help;
    void (*run)(debug *d, char **words);
} commands[] = {
    {"step", "s", "[COUNT]", "execute instructions", do_step},
    {"next", "n", "", "execute one; of a call or a trap all of it", do_next},
    {"finish", "f", "", "execute until the subroutine returns", do_finish},
    {"continue", "c", "[COUNT]", "execute until something stops it", do_continue},
    {"back", "b", "[COUNT]", "undo instructions", do_back},
    {"reverse", "rc", "", "undo until a breakpoint or a watched word's change", do_reverse},
    {"break", "br", "[ADDRESS]", "stop before the instruction there; list", do_break},
    {"watch", "w", "ADDRESS", "stop when the word there changes", do_watch},
    {"delete", "d", "ADDRESS", "neither any more", do_delete},
    {"registers", "r", "", "show registers", do_registers},
    {"memory", "m", "ADDRESS [COUNT]", "show words", do_memory},
    {"list", "l", "[ADDRESS] [COUNT]", "show instructions", do_list},
    {"set", "", "PLACE VALUE", "change R0 to R7, PC, PSR or a word", do_set},
    {"keys", "k", "[TEXT]", "type TEXT for the program; \\n is Enter", do_keys},
    {"help", "h", "", "show this", do_help},
    {"quit", "q", "", "end", do_quit},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void do_help(debug *d, char **words)
{
    (void)d, (void)words;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-9s %-3s %-18s %s\n", commands[i].name, commands[i].letter,
               commands[i].arguments, commands[i].help);
    }
    puts("An address is x3000, a number or a label. An empty line repeats the last command.");
}

static void line_execute(debug *d, char *line)
{
    char *words[WORDS_MAX + 1] = {NULL}, *rest;
    line[strcspn(line, "\n")] = 0;
    words[0] = strtok_r(line, " \t", &rest);
    if (words[0] == NULL) return;
    bool whole = strcmp(words[0], "keys") == 0 || strcmp(words[0], "k") == 0;
    for (int i = 1; i < WORDS_MAX; i++) words[i] = strtok_r(NULL, whole ? "" : " \t", &rest);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(words[0], commands[i].name) != 0 && strcmp(words[0], commands[i].letter) != 0)
            continue;
        commands[i].run(d, words);
        return;
    }
    printf("there is no command '%s'; 'help' lists them\n", words[0]);
}

/* --- the command line -------------------------------------------------------------------------- */

static void session(debug *d)
{
    char line[LINE_BYTES], last[LINE_BYTES] = "", copy[LINE_BYTES];
    bool prompt = isatty(STDIN_FILENO);
    show_place(d);
    while (!d->quit) {
        if (prompt) printf("(lc3) ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL) break;
        if (strcmp(line, "\n") != 0) memcpy(last, line, sizeof last);
        memcpy(copy, last, sizeof copy);
        line_execute(d, copy);
    }
}

static bool keys_load(debug *d, const char *path)
{
    size_t size;
    if (path == NULL) return true;
    void *bytes = file_read(path, &size);
    bool fine = bytes && keys_add(d, bytes, size);
    free(bytes);
    return fine;
}

int command_lc3_debug(const command *self, int argc, char **argv)
{
    static debug d;
    const char *input = NULL;
    uint64_t edition = NF_LC3_EDITION_3;
    bool ignore_privilege = false;
    const option options[] = {
        {"input", 'i', OPTION_TEXT, &input, "FILE", "keys for the program"},
        {"edition", 0, OPTION_NUMBER, &edition, "2|3", "of the book; 3"},
        {"ignore-privilege", 'p', OPTION_FLAG, &ignore_privilege, "",
         "user mode may do everything"},
    };
    arguments a;
    nf_error error = {0};
    int status = arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1,
                                 sizeof a.files / sizeof *a.files, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (edition != NF_LC3_EDITION_2 && edition != NF_LC3_EDITION_3)
        return usage_error(self, "--edition is 2 or 3");
    const nf_lc3_config config = {
        .edition = (nf_lc3_edition)edition,
        .ignore_privilege = ignore_privilege,
        .hooks = {.console = &d, .input = key, .output = print},
    };
    if (nf_lc3_new(&config, &d.machine, &error) != NF_OK) {
        complain_error(&error);
        return EXIT_FAILED;
    }
    bool loaded = lc3_program_load(&d.program, d.machine, a.files, a.count);
    if (loaded) nf_lc3_start(d.machine, d.program.start);
    bool fine = loaded && keys_load(&d, input) && lc3_history_begin(&d.history, d.machine);
    signal(SIGINT, interrupt);
    if (fine) session(&d);
    lc3_history_free(&d.history);
    if (loaded) lc3_program_free(&d.program);
    nf_lc3_free(d.machine);
    free(d.keys);
    return fine ? EXIT_FINE : EXIT_FAILED;
}
