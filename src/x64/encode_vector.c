/*
 * Emitters of the VEX and EVEX forms: vectors, masks, and the BMI rows on general registers.
 *
 *   VEX 2   C5 | R' vvvv' L pp                        when X, B and W are 0 and the map is 0F
 *   VEX 3   C4 | R'X'B' mmmmm | W vvvv' L pp
 *   EVEX    62 | R'X'B'R4' 0 mmm | W vvvv' 1 pp | z LL b v4' aaa        (' marks an inverted field)
 *
 * EVEX costs one or two bytes more, so it is taken only when it has to be: registers 16 to 31, 64
 * bytes, a mask, or a row without a VEX form. Its 8-bit displacement counts units of the operand's
 * size in memory (column N of insn.def), so that [rax + 64] of a zmm operand still is one byte.
 *
 *   nf_asm_v_rrm(a, NF_X_VPADDD, 64, zmm1, zmm2, [rax + 64]):  62 f1 6d 48 fe 48 01
 *
 * Operands arrive in Intel's order; place_two() and place_three() put them into their fields.
 * Source: Intel SDM volume 2, sections 2.3 (VEX) and 2.7 (EVEX).
 */
#include "asm_internal.h"

enum { VEX2 = 0xc5, VEX3 = 0xc4, EVEX = 0x62 };
enum { EVEX_P1_FIXED = 0x04, EVEX_ZERO = 0x80 };
enum { FIELD_MAP_0F = 1, VECTOR_BYTES_MAX = 64, VECTOR_BYTES_MIN = 16 };

/* A register in each field; rm only where it is no memory. In fields without one: 0. */
typedef struct fields {
    unsigned reg, v, rm;
} fields;

/* Log2 of the unit of an 8-bit displacement in the EVEX form. */
static inline unsigned disp_unit_log2(const nf_form *form, unsigned width)
{
    unsigned shift = form->disp_unit & UNIT_SHIFT;
    unsigned width_log2 = (unsigned)__builtin_ctz(width);
    if (form->disp_unit & UNIT_FIXED) return shift;
    if (form->disp_unit & UNIT_DUP) return width == 16 ? 3 : width_log2;
    return width_log2 - shift;
}

static inline bool wants_evex(const nf_form *form, unsigned width, unsigned high, nf_evex e)
{
    return !(form->forms & FORM_VEX) || width == VECTOR_BYTES_MAX || (high | e.mask) != 0;
}

/* Whether a row has a VEX form that takes no memory: shifts by an immediate (Xv_XM_I). */
static inline unsigned has_evex_memory_only(const nf_form *form)
{
    return form->first_place == OPERAND_V && (form->forms & FORM_EVEX) != 0;
}

/* Prefix and opcode, for one put_bytes(). */
typedef struct code {
    uint64_t bytes;
    unsigned count;
} code;

/* xb: the index's or a high register's extension in bit 1, that of the base or register in bit 0. */
static inline code vex_code(const nf_form *form, unsigned width, unsigned reg, unsigned v,
                            unsigned xb)
{
    unsigned mode = mode_of(form, width), w = mode / MODE_W & 1;
    unsigned l = (width >> 5 & 1) | (mode / MODE_L & 1);
    unsigned r_inverted = (bit3(reg) ^ 1) << 7;
    unsigned tail = (~v & 15) << 3 | l << 2 | form->pp;
    if ((xb | w) == 0 && form->map == FIELD_MAP_0F)
        return (code){VEX2 | (r_inverted | tail) << 8 | (unsigned)form->opcode << 16, 3};
    unsigned first = r_inverted | (xb ^ 3) << 5 | form->map;
    return (code){VEX3 | first << 8 | (w << 7 | tail) << 16 | (unsigned)form->opcode << 24, 4};
}

