/*
 * Comparisons as flags, and what uses flags: a 0 or 1, a choice, a jump.
 *
 * ucomiss x, y sets CF, ZF and PF all when either is a NaN, and else CF for x < y, ZF for x == y.
 * So "above" is false on NaN and "below" true, and with the operands exchanged where needed every
 * condition is one flag test but two: equal (ordered) is E and not P, its opposite NE or P.
 */
#include "baseline_internal.h"

static const uint8_t int_cc[] = {
    [NF_EQ] = NF_CC_E,   [NF_NE] = NF_CC_NE, [NF_SLT] = NF_CC_L, [NF_SGE] = NF_CC_GE,
    [NF_SLE] = NF_CC_LE, [NF_SGT] = NF_CC_G, [NF_ULT] = NF_CC_B, [NF_UGE] = NF_CC_AE,
    [NF_ULE] = NF_CC_BE, [NF_UGT] = NF_CC_A,
};

static const struct {
    bool swap;
    nf_test test;
} float_tests[NF_COND_COUNT] = {
    [NF_FOEQ] = {false, {NF_CC_E, EQUAL_ORDERED}},
    [NF_FUNE] = {false, {NF_CC_NE, UNEQUAL_UNORDERED}},
    [NF_FOLT] = {true, {NF_CC_A, PLAIN}},
    [NF_FUGE] = {true, {NF_CC_BE, PLAIN}},
    [NF_FOLE] = {true, {NF_CC_AE, PLAIN}},
    [NF_FUGT] = {true, {NF_CC_B, PLAIN}},
    [NF_FOGT] = {false, {NF_CC_A, PLAIN}},
    [NF_FULE] = {false, {NF_CC_BE, PLAIN}},
    [NF_FOGE] = {false, {NF_CC_AE, PLAIN}},
    [NF_FULT] = {false, {NF_CC_B, PLAIN}},
    [NF_FONE] = {false, {NF_CC_NE, PLAIN}},
    [NF_FUEQ] = {false, {NF_CC_E, PLAIN}},
    [NF_FORD] = {false, {NF_CC_NP, PLAIN}},
    [NF_FUNO] = {false, {NF_CC_P, PLAIN}},
};

static nf_test compare_ints(nf_baseline *job, const nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->from);
    nf_operand a = w->a, b = w->b;
    if (a.at == AT_REG && b.at == AT_INT && b.disp == 0)
        nf_asm_rr(&job->a, NF_X_TEST, bytes, a.reg, a.reg);
    else if (a.at == AT_SLOT && b.at == AT_INT)
        nf_asm_mi(&job->a, NF_X_CMP_I, bytes, nf_slot(a), b.disp);
    else if (a.at == AT_SLOT && b.at == AT_REG)
        nf_asm_mr(&job->a, NF_X_CMP_MR, bytes, nf_slot(a), b.reg);
    else
        nf_alu(job, NF_X_CMP, bytes, nf_operand_int(job, a, bytes, SCRATCH_A), b);
    return (nf_test){int_cc[w->sub], PLAIN};
}

static nf_test compare_floats(nf_baseline *job, const nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->from);
    nf_insn insn = bytes == 4 ? NF_X_UCOMISS : NF_X_UCOMISD;
    bool swap = float_tests[w->sub].swap;
    nf_operand x = swap ? w->b : w->a, y = swap ? w->a : w->b;
    nf_reg reg = nf_operand_float(job, x, bytes, SCRATCH_X);
    nf_mem mem;
    if (nf_operand_float_mem(job, y, bytes, &mem))
        nf_xmm_rm(job, insn, bytes, reg, mem);
    else
        nf_xmm_rr(job, insn, bytes, reg, y.reg);
    return float_tests[w->sub].test;
}

nf_test nf_compare(nf_baseline *job, nf_work *w)
{
    return w->op == NF_OP_ICMP ? compare_ints(job, w) : compare_floats(job, w);
}

/* The usual case on its own: a register of 4 or 8 bytes with another or a small constant but 0. */
ALWAYS_INLINE bool simple_compare(nf_baseline *job, const nf_inst *inst)
{
    nf_operand a = nf_operand_of(job, inst->a), b = nf_operand_of(job, inst->b);
    nf_type type = nf_type_of(job->f, inst->a);
    bool is_int = b.at == AT_INT, is_wide = (type == NF_I64) | (type == NF_I32);
    bool usual = (a.at == AT_REG) & ((b.at == AT_REG) | (is_int & (b.disp != 0)));
    if (!usual | !is_wide | (inst->op != NF_OP_ICMP)) return false;
    quick_r_any(&job->a, QUICK_CMP, type == NF_I64 ? 8 : 4, a.reg, is_int, b.reg, b.disp);
    return true;
}

