/*
 * The baseline's one pre-pass: for each value where it is born and last used, how much it is used,
 * and which register would suit it.
 *
 * Time is counted in definitions that want a place, and calls: only there does it matter what is
 * alive. A value gets one interval of time, from its definition to its last use. A use inside a
 * loop that the definition lies before keeps the value to the end of that loop, since the next
 * iteration uses it again: the outermost such loop counts.
 *
 *   time       1 2 3 | 4 5 6 7 8 | 9            v defined at 2, used at 5 and nowhere else
 *              v       [  loop   ]              interval of v: 2 to 8
 *
 * That is enough for correctness. Suppose v is alive at p, on a path to a use that does not pass
 * v's definition. Either the path goes forward only, and p is before the last use; or it takes a
 * back edge to a loop's header behind the definition, and both p and the use are in that loop.
 * Block parameters are defined at the start of their block: an edge writes a parameter's place when
 * it is taken, and what is alive into the target block has another place since the intervals
 * overlap.
 *
 * Here only the last use in block order is noted, with its block; end_of() in baseline_assign.c finds
 * the loops around it. That is all it takes: a loop of an earlier use that ends behind the last one
 * has that in its range too.
 *
 * Hints: a result likes the register of its first operand (two-address instructions), an
 * argument of a back edge that of the loop's parameter, a parameter that of its first argument, an
 * argument of a call that of the ABI.
 */
#include "baseline_internal.h"

/* What an operation is to this pass, by its shape: for constants where they are to begin with (an
 * AT_), flags, and where in the instruction stands what the place begins with: an operand, whose
 * register would suit, or an integer. */
enum {
    SCAN_AT = 15,
    SCAN_DEFINES = 16,    /* its value wants a place */
    SCAN_WALKED = 32,     /* code may have to be made for it */
    SCAN_INTEGER = 64,    /* a constant that 32 bits may not hold */
    SCAN_CONSTANT = 128,  /* any other */
    SCAN_CALLS = 256,     /* has arguments, which c counts */
    SCAN_CONDITION = 512, /* a is a condition, which a comparison may be fused with */
    SCAN_CONVERTS = 1024, /* a may be a load, which is extended on the way */
    SCAN_EDGES = 2048,    /* has edges, which c counts */
    SCAN_SOFT = 4096,     /* may be a call where the CPU lacks the instruction */
    SCAN_RARE = SCAN_CONSTANT | SCAN_CALLS | SCAN_CONDITION | SCAN_CONVERTS | SCAN_SOFT,
    SCAN_OFFSET_SHIFT = 16 /* above: the offset of what the place begins with */
};
_Static_assert((unsigned)AT_SYMBOL <= (unsigned)SCAN_AT, "AT_ values fit their bits");

enum {
    SCAN_USUAL = SCAN_DEFINES | SCAN_WALKED | offsetof(nf_inst, a) << SCAN_OFFSET_SHIFT,
    SCAN_NONE = 0,
    SCAN_PARAM = 0,
    SCAN_ICONST = AT_INT | SCAN_INTEGER | offsetof(nf_inst, imm) << SCAN_OFFSET_SHIFT,
    SCAN_FCONST = AT_FLOAT | SCAN_CONSTANT,
    SCAN_SYMBOL = AT_SYMBOL | SCAN_CONSTANT | SCAN_USUAL,
    SCAN_LOCAL = AT_LOCAL | SCAN_CONSTANT,
    SCAN_UNARY = SCAN_USUAL | SCAN_SOFT,
    SCAN_BINARY = SCAN_USUAL,
    SCAN_TERNARY = SCAN_USUAL | SCAN_SOFT,
    SCAN_OVERFLOW = SCAN_USUAL,
    SCAN_ICMP = SCAN_USUAL,
    SCAN_FCMP = SCAN_USUAL,
    SCAN_SELECT = SCAN_USUAL | SCAN_CONDITION,
    SCAN_CONVERT = SCAN_USUAL | SCAN_CONVERTS,
    SCAN_SPLAT = SCAN_USUAL,
    SCAN_IOTA = SCAN_USUAL,
    SCAN_EXTRACT = SCAN_USUAL,
    SCAN_INSERT = SCAN_USUAL,
    SCAN_REDUCE = SCAN_USUAL,
    SCAN_LOAD = SCAN_USUAL,
    SCAN_STORE = SCAN_WALKED,
    SCAN_MLOAD = SCAN_USUAL,
    SCAN_MSTORE = SCAN_WALKED,
    SCAN_CALL = SCAN_WALKED | SCAN_CALLS,
    SCAN_CALL_INDIRECT = SCAN_CALL,
    SCAN_TAIL_CALL = SCAN_CALL,
    SCAN_TAIL_CALL_INDIRECT = SCAN_CALL,
    SCAN_BR = SCAN_WALKED | SCAN_EDGES,
    SCAN_BRIF = SCAN_BR | SCAN_CONDITION,
    SCAN_SWITCH = SCAN_BR,
    SCAN_RET = SCAN_WALKED,
};

