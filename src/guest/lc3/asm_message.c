/*
 * What the assembler has to say: messages with places, collected, put in order and shown.
 *
 *     loop.asm:7:13: error: 16 does not fit: ADD takes a number from -16 to 15
 *       7 |         ADD R0, R0, #16
 *         |                     ^~~
 *
 * Both passes go through the whole file, so their messages are sorted in the end; a note is sorted
 * with the message that it belongs to. Source is shown without control characters.
 */
#include "asm_internal.h"

enum { TAB = '\t', DELETE = 0x7f, CONTINUATION_MASK = 0xc0, CONTINUATION = 0x80 };
enum { LINE_SHOWN_MAX = 256 };

static const char *const severities[] = {
    [NF_LC3_ERROR] = "error",
    [NF_LC3_WARNING] = "warning",
    [NF_LC3_NOTE] = "note",
};

static char printable(char byte)
{
    return ((uint8_t)byte < ' ' && byte != TAB) || byte == DELETE ? '?' : byte;
}

void nf_lc3_asm_say(nf_lc3_asm *a, nf_lc3_severity severity, uint32_t line, uint32_t column,
                    uint32_t length, const char *format, ...)
{
    nf_lc3_messages *m = a->messages;
    va_list list;
    nf_text text;
    m->error_count += severity == NF_LC3_ERROR;
    m->warning_count += severity == NF_LC3_WARNING;
    if (severity != NF_LC3_NOTE) a->silent = m->list.count >= NF_LC3_MESSAGES_MAX;
    if (a->silent) return;
    nf_text_init(&text, a->arena);
    va_start(list, format);
    nf_text_format_list(&text, format, list);
    va_end(list);
    for (size_t i = 0; i < text.length; i++) text.data[i] = printable(text.data[i]);
    NF_VEC_PUSH(a->arena, &m->list, (nf_lc3_message){text.data, line, column, length, severity});
}

/* --- order --- */

static bool before(const nf_lc3_message *a, const nf_lc3_message *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Moves the group of messages [first, end) up to where it belongs among those in front of it. */
static void group_insert(nf_lc3_message *list, uint32_t first, uint32_t end)
{
    while (first > 0) {
        uint32_t other = first - 1; /* the group in front */
        while (list[other].severity == NF_LC3_NOTE && other > 0) other--;
        if (!before(&list[first], &list[other])) return;
        for (uint32_t moved = 0; moved < end - first; moved++) {
            nf_lc3_message message = list[first + moved];
            for (uint32_t i = first + moved; i > other + moved; i--) list[i] = list[i - 1];
            list[other + moved] = message;
        }
        end = other + (end - first);
        first = other;
    }
}

void nf_lc3_messages_sort(nf_lc3_messages *messages)
{
    nf_lc3_message *list = messages->list.data;
    for (uint32_t first = 0, end; first < messages->list.count; first = end) {
        for (end = first + 1; end < messages->list.count; end++)
            if (list[end].severity != NF_LC3_NOTE) break;
        group_insert(list, first, end);
    }
}

/* --- showing --- */

static nf_lc3_source_line line_numbered(const char *text, size_t size, uint32_t number)
{
    const char *at = text, *end = text + size;
    nf_lc3_source_line line = {text, text, 1};
    for (uint32_t i = 1; i <= number && at <= end; i++) {
        line = nf_lc3_line_next(&at, end, i);
        if (at == end) break;
    }
    return line;
}

static void put(nf_text *out, char byte)
{
    nf_text_append(out, &byte, 1);
}

/* Blanks as wide as the line up to the column, then the mark. */
static void mark(const nf_lc3_message *m, const nf_lc3_source_line *line, nf_text *out)
{
    const char *at = line->text, *place = at + m->column - 1;
    for (; at < place && at < line->end; at++)
        if (((uint8_t)*at & CONTINUATION_MASK) != CONTINUATION) put(out, *at == TAB ? TAB : ' ');
    put(out, '^');
    for (const char *end = place + m->length; ++at < end && at < line->end;)
        if (((uint8_t)*at & CONTINUATION_MASK) != CONTINUATION) put(out, '~');
    put(out, '\n');
}

void nf_lc3_message_format(const nf_lc3_message *message, const char *name, const char *text,
                           size_t size, nf_text *out)
{
    nf_lc3_source_line line = line_numbered(text, size, message->line);
    if (line.end - line.text > LINE_SHOWN_MAX) line.end = line.text + LINE_SHOWN_MAX;
    nf_text_format(out, "%s:%u:%u: %s: %s\n", name, message->line, message->column,
                   severities[message->severity], message->text);
    nf_text_format(out, "%5u | ", message->line);
    for (const char *at = line.text; at < line.end; at++) put(out, printable(*at));
    put(out, '\n');
    if (message->column > line.end - line.text + 1) return; /* of a line that is too long */
    nf_text_format(out, "%5s | ", "");
    mark(message, &line, out);
}
