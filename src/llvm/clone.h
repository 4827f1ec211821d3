/*
 * A function of a unit in a module of its own, ready for passes and for emission.
 *
 * The module has: the function that is wanted, external; bodies of small functions that it calls, available externally, so that they can be inlined but are never
 * emitted; and everything else as declarations. All data are external declarations; constants
 * keep their initialisers, so that loads from them fold. Names are the unit's. Nothing is local,
 * so that code reaches everything through what the program resolves.
 *
 * A product with a sum that the source lets be rounded once (llvm.fmuladd) becomes both operations,
 * as in the other tiers; with `contract` it stays, and where there is none NF_BUSY says that the code
 * would be the same.
 *
 * The unit is read only. Both share a context, thus types, constants and metadata.
 */
#ifndef NF_LLVM_CLONE_H
#define NF_LLVM_CLONE_H

#include "unit.h"

/* The module is the caller's to dispose of. Errors: NF_SYMBOL, NF_UNSUPPORTED, NF_MEMORY. */
nf_status nf_llvm_clone(nf_llvm_unit *unit, const char *function, bool contract,
                        LLVMModuleRef *module, nf_error *error);

#endif
