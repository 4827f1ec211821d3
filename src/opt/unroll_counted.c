/*
 * A counted loop by several copies with one test; see unroll.c.
 *
 *   preheader ─► count, checks ─► copies of the body ─┐ by `factor` iterations
 *                                        ▲────────────┘
 *                                        │ all done ─► behind,  else ─► the loop as it was
 *
 * The copies end when a parameter that moves with the tested value is where it will be after the
 * largest multiple of `factor` iterations; the count's checks see to it that it meets that value
 * once. Without such a parameter an index counts. In copy k an affine parameter is the first
 * copy's plus k steps, so that copies do not wait for one another.
 *
 * A reduction whose order does not matter gathers in up to SUMS_MAX partial results, copy k in the
 * (k mod sums)th; they are joined behind the loop:
 *
 *     s0 += a[i]; s1 += a[i + 1]; s0 += a[i + 2]; s1 += a[i + 3];   s = s0 + s1
 */
#include "unroll_internal.h"

enum {
    SUMS_MAX = 8, /* partial results in one loop, for all of its reductions */
    REDUCTIONS_MAX = 8,
};

typedef struct counted {
    nf_unroll *u;
    nf_func *f;
    nf_split split;
    nf_reduction reductions[REDUCTIONS_MAX];
    uint32_t reduction_count;
    uint32_t sums; /* partial results per reduction */
    bool has_counter;
    uint32_t counter; /* the parameter that tells the end: the header's, or the index */
    nf_value count, limit;
    /* Of the new loop: the header's parameters, then the partial results beside the first of each
     * reduction, then the index when there is one. */
    uint32_t state_count;
    nf_value *params, *state;
} counted;

static nf_value header_param(const counted *c, uint32_t i)
{
    return nf_param_at(c->f, c->u->loop.header, i);
}

static const nf_affine *form_of(counted *c, uint32_t param)
{
    return nf_affine_of(&c->u->loop, header_param(c, param));
}

/* --- reductions --- */

/* Whether behind the loop nothing of the reduction but its result is used. */
static bool is_closed(counted *c, const nf_reduction *r)
{
    const nf_outs *outs = &c->u->outs;
    for (uint32_t i = 0; i < outs->count; i++) {
        nf_value v = outs->values[i];
        bool other =
            nf_type_of(c->f, v) != r->type || nf_affine_of(&c->u->loop, v)->type != NF_VOID;
        if (v.id != r->next.id && !other) return false;
    }
    return true;
}

static void reductions_find(counted *c)
{
    nf_counted *loop = &c->u->loop;
    uint32_t *uses = NF_NEW_ARRAY(c->u->opt->scratch, uint32_t, loop->value_count);
    bool reassoc = (c->f->attributes & NF_ATTR_REASSOC) != 0;
    c->sums = 1;
    if (uses == NULL) return;
    nf_counted_uses(loop, uses);
    for (uint32_t i = 0; i < c->u->copier.param_count; i++) {
        nf_reduction *r = &c->reductions[c->reduction_count];
        if (c->reduction_count == REDUCTIONS_MAX) break;
        if (form_of(c, i)->type != NF_VOID) continue;
        if (!nf_reduction_find(loop, uses, i, r) || (r->order != NF_ORDER_FREE && !reassoc))
            continue;
        if (is_closed(c, r)) c->reduction_count++;
    }
    if (c->reduction_count == 0) return;
    while (c->sums < c->u->factor && 2 * c->sums * c->reduction_count <= SUMS_MAX) c->sums *= 2;
}

/* Where a partial result of reduction r stands in the state. */
static uint32_t sum_at(const counted *c, uint32_t r, uint32_t sum)
{
    if (sum == 0) return c->reductions[r].index;
    return c->u->copier.param_count + r * (c->sums - 1) + sum - 1;
}

static bool is_reduction(const counted *c, uint32_t param)
{
    for (uint32_t r = 0; r < c->reduction_count; r++)
        if (c->reductions[r].index == param) return true;
    return false;
}

/* --- the state --- */

