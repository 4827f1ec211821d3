/*
 * The checker of register allocation: follows values through the allocated code.
 *
 * For every place (register or spill slot) it knows which vreg's value the place holds, or that it
 * does not know. Definitions, moves and calls change that; where paths meet, a place keeps a value
 * only when it holds the same on all of them. Blocks are gone through until nothing changes, and
 * then each operand must find its own value in the place that it was given.
 *
 *     r1: a            moves [r2 <- r1 (a)]        r1: a, r2: a
 *     add b, ..  in r1                             r1: b, r2: a
 *     .. use of a in r1                            error: r1 holds b
 *
 * A definition makes the value's copies elsewhere stale: in a loop they are the last round's. A
 * register that an edge's moves may use for themselves holds nothing on that edge, so a value that
 * is wanted from there is missed. What does not depend on the way is checked as well: that a
 * register is of its value's class and can be encoded, and that slots do not overlap. The
 * allocator and the checker share nothing but the LIR and the result. Source: regalloc2,
 * src/checker.rs (the idea), and Rideau, Leroy, "Validating Register Allocation and Spilling"
 * (2010).
 */
#include "alloc.h"
#include "os/cpu.h"

#define UNKNOWN UINT32_C(0)
#define UNSEEN  UINT32_MAX

enum { FIRST_VECTORS = 16, WORD = 8 }; /* registers without EVEX; a slot's unit in bytes */

typedef struct checker {
    const nf_lir *lir;
    const nf_alloc *alloc;
    nf_arena *arena;
    uint32_t place_count;
    uint32_t *entry; /* by block: state at its start; [0] UNSEEN before it is reached */
    bool *dirty;     /* by block */
    uint32_t *state; /* by place: vreg id */
    uint32_t *scratch;
    bool report; /* the last round: errors count */
    const char *fault;
    uint32_t inst, vreg;
} checker;

static void fault(checker *c, const char *what, uint32_t vreg)
{
    if (!c->report || c->fault != NULL) return;
    c->fault = what;
    c->vreg = vreg;
}

static uint32_t *entry_of(const checker *c, uint32_t block)
{
    return c->entry + (size_t)block * c->place_count;
}

/* --- changes --- */

/* The value is new: what other places hold under its name is not it any more. */
static void define(checker *c, uint32_t place, uint32_t vreg)
{
    for (uint32_t i = 0; i < c->place_count; i++)
        if (c->state[i] == vreg) c->state[i] = UNKNOWN;
    if (place < c->place_count) c->state[place] = vreg;
}

/* Whether instructions can name the value in this register. */
static bool may_hold(const nf_lir *lir, nf_reg reg, nf_vreg v)
{
    const nf_vreg_data *data = nf_vreg_at(lir, v);
    if (nf_vreg_is_fixed(v)) return reg == nf_vreg_reg(v);
    if (nf_reg_class(reg) != data->class_) return false;
    if (data->class_ == NF_CLASS_VECTOR && (data->low || !(lir->features & NF_CPU_AVX512VL)))
        return reg < NF_XMM0 + FIRST_VECTORS;
    return reg != NF_RSP && reg != NF_RBP && reg != NF_K0;
}

static void check_writable(checker *c, uint32_t place, nf_vreg v)
{
    const nf_alloc *alloc = c->alloc;
    if (place < NF_PLACE_SLOT) {
        if (!may_hold(c->lir, (nf_reg)place, v)) fault(c, "a register of another kind", v.id);
        uint64_t bit = NF_REG_BIT(place);
        bool kept = (NF_ABI_CALLEE_SAVED & bit) && !(alloc->saved_mask & bit);
        if (kept) fault(c, "a callee-saved register is written and not saved", v.id);
    } else if (alloc->slots.data[place - NF_PLACE_SLOT].bytes < nf_vreg_at(c->lir, v)->bytes) {
        fault(c, "the slot is too small", v.id);
    }
}

static void check_source(checker *c, uint32_t place, nf_vreg v)
{
    if (place == NF_PLACE_NONE) {
        if (nf_vreg_at(c->lir, v)->remat == NF_REMAT_NONE)
            fault(c, "no way to make it again", v.id);
    } else if (c->state[place] != v.id) {
        fault(c, "the place holds something else", v.id);
    }
}

/* A list of moves happens at the same time: first all are read, then all are written. */
static void check_moves(checker *c, uint32_t list)
{
    const nf_alloc_move *moves = c->alloc->moves.data;
    for (uint32_t i = list; i != 0; i = moves[i].next) {
        check_source(c, moves[i].from, moves[i].from_vreg);
        check_writable(c, moves[i].to, moves[i].to_vreg);
        for (uint32_t j = list; c->report && j != i; j = moves[j].next)
            if (moves[j].to == moves[i].to)
                fault(c, "two moves write one place", moves[i].to_vreg.id);
    }
}