nf_test nf_condition(nf_baseline *job, nf_operand o)
{
    if (o.at == AT_FUSED) {
        const nf_inst *inst = nf_inst_at(job->f, (nf_value){o.value});
        if (simple_compare(job, inst)) return (nf_test){int_cc[inst->sub], PLAIN};
        nf_work w;
        nf_work_fill(job, &w, inst);
        return nf_compare(job, &w);
    }
    if (o.at == AT_SLOT) {
        nf_asm_mi(&job->a, NF_X_CMP_I, 1, nf_slot(o), 0);
    } else {
        nf_reg reg = nf_operand_int(job, o, 1, SCRATCH_A);
        nf_asm_rr(&job->a, NF_X_TEST, 1, reg, reg);
    }
    return (nf_test){NF_CC_NE, PLAIN};
}

nf_test nf_test_not(nf_test test)
{
    test.cc ^= 1;
    if (test.parity != PLAIN)
        test.parity = test.parity == EQUAL_ORDERED ? UNEQUAL_UNORDERED : EQUAL_ORDERED;
    return test;
}

void nf_jump_if(nf_baseline *job, nf_test test, nf_label to)
{
    if (test.parity == EQUAL_ORDERED) {
        nf_label unordered = nf_asm_label(&job->a);
        nf_asm_jcc(&job->a, NF_CC_P, unordered);
        nf_asm_jcc(&job->a, NF_CC_E, to);
        nf_asm_bind(&job->a, unordered);
        return;
    }
    nf_asm_jcc(&job->a, test.cc, to);
    if (test.parity == UNEQUAL_UNORDERED) nf_asm_jcc(&job->a, NF_CC_P, to);
}

void nf_emit_compare(nf_baseline *job, nf_work *w)
{
    nf_test test = nf_compare(job, w);
    nf_asm_setcc(&job->a, test.cc, w->dst);
    if (test.parity == PLAIN) return;
    bool both = test.parity == EQUAL_ORDERED;
    nf_asm_setcc(&job->a, both ? NF_CC_NP : NF_CC_P, SCRATCH_C);
    nf_asm_rr(&job->a, both ? NF_X_AND : NF_X_OR, 4, w->dst, SCRATCH_C);
}

/* Most comparisons are made where they are used. */
void nf_emit_simple_compare(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    if (nf_operand_of(job, v).at != AT_FUSED) nf_emit_scalar(job, v, inst);
}

/* --- choice; moves leave the flags alone --- */

static void conditional_move(nf_baseline *job, nf_cc cc, unsigned bytes, nf_reg dst, nf_operand o)
{
    if (o.at == AT_SLOT)
        nf_asm_cmov_m(&job->a, cc, bytes, dst, nf_slot(o));
    else
        nf_asm_cmov(&job->a, cc, bytes, dst, nf_operand_int(job, o, bytes, SCRATCH_D));
}

static void exchange(nf_operand *x, nf_operand *y, nf_test *test)
{
    nf_operand other = *x;
    *x = *y;
    *y = other;
    *test = nf_test_not(*test);
}

/* dst = if_false; then dst = if_true where the test holds, which takes one move or two. */
static void select_int(nf_baseline *job, nf_work *w, nf_test test)
{
    unsigned bytes = nf_type_bytes(w->type) == 8 ? 8 : 4;
    nf_operand if_true = w->b, if_false = w->c;
    if (test.parity == EQUAL_ORDERED) exchange(&if_true, &if_false, &test);
    if (nf_operand_is_reg(if_true, w->dst) && !nf_operand_is_reg(if_false, w->dst)) {
        if (test.parity == PLAIN) {
            exchange(&if_true, &if_false, &test);
        } else {
            nf_operand_int_to(job, if_true, bytes, SCRATCH_C);
            if_true = nf_operand_reg(SCRATCH_C);
        }
    }
    nf_operand_int_to(job, if_false, bytes, w->dst);
    conditional_move(job, test.cc, bytes, w->dst, if_true);
    if (test.parity == UNEQUAL_UNORDERED) conditional_move(job, NF_CC_P, bytes, w->dst, if_true);
}

static void select_float(nf_baseline *job, nf_work *w, nf_test test)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_operand if_true = w->b, if_false = w->c;
    nf_label done = nf_asm_label(&job->a);
    if (nf_operand_is_reg(if_false, w->dst)) exchange(&if_true, &if_false, &test);
    nf_operand_float_to(job, if_true, bytes, w->dst);
    nf_jump_if(job, test, done);
    nf_operand_float_to(job, if_false, bytes, w->dst);
    nf_asm_bind(&job->a, done);
}

void nf_emit_select(nf_baseline *job, nf_work *w)
{
    nf_test test = nf_condition(job, w->a);
    if (NF_TYPE_IS_FLOAT(w->type))
        select_float(job, w, test);
    else
        select_int(job, w, test);
}
