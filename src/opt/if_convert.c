/*
 * Short branches become selects.
 *
 *   requires  nothing
 *   preserves what is stored and called; pure instructions may run in vain
 *   breaks    ROTATED and LOOP_CLOSED: blocks are joined
 *
 * Triangles and diamonds whose arms are a few cheap, pure instructions:
 *
 *     b: brif %c, then, join(%x)    then: %y = ..., br join(%y)    join(%p): ...
 *  =>
 *     b: %y = ..., %s = select %c, %y, %x, br join(%s)
 *
 * Worth it while what runs in vain costs less than a mispredicted branch now and then: ARM_COST_MAX
 * for both arms together, SELECTS_MAX selects. Loads stay where they are unless their memory is surely
 * there; divisions stay always. Inner branches are converted before outer ones, because blocks are
 * visited from the end.
 */
#include "alias.h"

enum { ARM_COST_MAX = 8, SELECTS_MAX = 4, COST_NEVER = 1000 };

typedef struct convert {
    nf_func *f;
    nf_cfg cfg;
    nf_alias alias;     /* made of nothing: only what is surely there matters */
    uint32_t *in_count; /* edges into each block */
    nf_value *map; /* what took the place of parameters that are gone; uses are replaced last */
    uint32_t map_count;
} convert;

/* Cycles, roughly, of an operation that runs in vain. */
static unsigned op_cost(const convert *c, const nf_inst *inst)
{
    if (inst->op == NF_OP_LOAD && !nf_access_is_fixed(inst)) {
        nf_place place = nf_place_of(&c->alias, inst);
        return nf_place_is_there(&c->alias, &place) ? 2 : COST_NEVER;
    }
    if (nf_ops[inst->op].effects != 0) return COST_NEVER;
    switch (inst->op) {
    case NF_OP_ICONST:
    case NF_OP_FCONST:
    case NF_OP_SYMBOL:
    case NF_OP_LOCAL: return 0;
    case NF_OP_FDIV:
    case NF_OP_FSQRT: return COST_NEVER;
    case NF_OP_MUL:
    case NF_OP_SMULH:
    case NF_OP_UMULH:
    case NF_OP_FMUL:
    case NF_OP_FADD:
    case NF_OP_FSUB:
    case NF_OP_FMA: return 3;
    default: return NF_TYPE_IS_VECTOR(inst->type) ? 2 : 1;
    }
}

/* The cost of running a block in vain that is entered from one place and ends in a plain branch. */
static unsigned arm_cost(const convert *c, nf_block b)
{
    unsigned cost = 0;
    nf_value end = nf_terminator(c->f, b);
    if (c->in_count[b.id] != 1 || b.id == c->f->entry.id || !nf_is_op(c->f, end, NF_OP_BR) ||
        nf_edge_at(c->f, end, 0)->to.id == b.id)
        return COST_NEVER;
    NF_FOR_INSTS(c->f, b, v)
    {
        if (v.id != end.id) cost += op_cost(c, nf_inst_at(c->f, v));
        if (cost > ARM_COST_MAX) return COST_NEVER;
    }
    return cost;
}

/* A branch that can be converted: each side is an arm or goes to the join directly. */
typedef struct diamond {
    nf_block arms[2]; /* none: the edge goes to the join */
    nf_block join;
    const nf_edge *edges[2]; /* into the join */
} diamond;

static bool side_find(const convert *c, const nf_edge *edge, nf_block *arm, const nf_edge **into,
                      unsigned *cost)
{
    *cost = arm_cost(c, edge->to);
    *arm = edge->to;
    *into = *cost == COST_NEVER ? NULL : nf_edge_at(c->f, nf_terminator(c->f, edge->to), 0);
    return *into != NULL;
}

/* Triangles in both directions, diamonds, and both edges to one block. */
static bool diamond_find(const convert *c, nf_value branch, diamond *d)
{
    const nf_edge *sides[2] = {nf_edge_at(c->f, branch, 0), nf_edge_at(c->f, branch, 1)};
    const nf_edge *into[2];
    nf_block arms[2];
    unsigned cost[2];
    bool armed[2];
    for (int i = 0; i < 2; i++) armed[i] = side_find(c, sides[i], &arms[i], &into[i], &cost[i]);
    *d = (diamond){.edges = {sides[0], sides[1]}, .join = sides[0]->to};
    if (sides[0]->to.id == sides[1]->to.id) return true;
    if (armed[0] && armed[1] && into[0]->to.id == into[1]->to.id) {
        *d = (diamond){{arms[0], arms[1]}, into[0]->to, {into[0], into[1]}};
        return cost[0] + cost[1] <= ARM_COST_MAX;
    }
    for (int i = 0; i < 2; i++) {
        if (!armed[i] || into[i]->to.id != sides[1 - i]->to.id) continue;
        d->arms[i] = arms[i];
        d->join = into[i]->to;
        d->edges[i] = into[i];
        return true;
    }
    return false;
}

