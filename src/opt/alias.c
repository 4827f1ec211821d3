/*
 * Roots of addresses, and what follows for two accesses. See alias.h.
 *
 * Roots are found by iteration in reverse post-order, optimistic at loop headers: a pointer that
 * steps through a loop keeps the root that it came in with. An addition keeps the root of the one
 * operand that is surely an address (a local, a symbol, a noalias parameter); of two such nothing is
 * known.
 *
 *     %p: NOALIAS 0     %i: a loop's counter, NUMBER     add %p, (shl %i, 2): NOALIAS 0
 *
 * A local escapes when its address goes where its way is not followed: into memory, a call, a
 * return, or arithmetic other than addition and subtraction.
 */
#include "alias.h"

enum { SWEEPS_MAX = 12 }; /* more than loops are deep, as a rule */

/* --- roots --- */

static nf_root root_make(nf_root_kind kind, uint32_t id)
{
    return (nf_root){kind, id};
}

static bool roots_equal(nf_root a, nf_root b)
{
    return a.kind == b.kind && a.id == b.id;
}

/* Whether the value is surely an address. */
static bool is_strong(nf_root root)
{
    return root.kind == NF_ROOT_NOALIAS || root.kind == NF_ROOT_LOCAL ||
           root.kind == NF_ROOT_SYMBOL;
}

/* A value that is younger than the snapshot may be any address, a private local's too: NONE. */
static nf_root root_of(const nf_alias *alias, nf_value v)
{
    if (v.id < alias->value_count) return alias->roots[v.id];
    const nf_inst *inst = nf_inst_at(alias->f, v);
    if (inst->op == NF_OP_LOCAL) return root_make(NF_ROOT_LOCAL, inst->extra);
    if (inst->op == NF_OP_SYMBOL) return root_make(NF_ROOT_SYMBOL, inst->extra);
    return root_make(NF_ROOT_NONE, 0);
}

/* Of a value that is one or the other. */
static nf_root roots_join(nf_root a, nf_root b)
{
    if (a.kind == NF_ROOT_NONE || roots_equal(a, b)) return b;
    return b.kind == NF_ROOT_NONE ? a : root_make(NF_ROOT_UNKNOWN, 0);
}

/* Of a sum. */
static nf_root roots_add(nf_root a, nf_root b)
{
    if (a.kind == NF_ROOT_NONE || b.kind == NF_ROOT_NONE) return root_make(NF_ROOT_NONE, 0);
    if (is_strong(a) != is_strong(b)) return is_strong(a) ? a : b;
    bool simple = a.kind <= NF_ROOT_PARAM && b.kind <= NF_ROOT_PARAM;
    if (!simple) return root_make(NF_ROOT_UNKNOWN, 0);
    return a.kind == NF_ROOT_PARAM ? a : b;
}

/* What is known of an operation's result by its name alone; of all others nothing is. */
static const uint8_t kinds[NF_OP_COUNT] = {
    [NF_OP_LOCAL] = NF_ROOT_LOCAL, [NF_OP_SYMBOL] = NF_ROOT_SYMBOL, [NF_OP_ICONST] = NF_ROOT_NUMBER,
    [NF_OP_MUL] = NF_ROOT_NUMBER,  [NF_OP_SHL] = NF_ROOT_NUMBER,    [NF_OP_SEXT] = NF_ROOT_NUMBER,
    [NF_OP_ZEXT] = NF_ROOT_NUMBER,
};

/* Whether the result's root follows from those of the operands. */
static bool is_derived(const nf_inst *inst)
{
    return inst->op == NF_OP_ADD || inst->op == NF_OP_SUB || inst->op == NF_OP_SELECT;
}

static nf_root derived_root(const nf_alias *alias, const nf_inst *inst)
{
    if (inst->op == NF_OP_SELECT)
        return roots_join(root_of(alias, inst->b), root_of(alias, inst->c));
    nf_root b = root_of(alias, inst->b);
    if (inst->op == NF_OP_SUB && is_strong(b)) return root_make(NF_ROOT_UNKNOWN, 0);
    return roots_add(root_of(alias, inst->a), b);
}

