/*
 * A place for every value: a register or a frame slot, the same one for its whole life.
 *
 * Linear scan (Poletto and Sarkar, "Linear Scan Register Allocation", 1999) over the values in the
 * order of their definition. Since places never change there is nothing to reconcile where blocks
 * meet, and a value that a loop carries keeps its register around the loop. A value that is alive
 * across a call may only have a callee-saved register. When no register is free, the value that is
 * touched least for its length goes to memory, be it the new one or one that has a register: no
 * code exists yet, so it never had one.
 *
 *   weight / length:   i (loop variable) 24/12     tmp 16/2     n (before and behind the loop) 2/40
 *                      n goes to a slot first
 *
 * Registers are freed by time: dying[t] has those whose owner is used at t for the last time. Slots
 * are looked at when one is wanted, and a slot is never that of an operand of the instruction that
 * fills it: vector emitters read and write lane by lane.
 */
#include "baseline_internal.h"

enum { REGS = 32, SLOT_CLASSES = 4, SLOT_BYTES = 8, SLOT_TRIES = 16 };

static const uint64_t CALLER_SAVED_INTS = NF_REG_BIT(NF_RSI) | NF_REG_BIT(NF_RDI) |
                                          NF_REG_BIT(NF_R8) | NF_REG_BIT(NF_R9) |
                                          NF_REG_BIT(NF_R10) | NF_REG_BIT(NF_R11);
static const uint64_t LANES = UINT64_C(7) << LANE_INT | UINT64_C(7) << LANE_FLOAT;
static const uint64_t FLOATS = UINT64_C(0x3fff) << NF_XMM0;

typedef struct slot {
    uint32_t until; /* last time at which it is used */
    int32_t disp;
} slot;

typedef struct slot_pool {
    NF_VEC(slot) list;
    uint32_t next; /* where the next search begins */
} slot_pool;

typedef struct assign {
    nf_baseline *job;
    nf_baseline_value *values;
    uint64_t free;        /* registers that nobody has */
    uint64_t used;        /* that somebody has had */
    uint32_t *dying;      /* by time: the registers whose owner is used then for the last time */
    uint64_t by_file[2];  /* registers for values that cross no call */
    uint64_t crossing[2]; /* for values that do */
    uint32_t until[REGS]; /* last time at which the owner is alive */
    uint32_t owner[REGS];
    slot_pool classes[SLOT_CLASSES];
} assign;

/* The last time at which the value is alive: the last use, or the end of the outermost loop that
 * this is in and the definition is not. */
static inline uint32_t end_of(const nf_baseline *job, const nf_baseline_value *value)
{
    uint32_t block = nf_moment_block(value->born),
             l = job->blocks[nf_moment_block(value->last)].loop;
    if (job->loops[l].header <= block) return (uint32_t)value->last; /* loops[0] too */
    while (job->loops[job->loops[l].parent].header > block) l = job->loops[l].parent;
    return job->blocks[job->loops[l].end].end;
}

/* --- slots --- */

static int32_t slot_new(assign *s, slot_pool *pool, unsigned bytes, uint32_t until)
{
    nf_baseline *job = s->job;
    job->slot_end += bytes;
    slot made = {until, -(int32_t)job->slot_end};
    NF_VEC_PUSH(job->arena, &pool->list, made);
    return made.disp;
}

/* One that has been free since the value's start; only a few are tried, from where the last search
 * ended. */
static int32_t slot_find(assign *s, unsigned bytes, uint32_t start, uint32_t until)
{
    unsigned class = bytes <= SLOT_BYTES ? 0 : (unsigned)__builtin_ctz(bytes) - 3;
    slot_pool *pool = &s->classes[class];
    uint32_t count = pool->list.count, tries = count < SLOT_TRIES ? count : SLOT_TRIES;
    for (; tries > 0; tries--) {
        slot *tried = &pool->list.data[pool->next++];
        if (pool->next >= count) pool->next = 0;
        if (tried->until >= start) continue;
        tried->until = until;
        return tried->disp;
    }
    return slot_new(s, pool, bytes, until);
}

