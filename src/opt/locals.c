/*
 * Stack locals that only loads and stores touch become values.
 *
 *   requires  nothing
 *   preserves the control flow
 *   breaks    LOOP_CLOSED
 *
 * A local is split into slots, a slot being the bytes that some accesses touch alone (scalar
 * replacement); slots that overlap in part stay memory, with what they overlap. A local is left alone
 * when its address is used for anything but plain loads and stores at constant offsets. Each slot is a
 * variable for ssa.c: a store defines it, a load reads it. When scalars of one size differ in type, a
 * bitcast stands between them. A slot that is read before it was written is zero, which is as good as
 * any other value.
 *
 *     local $x: 8    store.i64 %a, [$x]   ...   load.f64 [$x]    =>    bitcast.f64 %a
 */
#include "opt_internal.h"

enum { SLOTS_MAX = 64 }; /* of one local */

typedef struct slot {
    int64_t offset;
    uint32_t local, bytes;
    nf_type type;   /* of the variable: the first access's */
    bool shared;    /* overlaps another one in part, or has types that do not mix */
    uint32_t next;  /* of the same local */
    nf_value value; /* in the block at hand: what the slot holds; none: what it held at the start */
    bool stored;    /* in the block at hand */
    uint32_t stamp; /* the block for which value and stored are */
} slot;

/* A load of what a slot holds at the start of a block. */
typedef struct pending {
    nf_value load;
    uint32_t slot;
} pending;

typedef struct locals {
    nf_func *f;
    nf_arena *arena;
    uint32_t *base;       /* by value id: the local whose address it is, or 0 */
    int64_t *offset;      /* by value id, where base is not 0 */
    bool *rejected;       /* by local */
    uint32_t *first;      /* by local: its first slot */
    uint32_t *slot_count; /* by local */
    NF_VEC(slot) slots;   /* [0] unused */
    NF_VEC(pending) reads;
    NF_VEC(uint32_t) touched; /* slots of the block at hand */
    nf_value *map;
    uint32_t value_count;
    nf_ssa ssa;
} locals;

/* --- which --- */

static void address_note(locals *l, nf_value v, const nf_inst *inst)
{
    if (inst->op == NF_OP_LOCAL) {
        l->base[v.id] = inst->extra;
        l->offset[v.id] = inst->imm;
    } else if (inst->op == NF_OP_ADD && l->base[inst->a.id] &&
               nf_is_op(l->f, inst->b, NF_OP_ICONST)) {
        l->base[v.id] = l->base[inst->a.id];
        l->offset[v.id] = l->offset[inst->a.id] + nf_inst_at(l->f, inst->b)->imm;
    }
}

static bool is_plain_access(const nf_inst *inst)
{
    return (inst->op == NF_OP_LOAD || inst->op == NF_OP_STORE) && inst->b.id == 0 &&
           !nf_access_is_fixed(inst);
}

typedef struct use_visit {
    locals *l;
    const nf_value *allowed;
} use_visit;

static void use_note(void *context, nf_value *place)
{
    use_visit *use = context;
    if (place != use->allowed) use->l->rejected[use->l->base[place->id]] = true;
}

/* The slot of an access: found, or new. 0 when the local has too many. */
static uint32_t slot_of(locals *l, const nf_inst *access, bool make)
{
    uint32_t local = l->base[access->a.id], bytes = nf_type_bytes(access->type);
    int64_t offset = l->offset[access->a.id] + access->imm;
    for (uint32_t s = l->first[local]; s != 0; s = l->slots.data[s].next)
        if (l->slots.data[s].offset == offset && l->slots.data[s].bytes == bytes) return s;
    if (!make || l->slot_count[local] == SLOTS_MAX) return 0;
    slot made = {.offset = offset,
                 .local = local,
                 .bytes = bytes,
                 .type = access->type,
                 .next = l->first[local]};
    if (!NF_VEC_PUSH(l->arena, &l->slots, made)) return 0;
    l->slot_count[local]++;
    return l->first[local] = l->slots.count - 1;
}

static void inst_note(locals *l, nf_value v)
{
    nf_inst *inst = nf_inst_at(l->f, v);
    use_visit use = {l, is_plain_access(inst) ? &inst->a : NULL};
    address_note(l, v, inst);
    if (l->base[v.id]) return; /* its own uses are looked at */
    nf_uses_walk(l->f, inst, use_note, &use);
    if (use.allowed == NULL || l->base[inst->a.id] == 0) return;
    uint32_t s = slot_of(l, inst, true);
    nf_type type = l->slots.data[s].type;
    if (s == 0)
        l->rejected[l->base[inst->a.id]] = true;
    else if (type != inst->type && (NF_TYPE_IS_VECTOR(type) || NF_TYPE_IS_VECTOR(inst->type)))
        l->slots.data[s].shared = true;
}

