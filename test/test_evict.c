/*
 * Eviction: a program whose code is larger than the code memory runs all the same, in every mode and
 * from several threads; what a long call is in stays; what is called all the time is not sent away.
 * Calls that are left by longjmp or by the end of their thread pin nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include "engine/engine_internal.h"

enum {
    FUNCTIONS = 200,
    CODE_BYTES = 48 << 10, /* stubs and entries take 20 KiB, the functions' code some 60 */
    TEXT_BYTES = 1 << 20,
    ROUNDS = 20,
    THREADS = 3,
    SECONDS_MAX = 60,
};

/* Under ThreadSanitizer scans end with nothing known, so nothing is freed, and much is interpreted. */
#ifdef __SANITIZE_THREAD__
enum { SCANS_END = 0, STEPS = 5 };
#else
enum { SCANS_END = 1, STEPS = 300 };
#endif

typedef int64_t number_function(int64_t x);
typedef void wait_function(int32_t *word);
typedef void leave_function(void (*leave)(void));

typedef struct lab {
    nf_engine *engine;
    nf_program *program;
    number_function *functions[FUNCTIONS];
    uint32_t evicted; /* atomic: events */
    nf_event_kind awaited;
    void (*act)(void); /* once, when the awaited event comes; or NULL */
} lab;

/* Each multiplies by numbers of its own, some twenty of them. */
static size_t function_write(char *text, size_t size, int which)
{
    enum { FACTORS = 20 };
    size_t at = (size_t)snprintf(text, size, "func @f%d(%%x0: i64) -> i64 {\nentry:\n", which);
    for (int i = 0; i < FACTORS; i++)
        at += (size_t)snprintf(text + at, size - at,
                               "  %%k%d = iconst.i64 %d\n  %%m%d = mul.i64 %%x%d, %%k%d\n"
                               "  %%x%d = xor.i64 %%m%d, %%x0\n",
                               i, which * FACTORS + i + 3, i, i, i, i + 1, i);
    return at + (size_t)snprintf(text + at, size - at, "  ret %%x%d\n}\n", FACTORS);
}

static int64_t answer(int which, int64_t x)
{
    uint64_t value = (uint64_t)x;
    for (int i = 0; i < 20; i++) value = (value * (uint64_t)(which * 20 + i + 3)) ^ (uint64_t)x;
    return (int64_t)value;
}

static const char others[] = "func @wait(%word: i64) -> void {\n"
                             "entry:\n"
                             "  br again\n"
                             "again:\n"
                             "  %value = load.i32 [%word] volatile\n"
                             "  %zero = iconst.i32 0\n"
                             "  %more = icmp.eq.i32 %value, %zero\n"
                             "  brif %more, again, done\n"
                             "done:\n"
                             "  ret\n"
                             "}\n"
                             "func @leave(%by: i64) -> void {\n"
                             "entry:\n"
                             "  call_indirect %by() : () -> void\n"
                             "  ret\n"
                             "}\n";

static void see(void *context, const nf_event *event)
{
    lab *l = context;
    void (*act)(void) = l->act;
    if (event->kind == NF_EVENT_EVICTED) __atomic_fetch_add(&l->evicted, 1, __ATOMIC_RELAXED);
    if (act == NULL || event->kind != l->awaited) return;
    l->act = NULL;
    act();
}

