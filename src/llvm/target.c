/*
 * CPUs: from the engine's feature bits to LLVM's names. See target.h.
 *
 * Functions bring attributes of the CPU that clang was told; clone.c drops them, and they are set
 * anew here, for LLVM looks at them and not at the target machine. All functions of a module have
 * the same ones, or the inliner would refuse.
 *
 *     features = AVX | AVX2 | ... (not all)  ->  target-cpu x86-64
 *                                                target-features +avx,+avx2,...
 *                                                tune-cpu rocketlake
 */
#include "target.h"

#include <llvm-c/Target.h>
#include <pthread.h>
#include <string.h>
#include "base/text.h"
#include "os/cpu.h"

enum { FEATURES_BYTES = 1024 };

/* What this machine is to LLVM; read once, for CPUID is slow in a virtual machine. */
static struct host {
    LLVMTargetRef target;
    char *cpu, *features;
} host;

static void host_read(void)
{
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    char *message = NULL;
    LLVMGetTargetFromTriple(nf_llvm_triple, &host.target, &message);
    LLVMDisposeMessage(message);
    host.cpu = LLVMGetHostCPUName();
    host.features = LLVMGetHostCPUFeatures();
}

/* LLVM's name of a feature, NULL when no code depends on it. Most have cpu.def's. */
static const char *feature_name(uint32_t index)
{
    switch (index) {
    case NF_CPU_INDEX_BMI1: return "bmi";
    case NF_CPU_INDEX_RDTSCP:
    case NF_CPU_INDEX_INVARIANT_TSC: return NULL;
    default: return nf_cpu_feature_name(index);
    }
}

static uint64_t features_named(void)
{
    uint64_t named = 0;
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++)
        if (feature_name(i)) named |= UINT64_C(1) << i;
    return named;
}

/* The CPU and its features, as LLVM wants them. */
typedef struct selection {
    const char *cpu, *features;
    char text[FEATURES_BYTES];
} selection;

static void append(char *text, size_t *length, const char *name)
{
    *length +=
        nf_format(text + *length, FEATURES_BYTES - *length, "%s+%s", *length ? "," : "", name);
}

static void select_cpu(selection *s, uint64_t features)
{
    static const char any[] = "x86-64", whole_registers[] = "evex512";
    uint64_t usable = nf_cpu_features() & features_named();
    if ((features & usable) == usable) {
        s->cpu = host.cpu;
        s->features = host.features;
        return;
    }
    size_t length = 0;
    s->text[0] = '\0';
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++)
        if (features >> i & 1 && feature_name(i)) append(s->text, &length, feature_name(i));
    if (features & NF_CPU_AVX512F) append(s->text, &length, whole_registers);
    s->cpu = any;
    s->features = s->text;
}

static LLVMCodeGenOptLevel level_of(const nf_llvm_options *options)
{
    switch (options->level) {
    case 1: return LLVMCodeGenLevelLess;
    case 3: return LLVMCodeGenLevelAggressive;
    default: return LLVMCodeGenLevelDefault;
    }
}

static void host_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, host_read);
}

LLVMTargetMachineRef nf_llvm_target_new(const nf_llvm_options *options, nf_error *error)
{
    selection s;
    host_once();
    select_cpu(&s, options->features);
    LLVMTargetMachineRef machine =
        host.target ? LLVMCreateTargetMachine(host.target, nf_llvm_triple, s.cpu, s.features,
                                              level_of(options), LLVMRelocPIC, LLVMCodeModelSmall)
                    : NULL;
    if (machine == NULL) nf_fail(error, NF_UNSUPPORTED, "this LLVM has no x86-64 target");
    return machine;
}

static LLVMAttributeRef attribute(LLVMContextRef context, const char *kind, const char *value)
{
    return LLVMCreateStringAttribute(context, kind, (unsigned)strlen(kind), value,
                                     (unsigned)strlen(value));
}

void nf_llvm_target_attributes(LLVMModuleRef module, const nf_llvm_options *options)
{
    enum { ATTRIBUTES = 5, WIDTH_BYTES = 8 };
    LLVMContextRef context = LLVMGetModuleContext(module);
    LLVMAttributeRef list[ATTRIBUTES];
    char width[WIDTH_BYTES];
    selection s;
    unsigned count = 0;
    host_once();
    select_cpu(&s, options->features);
    list[count++] = attribute(context, "target-cpu", s.cpu);
    list[count++] = attribute(context, "target-features", s.features);
    list[count++] = attribute(context, "tune-cpu", host.cpu);
    list[count++] = attribute(context, "probe-stack", "inline-asm"); /* as x64/stack.h */
    nf_format(width, sizeof width, "%u", options->vector_width);
    if (options->vector_width) list[count++] = attribute(context, "prefer-vector-width", width);
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        for (unsigned i = 0; i < count && !LLVMIsDeclaration(f); i++)
            LLVMAddAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, list[i]);
}
