/*
 * Gives loops the shape that the loop passes want.
 *
 *   requires  nothing
 *   gives     ROTATED and LOOP_CLOSED (opt_internal.h)
 *   preserves what is executed, in its order: the header's test is copied, never moved
 *   breaks    nothing
 *
 * Three steps, each linear, with the control flow looked at afresh between them:
 *
 *   shape   edges are split until each loop has a preheader, one latch and exits of its own
 *   close   a value that is used outside its loop goes through a parameter of the exit
 *   rotate  where the header tests and a latch does not, the header becomes the latch; or where
 *           both do, but the header does nothing else and has parameters only for its exit:
 *
 *        preheader: br h(a)                      preheader: test of a, brif top', exit(a)
 *        h(%i): test, brif b, exit(%i)     =>    top': br top(a)
 *        b: ... br h(%i2)                        top(%i'): ... br h(%i2)
 *                                                h(%i): test, brif top(%i), leave
 *                                                leave: br exit(%i)
 *
 * The copy of the test is the guard. What the header defines has two definitions then, so the
 * blocks of the loop get it as parameters of `top`; outside, the exit's parameters have it already,
 * since the loop is closed. Only headers of few instructions are copied (HEADER_COPY_MAX).
 *
 * A loop whose header is the function's entry is left alone, and so are irreducible regions.
 */
#include "opt_internal.h"

enum { HEADER_COPY_MAX = 24, HEADER_EXIT_COPY_MAX = 4 };

typedef struct rotate {
    nf_opt *opt;
    nf_func *f;
    nf_arena *arena;
    nf_cfg cfg;
    uint32_t *home; /* by block id: innermost loop; for blocks that came after the snapshot too */
    uint32_t home_count;
    nf_bitset needed;    /* values, once they are asked for: see has_exit_param() */
    bool changed, stale; /* stale: blocks or edges are not the snapshot's */
} rotate;

/* --- where blocks are --- */

static bool snapshot(rotate *r)
{
    if (r->stale) nf_flow_drop(r->opt);
    r->stale = false;
    if (!nf_flow_get(r->opt, r->f, &r->cfg)) return false;
    r->home = r->cfg.loop_of;
    r->home_count = r->f->blocks.count;
    return true;
}

/* To be called by whoever changes blocks or edges. */
static void graph_changed(rotate *r)
{
    r->changed = r->stale = true;
}

/* Blocks made since the snapshot count as outside of all loops that are asked about. */
static uint32_t home_of(const rotate *r, nf_block b)
{
    return b.id < r->home_count ? r->home[b.id] : NF_NO_LOOP;
}

static bool loop_has(const rotate *r, uint32_t loop, nf_block b)
{
    uint32_t at = home_of(r, b);
    while (at != NF_NO_LOOP && at > loop) at = r->cfg.loops[at].parent;
    return at == loop;
}

static bool known(const rotate *r, nf_block b)
{
    return b.id < r->home_count && nf_cfg_reachable(&r->cfg, b);
}

/* --- shape --- */

typedef enum edge_kind { EDGE_ENTRY, EDGE_BACK, EDGE_KINDS } edge_kind;

/* The edges into one loop's header, by kind. */
typedef struct header_edges {
    uint32_t count[EDGE_KINDS];
    nf_block from[EDGE_KINDS];   /* the last one's source */
    nf_block bridge[EDGE_KINDS]; /* the new block that they go through, once made */
} header_edges;

/* The loop whose header the block is, or NF_NO_LOOP. */
static uint32_t loop_headed(const rotate *r, nf_block b)
{
    uint32_t loop = home_of(r, b);
    return loop != NF_NO_LOOP && r->cfg.loops[loop].header.id == b.id ? loop : NF_NO_LOOP;
}

static edge_kind kind_of(const rotate *r, uint32_t loop, nf_block from)
{
    return loop_has(r, loop, from) ? EDGE_BACK : EDGE_ENTRY;
}

