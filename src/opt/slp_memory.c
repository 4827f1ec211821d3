/*
 * Which accesses are neighbours, and which can be made one; see slp_internal.h.
 *
 * Addresses are compared as sums, whatever of it stands in the addressing mode: of accesses through
 *
 *     [%p + %i*4]    and    %s = shl.i64 %i, 2    %q = add.i64 %p, %s    [%q + 4]
 *
 * the second is four bytes behind the first.
 *
 * Loads move down to the last of their pack, stores to the last of theirs, which stands behind all
 * loads of the tree in its block. Neither may pass an access that it may meet, and stores no trap, which
 * would show what is stored. The alias analysis says what may meet, and sums say it where both are of
 * the same values.
 */
#include "slp_internal.h"

enum {
    SUM_DEPTH_MAX = 8,
    SPAN_MAX = 1024, /* instructions that an access may move over */
};

/* --- sums --- */

static void term_add(nf_spot *spot, uint32_t value, uint64_t factor)
{
    uint32_t at = spot->count;
    for (uint32_t i = 0; i < spot->count; i++)
        if (spot->values[i] == value) {
            spot->factors[i] += factor;
            return;
        }
    if (at == NF_SPOT_TERMS_MAX) {
        spot->vague = true;
        return;
    }
    for (; at > 0 && spot->values[at - 1] > value; at--) {
        spot->values[at] = spot->values[at - 1];
        spot->factors[at] = spot->factors[at - 1];
    }
    spot->values[at] = value;
    spot->factors[at] = factor;
    spot->count++;
}

static bool is_start(const nf_spot *spot, const nf_inst *inst, uint64_t factor)
{
    return (inst->op == NF_OP_LOCAL || inst->op == NF_OP_SYMBOL) && factor == 1 && !spot->thing;
}

static void sum_add(const nf_func *f, nf_spot *spot, nf_value v, uint64_t factor, unsigned depth)
{
    const nf_inst *inst = nf_inst_at(f, v);
    bool by_constant =
        (inst->op == NF_OP_SHL || inst->op == NF_OP_MUL) && nf_is_op(f, inst->b, NF_OP_ICONST);
    if (inst->op == NF_OP_ICONST) {
        spot->offset = (int64_t)((uint64_t)spot->offset + factor * (uint64_t)inst->imm);
    } else if (is_start(spot, inst, factor)) {
        spot->thing = inst->extra;
        spot->thing_op = inst->op;
        spot->offset = (int64_t)((uint64_t)spot->offset + (uint64_t)inst->imm);
    } else if (inst->op == NF_OP_ADD && depth > 0) {
        sum_add(f, spot, inst->a, factor, depth - 1);
        sum_add(f, spot, inst->b, factor, depth - 1);
    } else if (by_constant && depth > 0) {
        uint64_t by = (uint64_t)nf_inst_at(f, inst->b)->imm;
        sum_add(f, spot, inst->a, inst->op == NF_OP_MUL ? factor * by : factor << (by & 63),
                depth - 1);
    } else {
        term_add(spot, v.id, factor);
    }
}

nf_spot nf_spot_of(const nf_func *f, const nf_inst *access)
{
    nf_spot spot = {.offset = access->imm};
    sum_add(f, &spot, access->a, 1, SUM_DEPTH_MAX);
    if (access->b.id) sum_add(f, &spot, access->b, UINT64_C(1) << access->sub, SUM_DEPTH_MAX);
    return spot;
}

bool nf_spots_alike(const nf_spot *a, const nf_spot *b)
{
    if (a->vague || b->vague || a->count != b->count) return false;
    if (a->thing != b->thing || a->thing_op != b->thing_op) return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->values[i] != b->values[i] || a->factors[i] != b->factors[i]) return false;
    return true;
}

/* Of an access that the pass has found, kept. */
static const nf_spot *spot_at(const nf_slp *slp, nf_value v)
{
    static const nf_spot vague = {.vague = true};
    if (slp->spots[v.id]) return slp->spots[v.id];
    nf_spot *spot = NF_NEW(slp->opt->scratch, nf_spot);
    if (spot == NULL) return &vague;
    *spot = nf_spot_of(slp->f, nf_inst_at(slp->f, v));
    return slp->spots[v.id] = spot;
}

/* --- neighbours --- */