static nf_root named_root(const nf_inst *inst)
{
    uint32_t kind = kinds[inst->op];
    if (kind == NF_ROOT_NONE) kind = NF_ROOT_UNKNOWN;
    return root_make(kind, is_strong(root_make(kind, 0)) ? inst->extra : 0);
}

static bool root_set(nf_alias *alias, nf_value v, nf_root root)
{
    if (roots_equal(alias->roots[v.id], root)) return false;
    alias->roots[v.id] = root;
    return true;
}

/* True when a parameter changed that was looked at before: the walk must be made again. */
static bool edge_roots(nf_alias *alias, const nf_cfg *cfg, nf_block from, const nf_edge *edge)
{
    bool changed = false;
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_value param = nf_param_at(alias->f, edge->to, i);
        if (nf_type_of(alias->f, param) != NF_I64) continue;
        nf_root joined =
            roots_join(alias->roots[param.id], root_of(alias, nf_edge_args(alias->f, edge)[i]));
        if (alias->pessimistic) joined = root_make(NF_ROOT_UNKNOWN, 0);
        changed |= root_set(alias, param, joined);
    }
    return changed && cfg->rpo_index[edge->to.id] <= cfg->rpo_index[from.id];
}

/* Values with derived roots, those of the i-th block in reverse post-order up to ends[i]: all that a
 * second walk has to look at. */
typedef struct derivations {
    nf_value *values;
    uint32_t *ends;
    uint32_t count;
} derivations;

static void block_roots_first(nf_alias *alias, derivations *d, nf_block b)
{
    const nf_func *f = alias->f;
    NF_FOR_INSTS(f, b, v)
    {
        const nf_inst *inst = nf_inst_at(f, v);
        d->values[d->count] = v; /* stays only when it is one of them */
        d->count += is_derived(inst);
        alias->roots[v.id] = is_derived(inst) ? derived_root(alias, inst) : named_root(inst);
    }
}

static void block_roots_again(nf_alias *alias, const derivations *d, uint32_t index)
{
    for (uint32_t i = index ? d->ends[index - 1] : 0; i < d->ends[index]; i++)
        alias->roots[d->values[i].id] = derived_root(alias, nf_inst_at(alias->f, d->values[i]));
}

/* True when the walk must be made again. */
static bool roots_walk(nf_alias *alias, const nf_cfg *cfg, derivations *d, bool first)
{
    const nf_func *f = alias->f;
    bool again = false;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        nf_block b = {cfg->rpo[i]};
        if (first) {
            block_roots_first(alias, d, b);
            d->ends[i] = d->count;
        } else {
            block_roots_again(alias, d, i);
        }
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_out_count(f, end); e++)
            again |= edge_roots(alias, cfg, b, nf_edge_at(f, end, e));
    }
    return again;
}

static void entry_roots(nf_alias *alias)
{
    const nf_func *f = alias->f;
    for (uint32_t i = 0; i < nf_block_at(f, f->entry)->param_count; i++) {
        bool promised = i < 64 && (f->noalias >> i & 1);
        alias->roots[nf_param_at(f, f->entry, i).id] =
            promised ? root_make(NF_ROOT_NOALIAS, i) : root_make(NF_ROOT_PARAM, 0);
    }
}

/* --- escapes --- */

typedef struct escape_visit {
    nf_alias *alias;
    nf_value *allowed; /* a place through which the address does not escape */
    nf_root result;    /* of what the user makes: the address stays followed when it is the same */
} escape_visit;

static void escape_note(void *context, nf_value *place)
{
    escape_visit *e = context;
    nf_root root = root_of(e->alias, *place);
    if (root.kind != NF_ROOT_LOCAL || place == e->allowed || roots_equal(root, e->result)) return;
    nf_bitset_add(&e->alias->escaped, root.id);
}

static bool uses_local(const nf_alias *alias, const nf_inst *inst)
{
    nf_operands of = nf_operands_of(inst);
    return alias->roots[of.a].kind == NF_ROOT_LOCAL || alias->roots[of.b].kind == NF_ROOT_LOCAL ||
           alias->roots[of.c].kind == NF_ROOT_LOCAL;
}

