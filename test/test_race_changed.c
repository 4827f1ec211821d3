/*
 * Candidates that are right on every recorded call, and wrong on values that none of them had: the
 * changed inputs of a race find them, where the request allows these values, and nothing else does. What
 * of a function's inputs may be changed is found out from its NIR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "engine/promote_internal.h"

#define CANDIDATE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

enum { INPUTS = 12, ELEMENTS = 40, FIRST_VECTOR = 6, STACK = 14 };
static double doubles[ELEMENTS];
static float floats[ELEMENTS], negated[ELEMENTS];
static int32_t numbers[ELEMENTS];

/* --- what the processor must not be left to hide --- */

CANDIDATE static double clamp(double x)
{
    return x > 0 ? x : 0;
}
CANDIDATE static double clamp_not_nan(double x)
{
    return x <= 0 ? 0 : x;
}

CANDIDATE static int64_t is_negative(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0;
}
CANDIDATE static int64_t is_negative_not_zero(double x)
{
    return x < 0;
}

CANDIDATE static int64_t magnitude(int64_t x)
{
    return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
}
CANDIDATE static int64_t magnitude_not_least(int64_t x)
{
    return x == INT64_MIN ? INT64_MAX : magnitude(x);
}

CANDIDATE static int64_t half(int32_t x)
{
    return x / 2;
}
CANDIDATE static int64_t half_not_greatest(int32_t x)
{
    return x == INT32_MAX ? 0 : x / 2;
}

CANDIDATE static int64_t quotient(int64_t x)
{
    return 1000 / x;
}
CANDIDATE static int64_t quotient_not_minus_one(int64_t x)
{
    while (x == -1) __asm__ volatile("" : "+r"(x));
    return 1000 / x;
}

/* n turns, however many */
CANDIDATE static int64_t turns(int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) __asm__ volatile("" : "+r"(sum));
    return sum + (n > 0);
}
CANDIDATE static int64_t turns_at_least_once(int64_t n)
{
    return turns(n) | 1;
}

CANDIDATE static int64_t above(const double *x, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += x[i] > 0.5;
    return count;
}
CANDIDATE static int64_t above_or_nan(const double *x, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += !(x[i] <= 0.5);
    return count;
}

CANDIDATE static void negate(const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) negated[i] = -x[i];
}
CANDIDATE static void negate_not_zero(const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) negated[i] = 0 - x[i];
}

CANDIDATE static int64_t least(const int32_t *x, int64_t n)
{
    int32_t value = INT32_MAX;
    for (int64_t i = 0; i < n; i++) value = x[i] < value ? x[i] : value;
    return value;
}
CANDIDATE static int64_t least_but_one(const int32_t *x, int64_t n)
{
    int64_t value = least(x, n);
    return value == INT32_MIN ? INT32_MIN + 1 : value;
}

/* --- races --- */

typedef struct planted {
    const char *name;
    const void *right, *wrong;
    nf_type result;
    nf_race_outcome outcome;
    nf_race_change changes[2];
    uint32_t change_count;
    const void *elements; /* the first argument, or NULL */
} planted;

#define SCALAR(word, type)   {{word, type, false}}, 1, NULL
#define ELEMENTS_OF(type, x) {{0, type, true}, {1, NF_I64, false}}, 2, x
static const planted field[] = {
    {"NaN", clamp, clamp_not_nan, NF_F64, NF_RACE_WRONG, SCALAR(FIRST_VECTOR, NF_F64)},
    {"-0", is_negative, is_negative_not_zero, NF_I64, NF_RACE_WRONG, SCALAR(FIRST_VECTOR, NF_F64)},
    {"least", magnitude, magnitude_not_least, NF_I64, NF_RACE_WRONG, SCALAR(0, NF_I64)},
    {"greatest", half, half_not_greatest, NF_I64, NF_RACE_WRONG, SCALAR(0, NF_I32)},
    {"-1", quotient, quotient_not_minus_one, NF_I64, NF_RACE_HUNG, SCALAR(0, NF_I64)},
    {"no turn", turns, turns_at_least_once, NF_I64, NF_RACE_WRONG, SCALAR(0, NF_I64)},
    {"NaNs", above, above_or_nan, NF_I64, NF_RACE_WRONG, ELEMENTS_OF(NF_F64, doubles)},
    {"zeros", negate, negate_not_zero, NF_VOID, NF_RACE_WRONG, ELEMENTS_OF(NF_F32, floats)},
    {"numbers", least, least_but_one, NF_I64, NF_RACE_WRONG, ELEMENTS_OF(NF_I32, numbers)},
};

