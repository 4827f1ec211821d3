/*
 * Folding: constants by the evaluator, everything else by rules.
 *
 *   requires  nothing
 *   preserves the control flow (a branch's condition may change, and its edges swap)
 *   breaks    LOOP_CLOSED
 *
 * One walk in reverse post-order, so that operands are final before their users are looked at. An
 * instruction whose operands are all constants is computed by nf_eval_op(), the evaluator's own code,
 * so folding cannot differ from running. A constant moves to the right of what commutes. Then the
 * rule of the operation is asked (fold_rules below; the idea of rules dispatched by operation,
 * and of folding what a rule makes before it becomes an instruction, is LuaJIT's).
 *
 * Floating-point rules hold for NaNs bit by bit. x * 1 is x only when x cannot be a signalling NaN,
 * because arithmetic makes those quiet; see fold_other.c.
 *
 * What nobody uses any more is left for dce.
 */
#include "fold_internal.h"

enum { DEPTH_MAX = 8, TRIES_MAX = 8 };

nf_fold_rule *const nf_fold_rules[NF_OP_COUNT] = {
    [NF_OP_ADD] = nf_fold_add,
    [NF_OP_SUB] = nf_fold_sub,
    [NF_OP_MUL] = nf_fold_mul,
    [NF_OP_SMULH] = nf_fold_mulh,
    [NF_OP_UMULH] = nf_fold_mulh,
    [NF_OP_SDIV] = nf_fold_divide,
    [NF_OP_UDIV] = nf_fold_divide,
    [NF_OP_SREM] = nf_fold_divide,
    [NF_OP_UREM] = nf_fold_divide,
    [NF_OP_AND] = nf_fold_and,
    [NF_OP_OR] = nf_fold_or,
    [NF_OP_XOR] = nf_fold_xor,
    [NF_OP_SHL] = nf_fold_shl,
    [NF_OP_LSHR] = nf_fold_lshr,
    [NF_OP_ASHR] = nf_fold_ashr,
    [NF_OP_ROTL] = nf_fold_rotate,
    [NF_OP_ROTR] = nf_fold_rotate,
    [NF_OP_SMIN] = nf_fold_min_max,
    [NF_OP_SMAX] = nf_fold_min_max,
    [NF_OP_UMIN] = nf_fold_min_max,
    [NF_OP_UMAX] = nf_fold_min_max,
    [NF_OP_BSWAP] = nf_fold_bswap,
    [NF_OP_ABS] = nf_fold_abs,
    [NF_OP_SADD_OVERFLOW] = nf_fold_overflow,
    [NF_OP_UADD_OVERFLOW] = nf_fold_overflow,
    [NF_OP_SSUB_OVERFLOW] = nf_fold_overflow,
    [NF_OP_USUB_OVERFLOW] = nf_fold_overflow,
    [NF_OP_SMUL_OVERFLOW] = nf_fold_overflow,
    [NF_OP_UMUL_OVERFLOW] = nf_fold_overflow,
    [NF_OP_ICMP] = nf_fold_icmp,
    [NF_OP_FCMP] = nf_fold_fcmp,
    [NF_OP_SELECT] = nf_fold_select,
    [NF_OP_SEXT] = nf_fold_extend,
    [NF_OP_ZEXT] = nf_fold_extend,
    [NF_OP_TRUNC] = nf_fold_trunc,
    [NF_OP_UITOFP] = nf_fold_to_float,
    [NF_OP_FPTRUNC] = nf_fold_fptrunc,
    [NF_OP_BITCAST] = nf_fold_bitcast,
    [NF_OP_FADD] = nf_fold_fadd,
    [NF_OP_FSUB] = nf_fold_fsub,
    [NF_OP_FMUL] = nf_fold_fmul,
    [NF_OP_FDIV] = nf_fold_fdiv,
    [NF_OP_FMULADD] = nf_fold_fmuladd,
    [NF_OP_FNEG] = nf_fold_fsign,
    [NF_OP_FABS] = nf_fold_fsign,
    [NF_OP_FCOPYSIGN] = nf_fold_fsign,
    [NF_OP_FMIN] = nf_fold_fmin_max,
    [NF_OP_FMAX] = nf_fold_fmin_max,
    [NF_OP_FFLOOR] = nf_fold_fround,
    [NF_OP_FCEIL] = nf_fold_fround,
    [NF_OP_FTRUNC] = nf_fold_fround,
    [NF_OP_FNEAREST] = nf_fold_fround,
    [NF_OP_EXTRACT] = nf_fold_extract,
    [NF_OP_REVERSE] = nf_fold_reverse,
    [NF_OP_LOAD] = nf_fold_load,
};

/* --- constants --- */

static const nf_inst *scalar_of(const nf_fold *k, nf_value v)
{
    const nf_inst *inst = nf_fold_at(k, v);
    return inst->op == NF_OP_SPLAT ? nf_fold_at(k, inst->a) : inst;
}

