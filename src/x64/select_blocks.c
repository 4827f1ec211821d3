/*
 * The skeleton of LIR: blocks in layout order, edges, predecessors, loops.
 *
 * Layout is reverse post-order with two changes. The blocks of a loop stand together (a depth-first
 * order may put a loop's exit between them), so that a live range which covers the loop is one
 * piece and its code one stretch. Blocks that are seldom run (select_cold.c) go to the end, out of
 * the way of the others. Both keep every block behind its dominators.
 *
 *     rpo: entry head exit body latch     layout: entry [head body latch] exit
 *
 * The tree of loops is walked with a list of children each, blocks and loops in reverse post-order;
 * a loop stands where its header does. When something jumps back to the function's entry, a block
 * of ours comes in front of it, so that the first block has no predecessors.
 */
#include "select_cold.h"
#include "select_internal.h"

typedef struct layout {
    nf_lir *lir;
    const nf_cfg *cfg;
    uint32_t *first, *last; /* children by loop; [loop_count] is the function */
    uint32_t *next;         /* by item: a block id, or block count + a loop */
    uint32_t *order;        /* block ids */
    uint32_t *place;        /* by block id */
    uint32_t count;
} layout;

static uint32_t id_count(const layout *l)
{
    return l->cfg->func->blocks.count;
}

static void child_add(layout *l, uint32_t loop, uint32_t item)
{
    if (l->first[loop] == 0)
        l->first[loop] = item;
    else
        l->next[l->last[loop]] = item;
    l->last[loop] = item;
}

static uint32_t parent_of(const layout *l, uint32_t loop)
{
    uint32_t parent = l->cfg->loops[loop].parent;
    return parent == NF_NO_LOOP ? l->cfg->loop_count : parent;
}

static void children_build(layout *l)
{
    const nf_cfg *cfg = l->cfg;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        uint32_t block = cfg->rpo[i], loop = cfg->loop_of[block];
        if (loop == NF_NO_LOOP)
            loop = cfg->loop_count;
        else if (cfg->loops[loop].header.id == block)
            child_add(l, parent_of(l, loop), id_count(l) + loop);
        child_add(l, loop, block);
    }
}

/* Walks the tree; loops get their first and end place. */
static void order_build(layout *l)
{
    uint32_t loop = l->cfg->loop_count, item = l->first[loop];
    nf_lir_loop *loops = l->lir->loops.data;
    for (;;) {
        while (item == 0 && loop != l->cfg->loop_count) {
            loops[loop].end = l->count;
            item = l->next[id_count(l) + loop];
            loop = parent_of(l, loop);
        }
        if (item == 0) return;
        if (item >= id_count(l)) {
            loop = item - id_count(l);
            loops[loop].first = l->count;
            item = l->first[loop];
        } else {
            l->order[l->count++] = item;
            item = l->next[item];
        }
    }
}

/* Moves the cold blocks behind the others; the order among each kind stays. */
static void cold_last(layout *l, const uint8_t *cold, uint32_t *scratch)
{
    uint32_t warm = 0, set_aside = 0;
    uint32_t *moved = scratch; /* by old place: how many cold blocks before it */
    for (uint32_t i = 0; i < l->count; i++) {
        moved[i] = set_aside;
        set_aside += cold[l->order[i]] != NF_WARM;
    }
    moved[l->count] = set_aside;
    for (uint32_t i = 0; i < l->lir->loops.count; i++) {
        nf_lir_loop *loop = &l->lir->loops.data[i];
        loop->first -= moved[loop->first];
        loop->end -= moved[loop->end];
    }
    uint32_t *tail = scratch;
    set_aside = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        if (cold[l->order[i]])
            tail[set_aside++] = l->order[i];
        else
            l->order[warm++] = l->order[i];
    }
    __builtin_memcpy(l->order + warm, tail, set_aside * sizeof *tail);
}

/* A block of our own in front, when the entry is jumped to. */
static bool needs_front(const nf_cfg *cfg)
{
    uint32_t entry = cfg->func->entry.id;
    return cfg->pred_start[entry + 1] != cfg->pred_start[entry];
}

