/*
 * Instruction selection for vectors: which lowering an operation has, and what all of them use.
 * Loads and stores are here. The rest, by file:
 *
 *   select_arith.c    arithmetic      select_widen.c    lanes wider and narrower
 *   select_shift.c    shifts          select_number.c   integers to floating point and back
 *   select_order.c    comparisons     select_lanes.c    scalars to lanes and back, reversal
 *   select_mask.c     mask registers  select_reduce.c   reductions
 *   select_masked.c   what masks do: select, mload, mstore
 *   select_first.c    the first lane of a mask
 *   select_count.c    popcnt, bswap   select_words.c    products of words
 *
 * With AVX every instruction is VEX (or, for 64 bytes and masks, EVEX); without it only vectors of
 * up to 16 bytes exist, and what SSE4.2 lacks is refused.
 *
 * Vectors of constants are never computed: they are made again wherever no register holds them, and
 * are memory operands where that is as good.
 */
#include "row.h"
#include "select_vector.h"

enum { VECTOR_BYTES_MAX = 64 };

static nf_vector_lowering *const lowerings[NF_OP_COUNT] = {
    [NF_OP_ADD] = nf_vector_arith,
    [NF_OP_SUB] = nf_vector_arith,
    [NF_OP_MUL] = nf_vector_arith,
    [NF_OP_AND] = nf_vector_arith,
    [NF_OP_OR] = nf_vector_arith,
    [NF_OP_XOR] = nf_vector_arith,
    [NF_OP_SMIN] = nf_vector_arith,
    [NF_OP_SMAX] = nf_vector_arith,
    [NF_OP_UMIN] = nf_vector_arith,
    [NF_OP_UMAX] = nf_vector_arith,
    [NF_OP_FADD] = nf_vector_arith,
    [NF_OP_FSUB] = nf_vector_arith,
    [NF_OP_FMUL] = nf_vector_arith,
    [NF_OP_FDIV] = nf_vector_arith,
    [NF_OP_FMIN] = nf_vector_arith,
    [NF_OP_FMAX] = nf_vector_arith,
    [NF_OP_FMA] = nf_vector_fma,
    [NF_OP_FMULADD] = nf_vector_fmuladd,
    [NF_OP_SHL] = nf_vector_shift,
    [NF_OP_LSHR] = nf_vector_shift,
    [NF_OP_ASHR] = nf_vector_shift,
    [NF_OP_POPCNT] = nf_vector_popcnt,
    [NF_OP_BSWAP] = nf_vector_bswap,
    [NF_OP_ABS] = nf_vector_unary,
    [NF_OP_FSQRT] = nf_vector_unary,
    [NF_OP_FNEG] = nf_vector_unary,
    [NF_OP_FABS] = nf_vector_unary,
    [NF_OP_FFLOOR] = nf_vector_unary,
    [NF_OP_FCEIL] = nf_vector_unary,
    [NF_OP_FTRUNC] = nf_vector_unary,
    [NF_OP_FNEAREST] = nf_vector_unary,
    [NF_OP_ICMP] = nf_vector_compare,
    [NF_OP_FCMP] = nf_vector_compare,
    [NF_OP_SELECT] = nf_vector_select,
    [NF_OP_SEXT] = nf_vector_extend,
    [NF_OP_ZEXT] = nf_vector_extend,
    [NF_OP_TRUNC] = nf_vector_cut,
    [NF_OP_SITOFP] = nf_vector_to_float,
    [NF_OP_UITOFP] = nf_vector_to_float,
    [NF_OP_FPTOSI] = nf_vector_to_int,
    [NF_OP_FPTOUI] = nf_vector_to_int,
    [NF_OP_FPEXT] = nf_vector_float_size,
    [NF_OP_FPTRUNC] = nf_vector_float_size,
    [NF_OP_BITCAST] = nf_vector_bitcast,
    [NF_OP_SPLAT] = nf_vector_splat,
    [NF_OP_IOTA] = nf_vector_iota,
    [NF_OP_EXTRACT] = nf_vector_extract,
    [NF_OP_INSERT] = nf_vector_insert,
    [NF_OP_REVERSE] = nf_vector_reverse,
    [NF_OP_REDUCE_ADD] = nf_vector_reduce,
    [NF_OP_REDUCE_MUL] = nf_vector_reduce,
    [NF_OP_REDUCE_AND] = nf_vector_reduce,
    [NF_OP_REDUCE_OR] = nf_vector_reduce,
    [NF_OP_REDUCE_XOR] = nf_vector_reduce,
    [NF_OP_REDUCE_SMIN] = nf_vector_reduce,
    [NF_OP_REDUCE_SMAX] = nf_vector_reduce,
    [NF_OP_REDUCE_UMIN] = nf_vector_reduce,
    [NF_OP_REDUCE_UMAX] = nf_vector_reduce,
    [NF_OP_REDUCE_FADD] = nf_vector_reduce,
    [NF_OP_REDUCE_FMUL] = nf_vector_reduce,
    [NF_OP_REDUCE_FMIN] = nf_vector_reduce,
    [NF_OP_REDUCE_FMAX] = nf_vector_reduce,
    [NF_OP_LOAD] = nf_vector_read,
    [NF_OP_STORE] = nf_vector_write,
    [NF_OP_MLOAD] = nf_vector_mload,
    [NF_OP_MSTORE] = nf_vector_mstore,
};

