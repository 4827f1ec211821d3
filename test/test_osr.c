/*
 * On-stack replacement of T1 code by optimised code, on generated functions.
 *
 * T1 stops by at every back edge; at one that the seed chooses the handler compiles the rest of the
 * function and enters it. Result and memory must be what the evaluator says, whichever loop it was
 * and however far it had come. NF_FUNCTIONS and NF_SEED as in test_differential.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "code/code.h"
#include "ir/cfg.h"
#include "lib_allocator.h"
#include "lib_differential.h"
#include "lib_environment.h"
#include "opt/opt.h"
#include "os/os.h"
#include "x64/osr.h"

enum {
    FUNCTIONS_PER_MODULE = 4,
    SYMBOLS = FUNCTIONS_PER_MODULE + 1,
    FUNCTIONS_DEFAULT = 200,
    BLOCKS_MAX = 512, /* of a function; OSR versions are kept by header */
    CODE_BYTES = 64 << 20,
};

static nf_code_memory *code_memory;
static uint64_t *near; /* in reach of the code: by symbol id, what T1 calls; then a counter */

/* T1 with one kind of OSR versions. */
typedef struct tier {
    const char *name;
    const nf_variant *variant;
    uint32_t edges_max; /* a function is left at the latest at so many back edges */
    uint64_t random;
    uint32_t edges_left;
    const nf_func *functions[SYMBOLS];
    uint64_t addresses[SYMBOLS], stops[SYMBOLS];
    uint32_t saved_masks[SYMBOLS];
    uint64_t rests[SYMBOLS][BLOCKS_MAX];
    uint64_t common;
    uint64_t entered, refused;
    nf_arena arena, scratch;
} tier;

static nf_compile options_of(tier *t, const nf_link *link, uint32_t symbol)
{
    return (nf_compile){.link = link,
                        .arena = &t->arena,
                        .features = nf_cpu_features(),
                        .loop_count = &near[SYMBOLS],
                        .back_edges = 1,
                        .turn = &near[symbol]};
}

static uint64_t place(tier *t, const nf_blob *blob)
{
    nf_error error = {.message = ""};
    uint64_t address = 0;
    if (nf_code_place(code_memory, blob, t->name, NULL, &address, &error) != NF_OK)
        fail_msg("%s: %s", t->name, error.message);
    return address;
}

/* --- the rest of a function --- */

static nf_func *rest_build(tier *t, const nf_func *f, nf_block header, const nf_compile *options)
{
    nf_error error = {.message = ""};
    nf_osr_places places;
    nf_func *rest = NULL;
    nf_type result = nf_signature_at(f->module, f->signature)->result;
    nf_signature signature = nf_osr_signature(f->module, result);
    nf_status status = nf_baseline_places(f, options, &places, &error);
    if (status == NF_OK)
        status = nf_osr_build(f, header, &places, signature, &t->arena, &rest, &error);
    if (status == NF_OK) status = nf_func_verify(rest, &t->scratch, &error);
    nf_arena_reset(&t->scratch);
    if (status && status != NF_UNSUPPORTED)
        fail_msg("%s: block %u: %s", t->name, header.id, error.message);
    return status ? NULL : rest;
}

static uint64_t rest_compile(tier *t, const nf_func *f, nf_block header)
{
    nf_link link = {t->addresses, SYMBOLS};
    nf_compile options = options_of(t, &link, f->symbol.id);
    nf_func *rest = rest_build(t, f, header, &options);
    nf_compiled compiled;
    nf_error error = {.message = ""};
    nf_opt opt = {.scratch = &t->scratch,
                  .features = nf_cpu_features(),
                  .variant = t->variant,
                  .supports = nf_backend_supports};
    if (rest == NULL) return 0;
    nf_status status = nf_opt_run(&opt, rest, &error);
    if (status == NF_OK) status = nf_backend_compile(rest, &options, &compiled, &error);
    if (status && status != NF_UNSUPPORTED && status != NF_SYMBOL)
        fail_msg("%s: %s", t->name, error.message);
    uint64_t address = status ? 0 : place(t, &compiled.blob);
    nf_arena_reset(&t->arena);
    nf_arena_reset(&t->scratch);
    return address;
}

static uint64_t stop_by(void *context, uint32_t index, nf_osr_frame *frame)
{
    tier *t = context;
    assert_true(frame->header < BLOCKS_MAX);
    if (t->edges_left > 1) {
        t->edges_left--;
        return 0;
    }
    t->edges_left = 1 + generate_below(&t->random, t->edges_max);
    uint64_t *rest = &t->rests[index][frame->header];
    if (*rest == 0)
        *rest = rest_compile(t, t->functions[index], (nf_block){(uint32_t)frame->header});
    t->entered += *rest != 0;
    t->refused += *rest == 0;
    nf_osr_frame_unwind(frame, t->saved_masks[index]);
    return *rest;
}

