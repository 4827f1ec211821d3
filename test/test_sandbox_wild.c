/*
 * Candidates gone wild, and programs that are unlike others: what a candidate does to the record that
 * program and sandbox share harms its own race alone, what another call has left is no answer, and
 * races are held, or refused, whatever rights and limits the program has. In forked sandboxes and in
 * a zygote's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/sanitized.h"
#include "lib_race.h"
#include "race/linux/harness.h"

enum { PAGE = 4096, NOBODY = 65534 };

static nf_zygote *zygote; /* NULL: races fork */

/* --- races --- */

/* NOT_MEASURED where there was no race. */
static nf_race_outcome run(const nf_race_request *request)
{
    nf_race_report report;
    nf_error error = {0};
    if (race_run(request, &report, &error) == NF_OK && report.ran) return report.results[0].outcome;
    printf("  %s\n", error.message[0] ? error.message : report.reason);
    return NF_RACE_NOT_MEASURED;
}

static nf_race_outcome outcome_of(const void *baseline, const void *candidate)
{
    nf_race_candidate one = race_candidate(candidate);
    nf_race_request request = race_request(zygote, baseline, &one, 1);
    return run(&request);
}

static bool is_right(nf_race_outcome outcome)
{
    return outcome == NF_RACE_WON || outcome == NF_RACE_LOST;
}

static void assert_races_go_on(void)
{
    nf_zygote_renew(&zygote);
    assert_true(is_right(outcome_of(increment, increment)));
}

/* --- the record --- */

/* cage.c: r12 leads to the candidate stack's top, above which, behind a guard, is the signal stack. */
static inline __attribute__((always_inline)) harness *record_find(void)
{
    enum { TOP = 32 };
    uint64_t r12;
    __asm__ volatile("mov %%r12, %0" : "=r"(r12));
    cage *c = *(cage **)(r12 + TOP + CAGE_GUARD_BYTES);
    return (harness *)((uint8_t *)c - offsetof(harness, cage));
}

static uint64_t *page; /* of the program's */

CANDIDATE static int64_t moves_the_layout(int64_t n)
{
    harness *h = record_find();
    h->cage.private = (cage_range){(uint64_t)page, (uint64_t)page + PAGE};
    h->cage.record = h->cage.private;
    h->cage.signal_stack = h->cage.log_bytes = NULL;
    h->cage.kept = NULL;
    return n + 1;
}

CANDIDATE static int64_t forges_the_request_and_crashes(int64_t n)
{
    record_find()->request = (const nf_race_request *)page;
    __builtin_trap();
    return n + 1;
}

static void test_the_program_asks_no_layout_of_the_record(void **state)
{
    (void)state;
    page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *page = 42;
    outcome_of(increment, moves_the_layout);
    assert_int_equal(*page, 42);
    assert_races_go_on();
    assert_int_equal(outcome_of(increment, forges_the_request_and_crashes), NF_RACE_CRASHED);
    assert_races_go_on();
    munmap(page, PAGE);
}

CANDIDATE static int64_t writes_below_its_array(int64_t n)
{
    page[-1] = 0;
    return n + 1;
}

CANDIDATE static int64_t fills_the_wrong_way(int64_t n)
{
    for (int64_t i = 0; i < (4 << 20) / 8; i++) ((volatile uint64_t *)page)[-1 - i] = (uint64_t)n;
    return n + 1;
}

static void test_beside_the_record_is_nothing(void **state)
{
    enum { ARRAY_BYTES = 2 << 20 };
    (void)state;
    page = mmap(NULL, ARRAY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    nf_zygote *outer = zygote; /* one whose record comes to lie below the array */
    if (zygote) assert_int_equal(nf_zygote_open(&zygote, NULL), NF_OK);
    assert_false(is_right(outcome_of(increment, writes_below_its_array)));
    assert_false(is_right(outcome_of(increment, fills_the_wrong_way)));
    assert_races_go_on();
    if (zygote != outer) nf_zygote_close(zygote);
    zygote = outer;
    munmap(page, ARRAY_BYTES);
}

CANDIDATE static int64_t claims_to_have_finished(int64_t n)
{
    static const uint32_t word = 0;
    harness *h = record_find();
    *(volatile bool *)&h->finished = true;
    for (;;) {
        register long timeout __asm__("r10") = 0;
        long result;
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(SYS_futex), "D"(&word), "S"(0), "d"(0), "r"(timeout)
                         : "rcx", "r11", "memory");
    }
    return n + 1;
}

