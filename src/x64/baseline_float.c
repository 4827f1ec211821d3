/*
 * Scalar floating point.
 *
 * The NaN rule (the first NaN operand, made quiet) is what SSE and AVX do by themselves as long as
 * a stays the first source. So operands are never exchanged; when b lies in dst, AVX's
 * three-operand form is taken, or b is copied away first.
 *
 *   fsub.f64 dst, a, b  with b in dst:     vsubsd dst, a, dst      or  movaps xmm14, b; ...
 *
 * fma: in each of VFMADD's three orders the NaN of the first factor counts first, then the second
 * factor's, then the addend's. Which operand is a factor is what the digits say (Intel SDM volume
 * 2, VFMADD132SS): dst is the first factor in 132, the second one in 213 and the addend in 231.
 */
#include "baseline_internal.h"

enum { XMM_BYTES = 16 };

_Static_assert(NF_X_VFMADD132SD == NF_X_VFMADD132SS + 1 &&
                   NF_X_VFMADD213SD == NF_X_VFMADD213SS + 1 &&
                   NF_X_VFMADD231SD == NF_X_VFMADD231SS + 1,
               "the f64 row is behind the f32 row");

/* By width: f32, f64. */
static const uint16_t binary_rows[NF_OP_COUNT][2] = {
    [NF_OP_FADD] = {NF_X_ADDSS, NF_X_ADDSD}, [NF_OP_FSUB] = {NF_X_SUBSS, NF_X_SUBSD},
    [NF_OP_FMUL] = {NF_X_MULSS, NF_X_MULSD}, [NF_OP_FDIV] = {NF_X_DIVSS, NF_X_DIVSD},
    [NF_OP_FMIN] = {NF_X_MINSS, NF_X_MINSD}, [NF_OP_FMAX] = {NF_X_MAXSS, NF_X_MAXSD},
};

static void guard(nf_baseline *job, const nf_work *w, nf_operand *o)
{
    if (!nf_operand_is_reg(*o, w->dst)) return;
    nf_xmm_rr(job, NF_X_MOVAPS, XMM_BYTES, SCRATCH_Y, o->reg);
    *o = nf_operand_reg(SCRATCH_Y);
}

/* dst = first op second; with the rows of FMA dst is the third operand. */
static void three_operands(nf_baseline *job, nf_insn vex, unsigned bytes, nf_reg dst,
                           nf_operand first, nf_operand second)
{
    nf_reg reg = nf_operand_float(job, first, bytes, SCRATCH_Y);
    nf_mem mem;
    if (nf_operand_float_mem(job, second, bytes, &mem))
        nf_asm_v_rrm(&job->a, vex, bytes, dst, reg, mem, NF_UNMASKED);
    else
        nf_asm_v_rrr(&job->a, vex, bytes, dst, reg, second.reg, NF_UNMASKED);
}

/* The usual case on its own: all in registers, with AVX. */
void nf_emit_simple_float(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    static const uint8_t opcodes[NF_OP_COUNT] = {
        [NF_OP_FADD] = QUICK_FADD, [NF_OP_FSUB] = QUICK_FSUB, [NF_OP_FMUL] = QUICK_FMUL,
        [NF_OP_FDIV] = QUICK_FDIV, [NF_OP_FMIN] = QUICK_FMIN, [NF_OP_FMAX] = QUICK_FMAX};
    const nf_operand *to = &job->values[v.id].place, *a = &job->values[inst->a.id].place;
    const nf_operand *b = &job->values[inst->b.id].place;
    bool in_registers = (to->at == AT_REG) & (a->at == AT_REG) & (b->at == AT_REG);
    if (!in_registers || NF_TYPE_IS_VECTOR(inst->type) || !nf_has(job, NF_CPU_AVX)) {
        nf_emit_scalar(job, v, inst);
        return;
    }
    quick_vex(&job->a, opcodes[inst->op], inst->type == NF_F64 ? 8 : 4, to->reg - NF_XMM0,
              a->reg - NF_XMM0, b->reg - NF_XMM0);
}

