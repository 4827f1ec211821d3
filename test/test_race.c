/*
 * Races of hand-made candidates: the right one wins, and every kind of bad one is rejected with its
 * reason while the process itself stays untouched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "os/os.h"
#include "race/race.h"
#include "race/statistics.h"

#define CANDIDATE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

enum { ELEMENTS = 2000 };
static int32_t numbers[ELEMENTS], output[ELEMENTS], *shared_page;

/* sum of the first n numbers, at several speeds */
CANDIDATE static int64_t sum_slow(int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int spin = 0; spin < 4; spin++) __asm__ volatile("" : "+r"(spin));
        sum += numbers[i];
    }
    return sum;
}

CANDIDATE static int64_t sum_fast(int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += numbers[i];
    return sum;
}

/* calls of some tenths of a millisecond */
enum { LONG_ELEMENTS = 1000, LONG_TURNS = 800 };
CANDIDATE static int64_t sum_long(int64_t n)
{
    int64_t sum = n;
    for (int turn = 0; turn < LONG_TURNS; turn++) sum += sum_slow(LONG_ELEMENTS);
    return sum;
}
CANDIDATE static int64_t sum_long_half(int64_t n)
{
    int64_t sum = n;
    for (int turn = 0; turn < LONG_TURNS / 2; turn++) sum += 2 * sum_slow(LONG_ELEMENTS);
    return sum;
}

CANDIDATE static int64_t sum_wrong(int64_t n)
{
    return sum_fast(n) + (n == 1000);
}
CANDIDATE static int64_t sum_crashes(int64_t n)
{
    return *(volatile int64_t *)n;
}
CANDIDATE static int64_t sum_hangs(int64_t n)
{
    while (n != INT64_MIN) __asm__ volatile("" : "+r"(n));
    return n;
}
CANDIDATE static int64_t sum_illegal(int64_t n)
{
    (void)n;
    __builtin_trap();
}
CANDIDATE static int64_t sum_writes(int64_t n)
{
    output[5]++;
    return sum_fast(n);
}
CANDIDATE static int64_t sum_asks_the_system(int64_t n)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_kill), "D"(getppid), "S"(SIGKILL)
                     : "rcx", "r11", "memory");
    return sum_fast(n) + (result & 0);
}
CANDIDATE static int64_t sum_smashes_its_stack(int64_t n)
{
    volatile char *at = __builtin_frame_address(0);
    for (int64_t i = -8; i < (64 << 20); i++) at[i] = (char)i;
    return n;
}
CANDIDATE static int64_t sum_kills_registers(int64_t n)
{
    int64_t sum = sum_fast(n);
    __asm__ volatile("xor %%ebx, %%ebx\n\tmov %0, %%rax\n\tleave\n\tret" : : "r"(sum) : "rax");
    return sum;
}
CANDIDATE static int64_t sum_rounds_otherwise(int64_t n)
{
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() ^ 0x6000);
    return sum_fast(n);
}
CANDIDATE static int64_t sum_goes_backwards(int64_t n)
{
    int64_t sum = sum_fast(n);
    __asm__ volatile("std" : : : "cc");
    return sum;
}
CANDIDATE static int64_t sum_overflows_stack(int64_t n)
{
    volatile char big[4096];
    big[n & 4095] = 1;
    int64_t deeper = n == INT64_MIN ? 0 : sum_overflows_stack(n + 1);
    return deeper + big[n & 4095];
}

/* output[i] = numbers[i] * 2, the second one twice on its own result when run again */
CANDIDATE static void twice_slow(int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        for (int spin = 0; spin < 4; spin++) __asm__ volatile("" : "+r"(spin));
        output[i] = numbers[i] * 2;
    }
}
CANDIDATE static void twice_fast(int64_t n)
{
    for (int64_t i = 0; i < n; i++) output[i] = numbers[i] * 2;
}
CANDIDATE static void twice_not_at_all(int64_t n)
{
    __asm__ volatile("" : "+r"(n));
}
CANDIDATE static void twice_half(int64_t n)
{
    twice_fast(n / 2);
}
CANDIDATE static void twice_wrong(int64_t n)
{
    twice_fast(n);
    if (n == 1999) output[1998] ^= 1;
}
CANDIDATE static void grow_slow(int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        for (int spin = 0; spin < 4; spin++) __asm__ volatile("" : "+r"(spin));
        output[i] = output[i] * 3 + 1;
    }
}
CANDIDATE static void grow_fast(int64_t n)
{
    for (int64_t i = 0; i < n; i++) output[i] = output[i] * 3 + 1;
}
CANDIDATE static int64_t writes_shared(int64_t n)
{
    return *shared_page += (int32_t)n;
}
CANDIDATE static int64_t random_answer(int64_t n)
{
    return n + (int64_t)__builtin_ia32_rdtsc();
}

