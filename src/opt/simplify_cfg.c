/*
 * Cleans the control flow up.
 *
 *   requires  nothing
 *   preserves every path that can be taken, infinite loops too
 *   breaks    ROTATED and LOOP_CLOSED: preheaders and exits are empty blocks, which are threaded
 *
 * Rounds of five linear steps, until nothing is left for another to find: that is so behind one
 * that has merged no blocks, when no branch folds either.
 *
 *   branches   a branch on a constant, or to one place only, becomes a jump
 *   reach      blocks that no path reaches are removed
 *   params     a parameter that gets the same value along all edges is that value. Optimistic, as
 *              constant propagation (Wegman, Zadeck 1991) is: parameters that only feed each other
 *              and one value from outside are that value
 *   thread     an edge to a block that only branches goes to where that block goes; when the block
 *              decides by a parameter for which the edge has a constant, the decision is made
 *   merge      a block and the only block that goes to it become one (nf_blocks_merge)
 *
 *     b(%p): br c(%p)    brif %x, b(%y), d    =>    brif %x, c(%y), d
 */
#include "opt_internal.h"

enum {
    ROUNDS_MAX = 8,
    SWEEPS_MAX = 64,   /* over arguments of edges, to find parameters that never vary */
    HOPS_MAX = 16,     /* through empty blocks, for one edge */
    HOP_ARGS_MAX = 64, /* edges with more arguments are not threaded */
};
#define VARIES UINT32_MAX /* a parameter with several values */
#define SEEN   UINT32_MAX /* in simplify.order before the number is known */

typedef struct simplify {
    nf_opt *opt;
    nf_func *f;
    nf_arena *arena;
    uint32_t *order; /* by block id: number in reverse post-order from 1; 0 when unreachable */
} simplify;

/* --- branches --- */

static bool edges_equal(const nf_func *f, const nf_edge *a, const nf_edge *b)
{
    if (a->to.id != b->to.id || a->arg_count != b->arg_count) return false;
    const nf_value *x = nf_edge_args(f, a), *y = nf_edge_args(f, b);
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (x[i].id != y[i].id) return false;
    return true;
}

/* The edge that a switch takes for a constant. */
static uint32_t case_find(const nf_func *f, nf_value terminator, int64_t key)
{
    for (uint32_t e = 1; e < nf_out_count(f, terminator); e++)
        if (nf_edge_at(f, terminator, e)->key == key) return e;
    return 0;
}

/* The edge that a terminator takes when its operand has this value. */
static uint32_t edge_taken(const nf_func *f, nf_value terminator, int64_t value)
{
    if (nf_is_op(f, terminator, NF_OP_SWITCH)) return case_find(f, terminator, value);
    return value == 0;
}

/* Cases that do what the default does are dropped. */
static bool cases_drop(nf_func *f, nf_value terminator)
{
    nf_inst *inst = nf_inst_at(f, terminator);
    uint32_t before = inst->c.id;
    for (uint32_t e = inst->c.id; e-- > 1;) {
        nf_edge *edge = nf_edge_at(f, terminator, e);
        if (!edges_equal(f, edge, nf_edge_at(f, terminator, 0))) continue;
        *edge = *nf_edge_at(f, terminator, --inst->c.id);
    }
    return inst->c.id != before;
}

static bool branch_fold(nf_func *f, nf_value terminator)
{
    const nf_inst *inst = nf_inst_at(f, terminator);
    if (inst->op != NF_OP_BRIF && inst->op != NF_OP_SWITCH) return false;
    if (nf_is_op(f, inst->a, NF_OP_ICONST)) {
        int64_t value = nf_inst_at(f, inst->a)->imm;
        nf_terminator_take(f, terminator, edge_taken(f, terminator, value));
        return true;
    }
    if (inst->op == NF_OP_SWITCH) {
        bool dropped = cases_drop(f, terminator);
        if (inst->c.id > 1) return dropped;
    } else if (!edges_equal(f, nf_edge_at(f, terminator, 0), nf_edge_at(f, terminator, 1))) {
        return false;
    }
    nf_terminator_take(f, terminator, 0);
    return true;
}

