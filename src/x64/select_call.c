/*
 * Lowering of what leaves a block: calls, tail calls, returns, branches; and of a function's entry.
 *
 * A call is three things: one MOVES that puts the arguments into their registers, all at once and
 * from wherever they are; the call, which names those registers as implicit operands and
 * destroys what the callee need not save; and a MOVES of the result. The allocator tries to have
 * the values in the right registers in the first place.
 *
 *     moves rdi <- a, rsi <- 3;  call stub  (implicit rdi, rsi; gives rax);  moves d <- rax
 *
 * The stub of a NIR function is in reach of the code; a host function may be anywhere, so its
 * address stands among the constants and is called through memory. A function that calls itself
 * calls its own entry.
 */
#include "select_internal.h"
#include "soft.h"

enum { ADDRESS_BYTES = 8, WIDE_VECTOR_BYTES = 16 };

typedef struct pair {
    nf_vreg to, from;
} pair;

typedef struct call_plan {
    NF_VEC(pair) moves; /* physical registers on one side */
    nf_abi_walk walk;
    bool wide;        /* passes vectors of 32 or 64 bytes */
    bool spills_over; /* has stack arguments */
} call_plan;

static void emit_moves(nf_select *s, const call_plan *plan)
{
    if (plan->moves.count == 0) return;
    nf_lir_begin(s->lir, NF_LIR_MOVES, 0);
    for (uint32_t i = 0; i < plan->moves.count; i++) {
        pair p = plan->moves.data[i];
        nf_lir_add(s->lir, NF_LIR_DEF, p.to);
        nf_lir_add(s->lir, NF_LIR_FROM, p.from);
        nf_vreg inside = nf_vreg_is_fixed(p.to) ? p.from : p.to;
        nf_vreg fixed = nf_vreg_is_fixed(p.to) ? p.to : p.from;
        nf_vreg_data *data = nf_vreg_at(s->lir, inside);
        if (data->hint.id == 0 && !nf_vreg_is_fixed(inside)) data->hint = fixed;
    }
    nf_lir_end(s->lir);
}

/* --- arguments --- */

static void plan_argument(nf_select *s, call_plan *plan, nf_type type, nf_value value)
{
    nf_abi_place place = nf_abi_next(&plan->walk, type);
    nf_lir_mem slot = {.kind = NF_LIR_MEM_ARGUMENT, .disp = (int32_t)place.stack_offset};
    plan->wide |= nf_type_bytes(type) > WIDE_VECTOR_BYTES;
    plan->spills_over |= place.reg == NF_REG_NONE;
    bool narrow = nf_type_bytes(type) < 4;
    int64_t imm;
    if (!narrow && place.reg == NF_REG_NONE) {
        nf_select_write(s, type, slot, value);
        return;
    }
    nf_vreg v;
    if (narrow && nf_select_is_int(s, value, &imm))
        v = nf_select_int(s, type == NF_I8 ? (uint8_t)imm : (uint16_t)imm);
    else
        v = narrow ? nf_select_extended(s, value, false, 4) : nf_select_value(s, value);
    if (place.reg == NF_REG_NONE)
        nf_select_store(s, NF_X_MOV_MR, 4, slot, v);
    else
        NF_VEC_PUSH(s->arena, &plan->moves, (pair){nf_vreg_fixed((nf_reg)place.reg), v});
}

static call_plan plan_call(nf_select *s, const nf_inst *inst)
{
    call_plan plan = {0};
    nf_signature signature = nf_call_signature(s->func, inst);
    const nf_signature_data *data = nf_signature_at(s->func->module, signature);
    const nf_value *args = nf_call_args(s->func, inst);
    uint32_t count = nf_call_arg_count(inst);
    for (uint32_t i = 0; i < count; i++) {
        nf_type type = i < data->param_count ? data->params[i] : nf_type_of(s->func, args[i]);
        plan_argument(s, &plan, type, args[i]);
    }
    if (data->variadic) {
        pair al = {nf_vreg_fixed(NF_RAX), nf_select_int(s, plan.walk.vectors)};
        NF_VEC_PUSH(s->arena, &plan.moves, al);
    }
    plan.wide |= nf_type_bytes(data->result) > WIDE_VECTOR_BYTES;
    if (s->lir->outgoing_bytes < plan.walk.stack_bytes)
        s->lir->outgoing_bytes = plan.walk.stack_bytes;
    return plan;
}

