/*
 * NIR to LLVM IR: compile_nir of engine/llvm.h.
 *
 * What comes out does what docs/NIR.md says, bit by bit, but for NaNs: LLVM promises that a result is
 * a NaN where NIR says so, not which one. (It takes fadd for commutative, x * 1 for x, and folds
 * inf - inf to the other sign.) Operations on constants alone are computed by NIR's evaluator, so
 * those are exact; fneg, fabs, fcopysign, fmin, fmax, select, loads and stores are exact for NaNs
 * too. A race compares bits, so a version whose NaNs differ where it matters does not win.
 */
#ifndef NF_LLVM_LOWER_H
#define NF_LLVM_LOWER_H

#include "unit.h"

nf_status nf_llvm_compile_nir(const nf_func *f, const char *name, const nf_llvm_options *options,
                              nf_arena *arena, const void **bytes, size_t *size, nf_error *error);

#endif
