/*
 * Imported modules in files: see nir_cache.h.
 *
 *   "NFCACHE1"  checksum of what follows  number of foreign functions
 *   for each its name and reason, both with their NULs
 *   the module as binary NIR
 */
#include "nir_cache.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/hash.h"

static const char magic[8] = {'N', 'F', 'C', 'A', 'C', 'H', 'E', '1'};

typedef struct header {
    char magic[sizeof magic];
    uint64_t checksum;
    uint64_t foreign_count;
} header;

/* --- where --- */

static bool folder_make(char *path)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        bool fine = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = '/';
        if (!fine) return false;
    }
    return true;
}

static size_t folder_find(const nf_engine *engine, char *path)
{
    const char *named = engine->config.cache, *home = getenv("HOME");
    const char *base = getenv("XDG_CACHE_HOME");
    if (named) return named[0] ? nf_format(path, NF_CACHE_PATH_BYTES, "%s/", named) : 0;
    if (base && base[0] == '/') return nf_format(path, NF_CACHE_PATH_BYTES, "%s/nanoforge/", base);
    if (home && home[0] == '/')
        return nf_format(path, NF_CACHE_PATH_BYTES, "%s/.cache/nanoforge/", home);
    return 0;
}

/* Eight bytes at a time: sources are megabytes, and this is paid at every start. */
static uint64_t words_hash(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t word = 0;
    hash = nf_hash_mix(hash, size);
    for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = nf_hash_mix(hash, word);
    }
    word = 0;
    memcpy(&word, at, size);
    return nf_hash_mix(hash, word);
}

/* Two hashes, 128 bits, of all that the module depends on. */
static void key_make(const nf_program *program, const char *plugin, uint64_t key[2])
{
    struct stat file = {0};
    if (stat(plugin, &file) != 0) file.st_size = 0;
    uint64_t seed = nf_hash_bytes(NF_VERSION, sizeof NF_VERSION);
    seed = nf_hash_mix(seed, (uint64_t)file.st_size);
    seed = nf_hash_mix(seed, (uint64_t)file.st_mtim.tv_sec);
    seed = nf_hash_mix(seed, (uint64_t)file.st_mtim.tv_nsec);
    key[0] = seed;
    key[1] = ~seed;
    for (uint32_t i = 0; i < program->source_count; i++) {
        const nf_source *source = &program->sources[i];
        for (int k = 0; k < 2; k++) {
            key[k] = words_hash(key[k], source->bytes, source->size);
            key[k] = words_hash(key[k], source->name, strlen(source->name));
        }
    }
}

void nf_nir_cache_path(const nf_program *program, const char *plugin,
                       char path[NF_CACHE_PATH_BYTES])
{
    enum { NAME_BYTES = 64 };
    uint64_t key[2];
    size_t length = folder_find(program->engine, path);
    if (length == 0 || length + NAME_BYTES > NF_CACHE_PATH_BYTES) {
        path[0] = 0;
        return;
    }
    key_make(program, plugin, key);
    nf_format(path + length, NAME_BYTES, "%016llx%016llx.nir", (unsigned long long)key[0],
              (unsigned long long)key[1]);
}

/* --- reading --- */

static const void *file_map(const char *path, size_t *size)
{
    struct stat file;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    bool fine = fstat(descriptor, &file) == 0 && file.st_size > (off_t)sizeof(header);
    *size = (size_t)file.st_size;
    void *bytes = fine ? mmap(NULL, *size, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
    close(descriptor);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* The string at *at, copied; NULL when it does not end. */
static const char *string_take(nf_arena *arena, const char **at, const char *end)
{
    const char *stop = memchr(*at, 0, (size_t)(end - *at));
    if (stop == NULL) return NULL;
    char *copy = nf_arena_string(arena, *at, (size_t)(stop - *at));
    *at = stop + 1;
    return copy;
}

static bool content_read(nf_program *program, const char *bytes, size_t size, nf_module **module,
                         const nf_llvm_foreign **foreign, uint32_t *foreign_count)
{
    header head;
    nf_error error;
    const char *at = bytes + sizeof head, *end = bytes + size;
    memcpy(&head, bytes, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0) return false;
    if (head.checksum != words_hash(0, at, (size_t)(end - at))) return false;
    if (head.foreign_count > size) return false;
    nf_llvm_foreign *list =
        NF_NEW_ARRAY(&program->arena, nf_llvm_foreign, (size_t)head.foreign_count + 1);
    if (list == NULL) return false;
    for (uint64_t i = 0; i < head.foreign_count; i++) {
        list[i].name = string_take(&program->arena, &at, end);
        list[i].reason = list[i].name ? string_take(&program->arena, &at, end) : NULL;
        if (list[i].reason == NULL) return false;
    }
    *foreign = list;
    *foreign_count = (uint32_t)head.foreign_count;
    return nf_module_read(&program->engine->allocator, program->sources[0].name, at,
                          (size_t)(end - at), module, &error) == NF_OK;
}

bool nf_nir_cache_get(nf_program *program, const char *path, nf_module **module,
                      const nf_llvm_foreign **foreign, uint32_t *foreign_count)
{
    size_t size;
    const void *bytes = path[0] ? file_map(path, &size) : NULL;
    if (bytes == NULL) return false;
    bool whole = content_read(program, bytes, size, module, foreign, foreign_count);
    munmap((void *)bytes, size);
    return whole;
}

/* --- writing --- */

static bool file_put(const char *path, const header *head, const nf_text *content)
{
    char fresh[NF_CACHE_PATH_BYTES + 32];
    nf_format(fresh, sizeof fresh, "%s.%d.new", path, (int)getpid());
    FILE *stream = fopen(fresh, "wbe");
    if (stream == NULL) return false;
    bool whole = fwrite(head, sizeof *head, 1, stream) == 1 &&
                 fwrite(content->data, 1, content->length, stream) == content->length;
    whole = fclose(stream) == 0 && whole;
    if (whole && rename(fresh, path) == 0) return true;
    unlink(fresh);
    return false;
}

void nf_nir_cache_put(nf_program *program, const char *path, nf_module *module,
                      const nf_llvm_foreign *foreign, uint32_t foreign_count)
{
    nf_arena arena;
    nf_text content;
    const void *binary;
    size_t size = 0;
    header head = {.foreign_count = foreign_count};
    char folder[NF_CACHE_PATH_BYTES];
    memcpy(head.magic, magic, sizeof magic);
    memcpy(folder, path, strlen(path) + 1);
    if (path[0] == 0 || !folder_make(folder)) return;
    nf_arena_init(&arena, &program->engine->allocator);
    nf_text_init(&content, &arena);
    for (uint32_t i = 0; i < foreign_count; i++) {
        nf_text_append(&content, foreign[i].name, strlen(foreign[i].name) + 1);
        nf_text_append(&content, foreign[i].reason, strlen(foreign[i].reason) + 1);
    }
    if (nf_module_encode(module, &binary, &size) == NF_OK) {
        nf_text_append(&content, binary, size);
        head.checksum = words_hash(0, content.data, content.length);
        if (!arena.failed) file_put(path, &head, &content);
    }
    nf_arena_free(&arena);
}
