/*
 * How the arguments of a call in LLVM IR become those of a NIR signature.
 *
 * Clang has already turned C's types into what the System V ABI (x86-64 psABI 1.0, section 3.2.3)
 * passes: integers, floats and pairs of them in the order in which registers are taken, and pointers
 * marked byval for what is copied onto the stack. NIR knows scalars only and puts them where that ABI
 * puts scalars. So parts go over one by one; a byval argument becomes its 8-byte words. These must lie
 * in memory even when registers are free, and a word that is passed when all six integer registers are
 * taken does. Hence a call with such an argument is put in another order, which the ABI cannot tell:
 *
 *     f(byval {i64, i64, i64} %s, i32 %x, double %y)
 *     f(%x, %y, filler, filler, filler, filler, filler, %s[0], %s[1], %s[2])
 *       rdi xmm0  rsi    rdx     rcx     r8      r9      stack
 *
 * Narrow integers that are marked signext or zeroext go as i32, for clang's callees rely on that. A
 * vector of 64 bits lies in the low half of an XMM register, as a double does, and is passed as one;
 * so is a float among the further arguments of a variadic call, where NIR has doubles only.
 * Who returns a structure through memory (sret) returns the pointer as well. What needs two registers
 * for its result, or a whole XMM register, has no plan.
 */
#include "import_internal.h"

#include <string.h>
#include "x64/abi.h"

enum { WORD_BYTES = 8, BYVAL_WORDS_MAX = 100, BYVAL_ALIGN_MAX = 16, FUNCTION_INDEX = -1 };

typedef struct planner {
    nf_importer *in;
    nf_arena *arena;
    LLVMValueRef owner; /* a function or a call */
    uint32_t fixed;     /* arguments that the type names */
    nf_plan *plan;
    uint32_t gprs, vectors, stack_words;
    bool has_byval;
    NF_VEC(nf_slot) memory; /* what lies on the stack, kept apart when there is a byval argument */
} planner;

/* --- attributes --- */

static LLVMAttributeRef attribute_at(LLVMValueRef owner, int index, const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAttributeIndex at = (LLVMAttributeIndex)index;
    if (LLVMIsAFunction(owner)) return LLVMGetEnumAttributeAtIndex(owner, at, kind);
    LLVMAttributeRef attribute = LLVMGetCallSiteEnumAttribute(owner, at, kind);
    if (attribute) return attribute;
    LLVMValueRef callee = LLVMGetCalledValue(owner);
    return LLVMIsAFunction(callee) ? LLVMGetEnumAttributeAtIndex(callee, at, kind) : NULL;
}

bool nf_has_attribute(LLVMValueRef owner, int index, const char *name)
{
    return attribute_at(owner, index, name) != NULL;
}

uint64_t nf_byval_size(const nf_importer *in, LLVMValueRef owner, uint32_t argument)
{
    LLVMAttributeRef attribute = attribute_at(owner, (int)argument + 1, "byval");
    if (attribute == NULL) return 0;
    uint64_t size = nf_type_size(in, LLVMGetTypeAttributeValue(attribute));
    return size ? size : 1;
}

static uint64_t byval_align(LLVMValueRef owner, uint32_t argument)
{
    LLVMAttributeRef attribute = attribute_at(owner, (int)argument + 1, "align");
    uint64_t align = attribute ? LLVMGetEnumAttributeValue(attribute) : WORD_BYTES;
    return align < WORD_BYTES ? WORD_BYTES : align;
}

static nf_extension extension_of(const planner *p, uint32_t argument, const nf_scalar *s)
{
    if (s->is_float || s->bits >= 32) return NF_EXTEND_NONE;
    if (nf_has_attribute(p->owner, (int)argument + 1, "signext")) return NF_EXTEND_SIGN;
    if (nf_has_attribute(p->owner, (int)argument + 1, "zeroext")) return NF_EXTEND_ZERO;
    bool narrow = nf_type_bytes(s->type) < nf_type_bytes(NF_I32);
    return narrow && argument >= p->fixed ? NF_EXTEND_ZERO : NF_EXTEND_NONE;
}

/* --- arguments --- */

static void refuse(planner *p, const char *reason)
{
    if (p->plan->refusal == NULL) p->plan->refusal = reason;
}

/* Takes a register or a word of the stack. */
static void slot_add(planner *p, nf_slot slot)
{
    bool vector = nf_abi_in_vector(slot.type);
    uint32_t *used = vector ? &p->vectors : &p->gprs;
    uint32_t limit = vector ? NF_ABI_VECTOR_ARGS : NF_ABI_GPR_ARGS;
    bool in_register = *used < limit && slot.kind != NF_SLOT_WORD;
    if (in_register)
        ++*used;
    else
        p->stack_words++;
    if (in_register || !p->has_byval)
        NF_VEC_PUSH(p->arena, &p->plan->slots, slot);
    else
        NF_VEC_PUSH(p->arena, &p->memory, slot);
}

