/*
 * Loops that can be counted, their induction variables and affine values; see induction.h.
 *
 * A basic induction variable is a header parameter whose value on the back edge is itself plus a
 * constant, reached through a chain of additions. Every other affine value is a combination of
 * those: the analysis walks down the operands, adding, scaling and converting forms, and remembers
 * each value's form. It also looks a few steps into what was computed outside of the loop (row = a
 * + i * stride), so that two accesses to one array are seen to share their base.
 *
 * Widths: a form of an i32 is exact modulo 2^32 only. sext(i + 1) is sext(i) + 1 unless i + 1
 * wraps, so an extension records a need, whose check (nf_needs_emit) compares both ends of the
 * range that the narrow value runs through; between the ends it is monotonic.
 *
 *   for (int i = 0; i < n; i++) s += a[i];     i: 0 + 1k (i32)
 *                                              sext i: 0 + 1k (i64), need: i within i32
 *                                              address: a + 0 + 4k
 */
#include "induction.h"

enum {
    DEPTH_INSIDE_MAX = 48,            /* operands that the analysis walks down in the loop */
    DEPTH_OUTSIDE = DEPTH_INSIDE_MAX, /* where the walk outside of it begins */
    DEPTH_MAX = DEPTH_OUTSIDE + 4,    /* and ends */
    STEP_CHAIN_MAX = 8,               /* additions that make up one step */
};

static const nf_affine NOT_AFFINE = {.type = NF_VOID};

static const nf_affine *affine_at(nf_counted *c, nf_value v, unsigned depth);

/* --- forms --- */

static nf_affine form_const(nf_type type, int64_t constant)
{
    return (nf_affine){.type = type, .constant = nf_type_canonical(type, constant)};
}

static nf_affine form_value(nf_type type, nf_value v)
{
    return (nf_affine){.type = type, .term_count = 1, .terms = {{.value = v, .factor = 1}}};
}

/* to += factor * term; false when there is no room. */
static bool term_add(nf_affine *to, const nf_term *term, int64_t factor)
{
    int64_t scaled =
        nf_type_canonical(to->type, (int64_t)((uint64_t)term->factor * (uint64_t)factor));
    for (uint32_t i = 0; i < to->term_count; i++) {
        nf_term *own = &to->terms[i];
        if (own->value.id != term->value.id || own->convert != term->convert) continue;
        own->factor =
            nf_type_canonical(to->type, (int64_t)((uint64_t)own->factor + (uint64_t)scaled));
        if (own->factor == 0) *own = to->terms[--to->term_count];
        return true;
    }
    if (scaled == 0) return true;
    if (to->term_count == NF_TERMS_MAX) return false;
    to->terms[to->term_count] = *term;
    to->terms[to->term_count++].factor = scaled;
    return true;
}

nf_affine nf_affine_add(const nf_affine *a, const nf_affine *b, int64_t factor)
{
    if (a->type == NF_VOID || b->type == NF_VOID) return NOT_AFFINE;
    nf_affine sum = *a;
    uint64_t constant = (uint64_t)a->constant + (uint64_t)b->constant * (uint64_t)factor;
    uint64_t step = (uint64_t)a->step + (uint64_t)b->step * (uint64_t)factor;
    sum.constant = nf_type_canonical(a->type, (int64_t)constant);
    sum.step = nf_type_canonical(a->type, (int64_t)step);
    sum.needs |= b->needs;
    for (uint32_t i = 0; i < b->term_count; i++)
        if (!term_add(&sum, &b->terms[i], factor)) return NOT_AFFINE;
    return sum;
}

static nf_affine form_scale(const nf_affine *a, int64_t factor)
{
    if (a->type == NF_VOID) return NOT_AFFINE;
    nf_affine zero = form_const(a->type, 0);
    return nf_affine_add(&zero, a, factor);
}

static bool form_is_const(const nf_affine *a)
{
    return a->type != NF_VOID && a->term_count == 0 && a->step == 0;
}

bool nf_affine_same_terms(const nf_affine *a, const nf_affine *b)
{
    nf_affine difference = nf_affine_add(a, b, -1);
    return a->type == b->type && difference.type != NF_VOID && difference.term_count == 0;
}

