/*
 * Comparisons, and what takes their outcome from the flags: branches, selects, booleans.
 *
 * A comparison in the same block as its user is done right in front of the user and never becomes a
 * boolean; with several users it is done again for each (but then its loads stay where they are).
 *
 *     %c = icmp.i32 slt %a, %b            cmp a, b
 *     %m = select.i32 %c, %x, %y          mov m, y; cmovl m, x
 *
 * UCOMISS sets ZF, PF and CF; all three when an operand is a NaN. So "greater" (A) is false on NaN
 * and "below" (B) is true: `olt` exchanges its operands, which a comparison may. Equality needs the
 * parity flag as well:
 *
 *     oeq = E and NP      une = NE or P       (Intel SDM volume 1, 4.8.4.3; UCOMISD)
 */
#include "select_internal.h"

/* What to look at after comparing a with b, or b with a. */
typedef struct reading {
    uint8_t cc;
    bool exchanged;
    uint8_t parity;
} reading;

static const reading readings[NF_COND_COUNT] = {
    [NF_EQ] = {NF_CC_E, false, 0},
    [NF_NE] = {NF_CC_NE, false, 0},
    [NF_SLT] = {NF_CC_L, false, 0},
    [NF_SGE] = {NF_CC_GE, false, 0},
    [NF_SLE] = {NF_CC_LE, false, 0},
    [NF_SGT] = {NF_CC_G, false, 0},
    [NF_ULT] = {NF_CC_B, false, 0},
    [NF_UGE] = {NF_CC_AE, false, 0},
    [NF_ULE] = {NF_CC_BE, false, 0},
    [NF_UGT] = {NF_CC_A, false, 0},
    [NF_FOEQ] = {NF_CC_E, false, NF_LIR_AND_NOT_PARITY},
    [NF_FUNE] = {NF_CC_NE, false, NF_LIR_OR_PARITY},
    [NF_FOLT] = {NF_CC_A, true, 0},
    [NF_FUGE] = {NF_CC_BE, true, 0},
    [NF_FOLE] = {NF_CC_AE, true, 0},
    [NF_FUGT] = {NF_CC_B, true, 0},
    [NF_FOGT] = {NF_CC_A, false, 0},
    [NF_FULE] = {NF_CC_BE, false, 0},
    [NF_FOGE] = {NF_CC_AE, false, 0},
    [NF_FULT] = {NF_CC_B, false, 0},
    [NF_FONE] = {NF_CC_NE, false, 0},
    [NF_FUEQ] = {NF_CC_E, false, 0},
    [NF_FORD] = {NF_CC_NP, false, 0},
    [NF_FUNO] = {NF_CC_P, false, 0},
};

static unsigned bytes_of_value(const nf_select *s, nf_value v)
{
    return nf_type_bytes(nf_select_inst(s, v)->type);
}

static bool fits_imm32(int64_t value)
{
    return value == (int32_t)value;
}

static nf_flags inverted(nf_flags flags)
{
    unsigned both = NF_LIR_AND_NOT_PARITY | NF_LIR_OR_PARITY;
    flags.cc ^= 1;
    if (flags.parity != 0) flags.parity ^= both;
    return flags;
}

/* --- setting the flags --- */

static void emit_two(nf_select *s, unsigned op, unsigned width, nf_vreg a, nf_lir_rm b)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_add(s->lir, NF_LIR_USE, a);
    nf_lir_rm_add(s->lir, b);
    nf_lir_end(s->lir);
}

static void emit_imm(nf_select *s, unsigned op, unsigned width, nf_lir_rm a, int64_t imm)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_rm_add(s->lir, a);
    nf_lir_imm(s->lir, imm);
    nf_lir_end(s->lir);
}

/* test a, b for an and that nobody else wants. */
static bool test_and(nf_select *s, nf_value v, unsigned width)
{
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->op != NF_OP_AND || !nf_select_folds(s, v)) return false;
    int64_t imm;
    if (nf_select_is_int(s, inst->b, &imm) && fits_imm32(imm)) {
        emit_imm(s, NF_X_TEST_I, width, nf_select_rm(s, inst->a, width), imm);
        return true;
    }
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    emit_two(s, NF_X_TEST, width, nf_select_value(s, inst->a), b);
    return true;
}

