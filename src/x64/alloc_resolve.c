/*
 * After the scan: spill slots, operands, and the moves that join the parts of split values.
 *
 * Slots. Each value in memory has one slot for all its life. Slots are shared by values whose
 * lives, from their first to their last position, do not overlap: values by start, each taking the
 * slot that has been free longest, or a new one.
 *
 * Moves. Where one part ends and the next begins inside a block, a move in that gap. At a block's
 * start the ways into the block differ: each edge compares where the values that are live there
 * were at its source with where they are at its target, and brings arguments to parameters.
 *
 * A value that is in memory more than once is stored once, right behind its definition; all later
 * moves to memory then vanish, for in SSA form it never changes. One that goes to memory once, at a
 * place that is run less often, is stored there.
 *
 *     def r1 ──────┐ evicted          store at the definition, nothing at the eviction,
 *                  └─ slot ─┐ r2      a load at the reload
 */
#include "alloc_internal.h"
#include "ir/cfg.h"
#include "os/cpu.h"

enum { SLOT_BYTES_MIN = 8, SLOT_CLASSES = 4, DEPTH_WEIGHT_MAX = 8 };

#define LOW_VECTORS (UINT64_C(0xffff) << NF_XMM0)
#define ALL_VECTORS (UINT64_C(0xffffffff) << NF_XMM0)
#define CALLER_SAVED_GPRS                                                                          \
    (UINT64_C(0xffff) & ~(NF_ABI_CALLEE_SAVED | NF_REG_BIT(NF_RSP) | NF_REG_BIT(NF_RBP)))

typedef struct slot_item {
    uint32_t key, value;
} slot_item;

/* A heap with the smallest key on top. */
typedef struct slot_heap {
    NF_VEC(slot_item) items;
} slot_heap;

/* The parts of a value that was split: a run of resolver.parts, by position. Zero: not split. */
typedef struct split_value {
    uint32_t first, count;
} split_value;

typedef struct split_part {
    uint32_t start, interval;
} split_part;

typedef struct resolver {
    nf_scan *s;
    slot_heap by_start, free[SLOT_CLASSES];
    uint32_t *part;      /* by vreg: the part that the walk over instructions is in */
    split_value *splits; /* by vreg */
    split_part *parts;   /* of all split values */
    bool *stored_at_def; /* by vreg */
} resolver;

static void heap_add(nf_arena *arena, slot_heap *h, uint32_t key, uint32_t value)
{
    if (!NF_VEC_PUSH(arena, &h->items, (slot_item){key, value})) return;
    slot_item *items = h->items.data;
    for (uint32_t i = h->items.count - 1; i > 0 && items[i].key < items[(i - 1) / 2].key;) {
        slot_item swap = items[i];
        items[i] = items[(i - 1) / 2];
        i = (i - 1) / 2;
        items[i] = swap;
    }
}

static slot_item heap_take(slot_heap *h)
{
    slot_item *items = h->items.data, top = items[0];
    uint32_t count = --h->items.count, i = 0;
    items[0] = items[count];
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= count) return top;
        if (child + 1 < count && items[child + 1].key < items[child].key) child++;
        if (items[i].key <= items[child].key) return top;
        slot_item swap = items[i];
        items[i] = items[child];
        items[child] = swap;
        i = child;
    }
}

/* --- slots --- */

static bool in_slot(const nf_scan *s, const nf_interval *it)
{
    return it->reg == NF_REG_NONE && s->lir->vregs.data[it->vreg].remat == NF_REMAT_NONE;
}

static uint32_t last_end(const nf_scan *s, uint32_t vreg)
{
    const nf_interval *it = nf_interval_at(s, vreg);
    while (it->sibling != 0) it = nf_interval_at(s, it->sibling);
    return it->end;
}

static unsigned slot_class(unsigned bytes)
{
    return bytes <= 8 ? 0 : bytes <= 16 ? 1 : bytes <= 32 ? 2 : 3;
}

