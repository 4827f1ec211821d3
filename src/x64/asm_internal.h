/*
 * Between the encoder's files: what a row of insn.def became, and the bytes that every form shares
 * (room in the buffer, ModRM, SIB, displacement).
 *
 * An emitter takes the cursor from asm_begin(), writes at most NF_INSN_BYTES_MAX bytes through it
 * without further checks and gives it back through asm_end(). Optional bytes are written always and
 * the pointer moves past them only when they count: that is faster than branching.
 *
 *   [66] [F0 F2 F3] [REX] [0F [38 3A]] opcode [ModRM [SIB] [disp8 disp32]] [imm]     legacy
 *   C5 or C4 .. or 62 ....             opcode  ModRM [SIB] [disp8 disp32]  [imm8]    VEX, EVEX
 */
#ifndef NF_X64_ASM_INTERNAL_H
#define NF_X64_ASM_INTERNAL_H

#include "asm.h"
#include "base/assert.h"

enum { NF_INSN_BYTES_MAX = 32 }; /* 15 by the architecture; the rest is for wide stores */

/* What an operand may be, and where it stands: see shapes.def. */
enum {
    OPERAND_REG = 1,
    OPERAND_RM,
    OPERAND_V,
    OPERAND_OP,
    OPERAND_IMM,
    OPERAND_CL,        /* of no kind: it cannot be chosen */
    OPERAND_XMM0,      /* the same */
    OPERAND_PLACE = 7, /* mask of the above */
    OPERAND_G = 0x08,
    OPERAND_X = 0x10,
    OPERAND_K = 0x20,
    OPERAND_M = 0x40,
    OPERAND_I = 0x80,

    OPERAND_NONE = 0,
    OPERAND_MOD0 = OPERAND_RM, /* no kind: nothing can be passed */
    OPERAND_MOD1 = OPERAND_RM,
    OPERAND_MOD2 = OPERAND_RM,
    OPERAND_OP_G = OPERAND_OP | OPERAND_G,
    OPERAND_REG_G = OPERAND_REG | OPERAND_G,
    OPERAND_REG_X = OPERAND_REG | OPERAND_X,
    OPERAND_REG_K = OPERAND_REG | OPERAND_K,
    OPERAND_V_G = OPERAND_V | OPERAND_G,
    OPERAND_V_X = OPERAND_V | OPERAND_X,
    OPERAND_V_K = OPERAND_V | OPERAND_K,
    OPERAND_RM_G = OPERAND_RM | OPERAND_G,
    OPERAND_RM_X = OPERAND_RM | OPERAND_X,
    OPERAND_RM_K = OPERAND_RM | OPERAND_K,
    OPERAND_RM_M = OPERAND_RM | OPERAND_M,
    OPERAND_RM_GM = OPERAND_RM_G | OPERAND_M,
    OPERAND_RM_XM = OPERAND_RM_X | OPERAND_M,
    OPERAND_RM_KM = OPERAND_RM_K | OPERAND_M,
    OPERAND_IMM_X = OPERAND_IMM | OPERAND_X,
};

typedef enum nf_shape {
#define SHAPE(name, a, b, c, d) NF_SHAPE_##name,
#include "shapes.def"
#undef SHAPE
    NF_SHAPE_COUNT
} nf_shape;

enum { NF_OPERANDS_MAX = 4 };

typedef struct nf_shape_info {
    const char *name;
    uint8_t operands[NF_OPERANDS_MAX];
} nf_shape_info;

extern const nf_shape_info nf_shapes[NF_SHAPE_COUNT];

/* Bits of nf_form.w: the W column. */
enum {
    FORM_W = 0x01,       /* always 1 */
    FORM_W_EVEX = 0x02,  /* 1 in the EVEX form */
    FORM_W_BY_8 = 0x04,  /* 1 at width 8 */
    FORM_66_BY_2 = 0x08, /* prefix 66 at width 2 */
    FORM_BYTES = 0x10,   /* byte registers at width 1, the opcode plus 1 at others */
    FORM_RM_BYTE = 0x20, /* a byte register in r/m */
    FORM_L = 0x40,       /* VEX.L = 1 */
};

/* Bits of nf_form.forms. */
enum { FORM_LEGACY = 1, FORM_VEX = 2, FORM_EVEX = 4, FORM_MASK = 8, FORM_ZERO = 16 };

/* nf_form.disp_unit: a fixed power of two, or a fraction of the width, as a shift. */
enum { UNIT_FIXED = 0x10, UNIT_WIDTH = 0x20, UNIT_DUP = 0x40, UNIT_SHIFT = 0x0f };

typedef enum nf_imm_kind { IMM_0, IMM_Ib, IMM_Ir, IMM_Iz, IMM_Is, IMM_Iv } nf_imm_kind;

/* A row of insn.def, ready for emission: one quarter of a cache line. */
typedef struct nf_form {
    uint8_t opcode;
    uint8_t digit; /* ModRM.reg where that is no register */
    uint8_t w;
    uint8_t shape;
    uint8_t prefix, escape_count, escape[2]; /* legacy form: bytes */
    uint8_t pp, map;                         /* VEX and EVEX: fields */
    uint8_t forms;
    uint8_t disp_unit;
    uint8_t imm;
    uint8_t widths;      /* the legal ones, or-ed */
    uint8_t first_place; /* of the first operand */
    uint8_t third_place;
} nf_form;