/* --- conversions --- */

static bool need_equal(const nf_need *a, const nf_need *b)
{
    return a->is_signed == b->is_signed && a->narrow.type == b->narrow.type &&
           a->narrow.step == b->narrow.step && a->narrow.constant == b->narrow.constant &&
           nf_affine_same_terms(&a->narrow, &b->narrow);
}

/* The need's bit; 0 when there are too many. */
static uint32_t need_add(nf_counted *c, const nf_need *need)
{
    uint32_t i = 0;
    while (i < c->need_count && !need_equal(&c->needs[i], need)) i++;
    if (i == NF_NEEDS_MAX) return 0;
    if (i == c->need_count) c->needs[c->need_count++] = *need;
    return UINT32_C(1) << i;
}

static nf_affine form_extend(nf_counted *c, const nf_affine *narrow, nf_op op, nf_type type)
{
    if (narrow->type == NF_VOID || narrow->term_count > 1) return NOT_AFFINE;
    const nf_term *term = &narrow->terms[0];
    if (narrow->term_count && (term->factor != 1 || term->convert != NF_OP_NONE)) return NOT_AFFINE;
    nf_affine wide = *narrow;
    wide.type = type;
    wide.terms[0].convert = (uint16_t)op;
    if (narrow->term_count == 0 && op == NF_OP_ZEXT) {
        unsigned unused_bits = 64 - 8 * nf_type_bytes(narrow->type);
        wide.constant = (int64_t)((uint64_t)wide.constant << unused_bits >> unused_bits);
    }
    if (narrow->step == 0 && (narrow->constant == 0 || narrow->term_count == 0)) return wide;
    nf_need need = {.narrow = wide, .is_signed = op == NF_OP_SEXT};
    need.narrow.type = narrow->type;
    need.narrow.terms[0].convert = NF_OP_NONE;
    uint32_t bit = need_add(c, &need);
    if (bit == 0) return NOT_AFFINE;
    wide.needs |= bit;
    return wide;
}

/* The term cut to a narrower type: an extension from that type or a wider one falls away. */
static nf_term term_cut(const nf_func *f, nf_term term, nf_type type)
{
    unsigned own = nf_type_bytes(nf_type_of(f, term.value)), to = nf_type_bytes(type);
    if (own == to)
        term.convert = NF_OP_NONE;
    else if (own > to)
        term.convert = NF_OP_TRUNC;
    return term;
}

static nf_affine form_cut(nf_counted *c, const nf_affine *wide, nf_type type)
{
    if (wide->type == NF_VOID) return NOT_AFFINE;
    nf_affine narrow = form_const(type, wide->constant);
    narrow.step = nf_type_canonical(type, wide->step);
    narrow.needs = wide->needs;
    for (uint32_t i = 0; i < wide->term_count; i++) {
        nf_term term = term_cut(c->f, wide->terms[i], type);
        if (!term_add(&narrow, &term, 1)) return NOT_AFFINE;
    }
    return narrow;
}

/* --- values --- */

bool nf_counted_has(const nf_counted *c, nf_value v)
{
    nf_block b = nf_inst_at(c->f, v)->block;
    return b.id < c->cfg->block_count && nf_cfg_loop_has(c->cfg, c->loop, b);
}

static nf_value edge_arg(const nf_func *f, nf_value terminator, uint32_t edge, uint32_t index)
{
    return nf_edge_args(f, nf_edge_at(f, terminator, edge))[index];
}

nf_value nf_counted_init(const nf_counted *c, uint32_t param)
{
    return edge_arg(c->f, nf_block_at(c->f, c->preheader)->last, 0, param);
}

nf_value nf_counted_next(const nf_counted *c, uint32_t param)
{
    return edge_arg(c->f, nf_block_at(c->f, c->latch)->last, c->back, param);
}

/* What the parameter of a block that one edge leads to is; none for others. */
static nf_value only_arg(const nf_counted *c, const nf_inst *param)
{
    const nf_cfg *cfg = c->cfg;
    nf_block b = param->block;
    uint32_t first = cfg->pred_start[b.id];
    if (cfg->pred_start[b.id + 1] - first != 1) return (nf_value){0};
    nf_value last = nf_block_at(c->f, (nf_block){cfg->preds[first]})->last;
    uint32_t edge = nf_edge_at(c->f, last, 0)->to.id == b.id ? 0 : 1;
    bool branches = nf_inst_at(c->f, last)->op != NF_OP_SWITCH;
    return branches ? edge_arg(c->f, last, edge, (uint32_t)param->imm) : (nf_value){0};
}

