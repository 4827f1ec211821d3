/*
 * The engine: programs load and run in every mode, hot functions race and are swapped while threads
 * call them, a bad version is rolled back, retired code goes away, limits are errors and no end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_internal.h"
#include "lib_plant.h"

enum { ELEMENTS = 1000, SECONDS_MAX = 60 };

static const char saxpy_text[] = "func @saxpy(%n: i64, %a: f32, %x: i64, %y: i64) -> void {\n"
                                 "entry:\n"
                                 "  %zero = iconst.i64 0\n"
                                 "  br head(%zero)\n"
                                 "head(%i: i64):\n"
                                 "  %more = icmp.slt.i64 %i, %n\n"
                                 "  brif %more, body, done\n"
                                 "body:\n"
                                 "  %xi = load.f32 [%x + %i*4]\n"
                                 "  %yi = load.f32 [%y + %i*4]\n"
                                 "  %product = fmul.f32 %a, %xi\n"
                                 "  %sum = fadd.f32 %product, %yi\n"
                                 "  store.f32 %sum, [%y + %i*4]\n"
                                 "  %one = iconst.i64 1\n"
                                 "  %next = add.i64 %i, %one\n"
                                 "  br head(%next)\n"
                                 "done:\n"
                                 "  ret\n"
                                 "}\n";

static const char small_text[] = "extern @abs(i32) -> i32\n"
                                 "data @numbers { i64 5, 6, 7 }\n"
                                 "func @next(%x: i64) -> i64 {\n"
                                 "entry:\n"
                                 "  %one = iconst.i64 1\n"
                                 "  %sum = add.i64 %x, %one\n"
                                 "  ret %sum\n"
                                 "}\n"
                                 "func @fib(%n: i64) -> i64 {\n"
                                 "entry:\n"
                                 "  %two = iconst.i64 2\n"
                                 "  %small = icmp.slt.i64 %n, %two\n"
                                 "  brif %small, end, more\n"
                                 "end:\n"
                                 "  ret %n\n"
                                 "more:\n"
                                 "  %one = iconst.i64 1\n"
                                 "  %n1 = sub.i64 %n, %one\n"
                                 "  %n2 = sub.i64 %n, %two\n"
                                 "  %f1 = call @fib(%n1)\n"
                                 "  %f2 = call @fib(%n2)\n"
                                 "  %sum = add.i64 %f1, %f2\n"
                                 "  ret %sum\n"
                                 "}\n"
                                 "func @host(%x: i32) -> i32 {\n"
                                 "entry:\n"
                                 "  %r = call @abs(%x)\n"
                                 "  ret %r\n"
                                 "}\n"
                                 "func @mixed(%a: i8, %b: f64, %c: i16, %d: f32, %e: i64, %f: i64, "
                                 "%g: i64, %h: i64, %i: i64) -> f64 {\n"
                                 "entry:\n"
                                 "  %a2 = sext.i64 %a\n"
                                 "  %c2 = sext.i64 %c\n"
                                 "  %s1 = add.i64 %a2, %c2\n"
                                 "  %s2 = add.i64 %e, %f\n"
                                 "  %s3 = add.i64 %g, %h\n"
                                 "  %s4 = add.i64 %s1, %s2\n"
                                 "  %s5 = add.i64 %s3, %i\n"
                                 "  %s6 = add.i64 %s4, %s5\n"
                                 "  %fs = sitofp.f64 %s6\n"
                                 "  %dd = fpext.f64 %d\n"
                                 "  %t = fadd.f64 %b, %dd\n"
                                 "  %r = fadd.f64 %t, %fs\n"
                                 "  ret %r\n"
                                 "}\n";

typedef void saxpy_function(int64_t, float, const float *, float *);
typedef int64_t int_function(int64_t);

static nf_engine *engine_new(const nf_config *config)
{
    nf_engine *engine;
    nf_error error = {0};
    if (nf_engine_new(config, &engine, &error) != NF_OK) fail_msg("%s", error.message);
    return engine;
}

static nf_program *load(nf_engine *engine, const char *text)
{
    nf_program *program;
    nf_error error = {0};
    if (nf_program_load(engine, "test.nir", text, strlen(text), &program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    return program;
}

static void test_every_mode_gives_the_same_answers(void **state)
{
    (void)state;
    static const nf_mode modes[] = {NF_MODE_AUTO, NF_MODE_EVALUATE, NF_MODE_BASELINE,
                                    NF_MODE_OPTIMISED};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        nf_engine *engine = engine_new(&(nf_config){.mode = modes[i]});
        nf_program *program = load(engine, small_text);
        int_function *fib = (int_function *)nf_program_function(program, "fib");
        int (*host)(int) = (int (*)(int))nf_program_function(program, "host");
        double (*mixed)(int8_t, double, int16_t, float, int64_t, int64_t, int64_t, int64_t,
                        int64_t) =
            (double (*)(int8_t, double, int16_t, float, int64_t, int64_t, int64_t, int64_t,
                        int64_t))nf_program_function(program, "mixed");
        assert_int_equal(fib(20), 6765);
        assert_int_equal(host(-7), 7);
        assert_true(mixed(-1, 0.5, -300, 0.25f, 10, 20, 30, 40, 50) == -150.25);
        assert_null(nf_program_function(program, "no_such"));
        size_t size;
        int64_t *numbers = nf_program_data(program, "numbers", &size);
        assert_int_equal(size, 24);
        assert_int_equal(numbers[2], 7);
        nf_engine_free(engine);
    }
}

static void saxpy_check(saxpy_function *saxpy, float *x, float *y, int64_t n)
{
    for (int i = 0; i < ELEMENTS; i++) x[i] = (float)i, y[i] = 1;
    saxpy(n, 2, x, y);
    for (int i = 0; i < ELEMENTS; i++) assert_true(y[i] == (i < n ? 2 * (float)i + 1 : 1));
}

/* Calls until the function has raced. */
static void call_until_raced(nf_engine *engine, saxpy_function *saxpy, float *x, float *y)
{
    const nf_function *function = engine->functions[0];
    uint64_t end = nf_os_time_ns() + (uint64_t)SECONDS_MAX * 1000000000;
    while (__atomic_load_n(&function->phase, __ATOMIC_ACQUIRE) != NF_PHASE_SETTLED ||
           !__atomic_load_n(&function->races, __ATOMIC_ACQUIRE)) {
        if (nf_os_time_ns() > end) fail_msg("not settled: phase %d", function->phase);
        for (int64_t n = 0; n < 200; n++) saxpy(ELEMENTS - n, 0, x, y);
        if (engine->config.no_background) nf_engine_step(engine);
    }
}

