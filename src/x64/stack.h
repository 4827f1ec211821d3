/*
 * The room of a frame. All pages of a large one are touched in order before RSP moves, so that a stack
 * that is too small ends at its guard page, and not in the memory behind it. Guards are one page for
 * threads; the kernel's for the first thread is larger.
 */
#ifndef NF_X64_STACK_H
#define NF_X64_STACK_H

#include "asm.h"

/* In a prologue: takes so many bytes from RSP, of which as many as align may be lost where that is more
 * than a call's alignment. Changes r10, r11 and the flags. */
void nf_stack_take(nf_asm *a, uint32_t bytes, uint32_t align);

#endif
