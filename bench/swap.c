/*
 * A storm of swaps: one function's code is exchanged again and again while eight threads call it.
 *
 * Each swap is a whole one: a version is compiled and placed, the slot leads to it, the old version
 * retires, and is freed when a scan of all threads has shown that nobody is in it. Two variants of the
 * function take turns, so that each is made anew every time. Stretches of time with and without
 * swaps take turns, too; every call in them is timed by the time stamp counter and its answer
 * checked. A fault would end the program; a wrong answer is told by the exit status.
 *
 * What must stay bounded is looked at all the while: the code, and what the engine takes of its
 * allocator for records.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/histogram.h"
#include "engine/engine_internal.h"

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
enum { UNDER_SANITIZER = 1 };
#else
enum { UNDER_SANITIZER = 0 };
#endif

enum {
    THREADS = 8,
    SWAPS_FULL = 1000000, /* an hour and more under the thread sanitizer */
    SWAPS_QUICK = 5000,
    SWAPS_QUICK_SANITIZED = 200,
    CALLS_SANITIZED = 64, /* then callers rest, for versions take so much longer to make */
    REST_NS = 500 * 1000,
    STRETCHES = 10, /* of each kind */
    TURNS = 6,      /* of the function's loop */
};

static const double MORE_NS_BOUND = 1000, CODE_KIB_BOUND = 4096, MEMORY_KIB_BOUND = 4096;
static const double QUANTILE = 0.999;

static const char source[] = "func @work(%x: i64, %n: i64) -> i64 {\n"
                             "entry:\n"
                             "  %zero = iconst.i64 0\n"
                             "  br head(%zero, %x)\n"
                             "head(%i: i64, %sum: i64):\n"
                             "  %more = icmp.slt.i64 %i, %n\n"
                             "  brif %more, body, done\n"
                             "body:\n"
                             "  %three = iconst.i64 3\n"
                             "  %product = mul.i64 %sum, %three\n"
                             "  %next_sum = add.i64 %product, %i\n"
                             "  %one = iconst.i64 1\n"
                             "  %next = add.i64 %i, %one\n"
                             "  br head(%next, %next_sum)\n"
                             "done:\n"
                             "  ret %sum\n"
                             "}\n";

typedef int64_t work_function(int64_t x, int64_t n);

static int64_t expected(int64_t x)
{
    for (int64_t i = 0; i < TURNS; i++) x = x * 3 + i;
    return x;
}

/* --- memory that the engine takes --- */

static size_t taken, taken_max; /* atomic */

static void *allocate(void *context, size_t size)
{
    (void)context;
    size_t now = __atomic_add_fetch(&taken, size, __ATOMIC_RELAXED);
    if (now > __atomic_load_n(&taken_max, __ATOMIC_RELAXED))
        __atomic_store_n(&taken_max, now, __ATOMIC_RELAXED);
    return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
    (void)context;
    __atomic_sub_fetch(&taken, size, __ATOMIC_RELAXED);
    free(memory);
}

static const nf_allocator counted = {.allocate = allocate, .release = release};

/* --- callers --- */

typedef enum mood { QUIET, STORM, MOODS, BETWEEN = MOODS, OVER } mood;

typedef struct caller {
    pthread_t thread;
    work_function *work;
    const uint32_t *now; /* atomic mood */
    uint64_t wrong;
    nf_histogram ticks[MOODS + 1];
} caller;

static void *call(void *context)
{
    caller *c = context;
    uint32_t now;
    for (int64_t x = 0; (now = __atomic_load_n(c->now, __ATOMIC_RELAXED)) != OVER; x++) {
        uint64_t start = bench_ticks();
        int64_t answer = c->work(x, TURNS);
        nf_histogram_add(&c->ticks[now], bench_ticks() - start);
        c->wrong += answer != expected(x);
        if (UNDER_SANITIZER && x % CALLS_SANITIZED == 0) nf_os_sleep_ns(REST_NS);
    }
    return NULL;
}

/* --- swaps --- */

typedef struct storm {
    nf_engine *engine;
    nf_function *function;
    uint64_t swaps, failed, waits, ns;
    size_t code_max;
} storm;

static const nf_variant *variant_named(const char *name)
{
    for (uint32_t i = 0; i < nf_variant_count; i++)
        if (strcmp(nf_variants[i].name, name) == 0) return &nf_variants[i];
    return NULL;
}

/* Scalar and unrolled code take turns. */
static const nf_variant *other_variant(const nf_function *function)
{
    const nf_variant *scalar = variant_named("scalar");
    return function->active->recipe.variant == scalar ? variant_named("unroll4") : scalar;
}

