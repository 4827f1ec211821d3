/*
 * NIR to LLVM IR: functions, blocks, terminators. See lower.h.
 *
 * Blocks are lowered in reverse post-order, so that operands come before their uses; block
 * parameters are phis, made first and filled last, for an instruction may be lowered to several
 * blocks (a division has its traps). What cannot be reached is left out. Addresses stay integers,
 * with a pointer beside them where an access needs one (lower_memory.c); parameters and results are
 * what the System V ABI makes of NIR's scalars.
 *
 *     loop(%i: i64):                       loop:  %i = phi i64 [ ... ]
 *       %v = load.i32 [%p + %i*4]                 %q = getelementptr i32, ptr %p.pointer, i64 %i
 *                                                 %v = load i32, ptr %q, align 1
 */
#include "lower.h"

#include <string.h>
#include "ir/eval.h"
#include "lower_internal.h"
#include "os/os.h"

enum { OPERANDS = 3 };

void lower_fail(lowerer *l, nf_status status, const char *format, ...)
{
    if (l->status != NF_OK) return;
    va_list list;
    va_start(list, format);
    l->status = nf_fail_list(l->error, status, format, list);
    va_end(list);
}

/* --- small things --- */

LLVMTypeRef lower_type(const lowerer *l, nf_type type)
{
    LLVMTypeRef element;
    switch (NF_TYPE_ELEMENT(type)) {
    case NF_I8: element = LLVMInt8TypeInContext(l->context); break;
    case NF_I16: element = LLVMInt16TypeInContext(l->context); break;
    case NF_I32: element = LLVMInt32TypeInContext(l->context); break;
    case NF_I64: element = LLVMInt64TypeInContext(l->context); break;
    case NF_F32: element = LLVMFloatTypeInContext(l->context); break;
    case NF_F64: element = LLVMDoubleTypeInContext(l->context); break;
    default: return LLVMVoidTypeInContext(l->context);
    }
    return NF_TYPE_IS_VECTOR(type) ? LLVMVectorType(element, NF_TYPE_LANES(type)) : element;
}

LLVMValueRef lower_number(const lowerer *l, nf_type type, int64_t number)
{
    LLVMValueRef lanes[1 << 6];
    LLVMValueRef one =
        LLVMConstInt(lower_type(l, NF_TYPE_ELEMENT(type)), (unsigned long long)number, true);
    if (!NF_TYPE_IS_VECTOR(type)) return one;
    for (unsigned i = 0; i < NF_TYPE_LANES(type); i++) lanes[i] = one;
    return LLVMConstVector(lanes, NF_TYPE_LANES(type));
}

LLVMValueRef lower_truth(const lowerer *l, nf_value condition)
{
    return LLVMBuildICmp(l->builder, LLVMIntNE, lower_value(l, condition),
                         lower_number(l, NF_I8, 0), "");
}

LLVMValueRef lower_mask(const lowerer *l, nf_value mask)
{
    LLVMValueRef value = lower_value(l, mask);
    return LLVMBuildICmp(l->builder, LLVMIntSLT, value, LLVMConstNull(LLVMTypeOf(value)), "");
}

LLVMValueRef lower_intrinsic(lowerer *l, const char *name, LLVMTypeRef *types, unsigned type_count,
                             LLVMValueRef *args, unsigned arg_count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(l->module, id, types, type_count);
    LLVMTypeRef type = LLVMIntrinsicGetType(l->context, id, types, type_count);
    return LLVMBuildCall2(l->builder, type, function, args, arg_count, "");
}

void lower_attribute(const lowerer *l, LLVMValueRef function, LLVMAttributeIndex index,
                     const char *name, uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, index, LLVMCreateEnumAttribute(l->context, kind, value));
}

LLVMBasicBlockRef lower_block(const lowerer *l)
{
    return LLVMAppendBasicBlockInContext(l->context, l->function, "");
}

/* --- instructions --- */

static LLVMValueRef constant(const lowerer *l, nf_type type, uint64_t bits)
{
    LLVMTypeRef target = lower_type(l, type);
    if (!NF_TYPE_IS_FLOAT(type)) return LLVMConstInt(target, bits, true);
    nf_type carrier = type == NF_F32 ? NF_I32 : NF_I64;
    return LLVMConstBitCast(LLVMConstInt(lower_type(l, carrier), bits, false), target);
}

static bool constant_bits(const nf_func *f, nf_value v, nf_bits *bits)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (inst->op != NF_OP_ICONST && inst->op != NF_OP_FCONST) return false;
    *bits = (nf_bits){{(uint64_t)inst->imm}};
    uint64_t width = nf_type_bytes(inst->type) * 8;
    if (width < 64) bits->u64[0] &= (UINT64_C(1) << width) - 1;
    return true;
}

