/*
 * Comparisons of vectors into lanes of ones and zeros.
 *
 * Before AVX-512 integers know equal and signed greater. The rest is put together: less by
 * exchanging the operands, not equal by flipping all bits, unsigned order
 *
 *     a <= b    as    min(a, b) = a          a > b    as    a ^ top > b ^ top, signed
 *     a >= b    as    max(a, b) = a
 *
 * AVX-512 compares in any way into a mask register, which is then spread into lanes; that is what
 * 64 bytes have, and what narrower vectors use where it is shorter.
 */
#include "select_vector.h"

enum { QUADWORDS = 3 }; /* the index of tables by element */

/* --- integers --- */

/* A condition as: equal or greater, of (a, b) or (b, a), flipped or not. */
typedef struct comparison {
    bool greater, exchange, invert, is_unsigned;
} comparison;

static comparison comparison_of(nf_cond cond)
{
    switch (cond) {
    case NF_EQ: return (comparison){0};
    case NF_NE: return (comparison){.invert = true};
    case NF_SGT: return (comparison){.greater = true};
    case NF_SLT: return (comparison){.greater = true, .exchange = true};
    case NF_SLE: return (comparison){.greater = true, .invert = true};
    case NF_SGE: return (comparison){.greater = true, .exchange = true, .invert = true};
    case NF_UGT: return (comparison){.greater = true, .is_unsigned = true};
    case NF_ULT: return (comparison){.greater = true, .exchange = true, .is_unsigned = true};
    case NF_ULE: return (comparison){.greater = true, .invert = true, .is_unsigned = true};
    default:
        return (comparison){.greater = true, .exchange = true, .invert = true, .is_unsigned = true};
    }
}

unsigned nf_vector_compare_row(uint64_t features, bool greater, unsigned size, unsigned width)
{
    static const nf_vector_rows rows[2][4] = {{{NF_X_PCMPEQB, NF_X_VPCMPEQB},
                                               {NF_X_PCMPEQW, NF_X_VPCMPEQW},
                                               {NF_X_PCMPEQD, NF_X_VPCMPEQD},
                                               {NF_X_PCMPEQQ, NF_X_VPCMPEQQ}},
                                              {{NF_X_PCMPGTB, NF_X_VPCMPGTB},
                                               {NF_X_PCMPGTW, NF_X_VPCMPGTW},
                                               {NF_X_PCMPGTD, NF_X_VPCMPGTD},
                                               {NF_X_PCMPGTQ, NF_X_VPCMPGTQ}}};
    return nf_vector_row(features, rows[greater][size], width);
}

static unsigned flip_row(uint64_t features, unsigned width)
{
    return nf_vector_bitwise(features, NF_OP_XOR, width);
}

/* The sign bits flipped, so that signed order is unsigned order. */
static nf_vreg flip_sign(const nf_vector_job *job, unsigned size, unsigned width, nf_vreg a)
{
    unsigned bytes = 1u << size;
    uint64_t top = UINT64_C(1) << (bytes * 8 - 1);
    return nf_vector_apply(job->s, flip_row(job->features, width), width, a,
                           nf_vector_pattern(job->s, top, bytes, width));
}

/* At most, at least: the smaller or larger of both is the first one. */
static bool by_extreme(const nf_vector_job *job, unsigned size, unsigned width)
{
    nf_cond cond = (nf_cond)job->inst->sub;
    nf_op op = cond == NF_ULE ? NF_OP_UMIN : NF_OP_UMAX;
    nf_type element = NF_TYPE_ELEMENT(job->operand);
    unsigned equal = nf_vector_compare_row(job->features, false, size, width);
    nf_vreg none = {0};
    if ((cond != NF_ULE && cond != NF_UGE) || size == QUADWORDS || !equal) return false;
    if (!nf_vector_binary(NULL, job->features, op, element, width, none, none,
                          (nf_lir_rm){.vreg = none}))
        return false;
    nf_select *s = job->s;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job), extreme = nf_vector_temp(s, width);
    nf_lir_rm b = nf_select_rm(s, job->inst->b, width);
    nf_vreg a = nf_select_value(s, job->inst->a);
    nf_vector_binary(s, job->features, op, element, width, extreme, a, b);
    nf_select_binary(s, equal, width, d, extreme, nf_vector_in_register(a));
    return true;
}

