/*
 * Which blocks are seldom run, as far as the shape of a function tells.
 *
 *   fatal    leads to a trap, whatever is done
 *   aside    in a loop: reached only through a call, while there is a way round the loop that
 *            calls nobody. A slow path, for whoever calls often has little to gain from registers.
 *
 *     loop: v = load; brif v == 0, grow, next       grow: call ...; br next       next: ...
 *           warm                                    aside                         warm
 *
 * Both kinds go behind all other blocks. That gives the way round the loop its registers as if
 * nobody called: a value that lives through a block aside is stored and loaded again there.
 *
 * Invariants: what a cold block dominates is cold, so that blocks stand behind their dominators; no
 * header, latch or inner loop is aside.
 */
#include "select_cold.h"

typedef struct cold_search {
    const nf_cfg *cfg;
    const nf_func *f;
    uint8_t *kinds;   /* nf_cold, by block id */
    uint8_t *reached; /* by block id: loop by loop, without passing a call */
} cold_search;

static nf_value terminator(const cold_search *c, uint32_t block)
{
    return c->f->blocks.data[block].last;
}

/* --- fatal --- */

static bool is_fatal(const cold_search *c, uint32_t block)
{
    nf_value end = terminator(c, block);
    if (c->cfg->loop_of[block] != NF_NO_LOOP || block == c->f->entry.id) return false;
    uint32_t edges = nf_edge_count(c->f, end);
    if (edges == 0) return nf_inst_at(c->f, end)->op == NF_OP_TRAP;
    for (uint32_t i = 0; i < edges; i++)
        if (c->kinds[nf_edge_at(c->f, end, i)->to.id] != NF_COLD_FATAL) return false;
    return true;
}

/* --- aside --- */

static bool calls(const cold_search *c, uint32_t block)
{
    NF_FOR_INSTS(c->f, (nf_block){block}, v)
    {
        if (nf_op_of(nf_inst_at(c->f, v))->effects & NF_EFFECT_CALL) return true;
    }
    return false;
}

/* The blocks of a loop are among those from its header on, in reverse post-order. Gives the id of
 * the next one at or behind *place, which it leaves behind it. */
static uint32_t next_in_loop(const cold_search *c, uint32_t loop, uint32_t *place)
{
    for (;;) {
        uint32_t block = c->cfg->rpo[(*place)++];
        if (nf_cfg_loop_has(c->cfg, loop, (nf_block){block})) return block;
    }
}

/* Marks what is reached from the header without a call; whether that includes a latch. */
static bool warm_walk(cold_search *c, uint32_t loop)
{
    const nf_loop *data = &c->cfg->loops[loop];
    uint32_t place = c->cfg->rpo_index[data->header.id];
    bool goes_round = false;
    for (uint32_t i = 0; i < data->block_count; i++) {
        uint32_t block = next_in_loop(c, loop, &place);
        c->reached[block] |= i == 0;
        if (!c->reached[block]) continue;
        if (calls(c, block)) {
            c->reached[block] = 0;
            continue;
        }
        nf_value end = terminator(c, block);
        for (uint32_t k = 0; k < nf_edge_count(c->f, end); k++) {
            nf_block to = nf_edge_at(c->f, end, k)->to;
            goes_round |= to.id == data->header.id;
            if (nf_cfg_loop_has(c->cfg, loop, to)) c->reached[to.id] = 1;
        }
    }
    return goes_round;
}

/* What was not reached, when all of it can be moved: gives what it is marked as. */
static void rest_mark(cold_search *c, uint32_t loop, bool movable)
{
    const nf_loop *data = &c->cfg->loops[loop];
    uint32_t place = c->cfg->rpo_index[data->header.id], first = place;
    for (uint32_t i = 0; i < data->block_count && movable; i++) {
        uint32_t block = next_in_loop(c, loop, &place);
        bool own = c->cfg->loop_of[block] == loop;
        for (uint32_t k = 0; k < nf_edge_count(c->f, terminator(c, block)) && own; k++)
            own = nf_edge_at(c->f, terminator(c, block), k)->to.id != data->header.id;
        if (!c->reached[block] && !own) movable = false;
    }
    place = first;
    for (uint32_t i = 0; i < data->block_count; i++) {
        uint32_t block = next_in_loop(c, loop, &place);
        if (!c->reached[block] && movable) c->kinds[block] = NF_COLD_ASIDE;
        c->reached[block] = 0;
    }
}

/* Takes it back for loops in which something warm depends on what is aside. */
static void dominators_check(cold_search *c)
{
    const nf_cfg *cfg = c->cfg;
    for (uint32_t i = 1; i < cfg->rpo_count; i++) {
        uint32_t block = cfg->rpo[i], above = cfg->idom[block];
        if (c->kinds[above] != NF_COLD_ASIDE || c->kinds[block] != NF_WARM) continue;
        uint32_t loop = cfg->loop_of[above], place = cfg->rpo_index[cfg->loops[loop].header.id];
        for (uint32_t k = 0; k < cfg->loops[loop].block_count; k++) {
            uint32_t inside = next_in_loop(c, loop, &place);
            if (cfg->loop_of[inside] == loop) c->kinds[inside] = NF_WARM;
        }
    }
}

static bool any_calls(const cold_search *c)
{
    for (uint32_t i = 0; i < c->cfg->rpo_count; i++)
        if (calls(c, c->cfg->rpo[i])) return true;
    return false;
}

bool nf_select_cold(const nf_cfg *cfg, nf_arena *arena, uint8_t *kinds)
{
    cold_search c = {.cfg = cfg, .f = cfg->func, .kinds = kinds};
    for (uint32_t i = cfg->rpo_count; i-- > 0;)
        if (is_fatal(&c, cfg->rpo[i])) kinds[cfg->rpo[i]] = NF_COLD_FATAL;
    if (cfg->loop_count == 0 || !any_calls(&c)) return true;
    c.reached = NF_NEW_ARRAY(arena, uint8_t, cfg->func->blocks.count);
    if (c.reached == NULL) return false;
    for (uint32_t loop = 0; loop < cfg->loop_count; loop++)
        rest_mark(&c, loop, warm_walk(&c, loop));
    dominators_check(&c);
    return true;
}