static inline code evex_code(const nf_form *form, unsigned width, unsigned reg, unsigned v,
                             unsigned xb, nf_evex e)
{
    unsigned w = (mode_of(form, width) & (MODE_W | MODE_W_EVEX)) != 0;
    unsigned rxb_inverted = (bit3(reg) << 2 | xb) ^ 7;
    unsigned p0 = rxb_inverted << 5 | (bit4(reg) ^ 1) << 4 | form->map;
    unsigned p1 = w << 7 | (~v & 15) << 3 | EVEX_P1_FIXED | form->pp;
    unsigned p2 = (e.zero ? EVEX_ZERO : 0) | (width >> 5) << 5 | (bit4(v) ^ 1) << 3 | e.mask;
    return (code){EVEX | p0 << 8 | p1 << 16 | p2 << 24 | (uint64_t)form->opcode << 32, 5};
}

/* trailing: an immediate byte follows when it is 1. */
ALWAYS_INLINE void emit_registers(nf_asm *a, const nf_form *form, unsigned width, fields f,
                                  nf_evex e, unsigned trailing, uint8_t imm)
{
    unsigned high = bit4(f.reg) | bit4(f.v) | bit4(f.rm);
    unsigned xb = bit4(f.rm) << 1 | bit3(f.rm);
    uint64_t modrm_imm = modrm_register(f.reg, f.rm) | (unsigned)imm << 8;
    bool evex = wants_evex(form, width, high, e);
    NF_ASSERT(!evex || form->forms & FORM_EVEX);
    code c =
        evex ? evex_code(form, width, f.reg, f.v, xb, e) : vex_code(form, width, f.reg, f.v, xb);
    asm_end(a, put_bytes(a->cursor, c.bytes | modrm_imm << 8 * c.count, c.count + 1 + trailing));
}

static inline code code_before_memory(const nf_form *form, unsigned width, fields f, nf_mem m,
                                      nf_evex e, bool evex)
{
    unsigned xb = bit3(m.index) << 1 | bit3(m.base);
    return evex ? evex_code(form, width, f.reg, f.v, xb, e) : vex_code(form, width, f.reg, f.v, xb);
}

/* All but the operand in memory, in one register. */
typedef struct details {
    uint8_t width, reg, v, trailing, imm;
    bool evex;
    nf_evex e;
} details;

_Static_assert(sizeof(details) == sizeof(uint64_t), "one register");

/* Apart, so that the usual case has nothing to save. */
__attribute__((noinline)) static void emit_special_memory(nf_asm *a, const nf_form *form, nf_mem m,
                                                          details d)
{
    code c = code_before_memory(form, d.width, (fields){d.reg, d.v, 0}, m, d.e, d.evex);
    uint8_t *p = put_bytes(a->cursor, c.bytes, c.count);
    p = put_modrm_special(a, p, d.reg, m, d.trailing);
    *p = d.imm;
    asm_end(a, p + d.trailing);
}

ALWAYS_INLINE void emit_memory(nf_asm *a, const nf_form *form, unsigned width, fields f, nf_mem m,
                               nf_evex e, unsigned trailing, uint8_t imm)
{
    unsigned high = bit4(f.reg) | bit4(f.v) | has_evex_memory_only(form);
    bool evex = wants_evex(form, width, high, e);
    NF_ASSERT(!evex || form->forms & FORM_EVEX);
    if (is_special(m)) {
        emit_special_memory(a, form, m,
                            (details){(uint8_t)width, (uint8_t)f.reg, (uint8_t)f.v,
                                      (uint8_t)trailing, imm, evex, e});
        return;
    }
    code c = code_before_memory(form, width, f, m, e, evex);
    uint8_t *p = put_bytes(a->cursor, c.bytes, c.count);
    p = put_modrm_memory(p, f.reg, m, evex ? disp_unit_log2(form, width) : 0);
    *p = imm;
    asm_end(a, p + trailing);
}

static inline const nf_form *vector_form(nf_insn insn, unsigned width, nf_evex e)
{
    const nf_form *form = &nf_forms[insn];
    NF_ASSERT(form->forms & (FORM_VEX | FORM_EVEX) && form->widths & width);
    NF_ASSERT(e.mask <= 7 && (e.mask == 0 || form->forms & FORM_MASK));
    NF_ASSERT(!e.zero || (e.mask != 0 && form->forms & FORM_ZERO));
    (void)e;
    return form;
}