static bool icmp_lanes(const nf_vector_job *job, unsigned size, unsigned width)
{
    comparison c = comparison_of((nf_cond)job->inst->sub);
    unsigned row = nf_vector_compare_row(job->features, c.greater, size, width);
    unsigned flip = flip_row(job->features, width);
    if (!row || !flip || job->s == NULL) return row && flip;
    if (by_extreme(job, size, width)) return true;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    nf_value first = c.exchange ? job->inst->b : job->inst->a;
    nf_value second = c.exchange ? job->inst->a : job->inst->b;
    nf_lir_rm b =
        c.is_unsigned ? nf_rm_vreg(nf_select_value(s, second)) : nf_select_rm(s, second, width);
    nf_vreg a = nf_select_value(s, first);
    if (c.is_unsigned) {
        a = flip_sign(job, size, width, a);
        b = nf_rm_vreg(flip_sign(job, size, width, b.vreg));
    }
    nf_vreg compared = c.invert ? nf_vector_temp(s, width) : d;
    nf_select_binary(s, row, width, compared, a, b);
    if (c.invert)
        nf_select_binary(s, flip, width, d, compared, nf_vector_pattern(s, UINT64_MAX, 8, width));
    return true;
}

/* --- floating point --- */

/* The old encoding knows eight predicates; greater is less with the operands exchanged. -1: none
 * does. */
static int legacy_predicate(nf_cond cond, bool *exchange)
{
    enum { EQ = 0, LT = 1, LE = 2, UNORD = 3, NEQ = 4, NLT = 5, NLE = 6, ORD = 7 };
    *exchange = cond == NF_FOGT || cond == NF_FOGE || cond == NF_FULT || cond == NF_FULE;
    switch (cond) {
    case NF_FOEQ: return EQ;
    case NF_FUNE: return NEQ;
    case NF_FOLT:
    case NF_FOGT: return LT;
    case NF_FOLE:
    case NF_FOGE: return LE;
    case NF_FUGE:
    case NF_FULE: return NLT;
    case NF_FUGT:
    case NF_FULT: return NLE;
    case NF_FORD: return ORD;
    case NF_FUNO: return UNORD;
    default: return -1;
    }
}

static bool fcmp_legacy(const nf_vector_job *job, bool wide)
{
    bool exchange;
    nf_cond cond = (nf_cond)job->inst->sub;
    int predicate = legacy_predicate(cond, &exchange);
    nf_select *s = job->s;
    unsigned row = wide ? NF_X_CMPPD : NF_X_CMPPS;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job);
    nf_vreg a = nf_select_value(s, job->inst->a), b = nf_select_value(s, job->inst->b);
    if (predicate >= 0) {
        nf_select_binary_imm(s, row, 16, d, exchange ? b : a,
                             nf_vector_in_register(exchange ? a : b), predicate);
        return true;
    }
    /* one: ordered and not equal; ueq: unordered or equal */
    bool one = cond == NF_FONE;
    nf_vreg order = nf_vector_temp(s, 16), equal = nf_vector_temp(s, 16);
    nf_select_binary_imm(s, row, 16, order, a, nf_vector_in_register(b), one ? 7 : 3);
    nf_select_binary_imm(s, row, 16, equal, a, nf_vector_in_register(b), one ? 4 : 0);
    nf_select_binary(s, one ? NF_X_PAND : NF_X_POR, 16, d, order, nf_vector_in_register(equal));
    return true;
}

static bool fcmp_lanes(const nf_vector_job *job, bool wide, unsigned width)
{
    unsigned row =
        nf_vector_row(job->features, (nf_vector_rows){0, wide ? NF_X_VCMPPD : NF_X_VCMPPS}, width);
    if (row == 0) return width == 16 && !(job->features & NF_CPU_AVX) && fcmp_legacy(job, wide);
    if (job->s == NULL) return true;
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm b = nf_select_rm(job->s, job->inst->b, width);
    nf_select_binary_imm(job->s, row, width, d, nf_select_value(job->s, job->inst->a), b,
                         nf_vector_predicate((nf_cond)job->inst->sub));
    return true;
}

/* --- which way --- */

/* Whether lanes take more than one instruction up to AVX2. */
static bool is_long(const nf_inst *inst)
{
    comparison c = comparison_of((nf_cond)inst->sub);
    return inst->op == NF_OP_ICMP && (c.invert || c.is_unsigned);
}

bool nf_vector_compare(const nf_vector_job *job)
{
    unsigned size = nf_vector_size(job->operand), width = nf_vector_width(job->operand);
    if ((width == 64 || is_long(job->inst)) && nf_vector_compare_by_mask(job)) return true;
    if (width == 64) return false;
    if (job->inst->op == NF_OP_FCMP)
        return fcmp_lanes(job, NF_TYPE_ELEMENT(job->operand) == NF_F64, width);
    return icmp_lanes(job, size, width);
}
