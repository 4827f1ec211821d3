/*
 * The loops around the vector body; see vectorise_internal.h.
 *
 *   preheader   count iterations; checks ───────────────── fails ──────────────┐
 *   ahead       what is the same in all lanes                                  │
 *   main loop   `copies` vectors a time, while that many are left              │
 *   rest loop   one vector a time; the last one masked, or:                    │
 *   half loop   one vector a time that is half as long, where the plan has it  │
 *   end         reductions joined                                              ▼
 *     │ all done                                 some left ───────────► scalar: the loop as it was
 *     ▼                                                                        │
 *   behind (values used behind the loop as parameters) ◄───────────────────────┘
 *
 * Both vector loops count iterations in one index from 0, bottom-tested against a limit that is the
 * count rounded down to what they take at a time. A constant count leaves out the tests, and the
 * loops that would not run. Where a value behind the loop is known to the scalar loop alone, that
 * loop does the last iteration, so that the vectors end one earlier.
 */
#include "vectorise_internal.h"

enum {
    ARGS_MAX = 1 + NF_COUNTERS_MAX + NF_REDUCTIONS_MAX * NF_COPIES_MAX,
    STATE_MAX = 1 + NF_REDUCTIONS_MAX,
};

/* A rewrite under way. Code goes to split.block; so does that of the lanes. */
typedef struct rewrite {
    nf_plan *plan;
    nf_func *f;
    nf_lanes w;
    nf_split split;
    nf_value count;                   /* of iterations */
    nf_value vector_count;            /* what vectors may do of them */
    nf_value index;                   /* iterations done */
    uint64_t done;                    /* the same, when the count is constant */
    nf_value sums[NF_REDUCTIONS_MAX]; /* partial results */
} rewrite;

static nf_loop_emit here(const rewrite *r)
{
    return (nf_loop_emit){r->f, r->split.block};
}

static void go_to(rewrite *r, nf_block b)
{
    r->split.block = r->w.block = b;
}

/* --- reductions --- */

static nf_value neutral_of(nf_lanes *w, const nf_reduction *reduction)
{
    if (nf_reduction_rule_of(reduction)->idempotent) return nf_lanes_splat(w, reduction->init);
    return nf_lanes_splat_const(w, reduction->type, nf_reduction_neutral(reduction));
}

static nf_value sums_join(nf_lanes *w, const nf_reduction *reduction, nf_value a, nf_value b)
{
    nf_type type = nf_lanes_type(w, reduction->type);
    return nf_lanes_build(w, reduction->op, type, type, a, b);
}

static nf_value sum_reduce(nf_lanes *w, const nf_reduction *reduction, nf_value lanes)
{
    const nf_reduction_rule *rule = nf_reduction_rule_of(reduction);
    nf_type type = nf_lanes_type(w, reduction->type), scalar = reduction->type;
    nf_value sum = nf_lanes_build(w, (nf_op)rule->reduce, type, type, lanes, (nf_value){0});
    if (rule->idempotent) return sum;
    return nf_lanes_build(w, reduction->op, scalar, scalar, reduction->init, sum);
}

/* --- counters --- */

/* 0, step, 2 * step ... */
static nf_value counter_lanes(nf_lanes *w, nf_type element, int64_t step)
{
    nf_type type = nf_lanes_type(w, element);
    nf_block block = w->block;
    nf_value iota = nf_lanes_iota(w, element);
    if (step == 1) return iota;
    w->block = w->ahead;
    nf_value lanes = step == -1 ? nf_lanes_build(w, NF_OP_SUB, type, type,
                                                 nf_lanes_splat_const(w, element, 0), iota)
                                : nf_lanes_build(w, NF_OP_MUL, type, type, iota,
                                                 nf_lanes_splat_const(w, element, step));
    w->block = block;
    return lanes;
}

nf_value nf_lanes_counter(nf_lanes *w, const nf_affine *form, nf_value index)
{
    nf_loop_emit e = {w->f, w->block};
    nf_type type = nf_lanes_type(w, form->type);
    nf_value start = w->dry ? index : nf_affine_emit_at(&e, form, index);
    nf_value splat = nf_lanes_build(w, NF_OP_SPLAT, type, form->type, start, (nf_value){0});
    if (form->step == 0) return splat;
    return nf_lanes_build(w, NF_OP_ADD, type, type, splat,
                          counter_lanes(w, form->type, form->step));
}

