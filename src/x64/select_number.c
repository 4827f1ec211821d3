/*
 * Integers of vectors to floating point, and back.
 *
 * Integers of 8 and 16 bits go by way of 32 bits. What AVX-512 does in one instruction and the
 * others lack is done by numbers whose lower bits are an integer's: 2^52 with the integer n in its
 * mantissa is 2^52 + n, exactly. So both halves of an integer become numbers, and one addition
 * rounds:
 *
 *     f64 of n = high * 2^32 + low    ((2^84 + high * 2^32) - (2^84 + 2^52)) + (2^52 + low)
 *     f32 of n = high * 2^16 + low    the same with 2^39 and 2^23
 *
 * A signed number has 2^63 added by its sign bit flipped, and the constant takes it away again.
 *
 * Unsigned results, in AVX-512 alone: 32 bits are the low half of a signed 64-bit conversion; for
 * 64 bits, where a >= 2^63, 2^63 is subtracted before and the top bit flipped behind.
 */
#include "select_vector.h"

enum { BYTES, WORDS, DWORDS, QUADWORDS };
enum { ZMM_BYTES = 64, YMM_BYTES = 32, HALF_BITS_64 = 32, HALF_BITS_32 = 16 };

static bool is_wide(nf_type type)
{
    return NF_TYPE_ELEMENT(type) == NF_F64;
}

static nf_type with_element(nf_type like, nf_type element)
{
    return NF_VECTOR_OF(element, NF_TYPE_LANES_LOG2(like));
}

/* An instruction's width is that of the wider side. */
static unsigned wider(nf_type a, nf_type b)
{
    unsigned wa = nf_vector_width(a), wb = nf_vector_width(b);
    return wa > wb ? wa : wb;
}

static bool by_row(const nf_vector_job *job, nf_vector_rows rows)
{
    unsigned width = wider(job->operand, job->inst->type);
    unsigned row = nf_vector_row(job->features, rows, width);
    if (row && job->s)
        nf_select_unary(job->s, row, width, nf_vector_result(job),
                        nf_vector_source(job, width, job->inst->type));
    return row != 0;
}

bool nf_vector_float_size(const nf_vector_job *job)
{
    static const nf_vector_rows extend = {NF_X_CVTPS2PD, NF_X_VCVTPS2PD},
                                cut = {NF_X_CVTPD2PS, NF_X_VCVTPD2PS};
    return by_row(job, job->inst->op == NF_OP_FPEXT ? extend : cut);
}

/* --- to floating point --- */

/* By [size of the integer][size of the float], both 4 or 8 bytes. */
static nf_vector_rows to_float_rows(bool sign, bool wide_int, bool wide_float)
{
    static const nf_vector_rows rows[2][2][2] = {
        {{{0, NF_X_VCVTUDQ2PS}, {0, NF_X_VCVTUDQ2PD}},
         {{0, NF_X_VCVTUQQ2PS}, {0, NF_X_VCVTUQQ2PD}}},
        {{{NF_X_CVTDQ2PS, NF_X_VCVTDQ2PS}, {NF_X_CVTDQ2PD, NF_X_VCVTDQ2PD}},
         {{0, NF_X_VCVTQQ2PS}, {0, NF_X_VCVTQQ2PD}}}};
    return rows[sign][wide_int][wide_float];
}

/* From 8 and 16 bits. */
static bool small_to_float(const nf_vector_job *job)
{
    nf_select *s = job->s;
    nf_type type = job->inst->type, middle = with_element(type, NF_I32);
    bool sign = job->inst->op == NF_OP_SITOFP;
    unsigned width = nf_vector_width(middle), result_width = wider(middle, type);
    unsigned size = nf_vector_size(job->operand);
    if (nf_type_bytes(middle) > ZMM_BYTES) return false;
    unsigned first = nf_vector_row(job->features, nf_vector_extend_rows(sign, size, DWORDS), width);
    unsigned second =
        nf_vector_row(job->features, to_float_rows(true, false, is_wide(type)), result_width);
    if (!first || !second || s == NULL) return first && second;
    nf_vreg ints = nf_vector_temp(s, width), d = nf_vector_result(job);
    nf_select_unary(s, first, width, ints, nf_vector_source(job, width, middle));
    nf_select_unary(s, second, result_width, d, nf_vector_in_register(ints));
    return true;
}

