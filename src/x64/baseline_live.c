/*
 * The baseline's one pre-pass: for each value where it is born and last used, how much it is used,
 * and which register would suit it.
 *
 * A value gets one interval of positions, from its definition to its last use. A use inside a loop
 * that the definition lies before keeps the value to the end of that loop, since the next iteration
 * uses it again: the outermost such loop counts.
 *
 *   position   1 2 3 | 4 5 6 7 8 | 9            v defined at 2, used at 5 and nowhere else
 *              v       [  loop   ]              interval of v: 2 to 8
 *
 * That is enough for correctness. Suppose v is alive at p, on a path to a use that does not pass
 * v's definition. Either the path goes forward only, and p is before the last use; or it takes a
 * back edge to a loop's header behind the definition, and both p and the use are in that loop.
 * Block parameters are defined at the start of their block: an edge writes a parameter's place when
 * it is taken, and what is alive into the target block has another place since the intervals
 * overlap.
 *
 * Hints: a result likes the register of its first operand (two-address instructions), an
 * argument of a back edge that of the loop's parameter, a parameter that of its first argument, an
 * argument of a call that of the ABI.
 */
#include "baseline_internal.h"

typedef struct scan {
    nf_baseline *job;
    nf_baseline_value *values;
    uint32_t position, block;
    uint32_t loop;        /* innermost loop of the block */
    uint32_t loop_header; /* its header, or 0 */
    uint32_t weight;
} scan;

static void extend_over_loops(const scan *s, nf_baseline_value *value)
{
    const nf_baseline_loop *loops = s->job->loops;
    uint32_t end = value->loop_end;
    for (uint32_t l = s->loop; l && loops[l].header > value->block; l = loops[l].parent)
        if (loops[l].end > end) end = loops[l].end;
    value->loop_end = end;
}

static inline void use(const scan *s, uint32_t id)
{
    nf_baseline_value *value = &s->values[id];
    value->last = s->position;
    value->uses = (value->uses + (value->uses < 2)) & 3;
    value->weight += s->weight;
    if (value->block < s->loop_header) extend_over_loops(s, value);
}

static inline void define(const scan *s, uint32_t id, nf_type type)
{
    nf_baseline_value *value = &s->values[id];
    value->start = s->position;
    value->block = s->block;
    value->weight += s->weight;
    value->file = NF_TYPE_IS_VECTOR(type) ? FILE_VECTOR : type >= NF_F32 ? FILE_FLOAT : FILE_INT;
    s->job->has_vectors |= NF_TYPE_IS_VECTOR(type);
    s->job->defs[s->job->def_count++] = id;
}

/* Constants that are as cheap to make as to move have no register; of the others the assignment
 * decides. */
static void scan_constant(const scan *s, uint32_t id, const nf_inst *inst)
{
    nf_baseline_value *value = &s->values[id];
    value->block = s->block;
    value->start = s->position;
    switch (inst->op) {
    case NF_OP_ICONST: value->at = AT_INT; break;
    case NF_OP_FCONST: value->at = AT_FLOAT; return;
    case NF_OP_LOCAL: value->at = AT_LOCAL; return;
    default: value->at = AT_SYMBOL; break;
    }
    value->fallback = value->at;
    if (inst->op == NF_OP_SYMBOL || !nf_fits_i32(inst->imm)) s->job->defs[s->job->def_count++] = id;
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
        param->weight += s->weight;
        if (to <= s->block)
            s->values[args[i]].hint = params[i];
        else if (param->hint == 0)
            param->hint = args[i];
    }
}

static void scan_edges(const scan *s, const nf_inst *inst)
{
    const nf_edge *edges = &s->job->f->edges.data[inst->extra];
    use(s, inst->a.id);
    for (uint32_t i = 0; i < inst->c.id; i++) scan_edge(s, &edges[i]);
}

static void scan_call(const scan *s, const nf_inst *inst, bool tail)
{
    nf_baseline *job = s->job;
    nf_abi_walk walk = {0};
    const uint32_t *args = job->f->pool.data + inst->extra;
    use(s, inst->a.id);
    for (uint32_t i = 0; i < inst->c.id; i++) {
        nf_abi_place place = nf_abi_next(&walk, nf_type_of(job->f, (nf_value){args[i]}));
        use(s, args[i]);
        if (place.reg != NF_REG_NONE) s->values[args[i]].hint = HINT_REG | place.reg;
    }
    if (walk.stack_bytes > job->outgoing_bytes) job->outgoing_bytes = walk.stack_bytes;
    if (tail) return;
    job->has_calls = true;
    NF_VEC_PUSH(job->arena, &job->calls, s->position);
}

