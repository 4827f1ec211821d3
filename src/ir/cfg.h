/*
 * The shape of a function: predecessors, reverse post-order, dominators, loops.
 *
 * A snapshot in an arena, valid until blocks or edges change. Unreachable blocks are in no list.
 * Loops are natural loops; back edges whose target does not dominate their source mark irreducible
 * regions, which belong to no loop. Freestanding.
 */
#ifndef NF_IR_CFG_H
#define NF_IR_CFG_H

#include "ir.h"

typedef struct nf_loop {
    nf_block header;
    uint32_t parent; /* index of the enclosing loop, or UINT32_MAX */
    uint32_t depth;  /* 1 for outermost */
    uint32_t block_count;
    bool innermost;
} nf_loop;

typedef struct nf_cfg {
    const nf_func *func;
    uint32_t block_count; /* of ids: blocks made later are not in it */
    uint32_t *rpo;        /* block ids in reverse post-order; entry first */
    uint32_t rpo_count;
    uint32_t *rpo_index;  /* by block id; UINT32_MAX when unreachable */
    uint32_t *pred_start; /* by block id, into preds; has block count + 1 entries */
    uint32_t *preds;      /* block ids; one per edge, so a block may appear twice */
    uint32_t *idom;       /* by block id; the entry's is itself; UINT32_MAX when unreachable */
    uint32_t *dom_first;  /* by block id: number in a preorder walk of the dominator tree */
    uint32_t *dom_count;  /* by block id: blocks that it dominates, itself too; 0: unreachable */
    uint32_t *loop_of;    /* by block id: index of the innermost loop, or UINT32_MAX */
    nf_loop *loops;       /* outer before inner */
    uint32_t loop_count;
} nf_cfg;

#define NF_NO_LOOP UINT32_MAX

/* MEMORY is the only failure. */
nf_status nf_cfg_build(const nf_func *f, nf_arena *arena, nf_cfg *cfg);
/* a == b counts. Nothing dominates an unreachable block, and it dominates nothing. Constant time. */
static inline bool nf_cfg_dominates(const nf_cfg *cfg, nf_block a, nf_block b)
{
    if (cfg->dom_count[b.id] == 0) return false;
    return cfg->dom_first[b.id] - cfg->dom_first[a.id] < cfg->dom_count[a.id];
}
/* Whether the block is in the loop or one inside: outer loops come first, none is above NF_NO_LOOP. */
static inline bool nf_cfg_loop_has(const nf_cfg *cfg, uint32_t loop, nf_block b)
{
    uint32_t at = cfg->loop_of[b.id];
    while (at > loop && at != NF_NO_LOOP) at = cfg->loops[at].parent;
    return at == loop;
}
static inline bool nf_cfg_reachable(const nf_cfg *cfg, nf_block b)
{
    return cfg->rpo_index[b.id] != UINT32_MAX;
}
static inline uint32_t nf_cfg_depth(const nf_cfg *cfg, nf_block b)
{
    uint32_t loop = cfg->loop_of[b.id];
    return loop == NF_NO_LOOP ? 0 : cfg->loops[loop].depth;
}

#endif
