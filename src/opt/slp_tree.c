/*
 * From neighbouring stores down to what they are made from; see slp_internal.h.
 *
 * Lanes that do the same become one operation, and what they take from there a pack again, down to
 * neighbouring loads, to values that all lanes share, and to scalars that have to be gathered. A
 * pack of parameters leads on to the arguments of every edge into their block, which may come round
 * to the pack itself: so accumulators of a loop become one.
 *
 *     store [p], a + x     store [p + 4], b + x     with a = load [q], b = load [q + 4]
 *
 *     STORE ── OP add ─┬─ LOAD (a, b)
 *                      └─ SPLAT (x, x)
 *
 * All lanes of an operation stand in one block. Operands that commute are ordered lane by lane after the lane before, with a look at what they are
 * (Porpodas, Magni and Jones, "PSLP", and LLVM's look-ahead are refinements of this).
 */
#include "slp_internal.h"

enum { DEPTH_MAX = 32 };
#define NO_PACK UINT32_MAX

bool nf_slp_supports(const nf_slp *slp, nf_op op, nf_type type, nf_type operand)
{
    const nf_opt *opt = slp->opt;
    return opt->supports == NULL || opt->supports(op, type, operand, opt->features);
}

/* --- packs --- */

static uint32_t build(nf_slp *slp, nf_lane_list l, unsigned depth);
static uint32_t condition(nf_slp *slp, nf_lane_list l, unsigned depth);

/* A new pack; the index 0, the root's, when there are too many. */
static uint32_t pack_add(nf_slp *slp, nf_pack_kind kind, nf_type type, nf_lane_list l)
{
    if (slp->pack_count == NF_PACKS_MAX) {
        slp->failed = true;
        return 0;
    }
    nf_pack *pack = &slp->packs[slp->pack_count];
    *pack = (nf_pack){.kind = (uint8_t)kind, .lane_count = (uint8_t)l.count, .type = type};
    __builtin_memcpy(pack->lanes, l.values, l.count * sizeof *l.values);
    return slp->pack_count++;
}

static nf_type vector_of(nf_type element, uint32_t count)
{
    return nf_type_with_lanes(element, (unsigned)__builtin_ctz(count));
}

static uint32_t gather(nf_slp *slp, nf_lane_list l)
{
    nf_type element = nf_type_of(slp->f, l.values[0]), type = vector_of(element, l.count);
    bool can = nf_slp_supports(slp, NF_OP_SPLAT, type, element) &&
               nf_slp_supports(slp, NF_OP_INSERT, type, type);
    if (!can) slp->failed = true;
    return pack_add(slp, NF_PACK_GATHER, type, l);
}

static uint32_t splat(nf_slp *slp, nf_lane_list l)
{
    nf_type element = nf_type_of(slp->f, l.values[0]), type = vector_of(element, l.count);
    if (!nf_slp_supports(slp, NF_OP_SPLAT, type, element)) slp->failed = true;
    return pack_add(slp, NF_PACK_SPLAT, type, l);
}

static uint32_t load(nf_slp *slp, nf_lane_list l)
{
    const nf_func *f = slp->f;
    nf_type type = vector_of(nf_type_of(f, l.values[0]), l.count);
    bool up = nf_lanes_are_neighbours(slp, l, 1), down = !up && nf_lanes_are_neighbours(slp, l, -1);
    for (uint32_t i = 0; i < l.count; i++)
        if (nf_access_is_fixed(nf_inst_at(f, l.values[i]))) return gather(slp, l);
    if (!(up || down) || !nf_slp_supports(slp, NF_OP_LOAD, type, NF_I64)) return gather(slp, l);
    if (down && !nf_slp_supports(slp, NF_OP_REVERSE, type, type)) return gather(slp, l);
    nf_value last = nf_lane_last(slp, l);
    if (!nf_lanes_can_join(slp, l)) return gather(slp, l);
    uint32_t index = pack_add(slp, NF_PACK_LOAD, type, l);
    slp->packs[index].last = last;
    slp->packs[index].reversed = down;
    return index;
}

