/*
 * Emulated thread-local storage. See tls.h.
 *
 *     %p = call ptr @llvm.threadlocal.address(ptr @counter)
 *     %p = call ptr @__emutls_get_address(ptr @__emutls_v.counter)
 *
 * LLVM can do that itself, but its C interface can't ask for it. clang writes the intrinsic for every
 * use; older bitcode names the variable itself as an operand, and then the call goes right before
 * the instruction (before the end of the block that it comes from, for a phi).
 */
#include "tls.h"

#include <string.h>
#include "base/text.h"

static const char get_address[] = "__emutls_get_address", control_prefix[] = "__emutls_v.";

typedef struct lowering {
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMTypeRef type; /* of the function that gives addresses */
    LLVMValueRef function;
    nf_error *error;
} lowering;

static void lowering_start(lowering *l)
{
    LLVMContextRef context = LLVMGetModuleContext(l->module);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0);
    l->builder = LLVMCreateBuilderInContext(context);
    l->type = LLVMFunctionType(pointer, &pointer, 1, false);
    l->function = LLVMGetNamedFunction(l->module, get_address);
    if (l->function == NULL) l->function = LLVMAddFunction(l->module, get_address, l->type);
}

static LLVMValueRef control_of(lowering *l, LLVMValueRef variable)
{
    enum { NAME_BYTES = NF_NAME_BYTES_MAX + sizeof control_prefix };
    char name[NAME_BYTES];
    size_t length;
    nf_format(name, sizeof name, "%s%s", control_prefix, LLVMGetValueName2(variable, &length));
    LLVMValueRef control = LLVMGetNamedGlobal(l->module, name);
    LLVMTypeRef byte = LLVMInt8TypeInContext(LLVMGetModuleContext(l->module));
    return control ? control : LLVMAddGlobal(l->module, byte, name);
}

static LLVMValueRef call_before(lowering *l, LLVMValueRef instruction, LLVMValueRef variable)
{
    LLVMValueRef control = control_of(l, variable);
    LLVMPositionBuilderBefore(l->builder, instruction);
    return LLVMBuildCall2(l->builder, l->type, l->function, &control, 1, "");
}

static bool is_intrinsic(LLVMValueRef user)
{
    static const char intrinsic[] = "llvm.threadlocal.address";
    if (!LLVMIsACallInst(user)) return false;
    LLVMValueRef callee = LLVMGetCalledValue(user);
    size_t length;
    return LLVMIsAFunction(callee) &&
           strncmp(LLVMGetValueName2(callee, &length), intrinsic, sizeof intrinsic - 1) == 0;
}

static LLVMValueRef place_of_operand(LLVMValueRef user, unsigned operand)
{
    if (!LLVMIsAPHINode(user)) return user;
    return LLVMGetBasicBlockTerminator(LLVMGetIncomingBlock(user, operand));
}

static void lower_user(lowering *l, LLVMValueRef user, LLVMValueRef variable)
{
    if (is_intrinsic(user)) {
        LLVMReplaceAllUsesWith(user, call_before(l, user, variable));
        LLVMInstructionEraseFromParent(user);
        return;
    }
    unsigned count = (unsigned)LLVMGetNumOperands(user);
    for (unsigned i = 0; i < count; i++)
        if (LLVMGetOperand(user, i) == variable)
            LLVMSetOperand(user, i, call_before(l, place_of_operand(user, i), variable));
}

static bool lower_variable(lowering *l, LLVMValueRef variable)
{
    size_t length;
    for (LLVMUseRef use = LLVMGetFirstUse(variable); use; use = LLVMGetFirstUse(variable)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (!LLVMIsAInstruction(user)) {
            nf_fail(l->error, NF_UNSUPPORTED, "a constant with the address of thread-local %s",
                    LLVMGetValueName2(variable, &length));
            return false;
        }
        lower_user(l, user, variable);
    }
    LLVMDeleteGlobal(variable);
    return true;
}

bool nf_llvm_tls_lower(LLVMModuleRef module, nf_error *error)
{
    lowering l = {.module = module, .error = error};
    bool well = true;
    for (LLVMValueRef g = LLVMGetFirstGlobal(module), next; g && well; g = next) {
        next = LLVMGetNextGlobal(g);
        if (!LLVMIsThreadLocal(g)) continue;
        if (l.builder == NULL) lowering_start(&l);
        well = lower_variable(&l, g);
    }
    if (l.builder) LLVMDisposeBuilder(l.builder);
    return well;
}
