/*
 * The end of a block: which block comes next, the moves on the way there, and switches.
 *
 * Moves on an edge are written where only that edge passes: at the end of a block with one way out,
 * at the start of one with one way in, else in a stub of their own behind the block's jumps. A
 * conditional jump falls into the stub when one of its edges needs one:
 *
 *     jcc a, b       b next:       jcc a                  a has moves, b next:   jncc b
 *                    a next:       jncc b                                        (moves) jmp a
 *
 * In loops, a jump to a few instructions and another jump is a copy of these: the ways of a switch, say,
 * that meet to step on and go round again. One jump in each turn, and a place of its own for each
 * way in what the processor remembers of jumps. Registers were given to the instructions once, so
 * that a copy does the same wherever it stands.
 *
 * A switch is a binary search among clusters of its keys: a run of keys dense enough becomes a
 * table of addresses behind the code, other keys are compared one by one. (Bernstein, "Producing
 * Good Code for the Case Statement", 1985.)
 */
#include "emit.h"
#include "ir/cfg.h"

enum { WORD = 8, TABLE_KEYS_MIN = 4, TABLE_DENSITY = 3, NOTRACK_PREFIX = 0x3e, COPIED_MAX = 3 };

static const nf_lir_edge *edge_at(const nf_output *e, uint32_t edge)
{
    return &e->lir->edges.data[edge];
}

/* --- edges --- */

static bool moves_in_source(const nf_output *e, uint32_t edge)
{
    return e->lir->blocks[edge_at(e, edge)->from].edge_count == 1;
}

static bool moves_in_target(const nf_output *e, uint32_t edge)
{
    return e->lir->blocks[edge_at(e, edge)->to].pred_count == 1;
}

static bool needs_stub(const nf_output *e, uint32_t edge)
{
    return nf_output_has_moves(e, e->alloc->edges[edge]) && !moves_in_source(e, edge) &&
           !moves_in_target(e, edge);
}

static nf_label target_of(const nf_output *e, uint32_t edge)
{
    return e->blocks[e->goes_to[edge_at(e, edge)->to]];
}

/* Where a jump along the edge goes: the block, or a stub that is still to be written. */
static nf_label way_along(nf_output *e, uint32_t edge)
{
    if (!needs_stub(e, edge)) return target_of(e, edge);
    nf_label label = nf_asm_label(e->a);
    NF_VEC_PUSH(e->arena, &e->stubs, (nf_edge_stub){edge, label});
    return label;
}

static bool is_next(const nf_output *e, uint32_t edge)
{
    return e->goes_to[edge_at(e, edge)->to] == e->next[edge_at(e, edge)->from];
}

/* Whether the block is short, ends in a jump, and is worth a copy instead of a jump to it. */
static bool is_copied(const nf_output *e, uint32_t block)
{
    const nf_lir_block *b = &e->lir->blocks[block];
    if (b->loop == NF_NO_LOOP || b->edge_count != 1 || b->pred_count == 1) return false;
    if (b->end - b->first > COPIED_MAX || is_next(e, b->edges)) return false;
    for (uint32_t i = b->first; i < b->end; i++)
        if (e->lir->insts.data[i].flags & NF_LIR_CLOBBERS) return false;
    return e->lir->insts.data[b->end - 1].op == NF_LIR_JMP;
}

static void copy_write(nf_output *e, uint32_t block)
{
    const nf_lir_block *b = &e->lir->blocks[block];
    for (uint32_t i = b->first; i < b->end; i++) {
        nf_output_gap(e, i);
        if (i + 1 < b->end) nf_output_inst(e, &e->lir->insts.data[i]);
    }
    nf_output_edge(e, b->edges);
    nf_output_jmp(e, target_of(e, b->edges));
}

static void jump_unless_next(nf_output *e, uint32_t edge)
{
    if (is_next(e, edge)) return;
    uint32_t to = e->goes_to[edge_at(e, edge)->to];
    if (is_copied(e, to))
        copy_write(e, to);
    else
        nf_output_jmp(e, e->blocks[to]);
}

