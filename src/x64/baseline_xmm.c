/*
 * Instructions on XMM registers, named by their SSE rows: in VEX where the CPU has AVX.
 *
 * Nothing may stay in the old encoding there. A caller's code may have left the upper half of some
 * register in use; on many a CPU old and new instructions that take turns then cost a hundred
 * cycles each, and in a loop that is all the time there is.
 *
 *   nf_xmm_rr(job, NF_X_ADDSD, 8, xmm1, xmm2)     vaddsd xmm1, xmm1, xmm2     or  addsd xmm1, xmm2
 */
#include "baseline_internal.h"

/* By SSE row. TIED: the result takes the place of an operand, or of its lower part. */
static const struct {
    uint16_t vex;
    bool tied;
} rows[NF_INSN_COUNT] = {
#define TIED(name) [NF_X_##name] = {NF_X_V##name, true}
#define FREE(name) [NF_X_##name] = {NF_X_V##name, false}
    TIED(ADDSS),    TIED(ADDSD),    TIED(SUBSS),     TIED(SUBSD),     TIED(MULSS),
    TIED(MULSD),    TIED(DIVSS),    TIED(DIVSD),     TIED(MINSS),     TIED(MINSD),
    TIED(MAXSS),    TIED(MAXSD),    TIED(SQRTSS),    TIED(SQRTSD),    TIED(ROUNDSS),
    TIED(ROUNDSD),  TIED(CVTSI2SS), TIED(CVTSI2SD),  TIED(CVTSS2SD),  TIED(CVTSD2SS),
    TIED(ANDPS),    TIED(ORPS),     TIED(XORPS),     TIED(ADDPS),     TIED(ADDPD),
    TIED(SUBPS),    TIED(SUBPD),    TIED(MULPS),     TIED(MULPD),     TIED(DIVPS),
    TIED(DIVPD),    TIED(MINPS),    TIED(MINPD),     TIED(MAXPS),     TIED(MAXPD),
    TIED(PADDB),    TIED(PADDW),    TIED(PADDD),     TIED(PADDQ),     TIED(PSUBB),
    TIED(PSUBW),    TIED(PSUBD),    TIED(PSUBQ),     TIED(PMULLW),    TIED(PAND),
    TIED(POR),      TIED(PXOR),     TIED(PMINSW),    TIED(PMAXSW),    TIED(PMINUB),
    TIED(PMAXUB),   FREE(MOVAPS),   FREE(MOVUPS),    FREE(MOVUPS_MR), FREE(MOVSS),
    FREE(MOVSS_MR), FREE(MOVSD),    FREE(MOVSD_MR),  FREE(MOVD),      FREE(MOVD_MR),
    FREE(UCOMISS),  FREE(UCOMISD),  FREE(CVTTSS2SI), FREE(CVTTSD2SI),
#undef TIED
#undef FREE
};

nf_insn nf_xmm_row(const nf_baseline *job, nf_insn insn)
{
    NF_ASSERT(rows[insn].vex != NF_X_NONE);
    return nf_has(job, NF_CPU_AVX) ? rows[insn].vex : NF_X_NONE;
}

void nf_xmm_rr(nf_baseline *job, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm)
{
    nf_insn vex = nf_xmm_row(job, insn);
    if (vex == NF_X_NONE)
        nf_asm_rr(&job->a, insn, width, reg, rm);
    else if (rows[insn].tied)
        nf_asm_v_rrr(&job->a, vex, width, reg, reg, rm, NF_UNMASKED);
    else
        nf_asm_v_rr(&job->a, vex, width, reg, rm, NF_UNMASKED);
}

void nf_xmm_rm(nf_baseline *job, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm)
{
    nf_insn vex = nf_xmm_row(job, insn);
    if (vex == NF_X_NONE)
        nf_asm_rm(&job->a, insn, width, reg, rm);
    else if (rows[insn].tied)
        nf_asm_v_rrm(&job->a, vex, width, reg, reg, rm, NF_UNMASKED);
    else
        nf_asm_v_rm(&job->a, vex, width, reg, rm, NF_UNMASKED);
}

void nf_xmm_mr(nf_baseline *job, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg)
{
    nf_insn vex = nf_xmm_row(job, insn);
    if (vex == NF_X_NONE)
        nf_asm_mr(&job->a, insn, width, rm, reg);
    else
        nf_asm_v_mr(&job->a, vex, width, rm, reg, NF_UNMASKED);
}

/* rm twice, so that nothing waits for the old value of reg. */
void nf_xmm_rri(nf_baseline *job, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, uint8_t imm)
{
    nf_insn vex = nf_xmm_row(job, insn);
    if (vex == NF_X_NONE)
        nf_asm_rri(&job->a, insn, width, reg, rm, imm);
    else
        nf_asm_v_rrri(&job->a, vex, width, reg, rm, rm, imm, NF_UNMASKED);
}