static void check_race(nf_engine *engine)
{
    const nf_function *function = engine->functions[0];
    assert_non_null(function->races);
    assert_true(function->races->candidate_count >= 6 || !(engine->features & NF_CPU_AVX2));
    for (uint32_t i = 0; i < function->races->candidate_count; i++) {
        nf_race_outcome outcome = function->races->report.results[i].outcome;
        if (outcome != NF_RACE_WON && outcome != NF_RACE_LOST)
            fail_msg("%s: %s", function->races->names[i],
                     function->races->report.results[i].reason);
    }
}

static void race_saxpy(bool no_background)
{
    static float x[ELEMENTS], y[ELEMENTS];
    nf_engine *engine =
        engine_new(&(nf_config){.no_background = no_background, .no_counters = true});
    nf_program *program = load(engine, saxpy_text);
    saxpy_function *saxpy = (saxpy_function *)nf_program_function(program, "saxpy");
    saxpy_check(saxpy, x, y, 100);
    call_until_raced(engine, saxpy, x, y);
    check_race(engine);
    assert_ptr_equal(nf_program_function(program, "saxpy"), saxpy);
    for (int64_t n = 0; n < 130; n++) saxpy_check(saxpy, x, y, n);
    nf_engine_free(engine);
}

static void test_a_hot_function_races(void **state)
{
    (void)state;
    race_saxpy(false);
}

static void test_an_engine_without_thread_is_stepped(void **state)
{
    (void)state;
    race_saxpy(true);
}

/* --- products that may be fused --- */

static const char dot_text[] = "func @dot(%n: i64, %x: i64, %y: i64) -> f64 {\n"
                               "entry:\n"
                               "  %zero = iconst.i64 0\n"
                               "  %nothing = fconst.f64 0.0\n"
                               "  br head(%zero, %nothing)\n"
                               "head(%i: i64, %sum: f64):\n"
                               "  %more = icmp.slt.i64 %i, %n\n"
                               "  brif %more, body, done\n"
                               "body:\n"
                               "  %xi = load.f64 [%x + %i*8]\n"
                               "  %yi = load.f64 [%y + %i*8]\n"
                               "  %new = fmuladd.f64 %xi, %yi, %sum\n"
                               "  %one = iconst.i64 1\n"
                               "  %next = add.i64 %i, %one\n"
                               "  br head(%next, %new)\n"
                               "done:\n"
                               "  ret %sum\n"
                               "}\n";

