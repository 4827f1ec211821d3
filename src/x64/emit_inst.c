/*
 * One LIR instruction to machine code.
 *
 * For a row of insn.def the encoder's emitter follows from what its operands became: how many
 * registers, whether one of them is memory (an address, a spill slot, a constant) and where,
 * whether an immediate follows. Registers are in Intel order already. Before that, a TIED source is
 * brought into the result's register:
 *
 *     and d, a, b      d is b's register: and d, a      (COMMUTES)
 *                      else: mov d, a; and d, b
 *     add d, a, b      d is neither's: lea d, [a + b]
 */
#include "emit.h"
#include "row.h"
#include "base/assert.h"

enum { WORD = 8, REGISTERS_MAX = 4 };

/* The operands of a row, as the encoder wants them. */
typedef struct shape {
    nf_reg regs[REGISTERS_MAX];
    uint32_t count;
    bool has_mem, has_imm;
    nf_mem mem;
    nf_evex evex;
} shape;

/* --- operands --- */

static bool in_register(const nf_lir_operand *operand)
{
    return operand->reg != NF_REG_NONE;
}

/* Slot or remat of an operand that is in no register. */
static nf_mem memory_of(nf_output *e, const nf_lir_operand *operand)
{
    NF_ASSERT(!in_register(operand));
    if (operand->in_slot) return nf_output_slot(e, nf_alloc_place(e->alloc, operand));
    return nf_output_remat_mem(e, nf_vreg_at(e->lir, operand->vreg));
}

static const nf_lir_operand *operand_with(const nf_output *e, const nf_lir_inst *inst,
                                          nf_lir_role role)
{
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const nf_lir_operand *operand = nf_lir_operand_at(e->lir, inst, i);
        if (operand->role == role) return operand;
    }
    return NULL;
}

static uint8_t register_with(const nf_output *e, const nf_lir_inst *inst, nf_lir_role role)
{
    const nf_lir_operand *operand = operand_with(e, inst, role);
    return operand == NULL ? (uint8_t)NF_REG_NONE : operand->reg;
}

static nf_mem address_of(nf_output *e, const nf_lir_inst *inst)
{
    const nf_lir_mem *m = &e->lir->mems.data[inst->mem];
    nf_mem mem = {.base = register_with(e, inst, NF_LIR_BASE), .index = NF_REG_NONE};
    switch ((nf_lir_mem_kind)m->kind) {
    case NF_LIR_MEM_REGS: mem.disp = m->disp; break;
    case NF_LIR_MEM_LOCAL: mem = nf_output_local(e, m->id, m->disp); break;
    case NF_LIR_MEM_CONSTANT:
        mem = nf_output_constant(e, m->id);
        mem.disp += m->disp;
        break;
    case NF_LIR_MEM_ARGUMENT: mem = nf_mem_base(NF_RSP, m->disp); break;
    }
    mem.index = register_with(e, inst, NF_LIR_INDEX);
    if (mem.index != NF_REG_NONE) mem.scale_log2 = m->scale_log2;
    return mem;
}

static void shape_add(nf_output *e, shape *s, const nf_lir_operand *operand)
{
    if (in_register(operand)) {
        NF_ASSERT(s->count < REGISTERS_MAX);
        s->regs[s->count++] = (nf_reg)operand->reg;
    } else {
        NF_ASSERT(!s->has_mem && operand->role == NF_LIR_RM);
        s->mem = memory_of(e, operand);
        s->has_mem = true;
    }
}

/* Through a pointer: emission is short, and a copy of the shape is felt. */
static void shape_of(nf_output *e, const nf_lir_inst *inst, shape *s)
{
    *s = (shape){.has_imm = (inst->flags & NF_LIR_HAS_IMM) != 0,
                 .evex.zero = (inst->flags & NF_LIR_ZEROING) != 0};
    if (inst->mem != 0) {
        s->mem = address_of(e, inst);
        s->has_mem = true;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const nf_lir_operand *operand = nf_lir_operand_at(e->lir, inst, i);
        if (operand->role == NF_LIR_MASK) s->evex.mask = (uint8_t)(operand->reg - NF_K0);
        if (operand->role <= NF_LIR_RM) shape_add(e, s, operand);
    }
}

/* --- ties --- */

static void move_to(nf_output *e, uint8_t reg, const nf_lir_operand *from)
{
    nf_output_place_move(e, reg, nf_alloc_place(e->alloc, from), from->vreg);
}

