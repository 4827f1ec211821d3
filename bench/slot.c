/*
 * What a slot costs: a call through a function's stub against a direct call of the same code, and
 * how soon another core runs new code after the slot's word was stored.
 *
 * A call is measured in a loop of calls whose argument is the last result, so that a call can't begin
 * before the one before it has ended; both loops are the same instructions on another address. The swap is timed by
 * the time stamp counter, which all cores share: one thread calls without pause and notes when the
 * answer changed, the other one notes when it stored.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_internal.h"

enum { CALLS = 2000, ROUNDS = 401, ROUNDS_QUICK = 101, SWAPS = 2000, SWAPS_QUICK = 500 };

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

typedef int64_t callee(int64_t);

static void call_many(void *context)
{
    callee *function = *(callee **)context;
    int64_t value = 0;
    for (int i = 0; i < CALLS; i++) value = function(value);
    bench_use((uint64_t)value);
}

/* The version's own code, behind the slot. */
static callee *code_of(nf_engine *engine, uint32_t index)
{
    return (callee *)(uintptr_t)engine->functions[index]->active->address;
}

static void measure_calls(bench *b, callee *stub, callee *direct)
{
    bench_case cases[] = {
        {.name = "direct", .run = call_many, .context = &direct, .repeats = 4},
        {.name = "slot", .run = call_many, .context = &stub, .repeats = 4},
    };
    bench_interleave(cases, 2, bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS);
    double direct_ns = cases[0].median_ns / CALLS, slot_ns = cases[1].median_ns / CALLS;
    bench_row(b, "direct call", direct_ns, "ns");
    bench_row(b, "call through a slot", slot_ns, "ns");
    bench_row_at_most(b, "slot over direct call", slot_ns - direct_ns, "ns", CALL_NS_BOUND);
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
    nf_program *program;
    nf_error error = {0};
    if (nf_engine_new(&config, &engine, &error) != NF_OK ||
        nf_program_load(engine, "slot.nir", source, sizeof source - 1, &program, &error) != NF_OK) {
        fprintf(stderr, "slot: %s\n", error.message);
        return 1;
    }
    callee *one = (callee *)nf_program_function(program, "one");
    callee *two = (callee *)nf_program_function(program, "two");
    one(0), two(0); /* compiled at their first call */
    measure_calls(b, one, code_of(engine, 0));
    if (nf_os_cpu_count() > 1)
        measure_swaps(b, engine, one);
    else
        bench_note(b, "one processor: swaps are not measured");
    nf_engine_free(engine);
    return bench_end(b);
}
