/*
 * Liveness: which values are live at the start of each block.
 *
 * Most values die in the block that defines them and take no part in this. The others are numbered
 * densely, and sets of them are solved for backwards until nothing changes:
 *
 *     live_in(b) = reads(b) or (live_out(b) minus defines(b))     live_out(b) = all live_in(successor)
 *
 * where an edge's arguments are read by the block that it leaves, and a parameter is defined by its
 * block. Two rounds settle a function without loops in layout order; each nesting of loops may take one
 * more (Cooper, Torczon, "Engineering a Compiler", 9.2).
 *
 * On the way, for each loop, what its blocks read from outside: a value that is live through a loop
 * which does not read it is the first to give its register up there.
 */
#include "alloc_internal.h"
#include "ir/cfg.h"

typedef struct solver {
    nf_scan *s;
    uint64_t *reads, *defines; /* by block */
} solver;

static bool is_read(uint8_t role)
{
    return role != NF_LIR_DEF && role != NF_LIR_IMPLICIT_DEF && role != NF_LIR_TEMP;
}

static void note_read(nf_scan *s, nf_vreg v, uint32_t block)
{
    if (nf_vreg_is_fixed(v) || s->def_block[v.id] == block || s->global[v.id] != 0) return;
    if (NF_VEC_PUSH(s->arena, &s->global_vregs, v.id)) s->global[v.id] = s->global_vregs.count;
}

static void note_edges(nf_scan *s, uint32_t index)
{
    const nf_lir *lir = s->lir;
    const nf_lir_block *block = &lir->blocks[index];
    for (uint32_t e = 0; e < block->edge_count; e++) {
        const nf_lir_edge *edge = &lir->edges.data[block->edges + e];
        for (uint32_t i = 0; i < edge->arg_count; i++)
            note_read(s, lir->args.data[edge->args + i], index);
    }
}

/* Finds definitions, and uses in other blocks. Definitions come first in layout order. */
static void number_globals(nf_scan *s)
{
    const nf_lir *lir = s->lir;
    for (uint32_t b = 0; b < lir->block_count; b++) {
        const nf_lir_block *block = &lir->blocks[b];
        for (uint32_t i = 0; i < block->param_count; i++)
            s->def_block[lir->args.data[block->params + i].id] = b;
        for (uint32_t i = block->first; i < block->end; i++) {
            const nf_lir_inst *inst = &lir->insts.data[i];
            s->block_of[i] = b;
            for (uint32_t k = 0; k < inst->operand_count; k++) {
                const nf_lir_operand *operand = nf_lir_operand_at(lir, inst, k);
                if (is_read(operand->role))
                    note_read(s, operand->vreg, b);
                else
                    s->def_block[operand->vreg.id] = b;
            }
        }
        note_edges(s, b);
    }
}

static void set_add(uint64_t *set, uint32_t bit)
{
    set[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static void collect(const nf_scan *s, uint64_t *set, nf_vreg v, uint32_t block, bool read)
{
    uint32_t bit = s->global[v.id];
    if (bit != 0 && (!read || s->def_block[v.id] != block)) set_add(set, bit - 1);
}

static void collect_block(solver *w, uint32_t b)
{
    const nf_scan *s = w->s;
    const nf_lir *lir = s->lir;
    const nf_lir_block *block = &lir->blocks[b];
    uint64_t *reads = w->reads + (size_t)b * s->words, *defines = w->defines + (size_t)b * s->words;
    for (uint32_t i = 0; i < block->param_count; i++)
        collect(s, defines, lir->args.data[block->params + i], b, false);
    for (uint32_t i = block->first; i < block->end; i++) {
        const nf_lir_inst *inst = &lir->insts.data[i];
        for (uint32_t k = 0; k < inst->operand_count; k++) {
            const nf_lir_operand *operand = nf_lir_operand_at(lir, inst, k);
            bool read = is_read(operand->role);
            collect(s, read ? reads : defines, operand->vreg, b, read);
        }
    }
    for (uint32_t e = 0; e < block->edge_count; e++) {
        const nf_lir_edge *edge = &lir->edges.data[block->edges + e];
        for (uint32_t i = 0; i < edge->arg_count; i++)
            collect(s, reads, lir->args.data[edge->args + i], b, true);
    }
}

static bool solve_block(solver *w, uint32_t b)
{
    nf_scan *s = w->s;
    const nf_lir_block *block = &s->lir->blocks[b];
    size_t at = (size_t)b * s->words;
    uint64_t changed = 0;
    for (uint32_t i = 0; i < s->words; i++) {
        uint64_t out = 0;
        for (uint32_t e = 0; e < block->edge_count; e++)
            out |= nf_live_in(s, s->lir->edges.data[block->edges + e].to)[i];
        uint64_t in = w->reads[at + i] | (out & ~w->defines[at + i]);
        changed |= in ^ s->live_in[at + i];
        s->live_in[at + i] = in;
    }
    return changed != 0;
}

/* What each loop reads: that of its blocks and inner loops. */
static void collect_loops(solver *w)
{
    nf_scan *s = w->s;
    const nf_lir *lir = s->lir;
    for (uint32_t b = 0; b < lir->block_count; b++) {
        uint32_t loop = lir->blocks[b].loop;
        if (loop == NF_NO_LOOP) continue;
        for (uint32_t i = 0; i < s->words; i++)
            s->loop_uses[(size_t)loop * s->words + i] |= w->reads[(size_t)b * s->words + i];
    }
    for (uint32_t loop = lir->loops.count; loop-- > 0;) {
        uint32_t parent = lir->loops.data[loop].parent;
        if (parent == NF_NO_LOOP) continue;
        for (uint32_t i = 0; i < s->words; i++)
            s->loop_uses[(size_t)parent * s->words + i] |=
                s->loop_uses[(size_t)loop * s->words + i];
    }
}

bool nf_scan_live(nf_scan *s)
{
    const nf_lir *lir = s->lir;
    solver w = {.s = s};
    s->block_of = NF_NEW_ARRAY(s->arena, uint32_t, lir->insts.count);
    s->def_block = NF_NEW_ARRAY(s->arena, uint32_t, lir->vregs.count);
    s->global = NF_NEW_ARRAY(s->arena, uint32_t, lir->vregs.count);
    if (s->arena->failed) return false;
    number_globals(s);
    s->words = (s->global_vregs.count + 63) / 64;
    size_t set_words = (size_t)lir->block_count * s->words;
    w.reads = NF_NEW_ARRAY(s->arena, uint64_t, set_words);
    w.defines = NF_NEW_ARRAY(s->arena, uint64_t, set_words);
    s->live_in = NF_NEW_ARRAY(s->arena, uint64_t, set_words);
    s->loop_uses = NF_NEW_ARRAY(s->arena, uint64_t, (size_t)lir->loops.count * s->words);
    if (s->arena->failed) return false;
    for (uint32_t b = 0; b < lir->block_count; b++) collect_block(&w, b);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t b = lir->block_count; b-- > 0;) changed |= solve_block(&w, b);
    }
    collect_loops(&w);
    return true;
}
