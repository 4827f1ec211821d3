/*
 * Moves between places: registers, spill slots, and values made again.
 *
 * No register is set aside for moves. Memory to memory goes through the stack, eight bytes at a
 * time; two registers are exchanged by XCHG or three exclusive ors; a register and a slot through
 * the stack again. All of that is rare: sets of moves are coalesced by the allocator's hints, and
 * cycles among spilled values rarer still. Nothing here changes the flags but the zeroing of a
 * general register, and that only where the flags are free.
 */
#include "emit.h"
#include "os/cpu.h"

enum { WORD = 8, XMM_BYTES = 16, HALF_WORD = 4 };

#define GPR_BITS    UINT64_C(0xffff)
#define VECTOR_BITS (UINT64_C(0xffffffff) << NF_XMM0)

static bool is_slot(uint32_t place)
{
    return place >= NF_PLACE_SLOT;
}

static nf_mem offset_by(nf_mem mem, int32_t bytes)
{
    mem.disp += bytes;
    return mem;
}

static unsigned general_width(const nf_vreg_data *data)
{
    return data->bytes >= WORD ? WORD : 4;
}

/* --- one register and memory --- */

static void load_vector(nf_output *e, nf_reg reg, nf_mem from, unsigned bytes)
{
    if (bytes >= XMM_BYTES && e->avx)
        nf_asm_v_rm(e->a, NF_X_VMOVUPS, bytes, reg, from, NF_UNMASKED);
    else if (bytes >= XMM_BYTES)
        nf_asm_rm(e->a, NF_X_MOVUPS, XMM_BYTES, reg, from);
    else if (e->avx)
        nf_asm_v_rm(e->a, bytes == 4 ? NF_X_VMOVSS : NF_X_VMOVSD, bytes, reg, from, NF_UNMASKED);
    else
        nf_asm_rm(e->a, bytes == 4 ? NF_X_MOVSS : NF_X_MOVSD, bytes, reg, from);
}

static void store_vector(nf_output *e, nf_mem to, nf_reg reg, unsigned bytes)
{
    if (bytes >= XMM_BYTES && e->avx)
        nf_asm_v_mr(e->a, NF_X_VMOVUPS_MR, bytes, to, reg, NF_UNMASKED);
    else if (bytes >= XMM_BYTES)
        nf_asm_mr(e->a, NF_X_MOVUPS_MR, XMM_BYTES, to, reg);
    else if (e->avx)
        nf_asm_v_mr(e->a, bytes == 4 ? NF_X_VMOVSS_MR : NF_X_VMOVSD_MR, bytes, to, reg,
                    NF_UNMASKED);
    else
        nf_asm_mr(e->a, bytes == 4 ? NF_X_MOVSS_MR : NF_X_MOVSD_MR, bytes, to, reg);
}

/* 64 mask bits need AVX-512BW; without it there are no masks of more than 16. */
static bool wide_masks(const nf_output *e)
{
    return (e->lir->features & NF_CPU_AVX512BW) != 0;
}

static void load(nf_output *e, nf_reg reg, nf_mem from, const nf_vreg_data *data)
{
    if (data->class_ == NF_CLASS_GPR)
        nf_asm_rm(e->a, NF_X_MOV, general_width(data), reg, from);
    else if (data->class_ == NF_CLASS_VECTOR)
        load_vector(e, reg, from, data->bytes);
    else if (wide_masks(e))
        nf_asm_v_rm(e->a, NF_X_KMOVQ, 8, reg, from, NF_UNMASKED);
    else
        nf_asm_v_rm(e->a, NF_X_KMOVW, 2, reg, from, NF_UNMASKED);
}

static void store(nf_output *e, nf_mem to, nf_reg reg, const nf_vreg_data *data)
{
    if (data->class_ == NF_CLASS_GPR)
        nf_asm_mr(e->a, NF_X_MOV_MR, general_width(data), to, reg);
    else if (data->class_ == NF_CLASS_VECTOR)
        store_vector(e, to, reg, data->bytes);
    else if (wide_masks(e))
        nf_asm_v_mr(e->a, NF_X_KMOVQ_MR, 8, to, reg, NF_UNMASKED);
    else
        nf_asm_v_mr(e->a, NF_X_KMOVW_MR, 2, to, reg, NF_UNMASKED);
}

