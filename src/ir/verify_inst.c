/*
 * The rules of one instruction.
 *
 *   every operand that the operation needs is there, is a value, and its definition dominates the use;
 *   places that it does not need are empty
 *   the type is one that ops.def allows, and operands and result have the types that the shape says
 *   integer constants and switch keys are sign-extended from their type, keys differ
 *   lanes, offsets, scales, alignments, alias classes and flags are in range
 *   an atomic access is a scalar aligned to its size
 *   a call's arguments are the signature's; extra ones of a variadic call are i32, i64 or f64, as C
 *   promotes them; only functions are called directly
 *   a tail call returns what the caller returns, passes arguments in registers only, not variadic
 *   ret has the result's type, and no value when that is void
 *
 * One function a shape, found through a table. Ids are in range when these run: values_are_sound()
 * has looked at each operand before.
 */
#include "verify_internal.h"

static const char *text_of(nf_type type)
{
    const char *text = nf_type_text(type);
    return text ? text : "no type";
}

static nf_type type_of(const nf_checker *c, nf_value v)
{
    return nf_type_of(c->f, v);
}

/* An operand must have this type; which names it in the message. */
static bool expect_type(nf_checker *c, nf_value at, const char *which, nf_value operand,
                        nf_type type)
{
    nf_type found = type_of(c, operand);
    if (found == type) return true;
    return nf_verify_fail(c, at, NF_TYPE, "%s is %s, not %s", which, text_of(found), text_of(type));
}

static bool type_fail(nf_checker *c, nf_value at, nf_type type)
{
    return nf_verify_fail(c, at, NF_TYPE, "there is no form for type %s", text_of(type));
}

static bool result_is(nf_checker *c, nf_value at, nf_type type)
{
    nf_type found = type_of(c, at);
    if (found == type) return true;
    return nf_verify_fail(c, at, NF_TYPE, "the result is %s, not %s", text_of(found),
                          text_of(type));
}

/* --- values --- */

static bool dominates(const nf_checker *c, nf_value definition, nf_value use)
{
    nf_block from = nf_inst_at(c->f, definition)->block, to = nf_inst_at(c->f, use)->block;
    if (!nf_cfg_reachable(&c->cfg, to)) return true;
    if (from.id == to.id) return c->position[definition.id] < c->position[use.id];
    return nf_cfg_dominates(&c->cfg, from, to);
}

static bool value_is_sound(nf_checker *c, nf_value at, nf_value v)
{
    if (v.id == 0 || v.id >= c->f->insts.count || c->position[v.id] == 0)
        return nf_verify_fail(c, at, NF_INVALID, "an operand is missing or removed");
    if (!nf_inst_defines(nf_inst_at(c->f, v)))
        return nf_verify_fail(c, at, NF_INVALID, "an operand is an instruction without a value");
    if (dominates(c, v, at)) return true;
    const char *name = nf_name_at(&c->f->debug.value_names, v.id);
    if (name) return nf_verify_fail(c, at, NF_INVALID, "%%%s does not dominate this use", name);
    return nf_verify_fail(c, at, NF_INVALID, "%%v%u does not dominate this use", v.id);
}

static bool run_is_sound(nf_checker *c, nf_value at, uint32_t start, uint32_t count)
{
    const nf_func *f = c->f;
    if (count > f->pool.count || start > f->pool.count - count)
        return nf_verify_fail(c, at, NF_INVALID, "the arguments are out of range");
    for (uint32_t i = 0; i < count; i++)
        if (!value_is_sound(c, at, (nf_value){f->pool.data[start + i]})) return false;
    return true;
}

/* The index of an access and the value of a return may be none. */
static bool place_is_optional(uint8_t shape, unsigned place)
{
    if (shape == NF_SHAPE_LOAD || shape == NF_SHAPE_STORE) return place == 1;
    return shape == NF_SHAPE_RET;
}

static bool values_are_sound(nf_checker *c, nf_value at)
{
    const nf_inst *inst = nf_inst_at(c->f, at);
    const nf_op_info *op = &nf_ops[inst->op];
    const nf_value places[] = {inst->a, inst->b, inst->c};
    bool counts_in_c = op->shape >= NF_SHAPE_CALL && op->shape <= NF_SHAPE_SWITCH;
    for (unsigned i = 0; i < 3; i++) {
        if (i == 2 && counts_in_c) break;
        if (i >= op->operands && places[i].id)
            return nf_verify_fail(c, at, NF_INVALID, "there are more operands than it takes");
        bool absent = i >= op->operands || (places[i].id == 0 && place_is_optional(op->shape, i));
        if (!absent && !value_is_sound(c, at, places[i])) return false;
    }
    if (op->shape >= NF_SHAPE_CALL && op->shape <= NF_SHAPE_TAIL_CALL_INDIRECT)
        return run_is_sound(c, at, inst->extra, inst->c.id);
    for (uint32_t i = 0, count = nf_edge_count(c->f, at); i < count; i++) {
        const nf_edge *edge = nf_edge_at(c->f, at, i);
        if (!run_is_sound(c, at, edge->args, edge->arg_count)) return false;
    }
    return true;
}

