/*
 * Compiling a function in several ways. See engine/llvm.h; the copy that is compiled is clone.c's, or
 * lower.c's of NIR.
 *
 *   clone or lower ─► verified ─► shared passes ─┬─► marks on loops ─► tail ─► thread-locals ─► object
 *                                                ├─► ...
 *
 * Level 3 is what races, in many variants. They differ in how loops are vectorised and unrolled, which
 * LLVM does late; what comes before (inlining, and all that makes code smaller) is done once, and each
 * variant goes on from a copy. The two parts together are LLVM 19's -O3, in its order (opt -O3
 * -print-pipeline-passes), but for passes that need a profile or coroutines. Levels 1 and 2 are one
 * variant each and LLVM's own pipelines.
 *
 * Whether products are fused with sums decides what constants fold to, so each choice has its own
 * beginning, made when it is first wanted. What is gone on from is kept as bitcode, for LLVM 19's
 * copy of a module (LLVMCloneModule) loses the addresses of labels.
 */
#include "compile.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <string.h>
#include "base/text.h"
#include "clone.h"
#include "loops.h"
#include "lower.h"
#include "os/os.h"
#include "target.h"
#include "tls.h"

enum { LEVEL_DEFAULT = 2, LEVEL_MAX = 3, PIPELINE_BYTES = 4096 };

struct nf_llvm_prepared {
    nf_llvm_unit *unit; /* NULL: born as NIR */
    /* Its own: what LLVM leaves in the middle when it gives up must not be in the unit's. */
    LLVMContextRef context;
    const char *function;
    /* As bitcode, [contract]; NULL: not made yet. */
    LLVMMemoryBufferRef plain[2], shared[2];
    uint64_t features; /* that `shared` may use */
    bool lost;         /* LLVM gave up in the middle: the modules can't be looked at again */
};

/* --- passes --- */

#define SIMPLIFY_CFG(how) "simplifycfg<keep-loops;switch-range-to-icmp" how ">,"
#define SIMPLIFY          SIMPLIFY_CFG("")
#define SIMPLIFY_LAST                                                                              \
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-lookup;no-keep-loops;"         \
    "hoist-common-insts;sink-common-insts>,"
/* loop-unroll-full can't be told the level, and its threshold is that of level 2. */
#define UNROLL_FULLY "loop-unroll<O3;no-partial;no-runtime;no-peeling;no-upperbound>,"
#define COMBINE      "instcombine<max-iterations=1;no-verify-fixpoint>,"

static const char shared_passes[] =
    "annotation2metadata,forceattrs,inferattrs,"
    "function<eager-inv>(lower-expect," SIMPLIFY "sroa<modify-cfg>,early-cse<>,callsite-splitting),"
    "ipsccp,called-value-propagation,globalopt,"
    "function<eager-inv>(mem2reg," COMBINE SIMPLIFY "verify),"
    "always-inline,require<globals-aa>,function(invalidate<aa>),require<profile-summary>,"
    "cgscc(devirt<4>(inline,function-attrs<skip-non-recursive-function-attrs>,argpromotion,"
    "function<eager-inv;no-rerun>(sroa<modify-cfg>,early-cse<memssa>,"
    "speculative-execution<only-if-divergent-target>,jump-threading,correlated-"
    "propagation," SIMPLIFY COMBINE
    "aggressive-instcombine,libcalls-shrinkwrap,tailcallelim," SIMPLIFY
    "reassociate,constraint-elimination,"
    "loop-mssa(loop-instsimplify,loop-simplifycfg,licm<no-allowspeculation>,"
    "loop-rotate<header-duplication>,licm<allowspeculation>,"
    "simple-loop-unswitch<nontrivial;trivial>)," SIMPLIFY COMBINE
    "loop(loop-idiom,indvars,simple-loop-unswitch<nontrivial;trivial>,loop-deletion)," UNROLL_FULLY
    "sroa<modify-cfg>,vector-combine,mldst-motion<no-split-footer-bb>,gvn<>,sccp,"
    "bdce," COMBINE "jump-threading,correlated-propagation,adce,memcpyopt,dse,move-auto-init,"
    "loop-mssa(licm<allowspeculation>)," SIMPLIFY_CFG(";hoist-common-insts;sink-common-insts")
        COMBINE
    "verify),function-attrs)),"
    "deadargelim,globalopt,globaldce,elim-avail-extern,rpo-function-attrs,recompute-globalsaa";

/* With the vectoriser's options, and the unroller where there is one. */
static const char tail_passes[] =
    "function<eager-inv>(float2int,lower-constant-intrinsics,"
    "loop(loop-rotate<header-duplication>,loop-deletion),loop-distribute,inject-tli-mappings,"
    "loop-vectorize<%s>,infer-alignment,loop-load-elim," COMBINE SIMPLIFY_LAST
    "slp-vectorizer,vector-combine," COMBINE "%stransform-warning,sroa<preserve-cfg>,"
    "infer-alignment," COMBINE "loop-mssa(licm<allowspeculation>),alignment-from-assumptions,"
    "loop-sink,instsimplify,div-rem-pairs,tailcallelim,"
    "simplifycfg<keep-loops;speculate-unpredictables>),globaldce,constmerge";

