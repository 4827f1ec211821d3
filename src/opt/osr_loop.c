/*
 * The interrupted loop twice: once to be entered in the middle, once as it was.
 *
 *   entry ─► head' ⟲ ─┐ exit
 *                     ▼
 *   outer ─► head ⟲ ─► after ─► outer ...
 *
 * Entered at head, the function would reach head from the entry and from the outer loop, and the two
 * loops would have one header: neither vectoriser nor unroller could see the inner loop any more.
 * Now head' runs what is left of the interrupted loop, and all later rounds find a loop of its own.
 */
#include "osr_internal.h"

static uint32_t loop_headed(const nf_osr *o)
{
    for (uint32_t l = 0; l < o->cfg.loop_count; l++)
        if (o->cfg.loops[l].header.id == o->header.id) return l;
    return NF_NO_LOOP;
}

/* Whether something outside of the loop, behind the header, comes back to it. */
static bool comes_back(const nf_osr *o, uint32_t loop)
{
    for (uint32_t p = o->cfg.pred_start[o->header.id]; p < o->cfg.pred_start[o->header.id + 1];
         p++) {
        nf_block from = {o->cfg.preds[p]};
        if (nf_bitset_has(&o->reached, from.id) && !nf_cfg_loop_has(&o->cfg, loop, from))
            return true;
    }
    return false;
}

static nf_value copy_of(const nf_osr *o, nf_value v)
{
    bool copied = v.id < o->original->insts.count && o->copied[v.id].id != 0;
    return copied ? o->copied[v.id] : v;
}

/* Empty blocks with parameters. */
static void blocks_make(nf_osr *o, uint32_t loop)
{
    nf_block layout = o->entry;
    for (uint32_t i = 0; i < o->cfg.rpo_count; i++) {
        nf_block b = {o->cfg.rpo[i]};
        if (!nf_cfg_loop_has(&o->cfg, loop, b)) continue;
        layout = o->copies[b.id] = nf_block_insert(o->f, layout);
        for (uint32_t k = 0; k < nf_block_at(o->f, b)->param_count; k++) {
            nf_value param = nf_param_at(o->f, b, k);
            o->copied[param.id] = nf_block_param(o->f, layout, nf_type_of(o->f, param));
        }
    }
}

static uint32_t args_copy(nf_osr *o, const nf_edge *edge)
{
    uint32_t args = nf_pool_new(o->f, nf_edge_args(o->f, edge), edge->arg_count);
    for (uint32_t i = 0; i < edge->arg_count && args; i++)
        o->f->pool.data[args + i] = copy_of(o, (nf_value){o->f->pool.data[args + i]}).id;
    return args;
}

static void terminator_copy(nf_osr *o, nf_value terminator, nf_block at)
{
    nf_func *f = o->f;
    nf_inst record = *nf_inst_at(f, terminator);
    uint32_t count = nf_out_count(f, terminator);
    record.a = copy_of(o, record.a);
    if (count) record.extra = nf_edges_new(f, count);
    for (uint32_t i = 0; i < count && record.extra; i++) {
        nf_edge edge = *nf_edge_at(f, terminator, i);
        if (nf_osr_in_loop(o, edge.to)) edge.to = o->copies[edge.to.id];
        edge.args = args_copy(o, &edge);
        edge.arg_capacity = edge.arg_count;
        f->edges.data[record.extra + i] = edge;
    }
    nf_inst_append(f, at, nf_inst_new(f, &record));
}

static void block_copy(nf_osr *o, nf_block b)
{
    nf_func *f = o->f;
    nf_value last = nf_terminator(f, b);
    for (nf_value v = nf_block_at(f, b)->first; v.id != last.id; v = nf_inst_at(f, v)->next) {
        o->copied[v.id] = nf_inst_copy(f, v, o->copied, o->original->insts.count);
        nf_inst_append(f, o->copies[b.id], o->copied[v.id]);
    }
    terminator_copy(o, last, o->copies[b.id]);
}

nf_block nf_osr_loop_copy(nf_osr *o)
{
    uint32_t loop = loop_headed(o);
    if (loop == NF_NO_LOOP || !comes_back(o, loop)) return o->header;
    o->copies = NF_NEW_ARRAY(o->arena, nf_block, o->original->blocks.count);
    o->copied = NF_NEW_ARRAY(o->arena, nf_value, o->original->insts.count);
    if (o->copies == NULL || o->copied == NULL) return o->header;
    blocks_make(o, loop);
    for (uint32_t i = 0; i < o->cfg.rpo_count; i++)
        if (nf_osr_in_loop(o, (nf_block){o->cfg.rpo[i]})) block_copy(o, (nf_block){o->cfg.rpo[i]});
    return o->copies[o->header.id];
}
