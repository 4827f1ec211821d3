/*
 * The LC-3's compiler: an engine for its machine.
 *
 *     nf_lc3_jit_new(machine, &config, &jit, error);      machine->engine runs compiled code now
 *     nf_lc3_run(machine, ...);
 *     nf_lc3_jit_free(jit);                               the interpreter again
 *
 * What is hot runs compiled, the rest in the interpreter; instruction by instruction the machine does
 * what it does under nf_lc3_step(). Belongs to the machine's thread. Freestanding.
 */
#ifndef NF_GUEST_LC3_JIT_H
#define NF_GUEST_LC3_JIT_H

#include "guest/vm/vm.h"
#include "machine.h"

typedef struct nf_lc3_jit nf_lc3_jit;

/* The machine's hook for written code is the compiler's until it is freed; free it first. */
nf_status nf_lc3_jit_new(nf_lc3 *machine, const nf_vm_config *config, nf_lc3_jit **jit,
                         nf_error *error);
void nf_lc3_jit_free(nf_lc3_jit *jit);

const nf_vm_counts *nf_lc3_jit_counts(const nf_lc3_jit *jit);

/* How many instructions may pass, at the machine's PC, before compiled code comes to a place where
 * it can stop: the most that are on any way through its region. 1 where nothing is compiled. Hot
 * code is compiled first, which with config.hot of 1 is all of it. */
uint32_t nf_lc3_jit_step_length(nf_lc3_jit *jit);

#endif
