/*
 * The few instructions that most of the baseline's output consists of, written without the tables:
 * moves, additions and the like between general registers of 4 or 8 bytes, with an immediate, and
 * their loads, stores and addresses. They give the very bytes that the encoder gives (a test
 * compares them), in a third of the time.
 *
 *   [REX] opcode ModRM [SIB] [disp8 disp32] [imm8 imm32]      all put together in one word
 *
 * A REX that says nothing (40) is left out by shifting the word. Intel SDM volume 2, 2.1 and 2.2.1.
 */
#ifndef NF_X64_BASELINE_QUICK_H
#define NF_X64_BASELINE_QUICK_H

#include "asm.h"

/* Opcodes of the forms "reg, r/m"; a store is "r/m, reg". */
enum {
    QUICK_ADD = 0x03,
    QUICK_OR = 0x0b,
    QUICK_AND = 0x23,
    QUICK_SUB = 0x2b,
    QUICK_XOR = 0x33,
    QUICK_CMP = 0x3b,
    QUICK_STORE = 0x89,
    QUICK_MOV = 0x8b,
    QUICK_LEA = 0x8d,
};

enum {
    QUICK_REX = 0x40,
    QUICK_REGISTER = 0xc0, /* mod of ModRM */
    QUICK_DISP8 = 0x40,
    QUICK_DISP32 = 0x80,
    QUICK_IMM32 = 0x81, /* opcode of "r/m, imm32" */
    QUICK_IMM8 = 0x83,
    QUICK_MOV_IMM = 0xc7,       /* of "mov r/m, imm32" */
    QUICK_MOV_IMM_SHORT = 0xb8, /* of "mov r32, imm32", plus the register */
    QUICK_SHIFT = 0xc1,         /* of "r/m, imm8", and the digits, as bits 3 to 5 */
    QUICK_ROL = 0 << 3,
    QUICK_ROR = 1 << 3,
    QUICK_SHL = 4 << 3,
    QUICK_SHR = 5 << 3,
    QUICK_SAR = 7 << 3,
    QUICK_IMUL = 0xaf0f, /* two bytes */
    QUICK_IMUL_IMM8 = 0x6b,
    QUICK_IMUL_IMM32 = 0x69,
    QUICK_INC = 0xff,
    QUICK_VEX2 = 0xc5,
    QUICK_VEX3 = 0xc4,
    QUICK_VEX3_0F = 0x01,   /* its map of opcodes */
    QUICK_VEX3_X_0F = 0x41, /* the same without an index, and with a register above 7 */
    QUICK_VEX_NO_V = 0x78,  /* no first operand */
    QUICK_F64 = 0xf2,       /* prefixes */
    QUICK_F32 = 0xf3,
    QUICK_0F = 0x0f,
    QUICK_FLOAD = 0x10, /* behind 0F, as those from QUICK_FADD on */
    QUICK_FSTORE = 0x11,
    QUICK_PP_F64 = 3, /* F2 */
    QUICK_PP_F32 = 2, /* F3 */
    QUICK_FADD = 0x58,
    QUICK_FMUL = 0x59,
    QUICK_FSUB = 0x5c,
    QUICK_FMIN = 0x5d,
    QUICK_FDIV = 0x5e,
    QUICK_FMAX = 0x5f,
    QUICK_RM_SIB = 4, /* r/m or index: look into the SIB; no index */
    QUICK_RM_RBP = 5, /* as a base without displacement it would be something else */
};

/* Writes there, when the condition holds, and gives the place behind. */
static inline __attribute__((always_inline)) uint8_t *quick_write(uint8_t *p, bool condition,
                                                                  uint64_t word, unsigned bytes)
{
    unsigned without_rex = (word & 0xff) == QUICK_REX;
    word >>= 8 * without_rex;
    __builtin_memcpy(p, &word, sizeof word);
    return p + ((bytes - without_rex) & -(unsigned)condition);
}

/* The end of all instructions that were written from the cursor on: at most 24 bytes. */
static inline __attribute__((always_inline)) void quick_end(nf_asm *a, const uint8_t *p)
{
    nf_asm_advance(a, (unsigned)(p - a->cursor));
}

