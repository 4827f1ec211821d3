/*
 * The scan of all threads on Linux; see scan.h for what it promises.
 *
 *   scanner                              each thread that does not sleep, in the handler
 *   lists the threads (scan_list.c)
 *   reads the map of stacks (scan_stack.c)
 *   looks at those that sleep
 *   in the system (scan_sleeper.c)
 *   signals the others      ──────────►  finds its stack's end in the map, searches registers and
 *   waits for the answers   ◄──────────  stack, marks ranges, answers
 *
 * Who sleeps is not signalled, for SA_RESTART does not restart nanosleep(), poll(), select(),
 * epoll_wait() and their like. One that goes to sleep just between the look and the signal, or wakes up by
 * its timeout, still sees EINTR there.
 *
 * A thread that begins after the list is not asked. It begins outside of the ranges, with an empty stack,
 * and gets in as any other would, through a slot; but slots led elsewhere before the list was made. What
 * its creator could hand over are stubs' addresses, for nobody else has those of versions.
 *
 * The handler uses nothing but the scan's own static record and atomics, so it may interrupt
 * anything. A signal that comes late, when its scan is over, carries an old number and is ignored.
 * Who does not answer soon may block the signal, and is looked at when it sleeps.
 */
#include "os/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "os/os.h"
#include "scan_fork.h"
#include "scan_list.h"
#include "scan_sleeper.h"
#include "scan_stack.h"

enum { POLL_MIN_NS = 20 * 1000, POLL_MAX_NS = 1000 * 1000, SILENT_AFTER_NS = 1000 * 1000 };
enum { WAKING_NS = 100 * 1000 };
enum { THREADS_MAX = 8192, COPY_WORDS = 2048, ALTERNATE_BYTES_MIN = 2048 };
enum { SIGNALS_TRIED = 16 };

typedef enum park_state { PARK_REFUSED, PARK_ASKED, PARK_DONE } park_state;
static const uint32_t PARK_NUMBER = UINT32_MAX; /* no scan's */

static struct {
    pthread_mutex_t mutex;
    uint32_t forks; /* atomic: that wait; a scan gives way to them */
    int signal;     /* 0: not chosen */
    /* of the scan that goes on: */
    uint32_t number;                    /* atomic */
    nf_os_range ranges[NF_OS_SCAN_MAX]; /* a copy: a handler may be late */
    uint32_t count;
    pid_t threads[THREADS_MAX];
    bool answered[THREADS_MAX]; /* atomic */
    uint32_t thread_count;
    uint64_t copy[COPY_WORDS];
    uint32_t answers, blind; /* atomic */
    uint32_t inside;         /* atomic: handlers that may read the above */
    /* of the thread that is to be parked: */
    uint64_t park_start, park_end;
    uint32_t park_answer; /* atomic, park_state */
} scan = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The range that holds the address, or NULL. */
static nf_os_range *range_of(uint64_t address)
{
    uint32_t low = 0, high = scan.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (scan.ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scan.count && scan.ranges[low].start <= address ? &scan.ranges[low] : NULL;
}

static void look_at(uint64_t word)
{
    nf_os_range *range = range_of(word);
    if (range) __atomic_store_n(&range->pinned, true, __ATOMIC_RELAXED);
}

/* All frames' words are read as they are: no sanitizer may watch this. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static bool
look_at_stack(uint64_t sp)
{
    nf_scan_stack stack;
    if (!nf_scan_stack_own(sp, &stack)) return false;
    for (const uint64_t *at = (const uint64_t *)stack.from; (uint64_t)at < stack.end; at++)
        look_at(*(const volatile uint64_t *)at);
    return true;
}

/* Whether these three words at the address are the stack_t of a signal's frame (struct ucontext in the
 * kernel's signal frame), which describes the stack that it lies on: the thread is in a handler on an
 * alternate stack, and its own one is elsewhere. Words that look so by chance cost a signal. */
static bool is_on_alternate(uint64_t address, const uint64_t words[3])
{
    uint64_t start = words[0], bytes = words[2];
    uint32_t flags = (uint32_t)words[1];
    return bytes >= ALTERNATE_BYTES_MIN && bytes <= UINT32_MAX && (flags & SS_DISABLE) == 0 &&
           address - start < bytes;
}

/* Copies, for another thread's stack may go away. */
static bool copy_from(uint64_t address, size_t bytes)
{
    struct iovec to = {scan.copy, bytes}, from = {(void *)(uintptr_t)address, bytes};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)bytes;
}

/* The stack of a thread that sleeps. False: it can't be seen as a whole from here. */
static bool look_at_sleeper(uint64_t sp)
{
    nf_scan_stack stack;
    uint64_t last[3] = {0};
    if (!nf_scan_stack_piece(sp, &stack)) return false;
    for (uint64_t from = stack.from; from < stack.end; from += sizeof scan.copy) {
        uint64_t left = stack.end - from;
        size_t bytes = left < sizeof scan.copy ? left : sizeof scan.copy;
        if (!copy_from(from, bytes)) return false;
        for (size_t i = 0; i < bytes / sizeof *scan.copy; i++) {
            uint64_t address = from + i * sizeof *scan.copy - 2 * sizeof *last;
            last[0] = last[1], last[1] = last[2], last[2] = scan.copy[i];
            look_at(last[2]);
            if (is_on_alternate(address, last)) return false;
            if (nf_scan_is_control_block(address, last)) stack.goes_on = false;
        }
    }
    return !stack.goes_on;
}

