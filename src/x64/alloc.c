/*
 * Register allocation by linear scan, on intervals with holes that can be split.
 *
 * The scan goes through the positions of the function once. Each interval, when it starts, gets a
 * register that is free for as long as it lives; or one that is free for a while, and is split
 * there; or, when none is free, either it or the interval whose next use is farthest away goes to
 * memory, up to its own next use that needs a register. (Poletto, Sarkar 1999; Wimmer, Mössenböck,
 * "Optimized Interval Splitting in a Linear Scan Register Allocator", 2005; Wimmer, Franz 2010.)
 *
 *   unhandled ──► active (holds a register now) ◄──► inactive (in a hole of its life) ──► done
 *
 * Where a value changes its place is chosen so that it happens outside of loops when that is
 * possible: a value that a loop does not use goes to memory in front of it, and comes back behind
 * it.
 *
 * Constants, addresses and stack arguments ("remat") start out in no register at all; each part of
 * their life that needs one makes the value again.
 *
 * In SSA form an interval that starts in the hole of another never meets it (its definition would
 * have to dominate the other's), so inactive intervals matter to split-off parts only.
 *
 * Invariants: parts of one value do not overlap; two intervals with the same register do not
 * overlap; an interval in memory has no use that needs a register.
 */
#include "alloc_internal.h"
#include "base/assert.h"
#include "ir/cfg.h"
#include "os/cpu.h"

enum { VECTORS_LOW = 16, VECTORS_ALL = 32, HINT_STEPS_MAX = 3 };

static const uint8_t gprs[] = {NF_RAX, NF_RCX, NF_RDX, NF_RSI, NF_RDI, NF_R8,  NF_R9,
                               NF_R10, NF_R11, NF_RBX, NF_R14, NF_R15, NF_R12, NF_R13};
static const uint8_t masks[] = {NF_K0 + 1, NF_K0 + 2, NF_K0 + 3, NF_K0 + 4,
                                NF_K0 + 5, NF_K0 + 6, NF_K0 + 7};
static const uint8_t vectors[VECTORS_ALL] = {16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                             27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
                                             38, 39, 40, 41, 42, 43, 44, 45, 46, 47};

#define GPR_MASK     (UINT64_C(0xffff) & ~(NF_REG_BIT(NF_RSP) | NF_REG_BIT(NF_RBP)))
#define MASK_MASK    (UINT64_C(0x7f) << (NF_K0 + 1))
#define VECTORS_MASK (UINT64_C(0xffffffff) << NF_XMM0)
#define LOW_MASK     (UINT64_C(0xffff) << NF_XMM0)

typedef struct candidates {
    const uint8_t *regs; /* in a row, but for general ones */
    uint32_t count;
    uint64_t mask; /* the same as a set */
} candidates;

static candidates candidates_of(const nf_scan *s, const nf_vreg_data *data)
{
    if (data->class_ == NF_CLASS_GPR) return (candidates){gprs, sizeof gprs, GPR_MASK};
    if (data->class_ == NF_CLASS_MASK) return (candidates){masks, sizeof masks, MASK_MASK};
    bool all = (s->lir->features & NF_CPU_AVX512VL) && !data->low;
    return all ? (candidates){vectors, VECTORS_ALL, VECTORS_MASK}
               : (candidates){vectors, VECTORS_LOW, LOW_MASK};
}

static nf_vreg_data *data_of(const nf_scan *s, const nf_interval *it)
{
    return &s->lir->vregs.data[it->vreg];
}

/* --- the queue of parts that were split off --- */

static bool starts_before(const nf_scan *s, uint32_t a, uint32_t b)
{
    return nf_interval_at(s, a)->start < nf_interval_at(s, b)->start;
}

static void heap_push(nf_scan *s, uint32_t id)
{
    if (!NF_VEC_PUSH(s->arena, &s->heap, id)) return;
    uint32_t *heap = s->heap.data, i = s->heap.count - 1;
    while (i > 0 && starts_before(s, heap[i], heap[(i - 1) / 2])) {
        uint32_t swap = heap[i];
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
        heap[i] = swap;
    }
}