/* The registers that the plan filled are read by the instruction that is open. */
static void add_argument_uses(nf_select *s, const call_plan *plan)
{
    for (uint32_t i = 0; i < plan->moves.count; i++)
        nf_lir_add(s->lir, NF_LIR_IMPLICIT, plan->moves.data[i].to);
    if (plan->wide) nf_lir_flag(s->lir, NF_LIR_WIDE_ABI);
}

/* --- whom to call --- */

typedef enum callee_kind { CALLEE_SELF, CALLEE_STUB, CALLEE_FAR, CALLEE_VALUE } callee_kind;

typedef struct callee {
    callee_kind kind;
    uint64_t address;
    nf_lir_mem far; /* where its address stands */
} callee;

static bool is_indirect(const nf_inst *inst)
{
    return inst->op == NF_OP_CALL_INDIRECT || inst->op == NF_OP_TAIL_CALL_INDIRECT;
}

static callee callee_of(nf_select *s, const nf_inst *inst)
{
    if (is_indirect(inst)) return (callee){.kind = CALLEE_VALUE};
    nf_symbol symbol = {(uint32_t)inst->imm};
    if (symbol.id == s->func->symbol.id) return (callee){.kind = CALLEE_SELF};
    callee c = {.kind = CALLEE_STUB, .address = nf_select_symbol(s, symbol)};
    if (nf_symbol_is_near(s->func->module, symbol)) return c;
    c.kind = CALLEE_FAR;
    c.far = nf_select_constant(s, &c.address, ADDRESS_BYTES).mem;
    return c;
}

static void begin_call(nf_select *s, const callee *c, nf_vreg target)
{
    static const uint16_t ops[] = {[CALLEE_SELF] = NF_LIR_CALL_SELF,
                                   [CALLEE_STUB] = NF_LIR_CALL_STUB,
                                   [CALLEE_FAR] = NF_X_CALL_M,
                                   [CALLEE_VALUE] = NF_X_CALL_R};
    nf_lir_begin(s->lir, ops[c->kind], ADDRESS_BYTES);
    nf_lir_flag(s->lir, NF_LIR_CLOBBERS);
    if (c->kind == CALLEE_STUB) nf_lir_address(s->lir, c->address);
    if (c->kind == CALLEE_FAR) nf_lir_mem_add(s->lir, c->far);
    if (c->kind == CALLEE_VALUE) nf_lir_add(s->lir, NF_LIR_USE, target);
}

void nf_lower_call(nf_select *s, nf_value v, const nf_inst *inst)
{
    call_plan plan = plan_call(s, inst);
    callee c = callee_of(s, inst);
    nf_vreg target = {0};
    if (c.kind == CALLEE_VALUE) target = nf_select_value(s, inst->a);
    emit_moves(s, &plan);
    begin_call(s, &c, target);
    add_argument_uses(s, &plan);
    bool wanted = inst->type != NF_VOID && s->vregs[v.id].id != 0;
    nf_vreg result = {0};
    if (wanted) {
        result = nf_vreg_fixed(nf_abi_result(inst->type));
        nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, result);
    }
    nf_lir_end(s->lir);
    if (wanted) nf_select_move(s, nf_select_result(s, v), result);
    s->lir->has_calls = true;
}

/* The bits of a scalar number, in a general register. */
static nf_vreg bits_of(nf_select *s, nf_value value)
{
    unsigned op = nf_select_has(s, NF_CPU_AVX) ? NF_X_VMOVD_MR : NF_X_MOVD_MR;
    nf_vreg bits = nf_select_gpr(s);
    nf_lir_rm number = {.vreg = nf_select_value(s, value), .in_register = true};
    nf_select_unary(s, op, nf_type_bytes(nf_select_inst(s, value)->type), bits, number);
    return bits;
}