static bool branches_fold(simplify *s)
{
    bool changed = false;
    NF_FOR_BLOCKS(s->f, b) changed |= branch_fold(s->f, nf_terminator(s->f, b));
    return changed;
}

/* --- reach --- */

/* Numbers the blocks that a path from the entry reaches. */
static bool order_number(simplify *s)
{
    nf_func *f = s->f;
    typedef struct visit {
        nf_block block;
        uint32_t edges_left;
    } visit;
    uint32_t depth = 0, number = f->blocks.count;
    visit *stack = NF_NEW_ARRAY(s->arena, visit, f->blocks.count);
    s->order = NF_NEW_ARRAY(s->arena, uint32_t, f->blocks.count);
    if (stack == NULL || s->order == NULL) return false;
    s->order[f->entry.id] = SEEN;
    stack[depth++] = (visit){f->entry, nf_out_count(f, nf_terminator(f, f->entry))};
    while (depth) {
        visit *top = &stack[depth - 1];
        if (top->edges_left == 0) {
            s->order[top->block.id] = number--;
            depth--;
            continue;
        }
        nf_block next = nf_edge_at(f, nf_terminator(f, top->block), --top->edges_left)->to;
        if (s->order[next.id]) continue;
        s->order[next.id] = SEEN;
        stack[depth++] = (visit){next, nf_out_count(f, nf_terminator(f, next))};
    }
    return true;
}

static bool unreachable_remove(simplify *s)
{
    bool changed = false;
    if (!order_number(s)) return false;
    for (nf_block b = s->f->entry, next; b.id != 0; b = next) {
        next = nf_block_at(s->f, b)->next;
        if (s->order[b.id]) continue;
        nf_block_remove(s->f, b);
        changed = true;
    }
    return changed;
}

/* --- params --- */

/* A parameter and what it gets along one edge. */
typedef struct passing {
    nf_value param, arg;
} passing;

typedef NF_VEC(passing) passings;

typedef struct params {
    simplify *s;
    nf_value *value;  /* by parameter: none, the one value so far, or VARIES */
    nf_value *direct; /* the same, where parameters with several values count as values */
    nf_map constants; /* hash of a constant to the first one like it */
    passings open;    /* to parameters that don't vary so far */
    passings varying; /* to the others */
    bool changed;
} params;

/* Equal constants count as one value: the first that was met stands for all. */
static nf_value constant_leader(params *p, nf_value v)
{
    const nf_inst *inst = nf_inst_at(p->s->f, v);
    uint64_t key = (uint64_t)inst->imm * 16 + inst->type, leader = v.id;
    if (!nf_map_get(&p->constants, key, &leader)) nf_map_put(&p->constants, key, v.id);
    const nf_inst *other = nf_inst_at(p->s->f, (nf_value){(uint32_t)leader});
    bool same = other->op == inst->op && other->type == inst->type && other->imm == inst->imm;
    if (same) v.id = (uint32_t)leader;
    return v;
}

/* What an argument stands for: another parameter's value, or itself. */
static nf_value arg_value(const params *p, nf_value arg)
{
    while (nf_is_op(p->s->f, arg, NF_OP_PARAM) && p->value[arg.id].id != VARIES)
        arg = p->value[arg.id];
    return arg;
}

static void passing_meet(params *p, nf_value *values, passing at)
{
    nf_value arg = arg_value(p, at.arg), *value = &values[at.param.id];
    if (arg.id == 0 || arg.id == at.param.id || value->id == VARIES || value->id == arg.id) return;
    value->id = value->id == 0 ? arg.id : VARIES;
    p->changed = true;
}

