/*
 * Drift: CUSUM tells a change from noise, and a settled function whose inputs change races again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "engine/promote_internal.h"
#include "lib_plant.h"

enum { SECONDS_MAX = 60, REFERENCE = 8 };

/* --- CUSUM --- */

/* The reference's bursts are of the ratio 1 and spread by the noise; then so many of the other one. */
static const struct {
    const char *name;
    double ratio, noise, error;
    int bursts_at_least, bursts_at_most; /* until the alarm; 0: none in 1,000 */
} changes[] = {
    {"nothing changes", 1, 0, 0.02, 0, 0},
    {"noise as large as each burst says", 1, 0.05, 0.05, 0, 0},
    {"noise that bursts say nothing of", 1, 0.05, 0.001, 0, 0},
    {"too little to matter", 1.08, 0.01, 0.01, 0, 0},
    {"twice as slow", 2, 0.02, 0.02, 2, 2},
    {"twice as fast", 0.5, 0.02, 0.02, 2, 2},
    {"a little slower adds up", 1.25, 0.04, 0.08, 3, 12},
};

static double noisy(double ratio, double noise, int i)
{
    static const double signs[] = {1, -1, 0.5, -0.5, 0, -1, 1, 0};
    return ratio * (1 + noise * signs[i % 8]);
}

static void test_cusum_tells_a_change_from_noise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        nf_cusum c = {0};
        int alarm = 0;
        for (int k = 0; k < REFERENCE; k++)
            assert_false(nf_cusum_add(&c, noisy(1, changes[i].noise, k), changes[i].error));
        for (int k = 1; k <= 1000 && alarm == 0; k++)
            if (nf_cusum_add(&c, noisy(changes[i].ratio, changes[i].noise, k), changes[i].error))
                alarm = k;
        if (alarm < changes[i].bursts_at_least || alarm > changes[i].bursts_at_most)
            fail_msg("%s: alarm at burst %d", changes[i].name, alarm);
    }
}

static void test_one_odd_burst_is_no_alarm(void **state)
{
    (void)state;
    nf_cusum c = {0};
    for (int k = 0; k < REFERENCE; k++) nf_cusum_add(&c, 1, 0.02);
    for (int k = 0; k < 1000; k++) assert_false(nf_cusum_add(&c, k % 20 ? 1 : 10, 0.02));
}

/* --- a function --- */

static const char text[] = "func @next(%x: i64) -> i64 {\n"
                           "entry:\n"
                           "  %one = iconst.i64 1\n"
                           "  %sum = add.i64 %x, %one\n"
                           "  ret %sum\n"
                           "}\n";

typedef int64_t next_function(int64_t);

/* Counts the call; then x + 1, by x turns of a loop. */
static const uint8_t slow_for_large[] = {
    0x49, 0xbb, 0,    0,    0, 0, 0, 0, 0, 0, /* mov r11, counter */
    0x49, 0xff, 0x03,                         /* inc qword [r11] */
    0x48, 0x8d, 0x47, 0x01,                   /* lea rax, [rdi + 1] */
    0x48, 0x85, 0xff,                         /* test rdi, rdi */
    0x74, 0x05,                               /* jz +5 */
    0x48, 0xff, 0xcf,                         /* dec rdi */
    0x75, 0xfb,                               /* jnz -5 */
    0xc3,                                     /* ret */
};
enum { COUNTER_AT = 2 };

static nf_version *plant(nf_function *function)
{
    uint8_t code[sizeof slow_for_large];
    const uint64_t *counter = &function->counters->entries;
    memcpy(code, slow_for_large, sizeof code);
    memcpy(code + COUNTER_AT, &counter, sizeof counter);
    return plant_version(function, code, sizeof code);
}

typedef struct seen {
    uint32_t kinds[NF_EVENT_COUNT];
} seen;

static void see(void *context, const nf_event *event)
{
    ((seen *)context)->kinds[event->kind]++;
}

static bool is_over(uint64_t start_ns)
{
    return nf_os_time_ns() - start_ns > (uint64_t)SECONDS_MAX * 1000000000;
}

static void call(nf_engine *engine, next_function *next, int64_t x)
{
    for (int i = 0; i < 1000; i++) assert_int_equal(next(x), x + 1);
    nf_engine_step(engine);
}