/* Flags of v compared with 0: ZF and SF, with CF and OF clear. */
static void test_zero(nf_select *s, nf_value v, unsigned width)
{
    if (test_and(s, v, width)) return;
    nf_lir_rm a = nf_select_rm(s, v, width);
    if (a.vreg.id == 0)
        emit_imm(s, NF_X_CMP_I, width, a, 0);
    else
        emit_two(s, NF_X_TEST, width, a.vreg, (nf_lir_rm){.vreg = a.vreg, .in_register = true});
}

/* The condition with its operands exchanged. */
static nf_cc exchanged_cc(nf_cc cc)
{
    static const uint8_t exchanged[] = {
        [NF_CC_E] = NF_CC_E,   [NF_CC_NE] = NF_CC_NE, [NF_CC_B] = NF_CC_A, [NF_CC_A] = NF_CC_B,
        [NF_CC_AE] = NF_CC_BE, [NF_CC_BE] = NF_CC_AE, [NF_CC_L] = NF_CC_G, [NF_CC_G] = NF_CC_L,
        [NF_CC_GE] = NF_CC_LE, [NF_CC_LE] = NF_CC_GE};
    return (nf_cc)exchanged[cc];
}

/* Below 1 is not above 0, which takes no immediate. */
static void prefer_zero(int64_t *imm, nf_cc *cc)
{
    if (*imm != 1 || !(*cc == NF_CC_L || *cc == NF_CC_GE || *cc == NF_CC_B || *cc == NF_CC_AE))
        return;
    *imm = 0;
    *cc = *cc == NF_CC_L    ? NF_CC_LE
          : *cc == NF_CC_GE ? NF_CC_G
          : *cc == NF_CC_B  ? NF_CC_E
                            : NF_CC_NE;
}

static nf_flags compare_ints(nf_select *s, const nf_inst *inst)
{
    nf_flags flags = {.cc = (nf_cc)readings[inst->sub].cc};
    unsigned width = bytes_of_value(s, inst->a);
    nf_value a = inst->a, b = inst->b;
    int64_t imm;
    if (nf_select_is_int(s, a, &imm) && !nf_select_is_int(s, b, &imm)) {
        a = inst->b;
        b = inst->a;
        flags.cc = exchanged_cc(flags.cc);
    }
    if (nf_select_is_int(s, b, &imm) && fits_imm32(imm)) {
        prefer_zero(&imm, &flags.cc);
        if (imm == 0)
            test_zero(s, a, width);
        else
            emit_imm(s, NF_X_CMP_I, width, nf_select_rm(s, a, width), imm);
        return flags;
    }
    nf_lir_rm second = nf_select_rm(s, b, width);
    nf_lir_rm first =
        second.vreg.id == 0 ? nf_rm_vreg(nf_select_value(s, a)) : nf_select_rm(s, a, width);
    if (first.vreg.id != 0) {
        emit_two(s, NF_X_CMP, width, first.vreg, second);
    } else {
        emit_two(s, NF_X_CMP, width, second.vreg, first);
        flags.cc = exchanged_cc(flags.cc);
    }
    return flags;
}

static nf_flags compare_floats(nf_select *s, const nf_inst *inst)
{
    const reading *r = &readings[inst->sub];
    unsigned bytes = bytes_of_value(s, inst->a);
    bool avx = nf_select_has(s, NF_CPU_AVX);
    unsigned op =
        bytes == 4 ? (avx ? NF_X_VUCOMISS : NF_X_UCOMISS) : (avx ? NF_X_VUCOMISD : NF_X_UCOMISD);
    nf_value a = r->exchanged ? inst->b : inst->a, b = r->exchanged ? inst->a : inst->b;
    nf_lir_rm second = nf_select_rm(s, b, bytes);
    emit_two(s, op, bytes, nf_select_value(s, a), second);
    return (nf_flags){.cc = (nf_cc)r->cc, .parity = r->parity};
}

static bool is_comparison(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->block.id != s->block.id || NF_TYPE_IS_VECTOR(inst->type)) return false;
    return inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP;
}

