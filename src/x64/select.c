/*
 * The driver of instruction selection, and what lowerings are made of. The contract is in select.h.
 *
 * Selection is tree matching without trees, as Cranelift's newer back ends do it: going backwards,
 * an instruction is reached after all its uses, and is lowered only when one of them asked for its
 * register. A use that could take the computation into itself did not ask.
 *
 *     %3 = load.i32 %p + 8        (nobody asked: folded)
 *     %4 = add.i32 %x, %3         add d, x, [p + 8]
 *     %5 = icmp.i32 eq %4, 7      (nobody asked: folded)
 *     brif %5, a, b               cmp d, 7; je a
 *
 * Invariants. Registers hold integers narrower than 32 bits with garbage above them, so a scalar
 * trunc costs nothing: it is another name for its operand. A group is written in program order at
 * the end of lir->insts; the groups of a block are turned round when it is complete, and blocks are
 * put in order at the end. Effects happen in the order of the source: an instruction with effects
 * is lowered where it stands, and a load moves down to its user only when their epochs, the number
 * of effects before them in the block, are equal.
 */
#include "select_internal.h"
#include "row.h"

/* --- values and registers --- */

static nf_vreg_class class_of(nf_type type)
{
    return nf_abi_in_vector(type) ? NF_CLASS_VECTOR : NF_CLASS_GPR;
}

enum { GPR_BYTES = 8, VECTOR_BYTES_MIN = 4 };

nf_vreg nf_select_temp(nf_select *s, nf_type type)
{
    nf_vreg_class class_ = class_of(type);
    unsigned bytes = nf_type_bytes(type);
    if (class_ == NF_CLASS_GPR) bytes = bytes == GPR_BYTES ? GPR_BYTES : GPR_BYTES / 2;
    if (bytes < VECTOR_BYTES_MIN) bytes = VECTOR_BYTES_MIN;
    if (bytes > 16) s->lir->wide = true;
    return nf_lir_vreg(s->lir, class_, bytes);
}

nf_vreg nf_select_gpr(nf_select *s)
{
    return nf_lir_vreg(s->lir, NF_CLASS_GPR, GPR_BYTES);
}

nf_vreg nf_select_mask(nf_select *s)
{
    return nf_lir_vreg(s->lir, NF_CLASS_MASK, GPR_BYTES);
}

nf_value nf_select_strip(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    while (inst->op == NF_OP_TRUNC && !NF_TYPE_IS_VECTOR(inst->type)) {
        v = inst->a;
        inst = nf_select_inst(s, v);
    }
    return v;
}

uint64_t nf_select_symbol(nf_select *s, nf_symbol symbol)
{
    const nf_link *link = s->options->link;
    uint64_t address = symbol.id < link->count ? link->addresses[symbol.id] : 0;
    if (address == 0 && s->unresolved.id == 0) s->unresolved = symbol;
    return address;
}

static int64_t local_payload(const nf_inst *inst)
{
    return (int64_t)((uint64_t)inst->extra << 32 | (uint32_t)inst->imm);
}

static bool fits_imm32(int64_t value)
{
    return value == (int32_t)value;
}

/* What v can be had from at any time. */
static void describe_remat(nf_select *s, nf_value v, const nf_inst *inst, nf_vreg_data *data)
{
    switch (inst->op) {
    case NF_OP_ICONST:
        data->remat = NF_REMAT_INT;
        data->payload = inst->imm;
        break;
    case NF_OP_FCONST:
        data->remat = NF_REMAT_CONSTANT;
        data->payload = nf_lir_constant_new(s->lir, &inst->imm, nf_type_bytes(inst->type));
        break;
    case NF_OP_LOCAL:
        if (!fits_imm32(inst->imm)) break;
        data->remat = NF_REMAT_LOCAL;
        data->payload = local_payload(inst);
        break;
    case NF_OP_SYMBOL: {
        nf_symbol symbol = {inst->extra};
        bool stub = nf_symbol_at(s->func->module, symbol)->kind == NF_SYMBOL_FUNC;
        data->remat = stub && inst->imm == 0 ? NF_REMAT_FUNCTION : NF_REMAT_INT;
        data->payload = (int64_t)(nf_select_symbol(s, symbol) + (uint64_t)inst->imm);
        break;
    }
    case NF_OP_SPLAT:
    case NF_OP_IOTA: nf_select_vector_remat(s, v, data); break;
    default: break;
    }
}

