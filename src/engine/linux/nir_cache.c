/*
 * Imported modules in files: see nir_cache.h.
 *
 *   number of foreign functions, 64 bits
 *   for each its name and reason, both with their NULs
 *   the module as binary NIR
 */
#include "nir_cache.h"
#include <string.h>
#include "ir/binary.h"

/* The string at *at, copied; NULL when it does not end. */
static const char *string_take(nf_arena *arena, const char **at, const char *end)
{
    const char *stop = memchr(*at, 0, (size_t)(end - *at));
    if (stop == NULL) return NULL;
    char *copy = nf_arena_string(arena, *at, (size_t)(stop - *at));
    *at = stop + 1;
    return copy;
}

static bool content_read(nf_program *program, const char *at, size_t size, nf_module **module,
                         const nf_llvm_foreign **foreign, uint32_t *foreign_count)
{
    nf_error error;
    uint64_t count;
    const char *end = at + size;
    if (size < sizeof count) return false;
    memcpy(&count, at, sizeof count);
    at += sizeof count;
    if (count > size) return false;
    nf_llvm_foreign *list = NF_NEW_ARRAY(&program->arena, nf_llvm_foreign, (size_t)count + 1);
    if (list == NULL) return false;
    for (uint64_t i = 0; i < count; i++) {
        list[i].name = string_take(&program->arena, &at, end);
        list[i].reason = list[i].name ? string_take(&program->arena, &at, end) : NULL;
        if (list[i].reason == NULL) return false;
    }
    *foreign = list;
    *foreign_count = (uint32_t)count;
    return nf_binary_decode_lazily(&program->engine->allocator, program->sources[0].name, at,
                                   (size_t)(end - at), module, &error) == NF_OK;
}

bool nf_nir_cache_get(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                      uint32_t *foreign_count)
{
    size_t size;
    program->kept = nf_cache_get(program->engine, program->key, NF_CACHE_NIR, &size);
    return program->kept &&
           content_read(program, program->kept, size, module, foreign, foreign_count);
}

void nf_nir_cache_put(nf_program *program, nf_module *module, const nf_llvm_foreign *foreign,
                      uint32_t foreign_count)
{
    nf_arena arena;
    nf_text content;
    const void *binary;
    size_t size = 0;
    uint64_t count = foreign_count;
    nf_arena_init(&arena, &program->engine->allocator);
    nf_text_init(&content, &arena);
    nf_text_append(&content, (const char *)&count, sizeof count);
    for (uint32_t i = 0; i < foreign_count; i++) {
        nf_text_append(&content, foreign[i].name, strlen(foreign[i].name) + 1);
        nf_text_append(&content, foreign[i].reason, strlen(foreign[i].reason) + 1);
    }
    if (nf_module_encode(module, &binary, &size) == NF_OK) {
        nf_text_append(&content, binary, size);
        if (!arena.failed)
            nf_cache_put(program->engine, program->key, NF_CACHE_NIR, content.data, content.length);
    }
    nf_arena_free(&arena);
}
