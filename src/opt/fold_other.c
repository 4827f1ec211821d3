/*
 * Rules of conversions, floating point, vectors and loads of constants.
 *
 * Floating point keeps every bit. Arithmetic turns a signalling NaN into a quiet one, so x * 1, x / 1,
 * x - 0 and x + -0 are x only when x is the result of arithmetic itself, which is never signalling
 * (is_quiet). Signs of NaNs count too: x * -1 is not fneg x, 0 - x is not either.
 *
 *     fmul.f64 (sitofp.f64 %i), 1.0    =>    sitofp.f64 %i
 */
#include "fold_internal.h"

/* --- conversions --- */

nf_value nf_fold_extend(nf_fold *k, const nf_inst *inst)
{
    nf_op op = (nf_op)inst->op;
    const nf_inst *a = nf_fold_at(k, inst->a);
    nf_type from = a->type;
    uint64_t sign = (nf_type_mask(from) >> 1) + 1;
    /* sext (sext x) => sext x, zext (zext x) => zext x, sext (zext x) => zext x */
    if (a->op == op || a->op == NF_OP_ZEXT)
        return nf_fold_make(k, (nf_op)a->op, inst->type, a->a, NF_NO_VALUE);
    /* sext x => zext x when the sign is zero */
    if (op == NF_OP_SEXT && (nf_fold_zero_bits(k, inst->a) & sign))
        return nf_fold_make(k, NF_OP_ZEXT, inst->type, inst->a, NF_NO_VALUE);
    /* zext (trunc x) => x & mask, when the types are equal */
    if (op == NF_OP_ZEXT && a->op == NF_OP_TRUNC && nf_type_of(k->f, a->a) == inst->type)
        return nf_fold_make_int(k, NF_OP_AND, inst->type, a->a, (int64_t)nf_type_mask(from));
    /* zext (x | c) => zext x | c, so that addresses show how far they are from each other */
    int64_t c;
    if (op == NF_OP_ZEXT && a->op == NF_OP_OR && !NF_TYPE_IS_VECTOR(from) &&
        nf_fold_is_single(k, inst->a) && nf_fold_constant(k, a->b, &c)) {
        nf_value wide = nf_fold_make(k, NF_OP_ZEXT, inst->type, a->a, NF_NO_VALUE);
        return nf_fold_make_int(k, NF_OP_OR, inst->type, wide,
                                (int64_t)((uint64_t)c & nf_type_mask(from)));
    }
    return NF_NO_VALUE;
}

nf_value nf_fold_trunc(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    const nf_inst *a = nf_fold_at(k, inst->a);
    uint64_t kept = nf_type_mask(inst->type);
    /* trunc (trunc x) => trunc x */
    if (a->op == NF_OP_TRUNC) return nf_fold_make(k, NF_OP_TRUNC, inst->type, a->a, NF_NO_VALUE);
    /* trunc (x & c) => trunc x when c keeps what trunc keeps */
    if (a->op == NF_OP_AND && nf_fold_constant(k, a->b, &c) && ((uint64_t)c & kept) == kept)
        return nf_fold_make(k, NF_OP_TRUNC, inst->type, a->a, NF_NO_VALUE);
    if (a->op != NF_OP_SEXT && a->op != NF_OP_ZEXT) return NF_NO_VALUE;
    nf_type from = nf_type_of(k->f, a->a);
    /* trunc (zext x) => x, trunc x or zext x, by the widths; the same for sext */
    if (from == inst->type) return a->a;
    bool narrower = nf_type_element_bytes(from) > nf_type_element_bytes(inst->type);
    return nf_fold_make(k, narrower ? NF_OP_TRUNC : (nf_op)a->op, inst->type, a->a, NF_NO_VALUE);
}

nf_value nf_fold_to_float(nf_fold *k, const nf_inst *inst)
{
    /* uitofp x => sitofp x when the sign is zero */
    nf_type from = nf_type_of(k->f, inst->a);
    if ((nf_fold_zero_bits(k, inst->a) & ((nf_type_mask(from) >> 1) + 1)) == 0) return NF_NO_VALUE;
    return nf_fold_make(k, NF_OP_SITOFP, inst->type, inst->a, NF_NO_VALUE);
}

