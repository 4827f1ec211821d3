/*
 * Rules of comparisons, selects and branches.
 *
 * The normal form of an integer comparison: a constant on the right, and with a constant one of eq, ne,
 * slt, sge, ult, uge (each the next one's opposite), so that equal tests look equal to gvn. With 0 it
 * is sgt and sle: a test against 0 needs no constant in machine code.
 *
 *     brif (icmp eq %flag, 0), a, b    =>    brif %flag, b, a
 */
#include "fold_internal.h"

static bool compare_is(const nf_fold *k, nf_value v)
{
    uint8_t shape = nf_ops[nf_fold_at(k, v)->op].shape;
    return shape == NF_SHAPE_ICMP || shape == NF_SHAPE_FCMP;
}

/* The condition that holds for (b, a) when this one holds for (a, b). */
static nf_cond cond_swapped(nf_cond cond)
{
    static const uint8_t swapped[NF_COND_COUNT] = {
        [NF_EQ] = NF_EQ,     [NF_NE] = NF_NE,     [NF_SLT] = NF_SGT,   [NF_SGE] = NF_SLE,
        [NF_SLE] = NF_SGE,   [NF_SGT] = NF_SLT,   [NF_ULT] = NF_UGT,   [NF_UGE] = NF_ULE,
        [NF_ULE] = NF_UGE,   [NF_UGT] = NF_ULT,   [NF_FOEQ] = NF_FOEQ, [NF_FUNE] = NF_FUNE,
        [NF_FOLT] = NF_FOGT, [NF_FUGE] = NF_FULE, [NF_FOLE] = NF_FOGE, [NF_FUGT] = NF_FULT,
        [NF_FOGT] = NF_FOLT, [NF_FULE] = NF_FUGE, [NF_FOGE] = NF_FOLE, [NF_FULT] = NF_FUGT,
        [NF_FONE] = NF_FONE, [NF_FUEQ] = NF_FUEQ, [NF_FORD] = NF_FORD, [NF_FUNO] = NF_FUNO,
    };
    return (nf_cond)swapped[cond];
}

/* All lanes true, or false, of a comparison's type. */
static nf_value truth(nf_fold *k, nf_type type, bool is_true)
{
    return nf_fold_int(k, type, is_true ? NF_TYPE_IS_VECTOR(type) ? -1 : 1 : 0);
}

/* --- icmp --- */

static bool cond_is_signed(nf_cond cond)
{
    return cond >= NF_SLT && cond <= NF_SGT;
}

/* x < 1 unsigned => x == 0, x >= 1 => x != 0; signed: x <= 0, x > 0 */
static nf_value icmp_one(nf_fold *k, const nf_inst *inst, nf_type type)
{
    static const uint8_t with_zero[NF_COND_COUNT] = {
        [NF_ULT] = NF_EQ, [NF_UGE] = NF_NE, [NF_SLT] = NF_SLE, [NF_SGE] = NF_SGT};
    return nf_fold_make_compare(k, NF_OP_ICMP, (nf_cond)with_zero[inst->sub], inst->a,
                                nf_fold_int(k, type, 0));
}

/* Comparisons with the ends of the range, and sle and its like: the normal form. */
static nf_value icmp_range(nf_fold *k, const nf_inst *inst, nf_type type, int64_t c)
{
    nf_cond cond = (nf_cond)inst->sub;
    uint64_t mask = nf_type_mask(type);
    bool is_signed = cond_is_signed(cond);
    int64_t above = (int64_t)((uint64_t)c + 1);
    int64_t max = is_signed ? (int64_t)(mask >> 1) : -1;
    int64_t min = is_signed ? -max - 1 : 0;
    switch (cond) {
    case NF_SLE: /* x <= c => x < c + 1; true when c is the greatest */
    case NF_ULE:
        if (c == 0 && is_signed) return NF_NO_VALUE;
        if (c == max) return truth(k, inst->type, true);
        return nf_fold_make_compare(k, NF_OP_ICMP, is_signed ? NF_SLT : NF_ULT, inst->a,
                                    nf_fold_int(k, type, above));
    case NF_SGT: /* x > c => x >= c + 1; false when c is the greatest */
    case NF_UGT:
        if (c == 0 && is_signed) return NF_NO_VALUE;
        if (c == max) return truth(k, inst->type, false);
        return nf_fold_make_compare(k, NF_OP_ICMP, is_signed ? NF_SGE : NF_UGE, inst->a,
                                    nf_fold_int(k, type, above));
    case NF_SLT: /* x < least => false, x >= least => true */
    case NF_SGE:
    case NF_ULT:
    case NF_UGE:
        if (c == min) return truth(k, inst->type, cond == NF_SGE || cond == NF_UGE);
        return c == 1 ? icmp_one(k, inst, type) : NF_NO_VALUE;
    default: return NF_NO_VALUE;
    }
}

