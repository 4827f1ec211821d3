/* os: the Linux platform keeps the promises of os.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CODE_BYTES = 1 << 20, EXIT_FINE = 42 };

static const uint64_t REACH = INT32_MAX;

/* --- helpers -----------------------------------------------------------------------------------
 */

/* Writes the code of `int f(void) { return number; }`: mov eax, imm32; ret. */
static void write_function(uint8_t *at, uint32_t number)
{
    at[0] = 0xb8;
    memcpy(at + 1, &number, sizeof number);
    at[5] = 0xc3;
}

static int run_function(const uint8_t *at)
{
    int (*function)(void);
    memcpy(&function, &at, sizeof function);
    return function();
}

static uint64_t distance(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)left, b = (uintptr_t)right;
    return a > b ? a - b : b - a;
}

/* Runs body in a forked child; it ends with its result, or by a signal. Returns the wait status. */
static int in_child(int (*body)(nf_os_code *code), nf_os_code *code)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL);
        _exit(body(code));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool ended_with(int status, int exit_status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == exit_status;
}

static bool killed_by(int status, int signal_number)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == signal_number;
}

/* How many mappings of code memory this process has with all these rights, as "w" or "wx". */
static int count_mappings(const char *rights)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int count = 0;
    if (maps == NULL) return -1;
    while (fgets(line, sizeof line, maps)) {
        const char *has = strchr(line, ' ');
        bool all = strstr(line, "nanoforge-code") != NULL && has != NULL;
        for (const char *right = rights; *right && all; right++)
            all = memchr(has, *right, 5) != NULL;
        count += all;
    }
    fclose(maps);
    return count;
}

static nf_os_code code_map(void)
{
    nf_os_code code;
    nf_error error;
    assert_int_equal(nf_os_code_map(CODE_BYTES, 0, &code, &error), NF_OK);
    return code;
}

/* --- pages -------------------------------------------------------------------------------------
 */

static void pages_are_zeroed_and_near(void **unused)
{
    (void)unused;
    for (size_t bytes = 1; bytes <= 64 << 20; bytes = bytes * 5 + 1) {
        char *pages = nf_os_pages_map(bytes, 0);
        assert_non_null(pages);
        assert_int_equal((uintptr_t)pages % NF_OS_PAGE_BYTES, 0);
        assert_true(distance(pages, (void *)(uintptr_t)&nf_os_code_map) < REACH);
        for (size_t i = 0; i < bytes; i += 511) assert_int_equal(pages[i], 0);
        memset(pages, 1, bytes);
        char *neighbour = nf_os_pages_map(1, (uintptr_t)pages);
        assert_true(distance(pages, neighbour) < REACH);
        assert_true(neighbour >= pages + bytes || neighbour < pages);
        nf_os_pages_unmap(neighbour, 1);
        nf_os_pages_unmap(pages, bytes);
    }
}

static void pages_fail_without_memory(void **unused)
{
    (void)unused;
    assert_null(nf_os_pages_map(0, 0));
    assert_null(nf_os_pages_map(SIZE_MAX, 0));
    assert_null(nf_os_pages_map((size_t)1 << 60, 0));
    nf_os_pages_unmap(NULL, 10);
}

static void pages_near_an_impossible_place_are_elsewhere(void **unused)
{
    (void)unused;
    void *low = nf_os_pages_map(1, 1), *high = nf_os_pages_map(1, UINTPTR_MAX);
    assert_non_null(low);
    assert_non_null(high);
    nf_os_pages_unmap(low, 1);
    nf_os_pages_unmap(high, 1);
}

static void allocator_gives_aligned_blocks(void **unused)
{
    const nf_allocator *allocator = nf_os_allocator();
    (void)unused;
    for (size_t size = 1; size < 1 << 20; size *= 3) {
        void *block = allocator->allocate(allocator->context, size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 16, 0);
        memset(block, 1, size);
        allocator->release(allocator->context, block, size);
    }
}

/* --- code memory -------------------------------------------------------------------------------
 */

