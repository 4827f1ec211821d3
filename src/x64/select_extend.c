/*
 * Lowering of extensions of scalar integers.
 *
 * Whatever writes 32 bits of a register clears those above, and loads of less extend. A zext of such
 * a value is a copy, which mostly costs nothing:
 *
 *     %b = load.i8 [..]        movzx eax, byte ptr [..]
 *     %w = zext.i64 %b         rax
 *
 * A block's parameter has clear upper bits when all that comes in has them. Parameters feed each
 * other, so that is asked of all at once, when it matters the first time: each is taken for clear
 * until something else is seen to come in, again and again until nothing changes.
 *
 * Why a copy and not the same register: both may live on, and the one of 32 bits may be spilled and
 * read again by its own width.
 */
#include "select_internal.h"

/* --- what is known of a register's upper bits --- */

/* Whether the instruction behind v writes 32 bits, or extends what it loads. */
static bool writes_upper_zeros(const nf_inst *inst)
{
    switch (inst->op) {
    case NF_OP_LOAD:
    case NF_OP_ZEXT: return true;
    case NF_OP_ICONST: return inst->imm >= 0;
    case NF_OP_ADD:
    case NF_OP_SUB:
    case NF_OP_MUL:
    case NF_OP_AND:
    case NF_OP_OR:
    case NF_OP_XOR:
    case NF_OP_SHL:
    case NF_OP_LSHR:
    case NF_OP_ASHR:
    case NF_OP_ROTL:
    case NF_OP_ROTR:
    case NF_OP_SELECT: return inst->type == NF_I32;
    default: return false;
    }
}

static bool is_word_param(const nf_inst *inst)
{
    return inst->op == NF_OP_PARAM && inst->type == NF_I32;
}

/* Notes the block's parameters that get something with unknown upper bits from this edge. */
static bool edge_spread(const nf_select *s, const nf_edge *edge, bool *unknown)
{
    bool changed = false;
    const nf_value *args = nf_edge_args(s->func, edge);
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_value param = nf_param_at(s->func, edge->to, i);
        const nf_inst *arg = nf_select_inst(s, args[i]);
        if (unknown[param.id] || !is_word_param(nf_select_inst(s, param))) continue;
        unknown[param.id] = is_word_param(arg) ? unknown[args[i].id] : !writes_upper_zeros(arg);
        changed |= unknown[param.id];
    }
    return changed;
}

static bool edges_spread(const nf_select *s, bool *unknown)
{
    bool changed = false;
    NF_FOR_BLOCKS(s->func, b)
    {
        nf_value end = nf_block_at(s->func, b)->last;
        for (uint32_t e = 0; e < nf_edge_count(s->func, end); e++)
            changed |= edge_spread(s, nf_edge_at(s->func, end, e), unknown);
    }
    return changed;
}

/* What a caller passes, or code that enters a loop from elsewhere, is unknown. */
static bool param_is_clear(nf_select *s, nf_value param)
{
    if (s->unknown_upper == NULL) {
        s->unknown_upper = NF_NEW_ARRAY(s->arena, bool, s->func->insts.count);
        if (s->unknown_upper == NULL) return false;
        const nf_block_data *entry = nf_block_at(s->func, s->func->entry);
        for (uint32_t i = 0; i < entry->param_count; i++)
            s->unknown_upper[nf_param_at(s->func, s->func->entry, i).id] = true;
        while (edges_spread(s, s->unknown_upper)) continue;
    }
    return !s->unknown_upper[param.id];
}

static bool is_zero_extended(nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    return is_word_param(inst) ? param_is_clear(s, v) : writes_upper_zeros(inst);
}

/* --- extensions --- */

static void lower_extension(nf_select *s, nf_value v, const nf_inst *inst, bool sign)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned from = nf_type_bytes(nf_select_inst(s, inst->a)->type);
    unsigned to = nf_type_bytes(inst->type);
    nf_select_extend(s, d, nf_select_rm(s, inst->a, from), sign, to, from);
}

void nf_lower_sext(nf_select *s, nf_value v, const nf_inst *inst)
{
    lower_extension(s, v, inst, true);
}

/* With nothing above to clear it is a copy, but a load that can be folded is better extended. */
void nf_lower_zext(nf_select *s, nf_value v, const nf_inst *inst)
{
    bool folds = nf_select_inst(s, inst->a)->op == NF_OP_LOAD && s->uses[inst->a.id] == 1;
    if (!folds && is_zero_extended(s, inst->a))
        nf_select_copy(s, nf_select_result(s, v), nf_select_value(s, inst->a));
    else
        lower_extension(s, v, inst, false);
}
