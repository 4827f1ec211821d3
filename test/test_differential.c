/*
 * The evaluator, T1, T2 and every variant of the optimiser on generated functions: all give the
 * same bits.
 *
 * NF_FUNCTIONS=10000 in the environment makes it that many functions per set of options, NF_SEED
 * starts elsewhere; a mismatch names the seed of its module, and NF_SEED with NF_FUNCTIONS=4
 * repeats it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/code.h"
#include "lib_differential.h"
#include "opt/opt.h"
#include "os/os.h"
#include "x64/compile.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    FUNCTIONS_PER_MODULE = 4,
    SYMBOLS = FUNCTIONS_PER_MODULE + 1,
    FUNCTIONS_DEFAULT = 400,
    CODE_BYTES = 16 << 20,
};

static nf_code_memory *code_memory;

/* --- executors --- */

typedef nf_status compiler(const nf_func *f, const nf_compile *options, nf_compiled *out,
                           nf_error *error);

enum { EXECUTOR_NAME_BYTES = 40 };

/* A compiler with some of the CPU's features, of functions as they are or optimised for a variant;
 * and what it made of the module at hand. */
typedef struct tier {
    char name[EXECUTOR_NAME_BYTES];
    compiler *compile;
    bool optimise;
    const nf_variant *variant;
    uint64_t features;
    uint64_t addresses[SYMBOLS];
    nf_arena arena, scratch;
} tier;

static const nf_func *optimised(tier *t, const nf_func *func)
{
    nf_error error = {.message = ""};
    nf_func *clone = nf_func_clone(func, &t->arena);
    nf_opt opt = {.scratch = &t->scratch,
                  .features = t->features,
                  .variant = t->variant,
                  .supports = nf_backend_supports};
    assert_non_null(clone);
    nf_status status = nf_opt_run(&opt, clone, &error);
    if (status) fail_msg("%s: optimising: %s", t->name, error.message);
    nf_arena_reset(&t->scratch);
    return clone;
}

static const void *tier_compile(void *context, const nf_func *func)
{
    tier *t = context;
    nf_link link = {t->addresses, SYMBOLS};
    nf_compile options = {.link = &link, .arena = &t->arena, .features = t->features};
    nf_compiled compiled;
    nf_error error = {.message = ""};
    uint64_t address = 0;
    if (t->optimise) func = optimised(t, func);
    nf_status status = t->compile(func, &options, &compiled, &error);
    if (status == NF_OK)
        status = nf_code_place(code_memory, &compiled.blob, t->name, NULL, &address, &error);
    if (status && status != NF_UNSUPPORTED && status != NF_SYMBOL)
        fail_msg("%s: %s: %s", t->name, nf_status_text(status), error.message);
    t->addresses[func->symbol.id] = address;
    nf_arena_reset(&t->arena);
    return (const void *)(uintptr_t)address;
}

static void tier_forget(tier *t)
{
    for (size_t i = 0; i < SYMBOLS; i++) {
        if (t->addresses[i]) nf_code_free(code_memory, t->addresses[i]);
        t->addresses[i] = 0;
    }
}

/* --- the comparison --- */

static uint64_t environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

typedef struct comparison {
    tier tiers[DIFFERENTIAL_EXECUTORS_MAX];
    differential_executor executors[DIFFERENTIAL_EXECUTORS_MAX];
    uint32_t count;
    differential_totals totals;
} comparison;

/* Not when this CPU lacks something. */
static void executor_add(comparison *c, const char *compiler_name, const char *name,
                         const tier *how)
{
    if ((how->features & nf_cpu_features()) != how->features) return;
    assert_true(c->count < DIFFERENTIAL_EXECUTORS_MAX);
    tier *t = &c->tiers[c->count];
    *t = *how;
    snprintf(t->name, sizeof t->name, "%s %s", compiler_name, name);
    nf_arena_init(&t->arena, nf_os_allocator());
    nf_arena_init(&t->scratch, nf_os_allocator());
    c->executors[c->count++] = (differential_executor){t->name, tier_compile, t, 0, 0};
}

/* Levels of CPUs, each with what the one below has. */
static uint64_t features_sse4(void)
{
    return NF_CPU_SSE3 | NF_CPU_SSSE3 | NF_CPU_SSE41 | NF_CPU_SSE42 | NF_CPU_POPCNT;
}

static uint64_t features_avx2(void)
{
    return features_sse4() | NF_CPU_AVX | NF_CPU_AVX2 | NF_CPU_FMA | NF_CPU_BMI1 | NF_CPU_BMI2 |
           NF_CPU_LZCNT;
}

