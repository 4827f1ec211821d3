/*
 * Between the passes of src/opt/. A pass gives true when it changed the function.
 *
 * Each pass is a file that says what it requires, preserves and breaks; passes.def says the same as
 * data, and opt.c checks it in debug builds. What several passes need stands here.
 */
#ifndef NF_OPT_INTERNAL_H
#define NF_OPT_INTERNAL_H

#include "base/assert.h"
#include "base/bitset.h"
#include "base/map.h"
#include "ir/cfg.h"
#include "opt.h"

/*
 * passes.def: PASS(name, function, requires, gives, breaks, meaning)
 * requires, gives and breaks are sets of shape facts that the pass manager checks in debug builds.
 */
enum {
    NF_FACT_NONE = 0,
    /* Every natural loop has a preheader (the one predecessor of the header outside, whose only
     * successor is the header), one latch, and exits that only the loop goes to. Where the header
     * was cheap enough to copy, the loop's test is at its bottom and a guard stands in front. */
    NF_FACT_ROTATED = 1,
    /* No value made in a loop is used outside but through an exit block's parameter. */
    NF_FACT_LOOP_CLOSED = 2,
};

#define PASS(name, function, requires, gives, breaks, meaning)                                     \
    bool function(nf_opt *opt, nf_func *f);
#include "passes.def"
#undef PASS

/* --- hints: what a pass has left for another one, which is only run then where the pipeline says so.
 * Whoever runs has what it was asked for. --- */
enum {
    NF_HINT_FOLDS = 1, /* for fold: operands that are constants or equal, and were not before */
    NF_HINT_BRANCHES =
        2,              /* for simplify_cfg: a terminator that uses other values, an empty block */
    NF_HINT_PACKED = 4, /* for promote: stores that were joined */
};

/* --- flow.c: the control flow graph, kept from pass to pass --- */
typedef struct nf_flow {
    nf_arena arena;
    nf_cfg cfg;
    bool known;               /* cfg is the function's */
    struct nf_memory *memory; /* alias.h; NULL: not known */
    bool memory_stays;        /* through what the pass at hand changes */
} nf_flow;

/* Gives the graph as it is, which nobody may write to; false when memory is out. It stays readable
 * until one is asked for behind a change. Without a pass manager it is made in scratch memory. */
bool nf_flow_get(nf_opt *opt, const nf_func *f, nf_cfg *cfg);
/* To be called by whoever adds, removes or redirects blocks or edges, or changes their order. Debug
 * builds check behind each pass that nobody forgot to. */
void nf_flow_drop(nf_opt *opt);
/* Whether what is kept, if anything, is the function's graph; scratch from the arena. */
bool nf_flow_is_right(const nf_flow *flow, const nf_func *f, nf_arena *arena);

/* --- facts.c --- */
/* NULL when the facts hold, else which one does not; scratch from the arena. */
const char *nf_facts_check(const nf_func *f, unsigned facts, nf_arena *arena);

/* --- reading --- */
/* Whether the instruction uses lists of values beside its operands: a call's or its edges'. */
static inline bool nf_has_lists(const nf_inst *inst)
{
    return inst->op >= NF_OP_CALL && inst->op <= NF_OP_SWITCH;
}
_Static_assert(NF_OP_CALL + 6 == NF_OP_SWITCH,
               "four calls and three branches, and no other, have lists");

/* As nf_operands_each, but the visitor is compiled into the walk. */
static inline __attribute__((always_inline)) void
nf_uses_walk(const nf_func *f, nf_inst *inst, nf_operand_visit *visit, void *context)
{
    if (inst->a.id) visit(context, &inst->a);
    if (inst->b.id) visit(context, &inst->b);
    if (!nf_has_lists(inst)) {
        if (inst->c.id) visit(context, &inst->c);
        return;
    }
    if (inst->op < NF_OP_BR) {
        nf_value *args = nf_call_args(f, inst);
        for (uint32_t i = 0; i < inst->c.id; i++) visit(context, &args[i]);
        return;
    }
    for (uint32_t e = 0; e < inst->c.id; e++) {
        const nf_edge *edge = &f->edges.data[inst->extra + e];
        nf_value *args = nf_edge_args(f, edge);
        for (uint32_t i = 0; i < edge->arg_count; i++) visit(context, &args[i]);
    }
}

