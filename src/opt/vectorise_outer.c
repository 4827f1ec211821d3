/*
 * Whether the iterations of a loop around other loops can run as lanes of vectors.
 *
 * Where an inner loop can't be vectorised, because its sum must keep its order or because it walks
 * through memory at a stride, the loop around it often can: lane l of the vectors is iteration i + l
 * of the outer loop, all lanes go through the inner loop side by side, and each does what it would
 * have done alone, in the same order.
 *
 *     for (i = 0; i < n; i++) {                  for (i = 0; i < n; i += 8) {
 *         s = 0;                                     s8 = 0;
 *         for (k = 0; k < taps; k++)        =>       for (k = 0; k < taps; k++)
 *             s += x[i + k] * h[k];                      s8 += x[i + k ... i + k + 7] * splat h[k];
 *         y[i] = s;                                  y[i ... i + 7] = s8;
 *     }                                          }
 *
 * A value either steps by a constant from lane to lane (the index, addresses, and with step 0 all
 * that is the same for all lanes) and stays a scalar, lane 0's; or it varies and becomes a vector.
 * Which is which is found by running through the nest until nothing changes, from the assumption
 * that nothing varies. Loads and stores must go to neighbours (or a load to one place), branches
 * must be the same for all lanes, and no store may meet another access unless both go to the same
 * place in the same iteration alone. See Nuzman and Zaks, "Outer-Loop Vectorization: Revisited for
 * Short SIMD Architectures", 2008.
 */
#include "vectorise_outer.h"

enum { ROUNDS_MAX = 8, OUTER_INSTS_MAX = 200 };

static bool refuse(nf_outer *o, const char *reason)
{
    o->reason = reason;
    return false;
}

/* --- how values walk --- */

static const nf_walk STANDS = {NF_WALK_STEPS, 0}, VARIES = {NF_WALK_VARIES, 0};

nf_walk nf_outer_walk(const nf_outer *o, nf_value v)
{
    if (v.id == 0 || nf_is_free(nf_inst_at(o->f, v)) || !nf_counted_has(&o->loop, v)) return STANDS;
    return o->walks[v.id];
}

bool nf_outer_is_test(const nf_outer *o, nf_value v)
{
    const nf_inst *last = nf_inst_at(o->f, nf_terminator(o->f, o->loop.latch));
    return v.id == last->a.id && o->test_is_single;
}

static nf_walk steps(nf_type type, uint64_t step)
{
    return (nf_walk){NF_WALK_STEPS, nf_type_canonical(type, (int64_t)step)};
}

static bool stands(nf_walk walk)
{
    return walk.kind == NF_WALK_STEPS && walk.step == 0;
}

/* An extension, which keeps a step as long as the narrow value does not wrap. */
static nf_walk walk_extend(nf_outer *o, nf_value v)
{
    const nf_affine *form = nf_affine_of(&o->loop, v);
    if (form->type == NF_VOID) return VARIES;
    o->needs |= form->needs;
    return steps(form->type, (uint64_t)form->step);
}

/* By operation, when both operands step and not both stand still. */
static nf_walk walk_arithmetic(nf_outer *o, const nf_inst *inst, nf_value v, nf_walk a, nf_walk b)
{
    int64_t number;
    uint64_t left = (uint64_t)a.step, right = (uint64_t)b.step;
    bool constant = nf_value_is_const(o->f, inst->b, &number);
    if (!NF_TYPE_IS_INT(inst->type) || NF_TYPE_IS_VECTOR(inst->type)) return VARIES;
    switch (inst->op) {
    case NF_OP_ADD: return steps(inst->type, left + right);
    case NF_OP_SUB: return steps(inst->type, left - right);
    case NF_OP_MUL: return constant ? steps(inst->type, left * (uint64_t)number) : VARIES;
    case NF_OP_SHL:
        return constant
                   ? steps(inst->type, left << ((uint64_t)number % (8 * nf_type_bytes(inst->type))))
                   : VARIES;
    case NF_OP_TRUNC: return steps(inst->type, left);
    case NF_OP_SEXT:
    case NF_OP_ZEXT: return walk_extend(o, v);
    default: return VARIES;
    }
}

/* The address of a load or store. */
static nf_walk walk_address(const nf_outer *o, const nf_inst *access)
{
    nf_walk base = nf_outer_walk(o, access->a), index = nf_outer_walk(o, access->b);
    if (base.kind == NF_WALK_VARIES || index.kind == NF_WALK_VARIES) return VARIES;
    if (base.kind == NF_WALK_UNKNOWN || index.kind == NF_WALK_UNKNOWN) return (nf_walk){0};
    return steps(NF_I64, (uint64_t)base.step + ((uint64_t)index.step << access->sub));
}