nf_value nf_pack_operand(const nf_slp *slp, const nf_pack *pack, uint32_t k, uint32_t lane)
{
    const nf_func *f = slp->f;
    const nf_inst *inst = nf_inst_at(f, pack->lanes[lane]);
    if (pack->kind == NF_PACK_PARAM) {
        uint32_t edge = slp->in.all[slp->in.start[inst->block.id] + k].edge;
        return nf_edge_args(f, &f->edges.data[edge])[inst->imm];
    }
    if (pack->kind == NF_PACK_STORE) return inst->c;
    if (k < 2 && pack->swapped >> lane & 1) k ^= 1;
    return k == 0 ? inst->a : k == 1 ? inst->b : inst->c;
}

static uint32_t operand_build(nf_slp *slp, uint32_t index, uint32_t k, unsigned depth)
{
    nf_value values[NF_PACK_LANES_MAX] = {{0}};
    const nf_pack *pack = &slp->packs[index];
    nf_lane_list l = {values, pack->lane_count};
    for (uint32_t i = 0; i < l.count; i++) values[i] = nf_pack_operand(slp, pack, k, i);
    bool selects = pack->kind == NF_PACK_OP && nf_is_op(slp->f, pack->lanes[0], NF_OP_SELECT);
    return selects && k == 0 ? condition(slp, l, depth + 1) : build(slp, l, depth + 1);
}

static uint32_t params(nf_slp *slp, nf_lane_list l, unsigned depth)
{
    nf_block b = nf_inst_at(slp->f, l.values[0])->block;
    uint32_t edges = slp->in.start[b.id + 1] - slp->in.start[b.id];
    if (b.id == slp->f->entry.id || edges > NF_PACK_OPERANDS_MAX) return gather(slp, l);
    nf_type type = vector_of(nf_type_of(slp->f, l.values[0]), l.count);
    uint32_t index = pack_add(slp, NF_PACK_PARAM, type, l);
    for (uint32_t k = 0; k < edges && !slp->failed; k++) {
        uint32_t operand = operand_build(slp, index, k, depth);
        slp->packs[index].operands[slp->packs[index].operand_count++] = operand;
    }
    return index;
}

/* --- operations --- */

/* How well two values go side by side. */
static unsigned likeness(const nf_slp *slp, nf_value v, nf_value beside)
{
    enum { UNLIKE, SAME_OP, SAME_VALUE, NEIGHBOURS };
    const nf_inst *a = nf_inst_at(slp->f, v), *b = nf_inst_at(slp->f, beside);
    if (v.id == beside.id) return SAME_VALUE;
    if (a->op != b->op || a->type != b->type) return UNLIKE;
    return a->op == NF_OP_LOAD && nf_access_distance(slp, v, beside) == 1 ? NEIGHBOURS : SAME_OP;
}

static void operands_order(const nf_slp *slp, nf_pack *pack)
{
    if (!nf_op_of(nf_inst_at(slp->f, pack->lanes[0]))->commutes) return;
    for (uint32_t i = 1; i < pack->lane_count; i++) {
        nf_value a = nf_pack_operand(slp, pack, 0, i - 1), b = nf_pack_operand(slp, pack, 1, i - 1);
        const nf_inst *inst = nf_inst_at(slp->f, pack->lanes[i]);
        unsigned straight = likeness(slp, a, inst->a) + likeness(slp, b, inst->b);
        unsigned crossed = likeness(slp, a, inst->b) + likeness(slp, b, inst->a);
        if (crossed > straight) pack->swapped |= (uint16_t)(1u << i);
    }
}

static bool is_compare(const nf_inst *inst)
{
    return inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP;
}

static bool has_lanes(const nf_inst *inst)
{
    const nf_op_info *op = nf_op_of(inst);
    bool shape = op->shape == NF_SHAPE_UNARY || op->shape == NF_SHAPE_BINARY ||
                 op->shape == NF_SHAPE_TERNARY || op->shape == NF_SHAPE_CONVERT ||
                 op->shape == NF_SHAPE_SELECT;
    return shape && op->effects == 0 &&
           (op->types == NF_TYPES_IV || op->types == NF_TYPES_FV || op->types == NF_TYPES_NV);
}

