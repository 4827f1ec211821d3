/*
 * How long a race stops its program: the longest gap that a calling thread sees in its own clock.
 *
 * The program has a heap of 1 GiB in pages of 4 KiB, all touched. A caller goes on calling a function
 * and writing to pages of the heap at random, and reads the clock each time. What counts is the
 * longest gap between two readings in a stretch of time: without a race, while one is held in a
 * sandbox of a zygote's, and while one is held in a forked one, round by round. A gap in which the
 * scheduler gave the processor to somebody else by force is dropped, for that is the machine's doing;
 * one in which the caller had to wait is not.
 *
 * Before that, while there is one thread only: how long it takes to make a zygote in so large a program,
 * as for an engine that is made late; and a copy of the whole program beside.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "os/os.h"
#include "race/race.h"

#define CANDIDATE __attribute__((noinline, aligned(64)))

enum { INPUTS = 16, CODE_BYTES = 100, PAGE = NF_OS_PAGE_BYTES, ROUNDS_MAX = 100, LATE = 5 };

static const size_t heap_bytes = (size_t)1 << 30, heap_bytes_quick = (size_t)1 << 28;
static const uint64_t BUDGET_NS = 5 * 1000 * 1000, QUIET_NS = 30 * 1000 * 1000;
static const double WORTH_A_LOOK_NS = 1000, STALL_BOUND_US = 50;

static uint8_t *heap;
static size_t bytes;

/* The sum of some pages' first bytes, at two speeds. */
CANDIDATE static int64_t slow(int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int spin = 0; spin < 40; spin++) __asm__ volatile("" : "+r"(spin));
        sum += heap[(size_t)i * 64 % bytes];
    }
    return sum;
}

CANDIDATE static int64_t fast(int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += heap[(size_t)i * 64 % bytes];
    return sum;
}

/* --- the caller --- */

typedef struct caller {
    pthread_t thread;
    bool stop;               /* atomic */
    uint64_t longest;        /* atomic; ticks, since somebody last took it */
    uint64_t forced, waited; /* the processor was taken from it, was given away by it: so often */
} caller;

/* Who has waited was stopped, whatever happened to it besides. */
static void gap_note(caller *c, uint64_t ticks)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    uint64_t forced = (uint64_t)usage.ru_nivcsw, waited = (uint64_t)usage.ru_nvcsw;
    bool counts = forced == c->forced || waited != c->waited;
    c->forced = forced;
    c->waited = waited;
    if (counts && ticks > __atomic_load_n(&c->longest, __ATOMIC_RELAXED))
        __atomic_store_n(&c->longest, ticks, __ATOMIC_RELAXED);
}

/* The second half of the heap is written, the first half read. */
static void *call(void *context)
{
    enum { CALL = 10 };
    caller *c = context;
    uint64_t random = 1, last = bench_ticks();
    while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((volatile uint8_t *)heap)[bytes / 2 + (random >> 33) % (bytes / 2)] = 1;
        bench_use((uint64_t)fast(CALL));
        uint64_t now = bench_ticks();
        if (bench_ns(now - last) > WORTH_A_LOOK_NS) {
            gap_note(c, now - last);
            now = bench_ticks();
        }
        last = now;
    }
    return NULL;
}

/* --- stretches of time --- */

static nf_arena arena;
static nf_zygote *zygote;

static double race(nf_zygote *by, uint64_t seed)
{
    static nf_race_input inputs[INPUTS];
    nf_race_candidate candidate = {"fast", (uint64_t)(uintptr_t)fast, CODE_BYTES};
    nf_arena_reset(&arena);
    for (uint32_t i = 0; i < INPUTS; i++) inputs[i].integers[0] = 1000 + (i * 37 + seed) % 100;
    nf_race_request request = {
        .baseline = {"slow", (uint64_t)(uintptr_t)slow, CODE_BYTES},
        .candidates = &candidate,
        .candidate_count = 1,
        .inputs = inputs,
        .input_count = INPUTS,
        .result = NF_I64,
        .budget_ns = BUDGET_NS,
        .seed = seed,
        .zygote = by,
    };
    nf_race_report report = {0};
    nf_error error = {0};
    nf_status status = nf_race_run(&request, &arena, &report, &error);
    nf_race_outcome outcome = status == NF_OK ? report.results[0].outcome : NF_RACE_CRASHED;
    if (!report.ran || outcome == NF_RACE_WRONG || outcome == NF_RACE_CRASHED) {
        fprintf(stderr, "stall: %s\n", status == NF_OK ? report.reason : error.message);
        exit(EXIT_FAILURE);
    }
    return (double)report.duration_ns * 1e-6;
}