/* Makes the result's register hold the tied source; s may have its other source exchanged. */
static void tie(nf_output *e, const nf_lir_inst *inst, shape *s)
{
    const nf_lir_operand *tied = operand_with(e, inst, NF_LIR_TIED);
    if (tied == NULL) return;
    uint8_t d = register_with(e, inst, NF_LIR_DEF);
    if (tied->reg == d) return;
    bool exchange =
        (inst->flags & NF_LIR_COMMUTES) && !s->has_mem && s->count == 2 && s->regs[1] == (nf_reg)d;
    if (!exchange) {
        move_to(e, d, tied);
    } else if (in_register(tied)) {
        s->regs[1] = (nf_reg)tied->reg;
    } else {
        s->count = 1;
        s->mem = memory_of(e, tied);
        s->has_mem = true;
    }
}

/* --- rows --- */

static void emit_legacy_memory(nf_asm *a, nf_insn op, unsigned width, const shape *s, int64_t imm)
{
    bool first = nf_row_rm_first(op);
    if (s->count == 0 && s->has_imm)
        nf_asm_mi(a, op, width, s->mem, imm);
    else if (s->count == 0)
        nf_asm_m(a, op, width, s->mem);
    else if (s->has_imm && first)
        nf_asm_mri(a, op, width, s->mem, s->regs[0], imm);
    else if (s->has_imm)
        nf_asm_rmi(a, op, width, s->regs[0], s->mem, imm);
    else if (first)
        nf_asm_mr(a, op, width, s->mem, s->regs[0]);
    else
        nf_asm_rm(a, op, width, s->regs[0], s->mem);
}

static void emit_legacy(nf_asm *a, nf_insn op, unsigned width, const shape *s, int64_t imm)
{
    if (s->has_mem)
        emit_legacy_memory(a, op, width, s, imm);
    else if (s->count == 0)
        nf_asm_zero_operand(a, op, width);
    else if (s->count == 1 && s->has_imm)
        nf_asm_ri(a, op, width, s->regs[0], imm);
    else if (s->count == 1)
        nf_asm_r(a, op, width, s->regs[0]);
    else if (s->has_imm)
        nf_asm_rri(a, op, width, s->regs[0], s->regs[1], imm);
    else
        nf_asm_rr(a, op, width, s->regs[0], s->regs[1]);
}

static void emit_vector_store(nf_asm *a, nf_insn op, unsigned width, const shape *s, uint8_t imm)
{
    if (s->count == 2)
        nf_asm_v_mrr(a, op, width, s->mem, s->regs[0], s->regs[1], s->evex);
    else if (s->has_imm)
        nf_asm_v_mri(a, op, width, s->mem, s->regs[0], imm, s->evex);
    else
        nf_asm_v_mr(a, op, width, s->mem, s->regs[0], s->evex);
}

static void emit_vector_memory(nf_asm *a, nf_insn op, unsigned width, const shape *s, uint8_t imm)
{
    const nf_reg *r = s->regs;
    if (nf_row_rm_first(op))
        emit_vector_store(a, op, width, s, imm);
    else if (s->count == 3)
        nf_asm_v_rrmr(a, op, width, r[0], r[1], s->mem, r[2]);
    else if (s->count == 2 && s->has_imm)
        nf_asm_v_rrmi(a, op, width, r[0], r[1], s->mem, imm, s->evex);
    else if (s->count == 2)
        nf_asm_v_rrm(a, op, width, r[0], r[1], s->mem, s->evex);
    else if (s->has_imm)
        nf_asm_v_rmi(a, op, width, r[0], s->mem, imm, s->evex);
    else
        nf_asm_v_rm(a, op, width, r[0], s->mem, s->evex);
}

static void emit_vector(nf_asm *a, nf_insn op, unsigned width, const shape *s, uint8_t imm)
{
    const nf_reg *r = s->regs;
    if (s->has_mem)
        emit_vector_memory(a, op, width, s, imm);
    else if (s->count == 4)
        nf_asm_v_rrrr(a, op, width, r[0], r[1], r[2], r[3]);
    else if (s->count == 3 && s->has_imm)
        nf_asm_v_rrri(a, op, width, r[0], r[1], r[2], imm, s->evex);
    else if (s->count == 3)
        nf_asm_v_rrr(a, op, width, r[0], r[1], r[2], s->evex);
    else if (s->has_imm)
        nf_asm_v_rri(a, op, width, r[0], r[1], imm, s->evex);
    else if (s->count == 2)
        nf_asm_v_rr(a, op, width, r[0], r[1], s->evex);
    else
        nf_asm_zero_operand(a, op, width);
}

static void emit_row(nf_output *e, const nf_lir_inst *inst)
{
    shape s;
    shape_of(e, inst, &s);
    nf_insn op = (nf_insn)inst->op;
    e->flags_free = false;
    tie(e, inst, &s);
    if (inst->flags & NF_LIR_CLOBBERS) nf_output_vzeroupper(e, inst);
    if (op == NF_X_SETCC)
        nf_asm_setcc(e->a, (nf_cc)inst->cc, s.regs[0]);
    else if (op == NF_X_CMOVCC && s.has_mem)
        nf_asm_cmov_m(e->a, (nf_cc)inst->cc, inst->width, s.regs[0], s.mem);
    else if (op == NF_X_CMOVCC)
        nf_asm_cmov(e->a, (nf_cc)inst->cc, inst->width, s.regs[0], s.regs[1]);
    else if (nf_row_is_legacy(op))
        emit_legacy(e->a, op, inst->width, &s, inst->imm);
    else
        emit_vector(e->a, op, inst->width, &s, (uint8_t)inst->imm);
}

