/*
 * The block engine: entering regions, and its life.
 *
 * A region that goes is freed at once: it is told so between two regions, on the one thread that
 * runs them.
 */
#include "vm_internal.h"

enum {
    CODE_BYTES = 16 << 20,
    HOT = 1 << 14, /* some 10 us of interpretation: what T1 takes */
};

nf_status nf_vm_compile(nf_vm *vm, uint32_t mode, uint64_t pc, nf_error *error)
{
    const nf_vm_order order = {.mode = mode, .pc = pc, .way = NF_VM_WAY_T1, .guarded = true};
    nf_vm_region *region;
    if (nf_vm_cache_find(vm, mode, pc)) return NF_OK;
    nf_status status = nf_vm_region_compile(vm, &order, &region, error);
    if (status == NF_OK) {
        nf_vm_cache_publish(vm, region);
        vm->counts.regions_made++;
    } else {
        vm->counts.regions_refused++;
    }
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
    nf_vm_race_cancel(vm);
    nf_vm_region *region = nf_vm_cache_find(vm, mode, pc);
    const nf_vm_order order = {.mode = mode, .pc = pc, .way = region->way, .exactly = true};
    nf_vm_cache_remove(vm, region);
    if (nf_vm_region_compile(vm, &order, &region, NULL) == NF_OK) {
        nf_vm_cache_publish(vm, region);
        vm->counts.regions_unguarded++;
    } else {
        nf_vm_heat_refuse(vm, pc);
    }
}

nf_vm_exit nf_vm_enter(nf_vm *vm, uint32_t mode, uint64_t pc, uint64_t budget)
{
    typedef uint64_t code(void *state, uint64_t budget);
    enum { REASON_MASK = (1 << NF_VM_REASON_BITS) - 1 };
    nf_vm_region *region = nf_vm_cache_find(vm, mode, pc);
    if (region == NULL) return (nf_vm_exit){NF_VM_COLD, (uint32_t)budget};
    if (vm->is_code_new) nf_os_code_sync();
    vm->is_code_new = false;
    bool races = nf_vm_races(vm, region);
    uint64_t start = races ? nf_os_tsc_start() : 0;
    uint64_t result = ((code *)region->address)(vm->state, budget);
    uint64_t ticks = races ? nf_os_tsc_stop() - start : 0;
    nf_vm_exit exit = {result & REASON_MASK, (uint32_t)(result >> NF_VM_REASON_BITS)};
    vm->counts.exits[exit.reason]++;
    vm->counts.entries++;
    vm->counts.instructions += budget - exit.left;
    if (exit.reason == NF_VM_GUARDED)
        unguard(vm, mode, state_pc(vm));
    else
        nf_vm_ran(vm, region, budget - exit.left, ticks);
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
    vm->features = nf_cpu_features_without(config->features_off);
    nf_arena_init(&vm->arena, allocator);
    nf_status status = nf_os_code_sync_register(error);
    if (status == NF_OK) status = nf_vm_cache_make(vm, error);
    if (status == NF_OK) status = nf_code_memory_new(allocator, code_bytes, &vm->code, error);
    if (status == NF_OK) status = nf_vm_cold_compile(vm, error);
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
