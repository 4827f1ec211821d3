/*
 * T1: machine code at once, from one look ahead and one walk.
 *
 *   order       blocks so that definitions come first; loops as ranges of that order
 *   live        the pre-pass over the instructions: uses, intervals, hints
 *   assign      a place for each value, over the definitions only
 *   emission    the walk: each instruction by its row of the tables below
 *
 * All state is arrays indexed by value id or order index in one arena; nothing is hashed, searched
 * or recursive. The approach owes to TPDE (Schwarz, Kamm, Engelke, 2025): few passes, liveness
 * from loop ranges, comparisons fused with the branch behind them, constants made where they are
 * used. Unlike there a value keeps one place for life, which costs a pass over the definitions and
 * saves all reconciliation at the ends of blocks.
 *
 *   endbr64                                  frame, from RBP down: saved registers, slots, vector
 *   inc qword [rip + calls]                  scratch, locals; outgoing arguments at RSP
 *   push rbp;  mov rbp, rsp
 *   push rbx ...  (ascending register numbers)
 *   sub rsp, rest of the frame
 *
 * Pages of a large frame are touched first (stack.h).
 */
#include "baseline_internal.h"
#include "stack.h"

enum { WORD = 8, CODE_BYTES_PER_INST = 7, CODE_BYTES_BASE = 128, LOOP_ALIGN = 64 };
enum { LABELS_PER_BLOCK = 2, FIXUPS_PER_BLOCK = 2 }; /* about as many as there will be */

nf_work_emit *const nf_scalar_emitters[NF_OP_COUNT] = {
    [NF_OP_ADD] = nf_emit_add,
    [NF_OP_SUB] = nf_emit_alu,
    [NF_OP_MUL] = nf_emit_mul,
    [NF_OP_SMULH] = nf_emit_mulh,
    [NF_OP_UMULH] = nf_emit_mulh,
    [NF_OP_SDIV] = nf_emit_divide,
    [NF_OP_UDIV] = nf_emit_divide,
    [NF_OP_SREM] = nf_emit_divide,
    [NF_OP_UREM] = nf_emit_divide,
    [NF_OP_AND] = nf_emit_alu,
    [NF_OP_OR] = nf_emit_alu,
    [NF_OP_XOR] = nf_emit_alu,
    [NF_OP_SHL] = nf_emit_shift,
    [NF_OP_LSHR] = nf_emit_shift,
    [NF_OP_ASHR] = nf_emit_shift,
    [NF_OP_ROTL] = nf_emit_rotate,
    [NF_OP_ROTR] = nf_emit_rotate,
    [NF_OP_SMIN] = nf_emit_min_max,
    [NF_OP_SMAX] = nf_emit_min_max,
    [NF_OP_UMIN] = nf_emit_min_max,
    [NF_OP_UMAX] = nf_emit_min_max,
    [NF_OP_CLZ] = nf_emit_clz,
    [NF_OP_CTZ] = nf_emit_ctz,
    [NF_OP_POPCNT] = nf_emit_popcnt,
    [NF_OP_BSWAP] = nf_emit_bswap,
    [NF_OP_ABS] = nf_emit_abs,
    [NF_OP_SADD_OVERFLOW] = nf_emit_overflow,
    [NF_OP_UADD_OVERFLOW] = nf_emit_overflow,
    [NF_OP_SSUB_OVERFLOW] = nf_emit_overflow,
    [NF_OP_USUB_OVERFLOW] = nf_emit_overflow,
    [NF_OP_SMUL_OVERFLOW] = nf_emit_overflow,
    [NF_OP_UMUL_OVERFLOW] = nf_emit_overflow,
    [NF_OP_FADD] = nf_emit_float_binary,
    [NF_OP_FSUB] = nf_emit_float_binary,
    [NF_OP_FMUL] = nf_emit_float_binary,
    [NF_OP_FDIV] = nf_emit_float_binary,
    [NF_OP_FMIN] = nf_emit_float_binary,
    [NF_OP_FMAX] = nf_emit_float_binary,
    [NF_OP_FMA] = nf_emit_fma,
    [NF_OP_FMULADD] = nf_emit_fmuladd,
    [NF_OP_FSQRT] = nf_emit_sqrt,
    [NF_OP_FNEG] = nf_emit_float_sign,
    [NF_OP_FABS] = nf_emit_float_sign,
    [NF_OP_FCOPYSIGN] = nf_emit_copysign,
    [NF_OP_FFLOOR] = nf_emit_round,
    [NF_OP_FCEIL] = nf_emit_round,
    [NF_OP_FTRUNC] = nf_emit_round,
    [NF_OP_FNEAREST] = nf_emit_round,
    [NF_OP_ICMP] = nf_emit_compare,
    [NF_OP_FCMP] = nf_emit_compare,
    [NF_OP_SELECT] = nf_emit_select,
    [NF_OP_SEXT] = nf_emit_extend,
    [NF_OP_ZEXT] = nf_emit_extend,
    [NF_OP_TRUNC] = nf_emit_trunc,
    [NF_OP_SITOFP] = nf_emit_int_to_float,
    [NF_OP_UITOFP] = nf_emit_uint_to_float,
    [NF_OP_FPTOSI] = nf_emit_float_to_int,
    [NF_OP_FPTOUI] = nf_emit_float_to_uint,
    [NF_OP_FPEXT] = nf_emit_float_resize,
    [NF_OP_FPTRUNC] = nf_emit_float_resize,
    [NF_OP_BITCAST] = nf_emit_bitcast,
};

