/* The binary form: what goes in comes out, and damaged or hostile bytes are an error, never a
 * crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ir/binary.h"
#include "os/os.h"
#include "lib_allocator.h"
#include "lib_generate.h"

static test_allocator memory;

static int setup(void **state)
{
    (void)state;
    test_allocator_init(&memory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(memory.blocks, 0);
    return 0;
}

/* Names, lines, data with addresses, externs, locals, a switch, tail and indirect calls. */
static const char sample[] =
    "extern @printf(i64, ...) -> i32\n"
    "extern data @environ\n"
    "data @numbers align 16 readonly { i32 1, 2, 3, i64 @sum + 8, zero 40 }\n"
    "data @empty zero 100000\n"
    "data @text = \"hello\\n\"\n"
    "\n"
    "func @sum(%array: i64 noalias, %n: i64) -> f64 export {\n"
    "  local $scratch: 64 align 16\n"
    "entry:\n"
    "  %zero = iconst.i64 0\n"
    "  %start = fconst.f64 0.5\n"
    "  br loop(%zero, %start)\n"
    "loop(%i: i64, %s: f64):\n"
    "  %x = load.f64 [%array + %i*8 + 16] align 8\n"
    "  %t = fadd.f64 %s, %x\n"
    "  %one = iconst.i64 1\n"
    "  %next = add.i64 %i, %one\n"
    "  %more = icmp.slt.i64 %next, %n\n"
    "  brif %more, loop(%next, %t), done\n"
    "done:\n"
    "  %place = local $scratch\n"
    "  store.f64 %t, [%place]\n"
    "  ret %t\n"
    "}\n"
    "\n"
    "func @choose(%k: i32) -> i32 {\n"
    "entry:\n"
    "  switch.i32 %k, other, -1: minus, 7: seven\n"
    "minus:\n"
    "  %f = symbol @choose\n"
    "  tail_call_indirect %f(%k) : (i32) -> i32\n"
    "seven:\n"
    "  %text = symbol @text\n"
    "  %length = call @printf(%text, %k)\n"
    "  ret %length\n"
    "other:\n"
    "  trap\n"
    "}\n";

static nf_module *module_read(const char *name, const void *bytes, size_t size)
{
    nf_module *module;
    nf_error error;
    if (nf_module_read(&memory.allocator, name, bytes, size, &module, &error))
        fail_msg("%s:%u:%u: %s", name, error.line, error.column, error.message);
    return module;
}

static void encode(nf_module *module, const void **bytes, size_t *size)
{
    assert_int_equal(nf_module_encode(module, bytes, size), NF_OK);
}

/* Encoded, decoded and encoded again: the same bytes and the same text. How many bytes for one of
 * the text. */
static double round_trip(nf_module *module)
{
    const void *bytes, *bytes_again;
    const char *text, *text_again;
    size_t size, size_again, length, length_again;
    encode(module, &bytes, &size);
    nf_module *again = module_read("again", bytes, size);
    encode(again, &bytes_again, &size_again);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, bytes_again, size);
    assert_int_equal(nf_module_print(module, &text, &length), NF_OK);
    assert_int_equal(nf_module_print(again, &text_again, &length_again), NF_OK);
    assert_string_equal(text, text_again);
    nf_module_free(again);
    return (double)size / (double)length;
}

static void a_module_with_everything_comes_back(void **state)
{
    (void)state;
    nf_module *module = module_read("sample.nir", sample, sizeof sample - 1);
    round_trip(module);
    nf_module_free(module);
}

static void lines_and_sizes_come_back(void **state)
{
    const void *bytes;
    size_t size;
    (void)state;
    nf_module *module = module_read("sample.nir", sample, sizeof sample - 1);
    encode(module, &bytes, &size);
    nf_module *again = module_read("again", bytes, size);
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        const nf_symbol_data *symbol = &module->symbols.data[i], *other = &again->symbols.data[i];
        assert_int_equal(symbol->line, other->line);
        assert_int_equal(symbol->size, other->size);
        if (symbol->func == NULL) continue;
        for (uint32_t id = 1; id < symbol->func->insts.count; id++)
            assert_int_equal(nf_line_of(symbol->func, (nf_value){id}),
                             nf_line_of(other->func, (nf_value){id}));
    }
    nf_module_free(module);
    nf_module_free(again);
}