/* --- what lowerings are made of --- */

static bool row_runs(uint64_t features, unsigned row, unsigned width)
{
    if (row == 0 || !nf_insn_has_width((nf_insn)row, width)) return false;
    uint64_t needed = nf_insn_feature((nf_insn)row, width);
    return (needed & ~features) == 0;
}

unsigned nf_vector_row(uint64_t features, nf_vector_rows rows, unsigned width)
{
    if (row_runs(features, rows.vex, width)) return rows.vex;
    bool mixes = features & NF_CPU_AVX; /* old encodings among VEX ones cost transitions */
    return !mixes && row_runs(features, rows.legacy, width) ? rows.legacy : 0;
}

unsigned nf_vector_row_evex(uint64_t features, unsigned row, unsigned width)
{
    if (row == 0 || !nf_insn_has_width((nf_insn)row, width)) return 0;
    return (nf_insn_feature_evex((nf_insn)row, width) & ~features) == 0 ? row : 0;
}

nf_vreg nf_vector_temp(nf_select *s, unsigned width)
{
    if (width > 16) s->lir->wide = true;
    return nf_lir_vreg(s->lir, NF_CLASS_VECTOR, width);
}

/* By how much is moved: 4, 8, 16, 32, 64 bytes. */
static nf_vector_rows move_rows(unsigned bytes, bool store)
{
    static const nf_vector_rows loads[] = {
        {NF_X_MOVD, NF_X_VMOVD}, {NF_X_MOVQ_X, NF_X_VMOVQ_X}, {NF_X_MOVUPS, NF_X_VMOVUPS}};
    static const nf_vector_rows stores[] = {{NF_X_MOVD_MR, NF_X_VMOVD_MR},
                                            {NF_X_MOVQ_X_MR, NF_X_VMOVQ_X_MR},
                                            {NF_X_MOVUPS_MR, NF_X_VMOVUPS_MR}};
    unsigned which = bytes == 4 ? 0 : bytes == 8 ? 1 : 2;
    return store ? stores[which] : loads[which];
}

static void pattern_repeat(uint8_t *bytes, uint64_t pattern, unsigned element_bytes, unsigned width)
{
    for (unsigned i = 0; i < width; i++) bytes[i] = (uint8_t)(pattern >> i % element_bytes * 8);
}

