/*
 * Calls and prototypes, from NIR to LLVM.
 *
 * A tail call must give up the frame, so it is LLVM's musttail, which wants caller and callee to have
 * the same prototype. NIR does not; but its tail calls have all arguments in registers. So a
 * function with tail calls gets a prototype that any of its callees may be called by, and the
 * callee takes no notice of what is too much (System V ABI, 3.2.3):
 *
 *     (i32 %a, f64 %x, i64 %b)  ->  (i64 a, double x, i64 b, i64, i64, i64, i64, double ... double)
 *                                    6 integers and 8 floats in registers, then what the stack has
 *
 * Narrow integers are passed zero-extended, as in the other tiers.
 */
#include "lower_internal.h"

enum { SLOTS_MAX = NF_SIGNATURE_PARAMS_MAX + NF_TAIL_INT_ARGS_MAX + NF_TAIL_FLOAT_ARGS_MAX };

/* --- signatures --- */

static const nf_signature_data *signature_at(const lowerer *l, nf_signature signature)
{
    return nf_signature_at(l->f->module, signature);
}

LLVMTypeRef lower_signature(const lowerer *l, nf_signature signature)
{
    const nf_signature_data *s = signature_at(l, signature);
    LLVMTypeRef params[NF_SIGNATURE_PARAMS_MAX];
    for (uint32_t i = 0; i < s->param_count; i++) params[i] = lower_type(l, s->params[i]);
    return LLVMFunctionType(lower_type(l, s->result), params, s->param_count, s->variadic);
}

static bool is_narrow(nf_type type)
{
    return type == NF_I8 || type == NF_I16;
}

/* --- ordinary calls --- */

static LLVMValueRef callee_of(lowerer *l, const nf_inst *inst)
{
    bool direct = inst->op == NF_OP_CALL || inst->op == NF_OP_TAIL_CALL;
    if (direct) return lower_symbol(l, (nf_symbol){(uint32_t)inst->imm});
    return LLVMBuildIntToPtr(l->builder, lower_value(l, inst->a),
                             LLVMPointerTypeInContext(l->context, 0), "");
}

LLVMValueRef lower_call(lowerer *l, const nf_inst *inst)
{
    if (inst->op != NF_OP_CALL && inst->op != NF_OP_CALL_INDIRECT) return NULL;
    LLVMValueRef args[NF_CALL_ARGS_MAX];
    uint32_t count = nf_call_arg_count(inst);
    const nf_value *values = nf_call_args(l->f, inst);
    for (uint32_t i = 0; i < count; i++) args[i] = lower_value(l, values[i]);
    LLVMTypeRef type = lower_signature(l, nf_call_signature(l->f, inst));
    LLVMValueRef callee = callee_of(l, inst);
    LLVMValueRef call = LLVMBuildCall2(l->builder, type, callee, args, count, "");
    unsigned kind = LLVMGetEnumAttributeKindForName("zeroext", sizeof "zeroext" - 1);
    for (uint32_t i = 0; i < count; i++)
        if (is_narrow(nf_type_of(l->f, values[i])))
            LLVMAddCallSiteAttribute(call, i + 1, LLVMCreateEnumAttribute(l->context, kind, 0));
    return call;
}

/* --- the function's own prototype --- */

typedef struct slot {
    nf_type type; /* of the argument; NF_VOID: a register that the function does not use */
    bool is_float, in_register;
} slot;

typedef struct slots {
    slot list[SLOTS_MAX];
    uint32_t count;
    uint32_t integers, floats; /* in registers */
} slots;

static void slot_add(slots *s, nf_type type, bool is_float)
{
    uint32_t *used = is_float ? &s->floats : &s->integers;
    uint32_t most = is_float ? NF_TAIL_FLOAT_ARGS_MAX : NF_TAIL_INT_ARGS_MAX;
    bool in_register = *used < most;
    *used += in_register;
    s->list[s->count++] = (slot){type, is_float, in_register};
}

/* The arguments of a function with tail calls. */
static void slots_make(const lowerer *l, slots *s)
{
    const nf_signature_data *signature = signature_at(l, l->f->signature);
    *s = (slots){.count = 0};
    for (uint32_t i = 0; i < signature->param_count; i++)
        slot_add(s, signature->params[i], NF_TYPE_IS_FLOAT(signature->params[i]));
    while (s->integers < NF_TAIL_INT_ARGS_MAX) slot_add(s, NF_VOID, false);
    while (s->floats < NF_TAIL_FLOAT_ARGS_MAX) slot_add(s, NF_VOID, true);
}

static nf_type slot_type(const slot *s)
{
    if (!s->in_register) return s->type;
    return s->is_float ? NF_F64 : NF_I64;
}

static bool has_tail_calls(const nf_func *f)
{
    NF_FOR_BLOCKS(f, b)
    {
        nf_op op = nf_inst_at(f, nf_block_at(f, b)->last)->op;
        if (op == NF_OP_TAIL_CALL || op == NF_OP_TAIL_CALL_INDIRECT) return true;
    }
    return false;
}

