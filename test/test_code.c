/* Code memory: transactions, limits, reuse, look-up by address, and code that really runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "code/code.h"

enum { MEMORY_BYTES = 64 << 10 };

static nf_code_memory *memory_new(void)
{
    nf_code_memory *memory;
    nf_error error;
    assert_int_equal(nf_code_memory_new(nf_os_allocator(), MEMORY_BYTES, &memory, &error), NF_OK);
    return memory;
}

/* mov eax, number; ret */
static uint64_t place_number(nf_code_memory *memory, uint32_t number, const char *name)
{
    uint8_t code[6] = {0xb8, 0, 0, 0, 0, 0xc3};
    memcpy(code + 1, &number, 4);
    nf_blob blob = {.bytes = code, .code_bytes = 6, .total_bytes = 6, .align = 16};
    uint64_t address = 0;
    nf_error error;
    assert_int_equal(nf_code_place(memory, &blob, name, NULL, &address, &error), NF_OK);
    return address;
}

static int call(uint64_t address)
{
    return ((int (*)(void))(uintptr_t)address)();
}

static void test_placed_code_runs(void **state)
{
    (void)state;
    nf_code_memory *memory = memory_new();
    uint64_t first = place_number(memory, 41, "first@t1#1");
    uint64_t second = place_number(memory, 42, "second@t1#1");
    assert_int_equal(call(first), 41);
    assert_int_equal(call(second), 42);
    nf_code_object object;
    assert_true(nf_code_find(memory, second + 3, &object));
    assert_string_equal(object.name, "second@t1#1");
    assert_false(nf_code_find(memory, 12, &object));
    nf_code_memory_free(memory);
}

static void test_freed_room_is_used_again(void **state)
{
    (void)state;
    nf_code_memory *memory = memory_new();
    uint64_t first = place_number(memory, 1, "a");
    place_number(memory, 2, "b");
    nf_code_free(memory, first);
    for (int i = 0; i < NF_CODE_ALIGN; i++) /* who comes there is trapped */
        assert_int_equal(((const uint8_t *)(uintptr_t)first)[i], 0xcc);
    nf_code_object object;
    assert_false(nf_code_find(memory, first, &object));
    uint64_t again = 0;
    for (int i = 0; again != first; i++) {
        assert_true(i < MEMORY_BYTES / NF_CODE_ALIGN);
        again = place_number(memory, 3, "c");
    }
    assert_int_equal(call(first), 3);
    nf_code_memory_free(memory);
}

static void test_limit_is_a_clear_error(void **state)
{
    (void)state;
    nf_code_memory *memory = memory_new();
    nf_code_tx tx;
    nf_error error;
    assert_int_equal(nf_code_begin(memory, MEMORY_BYTES, &tx, &error), NF_OK);
    nf_code_tx more;
    assert_int_equal(nf_code_begin(memory, 1, &more, &error), NF_CODE_FULL);
    assert_non_null(strstr(error.message, "code memory is full"));
    nf_code_abort(&tx);
    assert_int_equal(nf_code_memory_usage(memory).used, 0);
    assert_int_equal(nf_code_begin(memory, MEMORY_BYTES + 1, &tx, &error), NF_CODE_FULL);
    assert_int_equal(nf_code_begin(memory, UINT32_MAX, &tx, &error), NF_CODE_FULL);
    nf_code_memory_free(memory);
}

static void test_commit_gives_back_the_rest(void **state)
{
    (void)state;
    nf_code_memory *memory = memory_new();
    nf_code_tx a, b;
    nf_error error;
    assert_int_equal(nf_code_begin(memory, 4096, &a, &error), NF_OK);
    assert_int_equal(nf_code_begin(memory, 4096, &b, &error), NF_OK);
    nf_code_object object;
    assert_false(nf_code_find(memory, a.address, &object));
    nf_code_commit(&a, 100, "a", NULL);
    nf_code_commit(&b, 4096, "b", NULL);
    nf_code_usage usage = nf_code_memory_usage(memory);
    assert_int_equal(usage.used, 128 + 4096);
    assert_int_equal(usage.objects, 2);
    nf_code_memory_free(memory);
}