/* --- constants and addresses --- */

static bool check_iconst(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (inst->imm == nf_type_canonical(inst->type, inst->imm)) return true;
    return nf_verify_fail(c, v, NF_INVALID, "the number is not sign-extended from %s",
                          text_of(inst->type));
}

static bool check_fconst(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (inst->type != NF_F32 || inst->imm >> 32 == 0) return true;
    return nf_verify_fail(c, v, NF_INVALID, "an f32 has 32 bits");
}

static bool check_symbol(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (inst->extra == 0 || inst->extra >= c->module->symbols.count)
        return nf_verify_fail(c, v, NF_SYMBOL, "there is no such symbol");
    if (inst->imm != (int32_t)inst->imm)
        return nf_verify_fail(c, v, NF_LIMIT, "the offset has more than 32 bits");
    return result_is(c, v, NF_I64);
}

static bool check_local(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (inst->extra == 0 || inst->extra >= c->f->locals.count)
        return nf_verify_fail(c, v, NF_INVALID, "there is no such local");
    uint32_t size = c->f->locals.data[inst->extra].size;
    if (inst->imm < 0 || inst->imm > size)
        return nf_verify_fail(c, v, NF_INVALID, "the offset leaves the local of %u bytes", size);
    return result_is(c, v, NF_I64);
}

/* --- arithmetic --- */

static bool check_unary(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the operand", inst->a, inst->type);
}

static bool check_binary(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the first operand", inst->a, inst->type) &&
           expect_type(c, v, "the second operand", inst->b, inst->type);
}

static bool check_ternary(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return check_binary(c, v, inst) && expect_type(c, v, "the third operand", inst->c, inst->type);
}

static bool check_overflow(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the second operand", inst->b, type_of(c, inst->a)) &&
           result_is(c, v, NF_I8);
}

static bool check_compare(nf_checker *c, nf_value v, const nf_inst *inst)
{
    bool is_float = inst->op == NF_OP_FCMP;
    bool known = is_float ? inst->sub >= NF_FOEQ && inst->sub < NF_COND_COUNT : inst->sub < NF_FOEQ;
    if (!known) return nf_verify_fail(c, v, NF_INVALID, "there is no such condition");
    nf_type operand = type_of(c, inst->a);
    return expect_type(c, v, "the second operand", inst->b, operand) &&
           result_is(c, v, nf_type_of_compare(operand));
}

static bool check_select(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the condition", inst->a, nf_type_of_compare(inst->type)) &&
           expect_type(c, v, "the second operand", inst->b, inst->type) &&
           expect_type(c, v, "the third operand", inst->c, inst->type);
}

/* What a conversion goes from: integers or floats, and how their width compares with the result's. */
typedef struct conversion {
    bool from_float;
    signed char growth; /* 1: result wider, -1: narrower, 0: any */
} conversion;

static bool check_convert(nf_checker *c, nf_value v, const nf_inst *inst)
{
    static const conversion conversions[NF_OP_COUNT] = {
        [NF_OP_SEXT] = {false, 1},   [NF_OP_ZEXT] = {false, 1},   [NF_OP_TRUNC] = {false, -1},
        [NF_OP_SITOFP] = {false, 0}, [NF_OP_UITOFP] = {false, 0}, [NF_OP_FPTOSI] = {true, 0},
        [NF_OP_FPTOUI] = {true, 0},  [NF_OP_FPEXT] = {true, 1},   [NF_OP_FPTRUNC] = {true, -1},
    };
    nf_type from = type_of(c, inst->a);
    if (inst->op == NF_OP_BITCAST) {
        if (nf_type_bytes(from) == nf_type_bytes(inst->type)) return true;
        return nf_verify_fail(c, v, NF_TYPE, "%s and %s differ in size", text_of(from),
                              text_of(inst->type));
    }
    conversion how = conversions[inst->op];
    int growth = (int)nf_type_element_bytes(inst->type) - (int)nf_type_element_bytes(from);
    bool sound = NF_TYPE_LANES_LOG2(from) == NF_TYPE_LANES_LOG2(inst->type) &&
                 NF_TYPE_IS_FLOAT(from) == how.from_float &&
                 (how.growth == 0 || growth * how.growth > 0);
    if (sound) return true;
    return nf_verify_fail(c, v, NF_TYPE, "%s does not go to %s", text_of(from),
                          text_of(inst->type));
}