static uint32_t heap_pop(nf_scan *s)
{
    uint32_t *heap = s->heap.data, top = heap[0], i = 0, count = --s->heap.count;
    heap[0] = heap[count];
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= count) return top;
        if (child + 1 < count && starts_before(s, heap[child + 1], heap[child])) child++;
        if (!starts_before(s, heap[child], heap[i])) return top;
        uint32_t swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
        i = child;
    }
}

/* --- memory --- */

/* Whether a position is in a loop that starts behind `from`: a register can be loaded in front. */
static bool in_later_loop(const nf_scan *s, uint32_t from, uint32_t position)
{
    uint32_t loop = s->lir->blocks[nf_block_at_position(s, position)].loop;
    return loop != NF_NO_LOOP && nf_block_start(s, s->lir->loops.data[loop].first) > from;
}

/* The first use from `from` on that needs a register, or in a later loop would like one. */
static uint32_t next_need(const nf_scan *s, const nf_interval *it, uint32_t from)
{
    for (uint32_t u = it->use_cursor; u != 0; u = nf_use_at(s, u)->next) {
        const nf_use *use = nf_use_at(s, u);
        if (use->position < from || use->kind == NF_USE_ANY) continue;
        if (use->kind == NF_USE_MUST || in_later_loop(s, from, use->position)) return use->position;
    }
    return UINT32_MAX;
}

/* The interval lives in memory, until a register is needed: that part goes back to the queue. */
static void spill(nf_scan *s, uint32_t id)
{
    nf_interval *it = nf_interval_at(s, id);
    it->reg = NF_REG_NONE;
    if (data_of(s, it)->remat == NF_REMAT_NONE) s->alloc->slot_of[it->vreg] = 1;
    uint32_t from = it->start > s->position ? it->start : s->position;
    uint32_t need = next_need(s, it, from);
    if (need == UINT32_MAX) return;
    uint32_t min = from == it->start ? from + 1 : from;
    uint32_t part = nf_interval_split(s, id, nf_scan_best_split(s, min, need & ~1u));
    if (part != 0) heap_push(s, part);
}

/* The last use in front of a position, or the interval's start. */
static uint32_t last_use_before(const nf_scan *s, const nf_interval *it, uint32_t position)
{
    uint32_t last = it->last_use;
    for (uint32_t u = it->use_cursor; u != 0; u = nf_use_at(s, u)->next) {
        const nf_use *use = nf_use_at(s, u);
        if (use->position >= position) break;
        last = use->position;
    }
    return last;
}

/* Takes the register away from where the scan is on. */
static void evict(nf_scan *s, uint32_t id)
{
    nf_interval *it = nf_interval_at(s, id);
    nf_interval_advance(s, it);
    uint32_t at = nf_scan_best_split(s, last_use_before(s, it, s->position) + 1, s->position);
    if (at <= it->start) {
        spill(s, id);
        return;
    }
    uint32_t part = nf_interval_split(s, id, at);
    if (part != 0) spill(s, part);
}

/* --- active and inactive --- */

static void activate(nf_scan *s, uint32_t id)
{
    const nf_interval *it = nf_interval_at(s, id);
    NF_ASSERT(s->active[it->reg] == 0);
    s->active[it->reg] = id;
    uint32_t to = nf_range_at(s, it->range_cursor)->to;
    s->active_to[it->reg] = to;
    if (to < s->active_next) s->active_next = to;
    s->active_mask |= NF_REG_BIT(it->reg);
}

static void deactivate(nf_scan *s, uint32_t reg)
{
    s->active[reg] = 0;
    s->active_mask &= ~NF_REG_BIT(reg);
}

static void advance_active(nf_scan *s)
{
    uint32_t next = UINT32_MAX;
    if (s->active_next > s->position) return;
    s->active_next = UINT32_MAX;
    for (uint64_t left = s->active_mask; left != 0; left &= left - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(left);
        uint32_t to = s->active_to[reg];
        if (to > s->position) {
            next = to < next ? to : next;
            continue;
        }
        uint32_t id = s->active[reg];
        nf_interval *it = nf_interval_at(s, id);
        nf_interval_advance(s, it);
        deactivate(s, reg);
        if (it->range_cursor == 0) continue;
        if (nf_range_at(s, it->range_cursor)->from <= s->position)
            activate(s, id);
        else
            NF_VEC_PUSH(s->arena, &s->inactive, id);
    }
    if (next < s->active_next) s->active_next = next;
}

