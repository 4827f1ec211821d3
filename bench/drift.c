/*
 * A program whose inputs change half-way: how soon it runs the version that is best for the new ones.
 *
 * A sum over an array is called on a few elements for some seconds, then on many, or the other way
 * round; what wins on the one loses on the other. Two seconds after the change the program's calls are
 * compared with those of an engine that has seen nothing but the new inputs, and with the best of all
 * versions that can be made without a race, which is what is to be reached. A processor that has
 * just run the widest vectors runs everything more slowly for a millisecond, so each has run for longer
 * than that when it is timed: what counts is the median.
 *
 * The best version is found before the program starts, and compared without the others, as a program
 * runs but one: after twenty versions have run by turns the same code takes up to a tenth longer at one
 * address than at another, for seconds, until the processor has forgotten them. And whether a predictor
 * foresees the end of the loop, which it does at one time and not at another, is seven cycles of a call:
 * many elements are so many that this is little.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_internal.h"

enum {
    ELEMENTS = 3072,
    FEW = 8, /* elements, about */
    MANY = 3000,
    SPREAD = 8,        /* lengths vary so much, */
    LENGTHS = 1 << 20, /* ... as no predictor learns them */
    CALLS_AT_ONCE = 512,
    REPEATS = 8,  /* of them, timed together */
    ROUNDS = 151, /* of 50 ms */
    ROUNDS_QUICK = 15,
    VERSIONS_MAX = 32,
};

static const uint64_t SETTLE_NS = 3000000000, SETTLE_QUICK_NS = 500000000;
static const uint64_t WARM_NS = 2000000;
static const uint64_t RECOVER_NS = 2000000000, RECOVER_QUICK_NS = 1000000000;
static const double RECOVERED_BOUND = 97;

static const char source[] = "func @total(%x: i64, %n: i64) -> i64 {\n"
                             "entry:\n"
                             "  %zero = iconst.i64 0\n"
                             "  br head(%zero, %zero)\n"
                             "head(%i: i64, %sum: i64):\n"
                             "  %more = icmp.slt.i64 %i, %n\n"
                             "  brif %more, body, done\n"
                             "body:\n"
                             "  %xi = load.i64 [%x + %i*8]\n"
                             "  %next_sum = add.i64 %sum, %xi\n"
                             "  %one = iconst.i64 1\n"
                             "  %next = add.i64 %i, %one\n"
                             "  br head(%next, %next_sum)\n"
                             "done:\n"
                             "  ret %sum\n"
                             "}\n";

typedef int64_t total_function(const int64_t *x, int64_t n);

static int64_t elements[ELEMENTS];
static uint8_t more[LENGTHS];

typedef struct program {
    nf_engine *engine;
    total_function *total;
} program;

static void check(nf_status status, const nf_error *error)
{
    if (status == NF_OK) return;
    fprintf(stderr, "drift: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static nf_engine *engine_start(bool without_worker)
{
    const nf_config config = {.no_counters = true, .no_background = without_worker};
    nf_engine *engine;
    nf_error error = {0};
    check(nf_engine_new(&config, &engine, &error), &error);
    return engine;
}

static total_function *program_load(nf_engine *engine)
{
    nf_program *loaded;
    nf_error error = {0};
    check(nf_program_load(engine, "drift.nir", source, sizeof source - 1, &loaded, &error), &error);
    return (total_function *)nf_program_function(loaded, "total");
}

static program program_start(void)
{
    nf_engine *engine = engine_start(false);
    return (program){engine, program_load(engine)};
}

typedef struct timed {
    total_function *total;
    int64_t length;
    uint32_t at;
} timed;

static void call_some(void *context)
{
    timed *t = context;
    for (int k = 0; k < CALLS_AT_ONCE; k++, t->at++)
        bench_use((uint64_t)t->total(elements, t->length + more[t->at % LENGTHS]));
}

static void call_for(timed *t, uint64_t ns)
{
    uint64_t end = nf_os_time_ns() + ns;
    while (nf_os_time_ns() < end) call_some(t);
}

static void run_for(const program *p, int64_t length, uint64_t ns)
{
    call_for(&(timed){p->total, length, 0}, ns);
}

/* --- against the best --- */

static void warm(void *context)
{
    call_for(context, WARM_NS);
}

static bench_case case_of(const char *name, timed *t)
{
    return (bench_case){
        .name = name, .run = call_some, .context = t, .before = warm, .repeats = REPEATS};
}

/* All that T2 can make, each behind a slot of its own in an engine without a worker. */
static uint32_t versions_make(nf_engine *engine, bench_case *cases, timed *contexts, int64_t length)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < nf_variant_count; i++) {
        if ((nf_variants[i].features & ~engine->features) != 0) continue;
        total_function *total = program_load(engine);
        nf_function *function = engine->functions[count];
        nf_version *version;
        nf_error error;
        total(elements, length);
        if (nf_version_make(function, (nf_recipe){.variant = &nf_variants[i]}, &engine->work_arena,
                            &version, &error) == NF_OK)
            nf_version_swap(function, version, 0, NF_EVENT_SWAP, "to be measured");
        contexts[count] = (timed){total, length, 0};
        cases[count] = case_of(nf_variants[i].name, &contexts[count]);
        count++;
    }
    return count;
}

