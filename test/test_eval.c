/* The interpreter: control flow, memory, calls of every kind, traps and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ir/eval.h"
#include "lib_allocator.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ARGS(...)    (const nf_value[]){__VA_ARGS__}, COUNT(((nf_value[]){__VA_ARGS__}))
#define TYPES(...)   (const nf_type[]){__VA_ARGS__}, COUNT(((nf_type[]){__VA_ARGS__}))

enum { STEPS = 10000000, DEPTH = 100, SYMBOLS_MAX = 16 };

static const nf_value none;

/* A module being built and the way to evaluate in it. */
typedef struct world {
    test_allocator memory;
    nf_module *module;
    nf_arena arena;
    nf_eval eval;
    nf_error error;
    nf_link link;
    uint64_t addresses[SYMBOLS_MAX];
    bool asked_takes; /* what eval->call answers */
    uint32_t asked;
} world;

static int world_setup(void **state)
{
    static world w;
    w = (world){0};
    test_allocator_init(&w.memory);
    w.module = nf_module_new(&w.memory.allocator, "test.nir");
    assert_non_null(w.module);
    nf_arena_init(&w.arena, &w.memory.allocator);
    w.link = (nf_link){w.addresses, SYMBOLS_MAX};
    w.eval = (nf_eval){
        .link = &w.link, .steps = STEPS, .depth_max = DEPTH, .arena = &w.arena, .error = &w.error};
    *state = &w;
    return 0;
}

static int world_teardown(void **state)
{
    world *w = *state;
    nf_arena_free(&w->arena);
    nf_module_free(w->module);
    assert_int_equal(w->memory.blocks, 0);
    return 0;
}

static nf_func *function(world *w, const char *name, nf_type result, const nf_type *params,
                         uint32_t count)
{
    nf_signature signature = nf_module_signature(w->module, result, params, count, false);
    nf_func *f = nf_module_function(w->module, name, signature, 0);
    assert_non_null(f);
    return f;
}

static nf_status run(world *w, const nf_func *f, nf_bits *result, uint64_t a, uint64_t b)
{
    nf_bits args[2] = {{{a}}, {{b}}};
    nf_status status = nf_eval_run(&w->eval, f, args, result);
    return status;
}

static uint64_t run_ok(world *w, const nf_func *f, uint64_t a, uint64_t b)
{
    nf_bits result = {{0}};
    nf_status status = run(w, f, &result, a, b);
    if (status) fail_msg("status %d: %s", (int)status, w->error.message);
    for (size_t i = 1; i < COUNT(result.u64); i++) assert_int_equal(result.u64[i], 0);
    return result.u64[0];
}

static nf_value constant(nf_func *f, nf_block b, int64_t value)
{
    return nf_build_iconst(f, b, NF_I64, value);
}

static nf_value add(nf_func *f, nf_block b, nf_value x, nf_value y)
{
    return nf_build(f, b, NF_OP_ADD, NF_I64, x, y, none);
}

/* --- control flow --- */

/* fib(n) by a loop whose parameters change places: a, b = b, a + b. */
static void loops_assign_parameters_in_parallel(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "fib", NF_I64, TYPES(NF_I64));
    nf_block entry = nf_func_entry(f), head = nf_func_block(f), body = nf_func_block(f),
             done = nf_func_block(f);
    nf_value n = nf_block_param(f, head, NF_I64), a = nf_block_param(f, head, NF_I64),
             b = nf_block_param(f, head, NF_I64);
    nf_build_br(f, entry, head,
                ARGS(nf_func_param(f, 0), constant(f, entry, 0), constant(f, entry, 1)));
    nf_value more = nf_build_compare(f, head, NF_NE, n, constant(f, head, 0));
    nf_build_brif(f, head, more, body, NULL, 0, done, NULL, 0);
    nf_value sum = add(f, body, a, b);
    nf_build_br(f, body, head, ARGS(add(f, body, n, constant(f, body, -1)), b, sum));
    nf_build_ret(f, done, a);
    static const uint64_t expected[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55};
    for (uint64_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(run_ok(w, f, i, 0), expected[i]);
    assert_int_equal(run_ok(w, f, 90, 0), UINT64_C(2880067194370816120));
}

