/*
 * A zygote that is made when the program is large already: the program's memory is left out of the copy
 * where nobody else could notice, and must be whole for everybody: for the program itself, for
 * children that it forks at any time, and for memory that other threads move meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "os/os.h"
#include "race/race.h"

enum { HEAP_BYTES = 16 << 20, MOVING_BYTES = 8 << 20, PAGE = NF_OS_PAGE_BYTES, ZYGOTES = 10 };

static uint8_t *heap;

/* So many large pieces that marking them takes long enough for others to come in between. */
enum { PIECES = 300, PIECE_BYTES = 5 << 20 };
static uint8_t *pieces;

static uint8_t *memory_make(size_t bytes)
{
    uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    for (size_t at = 0; at < bytes; at += PAGE) memory[at] = (uint8_t)(1 + at / PAGE % 250);
    return memory;
}

static bool is_whole(const uint8_t *memory, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += PAGE)
        if (memory[at] != 1 + at / PAGE % 250) return false;
    return true;
}

/* Whether any memory of this process is to be empty in children. */
static bool any_is_marked(void)
{
    char line[512];
    bool found = false;
    FILE *smaps = fopen("/proc/self/smaps", "r");
    assert_non_null(smaps);
    while (fgets(line, sizeof line, smaps))
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " wf")) found = true;
    fclose(smaps);
    return found;
}

static int set_up(void **state)
{
    (void)state;
    heap = memory_make(HEAP_BYTES);
    pieces = mmap(NULL, (size_t)PIECES * PIECE_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(pieces, MAP_FAILED);
    for (size_t i = 0; i < PIECES; i++) mprotect(pieces + i * PIECE_BYTES, PAGE, PROT_NONE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    munmap(heap, HEAP_BYTES);
    munmap(pieces, (size_t)PIECES * PIECE_BYTES);
    return 0;
}

static nf_zygote *zygote_open(void)
{
    nf_zygote *zygote;
    if (nf_zygote_open(&zygote, NULL) != NF_OK) skip(); /* a build with a sanitizer */
    return zygote;
}

/* --- what a race sees --- */

__attribute__((noinline)) static int64_t sum(int64_t n)
{
    int64_t value = 0;
    for (int64_t i = 0; i < n; i++) value += heap[i * PAGE];
    return value;
}

__attribute__((noinline)) static int64_t sum_of_nothing(int64_t n)
{
    __asm__ volatile("" : "+r"(n));
    return 0;
}

static void race_check(nf_zygote *zygote)
{
    const nf_race_candidate field[] = {{"same", (uint64_t)(uintptr_t)sum, 100},
                                       {"empty", (uint64_t)(uintptr_t)sum_of_nothing, 100}};
    const nf_race_input inputs[2] = {{.integers = {100}}, {.integers = {HEAP_BYTES / PAGE}}};
    nf_race_request request = {
        .baseline = field[0],
        .candidates = field,
        .candidate_count = 2,
        .inputs = inputs,
        .input_count = 2,
        .result = NF_I64,
        .budget_ns = 1000 * 1000,
        .seed = 1,
        .zygote = zygote,
    };
    nf_arena arena;
    nf_race_report report;
    nf_error error = {0};
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_race_run(&request, &arena, &report, &error) != NF_OK) fail_msg("%s", error.message);
    assert_int_equal(report.inputs_used, 2);
    assert_int_not_equal(report.results[0].outcome, NF_RACE_WRONG);
    assert_int_equal(report.results[1].outcome, NF_RACE_WRONG);
    nf_arena_free(&arena);
    assert_true(is_whole(heap, HEAP_BYTES));
}

static void test_races_read_what_was_left_behind(void **state)
{
    (void)state;
    nf_zygote *zygote = zygote_open();
    race_check(zygote);
    nf_zygote_close(zygote);
    assert_false(any_is_marked());
}

/* On one processor the zygote comes to run when this process waits, and that is for the race's end. */
static void test_the_first_race_is_asked_for_before_the_zygote_has_settled(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    for (int i = 0; i < ZYGOTES; i++) {
        nf_zygote *zygote = zygote_open();
        uint8_t *old = heap;
        heap = memory_make(HEAP_BYTES);
        race_check(zygote);
        nf_zygote_close(zygote);
        munmap(heap, HEAP_BYTES);
        heap = old;
    }
    sched_setaffinity(0, sizeof before, &before);
}

/* --- other threads meanwhile --- */

typedef struct other {
    pthread_t thread;
    bool stop;            /* atomic */
    uint32_t wrong, done; /* done: atomic */
} other;

static bool is_on(const other *o)
{
    return !__atomic_load_n(&o->stop, __ATOMIC_RELAXED);
}

static void *fork_again_and_again(void *context)
{
    other *o = context;
    for (; is_on(o); __atomic_fetch_add(&o->done, 1, __ATOMIC_RELAXED)) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) _exit(!is_whole(heap, HEAP_BYTES));
        waitpid(child, &status, 0);
        o->wrong += status != 0;
    }
    return NULL;
}

/* Always to where nothing was before. */
static void *move_again_and_again(void *context)
{
    other *o = context;
    uint8_t *memory = memory_make(MOVING_BYTES);
    for (; is_on(o); __atomic_fetch_add(&o->done, 1, __ATOMIC_RELAXED)) {
        uint8_t *place =
            mmap(NULL, MOVING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        memory = mremap(memory, MOVING_BYTES, MOVING_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, place);
        if (memory == MAP_FAILED) return NULL;
    }
    o->wrong += !is_whole(memory, MOVING_BYTES);
    munmap(memory, MOVING_BYTES);
    return NULL;
}

static void zygotes_beside(void *(*run)(void *))
{
    nf_zygote_close(zygote_open()); /* or it is skipped */
    other o = {.stop = false};
    uint32_t marked = 0;
    assert_int_equal(pthread_create(&o.thread, NULL, run, &o), 0);
    while (__atomic_load_n(&o.done, __ATOMIC_RELAXED) == 0) nf_os_yield();
    for (int i = 0; i < ZYGOTES; i++) {
        nf_zygote_close(zygote_open());
        marked += any_is_marked();
    }
    __atomic_store_n(&o.stop, true, __ATOMIC_RELAXED);
    pthread_join(o.thread, NULL);
    assert_int_equal(o.wrong, 0);
    assert_int_equal(marked, 0);
}

static void test_children_that_are_forked_meanwhile_have_everything(void **state)
{
    (void)state;
    zygotes_beside(fork_again_and_again);
}

static void test_memory_that_moves_meanwhile_keeps_no_mark(void **state)
{
    (void)state;
    zygotes_beside(move_again_and_again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_races_read_what_was_left_behind),
        cmocka_unit_test(test_the_first_race_is_asked_for_before_the_zygote_has_settled),
        cmocka_unit_test(test_children_that_are_forked_meanwhile_have_everything),
        cmocka_unit_test(test_memory_that_moves_meanwhile_keeps_no_mark),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
