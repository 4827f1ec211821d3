/*
 * One side of a connection in memory that both share: who it is, whether it has closed, whether it
 * sleeps; and how a side waits for the other. What rings, gathers and broadcasts have in common.
 *
 * Waiting has three stages: a spin, which the caller does, for its loop is what latency depends on;
 * some yields, for the other side may want this CPU; and sleep. A spin is cut to half when it was
 * of no use, and doubled when it was, so that sides which share a CPU, or have little to say to
 * each other, hardly spin. ring.h says why no news is slept through. Freestanding.
 */
#ifndef NF_BUS_SIDE_H
#define NF_BUS_SIDE_H

#include "ring.h"

/* Turns of a spin; one takes some 40 ns. */
enum { NF_BUS_PATIENCE_MAX = 2048, NF_BUS_PATIENCE_MIN = 32 };

/* In shared memory, a line for itself; zeroed: nobody has come yet. All are atomics. */
typedef struct nf_bus_side {
    uint64_t stamp;  /* of the process (nf_os_process_stamp); 0: not attached */
    uint32_t asleep; /* set by who goes to sleep, cleared by who wakes it */
    uint32_t closed;
    uint8_t apart[NF_RING_APART - 16];
} nf_bus_side;

/* Takes the side for this process. NF_BUSY: it is taken, or was. */
nf_status nf_bus_side_attach(nf_bus_side *side, const char *what, nf_error *error);
static inline bool nf_bus_side_is_closed(const nf_bus_side *side)
{
    return __atomic_load_n(&side->closed, __ATOMIC_ACQUIRE) != 0;
}

bool nf_bus_side_is_dead(const nf_bus_side *side);

nf_ring_presence nf_bus_side_presence(const nf_bus_side *side);

/* Wakes who sleeps by this bell. Out of line, for it hardly ever happens. */
void nf_bus_wake(uint32_t *bell, nf_ring_counts *counts);

/* After news was stored. The compiler must not load first; the CPU may: see ring.h. */
static inline void nf_bus_tell(uint32_t *bell, nf_ring_counts *counts)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(bell, __ATOMIC_RELAXED) != 0, 0))
        nf_bus_wake(bell, counts);
}

/* After a spin of so many turns; it found nothing when they were as many as patience allows. */
static inline void nf_bus_spun(uint32_t turns, uint32_t *patience, nf_ring_counts *counts)
{
    counts->spins += turns;
    bool useful = turns < *patience;
    if (useful && *patience < NF_BUS_PATIENCE_MAX) *patience *= 2;
    if (!useful && *patience > NF_BUS_PATIENCE_MIN) *patience /= 2;
}

typedef struct nf_bus_waiter {
    /* NF_RING_WAIT: no news. CLOSED: none will come. */
    nf_ring_result (*look)(void *context);
    /* Whether all who could bring news are dead, or closed. */
    bool (*is_dead)(void *context);
    void *context;
    uint32_t *bell;
    nf_ring_counts *counts;
} nf_bus_waiter;

/* Yields and sleeps until look() gives something else than NF_RING_WAIT, or timeout_ns is over. */
nf_ring_result nf_bus_doze(const nf_bus_waiter *waiter, uint64_t timeout_ns);

#endif
