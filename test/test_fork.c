/*
 * The host program's own doings: it forks, with threads and in the middle of races, and both processes
 * go on; its handlers of signals are compiled functions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "engine/engine_internal.h"
#include "os/linux/scan_fork.h"

enum { SECONDS_MAX = 60, FORKS = 20, THREADS = 3, ELEMENTS = 1000 };

static const char text[] = "extern @signal(i32, i64) -> i64\n"
                           "data @seen { i64 0 }\n"
                           "func @add(%x: i64, %y: i64) -> i64 {\n"
                           "entry:\n"
                           "  %sum = add.i64 %x, %y\n"
                           "  ret %sum\n"
                           "}\n"
                           "func @late(%x: i64) -> i64 {\n"
                           "entry:\n"
                           "  %five = iconst.i64 5\n"
                           "  %sum = call @add(%x, %five)\n"
                           "  ret %sum\n"
                           "}\n"
                           "func @total(%x: i64, %n: i64) -> i64 {\n"
                           "entry:\n"
                           "  %zero = iconst.i64 0\n"
                           "  br head(%zero, %zero)\n"
                           "head(%i: i64, %sum: i64):\n"
                           "  %more = icmp.slt.i64 %i, %n\n"
                           "  brif %more, body, done\n"
                           "body:\n"
                           "  %xi = load.i64 [%x + %i*8]\n"
                           "  %next_sum = add.i64 %sum, %xi\n"
                           "  %one = iconst.i64 1\n"
                           "  %next = add.i64 %i, %one\n"
                           "  br head(%next, %next_sum)\n"
                           "done:\n"
                           "  ret %sum\n"
                           "}\n"
                           "func @step(%x: i64) -> i64 {\n"
                           "entry:\n"
                           "  %one = iconst.i64 1\n"
                           "  %sum = call @add(%x, %one)\n"
                           "  ret %sum\n"
                           "}\n"
                           "func @handler(%number: i32) -> void {\n"
                           "entry:\n"
                           "  %at = symbol @seen\n"
                           "  %old = load.i64 [%at]\n"
                           "  %new = call @step(%old)\n"
                           "  store.i64 %new, [%at]\n"
                           "  ret\n"
                           "}\n"
                           "func @later(%number: i32) -> void {\n"
                           "entry:\n"
                           "  call @handler(%number)\n"
                           "  ret\n"
                           "}\n"
                           "func @restless(%number: i32) -> void {\n"
                           "entry:\n"
                           "  %other = iconst.i32 12\n" /* SIGUSR2 */
                           "  %ignore = iconst.i64 1\n" /* SIG_IGN */
                           "  %later = symbol @later\n"
                           "  %old = call @signal(%other, %ignore)\n"
                           "  %ignored = call @signal(%other, %later)\n"
                           "  call @handler(%number)\n"
                           "  ret\n"
                           "}\n"
                           "func @install_restless(%number: i32) -> i64 {\n"
                           "entry:\n"
                           "  %restless = symbol @restless\n"
                           "  %old = call @signal(%number, %restless)\n"
                           "  ret %old\n"
                           "}\n"
                           "func @install(%number: i32) -> i64 {\n"
                           "entry:\n"
                           "  %handler = symbol @handler\n"
                           "  %old = call @signal(%number, %handler)\n"
                           "  ret %old\n"
                           "}\n";

typedef int64_t late_function(int64_t);
typedef int64_t total_function(const int64_t *, int64_t);
typedef int64_t install_function(int32_t);

typedef struct lab {
    nf_engine *engine;
    nf_program *program;
    late_function *late;
    total_function *total;
} lab;

static int64_t elements[ELEMENTS];

