/*
 * Compiling functions of a unit. See compile.h; the copy that is compiled is clone.c's.
 *
 *   clone ─► marks on loops, CPU attributes ─► verified ─► passes ─► thread-locals ─► object
 */
#include "compile.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <string.h>
#include "clone.h"
#include "loops.h"
#include "target.h"
#include "tls.h"

enum { LEVEL_DEFAULT = 2 };

static const char *const pipelines[] = {"", "default<O1>", "default<O2>", "default<O3>"};

static unsigned level_of(const nf_llvm_options *options)
{
    unsigned count = sizeof pipelines / sizeof *pipelines;
    return options->level && options->level < count ? options->level : LEVEL_DEFAULT;
}

/* Vectors as clang has them: from -O2 on. */
static LLVMPassBuilderOptionsRef pass_options(const nf_llvm_options *options)
{
    LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
    bool vectors = level_of(options) > 1;
    LLVMPassBuilderOptionsSetLoopVectorization(o, vectors);
    LLVMPassBuilderOptionsSetSLPVectorization(o, vectors);
    LLVMPassBuilderOptionsSetLoopInterleaving(o, vectors && options->interleave != 1);
    LLVMPassBuilderOptionsSetLoopUnrolling(o, options->unroll != 1);
    return o;
}

static nf_status run_passes(LLVMModuleRef module, LLVMTargetMachineRef machine,
                            const nf_llvm_options *options, nf_error *error)
{
    LLVMPassBuilderOptionsRef o = pass_options(options);
    LLVMErrorRef failure = LLVMRunPasses(module, pipelines[level_of(options)], machine, o);
    LLVMDisposePassBuilderOptions(o);
    if (failure == NULL) return NF_OK;
    char *text = LLVMGetErrorMessage(failure);
    nf_status status = nf_fail(error, NF_UNSUPPORTED, "LLVM's passes: %s", text);
    LLVMDisposeErrorMessage(text);
    return status;
}

/* A module that is not sound would take the process down: say what is wrong instead. */
static nf_status check(LLVMModuleRef module, nf_error *error)
{
    char *message = NULL;
    nf_status status = NF_OK;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message))
        status = nf_fail(error, NF_INVALID, "the module to be compiled is not sound: %s", message);
    LLVMDisposeMessage(message);
    return status;
}

static nf_status emit_object(LLVMModuleRef module, LLVMTargetMachineRef machine, nf_arena *arena,
                             const void **bytes, size_t *size, nf_error *error)
{
    char *message = NULL;
    LLVMMemoryBufferRef buffer = NULL;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message, &buffer)) {
        nf_status status = nf_fail(error, NF_UNSUPPORTED, "LLVM's code generator: %s", message);
        LLVMDisposeMessage(message);
        return status;
    }
    *size = LLVMGetBufferSize(buffer);
    void *copy = nf_arena_alloc(arena, *size);
    if (copy) memcpy(copy, LLVMGetBufferStart(buffer), *size);
    LLVMDisposeMemoryBuffer(buffer);
    *bytes = copy;
    return copy ? NF_OK : nf_fail(error, NF_MEMORY, "no memory for %zu bytes of an object", *size);
}

/* Landing pads for indirect jumps, as all our code has. */
static void set_flags(LLVMModuleRef module)
{
    static const char flag[] = "cf-protection-branch";
    LLVMTypeRef i32 = LLVMInt32TypeInContext(LLVMGetModuleContext(module));
    LLVMAddModuleFlag(module, LLVMModuleFlagBehaviorOverride, flag, sizeof flag - 1,
                      LLVMValueAsMetadata(LLVMConstInt(i32, 1, false)));
}

/* Remarks and warnings have no reader; errors are fatal or come as results. */
static void ignore(LLVMDiagnosticInfoRef info, void *context)
{
    (void)info;
    (void)context;
}

nf_status nf_llvm_emit(LLVMModuleRef module, const nf_llvm_options *options, nf_arena *arena,
                       const void **bytes, size_t *size, nf_error *error)
{
    LLVMContextRef context = LLVMGetModuleContext(module);
    LLVMTargetMachineRef machine = nf_llvm_target_new(options, error);
    if (machine == NULL) return NF_UNSUPPORTED;
    LLVMContextSetDiagnosticHandler(context, ignore, NULL);
    set_flags(module);
    nf_llvm_target_attributes(module, options);
    nf_llvm_loops_mark(module, options);
    nf_status status = check(module, error);
    if (status == NF_OK) status = run_passes(module, machine, options, error);
    if (status == NF_OK && !nf_llvm_tls_lower(module, error)) status = NF_UNSUPPORTED;
    if (status == NF_OK) status = emit_object(module, machine, arena, bytes, size, error);
    LLVMContextSetDiagnosticHandler(context, NULL, NULL);
    LLVMDisposeTargetMachine(machine);
    return status;
}

typedef struct compilation {
    nf_llvm_unit *unit;
    const char *const *functions;
    uint32_t count;
    const nf_llvm_options *options;
    nf_arena *arena;
    const void **bytes;
    size_t *size;
    nf_error *error;
    nf_status status;
} compilation;

static void compile(void *context)
{
    compilation *c = context;
    LLVMModuleRef module;
    c->status =
        nf_llvm_clone(c->unit, c->functions, c->count, c->options->contract, &module, c->error);
    if (c->status != NF_OK) return;
    c->status = nf_llvm_emit(module, c->options, c->arena, c->bytes, c->size, c->error);
    LLVMDisposeModule(module);
}

nf_status nf_llvm_compile_all(nf_llvm_unit *unit, const char *const *functions, uint32_t count,
                              const nf_llvm_options *options, nf_arena *arena, const void **bytes,
                              size_t *size, nf_error *error)
{
    compilation c = {unit, functions, count, options, arena, bytes, size, error, NF_OK};
    *bytes = NULL;
    *size = 0;
    return nf_llvm_guard(compile, &c, error) ? c.status : NF_UNSUPPORTED;
}

nf_status nf_llvm_compile(nf_llvm_unit *unit, const char *function, const nf_llvm_options *options,
                          nf_arena *arena, const void **bytes, size_t *size, nf_error *error)
{
    return nf_llvm_compile_all(unit, &function, 1, options, arena, bytes, size, error);
}
