/*
 * Tier 3: the LLVM plug-in, found, loaded at its first use, and asked for code.
 *
 * It lies beside the library or the program that has this code in it, in ../lib from there, or
 * where the loader looks; the environment's NANOFORGE_LLVM names another file. It is never
 * unloaded, for libLLVM can't be. When the process exits, libLLVM's destructors run while other
 * threads go on; so the exit waits for whoever is in LLVM, or stops the worker there, and then nobody
 * gets in any more: who wants to is told so, for the exit itself may call functions that were never
 * called before. LLVM registers destructors whenever it makes something static, first when code is
 * made, and the last that is registered runs first; so ours is registered anew after the 1st, 2nd,
 * 4th, ... use.
 *
 * A program that was born as bitcode keeps its sources, so that the unit can be read when the first
 * function wants to be compiled; one that is started from stored NIR may never need it. Objects of
 * its functions are kept too, so that a second run pays for what it looks at, not for LLVM.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sanitized.h"
#include "code/object.h"
#include "engine/engine_internal.h"
#include "os/scan.h"
#include "bitcode_file.h"
#include "nir_cache.h"

enum { PATH_BYTES = 4096, STOP_NS = 1000 * 1000, RETRY_NS = 100 * 1000 };

/* Held while LLVM works, for any engine. */
static pthread_mutex_t llvm_lock = PTHREAD_MUTEX_INITIALIZER;
/* Before it: held over a first call that needs LLVM, so that who wants the same finds it done. */
static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t llvm_process;          /* that loaded it */
static uint32_t llvm_uses;          /* under the lock */
static const nf_llvm_api *llvm_api; /* once it is loaded; under the lock */
static uint64_t llvm_text;          /* an address in libLLVM's code; 0: not known */
static bool llvm_ended;             /* atomic */

/* The worker that is in LLVM. */
static struct {
    const nf_engine *engine; /* under the lock */
    uint64_t thread;         /* atomic; 0: none */
    bool stopped;            /* for good, and with it who holds the lock */
} llvm_worker;

/* The object's symbol for the rest of a function. */
static const char rest_name[] = "__nf_rest";

static const char file_name[] = "libnanoforge-llvm.so";

/* The file that has this code. A program that the shell has found has no path to its name. */
static const char *own_file(void)
{
    Dl_info info;
    if (!dladdr((void *)own_file, &info) || info.dli_fname == NULL) return NULL;
    return strchr(info.dli_fname, '/') ? info.dli_fname : "/proc/self/exe";
}

/* Its folder, with the last slash. */
static size_t own_folder(char *path, size_t size)
{
    const char *file = own_file();
    char *whole = file ? realpath(file, NULL) : NULL;
    const char *slash = whole ? strrchr(whole, '/') : NULL;
    size_t length = slash ? (size_t)(slash - whole) + 1 : 0;
    if (length < size) nf_format(path, length + 1, "%s", whole ? whole : "");
    free(whole);
    return length < size ? length : 0;
}

/* Its path, or its name alone where the loader must look. */
static void plugin_find(char path[PATH_BYTES])
{
    static const char *const places[] = {"", "../lib/"};
    char folder[PATH_BYTES - 64];
    const char *named = getenv("NANOFORGE_LLVM");
    if (named) {
        nf_format(path, PATH_BYTES, "%s", named);
        return;
    }
    size_t length = own_folder(folder, sizeof folder);
    for (size_t i = 0; length && i < sizeof places / sizeof *places; i++) {
        nf_format(path, PATH_BYTES, "%s%s%s", folder, places[i], file_name);
        if (access(path, R_OK) == 0) return;
    }
    nf_format(path, PATH_BYTES, "%s", file_name);
}

/* The executable part of the library that has the address. */
typedef struct text_range {
    uint64_t address, start, end;
} text_range;

static int text_find(struct dl_phdr_info *library, size_t size, void *context)
{
    text_range *text = context;
    (void)size;
    for (unsigned i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        uint64_t start = library->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
        bool is_text = part->p_type == PT_LOAD && part->p_flags & PF_X;
        if (!is_text || text->address < start || text->address >= end) continue;
        text->start = start;
        text->end = end;
        return 1;
    }
    return 0;
}

/* The worker's compilation takes 5 to 500 ms, which nobody wants any more: it stops where it is, in
 * libLLVM's own code, and so in nothing that the rest of the process needs. */
