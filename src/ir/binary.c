/* What encoder and decoder share: which fields a record of each shape has. See
 * binary_internal.h. */
#include "binary_internal.h"

#define FIELD(name) NF_FIELD_##name
#define ADDRESS     FIELD(TYPE), FIELD(MEM), FIELD(A), FIELD(B), FIELD(SUB), FIELD(IMM)

const uint8_t nf_binary_fields[][NF_FIELDS_MAX] = {
    [NF_SHAPE_NONE] = {FIELD(END)},
    [NF_SHAPE_PARAM] = {FIELD(END)}, /* belongs to its block */
    [NF_SHAPE_ICONST] = {FIELD(TYPE), FIELD(IMM)},
    [NF_SHAPE_FCONST] = {FIELD(TYPE), FIELD(BITS)},
    [NF_SHAPE_SYMBOL] = {FIELD(SYMBOL), FIELD(IMM)},
    [NF_SHAPE_LOCAL] = {FIELD(LOCAL), FIELD(IMM)},
    [NF_SHAPE_UNARY] = {FIELD(TYPE), FIELD(A)},
    [NF_SHAPE_BINARY] = {FIELD(TYPE), FIELD(A), FIELD(B)},
    [NF_SHAPE_TERNARY] = {FIELD(TYPE), FIELD(A), FIELD(B), FIELD(C)},
    [NF_SHAPE_OVERFLOW] = {FIELD(A), FIELD(B)},
    [NF_SHAPE_ICMP] = {FIELD(TYPE), FIELD(SUB), FIELD(A), FIELD(B)},
    [NF_SHAPE_FCMP] = {FIELD(TYPE), FIELD(SUB), FIELD(A), FIELD(B)},
    [NF_SHAPE_SELECT] = {FIELD(TYPE), FIELD(A), FIELD(B), FIELD(C)},
    [NF_SHAPE_CONVERT] = {FIELD(TYPE), FIELD(A)},
    [NF_SHAPE_SPLAT] = {FIELD(TYPE), FIELD(A)},
    [NF_SHAPE_IOTA] = {FIELD(TYPE)},
    [NF_SHAPE_EXTRACT] = {FIELD(TYPE), FIELD(A), FIELD(IMM)},
    [NF_SHAPE_INSERT] = {FIELD(TYPE), FIELD(A), FIELD(B), FIELD(IMM)},
    [NF_SHAPE_REDUCE] = {FIELD(TYPE), FIELD(A)},
    [NF_SHAPE_LOAD] = {ADDRESS},
    [NF_SHAPE_STORE] = {ADDRESS, FIELD(C)},
    [NF_SHAPE_MLOAD] = {FIELD(TYPE), FIELD(MEM), FIELD(A), FIELD(B), FIELD(IMM)},
    [NF_SHAPE_MSTORE] = {FIELD(TYPE), FIELD(MEM), FIELD(A), FIELD(B), FIELD(IMM), FIELD(C)},
    [NF_SHAPE_CALL] = {FIELD(CALLEE), FIELD(ARGS)},
    [NF_SHAPE_CALL_INDIRECT] = {FIELD(A), FIELD(SIGNATURE), FIELD(ARGS)},
    [NF_SHAPE_TAIL_CALL] = {FIELD(CALLEE), FIELD(ARGS)},
    [NF_SHAPE_TAIL_CALL_INDIRECT] = {FIELD(A), FIELD(SIGNATURE), FIELD(ARGS)},
    [NF_SHAPE_BR] = {FIELD(EDGES)},
    [NF_SHAPE_BRIF] = {FIELD(A), FIELD(EDGES)},
    [NF_SHAPE_SWITCH] = {FIELD(A), FIELD(EDGES)},
    [NF_SHAPE_RET] = {FIELD(A)},
};

nf_type nf_binary_implied_type(const nf_func *f, const nf_inst *inst)
{
    switch (nf_ops[inst->op].shape) {
    case NF_SHAPE_SYMBOL:
    case NF_SHAPE_LOCAL: return NF_I64;
    case NF_SHAPE_OVERFLOW: return NF_I8;
    case NF_SHAPE_CALL:
    case NF_SHAPE_CALL_INDIRECT:
        return nf_signature_at(f->module, nf_call_signature(f, inst))->result;
    default: return NF_VOID;
    }
}

bool nf_binary_is(const void *bytes, size_t size)
{
    return size >= NF_BINARY_MAGIC_BYTES &&
           __builtin_memcmp(bytes, NF_BINARY_MAGIC, NF_BINARY_MAGIC_BYTES) == 0;
}
