/*
 * What a slot costs: a call through a function's stub against a direct call of the same code, and
 * how soon another core runs new code after the slot's word was stored.
 *
 * A call is measured in a loop of calls whose argument is the last result; both loops are the same
 * instructions on another address. So short a loop waits for nothing but its branches, and what these
 * cost depends on where the code lies: one copy is called directly in 1.1 ns, the next one in 2. The
 * program is therefore loaded many times, each copy is called both ways, by loops that lie differently,
 * and the difference is the median over the copies.
 *
 * The swap is timed by the time stamp counter, which all cores share: one thread calls without pause
 * and notes when the answer changed, the other one notes when it stored.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_internal.h"

enum {
    CALLS = 2000,
    COPIES = 257,
    COPIES_QUICK = 33,
    ROUNDS = 101,
    ROUNDS_QUICK = 31,
    SWAPS = 2000,
    SWAPS_QUICK = 500
};

static const double CALL_NS_BOUND = 0.3, SWAP_NS_BOUND = 1000;

static const char source[] = "func @one(%x: i64) -> i64 {\n"
                             "entry:\n"
                             "  %one = iconst.i64 1\n"
                             "  %sum = add.i64 %x, %one\n"
                             "  ret %sum\n"
                             "}\n"
                             "func @two(%x: i64) -> i64 {\n"
                             "entry:\n"
                             "  %two = iconst.i64 2\n"
                             "  %sum = add.i64 %x, %two\n"
                             "  ret %sum\n"
                             "}\n";

enum { FUNCTIONS = 2 }; /* of the source */

typedef int64_t callee(int64_t);

/* Where the caller's loop lies changes what either call takes by 0.3 ns. */
#define CALLER(PLACE)                                                                              \
    __attribute__((aligned(64), noinline)) static void call_many_##PLACE(void *context)            \
    {                                                                                              \
        callee *function = *(callee **)context;                                                    \
        int64_t value = 0;                                                                         \
        __asm__ volatile(".skip " #PLACE ", 0x90");                                                \
        for (int i = 0; i < CALLS; i++) value = function(value);                                   \
        bench_use((uint64_t)value);                                                                \
    }
#define NAME(PLACE) call_many_##PLACE,
#define PLACES(X)   X(0) X(8) X(16) X(24) X(32) X(40) X(48) X(56)
PLACES(CALLER)

typedef void caller_loop(void *context);
static caller_loop *const call_many[] = {PLACES(NAME)};
enum { CALLERS = sizeof call_many / sizeof *call_many };

/* The version's own code, behind the slot. */
static callee *code_of(nf_engine *engine, uint32_t index)
{
    return (callee *)(uintptr_t)engine->functions[index]->active->address;
}

static void measure_calls(bench *b, nf_engine *engine, nf_program *const *programs, uint32_t copies)
{
    double direct_ns[COPIES], slot_ns[COPIES], more_ns[COPIES];
    for (uint32_t i = 0; i < copies; i++) {
        callee *stub = (callee *)nf_program_function(programs[i], "one");
        stub(0); /* compiled at its first call */
        callee *direct = code_of(engine, i * FUNCTIONS);
        bench_case cases[] = {
            {.name = "direct", .run = call_many[i % CALLERS], .context = &direct, .repeats = 4},
            {.name = "slot", .run = call_many[i % CALLERS], .context = &stub, .repeats = 4},
        };
        bench_interleave(cases, 2, bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS);
        direct_ns[i] = cases[0].median_ns / CALLS;
        slot_ns[i] = cases[1].median_ns / CALLS;
        more_ns[i] = slot_ns[i] - direct_ns[i];
    }
    bench_row(b, "direct call, median of copies", bench_median(direct_ns, copies), "ns");
    bench_row(b, "direct call, fastest copy", direct_ns[0], "ns");
    bench_row(b, "call through a slot, median of copies", bench_median(slot_ns, copies), "ns");
    bench_row(b, "call through a slot, slowest copy", slot_ns[copies - 1], "ns");
    bench_row_at_most(b, "slot over direct call, median of copies", bench_median(more_ns, copies),
                      "ns", CALL_NS_BOUND);
    bench_row(b, "slot over direct call, least", more_ns[0], "ns");
    bench_row(b, "slot over direct call, most", more_ns[copies - 1], "ns");
}

typedef struct caller {
    callee *stub;
    uint64_t seen_tsc; /* atomic: when the answer changed */
    int64_t expected;  /* atomic: the answer that is waited for; 0: the end */
    bool ready;        /* atomic */
} caller;

static void *call_until_told(void *context)
{
    caller *c = context;
    for (int64_t wanted; (wanted = __atomic_load_n(&c->expected, __ATOMIC_ACQUIRE)) != 0;) {
        __atomic_store_n(&c->ready, true, __ATOMIC_RELEASE);
        while (c->stub(0) != wanted) continue;
        __atomic_store_n(&c->seen_tsc, bench_ticks(), __ATOMIC_RELEASE);
        while (__atomic_load_n(&c->expected, __ATOMIC_ACQUIRE) == wanted) nf_os_relax();
    }
    return NULL;
}

/* One swap; ns from the store to the first new answer on the other core, or negative. */
static double swap_once(caller *c, uint64_t *slot, uint64_t address, int64_t answer)
{
    __atomic_store_n(&c->seen_tsc, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&c->ready, false, __ATOMIC_RELAXED);
    __atomic_store_n(&c->expected, answer, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE)) nf_os_relax();
    for (int i = 0; i < 200; i++) nf_os_relax(); /* the other core is in its loop */
    uint64_t stored = bench_ticks(), seen;
    __atomic_store_n(slot, address, __ATOMIC_RELEASE);
    while ((seen = __atomic_load_n(&c->seen_tsc, __ATOMIC_ACQUIRE)) == 0) nf_os_relax();
    return seen > stored ? bench_ns(seen - stored) : -1;
}