/* Vectors rotate through three parameters, which share no storage. */
static void vector_parameters_change_places(void **state)
{
    world *w = *state;
    const nf_type vector = NF_VECTOR_OF(NF_I32, 3);
    nf_func *f = function(w, "rotate", NF_I32, TYPES(NF_I64));
    nf_block entry = nf_func_entry(f), head = nf_func_block(f), body = nf_func_block(f),
             done = nf_func_block(f);
    nf_value n = nf_block_param(f, head, NF_I64), v[3], start[3];
    for (int i = 0; i < 3; i++) {
        v[i] = nf_block_param(f, head, vector);
        nf_value scalar = nf_build_iconst(f, entry, NF_I32, 10 + i);
        start[i] = nf_build(f, entry, NF_OP_SPLAT, vector, scalar, none, none);
    }
    nf_build_br(f, entry, head, ARGS(nf_func_param(f, 0), start[0], start[1], start[2]));
    nf_build_brif(f, head, nf_build_compare(f, head, NF_NE, n, constant(f, head, 0)), body, NULL, 0,
                  done, NULL, 0);
    nf_build_br(f, body, head, ARGS(add(f, body, n, constant(f, body, -1)), v[1], v[2], v[0]));
    nf_build_ret(f, done, nf_build_extract(f, done, v[0], 7));
    for (uint64_t i = 0; i < 7; i++) assert_int_equal(run_ok(w, f, i, 0), 10 + i % 3);
}

static void switches_go_by_key(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "pick", NF_I64, TYPES(NF_I8));
    nf_block entry = nf_func_entry(f), out = nf_func_block(f);
    nf_value result = nf_block_param(f, out, NF_I64);
    nf_value the_switch =
        nf_build_switch(f, entry, nf_func_param(f, 0), out, ARGS(constant(f, entry, 0)));
    static const int64_t keys[] = {-1, 0, 5, -128};
    for (size_t i = 0; i < COUNT(keys); i++) {
        nf_block arm = nf_func_block(f);
        nf_build_br(f, arm, out, ARGS(constant(f, arm, 100 + keys[i])));
        nf_switch_case(f, the_switch, keys[i], arm, NULL, 0);
    }
    nf_build_ret(f, out, result);
    assert_int_equal(run_ok(w, f, 0xff, 0), 99);
    assert_int_equal(run_ok(w, f, 0, 0), 100);
    assert_int_equal(run_ok(w, f, 5, 0), 105);
    assert_int_equal(run_ok(w, f, 0x80, 0), (uint64_t)-28);
    assert_int_equal(run_ok(w, f, 6, 0), 0);
}

/* --- memory --- */

static void loads_and_stores_of_every_type(void **state)
{
    world *w = *state;
    static const nf_type types[] = {NF_I8,
                                    NF_I16,
                                    NF_I32,
                                    NF_I64,
                                    NF_F32,
                                    NF_F64,
                                    NF_VECTOR_OF(NF_I8, 6),
                                    NF_VECTOR_OF(NF_I16, 1),
                                    NF_VECTOR_OF(NF_F32, 3),
                                    NF_VECTOR_OF(NF_F64, 1)};
    for (size_t t = 0; t < COUNT(types); t++) {
        for (unsigned scale = 0; scale < 4; scale++) {
            char name[32];
            uint8_t memory[512], expected[512];
            unsigned bytes = nf_type_bytes(types[t]);
            snprintf(name, sizeof name, "copy%zu_%u", t, scale);
            nf_func *f = function(w, name, NF_VOID, TYPES(NF_I64, NF_I64));
            nf_block b = nf_func_entry(f);
            nf_address from = {.base = nf_func_param(f, 0), .offset = 3};
            nf_address to = {.base = nf_func_param(f, 0),
                             .index = nf_func_param(f, 1),
                             .scale_log2 = scale,
                             .offset = -7};
            nf_build_store(f, b, nf_build_load(f, b, types[t], from), to);
            nf_build_ret(f, b, none);
            for (size_t i = 0; i < sizeof memory; i++) memory[i] = (uint8_t)(i * 7 + 1);
            memcpy(expected, memory, sizeof memory);
            memmove(expected + (50 << scale) - 7, expected + 3, bytes);
            assert_int_equal(run(w, f, NULL, (uintptr_t)memory, 50), NF_OK);
            assert_memory_equal(memory, expected, sizeof memory);
        }
    }
}

