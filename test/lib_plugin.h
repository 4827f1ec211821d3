/* The LLVM plug-in for tests: loaded from beside the tests' folder, where it was built. */
#ifndef TEST_LIB_PLUGIN_H
#define TEST_LIB_PLUGIN_H

#include "engine/llvm.h"

/* Where it is if it was built. False: the path is too long. */
bool plugin_path(char *path, size_t bytes);
/* NULL, having said so on standard output, when there is none. */
const nf_llvm_api *plugin_load(void);
/* Has engines load it from there, too; false, having said so, when there is none. */
bool plugin_for_engines(void);

/* Bitcode of a C source by clang-19, in memory from malloc(); NULL when there is no clang-19 or the
 * source has errors. flags: "-O2". */
void *plugin_bitcode(const char *source, const char *flags, size_t *size);
bool plugin_has_clang(void);

/* Prepares, compiles once, and lets go; see engine/llvm.h. */
nf_status plugin_compile(nf_llvm_unit *unit, const char *function, const nf_llvm_options *options,
                         nf_arena *arena, const void **bytes, size_t *size, nf_error *error);
nf_status plugin_compile_nir(const nf_func *f, const nf_llvm_options *options, nf_arena *arena,
                             const void **bytes, size_t *size, nf_error *error);

/* A line of engine/llvm_variants.def as options, for what this CPU has. */
typedef struct plugin_variant {
    nf_llvm_options options;
    uint64_t required;
} plugin_variant;

extern const plugin_variant plugin_variants[];
extern const uint32_t plugin_variant_count;
/* False when this CPU can't run it; else the options, with all features of the CPU. */
bool plugin_options(uint32_t variant, nf_llvm_options *options);

#endif