static void inputs_make(const planted *p, nf_race_input *inputs)
{
    for (int i = 0; i < ELEMENTS; i++) {
        doubles[i] = 0.1 + i % 7;
        floats[i] = 1 + (float)i;
        numbers[i] = 5 * i - 33;
    }
    for (int i = 0; i < INPUTS; i++) {
        double x = i % 2 ? 1.5 * i : -0.25 - i;
        inputs[i] = (nf_race_input){.integers = {(uint64_t)(i + 1), ELEMENTS - 1 - (uint64_t)i}};
        memcpy(&inputs[i].vectors[0], &x, sizeof x);
        if (p->elements) inputs[i].integers[0] = (uint64_t)(uintptr_t)p->elements;
    }
}

/* Candidate 0 is the right one, 1 the planted one. other: defines the latter's answers. */
static nf_race_report race_of(const planted *p, bool may_change, const void *other,
                              nf_zygote *zygote, nf_arena *arena)
{
    nf_race_input inputs[INPUTS];
    const nf_race_candidate candidates[] = {{"right", (uint64_t)(uintptr_t)p->right, 100},
                                            {"wrong", (uint64_t)(uintptr_t)p->wrong, 100}};
    inputs_make(p, inputs);
    nf_race_request request = {
        .baseline = candidates[0],
        .candidates = candidates,
        .candidate_count = 2,
        .inputs = inputs,
        .input_count = INPUTS,
        .otherwise = UINT64_C(1) << 1,
        .other = {"other", (uint64_t)(uintptr_t)other, 100},
        .changes = p->changes,
        .change_count = may_change ? p->change_count : 0,
        .result = p->result,
        .writes = true,
        .budget_ns = 1000 * 1000,
        .seed = 7,
        .zygote = zygote,
    };
    nf_race_report report;
    nf_error error = {0};
    if (nf_race_run(&request, arena, &report, &error) != NF_OK) fail_msg("%s", error.message);
    assert_true(report.ran);
    assert_int_equal(report.inputs_used, INPUTS);
    return report;
}

static bool is_right(const nf_race_result *result)
{
    return result->outcome == NF_RACE_LOST || result->outcome == NF_RACE_WON ||
           result->outcome == NF_RACE_NOT_MEASURED;
}

static void field_race(nf_zygote *zygote)
{
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        const planted *p = &field[i];
        nf_race_report report = race_of(p, false, NULL, zygote, &arena);
        assert_int_equal(report.inputs_changed, 0);
        assert_true(is_right(&report.results[0]) && is_right(&report.results[1]));
        report = race_of(p, true, NULL, zygote, &arena);
        printf("  %-8s %u changed inputs; %s\n", p->name, report.inputs_changed,
               report.results[1].reason);
        assert_true(report.inputs_changed > 0);
        assert_true(is_right(&report.results[0]));
        assert_int_equal(report.results[1].outcome, p->outcome);
        assert_non_null(strstr(report.results[1].reason, ", changed: "));
        report = race_of(p, true, p->wrong, zygote, &arena);
        assert_true(is_right(&report.results[0]));
        assert_true(is_right(&report.results[1]) == (p->outcome == NF_RACE_WRONG));
        report = race_of(p, true, p->right, zygote, &arena);
        assert_true(is_right(&report.results[0]));
        assert_int_equal(report.results[1].outcome, p->outcome);
    }
    nf_arena_free(&arena);
}

static void test_only_changed_inputs_find_them(void **state)
{
    (void)state;
    field_race(NULL);
    for (int i = 0; i < ELEMENTS; i++) {
        assert_true(doubles[i] == 0.1 + i % 7 && floats[i] == 1 + (float)i);
        assert_true(numbers[i] == 5 * i - 33 && negated[i] == 0);
    }
}

static void test_in_a_zygote_too(void **state)
{
    (void)state;
    nf_zygote *zygote;
    if (nf_zygote_open(&zygote, NULL) != NF_OK) skip();
    field_race(zygote);
    nf_zygote_close(zygote);
}

/* --- what may be changed --- */

typedef struct finding {
    const char *text;
    bool is_c;
    const char *changes; /* word:type, * for elements */
} finding;

#define LOOP(signature, load, body)                                                                \
    "func @f(" signature ") -> i64 {\n"                                                            \
    "entry:\n  %zero = iconst.i64 0\n  %one = iconst.i64 1\n  br head(%zero, %zero)\n"             \
    "head(%i: i64, %sum: i64):\n  %more = icmp.slt.i64 %i, %n\n  brif %more, body, done\n"         \
    "body:\n" load body                                                                            \
    "  %next = add.i64 %i, %one\n  br head(%next, %new)\ndone:\n  ret %sum\n}\n"