/* What the sum of two halves is made of: patterns of one element. */
typedef struct halves {
    uint64_t low, high; /* numbers whose mantissa takes the half */
    uint64_t both;      /* what they are too large by, and the sign */
    uint8_t blend;      /* pblendw: the words of `low` */
    uint8_t size, half_bits;
    nf_vector_rows shift, subtract, add;
} halves;

static const halves halves_u32 = {.low = 0x4b000000,  /* 2^23 */
                                  .high = 0x53000000, /* 2^39 */
                                  .both = 0x53000080,
                                  .blend = 0xaa,
                                  .size = DWORDS,
                                  .half_bits = HALF_BITS_32,
                                  .shift = {NF_X_PSRLD_I, NF_X_VPSRLD_I},
                                  .subtract = {NF_X_SUBPS, NF_X_VSUBPS},
                                  .add = {NF_X_ADDPS, NF_X_VADDPS}};
static const halves halves_u64 = {.low = 0x4330000000000000,  /* 2^52 */
                                  .high = 0x4530000000000000, /* 2^84 */
                                  .both = 0x4530000000100000,
                                  .blend = 0xcc,
                                  .size = QUADWORDS,
                                  .half_bits = HALF_BITS_64,
                                  .shift = {NF_X_PSRLQ_I, NF_X_VPSRLQ_I},
                                  .subtract = {NF_X_SUBPD, NF_X_VSUBPD},
                                  .add = {NF_X_ADDPD, NF_X_VADDPD}};
static const halves halves_i64 = {.low = 0x4330000000000000,
                                  .high = 0x4530000080000000, /* 2^84 + 2^63 */
                                  .both = 0x4530000080100000,
                                  .blend = 0xcc,
                                  .size = QUADWORDS,
                                  .half_bits = HALF_BITS_64,
                                  .shift = {NF_X_PSRLQ_I, NF_X_VPSRLQ_I},
                                  .subtract = {NF_X_SUBPD, NF_X_VSUBPD},
                                  .add = {NF_X_ADDPD, NF_X_VADDPD}};

static bool sum_of_halves(const nf_vector_job *job, const halves *h)
{
    static const nf_vector_rows blend_rows = {NF_X_PBLENDW, NF_X_VPBLENDW};
    nf_select *s = job->s;
    unsigned width = nf_vector_width(job->inst->type), bytes = 1u << h->size;
    unsigned shift = nf_vector_row(job->features, h->shift, width);
    unsigned blend = nf_vector_row(job->features, blend_rows, width);
    unsigned flip = nf_vector_bitwise(job->features, NF_OP_XOR, width);
    unsigned subtract = nf_vector_row(job->features, h->subtract, width);
    unsigned add = nf_vector_row(job->features, h->add, width);
    if (!shift || !blend || !flip || !subtract || !add) return false;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    nf_vreg low = nf_vector_temp(s, width);
    nf_select_binary_imm(s, blend, width, low, a, nf_vector_pattern(s, h->low, bytes, width),
                         h->blend);
    nf_vreg upper = nf_vector_apply_imm(s, shift, width, a, h->half_bits);
    nf_vreg high =
        nf_vector_apply(s, flip, width, upper, nf_vector_pattern(s, h->high, bytes, width));
    nf_vreg less =
        nf_vector_apply(s, subtract, width, high, nf_vector_pattern(s, h->both, bytes, width));
    nf_select_binary(s, add, width, d, less, nf_rm_vreg(low));
    return true;
}