static bool bridge_needed(const rotate *r, const header_edges *edges, edge_kind kind)
{
    if (edges->count[kind] > 1) return true;
    if (kind == EDGE_BACK || edges->count[kind] == 0) return false;
    return nf_out_count(r->f, nf_terminator(r->f, edges->from[kind])) > 1;
}

typedef void edge_visit(rotate *r, void *context, nf_block from, uint32_t edge);

/* Visits the edges of all reachable blocks of the snapshot. */
static void edges_each(rotate *r, edge_visit *visit, void *context)
{
    for (uint32_t i = 0; i < r->cfg.rpo_count; i++) {
        nf_block from = {r->cfg.rpo[i]};
        nf_value end = nf_terminator(r->f, from);
        uint32_t first = nf_inst_at(r->f, end)->extra, count = nf_out_count(r->f, end);
        for (uint32_t e = 0; e < count; e++) visit(r, context, from, first + e);
    }
}

static nf_block edge_target(const rotate *r, uint32_t edge)
{
    return r->f->edges.data[edge].to;
}

static void header_edge_count(rotate *r, void *context, nf_block from, uint32_t edge)
{
    header_edges *all = context;
    uint32_t loop = loop_headed(r, edge_target(r, edge));
    if (loop == NF_NO_LOOP) return;
    edge_kind kind = kind_of(r, loop, from);
    all[loop].count[kind]++;
    all[loop].from[kind] = from;
}

/* Puts a block on the edge that takes the arguments over. */
static void edge_split(nf_func *f, nf_block from, uint32_t edge)
{
    nf_edge whole = f->edges.data[edge];
    nf_block bridge = nf_block_insert(f, from);
    nf_branch_append(f, bridge, whole.to, nf_edge_args(f, &whole), whole.arg_count);
    f->edges.data[edge] = (nf_edge){.key = whole.key, .to = bridge};
}

static void header_edge_split(rotate *r, void *context, nf_block from, uint32_t edge)
{
    header_edges *all = context;
    nf_block header = edge_target(r, edge);
    uint32_t loop = loop_headed(r, header);
    if (loop == NF_NO_LOOP || header.id == r->f->entry.id) return;
    edge_kind kind = kind_of(r, loop, from);
    if (!bridge_needed(r, &all[loop], kind)) return;
    nf_block *bridge = &all[loop].bridge[kind];
    graph_changed(r);
    if (all[loop].count[kind] == 1) {
        edge_split(r->f, from, edge);
        return;
    }
    if (bridge->id == 0) *bridge = nf_block_bridge(r->f, header, from);
    r->f->edges.data[edge].to = *bridge;
}

static void headers_shape(rotate *r)
{
    header_edges *all = NF_NEW_ARRAY(r->arena, header_edges, r->cfg.loop_count);
    if (all == NULL) return;
    edges_each(r, header_edge_count, all);
    edges_each(r, header_edge_split, all);
}

/* What the edges into a block leave: the innermost loop around the source when the target is not in
 * it. An exit is its loop's own when all edges into it leave the same. */
typedef struct exits {
    uint32_t
        *leaves;     /* by block id: what the first edge seen leaves, plus 1; NOTHING for no loop */
    nf_bitset mixed; /* blocks whose edges differ */
    nf_map bridges;  /* target and what is left to the new block */
} exits;
#define NOTHING UINT32_MAX

static uint32_t edge_leaves(const rotate *r, nf_block from, uint32_t edge)
{
    uint32_t loop = home_of(r, from);
    if (loop == NF_NO_LOOP || loop_has(r, loop, edge_target(r, edge))) return NOTHING;
    return loop + 1;
}

static void exit_edge_note(rotate *r, void *context, nf_block from, uint32_t edge)
{
    exits *e = context;
    uint32_t to = edge_target(r, edge).id, leaves = edge_leaves(r, from, edge);
    if (to >= r->home_count) return;
    if (e->leaves[to] == 0) e->leaves[to] = leaves;
    if (e->leaves[to] != leaves) nf_bitset_add(&e->mixed, to);
}

