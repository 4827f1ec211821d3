/*
 * For which CPU code is made: a target machine, and attributes that say the same to every function.
 *
 * Where the options allow all that this machine has, the code is for it by name (-march=native);
 * else for any x86-64 with what is allowed, tuned for this machine.
 */
#ifndef NF_LLVM_TARGET_H
#define NF_LLVM_TARGET_H

#include <llvm-c/TargetMachine.h>
#include "unit.h"

/* NULL with an error. To be disposed of. The first call registers the target and asks the CPU. */
LLVMTargetMachineRef nf_llvm_target_new(const nf_llvm_options *options, nf_error *error);
/* For every body in the module. */
void nf_llvm_target_attributes(LLVMModuleRef module, const nf_llvm_options *options);

#endif