/* 2^52 + n, less 2^52. */
static bool u32_to_f64(const nf_vector_job *job)
{
    static const nf_vector_rows extend_rows = {NF_X_PMOVZXDQ, NF_X_VPMOVZXDQ};
    nf_select *s = job->s;
    unsigned width = nf_vector_width(job->inst->type), bytes = 1u << QUADWORDS;
    unsigned extend = nf_vector_row(job->features, extend_rows, width);
    unsigned join = nf_vector_bitwise(job->features, NF_OP_OR, width);
    unsigned subtract = nf_vector_row(job->features, halves_u64.subtract, width);
    if (!extend || !join || !subtract || s == NULL) return extend && join && subtract;
    nf_vreg d = nf_vector_result(job), quads = nf_vector_temp(s, width);
    nf_lir_rm offset = nf_vector_pattern(s, halves_u64.low, bytes, width);
    nf_select_unary(s, extend, width, quads, nf_vector_source(job, width, job->inst->type));
    nf_vreg number = nf_vector_apply(s, join, width, quads, offset);
    nf_select_binary(s, subtract, width, d, number, offset);
    return true;
}

bool nf_vector_to_float(const nf_vector_job *job)
{
    unsigned size = nf_vector_size(job->operand);
    bool wide = is_wide(job->inst->type), sign = job->inst->op == NF_OP_SITOFP;
    if (size < DWORDS) return small_to_float(job);
    if (by_row(job, to_float_rows(sign, size == QUADWORDS, wide))) return true;
    if (size == DWORDS) return wide ? u32_to_f64(job) : sum_of_halves(job, &halves_u32);
    return wide && sum_of_halves(job, sign ? &halves_i64 : &halves_u64);
}

/* --- to integers --- */

static nf_vector_rows to_int_rows(bool wide_float, bool wide_int)
{
    static const nf_vector_rows rows[2][2] = {
        {{NF_X_CVTTPS2DQ, NF_X_VCVTTPS2DQ}, {0, NF_X_VCVTTPS2QQ}},
        {{NF_X_CVTTPD2DQ, NF_X_VCVTTPD2DQ}, {0, NF_X_VCVTTPD2QQ}}};
    return rows[wide_float][wide_int];
}

/* To 8 and 16 bits: what the signed 32 bits are cut to. */
static bool to_small_int(const nf_vector_job *job, unsigned size)
{
    nf_select *s = job->s;
    nf_type middle = with_element(job->operand, NF_I32);
    unsigned width = nf_vector_width(middle), operand_width = wider(middle, job->operand);
    unsigned row =
        nf_vector_row(job->features, to_int_rows(is_wide(job->operand), false), operand_width);
    const nf_vreg none = {0};
    if (!row || !nf_vector_narrow(NULL, job->features, DWORDS, size, width, none, none))
        return false;
    if (s == NULL) return true;
    nf_vreg ints = nf_vector_temp(s, width), d = nf_vector_result(job);
    nf_select_unary(s, row, operand_width, ints, nf_vector_source(job, operand_width, middle));
    return nf_vector_narrow(s, job->features, DWORDS, size, width, d, ints);
}

/* Signed 64 bits cut to 32. */
static bool to_u32(const nf_vector_job *job)
{
    nf_select *s = job->s;
    nf_type quads_type = with_element(job->operand, NF_I64);
    unsigned width = nf_vector_width(quads_type);
    if (nf_type_bytes(quads_type) > ZMM_BYTES) return false;
    unsigned row = nf_vector_row(job->features, to_int_rows(is_wide(job->operand), true), width);
    const nf_vreg none = {0};
    if (!row || !nf_vector_narrow(NULL, job->features, QUADWORDS, DWORDS, width, none, none))
        return false;
    if (s == NULL) return true;
    nf_vreg quads = nf_vector_temp(s, width), d = nf_vector_result(job);
    nf_select_unary(s, row, width, quads, nf_vector_source(job, width, quads_type));
    return nf_vector_narrow(s, job->features, QUADWORDS, DWORDS, width, d, quads);
}

