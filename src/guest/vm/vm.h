/*
 * The block engine: guest code, of whatever guest, as machine code.
 *
 *     guest words ─► decode ─► region: a graph of instructions ─► NIR ─► T1, T2 ─► entries[pc]
 *
 * A region is a piece of guest code that is compiled as one function: a whole nest of loops with
 * the subroutines that it calls, or, where there is no loop, what follows an address. It has one
 * entry. Within it the guest's registers are values, which T2 keeps in host registers; they are
 * loaded at the entry and stored where the region is left. T1 compiles a region first; what runs on
 * goes to T2, and what goes on for long to LLVM, in the way that wins a race. Regions go on in each
 * other by direct jumps, which follow the regions as they come and go, or by a tail call to what
 * the table of entries says.
 *
 * A guest brings a table of its variables, a decoder, and a translator that writes the NIR of one
 * instruction at a time; it never sees blocks, loops or budgets. What it does not want to compile it
 * calls HELP: then the region is left in front of the instruction, and the guest's own code
 * executes it.
 *
 * Counts are exact. Code is entered with a number of instructions that may be executed, and checks
 * on every way back in the guest's code (so on every loop) that what is left suffices to the next
 * check; if it does not, the region is left, and the guest goes on by other means. Nothing else ends
 * a region early, so interrupts come where the interpreter would take them.
 *
 *     nf_vm_exit exit = nf_vm_enter(vm, mode, pc, budget);
 *     switch (exit.reason) ...        // state is true; exit.left instructions remain
 *
 * An engine of one guest belongs to one thread at a time. Freestanding.
 */
#ifndef NF_GUEST_VM_VM_H
#define NF_GUEST_VM_VM_H

#include "ir/ir.h"

enum {
    NF_VM_VARS_MAX = 64,
    NF_VM_MODES_MAX = 2,
    NF_VM_BUDGET_MAX = INT32_MAX,
};

/* Where control goes behind an instruction. */
typedef enum nf_vm_flow {
    NF_VM_NEXT,
    NF_VM_BRANCH,        /* to the target, or on */
    NF_VM_JUMP,          /* to the target */
    NF_VM_CALL,          /* to the target, from where it will come back to what is next */
    NF_VM_CALL_INDIRECT, /* the same to a value */
    NF_VM_INDIRECT, /* to a value: where the call came from that the region contains, if it does */
    NF_VM_HELP,     /* it is not compiled */
} nf_vm_flow;

typedef enum nf_vm_access {
    NF_VM_NO_ACCESS,
    NF_VM_READ,
    NF_VM_WRITE,
    NF_VM_ODD_ACCESS, /* several, or at an address that is no such sum */
} nf_vm_access;

/* A variable, as it is before the instruction, and a number; or the number alone. */
typedef struct nf_vm_sum {
    uint8_t var; /* or NF_VM_CONSTANT, NF_VM_UNKNOWN */
    int32_t addend;
} nf_vm_sum;

enum { NF_VM_CONSTANT = 0xfe, NF_VM_UNKNOWN = 0xff };

typedef struct nf_vm_inst {
    uint64_t pc, next, target;
    uint64_t writes; /* variables, a bit each */
    uint64_t detail; /* the guest's own */
    nf_vm_flow flow;
    /* Where that is said so simply: the guest's memory that it accesses, and what `result`, the
     * first of the variables that it writes, becomes. */
    nf_vm_access access;
    nf_vm_sum address, sum;
    uint8_t result;
} nf_vm_inst;

/* A part of the guest's state, in memory where no region runs. */
typedef struct nf_vm_var {
    uint32_t offset; /* in the state */
    nf_type type;
} nf_vm_var;

typedef struct nf_vm_build nf_vm_build;

/*
 * What is known of accesses when a region is entered: they are all at what one variable was then,
 * and numbers from min to max. Their checks are done once, at the entry.
 */
typedef struct nf_vm_guard {
    nf_vm_sum root; /* addend 0 */
    nf_value value; /* the variable's; none: a constant, 0 */
    int32_t min, max;
    const int32_t *writes; /* those that write; each once */
    uint32_t write_count;
} nf_vm_guard;

typedef struct nf_vm_guest {
    const char *name;
    const nf_vm_var *vars;
    uint32_t var_count;
    nf_vm_var pc;
    uint64_t pc_count; /* addresses of code are below */
    /* The instruction at pc, in one of the guest's modes: a code region is compiled for one. */
    void (*decode)(void *state, uint32_t mode, uint64_t pc, nf_vm_inst *inst);
    /* Its NIR, by the functions below. */
    void (*translate)(nf_vm_build *build, const nf_vm_inst *inst);
    /* The checks of a guard, by nf_vm_help_if(). What they find must hold as long as the region runs;
     * if they fail the region is compiled again without guards. */
    void (*guard)(nf_vm_build *build, const nf_vm_guard *guard);
    /* The word at pc is part of a region from now on: the guest calls nf_vm_written() when it is
     * written, and translates stores so that one to such a word is helped. */
    void (*cover)(void *state, uint64_t pc);
    /* The checks of those among some instructions that store, by nf_vm_help_if(), in front of the
     * first; translate() does none then. */
    void (*check)(nf_vm_build *build, const nf_vm_inst *const *insts, uint32_t count);
    /* A region that begins at pc came to be, or went. */
    void (*entry)(void *state, uint64_t pc, bool is_there);
} nf_vm_guest;

