/*
 * How often a loop runs; see induction.h.
 *
 * The loop goes on after iteration k while cond(t + s * k, y), where t and y are what is tested in
 * the first iteration and its bound, s the step. With w bits and s > 0 (s < 0 is the mirror image):
 *
 *     lt:  it goes on max(t, y) - t over s times, rounded up, provided that the value which ends it
 *          does not wrap: y <= MAX - (s - 1). That always holds for s = 1.
 *     le:  as lt y + 1, provided that y <= MAX - s.
 *     ne:  (y - t) / s times, provided that s divides y - t; the difference is taken modulo 2^w.
 *
 * One more than that is the trip count. What is not known to hold becomes a check in front of the
 * loop; the counts are exact, guard or no guard. A step away from the bound is refused.
 *
 *     do { ... i += 2; } while (i < n), i from 0:  t = 2, y = n, s = 2
 *     count = ((max(2, n) - 2 + 1) >> 1) + 1,  check n <= MAX - 1
 */
#include "induction.h"

/* What the condition says once equality is taken off it. */
typedef struct trip_kind {
    bool upward;    /* s > 0 */
    bool different; /* ne */
    bool is_signed;
    bool inclusive;  /* le or ge */
    uint64_t stride; /* |s| */
} trip_kind;

static unsigned width_of(const nf_counted *c)
{
    return 8 * nf_type_bytes(c->tested.type);
}

/* The largest (or, below, the smallest) number of the tested type, as a canonical constant. */
static int64_t limit_of(const nf_counted *c, const trip_kind *kind)
{
    unsigned unused = 64 - width_of(c);
    if (!kind->is_signed) return kind->upward ? -1 : 0;
    return kind->upward ? INT64_MAX >> unused : INT64_MIN >> unused;
}

static trip_kind kind_of(const nf_counted *c)
{
    trip_kind kind = {.upward = c->tested.step > 0, .different = c->cond == NF_NE};
    kind.stride = kind.upward ? (uint64_t)c->tested.step : -(uint64_t)c->tested.step;
    kind.is_signed = c->cond >= NF_SLT && c->cond <= NF_SGT;
    kind.inclusive =
        c->cond == NF_SLE || c->cond == NF_ULE || c->cond == NF_SGE || c->cond == NF_UGE;
    return kind;
}

/* The condition with its operands exchanged. */
static nf_cond cond_swapped(nf_cond cond)
{
    static const uint8_t swapped[] = {
        [NF_EQ] = NF_EQ,   [NF_NE] = NF_NE,   [NF_SLT] = NF_SGT, [NF_SGE] = NF_SLE,
        [NF_SLE] = NF_SGE, [NF_SGT] = NF_SLT, [NF_ULT] = NF_UGT, [NF_UGE] = NF_ULE,
        [NF_ULE] = NF_UGE, [NF_UGT] = NF_ULT,
    };
    return (nf_cond)swapped[cond];
}

/* Fills cond, tested and bound from the tester's branch. */
static bool test_find(nf_counted *c)
{
    const nf_inst *branch = nf_inst_at(c->f, nf_block_at(c->f, c->tester)->last);
    const nf_inst *compare = nf_inst_at(c->f, branch->a);
    if (compare->op == NF_OP_ICMP) {
        c->cond = (nf_cond)compare->sub;
        c->tested = *nf_affine_of(c, compare->a);
        c->bound = *nf_affine_of(c, compare->b);
    } else {
        c->cond = NF_NE;
        c->tested = *nf_affine_of(c, branch->a);
        c->bound = (nf_affine){.type = NF_I8};
    }
    if (c->stays == 1) c->cond ^= 1;
    if (c->tested.type == NF_VOID || c->bound.type == NF_VOID) return false;
    if (c->tested.step == 0) {
        nf_affine tested = c->bound;
        c->bound = c->tested;
        c->tested = tested;
        c->cond = cond_swapped(c->cond);
    }
    return c->tested.step != 0 && c->bound.step == 0;
}

/* Whether the step leads to the bound. */
static bool test_bounds(const nf_counted *c, const trip_kind *kind)
{
    if (c->cond == NF_EQ || kind->stride >> (width_of(c) - 1)) return false;
    bool less = c->cond == NF_SLT || c->cond == NF_SLE || c->cond == NF_ULT || c->cond == NF_ULE;
    return kind->different || less == kind->upward;
}

/* --- at compile time --- */

/* A canonical constant as the condition sees it, moved so that unsigned order is its order. */
static uint64_t ordered(const nf_counted *c, const trip_kind *kind, int64_t number)
{
    unsigned unused = 64 - width_of(c);
    uint64_t bits = (uint64_t)number << unused;
    if (kind->is_signed) bits ^= UINT64_C(1) << 63;
    return bits >> unused;
}