static void atomic_and_volatile_accesses(void **state)
{
    world *w = *state;
    static const nf_type types[] = {NF_I8, NF_I16, NF_I32, NF_I64, NF_F32, NF_F64};
    for (size_t t = 0; t < COUNT(types); t++) {
        char name[32];
        uint64_t memory[2] = {UINT64_C(0x1122334455667788), 0}, expected = 0;
        snprintf(name, sizeof name, "atomic%zu", t);
        nf_func *f = function(w, name, NF_VOID, TYPES(NF_I64));
        nf_block b = nf_func_entry(f);
        nf_address from = {.base = nf_func_param(f, 0), .align_log2 = 3, .is_atomic = true};
        nf_address to = from;
        to.offset = 8;
        to.is_volatile = true;
        nf_build_store(f, b, nf_build_load(f, b, types[t], from), to);
        nf_build_ret(f, b, none);
        memcpy(&expected, memory, nf_type_bytes(types[t]));
        assert_int_equal(run(w, f, NULL, (uintptr_t)memory, 0), NF_OK);
        assert_int_equal(memory[1], expected);
    }
}

/* The false lanes lie in pages that cannot be touched: behind the buffer, and in front of it. */
static void masked_accesses_leave_false_lanes_alone(void **state)
{
    world *w = *state;
    const nf_type vector = NF_VECTOR_OF(NF_I32, 2);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_READ | PROT_WRITE), 0);
    nf_func *f = function(w, "masked", NF_I32, TYPES(NF_I64, NF_I64));
    nf_block b = nf_func_entry(f);
    nf_value mask = nf_build_load(f, b, vector, (nf_address){.base = nf_func_param(f, 1)});
    nf_address at = {.base = nf_func_param(f, 0)};
    nf_value loaded = nf_build_mload(f, b, vector, mask, at);
    nf_value one = nf_build_iconst(f, b, NF_I32, 1);
    nf_value ones = nf_build(f, b, NF_OP_SPLAT, vector, one, none, none);
    nf_build_mstore(f, b, nf_build(f, b, NF_OP_ADD, vector, loaded, ones, none), mask, at);
    nf_build_ret(f, b, nf_build(f, b, NF_OP_REDUCE_ADD, vector, loaded, none, none));
    uint32_t *last = (uint32_t *)(pages + 2 * page) - 2, *first = (uint32_t *)(pages + page);
    /* Only the top bit of a mask's lane counts. */
    static const uint32_t low[4] = {0x80000000, UINT32_MAX, 0x7fffffff, 0},
                          high[4] = {0, 1, 0xffffffff, 0xf0000000}, nothing[4] = {0};
    last[0] = 5, last[1] = 6, first[0] = 7, first[1] = 8;
    assert_int_equal(run_ok(w, f, (uintptr_t)last, (uintptr_t)low), 11);
    assert_int_equal(last[0], 6);
    assert_int_equal(last[1], 7);
    assert_int_equal(run_ok(w, f, (uintptr_t)(first - 2), (uintptr_t)high), 15);
    assert_int_equal(first[0], 8);
    assert_int_equal(first[1], 9);
    assert_int_equal(run_ok(w, f, 8, (uintptr_t)nothing), 0);
    munmap(pages, 3 * page);
}