typedef double dot_function(int64_t n, const double *x, const double *y);

static double dot_is(const double *x, const double *y, bool fused)
{
    double sum = 0;
    for (int i = 0; i < ELEMENTS; i++) {
        volatile double product = x[i] * y[i];
        sum = fused ? fma(x[i], y[i], sum) : product + sum;
    }
    return sum;
}

/* Both answers are right, and each version that fuses gives the other one: no race, no comparison of
 * live calls may take that for a fault. */
static void test_versions_that_fuse_are_right(void **state)
{
    (void)state;
    static double x[ELEMENTS], y[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) x[i] = 1.0 / (i + 3), y[i] = 0.1 * (i % 19 - 7);
    const double exact = dot_is(x, y, false), fused = dot_is(x, y, true);
    assert_true(exact != fused);
    nf_engine *engine = engine_new(&(nf_config){.no_background = true, .no_counters = true});
    nf_program *program = load(engine, dot_text);
    dot_function *dot = (dot_function *)nf_program_function(program, "dot");
    const nf_function *function = engine->functions[0];
    uint64_t end = nf_os_time_ns() + (uint64_t)SECONDS_MAX * 1000000000;
    while (function->phase != NF_PHASE_SETTLED || function->races == NULL) {
        for (int n = 0; n < 100; n++) {
            double is = dot(ELEMENTS, x, y);
            if (is != exact && is != fused) fail_msg("%.17g", is);
        }
        if (nf_os_time_ns() > end) fail_msg("not settled: phase %d", function->phase);
        nf_engine_step(engine);
    }
    for (const nf_version *v = function->versions; v; v = v->older)
        if (v->state == NF_VERSION_REJECTED) fail_msg("%s: %s", v->name, v->reason);
    printf("  %s\n", function->active->name);
    assert_true(function->fused != NULL || !(engine->features & NF_CPU_FMA));
    nf_engine_free(engine);
}

/* ThreadSanitizer holds signals back until a thread calls the system: a scan of threads that don't
 * gives up, and nothing may be freed. */
#ifdef __SANITIZE_THREAD__
enum { SCANS_END = 0 };
#else
enum { SCANS_END = 1 };
#endif

/* Words that calls left below are taken for return addresses by a scan. */
__attribute__((noinline)) static void stack_clear(void)
{
    volatile uint8_t stale[16 << 10];
    for (size_t i = 0; i < sizeof stale; i++) stale[i] = 0;
}

/* --- threads --- */

typedef struct caller {
    pthread_t thread;
    saxpy_function *saxpy;
    bool *stop;
    bool wrong;
    float x[ELEMENTS], y[ELEMENTS];
} caller;

static void *call_and_check(void *context)
{
    caller *c = context;
    for (int i = 0; i < ELEMENTS; i++) c->x[i] = 1, c->y[i] = 0;
    for (int round = 0; !__atomic_load_n(c->stop, __ATOMIC_RELAXED); round++) {
        c->saxpy(ELEMENTS, 1, c->x, c->y);
        if (c->y[round % ELEMENTS] != (float)(round % 1000 + 1)) c->wrong = true;
        if (round % 1000 == 999)
            for (int i = 0; i < ELEMENTS; i++) c->y[i] = 0;
    }
    return NULL;
}

static void test_threads_call_while_versions_change(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    static caller callers[THREADS];
    static float x[ELEMENTS], y[ELEMENTS];
    bool stop = false;
    nf_engine *engine = engine_new(&(nf_config){.no_counters = true});
    nf_program *program = load(engine, saxpy_text);
    saxpy_function *saxpy = (saxpy_function *)nf_program_function(program, "saxpy");
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (caller){.saxpy = saxpy, .stop = &stop};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_and_check, &callers[i]), 0);
    }
    call_until_raced(engine, saxpy, x, y);
    size_t before = nf_code_memory_usage(engine->code).used, pinned = 1;
    for (int i = 0; i < (SCANS_END ? 200 : 2) && pinned; i++) {
        stack_clear();
        pinned = nf_engine_reclaim(engine);
    }
    if (SCANS_END) {
        assert_int_equal(pinned, 0);
        assert_true(nf_code_memory_usage(engine->code).used < before);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_false(callers[i].wrong);
    }
    nf_engine_free(engine);
}