/* --- T1 --- */

static uint64_t stop_make(tier *t, uint32_t symbol)
{
    nf_asm a;
    nf_blob blob;
    nf_error error;
    nf_asm_init(&a, &t->arena, 0);
    nf_asm_mov_imm(&a, NF_RCX, symbol, true);
    nf_osr_entry_emit(&a, stop_by, t);
    assert_int_equal(nf_asm_finish(&a, &blob, &error), NF_OK);
    return place(t, &blob);
}

static const void *tier_compile(void *context, const nf_func *func)
{
    tier *t = context;
    uint32_t symbol = func->symbol.id;
    nf_link link = {t->addresses, SYMBOLS};
    nf_compile options = options_of(t, &link, symbol);
    nf_compiled compiled;
    nf_error error = {.message = ""};
    nf_status status = nf_baseline_compile(func, &options, &compiled, &error);
    if (status && status != NF_UNSUPPORTED && status != NF_SYMBOL)
        fail_msg("%s: %s", t->name, error.message);
    t->functions[symbol] = func;
    t->addresses[symbol] = status ? 0 : place(t, &compiled.blob);
    t->saved_masks[symbol] = compiled.saved_mask;
    nf_arena_reset(&t->arena);
    t->stops[symbol] = stop_make(t, symbol);
    for (uint32_t i = 1; i <= symbol; i++) near[i] = t->stops[i];
    nf_arena_reset(&t->arena);
    return (const void *)(uintptr_t)t->addresses[symbol];
}

static void forget(uint64_t *address)
{
    if (*address) nf_code_free(code_memory, *address);
    *address = 0;
}

static void tier_forget(tier *t)
{
    for (size_t i = 0; i < SYMBOLS; i++) {
        forget(&t->addresses[i]);
        forget(&t->stops[i]);
        for (size_t b = 0; b < BLOCKS_MAX; b++) forget(&t->rests[i][b]);
    }
}

/* --- the comparison --- */

static const nf_variant *variant_named(const char *name)
{
    for (uint32_t i = 0; i < nf_variant_count; i++)
        if (strcmp(nf_variants[i].name, name) == 0) return &nf_variants[i];
    fail_msg("no variant %s", name);
    return NULL;
}

static const nf_variant *variant_widest(void)
{
    const nf_variant *widest = &nf_variants[0];
    for (uint32_t i = 0; i < nf_variant_exact_count; i++)
        if ((nf_variants[i].features & ~nf_cpu_features()) == 0 &&
            nf_variants[i].vector_bytes >= widest->vector_bytes)
            widest = &nf_variants[i];
    return widest;
}

enum { TIERS = 4 };

static void module_compare(tier *tiers, uint64_t seed, const generate_options *options,
                           differential_totals *totals)
{
    nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS_PER_MODULE, options);
    uint64_t places[SYMBOLS];
    nf_link link = {places, SYMBOLS};
    assert_non_null(module);
    for (size_t i = 0; i < SYMBOLS; i++) places[i] = (uintptr_t)&places[i];
    for (uint32_t i = 1; i < module->symbols.count; i++)
        for (size_t k = 0; k < TIERS; k++) {
            tier *t = &tiers[k];
            differential_executor executor = {t->name, tier_compile, t, 0, 0};
            t->random = seed;
            t->edges_left = 1;
            const nf_func *func = module->symbols.data[i].func;
            if (!differential_check(func, &link, seed, &executor, 1, totals))
                fail_msg("mismatch in the module of seed %llu", (unsigned long long)seed);
        }
    for (size_t k = 0; k < TIERS; k++) tier_forget(&tiers[k]);
    nf_module_free(module);
}

static void compare(const generate_options *options)
{
    static tier tiers[TIERS];
    const nf_variant *scalar = variant_named("scalar"), *widest = variant_widest();
    const tier fresh[TIERS] = {{.name = "scalar", .variant = scalar, .edges_max = 1},
                               {.name = "scalar, later", .variant = scalar, .edges_max = 30},
                               {.name = "widest", .variant = widest, .edges_max = 4},
                               {.name = "widest, later", .variant = widest, .edges_max = 100}};
    uint64_t start = environment_number("NF_SEED", 1);
    uint64_t functions = environment_number("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
    differential_totals totals = {0};
    for (size_t k = 0; k < TIERS; k++) {
        tiers[k] = fresh[k];
        nf_arena_init(&tiers[k].arena, nf_os_allocator());
        nf_arena_init(&tiers[k].scratch, nf_os_allocator());
    }
    for (uint64_t i = 0; i < functions; i += FUNCTIONS_PER_MODULE)
        module_compare(tiers, start + i, options, &totals);
    for (size_t k = 0; k < TIERS; k++) {
        printf("  %-15s entered %llu times, refused %llu\n", tiers[k].name,
               (unsigned long long)tiers[k].entered, (unsigned long long)tiers[k].refused);
        assert_true(tiers[k].entered > 0);
        nf_arena_free(&tiers[k].arena);
        nf_arena_free(&tiers[k].scratch);
    }
}

static void scalars_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 0});
}

