/*
 * Between the encoder's files: what a row of insn.def became, and the bytes that every form shares
 * (room in the buffer, ModRM, SIB, displacement).
 *
 * At each emitter's entry NF_INSN_BYTES_MAX bytes are free; asm_end() makes it so again. An emitter
 * puts several bytes together in a register, stores 8 and moves on by as many as count, which is
 * faster than to branch on each.
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

/* Bits of nf_form.mode, which is about one width. */
enum {
    MODE_66 = 0x01,      /* prefix 66 */
    MODE_PLUS_1 = 0x02,  /* the opcode is one higher */
    MODE_BYTES = 0x04,   /* registers are bytes */
    MODE_W = 0x08,       /* W is 1; the place of REX.W */
    MODE_RM_BYTE = 0x10, /* the register in r/m is a byte */
    MODE_L = 0x20,       /* VEX.L is 1 */
    MODE_W_EVEX = 0x40,  /* W is 1 in the EVEX form */
};

/* Bits of nf_form.forms. */
enum { FORM_LEGACY = 1, FORM_VEX = 2, FORM_EVEX = 4, FORM_MASK = 8, FORM_ZERO = 16 };

/* nf_form.disp_unit: a fixed power of two, or a fraction of the width, as a shift. */
enum { UNIT_FIXED = 0x10, UNIT_WIDTH = 0x20, UNIT_DUP = 0x40, UNIT_SHIFT = 0x0f };

typedef enum nf_imm_kind { IMM_0, IMM_Ib, IMM_Ir, IMM_Iz, IMM_Is, IMM_Iv } nf_imm_kind;

/* A row of insn.def, but for the bytes of its legacy form. */
typedef struct nf_form {
    uint8_t mode[4]; /* by width_index() */
    uint8_t digit;   /* ModRM.reg where that is no register */
    uint8_t imm;
    uint8_t first_place, third_place; /* of the first and third operand: OPERAND_REG .. */
    uint8_t forms;
    uint8_t pp, map, opcode; /* as in VEX and EVEX */
    uint8_t disp_unit;
    uint8_t widths; /* the legal ones, or-ed */
    uint8_t shape;
    uint8_t prefix; /* of the legacy form, 0: none */
} nf_form;

_Static_assert(sizeof(nf_form) == 16, "forms are looked up for each instruction");

/*
 * What stands before ModRM in the legacy form at one width, ready to be stored: without REX, and
 * with it (twice with, where W is 1). The last byte is not stored but tells about the others:
 *
 *   byte  0 ...                                  7
 *         | prefixes | REX | escapes | opcode | ... | r/m byte:1 | bytes:1 | rm first:1 | prefixes:2 | length:3 |
 *
 * Length counts all, prefixes tells where REX stands, rm first is for the order of operands; the
 * other two are MODE_RM_BYTE and MODE_BYTES.
 */
typedef struct nf_code {
    uint64_t without_rex, with_rex;
} nf_code;

enum {
    CODE_LENGTH_SHIFT = 56, /* 3 bits */
    CODE_LENGTH_MASK = 7,
    CODE_PREFIX_SHIFT = 59, /* 2 bits, the number of bytes; shifted by 56 it is that of bits */
    CODE_PREFIX_BITS_MASK = 0x18,
    CODE_RM_FIRST_SHIFT = 61,
    CODE_BYTES_SHIFT = 62,
    CODE_RM_BYTE_SHIFT = 63,
};