nf_value nf_fold_bitcast(nf_fold *k, const nf_inst *inst)
{
    const nf_inst *a = nf_fold_at(k, inst->a);
    /* the same type => x */
    if (a->type == inst->type) return inst->a;
    /* bitcast (bitcast x) => bitcast x */
    if (a->op == NF_OP_BITCAST)
        return nf_fold_make(k, NF_OP_BITCAST, inst->type, a->a, NF_NO_VALUE);
    return NF_NO_VALUE;
}

/* --- floating point --- */

static uint64_t quiet_bit(nf_type type)
{
    return NF_TYPE_ELEMENT(type) == NF_F32 ? UINT64_C(1) << 22 : UINT64_C(1) << 51;
}

static uint64_t infinity(nf_type type)
{
    return NF_TYPE_ELEMENT(type) == NF_F32 ? UINT64_C(0x7f800000) : UINT64_C(0x7ff0000000000000);
}

/* Whether the value is never a signalling NaN. */
static bool is_quiet(const nf_fold *k, nf_value v)
{
    uint64_t bits;
    const nf_inst *inst = nf_fold_at(k, v);
    if (nf_fold_fconstant(k, v, &bits)) {
        bool nan = (bits & (nf_type_mask(inst->type) >> 1)) > infinity(inst->type);
        return !nan || (bits & quiet_bit(inst->type));
    }
    switch (inst->op) {
    case NF_OP_FADD:
    case NF_OP_FSUB:
    case NF_OP_FMUL:
    case NF_OP_FDIV:
    case NF_OP_FMA:
    case NF_OP_FSQRT:
    case NF_OP_FFLOOR:
    case NF_OP_FCEIL:
    case NF_OP_FTRUNC:
    case NF_OP_FNEAREST:
    case NF_OP_SITOFP:
    case NF_OP_UITOFP:
    case NF_OP_FPEXT:
    case NF_OP_FPTRUNC: return true;
    default: return false;
    }
}

/* The bits of 1 in the type. */
static uint64_t one_bits(nf_type type)
{
    return NF_TYPE_ELEMENT(type) == NF_F32 ? UINT64_C(0x3f800000) : UINT64_C(0x3ff0000000000000);
}

static uint64_t sign_bit(nf_type type)
{
    return (nf_type_mask(type) >> 1) + 1;
}

/* A floating-point constant of the type, made from its bits. */
static nf_value float_put(nf_fold *k, nf_type type, uint64_t bits)
{
    nf_value scalar = nf_inst_put(
        k->f, k->at,
        &(nf_inst){.op = NF_OP_FCONST, .type = NF_TYPE_ELEMENT(type), .imm = (int64_t)bits});
    if (!NF_TYPE_IS_VECTOR(type)) return scalar;
    return nf_inst_put(k->f, k->at, &(nf_inst){.op = NF_OP_SPLAT, .type = type, .a = scalar});
}

nf_value nf_fold_fadd(nf_fold *k, const nf_inst *inst)
{
    uint64_t bits;
    /* x + -0 => x (x + 0 is not x for -0) */
    if (nf_fold_fconstant(k, inst->b, &bits) && bits == sign_bit(inst->type) &&
        is_quiet(k, inst->a))
        return inst->a;
    return NF_NO_VALUE;
}

nf_value nf_fold_fsub(nf_fold *k, const nf_inst *inst)
{
    uint64_t bits;
    /* x - 0 => x (x - -0 is not x for -0) */
    if (nf_fold_fconstant(k, inst->b, &bits) && bits == 0 && is_quiet(k, inst->a)) return inst->a;
    return NF_NO_VALUE;
}

