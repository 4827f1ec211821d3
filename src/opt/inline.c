/*
 * Small callees are copied into their callers.
 *
 *   requires  nothing
 *   preserves what is executed
 *   breaks    ROTATED and LOOP_CLOSED
 *
 * Direct calls of functions of the same module. What is copied is looked at for calls again, at most
 * DEPTH_MAX deep, and never a function that calls itself, nor one into what came from itself.
 *
 *     b: ..., %r = call @f(%x), rest    =>    b: ..., entry of f with %x for its parameter
 *                                             blocks of f, `ret %y` as `br after(%y)`
 *                                             after(%r): rest
 *
 * A function is small enough when it has SIZE_MAX_PLAIN instructions, or SIZE_MAX_MARKED when it is
 * marked inline, and while the caller does not grow beyond CALLER_GROWTH. A function with a loop is only
 * inlined when it is marked: a loop is hot enough to be raced by itself, behind its own slot.
 *
 * What must not be believed of the copy: alias classes, which promise something about one call only
 * (two copies in a loop, or the caller's own classes, may overlap), so they are cleared; noalias
 * parameters, which vanish with the parameters. Floating-point code is not copied between functions that
 * differ in whether they may reassociate. Locals of the callee become locals of the caller; a tail call
 * becomes a call.
 */
#include "opt_internal.h"

enum {
    SIZE_MAX_PLAIN = 40,
    SIZE_MAX_MARKED = 600,
    DEPTH_MAX = 8,
    CALLER_SIZE_FREE = 1500, /* instructions up to which a caller may grow in any case */
    CALLER_GROWTH = 3,       /* times its own size, beyond that */
    CALLEE_BYTES_MAX = 4096, /* of locals */
};

/* What is known of a callee. */
typedef struct callee_facts {
    bool known, has_loop, has_float, calls_itself;
    uint32_t size, local_bytes;
} callee_facts;

/* Where a call comes from: the function whose copy it stands in, and so on up. */
typedef struct origin {
    nf_symbol function;
    uint32_t parent, depth;
} origin;

typedef struct site {
    nf_value call;
    uint32_t origin;
} site;

typedef struct inliner {
    nf_opt *opt;
    nf_func *f;
    nf_arena *arena;
    callee_facts *facts; /* by symbol id */
    NF_VEC(origin) origins;
    NF_VEC(site) sites;
    nf_value *map; /* values of f: what took the place of a call */
    uint32_t map_count;
    uint32_t size, size_max;
} inliner;

/* --- whether --- */

static bool is_float_sum(const nf_inst *inst)
{
    return nf_ops[inst->op].types == NF_TYPES_FV || nf_ops[inst->op].types == NF_TYPES_VF;
}

static bool has_loop(const nf_func *f, nf_arena *arena)
{
    nf_cfg cfg;
    if (nf_cfg_build(f, arena, &cfg) != NF_OK || cfg.loop_count) return true;
    for (uint32_t i = 0; i < cfg.rpo_count; i++) { /* irreducible cycles are in no loop */
        nf_value end = nf_terminator(f, (nf_block){cfg.rpo[i]});
        for (uint32_t e = 0; e < nf_out_count(f, end); e++)
            if (cfg.rpo_index[nf_edge_at(f, end, e)->to.id] <= i) return true;
    }
    return false;
}

static bool calls(const nf_inst *inst, nf_symbol symbol)
{
    bool direct = inst->op == NF_OP_CALL || inst->op == NF_OP_TAIL_CALL;
    return direct && inst->imm == (int64_t)symbol.id;
}

static const callee_facts *facts_of(inliner *in, nf_symbol symbol, const nf_func *callee)
{
    callee_facts *facts = &in->facts[symbol.id];
    if (facts->known) return facts;
    facts->known = true;
    NF_FOR_BLOCKS(callee, b)
    {
        NF_FOR_INSTS(callee, b, v)
        {
            const nf_inst *inst = nf_inst_at(callee, v);
            facts->size += !nf_is_constant(inst);
            facts->has_float |= is_float_sum(inst);
            facts->calls_itself |= calls(inst, symbol);
        }
    }
    for (uint32_t i = 1; i < callee->locals.count; i++)
        facts->local_bytes += callee->locals.data[i].size;
    bool matters = (callee->attributes & NF_ATTR_INLINE) == 0 && facts->size <= SIZE_MAX_PLAIN;
    facts->has_loop = matters && has_loop(callee, in->arena);
    return facts;
}