static inline __attribute__((always_inline)) void quick_put(nf_asm *a, uint64_t word,
                                                            unsigned bytes)
{
    quick_end(a, quick_write(a->cursor, true, word, bytes));
}

/* What a general register adds to the word as ModRM.reg and as ModRM.rm, with its bit of REX. */
#define QUICK_EACH_REGISTER(x)                                                                     \
    {                                                                                              \
        x(0), x(1), x(2), x(3), x(4), x(5), x(6), x(7), x(8), x(9), x(10), x(11), x(12), x(13),    \
            x(14), x(15)                                                                           \
    }
#define QUICK_AS_REG(r) ((r) >> 3 << 2 | ((r)&7) << 19)
#define QUICK_AS_RM(r)  ((r) >> 3 | ((r)&7) << 16)
static const uint32_t quick_as_reg[16] = QUICK_EACH_REGISTER(QUICK_AS_REG);
static const uint32_t quick_as_rm[16] = QUICK_EACH_REGISTER(QUICK_AS_RM);

/* Two registers. The W bit of REX has the value 8, as the width that asks for it. */
static inline uint32_t quick_word(unsigned opcode, unsigned width, unsigned reg, unsigned rm)
{
    return QUICK_REX | (width & 8) | opcode << 8 | QUICK_REGISTER << 16 | quick_as_reg[reg] |
           quick_as_rm[rm];
}

static inline void quick_rr(nf_asm *a, unsigned opcode, unsigned width, unsigned reg, unsigned rm)
{
    quick_put(a, quick_word(opcode, width, reg, rm), 3);
}

/* One register and an immediate, which is not in the word. The operation is that of the opcode, whose
 * bits 3 to 5 are the digit of the immediate forms; imm8: their opcode for short immediates. */
static inline uint32_t quick_word_imm(unsigned opcode, unsigned imm8, unsigned width, unsigned rm,
                                      bool is_short)
{
    return QUICK_REX | (width & 8) | (is_short ? imm8 : QUICK_IMM32) << 8 |
           (QUICK_REGISTER | (opcode & 0x38)) << 16 | quick_as_rm[rm];
}

static inline void quick_ri(nf_asm *a, unsigned opcode, unsigned width, unsigned rm, int32_t imm)
{
    bool is_short = imm == (int8_t)imm;
    uint64_t word = quick_word_imm(opcode, QUICK_IMM8, width, rm, is_short);
    quick_put(a, word | (uint64_t)(uint32_t)imm << 24, is_short ? 4 : 7);
}

/* What follows decides by arithmetic instead of branches: which registers and constants come is not
 * to be foreseen, and a wrong guess costs more than all of these. */

/* to = from, unless they are the same; goes in front of another instruction. */
static inline uint8_t *quick_mov_write(uint8_t *p, unsigned width, unsigned to, unsigned from)
{
    return quick_write(p, to != from, quick_word(QUICK_MOV, width, to, from), 3);
}

/* One of two words: a conditional expression would become a branch. */
static inline uint64_t quick_choose(bool first, uint64_t x, uint64_t y)
{
    return y ^ ((x ^ y) & -(uint64_t)first);
}

/* reg = reg op imm or reg op rm. For shifts by a constant the opcode is QUICK_SHL .. and imm8
 * QUICK_SHIFT. */
static inline __attribute__((always_inline)) uint8_t *quick_any_write(uint8_t *p, unsigned opcode,
                                                                      unsigned imm8, unsigned width,
                                                                      unsigned reg, bool is_imm,
                                                                      unsigned rm, int32_t imm)
{
    bool is_short = imm == (int8_t)imm;
    uint64_t with_imm = quick_word_imm(opcode, imm8, width, reg, is_short) | (uint64_t)(uint32_t)imm
                                                                                 << 24;
    uint64_t with_rm = quick_word(opcode, width, reg, rm);
    return quick_write(p, true, quick_choose(is_imm, with_imm, with_rm),
                       3 + (is_imm & 1) + 3 * (is_imm & !is_short));
}

