/*
 * How fast an LC-3 runs: the time that its instructions take, as a distribution.
 *
 * A single instruction takes less than reading the clock, so slices are measured: stretches of at
 * least 10 us of host time, whose time is divided by the instructions executed in it. A slice in
 * which the guest waited for a key is left out. Attach by machine->stats, before a run; owned by
 * the caller, who zeroes it. Freestanding.
 */
#ifndef NF_GUEST_LC3_STATS_H
#define NF_GUEST_LC3_STATS_H

#include "base/histogram.h"
#include "machine.h"

struct nf_lc3_stats {
    nf_histogram slice_ps; /* picoseconds for each instruction, one value for each slice */
    uint64_t ticks;        /* of the time stamp counter, in all slices */
    uint64_t instructions; /* executed in them */
    /* The slice that runs. */
    uint64_t slice_ticks, slice_instructions;
    bool waited; /* for a key */
};

/* A slice begins, at the beginning of a run. */
void nf_lc3_stats_begin(nf_lc3_stats *stats, const nf_lc3 *machine);
/* Ends the slice, and begins the next, when it is long enough. */
void nf_lc3_stats_note(nf_lc3_stats *stats, const nf_lc3 *machine);

#endif
