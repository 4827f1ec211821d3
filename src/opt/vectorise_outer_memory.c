/*
 * Which accesses of a nest may meet when iterations of its outer loop become lanes, and what has to
 * be checked in front of it; see vectorise_outer.h.
 *
 * Lanes run ahead of one another in any order, so an access must not meet a store of another
 * iteration at all. That is known of things that are apart (alias.h), and of two accesses that go to
 * the same place, which steps with the outer loop alone: each iteration has its own. All others must
 * be apart in the whole nest, which is checked. An access to start + bytes * i + stride * k, where
 * the outer loop runs n times and the inner one m times, is within
 *
 *     low = start (+ stride * (m - 1) when that is negative)
 *     length = bytes * n + |stride| * (m - 1)
 *
 * and two of them are apart iff  low2 - low1 >= length1  and  low1 - low2 >= length2  modulo 2^64,
 * as counts are below 2^31 and lengths, therefore, below 2^63.
 */
#include "vectorise_outer.h"

enum { STRIDE_MAX = 1 << 24 };
static const uint64_t COUNT_MAX = UINT64_C(1) << 31;

static bool refuse(nf_outer *o, const char *reason)
{
    o->reason = reason;
    return false;
}

/* --- where accesses go --- */

/* The counted loop inside of the outer one. */
static nf_counted *inner_find(nf_outer *o, const nf_cfg *cfg, uint32_t loop)
{
    for (uint32_t i = 0; i < o->inner_count; i++)
        if (o->inner[i]->loop == loop) return o->inner[i];
    if (o->inner_count == NF_OUTER_LOOPS_MAX || cfg->loops[loop].parent != o->loop.loop)
        return NULL;
    nf_counted *inner = NF_TAKE_ARRAY(o->opt->scratch, nf_counted, 1);
    if (inner == NULL || !nf_counted_analyse(o->f, cfg, loop, o->opt->scratch, inner)) return NULL;
    if (!inner->counted) return NULL;
    o->inner[o->inner_count++] = inner;
    return inner;
}

static bool is_outside(const nf_outer *o, const nf_affine *form)
{
    for (uint32_t i = 0; i < form->term_count; i++)
        if (nf_counted_has(&o->loop, form->terms[i].value)) return false;
    return true;
}

/* Whether how often the inner loop runs can be told in front of the nest. */
static bool count_is_known(const nf_outer *o, const nf_counted *inner)
{
    if (inner->count) return true;
    return inner->tested.needs == 0 && inner->bound.needs == 0 && is_outside(o, &inner->tested) &&
           is_outside(o, &inner->bound);
}

/* The form with what the outer loop makes replaced by the form of that. */
static nf_affine form_outside(nf_outer *o, const nf_affine *form)
{
    nf_affine sum = {.type = form->type, .constant = form->constant};
    for (uint32_t i = 0; i < form->term_count && sum.type != NF_VOID; i++) {
        nf_term term = form->terms[i];
        nf_affine part = {.type = form->type, .term_count = 1, .terms = {term}};
        part.terms[0].factor = 1;
        if (nf_counted_has(&o->loop, term.value)) {
            if (term.convert != NF_OP_NONE) return (nf_affine){0};
            part = *nf_affine_of(&o->loop, term.value);
        }
        sum = nf_affine_add(&sum, &part, term.factor);
    }
    return sum;
}

static bool reach_find(nf_outer *o, const nf_cfg *cfg, nf_value v, nf_reach *reach)
{
    const nf_inst *inst = nf_inst_at(o->f, v);
    uint32_t loop = cfg->loop_of[inst->block.id];
    nf_counted *inner = loop == o->loop.loop ? NULL : inner_find(o, cfg, loop);
    *reach = (nf_reach){.inst = v, .inner = inner};
    if (inner == NULL) {
        reach->start = nf_affine_address(&o->loop, inst);
        o->needs |= reach->start.needs;
        return loop == o->loop.loop && reach->start.type != NF_VOID;
    }
    nf_affine form = nf_affine_address(inner, inst);
    if (form.type == NF_VOID || form.needs || !count_is_known(o, inner)) return false;
    if (form.step > STRIDE_MAX || form.step < -STRIDE_MAX) return false;
    reach->start = form_outside(o, &form);
    reach->stride = form.step;
    o->needs |= reach->start.needs;
    return reach->start.type != NF_VOID && is_outside(o, &reach->start);
}

/* --- which may meet --- */

static bool same_place(const nf_reach *a, const nf_reach *b)
{
    return a->stride == 0 && b->stride == 0 && nf_affine_same_terms(&a->start, &b->start) &&
           a->start.constant == b->start.constant && a->start.step == b->start.step;
}

