/*
 * The records of a function: the primitives that builder, parser and passes are made of.
 *
 *   insts[]   | 0 | 1 | 2 | 3 | ...        a block's list:  first ─► next ─► ... ─► last
 *   pool[]    | 0 | params of block 1 . . | arguments of a call | arguments of an edge . | ...
 *
 * Lists of values live in the pool as runs; a dot is spare capacity. A run that outgrows its
 * capacity doubles at the pool's end and leaves a hole, so that all holes together are no larger than
 * what is alive.
 *
 * Invariants: record 0 of every array exists and is in no list, so that id 0 may be read and
 * written without harm; prev and next agree; `block` names the list that holds the instruction.
 */
#include "ir.h"

static nf_value value_none(void)
{
    return (nf_value){0};
}

/* --- instructions --- */

static bool insts_grow(nf_func *f)
{
    if (f->insts.count >= NF_INSTS_MAX) {
        f->arena->failed = true;
        return false;
    }
    return NF_VEC_RESERVE(f->arena, &f->insts, 1);
}

nf_value nf_inst_new(nf_func *f, const nf_inst *record)
{
    if (f->insts.count == f->insts.capacity && !insts_grow(f)) return value_none();
    nf_value v = {f->insts.count++};
    nf_inst *inst = nf_inst_at(f, v);
    *inst = *record;
    inst->block = (nf_block){0};
    inst->prev = inst->next = value_none();
    return v;
}

void nf_inst_append(nf_func *f, nf_block b, nf_value v)
{
    if (v.id == 0 || b.id == 0) return;
    nf_block_data *block = nf_block_at(f, b);
    nf_inst *inst = nf_inst_at(f, v);
    inst->block = b;
    inst->prev = block->last;
    inst->next = value_none();
    if (block->last.id)
        nf_inst_at(f, block->last)->next = v;
    else
        block->first = v;
    block->last = v;
}

void nf_inst_insert_before(nf_func *f, nf_value before, nf_value v)
{
    if (v.id == 0 || before.id == 0) return;
    nf_inst *inst = nf_inst_at(f, v), *following = nf_inst_at(f, before);
    inst->block = following->block;
    inst->prev = following->prev;
    inst->next = before;
    if (following->prev.id)
        nf_inst_at(f, following->prev)->next = v;
    else
        nf_block_at(f, following->block)->first = v;
    following->prev = v;
}

void nf_inst_unlink(nf_func *f, nf_value v)
{
    nf_inst *inst = nf_inst_at(f, v);
    if (inst->block.id == 0 || inst->op == NF_OP_PARAM) return;
    nf_block_data *block = nf_block_at(f, inst->block);
    if (inst->prev.id)
        nf_inst_at(f, inst->prev)->next = inst->next;
    else
        block->first = inst->next;
    if (inst->next.id)
        nf_inst_at(f, inst->next)->prev = inst->prev;
    else
        block->last = inst->prev;
    inst->block = (nf_block){0};
    inst->prev = inst->next = value_none();
}

void nf_inst_remove(nf_func *f, nf_value v)
{
    nf_inst_unlink(f, v);
    *nf_inst_at(f, v) = (nf_inst){.op = NF_OP_NONE};
}

/* --- lists of values in the pool --- */

static bool pool_reserve(nf_func *f, uint32_t count)
{
    if (f->pool.capacity - f->pool.count >= count) return true;
    if (count > NF_POOL_MAX - f->pool.count) {
        f->arena->failed = true;
        return false;
    }
    return NF_VEC_RESERVE(f->arena, &f->pool, count);
}

uint32_t nf_pool_new(nf_func *f, const nf_value *values, uint32_t count)
{
    if (count == 0 || !pool_reserve(f, count)) return 0;
    uint32_t start = f->pool.count;
    __builtin_memcpy(f->pool.data + start, values, count * sizeof *values);
    f->pool.count += count;
    return start;
}