static void test_relocations(void **state)
{
    (void)state;
    nf_code_memory *memory = memory_new();
    uint64_t number = place_number(memory, 7, "seven");
    uint8_t code[5] = {0xe9, 0, 0, 0, 0}; /* jmp rel32 */
    nf_reloc reloc = {.offset = 1, .kind = NF_RELOC_REL32, .target = number};
    nf_blob blob = {.bytes = code,
                    .code_bytes = 5,
                    .total_bytes = 5,
                    .align = 16,
                    .relocs = &reloc,
                    .reloc_count = 1};
    uint64_t address;
    nf_error error;
    assert_int_equal(nf_code_place(memory, &blob, "jump", NULL, &address, &error), NF_OK);
    assert_int_equal(call(address), 7);
    size_t used = nf_code_memory_usage(memory).used;
    reloc.target = number + (UINT64_C(1) << 33);
    assert_int_equal(nf_code_place(memory, &blob, "far", NULL, &address, &error), NF_LIMIT);
    assert_int_equal(nf_code_memory_usage(memory).used, used);
    nf_code_memory_free(memory);
}

/* Where what lies in a line of the cache does not begin with the blob, another line goes before it. */
static void test_a_blob_with_an_origin(void **state)
{
    (void)state;
    enum { ORIGIN = 4, BYTES = 70 };
    nf_code_memory *memory = memory_new();
    nf_code_object found;
    uint8_t code[BYTES] = {0x90, 0x90, 0x90, 0x90, 0xb8,
                           9,    0,    0,    0,    0xc3}; /* ... mov eax, 9; ret */
    nf_blob blob = {.bytes = code,
                    .code_bytes = BYTES,
                    .total_bytes = BYTES,
                    .align = NF_CODE_ALIGN,
                    .origin = ORIGIN};
    uint64_t addresses[3];
    nf_error error;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nf_code_place(memory, &blob, "led", NULL, &addresses[i], &error), NF_OK);
        assert_int_equal((addresses[i] + ORIGIN) % NF_CODE_ALIGN, 0);
        assert_int_equal(call(addresses[i]), 9);
        assert_true(nf_code_find(memory, addresses[i] + BYTES - 1, &found));
        assert_int_equal(found.address, addresses[i]);
        assert_int_equal(found.bytes, BYTES);
    }
    size_t used = nf_code_memory_usage(memory).used;
    nf_code_free(memory, addresses[1]);
    assert_false(nf_code_find(memory, addresses[1], &found));
    assert_int_equal(nf_code_memory_usage(memory).used, used / 3 * 2);
    assert_int_equal(call(addresses[0]) + call(addresses[2]), 18);
    nf_code_memory_free(memory);
}

static void test_many_objects_in_random_order(void **state)
{
    (void)state;
    nf_code_memory *memory = memory_new();
    uint64_t placed[500] = {0};
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        random = random * 1664525 + 1013904223;
        uint32_t slot = (random >> 8) % 500;
        if (placed[slot]) {
            assert_int_equal(call(placed[slot]), slot);
            nf_code_free(memory, placed[slot]);
            placed[slot] = 0;
        } else {
            placed[slot] = place_number(memory, slot, "n");
        }
    }
    for (uint32_t i = 0; i < 500; i++)
        if (placed[i]) nf_code_free(memory, placed[i]);
    nf_code_usage usage = nf_code_memory_usage(memory);
    assert_int_equal(usage.used, 0);
    assert_int_equal(usage.largest_free, MEMORY_BYTES);
    nf_code_memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_placed_code_runs),
        cmocka_unit_test(test_freed_room_is_used_again),
        cmocka_unit_test(test_limit_is_a_clear_error),
        cmocka_unit_test(test_commit_gives_back_the_rest),
        cmocka_unit_test(test_relocations),
        cmocka_unit_test(test_a_blob_with_an_origin),
        cmocka_unit_test(test_many_objects_in_random_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