/* Whether known zero bits decide an unsigned comparison or an equality with a constant. */
static nf_value icmp_bits(nf_fold *k, const nf_inst *inst, nf_type type, int64_t c)
{
    uint64_t mask = nf_type_mask(type), zeros = nf_fold_zero_bits(k, inst->a);
    uint64_t number = (uint64_t)c & mask, max = mask & ~zeros;
    switch ((nf_cond)inst->sub) {
    case NF_EQ:
    case NF_NE: /* c has a bit that x cannot have */
        return number & zeros ? truth(k, inst->type, inst->sub == NF_NE) : NF_NO_VALUE;
    case NF_ULT:
    case NF_UGE: /* c is greater than x can be */
        return number > max ? truth(k, inst->type, inst->sub == NF_ULT) : NF_NO_VALUE;
    case NF_SLT:
    case NF_SGE: /* x is not negative: as unsigned when c is not, else decided */
        if (!(zeros & ((mask >> 1) + 1))) return NF_NO_VALUE;
        if (c <= 0) return truth(k, inst->type, inst->sub == NF_SGE);
        return nf_fold_make_compare(k, NF_OP_ICMP, inst->sub == NF_SLT ? NF_ULT : NF_UGE, inst->a,
                                    inst->b);
    case NF_SLE: /* of 0, when x is not negative: x == 0, x != 0 */
    case NF_SGT:
        if (!(zeros & ((mask >> 1) + 1)) || c != 0) return NF_NO_VALUE;
        return nf_fold_make_compare(k, NF_OP_ICMP, inst->sub == NF_SLE ? NF_EQ : NF_NE, inst->a,
                                    inst->b);
    default: return NF_NO_VALUE;
    }
}

/* zext x < c => x < c in the narrow type, when c fits; the same for sext and signed conditions */
static nf_value icmp_narrow(nf_fold *k, const nf_inst *inst, int64_t c)
{
    const nf_inst *extension = nf_fold_at(k, inst->a);
    nf_cond cond = (nf_cond)inst->sub;
    bool is_zext = extension->op == NF_OP_ZEXT;
    if (NF_TYPE_IS_VECTOR(inst->type) || (!is_zext && extension->op != NF_OP_SEXT))
        return NF_NO_VALUE;
    nf_type narrow = nf_type_of(k->f, extension->a);
    bool equality = cond == NF_EQ || cond == NF_NE;
    bool fits = is_zext ? (uint64_t)c <= nf_type_mask(narrow) : nf_type_canonical(narrow, c) == c;
    if (!fits || !(equality || cond_is_signed(cond) != is_zext)) return NF_NO_VALUE;
    nf_value x = extension->a;
    return nf_fold_make_compare(k, NF_OP_ICMP, cond, x, nf_fold_int(k, narrow, c));
}

