/*
 * Reductions: the upper half joins the lower one until one lane is left, in the order that NIR
 * prescribes (lane i with lane i + n/2, the lower one first):
 *
 *   64 bytes  vextracti64x4     32 bytes  vextractf128     16  pshufd 0x4e     8  pshufd 0x55
 *    4 bytes  psrld 16           2 bytes  psrlw 8
 */
#include "select_vector.h"

enum { SWAP_HALVES = 0x4e, SECOND_LANE = 0x55 }; /* pshufd: 2 3 0 1; 1 1 1 1 */

/* What a reduction does to two lanes. */
static nf_op op_of(nf_op reduction)
{
    switch (reduction) {
    case NF_OP_REDUCE_ADD: return NF_OP_ADD;
    case NF_OP_REDUCE_MUL: return NF_OP_MUL;
    case NF_OP_REDUCE_AND: return NF_OP_AND;
    case NF_OP_REDUCE_OR: return NF_OP_OR;
    case NF_OP_REDUCE_XOR: return NF_OP_XOR;
    case NF_OP_REDUCE_SMIN: return NF_OP_SMIN;
    case NF_OP_REDUCE_SMAX: return NF_OP_SMAX;
    case NF_OP_REDUCE_UMIN: return NF_OP_UMIN;
    case NF_OP_REDUCE_UMAX: return NF_OP_UMAX;
    case NF_OP_REDUCE_FADD: return NF_OP_FADD;
    case NF_OP_REDUCE_FMUL: return NF_OP_FMUL;
    case NF_OP_REDUCE_FMIN: return NF_OP_FMIN;
    default: return NF_OP_FMAX;
    }
}

static bool reduce_supported(const nf_vector_job *job, nf_op op, nf_type element, unsigned width)
{
    const nf_vreg none = {0};
    for (unsigned w = width; w >= 16; w /= 2) {
        if (!nf_vector_binary(NULL, job->features, op, element, w, none, none, (nf_lir_rm){0}))
            return false;
        if (w > 16 && !nf_vector_part_row(job->features, w, w / 2)) return false;
    }
    return true;
}

/* The upper half of what is left, moved to the bottom. `bytes` are left. */
static nf_vreg upper_half(nf_select *s, uint64_t features, unsigned bytes, nf_vreg a)
{
    static const nf_vector_rows shuffle = {NF_X_PSHUFD, NF_X_VPSHUFD};
    if (bytes > 16)
        return nf_vector_part(s, nf_vector_part_row(features, bytes, bytes / 2), bytes, bytes / 2,
                              a, 1);
    if (bytes < 8) {
        unsigned size = bytes == 4 ? 2 : 1;
        return nf_vector_apply_imm(s, nf_vector_shift_row(features, NF_OP_LSHR, size, 16), 16, a,
                                   bytes * 4);
    }
    nf_vreg d = nf_vector_temp(s, 16);
    nf_select_unary_imm(s, nf_vector_row(features, shuffle, 16), 16, d, nf_vector_in_register(a),
                        bytes == 16 ? SWAP_HALVES : SECOND_LANE);
    return d;
}

bool nf_vector_reduce(const nf_vector_job *job)
{
    nf_type element = NF_TYPE_ELEMENT(job->operand);
    unsigned bytes = nf_type_bytes(job->operand), element_bytes = nf_type_element_bytes(element);
    nf_op op = op_of((nf_op)job->inst->op);
    if (nf_vector_first(job)) return true;
    if (!reduce_supported(job, op, element, nf_vector_width(job->operand))) return false;
    if (job->s == NULL) return true;
    nf_vreg left = nf_select_value(job->s, job->inst->a);
    for (; bytes > element_bytes; bytes /= 2) {
        nf_vreg upper = upper_half(job->s, job->features, bytes, left);
        unsigned width = bytes > 32 ? 32 : 16;
        nf_vreg lower = bytes > 16 ? nf_vector_low_part(job->s, width, left) : left;
        left = nf_vector_temp(job->s, width);
        nf_vector_binary(job->s, job->features, op, element, width, left, lower, nf_rm_vreg(upper));
    }
    nf_vector_lane_zero(job, element, left);
    return true;
}
