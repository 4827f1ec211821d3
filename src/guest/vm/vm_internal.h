/* What the files of the block engine share. */
#ifndef NF_GUEST_VM_VM_INTERNAL_H
#define NF_GUEST_VM_VM_INTERNAL_H

#include "code/code.h"
#include "vm.h"

/* --- a region before it is compiled (region.c) --- */

enum {
    NF_VM_NODES_MAX = 512,         /* instructions of a region */
    NF_VM_STRAIGHT_NODES_MAX = 64, /* the same where the entry is in no loop */
    NF_VM_CALL_DEPTH_MAX = 8,
    NF_VM_NO_NODE = UINT32_MAX,
};

/* Subroutines are part of a region once for each place that they are called from: a context says
 * where the calls return to. */
typedef struct nf_vm_context {
    uint32_t caller; /* context */
    uint32_t depth;
    uint64_t return_pc;
} nf_vm_context;

/* An instruction in a context. */
typedef struct nf_vm_node {
    nf_vm_inst inst;
    uint32_t context;
    uint32_t succ[2]; /* what is next, or is jumped, called or returned to; where a branch goes */
    uint32_t pred_count;
    uint32_t order;   /* its place in reverse postorder, from 1; 0: not part of the region */
    uint32_t length;  /* instructions from here to a check or an exit, at most */
    bool reaches;     /* the entry is reached from here */
    uint32_t guard;   /* of its access, from 1; 0: none */
    int32_t distance; /* of its access from the guard's root */
} nf_vm_node;

typedef struct nf_vm_graph {
    nf_vm *vm;
    nf_arena *arena;
    uint32_t mode;
    NF_VEC(nf_vm_node) nodes; /* the entry first */
    NF_VEC(nf_vm_context) contexts;
    uint32_t *order; /* nodes of the region in reverse postorder */
    uint32_t order_count;
    uint64_t writes; /* variables that any of them writes */
    NF_VEC(nf_vm_guard) guards;
    uint64_t head; /* where the nest of loops begins, most likely; the entry where there is none */
} nf_vm_graph;

nf_status nf_vm_graph_make(nf_vm *vm, uint32_t mode, uint64_t pc, nf_arena *arena,
                           nf_vm_graph *graph, nf_error *error);

/* Finds accesses whose addresses are known from the entry on, and makes their guards (guard.c). */
void nf_vm_graph_guard(nf_vm_graph *graph);

/* The edge goes back in the order, or nowhere forward: the budget is checked on it. */
static inline bool nf_vm_goes_back(const nf_vm_node *from, const nf_vm_node *to)
{
    return to->order <= from->order;
}

static inline bool nf_vm_is_inside(const nf_vm_graph *graph, uint32_t node)
{
    return node != NF_VM_NO_NODE && graph->nodes.data[node].order != 0;
}

/* --- its NIR (build.c) --- */

/* The function takes the state's address and the budget, and gives left << 2 | reason. */
enum { NF_VM_REASON_BITS = 2 };

nf_status nf_vm_graph_build(const nf_vm_graph *graph, nf_module *module, nf_func **func,
                            nf_error *error);

/* --- regions and their entries (cache.c) --- */

typedef struct nf_vm_range {
    uint64_t start, end; /* of covered addresses */
} nf_vm_range;

typedef struct nf_vm_region {
    struct nf_vm_region *next;
    uint64_t pc, address; /* of the guest, and of its code */
    uint64_t hot_pc;      /* what was hot, when it is not where the region begins */
    uint32_t mode, length;
    uint32_t range_count;
    nf_vm_range ranges[]; /* ascending */
} nf_vm_region;

nf_status nf_vm_cache_make(nf_vm *vm, nf_error *error);
void nf_vm_cache_free(nf_vm *vm);
/* Where the region's code begins, 0: there is none. */
uint64_t nf_vm_cache_find(const nf_vm *vm, uint32_t mode, uint64_t pc);
/* Takes the place of a region that was there. */
nf_status nf_vm_cache_add(nf_vm *vm, const nf_vm_graph *graph, uint64_t address, uint64_t hot_pc,
                          nf_error *error);
void nf_vm_cache_remove(nf_vm *vm, uint32_t mode, uint64_t pc);
/* Whether there is a region at pc that contains the address. */
bool nf_vm_cache_covers(const nf_vm *vm, uint32_t mode, uint64_t pc, uint64_t address);
/* The NIR of a lookup: the entry for pc, an i64, or 0. */
nf_value nf_vm_cache_lookup_build(const nf_vm *vm, uint32_t mode, nf_func *f, nf_block block,
                                  nf_value pc);

/* --- heat (heat.c) --- */

enum { NF_VM_HEAT_CELLS = 1024 };

typedef struct nf_vm_heat {
    uint64_t pc, at; /* at: when it was last looked at */
    uint64_t heat;
    uint32_t penalty; /* log2 of how much more it takes */
} nf_vm_heat;

void nf_vm_heat_punish(nf_vm *vm, uint64_t pc);

struct nf_vm {
    const nf_vm_guest *guest;
    void *state;
    nf_vm_config config;
    const nf_allocator *allocator;
    uint64_t features;
    nf_code_memory *code;
    nf_arena arena; /* of one compilation */
    uint64_t *entries[NF_VM_MODES_MAX];
    nf_vm_region *regions;
    nf_vm_heat heat[NF_VM_HEAT_CELLS];
    nf_vm_counts counts;
};

#endif
