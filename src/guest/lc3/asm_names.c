/*
 * Names of operations, and the operands that belong to them: isa.def as the assembler sees it.
 *
 * Rows of one mnemonic stand together (ADD with a register, ADD with a number), and the first is
 * found; which of them is meant, the operands tell. BRnz is the row of BR with the conditions of
 * its name. Words with names of their own (HALT) are whole instructions. JMPT is JMP's row with a bit
 * that makes it illegal for the LC-3 of the book.
 */
#include "asm_internal.h"

enum { CONDITION_SHIFT = 9, CONDITIONS = 7, LIKE_LENGTH_MAX = 24, TOLERANCE_MAX = 2, UNLIKE = 99 };

static const char *const directives[] = {
    [NF_LC3_DIRECTIVE_ORIG] = ".ORIG", [NF_LC3_DIRECTIVE_FILL] = ".FILL",
    [NF_LC3_DIRECTIVE_BLKW] = ".BLKW", [NF_LC3_DIRECTIVE_STRINGZ] = ".STRINGZ",
    [NF_LC3_DIRECTIVE_END] = ".END",   [NF_LC3_DIRECTIVE_EXTERNAL] = ".EXTERNAL",
};
enum { DIRECTIVE_COUNT = sizeof directives / sizeof *directives };

/* BR and the names of some conditions, by their bits n z p; BRnzp is what BR alone is. */
static const char *const branches[] = {NULL, "BRp", "BRz", "BRzp", "BRn", "BRnp", "BRnz", "BRnzp"};

/* PennSim's returns from traps, bit 0 of JMP and RET. Its OS uses them, so they are assembled. */
static const nf_lc3_operation penn_sim[] = {
    {NF_LC3_INSTRUCTION, "JMPT", 1, NF_LC3_JMP},
    {NF_LC3_WORD_NAME, "RTT", 0xc1c1, 0},
};
enum { PENN_SIM_COUNT = sizeof penn_sim / sizeof *penn_sim };

/* --- names --- */

static char upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
}

static bool same(const char *name, size_t length, const char *known)
{
    size_t at = 0;
    while (at < length && known[at] && upper(name[at]) == upper(known[at])) at++;
    return at == length && known[at] == 0;
}

/* The index-th operation of all, or false behind the last. */
static bool operation_at(unsigned index, nf_lc3_operation *operation)
{
    if (index < NF_LC3_ILLEGAL) {
        bool branch = index == NF_LC3_BR;
        *operation = (nf_lc3_operation){NF_LC3_INSTRUCTION, nf_lc3_op_info_of(index)->mnemonic,
                                        branch ? CONDITIONS << CONDITION_SHIFT : 0, (uint8_t)index};
        return true;
    }
    index -= NF_LC3_ILLEGAL;
    if (index < CONDITIONS) {
        *operation = (nf_lc3_operation){NF_LC3_INSTRUCTION, branches[index + 1],
                                        (uint16_t)((index + 1) << CONDITION_SHIFT), NF_LC3_BR};
        return true;
    }
    index -= CONDITIONS;
    if (index < NF_LC3_ALIAS_COUNT) {
        *operation = (nf_lc3_operation){NF_LC3_WORD_NAME, nf_lc3_aliases[index].mnemonic,
                                        nf_lc3_aliases[index].word, 0};
        return true;
    }
    index -= NF_LC3_ALIAS_COUNT;
    if (index < PENN_SIM_COUNT) {
        *operation = penn_sim[index];
        return true;
    }
    index -= PENN_SIM_COUNT;
    if (index >= DIRECTIVE_COUNT) return false;
    *operation = (nf_lc3_operation){NF_LC3_DIRECTIVE, directives[index], 0, (uint8_t)index};
    return true;
}

bool nf_lc3_operation_find(const char *name, size_t length, nf_lc3_operation *operation)
{
    for (unsigned i = 0; operation_at(i, operation); i++)
        if (same(name, length, operation->name)) return true;
    return false;
}

/* Levenshtein's distance, a row at a time. */
unsigned nf_lc3_name_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned row[LIKE_LENGTH_MAX + 1];
    size_t difference = a_length > b_length ? a_length - b_length : b_length - a_length;
    if (a_length > LIKE_LENGTH_MAX || b_length > LIKE_LENGTH_MAX || difference > TOLERANCE_MAX)
        return UNLIKE;
    for (unsigned k = 0; k <= b_length; k++) row[k] = k;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned k = 1; k <= b_length; k++) {
            unsigned changed = diagonal + (upper(a[i - 1]) != upper(b[k - 1]));
            unsigned added = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
            diagonal = row[k];
            row[k] = changed < added ? changed : added;
        }
    }
    return row[b_length];
}

unsigned nf_lc3_name_tolerance(size_t length)
{
    enum { SHORT = 4 };
    return length <= SHORT ? 1 : TOLERANCE_MAX;
}

const char *nf_lc3_operation_like(const char *name, size_t length, unsigned tolerance)
{
    nf_lc3_operation operation;
    const char *best = NULL;
    unsigned best_distance = tolerance + 1;
    for (unsigned i = 0; operation_at(i, &operation); i++) {
        size_t other = nf_string_length(operation.name);
        unsigned distance = nf_lc3_name_distance(name, length, operation.name, other);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = operation.name;
    }
    return best;
}

/* --- fields --- */

#define REGISTER(shift)                                                                            \
    {                                                                                              \
        NF_LC3_FIELD_REGISTER, 3, (shift)                                                          \
    }
#define NUMBER(kind, bits)                                                                         \
    {                                                                                              \
        NF_LC3_FIELD_##kind, (bits), 0                                                             \
    }
#define LABEL(bits)                                                                                \
    {                                                                                              \
        NF_LC3_FIELD_LABEL, (bits), 0                                                              \
    }

enum { DR = 9, SR1 = 6, SR2 = 0 };

static const struct fields {
    uint8_t count;
    nf_lc3_field fields[NF_LC3_FIELDS_MAX];
} fields_of[] = {
    [NF_LC3_OPERANDS_NONE] = {0, {{0}}},
    [NF_LC3_OPERANDS_NZP_LABEL9] = {1, {LABEL(9)}},
    [NF_LC3_OPERANDS_DR_SR1] = {2, {REGISTER(DR), REGISTER(SR1)}},
    [NF_LC3_OPERANDS_DR_SR1_SR2] = {3, {REGISTER(DR), REGISTER(SR1), REGISTER(SR2)}},
    [NF_LC3_OPERANDS_DR_SR1_IMM5] = {3, {REGISTER(DR), REGISTER(SR1), NUMBER(SIGNED, 5)}},
    [NF_LC3_OPERANDS_DR_SR1_OFFSET6] = {3, {REGISTER(DR), REGISTER(SR1), NUMBER(SIGNED, 6)}},
    [NF_LC3_OPERANDS_DR_LABEL9] = {2, {REGISTER(DR), LABEL(9)}},
    [NF_LC3_OPERANDS_SR1] = {1, {REGISTER(SR1)}},
    [NF_LC3_OPERANDS_LABEL11] = {1, {LABEL(11)}},
    [NF_LC3_OPERANDS_VECTOR8] = {1, {NUMBER(UNSIGNED, 8)}},
};

unsigned nf_lc3_fields_of(nf_lc3_operands operands, const nf_lc3_field **fields)
{
    *fields = fields_of[operands].fields;
    return fields_of[operands].count;
}