typedef struct named {
    const char *name;
    const void *code;
} named;

static nf_arena arena;
static nf_zygote *zygote; /* NULL: races fork */

static int arena_set_up(void **state)
{
    (void)state;
    nf_arena_init(&arena, nf_os_allocator());
    return 0;
}

static int arena_tear_down(void **state)
{
    (void)state;
    nf_arena_free(&arena);
    return 0;
}

#define MS UINT64_C(1000000)
static uint64_t budget_ns = 20 * MS;

static nf_race_report race_of(const void *baseline, const named *field, uint32_t count,
                              nf_type result)
{
    static nf_race_input inputs[32];
    nf_race_candidate candidates[16];
    nf_arena_reset(&arena);
    for (uint32_t i = 0; i < count; i++)
        candidates[i] = (nf_race_candidate){field[i].name, (uint64_t)(uintptr_t)field[i].code, 100};
    for (int i = 0; i < 32; i++)
        inputs[i].integers[0] = (uint64_t)(i == 7 ? 1000 : i == 9 ? 1999 : 100 + i * 50);
    nf_race_request request = {
        .baseline = {"baseline", (uint64_t)(uintptr_t)baseline, 100},
        .candidates = candidates,
        .candidate_count = count,
        .inputs = inputs,
        .input_count = 32,
        .result = result,
        .writes = true,
        .budget_ns = budget_ns,
        .seed = 7,
        .zygote = zygote,
    };
    nf_race_report report;
    nf_error error = {0};
    nf_status status = nf_race_run(&request, &arena, &report, &error);
    if (status != NF_OK) fail_msg("%s", error.message);
    for (uint32_t i = 0; i < count; i++)
        printf("  %-10s %-13s %8.1f ns  %.2fx  %s\n", field[i].name,
               nf_race_outcome_text(report.results[i].outcome), report.results[i].median_ns,
               report.results[i].speedup, report.results[i].reason);
    printf("  -> %s (%u inputs, %u dropped, %u rounds, A/A %.3f [%.3f, %.3f])\n", report.reason,
           report.inputs_used, report.inputs_dropped, report.rounds, report.aa_ratio, report.aa_low,
           report.aa_high);
    return report; /* results stay in the arena until the next race */
}

static void test_the_faster_one_wins(void **state)
{
    (void)state;
    const named field[] = {{"same", sum_slow}, {"fast", sum_fast}};
    nf_race_report report = race_of(sum_slow, field, 2, NF_I64);
    assert_true(report.ran);
    assert_int_equal(report.winner, 1);
    assert_int_equal(report.results[1].outcome, NF_RACE_WON);
    assert_int_equal(report.inputs_used, 32);
    assert_false(report.fresh_inputs);
}

/* The budget would be good for 20 rounds. */
static void test_long_calls_race_no_longer_than_it_takes(void **state)
{
    (void)state;
    const named half = {"half", sum_long_half}, whole = {"whole", sum_long};
    budget_ns = 100 * MS;
    nf_race_report report = race_of(sum_long, &half, 1, NF_I64);
    assert_int_equal(report.winner, 0);
    assert_in_range(report.rounds, 5, 15);
    report = race_of(sum_long_half, &whole, 1, NF_I64);
    budget_ns = 20 * MS;
    assert_int_equal(report.winner, -1);
    assert_in_range(report.rounds, 5, 15);
}