static void slots_compare(locals *l)
{
    for (uint32_t s = 1; s < l->slots.count; s++) {
        slot *a = &l->slots.data[s];
        const slot *whole = a;
        bool inside =
            a->offset >= 0 && (uint64_t)a->offset + a->bytes <= l->f->locals.data[a->local].size;
        if (!inside) a->shared = true;
        for (uint32_t t = whole->next; t != 0; t = l->slots.data[t].next) {
            slot *b = &l->slots.data[t];
            bool apart = a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset;
            if (!apart) a->shared = b->shared = true;
        }
    }
}

/* Addresses come before their uses in reverse post-order; unreachable blocks are not looked at. */
static bool slots_find(locals *l, const nf_cfg *cfg)
{
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        NF_FOR_INSTS(l->f, (nf_block){cfg->rpo[i]}, v) inst_note(l, v);
    }
    l->rejected[0] = true;
    slots_compare(l);
    for (uint32_t s = 1; s < l->slots.count; s++)
        if (!l->slots.data[s].shared && !l->rejected[l->slots.data[s].local]) return true;
    return false;
}

/* --- what --- */

/* The slot that an instruction reads or writes and that becomes a variable; NULL for others. */
static slot *slot_promoted(locals *l, const nf_inst *inst)
{
    if (!is_plain_access(inst) || inst->a.id >= l->value_count || l->rejected[l->base[inst->a.id]])
        return NULL;
    uint32_t s = slot_of(l, inst, false);
    return s && !l->slots.data[s].shared ? &l->slots.data[s] : NULL;
}

static nf_value value_cast(locals *l, nf_value before, nf_value v, nf_type type)
{
    if (nf_type_of(l->f, v) == type) return v;
    return nf_inst_put(l->f, before, &(nf_inst){.op = NF_OP_BITCAST, .type = type, .a = v});
}

static void access_promote(locals *l, nf_value v, nf_block b)
{
    const nf_inst *inst = nf_inst_at(l->f, v);
    slot *s = slot_promoted(l, inst);
    if (s == NULL) return;
    uint32_t index = (uint32_t)(s - l->slots.data);
    if (s->stamp != b.id) {
        s->stamp = b.id;
        s->stored = false;
        s->value = (nf_value){0};
        NF_VEC_PUSH(l->arena, &l->touched, index);
    }
    if (inst->op == NF_OP_STORE) {
        s->stored = true;
        s->value = inst->c;
        nf_inst_remove(l->f, v);
    } else if (s->value.id) {
        l->map[v.id] = value_cast(l, v, s->value, inst->type);
        nf_inst_remove(l->f, v);
    } else {
        s->value = v;
        NF_VEC_PUSH(l->arena, &l->reads, (pending){v, index});
    }
}

static void block_promote(locals *l, nf_block b)
{
    l->touched.count = 0;
    NF_FOR_INSTS_SAFE(l->f, b, v, following)
    {
        access_promote(l, v, b);
    }
    for (uint32_t i = 0; i < l->touched.count; i++) {
        const slot *s = &l->slots.data[l->touched.data[i]];
        if (!s->stored) continue;
        nf_value value = value_cast(l, nf_terminator(l->f, b), s->value, s->type);
        nf_ssa_define_end(&l->ssa, l->touched.data[i], b, value);
    }
}

static void reads_finish(locals *l)
{
    for (uint32_t i = 0; i < l->reads.count; i++) {
        pending read = l->reads.data[i];
        const nf_inst *load = nf_inst_at(l->f, read.load);
        nf_type type = load->type;
        nf_value value =
            nf_ssa_at_start(&l->ssa, read.slot, l->slots.data[read.slot].type, load->block);
        l->map[read.load.id] = value_cast(l, read.load, value, type);
        nf_inst_remove(l->f, read.load);
    }
    nf_ssa_finish(&l->ssa);
}

static bool locals_init(locals *l, nf_opt *opt, nf_func *f)
{
    nf_arena *arena = opt->scratch;
    uint32_t values = f->insts.count, count = f->locals.count;
    *l = (locals){.f = f,
                  .arena = arena,
                  .base = NF_NEW_ARRAY(arena, uint32_t, values),
                  .offset = NF_NEW_ARRAY(arena, int64_t, values),
                  .rejected = NF_NEW_ARRAY(arena, bool, count),
                  .first = NF_NEW_ARRAY(arena, uint32_t, count),
                  .slot_count = NF_NEW_ARRAY(arena, uint32_t, count),
                  .map = NF_NEW_ARRAY(arena, nf_value, values),
                  .value_count = values};
    return l->base && l->offset && l->rejected && l->first && l->slot_count && l->map &&
           NF_VEC_PUSH(arena, &l->slots, (slot){.shared = true});
}

bool nf_pass_locals(nf_opt *opt, nf_func *f)
{
    locals l;
    nf_cfg cfg;
    if (f->locals.count <= 1 || !locals_init(&l, opt, f)) return false;
    if (!nf_flow_get(opt, f, &cfg) || !slots_find(&l, &cfg)) return false;
    if (!nf_ssa_init(&l.ssa, f, opt->scratch)) return false;
    for (uint32_t i = 0; i < cfg.rpo_count; i++) block_promote(&l, (nf_block){cfg.rpo[i]});
    reads_finish(&l);
    nf_values_replace_some(f, l.map, l.value_count);
    return true;
}
