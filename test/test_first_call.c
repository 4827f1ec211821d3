/*
 * First calls of functions that only LLVM can compile wait for LLVM, which may be at work for long;
 * those of others don't wait for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include "engine/engine_internal.h"
#include "lib_plugin.h"

enum { CALLERS = 3 };

typedef int64_t foreign_function(int64_t, ...);
typedef int64_t native_function(int64_t);

static const char text[] = "define i64 @foreign(i64 %n, ...) {\n"
                           "  ret i64 %n\n"
                           "}\n"
                           "define i64 @native(i64 %n) {\n"
                           "  %next = add i64 %n, 1\n"
                           "  ret i64 %next\n"
                           "}\n";

static uint32_t compiled; /* atomic: events */

static void see(void *context, const nf_event *event)
{
    (void)context;
    if (event->kind == NF_EVENT_COMPILED) __atomic_fetch_add(&compiled, 1, __ATOMIC_RELAXED);
}

static void *call_foreign(void *context)
{
    foreign_function *foreign = (foreign_function *)context;
    return (void *)(uintptr_t)foreign(5, 6);
}

/* All callers are in the handler, and have had the time to reach LLVM's lock. */
static void callers_await(const nf_program *program)
{
    const nf_function *function = program->functions;
    while (function->ir) function++;
    while (__atomic_load_n(&function->handlers, __ATOMIC_ACQUIRE) < CALLERS) nf_os_yield();
    nf_os_sleep_ns(20 * 1000 * 1000);
}

static void test_only_foreign_functions_wait_for_llvm(void **state)
{
    (void)state;
    const nf_config config = {
        .no_background = true, .no_counters = true, .cache = "", .event = see};
    nf_engine *engine;
    nf_program *program;
    const nf_llvm_api *api;
    nf_error error = {0};
    pthread_t callers[CALLERS];
    if (!plugin_for_engines()) skip();
    assert_int_equal(nf_engine_new(&config, &engine, &error), NF_OK);
    if (nf_program_load(engine, "t.ll", text, strlen(text), &program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    void *foreign = nf_program_function(program, "foreign");
    native_function *native = (native_function *)nf_program_function(program, "native");

    assert_int_equal(nf_llvm_borrow(&api, &error), NF_OK);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_foreign, foreign), 0);
    callers_await(program);
    bool is_free = nf_os_mutex_try_lock(&engine->compile_lock);
    if (is_free) {
        nf_os_mutex_unlock(&engine->compile_lock);
        assert_int_equal(native(1), 2);
        assert_int_equal(compiled, 1);
    }
    nf_llvm_return();
    for (int i = 0; i < CALLERS; i++) {
        void *result;
        pthread_join(callers[i], &result);
        assert_int_equal((uintptr_t)result, 5);
    }
    assert_true(is_free);
    assert_int_equal(compiled, 2);
    nf_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_foreign_functions_wait_for_llvm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