/* Looks for a parameter that moves as the tested value does. */
static void counter_find(counted *c)
{
    const nf_affine *tested = &c->u->loop.tested;
    for (uint32_t i = 0; i < c->u->copier.param_count && !c->has_counter; i++) {
        const nf_affine *form = form_of(c, i);
        c->counter = i;
        c->has_counter = form->type == tested->type && form->step == tested->step &&
                         nf_affine_same_terms(form, tested);
    }
}

static bool state_plan(counted *c)
{
    nf_arena *scratch = c->u->opt->scratch;
    reductions_find(c);
    counter_find(c);
    c->state_count = c->u->copier.param_count + c->reduction_count * (c->sums - 1);
    if (!c->has_counter) c->counter = c->state_count++;
    c->params = NF_NEW_ARRAY(scratch, nf_value, c->state_count);
    c->state = NF_NEW_ARRAY(scratch, nf_value, c->state_count + NF_OUTS_MAX);
    return c->params && c->state;
}

/* What the new loop starts with. */
static void state_enter(counted *c, nf_loop_emit *e)
{
    for (uint32_t i = 0; i < c->u->copier.param_count; i++) c->state[i] = c->split.inits[i];
    for (uint32_t r = 0; r < c->reduction_count; r++) {
        const nf_reduction *reduction = &c->reductions[r];
        bool idempotent = nf_reduction_rule_of(reduction)->idempotent;
        for (uint32_t k = 1; k < c->sums; k++)
            c->state[sum_at(c, r, k)] =
                idempotent ? reduction->init
                           : nf_loop_bits(e, reduction->type, nf_reduction_neutral(reduction));
    }
    if (!c->has_counter) c->state[c->counter] = nf_loop_iconst(e, NF_I64, 0);
}

/* Parameters of a block for a list of values, which they then replace. */
static void params_like(counted *c, nf_block b, nf_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        values[i] = nf_block_param(c->f, b, nf_type_of(c->f, values[i]));
}

/* --- the copies --- */

/* A parameter some iterations on from the start of the round. */
static nf_value ahead(counted *c, nf_loop_emit *e, uint32_t param, uint32_t iterations)
{
    bool index = param >= c->u->copier.param_count;
    nf_type type = nf_type_of(c->f, c->params[param]);
    uint64_t step = index ? 1 : (uint64_t)form_of(c, param)->step;
    nf_value way = nf_loop_iconst(e, type, (int64_t)(step * iterations));
    return nf_loop_op(e, NF_OP_ADD, type, c->params[param], way);
}

static nf_block copy_emit(counted *c, nf_block at, uint32_t k)
{
    nf_copier *copier = &c->u->copier;
    nf_loop_emit e = {c->f, at};
    if (k > 0) nf_copier_advance(copier);
    for (uint32_t i = 0; i < copier->param_count; i++) {
        if (k == 0) nf_copier_set(copier, i, c->params[i]);
        if (k > 0 && form_of(c, i)->type != NF_VOID) nf_copier_set(copier, i, ahead(c, &e, i, k));
    }
    for (uint32_t r = 0; r < c->reduction_count; r++)
        nf_copier_set(copier, c->reductions[r].index, c->state[sum_at(c, r, k % c->sums)]);
    at = nf_copier_body(copier, at);
    for (uint32_t r = 0; r < c->reduction_count; r++)
        c->state[sum_at(c, r, k % c->sums)] = nf_copy_of(copier, c->reductions[r].next);
    return at;
}

/* One round; state[] is then what goes on to the next. */
static nf_block round_emit(counted *c, nf_block at)
{
    nf_copier *copier = &c->u->copier;
    __builtin_memcpy(c->state, c->params, c->state_count * sizeof *c->state);
    for (uint32_t k = 0; k < c->u->factor; k++) at = copy_emit(c, at, k);
    nf_loop_emit e = {c->f, at};
    for (uint32_t i = 0; i < copier->param_count; i++) {
        if (is_reduction(c, i)) continue;
        c->state[i] = form_of(c, i)->type != NF_VOID ? ahead(c, &e, i, c->u->factor)
                                                     : nf_copy_of(copier, copier->nexts[i]);
    }
    if (!c->has_counter) c->state[c->counter] = ahead(c, &e, c->counter, c->u->factor);
    return at;
}

