/*
 * Constants that hold only because of branches that are never taken, and the other way round.
 *
 *   requires  nothing
 *   preserves the blocks; branches that are decided become jumps
 *   breaks    ROTATED and LOOP_CLOSED, where that happens
 *
 *     br top(1)                                    br top(1)
 *     top(%x): %c = icmp.ne %x, 1                  top(%x): br next(1)
 *              brif %c, odd, next(%x)        =>    next(%y): ... br top(1)
 *     odd: br next(2)
 *     next(%y): ... br top(%y)
 *
 * Every value starts as not known and every block but the entry as never run; blocks that may run are
 * evaluated with what is known of their values, until nothing changes. A value goes from not known
 * to a constant to varying, once each, so this ends; a branch on a constant leads to one block only.
 * (Wegman and Zadeck, "Constant Propagation with Conditional Branches", 1991, by sweeps in reverse
 * post-order in the place of their lists.) All of it is only true at the end: where that is not reached
 * in SWEEPS_MAX sweeps, nothing is done.
 *
 * fold and simplify_cfg do the rest, and do all that needs no such optimism; so the sweeps are made only
 * where a loop carries a parameter that is given constants and parameters, and nothing else.
 */
#include "base/bitset.h"
#include "ir/eval.h"
#include "opt_internal.h"

enum { SWEEPS_MAX = 12 };

typedef enum knowledge { UNKNOWN, CONSTANT, VARIES } knowledge;

typedef struct constants {
    nf_func *f;
    nf_arena *arena;
    nf_cfg cfg;
    uint8_t *given;   /* by value id: what a parameter is given */
    uint32_t hopes;   /* parameters worth the work that do not vary yet */
    uint8_t *known;   /* by value id: knowledge */
    uint64_t *bits;   /* by value id, of constants */
    nf_bitset runs;   /* blocks that may run */
    bool changed;     /* in this sweep */
    uint32_t decided; /* parameters and branches at the end */
} constants;

/* --- whether it is worth it --- */

enum { GIVEN_CONSTANT = 1, GIVEN_BACK = 2, GIVEN_OTHER = 4, GIVEN_HOPE = 3 };

/* is_back: to a block that stands further up. */
static void args_note(const nf_func *f, const nf_edge *edge, bool is_back, uint8_t *given)
{
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        const nf_inst *arg = nf_inst_at(f, nf_edge_args(f, edge)[i]);
        uint8_t *note = &given[nf_param_at(f, edge->to, i).id];
        if (nf_is_constant(arg))
            *note |= GIVEN_CONSTANT;
        else if (arg->op != NF_OP_PARAM || arg->block.id == f->entry.id)
            *note |= GIVEN_OTHER;
        else if (is_back)
            *note |= GIVEN_BACK;
    }
}

static bool hopes_find(constants *c)
{
    const nf_func *f = c->f;
    nf_bitset above = nf_bitset_new(c->arena, f->blocks.count);
    c->given = NF_NEW_ARRAY(c->arena, uint8_t, f->insts.count);
    if (c->given == NULL || above.words == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        nf_bitset_add(&above, b.id);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++) {
            const nf_edge *edge = nf_edge_at(f, end, e);
            args_note(f, edge, nf_bitset_has(&above, edge->to.id), c->given);
        }
    }
    for (uint32_t v = 0; v < f->insts.count; v++) c->hopes += c->given[v] == GIVEN_HOPE;
    return c->hopes > 0;
}

/* --- the sweeps --- */

static void lower(constants *c, nf_value v, knowledge known, uint64_t bits)
{
    uint8_t *old = &c->known[v.id];
    if (*old == CONSTANT && known == CONSTANT && c->bits[v.id] != bits) known = VARIES;
    if (known <= *old) return;
    c->hopes -= known == VARIES && c->given[v.id] == GIVEN_HOPE;
    *old = (uint8_t)known;
    c->bits[v.id] = bits;
    c->changed = true;
}

static bool is_evaluated(const nf_inst *inst)
{
    const nf_op_info *op = nf_op_of(inst);
    return op->shape >= NF_SHAPE_UNARY && op->shape <= NF_SHAPE_CONVERT &&
           !NF_TYPE_IS_VECTOR(inst->type);
}

static void inst_sweep(constants *c, nf_value v)
{
    const nf_inst *inst = nf_inst_at(c->f, v);
    const nf_value operands[] = {inst->a, inst->b, inst->c};
    nf_bits values[3] = {{{0}}}, result = {{0}};
    if (inst->type == NF_VOID || c->known[v.id] == VARIES) return;
    if (nf_is_constant(inst)) {
        uint64_t mask = UINT64_MAX >> (64 - 8 * nf_type_bytes(inst->type));
        lower(c, v, CONSTANT, (uint64_t)inst->imm & mask);
        return;
    }
    bool unknown = false, varies = !is_evaluated(inst);
    for (unsigned k = 0; k < nf_op_of(inst)->operands && !varies; k++) {
        varies = c->known[operands[k].id] == VARIES;
        unknown |= c->known[operands[k].id] == UNKNOWN;
        values[k].u64[0] = c->bits[operands[k].id];
    }
    if (!varies && unknown) return;
    varies =
        varies || NF_TYPE_IS_VECTOR(nf_type_of(c->f, inst->a)) ||
        !nf_eval_op(inst, nf_type_of(c->f, inst->a), &values[0], &values[1], &values[2], &result);
    lower(c, v, varies ? VARIES : CONSTANT, result.u64[0]);
}

