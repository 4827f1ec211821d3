/*
 * Arithmetic, shifts and signs of vectors.
 *
 * Most operations are one row per element size. Those that x86 lacks are put together:
 *
 *   mul of bytes     the even and the odd bytes as words, then joined
 *   mul of 64 bits   low * low + (low * high + high * low << 32), where AVX-512DQ is missing
 *   shift of bytes   as words, by a constant, and what came over from the neighbour masked away
 */
#include "row.h"
#include "select_vector.h"

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

/* Bitwise operations have one row for all sizes, and another one for 64 bytes. */
static unsigned bitwise_row(uint64_t features, nf_op op, unsigned width)
{
    static const nf_vector_rows narrow[] = {
        {NF_X_PAND, NF_X_VPAND}, {NF_X_POR, NF_X_VPOR}, {NF_X_PXOR, NF_X_VPXOR}};
    static const nf_vector_rows wide[] = {{0, NF_X_VPANDD}, {0, NF_X_VPORD}, {0, NF_X_VPXORD}};
    unsigned which = op == NF_OP_AND ? 0 : op == NF_OP_OR ? 1 : 2;
    return nf_vector_row(features, width == 64 ? wide[which] : narrow[which], width);
}

static unsigned row_of(uint64_t features, nf_op op, nf_type element, unsigned width)
{
    if (op == NF_OP_AND || op == NF_OP_OR || op == NF_OP_XOR)
        return bitwise_row(features, op, width);
    return nf_vector_row(features, rows_of_op[op].by_size[nf_vector_size(element)], width);
}

static nf_vreg binary_temp(nf_select *s, unsigned row, unsigned width, nf_vreg a, nf_lir_rm b)
{
    nf_vreg d = nf_vector_temp(s, width);
    nf_select_binary(s, row, width, d, a, b);
    return d;
}

/* Shifts by an immediate. Legacy rows shift in place, the others have a register of their own. */
static nf_vreg shift_temp(nf_select *s, unsigned row, unsigned width, nf_vreg d, nf_vreg a,
                          int64_t count)
{
    if (nf_row_is_legacy((nf_insn)row))
        nf_select_in_place_imm(s, row, width, d, a, count);
    else
        nf_select_unary_imm(s, row, width, d, nf_vector_in_register(a), count);
    return d;
}

/* b in a register: it is needed twice. */
static nf_vreg in_register(nf_select *s, uint64_t features, unsigned width, nf_lir_rm b)
{
    if (b.vreg.id) return b.vreg;
    nf_vreg d = nf_vector_temp(s, width);
    nf_select_unary(s, nf_vector_row(features, (nf_vector_rows){NF_X_MOVUPS, NF_X_VMOVUPS}, width),
                    width, d, b);
    return d;
}

static bool mul_bytes(nf_select *s, uint64_t features, unsigned width, nf_vreg d, nf_vreg a,
                      nf_lir_rm b_rm)
{
    unsigned mul = nf_vector_row(features, (nf_vector_rows){NF_X_PMULLW, NF_X_VPMULLW}, width);
    unsigned right = nf_vector_row(features, (nf_vector_rows){NF_X_PSRLW_I, NF_X_VPSRLW_I}, width);
    unsigned left = nf_vector_row(features, (nf_vector_rows){NF_X_PSLLW_I, NF_X_VPSLLW_I}, width);
    unsigned and_row = bitwise_row(features, NF_OP_AND, width),
             or_row = bitwise_row(features, NF_OP_OR, width);
    if (!mul || !right || !left || !and_row || !or_row || s == NULL)
        return mul && right && left && and_row && or_row;
    nf_vreg b = in_register(s, features, width, b_rm);
    nf_vreg even = binary_temp(s, mul, width, a, nf_vector_in_register(b));
    nf_vreg low = binary_temp(s, and_row, width, even, nf_vector_pattern(s, 0x00ff, 2, width));
    nf_vreg a_odd = shift_temp(s, right, width, nf_vector_temp(s, width), a, 8);
    nf_vreg b_odd = shift_temp(s, right, width, nf_vector_temp(s, width), b, 8);
    nf_vreg odd = binary_temp(s, mul, width, a_odd, nf_rm_vreg(b_odd));
    nf_vreg high = shift_temp(s, left, width, nf_vector_temp(s, width), odd, 8);
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
    nf_vreg b = in_register(s, features, width, b_rm);
    nf_vreg a_high = shift_temp(s, right, width, nf_vector_temp(s, width), a, 32);
    nf_vreg b_high = shift_temp(s, right, width, nf_vector_temp(s, width), b, 32);
    nf_vreg cross1 = binary_temp(s, mul, width, a_high, nf_vector_in_register(b));
    nf_vreg cross2 = binary_temp(s, mul, width, b_high, nf_vector_in_register(a));
    nf_vreg cross = binary_temp(s, add, width, cross1, nf_rm_vreg(cross2));
    nf_vreg upper = shift_temp(s, left, width, nf_vector_temp(s, width), cross, 32);
    nf_vreg low = binary_temp(s, mul, width, a, nf_vector_in_register(b));
    nf_select_binary(s, add, width, d, low, nf_rm_vreg(upper));
    return true;
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
    if (op == NF_OP_MUL && element == NF_I64) return mul_quadwords(s, features, width, d, a, b);
    return false;
}