/* --- in front and behind --- */

/* The number of iterations, whether the copies have enough to do, and where they end. */
static void front_emit(counted *c, nf_value *whole)
{
    nf_counted *loop = &c->u->loop;
    nf_checks checks = {0};
    nf_loop_emit e = {c->f, c->split.block};
    int64_t known;
    c->count = nf_trip_emit(loop, &e, &checks);
    if (!nf_value_is_const(c->f, c->count, &known)) {
        nf_value least = nf_loop_iconst(&e, NF_I64, c->u->factor);
        nf_value enough = nf_loop_compare(&e, NF_UGE, c->count, least);
        (void)NF_VEC_PUSH(c->f->arena, &checks, enough);
    }
    nf_split_checks(&c->split, &checks);
    e.block = c->split.block;
    nf_value mask = nf_loop_iconst(&e, NF_I64, -(int64_t)c->u->factor);
    *whole = nf_loop_op(&e, NF_OP_AND, NF_I64, c->count, mask);
    c->limit = *whole;
    if (c->has_counter) c->limit = nf_affine_emit_at(&e, form_of(c, c->counter), *whole);
    state_enter(c, &e);
}

/* Joins partial results, and leaves or goes on with the old loop. state[]: the loop's state, and
 * behind it the values used behind the loop. */
static void back_emit(counted *c, nf_value whole)
{
    nf_loop_emit e = {c->f, c->split.block};
    const nf_outs *used = &c->u->outs;
    nf_value *outs = c->state + c->state_count;
    for (uint32_t r = 0; r < c->reduction_count; r++) {
        const nf_reduction *reduction = &c->reductions[r];
        for (uint32_t width = c->sums / 2; width > 0; width /= 2)
            for (uint32_t k = 0; k < width; k++)
                c->state[sum_at(c, r, k)] = nf_build(
                    c->f, e.block, reduction->op, reduction->type, c->state[sum_at(c, r, k)],
                    c->state[sum_at(c, r, k + width)], (nf_value){0});
        for (uint32_t i = 0; i < used->count; i++)
            if (used->values[i].id == reduction->next.id) outs[i] = c->state[reduction->index];
    }
    nf_value done = nf_loop_compare(&e, NF_EQ, whole, c->count);
    int64_t known;
    bool certain = nf_value_is_const(c->f, done, &known);
    c->split.scalar_used |= !certain || !known;
    if (!certain)
        nf_build_brif(c->f, e.block, done, c->split.behind, outs, used->count, c->split.scalar,
                      c->state, c->u->copier.param_count);
    else if (known)
        nf_build_br(c->f, e.block, c->split.behind, outs, used->count);
    else
        nf_build_br(c->f, e.block, c->split.scalar, c->state, c->u->copier.param_count);
}

bool nf_unroll_counted(nf_unroll *u)
{
    counted c = {.u = u, .f = u->f};
    nf_func *f = u->f;
    nf_value whole;
    if (!state_plan(&c)) return false;
    if (!nf_split_begin(&c.split, &u->loop, &u->outs, u->opt->scratch)) return false;
    front_emit(&c, &whole);
    nf_block body = nf_split_block(&c.split);
    nf_build_br(f, c.split.block, body, c.state, c.state_count);
    params_like(&c, body, c.state, c.state_count);
    __builtin_memcpy(c.params, c.state, c.state_count * sizeof *c.state);
    u->copier.layout = body;
    nf_block end = round_emit(&c, body);
    nf_block out = nf_block_insert(f, u->copier.layout);
    c.split.layout = c.split.block = out;
    for (uint32_t i = 0; i < u->outs.count; i++)
        c.state[c.state_count + i] = nf_copy_of(&u->copier, u->outs.values[i]);
    nf_value more = nf_build_compare(f, end, NF_NE, c.state[c.counter], c.limit);
    uint32_t out_count = c.state_count + u->outs.count;
    nf_build_brif(f, end, more, body, c.state, c.state_count, out, c.state, out_count);
    params_like(&c, out, c.state, out_count);
    back_emit(&c, whole);
    nf_split_end(&c.split);
    return true;
}
