/*
 * Arithmetic, comparison and choice, from NIR to LLVM.
 *
 * Most operations are LLVM's own or an intrinsic, by table. Three kinds need more: shift amounts are
 * cut to the width, where LLVM's result would be poison; divisions test their operands and trap,
 * where LLVM's behaviour would be undefined; truth values are i8 here and i1 there.
 */
#include "lower_internal.h"

static const LLVMOpcode opcodes[NF_OP_COUNT] = {
    [NF_OP_ADD] = LLVMAdd,   [NF_OP_SUB] = LLVMSub,   [NF_OP_MUL] = LLVMMul,
    [NF_OP_AND] = LLVMAnd,   [NF_OP_OR] = LLVMOr,     [NF_OP_XOR] = LLVMXor,
    [NF_OP_SHL] = LLVMShl,   [NF_OP_LSHR] = LLVMLShr, [NF_OP_ASHR] = LLVMAShr,
    [NF_OP_FADD] = LLVMFAdd, [NF_OP_FSUB] = LLVMFSub, [NF_OP_FMUL] = LLVMFMul,
    [NF_OP_FDIV] = LLVMFDiv, [NF_OP_SDIV] = LLVMSDiv, [NF_OP_UDIV] = LLVMUDiv,
    [NF_OP_SREM] = LLVMSRem, [NF_OP_UREM] = LLVMURem,
};

/* Overloaded by the type of a; the operands are a, b, c as far as there are any, then a flag. */
static const struct intrinsic {
    const char *name;
    bool flag; /* takes an i1, false: what is undefined otherwise is not */
} intrinsics[NF_OP_COUNT] = {
    [NF_OP_SMIN] = {"llvm.smin", false},
    [NF_OP_SMAX] = {"llvm.smax", false},
    [NF_OP_UMIN] = {"llvm.umin", false},
    [NF_OP_UMAX] = {"llvm.umax", false},
    [NF_OP_CLZ] = {"llvm.ctlz", true},
    [NF_OP_CTZ] = {"llvm.cttz", true},
    [NF_OP_POPCNT] = {"llvm.ctpop", false},
    [NF_OP_BSWAP] = {"llvm.bswap", false},
    [NF_OP_ABS] = {"llvm.abs", true},
    [NF_OP_FMA] = {"llvm.fma", false},
    [NF_OP_FSQRT] = {"llvm.sqrt", false},
    [NF_OP_FABS] = {"llvm.fabs", false},
    [NF_OP_FCOPYSIGN] = {"llvm.copysign", false},
    [NF_OP_FFLOOR] = {"llvm.floor", false},
    [NF_OP_FCEIL] = {"llvm.ceil", false},
    [NF_OP_FTRUNC] = {"llvm.trunc", false},
    [NF_OP_FNEAREST] = {"llvm.roundeven", false},
};

/* Their result is a pair with the overflow in second place. */
static const char *const overflows[NF_OP_COUNT] = {
    [NF_OP_SADD_OVERFLOW] = "llvm.sadd.with.overflow",
    [NF_OP_UADD_OVERFLOW] = "llvm.uadd.with.overflow",
    [NF_OP_SSUB_OVERFLOW] = "llvm.ssub.with.overflow",
    [NF_OP_USUB_OVERFLOW] = "llvm.usub.with.overflow",
    [NF_OP_SMUL_OVERFLOW] = "llvm.smul.with.overflow",
    [NF_OP_UMUL_OVERFLOW] = "llvm.umul.with.overflow",
};

static const LLVMIntPredicate int_predicates[] = {
    [NF_EQ] = LLVMIntEQ,   [NF_NE] = LLVMIntNE,   [NF_SLT] = LLVMIntSLT, [NF_SGE] = LLVMIntSGE,
    [NF_SLE] = LLVMIntSLE, [NF_SGT] = LLVMIntSGT, [NF_ULT] = LLVMIntULT, [NF_UGE] = LLVMIntUGE,
    [NF_ULE] = LLVMIntULE, [NF_UGT] = LLVMIntUGT,
};

static const LLVMRealPredicate real_predicates[NF_COND_COUNT] = {
    [NF_FOEQ] = LLVMRealOEQ, [NF_FUNE] = LLVMRealUNE, [NF_FOLT] = LLVMRealOLT,
    [NF_FUGE] = LLVMRealUGE, [NF_FOLE] = LLVMRealOLE, [NF_FUGT] = LLVMRealUGT,
    [NF_FOGT] = LLVMRealOGT, [NF_FULE] = LLVMRealULE, [NF_FOGE] = LLVMRealOGE,
    [NF_FULT] = LLVMRealULT, [NF_FONE] = LLVMRealONE, [NF_FUEQ] = LLVMRealUEQ,
    [NF_FORD] = LLVMRealORD, [NF_FUNO] = LLVMRealUNO,
};

