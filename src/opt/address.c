/*
 * Additions, shifts and constants move into addressing modes; multiplications by a loop's counter
 * become additions.
 *
 *   requires  nothing (loops without a preheader and one latch keep their multiplications)
 *   preserves the control flow
 *   breaks    LOOP_CLOSED
 *
 * x86 adds base + index * {1, 2, 4, 8} + 32 bits for nothing. All of it is arithmetic modulo 2^64, so
 * sums and shifts may be taken apart freely. Constants always are; a sum or shift of two values only
 * where all its users are addresses that take it in, so that it dies and nothing is computed twice.
 *
 *     %o = shl.i64 %i, 2    %p = add.i64 %a, %o    load.f32 [%p + 8]    =>    load.f32 [%a + %i*4 + 8]
 *
 * A multiplication of a counter by something that does not change in the loop, where no shift does it,
 * becomes a counter of its own (Allen, Cocke, Kennedy, "Reduction of Operator Strength", 1981): it
 * takes a multiplication off each iteration and costs a register, so at most REDUCED_MAX a loop.
 *
 *     top(%i): %m = mul.i64 %i, %n ... br top(%i + 1)    =>    top(%i, %m): ... br top(%i + 1, %m + %n)
 */
#include "opt_internal.h"

enum { STEPS_MAX = 8, SCALE_LOG2_MAX = 3, REDUCED_MAX = 3 };

typedef struct address {
    nf_func *f;
    nf_cfg cfg;
    uint32_t *uses;     /* by value id */
    uint32_t *absorbed; /* by value id: uses by addresses that can take the value in */
    nf_value *map;      /* what took the place of a product */
    uint32_t value_count;
    bool changed, has_three; /* some load adds up three values */
} address;

/* --- addressing modes --- */

static bool is_access(const nf_inst *inst)
{
    uint8_t shape = nf_ops[inst->op].shape;
    return shape >= NF_SHAPE_LOAD && shape <= NF_SHAPE_MSTORE;
}

static bool has_index(const nf_inst *inst)
{
    return inst->op == NF_OP_LOAD || inst->op == NF_OP_STORE;
}

static bool offset_fits(const nf_inst *access, int64_t by, unsigned scale_log2, int64_t *offset)
{
    if (by != (int32_t)by) return false;
    *offset = access->imm + by * (INT64_C(1) << scale_log2);
    return *offset == (int32_t)*offset;
}

/* base + constant, and index + constant */
static bool constant_take(const nf_func *f, nf_inst *access)
{
    int64_t offset;
    const nf_inst *base = nf_inst_at(f, access->a);
    if (base->op == NF_OP_ADD && nf_is_op(f, base->b, NF_OP_ICONST) &&
        offset_fits(access, nf_inst_at(f, base->b)->imm, 0, &offset)) {
        access->imm = offset;
        access->a = base->a;
        return true;
    }
    if (!has_index(access) || access->b.id == 0) return false;
    const nf_inst *index = nf_inst_at(f, access->b);
    if (index->op == NF_OP_ICONST && offset_fits(access, index->imm, access->sub, &offset)) {
        access->imm = offset;
        access->b = (nf_value){0};
        access->sub = 0;
        return true;
    }
    if (index->op == NF_OP_ADD && nf_is_op(f, index->b, NF_OP_ICONST) &&
        offset_fits(access, nf_inst_at(f, index->b)->imm, access->sub, &offset)) {
        access->imm = offset;
        access->b = index->a;
        return true;
    }
    return false;
}

/* The shift's amount when the value is x << {1, 2, 3}; 0 when it is not. */
static unsigned shift_of(const nf_func *f, nf_value v)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (inst->op != NF_OP_SHL || !nf_is_op(f, inst->b, NF_OP_ICONST)) return 0;
    int64_t by = nf_inst_at(f, inst->b)->imm;
    return by >= 1 && by <= SCALE_LOG2_MAX ? (unsigned)by : 0;
}

/* The value that the access would take apart next; none when there is none. */
static nf_value opened_next(const nf_func *f, const nf_inst *access)
{
    if (!has_index(access)) return (nf_value){0};
    unsigned by = access->b.id ? shift_of(f, access->b) : 0;
    if (by && by + access->sub <= SCALE_LOG2_MAX) return access->b;
    if (access->b.id == 0 && nf_is_op(f, access->a, NF_OP_ADD)) return access->a;
    if (access->b.id && access->sub == 0 && shift_of(f, access->a)) return access->a;
    return (nf_value){0};
}

/* Takes apart what opened_next() said. */
static void value_open(const nf_func *f, nf_inst *access, nf_value v)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (v.id == access->b.id) { /* index * 2^n */
        access->sub = (uint8_t)(access->sub + shift_of(f, v));
        access->b = inst->a;
    } else if (inst->op == NF_OP_ADD) { /* base + x */
        access->a = inst->a;
        access->b = inst->b;
        access->sub = 0;
    } else { /* (x << n) + y: base and index change places */
        access->a = access->b;
        access->b = inst->a;
        access->sub = (uint8_t)shift_of(f, v);
    }
}

