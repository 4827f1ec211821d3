/*
 * The optimiser's passes.
 *
 * Files: each test/opt/NAME.nir names a pass in its first line ("; pass: gvn"), then has a module, and
 * behind "; expect:" its functions as they should be after the pass, as comments. NF_BLESS=1 rewrites
 * what is expected.
 *
 * Differential: generated functions give the same result and leave the same memory before and after
 * each pass and the pipeline, or stop with the same status. NF_SEEDS says how many (default SEEDS).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/eval.h"
#include "ir/print.h"
#include "opt/opt.h"
#include "opt/opt_internal.h"
#include "lib_allocator.h"
#include "lib_generate.h"

enum { SEEDS = 150, STEPS = 2000000, DEPTH = 40, INPUTS = 4, SYMBOLS_MAX = 64, FUNCS = 3 };
/* Where functions would be, for those who take their address. */
enum { FUNC_ADDRESS = 0x10000, FUNC_BYTES = 64 };

static const char *const directory = "test/opt";
static const char *const pipeline = "pipeline";

/* --- running passes ----------------------------------------------------------------------------- */

static nf_status pass_run(nf_opt *opt, const char *pass, nf_func *f, nf_error *error)
{
    if (strcmp(pass, pipeline) == 0) return nf_opt_run(opt, f, error);
    return nf_pass_run(opt, pass, f, error);
}

static void verify_or_fail(const nf_func *f, nf_arena *arena, const char *pass, const char *what)
{
    nf_error error = {0};
    nf_text text;
    if (nf_func_verify(f, arena, &error) == NF_OK) return;
    nf_text_init(&text, arena);
    nf_func_print(f, arena, &text);
    fail_msg("%s: not valid after %s: %s\n%s", what, pass, error.message, text.data);
}

/* --- files -------------------------------------------------------------------------------------- */

typedef struct file {
    char path[512], pass[64];
    char *text;   /* the whole file */
    char *expect; /* what stands behind "; expect:" in it; NULL when nothing does */
} file;

static char *file_read(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) fail_msg("can't open %s", path);
    char *text = calloc(1, 1 << 20);
    size_t length = fread(text, 1, (1 << 20) - 1, stream);
    text[length] = 0;
    fclose(stream);
    return text;
}

static void file_load(file *t, const char *name)
{
    snprintf(t->path, sizeof t->path, "%s/%s", directory, name);
    t->text = file_read(t->path);
    if (sscanf(t->text, "; pass: %63[a-z_]", t->pass) != 1)
        fail_msg("%s: the first line names no pass", t->path);
    t->expect = strstr(t->text, "\n; expect:\n");
    if (t->expect) t->expect += strlen("\n; expect:\n");
}

/* The functions of the module after the pass, each line a comment. */
static void result_print(const file *t, nf_module *module, nf_arena *arena, nf_text *out)
{
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        nf_symbol_data *symbol = &module->symbols.data[i];
        nf_opt opt = {.scratch = arena};
        nf_error error = {0};
        nf_text text;
        if (symbol->kind != NF_SYMBOL_FUNC) continue;
        nf_func *f = nf_func_clone(symbol->func, arena);
        if (pass_run(&opt, t->pass, f, &error)) fail_msg("%s: %s", t->path, error.message);
        verify_or_fail(f, arena, t->pass, t->path);
        nf_text_init(&text, arena);
        nf_func_print(f, arena, &text);
        for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
            nf_text_format(out, "; %s\n", line);
    }
}

static void file_bless(const file *t, const char *expect)
{
    FILE *stream = fopen(t->path, "wb");
    size_t length = t->expect ? (size_t)(t->expect - t->text) : strlen(t->text);
    fwrite(t->text, 1, length, stream);
    if (t->expect == NULL) fputs("\n; expect:\n", stream);
    fputs(expect, stream);
    fclose(stream);
}

