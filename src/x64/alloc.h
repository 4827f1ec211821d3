/*
 * Register allocation: every operand of the LIR gets a register or memory, and the moves that this
 * takes are written down.
 *
 *   gap i        moves that happen at the same time, in front of instruction i
 *   edge e       moves that happen at the same time, on the way along edge e
 *
 * A place is a number as in moves.h: an nf_reg, NF_PLACE_SLOT + n for the n-th spill slot, or
 * NF_PLACE_NONE as the source: the value is made again (remat of its vreg). Moves on edges come
 * after all of the block they leave and before all of the block they enter.
 */
#ifndef NF_X64_ALLOC_H
#define NF_X64_ALLOC_H

#include "lir.h"
#include "moves.h"

typedef struct nf_alloc_move {
    uint32_t to, from;          /* places */
    nf_vreg to_vreg, from_vreg; /* the same value, but on edges to a block's parameters */
    uint32_t next;              /* in nf_alloc.moves; 0 ends */
} nf_alloc_move;

typedef struct nf_slot {
    uint8_t bytes;  /* 8, 16, 32 or 64 */
    uint32_t depth; /* of its start below the spill area's top */
} nf_slot;

typedef struct nf_alloc {
    NF_VEC(nf_alloc_move) moves; /* [0] unused */
    uint32_t *gaps;              /* by instruction: first move; 0: none */
    uint32_t *edges;             /* by edge: first move; 0: none */
    uint64_t *edge_free; /* by edge: registers that hold nothing before its moves nor after */
    NF_VEC(nf_slot) slots;
    uint32_t *slot_of;    /* by vreg id: its slot and one; 0: none */
    uint32_t slot_bytes;  /* size of the spill area; slots of 16 bytes and more are aligned to 16 */
    uint64_t saved_mask;  /* callee-saved registers in use */
    uint32_t spill_count; /* vregs with a slot */
} nf_alloc;

/* Fills `reg` and `in_slot` of all operands. MEMORY is the only failure. */
nf_status nf_alloc_run(nf_lir *lir, nf_arena *arena, nf_alloc *alloc, nf_error *error);

/* The place of an operand after allocation; NF_PLACE_NONE: to be made again. */
static inline uint32_t nf_alloc_place(const nf_alloc *alloc, const nf_lir_operand *operand)
{
    if (operand->reg != NF_REG_NONE) return operand->reg;
    if (!operand->in_slot) return NF_PLACE_NONE;
    return NF_PLACE_SLOT + alloc->slot_of[operand->vreg.id] - 1;
}

/*
 * Follows every value through the allocated code (check_alloc.c): each operand must find its value
 * in the place that it was given, on all ways there. For tests and debug builds; NF_INVALID says
 * which instruction reads something else. Source: the checker of regalloc2.
 */
nf_status nf_alloc_check(const nf_lir *lir, const nf_alloc *alloc, nf_arena *arena,
                         nf_error *error);

#endif