/* --- rollback --- */

/* Versions of @next by hand: a long way to x + 1, and one that errs at 7. */
static const uint8_t slow_code[] = {
    0xb9, 0x20, 0x4e, 0x00, 0x00, /* mov ecx, 20000 */
    0xff, 0xc9,                   /* dec ecx */
    0x75, 0xfc,                   /* jnz -4 */
    0x48, 0x8d, 0x47, 0x01,       /* lea rax, [rdi + 1] */
    0xc3,                         /* ret */
};
static const uint8_t wrong_code[] = {
    0x48, 0x8d, 0x47, 0x01, /* lea rax, [rdi + 1] */
    0x48, 0x83, 0xff, 0x07, /* cmp rdi, 7 */
    0x75, 0x03,             /* jne +3 */
    0x48, 0xff, 0xc8,       /* dec rax */
    0xc3,                   /* ret */
};

static void test_a_slower_version_is_rolled_back(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(&(nf_config){.no_background = true, .no_counters = true});
    nf_program *program = load(engine, small_text);
    int_function *next = (int_function *)nf_program_function(program, "next");
    assert_int_equal(next(1), 2);
    nf_function *function = engine->functions[0];
    assert_string_equal(function->name, "next");
    nf_version *slow = plant_version(function, slow_code, sizeof slow_code),
               *old = function->active;
    nf_promote_planted(function, slow, "planted");
    assert_ptr_equal(function->active, slow);
    for (int64_t i = 0; function->phase != NF_PHASE_SETTLED && i < 1000000; i++) {
        assert_int_equal(next(i), i + 1);
        if (i % 64 == 0) nf_engine_step(engine);
    }
    assert_ptr_equal(function->active, old);
    assert_int_equal(slow->state, NF_VERSION_ROLLED_BACK);
    assert_int_equal(next(41), 42);
    stack_clear();
    size_t pinned = nf_engine_reclaim(engine);
    if (SCANS_END) assert_true(pinned == 0 && slow->freed);
    assert_int_equal(next(41), 42);
    nf_engine_free(engine);
}

/* Where a mistake is seen, the caller gets the right answer all the same. */
static void test_a_wrong_version_is_found_on_live_calls(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(&(nf_config){.no_background = true, .no_counters = true});
    nf_program *program = load(engine, small_text);
    int_function *next = (int_function *)nf_program_function(program, "next");
    assert_int_equal(next(1), 2);
    nf_function *function = engine->functions[0];
    nf_version *wrong = plant_version(function, wrong_code, sizeof wrong_code),
               *old = function->active;
    nf_promote_planted(function, wrong, "planted");
    assert_int_equal(function->phase, NF_PHASE_SHADOW);
    for (int64_t x = 0; x < 20; x++) assert_int_equal(next(x), x + 1);
    nf_engine_step(engine);
    assert_ptr_equal(function->active, old);
    assert_int_equal(wrong->state, NF_VERSION_REJECTED);
    assert_non_null(strstr(wrong->reason, "0x7"));
    assert_non_null(strstr(wrong->reason, "0x8"));
    assert_int_equal(next(7), 8);
    assert_true(engine->cost.trial_ns > 0); /* calls ran twice */
    nf_engine_free(engine);
}

/* --- limits and errors --- */

static void test_full_code_memory_leaves_the_evaluator(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(&(nf_config){.code_bytes = 4096, .no_background = true});
    nf_program *program = load(engine, small_text);
    nf_code_tx rest;
    nf_error error;
    size_t free_bytes = nf_code_memory_usage(engine->code).largest_free;
    assert_int_equal(nf_code_begin(engine->code, (uint32_t)free_bytes, &rest, &error), NF_OK);
    int_function *fib = (int_function *)nf_program_function(program, "fib");
    assert_int_equal(fib(15), 610);
    char version[NF_NAME_BYTES];
    assert_true(nf_program_version(program, "fib", version));
    nf_code_abort(&rest);
    nf_engine_free(engine);
}