nf_value nf_fold_fmul(nf_fold *k, const nf_inst *inst)
{
    uint64_t bits, one = one_bits(inst->type);
    if (!nf_fold_fconstant(k, inst->b, &bits)) return NF_NO_VALUE;
    /* x * 1 => x */
    if (bits == one) return is_quiet(k, inst->a) ? inst->a : NF_NO_VALUE;
    /* x * 2 => x + x */
    if (bits == one + 2 * quiet_bit(inst->type))
        return nf_fold_make(k, NF_OP_FADD, inst->type, inst->a, inst->a);
    return NF_NO_VALUE;
}

nf_value nf_fold_fdiv(nf_fold *k, const nf_inst *inst)
{
    uint64_t bits, one = one_bits(inst->type), unit = 2 * quiet_bit(inst->type);
    if (!nf_fold_fconstant(k, inst->b, &bits)) return NF_NO_VALUE;
    /* x / 1 => x */
    if (bits == one && is_quiet(k, inst->a)) return inst->a;
    /* x / 2^n => x * 2^-n, when both are normal numbers: the exact result is the same */
    uint64_t sign = bits & sign_bit(inst->type), exponent = bits & ~sign;
    if (exponent % unit != 0 || exponent < unit || exponent > 2 * one - unit) return NF_NO_VALUE;
    nf_value reciprocal = float_put(k, inst->type, sign | (2 * one - exponent));
    return nf_fold_make(k, NF_OP_FMUL, inst->type, inst->a, reciprocal);
}

/* -x * y => -(x * y), but for the sign of a NaN: a fused operation takes the negation in. */
static nf_value negation_lift(nf_fold *k, nf_value v)
{
    const nf_inst product = *nf_fold_at(k, v);
    if (product.op != NF_OP_FMUL) return v;
    const nf_inst *a = nf_fold_at(k, product.a), *b = nf_fold_at(k, product.b);
    nf_value x = product.a, y = product.b;
    if (a->op == NF_OP_FNEG)
        x = a->a;
    else if (b->op == NF_OP_FNEG)
        y = b->a;
    else
        return v;
    nf_value positive = nf_fold_make(k, NF_OP_FMUL, product.type, x, y);
    return positive.id ? nf_fold_make(k, NF_OP_FNEG, product.type, positive, NF_NO_VALUE)
                       : NF_NO_VALUE;
}

/* One rounding where the variant says so, else two. */
nf_value nf_fold_fmuladd(nf_fold *k, const nf_inst *inst)
{
    const nf_variant *variant = k->opt->variant;
    if (variant && variant->contract) {
        nf_inst fused = *inst;
        fused.op = NF_OP_FMA;
        fused.c = negation_lift(k, inst->c);
        return fused.c.id ? nf_fold_record(k, &fused) : NF_NO_VALUE;
    }
    nf_value product = nf_fold_make(k, NF_OP_FMUL, inst->type, inst->a, inst->b);
    if (product.id == 0) return NF_NO_VALUE;
    return nf_fold_make(k, NF_OP_FADD, inst->type, product, inst->c);
}

nf_value nf_fold_fsign(nf_fold *k, const nf_inst *inst)
{
    uint64_t bits;
    const nf_inst *a = nf_fold_at(k, inst->a);
    switch (inst->op) {
    case NF_OP_FNEG: /* fneg (fneg x) => x */ return a->op == NF_OP_FNEG ? a->a : NF_NO_VALUE;
    case NF_OP_FABS: /* fabs (fabs x) => fabs x; fabs (fneg x), fabs (fcopysign x, y) => fabs x */
        if (a->op == NF_OP_FABS) return inst->a;
        if (a->op != NF_OP_FNEG && a->op != NF_OP_FCOPYSIGN) return NF_NO_VALUE;
        return nf_fold_make(k, NF_OP_FABS, inst->type, a->a, NF_NO_VALUE);
    default: break;
    }
    /* fcopysign x, x => x */
    if (inst->a.id == inst->b.id) return inst->a;
    if (!nf_fold_fconstant(k, inst->b, &bits)) return NF_NO_VALUE;
    /* fcopysign x, c => fabs x, negated when c is negative */
    nf_value magnitude = nf_fold_make(k, NF_OP_FABS, inst->type, inst->a, NF_NO_VALUE);
    if ((bits & sign_bit(inst->type)) == 0) return magnitude;
    return nf_fold_make(k, NF_OP_FNEG, inst->type, magnitude, NF_NO_VALUE);
}

