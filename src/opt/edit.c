/*
 * What passes share: questions about one instruction, and small changes.
 *
 * Two decisions about effects are made here for the whole optimiser. A division that may trap is an
 * effect and stays even when its quotient is not used; so is a call, unless the callee is a NIR
 * function that promises to be pure or to write nothing. A load that is neither volatile nor atomic
 * is no effect: the fault that a wild address would give is not part of a program's meaning.
 *
 * Example: in `%q = udiv.i32 %a, %b` with nobody using %q the division stays, with a constant 7 for
 * %b it goes.
 */
#include "opt_internal.h"

bool nf_division_is_safe(const nf_func *f, const nf_inst *division)
{
    const nf_inst *divisor = nf_inst_at(f, division->b);
    if (divisor->op != NF_OP_ICONST || divisor->imm == 0) return false;
    bool is_signed = division->op == NF_OP_SDIV || division->op == NF_OP_SREM;
    return !is_signed || divisor->imm != -1;
}

static bool call_has_effect(const nf_func *f, const nf_inst *call)
{
    if (call->op != NF_OP_CALL) return true;
    const nf_symbol_data *callee = nf_symbol_at(f->module, (nf_symbol){(uint32_t)call->imm});
    if (callee->kind != NF_SYMBOL_FUNC) return true;
    return (callee->func->attributes & (NF_ATTR_PURE | NF_ATTR_READONLY)) == 0;
}

bool nf_inst_some_effect(const nf_func *f, const nf_inst *inst)
{
    uint8_t effects = nf_ops[inst->op].effects;
    if (effects & NF_EFFECT_END) return true;
    if (effects & NF_EFFECT_CALL) return call_has_effect(f, inst);
    if (effects & NF_EFFECT_TRAP) return !nf_division_is_safe(f, inst);
    return (effects & NF_EFFECT_WRITE) || nf_access_is_fixed(inst);
}

static void run_count(uint32_t *counts, const nf_value *run, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) counts[run[i].id]++;
}

static void lists_count(const nf_func *f, const nf_inst *inst, uint32_t *counts)
{
    if (nf_ops[inst->op].shape < NF_SHAPE_BR) {
        run_count(counts, nf_call_args(f, inst), inst->c.id);
        return;
    }
    for (uint32_t e = 0; e < inst->c.id; e++) {
        const nf_edge *edge = &f->edges.data[inst->extra + e];
        run_count(counts, nf_edge_args(f, edge), edge->arg_count);
    }
}

void nf_uses_rename_some(nf_renaming *r, nf_inst *inst)
{
    nf_uses_walk(r->f, inst, nf_place_rename, r);
}

uint32_t *nf_use_counts(const nf_func *f, nf_arena *arena)
{
    uint32_t *counts = NF_NEW_ARRAY(arena, uint32_t, f->insts.count);
    if (counts == NULL) return NULL;
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            const nf_inst *inst = nf_inst_at(f, v);
            nf_operands of = nf_operands_of(inst);
            counts[of.a]++, counts[of.b]++, counts[of.c]++;
            if (nf_has_lists(inst)) lists_count(f, inst, counts);
        }
    }
    counts[0] = 0; /* what stands for no value */
    return counts;
}

bool nf_in_edges_build(const nf_func *f, nf_arena *arena, nf_in_edges *in)
{
    uint32_t total = 0;
    in->start = NF_NEW_ARRAY(arena, uint32_t, f->blocks.count + 1);
    if (in->start == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = nf_out_count(f, end); e-- > 0;) in->start[nf_edge_at(f, end, e)->to.id]++;
    }
    for (uint32_t b = 0; b <= f->blocks.count; b++) in->start[b] = total += in->start[b];
    in->all = NF_NEW_ARRAY(arena, nf_in_edge, total);
    if (in->all == NULL) return false;
    NF_FOR_BLOCKS(f, b) /* each start moves down from its end to its place */
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = nf_out_count(f, end); e-- > 0;)
            in->all[--in->start[nf_edge_at(f, end, e)->to.id]] =
                (nf_in_edge){nf_inst_at(f, end)->extra + e, b};
    }
    return true;
}

nf_value nf_inst_put(nf_func *f, nf_value before, const nf_inst *record)
{
    nf_value v = nf_inst_new(f, record);
    nf_inst_insert_before(f, before, v);
    return v;
}

nf_value nf_iconst_put(nf_func *f, nf_value before, nf_type type, int64_t value)
{
    return nf_inst_put(
        f, before,
        &(nf_inst){.op = NF_OP_ICONST, .type = type, .imm = nf_type_canonical(type, value)});
}