static void locals_are_zeroed_aligned_and_their_own(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "locals", NF_I64, TYPES(NF_I64));
    nf_block b = nf_func_entry(f);
    nf_local small = nf_func_local(f, 8, 0), big = nf_func_local(f, 100, 6);
    nf_value p = nf_build_local(f, b, small, 0), q = nf_build_local(f, b, big, 0);
    nf_value before = nf_build_load(f, b, NF_I64, (nf_address){.base = p});
    nf_build_store(f, b, nf_func_param(f, 0), (nf_address){.base = p});
    nf_build_store(f, b, nf_func_param(f, 0), (nf_address){.base = q, .offset = 92});
    nf_value after = nf_build_load(f, b, NF_I64, (nf_address){.base = p});
    nf_value low = nf_build(f, b, NF_OP_AND, NF_I64, q, constant(f, b, 63), none);
    nf_build_ret(f, b, add(f, b, add(f, b, before, after), low));
    assert_int_equal(run_ok(w, f, 41, 0), 41);
    assert_int_equal(run_ok(w, f, 42, 0), 42); /* zero again */
}

/* --- calls --- */

static nf_func *build_factorial(world *w)
{
    nf_func *f = function(w, "factorial", NF_I64, TYPES(NF_I64));
    nf_block entry = nf_func_entry(f), more = nf_func_block(f), one = nf_func_block(f);
    nf_value n = nf_func_param(f, 0);
    nf_build_brif(f, entry, nf_build_compare(f, entry, NF_UGT, n, constant(f, entry, 1)), more,
                  NULL, 0, one, NULL, 0);
    nf_value smaller = add(f, more, n, constant(f, more, -1));
    nf_value product = nf_build_call(f, more, nf_func_symbol(f), ARGS(smaller));
    nf_build_ret(f, more, nf_build(f, more, NF_OP_MUL, NF_I64, n, product, none));
    nf_build_ret(f, one, constant(f, one, 1));
    return f;
}

static void calls_recur_to_the_limit(void **state)
{
    world *w = *state;
    nf_func *f = build_factorial(w);
    nf_bits result;
    assert_int_equal(run_ok(w, f, 20, 0), UINT64_C(2432902008176640000));
    assert_int_equal(run_ok(w, f, DEPTH, 0), 0);
    assert_int_equal(run(w, f, &result, DEPTH + 1, 0), NF_LIMIT);
    assert_string_equal(w->error.message, "in factorial: calls are nested deeper than 100");
    assert_int_equal(run_ok(w, f, DEPTH, 0), 0); /* the failure left nothing behind */
}

/* What calls have taken they give back: a thousand runs of ten thousand calls, no more memory. */
static void calls_give_their_memory_back(void **state)
{
    world *w = *state;
    nf_func *f = build_factorial(w);
    run_ok(w, f, DEPTH, 0);
    size_t before = w->arena.bytes;
    for (int i = 0; i < 1000; i++) {
        w->eval.steps = STEPS;
        run_ok(w, f, DEPTH, 0);
    }
    assert_int_equal(w->arena.bytes, before);
}

static void tail_calls_do_not_nest(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "sum", NF_I64, TYPES(NF_I64, NF_I64));
    nf_block entry = nf_func_entry(f), more = nf_func_block(f), done = nf_func_block(f);
    nf_value n = nf_func_param(f, 0), sum = nf_func_param(f, 1);
    nf_build_brif(f, entry, nf_build_compare(f, entry, NF_NE, n, constant(f, entry, 0)), more, NULL,
                  0, done, NULL, 0);
    nf_local scratch = nf_func_local(f, 4096, 4);
    nf_build_store(f, more, n, (nf_address){.base = nf_build_local(f, more, scratch, 0)});
    nf_build_tail_call(f, more, nf_func_symbol(f),
                       ARGS(add(f, more, n, constant(f, more, -1)), add(f, more, sum, n)));
    nf_build_ret(f, done, sum);
    w->eval.depth_max = 1;
    assert_int_equal(run_ok(w, f, 100000, 0), UINT64_C(5000050000));
    assert_true(w->arena.bytes < 1 << 20);
}

static uint64_t host_mix(int8_t a, uint16_t b, int32_t c, uint64_t d, float e, double f, int64_t g,
                         int64_t h, int64_t i, uint8_t j)
{
    char text[128];
    snprintf(text, sizeof text, "%d %u %d %llu %g %g %lld %lld %lld %u", a, b, c,
             (unsigned long long)d, (double)e, f, (long long)g, (long long)h, (long long)i, j);
    assert_string_equal(text, "-1 65535 -2 3 1.5 -2.25 7 8 9 255");
    return UINT64_C(0x123456789abcdef0);
}