static void code_written_in_one_view_runs_in_the_other(void **unused)
{
    nf_os_code code = code_map();
    (void)unused;
    assert_int_equal(code.bytes, CODE_BYTES);
    assert_ptr_not_equal(code.rw, code.rx);
    for (size_t at = 0; at + 16 <= CODE_BYTES; at += 4093) {
        write_function(code.rw + at, (uint32_t)at);
        assert_int_equal(run_function(code.rx + at), at);
    }
    assert_true(distance(code.rx, (void *)(uintptr_t)&nf_os_code_map) < REACH);
    nf_os_code_unmap(&code);
    assert_null(code.rx);
    nf_os_code_unmap(&code); /* a second time is harmless */
}

static void code_is_placed_near_a_hint(void **unused)
{
    nf_os_code first = code_map(), second;
    (void)unused;
    assert_int_equal(nf_os_code_map(1, (uintptr_t)first.rx, &second, NULL), NF_OK);
    assert_int_equal(second.bytes, NF_OS_PAGE_BYTES);
    assert_true(distance(first.rx, second.rx) < REACH);
    nf_os_code_unmap(&second);
    nf_os_code_unmap(&first);
}

static int write_rx(nf_os_code *code)
{
    *(volatile uint8_t *)code->rx = 0;
    return EXIT_FINE;
}

static int run_rw(nf_os_code *code)
{
    return run_function(code->rw);
}

static void no_view_is_both_writable_and_executable(void **unused)
{
    nf_os_code code = code_map();
    (void)unused;
    write_function(code.rw, EXIT_FINE);
    assert_int_equal(count_mappings("w"), 1);
    assert_int_equal(count_mappings("x"), 1);
    assert_int_equal(count_mappings("wx"), 0);
    assert_true(killed_by(in_child(write_rx, &code), SIGSEGV));
    assert_true(killed_by(in_child(run_rw, &code), SIGSEGV));
    nf_os_code_unmap(&code);
    assert_int_equal(count_mappings(""), 0);
}

static void no_further_writable_view_can_be_made(void **unused)
{
    nf_os_code code = code_map();
    (void)unused;
    assert_int_not_equal(mprotect(code.rx, NF_OS_PAGE_BYTES, PROT_READ | PROT_WRITE), 0);
    assert_int_not_equal(mprotect(code.rx, NF_OS_PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC),
                         0);
    void *view = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, code.handle, 0);
    assert_ptr_equal(view, MAP_FAILED);
    assert_int_not_equal(pwrite(code.handle, "x", 1, 0), 1);
    assert_int_not_equal(ftruncate(code.handle, 0), 0);
    view = mmap(NULL, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, code.handle, 0);
    assert_ptr_not_equal(view, MAP_FAILED); /* what another process needs of it */
    munmap(view, CODE_BYTES);
    nf_os_code_unmap(&code);
}

static int write_rw(nf_os_code *code)
{
    write_function(code->rw, 13);
    return EXIT_FINE;
}

static int write_descriptor(nf_os_code *code)
{
    return pwrite(code->handle, "x", 1, 0) == 1 ? 1 : EXIT_FINE;
}

static int run_rx(nf_os_code *code)
{
    return run_function(code->rx);
}

static int has_no_writable_view(nf_os_code *code)
{
    (void)code;
    return count_mappings("w") == 0 && count_mappings("x") == 1 ? EXIT_FINE : 1;
}

static void forked_child_runs_code_but_cannot_write_it(void **unused)
{
    nf_os_code code = code_map();
    (void)unused;
    write_function(code.rw, EXIT_FINE);
    assert_true(ended_with(in_child(run_rx, &code), EXIT_FINE));
    assert_true(killed_by(in_child(write_rw, &code), SIGSEGV));
    assert_true(ended_with(in_child(write_descriptor, &code), EXIT_FINE));
    assert_true(ended_with(in_child(has_no_writable_view, &code), EXIT_FINE));
    assert_int_equal(run_function(code.rx), EXIT_FINE);
    nf_os_code_unmap(&code);
}

static void code_that_cannot_be_says_why(void **unused)
{
    nf_os_code code;
    nf_error error;
    (void)unused;
    assert_int_equal(nf_os_code_map(0, 0, &code, &error), NF_ARGUMENT);
    assert_int_equal(nf_os_code_map((size_t)1 << 60, 0, &code, &error), NF_OS);
    assert_non_null(strstr(error.message, "1152921504606846976 bytes"));
    assert_null(code.rw);
    assert_null(code.rx);
    assert_int_equal(nf_os_code_map(SIZE_MAX, 0, &code, NULL), NF_ARGUMENT);
    assert_int_equal(count_mappings(""), 0);
}

