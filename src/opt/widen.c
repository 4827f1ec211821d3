/*
 * Narrow loop counters become 64 bits wide where they are used so.
 *
 *   requires  ROTATED
 *   preserves the control flow and all facts about loops
 *   breaks    nothing
 *
 * An index that counts in i32 is extended to i64 in front of each access. When the counter provably
 * does not wrap, a second counter of 64 bits gives the extended value for nothing, and takes the loop's
 * test over too, so that mostly the narrow one dies:
 *
 *     top(%i): %w = sext.i64 %i ... %n = add.i32 %i, 1, icmp.slt.i32 %n, %m
 *  =>
 *     top(%w): ... %wn = add.i64 %w, 1, icmp.slt.i64 %wn, (sext.i64 %m)
 *
 * Why it does not wrap: the loop goes on only while the next value is below %m, which is at most the
 * greatest number, so all values but the first are below the greatest and one more fits. For the first
 * value a constant, or a comparison in front of the loop, says the same. Downwards and unsigned
 * alike; steps other than 1 and -1 are left alone.
 */
#include "opt_internal.h"

enum { GUARDS_LOOKED_AT = 6 };

/* A loop's counter. */
typedef struct counter {
    nf_block header, preheader, latch;
    uint32_t index; /* of the header's parameter */
    nf_value param, init, next;
    nf_value test; /* the comparison of next that decides whether the loop goes on */
    nf_value bound;
    int64_t step;
    bool is_signed;
} counter;

typedef struct widen {
    nf_func *f;
    nf_arena *arena;
    nf_cfg cfg;
    NF_VEC(nf_value) extensions; /* of narrow integers to i64 */
    nf_value *map;
    uint32_t map_count;
    bool changed;
} widen;

/* --- whether --- */

static nf_value edge_arg_to(const nf_func *f, nf_block from, nf_block to, uint32_t index)
{
    nf_value end = nf_terminator(f, from);
    for (uint32_t e = 0; e < nf_out_count(f, end); e++) {
        const nf_edge *edge = nf_edge_at(f, end, e);
        if (edge->to.id == to.id) return nf_edge_args(f, edge)[index];
    }
    return (nf_value){0};
}

static bool preds_find(const widen *w, uint32_t loop, counter *c)
{
    const nf_cfg *cfg = &w->cfg;
    c->header = cfg->loops[loop].header;
    uint32_t first = cfg->pred_start[c->header.id];
    if (cfg->pred_start[c->header.id + 1] - first != 2) return false;
    for (uint32_t i = first; i < first + 2; i++) {
        nf_block pred = {cfg->preds[i]};
        if (nf_cfg_loop_has(cfg, loop, pred))
            c->latch = pred;
        else
            c->preheader = pred;
    }
    return c->latch.id && c->preheader.id &&
           nf_is_op(w->f, nf_terminator(w->f, c->latch), NF_OP_BRIF);
}

/* The condition under which the latch goes back, and what it compares. */
static bool test_find(const widen *w, counter *c, nf_cond *cond)
{
    nf_value end = nf_terminator(w->f, c->latch);
    c->test = nf_inst_at(w->f, end)->a;
    const nf_inst *test = nf_inst_at(w->f, c->test);
    if (test->op != NF_OP_ICMP) return false;
    bool back_when_true = nf_edge_at(w->f, end, 0)->to.id == c->header.id;
    *cond = (nf_cond)(test->sub ^ !back_when_true);
    c->bound = test->b;
    uint32_t loop = w->cfg.loop_of[c->header.id];
    return test->a.id == c->next.id &&
           (nf_is_constant(nf_inst_at(w->f, c->bound)) ||
            !nf_cfg_loop_has(&w->cfg, loop, nf_inst_at(w->f, c->bound)->block));
}

static int64_t greatest(nf_type type, bool is_signed)
{
    return is_signed ? (int64_t)(UINT64_MAX >> (65 - 8 * nf_type_bytes(type))) : -1;
}

static int64_t least(nf_type type, bool is_signed)
{
    return is_signed ? -greatest(type, true) - 1 : 0;
}

