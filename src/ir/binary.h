/*
 * The binary form of NIR: compact, the same on every machine, and checked byte by byte when read.
 *
 *     "\0NIR" | version | section ... | checksum, 8 bytes
 *
 *     section:     kind | bytes | payload             kinds in the order of nf_section
 *     numbers:     LEB128 (DWARF 5, 7.6); signed ones too
 *     checksum:    FNV-1a of all bytes before it (base/hash.h), little-endian
 *
 * Operations are named in the module, not numbered, so that ops.def may grow and be reordered. What
 * text form says it says too, names and lines included: encoding a module and decoding it
 * gives the same text, and encoding that gives the same bytes. nf_module_encode() is in nir.h.
 * Freestanding.
 */
#ifndef NF_IR_BINARY_H
#define NF_IR_BINARY_H

#include "ir.h"

enum { NF_BINARY_VERSION = 2, NF_BINARY_CHECKSUM_BYTES = 8 };

/* Whether bytes begin as the binary form does. */
bool nf_binary_is(const void *bytes, size_t size);

/*
 * Any bytes to a module or an error; takes time and memory in proportion to size. Ids, types and
 * operations of the module are in range, but it is not verified yet: nf_module_read() does both. On
 * failure *module is NULL and the message says at which byte and what: NF_CORRUPT, NF_UNSUPPORTED
 * (a version or operation unknown here), NF_LIMIT, NF_MEMORY. Nothing of bytes is kept.
 */
nf_status nf_binary_decode(const nf_allocator *allocator, const char *name, const void *bytes,
                           size_t size, nf_module **module, nf_error *error);

/*
 * The same of bytes that are known to be what nf_module_encode() gave for a verified module (the
 * caller has looked at a checksum of his own; the module's is not looked at again). Functions are
 * decoded when nf_func_load() asks. The bytes must stay until the module is freed.
 */
nf_status nf_binary_decode_lazily(const nf_allocator *allocator, const char *name,
                                  const void *bytes, size_t size, nf_module **module,
                                  nf_error *error);

#endif