static const uint32_t scan_kinds[NF_OP_COUNT] = {
#define OP(name, text, shape, ...) [NF_OP_##name] = SCAN_##shape,
#include "ir/ops.def"
#undef OP
};

/* What goes from block to block. */
typedef struct scan {
    uint32_t *walk; /* where the next one goes */
    uint64_t now;   /* the moment */
    uint64_t touch; /* one use, with its weight */
} scan;

ALWAYS_INLINE void use(nf_baseline_value *values, uint32_t id, uint64_t now, uint64_t touch)
{
    values[id].last = now;
    values[id].touched += touch;
}

/* Nobody knows the value before, but for a block's parameter, which edges may have led to. */
ALWAYS_INLINE void define(nf_baseline *job, uint32_t id, uint64_t now, nf_type type,
                          nf_operand place, uint64_t touched)
{
    enum { FIRST_VECTOR = 8, FIRST_FLOAT = NF_F32 };
    place.file = (uint8_t)((type + FIRST_VECTOR - FIRST_FLOAT) / FIRST_VECTOR);
    if (__builtin_expect(type >= FIRST_VECTOR, false)) {
        place.file = FILE_VECTOR;
        job->has_vectors = true;
    }
    job->values[id] = (nf_baseline_value){now, now, touched, place};
    job->defs[(uint32_t)now] = id;
}

/* What was defined last comes out of a call. */
static void note_call(nf_baseline *job, uint64_t now)
{
    job->has_calls = true;
    job->loops[job->blocks[nf_moment_block(now)].loop].calls = true;
    job->defs[(uint32_t)now - 1] |= DEFINED_BY_CALL;
}

/* Constants keep what they are. */
static void set_hint(nf_operand *place, uint32_t hint)
{
    if (place->at < AT_INT) place->hint = hint;
}

static void scan_edge(const nf_baseline *job, const nf_edge *edge, uint64_t now, uint64_t touch)
{
    const nf_func *f = job->f;
    const uint32_t *args = f->pool.data + edge->args;
    const uint32_t *params = f->pool.data + f->blocks.data[edge->to.id].params;
    bool is_back = job->index[edge->to.id] <= nf_moment_block(now);
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_baseline_value *param = &job->values[params[i]];
        use(job->values, args[i], now, touch);
        param->touched += touch - ONE_USE;
        if (is_back)
            set_hint(&job->values[args[i]].place, params[i]);
        else if (param->place.hint == 0)
            param->place.hint = args[i];
    }
}

static void scan_edges(const nf_baseline *job, const nf_inst *inst, uint64_t now, uint64_t touch)
{
    const nf_edge *edges = &job->f->edges.data[inst->extra];
    for (uint32_t i = 0; i < inst->c.id; i++)
        if (edges[i].arg_count) scan_edge(job, &edges[i], now, touch);
}

/* The moment behind it. */
static uint64_t scan_call(nf_baseline *job, uint32_t id, uint64_t now, uint64_t touch)
{
    const nf_inst *inst = nf_inst_at(job->f, (nf_value){id});
    const uint32_t *args = job->f->pool.data + inst->extra;
    nf_abi_walk walk = {0};
    use(job->values, inst->a.id, now, touch);
    for (uint32_t i = 0; i < inst->c.id; i++) {
        nf_abi_place place = nf_abi_next(&walk, nf_type_of(job->f, (nf_value){args[i]}));
        use(job->values, args[i], now, touch);
        if (place.reg != NF_REG_NONE) set_hint(&job->values[args[i]].place, HINT_REG | place.reg);
    }
    if (walk.stack_bytes > job->outgoing_bytes) job->outgoing_bytes = walk.stack_bytes;
    if (inst->op == NF_OP_TAIL_CALL || inst->op == NF_OP_TAIL_CALL_INDIRECT) return now;
    define(job, id, now, inst->type, (nf_operand){.at = AT_NONE}, 0);
    note_call(job, ++now);
    return now;
}

/* A condition that is a comparison of the same block can be compared where it is used; its operands
 * then live on to there. Whether it has no other use is known later. */