static void copy(nf_output *e, nf_reg to, nf_reg from, const nf_vreg_data *data)
{
    unsigned bytes = data->bytes > XMM_BYTES ? data->bytes : XMM_BYTES;
    if (data->class_ == NF_CLASS_GPR)
        nf_asm_rr(e->a, NF_X_MOV, general_width(data), to, from);
    else if (data->class_ == NF_CLASS_MASK && wide_masks(e))
        nf_asm_v_rr(e->a, NF_X_KMOVQ, 8, to, from, NF_UNMASKED);
    else if (data->class_ == NF_CLASS_MASK)
        nf_asm_v_rr(e->a, NF_X_KMOVW, 2, to, from, NF_UNMASKED);
    else if (e->avx)
        nf_asm_v_rr(e->a, NF_X_VMOVAPS, bytes, to, from, NF_UNMASKED);
    else
        nf_asm_rr(e->a, NF_X_MOVAPS, XMM_BYTES, to, from);
}

/* --- values made again --- */

static bool is_zero(const nf_lir_constant *constant)
{
    const uint8_t *bytes = constant->bytes;
    for (uint32_t i = 0; i < constant->size; i++)
        if (bytes[i] != 0) return false;
    return true;
}

static void zero_vector(nf_output *e, nf_reg reg)
{
    if (!e->avx)
        nf_asm_rr(e->a, NF_X_XORPS, XMM_BYTES, reg, reg);
    else if (reg < NF_XMM0 + 16)
        nf_asm_v_rrr(e->a, NF_X_VXORPS, XMM_BYTES, reg, reg, reg, NF_UNMASKED);
    else
        nf_asm_v_rrr(e->a, NF_X_VPXORD, XMM_BYTES, reg, reg, reg, NF_UNMASKED);
}

nf_mem nf_output_remat_mem(nf_output *e, const nf_vreg_data *data)
{
    if (data->remat == NF_REMAT_CONSTANT) return nf_output_constant(e, (uint32_t)data->payload);
    return nf_mem_base(NF_RBP, (int32_t)data->payload + NF_ABI_FIRST_STACK_ARG);
}

static nf_mem local_of(const nf_output *e, int64_t payload)
{
    return nf_output_local(e, (uint32_t)((uint64_t)payload >> 32), (int32_t)payload);
}

static void make_again(nf_output *e, nf_reg reg, const nf_vreg_data *data)
{
    switch ((nf_remat)data->remat) {
    case NF_REMAT_INT: nf_asm_mov_imm(e->a, reg, (uint64_t)data->payload, e->flags_free); break;
    case NF_REMAT_LOCAL: nf_asm_rm(e->a, NF_X_LEA, WORD, reg, local_of(e, data->payload)); break;
    case NF_REMAT_FUNCTION:
        nf_asm_rm(e->a, NF_X_LEA, WORD, reg, nf_mem_address((uint64_t)data->payload));
        break;
    case NF_REMAT_CONSTANT:
        if (is_zero(&e->lir->constants.data[data->payload])) {
            zero_vector(e, reg);
            break;
        }
        load(e, reg, nf_output_remat_mem(e, data), data);
        break;
    default: load(e, reg, nf_output_remat_mem(e, data), data); break;
    }
}

/* --- through the stack --- */

static unsigned words_of(const nf_vreg_data *data)
{
    return data->bytes <= WORD ? 1 : data->bytes / WORD;
}

static void copy_memory(nf_output *e, nf_mem to, nf_mem from, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        nf_asm_m(e->a, NF_X_PUSH_M, WORD, offset_by(from, (int32_t)i * WORD));
        nf_asm_m(e->a, NF_X_POP_M, WORD, offset_by(to, (int32_t)i * WORD));
    }
}

static void swap_memory(nf_output *e, nf_mem a, nf_mem b, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        nf_mem x = offset_by(a, (int32_t)i * WORD), y = offset_by(b, (int32_t)i * WORD);
        nf_asm_m(e->a, NF_X_PUSH_M, WORD, x);
        nf_asm_m(e->a, NF_X_PUSH_M, WORD, y);
        nf_asm_m(e->a, NF_X_POP_M, WORD, x);
        nf_asm_m(e->a, NF_X_POP_M, WORD, y);
    }
}

