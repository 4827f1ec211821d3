/*
 * Scalar integer arithmetic.
 *
 * The frame of every emitter here: dst may be a register of any operand that dies, so an operand
 * that is still read after dst has been written is saved first (guard). i8 and i16 are computed in
 * 32 bits where the low bits do not depend on the high ones (add, mul, and, shl), else with the
 * instructions of their width, or extended.
 *
 *   sub dst, a, b  with b in dst:     mov ecx, b;  mov dst, a;  sub dst, ecx
 *
 * Division: the hardware's traps are the ones that the operation wants when it is done at the
 * type's own width (idiv r/m8 takes AX, r/m16 DX:AX): by zero, and when the quotient does not fit.
 * Intel SDM volume 2, IDIV.
 */
#include "baseline_internal.h"

enum { NARROW_MAX = 2, BYTE_BITS = 8 };

#define IMMEDIATE_ROW(name)                                                                        \
    _Static_assert(NF_X_##name##_I == NF_X_##name + 2, "rows of insn.def: r, mr, immediate")
IMMEDIATE_ROW(ADD);
IMMEDIATE_ROW(SUB);
IMMEDIATE_ROW(AND);
IMMEDIATE_ROW(OR);
IMMEDIATE_ROW(XOR);
IMMEDIATE_ROW(CMP);

static unsigned wide(unsigned bytes)
{
    return bytes < 4 ? 4 : bytes;
}

/* dst = dst op o, for the instructions that have an immediate row. */
void nf_alu(nf_baseline *job, nf_insn insn, unsigned width, nf_reg dst, nf_operand o)
{
    if (o.at == AT_REG)
        nf_asm_rr(&job->a, insn, width, dst, o.reg);
    else if (o.at == AT_INT)
        nf_asm_ri(&job->a, insn + 2, width, dst, o.disp);
    else if (o.at == AT_SLOT)
        nf_asm_rm(&job->a, insn, width, dst, nf_slot(o));
    else
        nf_asm_rr(&job->a, insn, width, dst, nf_operand_int(job, o, width, SCRATCH_C));
}

void nf_alu_constant(nf_baseline *job, nf_insn insn, unsigned width, nf_reg dst, int64_t value)
{
    if (nf_fits_i32(value)) {
        nf_asm_ri(&job->a, insn + 2, width, dst, value);
        return;
    }
    nf_asm_mov_imm(&job->a, SCRATCH_C, (uint64_t)value, false);
    nf_asm_rr(&job->a, insn, width, dst, SCRATCH_C);
}

/* Copies an operand out of dst when dst will be written before it is read. */
static void guard(nf_baseline *job, const nf_work *w, nf_operand *o, unsigned bytes, nf_reg scratch)
{
    if (!nf_operand_is_reg(*o, w->dst)) return;
    nf_operand_int_to(job, *o, bytes, scratch);
    *o = nf_operand_reg(scratch);
}

static void swap_operands(nf_work *w)
{
    nf_operand a = w->a;
    w->a = w->b;
    w->b = a;
}

/* For commuting operations: constants second, and what is in dst first. */
static void order_operands(nf_work *w)
{
    if (w->a.at == AT_INT || nf_operand_is_reg(w->b, w->dst)) swap_operands(w);
}

static const struct {
    uint16_t insn;
    bool commutes;
} alu_rows[NF_OP_COUNT] = {
    [NF_OP_ADD] = {NF_X_ADD, true}, [NF_OP_SUB] = {NF_X_SUB, false}, [NF_OP_AND] = {NF_X_AND, true},
    [NF_OP_OR] = {NF_X_OR, true},   [NF_OP_XOR] = {NF_X_XOR, true},
};

void nf_emit_alu(nf_baseline *job, nf_work *w)
{
    unsigned bytes = wide(nf_type_bytes(w->type));
    if (alu_rows[w->op].commutes) order_operands(w);
    if (!nf_operand_is_reg(w->a, w->dst)) guard(job, w, &w->b, bytes, SCRATCH_C);
    nf_operand_int_to(job, w->a, bytes, w->dst);
    nf_alu(job, alu_rows[w->op].insn, bytes, w->dst, w->b);
}

/* A sum into a third register is an address computation. */
void nf_emit_add(nf_baseline *job, nf_work *w)
{
    order_operands(w);
    if (w->a.at != AT_REG || w->a.reg == w->dst) {
        nf_emit_alu(job, w);
        return;
    }
    nf_mem sum = nf_mem_base(w->a.reg, 0);
    if (w->b.at == AT_REG)
        sum.index = w->b.reg;
    else if (w->b.at == AT_INT)
        sum.disp = w->b.disp;
    else {
        nf_emit_alu(job, w);
        return;
    }
    nf_asm_rm(&job->a, NF_X_LEA, wide(nf_type_bytes(w->type)), w->dst, sum);
}

/* The usual case of the commonest operations on its own: a and the result in registers, b in one
 * or a small constant. What is what is found without branches, which would be guesses. */
enum { IN_REGISTER = 1 << AT_REG, IN_CODE = 1 << AT_INT };

typedef struct simple {
    nf_operand to, a, b;
    unsigned bytes;
    bool swapped; /* the result's register is b's and not a's */
} simple;

/* usual: where b may be. */
ALWAYS_INLINE bool is_simple(const nf_baseline *job, nf_value v, const nf_inst *inst, simple *s,
                             unsigned usual)
{
    const nf_baseline_value *values = job->values;
    s->to = values[v.id].place;
    s->a = values[inst->a.id].place;
    s->b = values[inst->b.id].place;
    s->bytes = inst->type == NF_I64 ? 8 : 4;
    s->swapped = (s->b.at == AT_REG) & (s->b.reg == s->to.reg) & (s->a.reg != s->to.reg);
    /* vectors are in neither */
    return ((s->to.at ^ AT_REG) | (s->a.at ^ AT_REG) | (~usual >> s->b.at & 1)) == 0;
}

/* to = a, unless they are swapped. */
ALWAYS_INLINE uint8_t *simple_move(uint8_t *p, const simple *s)
{
    return quick_mov_write(p, s->bytes, s->to.reg, s->swapped ? s->to.reg : s->a.reg);
}

/* A sum into a third register is an address. */
ALWAYS_INLINE void simple_sum(nf_baseline *job, const simple *s)
{
    bool is_reg = s->b.at == AT_REG;
    quick_memory(&job->a, QUICK_LEA, s->bytes, s->to.reg, s->a.reg, is_reg ? s->b.reg : NF_REG_NONE,
                 0, is_reg ? 0 : s->b.disp);
}

/* Operations with the same encodings are one case, and are told apart by data: what an indirect jump
 * does not depend on, it need not guess. */
static const struct {
    uint8_t opcode, imm8; /* as for quick_any_write() */
    uint8_t usual;        /* where b may be */
    bool commutes;
    uint8_t type_min;
    int32_t count_mask; /* of constants: all ones, or 0 where they count modulo the width */
} simple_rows[NF_OP_COUNT] = {
#define ALU(name, commutes)                                                                        \
    [NF_OP_##name] = {QUICK_##name, QUICK_IMM8, IN_REGISTER | IN_CODE, commutes, NF_I8, -1}
#define SHIFT(name, digit) [NF_OP_##name] = {digit, QUICK_SHIFT, IN_CODE, false, NF_I32, 0}
    ALU(ADD, true),         ALU(SUB, false),        ALU(AND, true),         ALU(OR, true),
    ALU(XOR, true),         SHIFT(SHL, QUICK_SHL),  SHIFT(LSHR, QUICK_SHR), SHIFT(ASHR, QUICK_SAR),
    SHIFT(ROTL, QUICK_ROL), SHIFT(ROTR, QUICK_ROR),
#undef ALU
#undef SHIFT
};

void nf_emit_simple(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    simple s;
    unsigned op = inst->op;
    bool good = is_simple(job, v, inst, &s, simple_rows[op].usual);
    bool exchanged = s.swapped & !simple_rows[op].commutes;
    if (!good || exchanged || inst->type < simple_rows[op].type_min) {
        nf_emit_scalar(job, v, inst);
    } else if ((op == NF_OP_ADD) & !s.swapped & (s.a.reg != s.to.reg)) {
        simple_sum(job, &s);
    } else {
        int32_t mask = (int32_t)(s.bytes * BYTE_BITS - 1) | simple_rows[op].count_mask;
        uint8_t *p = simple_move(job->a.cursor, &s);
        p = quick_any_write(p, simple_rows[op].opcode, simple_rows[op].imm8, s.bytes, s.to.reg,
                            s.b.at == AT_INT, s.swapped ? s.a.reg : s.b.reg, s.b.disp & mask);
        quick_end(&job->a, p);
    }
}

void nf_emit_simple_mul(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    simple s;
    bool good = is_simple(job, v, inst, &s, IN_REGISTER | IN_CODE);
    bool is_power = s.b.at == AT_INT && (s.b.value & (s.b.value - 1)) == 0;
    if (!good || is_power) {
        nf_emit_scalar(job, v, inst);
    } else if (s.b.at == AT_INT) {
        quick_imul_i(&job->a, s.bytes, s.to.reg, s.a.reg, s.b.disp);
    } else {
        uint8_t *p = simple_move(job->a.cursor, &s);
        p = quick_imul_write(p, s.bytes, s.to.reg, s.swapped ? s.a.reg : s.b.reg);
        quick_end(&job->a, p);
    }
}

static bool is_power_of_two(nf_operand o, nf_type type, unsigned *log2)
{
    unsigned bits = nf_type_bytes(type) * BYTE_BITS;
    uint64_t value = (uint64_t)(int64_t)o.disp;
    if (bits < 64) value &= (UINT64_C(1) << bits) - 1;
    if (o.at != AT_INT || value == 0 || (value & (value - 1)) != 0) return false;
    *log2 = (unsigned)__builtin_ctzll(value);
    return true;
}

static void multiply_by_constant(nf_baseline *job, nf_work *w, unsigned bytes)
{
    unsigned log2;
    if (is_power_of_two(w->b, w->type, &log2)) {
        nf_operand_int_to(job, w->a, bytes, w->dst);
        if (log2) nf_asm_ri(&job->a, NF_X_SHL_I, bytes, w->dst, log2);
    } else if (w->a.at == AT_SLOT) {
        nf_asm_rmi(&job->a, NF_X_IMUL_RMI, bytes, w->dst, nf_slot(w->a), w->b.disp);
    } else {
        nf_reg a = nf_operand_int(job, w->a, bytes, w->dst);
        nf_asm_rri(&job->a, NF_X_IMUL_RMI, bytes, w->dst, a, w->b.disp);
    }
}

void nf_emit_mul(nf_baseline *job, nf_work *w)
{
    unsigned bytes = wide(nf_type_bytes(w->type));
    order_operands(w);
    if (w->b.at == AT_INT) {
        multiply_by_constant(job, w, bytes);
        return;
    }
    if (!nf_operand_is_reg(w->a, w->dst)) guard(job, w, &w->b, bytes, SCRATCH_C);
    nf_operand_int_to(job, w->a, bytes, w->dst);
    if (w->b.at == AT_SLOT)
        nf_asm_rm(&job->a, NF_X_IMUL, bytes, w->dst, nf_slot(w->b));
    else
        nf_asm_rr(&job->a, NF_X_IMUL, bytes, w->dst, nf_operand_int(job, w->b, bytes, SCRATCH_C));
}

void nf_extend_to(nf_baseline *job, nf_operand o, bool sign, unsigned bytes, nf_reg to)
{
    if (bytes == 8) {
        nf_operand_int_to(job, o, bytes, to);
    } else if (o.at == AT_INT) {
        uint64_t mask = sign ? UINT64_MAX : (UINT64_C(1) << bytes * BYTE_BITS) - 1;
        nf_asm_mov_imm(&job->a, to, (uint64_t)(int64_t)o.disp & mask, false);
    } else if (o.at == AT_SLOT) {
        nf_asm_extend_m(&job->a, sign, 8, bytes, to, nf_slot(o));
    } else {
        nf_asm_extend(&job->a, sign, 8, bytes, to, o.reg);
    }
}

/* Narrow ones: the whole product in 64 bits. */
void nf_emit_mulh(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    bool sign = w->op == NF_OP_SMULH;
    nf_extend_to(job, w->a, sign, bytes, SCRATCH_A);
    nf_extend_to(job, w->b, sign, bytes, SCRATCH_C);
    if (bytes == 8) {
        nf_asm_r(&job->a, sign ? NF_X_IMUL1 : NF_X_MUL, bytes, SCRATCH_C);
        nf_operand_int_to(job, nf_operand_reg(SCRATCH_D), bytes, w->dst);
        return;
    }
    nf_asm_rr(&job->a, NF_X_IMUL, 8, SCRATCH_A, SCRATCH_C);
    nf_asm_ri(&job->a, NF_X_SHR_I, 8, SCRATCH_A, bytes * BYTE_BITS);
    nf_operand_int_to(job, nf_operand_reg(SCRATCH_A), bytes, w->dst);
}

/* --- division --- */

static bool divide_by_shift(nf_baseline *job, nf_work *w, unsigned bytes)
{
    unsigned log2;
    bool is_unsigned = w->op == NF_OP_UDIV || w->op == NF_OP_UREM;
    if (!is_unsigned || !is_power_of_two(w->b, w->type, &log2)) return false;
    nf_extend_to(job, w->a, false, bytes, w->dst);
    if (w->op == NF_OP_UDIV) {
        if (log2) nf_asm_ri(&job->a, NF_X_SHR_I, 8, w->dst, log2);
        return true;
    }
    nf_alu_constant(job, NF_X_AND, 8, w->dst, (int64_t)((UINT64_C(1) << log2) - 1));
    return true;
}

/* The upper half of the dividend; for bytes the whole of it is in AX. */
static void extend_dividend(nf_baseline *job, bool sign, unsigned bytes)
{
    if (bytes == 1)
        nf_asm_extend(&job->a, sign, 4, 1, SCRATCH_A, SCRATCH_A);
    else if (!sign)
        nf_asm_rr(&job->a, NF_X_XOR, 4, SCRATCH_D, SCRATCH_D);
    else
        nf_asm_zero_operand(&job->a,
                            bytes == 2   ? NF_X_CWD
                            : bytes == 4 ? NF_X_CDQ
                                         : NF_X_CQO,
                            bytes);
}

void nf_emit_divide(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    if (divide_by_shift(job, w, bytes)) return;
    bool sign = w->op == NF_OP_SDIV || w->op == NF_OP_SREM;
    bool remainder = w->op == NF_OP_SREM || w->op == NF_OP_UREM;
    nf_insn insn = sign ? NF_X_IDIV : NF_X_DIV;
    nf_operand_int_to(job, w->a, bytes, SCRATCH_A);
    nf_reg divisor = NF_REG_NONE;
    if (w->b.at != AT_SLOT) divisor = nf_operand_int(job, w->b, bytes, SCRATCH_C);
    extend_dividend(job, sign, bytes);
    if (w->b.at == AT_SLOT)
        nf_asm_m(&job->a, insn, bytes, nf_slot(w->b));
    else
        nf_asm_r(&job->a, insn, bytes, divisor);
    if (remainder && bytes == 1)
        nf_asm_ri(&job->a, NF_X_SHR_I, 4, SCRATCH_A, BYTE_BITS); /* it is in AH */
    nf_reg result = remainder && bytes > 1 ? SCRATCH_D : SCRATCH_A;
    nf_operand_int_to(job, nf_operand_reg(result), bytes, w->dst);
}

/* --- shifts --- */

static const struct {
    uint16_t by_constant, by_cl, by_register; /* the last with BMI2 */
} shift_rows[NF_OP_COUNT] = {
    [NF_OP_SHL] = {NF_X_SHL_I, NF_X_SHL_CL, NF_X_SHLX},
    [NF_OP_LSHR] = {NF_X_SHR_I, NF_X_SHR_CL, NF_X_SHRX},
    [NF_OP_ASHR] = {NF_X_SAR_I, NF_X_SAR_CL, NF_X_SARX},
    [NF_OP_ROTL] = {NF_X_ROL_I, NF_X_ROL_CL, NF_X_NONE},
    [NF_OP_ROTR] = {NF_X_ROR_I, NF_X_ROR_CL, NF_X_NONE},
};

static void shift_by_constant(nf_baseline *job, nf_work *w, unsigned bytes)
{
    unsigned count = (unsigned)w->b.disp & (bytes * BYTE_BITS - 1);
    nf_operand_int_to(job, w->a, bytes, w->dst);
    if (count) nf_asm_ri(&job->a, shift_rows[w->op].by_constant, bytes, w->dst, count);
}

static void shift_by_cl(nf_baseline *job, nf_work *w, unsigned bytes)
{
    nf_operand_int_to(job, w->b, bytes, SCRATCH_C);
    nf_operand_int_to(job, w->a, bytes, w->dst);
    nf_asm_r(&job->a, shift_rows[w->op].by_cl, bytes, w->dst);
}

/* The hardware takes counts modulo 32, or 64 at that width: narrow ones are cut here. */
void nf_emit_shift(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    if (w->b.at == AT_INT) {
        shift_by_constant(job, w, bytes);
    } else if (bytes <= NARROW_MAX) {
        nf_operand_int_to(job, w->b, bytes, SCRATCH_C);
        nf_asm_ri(&job->a, NF_X_AND_I, 4, SCRATCH_C, bytes * BYTE_BITS - 1);
        w->b = nf_operand_reg(SCRATCH_C);
        shift_by_cl(job, w, bytes);
    } else if (nf_has(job, NF_CPU_BMI2)) {
        nf_reg count = nf_operand_int(job, w->b, bytes, SCRATCH_C);
        nf_insn insn = shift_rows[w->op].by_register;
        if (w->a.at == AT_SLOT) {
            nf_asm_v_rrm(&job->a, insn, bytes, w->dst, count, nf_slot(w->a), NF_UNMASKED);
            return;
        }
        nf_reg a = nf_operand_int(job, w->a, bytes, SCRATCH_D);
        nf_asm_v_rrr(&job->a, insn, bytes, w->dst, a, count, NF_UNMASKED);
    } else {
        shift_by_cl(job, w, bytes);
    }
}

/* A rotation by 32 bits' worth of count is one modulo the width by itself. */
void nf_emit_rotate(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    if (w->b.at == AT_INT)
        shift_by_constant(job, w, bytes);
    else
        shift_by_cl(job, w, bytes);
}

/* --- minimum, maximum, absolute value, overflow --- */

void nf_emit_min_max(nf_baseline *job, nf_work *w)
{
    static const uint8_t take_b_if[NF_OP_COUNT] = {[NF_OP_SMIN] = NF_CC_G,
                                                   [NF_OP_SMAX] = NF_CC_L,
                                                   [NF_OP_UMIN] = NF_CC_A,
                                                   [NF_OP_UMAX] = NF_CC_B};
    unsigned bytes = nf_type_bytes(w->type);
    if (nf_operand_is_reg(w->b, w->dst)) swap_operands(w);
    nf_reg b = nf_operand_int(job, w->b, bytes, SCRATCH_C);
    nf_operand_int_to(job, w->a, bytes, w->dst);
    nf_asm_rr(&job->a, NF_X_CMP, bytes, w->dst, b);
    nf_asm_cmov(&job->a, take_b_if[w->op], wide(bytes), w->dst, b);
}

void nf_emit_abs(nf_baseline *job, nf_work *w)
{
    unsigned bytes = nf_type_bytes(w->type);
    nf_extend_to(job, w->a, true, bytes, SCRATCH_C);
    if (w->dst != SCRATCH_C) nf_asm_rr(&job->a, NF_X_MOV, 8, w->dst, SCRATCH_C);
    nf_asm_r(&job->a, NF_X_NEG, wide(bytes), w->dst);
    nf_asm_cmov(&job->a, NF_CC_S, wide(bytes), w->dst, SCRATCH_C);
}

static void multiply_overflow(nf_baseline *job, nf_work *w, unsigned bytes)
{
    bool sign = w->op == NF_OP_SMUL_OVERFLOW;
    nf_operand_int_to(job, w->a, bytes, SCRATCH_A);
    nf_operand_int_to(job, w->b, bytes, SCRATCH_C);
    nf_asm_r(&job->a, sign ? NF_X_IMUL1 : NF_X_MUL, bytes, SCRATCH_C);
    nf_asm_setcc(&job->a, NF_CC_O, w->dst);
}

/* The instruction of the type's own width sets the flag; w->from is the operands' type. */
void nf_emit_overflow(nf_baseline *job, nf_work *w)
{
    static const struct {
        uint16_t insn;
        uint8_t cc;
    } rows[NF_OP_COUNT] = {
        [NF_OP_SADD_OVERFLOW] = {NF_X_ADD, NF_CC_O},
        [NF_OP_UADD_OVERFLOW] = {NF_X_ADD, NF_CC_B},
        [NF_OP_SSUB_OVERFLOW] = {NF_X_SUB, NF_CC_O},
        [NF_OP_USUB_OVERFLOW] = {NF_X_SUB, NF_CC_B},
    };
    unsigned bytes = nf_type_bytes(w->from);
    if (rows[w->op].insn == NF_X_NONE) {
        multiply_overflow(job, w, bytes);
        return;
    }
    nf_operand_int_to(job, w->a, bytes, SCRATCH_D);
    nf_alu(job, rows[w->op].insn, bytes, SCRATCH_D, w->b);
    nf_asm_setcc(&job->a, rows[w->op].cc, w->dst);
}
