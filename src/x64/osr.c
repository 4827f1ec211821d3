/*
 * See osr.h. The analysis of T1 is repeated to learn the places: it gives the same ones, and the
 * compilation itself, which must be fast, notes nothing.
 *
 *   rbp + 16    T1's RSP
 *   rbp + 8     return address in the T1 code, behind its back edge
 *   rbp         T1's RBP
 *   rsp         nf_osr_frame, aligned to 16
 *
 * The T1 function ends when the new code has returned: T1's frame is left from here, the registers
 * that it saved having been read from it.
 */
#include "osr.h"
#include "baseline_internal.h"

enum { WORD = 8, FIRST_XMM = NF_XMM0 };

_Static_assert(sizeof(nf_osr_frame) % NF_ABI_STACK_ALIGN == 0, "keeps the stack aligned at calls");

static const uint32_t KEPT = NF_REG_BIT(NF_RBX) | NF_REG_BIT(NF_RSI) | NF_REG_BIT(NF_RDI) |
                             NF_REG_BIT(NF_R8) | NF_REG_BIT(NF_R9) | NF_REG_BIT(NF_R10) |
                             NF_REG_BIT(NF_R11) | NF_REG_BIT(NF_R12) | NF_REG_BIT(NF_R13) |
                             NF_REG_BIT(NF_R14) | NF_REG_BIT(NF_R15);

/* --- places --- */

static uint32_t integer_offset(nf_reg reg)
{
    return (uint32_t)(offsetof(nf_osr_frame, integers) + reg * sizeof(uint64_t));
}

static nf_osr_place place_of(nf_operand o)
{
    if (o.at == AT_SLOT) return (nf_osr_place){NF_OSR_FRAME, integer_offset(NF_RBP), o.disp};
    if (o.at != AT_REG) return (nf_osr_place){NF_OSR_NOWHERE, 0, 0};
    uint32_t offset =
        o.reg < FIRST_XMM
            ? integer_offset(o.reg)
            : (uint32_t)(offsetof(nf_osr_frame, floats) + (o.reg - FIRST_XMM) * sizeof(uint64_t));
    return (nf_osr_place){NF_OSR_BUFFER, 0, (int32_t)offset};
}

/* Values of blocks that nothing reaches have no places. */
static void block_places(const nf_baseline *job, uint32_t block, nf_osr_place *values)
{
    const nf_block_data *data = &job->f->blocks.data[block];
    for (uint32_t i = 0; i < data->param_count; i++) {
        uint32_t param = job->f->pool.data[data->params + i];
        values[param] = place_of(job->values[param].place);
    }
    NF_FOR_INSTS(job->f, (nf_block){block}, v)
    values[v.id] = place_of(job->values[v.id].place);
}

nf_status nf_baseline_places(const nf_func *f, const nf_compile *options, nf_osr_places *places,
                             nf_error *error)
{
    nf_baseline job = {.f = f,
                       .options = options,
                       .arena = options->arena,
                       .features = options->features,
                       .error = error};
    nf_status status = nf_baseline_analyse(&job);
    if (status != NF_OK) return status;
    nf_osr_place *values = NF_NEW_ARRAY(options->arena, nf_osr_place, f->insts.count);
    nf_osr_place *locals = NF_NEW_ARRAY(options->arena, nf_osr_place, f->locals.count);
    if (values == NULL || locals == NULL) return nf_fail(error, NF_MEMORY, "out of memory");
    for (uint32_t i = 0; i < job.block_count; i++) block_places(&job, job.blocks[i].id, values);
    for (uint32_t l = 1; l < f->locals.count; l++)
        locals[l] =
            (nf_osr_place){NF_OSR_FRAME, integer_offset(job.locals[l].base), job.locals[l].disp};
    *places = (nf_osr_places){values, locals};
    return NF_OK;
}

/* The prologue pushed them behind RBP, in ascending order. */
void nf_osr_frame_unwind(nf_osr_frame *frame, uint32_t saved_mask)
{
    const uint64_t *saved = (const uint64_t *)(uintptr_t)frame->integers[NF_RBP];
    for (unsigned reg = 0; reg < NF_OSR_REGS; reg++)
        frame->callers[reg] = saved_mask >> reg & 1 ? *--saved : frame->integers[reg];
}

/* --- the code --- */

static nf_mem field(size_t offset)
{
    return nf_mem_base(NF_RSP, (int32_t)offset);
}

static nf_mem integer_at(nf_reg reg)
{
    return field(integer_offset(reg));
}