/* Whether v is param plus constants; *step is their sum. */
static bool step_of(const nf_counted *c, nf_value param, nf_value v, int64_t *step)
{
    const nf_func *f = c->f;
    uint64_t sum = 0;
    for (int i = 0; i < STEP_CHAIN_MAX && v.id != param.id; i++) {
        const nf_inst *inst = nf_inst_at(f, v);
        int64_t number;
        if (inst->op == NF_OP_PARAM && nf_counted_has(c, v)) {
            v = only_arg(c, inst);
            if (v.id == 0) return false;
        } else if (inst->op == NF_OP_ADD && nf_value_is_const(f, inst->a, &number)) {
            sum += (uint64_t)number;
            v = inst->b;
        } else if (inst->op == NF_OP_ADD && nf_value_is_const(f, inst->b, &number)) {
            sum += (uint64_t)number;
            v = inst->a;
        } else if (inst->op == NF_OP_SUB && nf_value_is_const(f, inst->b, &number)) {
            sum -= (uint64_t)number;
            v = inst->a;
        } else {
            return false;
        }
    }
    *step = nf_type_canonical(nf_type_of(f, param), (int64_t)sum);
    return v.id == param.id;
}

/* A header parameter: init + step * k. */
static nf_affine affine_param(nf_counted *c, const nf_inst *inst, nf_value param, unsigned depth)
{
    int64_t step;
    uint32_t index = (uint32_t)inst->imm;
    if (inst->block.id != c->header.id) {
        nf_value arg = only_arg(c, inst);
        return arg.id ? *affine_at(c, arg, depth + 1) : NOT_AFFINE;
    }
    if (!step_of(c, param, nf_counted_next(c, index), &step)) return NOT_AFFINE;
    nf_affine form = *affine_at(c, nf_counted_init(c, index), depth + 1);
    form.step = step; /* what it starts with does not move */
    return form;
}

static nf_affine affine_product(const nf_affine *a, const nf_affine *b)
{
    if (form_is_const(b)) return form_scale(a, b->constant);
    if (form_is_const(a)) return form_scale(b, a->constant);
    return NOT_AFFINE;
}

static nf_affine affine_shift(const nf_affine *a, const nf_affine *b)
{
    if (a->type == NF_VOID || !form_is_const(b)) return NOT_AFFINE;
    unsigned width = 8 * nf_type_bytes(a->type);
    return form_scale(a, (int64_t)(UINT64_C(1) << ((uint64_t)b->constant % width)));
}

/* a ^ -1 is -1 - a. */
static nf_affine affine_complement(const nf_affine *a, const nf_affine *b)
{
    return form_is_const(b) && b->constant == -1 ? nf_affine_add(b, a, -1) : NOT_AFFINE;
}

/* By operation, from the operands' forms. */
static nf_affine affine_inst(nf_counted *c, nf_inst inst, nf_value v, unsigned depth)
{
    const nf_affine *a = &NOT_AFFINE, *b = &NOT_AFFINE;
    switch (inst.op) {
    case NF_OP_ICONST: return form_const(inst.type, inst.imm);
    case NF_OP_PARAM: return affine_param(c, &inst, v, depth);
    case NF_OP_ADD:
    case NF_OP_SUB:
    case NF_OP_MUL:
    case NF_OP_XOR:
    case NF_OP_SHL: b = affine_at(c, inst.b, depth + 1); /* fall through */
    case NF_OP_SEXT:
    case NF_OP_ZEXT:
    case NF_OP_TRUNC: a = affine_at(c, inst.a, depth + 1); break;
    default: return NOT_AFFINE;
    }
    switch (inst.op) {
    case NF_OP_ADD: return nf_affine_add(a, b, 1);
    case NF_OP_SUB: return nf_affine_add(a, b, -1);
    case NF_OP_MUL: return affine_product(a, b);
    case NF_OP_SHL: return affine_shift(a, b);
    case NF_OP_XOR: return affine_complement(a, b);
    case NF_OP_TRUNC: return form_cut(c, a, inst.type);
    default: return form_extend(c, a, (nf_op)inst.op, inst.type);
    }
}

