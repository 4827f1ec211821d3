/*
 * Whether a tree pays: scalars that go, less vectors and moves between the two that come.
 *
 * All in units of one plain instruction, more for each loop around it. A scalar goes when nobody
 * outside of the tree uses it, or when the others look like one more tree; else a lane is taken out of
 * the vector for its other users, or, where that costs no less, as with loads, the scalar stays.
 *
 *     4 stores, 4 additions, 4 loads, a splat   =>   1 store, 1 addition, 1 load, 1 splat: gain 8
 */
#include "slp_internal.h"

enum {
    LOOP_WEIGHT_LOG2 = 3,
    LOOPS_COUNTED_MAX = 3,
    INSERT_COST = 2,      /* into 16 bytes */
    INSERT_WIDE_COST = 3, /* a part is taken out and put back */
    EXTRACT_COST = 2,
    EMULATED_COST = 6, /* operations on lanes that the machine has not */
    XMM_BYTES = 16,
};

static int64_t weight_of(const nf_slp *slp, nf_block b)
{
    uint32_t depth = nf_cfg_depth(&slp->cfg, b);
    if (depth > LOOPS_COUNTED_MAX) depth = LOOPS_COUNTED_MAX;
    return INT64_C(1) << depth * LOOP_WEIGHT_LOG2;
}

/* What does not change in a loop is put together in front of it, by licm. */
static int64_t lane_weight_max(const nf_slp *slp, const nf_pack *pack)
{
    int64_t most = 1;
    for (uint32_t i = 0; i < pack->lane_count; i++) {
        const nf_inst *lane = nf_inst_at(slp->f, pack->lanes[i]);
        int64_t weight = nf_is_free(lane) ? 1 : weight_of(slp, lane->block);
        if (weight > most) most = weight;
    }
    return most;
}

/* --- uses --- */

static void inner_count(nf_slp *slp, uint32_t by)
{
    for (uint32_t p = 0; p < slp->pack_count; p++) {
        const nf_pack *pack = &slp->packs[p];
        for (uint32_t k = 0; k < pack->operand_count; k++)
            for (uint32_t i = 0; i < pack->lane_count; i++) {
                nf_value v = nf_pack_operand(slp, pack, k, i);
                if (v.id < slp->value_count) slp->inner[v.id] += by;
            }
    }
}

void nf_slp_tree_drop(nf_slp *slp)
{
    inner_count(slp, UINT32_MAX); /* - 1 */
}

bool nf_slp_lane_escapes(const nf_slp *slp, nf_value lane)
{
    return slp->uses[lane.id] > slp->inner[lane.id];
}

/* --- others --- */

/* The n-th user of a lane that is no part of the tree; none when there are less. */
static nf_value outsider(const nf_slp *slp, nf_value lane, uint32_t n)
{
    for (uint32_t i = slp->user_start[lane.id]; i < slp->user_start[lane.id + 1]; i++) {
        nf_value user = slp->users[i];
        bool there = !nf_is_op(slp->f, user, NF_OP_NONE) && slp->tree_of[user.id] != slp->tree;
        if (there && n-- == 0) return user;
    }
    return (nf_value){0};
}

/* Whether the lanes' n-th users outside are different ones that do the same. */
static bool are_alike(const nf_slp *slp, const nf_pack *pack, uint32_t n)
{
    nf_value first = outsider(slp, pack->lanes[0], n);
    const nf_inst *a = nf_inst_at(slp->f, first);
    for (uint32_t i = 1; i < pack->lane_count; i++) {
        nf_value user = outsider(slp, pack->lanes[i], n);
        const nf_inst *b = nf_inst_at(slp->f, user);
        if (a->op != b->op || a->type != b->type || a->block.id != b->block.id) return false;
        if (user.id && user.id == first.id) return false;
    }
    return true;
}

/* Whether all lanes have such users, and only these: another tree will have the lanes too. */
static bool is_shared(const nf_slp *slp, const nf_pack *pack)
{
    uint32_t n = 0;
    while (are_alike(slp, pack, n) && outsider(slp, pack->lanes[0], n).id) n++;
    return n > 0 && are_alike(slp, pack, n);
}

/* --- costs --- */

static int64_t gather_cost(const nf_slp *slp, const nf_pack *pack)
{
    bool wide = nf_type_bytes(pack->type) > XMM_BYTES;
    int64_t inserts = (pack->lane_count - 1) * (wide ? INSERT_WIDE_COST : INSERT_COST);
    return (inserts + 1) * lane_weight_max(slp, pack);
}

static int64_t op_cost(const nf_inst *inst)
{
    bool shift = inst->op == NF_OP_SHL || inst->op == NF_OP_LSHR || inst->op == NF_OP_ASHR;
    unsigned bytes = nf_type_bytes(inst->type);
    bool emulated = (inst->op == NF_OP_MUL && (bytes == 1 || bytes == 8)) || (shift && bytes == 1);
    return emulated ? EMULATED_COST : 1;
}

/* Of a pack whose vector is made in the tree, with what its lanes' other users cost. */
static int64_t made_gain(const nf_slp *slp, const nf_pack *pack)
{
    const nf_inst *first = nf_inst_at(slp->f, pack->lanes[0]);
    bool costs = pack->kind != NF_PACK_PARAM, loads = pack->kind == NF_PACK_LOAD;
    int64_t gain = costs ? -op_cost(first) - pack->reversed : 0;
    bool shared = is_shared(slp, pack);
    for (uint32_t i = 0; i < pack->lane_count; i++) {
        bool escapes = !shared && nf_slp_lane_escapes(slp, pack->lanes[i]);
        if (!escapes || !loads) gain += costs;
        if (escapes && !loads) gain -= EXTRACT_COST;
    }
    return gain * weight_of(slp, first->block);
}

static int64_t pack_gain(const nf_slp *slp, const nf_pack *pack)
{
    switch (pack->kind) {
    case NF_PACK_GATHER: return -gather_cost(slp, pack);
    case NF_PACK_SPLAT:
        return nf_is_constant(nf_inst_at(slp->f, pack->lanes[0])) ? 0 : -lane_weight_max(slp, pack);
    case NF_PACK_KNOWN: return 0;
    default: return made_gain(slp, pack);
    }
}

int64_t nf_slp_tree_gain(nf_slp *slp)
{
    int64_t gain = 0;
    inner_count(slp, 1);
    for (uint32_t p = 0; p < slp->pack_count; p++)
        for (uint32_t i = 0; slp->packs[p].operand_count && i < slp->packs[p].lane_count; i++)
            slp->tree_of[slp->packs[p].lanes[i].id] = slp->tree;
    for (uint32_t p = 0; p < slp->pack_count; p++) gain += pack_gain(slp, &slp->packs[p]);
    return gain;
}