static void advance_inactive(nf_scan *s)
{
    for (uint32_t i = 0; i < s->inactive.count;) {
        uint32_t id = s->inactive.data[i];
        nf_interval *it = nf_interval_at(s, id);
        if (nf_range_at(s, it->range_cursor)->from > s->position) {
            i++;
            continue;
        }
        nf_interval_advance(s, it);
        bool over = it->range_cursor == 0;
        if (!over && nf_range_at(s, it->range_cursor)->from > s->position) {
            i++;
            continue;
        }
        s->inactive.data[i] = s->inactive.data[--s->inactive.count];
        if (!over) activate(s, id);
    }
}

static void advance(nf_scan *s, uint32_t position)
{
    s->position = position;
    advance_active(s);
    advance_inactive(s);
    while (s->call_cursor < s->calls.count && s->calls.data[s->call_cursor] < position)
        s->call_cursor++;
}

/* --- choosing --- */

/* By register: up to where it is free for the current interval. */
typedef struct horizon {
    uint32_t until[NF_FIXED_COUNT];
} horizon;

static uint32_t until_fixed(nf_scan *s, const nf_interval *it, uint32_t reg)
{
    nf_fixed *fixed = &s->fixed[reg];
    while (fixed->cursor < fixed->ranges.count &&
           fixed->ranges.data[fixed->cursor].to <= s->position)
        fixed->cursor++;
    if (fixed->cursor == fixed->ranges.count) s->fixed_mask &= ~NF_REG_BIT(reg);
    return nf_interval_meets_fixed(s, it, fixed);
}

static bool survives_calls(uint32_t reg)
{
    return (NF_ABI_CALLEE_SAVED & NF_REG_BIT(reg)) != 0;
}

/* What calls leave. */
static void horizon_calls(const nf_scan *s, const nf_interval *it, candidates c, horizon *h)
{
    uint32_t call = nf_interval_meets_call(s, it), first = c.regs[0];
    if (c.mask == GPR_MASK)
        for (uint32_t reg = 0; reg < NF_XMM0; reg++)
            h->until[reg] = survives_calls(reg) ? UINT32_MAX : call;
    else
        for (uint32_t i = 0; i < c.count; i++) h->until[first + i] = call;
}

/* What calls and physical registers' own uses leave of the candidates in the mask; of the others,
 * what calls leave. */
static void horizon_fixed(nf_scan *s, const nf_interval *it, candidates c, uint64_t mask,
                          horizon *h)
{
    horizon_calls(s, it, c, h);
    for (uint64_t left = c.mask & mask & s->fixed_mask; left != 0; left &= left - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(left), until = until_fixed(s, it, reg);
        if (until < h->until[reg]) h->until[reg] = until;
    }
}

static void horizon_free(nf_scan *s, const nf_interval *it, candidates c, horizon *h)
{
    horizon_fixed(s, it, c, ~s->active_mask, h);
    for (uint64_t left = c.mask & s->active_mask; left != 0; left &= left - 1)
        h->until[__builtin_ctzll(left)] = 0;
    if (!it->split) return;
    for (uint32_t i = 0; i < s->inactive.count; i++) {
        const nf_interval *other = nf_interval_at(s, s->inactive.data[i]);
        uint32_t *until = &h->until[other->reg];
        if (data_of(s, other)->class_ != data_of(s, it)->class_ || *until == 0) continue;
        uint32_t meets = nf_interval_meets(s, it, other);
        if (meets < *until) *until = meets;
    }
}

static bool is_in(uint64_t set, uint32_t reg)
{
    return reg != NF_REG_NONE && (set >> reg & 1);
}

