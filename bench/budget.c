/*
 * What the engine costs a program in which nothing can be improved: a chain of multiplications,
 * each waiting for the one before.
 *
 * The program runs until the function has settled. Then it is forked twice: in one copy the engine
 * goes on with its work, in the other one the worker stands still, and the calls go to the
 * version's code without the stub. So both have the same code at the same addresses and the same
 * past. They call in turns, some milliseconds each. A call waits for the result of the one before,
 * and the loop ends where no predictor expects it: else a part of a call hides behind another one,
 * and whether the end of a loop of 75 turns is foreseen hangs by one jump more in the history of
 * branches; that alone is 3 % of the call. Processor time is that of the whole process, background
 * thread included, so it does not matter who else uses the machine.
 *
 * The difference is what the engine takes for looking on; what it took before, for the race,
 * follows the ski-rental rule and is shown beside it.
 *
 * At last the same engine gets some thousand functions more, which are called once: as many as a
 * database has. It looks at each of them in every step.
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
    TURNS = 300,       /* of the function's loop, about: 0.4 us */
    SPREAD = 64,       /* they vary so much, */
    LENGTHS = 1 << 14, /* ... as no predictor learns them */
    ROUNDS = 401,
    ROUNDS_QUICK = 41,
    MANY = 2400,
    MANY_BYTES = 100, /* of each one's text, at most */
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

static uint8_t more[LENGTHS];

static void die(const char *message)
{
    fprintf(stderr, "budget: %s\n", message);
    exit(EXIT_FAILURE);
}

/* --- a process that calls when it is told to --- */

typedef struct answer {
    uint64_t calls, ns; /* processor time */
    nf_cost cost;       /* so far */
    uint64_t races_ns;
} answer;

static answer call_for(nf_engine *engine, chain_function *chain, uint64_t ns)
{
    enum { CALLS = 128 };
    static uint32_t at;
    static int64_t x = 1;
    answer a = {.calls = 0};
    uint64_t end = nf_os_time_ns() + ns, start = nf_os_process_time_ns();
    for (; nf_os_time_ns() < end; a.calls += CALLS)
        for (int i = 0; i < CALLS; i++, at++) x = chain(x, TURNS + more[at % LENGTHS]);
    a.ns = nf_os_process_time_ns() - start;
    nf_os_mutex_lock(&engine->lock);
    a.cost = engine->cost;
    a.races_ns = engine->race_time_ns;
    nf_os_mutex_unlock(&engine->lock);
    return a;
}

static void serve(int line, nf_engine *engine, chain_function *chain)
{
    uint64_t ns;
    while (read(line, &ns, sizeof ns) == sizeof ns) {
        answer a = call_for(engine, chain, ns);
        if (write(line, &a, sizeof a) != sizeof a) break;
    }
    _exit(EXIT_SUCCESS);
}

/* The worker's lock stops it, and a version's address is the call without the engine. */
static int server_start(nf_engine *engine, chain_function *chain, bool with)
{
    int lines[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) != 0) die("no socket");
    pid_t child = fork();
    if (child < 0) die("no process");
    if (child == 0) {
        close(lines[0]);
        if (!with) {
            nf_os_mutex_lock(&engine->work_lock);
            chain = (chain_function *)engine->functions[0]->active->address;
        }
        serve(lines[1], engine, chain);
    }
    close(lines[1]);
    return lines[0];
}

static answer ask(int line, uint64_t ns)
{
    answer a = {0};
    if (write(line, &ns, sizeof ns) != sizeof ns || read(line, &a, sizeof a) != sizeof a)
        die("a process has ended");
    return a;
}

/* --- rows --- */

static double ns_per_call(const answer *a)
{
    return (double)a->ns / (double)a->calls;
}

static double cost_percent(const nf_cost *before, const nf_cost *after)
{
    double settled = (double)(after->settled_ns - before->settled_ns);
    double watched = after->watch_ns - before->watch_ns;
    return 100 * (settled + watched) / (double)(after->program_ns - before->program_ns);
}

