/*
 * Operands into registers, results into their places, and the moves between places.
 *
 * Invariant of registers and 8-byte slots: the bits above a value's type are anything. A slot that
 * holds at most four bytes has been written with four, so that reading four never waits for two
 * stores. Floating-point values are alone in the low lane; the lanes above are anything.
 */
#include "baseline_internal.h"

enum { SLOT_BYTES = 8, XMM_BYTES = 16, SLOT_BYTES_READ_MIN = 4 };

static unsigned int_width(unsigned bytes)
{
    return bytes <= SLOT_BYTES_READ_MIN ? SLOT_BYTES_READ_MIN : SLOT_BYTES;
}

/* --- constants --- */

uint64_t nf_symbol_address(nf_baseline *job, nf_symbol symbol)
{
    const nf_link *link = job->options->link;
    uint64_t address = link && symbol.id < link->count ? link->addresses[symbol.id] : 0;
    if (address == 0 && job->status == NF_OK)
        job->status = nf_fail(job->error, NF_SYMBOL, "the symbol %s has no address",
                              nf_symbol_at(job->f->module, symbol)->name);
    return address;
}

int64_t nf_operand_bits(nf_baseline *job, nf_operand o)
{
    if (o.at == AT_INT) return o.disp;
    const nf_inst *inst = nf_inst_at(job->f, (nf_value){o.value});
    if (o.at != AT_SYMBOL) return inst->imm;
    return inst->imm + (int64_t)nf_symbol_address(job, (nf_symbol){inst->extra});
}

int64_t nf_operand_local(const nf_baseline *job, nf_operand o, uint8_t *base)
{
    const nf_inst *inst = nf_inst_at(job->f, (nf_value){o.value});
    nf_local_place local = job->locals[inst->extra];
    *base = local.base;
    return local.disp + inst->imm;
}

nf_label nf_constant_bytes(nf_baseline *job, uint64_t bits, unsigned bytes)
{
    uint64_t words[2] = {bits, 0};
    return nf_asm_constant(&job->a, words, bytes);
}

/* The label of a floating-point constant is made once. */
static nf_mem float_constant(nf_baseline *job, nf_operand o, unsigned bytes)
{
    nf_baseline_value *value = &job->values[o.value];
    if (value->touched >= ONE_USE)
        value->touched = nf_constant_bytes(job, (uint64_t)nf_operand_bits(job, o), bytes).id;
    return nf_mem_label((nf_label){(uint32_t)value->touched});
}

/* --- integers --- */

static void local_address(nf_baseline *job, nf_operand o, nf_reg to)
{
    nf_mem sum = {.index = NF_REG_NONE};
    int64_t disp = nf_operand_local(job, o, &sum.base);
    if (nf_fits_i32(disp)) {
        sum.disp = (int32_t)disp;
    } else {
        nf_asm_mov_imm(&job->a, to, (uint64_t)disp, false);
        sum.index = (uint8_t)to;
    }
    nf_asm_rm(&job->a, NF_X_LEA, 8, to, sum);
}

static void constant_to(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to)
{
    uint64_t bits = (uint64_t)nf_operand_bits(job, o);
    nf_asm_mov_imm(&job->a, to, bytes <= SLOT_BYTES_READ_MIN ? (uint32_t)bits : bits, false);
}

static void load_slot(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to)
{
    nf_mem slot = nf_slot(o);
    quick_rm(&job->a, QUICK_MOV, int_width(bytes), to, &slot);
}

/* Leaves the flags alone. */
void nf_operand_int_to(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to)
{
    switch (o.at) {
    case AT_REG:
        if (o.reg != to) quick_rr(&job->a, QUICK_MOV, int_width(bytes), to, o.reg);
        return;
    case AT_SLOT: load_slot(job, o, bytes, to); return;
    case AT_LOCAL: local_address(job, o, to); return;
    default: constant_to(job, o, bytes, to);
    }
}