static bool file_test(const char *name)
{
    file t = {0};
    test_allocator memory;
    nf_module *module = NULL;
    nf_arena arena;
    nf_error error = {0};
    nf_text out;
    file_load(&t, name);
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    if (nf_module_read(&memory.allocator, t.path, t.text, strlen(t.text), &module, &error))
        fail_msg("%s:%u: %s", t.path, error.line, error.message);
    nf_text_init(&out, &arena);
    result_print(&t, module, &arena, &out);
    bool same = t.expect && strcmp(t.expect, out.data) == 0;
    if (getenv("NF_BLESS")) {
        if (!same) file_bless(&t, out.data);
        same = true;
    }
    if (!same) fprintf(stderr, "%s: not as expected, but\n%s", t.path, out.data);
    free(t.text);
    nf_arena_free(&arena);
    nf_module_free(module);
    return same;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_nir(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".nir") == 0;
}

static void files_are_as_expected(void **state)
{
    (void)state;
    struct dirent **entries;
    int count = scandir(directory, &entries, is_nir, by_name), failures = 0;
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        failures += !file_test(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(failures, 0);
}

/* --- division ----------------------------------------------------------------------------------- */

typedef struct division {
    nf_op op;
    nf_type type;
    int64_t divisor;
} division;

static nf_func *division_build(nf_module *module, division d)
{
    static const nf_value none;
    nf_signature signature = nf_module_signature(module, d.type, &d.type, 1, false);
    nf_func *f = nf_module_function(module, "f", signature, 0);
    nf_block entry = nf_func_entry(f);
    nf_value divisor = nf_build_iconst(f, entry, d.type, d.divisor);
    nf_build_ret(f, entry, nf_build(f, entry, d.op, d.type, nf_func_param(f, 0), divisor, none));
    return f;
}

static bool has_division(const nf_func *f)
{
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            nf_op op = nf_inst_at(f, v)->op;
            if (op == NF_OP_UDIV || op == NF_OP_SDIV || op == NF_OP_UREM || op == NF_OP_SREM)
                return true;
        }
    }
    return false;
}

/* Dividends around the multiples of the divisor, the ends of the range, and at random. */
static uint64_t dividend_make(division d, uint32_t i, uint64_t *random)
{
    uint64_t mask = UINT64_MAX >> (64 - 8 * nf_type_bytes(d.type));
    uint64_t number = generate_random(random);
    switch (i % 5) {
    case 0: return i / 5;
    case 1: return mask - i / 5;
    case 2: return mask / 2 + 8 - i / 5;
    case 3: return number / (uint64_t)d.divisor * (uint64_t)d.divisor + i / 5 % 3 - 1;
    default: return number >> generate_below(random, 64);
    }
}

static void division_compare(test_allocator *memory, const nf_func *before, const nf_func *after,
                             division d, uint64_t *random)
{
    enum { DIVIDENDS = 120 };
    for (uint32_t i = 0; i < DIVIDENDS; i++) {
        nf_bits arg = {{0}}, expected = {{0}}, got = {{0}};
        nf_arena frames;
        nf_arena_init(&frames, &memory->allocator);
        nf_eval eval = {.steps = STEPS, .depth_max = DEPTH, .arena = &frames};
        uint64_t dividend = dividend_make(d, i, random);
        memcpy(&arg, &dividend, nf_type_bytes(d.type));
        assert_int_equal(nf_eval_run(&eval, before, &arg, &expected), NF_OK);
        assert_int_equal(nf_eval_run(&eval, after, &arg, &got), NF_OK);
        if (memcmp(&expected, &got, sizeof got) != 0)
            fail_msg("%s.%s %lld, %lld: %llx, not %llx", nf_ops[d.op].text, nf_type_text(d.type),
                     (long long)dividend, (long long)d.divisor, (unsigned long long)got.u64[0],
                     (unsigned long long)expected.u64[0]);
        nf_arena_free(&frames);
    }
}

static void division_test(division d, uint64_t *random)
{
    test_allocator memory;
    nf_arena arena;
    nf_error error = {0};
    test_allocator_init(&memory);
    nf_module *module = nf_module_new(&memory.allocator, "division");
    nf_func *before = division_build(module, d);
    nf_arena_init(&arena, &memory.allocator);
    nf_func *after = nf_func_clone(before, &arena);
    nf_opt opt = {.scratch = &arena};
    assert_int_equal(nf_pass_run(&opt, "fold", after, &error), NF_OK);
    verify_or_fail(after, &arena, "fold", "division");
    nf_pass_run(&opt, "dce", after, &error);
    if (has_division(after)) fail_msg("%s by %lld stays", nf_ops[d.op].text, (long long)d.divisor);
    division_compare(&memory, before, after, d, random);
    nf_arena_free(&arena);
    nf_module_free(module);
}