static const finding findings[] = {
    {LOOP("%x: i64, %n: i64", "  %v = load.i64 [%x + %i*8]\n", "  %new = add.i64 %sum, %v\n"),
     false, "0*:i64 1:i64"},
    /* what is loaded is an address itself */
    {LOOP("%x: i64, %n: i64", "  %at = load.i64 [%x + %i*8]\n  %v = load.i64 [%at]\n",
          "  %new = add.i64 %sum, %v\n"),
     false, "1:i64"},
    /* two types in one place */
    {LOOP("%x: i64, %n: i64",
          "  %v = load.i64 [%x + %i*8]\n  %w = load.i32 [%x]\n  %u = sext.i64 %w\n",
          "  %s = add.i64 %u, %v\n  %new = add.i64 %sum, %s\n"),
     false, "1:i64"},
    /* an index, and a number that is added to the sum through a choice */
    {LOOP("%x: i64, %n: i64, %at: i64, %k: i64, %c: i8",
          "  %v = load.i16 [%x + %at*2]\n  %w = sext.i64 %v\n",
          "  %u = select.i64 %c, %k, %w\n  %new = add.i64 %sum, %u\n"),
     false, "0*:i16 1:i64 3:i64 4:i8"},
    /* from a stored value to a loaded address: it may be the same */
    {LOOP("%x: i64, %n: i64, %k: i64", "  store.i64 %k, [%x]\n  %at = load.i64 [%x]\n",
          "  %v = load.i64 [%at]\n  %new = add.i64 %sum, %v\n"),
     false, "1:i64"},
    /* of C, floats alone; and not where integers are made of them */
    {LOOP("%x: i64, %n: i64, %k: f64",
          "  %v = load.f64 [%x + %i*8]\n  %p = fmul.f64 %v, %k\n  %b = fcmp.olt.f64 %p, %k\n",
          "  %u = zext.i64 %b\n  %new = add.i64 %sum, %u\n"),
     true, "0*:f64 6:f64"},
    {LOOP("%x: i64, %n: i64, %k: f64", "  %v = load.f64 [%x + %i*8]\n  %p = fmul.f64 %v, %k\n",
          "  %u = fptosi.i64 %p\n  %new = add.i64 %sum, %u\n"),
     true, ""},
    {LOOP("%x: i64, %n: i64, %k: f64", "  %v = load.f64 [%x + %i*8]\n  %p = fmul.f64 %v, %k\n",
          "  %u = fptosi.i64 %p\n  %new = add.i64 %sum, %u\n"),
     false, "0*:f64 1:i64 6:f64"},
    /* what a function is called with may be anything there */
    {"func @g(%a: i64, %b: f32) -> i64 {\nentry:\n  ret %a\n}\n"
     "func @f(%a: i64, %b: f32, %c: i64) -> i64 {\nentry:\n"
     "  %r = call @g(%a, %b)\n  %s = add.i64 %r, %c\n  ret %s\n}\n",
     false, "6:f32 1:i64"},
    /* in memory, the seventh integer */
    {"func @f(%a: i64, %b: i64, %c: i64, %d: i64, %e: i64, %g: i64, %h: i64) -> i64 {\nentry:\n"
     "  %s = load.i64 [%a]\n  %t = add.i64 %s, %h\n  ret %t\n}\n",
     false, "0*:i64 1:i64 2:i64 3:i64 4:i64 5:i64 14:i64"},
};

static void changes_print(const nf_race_change *changes, uint32_t count, char *text, size_t bytes)
{
    text[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        snprintf(text + strlen(text), bytes - strlen(text), "%s%u%s:%s", i ? " " : "",
                 changes[i].word, changes[i].is_address ? "*" : "", nf_type_text(changes[i].type));
}

static void test_what_may_be_changed_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        const finding *f = &findings[i];
        nf_module *module;
        nf_error error = {0};
        nf_race_change changes[NF_RACE_CHANGES_MAX];
        nf_arena arena;
        char text[200];
        nf_status status =
            nf_module_read(nf_os_allocator(), "t.nir", f->text, strlen(f->text), &module, &error);
        if (status != NF_OK) fail_msg("finding %zu, line %u: %s", i, error.line, error.message);
        nf_arena_init(&arena, nf_os_allocator());
        uint32_t count = nf_changes_of(nf_module_function_at(module, nf_module_symbol(module, "f")),
                                       f->is_c, &arena, changes);
        changes_print(changes, count, text, sizeof text);
        assert_string_equal(text, f->changes);
        nf_arena_free(&arena);
        nf_module_free(module);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_changed_inputs_find_them),
        cmocka_unit_test(test_in_a_zygote_too),
        cmocka_unit_test(test_what_may_be_changed_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
