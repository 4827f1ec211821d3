/*
 * The driver of emission: frame, prologue, blocks in order.
 *
 * Loops without inner loops start at a multiple of 32, the unit in which the processor's cache of
 * decoded instructions works. (Intel Optimization Manual, 2.5.5.2 and 3.4.1.4.)
 *
 * The entry has an endbr64, for it may be reached through an indirect jump. Upper halves of vector
 * registers are cleared in front of calls and returns when this function uses them (Optimization
 * Manual, 15.3).
 */
#include "emit.h"
#include "os/cpu.h"
#include "stack.h"

enum { WORD = 8, BYTES_PER_INST = 6, FRAME_ALIGN = 16 };

/* --- the frame --- */

static uint32_t round_up(uint32_t n, uint32_t align)
{
    return (n + align - 1) & ~(align - 1);
}

/* Locals below rbp, from `depth` on; the new depth. */
static uint32_t locals_below(nf_output *e, const nf_func *f, uint32_t depth)
{
    for (uint32_t i = 1; i < f->locals.count; i++) {
        const nf_local_data *local = &f->locals.data[i];
        depth = round_up(depth + local->size, UINT32_C(1) << local->align_log2);
        e->frame.locals[i] = depth;
    }
    return depth;
}

/* Locals above rsp, behind the outgoing arguments; where they end. */
static uint32_t locals_above(nf_output *e, const nf_func *f, uint32_t offset)
{
    for (uint32_t i = 1; i < f->locals.count; i++) {
        const nf_local_data *local = &f->locals.data[i];
        offset = round_up(offset, UINT32_C(1) << local->align_log2);
        e->frame.locals[i] = offset;
        offset += local->size;
    }
    return offset;
}

static void frame_build(nf_output *e)
{
    const nf_func *f = e->lir->func;
    nf_frame *frame = &e->frame;
    uint32_t outgoing = round_up(e->lir->outgoing_bytes, FRAME_ALIGN);
    frame->align = FRAME_ALIGN;
    for (uint32_t i = 1; i < f->locals.count; i++) {
        uint32_t align = UINT32_C(1) << f->locals.data[i].align_log2;
        if (align > frame->align) frame->align = align;
    }
    frame->locals_from_rsp = frame->align > FRAME_ALIGN;
    frame->saved_count = nf_reg_count(e->alloc->saved_mask);
    frame->spill_top = frame->saved_count * WORD;
    if (e->alloc->slots.count > 0) frame->spill_top = round_up(frame->spill_top, FRAME_ALIGN);
    uint32_t depth = frame->spill_top + e->alloc->slot_bytes;
    if (frame->locals_from_rsp)
        depth += locals_above(e, f, outgoing) + frame->align;
    else
        depth = locals_below(e, f, depth) + outgoing;
    frame->bytes = round_up(depth, FRAME_ALIGN) - frame->saved_count * WORD;
}

nf_mem nf_output_slot(const nf_output *e, uint32_t place)
{
    const nf_slot *slot = &e->alloc->slots.data[place - NF_PLACE_SLOT];
    return nf_mem_base(NF_RBP, -(int32_t)(e->frame.spill_top + slot->depth));
}

nf_mem nf_output_local(const nf_output *e, uint32_t local, int64_t offset)
{
    int32_t at = (int32_t)e->frame.locals[local];
    if (e->frame.locals_from_rsp) return nf_mem_base(NF_RSP, at + (int32_t)offset);
    return nf_mem_base(NF_RBP, (int32_t)offset - at);
}

nf_mem nf_output_constant(nf_output *e, uint32_t id)
{
    const nf_lir_constant *constant = &e->lir->constants.data[id];
    if (e->constants[id].id == 0)
        e->constants[id] = nf_asm_constant(e->a, constant->bytes, constant->size);
    return nf_mem_label(e->constants[id]);
}

static void prologue(nf_output *e)
{
    nf_asm *a = e->a;
    nf_asm_zero_operand(a, NF_X_ENDBR64, WORD);
    nf_asm_bind(a, e->entry);
    if (e->entry_count)
        nf_asm_m(a, NF_X_INC, WORD, nf_mem_address((uint64_t)(uintptr_t)e->entry_count));
    nf_asm_r(a, NF_X_PUSH, WORD, NF_RBP);
    nf_asm_rr(a, NF_X_MOV, WORD, NF_RBP, NF_RSP);
    for (uint64_t left = e->alloc->saved_mask; left != 0; left &= left - 1)
        nf_asm_r(a, NF_X_PUSH, WORD, (nf_reg)__builtin_ctzll(left));
    nf_stack_take(a, e->frame.bytes, e->frame.align);
}