/* The registers that are free for as long as the interval lives. */
static uint64_t free_throughout(nf_scan *s, const nf_interval *it, candidates c)
{
    uint64_t free = c.mask & ~s->active_mask;
    if (nf_interval_meets_call(s, it) < it->end) free &= NF_ABI_CALLEE_SAVED;
    for (uint64_t left = free & s->fixed_mask; left != 0; left &= left - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(left);
        if (until_fixed(s, it, reg) < it->end) free &= ~NF_REG_BIT(reg);
    }
    for (uint32_t i = 0; it->split && i < s->inactive.count; i++) {
        const nf_interval *other = nf_interval_at(s, s->inactive.data[i]);
        if (is_in(free, other->reg) && nf_interval_meets(s, it, other) < it->end)
            free &= ~NF_REG_BIT(other->reg);
    }
    return free;
}

/* Of a set of registers the one that the interval will be wanted in at the loop's end; else follows
 * the hints from the interval's vreg to one whose register is in the set. */
static uint32_t hinted(const nf_scan *s, const nf_interval *it, uint64_t set)
{
    const nf_vreg_data *data = data_of(s, it);
    uint32_t own = s->latest[it->vreg];
    if (is_in(set, own)) return own;
    uint32_t goal = data->next.id ? s->latest[data->next.id] : NF_REG_NONE;
    if (is_in(set, goal)) return goal;
    nf_vreg v = data->hint;
    for (unsigned step = 0; step < HINT_STEPS_MAX && v.id != 0; step++) {
        uint32_t reg = nf_vreg_is_fixed(v) ? (uint32_t)nf_vreg_reg(v) : s->latest[v.id];
        if (is_in(set, reg)) return reg;
        if (nf_vreg_is_fixed(v)) break;
        v = nf_vreg_at(s->lir, v)->hint;
    }
    return NF_REG_NONE;
}

/* Whether taking this register means to save and restore it in the prologue for the first time. */
static bool is_new_saved(const nf_scan *s, uint32_t reg)
{
    return survives_calls(reg) && !(s->alloc->saved_mask & NF_REG_BIT(reg));
}

/* The register that is free longest. */
static uint32_t longest_free(candidates c, const horizon *h)
{
    uint32_t best = NF_REG_NONE, until = 0;
    for (uint32_t i = 0; i < c.count; i++) {
        uint32_t reg = c.regs[i], free = h->until[reg];
        if (free > until) {
            best = reg;
            until = free;
        }
    }
    return best;
}

static bool starts_cold(const nf_scan *s, const nf_interval *it)
{
    return s->lir->blocks[nf_block_at_position(s, it->start)].cold;
}

/* A register that only calls on the way to a trap disturb, rather than one to save first. */
static uint32_t until_fatal(const nf_scan *s, const nf_interval *it, candidates c, const horizon *h)
{
    for (uint32_t i = 0; i < c.count; i++) {
        uint32_t reg = c.regs[i], free = h->until[reg];
        if (free == 0 || free >= it->end || survives_calls(reg)) continue;
        if (s->lir->blocks[nf_block_at_position(s, free)].fatal) return reg;
    }
    return NF_REG_NONE;
}

/* --- taking a register --- */

/* Gives `reg` up to `until`; what is left goes back to the queue, or to memory when the register is
 * lost while an instruction is at work. */
static void take(nf_scan *s, uint32_t id, uint32_t reg, uint32_t until)
{
    nf_interval *it = nf_interval_at(s, id);
    it->reg = (uint8_t)reg;
    s->latest[it->vreg] = (uint8_t)reg;
    if (survives_calls(reg)) s->alloc->saved_mask |= NF_REG_BIT(reg);
    if (until < it->end) {
        uint32_t last = last_use_before(s, it, until);
        uint32_t even = until & ~1u;
        bool lost = last >= even || even <= it->start;
        uint32_t at = lost ? until : nf_scan_best_split(s, last + 1, even);
        uint32_t part = nf_interval_split(s, id, at);
        if (part != 0 && (at & 1))
            spill(s, part);
        else if (part != 0)
            heap_push(s, part);
    }
    activate(s, id);
}

/* Whether a register that is free so long is of use: it reaches the first use. */
static bool reaches_use(const nf_scan *s, const nf_interval *it, uint32_t until)
{
    uint32_t first = nf_interval_next_use(s, it, it->start, NF_USE_ANY);
    return until > it->start && until > first;
}