nf_vreg nf_select_value(nf_select *s, nf_value v)
{
    v = nf_select_strip(s, v);
    if (s->vregs[v.id].id == 0) {
        const nf_inst *inst = nf_select_inst(s, v);
        nf_vreg vreg = nf_select_temp(s, inst->type);
        s->vregs[v.id] = vreg;
        if (vreg.id != 0) describe_remat(s, v, inst, nf_vreg_at(s->lir, vreg));
    }
    return s->vregs[v.id];
}

nf_vreg nf_select_result(nf_select *s, nf_value v)
{
    return nf_select_value(s, v);
}

static nf_vreg remat_new(nf_select *s, nf_vreg v, nf_remat remat, int64_t payload)
{
    if (v.id == 0) return v;
    nf_vreg_data *data = nf_vreg_at(s->lir, v);
    data->remat = (uint8_t)remat;
    data->payload = payload;
    nf_lir_begin(s->lir, NF_LIR_REMAT, 0);
    nf_lir_add(s->lir, NF_LIR_DEF, v);
    nf_lir_end(s->lir);
    return v;
}

nf_vreg nf_select_int(nf_select *s, int64_t value)
{
    return remat_new(s, nf_select_gpr(s), NF_REMAT_INT, value);
}

nf_vreg nf_select_constant_vreg(nf_select *s, const void *bytes, size_t size)
{
    nf_vreg v = nf_lir_vreg(s->lir, NF_CLASS_VECTOR, (unsigned)size);
    return remat_new(s, v, NF_REMAT_CONSTANT, nf_lir_constant_new(s->lir, bytes, size));
}

nf_lir_rm nf_select_constant(nf_select *s, const void *bytes, size_t size)
{
    uint32_t id = nf_lir_constant_new(s->lir, bytes, size);
    return nf_rm_mem((nf_lir_mem){.kind = NF_LIR_MEM_CONSTANT, .id = id});
}

bool nf_select_is_int(const nf_select *s, nf_value v, int64_t *value)
{
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->op != NF_OP_ICONST) return false;
    *value = inst->imm;
    return true;
}

bool nf_select_folds(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    return s->uses[v.id] == 1 && inst->block.id == s->block.id && s->vregs[v.id].id == 0 &&
           nf_op_of(inst)->effects == 0;
}

void nf_select_unsupported(nf_select *s, const nf_inst *inst)
{
    if (s->unsupported != NF_OP_NONE) return;
    s->unsupported = (nf_op)inst->op;
    s->unsupported_type = inst->type;
}

/* --- instructions --- */

/* Whether the row is a two-operand form: its destination is its first source. */
static bool is_legacy(unsigned op)
{
    return op >= NF_INSN_COUNT || nf_row_is_legacy((nf_insn)op);
}

void nf_select_unary(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_lir_rm a)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_rm_add(s->lir, a);
    nf_lir_end(s->lir);
}

static void begin_binary(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, is_legacy(op) ? NF_LIR_TIED : NF_LIR_USE, a);
}

void nf_select_binary(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a, nf_lir_rm b)
{
    begin_binary(s, op, width, d, a);
    nf_lir_rm_add(s->lir, b);
    nf_lir_end(s->lir);
}

void nf_select_binary_imm(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a,
                          nf_lir_rm b, int64_t imm)
{
    begin_binary(s, op, width, d, a);
    nf_lir_rm_add(s->lir, b);
    nf_lir_imm(s->lir, imm);
    nf_lir_end(s->lir);
}

void nf_select_unary_imm(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_lir_rm a,
                         int64_t imm)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_rm_add(s->lir, a);
    nf_lir_imm(s->lir, imm);
    nf_lir_end(s->lir);
}

void nf_select_in_place(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a)
{
    begin_binary(s, op, width, d, a);
    nf_lir_end(s->lir);
}

void nf_select_in_place_imm(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a,
                            int64_t imm)
{
    begin_binary(s, op, width, d, a);
    nf_lir_imm(s->lir, imm);
    nf_lir_end(s->lir);
}