static void slot_assign(resolver *r, uint32_t vreg, uint32_t start)
{
    nf_scan *s = r->s;
    unsigned class_ = slot_class(s->lir->vregs.data[vreg].bytes);
    slot_heap *ended = &r->free[class_];
    uint32_t slot = s->alloc->slots.count;
    if (ended->items.count > 0 && ended->items.data[0].key <= start)
        slot = heap_take(ended).value;
    else
        NF_VEC_PUSH(s->arena, &s->alloc->slots, (nf_slot){.bytes = SLOT_BYTES_MIN << class_});
    s->alloc->slot_of[vreg] = slot + 1;
    heap_add(s->arena, ended, last_end(s, vreg), slot);
}

/* Large slots first, so that each is aligned when the area's top is. */
static void slots_lay_out(nf_alloc *alloc)
{
    uint32_t depth = 0;
    for (unsigned class_ = SLOT_CLASSES; class_-- > 0;) {
        for (uint32_t i = 0; i < alloc->slots.count; i++) {
            nf_slot *slot = &alloc->slots.data[i];
            if (slot->bytes != SLOT_BYTES_MIN << class_) continue;
            depth += slot->bytes;
            slot->depth = depth;
        }
    }
    alloc->slot_bytes = depth;
}

static void slots_build(resolver *r)
{
    nf_scan *s = r->s;
    for (uint32_t v = NF_VREG_FIRST; v < s->lir->vregs.count; v++) {
        if (s->alloc->slot_of[v] == 0) continue;
        heap_add(s->arena, &r->by_start, nf_interval_at(s, v)->start, v);
        s->alloc->spill_count++;
    }
    while (r->by_start.items.count > 0 && !s->arena->failed) {
        slot_item item = heap_take(&r->by_start);
        slot_assign(r, item.value, item.key);
    }
    slots_lay_out(s->alloc);
}

/* --- operands --- */

static void assign_operand(resolver *r, nf_lir_operand *operand, uint32_t position)
{
    nf_scan *s = r->s;
    uint32_t v = operand->vreg.id;
    if (nf_vreg_is_fixed(operand->vreg)) {
        operand->reg = (uint8_t)nf_vreg_reg(operand->vreg);
        return;
    }
    uint32_t part = r->part[v] == 0 ? v : r->part[v], next;
    while ((next = nf_interval_at(s, part)->sibling) != 0 &&
           nf_interval_at(s, next)->start <= position)
        part = next;
    r->part[v] = part;
    const nf_interval *it = nf_interval_at(s, part);
    operand->reg = it->reg;
    operand->in_slot = in_slot(s, it);
}

static void assign_operands(resolver *r)
{
    nf_lir *lir = r->s->lir;
    for (uint32_t i = 0; i < lir->insts.count; i++) {
        const nf_lir_inst *inst = &lir->insts.data[i];
        nf_lir_operand *operands = nf_lir_operand_at(lir, inst, 0);
        for (uint32_t k = 0; k < inst->operand_count; k++)
            assign_operand(r, &operands[k], 2 * i + nf_lir_defines(&operands[k]));
    }
}

/* --- moves --- */

static uint32_t place_of(const nf_scan *s, const nf_interval *it)
{
    if (it->reg != NF_REG_NONE) return it->reg;
    return in_slot(s, it) ? NF_PLACE_SLOT + s->alloc->slot_of[it->vreg] - 1 : NF_PLACE_NONE;
}

static void move_add(nf_scan *s, uint32_t *list, uint32_t to, uint32_t from, uint32_t to_vreg,
                     uint32_t from_vreg)
{
    nf_alloc_move move = {to, from, {to_vreg}, {from_vreg}, *list};
    if (NF_VEC_PUSH(s->arena, &s->alloc->moves, move)) *list = s->alloc->moves.count - 1;
}

/* From one part of a value to another. */
static void join(resolver *r, uint32_t *list, const nf_interval *from, const nf_interval *to)
{
    nf_scan *s = r->s;
    uint32_t target = place_of(s, to), source = place_of(s, from);
    bool kept = target >= NF_PLACE_SLOT && r->stored_at_def[to->vreg];
    if (target == source || target == NF_PLACE_NONE || kept) return;
    move_add(s, list, target, source, to->vreg, from->vreg);
}

static bool is_block_start(const nf_scan *s, uint32_t position)
{
    return (position & 1) == 0 && nf_block_start(s, nf_block_at_position(s, position)) == position;
}

