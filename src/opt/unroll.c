/*
 * Copies the bodies of innermost loops, so that one round does the work of several.
 *
 * requires: rotated, closed loops (NF_FACT_ROTATED, LOOP_CLOSED).  preserves: that.  breaks: nothing.
 *
 * Three ways, by what is known:
 *
 *   constant count, small    all iterations one behind the other, no loop left
 *   counted                  a loop of `factor` copies with one test, the old loop for the rest;
 *                            a reduction gathers in several partial results where any order is exact
 *                            (unroll_counted.c)
 *   not counted              `factor` copies, each with its test, in the old loop's place
 *
 * The first happens in every variant, the others in those that ask for copies. Loops that do what
 * faster ones leave over stay as they are. So do, in variants that are about vectors, counted loops
 * that could not be run on these: what stands in front of and behind their copies took a quarter of
 * all compiling, and none of the kernels of bench/codegen was the slower for its want.
 *
 *     do { p = next(p) } while (p)     by 2:     do { p = next(p); if (!p) break; p = next(p) }
 *                                                while (p)
 */
#include "unroll_internal.h"
#include "ir/eval.h"

enum {
    WHOLE_COUNT_MAX = 16,       /* iterations of a loop that is unrolled as a whole */
    INNER_COUNT_MAX = 8,        /* the same, where that lets the loop around it be vectorised */
    WHOLE_INSTS_MAX = 192,      /* and instructions that this may make */
    LOOP_INSTS_MAX = 256,       /* instructions of an unrolled loop */
    VECTOR_LOOP_INSTS_MAX = 64, /* the same in variants that are about vectors */
};

/* --- a look at the loop, before it is analysed --- */

typedef struct body {
    uint32_t size;
    bool plain; /* may be copied */
} body;

/* Calls cost more than the test that a copy saves; vectors were copied by the vectoriser. */
static body body_of(const nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    body found = {0, true};
    uint32_t at = cfg->rpo_index[cfg->loops[loop].header.id], left = cfg->loops[loop].block_count;
    for (; left > 0; at++) {
        nf_block b = {cfg->rpo[at]};
        if (cfg->loop_of[b.id] != loop) continue;
        left--;
        NF_FOR_INSTS(f, b, v)
        {
            const nf_inst *inst = nf_inst_at(f, v);
            bool calls = (nf_ops[inst->op].effects & NF_EFFECT_CALL) != 0;
            found.plain &= !calls && !NF_TYPE_IS_VECTOR(inst->type);
            found.size++;
        }
    }
    return found;
}

/* Whether the loop's test has a constant in it, as that of a loop has that runs a constant number of
 * times. */
static bool may_be_constant(const nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    uint32_t header = cfg->loops[loop].header.id, end = cfg->pred_start[header + 1];
    for (uint32_t i = cfg->pred_start[header]; i < end; i++) {
        nf_block pred = {cfg->preds[i]};
        if (cfg->loop_of[pred.id] != loop) continue;
        const nf_inst *branch = nf_inst_at(f, nf_terminator(f, pred));
        const nf_inst *test = nf_inst_at(f, branch->a);
        if (test->op != NF_OP_ICMP) return true;
        return nf_is_op(f, test->a, NF_OP_ICONST) || nf_is_op(f, test->b, NF_OP_ICONST);
    }
    return false;
}

/* --- constant count --- */

static bool is_whole(const nf_counted *loop, const body *b, uint64_t count_max)
{
    return loop->counted && loop->count != 0 && loop->count <= count_max &&
           loop->count * b->size <= WHOLE_INSTS_MAX;
}

