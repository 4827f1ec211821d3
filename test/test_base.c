/* base: arenas, vectors, bit sets, maps, formatting, decimals, JSON, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitset.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/histogram.h"
#include "base/json.h"
#include "base/map.h"
#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"
#include "lib_allocator.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state ^ *state >> 33;
}

/* --- arena -------------------------------------------------------------------------------------
 */

static void arena_gives_zeroed_aligned_memory(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    assert_int_equal(memory.count, 0);
    for (size_t round = 0; round < 2; round++) {
        for (size_t size = 1; size < 5000; size += 37) {
            for (size_t align = 1; align <= 64; align *= 2) {
                uint8_t *got = nf_arena_alloc_aligned(&arena, size, align);
                assert_non_null(got);
                assert_int_equal((uintptr_t)got % align, 0);
                for (size_t i = 0; i < size; i++) assert_int_equal(got[i], 0);
                memset(got, 0xff, size); /* what a reset hands out again must be zeroed again */
            }
        }
        nf_arena_reset(&arena);
        assert_int_equal(memory.blocks, 1);
        assert_int_equal(memory.bytes, arena.bytes);
    }
    nf_arena_free(&arena);
    assert_int_equal(memory.blocks, 0);
    assert_int_equal(memory.bytes, 0);
}

static void arena_takes_what_is_larger_than_a_chunk(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    char *large = nf_arena_alloc(&arena, 5 << 20);
    assert_non_null(large);
    large[(5 << 20) - 1] = 1;
    assert_non_null(nf_arena_alloc(&arena, 100));
    nf_arena_free(&arena);
    assert_int_equal(memory.bytes, 0);
}

/* A large piece does not make all later chunks large, and what is expected lies together. */
static void arena_takes_little_beside_a_large_piece(void **unused)
{
    enum { LARGE = 3 << 20, EXPECTED = 200 << 10, PIECE = 1000 };
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    assert_non_null(nf_arena_alloc(&arena, 10));
    assert_non_null(nf_arena_alloc(&arena, LARGE));
    size_t before = arena.bytes;
    assert_non_null(nf_arena_alloc(&arena, 10));
    assert_true(arena.bytes - before <= 64 << 10);
    nf_arena_expect(&arena, EXPECTED);
    size_t expected = arena.bytes;
    for (int i = 0; i < EXPECTED / PIECE; i++) assert_non_null(nf_arena_take(&arena, PIECE, 1));
    assert_int_equal(arena.bytes, expected);
    nf_arena_free(&arena);
}

static void arena_keeps_its_largest_chunk(void **unused)
{
    enum { PIECE = 1000, PIECES = 150 };
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    assert_non_null(nf_arena_alloc(&arena, 64 << 20)); /* too large to be kept */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < PIECES; i++) assert_non_null(nf_arena_alloc(&arena, PIECE));
        nf_arena_reset(&arena);
        assert_true(memory.bytes < 64 << 20);
    }
    uint32_t before = memory.count;
    for (int i = 0; i < PIECES; i++) assert_non_null(nf_arena_alloc(&arena, PIECE));
    assert_int_equal(memory.count, before); /* what did for the first rounds does for the next */
    nf_arena_free(&arena);
    assert_int_equal(memory.bytes, 0);
}

static void arena_goes_back_to_a_mark(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    nf_arena_mark empty = nf_arena_mark_get(&arena);
    char *before = nf_arena_alloc(&arena, 100);
    nf_arena_mark mark = nf_arena_mark_get(&arena);
    memset(before, 1, 100);
    char *first = nf_arena_alloc(&arena, 100);
    for (size_t size = 100; size < 1 << 20; size *= 2)
        assert_non_null(nf_arena_alloc(&arena, size));
    nf_arena_rewind(&arena, mark);
    assert_int_equal(memory.blocks, 1);
    assert_ptr_equal(nf_arena_alloc(&arena, 100), first);
    for (int i = 0; i < 100; i++) assert_int_equal(before[i], 1);
    nf_arena_rewind(&arena, empty);
    assert_int_equal(memory.bytes, 0);
    assert_non_null(nf_arena_alloc(&arena, 100));
    nf_arena_free(&arena);
    assert_int_equal(memory.bytes, 0);
}

