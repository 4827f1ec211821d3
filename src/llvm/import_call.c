/*
 * Calls: by the plan of import_abi.c, to functions, host symbols and addresses.
 *
 * A call is direct when the callee is declared with the very signature that the call has; else its
 * address is taken and called with the call's own signature, which is how C's declarations without
 * parameters, and casts, work out.
 *
 * Calls that return twice (setjmp) make their function foreign: what lies in registers at the second
 * return is for a compiler to say that knows it. A musttail call becomes a tail call of NIR when it
 * can be one, and else a plain call: the stack then grows where it would not have.
 */
#include "import_internal.h"

#include <string.h>
#include "x64/abi.h"

static const nf_value none;

/* --- arguments --- */

static nf_value argument_extend(nf_translator *t, const nf_slot *slot, LLVMTypeRef type,
                                nf_value part)
{
    static const nf_scalar word = {NF_I32, false, 32, 1};
    nf_scalar s;
    if (slot->extension == NF_EXTEND_NONE || !nf_scalar_of(type, &s)) return part;
    nf_value out;
    LLVMOpcode op = slot->extension == NF_EXTEND_SIGN ? LLVMSExt : LLVMZExt;
    nf_scalar_cast(t, op, &s, &word, &part, &out);
    return out;
}

/* A word of a structure that is passed by value; the last one may be short. */
static nf_value argument_word(nf_translator *t, LLVMValueRef call, const nf_slot *slot,
                              nf_value base)
{
    enum { WORD_BYTES = 8 };
    if (slot->argument == UINT32_MAX) return nf_make_number(t, NF_I64, 0);
    uint64_t size = nf_byval_size(t->in, call, slot->argument);
    uint64_t left = size - (uint64_t)slot->index * WORD_BYTES;
    nf_scalar s = {NF_I64, false, (uint32_t)(left < WORD_BYTES ? left : WORD_BYTES) * 8, 1};
    LLVMContextRef context = t->in->unit->context;
    nf_address from = {.base = base, .offset = (int32_t)(slot->index * WORD_BYTES)};
    nf_value out;
    nf_load_leaves(t, LLVMIntTypeInContext(context, s.bits), from, &out);
    return nf_make_resize(t, NF_I64, out);
}

static nf_value argument_packed(nf_translator *t, LLVMTypeRef type, const nf_value *parts)
{
    nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
    nf_value bits = none;
    nf_pack(t, &leaves, parts, &bits);
    return nf_make(t, NF_OP_BITCAST, NF_F64, bits, none);
}

static nf_value *arguments_make(nf_translator *t, LLVMValueRef call, const nf_plan *plan)
{
    nf_value *args = nf_parts_new(t, plan->slots.count);
    for (uint32_t i = 0; i < plan->slots.count; i++) {
        const nf_slot *slot = &plan->slots.data[i];
        if (slot->argument == UINT32_MAX) {
            args[i] = nf_make_number(t, NF_I64, 0);
            continue;
        }
        LLVMValueRef argument = LLVMGetOperand(call, slot->argument);
        const nf_value *parts = nf_parts(t, argument);
        LLVMTypeRef type = LLVMTypeOf(argument);
        if (slot->kind == NF_SLOT_WORD)
            args[i] = argument_word(t, call, slot, parts[0]);
        else if (slot->packed)
            args[i] = argument_packed(t, type, parts);
        else
            args[i] = argument_extend(t, slot, type, parts[slot->index]);
    }
    return args;
}

/* --- the result --- */

static void result_take(nf_translator *t, LLVMValueRef call, const nf_plan *plan, nf_value result,
                        nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(call);
    if (LLVMGetTypeKind(type) == LLVMVoidTypeKind || plan->result == NF_VOID) return;
    nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
    if (plan->result_packed) {
        nf_value bits = nf_make(t, NF_OP_BITCAST, NF_I64, result, none);
        nf_unpack(t, &leaves, &bits, out);
    } else {
        const nf_scalar *s = &leaves.data[0].scalar;
        *out = s->is_float ? result : nf_make_clean(t, s, result);
    }
}

/* --- calls --- */