static void exit_edge_split(rotate *r, void *context, nf_block from, uint32_t edge)
{
    exits *e = context;
    nf_block to = edge_target(r, edge);
    if (to.id >= r->home_count || !nf_bitset_has(&e->mixed, to.id)) return;
    uint32_t leaves = edge_leaves(r, from, edge);
    uint64_t key = (uint64_t)to.id << 32 | leaves, bridge = 0;
    if (leaves == NOTHING) return;
    if (!nf_map_get(&e->bridges, key, &bridge)) {
        bridge = nf_block_bridge(r->f, to, from).id;
        nf_map_put(&e->bridges, key, bridge);
    }
    r->f->edges.data[edge].to = (nf_block){(uint32_t)bridge};
    graph_changed(r);
}

/* To be called on a fresh snapshot. */
static void exits_shape(rotate *r)
{
    exits e = {.leaves = NF_NEW_ARRAY(r->arena, uint32_t, r->home_count),
               .mixed = nf_bitset_new(r->arena, r->home_count)};
    if (e.leaves == NULL || e.mixed.words == NULL) return;
    nf_map_init(&e.bridges, r->arena);
    edges_each(r, exit_edge_note, &e);
    edges_each(r, exit_edge_split, &e);
}

/* Headers first: an exit that is a header gets a preheader, which is then the exit. */
static bool shape(rotate *r)
{
    headers_shape(r);
    if (r->stale && !snapshot(r)) return false;
    exits_shape(r);
    return !r->stale || snapshot(r);
}

/* --- close --- */

typedef struct outside_use {
    nf_value value, user;
    nf_block at;
} outside_use;

typedef struct closing {
    rotate *r;
    nf_value user;
    nf_block at;
    NF_VEC(outside_use) uses;
    NF_VEC(nf_value) constants; /* used outside the loops in which they stand */
    NF_VEC(nf_block) exits;     /* of all loops */
} closing;

static void outside_note(void *context, nf_value *place)
{
    closing *c = context;
    nf_block home = nf_inst_at(c->r->f, *place)->block;
    if (!known(c->r, home) || c->r->home[home.id] == NF_NO_LOOP) return;
    if (loop_has(c->r, c->r->home[home.id], c->at)) return;
    if (nf_is_free(nf_inst_at(c->r->f, *place)))
        NF_VEC_PUSH(c->r->arena, &c->constants, *place);
    else
        NF_VEC_PUSH(c->r->arena, &c->uses, (outside_use){*place, c->user, c->at});
}

static void outside_find(closing *c)
{
    rotate *r = c->r;
    for (uint32_t i = 0; i < r->cfg.rpo_count; i++) {
        c->at = (nf_block){r->cfg.rpo[i]};
        for (c->user = nf_block_at(r->f, c->at)->first; c->user.id != 0;
             c->user = nf_inst_at(r->f, c->user)->next)
            nf_uses_walk(r->f, nf_inst_at(r->f, c->user), outside_note, c);
    }
}

/* As a parameter nobody would know a constant any more: it goes to the entry instead. */
static void constants_move(const closing *c)
{
    nf_func *f = c->r->f;
    for (uint32_t i = 0; i < c->constants.count; i++) {
        nf_inst_unlink(f, c->constants.data[i]);
        nf_inst_insert_before(f, nf_terminator(f, f->entry), c->constants.data[i]);
    }
    c->r->changed |= c->constants.count != 0;
}

static nf_block any_pred(const rotate *r, nf_block b)
{
    uint32_t first = r->cfg.pred_start[b.id];
    return (nf_block){first == r->cfg.pred_start[b.id + 1] ? 0 : r->cfg.preds[first]};
}

static void exits_find(closing *c)
{
    rotate *r = c->r;
    for (uint32_t i = 1; i < r->cfg.rpo_count; i++) {
        nf_block b = {r->cfg.rpo[i]};
        uint32_t loop = home_of(r, any_pred(r, b));
        if (loop != NF_NO_LOOP && !loop_has(r, loop, b)) NF_VEC_PUSH(r->arena, &c->exits, b);
    }
}

