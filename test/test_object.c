/*
 * Relocatable objects that the C compiler makes at test time: read, placed, run. Then the same ones,
 * damaged: each either still reads or gives an error, and never reads outside its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code/code.h"
#include "code/object.h"

enum { CODE_BYTES = 1 << 20, OBJECT_BYTES_MAX = 1 << 20, NAME_BYTES = 64 };

static char directory[NAME_BYTES];
static bool have_compiler;
static nf_code_memory *code;
static nf_arena arena;
static nf_error error;

/* --- symbols that objects may use --- */

static int table[4] = {10, 20, 30, 40};
static uint64_t near_function; /* in code memory */

static int far_function(int x)
{
    return x * 3;
}

static bool resolve(void *context, const char *name, uint64_t *address)
{
    const struct {
        const char *name;
        uint64_t address;
    } symbols[] = {
        {"table", (uintptr_t)table},
        {"far_function", (uintptr_t)far_function},
        {"strlen", (uintptr_t)strlen},
        {"near_function", near_function},
    };
    (void)context;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strcmp(symbols[i].name, name) == 0) {
            *address = symbols[i].address;
            return true;
        }
    return false;
}

/* --- making objects --- */

static uint8_t *compile(const char *source, const char *flags, size_t *size)
{
    char command[512], path[2 * NAME_BYTES];
    snprintf(path, sizeof path, "%s/unit.c", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(source, file);
    fclose(file);
    snprintf(command, sizeof command, "cc -c %s -o %s/unit.o %s", flags, directory, path);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/unit.o", directory);
    file = fopen(path, "r");
    assert_non_null(file);
    uint8_t *bytes = malloc(OBJECT_BYTES_MAX);
    *size = fread(bytes, 1, OBJECT_BYTES_MAX, file);
    fclose(file);
    /* An exact copy, so that a sanitizer sees reads beyond it. */
    uint8_t *exact = malloc(*size);
    memcpy(exact, bytes, *size);
    free(bytes);
    return exact;
}

static nf_object_options options_for(const char *entry)
{
    nf_object_options options = {.entry = entry, .resolve = resolve};
    nf_code_memory_range(code, &options.code_start, &options.code_end);
    return options;
}

static nf_status read_source(const char *source, const char *flags, const char *entry,
                             nf_object *object)
{
    size_t size;
    uint8_t *bytes = compile(source, flags, &size);
    nf_object_options options = options_for(entry);
    memset(&error, 0, sizeof error);
    nf_status status = nf_object_read(bytes, size, &options, &arena, object, &error);
    free(bytes);
    return status;
}

static const void *place(const nf_object *object, const char *name)
{
    uint32_t offset;
    uint64_t address;
    assert_true(nf_object_find(object, name, &offset));
    if (nf_code_place(code, &object->blob, name, NULL, &address, &error) != NF_OK)
        fail_msg("%s", error.message);
    return (const void *)(uintptr_t)(address + offset);
}

static const char *const pic_flags[] = {
    "-O0 -fPIC", "-O1 -fPIC", "-O2 -fPIC", "-O2 -fPIC -fno-plt", "-O2 -fPIC -ffunction-sections",
};

/* Runs f(x) of the source, compiled in several ways. */
static void check(const char *source, int x, int expected)
{
    for (size_t i = 0; i < sizeof pic_flags / sizeof *pic_flags; i++) {
        nf_object object;
        if (read_source(source, pic_flags[i], NULL, &object) != NF_OK)
            fail_msg("%s: %s", pic_flags[i], error.message);
        int got = ((int (*)(int))(uintptr_t)place(&object, "f"))(x);
        if (got != expected) fail_msg("%s: %d, not %d", pic_flags[i], got, expected);
        nf_arena_reset(&arena);
    }
}

#define NEEDS_COMPILER()                                                                           \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!have_compiler) {                                                                      \
            print_message("no cc: skipped\n");                                                     \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* --- objects that are well --- */

static void test_plain(void **state)
{
    NEEDS_COMPILER();
    check("int f(int x) { return x + 1; }", 41, 42);
}

static void test_calls(void **state)
{
    NEEDS_COMPILER();
    check("int far_function(int); int f(int x) { return far_function(x) + 1; }", 5, 16);
    check("int far_function(int); int f(int x) { return far_function(x); }", 5, 15);
    check("int near_function(int); int f(int x) { return near_function(x) + 1; }", 5, 8);
    check("int near_function(int); int f(int x) { return near_function(x); }", 5, 7);
    check("__attribute__((noinline)) static int g(int x) { return x * x; }\n"
          "int h(int x) { return g(x) + 1; } int f(int x) { return h(x) + g(2); }",
          3, 14);
    check("int f(int x) { return x < 2 ? x : f(x - 1) + f(x - 2); }", 10, 55);
}

static void test_data_elsewhere(void **state)
{
    NEEDS_COMPILER();
    check("extern int table[]; int f(int x) { return table[x]; }", 2, 30);
    check("extern int table[]; int *p(void) { return &table[1]; } int f(int x) { return p()[x]; }",
          2, 40);
}

static void test_constants(void **state)
{
    NEEDS_COMPILER();
    check("unsigned long strlen(const char *);\n"
          "__attribute__((noinline)) static const char *name(int x)\n"
          "{ static const char *const names[] = {\"a\", \"bb\", \"ccc\"}; return names[x]; }\n"
          "int f(int x) { return (int)strlen(name(x)); }",
          2, 3);
    check("int f(int x) { static const short t[] = {5, 6, 7, 8}; return t[x & 3]; }", 2, 7);
    check("int f(int x) { volatile double d = x; return (int)(d * 1.5 + 0.25); }", 4, 6);
}

static void test_jump_tables(void **state)
{
    NEEDS_COMPILER();
    check("int near_function(int);\n"
          "int f(int x) { switch (x) { case 0: return near_function(1); case 1: return x * 5;\n"
          "case 2: return x + 100; case 3: return near_function(x) * 2; case 4: return x << 3;\n"
          "case 5: return -x; case 6: return x ^ 21; default: return 0; } }",
          3, 10);
}

static void test_entry_comes_first(void **state)
{
    NEEDS_COMPILER();
    const char *source = "int g(int x) { return x; } int f(int x) { return x + 1; }";
    nf_object object;
    uint32_t offset;
    assert_int_equal(read_source(source, "-O1 -fPIC -ffunction-sections", "f", &object), NF_OK);
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    assert_memory_equal(object.blob.bytes, endbr64, sizeof endbr64);
    assert_true(nf_object_find(&object, "f", &offset));
    assert_int_equal(offset, sizeof endbr64);
    const void *f = place(&object, "f");
    assert_int_equal((uintptr_t)f % NF_CODE_ALIGN, 0);
    assert_int_equal(((int (*)(int))(uintptr_t)f)(41), 42);
    assert_int_equal(((int (*)(int))((uintptr_t)f - offset))(41), 42);
    assert_true(nf_object_find(&object, "g", &offset));
    assert_true(offset > 0);
    assert_false(nf_object_find(&object, "h", &offset));
    assert_int_equal(read_source(source, "-O1 -fPIC", "f", &object), NF_UNSUPPORTED);
    assert_int_equal(read_source(source, "-O1 -fPIC", "h", &object), NF_SYMBOL);
    assert_int_equal(read_source(source, "-O1 -fPIC", NULL, &object), NF_OK);
    assert_int_equal(object.symbol_count, 2);
}

/* Whoever has the function's address has what resolve() says, not the code in the blob. */
static void test_address_of_own_function(void **state)
{
    NEEDS_COMPILER();
    nf_object object;
    const char *source = "int near_function(int x) { return x; }\n"
                         "void *f(void) { return (void *)near_function; }";
    assert_int_equal(read_source(source, "-O1 -fPIC -ffunction-sections", "f", &object), NF_OK);
    uint64_t got = ((uint64_t(*)(void))(uintptr_t)place(&object, "f"))();
    assert_int_equal(got, near_function);
}

/* --- objects that are refused --- */

static void refused(const char *source, const char *flags, nf_status status, const char *message)
{
    nf_object object;
    nf_status got = read_source(source, flags, NULL, &object);
    if (got != status || strstr(error.message, message) == NULL)
        fail_msg("%s: status %d, %s", source, got, error.message);
}

static void test_refused(void **state)
{
    NEEDS_COMPILER();
    refused("int d = 5; int f(void) { return d++; }", "-O1 -fPIC", NF_UNSUPPORTED, ".data");
    refused("int d[9]; int f(int i) { return d[i]++; }", "-O1 -fPIC", NF_UNSUPPORTED, ".bss");
    refused("_Thread_local int t = 4; int f(void) { return t++; }", "-O1 -fPIC", NF_UNSUPPORTED,
            ".tdata");
    refused("int unknown(void); int f(void) { return unknown() + 1; }", "-O1 -fPIC", NF_SYMBOL,
            "unknown");
    refused("int f(int x) { return x; }", "-O1 -m32 -fno-pic", NF_CORRUPT, "64-bit");
}

/* --- damaged objects --- */

static const char *const rich_source =
    "int near_function(int); int far_function(int); extern int table[];\n"
    "unsigned long strlen(const char *);\n"
    "static const char *const names[] = {\"a\", \"bb\", \"ccc\"};\n"
    "int f(int x) { switch (x) { case 0: return near_function(1); case 1: return table[x];\n"
    "case 2: return far_function(x); case 3: return (int)strlen(names[x & 1]); case 4:\n"
    "return x << 3; case 5: return f(x - 1); case 6: return x ^ 21; default: return 0; } }";

static void try_read(const uint8_t *bytes, size_t size)
{
    nf_object object;
    nf_object_options options = options_for(size % 2 ? "f" : NULL);
    nf_status status = nf_object_read(bytes, size, &options, &arena, &object, &error);
    if (status == NF_OK)
        for (uint32_t i = 0; i < object.blob.reloc_count; i++)
            assert_true(object.blob.relocs[i].offset + 4 <= object.blob.total_bytes);
    nf_arena_reset(&arena);
}

static void test_cut(void **state)
{
    NEEDS_COMPILER();
    size_t size;
    uint8_t *bytes = compile(rich_source, "-O1 -fPIC", &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, bytes, cut);
        try_read(exact, cut);
        free(exact);
    }
    free(bytes);
}

