/*
 * Between the files of the folder:
 *
 *   fold.c          walks the function, folds constants, asks the rules
 *   fold_int.c      rules of integer arithmetic and bits
 *   fold_divide.c   divisions by constants
 *   fold_compare.c  comparisons, selects and branches
 *   fold_other.c    conversions, floating point, vectors, loads of constants
 *   fold_bits.c     which bits are known to be zero
 *
 * A rule looks at one instruction, whose operands are final, and gives the value that takes its
 * place, or none. It makes instructions by nf_fold_make(), which folds them in turn; when that gives
 * none (memory is out, or the back end lacks the vector operation) the rule does not apply. A rule
 * must keep every bit of the result for every input; NaNs count, and so do traps.
 */
#ifndef NF_OPT_FOLD_INTERNAL_H
#define NF_OPT_FOLD_INTERNAL_H

#include "ir/eval.h"
#include "opt_internal.h"

typedef struct nf_fold {
    nf_opt *opt;
    nf_func *f;
    nf_value at;   /* the instruction being folded; new ones go in front of it */
    nf_value *map; /* what took the place of a value, by id */
    uint32_t map_count;
    nf_renaming renaming; /* by map */
    uint32_t *uses;       /* by id, as the pass found them */
    uint32_t depth;       /* of folding what rules made */
    bool changed;
    bool divides; /* narrow divisions by constants become multiplications */
} nf_fold;

/* inst is a copy; its operands are final. */
typedef nf_value nf_fold_rule(nf_fold *k, const nf_inst *inst);

extern nf_fold_rule *const nf_fold_rules[NF_OP_COUNT];

nf_fold_rule nf_fold_add, nf_fold_sub, nf_fold_mul, nf_fold_mulh, nf_fold_and, nf_fold_or,
    nf_fold_xor, nf_fold_shl, nf_fold_lshr, nf_fold_ashr, nf_fold_rotate, nf_fold_min_max,
    nf_fold_abs, nf_fold_bswap, nf_fold_overflow, nf_fold_divide, nf_fold_icmp, nf_fold_fcmp,
    nf_fold_select, nf_fold_extend, nf_fold_trunc, nf_fold_to_float, nf_fold_fptrunc,
    nf_fold_bitcast, nf_fold_fadd, nf_fold_fsub, nf_fold_fmul, nf_fold_fdiv, nf_fold_fmuladd,
    nf_fold_fsign, nf_fold_fmin_max, nf_fold_fround, nf_fold_extract, nf_fold_reverse, nf_fold_load;

/* Terminators are changed in place. */
bool nf_fold_branch(nf_fold *k, nf_value terminator);

/* --- what rules are written with --- */
static inline const nf_inst *nf_fold_at(const nf_fold *k, nf_value v)
{
    return nf_inst_at(k->f, v);
}

static inline unsigned nf_type_bits(nf_type type) /* of an element */
{
    return nf_type_element_bytes(type) * 8;
}

/* The ones of an element. */
static inline uint64_t nf_type_mask(nf_type type)
{
    return UINT64_MAX >> (64 - nf_type_bits(type));
}

/* Whether nobody but the instruction at hand uses the value. */
static inline bool nf_fold_is_single(const nf_fold *k, nf_value v)
{
    return v.id >= k->map_count || k->uses[v.id] <= 1;
}

/* Whether the value is the operation, and then its record. */
static inline const nf_inst *nf_fold_is(const nf_fold *k, nf_value v, nf_op op)
{
    const nf_inst *inst = nf_inst_at(k->f, v);
    return inst->op == op ? inst : NULL;
}

/* Whether the value is an integer constant, or a vector with one in all lanes; sign-extended. */
bool nf_fold_constant(const nf_fold *k, nf_value v, int64_t *constant);
/* The same for floating point; the bits. */
bool nf_fold_fconstant(const nf_fold *k, nf_value v, uint64_t *bits);
static inline bool nf_fold_is_constant(const nf_fold *k, nf_value v, int64_t wanted)
{
    int64_t constant;
    return nf_fold_constant(k, v, &constant) && constant == wanted;
}

/* An integer constant of the type (all lanes of a vector). */
nf_value nf_fold_int(nf_fold *k, nf_type type, int64_t constant);
/* Any instruction, folded; c may be none. */
nf_value nf_fold_record(nf_fold *k, const nf_inst *record);
nf_value nf_fold_make(nf_fold *k, nf_op op, nf_type type, nf_value a, nf_value b);
nf_value nf_fold_make_int(nf_fold *k, nf_op op, nf_type type, nf_value a, int64_t b);
nf_value nf_fold_make_compare(nf_fold *k, nf_op op, nf_cond cond, nf_value a, nf_value b);
nf_value nf_fold_make_select(nf_fold *k, nf_value condition, nf_value yes, nf_value no);

/* Bits of each element that are zero whatever the inputs are. */
uint64_t nf_fold_zero_bits(const nf_fold *k, nf_value v);
/* Whether the i8 is 0 or 1. */
static inline bool nf_fold_is_bool(const nf_fold *k, nf_value v)
{
    return nf_type_of(k->f, v) == NF_I8 && (nf_fold_zero_bits(k, v) & 0xfe) == 0xfe;
}

#define NF_NO_VALUE ((nf_value){0})

#endif