/* Descriptors used up: the error is reported, and nothing is left behind. */
static int map_without_descriptors(nf_os_code *code)
{
    struct rlimit none = {0, 0};
    nf_error error;
    if (setrlimit(RLIMIT_NOFILE, &none) != 0) return 1;
    if (nf_os_code_map(CODE_BYTES, 0, code, &error) != NF_OS) return 2;
    return strstr(error.message, "memfd_create") ? EXIT_FINE : 3;
}

static void code_without_descriptors_fails(void **unused)
{
    nf_os_code code;
    (void)unused;
    assert_true(ended_with(in_child(map_without_descriptors, &code), EXIT_FINE));
}

/* --- threads -----------------------------------------------------------------------------------
 */

enum { THREADS = 4, ROUNDS = 20000 };

typedef struct shared {
    nf_os_mutex mutex;
    nf_os_condition condition;
    int counter, turn;
    uint64_t ids[THREADS];
} shared;

static void count_up(void *context)
{
    shared *all = context;
    for (int i = 0; i < ROUNDS; i++) {
        nf_os_mutex_lock(&all->mutex);
        all->counter++;
        nf_os_mutex_unlock(&all->mutex);
    }
    nf_os_mutex_lock(&all->mutex);
    all->ids[all->turn++] = nf_os_thread_id();
    nf_os_mutex_unlock(&all->mutex);
}

static void mutex_excludes(void **unused)
{
    shared all = {.counter = 0};
    nf_os_thread threads[THREADS];
    (void)unused;
    nf_os_mutex_init(&all.mutex);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(nf_os_thread_create(&threads[i], "counter", count_up, &all, NULL), NF_OK);
    for (int i = 0; i < THREADS; i++) nf_os_thread_join(&threads[i]);
    assert_int_equal(all.counter, THREADS * ROUNDS);
    for (int i = 0; i < THREADS; i++) assert_int_not_equal(all.ids[i], nf_os_thread_id());
    assert_true(nf_os_mutex_try_lock(&all.mutex));
    assert_false(nf_os_mutex_try_lock(&all.mutex));
    nf_os_mutex_unlock(&all.mutex);
    nf_os_mutex_destroy(&all.mutex);
}

static void take_turns(shared *all, int mine)
{
    for (int i = 0; i < ROUNDS / 20; i++) {
        nf_os_mutex_lock(&all->mutex);
        while (all->turn != mine) nf_os_condition_wait(&all->condition, &all->mutex, NF_OS_FOREVER);
        all->counter++;
        all->turn = !mine;
        nf_os_condition_signal(&all->condition);
        nf_os_mutex_unlock(&all->mutex);
    }
}

static void take_second_turns(void *context)
{
    take_turns(context, 1);
}

static void condition_wakes_and_times_out(void **unused)
{
    shared all = {.counter = 0};
    nf_os_thread other;
    (void)unused;
    nf_os_mutex_init(&all.mutex);
    nf_os_condition_init(&all.condition);
    assert_int_equal(nf_os_thread_create(&other, "turns", take_second_turns, &all, NULL), NF_OK);
    take_turns(&all, 0);
    nf_os_thread_join(&other);
    assert_int_equal(all.counter, ROUNDS / 20 * 2);
    nf_os_mutex_lock(&all.mutex);
    uint64_t start = nf_os_time_ns(), wait_ns = 1100000000;
    while (nf_os_condition_wait(&all.condition, &all.mutex, wait_ns)) continue;
    assert_true(nf_os_time_ns() - start >= wait_ns);
    nf_os_mutex_unlock(&all.mutex);
    nf_os_condition_destroy(&all.condition);
    nf_os_mutex_destroy(&all.mutex);
}

static void note_signals_and_name(void *context)
{
    bool *fine = context;
    sigset_t blocked;
    char name[16];
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    pthread_getname_np(pthread_self(), name, sizeof name);
    *fine = sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGPROF) &&
            sigismember(&blocked, SIGUSR1) && !sigismember(&blocked, SIGSEGV) &&
            strcmp(name, "a-name-that-is-") == 0;
}

