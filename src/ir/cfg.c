/*
 * Control flow: reverse post-order, predecessors, dominators and loops. See cfg.h.
 *
 * No recursion, and nothing that deep nests make quadratic: a function may have a million blocks, and
 * the verifier asks about hostile ones.
 *
 * Successors are walked last to first, so that in reverse post-order the first successor's blocks
 * come first, as they mostly do in the text:
 *
 *     entry: brif %c, a, b     a: br join     b: br join        rpo: entry a b join
 *
 * Dominators are found by semidominators and nearest common ancestors (Georgiadis, "Linear-Time
 * Algorithms for Dominators and Related Problems", Princeton 2005, section 2.3, SNCA), on preorder
 * numbers of the same walk.
 *
 * Dominance is asked often, and answered by an interval: a dominates b when b's number in a preorder
 * walk of the dominator tree is among the dom_count[a] numbers from dom_first[a] on. The walk is never
 * made: subtree sizes add up in post-order, and in reverse post-order each parent deals out numbers.
 */
#include "cfg.h"

/* In rpo_index before the numbers are known; UNSEEN in idom too. */
#define UNSEEN UINT32_MAX
#define SEEN   (UINT32_MAX - 1)

/* The tree of the depth-first walk, by preorder number. */
typedef struct walk {
    uint32_t *number; /* by block id */
    uint32_t *block, *parent;
    uint32_t *stack; /* room for all */
    uint32_t count;
} walk;

static nf_value terminator_of(const nf_cfg *cfg, uint32_t block)
{
    return cfg->func->blocks.data[block].last;
}

static uint32_t successor_count(const nf_cfg *cfg, uint32_t block)
{
    return nf_edge_count(cfg->func, terminator_of(cfg, block));
}

static uint32_t successor_at(const nf_cfg *cfg, uint32_t block, uint32_t i)
{
    return nf_edge_at(cfg->func, terminator_of(cfg, block), i)->to.id;
}

static void fill(uint32_t *array, uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i < count; i++) array[i] = value;
}

/* --- order --- */

typedef struct visit {
    uint32_t block, edges_left;
} visit;

static bool walk_init(walk *w, nf_arena *arena, uint32_t count)
{
    *w = (walk){.number = NF_NEW_ARRAY(arena, uint32_t, count),
                .block = NF_NEW_ARRAY(arena, uint32_t, count),
                .parent = NF_NEW_ARRAY(arena, uint32_t, count),
                .stack = NF_NEW_ARRAY(arena, uint32_t, count)};
    return w->number && w->block && w->parent && w->stack;
}

/* First seen: gets the next preorder number. */
static visit discover(nf_cfg *cfg, walk *w, uint32_t block, uint32_t parent)
{
    cfg->rpo_index[block] = SEEN;
    w->number[block] = w->count;
    w->block[w->count] = block;
    w->parent[w->count++] = parent;
    return (visit){block, successor_count(cfg, block)};
}

static bool order_build(nf_cfg *cfg, nf_arena *arena, walk *w)
{
    uint32_t count = cfg->block_count, depth = 0, place = count;
    visit *stack = NF_NEW_ARRAY(arena, visit, count);
    uint32_t *order = NF_NEW_ARRAY(arena, uint32_t, count);
    if (stack == NULL || order == NULL || !walk_init(w, arena, count)) return false;
    fill(cfg->rpo_index, count, UNSEEN);
    stack[depth++] = discover(cfg, w, cfg->func->entry.id, 0);
    while (depth) {
        visit *top = &stack[depth - 1];
        if (top->edges_left == 0) {
            order[--place] = top->block;
            depth--;
            continue;
        }
        uint32_t next = successor_at(cfg, top->block, --top->edges_left);
        if (cfg->rpo_index[next] == UNSEEN)
            stack[depth++] = discover(cfg, w, next, w->number[top->block]);
    }
    cfg->rpo = order + place;
    cfg->rpo_count = count - place;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) cfg->rpo_index[cfg->rpo[i]] = i;
    return true;
}

/* --- predecessors --- */

static bool preds_build(nf_cfg *cfg, nf_arena *arena)
{
    uint32_t *start = cfg->pred_start, total = 0;
    for (uint32_t i = 0; i < cfg->rpo_count; i++)
        for (uint32_t e = successor_count(cfg, cfg->rpo[i]); e-- > 0;)
            start[successor_at(cfg, cfg->rpo[i], e)]++;
    for (uint32_t b = 0; b <= cfg->block_count; b++) start[b] = total += start[b];
    cfg->preds = NF_NEW_ARRAY(arena, uint32_t, total);
    if (cfg->preds == NULL) return false;
    for (uint32_t i = cfg->rpo_count;
         i-- > 0;) /* each start moves down from its end to its place */
        for (uint32_t e = successor_count(cfg, cfg->rpo[i]); e-- > 0;)
            cfg->preds[--start[successor_at(cfg, cfg->rpo[i], e)]] = cfg->rpo[i];
    return true;
}

