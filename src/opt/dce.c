/*
 * Dead code: what no effect depends on is removed.
 *
 *   requires  nothing
 *   preserves the control flow and every fact about loops: no block or edge comes or goes
 *   breaks    nothing
 *
 * Optimistic marking from the instructions that have effects (edit.c says which). A block parameter
 * that is marked marks the arguments of the edges into its block, so a cycle of parameters that
 * feed only each other dies. A store into a stack local waits until the local is wanted: until an
 * instruction that is marked uses the local's address for anything but the address of a store. So
 *
 *     %p = local @x     store.i32 %v, [%p]     ret
 *
 * loses the store, and then everything that computed %v.
 */
#include "opt_internal.h"

typedef struct dce {
    nf_func *f;
    nf_in_edges in;
    nf_bitset live; /* by value id */
    NF_VEC(nf_value) work;
    uint32_t *waiting;      /* by local: the first store that waits for it */
    uint32_t *waiting_next; /* by value id of such a store */
    nf_arena *arena;
} dce;

static void mark(dce *d, nf_value v)
{
    if (nf_bitset_has(&d->live, v.id)) return;
    nf_bitset_add(&d->live, v.id);
    NF_VEC_PUSH(d->arena, &d->work, v);
}

static void mark_visit(void *context, nf_value *place)
{
    mark(context, *place);
}

static void param_mark(dce *d, const nf_inst *param)
{
    for (uint32_t i = d->in.start[param->block.id]; i < d->in.start[param->block.id + 1]; i++) {
        const nf_edge *edge = &d->f->edges.data[d->in.all[i].edge];
        mark(d, nf_edge_args(d->f, edge)[param->imm]);
    }
}

static void local_want(dce *d, uint32_t local)
{
    for (uint32_t v = d->waiting[local]; v != 0; v = d->waiting_next[v]) mark(d, (nf_value){v});
    d->waiting[local] = 0;
}

static void inst_mark(dce *d, nf_value v)
{
    nf_inst *inst = nf_inst_at(d->f, v);
    switch (inst->op) {
    case NF_OP_PARAM: param_mark(d, inst); return;
    case NF_OP_LOCAL: local_want(d, inst->extra); return;
    case NF_OP_BR:
    case NF_OP_BRIF:
    case NF_OP_SWITCH: /* arguments only when their parameters are live */
        if (inst->a.id) mark(d, inst->a);
        return;
    default: nf_uses_walk(d->f, inst, mark_visit, d);
    }
}

/* The local that the store writes to when nothing else can see its address there; 0 for none. */
static uint32_t store_local(const nf_func *f, const nf_inst *store)
{
    if (nf_access_is_fixed(store)) return 0;
    const nf_inst *base = nf_inst_at(f, store->a);
    return base->op == NF_OP_LOCAL ? base->extra : 0;
}

static void roots_mark(dce *d)
{
    NF_FOR_BLOCKS(d->f, b)
    {
        NF_FOR_INSTS(d->f, b, v)
        {
            const nf_inst *inst = nf_inst_at(d->f, v);
            if (!nf_inst_has_effect(d->f, inst)) continue;
            bool stores = inst->op == NF_OP_STORE || inst->op == NF_OP_MSTORE;
            uint32_t local = stores ? store_local(d->f, inst) : 0;
            if (local) {
                d->waiting_next[v.id] = d->waiting[local];
                d->waiting[local] = v.id;
            } else {
                mark(d, v);
            }
        }
    }
    for (uint32_t i = 0; i < nf_block_at(d->f, d->f->entry)->param_count; i++)
        mark(d, nf_param_at(d->f, d->f->entry, i));
}

static bool edge_sweep(dce *d, nf_edge *edge)
{
    nf_value *args = nf_edge_args(d->f, edge);
    uint32_t kept = 0, count = edge->arg_count;
    for (uint32_t i = 0; i < count; i++)
        if (nf_bitset_has(&d->live, nf_param_at(d->f, edge->to, i).id)) args[kept++] = args[i];
    edge->arg_count = kept;
    return kept != count;
}

static bool block_sweep(dce *d, nf_block b)
{
    bool changed = false;
    NF_FOR_INSTS_SAFE(d->f, b, v, following)
    {
        if (nf_bitset_has(&d->live, v.id)) continue;
        nf_inst_remove(d->f, v);
        changed = true;
    }
    nf_value end = nf_terminator(d->f, b);
    for (uint32_t e = 0; e < nf_out_count(d->f, end); e++)
        changed |= edge_sweep(d, nf_edge_at(d->f, end, e));
    return changed;
}

static bool sweep(dce *d)
{
    bool changed = false;
    NF_FOR_BLOCKS(d->f, b) changed |= block_sweep(d, b);
    NF_FOR_BLOCKS(d->f, b)
    {
        for (uint32_t i = nf_block_at(d->f, b)->param_count; i-- > 0;)
            if (!nf_bitset_has(&d->live, nf_param_at(d->f, b, i).id))
                nf_block_param_remove(d->f, b, i);
    }
    return changed;
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
             .live = nf_bitset_new(arena, f->insts.count),
             .waiting = NF_NEW_ARRAY(arena, uint32_t, f->locals.count + 1),
             .waiting_next = NF_NEW_ARRAY(arena, uint32_t, f->insts.count),
             .arena = arena};
    bool allocated = d.live.words && d.waiting && d.waiting_next &&
                     nf_in_edges_build(f, arena, &d.in) &&
                     NF_VEC_RESERVE(arena, &d.work, f->insts.count);
    if (!allocated) return false;
    roots_mark(&d);
    while (d.work.count) inst_mark(&d, d.work.data[--d.work.count]);
    bool changed = sweep(&d);
    if (f->locals.count > 1) locals_shrink(&d);
    return changed;
}
