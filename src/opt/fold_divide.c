/*
 * Divisions and remainders by constants, without dividing.
 *
 * Multiplier and shift are magic.c's. Widths below 64 multiply in 64 bits, where the product fits and its
 * high half is a shift away; where the multiplier has one bit more than the width, 32-bit division takes the high half
 * of a product with a 64-bit reciprocal (Lemire, Kaser, Kurz, "Faster remainder by direct computation",
 * 2019, section 3), and 64-bit division averages.
 *
 *     udiv.i32 %x, 10    =>    %w = zext.i64 %x;  %p = mul.i64 %w, 0xcccccccd;
 *                              %q = lshr.i64 %p, 35;  trunc.i32 %q
 *
 * The pass fold leaves divisions of up to 32 bits alone that become multiplications, for vectors have
 * another way to do them; the pass divide, behind the vectoriser, does not.
 *
 * A divisor of 0 is left alone: it traps. So is -1, which traps for the most negative number.
 */
#include "fold_internal.h"
#include "magic.h"

/* ((x - high) / 2 + high) >> (shift - 1): the high half of x * (2^64 + multiplier), shifted. */
static nf_value average_make(nf_fold *k, nf_value x, nf_value high, unsigned shift)
{
    nf_value rest = nf_fold_make(k, NF_OP_SUB, NF_I64, x, high);
    nf_value half = nf_fold_make_int(k, NF_OP_LSHR, NF_I64, rest, 1);
    nf_value sum = nf_fold_make(k, NF_OP_ADD, NF_I64, half, high);
    return nf_fold_make_int(k, NF_OP_LSHR, NF_I64, sum, shift - 1);
}

static nf_value udiv_narrow(nf_fold *k, nf_type type, nf_value a, uint64_t d)
{
    unsigned width = nf_type_bits(type);
    nf_magic m = nf_magic_unsigned(d, width);
    nf_value x = nf_fold_make(k, NF_OP_ZEXT, NF_I64, a, NF_NO_VALUE), quotient;
    if (m.add && width == 32) {
        quotient = nf_fold_make_int(k, NF_OP_UMULH, NF_I64, x, (int64_t)(UINT64_MAX / d + 1));
    } else {
        uint64_t multiplier = m.multiplier | (uint64_t)m.add << width;
        nf_value product = nf_fold_make_int(k, NF_OP_MUL, NF_I64, x, (int64_t)multiplier);
        quotient = nf_fold_make_int(k, NF_OP_LSHR, NF_I64, product, width + m.shift);
    }
    return nf_fold_make(k, NF_OP_TRUNC, type, quotient, NF_NO_VALUE);
}

static nf_value udiv_wide(nf_fold *k, nf_value a, uint64_t d)
{
    unsigned even = (unsigned)__builtin_ctzll(d);
    nf_magic m = nf_magic_unsigned(d, 64);
    if (m.add && even) { /* fewer bits are left to divide: the multiplier fits */
        a = nf_fold_make_int(k, NF_OP_LSHR, NF_I64, a, even);
        return udiv_wide(k, a, d >> even);
    }
    nf_value high = nf_fold_make_int(k, NF_OP_UMULH, NF_I64, a, (int64_t)m.multiplier);
    if (m.add) return average_make(k, a, high, m.shift);
    return nf_fold_make_int(k, NF_OP_LSHR, NF_I64, high, m.shift);
}

static nf_value udiv_make(nf_fold *k, nf_type type, nf_value a, uint64_t d)
{
    /* x / 1 => x */
    if (d == 1) return a;
    /* x / 2^n => x >> n */
    if ((d & (d - 1)) == 0) return nf_fold_make_int(k, NF_OP_LSHR, type, a, __builtin_ctzll(d));
    /* x / d with d in the upper half => x >= d */
    if (d > nf_type_mask(type) / 2) {
        nf_value fits =
            nf_fold_make_compare(k, NF_OP_ICMP, NF_UGE, a, nf_fold_int(k, type, (int64_t)d));
        return type == NF_I8 ? fits : nf_fold_make(k, NF_OP_ZEXT, type, fits, NF_NO_VALUE);
    }
    return type == NF_I64 ? udiv_wide(k, a, d) : udiv_narrow(k, type, a, d);
}

/* a / 2^n toward zero: adds 2^n - 1 to a negative a first. */
static nf_value sdiv_power(nf_fold *k, nf_type type, nf_value a, unsigned n)
{
    unsigned width = nf_type_bits(type);
    nf_value sign = n == 1 ? a : nf_fold_make_int(k, NF_OP_ASHR, type, a, width - 1);
    nf_value bias = nf_fold_make_int(k, NF_OP_LSHR, type, sign, width - n);
    nf_value sum = nf_fold_make(k, NF_OP_ADD, type, a, bias);
    return nf_fold_make_int(k, NF_OP_ASHR, type, sum, n);
}