static void compare(bench *b, int with, int without)
{
    static double with_ns[ROUNDS], without_ns[ROUNDS], ratios[ROUNDS];
    uint32_t rounds = bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS;
    answer before = ask(with, STRETCH_NS), after = before;
    ask(without, STRETCH_NS);
    for (uint32_t i = 0; i < rounds; i++) {
        after = ask(with, STRETCH_NS);
        answer other = ask(without, STRETCH_NS);
        with_ns[i] = ns_per_call(&after);
        without_ns[i] = ns_per_call(&other);
        ratios[i] = with_ns[i] / without_ns[i];
    }
    bench_row(b, "a call, without the engine", bench_median(without_ns, rounds), "ns");
    bench_row(b, "a call, with it", bench_median(with_ns, rounds), "ns");
    bench_row_at_most(b, "settled: processor time, more than without the engine",
                      100 * (bench_median(ratios, rounds) - 1), "%", BOUND_PERCENT);
    bench_row_at_most(b, "settled: what the engine says that it takes",
                      cost_percent(&before.cost, &after.cost), "%", BOUND_PERCENT);
}

static void measure_many(bench *b, nf_engine *engine, chain_function *chain)
{
    uint64_t settle_ns = bench_is_quick(b) ? SETTLE_QUICK_NS : SETTLE_NS;
    static char text[MANY * MANY_BYTES];
    size_t length = 0;
    nf_program *program = NULL;
    nf_error error = {0};
    for (int i = 0; i < MANY; i++)
        length += (size_t)snprintf(text + length, MANY_BYTES,
                                   "func @f%d(%%x: i64) -> i64 {\nentry:\n  ret %%x\n}\n", i);
    if (nf_program_load(engine, "many.nir", text, length, &program, &error) != NF_OK)
        die(error.message);
    for (int i = 0; i < MANY; i++) {
        char name[NF_NAME_BYTES];
        snprintf(name, sizeof name, "f%d", i);
        ((int64_t(*)(int64_t))nf_program_function(program, name))(i);
    }
    answer before = call_for(engine, chain, settle_ns), after = call_for(engine, chain, settle_ns);
    bench_row_at_most(b, "2,400 functions: what the engine says that it takes",
                      cost_percent(&before.cost, &after.cost), "%", BOUND_PERCENT);
}

static void lengths_make(void)
{
    uint32_t random = 1;
    for (int i = 0; i < LENGTHS; i++) {
        random = random * 1664525u + 1013904223u;
        more[i] = (uint8_t)((random >> 16) % SPREAD);
    }
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "budget", "what the engine costs where nothing can be won");
    const nf_config config = {.no_counters = true};
    nf_engine *engine;
    nf_program *program = NULL;
    nf_error error = {0};
    lengths_make();
    if (nf_engine_new(&config, &engine, &error) != NF_OK ||
        nf_program_load(engine, "budget.nir", source, sizeof source - 1, &program, &error) != NF_OK)
        die(error.message);
    chain_function *chain = (chain_function *)nf_program_function(program, "chain");
    answer climbed = call_for(engine, chain, bench_is_quick(b) ? SETTLE_QUICK_NS : SETTLE_NS);
    bench_row(b, "versions made on the way up, processor time",
              (double)climbed.cost.climbing_ns * 1e-6, "ms");
    bench_row(b, "tried on live calls, checked against T1", climbed.cost.trial_ns * 1e-6, "ms");
    bench_row(b, "raced on the way up", (double)climbed.races_ns * 1e-6, "ms");
    int with = server_start(engine, chain, true), without = server_start(engine, chain, false);
    compare(b, with, without);
    close(with);
    close(without);
    while (wait(NULL) > 0) continue;
    measure_many(b, engine, chain);
    nf_engine_free(engine);
    return bench_end(b);
}
