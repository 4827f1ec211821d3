/*
 * Emitters of the legacy forms: general registers and SSE.
 *
 *   [66] [F0 F2 F3] [REX] [0F [38 3A]] opcode ModRM [SIB] [disp] [imm]
 *
 * All of them end in emit_registers() or emit_memory(). Nothing is looked up but the row's nf_form,
 * and nearly nothing branches, since a baseline compiler spends much of its time here.
 *
 *   nf_asm_rr(a, NF_X_ADD, 8, NF_RAX, NF_R9):  REX.W + REX.B = 49, opcode 02 + 1, ModRM c1
 *
 * Two traps of the encoding: without any REX, byte registers 4 to 7 are AH to BH, so SPL to DIL need
 * an empty one (rex_forced()); and bit 3 of a base lives in REX, so R12 and R13 share the special
 * cases of RSP and RBP in ModRM.
 * Source: Intel SDM volume 2, chapter 2.
 */
#include "asm_internal.h"

enum { REX = 0x40, REX_R_SHIFT = 2, REX_X_SHIFT = 1 };
enum { OPERAND_SIZE_PREFIX = 0x66, SHORT_IMM = 0x02 };

/* Bit n: byte register n needs a REX; SPL, BPL, SIL, DIL. */
#define NEW_BYTE_REGISTERS UINT64_C(0xf0)

/* Not 0 when byte registers ask for a REX. NF_RAX stands for a field that holds no register. */
static inline unsigned rex_forced(unsigned mode, unsigned reg, unsigned rm)
{
    unsigned in_reg = mode / MODE_BYTES, in_rm = in_reg | mode / MODE_RM_BYTE;
    return ((unsigned)(NEW_BYTE_REGISTERS >> reg) & in_reg & 1) |
           ((unsigned)(NEW_BYTE_REGISTERS >> rm) & in_rm & 1);
}

/* The bytes between the prefixes and ModRM: REX and the opcode. */
typedef struct code {
    uint64_t bytes;
    unsigned count;
} code;

/* rxb: the low three bits of REX; add: to the opcode's last byte. */
static inline code code_of(const nf_form *form, unsigned mode, unsigned rxb, unsigned forced,
                           unsigned add)
{
    unsigned rex = (mode & MODE_W) | rxb, has_rex = (rex | forced) != 0;
    unsigned last_shift = 8 * (form->opcode_bytes - 1u);
    uint64_t opcode = form->opcode + (((mode / MODE_PLUS_1 & 1) + add) << last_shift);
    return (code){opcode << 8 * has_rex | ((REX | rex) & (0u - has_rex)),
                  form->opcode_bytes + has_rex};
}

static inline uint8_t *put_prefixes(uint8_t *p, const nf_form *form, unsigned mode)
{
    *p = OPERAND_SIZE_PREFIX;
    p += mode & MODE_66;
    *p = form->prefix;
    return p + (form->prefix != 0);
}

/* An immediate, once the row's rule is applied to its value. */
typedef struct immediate {
    uint64_t value;
    unsigned bytes, opcode_add;
} immediate;

static const immediate no_immediate = {0, 0, 0};

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

static inline void emit_registers(nf_asm *a, const nf_form *form, unsigned mode, unsigned reg,
                                  unsigned rm, unsigned forced, immediate imm)
{
    code c = code_of(form, mode, bit3(reg) << REX_R_SHIFT | bit3(rm), forced, imm.opcode_add);
    uint8_t *p = put_prefixes(a->cursor, form, mode);
    p = put_bytes(p, c.bytes | (uint64_t)modrm_register(reg, rm) << 8 * c.count, c.count + 1);
    if (imm.bytes) p = put_bytes(p, imm.value, imm.bytes);
    asm_end(a, p);
}

static inline uint8_t *put_before_memory(nf_asm *a, const nf_form *form, unsigned mode,
                                         unsigned reg, nf_mem m, unsigned forced, unsigned add)
{
    unsigned rxb = bit3(reg) << REX_R_SHIFT | bit3(m.index) << REX_X_SHIFT | bit3(m.base);
    code c = code_of(form, mode, rxb, forced, add);
    return put_bytes(put_prefixes(a->cursor, form, mode), c.bytes, c.count);
}

/* Apart, so that the usual case calls nothing. */
__attribute__((noinline)) static void emit_special_memory(nf_asm *a, const nf_form *form,
                                                          unsigned mode, unsigned reg, nf_mem m,
                                                          unsigned forced, immediate imm)
{
    uint8_t *p = put_before_memory(a, form, mode, reg, m, forced, imm.opcode_add);
    p = put_modrm_special(a, p, reg, m, imm.bytes);
    asm_end(a, put_bytes(p, imm.value, imm.bytes));
}