/* The count for a constant start and bound; 0 when it isn't finite or not computable here. */
static uint64_t count_constant(const nf_counted *c, const trip_kind *kind)
{
    uint64_t mask = UINT64_MAX >> (64 - width_of(c));
    uint64_t t = ordered(c, kind, c->tested.constant), y = ordered(c, kind, c->bound.constant);
    if (!kind->upward) t = mask - t, y = mask - y;
    if (kind->different) {
        uint64_t distance = (y - t) & mask;
        return distance % kind->stride ? 0 : distance / kind->stride + 1;
    }
    if (kind->inclusive && y++ == mask) return 0;
    if (y > mask - (kind->stride - 1)) return 0;
    return t < y ? (y - t + kind->stride - 1) / kind->stride + 1 : 1;
}

/* A bound for the count that holds for every bound of the loop: 0 when that is 2^64 or more. */
static uint64_t count_bound(const nf_counted *c, const trip_kind *kind)
{
    uint64_t mask = UINT64_MAX >> (64 - width_of(c));
    if (kind->different || c->tested.term_count) return mask + 1;
    uint64_t t = ordered(c, kind, c->tested.constant);
    if (!kind->upward) t = mask - t;
    return (mask - t) / kind->stride + 1 + (kind->stride > 1);
}

/* --- needs --- */

/* Adds a condition unless it is known to hold. */
static void check_add(nf_loop_emit *e, nf_checks *checks, nf_value condition)
{
    int64_t known;
    if (nf_value_is_const(e->f, condition, &known) && known) return;
    (void)NF_VEC_PUSH(e->f->arena, checks, condition);
}

/* What a narrow type holds, read as the need's extension does. */
static void range_of(const nf_need *need, int64_t *low, int64_t *high)
{
    unsigned bits = 8 * nf_type_bytes(need->narrow.type);
    *low = need->is_signed ? -(INT64_C(1) << (bits - 1)) : 0;
    *high = *low + (int64_t)(UINT64_MAX >> (64 - bits));
}

/* Up to this count the ends of a range can be computed: steps of narrow values have at most 32
 * bits, so that what leaves the range does not wrap into it again. */
static const uint64_t COUNT_CHECKABLE = UINT64_C(1) << 32;

static bool need_is_proven(const nf_counted *c, const nf_need *need)
{
    int64_t low, high, first = need->narrow.constant;
    range_of(need, &low, &high);
    if (need->narrow.term_count) return false;
    if (c->count_max == 0 || c->count_max > COUNT_CHECKABLE) return false;
    int64_t last = (int64_t)((uint64_t)first + (c->count_max - 1) * (uint64_t)need->narrow.step);
    return first >= low && first <= high && last >= low && last <= high;
}

/* x is in the range of the narrow type. */
static void emit_range_check(nf_loop_emit *e, const nf_need *need, nf_value x, nf_checks *checks)
{
    nf_op extension = need->is_signed ? NF_OP_SEXT : NF_OP_ZEXT;
    nf_value narrow = nf_loop_op(e, NF_OP_TRUNC, need->narrow.type, x, (nf_value){0});
    nf_value again = nf_loop_op(e, extension, NF_I64, narrow, (nf_value){0});
    check_add(e, checks, nf_loop_compare(e, NF_EQ, x, again));
}

static void emit_need(nf_loop_emit *e, const nf_need *need, nf_value count, nf_checks *checks)
{
    nf_affine wide = need->narrow;
    wide.type = NF_I64;
    wide.terms[0].convert = need->is_signed ? NF_OP_SEXT : NF_OP_ZEXT;
    nf_value first = nf_affine_emit(e, &wide);
    if (wide.constant || wide.term_count == 0) emit_range_check(e, need, first, checks);
    if (wide.step == 0) return;
    nf_value before = nf_loop_op(e, NF_OP_SUB, NF_I64, count, nf_loop_iconst(e, NF_I64, 1));
    emit_range_check(e, need, nf_affine_emit_at(e, &wide, before), checks);
}

void nf_needs_emit(nf_counted *c, nf_loop_emit *e, uint32_t needs, nf_value count,
                   nf_checks *checks)
{
    bool countable = c->count_max != 0 && c->count_max <= COUNT_CHECKABLE;
    for (uint32_t i = 0; i < c->need_count; i++) {
        if (!(needs >> i & 1) || need_is_proven(c, &c->needs[i])) continue;
        if (!countable) {
            nf_value limit = nf_loop_iconst(e, NF_I64, (int64_t)COUNT_CHECKABLE);
            check_add(e, checks, nf_loop_compare(e, NF_ULE, count, limit));
            countable = true;
        }
        emit_need(e, &c->needs[i], count, checks);
    }
}

static bool needs_are_proven(const nf_counted *c, uint32_t needs)
{
    for (uint32_t i = 0; i < c->need_count; i++)
        if (needs >> i & 1 && !need_is_proven(c, &c->needs[i])) return false;
    return true;
}

/* --- the trip count --- */

void nf_trip_analyse(nf_counted *c)
{
    c->reason = "no induction variable is compared with a loop-invariant bound";
    if (!test_find(c)) return;
    trip_kind kind = kind_of(c);
    c->reason = "the exit test does not bound the number of iterations";
    if (!test_bounds(c, &kind)) return;
    if (c->tested.term_count == 0 && c->bound.term_count == 0) {
        c->count = count_constant(c, &kind);
        c->reason = "the exit test is never met";
        if (c->count == 0) return;
    }
    c->count_max = c->count ? c->count : count_bound(c, &kind);
    c->reason = "its narrow counter may wrap";
    if (c->count && !needs_are_proven(c, c->tested.needs)) return;
    c->reason = NULL;
    c->counted = true;
}