static void lab_open(lab *l, nf_config config)
{
    char *text = malloc(TEXT_BYTES), name[16];
    size_t at = 0;
    nf_error error = {0};
    *l = (lab){0};
    config.no_counters = true;
    config.code_bytes = CODE_BYTES;
    config.event = see;
    config.event_context = l;
    assert_non_null(text);
    for (int i = 0; i < FUNCTIONS; i++) at += function_write(text + at, TEXT_BYTES - at, i);
    memcpy(text + at, others, sizeof others - 1);
    at += sizeof others - 1;
    assert_int_equal(nf_engine_new(&config, &l->engine, &error), NF_OK);
    if (nf_program_load(l->engine, "t.nir", text, at, &l->program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    free(text);
    for (int i = 0; i < FUNCTIONS; i++) {
        snprintf(name, sizeof name, "f%d", i);
        l->functions[i] = (number_function *)nf_program_function(l->program, name);
    }
}

static void lab_close(lab *l)
{
    assert_true(nf_code_memory_usage(l->engine->code).used <= CODE_BYTES);
    nf_engine_free(l->engine);
}

/* False at a wrong answer. */
static bool call_all(const lab *l, int rounds)
{
    for (int64_t round = 0; round < rounds; round++)
        for (int i = 0; i < FUNCTIONS; i++)
            if (l->functions[i](round) != answer(i, round)) return false;
    return true;
}

static void test_code_makes_room_in_every_mode(void **state)
{
    (void)state;
    static const nf_mode modes[] = {NF_MODE_AUTO, NF_MODE_BASELINE, NF_MODE_OPTIMISED};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        lab l;
        lab_open(&l, (nf_config){.mode = modes[i]});
        assert_true(call_all(&l, ROUNDS));
        if (SCANS_END) assert_true(l.evicted > 0);
        lab_close(&l);
    }
}

static nf_function *function_of(const lab *l, number_function *stub)
{
    for (uint32_t i = 0; i < l->program->function_count; i++)
        if (l->program->functions[i].stub == (uint64_t)(uintptr_t)stub)
            return &l->program->functions[i];
    return NULL;
}

/* It is called between any two others, so it must be awake or be woken, but not compiled anew. */
static void test_what_is_in_use_stays(void **state)
{
    (void)state;
    lab l;
    lab_open(&l, (nf_config){.no_background = true});
    assert_true(call_all(&l, 1));
    for (int round = 0; round < STEPS; round++) {
        nf_engine_step(l.engine);
        for (int i = 0; i < FUNCTIONS; i++)
            for (int k = 0; k < 10; k++)
                assert_true(l.functions[7](k) == answer(7, k) && l.functions[8](i) == answer(8, i));
        if (round % 10 == 0)
            assert_true(l.functions[round % FUNCTIONS](1) == answer(round % FUNCTIONS, 1));
    }
    assert_true(function_of(&l, l.functions[7])->version_count < 10);
    lab_close(&l);
}

typedef struct caller {
    pthread_t thread;
    const lab *l;
    bool fine;
} caller;

static void *call_them(void *context)
{
    caller *c = context;
    c->fine = call_all(c->l, ROUNDS);
    return NULL;
}

static void test_threads_evict_each_others_code(void **state)
{
    (void)state;
    caller callers[THREADS];
    lab l;
    lab_open(&l, (nf_config){.mode = NF_MODE_AUTO});
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (caller){.l = &l};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_them, &callers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_true(callers[i].fine);
    }
    lab_close(&l);
}

/* --- a first call beside the worker, step by step --- */

static lab shared;

static void call_first(void)
{
    assert_true(shared.functions[0](1) == answer(0, 1));
}

/* T2's version is announced first, so T1's is made anew while the old one has not been. */
static void test_a_call_comes_while_its_function_is_evicted(void **state)
{
    (void)state;
    nf_version *version;
    nf_error error = {0};
    lab_open(&shared, (nf_config){.no_background = true});
    nf_function *function = function_of(&shared, shared.functions[0]);
    const nf_recipe optimised = {.variant = nf_variant_default(shared.engine)};
    call_first();
    assert_int_equal(
        nf_version_make(function, optimised, &shared.engine->work_arena, &version, &error), NF_OK);
    shared.awaited = NF_EVENT_RETIRED;
    shared.act = call_first;
    assert_true(nf_evict_for(function_of(&shared, shared.functions[1]), &version));
    assert_null(shared.act);
    call_first();
    assert_non_null(function->active);
    lab_close(&shared);
}

static void step_from_here(void)
{
    raise(SIGTRAP);
}

/* The caller goes instruction by instruction, until the worker has something to feed. */
static void feed_when_starved(int number, siginfo_t *info, void *context)
{
    enum { TRAP_FLAG = 0x100 };
    (void)number, (void)info;
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];
    *flags |= TRAP_FLAG;
    if (!__atomic_load_n(&shared.engine->has_starved, __ATOMIC_ACQUIRE)) return;
    *flags &= ~TRAP_FLAG;
    nf_evict_step(shared.engine, nf_engine_now(shared.engine));
}

static void test_the_worker_comes_while_a_function_starves(void **state)
{
    (void)state;
    struct sigaction old, feed = {.sa_sigaction = feed_when_starved, .sa_flags = SA_SIGINFO};
    if (!SCANS_END) skip(); /* and can't be stepped through */
    int i = 0;
    lab_open(&shared, (nf_config){.no_background = true});
    shared.awaited = NF_EVENT_FAILED;
    shared.act = step_from_here;
    sigaction(SIGTRAP, &feed, &old);
    nf_os_mutex_lock(&shared.engine->work_lock); /* so nothing makes room before */
    for (; shared.act; i++) assert_true(shared.functions[i](1) == answer(i, 1));
    nf_os_mutex_unlock(&shared.engine->work_lock);
    sigaction(SIGTRAP, &old, NULL);
    const nf_function *function = function_of(&shared, shared.functions[i - 1]);
    assert_true(nf_is_asleep(function) || function->starved);
    lab_close(&shared);
}

