/*
 * Lowering of bit counts, byte swaps, overflow tests and integer conversions.
 *
 * The newer counting instructions are used where the CPU has them. Without: BSR and BSF set ZF and
 * leave their target undefined for 0, which a CMOV repairs; POPCNT becomes sums in parallel
 * (Warren, "Hacker's Delight", section 5-1).
 *
 *     clz x:  bsr t, x; cmovz t, 2*bits - 1; xor t, bits - 1      0 gives bits, else bits-1 - t
 *
 * The flags of an 8- or 16-bit addition say what the overflow operations ask. A narrow product is
 * computed whole in 32 bits and compared with its own extension.
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

static unsigned work_width(const nf_inst *inst)
{
    return bytes_of(inst) == 8 ? 8 : 4;
}

/* --- counts --- */

/* bsr or bsf, and `otherwise` for 0. */
static nf_vreg scan(nf_select *s, unsigned op, unsigned width, nf_vreg a, int64_t otherwise)
{
    nf_vreg found = nf_select_gpr(s), d = nf_select_gpr(s);
    nf_vreg none = nf_select_int(s, otherwise);
    nf_select_unary(s, op, width, found, nf_rm_vreg(a));
    nf_select_cmov(s, width, d, (nf_flags){.cc = NF_CC_E}, nf_rm_vreg(none), found);
    return d;
}

void nf_lower_clz(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = work_width(inst), bits = BITS_PER_BYTE * width, extra = bits - bits_of(inst);
    nf_vreg a = nf_select_extended(s, inst->a, false, width);
    nf_vreg count = extra == 0 ? d : nf_select_gpr(s);
    if (nf_select_has(s, NF_CPU_LZCNT)) {
        nf_select_unary(s, NF_X_LZCNT, width, count, nf_rm_vreg(a));
    } else {
        nf_vreg top = scan(s, NF_X_BSR, width, a, 2 * bits - 1);
        nf_select_in_place_imm(s, NF_X_XOR_I, width, count, top, bits - 1);
    }
    if (extra != 0) nf_select_in_place_imm(s, NF_LIR_ADD_I, 4, d, count, -(int64_t)extra);
}

/* A narrow value gets a bit above it, where counting stops. */
void nf_lower_ctz(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v), a = nf_select_value(s, inst->a);
    unsigned width = work_width(inst);
    if (bytes_of(inst) < 4) {
        nf_vreg stopped = nf_select_gpr(s);
        nf_select_in_place_imm(s, NF_X_OR_I, 4, stopped, a, INT64_C(1) << bits_of(inst));
        a = stopped;
    }
    if (nf_select_has(s, NF_CPU_BMI1))
        nf_select_unary(s, NF_X_TZCNT, width, d, nf_rm_vreg(a));
    else
        nf_select_move(s, d, scan(s, NF_X_BSF, width, a, bits_of(inst)));
}

/* a & mask in a new register. */
static nf_vreg masked(nf_select *s, unsigned width, nf_vreg a, uint64_t mask)
{
    nf_vreg d = nf_select_gpr(s);
    nf_select_binary(s, NF_X_AND, width, d, a, nf_rm_vreg(nf_select_int(s, (int64_t)mask)));
    return d;
}

static nf_vreg shifted_right(nf_select *s, unsigned width, nf_vreg a, unsigned by)
{
    nf_vreg d = nf_select_gpr(s);
    nf_select_in_place_imm(s, NF_X_SHR_I, width, d, a, by);
    return d;
}

static nf_vreg sum(nf_select *s, unsigned op, unsigned width, nf_vreg a, nf_vreg b)
{
    nf_vreg d = nf_select_gpr(s);
    nf_select_binary(s, op, width, d, a, nf_rm_vreg(b));
    return d;
}

/* Pairs of bits, then of pairs, then of nibbles; a product adds the bytes up at its top. */
static void count_in_parallel(nf_select *s, unsigned width, nf_vreg d, nf_vreg a)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t every = width == 8 ? UINT64_MAX : UINT32_MAX;
    uint64_t pairs = (ones * 0x55) & every, quads = (ones * 0x33) & every;
    uint64_t nibbles = (ones * 0x0f) & every;
    nf_vreg odd = masked(s, width, shifted_right(s, width, a, 1), pairs);
    nf_vreg by_two = sum(s, NF_X_SUB, width, a, odd);
    nf_vreg high = masked(s, width, shifted_right(s, width, by_two, 2), quads);
    nf_vreg by_four = sum(s, NF_X_ADD, width, masked(s, width, by_two, quads), high);
    nf_vreg twice = sum(s, NF_X_ADD, width, by_four, shifted_right(s, width, by_four, 4));
    nf_vreg by_eight = masked(s, width, twice, nibbles);
    nf_vreg factor = nf_select_int(s, (int64_t)(ones & every));
    nf_vreg product = sum(s, NF_X_IMUL, width, by_eight, factor);
    nf_select_in_place_imm(s, NF_X_SHR_I, width, d, product, BITS_PER_BYTE * (width - 1));
}

