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

static nf_value append(nf_func *f, nf_block block, const nf_inst *record)
{
    nf_value v = nf_inst_new(f, record);
    nf_inst_append(f, block, v);
    return v;
}

/* --- functions and blocks --- */

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
    if (param_index < NF_NOALIAS_PARAMS_MAX) func->noalias |= UINT64_C(1) << param_index;
}

void nf_func_tolerance(nf_func *func, double relative)
{
    func->tolerance = relative;
}

nf_local nf_func_local(nf_func *func, uint32_t size, unsigned align_log2)
{
    if (align_log2 > NF_LOCAL_ALIGN_LOG2_MAX) return (nf_local){0};
    nf_local_data local = {size, (uint8_t)align_log2};
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
    nf_inst record = {.op = NF_OP_ICONST, .type = type, .imm = nf_type_canonical(type, value)};
    return append(func, block, &record);
}

nf_value nf_build_f32(nf_func *func, nf_block block, float value)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    nf_inst record = {.op = NF_OP_FCONST, .type = NF_F32, .imm = bits};
    return append(func, block, &record);
}

nf_value nf_build_f64(nf_func *func, nf_block block, double value)
{
    nf_inst record = {.op = NF_OP_FCONST, .type = NF_F64};
    __builtin_memcpy(&record.imm, &value, sizeof value);
    return append(func, block, &record);
}

nf_value nf_build_symbol(nf_func *func, nf_block block, nf_symbol symbol, int64_t offset)
{
    nf_inst record = {.op = NF_OP_SYMBOL, .type = NF_I64, .extra = symbol.id, .imm = offset};
    return append(func, block, &record);
}

nf_value nf_build_local(nf_func *func, nf_block block, nf_local local, int64_t offset)
{
    nf_inst record = {.op = NF_OP_LOCAL, .type = NF_I64, .extra = local.id, .imm = offset};
    return append(func, block, &record);
}

/* --- arithmetic --- */

nf_value nf_build(nf_func *func, nf_block block, nf_op op, nf_type type, nf_value a, nf_value b,
                  nf_value c)
{
    nf_inst record = {
        .op = (uint16_t)op, .type = nf_op_result_type(op, type), .a = a, .b = b, .c = c};
    return append(func, block, &record);
}

nf_value nf_build_compare(nf_func *func, nf_block block, nf_cond cond, nf_value a, nf_value b)
{
    nf_inst record = {.op = cond < NF_FOEQ ? NF_OP_ICMP : NF_OP_FCMP,
                      .type = nf_type_of_compare(nf_type_of(func, a)),
                      .sub = (uint8_t)cond,
                      .a = a,
                      .b = b};
    return append(func, block, &record);
}

nf_value nf_build_extract(nf_func *func, nf_block block, nf_value vector, unsigned lane)
{
    nf_inst record = {.op = NF_OP_EXTRACT,
                      .type = NF_TYPE_ELEMENT(nf_type_of(func, vector)),
                      .a = vector,
                      .imm = lane};
    return append(func, block, &record);
}

nf_value nf_build_insert(nf_func *func, nf_block block, nf_value vector, nf_value scalar,
                         unsigned lane)
{
    nf_inst record = {.op = NF_OP_INSERT,
                      .type = nf_type_of(func, vector),
                      .a = vector,
                      .b = scalar,
                      .imm = lane};
    return append(func, block, &record);
}

/* --- memory --- */

static nf_memflags memflags(nf_func *f, const nf_address *address)
{
    if (address->alias > f->alias_classes) f->alias_classes = address->alias;
    return (nf_memflags){.align_log2 = (uint8_t)address->align_log2,
                         .alias = (uint8_t)address->alias,
                         .flags = (uint8_t)((address->is_volatile ? NF_MEM_VOLATILE : 0) |
                                            (address->is_atomic ? NF_MEM_ATOMIC : 0))};
}

nf_value nf_build_load(nf_func *func, nf_block block, nf_type type, nf_address address)
{
    nf_inst record = {.op = NF_OP_LOAD,
                      .type = type,
                      .sub = (uint8_t)address.scale_log2,
                      .a = address.base,
                      .b = address.index,
                      .imm = address.offset,
                      .mem = memflags(func, &address)};
    return append(func, block, &record);
}

nf_value nf_build_store(nf_func *func, nf_block block, nf_value value, nf_address address)
{
    nf_inst record = {.op = NF_OP_STORE,
                      .type = nf_type_of(func, value),
                      .sub = (uint8_t)address.scale_log2,
                      .a = address.base,
                      .b = address.index,
                      .c = value,
                      .imm = address.offset,
                      .mem = memflags(func, &address)};
    return append(func, block, &record);
}

