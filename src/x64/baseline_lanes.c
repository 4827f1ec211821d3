/*
 * Vector operations that move lanes: made from scalars, taken apart, reordered, masked memory,
 * and the same bits as another type. See baseline_vector.c for where vectors are.
 */
#include "baseline_internal.h"

enum { MASK_TOP_BIT = 0x80, XMM_BYTES = 16 };

static bool is_dead(const nf_baseline *job, nf_value v)
{
    return job->values[v.id].place.at == AT_NONE;
}

/* From memory to where v is. */
static void load_result(nf_baseline *job, nf_value v, nf_mem from)
{
    nf_operand to = nf_operand_of(job, v);
    nf_type type = nf_type_of(job->f, v);
    nf_reg reg = NF_TYPE_IS_FLOAT(type) ? SCRATCH_X : SCRATCH_A;
    if (to.at == AT_REG) reg = to.reg;
    nf_load_scalar(job, reg, from, type);
    if (to.at == AT_SLOT) nf_result_store(job, v, reg);
}

void nf_emit_splat(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (is_dead(job, v)) return;
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    unsigned bytes = nf_type_element_bytes(element);
    nf_operand a = nf_operand_of(job, inst->a);
    if (a.at != AT_REG && NF_TYPE_IS_FLOAT(element))
        a = nf_operand_reg(nf_operand_float(job, a, bytes, SCRATCH_X));
    else if (a.at != AT_REG)
        a = nf_operand_reg(nf_operand_int(job, a, bytes, SCRATCH_D));
    for (unsigned lane = 0; lane < NF_TYPE_LANES(inst->type); lane++)
        nf_store_scalar(job, nf_lane_at(nf_vector_of(job, v), bytes, lane), a, element);
}

void nf_emit_iota(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (is_dead(job, v)) return;
    unsigned bytes = nf_type_element_bytes(inst->type);
    for (unsigned lane = 0; lane < NF_TYPE_LANES(inst->type); lane++)
        nf_asm_mi(&job->a, NF_X_MOV_I, bytes, nf_lane_at(nf_vector_of(job, v), bytes, lane), lane);
}

void nf_emit_extract(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (is_dead(job, v)) return;
    unsigned bytes = nf_type_bytes(inst->type);
    load_result(job, v, nf_lane_at(nf_vector_of(job, inst->a), bytes, (unsigned)inst->imm));
}

void nf_emit_insert(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (is_dead(job, v)) return;
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    nf_mem to = nf_vector_of(job, v);
    nf_copy_memory(job, to, nf_vector_of(job, inst->a), nf_type_bytes(inst->type));
    nf_store_scalar(job, nf_lane_at(to, nf_type_element_bytes(element), (unsigned)inst->imm),
                    nf_operand_of(job, inst->b), element);
}

void nf_emit_reverse(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (is_dead(job, v)) return;
    unsigned bytes = nf_type_element_bytes(inst->type), lanes = NF_TYPE_LANES(inst->type);
    nf_mem to = nf_vector_of(job, v), from = nf_vector_of(job, inst->a);
    for (unsigned lane = 0; lane < lanes; lane++)
        nf_copy_memory(job, nf_lane_at(to, bytes, lane), nf_lane_at(from, bytes, lanes - 1 - lane),
                       bytes);
}

/* Scalars of 8 bytes and less are the same as vectors of that size. */
void nf_emit_vector_bitcast(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (is_dead(job, v)) return;
    nf_type from = nf_type_of(job->f, inst->a);
    if (!NF_TYPE_IS_VECTOR(inst->type))
        load_result(job, v, nf_vector_of(job, inst->a));
    else if (!NF_TYPE_IS_VECTOR(from))
        nf_store_scalar(job, nf_vector_of(job, v), nf_operand_of(job, inst->a), from);
    else
        nf_copy_memory(job, nf_vector_of(job, v), nf_vector_of(job, inst->a), nf_type_bytes(from));
}

/* --- masked memory: a test and a jump for each lane --- */

static void copy_lanes(nf_baseline *job, nf_mem to, nf_mem from, nf_mem mask, nf_type type)
{
    unsigned bytes = nf_type_element_bytes(type);
    for (unsigned lane = 0; lane < NF_TYPE_LANES(type); lane++) {
        nf_label skip = nf_asm_label(&job->a);
        nf_mem top_byte = nf_lane_at(mask, bytes, lane);
        top_byte.disp += (int32_t)bytes - 1;
        nf_asm_mi(&job->a, NF_X_TEST_I, 1, top_byte, (int8_t)MASK_TOP_BIT);
        nf_asm_jcc(&job->a, NF_CC_E, skip);
        nf_copy_memory(job, nf_lane_at(to, bytes, lane), nf_lane_at(from, bytes, lane), bytes);
        nf_asm_bind(&job->a, skip);
    }
}

void nf_emit_mload(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    nf_operand to = nf_operand_of(job, v);
    if (to.at != AT_SLOT) to.disp = job->vector_temp;
    nf_mem from = nf_address_of(job, inst, (nf_value){0});
    nf_xmm_rr(job, NF_X_XORPS, XMM_BYTES, SCRATCH_X, SCRATCH_X);
    for (unsigned done = 0; done < nf_type_bytes(inst->type); done += XMM_BYTES)
        nf_xmm_mr(job, NF_X_MOVUPS_MR, XMM_BYTES, nf_lane_at(nf_slot(to), 1, done), SCRATCH_X);
    copy_lanes(job, nf_slot(to), from, nf_vector_of(job, inst->b), inst->type);
}

void nf_emit_mstore(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    nf_mem to = nf_address_of(job, inst, (nf_value){0});
    copy_lanes(job, to, nf_vector_of(job, inst->c), nf_vector_of(job, inst->b), inst->type);
}
