/*
 * NIR to LLVM IR.
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

/* In a context of its own, which goes with the module. name: as prepare_nir's. */
nf_status nf_llvm_lower(const nf_func *f, const char *name, LLVMModuleRef *module, nf_error *error);

#endif
