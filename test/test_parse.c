/*
 * Text NIR: what is valid is read, printed and read again without a change; what is not is refused
 * on the line that causes it.
 *
 *   test/nir/ *.nir, examples/ *.nir    valid
 *   test/nir/bad/ *.nir                 cases, ended by a line "; ---"; in each, "; error: TEXT"
 *                                     stands on the line of the error, whose message has TEXT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/number.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "lib_allocator.h"
#include "lib_files.h"
#include "lib_generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- valid texts --- */

static nf_module *read_valid(const char *name, const char *text, size_t size)
{
    nf_module *module;
    nf_error error = {0};
    if (nf_module_read(NULL, name, text, size, &module, &error)) {
        char message[512];
        nf_error_format(&error, message, sizeof message);
        fail_msg("%s", message);
    }
    return module;
}

/* What is printed reads back, and prints the same. */
static void check_round_trip(const char *name, nf_module *module)
{
    const char *first, *second;
    size_t first_length, second_length;
    assert_int_equal(nf_module_print(module, &first, &first_length), NF_OK);
    nf_module *again = read_valid(name, first, first_length);
    assert_int_equal(nf_module_print(again, &second, &second_length), NF_OK);
    assert_string_equal(first, second);
    assert_int_equal(first_length, second_length);
    assert_int_equal(first_length, strlen(first));
    nf_module_free(again);
}

static void check_valid_file(const char *path)
{
    size_t size;
    char *text = file_read(path, &size);
    nf_module *module = read_valid(path, text, size);
    check_round_trip(path, module);
    nf_module_free(module);
    free(text);
}

static void valid_files_round_trip(void **unused)
{
    (void)unused;
    assert_true(files_each("test/nir", ".nir", check_valid_file) > 0);
    files_each("examples", ".nir", check_valid_file);
}

static void generated_functions_round_trip(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        generate_options options = {.vector_bytes_max = 64};
        nf_module *module = generate_module(NULL, seed, 3, &options);
        assert_non_null(module);
        check_round_trip("generated", module);
        nf_module_free(module);
    }
}

/* The first program of the documentation. */
static void documented_program_is_valid(void **unused)
{
    size_t size;
    char *text = file_read("docs/nir-preface.md", &size);
    char *start = strstr(text, "```\n"), *end = start ? strstr(start + 4, "```") : NULL;
    (void)unused;
    assert_non_null(end);
    nf_module *module = read_valid("preface", start + 4, (size_t)(end - start) - 4);
    assert_int_not_equal(nf_module_symbol(module, "main").id, 0);
    check_round_trip("preface", module);
    nf_module_free(module);
    free(text);
}

/* --- what text becomes --- */

static void check_printed(const char *text, const char *expected)
{
    const char *printed;
    size_t length;
    nf_module *module = read_valid("text", text, strlen(text));
    assert_int_equal(nf_module_print(module, &printed, &length), NF_OK);
    assert_string_equal(printed, expected);
    nf_module_free(module);
}

static void blanks_and_spellings_do_not_matter(void **unused)
{
    static const char *const spellings[] = {
        "func@f(%a:i64)->i64{entry:%b=add.i64%a,%a ret%b}",
        "func @f ( %a : i64 ) -> i64 {\r\n\tentry : ; comment }\n %b = add.i64 %a , %a ret %b }",
        "func @\"f\"(%\"a\": i64) -> i64 {\n\"entry\":\n%\"\\62\" = add.i64 %a, %a\nret %b\n}; end",
        "func @f(%a: i64) -> i64\n{\n\n\nentry:\n  %b =\n add.i64 %a,\n %a\n  ret\n%b\n}",
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(spellings); i++)
        check_printed(spellings[i], "func @f(%a: i64) -> i64 {\n"
                                    "entry:\n"
                                    "  %b = add.i64 %a, %a\n"
                                    "  ret %b\n"
                                    "}\n");
}

