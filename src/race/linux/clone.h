/*
 * Copies of this process, for sandboxes: without fork handlers, which may take locks; without a signal
 * at their end, so that nobody's wait() sees them; and with all signals blocked, so that no handler of
 * the program's runs in them.
 */
#ifndef NF_RACE_CLONE_H
#define NF_RACE_CLONE_H

#include "cage.h"

/* The copy runs run(context) on the stack, and never returns. Gives its number, or -1. */
long clone_whole(uint8_t *stack_top, void (*run)(void *), void *context);

/* The same for a copy that does without the program's large memory: where the calling thread is the only
 * one, that is left out and takes no time. kept: memory that the copy needs. */
long clone_small(uint8_t *stack_top, void (*run)(void *), void *context, const cage_range *kept);

#endif