static nf_mem float_at(unsigned number)
{
    return field(offsetof(nf_osr_frame, floats) + number * sizeof(uint64_t));
}

static void emit_save(nf_asm *a)
{
    nf_asm_zero_operand(a, NF_X_ENDBR64, WORD);
    nf_asm_r(a, NF_X_PUSH, WORD, NF_RBP);
    nf_asm_rr(a, NF_X_MOV, WORD, NF_RBP, NF_RSP);
    nf_asm_ri(a, NF_X_SUB_I, WORD, NF_RSP, sizeof(nf_osr_frame));
    nf_asm_ri(a, NF_X_AND_I, WORD, NF_RSP, -NF_ABI_STACK_ALIGN);
    for (uint32_t left = KEPT; left; left &= left - 1) {
        nf_reg reg = (nf_reg)__builtin_ctz(left);
        nf_asm_mr(a, NF_X_MOV_MR, WORD, integer_at(reg), reg);
    }
    for (unsigned i = 0; i < NF_OSR_REGS; i++)
        nf_asm_mr(a, NF_X_MOVSD_MR, WORD, float_at(i), (nf_reg)(FIRST_XMM + i));
    nf_asm_mr(a, NF_X_MOV_MR, WORD, field(offsetof(nf_osr_frame, header)), NF_RAX);
    nf_asm_rm(a, NF_X_MOV, WORD, NF_RDX, nf_mem_base(NF_RBP, 0));
    nf_asm_mr(a, NF_X_MOV_MR, WORD, integer_at(NF_RBP), NF_RDX);
    nf_asm_rm(a, NF_X_LEA, WORD, NF_RDX, nf_mem_base(NF_RBP, 2 * WORD));
    nf_asm_mr(a, NF_X_MOV_MR, WORD, integer_at(NF_RSP), NF_RDX);
}

/* rax = handler(context, index, frame) */
static void emit_question(nf_asm *a, uint64_t handler, uint64_t context)
{
    nf_asm_mov_imm(a, NF_RDI, context, true);
    nf_asm_rr(a, NF_X_MOV, 4, NF_RSI, NF_RCX);
    nf_asm_rr(a, NF_X_MOV, WORD, NF_RDX, NF_RSP);
    nf_asm_mov_imm(a, NF_RAX, handler, true);
    nf_asm_r(a, NF_X_CALL_R, WORD, NF_RAX);
}

/* The new code has kept RBP, so that the frame of T1 is found again. */
static void emit_replacement(nf_asm *a)
{
    nf_asm_rr(a, NF_X_MOV, WORD, NF_RDI, NF_RSP);
    nf_asm_r(a, NF_X_CALL_R, WORD, NF_RAX);
    for (uint32_t left = NF_ABI_CALLEE_SAVED; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctz(left);
        nf_asm_rm(a, NF_X_MOV, WORD, (nf_reg)reg,
                  field(offsetof(nf_osr_frame, callers) + reg * sizeof(uint64_t)));
    }
    nf_asm_rm(a, NF_X_MOV, WORD, NF_RBP, nf_mem_base(NF_RBP, 0));
    nf_asm_zero_operand(a, NF_X_LEAVE, WORD);
    nf_asm_zero_operand(a, NF_X_RET, WORD);
}

static void emit_return(nf_asm *a)
{
    for (uint32_t left = KEPT; left; left &= left - 1) {
        nf_reg reg = (nf_reg)__builtin_ctz(left);
        nf_asm_rm(a, NF_X_MOV, WORD, reg, integer_at(reg));
    }
    for (unsigned i = 0; i < NF_OSR_REGS; i++)
        nf_asm_rm(a, NF_X_MOVSD, WORD, (nf_reg)(FIRST_XMM + i), float_at(i));
    nf_asm_zero_operand(a, NF_X_LEAVE, WORD);
    nf_asm_zero_operand(a, NF_X_RET, WORD);
}

void nf_osr_entry_emit(nf_asm *a, nf_osr_handler *handler, void *context)
{
    nf_label replace = nf_asm_label(a);
    emit_save(a);
    emit_question(a, (uint64_t)(uintptr_t)handler, (uint64_t)(uintptr_t)context);
    nf_asm_rr(a, NF_X_TEST, WORD, NF_RAX, NF_RAX);
    nf_asm_jcc(a, NF_CC_NE, replace);
    emit_return(a);
    nf_asm_bind(a, replace);
    emit_replacement(a);
}