/* The first of a set that is in use already, or need not be saved. */
static uint32_t first_of(const nf_scan *s, candidates c, uint64_t set)
{
    set &= ~(NF_ABI_CALLEE_SAVED & ~s->alloc->saved_mask);
    if (set == 0) return NF_REG_NONE;
    if (c.mask != GPR_MASK) return (uint32_t)__builtin_ctzll(set);
    uint32_t i = 0;
    while (!is_in(set, c.regs[i])) i++;
    return c.regs[i];
}

/* Takes a register that is free for as long as the interval lives, and none that would have to be
 * saved first: so it is for most, and asks little. */
static bool take_whole(nf_scan *s, uint32_t id, candidates c, uint64_t whole, uint32_t hint)
{
    uint32_t reg = hint;
    if (reg == NF_REG_NONE || is_new_saved(s, reg)) reg = first_of(s, c, whole);
    if (reg == NF_REG_NONE) return false;
    take(s, id, reg, UINT32_MAX);
    return true;
}

static bool take_free(nf_scan *s, uint32_t id)
{
    const nf_interval *it = nf_interval_at(s, id);
    candidates c = candidates_of(s, data_of(s, it));
    uint64_t whole = free_throughout(s, it, c);
    uint32_t reg = hinted(s, it, whole);
    if (take_whole(s, id, c, whole, reg)) return true;
    horizon h;
    horizon_free(s, it, c, &h);
    if (reg == NF_REG_NONE) reg = longest_free(c, &h);
    if (reg == NF_REG_NONE) return false;
    if (is_new_saved(s, reg)) {
        uint32_t other = until_fatal(s, it, c, &h);
        if (other != NF_REG_NONE && reaches_use(s, it, h.until[other]))
            reg = other;
        else if (starts_cold(s, it))
            return false;
    }
    if (h.until[reg] < it->end && !reaches_use(s, it, h.until[reg])) return false;
    take(s, id, reg, h.until[reg]);
    return true;
}

/* By register: the next use of what is in it (0: it cannot be taken away). */
static void next_uses(nf_scan *s, const nf_interval *it, candidates c, horizon *uses)
{
    for (uint32_t i = 0; i < c.count; i++) {
        uint32_t reg = c.regs[i], id = s->active[reg];
        uses->until[reg] = UINT32_MAX;
        if (id == 0) continue;
        nf_interval *other = nf_interval_at(s, id);
        nf_interval_advance(s, other);
        uint32_t must = nf_interval_next_use(s, other, it->start, NF_USE_MUST);
        uint32_t any = nf_interval_next_use(s, other, it->start, NF_USE_ANY);
        uses->until[reg] = must <= (it->start | 1) ? 0 : any;
    }
    for (uint32_t i = 0; i < s->inactive.count; i++) {
        nf_interval *other = nf_interval_at(s, s->inactive.data[i]);
        if (data_of(s, other)->class_ != data_of(s, it)->class_) continue;
        uint32_t any = nf_interval_next_use(s, other, it->start, NF_USE_ANY);
        if (any >= uses->until[other->reg] || nf_interval_meets(s, it, other) == UINT32_MAX)
            continue;
        uses->until[other->reg] = any;
    }
}

/* Whoever has the register loses it: at once, or, being in a hole, before it comes back. */
static void clear_register(nf_scan *s, uint32_t id, uint32_t reg)
{
    uint32_t holder = s->active[reg];
    if (holder != 0) {
        deactivate(s, reg);
        evict(s, holder);
    }
    for (uint32_t i = 0; i < s->inactive.count;) {
        uint32_t other = s->inactive.data[i];
        const nf_interval *it = nf_interval_at(s, other);
        if (it->reg != reg || nf_interval_meets(s, nf_interval_at(s, id), it) == UINT32_MAX) {
            i++;
            continue;
        }
        s->inactive.data[i] = s->inactive.data[--s->inactive.count];
        uint32_t part = nf_interval_split(s, other, nf_range_at(s, it->range_cursor)->from);
        if (part != 0) heap_push(s, part);
    }
}