static void arena_failure_is_sticky_until_reset(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    memory.fail_at = 1;
    nf_arena_init(&arena, &memory.allocator);
    assert_non_null(nf_arena_alloc(&arena, 1));
    assert_null(nf_arena_alloc(&arena, 1 << 20));
    assert_true(arena.failed);
    assert_non_null(nf_arena_alloc(&arena, 1)); /* the first chunk still has room */
    volatile size_t absurd = SIZE_MAX - 8;
    assert_null(nf_arena_alloc(&arena, absurd));
    nf_arena_reset(&arena);
    assert_false(arena.failed);
    nf_arena_free(&arena);
    assert_int_equal(memory.bytes, 0);
}

/* --- vectors and bit sets ----------------------------------------------------------------------
 */

static void vector_keeps_order_and_reports_no_memory(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    NF_VEC(uint32_t) numbers = {0};
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    for (uint32_t i = 0; i < 10000; i++) assert_true(NF_VEC_PUSH(&arena, &numbers, i * 3));
    assert_int_equal(numbers.count, 10000);
    for (uint32_t i = 0; i < 10000; i++) assert_int_equal(numbers.data[i], i * 3);
    memory.fail_at = 0;
    assert_false(NF_VEC_RESERVE(&arena, &numbers, 1 << 28));
    assert_true(arena.failed);
    assert_int_equal(numbers.count, 10000);
    assert_false(NF_VEC_RESERVE(&arena, &numbers, UINT32_MAX)); /* the sum does not fit */
    nf_arena_free(&arena);
}

static void bitset_adds_removes_and_joins(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    nf_bitset odd = nf_bitset_new(&arena, 200), few = nf_bitset_new(&arena, 200);
    for (uint32_t i = 1; i < 200; i += 2) nf_bitset_add(&odd, i);
    for (uint32_t i = 0; i < 200; i++) assert_int_equal(nf_bitset_has(&odd, i), i % 2);
    nf_bitset_add(&few, 63);
    assert_false(nf_bitset_union(&odd, &few));
    nf_bitset_add(&few, 64);
    assert_true(nf_bitset_union(&odd, &few));
    assert_true(nf_bitset_has(&odd, 64));
    nf_bitset_remove(&odd, 64);
    assert_false(nf_bitset_has(&odd, 64));
    nf_arena_free(&arena);
}

/* --- maps --------------------------------------------------------------------------------------
 */

/* Random puts, removals and look-ups, beside an array that says what must be there. */
static void map_agrees_with_an_array(void **unused)
{
    enum { KEYS = 512, STEPS = 100000 };
    static const uint64_t spread[] = {1, 4096, UINT64_C(0x100000001)};
    (void)unused;
    for (size_t s = 0; s < COUNT(spread); s++) {
        test_allocator memory;
        nf_arena arena;
        nf_map map;
        uint64_t expected[KEYS] = {0}, seed = s; /* 0: not there */
        uint32_t count = 0;
        test_allocator_init(&memory);
        nf_arena_init(&arena, &memory.allocator);
        nf_map_init(&map, &arena);
        assert_false(nf_map_remove(&map, 1));
        for (int i = 0; i < STEPS; i++) {
            uint64_t random = random_next(&seed), key = random % KEYS, found = 0;
            if (random >> 20 & 1) {
                count += expected[key] == 0;
                expected[key] = (uint64_t)i + 1;
                assert_true(nf_map_put(&map, key * spread[s], expected[key]));
            } else {
                assert_int_equal(nf_map_remove(&map, key * spread[s]), expected[key] != 0);
                count -= expected[key] != 0;
                expected[key] = 0;
            }
            key = random >> 32 & (KEYS - 1);
            assert_int_equal(nf_map_get(&map, key * spread[s], &found), expected[key] != 0);
            assert_int_equal(found, expected[key]);
            assert_int_equal(map.count, count);
        }
        nf_arena_free(&arena);
        assert_int_equal(memory.bytes, 0);
    }
}