static void test_bad_candidates_are_rejected(void **state)
{
    (void)state;
    const struct {
        named candidate;
        nf_race_outcome outcome;
    } bad[] = {
        {{"wrong", sum_wrong}, NF_RACE_WRONG},
        {{"crashes", sum_crashes}, NF_RACE_CRASHED},
        {{"hangs", sum_hangs}, NF_RACE_HUNG},
        {{"illegal", sum_illegal}, NF_RACE_CRASHED},
        {{"writes", sum_writes}, NF_RACE_WRONG},
        {{"system", sum_asks_the_system}, NF_RACE_CRASHED},
        {{"smash", sum_smashes_its_stack}, NF_RACE_CRASHED},
        {{"registers", sum_kills_registers}, NF_RACE_WRONG},
        {{"rounding", sum_rounds_otherwise}, NF_RACE_WRONG},
        {{"backwards", sum_goes_backwards}, NF_RACE_WRONG},
        {{"overflow", sum_overflows_stack}, NF_RACE_CRASHED},
        {{"fast", sum_fast}, NF_RACE_WON},
    };
    enum { COUNT = sizeof bad / sizeof *bad };
    named field[COUNT];
    for (int i = 0; i < COUNT; i++) field[i] = bad[i].candidate;
    int32_t before = output[5];
    nf_race_report report = race_of(sum_slow, field, COUNT, NF_I64);
    assert_int_equal(output[5], before);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(report.results[i].outcome, bad[i].outcome);
        assert_true(report.results[i].reason[0] != 0);
    }
    assert_int_equal(report.winner, COUNT - 1);
}

/* They take the time that checking may take, and a wrong answer comes late. */
static void test_the_slow_ones_leave_time_to_check(void **state)
{
    (void)state;
    named field[13];
    for (int i = 0; i < 12; i++) field[i] = (named){"hangs", sum_hangs};
    field[12] = (named){"wrong", sum_wrong};
    nf_race_report report = race_of(sum_slow, field, 13, NF_I64);
    for (int i = 0; i < 12; i++) assert_int_equal(report.results[i].outcome, NF_RACE_HUNG);
    assert_int_equal(report.results[12].outcome, NF_RACE_WRONG);
}

static void test_written_memory_is_compared(void **state)
{
    (void)state;
    const named field[] = {{"wrong", twice_wrong}, {"fast", twice_fast}};
    memset(output, 0, sizeof output);
    nf_race_report report = race_of(twice_slow, field, 2, NF_VOID);
    assert_int_equal(report.results[0].outcome, NF_RACE_WRONG);
    assert_int_equal(report.winner, 1);
    for (int i = 0; i < ELEMENTS; i++) assert_int_equal(output[i], 0);
}

/* The program has called it before: what it should write is there already. */
static void test_doing_nothing_is_not_right(void **state)
{
    (void)state;
    const named field[] = {
        {"nothing", twice_not_at_all}, {"half", twice_half}, {"fast", twice_fast}};
    twice_fast(ELEMENTS);
    nf_race_report report = race_of(twice_slow, field, 3, NF_VOID);
    assert_int_equal(report.results[0].outcome, NF_RACE_WRONG);
    assert_int_equal(report.results[1].outcome, NF_RACE_WRONG);
    assert_int_equal(report.winner, 2);
    for (int i = 0; i < ELEMENTS; i++) assert_int_equal(output[i], numbers[i] * 2);
}

static void test_memory_is_restored_for_functions_that_change_their_input(void **state)
{
    (void)state;
    const named field[] = {{"same", grow_slow}, {"fast", grow_fast}};
    nf_race_report report = race_of(grow_slow, field, 2, NF_VOID);
    assert_true(report.fresh_inputs);
    assert_int_equal(report.winner, 1);
}

static void test_what_cannot_be_repeated_does_not_race(void **state)
{
    (void)state;
    const named field[] = {{"fast", sum_fast}};
    assert_false(race_of(random_answer, field, 1, NF_I64).ran);
    assert_false(race_of(sum_crashes, field, 1, NF_I64).ran);
    shared_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *shared_page = 3;
    nf_race_report report = race_of(writes_shared, field, 1, NF_I64);
    assert_false(report.ran);
    assert_non_null(strstr(report.reason, "shared memory"));
    assert_int_equal(*shared_page, 3);
    munmap(shared_page, 4096);
}

