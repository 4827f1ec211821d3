/*
 * Back edges: they are counted, and each time when n = nf_compile.back_edges of them were, the engine
 * may look in.
 *
 * The count begins at -n, so that the increment itself says when that is. All that is rare stands
 * behind the jump that goes round, once per back edge, and in one piece of code at the function's
 * end:
 *
 *     inc count                        turn:
 *     jnz header                         add [loop_count], n
 *     mov eax, header's block            mov count, -n
 *     call turn                          jmp [turn]     what is there returns here, or ends the
 *     jmp header                                        function in our place: see osr.h
 *
 * The loop's parameters have their new values by then: what is alive is what the header's start
 * needs, and each value is in the one place that it has all its life.
 */
#include "baseline_internal.h"

enum { WORD = 8 };

static nf_mem loop_count(const nf_baseline *job)
{
    return nf_mem_address((uintptr_t)job->options->loop_count);
}

static int64_t limit(const nf_baseline *job)
{
    uint32_t edges = job->options->back_edges;
    return edges ? edges : NF_BACK_EDGES;
}

/* Leaves the flags alone. */
void nf_count_reset(nf_baseline *job)
{
    int32_t start = (int32_t)-limit(job);
    nf_mem slot = nf_slot(job->count);
    if (job->count.at == AT_REG)
        quick_mov_i(&job->a, job->count.reg, start);
    else if (job->count.at == AT_SLOT)
        quick_mov_mi(&job->a, &slot, start);
}

void nf_count_flush(nf_baseline *job)
{
    if (job->count.at == AT_NONE) return;
    nf_reg count = nf_operand_int(job, job->count, WORD, SCRATCH_C);
    quick_ri(&job->a, QUICK_SUB, WORD, count, (int32_t)-limit(job));
    nf_asm_mr(&job->a, NF_X_ADD_MR, WORD, loop_count(job), count);
}

void nf_emit_back_edge(nf_baseline *job, uint32_t to)
{
    nf_asm *a = &job->a;
    nf_mem slot = nf_slot(job->count);
    if (job->count.at == AT_REG)
        quick_inc(a, job->count.reg);
    else
        quick_inc_m(a, &slot);
    nf_asm_jcc(a, NF_CC_NE, job->blocks[to].label);
    quick_mov_u(a, SCRATCH_A, job->blocks[to].id);
    nf_asm_call(a, job->turn);
}

void nf_emit_turn(nf_baseline *job)
{
    nf_asm_bind(&job->a, job->turn);
    nf_asm_mi(&job->a, NF_X_SUB_I, WORD, loop_count(job), -limit(job));
    nf_count_reset(job);
    if (job->options->turn)
        nf_asm_m(&job->a, NF_X_JMP_M, WORD, nf_mem_address((uintptr_t)job->options->turn));
    else
        nf_asm_zero_operand(&job->a, NF_X_RET, WORD);
}
