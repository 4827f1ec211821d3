/*
 * What each value of a loop becomes when neighbouring iterations run as lanes of vectors.
 *
 * Values that only addresses and the exit test use need no vector. All others get a role (see
 * nf_lane_role) and an element type; the widest element sets the number of lanes, so that a sum of
 * bytes in i32 runs on 8 lanes of 32 bytes, and its loads are 8 bytes long. Comparisons become
 * masks: all ones or all zeros in an integer as wide as what was compared.
 *
 * A header parameter must be a counter (affine), a reduction or what an earlier iteration has loaded;
 * anything else carries a value from one iteration to the next, and the loop is refused. So are calls, traps, volatile and atomic
 * accesses, accesses that do not step by their own size, and whatever the back end can't do.
 *
 * Example, s += a[i] > x ? a[i] : 0 over i32 at 32 bytes:
 *     i      counter, no vector (only the address uses it)
 *     a[i]   load i32x8
 *     icmp   mask, i32 lanes
 *     select op i32x8
 *     s      reduction by add
 */
#include "vectorise_internal.h"
#include "base/text.h"

enum {
    DISPLACEMENT_MAX = 1 << 30, /* of accesses from their base; leaves room for copies */
    MASKED_COUNT_MIN = 4,       /* fewer iterations than that are left to the scalar loop */
    DIVISION_BYTES = 4,         /* the lanes that divisions of narrower ones are done in */
    COPIES_SIZE_MAX = 64,       /* operations of all copies of a body */
    MASKED_VECTOR_BYTES = 64,   /* at this width what is left over is done by masks */
};

static bool refuse(nf_plan *plan, const char *reason)
{
    plan->reason = reason;
    return false;
}

bool nf_plan_is_uniform(const nf_plan *plan, nf_value v)
{
    const nf_inst *inst = nf_inst_at(plan->f, v);
    return inst->op == NF_OP_ICONST || inst->op == NF_OP_FCONST || !nf_counted_has(&plan->loop, v);
}

/* --- accesses --- */

/* An existing base with the same terms that is near, or a new one. */
static void base_find(nf_plan *plan, nf_access *access)
{
    const nf_affine *address = &access->address;
    for (uint32_t i = 0; i < plan->base_count; i++) {
        int64_t distance =
            (int64_t)((uint64_t)address->constant - (uint64_t)plan->bases[i].constant);
        if (!nf_affine_same_terms(address, &plan->bases[i])) continue;
        if (distance < -DISPLACEMENT_MAX || distance > DISPLACEMENT_MAX) continue;
        access->base = (uint8_t)i;
        access->displacement = (int32_t)distance;
        return;
    }
    nf_affine *base = &plan->bases[plan->base_count];
    *base = *address;
    base->step = 0;
    bool near = base->constant >= -DISPLACEMENT_MAX && base->constant <= DISPLACEMENT_MAX;
    access->displacement = near ? (int32_t)base->constant : 0;
    if (near) base->constant = 0;
    access->base = (uint8_t)plan->base_count++;
}

/* Whether a load that steps over its neighbours can be one of wider integers, of which the low part is
 * kept: 2, 4 or 8 bytes a step, upwards. Behind the last element there may be nothing to read, which
 * leaves the last iteration to the scalar loop; the elements before it are all read. */
static bool steps_wide(const nf_plan *plan, const nf_inst *inst, int64_t step)
{
    bool wide = step == 2 || step == 4 || step == 8;
    return wide && inst->op == NF_OP_LOAD && step > (int64_t)nf_type_bytes(inst->type) &&
           nf_cfg_dominates(plan->loop.cfg, inst->block, plan->loop.latch);
}

/* Notes where an access goes as that of a value: the access itself, or what it reads later on. */
static bool access_put(nf_plan *plan, nf_value v, const nf_affine *address, nf_value at,
                       nf_lane_role role)
{
    const nf_inst *inst = nf_inst_at(plan->f, at);
    nf_access access = {.inst = at,
                        .address = *address,
                        .type = inst->type,
                        .bytes = (uint8_t)nf_type_bytes(inst->type),
                        .is_store = inst->op == NF_OP_STORE};
    if (inst->mem.flags) return refuse(plan, "a volatile or atomic access");
    if (plan->access_count == NF_ACCESSES_MAX) return refuse(plan, "too many accesses to memory");
    if (access.address.type == NF_VOID) return refuse(plan, "an address that does not step evenly");
    int64_t step = access.address.step;
    bool still = step == 0 && role == NF_LANE_UNIFORM;
    if (step == 0 && access.is_store) return refuse(plan, "a store to one place, over and over");
    if (role == NF_LANE_LOAD && steps_wide(plan, inst, step)) {
        access.bytes = (uint8_t)step;
        plan->scalar_last = true;
    }
    if (!still && step != access.bytes && step != -(int64_t)access.bytes)
        return refuse(plan, "an access that steps over or into its neighbours");
    plan->needs |= access.address.needs;
    plan->lanes[v.id].index = (uint8_t)plan->access_count;
    plan->lanes[v.id].role = (uint8_t)role;
    base_find(plan, &access);
    plan->accesses[plan->access_count++] = access;
    return true;
}