static nf_walk walk_inst(nf_outer *o, nf_value v)
{
    const nf_inst *inst = nf_inst_at(o->f, v);
    if (inst->op == NF_OP_LOAD) {
        nf_walk address = walk_address(o, inst);
        return address.kind != NF_WALK_STEPS || address.step == 0 ? address : VARIES;
    }
    nf_walk a = nf_outer_walk(o, inst->a), b = nf_outer_walk(o, inst->b);
    nf_walk c = nf_outer_walk(o, inst->c);
    if (a.kind == NF_WALK_VARIES || b.kind == NF_WALK_VARIES || c.kind == NF_WALK_VARIES)
        return VARIES;
    if (a.kind == NF_WALK_UNKNOWN || b.kind == NF_WALK_UNKNOWN || c.kind == NF_WALK_UNKNOWN)
        return (nf_walk){0};
    if (stands(a) && stands(b) && stands(c)) return STANDS;
    return walk_arithmetic(o, inst, v, a, b);
}

/* Never back from what is known to vary, nor from one step to another. */
static bool walk_join(nf_outer *o, nf_value v, nf_walk walk)
{
    nf_walk *known = &o->walks[v.id];
    if (walk.kind == NF_WALK_UNKNOWN || known->kind == NF_WALK_VARIES) return false;
    if (known->kind == walk.kind && known->step == walk.step) return false;
    *known = known->kind == NF_WALK_UNKNOWN ? walk : VARIES;
    return true;
}

/* What a block gives the parameters of those behind it; the header's are known. */
static bool edges_walk(nf_outer *o, nf_block b)
{
    bool changed = false;
    nf_value last = nf_terminator(o->f, b);
    for (uint32_t e = 0; e < nf_out_count(o->f, last); e++) {
        const nf_edge *edge = nf_edge_at(o->f, last, e);
        if (edge->to.id == o->loop.header.id || b.id == o->loop.latch.id) continue;
        for (uint32_t i = 0; i < edge->arg_count; i++)
            changed |= walk_join(o, nf_param_at(o->f, edge->to, i),
                                 nf_outer_walk(o, nf_edge_args(o->f, edge)[i]));
    }
    return changed;
}

/* Of the values of the loop; nobody asks for others. */
static void walks_begin(nf_outer *o)
{
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        nf_block b = o->loop.blocks[i];
        for (uint32_t k = 0; k < nf_block_at(o->f, b)->param_count; k++)
            o->walks[nf_param_at(o->f, b, k).id] = (nf_walk){0};
        NF_FOR_INSTS(o->f, b, v) o->walks[v.id] = (nf_walk){0};
    }
}

static bool walks_spread(nf_outer *o)
{
    bool changed = false;
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        nf_block b = o->loop.blocks[i];
        NF_FOR_INSTS(o->f, b, v)
        {
            if (nf_inst_defines(nf_inst_at(o->f, v))) changed |= walk_join(o, v, walk_inst(o, v));
        }
        changed |= edges_walk(o, b);
    }
    return changed;
}

static bool header_walks(nf_outer *o)
{
    for (uint32_t i = 0; i < nf_block_at(o->f, o->loop.header)->param_count; i++) {
        nf_value param = nf_param_at(o->f, o->loop.header, i);
        const nf_affine *form = nf_affine_of(&o->loop, param);
        if (form->type == NF_VOID)
            return refuse(o, "a value carried from one iteration to the next");
        o->needs |= form->needs;
        o->walks[param.id] = steps(form->type, (uint64_t)form->step);
    }
    return true;
}

static bool walks_find(nf_outer *o)
{
    if (!header_walks(o)) return false;
    for (int round = 0; round < ROUNDS_MAX; round++)
        if (!walks_spread(o)) return true;
    return refuse(o, "its nest is too deep");
}

/* --- what can be done with them --- */

static bool supports(const nf_outer *o, nf_op op, nf_type type, nf_type operand)
{
    const nf_opt *opt = o->opt;
    return opt->supports == NULL || opt->supports(op, type, operand, opt->features);
}

static nf_type lanes_of(const nf_outer *o, nf_type element)
{
    return nf_type_with_lanes(element, o->lanes_log2);
}

static bool is_vector_op(const nf_inst *inst)
{
    const nf_op_info *op = nf_op_of(inst);
    bool shape = op->shape == NF_SHAPE_UNARY || op->shape == NF_SHAPE_BINARY ||
                 op->shape == NF_SHAPE_TERNARY || op->shape == NF_SHAPE_CONVERT;
    return shape && (op->effects & NF_EFFECT_TRAP) == 0 &&
           (op->types == NF_TYPES_IV || op->types == NF_TYPES_FV || op->types == NF_TYPES_NV);
}

