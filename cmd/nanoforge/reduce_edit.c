/*
 * The table of edits, and those of the control flow and of what a module consists of. The ones of
 * values are in reduce_value.c.
 *
 * Order matters for speed alone: what may take much away comes first. Each edit walks over its
 * candidates and counts a number down until it is at the one that is meant; functions are small
 * where this is used, and checking a step costs a thousand times more.
 */
#include "reduce_internal.h"

/* --- walking --- */

bool edit_here(edit_at *at)
{
    return at->candidate-- == 0;
}

/* The next function behind the symbol, or NULL. */
nf_func *edit_func_next(const nf_module *module, uint32_t *id)
{
    while (++*id < module->symbols.count)
        if (module->symbols.data[*id].func) return module->symbols.data[*id].func;
    return NULL;
}

/* --- what a module consists of --- */

static void block_empty(nf_func *f, nf_block b)
{
    NF_FOR_INSTS_SAFE(f, b, v, following) nf_inst_remove(f, v);
}

/* Ends the block by a return of zero. */
static void block_return(nf_func *f, nf_block b)
{
    nf_type type = nf_signature_at(f->module, f->signature)->result;
    nf_inst_append(f, b, nf_inst_new(f, &(nf_inst){.op = NF_OP_RET}));
    nf_value end = nf_terminator(f, b);
    if (type == NF_VOID) return;
    nf_value zero = nf_zero_put(f, end, type);
    nf_inst_at(f, end)->a = zero;
}

static edit_result functions_empty(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        if (!edit_here(at)) continue;
        bool empty = nf_is_op(f, nf_terminator(f, f->entry), NF_OP_RET) && nf_func_size(f) <= 3;
        if (f->symbol.id == at->keep.id || empty) return EDIT_NONE;
        block_empty(f, f->entry);
        block_return(f, f->entry);
        return EDIT_DONE;
    }
    return EDIT_END;
}

typedef struct renumbering {
    uint32_t gone;
    bool used; /* the symbol that shall go */
} renumbering;

static void number_change(renumbering *r, uint32_t *id)
{
    r->used |= *id == r->gone;
    if (*id > r->gone) --*id;
}

static void func_renumber(nf_func *f, renumbering *r)
{
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            nf_inst *inst = nf_inst_at(f, v);
            uint32_t callee = (uint32_t)inst->imm;
            if (inst->op == NF_OP_SYMBOL) number_change(r, &inst->extra);
            if (inst->op != NF_OP_CALL && inst->op != NF_OP_TAIL_CALL) continue;
            number_change(r, &callee);
            inst->imm = callee;
        }
    }
}

/* Takes a symbol out of the table, if nobody uses it; everybody's numbers change. */
static edit_result symbols_drop(edit_at *at)
{
    nf_module *m = at->module;
    renumbering r = {.gone = at->candidate + 1};
    if (r.gone >= m->symbols.count) return EDIT_END;
    if (r.gone == at->keep.id) return EDIT_NONE;
    for (uint32_t id = 1; id < m->symbols.count; id++) {
        nf_symbol_data *symbol = &m->symbols.data[id];
        if (id == r.gone) continue;
        for (uint32_t i = 0; i < symbol->relocs.count; i++)
            number_change(&r, &symbol->relocs.data[i].target.id);
        if (symbol->func) func_renumber(symbol->func, &r);
        if (symbol->func) number_change(&r, &symbol->func->symbol.id);
    }
    if (r.used) return EDIT_NONE; /* the copy with its wrong numbers is thrown away */
    for (uint32_t id = r.gone; id + 1 < m->symbols.count; id++)
        m->symbols.data[id] = m->symbols.data[id + 1];
    m->symbols.count--;
    return EDIT_DONE;
}

static edit_result relocs_drop(edit_at *at)
{
    for (uint32_t id = 1; id < at->module->symbols.count; id++) {
        nf_symbol_data *symbol = &at->module->symbols.data[id];
        if (symbol->kind != NF_SYMBOL_DATA || !edit_here(at)) continue;
        if (symbol->relocs.count == 0) return EDIT_NONE;
        symbol->relocs.count = 0;
        return EDIT_DONE;
    }
    return EDIT_END;
}

/* --- what functions promise --- */

static edit_result promises_drop(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        uint32_t attributes = f->attributes & NF_ATTR_EXPORT;
        if (!edit_here(at)) continue;
        bool any = f->attributes != attributes || f->noalias != 0 || f->tolerance > 0;
        f->attributes = attributes;
        f->noalias = 0;
        f->tolerance = 0;
        return any ? EDIT_DONE : EDIT_NONE;
    }
    return EDIT_END;
}

/* --- control flow --- */

