/*
 * The order in which the baseline walks blocks, and the loops as ranges of that order.
 *
 * Wanted: every definition before its uses, so that one walk over the order sees values born before
 * they are used. The layout order will do when each block but the entry is the target of an edge
 * from an earlier one: then a path from the entry through earlier blocks alone leads to it, and its
 * dominators lie on that path. Otherwise reverse post-order is taken, for which the same holds;
 * it drops unreachable blocks.
 *
 *   order   0   1   2   3   4            back edge: to the same block or an earlier one
 *           entry ─► header ─► ... ─► latch ─► exit
 *                    ▲__________________|      loop: header = 1, end = 3
 *
 * A loop is the range from the target of back edges to the last source of one. Ranges that overlap
 * without nesting are made to nest by growing the outer one, which is safe: a value alive in a
 * range that is too long only holds its register longer. This covers irreducible graphs too. Linear
 * in blocks and edges but for the loop depth. (The idea of approximating liveness by ranges over a
 * loop-aware block order is that of TPDE: Schwarz, Kamm, Engelke, "TPDE: A Fast Adaptable Compiler
 * Back-End Framework", 2025.)
 */
#include "baseline_internal.h"

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
        if (to > &job->blocks[i])
            to->reached = true;
        else
            to->loop_end = i + 1;
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

typedef struct visit {
    uint32_t block, edges_left;
} visit;

/* Depth-first without recursion; blocks are filled from the back in post-order. */
static uint32_t post_order(nf_baseline *job, visit *stack, uint32_t limit)
{
    uint32_t depth = 1, free_count = limit;
    stack[0] = (visit){job->f->entry.id, edge_count(terminator_of(job, job->f->entry.id))};
    job->index[job->f->entry.id] = 0;
    while (depth > 0) {
        visit *top = &stack[depth - 1];
        if (top->edges_left == 0) {
            job->blocks[--free_count] = (nf_baseline_block){.id = top->block};
            depth--;
            continue;
        }
        const nf_inst *inst = terminator_of(job, top->block);
        uint32_t to = job->f->edges.data[inst->extra + --top->edges_left].to.id;
        if (job->index[to] != UINT32_MAX) continue;
        job->index[to] = 0;
        stack[depth++] = (visit){to, edge_count(terminator_of(job, to))};
    }
    return free_count;
}

static void reverse_post_order(nf_baseline *job)
{
    uint32_t limit = job->f->blocks.count;
    visit *stack = NF_NEW_ARRAY(job->arena, visit, limit);
    if (stack == NULL) return;
    __builtin_memset(job->index, 0xff, limit * sizeof *job->index);
    uint32_t unused = post_order(job, stack, limit);
    job->blocks += unused;
    job->block_count = limit - unused;
    for (uint32_t i = 0; i < job->block_count; i++) {
        job->index[job->blocks[i].id] = i;
        job->blocks[i].reached = true;
    }
    for (uint32_t i = 0; i < job->block_count; i++) edges_scan(job, i);
}

static uint32_t loop_push(nf_baseline *job, uint32_t header, uint32_t end, uint32_t parent)
{
    uint32_t weight = job->loops[parent].weight;
    if (weight < 1u << WEIGHT_LOG2_MAX) weight <<= WEIGHT_STEP_LOG2;
    for (uint32_t outer = parent; outer && job->loops[outer].end < end;
         outer = job->loops[outer].parent)
        job->loops[outer].end = end;
    job->loops[++job->loop_count] = (nf_baseline_loop){header, end, parent, weight};
    return job->loop_count;
}

static void loops_find(nf_baseline *job)
{
    uint32_t headers = 0, inner = 0;
    for (uint32_t i = 0; i < job->block_count; i++) headers += job->blocks[i].loop_end != 0;
    job->loops = NF_NEW_ARRAY(job->arena, nf_baseline_loop, headers + 1);
    if (job->loops == NULL) return;
    job->loops[0].weight = 1;
    if (headers == 0) return;
    for (uint32_t i = 0; i < job->block_count; i++) {
        while (inner && job->loops[inner].end < i) inner = job->loops[inner].parent;
        if (job->blocks[i].loop_end) inner = loop_push(job, i, job->blocks[i].loop_end - 1, inner);
        job->blocks[i].loop = inner;
    }
}

void nf_baseline_order(nf_baseline *job)
{
    uint32_t limit = job->f->blocks.count, i = 0;
    job->blocks = NF_NEW_ARRAY(job->arena, nf_baseline_block, limit);
    job->index = NF_NEW_ARRAY(job->arena, uint32_t, limit);
    if (job->blocks == NULL || job->index == NULL) return;
    layout_order(job);
    while (i < job->block_count && edges_scan(job, i)) i++;
    if (i < job->block_count) reverse_post_order(job);
    if (!job->arena->failed) loops_find(job);
}
