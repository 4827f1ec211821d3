/* The variants of variants.def as a table. A variant whose features the CPU lacks is never made: its
 * user asks (features & ~cpu) == 0 first. */
#include "opt.h"
#include "os/cpu.h"

/* The masks of cpu.h are objects, which C does not take in a static initialiser. */
#define FEATURE(name) (UINT64_C(1) << NF_CPU_INDEX_##name)

#define AVX512                                                                                     \
    (FEATURE(AVX) | FEATURE(AVX2) | FEATURE(AVX512F) | FEATURE(AVX512BW) | FEATURE(AVX512DQ) |     \
     FEATURE(AVX512VL))

const nf_variant nf_variants[] = {
#define VARIANT(name, vector_bytes, interleave, contract, features)                                \
    {name, vector_bytes, interleave, contract, features},
#include "variants.def"
#undef VARIANT
};

const uint32_t nf_variant_count = sizeof nf_variants / sizeof *nf_variants;

const uint32_t nf_variant_exact_count = 0
#define VARIANT(name, vector_bytes, interleave, contract, features) +!(contract)
#include "variants.def"
#undef VARIANT
    ;
