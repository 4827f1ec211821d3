/*
 * The interpreter: walks the records of a function as they are.
 *
 * Nothing is decoded first: most functions that come here run a few times only, and the records
 * have what is needed, operand ids that index the frame's cells and tables that give the kernel.
 * The loop stays in C's frame whatever NIR calls (frames are in eval_frame.c), so that depth is a
 * count and a tail call costs nothing.
 *
 * Example: "%3 = add.i32 %1, %2" reads cells[1] and cells[2], and its kernel writes the low 4 bytes
 * of cells[3], whose others are zero from the frame's beginning.
 *
 * Invariant: m->frame->at is the current instruction whenever something may fail or leave the
 * frame.
 */
#include "eval_frame.h"

/* --- values --- */

static nf_status define_address(nf_eval_machine *m, const nf_inst *inst, nf_value v)
{
    nf_eval_frame *frame = m->frame;
    uint64_t address;
    if (inst->op == NF_OP_LOCAL) {
        address = frame->locals[inst->extra];
    } else {
        const nf_link *link = m->eval->link;
        address = link && inst->extra < link->count ? link->addresses[inst->extra] : 0;
        if (address == 0)
            return nf_eval_fail(m, NF_SYMBOL, "%s has no address",
                                nf_symbol_at(frame->func->module, (nf_symbol){inst->extra})->name);
    }
    frame->cells[v.id] = address + (uint64_t)inst->imm;
    return NF_OK;
}

/* Whether result and operands are surely scalars, whose cells are the values. */
static bool is_scalar(const nf_inst *inst)
{
    uint8_t shape = nf_op_of(inst)->shape;
    return !NF_TYPE_IS_VECTOR(inst->type) && shape != NF_SHAPE_CONVERT &&
           shape != NF_SHAPE_EXTRACT && shape != NF_SHAPE_REDUCE;
}

static nf_status define(nf_eval_machine *m, const nf_inst *inst, nf_value v)
{
    if (inst->op == NF_OP_SYMBOL || inst->op == NF_OP_LOCAL) return define_address(m, inst, v);
    const nf_eval_frame *frame = m->frame;
    nf_type type = nf_type_of(frame->func, inst->a);
    uint64_t *cells = frame->cells;
    bool done;
    if (is_scalar(inst)) {
        done = nf_eval_apply(inst, type, (nf_bits *)&cells[v.id], (nf_bits *)&cells[inst->a.id],
                             (nf_bits *)&cells[inst->b.id], (nf_bits *)&cells[inst->c.id]);
    } else {
        nf_bits *result = nf_eval_define(m, v);
        if (result == NULL) return NF_MEMORY;
        done = nf_eval_apply(inst, type, result, nf_eval_value(frame, inst->a),
                             nf_eval_value(frame, inst->b), nf_eval_value(frame, inst->c));
    }
    if (done) return NF_OK;
    m->eval->trapped = (nf_op)inst->op;
    return nf_eval_fail(m, NF_TRAP, "%s traps", nf_op_of(inst)->text);
}

/* --- memory --- */

/* One access where the size allows: volatile and plain ones are alike. */
static void copy(void *to, const void *from, unsigned bytes)
{
    switch (bytes) {
    case 1: __builtin_memcpy(to, from, 1); break;
    case 2: __builtin_memcpy(to, from, 2); break;
    case 4: __builtin_memcpy(to, from, 4); break;
    case 8: __builtin_memcpy(to, from, 8); break;
    default: __builtin_memcpy(to, from, bytes); break;
    }
}

static void load_atomic(nf_bits *to, const void *from, unsigned bytes)
{
    switch (bytes) {
    case 1: to->u8[0] = __atomic_load_n((const uint8_t *)from, __ATOMIC_SEQ_CST); break;
    case 2: to->u16[0] = __atomic_load_n((const uint16_t *)from, __ATOMIC_SEQ_CST); break;
    case 4: to->u32[0] = __atomic_load_n((const uint32_t *)from, __ATOMIC_SEQ_CST); break;
    default: to->u64[0] = __atomic_load_n((const uint64_t *)from, __ATOMIC_SEQ_CST); break;
    }
}