static bool is_recursive(const inliner *in, uint32_t from, nf_symbol symbol)
{
    for (uint32_t at = from; at != 0; at = in->origins.data[at].parent)
        if (in->origins.data[at].function.id == symbol.id) return true;
    return symbol.id == in->f->symbol.id;
}

static bool is_wanted(inliner *in, const site *s, nf_symbol symbol, const nf_func *callee)
{
    bool marked = (callee->attributes & NF_ATTR_INLINE) != 0;
    if ((callee->attributes & NF_ATTR_NOINLINE) || !nf_func_load(callee)) return false;
    if (in->origins.data[s->origin].depth >= DEPTH_MAX || is_recursive(in, s->origin, symbol))
        return false;
    const callee_facts *facts = facts_of(in, symbol, callee);
    if (facts->size > (uint32_t)(marked ? SIZE_MAX_MARKED : SIZE_MAX_PLAIN)) return false;
    if (in->size + facts->size > in->size_max || facts->local_bytes > CALLEE_BYTES_MAX)
        return false;
    if ((facts->has_loop && !marked) || facts->calls_itself) return false;
    bool reassociates = ((callee->attributes ^ in->f->attributes) & NF_ATTR_REASSOC) == 0;
    return reassociates || !facts->has_float;
}

/* --- how --- */

/* One copy being made. */
typedef struct copy {
    inliner *in;
    const nf_func *callee;
    nf_value *values; /* by the callee's ids */
    nf_block *blocks;
    uint32_t local_base;
    nf_block after;
    uint32_t origin;
} copy;

/* Splits the block behind the call; the second half has the call's result as its parameter. */
static nf_block block_split(inliner *in, nf_value call)
{
    nf_func *f = in->f;
    nf_block b = nf_inst_at(f, call)->block, after = nf_block_insert(f, b);
    nf_type type = nf_inst_at(f, call)->type;
    for (nf_value v = nf_inst_at(f, call)->next, next; v.id != 0; v = next) {
        next = nf_inst_at(f, v)->next;
        nf_inst_unlink(f, v);
        nf_inst_append(f, after, v);
    }
    if (type != NF_VOID) in->map[call.id] = nf_block_param(f, after, type);
    return after;
}

/* Blocks and their parameters; the entry is the caller's block, its parameters are the arguments. */
static void blocks_make(copy *c, nf_value call)
{
    nf_func *f = c->in->f;
    const nf_func *callee = c->callee;
    nf_block last = nf_inst_at(f, call)->block;
    nf_block entry = nf_func_entry(callee);
    const nf_inst *inst = nf_inst_at(f, call);
    for (uint32_t i = 0; i < nf_block_at(callee, entry)->param_count; i++)
        c->values[nf_param_at(callee, entry, i).id] = nf_call_args(f, inst)[i];
    NF_FOR_BLOCKS(callee, b)
    {
        if (b.id == entry.id) {
            c->blocks[b.id] = last;
            continue;
        }
        c->blocks[b.id] = last = nf_block_insert(f, last);
        for (uint32_t i = 0; i < nf_block_at(callee, b)->param_count; i++) {
            nf_value param = nf_param_at(callee, b, i);
            c->values[param.id] = nf_block_param(f, last, nf_type_of(callee, param));
        }
    }
}

static void place_copy(void *context, nf_value *place)
{
    const copy *c = context;
    *place = c->values[place->id];
}

