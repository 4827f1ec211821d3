/* Sources that are files: see bitcode_file.h. */
#include "bitcode_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "os/os.h"

enum { SECONDS_SETTLED = 2 };

typedef struct nf_source_file {
    int descriptor; /* -1: none, or not any more */
    dev_t device;   /* of what it leads to: a program may close descriptors that it does not know */
    ino_t inode;
    void *bytes; /* that were read, for free() */
    nf_cache_key content;
} nf_source_file;

static nf_cache_key content_key(const void *bytes, size_t size)
{
    nf_cache_key key = nf_cache_key_new();
    nf_cache_key_add(&key, bytes, size);
    return key;
}

static nf_status fail(const nf_source *source, nf_error *error)
{
    return nf_fail_at(error, NF_FILE, source->name, 0, 0, "cannot read file: %s", strerror(errno));
}

static nf_cache_key identity_of(const struct stat *is)
{
    const uint64_t words[] = {is->st_dev,
                              is->st_ino,
                              (uint64_t)is->st_size,
                              (uint64_t)is->st_mtim.tv_sec,
                              (uint64_t)is->st_mtim.tv_nsec,
                              (uint64_t)is->st_ctim.tv_sec,
                              (uint64_t)is->st_ctim.tv_nsec};
    return content_key(words, sizeof words);
}

/* A later change would show. */
static bool is_settled(const struct stat *is)
{
    return S_ISREG(is->st_mode) && time(NULL) - is->st_ctim.tv_sec > SECONDS_SETTLED;
}

static bool content_known(const nf_engine *engine, const struct stat *is, nf_cache_key *content)
{
    size_t size;
    if (!is_settled(is)) return false;
    const void *kept = nf_cache_get(engine, identity_of(is), NF_CACHE_SOURCE, &size);
    bool known = kept && size == sizeof *content;
    if (known) memcpy(content, kept, sizeof *content);
    if (kept) nf_cache_release(kept);
    return known;
}

static bool file_open(const nf_source *source, nf_source_file *file, struct stat *is)
{
    file->descriptor = open(source->name, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0 || fstat(file->descriptor, is) != 0) return false;
    file->device = is->st_dev;
    file->inode = is->st_ino;
    return true;
}

static bool is_open(const nf_source_file *file)
{
    struct stat is;
    return file->descriptor >= 0 && fstat(file->descriptor, &is) == 0 &&
           is.st_dev == file->device && is.st_ino == file->inode;
}

static void file_close(nf_source_file *file)
{
    if (is_open(file)) close(file->descriptor);
    file->descriptor = -1;
}

static void bytes_take(nf_source *source, nf_source_file *file, void *bytes, size_t size)
{
    source->bytes = file->bytes = bytes;
    source->size = size;
    file_close(file);
}

static nf_status file_identify(const nf_engine *engine, nf_source *source, nf_source_file *file,
                               nf_error *error)
{
    struct stat is;
    size_t size;
    if (!file_open(source, file, &is)) return fail(source, error);
    source->size = (size_t)is.st_size;
    if (content_known(engine, &is, &file->content)) return NF_OK;
    void *bytes = nf_file_read(file->descriptor, (size_t)is.st_size, &size);
    if (bytes == NULL) return fail(source, error);
    bytes_take(source, file, bytes, size);
    file->content = content_key(bytes, size);
    if (is_settled(&is))
        nf_cache_put(engine, identity_of(&is), NF_CACHE_SOURCE, &file->content,
                     sizeof file->content);
    return NF_OK;
}

static nf_source_file *files_need(nf_program *program)
{
    if (program->files == NULL)
        program->files = NF_NEW_ARRAY(&program->arena, nf_source_file, program->source_count);
    for (uint32_t i = 0; program->files && i < program->source_count; i++)
        program->files[i].descriptor = -1;
    return program->files;
}

nf_status nf_source_identify(nf_program *program, uint32_t index, nf_cache_key *key,
                             nf_error *error)
{
    nf_source *source = &program->sources[index];
    nf_source_file *file = program->files ? program->files : files_need(program);
    nf_status status = NF_OK;
    if (file == NULL) return nf_fail(error, NF_MEMORY, "%s: no memory", source->name);
    file += index;
    if (source->bytes)
        file->content = content_key(source->bytes, source->size);
    else
        status = file_identify(program->engine, source, file, error);
    nf_cache_key_add(key, &file->content, sizeof file->content);
    return status;
}

/* Whether the descriptor leads to what the source was, whose bytes it has then. */
static bool is_read_from(nf_source *source, nf_source_file *file)
{
    size_t size;
    void *bytes = is_open(file) ? nf_file_read(file->descriptor, source->size, &size) : NULL;
    if (bytes == NULL) return false;
    nf_cache_key content = content_key(bytes, size);
    if (memcmp(&content, &file->content, sizeof content) == 0) {
        bytes_take(source, file, bytes, size);
        return true;
    }
    free(bytes);
    return false;
}

nf_status nf_sources_read(nf_program *program, nf_error *error)
{
    for (uint32_t i = 0; i < program->source_count; i++) {
        nf_source *source = &program->sources[i];
        nf_source_file *file = &program->files[i];
        struct stat is;
        if (source->bytes || is_read_from(source, file)) continue;
        file_close(file);
        if (file_open(source, file, &is) && is_read_from(source, file)) continue;
        return nf_fail(error, NF_FILE, "%s has changed since the program was loaded", source->name);
    }
    return NF_OK;
}

void nf_sources_close(nf_program *program)
{
    for (uint32_t i = 0; program->files && i < program->source_count; i++) {
        file_close(&program->files[i]);
        free(program->files[i].bytes);
    }
}