/* --- divisions --- */

/* Divides by zero, for the signal that a division gives. */
static LLVMBasicBlockRef divide_trap(lowerer *l)
{
    static char code[] = "xorl %ecx, %ecx\n\tdivl %ecx";
    static char clobbers[] = "~{eax},~{ecx},~{edx},~{dirflag},~{fpsr},~{flags}";
    if (l->divide_trap) return l->divide_trap;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->builder);
    LLVMTypeRef type = LLVMFunctionType(lower_type(l, NF_VOID), NULL, 0, false);
    LLVMValueRef assembly =
        LLVMGetInlineAsm(type, code, sizeof code - 1, clobbers, sizeof clobbers - 1, true, false,
                         LLVMInlineAsmDialectATT, false);
    l->divide_trap = lower_block(l);
    LLVMPositionBuilderAtEnd(l->builder, l->divide_trap);
    LLVMBuildCall2(l->builder, type, assembly, NULL, 0, "");
    LLVMBuildUnreachable(l->builder);
    LLVMPositionBuilderAtEnd(l->builder, here);
    return l->divide_trap;
}

/* The quotient of the most negative number and -1 does not fit. */
static LLVMValueRef overflows_by(lowerer *l, nf_type type, LLVMValueRef a, LLVMValueRef b)
{
    int64_t least = INT64_MIN >> (64 - 8 * nf_type_bytes(type));
    LLVMValueRef is_least =
        LLVMBuildICmp(l->builder, LLVMIntEQ, a, lower_number(l, type, least), "");
    LLVMValueRef by_minus_one =
        LLVMBuildICmp(l->builder, LLVMIntEQ, b, lower_number(l, type, -1), "");
    return LLVMBuildAnd(l->builder, is_least, by_minus_one, "");
}

static LLVMValueRef divide(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef a = lower_value(l, inst->a), b = lower_value(l, inst->b);
    LLVMValueRef traps =
        LLVMBuildICmp(l->builder, LLVMIntEQ, b, lower_number(l, inst->type, 0), "");
    if (inst->op == NF_OP_SDIV || inst->op == NF_OP_SREM)
        traps = LLVMBuildOr(l->builder, traps, overflows_by(l, inst->type, a, b), "");
    if (!LLVMIsAConstantInt(traps) || LLVMConstIntGetZExtValue(traps)) {
        LLVMBasicBlockRef go_on = lower_block(l);
        LLVMBuildCondBr(l->builder, traps, divide_trap(l), go_on);
        LLVMPositionBuilderAtEnd(l->builder, go_on);
    }
    return LLVMBuildBinOp(l->builder, opcodes[inst->op], a, b, "");
}

/* --- the others --- */

static LLVMValueRef shift(lowerer *l, const nf_inst *inst)
{
    int64_t bits = 8 * nf_type_element_bytes(inst->type);
    LLVMValueRef amount = LLVMBuildAnd(l->builder, lower_value(l, inst->b),
                                       lower_number(l, inst->type, bits - 1), "");
    return LLVMBuildBinOp(l->builder, opcodes[inst->op], lower_value(l, inst->a), amount, "");
}

/* By a multiplication of twice the width. */
static LLVMValueRef high_half(lowerer *l, const nf_inst *inst)
{
    unsigned bits = 8 * nf_type_bytes(inst->type);
    bool is_signed = inst->op == NF_OP_SMULH;
    LLVMTypeRef wide = LLVMIntTypeInContext(l->context, 2 * bits);
    LLVMValueRef a = LLVMBuildIntCast2(l->builder, lower_value(l, inst->a), wide, is_signed, "");
    LLVMValueRef b = LLVMBuildIntCast2(l->builder, lower_value(l, inst->b), wide, is_signed, "");
    LLVMValueRef product = LLVMBuildMul(l->builder, a, b, "");
    LLVMValueRef high = LLVMBuildLShr(l->builder, product, LLVMConstInt(wide, bits, false), "");
    return LLVMBuildTrunc(l->builder, high, lower_type(l, inst->type), "");
}

static LLVMValueRef rotate(lowerer *l, const nf_inst *inst)
{
    LLVMTypeRef type = lower_type(l, inst->type);
    LLVMValueRef a = lower_value(l, inst->a), args[] = {a, a, lower_value(l, inst->b)};
    return lower_intrinsic(l, inst->op == NF_OP_ROTL ? "llvm.fshl" : "llvm.fshr", &type, 1, args,
                           3);
}

LLVMValueRef lower_extreme(lowerer *l, bool largest, LLVMValueRef a, LLVMValueRef b)
{
    LLVMRealPredicate predicate = largest ? LLVMRealOGT : LLVMRealOLT;
    return LLVMBuildSelect(l->builder, LLVMBuildFCmp(l->builder, predicate, a, b, ""), a, b, "");
}

