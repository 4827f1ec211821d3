/*
 * Code memory: where blobs of machine code become callable.
 *
 * One region of fixed size (the limit), mapped twice (os.h: written through rw, run through rx):
 *
 *   rx ─► | code object | code object | free | code object | free ............ |
 *          ▲ 64-byte aligned, int3 behind each                 limit ─┘
 *
 * A place is a transaction: begin finds room, the caller writes through rw, and commit makes it an
 * object or abort gives the room back. Until commit nobody can find or run it. An object is written
 * once, never patched. Its room is reused only after nf_code_free(), which the engine calls when it
 * has proved that no thread runs there (and nf_os_code_sync() was issued). The one exception is a
 * jump that its owner links to another target (nf_code_link).
 *
 * Any thread may call; one mutex inside. A lookup by address (nf_code_find) takes the mutex too:
 * not for signal handlers. Errors: NF_CODE_FULL with sizes, NF_MEMORY, NF_LIMIT (a target out of
 * rel32 reach).
 */
#ifndef NF_CODE_CODE_H
#define NF_CODE_CODE_H

#include "os/os.h"
#include "x64/asm.h"

enum { NF_CODE_NAME_BYTES = 64, NF_CODE_ALIGN = 64 };

typedef struct nf_code_object {
    uint64_t address;              /* in the rx view */
    uint32_t bytes;                /* code and constants */
    char name[NF_CODE_NAME_BYTES]; /* as in perf's map: dot@avx512.u4#3 */
    void *owner;                   /* the engine's */
} nf_code_object;

typedef struct nf_code_memory nf_code_memory;

/* bytes: the limit, rounded up to pages, at most 1 GiB. */
nf_status nf_code_memory_new(const nf_allocator *allocator, size_t bytes, nf_code_memory **memory,
                             nf_error *error);
/* Nobody may be in the code any more. */
void nf_code_memory_free(nf_code_memory *memory);

typedef struct nf_code_tx {
    nf_code_memory *memory;
    uint8_t *rw;      /* write here, */
    uint64_t address; /* it will run there */
    uint32_t bytes;
} nf_code_tx;

nf_status nf_code_begin(nf_code_memory *memory, uint32_t bytes, nf_code_tx *tx, nf_error *error);
/* Gives back what lies behind bytes_used, not 0. The name is cut to NF_CODE_NAME_BYTES. */
void nf_code_commit(nf_code_tx *tx, uint32_t bytes_used, const char *name, void *owner);
void nf_code_abort(nf_code_tx *tx);

/* A blob with its relocations, in one transaction. address is the entry. */
nf_status nf_code_place(nf_code_memory *memory, const nf_blob *blob, const char *name, void *owner,
                        uint64_t *address, nf_error *error);
/*
 * Turns a jump: the rel32 field at this address, in the rx view of an object, leads to the target
 * from now on, which is in reach. One store of four bytes. No thread may run the jump meanwhile,
 * unless the field lies in one aligned word of eight bytes; and none may run it afterwards before
 * nf_os_code_sync(), for it is written through the other view.
 */
void nf_code_link(nf_code_memory *memory, uint64_t field, uint64_t target);
/* The object at exactly this address goes away; its bytes become int3. */
void nf_code_free(nf_code_memory *memory, uint64_t address);

/* The object that covers pc, copied out; false when there is none. */
bool nf_code_find(nf_code_memory *memory, uint64_t pc, nf_code_object *object);

/* The same for a signal's handler: gives up where the lists are just being changed. */
bool nf_code_try_find(nf_code_memory *memory, uint64_t pc, nf_code_object *object);

/* Around fork(), see os.h. Between the two calls the mutex is held; the child's code memory is a copy
 * at the same addresses. Without memory for one, nothing can be placed in the child any more. */
void nf_code_memory_fork_prepare(nf_code_memory *memory);
void nf_code_memory_fork_done(nf_code_memory *memory, bool is_child);

typedef struct nf_code_usage {
    size_t limit, used, largest_free; /* bytes */
    uint32_t objects;
} nf_code_usage;
nf_code_usage nf_code_memory_usage(nf_code_memory *memory);
size_t nf_code_memory_used(const nf_code_memory *memory); /* the same, and quick */
/* The address range of the rx view. */
void nf_code_memory_range(const nf_code_memory *memory, uint64_t *start, uint64_t *end);
/* Called, with the mutex held, for each object that is committed (freed: bytes 0). For perf maps
 * and debuggers. */
void nf_code_memory_listen(nf_code_memory *memory,
                           void (*listen)(void *context, const nf_code_object *object),
                           void *context);

#endif
