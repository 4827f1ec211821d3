/*
 * A function's body in a clone.
 *
 * Instructions are cloned one by one with their old operands, and then each operand is replaced: by
 * then every block and instruction has its copy, whatever the order. Phis are made anew, for a
 * clone's incoming blocks can't be changed.
 *
 * On the way: debug information goes; fast and cold calling conventions become C's, for calls come
 * from code that knows no other; llvm.fmuladd becomes a product and a sum, for the source allows
 * both and the other tiers round twice.
 */
#include <llvm-c/DebugInfo.h>
#include <string.h>
#include "clone_internal.h"

enum { CALL_C = 0, CALL_FAST = 8, CALL_COLD = 9 }; /* LLVM's numbers */

unsigned clone_convention(unsigned old)
{
    return old == CALL_FAST || old == CALL_COLD ? CALL_C : old;
}

LLVMValueRef clone_local(const cloner *c, LLVMValueRef old)
{
    uint64_t known = 0;
    nf_map_get(&c->locals, (uintptr_t)old, &known);
    return (LLVMValueRef)(uintptr_t)known;
}

static void remember(cloner *c, LLVMValueRef old, LLVMValueRef new)
{
    if (!nf_map_put(&c->locals, (uintptr_t)old, (uintptr_t) new))
        clone_fail(c, NF_MEMORY, "no memory for a copy of a function");
}

/* --- one instruction --- */

static bool calls(LLVMValueRef instruction, const char *prefix)
{
    if (LLVMGetInstructionOpcode(instruction) != LLVMCall) return false;
    LLVMValueRef callee = LLVMGetCalledValue(instruction);
    size_t length;
    return LLVMIsAFunction(callee) &&
           strncmp(LLVMGetValueName2(callee, &length), prefix, strlen(prefix)) == 0;
}

static LLVMValueRef new_phi(cloner *c, LLVMValueRef old)
{
    LLVMValueRef phi = LLVMBuildPhi(c->builder, LLVMTypeOf(old), "");
    if (LLVMCanValueUseFastMathFlags(old)) LLVMSetFastMathFlags(phi, LLVMGetFastMathFlags(old));
    return phi;
}

/* The operands are still the old ones; the product is no copy, but its operands are fixed alike. */
static LLVMValueRef new_product_and_sum(cloner *c, LLVMValueRef old)
{
    LLVMFastMathFlags flags = LLVMGetFastMathFlags(old);
    LLVMValueRef product =
        LLVMBuildFMul(c->builder, LLVMGetOperand(old, 0), LLVMGetOperand(old, 1), "");
    LLVMValueRef sum = LLVMBuildFAdd(c->builder, product, LLVMGetOperand(old, 2), "");
    if (LLVMIsAInstruction(product)) LLVMSetFastMathFlags(product, flags);
    if (LLVMIsAInstruction(sum)) LLVMSetFastMathFlags(sum, flags);
    return sum;
}

static bool has_convention(LLVMValueRef instruction)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
    return opcode == LLVMCall || opcode == LLVMInvoke || opcode == LLVMCallBr;
}

static LLVMValueRef new_copy(cloner *c, LLVMValueRef old)
{
    static const char callees[] = "callees"; /* names functions of the old module */
    LLVMValueRef copy = LLVMInstructionClone(old);
    LLVMInsertIntoBuilder(c->builder, copy);
    LLVMInstructionSetDebugLoc(copy, NULL);
    if (!has_convention(copy)) return copy;
    LLVMSetMetadata(copy, LLVMGetMDKindIDInContext(c->context, callees, sizeof callees - 1), NULL);
    LLVMSetInstructionCallConv(copy, clone_convention(LLVMGetInstructionCallConv(copy)));
    return copy;
}

static void copy_block(cloner *c, LLVMBasicBlockRef old)
{
    LLVMBasicBlockRef block = LLVMValueAsBasicBlock(clone_local(c, LLVMBasicBlockAsValue(old)));
    LLVMPositionBuilderAtEnd(c->builder, block);
    for (LLVMValueRef i = LLVMGetFirstInstruction(old); i; i = LLVMGetNextInstruction(i)) {
        if (calls(i, "llvm.dbg.")) continue;
        if (LLVMGetInstructionOpcode(i) == LLVMPHI)
            remember(c, i, new_phi(c, i));
        else if (calls(i, "llvm.fmuladd.") && !c->contract)
            remember(c, i, new_product_and_sum(c, i));
        else
            remember(c, i, new_copy(c, i));
        c->contracted += calls(i, "llvm.fmuladd.");
    }
}