/* Adds a value to the run at *start, which grows in place at the pool's end and else moves there.
 */
static bool run_append(nf_func *f, uint32_t *start, uint32_t *count, uint32_t *capacity,
                       nf_value value)
{
    enum { RUN_CAPACITY_MIN = 4 };
    if (*count == *capacity) {
        uint32_t grown = *capacity ? *capacity * 2 : RUN_CAPACITY_MIN;
        bool at_end = *capacity != 0 && *start + *capacity == f->pool.count;
        if (!pool_reserve(f, at_end ? grown - *capacity : grown)) return false;
        uint32_t to = at_end ? *start : f->pool.count;
        uint32_t *pool = f->pool.data;
        if (!at_end && *count) __builtin_memcpy(pool + to, pool + *start, *count * sizeof *pool);
        __builtin_memset(pool + to + *count, 0, (grown - *count) * sizeof *pool);
        f->pool.count = to + grown;
        *start = to;
        *capacity = grown;
    }
    f->pool.data[*start + (*count)++] = value.id;
    return true;
}

static void run_remove(nf_func *f, uint32_t start, uint32_t *count, uint32_t index)
{
    uint32_t *run = f->pool.data + start;
    for (uint32_t i = index + 1; i < *count; i++) run[i - 1] = run[i];
    --*count;
}

/* --- edges --- */

uint32_t nf_edges_new(nf_func *f, uint32_t count)
{
    if (count > NF_EDGES_MAX - f->edges.count || !NF_VEC_RESERVE(f->arena, &f->edges, count)) {
        f->arena->failed = true;
        return 0;
    }
    uint32_t first = f->edges.count;
    __builtin_memset(f->edges.data + first, 0, count * sizeof *f->edges.data);
    f->edges.count += count;
    return first;
}

void nf_edge_arg_append(nf_func *f, nf_edge *edge, nf_value arg)
{
    run_append(f, &edge->args, &edge->arg_count, &edge->arg_capacity, arg);
}

void nf_edge_arg_remove(nf_func *f, nf_edge *edge, uint32_t index)
{
    run_remove(f, edge->args, &edge->arg_count, index);
}

/* --- calls --- */

static bool shape_is_call(uint8_t shape)
{
    return shape >= NF_SHAPE_CALL && shape <= NF_SHAPE_TAIL_CALL_INDIRECT;
}
_Static_assert(NF_SHAPE_CALL + 3 == NF_SHAPE_TAIL_CALL_INDIRECT, "the four calls are neighbours");

uint32_t nf_call_arg_count(const nf_inst *call)
{
    return shape_is_call(nf_ops[call->op].shape) ? call->c.id : 0;
}

nf_value *nf_call_args(const nf_func *f, const nf_inst *call)
{
    return (nf_value *)&f->pool.data[call->extra];
}

nf_signature nf_call_signature(const nf_func *f, const nf_inst *call)
{
    uint8_t shape = nf_ops[call->op].shape;
    uint32_t id = (uint32_t)call->imm;
    if (shape == NF_SHAPE_CALL_INDIRECT || shape == NF_SHAPE_TAIL_CALL_INDIRECT)
        return (nf_signature){id};
    return nf_symbol_at(f->module, (nf_symbol){id})->signature;
}

/* --- blocks --- */

static void block_link(nf_func *f, nf_block b, nf_block after)
{
    nf_block_data *block = nf_block_at(f, b);
    block->prev = after;
    block->next = after.id ? nf_block_at(f, after)->next : (nf_block){0};
    if (after.id)
        nf_block_at(f, after)->next = b;
    else
        f->entry = b;
    if (block->next.id)
        nf_block_at(f, block->next)->prev = b;
    else
        f->last_block = b;
}

static void block_unlink(nf_func *f, nf_block b)
{
    nf_block_data *block = nf_block_at(f, b);
    if (block->prev.id)
        nf_block_at(f, block->prev)->next = block->next;
    else
        f->entry = block->next;
    if (block->next.id)
        nf_block_at(f, block->next)->prev = block->prev;
    else
        f->last_block = block->prev;
}