static void generated_modules_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        generate_options options = {.vector_bytes_max = 64};
        nf_module *module = generate_module(&memory.allocator, seed * 4, 4, &options);
        assert_non_null(module);
        assert_true(round_trip(module) < 0.4); /* compact */
        nf_module_free(module);
    }
}

/* Removed records and blocks leave holes, which the file has not. */
static void holes_are_closed(void **state)
{
    const void *bytes, *bytes_again;
    size_t size, size_again;
    (void)state;
    nf_module *module = module_read("sample.nir", sample, sizeof sample - 1);
    nf_func *f = nf_module_function_at(module, nf_module_symbol(module, "sum"));
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS_SAFE(f, b, v, following)
        {
            if (nf_inst_at(f, v)->op == NF_OP_STORE) nf_inst_remove(f, v);
        }
    }
    encode(module, &bytes, &size);
    nf_module *again = module_read("again", bytes, size);
    nf_func *g = nf_module_function_at(again, nf_module_symbol(again, "sum"));
    assert_int_equal(g->insts.count, f->insts.count - 1);
    encode(again, &bytes_again, &size_again);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, bytes_again, size);
    nf_module_free(module);
    nf_module_free(again);
}

/* --- damage --- */

/* An error or a module that the verifier takes or refuses; the bytes lie exactly at a heap block's
 * end, so that a sanitizer sees each that is read too far. */
static nf_status decode_anything(const void *bytes, size_t size, nf_error *error)
{
    void *copy = malloc(size ? size : 1);
    nf_module *module;
    memcpy(copy, bytes, size);
    error->message[0] = 0;
    nf_status status = nf_binary_decode(&memory.allocator, "damaged", copy, size, &module, error);
    free(copy);
    if (status) {
        assert_null(module);
        assert_int_not_equal(error->message[0], 0);
        return status;
    }
    status = nf_module_verify(module, error);
    nf_module_free(module);
    return status;
}

/* Writes the checksum that the bytes have now. */
static void seal(uint8_t *bytes, size_t size)
{
    uint64_t checksum = nf_hash_bytes(bytes, size - NF_BINARY_CHECKSUM_BYTES);
    memcpy(bytes + size - NF_BINARY_CHECKSUM_BYTES, &checksum, sizeof checksum);
}

static nf_module *damage_module(int index)
{
    generate_options options = {.vector_bytes_max = 32, .size = 40};
    return index == 0 ? module_read("sample.nir", sample, sizeof sample - 1)
                      : generate_module(&memory.allocator, (uint64_t)index * 4, 2, &options);
}

enum { DAMAGE_MODULES = 3 };

static void truncated_modules_are_refused(void **state)
{
    nf_error error;
    (void)state;
    for (int i = 0; i < DAMAGE_MODULES; i++) {
        const void *bytes;
        size_t size;
        nf_module *module = damage_module(i);
        encode(module, &bytes, &size);
        uint8_t *cut = malloc(size);
        for (size_t length = 0; length < size; length++) {
            assert_int_equal(decode_anything(bytes, length, &error), NF_CORRUPT);
            if (length < NF_BINARY_CHECKSUM_BYTES + 5) continue;
            /* The same with a checksum that fits. */
            memcpy(cut, bytes, length);
            seal(cut, length);
            assert_int_equal(decode_anything(cut, length, &error), NF_CORRUPT);
        }
        free(cut);
        nf_module_free(module);
    }
}

/* With the old checksum every flipped bit is found; with a new one nothing worse than another
 * module comes of it. */
