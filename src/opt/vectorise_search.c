/*
 * Runs loops that look for something on vectors: strlen, memchr, the first element that is x.
 *
 * requires: rotated, closed loops (NF_FACT_ROTATED, LOOP_CLOSED).  preserves: that.
 * breaks: nothing.
 *
 * Such a loop walks along one array and is left where an element, or the bound, says so. The
 * vectors only find out where that is: the loop itself, entered there, does its last iteration, and
 * with it all that its exits want to know.
 *
 *   preheader   count what there is; checks ────────────── fails ─────────────┐
 *   ahead       what is the same in all lanes                                 │
 *   first       the aligned vector that has the first element in it ── hit ─┐ │
 *   loop        the next one ─────────────────────────────── hit, or none ──┤ │
 *   enter       the iteration ◄─────────────────────────────────────────────┘ │
 *     └───────► the loop as it was ◄──────────────────────────────────────────┘
 *
 * Which memory may be read? Behind the element that ends the loop there may be nothing, whatever
 * the bound says. But an element below the bound is read when none of those before it ends the
 * loop, and so the aligned vector that it lies in can be read: it lies in the same page. What such
 * a vector has in front of the first element is no hit. What it has behind the last one may be, but
 * the loop is entered in its last iteration at the latest.
 *
 * The array is one: accesses differ by whole elements at most. With the loop
 *
 *     while ((c = *s) != x && c) s++;     as rotated: c is what the iteration before has loaded
 *
 * iteration k asks c of element k and x of element k + 1. Both are asked of one vector of elements,
 * and a hit at element j makes the loop go on at iteration j - 1, which has at most one more to do.
 * The argument holds for every element on its own: so a condition is about one element only.
 *
 * A loop without a bound inside of another one stays as it is: those of sorting, parsing and
 * hashing mostly end within a few elements.
 */
#include "vectorise_internal.h"

enum {
    APART_MAX = 4,      /* elements between the accesses of an iteration */
    VECTORS_NESTED = 2, /* that a loop inside of another must have before it */
};

typedef struct hunt {
    nf_plan *plan;
    nf_func *f;
    nf_lanes w;
    nf_split split;
    uint8_t
        *reads; /* by value id: elements that it is made of, as bits, from the iteration's own on */
    nf_value count;    /* iterations when only the bound ends the loop; none: there is no bound */
    nf_value elements; /* how many it reads then, at least */
    nf_block enter;    /* its parameter is where the vectors have ended: the number of an element */
    unsigned ahead;    /* the farthest element that an iteration reads behind its own */
} hunt;

/* --- what is read --- */

/* Of the element that is an iteration's own. */
static const nf_access *lowest_find(const nf_plan *plan)
{
    const nf_access *lowest = &plan->accesses[0];
    for (uint32_t i = 1; i < plan->access_count; i++)
        if (plan->accesses[i].displacement < lowest->displacement) lowest = &plan->accesses[i];
    return lowest;
}

static unsigned elements_apart(const nf_access *access, const nf_access *lowest)
{
    return (unsigned)((access->displacement - lowest->displacement) / access->bytes);
}

/* Whether all accesses walk along one array, by whole elements. */
static bool stream_find(hunt *h)
{
    const nf_plan *plan = h->plan;
    if (plan->access_count == 0) return false;
    const nf_access *lowest = lowest_find(plan);
    for (uint32_t i = 0; i < plan->access_count; i++) {
        const nf_access *access = &plan->accesses[i];
        bool same = access->base == lowest->base && access->bytes == lowest->bytes &&
                    access->address.step == access->bytes;
        int64_t apart = (int64_t)access->displacement - lowest->displacement;
        if (!same || apart % access->bytes || apart / access->bytes > APART_MAX) return false;
        if (elements_apart(access, lowest) > h->ahead) h->ahead = elements_apart(access, lowest);
    }
    return true;
}

static unsigned reads_of(const hunt *h, nf_value v)
{
    return v.id == 0 || nf_plan_is_uniform(h->plan, v) ? 0 : h->reads[v.id];
}