static bool worker_stop(void)
{
    uint64_t thread = __atomic_load_n(&llvm_worker.thread, __ATOMIC_ACQUIRE);
    text_range text = {.address = llvm_text};
    if (NF_SANITIZED || thread == 0 || text.address == 0) return false;
    if (dl_iterate_phdr(text_find, &text) == 0) return false;
    return nf_os_thread_park(thread, text.start, text.end, STOP_NS);
}

/* A child that was not made by fork(), but by what goes around our hooks, has no thread that could be
 * in LLVM, whatever the lock says. */
void nf_llvm_end(void)
{
    if (getpid() != __atomic_load_n(&llvm_process, __ATOMIC_ACQUIRE)) return;
    __atomic_store_n(&llvm_ended, true, __ATOMIC_RELEASE);
    while (!llvm_worker.stopped && pthread_mutex_trylock(&llvm_lock) != 0) {
        llvm_worker.stopped = worker_stop();
        if (!llvm_worker.stopped) nf_os_sleep_ns(RETRY_NS);
    }
    if (!llvm_worker.stopped) pthread_mutex_unlock(&llvm_lock);
}

bool nf_llvm_has_stopped(const nf_engine *engine)
{
    return llvm_worker.stopped && llvm_worker.engine == engine;
}

/* Once the process is ending the lock may never be free again, and nobody starts a compilation. */
void nf_llvm_fork_prepare(void)
{
    if (llvm_worker.stopped) return;
    pthread_mutex_lock(&first_lock);
    pthread_mutex_lock(&llvm_lock);
}

void nf_llvm_fork_done(bool is_child)
{
    if (is_child && llvm_process) __atomic_store_n(&llvm_process, getpid(), __ATOMIC_RELEASE);
    if (llvm_worker.stopped) return;
    pthread_mutex_unlock(&llvm_lock);
    pthread_mutex_unlock(&first_lock);
}

static bool is_ended(void)
{
    return __atomic_load_n(&llvm_ended, __ATOMIC_ACQUIRE);
}

/* worker: NULL, or the engine whose worker it is that calls. */
static nf_status llvm_enter(const nf_engine *worker, nf_error *error)
{
    if (!is_ended()) {
        pthread_mutex_lock(&llvm_lock);
        if (!is_ended()) {
            llvm_worker.engine = worker;
            if (worker) __atomic_store_n(&llvm_worker.thread, nf_os_thread_id(), __ATOMIC_RELEASE);
            return NF_OK;
        }
        pthread_mutex_unlock(&llvm_lock);
    }
    return nf_fail(error, NF_UNSUPPORTED, "no LLVM tier: the process is ending");
}

static void llvm_leave(void)
{
    uint32_t uses = ++llvm_uses;
    __atomic_store_n(&llvm_worker.thread, 0, __ATOMIC_RELEASE);
    if ((uses & (uses - 1)) == 0) atexit(nf_llvm_end);
    pthread_mutex_unlock(&llvm_lock);
}

/* Under llvm_lock. */
static nf_status plugin_load(nf_error *error)
{
    if (llvm_api) return NF_OK;
    char path[PATH_BYTES];
    plugin_find(path);
    __atomic_store_n(&llvm_process, getpid(), __ATOMIC_RELEASE);
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const nf_llvm_api *api = plugin ? dlsym(plugin, NF_LLVM_SYMBOL) : NULL;
    if (api == NULL) {
        const char *why = dlerror(), *named = getenv("NANOFORGE_LLVM");
        return nf_fail(error, NF_UNSUPPORTED, "no LLVM tier: %s%s%s%s",
                       named ? "NANOFORGE_LLVM=" : "", named ? named : "", named ? ": " : "",
                       why ? why : "unknown reason");
    }
    if (api->abi != NF_LLVM_ABI)
        return nf_fail(error, NF_UNSUPPORTED, "no LLVM tier: %s is of another version", file_name);
    llvm_text = (uint64_t)(uintptr_t)dlsym(plugin, "LLVMContextCreate");
    llvm_api = api;
    return NF_OK;
}

nf_status nf_llvm_borrow(const nf_llvm_api **api, nf_error *error)
{
    nf_status status = llvm_enter(NULL, error);
    if (status != NF_OK) return status;
    status = plugin_load(error);
    *api = llvm_api;
    if (status != NF_OK) llvm_leave();
    return status;
}

void nf_llvm_return(void)
{
    llvm_leave();
}

nf_status nf_llvm_open(nf_error *error)
{
    const nf_llvm_api *api;
    nf_status status = nf_llvm_borrow(&api, error);
    if (status == NF_OK) nf_llvm_return();
    return status;
}