static void edges_escape(nf_alias *alias, nf_value end)
{
    const nf_func *f = alias->f;
    for (uint32_t e = 0; e < nf_out_count(f, end); e++) {
        const nf_edge *edge = nf_edge_at(f, end, e);
        for (uint32_t i = 0; i < edge->arg_count; i++) {
            escape_visit visit = {alias, NULL, root_of(alias, nf_param_at(f, edge->to, i))};
            escape_note(&visit, &nf_edge_args(f, edge)[i]);
        }
    }
}

static void inst_escape(nf_alias *alias, nf_value v)
{
    const nf_func *f = alias->f;
    nf_inst *inst = nf_inst_at(f, v);
    uint8_t shape = nf_ops[inst->op].shape;
    if (nf_out_count(f, v)) {
        edges_escape(alias, v);
        return;
    }
    if (shape == NF_SHAPE_ICMP || !(nf_has_lists(inst) || uses_local(alias, inst))) return;
    escape_visit visit = {.alias = alias};
    if (shape >= NF_SHAPE_LOAD && shape <= NF_SHAPE_MSTORE) visit.allowed = &inst->a;
    if (inst->op == NF_OP_ADD || inst->op == NF_OP_SUB || inst->op == NF_OP_SELECT)
        visit.result = root_of(alias, v);
    nf_uses_walk(f, inst, escape_note, &visit);
}

bool nf_alias_init(nf_alias *alias, const nf_func *f, const nf_cfg *cfg, nf_arena *arena)
{
    *alias = (nf_alias){.f = f,
                        .roots = NF_NEW_ARRAY(arena, nf_root, f->insts.count),
                        .value_count = f->insts.count,
                        .escaped = nf_bitset_new(arena, f->locals.count)};
    derivations d = {.values = NF_TAKE_ARRAY(arena, nf_value, f->insts.count + 1),
                     .ends = NF_TAKE_ARRAY(arena, uint32_t, cfg->rpo_count)};
    if (!alias->roots || !alias->escaped.words || !d.values || !d.ends) return false;
    entry_roots(alias);
    bool again = true;
    for (uint32_t sweeps = 0; again; sweeps++) {
        alias->pessimistic = sweeps >= SWEEPS_MAX;
        again = roots_walk(alias, cfg, &d, sweeps == 0);
    }
    for (uint32_t i = 0; f->locals.count > 1 && i < cfg->rpo_count; i++) {
        NF_FOR_INSTS(f, (nf_block){cfg->rpo[i]}, v) inst_escape(alias, v);
    }
    return true;
}

/* --- places --- */

static const nf_inst *constant_sum(const nf_func *f, nf_value v)
{
    const nf_inst *inst = nf_inst_at(f, v);
    return inst->op == NF_OP_ADD && nf_is_op(f, inst->b, NF_OP_ICONST) ? inst : NULL;
}

static void offset_move(nf_place *place, int64_t by, unsigned scale_log2)
{
    place->offset = (int64_t)((uint64_t)place->offset + ((uint64_t)by << scale_log2));
}

/* Of base + index << scale: where nothing is multiplied, the index may be the address and the base a
 * number. */
static nf_root indexed_root(const nf_alias *alias, nf_root base, nf_value index,
                            unsigned scale_log2)
{
    if (index.id == 0 || scale_log2 != 0) return base;
    nf_root added = root_of(alias, index);
    if (added.kind == NF_ROOT_NONE && is_strong(base)) return base;
    return roots_add(base, added);
}

nf_place nf_place_of(const nf_alias *alias, const nf_inst *access)
{
    const nf_func *f = alias->f;
    const nf_inst *sum;
    bool masked = access->op == NF_OP_MLOAD || access->op == NF_OP_MSTORE;
    const nf_value none = {0};
    nf_place place = {.base = access->a,
                      .index = masked ? none : access->b,
                      .scale_log2 = masked ? 0 : access->sub,
                      .class = access->mem.alias,
                      .root = root_of(alias, access->a),
                      .offset = access->imm,
                      .bytes = nf_type_bytes(access->type)};
    while ((sum = constant_sum(f, place.base)) != NULL) {
        offset_move(&place, nf_inst_at(f, sum->b)->imm, 0);
        place.base = sum->a;
    }
    place.root = indexed_root(alias, place.root, place.index, place.scale_log2);
    const nf_inst *base = nf_inst_at(f, place.base);
    bool is_named = base->op == NF_OP_LOCAL || base->op == NF_OP_SYMBOL;
    if (is_named && roots_equal(place.root, named_root(base))) {
        offset_move(&place, base->imm, 0);
        place.base = (nf_value){0};
    }
    while (place.index.id && (sum = constant_sum(f, place.index)) != NULL) {
        offset_move(&place, nf_inst_at(f, sum->b)->imm, place.scale_log2);
        place.index = sum->a;
    }
    if (place.index.id && nf_is_op(f, place.index, NF_OP_ICONST)) {
        offset_move(&place, nf_inst_at(f, place.index)->imm, place.scale_log2);
        place.index = (nf_value){0};
    }
    return place;
}

