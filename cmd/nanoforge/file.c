/* Files in and out, and modules from them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "command.h"
#include "source.h"
#include "ir/ir.h"
#include "os/os.h"

enum { READ_BYTES = 64 << 10 };

/* A file's size and one more, so that its end is met without growing. */
static size_t capacity_guess(FILE *stream)
{
    struct stat file;
    bool is_file = fstat(fileno(stream), &file) == 0 && S_ISREG(file.st_mode);
    return is_file ? (size_t)file.st_size + 1 : READ_BYTES;
}

static void *stream_read(FILE *stream, size_t *size)
{
    char *bytes = NULL;
    size_t capacity = 0;
    *size = 0;
    do {
        if (*size == capacity) {
            capacity = capacity ? capacity * 2 : capacity_guess(stream);
            char *grown = bytes ? realloc(bytes, capacity) : nf_os_block(capacity);
            if (grown == NULL) {
                free(bytes);
                errno = ENOMEM;
                return NULL;
            }
            bytes = grown;
        }
        *size += fread(bytes + *size, 1, capacity - *size, stream);
    } while (!feof(stream) && !ferror(stream));
    if (!ferror(stream)) return bytes;
    free(bytes);
    return NULL;
}

void *file_read(const char *path, size_t *size)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "rb");
    void *bytes = stream ? stream_read(stream, size) : NULL;
    if (bytes == NULL) complain("%s: cannot read file: %s", path, strerror(errno));
    if (stream && !standard) fclose(stream);
    return bytes;
}

bool file_write(const char *path, const void *bytes, size_t size)
{
    bool standard = path == NULL || strcmp(path, "-") == 0;
    FILE *stream = standard ? stdout : fopen(path, "wb");
    bool fine = stream && fwrite(bytes, 1, size, stream) == size && fflush(stream) == 0;
    if (!fine)
        complain("%s: cannot write: %s", standard ? "standard output" : path, strerror(errno));
    if (stream && !standard && fclose(stream) != 0 && fine) {
        complain("%s: cannot write: %s", path, strerror(errno));
        fine = false;
    }
    return fine;
}

/* C and LLVM's files by way of an engine, which stays to the end: it has the module's memory. */
static nf_module *module_import(const char *path)
{
    static nf_engine *engine;
    const nf_config config = {.mode = NF_MODE_BASELINE, .no_background = true, .no_counters = true};
    nf_program *program = NULL;
    nf_error error = {0};
    sources files;
    if (!sources_read(&path, 1, NULL, &files)) return NULL;
    nf_status status = nf_engine_new(&config, &engine, &error);
    if (status == NF_OK) status = sources_link(&files, engine, &program, &error);
    sources_free(&files);
    if (status != NF_OK) {
        complain_error(&error);
        return NULL;
    }
    left_out_tell(program, path);
    return (nf_module *)nf_program_module(program);
}

nf_module *module_load(const char *path)
{
    if (sources_need_llvm(path)) return module_import(path);
    size_t size;
    nf_error error = {0};
    nf_module *module = NULL;
    void *bytes = file_read(path, &size);
    if (bytes == NULL) return NULL;
    if (nf_module_read(nf_os_allocator(), path, bytes, size, &module, &error) != NF_OK)
        complain_error(&error);
    free(bytes);
    return module;
}

nf_func *function_named(const nf_module *module, const char *path, const char *name)
{
    nf_symbol symbol = nf_module_symbol(module, name);
    nf_func *func = symbol.id ? nf_module_function_at(module, symbol) : NULL;
    if (func == NULL) complain("%s: unknown symbol: there is no function @%s", path, name);
    return func;
}
