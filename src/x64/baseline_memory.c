/*
 * Loads and stores. x86's address modes are NIR's, so the base, index, scale and offset of an
 * access become one operand; locals fold into RBP + displacement.
 *
 * Atomic accesses are sequentially consistent: a plain load, and xchg for a store, which is a full
 * barrier (Intel SDM volume 3, 8.2.2 and 8.2.5). Vectors move between memory and their slots.
 */
#include "baseline_internal.h"

/* The base in a register, plus what the displacement cannot hold. */
static nf_reg base_register(nf_baseline *job, nf_operand base, int64_t far)
{
    if (far == 0) return nf_operand_int(job, base, 8, SCRATCH_A);
    nf_operand_int_to(job, base, 8, SCRATCH_A);
    nf_asm_mov_imm(&job->a, SCRATCH_D, (uint64_t)far, false);
    nf_asm_rr(&job->a, NF_X_ADD, 8, SCRATCH_A, SCRATCH_D);
    return SCRATCH_A;
}

/* Whether all bytes of an access there can be reached by counting the displacement up. */
static bool is_displacement(int64_t disp)
{
    enum { ACCESS_BYTES_MAX = 64 };
    return nf_fits_i32(disp) && nf_fits_i32(disp + ACCESS_BYTES_MAX);
}

/* Adds the base and offset. Uses SCRATCH_A, and SCRATCH_D on the way. */
static void add_base(nf_baseline *job, nf_mem *mem, nf_operand base, int64_t disp)
{
    int64_t local = base.at == AT_LOCAL ? nf_operand_local(job, base, &mem->base) : 0;
    if (base.at == AT_LOCAL && is_displacement(local + disp)) {
        mem->disp = (int32_t)(local + disp);
        return;
    }
    int64_t far = is_displacement(disp) ? 0 : disp;
    mem->base = (uint8_t)base_register(job, base, far);
    mem->disp = (int32_t)(disp - far);
}

/* Uses SCRATCH_C too, for the index. */
nf_mem nf_address_of(nf_baseline *job, const nf_inst *inst, nf_value index_value)
{
    nf_operand base = nf_operand_of(job, inst->a), index = nf_operand_of(job, index_value);
    nf_mem mem = nf_mem_base(base.reg, (int32_t)inst->imm);
    int64_t disp = inst->imm;
    if (index.at == AT_INT) {
        disp += index.disp * (INT64_C(1) << inst->sub);
        index.at = AT_NONE;
        mem.disp = (int32_t)disp;
    }
    if (base.at != AT_REG || !is_displacement(disp)) add_base(job, &mem, base, disp);
    if (index.at != AT_NONE) {
        mem.index = (uint8_t)nf_operand_int(job, index, 8, SCRATCH_C);
        mem.scale_log2 = inst->sub;
    }
    return mem;
}

void nf_load_scalar(nf_baseline *job, nf_reg dst, nf_mem from, nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    if (NF_TYPE_IS_FLOAT(type))
        nf_xmm_rm(job, bytes == 4 ? NF_X_MOVSS : NF_X_MOVSD, bytes, dst, from);
    else if (bytes < 4)
        nf_asm_extend_m(&job->a, false, 4, bytes, dst, from);
    else
        quick_rm(&job->a, QUICK_MOV, bytes, dst, &from);
}

/* The usual case on its own: base, index and value in registers, and of 4 or 8 bytes; false: another
 * one. An instruction's operand 0, which is none, is AT_NONE. */
ALWAYS_INLINE bool simple_access(nf_baseline *job, nf_operand value, const nf_inst *inst,
                                 unsigned int_opcode, unsigned float_opcode)
{
    nf_operand base = nf_operand_of(job, inst->a), index = nf_operand_of(job, inst->b);
    bool usual = (value.at == AT_REG) & (base.at == AT_REG) & (index.at <= AT_REG);
    unsigned type = inst->type, index_reg = index.at == AT_REG ? index.reg : NF_REG_NONE;
    int32_t disp = (int32_t)inst->imm;
    if (!usual | !is_displacement(inst->imm)) return false;
    if (type == NF_I64 || type == NF_I32)
        quick_memory(&job->a, int_opcode, type == NF_I64 ? 8 : 4, value.reg, base.reg, index_reg,
                     inst->sub, disp);
    else if (type == NF_F64 || type == NF_F32)
        quick_float_memory(&job->a, nf_has(job, NF_CPU_AVX), float_opcode, type == NF_F64 ? 8 : 4,
                           value.reg - NF_XMM0, base.reg, index_reg, inst->sub, disp);
    else
        return false;
    return true;
}

