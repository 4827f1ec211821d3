/*
 * Sources that the program was given by name: what is in such a file is known, mostly, without
 * reading it, and it is read when LLVM is to compile.
 *
 * A file is the same as in an earlier run when it is the same inode with the same size and times; a
 * small file of the cache tells what its content's key was. The times tell changes apart only when
 * they are not of the last moments, so what has just been written is always read.
 *
 *   start      inode, size, times ─► key of the content ─► stored NIR
 *   LLVM       the bytes, when their key is still that one
 */
#ifndef NF_BITCODE_FILE_H
#define NF_BITCODE_FILE_H

#include "cache.h"

/* Adds what the source is to the program's key: its content. One without bytes is opened, and read where
 * it must be. NF_FILE: it can't be. */
nf_status nf_source_identify(nf_program *program, uint32_t index, nf_cache_key *key,
                             nf_error *error);
/* Reads those that have no bytes yet. NF_FILE: one is not what it was. Under LLVM's lock, once the
 * program is linked. */
nf_status nf_sources_read(nf_program *program, nf_error *error);
void nf_sources_close(nf_program *program);

#endif