static void string_map_start(test_allocator *memory, nf_arena *arena, nf_string_map *map)
{
    test_allocator_init(memory);
    nf_arena_init(arena, &memory->allocator);
    nf_string_map_init(map, arena);
}

static void string_map_tells_names_apart(void **unused)
{
    enum { NAMES = 3000 };
    static char names[NAMES][16];
    test_allocator memory;
    nf_arena arena;
    nf_string_map map;
    uint32_t value;
    (void)unused;
    string_map_start(&memory, &arena, &map);
    assert_false(nf_string_map_get(&map, "a", 1, &value));
    for (uint32_t i = 0; i < NAMES; i++) {
        int length = snprintf(names[i], sizeof names[i], "name%u", i);
        assert_true(nf_string_map_put(&map, names[i], (uint32_t)length, i));
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        char copy[16];
        strcpy(copy, names[i]);
        assert_true(nf_string_map_get(&map, copy, (uint32_t)strlen(copy), &value));
        assert_int_equal(value, i);
    }
    assert_false(nf_string_map_get(&map, "name", 4, NULL)); /* a prefix is another name */
    assert_true(nf_string_map_put(&map, "name1\0x", 7, 77));
    assert_true(nf_string_map_get(&map, "name1", 5, &value));
    assert_int_equal(value, 1);
    assert_true(nf_string_map_put(&map, NULL, 0, 5));
    assert_true(nf_string_map_get(&map, "", 0, &value));
    assert_int_equal(value, 5);
    assert_true(nf_string_map_put(&map, "", 0, 6));
    assert_int_equal(map.count, NAMES + 2);
    assert_false(nf_string_map_add(&map, "name1", 5, 99)); /* is there */
    assert_true(nf_string_map_get(&map, "name1", 5, &value) && value == 1);
    assert_true(nf_string_map_add(&map, "new", 3, 8));
    assert_true(nf_string_map_get(&map, "new", 3, &value) && value == 8);
    nf_arena_free(&arena);
}

static void string_map_grows_no_more_when_there_is_room(void **unused)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    enum { STRINGS = 600 };
    test_allocator memory;
    nf_arena arena;
    nf_string_map map;
    uint32_t value;
    (void)unused;
    string_map_start(&memory, &arena, &map);
    assert_true(nf_string_map_add(&map, "before", 6, 1));
    assert_true(nf_string_map_reserve(&map, STRINGS));
    const nf_string_map_entry *entries = map.entries;
    assert_true(nf_string_map_get(&map, "before", 6, &value) && value == 1);
    for (uint32_t i = 1; i < STRINGS; i++) /* each another piece of the alphabet */
        assert_true(nf_string_map_add(&map, text + i % 26, 1 + i / 26, i));
    assert_ptr_equal(map.entries, entries);
    assert_true(nf_string_map_reserve(&map, 5)); /* there is more */
    assert_ptr_equal(map.entries, entries);
    nf_arena_free(&arena);
}

static void map_survives_lack_of_memory(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    nf_map map;
    uint64_t put = 0, value;
    (void)unused;
    test_allocator_init(&memory);
    memory.fail_at = 3;
    nf_arena_init(&arena, &memory.allocator);
    nf_map_init(&map, &arena);
    while (nf_map_put(&map, put, put * 2)) put++;
    assert_true(arena.failed);
    assert_int_equal(map.count, put);
    for (uint64_t key = 0; key < put; key++) {
        assert_true(nf_map_get(&map, key, &value));
        assert_int_equal(value, key * 2);
    }
    assert_false(nf_map_get(&map, put, &value));
    nf_arena_free(&arena);
}

