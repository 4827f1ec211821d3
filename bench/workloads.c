/*
 * The workloads of examples/workloads under the engine against the same files built ahead of time
 * by clang-19 -O3 -march=native.
 *
 * Steady state: the native kernel comes from a shared object, the other one from a program that the
 * engine loaded as bitcode and has been calling until it had nothing left to improve. Calls of
 * about a millisecond alternate, so that a disturbance or a change of clock speed meets both, and
 * what counts is the median of the ratios of neighbours. Both must give the same checksum.
 *
 * Whole run: a process from its start to its end, two seconds of native work, the bitcode made
 * beforehand; with all processors, and pinned to one, where compiling and racing take time from
 * the program itself. Caches start empty.
 *
 * Start: the time from before fork() to the first line of main(), which prints the clock; for a
 * program that the engine has seen before, and for one that it hasn't.
 *
 * Run it where examples/ is. Programs and caches are in a temporary directory, which goes away at
 * the end.
 */
#include "bench.h"
#include "lib_build.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <nanoforge/nanoforge.h>
#define WORKLOAD_NO_MAIN
#include "../examples/workloads/workload.h"

static const char *const names[] = {
    "fibonacci",  "sum",       "compute", "primes",    "fft_1d",    "sha256",
    "matrix_mul", "quicksort", "strops",  "regex_dfa", "gemm_tile", "physics_step",
};
enum { NAMES = sizeof names / sizeof *names, ROUNDS_MIN = 5, ROUNDS_MAX = 4001, STARTS = 11 };
enum { NAME_BYTES = 32, DIGITS = 24, ROW_BYTES = 64, WHOLE_RUNS_MAX = 3 };
/* The one whose whole run --quick measures: many functions, none of which vectorises. */
static const char *const quick_name = "quicksort";

static const double WORKLOAD_BOUND = 1.03, MEAN_BOUND = 0.95, WHOLE_RUN_BOUND = 1.10;
static const double START_CACHED_MS_BOUND = 5, START_NEW_MS_BOUND = 80;
static const double NS_PER_MS = 1e6, NS_PER_S = 1e9, WHOLE_RUN_NS = 2e9;

/* Times in ns. */
typedef struct plan {
    double steady_max;      /* for all workloads' steady states, an equal share for each */
    double settle_min;      /* calls before the engine may be said to be settled */
    double measure;         /* one workload's steady state */
    double last_process_at; /* no whole run begins later than this after the benchmark's start */
    uint32_t whole_runs;
} plan;
static const plan quick_plan = {15e9, 0.2e9, 0.15e9, 23e9, 1};
static const plan full_plan = {240e9, 2e9, 3e9, 1e12, WHOLE_RUNS_MAX};

static uint64_t bench_began; /* ticks */

static double elapsed_ns(void)
{
    return bench_ns(bench_ticks() - bench_began);
}

static void make_native(const char *source, const char *output, const char *flag)
{
    const char *const arguments[] = {
        "clang-19", "-w", "-O3", "-march=native", "-fPIC", build_include(), source, "-o",
        output,     flag, NULL};
    build_run(arguments, "/dev/null", false);
}

/* NAME, NAME.so and NAME.bc. */
static void make_all(const char *name, const char *source)
{
    char output[NAME_BYTES];
    make_native(source, name, NULL);
    snprintf(output, sizeof output, "%s.so", name);
    make_native(source, output, "-shared");
    snprintf(output, sizeof output, "%s.bc", name);
    build_bitcode(source, output);
}

/* --- steady state --- */

typedef uint64_t kernel(uint64_t);

typedef struct contest {
    const char *name;
    const struct workload_info *info;
    kernel *native;
    uint64_t checksum;
} contest;

typedef struct outcome {
    uint64_t size;
    double native_ns; /* median of a call */
    double ratio;     /* median of how long one takes under the engine for each native one */
    bool settled;
} outcome;

static double call_ns(const contest *c, kernel *k)
{
    uint64_t start = bench_ticks();
    uint64_t checksum = k(c->info->size);
    double ns = bench_ns(bench_ticks() - start);
    if (checksum != c->checksum) build_fail(c->name, "wrong result");
    return ns;
}