static void test_errors_name_the_place(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(NULL);
    nf_program *program;
    nf_error error = {0};
    const char unknown[] = "extern @no_such_symbol_anywhere() -> void\nfunc @f() -> void {\ne:\n  "
                           "call @no_such_symbol_anywhere()\n  ret\n}\n";
    assert_int_equal(nf_program_load(engine, "u.nir", unknown, strlen(unknown), &program, &error),
                     NF_SYMBOL);
    assert_non_null(strstr(error.message, "no_such_symbol_anywhere"));
    assert_string_equal(error.file, "u.nir");
    const char syntax[] = "func @f() -> void {\ne:\n  rat\n}\n";
    assert_int_equal(nf_program_load(engine, "s.nir", syntax, strlen(syntax), &program, &error),
                     NF_SYNTAX);
    assert_int_equal(error.line, 3);
    nf_engine *none;
    assert_int_equal(nf_engine_new(&(nf_config){.code_bytes = (size_t)1 << 40}, &none, &error),
                     NF_ARGUMENT);
    assert_null(none);
    nf_engine_free(engine);
}

#define REFUSED(call, name)                                                                        \
    do {                                                                                           \
        assert_int_equal(call, NF_ARGUMENT);                                                       \
        assert_non_null(strstr(error.message, name));                                              \
    } while (0)

static void test_arguments_are_refused_by_name(void **state)
{
    (void)state;
    static const nf_source nameless = {.bytes = small_text, .size = sizeof small_text - 1};
    nf_engine *engine = engine_new(NULL), *none;
    nf_program *program;
    nf_bytes bytes;
    nf_error error = {0};
    REFUSED(nf_engine_new(NULL, NULL, &error), "engine");
    REFUSED(nf_engine_new(&(nf_config){.mode = (nf_mode)77}, &none, &error), "mode");
    REFUSED(nf_engine_new(&(nf_config){.policy = (nf_policy)77}, &none, &error), "policy");
    assert_null(none);
    REFUSED(nf_program_load(NULL, "t", "", 0, &program, &error), "engine");
    REFUSED(nf_program_load(engine, NULL, "", 0, &program, &error), "name");
    REFUSED(nf_program_load(engine, "t", "", 0, NULL, &error), "program");
    REFUSED(nf_program_link(engine, NULL, 0, &program, &error), "sources");
    REFUSED(nf_program_link(engine, NULL, 1, &program, &error), "sources");
    REFUSED(nf_program_link(engine, &nameless, 1, &program, &error), "name");
    REFUSED(nf_program_add(engine, NULL, &program, &error), "module");
    REFUSED(nf_engine_report(engine, NULL, NULL, &error), "write");
    REFUSED(nf_c_compile(NULL, NULL, 0, &bytes, &error), "path");
    REFUSED(nf_c_compile("t.c", NULL, 2, &bytes, &error), "arguments");
    assert_int_equal(nf_program_add(engine, NULL, &program, NULL), NF_ARGUMENT);
    assert_null(nf_program_function(NULL, "f"));
    assert_null(nf_program_function(load(engine, small_text), NULL));
    nf_program_unload(NULL);
    nf_bytes_free(NULL);
    nf_engine_free(engine);
}

static void test_who_wants_no_detail_gets_the_status(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t size;
        nf_status status;
    } rows[] = {
        {"text", "func", 4, NF_SYNTAX},
        {"broken", "func @f() -> void {\ne:\n}\n", 25, NF_INVALID},
        {"binary", "\0NIR", 4, NF_CORRUPT},
        {"unresolved", "extern data @no_such_symbol", 27, NF_SYMBOL},
        {"/no/such.bc", NULL, 0, NF_FILE},
    };
    nf_engine *engine;
    nf_program *program;
    assert_int_equal(nf_engine_new(NULL, NULL, NULL), NF_ARGUMENT);
    assert_int_equal(nf_engine_new(NULL, &engine, NULL), NF_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(
            nf_program_load(engine, rows[i].name, rows[i].bytes, rows[i].size, &program, NULL),
            rows[i].status);
    nf_engine_free(engine);
}

static void test_a_module_has_one_engine(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(NULL);
    nf_program *program, *again;
    nf_error error;
    nf_module *module = nf_module_new(NULL, "empty");
    assert_int_equal(nf_program_add(engine, module, &program, &error), NF_OK);
    assert_int_equal(nf_program_add(engine, module, &again, &error), NF_ARGUMENT);
    assert_null(again);
    nf_engine_free(engine);
}