bool nf_fold_constant(const nf_fold *k, nf_value v, int64_t *constant)
{
    const nf_inst *inst = scalar_of(k, v);
    if (inst->op != NF_OP_ICONST) return false;
    *constant = inst->imm;
    return true;
}

bool nf_fold_fconstant(const nf_fold *k, nf_value v, uint64_t *bits)
{
    const nf_inst *inst = scalar_of(k, v);
    if (inst->op != NF_OP_FCONST) return false;
    *bits = (uint64_t)inst->imm;
    return true;
}

/* The bits of a constant operand; none has zeros. */
static bool operand_bits(const nf_fold *k, nf_value v, nf_bits *bits)
{
    *bits = (nf_bits){{0}};
    if (v.id == 0) return true;
    const nf_inst *inst = nf_fold_at(k, v), *scalar = scalar_of(k, v);
    unsigned bytes = nf_type_element_bytes(inst->type);
    if (inst->op == NF_OP_IOTA) return nf_eval_op(inst, inst->type, bits, bits, bits, bits);
    if (!nf_is_constant(scalar)) return false;
    for (unsigned lane = 0; lane < NF_TYPE_LANES(inst->type); lane++)
        __builtin_memcpy(bits->u8 + lane * bytes, &scalar->imm, bytes);
    return true;
}

/* A scalar constant in front of the instruction at hand. */
static nf_value scalar_put(nf_fold *k, nf_type type, uint64_t bits)
{
    bool is_float = NF_TYPE_IS_FLOAT(type);
    return nf_inst_put(
        k->f, k->at,
        &(nf_inst){.op = is_float ? NF_OP_FCONST : NF_OP_ICONST,
                   .type = type,
                   .imm = is_float ? (int64_t)bits : nf_type_canonical(type, (int64_t)bits)});
}

/* A constant of any type; vectors only with all lanes equal. */
static nf_value constant_put(nf_fold *k, nf_type type, const nf_bits *bits)
{
    unsigned bytes = nf_type_element_bytes(type);
    uint64_t element = 0;
    for (unsigned lane = 1; lane < NF_TYPE_LANES(type); lane++)
        if (__builtin_memcmp(bits->u8, bits->u8 + lane * bytes, bytes) != 0) return NF_NO_VALUE;
    __builtin_memcpy(&element, bits->u8, bytes);
    nf_value scalar = scalar_put(k, NF_TYPE_ELEMENT(type), element);
    if (!NF_TYPE_IS_VECTOR(type)) return scalar;
    return nf_inst_put(k->f, k->at, &(nf_inst){.op = NF_OP_SPLAT, .type = type, .a = scalar});
}

nf_value nf_fold_int(nf_fold *k, nf_type type, int64_t constant)
{
    nf_value scalar = scalar_put(k, NF_TYPE_ELEMENT(type), (uint64_t)constant);
    if (!NF_TYPE_IS_VECTOR(type)) return scalar;
    return nf_inst_put(k->f, k->at, &(nf_inst){.op = NF_OP_SPLAT, .type = type, .a = scalar});
}

/* Whether the evaluator can compute it: pure, with something to compute, and not a constant yet. */
static bool is_computable(const nf_inst *inst)
{
    const nf_op_info *op = &nf_ops[inst->op];
    return op->operands > 0 && (op->effects & ~NF_EFFECT_TRAP) == 0 && inst->op != NF_OP_SPLAT;
}

static bool is_known(const nf_fold *k, nf_value v)
{
    return v.id == 0 || nf_is_constant(scalar_of(k, v)) || nf_fold_at(k, v)->op == NF_OP_IOTA;
}

static nf_value constants_fold(nf_fold *k, const nf_inst *inst)
{
    nf_bits a, b, c, result = {{0}};
    if (!operand_bits(k, inst->a, &a) || !operand_bits(k, inst->b, &b) ||
        !operand_bits(k, inst->c, &c))
        return NF_NO_VALUE;
    if (!nf_eval_op(inst, nf_type_of(k->f, inst->a), &a, &b, &c, &result)) return NF_NO_VALUE;
    return constant_put(k, inst->type, &result);
}

/* --- one instruction --- */

static void constant_to_right(const nf_fold *k, nf_inst *inst)
{
    if (!nf_ops[inst->op].commutes || !nf_is_constant(scalar_of(k, inst->a)) ||
        nf_is_constant(scalar_of(k, inst->b)))
        return;
    nf_value a = inst->a;
    inst->a = inst->b;
    inst->b = a;
}

/* What the instruction is equal to; none when nothing is known. */
static nf_value inst_simplify(nf_fold *k, const nf_inst *inst)
{
    if (is_computable(inst) && is_known(k, inst->a) && is_known(k, inst->b)) {
        nf_value result = constants_fold(k, inst);
        if (result.id) return result;
    }
    nf_fold_rule *rule = nf_fold_rules[inst->op];
    return rule ? rule(k, inst) : NF_NO_VALUE;
}