/* Its function has run once; what races come are drift's. */
static nf_engine *engine_start(seen *s, next_function **next)
{
    nf_engine *engine = NULL;
    nf_program *program;
    nf_error error;
    const nf_config config = {
        .no_background = true, .no_counters = true, .event = see, .event_context = s};
    assert_int_equal(nf_engine_new(&config, &engine, &error), NF_OK);
    assert_int_equal(nf_program_load(engine, "t.nir", text, strlen(text), &program, &error), NF_OK);
    *next = (next_function *)nf_program_function(program, "next");
    assert_int_equal((*next)(0), 1);
    engine->functions[0]->rounds_done = UINT8_MAX;
    return engine;
}

static void test_a_race_without_a_verdict_is_held_again(void **state)
{
    (void)state;
    seen s = {0};
    next_function *next;
    if (nf_os_cpu_count() == 1) skip(); /* a race would take its time from the program */
    nf_engine *engine = engine_start(&s, &next);
    nf_function *function = engine->functions[0];
    nf_promote_planted(function, plant(function), "planted");
    uint64_t start = nf_os_time_ns();
    while (function->phase != NF_PHASE_SETTLED && !is_over(start)) call(engine, next, 0);
    nf_drift_raced(function, true, false);
    while (s.kinds[NF_EVENT_VERDICT] == 0 && !is_over(start)) call(engine, next, 0);
    assert_int_equal(s.kinds[NF_EVENT_VERDICT], 1);
    assert_int_equal(s.kinds[NF_EVENT_DRIFT], 0);
    nf_engine_free(engine);
}

/* One that a plan has caused, by one race; one that an alarm has caused, by four; and both until the last
 * one chooses nothing else. */
static void test_verdicts_are_confirmed(void **state)
{
    (void)state;
    enum { AFTER_AN_ALARM = 5 };
    seen s = {0};
    next_function *next;
    if (nf_os_cpu_count() == 1) skip(); /* a race would take its time from the program */
    nf_engine *engine = engine_start(&s, &next);
    nf_function *function = engine->functions[0];
    nf_drift *drift = &function->drift;
    nf_drift_raced(function, false, true);
    double far = drift->wait_ns;
    assert_true(drift->wanted);
    assert_int_equal(drift->doubts, 1);
    nf_round_begin_again(function);
    drift->doubts = AFTER_AN_ALARM;
    for (uint32_t i = 1; i < AFTER_AN_ALARM; i++) {
        double last = drift->wait_ns;
        drift->wanted = false;
        nf_drift_raced(function, false, i % 2 == 0);
        assert_true(drift->wanted);
        assert_int_equal(drift->doubts, AFTER_AN_ALARM - i);
        if (i > 1) assert_true(drift->wait_ns == 4 * last);
    }
    assert_true(drift->wait_ns == far);
    nf_drift_raced(function, false, true);
    assert_int_equal(drift->doubts, 1);
    drift->wanted = false;
    nf_drift_raced(function, false, false);
    assert_int_equal(drift->doubts, 0);
    assert_false(drift->wanted);
    nf_engine_free(engine);
}

static void test_a_change_of_inputs_races_again(void **state)
{
    (void)state;
    enum { LARGE = 500 };
    seen s = {0};
    next_function *next;
    nf_engine *engine = engine_start(&s, &next);
    nf_function *function = engine->functions[0];
    nf_version *planted = plant(function);
    nf_promote_planted(function, planted, "planted");
    uint64_t start = nf_os_time_ns();
    while (function->drift.cusums[function->drift.turn].bursts < REFERENCE && !is_over(start))
        call(engine, next, 0);
    assert_ptr_equal(function->active, planted);
    while (function->active == planted && !is_over(start)) call(engine, next, LARGE);
    assert_ptr_not_equal(function->active, planted);
    assert_true(s.kinds[NF_EVENT_DRIFT] > 0);
    assert_true(s.kinds[NF_EVENT_VERDICT] > 0);
    assert_true(function->drift.backoff > 0);
    assert_true(engine->cost.watch_ns > 0);
    assert_true(engine->cost.climbing_ns > 0 && engine->cost.settled_ns > 0);
    nf_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cusum_tells_a_change_from_noise),
        cmocka_unit_test(test_one_odd_burst_is_no_alarm),
        cmocka_unit_test(test_a_race_without_a_verdict_is_held_again),
        cmocka_unit_test(test_verdicts_are_confirmed),
        cmocka_unit_test(test_a_change_of_inputs_races_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
