/*
 * Live intervals, from liveness and one walk backwards over the instructions.
 *
 * Going backwards, a use opens a range from the block's start, and the definition, when it is
 * reached, moves that start up to itself. Lists grow at their front, so they come out in ascending
 * order. (Wimmer, Franz, "Linear Scan Register Allocation on SSA Form", CGO 2010, figure 4.)
 *
 *     i0: a = ..      a: [1, 6)   uses 1 must, 4 must, 5 edge
 *     i1: b = ..
 *     i2: c = b + a   jump with argument a
 *
 * Physical registers live from a MOVES or a call to their implicit use, inside one block. Calls
 * destroy the same registers everywhere, so these have one list of positions together.
 *
 * A value that a loop reads and that comes from outside has a use of the weakest kind at the
 * loop's end: it is needed again there, although no instruction below in the layout says so.
 */
#include "alloc_internal.h"
#include "ir/cfg.h"

static void range_new(nf_scan *s, nf_interval *it, uint32_t from, uint32_t to)
{
    if (it->ranges == 0) it->end = to;
    if (NF_VEC_PUSH(s->arena, &s->ranges, (nf_range){from, to, it->ranges}))
        it->ranges = s->ranges.count - 1;
}

static inline void range_add(nf_scan *s, uint32_t vreg, uint32_t from, uint32_t to)
{
    nf_interval *it = nf_interval_at(s, vreg);
    if (it->ranges != 0) {
        nf_range *first = nf_range_at(s, it->ranges);
        if (first->from <= to) {
            if (from < first->from) first->from = from;
            if (to > first->to) {
                first->to = to;
                if (first->next == 0) it->end = to;
            }
            return;
        }
    }
    range_new(s, it, from, to);
}

static inline void use_add(nf_scan *s, uint32_t vreg, uint32_t position, nf_use_kind kind)
{
    nf_interval *it = nf_interval_at(s, vreg);
    if (NF_VEC_PUSH(s->arena, &s->uses, (nf_use){position, (uint8_t)kind, it->uses}))
        it->uses = s->uses.count - 1;
}

/* --- physical registers; their lists are turned round at the end --- */

static void fixed_use(nf_scan *s, nf_reg reg, uint32_t from, uint32_t to)
{
    nf_fixed *fixed = &s->fixed[reg];
    if (fixed->ranges.count > 0) {
        nf_range *last = &fixed->ranges.data[fixed->ranges.count - 1];
        if (last->from <= to) {
            last->from = from;
            return;
        }
    }
    NF_VEC_PUSH(s->arena, &fixed->ranges, (nf_range){from, to, 0});
}

/* The definition closes the open range; a result that nobody reads lives for a moment. */
static void fixed_define(nf_scan *s, nf_reg reg, uint32_t block_start, uint32_t position)
{
    nf_fixed *fixed = &s->fixed[reg];
    if (fixed->ranges.count > 0) {
        nf_range *last = &fixed->ranges.data[fixed->ranges.count - 1];
        if (last->from == block_start && last->to > position) {
            last->from = position;
            return;
        }
    }
    NF_VEC_PUSH(s->arena, &fixed->ranges, (nf_range){position, position + 1, 0});
}

static void fixed_turn(nf_fixed *fixed)
{
    for (uint32_t i = 0, j = fixed->ranges.count; i + 1 < j; i++) {
        nf_range *a = &fixed->ranges.data[i], *b = &fixed->ranges.data[--j], swap = *a;
        *a = *b;
        *b = swap;
    }
}

static void calls_turn(nf_scan *s)
{
    for (uint32_t i = 0, j = s->calls.count; i + 1 < j; i++) {
        uint32_t *a = &s->calls.data[i], *b = &s->calls.data[--j], swap = *a;
        *a = *b;
        *b = swap;
    }
}

/* --- instructions --- */

/* A general register that is made again can't be read from memory. */
static nf_use_kind kind_of(const nf_scan *s, const nf_lir_operand *operand)
{
    const nf_vreg_data *data = nf_vreg_at(s->lir, operand->vreg);
    switch (operand->role) {
    case NF_LIR_RM:
        return data->remat != NF_REMAT_NONE && !nf_remat_in_memory(data->remat) ? NF_USE_MUST
                                                                                : NF_USE_WANT;
    case NF_LIR_TIED:
    case NF_LIR_FROM: return NF_USE_ANY;
    default: return NF_USE_MUST;
    }
}

static void define(nf_scan *s, const nf_lir_inst *inst, const nf_lir_operand *operand,
                   uint32_t block_start, uint32_t position)
{
    nf_vreg v = operand->vreg;
    if (nf_vreg_is_fixed(v)) {
        fixed_define(s, nf_vreg_reg(v), block_start, position + 1);
        return;
    }
    nf_interval *it = nf_interval_at(s, v.id);
    if (it->ranges == 0)
        range_add(s, v.id, position + 1, position + 2);
    else
        nf_range_at(s, it->ranges)->from = position + 1;
    use_add(s, v.id, position + 1, inst->op == NF_LIR_REMAT ? NF_USE_ANY : NF_USE_MUST);
}

static void build_definitions(nf_scan *s, const nf_lir_inst *inst, uint32_t block_start,
                              uint32_t position)
{
    const nf_lir_operand *operands = nf_lir_operand_at(s->lir, inst, 0);
    for (uint32_t k = 0; k < inst->operand_count; k++)
        if (nf_lir_defines(&operands[k])) define(s, inst, &operands[k], block_start, position);
}