static bool symbols_apart(const nf_alias *alias, nf_root a, nf_root b)
{
    const nf_module *module = alias->f->module;
    return a.id != b.id && nf_symbol_at(module, (nf_symbol){a.id})->kind == NF_SYMBOL_DATA &&
           nf_symbol_at(module, (nf_symbol){b.id})->kind == NF_SYMBOL_DATA;
}

static bool local_apart(const nf_alias *alias, nf_root local, nf_root other)
{
    switch (other.kind) {
    case NF_ROOT_LOCAL: return local.id != other.id;
    case NF_ROOT_SYMBOL:
    case NF_ROOT_PARAM: /* parameters were there before the local */
    case NF_ROOT_NOALIAS: return true;
    default: return !nf_bitset_has(&alias->escaped, local.id);
    }
}

static bool roots_apart(const nf_alias *alias, nf_root a, nf_root b)
{
    if (a.kind == NF_ROOT_NONE || b.kind == NF_ROOT_NONE) return false;
    if (a.kind == NF_ROOT_LOCAL) return local_apart(alias, a, b);
    if (b.kind == NF_ROOT_LOCAL) return local_apart(alias, b, a);
    if (a.kind == NF_ROOT_SYMBOL && b.kind == NF_ROOT_SYMBOL) return symbols_apart(alias, a, b);
    if (a.kind == NF_ROOT_NOALIAS && b.kind == NF_ROOT_NOALIAS) return a.id != b.id;
    return (a.kind == NF_ROOT_NOALIAS && b.kind == NF_ROOT_PARAM) ||
           (b.kind == NF_ROOT_NOALIAS && a.kind == NF_ROOT_PARAM);
}

bool nf_places_apart_always(const nf_alias *alias, const nf_place *a, const nf_place *b)
{
    if (a->class && b->class && a->class != b->class) return true;
    return roots_apart(alias, a->root, b->root);
}

static bool bases_equal(const nf_place *a, const nf_place *b)
{
    if (a->base.id != b->base.id || a->index.id != b->index.id) return false;
    if (a->base.id == 0 && !roots_equal(a->root, b->root)) return false;
    return a->index.id == 0 || a->scale_log2 == b->scale_log2;
}

nf_meeting nf_places_meet(const nf_alias *alias, const nf_place *a, const nf_place *b)
{
    if (nf_places_apart_always(alias, a, b)) return NF_APART;
    if (!bases_equal(a, b)) return NF_PERHAPS;
    uint64_t distance = (uint64_t)b->offset - (uint64_t)a->offset;
    if (distance == 0 && a->bytes == b->bytes) return NF_SAME_BYTES;
    return distance < a->bytes || -distance < b->bytes ? NF_PERHAPS : NF_APART;
}

bool nf_place_is_private(const nf_alias *alias, const nf_place *place)
{
    return place->root.kind == NF_ROOT_LOCAL && !nf_bitset_has(&alias->escaped, place->root.id);
}

bool nf_place_is_constant(const nf_alias *alias, const nf_place *place)
{
    if (place->root.kind != NF_ROOT_SYMBOL) return false;
    const nf_symbol_data *data = nf_symbol_at(alias->f->module, (nf_symbol){place->root.id});
    return data->kind == NF_SYMBOL_DATA && data->readonly;
}