static void note_fusable(const nf_baseline *job, const nf_inst *user, uint64_t now)
{
    const nf_inst *compare = nf_inst_at(job->f, user->a);
    nf_baseline_value *value = &job->values[user->a.id];
    bool is_here = nf_moment_block(value->born) == nf_moment_block(now);
    if (!nf_is_comparison(compare) || !is_here) return;
    value->place.at = AT_FUSED;
    job->values[compare->a.id].last = now;
    job->values[compare->b.id].last = now;
}

/* A load right in front of its extension is done by that, if that is its only use. */
static void note_fusable_load(const nf_baseline *job, const nf_inst *user, uint64_t now)
{
    const nf_inst *load = nf_inst_at(job->f, user->a);
    bool extends = user->op == NF_OP_SEXT || user->op == NF_OP_ZEXT;
    if (!extends || user->prev.id != user->a.id || load->op != NF_OP_LOAD) return;
    if (NF_TYPE_IS_VECTOR(load->type)) return;
    job->values[user->a.id].place.at = AT_FUSED;
    job->values[load->a.id].last = now;
    job->values[load->b.id].last = now;
}

static void note_loop_constant(nf_baseline *job, uint32_t id, uint64_t now)
{
    if (job->blocks[nf_moment_block(now)].loop && job->loop_constant_count < NF_LOOP_CONSTANTS_MAX)
        job->loop_constants[job->loop_constant_count++] = id;
}

/* One that is not as cheap to make as to move: the assignment decides whether it has a register. */
static uint64_t scan_long_constant(nf_baseline *job, uint32_t id, uint64_t now, unsigned at)
{
    nf_operand place = {.value = id, .at = (uint8_t)at};
    define(job, id, now, nf_type_of(job->f, (nf_value){id}), place, 0);
    note_loop_constant(job, id, now);
    return now + 1;
}

/* Constants that are no integers. The moment behind it, as of all that follow. */
static uint64_t scan_constant(nf_baseline *job, uint32_t id, uint64_t now, unsigned at)
{
    if (at == AT_SYMBOL) return scan_long_constant(job, id, now, at);
    nf_operand place = {.value = id, .at = (uint8_t)at};
    define(job, id, now, nf_type_of(job->f, (nf_value){id}), place, 0);
    return now;
}

/* An operation that is a call on this CPU. */
static uint64_t scan_soft(nf_baseline *job, uint32_t id, uint64_t now, uint64_t touch)
{
    const nf_inst *inst = nf_inst_at(job->f, (nf_value){id});
    use(job->values, inst->a.id, now, touch);
    use(job->values, inst->b.id, now, touch);
    use(job->values, inst->c.id, now, touch);
    define(job, id, now, inst->type, (nf_operand){.at = AT_NONE}, 0);
    note_call(job, now + 1);
    return now + 1;
}

/* What is seldom, and so kept out of the loop, whose variables are to stay in registers. The moment
 * behind it, or GOES_ON when it goes the usual way after all. */
#define GOES_ON UINT64_MAX
static __attribute__((noinline)) uint64_t scan_rare(nf_baseline *job, uint32_t id, uint64_t now,
                                                    uint64_t touch)
{
    const nf_inst *inst = nf_inst_at(job->f, (nf_value){id});
    unsigned kind = scan_kinds[inst->op];
    if (kind & SCAN_INTEGER) return scan_long_constant(job, id, now, AT_WIDE);
    if (kind & SCAN_CONSTANT) return scan_constant(job, id, now, kind & SCAN_AT);
    if (kind & SCAN_CALLS) return scan_call(job, id, now, touch);
    if (kind & SCAN_SOFT && nf_baseline_is_soft(job, inst->op))
        return scan_soft(job, id, now, touch);
    if (kind & SCAN_CONDITION) note_fusable(job, inst, now);
    if (kind & SCAN_CONVERTS) note_fusable_load(job, inst, now);
    return GOES_ON;
}

/* The instructions of a block but the last one. There are few branches, since what comes next is hard
 * to predict: what differs from one usual operation to the next is data of scan_kinds. */