static LLVMTypeRef wide_type(const lowerer *l)
{
    slots s;
    LLVMTypeRef params[SLOTS_MAX];
    slots_make(l, &s);
    for (uint32_t i = 0; i < s.count; i++) params[i] = lower_type(l, slot_type(&s.list[i]));
    nf_type result = signature_at(l, l->f->signature)->result;
    return LLVMFunctionType(lower_type(l, result), params, s.count, false);
}

static LLVMTypeRef plain_type(const lowerer *l)
{
    const nf_signature_data *signature = signature_at(l, l->f->signature);
    LLVMTypeRef params[SLOTS_MAX];
    for (uint32_t i = 0; i < signature->param_count; i++)
        params[i] = lower_type(l, signature->params[i]);
    return LLVMFunctionType(lower_type(l, signature->result), params, signature->param_count,
                            false);
}

/* Under another name than its own the function is nobody's callee. */
static LLVMValueRef function_add(lowerer *l, bool wide)
{
    const nf_symbol_data *symbol = nf_symbol_at(l->f->module, l->f->symbol);
    LLVMValueRef *own = &l->symbols[l->f->symbol.id];
    if (l->name) return LLVMAddFunction(l->module, l->name, wide ? wide_type(l) : plain_type(l));
    if (wide) *own = LLVMAddFunction(l->module, symbol->name, wide_type(l));
    return lower_symbol(l, l->f->symbol);
}

void lower_prototype(lowerer *l)
{
    const LLVMAttributeIndex whole = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    bool wide = has_tail_calls(l->f);
    l->function = function_add(l, wide);
    lower_attribute(l, l->function, whole, "nounwind", 0);
    lower_attribute(l, l->function, whole, "null_pointer_is_valid", 0);
    for (unsigned i = 0; i < LLVMCountParams(l->function) && !wide; i++)
        lower_attribute(l, l->function, i + 1, "noundef", 0);
}

/* An argument in a register of the whole width as its own type, and back. */
static LLVMValueRef narrowed(lowerer *l, LLVMValueRef value, nf_type type)
{
    if (type == NF_I64 || type == NF_F64) return value;
    if (type != NF_F32) return LLVMBuildTrunc(l->builder, value, lower_type(l, type), "");
    value = LLVMBuildBitCast(l->builder, value, lower_type(l, NF_I64), "");
    value = LLVMBuildTrunc(l->builder, value, lower_type(l, NF_I32), "");
    return LLVMBuildBitCast(l->builder, value, lower_type(l, NF_F32), "");
}

static LLVMValueRef widened(lowerer *l, LLVMValueRef value, nf_type type)
{
    if (type == NF_I64 || type == NF_F64) return value;
    if (type == NF_F32) value = LLVMBuildBitCast(l->builder, value, lower_type(l, NF_I32), "");
    value = LLVMBuildZExt(l->builder, value, lower_type(l, NF_I64), "");
    return type == NF_F32 ? LLVMBuildBitCast(l->builder, value, lower_type(l, NF_F64), "") : value;
}

void lower_params(lowerer *l)
{
    const nf_func *f = l->f;
    bool wide = has_tail_calls(f);
    slots s;
    slots_make(l, &s);
    for (uint32_t i = 0; i < nf_block_at(f, f->entry)->param_count; i++) {
        nf_value param = nf_param_at(f, f->entry, i);
        LLVMValueRef value = LLVMGetParam(l->function, i);
        if (wide && s.list[i].in_register) value = narrowed(l, value, nf_type_of(f, param));
        l->values[param.id] = wide ? LLVMBuildFreeze(l->builder, value, "") : value;
    }
}

/* --- tail calls --- */

/* The next argument of the kind, or what came in the register when there is none left. */
static LLVMValueRef next_argument(lowerer *l, const nf_inst *inst, bool is_float, uint32_t *at,
                                  LLVMValueRef otherwise)
{
    const nf_value *values = nf_call_args(l->f, inst);
    while (*at < nf_call_arg_count(inst)) {
        nf_value v = values[(*at)++];
        nf_type type = nf_type_of(l->f, v);
        if (NF_TYPE_IS_FLOAT(type) == is_float) return widened(l, lower_value(l, v), type);
    }
    return otherwise;
}

void lower_tail_call(lowerer *l, const nf_inst *inst)
{
    slots s;
    LLVMValueRef args[SLOTS_MAX];
    uint32_t integer = 0, real = 0;
    slots_make(l, &s);
    for (uint32_t i = 0; i < s.count; i++) {
        bool is_float = s.list[i].is_float;
        args[i] = LLVMGetParam(l->function, i);
        if (s.list[i].in_register)
            args[i] = next_argument(l, inst, is_float, is_float ? &real : &integer, args[i]);
    }
    LLVMValueRef callee = callee_of(l, inst);
    LLVMValueRef call =
        LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(l->function), callee, args, s.count, "");
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    bool nothing = signature_at(l, l->f->signature)->result == NF_VOID;
    if (nothing)
        LLVMBuildRetVoid(l->builder);
    else
        LLVMBuildRet(l->builder, call);
}
