/*
 * A program: a verified module with memory for its data, addresses for its symbols and a slot for
 * each of its functions.
 *
 * A program that comes as LLVM's bitcode is imported first. What NIR can't express of it is foreign:
 * an extern symbol in the module, but here a function like any other, with a slot and a stub, whose
 * first call lets LLVM compile it.
 *
 * Data lies in one block of pages, in the order of the module. An address that the program takes of
 * a function is its stub's, so that it is the same for ever and equal wherever it is taken.
 */
#include "engine_internal.h"
#include "x64/abi.h"

static uint64_t align_up(uint64_t offset, unsigned align_log2)
{
    uint64_t mask = (UINT64_C(1) << align_log2) - 1;
    return (offset + mask) & ~mask;
}

/* Gives each data symbol its offset (in addresses[]); the bytes that all need. */
static uint64_t data_layout(const nf_module *module, uint64_t *addresses)
{
    uint64_t offset = 0;
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        if (symbol->kind != NF_SYMBOL_DATA) continue;
        offset = align_up(offset, symbol->align_log2);
        addresses[id] = offset;
        offset += symbol->size ? symbol->size : 1;
    }
    return offset;
}

static nf_status data_make(nf_program *program, uint64_t *addresses, nf_error *error)
{
    const nf_module *module = program->module;
    program->data_bytes = data_layout(module, addresses);
    if (program->data_bytes == 0) return NF_OK;
    uint64_t start, end;
    nf_code_memory_range(program->engine->code, &start, &end);
    program->data = nf_os_pages_map(program->data_bytes, start);
    if (program->data == NULL)
        return nf_fail(error, NF_MEMORY, "%s: no memory for %zu bytes of data", module->name,
                       program->data_bytes);
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        if (symbol->kind != NF_SYMBOL_DATA) continue;
        uint8_t *at = program->data + addresses[id];
        if (symbol->initial_size) __builtin_memcpy(at, symbol->initial, symbol->initial_size);
        addresses[id] = (uint64_t)(uintptr_t)at;
    }
    return NF_OK;
}

static void *host_symbol(const nf_engine *engine, const char *name)
{
    void *address = NULL;
    if (engine->config.resolve)
        address = engine->config.resolve(engine->config.resolve_context, name);
    if (address == NULL) address = nf_signal_function(name);
    return address ? address : nf_os_symbol(name);
}

static nf_status externs_resolve(const nf_program *program, uint64_t *addresses, nf_error *error)
{
    const nf_module *module = program->module;
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        if (symbol->kind != NF_SYMBOL_EXTERN && symbol->kind != NF_SYMBOL_EXTERN_DATA) continue;
        if (addresses[id]) continue; /* foreign: its stub */
        void *address = host_symbol(program->engine, symbol->name);
        if (address == NULL)
            return nf_fail_at(error, NF_SYMBOL, module->name, symbol->line, 0,
                              "unknown symbol @%s: neither the program nor a library defines it",
                              symbol->name);
        addresses[id] = (uint64_t)(uintptr_t)address;
    }
    return NF_OK;
}

static void data_relocate(const nf_program *program)
{
    const nf_module *module = program->module;
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        for (uint32_t i = 0; i < symbol->relocs.count; i++) {
            const nf_data_reloc *reloc = &symbol->relocs.data[i];
            uint64_t value = program->link.addresses[reloc->target.id] + (uint64_t)reloc->addend;
            __builtin_memcpy((uint8_t *)(uintptr_t)program->link.addresses[id] + reloc->offset,
                             &value, sizeof value);
        }
    }
}

static bool is_function(const nf_module *module, const char *const *foreign, uint32_t id)
{
    return module->symbols.data[id].kind == NF_SYMBOL_FUNC || foreign[id] != NULL;
}

static uint32_t stack_words(const nf_signature_data *signature)
{
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < signature->param_count; i++) nf_abi_next(&walk, signature->params[i]);
    return walk.stack_bytes / 8;
}

