/*
 * LC-3 words to decoded instructions.
 *
 * The four bits of the opcode choose one to two rows of isa.def, and the first whose fixed bits are
 * the word's is the instruction. So 0x1283 is ADD R1, R2, R3; 0x128b, with a reserved bit set,
 * fits neither row of opcode 1 and is illegal, as is all of opcode 13. Hardware ignores reserved
 * bits, which the book says nothing about; the simulators in use take them as illegal.
 */
#include "isa.h"

static const nf_lc3_op_info infos[NF_LC3_OP_COUNT] = {
#define NF_LC3_OP(name, mnemonic, mask, bits, operands, class, sets_cc)                            \
    [NF_LC3_##                                                                                     \
        name] = {mnemonic, mask, bits, NF_LC3_OPERANDS_##operands, NF_LC3_CLASS_##class, sets_cc},
#include "isa.def"
    [NF_LC3_ILLEGAL] = {"", 0, 0, NF_LC3_OPERANDS_NONE, NF_LC3_CLASS_ILLEGAL, 0},
};

const nf_lc3_alias nf_lc3_aliases[NF_LC3_ALIAS_COUNT] = {
#define NF_LC3_ALIAS(mnemonic, word) {mnemonic, word},
#include "isa.def"
};

/* The first row of each opcode; the last entry ends opcode 15. */
static const uint8_t first_rows[] = {
    NF_LC3_BR,  NF_LC3_ADD, NF_LC3_LD,  NF_LC3_ST,   NF_LC3_JSRR,    NF_LC3_AND,
    NF_LC3_LDR, NF_LC3_STR, NF_LC3_RTI, NF_LC3_NOT,  NF_LC3_LDI,     NF_LC3_STI,
    NF_LC3_JMP, NF_LC3_LEA, NF_LC3_LEA, NF_LC3_TRAP, NF_LC3_ILLEGAL,
};

static int16_t sign_extend(uint16_t word, unsigned bits)
{
    unsigned shift = 16 - bits;
    return (int16_t)((int16_t)(uint16_t)(word << shift) >> shift);
}

static int16_t immediate_of(uint16_t word, nf_lc3_operands operands)
{
    switch (operands) {
    case NF_LC3_OPERANDS_DR_SR1_IMM5: return sign_extend(word, 5);
    case NF_LC3_OPERANDS_DR_SR1_OFFSET6: return sign_extend(word, 6);
    case NF_LC3_OPERANDS_NZP_LABEL9:
    case NF_LC3_OPERANDS_DR_LABEL9: return sign_extend(word, 9);
    case NF_LC3_OPERANDS_LABEL11: return sign_extend(word, 11);
    case NF_LC3_OPERANDS_VECTOR8: return (int16_t)(word & 0xff);
    default: return 0;
    }
}

nf_lc3_inst nf_lc3_decode(uint16_t word)
{
    unsigned op = first_rows[word >> 12], end = first_rows[(word >> 12) + 1];
    while (op < end && (word & infos[op].mask) != infos[op].bits) op++;
    if (op == end) op = NF_LC3_ILLEGAL;
    return (nf_lc3_inst){
        .op = (uint8_t)op,
        .dr = word >> 9 & 7,
        .sr1 = word >> 6 & 7,
        .sr2 = word & 7,
        .immediate = immediate_of(word, infos[op].operands),
    };
}

const nf_lc3_op_info *nf_lc3_op_info_of(nf_lc3_op op)
{
    return &infos[op < NF_LC3_OP_COUNT ? op : NF_LC3_ILLEGAL];
}

bool nf_lc3_sets_cc(nf_lc3_op op, nf_lc3_edition edition)
{
    uint8_t sets_cc = nf_lc3_op_info_of(op)->sets_cc;
    return sets_cc == 1 || (sets_cc == 2 && edition == NF_LC3_EDITION_2);
}