static bool alike(const nf_slp *slp, nf_lane_list l)
{
    const nf_inst *first = nf_inst_at(slp->f, l.values[0]);
    nf_type operand = nf_type_of(slp->f, first->a);
    for (uint32_t i = 0; i < l.count; i++) {
        const nf_inst *inst = nf_inst_at(slp->f, l.values[i]);
        if (l.values[i].id >= slp->value_count || inst->op != first->op ||
            inst->type != first->type || inst->sub != first->sub ||
            inst->block.id != first->block.id)
            return false;
        bool accesses = inst->op == NF_OP_LOAD || inst->op == NF_OP_PARAM;
        if (!accesses && nf_type_of(slp->f, inst->a) != operand) return false;
        if (nf_lane_is_in(l.values, i, l.values[i])) return false;
    }
    return first->block.id && !NF_TYPE_IS_VECTOR(first->type);
}

static bool is_gathered(const nf_slp *slp, uint32_t index)
{
    return slp->packs[index].kind == NF_PACK_GATHER;
}

static bool is_constant_splat(const nf_slp *slp, uint32_t index)
{
    const nf_pack *pack = &slp->packs[index];
    return pack->kind == NF_PACK_SPLAT && nf_is_constant(nf_inst_at(slp->f, pack->lanes[0]));
}

static bool op_is_possible(const nf_slp *slp, const nf_pack *pack)
{
    const nf_inst *inst = nf_inst_at(slp->f, pack->lanes[0]);
    bool shifts = inst->op == NF_OP_SHL || inst->op == NF_OP_LSHR || inst->op == NF_OP_ASHR;
    nf_type operand = slp->packs[pack->operands[0]].type;
    if (shifts && is_constant_splat(slp, pack->operands[1])) operand = inst->type;
    return nf_slp_supports(slp, (nf_op)inst->op, pack->type, operand);
}

/* The condition of a select: comparisons of lanes as wide as what is selected. */
static bool condition_fits(const nf_slp *slp, nf_lane_list l)
{
    const nf_inst *select = nf_inst_at(slp->f, l.values[0]);
    nf_value conditions[NF_PACK_LANES_MAX] = {{0}};
    for (uint32_t i = 0; i < l.count; i++) conditions[i] = nf_inst_at(slp->f, l.values[i])->a;
    const nf_inst *compare = nf_inst_at(slp->f, select->a);
    if (!is_compare(compare) || !alike(slp, (nf_lane_list){conditions, l.count})) return false;
    nf_type compared = nf_type_of(slp->f, compare->a);
    return !NF_TYPE_IS_VECTOR(compared) && nf_type_bytes(compared) == nf_type_bytes(select->type);
}

static uint32_t op(nf_slp *slp, nf_lane_list l, nf_type type, unsigned depth)
{
    uint32_t index = pack_add(slp, NF_PACK_OP, type, l), gathered = 0;
    nf_pack *pack = &slp->packs[index];
    if (slp->failed) return index;
    const nf_op_info *info = nf_op_of(nf_inst_at(slp->f, l.values[0]));
    pack->last = nf_lane_last(slp, l);
    operands_order(slp, pack);
    for (uint32_t k = 0; k < info->operands && !slp->failed; k++) {
        pack->operands[pack->operand_count++] = operand_build(slp, index, k, depth);
        gathered += is_gathered(slp, pack->operands[k]);
    }
    if (gathered < 2 && (slp->failed || op_is_possible(slp, pack))) return index;
    slp->pack_count = index; /* results are gathered for less */
    return gather(slp, l);
}

/* --- lanes of any kind --- */

static uint32_t pack_find(const nf_slp *slp, nf_lane_list l)
{
    for (uint32_t i = 0; i < slp->pack_count; i++) {
        const nf_pack *pack = &slp->packs[i];
        bool placed = pack->kind != NF_PACK_GATHER && pack->kind != NF_PACK_SPLAT;
        if (placed && pack->lane_count == l.count &&
            __builtin_memcmp(pack->lanes, l.values, l.count * sizeof *l.values) == 0)
            return i;
    }
    return NO_PACK;
}

