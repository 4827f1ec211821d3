/* The files of a program: see source.h. */
#include "source.h"
#include <stdlib.h>
#include <string.h>
#include "engine/engine_internal.h"

enum { FLAGS_MAX = 64 };

/* The flags' words, cut apart in place. */
static uint32_t words_split(char *text, const char *words[FLAGS_MAX])
{
    uint32_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t", &rest); word && count < FLAGS_MAX;
         word = strtok_r(NULL, " \t", &rest))
        words[count++] = word;
    return count;
}

static bool c_read(const char *path, const char *clang_flags, nf_bytes *bitcode)
{
    const char *words[FLAGS_MAX];
    nf_error error = {0};
    char *text = strdup(clang_flags ? clang_flags : "");
    if (text == NULL) return false;
    nf_status status = nf_c_compile(path, words, words_split(text, words), bitcode, &error);
    free(text);
    if (status != NF_OK) complain_error(&error);
    return status == NF_OK;
}

static bool ends_with(const char *path, const char *suffix)
{
    size_t length = strlen(path), end = strlen(suffix);
    return length > end && strcmp(path + length - end, suffix) == 0;
}

/* C or C++. */
static bool is_for_clang(const char *path)
{
    static const char *const suffixes[] = {".c", ".cc", ".cpp", ".cxx", ".C"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (ends_with(path, suffixes[i])) return true;
    return false;
}

bool sources_need_llvm(const char *path)
{
    return is_for_clang(path) || ends_with(path, ".bc") || ends_with(path, ".ll");
}

bool sources_read(const char *const *paths, int count, const char *clang_flags, sources *out)
{
    *out = (sources){0};
    for (int i = 0; i < count; i++) {
        nf_source *file = &out->files[i];
        nf_bytes *bitcode = &out->bitcode[i];
        file->name = paths[i];
        bool fine = true;
        if (is_for_clang(paths[i])) {
            fine = c_read(paths[i], clang_flags, bitcode);
            file->bytes = bitcode->data;
            file->size = bitcode->size;
        } else if (!sources_need_llvm(paths[i])) { /* else the engine reads it, when it must */
            file->bytes = file_read(paths[i], &file->size);
            fine = file->bytes != NULL;
        }
        out->count++;
        if (fine) continue;
        sources_free(out);
        return false;
    }
    return true;
}

void sources_free(sources *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->bitcode[i].data)
            nf_bytes_free(&s->bitcode[i]);
        else
            free((void *)s->files[i].bytes);
    }
    s->count = 0;
}

nf_status sources_link(const sources *s, nf_engine *engine, nf_program **program, nf_error *error)
{
    return nf_program_link(engine, s->files, s->count, program, error);
}

void left_out_tell(const nf_program *program, const char *path)
{
    for (uint32_t i = 0; i < program->function_count; i++) {
        const nf_function *function = &program->functions[i];
        if (function->ir == NULL)
            complain("%s: @%s is left out: %s", path, function->name, function->refusal);
    }
}
