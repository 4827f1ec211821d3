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

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
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
enum { NAME_BYTES = 32, DIGITS = 24, ROW_BYTES = 64, WHOLE_RUNS_MAX = 3, PLACE_BYTES = 64 };
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

static char folder[] = "/tmp/nanoforge-bench-XXXXXX";
static char nanoforge[PATH_MAX], sources[PATH_MAX]; /* the latter as "-I/.../examples/workloads" */

/* --- files and processes --- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    const int descriptors = 16;
    nftw(folder, remove_one, descriptors, FTW_DEPTH | FTW_PHYS);
}

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "workloads: %s: %s\n", what, why);
    exit(EXIT_FAILURE); /* and the folder goes */
}

/* An empty cache directory for the processes to come. */
static void new_cache(void)
{
    static unsigned count;
    char path[sizeof folder + 32];
    snprintf(path, sizeof path, "%s/cache-%u", folder, count++);
    if (mkdir(path, S_IRWXU) != 0 || setenv("XDG_CACHE_HOME", path, 1) != 0)
        fail(path, "cannot be made");
}

/* What lies beside the folder that this program is in: the command, and the plug-in. */
static void find_places(void)
{
    char here[PATH_MAX], plugin[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
    if (length < 0) fail("/proc/self/exe", "cannot be read");
    here[length] = '\0';
    for (int levels = 2; levels > 0; levels--) *strrchr(here, '/') = '\0';
    snprintf(nanoforge, sizeof nanoforge, "%.*s/nanoforge", PATH_MAX - PLACE_BYTES, here);
    snprintf(plugin, sizeof plugin, "%.*s/libnanoforge-llvm.so", PATH_MAX - PLACE_BYTES, here);
    if (getcwd(here, sizeof here) == NULL || setenv("NANOFORGE_LLVM", plugin, 0) != 0)
        fail(plugin, "cannot be found");
    snprintf(sources, sizeof sources, "-I%.*s/examples/workloads", PATH_MAX - PLACE_BYTES, here);
}

/* From here on all paths are the folder's. */
static void enter_folder(void)
{
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) fail(folder, "cannot be made");
    atexit(remove_folder);
    new_cache();
}

static void become(const char *const *arguments, const char *output, bool pinned)
{
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (pinned && sched_setaffinity(0, sizeof first, &first) != 0) return;
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) return;
    execvp(arguments[0], (char *const *)arguments);
}

/* Runs a program to its end; its status as of wait(). */
static int run_any(const char *const *arguments, const char *output, bool pinned, double *ns)
{
    fflush(NULL);
    uint64_t start = bench_ticks();
    pid_t child = fork();
    if (child == 0) {
        become(arguments, output, pinned);
        _exit(EXIT_FAILURE);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) fail(arguments[0], "cannot be run");
    *ns = bench_ns(bench_ticks() - start);
    return status;
}

/* Nanoseconds; it must succeed. */
static double run(const char *const *arguments, const char *output, bool pinned)
{
    double ns;
    if (run_any(arguments, output, pinned, &ns) != 0) fail(arguments[0], "failed");
    return ns;
}

static void make_native(const char *source, const char *output, const char *flag)
{
    const char *const arguments[] = {"clang-19", "-O3", "-march=native", "-fPIC", sources,
                                     source,     "-o",  output,          flag,    NULL};
    run(arguments, "/dev/null", false);
}

/* As the engine has it made for whoever runs a C file. */
static void make_bitcode(const char *source, const char *output)
{
    const char *const arguments[] = {sources};
    nf_bytes bitcode;
    nf_error error = {0};
    if (nf_c_compile(source, arguments, 1, &bitcode, &error) != NF_OK) fail(source, error.message);
    FILE *file = fopen(output, "wb");
    if (file == NULL || fwrite(bitcode.data, 1, bitcode.size, file) != bitcode.size ||
        fclose(file) != 0)
        fail(output, "not written");
    nf_bytes_free(&bitcode);
}

/* NAME, NAME.so and NAME.bc. */
static void make_all(const char *name, const char *source)
{
    char output[NAME_BYTES];
    make_native(source, name, NULL);
    snprintf(output, sizeof output, "%s.so", name);
    make_native(source, output, "-shared");
    snprintf(output, sizeof output, "%s.bc", name);
    make_bitcode(source, output);
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
    if (checksum != c->checksum) fail(c->name, "wrong result");
    return ns;
}

