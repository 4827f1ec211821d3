/*
 * Frames that are larger than the stack: code of every tier must meet the guard page, and must not
 * write to what lies behind it.
 *
 *     neighbour                       guard    stack
 *    ├───────────────────────────────┼───────┼─────────┤
 *                      └── the frame would end here
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "lib_plugin.h"
#include "nanoforge/nanoforge.h"
#include "os/os.h"

enum {
    NEIGHBOUR_BYTES = 2 << 20,
    STACK_BYTES = 4 * NF_OS_PAGE_BYTES,
    MAPPED_BYTES = NEIGHBOUR_BYTES + NF_OS_PAGE_BYTES + STACK_BYTES,
};

/* Frames of pages that are touched one by one, of more, and of as many as there may be. */
static const struct frame {
    unsigned bytes, align;
} frames[] = {{32768, 8}, {1000000, 8}, {1048576, 64}};

static const char source[] = "func @f(%%at: i64, %%other: i64) -> i64 {\n"
                             "  local $room: %u align %u\n"
                             "entry:\n"
                             "  %%start = local $room\n"
                             "  %%seven = iconst.i64 7\n"
                             "  store.i64 %%seven, [%%start + %%at]\n"
                             "  store.i64 %%at, [%%start + %%other]\n"
                             "  %%value = load.i64 [%%start + %%at]\n"
                             "  ret %%value\n"
                             "}\n";

typedef int64_t roomy(int64_t at, int64_t other);

static roomy *called;
static ucontext_t small, back;

static void call_there(void)
{
    (void)called(0, 8);
}

/* How a process ends that makes the call on a stack which is too small; in *spoilt, whether the
 * neighbour was written. */
static int call_apart(roomy *function, bool *spoilt)
{
    uint8_t *mapped =
        mmap(NULL, MAPPED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    assert_ptr_not_equal(mapped, MAP_FAILED);
    assert_int_equal(mprotect(mapped + NEIGHBOUR_BYTES, NF_OS_PAGE_BYTES, PROT_NONE), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        called = function;
        getcontext(&small);
        small.uc_stack.ss_sp = mapped + NEIGHBOUR_BYTES + NF_OS_PAGE_BYTES;
        small.uc_stack.ss_size = STACK_BYTES;
        small.uc_link = &back;
        makecontext(&small, call_there, 0);
        swapcontext(&back, &small);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    *spoilt = false;
    for (int i = 0; i < NEIGHBOUR_BYTES; i++) *spoilt |= mapped[i] != 0;
    munmap(mapped, MAPPED_BYTES);
    return status;
}

static void guard_is_met_by(nf_engine *engine, const struct frame *frame)
{
    char text[sizeof source + 2 * 10]; /* digits */
    nf_program *program;
    nf_error error = {0};
    bool spoilt;
    int size = snprintf(text, sizeof text, source, frame->bytes, frame->align);
    if (nf_program_load(engine, "t.nir", text, (size_t)size, &program, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    roomy *function = (roomy *)nf_program_function(program, "f");
    assert_int_equal(function(0, 8), 7);
    int status = call_apart(function, &spoilt);
    if (spoilt) fail_msg("%u bytes: what lies behind the guard was written", frame->bytes);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static void guard_is_met(nf_mode mode)
{
    const nf_config config = {
        .mode = mode, .no_background = true, .no_counters = true, .cache = ""};
    nf_engine *engine;
    nf_error error = {0};
    assert_int_equal(nf_engine_new(&config, &engine, &error), NF_OK);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) guard_is_met_by(engine, &frames[i]);
    nf_engine_free(engine);
}

static void test_t1_meets_the_guard(void **state)
{
    (void)state;
    guard_is_met(NF_MODE_BASELINE);
}

static void test_t2_meets_the_guard(void **state)
{
    (void)state;
    guard_is_met(NF_MODE_OPTIMISED);
}

static void test_llvm_meets_the_guard(void **state)
{
    (void)state;
    if (!plugin_for_engines()) skip();
    guard_is_met(NF_MODE_LLVM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t1_meets_the_guard),
        cmocka_unit_test(test_t2_meets_the_guard),
        cmocka_unit_test(test_llvm_meets_the_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