/* Ten arguments of mixed types, two of them on the stack. The host's i8 result is cut. */
static void host_calls_pass_everything(void **state)
{
    world *w = *state;
    nf_signature signature = nf_module_signature(
        w->module, NF_I8,
        TYPES(NF_I8, NF_I16, NF_I32, NF_I64, NF_F32, NF_F64, NF_I64, NF_I64, NF_I64, NF_I8), false);
    nf_symbol symbol = nf_module_extern(w->module, "host_mix", signature);
    w->addresses[symbol.id] = (uintptr_t)host_mix;
    nf_func *f = function(w, "caller", NF_I8, NULL, 0);
    nf_block b = nf_func_entry(f);
    nf_value result =
        nf_build_call(f, b, symbol,
                      ARGS(nf_build_iconst(f, b, NF_I8, -1), nf_build_iconst(f, b, NF_I16, -1),
                           nf_build_iconst(f, b, NF_I32, -2), constant(f, b, 3),
                           nf_build_f32(f, b, 1.5f), nf_build_f64(f, b, -2.25), constant(f, b, 7),
                           constant(f, b, 8), constant(f, b, 9), nf_build_iconst(f, b, NF_I8, -1)));
    nf_build_ret(f, b, result);
    assert_int_equal(run_ok(w, f, 0, 0), 0xf0);
}

static double host_half(double x)
{
    return x / 2;
}

static void host_calls_with_many_floats_and_variadic_ones(void **state)
{
    world *w = *state;
    char text[64];
    nf_symbol print = nf_module_extern(
        w->module, "snprintf",
        nf_module_signature(w->module, NF_I32, TYPES(NF_I64, NF_I64, NF_I64), true));
    nf_symbol half = nf_module_extern(w->module, "half",
                                      nf_module_signature(w->module, NF_F64, TYPES(NF_F64), false));
    w->addresses[print.id] = (uintptr_t)snprintf;
    w->addresses[half.id] = (uintptr_t)host_half;
    nf_func *f = function(w, "caller", NF_I32, TYPES(NF_I64, NF_I64));
    nf_block b = nf_func_entry(f);
    nf_value args[16] = {nf_func_param(f, 0), constant(f, b, sizeof text), nf_func_param(f, 1)};
    for (int i = 0; i < 10; i++)
        args[3 + i] = nf_build_call(f, b, half, ARGS(nf_build_f64(f, b, i)));
    for (int i = 0; i < 3; i++) args[13 + i] = constant(f, b, 100 + i);
    /* doubles 8 and 9 and integers 1 and 2 are on the stack */
    nf_build_ret(f, b, nf_build_call(f, b, print, args, 16));
    const char *format = "%g %g %g %g %g %g %g %g %g %g|%d %d %d";
    /* Arguments on the stack come in order: the two doubles before the integers that follow. */
    int length = (int)run_ok(w, f, (uintptr_t)text, (uintptr_t)format);
    assert_string_equal(text, "0 0.5 1 1.5 2 2.5 3 3.5 4 4.5|100 101 102");
    assert_int_equal(length, strlen(text));
}

