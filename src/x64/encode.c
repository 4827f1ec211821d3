/*
 * Emitters of the legacy forms: general registers and SSE.
 *
 *   [66] [F0 F2 F3] [REX] [0F [38 3A]] opcode ModRM [SIB] [disp] [imm]
 *
 * All of them are one core, put_opcode(), and one of two tails, a register or memory in ModRM.rm.
 * Nothing is looked up but the row's nf_form, and prefixes are written without branches, since a
 * baseline compiler spends much of its time here.
 *
 *   nf_asm_rr(a, NF_X_ADD, 8, NF_RAX, NF_R9):  REX.W + REX.B = 49, opcode 02 + 1, ModRM c1
 *
 * Two traps of the encoding, both in rex_needed(): without any REX, byte registers 4 to 7 are AH to
 * BH; so SPL to DIL need an empty one. And bit 3 of a base or index lives in REX, so R12 and R13
 * share the special cases of RSP and RBP in ModRM.
 * Source: Intel SDM volume 2, chapter 2.
 */
#include "asm_internal.h"

enum { REX = 0x40, REX_R_SHIFT = 2, REX_X_SHIFT = 1, REX_W_SHIFT = 3 };
enum { OPERAND_SIZE_PREFIX = 0x66, SHORT_IMM = 0x02 };

/* SPL, BPL, SIL, DIL. */
static inline unsigned is_new_byte_register(unsigned reg)
{
    return reg >> 2 == 1;
}

/* The low bits of the returned values are at widths 1 and 2, 8 and so on; others give 0. */
static inline unsigned at_width_1(unsigned width)
{
    return width & 1;
}
static inline unsigned at_width_2(unsigned width)
{
    return width >> 1 & 1;
}
static inline unsigned at_width_8(unsigned width)
{
    return width >> 3 & 1;
}

/* Whether byte registers ask for a REX. reg: NF_RAX where ModRM.reg is no register; so with rm. */
static inline unsigned rex_needed(const nf_form *form, unsigned width, unsigned reg, unsigned rm)
{
    unsigned bytes = form->w / FORM_BYTES & at_width_1(width);
    unsigned rm_byte = bytes | (form->w / FORM_RM_BYTE & 1);
    return (bytes & is_new_byte_register(reg)) | (rm_byte & is_new_byte_register(rm));
}

/* Prefixes, escapes and the opcode with `add` to it; rxb: the low three bits of REX. */
static inline uint8_t *put_opcode(uint8_t *p, const nf_form *form, unsigned width, unsigned rxb,
                                  unsigned rex_forced, unsigned add)
{
    *p = OPERAND_SIZE_PREFIX;
    p += form->w / FORM_66_BY_2 & at_width_2(width);
    *p = form->prefix;
    p += form->prefix != 0;
    unsigned w = (form->w & FORM_W) | (form->w / FORM_W_BY_8 & at_width_8(width));
    unsigned rex = w << REX_W_SHIFT | rxb;
    *p = (uint8_t)(REX | rex);
    p += (rex | rex_forced) != 0;
    __builtin_memcpy(p, form->escape, sizeof form->escape);
    p += form->escape_count;
    *p = (uint8_t)(form->opcode + (form->w / FORM_BYTES & ~at_width_1(width) & 1) + add);
    return p + 1;
}

static inline uint8_t *put_registers(uint8_t *p, const nf_form *form, unsigned width, unsigned reg,
                                     unsigned rm, unsigned rex_forced, unsigned add)
{
    p = put_opcode(p, form, width, bit3(reg) << REX_R_SHIFT | bit3(rm), rex_forced, add);
    return put_modrm_register(p, reg, rm);
}

static inline uint8_t *put_memory(nf_asm *a, uint8_t *p, const nf_form *form, unsigned width,
                                  unsigned reg, const nf_mem *rm, unsigned rex_forced, unsigned add,
                                  unsigned trailing)
{
    unsigned rxb = bit3(reg) << REX_R_SHIFT | mem_x(rm) << REX_X_SHIFT | mem_b(rm);
    p = put_opcode(p, form, width, rxb, rex_forced, add);
    return put_modrm_memory(a, p, reg, rm, 0, trailing);
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

static inline const nf_form *legacy_form(nf_insn insn, unsigned width)
{
    NF_ASSERT(nf_forms[insn].forms == FORM_LEGACY && nf_forms[insn].widths & width);
    return &nf_forms[insn];
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
    uint8_t *p = put_opcode(asm_begin(a), form, 0, 0, 0, 0);
    if (form->shape != NF_SHAPE_Z)
        p = put_modrm_register(p, form->digit, (unsigned)form->shape - NF_SHAPE_Z0);
    asm_end(a, p);
}

/* --- one operand --- */
void nf_asm_r(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, rm));
    uint8_t *p = asm_begin(a);
    if (form->first_place == OPERAND_OP)
        p = put_opcode(p, form, width, bit3(rm), 0, rm & 7);
    else
        p = put_registers(p, form, width, form->digit, rm, rex_needed(form, width, 0, rm), 0);
    asm_end(a, p);
}