/* A mutex that lets the same thread in again, but then belongs to nobody afterwards. */
static void mutex_watch(nf_os_mutex *mutex)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    nf_os_mutex_destroy(mutex);
    pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void test_a_sleeper_wakes_while_others_compile(void **state)
{
    (void)state;
    lab_open(&shared, (nf_config){.no_background = true});
    nf_function *function = function_of(&shared, shared.functions[0]);
    pthread_mutex_t *compile_lock = (pthread_mutex_t *)&shared.engine->compile_lock;
    call_first();
    nf_slot_store(function, function->entries[NF_ENTRY_LAZY]);
    mutex_watch(&shared.engine->compile_lock);
    pthread_mutex_lock(compile_lock);
    call_first();
    assert_int_equal(pthread_mutex_unlock(compile_lock), 0);
    assert_false(nf_is_asleep(function));
    lab_close(&shared);
}

static void *call_cancelled(void *context)
{
    bool *has_called = context;
    pthread_cancel(pthread_self());
    call_first();
    *has_called = true;
    pthread_testcancel();
    return NULL;
}

static void test_a_cancelled_thread_ends_its_first_call(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    bool has_called = false;
    lab_open(&shared, (nf_config){.no_background = true});
    shared.awaited = NF_EVENT_COMPILED;
    shared.act = pthread_testcancel;
    assert_int_equal(pthread_create(&thread, NULL, call_cancelled, &has_called), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_true(has_called);
    lab_close(&shared);
}

/* --- what pins --- */

typedef struct waiter {
    pthread_t thread;
    wait_function *wait;
    int32_t word, begun; /* atomic */
} waiter;

static void *wait_for_word(void *context)
{
    waiter *w = context;
    __atomic_store_n(&w->begun, 1, __ATOMIC_RELEASE);
    w->wait(&w->word);
    return NULL;
}

static const nf_function *wait_of(const lab *l, const waiter *w)
{
    return function_of(l, (number_function *)(uintptr_t)w->wait);
}

static void test_a_long_call_pins_what_it_is_in(void **state)
{
    (void)state;
    waiter w = {.word = 0};
    lab l;
    lab_open(&l, (nf_config){.mode = NF_MODE_BASELINE});
    w.wait = (wait_function *)nf_program_function(l.program, "wait");
    assert_int_equal(pthread_create(&w.thread, NULL, wait_for_word, &w), 0);
    const nf_function *function = wait_of(&l, &w);
    while (!__atomic_load_n(&function->active, __ATOMIC_ACQUIRE)) nf_os_yield();
    nf_os_sleep_ns(5 * 1000 * 1000); /* it is in the loop by now */
    const nf_version *version = function->active;
    for (int i = 0; i < (SCANS_END ? 100 * ROUNDS : 1) && !version->retired; i++)
        assert_true(call_all(&l, 1));
    if (SCANS_END) {
        assert_true(version->retired);
        assert_true(nf_engine_reclaim(l.engine) > 0);
        assert_true(nf_reclaim_pinned(l.engine) > 0);
        assert_false(version->freed);
    }
    __atomic_store_n(&w.word, 1, __ATOMIC_RELEASE);
    pthread_join(w.thread, NULL);
    if (SCANS_END) {
        assert_int_equal(nf_engine_reclaim(l.engine), 0);
        assert_int_equal(nf_reclaim_pinned(l.engine), 0);
    }
    assert_true(call_all(&l, 1));
    lab_close(&l);
}

static jmp_buf place;

static void jump(void)
{
    longjmp(place, 1);
}

static void end_thread(void)
{
    pthread_exit(NULL);
}

static void *leave_by_end(void *context)
{
    ((leave_function *)context)(end_thread);
    return context; /* not reached */
}

/* Out of the call, while the function is timed and while it is not. */
static void test_calls_that_do_not_return(void **state)
{
    (void)state;
    lab l;
    lab_open(&l, (nf_config){.mode = NF_MODE_AUTO});
    leave_function *leave = (leave_function *)nf_program_function(l.program, "leave");
    for (volatile int i = 0; i < 20000; i++)
        if (setjmp(place) == 0) leave(jump);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        void *result;
        assert_int_equal(pthread_create(&thread, NULL, leave_by_end, (void *)leave), 0);
        pthread_join(thread, &result);
        assert_null(result);
    }
    assert_true(call_all(&l, 2));
    lab_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_makes_room_in_every_mode),
        cmocka_unit_test(test_what_is_in_use_stays),
        cmocka_unit_test(test_threads_evict_each_others_code),
        cmocka_unit_test(test_a_call_comes_while_its_function_is_evicted),
        cmocka_unit_test(test_the_worker_comes_while_a_function_starves),
        cmocka_unit_test(test_a_sleeper_wakes_while_others_compile),
        cmocka_unit_test(test_a_cancelled_thread_ends_its_first_call),
        cmocka_unit_test(test_a_long_call_pins_what_it_is_in),
        cmocka_unit_test(test_calls_that_do_not_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
