/*
 * The rest of a function from a block on.
 *
 *   head(%i, %sum): ... uses %n        entry(%buffer):
 *   body:           ...         =>       %i0 = load [%buffer + 0]   (where the code had it)
 *   done:           ret %sum             %s0 = load [%buffer + 24]
 *                                        %rbp = load [%buffer + 40]
 *                                        %n0 = load [%rbp - 16]
 *                                        br head(%i0, %s0)          head, body, done as they were
 *
 * Blocks that cannot follow the header go. The old entry, to which nobody branches, is emptied and
 * becomes the new one.
 *
 * A value from a block that dominates the header is alive into it: the entry loads it. If its block
 * can follow the header too (the header of an outer loop, say), the value has two definitions, and
 * ssa.c puts block parameters where they meet. No other value is concerned: had it a use that the
 * header reaches around its definition, the definition would not have dominated the use.
 *
 * When an outer loop comes back to the header, entering in the middle would make one tangled loop of
 * both, which no pass understands. So the inner loop is copied, the copy is entered, and the
 * original remains a proper loop: osr_loop.c.
 *
 * (The transformation is that of Lameed and Hendren, "A Modular Approach to On-Stack Replacement in
 * LLVM", 2013, less the instrumentation, which T1 code has anyway.)
 */
#include "osr_internal.h"

nf_signature nf_osr_signature(nf_module *module, nf_type result)
{
    const nf_type buffer = NF_I64;
    return nf_module_signature(module, result, &buffer, 1, false);
}

nf_value nf_osr_load(nf_osr *o, nf_osr_place place, nf_type type)
{
    nf_inst load = {.op = NF_OP_LOAD, .type = type, .a = o->buffer, .imm = place.offset};
    if (place.kind == NF_OSR_FRAME)
        load.a = nf_osr_load(o, (nf_osr_place){NF_OSR_BUFFER, 0, (int32_t)place.base}, NF_I64);
    return nf_inst_put(o->f, o->branch, &load);
}

nf_value nf_osr_address(nf_osr *o, nf_osr_place place)
{
    nf_value base = nf_osr_load(o, (nf_osr_place){NF_OSR_BUFFER, 0, (int32_t)place.base}, NF_I64);
    nf_value offset = nf_iconst_put(o->f, o->branch, NF_I64, place.offset);
    return nf_inst_put(o->f, o->branch,
                       &(nf_inst){.op = NF_OP_ADD, .type = NF_I64, .a = base, .b = offset});
}

/* --- what remains --- */

static bool reach(nf_osr *o)
{
    const nf_func *f = o->f;
    uint32_t *stack = NF_NEW_ARRAY(o->arena, uint32_t, f->blocks.count);
    uint32_t depth = 0;
    if (stack == NULL || o->reached.words == NULL) return false;
    stack[depth++] = o->header.id;
    nf_bitset_add(&o->reached, o->header.id);
    while (depth > 0) {
        nf_value end = nf_terminator(f, (nf_block){stack[--depth]});
        for (uint32_t e = nf_out_count(f, end); e-- > 0;) {
            uint32_t to = nf_edge_at(f, end, e)->to.id;
            if (nf_bitset_has(&o->reached, to)) continue;
            nf_bitset_add(&o->reached, to);
            stack[depth++] = to;
        }
    }
    return true;
}

static bool tail_calls(const nf_osr *o)
{
    NF_FOR_BLOCKS(o->f, b)
    {
        const nf_inst *end = nf_inst_at(o->f, nf_terminator(o->f, b));
        bool is_tail = end->op == NF_OP_TAIL_CALL || end->op == NF_OP_TAIL_CALL_INDIRECT;
        if (is_tail && nf_bitset_has(&o->reached, b.id)) return true;
    }
    return false;
}

static void unreached_remove(nf_osr *o)
{
    for (nf_block b = nf_block_at(o->f, o->entry)->next, next; b.id != 0; b = next) {
        next = nf_block_at(o->f, b)->next;
        if (!nf_bitset_has(&o->reached, b.id)) nf_block_remove(o->f, b);
    }
}

/* --- the new entry --- */

static void entry_make(nf_osr *o, nf_signature signature)
{
    nf_func *f = o->f;
    NF_FOR_INSTS_SAFE(f, o->entry, v, following)
    {
        nf_inst_remove(f, v);
    }
    while (nf_block_at(f, o->entry)->param_count > 0) nf_block_param_remove(f, o->entry, 0);
    f->signature = signature;
    f->noalias = 0;
    f->attributes &= NF_ATTR_REASSOC;
    o->buffer = nf_block_param(f, o->entry, NF_I64);
    nf_branch_append(f, o->entry, o->header, NULL, 0);
    o->branch = nf_terminator(f, o->entry);
}

/* A parameter that nobody uses is nowhere; any value will do. */
static void header_params_pass(nf_osr *o)
{
    for (uint32_t i = 0; i < nf_block_at(o->f, o->header)->param_count; i++) {
        nf_value param = nf_param_at(o->f, o->header, i);
        nf_osr_place place = o->places->values[param.id];
        nf_type type = nf_type_of(o->f, param);
        nf_value now = place.kind == NF_OSR_NOWHERE ? nf_zero_put(o->f, o->branch, type)
                                                    : nf_osr_load(o, place, type);
        nf_edge_arg_append(o->f, nf_edge_at(o->f, o->branch, 0), now);
    }
}

/* --- one definition for each use --- */

typedef struct use {
    nf_value value;
    nf_block at;
} use;

