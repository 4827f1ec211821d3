/* See lib_plugin.h. */
#include "lib_plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/cpu.h"

enum { PATH_BYTES = 4096, COMMAND_BYTES = 1024, CHUNK_BYTES = 1 << 16 };

#define FEATURE(name) NF_CPU_##name
const plugin_variant plugin_variants[] = {
#define LLVM_VARIANT(name, level, width, interleave, unroll, contract, tail, features)             \
    {{name, 0, level, width, interleave, unroll, contract, tail}, features},
#include "engine/llvm_variants.def"
#undef LLVM_VARIANT
};
const uint32_t plugin_variant_count = sizeof plugin_variants / sizeof *plugin_variants;

bool plugin_options(uint32_t variant, nf_llvm_options *options)
{
    uint64_t features = nf_cpu_features();
    *options = plugin_variants[variant].options;
    options->features = features;
    return (plugin_variants[variant].required & ~features) == 0;
}

bool plugin_path(char *path, size_t bytes)
{
    static const char name[] = "/libnanoforge-llvm.so";
    ssize_t length = readlink("/proc/self/exe", path, bytes - 1);
    path[length > 0 ? length : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(path, '/');
        if (slash) *slash = '\0';
    }
    if (strlen(path) + sizeof name > bytes) return false;
    strcat(path, name);
    return true;
}

const nf_llvm_api *plugin_load(void)
{
    static const nf_llvm_api *api;
    char path[PATH_BYTES];
    if (api || !plugin_path(path, sizeof path)) return api;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library) api = dlsym(library, NF_LLVM_SYMBOL);
    if (api == NULL) printf("no LLVM plug-in: skipped\n");
    return api;
}

bool plugin_for_engines(void)
{
    char path[PATH_BYTES];
    return plugin_load() && plugin_path(path, sizeof path) &&
           setenv("NANOFORGE_LLVM", path, 1) == 0;
}

bool plugin_has_clang(void)
{
    return system("command -v clang-19 >/dev/null 2>&1") == 0;
}

static void *read_all(FILE *file, size_t *size)
{
    char *bytes = NULL;
    size_t count;
    *size = 0;
    do {
        char *grown = realloc(bytes, *size + CHUNK_BYTES);
        if (grown == NULL) break;
        bytes = grown;
        count = fread(bytes + *size, 1, CHUNK_BYTES, file);
        *size += count;
    } while (count);
    return bytes;
}

void *plugin_bitcode(const char *source, const char *flags, size_t *size)
{
    char path[] = "/tmp/nanoforge-XXXXXX", command[COMMAND_BYTES];
    int descriptor = mkstemp(path);
    if (descriptor < 0) return NULL;
    bool written = write(descriptor, source, strlen(source)) == (ssize_t)strlen(source);
    close(descriptor);
    snprintf(command, sizeof command, "clang-19 -x c %s -emit-llvm -c -o - %s", flags, path);
    FILE *pipe = written ? popen(command, "r") : NULL;
    void *bytes = pipe ? read_all(pipe, size) : NULL;
    bool well = pipe && pclose(pipe) == 0;
    unlink(path);
    if (well) return bytes;
    free(bytes);
    return NULL;
}

nf_status plugin_compile(nf_llvm_unit *unit, const char *function, const nf_llvm_options *options,
                         nf_arena *arena, const void **bytes, size_t *size, nf_error *error)
{
    nf_llvm_prepared *prepared;
    const nf_llvm_api *api = plugin_load();
    nf_status status = api->prepare(unit, function, &prepared, error);
    if (status != NF_OK) return status;
    status = api->compile(prepared, options, arena, bytes, size, error);
    api->prepared_free(prepared);
    return status;
}

nf_status plugin_compile_nir(const nf_func *f, const nf_llvm_options *options, nf_arena *arena,
                             const void **bytes, size_t *size, nf_error *error)
{
    nf_llvm_prepared *prepared;
    const nf_llvm_api *api = plugin_load();
    nf_status status = api->prepare_nir(f, NULL, &prepared, error);
    if (status != NF_OK) return status;
    status = api->compile(prepared, options, arena, bytes, size, error);
    api->prepared_free(prepared);
    return status;
}
