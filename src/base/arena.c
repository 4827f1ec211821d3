/*
 * The arena: chunks that double from 16 KiB to 1 MiB, newest first. See arena.h for the contract.
 *
 * Invariant: cursor and limit lie in the newest chunk; what lies behind the cursor is untouched
 * memory of the allocator, zeroed when it is handed out by nf_arena_alloc_aligned().
 */
#include "arena.h"

enum { CHUNK_BYTES_MIN = 16 << 10, CHUNK_BYTES_MAX = 1 << 20 };

struct nf_arena_chunk {
    nf_arena_chunk *older;
    size_t bytes;
} __attribute__((aligned(16)));

void nf_arena_init(nf_arena *arena, const nf_allocator *allocator)
{
    *arena = (nf_arena){.allocator = allocator};
}

static void chunk_use(nf_arena *arena, nf_arena_chunk *chunk)
{
    arena->chunk = chunk;
    arena->cursor = (char *)(chunk + 1);
    arena->limit = (char *)chunk + chunk->bytes;
}

static void chunk_drop(nf_arena *arena, nf_arena_chunk *chunk)
{
    arena->bytes -= chunk->bytes;
    arena->allocator->release(arena->allocator->context, chunk, chunk->bytes);
}

void *nf_arena_take_slow(nf_arena *arena, size_t size, size_t align)
{
    size_t bytes = arena->chunk ? arena->chunk->bytes * 2 : CHUNK_BYTES_MIN;
    if (bytes > CHUNK_BYTES_MAX) bytes = CHUNK_BYTES_MAX;
    if (size > SIZE_MAX / 2) goto fail;
    if (bytes < size + align + sizeof(nf_arena_chunk))
        bytes = size + align + sizeof(nf_arena_chunk);
    nf_arena_chunk *chunk = arena->allocator->allocate(arena->allocator->context, bytes);
    if (chunk == NULL) goto fail;
    *chunk = (nf_arena_chunk){.older = arena->chunk, .bytes = bytes};
    arena->bytes += bytes;
    chunk_use(arena, chunk);
    return nf_arena_take(arena, size, align);
fail:
    arena->failed = true;
    return NULL;
}

void nf_arena_reset(nf_arena *arena)
{
    nf_arena_chunk *chunk = arena->chunk;
    while (chunk && chunk->older) {
        nf_arena_chunk *older = chunk->older;
        chunk_drop(arena, chunk);
        chunk = older;
    }
    if (chunk) chunk_use(arena, chunk);
    arena->failed = false;
}

void nf_arena_free(nf_arena *arena)
{
    nf_arena_reset(arena);
    if (arena->chunk) chunk_drop(arena, arena->chunk);
    *arena = (nf_arena){.allocator = arena->allocator};
}

char *nf_arena_string(nf_arena *arena, const char *text, size_t length)
{
    char *copy = nf_arena_alloc_aligned(arena, length + 1, 1);
    if (copy) __builtin_memcpy(copy, text, length);
    return copy;
}
