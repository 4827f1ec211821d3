/*
 * Liveness: which values are live at the start of each block, and which a loop reads from outside.
 *
 * Most values die in the block that defines them and take no part in this. For each of the others,
 * the blocks that read it are the ends of paths from its definition: from each, walk up through the
 * predecessors until the definition's block, and mark what is passed.
 *
 *     def ─► a ─► b ─► use        live into use, b, a; a block seen for this value ends the walk
 *
 * The work is the number of (block, value) pairs that come out, and so is the memory; sets of bits
 * would take blocks times values however little is live. An edge's arguments are read by the block
 * that it leaves; a parameter is defined by its block. (Boissinot et al., "Computing Liveness Sets
 * for SSA-Form Programs", 2011: path exploration, one variable at a time.)
 *
 * A value from outside that some block of a loop reads is needed again at the loop's end. One that
 * is only live through the loop is the first to give its register up there.
 */
#include "alloc_internal.h"
#include "ir/cfg.h"

/* A value and a block, or a loop, that has to do with it. */
typedef struct fact {
    uint32_t where, vreg;
} fact;

typedef struct facts {
    NF_VEC(fact) list;
} facts;

typedef struct walker {
    nf_scan *s;
    facts reads;          /* blocks that read a value of another block; by block, then by value */
    facts live, in_loops; /* by value */
    uint32_t *read_last;  /* by vreg: the last block found to read it, and one */
    uint32_t *block_seen, *loop_seen; /* the last value found here */
    NF_VEC(uint32_t) stack;
} walker;

static inline void fact_add(walker *w, facts *f, uint32_t where, uint32_t vreg)
{
    NF_VEC_PUSH(w->s->arena, &f->list, (fact){where, vreg});
}

/* --- who reads what --- */

static void note_read(walker *w, nf_vreg v, uint32_t block)
{
    bool local = nf_vreg_is_fixed(v) || w->s->def_block[v.id] == block;
    if (local || w->read_last[v.id] == block + 1) return;
    w->read_last[v.id] = block + 1;
    fact_add(w, &w->reads, block, v.id);
}

static void note_edges(walker *w, uint32_t index)
{
    const nf_lir *lir = w->s->lir;
    const nf_lir_block *block = &lir->blocks[index];
    for (uint32_t e = 0; e < block->edge_count; e++) {
        const nf_lir_edge *edge = &lir->edges.data[block->edges + e];
        for (uint32_t i = 0; i < edge->arg_count; i++)
            note_read(w, lir->args.data[edge->args + i], index);
    }
}

static void note_inst(walker *w, const nf_lir_inst *inst, uint32_t block)
{
    const nf_lir_operand *operands = nf_lir_operand_at(w->s->lir, inst, 0);
    for (uint32_t k = 0; k < inst->operand_count; k++) {
        const nf_lir_operand *operand = &operands[k];
        if (nf_lir_defines(operand) || operand->role == NF_LIR_TEMP)
            w->s->def_block[operand->vreg.id] = block;
        else
            note_read(w, operand->vreg, block);
    }
}

/* Definitions come first in layout order. */
static void note_all(walker *w)
{
    nf_scan *s = w->s;
    const nf_lir *lir = s->lir;
    for (uint32_t b = 0; b < lir->block_count; b++) {
        const nf_lir_block *block = &lir->blocks[b];
        for (uint32_t i = 0; i < block->param_count; i++)
            s->def_block[lir->args.data[block->params + i].id] = b;
        for (uint32_t i = block->first; i < block->end; i++) {
            s->block_of[i] = b;
            note_inst(w, &lir->insts.data[i], b);
        }
        note_edges(w, b);
    }
}

/* --- lists --- */

/* Sorts facts into one list for each place that key() gives; a stable counting sort. */
static bool list_build(nf_scan *s, const facts *f, bool by_vreg, uint32_t count, nf_lists *lists)
{
    lists->start = NF_NEW_ARRAY(s->arena, uint32_t, count + 2);
    lists->items = NF_NEW_ARRAY(s->arena, uint32_t, f->list.count + 1);
    if (s->arena->failed) return false;
    uint32_t *start = lists->start;
    for (uint32_t i = 0; i < f->list.count; i++) {
        fact at = f->list.data[i];
        start[(by_vreg ? at.vreg : at.where) + 2]++;
    }
    for (uint32_t i = 2; i < count + 2; i++) start[i] += start[i - 1];
    for (uint32_t i = 0; i < f->list.count; i++) {
        fact at = f->list.data[i];
        lists->items[start[(by_vreg ? at.vreg : at.where) + 1]++] = by_vreg ? at.where : at.vreg;
    }
    return true;
}

/* --- walking up --- */

static inline void reach(walker *w, uint32_t block, uint32_t vreg)
{
    if (w->block_seen[block] == vreg) return;
    w->block_seen[block] = vreg;
    fact_add(w, &w->live, block, vreg);
    NF_VEC_PUSH(w->s->arena, &w->stack, block);
}

static void walk_up(walker *w, uint32_t block, uint32_t vreg)
{
    const nf_lir *lir = w->s->lir;
    uint32_t definition = w->s->def_block[vreg];
    reach(w, block, vreg);
    while (w->stack.count > 0) {
        const nf_lir_block *b = &lir->blocks[w->stack.data[--w->stack.count]];
        for (uint32_t i = 0; i < b->pred_count; i++) {
            uint32_t from = lir->edges.data[lir->preds.data[b->preds + i]].from;
            if (from != definition) reach(w, from, vreg);
        }
    }
}

/* Loops around the reading block that the definition is outside of. */
static void note_loops(walker *w, uint32_t block, uint32_t vreg)
{
    const nf_lir *lir = w->s->lir;
    uint32_t definition = w->s->def_block[vreg];
    for (uint32_t l = lir->blocks[block].loop; l != NF_NO_LOOP; l = lir->loops.data[l].parent) {
        const nf_lir_loop *loop = &lir->loops.data[l];
        bool inside = definition >= loop->first && definition < loop->end;
        if (inside || w->loop_seen[l] == vreg) return;
        w->loop_seen[l] = vreg;
        fact_add(w, &w->in_loops, l, vreg);
    }
}

bool nf_scan_live(nf_scan *s)
{
    const nf_lir *lir = s->lir;
    uint32_t vregs = lir->vregs.count;
    walker w = {.s = s};
    s->block_of = NF_NEW_ARRAY(s->arena, uint32_t, lir->insts.count);
    s->def_block = NF_NEW_ARRAY(s->arena, uint32_t, vregs);
    w.read_last = NF_NEW_ARRAY(s->arena, uint32_t, vregs);
    w.block_seen = NF_NEW_ARRAY(s->arena, uint32_t, lir->block_count);
    w.loop_seen = NF_NEW_ARRAY(s->arena, uint32_t, lir->loops.count);
    if (s->arena->failed) return false;
    note_all(&w);
    nf_lists reads;
    if (!list_build(s, &w.reads, true, vregs, &reads)) return false;
    for (uint32_t v = NF_VREG_FIRST; v < vregs && !s->arena->failed; v++) {
        for (uint32_t i = reads.start[v]; i < reads.start[v + 1]; i++) {
            walk_up(&w, reads.items[i], v);
            note_loops(&w, reads.items[i], v);
        }
    }
    return list_build(s, &w.live, false, lir->block_count, &s->live_in) &&
           list_build(s, &w.in_loops, false, lir->loops.count, &s->loop_reads);
}
