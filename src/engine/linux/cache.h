/*
 * What one run made and the next one wants, in files: what is in files of bitcode, imported modules,
 * and what LLVM compiled of them.
 *
 * A file's name is a hash of all that its content depends on. Files are written whole under another
 * name and then renamed, so that readers see all or nothing; one that is damaged is like one that is
 * missing, and so is one that others than the user could have written. Failure to keep something is
 * no error: the next run makes it again. Any thread.
 */
#ifndef NF_CACHE_H
#define NF_CACHE_H

#include "engine/engine_internal.h"

typedef enum nf_cache_kind { NF_CACHE_NIR, NF_CACHE_OBJECT, NF_CACHE_SOURCE } nf_cache_kind;

/* Of the version of this library; more is added by those below. */
nf_cache_key nf_cache_key_new(void);
void nf_cache_key_add(nf_cache_key *key, const void *bytes, size_t size);

/* A copy of the content, in pages of its own; NULL when it is not there. nf_cache_release() lets it
 * go. */
const void *nf_cache_get(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind,
                         size_t *size);
bool nf_cache_has(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind);
void nf_cache_release(const void *content);

/* A file's bytes, or a pipe's, until its end, wherever that is by now: for free(). A good guess at
 * their number saves copies. NULL: they can't be read, or there is no memory. */
void *nf_file_read(int descriptor, size_t guess, size_t *size);

void nf_cache_put(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind,
                  const void *content, size_t size);

#endif
