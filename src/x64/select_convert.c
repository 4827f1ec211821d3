/*
 * Lowering of conversions between scalar integers and floating point.
 *
 * Unsigned 64-bit integers have no conversion of their own before AVX-512. To floating point: a
 * number from 2^63 on is halved, its last bit kept sticky so that rounding comes out right, and
 * the result multiplied by two; the factor comes from a table of two, by the sign bit:
 *
 *     n = x >> 63;  half = x >> n | x & n;  d = (double)half * factors[n]
 *
 * From floating point: as ops.def defines fptoui, with a CMOV between its two cases.
 *
 * CVTSI2SD leaves the upper half of its target alone and so waits for it; a zero is given to AVX
 * forms instead, and SSE targets are zeroed first. (Intel Optimization Manual, 3.5.2.4)
 */
#include "select_internal.h"

enum { F64_BYTES = 8, WIDE_BITS = 64 };

static unsigned bytes_of(const nf_inst *inst)
{
    return nf_type_bytes(inst->type);
}

static const nf_inst *source_of(const nf_select *s, const nf_inst *inst)
{
    return nf_select_inst(s, inst->a);
}

static bool is_f64(const nf_inst *inst)
{
    return inst->type == NF_F64;
}

/* A zero to merge the upper lanes from. */
static nf_vreg upper_lanes(nf_select *s)
{
    return nf_select_constant_vreg(s, &(uint64_t){0}, F64_BYTES);
}

/* --- integers to floating point --- */

static void from_signed(nf_select *s, nf_vreg d, nf_lir_rm a, unsigned width, bool wide)
{
    bool avx = nf_select_has(s, NF_CPU_AVX);
    unsigned op =
        wide ? (avx ? NF_X_VCVTSI2SD : NF_X_CVTSI2SD) : (avx ? NF_X_VCVTSI2SS : NF_X_CVTSI2SS);
    nf_vreg upper = upper_lanes(s);
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, avx ? NF_LIR_USE : NF_LIR_TIED, upper);
    nf_lir_rm_add(s->lir, a);
    nf_lir_end(s->lir);
}

void nf_lower_sitofp(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned from = bytes_of(source_of(s, inst));
    nf_lir_rm a = from < 4 ? nf_rm_vreg(nf_select_extended(s, inst->a, true, 4))
                           : nf_select_rm(s, inst->a, from);
    from_signed(s, d, a, from == 8 ? 8 : 4, is_f64(inst));
}

static bool from_unsigned_avx512(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    if (!nf_select_has(s, NF_CPU_AVX512F)) return false;
    nf_lir_rm a = nf_select_rm(s, inst->a, 8);
    nf_select_binary(s, is_f64(inst) ? NF_X_VCVTUSI2SD : NF_X_VCVTUSI2SS, 8, d, upper_lanes(s), a);
    return true;
}

/* mem = factors[n] */
static nf_lir_rm factor_at(nf_select *s, nf_vreg n, bool wide)
{
    static const double wide_factors[2] = {1, 2};
    static const float factors[2] = {1, 2};
    nf_lir_rm table = wide ? nf_select_constant(s, wide_factors, sizeof wide_factors)
                           : nf_select_constant(s, factors, sizeof factors);
    nf_vreg address = nf_select_gpr(s);
    nf_select_unary(s, NF_X_LEA, 8, address, table);
    return nf_rm_mem((nf_lir_mem){.base = address, .index = n, .scale_log2 = wide ? 3 : 2});
}

static void from_unsigned_64(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    bool avx = nf_select_has(s, NF_CPU_AVX), wide = is_f64(inst);
    nf_vreg x = nf_select_value(s, inst->a), top = nf_select_gpr(s), sticky = nf_select_gpr(s);
    nf_vreg halved = nf_select_gpr(s), half = nf_select_gpr(s), rcx = nf_vreg_fixed(NF_RCX);
    nf_select_in_place_imm(s, NF_X_SHR_I, 8, top, x, WIDE_BITS - 1);
    nf_select_binary(s, NF_X_AND, 8, sticky, x, nf_rm_vreg(top));
    nf_select_move(s, rcx, top);
    nf_lir_begin(s->lir, NF_X_SHR_CL, 8);
    nf_lir_add(s->lir, NF_LIR_DEF, halved);
    nf_lir_add(s->lir, NF_LIR_TIED, x);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rcx);
    nf_lir_end(s->lir);
    nf_select_binary(s, NF_X_OR, 8, half, halved, nf_rm_vreg(sticky));
    nf_vreg converted = nf_select_temp(s, inst->type);
    from_signed(s, converted, nf_rm_vreg(half), 8, wide);
    unsigned mul = wide ? (avx ? NF_X_VMULSD : NF_X_MULSD) : (avx ? NF_X_VMULSS : NF_X_MULSS);
    nf_select_binary(s, mul, bytes_of(inst), d, converted, factor_at(s, top, wide));
}

