/*
 * See loop_emit.h. Constants are folded by the evaluator's own operations; the identities below
 * are those that trip counts and addresses meet:  x + 0, x - 0, x * 1, x << 0, x >> 0.
 */
#include "loop_emit.h"
#include "ir/eval.h"

bool nf_value_is_const(const nf_func *f, nf_value v, int64_t *number)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (inst->op != NF_OP_ICONST) return false;
    *number = inst->imm;
    return true;
}

nf_value nf_loop_iconst(nf_loop_emit *e, nf_type type, int64_t value)
{
    return nf_build_iconst(e->f, e->block, type, value);
}

nf_value nf_loop_bits(nf_loop_emit *e, nf_type type, int64_t bits)
{
    if (!NF_TYPE_IS_FLOAT(type)) return nf_loop_iconst(e, type, bits);
    nf_value v = nf_inst_new(e->f, &(nf_inst){.op = NF_OP_FCONST, .type = type, .imm = bits});
    nf_inst_append(e->f, e->block, v);
    return v;
}

/* The constant that a record on constants gives; none when an operand is no constant. */
static nf_value fold(nf_loop_emit *e, const nf_inst *record)
{
    nf_bits bits[2] = {{{0}}}, result;
    const nf_value operands[2] = {record->a, record->b};
    if (record->a.id == 0) return (nf_value){0}; /* memory was out */
    for (int i = 0; i < 2; i++) {
        int64_t number = 0;
        if (operands[i].id == 0) continue;
        if (!nf_value_is_const(e->f, operands[i], &number)) return (nf_value){0};
        __builtin_memcpy(&bits[i], &number, nf_type_bytes(nf_type_of(e->f, operands[i])));
    }
    nf_type operand = nf_type_of(e->f, record->a);
    if (!nf_eval_op(record, operand, &bits[0], &bits[1], NULL, &result)) return (nf_value){0};
    int64_t number;
    __builtin_memcpy(&number, &result, sizeof number);
    return nf_loop_iconst(e, record->type, number);
}

/* Whether b leaves a as it is. */
static bool is_identity(const nf_func *f, nf_op op, nf_value b)
{
    int64_t number;
    if (!nf_value_is_const(f, b, &number)) return false;
    switch (op) {
    case NF_OP_ADD:
    case NF_OP_SUB:
    case NF_OP_SHL:
    case NF_OP_LSHR: return number == 0;
    case NF_OP_MUL: return number == 1;
    default: return false;
    }
}

nf_value nf_loop_op(nf_loop_emit *e, nf_op op, nf_type type, nf_value a, nf_value b)
{
    if (b.id && is_identity(e->f, op, b)) return a;
    nf_inst record = {.op = (uint16_t)op, .type = nf_op_result_type(op, type), .a = a, .b = b};
    nf_value folded = fold(e, &record);
    return folded.id ? folded : nf_build(e->f, e->block, op, type, a, b, (nf_value){0});
}

nf_value nf_loop_compare(nf_loop_emit *e, nf_cond cond, nf_value a, nf_value b)
{
    nf_inst record = {.op = NF_OP_ICMP, .type = NF_I8, .sub = (uint8_t)cond, .a = a, .b = b};
    nf_value folded = fold(e, &record);
    return folded.id ? folded : nf_build_compare(e->f, e->block, cond, a, b);
}

nf_value nf_loop_resize(nf_loop_emit *e, nf_op extension, nf_type type, nf_value a)
{
    unsigned from = nf_type_bytes(nf_type_of(e->f, a)), to = nf_type_bytes(type);
    if (from == to) return a;
    return nf_loop_op(e, from < to ? extension : NF_OP_TRUNC, type, a, (nf_value){0});
}
