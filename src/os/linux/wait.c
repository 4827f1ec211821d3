/*
 * Waiting between threads and processes on Linux: futexes, membarrier(2), and whether a process is
 * still there; see os.h.
 *
 * The asymmetric fence is MEMBARRIER_CMD_GLOBAL_EXPEDITED: the kernel interrupts each CPU that runs
 * a thread of a registered process, and a thread that runs nowhere passed a fence when it stopped.
 *
 * A stamp is a process's number and the time of its start in clock ticks, field 22 of
 * /proc/PID/stat, so that a number that is used again is not mistaken (proc(5)):
 *
 *     63            22 21          0
 *     ┌───────────────┬─────────────┐
 *     │ start, ticks  │ process     │     42 bits of 10 ms are 1,394 years
 *     └───────────────┴─────────────┘
 *
 * "7 (a) b) S 1 ..." shows why the fields are counted from the last parenthesis: the name in front
 * of it is the process's own choice. Where /proc cannot be read, the start counts as 0, and a
 * process is taken for alive until kill(2) knows no such number.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000, PROCESS_BITS = 22, STAT_BYTES = 1024, START_FIELD = 22 };

nf_status nf_os_thread_pin(uint32_t cpu, nf_error *error)
{
    cpu_set_t only;
    CPU_ZERO(&only);
    if (cpu >= CPU_SETSIZE) return nf_fail(error, NF_ARGUMENT, "CPU %u: no such CPU", cpu);
    CPU_SET(cpu, &only);
    if (sched_setaffinity(0, sizeof only, &only) == 0) return NF_OK;
    return nf_fail(error, NF_ARGUMENT, "CPU %u: %s", cpu, strerror(errno));
}

void nf_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec rest = {(time_t)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S)};
    bool forever = timeout_ns == NF_OS_FOREVER;
    syscall(SYS_futex, word, FUTEX_WAIT, expected, forever ? NULL : &rest, NULL, 0);
}

void nf_os_wake(const uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

bool nf_os_fence_register(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool nf_os_fence_everywhere(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
}

/* --- processes --- */

typedef struct process_state {
    char letter; /* R, S, ... Z and X: it has ended; 0: not known */
    uint64_t start;
} process_state;

static process_state stat_parse(const char *text)
{
    process_state state = {0, 0};
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ') return state;
    state.letter = at[2];
    at++;
    for (int field = 3; at && field < START_FIELD; field++) at = strchr(at + 1, ' ');
    if (at) state.start = strtoull(at, NULL, 10);
    return state;
}

static process_state process_state_read(uint32_t process)
{
    char path[32], text[STAT_BYTES];
    snprintf(path, sizeof path, "/proc/%u/stat", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return (process_state){0, 0};
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length < 0 ? 0 : length] = 0;
    return stat_parse(text);
}

uint64_t nf_os_process_stamp(void)
{
    uint32_t process = nf_os_process_id();
    return process_state_read(process).start << PROCESS_BITS | process;
}

bool nf_os_process_is_alive(uint64_t stamp)
{
    uint32_t process = stamp & ((1u << PROCESS_BITS) - 1);
    if (process == 0 || (kill((pid_t)process, 0) != 0 && errno == ESRCH)) return false;
    process_state state = process_state_read(process);
    if (state.letter == 0) return true;
    return state.letter != 'Z' && state.letter != 'X' && state.start == stamp >> PROCESS_BITS;
}