static bool access_add(nf_plan *plan, nf_value v)
{
    const nf_inst *inst = nf_inst_at(plan->f, v);
    const nf_affine address = nf_affine_address(&plan->loop, inst);
    bool still = address.step == 0 && inst->op == NF_OP_LOAD;
    return access_put(plan, v, &address, v, still ? NF_LANE_UNIFORM : NF_LANE_LOAD);
}

/* --- which values are needed --- */

static void need(nf_plan *plan, nf_value v)
{
    if (v.id && !nf_plan_is_uniform(plan, v)) plan->lanes[v.id].needed = true;
}

static void need_operands(nf_plan *plan, nf_value v)
{
    const nf_inst *inst = nf_inst_at(plan->f, v);
    if (inst->op == NF_OP_LOAD) return;
    if (inst->op == NF_OP_STORE) {
        need(plan, inst->c);
        return;
    }
    need(plan, inst->a);
    need(plan, inst->b);
    need(plan, inst->c);
}

/* Calls visit for each edge inside of the loop that leads to b. */
static void each_way_in(const nf_plan *plan, nf_block b,
                        void (*visit)(void *context, const nf_edge *edge, uint32_t edge_id),
                        void *context)
{
    for (uint32_t i = 0; i < plan->loop.block_count; i++) {
        nf_value last = nf_block_at(plan->f, plan->loop.blocks[i])->last;
        uint32_t count = nf_edge_count(plan->f, last);
        for (uint32_t k = 0; k < count; k++) {
            const nf_edge *edge = nf_edge_at(plan->f, last, k);
            if (edge->to.id == b.id) visit(context, edge, nf_inst_at(plan->f, last)->extra + k);
        }
    }
}

typedef struct join_walk {
    nf_plan *plan;
    uint32_t param;
    bool masks; /* every value that comes in is a mask or 0 or 1 */
    nf_type element;
} join_walk;

static void join_need(void *context, const nf_edge *edge, uint32_t edge_id)
{
    (void)edge_id;
    join_walk *walk = context;
    need(walk->plan, nf_edge_args(walk->plan->f, edge)[walk->param]);
}

static bool counter_add(nf_plan *plan, nf_value v)
{
    if (plan->counter_count == NF_COUNTERS_MAX) return refuse(plan, "too many counters");
    plan->lanes[v.id].role = NF_LANE_COUNTER;
    plan->lanes[v.id].index = (uint8_t)plan->counter_count;
    plan->lanes[v.id].element = nf_type_of(plan->f, v);
    plan->needs |= nf_affine_of(&plan->loop, v)->needs;
    plan->counters[plan->counter_count++] = v;
    return true;
}

/* The cut of something affine is a counter of its own, so that the wide one needs no vector. */
static bool is_narrow_counter(nf_plan *plan, nf_value v)
{
    return nf_inst_at(plan->f, v)->op == NF_OP_TRUNC &&
           nf_affine_of(&plan->loop, v)->type != NF_VOID;
}

static bool need_spread_inst(nf_plan *plan, nf_value v)
{
    if (nf_inst_at(plan->f, v)->op == NF_OP_STORE) plan->lanes[v.id].needed = true;
    if (!plan->lanes[v.id].needed) return true;
    if (is_narrow_counter(plan, v)) return counter_add(plan, v);
    need_operands(plan, v);
    return true;
}

static bool need_spread_params(nf_plan *plan, nf_block b)
{
    bool header = b.id == plan->loop.header.id;
    for (uint32_t k = 0; k < nf_block_at(plan->f, b)->param_count; k++) {
        nf_value param = nf_param_at(plan->f, b, k);
        const nf_lane *lane = &plan->lanes[param.id];
        join_walk walk = {.plan = plan, .param = k};
        if (!lane->needed || lane->role != NF_LANE_UNUSED) continue;
        if (header && !counter_add(plan, param)) return false;
        if (!header) each_way_in(plan, b, join_need, &walk);
    }
    return true;
}

