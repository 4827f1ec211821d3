/*
 * How far a race's verdict can be trusted: races whose right outcome is known.
 *
 * The functions that race spin for a number of turns, one cycle each, that grows with the argument.
 * In an A/A race the candidate is a second copy of the baseline: whoever wins, wins falsely. Planted
 * candidates need 3 % and 10 % fewer turns, and should be found. Bad candidates answer wrongly, write
 * astray, crash, hang, smash their stack, ask the system for things or write to code, and none may
 * win or harm this process; while they race, another thread goes on calling, and its throughput is
 * compared with that of the quiet moments between the races. One that is accepted, or does harm, is
 * no matter of speed: the exit status says so.
 */
#include "bench.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "os/os.h"
#include "race/race.h"

#define CANDIDATE __attribute__((noinline, aligned(64)))

enum {
    TURNS = 100, /* for each of the argument */
    TURNS_3_PERCENT = 97,
    TURNS_10_PERCENT = 90,
    INPUTS = 32,
    FIELD = 28, /* bad candidates in one race */
    CODE_BYTES = 100,
};

static const double FALSE_WINS_BOUND = 1, FOUND_3_BOUND = 80, FOUND_10_BOUND = 99;
static const double THROUGHPUT_BOUND = 97;
static const uint64_t QUIET_NS = 20 * 1000 * 1000;

/* How many races of each kind. */
typedef struct plan {
    uint32_t same, better, bad;
} plan;
static const plan quick_plan = {24, 12, 4 * FIELD}, full_plan = {1000, 300, 100000};

/* --- good functions --- */

static volatile int64_t written;

#define SPINS(name, turns)                                                                         \
    CANDIDATE static int64_t name(int64_t n)                                                       \
    {                                                                                              \
        int64_t left = n * (turns);                                                                \
        __asm__ volatile(".p2align 6\n1: dec %0\n\tjnz 1b" : "+r"(left) : : "cc");                 \
        return n + left;                                                                           \
    }

SPINS(baseline, TURNS)
SPINS(same, TURNS)
SPINS(better_by_3, TURNS_3_PERCENT)
SPINS(better_by_10, TURNS_10_PERCENT)

/* --- bad ones: quick, so that nothing but the check keeps them from winning --- */

CANDIDATE static int64_t wrong_value(int64_t n)
{
    return n + (n % 4 == 1);
}

CANDIDATE static int64_t writes_astray(int64_t n)
{
    written = n;
    return n;
}

CANDIDATE static int64_t crashes(int64_t n)
{
    return *(volatile int64_t *)n;
}

CANDIDATE static int64_t hangs(int64_t n)
{
    for (;;) __asm__ volatile("" : "+r"(n));
    return n;
}

CANDIDATE static int64_t smashes_its_stack(int64_t n)
{
    volatile char *at = __builtin_frame_address(0);
    for (int64_t i = -8; i < (64 << 20); i++) at[i] = (char)i;
    return n;
}

CANDIDATE static int64_t kills_its_parent(int64_t n)
{
    syscall(SYS_kill, getppid(), 9);
    return n;
}

CANDIDATE static int64_t writes_to_code(int64_t n)
{
    *(volatile char *)(uintptr_t)baseline = (char)0xcc;
    return n;
}

typedef int64_t function(int64_t n);
static function *const bad[] = {wrong_value,       writes_astray,    crashes,       hangs,
                                smashes_its_stack, kills_its_parent, writes_to_code};
enum { BAD = sizeof bad / sizeof *bad };

/* --- a race --- */

static nf_arena arena;
static nf_zygote *zygote;

static nf_race_report race(function *const *field, uint32_t count, uint64_t seed)
{
    static nf_race_input inputs[INPUTS];
    nf_race_candidate candidates[FIELD];
    nf_arena_reset(&arena);
    for (uint32_t i = 0; i < count; i++)
        candidates[i] = (nf_race_candidate){"candidate", (uint64_t)(uintptr_t)field[i], CODE_BYTES};
    for (uint32_t i = 0; i < INPUTS; i++) inputs[i].integers[0] = 50 + (i * 37 + seed) % 100;
    nf_race_request request = {
        .baseline = {"baseline", (uint64_t)(uintptr_t)baseline, CODE_BYTES},
        .candidates = candidates,
        .candidate_count = count,
        .inputs = inputs,
        .input_count = INPUTS,
        .result = NF_I64,
        .writes = true,
        .seed = seed,
        .zygote = zygote,
    };
    nf_race_report report;
    nf_error error;
    if (nf_race_run(&request, &arena, &report, &error) != NF_OK) {
        fprintf(stderr, "trust: %s\n", error.message);
        exit(EXIT_FAILURE);
    }
    return report;
}

