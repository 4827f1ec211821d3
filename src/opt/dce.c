/*
 * Dead code: what no effect depends on is removed.
 *
 *   requires  nothing
 *   preserves the control flow and every fact about loops: no block or edge comes or goes
 *   breaks    nothing
 *
 * Optimistic marking from the instructions that have effects (edit.c says which), in one walk
 * backwards: users stand behind what they use, but for the arguments of edges that go back. What is
 * found to be used when the walk has passed it goes to a list, and is followed at the end. A block
 * parameter that is marked marks the arguments of the edges into its block, so a cycle of parameters
 * that feed only each other dies. A store into a stack local waits until the local is wanted: until
 * an instruction that is marked uses the local's address for anything but the address of a store. So
 *
 *     %p = local @x     store.i32 %v, [%p]     ret
 *
 * loses the store, and then everything that computed %v.
 */
#include "opt_internal.h"

/* Of a value. */
typedef enum state {
    STATE_AHEAD, /* the walk has not come there, and nobody uses it so far */
    STATE_PASSED,
    STATE_LIVE,
} state;

typedef struct dce {
    nf_func *f;
    nf_in_edges in;
    uint8_t *states;        /* by value id */
    NF_VEC(nf_value) late;  /* live ones that the walk has passed, to be followed */
    uint32_t *waiting;      /* by local: the first store that waits for it */
    uint32_t *waiting_next; /* by value id of such a store */
    bool *wanted;           /* by local */
    uint32_t params_dead;
    nf_arena *arena;
} dce;

static bool is_live(const dce *d, nf_value v)
{
    return d->states[v.id] == STATE_LIVE;
}

static inline void mark(dce *d, uint32_t id)
{
    bool passed = d->states[id] == STATE_PASSED;
    d->states[id] = STATE_LIVE;
    if (passed) d->late.data[d->late.count++] = (nf_value){id}; /* once each: there is room */
}

static void mark_visit(void *context, nf_value *place)
{
    mark(context, place->id);
}

static void param_mark(dce *d, const nf_inst *param)
{
    for (uint32_t i = d->in.start[param->block.id]; i < d->in.start[param->block.id + 1]; i++) {
        const nf_edge *edge = &d->f->edges.data[d->in.all[i].edge];
        mark(d, nf_edge_args(d->f, edge)[param->imm].id);
    }
}

static void local_want(dce *d, uint32_t local)
{
    for (uint32_t v = d->waiting[local]; v != 0; v = d->waiting_next[v]) mark(d, v);
    d->waiting[local] = 0;
    d->wanted[local] = true;
}

/* What a live instruction uses is live; of arguments of edges their parameters say it. */
static void uses_mark(dce *d, nf_inst *inst)
{
    nf_operands of = nf_operands_of(inst);
    mark(d, of.a);
    mark(d, of.b);
    mark(d, of.c);
    if (inst->op == NF_OP_LOCAL) local_want(d, inst->extra);
    if (inst->op == NF_OP_PARAM) param_mark(d, inst);
    if (nf_has_lists(inst) && nf_ops[inst->op].shape < NF_SHAPE_BR)
        nf_uses_walk(d->f, inst, mark_visit, d);
}

/* The local that the store writes to when nothing else can see its address there; 0 for none. */
static uint32_t store_local(const nf_func *f, const nf_inst *store)
{
    bool stores = store->op == NF_OP_STORE || store->op == NF_OP_MSTORE;
    if (!stores || nf_access_is_fixed(store)) return 0;
    const nf_inst *base = nf_inst_at(f, store->a);
    return base->op == NF_OP_LOCAL ? base->extra : 0;
}

/* Whether it is live although nobody has said so. */
static bool is_root(dce *d, nf_value v, const nf_inst *inst)
{
    if (!nf_inst_has_effect(d->f, inst)) return false;
    uint32_t local = store_local(d->f, inst);
    if (local == 0 || d->wanted[local]) return true;
    d->waiting_next[v.id] = d->waiting[local];
    d->waiting[local] = v.id;
    return false;
}

