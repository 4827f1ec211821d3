/*
 * The scan of threads and what goes by the same signal (os/scan.h): a thread is parked only where it may
 * be, one that sleeps is seen and sleeps on, none is missed while others end, and none is cancelled in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "os/os.h"
#include "os/scan.h"

/* --- parked threads --- */

typedef struct spinner {
    uint64_t thread, turns, wanted; /* atomic */
} spinner;

/* In a section of their own, whose bounds the linker knows. */
#define SPINS __attribute__((section("spins"), noinline, no_sanitize("address", "thread")))
extern const char __start_spins[], __stop_spins[];

SPINS static void spin(spinner *s)
{
    while (__atomic_load_n(&s->wanted, __ATOMIC_RELAXED))
        __atomic_store_n(&s->turns, s->turns + 1, __ATOMIC_RELAXED);
}

static void spinner_main(void *context)
{
    spinner *s = context;
    nf_os_scan_thread();
    __atomic_store_n(&s->thread, nf_os_thread_id(), __ATOMIC_RELEASE);
    spin(s);
    while (__atomic_load_n(&s->thread, __ATOMIC_RELAXED)) nf_os_sleep_ns(100 * 1000);
}

static uint64_t turns_later(spinner *s, uint64_t ns)
{
    nf_os_sleep_ns(ns);
    return __atomic_load_n(&s->turns, __ATOMIC_RELAXED);
}

/* The first thread is stopped where it spins, and never joined; the second one is not, for it sleeps,
 * and ends as ever. */
static void a_thread_is_parked_in_its_place_only(void **unused)
{
    enum { SHORT_NS = 20 * 1000 * 1000, LONG_NS = 2000 * 1000 * 1000 };
    static spinner spinners[2] = {{.wanted = 1}, {.wanted = 0}};
    static nf_os_thread threads[2];
    uint64_t start = (uint64_t)(uintptr_t)__start_spins, end = (uint64_t)(uintptr_t)__stop_spins;
    nf_error error = {0};
    (void)unused;
    if (NF_SANITIZED) {
        print_message("skipped: sanitizers hold signals back\n");
        skip();
    }
    assert_int_equal(nf_os_scan_open(&error), NF_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            nf_os_thread_create(&threads[i], "spinner", spinner_main, &spinners[i], &error), NF_OK);
        while (__atomic_load_n(&spinners[i].thread, __ATOMIC_ACQUIRE) == 0) nf_os_yield();
    }
    while (turns_later(&spinners[0], SHORT_NS) == 0) continue;
    assert_true(nf_os_thread_park(spinners[0].thread, start, end, LONG_NS));
    assert_int_equal(turns_later(&spinners[0], SHORT_NS), turns_later(&spinners[0], SHORT_NS));
    assert_false(nf_os_thread_park(spinners[1].thread, start, end, SHORT_NS));
    __atomic_store_n(&spinners[1].thread, 0, __ATOMIC_RELAXED);
    nf_os_thread_join(&threads[1]);
}

/* --- threads that sleep --- */

typedef struct sleeper {
    nf_os_thread thread;
    int pipe[2];
    uint32_t place;   /* atomic: where it is */
    uint64_t polling; /* atomic: its id, if it is to poll */
    int answer;       /* of poll() */
} sleeper;

enum { STARTING, INSIDE, OUTSIDE, TURNING, ENDING };
enum { TRIES = 50 };

#define SLEEPS __attribute__((section("sleeps"), noinline, no_sanitize("address", "thread")))
extern const char __start_sleeps[], __stop_sleeps[];

static void sleeper_start(sleeper *s, const char *name, void (*body)(void *))
{
    nf_error error = {0};
    assert_int_equal(nf_os_scan_open(&error), NF_OK);
    assert_int_equal(pipe(s->pipe), 0);
    assert_int_equal(nf_os_thread_create(&s->thread, name, body, s, &error), NF_OK);
}

static void sleeper_join(sleeper *s)
{
    nf_os_thread_join(&s->thread);
    close(s->pipe[0]);
    close(s->pipe[1]);
}

static void byte_wait(const sleeper *s)
{
    char byte;
    while (read(s->pipe[0], &byte, 1) != 1) continue;
}

/* No tail call: its return address stays on the stack. */
SLEEPS static int sleep_inside(sleeper *s)
{
    __atomic_store_n(&s->place, INSIDE, __ATOMIC_RELEASE);
    byte_wait(s);
    __asm__ volatile("" ::: "memory");
    return 1;
}

__attribute__((noinline)) static void stack_clear(void)
{
    volatile uint8_t stale[16 << 10];
    for (size_t i = 0; i < sizeof stale; i++) stale[i] = 0;
}

