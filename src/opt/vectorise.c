/*
 * Runs counted innermost loops on vectors: finds them, plans, asks, rewrites.
 *
 * requires: rotated, closed loops (NF_FACT_ROTATED, LOOP_CLOSED).  preserves: that.  breaks: nothing.
 *
 * Small constant loops inside of others go first, by copies of their bodies, so that the loop around
 * them is an innermost one. Where an innermost loop is refused, the loop around it may still run on
 * vectors (vectorise_outer.c).
 *
 * A loop is taken when it is counted (induction_trip.c), every value has a lane form
 * (vectorise_plan.c), accesses do not overlap or can be checked (vectorise_memory.c) and the back
 * end can do every operation (vectorise_lanes.c, dry). What is left of it then depends on the
 * variant; the loop itself stays as what runs when a check fails, and for the rest.
 *
 *     for (i = 0; i < n; i++) y[i] += a * x[i];      avx2, two copies
 *
 *     n >= 8 and y - x not within a vector?  else scalar
 *     loop: 2 x { load x, load y, fmul, fadd, store y }  by 16
 *     loop: the same by 8;  then scalar for what is left
 *
 * The result is bit for bit what the scalar loop gives, unless the function allows sums and products
 * to be reassociated. See Allen and Kennedy, "Optimizing Compilers for Modern Architectures".
 */
#include "vectorise_internal.h"
#include "vectorise_outer.h"
#include "unroll_internal.h"
#include "base/bitset.h"
#include "base/text.h"

/* Where the loop is, for the remark. */
static const char *block_name(const nf_func *f, nf_block b)
{
    const char *name = NULL;
    if (b.id < f->debug.block_names.count) name = f->debug.block_names.data[b.id];
    return name ? name : "";
}

static void remark(nf_opt *opt, const nf_plan *plan, nf_block header)
{
    const char *name = block_name(plan->f, header);
    const char *op = plan->missing ? nf_ops[plan->missing].text : "";
    nf_format(opt->remark, sizeof opt->remark, "loop%s%s: %s%s%s", *name ? " " : "", name,
              plan->reason, *op ? " " : "", op);
}

/* Plans with masks or shorter vectors where the variant has them, else with a scalar rest. */
static bool plan_loop(nf_plan *plan, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    if (!nf_plan_make(plan, opt, f, cfg, loop)) return false;
    if (nf_plan_possible(plan)) return true;
    if (!plan->masked && !plan->halved) return false;
    plan->masked = plan->halved = false;
    return plan->loop.count == 0 || plan->loop.count >= nf_plan_lanes(plan) ? nf_plan_possible(plan)
                                                                            : false;
}

/* The loop around one that can't be. */
static bool vectorise_outer(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    nf_outer *outer = NF_TAKE_ARRAY(opt->scratch, nf_outer, 1);
    if (outer == NULL || loop == NF_NO_LOOP || !nf_outer_plan(outer, opt, f, cfg, loop))
        return false;
    nf_outer_apply(outer);
    opt->loops_vectorised++;
    return true;
}

typedef struct search {
    nf_opt *opt;
    nf_func *f;
    nf_cfg cfg;
    nf_bitset seen;       /* headers of loops that were looked at */
    uint32_t block_count; /* what was there at the start */
    bool changed;         /* since the control flow graph was built */
} search;

/* Whether the loop around is to be tried: where the inner one can't be vectorised, or ends in sums, which
 * cost a loop of few iterations more than its work. */
static bool prefers_outer(const search *s, const nf_plan *plan, bool possible, uint32_t parent)
{
    if (parent == NF_NO_LOOP || nf_block_at(s->f, s->cfg.loops[parent].header)->is_rest)
        return false;
    return !possible || plan->reduction_count > 0;
}

/* The loop around one is looked at in a fresh graph: then the inner one is tried again. It is, too, when
 * the loop around runs on vectors, for where its checks fail. */
static void vectorise_loop(search *s, uint32_t loop)
{
    nf_block header = s->cfg.loops[loop].header;
    uint32_t parent = s->cfg.loops[loop].parent;
    nf_plan *plan = nf_plan_new(s->opt->scratch);
    if (plan == NULL) return;
    bool possible = plan_loop(plan, s->opt, s->f, &s->cfg, loop);
    bool outer = prefers_outer(s, plan, possible, parent);
    if (outer && s->changed) return;
    if (outer && vectorise_outer(s->opt, s->f, &s->cfg, parent)) {
        s->changed = true;
        return;
    }
    nf_bitset_add(&s->seen, header.id);
    if (possible) {
        nf_plan_apply(plan);
        s->opt->loops_vectorised++;
        s->changed = true;
    } else {
        remark(s->opt, plan, header);
    }
}

/* All innermost loops of the graph that were not looked at yet. Innermost loops have no block in
 * common, so that what is done to one leaves the others as they are in the graph. */
static bool vectorise_round(search *s)
{
    s->changed = false;
    for (uint32_t i = 0; i < s->cfg.loop_count; i++) {
        uint32_t header = s->cfg.loops[i].header.id;
        bool old = header < s->block_count;
        if (!s->cfg.loops[i].innermost || !old || nf_bitset_has(&s->seen, header)) continue;
        nf_arena_mark mark = nf_arena_mark_get(s->opt->scratch);
        vectorise_loop(s, i);
        nf_arena_rewind(s->opt->scratch, mark);
    }
    return s->changed;
}

bool nf_pass_vectorise(nf_opt *opt, nf_func *f)
{
    if (opt->variant == NULL || opt->variant->vector_bytes == 0) return false;
    bool changed = nf_unroll_inner(opt, f);
    search s = {.opt = opt, .f = f, .block_count = f->blocks.count};
    s.seen = nf_bitset_new(opt->scratch, s.block_count);
    if (s.seen.words == NULL) return changed;
    while (nf_flow_get(opt, f, &s.cfg) && vectorise_round(&s)) {
        nf_flow_drop(opt);
        changed = true;
    }
    return changed;
}
