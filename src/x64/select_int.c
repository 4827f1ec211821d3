/*
 * Lowering of integer arithmetic on scalars.
 *
 * Sums, products and logic of 8 and 16 bits are done in 32-bit registers, whose upper bits nobody
 * reads; what looks at the upper bits (a right shift, a quotient, a comparison) extends first or
 * uses the narrow form of the instruction. A shift by a variable amount wants the amount in CL
 * unless BMI2 is there; the hardware takes it modulo 32 or 64, so narrow types mask it.
 *
 * The newer counting instructions are used where the CPU has them. Without: BSR and BSF leave their
 * target undefined for 0 but set ZF, and a CMOV repairs that; POPCNT is the sum in parallel of
 * Warren, "Hacker's Delight", 5-1.
 */
#include "select_internal.h"

enum { BITS_PER_BYTE = 8 };

static unsigned bytes_of(const nf_inst *inst)
{
    return nf_type_bytes(inst->type);
}

static unsigned bits_of(const nf_inst *inst)
{
    return BITS_PER_BYTE * bytes_of(inst);
}

/* The register width in which a type is computed: 4 or 8. */
static unsigned work_width(const nf_inst *inst)
{
    return bytes_of(inst) == 8 ? 8 : 4;
}

static bool fits_imm32(int64_t value)
{
    return value == (int32_t)value;
}

/* A source of the working width: loads fold only when they are so wide. */
static nf_lir_rm source(nf_select *s, nf_value v, const nf_inst *inst)
{
    return nf_select_rm(s, v, work_width(inst));
}

static void binary_commuting(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a,
                             nf_lir_rm b)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_TIED, a);
    nf_lir_flag(s->lir, NF_LIR_COMMUTES);
    nf_lir_rm_add(s->lir, b);
    nf_lir_end(s->lir);
}

/* --- sums --- */

static void add_imm(nf_select *s, const nf_inst *inst, nf_vreg d, nf_value a, int64_t imm)
{
    nf_select_in_place_imm(s, NF_LIR_ADD_I, work_width(inst), d, nf_select_value(s, a), imm);
}

/* Which operand of a commuting operation is better folded: the one that is a load. */
static void prefer_load_second(nf_select *s, nf_value *a, nf_value *b)
{
    const nf_inst *first = nf_select_inst(s, *a), *second = nf_select_inst(s, *b);
    bool swap = first->op == NF_OP_LOAD && second->op != NF_OP_LOAD && s->uses[a->id] == 1;
    if (!swap) return;
    nf_value other = *a;
    *a = *b;
    *b = other;
}

void nf_lower_add(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    nf_value a = inst->a, b = inst->b;
    nf_lir_mem mem;
    int64_t imm;
    if (nf_select_match_lea(s, v, &mem)) {
        nf_select_unary(s, NF_X_LEA, work_width(inst), d, nf_rm_mem(mem));
    } else if (nf_select_is_int(s, b, &imm) && fits_imm32(imm)) {
        add_imm(s, inst, d, a, imm);
    } else {
        prefer_load_second(s, &a, &b);
        nf_lir_rm rm = source(s, b, inst);
        binary_commuting(s, NF_LIR_ADD, work_width(inst), d, nf_select_value(s, a), rm);
    }
}

void nf_lower_sub(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    int64_t imm;
    if (nf_select_is_int(s, inst->b, &imm) && fits_imm32(imm) && imm != INT32_MIN) {
        add_imm(s, inst, d, inst->a, -imm);
    } else if (nf_select_is_int(s, inst->a, &imm) && imm == 0) {
        nf_select_in_place(s, NF_X_NEG, work_width(inst), d, nf_select_value(s, inst->b));
    } else {
        nf_lir_rm b = source(s, inst->b, inst);
        nf_select_binary(s, NF_X_SUB, work_width(inst), d, nf_select_value(s, inst->a), b);
    }
}

/* --- logic --- */

/* The zero extension that an and with this mask is, in bytes; 0: none. */
static unsigned mask_bytes(int64_t mask)
{
    return mask == UINT8_MAX ? 1 : mask == UINT16_MAX ? 2 : mask == UINT32_MAX ? 4 : 0;
}

static bool lower_and_imm(nf_select *s, nf_vreg d, const nf_inst *inst, int64_t imm)
{
    unsigned kept = mask_bytes(imm), width = work_width(inst);
    if (kept != 0 && kept <= bytes_of(inst)) {
        nf_select_extend(s, d, nf_select_rm(s, inst->a, kept), false, width, kept);
        return true;
    }
    if (imm >= 0 && imm <= UINT32_MAX) width = 4; /* the upper half becomes zero anyway */
    if (!fits_imm32(imm) && width == 8) return false;
    nf_select_in_place_imm(s, NF_X_AND_I, width, d, nf_select_value(s, inst->a), (int32_t)imm);
    return true;
}