static void indirect_calls_find_nir_functions_and_the_host(void **state)
{
    world *w = *state;
    nf_signature signature = nf_module_signature(w->module, NF_F64, TYPES(NF_F64), false);
    nf_func *twice = function(w, "twice", NF_F64, TYPES(NF_F64));
    nf_block t = nf_func_entry(twice);
    nf_build_ret(twice, t,
                 nf_build(twice, t, NF_OP_FADD, NF_F64, nf_func_param(twice, 0),
                          nf_func_param(twice, 0), none));
    static char stub; /* nobody jumps there: the evaluator must know the address */
    w->addresses[nf_func_symbol(twice).id] = (uintptr_t)&stub;
    nf_func *f = function(w, "caller", NF_F64, TYPES(NF_I64));
    nf_block b = nf_func_entry(f);
    nf_value value =
        nf_build_call_indirect(f, b, nf_func_param(f, 0), signature, ARGS(nf_build_f64(f, b, 3.0)));
    nf_build_tail_call_indirect(f, b, nf_func_param(f, 0), signature, ARGS(value));
    nf_bits result;
    assert_int_equal(run(w, f, &result, (uintptr_t)&stub, 0), NF_OK);
    assert_true(result.f64[0] == 12.0);
    assert_int_equal(run(w, f, &result, (uintptr_t)host_half, 0), NF_OK);
    assert_true(result.f64[0] == 0.75);
    /* Another signature than the function's own. */
    nf_func *wrong = function(w, "wrong", NF_VOID, TYPES(NF_I64));
    b = nf_func_entry(wrong);
    nf_signature other = nf_module_signature(w->module, NF_I64, NULL, 0, false);
    nf_build_call_indirect(wrong, b, nf_func_param(wrong, 0), other, NULL, 0);
    nf_build_ret(wrong, b, none);
    assert_int_equal(run(w, wrong, &result, (uintptr_t)&stub, 0), NF_INVALID);
}

static bool call_asked(void *context, nf_symbol callee, const nf_bits *args, nf_bits *result)
{
    world *w = context;
    (void)callee;
    w->asked++;
    if (!w->asked_takes) return false;
    *result = (nf_bits){.u64 = {args[0].u64[0] + 1000}};
    return true;
}

static void the_embedder_is_asked_first(void **state)
{
    world *w = *state;
    nf_func *f = build_factorial(w);
    w->eval.call = call_asked;
    w->eval.context = w;
    assert_int_equal(run_ok(w, f, 5, 0), 120);
    assert_int_equal(w->asked, 4);
    w->asked_takes = true;
    assert_int_equal(run_ok(w, f, 5, 0), 5 * 1004);
    assert_int_equal(w->asked, 5);
}

static world *nested_world;
static nf_func *nested_func;

static uint64_t host_reenters(uint64_t n)
{
    return run_ok(nested_world, nested_func, n, 0);
}

static void the_host_may_evaluate_again(void **state)
{
    world *w = *state;
    nested_world = w;
    nested_func = build_factorial(w);
    nf_symbol symbol = nf_module_extern(
        w->module, "again", nf_module_signature(w->module, NF_I64, TYPES(NF_I64), false));
    w->addresses[symbol.id] = (uintptr_t)host_reenters;
    nf_func *f = function(w, "outer", NF_I64, TYPES(NF_I64, NF_I64));
    nf_block b = nf_func_entry(f);
    nf_value inner = nf_build_call(f, b, symbol, ARGS(nf_func_param(f, 0)));
    nf_build_ret(f, b, add(f, b, inner, nf_func_param(f, 1)));
    assert_int_equal(run_ok(w, f, 10, 5), 3628805);
}

static void symbols_have_addresses(void **state)
{
    world *w = *state;
    static uint32_t table[4] = {1, 2, 3, 4};
    nf_symbol data = nf_module_extern_data(w->module, "table");
    nf_func *f = function(w, "third", NF_I32, NULL, 0);
    nf_block b = nf_func_entry(f);
    nf_value at = nf_build_symbol(f, b, data, 8);
    nf_build_ret(f, b, nf_build_load(f, b, NF_I32, (nf_address){.base = at}));
    nf_bits result;
    assert_int_equal(run(w, f, &result, 0, 0), NF_SYMBOL);
    assert_string_equal(w->error.message, "in third: table has no address");
    w->addresses[data.id] = (uintptr_t)table;
    assert_int_equal(run_ok(w, f, 0, 0), 3);
}

static void unknown_host_functions_are_named(void **state)
{
    world *w = *state;
    nf_symbol symbol = nf_module_extern(w->module, "nowhere",
                                        nf_module_signature(w->module, NF_VOID, NULL, 0, false));
    nf_func *f = function(w, "caller", NF_VOID, NULL, 0);
    nf_build_call(f, nf_func_entry(f), symbol, NULL, 0);
    nf_build_ret(f, nf_func_entry(f), none);
    assert_int_equal(run(w, f, NULL, 0, 0), NF_SYMBOL);
    assert_string_equal(w->error.message, "in caller: nowhere is not known to the host");
}

