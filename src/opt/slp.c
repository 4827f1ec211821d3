/*
 * Straight-line code by vectors: stores of neighbours, and what they store (superword-level
 * parallelism).
 *
 *   requires  ROTATED, LOOP_CLOSED: accumulators of a loop leave it by parameters of its exit
 *   preserves the control flow and the facts
 *   breaks    nothing
 *
 *     c[0] = a[0] + x; c[1] = a[1] + x; c[2] = a[2] + x; c[3] = a[3] + x;
 *  =>
 *     %v = load.f32x4 [%a]    %w = fadd.f32x4 %v, splat %x    store.f32x4 %w, [%c]
 *
 * Runs of neighbouring stores of a block are cut into the largest vectors that the variant has, and
 * down from there as long as no tree pays (slp_tree.c, slp_cost.c). Which lane does what is decided
 * by the addresses of the stores alone. Every lane computes what its scalar did, in the same order, so
 * the result is the same bit for bit.
 *
 * Larsen and Amarasinghe, "Exploiting Superword Level Parallelism with Multimedia Instruction Sets",
 * 2000. The bottom-up trees are those of Rosen, Nuzman and Zaks, "Loop-Aware SLP in GCC", 2007.
 */
#include "slp_internal.h"

enum {
    STORES_MAX = 256,  /* of a block; the rest is not looked at */
    FAILURES_MAX = 64, /* of a block; then it is left alone */
    VECTOR_BYTES_MIN = 8,
};

/* A store that may be one of neighbours. */
typedef struct seed {
    nf_value store;
    nf_spot spot;
    uint32_t segment; /* of the block: no barrier within */
} seed;

typedef struct seeds {
    seed data[STORES_MAX];
    uint32_t count;
} seeds;

/* --- finding --- */

static bool is_seed(const nf_func *f, const nf_inst *inst)
{
    return inst->op == NF_OP_STORE && !NF_TYPE_IS_VECTOR(inst->type) &&
           nf_memory_use_of(f, inst) == NF_MEMORY_STORE;
}

static void seeds_find(const nf_func *f, nf_block b, seeds *s)
{
    uint32_t segment = 0;
    s->count = 0;
    NF_FOR_INSTS(f, b, v)
    {
        const nf_inst *inst = nf_inst_at(f, v);
        if (nf_ops[inst->op].effects == 0) continue;
        if (nf_memory_use_of(f, inst) >= NF_MEMORY_READ) segment++;
        if (is_seed(f, inst) && s->count < STORES_MAX)
            s->data[s->count++] = (seed){v, nf_spot_of(f, inst), segment};
    }
}

static bool are_of_a_kind(const nf_func *f, const seed *a, const seed *b)
{
    return a->segment == b->segment && nf_type_of(f, a->store) == nf_type_of(f, b->store) &&
           nf_spots_alike(&a->spot, &b->spot);
}

static bool are_neighbours(const nf_func *f, const seed *low, const seed *high)
{
    uint64_t apart = (uint64_t)high->spot.offset - (uint64_t)low->spot.offset;
    return are_of_a_kind(f, low, high) && apart == nf_type_bytes(nf_type_of(f, low->store));
}

/* The seeds of a kind behind the first one, in order of addresses, at the front of the list; how many
 * they are. Of two stores to the same place the list keeps the first. */
static uint32_t kind_take(const nf_func *f, seed *list, uint32_t count)
{
    uint32_t taken = 1;
    for (uint32_t i = 1; i < count; i++) {
        const seed found = list[i];
        if (!are_of_a_kind(f, &list[0], &found)) continue;
        list[i] = list[taken];
        uint32_t at = taken++;
        for (; at > 0 && list[at - 1].spot.offset > found.spot.offset; at--)
            list[at] = list[at - 1];
        list[at] = found;
    }
    return taken;
}

/* --- trying --- */

static bool orders_find(nf_slp *slp)
{
    nf_func *f = slp->f;
    slp->order = NF_NEW_ARRAY(slp->opt->scratch, uint32_t, f->insts.count);
    if (slp->order == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        uint32_t place = 0;
        NF_FOR_INSTS(f, b, v) slp->order[v.id] = ++place;
    }
    return true;
}

