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
    uint32_t next_call;   /* the time of the first call behind the current definition */
    uint64_t by_file[2];  /* registers for values that cross no call */
    uint64_t crossing[2]; /* for values that do */
    uint32_t until[REGS]; /* last time at which the owner is alive */
    uint32_t owner[REGS];
    slot_pool classes[SLOT_CLASSES];
} assign;

/* The last time at which the value is alive. */
static inline uint32_t end_of(const nf_baseline *job, const nf_baseline_value *value)
{
    if (value->loop_end == 0) return value->last;
    uint32_t end = value->loop_end - 1;
    for (uint32_t l = job->blocks[end].loop; l && job->loops[l].header > value->block;
         l = job->loops[l].parent)
        end = job->loops[l].end;
    return job->blocks[end].end > value->last ? job->blocks[end].end : value->last;
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
    value->place.disp = slot_find(s, bytes, value->start, end_of(s->job, value));
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

/* The register of the value that suffers least from having none; NF_REG_NONE when that is `value`.
 */
static unsigned evict(assign *s, const nf_baseline_value *value, uint64_t among, uint32_t end)
{
    unsigned victim = NF_REG_NONE;
    uint64_t weight = (uint32_t)value->touched, length = end - value->start + 1;
    for (uint64_t left = among; left; left &= left - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(left);
        const nf_baseline_value *owner = &s->values[s->owner[reg]];
        uint64_t owner_length = s->until[reg] - owner->start + 1;
        if ((uint32_t)owner->touched * length >= weight * owner_length) continue;
        victim = reg;
        weight = (uint32_t)owner->touched;
        length = owner_length;
    }
    if (victim == NF_REG_NONE) return victim;
    to_memory(s, s->owner[victim]);
    s->dying[s->until[victim]] &= ~(uint32_t)NF_REG_BIT(victim);
    return victim;
}

/* The one that the value would like, as a bit; RAX, which nobody gets, when there is none. */
static inline uint64_t hinted(const assign *s, const nf_baseline_value *value)
{
    uint32_t hint = value->place.hint;
    return NF_REG_BIT(hint & HINT_REG ? hint & (REGS - 1) : s->values[hint].place.reg);
}

/* The hinted one, a caller-saved one, any. */
static inline unsigned choose(assign *s, const nf_baseline_value *value, uint64_t among,
                              uint32_t end)
{
    uint64_t available = s->free & among, wanted = available & hinted(s, value);
    uint64_t cheap = available & ~(uint64_t)NF_ABI_CALLEE_SAVED;
    uint64_t best = cheap ? cheap : available;
    if (wanted) best = wanted;
    return best ? (unsigned)__builtin_ctzll(best) : evict(s, value, among, end);
}

static inline void give_register(assign *s, uint32_t id)
{
    nf_baseline_value *value = &s->values[id];
    uint32_t end = end_of(s->job, value);
    const uint64_t *masks = s->next_call < end ? s->crossing : s->by_file;
    unsigned reg = choose(s, value, masks[value->place.file], end);
    if (reg == NF_REG_NONE) {
        to_memory(s, id);
        return;
    }
    value->place.at = AT_REG;
    value->place.reg = (uint8_t)reg;
    s->free &= ~NF_REG_BIT(reg);
    s->used |= NF_REG_BIT(reg);
    s->until[reg] = end;
    s->dying[end] |= (uint32_t)NF_REG_BIT(reg);
    s->owner[reg] = id;
}

/* The time of the first call from `time` on. */
static uint32_t find_call(const nf_baseline *job, uint32_t time)
{
    if (!job->has_calls) return UINT32_MAX;
    while (time < job->def_count && (job->defs[time] & DEFINED_BY_CALL) == 0) time++;
    return time < job->def_count ? time : UINT32_MAX;
}

static void walk_definitions(assign *s)
{
    const nf_baseline *job = s->job;
    s->next_call = find_call(job, 0);
    for (uint32_t time = 0; time < job->def_count; time++) {
        uint32_t id = job->defs[time] & ~DEFINED_BY_CALL;
        nf_baseline_value *value = &s->values[id];
        s->free |= s->dying[time];
        if (time == s->next_call) s->next_call = find_call(job, time + 1);
        if (value->place.at == AT_FUSED && value->touched < 2 * ONE_USE)
            value->place.value = id;
        else if (value->touched < ONE_USE)
            continue;
        else if (value->place.file == FILE_VECTOR)
            give_slot(s, id);
        else
            give_register(s, id);
    }
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
