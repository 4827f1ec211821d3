/*
 * Emitters of the legacy forms: general registers and SSE.
 *
 *   [66] [F0 F2 F3] [REX] [0F [38 3A]] opcode ModRM [SIB] [disp] [imm]
 *
 * All of them end in emit_registers() or emit_memory(). What stands
 * before ModRM comes out of nf_codes ready made, without REX and with it; and nearly nothing
 * branches, since a baseline compiler spends much of its time here.
 *
 *   nf_asm_rr(a, NF_X_ADD, 8, NF_RAX, NF_R9):  REX.W + REX.B = 49, opcode 02 + 1, ModRM c1
 *
 * Two traps of the encoding: without any REX, byte registers 4 to 7 are AH to BH, so SPL to DIL need
 * an empty one (rex_forced()); and bit 3 of a base lives in REX, so R12 and R13 share the special
 * cases of RSP and RBP in ModRM.
 * Source: Intel SDM volume 2, chapter 2.
 */
#include "asm_internal.h"

enum { REX_R_SHIFT = 2, REX_X_SHIFT = 1 };
enum { SHORT_IMM = 0x02 };

/* Bit n: byte register n needs a REX; SPL, BPL, SIL, DIL. */
#define NEW_BYTE_REGISTERS UINT64_C(0xf0)

static inline const nf_code *code_at(nf_insn insn, unsigned width)
{
    return &nf_codes[insn][width_index(width)];
}

/* Not 0 when byte registers ask for a REX. NF_RAX stands for a field that holds no register. */
static inline unsigned rex_forced(const nf_code *code, unsigned reg, unsigned rm)
{
    unsigned in_reg = code->without_rex >> CODE_BYTES_SHIFT & 1;
    unsigned in_rm = (unsigned)(code->without_rex >> CODE_RM_BYTE_SHIFT) | in_reg;
    if (__builtin_expect(in_rm == 0, 1)) return 0;
    return ((unsigned)(NEW_BYTE_REGISTERS >> reg) & in_reg) |
           ((unsigned)(NEW_BYTE_REGISTERS >> rm) & in_rm);
}

/* The bytes before ModRM; those behind `count` are anything. */
typedef struct head {
    uint64_t bytes;
    unsigned count;
} head;

/* rxb: the low three bits of REX; add: to the opcode's last byte. */
static inline head head_of(const nf_code *code, unsigned rxb, unsigned forced, unsigned add)
{
    uint64_t bytes = (rxb | forced) != 0 ? code->with_rex : code->without_rex;
    unsigned notes = (unsigned)(bytes >> CODE_LENGTH_SHIFT);
    unsigned count = notes & CODE_LENGTH_MASK;
    bytes |= (uint64_t)rxb << (notes & CODE_PREFIX_BITS_MASK);
    return (head){bytes + ((uint64_t)add << 8 * (count - 1)), count};
}

/* An immediate, once the row's rule is applied to its value. */
typedef struct immediate {
    uint64_t value;
    unsigned bytes, opcode_add;
} immediate;

static inline immediate immediate_of(const nf_form *form, unsigned width, int64_t imm)
{
    if (form->imm == IMM_Ib) return (immediate){(uint64_t)imm, 1, 0};
    unsigned unused_bits = 64 - 8 * width;
    int64_t value = (int64_t)((uint64_t)imm << unused_bits) >> unused_bits;
    NF_ASSERT(value == (int32_t)value);
    unsigned bytes = width < 4 ? width : 4;
    if (form->imm == IMM_Is && bytes > 1 && value == (int8_t)value)
        return (immediate){(uint64_t)value, 1, SHORT_IMM};
    return (immediate){(uint64_t)value, bytes, 0};
}

ALWAYS_INLINE void emit_registers(nf_asm *a, const nf_code *code, unsigned reg, unsigned rm,
                                  unsigned forced, immediate imm)
{
    head h = head_of(code, bit3(reg) << REX_R_SHIFT | bit3(rm), forced, imm.opcode_add);
    uint64_t modrm = modrm_register(reg, rm);
    uint8_t *p = put_bytes(a->cursor, h.bytes | modrm << 8 * h.count, h.count + 1);
    if (imm.bytes) p = put_bytes(p, imm.value, imm.bytes);
    asm_end(a, p);
}

