/*
 * The public builder: functions appended to, block by block.
 *
 * Each call makes one record at the end of a block's list, in constant time and without checking:
 * what does not fit together is the verifier's to say. Record types follow from what is written
 * (see nf_op_result_type()), so that a builder never looks an operand's type up unless only the
 * operand knows it (icmp, ret, switch keys).
 *
 * Example: nf_build(f, b, NF_OP_REDUCE_ADD, i32x8, v) makes a record of type i32 with a = v.
 */
#include "ir.h"

/* A record of its own for v; record 0, which is harmless, when there is no memory or no block. */
static __attribute__((noinline)) nf_inst *append_slowly(nf_func *f, nf_block b, nf_op op,
                                                        nf_type type, nf_value *v)
{
    *v = nf_inst_new(f, &(nf_inst){.op = (uint16_t)op, .type = type});
    nf_inst_append(f, b, *v);
    return nf_inst_at(f, *v);
}

/* nf_inst_new() and nf_inst_append() in one; the caller fills the other fields in where the record
 * lies. (Made elsewhere in parts and then copied whole, it stalls the CPU: no store forwarding.) */
static inline nf_inst *append(nf_func *f, nf_block b, nf_op op, nf_type type, nf_value *v)
{
    if (f->insts.count == f->insts.capacity || b.id == 0) return append_slowly(f, b, op, type, v);
    *v = (nf_value){f->insts.count++};
    nf_block_data *block = nf_block_at(f, b);
    nf_inst *inst = nf_inst_at(f, *v);
    *inst = (nf_inst){0};
    inst->op = (uint16_t)op;
    inst->type = type;
    inst->block = b;
    inst->prev = block->last;
    if (block->last.id)
        nf_inst_at(f, block->last)->next = *v;
    else
        block->first = *v;
    block->last = *v;
    return inst;
}

/* --- functions and blocks --- */

static const char *name_of(const nf_func *f)
{
    return nf_symbol_at(f->module, f->symbol)->name;
}

nf_symbol nf_func_symbol(const nf_func *func)
{
    return func->symbol;
}

nf_block nf_func_entry(const nf_func *func)
{
    return func->entry;
}

nf_value nf_func_param(const nf_func *func, uint32_t index)
{
    if (index >= nf_block_at(func, func->entry)->param_count) return (nf_value){0};
    return nf_param_at(func, func->entry, index);
}

void nf_func_noalias(nf_func *func, uint32_t param_index)
{
    if (param_index < NF_NOALIAS_PARAMS_MAX)
        func->noalias |= UINT64_C(1) << param_index;
    else if (nf_func_param(func, param_index).id == 0)
        nf_module_refuse(func->module, NF_INVALID, name_of(func), "there is no parameter %u",
                         param_index);
}

void nf_func_tolerance(nf_func *func, double relative)
{
    func->tolerance = relative;
}

nf_local nf_func_local(nf_func *func, uint32_t size, unsigned align_log2)
{
    nf_local_data local = {size, align_log2};
    if (!NF_VEC_PUSH(func->arena, &func->locals, local)) return (nf_local){0};
    return (nf_local){func->locals.count - 1};
}

nf_block nf_func_block(nf_func *func)
{
    return nf_block_insert(func, (nf_block){0});
}

nf_type nf_value_type(const nf_func *func, nf_value value)
{
    return nf_type_of(func, value);
}

/* --- values from nowhere --- */

nf_value nf_build_iconst(nf_func *func, nf_block block, nf_type type, int64_t value)
{
    nf_value v;
    append(func, block, NF_OP_ICONST, type, &v)->imm = nf_type_canonical(type, value);
    return v;
}

nf_value nf_build_f32(nf_func *func, nf_block block, float value)
{
    nf_value v;
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    append(func, block, NF_OP_FCONST, NF_F32, &v)->imm = bits;
    return v;
}

nf_value nf_build_f64(nf_func *func, nf_block block, double value)
{
    nf_value v;
    __builtin_memcpy(&append(func, block, NF_OP_FCONST, NF_F64, &v)->imm, &value, sizeof value);
    return v;
}

nf_value nf_build_symbol(nf_func *func, nf_block block, nf_symbol symbol, int64_t offset)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_SYMBOL, NF_I64, &v);
    inst->extra = symbol.id;
    inst->imm = offset;
    return v;
}

nf_value nf_build_local(nf_func *func, nf_block block, nf_local local, int64_t offset)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_LOCAL, NF_I64, &v);
    inst->extra = local.id;
    inst->imm = offset;
    return v;
}

/* --- arithmetic --- */

