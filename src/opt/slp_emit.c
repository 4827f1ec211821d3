/*
 * Writes the vectors of a tree in the place of its scalars; see slp_internal.h.
 *
 * Parameters come first, for their arguments may need them; all else comes from the operands up.
 * A vector stands behind the last of its lanes; what is gathered or splat stands in front of its
 * user. The stores go at once, and with them every scalar that they were the last to need.
 *
 * A scalar whose vector is there, and which others use, stays until the end: then all users that
 * stand behind the vector take the lane, and dce finds the rest.
 */
#include "slp_internal.h"

/* --- small changes --- */

static void use_note(void *context, nf_value *place)
{
    nf_slp *slp = context;
    if (place->id < slp->value_count) slp->uses[place->id]++;
}

static nf_value put(nf_slp *slp, nf_value before, const nf_inst *record)
{
    nf_value v = nf_inst_put(slp->f, before, record);
    nf_uses_walk(slp->f, nf_inst_at(slp->f, v), use_note, slp);
    return v;
}

static void scalar_release(void *context, nf_value *place);

/* Removes an instruction, and what only it used. */
static void scalar_remove(nf_slp *slp, nf_value v)
{
    nf_inst record = *nf_inst_at(slp->f, v);
    nf_inst_remove(slp->f, v);
    nf_uses_walk(slp->f, &record, scalar_release, slp);
}

static void scalar_release(void *context, nf_value *place)
{
    nf_slp *slp = context;
    if (place->id >= slp->value_count || --slp->uses[place->id] > 0) return;
    const nf_inst *inst = nf_inst_at(slp->f, *place);
    if (inst->op != NF_OP_PARAM && inst->op != NF_OP_NONE && !nf_inst_has_effect(slp->f, inst))
        scalar_remove(slp, *place);
}

/* --- vectors --- */

static nf_value emit(nf_slp *slp, uint32_t index, nf_value before);

static nf_value splat_emit(nf_slp *slp, const nf_pack *pack, nf_value before)
{
    nf_value lane = pack->lanes[0];
    nf_inst constant = *nf_inst_at(slp->f, lane);
    if (nf_is_constant(&constant)) lane = put(slp, before, &constant);
    return put(slp, before, &(nf_inst){.op = NF_OP_SPLAT, .type = pack->type, .a = lane});
}

static nf_value gather_emit(nf_slp *slp, const nf_pack *pack, nf_value before)
{
    nf_value vector = splat_emit(slp, pack, before);
    for (uint32_t i = 1; i < pack->lane_count; i++) {
        nf_inst insert = {
            .op = NF_OP_INSERT, .type = pack->type, .a = vector, .b = pack->lanes[i], .imm = i};
        vector = put(slp, before, &insert);
    }
    return vector;
}

/* The lowest one's address; what all promise. */
static nf_inst access_of(const nf_slp *slp, const nf_pack *pack)
{
    nf_inst access = *nf_inst_at(slp->f, pack->lanes[pack->reversed ? pack->lane_count - 1u : 0u]);
    access.type = pack->type;
    for (uint32_t i = 0; i < pack->lane_count; i++)
        if (nf_inst_at(slp->f, pack->lanes[i])->mem.alias != access.mem.alias) access.mem.alias = 0;
    return access;
}

static nf_value load_emit(nf_slp *slp, const nf_pack *pack, nf_value before)
{
    nf_inst load = access_of(slp, pack);
    nf_value vector = put(slp, before, &load);
    if (!pack->reversed) return vector;
    return put(slp, before, &(nf_inst){.op = NF_OP_REVERSE, .type = pack->type, .a = vector});
}

static nf_value op_emit(nf_slp *slp, const nf_pack *pack, nf_value before)
{
    nf_inst record = *nf_inst_at(slp->f, pack->lanes[0]);
    nf_value operands[NF_PACK_OPERANDS_MAX] = {{0}};
    for (uint32_t k = 0; k < pack->operand_count; k++)
        operands[k] = emit(slp, pack->operands[k], before);
    record.type = pack->type;
    record.a = operands[0];
    record.b = operands[1];
    record.c = operands[2];
    return put(slp, before, &record);
}

/* The users of a scalar get the lane, later. */
static void extracts_emit(nf_slp *slp, const nf_pack *pack, nf_value before)
{
    for (uint32_t i = 0; i < pack->lane_count; i++) {
        nf_value lane = pack->lanes[i];
        if (!nf_slp_lane_escapes(slp, lane) || slp->extracts[lane.id].id) continue;
        nf_inst extract = {
            .op = NF_OP_EXTRACT, .type = nf_type_of(slp->f, lane), .a = pack->vector, .imm = i};
        slp->extracts[lane.id] = put(slp, before, &extract);
        slp->extracted = true;
    }
}