_Static_assert(sizeof(nf_form) == 16, "forms are looked up for each instruction");

extern const nf_form nf_forms[NF_INSN_COUNT];

/* Whether operand number `index` of this row may be that register, or memory. For asserts. */
bool nf_form_takes(nf_insn insn, unsigned index, nf_reg reg);
bool nf_form_takes_memory(nf_insn insn, unsigned index);

/* Rows without operands that have a VEX form. */
void nf_asm_v_zero_operand(nf_asm *a, nf_insn insn);

void nf_asm_grow(nf_asm *a, size_t bytes);
void nf_asm_fail(nf_asm *a, nf_status status);
/* Notes that the 4 bytes at `field` are the displacement of a RIP-relative operand that
 * `trailing` bytes of the same instruction follow, and fills in what is known. */
void nf_asm_rip_field(nf_asm *a, uint8_t *field, const nf_mem *mem, unsigned trailing);

static inline uint8_t *asm_begin(nf_asm *a)
{
    if (__builtin_expect(a->limit - a->cursor < NF_INSN_BYTES_MAX, 0))
        nf_asm_grow(a, NF_INSN_BYTES_MAX);
    return a->cursor;
}

static inline void asm_end(nf_asm *a, uint8_t *p)
{
    a->cursor = p;
}

/* The low n bytes of value; touches 8. */
static inline uint8_t *put_bytes(uint8_t *p, uint64_t value, unsigned n)
{
    __builtin_memcpy(p, &value, sizeof value);
    return p + n;
}

static inline uint8_t *put_u32(uint8_t *p, uint32_t value)
{
    __builtin_memcpy(p, &value, sizeof value);
    return p + sizeof value;
}

/* Bit 3 of a register number, of any kind. NF_REG_NONE and NF_RIP have to be kept out. */
static inline unsigned bit3(unsigned reg)
{
    return reg >> 3 & 1;
}

/* Whether it is one of vectors 16 to 31 (numbers 32 to 47). */
static inline unsigned bit4(unsigned reg)
{
    return reg >> 5 & ~(reg >> 4) & 1;
}

enum { MOD_DISP0 = 0x00, MOD_DISP8 = 0x40, MOD_DISP32 = 0x80, MOD_REGISTER = 0xc0 };
enum { RM_SIB = 4, RM_DISP32 = 5, SIB_NO_INDEX = 4, SIB_NO_BASE = 5 };

static inline uint8_t *put_modrm_register(uint8_t *p, unsigned reg, unsigned rm)
{
    *p = (uint8_t)(MOD_REGISTER | (reg & 7) << 3 | (rm & 7));
    return p + 1;
}

/* An operand in memory: X and B of REX, VEX or EVEX. */
static inline unsigned mem_x(const nf_mem *m)
{
    return m->index == NF_REG_NONE ? 0 : bit3(m->index);
}

static inline unsigned mem_b(const nf_mem *m)
{
    return m->base >= NF_RIP ? 0 : bit3(m->base);
}

/* ModRM, SIB and displacement. unit_log2: what disp8 counts. trailing: bytes of the immediate. */
static inline uint8_t *put_modrm_memory(nf_asm *a, uint8_t *p, unsigned reg, const nf_mem *m,
                                        unsigned unit_log2, unsigned trailing)
{
    unsigned field = (reg & 7) << 3, base = m->base & 7u;
    if (__builtin_expect(m->base >= NF_RIP, 0)) {
        if (m->base == NF_RIP) {
            *p++ = (uint8_t)(MOD_DISP0 | field | RM_DISP32);
            nf_asm_rip_field(a, p, m, trailing);
            return p + 4;
        }
        unsigned index = m->index == NF_REG_NONE ? SIB_NO_INDEX : m->index & 7u;
        *p++ = (uint8_t)(MOD_DISP0 | field | RM_SIB);
        *p++ = (uint8_t)(m->scale_log2 << 6 | index << 3 | SIB_NO_BASE);
        return put_u32(p, (uint32_t)m->disp);
    }
    int32_t units = m->disp >> unit_log2;
    bool whole = (m->disp & ((1 << unit_log2) - 1)) == 0;
    bool short_disp = whole && units == (int8_t)units;
    unsigned mod = !short_disp                         ? MOD_DISP32
                   : m->disp == 0 && base != RM_DISP32 ? MOD_DISP0
                                                       : MOD_DISP8;
    if (m->index != NF_REG_NONE || base == RM_SIB) {
        unsigned index = m->index == NF_REG_NONE ? SIB_NO_INDEX : m->index & 7u;
        *p++ = (uint8_t)(mod | field | RM_SIB);
        *p++ = (uint8_t)(m->scale_log2 << 6 | index << 3 | base);
    } else {
        *p++ = (uint8_t)(mod | field | base);
    }
    put_u32(p, short_disp ? (uint32_t)units : (uint32_t)m->disp);
    return p + (mod == MOD_DISP32 ? 4 : mod >> 6);
}

#endif