nf_value nf_fold_fmin_max(nf_fold *k, const nf_inst *inst)
{
    (void)k;
    /* fmin x, x => x, which is b whatever a < b says */
    return inst->a.id == inst->b.id ? inst->b : NF_NO_VALUE;
}

nf_value nf_fold_fround(nf_fold *k, const nf_inst *inst)
{
    switch (nf_fold_at(k, inst->a)->op) {
    case NF_OP_FFLOOR: /* rounding what is whole already => x */
    case NF_OP_FCEIL:
    case NF_OP_FTRUNC:
    case NF_OP_FNEAREST:
    case NF_OP_SITOFP:
    case NF_OP_UITOFP: return inst->a;
    default: return NF_NO_VALUE;
    }
}

nf_value nf_fold_fptrunc(nf_fold *k, const nf_inst *inst)
{
    /* fptrunc (fpext x) => x; the extension makes a signalling NaN quiet */
    const nf_inst *a = nf_fold_is(k, inst->a, NF_OP_FPEXT);
    return a && is_quiet(k, a->a) ? a->a : NF_NO_VALUE;
}

/* --- vectors --- */

nf_value nf_fold_extract(nf_fold *k, const nf_inst *inst)
{
    const nf_inst *a = nf_fold_at(k, inst->a);
    /* extract (splat x) => x */
    if (a->op == NF_OP_SPLAT) return a->a;
    if (a->op != NF_OP_INSERT) return NF_NO_VALUE;
    /* extract (insert v, x, i), i => x; of another lane => extract v */
    if (a->imm == inst->imm) return a->b;
    nf_inst inner = *inst;
    inner.a = a->a;
    return nf_fold_record(k, &inner);
}

nf_value nf_fold_reverse(nf_fold *k, const nf_inst *inst)
{
    const nf_inst *a = nf_fold_at(k, inst->a);
    /* reverse (reverse x) => x */
    if (a->op == NF_OP_REVERSE) return a->a;
    /* reverse (splat x) => splat x */
    return a->op == NF_OP_SPLAT ? inst->a : NF_NO_VALUE;
}

/* --- memory --- */

static bool relocated(const nf_symbol_data *data, uint64_t offset, unsigned bytes)
{
    enum { RELOC_BYTES = 8 };
    for (uint32_t i = 0; i < data->relocs.count; i++) {
        uint64_t at = data->relocs.data[i].offset;
        if (at < offset + bytes && offset < at + RELOC_BYTES) return true;
    }
    return false;
}

nf_value nf_fold_load(nf_fold *k, const nf_inst *inst)
{
    const nf_inst *base = nf_fold_is(k, inst->a, NF_OP_SYMBOL);
    unsigned bytes = nf_type_bytes(inst->type);
    if (!base || inst->b.id || nf_access_is_fixed(inst) || NF_TYPE_IS_VECTOR(inst->type))
        return NF_NO_VALUE;
    const nf_symbol_data *data = nf_symbol_at(k->f->module, (nf_symbol){base->extra});
    uint64_t offset = (uint64_t)base->imm + (uint64_t)inst->imm, bits = 0;
    if (data->kind != NF_SYMBOL_DATA || !data->readonly || offset > data->size ||
        bytes > data->size - offset || relocated(data, offset, bytes))
        return NF_NO_VALUE;
    /* a load of read-only data => its bytes; behind the initial ones are zeros */
    for (unsigned i = 0; i < bytes; i++)
        if (offset + i < data->initial_size) bits |= (uint64_t)data->initial[offset + i] << 8 * i;
    if (NF_TYPE_IS_FLOAT(inst->type)) return float_put(k, inst->type, bits);
    return nf_fold_int(k, inst->type, (int64_t)bits);
}