/* The value gets a parameter at each exit of its loop that it dominates. */
static void exits_define(const closing *c, nf_ssa *ssa, nf_value v)
{
    rotate *r = c->r;
    nf_block home = nf_inst_at(r->f, v)->block;
    for (uint32_t i = 0; i < c->exits.count; i++) {
        nf_block b = c->exits.data[i];
        if (!loop_has(r, r->home[home.id], any_pred(r, b)) || loop_has(r, r->home[home.id], b) ||
            !nf_cfg_dominates(&r->cfg, home, b))
            continue;
        nf_value param = nf_block_param(r->f, b, nf_type_of(r->f, v));
        for (uint32_t e = ssa->in.start[b.id]; e < ssa->in.start[b.id + 1]; e++)
            nf_edge_arg_append(r->f, &r->f->edges.data[ssa->in.all[e].edge], v);
        nf_ssa_define_start(ssa, v.id, b, param);
    }
}

typedef struct exchange {
    nf_value from, to;
} exchange;

static void place_exchange(void *context, nf_value *place)
{
    const exchange *x = context;
    if (place->id == x->from.id) *place = x->to;
}

/* One level: uses outside the innermost loop. The parameters that take their place may be used
 * outside the next loop, so this is repeated until there are none. */
static bool level_close(rotate *r)
{
    closing c = {.r = r};
    nf_ssa ssa;
    outside_find(&c);
    constants_move(&c);
    if (c.uses.count == 0) return false;
    exits_find(&c);
    nf_bitset defined = nf_bitset_new(r->arena, r->f->insts.count);
    if (defined.words == NULL || !nf_ssa_init(&ssa, r->f, r->arena)) return false;
    for (uint32_t i = 0; i < c.uses.count; i++) {
        nf_value v = c.uses.data[i].value;
        if (!nf_bitset_has(&defined, v.id)) exits_define(&c, &ssa, v);
        nf_bitset_add(&defined, v.id);
    }
    for (uint32_t i = 0; i < c.uses.count && !r->f->arena->failed; i++) {
        outside_use use = c.uses.data[i];
        exchange x = {use.value,
                      nf_ssa_at_start(&ssa, use.value.id, nf_type_of(r->f, use.value), use.at)};
        nf_uses_walk(r->f, nf_inst_at(r->f, use.user), place_exchange, &x);
    }
    nf_ssa_finish(&ssa);
    return r->changed = !r->f->arena->failed;
}

/* --- rotate --- */

/* A loop that is rotated. */
typedef struct turn {
    nf_block preheader, header;
    uint32_t inner, outer; /* the header's edges: which stays in the loop, which leaves */
} turn;

typedef struct turning {
    rotate *r;
    NF_VEC(turn) turns;
    nf_bitset headers;    /* blocks */
    nf_bitset wanted;     /* values of those blocks that other blocks use */
    nf_value *copy;       /* the guard's copy of a header's value */
    nf_value *rename;     /* the parameter of `top` that stands for a header's value in its loop */
    uint32_t value_count; /* of the arrays */
    nf_block at;
} turning;

static bool header_is_cheap(const nf_func *f, nf_block header, uint32_t limit)
{
    uint32_t size = 0;
    NF_FOR_INSTS(f, header, v)
    {
        if (!nf_is_constant(nf_inst_at(f, v))) size++;
    }
    return size <= limit;
}

static void need_note(void *context, nf_value *place)
{
    nf_bitset_add(context, place->id);
}