/* The same some lanes on. */
static nf_value counter_ahead(nf_lanes *w, const nf_affine *form, nf_value vector, unsigned lanes)
{
    nf_type type = nf_lanes_type(w, form->type);
    int64_t way = nf_type_canonical(form->type, (int64_t)((uint64_t)form->step * lanes));
    if (way == 0) return vector;
    return nf_lanes_build(w, NF_OP_ADD, type, type, vector,
                          nf_lanes_splat_const(w, form->type, way));
}

static const nf_affine *counter_form(nf_plan *plan, uint32_t i)
{
    return nf_affine_of(&plan->loop, plan->counters[i]);
}

/* --- masks --- */

/* The lanes whose iterations exist: index + lane < count. */
static nf_lane_mask mask_of_rest(nf_lanes *w, nf_value index, nf_value count)
{
    static const uint8_t elements[] = {[1] = NF_I8, [2] = NF_I16, [4] = NF_I32, [8] = NF_I64};
    unsigned lanes = nf_plan_lanes(w->plan), bytes = w->plan->opt->variant->vector_bytes / lanes;
    nf_type element = elements[bytes], type = nf_lanes_type(w, element);
    nf_loop_emit e = {w->f, w->block};
    nf_value rest = index;
    if (!w->dry) {
        rest = nf_loop_op(&e, NF_OP_SUB, NF_I64, count, index);
        rest = nf_loop_op(&e, NF_OP_UMIN, NF_I64, rest, nf_loop_iconst(&e, NF_I64, lanes));
        rest = nf_loop_resize(&e, NF_OP_ZEXT, element, rest);
    }
    nf_value splat = nf_lanes_build(w, NF_OP_SPLAT, type, element, rest, (nf_value){0});
    nf_value iota = nf_lanes_iota(w, element);
    return (nf_lane_mask){nf_lanes_compare(w, NF_ULT, type, iota, splat), (uint8_t)bytes};
}

/* --- one copy of the body --- */

/* sums: partial results before, and then behind this copy. */
static void copy_emit(nf_lanes *w, unsigned copy, nf_lane_mask mask, const nf_value *counters,
                      nf_value *sums)
{
    nf_plan *plan = w->plan;
    w->copy = copy;
    for (uint32_t i = 0; i < plan->counter_count; i++)
        w->vectors[plan->counters[i].id] =
            counter_ahead(w, counter_form(plan, i), counters[i], copy * nf_plan_lanes(plan));
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        w->vectors[plan->reductions[i].param.id] = sums[i];
    nf_lanes_body(w, mask);
    for (uint32_t i = 0; i < plan->reduction_count; i++) {
        nf_value next = nf_lanes_of(w, plan->reductions[i].next);
        sums[i] = mask.value.id ? nf_lanes_select(w, plan->reductions[i].type, mask, next, sums[i])
                                : next;
    }
}

/* --- a vector loop --- */

typedef struct stage {
    unsigned copies;
    bool masked;
    uint64_t stride; /* iterations at a time */
    nf_value limit;
    nf_block preheader, loop, out, join;
    nf_value args[ARGS_MAX]; /* index, counters, partial results copy by copy */
    uint32_t arg_count;
} stage;

/* Decides where the loop ends; false when a constant count says that it does not run. */
static bool stage_limit(rewrite *r, stage *s)
{
    nf_loop_emit e = here(r);
    int64_t count;
    if (nf_value_is_const(r->f, r->vector_count, &count)) {
        uint64_t rounded = (uint64_t)count / s->stride * s->stride;
        uint64_t limit = s->masked ? (uint64_t)count : rounded;
        if (r->done >= limit) return false;
        s->limit = nf_loop_iconst(&e, NF_I64, (int64_t)limit);
        r->done = s->masked ? (uint64_t)count : limit;
        return true;
    }
    nf_value mask = nf_loop_iconst(&e, NF_I64, -(int64_t)s->stride);
    s->limit =
        s->masked ? r->vector_count : nf_loop_op(&e, NF_OP_AND, NF_I64, r->vector_count, mask);
    return true;
}

/* What the loop starts with. Sums gathered so far go into the first copy. */
static void stage_args(rewrite *r, stage *s)
{
    nf_plan *plan = r->plan;
    s->arg_count = 0;
    s->args[s->arg_count++] = r->index;
    for (uint32_t i = 0; i < plan->counter_count; i++)
        s->args[s->arg_count++] = nf_lanes_counter(&r->w, counter_form(plan, i), r->index);
    for (unsigned copy = 0; copy < s->copies; copy++)
        for (uint32_t i = 0; i < plan->reduction_count; i++)
            s->args[s->arg_count++] =
                copy == 0 ? r->sums[i] : neutral_of(&r->w, &plan->reductions[i]);
}