/* Of zeros. */
static void function_init(nf_program *program, nf_function *function, uint32_t symbol_id,
                          uint32_t index, const char *foreign)
{
    const nf_symbol_data *symbol = &program->module->symbols.data[symbol_id];
    nf_engine *engine = program->engine;
    function->engine = engine;
    function->program = program;
    function->ir = symbol->func;
    function->symbol.id = symbol_id;
    function->name = symbol->name;
    function->index = index;
    function->slot = &engine->slots[index];
    function->counters = &engine->counters[index];
    *function->counters = (nf_counters){.turn = engine->quiet_turn};
    function->phase =
        engine->config.mode == NF_MODE_AUTO && !foreign ? NF_PHASE_COLD : NF_PHASE_FORCED;
    if (foreign) {
        nf_format(function->refusal, sizeof function->refusal, "%s", foreign);
        return;
    }
    function->signature = nf_signature_at(program->module, symbol->signature);
    function->stack_words = stack_words(function->signature);
}

/* Under lock: takes free indices for the program's functions. */
static nf_status functions_make(nf_program *program, const char *const *foreign, nf_error *error)
{
    const nf_module *module = program->module;
    nf_engine *engine = program->engine;
    uint32_t made = 0, index = 0;
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        if (!is_function(module, foreign, id)) continue;
        while (index < NF_FUNCTIONS_MAX && engine->functions[index]) index++;
        if (index == NF_FUNCTIONS_MAX)
            return nf_fail(error, NF_LIMIT, "%s: more than %d functions in one engine",
                           module->name, NF_FUNCTIONS_MAX);
        function_init(program, &program->functions[made], id, index, foreign[id]);
        made++;
        index++;
    }
    return NF_OK;
}

static bool starts_evaluated(const nf_function *function)
{
    const nf_config *config = &function->engine->config;
    if (config->mode == NF_MODE_EVALUATE) return true;
    bool is_main =
        nf_string_length(function->name) == 4 && __builtin_memcmp(function->name, "main", 4) == 0;
    return config->mode == NF_MODE_AUTO && config->policy == NF_POLICY_COUNTS && !is_main;
}

/* Makes the functions visible to the entries and the worker. */
static void functions_publish(nf_program *program)
{
    nf_engine *engine = program->engine;
    for (uint32_t i = 0; i < program->function_count; i++) {
        nf_function *function = &program->functions[i];
        bool evaluated = function->ir && starts_evaluated(function);
        nf_entry_kind kind = evaluated ? NF_ENTRY_EVAL : NF_ENTRY_LAZY;
        nf_slot_store(function, function->entries[kind]);
        __atomic_store_n(&engine->functions[function->index], function, __ATOMIC_RELEASE);
        if (function->index >= engine->function_count)
            __atomic_store_n(&engine->function_count, function->index + 1, __ATOMIC_RELEASE);
    }
    program->next = engine->programs;
    engine->programs = program;
}

static uint32_t count_functions(const nf_module *module, const char *const *foreign)
{
    uint32_t count = 0;
    for (uint32_t id = 1; id < module->symbols.count; id++)
        count += is_function(module, foreign, id);
    return count;
}

/* Under compile_lock, for entries are emitted, and lock. */
static nf_status functions_place(nf_program *program, const char *const *foreign,
                                 uint64_t *addresses, nf_error *error)
{
    nf_status status = functions_make(program, foreign, error);
    if (status != NF_OK || program->function_count == 0) return status;
    status = nf_entries_place(program, error);
    for (uint32_t i = 0; i < program->function_count; i++)
        addresses[program->functions[i].symbol.id] = program->functions[i].stub;
    return status;
}

/* Under compile_lock and lock. */
static nf_status program_place(nf_program *program, const char *const *foreign, uint64_t *addresses,
                               nf_error *error)
{
    nf_status status = functions_place(program, foreign, addresses, error);
    if (status == NF_OK) status = externs_resolve(program, addresses, error);
    if (status != NF_OK) return status;
    data_relocate(program);
    functions_publish(program);
    return NF_OK;
}

