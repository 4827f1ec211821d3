/*
 * What memory holds, for gvn. See gvn_internal.h.
 *
 * From the version at hand a load looks backwards past stores that are apart from it, past
 * barriers when its memory is private to the function, and past loops that leave it alone, for at
 * most STEPS_MAX versions. (The walk is MemorySSA's; the versions are made on the way, in reverse
 * post-order, so there is no separate construction.) Two loads of one address that end at the same
 * version read the same bytes.
 *
 *     store %x, [%p]          version 1
 *     store %y, [%p + 8]      version 2
 *     load [%p]               past 2, ends at 1, which wrote these bytes: %x
 */
#include "gvn_internal.h"

enum { STEPS_MAX = 32 };

bool nf_gvn_memory_init(nf_gvn_memory *m, nf_opt *opt, nf_func *f, const nf_cfg *cfg)
{
    nf_arena *arena = opt->scratch;
    const nf_alias *alias = nf_alias_get(opt, f);
    *m = (nf_gvn_memory){.f = f, .cfg = cfg, .arena = arena, .value_count = f->insts.count};
    if (alias == NULL) return false;
    m->alias = *alias;
    m->writes = nf_loop_writes_get(opt, f);
    m->at_end = NF_NEW_ARRAY(arena, uint32_t, f->blocks.count);
    m->of_load = NF_NEW_ARRAY(arena, uint32_t, f->insts.count);
    return m->writes && m->at_end && m->of_load &&
           NF_VEC_PUSH(arena, &m->versions, (nf_version){.kind = NF_VERSION_ENTRY});
}

static void version_new(nf_gvn_memory *m, nf_version version)
{
    if (NF_VEC_PUSH(m->arena, &m->versions, version)) m->current = m->versions.count - 1;
}

/* The one version that all predecessors but those in the loop end with; NF_NO_LOOP for any
 * predecessor. False when they differ or one is not known. */
static bool preds_agree(const nf_gvn_memory *m, nf_block b, uint32_t loop, uint32_t *version)
{
    uint32_t common = 0;
    for (uint32_t i = m->cfg->pred_start[b.id]; i < m->cfg->pred_start[b.id + 1]; i++) {
        nf_block pred = {m->cfg->preds[i]};
        if (loop != NF_NO_LOOP && nf_cfg_loop_has(m->cfg, loop, pred)) continue;
        uint32_t end = m->at_end[pred.id];
        if (end == 0 || (common && common != end)) return false;
        common = end;
    }
    *version = common - 1;
    return common != 0;
}

void nf_gvn_memory_enter(nf_gvn_memory *m, nf_block b)
{
    uint32_t loop = m->cfg->loop_of[b.id];
    bool header = loop != NF_NO_LOOP && m->cfg->loops[loop].header.id == b.id;
    uint32_t before = 0;
    if (b.id == m->f->entry.id) {
        m->current = 0;
    } else if (!preds_agree(m, b, header ? loop : NF_NO_LOOP, &before)) {
        version_new(m, (nf_version){.kind = NF_VERSION_JOIN});
    } else if (header) {
        const nf_loop_writes *writes = &m->writes[loop];
        bool quiet = !writes->barrier && !writes->many && writes->store_count == 0;
        m->current = before;
        if (!quiet) version_new(m, (nf_version){NF_VERSION_LOOP, before, loop, {0}});
    } else {
        m->current = before;
    }
}

void nf_gvn_memory_leave(nf_gvn_memory *m, nf_block b)
{
    m->at_end[b.id] = m->current + 1;
}

/* The last version that may have changed the place. When a store wrote exactly its bytes, *store is
 * that store. */
static uint32_t version_find(const nf_gvn_memory *m, const nf_place *place, nf_value *store)
{
    uint32_t at = m->current;
    store->id = 0;
    for (uint32_t steps = 0; steps < STEPS_MAX; steps++) {
        const nf_version *version = &m->versions.data[at];
        if (version->kind == NF_VERSION_STORE) {
            const nf_inst *inst = nf_inst_at(m->f, version->inst);
            nf_place written = nf_place_of(&m->alias, inst);
            nf_meeting meeting = nf_places_meet(&m->alias, place, &written);
            if (meeting == NF_SAME_BYTES && inst->op == NF_OP_STORE) *store = version->inst;
            if (meeting != NF_APART) return at;
        } else if (version->kind == NF_VERSION_BARRIER) {
            const nf_inst *inst = nf_inst_at(m->f, version->inst);
            if (!nf_place_is_private(&m->alias, place)) return at;
            if (nf_op_of(inst)->effects & NF_EFFECT_WRITE) { /* a volatile store to it */
                nf_place written = nf_place_of(&m->alias, inst);
                if (nf_places_meet(&m->alias, place, &written) != NF_APART) return at;
            }
        } else if (version->kind == NF_VERSION_LOOP) {
            if (!nf_loop_leaves(&m->alias, m->cfg, m->writes, version->loop, place)) return at;
        } else {
            return at;
        }
        at = version->previous;
    }
    return at;
}

nf_value nf_gvn_memory_load(nf_gvn_memory *m, nf_value load)
{
    nf_value store = {0};
    const nf_inst *inst = nf_inst_at(m->f, load);
    nf_place place = nf_place_of(&m->alias, inst);
    if (load.id >= m->value_count) return (nf_value){0};
    if (nf_place_is_constant(&m->alias, &place))
        m->of_load[load.id] = 1; /* as at the entry */
    else
        m->of_load[load.id] = version_find(m, &place, &store) + 1;
    if (store.id == 0 || inst->op != NF_OP_LOAD) return (nf_value){0};
    return nf_inst_at(m->f, store)->c;
}

/* Whether the place holds the value already: it was stored or loaded there and nothing came between. */
static bool store_is_redundant(const nf_gvn_memory *m, const nf_inst *store)
{
    nf_value last = {0};
    nf_place place = nf_place_of(&m->alias, store);
    uint32_t version = version_find(m, &place, &last);
    if (last.id && nf_inst_at(m->f, last)->c.id == store->c.id) return true;
    const nf_inst *value = nf_inst_at(m->f, store->c);
    if (value->op != NF_OP_LOAD || nf_access_is_fixed(value) || store->c.id >= m->value_count)
        return false;
    nf_place loaded = nf_place_of(&m->alias, value);
    return m->of_load[store->c.id] == version + 1 &&
           nf_places_meet(&m->alias, &place, &loaded) == NF_SAME_BYTES;
}

bool nf_gvn_memory_write(nf_gvn_memory *m, nf_value v)
{
    const nf_inst *inst = nf_inst_at(m->f, v);
    nf_memory_use use = nf_memory_use_of(m->f, inst);
    if (use == NF_MEMORY_BARRIER)
        version_new(m, (nf_version){NF_VERSION_BARRIER, m->current, 0, v});
    if (use != NF_MEMORY_STORE) return false;
    if (inst->op == NF_OP_STORE && store_is_redundant(m, inst)) return true;
    version_new(m, (nf_version){NF_VERSION_STORE, m->current, 0, v});
    return false;
}
