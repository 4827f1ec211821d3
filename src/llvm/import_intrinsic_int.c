/*
 * Intrinsic functions on integers, one lane each.
 *
 * Odd widths are brought to a width that NIR has: with zeros or the sign above, computed there, and
 * cleaned. What overflows is found by computing in 64 bits and looking whether the result, cut and
 * extended again, is still the same:
 *
 *     sadd.with.overflow.i24 %a, %b     r = signed a + signed b in i64; overflow = r != signed (cut r)
 */
#include "import_internal.h"

static const nf_value none;
static const nf_scalar word = {NF_I64, false, NF_LIMB_BITS, 1};

static uint32_t container_bits(const nf_scalar *s)
{
    return 8 * nf_type_bytes(s->type);
}

/* --- single bits --- */

static nf_value swap_groups(nf_translator *t, nf_type type, nf_value a, int64_t mask, int64_t by)
{
    nf_value up = nf_make_with(t, NF_OP_SHL, type, nf_make_with(t, NF_OP_AND, type, a, mask), by);
    nf_value down =
        nf_make_with(t, NF_OP_AND, type, nf_make_with(t, NF_OP_LSHR, type, a, by), mask);
    return nf_make(t, NF_OP_OR, type, up, down);
}

/* Bytes, then nibbles, pairs and bits within each byte. */
static nf_value reverse_bits(nf_translator *t, nf_type type, nf_value a)
{
    if (type != NF_I8) a = nf_make(t, NF_OP_BSWAP, type, a, none);
    a = swap_groups(t, type, a, 0x0f0f0f0f0f0f0f0f, 4);
    a = swap_groups(t, type, a, 0x3333333333333333, 2);
    return swap_groups(t, type, a, 0x5555555555555555, 1);
}

static nf_value narrow_bits(nf_translator *t, const nf_lane *lane)
{
    const nf_scalar *s = &lane->scalar;
    uint32_t spare = container_bits(s) - s->bits;
    nf_value a = *lane->a;
    switch (lane->detail) {
    case NF_OP_CLZ:
        a = nf_make(t, NF_OP_CLZ, s->type, a, none);
        return spare ? nf_make_with(t, NF_OP_SUB, s->type, a, spare) : a;
    case NF_OP_CTZ:
        if (spare) a = nf_make_with(t, NF_OP_OR, s->type, a, (int64_t)(UINT64_C(1) << s->bits));
        return nf_make(t, NF_OP_CTZ, s->type, a, none);
    case NF_OP_ABS:
        a = nf_make(t, NF_OP_ABS, s->type, nf_make_signed(t, s, a), none);
        return nf_make_clean(t, s, a);
    case NF_OP_BSWAP:
    case NF_OP_NONE:
        a = lane->detail == NF_OP_NONE ? reverse_bits(t, s->type, a)
                                       : nf_make(t, NF_OP_BSWAP, s->type, a, none);
        return spare ? nf_make_with(t, NF_OP_LSHR, s->type, a, spare) : a;
    default: return nf_make(t, (nf_op)lane->detail, s->type, a, none);
    }
}

static nf_value count_of(nf_translator *t, nf_op op, nf_value a)
{
    return nf_make(t, op, NF_I64, a, none);
}

/* The count of the first limb that is not zero, and 64 for each that was. */
static nf_value count_zeros(nf_translator *t, nf_op op, nf_value first, nf_value second)
{
    nf_value further = nf_make_with(t, NF_OP_ADD, NF_I64, count_of(t, op, second), NF_LIMB_BITS);
    nf_value zero = nf_make_compare(t, NF_EQ, first, nf_make_number(t, NF_I64, 0));
    return nf_make_select(t, NF_I64, zero, further, count_of(t, op, first));
}