static void reads_note(hunt *h, nf_value v)
{
    const nf_plan *plan = h->plan;
    const nf_lane *lane = &plan->lanes[v.id];
    const nf_inst *inst = nf_inst_at(h->f, v);
    if (lane->role == NF_LANE_LOAD || lane->role == NF_LANE_EARLIER)
        h->reads[v.id] =
            (uint8_t)(1u << elements_apart(&plan->accesses[lane->index], lowest_find(plan)));
    else if (nf_op_of(inst)->shape > NF_SHAPE_PARAM && nf_op_of(inst)->shape < NF_SHAPE_CALL)
        h->reads[v.id] =
            (uint8_t)(reads_of(h, inst->a) | reads_of(h, inst->b) | reads_of(h, inst->c));
}

/* The header's parameters, or those of a later block, which the block before it gives. */
static void reads_note_params(hunt *h, uint32_t row)
{
    const nf_counted *loop = &h->plan->loop;
    nf_block b = loop->blocks[row];
    for (uint32_t i = 0; i < nf_block_at(h->f, b)->param_count; i++) {
        nf_value param = nf_param_at(h->f, b, i);
        if (row == 0) {
            reads_note(h, param);
            continue;
        }
        nf_value last = nf_terminator(h->f, loop->blocks[row - 1]);
        const nf_edge *in = nf_edge_at(h->f, last, 0);
        if (in->to.id != b.id) in = nf_edge_at(h->f, last, 1);
        h->reads[param.id] = (uint8_t)reads_of(h, nf_edge_args(h->f, in)[i]);
    }
}

/* Whether the branch of a block is one that the data decide. */
static bool asks_data(const hunt *h, nf_block b)
{
    return nf_is_op(h->f, nf_terminator(h->f, b), NF_OP_BRIF) && b.id != h->plan->loop.tester.id;
}

/* Whether each condition is about one element, whose number is known: of what an iteration reads
 * ahead the number is another one than its own. */
static bool conditions_check(hunt *h)
{
    const nf_counted *loop = &h->plan->loop;
    bool asked = false;
    for (uint32_t i = 0; i < loop->block_count; i++) {
        nf_block b = loop->blocks[i];
        reads_note_params(h, i);
        NF_FOR_INSTS(h->f, b, v) reads_note(h, v);
        if (!asks_data(h, b)) continue;
        unsigned reads = reads_of(h, nf_inst_at(h->f, nf_terminator(h->f, b))->a);
        if (reads == 0 || (reads & (reads - 1))) return false;
        asked = true;
    }
    return asked && (h->ahead == 0 || h->plan->counter_count == 0);
}

/* --- what vectors do --- */

/* Where one of the data's exits is taken: of the elements from index on. */
static nf_lane_mask hits_emit(hunt *h, nf_value index)
{
    nf_plan *plan = h->plan;
    nf_lanes *w = &h->w;
    nf_lane_mask hits = {{0}, 0};
    w->index = index;
    for (uint32_t i = 0; i < plan->counter_count; i++)
        w->vectors[plan->counters[i].id] =
            nf_lanes_counter(w, nf_affine_of(&plan->loop, plan->counters[i]), index);
    nf_lanes_row(w);
    for (uint32_t i = 0; i < plan->loop.block_count; i++) {
        nf_block b = plan->loop.blocks[i];
        if (!asks_data(h, b)) continue;
        nf_value last = nf_terminator(h->f, b);
        bool leaves =
            !nf_cfg_loop_has(plan->loop.cfg, plan->loop.loop, nf_edge_at(h->f, last, 0)->to);
        nf_lane_mask mask = nf_lanes_mask_of(w, nf_inst_at(h->f, last)->a);
        if (!leaves) mask = nf_lanes_mask_not(w, mask);
        hits = hits.value.id ? nf_lanes_mask_join(w, NF_OP_OR, hits, mask) : mask;
    }
    return hits;
}

static nf_loop_emit here(const hunt *h)
{
    return (nf_loop_emit){h->f, h->w.block};
}

static nf_value number(hunt *h, int64_t value)
{
    nf_loop_emit e = here(h);
    return nf_loop_iconst(&e, NF_I64, value);
}