static void vectors_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 64});
}

static void large_functions_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.size = 400, .no_traps = true});
}

/* --- what is not run --- */

/* Every loop, whether a run comes there or not. */
static void every_rest_is_sound(void **state)
{
    enum { MODULES = 40 };
    (void)state;
    tier t = {.name = "sound"};
    nf_link link = {t.addresses, SYMBOLS};
    uint32_t loops = 0;
    nf_arena_init(&t.arena, nf_os_allocator());
    nf_arena_init(&t.scratch, nf_os_allocator());
    for (uint64_t seed = 1; seed <= MODULES; seed++) {
        generate_options how = {.size = 300, .vector_bytes_max = 64};
        nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS_PER_MODULE, &how);
        for (uint32_t i = 1; i < module->symbols.count; i++) {
            const nf_func *func = module->symbols.data[i].func;
            nf_compile options = options_of(&t, &link, i);
            nf_cfg cfg;
            assert_int_equal(nf_cfg_build(func, &t.arena, &cfg), NF_OK);
            for (uint32_t l = 0; l < cfg.loop_count; l++)
                loops += rest_build(&t, func, cfg.loops[l].header, &options) != NULL;
            nf_arena_reset(&t.arena);
        }
        nf_module_free(module);
    }
    assert_true(loops > 0);
    nf_arena_free(&t.arena);
    nf_arena_free(&t.scratch);
}

static nf_status build_until(const nf_func *func, nf_block header, nf_signature signature,
                             size_t fail_at)
{
    test_allocator memory;
    nf_arena arena;
    nf_osr_places places;
    nf_func *rest;
    nf_error error = {.message = ""};
    test_allocator_init(&memory);
    memory.fail_at = fail_at;
    nf_arena_init(&arena, &memory.allocator);
    nf_compile options = {.arena = &arena, .features = nf_cpu_features()};
    nf_status status = nf_baseline_places(func, &options, &places, &error);
    if (status == NF_OK)
        status = nf_osr_build(func, header, &places, signature, &arena, &rest, &error);
    nf_arena_free(&arena);
    assert_int_equal(memory.bytes, 0);
    return status;
}

static void failed_allocations_are_reported(void **state)
{
    enum { FAILURES_MAX = 1000 };
    (void)state;
    generate_options how = {.size = 2000, .vector_bytes_max = 64, .no_traps = true};
    nf_module *module = generate_module(nf_os_allocator(), 7, 1, &how);
    const nf_func *func = module->symbols.data[1].func;
    nf_type result = nf_signature_at(module, func->signature)->result;
    nf_signature signature = nf_osr_signature(module, result);
    nf_arena arena;
    nf_cfg cfg;
    nf_arena_init(&arena, nf_os_allocator());
    assert_int_equal(nf_cfg_build(func, &arena, &cfg), NF_OK);
    assert_true(cfg.loop_count > 0);
    for (uint32_t l = 0; l < cfg.loop_count; l++) {
        size_t fail_at = 0;
        while (build_until(func, cfg.loops[l].header, signature, fail_at) == NF_MEMORY)
            assert_true(++fail_at < FAILURES_MAX);
        assert_int_equal(build_until(func, cfg.loops[l].header, signature, fail_at), NF_OK);
    }
    nf_arena_free(&arena);
    nf_module_free(module);
}

static int setup(void **state)
{
    nf_error error;
    uint64_t start, end;
    (void)state;
    if (nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code_memory, &error)) return 1;
    nf_code_memory_range(code_memory, &start, &end);
    near = nf_os_pages_map((SYMBOLS + 1) * sizeof *near, start);
    return near == NULL;
}

static int teardown(void **state)
{
    (void)state;
    nf_os_pages_unmap(near, (SYMBOLS + 1) * sizeof *near);
    nf_code_memory_free(code_memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_agree),
        cmocka_unit_test(vectors_agree),
        cmocka_unit_test(large_functions_agree),
        cmocka_unit_test(every_rest_is_sound),
        cmocka_unit_test(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
