/*
 * Runs counted innermost loops on vectors: finds them, plans, asks, rewrites.
 *
 * requires: rotated loops (NF_FACT_ROTATED).  preserves: that.  breaks: nothing.
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

/* Plans with masks where the variant has them, else with a scalar rest. */
static bool plan_loop(nf_plan *plan, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    if (!nf_plan_make(plan, opt, f, cfg, loop)) return false;
    if (nf_plan_possible(plan)) return true;
    if (!plan->masked) return false;
    plan->masked = false;
    return plan->loop.count == 0 || plan->loop.count >= nf_plan_lanes(plan) ? nf_plan_possible(plan)
                                                                            : false;
}

/* The loop around one that can't be. */
static bool vectorise_outer(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    nf_outer *outer = NF_NEW(opt->scratch, nf_outer);
    if (outer == NULL || loop == NF_NO_LOOP || !nf_outer_plan(outer, opt, f, cfg, loop))
        return false;
    nf_outer_apply(outer);
    opt->loops_vectorised++;
    return true;
}

static bool vectorise_loop(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    nf_plan *plan = NF_NEW(opt->scratch, nf_plan);
    if (plan == NULL) return false;
    if (!plan_loop(plan, opt, f, cfg, loop)) {
        if (vectorise_outer(opt, f, cfg, cfg->loops[loop].parent)) return true;
        remark(opt, plan, cfg->loops[loop].header);
        return false;
    }
    nf_plan_apply(plan);
    opt->loops_vectorised++;
    return true;
}

/* The first innermost loop that was not looked at yet. */
static uint32_t loop_next(const nf_cfg *cfg, const nf_bitset *seen, uint32_t block_count)
{
    for (uint32_t i = 0; i < cfg->loop_count; i++) {
        uint32_t header = cfg->loops[i].header.id;
        if (cfg->loops[i].innermost && header < block_count && !nf_bitset_has(seen, header))
            return i;
    }
    return NF_NO_LOOP;
}

bool nf_pass_vectorise(nf_opt *opt, nf_func *f)
{
    if (opt->variant == NULL || opt->variant->vector_bytes == 0) return false;
    bool changed = nf_unroll_inner(opt, f);
    uint32_t block_count = f->blocks.count, loop;
    nf_cfg cfg;
    nf_bitset seen = nf_bitset_new(opt->scratch, block_count);
    if (seen.words == NULL || nf_cfg_build(f, opt->scratch, &cfg) != NF_OK) return changed;
    while ((loop = loop_next(&cfg, &seen, block_count)) != NF_NO_LOOP) {
        nf_bitset_add(&seen, cfg.loops[loop].header.id);
        if (!vectorise_loop(opt, f, &cfg, loop)) continue;
        changed = true;
        if (nf_cfg_build(f, opt->scratch, &cfg) != NF_OK) break;
    }
    return changed;
}