/* A value from outside: itself, or what it was computed from when that is a sum or a multiple. */
static nf_affine affine_outside(nf_counted *c, nf_inst inst, nf_value v, unsigned depth)
{
    if (inst.op == NF_OP_ICONST) return form_const(inst.type, inst.imm);
    bool transparent = inst.op == NF_OP_ADD || inst.op == NF_OP_SUB || inst.op == NF_OP_SHL ||
                       inst.op == NF_OP_MUL;
    if (!transparent || depth >= DEPTH_MAX) return form_value(inst.type, v);
    nf_affine form = affine_inst(c, inst, v, depth);
    return form.type == NF_VOID ? form_value(inst.type, v) : form;
}

static const nf_affine *affine_at(nf_counted *c, nf_value v, unsigned depth)
{
    const nf_inst inst = *nf_inst_at(c->f, v);
    if (!NF_TYPE_IS_INT(inst.type) || NF_TYPE_IS_VECTOR(inst.type)) return &NOT_AFFINE;
    if (v.id >= c->value_count) return &NOT_AFFINE;
    nf_known_form **bucket = &c->forms[v.id % NF_FORM_BUCKETS];
    for (const nf_known_form *known = *bucket; known != NULL; known = known->next)
        if (known->value.id == v.id) return &known->form;
    nf_known_form *found = NF_TAKE_ARRAY(c->arena, nf_known_form, 1);
    if (found == NULL) return &NOT_AFFINE;
    if (!nf_counted_has(c, v))
        found->form = affine_outside(c, inst, v, depth > DEPTH_OUTSIDE ? depth : DEPTH_OUTSIDE);
    else
        found->form = depth < DEPTH_INSIDE_MAX ? affine_inst(c, inst, v, depth) : NOT_AFFINE;
    found->value = v;
    found->next = *bucket;
    *bucket = found;
    return &found->form;
}

const nf_affine *nf_affine_of(nf_counted *c, nf_value v)
{
    return affine_at(c, v, 0);
}

nf_affine nf_affine_address(nf_counted *c, const nf_inst *access)
{
    nf_affine address = *nf_affine_of(c, access->a);
    bool indexed = access->op == NF_OP_LOAD || access->op == NF_OP_STORE;
    if (indexed && access->b.id)
        address = nf_affine_add(&address, nf_affine_of(c, access->b), INT64_C(1) << access->sub);
    nf_affine offset = form_const(NF_I64, access->imm);
    return nf_affine_add(&address, &offset, 1);
}

/* --- emitting --- */

/* magnitude * v; none stands for nothing to multiply. */
static nf_value emit_multiple(nf_loop_emit *e, nf_type type, nf_value v, uint64_t magnitude)
{
    if (magnitude == 1) return v;
    bool power = (magnitude & (magnitude - 1)) == 0;
    int64_t by = power ? __builtin_ctzll(magnitude) : (int64_t)magnitude;
    return nf_loop_op(e, power ? NF_OP_SHL : NF_OP_MUL, type, v, nf_loop_iconst(e, type, by));
}

/* sum + factor * v, where sum may be none. */
static nf_value emit_add_multiple(nf_loop_emit *e, nf_type type, nf_value sum, nf_value v,
                                  int64_t factor)
{
    bool negative = factor < 0;
    uint64_t magnitude = negative ? -(uint64_t)factor : (uint64_t)factor;
    nf_value part = emit_multiple(e, type, v, magnitude);
    if (sum.id == 0 && !negative) return part;
    if (sum.id == 0) sum = nf_loop_iconst(e, type, 0);
    return nf_loop_op(e, negative ? NF_OP_SUB : NF_OP_ADD, type, sum, part);
}

nf_value nf_affine_emit_terms(nf_loop_emit *e, const nf_affine *a)
{
    nf_value sum = {0};
    for (uint32_t i = 0; i < a->term_count; i++) {
        nf_value part = a->terms[i].value;
        if (a->terms[i].convert)
            part = nf_loop_op(e, (nf_op)a->terms[i].convert, a->type, part, (nf_value){0});
        sum = emit_add_multiple(e, a->type, sum, part, a->terms[i].factor);
    }
    return sum;
}

