/*
 * See unroll_internal.h. The header's parameters stand for values that are known when a copy is made,
 * so that a copy's header is no block of its own: it continues the block where the one before it
 * ended. Inner blocks are copied with their parameters and edges.
 */
#include "unroll_internal.h"

bool nf_copier_init(nf_copier *c, const nf_counted *loop, nf_arena *arena)
{
    *c = (nf_copier){.f = loop->f, .loop = loop, .layout = loop->latch};
    c->param_count = nf_block_at(c->f, loop->header)->param_count;
    c->map = NF_NEW_ARRAY(arena, nf_value, loop->value_count);
    c->blocks = NF_NEW_ARRAY(arena, nf_block, c->f->blocks.count);
    c->nexts = NF_NEW_ARRAY(arena, nf_value, 2 * c->param_count);
    if (c->map == NULL || c->blocks == NULL || c->nexts == NULL) return false;
    for (uint32_t i = 0; i < c->param_count; i++) c->nexts[i] = nf_counted_next(loop, i);
    return true;
}

nf_value nf_copy_of(const nf_copier *c, nf_value v)
{
    bool mapped = v.id < c->loop->value_count && c->map[v.id].id != 0;
    return mapped ? c->map[v.id] : v;
}

void nf_copier_set(nf_copier *c, uint32_t param, nf_value v)
{
    c->map[nf_param_at(c->f, c->loop->header, param).id] = v;
}

void nf_copier_advance(nf_copier *c)
{
    nf_value *now = c->nexts + c->param_count;
    for (uint32_t i = 0; i < c->param_count; i++) now[i] = nf_copy_of(c, c->nexts[i]);
    for (uint32_t i = 0; i < c->param_count; i++) nf_copier_set(c, i, now[i]);
}

static nf_block block_of(const nf_copier *c, nf_block b)
{
    for (uint32_t i = 0; i < c->loop->block_count; i++)
        if (c->loop->blocks[i].id == b.id) return c->blocks[b.id];
    return b;
}

static uint32_t edge_args_copy(nf_copier *c, const nf_edge *edge)
{
    uint32_t args = nf_pool_new(c->f, nf_edge_args(c->f, edge), edge->arg_count);
    for (uint32_t i = 0; i < edge->arg_count && args; i++)
        c->f->pool.data[args + i] = nf_copy_of(c, (nf_value){c->f->pool.data[args + i]}).id;
    return args;
}

/* A copy of a terminator whose edges lead to the copies of their targets. */
static void terminator_copy(nf_copier *c, nf_value terminator, nf_block at)
{
    nf_func *f = c->f;
    nf_inst record = *nf_inst_at(f, terminator);
    uint32_t count = nf_edge_count(f, terminator), first = nf_edges_new(f, count);
    for (uint32_t i = 0; i < count && first; i++) {
        nf_edge edge = *nf_edge_at(f, terminator, i);
        edge.to = block_of(c, edge.to);
        edge.args = edge_args_copy(c, &edge);
        edge.arg_capacity = edge.arg_count;
        f->edges.data[first + i] = edge;
    }
    record.extra = first;
    record.a = nf_copy_of(c, record.a);
    nf_inst_append(f, at, nf_inst_new(f, &record));
}

/* New blocks for all but the header, with parameters. */
static void blocks_make(nf_copier *c, nf_block at)
{
    const nf_counted *loop = c->loop;
    c->blocks[loop->header.id] = at;
    for (uint32_t i = 1; i < loop->block_count; i++) {
        nf_block original = loop->blocks[i], copy = nf_block_insert(c->f, c->layout);
        c->layout = copy;
        c->blocks[original.id] = copy;
        for (uint32_t k = 0; k < nf_block_at(c->f, original)->param_count; k++) {
            nf_value param = nf_param_at(c->f, original, k);
            c->map[param.id] = nf_block_param(c->f, copy, nf_type_of(c->f, param));
        }
    }
}

nf_block nf_copier_body(nf_copier *c, nf_block at)
{
    const nf_counted *loop = c->loop;
    blocks_make(c, at);
    for (uint32_t i = 0; i < loop->block_count; i++) {
        nf_block original = loop->blocks[i], copy = c->blocks[original.id];
        nf_value last = nf_block_at(c->f, original)->last;
        for (nf_value v = nf_block_at(c->f, original)->first; v.id != last.id;
             v = nf_inst_at(c->f, v)->next) {
            nf_value copied = nf_inst_copy(c->f, v, c->map, loop->value_count);
            nf_inst_append(c->f, copy, copied);
            c->map[v.id] = copied;
        }
        if (original.id != loop->latch.id) terminator_copy(c, last, copy);
    }
    return c->blocks[loop->latch.id];
}
