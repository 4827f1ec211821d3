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
    NF_VM_SIDE_MAX = 4, /* instructions that a branch skips and that are executed */
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
    uint32_t side;    /* instructions behind it that are executed whether it branches or not */
    bool is_side;     /* it is one of those */
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

/* Finds branches around short lines, which become part of the line (flatten.c). Gives how many. */
uint32_t nf_vm_graph_flatten(nf_vm_graph *graph);

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

enum { NF_VM_EXIT_NAME_BYTES = 24 };
void nf_vm_exit_name(char name[NF_VM_EXIT_NAME_BYTES], uint64_t pc);

/* The function takes the state's address and the budget, and gives left << 2 | reason. */
enum { NF_VM_REASON_BITS = 2 };

/* Where a region goes on, each address once. For each the module has an extern function, in this
 * order and behind the region's own symbol. */
typedef NF_VEC(uint64_t) nf_vm_exits;

nf_status nf_vm_graph_build(const nf_vm_graph *graph, nf_module *module, nf_func **func,
                            nf_vm_exits *exits, nf_error *error);
/* What stands for regions that are not there: the guest goes on by other means. */
nf_func *nf_vm_cold_build(nf_module *module);

/* --- regions and their entries (cache.c) --- */

typedef struct nf_vm_range {
    uint64_t start, end; /* of covered addresses */
} nf_vm_range;

/* A jump to where a region goes on, in its code (link.c). */
typedef struct nf_vm_link {
    struct nf_vm_link *next, **back; /* of those that lead to the same address */
    uint64_t pc, field; /* where it leads, in the guest; its displacement, in the code */
} nf_vm_link;

typedef enum nf_vm_way { NF_VM_WAY_T1, NF_VM_WAY_T2, NF_VM_WAY_FLAT, NF_VM_WAY_LLVM } nf_vm_way;

typedef struct nf_vm_region {
    struct nf_vm_region *next;
    uint64_t pc, address; /* of the guest, and of its code */
    uint64_t hot_pc;      /* what was hot, when it is not where the region begins */
    uint32_t mode, length;
    nf_vm_way way;
    bool guarded, has_climbed;
    uint64_t instructions, next_at; /* executed from here; when there will be a next step */
    uint32_t range_count, link_count;
    nf_vm_link *links;    /* behind the ranges */
    nf_vm_range ranges[]; /* ascending */
} nf_vm_region;

/* An address of the guest, in one of its modes. */
typedef struct nf_vm_place {
    nf_vm_region *region; /* that is entered here, or NULL */
    nf_vm_link *links;    /* that lead here */
} nf_vm_place;

/* --- jumps from region to region (link.c) --- */

typedef struct nf_vm_site {
    uint64_t pc;     /* where it leads */
    uint32_t offset; /* of the displacement in the blob */
} nf_vm_site;
typedef NF_VEC(nf_vm_site) nf_vm_sites;

/* What a region is compiled with as the address of an exit's extern. Nothing is there. */
uint64_t nf_vm_exit_address(const nf_vm *vm, uint32_t exit);
/* The jumps in a blob that was compiled so; they lead to the code that leaves from now on. */
nf_status nf_vm_links_find(nf_vm *vm, const nf_vm_exits *exits, nf_blob *blob, nf_vm_sites *sites,
                           nf_error *error);
/* The jumps of a region that was placed. */
void nf_vm_links_add(nf_vm *vm, nf_vm_region *region);
void nf_vm_links_remove(nf_vm_region *region);
/* Those that lead to pc, after the region there has changed. */
void nf_vm_links_point(nf_vm *vm, uint32_t mode, uint64_t pc);

/* What is to be compiled. */
typedef struct nf_vm_order {
    uint32_t mode;
    uint64_t pc, hot_pc; /* hot_pc: 0, or what was hot before */
    nf_vm_way way;
    bool guarded;
    bool exactly; /* it begins at pc and not elsewhere, and no other region goes for it */
} nf_vm_order;

/* The same region, in another way. */
static inline nf_vm_order nf_vm_order_of(const nf_vm_region *region, nf_vm_way way)
{
    return (nf_vm_order){region->mode, region->pc, region->hot_pc, way, region->guarded, true};
}

/* What is to be compiled, as a graph. */
nf_status nf_vm_graph_find(nf_vm *vm, const nf_vm_order *order, nf_arena *arena, nf_vm_graph *graph,
                           nf_error *error);