static void write_stubs(nf_output *e)
{
    for (uint32_t i = 0; i < e->stubs.count; i++) {
        nf_edge_stub stub = e->stubs.data[i];
        nf_output_bind(e, stub.label);
        nf_output_edge(e, stub.edge);
        bool last = i + 1 == e->stubs.count;
        if (!last || !is_next(e, stub.edge)) nf_output_jmp(e, target_of(e, stub.edge));
    }
    e->stubs.count = 0;
}

void nf_output_block_moves(nf_output *e, uint32_t block)
{
    const nf_lir_block *b = &e->lir->blocks[block];
    if (b->pred_count != 1) return;
    uint32_t edge = e->lir->preds.data[b->preds];
    if (!moves_in_source(e, edge)) nf_output_edge(e, edge);
}

/* --- blocks that only jump --- */

static bool only_jumps(const nf_output *e, uint32_t block)
{
    const nf_lir_block *b = &e->lir->blocks[block];
    for (uint32_t i = b->first; i < b->end; i++) {
        uint32_t op = e->lir->insts.data[i].op;
        if (op != NF_LIR_REMAT && op != NF_LIR_JMP) return false;
        if (nf_output_has_moves(e, e->alloc->gaps[i])) return false;
    }
    if (b->edge_count != 1 || nf_output_has_moves(e, e->alloc->edges[b->edges])) return false;
    uint32_t in = b->pred_count == 1 ? e->lir->preds.data[b->preds] : UINT32_MAX;
    return in == UINT32_MAX || moves_in_source(e, in) ||
           !nf_output_has_moves(e, e->alloc->edges[in]);
}

/* Backwards, so that a chain of jumps ahead is followed to its end. One that goes back is followed
 * by one step, to a block that stays. */
void nf_output_thread_jumps(nf_output *e)
{
    uint32_t next = e->lir->block_count;
    for (uint32_t b = e->lir->block_count; b-- > 0;) {
        e->goes_to[b] = b;
        e->next[b] = next;
        if (b != 0 && only_jumps(e, b)) {
            uint32_t to = e->lir->edges.data[e->lir->blocks[b].edges].to;
            if (to > b)
                e->goes_to[b] = e->goes_to[to];
            else if (to == 0 || !only_jumps(e, to))
                e->goes_to[b] = to;
        }
        if (e->goes_to[b] == b) next = b;
    }
}

/* --- conditions --- */

/* Jumps to `yes` when the condition holds; else goes on. */
static void jump_if(nf_output *e, const nf_lir_inst *inst, nf_label yes)
{
    nf_cc cc = (nf_cc)inst->cc;
    if (inst->flags & NF_LIR_AND_NOT_PARITY) {
        nf_label no = nf_asm_label(e->a);
        nf_output_jcc(e, NF_CC_P, no);
        nf_output_jcc(e, cc, yes);
        nf_output_bind(e, no);
        return;
    }
    nf_output_jcc(e, cc, yes);
    if (inst->flags & NF_LIR_OR_PARITY) nf_output_jcc(e, NF_CC_P, yes);
}

/* Jumps to `no` when the condition does not hold; else goes on. */
static void jump_unless(nf_output *e, const nf_lir_inst *inst, nf_label no)
{
    nf_cc opposite = (nf_cc)(inst->cc ^ 1);
    if (inst->flags & NF_LIR_OR_PARITY) {
        nf_label yes = nf_asm_label(e->a);
        nf_output_jcc(e, NF_CC_P, yes);
        nf_output_jcc(e, opposite, no);
        nf_output_bind(e, yes);
        return;
    }
    nf_output_jcc(e, opposite, no);
    if (inst->flags & NF_LIR_AND_NOT_PARITY) nf_output_jcc(e, NF_CC_P, no);
}