static nf_flags compare(nf_select *s, nf_value v, bool again)
{
    const nf_inst *inst = nf_select_inst(s, v);
    bool sealed = s->sealed;
    s->sealed |= again;
    nf_flags flags = inst->op == NF_OP_ICMP ? compare_ints(s, inst) : compare_floats(s, inst);
    s->sealed = sealed;
    return flags;
}

/* The boolean that v is the opposite or the same of: `icmp eq b, 0`, `icmp ne b, 0`, `xor b, 1`
 * where b is 0 or 1. */
static bool is_boolean(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    return inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP;
}

static bool see_through(const nf_select *s, nf_value *v, bool *invert)
{
    const nf_inst *inst = nf_select_inst(s, *v);
    int64_t imm;
    if (inst->type != NF_I8 || !nf_select_folds(s, *v)) return false;
    if (inst->op == NF_OP_XOR && nf_select_is_int(s, inst->b, &imm) && imm == 1 &&
        is_boolean(s, inst->a)) {
        *invert = !*invert;
    } else if (inst->op == NF_OP_ICMP && inst->sub <= NF_NE &&
               nf_select_inst(s, inst->a)->type == NF_I8 && nf_select_is_int(s, inst->b, &imm) &&
               imm == 0) {
        *invert ^= inst->sub == NF_EQ;
    } else {
        return false;
    }
    *v = inst->a;
    return true;
}

nf_flags nf_select_condition(nf_select *s, nf_value condition)
{
    bool invert = false;
    nf_flags flags = {.cc = NF_CC_NE};
    while (see_through(s, &condition, &invert)) continue;
    if (is_comparison(s, condition))
        flags = compare(s, condition, !nf_select_folds(s, condition));
    else
        test_zero(s, condition, 1);
    return invert ? inverted(flags) : flags;
}

/* --- reading the flags --- */

static nf_vreg setcc_new(nf_select *s, nf_cc cc)
{
    nf_vreg d = nf_select_gpr(s);
    nf_lir_begin(s->lir, NF_X_SETCC, 1);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_cc(s->lir, cc);
    nf_lir_end(s->lir);
    return d;
}

void nf_select_setcc(nf_select *s, nf_vreg d, nf_flags flags)
{
    if (flags.parity == 0) {
        nf_lir_begin(s->lir, NF_X_SETCC, 1);
        nf_lir_add(s->lir, NF_LIR_DEF, d);
        nf_lir_cc(s->lir, flags.cc);
        nf_lir_end(s->lir);
        return;
    }
    bool both = flags.parity == NF_LIR_AND_NOT_PARITY;
    nf_vreg main = setcc_new(s, flags.cc);
    nf_vreg parity = setcc_new(s, both ? NF_CC_NP : NF_CC_P);
    nf_select_binary(s, both ? NF_X_AND : NF_X_OR, 4, d, main, nf_rm_vreg(parity));
}

static void cmov(nf_select *s, unsigned width, nf_vreg d, nf_cc cc, nf_lir_rm b, nf_vreg otherwise)
{
    nf_lir_begin(s->lir, NF_X_CMOVCC, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_TIED, otherwise);
    nf_lir_rm_add(s->lir, b);
    nf_lir_cc(s->lir, cc);
    nf_lir_end(s->lir);
}

/* Equality: b where E holds, and otherwise again where P does. Inequality: b where NE or P does. */
void nf_select_cmov(nf_select *s, unsigned width, nf_vreg d, nf_flags flags, nf_lir_rm b,
                    nf_vreg otherwise)
{
    nf_vreg half = flags.parity == 0 ? d : nf_select_gpr(s);
    cmov(s, width, half, flags.cc, b, otherwise);
    if (flags.parity == NF_LIR_AND_NOT_PARITY)
        cmov(s, width, d, NF_CC_P, nf_rm_vreg(otherwise), half);
    else if (flags.parity == NF_LIR_OR_PARITY)
        cmov(s, width, d, NF_CC_P, b, half);
}

