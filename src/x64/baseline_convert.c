/*
 * Scalar conversions.
 *
 * cvtsi2ss and its kin write only the low lane of their target and so wait for its old value: the
 * target is cleared first. Unsigned numbers up to 32 bits are converted as signed ones of 64.
 *
 *   uitofp i64:   x >= 0 signed: as it is.  Else halve it, the lost bit ored in so that rounding
 *                 sees it ("sticky"), convert, and double.
 *   fptoui i64:   below 2^63 (or NaN): as it is.  Else subtract 2^63 and flip the top bit.
 */
#include "baseline_internal.h"

enum { XMM_BYTES = 16 };

/* to = a with the bits above its type made zero or sign, in 64 bits. */
static void extend_to(nf_baseline *job, const nf_work *w, bool sign, nf_reg to)
{
    nf_extend_to(job, w->a, sign, nf_type_bytes(w->from), to);
}

/* From 32 bits the shorter instruction without REX would do; the difference is not worth a case. */
void nf_emit_extend(nf_baseline *job, nf_work *w)
{
    extend_to(job, w, w->op == NF_OP_SEXT, w->dst);
}

void nf_emit_trunc(nf_baseline *job, nf_work *w)
{
    nf_operand_int_to(job, w->a, nf_type_bytes(w->type), w->dst);
}

static nf_insn from_int_row(unsigned bytes)
{
    return bytes == 4 ? NF_X_CVTSI2SS : NF_X_CVTSI2SD;
}

static void convert_signed(nf_baseline *job, nf_reg dst, nf_reg from, unsigned bytes)
{
    nf_xmm_rr(job, NF_X_XORPS, XMM_BYTES, dst, dst);
    nf_xmm_rr(job, from_int_row(bytes), 8, dst, from);
}

void nf_emit_int_to_float(nf_baseline *job, nf_work *w)
{
    nf_reg from = SCRATCH_A;
    if (nf_type_bytes(w->from) == 8)
        from = nf_operand_int(job, w->a, 8, SCRATCH_A);
    else
        extend_to(job, w, true, SCRATCH_A);
    convert_signed(job, w->dst, from, nf_type_bytes(w->type));
}

static void convert_unsigned_64(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_label large = nf_asm_label(&job->a), done = nf_asm_label(&job->a);
    nf_operand_int_to(job, w->a, 8, SCRATCH_A);
    nf_xmm_rr(job, NF_X_XORPS, XMM_BYTES, w->dst, w->dst);
    nf_asm_rr(&job->a, NF_X_TEST, 8, SCRATCH_A, SCRATCH_A);
    nf_asm_jcc(&job->a, NF_CC_S, large);
    nf_xmm_rr(job, from_int_row(bytes), 8, w->dst, SCRATCH_A);
    nf_asm_jmp(&job->a, done);
    nf_asm_bind(&job->a, large);
    nf_asm_rr(&job->a, NF_X_MOV, 4, SCRATCH_C, SCRATCH_A);
    nf_asm_ri(&job->a, NF_X_AND_I, 4, SCRATCH_C, 1);
    nf_asm_ri(&job->a, NF_X_SHR_I, 8, SCRATCH_A, 1);
    nf_asm_rr(&job->a, NF_X_OR, 8, SCRATCH_A, SCRATCH_C);
    nf_xmm_rr(job, from_int_row(bytes), 8, w->dst, SCRATCH_A);
    nf_xmm_rr(job, bytes == 4 ? NF_X_ADDSS : NF_X_ADDSD, bytes, w->dst, w->dst);
    nf_asm_bind(&job->a, done);
}

void nf_emit_uint_to_float(nf_baseline *job, nf_work *w)
{
    if (nf_type_bytes(w->from) == 8) {
        convert_unsigned_64(job, w);
        return;
    }
    extend_to(job, w, false, SCRATCH_A);
    convert_signed(job, w->dst, SCRATCH_A, nf_type_bytes(w->type));
}

static nf_insn to_int_row(unsigned bytes)
{
    return bytes == 4 ? NF_X_CVTTSS2SI : NF_X_CVTTSD2SI;
}

/* dst = a toward zero, as an integer of int_bytes. */
static void truncate_to(nf_baseline *job, const nf_work *w, unsigned int_bytes)
{
    unsigned bytes = nf_type_bytes(w->from);
    nf_mem mem;
    if (nf_operand_float_mem(job, w->a, bytes, &mem))
        nf_xmm_rm(job, to_int_row(bytes), int_bytes, w->dst, mem);
    else
        nf_xmm_rr(job, to_int_row(bytes), int_bytes, w->dst, w->a.reg);
}

void nf_emit_float_to_int(nf_baseline *job, nf_work *w)
{
    truncate_to(job, w, nf_type_bytes(w->type) == 8 ? 8 : 4);
}

static void truncate_unsigned_64(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->from);
    uint64_t two_63 = bytes == 4 ? 0x5f000000 : UINT64_C(0x43e0000000000000);
    nf_label small = nf_asm_label(&job->a), done = nf_asm_label(&job->a);
    nf_mem limit = nf_mem_label(nf_constant_bytes(job, two_63, bytes));
    nf_operand_float_to(job, w->a, bytes, SCRATCH_X);
    nf_xmm_rm(job, bytes == 4 ? NF_X_UCOMISS : NF_X_UCOMISD, bytes, SCRATCH_X, limit);
    nf_asm_jcc(&job->a, NF_CC_B, small); /* below, or a NaN */
    nf_xmm_rm(job, bytes == 4 ? NF_X_SUBSS : NF_X_SUBSD, bytes, SCRATCH_X, limit);
    nf_xmm_rr(job, to_int_row(bytes), 8, w->dst, SCRATCH_X);
    nf_asm_mov_imm(&job->a, SCRATCH_C, UINT64_C(1) << 63, false);
    nf_asm_rr(&job->a, NF_X_XOR, 8, w->dst, SCRATCH_C);
    nf_asm_jmp(&job->a, done);
    nf_asm_bind(&job->a, small);
    nf_xmm_rr(job, to_int_row(bytes), 8, w->dst, SCRATCH_X);
    nf_asm_bind(&job->a, done);
}

void nf_emit_float_to_uint(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    if (bytes == 8)
        truncate_unsigned_64(job, w);
    else
        truncate_to(job, w, bytes == 4 ? 8 : 4);
}

void nf_emit_float_resize(nf_baseline *job, nf_work *w)
{
    unsigned from = nf_type_bytes(w->from);
    nf_operand_float_to(job, w->a, from, w->dst);
    nf_xmm_rr(job, w->op == NF_OP_FPEXT ? NF_X_CVTSS2SD : NF_X_CVTSD2SS, from, w->dst, w->dst);
}

void nf_emit_bitcast(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    bool from_float = NF_TYPE_IS_FLOAT(w->from), to_float = NF_TYPE_IS_FLOAT(w->type);
    if (from_float && to_float)
        nf_operand_float_to(job, w->a, bytes, w->dst);
    else if (from_float)
        nf_xmm_rr(job, NF_X_MOVD_MR, bytes, w->dst, nf_operand_float(job, w->a, bytes, SCRATCH_X));
    else if (to_float)
        nf_xmm_rr(job, NF_X_MOVD, bytes, w->dst, nf_operand_int(job, w->a, bytes, SCRATCH_A));
    else
        nf_operand_int_to(job, w->a, bytes, w->dst);
}