/* Parameters like the arguments; args[] then has the parameters. */
static void params_like(nf_func *f, nf_block b, nf_value *args, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) args[i] = nf_block_param(f, b, nf_type_of(f, args[i]));
}

/* The body; args[] then has what the next round starts with. */
static void stage_body(rewrite *r, stage *s)
{
    nf_plan *plan = r->plan;
    nf_lanes *w = &r->w;
    nf_loop_emit e = here(r);
    nf_value *counters = s->args + 1, *sums = counters + plan->counter_count;
    nf_lane_mask mask = {{0}, 0};
    w->index = s->args[0];
    w->index_negative = (nf_value){0};
    for (uint32_t i = 0; i < plan->access_count; i++)
        if (plan->accesses[i].address.step < 0 && w->index_negative.id == 0)
            w->index_negative =
                nf_loop_op(&e, NF_OP_SUB, NF_I64, nf_loop_iconst(&e, NF_I64, 0), w->index);
    if (s->masked) mask = mask_of_rest(w, w->index, r->count);
    for (unsigned copy = 0; copy < s->copies; copy++)
        copy_emit(w, copy, mask, counters, sums + copy * plan->reduction_count);
    nf_value stride = nf_loop_iconst(&e, NF_I64, (int64_t)s->stride);
    s->args[0] = nf_loop_op(&e, NF_OP_ADD, NF_I64, w->index, stride);
    for (uint32_t i = 0; i < plan->counter_count; i++)
        counters[i] = counter_ahead(w, counter_form(plan, i), counters[i], (unsigned)s->stride);
}

/* Joins the copies' partial results; they and the index are then the rewrite's. */
static void stage_join(rewrite *r, stage *s)
{
    nf_plan *plan = r->plan;
    nf_value *sums = s->args + 1 + plan->counter_count;
    uint32_t count = plan->reduction_count;
    for (unsigned width = s->copies / 2; width > 0; width /= 2)
        for (uint32_t i = 0; i < width * count; i++)
            sums[i] =
                sums_join(&r->w, &plan->reductions[i % count], sums[i], sums[i + width * count]);
    for (uint32_t i = 0; i < count; i++) r->sums[i] = sums[i];
    r->index = s->args[0];
}

/* Index and partial results as one list, and back. */
static uint32_t state_pack(const rewrite *r, nf_value *state)
{
    state[0] = r->index;
    for (uint32_t i = 0; i < r->plan->reduction_count; i++) state[i + 1] = r->sums[i];
    return r->plan->reduction_count + 1;
}

static void state_unpack(rewrite *r, const nf_value *state)
{
    r->index = state[0];
    for (uint32_t i = 0; i < r->plan->reduction_count; i++) r->sums[i] = state[i + 1];
}

/* Goes to the loop, or past it when there is nothing to do. The loop's own preheader stands
 * between, for the passes behind this one. */
static void stage_enter(rewrite *r, const stage *s, bool certain)
{
    nf_value state[STATE_MAX];
    uint32_t count = state_pack(r, state);
    nf_block from = r->split.block;
    if (!certain) {
        nf_loop_emit e = here(r);
        nf_value enter = nf_loop_compare(&e, NF_ULT, r->index, s->limit);
        nf_build_brif(r->f, from, enter, s->preheader, NULL, 0, s->join, state, count);
        from = s->preheader;
    }
    nf_build_br(r->f, from, s->loop, s->args, s->arg_count);
}

static void stage_blocks(rewrite *r, stage *s, bool certain)
{
    if (!certain) s->preheader = nf_split_block(&r->split);
    s->loop = nf_split_block(&r->split);
    s->out = nf_split_block(&r->split);
    if (!certain) s->join = nf_split_block(&r->split);
}

/* Goes on from the loop's exit to where those meet who passed it by. */
static void stage_leave(rewrite *r, const stage *s)
{
    nf_value state[STATE_MAX];
    uint32_t count = state_pack(r, state);
    nf_build_br(r->f, r->split.block, s->join, state, count);
    params_like(r->f, s->join, state, count);
    state_unpack(r, state);
    go_to(r, s->join);
}

