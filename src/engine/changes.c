/*
 * What a race may change in recorded calls of a function: see nf_race_change in race/race.h.
 *
 * A value that may become an address, or a part of one, must stay: another one would lead out of what
 * the caller means to be touched, where promises like `noalias` need not hold and the versions of a
 * right compiler may differ. So values are marked backwards from where memory is accessed and functions
 * are called; what is loaded may be what is stored anywhere. Parameters without a mark may be changed.
 * Where everything that is loaded by a marked parameter has one type, and no mark, the elements may be.
 *
 *     func @f(%x: i64, %n: i64, %k: f64)   head:  %more = icmp.slt.i64 %i, %n
 *                                          body:  %xi = load.f64 [%x + %i*8]; %p = fmul.f64 %xi, %k
 *     marked: %x, %i;  changed: the f64 at %x, %n, %k
 *
 * A C function's integers stay: some sums overflow for other ones, which C leaves undefined and LLVM
 * makes use of, and so do floats in one that makes integers of them.
 */
#include "base/bitset.h"
#include "promote_internal.h"
#include "x64/abi.h"

enum { BASE_DEPTH = 8, FIRST_VECTOR_WORD = 6, FIRST_STACK_WORD = 14 };

typedef struct survey {
    const nf_func *f;
    nf_bitset marked; /* values */
    bool grown, loads_are_marked, makes_integers;
} survey;

static bool is_marked(const survey *s, nf_value v)
{
    return nf_bitset_has(&s->marked, v.id);
}

static void mark(survey *s, nf_value v)
{
    if (v.id == 0 || is_marked(s, v)) return;
    nf_bitset_add(&s->marked, v.id);
    s->grown = true;
}

static void mark_operand(void *context, nf_value *place)
{
    mark(context, *place);
}

static void edges_mark(survey *s, nf_value terminator)
{
    for (uint32_t i = 0; i < nf_edge_count(s->f, terminator); i++) {
        const nf_edge *edge = nf_edge_at(s->f, terminator, i);
        const nf_value *args = nf_edge_args(s->f, edge);
        for (uint32_t k = 0; k < edge->arg_count; k++)
            if (is_marked(s, nf_param_at(s->f, edge->to, k))) mark(s, args[k]);
    }
}

static void call_mark(survey *s, const nf_inst *call)
{
    const nf_value *args = nf_call_args(s->f, call);
    mark(s, call->a);
    for (uint32_t i = 0; i < nf_call_arg_count(call); i++)
        if (!NF_TYPE_IS_FLOAT(nf_type_of(s->f, args[i]))) mark(s, args[i]);
}

static void inst_mark(survey *s, nf_value v)
{
    const nf_inst *inst = nf_inst_at(s->f, v);
    const nf_op_info *op = nf_op_of(inst);
    bool stores = op->shape == NF_SHAPE_STORE || op->shape == NF_SHAPE_MSTORE;
    bool loads = op->shape == NF_SHAPE_LOAD || op->shape == NF_SHAPE_MLOAD;
    s->makes_integers |= inst->op == NF_OP_FPTOSI || inst->op == NF_OP_FPTOUI;
    if (op->effects & NF_EFFECT_CALL) call_mark(s, inst);
    if (op->effects & NF_EFFECT_END) edges_mark(s, v);
    if (stores || loads) {
        mark(s, inst->a);
        mark(s, inst->b);
        if (loads && is_marked(s, v) && !s->loads_are_marked) s->loads_are_marked = s->grown = true;
        if (stores && s->loads_are_marked) mark(s, inst->c);
    } else if (is_marked(s, v) && !(op->effects & (NF_EFFECT_CALL | NF_EFFECT_END))) {
        nf_operands_each(s->f, v, mark_operand, s);
    }
}

static void marks_spread(survey *s)
{
    do {
        s->grown = false;
        NF_FOR_BLOCKS(s->f, b)
        NF_FOR_INSTS(s->f, b, v) inst_mark(s, v);
    } while (s->grown);
}

/* The parameter from which the address is counted, or -1. */
static int64_t base_param(const nf_func *f, nf_value v, unsigned depth)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (inst->op == NF_OP_PARAM) return inst->block.id == f->entry.id ? inst->imm : -1;
    if (inst->op != NF_OP_ADD || depth == 0) return -1;
    int64_t a = base_param(f, inst->a, depth - 1);
    return a >= 0 ? a : base_param(f, inst->b, depth - 1);
}

/* By parameter: the one type of what is loaded there; NF_VOID: nothing, or what must stay. */
static void elements_find(const survey *s, nf_type *types, bool *is_mixed)
{
    NF_FOR_BLOCKS(s->f, b)
    NF_FOR_INSTS(s->f, b, v)
    {
        const nf_inst *inst = nf_inst_at(s->f, v);
        if (nf_op_of(inst)->shape != NF_SHAPE_LOAD) continue;
        int64_t param = base_param(s->f, inst->a, BASE_DEPTH);
        if (param < 0) continue;
        bool stays = is_marked(s, v) || NF_TYPE_IS_VECTOR(inst->type) ||
                     (types[param] != NF_VOID && types[param] != inst->type);
        is_mixed[param] |= stays;
        types[param] = inst->type;
    }
}

/* The argument's word in an nf_race_input; beyond its end when it has no place there. */
static uint32_t word_of(nf_abi_walk *walk, nf_type type)
{
    nf_abi_place place = nf_abi_next(walk, type);
    if (place.reg == NF_REG_NONE) return FIRST_STACK_WORD + place.stack_offset / 8;
    if (place.reg >= NF_XMM0) return FIRST_VECTOR_WORD + place.reg - NF_XMM0;
    return walk->gprs - 1;
}

static uint32_t changes_list(const survey *s, const nf_type *types, const bool *is_mixed,
                             bool floats_only, nf_race_change *changes)
{
    const nf_signature_data *signature = nf_signature_at(s->f->module, s->f->signature);
    uint32_t count = 0;
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < signature->param_count && count < NF_RACE_CHANGES_MAX; i++) {
        nf_value param = nf_param_at(s->f, s->f->entry, i);
        nf_race_change change = {word_of(&walk, signature->params[i]), signature->params[i], false};
        if (NF_TYPE_IS_VECTOR(change.type) || change.word >= sizeof(nf_race_input) / 8) continue;
        if (is_marked(s, param)) {
            if (is_mixed[i] || types[i] == NF_VOID) continue;
            change.type = types[i];
            change.is_address = true;
        }
        if (NF_TYPE_IS_FLOAT(change.type) || !floats_only) changes[count++] = change;
    }
    return count;
}

uint32_t nf_changes_of(const nf_func *f, bool is_c, nf_arena *scratch,
                       nf_race_change changes[NF_RACE_CHANGES_MAX])
{
    nf_type types[NF_SIGNATURE_PARAMS_MAX] = {NF_VOID};
    bool is_mixed[NF_SIGNATURE_PARAMS_MAX] = {false};
    if (f->tolerance != 0 || f->attributes & NF_ATTR_REASSOC || !nf_func_load(f)) return 0;
    survey s = {.f = f, .marked = nf_bitset_new(scratch, f->insts.count)};
    if (s.marked.words == NULL) return 0;
    marks_spread(&s);
    elements_find(&s, types, is_mixed);
    return is_c && s.makes_integers ? 0 : changes_list(&s, types, is_mixed, is_c, changes);
}
