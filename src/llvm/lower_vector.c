/* Lanes: splats, shuffles and reductions, from NIR to LLVM. Float reductions go in NIR's order. */
#include "lower_internal.h"

enum { LANES_MAX = 64 };

static LLVMValueRef lane_number(const lowerer *l, int64_t lane)
{
    return lower_number(l, NF_I32, lane);
}

/* Lane i of the result is lane start + i * step of the vector. */
static LLVMValueRef shuffle(const lowerer *l, LLVMValueRef vector, unsigned lanes, int start,
                            int step)
{
    LLVMValueRef mask[LANES_MAX];
    for (unsigned i = 0; i < lanes; i++) mask[i] = lane_number(l, start + (int)i * step);
    return LLVMBuildShuffleVector(l->builder, vector, LLVMGetPoison(LLVMTypeOf(vector)),
                                  LLVMConstVector(mask, lanes), "");
}

static LLVMValueRef splat(lowerer *l, const nf_inst *inst)
{
    LLVMTypeRef type = lower_type(l, inst->type);
    LLVMValueRef first = LLVMBuildInsertElement(l->builder, LLVMGetPoison(type),
                                                lower_value(l, inst->a), lane_number(l, 0), "");
    return shuffle(l, first, NF_TYPE_LANES(inst->type), 0, 0);
}

static LLVMValueRef iota(const lowerer *l, const nf_inst *inst)
{
    LLVMValueRef lanes[LANES_MAX];
    for (unsigned i = 0; i < NF_TYPE_LANES(inst->type); i++)
        lanes[i] = lower_number(l, NF_TYPE_ELEMENT(inst->type), i);
    return LLVMConstVector(lanes, NF_TYPE_LANES(inst->type));
}

static const char *const reductions[NF_OP_COUNT] = {
    [NF_OP_REDUCE_ADD] = "llvm.vector.reduce.add",
    [NF_OP_REDUCE_MUL] = "llvm.vector.reduce.mul",
    [NF_OP_REDUCE_AND] = "llvm.vector.reduce.and",
    [NF_OP_REDUCE_OR] = "llvm.vector.reduce.or",
    [NF_OP_REDUCE_XOR] = "llvm.vector.reduce.xor",
    [NF_OP_REDUCE_SMIN] = "llvm.vector.reduce.smin",
    [NF_OP_REDUCE_SMAX] = "llvm.vector.reduce.smax",
    [NF_OP_REDUCE_UMIN] = "llvm.vector.reduce.umin",
    [NF_OP_REDUCE_UMAX] = "llvm.vector.reduce.umax",
};

static LLVMValueRef combine(lowerer *l, nf_op op, LLVMValueRef a, LLVMValueRef b)
{
    switch (op) {
    case NF_OP_REDUCE_FADD: return LLVMBuildFAdd(l->builder, a, b, "");
    case NF_OP_REDUCE_FMUL: return LLVMBuildFMul(l->builder, a, b, "");
    default: return lower_extreme(l, op == NF_OP_REDUCE_FMAX, a, b);
    }
}

/* The lower half with the upper half, until one lane is left. */
static LLVMValueRef reduce_halves(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef vector = lower_value(l, inst->a);
    for (unsigned n = NF_TYPE_LANES(nf_type_of(l->f, inst->a)) / 2; n; n /= 2)
        vector =
            combine(l, inst->op, shuffle(l, vector, n, 0, 1), shuffle(l, vector, n, (int)n, 1));
    return LLVMBuildExtractElement(l->builder, vector, lane_number(l, 0), "");
}

LLVMValueRef lower_lanes(lowerer *l, const nf_inst *inst)
{
    LLVMTypeRef type = inst->a.id ? LLVMTypeOf(lower_value(l, inst->a)) : NULL;
    LLVMValueRef a = inst->a.id ? lower_value(l, inst->a) : NULL;
    int lanes = (int)NF_TYPE_LANES(inst->type);
    switch (inst->op) {
    case NF_OP_SPLAT: return splat(l, inst);
    case NF_OP_IOTA: return iota(l, inst);
    case NF_OP_EXTRACT:
        return LLVMBuildExtractElement(l->builder, a, lane_number(l, inst->imm), "");
    case NF_OP_INSERT:
        return LLVMBuildInsertElement(l->builder, a, lower_value(l, inst->b),
                                      lane_number(l, inst->imm), "");
    case NF_OP_REVERSE: return shuffle(l, a, (unsigned)lanes, lanes - 1, -1);
    case NF_OP_REDUCE_FADD:
    case NF_OP_REDUCE_FMUL:
    case NF_OP_REDUCE_FMIN:
    case NF_OP_REDUCE_FMAX: return reduce_halves(l, inst);
    default: break;
    }
    return reductions[inst->op] ? lower_intrinsic(l, reductions[inst->op], &type, 1, &a, 1) : NULL;
}
