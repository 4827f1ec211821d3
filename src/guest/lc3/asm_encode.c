/*
 * Pass 2: instructions to words, and the numbers and labels that they name.
 *
 * An instruction's row in isa.def says which operands it takes, and its fields (asm_names.c) where
 * their bits go. Rows of one name are tried in turn; the one that goes along farthest is taken for
 * what was meant, and told when it does not fit either.
 *
 *     ADD R0, R0, #16      ADD's second row: x1020, R0 << 9, R0 << 6, and 16 does not fit 5 bits
 *     BRp LOOP             BR's row, x0200 for the p, LOOP less the next address in 9 bits
 */
#include "asm_internal.h"

enum { ADDRESS_MAX = 0xffff, USAGE_BYTES = 128 };

/* --- numbers --- */

static void misfit(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token, int32_t min,
                   int32_t max)
{
    NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token, "%.*s does not fit: %s takes %d to %d",
               nf_lc3_token_shown(token), token->text, s->operation.name, min, max);
}

/* What the token is, an error unless it is a number; `besides` is what might stand there too. */
static nf_lc3_number_kind number_of(nf_lc3_asm *a, const nf_lc3_statement *s,
                                    const nf_lc3_token *token, const char *besides, int32_t min,
                                    int32_t max, int32_t *number)
{
    nf_lc3_number_kind kind = nf_lc3_number_parse(token, number);
    if (kind == NF_LC3_NUMBER_BAD || kind == NF_LC3_NUMBER_NONE) {
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token, "expected %sa number from %d to %d%s",
                   besides, min, max, kind == NF_LC3_NUMBER_BAD ? ", as 10, #10, x1F or b101" : "");
        return NF_LC3_NUMBER_BAD;
    }
    return kind;
}

bool nf_lc3_asm_number(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token,
                       int32_t min, int32_t max, int32_t *number)
{
    if (number_of(a, s, token, "", min, max, number) == NF_LC3_NUMBER_BAD) return false;
    if (*number >= min && *number <= max) return true;
    misfit(a, s, token, min, max);
    return false;
}

/* A pattern of bits that is a number of the field's when its top bit is taken for the sign: x1F in
 * 5 bits, or xFFFF anywhere. */
static bool reads_as_bits(int32_t number, int32_t max, int32_t *as)
{
    int32_t range = 2 * (max + 1);
    *as = number < range ? number - range : number - (ADDRESS_MAX + 1);
    return number > max && number <= ADDRESS_MAX && *as >= -(max + 1) && *as < 0;
}

static bool signed_number(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_field *field,
                          const nf_lc3_token *token, int32_t *number)
{
    const char *besides = field->kind == NF_LC3_FIELD_LABEL ? "a label or " : "";
    int32_t max = (1 << (field->bits - 1)) - 1, min = -max - 1, as;
    nf_lc3_number_kind kind = number_of(a, s, token, besides, min, max, number);
    if (kind == NF_LC3_NUMBER_BAD) return false;
    if (*number >= min && *number <= max) return true;
    if (kind == NF_LC3_NUMBER_DECIMAL || !reads_as_bits(*number, max, &as)) {
        misfit(a, s, token, min, max);
        return false;
    }
    NF_LC3_SAY(a, NF_LC3_WARNING, s->line.number, token, "%.*s is taken for %d here",
               nf_lc3_token_shown(token), token->text, as);
    *number = as;
    return true;
}

/* --- labels --- */

/* NULL too when nobody would see it: the search is long. */
static const char *label_like(const nf_lc3_asm *a, const nf_lc3_token *token)
{
    const char *best = NULL;
    if (a->messages->list.count >= NF_LC3_MESSAGES_MAX) return NULL;
    unsigned best_distance = nf_lc3_name_tolerance(token->length) + 1;
    for (uint32_t i = 0; i < a->labels.count; i++) {
        const nf_lc3_label *label = &a->labels.data[i];
        unsigned distance =
            nf_lc3_name_distance(token->text, token->length, label->name, label->token.length);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = label->name;
    }
    return best;
}

bool nf_lc3_asm_label(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token,
                      uint32_t *address)
{
    nf_lc3_label *label = nf_lc3_label_find(a, token->text, token->length);
    if (label) {
        label->used = true;
        *address = label->address;
        return true;
    }
    const char *like = label_like(a, token);
    if (like)
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token,
                   "there is no label '%.*s'; did you mean '%s'?", nf_lc3_token_shown(token),
                   token->text, like);
    else
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token, "there is no label '%.*s'",
                   nf_lc3_token_shown(token), token->text);
    return false;
}

bool nf_lc3_asm_is_label(nf_lc3_asm *a, const nf_lc3_token *token)
{
    int32_t number;
    nf_lc3_number_kind kind = nf_lc3_number_parse(token, &number);
    return token->kind == NF_LC3_TOKEN_WORD &&
           (kind == NF_LC3_NUMBER_NONE ||
            (kind == NF_LC3_NUMBER_BINARY && nf_lc3_label_find(a, token->text, token->length)));
}

/* The distance from the next word, around the end of memory where that is shorter. */
static bool label_offset(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token,
                         unsigned bits, int32_t *offset)
{
    int32_t max = (1 << (bits - 1)) - 1, min = -max - 1;
    uint32_t address = 0;
    if (!nf_lc3_asm_label(a, s, token, &address)) return false;
    *offset = (int16_t)(uint16_t)(address - s->address - 1);
    if (*offset >= min && *offset <= max) return true;
    NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token,
               "'%.*s' is too far away: %d words from the next instruction, of which %s reaches %d "
               "to %d (%d too many)",
               nf_lc3_token_shown(token), token->text, *offset, s->operation.name, min, max,
               *offset < 0 ? min - *offset : *offset - max);
    return false;
}

