/*
 * Which bits of a value are known to be zero.
 *
 * A short look backwards through operations that make zeros: extensions, masks, shifts, comparisons.
 * Block parameters and loads are unknown. The answer is per element, in the low bits; bits above the
 * element's width are zero in it.
 *
 *     %x = zext.i32 %byte     %y = shl.i32 %x, 4      zero bits of %y: 0xfffff00f
 */
#include "fold_internal.h"

enum { DEPTH_MAX = 5 };

static uint64_t zero_bits(const nf_fold *k, nf_value v, unsigned depth);

/* The bits at and above the lowest power of two that is greater than max. */
static uint64_t bits_above(uint64_t max)
{
    return max == 0 ? UINT64_MAX : ~(UINT64_MAX >> __builtin_clzll(max));
}

static uint64_t trailing_zeros(uint64_t zeros)
{
    return zeros & ~(zeros + 1); /* the ones at the bottom */
}

static uint64_t shift_bits(const nf_fold *k, const nf_inst *inst, unsigned depth)
{
    int64_t amount;
    uint64_t mask = nf_type_mask(inst->type);
    if (!nf_fold_constant(k, inst->b, &amount)) return 0;
    amount &= nf_type_bits(inst->type) - 1;
    uint64_t zeros = zero_bits(k, inst->a, depth);
    if (inst->op == NF_OP_SHL) return zeros << amount | ((UINT64_C(1) << amount) - 1);
    uint64_t sign = (mask >> 1) + 1, high = ~(mask >> amount);
    if (inst->op == NF_OP_LSHR || (zeros & sign)) return (zeros & mask) >> amount | high;
    return (zeros & mask) >> amount & ~high;
}

/* How many ones stand at the bottom. (Counting ones would call the compiler's library.) */
static unsigned ones_below(uint64_t bits)
{
    return bits == UINT64_MAX ? 64 : (unsigned)__builtin_ctzll(~bits);
}

/* Each factor brings the zeros at its bottom. */
static uint64_t product_bits(const nf_fold *k, const nf_inst *inst, unsigned depth)
{
    uint64_t a = zero_bits(k, inst->a, depth), b = zero_bits(k, inst->b, depth);
    unsigned count = ones_below(a) + ones_below(b);
    return count < nf_type_bits(inst->type) ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

static uint64_t remainder_bits(const nf_fold *k, const nf_inst *inst)
{
    int64_t divisor;
    if (!nf_fold_constant(k, inst->b, &divisor) || divisor == 0) return 0;
    return bits_above(((uint64_t)divisor & nf_type_mask(inst->type)) - 1);
}

/* Of both values; on the right stand constants and what is short. */
static uint64_t common_bits(const nf_fold *k, nf_value a, nf_value b, unsigned depth)
{
    uint64_t zeros = zero_bits(k, b, depth);
    return zeros ? zeros & zero_bits(k, a, depth) : 0;
}

static uint64_t sum_bits(const nf_fold *k, const nf_inst *inst, unsigned depth)
{
    uint64_t zeros = zero_bits(k, inst->b, depth);
    return zeros & 1 ? trailing_zeros(zeros & zero_bits(k, inst->a, depth)) : 0;
}

static uint64_t inst_bits(const nf_fold *k, const nf_inst *inst, unsigned depth)
{
    switch (inst->op) {
    case NF_OP_ICONST: return ~(uint64_t)inst->imm;
    case NF_OP_ZEXT: return zero_bits(k, inst->a, depth) | ~nf_type_mask(nf_type_of(k->f, inst->a));
    case NF_OP_TRUNC:
    case NF_OP_SPLAT: return zero_bits(k, inst->a, depth);
    case NF_OP_AND: return zero_bits(k, inst->a, depth) | zero_bits(k, inst->b, depth);
    case NF_OP_OR:
    case NF_OP_XOR:
    case NF_OP_UMIN:
    case NF_OP_UMAX: return common_bits(k, inst->a, inst->b, depth);
    case NF_OP_SELECT: return common_bits(k, inst->b, inst->c, depth);
    case NF_OP_ADD:
    case NF_OP_SUB: return sum_bits(k, inst, depth);
    case NF_OP_MUL: return product_bits(k, inst, depth);
    case NF_OP_SHL:
    case NF_OP_LSHR:
    case NF_OP_ASHR: return shift_bits(k, inst, depth);
    case NF_OP_UREM: return remainder_bits(k, inst);
    case NF_OP_CLZ:
    case NF_OP_CTZ:
    case NF_OP_POPCNT: return bits_above(nf_type_bits(inst->type));
    default: return 0;
    }
}

static uint64_t zero_bits(const nf_fold *k, nf_value v, unsigned depth)
{
    const nf_inst *inst = nf_fold_at(k, v);
    uint8_t shape = nf_ops[inst->op].shape;
    uint64_t zeros = 0;
    bool compares = shape == NF_SHAPE_ICMP || shape == NF_SHAPE_FCMP || shape == NF_SHAPE_OVERFLOW;
    if (compares && !NF_TYPE_IS_VECTOR(inst->type))
        zeros = ~UINT64_C(1);
    else if (depth > 0)
        zeros = inst_bits(k, inst, depth - 1);
    return zeros & nf_type_mask(inst->type);
}

uint64_t nf_fold_zero_bits(const nf_fold *k, nf_value v)
{
    return zero_bits(k, v, DEPTH_MAX);
}
