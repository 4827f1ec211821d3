/*
 * Leaving T1 code in the middle of a loop, for better code.
 *
 *     T1 code ── after so many back edges ───► [nf_compile.turn]
 *                                                       │ nothing to do: returns
 *                                                       └ nf_osr_entry_emit()'s code: registers to an
 *                                                         nf_osr_frame, asks the handler
 *                                                           0: registers back, returns
 *                                                           address: calls it with the frame; its
 *                                                           result is that of the T1 function
 *
 * What is there is called as `mov eax, block of the loop's header; call turn` would say: it finds the
 * values that are alive at the header's start each in its T1 place, and may return to go on, all
 * registers but RAX, RCX, RDX, XMM14, XMM15 and the upper lanes of the others unchanged.
 */
#ifndef NF_X64_OSR_H
#define NF_X64_OSR_H

#include "compile.h"
#include "opt/osr.h"

enum { NF_OSR_REGS = 16 };

/* The buffer that the new code is called with, and more. */
typedef struct nf_osr_frame {
    uint64_t integers[NF_OSR_REGS]; /* by nf_reg; RSP and RBP as the T1 code has them */
    uint64_t floats[NF_OSR_REGS];   /* low 8 bytes */
    uint64_t callers[NF_OSR_REGS]; /* what callee-saved registers have when T1's function returns */
    uint64_t header;               /* block id */
    uint64_t unused;
} nf_osr_frame;

typedef uint64_t nf_osr_handler(void *context, uint32_t index, nf_osr_frame *frame);

/* Where T1 code that was compiled with these options keeps the function's values at a loop's header.
 * In the arena of the options. */
nf_status nf_baseline_places(const nf_func *f, const nf_compile *options, nf_osr_places *places,
                             nf_error *error);

/* Fills callers, before a handler gives an address. saved_mask: the T1 code's, of nf_compiled. */
void nf_osr_frame_unwind(nf_osr_frame *frame, uint32_t saved_mask);

/* The code described above; comes with the handler's index in ECX. */
void nf_osr_entry_emit(nf_asm *a, nf_osr_handler *handler, void *context);

#endif