static uint32_t given_up;

static void give_up(void *context, const char *stage, uint32_t done, uint32_t of)
{
    (void)context, (void)stage, (void)done, (void)of;
    __atomic_store_n(&given_up, 1, __ATOMIC_RELAXED);
}

static void test_who_never_ends_can_be_given_up(void **state)
{
    (void)state;
    nf_race_candidate one = race_candidate(claims_to_have_finished);
    nf_race_request request = race_request(zygote, increment, &one, 1);
    nf_race_report report;
    nf_error error = {0};
    given_up = 0;
    request.given_up = &given_up;
    request.progress = give_up;
    assert_int_equal(race_run(&request, &report, &error), NF_OS);
    assert_non_null(strstr(error.message, "given up"));
    assert_races_go_on();
}

/* --- answers that are none --- */

/* The first of each pair leaves its answer where the second one looks. */
__asm__(".text\n"
        "leaves_on_stack:\n  lea 1(%rdi), %rax\n  mov %rax, -64(%rsp)\n  ret\n"
        "reads_the_stack:\n  mov -64(%rsp), %rax\n  ret\n"
        "leaves_in_xmm9:\n  lea 1(%rdi), %rax\n  movq %rax, %xmm9\n  ret\n"
        "reads_xmm9:\n  movq %xmm9, %rax\n  ret\n"
        "moves_the_stack:\n  lea 1(%rdi), %rax\n  pop %rcx\n  sub $4096, %rsp\n  jmp *%rcx\n");
extern const char leaves_on_stack[], reads_the_stack[], leaves_in_xmm9[], reads_xmm9[],
    moves_the_stack[];

static void test_what_others_left_is_no_answer(void **state)
{
    (void)state;
    assert_int_equal(outcome_of(leaves_on_stack, reads_the_stack), NF_RACE_WRONG);
    assert_int_equal(outcome_of(leaves_in_xmm9, reads_xmm9), NF_RACE_WRONG);
    assert_int_equal(outcome_of(increment, moves_the_stack), NF_RACE_WRONG);
}

CANDIDATE static double same(double x)
{
    return x;
}

CANDIDATE static double infinite(double x)
{
    (void)x;
    return INFINITY;
}

CANDIDATE static double nearly_same(double x)
{
    return x * (1 + 1e-12);
}

static nf_race_outcome outcome_with_tolerance(double (*baseline)(double), double (*other)(double))
{
    nf_race_candidate one = race_candidate((const void *)(uintptr_t)other);
    nf_race_request request = race_request(zygote, (const void *)(uintptr_t)baseline, &one, 1);
    request.result = NF_F64;
    request.tolerance = 1e-9;
    return run(&request);
}

static void test_infinity_is_near_no_number(void **state)
{
    (void)state;
    assert_true(is_right(outcome_with_tolerance(same, nearly_same)));
    assert_true(is_right(outcome_with_tolerance(infinite, infinite)));
    assert_int_equal(outcome_with_tolerance(same, infinite), NF_RACE_WRONG);
    assert_int_equal(outcome_with_tolerance(infinite, same), NF_RACE_WRONG);
}

CANDIDATE static int64_t writes_a_page_further(int64_t n)
{
    page[PAGE / sizeof *page] = (uint64_t)n;
    return n + 1;
}

/* Databases map as much; only a sanitizer's shadow is as large otherwise. */
static void test_large_memory_is_guarded_too(void **state)
{
    const uint64_t bytes = UINT64_C(1) << 36;
    (void)state;
    if (NF_SANITIZED) skip(); /* the sanitizer's own memory can't be told from the program's */
    page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                0);
    if (page == MAP_FAILED) skip(); /* address space for 64 GiB */
    assert_int_equal(outcome_of(increment, writes_a_page_further), NF_RACE_WRONG);
    assert_int_equal(page[PAGE / sizeof *page], 0);
    munmap(page, bytes);
}

