/*
 * What the back ends are worth: how fast they compile, and how fast their code is, against each
 * other and the compilers that Debian has.
 *
 * The kernels are C files: those of examples/workloads, and of bench/kernels, which keep the same
 * contract. One program holds all versions of a kernel: shared objects made by the other compilers,
 * and, for each tier and variant, machine code of every function of the imported bitcode, which is
 * chosen by writing the functions' slots. Calls of about a millisecond go round, each between two of
 * clang-19 -O3 -march=native's, and what counts is the median of the ratios to those. The clock is
 * the thread's processor time, since machines are shared. All must give the same checksum. The
 * environment's CODEGEN_KERNELS may list the kernels that are wanted, by commas.
 *
 *   T2 guess   the variant that the engine takes before anything has raced
 *   T2 best    the fastest of all variants for this kernel; the guess is held against those among them
 *              that it may choose from, which give the evaluator's bits: what fuses must race
 *
 * Compile time of the tiers is from NIR in memory to code that is placed, the median of several
 * compilations of all of a kernel's functions, for each NIR instruction. That of other compilers is
 * the processor time of a process that makes an object, less that for an empty file with the same
 * headers, for each NIR instruction of ours. LuaJIT tells no such time; it runs the kernels that
 * stand in bench/kernels as Lua too, in processes of its own, after the others.
 *
 * Run it where examples/ and bench/ are.
 */
#include "bench.h"
#include "lib_build.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine_internal.h"
#define WORKLOAD_NO_MAIN
#include "../examples/workloads/workload.h"

typedef struct kernel_source {
    const char *folder, *name;
} kernel_source;

static const char own_folder[] = "bench/kernels", shared_folder[] = "examples/workloads";
static const kernel_source sources[] = {
    {shared_folder, "fibonacci"},  {shared_folder, "primes"},       {shared_folder, "sum"},
    {own_folder, "sum_large"},     {own_folder, "saxpy"},           {own_folder, "dot"},
    {own_folder, "dot_any_order"}, {shared_folder, "matrix_mul"},   {own_folder, "matrix_naive"},
    {shared_folder, "gemm_tile"},  {shared_folder, "sha256"},       {shared_folder, "quicksort"},
    {shared_folder, "fft_1d"},     {shared_folder, "regex_dfa"},    {own_folder, "fir"},
    {own_folder, "fir_float"},     {shared_folder, "compute"},      {own_folder, "bytecode"},
    {shared_folder, "strops"},     {shared_folder, "physics_step"}, {own_folder, "search"},
    {own_folder, "popcount"},      {own_folder, "outliers"},
};

enum {
    KERNELS = sizeof sources / sizeof *sources,
    VARIANTS_MAX = 32,
    CONTESTANTS_MAX = VARIANTS_MAX + 16,
    ROUNDS_MAX = 15,
    ROUNDS_QUICK = 5,
    COMPILATIONS = 5,
    NAME_BYTES = 64,
    COLUMN_WIDTH = 9,
};

static const double T1_BOUND = 3.5, T2_BOUND = 1.4, GUESS_BOUND = 1.1, T2_NS_PER_INST_BOUND = 2000;
static const double T1_NS_PER_INST_BOUND = 100;

/* --- what other compilers make --- */

typedef struct rival {
    const char *name, *command, *level, *march;
    bool missing;
    double empty_ns; /* processor time for an empty file */
} rival;

static rival rivals[] = {
    {.name = "clang O3", .command = "clang-19", .level = "-O3", .march = "-march=native"},
    {.name = "gcc O3", .command = "gcc", .level = "-O3", .march = "-march=native"},
    {.name = "clang O0", .command = "clang-19", .level = "-O0", .march = "-march=native"},
    {.name = "tcc", .command = "tcc", .level = "-g0", .march = "-w"},
};
enum { RIVALS = sizeof rivals / sizeof *rivals };

static const char luajit[] = "luajit";
static bool no_luajit;

/* Kernels in Lua find what they share beside them. */
static void luajit_find(bench *b)
{
    double ns;
    char path[PATH_MAX + NAME_BYTES];
    const char *const arguments[] = {luajit, "-v", NULL};
    no_luajit = build_run_any(arguments, "/dev/null", false, &ns) != 0;
    if (no_luajit) bench_note(b, "%s is not on this machine and left out", luajit);
    snprintf(path, sizeof path, "%s/%s/?.lua", build_root(), own_folder);
    setenv("LUA_PATH", path, 1);
}