nf_reg nf_operand_int(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg scratch)
{
    if (o.at == AT_REG) return o.reg;
    nf_operand_int_to(job, o, bytes, scratch);
    return scratch;
}

/* --- floating point --- */

static bool is_zero(nf_baseline *job, nf_operand o)
{
    return o.at == AT_FLOAT && nf_operand_bits(job, o) == 0;
}

bool nf_operand_float_mem(nf_baseline *job, nf_operand o, unsigned bytes, nf_mem *mem)
{
    if (o.at == AT_REG) return false;
    *mem = o.at == AT_SLOT ? nf_slot(o) : float_constant(job, o, bytes);
    return true;
}

void nf_operand_float_to(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to)
{
    nf_mem mem;
    if (o.at == AT_REG) {
        if (o.reg != to) nf_xmm_rr(job, NF_X_MOVAPS, XMM_BYTES, to, o.reg);
    } else if (is_zero(job, o)) {
        nf_xmm_rr(job, NF_X_XORPS, XMM_BYTES, to, to);
    } else if (nf_operand_float_mem(job, o, bytes, &mem)) {
        nf_xmm_rm(job, bytes == 4 ? NF_X_MOVSS : NF_X_MOVSD, bytes, to, mem);
    }
}

nf_reg nf_operand_float(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg scratch)
{
    if (o.at == AT_REG) return o.reg;
    nf_operand_float_to(job, o, bytes, scratch);
    return scratch;
}

/* --- memory --- */

/* Exactly `bytes` bytes, in as few pieces as possible; clobbers SCRATCH_D and SCRATCH_X. */
void nf_copy_memory(nf_baseline *job, nf_mem to, nf_mem from, unsigned bytes)
{
    while (bytes > 0) {
        unsigned piece = bytes >= XMM_BYTES ? XMM_BYTES : bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes;
        if (piece == XMM_BYTES) {
            nf_xmm_rm(job, NF_X_MOVUPS, XMM_BYTES, SCRATCH_X, from);
            nf_xmm_mr(job, NF_X_MOVUPS_MR, XMM_BYTES, to, SCRATCH_X);
        } else {
            if (piece < 4)
                nf_asm_extend_m(&job->a, false, 4, piece, SCRATCH_D, from);
            else
                nf_asm_rm(&job->a, NF_X_MOV, piece, SCRATCH_D, from);
            nf_asm_mr(&job->a, NF_X_MOV_MR, piece, to, SCRATCH_D);
        }
        to.disp += (int32_t)piece;
        from.disp += (int32_t)piece;
        bytes -= piece;
    }
}

/* --- results --- */

static void store_slot(nf_baseline *job, nf_operand to, nf_reg reg, nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    nf_mem slot = nf_slot(to);
    if (NF_TYPE_IS_FLOAT(type))
        nf_xmm_mr(job, bytes == 4 ? NF_X_MOVSS_MR : NF_X_MOVSD_MR, bytes, slot, reg);
    else
        quick_rm(&job->a, QUICK_STORE, int_width(bytes), reg, &slot);
}

void nf_result_store(nf_baseline *job, nf_value v, nf_reg reg)
{
    nf_operand to = nf_operand_of(job, v);
    nf_type type = nf_type_of(job->f, v);
    if (to.at == AT_SLOT)
        store_slot(job, to, reg, type);
    else if (to.at == AT_REG && NF_TYPE_IS_FLOAT(type))
        nf_operand_float_to(job, nf_operand_reg(reg), nf_type_bytes(type), to.reg);
    else if (to.at == AT_REG)
        nf_operand_int_to(job, nf_operand_reg(reg), nf_type_bytes(type), to.reg);
}

/* --- parallel moves: a few by looking, more by moves.h; the payload is the value --- */