/* Under llvm_lock. */
static nf_status unit_need(nf_program *program, nf_error *error)
{
    nf_status status = plugin_load(error);
    if (status != NF_OK || program->unit || program->source_count == 0) return status;
    status = nf_sources_read(program, error);
    if (status != NF_OK) return status;
    return llvm_api->unit_read(program->sources, program->source_count, &program->unit, error);
}

static void key_add_file(nf_cache_key *key, const char *path)
{
    struct stat file = {0};
    if (path == NULL || stat(path, &file) != 0) file.st_size = 0;
    nf_cache_key_add(key, &file.st_size, sizeof file.st_size);
    nf_cache_key_add(key, &file.st_mtim, sizeof file.st_mtim);
}

/* The plug-in and this library decide what is made of the sources. */
static nf_status key_find(nf_program *program, nf_error *error)
{
    char plugin[PATH_BYTES];
    nf_cache_key key = nf_cache_key_new();
    nf_status status = NF_OK;
    plugin_find(plugin);
    key_add_file(&key, plugin);
    key_add_file(&key, own_file());
    for (uint32_t i = 0; i < program->source_count && status == NF_OK; i++) {
        status = nf_source_identify(program, i, &key, error);
        nf_cache_key_add(&key, program->sources[i].name, strlen(program->sources[i].name));
    }
    program->key = key;
    return status;
}

nf_status nf_llvm_import(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                         uint32_t *foreign_count, nf_error *error)
{
    nf_engine *engine = program->engine;
    nf_status status = key_find(program, error);
    if (status != NF_OK) return status;
    if (nf_nir_cache_get(program, module, foreign, foreign_count)) {
        program->reads_soon = *foreign_count != 0;
        return NF_OK;
    }
    status = llvm_enter(NULL, error);
    if (status != NF_OK) return status;
    status = unit_need(program, error);
    if (status == NF_OK)
        status = llvm_api->unit_import(program->unit, &engine->allocator, &program->arena, module,
                                       foreign, foreign_count, error);
    llvm_leave();
    if (status != NF_OK) return status;
    status = nf_module_verify(*module, error);
    if (status == NF_OK)
        nf_nir_cache_put(program, *module, *foreign, *foreign_count);
    else
        nf_module_free(*module);
    return status;
}

/* A program that is not being unloaded, for that takes work_lock. */
static nf_program *program_that_reads(nf_engine *engine)
{
    nf_os_mutex_lock(&engine->lock);
    nf_program *program = engine->programs;
    while (program && !program->reads_soon) program = program->next;
    if (program) program->reads_soon = false;
    nf_os_mutex_unlock(&engine->lock);
    return program;
}

void nf_llvm_step(nf_engine *engine)
{
    nf_error error = {0};
    nf_program *program = program_that_reads(engine);
    if (program == NULL || llvm_enter(NULL, &error) != NF_OK) return;
    nf_status status = nf_sources_read(program, &error);
    llvm_leave();
    if (status != NF_OK)
        nf_engine_event(engine, NF_EVENT_FAILED, NULL, NULL, 0, "%s", error.message);
}

static bool resolve(void *context, const char *name, uint64_t *address)
{
    return nf_program_resolve(context, name, address);
}

/* Under llvm_lock. */
static void prepared_drop(nf_engine *engine)
{
    if (engine->prepared) llvm_api->prepared_free(engine->prepared);
    engine->prepared = NULL;
    engine->prepared_of = NULL;
}

/* Variants of a function come one after the other, and LLVM does once what they share. Under
 * llvm_lock. */
static nf_status prepared_need(nf_function *function, nf_block header, const nf_func *rest,
                               nf_error *error)
{
    nf_program *program = function->program;
    nf_engine *engine = program->engine;
    bool same = engine->prepared_of == function && engine->prepared_header.id == header.id;
    if (engine->prepared && same) return NF_OK;
    prepared_drop(engine);
    nf_status status;
    if (rest)
        status = llvm_api->prepare_nir(rest, rest_name, &engine->prepared, error);
    else if (program->unit)
        status = llvm_api->prepare(program->unit, function->name, &engine->prepared, error);
    else
        status = llvm_api->prepare_nir(function->ir, NULL, &engine->prepared, error);
    if (status != NF_OK) return status;
    engine->prepared_of = function;
    engine->prepared_header = header;
    return NF_OK;
}