nf_value nf_build(nf_func *func, nf_block block, nf_op op, nf_type type, nf_value a, nf_value b,
                  nf_value c)
{
    nf_value v;
    bool as_written = nf_ops[op].shape < NF_SHAPE_OVERFLOW; /* the usual case, without a call */
    nf_inst *inst = append(func, block, op, as_written ? type : nf_op_result_type(op, type), &v);
    inst->a = a;
    inst->b = b;
    inst->c = c;
    return v;
}

nf_value nf_build_compare(nf_func *func, nf_block block, nf_cond cond, nf_value a, nf_value b)
{
    nf_value v;
    nf_inst *inst = append(func, block, cond < NF_FOEQ ? NF_OP_ICMP : NF_OP_FCMP,
                           nf_type_of_compare(nf_type_of(func, a)), &v);
    inst->sub = (uint8_t)cond;
    inst->a = a;
    inst->b = b;
    return v;
}

nf_value nf_build_extract(nf_func *func, nf_block block, nf_value vector, unsigned lane)
{
    nf_value v;
    nf_inst *inst =
        append(func, block, NF_OP_EXTRACT, NF_TYPE_ELEMENT(nf_type_of(func, vector)), &v);
    inst->a = vector;
    inst->imm = lane;
    return v;
}

nf_value nf_build_insert(nf_func *func, nf_block block, nf_value vector, nf_value scalar,
                         unsigned lane)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_INSERT, nf_type_of(func, vector), &v);
    inst->a = vector;
    inst->b = scalar;
    inst->imm = lane;
    return v;
}

/* --- memory --- */

/* All that an address says, but for what b holds. */
static void address_fill(nf_func *f, nf_inst *inst, const nf_address *address)
{
    if (address->alias > f->alias_classes) f->alias_classes = address->alias;
    inst->a = address->base;
    inst->imm = address->offset;
    inst->mem = (nf_memflags){.align_log2 = (uint8_t)address->align_log2,
                              .alias = (uint8_t)address->alias,
                              .flags = (uint8_t)((address->is_volatile ? NF_MEM_VOLATILE : 0) |
                                                 (address->is_atomic ? NF_MEM_ATOMIC : 0))};
}

nf_value nf_build_load(nf_func *func, nf_block block, nf_type type, nf_address address)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_LOAD, type, &v);
    address_fill(func, inst, &address);
    inst->b = address.index;
    inst->sub = (uint8_t)address.scale_log2;
    return v;
}

nf_value nf_build_store(nf_func *func, nf_block block, nf_value value, nf_address address)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_STORE, nf_type_of(func, value), &v);
    address_fill(func, inst, &address);
    inst->b = address.index;
    inst->c = value;
    inst->sub = (uint8_t)address.scale_log2;
    return v;
}

nf_value nf_build_mload(nf_func *func, nf_block block, nf_type type, nf_value mask,
                        nf_address address)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_MLOAD, type, &v);
    address_fill(func, inst, &address);
    inst->b = mask;
    return v;
}

nf_value nf_build_mstore(nf_func *func, nf_block block, nf_value value, nf_value mask,
                         nf_address address)
{
    nf_value v;
    nf_inst *inst = append(func, block, NF_OP_MSTORE, nf_type_of(func, value), &v);
    address_fill(func, inst, &address);
    inst->b = mask;
    inst->c = value;
    return v;
}

/* --- calls --- */

/* callee is a symbol's or a signature's id. */
static nf_inst *call_append(nf_func *f, nf_block block, nf_op op, nf_type type, uint32_t callee,
                            const nf_value *args, uint32_t count, nf_value *v)
{
    uint32_t run = nf_pool_new(f, args, count);
    nf_inst *inst = append(f, block, op, type, v);
    inst->imm = callee;
    inst->extra = run;
    inst->c.id = run ? count : 0;
    return inst;
}

/* Void for what is no function; the verifier says so later. */
static nf_type result_of_signature(const nf_func *f, nf_signature signature)
{
    if (signature.id >= f->module->signatures.count) return NF_VOID;
    return nf_signature_at(f->module, signature)->result;
}

static nf_type result_of_symbol(const nf_func *f, nf_symbol symbol)
{
    if (symbol.id >= f->module->symbols.count) return NF_VOID;
    return result_of_signature(f, nf_symbol_at(f->module, symbol)->signature);
}

nf_value nf_build_call(nf_func *func, nf_block block, nf_symbol callee, const nf_value *args,
                       uint32_t arg_count)
{
    nf_value v;
    nf_type type = result_of_symbol(func, callee);
    call_append(func, block, NF_OP_CALL, type, callee.id, args, arg_count, &v);
    return v;
}