static nf_value arg_at(const convert *c, const nf_edge *edge, uint32_t i)
{
    nf_value v = nf_edge_args(c->f, edge)[i];
    while (v.id < c->map_count && c->map[v.id].id) v = c->map[v.id];
    return v;
}

/* A vector's select wants a condition for each lane, which a branch has not. */
static bool selects_are_good(const convert *c, const diamond *d)
{
    uint32_t selects = 0;
    for (uint32_t i = 0; i < d->edges[0]->arg_count; i++) {
        nf_value yes = arg_at(c, d->edges[0], i), no = arg_at(c, d->edges[1], i);
        if (yes.id == no.id) continue;
        if (NF_TYPE_IS_VECTOR(nf_type_of(c->f, yes))) return false;
        selects++;
    }
    return selects <= SELECTS_MAX;
}

/* The arm's parameters become the arguments; its instructions go in front of the branch. */
static void arm_move(convert *c, nf_value branch, uint32_t side, nf_block arm)
{
    nf_value end = nf_terminator(c->f, arm);
    const nf_edge *edge = nf_edge_at(c->f, branch, side);
    for (uint32_t i = 0; i < edge->arg_count; i++)
        c->map[nf_param_at(c->f, arm, i).id] = nf_edge_args(c->f, edge)[i];
    NF_FOR_INSTS_SAFE(c->f, arm, v, following)
    {
        if (v.id == end.id) break;
        nf_inst_unlink(c->f, v);
        nf_inst_insert_before(c->f, branch, v);
    }
}

/* The edge that takes both sides' place; its arguments are selects in front of the branch. */
static nf_edge edges_select(convert *c, nf_value branch, const diamond *d)
{
    nf_edge joined = {.to = d->join}, yes = *d->edges[0], no = *d->edges[1];
    nf_value condition = nf_inst_at(c->f, branch)->a;
    for (uint32_t i = 0; i < yes.arg_count; i++) {
        nf_value a = arg_at(c, &yes, i), b = arg_at(c, &no, i), chosen = a;
        if (a.id != b.id) {
            nf_inst select = {
                .op = NF_OP_SELECT, .type = nf_type_of(c->f, a), .a = condition, .b = a, .c = b};
            chosen = nf_inst_put(c->f, branch, &select);
        }
        nf_edge_arg_append(c->f, &joined, chosen);
    }
    return joined;
}

static void arm_remove(convert *c, nf_block arm)
{
    if (arm.id) nf_block_remove(c->f, arm);
}

static bool branch_convert(convert *c, nf_block b)
{
    diamond d;
    nf_value branch = nf_terminator(c->f, b);
    if (!nf_is_op(c->f, branch, NF_OP_BRIF) || !diamond_find(c, branch, &d) || d.join.id == b.id ||
        !selects_are_good(c, &d))
        return false;
    for (uint32_t side = 0; side < 2; side++)
        if (d.arms[side].id) arm_move(c, branch, side, d.arms[side]);
    nf_edge joined = edges_select(c, branch, &d);
    nf_terminator_take(c->f, branch, 0);
    *nf_edge_at(c->f, branch, 0) = joined;
    arm_remove(c, d.arms[0]);
    arm_remove(c, d.arms[1]);
    c->in_count[d.join.id]--;
    if (c->in_count[d.join.id] == 1 && d.join.id != c->f->entry.id)
        nf_block_absorb(c->f, b, c->map);
    return true;
}

static bool convert_init(convert *c, nf_opt *opt, nf_func *f)
{
    *c = (convert){.f = f, .alias = {.f = f}, .map_count = f->insts.count};
    c->map = NF_NEW_ARRAY(opt->scratch, nf_value, f->insts.count);
    c->in_count = NF_NEW_ARRAY(opt->scratch, uint32_t, f->blocks.count);
    if (c->map == NULL || c->in_count == NULL || !nf_flow_get(opt, f, &c->cfg)) return false;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++)
            c->in_count[nf_edge_at(f, end, e)->to.id]++;
    }
    return true;
}

bool nf_pass_if_convert(nf_opt *opt, nf_func *f)
{
    convert c;
    bool changed = false;
    if (!convert_init(&c, opt, f)) return false;
    for (uint32_t i = c.cfg.rpo_count; i-- > 0;) {
        nf_block b = {c.cfg.rpo[i]};
        while (nf_block_at(f, b)->alive && !f->arena->failed && branch_convert(&c, b))
            changed = true;
    }
    if (!changed) return false;
    nf_flow_drop(opt);
    nf_values_replace_some(f, c.map, c.map_count);
    opt->hints |= NF_HINT_FOLDS;
    return true;
}