/* --- vectors --- */

static bool check_splat(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the operand", inst->a, NF_TYPE_ELEMENT(inst->type));
}

static bool lane_is_sound(nf_checker *c, nf_value v, const nf_inst *inst)
{
    nf_type vector = type_of(c, inst->a);
    if (inst->imm >= 0 && inst->imm < NF_TYPE_LANES(vector)) return true;
    return nf_verify_fail(c, v, NF_INVALID, "%s has no lane %lld", text_of(vector),
                          (long long)inst->imm);
}

static bool check_extract(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return result_is(c, v, NF_TYPE_ELEMENT(type_of(c, inst->a))) && lane_is_sound(c, v, inst);
}

static bool check_insert(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the vector", inst->a, inst->type) &&
           expect_type(c, v, "the scalar", inst->b, NF_TYPE_ELEMENT(inst->type)) &&
           lane_is_sound(c, v, inst);
}

static bool check_reduce(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return result_is(c, v, NF_TYPE_ELEMENT(type_of(c, inst->a)));
}

/* --- memory --- */

static bool flags_are_sound(nf_checker *c, nf_value v, const nf_inst *inst, bool masked)
{
    const nf_memflags *mem = &inst->mem;
    unsigned bytes = nf_type_bytes(inst->type);
    if (mem->align_log2 > NF_ALIGN_LOG2_MAX)
        return nf_verify_fail(c, v, NF_LIMIT, "the alignment is more than %d",
                              1 << NF_ALIGN_LOG2_MAX);
    if (mem->alias > c->f->alias_classes)
        return nf_verify_fail(c, v, NF_INVALID, "alias class %u is above the function's highest",
                              mem->alias);
    if (mem->flags & ~(NF_MEM_VOLATILE | NF_MEM_ATOMIC))
        return nf_verify_fail(c, v, NF_INVALID, "there is an unknown flag");
    if ((mem->flags & NF_MEM_ATOMIC) == 0) return true;
    if (masked || NF_TYPE_IS_VECTOR(inst->type))
        return nf_verify_fail(c, v, NF_TYPE, "an atomic access is one scalar");
    if (1u << mem->align_log2 < bytes)
        return nf_verify_fail(c, v, NF_INVALID, "an atomic access is aligned to its size, %u",
                              bytes);
    return true;
}

static bool check_access(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (inst->sub > NF_SCALE_LOG2_MAX)
        return nf_verify_fail(c, v, NF_INVALID, "a scale is 1, 2, 4 or 8");
    if (inst->imm != (int32_t)inst->imm)
        return nf_verify_fail(c, v, NF_LIMIT, "the offset has more than 32 bits");
    if (!expect_type(c, v, "the base", inst->a, NF_I64) ||
        (inst->b.id && !expect_type(c, v, "the index", inst->b, NF_I64)))
        return false;
    if (inst->c.id && !expect_type(c, v, "the stored value", inst->c, inst->type)) return false;
    return flags_are_sound(c, v, inst, false);
}

static bool check_masked(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (inst->imm != (int32_t)inst->imm)
        return nf_verify_fail(c, v, NF_LIMIT, "the offset has more than 32 bits");
    if (!expect_type(c, v, "the base", inst->a, NF_I64) ||
        !expect_type(c, v, "the mask", inst->b, nf_type_of_compare(inst->type)))
        return false;
    if (inst->c.id && !expect_type(c, v, "the stored value", inst->c, inst->type)) return false;
    return flags_are_sound(c, v, inst, true);
}

/* --- calls --- */

static bool callee_is_sound(nf_checker *c, nf_value v, const nf_inst *inst)
{
    uint64_t id = (uint64_t)inst->imm;
    uint8_t shape = nf_ops[inst->op].shape;
    if (shape == NF_SHAPE_CALL_INDIRECT || shape == NF_SHAPE_TAIL_CALL_INDIRECT) {
        if (id == 0 || id >= c->module->signatures.count)
            return nf_verify_fail(c, v, NF_INVALID, "there is no such signature");
        if (!nf_signature_is_sound(&c->module->signatures.data[id]))
            return nf_verify_fail(c, v, NF_TYPE, NF_SIGNATURE_RULE, NF_SIGNATURE_PARAMS_MAX);
        return expect_type(c, v, "the callee", inst->a, NF_I64);
    }
    if (id == 0 || id >= c->module->symbols.count)
        return nf_verify_fail(c, v, NF_SYMBOL, "there is no such symbol");
    const nf_symbol_data *symbol = nf_symbol_at(c->module, (nf_symbol){(uint32_t)id});
    if (symbol->kind != NF_SYMBOL_FUNC && symbol->kind != NF_SYMBOL_EXTERN)
        return nf_verify_fail(c, v, NF_TYPE, "@%s is data and cannot be called", symbol->name);
    if (symbol->signature.id == 0 || symbol->signature.id >= c->module->signatures.count)
        return nf_verify_fail(c, v, NF_INVALID, "the callee has no signature");
    return true;
}

