/*
 * Calls and the function's own arguments.
 *
 * No value that outlives a call is in a caller-saved register (the assignment saw to that), so a
 * call saves nothing: stack arguments are stored into the outgoing area at RSP, the others moved in
 * parallel into their registers, the target of an indirect call with them into R11, which no
 * argument uses and AL's count of vector registers leaves alone.
 *
 * Calls of functions go through their stubs, which rel32 reaches; host symbols may be anywhere.
 */
#include "baseline_internal.h"

static bool is_narrow(nf_type type)
{
    return type == NF_I8 || type == NF_I16;
}

static void outgoing_stack_argument(nf_baseline *job, nf_value v, uint32_t offset)
{
    enum { WORD = 8 };
    nf_type type = nf_type_of(job->f, v);
    nf_operand o = nf_operand_of(job, v);
    nf_mem to = nf_mem_base(NF_RSP, (int32_t)offset);
    unsigned bytes = nf_type_bytes(type);
    if (NF_TYPE_IS_FLOAT(type) && o.at == AT_REG) {
        nf_xmm_mr(job, bytes == 4 ? NF_X_MOVSS_MR : NF_X_MOVSD_MR, bytes, to, o.reg);
        return;
    }
    nf_operand_int_to(job, o, bytes, SCRATCH_A);
    if (is_narrow(type)) nf_asm_extend(&job->a, false, 4, bytes, SCRATCH_A, SCRATCH_A);
    nf_asm_mr(&job->a, NF_X_MOV_MR, WORD, to, SCRATCH_A);
}

/* Integers of 8 and 16 bits are passed zero-extended. */
static void extend_arguments(nf_baseline *job, const nf_value *args, uint32_t count)
{
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < count; i++) {
        nf_type type = nf_type_of(job->f, args[i]);
        nf_abi_place place = nf_abi_next(&walk, type);
        if (is_narrow(type) && place.reg != NF_REG_NONE)
            nf_asm_extend(&job->a, false, 4, nf_type_bytes(type), place.reg, place.reg);
    }
}

static nf_abi_walk move_arguments(nf_baseline *job, const nf_inst *inst)
{
    const nf_value *args = (const nf_value *)&job->f->pool.data[inst->extra];
    nf_abi_walk walk = {0};
    bool narrow = false;
    for (uint32_t i = 0; i < inst->c.id; i++) {
        nf_type type = nf_type_of(job->f, args[i]);
        nf_abi_place place = nf_abi_next(&walk, type);
        narrow |= is_narrow(type);
        if (place.reg == NF_REG_NONE) {
            outgoing_stack_argument(job, args[i], place.stack_offset);
            continue;
        }
        nf_move_later(job, nf_operand_reg(place.reg), nf_operand_of(job, args[i]), args[i]);
    }
    if (inst->a.id != 0)
        nf_move_later(job, nf_operand_reg(CALL_TARGET), nf_operand_of(job, inst->a), inst->a);
    nf_moves_emit(job);
    if (narrow) extend_arguments(job, args, inst->c.id);
    return walk;
}

/* The address of a callee that rel32 reaches; 0 when CALL_TARGET has it. */
static uint64_t load_target(nf_baseline *job, const nf_inst *inst)
{
    if (inst->a.id != 0) return 0;
    nf_symbol symbol = {(uint32_t)inst->imm};
    uint64_t address = nf_symbol_address(job, symbol);
    if (nf_symbol_is_near(job->f->module, symbol)) return address;
    nf_asm_mov_imm(&job->a, CALL_TARGET, address, true);
    return 0;
}

static void set_vector_count(nf_baseline *job, const nf_inst *inst, const nf_abi_walk *walk)
{
    nf_signature signature = nf_call_signature(job->f, inst);
    if (nf_signature_at(job->f->module, signature)->variadic)
        nf_asm_mov_imm(&job->a, NF_RAX, walk->vectors, true);
}

void nf_emit_call(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    nf_abi_walk walk = move_arguments(job, inst);
    uint64_t near = load_target(job, inst);
    set_vector_count(job, inst, &walk);
    if (near)
        nf_asm_call_address(&job->a, near);
    else
        nf_asm_r(&job->a, NF_X_CALL_R, 8, CALL_TARGET);
    if (inst->type != NF_VOID) nf_result_store(job, v, nf_abi_result(inst->type));
}

void nf_emit_tail_call(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    nf_count_flush(job); /* an argument may be moved to its register */
    move_arguments(job, inst);
    uint64_t near = load_target(job, inst);
    nf_emit_epilogue(job);
    if (near)
        nf_asm_jmp_address(&job->a, near);
    else
        nf_asm_r(&job->a, NF_X_JMP_R, 8, CALL_TARGET);
}

/* --- the function's own arguments --- */

static void incoming_stack_argument(nf_baseline *job, nf_value v, uint32_t offset)
{
    nf_type type = nf_type_of(job->f, v);
    nf_operand to = nf_operand_of(job, v);
    nf_operand from = {.at = AT_SLOT, .disp = NF_ABI_FIRST_STACK_ARG + (int32_t)offset};
    unsigned bytes = nf_type_bytes(type);
    if (NF_TYPE_IS_FLOAT(type)) {
        nf_reg reg = to.at == AT_REG ? to.reg : SCRATCH_X;
        nf_operand_float_to(job, from, bytes, reg);
        if (to.at == AT_SLOT) nf_result_store(job, v, reg);
    } else {
        nf_reg reg = to.at == AT_REG ? to.reg : SCRATCH_A;
        nf_operand_int_to(job, from, bytes, reg);
        if (to.at == AT_SLOT) nf_result_store(job, v, reg);
    }
}

static void entry_stack_arguments(nf_baseline *job)
{
    const nf_block_data *entry = nf_block_at(job->f, job->f->entry);
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < entry->param_count; i++) {
        nf_value v = nf_param_at(job->f, job->f->entry, i);
        nf_abi_place place = nf_abi_next(&walk, nf_type_of(job->f, v));
        if (place.reg == NF_REG_NONE && nf_operand_of(job, v).at != AT_NONE)
            incoming_stack_argument(job, v, place.stack_offset);
    }
}

/* First those in registers, all at once; then those on the stack, which nothing overwrites. */
void nf_emit_entry_moves(nf_baseline *job)
{
    const nf_block_data *entry = nf_block_at(job->f, job->f->entry);
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < entry->param_count; i++) {
        nf_value v = nf_param_at(job->f, job->f->entry, i);
        nf_abi_place place = nf_abi_next(&walk, nf_type_of(job->f, v));
        nf_operand to = nf_operand_of(job, v), from = nf_operand_reg(place.reg);
        if (to.at == AT_NONE || place.reg == NF_REG_NONE) continue;
        if (to.at != AT_REG || to.reg != from.reg) nf_move_later(job, to, from, v);
    }
    nf_moves_emit(job);
    if (walk.stack_bytes > 0) entry_stack_arguments(job);
}