static uint32_t weight_at(const nf_scan *s, uint32_t position)
{
    const nf_lir_block *block = &s->lir->blocks[nf_block_at_position(s, position)];
    uint32_t depth = block->depth < DEPTH_WEIGHT_MAX ? block->depth : DEPTH_WEIGHT_MAX;
    return block->cold ? 1 : UINT32_C(8) << 3 * depth;
}

/* Behind the definition, unless all that goes to memory costs less where it goes there: once, or
 * in cold blocks. */
static bool store_at_definition(const nf_scan *s, uint32_t vreg)
{
    uint32_t parts = 0, cold = 0, weight = 0;
    for (uint32_t id = vreg; id != 0; id = nf_interval_at(s, id)->sibling) {
        const nf_interval *it = nf_interval_at(s, id);
        if (!in_slot(s, it)) continue;
        parts++;
        cold += s->lir->blocks[nf_block_at_position(s, it->start)].cold;
        weight += weight_at(s, it->start);
    }
    bool elsewhere = parts == 1 || parts == cold;
    return !elsewhere || weight >= weight_at(s, nf_interval_at(s, vreg)->start);
}

static void join_value(resolver *r, uint32_t vreg)
{
    nf_scan *s = r->s;
    const nf_interval *it = nf_interval_at(s, vreg);
    if (s->alloc->slot_of[vreg] != 0 && (in_slot(s, it) || store_at_definition(s, vreg))) {
        r->stored_at_def[vreg] = true;
        uint32_t gap = (it->start + 1) / 2;
        if (it->reg != NF_REG_NONE)
            move_add(s, &s->alloc->gaps[gap], NF_PLACE_SLOT + s->alloc->slot_of[vreg] - 1, it->reg,
                     vreg, vreg);
    }
    for (; it->sibling != 0; it = nf_interval_at(s, it->sibling)) {
        const nf_interval *next = nf_interval_at(s, it->sibling);
        if (it->end == next->start && !is_block_start(s, next->start))
            join(r, &s->alloc->gaps[next->start / 2], it, next);
    }
}

/* A value that is live all through a large function may have hundreds of parts, and edges ask for
 * them in any order. */
static bool parts_list(resolver *r)
{
    const nf_scan *s = r->s;
    uint32_t vregs = s->lir->vregs.count, used = 0;
    r->splits = NF_NEW_ARRAY(s->arena, split_value, vregs);
    r->parts = NF_TAKE_ARRAY(s->arena, split_part, 2 * (s->intervals.count - vregs) + 1);
    if (s->arena->failed) return false;
    for (uint32_t v = NF_VREG_FIRST; v < vregs; v++) {
        if (nf_interval_at(s, v)->sibling == 0) continue;
        r->splits[v].first = used;
        for (uint32_t id = v; id != 0; id = nf_interval_at(s, id)->sibling)
            r->parts[used++] = (split_part){nf_interval_at(s, id)->start, id};
        r->splits[v].count = used - r->splits[v].first;
    }
    return true;
}

/* The last part that starts at the position or before; the first, when none does. */
static const nf_interval *part_at(const resolver *r, uint32_t vreg, uint32_t position)
{
    split_value value = r->splits[vreg];
    if (value.count == 0) return nf_interval_at(r->s, vreg);
    const split_part *low = r->parts + value.first;
    for (uint32_t count = value.count; count > 1;) {
        uint32_t half = count / 2;
        if (low[half].start <= position) low += half;
        count -= half;
    }
    return nf_interval_at(r->s, low->interval);
}

static void join_args(resolver *r, const nf_lir_edge *edge, uint32_t *list, uint32_t end,
                      uint32_t start)
{
    nf_scan *s = r->s;
    const nf_lir_block *to = &s->lir->blocks[edge->to];
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        uint32_t arg = s->lir->args.data[edge->args + i].id;
        uint32_t param = s->lir->args.data[to->params + i].id;
        if (arg == 0 || param == 0) continue;
        uint32_t source = place_of(s, part_at(r, arg, end));
        uint32_t target = place_of(s, part_at(r, param, start));
        move_add(s, list, target, source, param, arg); /* for the checker even when it is none */
    }
}

static uint64_t register_bit(const nf_interval *it)
{
    return it->reg == NF_REG_NONE ? 0 : NF_REG_BIT(it->reg);
}

