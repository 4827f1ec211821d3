/*
 * The order in which the baseline walks blocks, and the loops as ranges of that order.
 *
 * Wanted: every definition before its uses, so that one walk over the order sees values born before
 * they are used; and no loop with foreign blocks in between, whose values would be taken to live
 * around it. The layout order will do when
 *
 *   - each block but the entry is the target of an edge from an earlier one: then a path from the
 *     entry through earlier blocks alone leads to it, and its dominators lie on that path;
 *   - nothing jumps from before a loop's header to behind it, into the loop's range: then the
 *     range's first block is a header indeed, not an exit that was laid out before its loop.
 *
 *   order   0   1   2   3   4            back edge: to the same block or an earlier one
 *           entry ─► header ─► ... ─► latch ─► exit
 *                    ▲__________________|      loop: header = 1, end = 3
 *
 * Otherwise reverse post-order is taken, with each loop's blocks moved together; that is slower to
 * find, and drops unreachable blocks.
 *
 * A loop is the range from the target of back edges to the last source of one. Ranges that overlap
 * without nesting are made to nest by growing the outer one, which is safe: a value alive in a
 * range that is too long only holds its register longer. This covers irreducible graphs too. (The
 * idea of approximating liveness by ranges over a loop-aware block order is that of TPDE: Schwarz,
 * Kamm, Engelke, "TPDE: A Fast Adaptable Compiler Back-End Framework", 2025.)
 */
#include "baseline_internal.h"
#include "ir/cfg.h"

enum { WEIGHT_STEP_LOG2 = 3, WEIGHT_LOG2_MAX = 12 };

static const nf_inst *terminator_of(const nf_baseline *job, uint32_t block_id)
{
    return nf_inst_at(job->f, job->f->blocks.data[block_id].last);
}

static uint32_t edge_count(const nf_inst *terminator)
{
    uint8_t shape = nf_op_of(terminator)->shape;
    return shape >= NF_SHAPE_BR && shape <= NF_SHAPE_SWITCH ? terminator->c.id : 0;
}

/* Marks what the block's edges reach; false when the block itself was not reached before. */
static bool edges_scan(nf_baseline *job, uint32_t i)
{
    if (!job->blocks[i].reached) return false;
    const nf_inst *inst = terminator_of(job, job->blocks[i].id);
    const nf_edge *edges = &job->f->edges.data[inst->extra];
    for (uint32_t k = 0, count = edge_count(inst); k < count; k++) {
        nf_baseline_block *to = &job->blocks[job->index[edges[k].to.id]];
        if (to <= &job->blocks[i]) {
            to->loop_end = i + 1;
        } else if (!to->reached) {
            to->reached = true;
            to->entered_from = i;
        }
    }
    return true;
}

static void layout_order(nf_baseline *job)
{
    uint32_t count = 0;
    NF_FOR_BLOCKS(job->f, b)
    {
        job->index[b.id] = count;
        job->blocks[count++].id = b.id;
    }
    job->block_count = count;
    job->blocks[0].reached = true;
}

/* Lists of what lies in each loop and in no loop, in reverse post-order: blocks by their number
 * there, and inner loops, which count on behind the blocks, at their header's place. 0 ends a
 * list; so numbers are from 1. */
typedef struct nest {
    const nf_cfg *cfg;
    uint32_t *next;         /* by item */
    uint32_t *first, *last; /* by loop; at loop_count: what is in none */
} nest;

static void nest_append(nest *n, uint32_t loop, uint32_t item)
{
    if (n->last[loop] == 0)
        n->first[loop] = item;
    else
        n->next[n->last[loop]] = item;
    n->last[loop] = item;
}

static uint32_t nest_index(const nf_cfg *cfg, uint32_t loop)
{
    return loop == NF_NO_LOOP ? cfg->loop_count : loop;
}