static nf_value apply(hunt *h, nf_op op, nf_value a, nf_value b)
{
    nf_loop_emit e = here(h);
    return nf_loop_op(&e, op, NF_I64, a, b);
}

/* The number of the first lane of a mask, or that of all lanes when there is none. */
static nf_value lane_first(hunt *h, nf_lane_mask mask)
{
    nf_lanes *w = &h->w;
    nf_loop_emit e = here(h);
    nf_type element = nf_lanes_mask_element(mask.bytes), type = nf_lanes_type(w, element);
    nf_value none = nf_lanes_splat_const(w, element, nf_plan_lanes(h->plan));
    nf_value numbers = nf_lanes_select(w, element, mask, nf_lanes_iota(w, element), none);
    nf_value least = nf_lanes_build(w, NF_OP_REDUCE_UMIN, type, type, numbers, (nf_value){0});
    return w->dry ? least : nf_loop_resize(&e, NF_OP_ZEXT, NF_I64, least);
}

/* The lanes of a mask from one on. */
static nf_lane_mask lanes_from(hunt *h, nf_lane_mask mask, nf_value first)
{
    nf_lanes *w = &h->w;
    nf_loop_emit e = here(h);
    nf_type element = nf_lanes_mask_element(mask.bytes), type = nf_lanes_type(w, element);
    if (!w->dry) first = nf_loop_resize(&e, NF_OP_ZEXT, element, first);
    nf_value splat = nf_lanes_build(w, NF_OP_SPLAT, type, element, first, (nf_value){0});
    nf_lane_mask from = {nf_lanes_compare(w, NF_UGE, type, nf_lanes_iota(w, element), splat),
                         mask.bytes};
    return nf_lanes_mask_join(w, NF_OP_AND, mask, from);
}

static bool is_possible(hunt *h)
{
    const nf_value any = {1};
    if (!nf_lanes_init(&h->w, h->plan, true)) return false;
    nf_lane_mask hits = hits_emit(h, any);
    lane_first(h, lanes_from(h, hits, any));
    return h->w.possible;
}

/* --- in front --- */

/* The loop reads an element of its own in each iteration but, when all of those stand behind the
 * test of the bound, the last one. */
static bool reads_last(const hunt *h)
{
    const nf_plan *plan = h->plan;
    const nf_access *lowest = lowest_find(plan);
    for (uint32_t i = 0; i < plan->access_count; i++) {
        nf_block b = nf_inst_at(h->f, plan->accesses[i].inst)->block;
        bool own = elements_apart(&plan->accesses[i], lowest) == 0;
        if (own && nf_cfg_dominates(plan->loop.cfg, b, plan->loop.tester)) return true;
    }
    return false;
}

/* Fewer elements than some vectors have are not worth the way there. */
static void count_emit(hunt *h, bool nested, nf_checks *checks)
{
    nf_plan *plan = h->plan;
    nf_loop_emit e = here(h);
    h->count = nf_trip_emit(&plan->loop, &e, checks);
    nf_needs_emit(&plan->loop, &e, plan->needs, h->count, checks);
    h->elements = reads_last(h) ? h->count : apply(h, NF_OP_SUB, h->count, number(h, 1));
    unsigned least = nested ? nf_plan_lanes(plan) * VECTORS_NESTED : nf_plan_lanes(plan) / 2;
    nf_value enough = nf_loop_compare(&e, NF_UGE, h->elements, number(h, least));
    (void)NF_VEC_PUSH(h->f->arena, checks, enough);
}

/* All accesses become the lowest one; gives its address in the first iteration. */
static nf_value stream_join(hunt *h)
{
    nf_plan *plan = h->plan;
    int32_t displacement = lowest_find(plan)->displacement;
    nf_affine address = plan->bases[plan->accesses[0].base];
    nf_loop_emit e = here(h);
    for (uint32_t i = 0; i < plan->access_count; i++) plan->accesses[i].displacement = displacement;
    address.constant = (int64_t)((uint64_t)address.constant + (uint64_t)(int64_t)displacement);
    return nf_affine_emit(&e, &address);
}

