/*
 * The LC-3's instruction set: from words to decoded instructions, by the table in isa.def.
 *
 * Pure functions of the word; any thread. Freestanding.
 */
#ifndef NF_GUEST_LC3_ISA_H
#define NF_GUEST_LC3_ISA_H

#include <nanoforge/types.h>

typedef enum nf_lc3_op {
#define NF_LC3_OP(name, mnemonic, mask, bits, operands, class, sets_cc) NF_LC3_##name,
#include "isa.def"
    NF_LC3_ILLEGAL, /* the word fits no row */
    NF_LC3_OP_COUNT
} nf_lc3_op;

/* The fields behind the mnemonic; isa.def explains their names. */
typedef enum nf_lc3_operands {
    NF_LC3_OPERANDS_NONE,
    NF_LC3_OPERANDS_NZP_LABEL9,
    NF_LC3_OPERANDS_DR_SR1,
    NF_LC3_OPERANDS_DR_SR1_SR2,
    NF_LC3_OPERANDS_DR_SR1_IMM5,
    NF_LC3_OPERANDS_DR_SR1_OFFSET6,
    NF_LC3_OPERANDS_DR_LABEL9,
    NF_LC3_OPERANDS_SR1,
    NF_LC3_OPERANDS_LABEL11,
    NF_LC3_OPERANDS_VECTOR8,
} nf_lc3_operands;

typedef enum nf_lc3_class {
    NF_LC3_CLASS_ILLEGAL,
    NF_LC3_CLASS_ALU,
    NF_LC3_CLASS_ADDRESS,
    NF_LC3_CLASS_LOAD,
    NF_LC3_CLASS_STORE,
    NF_LC3_CLASS_BRANCH,
    NF_LC3_CLASS_JUMP,
    NF_LC3_CLASS_CALL,
    NF_LC3_CLASS_TRAP,
    NF_LC3_CLASS_RETURN,
} nf_lc3_class;

/* The editions of the book that differ; the third is the default everywhere. */
typedef enum nf_lc3_edition { NF_LC3_EDITION_2 = 2, NF_LC3_EDITION_3 = 3 } nf_lc3_edition;

typedef struct nf_lc3_op_info {
    const char *mnemonic;
    uint16_t mask, bits;
    nf_lc3_operands operands;
    nf_lc3_class class;
    uint8_t sets_cc; /* 0 never, 1 always, 2 in the second edition */
} nf_lc3_op_info;

typedef struct nf_lc3_alias {
    const char *mnemonic;
    uint16_t word;
} nf_lc3_alias;

enum { NF_LC3_ALIAS_COUNT = 9 };
extern const nf_lc3_alias nf_lc3_aliases[NF_LC3_ALIAS_COUNT];

/* A decoded word. Every field is extracted, whether or not the instruction has it. */
typedef struct nf_lc3_inst {
    uint8_t op;        /* nf_lc3_op */
    uint8_t dr;        /* bits 11 to 9; of BR the conditions n z p, n being 4 */
    uint8_t sr1;       /* bits 8 to 6: also the base */
    uint8_t sr2;       /* bits 2 to 0 */
    int16_t immediate; /* the instruction's one immediate, extended to 16 bits; 0 without one */
} nf_lc3_inst;

/* Any word decodes, to NF_LC3_ILLEGAL where it is no instruction. The editions have the same
 * encodings; they differ in what instructions do. */
nf_lc3_inst nf_lc3_decode(uint16_t word);

/* The row of an instruction; of NF_LC3_ILLEGAL one with an empty mnemonic. */
const nf_lc3_op_info *nf_lc3_op_info_of(nf_lc3_op op);

bool nf_lc3_sets_cc(nf_lc3_op op, nf_lc3_edition edition);

#endif
