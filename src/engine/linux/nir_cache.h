/*
 * Imported modules, kept in files (cache.h): a second run of the same bitcode needs no LLVM to
 * start. They were verified before they were kept, and are not verified again: for a large program
 * that is a third of the time to main.
 */
#ifndef NF_NIR_CACHE_H
#define NF_NIR_CACHE_H

#include "cache.h"

/* False when it is not there. foreign lies in the program's arena. */
bool nf_nir_cache_get(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                      uint32_t *foreign_count);
void nf_nir_cache_put(nf_program *program, nf_module *module, const nf_llvm_foreign *foreign,
                      uint32_t foreign_count);

#endif