/* Races of one candidate that it won, in percent. */
static double wins(function *candidate, uint32_t races)
{
    uint32_t won = 0;
    for (uint32_t i = 0; i < races; i++) won += race(&candidate, 1, i + 1).winner == 0;
    return 100.0 * won / races;
}

/* --- callers meanwhile --- */

typedef struct caller {
    pthread_t thread;
    uint64_t calls; /* atomic */
    bool stop;      /* atomic */
} caller;

static void *call(void *context)
{
    caller *c = context;
    while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
        bench_use((uint64_t)baseline(1));
        __atomic_store_n(&c->calls, c->calls + 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* A stretch of time, and what was called in it. */
typedef struct stretch {
    uint64_t ns, calls;
} stretch;

static stretch mark(const caller *c)
{
    return (stretch){nf_os_time_ns(), __atomic_load_n(&c->calls, __ATOMIC_RELAXED)};
}

static void add(stretch *sum, stretch from, stretch to)
{
    sum->ns += to.ns - from.ns;
    sum->calls += to.calls - from.calls;
}

/* --- all bad candidates --- */

typedef struct damage {
    uint32_t candidates, accepted, races_lost;
    double throughput_percent;
} damage;

static damage race_bad_ones(uint32_t count)
{
    function *field[FIELD];
    damage d = {0};
    caller c = {.stop = false};
    stretch quiet = {0}, racing = {0};
    if (pthread_create(&c.thread, NULL, call, &c) != 0) exit(EXIT_FAILURE);
    while (d.candidates < count) {
        stretch start = mark(&c);
        nf_os_sleep_ns(QUIET_NS);
        stretch middle = mark(&c);
        for (uint32_t i = 0; i < FIELD; i++) field[i] = bad[(d.candidates + i) % BAD];
        nf_race_report report = race(field, FIELD, d.candidates + 1);
        add(&quiet, start, middle);
        add(&racing, middle, mark(&c));
        d.candidates += FIELD;
        d.races_lost += !report.ran;
        for (uint32_t i = 0; i < FIELD; i++) {
            nf_race_outcome outcome = report.results[i].outcome;
            d.accepted += outcome == NF_RACE_WON || outcome == NF_RACE_LOST;
        }
    }
    __atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
    pthread_join(c.thread, NULL);
    d.throughput_percent = 100.0 * ((double)racing.calls / (double)racing.ns) /
                           ((double)quiet.calls / (double)quiet.ns);
    return d;
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "trust", "races whose right outcome is known");
    const plan *p = bench_is_quick(b) ? &quick_plan : &full_plan;
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_zygote_open(&zygote, NULL) != NF_OK) bench_note(b, "no zygote here: races fork");
    bench_note(b, "%u A/A races, %u of each planted kind", p->same, p->better);
    bench_row_at_most(b, "A/A races with a winner", wins(same, p->same), "%", FALSE_WINS_BOUND);
    bench_row_at_least(b, "3 % better, found", wins(better_by_3, p->better), "%", FOUND_3_BOUND);
    bench_row_at_least(b, "10 % better, found", wins(better_by_10, p->better), "%", FOUND_10_BOUND);
    damage d = race_bad_ones(p->bad);
    bench_row_at_most(b, "bad candidates accepted", d.accepted, "", 0);
    bench_row_at_most(b, "races that bad candidates spoilt", d.races_lost, "", 0);
    bench_row_at_most(b, "what they wrote here", written != 0, "", 0);
    bench_row_at_least(b, "throughput of a caller meanwhile", d.throughput_percent, "%",
                       THROUGHPUT_BOUND);
    bench_note(b, "%u bad candidates of %d kinds", d.candidates, BAD);
    nf_zygote_close(zygote);
    nf_arena_free(&arena);
    int status = bench_end(b);
    return d.accepted || d.races_lost || written ? EXIT_FAILURE : status;
}
