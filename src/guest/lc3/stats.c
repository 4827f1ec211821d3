/*
 * Slices of LC-3 execution and their times, see stats.h.
 *
 * The clock is the time stamp counter, read without fences: what is out of order at its reading is
 * some hundred instructions of the host, of the 30000 and more that a slice has. A slice that is
 * cut short by the end of a run counts nowhere.
 */
#include "stats.h"
#include "os/os.h"

enum { SLICE_NS_MIN = 10000 };
static const uint64_t ps_per_second = UINT64_C(1000000000000);
static const uint64_t ns_per_second = 1000000000;

static uint64_t ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}

void nf_lc3_stats_begin(nf_lc3_stats *stats, const nf_lc3 *machine)
{
    stats->slice_ticks = ticks_now();
    stats->slice_instructions = machine->instructions;
    stats->waited = false;
}

void nf_lc3_stats_note(nf_lc3_stats *stats, const nf_lc3 *machine)
{
    uint64_t ticks = ticks_now() - stats->slice_ticks;
    uint64_t instructions = machine->instructions - stats->slice_instructions;
    uint64_t hz = nf_os_tsc_hz();
    if (stats->waited) nf_lc3_stats_begin(stats, machine);
    if (stats->waited || instructions == 0 || ticks < hz / ns_per_second * SLICE_NS_MIN) return;
    stats->ticks += ticks;
    stats->instructions += instructions;
    /* In double: ticks times 10^12 does not fit 64 bits. */
    nf_histogram_add(&stats->slice_ps, (uint64_t)((double)ticks * (double)ps_per_second /
                                                  (double)hz / (double)instructions));
    nf_lc3_stats_begin(stats, machine);
}