static void thread_takes_no_asynchronous_signal(void **unused)
{
    nf_os_thread thread;
    sigset_t before, after;
    bool fine = false;
    (void)unused;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    const char *name = "a-name-that-is-too-long";
    assert_int_equal(nf_os_thread_create(&thread, name, note_signals_and_name, &fine, NULL), NF_OK);
    nf_os_thread_join(&thread);
    assert_true(fine);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < SIGRTMAX; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

typedef struct relay {
    const uint8_t *function;
    int asked, answered, result;
} relay;

static void run_when_asked(void *context)
{
    relay *with = context;
    for (int round = 1; round <= 2; round++) {
        while (__atomic_load_n(&with->asked, __ATOMIC_ACQUIRE) < round) nf_os_relax();
        with->result = run_function(with->function);
        __atomic_store_n(&with->answered, round, __ATOMIC_RELEASE);
    }
}

static int ask(relay *with, int round)
{
    __atomic_store_n(&with->asked, round, __ATOMIC_RELEASE);
    while (__atomic_load_n(&with->answered, __ATOMIC_ACQUIRE) < round) nf_os_yield();
    return with->result;
}

static void code_written_anew_is_seen_after_a_sync(void **unused)
{
    nf_os_code code = code_map();
    relay with = {.function = code.rx};
    nf_os_thread thread;
    (void)unused;
    if (nf_os_code_sync_register(NULL) != NF_OK) skip();
    assert_int_equal(nf_os_code_sync_register(NULL), NF_OK);
    write_function(code.rw, 1);
    assert_int_equal(nf_os_thread_create(&thread, "relay", run_when_asked, &with, NULL), NF_OK);
    assert_int_equal(ask(&with, 1), 1);
    write_function(code.rw, 2);
    nf_os_code_sync();
    assert_int_equal(ask(&with, 2), 2);
    nf_os_thread_join(&thread);
    nf_os_code_unmap(&code);
}

static int differs_from_parent(nf_os_code *code)
{
    (void)code;
    return nf_os_process_id() == (uint32_t)getpid() && nf_os_process_id() != (uint32_t)getppid()
               ? EXIT_FINE
               : 1;
}

static void process_and_cpu_are_known(void **unused)
{
    (void)unused;
    assert_true(ended_with(in_child(differs_from_parent, NULL), EXIT_FINE));
    assert_true(nf_os_cpu_count() >= 1);
    assert_true(nf_os_cpu_number() < (uint32_t)sysconf(_SC_NPROCESSORS_CONF));
    assert_int_not_equal(nf_os_thread_id(), 0);
}

/* --- time --------------------------------------------------------------------------------------
 */

static void thread_is_kept_on_a_cpu(void **unused)
{
    cpu_set_t before;
    nf_error error = {0};
    (void)unused;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    uint32_t cpu = nf_os_cpu_number();
    assert_int_equal(nf_os_thread_pin(cpu, NULL), NF_OK);
    assert_int_equal(nf_os_cpu_number(), cpu);
    assert_int_equal(nf_os_thread_pin(100000, &error), NF_ARGUMENT);
    assert_string_equal(error.message, "CPU 100000: no such CPU");
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

static void wake_at_three(void *context)
{
    uint32_t *word = context;
    nf_os_sleep_ns(1000000);
    __atomic_store_n(word, 3, __ATOMIC_RELEASE);
    nf_os_wake(word);
}

static void word_is_waited_for(void **unused)
{
    uint32_t word = 2;
    nf_os_thread thread;
    (void)unused;
    nf_os_wait(&word, 1, NF_OS_FOREVER); /* it is another one already */
    uint64_t start = nf_os_time_ns();
    nf_os_wait(&word, 2, 2000000);
    assert_true(nf_os_time_ns() > start);
    assert_int_equal(nf_os_thread_create(&thread, "wake", wake_at_three, &word, NULL), NF_OK);
    while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) != 3) nf_os_wait(&word, 2, NF_OS_FOREVER);
    nf_os_thread_join(&thread);
}

