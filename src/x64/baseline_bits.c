/*
 * Counting and reversing bits.
 *
 * Where the CPU has lzcnt and tzcnt they are used; bsr and bsf, which all have, leave the result
 * undefined for zero, so a bit is set where the count must end:
 *
 *   clz.i32 a:  bsr of (a << 1 | 1) in 64 bits is 0 for a = 0, else the highest bit and 1; 32 -
 * that ctz.i32 a:  bsf of (a | 1 << 32) in 64 bits
 *
 * popcnt has a short sequence for no one: without the instruction it is a call (baseline_soft.c).
 */
#include "baseline_internal.h"

enum { BYTE_BITS = 8 };

static void zero_extended(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to)
{
    if (o.at == AT_REG && bytes < 4)
        nf_asm_extend(&job->a, false, 4, bytes, to, o.reg);
    else if (o.at == AT_SLOT && bytes < 4)
        nf_asm_extend_m(&job->a, false, 4, bytes, to, nf_slot(o));
    else if (o.at == AT_INT && bytes < 4)
        nf_asm_mov_imm(&job->a, to, (uint32_t)o.disp & ((1u << bytes * BYTE_BITS) - 1), false);
    else
        nf_operand_int_to(job, o, bytes, to);
}

static void clz_by_bsr(nf_baseline *job, nf_work *w, unsigned bytes)
{
    unsigned bits = bytes * BYTE_BITS;
    if (bytes == 8) {
        nf_asm_rr(&job->a, NF_X_BSR, 8, SCRATCH_A, SCRATCH_C);
        nf_asm_mov_imm(&job->a, SCRATCH_D, 2 * bits - 1, false);
        nf_asm_cmov(&job->a, NF_CC_E, 4, SCRATCH_A, SCRATCH_D);
        nf_asm_ri(&job->a, NF_X_XOR_I, 4, SCRATCH_A, bits - 1);
        nf_operand_int_to(job, nf_operand_reg(SCRATCH_A), bytes, w->dst);
        return;
    }
    nf_mem twice = nf_mem_base(SCRATCH_C, 1);
    twice.index = SCRATCH_C;
    nf_asm_rm(&job->a, NF_X_LEA, 8, SCRATCH_C, twice);
    nf_asm_rr(&job->a, NF_X_BSR, 8, SCRATCH_C, SCRATCH_C);
    nf_asm_mov_imm(&job->a, w->dst, bits, false);
    nf_asm_rr(&job->a, NF_X_SUB, 4, w->dst, SCRATCH_C);
}

void nf_emit_clz(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type), bits = bytes * BYTE_BITS;
    zero_extended(job, w->a, bytes, SCRATCH_C);
    if (!nf_has(job, NF_CPU_LZCNT)) {
        clz_by_bsr(job, w, bytes);
        return;
    }
    nf_asm_rr(&job->a, NF_X_LZCNT, bytes < 4 ? 4 : bytes, w->dst, SCRATCH_C);
    if (bytes < 4) nf_asm_ri(&job->a, NF_X_SUB_I, 4, w->dst, 32 - bits);
}

void nf_emit_ctz(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type), bits = bytes * BYTE_BITS;
    nf_operand_int_to(job, w->a, bytes, SCRATCH_C);
    if (bytes < 8) {
        nf_asm_ri(&job->a, NF_X_BTS_I, 8, SCRATCH_C, bits);
        nf_asm_rr(&job->a, NF_X_BSF, 8, w->dst, SCRATCH_C);
    } else if (nf_has(job, NF_CPU_BMI1)) {
        nf_asm_rr(&job->a, NF_X_TZCNT, 8, w->dst, SCRATCH_C);
    } else {
        nf_asm_mov_imm(&job->a, SCRATCH_D, bits, false);
        nf_asm_rr(&job->a, NF_X_BSF, 8, SCRATCH_A, SCRATCH_C);
        nf_asm_cmov(&job->a, NF_CC_E, 4, SCRATCH_A, SCRATCH_D);
        nf_operand_int_to(job, nf_operand_reg(SCRATCH_A), bytes, w->dst);
    }
}

void nf_emit_popcnt(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    if (!nf_has(job, NF_CPU_POPCNT)) {
        nf_emit_soft(job, w);
        return;
    }
    zero_extended(job, w->a, bytes, SCRATCH_C);
    nf_asm_rr(&job->a, NF_X_POPCNT, bytes < 4 ? 4 : bytes, w->dst, SCRATCH_C);
}

void nf_emit_bswap(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_operand_int_to(job, w->a, bytes, w->dst);
    if (bytes == 2)
        nf_asm_ri(&job->a, NF_X_ROL_I, 2, w->dst, BYTE_BITS);
    else if (bytes > 2)
        nf_asm_r(&job->a, NF_X_BSWAP, bytes, w->dst);
}