static void give_slot(assign *s, uint32_t id)
{
    enum { VECTOR_SLOT_MIN = 16 };
    nf_baseline_value *value = &s->values[id];
    unsigned bytes = SLOT_BYTES;
    if (value->place.file == FILE_VECTOR) {
        bytes = nf_type_bytes(nf_type_of(s->job->f, (nf_value){id}));
        if (bytes < VECTOR_SLOT_MIN) bytes = VECTOR_SLOT_MIN;
    }
    value->place.at = AT_SLOT;
    value->place.disp = slot_find(s, bytes, (uint32_t)value->born, end_of(s->job, value));
}

/* No register: a slot, or to be made anew at each use. */
static void to_memory(assign *s, uint32_t id)
{
    nf_operand *place = &s->values[id].place;
    switch (nf_inst_at(s->job->f, (nf_value){id})->op) {
    case NF_OP_ICONST: place->at = AT_WIDE; break;
    case NF_OP_SYMBOL: place->at = AT_SYMBOL; break;
    default: give_slot(s, id);
    }
}

/* --- registers --- */

/* The register of the value that suffers least from having none, as a bit; 0 when that is `value`. */
static uint64_t evict(assign *s, const nf_baseline_value *value, uint64_t among, uint32_t end)
{
    uint64_t victim = 0;
    uint64_t weight = (uint32_t)value->touched, length = end - (uint32_t)value->born + 1;
    for (uint64_t left = among; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(left);
        const nf_baseline_value *owner = &s->values[s->owner[reg]];
        uint64_t owner_length = s->until[reg] - (uint32_t)owner->born + 1;
        if ((uint32_t)owner->touched * length >= weight * owner_length) continue;
        victim = left & -left;
        weight = (uint32_t)owner->touched;
        length = owner_length;
    }
    if (victim == 0) return 0;
    unsigned reg = (unsigned)__builtin_ctzll(victim);
    to_memory(s, s->owner[reg]);
    s->dying[s->until[reg]] &= ~(uint32_t)victim;
    return victim;
}

/* The time of the first call from `time` on. */
static uint32_t find_call(const nf_baseline *job, uint32_t time)
{
    if (!job->has_calls) return UINT32_MAX;
    while (time < job->def_count && (job->defs[time] & DEFINED_BY_CALL) == 0) time++;
    return time < job->def_count ? time : UINT32_MAX;
}

/* In the lower half the register that the value would like, in the upper one those to take else:
 * such that the caller saves, or any. 0: none is available. */
ALWAYS_INLINE uint64_t choices(const nf_baseline_value *values, const nf_baseline_value *value,
                               uint64_t available)
{
    uint32_t hint = value->place.hint;
    unsigned liked = hint & HINT_REG ? hint : values[hint].place.reg; /* RAX, which nobody gets */
    uint64_t cheap = available & ~(uint64_t)NF_ABI_CALLEE_SAVED, other = cheap ? cheap : available;
    return (available & NF_REG_BIT(liked & (REGS - 1))) | other << REGS;
}

/* A value that is neither fused nor a vector. Which register it is, and whether it is used at all, is
 * not to be foreseen; so what nobody uses is AT_NONE, in RAX, which costs nobody a register. */
ALWAYS_INLINE uint64_t give_register(assign *s, uint32_t id, uint64_t free, uint32_t next_call)
{
    _Static_assert(AT_NONE == 0 && AT_REG == 1 && NF_RAX == 0, "as computed here");
    nf_baseline_value *value = &s->values[id];
    uint32_t end = end_of(s->job, value);
    const uint64_t *masks = next_call < end ? s->crossing : s->by_file;
    uint64_t among = masks[value->place.file], is_used = value->touched >= ONE_USE;
    uint64_t which = choices(s->values, value, free & among);
    which = (which & -is_used) | (is_used ^ NF_REG_BIT(NF_RAX));
    if (which == 0 && (which = evict(s, value, among, end)) == 0) {
        to_memory(s, id);
        return free;
    }
    unsigned reg = (unsigned)__builtin_ctzll(which) & (REGS - 1);
    value->place.at = (uint8_t)is_used;
    value->place.reg = (uint8_t)reg;
    s->used |= NF_REG_BIT(reg);
    s->until[reg] = end;
    s->owner[reg] = id;
    s->dying[end] |= (uint32_t)NF_REG_BIT(reg);
    return free & ~NF_REG_BIT(reg);
}

