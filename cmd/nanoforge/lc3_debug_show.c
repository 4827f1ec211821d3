/* What the debugger shows: instructions, registers, memory, calls, source, and why it stopped. */
#include <inttypes.h>
#include <stdarg.h>
#include "lc3_debug.h"
#include "lc3_show.h"

enum {
    TEXT_BYTES = 128,
    NAME_REACH = 0x400, /* a label names what lies so far behind it */
    SOURCE_AROUND = 5,
};

/* --- lines --- */

void lc3_debug_line_begin(lc3_session *s)
{
    if (!s->at_line_start) putchar('\n');
    s->at_line_start = true;
}

static void tell(lc3_session *s, const char *format, va_list list)
{
    lc3_debug_line_begin(s);
    vprintf(format, list);
    putchar('\n');
}

void lc3_tell(lc3_session *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tell(s, format, list);
    va_end(list);
}

bool lc3_wrong(lc3_session *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tell(s, format, list);
    va_end(list);
    s->failed = true;
    return false;
}

/* --- addresses and instructions --- */

/* The label that is nearest in front of the address. */
void lc3_debug_name(const lc3_session *s, uint16_t address, char *text, size_t size)
{
    const nf_lc3_symbol *best = NULL;
    text[0] = 0;
    for (int i = 0; i < s->program.count; i++)
        for (uint32_t k = 0; k < s->program.objects[i].symbols.count; k++) {
            const nf_lc3_symbol *symbol = &s->program.objects[i].symbols.data[k];
            if (symbol->address <= address && (best == NULL || symbol->address > best->address))
                best = symbol;
        }
    if (best == NULL || address - best->address > NAME_REACH) return;
    if (best->address == address)
        snprintf(text, size, "%s", best->name);
    else
        snprintf(text, size, "%s+%d", best->name, address - best->address);
}

void lc3_debug_show_instruction(lc3_session *s, uint16_t address)
{
    const nf_lc3_line *line = lc3_program_line(&s->program, address);
    lc3_debug_line_begin(s);
    fputs(address == s->machine->pc ? "=> " : "   ", stdout);
    lc3_show_instruction(stdout, s->machine, &s->program, address);
    if (line && line->number)
        printf("  ; %u: %s", line->number, line->text);
    else if (line)
        printf("  ; %s", line->text);
    putchar('\n');
}

void lc3_debug_show_registers(lc3_session *s)
{
    lc3_debug_line_begin(s);
    lc3_show_registers(stdout, s->machine);
    lc3_tell(s, "%" PRIu64 " instructions executed", s->machine->instructions);
}

/* --- calls and source --- */

void lc3_debug_show_calls(lc3_session *s)
{
    static const char *const kinds[] = {
        [NF_LC3_FRAME_CALL] = "called",
        [NF_LC3_FRAME_TRAP] = "trapped to",
        [NF_LC3_FRAME_INTERRUPT] = "was interrupted by",
        [NF_LC3_FRAME_EXCEPTION] = "failed, to",
    };
    char name[TEXT_BYTES];
    const nf_lc3_frame *frame;
    lc3_debug_name(s, s->machine->pc, name, sizeof name);
    lc3_tell(s, "#0  x%04X  %s", s->machine->pc, name);
    for (uint32_t i = 0; (frame = nf_lc3_debug_frame(s->debug, i)) != NULL; i++) {
        const char *target = lc3_label_at(&s->program, frame->target);
        lc3_debug_name(s, frame->site, name, sizeof name);
        lc3_tell(s, "#%u  x%04X  %-12s %s x%04X  %s", i + 1, frame->site, name, kinds[frame->kind],
                 frame->target, target ? target : "");
    }
}

void lc3_debug_show_source(lc3_session *s, uint16_t address)
{
    for (int i = 0; i < s->program.count; i++) {
        const nf_lc3_object *object = &s->program.objects[i];
        const nf_lc3_line *line = nf_lc3_line_at(object, address);
        if (line == NULL) continue;
        uint32_t at = (uint32_t)(line - object->lines.data);
        uint32_t first = at < SOURCE_AROUND ? 0 : at - SOURCE_AROUND;
        for (uint32_t k = first; k < object->lines.count && k <= at + SOURCE_AROUND; k++) {
            const nf_lc3_line *shown = &object->lines.data[k];
            lc3_tell(s, "%s x%04X %5u  %s", shown->address == s->machine->pc ? "=>" : "  ",
                     shown->address, shown->number, shown->text);
        }
        return;
    }
    lc3_tell(s, "there is no source for x%04X", address);
}

/* --- stops --- */

static void watch_show(lc3_session *s)
{
    const nf_lc3_watch *watch = &s->debug->watches[s->debug->watch_hit];
    unsigned number = 0, index = 0;
    char name[TEXT_BYTES];
    for (unsigned i = 0; i < s->break_count; i++)
        if (s->breaks[i].is_watch && index++ == s->debug->watch_hit) number = s->breaks[i].number;
    const char *label = lc3_label_at(&s->program, watch->place);
    if (watch->is_register)
        snprintf(name, sizeof name, "R%u", watch->place);
    else if (label)
        snprintf(name, sizeof name, "%s", label);
    else
        snprintf(name, sizeof name, "x%04X", watch->place);
    lc3_tell(s, "watchpoint %u: %s was x%04X, is x%04X", number, name, s->debug->watch_hit_from,
             watch->value);
}

static void break_show(lc3_session *s)
{
    for (unsigned i = 0; i < s->break_count; i++)
        if (!s->breaks[i].is_watch && s->breaks[i].address == s->machine->pc)
            lc3_tell(s, "breakpoint %u", s->breaks[i].number);
}

static const char *fault_text(const nf_lc3 *machine)
{
    switch (machine->fault) {
    case NF_LC3_FAULT_PRIVILEGE: return ": RTI in user mode";
    case NF_LC3_FAULT_ILLEGAL: return ": an illegal instruction";
    case NF_LC3_FAULT_ACCESS: return ": access to system space in user mode";
    case NF_LC3_FAULT_TRAP: return ": an undefined trap";
    default: return "";
    }
}

void lc3_debug_show_halt(lc3_session *s, nf_lc3_halt halt)
{
    const nf_lc3 *m = s->machine;
    switch (halt) {
    case NF_LC3_HALT_BREAKPOINT: break_show(s); break;
    case NF_LC3_HALT_WATCHPOINT: watch_show(s); break;
    case NF_LC3_HALT_HALTED:
        lc3_tell(s, "the machine has halted after %" PRIu64 " instructions%s", m->instructions,
                 fault_text(m));
        if (m->fault) lc3_debug_show_instruction(s, m->fault_pc);
        break;
    case NF_LC3_HALT_INPUT:
        lc3_tell(s, "the program waits for a key; 'input TEXT' gives it some");
        break;
    case NF_LC3_HALT_BEGINNING: lc3_tell(s, "this is the beginning"); break;
    case NF_LC3_HALT_INTERRUPTED: lc3_tell(s, "interrupted"); break;
    default: break;
    }
    lc3_debug_show_instruction(s, m->pc);
}
