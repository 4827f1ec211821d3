/*
 * One copy of a loop's body, lane by lane; see vectorise_internal.h.
 *
 * The same walk serves two ends. Dry, it asks opt->supports() about every operation and writes
 * nothing; then, when all is possible, it writes. So what is asked is what is written.
 *
 * Conditions are masks whose lanes are as wide as what was compared; they are widened or cut where
 * something of another width is selected or stored. A body with branches becomes straight: each
 * block has the mask of the lanes that reach it, a block's parameters become selects, its loads and
 * stores are masked. A block that every iteration passes has the mask of the whole copy.
 *
 * Addresses are [base + index * size + displacement]: the copies of one loop share the index and
 * differ in the displacement only. Masked accesses have no index, so they add it first.
 */
#include "vectorise_internal.h"

static const nf_value DRY = {1};

bool nf_lanes_init(nf_lanes *w, nf_plan *plan, bool dry)
{
    nf_arena *arena = plan->opt->scratch;
    uint32_t values = plan->loop.value_count;
    *w = (nf_lanes){.plan = plan, .f = plan->f, .dry = dry, .possible = true};
    w->vectors = NF_NEW_ARRAY(arena, nf_value, values);
    w->splats = NF_NEW_ARRAY(arena, nf_value, values);
    w->edges = NF_NEW_ARRAY(arena, nf_lane_mask, plan->f->edges.count);
    w->masks = NF_NEW_ARRAY(arena, nf_lane_mask, plan->f->blocks.count);
    w->bases = NF_NEW_ARRAY(arena, nf_value, NF_ACCESSES_MAX);
    return w->vectors && w->splats && w->edges && w->masks && w->bases;
}

void nf_lanes_forget(nf_lanes *w)
{
    __builtin_memset(w->splats, 0, w->plan->loop.value_count * sizeof *w->splats);
    __builtin_memset(w->iotas, 0, sizeof w->iotas);
    w->constants.count = 0;
}

/* --- building --- */

nf_type nf_lanes_type(const nf_lanes *w, nf_type element)
{
    return nf_type_with_lanes(element, w->plan->lanes_log2);
}

static nf_value ask(nf_lanes *w, nf_op op, nf_type type, nf_type operand)
{
    const nf_opt *opt = w->plan->opt;
    if (w->possible && opt->supports && !opt->supports(op, type, operand, opt->features)) {
        w->possible = false;
        w->missing = op;
    }
    return DRY;
}

static nf_value build3(nf_lanes *w, nf_op op, nf_type type, nf_type operand, nf_value a, nf_value b,
                       nf_value c)
{
    if (w->dry) return ask(w, op, nf_op_result_type(op, type), operand);
    return nf_build(w->f, w->block, op, type, a, b, c);
}

nf_value nf_lanes_build(nf_lanes *w, nf_op op, nf_type type, nf_type operand, nf_value a,
                        nf_value b)
{
    return build3(w, op, type, operand, a, b, (nf_value){0});
}

nf_value nf_lanes_compare(nf_lanes *w, nf_cond cond, nf_type operand, nf_value a, nf_value b)
{
    nf_op op = cond < NF_FOEQ ? NF_OP_ICMP : NF_OP_FCMP;
    if (w->dry) return ask(w, op, nf_type_of_compare(operand), operand);
    return nf_build_compare(w->f, w->block, cond, a, b);
}

nf_type nf_lanes_mask_element(unsigned bytes)
{
    static const uint8_t elements[] = {[1] = NF_I8, [2] = NF_I16, [4] = NF_I32, [8] = NF_I64};
    return elements[bytes];
}

/* --- what is the same in all lanes, made ahead of the loops --- */

static nf_value splat_ahead(nf_lanes *w, nf_type element, nf_value scalar)
{
    nf_type type = nf_lanes_type(w, element);
    if (w->dry) return ask(w, NF_OP_SPLAT, type, element);
    return nf_build(w->f, w->ahead, NF_OP_SPLAT, type, scalar, (nf_value){0}, (nf_value){0});
}

