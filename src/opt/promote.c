/*
 * Memory that a loop keeps updating becomes a value while the loop runs.
 *
 *   requires  ROTATED: the first load goes to the preheader, the last store to the exits
 *   preserves the control flow
 *   breaks    LOOP_CLOSED
 *
 *     top: %s = load [%p], %t = fadd %s, %x, store %t, [%p], ...
 *  =>
 *     preheader: %s0 = load [%p]     top(%s): %t = fadd %s, %x, ...     exit(%r): store %r, [%p]
 *
 * after which the sum is a reduction that the vectoriser knows, and a store and a load are off the way
 * from one iteration to the next.
 *
 * A place is promoted when its address does not change in the loop, every other access of the loop is
 * apart from it, and the loop neither calls what might see or change it nor can trap, which would show
 * what is stored. Unless only this function knows the place, a store to it must run in every
 * iteration: only then may the exits store, and the preheader load. Loops are taken from the inside out;
 * what an inner loop leaves in front of and behind itself the outer one may promote again.
 */
#include "alias.h"

enum { ACCESSES_MAX = 64, EXITING_MAX = 8, EXITS_MAX = 8 };

typedef struct promote {
    nf_func *f;
    nf_arena *arena;
    nf_cfg cfg;
    nf_alias alias;
    const nf_loop_writes *writes;
    nf_value *map; /* what took the place of a load */
    uint32_t map_count;
    bool changed;
} promote;

/* The loop at hand. */
typedef struct scope {
    uint32_t loop;
    nf_block preheader;
    nf_block *blocks; /* in reverse post-order */
    uint32_t block_count;
    nf_value accesses[ACCESSES_MAX]; /* none: gone */
    nf_block exiting[EXITING_MAX];   /* with an edge out, and the latch */
    nf_block exits[EXITS_MAX];
    uint32_t access_count, exiting_count, exit_count;
} scope;

/* --- the loop --- */

static bool is_access(const nf_inst *inst)
{
    uint8_t shape = nf_ops[inst->op].shape;
    return shape >= NF_SHAPE_LOAD && shape <= NF_SHAPE_MSTORE;
}

static bool exit_note(scope *s, nf_block exit)
{
    for (uint32_t i = 0; i < s->exit_count; i++)
        if (s->exits[i].id == exit.id) return true;
    if (s->exit_count == EXITS_MAX) return false;
    s->exits[s->exit_count++] = exit;
    return true;
}

static bool edges_note(const promote *p, scope *s, nf_block b)
{
    nf_value end = nf_terminator(p->f, b);
    bool notable = false;
    for (uint32_t e = 0; e < nf_out_count(p->f, end); e++) {
        nf_block to = nf_edge_at(p->f, end, e)->to;
        bool leaves = !nf_cfg_loop_has(&p->cfg, s->loop, to);
        notable |= leaves || to.id == p->cfg.loops[s->loop].header.id;
        if (leaves && !exit_note(s, to)) return false;
    }
    if (notable && s->exiting_count == EXITING_MAX) return false;
    if (notable) s->exiting[s->exiting_count++] = b;
    return true;
}

/* False when the block has something beside which nothing can be promoted. */
static bool block_note(const promote *p, scope *s, nf_block b)
{
    NF_FOR_INSTS(p->f, b, v)
    {
        const nf_inst *inst = nf_inst_at(p->f, v);
        bool traps = nf_ops[inst->op].effects & NF_EFFECT_TRAP;
        if (traps && !nf_division_is_safe(p->f, inst)) return false;
        if (!is_access(inst)) continue;
        if (s->access_count == ACCESSES_MAX) return false;
        s->accesses[s->access_count++] = v;
    }
    return edges_note(p, s, b);
}

static bool scope_find(const promote *p, scope *s)
{
    const nf_cfg *cfg = &p->cfg;
    const nf_loop *loop = &cfg->loops[s->loop];
    s->blocks = NF_NEW_ARRAY(p->arena, nf_block, loop->block_count);
    if (s->blocks == NULL) return false;
    for (uint32_t i = cfg->rpo_index[loop->header.id];
         i < cfg->rpo_count && s->block_count < loop->block_count; i++) {
        nf_block b = {cfg->rpo[i]};
        if (!nf_cfg_loop_has(cfg, s->loop, b)) continue;
        s->blocks[s->block_count++] = b;
        if (!block_note(p, s, b)) return false;
    }
    for (uint32_t i = cfg->pred_start[loop->header.id]; i < cfg->pred_start[loop->header.id + 1];
         i++) {
        nf_block pred = {cfg->preds[i]};
        if (!nf_cfg_loop_has(cfg, s->loop, pred)) s->preheader = pred;
    }
    return s->preheader.id && s->access_count && s->exit_count;
}