static void make_constant(nf_baseline *job, nf_operand to, const nf_inst *inst)
{
    uint64_t bits = (uint64_t)inst->imm;
    if (inst->op == NF_OP_SYMBOL) bits += nf_symbol_address(job, (nf_symbol){inst->extra});
    nf_asm_mov_imm(&job->a, to.reg, bits, true);
}

/* A constant that got a register is made in it here. */
static void emit_constant(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    nf_operand to = nf_operand_of(job, v);
    if (to.at == AT_REG && !to.ahead) make_constant(job, to, inst);
}

static void emit_constants_ahead(nf_baseline *job)
{
    uint64_t made = 0;
    for (uint32_t i = 0; i < job->loop_constant_count; i++) {
        nf_value v = {job->loop_constants[i]};
        nf_operand to = nf_operand_of(job, v);
        if (!to.ahead || made & NF_REG_BIT(to.reg)) continue;
        make_constant(job, to, nf_inst_at(job->f, v));
        made |= NF_REG_BIT(to.reg);
    }
}

static void emit_bitcast(nf_baseline *job, nf_value v, const nf_inst *inst);

/* What is no scalar operation, or not that alone. */
static nf_inst_emit *const whole_emitters[NF_OP_COUNT] = {
    [NF_OP_ADD] = nf_emit_simple,
    [NF_OP_SUB] = nf_emit_simple,
    [NF_OP_AND] = nf_emit_simple,
    [NF_OP_OR] = nf_emit_simple,
    [NF_OP_XOR] = nf_emit_simple,
    [NF_OP_MUL] = nf_emit_simple_mul,
    [NF_OP_SHL] = nf_emit_simple,
    [NF_OP_LSHR] = nf_emit_simple,
    [NF_OP_ASHR] = nf_emit_simple,
    [NF_OP_ROTL] = nf_emit_simple,
    [NF_OP_ROTR] = nf_emit_simple,
    [NF_OP_FADD] = nf_emit_simple_float,
    [NF_OP_FSUB] = nf_emit_simple_float,
    [NF_OP_FMUL] = nf_emit_simple_float,
    [NF_OP_FDIV] = nf_emit_simple_float,
    [NF_OP_FMIN] = nf_emit_simple_float,
    [NF_OP_FMAX] = nf_emit_simple_float,
    [NF_OP_ICMP] = nf_emit_simple_compare,
    [NF_OP_FCMP] = nf_emit_simple_compare,
    [NF_OP_ICONST] = emit_constant,
    [NF_OP_FCONST] = emit_constant,
    [NF_OP_SYMBOL] = emit_constant,
    [NF_OP_LOCAL] = emit_constant,
    [NF_OP_BITCAST] = emit_bitcast,
    [NF_OP_SPLAT] = nf_emit_splat,
    [NF_OP_IOTA] = nf_emit_iota,
    [NF_OP_EXTRACT] = nf_emit_extract,
    [NF_OP_INSERT] = nf_emit_insert,
    [NF_OP_REVERSE] = nf_emit_reverse,
    [NF_OP_REDUCE_ADD] = nf_emit_reduce,
    [NF_OP_REDUCE_MUL] = nf_emit_reduce,
    [NF_OP_REDUCE_AND] = nf_emit_reduce,
    [NF_OP_REDUCE_OR] = nf_emit_reduce,
    [NF_OP_REDUCE_XOR] = nf_emit_reduce,
    [NF_OP_REDUCE_SMIN] = nf_emit_reduce,
    [NF_OP_REDUCE_SMAX] = nf_emit_reduce,
    [NF_OP_REDUCE_UMIN] = nf_emit_reduce,
    [NF_OP_REDUCE_UMAX] = nf_emit_reduce,
    [NF_OP_REDUCE_FADD] = nf_emit_reduce,
    [NF_OP_REDUCE_FMUL] = nf_emit_reduce,
    [NF_OP_REDUCE_FMIN] = nf_emit_reduce,
    [NF_OP_REDUCE_FMAX] = nf_emit_reduce,
    [NF_OP_SEXT] = nf_emit_extension,
    [NF_OP_ZEXT] = nf_emit_extension,
    [NF_OP_LOAD] = nf_emit_load,
    [NF_OP_STORE] = nf_emit_store,
    [NF_OP_MLOAD] = nf_emit_mload,
    [NF_OP_MSTORE] = nf_emit_mstore,
    [NF_OP_CALL] = nf_emit_call,
    [NF_OP_CALL_INDIRECT] = nf_emit_call,
    [NF_OP_TAIL_CALL] = nf_emit_tail_call,
    [NF_OP_TAIL_CALL_INDIRECT] = nf_emit_tail_call,
    [NF_OP_BR] = nf_emit_br,
    [NF_OP_BRIF] = nf_emit_brif,
    [NF_OP_SWITCH] = nf_emit_switch,
    [NF_OP_RET] = nf_emit_ret,
    [NF_OP_TRAP] = nf_emit_trap,
};