static nf_program *load(nf_engine *engine)
{
    nf_program *program;
    nf_error error = {0};
    if (nf_program_load(engine, "t.nir", text, strlen(text), &program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    return program;
}

static lab lab_open(nf_config config)
{
    lab l;
    nf_error error;
    config.no_counters = true;
    for (int i = 0; i < ELEMENTS; i++) elements[i] = i;
    assert_int_equal(nf_engine_new(&config, &l.engine, &error), NF_OK);
    l.program = load(l.engine);
    l.late = (late_function *)nf_program_function(l.program, "late");
    l.total = (total_function *)nf_program_function(l.program, "total");
    return l;
}

static nf_function *function_named(const lab *l, const char *name)
{
    for (uint32_t i = 0; i < l->program->function_count; i++)
        if (strcmp(l->program->functions[i].name, name) == 0) return &l->program->functions[i];
    fail_msg("no %s", name);
    return NULL;
}

static bool is_total(const lab *l, int64_t n)
{
    return l->total(elements, n) == n * (n - 1) / 2;
}

/* body's result is 0 when all is well. */
static int in_child(int (*body)(lab *l), lab *l)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(SECONDS_MAX);
        _exit(body(l));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* --- fork --- */

static int call_both(lab *l)
{
    for (int64_t i = 0; i < ELEMENTS; i++)
        if (l->late(i) != i + 5 || !is_total(l, i)) return 1;
    return 0;
}

static void test_a_child_compiles_for_itself(void **state)
{
    (void)state;
    lab l = lab_open((nf_config){.mode = NF_MODE_BASELINE});
    assert_true(is_total(&l, 10));
    assert_int_equal(in_child(call_both, &l), 0);
    assert_null(function_named(&l, "late")->active); /* that was the child's */
    assert_int_equal(call_both(&l), 0);
    nf_engine_free(l.engine);
}

static int race(lab *l)
{
    const nf_function *total = function_named(l, "total");
    uint64_t end = nf_os_time_ns() + (uint64_t)SECONDS_MAX * 1000000000;
    while (__atomic_load_n(&total->races, __ATOMIC_ACQUIRE) == NULL && nf_os_time_ns() < end)
        for (int64_t i = 0; i < ELEMENTS; i++)
            if (!is_total(l, i)) return 1;
    if (total->races == NULL) return 2;
    nf_engine_free(l->engine);
    return 0;
}

static void test_a_child_has_a_worker_of_its_own(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it knows no new threads in a child of several */
#endif
    lab l = lab_open((nf_config){.no_background = false});
    assert_true(is_total(&l, 10));
    assert_int_equal(in_child(race, &l), 0);
    assert_null(function_named(&l, "total")->races);
    assert_int_equal(race(&l), 0);
}

static int fork_again(lab *l)
{
    return call_both(l) || in_child(call_both, l);
}

static void test_a_child_forks(void **state)
{
    (void)state;
    lab l = lab_open((nf_config){.no_background = false});
    assert_int_equal(in_child(fork_again, &l), 0);
    nf_engine_free(l.engine);
}

typedef struct caller {
    pthread_t thread;
    lab *l;
    bool *stop;
} caller;

static void *call_until_told(void *context)
{
    const caller *c = context;
    for (int64_t i = 0; !__atomic_load_n(c->stop, __ATOMIC_RELAXED); i++)
        if (!is_total(c->l, i % ELEMENTS)) return (void *)c;
    return NULL;
}

/* New programs, so that forks meet first calls, guesses and races. */
static void test_forks_while_threads_call_and_functions_race(void **state)
{
    (void)state;
    caller callers[THREADS];
    bool stop = false;
    lab l = lab_open((nf_config){.no_background = false});
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (caller){.l = &l, .stop = &stop};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_until_told, &callers[i]), 0);
    }
    for (int i = 0; i < FORKS; i++) {
        lab other = l;
        other.program = load(l.engine);
        other.late = (late_function *)nf_program_function(other.program, "late");
        other.total = (total_function *)nf_program_function(other.program, "total");
        assert_int_equal(in_child(call_both, &other), 0);
        assert_int_equal(call_both(&other), 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(callers[i].thread, &wrong);
        assert_null(wrong);
    }
    nf_engine_free(l.engine);
}

/* The parent's code is gone when the child begins to call it. */
static int line[2];

static int call_later(lab *l)
{
    char word;
    return read(line[0], &word, 1) != 1 || call_both(l);
}