/* Before anyone keeps a pointer to a signature: the table may move. */
static nf_status osr_signatures_add(nf_module *module, nf_error *error)
{
    bool added[UINT8_MAX + 1] = {false}; /* by nf_type */
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        if (symbol->kind != NF_SYMBOL_FUNC) continue;
        nf_type result = nf_signature_at(module, symbol->signature)->result;
        if (added[result]) continue;
        added[result] = true;
        if (nf_osr_signature(module, result).id == 0)
            return nf_fail(error, NF_MEMORY, "%s: no memory to link", module->name);
    }
    return NF_OK;
}

/* foreign: symbols that LLVM compiles. */
static nf_status program_link(nf_program *program, const char *const *foreign, nf_error *error)
{
    nf_engine *engine = program->engine;
    const nf_module *module = program->module;
    uint64_t *addresses = NF_NEW_ARRAY(&program->arena, uint64_t, module->symbols.count);
    program->function_count = count_functions(module, foreign);
    program->functions = NF_NEW_ARRAY(&program->arena, nf_function, program->function_count + 1);
    if (program->arena.failed)
        return nf_fail(error, NF_MEMORY, "%s: no memory to link", module->name);
    program->link = (nf_link){addresses, module->symbols.count};
    nf_status status = osr_signatures_add(program->module, error);
    if (status == NF_OK) status = data_make(program, addresses, error);
    if (status != NF_OK) return status;
    nf_os_mutex_lock(&engine->compile_lock);
    nf_os_mutex_lock(&engine->lock);
    status = program_place(program, foreign, addresses, error);
    nf_os_mutex_unlock(&engine->lock);
    nf_os_mutex_unlock(&engine->compile_lock);
    return status;
}

static void program_free(nf_program *program, bool with_module)
{
    nf_engine *engine = program->engine;
    if (program->stubs) nf_code_free(engine->code, program->stubs);
    if (program->entries) nf_code_free(engine->code, program->entries);
    if (program->data) nf_os_pages_unmap(program->data, program->data_bytes);
    if (with_module) nf_module_free(program->module);
    nf_arena_free(&program->arena);
    nf_arena_free(&program->worker_arena);
    engine->allocator.release(engine->allocator.context, program, sizeof *program);
}

static nf_program *program_new(nf_engine *engine, nf_error *error)
{
    nf_program *program = engine->allocator.allocate(engine->allocator.context, sizeof *program);
    if (program == NULL) {
        nf_fail(error, NF_MEMORY, "no memory for a program");
        return NULL;
    }
    *program = (nf_program){.engine = engine};
    nf_arena_init(&program->arena, &engine->allocator);
    nf_arena_init(&program->worker_arena, &engine->allocator);
    return program;
}

/* By symbol: why LLVM must compile it, or NULL. */
static const char **foreign_reasons(nf_program *program, const nf_llvm_foreign *foreign,
                                    uint32_t count)
{
    const nf_module *module = program->module;
    const char **reasons = NF_NEW_ARRAY(&program->arena, const char *, module->symbols.count);
    for (uint32_t i = 0; i < count && reasons; i++)
        reasons[nf_module_symbol(module, foreign[i].name).id] = foreign[i].reason;
    return reasons;
}

static void foreign_tell(nf_program *program)
{
    for (uint32_t i = 0; i < program->function_count; i++) {
        const nf_function *function = &program->functions[i];
        if (function->ir == NULL)
            nf_engine_event(program->engine, NF_EVENT_REFUSED, function, NULL, 0,
                            "LLVM compiles it: %s", function->refusal);
    }
}