/* A comparison whose result the very next instruction takes as its condition. */
static void note_fusable(const scan *s, const nf_inst *user, uint32_t user_id)
{
    const nf_inst *compare = nf_inst_at(s->job->f, user->a);
    uint8_t shape = nf_op_of(compare)->shape;
    if ((shape == NF_SHAPE_ICMP || shape == NF_SHAPE_FCMP) && compare->next.id == user_id &&
        compare->type == NF_I8)
        s->values[user->a.id].fusable = true;
}

static void scan_plain(const scan *s, uint32_t id, const nf_inst *inst)
{
    use(s, inst->a.id);
    use(s, inst->b.id);
    use(s, inst->c.id);
    define(s, id, inst->type);
    if (s->values[id].hint == 0) s->values[id].hint = inst->a.id;
    if (nf_baseline_is_soft(s->job, inst->op)) {
        s->job->has_calls = true;
        NF_VEC_PUSH(s->job->arena, &s->job->calls, s->position);
    }
}

static void scan_inst(const scan *s, uint32_t id, const nf_inst *inst)
{
    switch (nf_op_of(inst)->shape) {
    case NF_SHAPE_ICONST:
    case NF_SHAPE_FCONST:
    case NF_SHAPE_SYMBOL:
    case NF_SHAPE_LOCAL: scan_constant(s, id, inst); return;
    case NF_SHAPE_CALL:
    case NF_SHAPE_CALL_INDIRECT:
        scan_call(s, inst, false);
        if (inst->type != NF_VOID) define(s, id, inst->type);
        return;
    case NF_SHAPE_TAIL_CALL:
    case NF_SHAPE_TAIL_CALL_INDIRECT: scan_call(s, inst, true); return;
    case NF_SHAPE_BRIF: note_fusable(s, inst, id); /* fall through */
    case NF_SHAPE_BR:
    case NF_SHAPE_SWITCH: scan_edges(s, inst); return;
    case NF_SHAPE_STORE:
    case NF_SHAPE_MSTORE:
        use(s, inst->a.id);
        use(s, inst->b.id);
        use(s, inst->c.id);
        return;
    case NF_SHAPE_RET: use(s, inst->a.id); return;
    case NF_SHAPE_NONE: return;
    case NF_SHAPE_SELECT: note_fusable(s, inst, id); /* fall through */
    default: scan_plain(s, id, inst);
    }
}

static void scan_block(scan *s, uint32_t index)
{
    nf_baseline *job = s->job;
    nf_baseline_block *block = &job->blocks[index];
    const nf_block_data *data = &job->f->blocks.data[block->id];
    const nf_inst *insts = job->f->insts.data;
    s->block = index;
    s->loop = block->loop;
    s->loop_header = job->loops[s->loop].header;
    s->weight = job->loops[s->loop].weight;
    s->position++;
    for (uint32_t i = 0; i < data->param_count; i++) {
        uint32_t id = job->f->pool.data[data->params + i];
        define(s, id, insts[id].type);
    }
    for (uint32_t id = data->first.id; id != 0; id = insts[id].next.id) {
        s->position++;
        scan_inst(s, id, &insts[id]);
    }
    block->end = s->position;
}

static void hint_entry_params(nf_baseline *job)
{
    const nf_block_data *entry = nf_block_at(job->f, job->f->entry);
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < entry->param_count; i++) {
        nf_value param = nf_param_at(job->f, job->f->entry, i);
        nf_abi_place place = nf_abi_next(&walk, nf_type_of(job->f, param));
        if (place.reg != NF_REG_NONE) job->values[param.id].hint = HINT_REG | place.reg;
    }
}

void nf_baseline_live(nf_baseline *job)
{
    uint32_t limit = job->f->insts.count;
    job->values = NF_NEW_ARRAY(job->arena, nf_baseline_value, limit);
    job->defs = NF_NEW_ARRAY(job->arena, uint32_t, limit);
    if (job->values == NULL || job->defs == NULL) return;
    job->values[0].block = UINT32_MAX;
    hint_entry_params(job);
    scan s = {.job = job, .values = job->values};
    for (uint32_t i = 0; i < job->block_count; i++) scan_block(&s, i);
}