/* The shared object stays loaded. */
static void load_native(contest *c)
{
    char path[PATH_MAX + NAME_BYTES];
    snprintf(path, sizeof path, "%s/%s.c", build_include() + strlen("-I"), c->name);
    make_all(c->name, path);
    snprintf(path, sizeof path, "./%s.so", c->name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) build_fail(c->name, dlerror());
    c->info = dlsym(object, "workload_info");
    c->native = (kernel *)dlsym(object, "workload");
    if (c->info == NULL || c->native == NULL) build_fail(c->name, "not a workload");
    c->checksum = c->native(c->info->size);
}

/* Calls until nothing is going on, but not before it had time to begin; false: it never ended. */
static bool warm_up(const contest *c, kernel *k, nf_engine *engine, double settle_min, double until)
{
    const uint64_t settle_ns = 100000000;   /* a few rests of the engine's worker */
    const double calls_ns = 50 * NS_PER_MS; /* between looks */
    double begun = elapsed_ns();
    while (elapsed_ns() < until) {
        for (double spent = 0; spent < calls_ns;) spent += call_ns(c, k);
        if (elapsed_ns() - begun >= settle_min && nf_engine_settle(engine, settle_ns)) return true;
    }
    return false;
}

static void contend(const contest *c, kernel *k, double measure_ns, outcome *result)
{
    static double ratios[ROUNDS_MAX], natives[ROUNDS_MAX];
    double pair_ns = call_ns(c, c->native) + call_ns(c, k);
    double wanted = measure_ns / pair_ns;
    uint32_t rounds = wanted < ROUNDS_MIN   ? ROUNDS_MIN
                      : wanted > ROUNDS_MAX ? ROUNDS_MAX
                                            : (uint32_t)wanted;
    for (uint32_t i = 0; i < rounds; i++) {
        bool native_first = i % 2 == 0;
        double first = call_ns(c, native_first ? c->native : k);
        double second = call_ns(c, native_first ? k : c->native);
        natives[i] = native_first ? first : second;
        ratios[i] = native_first ? second / first : first / second;
    }
    result->native_ns = bench_median(natives, rounds);
    result->ratio = bench_median(ratios, rounds);
}

/* Until that time, about. The engine is left as it is. */
static outcome measure_steady(const char *name, const plan *p, double until)
{
    contest c = {.name = name};
    nf_engine *engine;
    nf_error error = {0};
    load_native(&c);
    if (nf_engine_new(NULL, &engine, &error) != NF_OK) build_fail(name, error.message);
    nf_program *program = build_load(engine, name);
    kernel *k = (kernel *)nf_program_function(program, "workload");
    if (k == NULL) build_fail(name, "no function workload");
    outcome result = {.size = c.info->size};
    result.settled = warm_up(&c, k, engine, p->settle_min, until - p->measure);
    contend(&c, k, p->measure, &result);
    return result;
}

/* In a process of its own, which starts from nothing, and ends whatever its engine still does. */
static outcome measure_apart(const char *name, const plan *p, double until)
{
    outcome result;
    int ends[2], status = 0;
    fflush(NULL);
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child < 0) build_fail(name, "no process for it");
    if (child == 0) {
        result = measure_steady(name, p, until);
        bool told = write(ends[1], &result, sizeof result) == sizeof result;
        _exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &result, sizeof result);
    close(ends[0]);
    if (waitpid(child, &status, 0) != child || status != 0 || got != sizeof result)
        build_fail(name, "not measured");
    return result;
}

static void measure_all_steady(bench *b, outcome *results, const plan *p)
{
    double logarithms = 0;
    for (int i = 0; i < NAMES; i++) {
        char row[ROW_BYTES];
        results[i] = measure_apart(names[i], p, p->steady_max * (i + 1) / NAMES);
        snprintf(row, sizeof row, "%s over clang -O3 -march=native", names[i]);
        bench_row_at_most(b, row, results[i].ratio, "x", WORKLOAD_BOUND);
        if (!results[i].settled) bench_note(b, "%s: the engine was still at work", names[i]);
        logarithms += log(results[i].ratio);
    }
    bench_row_at_most(b, "geometric mean over clang -O3 -march=native", exp(logarithms / NAMES),
                      "x", MEAN_BOUND);
}

/* --- whole runs --- */

