/*
 * Loop-invariant code motion: what does not change in a loop is computed in front of it.
 *
 *   requires  ROTATED: code goes into preheaders
 *   preserves the control flow and all facts about loops
 *   breaks    nothing
 *
 * One walk in reverse post-order. An instruction goes to the preheader of the outermost loop in which
 * its operands do not change and where it is safe; its operands went before it. Constants cost nothing
 * where they are and move only with what uses them. Addresses of symbols and locals cost nothing either,
 * but move, so that who asks what is the same in all iterations finds them outside. Comparisons of
 * integers stay beside their branches, with which the back end joins them.
 *
 * A load is safe when nothing in the loop writes there, and when its memory is surely there or the loop
 * runs it whatever happens. A division that may trap must moreover not overtake a write: a trap is the
 * last thing that a program does, and what it has written by then is part of its meaning.
 *
 *     top(%i): %k = mul.i64 %n, 24    load [%p + %k]    =>    both in front of top
 */
#include "alias.h"

enum { EXITING_MAX = 8 };

/* What is known of a loop. */
typedef struct loop_facts {
    nf_block preheader;
    nf_block exiting[EXITING_MAX]; /* blocks with an edge out, and the latch */
    uint32_t exiting_count;        /* more than EXITING_MAX: not all are listed */
    bool hazard; /* something in it may end the program: a trap, a call that may not return */
} loop_facts;

typedef struct licm {
    nf_func *f;
    nf_cfg cfg;
    nf_alias alias;
    const nf_loop_writes *writes;
    loop_facts *loops;
    nf_bitset hazardous; /* blocks with something that may end the program */
    bool loads;          /* a loop loads: aliases matter */
    /* of the block at hand: */
    bool written;  /* something before has written */
    bool hazarded; /* something before may have ended the program */
    bool changed;
} licm;

static bool is_hazard(const nf_func *f, const nf_inst *inst)
{
    uint8_t effects = nf_ops[inst->op].effects;
    if (effects == 0) return false;
    if (effects & NF_EFFECT_END) return false; /* leaves the loop by an edge, which is seen */
    if (effects & NF_EFFECT_TRAP) return !nf_division_is_safe(f, inst);
    return nf_memory_use_of(f, inst) == NF_MEMORY_BARRIER;
}

/* --- loops --- */

static void exiting_note(licm *l, uint32_t loop, nf_block b)
{
    loop_facts *facts = &l->loops[loop];
    if (facts->exiting_count < EXITING_MAX) facts->exiting[facts->exiting_count] = b;
    facts->exiting_count++;
}

static void block_note(licm *l, nf_block b)
{
    nf_value end = nf_terminator(l->f, b);
    bool hazard = false, looped = l->cfg.loop_of[b.id] != NF_NO_LOOP;
    NF_FOR_INSTS(l->f, b, v)
    {
        const nf_inst *inst = nf_inst_at(l->f, v);
        hazard |= is_hazard(l->f, inst);
        l->loads |= nf_ops[inst->op].effects == NF_EFFECT_READ && looped;
    }
    if (hazard) nf_bitset_add(&l->hazardous, b.id);
    for (uint32_t loop = l->cfg.loop_of[b.id]; loop != NF_NO_LOOP;
         loop = l->cfg.loops[loop].parent) {
        l->loops[loop].hazard |= hazard;
        for (uint32_t e = 0; e < nf_out_count(l->f, end); e++) {
            nf_block to = nf_edge_at(l->f, end, e)->to;
            bool leaves = !nf_cfg_loop_has(&l->cfg, loop, to);
            if (leaves || to.id == l->cfg.loops[loop].header.id) exiting_note(l, loop, b);
        }
    }
}

static void preheader_find(licm *l, uint32_t loop)
{
    nf_block header = l->cfg.loops[loop].header;
    for (uint32_t i = l->cfg.pred_start[header.id]; i < l->cfg.pred_start[header.id + 1]; i++) {
        nf_block pred = {l->cfg.preds[i]};
        if (!nf_cfg_loop_has(&l->cfg, loop, pred)) l->loops[loop].preheader = pred;
    }
}

static bool licm_init(licm *l, nf_opt *opt, nf_func *f)
{
    *l = (licm){.f = f};
    if (!nf_flow_get(opt, f, &l->cfg) || l->cfg.loop_count == 0) return false;
    l->writes = nf_loop_writes_get(opt, f);
    l->loops = NF_NEW_ARRAY(opt->scratch, loop_facts, l->cfg.loop_count);
    l->hazardous = nf_bitset_new(opt->scratch, f->blocks.count);
    if (!l->writes || !l->loops || !l->hazardous.words) return false;
    for (uint32_t loop = 0; loop < l->cfg.loop_count; loop++) preheader_find(l, loop);
    for (uint32_t i = 0; i < l->cfg.rpo_count; i++) block_note(l, (nf_block){l->cfg.rpo[i]});
    if (!l->loads) return true;
    const nf_alias *alias = nf_alias_get(opt, f);
    if (alias) l->alias = *alias;
    return alias != NULL;
}

/* --- safety --- */

/* Where an instruction stands for the question: in its block, or at the end of the preheader of a
 * loop in front of which it can go already. */
typedef struct standing {
    nf_block block;
    bool moved;
} standing;