static bool edge_passings_find(params *p, const nf_edge *edge)
{
    nf_func *f = p->s->f;
    if (!NF_VEC_RESERVE(p->s->arena, &p->open, edge->arg_count)) return false;
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_value arg = nf_edge_args(f, edge)[i];
        if (nf_is_constant(nf_inst_at(f, arg))) arg = constant_leader(p, arg);
        p->open.data[p->open.count++] = (passing){nf_param_at(f, edge->to, i), arg};
    }
    return true;
}

static bool passings_find(params *p)
{
    nf_func *f = p->s->f;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++)
            if (!edge_passings_find(p, nf_edge_at(f, end, e))) return false;
    }
    return NF_VEC_RESERVE(p->s->arena, &p->varying, p->open.count);
}

/* Meets what is open once, and sets aside what has come out to vary. */
static void open_sweep(params *p)
{
    uint32_t kept = 0;
    p->changed = false;
    for (uint32_t i = 0; i < p->open.count; i++) {
        passing at = p->open.data[i];
        passing_meet(p, p->value, at);
        if (p->value[at.param.id].id == VARIES)
            p->varying.data[p->varying.count++] = at;
        else
            p->open.data[kept++] = at;
    }
    p->open.count = kept;
}

/* Meets what varies once more, against the solution so far. */
static void varying_sweep(params *p)
{
    passings *varying = &p->varying;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < varying->count; i++) p->direct[varying->data[i].param.id].id = 0;
    for (uint32_t i = 0; i < varying->count; i++) passing_meet(p, p->direct, varying->data[i]);
    p->changed = false;
    for (uint32_t i = 0; i < varying->count; i++) {
        passing at = varying->data[i];
        nf_value direct = p->direct[at.param.id];
        if (direct.id == 0 || direct.id == VARIES) {
            varying->data[kept++] = at;
            continue;
        }
        p->value[at.param.id] = direct;
        p->changed = true;
    }
    varying->count = kept;
}

/* In a loop header %p with several values, a join behind it that gets %p along all edges saw %p's
 * first value before it saw %p itself. So what varies is met again, until no more of it is one
 * value; to stop before only finds less. */
static bool params_solve(params *p)
{
    nf_func *f = p->s->f;
    const nf_block_data *entry = nf_block_at(f, f->entry);
    for (uint32_t i = 0; i < entry->param_count; i++)
        p->value[nf_param_at(f, f->entry, i).id].id = VARIES;
    if (!passings_find(p)) return false;
    p->changed = true;
    for (uint32_t sweeps = 0; p->changed; sweeps++) {
        if (sweeps == SWEEPS_MAX) return false; /* half a solution is none */
        open_sweep(p);
    }
    p->changed = true;
    for (uint32_t sweeps = 0; p->changed && sweeps < SWEEPS_MAX; sweeps++) varying_sweep(p);
    return true;
}

static bool param_is_known(const params *p, nf_value param)
{
    return p->value[param.id].id != VARIES && p->value[param.id].id != 0;
}

static void edge_shrink(params *p, nf_edge *edge)
{
    nf_value *args = nf_edge_args(p->s->f, edge);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < edge->arg_count; i++)
        if (!param_is_known(p, nf_param_at(p->s->f, edge->to, i))) args[kept++] = args[i];
    edge->arg_count = kept;
}

/* A constant's leader need not dominate the block: the block gets a copy of its own. */
static nf_value known_value(params *p, nf_block b, nf_value value)
{
    nf_inst record = *nf_inst_at(p->s->f, value);
    if (!nf_is_constant(&record)) return value;
    return nf_inst_put(p->s->f, nf_block_at(p->s->f, b)->first, &record);
}

/* map gets what takes the parameters' places. */
static void block_params_drop(params *p, nf_block b, nf_value *map)
{
    nf_func *f = p->s->f;
    for (uint32_t i = nf_block_at(f, b)->param_count; i-- > 0;) {
        nf_value param = nf_param_at(f, b, i);
        if (!param_is_known(p, param)) continue;
        map[param.id] = known_value(p, b, p->value[param.id]);
        nf_block_param_remove(f, b, i);
    }
}

