/*
 * The console of an LC-3.
 *
 * Keys from a file, or from standard input: if that is a terminal it is raw while the console is
 * open, and itself again afterwards, however the process ends (but by SIGKILL). Output goes to
 * standard output, together where that is faster, and at once before a key is waited for.
 * One console at a time.
 */
#ifndef NF_LC3_CONSOLE_H
#define NF_LC3_CONSOLE_H

#include "guest/lc3/machine.h"

/* path: NULL for standard input. skip: so many keys of the file were taken already. False after a
 * message. Sets the hooks for console. */
bool lc3_console_open(const char *path, uint64_t skip, nf_lc3_hooks *hooks);
/* Interrupts from the keyboard stop this machine. Behind lc3_console_open(). */
void lc3_console_watch(nf_lc3 *machine);
void lc3_console_flush(void);
/* Called before it waits for a key. */
void lc3_console_before_wait(void (*act)(void));
/* The number of the signal that asked to stop, or 0. */
int lc3_console_signal(void);
/* Flushes. False when output could not be written, after a message. */
bool lc3_console_close(void);

#endif
