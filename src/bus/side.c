/*
 * Sides: attaching, death, sleep; see side.h.
 *
 * `asleep` is set by sleepers only and cleared by wakers only, so that several may sleep by one
 * bell. A sleeper that gives up by itself leaves it set, which costs the next news one wake for
 * nobody. A waker clears it before it wakes: who set it again in between is not yet asleep in the
 * kernel, or is woken with the others; it looks again in either case.
 *
 * Death is looked for before each sleep, and sleeps are cut to 10 ms, so that is how late it may be
 * found. What the dead one published is all there: its stores are memory's, not the process's. So
 * after death was found the last look decides.
 */
#include "side.h"

enum { YIELDS = 8, NS_PER_MS = 1000000, SLEEP_MS = 10, SLEEP_UNFENCED_MS = 1 };

nf_status nf_bus_side_attach(nf_bus_side *side, const char *what, nf_error *error)
{
    uint64_t nobody = 0;
    nf_os_fence_register();
    if (__atomic_compare_exchange_n(&side->stamp, &nobody, nf_os_process_stamp(), false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return NF_OK;
    return nf_fail(error, NF_BUSY, "there is, or was, a %s already", what);
}

bool nf_bus_side_is_dead(const nf_bus_side *side)
{
    uint64_t stamp = __atomic_load_n(&side->stamp, __ATOMIC_ACQUIRE);
    return stamp != 0 && stamp != nf_os_process_stamp() && !nf_os_process_is_alive(stamp);
}

nf_ring_presence nf_bus_side_presence(const nf_bus_side *side)
{
    if (__atomic_load_n(&side->stamp, __ATOMIC_ACQUIRE) == 0) return NF_RING_NOBODY;
    bool gone = nf_bus_side_is_closed(side) || nf_bus_side_is_dead(side);
    return gone ? NF_RING_GONE : NF_RING_THERE;
}

void nf_bus_wake(uint32_t *bell, nf_ring_counts *counts)
{
    counts->wakes++;
    __atomic_store_n(bell, 0, __ATOMIC_SEQ_CST);
    nf_os_wake(bell);
}

static uint64_t deadline_after(uint64_t timeout_ns)
{
    uint64_t now = nf_os_time_ns();
    return timeout_ns > NF_OS_FOREVER - now ? NF_OS_FOREVER : now + timeout_ns;
}

/* Falls asleep unless there is news. */
static nf_ring_result sleep_once(const nf_bus_waiter *waiter, uint64_t timeout_ns)
{
    __atomic_store_n(waiter->bell, 1, __ATOMIC_SEQ_CST);
    uint64_t longest_ns = nf_os_fence_everywhere() ? SLEEP_MS : SLEEP_UNFENCED_MS;
    longest_ns *= NS_PER_MS;
    nf_ring_result result = waiter->look(waiter->context);
    if (result != NF_RING_WAIT) return result;
    if (waiter->is_dead(waiter->context)) {
        result = waiter->look(waiter->context);
        return result == NF_RING_WAIT ? NF_RING_DEAD : result;
    }
    waiter->counts->sleeps++;
    nf_os_wait(waiter->bell, 1, timeout_ns < longest_ns ? timeout_ns : longest_ns);
    return waiter->look(waiter->context);
}

nf_ring_result nf_bus_doze(const nf_bus_waiter *waiter, uint64_t timeout_ns)
{
    nf_ring_result result = waiter->look(waiter->context);
    if (timeout_ns == 0) return result;
    uint64_t deadline = deadline_after(timeout_ns);
    for (int i = 0; i < YIELDS && result == NF_RING_WAIT; i++) {
        nf_os_yield();
        result = waiter->look(waiter->context);
    }
    while (result == NF_RING_WAIT) {
        uint64_t now = nf_os_time_ns();
        if (now >= deadline) break;
        result = sleep_once(waiter, deadline - now);
    }
    return result;
}