/* --- programs with other rights and limits --- */

/* In a process of its own, which has to end well, and soon. */
static void in_child(int (*body)(void))
{
    enum { NOT_HERE = 77, SECONDS = 60 };
    int status;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        alarm(SECONDS);
        bool by_zygote = zygote != NULL;
        zygote = NULL;
        if (by_zygote) nf_zygote_open(&zygote, NULL);
        int missing = body();
        nf_zygote_close(zygote);
        fflush(NULL);
        _exit(missing ? NOT_HERE : 0);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE) skip(); /* the right to do it */
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int gives_up_rights(void)
{
    int ends[2];
    char none;
    if (geteuid() != 0) return 1;
    if (pipe(ends) != 0) _exit(1);
    pid_t holder = fork(); /* it has the zygote's socket, too, as long as this process lives */
    if (holder == 0) {
        close(ends[1]);
        _exit((int)read(ends[0], &none, 1));
    }
    const struct rlimit little = {30, 30};
    setrlimit(RLIMIT_CPU, &little);
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) _exit(1);
    if (!is_right(outcome_of(increment, increment))) _exit(2);
    nf_zygote_close(zygote);
    zygote = NULL;
    if (!is_right(outcome_of(increment, increment))) _exit(3);
    return 0;
}

static int locks_its_memory(void)
{
    enum { PAGES_MAX = (64 << 20) / PAGE };
    long pages = 0;
    if (mlockall(MCL_FUTURE) != 0) return 1;
    if (zygote) nf_zygote_close(zygote);
    if (zygote && nf_zygote_open(&zygote, NULL) != NF_OK) _exit(1);
    if (!is_right(outcome_of(increment, increment))) _exit(2);
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1 || pages > PAGES_MAX) _exit(3);
    fclose(file);
    return 0;
}

static int has_children_elsewhere(void)
{
    nf_zygote *none;
    if (unshare(CLONE_NEWPID) != 0) return 1;
    nf_zygote_close(zygote);
    zygote = NULL;
    if (nf_zygote_open(&none, NULL) == NF_OK) _exit(1);
    if (is_right(outcome_of(increment, increment))) _exit(2);
    pid_t first = fork();
    if (first == 0) _exit(0);
    if (first < 0) _exit(3);
    return 0;
}

static void test_rights_may_be_given_up(void **state)
{
    (void)state;
    in_child(gives_up_rights);
}

static void test_memory_may_be_locked(void **state)
{
    (void)state;
    if (NF_SANITIZED) skip(); /* shadow memory would be locked, too */
    in_child(locks_its_memory);
}

static void test_other_namespaces_are_left_alone(void **state)
{
    (void)state;
    in_child(has_children_elsewhere);
}

int main(void)
{
    const struct CMUnitTest both[] = {
        cmocka_unit_test(test_the_program_asks_no_layout_of_the_record),
        cmocka_unit_test(test_beside_the_record_is_nothing),
        cmocka_unit_test(test_who_never_ends_can_be_given_up),
        cmocka_unit_test(test_what_others_left_is_no_answer),
        cmocka_unit_test(test_infinity_is_near_no_number),
        cmocka_unit_test(test_large_memory_is_guarded_too),
        cmocka_unit_test(test_rights_may_be_given_up),
        cmocka_unit_test(test_memory_may_be_locked),
        cmocka_unit_test(test_other_namespaces_are_left_alone),
    };
    int failed = cmocka_run_group_tests_name("forked", both, NULL, NULL);
    nf_status status = nf_zygote_open(&zygote, NULL);
    if (status != NF_UNSUPPORTED) {
        assert_int_equal(status, NF_OK);
        failed += cmocka_run_group_tests_name("by a zygote", both, NULL, NULL);
    }
    nf_zygote_close(zygote);
    return failed;
}