static nf_value sdiv_narrow(nf_fold *k, nf_type type, nf_value a, uint64_t d)
{
    unsigned width = nf_type_bits(type);
    nf_magic m = nf_magic_signed(d, width);
    nf_value x = nf_fold_make(k, NF_OP_SEXT, NF_I64, a, NF_NO_VALUE);
    nf_value product = nf_fold_make_int(k, NF_OP_MUL, NF_I64, x, (int64_t)m.multiplier);
    nf_value floor = nf_fold_make_int(k, NF_OP_ASHR, NF_I64, product, width + m.shift);
    nf_value sign = nf_fold_make_int(k, NF_OP_ASHR, NF_I64, x, 63);
    nf_value quotient = nf_fold_make(k, NF_OP_SUB, NF_I64, floor, sign);
    return nf_fold_make(k, NF_OP_TRUNC, type, quotient, NF_NO_VALUE);
}

static nf_value sdiv_wide(nf_fold *k, nf_value a, uint64_t d)
{
    nf_magic m = nf_magic_signed(d, 64);
    nf_value high = nf_fold_make_int(k, NF_OP_SMULH, NF_I64, a, (int64_t)m.multiplier);
    if ((int64_t)m.multiplier < 0) high = nf_fold_make(k, NF_OP_ADD, NF_I64, high, a);
    nf_value floor = nf_fold_make_int(k, NF_OP_ASHR, NF_I64, high, m.shift);
    nf_value sign = nf_fold_make_int(k, NF_OP_ASHR, NF_I64, a, 63);
    return nf_fold_make(k, NF_OP_SUB, NF_I64, floor, sign);
}

/* divisor: neither 0 nor -1. */
static nf_value sdiv_make(nf_fold *k, nf_type type, nf_value a, int64_t divisor)
{
    uint64_t mask = nf_type_mask(type), sign = (mask >> 1) + 1;
    uint64_t d = divisor < 0 ? -(uint64_t)divisor & mask : (uint64_t)divisor;
    nf_value quotient;
    if (divisor == 1) return a;
    /* x / min => x == min */
    if (d == sign) {
        nf_value fits =
            nf_fold_make_compare(k, NF_OP_ICMP, NF_EQ, a, nf_fold_int(k, type, divisor));
        return type == NF_I8 ? fits : nf_fold_make(k, NF_OP_ZEXT, type, fits, NF_NO_VALUE);
    }
    /* a dividend that is not negative divides as an unsigned number */
    if (nf_fold_zero_bits(k, a) & sign)
        quotient = udiv_make(k, type, a, d);
    else if ((d & (d - 1)) == 0)
        quotient = sdiv_power(k, type, a, (unsigned)__builtin_ctzll(d));
    else
        quotient = type == NF_I64 ? sdiv_wide(k, a, d) : sdiv_narrow(k, type, a, d);
    if (divisor > 0) return quotient;
    return nf_fold_make(k, NF_OP_SUB, type, nf_fold_int(k, type, 0), quotient);
}

nf_value nf_fold_divide(nf_fold *k, const nf_inst *inst)
{
    int64_t divisor;
    bool is_signed = inst->op == NF_OP_SDIV || inst->op == NF_OP_SREM;
    bool remains = inst->op == NF_OP_SREM || inst->op == NF_OP_UREM;
    nf_type type = inst->type;
    if (!nf_fold_constant(k, inst->b, &divisor) || divisor == 0 || (is_signed && divisor == -1))
        return NF_NO_VALUE;
    uint64_t d = (uint64_t)divisor & nf_type_mask(type);
    bool compares = !is_signed && d > nf_type_mask(type) / 2;
    bool multiplies = (d & (d - 1)) != 0 && (-d & nf_type_mask(type) & (-d - 1)) != 0 && !compares;
    if (multiplies && type != NF_I64 && !k->divides) return NF_NO_VALUE;
    /* x % 2^n => x & (2^n - 1) */
    bool power = (d & (d - 1)) == 0;
    bool positive = !is_signed || (nf_fold_zero_bits(k, inst->a) & ((nf_type_mask(type) >> 1) + 1));
    if (remains && power && positive)
        return nf_fold_make_int(k, NF_OP_AND, type, inst->a, (int64_t)(d - 1));
    nf_value quotient =
        is_signed ? sdiv_make(k, type, inst->a, divisor) : udiv_make(k, type, inst->a, d);
    if (!remains) return quotient;
    /* x % d => x - x / d * d */
    nf_value product = nf_fold_make_int(k, NF_OP_MUL, type, quotient, divisor);
    return nf_fold_make(k, NF_OP_SUB, type, inst->a, product);
}