/* --- traps and limits --- */

static void traps_name_the_function_and_line(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "divide", NF_I64, TYPES(NF_I64, NF_I64));
    nf_block b = nf_func_entry(f);
    nf_value quotient =
        nf_build(f, b, NF_OP_SDIV, NF_I64, nf_func_param(f, 0), nf_func_param(f, 1), none);
    nf_build_ret(f, b, quotient);
    nf_func *g = function(w, "outer", NF_I64, TYPES(NF_I64, NF_I64));
    b = nf_func_entry(g);
    nf_build_ret(
        g, b,
        nf_build_call(g, b, nf_func_symbol(f), ARGS(nf_func_param(g, 0), nf_func_param(g, 1))));
    for (uint32_t i = 0; i <= quotient.id; i++) {
        assert_true(NF_VEC_PUSH(f->arena, &f->debug.lines, i == quotient.id ? 77 : 1));
    }
    nf_bits result;
    assert_int_equal(run_ok(w, g, 7, (uint64_t)-2), (uint64_t)-3);
    assert_int_equal(run(w, g, &result, 7, 0), NF_TRAP);
    char text[128];
    nf_error_format(&w->error, text, sizeof text);
    assert_string_equal(text, "test.nir:77: in divide: sdiv traps");
    nf_func *h = function(w, "stop", NF_VOID, NULL, 0);
    nf_build_trap(h, nf_func_entry(h));
    assert_int_equal(run(w, h, NULL, 0, 0), NF_TRAP);
    assert_string_equal(w->error.message, "in stop: trap");
}

static void endless_loops_end_with_the_budget(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "forever", NF_VOID, NULL, 0);
    nf_block loop = nf_func_block(f);
    nf_build_br(f, nf_func_entry(f), loop, NULL, 0);
    nf_build_br(f, loop, loop, NULL, 0);
    w->eval.steps = 1000;
    assert_int_equal(run(w, f, NULL, 0, 0), NF_LIMIT);
    assert_int_equal(w->eval.steps, 0);
}

/* Every allocation fails in turn: a status, and nothing leaks (the teardown counts). */
static void failed_allocations_are_reported(void **state)
{
    world *w = *state;
    nf_func *f = function(w, "big", NF_I64, TYPES(NF_I64));
    nf_block b = nf_func_entry(f);
    for (int i = 0; i < 40; i++) nf_func_local(f, 100000, 4);
    nf_build_ret(f, b, nf_func_param(f, 0));
    nf_status status = NF_MEMORY;
    for (size_t fail_at = 0; status != NF_OK; fail_at++) {
        nf_arena_free(&w->arena);
        w->eval.stack = NULL;
        w->memory.fail_at = w->memory.count + fail_at;
        nf_bits result;
        status = run(w, f, &result, 9, 0);
        assert_true(status == NF_OK || status == NF_MEMORY);
        assert_true(fail_at < 100);
    }
    w->memory.fail_at = SIZE_MAX;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(loops_assign_parameters_in_parallel),
        TEST(vector_parameters_change_places),
        TEST(switches_go_by_key),
        TEST(loads_and_stores_of_every_type),
        TEST(atomic_and_volatile_accesses),
        TEST(masked_accesses_leave_false_lanes_alone),
        TEST(locals_are_zeroed_aligned_and_their_own),
        TEST(calls_recur_to_the_limit),
        TEST(calls_give_their_memory_back),
        TEST(tail_calls_do_not_nest),
        TEST(host_calls_pass_everything),
        TEST(host_calls_with_many_floats_and_variadic_ones),
        TEST(indirect_calls_find_nir_functions_and_the_host),
        TEST(the_embedder_is_asked_first),
        TEST(the_host_may_evaluate_again),
        TEST(symbols_have_addresses),
        TEST(unknown_host_functions_are_named),
        TEST(traps_name_the_function_and_line),
        TEST(endless_loops_end_with_the_budget),
        TEST(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