nf_block nf_block_insert(nf_func *f, nf_block after)
{
    if (f->blocks.count >= NF_BLOCKS_MAX || !NF_VEC_RESERVE(f->arena, &f->blocks, 1)) {
        f->arena->failed = true;
        return (nf_block){0};
    }
    nf_block b = {f->blocks.count++};
    *nf_block_at(f, b) = (nf_block_data){.alive = true};
    block_link(f, b, after.id ? after : f->last_block);
    return b;
}

void nf_block_move(nf_func *f, nf_block b, nf_block after)
{
    if (b.id == 0) return;
    block_unlink(f, b);
    block_link(f, b, after.id ? after : f->last_block);
}

void nf_block_remove(nf_func *f, nf_block b)
{
    if (b.id == 0) return;
    NF_FOR_INSTS_SAFE(f, b, v, following)
    {
        *nf_inst_at(f, v) = (nf_inst){.op = NF_OP_NONE};
    }
    for (uint32_t i = 0; i < nf_block_at(f, b)->param_count; i++)
        *nf_inst_at(f, nf_param_at(f, b, i)) = (nf_inst){.op = NF_OP_NONE};
    block_unlink(f, b);
    *nf_block_at(f, b) = (nf_block_data){.alive = false};
}

void nf_block_param_append(nf_func *f, nf_block b, nf_value v)
{
    nf_block_data *block = nf_block_at(f, b);
    nf_inst *inst = nf_inst_at(f, v);
    if (b.id == 0 || v.id == 0) return;
    *inst = (nf_inst){.op = NF_OP_PARAM, .type = inst->type, .block = b, .imm = block->param_count};
    run_append(f, &block->params, &block->param_count, &block->param_capacity, v);
}

nf_value nf_block_param(nf_func *f, nf_block b, nf_type type)
{
    nf_value v = nf_inst_new(f, &(nf_inst){.op = NF_OP_PARAM, .type = type});
    nf_block_param_append(f, b, v);
    return v;
}

void nf_block_param_remove(nf_func *f, nf_block b, uint32_t index)
{
    nf_block_data *block = nf_block_at(f, b);
    *nf_inst_at(f, nf_param_at(f, b, index)) = (nf_inst){.op = NF_OP_NONE};
    run_remove(f, block->params, &block->param_count, index);
    for (uint32_t i = index; i < block->param_count; i++)
        nf_inst_at(f, nf_param_at(f, b, i))->imm = i;
}

/* --- uses --- */

static void run_visit(const nf_func *f, uint32_t start, uint32_t count, nf_operand_visit *visit,
                      void *context)
{
    nf_value *run = (nf_value *)&f->pool.data[start];
    for (uint32_t i = 0; i < count; i++)
        if (run[i].id) visit(context, &run[i]);
}

void nf_operands_each(const nf_func *f, nf_value v, nf_operand_visit *visit, void *context)
{
    nf_inst *inst = nf_inst_at(f, v);
    const nf_op_info *op = &nf_ops[inst->op];
    if (op->operands > 0 && inst->a.id) visit(context, &inst->a);
    if (op->operands > 1 && inst->b.id) visit(context, &inst->b);
    if (op->operands > 2 && inst->c.id) visit(context, &inst->c);
    if (op->shape < NF_SHAPE_CALL) return;
    if (shape_is_call(op->shape)) run_visit(f, inst->extra, inst->c.id, visit, context);
    for (uint32_t i = 0, count = nf_edge_count(f, v); i < count; i++) {
        const nf_edge *edge = nf_edge_at(f, v, i);
        run_visit(f, edge->args, edge->arg_count, visit, context);
    }
}

/* The end of the chain from v; every link on the way is set to it, so that all chains together cost
 * linear time. */
