/*
 * Checks the shape facts that passes require of one another (opt_internal.h says what each means).
 *
 * Debug builds run this in front of each pass that requires a fact, and the tests behind rotate. It
 * looks at the function afresh and trusts nobody.
 */
#include "opt_internal.h"

typedef struct check {
    const nf_func *f;
    nf_cfg cfg;
    nf_in_edges in;
} check;

static bool loop_has(const check *c, uint32_t loop, nf_block b)
{
    return nf_cfg_reachable(&c->cfg, b) && nf_cfg_loop_has(&c->cfg, loop, b);
}

static const char *header_check(const check *c, uint32_t loop)
{
    nf_block header = c->cfg.loops[loop].header;
    uint32_t inside = 0, outside = 0;
    for (uint32_t i = c->in.start[header.id]; i < c->in.start[header.id + 1]; i++) {
        nf_block from = c->in.all[i].from;
        if (!nf_cfg_reachable(&c->cfg, from)) continue;
        if (loop_has(c, loop, from)) {
            inside++;
            continue;
        }
        outside++;
        if (nf_out_count(c->f, nf_terminator(c->f, from)) != 1) return "a preheader branches";
    }
    if (outside != 1) return "a loop has no preheader";
    return inside == 1 ? NULL : "a loop has several latches";
}

/* An edge that leaves a loop goes to a block that only this loop goes to. */
static const char *exit_check(const check *c, nf_block from, nf_block to)
{
    uint32_t loop = c->cfg.loop_of[from.id];
    if (loop == NF_NO_LOOP || loop_has(c, loop, to)) return NULL;
    for (uint32_t i = c->in.start[to.id]; i < c->in.start[to.id + 1]; i++)
        if (!loop_has(c, loop, c->in.all[i].from)) return "a loop's exit is entered from elsewhere";
    return NULL;
}

static const char *rotated_check(const check *c)
{
    for (uint32_t loop = 0; loop < c->cfg.loop_count; loop++) {
        if (c->cfg.loops[loop].header.id == c->f->entry.id) continue;
        const char *broken = header_check(c, loop);
        if (broken) return broken;
    }
    for (uint32_t i = 0; i < c->cfg.rpo_count; i++) {
        nf_block b = {c->cfg.rpo[i]};
        nf_value end = nf_terminator(c->f, b);
        for (uint32_t e = 0; e < nf_out_count(c->f, end); e++) {
            const char *broken = exit_check(c, b, nf_edge_at(c->f, end, e)->to);
            if (broken) return broken;
        }
    }
    return NULL;
}

typedef struct use_check {
    const check *c;
    nf_block user;
    bool broken;
} use_check;

static void use_visit(void *context, nf_value *place)
{
    use_check *use = context;
    const check *c = use->c;
    nf_block home = nf_inst_at(c->f, *place)->block;
    if (!nf_cfg_reachable(&c->cfg, home)) return;
    uint32_t loop = c->cfg.loop_of[home.id];
    if (loop != NF_NO_LOOP && !nf_cfg_loop_has(&c->cfg, loop, use->user)) use->broken = true;
}

static const char *closed_check(const check *c)
{
    for (uint32_t i = 0; i < c->cfg.rpo_count; i++) {
        use_check use = {c, {c->cfg.rpo[i]}, false};
        NF_FOR_INSTS(c->f, use.user, v)
        {
            nf_operands_each(c->f, v, use_visit, &use);
        }
        if (use.broken) return "a value made in a loop is used outside";
    }
    return NULL;
}

const char *nf_facts_check(const nf_func *f, unsigned facts, nf_arena *arena)
{
    check c = {.f = f};
    if (facts == NF_FACT_NONE) return NULL;
    if (nf_cfg_build(f, arena, &c.cfg) != NF_OK || !nf_in_edges_build(f, arena, &c.in))
        return NULL; /* the caller sees the arena's failure */
    const char *broken = facts & NF_FACT_ROTATED ? rotated_check(&c) : NULL;
    if (broken == NULL && (facts & NF_FACT_LOOP_CLOSED)) broken = closed_check(&c);
    return broken;
}