bool nf_vector_arith(const nf_vector_job *job)
{
    nf_select *s = job->s;
    const nf_inst *inst = job->inst;
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    unsigned width = nf_vector_width(inst->type);
    const nf_vreg none = {0};
    if (!nf_vector_binary(NULL, job->features, (nf_op)inst->op, element, width, none, none,
                          (nf_lir_rm){0}))
        return false;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    return nf_vector_binary(s, job->features, (nf_op)inst->op, element, width, d,
                            nf_select_value(s, inst->a), b);
}

bool nf_vector_fma(const nf_vector_job *job)
{
    static const uint16_t rows[2][NF_FMA_FORMS] = {
        {NF_X_VFMADD132PS, NF_X_VFMADD213PS, NF_X_VFMADD231PS},
        {NF_X_VFMADD132PD, NF_X_VFMADD213PD, NF_X_VFMADD231PD}};
    const nf_inst *inst = job->inst;
    unsigned width = nf_vector_width(inst->type);
    bool wide = NF_TYPE_ELEMENT(inst->type) == NF_F64;
    if (!nf_vector_row(job->features, (nf_vector_rows){0, rows[wide][0]}, width)) return false;
    if (job->s) nf_select_fma(job->s, rows[wide], width, nf_vector_result(job), inst, width);
    return true;
}

/* --- one operand --- */

