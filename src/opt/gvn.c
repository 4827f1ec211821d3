/*
 * Global value numbering: equal values are computed once, loads are forwarded, known branches decided.
 *
 *   requires  nothing
 *   preserves the control flow
 *   breaks    LOOP_CLOSED: an equal value may stand inside a loop that is over
 *
 * One walk in reverse post-order with a hash table of all instructions seen. An instruction whose
 * operation and operands equal an earlier one's, in a block that dominates, is replaced by it; the
 * operands are replaced first, so equality spreads. Pessimistic: values that come around a loop
 * are themselves. What may trap is taken too: the earlier one has trapped or never does for these
 * operands. Integer operations that commute are compared both ways round, floating-point ones never
 * commute.
 *
 * Loads are equal when their addresses and the versions of memory that they read are (gvn_memory.c). A
 * load of what a store just wrote becomes the stored value; a store of what is there already goes.
 *
 * A block that is entered only on one side of a brif knows the condition: the same condition (or its
 * opposite) is decided there. simplify_cfg then removes the branch.
 *
 * Replacing a value does not change what it is, so nothing that depends on types or alias roots has
 * to be computed again.
 */
#include "gvn_internal.h"
#include "base/hash.h"

enum { CHAIN_MAX = 24, PARAMS_COMPARED_MAX = 16 };

/* A condition is known in a block and what it dominates. */
typedef struct known {
    nf_value condition;
    nf_block block;
    bool truth;
    uint32_t next; /* in facts, with the same condition; 0 ends */
} known;

typedef struct gvn {
    nf_func *f;
    nf_arena *arena;
    nf_cfg cfg;
    nf_gvn_memory memory;
    nf_renaming renaming; /* by map */
    nf_value *map;        /* what took the place of a value */
    uint32_t *buckets;    /* first value of each chain */
    uint32_t *chain;      /* by value id: the next one */
    uint32_t bucket_mask, value_count;
    NF_VEC(known) facts;  /* [0] unused */
    uint32_t *first_fact; /* by value id of the condition */
    bool changed;
    uint32_t hints;
} gvn;

/* --- equality --- */

static bool is_load(const nf_inst *inst)
{
    return inst->op == NF_OP_LOAD || inst->op == NF_OP_MLOAD;
}

/* Whether equal operands mean an equal result. */
static bool is_numbered(const nf_inst *inst)
{
    uint8_t effects = nf_ops[inst->op].effects;
    if (is_load(inst)) return !nf_access_is_fixed(inst);
    return (effects & ~NF_EFFECT_TRAP) == 0 && inst->type != NF_VOID;
}

/* Symbols and locals have an id in `extra`; memory flags there do not count. */
static uint32_t extra_of(const nf_inst *inst)
{
    return inst->op == NF_OP_SYMBOL || inst->op == NF_OP_LOCAL ? inst->extra : 0;
}

static uint32_t version_of(const gvn *g, nf_value v)
{
    return is_load(nf_inst_at(g->f, v)) ? g->memory.of_load[v.id] : 0;
}

static uint64_t inst_hash(const gvn *g, nf_value v)
{
    const nf_inst *inst = nf_inst_at(g->f, v);
    uint64_t a = inst->a.id, b = inst->b.id;
    if (nf_ops[inst->op].commutes && a > b) {
        a = inst->b.id;
        b = inst->a.id;
    }
    uint64_t hash =
        nf_hash_mix(inst->op | (uint64_t)inst->type << 16 | (uint64_t)inst->sub << 24, a << 32 | b);
    hash = nf_hash_mix(hash, (uint64_t)inst->c.id << 32 | version_of(g, v));
    return nf_hash_mix(hash, (uint64_t)inst->imm + extra_of(inst));
}

static bool operands_equal(const nf_inst *x, const nf_inst *y)
{
    if (x->c.id != y->c.id) return false;
    if (x->a.id == y->a.id && x->b.id == y->b.id) return true;
    return nf_ops[x->op].commutes && x->a.id == y->b.id && x->b.id == y->a.id;
}

static bool values_equal(const gvn *g, nf_value v, nf_value w)
{
    const nf_inst *x = nf_inst_at(g->f, v), *y = nf_inst_at(g->f, w);
    return x->op == y->op && x->type == y->type && x->sub == y->sub && x->imm == y->imm &&
           extra_of(x) == extra_of(y) && operands_equal(x, y) &&
           version_of(g, v) == version_of(g, w);
}

/* An equal value that dominates the block; none when there is none. */
static nf_value leader_find(const gvn *g, nf_value v, nf_block block, uint64_t hash)
{
    uint32_t at = g->buckets[hash & g->bucket_mask];
    for (uint32_t steps = 0; at != 0 && steps < CHAIN_MAX; steps++, at = g->chain[at]) {
        nf_value other = {at};
        if (values_equal(g, v, other) &&
            nf_cfg_dominates(&g->cfg, nf_inst_at(g->f, other)->block, block))
            return other;
    }
    return (nf_value){0};
}

