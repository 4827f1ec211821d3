/*
 * Building LIR: records appended to vectors. See lir.h for what they mean.
 *
 * An instruction is open between nf_lir_begin() and nf_lir_end(), as the last of lir->insts; its
 * operands are the last of lir->operands. nf_lir_end() marks what must stay readable while results
 * are written (LATE): with a TIED source the result's register is written before the instruction
 * proper, so nothing else that the instruction reads may share it.
 *
 *     sub d, a, b     mov d, a; sub d, b        b is LATE: else d could be b's register
 *     and d, a, b     b in d's register: and d, a   (COMMUTES; b need not be LATE)
 *
 * When memory runs out, arena->failed is set and records go to a spare one.
 */
#include "lir.h"
#include "os/cpu.h"
#include "row.h"
#include "base/assert.h"

void nf_lir_init(nf_lir *lir, nf_arena *arena, const nf_func *func, uint64_t features)
{
    *lir = (nf_lir){.arena = arena, .func = func, .features = features};
    uint32_t expected = func->insts.count;
    bool ok = NF_VEC_RESERVE(arena, &lir->vregs, NF_VREG_FIRST + expected) &&
              NF_VEC_RESERVE(arena, &lir->insts, expected * 2) &&
              NF_VEC_RESERVE(arena, &lir->operands, expected * 4) &&
              NF_VEC_PUSH(arena, &lir->mems, (nf_lir_mem){0});
    if (!ok) return;
    lir->vregs.count = NF_VREG_FIRST;
    lir->vregs.data[0] = (nf_vreg_data){0};
    for (uint32_t i = 1; i < NF_VREG_FIRST; i++) {
        nf_vreg_class class_ = nf_reg_class(nf_vreg_reg((nf_vreg){i}));
        lir->vregs.data[i] = (nf_vreg_data){.class_ = (uint8_t)class_, .bytes = 8};
    }
}

nf_vreg nf_lir_vreg(nf_lir *lir, nf_vreg_class class_, unsigned bytes)
{
    nf_vreg_data data = {.class_ = (uint8_t)class_, .bytes = (uint8_t)bytes};
    if (!NF_VEC_PUSH(lir->arena, &lir->vregs, data)) return (nf_vreg){0};
    return (nf_vreg){lir->vregs.count - 1};
}

void nf_lir_begin(nf_lir *lir, unsigned op, unsigned width)
{
    nf_lir_inst inst = {
        .op = (uint16_t)op, .width = (uint8_t)width, .operands = lir->operands.count};
    NF_VEC_PUSH(lir->arena, &lir->insts, inst);
}

static nf_lir_inst *open_inst(nf_lir *lir)
{
    return lir->insts.count == 0 ? &lir->spare : &lir->insts.data[lir->insts.count - 1];
}

void nf_lir_add(nf_lir *lir, nf_lir_role role, nf_vreg vreg)
{
    nf_lir_operand operand = {.vreg = vreg, .role = (uint8_t)role, .reg = NF_REG_NONE};
    if (NF_VEC_PUSH(lir->arena, &lir->operands, operand)) open_inst(lir)->operand_count++;
}

void nf_lir_mem_add(nf_lir *lir, nf_lir_mem mem)
{
    if (!NF_VEC_PUSH(lir->arena, &lir->mems, mem)) return;
    open_inst(lir)->mem = lir->mems.count - 1;
    if (mem.base.id != 0) nf_lir_add(lir, NF_LIR_BASE, mem.base);
    if (mem.index.id != 0) nf_lir_add(lir, NF_LIR_INDEX, mem.index);
}

void nf_lir_rm_add(nf_lir *lir, nf_lir_rm rm)
{
    if (rm.vreg.id == 0)
        nf_lir_mem_add(lir, rm.mem);
    else
        nf_lir_add(lir, rm.in_register ? NF_LIR_USE : NF_LIR_RM, rm.vreg);
}

