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

/* The tree of the depth-first walk, by preorder number; number is by block id. Of the rest
 * dominators_build() says what it is. */
typedef struct walk {
    uint32_t *number, *block, *parent;
    uint32_t *ancestor, *label, *semi, *idom;
    uint32_t *stack; /* room for all */
    uint32_t count;
} walk;

typedef struct out_edges {
    const nf_edge *first;
    uint32_t count;
} out_edges;

static out_edges edges_of(const nf_cfg *cfg, uint32_t block)
{
    const nf_func *f = cfg->func;
    nf_value last = f->blocks.data[block].last;
    return (out_edges){nf_edge_at(f, last, 0), nf_edge_count(f, last)};
}

/* --- memory: one piece for all that is by block, so that it is cleared in two strokes --- */

enum {
    TABLES_UNSEEN = 3,
    TABLES_ZERO = 3,
    TABLES_OTHER = 9,
    TABLES = TABLES_UNSEEN + TABLES_ZERO + TABLES_OTHER,
};

static uint32_t *table_cut(uint32_t **rest, size_t count)
{
    uint32_t *table = *rest;
    *rest += count;
    return table;
}

static bool tables_make(nf_cfg *cfg, nf_arena *arena, walk *w)
{
    size_t count = cfg->block_count;
    uint32_t *rest = NF_TAKE_ARRAY(arena, uint32_t, TABLES * count + 1);
    if (rest == NULL) return false;
    __builtin_memset(rest, UINT8_MAX, TABLES_UNSEEN * count * sizeof *rest);
    cfg->rpo_index = table_cut(&rest, count);
    cfg->idom = table_cut(&rest, count);
    cfg->loop_of = table_cut(&rest, count);
    __builtin_memset(rest, 0, (TABLES_ZERO * count + 1) * sizeof *rest);
    cfg->dom_first = table_cut(&rest, count);
    cfg->dom_count = table_cut(&rest, count);
    cfg->pred_start = table_cut(&rest, count + 1);
    cfg->rpo = table_cut(&rest, count);
    *w = (walk){.number = table_cut(&rest, count)};
    w->block = table_cut(&rest, count);
    w->parent = table_cut(&rest, count);
    w->ancestor = table_cut(&rest, count);
    w->label = table_cut(&rest, count);
    w->semi = table_cut(&rest, count);
    w->idom = table_cut(&rest, count);
    w->stack = table_cut(&rest, count);
    return true;
}

/* --- order --- */

typedef struct visit {
    out_edges left; /* those before count */
    uint32_t block;
} visit;

/* First seen: gets the next preorder number. */
static visit discover(nf_cfg *cfg, walk *w, uint32_t block, uint32_t parent)
{
    cfg->rpo_index[block] = SEEN;
    w->number[block] = w->count;
    w->block[w->count] = block;
    w->parent[w->count++] = parent;
    return (visit){edges_of(cfg, block), block};
}

static bool order_build(nf_cfg *cfg, nf_arena *arena, walk *w)
{
    uint32_t count = cfg->block_count, depth = 0, place = count;
    visit *stack = NF_TAKE_ARRAY(arena, visit, count);
    if (stack == NULL) return false;
    stack[depth++] = discover(cfg, w, cfg->func->entry.id, 0);
    while (depth) {
        visit *top = &stack[depth - 1];
        if (top->left.count == 0) {
            cfg->rpo[--place] = top->block;
            depth--;
            continue;
        }
        uint32_t next = top->left.first[--top->left.count].to.id;
        if (cfg->rpo_index[next] == UNSEEN)
            stack[depth++] = discover(cfg, w, next, w->number[top->block]);
    }
    cfg->rpo += place;
    cfg->rpo_count = count - place;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) cfg->rpo_index[cfg->rpo[i]] = i;
    return true;
}

/* --- predecessors --- */

static bool preds_build(nf_cfg *cfg, nf_arena *arena)
{
    uint32_t *start = cfg->pred_start, total = 0;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        out_edges edges = edges_of(cfg, cfg->rpo[i]);
        for (uint32_t e = 0; e < edges.count; e++) start[edges.first[e].to.id]++;
    }
    for (uint32_t b = 0; b <= cfg->block_count; b++) start[b] = total += start[b];
    cfg->preds = NF_TAKE_ARRAY(arena, uint32_t, total);
    if (cfg->preds == NULL) return false;
    for (uint32_t i = cfg->rpo_count; i-- > 0;) { /* starts move down to their places */
        out_edges edges = edges_of(cfg, cfg->rpo[i]);
        for (uint32_t e = edges.count; e-- > 0;)
            cfg->preds[--start[edges.first[e].to.id]] = cfg->rpo[i];
    }
    return true;
}

