/* See lib_machine.h. Data symbols get their initial bytes, without relocations. */
#include "lib_machine.h"

#include <string.h>

#include "os/os.h"

enum { CODE_BYTES = 16 << 20, COUNTERS = 2 };

bool machine_init(machine *m)
{
    *m = (machine){.link = {m->addresses, MACHINE_SYMBOLS_MAX}};
    nf_arena_init(&m->arena, nf_os_allocator());
    if (nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &m->code, &m->error) != NF_OK)
        return false;
    uint64_t start, end;
    nf_code_memory_range(m->code, &start, &end);
    m->words = nf_os_pages_map((MACHINE_SYMBOLS_MAX + COUNTERS) * sizeof *m->words, start);
    if (m->words == NULL) return false;
    m->entry_count = &m->words[MACHINE_SYMBOLS_MAX];
    m->loop_count = m->entry_count + 1;
    return true;
}

static void unload(machine *m)
{
    for (uint32_t i = 0; i < m->object_count; i++) nf_code_free(m->code, m->objects[i]);
    m->object_count = 0;
    nf_arena_reset(&m->arena);
    memset(m->addresses, 0, sizeof m->addresses);
}

void machine_free(machine *m)
{
    unload(m);
    nf_code_memory_free(m->code);
    nf_os_pages_unmap(m->words, (MACHINE_SYMBOLS_MAX + COUNTERS) * sizeof *m->words);
    nf_arena_free(&m->arena);
}

static nf_status place(machine *m, const nf_blob *blob, const char *name, uint64_t *address)
{
    nf_status status = nf_code_place(m->code, blob, name, NULL, address, &m->error);
    if (status == NF_OK) m->objects[m->object_count++] = *address;
    return status;
}

static nf_status make_stub(machine *m, uint32_t symbol)
{
    nf_asm a;
    nf_blob blob;
    nf_asm_init(&a, &m->arena, 0);
    nf_asm_m(&a, NF_X_JMP_M, 8, nf_mem_address((uintptr_t)&m->words[symbol]));
    nf_status status = nf_asm_finish(&a, &blob, &m->error);
    return status == NF_OK ? place(m, &blob, "stub", &m->addresses[symbol]) : status;
}

static nf_status make_data(machine *m, const nf_symbol_data *symbol, uint32_t id)
{
    uint8_t *bytes = nf_arena_alloc_aligned(&m->arena, symbol->size + 1, 64);
    if (bytes == NULL) return NF_MEMORY;
    if (symbol->initial_size) memcpy(bytes, symbol->initial, symbol->initial_size);
    m->addresses[id] = (uintptr_t)bytes;
    return NF_OK;
}

static nf_status resolve(machine *m, const machine_extern *externs)
{
    nf_status status = NF_OK;
    for (uint32_t id = 1; id < m->module->symbols.count && status == NF_OK; id++) {
        const nf_symbol_data *symbol = &m->module->symbols.data[id];
        if (symbol->kind == NF_SYMBOL_FUNC) status = make_stub(m, id);
        if (symbol->kind == NF_SYMBOL_DATA) status = make_data(m, symbol, id);
        for (const machine_extern *e = externs; e && e->name; e++)
            if (strcmp(e->name, symbol->name) == 0) m->addresses[id] = (uintptr_t)e->address;
    }
    return status;
}

nf_status machine_load(machine *m, nf_module *module, machine_compile *compile, uint64_t features,
                       const machine_extern *externs)
{
    unload(m);
    m->module = module;
    if (module->symbols.count > MACHINE_SYMBOLS_MAX) return NF_LIMIT;
    nf_status status = resolve(m, externs);
    nf_compile options = {.link = &m->link,
                          .arena = &m->arena,
                          .features = features,
                          .entry_count = m->entry_count,
                          .loop_count = m->loop_count,
                          .want_map = true};
    for (uint32_t id = 1; id < module->symbols.count && status == NF_OK; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        if (symbol->kind != NF_SYMBOL_FUNC) continue;
        status = compile(symbol->func, &options, &m->compiled, &m->error);
        if (status == NF_OK) status = place(m, &m->compiled.blob, symbol->name, &m->words[id]);
    }
    return status;
}

const void *machine_function(const machine *m, const char *name)
{
    nf_symbol symbol = nf_module_symbol(m->module, name);
    return symbol.id ? (const void *)(uintptr_t)m->addresses[symbol.id] : NULL;
}
