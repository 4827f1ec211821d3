/*
 * Sinking: what a loop computes for who comes behind it is computed behind it.
 *
 *   requires  nothing
 *   preserves what is executed in its order, but for pure instructions that move to the exits
 *   breaks    LOOP_CLOSED: copies use values of the loop
 *
 * A pure instruction in a loop whose every user stands in blocks outside of it, which no deeper loop
 * contains, is copied into these blocks and goes. That ends its computation in each turn for the
 * price of its operands being alive at the exits; so at most one operand may be such that is not
 * alive there already. Instructions are visited backwards, so that chains go as a whole.
 *
 *     top(%i): %x = mul.i64 %i, %i              top(%i): %j = add.i64 %i, 1
 *              %j = add.i64 %i, 1          =>            brif %c, top(%j), out
 *              brif %c, top(%j), out            out:     %x = mul.i64 %i, %i
 *     out:     ret %x                                    ret %x
 *
 * (The name and the idea are those of every compiler's; a description is in LLVM's LICM.)
 */
#include "opt_internal.h"

enum { PLACES_MAX = 4 }; /* blocks that an instruction is copied to */

/* A use, in the list of the value's. */
typedef struct use {
    nf_value user;
    uint32_t next; /* index and 1; 0: the last */
} use;

typedef struct sink {
    nf_func *f;
    nf_arena *arena;
    nf_cfg cfg;
    NF_VEC(use) uses;
    uint32_t *first; /* by value: its first use, as in `next` */
    uint32_t value_count;
    nf_bitset gone; /* values that were copied */
    nf_value user;  /* whose operands are walked */
    bool changed;
} sink;

static uint32_t loop_of(const sink *s, nf_block b)
{
    return b.id < s->f->blocks.count ? s->cfg.loop_of[b.id] : NF_NO_LOOP;
}

static uint32_t depth_of(const sink *s, nf_block b)
{
    uint32_t loop = loop_of(s, b);
    return loop == NF_NO_LOOP ? 0 : s->cfg.loops[loop].depth;
}

static bool can_move(const nf_inst *inst)
{
    return nf_ops[inst->op].effects == 0 && inst->op != NF_OP_PARAM && !nf_is_free(inst);
}

/* --- uses ------------------------------------------------------------------------------------- */

static void use_note(void *context, nf_value *place)
{
    sink *s = context;
    if (place->id >= s->value_count) return;
    use one = {s->user, s->first[place->id]};
    if (NF_VEC_PUSH(s->arena, &s->uses, one)) s->first[place->id] = s->uses.count;
}

static void uses_note(sink *s, nf_value user)
{
    s->user = user;
    nf_uses_walk(s->f, nf_inst_at(s->f, user), use_note, s);
}

static void uses_find(sink *s)
{
    for (uint32_t i = 0; i < s->cfg.rpo_count; i++) {
        NF_FOR_INSTS(s->f, (nf_block){s->cfg.rpo[i]}, v) uses_note(s, v);
    }
}

typedef struct outside_look {
    const nf_func *f;
    const uint32_t *depths; /* by block */
    uint32_t *outside;      /* by value: uses in loops less deep */
    uint32_t depth;         /* of the user */
    bool found;
} outside_look;

static void outside_visit(void *context, nf_value *place)
{
    outside_look *look = context;
    const nf_inst *inst = nf_inst_at(look->f, *place);
    if (look->depths[inst->block.id] <= look->depth || !can_move(inst)) return;
    look->outside[place->id]++;
    look->found = true;
}

static void outside_look_at(outside_look *look, nf_block b)
{
    const nf_func *f = look->f;
    NF_FOR_INSTS(f, b, v)
    {
        nf_inst *inst = nf_inst_at(f, v);
        nf_operands of = nf_operands_of(inst);
        const nf_inst *all = f->insts.data;
        bool deeper = look->depths[all[of.a].block.id] > look->depth ||
                      look->depths[all[of.b].block.id] > look->depth ||
                      look->depths[all[of.c].block.id] > look->depth;
        if (deeper || nf_has_lists(inst)) nf_uses_walk(f, inst, outside_visit, look);
    }
}

static bool outside_find(const sink *s, outside_look *look, uint32_t *depths)
{
    for (uint32_t i = 0; i < s->cfg.rpo_count; i++)
        depths[s->cfg.rpo[i]] = depth_of(s, (nf_block){s->cfg.rpo[i]});
    for (uint32_t i = 0; i < s->cfg.rpo_count; i++) {
        nf_block b = {s->cfg.rpo[i]};
        uint32_t loop = loop_of(s, b);
        if (loop != NF_NO_LOOP && s->cfg.loops[loop].innermost) continue;
        look->depth = depths[b.id];
        outside_look_at(look, b);
    }
    return look->found;
}