static uint32_t place_number(nf_operand o)
{
    if (o.at == AT_REG) return o.reg;
    return o.at == AT_SLOT ? NF_PLACE_SLOT + (uint32_t)-o.disp / SLOT_BYTES : NF_PLACE_NONE;
}

static nf_operand operand_of_place(uint32_t place)
{
    if (place < NF_PLACE_SLOT) return nf_operand_reg((nf_reg)place);
    return (nf_operand){.at = AT_SLOT, .disp = -(int32_t)((place - NF_PLACE_SLOT) * SLOT_BYTES)};
}

static void move_value(nf_baseline *job, nf_operand to, nf_operand from, nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    if (NF_TYPE_IS_VECTOR(type)) {
        nf_copy_memory(job, nf_slot(to), nf_slot(from), bytes < XMM_BYTES ? XMM_BYTES : bytes);
    } else if (NF_TYPE_IS_FLOAT(type)) {
        if (to.at == AT_REG)
            nf_operand_float_to(job, from, bytes, to.reg);
        else
            store_slot(job, to, nf_operand_float(job, from, bytes, SCRATCH_X), type);
    } else if (to.at == AT_REG) {
        nf_operand_int_to(job, from, bytes, to.reg);
    } else if (from.at == AT_INT) {
        nf_asm_mi(&job->a, NF_X_MOV_I, int_width(bytes), nf_slot(to), from.disp);
    } else {
        store_slot(job, to, nf_operand_int(job, from, bytes, SCRATCH_A), type);
    }
}

static void move_emit(void *context, const nf_move *move)
{
    nf_baseline *job = context;
    nf_value v = {move->payload};
    nf_operand from =
        move->from == NF_PLACE_NONE ? nf_operand_of(job, v) : operand_of_place(move->from);
    move_value(job, operand_of_place(move->to), from, nf_type_of(job->f, v));
}

static void swap_slots(nf_baseline *job, nf_operand x, nf_operand y, nf_type type)
{
    unsigned step = NF_TYPE_IS_VECTOR(type) ? XMM_BYTES : SLOT_BYTES;
    unsigned bytes = nf_type_bytes(type);
    for (; bytes > 0; bytes = bytes > step ? bytes - step : 0) {
        if (step == XMM_BYTES) {
            nf_xmm_rm(job, NF_X_MOVUPS, step, SCRATCH_X, nf_slot(x));
            nf_xmm_rm(job, NF_X_MOVUPS, step, SCRATCH_Y, nf_slot(y));
            nf_xmm_mr(job, NF_X_MOVUPS_MR, step, nf_slot(x), SCRATCH_Y);
            nf_xmm_mr(job, NF_X_MOVUPS_MR, step, nf_slot(y), SCRATCH_X);
        } else {
            nf_asm_rm(&job->a, NF_X_MOV, step, SCRATCH_A, nf_slot(x));
            nf_asm_rm(&job->a, NF_X_MOV, step, SCRATCH_D, nf_slot(y));
            nf_asm_mr(&job->a, NF_X_MOV_MR, step, nf_slot(x), SCRATCH_D);
            nf_asm_mr(&job->a, NF_X_MOV_MR, step, nf_slot(y), SCRATCH_A);
        }
        x.disp += (int32_t)step;
        y.disp += (int32_t)step;
    }
}

static void swap_mixed(nf_baseline *job, nf_reg reg, nf_operand slot, bool is_float)
{
    if (is_float) {
        nf_xmm_rm(job, NF_X_MOVSD, SLOT_BYTES, SCRATCH_X, nf_slot(slot));
        nf_xmm_mr(job, NF_X_MOVSD_MR, SLOT_BYTES, nf_slot(slot), reg);
        nf_xmm_rr(job, NF_X_MOVAPS, XMM_BYTES, reg, SCRATCH_X);
    } else {
        nf_asm_rm(&job->a, NF_X_MOV, SLOT_BYTES, SCRATCH_A, nf_slot(slot));
        nf_asm_mr(&job->a, NF_X_MOV_MR, SLOT_BYTES, nf_slot(slot), reg);
        nf_asm_rr(&job->a, NF_X_MOV, SLOT_BYTES, reg, SCRATCH_A);
    }
}

