/*
 * The reducer's edits of values: see reduce_edit.h.
 *
 * Each step makes the module simpler by some measure of its own, so that no two edits can undo each
 * other for ever: fewer instructions, uses further up, smaller numbers, narrower vectors.
 *
 *     %3 = mul.i32 %1, %2        ─►   %3 = iconst.i32 0     ─►   (gone, where nobody uses it)
 *     %4 = add.i32 %3, %1             %4 = add.i32 %3, %1         %4 = add.i32 %1, %1
 */
#include "reduce_internal.h"

#define ONE_F32 INT64_C(0x3f800000)
#define ONE_F64 INT64_C(0x3ff0000000000000)

static uint32_t *uses_of(const nf_func *f)
{
    return nf_use_counts(f, &f->module->arena);
}

static bool replace_uses(nf_func *f, nf_value old, nf_value by)
{
    nf_value *map = NF_NEW_ARRAY(&f->module->arena, nf_value, f->insts.count);
    if (map == NULL) return false;
    map[old.id] = by;
    nf_values_replace(f, map);
    return true;
}

/* --- instructions --- */

static bool is_zero(const nf_func *f, const nf_inst *inst)
{
    if (inst->op == NF_OP_SPLAT) inst = nf_inst_at(f, inst->a);
    return nf_is_constant(inst) && inst->imm == 0;
}

/* In its place, so that it stands before its uses. */
static void become_zero(nf_func *f, nf_value v)
{
    nf_type type = nf_type_of(f, v), element = NF_TYPE_ELEMENT(type);
    nf_op constant = NF_TYPE_IS_FLOAT(element) ? NF_OP_FCONST : NF_OP_ICONST;
    nf_value lane = {0};
    if (NF_TYPE_IS_VECTOR(type)) lane = nf_zero_put(f, v, element);
    nf_inst *inst = nf_inst_at(f, v);
    inst->op = lane.id ? NF_OP_SPLAT : constant;
    inst->a = lane;
    inst->b = inst->c = (nf_value){0};
    inst->sub = 0;
    inst->extra = 0;
    inst->imm = 0;
}

static bool remove_one(nf_func *f, nf_value v, uint32_t uses)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (uses == 0) {
        nf_inst_remove(f, v);
        return true;
    }
    if (nf_is_constant(inst) || is_zero(f, inst)) return false;
    become_zero(f, v);
    return true;
}

edit_result edit_remove(edit_at *at)
{
    edit_result result = EDIT_END;
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        const uint32_t *uses = uses_of(f);
        if (uses == NULL) return EDIT_END;
        NF_FOR_BLOCKS(f, b)
        {
            NF_FOR_INSTS_SAFE(f, b, v, following)
            {
                if (v.id == nf_terminator(f, b).id) continue;
                if (at->candidate > 0) {
                    at->candidate--;
                    continue;
                }
                if (at->chunk-- == 0) return result;
                if (result == EDIT_END) result = EDIT_NONE;
                if (remove_one(f, v, uses[v.id])) result = EDIT_DONE;
            }
        }
    }
    return result;
}

/* --- block parameters --- */

static void args_remove(nf_func *f, nf_block to, uint32_t index)
{
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_edge_count(f, end); e++) {
            nf_edge *edge = nf_edge_at(f, end, e);
            if (edge->to.id == to.id) nf_edge_arg_remove(f, edge, index);
        }
    }
}

/* The argument of the n-th edge that has another one than the parameter itself. */
static nf_value arg_number(const nf_func *f, nf_block to, uint32_t index, uint32_t n)
{
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_edge_count(f, end); e++) {
            const nf_edge *edge = nf_edge_at(f, end, e);
            if (edge->to.id != to.id) continue;
            nf_value arg = nf_edge_args(f, edge)[index];
            if (arg.id != nf_param_at(f, to, index).id && n-- == 0) return arg;
        }
    }
    return (nf_value){0};
}

static edit_result param_remove(nf_func *f, nf_block b, uint32_t index, uint32_t choice)
{
    nf_value param = nf_param_at(f, b, index), by;
    if (choice == 0)
        by = nf_zero_put(f, nf_block_at(f, b)->first, nf_type_of(f, param));
    else
        by = arg_number(f, b, index, choice - 1);
    if (by.id == 0 || !replace_uses(f, param, by)) return EDIT_NONE;
    args_remove(f, b, index);
    nf_block_param_remove(f, b, index);
    return EDIT_DONE;
}