void nf_lower_compare(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    nf_flags flags = inst->op == NF_OP_ICMP ? compare_ints(s, inst) : compare_floats(s, inst);
    nf_select_setcc(s, d, flags);
}

/* --- select --- */

/* CMPSS's predicate for a condition, its operands perhaps exchanged; AVX has all of them. */
typedef struct predicate {
    uint8_t imm;
    bool exchanged;
} predicate;

static const predicate predicates[NF_COND_COUNT] = {
    [NF_FOEQ] = {0, false}, [NF_FOLT] = {1, false},  [NF_FOLE] = {2, false}, [NF_FUNO] = {3, false},
    [NF_FUNE] = {4, false}, [NF_FUGE] = {5, false},  [NF_FUGT] = {6, false}, [NF_FORD] = {7, false},
    [NF_FUEQ] = {8, false}, [NF_FONE] = {12, false}, [NF_FOGT] = {1, true},  [NF_FOGE] = {2, true},
    [NF_FULE] = {5, true},  [NF_FULT] = {6, true},
};

/* vcmpss m, a, b; vblendvps d, otherwise, x, m: no branch, no flags. */
static bool blend_floats(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    const nf_inst *test = nf_select_inst(s, inst->a);
    bool fits = test->op == NF_OP_FCMP && nf_select_folds(s, inst->a) &&
                nf_select_inst(s, test->a)->type == inst->type && nf_select_has(s, NF_CPU_AVX);
    if (!fits) return false;
    unsigned bytes = nf_type_bytes(inst->type);
    predicate p = predicates[test->sub];
    nf_vreg mask = nf_select_temp(s, inst->type);
    nf_lir_rm b = nf_select_rm(s, p.exchanged ? test->a : test->b, bytes);
    nf_vreg a = nf_select_value(s, p.exchanged ? test->b : test->a);
    nf_vreg x = nf_select_value(s, inst->b), otherwise = nf_select_value(s, inst->c);
    nf_select_binary_imm(s, bytes == 4 ? NF_X_VCMPSS : NF_X_VCMPSD, bytes, mask, a, b, p.imm);
    nf_lir_begin(s->lir, bytes == 4 ? NF_X_VBLENDVPS : NF_X_VBLENDVPD, 16);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_USE, otherwise);
    nf_lir_add(s->lir, NF_LIR_USE, x);
    nf_lir_add(s->lir, NF_LIR_USE, mask);
    nf_lir_end(s->lir);
    return true;
}

/* A jump over a move; parity becomes a boolean first. */
static void select_by_jump(nf_select *s, nf_vreg d, const nf_inst *inst)
{
    nf_vreg b = nf_select_value(s, inst->b), c = nf_select_value(s, inst->c);
    nf_flags flags = nf_select_condition(s, inst->a);
    if (flags.parity != 0) {
        nf_vreg truth = nf_select_gpr(s);
        nf_select_setcc(s, truth, flags);
        emit_two(s, NF_X_TEST, 1, truth, (nf_lir_rm){.vreg = truth, .in_register = true});
        flags = (nf_flags){.cc = NF_CC_NE};
    }
    nf_lir_begin(s->lir, NF_LIR_SELECT_V, nf_type_bytes(inst->type));
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_TIED, c);
    nf_lir_add(s->lir, NF_LIR_FROM, b);
    nf_lir_cc(s->lir, flags.cc);
    nf_lir_end(s->lir);
}

void nf_lower_select(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    if (NF_TYPE_IS_FLOAT(inst->type)) {
        if (!blend_floats(s, d, inst)) select_by_jump(s, d, inst);
        return;
    }
    unsigned width = nf_type_bytes(inst->type) == 8 ? 8 : 4;
    nf_lir_rm b = nf_select_rm(s, inst->b, width);
    nf_vreg otherwise = nf_select_value(s, inst->c);
    nf_flags flags = nf_select_condition(s, inst->a);
    if (flags.parity != 0 && b.vreg.id == 0) {
        nf_vreg loaded = nf_select_gpr(s);
        nf_select_unary(s, NF_X_MOV, width, loaded, b);
        b = nf_rm_vreg(loaded);
    }
    nf_select_cmov(s, width, d, flags, b, otherwise);
}