static void stage_emit(rewrite *r, unsigned copies, bool masked)
{
    stage s = {.copies = copies, .masked = masked};
    int64_t known;
    s.stride = (uint64_t)copies * nf_plan_lanes(r->plan);
    if (!stage_limit(r, &s)) return;
    bool certain = nf_value_is_const(r->f, s.limit, &known);
    stage_args(r, &s);
    stage_blocks(r, &s, certain);
    stage_enter(r, &s, certain);
    params_like(r->f, s.loop, s.args, s.arg_count);
    go_to(r, s.loop);
    stage_body(r, &s);
    nf_loop_emit e = here(r);
    nf_value more = nf_loop_compare(&e, NF_ULT, s.args[0], s.limit);
    nf_build_brif(r->f, s.loop, more, s.loop, s.args, s.arg_count, s.out, s.args, s.arg_count);
    params_like(r->f, s.out, s.args, s.arg_count);
    go_to(r, s.out);
    stage_join(r, &s);
    if (!certain) stage_leave(r, &s);
}

/* --- in front --- */

/* Counts, checks, and leaves w.block and w.ahead where the vectors begin. */
static void front_emit(rewrite *r)
{
    nf_plan *plan = r->plan;
    nf_checks checks = {0};
    nf_loop_emit e = here(r);
    r->count = nf_trip_emit(&plan->loop, &e, &checks);
    nf_needs_emit(&plan->loop, &e, plan->needs, r->count, &checks);
    r->vector_count = r->count;
    nf_value one = nf_loop_iconst(&e, NF_I64, 1);
    if (plan->scalar_last) r->vector_count = nf_loop_op(&e, NF_OP_SUB, NF_I64, r->count, one);
    int64_t known;
    if (!nf_value_is_const(r->f, r->count, &known)) {
        unsigned shift = plan->masked || plan->halved;
        nf_value least = nf_loop_iconst(&e, NF_I64, nf_plan_lanes(plan) >> shift);
        nf_value enough = nf_loop_compare(&e, NF_UGE, r->vector_count, least);
        (void)NF_VEC_PUSH(r->f->arena, &checks, enough);
    }
    nf_split_checks(&r->split, &checks);
    e = here(r);
    nf_overlaps_emit(plan, &e, r->w.bases, r->count, &checks);
    nf_split_checks(&r->split, &checks);
    r->w.ahead = r->split.block;
    e = here(r);
    r->index = nf_loop_iconst(&e, NF_I64, 0);
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        r->sums[i] = neutral_of(&r->w, &plan->reductions[i]);
    go_to(r, nf_split_block(&r->split));
}

/* The loop of vectors half as long. */
static void half_emit(rewrite *r)
{
    nf_lanes_forget(&r->w);
    r->plan->lanes_log2--;
    stage_emit(r, 1, false);
    r->plan->lanes_log2++;
}

/* --- behind --- */

/* A value of the loop when all iterations are done. */
static nf_value value_at_end(rewrite *r, nf_loop_emit *e, nf_value v, const nf_value *sums)
{
    nf_plan *plan = r->plan;
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        if (plan->reductions[i].next.id == v.id) return sums[i];
    nf_value one = nf_loop_iconst(e, NF_I64, 1);
    nf_value last = nf_loop_op(e, NF_OP_SUB, NF_I64, r->count, one);
    return nf_affine_emit_at(e, nf_affine_of(&plan->loop, v), last);
}

/* A header parameter when `index` iterations are done. */
static nf_value param_at(rewrite *r, nf_loop_emit *e, uint32_t param, const nf_value *sums)
{
    nf_plan *plan = r->plan;
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        if (plan->reductions[i].index == param) return sums[i];
    nf_value v = nf_param_at(r->f, plan->loop.header, param);
    const nf_lane *lane = &plan->lanes[v.id];
    if (lane->role != NF_LANE_EARLIER)
        return nf_affine_emit_at(e, nf_affine_of(&plan->loop, v), r->index);
    const nf_access *access = &plan->accesses[lane->index];
    nf_address address = {.base = nf_affine_emit_at(e, &access->address, r->index),
                          .alias = nf_inst_at(r->f, access->inst)->mem.alias};
    return nf_build_load(r->f, e->block, access->type, address);
}

/* The results of the reductions. One that is a zero may have the wrong sign: then the scalar loop
 * runs from its start. */