/* Nanoseconds of processor time. how: "-shared" or "-c". */
static double rival_compile(const rival *r, const char *how, const char *source, const char *output)
{
    const char *const arguments[] = {r->command, "-w", r->level, r->march, "-fPIC", build_include(),
                                     source,     how,  "-o",     output,   NULL};
    return build_run_cpu(arguments);
}

static double rival_compile_median(const rival *r, const char *source, uint32_t compilations)
{
    double samples[COMPILATIONS];
    for (uint32_t i = 0; i < compilations; i++)
        samples[i] = rival_compile(r, "-c", source, "rival.o");
    return bench_median(samples, compilations);
}

static void rivals_find(bench *b)
{
    FILE *file = fopen("empty.c", "w");
    if (file == NULL || fputs("#define WORKLOAD_NO_MAIN\n#include \"workload.h\"\n", file) < 0 ||
        fclose(file) != 0)
        build_fail("empty.c", "not written");
    for (int i = 0; i < RIVALS; i++) {
        double ns;
        const char *const arguments[] = {rivals[i].command, "--version", NULL};
        rivals[i].missing = build_run_any(arguments, "/dev/null", false, &ns) != 0;
        if (rivals[i].missing)
            bench_note(b, "%s is not on this machine and left out", rivals[i].command);
        else
            rivals[i].empty_ns = rival_compile_median(&rivals[i], "empty.c", COMPILATIONS);
    }
}

/* --- one kernel and all who run it --- */

typedef uint64_t kernel(uint64_t);

typedef struct contestant {
    const char *name;
    kernel *run;
    uint64_t *addresses; /* of the program's functions; NULL: not ours */
    double ratio;        /* to the first contestant, out */
    double compile_ns;   /* of all functions; NaN: not known */
} contestant;

typedef struct lab {
    nf_engine *engine;
    nf_program *program;
    nf_arena arena;
    const char *name;
    uint64_t size, checksum;
    uint32_t insts;        /* NIR's */
    uint32_t compilations; /* by each rival */
    double luajit_ratio;   /* NaN: not measured */
    contestant contestants[CONTESTANTS_MAX];
    uint32_t count;
} lab;

/* Of this thread: what other programs take is not counted. */
static double cpu_ns(void)
{
    const double ns_per_s = 1e9;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * ns_per_s + (double)now.tv_nsec;
}

static contestant *contestant_add(lab *l, const char *name)
{
    contestant *c = &l->contestants[l->count++];
    *c = (contestant){.name = name, .compile_ns = NAN, .ratio = NAN};
    return c;
}

static void rival_add(lab *l, rival *r, const char *source)
{
    char output[NAME_BYTES];
    snprintf(output, sizeof output, "./%s-%d.so", l->name, (int)(r - rivals));
    rival_compile(r, "-shared", source, output);
    void *object = dlopen(output, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) build_fail(output, dlerror());
    contestant *c = contestant_add(l, r->name);
    c->run = (kernel *)dlsym(object, "workload");
    const struct workload_info *info = dlsym(object, "workload_info");
    if (info == NULL || c->run == NULL) build_fail(l->name, "not a workload");
    l->size = info->size;
    c->compile_ns = rival_compile_median(r, source, l->compilations) - r->empty_ns;
}

static nf_status blob_make(lab *l, nf_function *function, nf_recipe recipe, nf_blob *blob,
                           nf_error *error)
{
    nf_compile options = {
        .link = &function->program->link,
        .arena = &l->arena,
        .features = l->engine->features,
        .entry_count = &function->counters->entries,
        .loop_count = &function->counters->loops,
        .turn = &function->counters->turn,
        .contracts = recipe.variant && recipe.variant->contract,
    };
    nf_compiled compiled = {0};
    nf_status status = NF_OK;
    if (recipe.llvm) return nf_llvm_compile(function, recipe, NULL, &l->arena, blob, error);
    if (recipe.variant) {
        nf_func *f = nf_func_clone(function->ir, &l->arena);
        nf_opt opt = {.scratch = &l->arena,
                      .features = options.features,
                      .variant = recipe.variant,
                      .supports = nf_backend_supports};
        status = f ? nf_opt_run(&opt, f, error) : NF_MEMORY;
        if (status == NF_OK) status = nf_backend_compile(f, &options, &compiled, error);
    } else {
        status = nf_baseline_compile(function->ir, &options, &compiled, error);
    }
    *blob = compiled.blob;
    return status;
}