/* What the block's instructions use, and edges that stay in its innermost loop. */
static void needs_find(rotate *r, nf_block b)
{
    nf_func *f = r->f;
    nf_value end = nf_terminator(f, b);
    NF_FOR_INSTS(f, b, v)
    {
        if (v.id != end.id) nf_uses_walk(f, nf_inst_at(f, v), need_note, &r->needed);
    }
    for (uint32_t e = 0; e < nf_out_count(f, end); e++) {
        const nf_edge *edge = nf_edge_at(f, end, e);
        if (home_of(r, b) == NF_NO_LOOP || !loop_has(r, home_of(r, b), edge->to)) continue;
        for (uint32_t i = 0; i < edge->arg_count; i++)
            nf_bitset_add(&r->needed, nf_edge_args(f, edge)[i].id);
    }
}

/* Whether the header has a parameter that nobody wants but ways out: it takes a move in each turn,
 * and none where the header is the latch. */
static bool has_exit_param(rotate *r, const turn *now)
{
    const nf_func *f = r->f;
    if (r->needed.words == NULL) {
        r->needed = nf_bitset_new(r->arena, f->insts.count);
        if (r->needed.words == NULL) return false;
        NF_FOR_BLOCKS(f, b) needs_find(r, b);
    }
    for (uint32_t i = 0; i < nf_block_at(f, now->header)->param_count; i++)
        if (!nf_bitset_has(&r->needed, nf_param_at(f, now->header, i).id)) return true;
    return false;
}

/* Whether the loop tests in its header and jumps back from a latch that does not test; or that does,
 * when the header is for tests alone. */
static bool turn_find(rotate *r, uint32_t loop, turn *now)
{
    const nf_func *f = r->f;
    nf_block header = r->cfg.loops[loop].header;
    nf_value end = nf_terminator(f, header);
    bool latch_tests = false;
    now->header = header;
    if (header.id == f->entry.id || !nf_is_op(f, end, NF_OP_BRIF)) return false;
    bool first_stays = loop_has(r, loop, nf_edge_at(f, end, 0)->to);
    if (first_stays == loop_has(r, loop, nf_edge_at(f, end, 1)->to)) return false;
    now->inner = first_stays ? 0 : 1;
    now->outer = first_stays ? 1 : 0;
    for (uint32_t i = r->cfg.pred_start[header.id]; i < r->cfg.pred_start[header.id + 1]; i++) {
        nf_block pred = {r->cfg.preds[i]};
        bool is_latch = loop_has(r, loop, pred);
        bool tests = !nf_is_op(f, nf_terminator(f, pred), NF_OP_BR);
        if (pred.id == header.id || (tests && !is_latch)) return false;
        if (!is_latch) now->preheader = pred;
        latch_tests |= tests;
    }
    if (!latch_tests) return header_is_cheap(f, header, HEADER_COPY_MAX);
    return header_is_cheap(f, header, HEADER_EXIT_COPY_MAX) && has_exit_param(r, now);
}

static void wanted_note(void *context, nf_value *place)
{
    turning *t = context;
    nf_block home = nf_inst_at(t->r->f, *place)->block;
    if (home.id != t->at.id && nf_bitset_has(&t->headers, home.id))
        nf_bitset_add(&t->wanted, place->id);
}

static void wanted_find(turning *t)
{
    nf_func *f = t->r->f;
    NF_FOR_BLOCKS(f, b)
    {
        t->at = b;
        NF_FOR_INSTS(f, b, v) nf_uses_walk(f, nf_inst_at(f, v), wanted_note, t);
    }
    t->at = (nf_block){0};
    for (uint32_t i = 0; i < t->turns.count; i++) {
        const turn *now = &t->turns.data[i];
        const nf_edge *edge = nf_edge_at(f, nf_terminator(f, now->header), now->inner);
        for (uint32_t a = 0; a < edge->arg_count; a++) wanted_note(t, &nf_edge_args(f, edge)[a]);
    }
}

static nf_value mapped(const turning *t, const nf_value *map, nf_value v)
{
    return v.id < t->value_count && map[v.id].id ? map[v.id] : v;
}