/* --- the place --- */

static bool is_fixed(const promote *p, const scope *s, nf_value v)
{
    return v.id == 0 || !nf_cfg_loop_has(&p->cfg, s->loop, nf_inst_at(p->f, v)->block);
}

static bool place_is_fixed(const promote *p, const scope *s, const nf_place *place)
{
    return is_fixed(p, s, place->base) && is_fixed(p, s, place->index);
}

static bool runs_always(const promote *p, const scope *s, nf_block b)
{
    for (uint32_t i = 0; i < s->exiting_count; i++)
        if (!nf_cfg_dominates(&p->cfg, b, s->exiting[i])) return false;
    return true;
}

/* A place that is promoted: the accesses of it, and one record for those that take their place. */
typedef struct group {
    bool member[ACCESSES_MAX];
    bool always; /* a store runs in every iteration */
    nf_inst load, store;
} group;

/* Joins an access into the group when it is of the same bytes; false when it stands in the way. */
static bool access_join(const promote *p, const scope *s, const nf_place *place, group *g,
                        uint32_t index)
{
    const nf_inst *inst = nf_inst_at(p->f, s->accesses[index]);
    nf_place other = nf_place_of(&p->alias, inst);
    if (nf_places_apart_always(&p->alias, place, &other)) return true;
    if (!place_is_fixed(p, s, &other)) return false;
    nf_meeting meeting = nf_places_meet(&p->alias, place, &other);
    if (meeting == NF_APART) return true;
    bool plain = inst->op == NF_OP_LOAD || inst->op == NF_OP_STORE;
    if (meeting != NF_SAME_BYTES || !plain || inst->type != g->store.type) return false;
    g->member[index] = true;
    g->always |= inst->op == NF_OP_STORE && runs_always(p, s, inst->block);
    if (inst->mem.align_log2 < g->store.mem.align_log2)
        g->store.mem.align_log2 = inst->mem.align_log2;
    if (inst->mem.alias != g->store.mem.alias) g->store.mem.alias = 0;
    return true;
}

/* The group around a store; false when its place can't be promoted. */
static bool group_find(const promote *p, const scope *s, uint32_t index, group *g)
{
    *g = (group){.store = *nf_inst_at(p->f, s->accesses[index])};
    nf_place place = nf_place_of(&p->alias, &g->store);
    if (!place_is_fixed(p, s, &place)) return false;
    for (uint32_t i = 0; i < s->access_count; i++)
        if (s->accesses[i].id && !access_join(p, s, &place, g, i)) return false;
    bool ours = nf_place_is_private(&p->alias, &place) && nf_place_is_there(&p->alias, &place);
    g->load = g->store;
    g->load.op = NF_OP_LOAD;
    g->load.c = (nf_value){0};
    return g->always || ours;
}

/* --- the change --- */

/* The operands of the address may be constants that stand in the loop. */
static void address_copy(promote *p, const scope *s, nf_inst *access)
{
    nf_value end = nf_terminator(p->f, s->preheader);
    nf_value *places[] = {&access->a, &access->b};
    for (int i = 0; i < 2; i++) {
        nf_inst record = *nf_inst_at(p->f, *places[i]);
        if (places[i]->id && nf_is_free(&record)) *places[i] = nf_inst_put(p->f, end, &record);
    }
}

typedef struct rewriting {
    promote *p;
    scope *s;
    const group *g;
    nf_ssa ssa;
    nf_value pending[ACCESSES_MAX]; /* loads of what the place holds at the start of their block */
    uint32_t pending_count;
} rewriting;

static uint32_t member_index(const rewriting *w, nf_value v)
{
    for (uint32_t i = 0; i < w->s->access_count; i++)
        if (w->s->accesses[i].id == v.id) return w->g->member[i] ? i : ACCESSES_MAX;
    return ACCESSES_MAX;
}

