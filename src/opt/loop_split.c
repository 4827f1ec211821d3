/*
 * See loop_split.h.
 *
 * Loops are closed: what is used behind a loop leaves it as an argument of its exit. That edge is led
 * through the loop's own exit, `left`, and through `behind`, where the faster loops join:
 *
 *     loop: ... brif %c, loop(..), exit(%i)        loop: ... brif %c, loop(..), left(%i)
 *     exit(%k): ...                         ─►     left(%l): br behind(%l)
 *                                                  behind(%b): br exit(%b)
 *                                                  exit(%k): ...
 */
#include "loop_split.h"

/* --- values used behind --- */

bool nf_outs_find(const nf_counted *loop, nf_outs *outs)
{
    const nf_func *f = loop->f;
    const nf_edge *out = nf_edge_at(f, nf_block_at(f, loop->latch)->last, loop->out);
    outs->count = 0;
    for (uint32_t i = 0; i < out->arg_count; i++) {
        nf_value v = nf_edge_args(f, out)[i];
        uint32_t k = 0;
        if (!nf_counted_has(loop, v)) continue;
        while (k < outs->count && outs->values[k].id != v.id) k++;
        if (k == NF_OUTS_MAX) return false;
        outs->values[k] = v;
        if (k == outs->count) outs->count++;
    }
    return true;
}

/* --- cutting --- */

nf_block nf_split_block(nf_split *s)
{
    s->layout = nf_block_insert(s->f, s->layout);
    return s->layout;
}

/* The edge that left the loop leaves block `from`, and the loop goes there with its values. */
static void exit_move(const nf_counted *loop, const nf_outs *outs, nf_block from)
{
    nf_func *f = loop->f;
    uint32_t args = nf_pool_new(f, outs->values, outs->count), moved = nf_edges_new(f, 1);
    nf_value branch = nf_inst_new(f, &(nf_inst){.op = NF_OP_BR, .c = {1}, .extra = moved});
    nf_edge *edge = nf_edge_at(f, nf_block_at(f, loop->latch)->last, loop->out);
    f->edges.data[moved] = *edge;
    *edge = (nf_edge){.to = from, .args = args, .arg_count = outs->count};
    edge->arg_capacity = edge->arg_count;
    nf_inst_append(f, from, branch);
}

nf_block nf_exit_split(const nf_counted *loop, const nf_outs *outs, nf_block layout)
{
    nf_func *f = loop->f;
    nf_value params[NF_OUTS_MAX];
    nf_block exit = nf_block_insert(f, layout);
    for (uint32_t i = 0; i < outs->count; i++)
        params[i] = nf_block_param(f, exit, nf_type_of(f, outs->values[i]));
    exit_move(loop, outs, exit);
    nf_edge *on = nf_edge_at(f, nf_block_at(f, exit)->last, 0);
    for (uint32_t i = 0; i < on->arg_count; i++)
        for (uint32_t k = 0; k < outs->count; k++)
            if (nf_edge_args(f, on)[i].id == outs->values[k].id) nf_edge_args(f, on)[i] = params[k];
    return exit;
}

/* Takes the preheader's branch away and puts `scalar` between. */
static void entry_cut(nf_split *s, nf_value *args)
{
    nf_func *f = s->f;
    nf_value branch = nf_block_at(f, s->loop->preheader)->last;
    s->scalar = nf_block_insert(f, s->loop->preheader);
    for (uint32_t i = 0; i < s->param_count; i++) {
        s->inits[i] = nf_counted_init(s->loop, i);
        args[i] = nf_block_param(f, s->scalar, nf_type_of(f, s->inits[i]));
    }
    nf_inst_remove(f, branch);
    nf_build_br(f, s->scalar, s->loop->header, args, s->param_count);
    s->layout = s->block = s->loop->preheader;
}

bool nf_split_entry(nf_split *s, const nf_counted *loop, nf_arena *arena)
{
    *s = (nf_split){.f = loop->f, .loop = loop};
    s->param_count = nf_block_at(s->f, loop->header)->param_count;
    s->inits = NF_NEW_ARRAY(arena, nf_value, s->param_count);
    nf_value *args = NF_NEW_ARRAY(arena, nf_value, s->param_count);
    if (s->inits == NULL || args == NULL) return false;
    nf_block_at(s->f, loop->header)->is_rest = true;
    entry_cut(s, args);
    return true;
}

bool nf_split_begin(nf_split *s, const nf_counted *loop, const nf_outs *outs, nf_arena *arena)
{
    if (!nf_split_entry(s, loop, arena)) return false;
    s->outs = outs;
    s->behind = nf_exit_split(loop, outs, loop->latch);
    s->left = nf_exit_split(loop, outs, loop->latch);
    return true;
}

void nf_split_checks(nf_split *s, nf_checks *checks)
{
    for (uint32_t i = 0; i < checks->count; i++) {
        nf_block next = nf_split_block(s);
        nf_build_brif(s->f, s->block, checks->data[i], next, NULL, 0, s->scalar, s->inits,
                      s->param_count);
        s->block = next;
        s->scalar_used = true;
    }
    checks->count = 0;
}

void nf_split_end(nf_split *s)
{
    if (s->scalar_used) return;
    nf_block_remove(s->f, s->scalar);
    nf_block_remove(s->f, s->left);
    for (uint32_t i = 0; i < s->loop->block_count; i++) nf_block_remove(s->f, s->loop->blocks[i]);
}