/* No register is free: the value whose next use is farthest goes to memory. */
static void take_from_other(nf_scan *s, uint32_t id)
{
    const nf_interval *it = nf_interval_at(s, id);
    candidates c = candidates_of(s, data_of(s, it));
    horizon uses, fixed;
    next_uses(s, it, c, &uses);
    horizon_fixed(s, it, c, UINT64_MAX, &fixed);
    uint32_t best = NF_REG_NONE, farthest = 0;
    uint32_t first = nf_interval_next_use(s, it, it->start, NF_USE_ANY);
    uint32_t must = nf_interval_next_use(s, it, it->start, NF_USE_MUST);
    bool needed_now = (must & ~1u) <= it->start, cold = starts_cold(s, it);
    for (uint32_t i = 0; i < c.count; i++) {
        uint32_t reg = c.regs[i];
        if (uses.until[reg] <= farthest || !reaches_use(s, it, fixed.until[reg])) continue;
        if (cold && !needed_now && is_new_saved(s, reg)) continue;
        best = reg;
        farthest = uses.until[reg];
    }
    if (!needed_now && (best == NF_REG_NONE || farthest <= first || first == UINT32_MAX)) {
        spill(s, id);
        return;
    }
    NF_ASSERT(best != NF_REG_NONE);
    if (best == NF_REG_NONE) {
        s->stuck = true;
        return;
    }
    clear_register(s, id, best);
    take(s, id, best, fixed.until[best]);
}

static void allocate(nf_scan *s, uint32_t id)
{
    const nf_interval *it = nf_interval_at(s, id);
    advance(s, it->start);
    bool made_again = !it->split && data_of(s, it)->remat != NF_REMAT_NONE;
    if (made_again)
        spill(s, id);
    else if (!take_free(s, id))
        take_from_other(s, id);
}

/* --- the order --- */

/* First parts by start: a counting sort. */
static uint32_t *sort_by_start(nf_scan *s, uint32_t *count)
{
    uint32_t positions = 2 * s->lir->insts.count + 2, vregs = s->lir->vregs.count;
    uint32_t *at = NF_NEW_ARRAY(s->arena, uint32_t, positions + 1);
    uint32_t *order = NF_NEW_ARRAY(s->arena, uint32_t, vregs);
    if (s->arena->failed) return NULL;
    *count = 0;
    for (uint32_t v = NF_VREG_FIRST; v < vregs; v++) {
        if (nf_interval_at(s, v)->ranges == 0) continue;
        at[nf_interval_at(s, v)->start + 1]++;
        ++*count;
    }
    for (uint32_t p = 1; p <= positions; p++) at[p] += at[p - 1];
    for (uint32_t v = NF_VREG_FIRST; v < vregs; v++)
        if (nf_interval_at(s, v)->ranges != 0) order[at[nf_interval_at(s, v)->start]++] = v;
    return order;
}

static bool scan_all(nf_scan *s)
{
    uint32_t count, *order = sort_by_start(s, &count);
    if (order == NULL) return false;
    for (uint32_t i = 0; i < count || s->heap.count > 0;) {
        if (s->arena->failed || s->stuck) return false;
        bool part =
            s->heap.count > 0 && (i >= count || starts_before(s, s->heap.data[0], order[i]));
        allocate(s, part ? heap_pop(s) : order[i++]);
    }
    return !s->arena->failed && !s->stuck;
}

nf_status nf_alloc_run(nf_lir *lir, nf_arena *arena, nf_alloc *alloc, nf_error *error)
{
    nf_scan *s = NF_NEW(arena, nf_scan);
    *alloc = (nf_alloc){0};
    alloc->slot_of = NF_NEW_ARRAY(arena, uint32_t, lir->vregs.count);
    uint8_t *latest = NF_NEW_ARRAY(arena, uint8_t, lir->vregs.count);
    if (arena->failed) return nf_fail(error, NF_MEMORY, "no memory for register allocation");
    *s = (nf_scan){.lir = lir, .arena = arena, .alloc = alloc, .latest = latest};
    __builtin_memset(latest, NF_REG_NONE, lir->vregs.count);
    bool ok = nf_scan_live(s) && nf_scan_build(s) && scan_all(s) && nf_scan_resolve(s);
    if (ok) return NF_OK;
    if (s->stuck) return nf_fail(error, NF_LIMIT, "an instruction needs too many registers");
    return nf_fail(error, NF_MEMORY, "no memory for register allocation");
}
