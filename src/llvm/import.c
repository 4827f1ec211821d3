/*
 * From bitcode to NIR: the unit as a whole.
 *
 * First all functions and data are declared, in the order of the unit, then initialisers and bodies
 * are translated. A body that cannot be turns its symbol from a function into an extern one: the name,
 * the number and the signature stay, so that callers need not know. What is then extern and defined in
 * the unit is in the list of foreign functions.
 *
 * Constructors (llvm.global_ctors) are called by a function __nf_init, in the order of their
 * priorities, destructors by __nf_fini, which __nf_init hands to atexit() before all else, so that it
 * runs after what the program hands there. Each exists only when there is something to call.
 */
#include "import_internal.h"

#include <string.h>
#include "os/os.h"

static bool is_intrinsic(LLVMValueRef function)
{
    return LLVMGetIntrinsicID(function) != 0;
}

static const char *name_of(LLVMValueRef value)
{
    size_t length;
    return LLVMGetValueName2(value, &length);
}

/* --- declarations --- */

static bool is_local(LLVMValueRef function)
{
    LLVMLinkage linkage = LLVMGetLinkage(function);
    return linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage;
}

static uint32_t attributes_of(LLVMValueRef function)
{
    int at = (int)LLVMAttributeFunctionIndex;
    uint32_t attributes = is_local(function) ? 0 : NF_ATTR_EXPORT;
    if (nf_has_attribute(function, at, "alwaysinline")) return attributes | NF_ATTR_INLINE;
    /* Unoptimised functions are all marked noinline, which then means nothing. */
    if (nf_has_attribute(function, at, "noinline") && !nf_has_attribute(function, at, "optnone"))
        attributes |= NF_ATTR_NOINLINE;
    return attributes;
}

static const char *definition_refusal(LLVMValueRef function)
{
    if (LLVMIsFunctionVarArg(LLVMGlobalGetValueType(function))) return "varargs function";
    if (nf_has_attribute(function, (int)LLVMAttributeFunctionIndex, "naked"))
        return "inline assembly";
    if (LLVMHasPersonalityFn(function)) return "exception handling";
    return NULL;
}

static nf_symbol declare_extern(nf_importer *in, LLVMValueRef function, const nf_plan *plan)
{
    const char *name = name_of(function);
    bool weak = LLVMGetLinkage(function) == LLVMExternalWeakLinkage;
    if (weak && nf_os_symbol(name) == NULL) return (nf_symbol){0};
    nf_signature signature = plan->signature;
    if (plan->refusal) signature = nf_module_signature(in->module, NF_VOID, NULL, 0, false);
    return nf_module_extern(in->module, name, signature);
}

static void foreign_add(nf_importer *in, LLVMValueRef function, const char *reason)
{
    const char *name = name_of(function);
    nf_llvm_foreign foreign = {nf_arena_string(in->result, name, strlen(name)),
                               nf_arena_string(in->result, reason, strlen(reason))};
    NF_VEC_PUSH(in->result, &in->foreign, foreign);
}

static void declare_function(nf_importer *in, nf_arena *arena, LLVMValueRef function)
{
    nf_plan plan = nf_plan_of_function(in, arena, function);
    const char *refusal = plan.refusal ? plan.refusal : definition_refusal(function);
    nf_symbol symbol = {0};
    if (LLVMIsDeclaration(function) || refusal) {
        symbol = declare_extern(in, function, &plan);
    } else {
        nf_func *f = nf_module_function(in->module, name_of(function), plan.signature,
                                        attributes_of(function));
        if (f) symbol = nf_func_symbol(f);
    }
    nf_map_put(&in->symbols, (uintptr_t)function, symbol.id);
}

static void declare_functions(nf_importer *in, nf_arena *arena)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(in->unit->module); f; f = LLVMGetNextFunction(f)) {
        if (!is_intrinsic(f)) declare_function(in, arena, f);
        nf_arena_reset(arena);
    }
}

/* --- bodies --- */

static void make_foreign(nf_importer *in, nf_symbol symbol)
{
    nf_symbol_data *data = nf_symbol_at(in->module, symbol);
    data->kind = NF_SYMBOL_EXTERN;
    data->func = NULL;
}