/* --- dominators --- */

/* By preorder number. A block is linked when its semidominator is known; ancestor then leads toward
 * the root of its linked tree, and label is the block of the least semidominator on the way. What is
 * linked is what is numbered from `linked` on. Gives v's label, and shortens the way. */
static uint32_t least_label(walk *w, uint32_t v, uint32_t linked)
{
    uint32_t depth = 0;
    if (w->ancestor[v] < linked) return w->label[v];
    while (w->ancestor[v] >= linked) {
        w->stack[depth++] = v;
        v = w->ancestor[v];
    }
    uint32_t above = v, best = w->label[v];
    while (depth) {
        v = w->stack[--depth];
        w->ancestor[v] = w->ancestor[above];
        if (w->semi[best] < w->semi[w->label[v]])
            w->label[v] = best;
        else
            best = w->label[v];
        above = v;
    }
    return w->label[v];
}

static uint32_t semidominator_of(const nf_cfg *cfg, walk *w, uint32_t v)
{
    uint32_t semi = w->parent[v], block = w->block[v];
    for (uint32_t i = cfg->pred_start[block]; i < cfg->pred_start[block + 1]; i++) {
        uint32_t candidate = w->number[cfg->preds[i]];
        if (candidate > v) candidate = w->semi[least_label(w, candidate, v + 1)];
        if (candidate < semi) semi = candidate;
    }
    return semi;
}

static void dominators_build(nf_cfg *cfg, walk *w)
{
    for (uint32_t v = 0; v < w->count; v++) {
        w->ancestor[v] = w->parent[v];
        w->label[v] = w->semi[v] = v;
    }
    for (uint32_t v = w->count; v-- > 1;) w->semi[v] = semidominator_of(cfg, w, v);
    cfg->idom[w->block[0]] = w->block[0];
    for (uint32_t v = 1; v < w->count; v++) {
        w->idom[v] = w->parent[v];
        while (w->idom[v] > w->semi[v]) w->idom[v] = w->idom[w->idom[v]];
        cfg->idom[w->block[v]] = w->block[w->idom[v]];
    }
}

static void dominators_number(nf_cfg *cfg, walk *w)
{
    uint32_t *next = w->number; /* by block id, and not needed any more */
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

/* Headers in reverse post-order: an outer loop's comes before those inside. found: room for all. */
static bool headers_find(nf_cfg *cfg, nf_arena *arena, uint32_t *found)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        found[count] = cfg->rpo[i]; /* stays only when it is one */
        count += block_is_header(cfg, cfg->rpo[i]);
    }
    cfg->loops = NF_TAKE_ARRAY(arena, nf_loop, count);
    if (cfg->loops == NULL) return false;
    cfg->loop_count = count;
    for (uint32_t i = 0; i < count; i++)
        cfg->loops[i] = (nf_loop){.header = {found[i]}, .parent = NF_NO_LOOP, .innermost = true};
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

static bool loops_build(nf_cfg *cfg, nf_arena *arena, walk *w)
{
    if (!headers_find(cfg, arena, w->block)) return false;
    if (cfg->loop_count == 0) return true;
    loop_search search = {.cfg = cfg, .outermost = w->ancestor, .stack = w->stack};
    for (uint32_t i = cfg->loop_count; i-- > 0;) loop_collect(&search, i);
    loops_finish(cfg);
    return true;
}

nf_status nf_cfg_build(const nf_func *f, nf_arena *arena, nf_cfg *cfg)
{
    walk w;
    *cfg = (nf_cfg){.func = f, .block_count = f->blocks.count};
    if (!tables_make(cfg, arena, &w) || !order_build(cfg, arena, &w) || !preds_build(cfg, arena))
        return NF_MEMORY;
    dominators_build(cfg, &w);
    dominators_number(cfg, &w);
    return loops_build(cfg, arena, &w) ? NF_OK : NF_MEMORY;
}