static uint32_t packed_find(const nf_slp *slp, nf_lane_list l)
{
    uint64_t at = 0;
    if (!nf_map_get(&slp->packed_first, l.values[0].id, &at)) return 0;
    for (; at != 0; at = slp->packed.data[at].next) {
        const nf_packed *packed = &slp->packed.data[at];
        if (NF_TYPE_LANES(packed->type) == l.count &&
            __builtin_memcmp(packed->lanes, l.values, l.count * sizeof *l.values) == 0)
            return (uint32_t)at;
    }
    return 0;
}

static uint32_t alike_build(nf_slp *slp, nf_lane_list l, unsigned depth)
{
    const nf_inst *inst = nf_inst_at(slp->f, l.values[0]);
    nf_type type = vector_of(inst->type, l.count);
    if (inst->op == NF_OP_LOAD) return load(slp, l);
    if (inst->op == NF_OP_PARAM) return params(slp, l, depth);
    if (!has_lanes(inst) || (inst->op == NF_OP_SELECT && !condition_fits(slp, l)))
        return gather(slp, l);
    return op(slp, l, type, depth);
}

/* A pack of this tree or an earlier one; NO_PACK when there is none. */
static uint32_t known(nf_slp *slp, nf_lane_list l)
{
    uint32_t found = pack_find(slp, l), packed = packed_find(slp, l);
    if (found != NO_PACK || !packed) return found;
    found = pack_add(slp, NF_PACK_KNOWN, slp->packed.data[packed].type, l);
    slp->packs[found].vector = slp->packed.data[packed].vector;
    return found;
}

/* Comparisons become masks, which only selects know what to do with: see condition_fits(). */
static uint32_t condition(nf_slp *slp, nf_lane_list l, unsigned depth)
{
    const nf_inst *compare = nf_inst_at(slp->f, l.values[0]);
    uint32_t found = known(slp, l);
    if (found != NO_PACK) return found;
    nf_type compared = vector_of(nf_type_of(slp->f, compare->a), l.count);
    return op(slp, l, nf_type_of_compare(compared), depth);
}

static uint32_t build(nf_slp *slp, nf_lane_list l, unsigned depth)
{
    bool same = true;
    for (uint32_t i = 1; i < l.count; i++) same &= l.values[i].id == l.values[0].id;
    if (same) return splat(slp, l);
    if (is_compare(nf_inst_at(slp->f, l.values[0]))) return gather(slp, l);
    uint32_t found = known(slp, l);
    if (found != NO_PACK) return found;
    if (depth == DEPTH_MAX || !alike(slp, l)) return gather(slp, l);
    return alike_build(slp, l, depth);
}

static void stores(nf_slp *slp, nf_lane_list l)
{
    nf_type type = vector_of(nf_type_of(slp->f, l.values[0]), l.count);
    uint32_t root = pack_add(slp, NF_PACK_STORE, type, l);
    slp->packs[root].last = nf_lane_last(slp, l);
    slp->failed = !nf_slp_supports(slp, NF_OP_STORE, type, NF_I64) || !nf_lanes_can_join(slp, l);
    if (slp->failed) return;
    slp->packs[root].operands[0] = operand_build(slp, root, 0, 0);
    slp->packs[root].operand_count = 1;
}

bool nf_slp_tree_build(nf_slp *slp, const nf_value *lanes, uint32_t lane_count)
{
    nf_value values[NF_PACK_LANES_MAX] = {{0}};
    nf_lane_list l = {values, lane_count};
    __builtin_memcpy(values, lanes, lane_count * sizeof *lanes);
    slp->pack_count = 0;
    slp->failed = false;
    slp->tree++;
    if (nf_is_op(slp->f, lanes[0], NF_OP_STORE))
        stores(slp, l);
    else if (alike(slp, l))
        (void)params(slp, l, 0);
    return !slp->failed && slp->pack_count > 0;
}
