/*
 * The optimiser's pipeline on generated functions, evaluated behind every pass: the first pass that
 * changes what a function means is named, with the seed.
 *
 * NF_FUNCTIONS and NF_SEED as in test_differential.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "ir/print.h"
#include "lib_compare.h"
#include "lib_environment.h"
#include "opt/opt.h"
#include "os/os.h"
#include "x64/compile.h"

enum {
    FUNCTIONS_PER_MODULE = 4,
    SYMBOLS = FUNCTIONS_PER_MODULE + 1,
    FUNCTIONS_DEFAULT = 400,
    INPUTS = 4,
};

/* A function under way through the pipeline. */
typedef struct journey {
    uint64_t seed;
    const nf_link *link;
    differential_input inputs[INPUTS];
    differential_outcome expected[INPUTS];
    const char *wrong; /* the pass */
} journey;

static void print_func(const char *title, const nf_func *f)
{
    nf_arena arena, scratch;
    nf_text text;
    nf_arena_init(&arena, nf_os_allocator());
    nf_arena_init(&scratch, nf_os_allocator());
    nf_text_init(&text, &arena);
    nf_func_print(f, &scratch, &text);
    fprintf(stderr, "%s:\n%s", title, text.data);
    nf_arena_free(&scratch);
    nf_arena_free(&arena);
}

static void behind_pass(nf_opt *opt, const char *pass, const nf_func *f, bool changed)
{
    static differential_outcome got;
    journey *j = opt->context;
    if (!changed || j->wrong) return;
    for (int i = 0; i < INPUTS && j->wrong == NULL; i++) {
        differential_evaluate(f, j->link, &j->inputs[i], &got);
        if (j->expected[i].kind == GAVE_UP || differential_equal(&got, &j->expected[i])) continue;
        j->wrong = pass;
        fprintf(stderr, "input %d: kind %d, result %#llx; should be %d, %#llx\n", i, (int)got.kind,
                (unsigned long long)got.result, (int)j->expected[i].kind,
                (unsigned long long)j->expected[i].result);
        print_func(pass, f);
    }
}

static void func_travel(journey *j, const nf_func *func, const nf_variant *variant)
{
    nf_arena arena, scratch;
    nf_error error = {.message = ""};
    nf_arena_init(&arena, nf_os_allocator());
    nf_arena_init(&scratch, nf_os_allocator());
    nf_func *clone = nf_func_clone(func, &arena);
    nf_opt opt = {.scratch = &scratch,
                  .features = nf_cpu_features(),
                  .variant = variant,
                  /* With and without: the passes go different ways. */
                  .supports = variant->interleave < 4 ? nf_backend_supports : NULL,
                  .after = behind_pass,
                  .context = j};
    nf_status status = nf_opt_run(&opt, clone, &error);
    const char *name = nf_symbol_at(func->module, func->symbol)->name;
    if (status || j->wrong) print_func("before", func);
    if (status || j->wrong) compare_keep(func->module, j->seed);
    if (status)
        fail_msg("seed %llu, %s, %s: %s", (unsigned long long)j->seed, name, variant->name,
                 error.message);
    if (j->wrong)
        fail_msg("seed %llu, %s, variant %s: wrong behind %s", (unsigned long long)j->seed, name,
                 variant->name, j->wrong);
    nf_arena_free(&arena);
    nf_arena_free(&scratch);
}

static void module_travel(uint64_t seed, const generate_options *options)
{
    static journey j;
    uint64_t places[SYMBOLS];
    nf_link link = {places, SYMBOLS};
    nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS_PER_MODULE, options);
    assert_non_null(module);
    for (size_t i = 0; i < SYMBOLS; i++) places[i] = (uintptr_t)&places[i];
    for (uint32_t s = 1; s < module->symbols.count; s++) {
        const nf_func *func = module->symbols.data[s].func;
        j = (journey){.seed = seed, .link = &link};
        for (uint64_t i = 0; i < INPUTS; i++) {
            differential_input_make(&j.inputs[i], seed * INPUTS + i);
            differential_evaluate(func, &link, &j.inputs[i], &j.expected[i]);
        }
        /* Each function goes another few ways; over many functions they go all. */
        for (uint32_t v = (uint32_t)(seed + s) % 3; v < nf_variant_exact_count; v += 3)
            func_travel(&j, func, &nf_variants[v]);
    }
    nf_module_free(module);
}

static void travel(const generate_options *options)
{
    uint64_t start = environment_number("NF_SEED", 1);
    uint64_t functions = environment_number("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
    for (uint64_t i = 0; i < functions; i += FUNCTIONS_PER_MODULE)
        module_travel(start + i, options);
}

static void scalar_functions_keep_their_meaning(void **state)
{
    (void)state;
    travel(&(generate_options){.vector_bytes_max = 0});
}

static void vector_functions_keep_their_meaning(void **state)
{
    (void)state;
    travel(&(generate_options){.vector_bytes_max = 64});
}

static void functions_without_loops_keep_their_meaning(void **state)
{
    (void)state;
    travel(&(generate_options){.no_loops = true, .size = 200});
}

/* Functions that were compiled wrongly once. */
static void past_mistakes_stay_away(void **state)
{
    static const struct {
        uint64_t seed;
        generate_options options;
    } mistakes[] = {
        {829, {.vector_bytes_max = 0}},     /* a volatile store to a local, then a load of it */
        {503516, {.vector_bytes_max = 16}}, /* a shift by more than the width, of bytes */
    };
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        module_travel(mistakes[i].seed, &mistakes[i].options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_functions_keep_their_meaning),
        cmocka_unit_test(vector_functions_keep_their_meaning),
        cmocka_unit_test(functions_without_loops_keep_their_meaning),
        cmocka_unit_test(past_mistakes_stay_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