void nf_emit_float_binary(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_insn insn = binary_rows[w->op][bytes == 8], vex = nf_xmm_row(job, insn);
    nf_mem mem;
    if (vex != NF_X_NONE) {
        three_operands(job, vex, bytes, w->dst, w->a, w->b);
        return;
    }
    if (!nf_operand_is_reg(w->a, w->dst)) guard(job, w, &w->b);
    nf_operand_float_to(job, w->a, bytes, w->dst);
    if (nf_operand_float_mem(job, w->b, bytes, &mem))
        nf_asm_rm(&job->a, insn, bytes, w->dst, mem);
    else
        nf_asm_rr(&job->a, insn, bytes, w->dst, w->b.reg);
}

void nf_emit_fma(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type), is_f64 = bytes == 8;
    if (!nf_has(job, NF_CPU_FMA)) {
        nf_emit_soft(job, w);
        return;
    }
    if (nf_operand_is_reg(w->a, w->dst)) {
        three_operands(job, NF_X_VFMADD132SS + is_f64, bytes, w->dst, w->c, w->b);
    } else if (nf_operand_is_reg(w->b, w->dst)) {
        three_operands(job, NF_X_VFMADD213SS + is_f64, bytes, w->dst, w->a, w->c);
    } else {
        nf_operand_float_to(job, w->c, bytes, w->dst);
        three_operands(job, NF_X_VFMADD231SS + is_f64, bytes, w->dst, w->a, w->b);
    }
}

/* The product waits in the scratch register. */
void nf_emit_fmuladd(nf_baseline *job, nf_work *w)
{
    nf_work product = *w, sum = *w;
    product.op = NF_OP_FMUL;
    product.dst = SCRATCH_X;
    nf_emit_float_binary(job, &product);
    sum.op = NF_OP_FADD;
    sum.a = nf_operand_reg(SCRATCH_X);
    sum.b = w->c;
    nf_emit_float_binary(job, &sum);
}

/* From a register: the memory form would leave the upper part of dst waiting for its last use. */
void nf_emit_sqrt(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_operand_float_to(job, w->a, bytes, w->dst);
    nf_xmm_rr(job, bytes == 4 ? NF_X_SQRTSS : NF_X_SQRTSD, bytes, w->dst, w->dst);
}

/* --- signs --- */

/* The sign bit alone, or all bits but it, as 16 bytes in memory. */
static nf_mem sign_mask(nf_baseline *job, unsigned bytes, bool inverted)
{
    uint64_t bit = bytes == 4 ? UINT64_C(1) << 31 : UINT64_C(1) << 63;
    return nf_mem_label(
        nf_constant_bytes(job, inverted ? (bytes == 4 ? bit - 1 : ~bit) : bit, XMM_BYTES));
}

void nf_emit_float_sign(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    bool negate = w->op == NF_OP_FNEG;
    nf_operand_float_to(job, w->a, bytes, w->dst);
    nf_xmm_rm(job, negate ? NF_X_XORPS : NF_X_ANDPS, XMM_BYTES, w->dst,
              sign_mask(job, bytes, !negate));
}

void nf_emit_copysign(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_operand_float_to(job, w->b, bytes, SCRATCH_Y);
    nf_xmm_rm(job, NF_X_ANDPS, XMM_BYTES, SCRATCH_Y, sign_mask(job, bytes, false));
    nf_operand_float_to(job, w->a, bytes, w->dst);
    nf_xmm_rm(job, NF_X_ANDPS, XMM_BYTES, w->dst, sign_mask(job, bytes, true));
    nf_xmm_rr(job, NF_X_ORPS, XMM_BYTES, w->dst, SCRATCH_Y);
}

/* --- rounding --- */

void nf_emit_round(nf_baseline *job, nf_work *w)
{
    enum { NEAREST, DOWN, UP, TRUNCATE, NO_INEXACT = 8 };
    static const uint8_t modes[NF_OP_COUNT] = {[NF_OP_FNEAREST] = NEAREST,
                                               [NF_OP_FFLOOR] = DOWN,
                                               [NF_OP_FCEIL] = UP,
                                               [NF_OP_FTRUNC] = TRUNCATE};
    unsigned bytes = nf_type_bytes(w->type);
    if (!nf_has(job, NF_CPU_SSE41)) {
        nf_emit_soft(job, w);
        return;
    }
    nf_reg a = nf_operand_float(job, w->a, bytes, w->dst);
    nf_xmm_rri(job, bytes == 4 ? NF_X_ROUNDSS : NF_X_ROUNDSD, bytes, w->dst, a,
               modes[w->op] | NO_INEXACT);
}