nf_value nf_affine_emit(nf_loop_emit *e, const nf_affine *a)
{
    nf_value terms = nf_affine_emit_terms(e, a);
    if (terms.id && a->constant == 0) return terms;
    nf_value constant = nf_loop_iconst(e, a->type, a->constant);
    return terms.id ? nf_loop_op(e, NF_OP_ADD, a->type, terms, constant) : constant;
}

nf_value nf_affine_emit_at(nf_loop_emit *e, const nf_affine *a, nf_value k)
{
    nf_value first = nf_affine_emit(e, a);
    if (a->step == 0) return first;
    return emit_add_multiple(e, a->type, first, nf_loop_resize(e, NF_OP_ZEXT, a->type, k), a->step);
}

/* --- the shape --- */

/* The one block in front of the header, from which nothing else is reached. */
static bool preheader_find(nf_counted *c)
{
    const nf_cfg *cfg = c->cfg;
    uint32_t first = cfg->pred_start[c->header.id], end = cfg->pred_start[c->header.id + 1];
    if (end - first != 2) return false;
    for (uint32_t i = first; i < end; i++) {
        nf_block pred = {cfg->preds[i]};
        if (nf_cfg_loop_has(cfg, c->loop, pred))
            c->latch = pred;
        else
            c->preheader = pred;
    }
    if (c->latch.id == 0 || c->preheader.id == 0) return false;
    return nf_inst_at(c->f, nf_block_at(c->f, c->preheader)->last)->op == NF_OP_BR;
}

/* Whether the latch alone leaves the loop, and to where. */
static bool exit_find(nf_counted *c)
{
    nf_value last = nf_block_at(c->f, c->latch)->last;
    if (nf_inst_at(c->f, last)->op != NF_OP_BRIF) return false;
    c->back = nf_edge_at(c->f, last, 0)->to.id == c->header.id ? 0 : 1;
    c->out = 1 - c->back;
    c->exit = nf_edge_at(c->f, last, c->out)->to;
    c->tester = c->latch;
    c->stays = c->back;
    for (uint32_t i = 0; i < c->block_count; i++) {
        nf_value terminator = nf_block_at(c->f, c->blocks[i])->last;
        uint32_t edges = nf_edge_count(c->f, terminator);
        if (edges == 0) return false;
        for (uint32_t k = 0; k < edges; k++) {
            bool stays = nf_cfg_loop_has(c->cfg, c->loop, nf_edge_at(c->f, terminator, k)->to);
            if (stays == (terminator.id == last.id && k == c->out)) return false;
        }
    }
    return true;
}

static bool only_reads(const nf_func *f, nf_block b)
{
    NF_FOR_INSTS(f, b, v)
    {
        unsigned effects = nf_op_of(nf_inst_at(f, v))->effects;
        if (effects & (NF_EFFECT_WRITE | NF_EFFECT_CALL)) return false;
    }
    return true;
}

/* The edge by which a block of a search stays in the loop; false when it has none or two. */
static bool stay_find(const nf_counted *c, nf_block b, uint32_t *stays)
{
    nf_value last = nf_block_at(c->f, b)->last;
    nf_op op = (nf_op)nf_inst_at(c->f, last)->op;
    uint32_t count = 0;
    if (op != NF_OP_BR && op != NF_OP_BRIF) return false;
    for (uint32_t k = 0; k < nf_edge_count(c->f, last); k++) {
        if (!nf_cfg_loop_has(c->cfg, c->loop, nf_edge_at(c->f, last, k)->to)) continue;
        *stays = k;
        count++;
    }
    return count == 1;
}

/* Whether the blocks stand in a row and do nothing but look. */
static bool row_find(nf_counted *c)
{
    for (uint32_t i = 0; i < c->block_count; i++)
        if (!stay_find(c, c->blocks[i], &c->back) || !only_reads(c->f, c->blocks[i])) return false;
    return stay_find(c, c->latch, &c->back);
}