/* --- instructions --- */

static bool goes_along(const nf_lc3_field *field, const nf_lc3_token *token)
{
    return (nf_lc3_register_parse(token) >= 0) == (field->kind == NF_LC3_FIELD_REGISTER);
}

static bool same_name(unsigned op, unsigned other)
{
    return op < NF_LC3_ILLEGAL &&
           nf_string_equal(nf_lc3_op_info_of(op)->mnemonic, nf_lc3_op_info_of(other)->mnemonic);
}

/* The row of the operation's name that the operands go along with farthest. */
static nf_lc3_op row_choose(const nf_lc3_statement *s)
{
    unsigned best = s->operation.index, best_length = 0;
    for (unsigned op = best; same_name(op, s->operation.index); op++) {
        const nf_lc3_field *fields;
        unsigned count = nf_lc3_fields_of(nf_lc3_op_info_of(op)->operands, &fields), length = 0;
        while (length < count && length < s->operand_count &&
               goes_along(&fields[length], &s->operands[length]))
            length++;
        if (length < best_length) continue;
        best = op;
        best_length = length;
    }
    return best;
}

/* "ADD register, register, register or ADD register, register, number" */
static void usage(const nf_lc3_statement *s, char text[USAGE_BYTES])
{
    static const char *const kinds[] = {"register", "number", "number", "label"};
    unsigned first = s->operation.index;
    size_t length = 0;
    for (unsigned op = first; same_name(op, first); op++) {
        const nf_lc3_field *fields;
        unsigned count = nf_lc3_fields_of(nf_lc3_op_info_of(op)->operands, &fields);
        length += nf_format(text + length, USAGE_BYTES - length, "%s%s", op > first ? " or " : "",
                            s->operation.name);
        for (unsigned i = 0; i < count; i++)
            length += nf_format(text + length, USAGE_BYTES - length, "%s %s", i ? "," : "",
                                kinds[fields[i].kind]);
    }
}

static bool count_check(nf_lc3_asm *a, const nf_lc3_statement *s, unsigned count)
{
    char text[USAGE_BYTES];
    if (s->operand_count == count) return true;
    if (s->operation.kind == NF_LC3_INSTRUCTION)
        usage(s, text);
    else
        nf_format(text, sizeof text, "%s takes %s", s->operation.name,
                  count ? "one at most" : "none");
    if (s->operand_count < count)
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->name, "an operand is missing: %s", text);
    else
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &s->operands[count],
                   "this operand is too many: %s", text);
    return false;
}

static bool field_value(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_field *field,
                        const nf_lc3_token *token, int32_t *value)
{
    if (!goes_along(field, token)) {
        NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, token, "expected %s",
                   field->kind == NF_LC3_FIELD_REGISTER ? "a register, R0 to R7"
                   : field->kind == NF_LC3_FIELD_LABEL  ? "a label or a number"
                                                        : "a number");
        return false;
    }
    switch (field->kind) {
    case NF_LC3_FIELD_REGISTER: *value = nf_lc3_register_parse(token); return true;
    case NF_LC3_FIELD_UNSIGNED:
        return nf_lc3_asm_number(a, s, token, 0, (1 << field->bits) - 1, value);
    case NF_LC3_FIELD_LABEL:
        if (nf_lc3_asm_is_label(a, token)) return label_offset(a, s, token, field->bits, value);
        return signed_number(a, s, field, token, value);
    default: return signed_number(a, s, field, token, value);
    }
}

static uint16_t instruction(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    const nf_lc3_field *fields;
    const nf_lc3_op_info *info = nf_lc3_op_info_of(row_choose(s));
    unsigned count = nf_lc3_fields_of(info->operands, &fields);
    unsigned word = info->bits | s->operation.bits;
    if (!count_check(a, s, count)) return 0;
    for (unsigned i = 0; i < count; i++) {
        int32_t value = 0;
        if (!field_value(a, s, &fields[i], &s->operands[i], &value)) break;
        word |= ((unsigned)value & ((1U << fields[i].bits) - 1)) << fields[i].shift;
    }
    return (uint16_t)word;
}

/* A word with a name takes no operand, but NOP, a branch that never goes, may have where to. */
static uint16_t named_word(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    const nf_lc3_field *fields;
    nf_lc3_inst inst = nf_lc3_decode(s->operation.bits);
    unsigned count = nf_lc3_fields_of(nf_lc3_op_info_of(inst.op)->operands, &fields);
    int32_t value = 0;
    if (inst.op != NF_LC3_BR || s->operand_count == 0) {
        count_check(a, s, 0);
        return s->operation.bits;
    }
    if (!count_check(a, s, count) || !field_value(a, s, fields, s->operands, &value)) return 0;
    return s->operation.bits | (uint16_t)((unsigned)value & ((1U << fields->bits) - 1));
}

/* JMPT and RTT are for PennSim only. */
static void legality_look(nf_lc3_asm *a, const nf_lc3_statement *s, uint16_t word)
{
    if (nf_lc3_decode(word).op == NF_LC3_ILLEGAL)
        NF_LC3_SAY(a, NF_LC3_WARNING, s->line.number, &s->name,
                   "%s is PennSim's; machines by the book take x%04x for illegal",
                   s->operation.name, word);
}

uint16_t nf_lc3_asm_instruction(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    bool named = s->operation.kind == NF_LC3_WORD_NAME;
    uint16_t word = named ? named_word(a, s) : instruction(a, s);
    legality_look(a, s, word);
    return word;
}
