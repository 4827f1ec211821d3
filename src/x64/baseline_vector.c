/*
 * Vectors in the baseline tier: they live in frame slots and are worked on lane by lane by the
 * scalar emitters, which makes every operation on every type work by construction. What SSE2 does
 * as it is, and programs do often, goes 16 bytes at a time (chunk_rows).
 *
 *   r = smax.i32x4 a, b      mov r8d, [a];  mov r9d, [b];  cmp, cmov;  mov [r], r8d     four times
 *
 * Lanes are held in LANE_INT and LANE_FLOAT and the two registers behind each, which the assignment
 * leaves alone in functions with vectors. Slots have at least 16 bytes, so that a chunk may be
 * wider than a vector; the surplus lanes are anything.
 */
#include "baseline_internal.h"

enum { CHUNK = 16, ELEMENTS = 8 };

/* The lane in number `which` of its file's lane registers. */
static nf_operand load_lane(nf_baseline *job, nf_mem from, nf_type element, unsigned which)
{
    nf_reg reg = (NF_TYPE_IS_FLOAT(element) ? LANE_FLOAT : LANE_INT) + which;
    nf_load_scalar(job, reg, from, element);
    return nf_operand_reg(reg);
}

static void store_lane(nf_baseline *job, nf_mem to, nf_type element, nf_reg reg)
{
    nf_store_scalar(job, to, nf_operand_reg(reg), element);
}

static nf_reg lane_register(nf_type element)
{
    return NF_TYPE_IS_FLOAT(element) ? LANE_FLOAT : LANE_INT;
}

/* --- whole chunks --- */

static const uint16_t chunk_rows[NF_OP_COUNT][ELEMENTS] = {
    [NF_OP_ADD] = {[NF_I8] = NF_X_PADDB, NF_X_PADDW, NF_X_PADDD, NF_X_PADDQ},
    [NF_OP_SUB] = {[NF_I8] = NF_X_PSUBB, NF_X_PSUBW, NF_X_PSUBD, NF_X_PSUBQ},
    [NF_OP_MUL] = {[NF_I16] = NF_X_PMULLW},
    [NF_OP_AND] = {[NF_I8] = NF_X_PAND, NF_X_PAND, NF_X_PAND, NF_X_PAND},
    [NF_OP_OR] = {[NF_I8] = NF_X_POR, NF_X_POR, NF_X_POR, NF_X_POR},
    [NF_OP_XOR] = {[NF_I8] = NF_X_PXOR, NF_X_PXOR, NF_X_PXOR, NF_X_PXOR},
    [NF_OP_SMIN] = {[NF_I16] = NF_X_PMINSW},
    [NF_OP_SMAX] = {[NF_I16] = NF_X_PMAXSW},
    [NF_OP_UMIN] = {[NF_I8] = NF_X_PMINUB},
    [NF_OP_UMAX] = {[NF_I8] = NF_X_PMAXUB},
    [NF_OP_FADD] = {[NF_F32] = NF_X_ADDPS, NF_X_ADDPD},
    [NF_OP_FSUB] = {[NF_F32] = NF_X_SUBPS, NF_X_SUBPD},
    [NF_OP_FMUL] = {[NF_F32] = NF_X_MULPS, NF_X_MULPD},
    [NF_OP_FDIV] = {[NF_F32] = NF_X_DIVPS, NF_X_DIVPD},
    [NF_OP_FMIN] = {[NF_F32] = NF_X_MINPS, NF_X_MINPD},
    [NF_OP_FMAX] = {[NF_F32] = NF_X_MAXPS, NF_X_MAXPD},
};

/* a is the first source, as the NaN rule asks. */
static bool emit_chunks(nf_baseline *job, nf_mem to, const nf_inst *inst)
{
    nf_insn insn = chunk_rows[inst->op][NF_TYPE_ELEMENT(inst->type)];
    if (insn == NF_X_NONE) return false;
    nf_mem a = nf_vector_of(job, inst->a), b = nf_vector_of(job, inst->b);
    for (unsigned done = 0; done < nf_type_bytes(inst->type); done += CHUNK) {
        nf_xmm_rm(job, NF_X_MOVUPS, CHUNK, SCRATCH_X, nf_lane_at(a, 1, done));
        nf_xmm_rm(job, NF_X_MOVUPS, CHUNK, SCRATCH_Y, nf_lane_at(b, 1, done));
        nf_xmm_rr(job, insn, CHUNK, SCRATCH_X, SCRATCH_Y);
        nf_xmm_mr(job, NF_X_MOVUPS_MR, CHUNK, nf_lane_at(to, 1, done), SCRATCH_X);
    }
    return true;
}

/* --- lane by lane --- */

/* The lane's bits, whatever they mean. */
static nf_type bits_type(nf_type element)
{
    return element == NF_F32 ? NF_I32 : element == NF_F64 ? NF_I64 : element;
}