static void emit_jcc(nf_output *e, const nf_lir_block *block, const nf_lir_inst *inst)
{
    uint32_t yes = block->edges, no = yes + 1;
    bool yes_stub = needs_stub(e, yes), no_stub = needs_stub(e, no);
    if (yes_stub && !no_stub) {
        jump_unless(e, inst, target_of(e, no));
        way_along(e, yes);
    } else if (no_stub) {
        nf_label way = way_along(e, yes);
        jump_if(e, inst, way);
        nf_output_edge(e, no);
        if (yes_stub || !is_next(e, no)) nf_output_jmp(e, target_of(e, no));
    } else if (is_next(e, yes)) {
        jump_unless(e, inst, target_of(e, no));
    } else {
        jump_if(e, inst, target_of(e, yes));
        jump_unless_next(e, no);
    }
    write_stubs(e);
}

/* --- switches --- */

typedef struct switch_key {
    int64_t key;
    uint32_t edge;
} switch_key;

/* Keys [first, end): one of them, or a table. */
typedef struct cluster {
    uint32_t first, end;
} cluster;

typedef struct switch_plan {
    nf_output *e;
    unsigned width;
    nf_reg value, scratch, address;
    switch_key *keys;
    NF_VEC(cluster) clusters;
    uint32_t otherwise; /* edge */
    nf_label default_way;
} switch_plan;

/* Shell sort: few keys, often sorted already. */
static void sort_keys(switch_key *keys, uint32_t count)
{
    uint32_t gap = 1;
    while (gap < count / 3) gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (uint32_t i = gap; i < count; i++) {
            switch_key key = keys[i];
            uint32_t j = i;
            for (; j >= gap && keys[j - gap].key > key.key; j -= gap) keys[j] = keys[j - gap];
            keys[j] = key;
        }
    }
}

/* The longest run from `first` on that a table may hold. */
static uint32_t run_end(const switch_plan *p, uint32_t first, uint32_t count)
{
    uint32_t end = first + 1;
    for (uint32_t i = first + 1; i < count; i++) {
        uint64_t span = (uint64_t)p->keys[i].key - (uint64_t)p->keys[first].key;
        uint64_t limit = (uint64_t)TABLE_DENSITY * (i - first + 1);
        if (span < limit)
            end = i + 1;
        else if (span > limit * 2)
            break;
    }
    return end - first >= TABLE_KEYS_MIN ? end : first + 1;
}

static void find_clusters(switch_plan *p, uint32_t count)
{
    for (uint32_t i = 0; i < count;) {
        uint32_t end = run_end(p, i, count);
        NF_VEC_PUSH(p->e->arena, &p->clusters, (cluster){i, end});
        i = end;
    }
}

static void compare_key(const switch_plan *p, int64_t key)
{
    nf_asm *a = p->e->a;
    if (key == (int32_t)key) {
        nf_asm_ri(a, NF_X_CMP_I, p->width, p->value, key);
        return;
    }
    nf_asm_mov_imm(a, p->scratch, (uint64_t)key, true);
    nf_asm_rr(a, NF_X_CMP, p->width, p->value, p->scratch);
}

/* scratch = value - key */
static void subtract_key(const switch_plan *p, int64_t key)
{
    nf_asm *a = p->e->a;
    int64_t negative = (int64_t)(0 - (uint64_t)key);
    if (negative == 0) {
        nf_asm_rr(a, NF_X_MOV, p->width, p->scratch, p->value);
        return;
    }
    if (negative == (int32_t)negative) {
        nf_mem sum = nf_mem_base(p->value, (int32_t)negative);
        nf_asm_rm(a, NF_X_LEA, p->width, p->scratch, sum);
        return;
    }
    nf_asm_mov_imm(a, p->scratch, (uint64_t)negative, true);
    nf_asm_rr(a, NF_X_ADD, p->width, p->scratch, p->value);
}

static nf_label table_new(switch_plan *p, const cluster *c)
{
    nf_output *e = p->e;
    nf_jump_table table = {nf_asm_label(e->a), e->table_labels.count, 0};
    int64_t key = p->keys[c->first].key;
    for (uint32_t i = c->first; i < c->end; key++) {
        nf_label to = p->default_way;
        if (p->keys[i].key == key) to = way_along(e, p->keys[i++].edge);
        NF_VEC_PUSH(e->arena, &e->table_labels, to);
        table.count++;
    }
    NF_VEC_PUSH(e->arena, &e->tables, table);
    return table.label;
}