static void blocks_fill(layout *l, const uint8_t *cold, uint32_t front)
{
    nf_lir *lir = l->lir;
    if (front) lir->blocks[0] = (nf_lir_block){.loop = NF_NO_LOOP};
    for (uint32_t i = 0; i < l->count; i++) {
        nf_block origin = {l->order[i]};
        bool warm = cold[origin.id] == NF_WARM;
        l->place[origin.id] = i + front;
        lir->blocks[i + front] =
            (nf_lir_block){.origin = origin,
                           .loop = warm ? l->cfg->loop_of[origin.id] : NF_NO_LOOP,
                           .depth = warm ? nf_cfg_depth(l->cfg, origin) : 0,
                           .cold = !warm,
                           .fatal = cold[origin.id] == NF_COLD_FATAL};
    }
    for (uint32_t i = 0; i < lir->loops.count; i++) {
        lir->loops.data[i].first += front;
        lir->loops.data[i].end += front;
    }
}

static void edges_fill(layout *l, uint32_t block)
{
    nf_lir *lir = l->lir;
    const nf_func *f = l->cfg->func;
    nf_lir_block *from = &lir->blocks[block];
    from->edges = lir->edges.count;
    if (from->origin.id == 0) {
        NF_VEC_PUSH(lir->arena, &lir->edges,
                    (nf_lir_edge){.from = block, .to = l->place[f->entry.id]});
        from->edge_count = 1;
        return;
    }
    nf_value end = f->blocks.data[from->origin.id].last;
    from->edge_count = nf_edge_count(f, end);
    for (uint32_t i = 0; i < from->edge_count; i++) {
        const nf_edge *edge = nf_edge_at(f, end, i);
        NF_VEC_PUSH(lir->arena, &lir->edges,
                    (nf_lir_edge){.from = block, .to = l->place[edge->to.id], .key = edge->key});
    }
}

static bool preds_fill(nf_lir *lir)
{
    uint32_t count = lir->edges.count, start = 0;
    if (!NF_VEC_RESERVE(lir->arena, &lir->preds, count)) return false;
    for (uint32_t i = 0; i < count; i++) lir->blocks[lir->edges.data[i].to].pred_count++;
    for (uint32_t i = 0; i < lir->block_count; i++) {
        lir->blocks[i].preds = start;
        start += lir->blocks[i].pred_count;
        lir->blocks[i].pred_count = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        nf_lir_block *to = &lir->blocks[lir->edges.data[i].to];
        lir->preds.data[to->preds + to->pred_count++] = i;
    }
    lir->preds.count = count;
    return true;
}

static bool loops_new(nf_lir *lir, const nf_cfg *cfg)
{
    if (!NF_VEC_RESERVE(lir->arena, &lir->loops, cfg->loop_count)) return false;
    for (uint32_t i = 0; i < cfg->loop_count; i++) {
        nf_lir_loop loop = {.parent = cfg->loops[i].parent, .innermost = cfg->loops[i].innermost};
        NF_VEC_PUSH(lir->arena, &lir->loops, loop);
    }
    return true;
}

bool nf_select_blocks(nf_lir *lir, const nf_cfg *cfg)
{
    nf_arena *arena = lir->arena;
    uint32_t ids = cfg->func->blocks.count, items = ids + cfg->loop_count;
    uint32_t front = needs_front(cfg);
    layout l = {.lir = lir, .cfg = cfg};
    l.first = NF_NEW_ARRAY(arena, uint32_t, cfg->loop_count + 1);
    l.last = NF_NEW_ARRAY(arena, uint32_t, cfg->loop_count + 1);
    l.next = NF_NEW_ARRAY(arena, uint32_t, items);
    l.order = NF_NEW_ARRAY(arena, uint32_t, ids);
    l.place = NF_NEW_ARRAY(arena, uint32_t, ids);
    uint8_t *cold = NF_NEW_ARRAY(arena, uint8_t, ids);
    uint32_t *scratch = NF_NEW_ARRAY(arena, uint32_t, ids + 1);
    lir->block_count = cfg->rpo_count + front;
    lir->blocks = NF_NEW_ARRAY(arena, nf_lir_block, lir->block_count);
    if (!loops_new(lir, cfg) || arena->failed || !nf_select_cold(cfg, arena, cold)) return false;
    children_build(&l);
    order_build(&l);
    cold_last(&l, cold, scratch);
    blocks_fill(&l, cold, front);
    for (uint32_t i = 0; i < lir->block_count; i++) edges_fill(&l, i);
    return preds_fill(lir) && !arena->failed;
}