static bool op_check(nf_outer *o, const nf_inst *inst)
{
    if (!is_vector_op(inst)) return refuse(o, "an operation that has no vector form");
    nf_type type = lanes_of(o, inst->type), from = lanes_of(o, nf_type_of(o->f, inst->a));
    bool shift = inst->op == NF_OP_SHL || inst->op == NF_OP_LSHR || inst->op == NF_OP_ASHR;
    if (shift && stands(nf_outer_walk(o, inst->b))) from = inst->type;
    return supports(o, (nf_op)inst->op, type, from) ||
           refuse(o, "this CPU has no vectors for an operation");
}

static bool access_check(nf_outer *o, const nf_inst *inst)
{
    nf_walk walk = walk_address(o, inst);
    bool load = inst->op == NF_OP_LOAD;
    if (inst->mem.flags) return refuse(o, "a volatile or atomic access");
    if (walk.kind == NF_WALK_VARIES) return refuse(o, "an address that does not step evenly");
    if (load && stands(walk)) return true;
    if (walk.step != (int64_t)nf_type_bytes(inst->type))
        return refuse(o, "an access that steps over or into its neighbours");
    return supports(o, (nf_op)inst->op, lanes_of(o, inst->type), NF_I64) ||
           refuse(o, "this CPU has no vectors for an access");
}

/* Whether vectors can be made of what is scalar and steps. */
static bool operand_check(nf_outer *o, nf_value v)
{
    nf_walk walk = nf_outer_walk(o, v);
    nf_type element = v.id ? nf_type_of(o->f, v) : NF_VOID, type;
    if (v.id == 0 || walk.kind == NF_WALK_VARIES) return true;
    type = lanes_of(o, element);
    bool can = supports(o, NF_OP_SPLAT, type, element);
    if (!stands(walk))
        can = can && supports(o, NF_OP_IOTA, type, NF_VOID) && supports(o, NF_OP_MUL, type, type) &&
              supports(o, NF_OP_ADD, type, type);
    return can || refuse(o, "this CPU has no vectors for an index");
}

static bool inst_check(nf_outer *o, nf_value v)
{
    const nf_inst *inst = nf_inst_at(o->f, v);
    const nf_op_info *op = nf_op_of(inst);
    if (op->effects & NF_EFFECT_END) {
        bool latch = v.id == nf_terminator(o->f, o->loop.latch).id;
        if (inst->op == NF_OP_BR || latch) return true;
        return (inst->op == NF_OP_BRIF && stands(nf_outer_walk(o, inst->a))) ||
               refuse(o, "a branch that lanes may take differently");
    }
    if (NF_TYPE_IS_VECTOR(inst->type)) return refuse(o, "it works on vectors already");
    if (op->shape == NF_SHAPE_LOAD) return access_check(o, inst);
    if (op->shape == NF_SHAPE_STORE) return access_check(o, inst) && operand_check(o, inst->c);
    if (op->effects) return refuse(o, "a call or an operation that may trap");
    if (nf_outer_walk(o, v).kind != NF_WALK_VARIES || nf_outer_is_test(o, v)) return true;
    return op_check(o, inst) && operand_check(o, inst->a) && operand_check(o, inst->b) &&
           operand_check(o, inst->c);
}

/* Parameters that are vectors need their starting values as such. */
static bool params_check(nf_outer *o, nf_block b)
{
    nf_value last = nf_terminator(o->f, b);
    for (uint32_t e = 0; e < nf_out_count(o->f, last); e++) {
        const nf_edge *edge = nf_edge_at(o->f, last, e);
        if (edge->to.id == o->loop.header.id || b.id == o->loop.latch.id) continue;
        for (uint32_t i = 0; i < edge->arg_count; i++)
            if (nf_outer_walk(o, nf_param_at(o->f, edge->to, i)).kind == NF_WALK_VARIES &&
                !operand_check(o, nf_edge_args(o->f, edge)[i]))
                return false;
    }
    return true;
}

static bool body_check(nf_outer *o)
{
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        NF_FOR_INSTS(o->f, o->loop.blocks[i], v)
        {
            if (!inst_check(o, v)) return false;
        }
        if (!params_check(o, o->loop.blocks[i])) return false;
    }
    return true;
}

/* --- the whole --- */

typedef struct test_uses {
    nf_value test;
    uint32_t count;
} test_uses;

static void test_use_count(void *context, nf_value *place)
{
    test_uses *uses = context;
    uses->count += place->id == uses->test.id;
}