/* Checks, and gives how many elements of its aligned vector stand in front of the first one. */
static nf_value front_emit(hunt *h, bool nested)
{
    const nf_plan *plan = h->plan;
    nf_checks checks = {0};
    unsigned bytes = plan->accesses[0].bytes, lanes = nf_plan_lanes(plan);
    h->w.block = h->split.block;
    if (plan->loop.counted) count_emit(h, nested, &checks);
    nf_value address = stream_join(h);
    nf_value in_vector = apply(h, NF_OP_AND, address, number(h, bytes * lanes - 1));
    if (bytes > 1) {
        nf_loop_emit e = here(h);
        nf_value in_element = apply(h, NF_OP_AND, address, number(h, bytes - 1));
        nf_value aligned = nf_loop_compare(&e, NF_EQ, in_element, number(h, 0));
        (void)NF_VEC_PUSH(h->f->arena, &checks, aligned);
    }
    nf_value before = apply(h, NF_OP_LSHR, in_vector, number(h, __builtin_ctz(bytes)));
    nf_split_checks(&h->split, &checks);
    h->w.ahead = h->split.block;
    h->w.block = nf_split_block(&h->split);
    return before;
}

/* --- the vectors --- */

static nf_value is_lane(hunt *h, nf_value lane)
{
    nf_loop_emit e = here(h);
    return nf_loop_compare(&e, NF_ULT, lane, number(h, nf_plan_lanes(h->plan)));
}

/* Goes on in a new block while there are elements from `next` on. */
static void bound_emit(hunt *h, nf_value next, nf_block on, nf_block end)
{
    nf_loop_emit e = here(h);
    if (h->count.id == 0) {
        nf_build_br(h->f, h->w.block, on, &next, 1);
        return;
    }
    nf_value more = nf_loop_compare(&e, NF_ULT, next, h->elements);
    nf_build_brif(h->f, h->w.block, more, on, &next, 1, end, &next, 1);
}

static void first_emit(hunt *h, nf_value before, nf_block on)
{
    nf_value index = apply(h, NF_OP_SUB, number(h, 0), before);
    nf_value lane = lane_first(h, lanes_from(h, hits_emit(h, index), before));
    nf_value hit = is_lane(h, lane), at = apply(h, NF_OP_ADD, index, lane);
    nf_value next = apply(h, NF_OP_ADD, index, number(h, nf_plan_lanes(h->plan)));
    nf_block none = nf_split_block(&h->split);
    nf_build_brif(h->f, h->w.block, hit, h->enter, &at, 1, none, NULL, 0);
    h->w.block = none;
    bound_emit(h, next, on, h->enter);
}

/* A block that only the loop goes to, on the way to `enter`. */
static nf_block way_out(hunt *h)
{
    nf_block out = nf_split_block(&h->split);
    nf_value at = nf_block_param(h->f, out, NF_I64);
    nf_build_br(h->f, out, h->enter, &at, 1);
    return out;
}

static void loop_emit(hunt *h, nf_block preheader)
{
    nf_value start = nf_block_param(h->f, preheader, NF_I64);
    nf_block loop = nf_split_block(&h->split), latch = nf_split_block(&h->split);
    nf_block found = way_out(h), end = {0};
    if (h->count.id) end = way_out(h);
    nf_build_br(h->f, preheader, loop, &start, 1);
    nf_value index = nf_block_param(h->f, loop, NF_I64);
    h->w.block = loop;
    nf_value lane = lane_first(h, hits_emit(h, index));
    nf_value hit = is_lane(h, lane), at = apply(h, NF_OP_ADD, index, lane);
    nf_build_brif(h->f, loop, hit, found, &at, 1, latch, NULL, 0);
    h->w.block = latch;
    bound_emit(h, apply(h, NF_OP_ADD, index, number(h, nf_plan_lanes(h->plan))), loop, end);
}

/* --- back into the loop --- */