/* Marks what vectors are needed of: stored values, reductions and conditions, and then, from the
 * end of the body to its start, the operands of what is needed. */
static bool needs_spread(nf_plan *plan)
{
    const nf_counted *loop = &plan->loop;
    for (uint32_t i = loop->block_count; i-- > 0;) {
        nf_value last = nf_block_at(plan->f, loop->blocks[i])->last;
        const nf_inst *terminator = nf_inst_at(plan->f, last);
        if (terminator->op == NF_OP_BRIF && loop->blocks[i].id != loop->tester.id)
            need(plan, terminator->a);
        for (nf_value v = terminator->prev; v.id; v = nf_inst_at(plan->f, v)->prev)
            if (!need_spread_inst(plan, v)) return false;
        if (!need_spread_params(plan, loop->blocks[i])) return false;
    }
    return true;
}

/* --- header parameters --- */

static bool has_stores(const nf_plan *plan)
{
    for (uint32_t i = 0; i < plan->access_count; i++)
        if (plan->accesses[i].is_store) return true;
    return false;
}

/* Whether lanes may gather on their own. A zero as the result can be found out about, and the loop
 * then runs once more, as it was: when it writes nothing, nobody sees that. */
static bool order_is_free(nf_plan *plan, const nf_reduction *reduction)
{
    if (reduction->order == NF_ORDER_FREE || plan->f->attributes & NF_ATTR_REASSOC) return true;
    return reduction->order == NF_ORDER_ZEROS && !has_stores(plan);
}

/* They stand in front of all other accesses. */
static bool earlier_classify(nf_plan *plan)
{
    const nf_counted *loop = &plan->loop;
    for (uint32_t i = 0; i < nf_block_at(plan->f, loop->header)->param_count; i++) {
        nf_value param = nf_param_at(plan->f, loop->header, i), load;
        nf_affine address;
        if (nf_affine_of(&plan->loop, param)->type != NF_VOID) continue;
        if (!nf_plan_earlier(plan, i, &load, &address)) continue;
        if (!access_put(plan, param, &address, load, NF_LANE_EARLIER)) return false;
        plan->lanes[param.id].element = nf_type_of(plan->f, param);
    }
    return true;
}

static bool params_classify(nf_plan *plan)
{
    nf_counted *loop = &plan->loop;
    uint32_t count = nf_block_at(plan->f, loop->header)->param_count;
    for (uint32_t i = 0; i < count; i++) {
        nf_value param = nf_param_at(plan->f, loop->header, i);
        if (nf_affine_of(loop, param)->type != NF_VOID) continue;
        if (plan->lanes[param.id].role == NF_LANE_EARLIER) continue;
        nf_reduction *reduction = &plan->reductions[plan->reduction_count];
        if (plan->reduction_count == NF_REDUCTIONS_MAX) return refuse(plan, "too many reductions");
        if (!nf_reduction_find(loop, plan->uses, i, reduction))
            return refuse(plan, "a value carried from one iteration to the next");
        if (!order_is_free(plan, reduction))
            return refuse(plan, "a floating-point reduction whose order must be kept");
        plan->lanes[param.id] = (nf_lane){.role = NF_LANE_REDUCTION,
                                          .index = (uint8_t)plan->reduction_count++,
                                          .element = reduction->type,
                                          .needed = true};
        need(plan, reduction->next);
    }
    return true;
}

/* --- elements --- */

static bool is_boolean_const(const nf_func *f, nf_value v)
{
    int64_t number;
    return nf_value_is_const(f, v, &number) && (number == 0 || number == 1);
}

static bool is_mask(const nf_plan *plan, nf_value v)
{
    return plan->lanes[v.id].mask;
}

/* Whether a and b are both masks, or one is and the other is 0 or 1. */
static bool are_masks(const nf_plan *plan, nf_value a, nf_value b)
{
    if (is_mask(plan, a)) return is_mask(plan, b) || is_boolean_const(plan->f, b);
    return is_mask(plan, b) && is_boolean_const(plan->f, a);
}

static void mask_set(nf_plan *plan, nf_value v, nf_value a, nf_value b)
{
    if (!are_masks(plan, a, b)) return;
    plan->lanes[v.id].mask = true;
    plan->lanes[v.id].element = plan->lanes[is_mask(plan, a) ? a.id : b.id].element;
}