static void offsets_and_numbers_are_normal(void **unused)
{
    (void)unused;
    check_printed("func @f(%a: i64) -> void {\n"
                  "  local $t: 0x10 align 1\n"
                  "entry:\n"
                  "  %l = local $t + 0\n"
                  "  %x = load.i8 [%a + %a*1 -5] align 1 alias 0\n"
                  "  %y = load.i8 [%a - 0x80000000]\n"
                  "  %k = iconst.i8 0xff\n"
                  "  %m = iconst.i64 18446744073709551615\n"
                  "  %n = fconst.f32 1.50e0\n"
                  "  %o = fconst.f64 -0x0p0\n"
                  "  ret\n"
                  "}\n",
                  "func @f(%a: i64) -> void {\n"
                  "  local $t: 16\n"
                  "entry:\n"
                  "  %l = local $t\n"
                  "  %x = load.i8 [%a + %a - 5]\n"
                  "  %y = load.i8 [%a - 2147483648]\n"
                  "  %k = iconst.i8 -1\n"
                  "  %m = iconst.i64 -1\n"
                  "  %n = fconst.f32 1.5\n"
                  "  %o = fconst.f64 -0\n"
                  "  ret\n"
                  "}\n");
}

/* --- invalid texts --- */

static int bad_cases;

/* One case, at text; marker is where its "; error: " stands. */
static void check_bad_case(const char *path, const char *text, size_t size, const char *marker)
{
    nf_module *module;
    nf_error error = {0};
    char wanted[256];
    const char *message = marker + strlen("; error: ");
    uint32_t line = 1;
    snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(message, "\n"), message);
    for (const char *at = text; at < marker; at++) line += *at == '\n';
    nf_status status = nf_module_read(NULL, path, text, size, &module, &error);
    if (status == NF_OK) fail_msg("%s: no error: %s", path, wanted);
    assert_null(module);
    assert_int_equal(error.status, status);
    if (error.line != line || strstr(error.message, wanted) == NULL)
        fail_msg("%s: wanted line %u: %s\n got line %u: %s\n%.*s", path, line, wanted, error.line,
                 error.message, (int)size, text);
    bad_cases++;
}

static void check_bad_file(const char *path)
{
    static const char separator[] = "; ---\n";
    size_t size;
    char *text = file_read(path, &size);
    for (char *at = text, *next; at < text + size; at = next) {
        char *end = strstr(at, separator);
        if (end == NULL) end = text + size;
        next = end < text + size ? end + strlen(separator) : end;
        char *marker = strstr(at, "; error: ");
        if (marker == NULL || marker >= end) fail_msg("%s: a case without error: %s", path, at);
        check_bad_case(path, at, (size_t)(end - at), marker);
    }
    free(text);
}

static void bad_texts_are_refused_on_their_line(void **unused)
{
    (void)unused;
    bad_cases = 0;
    files_each("test/nir/bad", ".nir", check_bad_file);
    assert_true(bad_cases >= 60);
}

static void messages_do_not_steer_terminals(void **unused)
{
    static const char *const texts[] = {
        "func @f() -> i64 {\nentry:\n  ret %\"\\1b[2J\"\n}",              /* the parser's message */
        "func @\"\\1b[2J\"() -> i64 {\nentry:\n  ret\n}",                 /* the verifier's */
        "func @f() -> i64 {\nentry:\n  %x = \x1b[2J.i64 %y\n  ret %x\n}", /* a raw byte */
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(texts); i++) {
        nf_module *module;
        nf_error error;
        assert_true(nf_module_read(NULL, "text", texts[i], strlen(texts[i]), &module, &error));
        assert_int_equal(error.line, 3);
        for (const char *at = error.message; *at; at++) assert_true(*at >= ' ' && *at <= '~');
    }
}

static void nothing_is_an_empty_module(void **unused)
{
    (void)unused;
    nf_module *module = read_valid("empty", NULL, 0);
    assert_int_equal(module->symbols.count, 1);
    check_round_trip("empty", module);
    nf_module_free(module);
    check_printed("; only a comment", "");
}

/* Whatever is cut off or changed: an error or a module, never a crash. */
static void damaged_texts_are_survived(void **unused)
{
    size_t size;
    char *text = file_read("test/nir/all.nir", &size), *copy = malloc(size);
    uint64_t state = 1;
    nf_module *module;
    (void)unused;
    for (size_t cut = 0; cut < size; cut++) {
        memcpy(copy, text, size);
        for (uint32_t i = generate_below(&state, 3); i > 0; i--)
            copy[generate_below(&state, (uint32_t)size)] =
                "%@$\"{}()[],:=+-*;\n 0e.\\a\xff"[generate_below(&state, 25)];
        nf_error error = {0};
        nf_status status = nf_module_read(NULL, "cut", copy, cut, &module, &error);
        assert_int_equal(error.status, status);
        nf_module_free(module);
    }
    free(copy);
    free(text);
}