static inline void quick_r_any(nf_asm *a, unsigned opcode, unsigned width, unsigned reg,
                               bool is_imm, unsigned rm, int32_t imm)
{
    quick_end(a, quick_any_write(a->cursor, opcode, QUICK_IMM8, width, reg, is_imm, rm, imm));
}

/* reg = reg * rm */
static inline uint8_t *quick_imul_write(uint8_t *p, unsigned width, unsigned reg, unsigned rm)
{
    uint64_t rex = QUICK_REX | (width & 8) | (reg >> 3) << 2 | rm >> 3;
    uint64_t modrm = QUICK_REGISTER | (reg & 7) << 3 | (rm & 7);
    return quick_write(p, true, rex | QUICK_IMUL << 8 | modrm << 24, 4);
}

/* reg = rm * imm */
static inline void quick_imul_i(nf_asm *a, unsigned width, unsigned reg, unsigned rm, int32_t imm)
{
    bool is_short = imm == (int8_t)imm;
    uint64_t rex = QUICK_REX | (width & 8) | (reg >> 3) << 2 | rm >> 3;
    uint64_t modrm = QUICK_REGISTER | (reg & 7) << 3 | (rm & 7);
    uint64_t word = rex | (is_short ? QUICK_IMUL_IMM8 : QUICK_IMUL_IMM32) << 8 | modrm << 16;
    quick_put(a, word | (uint64_t)(uint32_t)imm << 24, is_short ? 4 : 7);
}

/* A scalar operation of AVX on XMM registers, counted from 0: reg = first op rm. bytes: 4 or 8.
 * Intel SDM volume 2, 2.3.5: C5 and two bytes where rm is below 8, else C4 and three. */
static inline void quick_vex(nf_asm *a, unsigned opcode, unsigned bytes, unsigned reg,
                             unsigned first, unsigned rm)
{
    uint64_t last = (~first & 15) << 3 | (bytes == 8 ? QUICK_PP_F64 : QUICK_PP_F32);
    uint64_t not_r = (~reg & 8) << 4, modrm = QUICK_REGISTER | (reg & 7) << 3 | (rm & 7);
    uint64_t two = QUICK_VEX2 | (not_r | last) << 8 | opcode << 16 | modrm << 24;
    uint64_t three = QUICK_VEX3 | (not_r | QUICK_VEX3_X_0F) << 8 | last << 16 |
                     (uint64_t)opcode << 24 | modrm << 32;
    uint64_t word = rm < 8 ? two : three;
    __builtin_memcpy(a->cursor, &word, sizeof word);
    nf_asm_advance(a, rm < 8 ? 4 : 5);
}

/* reg = imm, sign-extended to 8 bytes. */
static inline void quick_mov_i(nf_asm *a, unsigned reg, int32_t imm)
{
    uint64_t word = QUICK_REX | 8 | reg >> 3 | QUICK_MOV_IMM << 8;
    word |= (QUICK_REGISTER | (reg & 7)) << 16;
    quick_put(a, word | (uint64_t)(uint32_t)imm << 24, 7);
}

/* reg = imm, zero-extended to 8 bytes. */
static inline void quick_mov_u(nf_asm *a, unsigned reg, uint32_t imm)
{
    uint64_t word = QUICK_REX | reg >> 3 | (QUICK_MOV_IMM_SHORT + (reg & 7)) << 8;
    quick_put(a, word | (uint64_t)imm << 16, 6);
}

/* All 8 bytes. */
static inline void quick_inc(nf_asm *a, unsigned reg)
{
    unsigned rex = QUICK_REX | 8 | reg >> 3, modrm = QUICK_REGISTER | (reg & 7);
    quick_put(a, rex | QUICK_INC << 8 | modrm << 16, 3);
}

/* ModRM, SIB and displacement: a general register as the base; index: another or NF_REG_NONE. */
typedef struct quick_address {
    unsigned rex;   /* its bits for base and index */
    uint64_t word;  /* behind the opcode, but without the displacement; ModRM.reg is 0 */
    unsigned bytes; /* of it */
    unsigned disp_bytes;
} quick_address;

