/*
 * Thread-local variables by calls: each is reached through __emutls_get_address, as GCC's emulation
 * does, with the control variable __emutls_v.NAME, which the program has. Code that is placed at
 * run time has no part in the system's own thread-local storage.
 */
#ifndef NF_LLVM_TLS_H
#define NF_LLVM_TLS_H

#include "unit.h"

/* Behind the passes: what they know about thread-local addresses is lost. False, with an error,
 * where one is used in a way that is not known. */
bool nf_llvm_tls_lower(LLVMModuleRef module, nf_error *error);

#endif