static bool extra_is_sound(nf_checker *c, nf_value v, nf_type type)
{
    if (type == NF_I32 || type == NF_I64 || type == NF_F64) return true;
    return nf_verify_fail(c, v, NF_TYPE, "an extra argument is i32, i64 or f64, not %s",
                          text_of(type));
}

static bool args_are_sound(nf_checker *c, nf_value v, const nf_inst *inst,
                           const nf_signature_data *signature)
{
    uint32_t count = nf_call_arg_count(inst), expected = signature->param_count;
    const nf_value *args = nf_call_args(c->f, inst);
    if (count > NF_CALL_ARGS_MAX)
        return nf_verify_fail(c, v, NF_LIMIT, "more than %d arguments", NF_CALL_ARGS_MAX);
    if (count < expected || (count > expected && !signature->variadic))
        return nf_verify_fail(c, v, NF_TYPE, "the callee takes %u arguments, %u are given",
                              expected, count);
    for (uint32_t i = 0; i < count; i++) {
        nf_type type = type_of(c, args[i]);
        if (i >= expected) {
            if (!extra_is_sound(c, v, type)) return false;
        } else if (type != signature->params[i]) {
            return nf_verify_fail(c, v, NF_TYPE, "argument %u is %s, not %s", i + 1, text_of(type),
                                  text_of(signature->params[i]));
        }
    }
    return true;
}

static bool check_call(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (!callee_is_sound(c, v, inst)) return false;
    const nf_signature_data *signature = nf_signature_at(c->module, nf_call_signature(c->f, inst));
    return args_are_sound(c, v, inst, signature) && result_is(c, v, signature->result);
}

static bool check_tail_call(nf_checker *c, nf_value v, const nf_inst *inst)
{
    if (!callee_is_sound(c, v, inst)) return false;
    const nf_signature_data *callee = nf_signature_at(c->module, nf_call_signature(c->f, inst));
    const nf_signature_data *caller = nf_signature_at(c->module, c->f->signature);
    uint32_t ints = 0, floats = 0;
    if (callee->variadic)
        return nf_verify_fail(c, v, NF_TYPE, "a tail call's callee cannot be variadic");
    if (callee->result != caller->result)
        return nf_verify_fail(c, v, NF_TYPE, "the callee returns %s, the caller %s",
                              text_of(callee->result), text_of(caller->result));
    for (uint32_t i = 0; i < callee->param_count; i++)
        ++*(NF_TYPE_IS_FLOAT(callee->params[i]) ? &floats : &ints);
    if (ints > NF_TAIL_INT_ARGS_MAX || floats > NF_TAIL_FLOAT_ARGS_MAX)
        return nf_verify_fail(c, v, NF_LIMIT,
                              "a tail call passes at most %d integers and %d floats",
                              NF_TAIL_INT_ARGS_MAX, NF_TAIL_FLOAT_ARGS_MAX);
    return args_are_sound(c, v, inst, callee);
}

/* --- ends of blocks --- */

static bool edge_types_match(nf_checker *c, nf_value v, const nf_edge *edge)
{
    const nf_value *args = nf_edge_args(c->f, edge);
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        nf_type wanted = type_of(c, nf_param_at(c->f, edge->to, i)), found = type_of(c, args[i]);
        if (wanted != found)
            return nf_verify_fail(c, v, NF_TYPE, "argument %u of the target is %s, not %s", i + 1,
                                  text_of(found), text_of(wanted));
    }
    return true;
}

static bool edges_match(nf_checker *c, nf_value v, uint32_t expected)
{
    uint32_t count = nf_edge_count(c->f, v);
    if (expected ? count != expected : count == 0)
        return nf_verify_fail(c, v, NF_INVALID, "the number of targets is wrong");
    for (uint32_t i = 0; i < count; i++)
        if (!edge_types_match(c, v, nf_edge_at(c->f, v, i))) return false;
    return true;
}

