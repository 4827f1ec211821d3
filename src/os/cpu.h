/*
 * What this CPU has: features as a bit mask (names and places in cpu.def), and its model.
 *
 * The mask says what a program may use: a feature whose registers the system does not save is not
 * in it. Any thread, at any time; the first call asks the CPU (slow in a virtual machine: CPUID
 * traps), later ones only read. All CPUs of the machine are taken to be the same. Freestanding.
 */
#ifndef NF_OS_CPU_H
#define NF_OS_CPU_H

#include <nanoforge/types.h>

enum {
#define CPU_FEATURE(name, text, leaf, subleaf, register, bit, state) NF_CPU_INDEX_##name,
#include "os/cpu.def"
#undef CPU_FEATURE
    NF_CPU_FEATURE_COUNT
};

/* The mask of each feature: NF_CPU_AVX2 and the like. */
#define CPU_FEATURE(name, text, leaf, subleaf, register, bit, state)                               \
    static const uint64_t NF_CPU_##name __attribute__((unused)) = UINT64_C(1)                      \
                                                                  << NF_CPU_INDEX_##name;
#include "os/cpu.def"
#undef CPU_FEATURE

enum { NF_CPU_VENDOR_BYTES = 16, NF_CPU_BRAND_BYTES = 64 };

typedef struct nf_cpu_model {
    char vendor[NF_CPU_VENDOR_BYTES]; /* "GenuineIntel" */
    char brand[NF_CPU_BRAND_BYTES];   /* for people; "" when the CPU gives none */
    uint32_t family, model, stepping;
} nf_cpu_model;

uint64_t nf_cpu_features(void);
/* All but those, and but what no CPU has without them: AVX2 without AVX, say. */
uint64_t nf_cpu_features_without(uint64_t off);
/* A hash of what CPUID says of the processor's kind: where it is equal, code made for one processor
 * runs on the other. */
uint64_t nf_cpu_fingerprint(void);

/* The name of the feature with this index (below NF_CPU_FEATURE_COUNT): "avx2". */
const char *nf_cpu_feature_name(uint32_t index);

/* The mask of the feature with this name, 0 when there is no such name. */
uint64_t nf_cpu_feature_mask(const char *name, size_t length);

void nf_cpu_model_read(nf_cpu_model *model);

#endif
