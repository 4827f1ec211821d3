/*
 * Divisions of lanes by constants; see vectorise_internal.h.
 *
 * A quotient is the high half of a product and a shift (magic.h). Vectors have no high half of 32 bits,
 * but products of 64 bits of the lower halves of 64-bit lanes. So the even and the odd lanes are
 * multiplied apart, and their high halves joined:
 *
 *     x        | x3 x2 | x1 x0 |   as 64-bit lanes
 *     even     |  x2 * m |  x0 * m |  >> 32
 *     odd      |  x3 * m |  x1 * m |  & the upper half        high = even | odd
 *
 * Narrower lanes are made 32 bits wide first. Where the multiplier has 33 bits, the quotient is an
 * average: ((x - high) / 2 + high) >> (shift - 1). A negative dividend's high half is too large by the
 * multiplier, and its quotient one too small.
 */
#include "magic.h"
#include "vectorise_internal.h"

enum { BITS = 32, EVEN_AND_ODD_LOG2 = 2 };

static const nf_value NONE = {0};

bool nf_lanes_can_divide(const nf_func *f, const nf_inst *division)
{
    int64_t divisor;
    return nf_value_is_const(f, division->b, &divisor) && nf_type_bytes(division->type) <= 4 &&
           nf_division_is_safe(f, division);
}

/* --- lanes of 32 bits --- */

static nf_value binary(nf_lanes *w, nf_op op, nf_value a, nf_value b)
{
    nf_type type = nf_lanes_type(w, NF_I32);
    return nf_lanes_build(w, op, type, type, a, b);
}

static nf_value constant(nf_lanes *w, int64_t number)
{
    return nf_lanes_splat_const(w, NF_I32, number);
}

static nf_value shift(nf_lanes *w, nf_op op, nf_value a, unsigned by)
{
    if (by == 0) return a;
    return nf_lanes_build(w, op, nf_lanes_type(w, NF_I32), NF_I32, a, constant(w, by));
}

/* --- 64 bits --- */

static nf_value splat_wide(nf_lanes *w, nf_type type, int64_t number)
{
    nf_loop_emit e = {w->f, w->block};
    nf_value scalar = {1}; /* some value, in a dry run */
    if (!w->dry) scalar = nf_loop_iconst(&e, NF_I64, number);
    return nf_lanes_build(w, NF_OP_SPLAT, type, NF_I64, scalar, NONE);
}

/* The high halves of products of lanes that were made 64 bits wide. */
static nf_value high_of_wide(nf_lanes *w, nf_value x, uint32_t multiplier)
{
    nf_type narrow = nf_lanes_type(w, NF_I32), wide = nf_lanes_type(w, NF_I64);
    nf_value product = nf_lanes_build(w, NF_OP_MUL, wide, wide,
                                      nf_lanes_build(w, NF_OP_ZEXT, wide, narrow, x, NONE),
                                      splat_wide(w, wide, multiplier));
    nf_value high = nf_lanes_build(w, NF_OP_LSHR, wide, NF_I64, product, splat_wide(w, wide, BITS));
    return nf_lanes_build(w, NF_OP_TRUNC, narrow, wide, high, NONE);
}

static nf_value high_of(nf_lanes *w, nf_value x, uint32_t multiplier)
{
    if (w->plan->lanes_log2 < EVEN_AND_ODD_LOG2) return high_of_wide(w, x, multiplier);
    nf_type narrow = nf_lanes_type(w, NF_I32);
    nf_type wide = nf_type_with_lanes(NF_I64, w->plan->lanes_log2 - 1);
    nf_value pairs = nf_lanes_build(w, NF_OP_BITCAST, wide, narrow, x, NONE);
    nf_value m = splat_wide(w, wide, multiplier), bits = splat_wide(w, wide, BITS);
    nf_value lower = splat_wide(w, wide, UINT32_MAX);
    nf_value upper = splat_wide(w, wide, -(INT64_C(1) << BITS));
    nf_value even = nf_lanes_build(w, NF_OP_AND, wide, wide, pairs, lower);
    nf_value odd = nf_lanes_build(w, NF_OP_LSHR, wide, NF_I64, pairs, bits);
    even = nf_lanes_build(w, NF_OP_MUL, wide, wide, even, m);
    odd = nf_lanes_build(w, NF_OP_MUL, wide, wide, odd, m);
    even = nf_lanes_build(w, NF_OP_LSHR, wide, NF_I64, even, bits);
    odd = nf_lanes_build(w, NF_OP_AND, wide, wide, odd, upper);
    nf_value high = nf_lanes_build(w, NF_OP_OR, wide, wide, even, odd);
    return nf_lanes_build(w, NF_OP_BITCAST, narrow, wide, high, NONE);
}

/* --- quotients --- */

static nf_value quotient_unsigned(nf_lanes *w, nf_value x, uint32_t d)
{
    nf_magic m = nf_magic_unsigned(d, BITS);
    nf_value high = high_of(w, x, (uint32_t)m.multiplier);
    if (!m.add) return shift(w, NF_OP_LSHR, high, m.shift);
    nf_value half = shift(w, NF_OP_LSHR, binary(w, NF_OP_SUB, x, high), 1);
    return shift(w, NF_OP_LSHR, binary(w, NF_OP_ADD, half, high), m.shift - 1);
}

static nf_value quotient_signed(nf_lanes *w, nf_value x, int64_t d)
{
    nf_magic m = nf_magic_signed((uint64_t)(d < 0 ? -d : d), BITS);
    nf_value sign = shift(w, NF_OP_ASHR, x, BITS - 1), high = high_of(w, x, (uint32_t)m.multiplier);
    nf_value excess = binary(w, NF_OP_AND, sign, constant(w, (int32_t)m.multiplier));
    nf_value floor = shift(w, NF_OP_ASHR, binary(w, NF_OP_SUB, high, excess), m.shift);
    return d < 0 ? binary(w, NF_OP_SUB, sign, floor) : binary(w, NF_OP_SUB, floor, sign);
}

nf_value nf_lanes_divide(nf_lanes *w, const nf_inst *division)
{
    bool is_signed = division->op == NF_OP_SDIV || division->op == NF_OP_SREM;
    bool remains = division->op == NF_OP_SREM || division->op == NF_OP_UREM;
    bool narrow = division->type != NF_I32;
    nf_type own = nf_lanes_type(w, division->type), type = nf_lanes_type(w, NF_I32);
    nf_value x = nf_lanes_of(w, division->a);
    int64_t d = 0;
    nf_value_is_const(w->f, division->b, &d);
    if (narrow) x = nf_lanes_build(w, is_signed ? NF_OP_SEXT : NF_OP_ZEXT, type, own, x, NONE);
    uint64_t mask = UINT64_MAX >> (64 - 8 * nf_type_bytes(division->type));
    nf_value quotient = is_signed ? quotient_signed(w, x, d)
                                  : quotient_unsigned(w, x, (uint32_t)((uint64_t)d & mask));
    if (remains) {
        nf_value product = binary(w, NF_OP_MUL, quotient, constant(w, (int32_t)d));
        quotient = binary(w, NF_OP_SUB, x, product);
    }
    return narrow ? nf_lanes_build(w, NF_OP_TRUNC, own, type, quotient, NONE) : quotient;
}