/* Floating-point operations on constants, computed as NIR says and not as LLVM would. */
static LLVMValueRef fold(const lowerer *l, const nf_inst *inst)
{
    nf_bits bits[OPERANDS] = {{{0}}}, result = {{0}};
    const nf_value operands[OPERANDS] = {inst->a, inst->b, inst->c};
    unsigned count = nf_ops[inst->op].operands;
    uint8_t shape = nf_ops[inst->op].shape;
    bool computes = shape == NF_SHAPE_UNARY || shape == NF_SHAPE_BINARY ||
                    shape == NF_SHAPE_TERNARY || shape == NF_SHAPE_CONVERT;
    if (!computes || NF_TYPE_IS_VECTOR(inst->type) || !NF_TYPE_IS_FLOAT(inst->type)) return NULL;
    for (unsigned i = 0; i < count; i++)
        if (!constant_bits(l->f, operands[i], &bits[i])) return NULL;
    if (!nf_eval_op(inst, nf_type_of(l->f, inst->a), &bits[0], &bits[1], &bits[2], &result))
        return NULL;
    return constant(l, inst->type, result.u64[0]);
}

static LLVMValueRef lower_inst(lowerer *l, const nf_inst *inst)
{
    typedef LLVMValueRef lower_kind(lowerer *, const nf_inst *);
    static lower_kind *const kinds[] = {lower_arithmetic, lower_conversion, lower_lanes,
                                        lower_memory, lower_call};
    if (inst->op == NF_OP_ICONST || inst->op == NF_OP_FCONST)
        return constant(l, inst->type, (uint64_t)inst->imm);
    LLVMValueRef value = fold(l, inst);
    for (unsigned i = 0; value == NULL && i < sizeof kinds / sizeof *kinds; i++)
        value = kinds[i](l, inst);
    if (value == NULL)
        lower_fail(l, NF_UNSUPPORTED, "the LLVM tier does not know %s", nf_ops[inst->op].text);
    return value;
}

/* --- terminators --- */

/* Where an edge goes. A block that one terminator goes to twice with arguments gets one of them
 * through a block in between, for a phi knows predecessors, not edges. */
static LLVMBasicBlockRef edge_target(lowerer *l, nf_value terminator, uint32_t i)
{
    const nf_edge *edge = nf_edge_at(l->f, terminator, i);
    uint32_t id = nf_inst_at(l->f, terminator)->extra + i;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->builder), target = l->blocks[edge->to.id];
    bool again = l->entered_by[edge->to.id] == terminator.id;
    l->entered_by[edge->to.id] = terminator.id;
    l->edge_sources[id] = here;
    if (!again || edge->arg_count == 0) return target;
    LLVMBasicBlockRef between = lower_block(l);
    LLVMPositionBuilderAtEnd(l->builder, between);
    LLVMBuildBr(l->builder, target);
    LLVMPositionBuilderAtEnd(l->builder, here);
    l->edge_sources[id] = between;
    return between;
}

static void lower_switch(lowerer *l, nf_value v, const nf_inst *inst)
{
    uint32_t count = nf_edge_count(l->f, v);
    LLVMTypeRef type = lower_type(l, nf_type_of(l->f, inst->a));
    LLVMBasicBlockRef otherwise = edge_target(l, v, 0);
    LLVMValueRef made = LLVMBuildSwitch(l->builder, lower_value(l, inst->a), otherwise, count - 1);
    for (uint32_t i = 1; i < count; i++) {
        /* edge_target() may build elsewhere, and comes back to the end of this block. */
        LLVMValueRef key =
            LLVMConstInt(type, (unsigned long long)nf_edge_at(l->f, v, i)->key, true);
        LLVMAddCase(made, key, edge_target(l, v, i));
    }
}

static void lower_terminator(lowerer *l, nf_value v)
{
    static const char trap[] = "llvm.trap";
    const nf_inst *inst = nf_inst_at(l->f, v);
    LLVMBasicBlockRef first;
    switch (inst->op) {
    case NF_OP_BR: LLVMBuildBr(l->builder, edge_target(l, v, 0)); return;
    case NF_OP_BRIF:
        first = edge_target(l, v, 0);
        LLVMBuildCondBr(l->builder, lower_truth(l, inst->a), first, edge_target(l, v, 1));
        return;
    case NF_OP_SWITCH: lower_switch(l, v, inst); return;
    case NF_OP_RET:
        if (inst->a.id)
            LLVMBuildRet(l->builder, lower_value(l, inst->a));
        else
            LLVMBuildRetVoid(l->builder);
        return;
    case NF_OP_TRAP:
        lower_intrinsic(l, trap, NULL, 0, NULL, 0);
        LLVMBuildUnreachable(l->builder);
        return;
    default: lower_tail_call(l, inst);
    }
}

/* --- blocks --- */

