/*
 * Arithmetic and signs of vectors.
 *
 * Most operations are one row per element size. Those that x86 lacks are put together:
 *
 *   mul of bytes     the even and the odd bytes as words, then joined
 *   mul of 64 bits   low * low + (low * high + high * low << 32), where AVX-512DQ is missing
 *   min, max and abs of 64 bits   by a comparison, where AVX-512 is missing
 */
#include "row.h"
#include "select_vector.h"

enum { QUADWORDS = 3 }; /* the index of tables by element */

typedef struct arith_rows {
    nf_vector_rows by_size[4]; /* 1, 2, 4, 8 bytes */
} arith_rows;

#define INT4(b, w, d, q)                                                                           \
    {                                                                                              \
        {                                                                                          \
            {NF_X_##b, NF_X_V##b}, {NF_X_##w, NF_X_V##w}, {NF_X_##d, NF_X_V##d},                   \
            {                                                                                      \
                NF_X_##q, NF_X_V##q                                                                \
            }                                                                                      \
        }                                                                                          \
    }
#define FLOAT2(name)                                                                               \
    {                                                                                              \
        {                                                                                          \
            {0, 0}, {0, 0}, {NF_X_##name##PS, NF_X_V##name##PS},                                   \
            {                                                                                      \
                NF_X_##name##PD, NF_X_V##name##PD                                                  \
            }                                                                                      \
        }                                                                                          \
    }
static const arith_rows rows_of_op[NF_OP_COUNT] = {
    [NF_OP_ADD] = INT4(PADDB, PADDW, PADDD, PADDQ),
    [NF_OP_SUB] = INT4(PSUBB, PSUBW, PSUBD, PSUBQ),
    [NF_OP_MUL] =
        {{{0, 0}, {NF_X_PMULLW, NF_X_VPMULLW}, {NF_X_PMULLD, NF_X_VPMULLD}, {0, NF_X_VPMULLQ}}},
    [NF_OP_SMIN] = {{{NF_X_PMINSB, NF_X_VPMINSB},
                     {NF_X_PMINSW, NF_X_VPMINSW},
                     {NF_X_PMINSD, NF_X_VPMINSD},
                     {0, NF_X_VPMINSQ}}},
    [NF_OP_SMAX] = {{{NF_X_PMAXSB, NF_X_VPMAXSB},
                     {NF_X_PMAXSW, NF_X_VPMAXSW},
                     {NF_X_PMAXSD, NF_X_VPMAXSD},
                     {0, NF_X_VPMAXSQ}}},
    [NF_OP_UMIN] = {{{NF_X_PMINUB, NF_X_VPMINUB},
                     {NF_X_PMINUW, NF_X_VPMINUW},
                     {NF_X_PMINUD, NF_X_VPMINUD},
                     {0, NF_X_VPMINUQ}}},
    [NF_OP_UMAX] = {{{NF_X_PMAXUB, NF_X_VPMAXUB},
                     {NF_X_PMAXUW, NF_X_VPMAXUW},
                     {NF_X_PMAXUD, NF_X_VPMAXUD},
                     {0, NF_X_VPMAXUQ}}},
    [NF_OP_FADD] = FLOAT2(ADD),
    [NF_OP_FSUB] = FLOAT2(SUB),
    [NF_OP_FMUL] = FLOAT2(MUL),
    [NF_OP_FDIV] = FLOAT2(DIV),
    [NF_OP_FMIN] = FLOAT2(MIN),
    [NF_OP_FMAX] = FLOAT2(MAX),
};

static unsigned row_of(uint64_t features, nf_op op, nf_type element, unsigned width)
{
    if (op == NF_OP_AND || op == NF_OP_OR || op == NF_OP_XOR)
        return nf_vector_bitwise(features, op, width);
    return nf_vector_row(features, rows_of_op[op].by_size[nf_vector_size(element)], width);
}

static bool mul_bytes(nf_select *s, uint64_t features, unsigned width, nf_vreg d, nf_vreg a,
                      nf_lir_rm b_rm)
{
    unsigned mul = nf_vector_row(features, (nf_vector_rows){NF_X_PMULLW, NF_X_VPMULLW}, width);
    unsigned right = nf_vector_row(features, (nf_vector_rows){NF_X_PSRLW_I, NF_X_VPSRLW_I}, width);
    unsigned left = nf_vector_row(features, (nf_vector_rows){NF_X_PSLLW_I, NF_X_VPSLLW_I}, width);
    unsigned and_row = nf_vector_bitwise(features, NF_OP_AND, width),
             or_row = nf_vector_bitwise(features, NF_OP_OR, width);
    if (!mul || !right || !left || !and_row || !or_row || s == NULL)
        return mul && right && left && and_row && or_row;
    nf_vreg b = nf_vector_in_vreg(s, features, width, b_rm);
    nf_vreg even = nf_vector_apply(s, mul, width, a, nf_vector_in_register(b));
    nf_vreg low = nf_vector_apply(s, and_row, width, even, nf_vector_pattern(s, 0x00ff, 2, width));
    nf_vreg a_odd = nf_vector_apply_imm(s, right, width, a, 8);
    nf_vreg b_odd = nf_vector_apply_imm(s, right, width, b, 8);
    nf_vreg odd = nf_vector_apply(s, mul, width, a_odd, nf_rm_vreg(b_odd));
    nf_vreg high = nf_vector_apply_imm(s, left, width, odd, 8);
    nf_select_binary(s, or_row, width, d, low, nf_rm_vreg(high));
    return true;
}

static bool mul_quadwords(nf_select *s, uint64_t features, unsigned width, nf_vreg d, nf_vreg a,
                          nf_lir_rm b_rm)
{
    unsigned mul = nf_vector_row(features, (nf_vector_rows){NF_X_PMULUDQ, NF_X_VPMULUDQ}, width);
    unsigned right = nf_vector_row(features, (nf_vector_rows){NF_X_PSRLQ_I, NF_X_VPSRLQ_I}, width);
    unsigned left = nf_vector_row(features, (nf_vector_rows){NF_X_PSLLQ_I, NF_X_VPSLLQ_I}, width);
    unsigned add = nf_vector_row(features, (nf_vector_rows){NF_X_PADDQ, NF_X_VPADDQ}, width);
    if (!mul || !right || !left || !add || s == NULL) return mul && right && left && add;
    nf_vreg b = nf_vector_in_vreg(s, features, width, b_rm);
    nf_vreg a_high = nf_vector_apply_imm(s, right, width, a, 32);
    nf_vreg b_high = nf_vector_apply_imm(s, right, width, b, 32);
    nf_vreg cross1 = nf_vector_apply(s, mul, width, a_high, nf_vector_in_register(b));
    nf_vreg cross2 = nf_vector_apply(s, mul, width, b_high, nf_vector_in_register(a));
    nf_vreg cross = nf_vector_apply(s, add, width, cross1, nf_rm_vreg(cross2));
    nf_vreg upper = nf_vector_apply_imm(s, left, width, cross, 32);
    nf_vreg low = nf_vector_apply(s, mul, width, a, nf_vector_in_register(b));
    nf_select_binary(s, add, width, d, low, nf_rm_vreg(upper));
    return true;
}

/* The smaller or larger of 64 bits: which is which says a comparison, unsigned with signs flipped.
 * */
static bool extreme_quadwords(nf_select *s, uint64_t features, nf_op op, unsigned width, nf_vreg d,
                              nf_vreg a, nf_lir_rm b_rm)
{
    bool is_unsigned = op == NF_OP_UMIN || op == NF_OP_UMAX;
    bool is_max = op == NF_OP_SMAX || op == NF_OP_UMAX;
    unsigned greater = nf_vector_compare_row(features, true, QUADWORDS, width);
    unsigned flip = nf_vector_bitwise(features, NF_OP_XOR, width);
    if (!greater || !flip || width > 32 || s == NULL) return greater && flip && width <= 32;
    nf_vreg b = nf_vector_in_vreg(s, features, width, b_rm), x = a, y = b;
    if (is_unsigned) {
        nf_lir_rm signs = nf_vector_pattern(s, UINT64_C(1) << 63, 8, width);
        x = nf_vector_apply(s, flip, width, a, signs);
        y = nf_vector_apply(s, flip, width, b, signs);
    }
    nf_vreg mask = nf_vector_apply(s, greater, width, x, nf_vector_in_register(y));
    nf_vector_blend(s, width, d, mask, is_max ? a : b, is_max ? b : a);
    return true;
}

static bool is_extreme(nf_op op)
{
    return op == NF_OP_SMIN || op == NF_OP_SMAX || op == NF_OP_UMIN || op == NF_OP_UMAX;
}

bool nf_vector_binary(nf_select *s, uint64_t features, nf_op op, nf_type element, unsigned width,
                      nf_vreg d, nf_vreg a, nf_lir_rm b)
{
    unsigned row = row_of(features, op, element, width);
    if (row) {
        if (s) nf_select_binary(s, row, width, d, a, b);
        return true;
    }
    if (op == NF_OP_MUL && element == NF_I8) return mul_bytes(s, features, width, d, a, b);
    if (element != NF_I64) return false;
    if (op == NF_OP_MUL) return mul_quadwords(s, features, width, d, a, b);
    return is_extreme(op) && extreme_quadwords(s, features, op, width, d, a, b);
}

/* Where operands may be exchanged, a load of either one is folded. */
static void commuting_operands(nf_select *s, const nf_inst *inst, unsigned width, nf_vreg *a,
                               nf_lir_rm *b)
{
    *b = nf_select_rm(s, inst->b, width);
    if (b->vreg.id == 0 || !nf_op_of(inst)->commutes) {
        *a = nf_select_value(s, inst->a);
        return;
    }
    nf_lir_rm first = nf_select_rm(s, inst->a, width);
    *a = first.vreg.id ? first.vreg : b->vreg;
    if (first.vreg.id == 0) *b = first;
}

/* Whether every lane is this constant. */
static bool is_splat(const nf_select *s, nf_value v, uint64_t *number)
{
    const nf_inst *inst = nf_select_inst(s, v);
    int64_t value;
    if (inst->op != NF_OP_SPLAT || !nf_select_is_int(s, inst->a, &value)) return false;
    *number = (uint64_t)value;
    return true;
}

/* A quadword whose upper half is zero, as something whose lower half is the same; none when it is not
 * known to be so. */
static nf_value lower_half(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    const nf_value none = {0};
    uint64_t number;
    switch (inst->op) {
    case NF_OP_ZEXT: return v;
    case NF_OP_SPLAT: return is_splat(s, v, &number) && number <= UINT32_MAX ? v : none;
    case NF_OP_AND:
        if (!is_splat(s, inst->b, &number) || number > UINT32_MAX) return none;
        return number == UINT32_MAX ? inst->a : v;
    case NF_OP_LSHR: return is_splat(s, inst->b, &number) && number % 64 >= 32 ? v : none;
    default: return none;
    }
}

/* Products of lower halves are one instruction. */
static bool mul_lower_halves(const nf_vector_job *job, unsigned width)
{
    nf_select *s = job->s;
    const nf_vector_rows rows = {NF_X_PMULUDQ, NF_X_VPMULUDQ};
    unsigned row = nf_vector_row(job->features, rows, width);
    nf_value a = lower_half(s, job->inst->a), b = lower_half(s, job->inst->b);
    if (row == 0 || a.id == 0 || b.id == 0) return false;
    nf_vreg d = nf_vector_result(job), second = nf_select_value(s, b);
    nf_select_binary(s, row, width, d, nf_select_value(s, a), nf_vector_in_register(second));
    return true;
}

bool nf_vector_arith(const nf_vector_job *job)
{
    nf_select *s = job->s;
    const nf_inst *inst = job->inst;
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    unsigned width = nf_vector_width(inst->type);
    nf_vreg a = {0};
    nf_lir_rm b = {.vreg = {0}};
    if (!nf_vector_binary(NULL, job->features, (nf_op)inst->op, element, width, a, a, b))
        return false;
    if (s == NULL) return true;
    if (inst->op == NF_OP_MUL && element == NF_I64 && mul_lower_halves(job, width)) return true;
    if (inst->op == NF_OP_MUL && element == NF_I32 && nf_vector_mul_words(job)) return true;
    nf_vreg d = nf_vector_result(job);
    commuting_operands(s, inst, width, &a, &b);
    return nf_vector_binary(s, job->features, (nf_op)inst->op, element, width, d, a, b);
}

bool nf_vector_fma(const nf_vector_job *job)
{
    const nf_inst *inst = job->inst;
    unsigned width = nf_vector_width(inst->type);
    bool wide = NF_TYPE_ELEMENT(inst->type) == NF_F64;
    const nf_fma_rows *rows = &nf_fma_vector_rows[wide];
    if (!nf_vector_row(job->features, (nf_vector_rows){0, (*rows)[0][0]}, width)) return false;
    if (job->s) nf_select_fma(job->s, rows, width, nf_vector_result(job), inst, width);
    return true;
}

bool nf_vector_fmuladd(const nf_vector_job *job)
{
    nf_select *s = job->s;
    const nf_inst *inst = job->inst;
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    unsigned width = nf_vector_width(inst->type);
    unsigned mul = row_of(job->features, NF_OP_FMUL, element, width);
    unsigned add = row_of(job->features, NF_OP_FADD, element, width);
    if (mul == 0 || add == 0 || s == NULL) return mul != 0 && add != 0;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, inst->a);
    nf_vreg product = nf_vector_apply(s, mul, width, a, nf_select_rm(s, inst->b, width));
    nf_select_binary(s, add, width, d, product, nf_select_rm(s, inst->c, width));
    return true;
}

/* --- one operand --- */

/* (a ^ sign) - sign, with the sign in every bit of its lane. */
static bool absolute_quadwords(const nf_vector_job *job, unsigned width)
{
    unsigned flip = nf_vector_bitwise(job->features, NF_OP_XOR, width);
    unsigned sub = nf_vector_row(job->features, rows_of_op[NF_OP_SUB].by_size[QUADWORDS], width);
    if (!flip || !sub || width > 32 || job->s == NULL) return flip && sub && width <= 32;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    nf_vreg sign = nf_vector_signs(s, QUADWORDS, width, a);
    nf_vreg flipped = nf_vector_apply(s, flip, width, a, nf_vector_in_register(sign));
    nf_select_binary(s, sub, width, d, flipped, nf_vector_in_register(sign));
    return true;
}

static bool absolute(const nf_vector_job *job, unsigned width)
{
    static const nf_vector_rows rows[4] = {{NF_X_PABSB, NF_X_VPABSB},
                                           {NF_X_PABSW, NF_X_VPABSW},
                                           {NF_X_PABSD, NF_X_VPABSD},
                                           {0, NF_X_VPABSQ}};
    unsigned size = nf_vector_size(job->inst->type);
    unsigned row = nf_vector_row(job->features, rows[size], width);
    if (row == 0 && size == QUADWORDS) return absolute_quadwords(job, width);
    if (row && job->s)
        nf_select_unary(job->s, row, width, nf_vector_result(job),
                        nf_select_rm(job->s, job->inst->a, width));
    return row != 0;
}

static bool square_root(const nf_vector_job *job, unsigned width)
{
    static const nf_vector_rows rows[2] = {{NF_X_SQRTPS, NF_X_VSQRTPS},
                                           {NF_X_SQRTPD, NF_X_VSQRTPD}};
    unsigned row =
        nf_vector_row(job->features, rows[NF_TYPE_ELEMENT(job->inst->type) == NF_F64], width);
    if (row && job->s)
        nf_select_unary(job->s, row, width, nf_vector_result(job),
                        nf_select_rm(job->s, job->inst->a, width));
    return row != 0;
}

static bool sign(const nf_vector_job *job, unsigned width)
{
    bool negate = job->inst->op == NF_OP_FNEG;
    unsigned bytes = nf_type_element_bytes(job->inst->type);
    uint64_t top = UINT64_C(1) << (bytes * 8 - 1);
    unsigned row = nf_vector_bitwise(job->features, negate ? NF_OP_XOR : NF_OP_AND, width);
    if (row == 0 || job->s == NULL) return row != 0;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(job->s, job->inst->a);
    nf_select_binary(job->s, row, width, d, a,
                     nf_vector_pattern(job->s, negate ? top : ~top, bytes, width));
    return true;
}

static bool round_whole(const nf_vector_job *job, unsigned width)
{
    enum { NEAREST = 0, DOWN = 1, UP = 2, ZERO = 3, QUIET = 8 };
    static const nf_vector_rows rows[2][2] = {
        {{NF_X_ROUNDPS, NF_X_VROUNDPS}, {NF_X_ROUNDPD, NF_X_VROUNDPD}},
        {{0, NF_X_VRNDSCALEPS}, {0, NF_X_VRNDSCALEPD}}};
    nf_op op = (nf_op)job->inst->op;
    int direction = op == NF_OP_FFLOOR   ? DOWN
                    : op == NF_OP_FCEIL  ? UP
                    : op == NF_OP_FTRUNC ? ZERO
                                         : NEAREST;
    unsigned row = nf_vector_row(
        job->features, rows[width == 64][NF_TYPE_ELEMENT(job->inst->type) == NF_F64], width);
    if (row && job->s)
        nf_select_unary_imm(job->s, row, width, nf_vector_result(job),
                            nf_select_rm(job->s, job->inst->a, width), direction | QUIET);
    return row != 0;
}

bool nf_vector_unary(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->inst->type);
    switch ((nf_op)job->inst->op) {
    case NF_OP_ABS: return absolute(job, width);
    case NF_OP_FSQRT: return square_root(job, width);
    case NF_OP_FNEG:
    case NF_OP_FABS: return sign(job, width);
    default: return round_whole(job, width);
    }
}