static bool back_end_can(const nf_fold *k, const nf_inst *inst)
{
    if (k->opt->supports == NULL) return true;
    nf_type operand = nf_type_of(k->f, inst->a);
    if (!NF_TYPE_IS_VECTOR(inst->type) && !NF_TYPE_IS_VECTOR(operand)) return true;
    return k->opt->supports((nf_op)inst->op, inst->type, operand, k->opt->features);
}

nf_value nf_fold_record(nf_fold *k, const nf_inst *record)
{
    nf_inst inst = *record;
    if (!back_end_can(k, &inst)) return NF_NO_VALUE;
    constant_to_right(k, &inst);
    if (k->depth < DEPTH_MAX) {
        k->depth++;
        nf_value result = inst_simplify(k, &inst);
        k->depth--;
        if (result.id) return result;
    }
    return nf_inst_put(k->f, k->at, &inst);
}

nf_value nf_fold_make(nf_fold *k, nf_op op, nf_type type, nf_value a, nf_value b)
{
    bool binary = nf_ops[op].operands == 2;
    if (a.id == 0 || (binary && b.id == 0)) return NF_NO_VALUE;
    return nf_fold_record(k, &(nf_inst){.op = op, .type = type, .a = a, .b = b});
}

nf_value nf_fold_make_int(nf_fold *k, nf_op op, nf_type type, nf_value a, int64_t b)
{
    return nf_fold_make(k, op, type, a, nf_fold_int(k, type, b));
}

nf_value nf_fold_make_compare(nf_fold *k, nf_op op, nf_cond cond, nf_value a, nf_value b)
{
    if (a.id == 0 || b.id == 0) return NF_NO_VALUE;
    nf_type type = nf_type_of_compare(nf_type_of(k->f, a));
    return nf_fold_record(k, &(nf_inst){.op = op, .type = type, .sub = cond, .a = a, .b = b});
}

nf_value nf_fold_make_select(nf_fold *k, nf_value condition, nf_value yes, nf_value no)
{
    if (condition.id == 0 || yes.id == 0 || no.id == 0) return NF_NO_VALUE;
    nf_type type = nf_type_of(k->f, yes);
    return nf_fold_record(
        k, &(nf_inst){.op = NF_OP_SELECT, .type = type, .a = condition, .b = yes, .c = no});
}

/* --- the walk --- */

static void inst_fold(nf_fold *k, nf_value v)
{
    nf_inst *record = nf_inst_at(k->f, v);
    k->renaming.renamed = false;
    if (k->changed) nf_uses_rename(&k->renaming, record);
    k->at = v;
    if (nf_ops[record->op].effects & NF_EFFECT_END) {
        for (uint32_t tries = 0; tries < TRIES_MAX && nf_fold_branch(k, v); tries++)
            k->renaming.renamed = k->changed = true;
        if (k->renaming.renamed) k->opt->hints |= NF_HINT_BRANCHES;
        return;
    }
    nf_inst inst = *record;
    constant_to_right(k, &inst);
    if (inst.a.id != record->a.id) {
        *record = inst;
        k->changed = true;
    }
    nf_value result = inst_simplify(k, &inst);
    if (result.id == 0 || result.id == v.id) return;
    k->map[v.id] = result;
    k->changed = true;
    if (!nf_inst_has_effect(k->f, nf_inst_at(k->f, v))) nf_inst_remove(k->f, v);
}

/* Definitions come before uses in reverse post-order; only unreachable blocks were not passed. */
static void uses_resolve(nf_fold *k, const nf_cfg *cfg)
{
    NF_FOR_BLOCKS(k->f, b)
    {
        if (nf_cfg_reachable(cfg, b)) continue;
        NF_FOR_INSTS(k->f, b, v) nf_uses_rename(&k->renaming, nf_inst_at(k->f, v));
    }
}

static bool func_fold(nf_opt *opt, nf_func *f, bool divides)
{
    nf_cfg cfg;
    nf_fold k = {.opt = opt, .f = f, .map_count = f->insts.count, .divides = divides};
    k.map = NF_NEW_ARRAY(opt->scratch, nf_value, f->insts.count);
    k.uses = nf_use_counts(f, opt->scratch);
    k.renaming = (nf_renaming){.f = f, .map = k.map, .count = k.map_count};
    opt->hints &= ~(uint32_t)NF_HINT_FOLDS;
    if (k.map == NULL || k.uses == NULL || !nf_flow_get(opt, f, &cfg)) return false;
    for (uint32_t i = 0; i < cfg.rpo_count; i++) {
        nf_block b = {cfg.rpo[i]};
        bool bare = nf_block_is_bare(f, b);
        NF_FOR_INSTS_SAFE(f, b, v, following)
        {
            inst_fold(&k, v);
        }
        if (!bare && nf_block_is_bare(f, b)) opt->hints |= NF_HINT_BRANCHES;
    }
    if (k.changed) uses_resolve(&k, &cfg);
    return k.changed || f->insts.count != k.map_count;
}

bool nf_pass_fold(nf_opt *opt, nf_func *f)
{
    return func_fold(opt, f, false);
}

bool nf_pass_divide(nf_opt *opt, nf_func *f)
{
    return func_fold(opt, f, true);
}