/* --- dominators --- */

/* By preorder number. A block is linked when its semidominator is known; ancestor then leads
 * toward the root of its linked tree, and label is the block of the least semidominator on the way. */
typedef struct semidominators {
    uint32_t *ancestor, *label, *semi;
    uint32_t *stack;
} semidominators;

/* The label of v among what is linked, which is what is numbered from `linked` on. Shortens the way. */
static uint32_t least_label(semidominators *s, uint32_t v, uint32_t linked)
{
    uint32_t depth = 0;
    if (s->ancestor[v] < linked) return s->label[v];
    while (s->ancestor[v] >= linked) {
        s->stack[depth++] = v;
        v = s->ancestor[v];
    }
    uint32_t above = v, best = s->label[v];
    while (depth) {
        v = s->stack[--depth];
        s->ancestor[v] = s->ancestor[above];
        if (s->semi[best] < s->semi[s->label[v]])
            s->label[v] = best;
        else
            best = s->label[v];
        above = v;
    }
    return s->label[v];
}

static uint32_t semidominator_of(const nf_cfg *cfg, const walk *w, semidominators *s, uint32_t v)
{
    uint32_t semi = w->parent[v], block = w->block[v];
    for (uint32_t i = cfg->pred_start[block]; i < cfg->pred_start[block + 1]; i++) {
        uint32_t candidate = s->semi[least_label(s, w->number[cfg->preds[i]], v + 1)];
        if (candidate < semi) semi = candidate;
    }
    return semi;
}

static bool dominators_build(nf_cfg *cfg, nf_arena *arena, walk *w)
{
    uint32_t count = w->count;
    semidominators s = {NF_NEW_ARRAY(arena, uint32_t, count), NF_NEW_ARRAY(arena, uint32_t, count),
                        NF_NEW_ARRAY(arena, uint32_t, count), w->stack};
    uint32_t *idom = NF_NEW_ARRAY(arena, uint32_t, count);
    if (!s.ancestor || !s.label || !s.semi || !idom) return false;
    for (uint32_t v = 0; v < count; v++) {
        s.ancestor[v] = w->parent[v];
        s.label[v] = s.semi[v] = v;
    }
    for (uint32_t v = count; v-- > 1;) s.semi[v] = semidominator_of(cfg, w, &s, v);
    fill(cfg->idom, cfg->block_count, UNSEEN);
    cfg->idom[w->block[0]] = w->block[0];
    for (uint32_t v = 1; v < count; v++) {
        idom[v] = w->parent[v];
        while (idom[v] > s.semi[v]) idom[v] = idom[idom[v]];
        cfg->idom[w->block[v]] = w->block[idom[v]];
    }
    return true;
}

static bool dominators_number(nf_cfg *cfg, nf_arena *arena)
{
    uint32_t *next = NF_NEW_ARRAY(arena, uint32_t, cfg->block_count);
    if (next == NULL) return false;
    for (uint32_t i = cfg->rpo_count; i-- > 0;) {
        uint32_t block = cfg->rpo[i];
        cfg->dom_count[block]++;
        if (i > 0) cfg->dom_count[cfg->idom[block]] += cfg->dom_count[block];
    }
    next[cfg->rpo[0]] = 1;
    for (uint32_t i = 1; i < cfg->rpo_count; i++) {
        uint32_t block = cfg->rpo[i];
        cfg->dom_first[block] = next[cfg->idom[block]];
        next[cfg->idom[block]] += cfg->dom_count[block];
        next[block] = cfg->dom_first[block] + 1;
    }
    return true;
}

/* --- loops --- */

/* What finding loops needs besides the result. */
typedef struct loop_search {
    nf_cfg *cfg;
    uint32_t *outermost; /* by loop: itself, or a step to the outermost loop around it so far */
    uint32_t *stack;     /* blocks to look at; no block is pushed twice for one loop */
    uint32_t depth;
} loop_search;

/* Most edges lead forward in the order, which says enough. */
static bool edge_is_back(const nf_cfg *cfg, uint32_t from, uint32_t to)
{
    return cfg->rpo_index[from] >= cfg->rpo_index[to] &&
           nf_cfg_dominates(cfg, (nf_block){to}, (nf_block){from});
}

static bool block_is_header(const nf_cfg *cfg, uint32_t block)
{
    for (uint32_t i = cfg->pred_start[block]; i < cfg->pred_start[block + 1]; i++)
        if (edge_is_back(cfg, cfg->preds[i], block)) return true;
    return false;
}

/* Headers in reverse post-order: an outer loop's comes before those inside. */
static bool headers_find(nf_cfg *cfg, nf_arena *arena)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) count += block_is_header(cfg, cfg->rpo[i]);
    cfg->loops = NF_NEW_ARRAY(arena, nf_loop, count);
    if (cfg->loops == NULL) return false;
    for (uint32_t i = 0; i < cfg->rpo_count; i++)
        if (block_is_header(cfg, cfg->rpo[i]))
            cfg->loops[cfg->loop_count++] =
                (nf_loop){.header = {cfg->rpo[i]}, .parent = NF_NO_LOOP, .innermost = true};
    return true;
}