/* --- operands --- */

static LLVMValueRef new_operand(cloner *c, LLVMValueRef old)
{
    switch (LLVMGetValueKind(old)) {
    case LLVMArgumentValueKind:
    case LLVMBasicBlockValueKind:
    case LLVMInstructionValueKind: return clone_local(c, old);
    case LLVMMetadataAsValueValueKind:
    case LLVMInlineAsmValueKind: return old;
    default: return clone_constant(c, old);
    }
}

static void add_incoming(cloner *c, LLVMValueRef old, LLVMValueRef phi)
{
    unsigned count = LLVMCountIncoming(old);
    for (unsigned i = 0; i < count && c->status == NF_OK; i++) {
        LLVMValueRef value = new_operand(c, LLVMGetIncomingValue(old, i));
        LLVMValueRef from = LLVMBasicBlockAsValue(LLVMGetIncomingBlock(old, i));
        LLVMBasicBlockRef block = LLVMValueAsBasicBlock(clone_local(c, from));
        if (value) LLVMAddIncoming(phi, &value, &block, 1);
    }
}

static bool is_local(LLVMValueRef value)
{
    LLVMValueKind kind = LLVMGetValueKind(value);
    return kind == LLVMArgumentValueKind || kind == LLVMInstructionValueKind;
}

static void fix_operands(cloner *c, LLVMValueRef instruction)
{
    unsigned count = (unsigned)LLVMGetNumOperands(instruction);
    for (unsigned i = 0; i < count && c->status == NF_OK; i++) {
        LLVMValueRef old = LLVMGetOperand(instruction, i);
        LLVMValueRef new = old ? new_operand(c, old) : NULL;
        /* What has no copy is new itself: the product inside a sum. */
        if (new &&new != old)
            LLVMSetOperand(instruction, i, new);
        else if (new == NULL && old && !is_local(old))
            clone_fail(c, NF_UNSUPPORTED, "an operand of a kind that is not known");
    }
}

static void fix_block(cloner *c, LLVMBasicBlockRef old)
{
    for (LLVMValueRef i = LLVMGetFirstInstruction(old); i; i = LLVMGetNextInstruction(i)) {
        LLVMValueRef copy = clone_local(c, i);
        if (LLVMGetInstructionOpcode(i) == LLVMPHI) add_incoming(c, i, copy);
    }
    LLVMBasicBlockRef block = LLVMValueAsBasicBlock(clone_local(c, LLVMBasicBlockAsValue(old)));
    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i && c->status == NF_OK;
         i = LLVMGetNextInstruction(i))
        if (LLVMGetInstructionOpcode(i) != LLVMPHI) fix_operands(c, i);
}

void clone_body(cloner *c, const clone_job *job)
{
    c->function = job->from;
    c->function_new = job->to;
    c->depth = job->depth;
    nf_map_init(&c->locals, &c->arena);
    unsigned params = LLVMCountParams(job->from);
    for (unsigned i = 0; i < params; i++)
        remember(c, LLVMGetParam(job->from, i), LLVMGetParam(job->to, i));
    LLVMBasicBlockRef first = LLVMGetFirstBasicBlock(job->from);
    for (LLVMBasicBlockRef b = first; b; b = LLVMGetNextBasicBlock(b))
        remember(c, LLVMBasicBlockAsValue(b),
                 LLVMBasicBlockAsValue(LLVMAppendBasicBlockInContext(c->context, job->to, "")));
    for (LLVMBasicBlockRef b = first; b && c->status == NF_OK; b = LLVMGetNextBasicBlock(b))
        copy_block(c, b);
    for (LLVMBasicBlockRef b = first; b && c->status == NF_OK; b = LLVMGetNextBasicBlock(b))
        fix_block(c, b);
}