static void thread_look(const ucontext_t *thread)
{
    for (int i = 0; i < NGREG; i++) look_at((uint64_t)thread->uc_mcontext.gregs[i]);
    uint64_t sp = (uint64_t)thread->uc_mcontext.gregs[REG_RSP];
    uint64_t alternate = (uint64_t)thread->uc_stack.ss_sp;
    bool on_alternate = !(thread->uc_stack.ss_flags & SS_DISABLE) && sp >= alternate &&
                        sp < alternate + thread->uc_stack.ss_size;
    if (on_alternate || !look_at_stack(sp)) __atomic_fetch_add(&scan.blind, 1, __ATOMIC_RELAXED);
}

/* Once for each thread. */
static void answer(uint32_t index)
{
    if (!__atomic_exchange_n(&scan.answered[index], true, __ATOMIC_ACQ_REL))
        __atomic_fetch_add(&scan.answers, 1, __ATOMIC_RELEASE);
}

static void park_here(const ucontext_t *thread)
{
    uint64_t pc = (uint64_t)thread->uc_mcontext.gregs[REG_RIP];
    bool inside = pc >= scan.park_start && pc < scan.park_end;
    uint32_t wanted = PARK_ASKED; /* not any more when the signal is late */
    bool in_time =
        __atomic_compare_exchange_n(&scan.park_answer, &wanted, inside ? PARK_DONE : PARK_REFUSED,
                                    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    if (!inside || !in_time) return;
    for (;;) pause(); /* all signals are blocked */
}

static void on_signal(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    int saved = errno;
    uint64_t value = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
    if ((uint32_t)value == PARK_NUMBER) park_here(context);
    __atomic_fetch_add(&scan.inside, 1, __ATOMIC_SEQ_CST);
    if ((uint32_t)value == __atomic_load_n(&scan.number, __ATOMIC_SEQ_CST)) {
        thread_look(context);
        answer((uint32_t)(value >> 32));
    }
    __atomic_fetch_sub(&scan.inside, 1, __ATOMIC_SEQ_CST);
    errno = saved;
}

static nf_status signal_choose(nf_error *error)
{
    for (int i = 0; i < SIGNALS_TRIED; i++) {
        struct sigaction old,
            mine = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
        int candidate = SIGRTMAX - 1 - i;
        sigfillset(&mine.sa_mask);
        if (sigaction(candidate, NULL, &old) != 0 || old.sa_handler != SIG_DFL) continue;
        if (sigaction(candidate, &mine, NULL) != 0) continue;
        scan.signal = candidate;
        return NF_OK;
    }
    return nf_fail(error, NF_UNSUPPORTED, "no free real-time signal to look at threads with");
}

nf_status nf_os_scan_open(nf_error *error)
{
    pthread_mutex_lock(&scan.mutex);
    nf_status status = scan.signal ? NF_OK : signal_choose(error);
    pthread_mutex_unlock(&scan.mutex);
    return status;
}

void nf_os_scan_thread(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, scan.signal);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* False: there is no such thread. One for which no signal can be queued just doesn't answer. */
static bool thread_signal(pid_t thread, uint32_t number, uint32_t index)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)((uint64_t)index << 32 | number);
    return syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, scan.signal, &info) == 0 ||
           errno != ESRCH;
}

/* The scanning thread's own stack. */
static bool self_look(const void *stack)
{
    stack_t alternate;
    if (stack == NULL) return true;
    return sigaltstack(NULL, &alternate) == 0 && !(alternate.ss_flags & SS_ONSTACK) &&
           look_at_stack((uint64_t)(uintptr_t)stack);
}

static bool sleeper_look(uint32_t index)
{
    if (!nf_scan_sleeper(scan.threads[index], look_at_sleeper)) return false;
    answer(index);
    return true;
}

/* At those who have not answered; who ended before the handler ran never will. */
static void silent_look(void)
{
    for (uint32_t i = 0; i < scan.thread_count; i++)
        if (!__atomic_load_n(&scan.answered[i], __ATOMIC_ACQUIRE) && !sleeper_look(i) &&
            !nf_scan_is_alive(scan.threads[i]))
            answer(i);
}

/* All of scan.threads must answer. Who has just woken up gets a moment to come out of its call: poll() and its
 * like would say EINTR at the end of their time. */
static void threads_ask(void)
{
    for (uint32_t i = 0; i < scan.thread_count; i++)
        __atomic_store_n(&scan.answered[i], false, __ATOMIC_RELEASE);
    silent_look();
    if (__atomic_load_n(&scan.answers, __ATOMIC_ACQUIRE) < scan.thread_count)
        nf_os_sleep_ns(WAKING_NS);
    for (uint32_t i = 0; i < scan.thread_count; i++)
        if (!__atomic_load_n(&scan.answered[i], __ATOMIC_ACQUIRE) && !sleeper_look(i) &&
            !thread_signal(scan.threads[i], scan.number, i))
            answer(i); /* it has ended */
}