/* Halves the path as it goes (Tarjan and van Leeuwen), so that deep nests stay cheap. */
static uint32_t outermost_of(uint32_t *outermost, uint32_t loop)
{
    while (outermost[loop] != loop) loop = outermost[loop] = outermost[outermost[loop]];
    return loop;
}

/* Takes a block into the loop; when it is in a loop inside, takes that as a whole. */
static void loop_take(loop_search *search, uint32_t loop, uint32_t block)
{
    nf_cfg *cfg = search->cfg;
    uint32_t inner = cfg->loop_of[block];
    if (inner == NF_NO_LOOP) {
        cfg->loop_of[block] = loop;
    } else {
        inner = outermost_of(search->outermost, inner);
        if (inner == loop) return;
        search->outermost[inner] = loop;
        cfg->loops[inner].parent = loop;
        block = cfg->loops[inner].header.id;
    }
    search->stack[search->depth++] = block;
}

/* Collects the loop's blocks backwards from its back edges. Loops inside were collected before. */
static void loop_collect(loop_search *search, uint32_t loop)
{
    nf_cfg *cfg = search->cfg;
    uint32_t header = cfg->loops[loop].header.id;
    search->outermost[loop] = loop;
    cfg->loop_of[header] = loop;
    for (uint32_t i = cfg->pred_start[header]; i < cfg->pred_start[header + 1]; i++)
        if (edge_is_back(cfg, cfg->preds[i], header)) loop_take(search, loop, cfg->preds[i]);
    while (search->depth) {
        uint32_t block = search->stack[--search->depth];
        for (uint32_t i = cfg->pred_start[block]; i < cfg->pred_start[block + 1]; i++)
            loop_take(search, loop, cfg->preds[i]);
    }
}

static void loops_finish(nf_cfg *cfg)
{
    for (uint32_t i = 0; i < cfg->loop_count; i++) {
        nf_loop *loop = &cfg->loops[i];
        bool outer = loop->parent == NF_NO_LOOP;
        loop->depth = outer ? 1 : cfg->loops[loop->parent].depth + 1;
        if (!outer) cfg->loops[loop->parent].innermost = false;
    }
    for (uint32_t i = 0; i < cfg->rpo_count; i++)
        if (cfg->loop_of[cfg->rpo[i]] != NF_NO_LOOP)
            cfg->loops[cfg->loop_of[cfg->rpo[i]]].block_count++;
    for (uint32_t i = cfg->loop_count; i-- > 0;)
        if (cfg->loops[i].parent != NF_NO_LOOP)
            cfg->loops[cfg->loops[i].parent].block_count += cfg->loops[i].block_count;
}

static bool loops_build(nf_cfg *cfg, nf_arena *arena)
{
    fill(cfg->loop_of, cfg->block_count, NF_NO_LOOP);
    if (!headers_find(cfg, arena)) return false;
    if (cfg->loop_count == 0) return true;
    loop_search search = {.cfg = cfg,
                          .outermost = NF_NEW_ARRAY(arena, uint32_t, cfg->loop_count),
                          .stack = NF_NEW_ARRAY(arena, uint32_t, cfg->block_count)};
    if (search.outermost == NULL || search.stack == NULL) return false;
    for (uint32_t i = cfg->loop_count; i-- > 0;) loop_collect(&search, i);
    loops_finish(cfg);
    return true;
}

bool nf_cfg_loop_has(const nf_cfg *cfg, uint32_t loop, nf_block b)
{
    uint32_t at = cfg->loop_of[b.id];
    while (at != NF_NO_LOOP && at > loop) at = cfg->loops[at].parent;
    return at == loop;
}

nf_status nf_cfg_build(const nf_func *f, nf_arena *arena, nf_cfg *cfg)
{
    size_t count = f->blocks.count;
    *cfg = (nf_cfg){.func = f,
                    .block_count = f->blocks.count,
                    .rpo_index = NF_NEW_ARRAY(arena, uint32_t, count),
                    .pred_start = NF_NEW_ARRAY(arena, uint32_t, count + 1),
                    .idom = NF_NEW_ARRAY(arena, uint32_t, count),
                    .dom_first = NF_NEW_ARRAY(arena, uint32_t, count),
                    .dom_count = NF_NEW_ARRAY(arena, uint32_t, count),
                    .loop_of = NF_NEW_ARRAY(arena, uint32_t, count)};
    bool allocated = cfg->rpo_index && cfg->pred_start && cfg->idom && cfg->dom_first &&
                     cfg->dom_count && cfg->loop_of;
    walk w;
    bool built = allocated && order_build(cfg, arena, &w) && preds_build(cfg, arena) &&
                 dominators_build(cfg, arena, &w) && dominators_number(cfg, arena) &&
                 loops_build(cfg, arena);
    return built ? NF_OK : NF_MEMORY;
}
