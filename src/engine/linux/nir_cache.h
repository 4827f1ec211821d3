/*
 * Imported modules, kept in files: a second run of the same bitcode needs no LLVM to start.
 *
 * A file's name is a hash of the sources, of the plug-in's file and of the version of this library.
 * Files are written whole under another name and then renamed, so that readers see all or nothing;
 * one that is damaged is like one that is missing. Nothing of it is trusted more than bitcode is.
 */
#ifndef NF_NIR_CACHE_H
#define NF_NIR_CACHE_H

#include "engine/engine_internal.h"

enum { NF_CACHE_PATH_BYTES = 4096 };

/* Where the module of these sources is kept; "" when there is no place. plugin: its path. */
void nf_nir_cache_path(const nf_program *program, const char *plugin,
                       char path[NF_CACHE_PATH_BYTES]);
/* False when it is not there. foreign lies in the program's arena. */
bool nf_nir_cache_get(nf_program *program, const char *path, nf_module **module,
                      const nf_llvm_foreign **foreign, uint32_t *foreign_count);
/* Failure is no error: the next run imports again. */
void nf_nir_cache_put(nf_program *program, const char *path, nf_module *module,
                      const nf_llvm_foreign *foreign, uint32_t foreign_count);

#endif