static inline uint8_t *put_before_memory(nf_asm *a, const nf_code *code, unsigned reg, nf_mem m,
                                         unsigned forced, unsigned add)
{
    unsigned rxb = bit3(reg) << REX_R_SHIFT | bit3(m.index) << REX_X_SHIFT | bit3(m.base);
    head h = head_of(code, rxb, forced, add);
    return put_bytes(a->cursor, h.bytes, h.count);
}

/* All but the operand and the immediate, in one register. */
typedef struct details {
    uint8_t reg, forced, opcode_add, imm_bytes;
} details;

/* Apart and with no arguments in memory, so that the usual case has nothing to save. */
__attribute__((noinline)) static void emit_special_memory(nf_asm *a, const nf_code *code, nf_mem m,
                                                          details d, uint64_t imm)
{
    uint8_t *p = put_before_memory(a, code, d.reg, m, d.forced, d.opcode_add);
    p = put_modrm_special(a, p, d.reg, m, d.imm_bytes);
    asm_end(a, put_bytes(p, imm, d.imm_bytes));
}

ALWAYS_INLINE void emit_memory(nf_asm *a, const nf_code *code, unsigned reg, nf_mem m,
                               unsigned forced, immediate imm)
{
    if (is_special(m)) {
        details d = {(uint8_t)reg, (uint8_t)forced, (uint8_t)imm.opcode_add, (uint8_t)imm.bytes};
        emit_special_memory(a, code, m, d, imm.value);
        return;
    }
    uint8_t *p = put_before_memory(a, code, reg, m, forced, imm.opcode_add);
    p = put_modrm_memory(p, reg, m, 0);
    if (imm.bytes) p = put_bytes(p, imm.value, imm.bytes);
    asm_end(a, p);
}

static inline void check_form(nf_insn insn, unsigned width)
{
    NF_ASSERT(nf_forms[insn].forms == FORM_LEGACY && nf_forms[insn].widths & width);
    (void)insn;
    (void)width;
}

/* --- no operands --- */
void nf_asm_zero_operand(nf_asm *a, nf_insn insn, unsigned width)
{
    (void)width;
    const nf_form *form = &nf_forms[insn];
    if (form->forms == FORM_VEX) {
        nf_asm_v_zero_operand(a, insn);
        return;
    }
    NF_ASSERT(form->shape <= NF_SHAPE_Z2);
    head h = head_of(nf_codes[insn], 0, 0, 0);
    uint8_t *p = put_bytes(a->cursor, h.bytes, h.count);
    if (form->shape != NF_SHAPE_Z)
        *p++ = (uint8_t)modrm_register(form->digit, (unsigned)form->shape - NF_SHAPE_Z0);
    asm_end(a, p);
}

/* --- one operand --- */
static inline uint8_t *put_in_opcode(uint8_t *p, const nf_code *code, nf_reg reg)
{
    head h = head_of(code, bit3(reg), 0, reg & 7);
    return put_bytes(p, h.bytes, h.count);
}

void nf_asm_r(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, rm));
    const nf_form *form = &nf_forms[insn];
    const nf_code *code = code_at(insn, width);
    if (form->first_place == OPERAND_OP)
        asm_end(a, put_in_opcode(a->cursor, code, rm));
    else
        emit_registers(a, code, form->digit, rm, rex_forced(code, NF_RAX, rm), (immediate){0});
}

void nf_asm_m(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0));
    emit_memory(a, code_at(insn, width), nf_forms[insn].digit, rm, 0, (immediate){0});
}

/* --- two operands --- */
void nf_asm_rr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm));
    const nf_code *code = code_at(insn, width);
    if (code->without_rex >> CODE_RM_FIRST_SHIFT & 1) {
        nf_reg first = reg;
        reg = rm;
        rm = first;
    }
    emit_registers(a, code, reg, rm, rex_forced(code, reg, rm), (immediate){0});
}

void nf_asm_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1));
    const nf_code *code = code_at(insn, width);
    emit_memory(a, code, reg, rm, rex_forced(code, reg, NF_RAX), (immediate){0});
}

void nf_asm_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg));
    const nf_code *code = code_at(insn, width);
    emit_memory(a, code, reg, rm, rex_forced(code, reg, NF_RAX), (immediate){0});
}

