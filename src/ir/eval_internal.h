/*
 * What the evaluator's files share: kernels of pure operations, and exact floating point.
 * Freestanding.
 */
#ifndef NF_IR_EVAL_INTERNAL_H
#define NF_IR_EVAL_INTERNAL_H

#include "eval.h"

/*
 * As nf_eval_op(), but touches only the bytes of the types involved: a, b, c and result may point
 * to less than a whole nf_bits. The result overlaps no operand.
 */
bool nf_eval_apply(const nf_inst *inst, nf_type operand_type, nf_bits *result, const nf_bits *a,
                   const nf_bits *b, const nf_bits *c);

/* --- kernels: one operation on one element type, lane by lane; a scalar is one lane. detail: the
 * lane of extract and insert, 1 for a negated condition. False when it traps. --- */
typedef bool nf_kernel(nf_bits *r, const nf_bits *pa, const nf_bits *pb, const nf_bits *pc,
                       unsigned lanes, unsigned detail);
#define KERNEL(name)                                                                               \
    static bool name(nf_bits *r, const nf_bits *pa, const nf_bits *pb, const nf_bits *pc,          \
                     unsigned lanes, unsigned detail)
#define UNUSED(x) ((void)(x))
#define EACH_LANE for (unsigned i = 0; i < lanes; i++)

enum { NF_ELEMENTS = NF_F64 + 1 };

/* NULL where the table has nothing for an operation and element. */
extern nf_kernel *const nf_kernels_int[NF_OP_COUNT][NF_ELEMENTS];
extern nf_kernel *const nf_kernels_lane[NF_OP_COUNT][NF_ELEMENTS]; /* any element */
extern nf_kernel *const nf_kernels_float[NF_OP_COUNT][NF_ELEMENTS];
/* By condition with its lowest bit cleared. */
extern nf_kernel *const nf_kernels_compare[NF_FOEQ][NF_ELEMENTS];
extern nf_kernel *const nf_kernels_fcompare[NF_COND_COUNT][NF_ELEMENTS];
nf_kernel *nf_kernel_convert(nf_op op, nf_type from, nf_type to);

/* --- an IEEE 754 binary format, for the operations that are done on bits --- */
typedef struct nf_float_format {
    unsigned fraction_bits; /* stored ones */
    unsigned exponent_bits;
} nf_float_format;

static const nf_float_format NF_FORMAT_32 = {23, 8};
static const nf_float_format NF_FORMAT_64 = {52, 11};

/* a * b + c rounded once to nearest even, in bits of the format; none of them is a NaN. A result
 * that is not a number is the default NaN. */
uint64_t nf_float_fma(nf_float_format format, uint64_t a, uint64_t b, uint64_t c);

/* How to round to a whole number. */
typedef enum nf_rounding {
    NF_ROUND_DOWN,
    NF_ROUND_UP,
    NF_ROUND_ZERO,
    NF_ROUND_NEAREST, /* ties to even */
} nf_rounding;

/* Any operand but a NaN; keeps the sign of zero. */
uint64_t nf_float_round(nf_float_format format, uint64_t a, nf_rounding rounding);

#endif
