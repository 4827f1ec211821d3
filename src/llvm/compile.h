/* From a function to objects: prepare, prepare_nir and compile of engine/llvm.h. */
#ifndef NF_LLVM_COMPILE_H
#define NF_LLVM_COMPILE_H

#include "unit.h"

nf_status nf_llvm_prepare(nf_llvm_unit *unit, const char *function, nf_llvm_prepared **prepared,
                          nf_error *error);
nf_status nf_llvm_prepare_nir(const nf_func *f, const char *name, nf_llvm_prepared **prepared,
                              nf_error *error);
nf_status nf_llvm_compile(nf_llvm_prepared *prepared, const nf_llvm_options *options,
                          nf_arena *arena, const void **bytes, size_t *size, nf_error *error);
void nf_llvm_prepared_free(nf_llvm_prepared *prepared);

#endif