static void store_atomic(void *to, const nf_bits *from, unsigned bytes)
{
    switch (bytes) {
    case 1: __atomic_store_n((uint8_t *)to, from->u8[0], __ATOMIC_SEQ_CST); break;
    case 2: __atomic_store_n((uint16_t *)to, from->u16[0], __ATOMIC_SEQ_CST); break;
    case 4: __atomic_store_n((uint32_t *)to, from->u32[0], __ATOMIC_SEQ_CST); break;
    default: __atomic_store_n((uint64_t *)to, from->u64[0], __ATOMIC_SEQ_CST); break;
    }
}

static void *address_of(const nf_eval_frame *frame, const nf_inst *inst)
{
    uint64_t address = frame->cells[inst->a.id] + (uint64_t)inst->imm;
    nf_shape shape = (nf_shape)nf_op_of(inst)->shape;
    if (shape == NF_SHAPE_LOAD || shape == NF_SHAPE_STORE) /* cells[0], of no index, is 0 */
        address += frame->cells[inst->b.id] << inst->sub;
    return (void *)(uintptr_t)address;
}

/* Copies the lanes whose mask has its top bit set. */
static void copy_masked(char *to, const char *from, const nf_bits *mask, nf_type type)
{
    unsigned bytes = nf_type_element_bytes(type);
    for (unsigned lane = 0; lane < NF_TYPE_LANES(type); lane++) {
        size_t at = (size_t)lane * bytes;
        if (mask->u8[at + bytes - 1] >> 7) copy(to + at, from + at, bytes);
    }
}

static nf_status access_memory(nf_eval_machine *m, const nf_inst *inst, nf_value v)
{
    const nf_eval_frame *frame = m->frame;
    void *memory = address_of(frame, inst);
    unsigned bytes = nf_type_bytes(inst->type);
    bool atomic = inst->mem.flags & NF_MEM_ATOMIC;
    if (nf_op_of(inst)->effects & NF_EFFECT_WRITE) {
        const nf_bits *value = nf_eval_value(frame, inst->c);
        if (inst->op == NF_OP_MSTORE)
            copy_masked(memory, (const char *)value, nf_eval_value(frame, inst->b), inst->type);
        else if (atomic)
            store_atomic(memory, value, bytes);
        else
            copy(memory, value, bytes);
        return NF_OK;
    }
    nf_bits *result = nf_eval_define(m, v);
    if (result == NULL) return NF_MEMORY;
    if (inst->op == NF_OP_MLOAD) {
        __builtin_memset(result, 0, bytes);
        copy_masked((char *)result, memory, nf_eval_value(frame, inst->b), inst->type);
    } else if (atomic) {
        load_atomic(result, memory, bytes);
    } else {
        copy(result, memory, bytes);
    }
    return NF_OK;
}

/* --- edges --- */

/* Whether some argument is a parameter of the same block that an earlier copy overwrites. */
static bool edge_overlaps(const nf_func *func, const nf_edge *edge)
{
    const nf_value *args = nf_edge_args(func, edge);
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        const nf_inst *arg = nf_inst_at(func, args[i]);
        if (arg->op == NF_OP_PARAM && arg->block.id == edge->to.id && arg->imm < (int64_t)i)
            return true;
    }
    return false;
}

static nf_status param_set(nf_eval_machine *m, nf_value param, const nf_bits *from)
{
    nf_type type = nf_type_of(m->frame->func, param);
    if (!NF_TYPE_IS_VECTOR(type)) { /* the argument's cell, or a copy of it */
        m->frame->cells[param.id] = from->u64[0];
        return NF_OK;
    }
    nf_bits *to = nf_eval_define(m, param);
    if (to == NULL) return NF_MEMORY;
    if (to != from) copy(to, from, nf_type_bytes(type));
    return NF_OK;
}

/* All arguments are read before a parameter is written. */
static nf_status params_set_parallel(nf_eval_machine *m, const nf_edge *edge)
{
    const nf_eval_frame *frame = m->frame;
    const nf_func *func = frame->func;
    nf_status status = NF_OK;
    /* The parameters' own storage must not be given back with the copies. */
    for (uint32_t i = 0; i < edge->arg_count; i++)
        if (nf_eval_define(m, nf_param_at(func, edge->to, i)) == NULL) return NF_MEMORY;
    nf_eval_mark mark = nf_eval_mark_get(m->eval);
    nf_bits *copies = nf_eval_push_bytes(m->eval, edge->arg_count * sizeof *copies, sizeof *copies);
    if (copies == NULL) return NF_MEMORY;
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_value arg = nf_edge_args(func, edge)[i];
        copies[i].u64[0] = 0;
        copy(&copies[i], nf_eval_value(frame, arg), nf_type_bytes(nf_type_of(func, arg)));
    }
    for (uint32_t i = 0; i < edge->arg_count && status == NF_OK; i++)
        status = param_set(m, nf_param_at(func, edge->to, i), &copies[i]);
    nf_eval_release(m->eval, mark);
    return status;
}