static void sums_emit(rewrite *r, nf_value *sums)
{
    nf_plan *plan = r->plan;
    nf_checks checks = {0};
    bool reassoc = (r->f->attributes & NF_ATTR_REASSOC) != 0;
    for (uint32_t i = 0; i < plan->reduction_count; i++) {
        const nf_reduction *reduction = &plan->reductions[i];
        nf_loop_emit e = here(r);
        sums[i] = sum_reduce(&r->w, reduction, r->sums[i]);
        if (reduction->order != NF_ORDER_ZEROS || reassoc) continue;
        nf_value zero = nf_loop_bits(&e, reduction->type, 0);
        nf_value sure = nf_build_compare(r->f, e.block, NF_FUNE, sums[i], zero);
        (void)NF_VEC_PUSH(r->f->arena, &checks, sure);
    }
    nf_split_checks(&r->split, &checks);
    go_to(r, r->split.block);
}

/* Joins the partial results and leaves, or goes on with the scalar loop. */
static void end_emit(rewrite *r)
{
    nf_plan *plan = r->plan;
    nf_value sums[NF_REDUCTIONS_MAX], outs[NF_OUTS_MAX];
    nf_value *params = NF_NEW_ARRAY(plan->opt->scratch, nf_value, r->split.param_count);
    sums_emit(r, sums);
    nf_loop_emit e = here(r);
    int64_t count = 0;
    if (params == NULL) return;
    bool constant = nf_value_is_const(r->f, r->count, &count);
    bool all = plan->masked || (constant && r->done == (uint64_t)count);
    bool none = plan->scalar_last || (constant && !all);
    for (uint32_t i = 0; !none && i < plan->outs.count; i++)
        outs[i] = value_at_end(r, &e, plan->outs.values[i], sums);
    for (uint32_t i = 0; !all && i < r->split.param_count; i++)
        params[i] = param_at(r, &e, i, sums);
    r->split.scalar_used |= !all;
    if (all) {
        nf_build_br(r->f, e.block, r->split.behind, outs, plan->outs.count);
    } else if (none) {
        nf_build_br(r->f, e.block, r->split.scalar, params, r->split.param_count);
    } else {
        nf_value done = nf_loop_compare(&e, NF_EQ, r->index, r->count);
        nf_build_brif(r->f, e.block, done, r->split.behind, outs, plan->outs.count, r->split.scalar,
                      params, r->split.param_count);
    }
}

/* --- the whole --- */

void nf_plan_apply(nf_plan *plan)
{
    rewrite r = {.plan = plan, .f = plan->f};
    nf_arena *scratch = plan->opt->scratch;
    if (!nf_lanes_init(&r.w, plan, false)) return;
    if (!nf_split_begin(&r.split, &plan->loop, &plan->outs, scratch)) return;
    front_emit(&r);
    nf_block first = r.split.block;
    if (plan->copies > 1 || plan->masked) stage_emit(&r, plan->copies, false);
    stage_emit(&r, 1, plan->masked);
    if (plan->halved) half_emit(&r);
    end_emit(&r);
    nf_build_br(r.f, r.w.ahead, first, NULL, 0);
    nf_split_end(&r.split);
}

static bool lanes_possible(nf_plan *plan)
{
    nf_lanes w;
    nf_value counters[NF_COUNTERS_MAX], sums[NF_REDUCTIONS_MAX];
    const nf_value any = {1};
    if (!nf_lanes_init(&w, plan, true)) return false;
    for (uint32_t i = 0; i < plan->counter_count; i++)
        counters[i] = nf_lanes_counter(&w, counter_form(plan, i), any);
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        sums[i] = neutral_of(&w, &plan->reductions[i]);
    copy_emit(&w, 1, (nf_lane_mask){{0}, 0}, counters, sums);
    if (plan->masked) copy_emit(&w, 0, mask_of_rest(&w, any, any), counters, sums);
    for (uint32_t i = 0; i < plan->reduction_count; i++) {
        nf_value joined = sums_join(&w, &plan->reductions[i], any, any);
        sum_reduce(&w, &plan->reductions[i], joined);
    }
    plan->missing = w.missing;
    plan->reason = w.possible ? NULL : "this CPU has no vectors for";
    return w.possible;
}

bool nf_plan_possible(nf_plan *plan)
{
    plan->lanes_log2 -= plan->halved;
    bool possible = !plan->halved || lanes_possible(plan);
    plan->lanes_log2 += plan->halved;
    return possible && lanes_possible(plan);
}