static void block_mark(dce *d, nf_block b)
{
    for (nf_value v = nf_block_at(d->f, b)->last; v.id != 0; v = nf_inst_at(d->f, v)->prev) {
        nf_inst *inst = nf_inst_at(d->f, v);
        bool live = is_live(d, v) || is_root(d, v, inst);
        d->states[v.id] = live ? STATE_LIVE : STATE_PASSED;
        if (live) uses_mark(d, inst);
    }
    for (uint32_t i = 0; i < nf_block_at(d->f, b)->param_count; i++) {
        nf_value param = nf_param_at(d->f, b, i);
        if (is_live(d, param))
            param_mark(d, nf_inst_at(d->f, param));
        else
            d->states[param.id] = STATE_PASSED;
    }
}

static void all_mark(dce *d)
{
    nf_func *f = d->f;
    nf_block last = f->entry;
    for (uint32_t i = 0; i < nf_block_at(f, f->entry)->param_count; i++)
        d->states[nf_param_at(f, f->entry, i).id] = STATE_LIVE;
    while (nf_block_at(f, last)->next.id != 0) last = nf_block_at(f, last)->next;
    for (nf_block b = last; b.id != 0; b = nf_block_at(f, b)->prev) block_mark(d, b);
    while (d->late.count) uses_mark(d, nf_inst_at(f, d->late.data[--d->late.count]));
    NF_FOR_BLOCKS(f, b)
    {
        for (uint32_t i = 0; i < nf_block_at(f, b)->param_count; i++)
            d->params_dead += !is_live(d, nf_param_at(f, b, i));
    }
}

static void edge_sweep(dce *d, nf_edge *edge)
{
    nf_value *args = nf_edge_args(d->f, edge);
    uint32_t kept = 0, count = edge->arg_count;
    for (uint32_t i = 0; i < count; i++)
        if (is_live(d, nf_param_at(d->f, edge->to, i))) args[kept++] = args[i];
    edge->arg_count = kept;
}

static void params_sweep(dce *d)
{
    nf_func *f = d->f;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++) edge_sweep(d, nf_edge_at(f, end, e));
    }
    NF_FOR_BLOCKS(f, b)
    {
        for (uint32_t i = nf_block_at(f, b)->param_count; i-- > 0;)
            if (!is_live(d, nf_param_at(f, b, i))) nf_block_param_remove(f, b, i);
    }
}

static bool sweep(dce *d)
{
    bool changed = false;
    NF_FOR_BLOCKS(d->f, b)
    {
        NF_FOR_INSTS_SAFE(d->f, b, v, following)
        {
            if (is_live(d, v)) continue;
            nf_inst_remove(d->f, v);
            changed = true;
        }
    }
    if (d->params_dead) params_sweep(d);
    return changed || d->params_dead;
}

/* A local whose address nobody takes needs no room in the frame. */
static void locals_shrink(dce *d)
{
    nf_bitset used = nf_bitset_new(d->arena, d->f->locals.count);
    if (used.words == NULL) return;
    NF_FOR_BLOCKS(d->f, b)
    {
        NF_FOR_INSTS(d->f, b, v)
        {
            const nf_inst *inst = nf_inst_at(d->f, v);
            if (inst->op == NF_OP_LOCAL) nf_bitset_add(&used, inst->extra);
        }
    }
    for (uint32_t i = 1; i < d->f->locals.count; i++)
        if (!nf_bitset_has(&used, i)) d->f->locals.data[i].size = 0;
}

bool nf_pass_dce(nf_opt *opt, nf_func *f)
{
    nf_arena *arena = opt->scratch;
    dce d = {.f = f,
             .states = NF_NEW_ARRAY(arena, uint8_t, f->insts.count),
             .waiting = NF_NEW_ARRAY(arena, uint32_t, f->locals.count + 1),
             .wanted = NF_NEW_ARRAY(arena, bool, f->locals.count + 1),
             .waiting_next = NF_TAKE_ARRAY(arena, uint32_t, f->insts.count),
             .arena = arena};
    bool allocated = d.states && d.waiting && d.wanted && d.waiting_next &&
                     nf_in_edges_build(f, arena, &d.in) &&
                     NF_VEC_RESERVE(arena, &d.late, f->insts.count);
    if (!allocated) return false;
    all_mark(&d);
    bool changed = sweep(&d);
    if (f->locals.count > 1) locals_shrink(&d);
    return changed;
}