/* A run of the callee's values, mapped, in the caller's pool. */
static uint32_t run_copy(copy *c, const nf_value *run, uint32_t count)
{
    nf_func *f = c->in->f;
    uint32_t start = nf_pool_new(f, run, count);
    for (uint32_t i = 0; start != 0 && i < count; i++)
        f->pool.data[start + i] = c->values[run[i].id].id;
    return start;
}

static void edges_copy(copy *c, nf_value end, nf_inst *record)
{
    nf_func *f = c->in->f;
    uint32_t count = nf_out_count(c->callee, end);
    if (count == 0) return;
    record->extra = nf_edges_new(f, count);
    for (uint32_t e = 0; record->extra != 0 && e < count; e++) {
        nf_edge edge = *nf_edge_at(c->callee, end, e);
        edge.to = c->blocks[edge.to.id];
        edge.args =
            run_copy(c, nf_edge_args(c->callee, nf_edge_at(c->callee, end, e)), edge.arg_count);
        edge.arg_capacity = edge.arg_count;
        f->edges.data[record->extra + e] = edge;
    }
}

/* A return goes behind the call; a tail call becomes a call and a return. */
static void return_copy(copy *c, nf_value v, nf_block b)
{
    nf_func *f = c->in->f;
    nf_inst record = *nf_inst_at(c->callee, v);
    nf_value result = c->values[record.a.id];
    if (record.op != NF_OP_RET) {
        nf_type type = nf_signature_at(f->module, c->callee->signature)->result;
        bool direct = record.op == NF_OP_TAIL_CALL;
        record.op = direct ? NF_OP_CALL : NF_OP_CALL_INDIRECT;
        record.type = type;
        record.a = c->values[direct ? 0 : record.a.id];
        record.extra = run_copy(c, nf_call_args(c->callee, nf_inst_at(c->callee, v)), record.c.id);
        result = nf_inst_new(f, &record);
        nf_inst_append(f, b, result);
        NF_VEC_PUSH(c->in->arena, &c->in->sites, (site){result, c->origin});
    }
    bool returns = nf_block_at(f, c->after)->param_count != 0;
    nf_branch_append(f, b, c->after, &result, returns);
}

/* The record with its own lists, operands not mapped yet. */
static void inst_copy(copy *c, nf_value v, nf_block b)
{
    nf_func *f = c->in->f;
    const nf_inst *from = nf_inst_at(c->callee, v);
    nf_inst record = *from;
    uint8_t shape = nf_ops[record.op].shape;
    if (shape >= NF_SHAPE_LOAD && shape <= NF_SHAPE_MSTORE) record.mem.alias = 0;
    if (record.op == NF_OP_LOCAL) record.extra += c->local_base;
    nf_value made = nf_inst_new(f, &record);
    nf_inst_append(f, b, made);
    c->values[v.id] = made;
    if (record.op == NF_OP_CALL) NF_VEC_PUSH(c->in->arena, &c->in->sites, (site){made, c->origin});
}

/* Operands and lists, once every value of the callee has its copy. */
static void inst_finish(copy *c, nf_value v)
{
    nf_func *f = c->in->f;
    nf_value made = c->values[v.id];
    nf_inst record = *nf_inst_at(f, made);
    const nf_op_info *op = &nf_ops[record.op];
    if (op->operands > 0) place_copy(c, &record.a);
    if (op->operands > 1) place_copy(c, &record.b);
    if (op->operands > 2) place_copy(c, &record.c);
    const nf_inst *from = nf_inst_at(c->callee, v);
    if (nf_call_arg_count(from))
        record.extra = run_copy(c, nf_call_args(c->callee, from), nf_call_arg_count(from));
    edges_copy(c, v, &record);
    *nf_inst_at(f, made) = record;
}

static bool is_return(const nf_inst *inst)
{
    return inst->op == NF_OP_RET || inst->op == NF_OP_TAIL_CALL ||
           inst->op == NF_OP_TAIL_CALL_INDIRECT;
}