static void write_words(nf_output *e, nf_mem to, const uint8_t *bytes, unsigned size)
{
    for (unsigned i = 0; i < size; i += HALF_WORD) {
        int32_t word;
        __builtin_memcpy(&word, bytes + i, HALF_WORD);
        nf_asm_mi(e->a, NF_X_MOV_I, HALF_WORD, offset_by(to, (int32_t)i), word);
    }
}

/* The slot lends its place to rax while rax makes the value. */
static void address_to_memory(nf_output *e, nf_mem to, const nf_vreg_data *data)
{
    nf_asm_mr(e->a, NF_X_MOV_MR, WORD, to, NF_RAX);
    make_again(e, NF_RAX, data);
    nf_asm_mr(e->a, NF_X_XCHG_MR, WORD, to, NF_RAX);
}

static void make_in_memory(nf_output *e, nf_mem to, const nf_vreg_data *data)
{
    if (data->remat == NF_REMAT_INT) {
        write_words(e, to, (const uint8_t *)&data->payload, WORD);
    } else if (data->remat == NF_REMAT_CONSTANT) {
        const nf_lir_constant *constant = &e->lir->constants.data[data->payload];
        write_words(e, to, constant->bytes, constant->size);
    } else if (data->remat == NF_REMAT_INCOMING) {
        copy_memory(e, to, nf_output_remat_mem(e, data), words_of(data));
    } else {
        address_to_memory(e, to, data);
    }
}

void nf_output_place_move(nf_output *e, uint32_t to, uint32_t from, nf_vreg v)
{
    const nf_vreg_data *data = nf_vreg_at(e->lir, v);
    if (to == from) return;
    if (from == NF_PLACE_NONE && is_slot(to))
        make_in_memory(e, nf_output_slot(e, to), data);
    else if (from == NF_PLACE_NONE)
        make_again(e, (nf_reg)to, data);
    else if (is_slot(to) && is_slot(from))
        copy_memory(e, nf_output_slot(e, to), nf_output_slot(e, from), words_of(data));
    else if (is_slot(to))
        store(e, nf_output_slot(e, to), (nf_reg)from, data);
    else if (is_slot(from))
        load(e, (nf_reg)to, nf_output_slot(e, from), data);
    else
        copy(e, (nf_reg)to, (nf_reg)from, data);
}

/* --- exchanges --- */

static void stack_adjust(nf_output *e, int32_t bytes)
{
    nf_asm_rm(e->a, NF_X_LEA, WORD, NF_RSP, nf_mem_base(NF_RSP, bytes));
}

static void swap_vectors(nf_output *e, nf_reg a, nf_reg b, const nf_vreg_data *data)
{
    unsigned bytes = data->bytes > XMM_BYTES ? data->bytes : XMM_BYTES;
    bool high = a >= NF_XMM0 + 16 || b >= NF_XMM0 + 16 || bytes > 2 * XMM_BYTES;
    nf_insn row = high ? NF_X_VPXORD : NF_X_VXORPS;
    for (unsigned i = 0; i < 3; i++) {
        nf_reg to = i == 1 ? b : a, other = i == 1 ? a : b;
        if (e->avx)
            nf_asm_v_rrr(e->a, row, bytes, to, to, other, NF_UNMASKED);
        else
            nf_asm_rr(e->a, NF_X_XORPS, XMM_BYTES, to, other);
    }
}

static void swap_masks(nf_output *e, nf_reg a, nf_reg b, const nf_vreg_data *data)
{
    nf_mem top = nf_mem_base(NF_RSP, 0);
    stack_adjust(e, -WORD);
    store(e, top, a, data);
    copy(e, a, b, data);
    load(e, b, top, data);
    stack_adjust(e, WORD);
}

static void swap_with_memory(nf_output *e, nf_reg reg, nf_mem slot, const nf_vreg_data *data)
{
    unsigned words = words_of(data);
    for (unsigned i = words; i-- > 0;)
        nf_asm_m(e->a, NF_X_PUSH_M, WORD, offset_by(slot, (int32_t)i * WORD));
    store(e, slot, reg, data);
    load(e, reg, nf_mem_base(NF_RSP, 0), data);
    stack_adjust(e, (int32_t)words * WORD);
}