edit_result edit_params(edit_at *at)
{
    enum { CHOICES = 3 }; /* zero, the first argument, the second */
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        NF_FOR_BLOCKS(f, b)
        {
            if (b.id == f->entry.id) continue;
            for (uint32_t i = 0; i < nf_block_at(f, b)->param_count * CHOICES; i++)
                if (edit_here(at)) return param_remove(f, b, i / CHOICES, i % CHOICES);
        }
    }
    return EDIT_END;
}

/* --- a function's parameters --- */

static void call_arg_remove(nf_func *f, nf_inst *call, uint32_t index)
{
    nf_value *args = nf_call_args(f, call);
    for (uint32_t i = index; i + 1 < call->c.id; i++) args[i] = args[i + 1];
    call->c.id--;
}

static void calls_fit(nf_module *module, nf_symbol callee, uint32_t index)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(module, &id)) != NULL;) {
        NF_FOR_BLOCKS(f, b)
        {
            NF_FOR_INSTS(f, b, v)
            {
                nf_inst *inst = nf_inst_at(f, v);
                bool call = inst->op == NF_OP_CALL || inst->op == NF_OP_TAIL_CALL;
                if (call && (uint32_t)inst->imm == callee.id) call_arg_remove(f, inst, index);
            }
        }
    }
}

static edit_result parameter_remove(nf_func *f, uint32_t index)
{
    nf_module *module = f->module;
    nf_signature_data old = *nf_signature_at(module, f->signature);
    nf_type params[NF_SIGNATURE_PARAMS_MAX];
    uint32_t kept = 0;
    nf_value param = nf_param_at(f, f->entry, index);
    nf_value zero = nf_zero_put(f, nf_block_at(f, f->entry)->first, nf_type_of(f, param));
    for (uint32_t i = 0; i < old.param_count; i++)
        if (i != index) params[kept++] = old.params[i];
    if (!replace_uses(f, param, zero)) return EDIT_NONE;
    args_remove(f, f->entry, index);
    nf_block_param_remove(f, f->entry, index);
    f->signature = nf_module_signature(module, old.result, params, kept, old.variadic);
    nf_symbol_at(module, f->symbol)->signature = f->signature;
    f->noalias = 0;
    calls_fit(module, f->symbol, index);
    return EDIT_DONE;
}

edit_result edit_signature(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        uint32_t count = nf_block_at(f, f->entry)->param_count;
        for (uint32_t i = 0; i < count; i++)
            if (edit_here(at)) return parameter_remove(f, i);
    }
    return EDIT_END;
}

/* --- uses --- */

enum { OPERANDS = 3, PARAMETERS = 6 };

/* What may stand for a value: its own operands, then the function's parameters. */
static nf_value stand_in(const nf_func *f, nf_value v, uint32_t choice)
{
    const nf_inst *inst = nf_inst_at(f, v);
    const nf_value operands[] = {inst->a, inst->b, inst->c};
    if (choice < OPERANDS)
        return choice < nf_ops[inst->op].operands ? operands[choice] : (nf_value){0};
    choice -= OPERANDS;
    bool any = choice < nf_block_at(f, f->entry)->param_count;
    return any ? nf_param_at(f, f->entry, choice) : (nf_value){0};
}

edit_result edit_replace(edit_at *at)
{
    enum { CHOICES = OPERANDS + PARAMETERS };
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        const uint32_t *uses = uses_of(f);
        if (uses == NULL) return EDIT_END;
        NF_FOR_BLOCKS(f, b)
        {
            NF_FOR_INSTS(f, b, v)
            {
                if (uses[v.id] == 0 || nf_is_constant(nf_inst_at(f, v))) continue;
                for (uint32_t i = 0; i < CHOICES; i++) {
                    if (!edit_here(at)) continue;
                    nf_value by = stand_in(f, v, i);
                    bool fits = by.id && nf_type_of(f, by) == nf_type_of(f, v);
                    return fits && replace_uses(f, v, by) ? EDIT_DONE : EDIT_NONE;
                }
            }
        }
    }
    return EDIT_END;
}