typedef enum stretch { QUIET, BY_ZYGOTE, FORKED, STRETCHES } stretch;

/* The longest gap in it, in us. */
static double longest_in(caller *c, stretch what, uint32_t round, double *race_ms)
{
    __atomic_store_n(&c->longest, 0, __ATOMIC_RELAXED);
    if (what == QUIET)
        nf_os_sleep_ns(QUIET_NS);
    else
        *race_ms = race(what == BY_ZYGOTE ? zygote : NULL, round + 1);
    return bench_ns(__atomic_load_n(&c->longest, __ATOMIC_RELAXED)) * 1e-3;
}

static void heap_make(size_t size)
{
    bytes = size;
    heap = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (heap == MAP_FAILED) exit(EXIT_FAILURE);
    madvise(heap, bytes, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < bytes; at += PAGE) heap[at] = (uint8_t)(at / PAGE);
}

static double late_zygote_ms(void)
{
    nf_zygote *late;
    uint64_t start = nf_os_time_ns();
    if (nf_zygote_open(&late, NULL) != NF_OK) return 0;
    double ms = (double)(nf_os_time_ns() - start) * 1e-6;
    nf_zygote_close(late);
    return ms;
}

static double fork_ms(void)
{
    uint64_t start = nf_os_time_ns();
    pid_t child = fork();
    if (child == 0) _exit(0);
    double ms = (double)(nf_os_time_ns() - start) * 1e-6;
    if (child > 0) waitpid(child, NULL, 0);
    return ms;
}

static void measure_late(bench *b)
{
    double zygotes[LATE], forks[LATE];
    for (int i = 0; i < LATE; i++) {
        zygotes[i] = late_zygote_ms();
        forks[i] = fork_ms();
    }
    bench_row(b, "fork()", bench_median(forks, LATE), "ms");
    bench_row(b, "making a zygote, in the only thread", bench_median(zygotes, LATE), "ms");
}

int main(int argc, char **argv)
{
    static double gaps[STRETCHES][ROUNDS_MAX], times[STRETCHES][ROUNDS_MAX];
    bench *b = bench_start(argc, argv, "stall", "how long a race stops a caller");
    uint32_t rounds = bench_is_quick(b) ? ROUNDS_MAX / 5 : ROUNDS_MAX;
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_zygote_open(&zygote, NULL) != NF_OK) bench_note(b, "no zygote here: all races fork");
    heap_make(bench_is_quick(b) ? heap_bytes_quick : heap_bytes);
    measure_late(b);
    caller c = {.stop = false};
    if (pthread_create(&c.thread, NULL, call, &c) != 0) return EXIT_FAILURE;
    for (uint32_t round = 0; round < rounds; round++)
        for (stretch what = QUIET; what < STRETCHES; what++)
            gaps[what][round] = longest_in(&c, what, round, &times[what][round]);
    __atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
    pthread_join(c.thread, NULL);
    double quiet = bench_median(gaps[QUIET], rounds);
    double by_zygote = bench_median(gaps[BY_ZYGOTE], rounds);
    bench_row(b, "longest gap, no race", quiet, "us");
    bench_row(b, "longest gap during a race that forks", bench_median(gaps[FORKED], rounds), "us");
    bench_row(b, "longest gap during a race by the zygote", by_zygote, "us");
    bench_row_at_most(b, "the zygote's, more than without a race",
                      by_zygote > quiet ? by_zygote - quiet : 0, "us", STALL_BOUND_US);
    bench_row(b, "race that forks", bench_median(times[FORKED], rounds), "ms");
    bench_row(b, "race by the zygote", bench_median(times[BY_ZYGOTE], rounds), "ms");
    bench_note(b, "a heap of %zu MiB; medians of %u rounds", bytes >> 20, rounds);
    nf_zygote_close(zygote);
    nf_arena_free(&arena);
    return bench_end(b);
}