/* The guard in front of a loop that is known to run is no question. */
static void guard_take(nf_unroll *u)
{
    nf_func *f = u->f;
    const nf_cfg *cfg = u->loop.cfg;
    nf_block preheader = u->loop.preheader;
    if (cfg->pred_start[preheader.id + 1] - cfg->pred_start[preheader.id] != 1) return;
    nf_value end = nf_terminator(f, (nf_block){cfg->preds[cfg->pred_start[preheader.id]]});
    const nf_inst test = *nf_inst_at(f, nf_inst_at(f, end)->a);
    int64_t a, b;
    if (!nf_is_op(f, end, NF_OP_BRIF) || test.op != NF_OP_ICMP) return;
    if (!nf_value_is_const(f, test.a, &a) || !nf_value_is_const(f, test.b, &b)) return;
    nf_bits left = {{(uint64_t)a}}, right = {{(uint64_t)b}}, holds;
    if (!nf_eval_op(&test, nf_type_of(f, test.a), &left, &right, NULL, &holds)) return;
    uint32_t edge = holds.u8[0] ? 0 : 1;
    if (nf_edge_at(f, end, edge)->to.id == preheader.id) nf_terminator_take(f, end, edge);
}

static void unroll_whole(nf_unroll *u)
{
    nf_func *f = u->f;
    const nf_counted *loop = &u->loop;
    nf_copier *c = &u->copier;
    nf_value outs[NF_OUTS_MAX];
    guard_take(u);
    nf_block left = nf_exit_split(loop, &u->outs, loop->latch), at = loop->preheader;
    for (uint32_t i = 0; i < c->param_count; i++) nf_copier_set(c, i, nf_counted_init(loop, i));
    nf_inst_remove(f, nf_block_at(f, at)->last);
    c->layout = at;
    for (uint64_t k = 0; k < loop->count; k++) {
        if (k > 0) nf_copier_advance(c);
        at = nf_copier_body(c, at);
    }
    for (uint32_t i = 0; i < u->outs.count; i++) outs[i] = nf_copy_of(c, u->outs.values[i]);
    nf_build_br(f, at, left, outs, u->outs.count);
    for (uint32_t i = 0; i < loop->block_count; i++) nf_block_remove(f, loop->blocks[i]);
}

/* --- not counted --- */

/* Points an edge of a terminator somewhere, with the values as they are in the newest copy. */
static void edge_set(nf_unroll *u, nf_value terminator, uint32_t index, nf_block to,
                     const nf_value *values, uint32_t count)
{
    nf_func *f = u->f;
    uint32_t args = nf_pool_new(f, values, count);
    for (uint32_t i = 0; i < count && args; i++)
        f->pool.data[args + i] = nf_copy_of(&u->copier, values[i]).id;
    *nf_edge_at(f, terminator, index) =
        (nf_edge){.to = to, .args = args, .arg_count = count, .arg_capacity = count};
}

static void unroll_tested(nf_unroll *u)
{
    nf_func *f = u->f;
    const nf_counted *loop = &u->loop;
    nf_copier *c = &u->copier;
    nf_block left = nf_exit_split(loop, &u->outs, loop->latch);
    nf_value last = nf_block_at(f, loop->latch)->last;
    const nf_inst test = *nf_inst_at(f, last);
    c->layout = loop->latch;
    for (uint32_t k = 1; k < u->factor; k++) {
        nf_block start = nf_block_insert(f, c->layout);
        c->layout = start;
        nf_copier_advance(c);
        edge_set(u, last, loop->back, start, NULL, 0);
        nf_block end = nf_copier_body(c, start);
        nf_inst copy = test;
        copy.a = nf_copy_of(c, test.a);
        copy.extra = nf_edges_new(f, 2);
        last = nf_inst_new(f, &copy);
        nf_inst_append(f, end, last);
        edge_set(u, last, loop->out, left, u->outs.values, u->outs.count);
    }
    edge_set(u, last, loop->back, loop->header, c->nexts, c->param_count);
}

/* --- the pass --- */

/* As many copies as the variant asks for and size allows; 1 for none. */
static uint32_t factor_of_size(const nf_opt *opt, const body *b)
{
    if (opt->variant == NULL || !b->plain) return 1;
    uint32_t size_max = opt->variant->vector_bytes ? VECTOR_LOOP_INSTS_MAX : LOOP_INSTS_MAX;
    uint32_t factor = opt->variant->interleave;
    while (factor > 1 && factor * b->size > size_max) factor /= 2;
    return factor;
}