/* What is free goes from one definition to the next in a register: the pass is a chain of that. */
static void walk_definitions(assign *s)
{
    const nf_baseline *job = s->job;
    nf_baseline_value *const values = s->values;
    const uint32_t *const defs = job->defs, count = job->def_count;
    const uint32_t *const dying = s->dying;
    uint32_t next_call = find_call(job, 0);
    uint64_t free = s->free;
    for (uint32_t time = 0; time < count; time++) {
        uint32_t id = defs[time] & ~DEFINED_BY_CALL;
        nf_baseline_value *value = &values[id];
        free |= dying[time];
        if (time == next_call) next_call = find_call(job, time + 1);
        if (value->place.at == AT_FUSED && value->touched < 2 * ONE_USE)
            value->place.value = id;
        else if (value->place.file != FILE_VECTOR)
            free = give_register(s, id, free, next_call);
        else if (value->touched >= ONE_USE)
            give_slot(s, id);
    }
    s->free = free;
}

/* The one to take of these registers, as a bit: rather one that the caller saves, and the last, since
 * values take the first. */
static uint64_t spare_register(uint64_t among)
{
    uint64_t cheap = among & ~(uint64_t)NF_ABI_CALLEE_SAVED, best = cheap ? cheap : among;
    return UINT64_C(1) << (63 - __builtin_clzll(best));
}

/* Registers for what the whole function keeps, for good. */
static uint64_t lasting_registers(const assign *s)
{
    return s->job->has_calls ? s->crossing[FILE_INT] : s->by_file[FILE_INT];
}

static bool is_counted(const nf_baseline *job)
{
    return job->options->loop_count != NULL && job->loop_count != 0;
}

/* In memory each iteration would wait for the store of the one before, which takes longer than a
 * short loop's other work. There the counter comes before the values. */
static bool has_short_loop(const nf_baseline *job)
{
    enum { SHORT_MAX = 32 };
    for (uint32_t l = 1; l <= job->loop_count; l++) {
        const nf_baseline_loop *loop = &job->loops[l];
        uint32_t before = loop->header ? job->blocks[loop->header - 1].end : 0;
        if (!loop->calls && job->blocks[loop->end].end - before <= SHORT_MAX) return true;
    }
    return false;
}

static void count_in(assign *s, uint64_t reg)
{
    s->job->count = nf_operand_reg((nf_reg)__builtin_ctzll(reg));
    s->used |= reg;
    s->free &= ~reg;
}

static void reserve_counter(assign *s)
{
    if (!is_counted(s->job) || !has_short_loop(s->job)) return;
    count_in(s, spare_register(lasting_registers(s)));
    for (unsigned file = FILE_INT; file <= FILE_FLOAT; file++) {
        s->by_file[file] &= s->free;
        s->crossing[file] &= s->free;
    }
}

/* Otherwise a register that nobody got is good, and a slot good enough. */
static void assign_counter(assign *s)
{
    nf_baseline *job = s->job;
    if (!is_counted(job) || job->count.at == AT_REG) return;
    uint64_t unused = lasting_registers(s) & ~s->used;
    if (unused)
        count_in(s, spare_register(unused));
    else
        job->count = (nf_operand){.at = AT_SLOT,
                                  .disp = slot_new(s, &s->classes[0], SLOT_BYTES, UINT32_MAX)};
}

/* The one that is touched most of those that the prologue does not make; 0: none. */
static uint32_t loop_constant_choose(const assign *s)
{
    const nf_baseline *job = s->job;
    uint32_t best = 0;
    for (uint32_t i = 0; i < job->loop_constant_count; i++) {
        uint32_t id = job->loop_constants[i];
        const nf_baseline_value *value = &s->values[id];
        if (value->place.ahead || value->touched < ONE_USE) continue;
        if (best == 0 || (uint32_t)value->touched > (uint32_t)s->values[best].touched) best = id;
    }
    return best;
}

static bool constants_equal(const nf_inst *a, const nf_inst *b)
{
    if (a->op != b->op || a->imm != b->imm) return false;
    return a->op == NF_OP_SYMBOL ? a->extra == b->extra : a->type == b->type;
}

