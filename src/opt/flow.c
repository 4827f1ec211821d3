/*
 * The control flow graph, kept from pass to pass.
 *
 * More than half of the passes only read the graph, and making it is a walk or two over all blocks;
 * so the pass manager keeps it until a pass says that it has changed blocks or edges. Arguments of
 * edges, parameters and instructions are not in it.
 *
 *     rotate (drops)  licm (makes)  promote  widen  vectorise  unroll (drops)  divide (makes) ...
 *
 * What is known about memory (alias.h) is kept beside it, for as long as both hold.
 *
 * It lies in an arena of its own, since the passes' scratch is emptied behind each of them.
 */
#include "alias.h"

bool nf_flow_get(nf_opt *opt, const nf_func *f, nf_cfg *cfg)
{
    nf_flow *flow = opt->flow;
    if (flow == NULL) return nf_cfg_build(f, opt->scratch, cfg) == NF_OK;
    if (!flow->known) {
        nf_arena_reset(&flow->arena);
        flow->memory = NULL;
        flow->known = nf_cfg_build(f, &flow->arena, &flow->cfg) == NF_OK;
    }
    *cfg = flow->cfg;
    return flow->known;
}

void nf_flow_drop(nf_opt *opt)
{
    if (opt->flow) opt->flow->known = false;
}

/* --- memory --- */

struct nf_memory {
    nf_alias alias;
    bool alias_known;
    const nf_loop_writes *writes; /* NULL: not known */
};

/* Where what is known is kept: the pass manager's arena, or without one scratch memory. */
static nf_arena *memory_arena(nf_opt *opt)
{
    return opt->flow ? &opt->flow->arena : opt->scratch;
}

static struct nf_memory *memory_get(nf_opt *opt, const nf_func *f, nf_cfg *cfg)
{
    if (!nf_flow_get(opt, f, cfg)) return NULL;
    struct nf_memory *memory = opt->flow ? opt->flow->memory : NULL;
    if (memory == NULL) memory = NF_NEW(memory_arena(opt), struct nf_memory);
    if (opt->flow) opt->flow->memory = memory;
    return memory;
}

const nf_alias *nf_alias_get(nf_opt *opt, const nf_func *f)
{
    nf_cfg cfg;
    struct nf_memory *memory = memory_get(opt, f, &cfg);
    if (memory == NULL) return NULL;
    if (!memory->alias_known)
        memory->alias_known = nf_alias_init(&memory->alias, f, &cfg, memory_arena(opt));
    return memory->alias_known ? &memory->alias : NULL;
}

const nf_loop_writes *nf_loop_writes_get(nf_opt *opt, const nf_func *f)
{
    nf_cfg cfg;
    struct nf_memory *memory = memory_get(opt, f, &cfg);
    if (memory == NULL) return NULL;
    if (memory->writes == NULL) memory->writes = nf_loop_writes_find(f, &cfg, memory_arena(opt));
    return memory->writes;
}

void nf_memory_keep(nf_opt *opt)
{
    if (opt->flow) opt->flow->memory_stays = true;
}

/* --- whether it is right --- */

static bool same(const uint32_t *a, const uint32_t *b, uint32_t count)
{
    return count == 0 || __builtin_memcmp(a, b, count * sizeof *a) == 0;
}

static bool loops_same(const nf_cfg *a, const nf_cfg *b)
{
    if (a->loop_count != b->loop_count) return false;
    for (uint32_t i = 0; i < a->loop_count; i++)
        if (a->loops[i].header.id != b->loops[i].header.id ||
            a->loops[i].parent != b->loops[i].parent ||
            a->loops[i].block_count != b->loops[i].block_count)
            return false;
    return true;
}

bool nf_flow_is_right(const nf_flow *flow, const nf_func *f, nf_arena *arena)
{
    const nf_cfg *kept = &flow->cfg;
    nf_cfg fresh;
    if (!flow->known || nf_cfg_build(f, arena, &fresh) != NF_OK) return true;
    uint32_t blocks = fresh.block_count;
    return kept->block_count == blocks && kept->rpo_count == fresh.rpo_count &&
           same(kept->rpo, fresh.rpo, fresh.rpo_count) &&
           same(kept->pred_start, fresh.pred_start, blocks + 1) &&
           same(kept->preds, fresh.preds, fresh.pred_start[blocks]) &&
           same(kept->idom, fresh.idom, blocks) && same(kept->loop_of, fresh.loop_of, blocks) &&
           loops_same(kept, &fresh);
}