static inline __attribute__((always_inline)) quick_address
quick_address_of(unsigned base, unsigned index, unsigned scale_log2, int32_t disp)
{
    unsigned has_index = index != NF_REG_NONE;
    unsigned has_sib = has_index | ((base & 7) == QUICK_RM_SIB);
    unsigned used_index = has_index ? index : QUICK_RM_SIB;
    unsigned is_long = disp != (int8_t)disp;
    unsigned has_disp = (disp != 0) | ((base & 7) == QUICK_RM_RBP);
    unsigned mod = (QUICK_DISP8 << is_long) & -has_disp;
    uint64_t sib = scale_log2 << 6 | (used_index & 7) << 3 | (base & 7);
    return (quick_address){.rex = (used_index >> 3) << 1 | base >> 3,
                           .word = mod | (has_sib ? QUICK_RM_SIB : base & 7) |
                                   (sib & -(uint64_t)has_sib) << 8,
                           .bytes = 1 + has_sib,
                           .disp_bytes = (1 + 3 * is_long) & -has_disp};
}

static inline __attribute__((always_inline)) void quick_memory(nf_asm *a, unsigned opcode,
                                                               unsigned width, unsigned reg,
                                                               unsigned base, unsigned index,
                                                               unsigned scale_log2, int32_t disp)
{
    quick_address m = quick_address_of(base, index, scale_log2, disp);
    uint64_t word = QUICK_REX | (width & 8) | m.rex | opcode << 8 | quick_as_reg[reg];
    word |= m.word << 16 | (uint64_t)(uint32_t)disp << (16 + 8 * m.bytes);
    quick_put(a, word, 2 + m.bytes + m.disp_bytes);
}

/* Between an XMM register, counted from 0, and 4 or 8 bytes of memory, in VEX or not; opcode:
 * QUICK_FLOAD or QUICK_FSTORE. Without VEX a prefix stands in front of REX; the whole takes more than
 * one word. */
static inline __attribute__((always_inline)) void
quick_float_memory(nf_asm *a, bool vex, unsigned opcode, unsigned width, unsigned reg,
                   unsigned base, unsigned index, unsigned scale_log2, int32_t disp)
{
    quick_address m = quick_address_of(base, index, scale_log2, disp);
    unsigned shorter = m.rex == 0 && (vex || reg < 8), bytes = 4 - shorter;
    uint64_t word;
    if (vex) {
        unsigned not_r = (~reg & 8) << 4, not_xb = (~m.rex & 3) << 5;
        uint64_t last = QUICK_VEX_NO_V | (width == 8 ? QUICK_PP_F64 : QUICK_PP_F32);
        word = shorter ? QUICK_VEX2 | (not_r | last) << 8 | opcode << 16
                       : QUICK_VEX3 | (not_r | not_xb | QUICK_VEX3_0F) << 8 | last << 16 |
                             (uint64_t)opcode << 24;
    } else {
        uint64_t behind = QUICK_REX | m.rex | reg >> 3 << 2 | QUICK_0F << 8 | opcode << 16;
        word = (width == 8 ? QUICK_F64 : QUICK_F32) | behind >> 8 * shorter << 8;
    }
    word |= ((reg & 7) << 3 | m.word) << 8 * bytes;
    __builtin_memcpy(a->cursor, &word, sizeof word);
    __builtin_memcpy(a->cursor + bytes + m.bytes, &disp, sizeof disp);
    nf_asm_advance(a, bytes + m.bytes + m.disp_bytes);
}

static inline void quick_rm(nf_asm *a, unsigned opcode, unsigned width, unsigned reg,
                            const nf_mem *m)
{
    quick_memory(a, opcode, width, reg, m->base, m->index, m->scale_log2, m->disp);
}

/* The same of 8 bytes in memory. */
static inline void quick_mov_mi(nf_asm *a, const nf_mem *m, int32_t imm)
{
    quick_rm(a, QUICK_MOV_IMM, 8, 0, m);
    nf_asm_u32(a, (uint32_t)imm);
}

static inline void quick_inc_m(nf_asm *a, const nf_mem *m)
{
    quick_rm(a, QUICK_INC, 8, 0, m);
}

#endif