nf_lir_rm nf_vector_pattern(nf_select *s, uint64_t pattern, unsigned element_bytes, unsigned width)
{
    uint8_t bytes[VECTOR_BYTES_MAX];
    pattern_repeat(bytes, pattern, element_bytes, width);
    return nf_select_constant(s, bytes, width);
}

nf_vreg nf_vector_pattern_vreg(nf_select *s, uint64_t pattern, unsigned element_bytes,
                               unsigned width)
{
    uint8_t bytes[VECTOR_BYTES_MAX];
    pattern_repeat(bytes, pattern, element_bytes, width);
    if (width > 16) s->lir->wide = true;
    return nf_select_constant_vreg(s, bytes, width);
}

nf_vreg nf_vector_in_vreg(nf_select *s, uint64_t features, unsigned width, nf_lir_rm b)
{
    if (b.vreg.id) return b.vreg;
    nf_vreg d = nf_vector_temp(s, width);
    nf_select_unary(s, nf_vector_row(features, move_rows(width, false), width), width, d, b);
    return d;
}

nf_vreg nf_vector_apply(nf_select *s, unsigned row, unsigned width, nf_vreg a, nf_lir_rm b)
{
    nf_vreg d = nf_vector_temp(s, width);
    nf_select_binary(s, row, width, d, a, b);
    return d;
}

void nf_vector_by_imm(nf_select *s, unsigned row, unsigned width, nf_vreg d, nf_vreg a, int64_t imm)
{
    if (nf_row_is_legacy((nf_insn)row))
        nf_select_in_place_imm(s, row, width, d, a, imm);
    else
        nf_select_unary_imm(s, row, width, d, nf_vector_in_register(a), imm);
}

nf_vreg nf_vector_apply_imm(nf_select *s, unsigned row, unsigned width, nf_vreg a, int64_t imm)
{
    nf_vreg d = nf_vector_temp(s, width);
    nf_vector_by_imm(s, row, width, d, a, imm);
    return d;
}

/* One row for all sizes, and another one for 64 bytes. */
unsigned nf_vector_bitwise(uint64_t features, nf_op op, unsigned width)
{
    static const nf_vector_rows narrow[] = {
        {NF_X_PAND, NF_X_VPAND}, {NF_X_POR, NF_X_VPOR}, {NF_X_PXOR, NF_X_VPXOR}};
    static const nf_vector_rows wide[] = {{0, NF_X_VPANDD}, {0, NF_X_VPORD}, {0, NF_X_VPXORD}};
    unsigned which = op == NF_OP_AND ? 0 : op == NF_OP_OR ? 1 : 2;
    return nf_vector_row(features, width == 64 ? wide[which] : narrow[which], width);
}

/* --- constants --- */

bool nf_vector_is_constant(const nf_select *s, nf_value v, int64_t *bits)
{
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->op != NF_OP_SPLAT) return false;
    const nf_inst *scalar = nf_select_inst(s, inst->a);
    *bits = scalar->imm;
    return scalar->op == NF_OP_ICONST || scalar->op == NF_OP_FCONST;
}

void nf_select_vector_remat(nf_select *s, nf_value v, nf_vreg_data *data)
{
    const nf_inst *inst = nf_select_inst(s, v);
    unsigned lanes = NF_TYPE_LANES(inst->type), size = nf_type_element_bytes(inst->type);
    uint8_t bytes[VECTOR_BYTES_MAX] = {0};
    int64_t bits;
    if (inst->op == NF_OP_IOTA)
        for (unsigned i = 0; i < lanes; i++) bytes[i * size] = (uint8_t)i;
    else if (nf_vector_is_constant(s, v, &bits))
        pattern_repeat(bytes, (uint64_t)bits, size, lanes * size);
    else
        return;
    data->remat = NF_REMAT_CONSTANT;
    data->payload = nf_lir_constant_new(s->lir, bytes, data->bytes);
}

/* --- loads and stores --- */