static void block_rewrite(rewriting *w, nf_block b)
{
    nf_func *f = w->p->f;
    nf_value held = {0};
    bool stored = false;
    NF_FOR_INSTS_SAFE(f, b, v, following)
    {
        const nf_inst *inst = nf_inst_at(f, v);
        uint32_t index = is_access(inst) ? member_index(w, v) : ACCESSES_MAX;
        if (index == ACCESSES_MAX) continue;
        w->s->accesses[index] = (nf_value){0};
        if (inst->op == NF_OP_STORE) {
            held = inst->c;
            stored = true;
            nf_inst_remove(f, v);
        } else if (held.id) {
            w->p->map[v.id] = held;
            nf_inst_remove(f, v);
        } else {
            held = v;
            w->pending[w->pending_count++] = v;
        }
    }
    if (stored) nf_ssa_define_end(&w->ssa, 0, b, held);
}

static void exits_store(rewriting *w, nf_inst store)
{
    nf_func *f = w->p->f;
    for (uint32_t i = 0; i < w->s->exit_count; i++) {
        nf_block exit = w->s->exits[i];
        store.c = nf_ssa_at_start(&w->ssa, 0, store.type, exit);
        nf_inst_put(f, nf_block_at(f, exit)->first, &store);
    }
}

static bool group_promote(promote *p, scope *s, group *g)
{
    rewriting w = {.p = p, .s = s, .g = g};
    nf_func *f = p->f;
    if (!nf_ssa_init(&w.ssa, f, p->arena)) return false;
    address_copy(p, s, &g->load);
    nf_inst store = g->store;
    store.a = g->load.a;
    store.b = g->load.b;
    nf_value first = nf_inst_put(f, nf_terminator(f, s->preheader), &g->load);
    nf_ssa_define_end(&w.ssa, 0, s->preheader, first);
    for (uint32_t i = 0; i < s->block_count; i++) block_rewrite(&w, s->blocks[i]);
    for (uint32_t i = 0; i < w.pending_count; i++) {
        nf_value load = w.pending[i];
        nf_block b = nf_inst_at(f, load)->block;
        p->map[load.id] = nf_ssa_at_start(&w.ssa, 0, store.type, b);
        nf_inst_remove(f, load);
    }
    exits_store(&w, store);
    nf_ssa_finish(&w.ssa);
    return p->changed = true;
}

/* New loads and stores have ids behind the map: an outer loop may replace these too. */
static bool map_grow(promote *p)
{
    uint32_t count = p->f->insts.count * 2;
    if (p->f->insts.count <= p->map_count) return true;
    nf_value *map = NF_NEW_ARRAY(p->arena, nf_value, count);
    if (map == NULL) return false;
    __builtin_memcpy(map, p->map, p->map_count * sizeof *map);
    p->map = map;
    p->map_count = count;
    return true;
}

/* Whether the loop stores, and all that it does to memory is known. */
static bool is_calm(const nf_loop_writes *writes)
{
    return !writes->barrier && !writes->reads && writes->store_count && !writes->many;
}

static void loop_promote(promote *p, uint32_t loop)
{
    scope s = {.loop = loop};
    group g;
    if (!is_calm(&p->writes[loop]) || !scope_find(p, &s)) return;
    for (uint32_t i = 0; i < s.access_count; i++) {
        if (s.accesses[i].id == 0 || !nf_is_op(p->f, s.accesses[i], NF_OP_STORE)) continue;
        if (!group_find(p, &s, i, &g)) continue;
        if (!map_grow(p) || !group_promote(p, &s, &g)) return;
    }
}

bool nf_pass_promote(nf_opt *opt, nf_func *f)
{
    opt->hints &= ~(uint32_t)NF_HINT_PACKED;
    promote p = {.f = f, .arena = opt->scratch, .map_count = f->insts.count};
    if (!nf_flow_get(opt, f, &p.cfg) || p.cfg.loop_count == 0) return false;
    p.writes = nf_loop_writes_get(opt, f);
    bool calm = false;
    for (uint32_t loop = 0; p.writes && loop < p.cfg.loop_count; loop++)
        calm |= is_calm(&p.writes[loop]);
    if (!calm) return false;
    const nf_alias *alias = nf_alias_get(opt, f);
    p.map = NF_NEW_ARRAY(opt->scratch, nf_value, f->insts.count);
    if (!p.map || !alias) return false;
    p.alias = *alias;
    for (uint32_t loop = p.cfg.loop_count; loop-- > 0;) loop_promote(&p, loop);
    if (p.changed) nf_values_replace_some(f, p.map, p.map_count);
    return p.changed;
}
