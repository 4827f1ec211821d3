/* LLVM's ways to compile a function: the table. */
#include "llvm.h"
#include "os/cpu.h"

/* As in the variants of tier 2: the masks of cpu.h are objects. */
#define FEATURE(name) (UINT64_C(1) << NF_CPU_INDEX_##name)

const nf_llvm_options nf_llvm_variants[] = {
#define LLVM_VARIANT(name, level, vector_width, interleave, unroll, contract, tail_folding,        \
                     features)                                                                     \
    {name, features, level, vector_width, interleave, unroll, contract, tail_folding},
#include "llvm_variants.def"
#undef LLVM_VARIANT
};

const uint32_t nf_llvm_variant_count = sizeof nf_llvm_variants / sizeof *nf_llvm_variants;