static void leader_add(gvn *g, nf_value v, uint64_t hash)
{
    uint32_t *bucket = &g->buckets[hash & g->bucket_mask];
    g->chain[v.id] = *bucket;
    *bucket = v.id;
}

static void value_replace(gvn *g, nf_value v, nf_value by)
{
    g->map[v.id] = by;
    g->changed = true;
    nf_inst_remove(g->f, v);
}

/* --- conditions that are known --- */

static void fact_add(gvn *g, nf_value condition, nf_block block, bool truth)
{
    if (condition.id >= g->value_count) return;
    known fact = {condition, block, truth, g->first_fact[condition.id]};
    if (NF_VEC_PUSH(g->arena, &g->facts, fact)) g->first_fact[condition.id] = g->facts.count - 1;
}

/* What entering the block says about its only predecessor's condition. */
static void block_learn(gvn *g, nf_block b)
{
    uint32_t first = g->cfg.pred_start[b.id];
    if (g->cfg.pred_start[b.id + 1] - first != 1) return;
    nf_value end = nf_terminator(g->f, (nf_block){g->cfg.preds[first]});
    const nf_inst *branch = nf_inst_at(g->f, end);
    if (branch->op == NF_OP_BRIF)
        fact_add(g, branch->a, b, nf_edge_at(g->f, end, 0)->to.id == b.id);
}

static bool fact_find(const gvn *g, nf_value condition, nf_block block, bool *truth)
{
    if (condition.id >= g->value_count) return false;
    for (uint32_t i = g->first_fact[condition.id]; i != 0; i = g->facts.data[i].next) {
        if (!nf_cfg_dominates(&g->cfg, g->facts.data[i].block, block)) continue;
        *truth = g->facts.data[i].truth;
        return true;
    }
    return false;
}

/* The opposite comparison, where it was made: !(a < b) is a >= b. */
static nf_value opposite_find(gvn *g, nf_value condition, nf_block block)
{
    nf_inst *inst = nf_inst_at(g->f, condition);
    uint8_t shape = nf_ops[inst->op].shape;
    if ((shape != NF_SHAPE_ICMP && shape != NF_SHAPE_FCMP) || inst->type != NF_I8)
        return (nf_value){0};
    inst->sub ^= 1; /* looked up as if it stood there */
    nf_value opposite = leader_find(g, condition, block, inst_hash(g, condition));
    inst->sub ^= 1;
    return opposite;
}

static void branch_decide(gvn *g, nf_block b)
{
    nf_value end = nf_terminator(g->f, b);
    nf_inst *branch = nf_inst_at(g->f, end);
    bool truth = false;
    if (branch->op != NF_OP_BRIF || nf_is_op(g->f, branch->a, NF_OP_ICONST)) return;
    if (!fact_find(g, branch->a, b, &truth)) {
        nf_value opposite = opposite_find(g, branch->a, b);
        if (opposite.id == 0 || !fact_find(g, opposite, b, &truth)) return;
        truth = !truth;
    }
    nf_value constant = nf_iconst_put(g->f, end, NF_I8, truth);
    nf_inst_at(g->f, end)->a = constant;
    g->changed = true;
    g->hints |= NF_HINT_BRANCHES;
}

/* --- blocks --- */

/* A value of a load's type made of the stored one, which has as many bytes. */
static nf_value value_recast(gvn *g, nf_value load, nf_value stored)
{
    nf_type type = nf_type_of(g->f, load), from = nf_type_of(g->f, stored);
    if (from == type) return stored;
    if (NF_TYPE_IS_VECTOR(type) || NF_TYPE_IS_VECTOR(from)) return (nf_value){0};
    return nf_inst_put(g->f, load, &(nf_inst){.op = NF_OP_BITCAST, .type = type, .a = stored});
}

static void value_number(gvn *g, nf_value v, nf_block b)
{
    if (is_load(nf_inst_at(g->f, v))) {
        nf_value stored = nf_gvn_memory_load(&g->memory, v);
        if (stored.id) stored = value_recast(g, v, stored);
        if (stored.id) {
            g->hints |= NF_HINT_FOLDS | NF_HINT_BRANCHES; /* the stored value may be a constant */
            value_replace(g, v, stored);
            return;
        }
    }
    uint64_t hash = inst_hash(g, v);
    nf_value leader = leader_find(g, v, b, hash);
    if (leader.id)
        value_replace(g, v, leader);
    else
        leader_add(g, v, hash);
}

/* Constants are equal for all before gvn says so. */
static void renaming_hint(gvn *g, const nf_inst *inst)
{
    nf_operands of = nf_operands_of(inst);
    if (nf_ops[inst->op].effects & NF_EFFECT_END) g->hints |= NF_HINT_BRANCHES;
    if (of.b && (of.a == of.b || of.b == of.c)) g->hints |= NF_HINT_FOLDS;
}