static void time_goes_forward(void **unused)
{
    uint64_t last = nf_os_time_ns();
    (void)unused;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = nf_os_time_ns();
        assert_true(now >= last);
        last = now;
    }
    nf_os_sleep_ns(2000000);
    assert_true(nf_os_time_ns() - last >= 2000000);
    uint64_t ticks = nf_os_tsc_start();
    nf_os_sleep_ns(1000000);
    assert_true(nf_os_tsc_stop() > ticks);
}

static void tsc_rate_is_plausible(void **unused)
{
    uint64_t hz = nf_os_tsc_hz();
    (void)unused;
    assert_in_range(hz, 100000000, 20000000000);
    assert_int_equal(nf_os_tsc_hz(), hz);
}

/* --- the CPU -----------------------------------------------------------------------------------
 */

static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = line; (at = strstr(at, word)) != NULL; at += length)
        if (at > line && at[-1] == ' ' && (at[length] == ' ' || at[length] == '\n')) return true;
    return false;
}

/* The name that Linux gives a feature in /proc/cpuinfo. */
static const char *linux_name(const char *name)
{
    static const char *const differing[][2] = {
        {"sse3", "pni"},
        {"sse4.1", "sse4_1"},
        {"sse4.2", "sse4_2"},
        {"lzcnt", "abm"},
        {"avx512vbmi2", "avx512_vbmi2"},
        {"avx512vnni", "avx512_vnni"},
        {"avx512vpopcntdq", "avx512_vpopcntdq"},
        {"avx512bitalg", "avx512_bitalg"},
    };
    for (size_t i = 0; i < COUNT(differing); i++)
        if (strcmp(name, differing[i][0]) == 0) return differing[i][1];
    return name;
}

static void features_are_those_that_linux_sees(void **unused)
{
    FILE *info = fopen("/proc/cpuinfo", "r");
    static char line[16384];
    (void)unused;
    if (info == NULL) skip();
    do assert_non_null(fgets(line, sizeof line, info));
    while (strncmp(line, "flags", 5) != 0);
    fclose(info);
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++) {
        bool here = nf_cpu_features() >> i & 1;
        if (has_word(line, linux_name(nf_cpu_feature_name(i))) != here)
            fail_msg("%s: %s here only", nf_cpu_feature_name(i), here ? "seen" : "not seen");
    }
}

static void features_have_names(void **unused)
{
    (void)unused;
    assert_int_equal(nf_cpu_feature_mask("avx2", 4), NF_CPU_AVX2);
    assert_int_equal(nf_cpu_feature_mask("avx", 3), NF_CPU_AVX);
    assert_int_equal(nf_cpu_feature_mask("avx2x", 5), 0);
    assert_int_equal(nf_cpu_feature_mask("", 0), 0);
    assert_int_equal(nf_cpu_features_without(0), nf_cpu_features());
    assert_int_equal(nf_cpu_features_without(NF_CPU_AVX) & (NF_CPU_AVX2 | NF_CPU_AVX512BW), 0);
    assert_int_equal(nf_cpu_features_without(NF_CPU_AVX512F) & NF_CPU_AVX512VL, 0);
    assert_int_equal(nf_cpu_features_without(NF_CPU_AVX) & NF_CPU_SSE42,
                     nf_cpu_features() & NF_CPU_SSE42);
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++) {
        const char *name = nf_cpu_feature_name(i);
        assert_int_equal(nf_cpu_feature_mask(name, strlen(name)), UINT64_C(1) << i);
    }
}

static void model_is_readable(void **unused)
{
    nf_cpu_model model;
    (void)unused;
    nf_cpu_model_read(&model);
    assert_int_equal(strlen(model.vendor), 12);
    assert_int_not_equal(model.family, 0);
    for (const char *at = model.brand; *at; at++) assert_in_range(*at, ' ', '~');
}

/* --- the host program --------------------------------------------------------------------------
 */

static void symbols_are_found_by_name(void **unused)
{
    (void)unused;
    size_t (*length)(const char *);
    void *found = nf_os_symbol("strlen");
    assert_non_null(found);
    memcpy(&length, &found, sizeof length);
    assert_int_equal(length("four"), 4);
    assert_non_null(nf_os_symbol("cosf")); /* programs expect the mathematical library */
    assert_null(nf_os_symbol("no_such_symbol_anywhere"));
}

static int64_t weigh_integers(int64_t a, int32_t b, int8_t c, int64_t d, int64_t e, int64_t f,
                              int64_t g, int64_t h, int64_t i)
{
    return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f + 1000000 * g + 10000000 * h +
           100000000 * i;
}