LLVMRealPredicate lower_real_predicate(unsigned condition)
{
    return real_predicates[condition];
}

static LLVMValueRef compare(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef a = lower_value(l, inst->a), b = lower_value(l, inst->b);
    LLVMValueRef truth = inst->op == NF_OP_ICMP
                             ? LLVMBuildICmp(l->builder, int_predicates[inst->sub], a, b, "")
                             : LLVMBuildFCmp(l->builder, lower_real_predicate(inst->sub), a, b, "");
    LLVMTypeRef type = lower_type(l, inst->type);
    return NF_TYPE_IS_VECTOR(inst->type) ? LLVMBuildSExt(l->builder, truth, type, "")
                                         : LLVMBuildZExt(l->builder, truth, type, "");
}

static LLVMValueRef choose(lowerer *l, const nf_inst *inst)
{
    bool vector = NF_TYPE_IS_VECTOR(nf_type_of(l->f, inst->a));
    LLVMValueRef condition = vector ? lower_mask(l, inst->a) : lower_truth(l, inst->a);
    return LLVMBuildSelect(l->builder, condition, lower_value(l, inst->b), lower_value(l, inst->c),
                           "");
}

static LLVMValueRef overflow(lowerer *l, const nf_inst *inst)
{
    LLVMTypeRef type = lower_type(l, nf_type_of(l->f, inst->a));
    LLVMValueRef args[] = {lower_value(l, inst->a), lower_value(l, inst->b)};
    LLVMValueRef pair = lower_intrinsic(l, overflows[inst->op], &type, 1, args, 2);
    LLVMValueRef bit = LLVMBuildExtractValue(l->builder, pair, 1, "");
    return LLVMBuildZExt(l->builder, bit, lower_type(l, NF_I8), "");
}

static LLVMValueRef call_intrinsic(lowerer *l, const nf_inst *inst)
{
    const struct intrinsic *intrinsic = &intrinsics[inst->op];
    const nf_value operands[] = {inst->a, inst->b, inst->c};
    LLVMValueRef args[4];
    unsigned count = 0;
    LLVMTypeRef type = lower_type(l, inst->type);
    if (inst->op == NF_OP_BSWAP && NF_TYPE_ELEMENT(inst->type) == NF_I8)
        return lower_value(l, inst->a);
    while (count < nf_ops[inst->op].operands) {
        args[count] = lower_value(l, operands[count]);
        count++;
    }
    if (intrinsic->flag) args[count++] = LLVMConstNull(LLVMInt1TypeInContext(l->context));
    return lower_intrinsic(l, intrinsic->name, &type, 1, args, count);
}

static LLVMValueRef plain(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef value = LLVMBuildBinOp(l->builder, opcodes[inst->op], lower_value(l, inst->a),
                                        lower_value(l, inst->b), "");
    bool sum_or_product =
        inst->op == NF_OP_FADD || inst->op == NF_OP_FSUB || inst->op == NF_OP_FMUL;
    if (sum_or_product && l->f->attributes & NF_ATTR_REASSOC && LLVMIsAInstruction(value))
        LLVMSetFastMathFlags(value, LLVMFastMathAllowReassoc);
    return value;
}

/* The product is rounded, as in the other tiers. */
static LLVMValueRef product_and_sum(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef product =
        LLVMBuildFMul(l->builder, lower_value(l, inst->a), lower_value(l, inst->b), "");
    return LLVMBuildFAdd(l->builder, product, lower_value(l, inst->c), "");
}

LLVMValueRef lower_arithmetic(lowerer *l, const nf_inst *inst)
{
    switch (inst->op) {
    case NF_OP_SDIV:
    case NF_OP_UDIV:
    case NF_OP_SREM:
    case NF_OP_UREM: return divide(l, inst);
    case NF_OP_SHL:
    case NF_OP_LSHR:
    case NF_OP_ASHR: return shift(l, inst);
    case NF_OP_SMULH:
    case NF_OP_UMULH: return high_half(l, inst);
    case NF_OP_ROTL:
    case NF_OP_ROTR: return rotate(l, inst);
    case NF_OP_FNEG: return LLVMBuildFNeg(l->builder, lower_value(l, inst->a), "");
    case NF_OP_FMULADD: return product_and_sum(l, inst);
    case NF_OP_FMIN:
    case NF_OP_FMAX:
        return lower_extreme(l, inst->op == NF_OP_FMAX, lower_value(l, inst->a),
                             lower_value(l, inst->b));
    case NF_OP_ICMP:
    case NF_OP_FCMP: return compare(l, inst);
    case NF_OP_SELECT: return choose(l, inst);
    default: break;
    }
    if (opcodes[inst->op]) return plain(l, inst);
    if (intrinsics[inst->op].name) return call_intrinsic(l, inst);
    return overflows[inst->op] ? overflow(l, inst) : NULL;
}