static const char *const whole_pipelines[] = {"", "default<O1>", "default<O2>"};

static unsigned level_of(const nf_llvm_options *options)
{
    return options->level && options->level <= LEVEL_MAX ? options->level : LEVEL_DEFAULT;
}

static void tail_of(const nf_llvm_options *options, char pipeline[PIPELINE_BYTES])
{
    nf_format(pipeline, PIPELINE_BYTES, tail_passes,
              options->interleave == 1 ? "interleave-forced-only" : "no-interleave-forced-only",
              options->unroll == 1 ? "" : "loop-unroll<O3>,");
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
                            const char *pipeline, const nf_llvm_options *options, nf_error *error)
{
    LLVMPassBuilderOptionsRef o = pass_options(options);
    LLVMErrorRef failure = LLVMRunPasses(module, pipeline, machine, o);
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

/* But the entry's stands before its code: see code/object.h. */
static void entry_unmark(LLVMModuleRef module, const char *name)
{
    static const char attribute[] = "nocf_check";
    unsigned kind = LLVMGetEnumAttributeKindForName(attribute, sizeof attribute - 1);
    LLVMValueRef function = LLVMGetNamedFunction(module, name);
    LLVMAttributeRef unmarked = LLVMCreateEnumAttribute(LLVMGetModuleContext(module), kind, 0);
    if (function) LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, unmarked);
}

/* --- the function at its stages --- */

/* A job for nf_llvm_guard(). */
typedef struct compilation {
    nf_llvm_prepared *p;
    const nf_llvm_options *options;
    LLVMTargetMachineRef machine;
    nf_arena *arena;
    const void **bytes;
    size_t *size;
    nf_error *error;
    nf_status status;
    bool complained; /* LLVM, of an error that it went on from */
} compilation;

/* Errors in inline assembly are only told here: LLVM goes on, and leaves the instructions out. Remarks
 * and warnings have no reader. */
static void diagnose(LLVMDiagnosticInfoRef info, void *context)
{
    compilation *c = context;
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError || c->complained) return;
    char *text = LLVMGetDiagInfoDescription(info);
    nf_fail(c->error, NF_UNSUPPORTED, "LLVM: %.*s", (int)strcspn(text, "\n"), text);
    LLVMDisposeMessage(text);
    c->complained = true;
}

static nf_status plain_need(nf_llvm_prepared *p, bool contract, nf_error *error)
{
    if (p->plain[contract]) return NF_OK;
    if (p->unit == NULL) return nf_fail(error, NF_BUSY, "nothing to contract");
    LLVMModuleRef module;
    nf_status status = nf_llvm_clone(p->unit, p->function, contract, &module, error);
    if (status != NF_OK) return status;
    set_flags(module);
    status = check(module, error);
    if (status == NF_OK) p->plain[contract] = LLVMWriteBitcodeToMemoryBuffer(module);
    LLVMDisposeModule(module);
    return status;
}

static nf_status module_read(const compilation *c, LLVMMemoryBufferRef bitcode,
                             LLVMModuleRef *module)
{
    if (!LLVMParseBitcodeInContext2(c->p->context, bitcode, module)) return NF_OK;
    return nf_fail(c->error, NF_UNSUPPORTED, "LLVM can't read what it has written");
}

static void shared_drop(nf_llvm_prepared *p)
{
    for (int contract = 0; contract < 2; contract++) {
        if (p->shared[contract]) LLVMDisposeMemoryBuffer(p->shared[contract]);
        p->shared[contract] = NULL;
    }
}

static nf_status shared_need(compilation *c)
{
    nf_llvm_prepared *p = c->p;
    bool contract = c->options->contract;
    if (p->features != c->options->features) shared_drop(p);
    p->features = c->options->features;
    if (p->shared[contract]) return NF_OK;
    const nf_llvm_options common = {.level = LEVEL_MAX, .features = p->features};
    LLVMModuleRef module;
    nf_status status = module_read(c, p->plain[contract], &module);
    if (status != NF_OK) return status;
    nf_llvm_target_attributes(module, &common);
    nf_llvm_loops_mark(module, &common);
    status = run_passes(module, c->machine, shared_passes, &common, c->error);
    if (status == NF_OK) p->shared[contract] = LLVMWriteBitcodeToMemoryBuffer(module);
    LLVMDisposeModule(module);
    return status;
}