/* Of a verified module. On failure the program goes and the module stays the caller's. */
static nf_status program_finish(nf_program *program, nf_module *module,
                                const nf_llvm_foreign *foreign, uint32_t foreign_count,
                                nf_program **out, nf_error *error)
{
    nf_engine *engine = program->engine;
    program->module = module;
    const char **reasons = foreign_reasons(program, foreign, foreign_count);
    nf_status status = reasons ? program_link(program, reasons, error)
                               : nf_fail(error, NF_MEMORY, "%s: no memory to link", module->name);
    if (status != NF_OK) {
        nf_llvm_close(program);
        program_free(program, false);
        return status;
    }
    nf_engine_event(engine, NF_EVENT_LOADED, NULL, NULL, program->function_count, "%s",
                    module->name);
    foreign_tell(program);
    module->is_owned = true;
    *out = program;
    return NF_OK;
}

static nf_status program_add(nf_engine *engine, nf_module *verified, nf_program **out,
                             nf_error *error)
{
    nf_program *program = program_new(engine, error);
    if (program == NULL) return NF_MEMORY;
    return program_finish(program, verified, NULL, 0, out, error);
}

nf_status nf_program_add(nf_engine *engine, nf_module *module, nf_program **program,
                         nf_error *error)
{
    NF_REQUIRE(program, error);
    *program = NULL;
    NF_REQUIRE(engine, error);
    NF_REQUIRE(module, error);
    if (module->is_owned)
        return nf_fail_at(error, NF_ARGUMENT, module->name, 0, 0, "an engine owns it already");
    nf_status status = nf_module_verify(module, error);
    return status == NF_OK ? program_add(engine, module, program, error) : status;
}

static bool is_llvm(const nf_source *source)
{
    return source->bytes == NULL || nf_llvm_takes(source);
}

static nf_status sources_check(const nf_source *sources, uint32_t count, nf_error *error)
{
    if (sources == NULL || count == 0)
        return nf_fail(error, NF_ARGUMENT, "sources are NULL, or none");
    for (uint32_t i = 0; i < count; i++) {
        NF_REQUIRE(sources[i].name, error);
        if (count > 1 && !is_llvm(&sources[i]))
            return nf_fail_at(error, NF_UNSUPPORTED, sources[i].name, 0, 0,
                              "NIR cannot be linked with other files");
    }
    return NF_OK;
}

/* The sources live as long as the program. */
static bool sources_keep(nf_program *program, const nf_source *sources, uint32_t count)
{
    nf_source *kept = NF_NEW_ARRAY(&program->arena, nf_source, count);
    for (uint32_t i = 0; i < count && kept; i++) {
        kept[i] = sources[i];
        kept[i].name =
            nf_arena_string(&program->arena, sources[i].name, nf_string_length(sources[i].name));
        if (sources[i].bytes && !sources[i].stays)
            kept[i].bytes = nf_arena_string(&program->arena, sources[i].bytes, sources[i].size);
        if (program->arena.failed) return false;
    }
    program->sources = kept;
    program->source_count = count;
    return kept != NULL;
}

static nf_status link_llvm(nf_engine *engine, const nf_source *sources, uint32_t count,
                           nf_program **out, nf_error *error)
{
    const nf_llvm_foreign *foreign;
    uint32_t foreign_count;
    nf_module *module = NULL;
    nf_program *program = program_new(engine, error);
    if (program == NULL) return NF_MEMORY;
    nf_status status = sources_keep(program, sources, count)
                           ? nf_llvm_import(program, &module, &foreign, &foreign_count, error)
                           : nf_fail(error, NF_MEMORY, "no memory for %u files", count);
    if (status != NF_OK) {
        if (error && error->file[0] == 0)
            nf_format(error->file, sizeof error->file, "%s", sources->name);
        nf_llvm_close(program);
        program_free(program, false);
        return status;
    }
    status = program_finish(program, module, foreign, foreign_count, out, error);
    if (status != NF_OK) nf_module_free(module);
    return status;
}