nf_value nf_lanes_splat_const(nf_lanes *w, nf_type element, int64_t bits)
{
    for (uint32_t i = 0; i < w->constants.count; i++) {
        const nf_lane_const *known = &w->constants.data[i];
        if (known->element == element && known->bits == bits) return known->vector;
    }
    nf_loop_emit e = {w->f, w->ahead};
    nf_value scalar = w->dry ? DRY : nf_loop_bits(&e, element, bits);
    nf_lane_const made = {element, bits, splat_ahead(w, element, scalar)};
    (void)NF_VEC_PUSH(w->plan->opt->scratch, &w->constants, made);
    return made.vector;
}

nf_value nf_lanes_splat(nf_lanes *w, nf_value v)
{
    const nf_inst *inst = nf_inst_at(w->f, v);
    if (inst->op == NF_OP_ICONST || inst->op == NF_OP_FCONST)
        return nf_lanes_splat_const(w, inst->type, inst->imm);
    nf_value *splat = &w->splats[v.id];
    if (splat->id == 0) *splat = splat_ahead(w, inst->type, v);
    return *splat;
}

nf_value nf_lanes_iota(nf_lanes *w, nf_type element)
{
    nf_value *iota = &w->iotas[element];
    nf_type type = nf_lanes_type(w, element);
    if (iota->id) return *iota;
    *iota = w->dry ? ask(w, NF_OP_IOTA, type, NF_VOID)
                   : nf_build(w->f, w->ahead, NF_OP_IOTA, type, (nf_value){0}, (nf_value){0},
                              (nf_value){0});
    return *iota;
}

nf_value nf_lanes_base(nf_lanes *w, uint32_t base)
{
    nf_loop_emit e = {w->f, w->ahead};
    if (w->dry) return DRY;
    if (w->bases[base].id == 0) w->bases[base] = nf_affine_emit(&e, &w->plan->bases[base]);
    return w->bases[base];
}

/* --- masks --- */

static nf_value mask_resize(nf_lanes *w, nf_lane_mask mask, unsigned bytes)
{
    nf_type from = nf_lanes_type(w, nf_lanes_mask_element(mask.bytes));
    nf_type to = nf_lanes_type(w, nf_lanes_mask_element(bytes));
    if (from == to) return mask.value;
    nf_op op = mask.bytes < bytes ? NF_OP_SEXT : NF_OP_TRUNC;
    return nf_lanes_build(w, op, to, from, mask.value, (nf_value){0});
}

nf_lane_mask nf_lanes_mask_join(nf_lanes *w, nf_op op, nf_lane_mask a, nf_lane_mask b)
{
    nf_type type = nf_lanes_type(w, nf_lanes_mask_element(a.bytes));
    nf_value right = mask_resize(w, b, a.bytes);
    return (nf_lane_mask){nf_lanes_build(w, op, type, type, a.value, right), a.bytes};
}

static nf_lane_mask mask_and(nf_lanes *w, nf_lane_mask a, nf_lane_mask b)
{
    if (a.value.id == 0) return b;
    if (b.value.id == 0) return a;
    return nf_lanes_mask_join(w, NF_OP_AND, a, b);
}

static nf_lane_mask mask_or(nf_lanes *w, nf_lane_mask a, nf_lane_mask b)
{
    if (a.value.id == 0 || b.value.id == 0) return (nf_lane_mask){{0}, 0};
    return nf_lanes_mask_join(w, NF_OP_OR, a, b);
}

nf_lane_mask nf_lanes_mask_not(nf_lanes *w, nf_lane_mask a)
{
    nf_lane_mask ones = {nf_lanes_splat_const(w, nf_lanes_mask_element(a.bytes), -1), a.bytes};
    return nf_lanes_mask_join(w, NF_OP_XOR, a, ones);
}

