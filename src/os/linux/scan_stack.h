/*
 * How far a stack reaches above an address on it.
 *
 * The kernel lists a stack in pieces when its pages have different attributes (mlock, madvise). A thread's
 * stack ends with the piece that holds its control block, which the C library puts there; the first
 * thread's with what the kernel gave the program at its start. Writable memory that touches a stack from
 * above, such as a heap of any size, is no part of it.
 */
#ifndef NF_OS_SCAN_STACK_H
#define NF_OS_SCAN_STACK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct nf_scan_stack {
    uint64_t from, end; /* what is in use of it: from the red zone on, by whole words */
    bool goes_on;       /* perhaps: by the attributes alone it can't be told */
} nf_scan_stack;

/* Reads what writable memory there is; the others answer by it, in signal handlers too. False: it can't
 * be read, or is too much. */
bool nf_scan_stacks_read(void);
/* The calling thread's. False: the address is in no writable memory. */
bool nf_scan_stack_own(uint64_t sp, nf_scan_stack *stack);
/* Any thread's: of a stack in pieces the first one. */
bool nf_scan_stack_piece(uint64_t sp, nf_scan_stack *stack);
/* Whether these three words at the address begin a thread's control block. */
bool nf_scan_is_control_block(uint64_t address, const uint64_t words[3]);

#endif