static double weigh_mixed(double a, int64_t b, float c, double d, double e, double f, double g,
                          double h, double i, double j, int64_t k)
{
    return a + 2 * (double)b + 4 * (double)c + 8 * d + 16 * e + 32 * f + 64 * g + 128 * h +
           256 * i + 512 * j + 1024 * (double)k;
}

typedef struct pair {
    int64_t first, second;
} pair;

static pair swap_pair(int64_t first, int64_t second)
{
    return (pair){second, first};
}

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

#define TARGET(function) ((const void *)(uintptr_t) & (function))

static void call_passes_integers(void **unused)
{
    static const uint64_t stack[] = {7, 8, 9};
    (void)unused;
    nf_os_call_frame nine = {.integers = {1, 2, 3, 4, 5, 6}, .stack = stack, .stack_count = 3};
    nf_os_call(TARGET(weigh_integers), &nine);
    assert_int_equal(nine.result_integer[0], 987654321);
    nf_os_call_frame two = {.integers = {11, 22}};
    nf_os_call(TARGET(swap_pair), &two);
    assert_int_equal(two.result_integer[0], 22);
    assert_int_equal(two.result_integer[1], 11);
}

static void call_passes_floating_point(void **unused)
{
    const uint64_t stack[] = {bits_of(9)};
    nf_os_call_frame frame = {.integers = {1, 1}, .stack = stack, .stack_count = 1};
    float third = 3;
    (void)unused;
    for (size_t i = 0; i < NF_OS_CALL_VECTORS; i++) frame.vectors[i][0] = bits_of((double)i + 1);
    frame.vectors[1][0] = 0;
    memcpy(&frame.vectors[1][0], &third, sizeof third);
    nf_os_call(TARGET(weigh_mixed), &frame);
    double wanted = weigh_mixed(1, 1, 3, 3, 4, 5, 6, 7, 8, 9, 1);
    assert_int_equal(frame.result_vector[0], bits_of(wanted));
}

static void call_reaches_variadic_functions(void **unused)
{
    char text[64];
    nf_os_call_frame frame = {
        .integers = {(uintptr_t)text, sizeof text, (uintptr_t) "%s %d %.2f", (uintptr_t) "x", 5}};
    (void)unused;
    frame.vectors[0][0] = bits_of(2.25);
    nf_os_call(TARGET(snprintf), &frame);
    assert_string_equal(text, "x 5 2.25");
    assert_int_equal((int)frame.result_integer[0], 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_zeroed_and_near),
        cmocka_unit_test(pages_fail_without_memory),
        cmocka_unit_test(pages_near_an_impossible_place_are_elsewhere),
        cmocka_unit_test(allocator_gives_aligned_blocks),
        cmocka_unit_test(code_written_in_one_view_runs_in_the_other),
        cmocka_unit_test(code_is_placed_near_a_hint),
        cmocka_unit_test(no_view_is_both_writable_and_executable),
        cmocka_unit_test(no_further_writable_view_can_be_made),
        cmocka_unit_test(forked_child_runs_code_but_cannot_write_it),
        cmocka_unit_test(code_that_cannot_be_says_why),
        cmocka_unit_test(code_without_descriptors_fails),
        cmocka_unit_test(mutex_excludes),
        cmocka_unit_test(condition_wakes_and_times_out),
        cmocka_unit_test(thread_takes_no_asynchronous_signal),
        cmocka_unit_test(code_written_anew_is_seen_after_a_sync),
        cmocka_unit_test(process_and_cpu_are_known),
        cmocka_unit_test(thread_is_kept_on_a_cpu),
        cmocka_unit_test(word_is_waited_for),
        cmocka_unit_test(time_goes_forward),
        cmocka_unit_test(tsc_rate_is_plausible),
        cmocka_unit_test(features_are_those_that_linux_sees),
        cmocka_unit_test(features_have_names),
        cmocka_unit_test(model_is_readable),
        cmocka_unit_test(symbols_are_found_by_name),
        cmocka_unit_test(call_passes_integers),
        cmocka_unit_test(call_passes_floating_point),
        cmocka_unit_test(call_reaches_variadic_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