static nf_value chain_end(nf_value *map, nf_value v)
{
    nf_value end = v;
    while (map[end.id].id) end = map[end.id];
    while (v.id != end.id) {
        nf_value next = map[v.id];
        map[v.id] = end;
        v = next;
    }
    return end;
}

static void place_replace(void *context, nf_value *place)
{
    nf_value *map = context;
    if (map[place->id].id) *place = chain_end(map, *place);
}

void nf_values_replace(nf_func *f, nf_value *map)
{
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v) nf_operands_each(f, v, place_replace, map);
    }
}

/* --- names and lines --- */

/* Makes room for an element at id; what is between is zero. */
#define VEC_REACH(arena, vec, id)                                                                  \
    ((id) < (vec)->count || (NF_VEC_RESERVE(arena, vec, (id) + 1 - (vec)->count) &&                \
                             (__builtin_memset((vec)->data + (vec)->count, 0,                      \
                                               ((id) + 1 - (vec)->count) * sizeof *(vec)->data),   \
                              (vec)->count = (id) + 1, true)))

void nf_name_set(nf_func *f, nf_names *names, uint32_t id, const char *name)
{
    if (VEC_REACH(f->arena, names, id)) names->data[id] = name;
}

void nf_line_set(nf_func *f, nf_value v, uint32_t line)
{
    if (VEC_REACH(f->arena, &f->debug.lines, v.id)) f->debug.lines.data[v.id] = line;
}

/* --- whole functions --- */

/* Copies count elements into the arena; an empty vector stays one. */
#define VEC_CLONE(arena, to, from)                                                                 \
    ((from)->count == 0 ||                                                                         \
     (NF_VEC_RESERVE(arena, to, (from)->count) &&                                                  \
      (__builtin_memcpy((to)->data, (from)->data, (from)->count * sizeof *(from)->data),           \
       (to)->count = (from)->count, true)))

#define VEC_FORGET(vec) ((vec)->data = NULL, (vec)->count = (vec)->capacity = 0)

static bool debug_clone(nf_arena *arena, nf_debug *to, const nf_debug *from)
{
    VEC_FORGET(&to->value_names);
    VEC_FORGET(&to->block_names);
    VEC_FORGET(&to->local_names);
    VEC_FORGET(&to->lines);
    return VEC_CLONE(arena, &to->value_names, &from->value_names) &&
           VEC_CLONE(arena, &to->block_names, &from->block_names) &&
           VEC_CLONE(arena, &to->local_names, &from->local_names) &&
           VEC_CLONE(arena, &to->lines, &from->lines);
}

/* Clones are made to be optimised, and vectors grow by copying: so much do most functions grow. */
enum { CLONE_GROWTH = 3 };

nf_func *nf_func_clone(const nf_func *f, nf_arena *arena)
{
    nf_func *clone = NF_NEW(arena, nf_func);
    if (clone == NULL || !nf_func_load(f)) return NULL;
    *clone = *f;
    clone->arena = arena;
    VEC_FORGET(&clone->insts);
    VEC_FORGET(&clone->blocks);
    VEC_FORGET(&clone->edges);
    VEC_FORGET(&clone->pool);
    VEC_FORGET(&clone->locals);
    bool copied = NF_VEC_RESERVE(arena, &clone->insts, f->insts.count * CLONE_GROWTH) &&
                  VEC_CLONE(arena, &clone->insts, &f->insts) &&
                  VEC_CLONE(arena, &clone->blocks, &f->blocks) &&
                  VEC_CLONE(arena, &clone->edges, &f->edges) &&
                  VEC_CLONE(arena, &clone->pool, &f->pool) &&
                  VEC_CLONE(arena, &clone->locals, &f->locals) &&
                  debug_clone(arena, &clone->debug, &f->debug);
    return copied ? clone : NULL;
}

uint32_t nf_func_size(const nf_func *f)
{
    uint32_t size = 0;
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v) size++;
    }
    return size;
}
