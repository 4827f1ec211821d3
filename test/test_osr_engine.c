/*
 * Long calls: a function that is called once goes on in better code while its loop runs.
 *
 * The function turns until its flag is set, and who sets the flag is the event that says that it
 * goes on in such a version; so nothing depends on how long anything takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "engine/engine_internal.h"

enum { THREADS = 4, SECONDS_MAX = 60, INNER = 100 };

/* The sum of 0 to INNER - 1 for each round, in a local whose address somebody else has, and the
 * number of rounds. */
static const char spin_text[] = "func @add(%at: i64, %n: i64) -> void noinline {\n"
                                "entry:\n"
                                "  %old = load.i64 [%at]\n"
                                "  %new = add.i64 %old, %n\n"
                                "  store.i64 %new, [%at]\n"
                                "  ret\n"
                                "}\n"
                                "func @spin(%flag: i64, %rounds: i64) -> i64 {\n"
                                "  local $sum: 8\n"
                                "entry:\n"
                                "  %zero = iconst.i64 0\n"
                                "  %one = iconst.i64 1\n"
                                "  %inner = iconst.i64 100\n"
                                "  %at = local $sum\n"
                                "  store.i64 %zero, [%at]\n"
                                "  br outer(%zero)\n"
                                "outer(%round: i64):\n"
                                "  br head(%zero)\n"
                                "head(%i: i64):\n"
                                "  %old = load.i64 [%at]\n"
                                "  %new = add.i64 %old, %i\n"
                                "  store.i64 %new, [%at]\n"
                                "  %next = add.i64 %i, %one\n"
                                "  %more = icmp.slt.i64 %next, %inner\n"
                                "  brif %more, head(%next), latch\n"
                                "latch:\n"
                                "  %round2 = add.i64 %round, %one\n"
                                "  %stop = load.i64 [%flag] volatile\n"
                                "  %on = icmp.eq.i64 %stop, %zero\n"
                                "  brif %on, outer(%round2), done\n"
                                "done:\n"
                                "  call @add(%at, %one)\n"
                                "  store.i64 %round2, [%rounds]\n"
                                "  %sum = load.i64 [%at]\n"
                                "  ret %sum\n"
                                "}\n";

/* Waits in a state machine of tail calls: its frame must not stay. */
static const char tail_text[] = "func @end(%x: i64) -> i64 {\n"
                                "entry:\n"
                                "  ret %x\n"
                                "}\n"
                                "func @spin(%flag: i64, %rounds: i64) -> i64 {\n"
                                "entry:\n"
                                "  %zero = iconst.i64 0\n"
                                "  %one = iconst.i64 1\n"
                                "  br head(%zero)\n"
                                "head(%i: i64):\n"
                                "  %next = add.i64 %i, %one\n"
                                "  store.i64 %next, [%rounds]\n"
                                "  %stop = load.i64 [%flag] volatile\n"
                                "  %on = icmp.eq.i64 %stop, %zero\n"
                                "  brif %on, head(%next), done\n"
                                "done:\n"
                                "  tail_call @end(%next)\n"
                                "}\n";

typedef int64_t spin_function(uint64_t *flag, int64_t *rounds);

typedef struct observer {
    nf_event_kind awaited;
    uint64_t flag; /* set when the event has come */
    uint32_t seen[NF_EVENT_COUNT];
    char version[NF_NAME_BYTES];
} observer;

static void observe(void *context, const nf_event *event)
{
    observer *o = context;
    __atomic_fetch_add(&o->seen[event->kind], 1, __ATOMIC_RELAXED);
    if (event->kind != o->awaited || strcmp(event->function, "spin") != 0) return;
    snprintf(o->version, sizeof o->version, "%s", event->version);
    __atomic_store_n(&o->flag, 1, __ATOMIC_RELEASE);
}

typedef struct lab {
    nf_engine *engine;
    nf_program *program;
    spin_function *spin;
    observer observer;
} lab;

