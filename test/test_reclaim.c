/*
 * Reclamation under pressure: while no thread's stack can be looked at, nothing is freed, and what waits
 * must not become more and more. And while the process forks: the child frees what the parent had not
 * freed yet, and nothing twice.
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
#include <sys/wait.h>
#include <unistd.h>
#include "engine/engine_internal.h"
#include "os/scan.h"

enum { PATIENCE_S = 60, CALLS = 1000 * 1000, HIDDEN_STEPS = 5, FEW = 20 };

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

static void versions_waste(nf_engine *engine, nf_function *function, uint32_t count)
{
    nf_os_mutex_lock(&engine->work_lock);
    for (uint32_t i = 0; i < count; i++) {
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
    versions_waste(engine, function, NF_OS_SCAN_MAX);
    assert_true(nf_reclaim_is_full(engine));
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

/* --- fork --- */

/* A thread that frees code comes to the place where the process shall fork. */
typedef struct meeting {
    nf_engine *engine;
    nf_program *program;
    bool is_there, forked; /* atomic */
} meeting;

/* Between two versions, under no lock. */
static void wait_for_the_fork(void *context, const nf_event *event)
{
    meeting *m = context;
    if (event->kind != NF_EVENT_FREED) return;
    __atomic_store_n(&m->is_there, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&m->forked, __ATOMIC_ACQUIRE)) nf_os_yield();
}

/* In the midst of one. The fork can only begin meanwhile, for code memory's mutex is held. */
static void stay_for_the_fork(void *context, const nf_code_object *object)
{
    meeting *m = context;
    if (object->bytes != 0 || __atomic_exchange_n(&m->is_there, true, __ATOMIC_ACQ_REL)) return;
    nf_os_sleep_ns(50 * 1000 * 1000);
}

static void *reclaim(void *context)
{
    const meeting *m = context;
    nf_engine_reclaim(m->engine);
    return NULL;
}

static bool has_its_code(const nf_engine *engine, const nf_version *version)
{
    nf_code_object object;
    return nf_code_find(engine->code, version->address, &object) && object.owner == version;
}

/* 0 when all is well. Some word on a stack may look like an address in a version, so not all must go. */
static int child_free(meeting *m)
{
    const nf_version *versions = m->program->functions[0].versions;
    uint64_t deadline = nf_os_time_ns() + (uint64_t)PATIENCE_S * 1000 * 1000 * 1000;
    __atomic_store_n(&m->forked, true, __ATOMIC_RELEASE);
    for (const nf_version *v = versions; v; v = v->older)
        if (v->freed != (v->address == 0) || (!v->freed && !has_its_code(m->engine, v))) return 1;
    while (nf_engine_reclaim(m->engine) > versions->code_bytes * FEW / 2)
        if (nf_os_time_ns() > deadline) return 2;
    nf_engine_free(m->engine);
    return 0;
}

static void meeting_open(meeting *m, void (*event)(void *context, const nf_event *event))
{
    const nf_config config = {
        .no_background = true, .no_counters = true, .event = event, .event_context = m};
    nf_error error = {0};
    *m = (meeting){0};
    assert_int_equal(nf_engine_new(&config, &m->engine, &error), NF_OK);
    if (nf_program_load(m->engine, "t.nir", source, sizeof source - 1, &m->program, &error) !=
        NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    versions_waste(m->engine, &m->program->functions[0], FEW);
}

static void meeting_hold(meeting *m)
{
    pthread_t thread;
    int status;
    assert_int_equal(pthread_create(&thread, NULL, reclaim, m), 0);
    while (!__atomic_load_n(&m->is_there, __ATOMIC_ACQUIRE)) nf_os_yield();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(2 * PATIENCE_S);
        _exit(child_free(m));
    }
    __atomic_store_n(&m->forked, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    nf_engine_free(m->engine);
}

static void test_a_child_frees_what_the_parent_was_about_to_free(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it keeps signals back, so no scan ends */
#endif
    meeting m;
    meeting_open(&m, wait_for_the_fork);
    meeting_hold(&m);
}

static void test_a_child_frees_nothing_twice(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip();
#endif
    meeting m;
    meeting_open(&m, NULL);
    nf_code_memory_listen(m.engine->code, stay_for_the_fork, &m);
    meeting_hold(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_climbs_while_too_much_waits),
        cmocka_unit_test(test_a_child_frees_what_the_parent_was_about_to_free),
        cmocka_unit_test(test_a_child_frees_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