/* All functions; nanoseconds. */
static double code_make(lab *l, nf_recipe recipe, uint64_t *addresses)
{
    double start = cpu_ns();
    for (uint32_t i = 0; i < l->program->function_count; i++) {
        nf_error error = {0};
        nf_blob blob;
        nf_function *function = &l->program->functions[i];
        if (function->ir == NULL) build_fail(function->name, "NIR can't express it");
        nf_status status = blob_make(l, function, recipe, &blob, &error);
        if (status == NF_OK)
            status =
                nf_code_place(l->engine->code, &blob, function->name, NULL, &addresses[i], &error);
        if (status != NF_OK) build_fail(function->name, error.message);
        nf_arena_reset(&l->arena);
    }
    return cpu_ns() - start;
}

static void version_add(lab *l, const char *name, nf_recipe recipe)
{
    contestant *c = contestant_add(l, name);
    uint32_t functions = l->program->function_count;
    double samples[COMPILATIONS];
    c->addresses = malloc(functions * sizeof *c->addresses);
    c->run = (kernel *)nf_program_function(l->program, "workload");
    if (c->run == NULL || c->addresses == NULL) build_fail(l->name, "no kernel in it");
    for (int i = 0; i < COMPILATIONS; i++) {
        for (uint32_t k = 0; i > 0 && k < functions; k++)
            nf_code_free(l->engine->code, c->addresses[k]);
        samples[i] = code_make(l, recipe, c->addresses);
    }
    c->compile_ns = bench_median(samples, COMPILATIONS);
}

static const nf_llvm_options *llvm_named(const char *name)
{
    for (uint32_t i = 0; i < nf_llvm_variant_count; i++)
        if (strcmp(nf_llvm_variants[i].name, name) == 0) return &nf_llvm_variants[i];
    return NULL;
}

static void versions_add(lab *l)
{
    version_add(l, "T1", (nf_recipe){0});
    version_add(l, "llvm.o1", (nf_recipe){.llvm = llvm_named("llvm.o1")});
    version_add(l, "llvm.o3", (nf_recipe){.llvm = llvm_named("llvm.o3")});
    for (uint32_t i = 0; i < nf_variant_count; i++)
        if ((nf_variants[i].features & ~l->engine->features) == 0)
            version_add(l, nf_variants[i].name, (nf_recipe){.variant = &nf_variants[i]});
}

static double call_ns(const lab *l, const contestant *c)
{
    for (uint32_t i = 0; c->addresses && i < l->program->function_count; i++)
        nf_slot_store(&l->program->functions[i], c->addresses[i]);
    double start = cpu_ns();
    uint64_t checksum = c->run(l->size);
    double ns = cpu_ns() - start;
    if (checksum != l->checksum) build_fail(l->name, c->name);
    return ns;
}

/* By a process of its own; NaN when the kernel isn't there in Lua. */
static double luajit_ns(const lab *l)
{
    char driver[PATH_MAX + NAME_BYTES], path[PATH_MAX + NAME_BYTES], size[NAME_BYTES];
    snprintf(driver, sizeof driver, "%s/%s/driver.lua", build_root(), own_folder);
    snprintf(path, sizeof path, "%s/%s/%s.lua", build_root(), own_folder, l->name);
    snprintf(size, sizeof size, "%llu", (unsigned long long)l->size);
    if (no_luajit || access(path, R_OK) != 0) return NAN;
    const char *const arguments[] = {luajit, driver, path, size, NULL};
    build_run(arguments, "luajit.out", false);
    FILE *file = fopen("luajit.out", "r");
    double ns;
    unsigned long long checksum;
    bool read = file != NULL && fscanf(file, "%lf %llx", &ns, &checksum) == 2;
    if (file) fclose(file);
    if (!read || checksum != l->checksum) build_fail(path, "wrong result");
    return ns;
}

static void measure(lab *l, uint32_t rounds)
{
    static double natives[ROUNDS_MAX * CONTESTANTS_MAX];
    uint32_t native_count = 0;
    static double ratios[CONTESTANTS_MAX][ROUNDS_MAX];
    l->checksum = l->contestants[0].run(l->size);
    for (uint32_t i = 0; i < l->count; i++) call_ns(l, &l->contestants[i]);
    for (uint32_t round = 0; round < rounds; round++)
        for (uint32_t k = 0; k < l->count; k++) {
            const contestant *c = &l->contestants[(k + round) % l->count];
            double first = call_ns(l, l->contestants), time = call_ns(l, c);
            double last = call_ns(l, l->contestants);
            natives[native_count++] = first;
            ratios[c - l->contestants][round] = 2 * time / (first + last);
        }
    for (uint32_t i = 0; i < l->count; i++)
        l->contestants[i].ratio = bench_median(ratios[i], rounds);
    l->luajit_ratio = luajit_ns(l) / bench_median(natives, native_count);
}