/* What the variant's own passes begin with, and what these are. */
static nf_status start_of(compilation *c, LLVMModuleRef *module, char pipeline[PIPELINE_BYTES])
{
    bool contract = c->options->contract;
    unsigned level = level_of(c->options);
    nf_status status = plain_need(c->p, contract, c->error);
    if (status == NF_OK && level == LEVEL_MAX) status = shared_need(c);
    if (status != NF_OK) return status;
    if (level == LEVEL_MAX)
        tail_of(c->options, pipeline);
    else
        nf_format(pipeline, PIPELINE_BYTES, "%s", whole_pipelines[level]);
    return module_read(c, level == LEVEL_MAX ? c->p->shared[contract] : c->p->plain[contract],
                       module);
}

static nf_status object_make(compilation *c)
{
    LLVMModuleRef module;
    char pipeline[PIPELINE_BYTES];
    nf_status status = start_of(c, &module, pipeline);
    if (status != NF_OK) return status;
    nf_llvm_target_attributes(module, c->options);
    nf_llvm_loops_mark(module, c->options);
    status = run_passes(module, c->machine, pipeline, c->options, c->error);
    if (status == NF_OK && !nf_llvm_tls_lower(module, c->error)) status = NF_UNSUPPORTED;
    entry_unmark(module, c->p->function);
    if (status == NF_OK)
        status = emit_object(module, c->machine, c->arena, c->bytes, c->size, c->error);
    LLVMDisposeModule(module);
    return status;
}

static void compile(void *context)
{
    compilation *c = context;
    LLVMContextRef llvm = c->p->context;
    c->status = NF_UNSUPPORTED;
    c->machine = nf_llvm_target_new(c->options, c->error);
    if (c->machine == NULL) return;
    LLVMContextSetDiagnosticHandler(llvm, diagnose, c);
    c->status = object_make(c);
    LLVMContextSetDiagnosticHandler(llvm, NULL, NULL);
    if (c->status == NF_OK && c->complained) c->status = NF_UNSUPPORTED;
    LLVMDisposeTargetMachine(c->machine);
}

/* --- the interface --- */

nf_status nf_llvm_compile(nf_llvm_prepared *prepared, const nf_llvm_options *options,
                          nf_arena *arena, const void **bytes, size_t *size, nf_error *error)
{
    compilation c = {.p = prepared,
                     .options = options,
                     .arena = arena,
                     .bytes = bytes,
                     .size = size,
                     .error = error};
    *bytes = NULL;
    *size = 0;
    if (nf_llvm_guard(compile, &c, error)) return c.status;
    prepared->lost = true;
    return NF_UNSUPPORTED;
}

static nf_llvm_prepared *prepared_new(const char *function, nf_error *error)
{
    size_t length = strlen(function);
    const nf_allocator *allocator = nf_os_allocator();
    nf_llvm_prepared *p = allocator->allocate(allocator->context, sizeof *p + length + 1);
    if (p == NULL) {
        nf_fail(error, NF_MEMORY, "no memory for a function on its way to LLVM");
        return NULL;
    }
    memset(p, 0, sizeof *p);
    p->function = memcpy(p + 1, function, length + 1);
    return p;
}

nf_status nf_llvm_prepare(nf_llvm_unit *unit, const char *function, nf_llvm_prepared **prepared,
                          nf_error *error)
{
    *prepared = prepared_new(function, error);
    if (*prepared == NULL) return NF_MEMORY;
    (*prepared)->unit = unit;
    (*prepared)->context = LLVMContextCreate();
    return NF_OK;
}

nf_status nf_llvm_prepare_nir(const nf_func *f, const char *name, nf_llvm_prepared **prepared,
                              nf_error *error)
{
    LLVMModuleRef module;
    const char *own = nf_symbol_at(f->module, f->symbol)->name;
    nf_status status = nf_llvm_lower(f, name, &module, error);
    *prepared = NULL;
    if (status != NF_OK) return status;
    nf_llvm_prepared *p = prepared_new(name ? name : own, error);
    set_flags(module);
    status = p ? check(module, error) : NF_MEMORY;
    LLVMContextRef context = LLVMGetModuleContext(module);
    if (status == NF_OK) p->plain[false] = LLVMWriteBitcodeToMemoryBuffer(module);
    LLVMDisposeModule(module);
    if (status == NF_OK) {
        p->context = context;
        *prepared = p;
        return NF_OK;
    }
    LLVMContextDispose(context);
    nf_llvm_prepared_free(p);
    return status;
}

void nf_llvm_prepared_free(nf_llvm_prepared *prepared)
{
    const nf_allocator *allocator = nf_os_allocator();
    if (prepared == NULL) return;
    if (!prepared->lost) {
        shared_drop(prepared);
        for (int contract = 0; contract < 2; contract++)
            if (prepared->plain[contract]) LLVMDisposeMemoryBuffer(prepared->plain[contract]);
        if (prepared->context) LLVMContextDispose(prepared->context);
    }
    allocator->release(allocator->context, prepared,
                       sizeof *prepared + strlen(prepared->function) + 1);
}
