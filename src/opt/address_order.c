/*
 * The order in which an address is summed: what a loop computes from its last iteration comes last.
 *
 * A loop that walks a graph or a table, its next state being what it loads, is as slow as the chain
 * from state to state, however much may be done beside it:
 *
 *     top(%state, %i): %row = shl.i64 %state, 8    %p = add.i64 %table, %row
 *                      %next = load.i8 [%p + %byte]
 *  =>                  %p = add.i64 %table, %byte    %next = load.i8 [%p + %row]
 *
 * Of the three parts of an address one is added by the load itself. When exactly one is late, that is
 * made from a parameter of the loop's header which is no counter, it becomes that one: the other two
 * are added while the state is still on its way. The sum must have no other user, so that it dies
 * and there is as much to compute as before. (As in the "reassociation by rank" of Briggs, Cooper,
 * "Effective Partial Redundancy Elimination", 1994, where the rank of a value is the loop that it
 * varies in.)
 */
#include "opt_internal.h"

typedef struct order {
    nf_func *f;
    const nf_cfg *cfg;
    const uint32_t *uses; /* by value id; what died in this pass has given its uses away */
    bool *late;           /* by value id: within the innermost loop around it */
    uint32_t value_count, loop;
    bool changed;
} order;

/* What was put in is early. */
static bool is_late(const order *o, nf_value v)
{
    return v.id < o->value_count && o->late[v.id] &&
           o->cfg->loop_of[nf_inst_at(o->f, v)->block.id] == o->loop;
}

/* Whether all that comes in from inside the loop is the parameter and a step. */
static bool is_counter(const order *o, nf_block header, uint32_t index)
{
    nf_value param = nf_param_at(o->f, header, index);
    for (uint32_t p = o->cfg->pred_start[header.id]; p < o->cfg->pred_start[header.id + 1]; p++) {
        nf_block pred = {o->cfg->preds[p]};
        if (!nf_cfg_loop_has(o->cfg, o->loop, pred)) continue;
        nf_value end = nf_terminator(o->f, pred);
        for (uint32_t e = 0; e < nf_out_count(o->f, end); e++) {
            const nf_edge *edge = nf_edge_at(o->f, end, e);
            if (edge->to.id != header.id) continue;
            const nf_inst *next = nf_inst_at(o->f, nf_edge_args(o->f, edge)[index]);
            if (next->op != NF_OP_ADD || next->a.id != param.id || is_late(o, next->b))
                return false;
        }
    }
    return true;
}

static void header_survey(order *o, nf_block header)
{
    uint32_t count = nf_block_at(o->f, header)->param_count;
    for (uint32_t i = 0; i < count; i++)
        o->late[nf_param_at(o->f, header, i).id] = !is_counter(o, header, i);
}

static bool has_late_operand(const order *o, const nf_inst *inst)
{
    const nf_value operands[] = {inst->a, inst->b, inst->c};
    for (uint32_t i = 0; i < nf_ops[inst->op].operands; i++)
        if (is_late(o, operands[i])) return true;
    return false;
}

/* [(x + y) + z] where y alone is late: [(x + z) + y]. `sum` is one of the load's two parts. */
static void access_order(order *o, nf_value v, nf_value sum, nf_value z)
{
    const nf_inst *inst = nf_inst_at(o->f, sum);
    if (inst->op != NF_OP_ADD || o->uses[sum.id] != 1 || is_late(o, z)) return;
    nf_value x = inst->a, y = inst->b;
    if (is_late(o, x) == is_late(o, y)) return;
    if (is_late(o, x)) {
        x = inst->b;
        y = inst->a;
    }
    nf_inst early = {.op = NF_OP_ADD, .type = inst->type, .a = z, .b = x};
    nf_value base = nf_inst_put(o->f, v, &early);
    nf_inst *access = nf_inst_at(o->f, v);
    access->a = base;
    access->b = y;
    o->changed = true;
}

static void block_order(order *o, nf_block b)
{
    NF_FOR_INSTS(o->f, b, v)
    {
        const nf_inst *inst = nf_inst_at(o->f, v);
        if (inst->op == NF_OP_PARAM || v.id >= o->value_count) continue;
        o->late[v.id] = has_late_operand(o, inst);
        bool three = inst->op == NF_OP_LOAD && inst->b.id != 0 && inst->sub == 0;
        if (!three || !o->late[v.id]) continue;
        nf_value base = inst->a, index = inst->b;
        access_order(o, v, is_late(o, base) ? base : index, is_late(o, base) ? index : base);
    }
}

bool nf_address_order(nf_func *f, const nf_cfg *cfg, const uint32_t *uses, nf_arena *arena)
{
    order o = {.f = f, .cfg = cfg, .uses = uses, .value_count = f->insts.count};
    o.late = NF_NEW_ARRAY(arena, bool, o.value_count);
    for (uint32_t i = 0; o.late != NULL && i < cfg->rpo_count; i++) {
        nf_block b = {cfg->rpo[i]};
        o.loop = cfg->loop_of[b.id];
        if (o.loop == NF_NO_LOOP) continue;
        if (cfg->loops[o.loop].header.id == b.id) header_survey(&o, b);
        block_order(&o, b);
    }
    return o.changed;
}