/* The operand of a bitwise not; none when v is something else or cannot be folded. */
static nf_value opposite(nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    int64_t ones;
    bool is_not = inst->op == NF_OP_XOR && nf_select_is_int(s, inst->b, &ones) && ones == -1;
    return is_not && nf_select_folds(s, v) ? inst->a : (nf_value){0};
}

static bool lower_andn(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    if (!nf_select_has(s, NF_CPU_BMI1)) return false;
    nf_value inverted = opposite(s, inst->a), other = inst->b;
    if (inverted.id == 0) {
        inverted = opposite(s, inst->b);
        other = inst->a;
    }
    if (inverted.id == 0) return false;
    nf_lir_rm rm = source(s, other, inst);
    nf_select_binary(s, NF_X_ANDN, work_width(inst), d, nf_select_value(s, inverted), rm);
    return true;
}

static void lower_logic(nf_select *s, nf_vreg d, const nf_inst *inst, unsigned op, unsigned op_imm)
{
    nf_value a = inst->a, b = inst->b;
    int64_t imm;
    if (nf_select_is_int(s, b, &imm) && fits_imm32(imm)) {
        nf_select_in_place_imm(s, op_imm, work_width(inst), d, nf_select_value(s, a), imm);
        return;
    }
    prefer_load_second(s, &a, &b);
    nf_lir_rm rm = source(s, b, inst);
    binary_commuting(s, op, work_width(inst), d, nf_select_value(s, a), rm);
}

void nf_lower_and(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    int64_t imm;
    if (nf_select_is_int(s, inst->b, &imm) && lower_and_imm(s, d, inst, imm)) return;
    if (!lower_andn(s, d, inst)) lower_logic(s, d, inst, NF_X_AND, NF_X_AND_I);
}

void nf_lower_or(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_logic(s, nf_select_result(s, v), inst, NF_X_OR, NF_X_OR_I);
}

void nf_lower_xor(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    int64_t imm;
    if (nf_select_is_int(s, inst->b, &imm) && imm == -1)
        nf_select_in_place(s, NF_X_NOT, work_width(inst), d, nf_select_value(s, inst->a));
    else
        lower_logic(s, d, inst, NF_X_XOR, NF_X_XOR_I);
}

/* --- products --- */

/* x * 3, 5, 9 as x + x << scale. */
static bool lower_mul_lea(nf_select *s, nf_vreg d, const nf_inst *inst, int64_t factor)
{
    if (factor != 3 && factor != 5 && factor != 9) return false;
    nf_vreg a = nf_select_value(s, inst->a);
    nf_lir_mem mem = {
        .base = a, .index = a, .scale_log2 = (uint8_t)__builtin_ctzll((uint64_t)factor - 1)};
    nf_select_unary(s, NF_X_LEA, work_width(inst), d, nf_rm_mem(mem));
    return true;
}

void nf_lower_mul(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = work_width(inst);
    nf_value a = inst->a, b = inst->b;
    int64_t imm;
    if (nf_select_is_int(s, b, &imm) && fits_imm32(imm)) {
        if (lower_mul_lea(s, d, inst, imm)) return;
        nf_select_unary_imm(s, NF_X_IMUL_RMI, width, d, source(s, a, inst), imm);
        return;
    }
    prefer_load_second(s, &a, &b);
    nf_lir_rm rm = source(s, b, inst);
    binary_commuting(s, NF_X_IMUL, width, d, nf_select_value(s, a), rm);
}

/* rdx:rax = a * b at this width; the flags O and C say whether the upper half matters. */
static void wide_product(nf_select *s, unsigned op, unsigned width, nf_vreg a, nf_lir_rm b)
{
    nf_vreg rax = nf_vreg_fixed(NF_RAX), rdx = nf_vreg_fixed(NF_RDX);
    nf_select_move(s, rax, a);
    nf_lir_begin(s->lir, op, width);
    nf_lir_rm_add(s->lir, b);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rax);
    if (width != 1) nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rdx);
    nf_lir_end(s->lir);
}

/* Up to 32 bits the whole product fits a register of twice the width. */
static void lower_mulh(nf_select *s, nf_value v, const nf_inst *inst, bool sign)
{
    nf_vreg d = nf_select_result(s, v);
    if (bytes_of(inst) == 8) {
        nf_lir_rm b = source(s, inst->b, inst);
        wide_product(s, sign ? NF_X_IMUL1 : NF_X_MUL, 8, nf_select_value(s, inst->a), b);
        nf_select_move(s, d, nf_vreg_fixed(NF_RDX));
        return;
    }
    unsigned wide = bytes_of(inst) == 4 ? 8 : 4;
    nf_vreg a = nf_select_extended(s, inst->a, sign, wide);
    nf_vreg b = nf_select_extended(s, inst->b, sign, wide);
    nf_vreg product = nf_select_gpr(s);
    binary_commuting(s, NF_X_IMUL, wide, product, a, nf_rm_vreg(b));
    nf_select_in_place_imm(s, NF_X_SHR_I, wide, d, product, bits_of(inst));
}