static edit_result blocks_return(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        NF_FOR_BLOCKS(f, b)
        {
            nf_value end = nf_terminator(f, b);
            if (!edit_here(at)) continue;
            if (nf_is_op(f, end, NF_OP_RET)) return EDIT_NONE;
            nf_inst_remove(f, end);
            block_return(f, b);
            return EDIT_DONE;
        }
    }
    return EDIT_END;
}

/* A branch goes one of its ways only. */
static edit_result ways_take(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        NF_FOR_BLOCKS(f, b)
        {
            nf_value end = nf_terminator(f, b);
            uint32_t count = nf_edge_count(f, end);
            for (uint32_t e = 0; count > 1 && e < count; e++) {
                if (!edit_here(at)) continue;
                nf_terminator_take(f, end, e);
                return EDIT_DONE;
            }
        }
    }
    return EDIT_END;
}

static edit_result cases_drop(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        NF_FOR_BLOCKS(f, b)
        {
            nf_value end = nf_terminator(f, b);
            if (!nf_is_op(f, end, NF_OP_SWITCH)) continue;
            uint32_t count = nf_edge_count(f, end);
            for (uint32_t e = 1; e < count; e++) {
                if (!edit_here(at)) continue;
                *nf_edge_at(f, end, e) = *nf_edge_at(f, end, count - 1);
                nf_inst_at(f, end)->c.id--;
                return EDIT_DONE;
            }
        }
    }
    return EDIT_END;
}

/* Blocks that only one other goes to become part of it, in one function. */
static edit_result blocks_merge(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;)
        if (edit_here(at)) return nf_blocks_merge(f, &at->module->arena) ? EDIT_DONE : EDIT_NONE;
    return EDIT_END;
}

static void reach(const nf_func *f, bool *reached)
{
    for (bool again = true; again;) {
        again = false;
        NF_FOR_BLOCKS(f, b)
        {
            nf_value end = nf_terminator(f, b);
            if (!reached[b.id]) continue;
            for (uint32_t e = 0; e < nf_edge_count(f, end); e++) {
                uint32_t to = nf_edge_at(f, end, e)->to.id;
                again |= !reached[to];
                reached[to] = true;
            }
        }
    }
}

static void unreachable_remove(nf_func *f)
{
    bool *reached = NF_NEW_ARRAY(&f->module->arena, bool, f->blocks.count);
    if (reached == NULL) return;
    reached[f->entry.id] = true;
    reach(f, reached);
    NF_FOR_BLOCKS(f, b)
    {
        if (!reached[b.id]) block_empty(f, b);
    }
    for (nf_block b = f->entry, next; b.id != 0; b = next) {
        next = nf_block_at(f, b)->next;
        if (!reached[b.id]) nf_block_remove(f, b);
    }
}

/* --- the table --- */

typedef edit_result edit_run(edit_at *at);

/* Promises go first: without them no later step can make a function break one. */
#define EDITS(EDIT)                                                                                \
    EDIT("promises", promises_drop, false)                                                         \
    EDIT("functions", functions_empty, false)                                                      \
    EDIT("symbols", symbols_drop, false)                                                           \
    EDIT("addresses in data", relocs_drop, false)                                                  \
    EDIT("blocks", blocks_return, false)                                                           \
    EDIT("branches", ways_take, false)                                                             \
    EDIT("instructions", edit_remove, true)                                                        \
    EDIT("cases", cases_drop, false)                                                               \
    EDIT("joined blocks", blocks_merge, false)                                                     \
    EDIT("block parameters", edit_params, false)                                                   \
    EDIT("values", edit_replace, false)                                                            \
    EDIT("parameters", edit_signature, false)                                                      \
    EDIT("accesses", edit_accesses, false)                                                         \
    EDIT("constants", edit_constants, false)                                                       \
    EDIT("lanes", edit_lanes, false)                                                               \
    EDIT("locals", edit_locals, false)

#define EDIT_RUN(name, run, in_chunks)  run,
#define EDIT_INFO(name, run, in_chunks) {name, in_chunks},
static edit_run *const runs[] = {EDITS(EDIT_RUN)};
const edit_info edits[] = {EDITS(EDIT_INFO)};
const uint32_t edit_count = sizeof edits / sizeof *edits;

edit_result edit_apply(uint32_t edit, nf_module *module, nf_symbol keep, uint32_t candidate,
                       uint32_t chunk)
{
    edit_at at = {module, keep, candidate, chunk};
    edit_result result = runs[edit](&at);
    nf_func *f;
    for (uint32_t id = 0; result == EDIT_DONE && (f = edit_func_next(module, &id)) != NULL;)
        unreachable_remove(f);
    return result;
}