void nf_select_soft(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    bool avx = nf_select_has(s, NF_CPU_AVX);
    const nf_value args[] = {inst->a, inst->b, inst->c};
    uint32_t what = inst->op | (uint32_t)inst->type << NF_SOFT_TYPE_SHIFT;
    uint64_t address = (uintptr_t)nf_baseline_soft;
    nf_vreg bits = nf_select_gpr(s), rax = nf_vreg_fixed(NF_RAX);
    call_plan plan = {0};
    for (uint32_t i = 0; i < sizeof args / sizeof *args; i++) {
        pair move = {nf_vreg_fixed((nf_reg)nf_abi_gpr_args[i]), bits_of(s, args[i])};
        NF_VEC_PUSH(s->arena, &plan.moves, move);
    }
    pair last = {nf_vreg_fixed(NF_RCX), nf_select_int(s, what)};
    NF_VEC_PUSH(s->arena, &plan.moves, last);
    emit_moves(s, &plan);
    nf_lir_begin(s->lir, NF_X_CALL_M, ADDRESS_BYTES);
    nf_lir_flag(s->lir, NF_LIR_CLOBBERS);
    nf_lir_rm_add(s->lir, nf_select_constant(s, &address, ADDRESS_BYTES));
    add_argument_uses(s, &plan);
    nf_lir_add(s->lir, NF_LIR_IMPLICIT_DEF, rax);
    nf_lir_end(s->lir);
    nf_select_move(s, bits, rax);
    nf_select_unary(s, avx ? NF_X_VMOVD : NF_X_MOVD, nf_type_bytes(inst->type), d,
                    nf_rm_vreg(bits));
    s->lir->has_calls = true;
}

/* The target goes to a register that neither carries an argument nor is restored. */
void nf_lower_tail_call(nf_select *s, nf_value v, const nf_inst *inst)
{
    (void)v;
    static const uint16_t ops[] = {[CALLEE_SELF] = NF_LIR_TAIL_SELF,
                                   [CALLEE_STUB] = NF_LIR_TAIL_STUB,
                                   [CALLEE_FAR] = NF_LIR_TAIL_M,
                                   [CALLEE_VALUE] = NF_LIR_TAIL_R};
    call_plan plan = plan_call(s, inst);
    callee c = callee_of(s, inst);
    nf_vreg target = nf_vreg_fixed(NF_R11);
    if (plan.spills_over) nf_select_unsupported(s, inst);
    if (c.kind == CALLEE_VALUE) {
        pair move = {target, nf_select_value(s, inst->a)};
        NF_VEC_PUSH(s->arena, &plan.moves, move);
    }
    emit_moves(s, &plan);
    nf_lir_begin(s->lir, ops[c.kind], ADDRESS_BYTES);
    if (c.kind == CALLEE_STUB) nf_lir_address(s->lir, c.address);
    if (c.kind == CALLEE_FAR) nf_lir_mem_add(s->lir, c.far);
    add_argument_uses(s, &plan);
    nf_lir_end(s->lir);
}

/* --- entry and return --- */

/* Where each parameter arrives; those on the stack stay there until they are needed. */
static void entry_param(nf_select *s, call_plan *plan, nf_vreg v, nf_type type)
{
    nf_abi_place place = nf_abi_next(&plan->walk, type);
    if (v.id == 0) return;
    if (place.reg != NF_REG_NONE) {
        NF_VEC_PUSH(s->arena, &plan->moves, (pair){v, nf_vreg_fixed((nf_reg)place.reg)});
        return;
    }
    nf_vreg_data *data = nf_vreg_at(s->lir, v);
    data->remat = NF_REMAT_INCOMING;
    data->payload = place.stack_offset;
    nf_lir_begin(s->lir, NF_LIR_REMAT, 0);
    nf_lir_add(s->lir, NF_LIR_DEF, v);
    nf_lir_end(s->lir);
}

/* When the entry block is jumped to, the parameters arrive in a block before it. */
void nf_select_entry(nf_select *s)
{
    const nf_block_data *entry = nf_block_at(s->func, s->func->entry);
    nf_lir_block *first = &s->lir->blocks[0];
    bool front = first->origin.id == 0;
    call_plan plan = {0};
    uint32_t args = s->lir->args.count;
    for (uint32_t i = 0; i < entry->param_count; i++) {
        nf_value param = nf_param_at(s->func, s->func->entry, i);
        nf_type type = nf_type_of(s->func, param);
        nf_vreg v = s->vregs[param.id];
        if (front && v.id != 0) v = nf_select_temp(s, type);
        if (front) NF_VEC_PUSH(s->arena, &s->lir->args, v);
        entry_param(s, &plan, v, type);
    }
    emit_moves(s, &plan);
    if (!front) return;
    nf_lir_edge *edge = &s->lir->edges.data[first->edges];
    edge->args = args;
    edge->arg_count = entry->param_count;
    nf_lir_begin(s->lir, NF_LIR_JMP, 0);
    nf_lir_end(s->lir);
}

