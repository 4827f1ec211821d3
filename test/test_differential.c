/*
 * The evaluator, T1 and T2 on generated functions: all give the same bits.
 *
 * NF_FUNCTIONS=10000 in the environment makes it that many functions per set of options, NF_SEED starts
 * elsewhere; a mismatch names the seed of its module, and NF_SEED with NF_FUNCTIONS=4 repeats it.
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
#include "os/os.h"
#include "x64/compile.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    FUNCTIONS_PER_MODULE = 4,
    SYMBOLS = FUNCTIONS_PER_MODULE + 1,
    FUNCTIONS_DEFAULT = 1000,
    CODE_BYTES = 16 << 20,
};

static nf_code_memory *code_memory;

/* --- executors ----------------------------------------------------------------------------------- */

typedef nf_status compiler(const nf_func *f, const nf_compile *options, nf_compiled *out,
                           nf_error *error);

/* A compiler with some of the CPU's features; what it made of the module at hand. */
typedef struct tier {
    compiler *compile;
    uint64_t features;
    uint64_t addresses[SYMBOLS];
    nf_arena arena;
} tier;

static const void *tier_compile(void *context, const nf_func *func)
{
    tier *t = context;
    nf_link link = {t->addresses, SYMBOLS};
    nf_compile options = {.link = &link, .arena = &t->arena, .features = t->features};
    nf_compiled compiled;
    nf_error error = {.message = ""};
    uint64_t address = 0;
    nf_status status = t->compile(func, &options, &compiled, &error);
    if (status == NF_OK)
        status = nf_code_place(code_memory, &compiled.blob, "generated", NULL, &address, &error);
    else if (status != NF_UNSUPPORTED && status != NF_SYMBOL)
        fail_msg("compiling: %s: %s", nf_status_text(status), error.message);
    if (status == NF_LIMIT || status == NF_CODE_FULL) fail_msg("placing: %s", error.message);
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

/* Feature sets, each with what a CPU that has it has too. */
static uint64_t features_sse2(void)
{
    return 0;
}
static uint64_t features_sse4(void)
{
    return NF_CPU_SSE3 | NF_CPU_SSSE3 | NF_CPU_SSE41 | NF_CPU_SSE42 | NF_CPU_POPCNT;
}
static uint64_t features_avx2(void)
{
    return features_sse4() | NF_CPU_AVX | NF_CPU_AVX2 | NF_CPU_FMA | NF_CPU_BMI1 | NF_CPU_BMI2 |
           NF_CPU_LZCNT;
}
static uint64_t features_all(void)
{
    return nf_cpu_features();
}

static const struct {
    const char *name;
    compiler *compile;
    uint64_t (*features)(void);
} tiers[] = {
    {"T1 sse2", nf_baseline_compile, features_sse2},
    {"T1 sse4", nf_baseline_compile, features_sse4},
    {"T1 avx2", nf_baseline_compile, features_avx2},
    {"T1 all", nf_baseline_compile, features_all},
};

/* --- the comparison ------------------------------------------------------------------------------ */

static uint64_t environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

typedef struct comparison {
    tier tiers[COUNT(tiers)];
    differential_executor executors[COUNT(tiers)];
    uint32_t count;
    differential_totals totals;
} comparison;

static void comparison_init(comparison *c)
{
    *c = (comparison){.count = 0};
    for (size_t i = 0; i < COUNT(tiers); i++) {
        uint64_t features = tiers[i].features();
        if ((features & nf_cpu_features()) != features) continue;
        tier *t = &c->tiers[c->count];
        *t = (tier){.compile = tiers[i].compile, .features = features};
        nf_arena_init(&t->arena, nf_os_allocator());
        c->executors[c->count++] = (differential_executor){tiers[i].name, tier_compile, t, 0, 0};
    }
}

static void comparison_end(comparison *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        printf("  %-10s %llu functions, %llu not supported\n", c->executors[i].name,
               (unsigned long long)c->executors[i].compared,
               (unsigned long long)c->executors[i].skipped);
        nf_arena_free(&c->tiers[i].arena);
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

static void compare(const generate_options *options)
{
    comparison c;
    uint64_t start = environment("NF_SEED", 1);
    uint64_t functions = environment("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
    comparison_init(&c);
    for (uint64_t i = 0; i < functions; i += FUNCTIONS_PER_MODULE)
        module_compare(&c, start + i, options);
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
        cmocka_unit_test(straight_code_agrees),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