/* --- the walk --- */

void nf_work_fill(nf_baseline *job, nf_work *w, const nf_inst *inst)
{
    w->op = inst->op;
    w->sub = inst->sub;
    w->type = inst->type;
    w->from = nf_type_of(job->f, inst->a);
    w->a = nf_operand_of(job, inst->a);
    w->b = nf_operand_of(job, inst->b);
    w->c = nf_operand_of(job, inst->c);
}

void nf_emit_scalar(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (NF_TYPE_IS_VECTOR(inst->type)) {
        nf_emit_vector(job, v, inst);
        return;
    }
    nf_operand to = nf_operand_of(job, v);
    if (to.at == AT_FUSED) return;
    if (to.at == AT_NONE && (nf_op_of(inst)->effects & NF_EFFECT_TRAP) == 0) return;
    nf_work w;
    nf_work_fill(job, &w, inst);
    w.dst = NF_TYPE_IS_FLOAT(inst->type) ? SCRATCH_X : SCRATCH_A;
    if (to.at == AT_REG) w.dst = to.reg;
    nf_scalar_emitters[inst->op](job, &w);
    if (to.at == AT_SLOT) nf_result_store(job, v, w.dst);
}

static void emit_bitcast(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (NF_TYPE_IS_VECTOR(inst->type) || NF_TYPE_IS_VECTOR(nf_type_of(job->f, inst->a)))
        nf_emit_vector_bitcast(job, v, inst);
    else
        nf_emit_scalar(job, v, inst);
}

static void note_map(nf_baseline *job, nf_value v)
{
    nf_code_map entry = {nf_asm_offset(&job->a), v};
    NF_VEC_PUSH(job->arena, &job->map, entry);
}

static void emit_inst(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    nf_inst_emit *whole = whole_emitters[inst->op];
    if (whole)
        whole(job, v, inst);
    else
        nf_emit_scalar(job, v, inst);
}

/* Whether the block begins a loop without loops or calls inside: it is short, so that it matters
 * how many lines it lies in. Loops are in the order of their headers. */
static bool begins_short_loop(const nf_baseline *job, uint32_t block)
{
    uint32_t loop = job->blocks[block].loop;
    if (job->blocks[block].loop_end == 0 || job->loops[loop].calls) return false;
    return loop == job->loop_count || job->loops[loop + 1].header > job->loops[loop].end;
}

static void emit_blocks(nf_baseline *job)
{
    const nf_inst *insts = job->f->insts.data;
    bool want_map = job->options->want_map;
    const uint32_t *at = job->walk;
    for (uint32_t i = 0; i < job->block_count; i++) {
        const uint32_t *end = job->walk + job->blocks[i].walk_end;
        job->block = i;
        if (begins_short_loop(job, i)) nf_asm_align(&job->a, LOOP_ALIGN);
        nf_asm_bind(&job->a, job->blocks[i].label);
        for (; at < end; at++) {
            if (want_map) note_map(job, (nf_value){*at});
            emit_inst(job, (nf_value){*at}, &insts[*at]);
        }
    }
}

/* --- prologue and epilogue --- */