/* A compiler as it is, for each level. */
static void levels_add(comparison *c, const char *name, compiler *compile)
{
    executor_add(c, name, "sse2", &(tier){.compile = compile});
    executor_add(c, name, "sse4", &(tier){.compile = compile, .features = features_sse4()});
    executor_add(c, name, "avx2", &(tier){.compile = compile, .features = features_avx2()});
    executor_add(c, name, "all", &(tier){.compile = compile, .features = nf_cpu_features()});
}

/* The variant with T2, for this CPU and for the least that can run it, and now and then with T1,
 * which tells whose fault a mismatch is. */
static void variant_add(comparison *c, const nf_variant *variant, bool with_t1)
{
    tier how = {.compile = nf_backend_compile,
                .optimise = true,
                .variant = variant,
                .features = nf_cpu_features()};
    if ((variant->features & nf_cpu_features()) != variant->features) return;
    executor_add(c, "optimised T2", variant->name, &how);
    how.features = features_sse4() | (variant->features & NF_CPU_AVX ? features_avx2() : 0);
    if ((variant->features & how.features) == variant->features)
        executor_add(c, "optimised T2, least,", variant->name, &how);
    how.features = nf_cpu_features();
    how.compile = nf_baseline_compile;
    if (with_t1) executor_add(c, "optimised T1", variant->name, &how);
}

static void comparison_init(comparison *c)
{
    *c = (comparison){.count = 0};
    levels_add(c, "T1", nf_baseline_compile);
    levels_add(c, "T2", nf_backend_compile);
    for (uint32_t i = 0; i < nf_variant_count; i++) variant_add(c, &nf_variants[i], i % 3 == 0);
}

static void comparison_end(comparison *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        printf("  %-30s %llu functions, %llu not supported\n", c->executors[i].name,
               (unsigned long long)c->executors[i].compared,
               (unsigned long long)c->executors[i].skipped);
        nf_arena_free(&c->tiers[i].arena);
        nf_arena_free(&c->tiers[i].scratch);
    }
    printf("  %llu inputs, %llu traps, %llu over the budget\n",
           (unsigned long long)c->totals.inputs, (unsigned long long)c->totals.traps,
           (unsigned long long)c->totals.over_budget);
}

static void module_compare(comparison *c, uint64_t seed, const generate_options *options)
{
    nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS_PER_MODULE, options);
    uint64_t places[SYMBOLS];
    nf_link link = {places, SYMBOLS};
    assert_non_null(module);
    for (size_t i = 0; i < SYMBOLS; i++) places[i] = (uintptr_t)&places[i];
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        const nf_func *func = module->symbols.data[i].func;
        if (!differential_check(func, &link, seed, c->executors, c->count, &c->totals))
            fail_msg("mismatch in the module of seed %llu", (unsigned long long)seed);
    }
    for (uint32_t i = 0; i < c->count; i++) tier_forget(&c->tiers[i]);
    nf_module_free(module);
}

/* Seeds that found something. */
static const uint64_t FOUND[] = {473, 649, 885};

static void compare(const generate_options *options)
{
    comparison c;
    uint64_t start = environment("NF_SEED", 1);
    uint64_t functions = environment("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
    comparison_init(&c);
    for (uint64_t i = 0; i < functions; i += FUNCTIONS_PER_MODULE)
        module_compare(&c, start + i, options);
    for (size_t i = 0; i < sizeof FOUND / sizeof *FOUND; i++) module_compare(&c, FOUND[i], options);
    assert_true(c.totals.inputs > c.totals.over_budget);
    comparison_end(&c);
}

static void scalars_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 0});
}

static void vectors_of_16_bytes_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 16});
}

static void all_vectors_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 64});
}

/* Only what T2 has at a level, so that it refuses few functions there. */
static bool sse4_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, features_sse4());
}

static bool avx2_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, features_avx2());
}

static void vectors_that_sse4_has_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 16, .supports = sse4_has});
}

static void vectors_that_avx2_has_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 32, .supports = avx2_has});
}

static void straight_code_agrees(void **state)
{
    (void)state;
    compare(&(generate_options){.no_loops = true, .no_traps = true, .size = 300});
}

static int setup(void **state)
{
    nf_error error;
    (void)state;
    return nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code_memory, &error);
}

static int teardown(void **state)
{
    (void)state;
    nf_code_memory_free(code_memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_agree),
        cmocka_unit_test(vectors_of_16_bytes_agree),
        cmocka_unit_test(all_vectors_agree),
        cmocka_unit_test(vectors_that_sse4_has_agree),
        cmocka_unit_test(vectors_that_avx2_has_agree),
        cmocka_unit_test(straight_code_agrees),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
