/*
 * A bump allocator: many small objects, one lifetime.
 *
 *   chunk ─► chunk ─► chunk      each: | header | used ........ | free ...... |
 *                                                cursor ────────┘      limit ─┘
 *
 * One arena belongs to one thread at a time. Memory is zeroed, but for nf_arena_take(). Nothing is
 * freed one by one: nf_arena_reset() keeps the largest chunk (of at most 4 MiB) and drops the rest,
 * nf_arena_rewind() what came behind a mark, nf_arena_free() all. nf_arena_alloc() returns NULL when
 * the allocator gives nothing; `failed` then stays set, so that a long piece of work may check once
 * at its end. Freestanding.
 */
#ifndef NF_BASE_ARENA_H
#define NF_BASE_ARENA_H

#include <nanoforge/types.h>

typedef struct nf_arena_chunk nf_arena_chunk;

typedef struct nf_arena {
    char *cursor, *limit;
    nf_arena_chunk *chunk; /* the newest; links to the older ones */
    const nf_allocator *allocator;
    size_t bytes; /* taken from the allocator */
    bool failed;
} nf_arena;

/* The allocator must outlive the arena. Allocates nothing yet. */
void nf_arena_init(nf_arena *arena, const nf_allocator *allocator);
void nf_arena_reset(nf_arena *arena);
void nf_arena_free(nf_arena *arena);

/* A place to go back to: what was allocated since is given up. The arena must not have been reset
 * meanwhile. */
typedef struct nf_arena_mark {
    nf_arena_chunk *chunk;
    char *cursor;
} nf_arena_mark;

static inline nf_arena_mark nf_arena_mark_get(const nf_arena *arena)
{
    return (nf_arena_mark){arena->chunk, arena->cursor};
}
void nf_arena_rewind(nf_arena *arena, nf_arena_mark mark);

void *nf_arena_take_slow(nf_arena *arena, size_t size, size_t align);

/* Memory with anything in it, for what is written before it is read; align is a power of two, at
 * most 64. */
static inline void *nf_arena_take(nf_arena *arena, size_t size, size_t align)
{
    uintptr_t start = ((uintptr_t)arena->cursor + align - 1) & ~(uintptr_t)(align - 1);
    if (arena->cursor == NULL || start > (uintptr_t)arena->limit ||
        size > (uintptr_t)arena->limit - start)
        return nf_arena_take_slow(arena, size, align);
    arena->cursor = (char *)(start + size);
    return (void *)start;
}

/* Zeroed memory. */
static inline void *nf_arena_alloc_aligned(nf_arena *arena, size_t size, size_t align)
{
    void *memory = nf_arena_take(arena, size, align);
    return memory ? __builtin_memset(memory, 0, size) : NULL;
}

static inline void *nf_arena_alloc(nf_arena *arena, size_t size)
{
    return nf_arena_alloc_aligned(arena, size, 16);
}

#define NF_NEW(arena, type)          ((type *)nf_arena_alloc((arena), sizeof(type)))
#define NF_NEW_ARRAY(arena, type, n) ((type *)nf_arena_alloc((arena), sizeof(type) * (size_t)(n)))
/* Not zeroed. */
#define NF_TAKE_ARRAY(arena, type, n)                                                              \
    ((type *)nf_arena_take((arena), sizeof(type) * (size_t)(n), 16))

/* The next objects, of so many bytes together, will lie in one chunk. */
static inline void nf_arena_expect(nf_arena *arena, size_t bytes)
{
    char *start = nf_arena_take(arena, bytes, 1);
    if (start) arena->cursor = start;
}

/* A NUL-terminated copy of length bytes. */
char *nf_arena_string(nf_arena *arena, const char *text, size_t length);

#endif