/* A condition that is the same for all lanes. */
static nf_lane_mask mask_of_uniform(nf_lanes *w, nf_value v)
{
    int64_t number;
    if (nf_value_is_const(w->f, v, &number))
        return (nf_lane_mask){nf_lanes_splat_const(w, NF_I8, number ? -1 : 0), 1};
    nf_value zero = nf_lanes_splat_const(w, NF_I8, 0);
    nf_type type = nf_lanes_type(w, NF_I8);
    return (nf_lane_mask){nf_lanes_compare(w, NF_NE, type, nf_lanes_splat(w, v), zero), 1};
}

/* Where an i8 is not 0. */
nf_lane_mask nf_lanes_mask_of(nf_lanes *w, nf_value v)
{
    const nf_lane *lane = &w->plan->lanes[v.id];
    if (nf_plan_is_uniform(w->plan, v)) return mask_of_uniform(w, v);
    if (lane->mask)
        return (nf_lane_mask){w->vectors[v.id], (uint8_t)nf_type_element_bytes(lane->element)};
    nf_value zero = nf_lanes_splat_const(w, NF_I8, 0);
    nf_type type = nf_lanes_type(w, NF_I8);
    return (nf_lane_mask){nf_lanes_compare(w, NF_NE, type, w->vectors[v.id], zero), 1};
}

nf_value nf_lanes_select(nf_lanes *w, nf_type element, nf_lane_mask mask, nf_value yes, nf_value no)
{
    nf_type type = nf_lanes_type(w, element);
    unsigned bytes = nf_type_element_bytes(element);
    nf_value condition = mask_resize(w, mask, bytes);
    return build3(w, NF_OP_SELECT, type, nf_lanes_type(w, nf_lanes_mask_element(bytes)), condition,
                  yes, no);
}

/* A mask as numbers 0 and 1. */
static nf_value mask_number(nf_lanes *w, nf_lane_mask mask, nf_type element)
{
    nf_type type = nf_lanes_type(w, element);
    nf_value lanes = mask_resize(w, mask, nf_type_element_bytes(element));
    return nf_lanes_build(w, NF_OP_AND, type, type, lanes, nf_lanes_splat_const(w, element, 1));
}

/* --- values --- */

nf_value nf_lanes_of(nf_lanes *w, nf_value v)
{
    const nf_plan *plan = w->plan;
    if (nf_plan_is_uniform(plan, v)) return nf_lanes_splat(w, v);
    if (plan->lanes[v.id].mask) return mask_number(w, nf_lanes_mask_of(w, v), NF_I8);
    return w->vectors[v.id];
}

/* The element of the vector that nf_lanes_of() gives. */
static nf_type element_of(const nf_lanes *w, nf_value v)
{
    return nf_type_of(w->f, v);
}

/* What supports() is asked about a shift: the scalar type stands for a constant amount. */
static nf_type shift_operand(const nf_lanes *w, const nf_inst *inst)
{
    int64_t number;
    bool constant = nf_value_is_const(w->f, inst->b, &number);
    return constant ? inst->type : nf_lanes_type(w, inst->type);
}

static nf_value lower_rotate(nf_lanes *w, const nf_inst *inst)
{
    nf_type type = nf_lanes_type(w, inst->type);
    nf_value a = nf_lanes_of(w, inst->a), by, back;
    int64_t number;
    if (nf_value_is_const(w->f, inst->b, &number)) {
        unsigned bits = 8 * nf_type_bytes(inst->type), left = (unsigned)number % bits;
        by = nf_lanes_splat_const(w, inst->type, left);
        back = nf_lanes_splat_const(w, inst->type, (bits - left) % bits);
    } else {
        by = nf_lanes_of(w, inst->b);
        nf_value zero = nf_lanes_splat_const(w, inst->type, 0);
        back = nf_lanes_build(w, NF_OP_SUB, type, type, zero, by);
    }
    bool left = inst->op == NF_OP_ROTL;
    nf_type operand = shift_operand(w, inst);
    nf_value high = nf_lanes_build(w, left ? NF_OP_SHL : NF_OP_LSHR, type, operand, a, by);
    nf_value low = nf_lanes_build(w, left ? NF_OP_LSHR : NF_OP_SHL, type, operand, a, back);
    return nf_lanes_build(w, NF_OP_OR, type, type, high, low);
}