/* The shared object stays loaded. */
static void load_native(contest *c)
{
    char path[PATH_MAX + NAME_BYTES];
    snprintf(path, sizeof path, "%s/%s.c", sources + strlen("-I"), c->name);
    make_all(c->name, path);
    snprintf(path, sizeof path, "./%s.so", c->name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) fail(c->name, dlerror());
    c->info = dlsym(object, "workload_info");
    c->native = (kernel *)dlsym(object, "workload");
    if (c->info == NULL || c->native == NULL) fail(c->name, "not a workload");
    c->checksum = c->native(c->info->size);
}

static nf_program *load_bitcode(nf_engine *engine, const char *name)
{
    nf_error error = {0};
    nf_program *program = NULL;
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "%s.bc", name);
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (file == NULL || fstat(fileno(file), &status) != 0) fail(path, "cannot be read");
    size_t size = (size_t)status.st_size;
    void *bytes = malloc(size);
    if (bytes == NULL || fread(bytes, 1, size, file) != size) fail(path, "cannot be read");
    fclose(file);
    if (nf_program_load(engine, path, bytes, size, &program, &error) != NF_OK)
        fail(path, error.message);
    free(bytes);
    return program;
}

/* Calls until nothing is going on, but not before it had time to begin; false: it never ended. */
static bool warm_up(const contest *c, kernel *k, nf_engine *engine, double settle_min, double until)
{
    const uint64_t settle_ns = 1000000;
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
    if (nf_engine_new(NULL, &engine, &error) != NF_OK) fail(name, error.message);
    nf_program *program = load_bitcode(engine, name);
    kernel *k = (kernel *)nf_program_function(program, "workload");
    if (k == NULL) fail(name, "no function workload");
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
    if (child < 0) fail(name, "no process for it");
    if (child == 0) {
        result = measure_steady(name, p, until);
        bool told = write(ends[1], &result, sizeof result) == sizeof result;
        _exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &result, sizeof result);
    close(ends[0]);
    if (waitpid(child, &status, 0) != child || status != 0 || got != sizeof result)
        fail(name, "not measured");
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
    const char *const engine[] = {nanoforge, "run", "--quiet", bitcode, "--", size, calls, NULL};
    for (uint32_t i = 0; i < p->whole_runs; i++) {
        new_cache();
        double native_ns = run(native, "/dev/null", pinned);
        ratios[i] = run(engine, "/dev/null", pinned) / native_ns;
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
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) fail("start.c", "not written");
    make_all("start", "start.c");
}

static double start_ms(const char *const *arguments)
{
    struct timespec before;
    long long seconds;
    long ns;
    clock_gettime(CLOCK_MONOTONIC, &before);
    run(arguments, "clock", false);
    FILE *file = fopen("clock", "r");
    if (file == NULL || fscanf(file, "%lld %ld", &seconds, &ns) != 2) fail("clock", "not a time");
    fclose(file);
    double elapsed = (double)(seconds - before.tv_sec) * NS_PER_S + (double)(ns - before.tv_nsec);
    return elapsed / NS_PER_MS;
}

static double median_start_ms(const char *const *arguments, bool fresh)
{
    double samples[STARTS];
    for (int i = 0; i < STARTS; i++) {
        if (fresh) new_cache();
        samples[i] = start_ms(arguments);
    }
    return bench_median(samples, STARTS);
}

static const char *const start_by_engine[] = {nanoforge, "run", "--quiet", "start.bc", NULL};

static void measure_starts(bench *b)
{
    const char *const native[] = {"./start", NULL};
    bench_row(b, "start to main, native", median_start_ms(native, false), "ms");
    bench_row_at_most(b, "start to main, new program", median_start_ms(start_by_engine, true), "ms",
                      START_NEW_MS_BOUND);
    bench_row_at_most(b, "start to main, cached program", median_start_ms(start_by_engine, false),
                      "ms", START_CACHED_MS_BOUND);
}

static void measure_processes(bench *b, const outcome *results, const plan *p)
{
    double ns;
    make_start_program();
    if (run_any(start_by_engine, "/dev/null", false, &ns) != 0) {
        bench_note(b, "nanoforge doesn't run bitcode: whole runs are not measured");
        return;
    }
    for (int i = 0; i < NAMES; i++) {
        if (bench_is_quick(b) && strcmp(names[i], quick_name) != 0) continue;
        measure_whole_run(b, i, &results[i], p, false);
        measure_whole_run(b, i, &results[i], p, true);
    }
    measure_starts(b);
}

int main(int argc, char **argv)
{
    outcome results[NAMES];
    bench *b = bench_start(argc, argv, "workloads",
                           "twelve C programs under the engine and by clang -O3 -march=native");
    const plan *p = bench_is_quick(b) ? &quick_plan : &full_plan;
    bench_began = bench_ticks();
    find_places();
    enter_folder();
    measure_all_steady(b, results, p);
    measure_processes(b, results, p);
    return bench_end(b);
}
