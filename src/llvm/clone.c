/*
 * A function of a unit in a module of its own: globals, and which bodies come along. See clone.h.
 *
 * Why not clone the whole module and throw away the rest: a unit may be SQLite, and one function is
 * to be compiled within milliseconds. So the copy grows from what is wanted: a body's operands pull
 * in declarations, and calls pull in small bodies, up to a depth and a budget, for the inliner.
 * (clang has inlined within each file already; what is left are calls between files, functions
 * that clang was told not to optimise yet, and whatever specialisation makes small.)
 *
 * A table of label addresses (computed goto) can only be where the labels are: it becomes private
 * to the copy, and constant. A function that writes to its table cannot be had.
 */
#include "clone.h"

#include <llvm-c/Target.h>
#include <string.h>
#include "clone_internal.h"
#include "os/os.h"

enum {
    CALLEE_INSTRUCTIONS_MAX = 120, /* LLVM inlines up to some 50, constants fold some away */
    CALLEES_INSTRUCTIONS_MAX = 1500,
    CALLEE_DEPTH_MAX = 3,
    INITIALISER_BYTES_MAX = 1 << 16, /* larger tables don't fold */
    INITIALISER_NESTING_MAX = 3,
};

void clone_fail(cloner *c, nf_status status, const char *format, ...)
{
    if (c->status != NF_OK) return;
    va_list list;
    va_start(list, format);
    c->status = nf_fail_list(c->error, status, format, list);
    va_end(list);
}

/* --- attributes --- */

/* Attributes that the compiler sets itself, or that keep it from its work. */
static const char *const dropped_texts[] = {
    "target-cpu",  "target-features",       "tune-cpu", "prefer-vector-width", "frame-pointer",
    "probe-stack", "no-frame-pointer-elim",
};
static const char *const dropped_kinds[] = {"optnone", "optsize", "minsize", "uwtable"};

static bool dropped(LLVMAttributeRef attribute)
{
    if (LLVMIsStringAttribute(attribute)) {
        unsigned length;
        const char *kind = LLVMGetStringAttributeKind(attribute, &length);
        for (size_t i = 0; i < sizeof dropped_texts / sizeof *dropped_texts; i++)
            if (strlen(dropped_texts[i]) == length && memcmp(dropped_texts[i], kind, length) == 0)
                return true;
        return false;
    }
    for (size_t i = 0; i < sizeof dropped_kinds / sizeof *dropped_kinds; i++)
        if (LLVMIsEnumAttribute(attribute) &&
            LLVMGetEnumAttributeKind(attribute) ==
                LLVMGetEnumAttributeKindForName(dropped_kinds[i], strlen(dropped_kinds[i])))
            return true;
    return false;
}

static bool has_attribute(LLVMValueRef function, const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    return LLVMGetEnumAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                       kind) != NULL;
}

static void copy_attributes(cloner *c, LLVMValueRef from, LLVMValueRef to, LLVMAttributeIndex at)
{
    unsigned count = LLVMGetAttributeCountAtIndex(from, at);
    LLVMAttributeRef *list = NF_NEW_ARRAY(&c->arena, LLVMAttributeRef, count);
    if (count == 0 || list == NULL) return;
    LLVMGetAttributesAtIndex(from, at, list);
    for (unsigned i = 0; i < count; i++)
        if (!dropped(list[i])) LLVMAddAttributeAtIndex(to, at, list[i]);
}

/* Code that clang left alone at -O0 is marked, and must not be inlined only for that. */
static void free_from_optnone(LLVMValueRef from, LLVMValueRef to)
{
    static const char noinline[] = "noinline";
    if (!has_attribute(from, "optnone")) return;
    unsigned kind = LLVMGetEnumAttributeKindForName(noinline, sizeof noinline - 1);
    LLVMRemoveEnumAttributeAtIndex(to, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, kind);
}

/* --- functions --- */