/* notrack jmp [address + scratch * 8]: the entries need no endbr64. */
static void jump_by_table(switch_plan *p, const cluster *c, nf_label outside)
{
    nf_asm *a = p->e->a;
    int64_t least = p->keys[c->first].key;
    int64_t span = p->keys[c->end - 1].key - least;
    subtract_key(p, least);
    nf_asm_ri(a, NF_X_CMP_I, p->width, p->scratch, span);
    nf_output_jcc(p->e, NF_CC_A, outside);
    nf_asm_lea_label(a, p->address, table_new(p, c));
    nf_asm_byte(a, NOTRACK_PREFIX);
    nf_mem entry = {.base = (uint8_t)p->address, .index = (uint8_t)p->scratch, .scale_log2 = 3};
    nf_asm_m(a, NF_X_JMP_M, WORD, entry);
}

/* Clusters [first, end); what matches none goes to the default. */
static void search(switch_plan *p, uint32_t first, uint32_t end)
{
    while (end - first > 2) {
        uint32_t middle = first + (end - first) / 2;
        nf_label lower = nf_asm_label(p->e->a);
        compare_key(p, p->keys[p->clusters.data[middle].first].key);
        nf_output_jcc(p->e, NF_CC_L, lower);
        search(p, middle, end);
        nf_output_bind(p->e, lower);
        end = middle;
    }
    for (uint32_t i = first; i < end; i++) {
        const cluster *c = &p->clusters.data[i];
        if (c->end - c->first > 1) {
            nf_label outside = i + 1 < end ? nf_asm_label(p->e->a) : p->default_way;
            jump_by_table(p, c, outside);
            if (i + 1 == end) return;
            nf_output_bind(p->e, outside);
            continue;
        }
        compare_key(p, p->keys[c->first].key);
        nf_output_jcc(p->e, NF_CC_E, way_along(p->e, p->keys[c->first].edge));
    }
    nf_output_jmp(p->e, p->default_way);
}

static void emit_switch(nf_output *e, const nf_lir_block *block, const nf_lir_inst *inst)
{
    uint32_t count = block->edge_count - 1;
    const nf_lir_operand *operands = nf_lir_operand_at(e->lir, inst, 0);
    switch_plan p = {.e = e,
                     .width = inst->width,
                     .value = (nf_reg)operands[0].reg,
                     .scratch = (nf_reg)operands[1].reg,
                     .address = (nf_reg)operands[2].reg,
                     .keys = NF_NEW_ARRAY(e->arena, switch_key, count),
                     .otherwise = block->edges};
    if (p.keys == NULL) return;
    for (uint32_t i = 0; i < count; i++)
        p.keys[i] = (switch_key){edge_at(e, block->edges + 1 + i)->key, block->edges + 1 + i};
    sort_keys(p.keys, count);
    find_clusters(&p, count);
    p.default_way = way_along(e, p.otherwise);
    search(&p, 0, p.clusters.count);
    write_stubs(e);
}

void nf_output_tables(nf_output *e)
{
    for (uint32_t i = 0; i < e->tables.count; i++) {
        nf_jump_table table = e->tables.data[i];
        nf_asm_align(e->a, WORD);
        nf_asm_bind(e->a, table.label);
        for (uint32_t k = 0; k < table.count; k++)
            nf_asm_label_address(e->a, e->table_labels.data[table.first + k]);
    }
}

bool nf_output_branch(nf_output *e, uint32_t block, const nf_lir_inst *inst)
{
    const nf_lir_block *b = &e->lir->blocks[block];
    if (inst->op == NF_LIR_JMP) {
        nf_output_edge(e, b->edges);
        jump_unless_next(e, b->edges);
    } else if (inst->op == NF_LIR_JCC) {
        emit_jcc(e, b, inst);
    } else if (inst->op == NF_LIR_SWITCH) {
        emit_switch(e, b, inst);
    } else {
        return false;
    }
    return true;
}