/* Long constants of loops go to registers that nobody got, for good, and are made once. */
static void assign_loop_constants(assign *s)
{
    const nf_baseline *job = s->job;
    const nf_inst *insts = job->f->insts.data;
    for (uint32_t best; (best = loop_constant_choose(s)) != 0;) {
        uint64_t unused = lasting_registers(s) & ~s->used;
        if (unused == 0) return;
        uint8_t reg = (uint8_t)__builtin_ctzll(spare_register(unused));
        s->used |= NF_REG_BIT(reg);
        for (uint32_t i = 0; i < job->loop_constant_count; i++) {
            nf_operand *place = &s->values[job->loop_constants[i]].place;
            if (!constants_equal(&insts[job->loop_constants[i]], &insts[best])) continue;
            *place = (nf_operand){.at = AT_REG, .reg = reg, .file = place->file, .ahead = true};
        }
    }
}

void nf_baseline_assign(nf_baseline *job)
{
    enum { SAVED_BYTES_MAX = 5 * SLOT_BYTES };
    uint64_t taken = job->has_vectors ? LANES : 0;
    assign s = {
        .job = job,
        .values = job->values,
        .dying = NF_NEW_ARRAY(job->arena, uint32_t, job->def_count + 1),
        .by_file = {(CALLER_SAVED_INTS | NF_ABI_CALLEE_SAVED) & ~taken, FLOATS & ~taken},
        .crossing = {NF_ABI_CALLEE_SAVED, 0},
    };
    if (s.dying == NULL) return;
    s.free = s.by_file[FILE_INT] | s.by_file[FILE_FLOAT];
    job->slot_end = SAVED_BYTES_MAX; /* how many there will be is not known yet */
    reserve_counter(&s);
    walk_definitions(&s);
    assign_counter(&s);
    assign_loop_constants(&s);
    job->saved_mask = (uint32_t)(s.used & NF_ABI_CALLEE_SAVED);
    job->saved_count = nf_reg_count(job->saved_mask);
    if (job->slot_end == SAVED_BYTES_MAX) job->slot_end = job->saved_count * SLOT_BYTES;
}

/* --- the frame --- */

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/* Locals lie below the slots; those aligned to more than 16 above the outgoing arguments, and RSP
 * is aligned for them. */
static void place_locals(nf_baseline *job, uint64_t *below_rbp, uint64_t *above_rsp)
{
    uint32_t count = job->f->locals.count;
    job->frame_align = NF_ABI_STACK_ALIGN;
    job->locals = count > 1 ? NF_NEW_ARRAY(job->arena, nf_local_place, count) : NULL;
    for (uint32_t i = 1; i < count && job->locals; i++) {
        const nf_local_data *local = &job->f->locals.data[i];
        uint64_t align = UINT64_C(1) << local->align_log2;
        if (align <= NF_ABI_STACK_ALIGN) {
            *below_rbp = align_up(*below_rbp + local->size, align);
            job->locals[i] = (nf_local_place){NF_RBP, (int32_t) - (int64_t)*below_rbp};
        } else {
            *above_rsp = align_up(*above_rsp, align);
            job->locals[i] = (nf_local_place){NF_RSP, (int32_t)*above_rsp};
            *above_rsp += local->size;
            if (align > job->frame_align) job->frame_align = (uint32_t)align;
        }
    }
}

/*
 *   [rbp]      caller's rbp
 *              callee-saved registers, slots, the vectors' scratch, locals
 *              locals of large alignment
 *   [rsp]      outgoing stack arguments
 */
void nf_baseline_frame(nf_baseline *job)
{
    enum { VECTOR_TEMP_BYTES = 64, FRAME_BYTES_MAX = 1 << 30 };
    uint64_t below = job->slot_end, above = job->outgoing_bytes;
    if (job->has_vectors) {
        below = align_up(below + VECTOR_TEMP_BYTES, NF_ABI_STACK_ALIGN);
        job->vector_temp = -(int32_t)below;
    }
    place_locals(job, &below, &above);
    uint64_t slack = job->frame_align > NF_ABI_STACK_ALIGN ? job->frame_align : 0;
    uint64_t total = align_up(below + above + slack, NF_ABI_STACK_ALIGN);
    if (total > FRAME_BYTES_MAX) {
        job->status =
            nf_fail(job->error, NF_LIMIT, "the frame is larger than %d bytes", FRAME_BYTES_MAX);
        return;
    }
    bool leaf = !job->has_calls && below == job->saved_count * SLOT_BYTES && above + slack == 0;
    job->frame_bytes = leaf ? job->saved_count * SLOT_BYTES : (uint32_t)total;
}