/* Each allocation fails once: the status says so, and nothing is left behind. */
static void lack_of_memory_is_reported(void **unused)
{
    size_t size;
    char *text = file_read("test/nir/all.nir", &size);
    nf_status status = NF_MEMORY;
    (void)unused;
    for (size_t fail_at = 0; status; fail_at++) {
        test_allocator memory;
        nf_module *module;
        nf_error error = {0};
        const char *printed;
        size_t length;
        test_allocator_init(&memory);
        memory.fail_at = fail_at;
        status = nf_module_read(&memory.allocator, "all", text, size, &module, &error);
        if (status == NF_OK) status = nf_module_print(module, &printed, &length);
        assert_true(status == NF_OK || status == NF_MEMORY);
        nf_module_free(module);
        assert_int_equal(memory.blocks, 0);
        assert_true(fail_at < 1000);
    }
    free(text);
}

/* --- names --- */

static void names_are_kept_and_made_unique(void **unused)
{
    nf_module *module = nf_module_new(NULL, "names");
    const char *printed;
    size_t length;
    nf_type params[] = {NF_I64};
    (void)unused;
    nf_func *f =
        nf_module_function(module, "f", nf_module_signature(module, NF_I64, params, 1, false), 0);
    nf_block entry = nf_func_entry(f), next = nf_func_block(f);
    nf_value a = nf_func_param(f, 0);
    nf_value b = nf_build(f, entry, NF_OP_ADD, NF_I64, a, a, (nf_value){0});
    nf_build_br(f, entry, next, NULL, 0);
    nf_value c = nf_build(f, next, NF_OP_ADD, NF_I64, b, b, (nf_value){0});
    nf_build_ret(f, next, c);
    nf_name_set(f, &f->debug.value_names, a.id, "same");
    nf_name_set(f, &f->debug.value_names, b.id, "same");
    nf_name_set(f, &f->debug.value_names, c.id, "v2");
    nf_name_set(f, &f->debug.block_names, next.id, "entry");
    assert_int_equal(b.id, 2);
    assert_int_equal(nf_module_print(module, &printed, &length), NF_OK);
    assert_string_equal(printed, "func @f(%same: i64) -> i64 {\n"
                                 "b1:\n"
                                 "  %v2.1 = add.i64 %same, %same\n"
                                 "  br entry\n"
                                 "entry:\n"
                                 "  %v2 = add.i64 %v2.1, %v2.1\n"
                                 "  ret %v2\n"
                                 "}\n");
    check_round_trip("names", module);
    nf_module_free(module);
}

/* --- numbers --- */

typedef struct float_row {
    const char *text;
    nf_type type;
    uint64_t bits;
} float_row;

static void floats_are_read_exactly(void **unused)
{
    static const float_row rows[] = {
        {"0", NF_F64, 0},
        {"-0", NF_F32, 0x80000000},
        {"0.1", NF_F64, UINT64_C(0x3fb999999999999a)},
        {"0.1", NF_F32, 0x3dcccccd},
        {"16777217", NF_F32, 0x4b800000}, /* a tie, to even */
        {"16777217.0000000000000000000001", NF_F32, 0x4b800001},
        {"9007199254740993", NF_F64, UINT64_C(0x4340000000000000)},
        {"1.00000017881393432617187499", NF_F32, 0x3f800001}, /* twice rounded would be ...02 */
        {"2.2250738585072011e-308", NF_F64, UINT64_C(0x000fffffffffffff)},
        {"4.9e-324", NF_F64, 1},
        {"2.4703282292062327e-324", NF_F64, 0},
        {"2.4703282292062328e-324", NF_F64, 1},
        {"1e-999999999999", NF_F64, 0},
        {"1.7976931348623157e308", NF_F64, UINT64_C(0x7fefffffffffffff)},
        {"0x1.8p0", NF_F32, 0x3fc00000},
        {"0x1p-149", NF_F32, 1},
        {"0x1p-150", NF_F32, 0},
        {"0x1.8p-150", NF_F32, 1},
        {"0x1.000001p0", NF_F32, 0x3f800000}, /* a tie, to even */
        {"0x1.0000010000000000000001p0", NF_F32, 0x3f800001},
        {"inf", NF_F32, 0x7f800000},
        {"-inf", NF_F64, UINT64_C(0xfff0000000000000)},
        {"nan", NF_F32, 0x7fc00000},
        {"-nan:0x1", NF_F32, 0xff800001},
        {"0xff800001", NF_F32, 0xff800001},
        {"0x1", NF_F64, 1},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t bits = ~rows[i].bits;
        if (!nf_float_parse(rows[i].text, strlen(rows[i].text), rows[i].type, &bits) ||
            bits != rows[i].bits)
            fail_msg("%s gave %llx", rows[i].text, (unsigned long long)bits);
    }
}