void nf_lower_smulh(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_mulh(s, v, inst, true);
}

void nf_lower_umulh(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_mulh(s, v, inst, false);
}

/* --- quotients --- */

/* rdx:rax from rax, by the sign or by zeros. */
static void widen_dividend(nf_select *s, unsigned width, bool sign)
{
    nf_vreg rax = nf_vreg_fixed(NF_RAX), rdx = nf_vreg_fixed(NF_RDX);
    if (!sign) {
        nf_select_move(s, rdx, nf_select_int(s, 0));
        return;
    }
    nf_lir_begin(s->lir, width == 8 ? NF_X_CQO : width == 4 ? NF_X_CDQ : NF_X_CWD, width);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rdx);
    nf_lir_end(s->lir);
}

/* Bytes divide ax: the quotient comes in al, the remainder in ah. */
static void divide_bytes(nf_select *s, nf_vreg d, const nf_inst *inst, bool sign, bool remainder)
{
    nf_vreg rax = nf_vreg_fixed(NF_RAX);
    nf_lir_rm b = nf_select_rm(s, inst->b, 1);
    nf_select_move(s, rax, nf_select_extended(s, inst->a, sign, 4));
    nf_lir_begin(s->lir, sign ? NF_X_IDIV : NF_X_DIV, 1);
    nf_lir_rm_add(s->lir, b);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rax);
    nf_lir_end(s->lir);
    if (!remainder) {
        nf_select_move(s, d, rax);
        return;
    }
    nf_vreg both = nf_select_gpr(s);
    nf_select_move(s, both, rax);
    nf_select_in_place_imm(s, NF_X_SHR_I, 4, d, both, BITS_PER_BYTE);
}

static void lower_div(nf_select *s, nf_value v, const nf_inst *inst, bool sign, bool remainder)
{
    nf_vreg d = nf_select_result(s, v), rax = nf_vreg_fixed(NF_RAX), rdx = nf_vreg_fixed(NF_RDX);
    unsigned width = bytes_of(inst);
    if (width == 1) {
        divide_bytes(s, d, inst, sign, remainder);
        return;
    }
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    nf_select_move(s, rax, nf_select_value(s, inst->a));
    widen_dividend(s, width, sign);
    nf_lir_begin(s->lir, sign ? NF_X_IDIV : NF_X_DIV, width);
    nf_lir_rm_add(s->lir, b);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rdx);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rdx);
    nf_lir_end(s->lir);
    nf_select_move(s, d, remainder ? rdx : rax);
}

void nf_lower_sdiv(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_div(s, v, inst, true, false);
}

void nf_lower_udiv(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_div(s, v, inst, false, false);
}

void nf_lower_srem(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_div(s, v, inst, true, true);
}

void nf_lower_urem(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_div(s, v, inst, false, true);
}

/* --- shifts --- */

typedef struct shift_rows {
    uint16_t by_imm, by_cl, bmi2; /* bmi2: NF_X_NONE for rotations */
} shift_rows;

static const shift_rows shl_rows = {NF_X_SHL_I, NF_X_SHL_CL, NF_X_SHLX};
static const shift_rows shr_rows = {NF_X_SHR_I, NF_X_SHR_CL, NF_X_SHRX};
static const shift_rows sar_rows = {NF_X_SAR_I, NF_X_SAR_CL, NF_X_SARX};
static const shift_rows rol_rows = {NF_X_ROL_I, NF_X_ROL_CL, NF_X_NONE};
static const shift_rows ror_rows = {NF_X_ROR_I, NF_X_ROR_CL, NF_X_NONE};

static void shift_by_cl(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a,
                        nf_vreg amount)
{
    nf_vreg rcx = nf_vreg_fixed(NF_RCX);
    nf_select_move(s, rcx, amount);
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_TIED, a);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rcx);
    nf_lir_end(s->lir);
}

/* shlx d, a, amount */
static void shift_bmi2(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_lir_rm a,
                       nf_vreg amount)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_rm_add(s->lir, a);
    nf_lir_add(s->lir, NF_LIR_USE, amount);
    nf_lir_end(s->lir);
}