static bool absolute(const nf_vector_job *job, unsigned width)
{
    static const nf_vector_rows rows[4] = {{NF_X_PABSB, NF_X_VPABSB},
                                           {NF_X_PABSW, NF_X_VPABSW},
                                           {NF_X_PABSD, NF_X_VPABSD},
                                           {0, NF_X_VPABSQ}};
    unsigned row = nf_vector_row(job->features, rows[nf_vector_size(job->inst->type)], width);
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
    unsigned row = bitwise_row(job->features, negate ? NF_OP_XOR : NF_OP_AND, width);
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

/* --- shifts --- */

enum { SHIFT_LEFT, SHIFT_RIGHT, SHIFT_SIGNED };

static unsigned kind_of(nf_op op)
{
    return op == NF_OP_SHL ? SHIFT_LEFT : op == NF_OP_LSHR ? SHIFT_RIGHT : SHIFT_SIGNED;
}

/* Whether every lane is shifted by the same constant. */
static bool constant_count(const nf_select *s, nf_value b, unsigned bits, int64_t *count)
{
    const nf_inst *splat = nf_select_inst(s, b);
    if (splat->op != NF_OP_SPLAT || !nf_select_is_int(s, splat->a, count)) return false;
    *count &= bits - 1;
    return true;
}

static nf_vector_rows immediate_rows(unsigned kind, unsigned size)
{
    static const nf_vector_rows rows[3][4] = {
        {{0, 0},
         {NF_X_PSLLW_I, NF_X_VPSLLW_I},
         {NF_X_PSLLD_I, NF_X_VPSLLD_I},
         {NF_X_PSLLQ_I, NF_X_VPSLLQ_I}},
        {{0, 0},
         {NF_X_PSRLW_I, NF_X_VPSRLW_I},
         {NF_X_PSRLD_I, NF_X_VPSRLD_I},
         {NF_X_PSRLQ_I, NF_X_VPSRLQ_I}},
        {{0, 0}, {NF_X_PSRAW_I, NF_X_VPSRAW_I}, {NF_X_PSRAD_I, NF_X_VPSRAD_I}, {0, NF_X_VPSRAQ_I}}};
    return rows[kind][size];
}

/* Bytes by a constant: words shifted, the neighbour's bits masked away; the sign spread by xor and subtraction. */
static bool shift_bytes(const nf_vector_job *job, unsigned kind, unsigned width, int64_t count)
{
    unsigned left = kind == SHIFT_LEFT;
    unsigned row =
        nf_vector_row(job->features, immediate_rows(left ? SHIFT_LEFT : SHIFT_RIGHT, 1), width);
    unsigned and_row = bitwise_row(job->features, NF_OP_AND, width),
             xor_row = bitwise_row(job->features, NF_OP_XOR, width);
    unsigned sub = nf_vector_row(job->features, (nf_vector_rows){NF_X_PSUBB, NF_X_VPSUBB}, width);
    if (!row || !and_row || !xor_row || !sub) return false;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    uint8_t kept = left ? (uint8_t)(0xff << count) : (uint8_t)(0xff >> count);
    nf_vreg shifted = shift_temp(s, row, width, nf_vector_temp(s, width), a, count);
    if (kind != SHIFT_SIGNED) {
        nf_select_binary(s, and_row, width, d, shifted, nf_vector_pattern(s, kept, 1, width));
        return true;
    }
    uint8_t sign_bit = (uint8_t)(0x80 >> count);
    nf_vreg masked = binary_temp(s, and_row, width, shifted, nf_vector_pattern(s, kept, 1, width));
    nf_vreg flipped =
        binary_temp(s, xor_row, width, masked, nf_vector_pattern(s, sign_bit, 1, width));
    nf_select_binary(s, sub, width, d, flipped, nf_vector_pattern(s, sign_bit, 1, width));
    return true;
}

static unsigned variable_row(uint64_t features, unsigned kind, unsigned size, unsigned width)
{
    static const uint16_t rows[3][4] = {{0, NF_X_VPSLLVW, NF_X_VPSLLVD, NF_X_VPSLLVQ},
                                        {0, NF_X_VPSRLVW, NF_X_VPSRLVD, NF_X_VPSRLVQ},
                                        {0, NF_X_VPSRAVW, NF_X_VPSRAVD, NF_X_VPSRAVQ}};
    return nf_vector_row(features, (nf_vector_rows){0, rows[kind][size]}, width);
}

static bool shift_variable(const nf_vector_job *job, unsigned kind, unsigned size, unsigned width)
{
    unsigned row = variable_row(job->features, kind, size, width);
    unsigned and_row = bitwise_row(job->features, NF_OP_AND, width);
    if (!row || !and_row || job->s == NULL) return row && and_row;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a),
            b = nf_select_value(s, job->inst->b);
    unsigned bytes = 1u << size;
    nf_vreg count =
        binary_temp(s, and_row, width, b, nf_vector_pattern(s, bytes * 8 - 1, bytes, width));
    nf_select_binary(s, row, width, d, a, nf_rm_vreg(count));
    return true;
}

/* What a probe asks about counts that are one constant: bytes need words and three other rows. */
static bool supports_constant(const nf_vector_job *job, unsigned kind, unsigned size,
                              unsigned width)
{
    bool bytes = size == 0;
    unsigned words = bytes && kind == SHIFT_SIGNED ? SHIFT_RIGHT : kind;
    unsigned row = nf_vector_row(job->features, immediate_rows(words, bytes ? 1 : size), width);
    unsigned sub = nf_vector_row(job->features, (nf_vector_rows){NF_X_PSUBB, NF_X_VPSUBB}, width);
    if (bytes)
        return row && sub && bitwise_row(job->features, NF_OP_AND, width) &&
               bitwise_row(job->features, NF_OP_XOR, width);
    return row || shift_variable(job, kind, size, width);
}

/* A probe for a vector of counts does not know whether they are one constant; only what works for
 * any counts is promised. It can ask for a constant: the operand is then no vector. */
bool nf_vector_shift(const nf_vector_job *job)
{
    unsigned kind = kind_of((nf_op)job->inst->op), size = nf_vector_size(job->inst->type);
    unsigned width = nf_vector_width(job->inst->type);
    int64_t count;
    if (job->s == NULL && !NF_TYPE_IS_VECTOR(job->operand))
        return supports_constant(job, kind, size, width);
    if (job->s == NULL || !constant_count(job->s, job->inst->b, 8u << size, &count))
        return shift_variable(job, kind, size, width);
    if (size == 0) return shift_bytes(job, kind, width, count);
    unsigned row = nf_vector_row(job->features, immediate_rows(kind, size), width);
    if (row == 0) return shift_variable(job, kind, size, width);
    nf_vreg d = nf_vector_result(job);
    shift_temp(job->s, row, width, d, nf_select_value(job->s, job->inst->a), count);
    return true;
}
