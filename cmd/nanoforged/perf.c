/*
 * perf events: which ones, with which attributes. A client chooses from a table; it never says what
 * goes into perf_event_attr, so that user space of its own threads is all that it can ever see.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "daemon.h"

static const struct {
    uint32_t type;
    uint64_t config;
    const char *name;
} events[NF_DAEMON_EVENT_COUNT] = {
    [NF_DAEMON_CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "cycles"},
    [NF_DAEMON_INSTRUCTIONS] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, "instructions"},
    [NF_DAEMON_BRANCH_MISSES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, "branch misses"},
    [NF_DAEMON_CACHE_MISSES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, "cache misses"},
    [NF_DAEMON_CPU_CLOCK] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, "the CPU clock"},
};

static int event_open(uint32_t event, pid_t thread, uint32_t frequency)
{
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = events[event].type;
    attr.config = events[event].config;
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;
    attr.exclude_idle = 1;
    if (frequency) {
        attr.freq = 1;
        attr.sample_freq = frequency;
        attr.sample_type = PERF_SAMPLE_IP;
    }
    return (int)syscall(SYS_perf_event_open, &attr, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

bool perf_has_hardware(void)
{
    int descriptor = event_open(NF_DAEMON_CYCLES, 0, 0);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0;
}

int perf_open(uint32_t thread, uint32_t event, uint32_t frequency, nf_daemon_status *status,
              char *text)
{
    int descriptor = event_open(event, (pid_t)thread, frequency);
    if (descriptor >= 0) return descriptor;
    bool missing = errno == ENOENT || errno == EOPNOTSUPP || errno == ENODEV;
    *status = missing ? NF_DAEMON_UNSUPPORTED : NF_DAEMON_REFUSED;
    if (missing)
        snprintf(text, NF_DAEMON_TEXT_BYTES, "this machine has no counter for %s",
                 events[event].name);
    else
        snprintf(text, NF_DAEMON_TEXT_BYTES, "the kernel refused %s: %s", events[event].name,
                 strerror(errno));
    return -1;
}