static void emit_prologue(nf_baseline *job)
{
    if (job->options->want_map) note_map(job, (nf_value){0});
    nf_asm_zero_operand(&job->a, NF_X_ENDBR64, WORD);
    if (job->options->entry_count)
        nf_asm_m(&job->a, NF_X_INC, WORD, nf_mem_address((uintptr_t)job->options->entry_count));
    nf_asm_r(&job->a, NF_X_PUSH, WORD, NF_RBP);
    nf_asm_rr(&job->a, NF_X_MOV, WORD, NF_RBP, NF_RSP);
    for (uint32_t left = job->saved_mask; left; left &= left - 1)
        nf_asm_r(&job->a, NF_X_PUSH, WORD, (nf_reg)__builtin_ctz(left));
    uint32_t rest = job->frame_bytes - job->saved_count * WORD;
    nf_stack_take(&job->a, rest, job->frame_align);
}

void nf_emit_epilogue(nf_baseline *job)
{
    uint32_t saved_bytes = job->saved_count * WORD;
    if (job->frame_bytes > saved_bytes && saved_bytes > 0)
        nf_asm_rm(&job->a, NF_X_LEA, WORD, NF_RSP, nf_mem_base(NF_RBP, -(int32_t)saved_bytes));
    if (job->frame_bytes > saved_bytes && saved_bytes == 0) {
        nf_asm_zero_operand(&job->a, NF_X_LEAVE, WORD);
        return;
    }
    for (uint32_t left = job->saved_mask; left;) {
        unsigned highest = 31 - (unsigned)__builtin_clz(left);
        nf_asm_r(&job->a, NF_X_POP, WORD, (nf_reg)highest);
        left &= ~(1u << highest);
    }
    nf_asm_r(&job->a, NF_X_POP, WORD, NF_RBP);
}

/* --- the whole --- */

/* Asks for the function's arrays all at once, where walking lists would wait for one line after
 * the other. What is larger is read in order, which the hardware notices. */
static void fetch_ahead(const void *data, size_t bytes)
{
    enum { LINE_BYTES = 64, FETCH_BYTES_MAX = 8192 };
    if (bytes > FETCH_BYTES_MAX) bytes = FETCH_BYTES_MAX;
    for (size_t at = 0; at < bytes; at += LINE_BYTES) __builtin_prefetch((const char *)data + at);
}

nf_status nf_baseline_analyse(nf_baseline *job)
{
    const nf_func *f = job->f;
    fetch_ahead(f->blocks.data, f->blocks.count * sizeof *f->blocks.data);
    fetch_ahead(f->insts.data, f->insts.count * sizeof *f->insts.data);
    fetch_ahead(f->edges.data, f->edges.count * sizeof *f->edges.data);
    fetch_ahead(f->pool.data, f->pool.count * sizeof *f->pool.data);
    nf_baseline_order(job);
    if (!job->arena->failed) nf_baseline_live(job);
    if (!job->arena->failed) nf_baseline_assign(job);
    if (!job->arena->failed) nf_baseline_frame(job);
    if (job->arena->failed) return nf_fail(job->error, NF_MEMORY, "out of memory for compiling");
    return job->status;
}

static nf_status emit(nf_baseline *job, nf_blob *blob)
{
    size_t hint = CODE_BYTES_BASE + (size_t)job->f->insts.count * CODE_BYTES_PER_INST;
    nf_asm_init(&job->a, job->arena, hint);
    nf_asm_expect(&job->a, job->block_count * LABELS_PER_BLOCK,
                  job->block_count * FIXUPS_PER_BLOCK);
    for (uint32_t i = 0; i < job->block_count; i++) job->blocks[i].label = nf_asm_label(&job->a);
    job->turn = nf_asm_label(&job->a);
    emit_prologue(job);
    nf_emit_entry_moves(job);
    emit_constants_ahead(job);
    nf_count_reset(job);
    emit_blocks(job);
    if (job->count.at != AT_NONE) {
        if (job->options->want_map) note_map(job, (nf_value){0});
        nf_emit_turn(job);
    }
    nf_emit_jump_tables(job);
    if (job->status != NF_OK) return job->status;
    if (job->arena->failed) return nf_fail(job->error, NF_MEMORY, "out of memory for compiling");
    return nf_asm_finish(&job->a, blob, job->error);
}

nf_status nf_baseline_compile(const nf_func *f, const nf_compile *options, nf_compiled *out,
                              nf_error *error)
{
    nf_baseline job = {.f = f,
                       .options = options,
                       .arena = options->arena,
                       .features = options->features,
                       .error = error};
    nf_status status = nf_baseline_analyse(&job);
    if (status == NF_OK) status = emit(&job, &out->blob);
    if (status != NF_OK) return status;
    out->frame_bytes = job.frame_bytes;
    out->saved_mask = job.saved_mask;
    out->map = job.map.data;
    out->map_count = job.map.count;
    out->spill_count = 0;
    return NF_OK;
}