/* Whether cond(next, bound) keeps the counter from the end at which a step would wrap. */
static bool cond_keeps(const widen *w, counter *c, nf_cond cond)
{
    const nf_inst *bound = nf_inst_at(w->f, c->bound);
    c->is_signed = cond >= NF_SLT && cond <= NF_SGT;
    if (c->step == 1) return cond == NF_SLT || cond == NF_ULT;
    if (cond == NF_SGT || cond == NF_UGT) return true;
    return (cond == NF_SGE || cond == NF_UGE) && bound->op == NF_OP_ICONST &&
           bound->imm != least(bound->type, c->is_signed);
}

/* Whether a comparison that is known to hold says that the first value can take a step. */
static bool guard_says(const nf_func *f, const counter *c, const nf_inst *test, bool holds)
{
    nf_cond cond = (nf_cond)(test->sub ^ !holds);
    if (test->op != NF_OP_ICMP || test->a.id != c->init.id) return false;
    if (c->step == 1) return cond == (c->is_signed ? NF_SLT : NF_ULT);
    const nf_inst *bound = nf_inst_at(f, test->b);
    if (cond == (c->is_signed ? NF_SGT : NF_UGT)) return true;
    return cond == (c->is_signed ? NF_SGE : NF_UGE) && bound->op == NF_OP_ICONST &&
           bound->imm != least(bound->type, c->is_signed);
}

static bool init_can_step(const widen *w, const counter *c)
{
    const nf_inst *init = nf_inst_at(w->f, c->init);
    int64_t end =
        c->step == 1 ? greatest(init->type, c->is_signed) : least(init->type, c->is_signed);
    if (init->op == NF_OP_ICONST) return init->imm != end;
    nf_block at = c->preheader;
    for (uint32_t i = 0; i < GUARDS_LOOKED_AT; i++) {
        uint32_t first = w->cfg.pred_start[at.id];
        nf_block above = {w->cfg.idom[at.id]};
        bool only = w->cfg.pred_start[at.id + 1] - first == 1;
        nf_value end_of = nf_terminator(w->f, above);
        if (only && nf_is_op(w->f, end_of, NF_OP_BRIF)) {
            const nf_inst *test = nf_inst_at(w->f, nf_inst_at(w->f, end_of)->a);
            if (guard_says(w->f, c, test, nf_edge_at(w->f, end_of, 0)->to.id == at.id)) return true;
        }
        if (above.id == at.id) break;
        at = above;
    }
    return false;
}

static bool counter_find(const widen *w, counter *c)
{
    nf_cond cond;
    nf_type type = nf_type_of(w->f, c->param);
    if (type != NF_I32 && type != NF_I16 && type != NF_I8) return false;
    c->init = edge_arg_to(w->f, c->preheader, c->header, c->index);
    c->next = edge_arg_to(w->f, c->latch, c->header, c->index);
    const nf_inst *next = nf_inst_at(w->f, c->next);
    if (next->op != NF_OP_ADD || next->a.id != c->param.id) return false;
    const nf_inst *step = nf_inst_at(w->f, next->b);
    c->step = step->imm;
    if (step->op != NF_OP_ICONST || (c->step != 1 && c->step != -1)) return false;
    return test_find(w, c, &cond) && cond_keeps(w, c, cond) && init_can_step(w, c);
}

/* --- how --- */

static nf_value extension_put(widen *w, const counter *c, nf_block b, nf_value narrow)
{
    nf_inst record = {.op = c->is_signed ? NF_OP_SEXT : NF_OP_ZEXT, .type = NF_I64, .a = narrow};
    const nf_inst *inst = nf_inst_at(w->f, narrow);
    if (inst->op == NF_OP_ICONST) {
        uint64_t mask = UINT64_MAX >> (64 - 8 * nf_type_bytes(inst->type));
        int64_t value = c->is_signed ? inst->imm : (int64_t)((uint64_t)inst->imm & mask);
        return nf_iconst_put(w->f, nf_terminator(w->f, b), NF_I64, value);
    }
    return nf_inst_put(w->f, nf_terminator(w->f, b), &record);
}