static void join_element(void *context, const nf_edge *edge, uint32_t edge_id)
{
    (void)edge_id;
    join_walk *walk = context;
    nf_value v = nf_edge_args(walk->plan->f, edge)[walk->param];
    if (is_mask(walk->plan, v))
        walk->element = walk->plan->lanes[v.id].element;
    else if (!is_boolean_const(walk->plan->f, v))
        walk->masks = false;
}

static void element_of_join(nf_plan *plan, nf_block b, uint32_t index)
{
    nf_value param = nf_param_at(plan->f, b, index);
    nf_lane *lane = &plan->lanes[param.id];
    join_walk walk = {.plan = plan, .param = index, .masks = true};
    each_way_in(plan, b, join_element, &walk);
    lane->role = NF_LANE_JOIN;
    lane->mask = walk.masks && walk.element != NF_VOID;
    lane->element = lane->mask ? walk.element : nf_type_of(plan->f, param);
}

/* Whether an operation exists on vectors, or can be made of such: rotations of shifts. */
static bool has_lanes(const nf_inst *inst)
{
    const nf_op_info *op = nf_op_of(inst);
    if (inst->op == NF_OP_ROTL || inst->op == NF_OP_ROTR) return true;
    if (op->effects & NF_EFFECT_TRAP) return true; /* a division, which was looked at */
    bool shape = op->shape == NF_SHAPE_UNARY || op->shape == NF_SHAPE_BINARY ||
                 op->shape == NF_SHAPE_TERNARY || op->shape == NF_SHAPE_ICMP ||
                 op->shape == NF_SHAPE_FCMP || op->shape == NF_SHAPE_SELECT ||
                 op->shape == NF_SHAPE_CONVERT;
    return shape &&
           (op->types == NF_TYPES_IV || op->types == NF_TYPES_FV || op->types == NF_TYPES_NV);
}

static bool element_of_inst(nf_plan *plan, nf_value v)
{
    const nf_inst *inst = nf_inst_at(plan->f, v);
    nf_lane *lane = &plan->lanes[v.id];
    if (lane->role == NF_LANE_COUNTER) return true;
    lane->element = inst->type;
    if (lane->role != NF_LANE_UNUSED) return true;
    lane->role = NF_LANE_OP;
    if (!has_lanes(inst)) return refuse(plan, "an operation that has no vector form");
    if (inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP) {
        nf_type operand = nf_type_of(plan->f, inst->a);
        lane->mask = true;
        lane->element = NF_TYPE_ELEMENT(nf_type_of_compare(nf_type_with_lanes(operand, 1)));
    } else if (inst->type == NF_I8 &&
               (inst->op == NF_OP_AND || inst->op == NF_OP_OR || inst->op == NF_OP_XOR)) {
        mask_set(plan, v, inst->a, inst->b);
    } else if (inst->type == NF_I8 && inst->op == NF_OP_SELECT) {
        mask_set(plan, v, inst->b, inst->c);
    }
    return true;
}

/* Elements in the order of the body; the widest sets the lanes. */
static bool elements_assign(nf_plan *plan)
{
    const nf_counted *loop = &plan->loop;
    for (uint32_t i = 0; i < loop->block_count; i++) {
        nf_block b = loop->blocks[i];
        for (uint32_t k = 0; i > 0 && k < nf_block_at(plan->f, b)->param_count; k++)
            if (plan->lanes[nf_param_at(plan->f, b, k).id].needed) element_of_join(plan, b, k);
        NF_FOR_INSTS(plan->f, b, v)
        {
            if (plan->lanes[v.id].needed && !element_of_inst(plan, v)) return false;
        }
    }
    return true;
}

/* What becomes vectors: how many values, and the widest of their elements. */
typedef struct extent {
    unsigned count, bytes_max;
} extent;

static void extent_add(extent *e, const nf_plan *plan, nf_value v)
{
    const nf_lane *lane = &plan->lanes[v.id];
    if (!lane->needed) return;
    unsigned bytes = nf_type_element_bytes(lane->element);
    if (lane->role == NF_LANE_LOAD && plan->accesses[lane->index].bytes > bytes)
        bytes = plan->accesses[lane->index].bytes;
    if (nf_op_of(nf_inst_at(plan->f, v))->effects & NF_EFFECT_TRAP && bytes < DIVISION_BYTES)
        bytes = DIVISION_BYTES;
    if (bytes > e->bytes_max) e->bytes_max = bytes;
    e->count++;
}