/* and, or, xor and select of booleans stay masks. */
static nf_value lower_mask_op(nf_lanes *w, const nf_inst *inst, nf_type element)
{
    unsigned bytes = nf_type_element_bytes(element);
    if (inst->op == NF_OP_SELECT) {
        nf_value yes = mask_resize(w, nf_lanes_mask_of(w, inst->b), bytes);
        nf_value no = mask_resize(w, nf_lanes_mask_of(w, inst->c), bytes);
        return nf_lanes_select(w, element, nf_lanes_mask_of(w, inst->a), yes, no);
    }
    nf_lane_mask a = {mask_resize(w, nf_lanes_mask_of(w, inst->a), bytes), (uint8_t)bytes};
    return nf_lanes_mask_join(w, (nf_op)inst->op, a, nf_lanes_mask_of(w, inst->b)).value;
}

static nf_value lower_convert(nf_lanes *w, const nf_inst *inst)
{
    bool extends = inst->op == NF_OP_ZEXT || inst->op == NF_OP_SEXT;
    if (extends && !nf_plan_is_uniform(w->plan, inst->a) && w->plan->lanes[inst->a.id].mask)
        return mask_number(w, nf_lanes_mask_of(w, inst->a), inst->type);
    nf_type from = nf_lanes_type(w, element_of(w, inst->a));
    return nf_lanes_build(w, (nf_op)inst->op, nf_lanes_type(w, inst->type), from,
                          nf_lanes_of(w, inst->a), (nf_value){0});
}

/* The mask that an operand is the 0 or 1 of; none when it is something else. */
static nf_lane_mask mask_counted(nf_lanes *w, nf_value v)
{
    const nf_inst *inst = nf_inst_at(w->f, v);
    bool extends = inst->op == NF_OP_ZEXT || inst->op == NF_OP_SEXT;
    if (!extends || nf_plan_is_uniform(w->plan, v) || nf_plan_is_uniform(w->plan, inst->a) ||
        !w->plan->lanes[inst->a.id].mask)
        return (nf_lane_mask){{0}, 0};
    return nf_lanes_mask_of(w, inst->a);
}

/* a + 1 where a condition holds is a - mask, for true lanes are -1. False when it is not that. */
static bool lower_counting(nf_lanes *w, const nf_inst *inst, nf_value *result)
{
    bool sum = inst->op == NF_OP_ADD, taken = inst->op == NF_OP_SUB;
    nf_value other = inst->a;
    if (!sum && !taken) return false;
    nf_lane_mask mask = mask_counted(w, inst->b);
    if (mask.value.id == 0 && sum) {
        mask = mask_counted(w, inst->a);
        other = inst->b;
    }
    if (mask.value.id == 0) return false;
    nf_type type = nf_lanes_type(w, inst->type);
    nf_value lanes = mask_resize(w, mask, nf_type_element_bytes(inst->type));
    *result =
        nf_lanes_build(w, sum ? NF_OP_SUB : NF_OP_ADD, type, type, nf_lanes_of(w, other), lanes);
    return true;
}