/* Whether the body is worth having for the inliner; its size is taken from the budget. */
static bool afford_body(cloner *c, LLVMValueRef function)
{
    bool refused = has_attribute(function, "noinline") && !has_attribute(function, "optnone");
    if (LLVMIsDeclaration(function) || refused || c->depth >= CALLEE_DEPTH_MAX) return false;
    uint32_t size = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef last = LLVMGetLastInstruction(b);
        if (LLVMIsAIndirectBrInst(last) || LLVMIsACallBrInst(last)) return false;
        for (LLVMValueRef i = last; i; i = LLVMGetPreviousInstruction(i))
            if (++size > CALLEE_INSTRUCTIONS_MAX) return false;
    }
    if (size > c->budget) return false;
    c->budget -= size;
    return true;
}

/* What may be missing may still be missing. */
static void stay_weak(LLVMValueRef old, LLVMValueRef new)
{
    if (LLVMGetLinkage(old) == LLVMExternalWeakLinkage)
        LLVMSetLinkage(new, LLVMExternalWeakLinkage);
}

static LLVMValueRef declare_function(cloner *c, LLVMValueRef old)
{
    size_t length;
    const char *name = LLVMGetValueName2(old, &length);
    LLVMValueRef new = LLVMAddFunction(c->to, name, LLVMGlobalGetValueType(old));
    if (!LLVMIsAFunction(old)) return new; /* an ifunc */
    stay_weak(old, new);
    LLVMSetFunctionCallConv(new, clone_convention(LLVMGetFunctionCallConv(old)));
    unsigned params = LLVMCountParams(old);
    copy_attributes(c, old, new, (LLVMAttributeIndex)LLVMAttributeFunctionIndex);
    for (LLVMAttributeIndex i = LLVMAttributeReturnIndex; i <= params; i++)
        copy_attributes(c, old, new, i);
    free_from_optnone(old, new);
    return new;
}

static void push_body(cloner *c, LLVMValueRef old, LLVMValueRef new, uint32_t depth)
{
    if (LLVMHasPersonalityFn(old))
        LLVMSetPersonalityFn(new, clone_constant(c, LLVMGetPersonalityFn(old)));
    if (!NF_VEC_PUSH(&c->arena, &c->jobs, (clone_job){old, new, depth}))
        clone_fail(c, NF_MEMORY, "no memory for a copy of a function");
}

static LLVMValueRef clone_function(cloner *c, LLVMValueRef old)
{
    LLVMValueRef new = declare_function(c, old);
    nf_map_put(&c->constants, (uintptr_t)old, (uintptr_t) new);
    if (!LLVMIsAFunction(old) || !afford_body(c, old)) return new;
    LLVMSetLinkage(new, LLVMAvailableExternallyLinkage);
    push_body(c, old, new, c->depth + 1);
    return new;
}

/* --- variables --- */

static bool is_written(LLVMValueRef address)
{
    for (LLVMUseRef use = LLVMGetFirstUse(address); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == address) return true;
        bool part = LLVMIsAGetElementPtrInst(user) || LLVMIsAConstantExpr(user);
        if (part && is_written(user)) return true;
    }
    return false;
}

/* Tables of labels are seldom said to be constant, but are. */
static bool is_constant(cloner *c, LLVMValueRef variable)
{
    if (LLVMIsGlobalConstant(variable)) return true;
    bool local = LLVMGetLinkage(variable) == LLVMInternalLinkage ||
                 LLVMGetLinkage(variable) == LLVMPrivateLinkage;
    return local && clone_mentions_code(c, LLVMGetInitializer(variable)) && !is_written(variable);
}

static bool folds(cloner *c, LLVMValueRef variable)
{
    if (LLVMIsDeclaration(variable) || LLVMIsExternallyInitialized(variable) ||
        c->nesting >= INITIALISER_NESTING_MAX || !is_constant(c, variable))
        return false;
    return LLVMABISizeOfType(LLVMGetModuleDataLayout(c->from), LLVMGlobalGetValueType(variable)) <=
           INITIALISER_BYTES_MAX;
}