static bool params_remove(simplify *s)
{
    nf_func *f = s->f;
    params p = {.s = s,
                .value = NF_NEW_ARRAY(s->arena, nf_value, f->insts.count),
                .direct = NF_NEW_ARRAY(s->arena, nf_value, f->insts.count)};
    uint32_t known = 0;
    if (p.value == NULL || p.direct == NULL) return false;
    nf_map_init(&p.constants, s->arena);
    if (!params_solve(&p)) return false;
    NF_FOR_BLOCKS(f, b)
    {
        for (uint32_t i = 0; i < nf_block_at(f, b)->param_count; i++)
            known += param_is_known(&p, nf_param_at(f, b, i));
    }
    if (known == 0) return false;
    uint32_t map_count = f->insts.count; /* new constants need no replacement */
    nf_value *map = NF_NEW_ARRAY(s->arena, nf_value, map_count);
    if (map == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++) edge_shrink(&p, nf_edge_at(f, end, e));
    }
    NF_FOR_BLOCKS(f, b) block_params_drop(&p, b, map);
    nf_values_replace_some(f, map, map_count);
    s->opt->hints |= NF_HINT_FOLDS;
    return true;
}

/* --- thread --- */

typedef struct threading {
    simplify *s;
    nf_bitset passed; /* blocks that may be skipped: only a terminator that alone uses the params */
    nf_bitset headers; /* blocks that an edge goes back to */
    uint32_t *counts;  /* of uses, by value id */
} threading;

/* What an argument of the skipped block's edge is for who came along `edge`. */
static nf_value arg_through(const nf_func *f, nf_block skipped, const nf_edge *edge, nf_value arg)
{
    const nf_inst *inst = nf_inst_at(f, arg);
    if (inst->op != NF_OP_PARAM || inst->block.id != skipped.id) return arg;
    return nf_edge_args(f, edge)[inst->imm];
}

/* Which of the skipped block's edges is taken by who came along `edge`; none: false. */
static bool exit_choose(const simplify *s, nf_block from, const nf_edge *edge, uint32_t *chosen)
{
    const nf_func *f = s->f;
    nf_value end = nf_terminator(f, edge->to);
    *chosen = 0;
    if (nf_is_op(f, end, NF_OP_BR)) return true;
    if (s->order[from.id] >= s->order[edge->to.id]) return false; /* a loop keeps its header */
    nf_value decider = arg_through(f, edge->to, edge, nf_inst_at(f, end)->a);
    if (!nf_is_op(f, decider, NF_OP_ICONST)) return false;
    *chosen = edge_taken(f, end, nf_inst_at(f, decider)->imm);
    return true;
}

static bool edge_hop(threading *t, nf_block from, uint32_t edge_id)
{
    nf_func *f = t->s->f;
    nf_edge *edge = &f->edges.data[edge_id];
    uint32_t chosen = 0;
    if (!nf_bitset_has(&t->passed, edge->to.id)) return false;
    if (!exit_choose(t->s, from, edge, &chosen)) return false;
    const nf_edge *onward = nf_edge_at(f, nf_terminator(f, edge->to), chosen);
    if (onward->to.id == edge->to.id || onward->arg_count > HOP_ARGS_MAX) return false;
    nf_value args[HOP_ARGS_MAX];
    for (uint32_t i = 0; i < onward->arg_count; i++)
        args[i] = arg_through(f, edge->to, edge, nf_edge_args(f, onward)[i]);
    uint32_t count = onward->arg_count, run = nf_pool_new(f, args, count);
    *edge = (nf_edge){edge->key, onward->to, run, count, count};
    return true;
}

static void use_discount(void *context, nf_value *place)
{
    uint32_t *counts = context;
    counts[place->id]--;
}

static void use_recount(void *context, nf_value *place)
{
    uint32_t *counts = context;
    counts[place->id]++;
}