static void hash_differs_for_near_keys(void **unused)
{
    (void)unused;
    assert_int_not_equal(nf_hash_bytes("ab", 2), nf_hash_bytes("ba", 2));
    assert_int_not_equal(nf_hash_bytes("", 0), nf_hash_bytes("", 1));
    assert_int_not_equal(nf_hash_mix(1, 2), nf_hash_mix(2, 1));
}

/* --- formatting --------------------------------------------------------------------------------
 */

/* Formats with ours and with libc's; both must say the same, at every size of the buffer. */
#define SAME_AS_LIBC(...)                                                                          \
    do {                                                                                           \
        char wanted[160], got[160];                                                                \
        int whole = snprintf(wanted, sizeof wanted, __VA_ARGS__);                                  \
        for (size_t size = 0; size <= (size_t)whole + 2; size++) {                                 \
            memset(got, '#', sizeof got);                                                          \
            snprintf(wanted, size, __VA_ARGS__);                                                   \
            assert_int_equal(nf_format(got, size, __VA_ARGS__), whole);                            \
            if (size) assert_string_equal(got, wanted);                                            \
            assert_int_equal(got[size], '#');                                                      \
        }                                                                                          \
    } while (0)

static void format_says_what_libc_says(void **unused)
{
    (void)unused;
    SAME_AS_LIBC("plain");
    SAME_AS_LIBC("%%|%c|%3c|%-3c|", 'x', 'y', 'z');
    SAME_AS_LIBC("%s|%6s|%-6s|%2s|", "dot", "dot", "dot", "dot");
    SAME_AS_LIBC("%.2s|%.*s|%.9s|%-5.1s|", "dot", 1, "dot", "dot", "dot");
    SAME_AS_LIBC("%*d|%-*d|%*d|", 6, 42, 6, 42, -6, 42);
    SAME_AS_LIBC("%d|%5d|%-5d|%05d|%05d|", 7, 7, 7, 7, -7);
    SAME_AS_LIBC("%d|%d|%u|%x", INT32_MAX, INT32_MIN, UINT32_MAX, UINT32_MAX);
    SAME_AS_LIBC("%ld|%lu|%lx", INT64_MIN, UINT64_MAX, UINT64_MAX);
    SAME_AS_LIBC("%lld|%llu|%llx", -1LL, 1ULL << 63, 0xabcULL);
    SAME_AS_LIBC("%016llx|%-18llx|%4x|%08x", 0x1234ULL, 0x1234ULL, 0xabcdefU, 0U);
    SAME_AS_LIBC("%zu|%5zu|%" PRIu64 "|%" PRIx64, (size_t)12, (size_t)0, UINT64_C(3), UINT64_C(44));
    SAME_AS_LIBC("%p|%20p|", (void *)0x1234, (void *)&snprintf);
    SAME_AS_LIBC("%.2f|%8.3f|%-8.1f|%.0f|%f|", 3.14159, -2.5, 0.05, 1e9, 1234567.125);
    SAME_AS_LIBC("%.2f|%.1f|%.3f", 0.999, -12.36, (double)INFINITY);
}

static void text_grows_and_stays_terminated(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    nf_text text;
    char wanted[8192] = "";
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    nf_text_init(&text, &arena);
    assert_string_equal(text.data, "");
    for (int i = 0; i < 1000; i++) {
        nf_text_format(&text, "%d,", i);
        snprintf(wanted + strlen(wanted), 16, "%d,", i);
        assert_int_equal(text.length, strlen(wanted));
        assert_string_equal(text.data, wanted);
    }
    nf_text_append(&text, "tail", 4);
    assert_memory_equal(text.data + text.length - 4, "tail", 5);
    nf_arena_free(&arena);
}

