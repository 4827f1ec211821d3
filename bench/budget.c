/*
 * What the engine costs a program in which nothing can be improved: a chain of multiplications, each
 * waiting for the one before.
 *
 * Two processes call the same function in turns, some milliseconds each. In one the engine works as
 * ever; in the other there is no worker, and the code is what the first process settled on. Processor time is that of
 * the whole process, background thread included, so it does not matter who else uses the machine.
 * Once the function has settled, the difference is what the engine takes for looking on; what it took
 * before, for the race, follows the ski-rental rule and is shown beside it.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "engine/engine_internal.h"

enum {
    TURNS = 300, /* of the function's loop: about 0.5 us */
    ROUNDS = 401,
    ROUNDS_QUICK = 41,
};

static const uint64_t SETTLE_NS = 2000000000, SETTLE_QUICK_NS = 500000000;
static const uint64_t STRETCH_NS = 20000000;
static const double BOUND_PERCENT = 1;

static const char source[] = "func @chain(%x: i64, %n: i64) -> i64 {\n"
                             "entry:\n"
                             "  %zero = iconst.i64 0\n"
                             "  br head(%zero, %x)\n"
                             "head(%i: i64, %value: i64):\n"
                             "  %more = icmp.slt.i64 %i, %n\n"
                             "  brif %more, body, done\n"
                             "body:\n"
                             "  %factor = iconst.i64 6364136223846793005\n"
                             "  %product = mul.i64 %value, %factor\n"
                             "  %next_value = xor.i64 %product, %i\n"
                             "  %one = iconst.i64 1\n"
                             "  %next = add.i64 %i, %one\n"
                             "  br head(%next, %next_value)\n"
                             "done:\n"
                             "  ret %value\n"
                             "}\n";

typedef int64_t chain_function(int64_t x, int64_t n);

static void die(const char *message)
{
    fprintf(stderr, "budget: %s\n", message);
    exit(EXIT_FAILURE);
}

/* --- a process that calls when it is told to --- */

typedef struct order {
    uint64_t ns;
    char variant[NF_NAME_BYTES]; /* the code to run; "": what is there */
} order;

typedef struct answer {
    uint64_t calls, ns; /* processor time */
    nf_cost cost;       /* so far */
    uint64_t races_ns;
    char variant[NF_NAME_BYTES]; /* that runs; "": T1 */
} answer;

static answer obey(nf_engine *engine, chain_function *chain, const order *o)
{
    enum { CALLS = 100 };
    answer a = {.calls = 0};
    uint64_t end = nf_os_time_ns() + o->ns, start = nf_os_process_time_ns();
    for (; nf_os_time_ns() < end; a.calls += CALLS)
        for (int i = 0; i < CALLS; i++) bench_use((uint64_t)chain(i, TURNS));
    a.ns = nf_os_process_time_ns() - start;
    nf_os_mutex_lock(&engine->lock);
    a.cost = engine->cost;
    a.races_ns = engine->race_time_ns;
    const nf_variant *variant = engine->functions[0]->active->recipe.variant;
    if (variant) snprintf(a.variant, sizeof a.variant, "%s", variant->name);
    nf_os_mutex_unlock(&engine->lock);
    return a;
}

/* Without an engine that would do it. */
static void variant_run(nf_engine *engine, const char *name)
{
    nf_version *version;
    nf_error error;
    for (uint32_t i = 0; i < nf_variant_count; i++)
        if (strcmp(nf_variants[i].name, name) == 0 &&
            nf_version_make(engine->functions[0], (nf_recipe){.variant = &nf_variants[i]},
                            &engine->work_arena, &version, &error) == NF_OK)
            nf_version_swap(engine->functions[0], version, 0, NF_EVENT_SWAP, "the same code");
}

static void serve(int line, const nf_config *config)
{
    nf_engine *engine;
    nf_program *program = NULL;
    nf_error error = {0};
    order o;
    if (nf_engine_new(config, &engine, &error) != NF_OK ||
        nf_program_load(engine, "budget.nir", source, sizeof source - 1, &program, &error) != NF_OK)
        die(error.message);
    chain_function *chain = (chain_function *)nf_program_function(program, "chain");
    while (read(line, &o, sizeof o) == sizeof o) {
        if (o.variant[0]) variant_run(engine, o.variant);
        answer a = obey(engine, chain, &o);
        if (write(line, &a, sizeof a) != sizeof a) break;
    }
    nf_engine_free(engine);
    _exit(EXIT_SUCCESS);
}

static int server_start(const nf_config *config)
{
    int lines[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) != 0) die("no socket");
    pid_t child = fork();
    if (child < 0) die("no process");
    if (child == 0) {
        close(lines[0]);
        serve(lines[1], config);
    }
    close(lines[1]);
    return lines[0];
}

static answer ask(int line, uint64_t ns, const char *variant)
{
    order o = {.ns = ns};
    answer a = {0};
    snprintf(o.variant, sizeof o.variant, "%s", variant);
    if (write(line, &o, sizeof o) != sizeof o || read(line, &a, sizeof a) != sizeof a)
        die("a process has ended");
    return a;
}

/* --- rows --- */

static double ns_per_call(const answer *a)
{
    return (double)a->ns / (double)a->calls;
}

static void rows(bench *b, const answer *before, const answer *after, double percent)
{
    double program = (double)(after->cost.program_ns - before->cost.program_ns);
    double settled = (double)(after->cost.settled_ns - before->cost.settled_ns) +
                     after->cost.watch_ns - before->cost.watch_ns;
    bench_row(b, "made and tried on the way up, processor time",
              (double)before->cost.climbing_ns * 1e-6, "ms");
    bench_row(b, "raced on the way up", (double)before->races_ns * 1e-6, "ms");
    bench_row_at_most(b, "settled: processor time, more than without the engine", percent, "%",
                      BOUND_PERCENT);
    bench_row_at_most(b, "settled: what the engine says that it takes", 100 * settled / program,
                      "%", BOUND_PERCENT);
}

int main(int argc, char **argv)
{
    static double with_ns[ROUNDS], without_ns[ROUNDS], ratios[ROUNDS];
    bench *b = bench_start(argc, argv, "budget", "what the engine costs where nothing can be won");
    const nf_config engine = {.no_counters = true},
                    none = {.mode = NF_MODE_BASELINE, .no_background = true, .no_counters = true};
    int with = server_start(&engine), without = server_start(&none);
    int rounds = bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS;
    answer before = ask(with, bench_is_quick(b) ? SETTLE_QUICK_NS : SETTLE_NS, ""), after = before;
    ask(without, STRETCH_NS, before.variant);
    for (int i = 0; i < rounds; i++) {
        after = ask(with, STRETCH_NS, "");
        answer other = ask(without, STRETCH_NS, "");
        with_ns[i] = ns_per_call(&after);
        without_ns[i] = ns_per_call(&other);
        ratios[i] = with_ns[i] / without_ns[i];
    }
    bench_row(b, "a call, without the engine", bench_median(without_ns, (uint32_t)rounds), "ns");
    bench_row(b, "a call, with it", bench_median(with_ns, (uint32_t)rounds), "ns");
    rows(b, &before, &after, 100 * (bench_median(ratios, (uint32_t)rounds) - 1));
    close(with);
    close(without);
    while (wait(NULL) > 0) continue;
    return bench_end(b);
}