/* The difference to the bound for ne: a form, so that what both have in common falls away. */
static nf_value emit_difference(nf_counted *c, nf_loop_emit *e, const trip_kind *kind)
{
    nf_value t = nf_affine_emit(e, &c->tested), y = nf_affine_emit(e, &c->bound);
    return kind->upward ? nf_loop_op(e, NF_OP_SUB, c->tested.type, y, t)
                        : nf_loop_op(e, NF_OP_SUB, c->tested.type, t, y);
}

/* The same for lt and gt: 0 when the bound is met at once; less is taken off first. */
static nf_value emit_distance(nf_counted *c, nf_loop_emit *e, const trip_kind *kind,
                              nf_checks *checks, int64_t less)
{
    static const uint16_t nearest[2][2] = {{NF_OP_UMIN, NF_OP_UMAX}, {NF_OP_SMIN, NF_OP_SMAX}};
    static const uint8_t within[2][2] = {{NF_UGE, NF_ULE}, {NF_SGE, NF_SLE}};
    nf_type type = c->tested.type;
    nf_value y = nf_affine_emit(e, &c->bound);
    uint64_t slack = kind->stride - (kind->inclusive ? 0 : 1);
    int64_t sign = kind->upward ? 1 : -1;
    if (slack) {
        int64_t limit = (int64_t)((uint64_t)limit_of(c, kind) - (uint64_t)sign * slack);
        nf_value farthest = nf_loop_iconst(e, type, limit);
        nf_cond cond = (nf_cond)within[kind->is_signed][kind->upward];
        check_add(e, checks, nf_loop_compare(e, cond, y, farthest));
    }
    if (kind->inclusive) y = nf_loop_op(e, NF_OP_ADD, type, y, nf_loop_iconst(e, type, sign));
    nf_value t = nf_affine_emit(e, &c->tested);
    nf_value end = nf_loop_op(e, (nf_op)nearest[kind->is_signed][kind->upward], type, t, y);
    nf_value from = nf_loop_op(e, NF_OP_SUB, type, t, nf_loop_iconst(e, type, sign * less));
    return kind->upward ? nf_loop_op(e, NF_OP_SUB, type, end, from)
                        : nf_loop_op(e, NF_OP_SUB, type, from, end);
}

/* distance / stride as i64; rounded up, or for ne with a check that nothing is left. */
static nf_value emit_quotient(nf_loop_emit *e, const trip_kind *kind, nf_value distance,
                              nf_checks *checks)
{
    nf_value wide = nf_loop_resize(e, NF_OP_ZEXT, NF_I64, distance);
    if (kind->stride == 1) return wide;
    nf_value stride = nf_loop_iconst(e, NF_I64, (int64_t)kind->stride);
    nf_value zero = nf_loop_iconst(e, NF_I64, 0);
    bool power = (kind->stride & (kind->stride - 1)) == 0;
    nf_value less = nf_loop_iconst(e, NF_I64, (int64_t)kind->stride - 1);
    if (kind->different) {
        nf_value rest = power ? nf_loop_op(e, NF_OP_AND, NF_I64, wide, less)
                              : nf_loop_op(e, NF_OP_UREM, NF_I64, wide, stride);
        check_add(e, checks, nf_loop_compare(e, NF_EQ, rest, zero));
    } else {
        wide = nf_loop_op(e, NF_OP_ADD, NF_I64, wide, less);
    }
    if (!power) return nf_loop_op(e, NF_OP_UDIV, NF_I64, wide, stride);
    nf_value shift = nf_loop_iconst(e, NF_I64, __builtin_ctzll(kind->stride));
    return nf_loop_op(e, NF_OP_LSHR, NF_I64, wide, shift);
}

nf_value nf_trip_emit(nf_counted *c, nf_loop_emit *e, nf_checks *checks)
{
    trip_kind kind = kind_of(c);
    if (c->count) return nf_loop_iconst(e, NF_I64, (int64_t)c->count);
    nf_value one = nf_loop_iconst(e, NF_I64, 1);
    /* With a constant start the last iteration is counted by starting one earlier, for nothing. */
    bool early = kind.stride == 1 && !kind.different && c->tested.term_count == 0 && c->count_max &&
                 (width_of(c) == 64 || c->count_max >> width_of(c) == 0);
    nf_value distance = kind.different ? emit_difference(c, e, &kind)
                                       : emit_distance(c, e, &kind, checks, early ? 1 : 0);
    nf_value times = emit_quotient(e, &kind, distance, checks);
    nf_value count = early ? times : nf_loop_op(e, NF_OP_ADD, NF_I64, times, one);
    nf_needs_emit(c, e, c->tested.needs | c->bound.needs, count, checks);
    return count;
}