/* What the record has for operands; none where it has fewer, as the verifier sees to: only c may count
 * lists. There is no branch in it: which operation comes next is not to be foretold, and a wrong guess
 * costs more than all the rest. */
typedef struct nf_operands {
    uint32_t a, b, c;
} nf_operands;

static inline nf_operands nf_operands_of(const nf_inst *inst)
{
    return (nf_operands){inst->a.id, inst->b.id, nf_has_lists(inst) ? 0 : inst->c.id};
}

/* As nf_edge_count, but inline. */
static inline uint32_t nf_out_count(const nf_func *f, nf_value terminator)
{
    const nf_inst *inst = nf_inst_at(f, terminator);
    bool goes = inst->op == NF_OP_BR || inst->op == NF_OP_BRIF || inst->op == NF_OP_SWITCH;
    return goes ? inst->c.id : 0;
}

static inline nf_value nf_terminator(const nf_func *f, nf_block b)
{
    return nf_block_at(f, b)->last;
}

/* Whether the block has nothing but its terminator. */
static inline bool nf_block_is_bare(const nf_func *f, nf_block b)
{
    return nf_block_at(f, b)->first.id == nf_block_at(f, b)->last.id;
}

static inline bool nf_is_op(const nf_func *f, nf_value v, nf_op op)
{
    return nf_inst_at(f, v)->op == op;
}

static inline bool nf_is_constant(const nf_inst *inst)
{
    return inst->op == NF_OP_ICONST || inst->op == NF_OP_FCONST;
}

/* What needs no operands and costs nothing: the back end makes it anew where it is used. */
static inline bool nf_is_free(const nf_inst *inst)
{
    return nf_is_constant(inst) || inst->op == NF_OP_SYMBOL || inst->op == NF_OP_LOCAL;
}

/* Values that others have taken the places of. Chains are followed; values from count on stay. */
typedef struct nf_renaming {
    const nf_func *f;
    const nf_value *map;
    uint32_t count;
    bool renamed, varying; /* out: whether something was; to something that is no constant */
} nf_renaming;

static inline void nf_place_rename(void *renaming, nf_value *place)
{
    nf_renaming *r = renaming;
    if (place->id >= r->count || r->map[place->id].id == 0) return;
    while (place->id < r->count && r->map[place->id].id) *place = r->map[place->id];
    r->renamed = true;
    r->varying |= !nf_is_constant(nf_inst_at(r->f, *place));
}

/* Renames all that the instruction uses: most use nothing that is to be renamed. */
void nf_uses_rename_some(nf_renaming *r, nf_inst *inst);
static inline void nf_uses_rename(nf_renaming *r, nf_inst *inst)
{
    nf_operands of = nf_operands_of(inst);
    uint32_t a = of.a < r->count ? of.a : 0, b = of.b < r->count ? of.b : 0;
    uint32_t c = of.c < r->count ? of.c : 0;
    if (nf_has_lists(inst) || (r->map[a].id | r->map[b].id | r->map[c].id))
        nf_uses_rename_some(r, inst);
}

/* Whether the record is a load or store that may neither be removed nor moved. */
static inline bool nf_access_is_fixed(const nf_inst *inst)
{
    return (inst->mem.flags & (NF_MEM_VOLATILE | NF_MEM_ATOMIC)) != 0;
}

/* Whether an operation that may trap provably does not: a division by a constant other than 0 and,
 * signed, -1. */
