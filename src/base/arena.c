/*
 * The arena: chunks that double from 16 KiB to 4 MiB, newest first. See arena.h for the contract.
 *
 * A reset keeps the largest chunk, so that who does the same work again and again soon does it in
 * one chunk, whose pages are there and mostly in the cache. What was larger than any chunk is by
 * itself, goes back: one large piece of work must not be paid for until the end.
 *
 * Invariant: cursor and limit lie in the newest chunk; what lies behind the cursor is untouched
 * memory of the allocator, zeroed when it is handed out by nf_arena_alloc_aligned().
 */
#include "arena.h"

enum { CHUNK_BYTES_MIN = 16 << 10, CHUNK_BYTES_MAX = 4 << 20 };

/* usual: its size without a single large piece that it was made for. */
struct nf_arena_chunk {
    nf_arena_chunk *older;
    size_t bytes, usual;
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
    size_t usual = arena->chunk ? arena->chunk->usual * 2 : CHUNK_BYTES_MIN;
    if (usual > CHUNK_BYTES_MAX) usual = CHUNK_BYTES_MAX;
    if (size > SIZE_MAX / 2) goto fail;
    size_t needed = size + align + sizeof(nf_arena_chunk), bytes = usual > needed ? usual : needed;
    nf_arena_chunk *chunk = arena->allocator->allocate(arena->allocator->context, bytes);
    if (chunk == NULL) goto fail;
    *chunk = (nf_arena_chunk){.older = arena->chunk, .bytes = bytes, .usual = usual};
    arena->bytes += bytes;
    chunk_use(arena, chunk);
    return nf_arena_take(arena, size, align);
fail:
    arena->failed = true;
    return NULL;
}

static bool is_better_kept(const nf_arena_chunk *chunk, const nf_arena_chunk *kept)
{
    return chunk->bytes <= CHUNK_BYTES_MAX && (kept == NULL || chunk->bytes > kept->bytes);
}

void nf_arena_reset(nf_arena *arena)
{
    nf_arena_chunk *kept = NULL;
    for (nf_arena_chunk *chunk = arena->chunk; chunk; chunk = chunk->older)
        if (is_better_kept(chunk, kept)) kept = chunk;
    for (nf_arena_chunk *chunk = arena->chunk, *older; chunk; chunk = older) {
        older = chunk->older;
        if (chunk != kept) chunk_drop(arena, chunk);
    }
    arena->chunk = NULL;
    arena->cursor = arena->limit = NULL;
    arena->failed = false;
    if (kept == NULL) return;
    kept->older = NULL;
    chunk_use(arena, kept);
}

void nf_arena_rewind(nf_arena *arena, nf_arena_mark mark)
{
    while (arena->chunk != mark.chunk) {
        nf_arena_chunk *chunk = arena->chunk;
        arena->chunk = chunk->older;
        chunk_drop(arena, chunk);
    }
    if (mark.chunk)
        chunk_use(arena, mark.chunk);
    else
        arena->limit = NULL;
    arena->cursor = mark.cursor;
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