/* x == 0 and x != 0 where x is made so that something simpler says the same. */
static nf_value icmp_zero(nf_fold *k, const nf_inst *inst)
{
    bool wants_zero = inst->sub == NF_EQ;
    const nf_inst *a = nf_fold_at(k, inst->a);
    int64_t divisor;
    /* truth != 0 => truth */
    if (!wants_zero && nf_fold_is_bool(k, inst->a)) return inst->a;
    /* (x < y) == 0 => x >= y */
    if (wants_zero && !NF_TYPE_IS_VECTOR(inst->type) && compare_is(k, inst->a))
        return nf_fold_make_compare(k, (nf_op)a->op, (nf_cond)(a->sub ^ 1), a->a, a->b);
    /* x - y == 0, x ^ y == 0 => x == y */
    if (a->op == NF_OP_SUB || a->op == NF_OP_XOR)
        return nf_fold_make_compare(k, NF_OP_ICMP, (nf_cond)inst->sub, a->a, a->b);
    /* x % 2^n == 0 => (x & (2^n - 1)) == 0, whatever the sign */
    if (a->op == NF_OP_SREM && nf_fold_constant(k, a->b, &divisor) && divisor > 0 &&
        (divisor & (divisor - 1)) == 0) {
        nf_value bits = nf_fold_make_int(k, NF_OP_AND, a->type, a->a, divisor - 1);
        return nf_fold_make_compare(k, NF_OP_ICMP, (nf_cond)inst->sub, bits, inst->b);
    }
    return NF_NO_VALUE;
}

static nf_value icmp_equality(nf_fold *k, const nf_inst *inst, nf_type type, int64_t c)
{
    int64_t c1;
    if (c == 0) {
        nf_value simpler = icmp_zero(k, inst);
        if (simpler.id) return simpler;
    }
    /* truth == 1 => truth, truth != 1 => truth == 0 */
    if (c == 1 && nf_fold_is_bool(k, inst->a)) {
        if (inst->sub == NF_EQ) return inst->a;
        return nf_fold_make_compare(k, NF_OP_ICMP, NF_EQ, inst->a, nf_fold_int(k, NF_I8, 0));
    }
    const nf_inst *a = nf_fold_at(k, inst->a);
    if (!nf_ops[a->op].commutes || !nf_fold_constant(k, a->b, &c1)) return NF_NO_VALUE;
    /* (x & bit) == bit => (x & bit) != 0 */
    uint64_t bit = (uint64_t)c & nf_type_mask(type);
    if (a->op == NF_OP_AND && c1 == c && c != 0 && (bit & (bit - 1)) == 0)
        return nf_fold_make_compare(k, NF_OP_ICMP, (nf_cond)(inst->sub ^ 1), inst->a,
                                    nf_fold_int(k, type, 0));
    /* a sum that is needed anyway is as good as what it was made of, and counts loops */
    if ((a->op != NF_OP_ADD && a->op != NF_OP_XOR) || !nf_fold_is_single(k, inst->a))
        return NF_NO_VALUE;
    /* x + c1 == c => x == c - c1; x ^ c1 == c => x == (c ^ c1) */
    uint64_t moved = a->op == NF_OP_ADD ? (uint64_t)c - (uint64_t)c1 : (uint64_t)c ^ (uint64_t)c1;
    nf_value x = a->a;
    return nf_fold_make_compare(k, NF_OP_ICMP, (nf_cond)inst->sub, x,
                                nf_fold_int(k, type, (int64_t)moved));
}

static nf_value icmp_constant(nf_fold *k, const nf_inst *inst, int64_t c)
{
    nf_type type = nf_type_of(k->f, inst->b);
    nf_value simpler = icmp_range(k, inst, type, c);
    if (simpler.id == 0 && (inst->sub == NF_EQ || inst->sub == NF_NE))
        simpler = icmp_equality(k, inst, type, c);
    if (simpler.id == 0) simpler = icmp_narrow(k, inst, c);
    return simpler.id ? simpler : icmp_bits(k, inst, type, c);
}