static extent body_extent(const nf_plan *plan)
{
    extent e = {0, 1};
    for (uint32_t i = 0; i < plan->loop.block_count; i++) {
        nf_block b = plan->loop.blocks[i];
        for (uint32_t k = 0; k < nf_block_at(plan->f, b)->param_count; k++)
            extent_add(&e, plan, nf_param_at(plan->f, b, k));
        NF_FOR_INSTS(plan->f, b, v) extent_add(&e, plan, v);
    }
    return e;
}

static bool lanes_choose(nf_plan *plan)
{
    unsigned lanes = plan->opt->variant->vector_bytes / body_extent(plan).bytes_max;
    if (lanes < 2) return refuse(plan, "its elements are as wide as the vectors");
    plan->lanes_log2 = (unsigned)__builtin_ctz(lanes);
    return true;
}

/* --- the body --- */

static bool inst_check(nf_plan *plan, nf_value v)
{
    const nf_inst *inst = nf_inst_at(plan->f, v);
    const nf_op_info *op = nf_op_of(inst);
    if (NF_TYPE_IS_VECTOR(inst->type) || op->types == NF_TYPES_V || op->types == NF_TYPES_VI ||
        op->types == NF_TYPES_VF)
        return refuse(plan, "it works on vectors already");
    if (op->effects & NF_EFFECT_CALL) return refuse(plan, "it calls");
    if (op->effects & NF_EFFECT_END)
        return inst->op == NF_OP_BR || inst->op == NF_OP_BRIF ||
               refuse(plan, "its body has a switch");
    if (op->effects & NF_EFFECT_TRAP)
        return nf_lanes_can_divide(plan->f, inst) || refuse(plan, "an operation that may trap");
    if (op->shape == NF_SHAPE_LOAD || op->shape == NF_SHAPE_STORE) return access_add(plan, v);
    return true;
}

static bool body_check(nf_plan *plan)
{
    for (uint32_t i = 0; i < plan->loop.block_count; i++) {
        NF_FOR_INSTS(plan->f, plan->loop.blocks[i], v)
        {
            if (!inst_check(plan, v)) return false;
        }
    }
    return true;
}

/* A load in front of the loop must be one that the loop does anyway. */
static bool uniform_loads_check(nf_plan *plan)
{
    for (uint32_t i = 0; i < plan->access_count; i++) {
        nf_block b = nf_inst_at(plan->f, plan->accesses[i].inst)->block;
        if (plan->accesses[i].address.step == 0 &&
            !nf_cfg_dominates(plan->loop.cfg, b, plan->loop.latch))
            return refuse(plan, "a conditional load of one place");
    }
    return true;
}

/* --- values used behind the loop --- */

/* Whether the value after the last iteration can be computed without the scalar loop. */
static bool out_is_known(nf_plan *plan, nf_value v)
{
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        if (plan->reductions[i].next.id == v.id) return true;
    const nf_affine *form = nf_affine_of(&plan->loop, v);
    plan->needs |= form->needs;
    return form->type != NF_VOID;
}

static bool outs_classify(nf_plan *plan)
{
    if (!nf_outs_find(&plan->loop, &plan->outs))
        return refuse(plan, "too many of its values are used behind it");
    for (uint32_t i = 0; i < plan->outs.count; i++)
        if (!out_is_known(plan, plan->outs.values[i])) plan->scalar_last = true;
    return true;
}

/* --- the whole --- */

/* Whether copies wait for results of those before: floating-point sums take some cycles each. */
static bool waits_for_sums(const nf_plan *plan)
{
    for (uint32_t i = 0; i < plan->reduction_count; i++)
        if (NF_TYPE_IS_FLOAT(plan->reductions[i].type)) return true;
    return false;
}

/* Whether some place is read and written. */
static bool changes_in_place(const nf_plan *plan)
{
    for (uint32_t i = 0; i < plan->access_count; i++)
        for (uint32_t k = i + 1; k < plan->access_count; k++)
            if (plan->accesses[i].base == plan->accesses[k].base &&
                plan->accesses[i].is_store != plan->accesses[k].is_store)
                return true;
    return false;
}

/* Whether the rest is for vectors half as long, and not for masks: in a loop inside of another that
 * changes memory in place. A load waits until masked stores to its neighbourhood are done, which the
 * loop's next run does at once when runs are short. */
static bool prefers_halves(const nf_plan *plan)
{
    const nf_counted *loop = &plan->loop;
    return loop->cfg->loops[loop->loop].parent != NF_NO_LOOP && loop->count == 0 &&
           plan->lanes_log2 > 1 && plan->reduction_count == 0 && changes_in_place(plan);
}