static void wide_abs(nf_translator *t, const nf_lane *lane)
{
    nf_value zero[2] = {nf_make_number(t, NF_I64, 0), nf_make_number(t, NF_I64, 0)}, negated[2];
    nf_scalar_binary(t, LLVMSub, &lane->scalar, zero, lane->a, negated);
    nf_value negative = nf_make_compare(t, NF_SLT, lane->a[1], zero[0]);
    nf_scalar_select(t, &lane->scalar, negative, negated, lane->a, lane->out);
}

/* Of 128 bits. */
static void wide_bits(nf_translator *t, const nf_lane *lane)
{
    nf_value low = lane->a[0], high = lane->a[1];
    nf_value *out = lane->out;
    out[1] = nf_make_number(t, NF_I64, 0);
    switch (lane->detail) {
    case NF_OP_POPCNT:
        out[0] = nf_make(t, NF_OP_ADD, NF_I64, count_of(t, NF_OP_POPCNT, low),
                         count_of(t, NF_OP_POPCNT, high));
        break;
    case NF_OP_CLZ: out[0] = count_zeros(t, NF_OP_CLZ, high, low); break;
    case NF_OP_CTZ: out[0] = count_zeros(t, NF_OP_CTZ, low, high); break;
    case NF_OP_ABS: wide_abs(t, lane); break;
    case NF_OP_BSWAP:
        out[0] = count_of(t, NF_OP_BSWAP, high);
        out[1] = count_of(t, NF_OP_BSWAP, low);
        break;
    default: out[0] = reverse_bits(t, NF_I64, high); out[1] = reverse_bits(t, NF_I64, low);
    }
}

/* More than 64 bits are done when they are 128; false: there is nothing to do any more. */
static bool is_narrow(nf_translator *t, const nf_lane *lane)
{
    if (lane->scalar.limbs > 1 && lane->scalar.bits != 2 * NF_LIMB_BITS)
        nf_refuse(t, "an integer of odd width above 64 bits");
    return lane->scalar.limbs == 1;
}

void nf_lane_bits(nf_translator *t, const nf_lane *lane)
{
    if (is_narrow(t, lane))
        *lane->out = narrow_bits(t, lane);
    else if (t->reason == NULL)
        wide_bits(t, lane);
}

/* --- choices --- */

void nf_lane_min_max(nf_translator *t, const nf_lane *lane)
{
    const nf_scalar *s = &lane->scalar;
    nf_op op = (nf_op)lane->detail;
    bool is_signed = op == NF_OP_SMIN || op == NF_OP_SMAX;
    if (s->limbs == 1) {
        nf_value a = is_signed ? nf_make_signed(t, s, *lane->a) : *lane->a;
        nf_value b = is_signed ? nf_make_signed(t, s, *lane->b) : *lane->b;
        *lane->out = nf_make_clean(t, s, nf_make(t, op, s->type, a, b));
        return;
    }
    LLVMIntPredicate less = is_signed ? LLVMIntSLT : LLVMIntULT;
    bool smaller = op == NF_OP_SMIN || op == NF_OP_UMIN;
    nf_value first =
        nf_scalar_icmp(t, less, s, smaller ? lane->a : lane->b, smaller ? lane->b : lane->a);
    nf_scalar_select(t, s, first, lane->a, lane->b, lane->out);
}

/* 1, 0 or -1. */
void nf_lane_three_way(nf_translator *t, const nf_lane *lane)
{
    LLVMIntPredicate greater = (LLVMIntPredicate)lane->detail;
    nf_value more = nf_scalar_icmp(t, greater, &lane->scalar, lane->a, lane->b);
    nf_value less = nf_scalar_icmp(t, greater, &lane->scalar, lane->b, lane->a);
    nf_value difference = nf_make(t, NF_OP_SUB, NF_I8, more, less);
    nf_scalar byte = {NF_I8, false, 8, 1};
    nf_scalar_cast(t, LLVMSExt, &byte, &lane->result, &difference, lane->out);
}

/* --- funnel shifts --- */