void nf_output_epilogue(nf_output *e)
{
    nf_asm *a = e->a;
    uint32_t saved = e->frame.saved_count;
    if (saved == 0 && e->frame.bytes > 0) {
        nf_asm_zero_operand(a, NF_X_LEAVE, WORD);
        return;
    }
    if (e->frame.bytes > 0)
        nf_asm_rm(a, NF_X_LEA, WORD, NF_RSP, nf_mem_base(NF_RBP, -(int32_t)saved * WORD));
    for (uint64_t left = e->alloc->saved_mask; left != 0;) {
        uint32_t reg = 63 - (uint32_t)__builtin_clzll(left);
        left &= ~NF_REG_BIT(reg);
        nf_asm_r(a, NF_X_POP, WORD, (nf_reg)reg);
    }
    nf_asm_r(a, NF_X_POP, WORD, NF_RBP);
}

void nf_output_vzeroupper(nf_output *e, const nf_lir_inst *inst)
{
    if (e->wide_zero && !(inst->flags & NF_LIR_WIDE_ABI))
        nf_asm_zero_operand(e->a, NF_X_VZEROUPPER, WORD);
}

/* --- labels and jumps; relax.c wants to know of each --- */

static void point_add(nf_output *e, nf_point_kind kind, uint32_t at, nf_label label, int cc)
{
    nf_point point = {.at = at,
                      .label = label.id,
                      .aligns = e->aligns,
                      .kind = (uint8_t)kind,
                      .bytes = (uint8_t)(nf_asm_offset(e->a) - at),
                      .cc = (int8_t)cc};
    NF_VEC_PUSH(e->arena, &e->points, point);
}

void nf_output_bind(nf_output *e, nf_label label)
{
    nf_asm_bind(e->a, label);
    point_add(e, NF_POINT_LABEL, nf_asm_offset(e->a), label, 0);
    uint32_t needed = label.id + 1;
    if (e->label_aligns.count < needed) {
        uint32_t missing = needed - e->label_aligns.count;
        if (!NF_VEC_RESERVE(e->arena, &e->label_aligns, missing)) return;
        for (; missing > 0; missing--) e->label_aligns.data[e->label_aligns.count++] = 0;
    }
    e->label_aligns.data[label.id] = e->aligns;
}

/* Whether the distance to a label that is bound may still grow, by an alignment that does. */
static bool is_loose(const nf_output *e, nf_label to)
{
    return to.id < e->label_aligns.count && e->label_aligns.data[to.id] != e->aligns;
}

static nf_point_kind jump_kind(const nf_output *e, nf_label to)
{
    bool bound = e->a->failed || e->a->labels.data[to.id] != UINT32_MAX;
    return bound ? NF_POINT_JUMP_BACK : NF_POINT_JUMP_AHEAD;
}

void nf_output_jmp(nf_output *e, nf_label to)
{
    uint32_t at = nf_asm_offset(e->a);
    if (is_loose(e, to))
        nf_asm_jmp_far(e->a, to);
    else
        nf_asm_jmp(e->a, to);
    point_add(e, jump_kind(e, to), at, to, -1);
}

void nf_output_jcc(nf_output *e, nf_cc cc, nf_label to)
{
    uint32_t at = nf_asm_offset(e->a);
    if (is_loose(e, to))
        nf_asm_jcc_far(e->a, cc, to);
    else
        nf_asm_jcc(e->a, cc, to);
    point_add(e, jump_kind(e, to), at, to, (int)cc);
}

/* --- blocks --- */

static void align_loop(nf_output *e, uint32_t block)
{
    uint32_t loop = e->lir->blocks[block].loop;
    if (loop == UINT32_MAX) return;
    const nf_lir_loop *data = &e->lir->loops.data[loop];
    if (!data->innermost || data->first != block) return;
    uint32_t at = nf_asm_offset(e->a);
    nf_asm_align(e->a, NF_LOOP_ALIGN);
    point_add(e, NF_POINT_ALIGN, at, (nf_label){0}, 0);
    e->aligns++;
}

static void map_add(nf_output *e, nf_value origin)
{
    if (!e->want_map) return;
    uint32_t count = e->map.count, offset = nf_asm_offset(e->a);
    if (count > 0 && e->map.data[count - 1].value.id == origin.id) return;
    if (count > 0 && e->map.data[count - 1].offset == offset)
        e->map.data[count - 1].value = origin;
    else
        NF_VEC_PUSH(e->arena, &e->map, (nf_code_map){offset, origin});
}

/* A register of which the flags say how it compares with 0: of `test r, r`. */
typedef struct tested {
    uint8_t reg, width; /* width 0: none */
} tested;

static bool defines(const nf_output *e, const nf_lir_inst *inst, uint8_t reg)
{
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const nf_lir_operand *operand = nf_lir_operand_at(e->lir, inst, i);
        if (operand->role == NF_LIR_DEF && operand->reg == reg) return true;
    }
    return false;
}