/* Of the object that LLVM makes of a function of the unit, or of its rest from a loop on. */
static nf_cache_key object_key(const nf_function *function, nf_recipe recipe)
{
    nf_cache_key key = function->program->key;
    uint64_t processor = nf_cpu_fingerprint(), features = function->engine->features;
    nf_cache_key_add(&key, function->name, strlen(function->name));
    nf_cache_key_add(&key, recipe.llvm->name, strlen(recipe.llvm->name));
    nf_cache_key_add(&key, &features, sizeof features);
    nf_cache_key_add(&key, &recipe.header.id, sizeof recipe.header.id);
    nf_cache_key_add(&key, &processor, sizeof processor);
    return key;
}

static bool object_get(const nf_engine *engine, nf_cache_key key, nf_arena *arena,
                       const void **bytes, size_t *size)
{
    const void *kept = nf_cache_get(engine, key, NF_CACHE_OBJECT, size);
    void *copy = kept ? nf_arena_alloc(arena, *size) : NULL;
    if (copy) memcpy(copy, kept, *size);
    if (kept) nf_cache_release(kept);
    *bytes = copy;
    return copy != NULL;
}

static nf_status object_make(nf_function *function, nf_recipe recipe, const nf_func *rest,
                             nf_arena *arena, const void **bytes, size_t *size, nf_error *error)
{
    nf_engine *engine = function->engine;
    nf_llvm_options options = *recipe.llvm;
    options.features = engine->features;
    nf_status status = llvm_enter(arena == &engine->work_arena ? engine : NULL, error);
    if (status != NF_OK) return status;
    status = rest ? plugin_load(error) : unit_need(function->program, error);
    if (status == NF_OK) status = prepared_need(function, recipe.header, rest, error);
    if (status == NF_OK)
        status = llvm_api->compile(engine->prepared, &options, arena, bytes, size, error);
    if (status != NF_OK && status != NF_BUSY) prepared_drop(engine);
    llvm_leave();
    return status;
}

/* What was not born as bitcode has no key to be found by. */
bool nf_llvm_is_kept(const nf_function *function, nf_recipe recipe)
{
    return nf_born_as_bitcode(function) &&
           nf_cache_has(function->engine, object_key(function, recipe), NF_CACHE_OBJECT);
}

/* The object, from an earlier run or made now. */
static nf_status object_find(nf_function *function, nf_recipe recipe, const nf_func *rest,
                             nf_arena *arena, const void **bytes, size_t *size, nf_error *error)
{
    const nf_engine *engine = function->engine;
    if (!nf_born_as_bitcode(function))
        return object_make(function, recipe, rest, arena, bytes, size, error);
    nf_cache_key key = object_key(function, recipe);
    if (object_get(engine, key, arena, bytes, size)) return NF_OK;
    nf_status status = object_make(function, recipe, rest, arena, bytes, size, error);
    if (status == NF_OK) nf_cache_put(engine, key, NF_CACHE_OBJECT, *bytes, *size);
    return status;
}

nf_status nf_llvm_compile(nf_function *function, nf_recipe recipe, const nf_func *rest,
                          nf_arena *arena, nf_blob *blob, nf_error *error)
{
    nf_object object;
    const void *bytes;
    size_t size;
    nf_status status = object_find(function, recipe, rest, arena, &bytes, &size, error);
    if (status != NF_OK) return status;
    nf_object_options reading = {.entry = rest ? rest_name : function->name,
                                 .resolve = resolve,
                                 .context = function->program};
    nf_code_memory_range(function->engine->code, &reading.code_start, &reading.code_end);
    status = nf_object_read(bytes, size, &reading, arena, &object, error);
    if (status == NF_OK) *blob = object.blob;
    return status;
}

nf_status nf_llvm_first(nf_function *function, nf_error *error)
{
    const nf_recipe recipe = {.llvm = nf_llvm_variants};
    nf_arena arena;
    nf_arena_init(&arena, &function->engine->allocator);
    pthread_mutex_lock(&first_lock);
    nf_status status = nf_version_first(function, recipe, &arena, error);
    pthread_mutex_unlock(&first_lock);
    nf_arena_free(&arena);
    return status;
}

void nf_llvm_close(nf_program *program)
{
    nf_engine *engine = program->engine;
    if (llvm_worker.stopped) return;
    pthread_mutex_lock(&llvm_lock);
    if (engine->prepared_of && engine->prepared_of->program == program) prepared_drop(engine);
    if (program->unit) llvm_api->unit_free(program->unit);
    program->unit = NULL;
    pthread_mutex_unlock(&llvm_lock);
    if (program->kept) nf_cache_release(program->kept);
    nf_sources_close(program);
}