/* Two registers in Intel's order. */
static inline fields place_two(const nf_form *form, unsigned first, unsigned second)
{
    if (form->first_place == OPERAND_REG) return (fields){first, 0, second};
    if (form->first_place == OPERAND_RM) return (fields){second, 0, first};
    return (fields){form->digit, first, second};
}

/* One register that stands beside memory. */
static inline fields place_one(const nf_form *form, unsigned reg)
{
    if (form->first_place == OPERAND_V) return (fields){form->digit, reg, 0};
    return (fields){reg, 0, 0};
}

/* Three registers in Intel's order. */
static inline fields place_three(const nf_form *form, unsigned first, unsigned second,
                                 unsigned third)
{
    if (form->third_place == OPERAND_V) return (fields){first, third, second};
    return (fields){first, second, third};
}

/* A fourth register, as an immediate. */
static inline uint8_t register_byte(nf_reg reg)
{
    return (uint8_t)((reg & 15) << 4);
}

/* --- registers only --- */
void nf_asm_v_rr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm) && form->imm == IMM_0);
    emit_registers(a, form, width, place_two(form, reg, rm), e, 0, 0);
}

void nf_asm_v_rrr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes(insn, 2, rm) && form->imm == IMM_0);
    emit_registers(a, form, width, place_three(form, reg, v, rm), e, 0, 0);
}

void nf_asm_v_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, uint8_t imm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm) && form->imm == IMM_Ib);
    emit_registers(a, form, width, place_two(form, reg, rm), e, 1, imm);
}

void nf_asm_v_rrri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                   uint8_t imm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes(insn, 2, rm) && form->imm == IMM_Ib);
    emit_registers(a, form, width, (fields){reg, v, rm}, e, 1, imm);
}

void nf_asm_v_rrrr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                   nf_reg mask)
{
    const nf_form *form = vector_form(insn, width, NF_UNMASKED);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes(insn, 2, rm) && form->imm == IMM_Ir && !bit4(mask));
    emit_registers(a, form, width, (fields){reg, v, rm}, NF_UNMASKED, 1, register_byte(mask));
}

/* --- with memory --- */
void nf_asm_v_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1) && form->imm == IMM_0);
    emit_memory(a, form, width, place_one(form, reg), rm, e, 0, 0);
}

void nf_asm_v_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg) && !e.zero);
    emit_memory(a, form, width, (fields){reg, 0, 0}, rm, e, 0, 0);
}

void nf_asm_v_rrm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) &&
              (nf_form_takes_memory(insn, 1) || nf_form_takes_memory(insn, 2)));
    emit_memory(a, form, width, (fields){reg, v, 0}, rm, e, 0, 0);
}

void nf_asm_v_mrr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg v, nf_reg reg,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 2, reg) && !e.zero);
    emit_memory(a, form, width, (fields){reg, v, 0}, rm, e, 0, 0);
}

void nf_asm_v_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, uint8_t imm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1) && form->imm == IMM_Ib);
    emit_memory(a, form, width, place_one(form, reg), rm, e, 1, imm);
}

void nf_asm_v_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, uint8_t imm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg) && !e.zero &&
              form->imm == IMM_Ib);
    emit_memory(a, form, width, (fields){reg, 0, 0}, rm, e, 1, imm);
}

void nf_asm_v_rrmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                   uint8_t imm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes_memory(insn, 2) && form->imm == IMM_Ib);
    emit_memory(a, form, width, (fields){reg, v, 0}, rm, e, 1, imm);
}

void nf_asm_v_rrmr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                   nf_reg mask)
{
    const nf_form *form = vector_form(insn, width, NF_UNMASKED);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes_memory(insn, 2) && form->imm == IMM_Ir && !bit4(mask));
    emit_memory(a, form, width, (fields){reg, v, 0}, rm, NF_UNMASKED, 1, register_byte(mask));
}

/* --- no operands --- */
void nf_asm_v_zero_operand(nf_asm *a, nf_insn insn)
{
    code c = vex_code(&nf_forms[insn], VECTOR_BYTES_MIN, 0, 0, 0);
    asm_end(a, put_bytes(a->cursor, c.bytes, c.count));
}