/* Copies the edge's arguments through the map into a new run. */
static nf_edge edge_mapped(const turning *t, const nf_value *map, const nf_edge *edge, nf_block to)
{
    nf_func *f = t->r->f;
    nf_edge copy = *edge;
    copy.to = to;
    copy.args = nf_pool_new(f, nf_edge_args(f, edge), edge->arg_count);
    copy.arg_capacity = copy.arg_count;
    for (uint32_t i = 0; i < copy.arg_count; i++)
        nf_edge_args(f, &copy)[i] = mapped(t, map, nf_edge_args(f, &copy)[i]);
    return copy;
}

typedef void value_visit(turning *t, nf_value v, nf_edge *edge);

/* Visits the header's values that its loop wants, in a fixed order. */
static void wanted_each(turning *t, nf_block header, value_visit *visit, nf_edge *edge)
{
    const nf_func *f = t->r->f;
    for (uint32_t i = 0; i < nf_block_at(f, header)->param_count; i++) {
        nf_value param = nf_param_at(f, header, i);
        if (nf_bitset_has(&t->wanted, param.id)) visit(t, param, edge);
    }
    NF_FOR_INSTS(f, header, v)
    {
        if (nf_bitset_has(&t->wanted, v.id)) visit(t, v, edge);
    }
}

static void top_param_make(turning *t, nf_value v, nf_edge *edge)
{
    t->rename[v.id] = nf_block_param(t->r->f, edge->to, nf_type_of(t->r->f, v));
}

static void copy_pass(turning *t, nf_value v, nf_edge *edge)
{
    nf_edge_arg_append(t->r->f, edge, t->copy[v.id]);
}

static void value_pass(turning *t, nf_value v, nf_edge *edge)
{
    nf_edge_arg_append(t->r->f, edge, v);
}

/* `top`: the loop's new header; it has parameters and goes to where the old header went. */
static nf_block top_make(turning *t, const turn *now)
{
    nf_func *f = t->r->f;
    nf_block top = nf_block_insert(f, now->preheader);
    wanted_each(t, now->header, top_param_make, &(nf_edge){.to = top});
    nf_edge edge = *nf_edge_at(f, nf_terminator(f, now->header), now->inner);
    edge = edge_mapped(t, t->rename, &edge, edge.to);
    nf_branch_append(f, top, edge.to, nf_edge_args(f, &edge), edge.arg_count);
    return top;
}

/* Copies the header's instructions but the last one to the preheader's end. */
static void guard_copy(turning *t, const turn *now)
{
    nf_func *f = t->r->f;
    nf_value jump = nf_terminator(f, now->preheader), end = nf_terminator(f, now->header);
    const nf_edge *entry = nf_edge_at(f, jump, 0);
    for (uint32_t i = 0; i < entry->arg_count; i++)
        t->copy[nf_param_at(f, now->header, i).id] = nf_edge_args(f, entry)[i];
    nf_inst_remove(f, jump);
    for (nf_value v = nf_block_at(f, now->header)->first; v.id != end.id;
         v = nf_inst_at(f, v)->next) {
        nf_value copy = nf_inst_copy(f, v, t->copy, t->value_count);
        nf_inst_append(f, now->preheader, copy);
        t->copy[v.id] = copy;
    }
}

/* Ends the guard: into the loop through a new preheader, or to the exit. */
static void guard_branch(turning *t, const turn *now, nf_block top)
{
    nf_func *f = t->r->f;
    nf_block preheader = nf_block_insert(f, now->preheader);
    nf_edge into = {.to = top};
    wanted_each(t, now->header, copy_pass, &into);
    nf_branch_append(f, preheader, top, nf_edge_args(f, &into), into.arg_count);
    nf_value end = nf_terminator(f, now->header);
    nf_edge leave = *nf_edge_at(f, end, now->outer);
    leave = edge_mapped(t, t->copy, &leave, leave.to);
    uint32_t edges = nf_edges_new(f, 2);
    if (edges == 0) return;
    f->edges.data[edges + now->inner] = (nf_edge){.to = preheader};
    f->edges.data[edges + now->outer] = leave;
    nf_value condition = mapped(t, t->copy, nf_inst_at(f, end)->a);
    nf_inst record = {.op = NF_OP_BRIF, .a = condition, .c = {2}, .extra = edges};
    nf_inst_append(f, now->preheader, nf_inst_new(f, &record));
}

