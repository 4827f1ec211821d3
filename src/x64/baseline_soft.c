/*
 * Operations that this CPU has no instruction for: a call of nf_baseline_soft(), which asks the
 * evaluator. The pre-pass counts them as calls, so that no live value is in a caller-saved
 * register.
 *
 *   rdi, rsi, rdx = bits of a, b, c;  ecx = operation and type;  rax = bits of the result
 */
#include "baseline_internal.h"
#include "ir/eval.h"
#include "soft.h"

bool nf_baseline_is_soft(const nf_baseline *job, nf_op op)
{
    switch (op) {
    case NF_OP_FMA: return !nf_has(job, NF_CPU_FMA);
    case NF_OP_POPCNT: return !nf_has(job, NF_CPU_POPCNT);
    case NF_OP_FFLOOR:
    case NF_OP_FCEIL:
    case NF_OP_FTRUNC:
    case NF_OP_FNEAREST: return !nf_has(job, NF_CPU_SSE41);
    default: return false;
    }
}

bool nf_baseline_any_soft(const nf_baseline *job)
{
    const uint64_t wanted = NF_CPU_FMA | NF_CPU_POPCNT | NF_CPU_SSE41;
    return (job->features & wanted) != wanted;
}

uint64_t nf_baseline_soft(uint64_t a, uint64_t b, uint64_t c, uint32_t what)
{
    nf_type type = (nf_type)(what >> NF_SOFT_TYPE_SHIFT);
    nf_inst inst = {.op = (uint16_t)what, .type = type};
    nf_bits bits[3] = {{{a}}, {{b}}, {{c}}}, result = {{0}};
    nf_eval_op(&inst, type, &bits[0], &bits[1], &bits[2], &result);
    return result.u64[0];
}

static void pass(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to)
{
    if (o.at == AT_NONE) return;
    if (o.at == AT_REG && o.reg >= NF_XMM0)
        nf_xmm_rr(job, NF_X_MOVD_MR, bytes, to, o.reg);
    else
        nf_operand_int_to(job, o, bytes, to);
}

/* Operands are floats in vector registers or a single integer, so passing one spoils no other. */
void nf_emit_soft(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    pass(job, w->a, bytes, NF_RDI);
    pass(job, w->b, bytes, NF_RSI);
    pass(job, w->c, bytes, NF_RDX);
    nf_asm_mov_imm(&job->a, NF_RCX, w->op | (uint32_t)w->type << NF_SOFT_TYPE_SHIFT, true);
    nf_asm_mov_imm(&job->a, CALL_TARGET, (uintptr_t)nf_baseline_soft, true);
    nf_asm_r(&job->a, NF_X_CALL_R, 8, CALL_TARGET);
    if (NF_TYPE_IS_FLOAT(w->type))
        nf_xmm_rr(job, NF_X_MOVD, bytes, w->dst, NF_RAX);
    else
        nf_operand_int_to(job, nf_operand_reg(NF_RAX), bytes, w->dst);
}
