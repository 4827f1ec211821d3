/*
 * Modules: what owns symbols, signatures, data and functions.
 *
 * All of it lives in the module's arena and goes with it. Names are found through a hash map;
 * signatures are shared, so that equal ones have equal ids. A name belongs to one symbol: declaring
 * the same host function or host data again gives the symbol that is there, anything else that
 * takes a taken name fails.
 *
 * The addresses inside a data symbol are sorted by offset and do not overlap:
 *
 *     data @table { i32 1, i64 @f + 4 }    initial: 01 00 00 00 00 .. 00   relocs: {4, @f, 4}
 */
#include "ir.h"
#include "base/hash.h"
#include "base/text.h"
#include "os/os.h"

nf_module *nf_module_new(const nf_allocator *allocator, const char *name)
{
    if (allocator == NULL) allocator = nf_os_allocator();
    nf_module *module = allocator->allocate(allocator->context, sizeof *module);
    if (module == NULL) return NULL;
    *module = (nf_module){0};
    nf_arena_init(&module->arena, allocator);
    nf_string_map_init(&module->symbol_index, &module->arena);
    nf_map_init(&module->signature_index, &module->arena);
    if (name == NULL) name = "";
    module->name = nf_arena_string(&module->arena, name, nf_string_length(name));
    bool made = module->name &&
                NF_VEC_PUSH(&module->arena, &module->symbols, (nf_symbol_data){0}) &&
                NF_VEC_PUSH(&module->arena, &module->signatures, (nf_signature_data){0});
    if (made) return module;
    nf_module_free(module);
    return NULL;
}

void nf_module_free(nf_module *module)
{
    if (module == NULL) return;
    const nf_allocator *allocator = module->arena.allocator;
    nf_bodies_free(module->bodies);
    nf_arena_free(&module->arena);
    allocator->release(allocator->context, module, sizeof *module);
}

/* --- signatures --- */

static bool signature_equals(const nf_signature_data *signature, nf_type result,
                             const nf_type *params, uint32_t count, bool variadic)
{
    return signature->result == result && signature->variadic == variadic &&
           signature->param_count == count &&
           (count == 0 || __builtin_memcmp(signature->params, params, count) == 0);
}

static nf_signature signature_add(nf_module *module, nf_type result, const nf_type *params,
                                  uint32_t count, bool variadic)
{
    nf_arena *arena = &module->arena;
    nf_type *copy = (nf_type *)nf_arena_alloc_aligned(arena, count + 1, 1);
    nf_signature_data data = {result, variadic, count, copy};
    if (copy == NULL || !NF_VEC_PUSH(arena, &module->signatures, data)) return (nf_signature){0};
    if (count) __builtin_memcpy(copy, params, count);
    return (nf_signature){module->signatures.count - 1};
}

nf_signature nf_module_signature(nf_module *module, nf_type result, const nf_type *params,
                                 uint32_t param_count, bool variadic)
{
    uint64_t id, key = nf_hash_mix(param_count ? nf_hash_bytes(params, param_count) : 0,
                                   (uint64_t)result << 1 | variadic);
    for (; nf_map_get(&module->signature_index, key, &id); key++) {
        nf_signature found = {(uint32_t)id};
        if (signature_equals(nf_signature_at(module, found), result, params, param_count, variadic))
            return found;
    }
    nf_signature added = signature_add(module, result, params, param_count, variadic);
    if (added.id == 0 || !nf_map_put(&module->signature_index, key, added.id))
        return (nf_signature){0};
    return added;
}

/* --- symbols --- */

nf_symbol nf_module_symbol(const nf_module *module, const char *name)
{
    uint32_t id;
    bool found =
        nf_string_map_get(&module->symbol_index, name, (uint32_t)nf_string_length(name), &id);
    return (nf_symbol){found ? id : 0};
}

void nf_module_refuse(nf_module *module, nf_status status, const char *name, const char *format,
                      ...)
{
    char message[NF_ERROR_MESSAGE_BYTES];
    va_list list;
    if (module->refused.status != NF_OK) return;
    va_start(list, format);
    nf_format_list(message, sizeof message, format, list);
    va_end(list);
    nf_fail_at(&module->refused, status, module->name, 0, 0, "@%s: %s", name, message);
}

static nf_symbol name_is_taken(nf_module *module, const char *name)
{
    nf_module_refuse(module, NF_INVALID, name, "the name is taken");
    return (nf_symbol){0};
}

/* Gives the symbol a copy of the name. None when that is refused or memory is out. */
static nf_symbol symbol_add(nf_module *module, const char *name, nf_symbol_data data)
{
    nf_arena *arena = &module->arena;
    size_t length = nf_string_length(name);
    uint32_t id = module->symbols.count;
    if (length > NF_NAME_BYTES_MAX || id >= NF_SYMBOLS_MAX) {
        nf_module_refuse(module, NF_LIMIT, name, "more than %d symbols, or bytes of a name: %d",
                         NF_SYMBOLS_MAX, NF_NAME_BYTES_MAX);
        return (nf_symbol){0};
    }
    data.name = nf_arena_string(arena, name, length);
    bool added = data.name && NF_VEC_RESERVE(arena, &module->symbols, 1) &&
                 nf_string_map_add(&module->symbol_index, data.name, (uint32_t)length, id);
    if (!added && !arena->failed) return name_is_taken(module, name);
    if (!added) return (nf_symbol){0};
    module->symbols.data[module->symbols.count++] = data;
    return (nf_symbol){id};
}

