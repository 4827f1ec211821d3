/*
 * Regions, where they begin, and which guest code they contain.
 *
 * The look-up is one load from an array by PC, one array for each mode: for guests whose addresses
 * are few, as the LC-3's. Pages of the array are taken when they are touched. Compiled code looks up
 * by such a load too, of the code's address. It needs no shards: a machine has a cache of its own, and
 * one thread that uses it. There may be several regions for one PC, of which one
 * is entered: that is the published one.
 *
 * Written code is looked for in the list of all regions: there are few, and each has few ranges.
 */
#include "vm_internal.h"

nf_status nf_vm_cache_make(nf_vm *vm, nf_error *error)
{
    for (uint32_t mode = 0; mode < NF_VM_MODES_MAX; mode++) {
        vm->entries[mode] = nf_os_pages_map(vm->guest->pc_count * sizeof(uint64_t), 0);
        vm->places[mode] = nf_os_pages_map(vm->guest->pc_count * sizeof(nf_vm_place), 0);
        if (vm->entries[mode] == NULL || vm->places[mode] == NULL)
            return nf_fail(error, NF_MEMORY, "no memory for a table of regions");
    }
    return NF_OK;
}

nf_vm_region *nf_vm_cache_find(const nf_vm *vm, uint32_t mode, uint64_t pc)
{
    return vm->places[mode][pc].region;
}

nf_value nf_vm_cache_lookup_build(const nf_vm *vm, uint32_t mode, nf_func *f, nf_block block,
                                  nf_value pc)
{
    nf_value entries = nf_build_iconst(f, block, NF_I64, (int64_t)(uintptr_t)vm->entries[mode]);
    if (vm->guest->pc.type != NF_I64)
        pc = nf_build(f, block, NF_OP_ZEXT, NF_I64, pc, (nf_value){0}, (nf_value){0});
    return nf_build_load(f, block, NF_I64,
                         (nf_address){.base = entries, .index = pc, .scale_log2 = 3});
}

/* --- adding ----------------------------------------------------------------------------------- */

/* In place, by insertion: nodes were found nearly in the order of their addresses. */
static void sort(uint64_t *pcs, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint64_t pc = pcs[i];
        uint32_t at = i;
        for (; at > 0 && pcs[at - 1] > pc; at--) pcs[at] = pcs[at - 1];
        pcs[at] = pc;
    }
}

/* Covered addresses as ranges, ascending; the guest's instructions may be of several units. */
static uint32_t ranges_find(const nf_vm_graph *graph, nf_vm_range *ranges, uint64_t *pcs)
{
    uint32_t count = 0, pc_count = 0;
    for (uint32_t i = 0; i < graph->order_count; i++) {
        const nf_vm_inst *inst = &graph->nodes.data[graph->order[i]].inst;
        for (uint64_t pc = inst->pc; pc != inst->next && pc < graph->vm->guest->pc_count; pc++)
            pcs[pc_count++] = pc;
    }
    sort(pcs, pc_count);
    for (uint32_t i = 0; i < pc_count; i++) {
        if (count == 0 || pcs[i] > ranges[count - 1].end)
            ranges[count++] = (nf_vm_range){pcs[i], pcs[i] + 1};
        else
            ranges[count - 1].end = pcs[i] + 1;
    }
    return count;
}

static size_t region_bytes(uint32_t range_count, uint32_t link_count)
{
    return sizeof(nf_vm_region) + range_count * sizeof(nf_vm_range) +
           link_count * sizeof(nf_vm_link);
}

static void cover(const nf_vm *vm, const nf_vm_region *region)
{
    for (uint32_t r = 0; r < region->range_count; r++)
        for (uint64_t pc = region->ranges[r].start; pc < region->ranges[r].end; pc++)
            vm->guest->cover(vm->state, pc);
}

static void links_fill(nf_vm_region *region, const nf_vm_sites *sites, uint64_t address)
{
    region->links = (nf_vm_link *)(region->ranges + region->range_count);
    for (uint32_t i = 0; i < sites->count; i++)
        region->links[i] =
            (nf_vm_link){.pc = sites->data[i].pc, .field = address + sites->data[i].offset};
}

static nf_vm_region *region_new(nf_vm *vm, const nf_vm_graph *graph, uint64_t address,
                                const nf_vm_sites *sites)
{
    enum { UNITS_MAX = 4 }; /* of an instruction */
    nf_vm_range *ranges = NF_NEW_ARRAY(graph->arena, nf_vm_range, graph->order_count * UNITS_MAX);
    uint64_t *pcs = NF_NEW_ARRAY(graph->arena, uint64_t, graph->order_count * UNITS_MAX);
    if (ranges == NULL || pcs == NULL) return NULL;
    uint32_t count = ranges_find(graph, ranges, pcs);
    nf_vm_region *region =
        vm->allocator->allocate(vm->allocator->context, region_bytes(count, sites->count));
    if (region == NULL) return NULL;
    const nf_vm_node *entry = &graph->nodes.data[0];
    *region = (nf_vm_region){.pc = entry->inst.pc,
                             .address = address,
                             .mode = graph->mode,
                             .length = entry->length,
                             .range_count = count,
                             .link_count = sites->count};
    __builtin_memcpy(region->ranges, ranges, count * sizeof *ranges);
    links_fill(region, sites, address);
    return region;
}

