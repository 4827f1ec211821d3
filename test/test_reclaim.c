/*
 * Reclamation under pressure: while no thread's stack can be looked at, nothing is freed, and what waits
 * must not become more and more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "engine/engine_internal.h"

enum { PATIENCE_S = 60, CALLS = 1000 * 1000, HIDDEN_STEPS = 5 };

static const char source[] = "func @work(%x: i64) -> i64 {\nentry:\n  %y = mul.i64 %x, %x\n"
                             "  %sum = add.i64 %y, %x\n  ret %sum\n}\n";

typedef int64_t work_function(int64_t x);

static int64_t answer(int64_t x)
{
    return x * x + x;
}

/* A thread that takes no signal and never sleeps: a scan finds out nothing about it. */
typedef struct hidden {
    pthread_t thread;
    bool begun, over; /* atomic */
} hidden;

static void *hide(void *context)
{
    hidden *h = context;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    __atomic_store_n(&h->begun, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&h->over, __ATOMIC_ACQUIRE)) __builtin_ia32_pause();
    return NULL;
}

static void hidden_start(hidden *h)
{
    *h = (hidden){0};
    assert_int_equal(pthread_create(&h->thread, NULL, hide, h), 0);
    while (!__atomic_load_n(&h->begun, __ATOMIC_ACQUIRE)) nf_os_yield();
}

static void hidden_end(hidden *h)
{
    __atomic_store_n(&h->over, true, __ATOMIC_RELEASE);
    pthread_join(h->thread, NULL);
}

static void versions_waste(nf_engine *engine, nf_function *function)
{
    nf_os_mutex_lock(&engine->work_lock);
    while (!nf_reclaim_is_full(engine)) {
        nf_recipe recipe = {.variant = &nf_variants[0]};
        nf_version *version;
        nf_error error = {0};
        if (nf_version_make(function, recipe, &engine->work_arena, &version, &error) != NF_OK)
            fail_msg("%s", error.message);
        nf_version_retire(version, NF_VERSION_RETIRED);
    }
    nf_os_mutex_unlock(&engine->work_lock);
}

static bool work_many(work_function *work)
{
    for (int64_t x = 0; x < CALLS; x++)
        if (work(x) != answer(x)) return false;
    return true;
}

static void test_nobody_climbs_while_too_much_waits(void **state)
{
    (void)state;
    const nf_config config = {.no_background = true, .no_counters = true};
    nf_engine *engine;
    nf_program *program;
    nf_error error = {0};
    hidden h;
    assert_int_equal(nf_engine_new(&config, &engine, &error), NF_OK);
    if (nf_program_load(engine, "t.nir", source, sizeof source - 1, &program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    work_function *work = (work_function *)nf_program_function(program, "work");
    nf_function *function = &program->functions[0];
    assert_true(work(1) == answer(1)); /* it is T1's now */
    hidden_start(&h);
    versions_waste(engine, function);
    uint32_t made = function->version_count;
    for (int i = 0; i < HIDDEN_STEPS; i++) {
        assert_true(work_many(work));
        nf_engine_step(engine);
    }
    assert_int_equal(function->versions_gone, 0);
    assert_int_equal(function->version_count, made);
    assert_true(function->active == function->baseline);
    hidden_end(&h);
    uint64_t deadline = nf_os_time_ns() + (uint64_t)PATIENCE_S * 1000 * 1000 * 1000;
    while (function->active == function->baseline && nf_os_time_ns() < deadline) {
        assert_true(work_many(work));
        nf_engine_step(engine);
    }
    assert_true(function->active != function->baseline);
    assert_true(function->versions_gone > 0);
    nf_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_climbs_while_too_much_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