/* Small divisors, those around powers of two and the ends, and random ones. */
static int64_t divisor_make(nf_type type, uint32_t i, uint64_t *random)
{
    int64_t power = (int64_t)(UINT64_C(1) << (i / 4 % 64));
    uint64_t candidates[] = {i, (uint64_t)power - 1, (uint64_t)power + 1,
                             (uint64_t)generate_integer(random), (uint64_t)power};
    return nf_type_canonical(type, (int64_t)candidates[i % 5]);
}

static void divisions_by_constants_are_right(void **state)
{
    (void)state;
    enum { DIVISORS = 330 };
    static const nf_op ops[] = {NF_OP_UDIV, NF_OP_SDIV, NF_OP_UREM, NF_OP_SREM};
    static const nf_type types[] = {NF_I8, NF_I16, NF_I32, NF_I64};
    uint64_t random = 1;
    for (uint32_t o = 0; o < sizeof ops / sizeof *ops; o++) {
        for (uint32_t i = 0; i < 4 * DIVISORS; i++) {
            division d = {ops[o], types[i % 4], divisor_make(types[i % 4], i / 4, &random)};
            bool is_signed = d.op == NF_OP_SDIV || d.op == NF_OP_SREM;
            if (d.divisor == 0 || (is_signed && d.divisor == -1)) continue;
            division_test(d, &random);
        }
    }
}

/* --- effects ------------------------------------------------------------------------------------ */

static const char effects_text[] =
    "extern @memcpy(i64, i64, i64) -> i64\n"
    "extern @write(i32, i64, i64) -> i64\n"
    "func @own(%a: i64) -> i64 {\n local $l: 8\nentry:\n %p = local $l\n store.i64 %a, [%p]\n"
    " %b = load.i64 [%p]\n ret %b\n}\n"
    "func @reads(%p: i64) -> i64 {\nentry:\n %a = load.i64 [%p]\n ret %a\n}\n"
    "func @copies(%p: i64) -> void {\nentry:\n %r = call @memcpy(%p, %p, %p)\n ret\n}\n"
    "func @ping(%p: i64) -> void {\nentry:\n store.i64 %p, [%p]\n tail_call @pong(%p)\n}\n"
    "func @pong(%p: i64) -> void {\nentry:\n tail_call @ping(%p)\n}\n"
    "func @prints(%p: i64) -> void {\nentry:\n %k = iconst.i32 1\n"
    " %r = call @write(%k, %p, %p)\n ret\n}\n"
    "func @above(%p: i64) -> void {\nentry:\n call @prints(%p)\n ret\n}\n"
    "func @pointer(%p: i64) -> void {\nentry:\n call_indirect %p() : () -> void\n ret\n}\n"
    "func @device(%p: i64) -> i64 {\nentry:\n %a = load.i64 [%p] volatile\n ret %a\n}\n";

typedef struct effects_row {
    const char *name;
    bool reads, writes;
    const char *reason; /* a part of it; NULL: containable */
} effects_row;

static const effects_row effects_rows[] = {
    {"own", false, false, NULL},
    {"reads", true, false, NULL},
    {"copies", true, true, NULL},
    {"ping", false, true, NULL},
    {"pong", false, true, NULL},
    {"prints", true, true, "in @prints: write is not on the list"},
    {"above", true, true, "in @prints: write is not on the list"},
    {"pointer", true, true, "in @pointer: an indirect call"},
    {"device", true, false, "in @device: there is a volatile access"},
};