/* Users are in the loop, which is closed. */
static bool test_is_single(const nf_outer *o)
{
    test_uses uses = {.test = nf_inst_at(o->f, nf_terminator(o->f, o->loop.latch))->a};
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        NF_FOR_INSTS(o->f, o->loop.blocks[i], v)
        {
            nf_inst *inst = nf_inst_at(o->f, v);
            nf_operands of = nf_operands_of(inst);
            if (nf_has_lists(inst))
                nf_uses_walk(o->f, inst, test_use_count, &uses);
            else
                uses.count +=
                    (of.a == uses.test.id) + (of.b == uses.test.id) + (of.c == uses.test.id);
        }
    }
    return uses.count == 1;
}

static bool is_small(const nf_outer *o)
{
    unsigned size = 0;
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        NF_FOR_INSTS(o->f, o->loop.blocks[i], v)
        {
            if (++size > OUTER_INSTS_MAX) return false;
        }
    }
    return true;
}

/* The widest element that becomes a vector sets the lanes. */
static bool lanes_choose(nf_outer *o)
{
    unsigned widest = 0;
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        nf_block b = o->loop.blocks[i];
        for (uint32_t k = 0; k < nf_block_at(o->f, b)->param_count; k++) {
            nf_value param = nf_param_at(o->f, b, k);
            unsigned bytes = nf_type_bytes(nf_type_of(o->f, param));
            if (o->walks[param.id].kind == NF_WALK_VARIES && bytes > widest) widest = bytes;
        }
        NF_FOR_INSTS(o->f, b, v)
        {
            unsigned bytes = nf_type_bytes(nf_type_of(o->f, v));
            bool varies = (o->walks[v.id].kind == NF_WALK_VARIES && !nf_outer_is_test(o, v)) ||
                          nf_is_op(o->f, v, NF_OP_STORE);
            if (varies && bytes > widest) widest = bytes;
        }
    }
    if (widest == 0) return refuse(o, "there is nothing to gain");
    unsigned lanes = o->opt->variant->vector_bytes / widest;
    if (lanes < 2) return refuse(o, "its elements are as wide as the vectors");
    o->lanes_log2 = (unsigned)__builtin_ctz(lanes);
    return true;
}

static bool outs_check(nf_outer *o)
{
    if (!nf_outs_find(&o->loop, &o->outs))
        return refuse(o, "too many of its values are used behind it");
    for (uint32_t i = 0; i < o->outs.count; i++) {
        const nf_affine *form = nf_affine_of(&o->loop, o->outs.values[i]);
        if (form->type == NF_VOID) return refuse(o, "a value of its last iteration is used");
        o->needs |= form->needs;
    }
    return true;
}

/* Twice the variant's copies, for what inner loops carry from one iteration to the next is what they
 * wait for; less where a constant count or the edges have no room for them. */
static bool copies_choose(nf_outer *o)
{
    uint64_t lanes = UINT64_C(1) << o->lanes_log2, count = o->loop.count;
    uint32_t params = 0;
    if (count && count < lanes) return refuse(o, "it runs too few times");
    for (uint32_t i = 0; i < o->loop.block_count; i++) {
        uint32_t own = nf_block_at(o->f, o->loop.blocks[i])->param_count;
        if (own > params) params = own;
    }
    if (params > NF_OUTER_ARGS_MAX) return refuse(o, "it carries too many values");
    o->copies = 2u * (o->opt->variant->interleave ? o->opt->variant->interleave : 1);
    if (o->copies > NF_OUTER_COPIES_MAX) o->copies = NF_OUTER_COPIES_MAX;
    while (o->copies > 1 &&
           ((count && count < lanes * o->copies) || params * o->copies > NF_OUTER_ARGS_MAX))
        o->copies /= 2;
    return true;
}

bool nf_outer_plan(nf_outer *o, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    __builtin_memset(o, 0, offsetof(nf_outer, loop));
    o->opt = opt;
    o->f = f;
    if (!nf_counted_analyse_nest(f, cfg, loop, opt->scratch, &o->loop) || !o->loop.counted)
        return refuse(o, o->loop.reason);
    if (!is_small(o)) return refuse(o, "it is too large");
    o->walks = NF_TAKE_ARRAY(opt->scratch, nf_walk, o->loop.value_count);
    if (o->walks == NULL) return refuse(o, "memory is out");
    walks_begin(o);
    o->test_is_single = test_is_single(o);
    if (!walks_find(o) || !lanes_choose(o) || !body_check(o) || !outs_check(o) ||
        !nf_outer_memory(o, cfg))
        return false;
    return copies_choose(o);
}