nf_status nf_vm_cache_add(nf_vm *vm, const nf_vm_graph *graph, const nf_vm_order *order,
                          uint64_t address, const nf_vm_sites *sites, nf_vm_region **out,
                          nf_error *error)
{
    nf_vm_region *region = region_new(vm, graph, address, sites);
    if (region == NULL) return nf_fail(error, NF_MEMORY, "no memory for a region's record");
    region->hot_pc = order->hot_pc ? order->hot_pc : order->pc;
    region->way = order->way;
    region->guarded = order->guarded;
    region->next = vm->regions;
    vm->regions = region;
    cover(vm, region);
    nf_vm_links_add(vm, region);
    *out = region;
    return NF_OK;
}

void nf_vm_cache_publish(nf_vm *vm, nf_vm_region *region)
{
    nf_vm_place *place = &vm->places[region->mode][region->pc];
    bool is_new = place->region == NULL;
    place->region = region;
    vm->entries[region->mode][region->pc] = region->address;
    nf_vm_links_point(vm, region->mode, region->pc);
    if (is_new) vm->guest->entry(vm->state, region->pc, true);
}

/* --- removing --------------------------------------------------------------------------------- */

static bool region_contains(const nf_vm_region *region, uint64_t address)
{
    for (uint32_t r = 0; r < region->range_count; r++)
        if (address - region->ranges[r].start < region->ranges[r].end - region->ranges[r].start)
            return true;
    return false;
}

bool nf_vm_cache_covers(const nf_vm *vm, uint32_t mode, uint64_t pc, uint64_t address)
{
    const nf_vm_region *region = nf_vm_cache_find(vm, mode, pc);
    return region && region_contains(region, address);
}

static void region_free(nf_vm *vm, nf_vm_region *region)
{
    nf_vm_place *place = &vm->places[region->mode][region->pc];
    nf_vm_links_remove(region);
    nf_vm_climb_forget(vm, region);
    if (place->region == region) {
        place->region = NULL;
        vm->entries[region->mode][region->pc] = 0;
        nf_vm_links_point(vm, region->mode, region->pc);
        vm->guest->entry(vm->state, region->pc, false);
    }
    nf_code_free(vm->code, region->address);
    vm->allocator->release(vm->allocator->context, region,
                           region_bytes(region->range_count, region->link_count));
}

void nf_vm_cache_remove(nf_vm *vm, nf_vm_region *region)
{
    nf_vm_region **link = &vm->regions;
    while (*link != region) link = &(*link)->next;
    *link = region->next;
    region_free(vm, region);
}

void nf_vm_written(nf_vm *vm, uint64_t address)
{
    nf_vm_region **link = &vm->regions;
    nf_vm_race_cancel(vm);
    nf_vm_climb_written(vm, address);
    while (*link) {
        nf_vm_region *region = *link;
        if (!region_contains(region, address)) {
            link = &region->next;
            continue;
        }
        *link = region->next;
        nf_vm_heat_punish(vm, region->pc);
        if (region->hot_pc != region->pc) nf_vm_heat_punish(vm, region->hot_pc);
        region_free(vm, region);
        vm->counts.regions_written++;
    }
}

void nf_vm_flush(nf_vm *vm)
{
    nf_vm_race_cancel(vm);
    while (vm->regions) {
        nf_vm_region *region = vm->regions;
        vm->regions = region->next;
        region_free(vm, region);
        vm->counts.regions_flushed++;
    }
}

uint32_t nf_vm_region_length(const nf_vm *vm, uint32_t mode, uint64_t pc)
{
    const nf_vm_region *region = nf_vm_cache_find(vm, mode, pc);
    return region ? region->length : 0;
}

void nf_vm_cache_free(nf_vm *vm)
{
    nf_vm_climb_free(vm);
    nf_vm_flush(vm);
    for (uint32_t mode = 0; mode < NF_VM_MODES_MAX; mode++) {
        if (vm->entries[mode])
            nf_os_pages_unmap(vm->entries[mode], vm->guest->pc_count * sizeof(uint64_t));
        if (vm->places[mode])
            nf_os_pages_unmap(vm->places[mode], vm->guest->pc_count * sizeof(nf_vm_place));
    }
}