static void build_uses(nf_scan *s, const nf_lir_inst *inst, uint32_t block_start, uint32_t position)
{
    const nf_lir_operand *operands = nf_lir_operand_at(s->lir, inst, 0);
    for (uint32_t k = inst->operand_count; k-- > 0;) {
        const nf_lir_operand *operand = &operands[k];
        if (nf_lir_defines(operand)) continue;
        bool temp = operand->role == NF_LIR_TEMP;
        uint32_t from = temp ? position : block_start;
        uint32_t to = position + (operand->late || temp ? 2 : 1);
        if (nf_vreg_is_fixed(operand->vreg)) {
            fixed_use(s, nf_vreg_reg(operand->vreg), from, to);
            continue;
        }
        range_add(s, operand->vreg.id, from, to);
        use_add(s, operand->vreg.id, to - 1, kind_of(s, operand));
    }
}

/* --- blocks --- */

static void build_live_out(nf_scan *s, const nf_lir_block *block, uint32_t start, uint32_t end)
{
    for (uint32_t e = 0; e < block->edge_count; e++) {
        uint32_t to = s->lir->edges.data[block->edges + e].to;
        for (uint32_t i = s->live_in.start[to]; i < s->live_in.start[to + 1]; i++)
            range_add(s, s->live_in.items[i], start, end);
    }
}

/* Values from outside that the loops ending here read are needed at their ends. */
static void build_loop_ends(nf_scan *s, uint32_t index, uint32_t end)
{
    const nf_lir *lir = s->lir;
    for (uint32_t l = lir->blocks[index].loop; l != NF_NO_LOOP; l = lir->loops.data[l].parent) {
        if (lir->loops.data[l].end != index + 1) return;
        for (uint32_t i = s->loop_reads.start[l]; i < s->loop_reads.start[l + 1]; i++)
            use_add(s, s->loop_reads.items[i], end - 1, NF_USE_ANY);
    }
}

static void build_args(nf_scan *s, const nf_lir_block *block, uint32_t start, uint32_t end)
{
    nf_lir *lir = s->lir;
    for (uint32_t e = 0; e < block->edge_count; e++) {
        const nf_lir_edge *edge = &lir->edges.data[block->edges + e];
        const nf_lir_block *to = &lir->blocks[edge->to];
        for (uint32_t i = 0; i < edge->arg_count; i++) {
            nf_vreg arg = lir->args.data[edge->args + i];
            nf_vreg param = lir->args.data[to->params + i];
            if (arg.id == 0 || param.id == 0) continue;
            range_add(s, arg.id, start, end);
            use_add(s, arg.id, end - 1, NF_USE_ANY);
            nf_vreg_data *data = nf_vreg_at(lir, arg), *target = nf_vreg_at(lir, param);
            if (data->hint.id == 0) data->hint = param;
            if (edge->to <= edge->from) data->next = param;
            if (target->hint.id == 0 && edge->to > edge->from) target->hint = arg;
        }
    }
}

static void build_params(nf_scan *s, const nf_lir_block *block, uint32_t start)
{
    for (uint32_t i = 0; i < block->param_count; i++) {
        nf_vreg param = s->lir->args.data[block->params + i];
        if (param.id == 0) continue;
        if (nf_interval_at(s, param.id)->ranges == 0) range_add(s, param.id, start, start + 1);
        use_add(s, param.id, start, NF_USE_ANY);
    }
}

static void build_block(nf_scan *s, uint32_t index)
{
    const nf_lir_block *block = &s->lir->blocks[index];
    uint32_t start = nf_block_start(s, index), end = nf_block_end(s, index);
    build_live_out(s, block, start, end);
    build_loop_ends(s, index, end);
    build_args(s, block, start, end);
    for (uint32_t i = block->end; i-- > block->first;) {
        const nf_lir_inst *inst = &s->lir->insts.data[i];
        build_definitions(s, inst, start, 2 * i);
        if ((inst->flags & NF_LIR_CLOBBERS)) NF_VEC_PUSH(s->arena, &s->calls, 2 * i + 1);
        build_uses(s, inst, start, 2 * i);
    }
    build_params(s, block, start);
}

bool nf_scan_build(nf_scan *s)
{
    uint32_t vregs = s->lir->vregs.count;
    bool ok = NF_VEC_RESERVE(s->arena, &s->intervals, vregs * 2) &&
              NF_VEC_RESERVE(s->arena, &s->ranges, vregs * 2 + 1) &&
              NF_VEC_RESERVE(s->arena, &s->uses, s->lir->operands.count + vregs + 1);
    if (!ok) return false;
    s->ranges.data[0] = (nf_range){0};
    s->uses.data[0] = (nf_use){0};
    s->ranges.count = s->uses.count = 1;
    s->intervals.count = vregs;
    for (uint32_t i = 0; i < vregs; i++)
        s->intervals.data[i] = (nf_interval){.vreg = i, .reg = NF_REG_NONE};
    for (uint32_t b = s->lir->block_count; b-- > 0;) build_block(s, b);
    for (uint32_t i = 0; i < NF_FIXED_COUNT; i++) {
        fixed_turn(&s->fixed[i]);
        if (s->fixed[i].ranges.count > 0) s->fixed_mask |= NF_REG_BIT(i);
    }
    calls_turn(s);
    for (uint32_t i = NF_VREG_FIRST; i < vregs; i++) {
        nf_interval *it = nf_interval_at(s, i);
        if (it->ranges == 0) continue;
        it->range_cursor = it->ranges;
        it->use_cursor = it->uses;
        it->start = it->last_use = nf_range_at(s, it->ranges)->from;
    }
    return !s->arena->failed;
}