static uint32_t factor_choose(const nf_opt *opt, const nf_counted *loop, uint32_t factor)
{
    if (factor > 1 && opt->variant->vector_bytes && loop->counted) return 1;
    while (factor > 1 && loop->count && factor > loop->count) factor /= 2;
    return factor;
}

static bool unroll_loop(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    if (nf_block_at(f, cfg->loops[loop].header)->is_rest) return false;
    body b = body_of(f, cfg, loop);
    uint32_t factor = factor_of_size(opt, &b);
    if (factor < 2 && !may_be_constant(f, cfg, loop)) return false;
    nf_unroll *u = NF_TAKE_ARRAY(opt->scratch, nf_unroll, 1);
    if (u == NULL) return false;
    u->opt = opt;
    u->f = f;
    if (!nf_counted_analyse(f, cfg, loop, opt->scratch, &u->loop)) return false;
    u->factor = factor_choose(opt, &u->loop, factor);
    bool whole = is_whole(&u->loop, &b, WHOLE_COUNT_MAX);
    if (!whole && u->factor < 2) return false;
    if (!nf_outs_find(&u->loop, &u->outs)) return false;
    if (!nf_copier_init(&u->copier, &u->loop, opt->scratch)) return false;
    if (whole)
        unroll_whole(u);
    else if (!u->loop.counted)
        unroll_tested(u);
    else if (!nf_unroll_counted(u))
        return false;
    opt->loops_unrolled++;
    return true;
}

/* Unrolls a loop inside of another as a whole, so that the other one becomes an innermost loop. */
static bool unroll_inner(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    if (cfg->loops[loop].parent == NF_NO_LOOP || !may_be_constant(f, cfg, loop)) return false;
    body b = body_of(f, cfg, loop);
    nf_unroll *u = NF_TAKE_ARRAY(opt->scratch, nf_unroll, 1);
    if (u == NULL) return false;
    u->opt = opt;
    u->f = f;
    if (!nf_counted_analyse(f, cfg, loop, opt->scratch, &u->loop)) return false;
    if (!is_whole(&u->loop, &b, INNER_COUNT_MAX) || !nf_outs_find(&u->loop, &u->outs)) return false;
    if (!nf_copier_init(&u->copier, &u->loop, opt->scratch)) return false;
    unroll_whole(u);
    opt->loops_unrolled++;
    return true;
}

/* Tries each innermost loop of the snapshot that was not looked at yet. Innermost loops have no block
 * in common, so that what is done to one leaves the others as they are in the snapshot. */
static bool round_run(nf_opt *opt, nf_func *f, const nf_cfg *cfg, nf_bitset *seen,
                      uint32_t block_count,
                      bool (*unroll)(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop))
{
    bool changed = false;
    for (uint32_t i = 0; i < cfg->loop_count; i++) {
        uint32_t header = cfg->loops[i].header.id;
        if (!cfg->loops[i].innermost || header >= block_count || nf_bitset_has(seen, header))
            continue;
        nf_bitset_add(seen, header);
        nf_arena_mark mark = nf_arena_mark_get(opt->scratch);
        changed |= unroll(opt, f, cfg, i);
        nf_arena_rewind(opt->scratch, mark);
    }
    return changed;
}

/* Tries each innermost loop that is there at the start once, those too that become innermost on the
 * way. */
static bool each_loop(nf_opt *opt, nf_func *f,
                      bool (*unroll)(nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop))
{
    uint32_t block_count = f->blocks.count;
    nf_cfg cfg;
    bool changed = false;
    nf_bitset seen = nf_bitset_new(opt->scratch, block_count);
    if (seen.words == NULL || !nf_flow_get(opt, f, &cfg)) return false;
    while (round_run(opt, f, &cfg, &seen, block_count, unroll)) {
        changed = true;
        nf_flow_drop(opt);
        nf_blocks_merge(f, opt->scratch);
        if (!nf_flow_get(opt, f, &cfg)) break;
    }
    return changed;
}

bool nf_pass_unroll(nf_opt *opt, nf_func *f)
{
    return each_loop(opt, f, unroll_loop);
}

bool nf_unroll_inner(nf_opt *opt, nf_func *f)
{
    return each_loop(opt, f, unroll_inner);
}