static void sleeper_main(void *context)
{
    sleeper *s = context;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    assert_int_equal(sleep_inside(s), 1);
    stack_clear();
    __atomic_store_n(&s->place, OUTSIDE, __ATOMIC_RELEASE);
    byte_wait(s);
    __atomic_store_n(&s->place, TURNING, __ATOMIC_RELEASE);
    while (__atomic_load_n(&s->place, __ATOMIC_RELAXED) != ENDING) continue;
}

/* Until the thread is in the place, and a scan sees it there. */
static bool scan_finds(sleeper *s, uint32_t place, int tries, nf_os_range ranges[2])
{
    enum { TIMEOUT_NS = 100 * 1000 * 1000 };
    while (__atomic_load_n(&s->place, __ATOMIC_ACQUIRE) != place) nf_os_yield();
    for (int i = 0; i < tries; i++) {
        ranges[0] = (nf_os_range){(uint64_t)(uintptr_t)__start_sleeps,
                                  (uint64_t)(uintptr_t)__stop_sleeps, false};
        ranges[1] = (nf_os_range){ranges[0].end, ranges[0].end + 1, false};
        if (nf_os_scan(ranges, 2, NULL, TIMEOUT_NS)) return true;
    }
    return false;
}

static void who_blocks_the_signal_is_looked_at_asleep(void **unused)
{
    static sleeper s;
    nf_os_range ranges[2];
    (void)unused;
    sleeper_start(&s, "sleeper", sleeper_main);
    for (int i = 0; i < 2; i++) { /* the second time it is known */
        assert_true(scan_finds(&s, INSIDE, TRIES, ranges));
        assert_true(ranges[0].pinned);
    }
    assert_int_equal(write(s.pipe[1], "", 1), 1);
    assert_true(scan_finds(&s, OUTSIDE, TRIES, ranges));
    assert_false(ranges[0].pinned);
    assert_int_equal(write(s.pipe[1], "", 1), 1);
    assert_false(scan_finds(&s, TURNING, 1, ranges));
    __atomic_store_n(&s.place, ENDING, __ATOMIC_RELEASE);
    sleeper_join(&s);
}

/* On an alternate stack, while the return address lies on the thread's own. */
static sleeper *handled;

static void sleep_in_handler(int number)
{
    (void)number;
    __atomic_store_n(&handled->place, INSIDE, __ATOMIC_RELEASE);
    byte_wait(handled);
}

SLEEPS static int raise_inside(void)
{
    raise(SIGUSR1);
    __asm__ volatile("" ::: "memory");
    return 1;
}

