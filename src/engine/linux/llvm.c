/*
 * Tier 3: the LLVM plug-in, found, loaded at its first use, and asked for code.
 *
 * It lies beside the library or the program that has this code in it, in ../lib from there, or
 * where the loader looks; the environment's NANOFORGE_LLVM names another file. It is never
 * unloaded, for libLLVM can't be. When the process exits, libLLVM's destructors run while other
 * threads go on; so the exit waits for whoever is in LLVM, and then nobody gets in any more: who
 * wants to is told so, for the exit itself may call functions that were never called before. LLVM
 * registers destructors whenever it makes something static, first when code is made, and the last
 * that is registered runs first; so ours is registered anew after the 1st, 2nd, 4th, ... use.
 *
 * A program that was born as bitcode keeps its sources, so that the unit can be read when the first
 * function wants to be compiled; one that is started from stored NIR may never need it.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "code/object.h"
#include "engine/engine_internal.h"
#include "nir_cache.h"

/* Held while LLVM works, for any engine. */
static pthread_mutex_t llvm_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t llvm_process; /* that loaded it */
static uint32_t llvm_uses; /* under the lock, as is what follows */
static bool llvm_ended;

/* The object's symbol for the rest of a function. */
static const char rest_name[] = "__nf_rest";

static const char file_name[] = "libnanoforge-llvm.so";

/* The folder of whatever has this code, with its last slash. */
static size_t own_folder(char *path, size_t size)
{
    Dl_info info;
    if (!dladdr((void *)own_folder, &info) || info.dli_fname == NULL) return 0;
    const char *slash = strrchr(info.dli_fname, '/');
    size_t length = slash ? (size_t)(slash - info.dli_fname) + 1 : 0;
    if (length >= size) return 0;
    memcpy(path, info.dli_fname, length);
    path[length] = 0;
    return length;
}

/* Its path, or its name alone where the loader must look. */
static void plugin_find(char path[NF_CACHE_PATH_BYTES])
{
    static const char *const places[] = {"", "../lib/"};
    char folder[NF_CACHE_PATH_BYTES - 64];
    const char *named = getenv("NANOFORGE_LLVM");
    if (named) {
        nf_format(path, NF_CACHE_PATH_BYTES, "%s", named);
        return;
    }
    size_t length = own_folder(folder, sizeof folder);
    for (size_t i = 0; length && i < sizeof places / sizeof *places; i++) {
        nf_format(path, NF_CACHE_PATH_BYTES, "%s%s%s", folder, places[i], file_name);
        if (access(path, R_OK) == 0) return;
    }
    nf_format(path, NF_CACHE_PATH_BYTES, "%s", file_name);
}

/* A child of fork() has no thread that could be in LLVM, whatever the lock says. */
void nf_llvm_end(void)
{
    if (getpid() != __atomic_load_n(&llvm_process, __ATOMIC_ACQUIRE)) return;
    pthread_mutex_lock(&llvm_lock);
    llvm_ended = true;
    pthread_mutex_unlock(&llvm_lock);
}

static nf_status llvm_enter(nf_error *error)
{
    pthread_mutex_lock(&llvm_lock);
    if (!llvm_ended) return NF_OK;
    pthread_mutex_unlock(&llvm_lock);
    return nf_fail(error, NF_UNSUPPORTED, "no LLVM tier: the process is ending");
}

static void llvm_leave(void)
{
    uint32_t uses = ++llvm_uses;
    if ((uses & (uses - 1)) == 0) atexit(nf_llvm_end);
    pthread_mutex_unlock(&llvm_lock);
}

