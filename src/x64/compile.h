/*
 * From NIR to x86-64: the two compilers.
 *
 *   nf_baseline_compile()   T1: one linear walk, no optimisation, with counters
 *   nf_backend_compile()    T2: instruction selection, register allocation, emission of a function
 *                           that the passes of src/opt/ have already worked on
 *
 * Both take a verified function that nobody changes meanwhile and give a position-independent blob
 * with relocations, which src/code/ places. Both keep RBP as the frame pointer, follow the System V
 * ABI and may use no red zone (signal-safe in ring 0 too). Any thread, each with its own arena.
 * Errors: NF_MEMORY, NF_LIMIT, NF_SYMBOL (an unresolved symbol, by name), NF_UNSUPPORTED (this CPU
 * or tier can't do an operation; the message names it). Freestanding.
 */
#ifndef NF_X64_COMPILE_H
#define NF_X64_COMPILE_H

#include "asm.h"
#include "ir/ir.h"

enum { NF_BACK_EDGES = 128, NF_BACK_EDGES_MAX = 1 << 30 };

typedef struct nf_compile {
    const nf_link *link;
    nf_arena *arena;       /* blob and scratch memory; reset by the caller afterwards */
    uint64_t features;     /* what the code may use: see os/cpu.def */
    uint64_t *entry_count; /* counts calls, in reach of the code; NULL: not counted */
    uint64_t *loop_count;  /* T1: counts back edges, back_edges at once, the rest when the function
                              is left; NULL: not counted */
    uint32_t back_edges;   /* 0: NF_BACK_EDGES */
    const uint64_t *turn;  /* T1: holds the address of what is called whenever back_edges of them
                              were counted, as osr.h says; NULL: nothing. In reach of the code */
    bool want_map;         /* fill nf_compiled.map */
    bool contracts;        /* T2: negations go into fused operations, which keep a NaN's sign */
} nf_compile;

/* Machine code that a NIR instruction became: code from offset up to the next entry's. */
typedef struct nf_code_map {
    uint32_t offset;
    nf_value value; /* none: prologue, moves, spills */
} nf_code_map;

typedef struct nf_compiled {
    nf_blob blob;
    uint32_t frame_bytes;   /* below the saved RBP */
    uint32_t saved_mask;    /* callee-saved registers pushed, bit per nf_reg */
    const nf_code_map *map; /* by offset */
    uint32_t map_count;
    uint32_t spill_count; /* T2: values that live in memory at some time */
} nf_compiled;

nf_status nf_baseline_compile(const nf_func *f, const nf_compile *options, nf_compiled *out,
                              nf_error *error);
nf_status nf_backend_compile(const nf_func *f, const nf_compile *options, nf_compiled *out,
                             nf_error *error);

/* Whether the back end can do this vector operation with these features; the vectoriser asks first.
 * type: the result's type, operand: the type of operand a (for conversions, comparisons, stores). A
 * shift with a scalar operand type is one whose amount is a splat, the same in all lanes. */
bool nf_backend_supports(nf_op op, nf_type type, nf_type operand, uint64_t features);

#endif
