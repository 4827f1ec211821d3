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
 * The innermost such loop is noted here; end_of() in baseline_assign.c climbs to the outer ones.
 *
 * Hints: a result likes the register of its first operand (two-address instructions), an
 * argument of a back edge that of the loop's parameter, a parameter that of its first argument, an
 * argument of a call that of the ABI.
 */
#include "baseline_internal.h"

/* What an operation is to this pass, by its shape: for constants where they are to begin with (an
 * AT_), and flags. */
enum {
    SCAN_AT = 15,
    SCAN_DEFINES = 16, /* its value wants a place */
    SCAN_EDGES = 32,
    SCAN_CALL = 64,
    SCAN_CONDITION = 128, /* a is a condition, which a comparison may be fused with */
    SCAN_CONVERTS = 256,  /* a may be a load, which is extended on the way */
};
_Static_assert((unsigned)AT_SYMBOL <= (unsigned)SCAN_AT, "AT_ values fit their bits");

enum {
    SCAN_NONE = 0,
    SCAN_PARAM = 0,
    SCAN_ICONST = AT_INT,
    SCAN_FCONST = AT_FLOAT,
    SCAN_SYMBOL = AT_SYMBOL,
    SCAN_LOCAL = AT_LOCAL,
    SCAN_UNARY = SCAN_DEFINES,
    SCAN_BINARY = SCAN_DEFINES,
    SCAN_TERNARY = SCAN_DEFINES,
    SCAN_OVERFLOW = SCAN_DEFINES,
    SCAN_ICMP = SCAN_DEFINES,
    SCAN_FCMP = SCAN_DEFINES,
    SCAN_SELECT = SCAN_DEFINES | SCAN_CONDITION,
    SCAN_CONVERT = SCAN_DEFINES | SCAN_CONVERTS,
    SCAN_SPLAT = SCAN_DEFINES,
    SCAN_IOTA = SCAN_DEFINES,
    SCAN_EXTRACT = SCAN_DEFINES,
    SCAN_INSERT = SCAN_DEFINES,
    SCAN_REDUCE = SCAN_DEFINES,
    SCAN_LOAD = SCAN_DEFINES,
    SCAN_STORE = 0,
    SCAN_MLOAD = SCAN_DEFINES,
    SCAN_MSTORE = 0,
    SCAN_CALL_INDIRECT = SCAN_CALL,
    SCAN_TAIL_CALL = SCAN_CALL,
    SCAN_TAIL_CALL_INDIRECT = SCAN_CALL,
    SCAN_BR = SCAN_EDGES,
    SCAN_BRIF = SCAN_EDGES | SCAN_CONDITION,
    SCAN_SWITCH = SCAN_EDGES,
    SCAN_RET = 0,
};

static const uint16_t scan_kinds[NF_OP_COUNT] = {
#define OP(name, text, shape, ...) [NF_OP_##name] = SCAN_##shape,
#include "ir/ops.def"
#undef OP
};

enum { FIRST_VECTOR = 8, FLOAT_TYPES = 1 << NF_F32 | 1 << NF_F64 };

typedef struct scan {
    nf_baseline *job;
    nf_baseline_value *values;
    const nf_inst *insts;
    uint32_t *defs;
    uint32_t *walk; /* where the next one goes */
    uint32_t time, block;
    uint32_t loop_header, loop_reach; /* of the innermost loop: its header; its last block, and 1 */
    uint64_t touch;                   /* one use, with its weight */
    bool any_soft;
    bool all; /* every instruction is walked to, for the map */
} scan;

ALWAYS_INLINE void use(const scan *s, uint32_t id)
{
    nf_baseline_value *value = &s->values[id];
    value->last = s->time;
    value->touched += s->touch;
    uint32_t reach = value->block < s->loop_header ? s->loop_reach : 0;
    value->loop_end = reach > value->loop_end ? reach : value->loop_end;
}

/* Nobody knows the value before, but for a block's parameter, which edges may have led to. */
ALWAYS_INLINE void define(scan *s, uint32_t id, nf_type type, nf_operand place, bool wants_place)
{
    place.file = FLOAT_TYPES >> (type & (FIRST_VECTOR - 1)) & 1 ? FILE_FLOAT : FILE_INT;
    if (__builtin_expect(type >= FIRST_VECTOR, false)) {
        place.file = FILE_VECTOR;
        s->job->has_vectors = true;
    }
    s->values[id] = (nf_baseline_value){.start = s->time, .block = s->block, .place = place};
    s->defs[s->time] = id;
    s->time += wants_place;
}

