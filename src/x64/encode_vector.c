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
enum { FIELD_MAP_0F = 1, VECTOR_BYTES_MAX = 64, HIGH_REGISTER_BIT = 0x10 };

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

static inline unsigned w_bit(const nf_form *form, unsigned width)
{
    return (form->w & FORM_W) | (form->w / FORM_W_BY_8 & (width >> 3) & 1);
}

/* xb: the index's or a high register's extension in bit 1, that of the base or register in bit 0.
 */
static inline uint8_t *put_vex(uint8_t *p, const nf_form *form, unsigned width, unsigned reg,
                               unsigned v, unsigned xb)
{
    unsigned w = w_bit(form, width), l = (width >> 5 & 1) | (form->w / FORM_L & 1);
    unsigned r_inverted = (bit3(reg) ^ 1) << 7;
    unsigned tail = (~v & 15) << 3 | l << 2 | form->pp;
    if ((xb | w) == 0 && form->map == FIELD_MAP_0F) {
        p[0] = VEX2;
        p[1] = (uint8_t)(r_inverted | tail);
        p[2] = form->opcode;
        return p + 3;
    }
    p[0] = VEX3;
    p[1] = (uint8_t)(r_inverted | (xb ^ 3) << 5 | form->map);
    p[2] = (uint8_t)(w << 7 | tail);
    p[3] = form->opcode;
    return p + 4;
}

static inline uint8_t *put_evex(uint8_t *p, const nf_form *form, unsigned width, unsigned reg,
                                unsigned v, unsigned xb, nf_evex e)
{
    unsigned w = w_bit(form, width) | (form->w / FORM_W_EVEX & 1);
    unsigned rxb_inverted = (bit3(reg) << 2 | xb) ^ 7;
    p[0] = EVEX;
    p[1] = (uint8_t)(rxb_inverted << 5 | (bit4(reg) ^ 1) << 4 | form->map);
    p[2] = (uint8_t)(w << 7 | (~v & 15) << 3 | EVEX_P1_FIXED | form->pp);
    p[3] = (uint8_t)((e.zero ? EVEX_ZERO : 0) | (width >> 5) << 5 | (bit4(v) ^ 1) << 3 | e.mask);
    p[4] = form->opcode;
    return p + 5;
}

static inline uint8_t *put_vector_registers(nf_asm *a, const nf_form *form, unsigned width,
                                            fields f, nf_evex e)
{
    uint8_t *p = asm_begin(a);
    unsigned xb = bit4(f.rm) << 1 | bit3(f.rm);
    if (wants_evex(form, width, bit4(f.reg) | bit4(f.v) | bit4(f.rm), e)) {
        NF_ASSERT(form->forms & FORM_EVEX);
        p = put_evex(p, form, width, f.reg, f.v, xb, e);
    } else {
        p = put_vex(p, form, width, f.reg, f.v, xb);
    }
    return put_modrm_register(p, f.reg, f.rm);
}

static inline uint8_t *put_vector_memory(nf_asm *a, const nf_form *form, unsigned width, fields f,
                                         const nf_mem *rm, unsigned trailing, nf_evex e)
{
    uint8_t *p = asm_begin(a);
    unsigned xb = mem_x(rm) << 1 | mem_b(rm), unit_log2 = 0;
    if (wants_evex(form, width, bit4(f.reg) | bit4(f.v) | has_evex_memory_only(form), e)) {
        NF_ASSERT(form->forms & FORM_EVEX);
        unit_log2 = disp_unit_log2(form, width);
        p = put_evex(p, form, width, f.reg, f.v, xb, e);
    } else {
        p = put_vex(p, form, width, f.reg, f.v, xb);
    }
    return put_modrm_memory(a, p, f.reg, rm, unit_log2, trailing);
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

static inline void end_with_byte(nf_asm *a, uint8_t *p, uint8_t imm)
{
    *p = imm;
    asm_end(a, p + 1);
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
    asm_end(a, put_vector_registers(a, form, width, place_two(form, reg, rm), e));
}

void nf_asm_v_rrr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes(insn, 2, rm) && form->imm == IMM_0);
    asm_end(a, put_vector_registers(a, form, width, place_three(form, reg, v, rm), e));
}

void nf_asm_v_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, uint8_t imm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, rm) && form->imm == IMM_Ib);
    end_with_byte(a, put_vector_registers(a, form, width, place_two(form, reg, rm), e), imm);
}

void nf_asm_v_rrri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                   uint8_t imm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes(insn, 2, rm) && form->imm == IMM_Ib);
    end_with_byte(a, put_vector_registers(a, form, width, (fields){reg, v, rm}, e), imm);
}

void nf_asm_v_rrrr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                   nf_reg mask)
{
    const nf_form *form = vector_form(insn, width, NF_UNMASKED);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes(insn, 2, rm) && form->imm == IMM_Ir && !bit4(mask));
    uint8_t *p = put_vector_registers(a, form, width, (fields){reg, v, rm}, NF_UNMASKED);
    end_with_byte(a, p, register_byte(mask));
}

/* --- with memory --- */
void nf_asm_v_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1) && form->imm == IMM_0);
    asm_end(a, put_vector_memory(a, form, width, place_one(form, reg), &rm, 0, e));
}

void nf_asm_v_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg) && !e.zero);
    asm_end(a, put_vector_memory(a, form, width, (fields){reg, 0, 0}, &rm, 0, e));
}

void nf_asm_v_rrm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) &&
              (nf_form_takes_memory(insn, 1) || nf_form_takes_memory(insn, 2)));
    asm_end(a, put_vector_memory(a, form, width, (fields){reg, v, 0}, &rm, 0, e));
}

void nf_asm_v_mrr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg v, nf_reg reg,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 2, reg) && !e.zero);
    asm_end(a, put_vector_memory(a, form, width, (fields){reg, v, 0}, &rm, 0, e));
}

void nf_asm_v_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, uint8_t imm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes_memory(insn, 1) && form->imm == IMM_Ib);
    end_with_byte(a, put_vector_memory(a, form, width, place_one(form, reg), &rm, 1, e), imm);
}

void nf_asm_v_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, uint8_t imm,
                  nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes_memory(insn, 0) && nf_form_takes(insn, 1, reg) && !e.zero &&
              form->imm == IMM_Ib);
    end_with_byte(a, put_vector_memory(a, form, width, (fields){reg, 0, 0}, &rm, 1, e), imm);
}

void nf_asm_v_rrmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                   uint8_t imm, nf_evex e)
{
    const nf_form *form = vector_form(insn, width, e);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes_memory(insn, 2) && form->imm == IMM_Ib);
    end_with_byte(a, put_vector_memory(a, form, width, (fields){reg, v, 0}, &rm, 1, e), imm);
}

void nf_asm_v_rrmr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                   nf_reg mask)
{
    const nf_form *form = vector_form(insn, width, NF_UNMASKED);
    NF_ASSERT(nf_form_takes(insn, 0, reg) && nf_form_takes(insn, 1, v) &&
              nf_form_takes_memory(insn, 2) && form->imm == IMM_Ir && !bit4(mask));
    uint8_t *p = put_vector_memory(a, form, width, (fields){reg, v, 0}, &rm, 1, NF_UNMASKED);
    end_with_byte(a, p, register_byte(mask));
}

/* --- no operands --- */
void nf_asm_v_zero_operand(nf_asm *a, nf_insn insn)
{
    asm_end(a, put_vex(asm_begin(a), &nf_forms[insn], 0, 0, 0, 0));
}
