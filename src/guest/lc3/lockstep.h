/*
 * Compiled code and the reference side by side.
 *
 * Three machines start from one state and do the same: the reference executes instruction by
 * instruction; the machine of the caller runs compiled code whose regions are single blocks, and is
 * compared with the reference behind each; and one runs whole regions, compared behind some passes
 * through them. Registers, PC, PSR, counts, output and stops are compared each time, memory now and
 * then and at the end. The caller's machine is the one that reads keys, writes output and talks to
 * the bus; the others get what it got.
 *
 * One thread. Freestanding.
 */
#ifndef NF_GUEST_LC3_LOCKSTEP_H
#define NF_GUEST_LC3_LOCKSTEP_H

#include "base/text.h"
#include "machine.h"

typedef struct nf_lc3_lockstep nf_lc3_lockstep;

/* The machine is loaded and started, its hooks are set. It must not be run by others until the
 * lockstep is freed. */
nf_status nf_lc3_lockstep_new(nf_lc3 *machine, nf_lc3_lockstep **lockstep, nf_error *error);
void nf_lc3_lockstep_free(nf_lc3_lockstep *lockstep);

/* As nf_lc3_run(). False when they disagree: then difference, of `bytes`, says in what, and the
 * lockstep can only be freed. */
bool nf_lc3_lockstep_run(nf_lc3_lockstep *lockstep, uint64_t limit, nf_lc3_stop *stop,
                         char *difference, size_t bytes);

#endif