static bool check_br(nf_checker *c, nf_value v, const nf_inst *inst)
{
    (void)inst;
    return edges_match(c, v, 1);
}

static bool check_brif(nf_checker *c, nf_value v, const nf_inst *inst)
{
    return expect_type(c, v, "the condition", inst->a, NF_I8) && edges_match(c, v, 2);
}

static bool check_switch(nf_checker *c, nf_value v, const nf_inst *inst)
{
    nf_type type = type_of(c, inst->a);
    nf_map keys;
    nf_map_init(&keys, c->arena);
    if (!edges_match(c, v, 0)) return false;
    for (uint32_t i = 1, count = nf_edge_count(c->f, v); i < count; i++) {
        int64_t key = nf_edge_at(c->f, v, i)->key;
        if (key != nf_type_canonical(type, key))
            return nf_verify_fail(c, v, NF_INVALID, "case %lld is not sign-extended from %s",
                                  (long long)key, text_of(type));
        if (nf_map_get(&keys, (uint64_t)key, NULL))
            return nf_verify_fail(c, v, NF_INVALID, "case %lld stands twice", (long long)key);
        if (!nf_map_put(&keys, (uint64_t)key, i))
            return nf_verify_fail(c, v, NF_MEMORY, "out of memory");
    }
    return true;
}

static bool check_ret(nf_checker *c, nf_value v, const nf_inst *inst)
{
    nf_type result = nf_signature_at(c->module, c->f->signature)->result;
    if (inst->a.id == 0 && result == NF_VOID) return true;
    if (inst->a.id == 0)
        return nf_verify_fail(c, v, NF_TYPE, "the function returns %s", text_of(result));
    if (result == NF_VOID) return nf_verify_fail(c, v, NF_TYPE, "the function returns nothing");
    return expect_type(c, v, "the returned value", inst->a, result);
}

static bool check_nothing(nf_checker *c, nf_value v, const nf_inst *inst)
{
    (void)c, (void)v, (void)inst;
    return true;
}

/* --- all --- */

static bool (*const checks[])(nf_checker *c, nf_value v, const nf_inst *inst) = {
    [NF_SHAPE_NONE] = check_nothing,
    [NF_SHAPE_PARAM] = check_nothing,
    [NF_SHAPE_ICONST] = check_iconst,
    [NF_SHAPE_FCONST] = check_fconst,
    [NF_SHAPE_SYMBOL] = check_symbol,
    [NF_SHAPE_LOCAL] = check_local,
    [NF_SHAPE_UNARY] = check_unary,
    [NF_SHAPE_BINARY] = check_binary,
    [NF_SHAPE_TERNARY] = check_ternary,
    [NF_SHAPE_OVERFLOW] = check_overflow,
    [NF_SHAPE_ICMP] = check_compare,
    [NF_SHAPE_FCMP] = check_compare,
    [NF_SHAPE_SELECT] = check_select,
    [NF_SHAPE_CONVERT] = check_convert,
    [NF_SHAPE_SPLAT] = check_splat,
    [NF_SHAPE_IOTA] = check_nothing,
    [NF_SHAPE_EXTRACT] = check_extract,
    [NF_SHAPE_INSERT] = check_insert,
    [NF_SHAPE_REDUCE] = check_reduce,
    [NF_SHAPE_LOAD] = check_access,
    [NF_SHAPE_STORE] = check_access,
    [NF_SHAPE_MLOAD] = check_masked,
    [NF_SHAPE_MSTORE] = check_masked,
    [NF_SHAPE_CALL] = check_call,
    [NF_SHAPE_CALL_INDIRECT] = check_call,
    [NF_SHAPE_TAIL_CALL] = check_tail_call,
    [NF_SHAPE_TAIL_CALL_INDIRECT] = check_tail_call,
    [NF_SHAPE_BR] = check_br,
    [NF_SHAPE_BRIF] = check_brif,
    [NF_SHAPE_SWITCH] = check_switch,
    [NF_SHAPE_RET] = check_ret,
};

bool nf_verify_inst(nf_checker *c, nf_value v)
{
    const nf_inst *inst = nf_inst_at(c->f, v);
    const nf_op_info *op = &nf_ops[inst->op];
    if (!values_are_sound(c, v)) return false;
    nf_type written = nf_inst_written_type(c->f, inst);
    if (op->types != NF_TYPES_X && !nf_type_in_class(written, op->types))
        return type_fail(c, v, written);
    bool is_void = (op->effects & NF_EFFECT_END) != 0;
    if (is_void && inst->type != NF_VOID)
        return nf_verify_fail(c, v, NF_TYPE, "the end of a block gives no value");
    return checks[op->shape](c, v, inst);
}