/* --- translation ------------------------------------------------------------------------------ */

struct nf_vm_build {
    nf_func *func;
    nf_block block; /* NIR of the instruction is appended here */
    nf_value state; /* i64: the guest's state in memory */
    void *guest_state;
    uint32_t mode;
};

/* Alias classes for the guest's own memory begin here. */
enum { NF_VM_ALIAS_VARS = 1, NF_VM_ALIAS_GUEST = 2 };

nf_value nf_vm_get(nf_vm_build *build, unsigned var);
void nf_vm_set(nf_vm_build *build, unsigned var, nf_value value);
/* Leaves the region in front of this instruction for the guest's own code to execute it. Before the
 * first nf_vm_set() of an instruction. */
void nf_vm_help_if(nf_vm_build *build, nf_value condition);
/* The guard that has checked this instruction's access, and its distance from the guard's root; or
 * NULL. */
const nf_vm_guard *nf_vm_guarded(const nf_vm_build *build, int32_t *distance);
/* If it has an id: the instruction is executed, though where this is true it must have no effect.
 * What it sets is then taken back. What it stores must there be what was there; what it loads does
 * not matter. */
nf_value nf_vm_skipped(const nf_vm_build *build);
/* What a BRANCH ends with. */
void nf_vm_branch_if(nf_vm_build *build, nf_value condition);
/* What CALL_INDIRECT and INDIRECT end with. target: of pc's type. */
void nf_vm_jump_to(nf_vm_build *build, nf_value target);

/* --- running ---------------------------------------------------------------------------------- */

typedef struct nf_vm nf_vm;

typedef struct nf_vm_config {
    const nf_allocator *allocator; /* NULL: the platform's; for any thread, with `llvm` */
    size_t code_bytes;             /* limit of machine code; 0: 16 MiB */
    uint64_t features_off;         /* CPU features not to be used */
    uint64_t hot;                  /* instructions that make code worth compiling; 0: 2^14 */
    bool single_blocks;            /* regions are blocks and do not go on in each other */
    bool llvm; /* what stays hot goes to the LLVM tier, too, compiled by another thread */
} nf_vm_config;

nf_status nf_vm_new(const nf_vm_guest *guest, void *state, const nf_vm_config *config, nf_vm **vm,
                    nf_error *error);
void nf_vm_free(nf_vm *vm);

typedef enum nf_vm_reason {
    NF_VM_BUDGET, /* too little is left for the code at pc */
    NF_VM_COLD,   /* there is no region at pc */
    NF_VM_HELPED, /* the guest is to execute the instruction at pc */
    NF_VM_GUARDED, /* what the region at pc took for granted does not hold; nf_vm_enter() sees to it */
    NF_VM_REASON_COUNT
} nf_vm_reason;

typedef struct nf_vm_exit {
    nf_vm_reason reason;
    uint32_t left; /* of the budget */
} nf_vm_exit;

/* Executes guest code from pc on, which is what the state says. budget: at most NF_VM_BUDGET_MAX. */
nf_vm_exit nf_vm_enter(nf_vm *vm, uint32_t mode, uint64_t pc, uint64_t budget);

/* The longest way through the region at pc to a check, in instructions; 0: there is none. */
uint32_t nf_vm_region_length(const nf_vm *vm, uint32_t mode, uint64_t pc);

/* A region for what is hot at pc. It may begin elsewhere, at the head of the loops around pc, if
 * there is none yet; then a second call makes one that begins at pc. NF_UNSUPPORTED: the first
 * instruction is not compiled. When code memory is full all regions go, and it is tried again. */
nf_status nf_vm_compile(nf_vm *vm, uint32_t mode, uint64_t pc, nf_error *error);

/* All regions go. Not while one runs. */
void nf_vm_flush(nf_vm *vm);
/* The code at the address has changed: the regions that contain it go. Not while one runs. */
void nf_vm_written(nf_vm *vm, uint64_t address);

/*
 * Heat: how much time code takes that is not compiled, as a moving average. Its unit is guest
 * instructions; it halves with every HALF_LIFE instructions that the guest executes. A region that
 * went because it was written doubles what its successor must reach.
 */
/* True when the code at pc is worth being compiled. now: instructions so far. */
bool nf_vm_heat_add(nf_vm *vm, uint64_t pc, uint64_t heat, uint64_t now);
/* It cannot be compiled. */
void nf_vm_heat_refuse(nf_vm *vm, uint64_t pc);

enum { NF_VM_WAYS = 4 };

typedef struct nf_vm_counts {
    uint32_t regions_made, regions_written, regions_flushed, regions_refused;
    uint32_t regions_unguarded;      /* made again, without guards */
    uint32_t compiled[NF_VM_WAYS];   /* by way: T1, T2, T2 flat, LLVM */
    uint32_t races, races_won;       /* won: by who was not there before */
    uint64_t code_bytes, compile_ns; /* of all that were made */
    uint64_t instructions;           /* that regions have executed */
    uint64_t entries;                /* of regions, by nf_vm_enter() */
    uint64_t links;                  /* jumps from regions to others that were made, */
    uint64_t links_changed;          /* and turned since to another region, or from it */
    uint64_t exits[NF_VM_REASON_COUNT];
} nf_vm_counts;
const nf_vm_counts *nf_vm_counts_of(const nf_vm *vm);

#endif