enum { WIDTH_INDICES = 4 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define HIDDEN        __attribute__((visibility("hidden")))

extern const nf_form nf_forms[NF_INSN_COUNT] HIDDEN;
extern const nf_code nf_codes[NF_INSN_COUNT][WIDTH_INDICES] HIDDEN;

/* Whether operand number `index` of this row may be that register, or memory. For asserts. */
bool nf_form_takes(nf_insn insn, unsigned index, nf_reg reg);
bool nf_form_takes_memory(nf_insn insn, unsigned index);

/* Rows without operands that have a VEX form. */
void nf_asm_v_zero_operand(nf_asm *a, nf_insn insn);

void nf_asm_grow(nf_asm *a); /* to at least NF_INSN_BYTES_MAX free */
void nf_asm_reserve(nf_asm *a, size_t bytes);
void nf_asm_fail(nf_asm *a, nf_status status);
/* Notes that the 4 bytes at `field` are the displacement of a RIP-relative operand that
 * `trailing` bytes of the same instruction follow, and fills in what is known. */
void nf_asm_rip_field(nf_asm *a, uint8_t *field, nf_mem mem, unsigned trailing);

static inline void asm_end(nf_asm *a, uint8_t *p)
{
    a->cursor = p;
    if (__builtin_expect(p > a->full, 0)) nf_asm_grow(a);
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

/* Bit 3 of a register number, of any kind; 0 for NF_REG_NONE and NF_RIP. */
static inline unsigned bit3(unsigned reg)
{
    return reg >> 3 & 1;
}

/* Whether it is one of vectors 16 to 31 (numbers 32 to 47). */
static inline unsigned bit4(unsigned reg)
{
    return reg >> 5 & ~(reg >> 4) & 1;
}

/* 0 for 1 and 16 bytes, 1 for 2 and 32, 2 for 4 and 64, 3 for 8. No row has two of a kind. */
static inline unsigned width_index(unsigned width)
{
    return (unsigned)__builtin_ctz(width) & (WIDTH_INDICES - 1);
}

static inline unsigned mode_of(const nf_form *form, unsigned width)
{
    return form->mode[width_index(width)];
}

enum { MOD_DISP0 = 0x00, MOD_DISP8 = 0x40, MOD_DISP32 = 0x80, MOD_REGISTER = 0xc0 };
enum { RM_SIB = 4, RM_DISP32 = 5, SIB_NO_INDEX = 4, SIB_NO_BASE = 5 };

_Static_assert((NF_REG_NONE & 15) == SIB_NO_INDEX && (NF_RIP & 15) == RM_DISP32,
               "as it is encoded");

static inline unsigned modrm_register(unsigned reg, unsigned rm)
{
    return MOD_REGISTER | (reg & 7) << 3 | (rm & 7);
}

static inline unsigned sib_byte(nf_mem m, unsigned base)
{
    return (unsigned)m.scale_log2 << 6 | (m.index & 7u) << 3 | base;
}

/* Whether the operand is one for put_modrm_special(). */
static inline bool is_special(nf_mem m)
{
    return __builtin_expect(m.base >= NF_REG_NONE, 0);
}

/* ModRM, SIB and displacement of an operand with a base. unit_log2: what disp8 counts. */
static inline uint8_t *put_modrm_memory(uint8_t *p, unsigned reg, nf_mem m, unsigned unit_log2)
{
    unsigned field = (reg & 7) << 3, base = m.base & 7u;
    int32_t units = m.disp >> unit_log2;
    bool whole = (m.disp & ((1 << unit_log2) - 1)) == 0;
    bool is_short = whole & (units == (int8_t)units);
    bool is_zero = (m.disp == 0) & (base != RM_DISP32);
    unsigned mod = is_zero ? MOD_DISP0 : MOD_DISP32 >> is_short;
    unsigned disp_bytes = is_zero ? 0 : is_short ? 1 : 4;
    uint64_t disp = (uint32_t)(is_short ? units : m.disp);
    if (m.index == NF_REG_NONE && base != RM_SIB)
        return put_bytes(p, disp << 8 | mod | field | base, 1 + disp_bytes);
    return put_bytes(p, disp << 16 | sib_byte(m, base) << 8 | mod | field | RM_SIB, 2 + disp_bytes);
}

/* The same for an operand without a base, or relative to RIP; trailing: bytes of the immediate. */
static inline uint8_t *put_modrm_special(nf_asm *a, uint8_t *p, unsigned reg, nf_mem m,
                                         unsigned trailing)
{
    unsigned field = (reg & 7) << 3;
    if (m.base == NF_RIP) {
        *p++ = (uint8_t)(MOD_DISP0 | field | RM_DISP32);
        nf_asm_rip_field(a, p, m, trailing);
        return p + sizeof m.disp;
    }
    *p++ = (uint8_t)(MOD_DISP0 | field | RM_SIB);
    *p++ = (uint8_t)sib_byte(m, SIB_NO_BASE);
    return put_u32(p, (uint32_t)m.disp);
}

#endif