/* A region of a graph's code, as nf_vm_region_compile(). The blob was compiled with
 * nf_vm_exit_address() for exits. Uses the VM's arena. */
nf_status nf_vm_region_place(nf_vm *vm, const nf_vm_graph *graph, const nf_vm_order *order,
                             const nf_vm_exits *exits, const nf_blob *blob, nf_vm_region **region,
                             nf_error *error);
/* Adds a region to all that there are; it is not entered yet (compile.c). */
nf_status nf_vm_region_compile(nf_vm *vm, const nf_vm_order *order, nf_vm_region **region,
                               nf_error *error);

/* Makes vm->cold. */
nf_status nf_vm_cold_compile(nf_vm *vm, nf_error *error);

nf_status nf_vm_cache_make(nf_vm *vm, nf_error *error);
void nf_vm_cache_free(nf_vm *vm);
/* The region that is entered at pc, or NULL. */
nf_vm_region *nf_vm_cache_find(const nf_vm *vm, uint32_t mode, uint64_t pc);
/* Its code is at the address, and goes on elsewhere at the sites. */
nf_status nf_vm_cache_add(nf_vm *vm, const nf_vm_graph *graph, const nf_vm_order *order,
                          uint64_t address, const nf_vm_sites *sites, nf_vm_region **region,
                          nf_error *error);
/* The region is entered at its pc from now on, instead of who was. */
void nf_vm_cache_publish(nf_vm *vm, nf_vm_region *region);
/* The region goes. */
void nf_vm_cache_remove(nf_vm *vm, nf_vm_region *region);
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

/* --- how regions get better (race.c) --- */

typedef enum nf_vm_side { NF_VM_HOLDER, NF_VM_RIVAL, NF_VM_SIDES } nf_vm_side;
enum { NF_VM_RACE_PAIRS = 16 };

typedef struct nf_vm_race {
    nf_vm_region *holder, *rival; /* NULL: there is no race */
    uint32_t slices, tries;
    double ticks[NF_VM_SIDES][NF_VM_RACE_PAIRS]; /* for an instruction */
} nf_vm_race;

bool nf_vm_races(const nf_vm *vm, const nf_vm_region *region);
/* The region was entered, and so many instructions were executed. ticks: when it races. */
void nf_vm_ran(nf_vm *vm, nf_vm_region *region, uint64_t instructions, uint64_t ticks);
/* Before regions go: the holder stays. */
void nf_vm_race_cancel(nf_vm *vm);

/* --- the LLVM tier (climb.c) --- */

typedef struct nf_vm_climb {
    bool is_active;
    bool is_done;         /* atomic: the thread has ended */
    nf_vm_region *region; /* whose rival it will be; NULL: that has gone */
    nf_vm_order order;
    nf_os_thread thread;
    uint64_t features;
    nf_arena arena; /* of what follows; the thread's, until it has ended */
    nf_module *module;
    nf_func *func;
    nf_vm_graph graph;
    nf_vm_exits exits;
    nf_status status;
    const void *object;
    size_t bytes;
} nf_vm_climb;

/* Has LLVM compile the region. None climbs yet. */
void nf_vm_climb_begin(nf_vm *vm, nf_vm_region *region);
/* The region that has come of it, not published yet, and which it shall race against; or NULL. */
nf_vm_region *nf_vm_climb_poll(nf_vm *vm, nf_vm_region **holder);
/* The region goes; the code at the address was written. */
void nf_vm_climb_forget(nf_vm *vm, const nf_vm_region *region);
void nf_vm_climb_written(nf_vm *vm, uint64_t address);
/* Waits for the thread. */
void nf_vm_climb_free(nf_vm *vm);

struct nf_vm {
    const nf_vm_guest *guest;
    void *state;
    nf_vm_config config;
    const nf_allocator *allocator;
    uint64_t features;
    nf_code_memory *code;
    nf_arena arena;                       /* of one compilation */
    uint64_t cold;                        /* code that leaves, as there is no region */
    bool is_code_new;                     /* since nf_os_code_sync() */
    uint64_t *entries[NF_VM_MODES_MAX];   /* by pc: code */
    nf_vm_place *places[NF_VM_MODES_MAX]; /* by pc */
    nf_vm_region *regions;
    nf_vm_race race;
    nf_vm_climb climb;
    nf_vm_heat heat[NF_VM_HEAT_CELLS];
    nf_vm_counts counts;
};

#endif