static void apply_moves(checker *c, uint32_t list)
{
    const nf_alloc_move *moves = c->alloc->moves.data;
    for (uint32_t i = list; i != 0; i = moves[i].next)
        if (moves[i].to_vreg.id != moves[i].from_vreg.id)
            define(c, NF_PLACE_NONE, moves[i].to_vreg.id);
    for (uint32_t i = list; i != 0; i = moves[i].next) c->state[moves[i].to] = moves[i].to_vreg.id;
}

/* --- instructions --- */

static bool is_use(uint8_t role)
{
    return role != NF_LIR_DEF && role != NF_LIR_IMPLICIT_DEF && role != NF_LIR_TEMP;
}

static bool wants_register(const nf_lir_inst *inst, uint8_t role)
{
    switch (role) {
    case NF_LIR_TIED:
    case NF_LIR_FROM: return false;
    case NF_LIR_RM: return inst->mem != 0;
    default: return true;
    }
}

static void check_use(checker *c, const nf_lir_inst *inst, const nf_lir_operand *operand)
{
    uint32_t place = nf_alloc_place(c->alloc, operand);
    const nf_vreg_data *data = nf_vreg_at(c->lir, operand->vreg);
    check_source(c, place, operand->vreg);
    if (place < NF_PLACE_SLOT) return;
    if (wants_register(inst, operand->role) && inst->op != NF_LIR_MOVES)
        fault(c, "a register is needed", operand->vreg.id);
    if (operand->role == NF_LIR_RM && place == NF_PLACE_NONE && !nf_remat_in_memory(data->remat))
        fault(c, "it is no memory operand", operand->vreg.id);
}

/* What is written early must not be what is read late. */
static void check_overlaps(checker *c, const nf_lir_inst *inst)
{
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const nf_lir_operand *written = nf_lir_operand_at(c->lir, inst, i);
        if (is_use(written->role) || inst->op == NF_LIR_REMAT) continue;
        if (written->reg == NF_REG_NONE && inst->op != NF_LIR_MOVES)
            fault(c, "a result without a register", written->vreg.id);
        for (uint32_t k = 0; k < inst->operand_count; k++) {
            const nf_lir_operand *other = nf_lir_operand_at(c->lir, inst, k);
            if (k == i || other->reg != written->reg || other->reg == NF_REG_NONE) continue;
            bool temp = written->role == NF_LIR_TEMP;
            if (temp || (is_use(other->role) && other->late) || !is_use(other->role))
                fault(c, "a register is written too early", written->vreg.id);
        }
    }
}

static void apply_results(checker *c, const nf_lir_inst *inst)
{
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const nf_lir_operand *operand = nf_lir_operand_at(c->lir, inst, i);
        if (is_use(operand->role)) continue;
        uint32_t place = nf_alloc_place(c->alloc, operand);
        if (place != NF_PLACE_NONE) check_writable(c, place, operand->vreg);
        define(c, place, operand->role == NF_LIR_TEMP ? UNKNOWN : operand->vreg.id);
    }
}

static void apply_call(checker *c)
{
    for (uint32_t reg = 0; reg <= NF_K7; reg++)
        if (!(NF_ABI_CALLEE_SAVED & NF_REG_BIT(reg))) c->state[reg] = UNKNOWN;
}

static void apply_inst(checker *c, const nf_lir_inst *inst)
{
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const nf_lir_operand *operand = nf_lir_operand_at(c->lir, inst, i);
        if (is_use(operand->role)) check_use(c, inst, operand);
    }
    if (c->report) check_overlaps(c, inst);
    if (inst->flags & NF_LIR_CLOBBERS) apply_call(c);
    apply_results(c, inst);
}

/* --- blocks --- */

/* Whatever was in these registers, nobody may read it any more. */
static void forget(checker *c, uint64_t registers)
{
    for (uint32_t reg = 0; reg <= NF_K7; reg++)
        if (registers & NF_REG_BIT(reg)) c->state[reg] = UNKNOWN;
}

/* The block's parameters are new, even where no move says so: what they were the last time round
 * must not be taken for what they should be now. */
static void define_params(checker *c, const nf_lir_edge *edge)
{
    const nf_lir_block *to = &c->lir->blocks[edge->to];
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_vreg param = c->lir->args.data[to->params + i];
        if (param.id != 0 && param.id != c->lir->args.data[edge->args + i].id)
            define(c, NF_PLACE_NONE, param.id);
    }
}