/* The top bit of the mask's lane chooses. */
static void select_lane(nf_baseline *job, nf_mem to, const nf_inst *inst, unsigned lane)
{
    nf_type element = bits_type(NF_TYPE_ELEMENT(inst->type));
    unsigned bytes = nf_type_element_bytes(element), wide = bytes == 8 ? 8 : 4;
    nf_reg mask =
        load_lane(job, nf_lane_at(nf_vector_of(job, inst->a), bytes, lane), element, 0).reg;
    nf_reg b = load_lane(job, nf_lane_at(nf_vector_of(job, inst->b), bytes, lane), element, 1).reg;
    nf_reg c = load_lane(job, nf_lane_at(nf_vector_of(job, inst->c), bytes, lane), element, 2).reg;
    nf_asm_rr(&job->a, NF_X_TEST, bytes, mask, mask);
    nf_asm_cmov(&job->a, NF_CC_S, wide, c, b);
    store_lane(job, nf_lane_at(to, bytes, lane), element, c);
}

static nf_operand operand_lane(nf_baseline *job, nf_value v, unsigned lane, unsigned which)
{
    if (v.id == 0) return (nf_operand){0};
    nf_type element = NF_TYPE_ELEMENT(nf_type_of(job->f, v));
    nf_mem at = nf_lane_at(nf_vector_of(job, v), nf_type_element_bytes(element), lane);
    return load_lane(job, at, element, which);
}

static void one_lane(nf_baseline *job, nf_mem to, const nf_inst *inst, unsigned lane)
{
    bool compares = inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP;
    nf_type element = NF_TYPE_ELEMENT(inst->type);
    nf_work w = {
        .op = inst->op,
        .sub = inst->sub,
        .type = compares ? NF_I8 : element,
        .from = NF_TYPE_ELEMENT(nf_type_of(job->f, inst->a)),
        .dst = lane_register(element),
    };
    w.a = operand_lane(job, inst->a, lane, 0);
    w.b = operand_lane(job, inst->b, lane, 1);
    w.c = operand_lane(job, inst->c, lane, 2);
    nf_scalar_emitters[inst->op](job, &w);
    if (compares) {
        nf_asm_extend(&job->a, false, 4, 1, w.dst, w.dst);
        nf_asm_r(&job->a, NF_X_NEG, 8, w.dst);
    }
    store_lane(job, nf_lane_at(to, nf_type_element_bytes(element), lane), element, w.dst);
}

void nf_emit_vector(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    nf_mem to = nf_vector_of(job, v);
    if (job->values[v.id].place.at == AT_NONE || emit_chunks(job, to, inst)) return;
    for (unsigned lane = 0; lane < NF_TYPE_LANES(inst->type); lane++) {
        if (inst->op == NF_OP_SELECT)
            select_lane(job, to, inst, lane);
        else
            one_lane(job, to, inst, lane);
    }
}

/* --- reductions --- */

static nf_op reduced_op(uint16_t op)
{
    static const uint16_t ops[NF_OP_COUNT] = {
        [NF_OP_REDUCE_ADD] = NF_OP_ADD,   [NF_OP_REDUCE_MUL] = NF_OP_MUL,
        [NF_OP_REDUCE_AND] = NF_OP_AND,   [NF_OP_REDUCE_OR] = NF_OP_OR,
        [NF_OP_REDUCE_XOR] = NF_OP_XOR,   [NF_OP_REDUCE_SMIN] = NF_OP_SMIN,
        [NF_OP_REDUCE_SMAX] = NF_OP_SMAX, [NF_OP_REDUCE_UMIN] = NF_OP_UMIN,
        [NF_OP_REDUCE_UMAX] = NF_OP_UMAX, [NF_OP_REDUCE_FADD] = NF_OP_FADD,
        [NF_OP_REDUCE_FMUL] = NF_OP_FMUL, [NF_OP_REDUCE_FMIN] = NF_OP_FMIN,
        [NF_OP_REDUCE_FMAX] = NF_OP_FMAX,
    };
    return ops[op];
}

/* In halves, in the scratch area, so that the order is the one that ops.def gives for floats. */
void nf_emit_reduce(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (job->values[v.id].place.at == AT_NONE) return;
    nf_type vector = nf_type_of(job->f, inst->a), element = NF_TYPE_ELEMENT(vector);
    unsigned bytes = nf_type_element_bytes(element);
    nf_mem temp = nf_mem_base(NF_RBP, job->vector_temp);
    nf_copy_memory(job, temp, nf_vector_of(job, inst->a), nf_type_bytes(vector));
    nf_work w = {.op = (uint16_t)reduced_op(inst->op),
                 .type = element,
                 .from = element,
                 .dst = lane_register(element)};
    for (unsigned half = NF_TYPE_LANES(vector) / 2; half > 0; half /= 2) {
        for (unsigned lane = 0; lane < half; lane++) {
            w.a = load_lane(job, nf_lane_at(temp, bytes, lane), element, 0);
            w.b = load_lane(job, nf_lane_at(temp, bytes, lane + half), element, 1);
            nf_scalar_emitters[w.op](job, &w);
            store_lane(job, nf_lane_at(temp, bytes, lane), element, w.dst);
        }
    }
    nf_result_store(job, v, w.dst);
}
