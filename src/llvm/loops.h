/* What the options ask of loops, as metadata on each loop that says nothing of the kind. */
#ifndef NF_LLVM_LOOPS_H
#define NF_LLVM_LOOPS_H

#include "unit.h"

void nf_llvm_loops_mark(LLVMModuleRef module, const nf_llvm_options *options);

#endif