/* Counts in which values accesses would look inside, were they allowed to. */
static void access_survey(address *s, nf_inst access)
{
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        while (constant_take(s->f, &access)) continue;
        nf_value v = opened_next(s->f, &access);
        if (v.id == 0) return;
        s->absorbed[v.id]++;
        value_open(s->f, &access, v);
    }
}

static bool has_three_parts(const nf_func *f, const nf_inst *access)
{
    return access->op == NF_OP_LOAD && access->b.id != 0 && access->sub == 0 &&
           (nf_is_op(f, access->a, NF_OP_ADD) || nf_is_op(f, access->b, NF_OP_ADD));
}

static void access_fold(address *s, nf_value v)
{
    nf_inst access = *nf_inst_at(s->f, v), before = access;
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        while (constant_take(s->f, &access)) continue;
        nf_value opened = opened_next(s->f, &access);
        if (opened.id == 0 || s->absorbed[opened.id] < s->uses[opened.id]) break;
        value_open(s->f, &access, opened);
    }
    s->has_three |= has_three_parts(s->f, &access);
    bool same = access.a.id == before.a.id && access.b.id == before.b.id &&
                access.imm == before.imm && access.sub == before.sub;
    if (same) return;
    *nf_inst_at(s->f, v) = access;
    s->changed = true;
}

/* A sum that is taken in stands for as many uses of its operands as it has itself: so many times
 * access_survey() counted what it found in them. */
static void uses_weigh(address *s)
{
    NF_FOR_BLOCKS(s->f, b)
    {
        NF_FOR_INSTS(s->f, b, v)
        {
            const nf_inst *inst = nf_inst_at(s->f, v);
            bool sums = inst->op == NF_OP_ADD && inst->type == NF_I64;
            if (!sums || s->absorbed[v.id] < s->uses[v.id] || s->uses[v.id] == 0) continue;
            s->uses[inst->a.id] += s->uses[v.id] - 1;
            s->uses[inst->b.id] += s->uses[v.id] - 1;
        }
    }
}

static void accesses_fold(address *s)
{
    NF_FOR_BLOCKS(s->f, b)
    {
        NF_FOR_INSTS(s->f, b, v)
        {
            if (is_access(nf_inst_at(s->f, v))) access_survey(s, *nf_inst_at(s->f, v));
        }
    }
    uses_weigh(s);
    NF_FOR_BLOCKS(s->f, b)
    {
        NF_FOR_INSTS(s->f, b, v)
        {
            if (is_access(nf_inst_at(s->f, v))) access_fold(s, v);
        }
    }
}

/* --- strength reduction --- */

typedef struct induction {
    nf_block header, preheader, latch;
    uint32_t index;
    nf_value param, step; /* of the counter: next = param + step */
} induction;

static bool is_fixed_in(const address *s, uint32_t loop, nf_value v)
{
    const nf_inst *inst = nf_inst_at(s->f, v);
    return inst->op == NF_OP_ICONST || !nf_cfg_loop_has(&s->cfg, loop, inst->block);
}

static const nf_edge *edge_between(const nf_func *f, nf_block from, nf_block to)
{
    nf_value end = nf_terminator(f, from);
    for (uint32_t e = 0; e < nf_out_count(f, end); e++)
        if (nf_edge_at(f, end, e)->to.id == to.id) return nf_edge_at(f, end, e);
    return NULL;
}

static bool shape_find(const address *s, uint32_t loop, induction *i)
{
    i->header = s->cfg.loops[loop].header;
    uint32_t first = s->cfg.pred_start[i->header.id];
    if (s->cfg.pred_start[i->header.id + 1] - first != 2) return false;
    for (uint32_t p = first; p < first + 2; p++) {
        nf_block pred = {s->cfg.preds[p]};
        if (nf_cfg_loop_has(&s->cfg, loop, pred))
            i->latch = pred;
        else
            i->preheader = pred;
    }
    return i->latch.id && i->preheader.id &&
           nf_out_count(s->f, nf_terminator(s->f, i->preheader)) == 1;
}

/* Whether the value is a parameter of the header that a fixed step is added to. */
static bool counter_find(const address *s, uint32_t loop, nf_value v, induction *i)
{
    const nf_inst *param = nf_inst_at(s->f, v);
    if (param->op != NF_OP_PARAM || param->block.id != i->header.id) return false;
    i->param = v;
    i->index = (uint32_t)param->imm;
    const nf_edge *back = edge_between(s->f, i->latch, i->header);
    const nf_inst *next = nf_inst_at(s->f, nf_edge_args(s->f, back)[i->index]);
    i->step = next->b;
    return next->op == NF_OP_ADD && next->a.id == v.id && is_fixed_in(s, loop, i->step);
}

/* A shift or an address does as well for these factors. */
static bool is_cheap_factor(const nf_func *f, nf_value v)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (inst->op != NF_OP_ICONST) return false;
    uint64_t factor = (uint64_t)inst->imm;
    return (factor & (factor - 1)) == 0 || factor == 3 || factor == 5 || factor == 9;
}