static void measure_whole_run(bench *b, int index, const outcome *known, const plan *p, bool pinned)
{
    const char *name = names[index];
    if (elapsed_ns() > p->last_process_at) {
        bench_note(b, "no time left for a whole run of %s", name);
        return;
    }
    char size[DIGITS], calls[DIGITS], program[NAME_BYTES], bitcode[NAME_BYTES], row[ROW_BYTES];
    double ratios[WHOLE_RUNS_MAX];
    snprintf(program, sizeof program, "./%s", name);
    snprintf(bitcode, sizeof bitcode, "%s.bc", name);
    snprintf(size, sizeof size, "%" PRIu64, known->size);
    snprintf(calls, sizeof calls, "%.0f", ceil(WHOLE_RUN_NS / known->native_ns));
    const char *const native[] = {program, size, calls, NULL};
    const char *const engine[] = {
        build_nanoforge(), "run", "--quiet", bitcode, "--", size, calls, NULL};
    for (uint32_t i = 0; i < p->whole_runs; i++) {
        build_cache_new();
        double native_ns = build_run(native, "/dev/null", pinned);
        ratios[i] = build_run(engine, "/dev/null", pinned) / native_ns;
    }
    snprintf(row, sizeof row, "%s, a whole run%s", name, pinned ? " on one processor" : "");
    bench_row_at_most(b, row, bench_median(ratios, p->whole_runs), "x", WHOLE_RUN_BOUND);
}

/* --- the way to main() --- */

/* A workload, whose main prints the clock first of all. */
static void make_start_program(void)
{
    static const char text[] = "#define main workload_main\n"
                               "#include \"sha256.c\"\n"
                               "#undef main\n"
                               "#include <time.h>\n"
                               "int main(int argc, char **argv)\n"
                               "{\n"
                               "    struct timespec now;\n"
                               "    clock_gettime(CLOCK_MONOTONIC, &now);\n"
                               "    printf(\"%lld %ld\\n\", (long long)now.tv_sec, now.tv_nsec);\n"
                               "    return argc > 1 ? workload_main(argc, argv) : 0;\n"
                               "}\n";
    FILE *file = fopen("start.c", "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        build_fail("start.c", "not written");
    make_all("start", "start.c");
}

static double start_ms(const char *const *arguments)
{
    struct timespec before;
    long long seconds;
    long ns;
    clock_gettime(CLOCK_MONOTONIC, &before);
    build_run(arguments, "clock", false);
    FILE *file = fopen("clock", "r");
    if (file == NULL || fscanf(file, "%lld %ld", &seconds, &ns) != 2)
        build_fail("clock", "not a time");
    fclose(file);
    double elapsed = (double)(seconds - before.tv_sec) * NS_PER_S + (double)(ns - before.tv_nsec);
    return elapsed / NS_PER_MS;
}

static double median_start_ms(const char *const *arguments, bool fresh)
{
    double samples[STARTS];
    for (int i = 0; i < STARTS; i++) {
        if (fresh) build_cache_new();
        samples[i] = start_ms(arguments);
    }
    return bench_median(samples, STARTS);
}

static void measure_starts(bench *b, const char *const *by_engine)
{
    const char *const native[] = {"./start", NULL};
    bench_row(b, "start to main, native", median_start_ms(native, false), "ms");
    bench_row_at_most(b, "start to main, new program", median_start_ms(by_engine, true), "ms",
                      START_NEW_MS_BOUND);
    bench_row_at_most(b, "start to main, cached program", median_start_ms(by_engine, false), "ms",
                      START_CACHED_MS_BOUND);
}

static void measure_processes(bench *b, const outcome *results, const plan *p)
{
    const char *const by_engine[] = {build_nanoforge(), "run", "--quiet", "start.bc", NULL};
    double ns;
    make_start_program();
    if (build_run_any(by_engine, "/dev/null", false, &ns) != 0) {
        bench_note(b, "nanoforge doesn't run bitcode: whole runs are not measured");
        return;
    }
    for (int i = 0; i < NAMES; i++) {
        if (bench_is_quick(b) && strcmp(names[i], quick_name) != 0) continue;
        measure_whole_run(b, i, &results[i], p, false);
        measure_whole_run(b, i, &results[i], p, true);
    }
    measure_starts(b, by_engine);
}

int main(int argc, char **argv)
{
    outcome results[NAMES];
    bench *b = bench_start(argc, argv, "workloads",
                           "twelve C programs under the engine and by clang -O3 -march=native");
    const plan *p = bench_is_quick(b) ? &quick_plan : &full_plan;
    bench_began = bench_ticks();
    build_folder_enter();
    measure_all_steady(b, results, p);
    measure_processes(b, results, p);
    return bench_end(b);
}