static tested tested_by(const nf_output *e, const nf_lir_inst *inst)
{
    if (inst->op != NF_X_TEST || inst->operand_count != 2) return (tested){0};
    uint8_t reg = nf_lir_operand_at(e->lir, inst, 0)->reg;
    bool same = reg != NF_REG_NONE && nf_lir_operand_at(e->lir, inst, 1)->reg == reg;
    return (tested){reg, same ? inst->width : 0};
}

/* What is known behind the instruction. Selects by one condition test it anew each; stores stand
 * between them at most. */
static tested tested_after(const nf_output *e, const nf_lir_inst *inst, tested before)
{
    bool keeps = inst->op == NF_X_CMOVCC || inst->op == NF_X_MOV_MR;
    if (!keeps) return tested_by(e, inst);
    if (defines(e, inst, before.reg)) before.width = 0;
    return before;
}

static bool is_tested(const nf_output *e, const nf_lir_inst *inst, tested known)
{
    tested wanted = tested_by(e, inst);
    return wanted.width && wanted.width == known.width && wanted.reg == known.reg;
}

static void emit_block(nf_output *e, uint32_t index)
{
    tested known = {0};
    const nf_lir_block *block = &e->lir->blocks[index];
    map_add(e, (nf_value){0});
    align_loop(e, index);
    nf_output_bind(e, e->blocks[index]);
    nf_output_block_moves(e, index);
    for (uint32_t i = block->first; i < block->end; i++) {
        const nf_lir_inst *inst = &e->lir->insts.data[i];
        if (e->alloc->gaps[i] != 0) map_add(e, (nf_value){0});
        if (e->alloc->gaps[i] != 0) known.width = 0;
        nf_output_gap(e, i);
        map_add(e, inst->origin);
        bool is_known = is_tested(e, inst, known);
        known = tested_after(e, inst, known);
        if (is_known) continue;
        if (!nf_output_branch(e, index, inst)) nf_output_inst(e, inst);
    }
}

static void code_write(nf_output *e)
{
    nf_lir *lir = e->lir;
    nf_asm_init(e->a, e->arena, (size_t)lir->insts.count * BYTES_PER_INST);
    e->entry = nf_asm_label(e->a);
    for (uint32_t i = 0; i < lir->block_count; i++) e->blocks[i] = nf_asm_label(e->a);
    map_add(e, (nf_value){0});
    prologue(e);
    for (uint32_t i = 0; i < lir->block_count; i++)
        if (e->goes_to[i] == i) emit_block(e, i);
    nf_output_relax(e);
    nf_output_tables(e);
}

/* Vectors of 32 bytes and more leave something in upper halves; without AVX there are none. */
nf_status nf_output_run(nf_lir *lir, const nf_alloc *alloc, const nf_compile *options,
                        nf_compiled *out, nf_error *error)
{
    nf_arena *arena = options->arena;
    nf_output *e = NF_NEW(arena, nf_output);
    nf_asm *a = NF_NEW(arena, nf_asm);
    nf_label *blocks = NF_NEW_ARRAY(arena, nf_label, lir->block_count);
    nf_label *constants = NF_NEW_ARRAY(arena, nf_label, lir->constants.count);
    uint32_t *goes_to = NF_NEW_ARRAY(arena, uint32_t, lir->block_count);
    uint32_t *next = NF_NEW_ARRAY(arena, uint32_t, lir->block_count);
    uint32_t *locals = NF_NEW_ARRAY(arena, uint32_t, lir->func->locals.count);
    if (arena->failed) return nf_fail(error, NF_MEMORY, "no memory for machine code");
    bool avx = (lir->features & NF_CPU_AVX) != 0;
    *e = (nf_output){.a = a,
                     .lir = lir,
                     .alloc = alloc,
                     .arena = arena,
                     .blocks = blocks,
                     .goes_to = goes_to,
                     .next = next,
                     .constants = constants,
                     .avx = avx,
                     .entry_count = options->entry_count,
                     .wide_zero = avx && lir->wide,
                     .want_map = options->want_map};
    e->frame.locals = locals;
    nf_moves_init(&e->moves, arena, NF_PLACE_SLOT + alloc->slots.count);
    e->moves.spare = nf_output_spare_place;
    e->moves.bytes = nf_output_move_bytes;
    frame_build(e);
    nf_output_thread_jumps(e);
    code_write(e);
    if (arena->failed) return nf_fail(error, NF_MEMORY, "no memory for machine code");
    *out = (nf_compiled){.frame_bytes = e->frame.bytes + e->frame.saved_count * WORD,
                         .saved_mask = (uint32_t)alloc->saved_mask,
                         .map = e->map.data,
                         .map_count = e->map.count,
                         .spill_count = alloc->spill_count};
    return nf_asm_finish(a, &out->blob, error);
}