/* Whether something that can move is used outside of its loop alone, which is seldom. */
static bool is_wanted(const sink *s)
{
    uint32_t *depths = NF_NEW_ARRAY(s->arena, uint32_t, s->f->blocks.count);
    outside_look look = {.f = s->f, .depths = depths};
    look.outside = NF_NEW_ARRAY(s->arena, uint32_t, s->value_count);
    if (depths == NULL || look.outside == NULL || !outside_find(s, &look, depths)) return false;
    const uint32_t *uses = nf_use_counts(s->f, s->arena);
    bool wanted = false;
    for (uint32_t v = 1; uses && v < s->value_count; v++)
        wanted |= look.outside[v] && look.outside[v] == uses[v];
    return wanted;
}

static bool is_gone(const sink *s, nf_value v)
{
    return v.id < s->value_count && nf_bitset_has(&s->gone, v.id);
}

/* --- whether ---------------------------------------------------------------------------------- */

/* The blocks of its users, if they are few and behind the loop. 0: it stays. */
static uint32_t places_find(const sink *s, nf_value v, uint32_t loop, nf_block places[PLACES_MAX])
{
    uint32_t count = 0;
    for (uint32_t u = s->first[v.id]; u != 0; u = s->uses.data[u - 1].next) {
        nf_value user = s->uses.data[u - 1].user;
        if (is_gone(s, user)) continue;
        nf_block b = nf_inst_at(s->f, user)->block;
        if (nf_cfg_loop_has(&s->cfg, loop, b) || depth_of(s, b) >= s->cfg.loops[loop].depth)
            return 0;
        uint32_t i = 0;
        while (i < count && places[i].id != b.id) i++;
        if (i == PLACES_MAX) return 0;
        places[i] = b;
        if (i == count) count++;
    }
    return count;
}

typedef struct operand_count {
    const sink *s;
    uint32_t loop, late; /* late: operands that must live longer */
    nf_value last;       /* of these */
} operand_count;

static void operand_count_visit(void *context, nf_value *place)
{
    operand_count *c = context;
    const sink *s = c->s;
    const nf_inst *inst = nf_inst_at(s->f, *place);
    if (nf_is_free(inst) || !nf_cfg_loop_has(&s->cfg, c->loop, inst->block)) return;
    for (uint32_t u = s->first[place->id]; u != 0; u = s->uses.data[u - 1].next) {
        nf_value user = s->uses.data[u - 1].user;
        nf_block b = nf_inst_at(s->f, user)->block;
        if (is_gone(s, user)) continue;
        if (!nf_cfg_loop_has(&s->cfg, c->loop, b)) return; /* it is alive there */
    }
    c->late += c->last.id != place->id;
    c->last = *place;
}

static bool is_worth_it(const sink *s, nf_value v, uint32_t loop)
{
    operand_count count = {s, loop, 0, {0}};
    nf_uses_walk(s->f, nf_inst_at(s->f, v), operand_count_visit, &count);
    return count.late <= 1;
}

/* --- motion ----------------------------------------------------------------------------------- */

typedef struct renaming {
    nf_value from, to;
} renaming;

static void rename_visit(void *context, nf_value *place)
{
    const renaming *r = context;
    if (place->id == r->from.id) *place = r->to;
}

/* Constants stand in the loop, which dominates: they cost nothing where they are. */
static void copy_to(sink *s, nf_value v, nf_block b)
{
    nf_value copy = nf_inst_copy(s->f, v, NULL, 0);
    renaming r = {v, copy};
    NF_FOR_INSTS(s->f, b, user) nf_uses_walk(s->f, nf_inst_at(s->f, user), rename_visit, &r);
    nf_inst_insert_before(s->f, nf_block_at(s->f, b)->first, copy);
    uses_note(s, copy);
}

static void inst_visit(sink *s, nf_value v, uint32_t loop)
{
    nf_block places[PLACES_MAX];
    if (!can_move(nf_inst_at(s->f, v))) return;
    uint32_t count = places_find(s, v, loop, places);
    if (count == 0 || !is_worth_it(s, v, loop)) return;
    for (uint32_t i = 0; i < count; i++) copy_to(s, v, places[i]);
    nf_bitset_add(&s->gone, v.id);
    nf_inst_unlink(s->f, v);
    s->changed = true;
}

bool nf_pass_sink(nf_opt *opt, nf_func *f)
{
    sink s = {.f = f, .arena = opt->scratch, .value_count = f->insts.count};
    if (!nf_flow_get(opt, f, &s.cfg) || s.cfg.loop_count == 0) return false;
    if (!is_wanted(&s)) return false;
    s.first = NF_NEW_ARRAY(opt->scratch, uint32_t, s.value_count);
    s.gone = nf_bitset_new(opt->scratch, s.value_count);
    if (s.first == NULL || s.gone.words == NULL) return false;
    uses_find(&s);
    for (uint32_t i = s.cfg.rpo_count; i-- > 0 && !opt->scratch->failed;) {
        nf_block b = {s.cfg.rpo[i]};
        uint32_t loop = loop_of(&s, b);
        if (loop == NF_NO_LOOP) continue;
        for (nf_value v = nf_block_at(f, b)->last, before; v.id != 0; v = before) {
            before = nf_inst_at(f, v)->prev;
            inst_visit(&s, v, loop);
        }
    }
    return s.changed;
}