nf_status nf_program_link(nf_engine *engine, const nf_source *sources, uint32_t count,
                          nf_program **program, nf_error *error)
{
    NF_REQUIRE(program, error);
    *program = NULL;
    NF_REQUIRE(engine, error);
    nf_module *module;
    nf_status status = sources_check(sources, count, error);
    if (status != NF_OK) return status;
    if (is_llvm(sources)) return link_llvm(engine, sources, count, program, error);
    status = nf_module_read(&engine->allocator, sources->name, sources->bytes, sources->size,
                            &module, error);
    if (status != NF_OK) return status;
    status = program_add(engine, module, program, error);
    if (status != NF_OK) nf_module_free(module);
    return status;
}

nf_status nf_program_load(nf_engine *engine, const char *name, const void *bytes, size_t size,
                          nf_program **program, nf_error *error)
{
    const nf_source source = {.name = name, .bytes = bytes, .size = size};
    return nf_program_link(engine, &source, 1, program, error);
}

static void versions_free(nf_function *function)
{
    for (nf_version *version = function->versions; version; version = version->older)
        if (version->address) nf_code_free(function->engine->code, version->address);
}

void nf_program_unload(nf_program *program)
{
    if (program == NULL) return;
    nf_engine *engine = program->engine;
    nf_os_mutex_lock(&engine->work_lock);
    nf_llvm_close(program); /* LLVM's lock comes before the other */
    nf_os_mutex_lock(&engine->lock);
    for (nf_program **link = &engine->programs; *link; link = &(*link)->next) {
        if (*link != program) continue;
        *link = program->next;
        break;
    }
    nf_reclaim_forget(engine, program);
    for (uint32_t i = 0; i < program->function_count; i++) {
        __atomic_store_n(&engine->functions[program->functions[i].index], NULL, __ATOMIC_RELEASE);
        versions_free(&program->functions[i]);
        nf_races_trim(&program->functions[i], 0);
    }
    program_free(program, true);
    nf_os_code_sync();
    nf_os_mutex_unlock(&engine->lock);
    nf_os_mutex_unlock(&engine->work_lock);
}

bool nf_program_resolve(const nf_program *program, const char *name, uint64_t *address)
{
    nf_symbol symbol = nf_module_symbol(program->module, name);
    *address = symbol.id ? program->link.addresses[symbol.id]
                         : (uint64_t)(uintptr_t)host_symbol(program->engine, name);
    return *address != 0;
}

static const nf_function *function_named(const nf_program *program, const char *name)
{
    if (program == NULL || name == NULL) return NULL;
    nf_symbol symbol = nf_module_symbol(program->module, name);
    for (uint32_t i = 0; symbol.id && i < program->function_count; i++)
        if (program->functions[i].symbol.id == symbol.id) return &program->functions[i];
    return NULL;
}

void *nf_program_function(nf_program *program, const char *name)
{
    const nf_function *function = function_named(program, name);
    return function ? (void *)(uintptr_t)function->stub : NULL;
}

void *nf_program_data(nf_program *program, const char *name, size_t *size)
{
    nf_symbol symbol = nf_module_symbol(program->module, name);
    if (symbol.id == 0 || nf_symbol_at(program->module, symbol)->kind != NF_SYMBOL_DATA)
        return NULL;
    if (size) *size = nf_symbol_at(program->module, symbol)->size;
    return (void *)(uintptr_t)program->link.addresses[symbol.id];
}

const nf_module *nf_program_module(const nf_program *program)
{
    return nf_module_load(program->module) ? program->module : NULL;
}

bool nf_program_version(nf_program *program, const char *function_name, char name[NF_NAME_BYTES])
{
    const nf_function *function = function_named(program, function_name);
    if (function == NULL) return false;
    nf_engine *engine = program->engine;
    nf_os_mutex_lock(&engine->lock);
    const char *text = function->active                          ? function->active->name
                       : engine->config.mode == NF_MODE_EVALUATE ? "evaluator"
                                                                 : "not called yet";
    nf_format(name, NF_NAME_BYTES, "%s", text);
    nf_os_mutex_unlock(&engine->lock);
    return true;
}