/* --- with an immediate --- */
void nf_asm_ri(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm, int64_t imm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, rm) && nf_forms[insn].imm != IMM_0);
    const nf_form *form = &nf_forms[insn];
    const nf_code *code = code_at(insn, width);
    emit_registers(a, code, form->digit, rm, rex_forced(code, NF_RAX, rm),
                   immediate_of(form, width, imm));
}

void nf_asm_mi(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, int64_t imm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_forms[insn].imm != IMM_0);
    const nf_form *form = &nf_forms[insn];
    emit_memory(a, code_at(insn, width), form->digit, rm, 0, immediate_of(form, width, imm));
}

void nf_asm_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, int64_t imm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm));
    const nf_form *form = &nf_forms[insn];
    bool rm_first = form->first_place == OPERAND_RM;
    emit_registers(a, code_at(insn, width), rm_first ? rm : reg, rm_first ? reg : rm, 0,
                   immediate_of(form, width, imm));
}

void nf_asm_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, int64_t imm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1));
    emit_memory(a, code_at(insn, width), reg, rm, 0, immediate_of(&nf_forms[insn], width, imm));
}

void nf_asm_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, int64_t imm)
{
    check_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg));
    emit_memory(a, code_at(insn, width), reg, rm, 0, immediate_of(&nf_forms[insn], width, imm));
}

/* --- by condition: added to the opcode --- */
static inline immediate condition(nf_cc cc)
{
    return (immediate){.opcode_add = cc};
}

void nf_asm_setcc(nf_asm *a, nf_cc cc, nf_reg reg)
{
    const nf_code *code = code_at(NF_X_SETCC, 1);
    emit_registers(a, code, 0, reg, rex_forced(code, NF_RAX, reg), condition(cc));
}

void nf_asm_setcc_m(nf_asm *a, nf_cc cc, nf_mem rm)
{
    emit_memory(a, code_at(NF_X_SETCC, 1), 0, rm, 0, condition(cc));
}

void nf_asm_cmov(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_reg rm)
{
    check_form(NF_X_CMOVCC, width);
    emit_registers(a, code_at(NF_X_CMOVCC, width), reg, rm, 0, condition(cc));
}

void nf_asm_cmov_m(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_mem rm)
{
    check_form(NF_X_CMOVCC, width);
    emit_memory(a, code_at(NF_X_CMOVCC, width), reg, rm, 0, condition(cc));
}

/* --- extensions --- */
typedef struct extension {
    nf_insn insn;
    unsigned width;
} extension;

/* Zero extension to 8 bytes is that to 4: writing a 32-bit register clears the rest. */
static extension extension_of(bool sign, unsigned to, unsigned from)
{
    NF_ASSERT(from < to && to <= 8);
    if (!sign && to == 8) to = 4;
    if (from == 4) return (extension){sign ? NF_X_MOVSXD : NF_X_MOV, to};
    if (from == 2) return (extension){sign ? NF_X_MOVSXW : NF_X_MOVZXW, to};
    return (extension){sign ? NF_X_MOVSXB : NF_X_MOVZXB, to};
}

void nf_asm_extend(nf_asm *a, bool sign, unsigned to, unsigned from, nf_reg reg, nf_reg rm)
{
    extension e = extension_of(sign, to, from);
    nf_asm_rr(a, e.insn, e.width, reg, rm);
}

void nf_asm_extend_m(nf_asm *a, bool sign, unsigned to, unsigned from, nf_reg reg, nf_mem rm)
{
    extension e = extension_of(sign, to, from);
    nf_asm_rm(a, e.insn, e.width, reg, rm);
}

void nf_asm_mov_imm(nf_asm *a, nf_reg reg, uint64_t value, bool flags_free)
{
    NF_ASSERT(reg <= NF_R15);
    if (value == 0 && flags_free) {
        nf_asm_rr(a, NF_X_XOR, 4, reg, reg);
    } else if (value > UINT32_MAX && (int64_t)value == (int32_t)value) {
        nf_asm_ri(a, NF_X_MOV_I, 8, reg, (int64_t)value);
    } else {
        unsigned width = value <= UINT32_MAX ? 4 : 8;
        uint8_t *p = put_in_opcode(a->cursor, code_at(NF_X_MOV_OI, width), reg);
        asm_end(a, put_bytes(p, value, width));
    }
}
