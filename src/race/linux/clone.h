/*
 * Copies of this process, for sandboxes: without fork handlers, which may take locks; without a signal
 * at their end, so that nobody's wait() sees them; and with all signals blocked, so that no handler of
 * the program's runs in them.
 */
#ifndef NF_RACE_CLONE_H
#define NF_RACE_CLONE_H

#include "cage.h"

/* The copy opens the cage and runs run(context) on its harness stack, and never returns. Gives its number,
 * or -1: also where children would belong to another PID namespace, as its first process. */
long clone_whole(const cage *c, void (*run)(void *), void *context);

/* The same for a copy that does without the program's large memory: where the calling thread is the only
 * one, that is left out and takes no time. */
long clone_small(const cage *c, void (*run)(void *), void *context);

#endif