void nf_select_store(nf_select *s, unsigned op, unsigned width, nf_lir_mem to, nf_vreg value)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_mem_add(s->lir, to);
    nf_lir_add(s->lir, NF_LIR_USE, value);
    nf_lir_end(s->lir);
}

static void hint(nf_select *s, nf_vreg v, nf_vreg towards)
{
    if (nf_vreg_is_fixed(v) || v.id == 0) return;
    nf_vreg_data *data = nf_vreg_at(s->lir, v);
    if (data->hint.id == 0) data->hint = towards;
}

void nf_select_move(nf_select *s, nf_vreg d, nf_vreg from)
{
    nf_lir_begin(s->lir, NF_LIR_MOVES, 0);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_FROM, from);
    nf_lir_end(s->lir);
    hint(s, d, from);
    hint(s, from, d);
}

void nf_select_copy(nf_select *s, nf_vreg d, nf_vreg v)
{
    nf_select_move(s, d, v);
}

void nf_select_extend(nf_select *s, nf_vreg d, nf_lir_rm a, bool sign, unsigned to, unsigned from)
{
    static const uint16_t rows[2][5] = {{0, NF_X_MOVZXB, NF_X_MOVZXW, 0, NF_X_MOV},
                                        {0, NF_X_MOVSXB, NF_X_MOVSXW, 0, NF_X_MOVSXD}};
    unsigned width = sign ? to < 4 ? 4 : to : 4; /* writing 32 bits clears those above */
    nf_select_unary(s, rows[sign][from], width, d, a);
}

nf_vreg nf_select_extended(nf_select *s, nf_value v, bool sign, unsigned to)
{
    unsigned from = nf_type_bytes(nf_select_inst(s, v)->type);
    if (from >= to) return nf_select_value(s, v);
    nf_lir_rm a = nf_select_rm(s, v, from);
    nf_vreg d = nf_select_gpr(s);
    nf_select_extend(s, d, a, sign, to, from);
    return d;
}

/* --- the walk --- */

static nf_lowering *const lowerings[NF_OP_COUNT] = {
#define LOWERING(op, function) [NF_OP_##op] = nf_lower_##function,
#include "lowerings.def"
#undef LOWERING
};

static bool has_vector(const nf_select *s, const nf_inst *inst)
{
    if (NF_TYPE_IS_VECTOR(inst->type)) return true;
    if (nf_op_of(inst)->operands == 0) return false;
    return NF_TYPE_IS_VECTOR(nf_select_inst(s, inst->a)->type);
}

/* Whether v becomes code: it has effects, or somebody asked for it. */
static bool is_wanted(const nf_select *s, nf_value v, const nf_inst *inst)
{
    unsigned lasting = NF_EFFECT_WRITE | NF_EFFECT_CALL | NF_EFFECT_TRAP | NF_EFFECT_END;
    if (s->vregs[v.id].id != 0 || (nf_op_of(inst)->effects & lasting)) return true;
    if (s->masks != NULL && s->masks[v.id].id != 0) return true;
    return inst->op == NF_OP_LOAD && (inst->mem.flags & (NF_MEM_VOLATILE | NF_MEM_ATOMIC));
}

static void lower(nf_select *s, nf_value v, const nf_inst *inst)
{
    bool is_call = nf_op_of(inst)->effects & NF_EFFECT_CALL;
    if (s->vregs[v.id].id != 0 && nf_vreg_at(s->lir, s->vregs[v.id])->remat != NF_REMAT_NONE) {
        nf_lir_begin(s->lir, NF_LIR_REMAT, 0);
        nf_lir_add(s->lir, NF_LIR_DEF, s->vregs[v.id]);
        nf_lir_end(s->lir);
    } else if (!is_call && has_vector(s, inst) && inst->op != NF_OP_RET) {
        if (!nf_select_vector(s, v)) nf_select_unsupported(s, inst);
    } else if (lowerings[inst->op] != NULL) {
        lowerings[inst->op](s, v, inst);
    } else {
        nf_select_unsupported(s, inst);
    }
}

typedef struct group {
    uint32_t first, end; /* in the vector that is being written */
} group;

typedef struct walk {
    nf_select *s;
    NF_VEC(group) groups;
    NF_VEC(nf_lir_inst) turned; /* blocks last to first, each one in program order */
} walk;