static void effects_add_up(void **state)
{
    (void)state;
    test_allocator memory;
    nf_arena arena;
    nf_error error = {0};
    nf_module *module = NULL;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    if (nf_module_read(&memory.allocator, "effects", effects_text, strlen(effects_text), &module,
                       &error))
        fail_msg("line %u: %s", error.line, error.message);
    for (size_t i = 0; i < sizeof effects_rows / sizeof *effects_rows; i++) {
        const effects_row *row = &effects_rows[i];
        nf_effects effects;
        nf_func *f = nf_module_function_at(module, nf_module_symbol(module, row->name));
        assert_int_equal(nf_effects_of(f, &arena, &effects), NF_OK);
        bool same = effects.reads == row->reads && effects.writes == row->writes &&
                    effects.containable == (row->reason == NULL) &&
                    strstr(effects.reason, row->reason ? row->reason : "") != NULL;
        if (!same)
            fail_msg("@%s: reads %d, writes %d, containable %d: %s", row->name, effects.reads,
                     effects.writes, effects.containable, effects.reason);
    }
    nf_arena_free(&arena);
    nf_module_free(module);
}

/* --- differential ------------------------------------------------------------------------------- */

typedef struct outcome {
    nf_status status;
    nf_bits result;
    uint8_t memory[GENERATE_BUFFER_BYTES];
} outcome;

typedef struct world {
    test_allocator memory;
    nf_module *module;
    nf_arena arena;
    uint8_t *buffer;
    uint64_t random;
    uint64_t addresses[SYMBOLS_MAX];
} world;

static void inputs_make(world *w, nf_bits args[GENERATE_PARAMS])
{
    memset(args, 0, GENERATE_PARAMS * sizeof *args);
    args[0].u64[0] = (uintptr_t)w->buffer;
    args[1].u64[0] = (uint64_t)generate_integer(&w->random);
    args[2].u64[0] = (uint64_t)generate_integer(&w->random);
    args[3].u32[0] = (uint32_t)generate_integer(&w->random);
    args[4].u64[0] = generate_f64_bits(&w->random);
    args[5].u32[0] = generate_f32_bits(&w->random);
}

static void evaluate(world *w, const nf_func *f, const nf_bits *args, const uint8_t *memory,
                     outcome *out)
{
    nf_link link = {w->addresses, SYMBOLS_MAX};
    nf_error error = {0};
    nf_arena frames;
    nf_arena_init(&frames, &w->memory.allocator);
    nf_eval eval = {
        .link = &link, .steps = STEPS, .depth_max = DEPTH, .arena = &frames, .error = &error};
    memcpy(w->buffer, memory, GENERATE_BUFFER_BYTES);
    memset(&out->result, 0, sizeof out->result);
    out->status = nf_eval_run(&eval, f, args, &out->result);
    memcpy(out->memory, w->buffer, GENERATE_BUFFER_BYTES);
    nf_arena_free(&frames);
}

static void print_both(world *w, const nf_func *before, const nf_func *after)
{
    nf_text text;
    nf_text_init(&text, &w->arena);
    nf_func_print(before, &w->arena, &text);
    nf_text_format(&text, "---\n");
    nf_func_print(after, &w->arena, &text);
    fprintf(stderr, "%s\n", text.data);
}

static void outcomes_compare(world *w, const nf_func *before, const nf_func *after,
                             const char *pass, uint64_t seed, const nf_bits *args)
{
    static outcome expected, got;
    static uint8_t memory[GENERATE_BUFFER_BYTES];
    for (size_t i = 0; i < sizeof memory; i++) memory[i] = (uint8_t)generate_random(&w->random);
    evaluate(w, before, args, memory, &expected);
    if (expected.status == NF_LIMIT) return; /* ran out of steps: nothing to compare */
    evaluate(w, after, args, memory, &got);
    bool same = expected.status == got.status &&
                memcmp(expected.memory, got.memory, sizeof got.memory) == 0;
    if (expected.status == NF_OK)
        same = same && memcmp(&expected.result, &got.result, sizeof got.result) == 0;
    if (same) return;
    print_both(w, before, after);
    fail_msg("%s, seed %llu: status %d and %d, result %llx and %llx, memory %s", pass,
             (unsigned long long)seed, (int)expected.status, (int)got.status,
             (unsigned long long)expected.result.u64[0], (unsigned long long)got.result.u64[0],
             memcmp(expected.memory, got.memory, sizeof got.memory) ? "differs" : "is the same");
}