static nf_value narrow_funnel(nf_translator *t, const nf_lane *lane, bool left)
{
    const nf_scalar *s = &lane->scalar;
    nf_value a = *lane->a, b = *lane->b, by = *lane->c;
    bool exact = container_bits(s) == s->bits;
    if (exact && a.id == b.id) return nf_make(t, left ? NF_OP_ROTL : NF_OP_ROTR, s->type, a, by);
    nf_value width = nf_make_number(t, s->type, s->bits), high, low;
    if (!exact) {
        by = nf_make(t, NF_OP_UREM, s->type, by, width);
        nf_value rest = nf_make(t, NF_OP_SUB, s->type, width, by);
        high = nf_make(t, NF_OP_SHL, s->type, a, left ? by : rest);
        low = nf_make(t, NF_OP_LSHR, s->type, b, left ? rest : by);
    } else {
        nf_value rest = nf_make_with(t, NF_OP_XOR, s->type, by, -1);
        if (left)
            b = nf_make_with(t, NF_OP_LSHR, s->type, b, 1);
        else
            a = nf_make_with(t, NF_OP_SHL, s->type, a, 1);
        high = nf_make(t, NF_OP_SHL, s->type, a, left ? by : rest);
        low = nf_make(t, NF_OP_LSHR, s->type, b, left ? rest : by);
    }
    return nf_make_clean(t, s, nf_make(t, NF_OP_OR, s->type, high, low));
}

static void wide_funnel(nf_translator *t, const nf_lane *lane, bool left)
{
    const nf_scalar *s = &lane->scalar;
    nf_value zero = nf_make_number(t, NF_I64, 0);
    nf_value by[2] = {nf_make_with(t, NF_OP_AND, NF_I64, lane->c[0], s->bits - 1), zero};
    nf_value rest[2] = {nf_make_with(t, NF_OP_XOR, NF_I64, by[0], s->bits - 1), zero};
    nf_value one[2] = {nf_make_number(t, NF_I64, 1), zero}, high[2], low[2], half[2];
    nf_scalar_binary(t, left ? LLVMLShr : LLVMShl, s, left ? lane->b : lane->a, one, half);
    nf_scalar_binary(t, LLVMShl, s, left ? lane->a : half, left ? by : rest, high);
    nf_scalar_binary(t, LLVMLShr, s, left ? half : lane->b, left ? rest : by, low);
    nf_scalar_binary(t, LLVMOr, s, high, low, lane->out);
}

void nf_lane_funnel(nf_translator *t, const nf_lane *lane)
{
    bool left = lane->detail == LLVMShl;
    if (is_narrow(t, lane))
        *lane->out = narrow_funnel(t, lane, left);
    else if (t->reason == NULL)
        wide_funnel(t, lane, left);
}

/* --- overflow --- */

static bool is_signed_overflow(nf_op op)
{
    return op == NF_OP_SADD_OVERFLOW || op == NF_OP_SSUB_OVERFLOW || op == NF_OP_SMUL_OVERFLOW;
}

static LLVMOpcode opcode_of(nf_op op)
{
    if (op == NF_OP_SADD_OVERFLOW || op == NF_OP_UADD_OVERFLOW) return LLVMAdd;
    return op == NF_OP_SSUB_OVERFLOW || op == NF_OP_USUB_OVERFLOW ? LLVMSub : LLVMMul;
}

static nf_value odd_overflow(nf_translator *t, const nf_scalar *s, nf_op op, nf_value a, nf_value b,
                             nf_value *result)
{
    LLVMOpcode extend = is_signed_overflow(op) ? LLVMSExt : LLVMZExt;
    nf_value x, y, whole, again;
    nf_scalar_cast(t, extend, s, &word, &a, &x);
    nf_scalar_cast(t, extend, s, &word, &b, &y);
    nf_scalar_binary(t, opcode_of(op), &word, &x, &y, &whole);
    nf_scalar_cast(t, LLVMTrunc, &word, s, &whole, result);
    nf_scalar_cast(t, extend, s, &word, result, &again);
    nf_value differs = nf_make_compare(t, NF_NE, whole, again);
    return nf_make(t, NF_OP_OR, NF_I8, differs, nf_make(t, op, NF_I64, x, y));
}