static bool nest_build(nest *n, const nf_cfg *cfg, nf_arena *arena)
{
    uint32_t loops = cfg->loop_count + 1;
    *n = (nest){.cfg = cfg,
                .next = NF_NEW_ARRAY(arena, uint32_t, cfg->rpo_count + loops),
                .first = NF_NEW_ARRAY(arena, uint32_t, loops),
                .last = NF_NEW_ARRAY(arena, uint32_t, loops)};
    if (n->next == NULL || n->first == NULL || n->last == NULL) return false;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        uint32_t block = cfg->rpo[i], loop = cfg->loop_of[block];
        if (loop != NF_NO_LOOP && cfg->loops[loop].header.id == block)
            nest_append(n, nest_index(cfg, cfg->loops[loop].parent), cfg->rpo_count + 1 + loop);
        nest_append(n, nest_index(cfg, loop), i + 1);
    }
    return true;
}

/* Writes the blocks down, each loop's at once. */
static void nest_flatten(const nest *n, nf_baseline *job)
{
    const nf_cfg *cfg = n->cfg;
    uint32_t loop = cfg->loop_count, item = n->first[loop], count = 0;
    for (;;) {
        if (item == 0) {
            if (loop == cfg->loop_count) break;
            item = n->next[cfg->rpo_count + 1 + loop];
            loop = nest_index(cfg, cfg->loops[loop].parent);
        } else if (item > cfg->rpo_count) {
            loop = item - cfg->rpo_count - 1;
            item = n->first[loop];
        } else {
            uint32_t block = cfg->rpo[item - 1];
            job->index[block] = count;
            job->blocks[count++] = (nf_baseline_block){.id = block, .reached = true};
            item = n->next[item];
        }
    }
    job->block_count = count;
}

static void nested_order(nf_baseline *job)
{
    nf_cfg cfg;
    nest n;
    if (nf_cfg_build(job->f, job->arena, &cfg) != NF_OK || !nest_build(&n, &cfg, job->arena)) {
        job->arena->failed = true;
        return;
    }
    nest_flatten(&n, job);
    for (uint32_t i = 0; i < job->block_count; i++) edges_scan(job, i);
}

static uint32_t loop_push(nf_baseline *job, uint32_t header, uint32_t end, uint32_t parent)
{
    uint32_t weight = job->loops[parent].weight;
    if (weight < 1u << WEIGHT_LOG2_MAX) weight <<= WEIGHT_STEP_LOG2;
    for (uint32_t outer = parent; outer && job->loops[outer].end < end;
         outer = job->loops[outer].parent)
        job->loops[outer].end = end;
    job->loops[++job->loop_count] =
        (nf_baseline_loop){.header = header, .end = end, .parent = parent, .weight = weight};
    return job->loop_count;
}

/* Whether block i, in this loop, can be entered from outside but through the header. */
static bool is_side_entry(const nf_baseline *job, uint32_t i, uint32_t loop)
{
    if (loop && job->loops[loop].header == i) loop = job->loops[loop].parent;
    return job->blocks[i].entered_from < job->loops[loop].header;
}

/* False when a loop is none, or irreducible. */
static bool loops_find(nf_baseline *job)
{
    uint32_t headers = 0, inner = 0;
    bool proper = true;
    for (uint32_t i = 0; i < job->block_count; i++) headers += job->blocks[i].loop_end != 0;
    job->loops = NF_NEW_ARRAY(job->arena, nf_baseline_loop, headers + 1);
    if (job->loops == NULL) return true;
    job->loops[0].weight = 1;
    job->loop_count = 0;
    if (headers == 0) return true;
    for (uint32_t i = 0; i < job->block_count; i++) {
        while (inner && job->loops[inner].end < i) inner = job->loops[inner].parent;
        if (job->blocks[i].loop_end) inner = loop_push(job, i, job->blocks[i].loop_end - 1, inner);
        job->blocks[i].loop = inner;
        if (is_side_entry(job, i, inner)) proper = false;
    }
    return proper;
}

void nf_baseline_order(nf_baseline *job)
{
    uint32_t limit = job->f->blocks.count, i = 0;
    job->blocks = NF_NEW_ARRAY(job->arena, nf_baseline_block, limit);
    job->index = NF_NEW_ARRAY(job->arena, uint32_t, limit);
    if (job->blocks == NULL || job->index == NULL) return;
    layout_order(job);
    while (i < job->block_count && edges_scan(job, i)) i++;
    if (i == job->block_count && loops_find(job)) return;
    nested_order(job);
    if (!job->arena->failed) loops_find(job);
}