nf_value nf_build_mload(nf_func *func, nf_block block, nf_type type, nf_value mask,
                        nf_address address)
{
    nf_inst record = {.op = NF_OP_MLOAD,
                      .type = type,
                      .a = address.base,
                      .b = mask,
                      .imm = address.offset,
                      .mem = memflags(func, &address)};
    return append(func, block, &record);
}

nf_value nf_build_mstore(nf_func *func, nf_block block, nf_value value, nf_value mask,
                         nf_address address)
{
    nf_inst record = {.op = NF_OP_MSTORE,
                      .type = nf_type_of(func, value),
                      .a = address.base,
                      .b = mask,
                      .c = value,
                      .imm = address.offset,
                      .mem = memflags(func, &address)};
    return append(func, block, &record);
}

/* --- calls --- */

static nf_value call_append(nf_func *f, nf_block block, nf_inst *record, const nf_value *args,
                            uint32_t count)
{
    record->extra = nf_pool_new(f, args, count);
    record->c.id = record->extra ? count : 0;
    return append(f, block, record);
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
    nf_inst record = {.op = NF_OP_CALL, .type = result_of_symbol(func, callee), .imm = callee.id};
    return call_append(func, block, &record, args, arg_count);
}

nf_value nf_build_call_indirect(nf_func *func, nf_block block, nf_value callee,
                                nf_signature signature, const nf_value *args, uint32_t arg_count)
{
    nf_inst record = {.op = NF_OP_CALL_INDIRECT,
                      .type = result_of_signature(func, signature),
                      .a = callee,
                      .imm = signature.id};
    return call_append(func, block, &record, args, arg_count);
}

void nf_build_tail_call(nf_func *func, nf_block block, nf_symbol callee, const nf_value *args,
                        uint32_t arg_count)
{
    nf_inst record = {.op = NF_OP_TAIL_CALL, .imm = callee.id};
    call_append(func, block, &record, args, arg_count);
}

void nf_build_tail_call_indirect(nf_func *func, nf_block block, nf_value callee,
                                 nf_signature signature, const nf_value *args, uint32_t arg_count)
{
    nf_inst record = {.op = NF_OP_TAIL_CALL_INDIRECT, .a = callee, .imm = signature.id};
    call_append(func, block, &record, args, arg_count);
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

void nf_build_br(nf_func *func, nf_block block, nf_block to, const nf_value *args,
                 uint32_t arg_count)
{
    nf_inst record = {.op = NF_OP_BR, .c = {1}, .extra = nf_edges_new(func, 1)};
    if (record.extra == 0) return;
    edge_fill(func, record.extra, to, args, arg_count);
    append(func, block, &record);
}

void nf_build_brif(nf_func *func, nf_block block, nf_value condition, nf_block if_true,
                   const nf_value *true_args, uint32_t true_count, nf_block if_false,
                   const nf_value *false_args, uint32_t false_count)
{
    nf_inst record = {.op = NF_OP_BRIF, .a = condition, .c = {2}, .extra = nf_edges_new(func, 2)};
    if (record.extra == 0) return;
    edge_fill(func, record.extra, if_true, true_args, true_count);
    edge_fill(func, record.extra + 1, if_false, false_args, false_count);
    append(func, block, &record);
}

nf_value nf_build_switch(nf_func *func, nf_block block, nf_value value, nf_block otherwise,
                         const nf_value *args, uint32_t arg_count)
{
    nf_inst record = {.op = NF_OP_SWITCH, .a = value, .c = {1}, .extra = nf_edges_new(func, 1)};
    if (record.extra == 0) return (nf_value){0};
    edge_fill(func, record.extra, otherwise, args, arg_count);
    return append(func, block, &record);
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
    if (the_switch.id == 0) return;
    nf_inst *inst = nf_inst_at(func, the_switch);
    nf_edge *edge = case_add(func, inst);
    if (edge == NULL) return;
    edge->key = nf_type_canonical(nf_type_of(func, inst->a), key);
    edge_fill(func, (uint32_t)(edge - func->edges.data), to, args, arg_count);
}

void nf_build_ret(nf_func *func, nf_block block, nf_value value)
{
    nf_inst record = {.op = NF_OP_RET, .a = value};
    append(func, block, &record);
}

void nf_build_trap(nf_func *func, nf_block block)
{
    nf_inst record = {.op = NF_OP_TRAP};
    append(func, block, &record);
}