static void measure_swaps(bench *b, nf_engine *engine, callee *stub)
{
    uint64_t *slot = engine->functions[0]->slot;
    uint64_t addresses[2] = {(uint64_t)(uintptr_t)code_of(engine, 0),
                             (uint64_t)(uintptr_t)code_of(engine, 1)};
    uint32_t swaps = bench_is_quick(b) ? SWAPS_QUICK : SWAPS, kept = 0;
    double *latencies = calloc(swaps, sizeof *latencies);
    caller c = {.stub = stub, .expected = 1};
    pthread_t thread;
    if (latencies == NULL || pthread_create(&thread, NULL, call_until_told, &c) != 0) {
        bench_note(b, "no second thread: swaps are not measured");
        free(latencies);
        return;
    }
    for (uint32_t i = 0; i < swaps; i++) {
        double ns = swap_once(&c, slot, addresses[(i + 1) % 2], (i + 1) % 2 ? 2 : 1);
        if (ns >= 0) latencies[kept++] = ns;
    }
    __atomic_store_n(&c.expected, 0, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    bench_row_at_most(b, "swap seen by another core, median", bench_median(latencies, kept), "ns",
                      SWAP_NS_BOUND);
    bench_row(b, "swap seen by another core, 99 %", kept ? latencies[kept * 99 / 100] : 0, "ns");
    free(latencies);
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "slot",
                           "what a call through a slot costs, and how soon a swap is seen");
    const nf_config config = {.mode = NF_MODE_BASELINE, .no_counters = true};
    nf_engine *engine;
    nf_program *programs[COPIES];
    uint32_t copies = bench_is_quick(b) ? COPIES_QUICK : COPIES;
    nf_error error = {0};
    nf_status status = nf_engine_new(&config, &engine, &error);
    for (uint32_t i = 0; i < copies && status == NF_OK; i++)
        status =
            nf_program_load(engine, "slot.nir", source, sizeof source - 1, &programs[i], &error);
    if (status != NF_OK) {
        fprintf(stderr, "slot: %s\n", error.message);
        return 1;
    }
    measure_calls(b, engine, programs, copies);
    callee *one = (callee *)nf_program_function(programs[0], "one");
    callee *two = (callee *)nf_program_function(programs[0], "two");
    two(0); /* compiled, as one is */
    if (nf_os_cpu_count() > 1)
        measure_swaps(b, engine, one);
    else
        bench_note(b, "one processor: swaps are not measured");
    nf_engine_free(engine);
    return bench_end(b);
}