static void body_copy(copy *c)
{
    const nf_func *callee = c->callee;
    NF_FOR_BLOCKS(callee, b)
    {
        NF_FOR_INSTS(callee, b, v)
        {
            if (!is_return(nf_inst_at(callee, v))) inst_copy(c, v, c->blocks[b.id]);
        }
    }
    NF_FOR_BLOCKS(callee, b)
    {
        NF_FOR_INSTS(callee, b, v)
        {
            if (is_return(nf_inst_at(callee, v)))
                return_copy(c, v, c->blocks[b.id]);
            else
                inst_finish(c, v);
        }
    }
}

static bool locals_add(copy *c)
{
    nf_func *f = c->in->f;
    c->local_base = f->locals.count - 1;
    for (uint32_t i = 1; i < c->callee->locals.count; i++)
        if (!NF_VEC_PUSH(f->arena, &f->locals, c->callee->locals.data[i])) return false;
    return true;
}

static void site_inline(inliner *in, const site *s, nf_symbol symbol, const nf_func *callee)
{
    nf_func *f = in->f;
    origin made = {symbol, s->origin, in->origins.data[s->origin].depth + 1};
    copy c = {.in = in,
              .callee = callee,
              .values = NF_NEW_ARRAY(in->arena, nf_value, callee->insts.count),
              .blocks = NF_NEW_ARRAY(in->arena, nf_block, callee->blocks.count),
              .origin = in->origins.count};
    if (!c.values || !c.blocks || !locals_add(&c) || !NF_VEC_PUSH(in->arena, &in->origins, made))
        return;
    c.after = block_split(in, s->call);
    blocks_make(&c, s->call);
    nf_inst_remove(f, s->call);
    body_copy(&c);
    in->size += in->facts[symbol.id].size;
    in->opt->calls_inlined++;
}

static void site_try(inliner *in, uint32_t index)
{
    site s = in->sites.data[index];
    const nf_inst *call = nf_inst_at(in->f, s.call);
    if (call->op != NF_OP_CALL || s.call.id >= in->map_count) return;
    nf_symbol symbol = {(uint32_t)call->imm};
    const nf_symbol_data *data = nf_symbol_at(in->f->module, symbol);
    if (data->kind != NF_SYMBOL_FUNC || !is_wanted(in, &s, symbol, data->func)) return;
    site_inline(in, &s, symbol, data->func);
}

/* Values of calls that were copied have ids behind the map's end: it grows with them. */
static bool map_grow(inliner *in)
{
    if (in->f->insts.count <= in->map_count) return true;
    nf_value *map = NF_NEW_ARRAY(in->arena, nf_value, in->f->insts.count * 2);
    if (map == NULL) return false;
    if (in->map_count) __builtin_memcpy(map, in->map, in->map_count * sizeof *map);
    in->map = map;
    in->map_count = in->f->insts.count * 2;
    return true;
}

static bool inliner_init(inliner *in, nf_opt *opt, nf_func *f)
{
    *in = (inliner){.opt = opt, .f = f, .arena = opt->scratch, .size = nf_func_size(f)};
    in->size_max =
        in->size * CALLER_GROWTH > CALLER_SIZE_FREE ? in->size * CALLER_GROWTH : CALLER_SIZE_FREE;
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            if (nf_is_op(f, v, NF_OP_CALL)) NF_VEC_PUSH(in->arena, &in->sites, (site){v, 0});
        }
    }
    if (in->sites.count == 0 || !NF_VEC_PUSH(in->arena, &in->origins, (origin){.depth = 0}))
        return false;
    in->facts = NF_NEW_ARRAY(in->arena, callee_facts, f->module->symbols.count);
    return in->facts && map_grow(in);
}

bool nf_pass_inline(nf_opt *opt, nf_func *f)
{
    inliner in;
    uint32_t before = opt->calls_inlined;
    if (!inliner_init(&in, opt, f)) return false;
    for (uint32_t i = 0; i < in.sites.count && !f->arena->failed; i++) {
        if (!map_grow(&in)) return true;
        site_try(&in, i);
    }
    if (opt->calls_inlined == before) return false;
    nf_flow_drop(opt);
    nf_values_replace_some(f, in.map, in.map_count);
    return true;
}