/* The symbol to call, none when it has to be the address. */
static nf_symbol direct_symbol(nf_translator *t, LLVMValueRef callee, nf_signature signature)
{
    if (LLVMIsAGlobalAlias(callee)) callee = LLVMAliasGetAliasee(callee);
    if (!LLVMIsAFunction(callee)) return (nf_symbol){0};
    nf_symbol symbol = nf_symbol_of(t->in, callee);
    const nf_symbol_data *data = nf_symbol_at(t->in->module, symbol);
    bool callable = data->kind == NF_SYMBOL_FUNC || data->kind == NF_SYMBOL_EXTERN;
    return callable && data->signature.id == signature.id ? symbol : (nf_symbol){0};
}

static nf_value call_make(nf_translator *t, LLVMValueRef call, const nf_plan *plan)
{
    LLVMValueRef callee = LLVMGetCalledValue(call);
    nf_symbol symbol = direct_symbol(t, callee, plan->signature);
    nf_value address = symbol.id ? none : nf_part(t, callee);
    nf_value *args = arguments_make(t, call, plan);
    if (symbol.id) return nf_build_call(t->f, t->at, symbol, args, plan->slots.count);
    return nf_build_call_indirect(t->f, t->at, address, plan->signature, args, plan->slots.count);
}

static const char *call_refusal(LLVMValueRef call)
{
    if (LLVMIsAInlineAsm(LLVMGetCalledValue(call))) return "inline assembly";
    if (nf_has_attribute(call, (int)LLVMAttributeFunctionIndex, "returns_twice"))
        return "a call that returns twice (setjmp)";
    for (unsigned i = 0; i < LLVMGetNumOperandBundles(call); i++) return "an operand bundle";
    return NULL;
}

static bool is_intrinsic(LLVMValueRef callee)
{
    return LLVMIsAFunction(callee) && LLVMGetIntrinsicID(callee) != 0;
}

void nf_import_call(nf_translator *t, LLVMValueRef call, nf_value *out)
{
    LLVMValueRef callee = LLVMGetCalledValue(call);
    if (is_intrinsic(callee)) {
        nf_import_intrinsic(t, call, callee, out);
        return;
    }
    const char *refusal = call_refusal(call);
    nf_plan plan = {0};
    if (refusal == NULL) {
        plan = nf_plan_of_call(t->in, t->arena, call);
        refusal = plan.refusal;
    }
    if (refusal) {
        nf_refuse(t, refusal);
        return;
    }
    result_take(t, call, &plan, call_make(t, call, &plan), out);
}

/* --- tail calls --- */

/* Whether all arguments lie in registers and the results are alike. */
static bool fits_tail_call(nf_translator *t, const nf_plan *plan)
{
    nf_abi_walk walk = {0};
    if (plan->refusal) return false;
    const nf_signature_data *signature = nf_signature_at(t->in->module, plan->signature);
    for (uint32_t i = 0; i < plan->slots.count; i++) nf_abi_next(&walk, plan->slots.data[i].type);
    return walk.stack_bytes == 0 && !signature->variadic &&
           signature->result == nf_signature_at(t->in->module, t->f->signature)->result;
}

bool nf_is_tail_call(nf_translator *t, LLVMValueRef call)
{
    if (!LLVMIsACallInst(call) || LLVMGetTailCallKind(call) != LLVMTailCallKindMustTail ||
        is_intrinsic(LLVMGetCalledValue(call)) || call_refusal(call))
        return false;
    LLVMValueRef next = LLVMGetNextInstruction(call);
    if (next == NULL || !LLVMIsAReturnInst(next)) return false;
    nf_plan plan = nf_plan_of_call(t->in, t->arena, call);
    return fits_tail_call(t, &plan);
}

void nf_import_tail_call(nf_translator *t, LLVMValueRef call)
{
    LLVMValueRef callee = LLVMGetCalledValue(call);
    nf_plan plan = nf_plan_of_call(t->in, t->arena, call);
    nf_symbol symbol = direct_symbol(t, callee, plan.signature);
    nf_value address = symbol.id ? none : nf_part(t, callee);
    nf_value *args = arguments_make(t, call, &plan);
    if (symbol.id)
        nf_build_tail_call(t->f, t->at, symbol, args, plan.slots.count);
    else
        nf_build_tail_call_indirect(t->f, t->at, address, plan.signature, args, plan.slots.count);
}