/* A constant may stand in the loop: in front of it there is one of its own. */
static nf_value outside_copy(nf_func *f, nf_value end, nf_value v)
{
    nf_inst copy = *nf_inst_at(f, v);
    return copy.op == NF_OP_ICONST ? nf_inst_put(f, end, &copy) : v;
}

/* x * y at the end of the block; the counter's start and step are mostly 0 and 1. */
static nf_value product_put(nf_func *f, nf_block b, nf_type type, nf_value x, nf_value y)
{
    nf_value end = nf_terminator(f, b);
    nf_inst number = *nf_inst_at(f, x), factor = *nf_inst_at(f, y);
    bool constant = number.op == NF_OP_ICONST;
    if (constant && (number.imm == 0 || factor.op == NF_OP_ICONST))
        return nf_iconst_put(
            f, end, type,
            (int64_t)((uint64_t)number.imm * (uint64_t)(number.imm ? factor.imm : 0)));
    if (constant && number.imm == 1) return outside_copy(f, end, y);
    x = outside_copy(f, end, x);
    y = outside_copy(f, end, y);
    return nf_inst_put(f, end, &(nf_inst){.op = NF_OP_MUL, .type = type, .a = x, .b = y});
}

static void edge_arg_append(nf_func *f, nf_block from, nf_block to, nf_value arg)
{
    nf_value end = nf_terminator(f, from);
    for (uint32_t e = 0; e < nf_out_count(f, end); e++)
        if (nf_edge_at(f, end, e)->to.id == to.id)
            nf_edge_arg_append(f, nf_edge_at(f, end, e), arg);
}

/* mul = counter * factor becomes a counter. */
static void product_reduce(address *s, const induction *i, nf_value mul, nf_value factor)
{
    nf_func *f = s->f;
    nf_type type = nf_type_of(f, mul);
    nf_value init = nf_edge_args(f, edge_between(f, i->preheader, i->header))[i->index];
    nf_value first = product_put(f, i->preheader, type, init, factor);
    nf_value step = product_put(f, i->preheader, type, i->step, factor);
    nf_value param = nf_block_param(f, i->header, type);
    nf_inst sum = {.op = NF_OP_ADD, .type = type, .a = param, .b = step};
    nf_value next = nf_inst_put(f, nf_terminator(f, i->latch), &sum);
    edge_arg_append(f, i->preheader, i->header, first);
    edge_arg_append(f, i->latch, i->header, next);
    s->map[mul.id] = param;
    s->changed = true;
}

/* Looks at the products in a block of the loop. */
static void loop_reduce(address *s, uint32_t loop, const induction *shape, nf_block b,
                        uint32_t *reduced)
{
    NF_FOR_INSTS(s->f, b, v)
    {
        const nf_inst *inst = nf_inst_at(s->f, v);
        induction i = *shape;
        if (*reduced == REDUCED_MAX || v.id >= s->value_count) return;
        if (inst->op != NF_OP_MUL || NF_TYPE_IS_VECTOR(inst->type)) continue;
        nf_value number = inst->a, factor = inst->b;
        if (is_fixed_in(s, loop, number)) {
            number = inst->b;
            factor = inst->a;
        }
        if (!is_fixed_in(s, loop, factor) || is_cheap_factor(s->f, factor) ||
            !counter_find(s, loop, number, &i))
            continue;
        product_reduce(s, &i, v, factor);
        ++*reduced;
    }
}

static bool products_reduce(address *s, nf_arena *arena)
{
    nf_func *f = s->f;
    induction *shapes = NF_NEW_ARRAY(arena, induction, s->cfg.loop_count);
    uint32_t *reduced = NF_NEW_ARRAY(arena, uint32_t, s->cfg.loop_count);
    s->map = NF_NEW_ARRAY(arena, nf_value, s->value_count);
    if (!shapes || !reduced || !s->map) return false;
    for (uint32_t loop = 0; loop < s->cfg.loop_count; loop++)
        if (!shape_find(s, loop, &shapes[loop])) shapes[loop].header.id = 0;
    for (uint32_t i = 0; i < s->cfg.rpo_count; i++) {
        nf_block b = {s->cfg.rpo[i]};
        uint32_t loop = s->cfg.loop_of[b.id];
        if (loop != NF_NO_LOOP && shapes[loop].header.id)
            loop_reduce(s, loop, &shapes[loop], b, &reduced[loop]);
    }
    if (s->changed) nf_values_replace_some(f, s->map, s->value_count);
    return true;
}

bool nf_pass_address(nf_opt *opt, nf_func *f)
{
    nf_arena *arena = opt->scratch;
    address s = {.f = f, .value_count = f->insts.count};
    if (!nf_flow_get(opt, f, &s.cfg)) return false;
    if (s.cfg.loop_count && !products_reduce(&s, arena)) return false;
    s.uses = nf_use_counts(f, arena);
    s.absorbed = NF_NEW_ARRAY(arena, uint32_t, f->insts.count);
    if (s.uses == NULL || s.absorbed == NULL) return s.changed;
    accesses_fold(&s);
    if (s.cfg.loop_count && s.has_three && nf_address_order(f, &s.cfg, s.uses, arena))
        s.changed = true;
    return s.changed;
}