nf_value nf_build_call_indirect(nf_func *func, nf_block block, nf_value callee,
                                nf_signature signature, const nf_value *args, uint32_t arg_count)
{
    nf_value v;
    nf_type type = result_of_signature(func, signature);
    call_append(func, block, NF_OP_CALL_INDIRECT, type, signature.id, args, arg_count, &v)->a =
        callee;
    return v;
}

void nf_build_tail_call(nf_func *func, nf_block block, nf_symbol callee, const nf_value *args,
                        uint32_t arg_count)
{
    nf_value v;
    call_append(func, block, NF_OP_TAIL_CALL, NF_VOID, callee.id, args, arg_count, &v);
}

void nf_build_tail_call_indirect(nf_func *func, nf_block block, nf_value callee,
                                 nf_signature signature, const nf_value *args, uint32_t arg_count)
{
    nf_value v;
    call_append(func, block, NF_OP_TAIL_CALL_INDIRECT, NF_VOID, signature.id, args, arg_count, &v)
        ->a = callee;
}

/* --- ends of blocks --- */

static void edge_fill(nf_func *f, uint32_t id, nf_block to, const nf_value *args, uint32_t count)
{
    uint32_t run = nf_pool_new(f, args, count);
    if (run == 0) count = 0;
    nf_edge *edge = &f->edges.data[id];
    edge->to = to;
    edge->args = run;
    edge->arg_count = edge->arg_capacity = count;
}

static nf_value branch_append(nf_func *f, nf_block block, nf_op op, nf_value a, uint32_t first,
                              uint32_t count)
{
    nf_value v;
    nf_inst *inst = append(f, block, op, NF_VOID, &v);
    inst->a = a;
    inst->extra = first;
    inst->c.id = count;
    return v;
}

void nf_build_br(nf_func *func, nf_block block, nf_block to, const nf_value *args,
                 uint32_t arg_count)
{
    uint32_t first = nf_edges_new(func, 1);
    if (first == 0) return;
    edge_fill(func, first, to, args, arg_count);
    branch_append(func, block, NF_OP_BR, (nf_value){0}, first, 1);
}

void nf_build_brif(nf_func *func, nf_block block, nf_value condition, nf_block if_true,
                   const nf_value *true_args, uint32_t true_count, nf_block if_false,
                   const nf_value *false_args, uint32_t false_count)
{
    uint32_t first = nf_edges_new(func, 2);
    if (first == 0) return;
    edge_fill(func, first, if_true, true_args, true_count);
    edge_fill(func, first + 1, if_false, false_args, false_count);
    branch_append(func, block, NF_OP_BRIF, condition, first, 2);
}

nf_value nf_build_switch(nf_func *func, nf_block block, nf_value value, nf_block otherwise,
                         const nf_value *args, uint32_t arg_count)
{
    uint32_t first = nf_edges_new(func, 1);
    if (first == 0) return (nf_value){0};
    edge_fill(func, first, otherwise, args, arg_count);
    return branch_append(func, block, NF_OP_SWITCH, value, first, 1);
}

/* One more edge behind the switch's others, which move to the end of the edges unless they are
 * there. */
static nf_edge *case_add(nf_func *f, nf_inst *inst)
{
    uint32_t count = inst->c.id;
    bool at_end = inst->extra + count == f->edges.count;
    uint32_t added = nf_edges_new(f, at_end ? 1 : count + 1);
    if (added == 0) return NULL;
    if (!at_end) {
        nf_edge *edges = f->edges.data;
        __builtin_memcpy(edges + added, edges + inst->extra, count * sizeof *edges);
        inst->extra = added;
    }
    inst->c.id = count + 1;
    return &f->edges.data[inst->extra + count];
}

void nf_switch_case(nf_func *func, nf_value the_switch, int64_t key, nf_block to,
                    const nf_value *args, uint32_t arg_count)
{
    nf_inst *inst = nf_inst_at(func, the_switch);
    if (inst->op != NF_OP_SWITCH) {
        nf_module_refuse(func->module, NF_INVALID, name_of(func),
                         "a case is added to what is no switch");
        return;
    }
    nf_edge *edge = case_add(func, inst);
    if (edge == NULL) return;
    edge->key = nf_type_canonical(nf_type_of(func, inst->a), key);
    edge_fill(func, (uint32_t)(edge - func->edges.data), to, args, arg_count);
}

void nf_build_ret(nf_func *func, nf_block block, nf_value value)
{
    nf_value v;
    append(func, block, NF_OP_RET, NF_VOID, &v)->a = value;
}

void nf_build_trap(nf_func *func, nf_block block)
{
    nf_value v;
    append(func, block, NF_OP_TRAP, NF_VOID, &v);
}