/* The groups since `first` become the block, last written first. */
static void close_block(walk *w, nf_lir_block *block, uint32_t base)
{
    nf_lir *lir = w->s->lir;
    block->first = w->turned.count;
    if (!NF_VEC_RESERVE(w->s->arena, &w->turned, lir->insts.count - base)) return;
    for (uint32_t i = w->groups.count; i-- > 0;) {
        group g = w->groups.data[i];
        __builtin_memcpy(w->turned.data + w->turned.count, lir->insts.data + g.first,
                         (g.end - g.first) * sizeof(nf_lir_inst));
        w->turned.count += g.end - g.first;
    }
    block->end = w->turned.count;
    w->groups.count = 0;
    lir->insts.count = base;
}

static void close_group(walk *w, uint32_t first, nf_value origin)
{
    nf_lir *lir = w->s->lir;
    if (lir->insts.count == first) return;
    for (uint32_t i = first; i < lir->insts.count; i++) lir->insts.data[i].origin = origin;
    NF_VEC_PUSH(w->s->arena, &w->groups, (group){first, lir->insts.count});
}

static void select_block(walk *w, nf_lir_block *block)
{
    nf_select *s = w->s;
    s->block = block->origin;
    s->lir_block = block;
    for (nf_value v = nf_block_at(s->func, s->block)->last; v.id != 0;) {
        const nf_inst *inst = nf_select_inst(s, v);
        if (is_wanted(s, v, inst)) {
            uint32_t first = s->lir->insts.count;
            s->epoch = s->epochs[v.id];
            s->current = v;
            lower(s, v, inst);
            close_group(w, first, v);
        }
        v = inst->prev;
    }
}

/* Block parameters that somebody asked for are registers; the others disappear. A loop's are all
 * kept, since its latch was selected before the uses in its head were seen. */
static void select_params(nf_select *s, nf_lir_block *block)
{
    const nf_block_data *data = nf_block_at(s->func, block->origin);
    block->params = s->lir->args.count;
    block->param_count = data->param_count;
    for (uint32_t i = 0; i < data->param_count; i++) {
        nf_value param = nf_param_at(s->func, block->origin, i);
        nf_vreg v = s->vregs[param.id];
        NF_VEC_PUSH(s->arena, &s->lir->args, v);
    }
}

static void select_all(walk *w)
{
    nf_select *s = w->s;
    nf_lir *lir = s->lir;
    for (uint32_t i = lir->block_count; i-- > 0;) {
        nf_lir_block *block = &lir->blocks[i];
        uint32_t base = lir->insts.count;
        if (block->origin.id != 0) {
            select_block(w, block);
            if (i != 0) select_params(s, block);
        }
        if (i == 0) {
            uint32_t first = lir->insts.count;
            nf_select_entry(s);
            close_group(w, first, (nf_value){0});
        }
        close_block(w, block, base);
        if (s->arena->failed) return;
    }
}

/* Whether the instruction does nothing but compare registers. */
static bool is_comparison(const nf_lir_inst *inst)
{
    switch (inst->op) {
    case NF_X_CMP:
    case NF_X_CMP_I:
    case NF_X_TEST:
    case NF_X_TEST_I:
    case NF_X_UCOMISS:
    case NF_X_UCOMISD:
    case NF_X_VUCOMISS:
    case NF_X_VUCOMISD: return inst->mem == 0;
    default: return false;
    }
}

static bool is_same(const nf_lir *lir, const nf_lir_inst *a, const nf_lir_inst *b)
{
    bool alike = a->op == b->op && a->width == b->width && a->imm == b->imm && a->mem == b->mem &&
                 a->operand_count == b->operand_count;
    for (uint32_t i = 0; alike && i < a->operand_count; i++)
        alike = nf_lir_operand_at(lir, a, i)->vreg.id == nf_lir_operand_at(lir, b, i)->vreg.id;
    return alike;
}

/* Appends a block's instructions, but not a comparison whose flags are still there: only readers of
 * flags stand between it and the same one before. */
