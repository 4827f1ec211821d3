/*
 * Where the System V ABI (x86-64 psABI 1.0, section 3.2) puts arguments and results.
 *
 * Both compilers walk a signature from left to right:
 *
 *     nf_abi_walk walk = {0};
 *     for (i = 0; i < count; i++) nf_abi_place place = nf_abi_next(&walk, type[i]);
 *     // walk.stack_bytes: the outgoing area, a multiple of 8; keep RSP a multiple of 16 at the
 * call
 *     // walk.vectors: what AL must say before a variadic call
 *
 *   caller, at the call instruction        callee, after push rbp; mov rbp, rsp
 *     [rsp + offset]   a stack argument      [rbp + 16 + offset]
 *                                            [rbp + 8]  return address
 *                                            [rbp]      caller's rbp
 *
 * Integers of 8 and 16 bits are passed zero-extended to 32 bits; a callee must not rely on the bits
 * above its own type, nor may a caller on those above the type of a result. Vectors go in XMM0-7
 * and then on the stack, aligned to 16. Freestanding; pure.
 */
#ifndef NF_X64_ABI_H
#define NF_X64_ABI_H

#include "asm.h"
#include "ir/ir.h"

enum {
    NF_ABI_GPR_ARGS = 6,
    NF_ABI_VECTOR_ARGS = 8,
    NF_ABI_STACK_ALIGN = 16,
    NF_ABI_FIRST_STACK_ARG = 16, /* from RBP, in the callee */
};

#define NF_REG_BIT(reg) (UINT64_C(1) << (reg))

/* Bit per nf_reg. RBP is saved too, but is never anything else than the frame pointer. */
#define NF_ABI_CALLEE_SAVED                                                                        \
    (NF_REG_BIT(NF_RBX) | NF_REG_BIT(NF_R12) | NF_REG_BIT(NF_R13) | NF_REG_BIT(NF_R14) |           \
     NF_REG_BIT(NF_R15))

/* How many registers a mask names; the builtin would call the compiler's library. */
static inline uint32_t nf_reg_count(uint64_t mask)
{
    uint32_t count = 0;
    for (; mask; mask &= mask - 1) count++;
    return count;
}

/* RDI RSI RDX RCX R8 R9 */
extern const uint8_t nf_abi_gpr_args[NF_ABI_GPR_ARGS];

typedef struct nf_abi_walk {
    uint32_t gprs, vectors; /* argument registers used so far */
    uint32_t stack_bytes;
} nf_abi_walk;

typedef struct nf_abi_place {
    uint8_t reg;           /* nf_reg, or NF_REG_NONE: on the stack */
    uint32_t stack_offset; /* from the first stack argument */
} nf_abi_place;

/* The place of the next argument. */
nf_abi_place nf_abi_next(nf_abi_walk *walk, nf_type type);

/* RAX, XMM0, or NF_REG_NONE for void. */
nf_reg nf_abi_result(nf_type type);

/* Whether values of this type live in vector registers. */
static inline bool nf_abi_in_vector(nf_type type)
{
    return NF_TYPE_IS_VECTOR(type) || NF_TYPE_IS_FLOAT(type);
}

#endif