/* --- the table --- */

typedef enum column {
    COLUMN_T1,
    COLUMN_GUESS,
    COLUMN_BEST,
    COLUMN_LLVM_O1,
    COLUMN_LLVM_O3,
    COLUMN_GCC,
    COLUMN_CLANG_O0,
    COLUMN_TCC,
    COLUMN_LUAJIT,
    COLUMNS,
} column;

static const char *const titles[COLUMNS] = {"T1",     "T2 guess", "T2 best", "llvm O1", "llvm O3",
                                            "gcc O3", "clang O0", "tcc",     "luajit"};
/* As contestants are called; the best of T2 and LuaJIT are found otherwise. */
static const char *const column_names[COLUMNS] = {
    [COLUMN_T1] = "T1",      [COLUMN_LLVM_O1] = "llvm.o1",   [COLUMN_LLVM_O3] = "llvm.o3",
    [COLUMN_GCC] = "gcc O3", [COLUMN_CLANG_O0] = "clang O0", [COLUMN_TCC] = "tcc",
};

typedef struct result {
    double ratio[COLUMNS], compile_ns[COLUMNS]; /* NaN: not measured */
    double best_exact; /* ratio of the best that gives the evaluator's bits */
    const char *best;
    uint32_t insts;
} result;

static const nf_variant *variant_of(const contestant *c)
{
    for (uint32_t i = 0; i < nf_variant_count; i++)
        if (c->name == nf_variants[i].name) return &nf_variants[i];
    return NULL;
}

static void result_set(result *r, column at, const contestant *c)
{
    r->ratio[at] = c->ratio;
    r->compile_ns[at] = c->compile_ns;
}

static result result_of(const lab *l)
{
    result r = {.insts = l->insts, .best = "", .best_exact = INFINITY};
    const char *guess = nf_variant_default(l->engine)->name;
    for (int k = 0; k < COLUMNS; k++) r.ratio[k] = r.compile_ns[k] = NAN;
    r.ratio[COLUMN_LUAJIT] = l->luajit_ratio;
    for (uint32_t i = 0; i < l->count; i++) {
        const contestant *c = &l->contestants[i];
        for (int k = 0; k < COLUMNS; k++)
            if (column_names[k] && strcmp(column_names[k], c->name) == 0)
                result_set(&r, (column)k, c);
        if (c->name == guess) result_set(&r, COLUMN_GUESS, c);
        const nf_variant *variant = variant_of(c);
        if (variant && !variant->contract) r.best_exact = fmin(r.best_exact, c->ratio);
        if (variant == NULL || c->ratio >= r.ratio[COLUMN_BEST]) continue;
        result_set(&r, COLUMN_BEST, c);
        r.best = c->name;
    }
    return r;
}

static void line_print(bench *b, const char *name, uint32_t insts, const double *values,
                       const char *end)
{
    char line[COLUMN_WIDTH * COLUMNS + 1];
    size_t at = 0;
    for (int k = 0; k < COLUMNS; k++)
        at += (size_t)(isnan(values[k])
                           ? snprintf(line + at, sizeof line - at, "%*s", COLUMN_WIDTH, "-")
                           : snprintf(line + at, sizeof line - at, "%*.*f", COLUMN_WIDTH,
                                      values[k] < 1000 ? 2 : 0, values[k]));
    bench_note(b, "%-14s%6u%s  %s", name, insts, line, end);
}

static void head_print(bench *b)
{
    char line[COLUMN_WIDTH * COLUMNS + 1];
    for (int k = 0; k < COLUMNS; k++)
        snprintf(line + COLUMN_WIDTH * k, COLUMN_WIDTH + 1, "%*s", COLUMN_WIDTH, titles[k]);
    bench_note(b, "%-14s%6s%s", "time / clang's", "NIR", line);
}