static inline void emit_memory(nf_asm *a, const nf_form *form, unsigned mode, unsigned reg,
                               nf_mem m, unsigned forced, immediate imm)
{
    if (is_special(m)) {
        emit_special_memory(a, form, mode, reg, m, forced, imm);
        return;
    }
    uint8_t *p = put_before_memory(a, form, mode, reg, m, forced, imm.opcode_add);
    p = put_modrm_memory(p, reg, m, 0);
    if (imm.bytes) p = put_bytes(p, imm.value, imm.bytes);
    asm_end(a, p);
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
    code c = code_of(form, form->mode[0], 0, 0, 0);
    uint8_t *p = put_bytes(put_prefixes(a->cursor, form, 0), c.bytes, c.count);
    if (form->shape != NF_SHAPE_Z)
        *p++ = (uint8_t)modrm_register(form->digit, (unsigned)form->shape - NF_SHAPE_Z0);
    asm_end(a, p);
}

/* --- one operand --- */
static inline void emit_in_opcode(nf_asm *a, const nf_form *form, unsigned mode, nf_reg reg)
{
    code c = code_of(form, mode, bit3(reg), 0, reg & 7);
    asm_end(a, put_bytes(a->cursor, c.bytes, c.count));
}

void nf_asm_r(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, rm));
    unsigned mode = mode_of(form, width);
    if (form->first_place == OPERAND_OP)
        emit_in_opcode(a, form, mode, rm);
    else
        emit_registers(a, form, mode, form->digit, rm, rex_forced(mode, NF_RAX, rm), no_immediate);
}

void nf_asm_m(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0));
    emit_memory(a, form, mode_of(form, width), form->digit, rm, 0, no_immediate);
}

/* --- two operands --- */
void nf_asm_rr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm));
    unsigned mode = mode_of(form, width), forced = rex_forced(mode, reg, rm);
    bool rm_first = form->first_place == OPERAND_RM;
    emit_registers(a, form, mode, rm_first ? rm : reg, rm_first ? reg : rm, forced, no_immediate);
}

void nf_asm_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1));
    unsigned mode = mode_of(form, width);
    emit_memory(a, form, mode, reg, rm, rex_forced(mode, reg, NF_RAX), no_immediate);
}

void nf_asm_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg));
    unsigned mode = mode_of(form, width);
    emit_memory(a, form, mode, reg, rm, rex_forced(mode, reg, NF_RAX), no_immediate);
}

/* --- with an immediate --- */
void nf_asm_ri(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, rm) && form->imm != IMM_0);
    unsigned mode = mode_of(form, width), forced = rex_forced(mode, NF_RAX, rm);
    emit_registers(a, form, mode, form->digit, rm, forced, immediate_of(form, width, imm));
}

void nf_asm_mi(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && form->imm != IMM_0);
    unsigned mode = mode_of(form, width);
    emit_memory(a, form, mode, form->digit, rm, 0, immediate_of(form, width, imm));
}

void nf_asm_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm) && form->imm != IMM_0);
    bool rm_first = form->first_place == OPERAND_RM;
    emit_registers(a, form, mode_of(form, width), rm_first ? rm : reg, rm_first ? reg : rm, 0,
                   immediate_of(form, width, imm));
}

void nf_asm_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1) && form->imm != IMM_0);
    emit_memory(a, form, mode_of(form, width), reg, rm, 0, immediate_of(form, width, imm));
}

void nf_asm_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, int64_t imm)
{
    const nf_form *form = legacy_form(insn, width);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg) && form->imm != IMM_0);
    emit_memory(a, form, mode_of(form, width), reg, rm, 0, immediate_of(form, width, imm));
}

/* --- by condition: added to the opcode --- */
static inline immediate condition(nf_cc cc)
{
    return (immediate){.opcode_add = cc};
}

void nf_asm_setcc(nf_asm *a, nf_cc cc, nf_reg reg)
{
    const nf_form *form = &nf_forms[NF_X_SETCC];
    unsigned mode = mode_of(form, 1), forced = rex_forced(mode, NF_RAX, reg);
    emit_registers(a, form, mode, form->digit, reg, forced, condition(cc));
}

void nf_asm_setcc_m(nf_asm *a, nf_cc cc, nf_mem rm)
{
    const nf_form *form = &nf_forms[NF_X_SETCC];
    emit_memory(a, form, mode_of(form, 1), form->digit, rm, 0, condition(cc));
}

void nf_asm_cmov(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_reg rm)
{
    const nf_form *form = legacy_form(NF_X_CMOVCC, width);
    emit_registers(a, form, mode_of(form, width), reg, rm, 0, condition(cc));
}

void nf_asm_cmov_m(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_mem rm)
{
    const nf_form *form = legacy_form(NF_X_CMOVCC, width);
    emit_memory(a, form, mode_of(form, width), reg, rm, 0, condition(cc));
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
        code c = code_of(form, mode_of(form, width), bit3(reg), 0, reg & 7);
        uint8_t *p = put_bytes(a->cursor, c.bytes, c.count);
        asm_end(a, put_bytes(p, value, width));
    }
}
