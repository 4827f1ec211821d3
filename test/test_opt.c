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
#include "lib_allocator.h"
#include "lib_environment.h"
#include "lib_files.h"
#include "lib_generate.h"
#include "opt/opt.h"
#include "opt/opt_internal.h"

enum {
    SEEDS = 150,
    STEPS = 2000000,
    DEPTH = 40,
    INPUTS = 4,
    SYMBOLS_MAX = 64,
    FUNCS = 3,
    NESTS = 2
};
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

static void file_load(file *t, const char *name)
{
    snprintf(t->path, sizeof t->path, "%s/%s", directory, name);
    t->text = file_read(t->path, NULL);
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
    assert_int_equal(nf_pass_run(&opt, "divide", after, &error), NF_OK);
    verify_or_fail(after, &arena, "divide", "division");
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
    "func @fuses(%a: f64) -> f64 {\nentry:\n %r = fmuladd.f64 %a, %a, %a\n ret %r\n}\n"
    "func @calls_it(%a: f64) -> f64 {\nentry:\n %r = call @fuses(%a)\n ret %r\n}\n"
    "func @device(%p: i64) -> i64 {\nentry:\n %a = load.i64 [%p] volatile\n ret %a\n}\n";

typedef struct effects_row {
    const char *name;
    bool reads, writes;
    const char *reason; /* a part of it; NULL: containable */
    bool contracts;
} effects_row;

static const effects_row effects_rows[] = {
    {"own", false, false, NULL, false},
    {"reads", true, false, NULL, false},
    {"copies", true, true, NULL, false},
    {"ping", false, true, NULL, false},
    {"pong", false, true, NULL, false},
    {"prints", true, true, "in @prints: write is not on the list", false},
    {"above", true, true, "in @prints: write is not on the list", false},
    {"pointer", true, true, "in @pointer: an indirect call", false},
    {"fuses", false, false, NULL, true},
    {"calls_it", false, false, NULL, true},
    {"device", true, false, "in @device: there is a volatile access", false},
};

static nf_module *effects_module(test_allocator *memory, nf_arena *arena)
{
    nf_error error = {0};
    nf_module *module = NULL;
    test_allocator_init(memory);
    nf_arena_init(arena, &memory->allocator);
    if (nf_module_read(&memory->allocator, "effects", effects_text, strlen(effects_text), &module,
                       &error))
        fail_msg("line %u: %s", error.line, error.message);
    return module;
}

static void effects_add_up(void **state)
{
    (void)state;
    test_allocator memory;
    nf_arena arena;
    nf_module *module = effects_module(&memory, &arena);
    for (size_t i = 0; i < sizeof effects_rows / sizeof *effects_rows; i++) {
        const effects_row *row = &effects_rows[i];
        nf_effects effects;
        nf_func *f = nf_module_function_at(module, nf_module_symbol(module, row->name));
        assert_int_equal(nf_effects_of(f, &arena, &effects), NF_OK);
        bool same = effects.reads == row->reads && effects.writes == row->writes &&
                    effects.containable == (row->reason == NULL) &&
                    effects.contracts == row->contracts &&
                    strstr(effects.reason, row->reason ? row->reason : "") != NULL;
        if (!same)
            fail_msg("@%s: reads %d, writes %d, containable %d: %s", row->name, effects.reads,
                     effects.writes, effects.containable, effects.reason);
    }
    nf_arena_free(&arena);
    nf_module_free(module);
}

/* The callee's product and sum, inlined, come out as one operation or as two. */
static void variants_contract(void **state)
{
    (void)state;
    test_allocator memory;
    nf_arena arena;
    nf_error error = {0};
    nf_module *module = effects_module(&memory, &arena);
    nf_func *f = nf_module_function_at(module, nf_module_symbol(module, "calls_it"));
    for (uint32_t i = 0; i < nf_variant_count; i++) {
        nf_opt opt = {.scratch = &arena, .features = UINT64_MAX, .variant = &nf_variants[i]};
        nf_func *clone = nf_func_clone(f, &arena);
        unsigned fused = 0, apart = 0;
        assert_int_equal(nf_opt_run(&opt, clone, &error), NF_OK);
        NF_FOR_BLOCKS(clone, b)
        {
            NF_FOR_INSTS(clone, b, v)
            {
                fused += nf_inst_at(clone, v)->op == NF_OP_FMA;
                apart += nf_inst_at(clone, v)->op == NF_OP_FMUL;
            }
        }
        assert_int_equal(nf_variants[i].contract, i >= nf_variant_exact_count);
        assert_int_equal(fused, nf_variants[i].contract);
        assert_int_equal(apart, !nf_variants[i].contract);
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

/* --- nests of loops ----------------------------------------------------------------------------- */

/*
 * Functions (buffer, n) -> i64 that are little but loops: tested on top or at the bottom, by bounds
 * that are outer counters, with ways out of the middle and short cuts to the next iteration, with
 * values of headers and of outer loops used inside and behind, with sums kept in memory.
 */
enum { NEST_VALUES_MAX = 64, NEST_DEPTH_MAX = 3, NEST_TRIPS_MAX = 6 };

typedef struct nest {
    nf_func *f;
    nf_block block;
    uint64_t random;
    nf_value values[NEST_VALUES_MAX]; /* i64, all of which dominate the end of the block */
    uint32_t count;
} nest;

static nf_value nest_keep(nest *t, nf_value v)
{
    if (t->count < NEST_VALUES_MAX) t->values[t->count++] = v;
    return v;
}

static nf_value nest_any(nest *t)
{
    return t->values[generate_below(&t->random, t->count)];
}

static nf_value nest_number(nest *t, int64_t number)
{
    return nf_build_iconst(t->f, t->block, NF_I64, number);
}

static nf_value nest_op(nest *t, nf_op op, nf_value a, nf_value b)
{
    return nf_build(t->f, t->block, op, NF_I64, a, b, (nf_value){0});
}

/* One of 16 words of the buffer; the same one often. */
static nf_address nest_address(nest *t)
{
    nf_address address = {.base = nf_func_param(t->f, 0), .offset = 8};
    if (generate_below(&t->random, 2)) return address;
    address.index = nest_op(t, NF_OP_AND, nest_any(t), nest_number(t, 15));
    address.scale_log2 = 3;
    return address;
}

static void nest_statement(nest *t)
{
    static const nf_op ops[] = {NF_OP_ADD, NF_OP_SUB, NF_OP_MUL, NF_OP_XOR, NF_OP_SMAX};
    switch (generate_below(&t->random, 5)) {
    case 0: nf_build_store(t->f, t->block, nest_any(t), nest_address(t)); break;
    case 1: nest_keep(t, nf_build_load(t->f, t->block, NF_I64, nest_address(t))); break;
    case 2: { /* a sum in memory */
        nf_address address = nest_address(t);
        nf_value sum = nf_build_load(t->f, t->block, NF_I64, address);
        nf_build_store(t->f, t->block, nest_op(t, NF_OP_ADD, sum, nest_any(t)), address);
        break;
    }
    case 3: { /* a division that may trap */
        nf_value low = nest_op(t, NF_OP_AND, nest_any(t), nest_number(t, 63));
        if (generate_below(&t->random, 8)) low = nest_op(t, NF_OP_OR, low, nest_number(t, 1));
        nest_keep(t, nest_op(t, NF_OP_UDIV, nest_any(t), low));
        break;
    }
    default: nest_keep(t, nest_op(t, ops[generate_below(&t->random, 5)], nest_any(t), nest_any(t)));
    }
}

static void nest_statements(nest *t)
{
    for (uint32_t i = generate_below(&t->random, 4); i-- > 0;) nest_statement(t);
}

/* A number of trips below NEST_TRIPS_MAX, or a bit more. */
static nf_value nest_bound(nest *t)
{
    nf_value bound = generate_below(&t->random, 3) ? nest_any(t) : nf_func_param(t->f, 1);
    return nest_op(t, NF_OP_UREM, bound, nest_number(t, NEST_TRIPS_MAX));
}

static nf_value nest_test(nest *t, nf_cond cond, nf_value a, nf_value b)
{
    return nf_build_compare(t->f, t->block, cond, a, b);
}

/* Goes to `to` now and then, and else on. */
static void nest_leave(nest *t, nf_block to, nf_value first, bool has_second)
{
    nf_block on = nf_func_block(t->f);
    nf_value args[] = {first, nest_any(t)};
    nf_value low = nest_op(t, NF_OP_AND, nest_any(t), nest_number(t, 3));
    nf_value test = nest_test(t, NF_EQ, low, nest_number(t, 0));
    nf_build_brif(t->f, t->block, test, to, args, has_second ? 2 : 1, on, NULL, 0);
    t->block = on;
}

static void nest_loop(nest *t, uint32_t depth);

static void nest_body(nest *t, uint32_t depth, nf_block exit, nf_block next, nf_value sum)
{
    nest_statements(t);
    if (depth < NEST_DEPTH_MAX && generate_below(&t->random, 2)) nest_loop(t, depth + 1);
    if (generate_below(&t->random, 3) == 0) nest_leave(t, exit, sum, false);
    nest_statements(t);
    if (generate_below(&t->random, 3) == 0) nest_leave(t, next, sum, false);
    if (depth < NEST_DEPTH_MAX && generate_below(&t->random, 3) == 0) nest_loop(t, depth + 1);
    nest_statements(t);
}

/* head(i, sum) ... body ... next(sum): i + step, back to head; exit(sum) */
static void nest_loop(nest *t, uint32_t depth)
{
    bool on_top = generate_below(&t->random, 3) != 0;
    nf_func *f = t->f;
    nf_block head = nf_func_block(f), next = nf_func_block(f), exit = nf_func_block(f);
    nf_value bound = nest_bound(t);
    nf_value first[] = {nest_number(t, generate_below(&t->random, 2)), nest_any(t)};
    nf_build_br(f, t->block, head, first, 2);
    nf_value i = nf_block_param(f, head, NF_I64), sum = nf_block_param(f, head, NF_I64);
    nf_value out = nf_block_param(f, exit, NF_I64), round = nf_block_param(f, next, NF_I64);
    uint32_t outside = t->count;
    t->block = head;
    nest_keep(t, i);
    nest_keep(t, sum);
    if (on_top) {
        nf_block body = nf_func_block(f);
        nest_statements(t);
        nf_value test = nest_test(t, NF_SLT, i, bound);
        nf_build_brif(f, t->block, test, body, NULL, 0, exit, &sum, 1);
        t->block = body;
    }
    uint32_t in_head = t->count;
    nest_body(t, depth, exit, next, sum);
    nf_value last = nest_any(t);
    nf_build_br(f, t->block, next, &last, 1);
    t->count = in_head; /* what dominates `next` and, behind a test on top, the exit */
    t->block = next;
    nf_value args[] = {nest_op(t, NF_OP_ADD, i, nest_number(t, 1)), round};
    if (on_top) {
        nf_build_br(f, next, head, args, 2);
    } else {
        nf_value test = nest_test(t, NF_SLT, args[0], bound);
        nf_build_brif(f, next, test, head, args, 2, exit, &round, 1);
    }
    t->block = exit;
    if (!on_top) t->count = outside < NEST_VALUES_MAX - 2 ? outside + 2 : outside;
    nest_keep(t, out);
}

static nf_func *nest_make(nf_module *module, uint64_t seed)
{
    const nf_type params[] = {NF_I64, NF_I64};
    nest t = {.random = seed};
    t.f = nf_module_function(module, "nest", nf_module_signature(module, NF_I64, params, 2, false),
                             NF_ATTR_EXPORT);
    t.block = nf_func_entry(t.f);
    nest_keep(&t, nf_func_param(t.f, 1));
    nest_keep(&t, nest_number(&t, (int64_t)(seed % 5)));
    nest_statements(&t);
    nest_loop(&t, 1);
    if (seed % 3 == 0) nest_loop(&t, 2);
    nf_build_ret(t.f, t.block, nest_any(&t));
    return t.f;
}

static void nest_seed_test(world *w, const char *pass, uint64_t seed, const nf_opt *options)
{
    nf_opt opt = *options;
    nf_error error = {0};
    w->module = nf_module_new(&w->memory.allocator, "nest");
    nf_arena_init(&w->arena, &w->memory.allocator);
    opt.scratch = &w->arena;
    nf_func *before = nest_make(w->module, seed);
    verify_or_fail(before, &w->arena, "generation", "nest");
    nf_func *f = nf_func_clone(before, &w->arena);
    if (pass_run(&opt, pass, f, &error)) {
        print_both(w, before, f);
        fail_msg("%s, nest %llu: %s", pass, (unsigned long long)seed, error.message);
    }
    verify_or_fail(f, &w->arena, pass, "nest");
    facts_check_or_fail(w, pass, f, seed);
    for (uint64_t n = 0; n < INPUTS; n++) {
        nf_bits args[2] = {{{(uintptr_t)w->buffer}}, {{n * (seed % 7) + n}}};
        outcomes_compare(w, before, f, pass, seed, args);
    }
    nf_arena_free(&w->arena);
    nf_module_free(w->module);
}

static void pass_test(const char *pass, const nf_opt *options)
{
    static world w;
    w = (world){.random = 1};
    test_allocator_init(&w.memory);
    for (uint64_t i = 1; i < SYMBOLS_MAX; i++) w.addresses[i] = FUNC_ADDRESS + i * FUNC_BYTES;
    w.buffer = aligned_alloc(GENERATE_BUFFER_ALIGN, GENERATE_BUFFER_BYTES);
    uint64_t first = environment_number("NF_SEED", 1);
    uint64_t count = environment_number("NF_SEEDS", SEEDS);
    for (uint64_t seed = first; seed < first + count; seed++) {
        w.random = seed;
        seed_test(&w, pass, seed, options);
        for (uint64_t i = 0; i < NESTS; i++) nest_seed_test(&w, pass, seed * NESTS + i, options);
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
    for (uint32_t i = 0; i < nf_variant_exact_count; i++) {
        nf_opt options = {.features = UINT64_MAX, .variant = &nf_variants[i]};
        pass_test(pipeline, &options);
    }
}

/* --- memory ------------------------------------------------------------------------------------- */

/* A clone is made while there is memory, then the n-th allocation fails, for every n. */
static void pipeline_fails_well(uint64_t seed)
{
    test_allocator memory;
    generate_options generate = {.vector_bytes_max = 32};
    nf_status status = NF_MEMORY;
    test_allocator_init(&memory);
    nf_module *module = generate_module(&memory.allocator, seed, FUNCS, &generate);
    nf_func *original = module->symbols.data[module->symbols.count - 1].func;
    for (size_t failing = 0; status != NF_OK; failing++) {
        nf_arena own, scratch;
        nf_error error = {0};
        nf_arena_init(&own, &memory.allocator);
        nf_arena_init(&scratch, &memory.allocator);
        nf_opt opt = {.scratch = &scratch,
                      .features = UINT64_MAX,
                      .variant = &nf_variants[seed % nf_variant_exact_count]};
        nf_func *f = nf_func_clone(original, &own);
        memory.fail_at = memory.count + failing;
        status = nf_opt_run(&opt, f, &error);
        memory.fail_at = SIZE_MAX;
        if (status != NF_OK && status != NF_MEMORY)
            fail_msg("allocation %zu: status %d: %s", failing, (int)status, error.message);
        nf_arena_free(&own);
        nf_arena_free(&scratch);
    }
    nf_module_free(module);
    assert_int_equal(memory.blocks, 0);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    enum { TRIED = 60 };
    for (uint64_t seed = 1; seed <= TRIED; seed++) pipeline_fails_well(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_as_expected),
        cmocka_unit_test(divisions_by_constants_are_right),
        cmocka_unit_test(effects_add_up),
        cmocka_unit_test(variants_contract),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(passes_keep_the_meaning),
        cmocka_unit_test(pipeline_keeps_the_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