void nf_asm_m(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0));
    asm_end(a, put_memory(a, asm_begin(a), form, width, form->digit, &rm, 0, 0, 0));
}

/* --- two operands --- */
void nf_asm_rr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm));
    if (form->first_place == OPERAND_RM) {
        nf_reg first = reg;
        reg = rm;
        rm = first;
    }
    unsigned forced = rex_needed(form, width, reg, rm);
    asm_end(a, put_registers(asm_begin(a), form, width, reg, rm, forced, 0));
}

void nf_asm_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1));
    unsigned forced = rex_needed(form, width, reg, 0);
    asm_end(a, put_memory(a, asm_begin(a), form, width, reg, &rm, forced, 0, 0));
}

void nf_asm_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg));
    unsigned forced = rex_needed(form, width, reg, 0);
    asm_end(a, put_memory(a, asm_begin(a), form, width, reg, &rm, forced, 0, 0));
}

/* --- with an immediate --- */
void nf_asm_ri(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, rm) && form->imm != IMM_0);
    immediate i = immediate_of(form, width, imm);
    unsigned forced = rex_needed(form, width, 0, rm);
    uint8_t *p = put_registers(asm_begin(a), form, width, form->digit, rm, forced, i.opcode_add);
    asm_end(a, put_bytes(p, i.value, i.bytes));
}

void nf_asm_mi(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && form->imm != IMM_0);
    immediate i = immediate_of(form, width, imm);
    uint8_t *p =
        put_memory(a, asm_begin(a), form, width, form->digit, &rm, 0, i.opcode_add, i.bytes);
    asm_end(a, put_bytes(p, i.value, i.bytes));
}

void nf_asm_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm) && form->imm != IMM_0);
    if (form->first_place == OPERAND_RM) {
        nf_reg first = reg;
        reg = rm;
        rm = first;
    }
    immediate i = immediate_of(form, width, imm);
    uint8_t *p = put_registers(asm_begin(a), form, width, reg, rm, 0, i.opcode_add);
    asm_end(a, put_bytes(p, i.value, i.bytes));
}

static inline void put_memory_immediate(nf_asm *a, const nf_form *form, unsigned width, nf_reg reg,
                                        const nf_mem *rm, int64_t imm)
{
    immediate i = immediate_of(form, width, imm);
    uint8_t *p = put_memory(a, asm_begin(a), form, width, reg, rm, 0, i.opcode_add, i.bytes);
    asm_end(a, put_bytes(p, i.value, i.bytes));
}

void nf_asm_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1) && form->imm != IMM_0);
    put_memory_immediate(a, form, width, reg, &rm, imm);
}

void nf_asm_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg) && form->imm != IMM_0);
    put_memory_immediate(a, form, width, reg, &rm, imm);
}

/* --- by condition --- */
void nf_asm_setcc(nf_asm *a, nf_cc cc, nf_reg reg)
{
    const nf_form *form = &nf_forms[NF_X_SETCC];
    unsigned forced = rex_needed(form, 1, 0, reg);
    asm_end(a, put_registers(asm_begin(a), form, 1, form->digit, reg, forced, cc));
}

void nf_asm_setcc_m(nf_asm *a, nf_cc cc, nf_mem rm)
{
    const nf_form *form = &nf_forms[NF_X_SETCC];
    asm_end(a, put_memory(a, asm_begin(a), form, 1, form->digit, &rm, 0, cc, 0));
}

void nf_asm_cmov(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_reg rm)
{
    const nf_form *form = legacy_form(NF_X_CMOVCC, width);
    asm_end(a, put_registers(asm_begin(a), form, width, reg, rm, 0, cc));
}

void nf_asm_cmov_m(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_mem rm)
{
    const nf_form *form = legacy_form(NF_X_CMOVCC, width);
    asm_end(a, put_memory(a, asm_begin(a), form, width, reg, &rm, 0, cc, 0));
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
        const nf_form *form = &nf_forms[NF_X_MOV_OI];
        uint8_t *p = put_opcode(asm_begin(a), form, width, bit3(reg), 0, reg & 7);
        asm_end(a, put_bytes(p, value, width));
    }
}