/* Takes the state along an edge; the target is to be done again when it knows less now. */
static void flow(checker *c, uint32_t e)
{
    const nf_lir_edge *edge = &c->lir->edges.data[e];
    uint32_t *entry = entry_of(c, edge->to);
    __builtin_memcpy(c->scratch, c->state, c->place_count * sizeof *c->state);
    forget(c, c->alloc->edge_free[e]);
    check_moves(c, c->alloc->edges[e]);
    define_params(c, edge);
    apply_moves(c, c->alloc->edges[e]);
    forget(c, c->alloc->edge_free[e]);
    bool first = entry[0] == UNSEEN, changed = first;
    for (uint32_t i = 0; i < c->place_count; i++) {
        if (!first && entry[i] != UNKNOWN && entry[i] != c->state[i]) {
            entry[i] = UNKNOWN;
            changed = true;
        }
        if (first) entry[i] = c->state[i];
    }
    if (changed) c->dirty[edge->to] = true;
    __builtin_memcpy(c->state, c->scratch, c->place_count * sizeof *c->state);
}

static void go_through(checker *c, uint32_t b)
{
    const nf_lir_block *block = &c->lir->blocks[b];
    c->dirty[b] = false;
    __builtin_memcpy(c->state, entry_of(c, b), c->place_count * sizeof *c->state);
    for (uint32_t i = block->first; i < block->end && c->fault == NULL; i++) {
        c->inst = i;
        check_moves(c, c->alloc->gaps[i]);
        apply_moves(c, c->alloc->gaps[i]);
        apply_inst(c, &c->lir->insts.data[i]);
    }
    for (uint32_t e = 0; e < block->edge_count && c->fault == NULL; e++) flow(c, block->edges + e);
}

/* At the entry, registers hold what the caller put there. */
static void start(checker *c)
{
    for (uint32_t b = 0; b < c->lir->block_count; b++) entry_of(c, b)[0] = UNSEEN;
    uint32_t *entry = entry_of(c, 0);
    for (uint32_t i = 0; i < c->place_count; i++)
        entry[i] = i <= NF_K7 ? nf_vreg_fixed((nf_reg)i).id : UNKNOWN;
    c->dirty[0] = true;
}

static void settle(checker *c)
{
    for (bool again = true; again;) {
        again = false;
        for (uint32_t b = 0; b < c->lir->block_count; b++) {
            if (!c->dirty[b]) continue;
            go_through(c, b);
            again = true;
        }
    }
}

/* Every slot lies in the spill area and shares none of its words. */
static void check_slots(checker *c)
{
    const nf_alloc *alloc = c->alloc;
    bool *taken = NF_NEW_ARRAY(c->arena, bool, alloc->slot_bytes / WORD + 1);
    for (uint32_t i = 0; taken != NULL && i < alloc->slots.count; i++) {
        const nf_slot *slot = &alloc->slots.data[i];
        bool inside = slot->bytes <= slot->depth && slot->depth <= alloc->slot_bytes;
        if (!inside) fault(c, "a slot outside of the spill area", i);
        for (uint32_t at = slot->depth - slot->bytes; inside && at < slot->depth; at += WORD) {
            if (taken[at / WORD]) fault(c, "two slots overlap", i);
            taken[at / WORD] = true;
        }
    }
}

nf_status nf_alloc_check(const nf_lir *lir, const nf_alloc *alloc, nf_arena *arena, nf_error *error)
{
    checker c = {.lir = lir, .alloc = alloc, .arena = arena};
    c.place_count = NF_PLACE_SLOT + alloc->slots.count;
    c.entry = NF_NEW_ARRAY(arena, uint32_t, (size_t)lir->block_count * c.place_count);
    c.dirty = NF_NEW_ARRAY(arena, bool, lir->block_count);
    c.state = NF_NEW_ARRAY(arena, uint32_t, c.place_count);
    c.scratch = NF_NEW_ARRAY(arena, uint32_t, c.place_count);
    if (arena->failed) return nf_fail(error, NF_MEMORY, "no memory for the allocation's check");
    start(&c);
    settle(&c);
    c.report = true;
    check_slots(&c);
    for (uint32_t b = 0; b < lir->block_count && c.fault == NULL; b++) go_through(&c, b);
    if (c.fault == NULL) return NF_OK;
    return nf_fail(error, NF_INVALID, "register allocation: instruction %u, value %u: %s", c.inst,
                   c.vreg, c.fault);
}
