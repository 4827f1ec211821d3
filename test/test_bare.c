/*
 * os: the bare metal platform keeps the promises of os.h, as far as it makes them.
 *
 * Its files are compiled right in here: they define the same names as the Linux ones, which the
 * linker then leaves in the archive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "os/bare/clock.c"
#include "os/bare/memory.c"
#include "os/bare/thread.c"

enum { MEMORY_BYTES = 1 << 20, CODE_BYTES = 4 * NF_OS_PAGE_BYTES };

static uint8_t memory_range[MEMORY_BYTES];
static uint8_t code_range[CODE_BYTES];

static void *find_symbol(const char *name)
{
    return strcmp(name, "known") == 0 ? memory_range : NULL;
}

static int init(void **unused)
{
    (void)unused;
    nf_bare_init(&(nf_bare_platform){.memory = memory_range + 1, /* need not be aligned */
                                     .memory_bytes = MEMORY_BYTES - 1,
                                     .code_rw = code_range,
                                     .code_rx = code_range,
                                     .code_bytes = CODE_BYTES,
                                     .tsc_hz = 3000000007,
                                     .symbol = find_symbol});
    memset(memory_range, 0xff, sizeof memory_range);
    return 0;
}

static void allocator_stays_in_its_range(void **unused)
{
    const nf_allocator *allocator = nf_os_allocator();
    size_t total = 0;
    (void)unused;
    for (size_t size = 1;; size = size % 3000 + 97) {
        uint8_t *got = allocator->allocate(NULL, size);
        if (got == NULL) break;
        assert_int_equal((uintptr_t)got % 16, 0);
        assert_true(got >= memory_range && got + size <= memory_range + MEMORY_BYTES);
        memset(got, 0, size);
        total += size;
    }
    assert_true(total > MEMORY_BYTES / 3);
    assert_null(allocator->allocate(NULL, SIZE_MAX));
}

static void allocator_reuses_what_is_released(void **unused)
{
    const nf_allocator *allocator = nf_os_allocator();
    (void)unused;
    for (int i = 0; i < 10000; i++) {
        void *first = allocator->allocate(NULL, 5000), *second = allocator->allocate(NULL, 8000);
        assert_non_null(first);
        assert_non_null(second);
        assert_ptr_not_equal(first, second);
        memset(first, 1, 5000);
        memset(second, 2, 8000);
        allocator->release(NULL, first, 5000);
        allocator->release(NULL, second, 8000);
    }
}

static void pages_are_aligned_and_zeroed(void **unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        uint8_t *pages = nf_os_pages_map(NF_OS_PAGE_BYTES + 1, 0);
        assert_non_null(pages);
        assert_int_equal((uintptr_t)pages % NF_OS_PAGE_BYTES, 0);
        for (size_t k = 0; k < 2 * NF_OS_PAGE_BYTES; k++) assert_int_equal(pages[k], 0);
        memset(pages, 3, 2 * NF_OS_PAGE_BYTES);
        nf_os_pages_unmap(pages, NF_OS_PAGE_BYTES + 1);
    }
    assert_null(nf_os_pages_map(0, 0));
    assert_null(nf_os_pages_map(SIZE_MAX, 0));
    assert_null(nf_os_pages_map(MEMORY_BYTES, 0));
}

static void code_is_cut_until_it_is_full(void **unused)
{
    nf_os_code first, second;
    nf_error error;
    (void)unused;
    assert_int_equal(nf_os_code_map(0, 0, &first, &error), NF_ARGUMENT);
    assert_int_equal(nf_os_code_map(1, 0, &first, &error), NF_OK);
    assert_int_equal(nf_os_code_map(CODE_BYTES, 0, &second, &error), NF_OS);
    assert_int_equal(nf_os_code_map(SIZE_MAX, 0, &second, &error), NF_OS);
    assert_int_equal(nf_os_code_map(CODE_BYTES - NF_OS_PAGE_BYTES, 0, &second, &error), NF_OK);
    assert_ptr_equal(second.rx, code_range + NF_OS_PAGE_BYTES);
    nf_os_code_unmap(&second);
    nf_os_code_unmap(&second);
    nf_os_code_unmap(&first);
    assert_int_equal(nf_os_code_map(CODE_BYTES, 0, &first, &error), NF_OK);
}

static void time_follows_the_counter(void **unused)
{
    uint64_t start = nf_os_time_ns();
    (void)unused;
    assert_int_equal(nf_os_tsc_hz(), 3000000007);
    nf_os_sleep_ns(100000);
    assert_true(nf_os_time_ns() - start >= 100000);
}

static void never_run(void *context)
{
    (void)context;
    fail();
}

static void there_is_one_thread(void **unused)
{
    nf_os_thread thread;
    nf_os_mutex mutex;
    nf_os_condition condition;
    nf_error error;
    (void)unused;
    assert_int_equal(nf_os_thread_create(&thread, "t", never_run, NULL, &error), NF_UNSUPPORTED);
    nf_os_mutex_init(&mutex);
    nf_os_condition_init(&condition);
    nf_os_mutex_lock(&mutex);
    assert_false(nf_os_mutex_try_lock(&mutex));
    assert_false(nf_os_condition_wait(&condition, &mutex, NF_OS_FOREVER));
    nf_os_mutex_unlock(&mutex);
    assert_true(nf_os_mutex_try_lock(&mutex));
    uint32_t word = 1;
    nf_os_wait(&word, 1, NF_OS_FOREVER); /* at once: nobody could wake */
    nf_os_wake(&word);
    assert_true(nf_os_fence_register() && nf_os_fence_everywhere());
    assert_true(nf_os_process_is_alive(nf_os_process_stamp()));
    assert_int_equal(nf_os_thread_pin(0, NULL), NF_OK);
    assert_int_equal(nf_os_thread_pin(1, NULL), NF_ARGUMENT);
    assert_int_equal(nf_os_code_sync_register(NULL), NF_OK);
    nf_os_code_sync();
}

static void symbols_come_from_the_embedder(void **unused)
{
    (void)unused;
    assert_ptr_equal(nf_os_symbol("known"), memory_range);
    assert_null(nf_os_symbol("unknown"));
    nf_bare_init(&(nf_bare_platform){.memory_bytes = 0});
    assert_null(nf_os_symbol("known"));
    assert_null(nf_os_pages_map(1, 0));
    assert_int_equal(nf_os_tsc_hz(), 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(allocator_stays_in_its_range, init),
        cmocka_unit_test_setup(allocator_reuses_what_is_released, init),
        cmocka_unit_test_setup(pages_are_aligned_and_zeroed, init),
        cmocka_unit_test_setup(code_is_cut_until_it_is_full, init),
        cmocka_unit_test_setup(time_follows_the_counter, init),
        cmocka_unit_test_setup(there_is_one_thread, init),
        cmocka_unit_test_setup(symbols_come_from_the_embedder, init),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