static void define_param(scan *s, uint32_t id)
{
    nf_baseline_value value = s->values[id];
    define(s, id, s->insts[id].type, value.place, true);
    s->values[id].touched = value.touched;
}

/* Those that are as cheap to make as to move have no register; of the others the assignment
 * decides. */
static nf_operand constant_place(const nf_inst *inst, uint32_t id, unsigned at)
{
    bool is_int = at == AT_INT, is_small = is_int && nf_fits_i32(inst->imm);
    return (nf_operand){.at = (uint8_t)(is_int && !is_small ? AT_WIDE : at),
                        .value = is_small ? (uint32_t)inst->imm : id};
}

/* What was defined last comes out of a call. */
ALWAYS_INLINE void note_call(scan *s)
{
    s->job->has_calls = true;
    s->job->loops[s->job->blocks[s->block].loop].calls = true;
    s->defs[s->time - 1] |= DEFINED_BY_CALL;
}

/* Constants keep what they are. */
static void set_hint(const scan *s, uint32_t id, uint32_t hint)
{
    nf_operand *place = &s->values[id].place;
    if (place->at < AT_INT) place->hint = hint;
}

static void scan_edge(const scan *s, const nf_edge *edge)
{
    const nf_func *f = s->job->f;
    uint32_t to = s->job->index[edge->to.id];
    const uint32_t *args = f->pool.data + edge->args;
    const uint32_t *params = f->pool.data + f->blocks.data[edge->to.id].params;
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_baseline_value *param = &s->values[params[i]];
        use(s, args[i]);
        param->touched += s->touch - ONE_USE;
        if (to <= s->block)
            set_hint(s, args[i], params[i]);
        else if (param->place.hint == 0)
            param->place.hint = args[i];
    }
}

static void scan_call(const scan *s, const nf_inst *inst)
{
    nf_baseline *job = s->job;
    nf_abi_walk walk = {0};
    const uint32_t *args = job->f->pool.data + inst->extra;
    for (uint32_t i = 0; i < inst->c.id; i++) {
        nf_abi_place place = nf_abi_next(&walk, s->insts[args[i]].type);
        use(s, args[i]);
        if (place.reg != NF_REG_NONE) set_hint(s, args[i], HINT_REG | place.reg);
    }
    if (walk.stack_bytes > job->outgoing_bytes) job->outgoing_bytes = walk.stack_bytes;
}

/* A condition that is a comparison of the same block can be compared where it is used; its operands
 * then live on to there. Whether it has no other use is known later. */
ALWAYS_INLINE void note_fusable(const scan *s, const nf_inst *user)
{
    const nf_inst *compare = &s->insts[user->a.id];
    nf_baseline_value *value = &s->values[user->a.id];
    bool compares = compare->op == NF_OP_ICMP || compare->op == NF_OP_FCMP;
    if (!compares || compare->type != NF_I8 || value->block != s->block) return;
    value->place.at = AT_FUSED;
    s->values[compare->a.id].last = s->time;
    s->values[compare->b.id].last = s->time;
}

/* A load right in front of its extension is done by that, if that is its only use. */
static void note_fusable_load(const scan *s, const nf_inst *user)
{
    const nf_inst *load = &s->insts[user->a.id];
    bool extends = user->op == NF_OP_SEXT || user->op == NF_OP_ZEXT;
    if (!extends || user->prev.id != user->a.id || load->op != NF_OP_LOAD) return;
    if (NF_TYPE_IS_VECTOR(load->type)) return;
    s->values[user->a.id].place.at = AT_FUSED;
    s->values[load->a.id].last = s->time;
    s->values[load->b.id].last = s->time;
}

/* What has operands elsewhere than in a, b and c, whose c counts them. */
static void scan_list(scan *s, uint32_t id, const nf_inst *inst, unsigned kind)
{
    use(s, inst->a.id);
    if (kind & SCAN_EDGES) {
        const nf_edge *edges = &s->job->f->edges.data[inst->extra];
        for (uint32_t i = 0; i < inst->c.id; i++) scan_edge(s, &edges[i]);
        return;
    }
    scan_call(s, inst);
    if (inst->op == NF_OP_TAIL_CALL || inst->op == NF_OP_TAIL_CALL_INDIRECT) return;
    define(s, id, inst->type, (nf_operand){.at = AT_NONE}, true);
    note_call(s);
}

