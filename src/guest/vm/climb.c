/*
 * The LLVM tier, for regions that stay hot.
 *
 * LLVM takes some hundred times as long as T2, and 15 ms to be loaded; so the guest does not wait
 * for it. The region's NIR is made at once, for guest code may change; a thread that lives for this
 * one compilation makes an object of it; and when the guest next leaves its regions and finds it
 * done, the object is placed and races against the region that is there (race.c). If that has gone
 * in the meantime, because its code was written, so does the object.
 *
 *     guest's thread:  ── begin ─────────────────────── poll: placed, races ──
 *                           └─► NIR ─► LLVM ─► object ──────┘
 *     its own thread:
 *
 * One region climbs at a time. Where there is no LLVM, none is tried again.
 */
#include "base/text.h"
#include "code/object.h"
#include "engine/llvm.h"
#include "vm_internal.h"

static const char function_name[] = "region";

static nf_status object_make(nf_vm_climb *climb)
{
    const nf_llvm_options options = {
        .name = "llvm", .features = climb->features, .level = 2, .interleave = 1};
    const nf_llvm_api *api;
    nf_llvm_prepared *prepared = NULL;
    nf_status status = nf_llvm_borrow(&api, NULL);
    if (status != NF_OK) return status;
    status = api->prepare_nir(climb->func, function_name, &prepared, NULL);
    if (status == NF_OK)
        status =
            api->compile(prepared, &options, &climb->arena, &climb->object, &climb->bytes, NULL);
    api->prepared_free(prepared);
    nf_llvm_return();
    return status;
}

static void thread_run(void *context)
{
    nf_vm_climb *climb = context;
    climb->status = object_make(climb);
    __atomic_store_n(&climb->is_done, true, __ATOMIC_RELEASE);
}

static void climb_end(nf_vm *vm)
{
    nf_vm_climb *climb = &vm->climb;
    nf_module_free(climb->module);
    nf_arena_free(&climb->arena);
    *climb = (nf_vm_climb){.is_active = false};
}

/* --- the guest's side ------------------------------------------------------------------------- */

static nf_status prepare(nf_vm *vm, const nf_vm_order *order)
{
    nf_vm_climb *climb = &vm->climb;
    nf_arena_init(&climb->arena, vm->allocator);
    climb->module = nf_module_new(vm->allocator, vm->guest->name);
    if (climb->module == NULL) return NF_MEMORY;
    climb->features = vm->features;
    climb->order = *order;
    nf_status status = nf_vm_graph_find(vm, order, &climb->arena, &climb->graph, NULL);
    if (status != NF_OK) return status;
    return nf_vm_graph_build(&climb->graph, climb->module, &climb->func, &climb->exits, NULL);
}

/* What is to be told when it is written; the region that is there covers most of it already. */
static void cover(const nf_vm *vm)
{
    const nf_vm_graph *graph = &vm->climb.graph;
    for (uint32_t i = 0; i < graph->order_count; i++) {
        const nf_vm_inst *inst = &graph->nodes.data[graph->order[i]].inst;
        for (uint64_t pc = inst->pc; pc != inst->next && pc < vm->guest->pc_count; pc++)
            vm->guest->cover(vm->state, pc);
    }
}

void nf_vm_climb_begin(nf_vm *vm, nf_vm_region *region)
{
    nf_vm_climb *climb = &vm->climb;
    nf_vm_order order = nf_vm_order_of(region, NF_VM_WAY_LLVM);
    region->has_climbed = true;
    nf_status status = prepare(vm, &order);
    if (status == NF_OK)
        status = nf_os_thread_create(&climb->thread, "nf-region", thread_run, climb, NULL);
    if (status != NF_OK) {
        climb_end(vm);
        return;
    }
    climb->is_active = true;
    climb->region = region;
    cover(vm);
}

/* Where an exit of the object goes: its name is the guest's address. */
static bool exit_resolve(void *context, const char *name, uint64_t *address)
{
    const nf_vm *vm = context;
    const nf_vm_climb *climb = &vm->climb;
    char exit_name[NF_VM_EXIT_NAME_BYTES];
    for (uint32_t i = 0; i < climb->exits.count; i++) {
        nf_vm_exit_name(exit_name, climb->exits.data[i]);
        if (!nf_string_equal(exit_name, name)) continue;
        *address = nf_vm_exit_address(vm, i);
        return true;
    }
    return false;
}

/* NULL: it can't be placed. */
static nf_vm_region *object_place(nf_vm *vm)
{
    nf_vm_climb *climb = &vm->climb;
    nf_vm_region *region = NULL;
    nf_object object;
    nf_object_options reading = {.entry = function_name, .resolve = exit_resolve, .context = vm};
    nf_code_memory_range(vm->code, &reading.code_start, &reading.code_end);
    nf_status status =
        nf_object_read(climb->object, climb->bytes, &reading, &climb->arena, &object, NULL);
    if (status == NF_OK)
        status = nf_vm_region_place(vm, &climb->graph, &climb->order, &climb->exits, &object.blob,
                                    &region, NULL);
    return status == NF_OK ? region : NULL;
}

nf_vm_region *nf_vm_climb_poll(nf_vm *vm, nf_vm_region **holder)
{
    nf_vm_climb *climb = &vm->climb;
    nf_vm_region *made = NULL;
    if (!climb->is_active || vm->race.rival || !__atomic_load_n(&climb->is_done, __ATOMIC_ACQUIRE))
        return NULL;
    nf_os_thread_join(&climb->thread);
    if (climb->status == NF_UNSUPPORTED) vm->config.llvm = false;
    *holder = climb->region;
    if (climb->status == NF_OK && climb->region) made = object_place(vm);
    climb_end(vm);
    nf_arena_reset(&vm->arena);
    if (made) vm->counts.compiled[NF_VM_WAY_LLVM]++;
    return made;
}

void nf_vm_climb_forget(nf_vm *vm, const nf_vm_region *region)
{
    if (vm->climb.region == region) vm->climb.region = NULL;
}

void nf_vm_climb_written(nf_vm *vm, uint64_t address)
{
    const nf_vm_graph *graph = &vm->climb.graph;
    for (uint32_t i = 0; i < graph->order_count && vm->climb.is_active; i++) {
        const nf_vm_inst *inst = &graph->nodes.data[graph->order[i]].inst;
        if (address - inst->pc < inst->next - inst->pc) vm->climb.region = NULL;
    }
}

void nf_vm_climb_free(nf_vm *vm)
{
    if (!vm->climb.is_active) return;
    nf_os_thread_join(&vm->climb.thread);
    climb_end(vm);
}