static bool blocks_collect(nf_counted *c)
{
    uint32_t count = c->cfg->loops[c->loop].block_count;
    c->blocks = NF_NEW_ARRAY(c->arena, nf_block, count);
    if (c->blocks == NULL) return false;
    for (uint32_t i = c->cfg->rpo_index[c->header.id]; c->block_count < count; i++) {
        nf_block b = {c->cfg->rpo[i]};
        if (nf_cfg_loop_has(c->cfg, c->loop, b)) c->blocks[c->block_count++] = b;
    }
    return true;
}

/* Whether the loop has the shape that is asked for: before anything is made for it, since in large
 * functions most have not. */
static bool shape_find(nf_counted *c, bool (*way_out_find)(nf_counted *c), const char *else_reason)
{
    c->reason = "the loop has several entries or latches";
    if (!preheader_find(c)) return false;
    c->reason = "memory is out";
    if (!blocks_collect(c)) return false;
    c->reason = else_reason;
    if (!way_out_find(c)) return false;
    c->reason = NULL;
    return true;
}

static void counted_begin(nf_counted *c, nf_func *f, const nf_cfg *cfg, uint32_t loop,
                          nf_arena *arena)
{
    __builtin_memset(c, 0, offsetof(nf_counted, needs));
    c->f = f;
    c->cfg = cfg;
    c->arena = arena;
    c->loop = loop;
    c->header = cfg->loops[loop].header;
    c->value_count = f->insts.count;
}

/* Before any rewriting, which removes what the header's parameters start from. */
static void params_analyse(nf_counted *c)
{
    for (uint32_t i = 0; i < nf_block_at(c->f, c->header)->param_count; i++)
        nf_affine_of(c, nf_param_at(c->f, c->header, i));
}

bool nf_counted_analyse_nest(nf_func *f, const nf_cfg *cfg, uint32_t loop, nf_arena *arena,
                             nf_counted *c)
{
    counted_begin(c, f, cfg, loop, arena);
    if (!shape_find(c, exit_find, "the loop is left from its middle")) return false;
    params_analyse(c);
    nf_trip_analyse(c);
    return true;
}

bool nf_counted_analyse_search(nf_func *f, const nf_cfg *cfg, uint32_t loop, nf_arena *arena,
                               nf_counted *c)
{
    counted_begin(c, f, cfg, loop, arena);
    if (!shape_find(c, row_find, "its blocks do not stand in a row, or write or call"))
        return false;
    params_analyse(c);
    for (uint32_t i = 0; i < c->block_count && !c->counted; i++) {
        c->tester = c->blocks[i];
        (void)stay_find(c, c->tester, &c->stays);
        if (nf_edge_count(f, nf_block_at(f, c->tester)->last) == 2) nf_trip_analyse(c);
    }
    if (!c->counted) c->tester = (nf_block){0};
    return true;
}

bool nf_counted_analyse(nf_func *f, const nf_cfg *cfg, uint32_t loop, nf_arena *arena,
                        nf_counted *c)
{
    if (cfg->loops[loop].innermost) return nf_counted_analyse_nest(f, cfg, loop, arena, c);
    counted_begin(c, f, cfg, loop, arena);
    c->reason = "not an innermost loop";
    return false;
}

typedef struct use_counter {
    const nf_counted *counted;
    uint32_t *uses;
} use_counter;

static void use_count(void *context, nf_value *place)
{
    use_counter *counter = context;
    if (place->id < counter->counted->value_count) counter->uses[place->id]++;
}

void nf_counted_uses(const nf_counted *c, uint32_t *uses)
{
    use_counter counter = {c, uses};
    for (uint32_t i = 0; i < c->block_count; i++) {
        NF_FOR_INSTS(c->f, c->blocks[i], v)
        {
            if (v.id == nf_block_at(c->f, c->latch)->last.id) continue;
            nf_operands_each(c->f, v, use_count, &counter);
        }
    }
    nf_value last = nf_block_at(c->f, c->latch)->last;
    uses[nf_inst_at(c->f, last)->a.id]++;
    const nf_edge *back = nf_edge_at(c->f, last, c->back);
    for (uint32_t i = 0; i < back->arg_count; i++) uses[nf_edge_args(c->f, back)[i].id]++;
}