static void swap_registers(nf_baseline *job, nf_reg x, nf_reg y)
{
    if (x < NF_XMM0) {
        nf_asm_rr(&job->a, NF_X_XCHG, SLOT_BYTES, x, y);
        return;
    }
    nf_xmm_rr(job, NF_X_MOVAPS, XMM_BYTES, SCRATCH_X, x);
    nf_xmm_rr(job, NF_X_MOVAPS, XMM_BYTES, x, y);
    nf_xmm_rr(job, NF_X_MOVAPS, XMM_BYTES, y, SCRATCH_X);
}

/* The values of a cycle of mixed types are exchanged with all 8 bytes, which holds any of them;
 * vectors have slots of their own. */
static void swap_emit(void *context, const nf_move *move)
{
    nf_baseline *job = context;
    nf_operand x = operand_of_place(move->to), y = operand_of_place(move->from);
    nf_type type = nf_type_of(job->f, (nf_value){move->payload});
    if (x.at == AT_REG && y.at == AT_REG)
        swap_registers(job, x.reg, y.reg);
    else if (x.at == AT_REG)
        swap_mixed(job, x.reg, y, NF_TYPE_IS_FLOAT(type));
    else if (y.at == AT_REG)
        swap_mixed(job, y.reg, x, NF_TYPE_IS_FLOAT(type));
    else
        swap_slots(job, x, y, type);
}

static void add_general(nf_baseline *job, const nf_pending_move *move)
{
    if (job->moves.arena == NULL)
        nf_moves_init(&job->moves, job->arena, NF_PLACE_SLOT + job->slot_end / SLOT_BYTES + 1);
    nf_moves_add(&job->moves, place_number(move->to), place_number(move->from), move->value.id);
}

void nf_move_later(nf_baseline *job, nf_operand to, nf_operand from, nf_value value)
{
    nf_pending_move move = {to, from, value};
    if (job->pending_count < NF_PENDING_MAX) {
        job->pending[job->pending_count++] = move;
        return;
    }
    job->has_general_moves = true;
    add_general(job, &move);
}

/* Whether a pending move other than this one reads the place that it writes. */
static bool must_wait(const nf_baseline *job, uint32_t move)
{
    nf_operand to = job->pending[move].to;
    for (uint32_t i = 0; i < job->pending_count; i++) {
        nf_operand from = job->pending[i].from;
        if (i != move && to.at == from.at &&
            (to.at == AT_REG ? to.reg == from.reg : to.disp == from.disp))
            return true;
    }
    return false;
}

/* The number of a pending move that may be done now; pending_count when there are only cycles. */
static uint32_t find_ready(const nf_baseline *job)
{
    uint32_t i = 0;
    while (i < job->pending_count && must_wait(job, i)) i++;
    return i;
}

void nf_moves_emit(nf_baseline *job)
{
    if (job->pending_count == 1) { /* most often */
        const nf_pending_move *only = &job->pending[0];
        job->pending_count = 0;
        move_value(job, only->to, only->from, nf_type_of(job->f, only->value));
        return;
    }
    while (!job->has_general_moves && job->pending_count > 0) {
        uint32_t ready = find_ready(job);
        if (ready == job->pending_count) break;
        nf_pending_move move = job->pending[ready];
        job->pending[ready] = job->pending[--job->pending_count];
        move_value(job, move.to, move.from, nf_type_of(job->f, move.value));
    }
    if (job->pending_count == 0) return;
    for (uint32_t i = 0; i < job->pending_count; i++) add_general(job, &job->pending[i]);
    nf_moves_resolve(&job->moves, move_emit, swap_emit, job);
    job->pending_count = 0;
    job->has_general_moves = false;
}