/* --- details of instructions --- */

static edit_result access_simplify(nf_inst *inst, uint32_t choice)
{
    bool masked = inst->op == NF_OP_MLOAD || inst->op == NF_OP_MSTORE;
    switch (choice) {
    case 0:
        if (masked || inst->b.id == 0) return EDIT_NONE;
        inst->b = (nf_value){0};
        inst->sub = 0;
        return EDIT_DONE;
    case 1:
        if (inst->imm == 0) return EDIT_NONE;
        inst->imm = 0;
        return EDIT_DONE;
    default: {
        const nf_memflags plain = {0};
        if (inst->mem.align_log2 == 0 && inst->mem.alias == 0 && inst->mem.flags == 0)
            return EDIT_NONE;
        inst->mem = plain;
        return EDIT_DONE;
    }
    }
}

static edit_result constant_simplify(nf_inst *inst, uint32_t choice)
{
    int64_t one = inst->op == NF_OP_ICONST ? 1 : inst->type == NF_F32 ? ONE_F32 : ONE_F64;
    if (inst->imm == 0 || (inst->imm == one && choice > 0)) return EDIT_NONE;
    if (choice == 2 && inst->op == NF_OP_FCONST) return EDIT_NONE;
    inst->imm = choice == 0 ? 0 : choice == 1 ? one : inst->imm / 2;
    return EDIT_DONE;
}

/* Each instruction of a kind, in each of its simpler forms. */
static edit_result each_inst(edit_at *at, uint32_t choices, bool (*concerns)(const nf_inst *),
                             edit_result (*simplify)(nf_inst *, uint32_t choice))
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        NF_FOR_BLOCKS(f, b)
        {
            NF_FOR_INSTS(f, b, v)
            {
                nf_inst *inst = nf_inst_at(f, v);
                for (uint32_t i = 0; concerns(inst) && i < choices; i++)
                    if (edit_here(at)) return simplify(inst, i);
            }
        }
    }
    return EDIT_END;
}

static bool is_access(const nf_inst *inst)
{
    return (nf_ops[inst->op].effects & (NF_EFFECT_READ | NF_EFFECT_WRITE)) != 0;
}

edit_result edit_accesses(edit_at *at)
{
    return each_inst(at, 3, is_access, access_simplify);
}

edit_result edit_constants(edit_at *at)
{
    return each_inst(at, 3, nf_is_constant, constant_simplify);
}

/* --- types --- */

static nf_type halved(nf_type type)
{
    unsigned lanes_log2 = (unsigned)__builtin_ctz(NF_TYPE_LANES(type));
    nf_type half = nf_type_with_lanes(NF_TYPE_ELEMENT(type), lanes_log2 - 1);
    return nf_type_valid(half) ? half : type;
}

edit_result edit_lanes(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;) {
        bool any = false;
        if (!edit_here(at)) continue;
        for (uint32_t v = 1; v < f->insts.count; v++) {
            nf_inst *inst = nf_inst_at(f, (nf_value){v});
            if (inst->op == NF_OP_NONE || !NF_TYPE_IS_VECTOR(inst->type)) continue;
            nf_type half = halved(inst->type);
            any |= half != inst->type;
            inst->type = half;
        }
        return any ? EDIT_DONE : EDIT_NONE;
    }
    return EDIT_END;
}

/* --- stack locals --- */

static edit_result local_drop(nf_func *f, uint32_t local)
{
    for (uint32_t v = 1; v < f->insts.count; v++) {
        nf_inst *inst = nf_inst_at(f, (nf_value){v});
        if (inst->op != NF_OP_LOCAL || inst->block.id == 0) continue;
        if (inst->extra == local) return EDIT_NONE;
        if (inst->extra > local) inst->extra--; /* thrown away when it is used after all */
    }
    for (uint32_t i = local; i + 1 < f->locals.count; i++)
        f->locals.data[i] = f->locals.data[i + 1];
    f->locals.count--;
    return EDIT_DONE;
}

edit_result edit_locals(edit_at *at)
{
    nf_func *f;
    for (uint32_t id = 0; (f = edit_func_next(at->module, &id)) != NULL;)
        for (uint32_t i = 1; i < f->locals.count; i++)
            if (edit_here(at)) return local_drop(f, i);
    return EDIT_END;
}