/* What is known of the function, when first asked for. */
static bool analyse(nf_slp *slp)
{
    nf_func *f = slp->f;
    nf_arena *arena = slp->opt->scratch;
    if (slp->order) return true;
    slp->value_count = f->insts.count;
    slp->uses = nf_use_counts(f, arena);
    slp->inner = NF_NEW_ARRAY(arena, uint32_t, f->insts.count);
    slp->extracts = NF_NEW_ARRAY(arena, nf_value, f->insts.count);
    nf_map_init(&slp->packed_first, arena);
    return slp->uses && slp->inner && slp->extracts &&
           NF_VEC_PUSH(arena, &slp->packed, (nf_packed){0}) &&
           nf_cfg_build(f, arena, &slp->cfg) == NF_OK && nf_in_edges_build(f, arena, &slp->in) &&
           nf_alias_init(&slp->alias, f, &slp->cfg, arena) && orders_find(slp);
}

static bool tree_try(nf_slp *slp, const seed *run, uint32_t lane_count)
{
    nf_value stores[NF_PACK_LANES_MAX];
    for (uint32_t i = 0; i < lane_count; i++) stores[i] = run[i].store;
    if (!nf_slp_tree_build(slp, stores, lane_count)) return false;
    bool pays = nf_slp_tree_gain(slp) > 0;
    if (pays) nf_slp_tree_emit(slp);
    nf_slp_tree_drop(slp);
    slp->opt->stores_packed += pays;
    return pays;
}

static uint32_t lanes_max(const nf_slp *slp, const seed *run, uint32_t count)
{
    uint32_t element = nf_type_bytes(nf_type_of(slp->f, run->store));
    uint32_t most = slp->opt->variant->vector_bytes / element;
    if (most > NF_PACK_LANES_MAX) most = NF_PACK_LANES_MAX;
    if (most > count) most = count;
    while (most & (most - 1)) most &= most - 1; /* the power of two below */
    return most;
}

/* Cuts a run of neighbours into vectors. */
static bool run_try(nf_slp *slp, const seed *run, uint32_t count, uint32_t *failures)
{
    uint32_t element = nf_type_bytes(nf_type_of(slp->f, run->store)), at = 0;
    bool changed = false;
    if (!analyse(slp) || !nf_cfg_reachable(&slp->cfg, nf_inst_at(slp->f, run->store)->block))
        return false;
    while (count - at > 1 && *failures < FAILURES_MAX) {
        uint32_t lanes = lanes_max(slp, &run[at], count - at);
        while (lanes * element >= VECTOR_BYTES_MIN && lanes > 1 &&
               !tree_try(slp, &run[at], lanes)) {
            lanes /= 2;
            ++*failures;
        }
        bool done = lanes * element >= VECTOR_BYTES_MIN && lanes > 1;
        at += done ? lanes : 1;
        changed |= done;
    }
    return changed;
}

static bool kind_try(nf_slp *slp, const seed *list, uint32_t count, uint32_t *failures)
{
    bool changed = false;
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count; end++)
            if (!are_neighbours(slp->f, &list[end - 1], &list[end])) break;
        uint32_t bytes = (end - start) * nf_type_bytes(nf_type_of(slp->f, list[start].store));
        if (end - start > 1 && bytes >= VECTOR_BYTES_MIN)
            changed |= run_try(slp, &list[start], end - start, failures);
    }
    return changed;
}

static bool block_try(nf_slp *slp, nf_block b, seeds *s)
{
    bool changed = false;
    uint32_t failures = 0;
    seeds_find(slp->f, b, s);
    for (uint32_t start = 0; start + 1 < s->count;) {
        uint32_t taken = kind_take(slp->f, &s->data[start], s->count - start);
        changed |= kind_try(slp, &s->data[start], taken, &failures);
        start += taken;
    }
    return changed;
}

/* --- the pass --- */

/* Whether the block has two stores of a type. */
static bool block_has_seeds(const nf_func *f, nf_block b)
{
    unsigned seen = 0;
    NF_FOR_INSTS(f, b, v)
    {
        const nf_inst *inst = nf_inst_at(f, v);
        if (inst->op != NF_OP_STORE || !is_seed(f, inst)) continue;
        if (seen >> inst->type & 1) return true;
        seen |= 1u << inst->type;
    }
    return false;
}

bool nf_pass_slp(nf_opt *opt, nf_func *f)
{
    nf_slp *slp = NULL;
    seeds *found = NULL;
    bool changed = false;
    if (opt->variant == NULL || opt->variant->vector_bytes == 0) return false;
    NF_FOR_BLOCKS(f, b)
    {
        if (!block_has_seeds(f, b)) continue;
        if (slp == NULL) slp = NF_NEW(opt->scratch, nf_slp);
        if (found == NULL) found = NF_TAKE_ARRAY(opt->scratch, seeds, 1);
        if (slp == NULL || found == NULL) break;
        slp->opt = opt;
        slp->f = f;
        changed |= block_try(slp, b, found);
    }
    if (changed) nf_slp_extracts_use(slp);
    return changed;
}