int64_t nf_access_distance(const nf_slp *slp, nf_value from, nf_value to)
{
    const nf_spot *a = spot_at(slp, from), *b = spot_at(slp, to);
    int64_t bytes = nf_type_bytes(nf_type_of(slp->f, from));
    if (!nf_spots_alike(a, b)) return INT64_MIN;
    int64_t apart = (int64_t)((uint64_t)b->offset - (uint64_t)a->offset);
    return apart % bytes ? INT64_MIN : apart / bytes;
}

bool nf_lanes_are_neighbours(const nf_slp *slp, nf_lane_list l, int64_t step)
{
    for (uint32_t i = 1; i < l.count; i++)
        if (nf_access_distance(slp, l.values[i - 1], l.values[i]) != step) return false;
    return true;
}

bool nf_lane_is_in(const nf_value *list, uint32_t count, nf_value v)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i].id == v.id) return true;
    return false;
}

nf_value nf_lane_last(const nf_slp *slp, nf_lane_list l)
{
    nf_value last = l.values[0];
    for (uint32_t i = 1; i < l.count; i++)
        if (slp->order[l.values[i].id] > slp->order[last.id]) last = l.values[i];
    return last;
}

static nf_value lane_first(const nf_slp *slp, nf_lane_list l)
{
    nf_value first = l.values[0];
    for (uint32_t i = 1; i < l.count; i++)
        if (slp->order[l.values[i].id] < slp->order[first.id]) first = l.values[i];
    return first;
}

/* --- moving --- */

/* Accesses that were left behind on the way down to the last one. */
typedef struct moving {
    const nf_slp *slp;
    bool stores;
    nf_place places[NF_PACK_LANES_MAX];
    const nf_spot *spots[NF_PACK_LANES_MAX];
    uint32_t count;
} moving;

static bool spots_apart(const nf_spot *a, uint32_t a_bytes, const nf_spot *b, uint32_t b_bytes)
{
    uint64_t distance = (uint64_t)b->offset - (uint64_t)a->offset;
    return nf_spots_alike(a, b) && distance >= a_bytes && -distance >= b_bytes;
}

static bool all_apart(const moving *m, const nf_inst *access)
{
    const nf_slp *slp = m->slp;
    nf_place place = nf_place_of(&slp->alias, access);
    const nf_spot spot = nf_spot_of(slp->f, access);
    for (uint32_t i = 0; i < m->count; i++)
        if (nf_places_meet(&slp->alias, &m->places[i], &place) != NF_APART &&
            !spots_apart(m->spots[i], m->places[i].bytes, &spot, place.bytes))
            return false;
    return true;
}

static bool may_trap(const nf_func *f, const nf_inst *inst)
{
    return nf_ops[inst->op].effects & NF_EFFECT_TRAP && !nf_division_is_safe(f, inst);
}

/* Whether what was left behind may go behind the instruction too. The tree's stores go further down
 * than its loads. */
static bool lets_pass(const moving *m, nf_value v)
{
    const nf_slp *slp = m->slp;
    const nf_inst *inst = nf_inst_at(slp->f, v);
    if (m->stores && may_trap(slp->f, inst)) return false;
    switch (nf_memory_use_of(slp->f, inst)) {
    case NF_MEMORY_NONE: return true;
    case NF_MEMORY_LOAD: return !m->stores || all_apart(m, inst);
    case NF_MEMORY_STORE:
        return nf_lane_is_in(slp->packs[0].lanes, slp->packs[0].lane_count, v) ||
               all_apart(m, inst);
    case NF_MEMORY_READ: return !m->stores;
    default: return false;
    }
}

bool nf_lanes_can_join(const nf_slp *slp, nf_lane_list l)
{
    const nf_func *f = slp->f;
    nf_value last = nf_lane_last(slp, l);
    moving m = {.slp = slp, .stores = nf_is_op(f, last, NF_OP_STORE)};
    uint32_t span = 0;
    for (nf_value v = lane_first(slp, l); v.id != last.id; v = nf_inst_at(f, v)->next) {
        if (span++ == SPAN_MAX) return false;
        if (nf_lane_is_in(l.values, l.count, v)) {
            m.places[m.count] = nf_place_of(&slp->alias, nf_inst_at(f, v));
            m.spots[m.count++] = spot_at(slp, v);
        } else if (!lets_pass(&m, v)) {
            return false;
        }
    }
    return true;
}