static void test_no_child_is_left(void **state)
{
    (void)state;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_statistics(void **state)
{
    (void)state;
    double values[] = {5, 1, 4, 2, 3}, a[40], b[40];
    assert_true(nf_median(values, 5) == 3);
    for (double x = 0.001; x < 1e6; x *= 3) {
        double back = nf_exp(nf_log(x)) / x;
        assert_true(back > 0.999999 && back < 1.000001);
        assert_true(nf_sqrt(x * x) / x > 0.999999 && nf_sqrt(x * x) / x < 1.000001);
    }
    for (int i = 0; i < 40; i++) {
        a[i] = 100 + i % 7;
        b[i] = a[i] / 2 + i % 3 * 0.01;
    }
    a[3] = -1;
    nf_ratio ratio = nf_ratio_paired(a, b, 40);
    assert_true(ratio.low < ratio.ratio && ratio.ratio < ratio.high);
    assert_true(ratio.low > 1.99 && ratio.high < 2.01);
    assert_int_equal(nf_ratio_paired(a, b, 3).pairs, 0);
}

/* Two batches of different length; in rounds 20 to 29 the machine is busy: c takes half as long again, b a
 * fifth, and the first one nothing. One is slow by itself in round 5. */
static void test_disturbed_rounds_stand_out(void **state)
{
    (void)state;
    enum { ROUNDS = 40, FROM = 20, TO = 30, BY_ITSELF = 5, UNTIMED = 7 };
    double a[ROUNDS], b[ROUNDS], c[ROUNDS], paces[ROUNDS];
    const double *const all[] = {a, b, c};
    uint32_t batches[ROUNDS];
    for (uint32_t r = 0; r < ROUNDS; r++) {
        bool is_busy = r >= FROM && r < TO;
        batches[r] = r % 2;
        a[r] = batches[r] ? 300 : 100;
        b[r] = a[r] * (is_busy ? 0.6 : 0.5) * (1 + 0.001 * (r % 5));
        c[r] = a[r] * (is_busy ? 0.6 : 0.4) * (1 + 0.001 * (r % 7));
    }
    c[BY_ITSELF] *= 3;
    a[UNTIMED] = b[UNTIMED] = c[UNTIMED] = -1;
    double quiet = nf_paces(all, 3, batches, ROUNDS, paces);
    for (uint32_t r = 0; r < ROUNDS; r++)
        assert_int_equal(paces[r] <= quiet, (r < FROM || r >= TO) && r != UNTIMED);
}

static void test_rounds_that_are_disturbed_alike_all_count(void **state)
{
    (void)state;
    enum { ROUNDS = 40, FEW = 12 };
    double a[ROUNDS], paces[ROUNDS];
    const double *const all[] = {a, a, a};
    for (uint32_t r = 0; r < ROUNDS; r++) a[r] = 150 + r % 5;
    double quiet = nf_paces(all, 3, NULL, ROUNDS, paces);
    for (uint32_t r = 0; r < ROUNDS; r++) assert_true(paces[r] <= quiet);
    for (uint32_t r = 0; r < ROUNDS; r++) a[r] = 100 * (1 + r); /* but for 12, at least */
    quiet = nf_paces(all, 3, NULL, ROUNDS, paces);
    for (uint32_t r = 0; r < ROUNDS; r++) assert_int_equal(paces[r] <= quiet, r < FEW);
    quiet = nf_paces(all, 2, NULL, ROUNDS, paces); /* too few to tell */
    for (uint32_t r = 0; r < ROUNDS; r++) assert_true(paces[r] <= quiet);
}

/* All of it in forked sandboxes, then in a zygote's, which was made before there were numbers. */
int main(void)
{
    nf_zygote *made = NULL;
    nf_status status = nf_zygote_open(&made, NULL);
    for (int i = 0; i < ELEMENTS; i++) numbers[i] = i * 7919 % 1000;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_faster_one_wins),
        cmocka_unit_test(test_long_calls_race_no_longer_than_it_takes),
        cmocka_unit_test(test_bad_candidates_are_rejected),
        cmocka_unit_test(test_the_slow_ones_leave_time_to_check),
        cmocka_unit_test(test_written_memory_is_compared),
        cmocka_unit_test(test_doing_nothing_is_not_right),
        cmocka_unit_test(test_memory_is_restored_for_functions_that_change_their_input),
        cmocka_unit_test(test_what_cannot_be_repeated_does_not_race),
        cmocka_unit_test(test_no_child_is_left),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_disturbed_rounds_stand_out),
        cmocka_unit_test(test_rounds_that_are_disturbed_alike_all_count),
    };
    int failed = cmocka_run_group_tests_name("forked", tests, arena_set_up, arena_tear_down);
    if (status == NF_UNSUPPORTED) return failed;
    zygote = made;
    failed += cmocka_run_group_tests_name("by a zygote", tests, arena_set_up, arena_tear_down);
    nf_zygote_close(made);
    return failed;
}
