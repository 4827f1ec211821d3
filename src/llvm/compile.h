/*
 * From LLVM modules to objects: options, passes, emission. compile and compile_all of engine/llvm.h.
 */
#ifndef NF_LLVM_COMPILE_H
#define NF_LLVM_COMPILE_H

#include "unit.h"

nf_status nf_llvm_compile(nf_llvm_unit *unit, const char *function, const nf_llvm_options *options,
                          nf_arena *arena, const void **bytes, size_t *size, nf_error *error);
nf_status nf_llvm_compile_all(nf_llvm_unit *unit, const char *const *functions, uint32_t count,
                              const nf_llvm_options *options, nf_arena *arena, const void **bytes,
                              size_t *size, nf_error *error);

/* Optimises the module, which is changed, and emits it. Inside nf_llvm_guard(). */
nf_status nf_llvm_emit(LLVMModuleRef module, const nf_llvm_options *options, nf_arena *arena,
                       const void **bytes, size_t *size, nf_error *error);

#endif
