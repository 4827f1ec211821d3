/*
 * Tables of relative addresses become tables of addresses.
 */
#ifndef NF_LLVM_RELATIVE_H
#define NF_LLVM_RELATIVE_H

#include "unit.h"

/* Every table that is only read by llvm.load.relative; the others stay. */
void nf_llvm_relative_lower(LLVMModuleRef module);

#endif