static void test_damaged(void **state)
{
    NEEDS_COMPILER();
    static const uint8_t bad[] = {0x00, 0xff, 0x80, 0x7f, 0x01};
    size_t size;
    uint8_t *bytes = compile(rich_source, "-O1 -fPIC", &size);
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; i < sizeof bad; i++) {
            uint8_t was = bytes[at];
            bytes[at] = bad[i];
            try_read(bytes, size);
            bytes[at] = was;
        }
    free(bytes);
}

/* --- the group --- */

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/nanoforge-object-%d", (int)getpid());
    char command[2 * NAME_BYTES];
    snprintf(command, sizeof command, "mkdir -p %s", directory);
    have_compiler = system("command -v cc >/dev/null 2>&1") == 0 && system(command) == 0;
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code, &error) != NF_OK) return -1;
    static const uint8_t add_two[] = {0x8d, 0x47, 0x02, 0xc3}; /* lea eax, [rdi + 2]; ret */
    nf_blob blob = {
        .bytes = add_two, .code_bytes = sizeof add_two, .total_bytes = sizeof add_two, .align = 16};
    return nf_code_place(code, &blob, "near", NULL, &near_function, &error) == NF_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[2 * NAME_BYTES];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    nf_code_memory_free(code);
    nf_arena_free(&arena);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_data_elsewhere),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_jump_tables),
        cmocka_unit_test(test_entry_comes_first),
        cmocka_unit_test(test_address_of_own_function),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
