/*
 * Direct jumps from region to region.
 *
 * Where a region goes on at an address that is known when it is compiled, it ends with a jump whose
 * displacement is a link. Links that lead to the same address are a list; they all hold the region
 * that is entered there, or, while there is none, the code that leaves:
 *
 *     region x3000:  ... jmp ──┐                       place x3040: region, links
 *     region x3020:  ... jmp ──┴─► entry of the region at x3040, or `cold`
 *
 * A link is made when its region is placed, changed when the region where it leads comes, goes or
 * gives way to another, and taken off its list before its own region's code is freed. So no jump
 * leads to code that is not there, and a region may be freed at once.
 *
 * Regions run on one thread, and that thread changes links, between two regions. Nobody executes a
 * jump while it is written, so where it lies does not matter. But it is written through another
 * view than it is executed by, for which a processor asks for a serialising instruction (Intel SDM
 * volume 3, 9.1.3): nf_vm_enter() sees to it, once for all that was changed since.
 */
#include "vm_internal.h"

static nf_vm_place *place_of(const nf_vm *vm, uint32_t mode, uint64_t pc)
{
    return &vm->places[mode][pc];
}

static void list_add(nf_vm_link **head, nf_vm_link *link)
{
    link->next = *head;
    link->back = head;
    if (*head) (*head)->back = &link->next;
    *head = link;
}

static void list_remove(nf_vm_link *link)
{
    *link->back = link->next;
    if (link->next) link->next->back = link->back;
}

void nf_vm_links_point(nf_vm *vm, uint32_t mode, uint64_t pc)
{
    const nf_vm_place *place = place_of(vm, mode, pc);
    uint64_t target = place->region ? place->region->address : vm->cold;
    for (nf_vm_link *link = place->links; link; link = link->next) {
        nf_code_link(vm->code, link->field, target);
        vm->is_code_new = true;
        vm->counts.links_changed++;
    }
}

void nf_vm_links_add(nf_vm *vm, nf_vm_region *region)
{
    for (uint32_t i = 0; i < region->link_count; i++) {
        nf_vm_link *link = &region->links[i];
        nf_vm_place *place = place_of(vm, region->mode, link->pc);
        list_add(&place->links, link);
        if (place->region) nf_code_link(vm->code, link->field, place->region->address);
    }
    vm->counts.links += region->link_count;
    vm->is_code_new = true;
}

void nf_vm_links_remove(nf_vm_region *region)
{
    for (uint32_t i = 0; i < region->link_count; i++) list_remove(&region->links[i]);
}

/* --- between the compiler and code memory ----------------------------------------------------- */

uint64_t nf_vm_exit_address(const nf_vm *vm, uint32_t exit)
{
    return vm->cold + exit;
}

/* Which exit a relocation is for; false: none. */
static bool exit_find(const nf_vm *vm, const nf_vm_exits *exits, const nf_reloc *reloc,
                      uint32_t *exit)
{
    uint64_t distance = reloc->target - vm->cold;
    *exit = (uint32_t)distance;
    return reloc->kind != NF_RELOC_SELF64 && distance < exits->count;
}

nf_status nf_vm_links_find(nf_vm *vm, const nf_vm_exits *exits, nf_blob *blob, nf_vm_sites *sites,
                           nf_error *error)
{
    nf_reloc *relocs = NF_NEW_ARRAY(&vm->arena, nf_reloc, blob->reloc_count);
    if (relocs == NULL) return nf_fail(error, NF_MEMORY, "no memory for a region's links");
    *sites = (nf_vm_sites){0};
    for (uint32_t i = 0; i < blob->reloc_count; i++) {
        uint32_t exit;
        relocs[i] = blob->relocs[i];
        if (!exit_find(vm, exits, &relocs[i], &exit)) continue;
        if (relocs[i].kind != NF_RELOC_REL32 || relocs[i].addend != 0)
            return nf_fail(error, NF_UNSUPPORTED, "a region is not left by a jump");
        relocs[i].target = vm->cold;
        NF_VEC_PUSH(&vm->arena, sites, (nf_vm_site){exits->data[exit], relocs[i].offset});
    }
    blob->relocs = relocs;
    return vm->arena.failed ? nf_fail(error, NF_MEMORY, "no memory for a region's links") : NF_OK;
}