void nf_lower_ret(nf_select *s, nf_value v, const nf_inst *inst)
{
    (void)v;
    call_plan plan = {0};
    nf_vreg result = {0};
    if (inst->a.id != 0) {
        nf_type type = nf_select_inst(s, inst->a)->type;
        result = nf_vreg_fixed(nf_abi_result(type));
        plan.wide = nf_type_bytes(type) > WIDE_VECTOR_BYTES;
        NF_VEC_PUSH(s->arena, &plan.moves, (pair){result, nf_select_value(s, inst->a)});
    }
    emit_moves(s, &plan);
    nf_lir_begin(s->lir, NF_LIR_RET, 0);
    add_argument_uses(s, &plan);
    nf_lir_end(s->lir);
}

void nf_lower_trap(nf_select *s, nf_value v, const nf_inst *inst)
{
    (void)v;
    (void)inst;
    nf_lir_begin(s->lir, NF_X_UD2, 0);
    nf_lir_end(s->lir);
}

/* --- branches --- */

/* Whether the parameter will have a register: asked for already, or, on a back edge, used. */
static bool param_matters(const nf_select *s, const nf_lir_edge *edge, nf_value param)
{
    if (s->vregs[param.id].id != 0) return true;
    return edge->to <= edge->from && s->uses[param.id] > 0;
}

static void select_edges(nf_select *s, nf_value terminator)
{
    nf_lir *lir = s->lir;
    const nf_lir_block *block = s->lir_block;
    for (uint32_t i = 0; i < block->edge_count; i++) {
        const nf_edge *source = nf_edge_at(s->func, terminator, i);
        const nf_value *args = nf_edge_args(s->func, source);
        nf_lir_edge *edge = &lir->edges.data[block->edges + i];
        edge->args = lir->args.count;
        edge->arg_count = source->arg_count;
        for (uint32_t j = 0; j < source->arg_count; j++) {
            bool matters = param_matters(s, edge, nf_param_at(s->func, source->to, j));
            nf_vreg v = matters ? nf_select_value(s, args[j]) : (nf_vreg){0};
            NF_VEC_PUSH(s->arena, &lir->args, v);
        }
    }
}

void nf_lower_br(nf_select *s, nf_value v, const nf_inst *inst)
{
    (void)inst;
    select_edges(s, v);
    nf_lir_begin(s->lir, NF_LIR_JMP, 0);
    nf_lir_end(s->lir);
}

void nf_lower_brif(nf_select *s, nf_value v, const nf_inst *inst)
{
    select_edges(s, v);
    nf_flags flags = nf_select_condition(s, inst->a);
    nf_lir_begin(s->lir, NF_LIR_JCC, 0);
    nf_lir_cc(s->lir, flags.cc);
    nf_lir_flag(s->lir, flags.parity);
    nf_lir_end(s->lir);
}

/* Keys are sign-extended, so narrow values are as well. Without keys it is a jump. */
void nf_lower_switch(nf_select *s, nf_value v, const nf_inst *inst)
{
    if (s->lir_block->edge_count == 1) {
        nf_lower_br(s, v, inst);
        return;
    }
    select_edges(s, v);
    unsigned width = nf_type_bytes(nf_select_inst(s, inst->a)->type) == 8 ? 8 : 4;
    nf_vreg value = nf_select_extended(s, inst->a, true, width);
    nf_vreg first = nf_select_gpr(s), second = nf_select_gpr(s);
    nf_lir_begin(s->lir, NF_LIR_SWITCH, width);
    nf_lir_add(s->lir, NF_LIR_USE, value);
    nf_lir_add(s->lir, NF_LIR_TEMP, first);
    nf_lir_add(s->lir, NF_LIR_TEMP, second);
    nf_lir_end(s->lir);
}