/* Whether what stands there runs in each iteration that is begun. */
static bool runs_always(const licm *l, uint32_t loop, standing at)
{
    const loop_facts *facts = &l->loops[loop];
    nf_block b = at.block;
    if (b.id == l->cfg.loops[loop].header.id)
        return at.moved ? !nf_bitset_has(&l->hazardous, b.id) : !l->hazarded;
    if (!l->cfg.loops[loop].innermost || facts->hazard || facts->exiting_count > EXITING_MAX)
        return false;
    for (uint32_t i = 0; i < facts->exiting_count; i++)
        if (!nf_cfg_dominates(&l->cfg, b, facts->exiting[i])) return false;
    return true;
}

static bool load_is_safe(const licm *l, const nf_inst *inst, uint32_t loop, standing at)
{
    if (nf_access_is_fixed(inst)) return false;
    nf_place place = nf_place_of(&l->alias, inst);
    if (!nf_loop_leaves(&l->alias, &l->cfg, l->writes, loop, &place)) return false;
    return nf_place_is_there(&l->alias, &place) || runs_always(l, loop, at);
}

static bool division_is_safe(const licm *l, const nf_inst *inst, uint32_t loop, standing at)
{
    const nf_loop_writes *writes = &l->writes[loop];
    if (nf_division_is_safe(l->f, inst)) return true;
    bool header = at.block.id == l->cfg.loops[loop].header.id && !at.moved;
    bool overtakes = header ? l->written : writes->barrier || writes->many || writes->store_count;
    return !overtakes && runs_always(l, loop, at);
}

static bool is_safe(const licm *l, const nf_inst *inst, uint32_t loop, standing at)
{
    uint8_t effects = nf_ops[inst->op].effects;
    if (effects == NF_EFFECT_READ) return load_is_safe(l, inst, loop, at);
    if (effects == NF_EFFECT_TRAP) return division_is_safe(l, inst, loop, at);
    return effects == 0;
}

/* --- motion --- */

static bool operand_is_fixed(const licm *l, uint32_t id, uint32_t loop)
{
    const nf_inst *inst = nf_inst_at(l->f, (nf_value){id});
    return id == 0 || !nf_cfg_loop_has(&l->cfg, loop, inst->block) || nf_is_free(inst);
}

/* Of an instruction without lists. */
static bool operands_are_fixed(const licm *l, const nf_inst *inst, uint32_t loop)
{
    nf_operands of = nf_operands_of(inst);
    return operand_is_fixed(l, of.a, loop) && operand_is_fixed(l, of.b, loop) &&
           operand_is_fixed(l, of.c, loop);
}

/* The outermost loop in front of which the instruction can be computed. */
static uint32_t target_find(const licm *l, nf_value v, nf_block b)
{
    const nf_inst *inst = nf_inst_at(l->f, v);
    uint32_t target = NF_NO_LOOP;
    bool stays = nf_is_constant(inst) || inst->op == NF_OP_ICMP || inst->op == NF_OP_PARAM ||
                 (nf_ops[inst->op].effects & ~(NF_EFFECT_READ | NF_EFFECT_TRAP)) != 0;
    standing at = {b, false};
    if (stays) return NF_NO_LOOP;
    for (uint32_t loop = l->cfg.loop_of[b.id]; loop != NF_NO_LOOP;
         loop = l->cfg.loops[loop].parent) {
        if (l->loops[loop].preheader.id == 0 || !operands_are_fixed(l, inst, loop) ||
            !is_safe(l, inst, loop, at))
            break;
        target = loop;
        at = (standing){l->loops[loop].preheader, true};
    }
    return target;
}

typedef struct hoisting {
    licm *l;
    uint32_t loop;
    nf_value before;
} hoisting;

/* Takes constants along that stand in the loop. */
static void constant_hoist(void *context, nf_value *place)
{
    hoisting *h = context;
    const nf_inst *inst = nf_inst_at(h->l->f, *place);
    if (!nf_is_free(inst) || !nf_cfg_loop_has(&h->l->cfg, h->loop, inst->block)) return;
    nf_inst_unlink(h->l->f, *place);
    nf_inst_insert_before(h->l->f, h->before, *place);
}

static void inst_hoist(licm *l, nf_value v, uint32_t loop)
{
    hoisting h = {l, loop, nf_terminator(l->f, l->loops[loop].preheader)};
    nf_uses_walk(l->f, nf_inst_at(l->f, v), constant_hoist, &h);
    if (is_hazard(l->f, nf_inst_at(l->f, v)))
        nf_bitset_add(&l->hazardous, l->loops[loop].preheader.id);
    nf_inst_unlink(l->f, v);
    nf_inst_insert_before(l->f, h.before, v);
    l->changed = true;
}

bool nf_pass_licm(nf_opt *opt, nf_func *f)
{
    licm l;
    if (!licm_init(&l, opt, f)) return false;
    for (uint32_t i = 0; i < l.cfg.rpo_count; i++) {
        nf_block b = {l.cfg.rpo[i]};
        if (l.cfg.loop_of[b.id] == NF_NO_LOOP) continue;
        l.written = l.hazarded = false;
        NF_FOR_INSTS_SAFE(f, b, v, following)
        {
            uint32_t target = target_find(&l, v, b);
            if (target != NF_NO_LOOP) {
                inst_hoist(&l, v, target);
                continue;
            }
            const nf_inst *inst = nf_inst_at(f, v);
            l.hazarded |= is_hazard(f, inst);
            nf_memory_use use = nf_memory_use_of(f, inst);
            l.written |= use >= NF_MEMORY_STORE && use != NF_MEMORY_READ;
        }
    }
    nf_memory_keep(opt);
    return l.changed;
}