static nf_value narrow_overflow(nf_translator *t, const nf_scalar *s, nf_op op, nf_value a,
                                nf_value b, nf_value *result)
{
    if (container_bits(s) != s->bits) return odd_overflow(t, s, op, a, b, result);
    nf_scalar_binary(t, opcode_of(op), s, &a, &b, result);
    return nf_make(t, op, s->type, a, b);
}

/* For sums of 128 bits: signs that say that the result cannot be. */
static nf_value wide_signed_sum(nf_translator *t, bool minus, nf_value a, nf_value b, nf_value r)
{
    nf_value first = nf_make(t, NF_OP_XOR, NF_I64, r, a);
    nf_value second = nf_make(t, NF_OP_XOR, NF_I64, minus ? a : r, b);
    nf_value both = nf_make(t, NF_OP_AND, NF_I64, first, second);
    return nf_make_compare(t, NF_SLT, both, nf_make_number(t, NF_I64, 0));
}

static nf_value wide_overflow(nf_translator *t, const nf_lane *lane, nf_op op)
{
    const nf_scalar *s = &lane->scalar;
    if (op == NF_OP_SMUL_OVERFLOW || op == NF_OP_UMUL_OVERFLOW)
        return nf_wide_call(t, op == NF_OP_SMUL_OVERFLOW ? "__nf_smul128" : "__nf_umul128", NF_I8,
                            lane->a, lane->b, lane->out);
    nf_scalar_binary(t, opcode_of(op), s, lane->a, lane->b, lane->out);
    if (op == NF_OP_UADD_OVERFLOW) return nf_scalar_icmp(t, LLVMIntULT, s, lane->out, lane->a);
    if (op == NF_OP_USUB_OVERFLOW) return nf_scalar_icmp(t, LLVMIntULT, s, lane->a, lane->b);
    return wide_signed_sum(t, op == NF_OP_SSUB_OVERFLOW, lane->a[1], lane->b[1], lane->out[1]);
}

void nf_lane_overflow(nf_translator *t, const nf_lane *lane)
{
    nf_op op = (nf_op)lane->detail;
    if (is_narrow(t, lane))
        lane->out[1] = narrow_overflow(t, &lane->scalar, op, *lane->a, *lane->b, lane->out);
    else if (t->reason == NULL)
        lane->out[lane->scalar.limbs] = wide_overflow(t, lane, op);
}

/* The bound that is passed: by sums, the one on the side of the first operand's sign. */
void nf_lane_saturate(nf_translator *t, const nf_lane *lane)
{
    const nf_scalar *s = &lane->scalar;
    nf_op op = (nf_op)lane->detail;
    if (s->limbs > 1) {
        nf_refuse(t, "a saturating sum above 64 bits");
        return;
    }
    nf_value sum, bound, over = narrow_overflow(t, s, op, *lane->a, *lane->b, &sum);
    uint64_t ones = s->bits == NF_LIMB_BITS ? UINT64_MAX : (UINT64_C(1) << s->bits) - 1;
    if (is_signed_overflow(op)) {
        nf_value most = nf_make_number(t, s->type, (int64_t)(ones >> 1));
        nf_value least = nf_make_number(t, s->type, (int64_t)(ones ^ ones >> 1));
        nf_value zero = nf_make_number(t, s->type, 0);
        nf_value negative = nf_scalar_icmp(t, LLVMIntSLT, s, lane->a, &zero);
        bound = nf_make_select(t, s->type, negative, least, most);
    } else {
        bound = nf_make_number(t, s->type, op == NF_OP_UADD_OVERFLOW ? (int64_t)ones : 0);
    }
    *lane->out = nf_make_select(t, s->type, over, bound, sum);
}