typedef struct repair {
    nf_osr *o;
    nf_ssa ssa;
    nf_block at; /* of the uses at hand */
    NF_VEC(use) uses;
    nf_bitset defined; /* by value id: its definitions are known to ssa */
    bool lost;         /* a value is nowhere */
} repair;

static nf_block home_of(const nf_osr *o, nf_value v)
{
    return nf_inst_at(o->original, v)->block;
}

static bool is_live_in(const nf_osr *o, nf_block home)
{
    return home.id != o->header.id && nf_cfg_dominates(&o->cfg, home, o->header);
}

/* Whether a use in block `at` may be reached by another definition than the value's own. */
static bool is_variable(const nf_osr *o, nf_value v, nf_block at)
{
    if (v.id >= o->original->insts.count) return false;
    nf_block home = home_of(o, v);
    if (home.id == at.id) return false;
    return is_live_in(o, home) || (nf_osr_in_loop(o, home) && !nf_osr_in_loop(o, at));
}

static void use_note(void *context, nf_value *place)
{
    repair *r = context;
    use noted = {*place, r->at};
    if (is_variable(r->o, *place, r->at)) NF_VEC_PUSH(r->o->arena, &r->uses, noted);
}

/* What the interrupted code has of the value. */
static nf_value entry_value(repair *r, nf_value v)
{
    nf_osr *o = r->o;
    const nf_inst *inst = nf_inst_at(o->original, v);
    if (inst->op == NF_OP_LOCAL) return nf_osr_local(o, inst);
    if (nf_is_free(inst)) return nf_inst_put(o->f, o->branch, inst);
    nf_osr_place place = o->places->values[v.id];
    r->lost |= place.kind == NF_OSR_NOWHERE;
    return nf_osr_load(o, place, inst->type);
}

static void variable_define(repair *r, nf_value v)
{
    nf_osr *o = r->o;
    nf_block home = home_of(o, v);
    if (nf_bitset_has(&r->defined, v.id)) return;
    nf_bitset_add(&r->defined, v.id);
    if (is_live_in(o, home))
        nf_ssa_define_end(&r->ssa, v.id, o->entry, entry_value(r, v));
    else
        nf_ssa_define_end(&r->ssa, v.id, o->copies[home.id], o->copied[v.id]);
    if (nf_bitset_has(&o->reached, home.id)) nf_ssa_define_end(&r->ssa, v.id, home, v);
}

static void use_replace(void *context, nf_value *place)
{
    repair *r = context;
    if (is_variable(r->o, *place, r->at))
        *place = nf_ssa_at_start(&r->ssa, place->id, nf_type_of(r->o->original, *place), r->at);
}

static void uses_walk(repair *r, nf_operand_visit *visit)
{
    nf_func *f = r->o->f;
    for (r->at = nf_block_at(f, r->o->entry)->next; r->at.id != 0;
         r->at = nf_block_at(f, r->at)->next) {
        NF_FOR_INSTS(f, r->at, v) nf_uses_walk(f, nf_inst_at(f, v), visit, r);
    }
}

/* Reading a variable may make block parameters, which moves the arrays; so all reads are made before
 * the operands are replaced. */
static nf_status repair_uses(nf_osr *o, nf_error *error)
{
    repair r = {.o = o, .defined = nf_bitset_new(o->arena, o->original->insts.count)};
    if (r.defined.words == NULL || !nf_ssa_init(&r.ssa, o->f, o->arena)) return NF_MEMORY;
    uses_walk(&r, use_note);
    for (uint32_t i = 0; i < r.uses.count; i++) variable_define(&r, r.uses.data[i].value);
    for (uint32_t i = 0; i < r.uses.count; i++) {
        nf_value v = r.uses.data[i].value;
        nf_ssa_at_start(&r.ssa, v.id, nf_type_of(o->original, v), r.uses.data[i].at);
    }
    uses_walk(&r, use_replace);
    nf_ssa_finish(&r.ssa);
    if (r.lost) return nf_fail(error, NF_UNSUPPORTED, "a value that the loop needs has no place");
    return NF_OK;
}

/* --- the whole --- */

static bool osr_init(nf_osr *o, const nf_func *f, nf_block header, const nf_osr_places *places,
                     nf_arena *arena)
{
    *o = (nf_osr){.original = f,
                  .f = nf_func_clone(f, arena),
                  .arena = arena,
                  .places = places,
                  .header = header,
                  .entry = f->entry,
                  .reached = nf_bitset_new(arena, f->blocks.count)};
    return o->f && o->reached.words && nf_cfg_build(f, arena, &o->cfg) == NF_OK && reach(o) &&
           nf_osr_locals_judge(o);
}

nf_status nf_osr_build(const nf_func *f, nf_block header, const nf_osr_places *places,
                       nf_signature signature, nf_arena *arena, nf_func **out, nf_error *error)
{
    nf_osr o;
    nf_status status = osr_init(&o, f, header, places, arena) ? NF_OK : NF_MEMORY;
    if (status == NF_OK && tail_calls(&o))
        return nf_fail(error, NF_UNSUPPORTED, "a tail call would leave the interrupted frame");
    if (status == NF_OK) {
        entry_make(&o, signature);
        header_params_pass(&o);
        unreached_remove(&o);
        nf_block target = nf_osr_loop_copy(&o);
        nf_edge_at(o.f, o.branch, 0)->to = target;
        status = repair_uses(&o, error);
        nf_osr_locals_place(&o);
    }
    if (status == NF_MEMORY || arena->failed)
        return nf_fail(error, NF_MEMORY, "no memory to enter a loop of %s",
                       nf_symbol_at(f->module, f->symbol)->name);
    *out = o.f;
    return status;
}
