/*
 * Pass 2: statements to words, when all labels are known. This is the pass itself, and directives;
 * instructions are encoded in asm_encode.c.
 *
 *     .FILL LOOP         LOOP's address
 *     .BLKW 2, x41       x0041 x0041
 *     .STRINGZ "a\n"     x0061 x000a x0000
 *
 * A word goes where pass 1 saw its statement, unless there is no memory there any more, or the
 * address has a word already. That is told once, for what follows would only repeat it.
 */
#include "asm_internal.h"

enum { ADDRESS_MAX = 0xffff, DEVICES = 0xfe00, FILL_MIN = -0x8000 };

/* --- words --- */

/* Where the address was given first. */
static void note_first(nf_lc3_asm *a, uint32_t address)
{
    for (uint32_t i = 0; i < a->statements.count && !a->silent; i++) {
        const nf_lc3_statement *s = &a->statements.data[i];
        if (address - s->address >= s->size) continue;
        NF_LC3_SAY(a, NF_LC3_NOTE, s->line.number, &s->name, "it is this one's");
        return;
    }
}

static void word_emit(nf_lc3_asm *a, const nf_lc3_statement *s, uint32_t index, uint16_t word)
{
    uint32_t address = s->address + index;
    if (a->full || a->object->segments.count == 0) return;
    if (address > ADDRESS_MAX) {
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->name,
                   "from here on there is no memory left: "
                   "xFFFF is the last address");
        a->full = true;
    } else if (nf_bitset_has(&a->used, address)) {
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->name, "address x%04x is taken already",
                   address);
        note_first(a, address);
        a->full = true;
    } else {
        if (address >= DEVICES && !a->in_devices)
            NF_LC3_SAY(a, NF_LC3_WARNING, s->line.number, &s->name,
                       "from xfe00 on there are device registers, and no memory to load");
        a->in_devices = address >= DEVICES;
        nf_bitset_add(&a->used, address);
        nf_lc3_object_word(a->object, word);
    }
}

/* --- directives --- */

/* What fills a word: a number, or a label's address. */
static uint16_t fill(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token)
{
    uint32_t address = 0;
    int32_t number = 0;
    if (token->kind == NF_LC3_TOKEN_WORD && nf_lc3_register_parse(token) < 0 &&
        nf_lc3_asm_is_label(a, token)) {
        nf_lc3_asm_label(a, s, token, &address);
        return (uint16_t)address;
    }
    nf_lc3_asm_number(a, s, token, FILL_MIN, ADDRESS_MAX, &number);
    return (uint16_t)number;
}

static void string(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    const nf_lc3_token *token = s->operands;
    const char *at = token->text, *end = at + token->length;
    uint32_t index = 0;
    if (token->kind != NF_LC3_TOKEN_STRING) {
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token, "expected a text in double quotes");
        return;
    }
    while (at < end) {
        const char *start = at;
        bool unknown = false;
        uint16_t word = nf_lc3_string_next(&at, end, &unknown);
        if (unknown)
            nf_lc3_asm_say(a, NF_LC3_WARNING, s->line.number, (uint32_t)(start - s->line.text) + 1,
                           2, "there is no such escape; the backslash stays");
        word_emit(a, s, index++, word);
    }
    word_emit(a, s, index, 0);
}

/* Zeros, or what a second operand says. */
static void block(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    uint16_t word = s->operand_count > 1 ? fill(a, s, &s->operands[1]) : 0;
    for (uint32_t i = 0; i < s->size && !a->full; i++) word_emit(a, s, i, word);
}

static bool directive_count_check(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    static const char *const operands[] = {
        [NF_LC3_DIRECTIVE_ORIG] = "an address",
        [NF_LC3_DIRECTIVE_FILL] = "a number or label",
        [NF_LC3_DIRECTIVE_BLKW] = "a number, and what to fill with",
        [NF_LC3_DIRECTIVE_STRINGZ] = "a text in quotes",
        [NF_LC3_DIRECTIVE_EXTERNAL] = "a label",
    };
    const char *operand = operands[s->operation.index];
    uint32_t count = operand ? 1 : 0;
    uint32_t count_max = s->operation.index == NF_LC3_DIRECTIVE_BLKW ? 2 : count;
    if (s->operand_count >= count && s->operand_count <= count_max) return true;
    if (s->operand_count < count)
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->name, "%s needs %s", s->operation.name,
                   operand);
    else
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->operands[count_max],
                   "this operand is too many: %s takes %s", s->operation.name,
                   operand ? operand : "none");
    return false;
}

static void directive(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    if (s->operation.index == NF_LC3_DIRECTIVE_ORIG) {
        nf_lc3_object_begin(a->object, (uint16_t)s->address);
        a->full = a->in_devices = false;
    }
    if (!directive_count_check(a, s)) return;
    switch (s->operation.index) {
    case NF_LC3_DIRECTIVE_FILL: word_emit(a, s, 0, fill(a, s, s->operands)); break;
    case NF_LC3_DIRECTIVE_STRINGZ: string(a, s); break;
    case NF_LC3_DIRECTIVE_BLKW: block(a, s); break;
    case NF_LC3_DIRECTIVE_EXTERNAL:
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->name,
                   "nothing is linked here: every label must be in this file");
        break;
    default: break;
    }
}

/* --- the pass --- */

static void line_keep(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    const char *text = s->line.text, *end = s->line.end;
    while (text < end && (*text == ' ' || *text == '\t')) text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t')) end--;
    if (s->size && s->address <= ADDRESS_MAX)
        nf_lc3_object_line(a->object, (uint16_t)s->address, s->line.number, text,
                           (size_t)(end - text));
}

/* A word alone on a line is a label, but it may have been meant as HALT. */
static void labels_look(nf_lc3_asm *a)
{
    for (uint32_t i = 0; i < a->labels.count; i++) {
        const nf_lc3_label *label = &a->labels.data[i];
        const char *like = label->alone && !label->used
                               ? nf_lc3_operation_like(label->name, label->token.length, 1)
                               : NULL;
        nf_lc3_operation operation;
        if (like && nf_lc3_operation_find(like, nf_string_length(like), &operation) &&
            operation.kind == NF_LC3_WORD_NAME)
            NF_LC3_SAY(a, NF_LC3_WARNING, label->line, &label->token,
                       "'%s' is a label that nothing uses; did you mean %s?", label->name, like);
    }
}

void nf_lc3_asm_emit(nf_lc3_asm *a)
{
    for (uint32_t i = 0; i < a->statements.count; i++) {
        const nf_lc3_statement *s = &a->statements.data[i];
        if (s->bad) continue;
        if (s->operation.kind == NF_LC3_DIRECTIVE)
            directive(a, s);
        else
            word_emit(a, s, 0, nf_lc3_asm_instruction(a, s));
        line_keep(a, s);
    }
    labels_look(a);
}