/* Whether moves may go round in a cycle: only such need a register more. */
static bool may_go_round(const nf_alloc_move *moves, uint32_t list)
{
    uint64_t from = 0, to = 0;
    for (uint32_t i = list; i != 0; i = moves[i].next) {
        if (moves[i].from == moves[i].to) continue;
        if (moves[i].from >= NF_PLACE_SLOT && moves[i].to >= NF_PLACE_SLOT) return true;
        if (moves[i].from < NF_PLACE_SLOT) from |= NF_REG_BIT(moves[i].from);
        if (moves[i].to < NF_PLACE_SLOT) to |= NF_REG_BIT(moves[i].to);
    }
    return (from & to) != 0;
}

/* Registers in use where the edge arrives or that its moves touch. */
static uint64_t busy_registers(resolver *r, const nf_lir_edge *edge, uint32_t list, uint32_t start)
{
    nf_scan *s = r->s;
    const nf_alloc_move *moves = s->alloc->moves.data;
    const nf_lir_block *to = &s->lir->blocks[edge->to];
    uint64_t busy = 0;
    for (uint32_t i = list; i != 0; i = moves[i].next) {
        if (moves[i].from < NF_PLACE_SLOT) busy |= NF_REG_BIT(moves[i].from);
        if (moves[i].to < NF_PLACE_SLOT) busy |= NF_REG_BIT(moves[i].to);
    }
    for (uint32_t i = s->live_in.start[edge->to]; i < s->live_in.start[edge->to + 1]; i++)
        busy |= register_bit(part_at(r, s->live_in.items[i], start));
    for (uint32_t i = 0; i < to->param_count; i++) {
        uint32_t param = s->lir->args.data[to->params + i].id;
        if (param != 0) busy |= register_bit(part_at(r, param, start));
    }
    return busy;
}

/* What a cycle of moves may use: no register that would have to be saved for it. */
static uint64_t spare_registers(const nf_scan *s, uint64_t busy)
{
    uint64_t vectors = s->lir->features & NF_CPU_AVX512VL ? ALL_VECTORS : LOW_VECTORS;
    uint64_t general = (CALLER_SAVED_GPRS | s->alloc->saved_mask);
    return (general | vectors) & ~busy;
}

static void join_edge(resolver *r, uint32_t e)
{
    nf_scan *s = r->s;
    const nf_lir_edge *edge = &s->lir->edges.data[e];
    uint32_t end = nf_block_end(s, edge->from) - 1, start = nf_block_start(s, edge->to);
    uint32_t *list = &s->alloc->edges[e];
    for (uint32_t i = s->live_in.start[edge->to]; i < s->live_in.start[edge->to + 1]; i++) {
        uint32_t v = s->live_in.items[i];
        if (r->splits[v].count != 0) join(r, list, part_at(r, v, end), part_at(r, v, start));
    }
    join_args(r, edge, list, end, start);
    if (may_go_round(s->alloc->moves.data, *list))
        s->alloc->edge_free[e] = spare_registers(s, busy_registers(r, edge, *list, start));
}

bool nf_scan_resolve(nf_scan *s)
{
    nf_alloc *alloc = s->alloc;
    uint32_t vregs = s->lir->vregs.count;
    resolver r = {.s = s};
    r.part = NF_NEW_ARRAY(s->arena, uint32_t, vregs);
    r.stored_at_def = NF_NEW_ARRAY(s->arena, bool, vregs);
    alloc->gaps = NF_NEW_ARRAY(s->arena, uint32_t, s->lir->insts.count + 1);
    alloc->edges = NF_NEW_ARRAY(s->arena, uint32_t, s->lir->edges.count);
    alloc->edge_free = NF_NEW_ARRAY(s->arena, uint64_t, s->lir->edges.count);
    NF_VEC_PUSH(s->arena, &alloc->moves, (nf_alloc_move){0});
    if (s->arena->failed || !parts_list(&r)) return false;
    slots_build(&r);
    assign_operands(&r);
    for (uint32_t v = NF_VREG_FIRST; v < vregs; v++)
        if (nf_interval_at(s, v)->ranges != 0) join_value(&r, v);
    for (uint32_t e = 0; e < s->lir->edges.count; e++) join_edge(&r, e);
    return !s->arena->failed;
}
