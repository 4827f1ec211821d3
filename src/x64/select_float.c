/*
 * Lowering of scalar floating point, in the low lane of XMM registers.
 *
 * AVX forms are used where the CPU has AVX: three operands, any alignment. In the two-operand forms
 * of SSE the first source is the destination, which is also where the hardware looks for a NaN
 * first, so both give NIR's "first NaN operand".
 *
 * FMA has a form for each operand that may be overwritten. Which NaN wins differs between them
 * (tried on the hardware; Intel SDM volume 1, table 14-5), and this is the assignment that keeps
 * a before b before c:
 *
 *     overwritten   form   destination   VEX.vvvv   r/m
 *     a             132    a             c          b
 *     b             213    b             a          c
 *     c             231    c             a          b
 *
 * Without SSE4.1 a number is rounded by adding and subtracting 2^52 (2^23) under its own sign,
 * which rounds to even; what that overshoots is taken back, and numbers so large that they are
 * whole stay.
 */
#include "select_internal.h"

enum { F32_BYTES = 4, F64_BYTES = 8, VECTOR_BYTES = 16 };

/* A row for each of: SSE f32, SSE f64, AVX f32, AVX f64. */
typedef struct float_rows {
    uint16_t sse[2], avx[2];
} float_rows;

static unsigned pick(const nf_select *s, const float_rows *rows, unsigned bytes)
{
    bool wide = bytes == F64_BYTES;
    return nf_select_has(s, NF_CPU_AVX) ? rows->avx[wide] : rows->sse[wide];
}

static unsigned bytes_of(const nf_inst *inst)
{
    return nf_type_bytes(inst->type);
}

/* --- arithmetic --- */

static void lower_binary(nf_select *s, nf_value v, const nf_inst *inst, const float_rows *rows)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned bytes = bytes_of(inst);
    nf_lir_rm b = nf_select_rm(s, inst->b, bytes);
    nf_select_binary(s, pick(s, rows, bytes), bytes, d, nf_select_value(s, inst->a), b);
}