static void flipped_bits_are_harmless(void **state)
{
    nf_error error;
    uint32_t valid = 0, invalid = 0;
    (void)state;
    for (int i = 0; i < DAMAGE_MODULES; i++) {
        const void *bytes;
        size_t size;
        nf_module *module = damage_module(i);
        encode(module, &bytes, &size);
        uint8_t *flipped = malloc(size);
        memcpy(flipped, bytes, size);
        for (size_t bit = 0; bit < size * 8; bit++) {
            flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
            nf_status status = decode_anything(flipped, size, &error);
            assert_true(status == NF_CORRUPT || status == NF_UNSUPPORTED);
            seal(flipped, size);
            status = decode_anything(flipped, size, &error);
            *(status == NF_OK ? &valid : &invalid) += 1;
            memcpy(flipped, bytes, size);
        }
        free(flipped);
        nf_module_free(module);
    }
    assert_true(valid > 0); /* a changed constant, say */
    assert_true(invalid > valid);
}

/* Bytes that are set to the largest value, one and two at a time: huge counts and ids. */
static void huge_numbers_are_harmless(void **state)
{
    const void *bytes;
    size_t size;
    nf_error error;
    (void)state;
    nf_module *module = damage_module(0);
    encode(module, &bytes, &size);
    uint8_t *huge = malloc(size);
    for (size_t at = 0; at + NF_BINARY_CHECKSUM_BYTES < size; at++) {
        for (size_t run = 1; run <= 9 && at + run + NF_BINARY_CHECKSUM_BYTES < size; run++) {
            memcpy(huge, bytes, size);
            memset(huge + at, 0xff, run);
            seal(huge, size);
            size_t before = memory.count;
            decode_anything(huge, size, &error);
            assert_true(memory.count - before < 100); /* no runaway allocation */
        }
    }
    free(huge);
    nf_module_free(module);
}

static void errors_say_where_and_what(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        nf_status status;
        const char *message;
    } cases[] = {
        {"", 0, NF_CORRUPT, "byte 0: this is no binary NIR"},
        {"\0NIX", 4, NF_CORRUPT, "byte 0: this is no binary NIR"},
        {"\0NIR", 4, NF_CORRUPT, "byte 4: the section ends too early"},
        {"\0NIR\1________", 13, NF_UNSUPPORTED, "byte 5: version 1, not 2"},
        {"\0NIR\2_______", 12, NF_CORRUPT, "byte 5: the module is cut off"},
        {"\0NIR\2________", 13, NF_CORRUPT, "byte 5: the checksum is wrong: the module is damaged"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nf_error error;
        assert_int_equal(decode_anything(cases[i].bytes, cases[i].size, &error), cases[i].status);
        assert_string_equal(error.message, cases[i].message);
        assert_string_equal(error.file, "damaged");
    }
}

/* Every allocation fails in turn. */
static void failed_allocations_are_reported(void **state)
{
    const void *bytes;
    size_t size;
    nf_status status = NF_MEMORY;
    (void)state;
    nf_module *module = damage_module(0);
    encode(module, &bytes, &size);
    void *copy = malloc(size);
    memcpy(copy, bytes, size);
    for (size_t fail_at = 0; status != NF_OK; fail_at++) {
        nf_error error;
        nf_module *again;
        memory.fail_at = memory.count + fail_at;
        status = nf_binary_decode(&memory.allocator, "again", copy, size, &again, &error);
        memory.fail_at = SIZE_MAX;
        assert_true(status == NF_OK || status == NF_MEMORY);
        nf_module_free(again);
    }
    status = NF_MEMORY;
    for (size_t fail_at = 0; status != NF_OK; fail_at++) {
        memory.fail_at = memory.count + fail_at;
        status = nf_module_encode(module, &bytes, &size);
        memory.fail_at = SIZE_MAX;
        assert_true(status == NF_OK || status == NF_MEMORY);
    }
    free(copy);
    nf_module_free(module);
}

/* --- bodies that are decoded later --- */