/* zext x < zext y => x < y unsigned, sext x < sext y => x < y signed */
static nf_value icmp_extensions(nf_fold *k, const nf_inst *inst)
{
    const nf_inst *a = nf_fold_at(k, inst->a), *b = nf_fold_at(k, inst->b);
    nf_cond cond = (nf_cond)inst->sub;
    if (a->op != b->op || (a->op != NF_OP_ZEXT && a->op != NF_OP_SEXT) ||
        NF_TYPE_IS_VECTOR(inst->type) || nf_type_of(k->f, a->a) != nf_type_of(k->f, b->a))
        return NF_NO_VALUE;
    if (a->op == NF_OP_ZEXT && cond_is_signed(cond)) cond = (nf_cond)(cond + (NF_ULT - NF_SLT));
    return nf_fold_make_compare(k, NF_OP_ICMP, cond, a->a, b->a);
}
_Static_assert(NF_ULT - NF_SLT == NF_UGE - NF_SGE && NF_ULT - NF_SLT == NF_ULE - NF_SLE &&
                   NF_ULT - NF_SLT == NF_UGT - NF_SGT,
               "signed and unsigned conditions stand in the same order");

nf_value nf_fold_icmp(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_cond cond = (nf_cond)inst->sub;
    /* x == x => true, x < x => false */
    if (inst->a.id == inst->b.id)
        return truth(k, inst->type,
                     cond == NF_EQ || cond == NF_SGE || cond == NF_SLE || cond == NF_UGE ||
                         cond == NF_ULE);
    /* c < x => x > c */
    if (nf_fold_constant(k, inst->a, &c))
        return nf_fold_make_compare(k, NF_OP_ICMP, cond_swapped(cond), inst->b, inst->a);
    if (nf_fold_constant(k, inst->b, &c)) return icmp_constant(k, inst, c);
    return icmp_extensions(k, inst);
}

nf_value nf_fold_fcmp(nf_fold *k, const nf_inst *inst)
{
    uint64_t bits;
    nf_cond cond = (nf_cond)inst->sub;
    /* c < x => x > c */
    if (nf_fold_fconstant(k, inst->a, &bits) && !nf_fold_fconstant(k, inst->b, &bits))
        return nf_fold_make_compare(k, NF_OP_FCMP, cond_swapped(cond), inst->b, inst->a);
    if (inst->a.id != inst->b.id) return NF_NO_VALUE;
    switch (cond) {
    case NF_FOLT: /* x < x, x > x, x <> x => false */
    case NF_FOGT:
    case NF_FONE: return truth(k, inst->type, false);
    case NF_FUEQ: /* their opposites => true */
    case NF_FULE:
    case NF_FUGE: return truth(k, inst->type, true);
    case NF_FOEQ: /* x == x => x is ordered */
    case NF_FOLE:
    case NF_FOGE: return nf_fold_make_compare(k, NF_OP_FCMP, NF_FORD, inst->a, inst->b);
    case NF_FUNE: /* x != x => x is unordered */
    case NF_FULT:
    case NF_FUGT: return nf_fold_make_compare(k, NF_OP_FCMP, NF_FUNO, inst->a, inst->b);
    default: return NF_NO_VALUE;
    }
}

/* --- truth values --- */

/* A value that is 0 exactly when v is not (*inverted) or is not 0 exactly when v is not; none when v
 * is as simple as it gets. */
static nf_value condition_simplify(const nf_fold *k, nf_value v, bool *inverted)
{
    const nf_inst *inst = nf_fold_at(k, v);
    *inverted = false;
    if (inst->type != NF_I8) return NF_NO_VALUE;
    /* x != 0 for x, x == 0 for !x */
    if (inst->op == NF_OP_ICMP && (inst->sub == NF_EQ || inst->sub == NF_NE) &&
        nf_type_of(k->f, inst->a) == NF_I8 && nf_fold_is_constant(k, inst->b, 0)) {
        *inverted = inst->sub == NF_EQ;
        return inst->a;
    }
    /* truth ^ 1 for !truth */
    if (inst->op == NF_OP_XOR && nf_fold_is_constant(k, inst->b, 1) &&
        nf_fold_is_bool(k, inst->a)) {
        *inverted = true;
        return inst->a;
    }
    return NF_NO_VALUE;
}

/* --- select --- */