/* As the worker would, who makes nothing new while too much waits to be freed. */
static void swap_once(storm *s)
{
    nf_version *version, *old = s->function->active;
    nf_error error;
    nf_recipe recipe = {.variant = other_variant(s->function)};
    nf_os_mutex_lock(&s->engine->work_lock);
    while (nf_reclaim_is_full(s->engine)) {
        s->waits++;
        nf_os_sleep_ns(REST_NS);
        nf_reclaim_when_due(s->engine);
    }
    if (nf_version_make(s->function, recipe, &s->engine->work_arena, &version, &error) == NF_OK) {
        nf_version_swap(s->function, version, 0, NF_EVENT_SWAP, "its turn");
        if (old != s->function->baseline) nf_version_retire(old, NF_VERSION_RETIRED);
        s->swaps++;
    } else {
        s->failed++;
    }
    nf_reclaim_when_due(s->engine);
    nf_os_mutex_unlock(&s->engine->work_lock);
}

static void swap_many(storm *s, uint32_t count)
{
    enum { LOOK_EVERY = 64 };
    uint64_t start = nf_os_time_ns();
    for (uint32_t i = 0; i < count; i++) {
        swap_once(s);
        if (i % LOOK_EVERY) continue;
        size_t used = nf_code_memory_usage(s->engine->code).used;
        if (used > s->code_max) s->code_max = used;
    }
    s->ns += nf_os_time_ns() - start;
}

static uint32_t swaps_planned(const bench *b)
{
    if (!bench_is_quick(b)) return SWAPS_FULL;
    return UNDER_SANITIZER ? SWAPS_QUICK_SANITIZED : SWAPS_QUICK;
}

static void stretches(storm *s, uint32_t *now, uint32_t swaps)
{
    for (int i = 0; i < STRETCHES; i++) {
        __atomic_store_n(now, STORM, __ATOMIC_RELAXED);
        uint64_t before = s->ns;
        swap_many(s, swaps / STRETCHES);
        __atomic_store_n(now, QUIET, __ATOMIC_RELAXED);
        nf_os_sleep_ns((s->ns - before) / 4);
    }
    __atomic_store_n(now, OVER, __ATOMIC_RELAXED);
}

/* --- rows --- */

static uint64_t callers_join(caller *callers, nf_histogram ticks[MOODS])
{
    uint64_t wrong = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        wrong += callers[i].wrong;
        for (int m = 0; m < MOODS; m++) nf_histogram_merge(&ticks[m], &callers[i].ticks[m]);
    }
    return wrong;
}

static void rows(bench *b, const storm *s, const nf_histogram ticks[MOODS])
{
    double quiet_ns = bench_ns(nf_histogram_quantile(&ticks[QUIET], QUANTILE));
    double storm_ns = bench_ns(nf_histogram_quantile(&ticks[STORM], QUANTILE));
    bench_row(b, "swaps", (double)s->swaps, "");
    bench_row(b, "swaps in a second", (double)s->swaps / ((double)s->ns * 1e-9), "");
    bench_row(b, "calls meanwhile, by 8 threads", (double)ticks[STORM].count, "");
    bench_row_at_most(b, "wrong answers, or versions that could not be made", (double)s->failed, "",
                      0);
    bench_row_at_most(b, "code, at most", (double)s->code_max / 1024, "KiB", CODE_KIB_BOUND);
    bench_row_at_most(b, "memory for records, at most", (double)taken_max / 1024, "KiB",
                      MEMORY_KIB_BOUND);
    bench_row(b, "waits until versions were freed", (double)s->waits, "");
    bench_row(b, "versions freed", s->function->versions_gone, "");
    bench_row(b, "a call, 99.9 %, quiet", quiet_ns, "ns");
    bench_row(b, "a call, 99.9 %, in the storm", storm_ns, "ns");
    bench_row_at_most(b, "a call, 99.9 %, more in the storm", storm_ns - quiet_ns, "ns",
                      MORE_NS_BOUND);
}

static void measure(bench *b, storm *s, work_function *work)
{
    static caller callers[THREADS];
    static nf_histogram ticks[MOODS];
    uint32_t now = BETWEEN;
    for (int i = 0; i < THREADS; i++) {
        callers[i].work = work;
        callers[i].now = &now;
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0) {
            fprintf(stderr, "swap: no thread\n");
            exit(EXIT_FAILURE);
        }
    }
    stretches(s, &now, swaps_planned(b));
    s->failed += callers_join(callers, ticks);
    rows(b, s, ticks);
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "swap", "a function's code exchanged while 8 threads call");
    const nf_config config = {.allocator = &counted, .no_background = true, .no_counters = true};
    storm s = {0};
    nf_program *program;
    nf_error error = {0};
    if (nf_engine_new(&config, &s.engine, &error) != NF_OK ||
        nf_program_load(s.engine, "swap.nir", source, sizeof source - 1, &program, &error) !=
            NF_OK) {
        fprintf(stderr, "swap: %s\n", error.message);
        return EXIT_FAILURE;
    }
    work_function *work = (work_function *)nf_program_function(program, "work");
    work(1, TURNS); /* compiled at its first call */
    s.function = s.engine->functions[0];
    measure(b, &s, work);
    nf_engine_free(s.engine);
    int status = bench_end(b);
    return s.failed ? EXIT_FAILURE : status;
}