static bool pair_check(nf_outer *o, const nf_cfg *cfg, const nf_alias *alias, nf_value a,
                       nf_value b)
{
    const nf_inst *left = nf_inst_at(o->f, a), *right = nf_inst_at(o->f, b);
    nf_place first = nf_place_of(alias, left), second = nf_place_of(alias, right);
    nf_reach *pair = o->pairs[o->pair_count];
    if (left->op == NF_OP_LOAD && right->op == NF_OP_LOAD) return true;
    if (nf_places_apart_always(alias, &first, &second)) return true;
    if (o->pair_count == NF_OUTER_PAIRS_MAX) return refuse(o, "too many accesses may overlap");
    if (!reach_find(o, cfg, a, &pair[0]) || !reach_find(o, cfg, b, &pair[1]))
        return refuse(o, "accesses that may overlap");
    if (left->type == right->type && same_place(&pair[0], &pair[1])) return true;
    if (nf_affine_same_terms(&pair[0].start, &pair[1].start))
        return refuse(o, "iterations within a vector depend on each other");
    o->pair_count++;
    return true;
}

bool nf_outer_memory(nf_outer *o, const nf_cfg *cfg)
{
    nf_value accesses[NF_OUTER_ACCESSES_MAX];
    uint32_t count = 0;
    nf_alias alias;
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        NF_FOR_INSTS(o->f, o->loop.blocks[i], v)
        {
            if (!nf_is_op(o->f, v, NF_OP_LOAD) && !nf_is_op(o->f, v, NF_OP_STORE)) continue;
            if (count == NF_OUTER_ACCESSES_MAX) return refuse(o, "too many accesses to memory");
            accesses[count++] = v;
        }
    }
    if (!nf_alias_init(&alias, o->f, cfg, o->opt->scratch)) return refuse(o, "memory is out");
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (!pair_check(o, cfg, &alias, accesses[i], accesses[k])) return false;
    return true;
}

/* --- checks --- */

typedef struct check_writer {
    nf_outer *o;
    nf_loop_emit *e;
    nf_checks *checks;
    nf_value count; /* of the outer loop's iterations */
    nf_value inner_counts[NF_OUTER_LOOPS_MAX];
} check_writer;

static void check(check_writer *w, nf_cond cond, nf_value a, nf_value b)
{
    (void)NF_VEC_PUSH(w->e->f->arena, w->checks, nf_loop_compare(w->e, cond, a, b));
}

static nf_value constant(check_writer *w, int64_t number)
{
    return nf_loop_iconst(w->e, NF_I64, number);
}

/* |stride| * (count - 1) */
static nf_value way_emit(check_writer *w, nf_value count, int64_t stride)
{
    nf_value before = nf_loop_op(w->e, NF_OP_SUB, NF_I64, count, constant(w, 1));
    return nf_loop_op(w->e, NF_OP_MUL, NF_I64, before, constant(w, stride < 0 ? -stride : stride));
}

static nf_value inner_way(check_writer *w, const nf_reach *reach)
{
    uint32_t i = 0;
    if (reach->stride == 0) return constant(w, 0);
    while (w->o->inner[i] != reach->inner) i++;
    if (w->inner_counts[i].id == 0) {
        w->inner_counts[i] = nf_trip_emit(reach->inner, w->e, w->checks);
        check(w, NF_ULE, w->inner_counts[i], constant(w, (int64_t)COUNT_MAX));
    }
    return way_emit(w, w->inner_counts[i], reach->stride);
}

typedef struct range {
    nf_value low, length;
} range;

static range range_emit(check_writer *w, const nf_reach *reach)
{
    nf_value way = inner_way(w, reach), low = nf_affine_emit(w->e, &reach->start);
    nf_value length = way_emit(w, w->count, reach->start.step);
    int64_t bytes = nf_type_bytes(nf_type_of(w->o->f, reach->inst));
    if (reach->stride < 0) low = nf_loop_op(w->e, NF_OP_SUB, NF_I64, low, way);
    length = nf_loop_op(w->e, NF_OP_ADD, NF_I64, length, way);
    return (range){low, nf_loop_op(w->e, NF_OP_ADD, NF_I64, length, constant(w, bytes))};
}

void nf_outer_overlaps_emit(nf_outer *o, nf_loop_emit *e, nf_value count, nf_checks *checks)
{
    check_writer w = {.o = o, .e = e, .checks = checks, .count = count};
    if (o->pair_count == 0) return;
    check(&w, NF_ULE, count, constant(&w, (int64_t)COUNT_MAX));
    for (uint32_t i = 0; i < o->pair_count; i++) {
        range a = range_emit(&w, &o->pairs[i][0]), b = range_emit(&w, &o->pairs[i][1]);
        nf_value distance = nf_loop_op(e, NF_OP_SUB, NF_I64, b.low, a.low);
        nf_value back = nf_loop_op(e, NF_OP_SUB, NF_I64, a.low, b.low);
        check(&w, NF_UGE, distance, a.length);
        check(&w, NF_UGE, back, b.length);
    }
}
