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
    QUICK_INC = 0xff,
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