static void filler_add(planner *p, nf_slot_kind kind)
{
    slot_add(p, (nf_slot){.kind = kind, .type = NF_I64, .argument = UINT32_MAX});
}

static void byval_add(planner *p, uint32_t argument, uint64_t size)
{
    uint64_t align = byval_align(p->owner, argument);
    uint64_t words = (size + WORD_BYTES - 1) / WORD_BYTES;
    if (align > BYVAL_ALIGN_MAX || words > BYVAL_WORDS_MAX) {
        refuse(p, "a large structure passed by value");
        return;
    }
    if (align > WORD_BYTES && p->stack_words % 2) filler_add(p, NF_SLOT_WORD);
    for (uint32_t i = 0; i < words; i++)
        slot_add(p,
                 (nf_slot){.kind = NF_SLOT_WORD, .argument = argument, .index = i, .type = NF_I64});
}

/* Single bits, and lanes of other odd widths, go each in a register of their own. */
static bool is_packed_vector(const nf_importer *in, LLVMTypeRef type)
{
    if (!nf_is_vector(type) || LLVMSizeOfTypeInBits(in->layout, type) != NF_LIMB_BITS) return false;
    uint64_t lane = LLVMSizeOfTypeInBits(in->layout, nf_lane_type(type));
    return lane == 8 || lane == 16 || lane == 32;
}

static void scalar_add(planner *p, uint32_t argument, uint32_t part, const nf_scalar *s)
{
    if (s->limbs > 1 && p->gprs + s->limbs > NF_ABI_GPR_ARGS)
        refuse(p, "a wide integer passed on the stack");
    nf_extension extension = extension_of(p, argument, s);
    for (uint32_t i = 0; i < s->limbs; i++)
        slot_add(p, (nf_slot){.argument = argument,
                              .index = part + i,
                              .type = extension ? NF_I32 : s->type,
                              .extension = extension});
}

static bool has_vector(LLVMTypeRef type)
{
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    if (kind == LLVMArrayTypeKind) return has_vector(LLVMGetElementType(type));
    if (kind != LLVMStructTypeKind) return nf_is_vector(type);
    for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++)
        if (has_vector(LLVMStructGetTypeAtIndex(type, i))) return true;
    return false;
}

/* Whether it goes where no argument of C does: into r10, r12, r13 or r14, or into a frame that the
 * caller has made. */
