/*
 * Conversions, from NIR to LLVM.
 *
 * LLVM's fptosi is poison where the number does not fit; NIR's is what the CPU gives, the most
 * negative number. Scalars use the CPU's own conversion, by an intrinsic; vectors, of which there
 * are too many kinds, a comparison and a choice:
 *
 *     lo <= a and a < -lo  ?  fptosi a  :  lo            lo = -2^31 or -2^63
 *
 * where for f64 to i32 the lower bound is above -2^31 - 1, which f64 can say. fptoui is made of
 * fptosi as ops.def says.
 */
#include "lower_internal.h"

/* A floating-point number in every lane; exact, for it is a power of two or nearly one. */
static LLVMValueRef real(const lowerer *l, nf_type type, double number)
{
    LLVMValueRef lanes[1 << 6];
    LLVMValueRef one = LLVMConstReal(lower_type(l, NF_TYPE_ELEMENT(type)), number);
    if (!NF_TYPE_IS_VECTOR(type)) return one;
    for (unsigned i = 0; i < NF_TYPE_LANES(type); i++) lanes[i] = one;
    return LLVMConstVector(lanes, NF_TYPE_LANES(type));
}

/* cvttss2si and cvttsd2si: from lane 0 of a vector. */
static LLVMValueRef to_signed_scalar(lowerer *l, LLVMValueRef a, nf_type from, nf_type to)
{
    static const char *const names[2][2] = {
        {"llvm.x86.sse.cvttss2si", "llvm.x86.sse.cvttss2si64"},
        {"llvm.x86.sse2.cvttsd2si", "llvm.x86.sse2.cvttsd2si64"},
    };
    LLVMTypeRef vector = LLVMVectorType(LLVMTypeOf(a), 16 / nf_type_bytes(from));
    LLVMValueRef lanes = LLVMBuildInsertElement(l->builder, LLVMConstNull(vector), a,
                                                lower_number(l, NF_I32, 0), "");
    return lower_intrinsic(l, names[from == NF_F64][to == NF_I64], NULL, 0, &lanes, 1);
}

static LLVMValueRef to_signed_vector(lowerer *l, LLVMValueRef a, nf_type from, nf_type to)
{
    bool narrow = NF_TYPE_ELEMENT(to) == NF_I32;
    bool fraction = narrow && NF_TYPE_ELEMENT(from) == NF_F64;
    double limit = narrow ? 0x1p31 : 0x1p63;
    LLVMValueRef low =
        fraction ? LLVMBuildFCmp(l->builder, LLVMRealOGT, a, real(l, from, -limit - 1), "")
                 : LLVMBuildFCmp(l->builder, LLVMRealOGE, a, real(l, from, -limit), "");
    LLVMValueRef high = LLVMBuildFCmp(l->builder, LLVMRealOLT, a, real(l, from, limit), "");
    LLVMValueRef fits = LLVMBuildAnd(l->builder, low, high, "");
    LLVMValueRef number = LLVMBuildFPToSI(l->builder, a, lower_type(l, to), "");
    LLVMValueRef least = lower_number(l, to, narrow ? INT32_MIN : INT64_MIN);
    return LLVMBuildSelect(l->builder, fits, number, least, "");
}

/* To lanes of 32 or 64 bits. */
static LLVMValueRef to_signed(lowerer *l, LLVMValueRef a, nf_type from, nf_type to)
{
    return NF_TYPE_IS_VECTOR(from) ? to_signed_vector(l, a, from, to)
                                   : to_signed_scalar(l, a, from, to);
}

/* The result of a conversion to wider lanes, cut. */
static LLVMValueRef to_signed_cut(lowerer *l, const nf_inst *inst, nf_type element)
{
    nf_type from = nf_type_of(l->f, inst->a);
    nf_type wide = nf_type_with_lanes(element, NF_TYPE_LANES_LOG2(inst->type));
    LLVMValueRef number = to_signed(l, lower_value(l, inst->a), from, wide);
    return wide == inst->type ? number
                              : LLVMBuildTrunc(l->builder, number, lower_type(l, inst->type), "");
}

static LLVMValueRef to_unsigned_64(lowerer *l, const nf_inst *inst)
{
    nf_type from = nf_type_of(l->f, inst->a);
    LLVMValueRef a = lower_value(l, inst->a), limit = real(l, from, 0x1p63);
    LLVMValueRef small = LLVMBuildFCmp(l->builder, LLVMRealULT, a, limit, "");
    LLVMValueRef rest = LLVMBuildFSub(l->builder, a, limit, "");
    LLVMValueRef low = to_signed(l, a, from, inst->type);
    LLVMValueRef high = LLVMBuildXor(l->builder, to_signed(l, rest, from, inst->type),
                                     lower_number(l, inst->type, INT64_MIN), "");
    return LLVMBuildSelect(l->builder, small, low, high, "");
}

static LLVMValueRef from_float(lowerer *l, const nf_inst *inst)
{
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    if (inst->op == NF_OP_FPTOSI)
        return to_signed_cut(l, inst, element == NF_I64 ? NF_I64 : NF_I32);
    if (element == NF_I64) return to_unsigned_64(l, inst);
    return to_signed_cut(l, inst, element == NF_I32 ? NF_I64 : NF_I32);
}

static const LLVMOpcode casts[NF_OP_COUNT] = {
    [NF_OP_SEXT] = LLVMSExt,       [NF_OP_ZEXT] = LLVMZExt,       [NF_OP_TRUNC] = LLVMTrunc,
    [NF_OP_SITOFP] = LLVMSIToFP,   [NF_OP_UITOFP] = LLVMUIToFP,   [NF_OP_FPEXT] = LLVMFPExt,
    [NF_OP_FPTRUNC] = LLVMFPTrunc, [NF_OP_BITCAST] = LLVMBitCast,
};

LLVMValueRef lower_conversion(lowerer *l, const nf_inst *inst)
{
    if (inst->op == NF_OP_FPTOSI || inst->op == NF_OP_FPTOUI) return from_float(l, inst);
    if (casts[inst->op] == 0) return NULL;
    return LLVMBuildCast(l->builder, casts[inst->op], lower_value(l, inst->a),
                         lower_type(l, inst->type), "");
}