/* --- pseudo instructions --- */

static nf_mem sum_of(nf_reg a, nf_reg b)
{
    return (nf_mem){.base = (uint8_t)a, .index = (uint8_t)b};
}

/* d = a + rm. When all three registers differ, lea does it without a move. */
static void emit_add(nf_output *e, const nf_lir_inst *inst)
{
    shape s;
    shape_of(e, inst, &s);
    const nf_lir_operand *tied = operand_with(e, inst, NF_LIR_TIED);
    bool apart = !s.has_mem && in_register(tied) && tied->reg != (uint8_t)s.regs[0] &&
                 s.regs[1] != s.regs[0];
    if (apart) {
        nf_asm_rm(e->a, NF_X_LEA, inst->width, s.regs[0], sum_of((nf_reg)tied->reg, s.regs[1]));
        return;
    }
    tie(e, inst, &s);
    emit_legacy(e->a, NF_X_ADD, inst->width, &s, 0);
}

static void emit_add_imm(nf_output *e, const nf_lir_inst *inst)
{
    const nf_lir_operand *tied = operand_with(e, inst, NF_LIR_TIED);
    nf_reg d = (nf_reg)register_with(e, inst, NF_LIR_DEF);
    if (in_register(tied) && tied->reg != d) {
        nf_asm_rm(e->a, NF_X_LEA, inst->width, d,
                  nf_mem_base((nf_reg)tied->reg, (int32_t)inst->imm));
        return;
    }
    move_to(e, (uint8_t)d, tied);
    if (inst->imm == -(int64_t)INT8_MIN)
        nf_asm_ri(e->a, NF_X_SUB_I, inst->width, d, INT8_MIN); /* fits a byte that way round */
    else
        nf_asm_ri(e->a, NF_X_ADD_I, inst->width, d, inst->imm);
}

static void emit_select(nf_output *e, const nf_lir_inst *inst)
{
    uint8_t d = register_with(e, inst, NF_LIR_DEF);
    nf_label over = nf_asm_label(e->a);
    e->flags_free = false;
    move_to(e, d, operand_with(e, inst, NF_LIR_TIED));
    nf_output_jcc(e, (nf_cc)(inst->cc ^ 1), over);
    move_to(e, d, operand_with(e, inst, NF_LIR_FROM));
    nf_output_bind(e, over);
}

static void emit_call(nf_output *e, const nf_lir_inst *inst)
{
    nf_output_vzeroupper(e, inst);
    if (inst->op == NF_LIR_CALL_SELF)
        nf_asm_call(e->a, e->entry);
    else
        nf_asm_call_address(e->a, (uint64_t)inst->imm);
}

static void emit_tail_call(nf_output *e, const nf_lir_inst *inst)
{
    nf_output_vzeroupper(e, inst);
    nf_output_epilogue(e);
    if (inst->op == NF_LIR_TAIL_STUB)
        nf_asm_jmp_address(e->a, (uint64_t)inst->imm);
    else if (inst->op == NF_LIR_TAIL_SELF)
        nf_output_jmp(e, e->entry);
    else if (inst->op == NF_LIR_TAIL_M)
        nf_asm_m(e->a, NF_X_JMP_M, WORD, address_of(e, inst));
    else
        nf_asm_r(e->a, NF_X_JMP_R, WORD, NF_R11);
}

void nf_output_inst(nf_output *e, const nf_lir_inst *inst)
{
    switch (inst->op) {
    case NF_LIR_REMAT: break;
    case NF_LIR_MOVES: nf_output_moves_inst(e, inst); break;
    case NF_LIR_ADD: emit_add(e, inst); break;
    case NF_LIR_ADD_I: emit_add_imm(e, inst); break;
    case NF_LIR_SELECT_V: emit_select(e, inst); break;
    case NF_LIR_CALL_STUB:
    case NF_LIR_CALL_SELF: emit_call(e, inst); break;
    case NF_LIR_TAIL_STUB:
    case NF_LIR_TAIL_SELF:
    case NF_LIR_TAIL_R:
    case NF_LIR_TAIL_M: emit_tail_call(e, inst); break;
    case NF_LIR_RET:
        nf_output_vzeroupper(e, inst);
        nf_output_epilogue(e);
        nf_asm_zero_operand(e->a, NF_X_RET, WORD);
        break;
    default: emit_row(e, inst); break;
    }
}