#define FLOAT_BINARY(name, NAME)                                                                   \
    void nf_lower_##name(nf_select *s, nf_value v, const nf_inst *inst)                            \
    {                                                                                              \
        static const float_rows rows = {{NF_X_##NAME##SS, NF_X_##NAME##SD},                        \
                                        {NF_X_V##NAME##SS, NF_X_V##NAME##SD}};                     \
        lower_binary(s, v, inst, &rows);                                                           \
    }

FLOAT_BINARY(fadd, ADD)
FLOAT_BINARY(fsub, SUB)
FLOAT_BINARY(fmul, MUL)
FLOAT_BINARY(fdiv, DIV)
FLOAT_BINARY(fmin, MIN)
FLOAT_BINARY(fmax, MAX)

/* The AVX form takes the upper lanes from another register: the source, which is there anyway. */
void nf_lower_fsqrt(nf_select *s, nf_value v, const nf_inst *inst)
{
    static const float_rows rows = {{NF_X_SQRTSS, NF_X_SQRTSD}, {NF_X_VSQRTSS, NF_X_VSQRTSD}};
    nf_vreg d = nf_select_result(s, v), a = nf_select_value(s, inst->a);
    unsigned bytes = bytes_of(inst), op = pick(s, &rows, bytes);
    if (nf_select_has(s, NF_CPU_AVX))
        nf_select_binary(s, op, bytes, d, a, nf_rm_vreg(a));
    else
        nf_select_unary(s, op, bytes, d, nf_rm_vreg(a));
}

/* Which operand the result replaces: one that nobody else uses, best the sum. */
static nf_fma_form fma_form(const nf_select *s, const nf_value operands[3])
{
    if (s->uses[operands[2].id] == 1) return NF_FMA_231;
    if (s->uses[operands[0].id] == 1) return NF_FMA_132;
    return s->uses[operands[1].id] == 1 ? NF_FMA_213 : NF_FMA_231;
}

/* A negation that goes into the operation: what is negated. */
static nf_value negation_take(const nf_select *s, nf_value v, unsigned sign, unsigned *signs)
{
    const nf_inst *inst = nf_select_inst(s, v);
    bool taken = s->options->contracts && inst->op == NF_OP_FNEG && s->uses[v.id] == 1;
    if (taken) *signs ^= sign;
    return taken ? inst->a : v;
}

void nf_select_fma(nf_select *s, const nf_fma_rows *rows, unsigned width, nf_vreg d,
                   const nf_inst *inst, unsigned bytes)
{
    unsigned signs = 0;
    const nf_value operands[3] = {negation_take(s, inst->a, NF_FMA_NEGATED, &signs),
                                  negation_take(s, inst->b, NF_FMA_NEGATED, &signs),
                                  negation_take(s, inst->c, NF_FMA_MINUS, &signs)};
    /* dst, the second source, the third */
    static const uint8_t places[NF_FMA_FORMS][3] = {
        [NF_FMA_132] = {0, 2, 1}, [NF_FMA_213] = {1, 0, 2}, [NF_FMA_231] = {2, 0, 1}};
    nf_fma_form form = fma_form(s, operands);
    nf_lir_rm rm = nf_select_rm(s, operands[places[form][2]], bytes);
    nf_vreg overwritten = nf_select_value(s, operands[places[form][0]]);
    nf_vreg v = nf_select_value(s, operands[places[form][1]]);
    nf_lir_begin(s->lir, (*rows)[signs][form], width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_TIED, overwritten);
    nf_lir_add(s->lir, NF_LIR_USE, v);
    nf_lir_rm_add(s->lir, rm);
    nf_lir_end(s->lir);
}

#define FMA_ROWS(suffix)                                                                           \
    {                                                                                              \
        {NF_X_VFMADD132##suffix, NF_X_VFMADD213##suffix, NF_X_VFMADD231##suffix},                  \
            {NF_X_VFMSUB132##suffix, NF_X_VFMSUB213##suffix, NF_X_VFMSUB231##suffix},              \
            {NF_X_VFNMADD132##suffix, NF_X_VFNMADD213##suffix, NF_X_VFNMADD231##suffix},           \
            {NF_X_VFNMSUB132##suffix, NF_X_VFNMSUB213##suffix, NF_X_VFNMSUB231##suffix},           \
    }

static const nf_fma_rows scalar_rows[2] = {FMA_ROWS(SS), FMA_ROWS(SD)};
const nf_fma_rows nf_fma_vector_rows[2] = {FMA_ROWS(PS), FMA_ROWS(PD)};

void nf_lower_fma(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned bytes = bytes_of(inst);
    if (!nf_select_has(s, NF_CPU_FMA)) {
        nf_select_soft(s, d, inst);
        return;
    }
    nf_select_fma(s, &scalar_rows[bytes == F64_BYTES], bytes, d, inst, bytes);
}

void nf_lower_fmuladd(nf_select *s, nf_value v, const nf_inst *inst)
{
    static const float_rows mul = {{NF_X_MULSS, NF_X_MULSD}, {NF_X_VMULSS, NF_X_VMULSD}};
    static const float_rows add = {{NF_X_ADDSS, NF_X_ADDSD}, {NF_X_VADDSS, NF_X_VADDSD}};
    nf_vreg d = nf_select_result(s, v), product = nf_select_temp(s, inst->type);
    unsigned bytes = bytes_of(inst);
    nf_lir_rm b = nf_select_rm(s, inst->b, bytes);
    nf_select_binary(s, pick(s, &mul, bytes), bytes, product, nf_select_value(s, inst->a), b);
    nf_select_binary(s, pick(s, &add, bytes), bytes, d, product, nf_select_rm(s, inst->c, bytes));
}

/* --- signs: bits of the pattern, so packed logic on all of the register --- */

static const float_rows and_rows = {{NF_X_ANDPS, NF_X_ANDPS}, {NF_X_VANDPS, NF_X_VANDPS}};
static const float_rows or_rows = {{NF_X_ORPS, NF_X_ORPS}, {NF_X_VORPS, NF_X_VORPS}};
static const float_rows xor_rows = {{NF_X_XORPS, NF_X_XORPS}, {NF_X_VXORPS, NF_X_VXORPS}};

static nf_lir_rm pattern(nf_select *s, unsigned bytes, bool sign)
{
    uint32_t words[VECTOR_BYTES / 4];
    for (unsigned i = 0; i < VECTOR_BYTES / 4; i++) {
        bool has_sign = bytes == F32_BYTES || (i & 1);
        uint32_t sign_bits = has_sign ? UINT32_C(1) << 31 : 0;
        words[i] = sign ? sign_bits : ~sign_bits;
    }
    return nf_select_constant(s, words, sizeof words);
}

static void lower_sign(nf_select *s, nf_value v, const nf_inst *inst, const float_rows *rows,
                       bool sign)
{
    nf_vreg d = nf_select_result(s, v), a = nf_select_value(s, inst->a);
    unsigned bytes = bytes_of(inst);
    nf_select_binary(s, pick(s, rows, bytes), VECTOR_BYTES, d, a, pattern(s, bytes, sign));
}

void nf_lower_fneg(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_sign(s, v, inst, &xor_rows, true);
}

void nf_lower_fabs(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_sign(s, v, inst, &and_rows, false);
}

static nf_lir_rm in_register(nf_vreg v)
{
    return (nf_lir_rm){.vreg = v, .in_register = true};
}

/* d = magnitude with the sign of `sign`. */
static void copy_sign(nf_select *s, nf_type type, nf_vreg d, nf_vreg magnitude, nf_vreg sign)
{
    unsigned bytes = nf_type_bytes(type);
    nf_vreg number = nf_select_temp(s, type), top = nf_select_temp(s, type);
    unsigned and_op = pick(s, &and_rows, bytes);
    nf_select_binary(s, and_op, VECTOR_BYTES, number, magnitude, pattern(s, bytes, false));
    nf_select_binary(s, and_op, VECTOR_BYTES, top, sign, pattern(s, bytes, true));
    nf_select_binary(s, pick(s, &or_rows, bytes), VECTOR_BYTES, d, number, in_register(top));
}

void nf_lower_fcopysign(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    nf_vreg a = nf_select_value(s, inst->a), b = nf_select_value(s, inst->b);
    copy_sign(s, inst->type, d, a, b);
}

/* --- rounding --- */

/* ROUNDSS's immediate: the direction, and no inexact exception. */
enum { ROUND_NEAREST = 0, ROUND_DOWN = 1, ROUND_UP = 2, ROUND_ZERO = 3, ROUND_QUIET = 8 };

static bool round_by_instruction(nf_select *s, nf_vreg d, const nf_inst *inst, unsigned direction)
{
    static const float_rows rows = {{NF_X_ROUNDSS, NF_X_ROUNDSD}, {NF_X_VROUNDSS, NF_X_VROUNDSD}};
    if (!nf_select_has(s, NF_CPU_SSE41)) return false;
    unsigned bytes = bytes_of(inst), op = pick(s, &rows, bytes);
    nf_vreg a = nf_select_value(s, inst->a);
    if (nf_select_has(s, NF_CPU_AVX))
        nf_select_binary_imm(s, op, bytes, d, a, nf_rm_vreg(a), direction | ROUND_QUIET);
    else
        nf_select_unary_imm(s, op, bytes, d, nf_rm_vreg(a), direction | ROUND_QUIET);
    return true;
}

static nf_vreg float_op(nf_select *s, nf_type type, unsigned op, nf_vreg a, nf_lir_rm b)
{
    nf_vreg d = nf_select_temp(s, type);
    nf_select_binary(s, op, nf_type_bytes(type), d, a, b);
    return d;
}

static nf_lir_rm float_constant(nf_select *s, nf_type type, double number)
{
    float narrow = (float)number;
    bool wide = type == NF_F64;
    return nf_select_constant(s, wide ? (const void *)&number : &narrow, nf_type_bytes(type));
}

/* CMPSS's predicates, without AVX. */
enum { PREDICATE_LESS = 1, PREDICATE_UNORDERED_OR_GREATER_EQUAL = 5 };

/* All ones where a compares so with b, else zeros. */
static nf_vreg compare_mask(nf_select *s, nf_type type, nf_vreg a, nf_lir_rm b, unsigned predicate)
{
    nf_vreg d = nf_select_temp(s, type);
    unsigned op = type == NF_F64 ? NF_X_CMPSD : NF_X_CMPSS;
    nf_select_binary_imm(s, op, nf_type_bytes(type), d, a, b, predicate);
    return d;
}

/* The whole number that a was rounded to went past it: 1 is taken back, or added. */
static nf_vreg correct(nf_select *s, nf_type type, nf_vreg whole, nf_vreg a, bool down)
{
    bool wide = type == NF_F64;
    nf_vreg past = down ? compare_mask(s, type, a, nf_rm_vreg(whole), PREDICATE_LESS)
                        : compare_mask(s, type, whole, nf_rm_vreg(a), PREDICATE_LESS);
    nf_vreg one = nf_select_temp(s, type), step = nf_select_temp(s, type);
    nf_select_unary(s, wide ? NF_X_MOVSD : NF_X_MOVSS, nf_type_bytes(type), one,
                    float_constant(s, type, 1.0));
    nf_select_binary(s, NF_X_ANDPS, VECTOR_BYTES, step, past, in_register(one));
    unsigned sub = wide ? NF_X_SUBSD : NF_X_SUBSS, add = wide ? NF_X_ADDSD : NF_X_ADDSS;
    return float_op(s, type, down ? sub : add, whole, nf_rm_vreg(step));
}

/* d = a where it is whole already (or a NaN, made quiet by the addition), else rounded. */
static void keep_large(nf_select *s, nf_type type, nf_vreg d, nf_vreg a, nf_vreg rounded,
                       nf_vreg magnitude, nf_lir_rm limit)
{
    nf_vreg large = compare_mask(s, type, magnitude, limit, PREDICATE_UNORDERED_OR_GREATER_EQUAL);
    nf_vreg zero = nf_select_constant_vreg(s, &(uint64_t){0}, F64_BYTES);
    nf_vreg quiet =
        float_op(s, type, type == NF_F64 ? NF_X_SUBSD : NF_X_SUBSS, a, nf_rm_vreg(zero));
    nf_vreg kept = nf_select_temp(s, type), other = nf_select_temp(s, type);
    nf_select_binary(s, NF_X_ANDPS, VECTOR_BYTES, kept, quiet, in_register(large));
    nf_select_binary(s, NF_X_ANDNPS, VECTOR_BYTES, other, large, in_register(rounded));
    nf_select_binary(s, NF_X_ORPS, VECTOR_BYTES, d, kept, in_register(other));
}

static void round_by_addition(nf_select *s, nf_vreg d, const nf_inst *inst, unsigned direction)
{
    nf_type type = inst->type;
    unsigned bytes = bytes_of(inst);
    bool wide = type == NF_F64;
    const double whole_from = wide ? 0x1p52 : 0x1p23;
    unsigned add = wide ? NF_X_ADDSD : NF_X_ADDSS, sub = wide ? NF_X_SUBSD : NF_X_SUBSS;
    nf_vreg a = nf_select_value(s, inst->a);
    nf_vreg magnitude = nf_select_temp(s, type);
    nf_select_binary(s, NF_X_ANDPS, VECTOR_BYTES, magnitude, a, pattern(s, bytes, false));
    nf_vreg shifted = float_op(s, type, add, magnitude, float_constant(s, type, whole_from));
    nf_vreg even = float_op(s, type, sub, shifted, float_constant(s, type, whole_from));
    if (direction == ROUND_ZERO) even = correct(s, type, even, magnitude, true);
    nf_vreg whole = nf_select_temp(s, type);
    copy_sign(s, type, whole, even, a);
    if (direction == ROUND_DOWN || direction == ROUND_UP) {
        nf_vreg corrected = correct(s, type, whole, a, direction == ROUND_DOWN);
        whole = nf_select_temp(s, type);
        copy_sign(s, type, whole, corrected, a); /* -0.5 rounds up to -0 */
    }
    keep_large(s, type, d, a, whole, magnitude, float_constant(s, type, whole_from));
}

static void lower_round(nf_select *s, nf_value v, const nf_inst *inst, unsigned direction)
{
    nf_vreg d = nf_select_result(s, v);
    if (!round_by_instruction(s, d, inst, direction)) round_by_addition(s, d, inst, direction);
}

void nf_lower_ffloor(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_round(s, v, inst, ROUND_DOWN);
}

void nf_lower_fceil(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_round(s, v, inst, ROUND_UP);
}

void nf_lower_ftrunc(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_round(s, v, inst, ROUND_ZERO);
}

void nf_lower_fnearest(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_round(s, v, inst, ROUND_NEAREST);
}