bool nf_division_is_safe(const nf_func *f, const nf_inst *division);
/* Whether the instruction has to stay although nobody uses its value. Traps are effects. */
bool nf_inst_some_effect(const nf_func *f, const nf_inst *inst); /* of the table's effects */
static inline bool nf_inst_has_effect(const nf_func *f, const nf_inst *inst)
{
    return nf_ops[inst->op].effects && nf_inst_some_effect(f, inst);
}
/* How often each value is used, by value id; NULL when memory is out. */
uint32_t *nf_use_counts(const nf_func *f, nf_arena *arena);
/* address_order.c: the parts of addresses in the order in which loops have them; whether any changed. */
bool nf_address_order(nf_func *f, const nf_cfg *cfg, const uint32_t *uses, nf_arena *arena);

/* The edges into each block, from unreachable blocks too. */
typedef struct nf_in_edge {
    uint32_t edge; /* index into f->edges */
    nf_block from;
} nf_in_edge;
typedef struct nf_in_edges {
    uint32_t *start; /* by block id, into all; has block count + 1 entries */
    nf_in_edge *all;
} nf_in_edges;
bool nf_in_edges_build(const nf_func *f, nf_arena *arena, nf_in_edges *in);

/* --- changing --- */
/* A copy of the record in front of another instruction. */
nf_value nf_inst_put(nf_func *f, nf_value before, const nf_inst *record);
nf_value nf_iconst_put(nf_func *f, nf_value before, nf_type type, int64_t value);
/* All bits zero, of any type. */
nf_value nf_zero_put(nf_func *f, nf_value before, nf_type type);
/* A copy in no block, of an instruction that is no terminator; operands with an id below map_count
 * go through the map where it has something. */
nf_value nf_inst_copy(nf_func *f, nf_value v, const nf_value *map, uint32_t map_count);
/* Makes the terminator a plain branch along one of its edges. */
void nf_terminator_take(nf_func *f, nf_value terminator, uint32_t edge_index);
/* Appends an unconditional branch with arguments (copied) to a block without a terminator. */
void nf_branch_append(nf_func *f, nf_block from, nf_block to, const nf_value *args, uint32_t count);
/* As nf_values_replace, with a map that knows only the values below map_count. */
void nf_values_replace_some(nf_func *f, const nf_value *map, uint32_t map_count);
/* A new block behind `after` in the layout that has parameters like `to` and goes there with them.
 */
nf_block nf_block_bridge(nf_func *f, nf_block to, nf_block after);
/* Moves what the block's plain branch goes to, where nobody else goes, to the block's end. The target's
 * parameters are the arguments from now on: map gets them, uses are the caller's to replace. */
void nf_block_absorb(nf_func *f, nf_block b, nf_value *map);
/* Joins each block that ends in a plain branch with its target when nobody else goes there. Keeps
 * the facts about loops. */
bool nf_blocks_merge(nf_func *f, nf_arena *scratch);

/* --- ssa.c: variables with several definitions become values --- */
typedef struct nf_ssa_join {
    uint32_t variable;
    nf_type type;
    nf_block block;
} nf_ssa_join;

typedef struct nf_ssa {
    nf_func *f;
    nf_arena *arena;
    nf_in_edges in;
    nf_map ends, starts; /* variable and block to value */
    NF_VEC(nf_ssa_join) joins;
    uint32_t joins_filled;
} nf_ssa;

/* A snapshot: no block or edge may come or go until nf_ssa_finish(). */
bool nf_ssa_init(nf_ssa *ssa, nf_func *f, nf_arena *arena);
/* The variable's value at the start or the end of a block. All before the first read. */
void nf_ssa_define_start(nf_ssa *ssa, uint32_t variable, nf_block b, nf_value value);
void nf_ssa_define_end(nf_ssa *ssa, uint32_t variable, nf_block b, nf_value value);
/* What a read there gives: a definition, a new block parameter, or zero where none reaches. */
nf_value nf_ssa_at_start(nf_ssa *ssa, uint32_t variable, nf_type type, nf_block b);
nf_value nf_ssa_at_end(nf_ssa *ssa, uint32_t variable, nf_type type, nf_block b);
/* Gives the new parameters their arguments. */
void nf_ssa_finish(nf_ssa *ssa);

#endif