static void append(nf_lir *lir, const nf_lir_inst *insts, uint32_t count)
{
    const nf_lir_inst *flags = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const nf_lir_inst *inst = &insts[i];
        if (flags != NULL && is_comparison(inst) && is_same(lir, flags, inst)) continue;
        lir->insts.data[lir->insts.count++] = *inst;
        if (is_comparison(inst))
            flags = inst;
        else if (!(inst->flags & NF_LIR_READS_FLAGS))
            flags = NULL;
    }
}

/* Puts the blocks, which were written last to first, in order. */
static void order_blocks(walk *w)
{
    nf_lir *lir = w->s->lir;
    if (!NF_VEC_RESERVE(w->s->arena, &lir->insts, w->turned.count)) return;
    for (uint32_t i = 0; i < lir->block_count; i++) {
        nf_lir_block *block = &lir->blocks[i];
        uint32_t first = lir->insts.count;
        append(lir, w->turned.data + block->first, block->end - block->first);
        block->first = first;
        block->end = lir->insts.count;
    }
}

/* --- preparation --- */

static void count_list(nf_select *s, const nf_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) s->uses[values[i].id]++;
}

static void count_uses(nf_select *s, nf_value v, const nf_inst *inst)
{
    unsigned operands = nf_op_of(inst)->operands;
    if (operands > 0) s->uses[inst->a.id]++;
    if (operands > 1) s->uses[inst->b.id]++;
    if (operands > 2) s->uses[inst->c.id]++;
    unsigned effects = nf_op_of(inst)->effects;
    if (effects & NF_EFFECT_CALL)
        count_list(s, nf_call_args(s->func, inst), nf_call_arg_count(inst));
    else if (effects & NF_EFFECT_END)
        for (uint32_t i = 0; i < nf_edge_count(s->func, v); i++) {
            const nf_edge *edge = nf_edge_at(s->func, v, i);
            count_list(s, nf_edge_args(s->func, edge), edge->arg_count);
        }
}

static void prepare_block(nf_select *s, nf_block block)
{
    uint32_t epoch = 0;
    NF_FOR_INSTS(s->func, block, v)
    {
        const nf_inst *inst = nf_select_inst(s, v);
        count_uses(s, v, inst);
        s->epochs[v.id] = epoch;
        bool ordered = inst->op == NF_OP_LOAD && inst->mem.flags != 0;
        epoch += ordered || (nf_op_of(inst)->effects & ~(unsigned)NF_EFFECT_READ) != 0;
    }
}

static bool prepare(nf_select *s, const nf_cfg *cfg)
{
    uint32_t count = s->func->insts.count;
    s->vregs = NF_NEW_ARRAY(s->arena, nf_vreg, count);
    s->uses = NF_NEW_ARRAY(s->arena, uint32_t, count);
    s->epochs = NF_NEW_ARRAY(s->arena, uint32_t, count);
    if (s->arena->failed) return false;
    for (uint32_t i = 0; i < cfg->rpo_count; i++) prepare_block(s, (nf_block){cfg->rpo[i]});
    return true;
}

static nf_status outcome(const nf_select *s, nf_error *error)
{
    if (s->arena->failed) return nf_fail(error, NF_MEMORY, "no memory for instruction selection");
    if (s->unsupported != NF_OP_NONE) {
        const char *type = nf_type_text(s->unsupported_type);
        return nf_fail(error, NF_UNSUPPORTED, "this CPU cannot do %s.%s in compiled code",
                       nf_ops[s->unsupported].text, type != NULL ? type : "void");
    }
    if (s->unresolved.id != 0)
        return nf_fail(error, NF_SYMBOL, "symbol %s is not resolved",
                       nf_symbol_at(s->func->module, s->unresolved)->name);
    return NF_OK;
}

nf_status nf_select_run(const nf_func *f, const nf_cfg *cfg, const nf_compile *options, nf_lir *lir,
                        nf_error *error)
{
    nf_arena *arena = options->arena;
    nf_select s = {
        .func = f, .options = options, .lir = lir, .arena = arena, .features = options->features};
    walk w = {.s = &s};
    nf_lir_init(lir, arena, f, options->features);
    if (prepare(&s, cfg) && nf_select_blocks(lir, cfg)) {
        select_all(&w);
        if (!arena->failed) order_blocks(&w);
    }
    return outcome(&s, error);
}