static nf_value param_at(hunt *h, uint32_t param, nf_value iteration)
{
    nf_plan *plan = h->plan;
    nf_loop_emit e = here(h);
    nf_value v = nf_param_at(h->f, plan->loop.header, param);
    const nf_lane *lane = &plan->lanes[v.id];
    if (lane->role != NF_LANE_EARLIER)
        return nf_affine_emit_at(&e, nf_affine_of(&plan->loop, v), iteration);
    const nf_access *access = &plan->accesses[lane->index];
    nf_address address = {.base = nf_affine_emit_at(&e, &access->address, iteration),
                          .alias = nf_inst_at(h->f, access->inst)->mem.alias};
    return nf_build_load(h->f, e.block, access->type, address);
}

/* The iteration in which an element is looked at first, not behind the last one. */
static nf_value iteration_of(hunt *h, nf_value element)
{
    nf_value iteration = element;
    if (h->ahead) {
        iteration = apply(h, NF_OP_SUB, element, number(h, h->ahead));
        iteration = apply(h, NF_OP_SMAX, iteration, number(h, 0));
    }
    if (h->count.id == 0) return iteration;
    return apply(h, NF_OP_UMIN, iteration, apply(h, NF_OP_SUB, h->count, number(h, 1)));
}

static void enter_emit(hunt *h, nf_value *args)
{
    nf_value element = nf_block_param(h->f, h->enter, NF_I64);
    h->w.block = h->enter;
    nf_value iteration = iteration_of(h, element);
    for (uint32_t i = 0; i < h->split.param_count; i++) args[i] = param_at(h, i, iteration);
    nf_build_br(h->f, h->enter, h->split.scalar, args, h->split.param_count);
}

/* --- the pass --- */

static bool hunt_plan(hunt *h, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    nf_plan *plan = h->plan;
    h->f = f;
    if (!nf_plan_make_search(plan, opt, f, cfg, loop)) return false;
    bool nested = cfg->loops[loop].parent != NF_NO_LOOP;
    if (!plan->loop.counted && (nested || plan->needs)) return false;
    h->reads = NF_NEW_ARRAY(opt->scratch, uint8_t, plan->loop.value_count);
    return h->reads && stream_find(h) && conditions_check(h) && is_possible(h);
}

static void hunt_apply(hunt *h, bool nested)
{
    nf_arena *scratch = h->plan->opt->scratch;
    nf_value *args =
        NF_NEW_ARRAY(scratch, nf_value, nf_block_at(h->f, h->plan->loop.header)->param_count);
    if (args == NULL || !nf_lanes_init(&h->w, h->plan, false)) return;
    if (!nf_split_entry(&h->split, &h->plan->loop, scratch)) return;
    nf_value before = front_emit(h, nested);
    nf_block first = h->w.block;
    h->enter = nf_split_block(&h->split);
    nf_block preheader = nf_split_block(&h->split);
    first_emit(h, before, preheader);
    loop_emit(h, preheader);
    enter_emit(h, args);
    nf_block_move(h->f, h->enter, h->split.layout);
    nf_build_br(h->f, h->w.ahead, first, NULL, 0);
}

static bool search_loop(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    nf_plan *plan = nf_plan_new(opt->scratch);
    hunt *h = NF_NEW(opt->scratch, hunt);
    if (plan == NULL || h == NULL) return false;
    h->plan = plan;
    if (!hunt_plan(h, opt, f, cfg, loop)) return false;
    hunt_apply(h, cfg->loops[loop].parent != NF_NO_LOOP);
    opt->loops_vectorised++;
    return true;
}

/* Innermost loops have no block in common: what is done to one leaves the others as they are in the
 * graph. */
bool nf_pass_search(nf_opt *opt, nf_func *f)
{
    nf_cfg cfg;
    bool changed = false;
    if (opt->variant == NULL || opt->variant->vector_bytes == 0) return false;
    if (!nf_flow_get(opt, f, &cfg)) return false;
    for (uint32_t i = 0; i < cfg.loop_count; i++) {
        if (!cfg.loops[i].innermost) continue;
        nf_arena_mark mark = nf_arena_mark_get(opt->scratch);
        changed |= search_loop(opt, f, &cfg, i);
        nf_arena_rewind(opt->scratch, mark);
    }
    if (changed) nf_flow_drop(opt);
    return changed;
}