static void scan_body(nf_baseline *job, scan *s, uint32_t first, uint32_t last)
{
    const nf_inst *const insts = job->f->insts.data;
    const uint64_t touch = s->touch;
    uint64_t now = s->now;
    uint32_t *walk = s->walk;
    for (uint32_t id = first; id != last; id = insts[id].next.id) {
        const nf_inst *inst = &insts[id];
        unsigned kind = scan_kinds[inst->op];
        unsigned is_wide = kind / SCAN_INTEGER & !nf_fits_i32(inst->imm);
        *walk = id;
        walk += (kind / SCAN_WALKED | is_wide) & 1;
        if (kind & SCAN_RARE || is_wide) {
            uint64_t behind = scan_rare(job, id, now, touch);
            now = behind == GOES_ON ? now : behind;
            if (behind != GOES_ON) continue;
        }
        nf_operand place = {.at = kind & SCAN_AT};
        __builtin_memcpy(&place.value, (const char *)inst + (kind >> SCAN_OFFSET_SHIFT),
                         sizeof place.value);
        use(job->values, inst->a.id, now, touch);
        use(job->values, inst->b.id, now, touch);
        if (inst->c.id) use(job->values, inst->c.id, now, touch);
        define(job, id, now, inst->type, place, 0);
        now += kind / SCAN_DEFINES & 1;
    }
    s->now = now;
    s->walk = walk;
}

static void scan_terminator(nf_baseline *job, scan *s, uint32_t id)
{
    const nf_inst *inst = nf_inst_at(job->f, (nf_value){id});
    unsigned kind = scan_kinds[inst->op];
    if (kind & SCAN_CONDITION) {
        note_fusable(job, inst, s->now);
        s->walk -= nf_compares_itself(job, inst);
    }
    *s->walk++ = id;
    if (kind & SCAN_CALLS) {
        s->now = scan_call(job, id, s->now, s->touch);
        return;
    }
    use(job->values, inst->a.id, s->now, s->touch);
    if (kind & SCAN_EDGES) scan_edges(job, inst, s->now, s->touch);
}

static void scan_block(nf_baseline *job, scan *s, uint32_t index)
{
    nf_baseline_block *block = &job->blocks[index];
    const nf_block_data *data = &job->f->blocks.data[block->id];
    s->now = nf_moment_at((uint32_t)s->now, index);
    s->touch = ONE_USE + job->loops[block->loop].weight;
    for (uint32_t i = 0; i < data->param_count; i++) {
        uint32_t id = job->f->pool.data[data->params + i];
        const nf_baseline_value *param = &job->values[id];
        define(job, id, s->now++, nf_type_of(job->f, (nf_value){id}), param->place, param->touched);
    }
    scan_body(job, s, data->first.id, data->last.id);
    scan_terminator(job, s, data->last.id);
    block->end = (uint32_t)s->now;
    block->walk_end = (uint32_t)(s->walk - job->walk);
}

/* Edges give hints and weight to parameters of blocks that come later. All other values' records
 * are written when they are defined. */
static void params_clear(nf_baseline *job)
{
    for (uint32_t i = 0; i < job->block_count; i++) {
        const nf_block_data *data = &job->f->blocks.data[job->blocks[i].id];
        for (uint32_t k = 0; k < data->param_count; k++)
            job->values[job->f->pool.data[data->params + k]] = (nf_baseline_value){.born = 0};
    }
}

static void hint_entry_params(nf_baseline *job)
{
    const nf_block_data *entry = nf_block_at(job->f, job->f->entry);
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < entry->param_count; i++) {
        nf_value param = nf_param_at(job->f, job->f->entry, i);
        nf_abi_place place = nf_abi_next(&walk, nf_type_of(job->f, param));
        if (place.reg != NF_REG_NONE) job->values[param.id].place.hint = HINT_REG | place.reg;
    }
}

/* The map is of all instructions. */
static void walk_all(nf_baseline *job)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < job->block_count; i++) {
        NF_FOR_INSTS(job->f, (nf_block){job->blocks[i].id}, v)
        job->walk[count++] = v.id;
        job->blocks[i].walk_end = count;
    }
}

void nf_baseline_live(nf_baseline *job)
{
    uint32_t limit = job->f->insts.count;
    job->values = NF_TAKE_ARRAY(job->arena, nf_baseline_value, limit);
    job->defs = NF_TAKE_ARRAY(job->arena, uint32_t, limit + 1); /* one is written ahead */
    job->walk = NF_TAKE_ARRAY(job->arena, uint32_t, limit);
    if (job->values == NULL || job->defs == NULL || job->walk == NULL) return;
    job->values[0] = (nf_baseline_value){.born = 0};
    params_clear(job);
    hint_entry_params(job);
    scan s = {.walk = job->walk};
    for (uint32_t i = 0; i < job->block_count; i++) scan_block(job, &s, i);
    job->def_count = (uint32_t)s.now;
    if (job->options->want_map) walk_all(job);
}