static void text_is_cut_when_memory_is_out(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    nf_text text;
    (void)unused;
    for (size_t fail_at = 0; fail_at < 4; fail_at++) {
        test_allocator_init(&memory);
        memory.fail_at = fail_at;
        nf_arena_init(&arena, &memory.allocator);
        nf_text_init(&text, &arena);
        for (int i = 0; i < 100000; i++) {
            nf_text_append(&text, "12345", 5);
            nf_text_format(&text, "%d", 67890);
        }
        assert_true(arena.failed);
        assert_int_equal(text.length, strlen(text.data));
        for (size_t i = 0; i < text.length; i++)
            assert_int_equal(text.data[i], "1234567890"[i % 10]);
        nf_arena_free(&arena);
    }
}

/* --- decimals ----------------------------------------------------------------------------------
 */

static void decimal_is_short(void **unused)
{
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {100, "100"},
        {123.456, "123.456"},
        {0.000001, "0.000001"},
        {0.00000012, "1.2e-07"},
        {9007199254740993.0, "9007199254740992"},
        {1e16, "10000000000000000"},
        {1e17, "1e+17"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {-1.2345678901234568e-300, "-1.2345678901234568e-300"},
        {811212085039910.25, "811212085039910.2"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[NF_DECIMAL_BYTES];
        assert_int_equal(nf_decimal_format(text, rows[i].number), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static int significant_digits(const char *text)
{
    int digits = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (digits == 0 && *text == '0')) continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

/* The least precision at which libc's text reads back; a shorter text that is not the nearest of
 * its length may do so too. */
static int digits_needed(double number)
{
    for (int digits = 1;; digits++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", digits - 1, number);
        if (strtod(text, NULL) == number) return significant_digits(text);
    }
}

static void decimal_reads_back_and_is_shortest(void **unused)
{
    uint64_t seed = 7;
    (void)unused;
    for (int i = 0; i < 30000; i++) {
        char text[NF_DECIMAL_BYTES];
        uint64_t bits = random_next(&seed);
        double number;
        if (i % 4 == 0) bits &= ~UINT64_C(0) << (bits % 52); /* powers of two and the like */
        memcpy(&number, &bits, sizeof number);
        if (i % 4 == 1) number = (double)(int64_t)(bits >> 40) / 1000;
        if (!isfinite(number)) continue;
        size_t length = nf_decimal_format(text, number);
        assert_true(length < NF_DECIMAL_BYTES);
        assert_int_equal(length, strlen(text));
        assert_true(strtod(text, NULL) == number);
        if (number != 0) assert_true(significant_digits(text) <= digits_needed(number));
    }
}

/* --- JSON --------------------------------------------------------------------------------------
 */

static void write_sample(nf_json *json)
{
    nf_json_object_begin(json);
    nf_json_key(json, "calls"), nf_json_uint(json, UINT64_MAX);
    nf_json_key(json, "list"), nf_json_array_begin(json);
    nf_json_int(json, INT64_MIN);
    nf_json_double(json, 0.5);
    nf_json_double(json, NAN);
    nf_json_double(json, -INFINITY);
    nf_json_bool(json, true);
    nf_json_bool(json, false);
    nf_json_string(json, NULL);
    nf_json_array_begin(json), nf_json_array_end(json);
    nf_json_object_begin(json), nf_json_object_end(json);
    nf_json_array_end(json);
    nf_json_key(json, "q\"k"), nf_json_string(json, "v");
    nf_json_object_end(json);
}

static void json_writes_structure(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    nf_text text;
    nf_json json;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    nf_text_init(&text, &arena);
    nf_json_init(&json, &text, false);
    write_sample(&json);
    assert_string_equal(text.data, "{\"calls\":18446744073709551615,\"list\":["
                                   "-9223372036854775808,0.5,null,null,true,false,null,[],{}],"
                                   "\"q\\\"k\":\"v\"}");
    nf_text_init(&text, &arena);
    nf_json_init(&json, &text, true);
    nf_json_array_begin(&json);
    nf_json_object_begin(&json);
    nf_json_key(&json, "a"), nf_json_int(&json, 1);
    nf_json_key(&json, "b"), nf_json_array_begin(&json), nf_json_array_end(&json);
    nf_json_object_end(&json);
    nf_json_array_end(&json);
    assert_string_equal(text.data, "[\n  {\n    \"a\": 1,\n    \"b\": []\n  }\n]");
    nf_arena_free(&arena);
}

static void json_strings_are_valid_utf8(void **unused)
{
#define BAD "\xef\xbf\xbd"
    static const struct {
        const char *bytes;
        size_t length;
        const char *text;
    } rows[] = {
        {"plain", 5, "\"plain\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\n\r\t\b\x1f\0", 6, "\"\\n\\r\\t\\u0008\\u001f\\u0000\""},
        {"\x7f", 1, "\"\x7f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff", 1, "\"" BAD "\""},
        {"\xc3", 1, "\"" BAD "\""},                         /* cut */
        {"\xc3(", 2, "\"" BAD "(\""},                       /* no continuation */
        {"\xc0\xaf", 2, "\"" BAD BAD "\""},                 /* overlong */
        {"\xe0\x80\xaf", 3, "\"" BAD BAD BAD "\""},         /* overlong */
        {"\xed\xa0\x80", 3, "\"" BAD BAD BAD "\""},         /* surrogate */
        {"\xf4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\""}, /* above U+10FFFF */
        {"\xf0\x9f\x98", 3, "\"" BAD BAD BAD "\""},         /* cut */
        {"\xed\x9f\xbf\xee\x80\x80", 6, "\"\xed\x9f\xbf\xee\x80\x80\""},
        {"\xf4\x8f\xbf\xbf", 4, "\"\xf4\x8f\xbf\xbf\""},
    };
#undef BAD
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    for (size_t i = 0; i < COUNT(rows); i++) {
        nf_text text;
        nf_json json;
        nf_text_init(&text, &arena);
        nf_json_init(&json, &text, false);
        nf_json_bytes(&json, rows[i].bytes, rows[i].length);
        assert_string_equal(text.data, rows[i].text);
    }
    nf_arena_free(&arena);
}

/* --- errors ------------------------------------------------------------------------------------
 */

static void error_names_what_is_known(void **unused)
{
    nf_error error = {0};
    char text[512];
    (void)unused;
    assert_int_equal(nf_fail(&error, NF_TYPE, "%s is not %s", "i32", "f32"), NF_TYPE);
    nf_error_format(&error, text, sizeof text);
    assert_string_equal(text, "i32 is not f32");
    nf_fail_at(&error, NF_SYNTAX, "a.nir", 3, 14, "unknown op '%.*s'", 3, "addx");
    assert_int_equal(nf_error_format(&error, text, sizeof text), 28);
    assert_string_equal(text, "a.nir:3:14: unknown op 'add'");
    nf_fail_at(&error, NF_SYNTAX, "a.nir", 3, 0, "x");
    nf_error_format(&error, text, sizeof text);
    assert_string_equal(text, "a.nir:3: x");
    nf_fail_at(&error, NF_FILE, NULL, 0, 0, "%s", "");
    assert_int_equal(nf_error_format(&error, text, 7), strlen("cannot read file"));
    assert_string_equal(text, "cannot");
    assert_int_equal(nf_fail(NULL, NF_LIMIT, "dropped"), NF_LIMIT);
    assert_int_equal(nf_fail_at(NULL, NF_LIMIT, "f", 1, 1, "dropped"), NF_LIMIT);
}

static void error_cuts_what_is_too_long(void **unused)
{
    nf_error error;
    char name[1000], text[2000];
    (void)unused;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    nf_fail_at(&error, NF_FILE, name, UINT32_MAX, UINT32_MAX, "%s", name);
    assert_int_equal(strlen(error.file), NF_ERROR_FILE_BYTES - 1);
    assert_int_equal(strlen(error.message), NF_ERROR_MESSAGE_BYTES - 1);
    size_t length = nf_error_format(&error, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_non_null(strstr(text, ":4294967295:4294967295: nnn"));
}

static void every_status_has_a_text(void **unused)
{
    (void)unused;
    for (int status = 0; status < NF_STATUS_COUNT; status++) {
        assert_non_null(nf_status_text((nf_status)status));
        for (int other = 0; other < status; other++)
            assert_string_not_equal(nf_status_text((nf_status)status),
                                    nf_status_text((nf_status)other));
    }
    assert_non_null(nf_status_text(NF_STATUS_COUNT));
}

/* --- histogram ------------------------------------------------------------------------------------
 */

static void histograms_place_every_value(void **unused)
{
    (void)unused;
    for (uint32_t bit = 0; bit < 64; bit++)
        for (int64_t off = -2; off <= 2; off++) {
            nf_histogram *h = calloc(1, sizeof *h);
            uint64_t value = (UINT64_C(1) << bit) + (uint64_t)off;
            nf_histogram_add(h, value);
            nf_histogram_add(h, UINT64_MAX);
            uint64_t median = nf_histogram_quantile(h, 0.5);
            assert_true(median >= value);
            assert_true(median - value <= value / 64);
            assert_int_equal(nf_histogram_quantile(h, 1), UINT64_MAX);
            free(h);
        }
}

static void histograms_give_quantiles(void **unused)
{
    nf_histogram *a = calloc(2, sizeof *a), *b = a + 1;
    (void)unused;
    assert_int_equal(nf_histogram_quantile(a, 0.5), 0);
    assert_true(nf_histogram_mean(a) == 0);
    for (uint64_t i = 1; i <= 500; i++) nf_histogram_add(a, i);
    for (uint64_t i = 501; i <= 1000; i++) nf_histogram_add(b, i);
    nf_histogram_merge(a, b);
    assert_int_equal(a->count, 1000);
    assert_int_equal(a->max, 1000);
    assert_true(nf_histogram_mean(a) == 500.5);
    assert_int_equal(nf_histogram_quantile(a, 0), 1);
    assert_int_equal(nf_histogram_quantile(a, 0.05), 50);
    assert_in_range(nf_histogram_quantile(a, 0.5), 500, 508);
    assert_in_range(nf_histogram_quantile(a, 0.99), 990, 1000);
    assert_int_equal(nf_histogram_quantile(a, 1), 1000);
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_takes_what_is_larger_than_a_chunk),
        cmocka_unit_test(arena_takes_little_beside_a_large_piece),
        cmocka_unit_test(arena_keeps_its_largest_chunk),
        cmocka_unit_test(arena_goes_back_to_a_mark),
        cmocka_unit_test(arena_failure_is_sticky_until_reset),
        cmocka_unit_test(vector_keeps_order_and_reports_no_memory),
        cmocka_unit_test(bitset_adds_removes_and_joins),
        cmocka_unit_test(map_agrees_with_an_array),
        cmocka_unit_test(string_map_tells_names_apart),
        cmocka_unit_test(string_map_grows_no_more_when_there_is_room),
        cmocka_unit_test(map_survives_lack_of_memory),
        cmocka_unit_test(hash_differs_for_near_keys),
        cmocka_unit_test(format_says_what_libc_says),
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(text_is_cut_when_memory_is_out),
        cmocka_unit_test(decimal_is_short),
        cmocka_unit_test(decimal_reads_back_and_is_shortest),
        cmocka_unit_test(json_writes_structure),
        cmocka_unit_test(json_strings_are_valid_utf8),
        cmocka_unit_test(error_names_what_is_known),
        cmocka_unit_test(error_cuts_what_is_too_long),
        cmocka_unit_test(every_status_has_a_text),
        cmocka_unit_test(histograms_place_every_value),
        cmocka_unit_test(histograms_give_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
