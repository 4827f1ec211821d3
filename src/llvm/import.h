/*
 * From bitcode to NIR: see unit_import in engine/llvm.h.
 */
#ifndef NF_LLVM_IMPORT_H
#define NF_LLVM_IMPORT_H

#include "engine/llvm.h"

nf_status nf_llvm_unit_import(nf_llvm_unit *unit, const nf_allocator *allocator, nf_arena *arena,
                              nf_module **module, const nf_llvm_foreign **foreign,
                              uint32_t *foreign_count, nf_error *error);

#endif