/* select (x < y), x, y => min x, y and its like. Floating point: fmin x, y is x < y ? x : y. */
static nf_value min_max_find(nf_fold *k, const nf_inst *inst)
{
    static const uint16_t same[NF_COND_COUNT] = {
        [NF_SLT] = NF_OP_SMIN,  [NF_SLE] = NF_OP_SMIN, [NF_SGT] = NF_OP_SMAX, [NF_SGE] = NF_OP_SMAX,
        [NF_ULT] = NF_OP_UMIN,  [NF_ULE] = NF_OP_UMIN, [NF_UGT] = NF_OP_UMAX, [NF_UGE] = NF_OP_UMAX,
        [NF_FOLT] = NF_OP_FMIN, [NF_FOGT] = NF_OP_FMAX};
    const nf_inst *compare = nf_fold_at(k, inst->a);
    nf_cond cond = (nf_cond)compare->sub;
    nf_value a = compare->a, b = compare->b;
    if (!compare_is(k, inst->a) || nf_type_of(k->f, a) != inst->type) return NF_NO_VALUE;
    if (inst->b.id == b.id && inst->c.id == a.id) { /* select c, b, a => select !c, a, b */
        cond = (nf_cond)(cond ^ 1);
    } else if (inst->b.id != a.id || inst->c.id != b.id) {
        return NF_NO_VALUE;
    }
    /* select (x == y), x, y => y; select (x != y), x, y => x */
    if (cond == NF_EQ) return b;
    if (cond == NF_NE) return a;
    /* a > b ? a : b with swapped operands would be another number for NaNs: only as it stands */
    return same[cond] ? nf_fold_make(k, (nf_op)same[cond], inst->type, a, b) : NF_NO_VALUE;
}

/* select of constants 1 and 0 */
static nf_value select_truth(nf_fold *k, const nf_inst *inst)
{
    int64_t yes, no;
    bool scalar = !NF_TYPE_IS_VECTOR(inst->type);
    if (!scalar || !nf_fold_constant(k, inst->b, &yes) || !nf_fold_constant(k, inst->c, &no) ||
        !nf_fold_is_bool(k, inst->a))
        return NF_NO_VALUE;
    nf_value condition = inst->a;
    /* select t, 0, 1 => t == 0 */
    if (yes == 0 && no == 1)
        condition = nf_fold_make_compare(k, NF_OP_ICMP, NF_EQ, inst->a, nf_fold_int(k, NF_I8, 0));
    else if (yes != 1 || no != 0)
        return NF_NO_VALUE;
    /* select t, 1, 0 => zext t */
    if (inst->type == NF_I8) return condition;
    return nf_fold_make(k, NF_OP_ZEXT, inst->type, condition, NF_NO_VALUE);
}

nf_value nf_fold_select(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    bool inverted;
    /* select c, x, x => x */
    if (inst->b.id == inst->c.id) return inst->b;
    /* a constant chooses: of a vector's lanes the top bit, of an i8 anything but 0 */
    if (nf_fold_constant(k, inst->a, &c)) {
        bool yes = NF_TYPE_IS_VECTOR(nf_type_of(k->f, inst->a)) ? c < 0 : c != 0;
        return yes ? inst->b : inst->c;
    }
    nf_value simpler = condition_simplify(k, inst->a, &inverted);
    if (simpler.id)
        return inverted ? nf_fold_make_select(k, simpler, inst->c, inst->b)
                        : nf_fold_make_select(k, simpler, inst->b, inst->c);
    simpler = min_max_find(k, inst);
    if (simpler.id) return simpler;
    return select_truth(k, inst);
}

/* --- branches --- */

static void edges_swap(nf_fold *k, nf_value terminator)
{
    nf_edge *yes = nf_edge_at(k->f, terminator, 0), *no = nf_edge_at(k->f, terminator, 1);
    nf_edge edge = *yes;
    *yes = *no;
    *no = edge;
}

bool nf_fold_branch(nf_fold *k, nf_value terminator)
{
    bool inverted;
    const nf_inst *inst = nf_fold_at(k, terminator);
    if (inst->op != NF_OP_BRIF) return false;
    nf_value simpler = condition_simplify(k, inst->a, &inverted);
    if (simpler.id == 0) return false;
    nf_inst_at(k->f, terminator)->a = simpler;
    if (inverted) {
        edges_swap(k, terminator);
        nf_flow_drop(k->opt);
    }
    return true;
}