/* 16 lanes, in two halves. */
static nf_vreg half_to_u32(nf_select *s, nf_vreg half)
{
    nf_vreg quads = nf_vector_temp(s, ZMM_BYTES), d = nf_vector_temp(s, YMM_BYTES);
    nf_select_unary(s, NF_X_VCVTTPS2QQ, ZMM_BYTES, quads, nf_vector_in_register(half));
    nf_vector_narrow(s, s->features, QUADWORDS, DWORDS, ZMM_BYTES, d, quads);
    return d;
}

static bool halves_to_u32(const nf_vector_job *job)
{
    nf_select *s = job->s;
    bool fits = nf_type_bytes(job->operand) == ZMM_BYTES && !is_wide(job->operand);
    if (!fits || !nf_vector_row(job->features, to_int_rows(false, true), ZMM_BYTES)) return false;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    nf_vreg low = nf_vector_temp(s, YMM_BYTES), high = nf_vector_temp(s, YMM_BYTES);
    nf_select_copy(s, low, a);
    nf_select_unary_imm(s, NF_X_VEXTRACTI64X4, ZMM_BYTES, high, nf_vector_in_register(a), 1);
    low = half_to_u32(s, low);
    high = half_to_u32(s, high);
    nf_select_binary_imm(s, NF_X_VINSERTI64X4, ZMM_BYTES, d, low, nf_vector_in_register(high), 1);
    return true;
}

/* d = k ? a op b : a */
static void merge(nf_select *s, unsigned row, unsigned width, nf_vreg d, nf_vreg k, nf_vreg a,
                  nf_lir_rm b)
{
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_TIED, a);
    nf_lir_add(s->lir, NF_LIR_MASK, k);
    nf_lir_add(s->lir, NF_LIR_USE, a);
    nf_lir_rm_add(s->lir, b);
    nf_lir_end(s->lir);
}

static bool to_u64(const nf_vector_job *job)
{
    static const uint64_t limits[2] = {0x5f000000, 0x43e0000000000000}; /* 2^63 */
    static const uint16_t compares[2] = {NF_X_VCMPPS_K, NF_X_VCMPPD_K};
    static const uint16_t subtracts[2] = {NF_X_VSUBPS, NF_X_VSUBPD};
    nf_select *s = job->s;
    bool wide = is_wide(job->operand);
    unsigned bytes = nf_type_element_bytes(job->operand), width = nf_vector_width(job->operand);
    unsigned result_width = nf_vector_width(job->inst->type);
    unsigned compare = nf_vector_row_evex(job->features, compares[wide], width);
    unsigned subtract = nf_vector_row_evex(job->features, subtracts[wide], width);
    unsigned convert = nf_vector_row(job->features, to_int_rows(wide, true), result_width);
    if (!compare || !subtract || !convert || s == NULL) return compare && subtract && convert;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    nf_vreg k = nf_select_mask(s), less = nf_vector_temp(s, width);
    nf_vreg ints = nf_vector_temp(s, result_width);
    nf_lir_rm limit = nf_vector_pattern(s, limits[wide], bytes, width);
    nf_select_binary_imm(s, compare, width, k, a, limit, nf_vector_predicate(NF_FOGE));
    merge(s, subtract, width, less, k, a, limit);
    nf_select_unary(s, convert, result_width, ints, nf_vector_in_register(less));
    merge(s, NF_X_VPXORQ, result_width, d, k, ints,
          nf_vector_pattern(s, UINT64_C(1) << 63, sizeof(uint64_t), result_width));
    return true;
}

bool nf_vector_to_int(const nf_vector_job *job)
{
    unsigned size = nf_vector_size(job->inst->type);
    if (size < DWORDS) return to_small_int(job, size);
    if (job->inst->op == NF_OP_FPTOSI)
        return by_row(job, to_int_rows(is_wide(job->operand), size == QUADWORDS));
    if (size == QUADWORDS) return to_u64(job);
    return to_u32(job) || halves_to_u32(job);
}
