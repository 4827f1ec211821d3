/*
 * Copies of this process, for sandboxes and zygotes. They get no fork handlers, for these may take
 * locks; no signal at their end, so that nobody's wait() sees them; and none of the program's signal
 * handlers runs in them.
 */
#ifndef NF_RACE_CLONE_H
#define NF_RACE_CLONE_H

#include "harness.h"

/* Both continue in run(h) on the cage's harness stack and return the process, or -1 with errno. */

/* All of this process. */
long clone_whole(harness *h, void (*run)(void *));
/* Without its large private memory, whatever the size of which no thread waits. The copy is for who
 * drops the rest too. */
long clone_small(harness *h, void (*run)(void *));

#endif