/* Two bytes go by way of a general register. */
static bool read_pair(const nf_vector_job *job)
{
    nf_select *s = job->s;
    unsigned row = nf_vector_row(job->features, move_rows(4, false), 4);
    if (row == 0 || s == NULL) return row != 0;
    nf_vreg d = nf_vector_result(job), pair = nf_select_gpr(s);
    nf_lir_rm from = nf_rm_mem(nf_select_address(s, job->inst));
    nf_select_extend(s, pair, from, false, 4, 2);
    nf_select_unary(s, row, 4, d, nf_rm_vreg(pair));
    return true;
}

static bool write_pair(const nf_vector_job *job)
{
    nf_select *s = job->s;
    unsigned row = nf_vector_row(job->features, move_rows(4, true), 4);
    if (row == 0 || s == NULL) return row != 0;
    nf_vreg value = nf_select_value(s, job->inst->c), pair = nf_select_gpr(s);
    nf_select_unary(s, row, 4, pair, nf_vector_in_register(value));
    nf_select_store(s, NF_X_MOV_MR, 2, nf_select_address(s, job->inst), pair);
    return true;
}

bool nf_vector_read(const nf_vector_job *job)
{
    unsigned bytes = nf_type_bytes(job->inst->type);
    if (bytes == 2) return read_pair(job);
    unsigned row = nf_vector_row(job->features, move_rows(bytes, false), bytes);
    if (row == 0 || job->s == NULL) return row != 0;
    nf_vreg d = nf_vector_result(job);
    nf_select_unary(job->s, row, bytes, d, nf_rm_mem(nf_select_address(job->s, job->inst)));
    return true;
}

bool nf_vector_write(const nf_vector_job *job)
{
    unsigned bytes = nf_type_bytes(job->inst->type);
    if (bytes == 2) return write_pair(job);
    unsigned row = nf_vector_row(job->features, move_rows(bytes, true), bytes);
    if (row == 0 || job->s == NULL) return row != 0;
    nf_vreg value = nf_select_value(job->s, job->inst->c);
    nf_select_store(job->s, row, bytes, nf_select_address(job->s, job->inst), value);
    return true;
}

/* --- the two ways in --- */

static bool lower_lanes(const nf_vector_job *job)
{
    nf_vector_lowering *lowering = lowerings[job->inst->op];
    return lowering != NULL && lowering(job);
}

bool nf_select_vector(nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    nf_vector_job job = {.s = s, .features = s->features, .v = v, .inst = inst};
    nf_vreg k = nf_vector_mask_wanted(s, v);
    if (nf_op_of(inst)->operands) job.operand = nf_select_inst(s, inst->a)->type;
    if (k.id == 0) return lower_lanes(&job);
    if (nf_vector_mask_define(&job, k)) return true;
    nf_vreg lanes = nf_vector_result(&job);
    if (nf_vreg_at(s->lir, lanes)->remat == NF_REMAT_NONE && !lower_lanes(&job)) return false;
    nf_vector_mask_gather(&job, k);
    return true;
}

/* icmp and fcmp must do for every condition. */
static bool supports_compare(nf_vector_job *job, nf_inst *inst)
{
    unsigned first = inst->op == NF_OP_ICMP ? NF_EQ : NF_FOEQ;
    unsigned end = inst->op == NF_OP_ICMP ? NF_FOEQ : NF_COND_COUNT;
    for (unsigned cond = first; cond < end; cond++) {
        inst->sub = (uint8_t)cond;
        if (!nf_vector_compare(job)) return false;
    }
    return true;
}

bool nf_select_vector_supports(nf_op op, nf_type type, nf_type operand, uint64_t features)
{
    nf_inst inst = {.op = (uint16_t)op, .type = type};
    nf_vector_job job = {.features = features, .inst = &inst, .operand = operand};
    if (lowerings[op] == 0) return false;
    if (op == NF_OP_ICMP || op == NF_OP_FCMP) return supports_compare(&job, &inst);
    return lowerings[op](&job);
}
