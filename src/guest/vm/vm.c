/*
 * The block engine: compiling a region, and entering it.
 *
 * Regions go through the passes and the back end as T2's functions do (scalar: guest code does not
 * vectorise). Their code lies in a code memory of the engine's own; when it is full, all regions go,
 * and what is still hot comes back. A region that goes is freed at once: it is told so between two
 * regions, on the one thread that runs them.
 */
#include "vm_internal.h"
#include "base/text.h"
#include "opt/opt.h"
#include "x64/compile.h"

enum {
    CODE_BYTES = 16 << 20,
    HOT = 1 << 16, /* some 50 us of interpretation, a fraction of what compiling takes */
};

/* The NIR and what goes with it live as long as the compilation. */
static nf_status graph_compile(nf_vm *vm, const nf_vm_graph *graph, nf_module *module,
                               nf_compiled *compiled, nf_error *error)
{
    nf_func *func;
    nf_opt opt = {.scratch = &vm->arena, .features = vm->features, .supports = nf_backend_supports};
    nf_status status = nf_vm_graph_build(graph, module, &func, error);
#ifdef NF_DEBUG
    if (status == NF_OK) status = nf_module_verify(module, error);
#endif
    if (status == NF_OK) status = nf_opt_run(&opt, func, error);
    if (status != NF_OK) return status;
    nf_link link = {NF_NEW_ARRAY(&vm->arena, uint64_t, module->symbols.count),
                    module->symbols.count};
    nf_compile options = {.link = &link, .arena = &vm->arena, .features = vm->features};
    return nf_backend_compile(func, &options, compiled, error);
}

static nf_status region_place(nf_vm *vm, const nf_vm_graph *graph, const nf_compiled *compiled,
                              uint64_t hot_pc, nf_error *error)
{
    char name[NF_CODE_NAME_BYTES];
    uint64_t address;
    uint64_t pc = graph->nodes.data[0].inst.pc;
    nf_format(name, sizeof name, "%s:%llx", vm->guest->name, (unsigned long long)pc);
    nf_status status = nf_code_place(vm->code, &compiled->blob, name, vm, &address, error);
    if (status != NF_OK) return status;
    nf_os_code_sync();
    status = nf_vm_cache_add(vm, graph, address, hot_pc, error);
    if (status != NF_OK) nf_code_free(vm->code, address);
    return status;
}

/* The graph for what is hot at pc. */
static nf_status graph_find(nf_vm *vm, uint32_t mode, uint64_t pc, nf_vm_graph *graph,
                            nf_error *error)
{
    nf_status status = nf_vm_graph_make(vm, mode, pc, &vm->arena, graph, error);
    if (status == NF_OK && graph->head != pc && nf_vm_cache_find(vm, mode, graph->head) == 0)
        status = nf_vm_graph_make(vm, mode, graph->head, &vm->arena, graph, error);
    if (status == NF_OK) nf_vm_graph_guard(graph);
    return status;
}

static nf_status region_make(nf_vm *vm, uint32_t mode, uint64_t pc, bool guarded, nf_error *error)
{
    nf_vm_graph graph;
    nf_compiled compiled;
    nf_status status = guarded ? graph_find(vm, mode, pc, &graph, error)
                               : nf_vm_graph_make(vm, mode, pc, &vm->arena, &graph, error);
    if (status != NF_OK) return status;
    nf_module *module = nf_module_new(vm->allocator, vm->guest->name);
    if (module == NULL) return nf_fail(error, NF_MEMORY, "no memory for a region's module");
    status = graph_compile(vm, &graph, module, &compiled, error);
    if (status == NF_OK) status = region_place(vm, &graph, &compiled, pc, error);
    if (status == NF_CODE_FULL) {
        nf_vm_flush(vm);
        status = region_place(vm, &graph, &compiled, pc, error);
    }
    if (status == NF_OK) vm->counts.code_bytes += compiled.blob.total_bytes;
    nf_module_free(module);
    return status;
}