static void import_body(nf_importer *in, nf_arena *arena, LLVMValueRef function)
{
    nf_symbol symbol = nf_symbol_of(in, function);
    nf_func *f = nf_module_function_at(in->module, symbol);
    const char *refusal = NULL;
    if (f) {
        in->here = function;
        nf_import_function(in, arena, f, function, &refusal);
        in->here = NULL;
        if (refusal) make_foreign(in, symbol);
    } else {
        nf_plan plan = nf_plan_of_function(in, arena, function);
        refusal = plan.refusal ? plan.refusal : definition_refusal(function);
    }
    if (refusal) foreign_add(in, function, refusal);
}

static void import_bodies(nf_importer *in, nf_arena *arena)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(in->unit->module); f; f = LLVMGetNextFunction(f)) {
        if (!LLVMIsDeclaration(f)) import_body(in, arena, f);
        in->arena.failed |= arena->failed;
        nf_arena_reset(arena);
    }
}

/* --- constructors and destructors --- */

typedef struct structor {
    uint32_t priority;
    LLVMValueRef function;
} structor;

typedef NF_VEC(structor) structors;

/* The verifier knows the type of an entry, not what is in it. */
static bool structor_of(nf_importer *in, LLVMValueRef entry, structor *s)
{
    LLVMValueRef priority = entry ? LLVMGetAggregateElement(entry, 0) : NULL;
    s->function = entry ? LLVMGetAggregateElement(entry, 1) : NULL;
    if (s->function == NULL || !LLVMIsAConstantInt(priority)) return false;
    s->priority = (uint32_t)LLVMConstIntGetZExtValue(priority);
    if (LLVMIsNull(s->function)) return true;
    nf_symbol symbol = nf_static_address_of(in, s->function).symbol;
    if (symbol.id == 0) return false;
    nf_symbol_kind kind = nf_symbol_at(in->module, symbol)->kind;
    return kind == NF_SYMBOL_FUNC || kind == NF_SYMBOL_EXTERN;
}

/* Keeps them sorted; equal ones stay in order. */
static void structor_add(nf_importer *in, structors *list, structor s)
{
    if (!NF_VEC_PUSH(&in->arena, list, s)) return;
    uint32_t at = list->count - 1;
    for (; at > 0 && list->data[at - 1].priority > s.priority; at--)
        list->data[at] = list->data[at - 1];
    list->data[at] = s;
}

static structors structors_of(nf_importer *in, const char *list)
{
    structors found = {0};
    LLVMValueRef global = LLVMGetNamedGlobal(in->unit->module, list);
    LLVMValueRef initial = global ? LLVMGetInitializer(global) : NULL;
    if (initial == NULL || LLVMIsNull(initial)) return found;
    uint64_t count = LLVMGetArrayLength2(LLVMTypeOf(initial));
    for (uint64_t i = 0; i < count && in->status == NF_OK; i++) {
        structor s;
        if (!structor_of(in, LLVMGetAggregateElement(initial, (unsigned)i), &s))
            in->status =
                nf_fail_at(in->error, NF_INVALID, in->unit->name, 0, 0,
                           "entry %u of @%s is no function with a priority", (unsigned)i, list);
        else if (!LLVMIsNull(s.function))
            structor_add(in, &found, s);
    }
    return found;
}

enum { STRUCTOR_PARAMS = 3 }; /* argc, argv, envp */

static nf_func *caller_make(nf_importer *in, const char *name, uint32_t param_count)
{
    static const nf_type params[STRUCTOR_PARAMS] = {NF_I32, NF_I64, NF_I64};
    nf_signature signature = nf_module_signature(in->module, NF_VOID, params, param_count, false);
    return nf_module_function(in->module, name, signature, NF_ATTR_EXPORT);
}

/* With what the caller was given. */
static void call_structor(nf_importer *in, nf_func *f, LLVMValueRef function)
{
    nf_block entry = nf_func_entry(f);
    nf_value args[STRUCTOR_PARAMS];
    uint32_t count = nf_block_at(f, entry)->param_count;
    for (uint32_t i = 0; i < count; i++) args[i] = nf_func_param(f, i);
    nf_static_address address = nf_static_address_of(in, function);
    nf_value target = nf_build_symbol(f, entry, address.symbol, address.offset);
    nf_build_call_indirect(f, entry, target, f->signature, args, count);
}

