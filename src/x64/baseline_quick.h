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
    QUICK_SHIFT = 0xc1,         /* of "r/m, imm8", and the digits */
    QUICK_ROL = 0,
    QUICK_ROR = 1,
    QUICK_SHL = 4,
    QUICK_SHR = 5,
    QUICK_SAR = 7,
    QUICK_IMUL = 0xaf0f, /* two bytes */
    QUICK_IMUL_IMM8 = 0x6b,
    QUICK_IMUL_IMM32 = 0x69,
    QUICK_INC = 0xff,
    QUICK_VEX2 = 0xc5,
    QUICK_VEX3 = 0xc4,
    QUICK_VEX3_X_0F = 0x41, /* no index, a base above 7, opcodes 0F */
    QUICK_PP_F64 = 3,       /* F2 */
    QUICK_PP_F32 = 2,       /* F3 */
    QUICK_FADD = 0x58,
    QUICK_FMUL = 0x59,
    QUICK_FSUB = 0x5c,
    QUICK_FMIN = 0x5d,
    QUICK_FDIV = 0x5e,
    QUICK_FMAX = 0x5f,
    QUICK_RM_SIB = 4, /* r/m or index: look into the SIB; no index */
    QUICK_RM_RBP = 5, /* as a base without displacement it would be something else */
};

static inline __attribute__((always_inline)) void quick_put(nf_asm *a, uint64_t word,
                                                            unsigned bytes)
{
    unsigned without_rex = (word & 0xff) == QUICK_REX;
    word >>= 8 * without_rex;
    __builtin_memcpy(a->cursor, &word, sizeof word);
    nf_asm_advance(a, bytes - without_rex);
}

/* The same, or nothing. */
static inline __attribute__((always_inline)) void quick_put_if(nf_asm *a, bool condition,
                                                               uint64_t word, unsigned bytes)
{
    unsigned without_rex = (word & 0xff) == QUICK_REX;
    word >>= 8 * without_rex;
    __builtin_memcpy(a->cursor, &word, sizeof word);
    nf_asm_advance(a, (bytes - without_rex) & -(unsigned)condition);
}

/* The W bit of REX has the value 8, as the width that asks for it. */
static inline void quick_rr(nf_asm *a, unsigned opcode, unsigned width, unsigned reg, unsigned rm)
{
    unsigned rex = QUICK_REX | (width & 8) | (reg >> 3) << 2 | rm >> 3;
    unsigned modrm = QUICK_REGISTER | (reg & 7) << 3 | (rm & 7);
    quick_put(a, rex | opcode << 8 | modrm << 16, 3);
}

/* The operation is that of the opcode, whose bits 3 to 5 are the digit of the immediate forms. */
static inline void quick_ri(nf_asm *a, unsigned opcode, unsigned width, unsigned rm, int32_t imm)
{
    unsigned rex = QUICK_REX | (width & 8) | rm >> 3;
    unsigned modrm = QUICK_REGISTER | (opcode & 0x38) | (rm & 7);
    bool is_short = imm == (int8_t)imm;
    uint64_t word = rex | (is_short ? QUICK_IMM8 : QUICK_IMM32) << 8 | modrm << 16;
    quick_put(a, word | (uint64_t)(uint32_t)imm << 24, is_short ? 4 : 7);
}

/* What follows decides by arithmetic instead of branches: which registers and constants come is not
 * to be foreseen, and a wrong guess costs more than all of these. */

/* to = from, unless they are the same. */
static inline void quick_mov_rr(nf_asm *a, unsigned width, unsigned to, unsigned from)
{
    unsigned rex = QUICK_REX | (width & 8) | (to >> 3) << 2 | from >> 3;
    unsigned modrm = QUICK_REGISTER | (to & 7) << 3 | (from & 7);
    quick_put_if(a, to != from, rex | QUICK_MOV << 8 | modrm << 16, 3);
}

/* reg = reg op imm or reg op rm. */
static inline void quick_r_any(nf_asm *a, unsigned opcode, unsigned width, unsigned reg,
                               bool is_imm, unsigned rm, int32_t imm)
{
    bool is_short = imm == (int8_t)imm;
    uint64_t wide = QUICK_REX | (width & 8), low = reg & 7, high = reg >> 3;
    uint64_t with_imm = wide | high | (is_short ? QUICK_IMM8 : QUICK_IMM32) << 8 |
                        (QUICK_REGISTER | (opcode & 0x38) | low) << 16 |
                        (uint64_t)(uint32_t)imm << 24;
    uint64_t with_rm = wide | high << 2 | rm >> 3 | (uint64_t)opcode << 8 |
                       (QUICK_REGISTER | low << 3 | (rm & 7)) << 16;
    unsigned imm_bytes = is_short ? 4 : 7;
    quick_put(a, is_imm ? with_imm : with_rm, is_imm ? imm_bytes : 3);
}

/* Shifts and rotations by a constant below the width; nothing for 0. */
static inline void quick_shift(nf_asm *a, unsigned digit, unsigned width, unsigned reg,
                               unsigned count)
{
    uint64_t rex = QUICK_REX | (width & 8) | reg >> 3;
    uint64_t modrm = QUICK_REGISTER | digit << 3 | (reg & 7);
    quick_put_if(a, count != 0, rex | QUICK_SHIFT << 8 | modrm << 16 | (uint64_t)count << 24, 4);
}

/* reg = reg * rm */
static inline void quick_imul(nf_asm *a, unsigned width, unsigned reg, unsigned rm)
{
    uint64_t rex = QUICK_REX | (width & 8) | (reg >> 3) << 2 | rm >> 3;
    uint64_t modrm = QUICK_REGISTER | (reg & 7) << 3 | (rm & 7);
    quick_put(a, rex | QUICK_IMUL << 8 | modrm << 24, 4);
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

/* Memory with a general register as its base. */
static inline void quick_rm(nf_asm *a, unsigned opcode, unsigned width, unsigned reg,
                            const nf_mem *m)
{
    bool has_index = m->index != NF_REG_NONE, has_sib = has_index || (m->base & 7) == QUICK_RM_SIB;
    unsigned index = has_index ? m->index : QUICK_RM_SIB, base = m->base;
    unsigned rex = QUICK_REX | (width & 8) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    bool is_short = m->disp == (int8_t)m->disp;
    bool is_zero = m->disp == 0 && (base & 7) != QUICK_RM_RBP;
    unsigned disp_bytes = is_zero ? 0 : is_short ? 1 : 4;
    unsigned mod = is_zero ? 0 : is_short ? QUICK_DISP8 : QUICK_DISP32;
    uint64_t disp = (uint32_t)m->disp;
    if (has_sib) {
        uint64_t sib = (unsigned)m->scale_log2 << 6 | (index & 7) << 3 | (base & 7);
        unsigned modrm = mod | (reg & 7) << 3 | QUICK_RM_SIB;
        quick_put(a, rex | opcode << 8 | modrm << 16 | sib << 24 | disp << 32, 4 + disp_bytes);
    } else {
        unsigned modrm = mod | (reg & 7) << 3 | (base & 7);
        quick_put(a, rex | opcode << 8 | modrm << 16 | disp << 24, 3 + disp_bytes);
    }
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