static void test_a_child_keeps_what_the_parent_frees(void **state)
{
    (void)state;
    lab l = lab_open((nf_config){.mode = NF_MODE_BASELINE});
    int status;
    assert_int_equal(call_both(&l), 0);
    assert_int_equal(pipe(line), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        _exit(call_later(&l));
    }
    nf_program_unload(l.program);
    assert_int_equal(write(line[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(line[0]);
    close(line[1]);
    nf_engine_free(l.engine);
}

static void *fork_once(void *context)
{
    int status = 0;
    __atomic_store_n((bool *)context, true, __ATOMIC_RELEASE);
    pid_t child = fork();
    if (child == 0) _exit(0);
    return waitpid(child, &status, 0) == child && status == 0 ? context : NULL;
}

/* The fork waits while this thread holds the scan's lock, as a scan does. */
static int call_while_a_fork_waits(lab *l)
{
    pthread_t thread;
    bool begun = false;
    void *forked;
    nf_scan_fork_prepare();
    if (pthread_create(&thread, NULL, fork_once, &begun) != 0) return 2;
    while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE)) nf_os_yield();
    nf_os_sleep_ns(50 * 1000 * 1000); /* so that it has all locks that it can get */
    int wrong = call_both(l);
    nf_scan_fork_done(false);
    pthread_join(thread, &forked);
    return wrong || forked == NULL;
}

static void test_calls_go_on_while_a_fork_waits_for_a_scan(void **state)
{
    (void)state;
    lab l = lab_open((nf_config){.mode = NF_MODE_BASELINE});
    assert_int_equal(in_child(call_while_a_fork_waits, &l), 0);
    nf_engine_free(l.engine);
}

/* --- signals --- */

static void test_a_handler_is_compiled_when_it_is_installed(void **state)
{
    (void)state;
    lab l = lab_open((nf_config){.mode = NF_MODE_BASELINE});
    install_function *install = (install_function *)nf_program_function(l.program, "install");
    const int64_t *seen = nf_program_data(l.program, "seen", NULL);
    assert_int_equal(install(SIGUSR1), (int64_t)(uintptr_t)SIG_DFL);
    assert_non_null(function_named(&l, "handler")->active);
    assert_non_null(function_named(&l, "step")->active);
    assert_non_null(function_named(&l, "add")->active);
    assert_null(function_named(&l, "late")->active);
    for (int i = 0; i < 10; i++) raise(SIGUSR1);
    assert_int_equal(*seen, 10);
    signal(SIGUSR1, SIG_DFL);
    nf_engine_free(l.engine);
}

/* A lock that the interrupted thread holds would be waited for for ever. */
static void test_signals_interrupt_compilations(void **state)
{
    (void)state;
    enum { PROGRAMS = 100 };
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    lab l = lab_open((nf_config){.no_background = true});
    install_function *install = (install_function *)nf_program_function(l.program, "install");
    const int64_t *seen = nf_program_data(l.program, "seen", NULL);
    install(SIGALRM);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < PROGRAMS || __atomic_load_n(seen, __ATOMIC_RELAXED) < 10; i++) {
        lab other = {l.engine, load(l.engine), NULL, NULL};
        other.late = (late_function *)nf_program_function(other.program, "late");
        assert_int_equal(other.late(i), i + 5);
        nf_program_unload(other.program);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
    nf_engine_free(l.engine);
}

/* All that the thread may be holding when the signal comes. */
static int raise_under_locks(lab *l)
{
    const int64_t *seen = nf_program_data(l->program, "seen", NULL);
    nf_os_mutex *const locks[] = {&l->engine->work_lock, &l->engine->compile_lock,
                                  &l->engine->lock};
    for (unsigned i = 0; i < 3; i++) nf_os_mutex_lock(locks[i]);
    raise(SIGUSR1);
    raise(SIGUSR2);
    for (unsigned i = 0; i < 3; i++) nf_os_mutex_unlock(locks[i]);
    return *seen != 2;
}

static void test_a_handler_installs_handlers(void **state)
{
    (void)state;
    lab l = lab_open((nf_config){.mode = NF_MODE_BASELINE});
    lab other = lab_open((nf_config){.mode = NF_MODE_BASELINE});
    install_function *install =
        (install_function *)nf_program_function(l.program, "install_restless");
    install(SIGUSR1);
    assert_non_null(function_named(&l, "later")->active);
    assert_null(function_named(&l, "install")->active);
    assert_int_equal(in_child(raise_under_locks, &l), 0);
    signal(SIGUSR1, SIG_DFL);
    nf_engine_free(other.engine);
    nf_engine_free(l.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_compiles_for_itself),
        cmocka_unit_test(test_a_child_has_a_worker_of_its_own),
        cmocka_unit_test(test_a_child_forks),
        cmocka_unit_test(test_forks_while_threads_call_and_functions_race),
        cmocka_unit_test(test_a_child_keeps_what_the_parent_frees),
        cmocka_unit_test(test_calls_go_on_while_a_fork_waits_for_a_scan),
        cmocka_unit_test(test_a_handler_is_compiled_when_it_is_installed),
        cmocka_unit_test(test_signals_interrupt_compilations),
        cmocka_unit_test(test_a_handler_installs_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