static bool is_special(const planner *p, uint32_t argument)
{
    static const char *const names[] = {"nest",       "swiftself", "swifterror",
                                        "swiftasync", "inalloca",  "preallocated"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (nf_has_attribute(p->owner, (int)argument + 1, names[i])) return true;
    return false;
}

static void argument_add(planner *p, uint32_t argument, LLVMTypeRef type)
{
    uint64_t size = nf_byval_size(p->in, p->owner, argument);
    const char *reason = nf_type_refusal(type);
    if (reason) refuse(p, reason);
    if (is_special(p, argument)) refuse(p, "an argument that C does not have");
    if (p->plan->refusal) return;
    if (size) {
        byval_add(p, argument, size);
    } else if (is_packed_vector(p->in, type) ||
               (argument >= p->fixed && LLVMGetTypeKind(type) == LLVMFloatTypeKind)) {
        slot_add(p, (nf_slot){.argument = argument, .type = NF_F64, .packed = true});
    } else if (has_vector(type)) {
        refuse(p, "a vector as an argument");
    } else {
        nf_leaves leaves = nf_leaves_of(p->in, p->arena, type);
        uint32_t part = 0;
        for (uint32_t i = 0; i < leaves.count; part += leaves.data[i++].scalar.limbs)
            scalar_add(p, argument, part, &leaves.data[i].scalar);
    }
}

/* --- the result --- */

/* Its result is the exit status, whatever it is declared to be. */
static bool is_main(LLVMValueRef function)
{
    size_t length;
    return LLVMIsAFunction(function) && strcmp(LLVMGetValueName2(function, &length), "main") == 0;
}

static void result_plan(planner *p, LLVMTypeRef type)
{
    nf_plan *plan = p->plan;
    const char *reason = nf_type_refusal(type);
    if (reason) refuse(p, reason);
    if (reason || LLVMGetTypeKind(type) == LLVMVoidTypeKind) {
        plan->result_pointer = nf_has_attribute(p->owner, 1, "sret");
        plan->result = plan->result_pointer ? NF_I64 : is_main(p->owner) ? NF_I32 : NF_VOID;
        return;
    }
    plan->result_packed = is_packed_vector(p->in, type);
    nf_leaves leaves = nf_leaves_of(p->in, p->arena, type);
    if (plan->result_packed)
        plan->result = NF_F64;
    else if (has_vector(type))
        refuse(p, "a vector as a result");
    else if (nf_parts_of(type) > 1)
        refuse(p, "a result in two registers");
    else
        plan->result = leaves.count ? leaves.data[0].scalar.type : NF_VOID;
}

/* --- whole plans --- */

/* Behind the registers' arguments come fillers for the registers that are left, then the stack's. */
static void memory_append(planner *p)
{
    NF_VEC(nf_slot) stack = {p->memory.data, p->memory.count, p->memory.capacity};
    if (stack.count == 0) return;
    while (p->gprs < NF_ABI_GPR_ARGS) filler_add(p, NF_SLOT_FILLER);
    for (uint32_t i = 0; i < stack.count; i++)
        NF_VEC_PUSH(p->arena, &p->plan->slots, stack.data[i]);
}

static void signature_make(planner *p, bool variadic)
{
    nf_plan *plan = p->plan;
    if (p->has_byval || !variadic) plan->fixed = plan->slots.count;
    if (plan->fixed > NF_SIGNATURE_PARAMS_MAX || plan->slots.count > NF_CALL_ARGS_MAX)
        refuse(p, "very many arguments");
    if (plan->refusal) return;
    nf_type types[NF_SIGNATURE_PARAMS_MAX];
    for (uint32_t i = 0; i < plan->fixed; i++) types[i] = plan->slots.data[i].type;
    plan->signature =
        nf_module_signature(p->in->module, plan->result, types, plan->fixed, variadic);
}

static nf_plan plan_make(nf_importer *in, nf_arena *arena, LLVMValueRef owner, LLVMTypeRef type,
                         LLVMTypeRef *arguments, uint32_t count)
{
    nf_plan plan = {0};
    uint32_t fixed = LLVMCountParamTypes(type);
    planner p = {.in = in, .arena = arena, .owner = owner, .fixed = fixed, .plan = &plan};
    for (uint32_t i = 0; i < count; i++) p.has_byval |= nf_byval_size(in, owner, i) != 0;
    result_plan(&p, LLVMGetReturnType(type));
    for (uint32_t i = 0; i < count; i++) {
        if (i == fixed) plan.fixed = plan.slots.count;
        argument_add(&p, i, arguments[i]);
    }
    if (count == fixed) plan.fixed = plan.slots.count;
    memory_append(&p);
    signature_make(&p, LLVMIsFunctionVarArg(type));
    return plan;
}

/* Conventions that pass arguments and keep registers as C's does. */
static bool is_c_convention(unsigned convention)
{
    return convention == LLVMCCallConv || convention == LLVMFastCallConv ||
           convention == LLVMColdCallConv || convention == LLVMX8664SysVCallConv;
}

nf_plan nf_plan_of_function(nf_importer *in, nf_arena *arena, LLVMValueRef function)
{
    LLVMTypeRef type = LLVMGlobalGetValueType(function);
    uint32_t count = LLVMCountParamTypes(type);
    LLVMTypeRef *arguments = NF_NEW_ARRAY(arena, LLVMTypeRef, count + 1);
    if (arguments == NULL) return (nf_plan){.refusal = "no memory"};
    LLVMGetParamTypes(type, arguments);
    nf_plan plan = plan_make(in, arena, function, type, arguments, count);
    if (!is_c_convention(LLVMGetFunctionCallConv(function)))
        plan.refusal = "another calling convention";
    return plan;
}

nf_plan nf_plan_of_call(nf_importer *in, nf_arena *arena, LLVMValueRef call)
{
    LLVMTypeRef type = LLVMGetCalledFunctionType(call);
    uint32_t count = LLVMGetNumArgOperands(call);
    LLVMTypeRef *arguments = NF_NEW_ARRAY(arena, LLVMTypeRef, count + 1);
    if (arguments == NULL) return (nf_plan){.refusal = "no memory"};
    for (uint32_t i = 0; i < count; i++) arguments[i] = LLVMTypeOf(LLVMGetOperand(call, i));
    nf_plan plan = plan_make(in, arena, call, type, arguments, count);
    if (!is_c_convention(LLVMGetInstructionCallConv(call)))
        plan.refusal = "another calling convention";
    return plan;
}