static nf_value lower_op(nf_lanes *w, nf_value v, const nf_inst *inst)
{
    const nf_op_info *op = nf_op_of(inst);
    const nf_lane *lane = &w->plan->lanes[v.id];
    nf_type type = nf_lanes_type(w, inst->type);
    if (inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP) {
        nf_value a = nf_lanes_of(w, inst->a), b = nf_lanes_of(w, inst->b);
        nf_type operand = nf_lanes_type(w, element_of(w, inst->a));
        return nf_lanes_compare(w, (nf_cond)inst->sub, operand, a, b);
    }
    if (lane->mask) return lower_mask_op(w, inst, lane->element);
    if (op->shape == NF_SHAPE_CONVERT) return lower_convert(w, inst);
    if (inst->op == NF_OP_ROTL || inst->op == NF_OP_ROTR) return lower_rotate(w, inst);
    if (op->effects & NF_EFFECT_TRAP) return nf_lanes_divide(w, inst);
    if (inst->op == NF_OP_SELECT) {
        nf_value yes = nf_lanes_of(w, inst->b), no = nf_lanes_of(w, inst->c);
        return nf_lanes_select(w, inst->type, nf_lanes_mask_of(w, inst->a), yes, no);
    }
    nf_value counted;
    if (lower_counting(w, inst, &counted)) return counted;
    nf_value a = nf_lanes_of(w, inst->a), b = {0}, c = {0};
    if (op->operands > 1) b = nf_lanes_of(w, inst->b);
    if (op->operands > 2) c = nf_lanes_of(w, inst->c);
    bool shifts = inst->op == NF_OP_SHL || inst->op == NF_OP_LSHR || inst->op == NF_OP_ASHR;
    return build3(w, (nf_op)inst->op, type, shifts ? shift_operand(w, inst) : type, a, b, c);
}

/* --- memory --- */

static nf_address address_of(nf_lanes *w, const nf_access *access, const nf_inst *inst)
{
    unsigned lanes = nf_plan_lanes(w->plan), size_log2 = (unsigned)__builtin_ctz(access->bytes);
    int32_t ahead = (int32_t)(w->copy * lanes * access->bytes);
    bool down = access->address.step < 0;
    int32_t last = (int32_t)((lanes - 1) * access->bytes);
    return (nf_address){.base = nf_lanes_base(w, access->base),
                        .index = down ? w->index_negative : w->index,
                        .scale_log2 = size_log2,
                        .offset = access->displacement + (down ? -ahead - last : ahead),
                        .align_log2 = inst->mem.align_log2,
                        .alias = inst->mem.alias};
}

/* The address without its index, which masked accesses have not. */
static nf_address address_flat(nf_lanes *w, nf_address address)
{
    nf_loop_emit e = {w->f, w->block};
    if (w->dry) return address;
    nf_value shift = nf_loop_iconst(&e, NF_I64, address.scale_log2);
    nf_value way = nf_loop_op(&e, NF_OP_SHL, NF_I64, address.index, shift);
    address.base = nf_loop_op(&e, NF_OP_ADD, NF_I64, address.base, way);
    address.index = (nf_value){0};
    address.scale_log2 = 0;
    return address;
}

static nf_value reverse(nf_lanes *w, nf_type element, nf_value vector)
{
    nf_type type = nf_lanes_type(w, element);
    return nf_lanes_build(w, NF_OP_REVERSE, type, type, vector, (nf_value){0});
}

/* The mask as wide as the elements and in the order of memory. */
static nf_value access_mask(nf_lanes *w, const nf_access *access, nf_lane_mask mask)
{
    nf_value lanes = mask_resize(w, mask, access->bytes);
    return access->address.step < 0 ? reverse(w, nf_lanes_mask_element(access->bytes), lanes)
                                    : lanes;
}

/* The low parts of wider integers. */
static nf_value narrow(nf_lanes *w, const nf_access *access, nf_value wide)
{
    nf_type from = nf_lanes_type(w, nf_lanes_mask_element(access->bytes));
    nf_type part = nf_lanes_type(w, nf_lanes_mask_element(nf_type_bytes(access->type)));
    nf_type to = nf_lanes_type(w, access->type);
    nf_value low = nf_lanes_build(w, NF_OP_TRUNC, part, from, wide, (nf_value){0});
    return to == part ? low : nf_lanes_build(w, NF_OP_BITCAST, to, part, low, (nf_value){0});
}