/* The extensions of the counter and of its next value get their replacements, when `replace`. False
 * when there are none. */
static bool extensions_visit(widen *w, const counter *c, nf_value wide, nf_value wide_next,
                             bool replace)
{
    nf_op op = c->is_signed ? NF_OP_SEXT : NF_OP_ZEXT;
    bool any = false;
    for (uint32_t i = 0; i < w->extensions.count; i++) {
        nf_value v = w->extensions.data[i];
        const nf_inst *inst = nf_inst_at(w->f, v);
        if (inst->op != op || (inst->a.id != c->param.id && inst->a.id != c->next.id)) continue;
        any = true;
        if (replace) w->map[v.id] = inst->a.id == c->param.id ? wide : wide_next;
    }
    return any;
}

static void extensions_find(widen *w)
{
    NF_FOR_BLOCKS(w->f, b)
    {
        if (w->cfg.loop_of[b.id] == NF_NO_LOOP) continue;
        NF_FOR_INSTS(w->f, b, v)
        {
            const nf_inst *inst = nf_inst_at(w->f, v);
            bool extends = inst->op == NF_OP_SEXT || inst->op == NF_OP_ZEXT;
            if (extends && inst->type == NF_I64) NF_VEC_PUSH(w->arena, &w->extensions, v);
        }
    }
}

static void edge_arg_add(widen *w, nf_block from, nf_block to, nf_value arg)
{
    nf_value end = nf_terminator(w->f, from);
    for (uint32_t e = 0; e < nf_out_count(w->f, end); e++)
        if (nf_edge_at(w->f, end, e)->to.id == to.id)
            nf_edge_arg_append(w->f, nf_edge_at(w->f, end, e), arg);
}

static void counter_widen(widen *w, const counter *c)
{
    nf_func *f = w->f;
    nf_value init = extension_put(w, c, c->preheader, c->init);
    nf_value bound = extension_put(w, c, c->preheader, c->bound);
    nf_value wide = nf_block_param(f, c->header, NF_I64);
    nf_value behind = nf_inst_at(f, c->next)->next;
    nf_value step = nf_iconst_put(f, behind, NF_I64, c->step);
    nf_inst sum = {.op = NF_OP_ADD, .type = NF_I64, .a = wide, .b = step};
    nf_value wide_next = nf_inst_put(f, behind, &sum);
    edge_arg_add(w, c->preheader, c->header, init);
    edge_arg_add(w, c->latch, c->header, wide_next);
    extensions_visit(w, c, wide, wide_next, true);
    nf_inst test = {.op = NF_OP_ICMP,
                    .type = NF_I8,
                    .sub = nf_inst_at(f, c->test)->sub,
                    .a = wide_next,
                    .b = bound};
    w->map[c->test.id] = nf_inst_put(f, c->test, &test);
    w->changed = true;
}

static void loop_widen(widen *w, uint32_t loop)
{
    counter c = {.step = 0};
    if (!preds_find(w, loop, &c)) return;
    uint32_t count = nf_block_at(w->f, c.header)->param_count;
    for (c.index = 0; c.index < count; c.index++) {
        c.param = nf_param_at(w->f, c.header, c.index);
        if (!counter_find(w, &c) || !extensions_visit(w, &c, c.param, c.next, false)) continue;
        counter_widen(w, &c);
        return; /* the test is taken */
    }
}

bool nf_pass_widen(nf_opt *opt, nf_func *f)
{
    widen w = {.f = f, .arena = opt->scratch, .map_count = f->insts.count};
    if (!nf_flow_get(opt, f, &w.cfg) || w.cfg.loop_count == 0) return false;
    w.map = NF_NEW_ARRAY(opt->scratch, nf_value, w.map_count);
    if (w.map == NULL) return false;
    extensions_find(&w);
    if (w.extensions.count == 0) return false;
    for (uint32_t loop = 0; loop < w.cfg.loop_count; loop++) loop_widen(&w, loop);
    if (w.changed) nf_values_replace_some(f, w.map, w.map_count);
    return w.changed;
}
