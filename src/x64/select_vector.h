/*
 * Between the files of the vector half of instruction selection.
 *
 * A vector narrower than 16 bytes lives in the low lanes of an XMM register; what lies above is
 * anything, and operations work on all 16 bytes. `width` is therefore 16, 32 or 64 here. Every
 * lowering asks for its rows first (nf_vector_row(), 0: this CPU has none) and gives false before
 * it emits anything, which is what lets nf_select_vector_supports() try it without a function: the
 * same lowering runs with `probe` set, and stops where it would emit.
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

static inline bool nf_vector_is_unsigned(nf_cond cond)
{
    return cond >= NF_ULT && cond <= NF_UGT;
}

/* What is to be lowered. Without a function (probe) only op, sub, type and operand are known. */
typedef struct nf_vector_job {
    nf_select *s; /* NULL: probe */
    uint64_t features;
    nf_value v;
    const nf_inst *inst;
    nf_type
        operand; /* type of inst->a; of a shift what nf_backend_supports() was told of the count */
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
/* The same in a register. */
nf_vreg nf_vector_pattern_vreg(nf_select *s, uint64_t pattern, unsigned element_bytes,
                               unsigned width);
static inline nf_lir_rm nf_vector_in_register(nf_vreg v)
{
    return (nf_lir_rm){.vreg = v, .in_register = true};
}
/* What b is, in a register: for when it is needed twice. */
nf_vreg nf_vector_in_vreg(nf_select *s, uint64_t features, unsigned width, nf_lir_rm b);
/* A new register = a op b, or = op a. */
nf_vreg nf_vector_apply(nf_select *s, unsigned row, unsigned width, nf_vreg a, nf_lir_rm b);
nf_vreg nf_vector_apply_imm(nf_select *s, unsigned row, unsigned width, nf_vreg a, int64_t imm);
/* d = op a by an immediate: shifts. Legacy rows work in place, the others have a register of their
 * own. */
void nf_vector_by_imm(nf_select *s, unsigned row, unsigned width, nf_vreg d, nf_vreg a,
                      int64_t imm);
/* The row of and, or, xor. */
unsigned nf_vector_bitwise(uint64_t features, nf_op op, unsigned width);
/* Whether v is a splat of a constant; its bits. */
bool nf_vector_is_constant(const nf_select *s, nf_value v, int64_t *bits);

/* d = a op b for a binary operation on whole vectors of this element type; false: no row. With s
 * NULL: a question. select_arith.c */
bool nf_vector_binary(nf_select *s, uint64_t features, nf_op op, nf_type element, unsigned width,
                      nf_vreg d, nf_vreg a, nf_lir_rm b);
/* The job's product of 32 bits by PMADDWD, when its factors are known to be narrow. select_words.c */
bool nf_vector_mul_words(const nf_vector_job *job);
/* Shifts by an immediate: the row, and the signed one by more than 8 bytes where there is none.
 * select_shift.c */
unsigned nf_vector_shift_row(uint64_t features, nf_op op, unsigned size, unsigned width);
/* Every lane full of its sign bit. */
nf_vreg nf_vector_signs(nf_select *s, unsigned size, unsigned width, nf_vreg a);

/* select_order.c: lanes of ones where a > b or, not greater, a = b. */
unsigned nf_vector_compare_row(uint64_t features, bool greater, unsigned size, unsigned width);

/* select_mask.c: masks in mask registers. */
/* Whether this CPU has mask registers for lanes of this type. */
bool nf_vector_has_masks(uint64_t features, nf_type type);
/* A mask register for a vector boolean: bits of the lanes, what lies above is anything; or zero. */
nf_vreg nf_vector_mask(nf_select *s, nf_value v);
nf_vreg nf_vector_mask_exact(nf_select *s, nf_value v);
/* A comparison by way of a mask register into lanes; false: this CPU can't. */
bool nf_vector_compare_by_mask(const nf_vector_job *job);
/* The predicate of VCMPPS. */
unsigned nf_vector_predicate(nf_cond cond);
/* The mask register that users of v asked for; none. */
nf_vreg nf_vector_mask_wanted(const nf_select *s, nf_value v);
/* Makes it, and v's lanes when they were asked for too, where v is defined; false: not without
 * lanes. */
bool nf_vector_mask_define(const nf_vector_job *job, nf_vreg k);
/* ... from v's lanes. */
void nf_vector_mask_gather(const nf_vector_job *job, nf_vreg k);
/* Whether a boolean is at home in a mask register. */
bool nf_vector_is_mask(const nf_select *s, nf_value v);
/* Whether every lane of a boolean is all ones or all zeros for sure. */
bool nf_vector_is_whole(const nf_select *s, nf_value v);

/* select_widen.c */
nf_vector_rows nf_vector_extend_rows(bool sign, unsigned from, unsigned to); /* by sizes */
/* The operand, for a row whose wider side has `width` bytes and whose result has elements like
 * `to`. */
nf_lir_rm nf_vector_source(const nf_vector_job *job, unsigned width, nf_type to);
/* d = a, a register of `width` bytes, its lanes cut; sizes as above. With s NULL: a question. */
bool nf_vector_narrow(nf_select *s, uint64_t features, unsigned from, unsigned to, unsigned width,
                      nf_vreg d, nf_vreg a);

/* select_lanes.c: the 16- or 32-byte part number `part` of a vector of `width` bytes. */
unsigned nf_vector_part_row(uint64_t features, unsigned width, unsigned part_bytes);
nf_vreg nf_vector_part(nf_select *s, unsigned row, unsigned width, unsigned part_bytes, nf_vreg a,
                       int64_t part);
nf_vreg nf_vector_low_part(nf_select *s, unsigned part_bytes, nf_vreg a);
/* The job's result is the scalar in lane 0 of a. */
void nf_vector_lane_zero(const nf_vector_job *job, nf_type element, nf_vreg a);

/* d = mask ? b : c, lanes of 64 bits that are all ones or zeros. select_masked.c */
void nf_vector_blend(nf_select *s, unsigned width, nf_vreg d, nf_vreg mask, nf_vreg b, nf_vreg c);

nf_vector_lowering nf_vector_arith, nf_vector_unary, nf_vector_fma,
    nf_vector_fmuladd;                                                         /* select_arith.c */
nf_vector_lowering nf_vector_shift;                                            /* select_shift.c */
nf_vector_lowering nf_vector_compare;                                          /* select_order.c */
nf_vector_lowering nf_vector_select, nf_vector_mload, nf_vector_mstore;        /* select_masked.c */
nf_vector_lowering nf_vector_extend, nf_vector_cut, nf_vector_bitcast;         /* select_widen.c */
nf_vector_lowering nf_vector_to_float, nf_vector_to_int, nf_vector_float_size; /* select_number.c */
nf_vector_lowering nf_vector_splat, nf_vector_iota, nf_vector_extract, nf_vector_insert,
    nf_vector_reverse;                                /* select_lanes.c */
nf_vector_lowering nf_vector_popcnt, nf_vector_bswap; /* select_count.c */
nf_vector_lowering nf_vector_first;                   /* select_first.c */
nf_vector_lowering nf_vector_reduce;                  /* select_reduce.c */
nf_vector_lowering nf_vector_read, nf_vector_write;   /* select_vector.c */

#endif