/* False when it is too late, or a fork waits. Threads that wait for a processor take milliseconds to
 * answer. */
static bool poll_pause(uint64_t *pause_ns, uint64_t deadline_ns)
{
    if (nf_os_time_ns() > deadline_ns || __atomic_load_n(&scan.forks, __ATOMIC_RELAXED))
        return false;
    nf_os_sleep_ns(*pause_ns);
    if (*pause_ns < POLL_MAX_NS) *pause_ns *= 2;
    return true;
}

/* A handler that was late for the last scan may still be at it. */
static bool latecomers_wait(uint64_t timeout_ns)
{
    uint64_t deadline = nf_os_time_ns() + timeout_ns, pause = POLL_MIN_NS;
    while (__atomic_load_n(&scan.inside, __ATOMIC_SEQ_CST) != 0)
        if (!poll_pause(&pause, deadline)) return false;
    return true;
}

static bool answers_wait(uint64_t timeout_ns)
{
    uint64_t start = nf_os_time_ns(), pause = POLL_MIN_NS;
    while (__atomic_load_n(&scan.answers, __ATOMIC_ACQUIRE) < scan.thread_count) {
        if (!poll_pause(&pause, start + timeout_ns)) return false;
        if (nf_os_time_ns() - start > SILENT_AFTER_NS) silent_look();
    }
    return true;
}

static bool threads_look(nf_os_range *ranges, uint32_t count, const void *stack,
                         uint64_t timeout_ns)
{
    if (!latecomers_wait(timeout_ns)) return false;
    scan.count = count;
    memcpy(scan.ranges, ranges, count * sizeof *ranges);
    scan.answers = scan.blind = 0;
    bool known = scan.signal != 0 && nf_scan_list(scan.threads, THREADS_MAX, &scan.thread_count) &&
                 nf_scan_stacks_read() && self_look(stack);
    __atomic_add_fetch(&scan.number, 1, __ATOMIC_SEQ_CST);
    if (known) {
        threads_ask();
        known = answers_wait(timeout_ns) && __atomic_load_n(&scan.blind, __ATOMIC_RELAXED) == 0;
    }
    /* Late signals find another number, and never these ranges. */
    __atomic_add_fetch(&scan.number, 1, __ATOMIC_SEQ_CST);
    memcpy(ranges, scan.ranges, count * sizeof *ranges);
    return known;
}

/* A program's call may come here: who is cancelled must not end with the callers' locks and this one. */
bool nf_os_scan(nf_os_range *ranges, uint32_t count, const void *stack, uint64_t timeout_ns)
{
    int cancel = nf_os_cancel_disable();
    pthread_mutex_lock(&scan.mutex);
    bool known = threads_look(ranges, count, stack, timeout_ns);
    pthread_mutex_unlock(&scan.mutex);
    nf_os_cancel_restore(cancel);
    return known;
}

/* Asks once; who has not answered by the deadline is asked no more. */
static park_state park_ask(pid_t thread, uint64_t deadline_ns)
{
    uint64_t pause_ns = POLL_MIN_NS;
    uint32_t answer = PARK_ASKED;
    __atomic_store_n(&scan.park_answer, PARK_ASKED, __ATOMIC_RELEASE);
    if (thread_signal(thread, PARK_NUMBER, 0))
        while (__atomic_load_n(&scan.park_answer, __ATOMIC_ACQUIRE) == PARK_ASKED)
            if (!poll_pause(&pause_ns, deadline_ns)) break;
    __atomic_compare_exchange_n(&scan.park_answer, &answer, PARK_REFUSED, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    return answer == PARK_DONE ? PARK_DONE : PARK_REFUSED;
}

bool nf_os_thread_park(uint64_t thread, uint64_t start, uint64_t end, uint64_t timeout_ns)
{
    uint64_t deadline = nf_os_time_ns() + timeout_ns, pause_ns = POLL_MIN_NS;
    park_state answer = PARK_REFUSED;
    pthread_mutex_lock(&scan.mutex);
    scan.park_start = start;
    scan.park_end = end;
    while (scan.signal && answer == PARK_REFUSED) {
        answer = park_ask((pid_t)thread, deadline);
        if (answer == PARK_REFUSED && !poll_pause(&pause_ns, deadline)) break;
    }
    pthread_mutex_unlock(&scan.mutex);
    return answer == PARK_DONE;
}

void nf_scan_fork_prepare(void)
{
    __atomic_fetch_add(&scan.forks, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&scan.mutex);
    __atomic_fetch_sub(&scan.forks, 1, __ATOMIC_RELAXED);
}

void nf_scan_fork_done(bool is_child)
{
    if (is_child) scan.inside = scan.forks = 0; /* of threads that are not here */
    pthread_mutex_unlock(&scan.mutex);
}