static nf_module *decode_lazily(const void *bytes, size_t size)
{
    nf_module *module;
    nf_error error;
    assert_int_equal(
        nf_binary_decode_lazily(&memory.allocator, "later", bytes, size, &module, &error), NF_OK);
    return module;
}

static void bodies_come_when_they_are_wanted(void **state)
{
    const void *bytes;
    size_t size, length, length_again;
    const char *text, *text_again;
    (void)state;
    nf_module *module = module_read("sample.nir", sample, sizeof sample - 1);
    encode(module, &bytes, &size);
    nf_module *later = decode_lazily(bytes, size);
    nf_func *sum = nf_module_function_at(later, nf_module_symbol(later, "sum"));
    nf_func *choose = nf_module_function_at(later, nf_module_symbol(later, "choose"));
    assert_int_equal(sum->attributes, NF_ATTR_EXPORT); /* before the body */
    assert_int_equal(sum->noalias, 1);
    assert_non_null(sum->unread);
    assert_true(nf_func_load(sum));
    assert_null(sum->unread);
    assert_non_null(choose->unread);
    assert_true(nf_module_load(later));
    assert_int_equal(nf_module_print(module, &text, &length), NF_OK);
    assert_int_equal(nf_module_print(later, &text_again, &length_again), NF_OK);
    assert_string_equal(text, text_again);
    nf_module_free(later);
    nf_module_free(module);
}

enum { LOADERS = 4, LOADED_FUNCTIONS = 50 };

static void load_all(void *module)
{
    bool loaded = nf_module_load(module);
    assert_true(loaded);
    for (uint32_t id = 1; id < ((nf_module *)module)->symbols.count; id++) {
        const nf_func *f = ((nf_module *)module)->symbols.data[id].func;
        if (f) assert_int_not_equal(nf_func_size(f), 0);
    }
}

static void many_threads_want_the_same_bodies(void **state)
{
    const void *bytes;
    size_t size;
    nf_os_thread threads[LOADERS];
    (void)state;
    generate_options options = {.vector_bytes_max = 64};
    nf_module *module = generate_module(&memory.allocator, 1, LOADED_FUNCTIONS, &options);
    encode(module, &bytes, &size);
    nf_module *later = decode_lazily(bytes, size);
    for (int i = 0; i < LOADERS; i++)
        assert_true(nf_os_thread_create(&threads[i], "loader", load_all, later, NULL) == NF_OK);
    for (int i = 0; i < LOADERS; i++) nf_os_thread_join(&threads[i]);
    nf_module_free(later);
    nf_module_free(module);
}

/* Its caller's checksum should have told; still no byte outside is touched. */
static void damaged_bodies_are_refused(void **state)
{
    const void *bytes;
    size_t size, refused = 0;
    (void)state;
    nf_module *module = damage_module(0);
    encode(module, &bytes, &size);
    for (size_t bit = 0; bit < (size - NF_BINARY_CHECKSUM_BYTES) * 8; bit++) {
        nf_module *later;
        nf_error error;
        uint8_t *flipped = malloc(size);
        memcpy(flipped, bytes, size);
        flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (nf_binary_decode_lazily(&memory.allocator, "later", flipped, size, &later, &error) ==
            NF_OK) {
            bool loaded = nf_module_load(later);
            refused += !loaded;
        }
        nf_module_free(later);
        free(flipped);
    }
    assert_true(refused > 0);
    nf_module_free(module);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_module_with_everything_comes_back), TEST(lines_and_sizes_come_back),
        TEST(generated_modules_come_back),         TEST(holes_are_closed),
        TEST(truncated_modules_are_refused),       TEST(flipped_bits_are_harmless),
        TEST(huge_numbers_are_harmless),           TEST(errors_say_where_and_what),
        TEST(failed_allocations_are_reported),     TEST(bodies_come_when_they_are_wanted),
        TEST(many_threads_want_the_same_bodies),   TEST(damaged_bodies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