static void facts_check_or_fail(world *w, const char *pass, const nf_func *f, uint64_t seed)
{
    if (strcmp(pass, "rotate") != 0) return;
    const char *broken = nf_facts_check(f, NF_FACT_ROTATED | NF_FACT_LOOP_CLOSED, &w->arena);
    if (broken) fail_msg("rotate, seed %llu: %s", (unsigned long long)seed, broken);
}

static void seed_test(world *w, const char *pass, uint64_t seed, const nf_opt *options)
{
    static const uint32_t widths[] = {0, 0, 16, 32, 64};
    generate_options generate = {
        .vector_bytes_max = widths[seed % 5], .no_traps = seed % 3 == 0, .no_loops = seed % 7 == 0};
    nf_error error = {0};
    w->module = generate_module(&w->memory.allocator, seed, FUNCS, &generate);
    assert_non_null(w->module);
    nf_arena_init(&w->arena, &w->memory.allocator);
    for (uint32_t s = 1; s < w->module->symbols.count; s++) {
        nf_symbol_data *symbol = &w->module->symbols.data[s];
        if (symbol->kind != NF_SYMBOL_FUNC) continue;
        nf_opt opt = *options;
        opt.scratch = &w->arena;
        verify_or_fail(symbol->func, &w->arena, "generation", "generated");
        nf_func *f = nf_func_clone(symbol->func, &w->arena);
        if (pass_run(&opt, pass, f, &error)) {
            print_both(w, symbol->func, f);
            fail_msg("%s, seed %llu: %s", pass, (unsigned long long)seed, error.message);
        }
        verify_or_fail(f, &w->arena, pass, "generated");
        facts_check_or_fail(w, pass, f, seed);
        for (int i = 0; i < INPUTS; i++) {
            nf_bits args[GENERATE_PARAMS];
            inputs_make(w, args);
            outcomes_compare(w, symbol->func, f, pass, seed, args);
        }
    }
    nf_arena_free(&w->arena);
    nf_module_free(w->module);
}

static uint64_t seed_count(void)
{
    const char *seeds = getenv("NF_SEEDS");
    return seeds ? strtoull(seeds, NULL, 10) : SEEDS;
}

static uint64_t seed_first(void)
{
    const char *seed = getenv("NF_SEED");
    return seed ? strtoull(seed, NULL, 10) : 1;
}

static void pass_test(const char *pass, const nf_opt *options)
{
    static world w;
    w = (world){.random = 1};
    test_allocator_init(&w.memory);
    for (uint64_t i = 1; i < SYMBOLS_MAX; i++) w.addresses[i] = FUNC_ADDRESS + i * FUNC_BYTES;
    w.buffer = aligned_alloc(GENERATE_BUFFER_ALIGN, GENERATE_BUFFER_BYTES);
    for (uint64_t seed = seed_first(), end = seed + seed_count(); seed < end; seed++) {
        w.random = seed;
        seed_test(&w, pass, seed, options);
    }
    assert_int_equal(w.memory.blocks, 0);
    free(w.buffer);
}

static void passes_keep_the_meaning(void **state)
{
    (void)state;
    const char *only = getenv("NF_PASS");
    for (uint32_t i = 0; nf_pass_name(i); i++) {
        nf_opt options = {.features = UINT64_MAX};
        if (only == NULL || strcmp(only, nf_pass_name(i)) == 0)
            pass_test(nf_pass_name(i), &options);
    }
}

static void pipeline_keeps_the_meaning(void **state)
{
    (void)state;
    const char *only = getenv("NF_PASS");
    if (only && strcmp(only, pipeline) != 0) return;
    for (uint32_t i = 0; i < nf_variant_count; i++) {
        nf_opt options = {.features = UINT64_MAX, .variant = &nf_variants[i]};
        pass_test(pipeline, &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_as_expected),
        cmocka_unit_test(divisions_by_constants_are_right),
        cmocka_unit_test(effects_add_up),
        cmocka_unit_test(passes_keep_the_meaning),
        cmocka_unit_test(pipeline_keeps_the_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
