/*
 * Time on bare metal: the time stamp counter at the rate that the embedder named; see bare.h, os.h.
 *
 * Ticks become nanoseconds in two parts, whole seconds and the rest, so that no product overflows:
 * the rest is below the rate (under 2^34), and 10^9 is below 2^30.
 */
#include "bare.h"

static const uint64_t NS_PER_S = 1000000000;

uint64_t nf_os_tsc_hz(void)
{
    uint64_t hz = nf_bare_platform_get()->tsc_hz;
    return hz ? hz : NS_PER_S;
}

uint64_t nf_os_time_ns(void)
{
    uint64_t ticks = nf_os_tsc_start(), hz = nf_os_tsc_hz();
    return ticks / hz * NS_PER_S + ticks % hz * NS_PER_S / hz;
}

uint64_t nf_os_process_time_ns(void)
{
    return nf_os_time_ns();
}

uint64_t nf_os_thread_time_ns(void)
{
    return nf_os_time_ns();
}

void nf_os_sleep_ns(uint64_t duration_ns)
{
    uint64_t start = nf_os_time_ns();
    while (nf_os_time_ns() - start < duration_ns) nf_os_relax();
}
