/*
 * Constants that mention globals, in a clone: rebuilt from mapped operands.
 *
 * Constants belong to the context, which both modules share; only those that mention a global of
 * the old module must be made anew, and most don't. A rebuilt constant is remembered, for
 * initialisers of tables mention the same things often.
 */
#include "clone_internal.h"

static LLVMValueRef rebuild_expression(cloner *c, LLVMValueRef old, LLVMValueRef *v, unsigned count)
{
    LLVMTypeRef type = LLVMTypeOf(old);
    switch (LLVMGetConstOpcode(old)) {
    case LLVMGetElementPtr:
        return LLVMConstGEPWithNoWrapFlags(LLVMGetGEPSourceElementType(old), v[0], v + 1, count - 1,
                                           LLVMGEPGetNoWrapFlags(old));
    case LLVMPtrToInt: return LLVMConstPtrToInt(v[0], type);
    case LLVMIntToPtr: return LLVMConstIntToPtr(v[0], type);
    case LLVMBitCast: return LLVMConstBitCast(v[0], type);
    case LLVMAddrSpaceCast: return LLVMConstAddrSpaceCast(v[0], type);
    case LLVMTrunc: return LLVMConstTrunc(v[0], type);
    case LLVMAdd: return LLVMConstAdd(v[0], v[1]);
    case LLVMSub: return LLVMConstSub(v[0], v[1]);
    case LLVMXor: return LLVMConstXor(v[0], v[1]);
    default: clone_fail(c, NF_UNSUPPORTED, "a constant expression of a kind that is not known");
    }
    return NULL;
}

static LLVMValueRef rebuild(cloner *c, LLVMValueRef old, LLVMValueRef *v, unsigned count)
{
    LLVMTypeRef type = LLVMTypeOf(old);
    switch (LLVMGetValueKind(old)) {
    case LLVMConstantArrayValueKind: return LLVMConstArray2(LLVMGetElementType(type), v, count);
    case LLVMConstantStructValueKind: return LLVMConstNamedStruct(type, v, count);
    case LLVMConstantVectorValueKind: return LLVMConstVector(v, count);
    case LLVMConstantExprValueKind: return rebuild_expression(c, old, v, count);
    default: clone_fail(c, NF_UNSUPPORTED, "a constant of a kind that is not known");
    }
    return NULL;
}

static LLVMValueRef clone_compound(cloner *c, LLVMValueRef old)
{
    unsigned count = (unsigned)LLVMGetNumOperands(old);
    LLVMValueRef *operands = NF_NEW_ARRAY(&c->arena, LLVMValueRef, count);
    bool changed = false;
    if (operands == NULL) {
        clone_fail(c, NF_MEMORY, "no memory for a constant");
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef operand = LLVMGetOperand(old, i);
        operands[i] = clone_constant(c, operand);
        if (operands[i] == NULL) return NULL;
        changed |= operands[i] != operand;
    }
    return changed ? rebuild(c, old, operands, count) : old;
}

/* Only the code of the function at hand has an address here. */
static LLVMValueRef clone_block_address(cloner *c, LLVMValueRef old)
{
    if (LLVMGetBlockAddressFunction(old) != c->function) {
        clone_fail(c, NF_UNSUPPORTED, "the address of a label in another function");
        return NULL;
    }
    LLVMValueRef block = LLVMBasicBlockAsValue(LLVMGetBlockAddressBasicBlock(old));
    return LLVMBlockAddress(c->function_new, LLVMValueAsBasicBlock(clone_local(c, block)));
}

static LLVMValueRef clone_known_kind(cloner *c, LLVMValueRef old)
{
    switch (LLVMGetValueKind(old)) {
    case LLVMFunctionValueKind:
    case LLVMGlobalVariableValueKind:
    case LLVMGlobalAliasValueKind:
    case LLVMGlobalIFuncValueKind: return clone_global(c, old);
    case LLVMBlockAddressValueKind: return clone_block_address(c, old);
    default: return clone_compound(c, old);
    }
}

LLVMValueRef clone_constant(cloner *c, LLVMValueRef old)
{
    uint64_t known;
    if (!LLVMIsAGlobalValue(old) && LLVMGetNumOperands(old) == 0) return old;
    if (nf_map_get(&c->constants, (uintptr_t)old, &known)) return (LLVMValueRef)(uintptr_t)known;
    LLVMValueRef new = clone_known_kind(c, old);
    if (new) nf_map_put(&c->constants, (uintptr_t)old, (uintptr_t) new);
    return new;
}

bool clone_mentions_code(cloner *c, LLVMValueRef constant)
{
    if (LLVMGetValueKind(constant) == LLVMBlockAddressValueKind)
        return LLVMGetBlockAddressFunction(constant) == c->function;
    if (LLVMIsAGlobalValue(constant)) return false;
    unsigned count = (unsigned)LLVMGetNumOperands(constant);
    for (unsigned i = 0; i < count; i++)
        if (clone_mentions_code(c, LLVMGetOperand(constant, i))) return true;
    return false;
}