nf_value nf_zero_put(nf_func *f, nf_value before, nf_type type)
{
    nf_op op = NF_TYPE_IS_FLOAT(type) ? NF_OP_FCONST : NF_OP_ICONST;
    nf_value zero = nf_inst_put(f, before, &(nf_inst){.op = op, .type = NF_TYPE_ELEMENT(type)});
    if (!NF_TYPE_IS_VECTOR(type)) return zero;
    return nf_inst_put(f, before, &(nf_inst){.op = NF_OP_SPLAT, .type = type, .a = zero});
}

typedef struct copying {
    const nf_value *map;
    uint32_t map_count;
} copying;

static void place_copy(void *context, nf_value *place)
{
    const copying *copy = context;
    if (place->id < copy->map_count && copy->map[place->id].id) *place = copy->map[place->id];
}

nf_value nf_inst_copy(nf_func *f, nf_value v, const nf_value *map, uint32_t map_count)
{
    nf_inst record = *nf_inst_at(f, v);
    uint32_t arg_count = nf_call_arg_count(&record);
    if (arg_count) record.extra = nf_pool_new(f, nf_call_args(f, &record), arg_count);
    nf_value copy = nf_inst_new(f, &record);
    copying context = {map, map_count};
    nf_uses_walk(f, nf_inst_at(f, copy), place_copy, &context);
    return copy;
}

void nf_terminator_take(nf_func *f, nf_value terminator, uint32_t edge_index)
{
    nf_inst *inst = nf_inst_at(f, terminator);
    inst->op = NF_OP_BR;
    inst->type = NF_VOID;
    inst->a = (nf_value){0};
    inst->extra += edge_index;
    inst->c.id = 1;
}

void nf_values_replace_some(nf_func *f, const nf_value *map, uint32_t map_count)
{
    nf_renaming renaming = {.f = f, .map = map, .count = map_count};
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v) nf_uses_rename(&renaming, nf_inst_at(f, v));
    }
}

void nf_branch_append(nf_func *f, nf_block from, nf_block to, const nf_value *args, uint32_t count)
{
    uint32_t edge = nf_edges_new(f, 1), run = nf_pool_new(f, args, count);
    if (edge == 0 || (count && run == 0)) return;
    f->edges.data[edge] =
        (nf_edge){.to = to, .args = run, .arg_count = count, .arg_capacity = count};
    nf_inst_append(f, from, nf_inst_new(f, &(nf_inst){.op = NF_OP_BR, .c = {1}, .extra = edge}));
}

nf_block nf_block_bridge(nf_func *f, nf_block to, nf_block after)
{
    nf_block bridge = nf_block_insert(f, after);
    for (uint32_t i = 0; i < nf_block_at(f, to)->param_count; i++)
        nf_block_param(f, bridge, nf_type_of(f, nf_param_at(f, to, i)));
    const nf_block_data *data = nf_block_at(f, bridge);
    nf_branch_append(f, bridge, to, (const nf_value *)&f->pool.data[data->params],
                     data->param_count);
    return bridge;
}

void nf_block_absorb(nf_func *f, nf_block b, nf_value *map)
{
    nf_value branch = nf_terminator(f, b);
    const nf_edge *edge = nf_edge_at(f, branch, 0);
    nf_block target = edge->to;
    for (uint32_t i = 0; i < edge->arg_count; i++)
        map[nf_param_at(f, target, i).id] = nf_edge_args(f, edge)[i];
    nf_inst_remove(f, branch);
    NF_FOR_INSTS_SAFE(f, target, v, following)
    {
        nf_inst_unlink(f, v);
        nf_inst_append(f, b, v);
    }
    nf_block_remove(f, target);
}

/* Where memory has run out edges may be missing, and a loop that nobody enters would be merged into
 * itself. */
bool nf_blocks_merge(nf_func *f, nf_arena *scratch)
{
    if (f->arena->failed) return false;
    uint32_t *in_count = NF_NEW_ARRAY(scratch, uint32_t, f->blocks.count);
    nf_value *map = NULL;
    bool merged = false, renamed = false;
    if (in_count == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = nf_out_count(f, end); e-- > 0;) in_count[nf_edge_at(f, end, e)->to.id]++;
    }
    NF_FOR_BLOCKS(f, b)
    {
        for (;;) {
            nf_value end = nf_terminator(f, b);
            if (!nf_is_op(f, end, NF_OP_BR)) break;
            nf_block to = nf_edge_at(f, end, 0)->to;
            if (in_count[to.id] != 1 || to.id == f->entry.id || to.id == b.id) break;
            if (map == NULL) map = NF_NEW_ARRAY(scratch, nf_value, f->insts.count);
            if (map == NULL) return merged;
            renamed |= nf_block_at(f, to)->param_count != 0;
            nf_block_absorb(f, b, map);
            merged = true;
        }
    }
    if (renamed) nf_values_replace_some(f, map, f->insts.count);
    return merged;
}