/* Written with few branches, since what comes next is hard to predict; but seldom is there a
 * third operand. */
ALWAYS_INLINE void scan_plain(scan *s, uint32_t id, const nf_inst *inst, unsigned kind)
{
    use(s, inst->a.id);
    use(s, inst->b.id);
    if (inst->c.id) use(s, inst->c.id);
    define(s, id, inst->type, (nf_operand){.hint = inst->a.id}, kind / SCAN_DEFINES & 1);
}

static void enter_block(scan *s, uint32_t index)
{
    const nf_baseline *job = s->job;
    const nf_block_data *data = &job->f->blocks.data[job->blocks[index].id];
    const nf_baseline_loop *loop = &job->loops[job->blocks[index].loop];
    s->block = index;
    s->loop_header = loop->header;
    s->loop_reach = loop->end + 1;
    s->touch = ONE_USE + loop->weight;
    for (uint32_t i = 0; i < data->param_count; i++)
        define_param(s, job->f->pool.data[data->params + i]);
}

static void note_loop_constant(const scan *s, uint32_t id)
{
    nf_baseline *job = s->job;
    if (job->blocks[s->block].loop && job->loop_constant_count < NF_LOOP_CONSTANTS_MAX)
        job->loop_constants[job->loop_constant_count++] = id;
}

/* The instructions of the block that was entered. A copy of the state, whose address nobody takes,
 * can stay in registers. */
static void scan_block(scan *shared, uint32_t first)
{
    scan s = *shared;
    for (uint32_t id = first; id != 0; id = s.insts[id].next.id) {
        const nf_inst *inst = &s.insts[id];
        unsigned kind = scan_kinds[inst->op];
        *s.walk++ = id;
        if (kind & SCAN_CONDITION) note_fusable(&s, inst);
        if (kind & SCAN_CONVERTS) note_fusable_load(&s, inst);
        if (kind & (SCAN_EDGES | SCAN_CALL)) {
            *shared = s;
            scan_list(shared, id, inst, kind);
            s = *shared;
        } else if (kind & SCAN_AT) {
            nf_operand place = constant_place(inst, id, kind & SCAN_AT);
            bool may_have_place = place.at == AT_WIDE || place.at == AT_SYMBOL;
            define(&s, id, inst->type, place, may_have_place);
            if (may_have_place) note_loop_constant(&s, id);
            s.walk -= !may_have_place && !s.all;
            if (inst->op == NF_OP_FCONST) s.values[id].start = 0;
        } else {
            scan_plain(&s, id, inst, kind);
            if (s.any_soft && nf_baseline_is_soft(s.job, inst->op)) note_call(&s);
        }
    }
    *shared = s;
}

/* Edges give hints and weight to parameters of blocks that come later. All other values' records
 * are written when they are defined. */
static void params_clear(nf_baseline *job)
{
    for (uint32_t i = 0; i < job->block_count; i++) {
        const nf_block_data *data = &job->f->blocks.data[job->blocks[i].id];
        for (uint32_t k = 0; k < data->param_count; k++)
            job->values[job->f->pool.data[data->params + k]] = (nf_baseline_value){.start = 0};
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

void nf_baseline_live(nf_baseline *job)
{
    uint32_t limit = job->f->insts.count;
    job->values = NF_TAKE_ARRAY(job->arena, nf_baseline_value, limit);
    job->defs = NF_TAKE_ARRAY(job->arena, uint32_t, limit + 1); /* one is written ahead */
    job->walk = NF_TAKE_ARRAY(job->arena, uint32_t, limit);
    if (job->values == NULL || job->defs == NULL || job->walk == NULL) return;
    job->values[0] = (nf_baseline_value){.block = UINT32_MAX};
    params_clear(job);
    hint_entry_params(job);
    scan s = {.job = job,
              .values = job->values,
              .insts = job->f->insts.data,
              .defs = job->defs,
              .walk = job->walk,
              .all = job->options->want_map,
              .any_soft = nf_baseline_any_soft(job)};
    for (uint32_t i = 0; i < job->block_count; i++) {
        enter_block(&s, i);
        scan_block(&s, job->f->blocks.data[job->blocks[i].id].first.id);
        job->blocks[i].end = s.time;
        job->blocks[i].walk_end = (uint32_t)(s.walk - job->walk);
    }
    job->def_count = s.time;
}
