/*
 * Relocatable ELF objects for x86-64 as blobs: what another compiler made becomes ours to place.
 *
 *   | endbr64 | the entry's section | other code | stubs | read-only data | addresses (GOT) |
 *   0       origin ------------------------- code_bytes --- ^ -------------------- total_bytes
 *
 * All is executed and read, nothing is written: an object with writable data is refused, and named.
 * Unwind tables and notes are left out.
 *
 * Symbols: a call to a function of the object goes there directly; everything else that bears a
 * name is asked for through resolve(), also the address of a function that the object has (whoever
 * has a function's address shall have its stub's). A function out of reach of the code is called
 * through a stub in the blob; a datum out of reach must be addressed through the GOT, as
 * position-independent code does. What is in reach is said by code_start and code_end.
 *
 * Every byte of the object is suspect: a corrupt one gives an error. Errors: NF_CORRUPT,
 * NF_UNSUPPORTED (with the name of the section, or the number of the relocation), NF_SYMBOL (with
 * the name), NF_LIMIT, NF_MEMORY. Freestanding; any thread.
 * Source: System V ABI, chapter 4 (object files); its AMD64 supplement, 4.4 and B.2.
 */
#ifndef NF_CODE_OBJECT_H
#define NF_CODE_OBJECT_H

#include "x64/asm.h"

typedef struct nf_object_options {
    /* The function whose code shall be at the blob's start, or NULL. An endbr64 is put before it, so
     * that it begins a line of the cache and its calls of itself are direct ones: it needs none. */
    const char *entry;
    /* Where a symbol is; false when there is none. */
    bool (*resolve)(void *context, const char *name, uint64_t *address);
    void *context;
    /* The blob will lie somewhere in here: nf_code_memory_range(). Both 0: anywhere. */
    uint64_t code_start, code_end;
} nf_object_options;

/* A function that the object offers. */
typedef struct nf_object_symbol {
    const char *name;
    uint32_t offset; /* in the blob */
} nf_object_symbol;

typedef struct nf_object {
    nf_blob blob;
    const nf_object_symbol *symbols;
    uint32_t symbol_count;
} nf_object;

/* bytes may be let go afterwards: the object's memory is the arena's. */
nf_status nf_object_read(const void *bytes, size_t size, const nf_object_options *options,
                         nf_arena *arena, nf_object *object, nf_error *error);
/* False when the object has no function of this name. */
bool nf_object_find(const nf_object *object, const char *name, uint32_t *offset);

#endif