static void lab_open(lab *l, const char *text, nf_config config)
{
    nf_error error = {0};
    config.no_counters = true;
    config.event = observe;
    config.event_context = &l->observer;
    if (nf_engine_new(&config, &l->engine, &error) != NF_OK) fail_msg("%s", error.message);
    if (nf_program_load(l->engine, "spin.nir", text, strlen(text), &l->program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    l->spin = (spin_function *)nf_program_function(l->program, "spin");
}

static void sum_check(int64_t sum, int64_t rounds)
{
    assert_true(rounds > 0);
    assert_int_equal(sum, rounds * (INNER * (INNER - 1) / 2) + 1);
}

static int64_t spin_and_check(lab *l)
{
    int64_t rounds = 0, sum = l->spin(&l->observer.flag, &rounds);
    sum_check(sum, rounds);
    return rounds;
}

static const nf_function *spin_of(const lab *l)
{
    return strcmp(l->engine->functions[0]->name, "spin") == 0 ? l->engine->functions[0]
                                                              : l->engine->functions[1];
}

/* Among what the report is made from. Later calls may have been promoted by now. */
static const nf_swap_record *record_of(const lab *l)
{
    const nf_swap_record *swap = spin_of(l)->swaps;
    while (swap && strcmp(swap->to, l->observer.version) != 0) swap = swap->older;
    return swap;
}

static void record_check(lab *l)
{
    /* Compiled code has read it, which ThreadSanitizer can't see. */
    assert_int_equal(__atomic_load_n(&l->observer.flag, __ATOMIC_ACQUIRE), 1);
    nf_os_mutex_lock(&l->engine->lock);
    const nf_swap_record *swap = record_of(l);
    nf_os_mutex_unlock(&l->engine->lock);
    assert_non_null(swap);
    assert_string_equal(swap->from, spin_of(l)->baseline->name);
    assert_non_null(strstr(swap->to, ".osr#"));
    assert_non_null(strstr(swap->reason, "its loop at "));
}

static void test_the_one_call_gets_faster(void **state)
{
    (void)state;
    lab l = {.observer.awaited = NF_EVENT_OSR};
    lab_open(&l, spin_text, (nf_config){0});
    spin_and_check(&l);
    assert_true(__atomic_load_n(&l.observer.seen[NF_EVENT_OSR], __ATOMIC_RELAXED) > 0);
    record_check(&l);
    for (int i = 0; i < 1000; i++) assert_int_equal(spin_and_check(&l), 1); /* from the start */
    nf_engine_free(l.engine);
}

typedef struct caller {
    pthread_t thread;
    lab *lab;
    int64_t sum, rounds;
} caller;

static void *call(void *context)
{
    caller *c = context;
    c->sum = c->lab->spin(&c->lab->observer.flag, &c->rounds);
    return NULL;
}

static void callers_run(lab *l, void (*meanwhile)(lab *l))
{
    caller callers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        callers[i].lab = l;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    if (meanwhile) meanwhile(l);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        sum_check(callers[i].sum, callers[i].rounds);
    }
}

static void test_threads_in_one_loop(void **state)
{
    (void)state;
    lab l = {.observer.awaited = NF_EVENT_OSR};
    lab_open(&l, spin_text, (nf_config){0});
    callers_run(&l, NULL);
    record_check(&l);
    nf_engine_free(l.engine);
}

static void step(lab *l)
{
    uint64_t end = nf_os_time_ns() + (uint64_t)SECONDS_MAX * 1000000000;
    while (!__atomic_load_n(&l->observer.flag, __ATOMIC_ACQUIRE) && nf_os_time_ns() < end)
        nf_engine_step(l->engine);
    __atomic_store_n(&l->observer.flag, 1, __ATOMIC_RELEASE);
}

static void test_an_engine_without_thread_is_stepped(void **state)
{
    (void)state;
    lab l = {.observer.awaited = NF_EVENT_OSR};
    lab_open(&l, spin_text, (nf_config){.no_background = true});
    callers_run(&l, step);
    record_check(&l);
    nf_engine_free(l.engine);
}

static void test_tail_calls_are_refused(void **state)
{
    (void)state;
    lab l = {.observer.awaited = NF_EVENT_FAILED};
    int64_t rounds = 0;
    lab_open(&l, tail_text, (nf_config){0});
    int64_t result = l.spin(&l.observer.flag, &rounds);
    assert_int_equal(result, rounds);
    assert_int_equal(l.observer.seen[NF_EVENT_OSR], 0);
    nf_engine_free(l.engine);
}

static void set_later(lab *l)
{
    enum { STEPS = 2000 };
    for (int i = 0; i < STEPS; i++) nf_engine_step(l->engine);
    __atomic_store_n(&l->observer.flag, 1, __ATOMIC_RELEASE);
}

static void test_other_modes_stay(void **state)
{
    (void)state;
    lab l = {.observer.awaited = NF_EVENT_OSR};
    lab_open(&l, spin_text, (nf_config){.mode = NF_MODE_BASELINE});
    callers_run(&l, set_later);
    assert_int_equal(l.observer.seen[NF_EVENT_OSR], 0);
    nf_engine_free(l.engine);
}

/* When calls have a version of their own, and none turns in T1 code, what is only entered goes away. */
static void test_entered_versions_are_freed(void **state)
{
    (void)state;
    lab l = {.observer.awaited = NF_EVENT_OSR};
    lab_open(&l, spin_text, (nf_config){.no_background = true});
    callers_run(&l, step);
    const nf_version *entered = spin_of(&l)->versions;
    while (entered && entered->recipe.header.id == 0) entered = entered->older;
    assert_non_null(entered);
    uint64_t end = nf_os_time_ns() + (uint64_t)SECONDS_MAX * 1000000000;
    while (!entered->retired && nf_os_time_ns() < end) {
        for (int i = 0; i < 1000; i++) spin_and_check(&l);
        nf_engine_step(l.engine);
    }
    assert_true(entered->retired);
    size_t pinned = 1;
    for (int i = 0; i < 200 && pinned; i++) pinned = nf_engine_reclaim(l.engine);
    if (pinned == 0) assert_true(entered->freed); /* no scan under ThreadSanitizer */
    spin_and_check(&l);
    nf_engine_free(l.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_one_call_gets_faster),
        cmocka_unit_test(test_threads_in_one_loop),
        cmocka_unit_test(test_an_engine_without_thread_is_stepped),
        cmocka_unit_test(test_tail_calls_are_refused),
        cmocka_unit_test(test_other_modes_stay),
        cmocka_unit_test(test_entered_versions_are_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