/* Copies and remainder by the variant; more of what waits for itself, fewer copies of large bodies, which keep the processor busy by
 * themselves, and where a constant count has no use for them. */
static bool extent_choose(nf_plan *plan)
{
    unsigned size = body_extent(plan).count;
    uint64_t count = plan->loop.count, lanes = nf_plan_lanes(plan);
    plan->masked = plan->opt->variant->vector_bytes >= MASKED_VECTOR_BYTES && !plan->scalar_last;
    plan->halved = plan->masked && prefers_halves(plan);
    if (plan->halved) plan->masked = false;
    plan->copies = plan->opt->variant->interleave ? plan->opt->variant->interleave : 1;
    if (waits_for_sums(plan) && plan->copies < NF_COPIES_MAX) plan->copies *= 2;
    while (plan->copies > 1 && plan->copies * size > COPIES_SIZE_MAX) plan->copies /= 2;
    if (count == 0) return true;
    if (count < MASKED_COUNT_MIN || (!plan->masked && count < lanes + plan->scalar_last))
        return refuse(plan, "it runs too few times");
    while (plan->copies > 1 && count < lanes * plan->copies) plan->copies /= 2;
    return true;
}

/* Whether accesses that may overlap are to one thing, as to two rows of a matrix. */
static bool rows_are_near(const nf_plan *plan)
{
    nf_affine ignored;
    for (uint32_t i = 0; i < plan->overlap_count; i++) {
        const nf_overlap *overlap = &plan->overlaps[i];
        if (nf_plan_bases_meet(plan, plan->accesses[overlap->first].base,
                               plan->accesses[overlap->second].base, &ignored))
            return true;
    }
    return false;
}

/* Where rows of such a loop may be near to each other, all vectors are half as long: runs are short then, and
 * longer vectors would have to be checked for on their own. */
static void lanes_halve(nf_plan *plan)
{
    if (!plan->halved || !rows_are_near(plan)) return;
    plan->halved = false;
    plan->lanes_log2--;
    if (plan->copies < NF_COPIES_MAX) plan->copies *= 2;
}

static bool memory_get(nf_plan *plan)
{
    plan->lanes = NF_NEW_ARRAY(plan->opt->scratch, nf_lane, plan->loop.value_count);
    plan->uses = NF_NEW_ARRAY(plan->opt->scratch, uint32_t, plan->loop.value_count);
    return (plan->lanes && plan->uses) || refuse(plan, "memory is out");
}

static void plan_begin(nf_plan *plan, nf_opt *opt, nf_func *f)
{
    __builtin_memset(plan, 0, offsetof(nf_plan, loop));
    plan->outs.count = 0;
    plan->opt = opt;
    plan->f = f;
}

bool nf_plan_make_search(nf_plan *plan, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    plan_begin(plan, opt, f);
    if (!nf_counted_analyse_search(f, cfg, loop, opt->scratch, &plan->loop))
        return refuse(plan, plan->loop.reason);
    if (!memory_get(plan) || !earlier_classify(plan) || !body_check(plan)) return false;
    for (uint32_t i = 0; i < nf_block_at(f, plan->loop.header)->param_count; i++) {
        nf_value param = nf_param_at(f, plan->loop.header, i);
        bool known = nf_affine_of(&plan->loop, param)->type != NF_VOID ||
                     plan->lanes[param.id].role == NF_LANE_EARLIER;
        if (!known) return refuse(plan, "a value carried from one iteration to the next");
    }
    return needs_spread(plan) && elements_assign(plan) && lanes_choose(plan);
}

bool nf_plan_make(nf_plan *plan, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop)
{
    plan_begin(plan, opt, f);
    if (!nf_counted_analyse(f, cfg, loop, opt->scratch, &plan->loop) || !plan->loop.counted)
        return refuse(plan, plan->loop.reason);
    if (!memory_get(plan)) return false;
    nf_counted_uses(&plan->loop, plan->uses);
    if (!earlier_classify(plan) || !body_check(plan)) return false;
    if (!params_classify(plan) || !needs_spread(plan)) return false;
    if (plan->access_count == 0 && plan->reduction_count == 0)
        return refuse(plan, "there is nothing to gain");
    if (!uniform_loads_check(plan) || !elements_assign(plan) || !lanes_choose(plan) ||
        !outs_classify(plan) || !extent_choose(plan) || !nf_plan_overlaps(plan))
        return false;
    lanes_halve(plan);
    return true;
}