static void edge_sweep(constants *c, const nf_edge *edge)
{
    if (!nf_bitset_has(&c->runs, edge->to.id)) c->changed = true;
    nf_bitset_add(&c->runs, edge->to.id);
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_value arg = nf_edge_args(c->f, edge)[i];
        lower(c, nf_param_at(c->f, edge->to, i), (knowledge)c->known[arg.id], c->bits[arg.id]);
    }
}

/* The one edge that is taken; the number of edges when any may be, one more when none is yet. */
static uint32_t edge_taken(const constants *c, nf_value end)
{
    const nf_inst *inst = nf_inst_at(c->f, end);
    uint32_t count = nf_out_count(c->f, end);
    if (count == 0 || inst->op == NF_OP_BR || c->known[inst->a.id] == VARIES) return count;
    if (c->known[inst->a.id] == UNKNOWN) return count + 1;
    uint64_t value = c->bits[inst->a.id];
    if (inst->op == NF_OP_BRIF) return value == 0;
    for (uint32_t e = 1; e < count; e++)
        if (nf_edge_at(c->f, end, e)->key ==
            nf_type_canonical(nf_type_of(c->f, inst->a), (int64_t)value))
            return e;
    return 0;
}

static void block_sweep(constants *c, nf_block b)
{
    nf_value end = nf_terminator(c->f, b);
    for (nf_value v = nf_block_at(c->f, b)->first; v.id != end.id; v = nf_inst_at(c->f, v)->next)
        inst_sweep(c, v);
    uint32_t count = nf_out_count(c->f, end), taken = edge_taken(c, end);
    for (uint32_t e = 0; e < count; e++)
        if (taken == e || taken == count) edge_sweep(c, nf_edge_at(c->f, end, e));
}

/* False when the end was not reached, or nothing is to be hoped for. */
static bool sweep(constants *c)
{
    nf_func *f = c->f;
    nf_bitset_add(&c->runs, f->entry.id);
    for (uint32_t i = 0; i < nf_block_at(f, f->entry)->param_count; i++)
        lower(c, nf_param_at(f, f->entry, i), VARIES, 0);
    c->changed = true;
    for (uint32_t sweeps = 0; c->changed; sweeps++) {
        if (sweeps == SWEEPS_MAX || c->hopes == 0) return false;
        c->changed = false;
        for (uint32_t i = 0; i < c->cfg.rpo_count; i++)
            if (nf_bitset_has(&c->runs, c->cfg.rpo[i])) block_sweep(c, (nf_block){c->cfg.rpo[i]});
    }
    return true;
}

/* --- the change --- */

static void params_replace(constants *c, nf_block b, nf_value *map)
{
    for (uint32_t i = 0; i < nf_block_at(c->f, b)->param_count; i++) {
        nf_value param = nf_param_at(c->f, b, i);
        nf_type type = nf_type_of(c->f, param);
        if (c->known[param.id] != CONSTANT) continue;
        nf_op op = NF_TYPE_IS_FLOAT(type) ? NF_OP_FCONST : NF_OP_ICONST;
        int64_t number = (int64_t)c->bits[param.id];
        if (op == NF_OP_ICONST) number = nf_type_canonical(type, number);
        map[param.id] = nf_inst_put(c->f, nf_block_at(c->f, b)->first,
                                    &(nf_inst){.op = (uint16_t)op, .type = type, .imm = number});
        c->decided++;
    }
}

/* Operations on constants are fold's. */
static bool rewrite(constants *c, uint32_t value_count)
{
    nf_value *map = NF_NEW_ARRAY(c->arena, nf_value, value_count);
    if (map == NULL) return false;
    for (uint32_t i = 0; i < c->cfg.rpo_count; i++) {
        nf_block b = {c->cfg.rpo[i]};
        if (!nf_bitset_has(&c->runs, b.id)) continue;
        nf_value end = nf_terminator(c->f, b);
        uint32_t count = nf_out_count(c->f, end), taken = edge_taken(c, end);
        params_replace(c, b, map);
        if (taken >= count) continue;
        nf_terminator_take(c->f, end, taken);
        c->decided++;
    }
    if (c->decided) nf_values_replace_some(c->f, map, value_count);
    return c->decided > 0;
}

bool nf_pass_constants(nf_opt *opt, nf_func *f)
{
    nf_arena *arena = opt->scratch;
    constants c = {.f = f, .arena = arena};
    uint32_t values = f->insts.count;
    if (!hopes_find(&c) || !nf_flow_get(opt, f, &c.cfg)) return false;
    c.known = NF_NEW_ARRAY(arena, uint8_t, values);
    c.bits = NF_NEW_ARRAY(arena, uint64_t, values);
    c.runs = nf_bitset_new(arena, f->blocks.count);
    if (c.known == NULL || c.bits == NULL || c.runs.words == NULL || !sweep(&c)) return false;
    if (!rewrite(&c, values)) return false;
    nf_flow_drop(opt);
    opt->hints |= NF_HINT_BRANCHES;
    return true;
}
