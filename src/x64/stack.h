/*
 * Frames that are larger than a page: all their pages are touched in order before RSP moves, so that
 * a stack that is too small ends at its guard page, and not in the memory behind it. Guards are one
 * page for threads; the kernel's for the first thread is larger.
 */
#ifndef NF_X64_STACK_H
#define NF_X64_STACK_H

#include "asm.h"

/* In a prologue, in front of taking so many bytes from RSP. Changes r10, r11 and the flags. */
void nf_stack_touch(nf_asm *a, uint32_t bytes);

#endif
