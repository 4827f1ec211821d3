/*
 * Between the files of the vector half of instruction selection.
 *
 * A vector narrower than 16 bytes lives in the low lanes of an XMM register; what lies above is
 * anything, and operations work on all 16 bytes. `width` is therefore 16, 32 or 64 here. Every lowering asks
 * for its rows first (nf_vector_row(), 0: this CPU has none) and gives false before it emits anything, which
 * is what lets nf_select_vector_supports() try it without a function: the same lowering runs with
 * `probe` set, and stops where it would emit.
 */
#ifndef NF_X64_SELECT_VECTOR_H
#define NF_X64_SELECT_VECTOR_H

#include "select_internal.h"

/* One operation in the old encoding and in VEX or EVEX; 0: there is none. */
typedef struct nf_vector_rows {
    uint16_t legacy, vex;
} nf_vector_rows;

/* The row for this width on a CPU with these features, or 0. */
unsigned nf_vector_row(uint64_t features, nf_vector_rows rows, unsigned width);
/* The same for a row that must be encoded in EVEX (it takes a mask). */
unsigned nf_vector_row_evex(uint64_t features, unsigned row, unsigned width);

static inline unsigned nf_vector_width(nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    return bytes < 16 ? 16 : bytes;
}
/* log2 of an element's bytes: the index of tables by element. */
static inline unsigned nf_vector_size(nf_type type)
{
    return (unsigned)__builtin_ctz(nf_type_element_bytes(type));
}

/* What is to be lowered. Without a function (probe) only op, sub, type and operand are known. */
typedef struct nf_vector_job {
    nf_select *s; /* NULL: probe */
    uint64_t features;
    nf_value v;
    const nf_inst *inst;
    nf_type operand; /* type of inst->a */
} nf_vector_job;

typedef bool nf_vector_lowering(const nf_vector_job *job);

/* A register for an intermediate result of this width, and one for the job's result. */
nf_vreg nf_vector_temp(nf_select *s, unsigned width);
static inline nf_vreg nf_vector_result(const nf_vector_job *job)
{
    return nf_select_result(job->s, job->v);
}
/* A constant that repeats a pattern of element_bytes through the width. */
nf_lir_rm nf_vector_pattern(nf_select *s, uint64_t pattern, unsigned element_bytes, unsigned width);
static inline nf_lir_rm nf_vector_in_register(nf_vreg v)
{
    return (nf_lir_rm){.vreg = v, .in_register = true};
}

/* d = a op b for a binary operation on whole vectors of this element type; false: no row. With s NULL: a question.
 * select_arith.c */
bool nf_vector_binary(nf_select *s, uint64_t features, nf_op op, nf_type element, unsigned width,
                      nf_vreg d, nf_vreg a, nf_lir_rm b);
/* select_mask.c: a mask register for a vector boolean: a comparison folded into it, or its lanes' top bits. */
bool nf_vector_mask(const nf_vector_job *job, nf_value mask, nf_type mask_type, nf_vreg *k);

nf_vector_lowering nf_vector_arith, nf_vector_unary, nf_vector_shift,
    nf_vector_fma; /* select_arith.c */
nf_vector_lowering nf_vector_compare, nf_vector_select, nf_vector_mload,
    nf_vector_mstore;                 /* select_mask.c */
nf_vector_lowering nf_vector_convert; /* select_widen.c */
nf_vector_lowering nf_vector_splat, nf_vector_iota, nf_vector_extract,
    nf_vector_insert, /* select_lanes.c */
    nf_vector_reduce, nf_vector_reverse;
nf_vector_lowering nf_vector_read, nf_vector_write; /* select_vector.c */

#endif
