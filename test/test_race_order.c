/*
 * Races of functions whose speed hangs by what the branch predictor knows: what is fast on an input that
 * comes again and again is slow where no call is like the one before.
 *
 *   automaton  by a table, as many steps for each byte, or by branches, one for each byte
 *   quicksort  with a partition without branches, or one that branches at each element
 *
 * Each input holds a hundred bits of chance. Recorded in a program whose inputs are all new, 48 of them
 * have to be new to the predictor in the sandbox, too, and the versions without branches are the right
 * ones. In a program that calls with the same string all the time, the automaton of branches is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "os/os.h"
#include "race/race.h"

#define CANDIDATE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

enum { INPUTS = 48, LETTERS = 96, STATES = 4, KEYS = 128, FEW_KEYS = 8, CODE_BYTES = 100 };

/* What the compiler must leave a branch. */
#define HERE(number) __asm__ volatile("# " #number)

/* --- an automaton: how often two ones follow each other, and the last state --- */

static uint8_t letters[INPUTS][LETTERS];
static const uint8_t next_state[STATES][2] = {{0, 1}, {2, 3}, {3, 1}, {1, 0}};

CANDIDATE static int64_t automaton_by_table(const uint8_t *text, int64_t count)
{
    int64_t visits = 0;
    uint8_t state = 0;
    for (int64_t i = 0; i < count; i++) {
        state = next_state[state][text[i]];
        visits += state;
    }
    return visits * STATES + state;
}

CANDIDATE static int64_t automaton_by_branches(const uint8_t *text, int64_t count)
{
    const uint8_t *end = text + count;
    int64_t visits = 0;
zero:
    if (text == end) return visits * STATES;
    HERE(0);
    if (*text++ == 0) goto zero;
one:
    visits++;
    if (text == end) return visits * STATES + 1;
    HERE(1);
    if (*text++ != 0) goto three;
    visits += 2; /* two */
    if (text == end) return visits * STATES + 2;
    HERE(2);
    if (*text++ != 0) goto one;
three:
    visits += 3;
    if (text == end) return visits * STATES + 3;
    HERE(3);
    if (*text++ != 0) goto zero;
    goto one;
}

/* --- quicksort --- */

static int32_t keys[INPUTS][KEYS];

/* Few are sorted by insertion; both versions do that alike. */
static inline __attribute__((always_inline)) void few_sort(int32_t *key, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        int32_t moved = key[i];
        int64_t at = i;
        for (; at > 0 && key[at - 1] > moved; at--) key[at] = key[at - 1];
        key[at] = moved;
    }
}

static inline __attribute__((always_inline)) void swap(int32_t *a, int32_t *b)
{
    int32_t kept = *a;
    *a = *b;
    *b = kept;
}

CANDIDATE static void sort_with_branches(int32_t *key, int64_t count)
{
    while (count > FEW_KEYS) {
        int32_t pivot = key[count - 1];
        int64_t small = 0;
        for (int64_t i = 0; i < count - 1; i++) {
            if (key[i] >= pivot) continue;
            HERE(5);
            swap(&key[small++], &key[i]);
        }
        swap(&key[small], &key[count - 1]);
        sort_with_branches(key + small + 1, count - small - 1);
        count = small;
    }
    few_sort(key, count);
}

CANDIDATE static void sort_without(int32_t *key, int64_t count)
{
    while (count > FEW_KEYS) {
        int32_t pivot = key[count - 1];
        int64_t small = 0;
        for (int64_t i = 0; i < count - 1; i++) {
            int32_t moved = key[i];
            key[i] = key[small];
            key[small] = moved;
            small += moved < pivot;
        }
        swap(&key[small], &key[count - 1]);
        sort_without(key + small + 1, count - small - 1);
        count = small;
    }
    few_sort(key, count);
}

/* --- races --- */

typedef struct contest {
    const char *name;
    const void *fast_when_new, *fast_when_known;
    const void *inputs;
    size_t input_bytes;
    int64_t count;
    nf_type result;
} contest;

static const contest automata = {
    "automaton", automaton_by_table, automaton_by_branches, letters, LETTERS, LETTERS, NF_I64};
static const contest sorts = {"quicksort", sort_without, sort_with_branches, keys, sizeof keys[0],
                              KEYS,        NF_VOID};

static uint32_t random_next(void)
{
    static uint32_t random = 7;
    random = random * 1664525u + 1013904223u;
    return random >> 8;
}

static int inputs_make(void **state)
{
    (void)state;
    for (int i = 0; i < INPUTS; i++) {
        for (int k = 0; k < LETTERS; k++) letters[i][k] = random_next() >> 23;
        for (int k = 0; k < KEYS; k++) keys[i][k] = (int32_t)random_next();
    }
    return 0;
}

/* The winner, on so many of the inputs, which come by turns. */
static int32_t race(const contest *c, const void *baseline, const void *candidate, uint32_t various)
{
    static nf_race_input inputs[INPUTS];
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    const nf_race_candidate field = {"candidate", (uint64_t)(uintptr_t)candidate, CODE_BYTES};
    for (uint32_t i = 0; i < INPUTS; i++) {
        inputs[i].integers[0] = (uint64_t)(uintptr_t)c->inputs + i % various * c->input_bytes;
        inputs[i].integers[1] = (uint64_t)c->count;
    }
    nf_race_request request = {
        .baseline = {"baseline", (uint64_t)(uintptr_t)baseline, CODE_BYTES},
        .candidates = &field,
        .candidate_count = 1,
        .inputs = inputs,
        .input_count = INPUTS,
        .result = c->result,
        .writes = true,
        .seed = 7,
    };
    nf_race_report report;
    nf_error error = {0};
    if (nf_race_run(&request, &arena, &report, &error) != NF_OK) fail_msg("%s", error.message);
    assert_true(report.ran);
    print_message("  %-10s %2u inputs: %7.1f ns against %7.1f ns, %s\n", c->name, various,
                  report.results[0].median_ns, report.baseline_median_ns, report.results[0].reason);
    int32_t winner = report.winner;
    nf_arena_free(&arena);
    return winner;
}

static void expect_order(const contest *c, const void *fast, const void *slow, uint32_t various)
{
    assert_int_equal(race(c, slow, fast, various), 0);
    assert_int_equal(race(c, fast, slow, various), -1);
}

static void test_new_inputs_are_new_in_a_race(void **state)
{
    (void)state;
    expect_order(&automata, automata.fast_when_new, automata.fast_when_known, INPUTS);
    expect_order(&sorts, sorts.fast_when_new, sorts.fast_when_known, INPUTS);
}

static void test_the_same_input_all_the_time_is_known(void **state)
{
    (void)state;
    expect_order(&automata, automata.fast_when_known, automata.fast_when_new, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_inputs_are_new_in_a_race),
        cmocka_unit_test(test_the_same_input_all_the_time_is_known),
    };
    return cmocka_run_group_tests(tests, inputs_make, NULL);
}