void nf_lir_imm(nf_lir *lir, int64_t imm)
{
    nf_lir_inst *inst = open_inst(lir);
    inst->imm = imm;
    inst->flags |= NF_LIR_HAS_IMM;
}

void nf_lir_address(nf_lir *lir, uint64_t address)
{
    open_inst(lir)->imm = (int64_t)address;
}

void nf_lir_cc(nf_lir *lir, nf_cc cc)
{
    nf_lir_inst *inst = open_inst(lir);
    inst->cc = (uint8_t)cc;
    inst->flags |= NF_LIR_READS_FLAGS;
}

void nf_lir_flag(nf_lir *lir, unsigned flag)
{
    open_inst(lir)->flags |= (uint16_t)flag;
}

/* Whether this operand must stay readable although the tied source is moved first. */
static bool must_be_late(const nf_lir *lir, const nf_lir_inst *inst, const nf_lir_operand *operand,
                         nf_vreg tied)
{
    switch (operand->role) {
    case NF_LIR_RM:
        return !(inst->flags & NF_LIR_COMMUTES) || nf_vreg_at(lir, tied)->remat != NF_REMAT_NONE;
    case NF_LIR_USE:
    case NF_LIR_FROM:
    case NF_LIR_IMPLICIT:
    case NF_LIR_BASE:
    case NF_LIR_INDEX:
    case NF_LIR_MASK: return true;
    default: return false;
    }
}

/* Rows that these features encode with XMM0-15 only keep their registers there. */
static void restrict_registers(nf_lir *lir, const nf_lir_inst *inst)
{
    if (!(lir->features & NF_CPU_AVX512VL) || inst->op >= NF_INSN_COUNT) return;
    uint64_t needed = nf_insn_feature_evex((nf_insn)inst->op, inst->width);
    if ((needed & ~lir->features) == 0) return;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        nf_vreg v = nf_lir_operand_at(lir, inst, i)->vreg;
        if (!nf_vreg_is_fixed(v)) nf_vreg_at(lir, v)->low = true;
    }
}

bool nf_lir_runs(const nf_lir *lir, const nf_lir_inst *inst)
{
    if (inst->op >= NF_INSN_COUNT) return true;
    uint64_t needed = nf_insn_feature((nf_insn)inst->op, inst->width);
    for (uint32_t i = 0; i < inst->operand_count; i++)
        if (nf_lir_operand_at(lir, inst, i)->role == NF_LIR_MASK)
            needed = nf_insn_feature_evex((nf_insn)inst->op, inst->width);
    return (needed & ~lir->features) == 0;
}

void nf_lir_end(nf_lir *lir)
{
    const nf_lir_inst *inst = open_inst(lir);
    NF_ASSERT(nf_lir_runs(lir, inst));
    restrict_registers(lir, inst);
    nf_lir_operand *operands = lir->operands.data + inst->operands;
    nf_vreg tied = {0}, result = {0};
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (operands[i].role == NF_LIR_TIED) tied = operands[i].vreg;
        if (operands[i].role == NF_LIR_DEF && result.id == 0) result = operands[i].vreg;
    }
    if (tied.id == 0) return;
    for (uint32_t i = 0; i < inst->operand_count; i++)
        operands[i].late |= must_be_late(lir, inst, &operands[i], tied);
    nf_vreg_data *data = nf_vreg_at(lir, result);
    if (data->hint.id == 0) data->hint = tied;
}

uint32_t nf_lir_constant_new(nf_lir *lir, const void *bytes, size_t size)
{
    void *copy = nf_arena_alloc(lir->arena, size);
    if (copy == NULL) return 0;
    __builtin_memcpy(copy, bytes, size);
    nf_lir_constant constant = {.bytes = copy, .size = (uint32_t)size};
    if (!NF_VEC_PUSH(lir->arena, &lir->constants, constant)) return 0;
    return lir->constants.count - 1;
}
