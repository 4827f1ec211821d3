/*
 * Time on Linux; see os.h.
 *
 * The rate of the TSC is measured against CLOCK_MONOTONIC: hardly any CPU names it exactly, and a
 * virtual machine hides even that. Each end of the measured time is the tightest of several
 * readings of the counter between two of the clock, so that an interrupt in between does no harm:
 * the error is some tens of nanoseconds at each end of 5 ms, about 10 parts in a million.
 */
#include "os/os.h"

#include <errno.h>
#include <time.h>

enum { NS_PER_S = 1000000000, CALIBRATION_NS = 5000000, CALIBRATION_TRIES = 16 };

typedef struct reading {
    uint64_t time_ns, ticks;
} reading;

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t nf_os_time_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t nf_os_process_time_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t nf_os_thread_time_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static reading read_both(void)
{
    reading best = {0, 0};
    uint64_t width_min = UINT64_MAX;
    for (int i = 0; i < CALIBRATION_TRIES; i++) {
        uint64_t before = nf_os_tsc_start();
        uint64_t time_ns = nf_os_time_ns();
        uint64_t width = nf_os_tsc_stop() - before;
        if (width >= width_min) continue;
        width_min = width;
        best = (reading){time_ns, before + width / 2};
    }
    return best;
}

uint64_t nf_os_tsc_hz(void)
{
    static uint64_t cached; /* two first calls at once measure twice; either result will do */
    uint64_t hz = __atomic_load_n(&cached, __ATOMIC_RELAXED);
    if (hz) return hz;
    reading start = read_both(), end;
    do end = read_both();
    while (end.time_ns - start.time_ns < CALIBRATION_NS);
    double seconds = (double)(end.time_ns - start.time_ns) / NS_PER_S;
    hz = (uint64_t)((double)(end.ticks - start.ticks) / seconds);
    __atomic_store_n(&cached, hz, __ATOMIC_RELAXED);
    return hz;
}

void nf_os_sleep_ns(uint64_t duration_ns)
{
    struct timespec rest = {(time_t)(duration_ns / NS_PER_S), (long)(duration_ns % NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR) continue;
}