/* Another loop's guard must not get this one's copies. */
static void copies_forget(turning *t, nf_block header)
{
    const nf_func *f = t->r->f;
    for (uint32_t i = 0; i < nf_block_at(f, header)->param_count; i++)
        t->copy[nf_param_at(f, header, i).id].id = 0;
    NF_FOR_INSTS(f, header, v) t->copy[v.id].id = 0;
}

static void loop_turn(turning *t, const turn *now)
{
    nf_func *f = t->r->f;
    nf_block top = top_make(t, now);
    guard_copy(t, now);
    guard_branch(t, now, top);
    copies_forget(t, now->header);
    nf_value end = nf_terminator(f, now->header);
    nf_block exit = nf_edge_at(f, end, now->outer)->to;
    nf_block bridge = nf_block_bridge(f, exit, now->header);
    nf_edge_at(f, end, now->outer)->to = bridge;
    nf_edge back = {.to = top};
    wanted_each(t, now->header, value_pass, &back);
    *nf_edge_at(f, end, now->inner) = back;
}

static void place_rename(void *context, nf_value *place)
{
    turning *t = context;
    if (place->id >= t->value_count || t->rename[place->id].id == 0) return;
    if (nf_inst_at(t->r->f, *place)->block.id != t->at.id) *place = t->rename[place->id];
}

static void uses_rename(turning *t)
{
    nf_func *f = t->r->f;
    NF_FOR_BLOCKS(f, b)
    {
        t->at = b;
        NF_FOR_INSTS(f, b, v) nf_uses_walk(f, nf_inst_at(f, v), place_rename, t);
    }
}

static bool loops_turn(rotate *r)
{
    turning t = {.r = r, .value_count = r->f->insts.count};
    turn found = {0};
    for (uint32_t loop = 0; loop < r->cfg.loop_count; loop++)
        if (turn_find(r, loop, &found)) NF_VEC_PUSH(r->arena, &t.turns, found);
    if (t.turns.count == 0) return false;
    t.headers = nf_bitset_new(r->arena, r->f->blocks.count);
    t.wanted = nf_bitset_new(r->arena, t.value_count);
    t.copy = NF_NEW_ARRAY(r->arena, nf_value, t.value_count);
    t.rename = NF_NEW_ARRAY(r->arena, nf_value, t.value_count);
    if (!t.headers.words || !t.wanted.words || !t.copy || !t.rename) return false;
    for (uint32_t i = 0; i < t.turns.count; i++)
        nf_bitset_add(&t.headers, t.turns.data[i].header.id);
    wanted_find(&t);
    for (uint32_t i = 0; i < t.turns.count && !r->f->arena->failed; i++)
        loop_turn(&t, &t.turns.data[i]);
    if (r->f->arena->failed) return false;
    uses_rename(&t);
    graph_changed(r);
    return true;
}

/* A loop is closed when nobody uses its values outside, those included who never run. */
static void unreachable_remove(rotate *r)
{
    for (nf_block b = r->f->entry, next; b.id != 0; b = next) {
        next = nf_block_at(r->f, b)->next;
        if (nf_cfg_reachable(&r->cfg, b)) continue;
        nf_block_remove(r->f, b);
        graph_changed(r);
    }
}

bool nf_pass_rotate(nf_opt *opt, nf_func *f)
{
    rotate r = {.opt = opt, .f = f, .arena = opt->scratch};
    if (!snapshot(&r) || r.cfg.loop_count == 0) return false;
    unreachable_remove(&r);
    if (!shape(&r)) return r.changed;
    while (level_close(&r)) continue;
    if (loops_turn(&r) && snapshot(&r)) exits_shape(&r);
    if (nf_blocks_merge(f, r.arena)) graph_changed(&r);
    if (r.stale) nf_flow_drop(opt);
    return r.changed;
}