void nf_lower_uitofp(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned from = bytes_of(source_of(s, inst));
    if (from == 8) {
        if (!from_unsigned_avx512(s, d, inst)) from_unsigned_64(s, d, inst);
        return;
    }
    unsigned width = from == 4 ? 8 : 4; /* a width in which the number is not negative */
    nf_vreg a = nf_select_extended(s, inst->a, false, width);
    from_signed(s, d, nf_rm_vreg(a), width, is_f64(inst));
}

/* --- floating point to integers --- */

static void to_signed(nf_select *s, nf_vreg d, nf_lir_rm a, unsigned width, bool wide)
{
    bool avx = nf_select_has(s, NF_CPU_AVX);
    unsigned op =
        wide ? (avx ? NF_X_VCVTTSD2SI : NF_X_CVTTSD2SI) : (avx ? NF_X_VCVTTSS2SI : NF_X_CVTTSS2SI);
    nf_select_unary(s, op, width, d, a);
}

void nf_lower_fptosi(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    const nf_inst *source = source_of(s, inst);
    nf_lir_rm a = nf_select_rm(s, inst->a, bytes_of(source));
    to_signed(s, d, a, bytes_of(inst) == 8 ? 8 : 4, is_f64(source));
}

/* The number itself below 2^63 and for NaNs, else what is above 2^63, with the top bit flipped. */
static void to_unsigned_64(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    const nf_inst *source = source_of(s, inst);
    bool avx = nf_select_has(s, NF_CPU_AVX), wide = is_f64(source);
    unsigned bytes = bytes_of(source);
    double limit = 0x1p63;
    float narrow_limit = 0x1p63f;
    const void *bits = wide ? (const void *)&limit : &narrow_limit;
    nf_vreg a = nf_select_value(s, inst->a), above = nf_select_temp(s, source->type);
    nf_vreg small = nf_select_gpr(s), rest = nf_select_gpr(s), large = nf_select_gpr(s);
    unsigned sub = wide ? (avx ? NF_X_VSUBSD : NF_X_SUBSD) : (avx ? NF_X_VSUBSS : NF_X_SUBSS);
    to_signed(s, small, nf_rm_vreg(a), 8, wide);
    nf_select_binary(s, sub, bytes, above, a, nf_select_constant(s, bits, bytes));
    to_signed(s, rest, nf_rm_vreg(above), 8, wide);
    nf_vreg top = nf_select_int(s, INT64_MIN);
    nf_select_binary(s, NF_X_XOR, 8, large, rest, nf_rm_vreg(top));
    unsigned ucomis =
        wide ? (avx ? NF_X_VUCOMISD : NF_X_UCOMISD) : (avx ? NF_X_VUCOMISS : NF_X_UCOMISS);
    nf_lir_begin(s->lir, ucomis, bytes);
    nf_lir_add(s->lir, NF_LIR_USE, a);
    nf_lir_rm_add(s->lir, nf_select_constant(s, bits, bytes));
    nf_lir_end(s->lir);
    nf_select_cmov(s, 8, d, (nf_flags){.cc = NF_CC_AE}, nf_rm_vreg(large), small);
}

void nf_lower_fptoui(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    if (bytes_of(inst) == 8) {
        to_unsigned_64(s, d, inst);
        return;
    }
    const nf_inst *source = source_of(s, inst);
    nf_lir_rm a = nf_select_rm(s, inst->a, bytes_of(source));
    to_signed(s, d, a, bytes_of(inst) == 4 ? 8 : 4, is_f64(source));
}

/* --- among floating-point types, and bits --- */

/* The AVX forms merge upper lanes from a register: from the source where it is one. */
static void convert(nf_select *s, nf_vreg d, nf_value a, unsigned sse, unsigned avx)
{
    unsigned bytes = bytes_of(nf_select_inst(s, a));
    nf_lir_rm rm = nf_rm_vreg(nf_select_value(s, a));
    if (nf_select_has(s, NF_CPU_AVX))
        nf_select_binary(s, avx, bytes, d, rm.vreg, rm);
    else
        nf_select_unary(s, sse, bytes, d, rm);
}

void nf_lower_fpext(nf_select *s, nf_value v, const nf_inst *inst)
{
    convert(s, nf_select_result(s, v), inst->a, NF_X_CVTSS2SD, NF_X_VCVTSS2SD);
}

void nf_lower_fptrunc(nf_select *s, nf_value v, const nf_inst *inst)
{
    convert(s, nf_select_result(s, v), inst->a, NF_X_CVTSD2SS, NF_X_VCVTSD2SS);
}

/* A load in one type becomes a load in the other. */
void nf_lower_bitcast(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = bytes_of(inst);
    bool avx = nf_select_has(s, NF_CPU_AVX);
    bool from = nf_abi_in_vector(source_of(s, inst)->type), to = nf_abi_in_vector(inst->type);
    if (from == to)
        nf_select_copy(s, d, nf_select_value(s, inst->a));
    else if (to)
        nf_select_unary(s, avx ? NF_X_VMOVD : NF_X_MOVD, width, d, nf_select_rm(s, inst->a, width));
    else
        nf_select_unary(s, avx ? NF_X_VMOVD_MR : NF_X_MOVD_MR, width, d,
                        (nf_lir_rm){.vreg = nf_select_value(s, inst->a), .in_register = true});
}