/* A table of addresses of another function's labels can't be here. */
static bool has_foreign_labels(LLVMValueRef constant)
{
    if (LLVMGetValueKind(constant) == LLVMBlockAddressValueKind) return true;
    if (LLVMIsAGlobalValue(constant)) return false;
    unsigned count = (unsigned)LLVMGetNumOperands(constant);
    for (unsigned i = 0; i < count; i++)
        if (has_foreign_labels(LLVMGetOperand(constant, i))) return true;
    return false;
}

static void clone_initialiser(cloner *c, LLVMValueRef old, LLVMValueRef new)
{
    LLVMValueRef initialiser = LLVMGetInitializer(old);
    bool labels = clone_mentions_code(c, initialiser);
    if (!labels && has_foreign_labels(initialiser)) return;
    c->nesting++;
    LLVMValueRef value = clone_constant(c, initialiser);
    c->nesting--;
    if (value == NULL) return;
    LLVMSetInitializer(new, value);
    LLVMSetLinkage(new, labels ? LLVMPrivateLinkage : LLVMAvailableExternallyLinkage);
}

static LLVMValueRef clone_variable(cloner *c, LLVMValueRef old)
{
    size_t length;
    const char *name = LLVMGetValueName2(old, &length);
    LLVMValueRef new = LLVMAddGlobal(c->to, LLVMGlobalGetValueType(old), name);
    nf_map_put(&c->constants, (uintptr_t)old, (uintptr_t) new);
    bool foldable = folds(c, old);
    LLVMSetGlobalConstant(new, foldable || LLVMIsGlobalConstant(old));
    LLVMSetAlignment(new, LLVMGetAlignment(old));
    stay_weak(old, new);
    LLVMSetThreadLocalMode(new, LLVMGetThreadLocalMode(old));
    if (foldable) clone_initialiser(c, old, new);
    return new;
}

LLVMValueRef clone_global(cloner *c, LLVMValueRef old)
{
    switch (LLVMGetValueKind(old)) {
    case LLVMGlobalAliasValueKind: return clone_constant(c, LLVMAliasGetAliasee(old));
    case LLVMGlobalVariableValueKind: return clone_variable(c, old);
    default: return clone_function(c, old);
    }
}

/* --- the whole --- */

static void clone_wanted(cloner *c, const char *name)
{
    LLVMValueRef old = LLVMGetNamedFunction(c->from, name);
    if (old == NULL || LLVMIsDeclaration(old)) {
        clone_fail(c, NF_SYMBOL, "the bitcode has no function %s", name);
        return;
    }
    LLVMValueRef new = declare_function(c, old);
    nf_map_put(&c->constants, (uintptr_t)old, (uintptr_t) new);
    push_body(c, old, new, 0);
    for (uint32_t i = 0; i < c->jobs.count && c->status == NF_OK; i++) {
        clone_job job = c->jobs.data[i]; /* the vector may move */
        clone_body(c, &job);
    }
    if (c->arena.failed) clone_fail(c, NF_MEMORY, "no memory for a copy of a function");
}

nf_status nf_llvm_clone(nf_llvm_unit *unit, const char *function, bool contract,
                        LLVMModuleRef *module, nf_error *error)
{
    cloner c = {.context = unit->context,
                .from = unit->module,
                .to = LLVMModuleCreateWithNameInContext(unit->name, unit->context),
                .builder = LLVMCreateBuilderInContext(unit->context),
                .contract = contract,
                .budget = CALLEES_INSTRUCTIONS_MAX,
                .error = error};
    nf_arena_init(&c.arena, nf_os_allocator());
    nf_map_init(&c.constants, &c.arena);
    LLVMSetTarget(c.to, LLVMGetTarget(c.from));
    LLVMSetDataLayout(c.to, LLVMGetDataLayoutStr(c.from));
    clone_wanted(&c, function);
    if (contract && c.contracted == 0) clone_fail(&c, NF_BUSY, "nothing to contract");
    nf_arena_free(&c.arena);
    LLVMDisposeBuilder(c.builder);
    if (c.status != NF_OK) LLVMDisposeModule(c.to);
    *module = c.status == NF_OK ? c.to : NULL;
    return c.status;
}
