/*
 * The layout that encoder and decoder share.
 *
 * A body is:  locals | blocks with their instructions | names of values, blocks, locals | lines
 *
 * An instruction is:  operation | id, when it is not the last one's + 1 | fields of its shape
 *
 * The operation is an index into the module's list with OPCODE_HAS_ID or-ed. Ids count what is
 * alive, in the order of the records' ids. An operand is written as 0 for none, else as 1 + zigzag
 * of the distance from the instruction's id. Freestanding.
 */
#ifndef NF_IR_BINARY_INTERNAL_H
#define NF_IR_BINARY_INTERNAL_H

#include "binary.h"

#define NF_BINARY_MAGIC "\0NIR"

enum { NF_BINARY_MAGIC_BYTES = 4, NF_OPCODE_HAS_ID = 0x80, NF_OPCODES_MAX = 0x80 };
_Static_assert((int)NF_OP_COUNT <= (int)NF_OPCODES_MAX, "an opcode has seven bits");

typedef enum nf_section {
    NF_SECTION_OPERATIONS = 1, /* names */
    NF_SECTION_SIGNATURES,     /* result, variadic, parameter types */
    NF_SECTION_SYMBOLS,        /* kind, name, line, what the kind has */
    NF_SECTION_DATA,           /* of each data symbol: initial bytes, addresses */
    NF_SECTION_FUNCTIONS,      /* of each function symbol: bytes, attributes, body */
    NF_SECTION_END,
} nf_section;

/* Fields of a record, in the order of the file. */
typedef enum nf_field {
    NF_FIELD_END,
    NF_FIELD_TYPE,
    NF_FIELD_A,
    NF_FIELD_B,
    NF_FIELD_C,
    NF_FIELD_SUB,
    NF_FIELD_IMM,       /* signed */
    NF_FIELD_BITS,      /* imm as the bytes of the type */
    NF_FIELD_MEM,       /* alignment | flags << 4, alias class */
    NF_FIELD_SYMBOL,    /* in extra */
    NF_FIELD_LOCAL,     /* in extra */
    NF_FIELD_CALLEE,    /* a symbol in imm */
    NF_FIELD_SIGNATURE, /* in imm */
    NF_FIELD_ARGS,      /* count, operands */
    NF_FIELD_EDGES,     /* count, of each: key (switch), block, count, operands */
} nf_field;

enum { NF_FIELDS_MAX = 8 };
/* By shape, ended by NF_FIELD_END. */
extern const uint8_t nf_binary_fields[][NF_FIELDS_MAX];

/* The type of a record whose fields do not say it. */
nf_type nf_binary_implied_type(const nf_func *f, const nf_inst *inst);

static inline uint64_t nf_zigzag(int64_t number)
{
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}
static inline int64_t nf_unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

#endif