static void packed_note(nf_slp *slp, const nf_pack *pack)
{
    nf_packed packed = {.vector = pack->vector, .type = pack->type};
    uint64_t next = 0;
    __builtin_memcpy(packed.lanes, pack->lanes, sizeof packed.lanes);
    if (nf_map_get(&slp->packed_first, pack->lanes[0].id, &next)) packed.next = (uint32_t)next;
    if (NF_VEC_PUSH(slp->opt->scratch, &slp->packed, packed))
        nf_map_put(&slp->packed_first, pack->lanes[0].id, slp->packed.count - 1);
}

/* Lanes of all ones are no booleans. */
static bool is_mask(const nf_slp *slp, const nf_pack *pack)
{
    return nf_is_op(slp->f, pack->lanes[0], NF_OP_ICMP) ||
           nf_is_op(slp->f, pack->lanes[0], NF_OP_FCMP);
}

static nf_value emit(nf_slp *slp, uint32_t index, nf_value before)
{
    nf_pack *pack = &slp->packs[index];
    if (pack->vector.id || slp->f->arena->failed) return pack->vector;
    if (pack->kind == NF_PACK_SPLAT) return splat_emit(slp, pack, before);
    if (pack->kind == NF_PACK_GATHER) return gather_emit(slp, pack, before);
    nf_value behind = nf_inst_at(slp->f, pack->last)->next;
    bool loads = pack->kind == NF_PACK_LOAD;
    pack->vector = loads ? load_emit(slp, pack, behind) : op_emit(slp, pack, behind);
    packed_note(slp, pack);
    if (!loads && !is_mask(slp, pack)) extracts_emit(slp, pack, behind);
    return pack->vector;
}

/* --- the tree --- */

static void params_make(nf_slp *slp)
{
    for (uint32_t p = 0; p < slp->pack_count; p++) {
        nf_pack *pack = &slp->packs[p];
        if (pack->kind != NF_PACK_PARAM) continue;
        nf_block b = nf_inst_at(slp->f, pack->lanes[0])->block;
        pack->vector = nf_block_param(slp->f, b, pack->type);
        packed_note(slp, pack);
        extracts_emit(slp, pack, nf_block_at(slp->f, b)->first);
    }
}

static void params_feed(nf_slp *slp)
{
    nf_func *f = slp->f;
    for (uint32_t p = 0; p < slp->pack_count; p++) {
        const nf_pack *pack = &slp->packs[p];
        if (pack->kind != NF_PACK_PARAM) continue;
        uint32_t start = slp->in.start[nf_inst_at(f, pack->lanes[0])->block.id];
        for (uint32_t k = 0; k < pack->operand_count; k++) {
            const nf_in_edge *in = &slp->in.all[start + k];
            nf_value arg = emit(slp, pack->operands[k], nf_terminator(f, in->from));
            nf_edge_arg_append(f, &f->edges.data[in->edge], arg);
        }
    }
}

static void stores_emit(nf_slp *slp)
{
    const nf_pack *root = &slp->packs[0];
    nf_value behind = nf_inst_at(slp->f, root->last)->next;
    nf_inst store = access_of(slp, root);
    store.c = emit(slp, root->operands[0], behind);
    put(slp, behind, &store);
    for (uint32_t i = 0; i < root->lane_count; i++) scalar_remove(slp, root->lanes[i]);
}

void nf_slp_tree_emit(nf_slp *slp)
{
    params_make(slp);
    params_feed(slp);
    if (slp->packs[0].kind == NF_PACK_STORE) stores_emit(slp);
}

/* --- lanes for others --- */

typedef struct extract_walk {
    nf_slp *slp;
    nf_block block;
    nf_bitset passed; /* extracts that were walked over */
} extract_walk;

static void extract_use(void *context, nf_value *place)
{
    extract_walk *w = context;
    const nf_slp *slp = w->slp;
    if (place->id >= slp->value_count || slp->extracts[place->id].id == 0) return;
    nf_value extract = slp->extracts[place->id];
    bool here = nf_inst_at(slp->f, extract)->block.id == w->block.id;
    if (!here || nf_bitset_has(&w->passed, extract.id)) *place = extract;
}

void nf_slp_extracts_use(nf_slp *slp)
{
    nf_func *f = slp->f;
    extract_walk w = {.slp = slp, .passed = nf_bitset_new(slp->opt->scratch, f->insts.count)};
    if (!slp->extracted || w.passed.words == NULL) return;
    NF_FOR_BLOCKS(f, b)
    {
        w.block = b;
        NF_FOR_INSTS(f, b, v)
        {
            nf_inst *inst = nf_inst_at(f, v);
            if (inst->op == NF_OP_EXTRACT) nf_bitset_add(&w.passed, v.id);
            nf_uses_walk(f, inst, extract_use, &w);
        }
    }
}