static bool is_wanted(const char *name)
{
    const char *only = getenv("CODEGEN_KERNELS");
    if (only == NULL) return true;
    size_t length = strlen(name);
    for (const char *at = strstr(only, name); at; at = strstr(at + 1, name))
        if ((at == only || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) return true;
    return false;
}

static void rows_add(bench *b, const result *results, uint32_t count)
{
    double logs[COLUMNS] = {0}, compile_ns[COLUMNS] = {0}, worst_guess = 0;
    uint32_t counted[COLUMNS] = {0}, insts[COLUMNS] = {0};
    char row[NAME_BYTES];
    for (uint32_t i = 0; i < count; i++) {
        const result *r = &results[i];
        for (int k = 0; k < COLUMNS; k++) {
            if (!isnan(r->ratio[k])) logs[k] += log(r->ratio[k]), counted[k]++;
            if (isnan(r->compile_ns[k])) continue;
            compile_ns[k] += r->compile_ns[k];
            insts[k] += r->insts;
        }
        worst_guess = fmax(worst_guess, r->ratio[COLUMN_GUESS] / r->best_exact);
    }
    for (int k = 0; k < COLUMNS; k++) {
        if (counted[k] == 0) continue;
        double mean = exp(logs[k] / counted[k]), bound = k == COLUMN_T1 ? T1_BOUND : T2_BOUND;
        snprintf(row, sizeof row, "%s, geometric mean over clang O3 native", titles[k]);
        if (k <= COLUMN_BEST)
            bench_row_at_most(b, row, mean, "x", bound);
        else
            bench_row(b, row, mean, "x");
    }
    bench_row_at_most(b, "T2's guess over the best it may choose, at worst", worst_guess, "x",
                      GUESS_BOUND);
    for (int k = 0; k < COLUMNS; k++) {
        if (insts[k] == 0) continue;
        snprintf(row, sizeof row, "%s, to compile a NIR instruction", titles[k]);
        double ns = compile_ns[k] / insts[k];
        if (k <= COLUMN_GUESS)
            bench_row_at_most(b, row, ns, "ns",
                              k == COLUMN_T1 ? T1_NS_PER_INST_BOUND : T2_NS_PER_INST_BOUND);
        else
            bench_row(b, row, ns, "ns");
    }
}

/* --- all kernels --- */

static void program_open(lab *l, const char *source)
{
    const nf_config config = {
        .mode = NF_MODE_BASELINE, .no_background = true, .no_counters = true, .cache = ""};
    char bitcode[NAME_BYTES];
    nf_error error = {0};
    snprintf(bitcode, sizeof bitcode, "%s.bc", l->name);
    build_bitcode(source, bitcode);
    if (nf_engine_new(&config, &l->engine, &error) != NF_OK) build_fail(l->name, error.message);
    l->program = build_load(l->engine, l->name);
    if (nf_program_module(l->program) == NULL) build_fail(l->name, "no memory to read it");
    for (uint32_t i = 0; i < l->program->function_count; i++)
        if (l->program->functions[i].ir) l->insts += nf_func_size(l->program->functions[i].ir);
}

static void lab_free(lab *l)
{
    for (uint32_t i = 0; i < l->count; i++) free(l->contestants[i].addresses);
    nf_engine_free(l->engine);
    nf_arena_free(&l->arena);
}

static result kernel_measure(const kernel_source *s, bool quick)
{
    static lab l;
    char path[PATH_MAX + NAME_BYTES];
    l = (lab){.name = s->name, .compilations = quick ? 1 : COMPILATIONS};
    nf_arena_init(&l.arena, nf_os_allocator());
    snprintf(path, sizeof path, "%s/%s/%s.c", build_root(), s->folder, s->name);
    for (int i = 0; i < RIVALS; i++)
        if (!rivals[i].missing) rival_add(&l, &rivals[i], path);
    program_open(&l, path);
    versions_add(&l);
    measure(&l, quick ? ROUNDS_QUICK : ROUNDS_MAX);
    result r = result_of(&l);
    lab_free(&l);
    return r;
}

int main(int argc, char **argv)
{
    static result results[KERNELS];
    uint32_t count = 0;
    bench *b = bench_start(argc, argv, "codegen", "the tiers' code and compile time, and rivals'");
    build_folder_enter();
    rivals_find(b);
    luajit_find(b);
    if (rivals[0].missing) build_fail(rivals[0].command, "is what all is measured against");
    head_print(b);
    for (int i = 0; i < KERNELS; i++) {
        if (!is_wanted(sources[i].name)) continue;
        result *r = &results[count++];
        *r = kernel_measure(&sources[i], bench_is_quick(b));
        line_print(b, sources[i].name, r->insts, r->ratio, r->best);
    }
    rows_add(b, results, count);
    return bench_end(b);
}