bool nf_place_is_there(const nf_alias *alias, const nf_place *place)
{
    uint64_t size = 0;
    if (place->base.id || place->index.id || place->offset < 0) return false;
    if (place->root.kind == NF_ROOT_LOCAL) size = alias->f->locals.data[place->root.id].size;
    if (place->root.kind == NF_ROOT_SYMBOL) {
        const nf_symbol_data *data = nf_symbol_at(alias->f->module, (nf_symbol){place->root.id});
        if (data->kind == NF_SYMBOL_DATA) size = data->size;
    }
    return (uint64_t)place->offset <= size && place->bytes <= size - (uint64_t)place->offset;
}

/* --- loops --- */

nf_memory_use nf_memory_use_of_some(const nf_func *f, const nf_inst *inst)
{
    uint8_t effects = nf_ops[inst->op].effects;
    if (effects & NF_EFFECT_CALL) {
        if (inst->op != NF_OP_CALL) return NF_MEMORY_BARRIER;
        const nf_symbol_data *callee = nf_symbol_at(f->module, (nf_symbol){(uint32_t)inst->imm});
        if (callee->kind != NF_SYMBOL_FUNC) return NF_MEMORY_BARRIER;
        if (callee->func->attributes & NF_ATTR_PURE) return NF_MEMORY_NONE;
        return callee->func->attributes & NF_ATTR_READONLY ? NF_MEMORY_READ : NF_MEMORY_BARRIER;
    }
    if ((effects & (NF_EFFECT_READ | NF_EFFECT_WRITE)) == 0) return NF_MEMORY_NONE;
    if (nf_access_is_fixed(inst)) return NF_MEMORY_BARRIER;
    return effects & NF_EFFECT_WRITE ? NF_MEMORY_STORE : NF_MEMORY_LOAD;
}

static void write_note(const nf_func *f, nf_loop_writes *writes, nf_memory_use use, nf_value v)
{
    if (use == NF_MEMORY_READ) writes->reads = true;
    if (use == NF_MEMORY_BARRIER) {
        writes->barrier = writes->reads = true;
        if (nf_op_of(nf_inst_at(f, v))->effects & NF_EFFECT_WRITE) writes->many = true;
    }
    if (use != NF_MEMORY_STORE) return;
    if (writes->store_count == NF_LOOP_STORES_MAX)
        writes->many = true;
    else
        writes->stores[writes->store_count++] = v;
}

nf_loop_writes *nf_loop_writes_find(const nf_func *f, const nf_cfg *cfg, nf_arena *arena)
{
    nf_loop_writes *all = NF_NEW_ARRAY(arena, nf_loop_writes, cfg->loop_count + 1);
    if (all == NULL) return NULL;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        nf_block b = {cfg->rpo[i]};
        if (cfg->loop_of[b.id] == NF_NO_LOOP) continue;
        NF_FOR_INSTS(f, b, v)
        {
            nf_memory_use use = nf_memory_use_of(f, nf_inst_at(f, v));
            if (use <= NF_MEMORY_LOAD) continue;
            for (uint32_t loop = cfg->loop_of[b.id]; loop != NF_NO_LOOP;
                 loop = cfg->loops[loop].parent)
                write_note(f, &all[loop], use, v);
        }
    }
    return all;
}

static bool is_fixed_in(const nf_alias *alias, const nf_cfg *cfg, uint32_t loop, nf_value v)
{
    return v.id == 0 || !nf_cfg_loop_has(cfg, loop, nf_inst_at(alias->f, v)->block);
}

bool nf_loop_leaves(const nf_alias *alias, const nf_cfg *cfg, const nf_loop_writes *writes,
                    uint32_t loop, const nf_place *place)
{
    if (nf_place_is_constant(alias, place)) return true;
    if (writes[loop].many) return false;
    if (writes[loop].barrier && !nf_place_is_private(alias, place)) return false;
    bool fixed =
        is_fixed_in(alias, cfg, loop, place->base) && is_fixed_in(alias, cfg, loop, place->index);
    for (uint32_t i = 0; i < writes[loop].store_count; i++) {
        const nf_inst *store = nf_inst_at(alias->f, writes[loop].stores[i]);
        if (store->op == NF_OP_NONE) continue; /* removed meanwhile */
        nf_place written = nf_place_of(alias, store);
        if (nf_places_apart_always(alias, place, &written)) continue;
        if (!fixed || nf_places_meet(alias, place, &written) != NF_APART) return false;
    }
    return true;
}
