/*
 * From a region's graph to its code, in one of several ways.
 *
 *   t1        the baseline: there at once
 *   t2        the passes and the back end that T2's functions get (scalar: guest code does not
 *             vectorise), some ten times dearer
 *   t2.flat   the same, with short lines behind branches executed in any case (flatten.c)
 *   llvm      LLVM's tier, on a thread of its own (climb.c)
 *
 * Code lies in a code memory of the engine's own; when it is full, all regions go, and what is still
 * hot comes back.
 */
#include "vm_internal.h"
#include "base/text.h"
#include "opt/opt.h"
#include "x64/compile.h"

static const char *const way_names[NF_VM_WAYS] = {
    [NF_VM_WAY_T1] = "t1",
    [NF_VM_WAY_T2] = "t2",
    [NF_VM_WAY_FLAT] = "t2.flat",
    [NF_VM_WAY_LLVM] = "llvm",
};

/* What a region was compiled to, in the VM's own arena. */
typedef struct region_code {
    nf_vm_exits exits;
    nf_blob blob;
} region_code;

static nf_status function_compile(nf_vm *vm, nf_func *func, nf_vm_way way, const nf_link *link,
                                  nf_compiled *compiled, nf_error *error)
{
    nf_compile options = {.link = link, .arena = &vm->arena, .features = vm->features};
    nf_opt opt = {.scratch = &vm->arena, .features = vm->features, .supports = nf_backend_supports};
    if (way == NF_VM_WAY_T1) return nf_baseline_compile(func, &options, compiled, error);
    nf_status status = nf_opt_run(&opt, func, error);
    return status == NF_OK ? nf_backend_compile(func, &options, compiled, error) : status;
}

/* By symbol. */
static nf_status exits_link(nf_vm *vm, const nf_func *func, const nf_vm_exits *exits, nf_link *link,
                            nf_error *error)
{
    uint32_t first = func->symbol.id + 1;
    uint64_t *addresses = NF_NEW_ARRAY(&vm->arena, uint64_t, first + exits->count);
    if (addresses == NULL) return nf_fail(error, NF_MEMORY, "no memory for a region's exits");
    for (uint32_t i = 0; i < exits->count; i++) addresses[first + i] = nf_vm_exit_address(vm, i);
    *link = (nf_link){addresses, first + exits->count};
    return NF_OK;
}

/* The NIR and what goes with it live as long as the compilation. */
static nf_status graph_compile(nf_vm *vm, const nf_vm_graph *graph, nf_vm_way way,
                               nf_module *module, region_code *code, nf_error *error)
{
    nf_func *func;
    nf_link link;
    nf_compiled compiled;
    nf_status status = nf_vm_graph_build(graph, module, &func, &code->exits, error);
#ifdef NF_DEBUG
    if (status == NF_OK) status = nf_module_verify(module, error);
#endif
    if (status == NF_OK) status = exits_link(vm, func, &code->exits, &link, error);
    if (status == NF_OK) status = function_compile(vm, func, way, &link, &compiled, error);
    if (status == NF_OK) code->blob = compiled.blob;
    return status;
}

nf_status nf_vm_region_place(nf_vm *vm, const nf_vm_graph *graph, const nf_vm_order *order,
                             const nf_vm_exits *exits, const nf_blob *blob, nf_vm_region **region,
                             nf_error *error)
{
    char name[NF_CODE_NAME_BYTES];
    uint64_t address;
    nf_blob linked = *blob;
    nf_vm_sites sites;
    uint64_t pc = graph->nodes.data[0].inst.pc;
    nf_format(name, sizeof name, "%s:%llx@%s", vm->guest->name, (unsigned long long)pc,
              way_names[order->way]);
    nf_status status = nf_vm_links_find(vm, exits, &linked, &sites, error);
    if (status == NF_OK) status = nf_code_place(vm->code, &linked, name, vm, &address, error);
    if (status != NF_OK) return status;
    status = nf_vm_cache_add(vm, graph, order, address, &sites, region, error);
    if (status != NF_OK)
        nf_code_free(vm->code, address);
    else
        vm->counts.code_bytes += blob->total_bytes;
    return status;
}

nf_status nf_vm_graph_find(nf_vm *vm, const nf_vm_order *order, nf_arena *arena, nf_vm_graph *graph,
                           nf_error *error)
{
    nf_status status = nf_vm_graph_make(vm, order->mode, order->pc, arena, graph, error);
    if (status == NF_OK && !order->exactly && graph->head != order->pc &&
        nf_vm_cache_find(vm, order->mode, graph->head) == NULL)
        status = nf_vm_graph_make(vm, order->mode, graph->head, arena, graph, error);
    if (status != NF_OK) return status;
    if (order->guarded) nf_vm_graph_guard(graph);
    if (order->way == NF_VM_WAY_FLAT && nf_vm_graph_flatten(graph) == 0)
        return nf_fail(error, NF_UNSUPPORTED, "no branch of the region skips a short line");
    return NF_OK;
}

static nf_status region_make(nf_vm *vm, const nf_vm_order *order, nf_vm_region **region,
                             nf_error *error)
{
    nf_vm_graph graph;
    region_code code;
    nf_status status = nf_vm_graph_find(vm, order, &vm->arena, &graph, error);
    if (status != NF_OK) return status;
    nf_module *module = nf_module_new(vm->allocator, vm->guest->name);
    if (module == NULL) return nf_fail(error, NF_MEMORY, "no memory for a region's module");
    status = graph_compile(vm, &graph, order->way, module, &code, error);
    if (status == NF_OK)
        status = nf_vm_region_place(vm, &graph, order, &code.exits, &code.blob, region, error);
    if (status == NF_CODE_FULL && !order->exactly) {
        nf_vm_flush(vm);
        status = nf_vm_region_place(vm, &graph, order, &code.exits, &code.blob, region, error);
    }
    nf_module_free(module);
    return status;
}

nf_status nf_vm_region_compile(nf_vm *vm, const nf_vm_order *order, nf_vm_region **region,
                               nf_error *error)
{
    uint64_t start = nf_os_time_ns();
    nf_status status = region_make(vm, order, region, error);
    nf_arena_reset(&vm->arena);
    vm->arena.failed = false;
    vm->counts.compile_ns += nf_os_time_ns() - start;
    if (status == NF_OK) vm->counts.compiled[order->way]++;
    return status;
}

nf_status nf_vm_cold_compile(nf_vm *vm, nf_error *error)
{
    nf_compiled compiled;
    nf_link link = {0};
    nf_module *module = nf_module_new(vm->allocator, vm->guest->name);
    nf_func *func = module ? nf_vm_cold_build(module) : NULL;
    nf_status status = func ? function_compile(vm, func, NF_VM_WAY_T1, &link, &compiled, error)
                            : nf_fail(error, NF_MEMORY, "no memory for the code that leaves");
    if (status == NF_OK)
        status = nf_code_place(vm->code, &compiled.blob, vm->guest->name, vm, &vm->cold, error);
    nf_module_free(module);
    nf_arena_reset(&vm->arena);
    return status;
}