/* Of all that could have been chosen. */
static bench_case best_version(nf_engine *engine, timed *contexts, int64_t length, uint32_t rounds)
{
    bench_case cases[VERSIONS_MAX];
    uint32_t count = versions_make(engine, cases, contexts, length), best = 0;
    bench_interleave(cases, count, rounds);
    for (uint32_t i = 1; i < count; i++)
        if (cases[i].median_ns < cases[best].median_ns) best = i;
    return cases[best];
}

static void active_name(const program *p, char name[NF_NAME_BYTES])
{
    nf_os_mutex_lock(&p->engine->lock);
    memcpy(name, p->engine->functions[0]->active->name, NF_NAME_BYTES);
    nf_os_mutex_unlock(&p->engine->lock);
}

static void compare(bench *b, const program *p, const program *fresh, bench_case best,
                    int64_t length, uint32_t rounds)
{
    timed changed = {p->total, length, 0}, settled = {fresh->total, length, 0};
    char changed_name[NF_NAME_BYTES], settled_name[NF_NAME_BYTES];
    bench_case cases[] = {case_of("after the change", &changed),
                          case_of("from the start", &settled), best};
    for (int k = 0; k < 2; k++) bench_interleave(cases, 3, rounds); /* the second counts */
    double percent = 100 / cases[0].median_ns;
    bench_row(b, "  a call after the change", cases[0].median_ns / CALLS_AT_ONCE, "ns");
    bench_row_at_least(b, "  of an engine that knows only these inputs",
                       cases[1].median_ns * percent, "%", RECOVERED_BOUND);
    bench_row_at_least(b, "  of the best version that there is", cases[2].median_ns * percent, "%",
                       RECOVERED_BOUND);
    active_name(p, changed_name);
    active_name(fresh, settled_name);
    bench_note(b, "it runs %s, the other engine %s; the best is %s", changed_name, settled_name,
               best.name);
}

static uint32_t races_of(const program *p)
{
    nf_os_mutex_lock(&p->engine->lock);
    uint32_t races = p->engine->functions[0]->race_count;
    nf_os_mutex_unlock(&p->engine->lock);
    return races;
}

static void change(bench *b, const char *name, int64_t before, int64_t after)
{
    bool is_quick = bench_is_quick(b);
    uint64_t settle_ns = is_quick ? SETTLE_QUICK_NS : SETTLE_NS;
    uint32_t rounds = is_quick ? ROUNDS_QUICK : ROUNDS;
    timed contexts[VERSIONS_MAX];
    nf_engine *bare = engine_start(true);
    bench_case best = best_version(bare, contexts, after, rounds);
    program p = program_start(), fresh = program_start();
    run_for(&fresh, after, settle_ns);
    run_for(&p, before, settle_ns);
    uint32_t races = races_of(&p);
    run_for(&p, after, is_quick ? RECOVER_QUICK_NS : RECOVER_NS);
    bench_row(b, name, races_of(&p) - races, "races");
    compare(b, &p, &fresh, best, after, rounds);
    nf_engine_free(p.engine);
    nf_engine_free(fresh.engine);
    nf_engine_free(bare);
}

static void inputs_make(void)
{
    uint32_t random = 1;
    for (int i = 0; i < ELEMENTS; i++) elements[i] = i;
    for (int i = 0; i < LENGTHS; i++) {
        random = random * 1664525u + 1013904223u;
        more[i] = (uint8_t)((random >> 16) % SPREAD);
    }
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "drift", "2 s after a program's inputs have changed");
    inputs_make();
    change(b, "few elements, then many", FEW, MANY);
    if (!bench_is_quick(b)) change(b, "many elements, then few", MANY, FEW);
    return bench_end(b);
}