static nf_status region_compile(nf_vm *vm, uint32_t mode, uint64_t pc, bool guarded,
                                nf_error *error)
{
    uint64_t start = nf_os_time_ns();
    nf_status status = region_make(vm, mode, pc, guarded, error);
    nf_arena_reset(&vm->arena);
    vm->arena.failed = false;
    vm->counts.compile_ns += nf_os_time_ns() - start;
    return status;
}

nf_status nf_vm_compile(nf_vm *vm, uint32_t mode, uint64_t pc, nf_error *error)
{
    if (nf_vm_cache_find(vm, mode, pc)) return NF_OK;
    nf_status status = region_compile(vm, mode, pc, true, error);
    if (status == NF_OK)
        vm->counts.regions_made++;
    else
        vm->counts.regions_refused++;
    return status;
}

static uint64_t state_pc(const nf_vm *vm)
{
    uint64_t pc = 0;
    nf_vm_var var = vm->guest->pc;
    __builtin_memcpy(&pc, (const char *)vm->state + var.offset, nf_type_bytes(var.type));
    return pc;
}

/* The region at pc, which guarded more than holds, gives way to one that checks at each access. */
static void unguard(nf_vm *vm, uint32_t mode, uint64_t pc)
{
    nf_vm_cache_remove(vm, mode, pc);
    if (region_compile(vm, mode, pc, false, NULL) == NF_OK)
        vm->counts.regions_unguarded++;
    else
        nf_vm_heat_refuse(vm, pc);
}

nf_vm_exit nf_vm_enter(nf_vm *vm, uint32_t mode, uint64_t pc, uint64_t budget)
{
    typedef uint64_t code(void *state, uint64_t budget);
    enum { REASON_MASK = (1 << NF_VM_REASON_BITS) - 1 };
    uint64_t entry = nf_vm_cache_find(vm, mode, pc);
    if (entry == 0) return (nf_vm_exit){NF_VM_COLD, (uint32_t)budget};
    uint64_t result = ((code *)entry)(vm->state, budget);
    nf_vm_exit exit = {result & REASON_MASK, (uint32_t)(result >> NF_VM_REASON_BITS)};
    vm->counts.exits[exit.reason]++;
    vm->counts.entries++;
    vm->counts.instructions += budget - exit.left;
    if (exit.reason == NF_VM_GUARDED) unguard(vm, mode, state_pc(vm));
    return exit;
}

const nf_vm_counts *nf_vm_counts_of(const nf_vm *vm)
{
    return &vm->counts;
}

/* --- life ------------------------------------------------------------------------------------- */

nf_status nf_vm_new(const nf_vm_guest *guest, void *state, const nf_vm_config *config, nf_vm **out,
                    nf_error *error)
{
    const nf_allocator *allocator = config->allocator ? config->allocator : nf_os_allocator();
    size_t code_bytes = config->code_bytes ? config->code_bytes : CODE_BYTES;
    nf_vm *vm = allocator->allocate(allocator->context, sizeof *vm);
    *out = NULL;
    if (vm == NULL) return nf_fail(error, NF_MEMORY, "no memory for a block engine");
    *vm = (nf_vm){.guest = guest, .state = state, .config = *config, .allocator = allocator};
    if (vm->config.hot == 0) vm->config.hot = HOT;
    vm->features = nf_cpu_features() & ~config->features_off;
    nf_arena_init(&vm->arena, allocator);
    nf_status status = nf_os_code_sync_register(error);
    if (status == NF_OK) status = nf_vm_cache_make(vm, error);
    if (status == NF_OK) status = nf_code_memory_new(allocator, code_bytes, &vm->code, error);
    if (status == NF_OK)
        *out = vm;
    else
        nf_vm_free(vm);
    return status;
}

void nf_vm_free(nf_vm *vm)
{
    if (vm == NULL) return;
    nf_vm_cache_free(vm);
    if (vm->code) nf_code_memory_free(vm->code);
    nf_arena_free(&vm->arena);
    vm->allocator->release(vm->allocator->context, vm, sizeof *vm);
}