static nf_status edge_take(nf_eval_machine *m, const nf_edge *edge)
{
    nf_eval_frame *frame = m->frame;
    const nf_func *func = frame->func;
    nf_status status = NF_OK;
    if (edge_overlaps(func, edge)) {
        status = params_set_parallel(m, edge);
    } else {
        for (uint32_t i = 0; i < edge->arg_count && status == NF_OK; i++)
            status = param_set(m, nf_param_at(func, edge->to, i),
                               nf_eval_value(frame, nf_edge_args(func, edge)[i]));
    }
    frame->at = nf_block_at(func, edge->to)->first;
    return status;
}

static const nf_edge *switch_edge(const nf_eval_frame *frame, const nf_inst *inst)
{
    const nf_func *func = frame->func;
    int64_t value = nf_type_canonical(nf_type_of(func, inst->a), (int64_t)frame->cells[inst->a.id]);
    const nf_edge *edges = nf_edge_at(func, frame->at, 0);
    for (uint32_t i = 1; i < nf_edge_count(func, frame->at); i++)
        if (edges[i].key == value) return &edges[i];
    return &edges[0];
}

/* --- the walk --- */

/* What ends a block or calls; moves m->frame->at, or m->frame. */
static nf_status transfer(nf_eval_machine *m, const nf_inst *inst)
{
    nf_eval_frame *frame = m->frame;
    switch ((nf_op)inst->op) {
    case NF_OP_BR: return edge_take(m, nf_edge_at(frame->func, frame->at, 0));
    case NF_OP_BRIF: {
        bool taken = (uint8_t)frame->cells[inst->a.id] != 0;
        return edge_take(m, nf_edge_at(frame->func, frame->at, taken ? 0 : 1));
    }
    case NF_OP_SWITCH: return edge_take(m, switch_edge(frame, inst));
    case NF_OP_RET: return nf_eval_return(m, nf_eval_value(frame, inst->a));
    case NF_OP_TRAP: m->eval->trapped = NF_OP_TRAP; return nf_eval_fail(m, NF_TRAP, "trap");
    default: return nf_eval_call(m);
    }
}

static nf_status walk(nf_eval_machine *m)
{
    nf_eval *eval = m->eval;
    while (m->frame) {
        nf_value at = m->frame->at;
        const nf_inst *inst = nf_inst_at(m->frame->func, at);
        unsigned effects = nf_op_of(inst)->effects;
        nf_status status;
        if (eval->steps == 0) return nf_eval_fail(m, NF_LIMIT, "the budget of steps is used up");
        eval->steps--;
        if (effects & (NF_EFFECT_END | NF_EFFECT_CALL)) {
            status = transfer(m, inst);
        } else {
            status = effects & (NF_EFFECT_READ | NF_EFFECT_WRITE) ? access_memory(m, inst, at)
                                                                  : define(m, inst, at);
            m->frame->at = inst->next;
        }
        if (status) return status;
    }
    return NF_OK;
}

nf_status nf_eval_run(nf_eval *eval, const nf_func *f, const nf_bits *args, nf_bits *result)
{
    nf_bits ignored;
    nf_eval_machine m = {.eval = eval, .result = result ? result : &ignored};
    if (!nf_eval_stack_ready(eval)) return nf_fail(eval->error, NF_MEMORY, "out of memory");
    nf_eval_mark mark = nf_eval_mark_get(eval);
    uint32_t depth = *nf_eval_depth(eval);
    nf_status status = nf_eval_enter(&m, f, args, mark);
    if (status == NF_OK) status = walk(&m);
    if (status == NF_MEMORY) nf_fail(eval->error, NF_MEMORY, "out of memory");
    nf_eval_release(eval, mark);
    *nf_eval_depth(eval) = depth;
    return status;
}