/* Whether all uses of the block's parameters are in its terminator. */
static bool params_stay_inside(nf_func *f, nf_block b, uint32_t *counts)
{
    nf_inst *end = nf_inst_at(f, nf_terminator(f, b));
    bool inside = true;
    nf_uses_walk(f, end, use_discount, counts);
    for (uint32_t i = 0; i < nf_block_at(f, b)->param_count; i++)
        inside &= counts[nf_param_at(f, b, i).id] == 0;
    nf_uses_walk(f, end, use_recount, counts);
    return inside;
}

static bool block_is_empty(const nf_func *f, nf_block b)
{
    const nf_block_data *data = nf_block_at(f, b);
    return b.id != f->entry.id && data->first.id == data->last.id &&
           nf_out_count(f, data->last) != 0;
}

/* Deciding blocks that are loop headers stay: to enter a loop behind its header can make it
 * irreducible. */
static bool headers_find(threading *t)
{
    nf_func *f = t->s->f;
    t->headers = nf_bitset_new(t->s->arena, f->blocks.count);
    if (t->headers.words == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++) {
            uint32_t to = nf_edge_at(f, end, e)->to.id;
            if (t->s->order[b.id] >= t->s->order[to]) nf_bitset_add(&t->headers, to);
        }
    }
    return true;
}

static bool block_is_skippable(threading *t, nf_block b)
{
    nf_func *f = t->s->f;
    bool jumps = nf_is_op(f, nf_terminator(f, b), NF_OP_BR);
    if (!block_is_empty(f, b)) return false;
    if (t->headers.words == NULL && !headers_find(t)) return false;
    if (!jumps && nf_bitset_has(&t->headers, b.id)) return false;
    if (nf_block_at(f, b)->param_count == 0) return jumps;
    if (t->counts == NULL) t->counts = nf_use_counts(f, t->s->arena);
    return t->counts && params_stay_inside(f, b, t->counts);
}

static bool skippable_find(threading *t)
{
    bool any = false;
    t->passed = nf_bitset_new(t->s->arena, t->s->f->blocks.count);
    if (t->passed.words == NULL) return false;
    NF_FOR_BLOCKS(t->s->f, b)
    {
        if (!block_is_skippable(t, b)) continue;
        nf_bitset_add(&t->passed, b.id);
        any = true;
    }
    return any;
}

static bool jumps_thread(simplify *s)
{
    threading t = {.s = s};
    bool changed = false;
    if (!skippable_find(&t)) return false;
    NF_FOR_BLOCKS(s->f, b)
    {
        nf_value end = nf_terminator(s->f, b);
        uint32_t first = nf_inst_at(s->f, end)->extra, count = nf_out_count(s->f, end);
        for (uint32_t e = first; e < first + count; e++)
            for (uint32_t hops = 0; hops < HOPS_MAX && edge_hop(&t, b, e); hops++) changed = true;
    }
    return changed;
}

/* One round; true when another may find more. */
static bool round_run(simplify *s, bool *changed)
{
    bool folded = branches_fold(s), reached = unreachable_remove(s);
    if (s->order == NULL) return false;
    bool removed = params_remove(s), threaded = jumps_thread(s);
    if (threaded) unreachable_remove(s);
    bool merged = nf_blocks_merge(s->f, s->arena);
    *changed |= folded || reached || removed || threaded || merged;
    bool more = (removed || threaded) && (merged || branches_fold(s));
    return more && !s->arena->failed && !s->f->arena->failed;
}

bool nf_pass_simplify_cfg(nf_opt *opt, nf_func *f)
{
    simplify s = {.opt = opt, .f = f, .arena = opt->scratch};
    bool changed = false;
    opt->hints &= ~(uint32_t)NF_HINT_BRANCHES;
    for (uint32_t round = 0; round < ROUNDS_MAX && round_run(&s, &changed); round++) continue;
    if (changed) nf_flow_drop(opt);
    return changed;
}
