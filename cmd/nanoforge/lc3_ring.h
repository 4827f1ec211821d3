/*
 * The ends of rings that have names, for a program that is run by a command of its own: another
 * command has the other end. What TRAP x30 and x31 of `lc3 run` do. One program a process.
 */
#ifndef NF_LC3_RING_H
#define NF_LC3_RING_H

#include "guest/lc3/machine.h"

/* out, in: names, or NULL. Sets the hooks for a bus. Behind lc3_console_watch(), so that a signal
 * does not leave a name behind. Failed after a message; NF_ARGUMENT: a name or size that is none. */
nf_status lc3_rings_open(const char *out, const char *in, uint64_t words, nf_lc3_hooks *hooks);
bool lc3_rings_are_open(void);
/* Waits until the other ends are there, or a signal asks to stop (lc3_console.h). NF_LC3_GOING: they
 * are. */
nf_lc3_stop lc3_rings_meet(void);
/* Lets the other sides have what this one keeps to itself. */
void lc3_rings_flush(void);
/* After NF_LC3_STOP_BUS_DEAD: says why, if the other end has not just closed; whether it did. */
bool lc3_rings_complain(void);
/* Idempotent. */
void lc3_rings_close(void);

#endif