static void handled_main(void *context)
{
    static uint8_t alternate[64 << 10];
    struct sigaction action = {.sa_handler = sleep_in_handler, .sa_flags = SA_ONSTACK};
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate},
            none = {.ss_flags = SS_DISABLE};
    handled = context;
    sigfillset(&action.sa_mask);
    assert_int_equal(sigaltstack(&stack, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    pthread_sigmask(SIG_UNBLOCK, &action.sa_mask, NULL);
    assert_int_equal(raise_inside(), 1);
    sigaltstack(&none, NULL);
}

static void nothing_is_known_of_a_sleep_on_an_alternate_stack(void **unused)
{
    static sleeper s;
    nf_os_range ranges[2];
    (void)unused;
    sleeper_start(&s, "handled", handled_main);
    assert_false(scan_finds(&s, INSIDE, 3, ranges));
    assert_int_equal(write(s.pipe[1], "", 1), 1);
    sleeper_join(&s);
}

/* --- stacks in pieces --- */

enum { PIECE_BYTES = 4096, PIECES_BYTES = 16 * PIECE_BYTES };

/* A page of the caller's stack below which this thread goes on gets an attribute of its own. */
static __attribute__((noinline)) void in_pieces(void (*body)(sleeper *), sleeper *s)
{
    _Alignas(PIECE_BYTES) uint8_t part[PIECES_BYTES];
    __asm__ volatile("" : : "r"(part) : "memory");
    assert_int_equal(madvise(part + PIECES_BYTES / 2, PIECE_BYTES, MADV_DONTDUMP), 0);
    body(s);
    assert_int_equal(madvise(part + PIECES_BYTES / 2, PIECE_BYTES, MADV_DODUMP), 0);
}

SLEEPS static int pieces_inside(void (*body)(sleeper *), sleeper *s)
{
    in_pieces(body, s);
    __asm__ volatile("" ::: "memory");
    return 1;
}

static void wait_inside(sleeper *s)
{
    __atomic_store_n(&s->place, INSIDE, __ATOMIC_RELEASE);
    byte_wait(s);
}

static void turn_inside(sleeper *s)
{
    __atomic_store_n(&s->place, INSIDE, __ATOMIC_RELEASE);
    while (__atomic_load_n(&s->place, __ATOMIC_RELAXED) == INSIDE) continue;
}

static void scan_inside(sleeper *s)
{
    enum { TIMEOUT_NS = 100 * 1000 * 1000 };
    nf_os_range range = {(uint64_t)(uintptr_t)__start_sleeps, (uint64_t)(uintptr_t)__stop_sleeps,
                         false};
    bool known = nf_os_scan(&range, 1, __builtin_frame_address(0), TIMEOUT_NS);
    s->answer = known && range.pinned;
}

static void waits_main(void *context)
{
    nf_os_scan_thread();
    assert_int_equal(pieces_inside(wait_inside, context), 1);
}

static void turns_main(void *context)
{
    nf_os_scan_thread();
    assert_int_equal(pieces_inside(turn_inside, context), 1);
}

static void scans_main(void *context)
{
    assert_int_equal(pieces_inside(scan_inside, context), 1);
}

static void a_stack_in_pieces_is_searched_as_a_whole(void **unused)
{
    static sleeper waits, turns, scans;
    nf_os_range ranges[2];
    (void)unused;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: the thread sanitizer holds signals back\n");
    skip();
#endif
    sleeper_start(&waits, "waits", waits_main);
    assert_true(scan_finds(&waits, INSIDE, TRIES, ranges) && ranges[0].pinned);
    assert_int_equal(write(waits.pipe[1], "", 1), 1);
    sleeper_join(&waits);

    sleeper_start(&turns, "turns", turns_main);
    assert_true(scan_finds(&turns, INSIDE, TRIES, ranges) && ranges[0].pinned);
    __atomic_store_n(&turns.place, OUTSIDE, __ATOMIC_RELEASE);
    sleeper_join(&turns);

    sleeper_start(&scans, "scans", scans_main);
    sleeper_join(&scans);
    assert_true(scans.answer);
    scans.answer = 0;
    scans_main(&scans); /* on the first thread's stack */
    assert_true(scans.answer);
}

static void poller_main(void *context)
{
    sleeper *p = context;
    struct pollfd readable = {.fd = p->pipe[0], .events = POLLIN};
    nf_os_scan_thread();
    __atomic_store_n(&p->polling, nf_os_thread_id(), __ATOMIC_RELEASE);
    p->answer = poll(&readable, 1, -1);
}

static bool is_in_poll(uint64_t thread)
{
    char path[64], text[16] = "";
    snprintf(path, sizeof path, "/proc/self/task/%u/syscall", (unsigned)thread);
    int file = open(path, O_RDONLY);
    assert_true(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    return text[0] != 'r' && atoi(text) == SYS_poll;
}

/* poll() is not restarted after a signal, whatever its handler asks for. */
static void who_sleeps_sleeps_on(void **unused)
{
    enum { SCANS = 20, TIMEOUT_NS = 100 * 1000 * 1000 };
    static sleeper p;
    (void)unused;
    sleeper_start(&p, "poller", poller_main);
    while (__atomic_load_n(&p.polling, __ATOMIC_ACQUIRE) == 0) nf_os_yield();
    while (!is_in_poll(p.polling)) nf_os_yield();
    for (int i = 0; i < SCANS; i++) {
        nf_os_range range = {1, 2, false};
        nf_os_scan(&range, 1, NULL, TIMEOUT_NS);
    }
    assert_int_equal(write(p.pipe[1], "", 1), 1);
    sleeper_join(&p);
    assert_int_equal(p.answer, 1);
}

/* --- threads that come and go --- */

enum { LEAVERS = 12, ROUNDS_NS = 500 * 1000 * 1000 };

typedef struct crowd {
    uint64_t secret;
    bool holds, leave, over; /* atomic */
} crowd;

static void *leaver_main(void *context)
{
    const crowd *c = context;
    while (!__atomic_load_n(&c->leave, __ATOMIC_ACQUIRE)) nf_os_yield();
    return NULL;
}

/* Its frame has the secret for as long as it is wanted. */
static void *holder_main(void *context)
{
    crowd *c = context;
    volatile uint64_t held = c->secret;
    __atomic_store_n(&c->holds, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&c->over, __ATOMIC_ACQUIRE)) nf_os_yield();
    return (void *)(uintptr_t)held;
}

/* Whether the scan saw the youngest thread, or said that it knows nothing, while older ones ended. */
static bool holder_is_seen(uint64_t secret)
{
    enum { TIMEOUT_NS = 100 * 1000 * 1000 };
    crowd c = {.secret = secret};
    pthread_t leavers[LEAVERS], holder;
    nf_os_range range = {secret, secret + 1, false};
    for (int i = 0; i < LEAVERS; i++)
        assert_int_equal(pthread_create(&leavers[i], NULL, leaver_main, &c), 0);
    assert_int_equal(pthread_create(&holder, NULL, holder_main, &c), 0);
    while (!__atomic_load_n(&c.holds, __ATOMIC_ACQUIRE)) nf_os_yield();
    __atomic_store_n(&c.leave, true, __ATOMIC_RELEASE);
    bool known = nf_os_scan(&range, 1, NULL, TIMEOUT_NS);
    __atomic_store_n(&c.over, true, __ATOMIC_RELEASE);
    for (int i = 0; i < LEAVERS; i++) pthread_join(leavers[i], NULL);
    pthread_join(holder, NULL);
    return !known || range.pinned;
}

/* /proc/self/task may end early where the thread that it stands on has just ended. */
static void no_thread_is_missed_while_others_end(void **unused)
{
    nf_error error = {0};
    uint64_t deadline = nf_os_time_ns() + ROUNDS_NS, rounds = 0;
    (void)unused;
    assert_int_equal(nf_os_scan_open(&error), NF_OK);
    for (; nf_os_time_ns() < deadline; rounds++)
        assert_true(holder_is_seen(UINT64_C(0x5a5a00000000) + rounds));
}

/* Takes no signal, and does not sleep before its end. */
static void silent_main(void *context)
{
    enum { LIFE_NS = 20 * 1000 * 1000 };
    uint64_t *started = context, now = nf_os_time_ns();
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    __atomic_store_n(started, now, __ATOMIC_RELEASE);
    while (nf_os_time_ns() - now < LIFE_NS) continue;
}

static void who_ends_is_not_waited_for(void **unused)
{
    const uint64_t timeout_ns = UINT64_C(20) * 1000 * 1000 * 1000;
    uint64_t started = 0;
    nf_os_thread thread;
    nf_os_range range = {1, 2, false};
    nf_error error = {0};
    (void)unused;
    assert_int_equal(nf_os_scan_open(&error), NF_OK);
    assert_int_equal(nf_os_thread_create(&thread, "silent", silent_main, &started, &error), NF_OK);
    while (__atomic_load_n(&started, __ATOMIC_ACQUIRE) == 0) nf_os_yield();
    assert_true(nf_os_scan(&range, 1, NULL, timeout_ns));
    nf_os_thread_join(&thread);
}

static void *when_first_has_ended(void *context)
{
    const uint64_t timeout_ns = UINT64_C(20) * 1000 * 1000 * 1000;
    nf_os_range range = {1, 2, false};
    pthread_join(*(const pthread_t *)context, NULL);
    _exit(nf_os_scan(&range, 1, NULL, timeout_ns) ? 0 : 1);
}

/* It stays in the list for as long as there are others. */
static void the_first_thread_may_end(void **unused)
{
    nf_error error = {0};
    int status;
    (void)unused;
    if (NF_SANITIZED) {
        print_message("skipped: sanitizers have no record of the first thread\n");
        skip();
    }
    assert_int_equal(nf_os_scan_open(&error), NF_OK);
    pid_t child = fork();
    if (child == 0) {
        static pthread_t first;
        pthread_t other;
        first = pthread_self();
        pthread_create(&other, NULL, when_first_has_ended, &first);
        pthread_exit(NULL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* --- cancellation --- */

static void *scan_cancelled(void *context)
{
    int *state = context;
    nf_os_range range = {1, 2, false};
    pthread_cancel(pthread_self());
    nf_os_scan(&range, 1, NULL, 0);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, state);
    return NULL;
}

/* The last: where it fails the scan's lock is held for ever. */
static void a_scan_is_no_cancellation_point(void **unused)
{
    pthread_t thread;
    nf_error error = {0};
    int state = PTHREAD_CANCEL_DISABLE;
    (void)unused;
    assert_int_equal(nf_os_scan_open(&error), NF_OK);
    assert_int_equal(pthread_create(&thread, NULL, scan_cancelled, &state), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(state, PTHREAD_CANCEL_ENABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_is_parked_in_its_place_only),
        cmocka_unit_test(who_blocks_the_signal_is_looked_at_asleep),
        cmocka_unit_test(nothing_is_known_of_a_sleep_on_an_alternate_stack),
        cmocka_unit_test(a_stack_in_pieces_is_searched_as_a_whole),
        cmocka_unit_test(who_sleeps_sleeps_on),
        cmocka_unit_test(no_thread_is_missed_while_others_end),
        cmocka_unit_test(who_ends_is_not_waited_for),
        cmocka_unit_test(the_first_thread_may_end),
        cmocka_unit_test(a_scan_is_no_cancellation_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