/* Under llvm_lock. */
static nf_status plugin_load(nf_engine *engine, nf_error *error)
{
    if (engine->llvm) return NF_OK;
    char path[NF_CACHE_PATH_BYTES];
    plugin_find(path);
    __atomic_store_n(&llvm_process, getpid(), __ATOMIC_RELEASE);
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const nf_llvm_api *api = plugin ? dlsym(plugin, NF_LLVM_SYMBOL) : NULL;
    if (api == NULL) {
        const char *why = dlerror();
        return nf_fail(error, NF_UNSUPPORTED, "no LLVM tier: %s", why ? why : "unknown reason");
    }
    if (api->abi != NF_LLVM_ABI)
        return nf_fail(error, NF_UNSUPPORTED, "no LLVM tier: %s is of another version", file_name);
    engine->llvm = api;
    return NF_OK;
}

nf_status nf_llvm_open(nf_engine *engine, nf_error *error)
{
    nf_status status = llvm_enter(error);
    if (status != NF_OK) return status;
    status = plugin_load(engine, error);
    llvm_leave();
    return status;
}

/* Under llvm_lock. */
static nf_status unit_need(nf_program *program, nf_error *error)
{
    nf_status status = plugin_load(program->engine, error);
    if (status != NF_OK || program->unit || program->source_count == 0) return status;
    return program->engine->llvm->unit_read(program->sources, program->source_count, &program->unit,
                                            error);
}

nf_status nf_llvm_import(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                         uint32_t *foreign_count, nf_error *error)
{
    nf_engine *engine = program->engine;
    char plugin[NF_CACHE_PATH_BYTES], kept[NF_CACHE_PATH_BYTES];
    plugin_find(plugin);
    nf_nir_cache_path(program, plugin, kept);
    if (nf_nir_cache_get(program, kept, module, foreign, foreign_count)) return NF_OK;
    nf_status status = llvm_enter(error);
    if (status != NF_OK) return status;
    status = unit_need(program, error);
    if (status == NF_OK)
        status = engine->llvm->unit_import(program->unit, &engine->allocator, &program->arena,
                                           module, foreign, foreign_count, error);
    llvm_leave();
    if (status == NF_OK && nf_module_verify(*module, error) == NF_OK)
        nf_nir_cache_put(program, kept, *module, *foreign, *foreign_count);
    return status;
}

static bool resolve(void *context, const char *name, uint64_t *address)
{
    return nf_program_resolve(context, name, address);
}

/* Under llvm_lock. */
static nf_status compile(nf_function *function, const nf_func *rest, const nf_llvm_options *options,
                         nf_arena *arena, const void **bytes, size_t *size, nf_error *error)
{
    nf_program *program = function->program;
    const nf_llvm_api *llvm = program->engine->llvm;
    if (rest) return llvm->compile_nir(rest, rest_name, options, arena, bytes, size, error);
    if (program->unit)
        return llvm->compile(program->unit, function->name, options, arena, bytes, size, error);
    return llvm->compile_nir(function->ir, NULL, options, arena, bytes, size, error);
}

nf_status nf_llvm_compile(nf_function *function, const nf_func *rest,
                          const nf_llvm_options *options, nf_arena *arena, nf_blob *blob,
                          nf_error *error)
{
    nf_engine *engine = function->engine;
    nf_llvm_options native = *options;
    nf_object object;
    const void *bytes;
    size_t size;
    native.features = engine->features;
    nf_status status = llvm_enter(error);
    if (status != NF_OK) return status;
    status = unit_need(function->program, error);
    if (status == NF_OK) status = compile(function, rest, &native, arena, &bytes, &size, error);
    llvm_leave();
    if (status != NF_OK) return status;
    nf_object_options reading = {.entry = rest ? rest_name : function->name,
                                 .resolve = resolve,
                                 .context = function->program};
    nf_code_memory_range(engine->code, &reading.code_start, &reading.code_end);
    status = nf_object_read(bytes, size, &reading, arena, &object, error);
    if (status == NF_OK) *blob = object.blob;
    return status;
}

void nf_llvm_close(nf_program *program)
{
    if (program->unit) program->engine->llvm->unit_free(program->unit);
    program->unit = NULL;
}