void nf_lower_popcnt(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = work_width(inst);
    bool has = nf_select_has(s, NF_CPU_POPCNT);
    if (has && bytes_of(inst) >= 4) {
        nf_select_unary(s, NF_X_POPCNT, width, d, nf_select_rm(s, inst->a, width));
        return;
    }
    nf_vreg a = nf_select_extended(s, inst->a, false, width);
    if (has)
        nf_select_unary(s, NF_X_POPCNT, width, d, nf_rm_vreg(a));
    else
        count_in_parallel(s, width, d, a);
}

void nf_lower_bswap(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v), a = nf_select_value(s, inst->a);
    if (bytes_of(inst) == 1)
        nf_select_move(s, d, a);
    else if (bytes_of(inst) == 2)
        nf_select_in_place_imm(s, NF_X_ROL_I, 2, d, a, BITS_PER_BYTE);
    else
        nf_select_in_place(s, NF_X_BSWAP, bytes_of(inst), d, a);
}

/* --- overflow --- */

/* Operand b's type is the operation's: the result is an i8. */
static unsigned operand_bytes(const nf_select *s, const nf_inst *inst)
{
    return nf_type_bytes(nf_select_inst(s, inst->a)->type);
}

static void set_flag(nf_select *s, nf_vreg d, nf_cc cc)
{
    nf_select_setcc(s, d, (nf_flags){.cc = cc});
}

static void lower_sum_overflow(nf_select *s, nf_value v, const nf_inst *inst, nf_cc cc)
{
    nf_vreg d = nf_select_result(s, v), total = nf_select_gpr(s);
    unsigned width = operand_bytes(s, inst);
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    nf_select_binary(s, NF_X_ADD, width, total, nf_select_value(s, inst->a), b);
    set_flag(s, d, cc);
}

/* A comparison is a subtraction without a result. */
static void lower_difference_overflow(nf_select *s, nf_value v, const nf_inst *inst, nf_cc cc)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned width = operand_bytes(s, inst);
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    nf_lir_begin(s->lir, NF_X_CMP, width);
    nf_lir_add(s->lir, NF_LIR_USE, nf_select_value(s, inst->a));
    nf_lir_rm_add(s->lir, b);
    nf_lir_end(s->lir);
    set_flag(s, d, cc);
}

void nf_lower_sadd_overflow(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_sum_overflow(s, v, inst, NF_CC_O);
}

void nf_lower_uadd_overflow(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_sum_overflow(s, v, inst, NF_CC_B);
}

void nf_lower_ssub_overflow(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_difference_overflow(s, v, inst, NF_CC_O);
}

void nf_lower_usub_overflow(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_difference_overflow(s, v, inst, NF_CC_B);
}

/* Types below 32 bits: the product, and it again cut and extended, are compared. */
static void narrow_product_overflow(nf_select *s, nf_vreg d, const nf_inst *inst, bool sign)
{
    unsigned width = operand_bytes(s, inst);
    nf_vreg a = nf_select_extended(s, inst->a, sign, 4);
    nf_vreg b = nf_select_extended(s, inst->b, sign, 4);
    nf_vreg product = nf_select_gpr(s), cut = nf_select_gpr(s);
    nf_select_binary(s, NF_X_IMUL, 4, product, a, nf_rm_vreg(b));
    nf_select_extend(s, cut, nf_rm_vreg(product), sign, 4, width);
    nf_lir_begin(s->lir, NF_X_CMP, 4);
    nf_lir_add(s->lir, NF_LIR_USE, cut);
    nf_lir_add(s->lir, NF_LIR_RM, product);
    nf_lir_end(s->lir);
    set_flag(s, d, NF_CC_NE);
}

void nf_lower_smul_overflow(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v), product = nf_select_gpr(s);
    unsigned width = operand_bytes(s, inst);
    if (width < 4) {
        narrow_product_overflow(s, d, inst, true);
        return;
    }
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    nf_select_binary(s, NF_X_IMUL, width, product, nf_select_value(s, inst->a), b);
    set_flag(s, d, NF_CC_O);
}

void nf_lower_umul_overflow(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v), rax = nf_vreg_fixed(NF_RAX);
    unsigned width = operand_bytes(s, inst);
    if (width < 4) {
        narrow_product_overflow(s, d, inst, false);
        return;
    }
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    nf_select_move(s, rax, nf_select_value(s, inst->a));
    nf_lir_begin(s->lir, NF_X_MUL, width);
    nf_lir_rm_add(s->lir, b);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rax);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, nf_vreg_fixed(NF_RDX));
    nf_lir_end(s->lir);
    set_flag(s, d, NF_CC_O);
}
