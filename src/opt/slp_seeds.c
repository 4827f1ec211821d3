/*
 * Where vectors may begin: stores of neighbours, and accumulators that a loop leaves with; see
 * slp_internal.h.
 *
 * A seed is a value with the place in memory that orders it among its like: a store with its own, the
 * parameter of a loop's exit with that of the first load on the way to what it is given,
 *
 *     brif %c, top(...), exit(%s2, %t2)    with %s2 = fadd %s, (load [%p]), %t2 = fadd %t, (load [%p + 4])
 */
#include "slp_internal.h"

enum { LOAD_DEPTH_MAX = 4 };

static void seed_add(const nf_func *f, nf_arena *arena, nf_value value, nf_value access,
                     uint32_t segment, nf_seeds *s)
{
    nf_spot *spot = NF_NEW(arena, nf_spot);
    const nf_inst *inst = nf_inst_at(f, access);
    if (spot == NULL || s->count == NF_SEEDS_MAX) return;
    *spot = nf_spot_of(f, inst);
    s->data[s->count++] = (nf_seed){value, spot, segment, nf_type_bytes(inst->type)};
}

/* --- stores --- */

static bool is_store(const nf_func *f, const nf_inst *inst)
{
    return inst->op == NF_OP_STORE && !NF_TYPE_IS_VECTOR(inst->type) &&
           nf_memory_use_of(f, inst) == NF_MEMORY_STORE;
}

/* Whether the block has two stores of a type. */
static bool has_stores(const nf_func *f, nf_block b)
{
    unsigned seen = 0;
    NF_FOR_INSTS(f, b, v)
    {
        const nf_inst *inst = nf_inst_at(f, v);
        if (inst->op != NF_OP_STORE || !is_store(f, inst)) continue;
        if (seen >> inst->type & 1) return true;
        seen |= 1u << inst->type;
    }
    return false;
}

static void stores_find(const nf_func *f, nf_arena *arena, nf_block b, nf_seeds *s)
{
    uint32_t segment = 0;
    NF_FOR_INSTS(f, b, v)
    {
        const nf_inst *inst = nf_inst_at(f, v);
        if (nf_ops[inst->op].effects == 0) continue;
        if (nf_memory_use_of(f, inst) >= NF_MEMORY_READ) segment++;
        if (is_store(f, inst)) seed_add(f, arena, v, v, segment, s);
    }
}

/* --- accumulators --- */

/* The first load of the block on the way to what an operation computes; none when there is none. */
static nf_value load_find(const nf_func *f, nf_block b, nf_value v, unsigned depth)
{
    nf_value found = {0};
    const nf_inst *inst = nf_inst_at(f, v);
    uint8_t operands = nf_op_of(inst)->operands;
    if (inst->block.id != b.id || inst->op == NF_OP_PARAM) return found;
    if (inst->op == NF_OP_LOAD) return v;
    if (depth == 0 || nf_op_of(inst)->effects) return found;
    const nf_value all[] = {inst->a, inst->b, inst->c};
    for (uint8_t k = 0; k < operands && found.id == 0; k++)
        if (all[k].id) found = load_find(f, b, all[k], depth - 1);
    return found;
}

/* Whether two arguments of the edge come from the same operation. */
static bool has_accumulators(const nf_func *f, const nf_edge *edge)
{
    nf_value *args = nf_edge_args(f, edge);
    for (uint32_t i = 1; i < edge->arg_count; i++) {
        const nf_inst *a = nf_inst_at(f, args[i - 1]), *b = nf_inst_at(f, args[i]);
        if (a->op == b->op && a->type == b->type && nf_ops[a->op].shape == NF_SHAPE_BINARY)
            return true;
    }
    return false;
}

/* Leaves the seeds as they are unless the block ends in a loop's last test. */
static void accumulators_find(const nf_func *f, nf_arena *arena, nf_block b, nf_seeds *s)
{
    nf_value end = nf_terminator(f, b);
    for (uint32_t e = 0; nf_is_op(f, end, NF_OP_BRIF) && e < nf_out_count(f, end); e++) {
        const nf_edge *edge = nf_edge_at(f, end, e);
        if (!has_accumulators(f, edge)) continue;
        for (uint32_t i = 0; i < edge->arg_count; i++) {
            nf_value arg = nf_edge_args(f, edge)[i], param = nf_param_at(f, edge->to, i);
            nf_value load = load_find(f, b, arg, LOAD_DEPTH_MAX);
            if (load.id && load.id != arg.id && !NF_TYPE_IS_VECTOR(nf_type_of(f, param)))
                seed_add(f, arena, param, load, edge->to.id, s);
        }
    }
}

/* --- both --- */

bool nf_seeds_find(const nf_func *f, nf_arena *arena, nf_block b, nf_seeds **seeds)
{
    bool stores = has_stores(f, b);
    if (!stores && !nf_is_op(f, nf_terminator(f, b), NF_OP_BRIF)) return false;
    if (*seeds == NULL) *seeds = NF_TAKE_ARRAY(arena, nf_seeds, 1);
    if (*seeds == NULL) return false;
    (*seeds)->count = 0;
    if (stores) stores_find(f, arena, b, *seeds);
    accumulators_find(f, arena, b, *seeds);
    return (*seeds)->count > 1;
}

static bool are_of_a_kind(const nf_func *f, const nf_seed *a, const nf_seed *b)
{
    return a->segment == b->segment && nf_type_of(f, a->value) == nf_type_of(f, b->value) &&
           nf_is_op(f, a->value, (nf_op)nf_inst_at(f, b->value)->op) &&
           nf_spots_alike(a->spot, b->spot);
}

bool nf_seeds_are_neighbours(const nf_func *f, const nf_seed *low, const nf_seed *high)
{
    uint64_t apart = (uint64_t)high->spot->offset - (uint64_t)low->spot->offset;
    return are_of_a_kind(f, low, high) && apart == low->bytes && low->bytes == high->bytes;
}

uint32_t nf_seeds_kind(const nf_func *f, nf_seed *list, uint32_t count)
{
    uint32_t taken = 1;
    for (uint32_t i = 1; i < count; i++) {
        const nf_seed found = list[i];
        if (!are_of_a_kind(f, &list[0], &found)) continue;
        list[i] = list[taken];
        uint32_t at = taken++;
        for (; at > 0 && list[at - 1].spot->offset > found.spot->offset; at--)
            list[at] = list[at - 1];
        list[at] = found;
    }
    return taken;
}