static nf_value lower_load(nf_lanes *w, const nf_access *access, const nf_inst *inst,
                           nf_lane_mask mask)
{
    bool is_wide = access->bytes > nf_type_bytes(access->type);
    nf_type type = nf_lanes_type(w, is_wide ? nf_lanes_mask_element(access->bytes) : access->type);
    nf_address address = address_of(w, access, inst);
    nf_value vector = DRY;
    if (mask.value.id) {
        nf_value lanes = access_mask(w, access, mask);
        address = address_flat(w, address);
        vector = w->dry ? ask(w, NF_OP_MLOAD, type, NF_I64)
                        : nf_build_mload(w->f, w->block, type, lanes, address);
    } else {
        vector = w->dry ? ask(w, NF_OP_LOAD, type, NF_I64)
                        : nf_build_load(w->f, w->block, type, address);
    }
    if (is_wide) return narrow(w, access, vector);
    return access->address.step < 0 ? reverse(w, access->type, vector) : vector;
}

/* The header's parameters that earlier iterations have loaded. */
static void lower_earlier(nf_lanes *w, nf_lane_mask mask)
{
    nf_block header = w->plan->loop.header;
    for (uint32_t i = 0; i < nf_block_at(w->f, header)->param_count; i++) {
        nf_value param = nf_param_at(w->f, header, i);
        const nf_lane *lane = &w->plan->lanes[param.id];
        if (lane->role != NF_LANE_EARLIER || !lane->needed) continue;
        const nf_access *access = &w->plan->accesses[lane->index];
        nf_inst inst = *nf_inst_at(w->f, access->inst);
        inst.mem.align_log2 = 0;
        w->vectors[param.id] = lower_load(w, access, &inst, mask);
    }
}

static void lower_store(nf_lanes *w, const nf_access *access, const nf_inst *inst,
                        nf_lane_mask mask)
{
    nf_type type = nf_lanes_type(w, access->type);
    nf_address address = address_of(w, access, inst);
    nf_value vector = nf_lanes_of(w, inst->c);
    if (access->address.step < 0) vector = reverse(w, access->type, vector);
    nf_value lanes = mask.value.id ? access_mask(w, access, mask) : DRY;
    if (w->dry) {
        ask(w, mask.value.id ? NF_OP_MSTORE : NF_OP_STORE, type, NF_I64);
    } else if (mask.value.id) {
        address = address_flat(w, address);
        nf_build_mstore(w->f, w->block, vector, lanes, address);
    } else {
        nf_build_store(w->f, w->block, vector, address);
    }
}

/* Loaded once, ahead of the loops: nothing in them writes there. */
static nf_value lower_uniform(nf_lanes *w, nf_value v, const nf_access *access, const nf_inst *inst)
{
    nf_value *splat = &w->splats[v.id];
    if (splat->id) return *splat;
    nf_value scalar = DRY;
    if (!w->dry) {
        nf_address address = {.base = nf_lanes_base(w, access->base),
                              .offset = access->displacement,
                              .align_log2 = inst->mem.align_log2,
                              .alias = inst->mem.alias};
        scalar = nf_build_load(w->f, w->ahead, access->type, address);
    }
    *splat = splat_ahead(w, access->type, scalar);
    return *splat;
}

static void lower(nf_lanes *w, nf_value v, nf_lane_mask mask)
{
    const nf_lane *lane = &w->plan->lanes[v.id];
    const nf_inst inst = *nf_inst_at(w->f, v); /* records move when others are made */
    const nf_access *access = &w->plan->accesses[lane->index];
    if (!lane->needed) return;
    switch ((nf_lane_role)lane->role) {
    case NF_LANE_OP: w->vectors[v.id] = lower_op(w, v, &inst); break;
    case NF_LANE_UNIFORM: w->vectors[v.id] = lower_uniform(w, v, access, &inst); break;
    case NF_LANE_LOAD:
        if (access->is_store)
            lower_store(w, access, &inst, mask);
        else
            w->vectors[v.id] = lower_load(w, access, &inst, mask);
        break;
    default: break; /* parameters are no instructions; counters are made by the loop */
    }
}