static void wrong_floats_are_refused(void **unused)
{
    static const char *const texts[] = {"",
                                        "-",
                                        ".",
                                        "e5",
                                        "1e",
                                        "1e+",
                                        "0x",
                                        "0xp1",
                                        "0x1p",
                                        "1.2.3",
                                        "nan:",
                                        "nan:0",
                                        "nan:0x0",
                                        "nan:0x800000",
                                        "infx",
                                        "+1",
                                        "1x",
                                        "0x1.8",
                                        "0x1.1.1p1",
                                        "--1",
                                        "1e39",
                                        "0x1p128",
                                        "3.4028236e38",
                                        "0x100000000",
                                        "1e99999999999999999999"};
    (void)unused;
    for (size_t i = 0; i < COUNT(texts); i++) {
        uint64_t bits;
        if (nf_float_parse(texts[i], strlen(texts[i]), NF_F32, &bits))
            fail_msg("'%s' was accepted", texts[i]);
    }
}

/* Against the C library, which rounds correctly; printed text gives the bits back. */
static void floats_agree_with_libc(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    uint64_t state = 7;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    for (int i = 0; i < 20000; i++) {
        char text[512];
        nf_text printed;
        uint64_t bits = generate_random(&state), again, wanted64;
        uint32_t bits32 = (uint32_t)bits, wanted32;
        double f64;
        float f32;
        snprintf(text, sizeof text, "%u.%ue%d", bits32, (uint32_t)(bits >> 32),
                 (int)generate_below(&state, 80) - 50);
        f64 = strtod(text, NULL);
        f32 = strtof(text, NULL);
        memcpy(&wanted64, &f64, sizeof f64);
        memcpy(&wanted32, &f32, sizeof f32);
        assert_true(nf_float_parse(text, strlen(text), NF_F64, &again));
        assert_int_equal(again, wanted64);
        bool fits = nf_float_parse(text, strlen(text), NF_F32, &again);
        assert_int_equal(fits, wanted32 != 0x7f800000);
        if (fits) assert_int_equal(again, wanted32);
        nf_text_init(&printed, &arena);
        nf_float_print(&printed, NF_F64, bits);
        assert_true(nf_float_parse(printed.data, printed.length, NF_F64, &again));
        assert_int_equal(again, bits);
        nf_text_init(&printed, &arena);
        nf_float_print(&printed, NF_F32, bits32);
        assert_true(nf_float_parse(printed.data, printed.length, NF_F32, &again));
        assert_int_equal(again, bits32);
        nf_arena_reset(&arena);
    }
    nf_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_files_round_trip),
        cmocka_unit_test(generated_functions_round_trip),
        cmocka_unit_test(documented_program_is_valid),
        cmocka_unit_test(blanks_and_spellings_do_not_matter),
        cmocka_unit_test(offsets_and_numbers_are_normal),
        cmocka_unit_test(bad_texts_are_refused_on_their_line),
        cmocka_unit_test(messages_do_not_steer_terminals),
        cmocka_unit_test(nothing_is_an_empty_module),
        cmocka_unit_test(damaged_texts_are_survived),
        cmocka_unit_test(lack_of_memory_is_reported),
        cmocka_unit_test(names_are_kept_and_made_unique),
        cmocka_unit_test(floats_are_read_exactly),
        cmocka_unit_test(wrong_floats_are_refused),
        cmocka_unit_test(floats_agree_with_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