/* An unused load is done all the same: it may fault. */
void nf_emit_load(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    nf_operand to = nf_operand_of(job, v);
    if (simple_access(job, to, inst, QUICK_MOV, QUICK_FLOAD) || to.at == AT_FUSED) return;
    nf_mem from = nf_address_of(job, inst, inst->b);
    if (NF_TYPE_IS_VECTOR(inst->type)) {
        if (to.at != AT_SLOT) to.disp = job->vector_temp;
        nf_copy_memory(job, nf_slot(to), from, nf_type_bytes(inst->type));
        return;
    }
    nf_reg scratch = NF_TYPE_IS_FLOAT(inst->type) ? SCRATCH_X : SCRATCH_A;
    nf_reg dst = to.at == AT_REG ? to.reg : scratch;
    nf_load_scalar(job, dst, from, inst->type);
    if (to.at == AT_SLOT) nf_result_store(job, v, dst);
}

/* sext and zext: of a load that nobody else wants, or of anything. */
void nf_emit_extension(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (nf_operand_of(job, inst->a).at != AT_FUSED) {
        nf_emit_scalar(job, v, inst);
        return;
    }
    const nf_inst *load = nf_inst_at(job->f, inst->a);
    nf_operand to = nf_operand_of(job, v);
    nf_mem from = nf_address_of(job, load, load->b);
    nf_reg dst = to.at == AT_REG ? to.reg : SCRATCH_A;
    nf_asm_extend_m(&job->a, inst->op == NF_OP_SEXT, 8, nf_type_bytes(load->type), dst, from);
    if (to.at == AT_SLOT) nf_result_store(job, v, dst);
}

/* The bits of any scalar in SCRATCH_D. */
static void bits_to_scratch(nf_baseline *job, nf_operand o, nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    if (o.at == AT_REG && NF_TYPE_IS_FLOAT(type))
        nf_xmm_rr(job, NF_X_MOVD_MR, bytes, SCRATCH_D, o.reg);
    else
        nf_operand_int_to(job, o, bytes, SCRATCH_D);
}

/* Whether it can be stored as an immediate. */
static bool is_immediate(nf_baseline *job, nf_operand o, unsigned bytes)
{
    if (o.at == AT_INT) return true;
    return o.at == AT_FLOAT && (bytes == 4 || nf_operand_bits(job, o) == 0);
}

void nf_store_scalar(nf_baseline *job, nf_mem to, nf_operand o, nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    if (o.at == AT_REG && NF_TYPE_IS_FLOAT(type)) {
        nf_xmm_mr(job, bytes == 4 ? NF_X_MOVSS_MR : NF_X_MOVSD_MR, bytes, to, o.reg);
    } else if (is_immediate(job, o, bytes)) {
        nf_asm_mi(&job->a, NF_X_MOV_I, bytes, to, nf_operand_bits(job, o));
    } else if (o.at == AT_REG && bytes >= 4) {
        quick_rm(&job->a, QUICK_STORE, bytes, o.reg, &to);
    } else if (o.at == AT_REG) {
        nf_asm_mr(&job->a, NF_X_MOV_MR, bytes, to, o.reg);
    } else {
        bits_to_scratch(job, o, type);
        nf_asm_mr(&job->a, NF_X_MOV_MR, bytes, to, SCRATCH_D);
    }
}

static void store_atomic(nf_baseline *job, nf_mem to, nf_operand o, nf_type type)
{
    bits_to_scratch(job, o, type);
    nf_asm_mr(&job->a, NF_X_XCHG_MR, nf_type_bytes(type), to, SCRATCH_D);
}

void nf_emit_store(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    nf_operand value = nf_operand_of(job, inst->c);
    bool is_atomic = inst->mem.flags & NF_MEM_ATOMIC;
    if (!is_atomic && simple_access(job, value, inst, QUICK_STORE, QUICK_FSTORE)) return;
    nf_mem to = nf_address_of(job, inst, inst->b);
    if (is_atomic)
        store_atomic(job, to, value, inst->type);
    else if (NF_TYPE_IS_VECTOR(inst->type))
        nf_copy_memory(job, to, nf_slot(value), nf_type_bytes(inst->type));
    else
        nf_store_scalar(job, to, value, inst->type);
}