/* --- control flow --- */

/* The lanes that leave block b by each of its edges. */
static void edges_mask(nf_lanes *w, nf_block b, nf_lane_mask mask)
{
    const nf_inst last = *nf_inst_at(w->f, nf_block_at(w->f, b)->last);
    w->edges[last.extra] = mask;
    if (last.op != NF_OP_BRIF) return;
    nf_lane_mask condition = nf_lanes_mask_of(w, last.a);
    w->edges[last.extra] = mask_and(w, condition, mask);
    w->edges[last.extra + 1] = mask_and(w, nf_lanes_mask_not(w, condition), mask);
}

/* Puts what comes along an edge into the parameters of the block that it leads to: in the lanes of
 * the mask, or (no mask) in all. */
static void join_params(nf_lanes *w, nf_block b, nf_value last, uint32_t k, nf_lane_mask mask)
{
    for (uint32_t i = 0; i < nf_block_at(w->f, b)->param_count; i++) {
        nf_value param = nf_param_at(w->f, b, i);
        const nf_lane *lane = &w->plan->lanes[param.id];
        if (!lane->needed) continue;
        nf_value v = nf_edge_args(w->f, nf_edge_at(w->f, last, k))[i];
        nf_value vector = lane->mask ? mask_resize(w, nf_lanes_mask_of(w, v),
                                                   nf_type_element_bytes(lane->element))
                                     : nf_lanes_of(w, v);
        if (mask.value.id)
            vector = nf_lanes_select(w, lane->element, mask, vector, w->vectors[param.id]);
        w->vectors[param.id] = vector;
    }
}

/* Joins what comes into block b: its mask, and its parameters as selects. */
static void join(nf_lanes *w, nf_block b, nf_lane_mask whole)
{
    const nf_counted *loop = &w->plan->loop;
    bool always = nf_cfg_dominates(loop->cfg, b, loop->latch), first = true;
    nf_lane_mask mask = whole;
    for (uint32_t i = 0; i < loop->block_count; i++) {
        nf_value last = nf_block_at(w->f, loop->blocks[i])->last;
        for (uint32_t k = 0; k < nf_edge_count(w->f, last); k++) {
            if (nf_edge_at(w->f, last, k)->to.id != b.id) continue;
            nf_lane_mask edge = w->edges[nf_inst_at(w->f, last)->extra + k];
            if (!always) mask = first ? edge : mask_or(w, mask, edge);
            join_params(w, b, last, k, first ? (nf_lane_mask){{0}, 0} : edge);
            first = false;
        }
    }
    w->masks[b.id] = mask;
}

void nf_lanes_row(nf_lanes *w)
{
    const nf_lane_mask all = {{0}, 0};
    lower_earlier(w, all);
    for (uint32_t i = 0; i < w->plan->loop.block_count; i++) {
        nf_block b = w->plan->loop.blocks[i];
        if (i > 0) join(w, b, all);
        for (nf_value v = nf_block_at(w->f, b)->first; v.id; v = nf_inst_at(w->f, v)->next)
            lower(w, v, all);
    }
}

void nf_lanes_body(nf_lanes *w, nf_lane_mask whole)
{
    const nf_counted *loop = &w->plan->loop;
    for (uint32_t i = 0; i < loop->block_count; i++) {
        nf_block b = loop->blocks[i];
        if (i == 0) {
            w->masks[b.id] = whole;
            lower_earlier(w, whole);
        } else {
            join(w, b, whole);
        }
        for (nf_value v = nf_block_at(w->f, b)->first; v.id; v = nf_inst_at(w->f, v)->next)
            lower(w, v, w->masks[b.id]);
        if (b.id != loop->latch.id) edges_mask(w, b, w->masks[b.id]);
    }
}