nf_symbol nf_module_extern(nf_module *module, const char *name, nf_signature signature)
{
    nf_symbol there = nf_module_symbol(module, name);
    const nf_symbol_data *symbol = nf_symbol_at(module, there);
    if (there.id == 0)
        return symbol_add(module, name,
                          (nf_symbol_data){.kind = NF_SYMBOL_EXTERN, .signature = signature});
    bool same = symbol->kind == NF_SYMBOL_EXTERN && symbol->signature.id == signature.id;
    return same ? there : name_is_taken(module, name);
}

nf_symbol nf_module_extern_data(nf_module *module, const char *name)
{
    nf_symbol there = nf_module_symbol(module, name);
    if (there.id == 0)
        return symbol_add(module, name, (nf_symbol_data){.kind = NF_SYMBOL_EXTERN_DATA});
    bool same = nf_symbol_at(module, there)->kind == NF_SYMBOL_EXTERN_DATA;
    return same ? there : name_is_taken(module, name);
}

nf_symbol nf_module_data(nf_module *module, const char *name, const void *initial,
                         size_t initial_size, size_t size, unsigned align_log2, bool readonly)
{
    uint8_t *copy = NULL;
    if (initial_size) {
        copy = nf_arena_alloc(&module->arena, initial_size);
        if (copy == NULL) return (nf_symbol){0};
        __builtin_memcpy(copy, initial, initial_size);
    }
    return symbol_add(module, name,
                      (nf_symbol_data){.kind = NF_SYMBOL_DATA,
                                       .initial = copy,
                                       .initial_size = initial_size,
                                       .size = size,
                                       .align_log2 = align_log2,
                                       .readonly = readonly});
}

nf_status nf_module_data_reloc(nf_module *module, nf_symbol data, size_t offset, nf_symbol target,
                               int64_t addend)
{
    NF_REQUIRE(module, NULL);
    if (data.id >= module->symbols.count || target.id == 0 || target.id >= module->symbols.count)
        return NF_ARGUMENT;
    nf_symbol_data *symbol = nf_symbol_at(module, data);
    if (symbol->kind != NF_SYMBOL_DATA || offset > symbol->size ||
        symbol->size - offset < NF_DATA_ADDRESS_BYTES)
        return NF_ARGUMENT;
    if (!NF_VEC_RESERVE(&module->arena, &symbol->relocs, 1)) return NF_MEMORY;
    nf_data_reloc *relocs = symbol->relocs.data;
    uint32_t at = symbol->relocs.count;
    while (at > 0 && relocs[at - 1].offset > offset) at--;
    bool overlaps =
        (at > 0 && offset - relocs[at - 1].offset < NF_DATA_ADDRESS_BYTES) ||
        (at < symbol->relocs.count && relocs[at].offset - offset < NF_DATA_ADDRESS_BYTES);
    if (overlaps) return NF_ARGUMENT;
    for (uint32_t i = symbol->relocs.count++; i > at; i--) relocs[i] = relocs[i - 1];
    relocs[at] = (nf_data_reloc){offset, target, addend};
    return NF_OK;
}

/* --- functions --- */

/* The arrays with their null records and room for a function of the usual size. The instructions
 * come last, so that they grow in place for long. */
static bool func_init(nf_func *f)
{
    enum { INSTS = 32, BLOCKS = 8, EDGES = 8, POOL = 32 };
    nf_arena *arena = f->arena;
    bool made = NF_VEC_PUSH(arena, &f->locals, (nf_local_data){0}) &&
                NF_VEC_RESERVE(arena, &f->blocks, BLOCKS) &&
                NF_VEC_RESERVE(arena, &f->edges, EDGES) && NF_VEC_RESERVE(arena, &f->pool, POOL) &&
                NF_VEC_RESERVE(arena, &f->insts, INSTS);
    if (!made) return false;
    f->insts.data[0] = (nf_inst){0};
    f->blocks.data[0] = (nf_block_data){0};
    f->edges.data[0] = (nf_edge){0};
    f->pool.data[0] = 0;
    f->insts.count = f->blocks.count = f->edges.count = f->pool.count = 1;
    return nf_block_insert(f, (nf_block){0}).id != 0;
}

nf_func *nf_module_function_bare(nf_module *module, const char *name, nf_signature signature,
                                 uint32_t attributes)
{
    if (signature.id == 0 || signature.id >= module->signatures.count) {
        nf_module_refuse(module, NF_INVALID, name, "there is no such signature");
        return NULL;
    }
    nf_func *f = NF_NEW(&module->arena, nf_func);
    if (f == NULL) return NULL;
    *f = (nf_func){.module = module,
                   .arena = &module->arena,
                   .signature = signature,
                   .attributes = attributes};
    f->symbol = symbol_add(
        module, name, (nf_symbol_data){.kind = NF_SYMBOL_FUNC, .signature = signature, .func = f});
    return f->symbol.id ? f : NULL;
}

nf_func *nf_module_function(nf_module *module, const char *name, nf_signature signature,
                            uint32_t attributes)
{
    nf_func *f = nf_module_function_bare(module, name, signature, attributes);
    if (f == NULL || !func_init(f)) return NULL;
    const nf_signature_data *data = nf_signature_at(module, signature);
    for (uint32_t i = 0; i < data->param_count; i++)
        if (nf_block_param(f, f->entry, data->params[i]).id == 0) return NULL;
    return f;
}

nf_func *nf_module_function_at(const nf_module *module, nf_symbol symbol)
{
    return symbol.id < module->symbols.count ? nf_symbol_at(module, symbol)->func : NULL;
}
