/*
 * The evaluator: what NIR means, bit by bit. T0 and every test's oracle; its operations are the
 * constant folder's too.
 *
 * It works on the process's real memory, calls host symbols through nf_os_call() and NIR functions
 * by interpreting them. A trap, an exhausted step budget or call depth ends the evaluation with a
 * status and the place. The functions must have been verified. Any thread; one nf_eval per thread.
 *
 * What ops.def leaves to the machine: a function's locals are zeroed here; in compiled code they
 * hold anything until they are written.
 */
#ifndef NF_IR_EVAL_H
#define NF_IR_EVAL_H

#include "ir.h"

/* One value of any type, little-endian lanes, unused bytes zero. */
typedef union nf_bits {
    uint64_t u64[8];
    uint32_t u32[16];
    uint16_t u16[32];
    uint8_t u8[64];
    float f32[16];
    double f64[8];
} nf_bits;

/* Computes one pure operation on values (inst gives op, sub, imm, type; operand_type is a's type).
 * Operands that the operation has not may be NULL; result may be one of the operands. False when it
 * would trap. Shared by the evaluator and the constant folder; any thread. */
bool nf_eval_op(const nf_inst *inst, nf_type operand_type, const nf_bits *a, const nf_bits *b,
                const nf_bits *c, nf_bits *result);

typedef struct nf_eval {
    const nf_link *link;
    uint64_t steps;     /* counts instructions down; 0 ends with NF_LIMIT */
    uint32_t depth_max; /* of calls, at least 1 */
    nf_arena *arena;    /* frames */
    /* The evaluator's own, made in the arena and kept for the next run: start with NULL, and set it
     * to NULL again when the arena is reset. */
    struct nf_eval_stack *stack;
    /* NULL: calls of NIR functions are interpreted. Else asked first (the engine sends calls
     * through stubs); returns false to interpret. */
    bool (*call)(void *context, nf_symbol callee, const nf_bits *args, nf_bits *result);
    void *context;
    nf_op trapped; /* out, with NF_TRAP: the operation that trapped */
    nf_error *error;
} nf_eval;

/*
 * args: one per parameter, each in the low bytes of its nf_bits. result may be NULL and is left
 * alone by a void function. Fails with NF_TRAP; NF_LIMIT (steps, depth); NF_SYMBOL (one without
 * address was used); NF_INVALID (an indirect call of a NIR function with another signature than its
 * own); NF_UNSUPPORTED (vectors over 16 bytes to or from the host); NF_MEMORY. What eval->call or a
 * host function does may evaluate again with the same nf_eval.
 */
nf_status nf_eval_run(nf_eval *eval, const nf_func *f, const nf_bits *args, nf_bits *result);

#endif
