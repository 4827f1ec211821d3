/*
 * Rebuilds SSA form for variables that have several definitions.
 *
 * Follows Braun and others, "Simple and Efficient Construction of Static Single Assignment Form"
 * (2013), on a graph that is complete: a read looks backwards along single predecessors until it
 * meets a definition; at a join it makes a block parameter at once and leaves its arguments for
 * later, so that nothing recurses and loops end by themselves. The parameters' arguments are
 * appended in the order in which the parameters were made, which keeps the lists in step.
 *
 * Parameters that turn out to have one value only are left to simplify_cfg.
 *
 *     a: x = 1, brif b, c    b: x = 2, br c    c: use x    =>    c(%p): use %p;  a and b pass 1 and
 * 2
 */
#include "opt_internal.h"

static uint64_t place_key(uint32_t variable, nf_block b)
{
    return (uint64_t)variable << 32 | b.id;
}

bool nf_ssa_init(nf_ssa *ssa, nf_func *f, nf_arena *arena)
{
    *ssa = (nf_ssa){.f = f, .arena = arena};
    nf_map_init(&ssa->ends, arena);
    nf_map_init(&ssa->starts, arena);
    return nf_in_edges_build(f, arena, &ssa->in);
}

void nf_ssa_define_start(nf_ssa *ssa, uint32_t variable, nf_block b, nf_value value)
{
    nf_map_put(&ssa->starts, place_key(variable, b), value.id);
}

void nf_ssa_define_end(nf_ssa *ssa, uint32_t variable, nf_block b, nf_value value)
{
    nf_map_put(&ssa->ends, place_key(variable, b), value.id);
}

static nf_value join_make(nf_ssa *ssa, uint32_t variable, nf_type type, nf_block b)
{
    nf_value param = nf_block_param(ssa->f, b, type);
    NF_VEC_PUSH(ssa->arena, &ssa->joins, (nf_ssa_join){variable, type, b});
    return param;
}

/* No definition reaches the entry: the variable is zero there. */
static nf_value zero_make(nf_ssa *ssa, nf_type type)
{
    return nf_zero_put(ssa->f, nf_block_at(ssa->f, ssa->f->entry)->first, type);
}

nf_value nf_ssa_at_start(nf_ssa *ssa, uint32_t variable, nf_type type, nf_block b)
{
    uint64_t known = 0;
    nf_block at = b;
    uint32_t steps_left = ssa->f->blocks.count; /* an unreachable cycle has no definition */
    for (;;) {
        if (nf_map_get(&ssa->starts, place_key(variable, at), &known)) break;
        uint32_t first = ssa->in.start[at.id], count = ssa->in.start[at.id + 1] - first;
        if (count == 1 && steps_left-- > 0) {
            at = ssa->in.all[first].from;
            if (nf_map_get(&ssa->ends, place_key(variable, at), &known)) break;
            continue;
        }
        known = (count > 1 ? join_make(ssa, variable, type, at) : zero_make(ssa, type)).id;
        nf_ssa_define_start(ssa, variable, at, (nf_value){(uint32_t)known});
        break;
    }
    nf_value value = {(uint32_t)known};
    if (at.id != b.id) nf_ssa_define_start(ssa, variable, b, value);
    return value;
}

nf_value nf_ssa_at_end(nf_ssa *ssa, uint32_t variable, nf_type type, nf_block b)
{
    uint64_t known = 0;
    if (nf_map_get(&ssa->ends, place_key(variable, b), &known)) return (nf_value){(uint32_t)known};
    return nf_ssa_at_start(ssa, variable, type, b);
}

void nf_ssa_finish(nf_ssa *ssa)
{
    for (; ssa->joins_filled < ssa->joins.count; ssa->joins_filled++) {
        nf_ssa_join join = ssa->joins.data[ssa->joins_filled];
        for (uint32_t i = ssa->in.start[join.block.id]; i < ssa->in.start[join.block.id + 1]; i++) {
            nf_in_edge in = ssa->in.all[i];
            nf_value arg = nf_ssa_at_end(ssa, join.variable, join.type, in.from);
            nf_edge_arg_append(ssa->f, &ssa->f->edges.data[in.edge], arg);
        }
    }
}