static void make_blocks(lowerer *l)
{
    for (uint32_t i = 0; i < l->cfg.rpo_count; i++) l->blocks[l->cfg.rpo[i]] = lower_block(l);
    for (uint32_t i = 1; i < l->cfg.rpo_count; i++) {
        nf_block b = {l->cfg.rpo[i]};
        LLVMPositionBuilderAtEnd(l->builder, l->blocks[b.id]);
        for (uint32_t p = 0; p < nf_block_at(l->f, b)->param_count; p++) {
            nf_value param = nf_param_at(l->f, b, p);
            l->values[param.id] =
                LLVMBuildPhi(l->builder, lower_type(l, nf_type_of(l->f, param)), "");
        }
    }
}

static void lower_body_of(lowerer *l, nf_block b)
{
    nf_value end = nf_block_at(l->f, b)->last;
    LLVMPositionBuilderAtEnd(l->builder, l->blocks[b.id]);
    if (b.id == l->f->entry.id) {
        lower_locals(l);
        lower_params(l);
    }
    NF_FOR_INSTS(l->f, b, v)
    {
        if (v.id == end.id || l->status != NF_OK) break;
        l->values[v.id] = lower_inst(l, nf_inst_at(l->f, v));
    }
    if (l->status == NF_OK) lower_terminator(l, end);
}

static void fill_phis(lowerer *l, nf_block b)
{
    nf_value end = nf_block_at(l->f, b)->last;
    for (uint32_t i = 0; i < nf_edge_count(l->f, end); i++) {
        const nf_edge *edge = nf_edge_at(l->f, end, i);
        LLVMBasicBlockRef source = l->edge_sources[nf_inst_at(l->f, end)->extra + i];
        for (uint32_t p = 0; p < edge->arg_count; p++) {
            LLVMValueRef value = lower_value(l, nf_edge_args(l->f, edge)[p]);
            LLVMAddIncoming(lower_value(l, nf_param_at(l->f, edge->to, p)), &value, &source, 1);
        }
    }
}

static bool make_tables(lowerer *l)
{
    const nf_func *f = l->f;
    l->values = NF_NEW_ARRAY(&l->arena, LLVMValueRef, f->insts.count);
    l->locals = NF_NEW_ARRAY(&l->arena, LLVMValueRef, f->locals.count + 1);
    l->symbols = NF_NEW_ARRAY(&l->arena, LLVMValueRef, f->module->symbols.count);
    l->blocks = NF_NEW_ARRAY(&l->arena, LLVMBasicBlockRef, f->blocks.count);
    l->edge_sources = NF_NEW_ARRAY(&l->arena, LLVMBasicBlockRef, f->edges.count + 1);
    l->entered_by = NF_NEW_ARRAY(&l->arena, uint32_t, f->blocks.count);
    l->class_scopes = NF_NEW_ARRAY(&l->arena, LLVMMetadataRef, f->alias_classes + 1);
    l->param_scopes = NF_NEW_ARRAY(&l->arena, LLVMMetadataRef, NF_NOALIAS_PARAMS_MAX);
    return !l->arena.failed && nf_cfg_build(f, &l->arena, &l->cfg) == NF_OK &&
           nf_alias_init(&l->alias, f, &l->cfg, &l->arena);
}

static void lower_function(lowerer *l)
{
    if (!make_tables(l)) {
        lower_fail(l, NF_MEMORY, "no memory for a function on its way to LLVM");
        return;
    }
    lower_prototype(l);
    if (l->status != NF_OK) return;
    make_blocks(l);
    for (uint32_t i = 0; i < l->cfg.rpo_count && l->status == NF_OK; i++)
        lower_body_of(l, (nf_block){l->cfg.rpo[i]});
    for (uint32_t i = 0; i < l->cfg.rpo_count && l->status == NF_OK; i++)
        fill_phis(l, (nf_block){l->cfg.rpo[i]});
}

/* --- the whole --- */

static void lower(void *context)
{
    lowerer *l = context;
    l->context = LLVMContextCreate();
    l->module = LLVMModuleCreateWithNameInContext(l->f->module->name, l->context);
    l->builder = LLVMCreateBuilderInContext(l->context);
    LLVMSetTarget(l->module, nf_llvm_triple);
    LLVMSetDataLayout(l->module, nf_llvm_layout);
    lower_function(l);
    LLVMDisposeBuilder(l->builder);
    if (l->status == NF_OK) return;
    LLVMDisposeModule(l->module);
    LLVMContextDispose(l->context);
}

nf_status nf_llvm_lower(const nf_func *f, const char *name, LLVMModuleRef *module, nf_error *error)
{
    lowerer l = {.f = f, .name = name, .error = error};
    nf_arena_init(&l.arena, nf_os_allocator());
    bool whole = nf_llvm_guard(lower, &l, error);
    nf_arena_free(&l.arena);
    *module = l.module;
    return whole ? l.status : NF_UNSUPPORTED;
}