static void test_sources_are_told_apart(void **state)
{
    (void)state;
    static const nf_source both[] = {{"a.nir", small_text, sizeof small_text - 1, false},
                                     {"b.nir", saxpy_text, sizeof saxpy_text - 1, false}};
    nf_engine *engine = engine_new(NULL);
    nf_program *program;
    nf_error error;
    assert_int_equal(nf_program_link(engine, both, 2, &program, &error), NF_UNSUPPORTED);
    assert_string_equal(error.message, "NIR cannot be linked with other files");
    assert_string_equal(error.file, "a.nir");
    assert_int_equal(nf_program_load(engine, "/no/such.bc", NULL, 0, &program, &error), NF_FILE);
    assert_string_equal(error.file, "/no/such.bc");
    assert_int_equal(nf_program_load(engine, "/tmp", NULL, 0, &program, &error), NF_FILE);
    assert_string_equal(error.file, "/tmp");
    assert_int_equal(nf_program_load(engine, "nothing", "", 0, &program, &error), NF_OK);
    nf_engine_free(engine);
}

static void test_features_have_bits(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(&(nf_config){.features_off = nf_feature_mask("avx2")});
    assert_int_equal(nf_feature_mask("avx2"), NF_CPU_AVX2);
    assert_int_equal(nf_feature_mask("no such"), 0);
    assert_int_equal(engine->features & NF_CPU_AVX2, 0);
    nf_engine_free(engine);
}

static void test_programs_come_and_go(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(&(nf_config){.no_background = true});
    size_t empty = nf_code_memory_usage(engine->code).used;
    for (int i = 0; i < 50; i++) {
        nf_program *a = load(engine, small_text), *b = load(engine, small_text);
        int_function *first = (int_function *)nf_program_function(a, "fib");
        int_function *second = (int_function *)nf_program_function(b, "fib");
        assert_ptr_not_equal(first, second);
        assert_int_equal(first(10) + second(10), 110);
        nf_program_unload(a);
        assert_int_equal(second(10), 55);
        nf_program_unload(b);
        assert_int_equal(nf_code_memory_usage(engine->code).used, empty);
    }
    nf_engine_free(engine);
}

static void test_engines_are_independent(void **state)
{
    (void)state;
    nf_engine *engines[3];
    for (int i = 0; i < 3; i++) engines[i] = engine_new(NULL);
    int_function *fibs[3];
    for (int i = 0; i < 3; i++)
        fibs[i] = (int_function *)nf_program_function(load(engines[i], small_text), "fib");
    nf_engine_free(engines[1]);
    assert_int_equal(fibs[0](12) + fibs[2](12), 288);
    nf_engine_free(engines[0]);
    assert_int_equal(fibs[2](12), 144);
    nf_engine_free(engines[2]);
}

static void piece_count(void *context, const char *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)context += size;
}

static void test_a_report_can_be_had_at_any_time(void **state)
{
    (void)state;
    nf_engine *engine = engine_new(NULL);
    nf_error error;
    for (int i = 0; i < 20; i++) {
        size_t size = 0;
        load(engine, small_text);
        assert_int_equal(nf_engine_report(engine, piece_count, &size, &error), NF_OK);
        assert_true(size > 200);
    }
    nf_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_mode_gives_the_same_answers),
        cmocka_unit_test(test_a_hot_function_races),
        cmocka_unit_test(test_an_engine_without_thread_is_stepped),
        cmocka_unit_test(test_versions_that_fuse_are_right),
        cmocka_unit_test(test_threads_call_while_versions_change),
        cmocka_unit_test(test_a_slower_version_is_rolled_back),
        cmocka_unit_test(test_a_wrong_version_is_found_on_live_calls),
        cmocka_unit_test(test_full_code_memory_leaves_the_evaluator),
        cmocka_unit_test(test_errors_name_the_place),
        cmocka_unit_test(test_arguments_are_refused_by_name),
        cmocka_unit_test(test_who_wants_no_detail_gets_the_status),
        cmocka_unit_test(test_a_module_has_one_engine),
        cmocka_unit_test(test_sources_are_told_apart),
        cmocka_unit_test(test_features_have_bits),
        cmocka_unit_test(test_programs_come_and_go),
        cmocka_unit_test(test_engines_are_independent),
        cmocka_unit_test(test_a_report_can_be_had_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