static void call_at_exit(nf_importer *in, nf_func *f, nf_symbol what)
{
    static const nf_type address = NF_I64;
    nf_block entry = nf_func_entry(f);
    nf_signature signature = nf_module_signature(in->module, NF_I32, &address, 1, false);
    nf_symbol symbol = nf_module_symbol(in->module, "atexit");
    if (symbol.id == 0) symbol = nf_module_extern(in->module, "atexit", signature);
    nf_value function = nf_build_symbol(f, entry, symbol, 0);
    nf_value argument = nf_build_symbol(f, entry, what, 0);
    nf_build_call_indirect(f, entry, function, signature, &argument, 1);
}

/* The functions that call them all; destructors run the other way round. */
static void structors_import(nf_importer *in)
{
    structors before = structors_of(in, "llvm.global_ctors");
    structors after = structors_of(in, "llvm.global_dtors");
    if (before.count + after.count == 0 || in->status != NF_OK) return;
    nf_func *init = caller_make(in, "__nf_init", STRUCTOR_PARAMS);
    nf_func *fini = after.count ? caller_make(in, "__nf_fini", 0) : NULL;
    if (init == NULL || (after.count && fini == NULL)) return;
    for (uint32_t i = after.count; i-- > 0;) call_structor(in, fini, after.data[i].function);
    if (fini) {
        nf_build_ret(fini, nf_func_entry(fini), (nf_value){0});
        call_at_exit(in, init, nf_func_symbol(fini));
    }
    for (uint32_t i = 0; i < before.count; i++) call_structor(in, init, before.data[i].function);
    nf_build_ret(init, nf_func_entry(init), (nf_value){0});
}

/* --- the unit --- */

static void import_all(void *context)
{
    nf_importer *in = context;
    if (nf_import_check(in) != NF_OK) return;
    declare_functions(in, &in->scratch);
    in->status = nf_import_data(in);
    if (in->status == NF_OK) {
        import_bodies(in, &in->scratch);
        structors_import(in);
    }
    bool failed =
        in->scratch.failed || in->arena.failed || in->module->arena.failed || in->result->failed;
    if (in->status == NF_OK && failed)
        in->status = nf_fail(in->error, NF_MEMORY, "%s: no memory to import it", in->unit->name);
}

/* Where LLVM has no answer (the size of a scalable vector), its words name no place. */
static nf_status gives_up(nf_importer *in)
{
    nf_error words = in->error ? *in->error : (nf_error){.line = 0};
    return nf_fail_at(in->error, NF_UNSUPPORTED, in->unit->name, 0, 0, "%s%s: %s",
                      in->here ? "function @" : "declarations", in->here ? name_of(in->here) : "",
                      words.message);
}

nf_status nf_llvm_unit_import(nf_llvm_unit *unit, const nf_allocator *allocator, nf_arena *arena,
                              nf_module **module, const nf_llvm_foreign **foreign,
                              uint32_t *foreign_count, nf_error *error)
{
    *module = NULL;
    nf_importer in = {.unit = unit, .result = arena, .error = error};
    in.module = nf_module_new(allocator, unit->name);
    if (in.module == NULL) return nf_fail(error, NF_MEMORY, "no memory for a module");
    in.layout = LLVMGetModuleDataLayout(unit->module);
    in.folder = LLVMCreateBuilderInContext(unit->context);
    nf_arena_init(&in.arena, in.module->arena.allocator);
    nf_arena_init(&in.scratch, in.module->arena.allocator);
    nf_map_init(&in.symbols, &in.arena);
    nf_map_init(&in.intrinsics, &in.arena);
    if (!nf_llvm_guard(import_all, &in, error)) in.status = gives_up(&in);
    LLVMDisposeBuilder(in.folder);
    nf_arena_free(&in.scratch);
    nf_arena_free(&in.arena);
    if (in.status != NF_OK) {
        nf_module_free(in.module);
        return in.status;
    }
    *module = in.module;
    *foreign = in.foreign.data;
    *foreign_count = in.foreign.count;
    return NF_OK;
}