static void swap_places(nf_output *e, uint32_t a, uint32_t b, const nf_vreg_data *data)
{
    if (is_slot(a) && is_slot(b))
        swap_memory(e, nf_output_slot(e, a), nf_output_slot(e, b), words_of(data));
    else if (is_slot(a))
        swap_with_memory(e, (nf_reg)b, nf_output_slot(e, a), data);
    else if (is_slot(b))
        swap_with_memory(e, (nf_reg)a, nf_output_slot(e, b), data);
    else if (data->class_ == NF_CLASS_GPR)
        nf_asm_rr(e->a, NF_X_XCHG, WORD, (nf_reg)a, (nf_reg)b);
    else if (data->class_ == NF_CLASS_VECTOR)
        swap_vectors(e, (nf_reg)a, (nf_reg)b, data);
    else
        swap_masks(e, (nf_reg)a, (nf_reg)b, data);
}

/* --- sets; a move's payload is a vreg that says what it is --- */

static void emit_move(void *context, const nf_move *move)
{
    nf_output_place_move(context, move->to, move->from, (nf_vreg){move->payload});
}

static void emit_swap(void *context, const nf_move *move)
{
    nf_output *e = context;
    swap_places(e, move->to, move->from, nf_vreg_at(e->lir, (nf_vreg){move->payload}));
}

uint32_t nf_output_move_bytes(void *context, uint32_t payload)
{
    const nf_output *e = context;
    const nf_vreg_data *data = nf_vreg_at(e->lir, (nf_vreg){payload});
    return data->class_ == NF_CLASS_MASK && !wide_masks(e) ? 2 : data->bytes;
}

uint32_t nf_output_spare_place(void *context, const nf_move *move)
{
    static const uint64_t classes[NF_CLASS_COUNT] = {
        [NF_CLASS_GPR] = GPR_BITS, [NF_CLASS_VECTOR] = VECTOR_BITS};
    const nf_output *e = context;
    uint64_t regs = e->spare & classes[nf_vreg_at(e->lir, (nf_vreg){move->payload})->class_];
    return regs == 0 ? NF_PLACE_NONE : (uint32_t)__builtin_ctzll(regs);
}

bool nf_output_has_moves(const nf_output *e, uint32_t list)
{
    const nf_alloc_move *moves = e->alloc->moves.data;
    while (list != 0 && moves[list].to == moves[list].from) list = moves[list].next;
    return list != 0;
}

static void move_list(nf_output *e, uint32_t list, bool flags_free, uint64_t spare)
{
    const nf_alloc_move *moves = e->alloc->moves.data;
    e->flags_free = flags_free;
    e->spare = spare;
    if (list != 0 && moves[list].next == 0) {
        nf_output_place_move(e, moves[list].to, moves[list].from, moves[list].from_vreg);
        return;
    }
    for (uint32_t i = list; i != 0; i = moves[i].next)
        nf_moves_add(&e->moves, moves[i].to, moves[i].from, moves[i].from_vreg.id);
    nf_moves_resolve(&e->moves, emit_move, emit_swap, e);
}

void nf_output_gap(nf_output *e, uint32_t inst)
{
    bool reads_flags = e->lir->insts.data[inst].flags & NF_LIR_READS_FLAGS;
    if (e->alloc->gaps[inst] != 0) move_list(e, e->alloc->gaps[inst], !reads_flags, 0);
}

void nf_output_edge(nf_output *e, uint32_t edge)
{
    if (e->alloc->edges[edge] != 0)
        move_list(e, e->alloc->edges[edge], true, e->alloc->edge_free[edge]);
}

void nf_output_moves_inst(nf_output *e, const nf_lir_inst *inst)
{
    e->flags_free = true;
    e->spare = 0;
    for (uint32_t i = 0; i + 1 < inst->operand_count; i += 2) {
        const nf_lir_operand *to = nf_lir_operand_at(e->lir, inst, i), *from = to + 1;
        nf_vreg v = nf_vreg_is_fixed(from->vreg) ? to->vreg : from->vreg;
        nf_moves_add(&e->moves, nf_alloc_place(e->alloc, to), nf_alloc_place(e->alloc, from), v.id);
    }
    nf_moves_resolve(&e->moves, emit_move, emit_swap, e);
}