/* The amount in a register; narrow types want it modulo their own width. */
static nf_vreg shift_amount(nf_select *s, const nf_inst *inst)
{
    nf_vreg amount = nf_select_value(s, inst->b);
    if (bytes_of(inst) >= 4) return amount;
    nf_vreg masked = nf_select_gpr(s);
    nf_select_in_place_imm(s, NF_X_AND_I, 4, masked, amount, bits_of(inst) - 1);
    return masked;
}

/* `a` holds the value as the shift needs it extended; none: it may be folded. */
static void lower_shift(nf_select *s, nf_value v, const nf_inst *inst, const shift_rows *rows,
                        nf_vreg a)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = work_width(inst);
    int64_t imm;
    if (nf_select_is_int(s, inst->b, &imm)) {
        if (a.id == 0) a = nf_select_value(s, inst->a);
        nf_select_in_place_imm(s, rows->by_imm, width, d, a, imm & (bits_of(inst) - 1));
        return;
    }
    if (nf_select_has(s, NF_CPU_BMI2)) {
        nf_lir_rm rm = a.id != 0 ? nf_rm_vreg(a) : source(s, inst->a, inst);
        shift_bmi2(s, rows->bmi2, width, d, rm, shift_amount(s, inst));
        return;
    }
    if (a.id == 0) a = nf_select_value(s, inst->a);
    shift_by_cl(s, rows->by_cl, width, d, a, shift_amount(s, inst));
}

void nf_lower_shl(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_shift(s, v, inst, &shl_rows, (nf_vreg){0});
}

static void lower_shift_right(nf_select *s, nf_value v, const nf_inst *inst, bool sign)
{
    nf_vreg a = {0};
    if (bytes_of(inst) < 4) a = nf_select_extended(s, inst->a, sign, 4);
    lower_shift(s, v, inst, sign ? &sar_rows : &shr_rows, a);
}

void nf_lower_lshr(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_shift_right(s, v, inst, false);
}

void nf_lower_ashr(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_shift_right(s, v, inst, true);
}

/* Rotations exist at every width and take the amount modulo it. */
static void lower_rotate(nf_select *s, nf_value v, const nf_inst *inst, const shift_rows *rows)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = bytes_of(inst), bits = bits_of(inst);
    int64_t imm;
    if (!nf_select_is_int(s, inst->b, &imm)) {
        nf_vreg a = nf_select_value(s, inst->a);
        shift_by_cl(s, rows->by_cl, width, d, a, nf_select_value(s, inst->b));
        return;
    }
    imm &= bits - 1;
    if (nf_select_has(s, NF_CPU_BMI2) && width >= 4) {
        int64_t right = rows == &ror_rows ? imm : (bits - imm) & (bits - 1);
        nf_select_unary_imm(s, NF_X_RORX, width, d, source(s, inst->a, inst), right);
        return;
    }
    nf_select_in_place_imm(s, rows->by_imm, width, d, nf_select_value(s, inst->a), imm);
}

void nf_lower_rotl(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_rotate(s, v, inst, &rol_rows);
}

void nf_lower_rotr(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_rotate(s, v, inst, &ror_rows);
}

/* --- extremes and absolute values --- */

static void compare_registers(nf_select *s, unsigned width, nf_vreg a, nf_vreg b)
{
    nf_lir_begin(s->lir, NF_X_CMP, width);
    nf_lir_add(s->lir, NF_LIR_USE, a);
    nf_lir_add(s->lir, NF_LIR_RM, b);
    nf_lir_end(s->lir);
}

/* d = a, or b where cc says so of a compared with b. */
static void lower_extreme(nf_select *s, nf_value v, const nf_inst *inst, bool sign, nf_cc cc)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = work_width(inst);
    nf_vreg a = nf_select_extended(s, inst->a, sign, width);
    nf_vreg b = nf_select_extended(s, inst->b, sign, width);
    compare_registers(s, width, a, b);
    nf_select_cmov(s, width, d, (nf_flags){.cc = cc}, nf_rm_vreg(b), a);
}

void nf_lower_smin(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_extreme(s, v, inst, true, NF_CC_G);
}

void nf_lower_smax(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_extreme(s, v, inst, true, NF_CC_L);
}

void nf_lower_umin(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_extreme(s, v, inst, false, NF_CC_A);
}

void nf_lower_umax(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_extreme(s, v, inst, false, NF_CC_B);
}

/* The negation sets the sign flag where a was positive (or is the most negative number). */
void nf_lower_abs(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v), negated = nf_select_gpr(s);
    unsigned width = work_width(inst);
    nf_vreg a = nf_select_extended(s, inst->a, true, width);
    nf_select_in_place(s, NF_X_NEG, width, negated, a);
    nf_select_cmov(s, width, d, (nf_flags){.cc = NF_CC_S}, nf_rm_vreg(a), negated);
}
