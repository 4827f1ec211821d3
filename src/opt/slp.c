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
 * Runs of neighbouring stores of a block, and of accumulators that read neighbours, are cut into the
 * largest vectors that the variant has, and down from there as long as no tree pays (slp_tree.c,
 * slp_cost.c). Which lane does what is decided by addresses alone. Every lane computes what its scalar did, in the same order, so
 * the result is the same bit for bit.
 *
 * Larsen and Amarasinghe, "Exploiting Superword Level Parallelism with Multimedia Instruction Sets",
 * 2000. The bottom-up trees are those of Rosen, Nuzman and Zaks, "Loop-Aware SLP in GCC", 2007.
 */
#include "slp_internal.h"

enum {
    FAILURES_MAX = 64, /* of a block; then it is left alone */
    VECTOR_BYTES_MIN = 4,
};

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

typedef struct filling {
    nf_slp *slp;
    nf_value user;
} filling;

static void user_add(void *context, nf_value *place)
{
    const filling *fill = context;
    nf_slp *slp = fill->slp;
    slp->users[--slp->user_start[place->id]] = fill->user;
}

static bool users_find(nf_slp *slp)
{
    nf_func *f = slp->f;
    uint32_t total = 0;
    slp->user_start = NF_TAKE_ARRAY(slp->opt->scratch, uint32_t, slp->value_count + 1);
    if (slp->user_start == NULL) return false;
    for (uint32_t v = 0; v < slp->value_count; v++) slp->user_start[v] = total += slp->uses[v];
    slp->user_start[slp->value_count] = total;
    slp->users = NF_TAKE_ARRAY(slp->opt->scratch, nf_value, total + 1);
    if (slp->users == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            filling fill = {slp, v};
            nf_uses_walk(f, nf_inst_at(f, v), user_add, &fill);
        }
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
    slp->tree_of = NF_NEW_ARRAY(arena, uint32_t, f->insts.count);
    slp->inner = NF_NEW_ARRAY(arena, uint32_t, f->insts.count);
    slp->extracts = NF_NEW_ARRAY(arena, nf_value, f->insts.count);
    slp->spots = NF_NEW_ARRAY(arena, const nf_spot *, f->insts.count);
    nf_map_init(&slp->packed_first, arena);
    const nf_alias *alias = nf_alias_get(slp->opt, f);
    if (alias) slp->alias = *alias;
    return slp->uses && slp->tree_of && slp->inner && slp->extracts && slp->spots &&
           NF_VEC_PUSH(arena, &slp->packed, (nf_packed){0}) &&
           nf_flow_get(slp->opt, f, &slp->cfg) && nf_in_edges_build(f, arena, &slp->in) && alias &&
           users_find(slp) && orders_find(slp);
}

static bool tree_try(nf_slp *slp, const nf_seed *run, uint32_t lane_count)
{
    nf_value values[NF_PACK_LANES_MAX];
    for (uint32_t i = 0; i < lane_count; i++) values[i] = run[i].value;
    if (!nf_slp_tree_build(slp, values, lane_count)) return false;
    bool pays = nf_slp_tree_gain(slp) > 0;
    if (pays) nf_slp_tree_emit(slp);
    nf_slp_tree_drop(slp);
    slp->opt->trees_packed += pays;
    if (pays) slp->opt->hints |= NF_HINT_PACKED;
    return pays;
}

static uint32_t element_bytes(const nf_slp *slp, const nf_seed *seed)
{
    return nf_type_bytes(nf_type_of(slp->f, seed->value));
}

static uint32_t lanes_max(const nf_slp *slp, const nf_seed *run, uint32_t count)
{
    uint32_t most = slp->opt->variant->vector_bytes / element_bytes(slp, run);
    if (most > NF_PACK_LANES_MAX) most = NF_PACK_LANES_MAX;
    if (most > count) most = count;
    while (most & (most - 1)) most &= most - 1; /* the power of two below */
    return most;
}

/* Accumulators are taken where their loop is left. */
static bool is_behind(const nf_slp *slp, const nf_seed *seed, nf_block from)
{
    nf_block at = nf_inst_at(slp->f, seed->value)->block;
    if (!nf_cfg_reachable(&slp->cfg, from)) return false;
    return nf_is_op(slp->f, seed->value, NF_OP_STORE) ||
           nf_cfg_depth(&slp->cfg, at) < nf_cfg_depth(&slp->cfg, from);
}

/* Cuts a run of neighbours into vectors. */
static bool run_try(nf_slp *slp, const nf_seed *run, uint32_t count, uint32_t *failures)
{
    uint32_t element = element_bytes(slp, run), at = 0;
    bool changed = false;
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

static bool kind_try(nf_slp *slp, nf_block b, const nf_seed *list, uint32_t count,
                     uint32_t *failures)
{
    bool changed = false;
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count; end++)
            if (!nf_seeds_are_neighbours(slp->f, &list[end - 1], &list[end])) break;
        bool large = (end - start) * element_bytes(slp, list) >= VECTOR_BYTES_MIN;
        if (end - start > 1 && large && analyse(slp) && is_behind(slp, &list[start], b))
            changed |= run_try(slp, &list[start], end - start, failures);
    }
    return changed;
}

static bool block_try(nf_slp *slp, nf_block b, nf_seeds *s)
{
    bool changed = false;
    uint32_t failures = 0;
    for (uint32_t start = 0; start + 1 < s->count;) {
        uint32_t taken = nf_seeds_kind(slp->f, &s->data[start], s->count - start);
        changed |= kind_try(slp, b, &s->data[start], taken, &failures);
        start += taken;
    }
    return changed;
}

/* --- the pass --- */

static nf_slp *slp_new(nf_opt *opt, nf_func *f)
{
    nf_slp *slp = NF_TAKE_ARRAY(opt->scratch, nf_slp, 1);
    if (slp == NULL) return NULL;
    __builtin_memset(slp, 0, offsetof(nf_slp, packs));
    slp->opt = opt;
    slp->f = f;
    return slp;
}

bool nf_pass_slp(nf_opt *opt, nf_func *f)
{
    nf_slp *slp = NULL;
    nf_seeds *seeds = NULL;
    bool changed = false;
    if (opt->variant == NULL || opt->variant->vector_bytes == 0) return false;
    NF_FOR_BLOCKS(f, b)
    {
        if (!nf_seeds_find(f, opt->scratch, b, &seeds)) continue;
        if (slp == NULL) slp = slp_new(opt, f);
        if (slp == NULL) break;
        changed |= block_try(slp, b, seeds);
    }
    if (changed) nf_slp_extracts_use(slp);
    return changed;
}