static void inst_number(gvn *g, nf_value v, nf_block b)
{
    nf_inst *inst = nf_inst_at(g->f, v);
    if (g->changed) nf_uses_rename(&g->renaming, inst);
    if (g->renaming.varying) renaming_hint(g, inst);
    g->renaming.varying = false;
    if (is_numbered(inst)) {
        value_number(g, v, b);
    } else if (nf_gvn_memory_write(&g->memory, v)) {
        nf_inst_remove(g->f, v);
        g->changed = true;
    }
}

/* Whether two parameters get the same argument along all edges. */
static bool params_equal(gvn *g, const nf_in_edges *in, nf_block b, uint32_t i, uint32_t j)
{
    if (nf_type_of(g->f, nf_param_at(g->f, b, i)) != nf_type_of(g->f, nf_param_at(g->f, b, j)))
        return false;
    for (uint32_t e = in->start[b.id]; e < in->start[b.id + 1]; e++) {
        nf_value *args = nf_edge_args(g->f, &g->f->edges.data[in->all[e].edge]);
        nf_place_rename(&g->renaming, &args[i]);
        nf_place_rename(&g->renaming, &args[j]);
        if (args[i].id != args[j].id) return false;
    }
    return in->start[b.id] != in->start[b.id + 1];
}

/* A parameter that is always equal to one before it gives way; simplify_cfg or dce removes it. */
static void params_number(gvn *g, const nf_in_edges *in, nf_block b)
{
    uint32_t count = nf_block_at(g->f, b)->param_count;
    if (count > PARAMS_COMPARED_MAX) count = PARAMS_COMPARED_MAX;
    for (uint32_t j = 1; j < count; j++) {
        for (uint32_t i = 0; i < j; i++) {
            nf_value first = nf_param_at(g->f, b, i), second = nf_param_at(g->f, b, j);
            if (g->map[first.id].id || !params_equal(g, in, b, i, j)) continue;
            g->map[second.id] = first;
            g->changed = true;
            g->hints |= NF_HINT_BRANCHES;
            break;
        }
    }
}

static bool gvn_init(gvn *g, nf_opt *opt, nf_func *f)
{
    uint32_t buckets = 64;
    while (buckets < f->insts.count) buckets *= 2;
    *g = (gvn){.f = f,
               .arena = opt->scratch,
               .bucket_mask = buckets - 1,
               .value_count = f->insts.count,
               .map = NF_NEW_ARRAY(opt->scratch, nf_value, f->insts.count),
               .buckets = NF_NEW_ARRAY(opt->scratch, uint32_t, buckets),
               .chain = NF_TAKE_ARRAY(opt->scratch, uint32_t, f->insts.count),
               .first_fact = NF_NEW_ARRAY(opt->scratch, uint32_t, f->insts.count)};
    g->renaming = (nf_renaming){.f = f, .map = g->map, .count = g->value_count};
    return g->map && g->buckets && g->chain && g->first_fact &&
           NF_VEC_PUSH(g->arena, &g->facts, (known){.truth = false}) &&
           nf_flow_get(opt, f, &g->cfg) && nf_gvn_memory_init(&g->memory, opt, f, &g->cfg);
}

/* Definitions come before uses in reverse post-order; only unreachable blocks were not passed. */
static void uses_resolve(gvn *g)
{
    NF_FOR_BLOCKS(g->f, b)
    {
        if (nf_cfg_reachable(&g->cfg, b)) continue;
        NF_FOR_INSTS(g->f, b, v) nf_uses_rename(&g->renaming, nf_inst_at(g->f, v));
    }
}

bool nf_pass_gvn(nf_opt *opt, nf_func *f)
{
    gvn g;
    nf_in_edges in;
    if (!gvn_init(&g, opt, f) || !nf_in_edges_build(f, opt->scratch, &in)) return false;
    for (uint32_t i = 0; i < g.cfg.rpo_count; i++) {
        nf_block b = {g.cfg.rpo[i]};
        nf_gvn_memory_enter(&g.memory, b);
        if (b.id != f->entry.id) params_number(&g, &in, b);
        g.renaming.varying = false; /* by arguments of edges, which say nothing */
        block_learn(&g, b);
        bool bare = nf_block_is_bare(f, b);
        NF_FOR_INSTS_SAFE(f, b, v, following)
        {
            inst_number(&g, v, b);
        }
        if (!bare && nf_block_is_bare(f, b)) g.hints |= NF_HINT_BRANCHES;
        branch_decide(&g, b);
        nf_gvn_memory_leave(&g.memory, b);
    }
    if (g.changed) uses_resolve(&g);
    if (f->insts.count == g.value_count) nf_memory_keep(opt);
    opt->hints |= g.hints;
    return g.changed;
}
