/*
 * LLVM IR as NIR: the files test/import/(name).ll say in comments what must become of them.
 *
 *   ; call NAME(1, -2) = 3      a function of i64 gives that on the evaluator, T1 and T2
 *   ; foreign NAME: REASON      NIR cannot express it; a file with such lines is not run
 *   ; error: TEXT               reading or importing fails with that in its message
 *
 * The plug-in is the one in $BUILD; without it there is nothing to test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/llvm.h"
#include "os/os.h"

enum { TEXT_BYTES_MAX = 1 << 20, ARGS_MAX = 6, PATH_BYTES = 600, LINE_BYTES = 300 };

static const char folder[] = "test/import";
static const nf_llvm_api *llvm;
static char text[TEXT_BYTES_MAX];

static int plugin_open(void **state)
{
    char path[PATH_BYTES];
    const char *build = getenv("BUILD");
    (void)state;
    snprintf(path, sizeof path, "%s/libnanoforge-llvm.so", build ? build : "build");
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    llvm = plugin ? dlsym(plugin, NF_LLVM_SYMBOL) : NULL;
    if (llvm == NULL) print_message("no %s: nothing to test\n", path);
    return 0;
}

static nf_llvm_source source_read(const char *name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_true(size < sizeof text - 1);
    text[size] = 0;
    return (nf_llvm_source){.name = name, .bytes = text, .size = size};
}

/* --- what the comments say --- */

/* The next line from *at on that begins with the prefix, without it; false at the end. */
static bool line_next(const char **at, const char *prefix, char line[LINE_BYTES])
{
    while (**at) {
        const char *start = *at, *end = strchr(start, '\n');
        size_t length = end ? (size_t)(end - start) : strlen(start), skip = strlen(prefix);
        *at = start + length + (end != NULL);
        if (strncmp(start, prefix, skip) != 0) continue;
        snprintf(line, LINE_BYTES, "%.*s", (int)(length - skip), start + skip);
        return true;
    }
    return false;
}

typedef struct expectation {
    char name[LINE_BYTES];
    int64_t args[ARGS_MAX], result;
} expectation;

/* "NAME(1, -2) = 3" */
static expectation expectation_of(const char *line)
{
    expectation e = {.result = 0};
    const char *open = strchr(line, '('), *equals = strrchr(line, '=');
    assert_true(open && equals);
    snprintf(e.name, sizeof e.name, "%.*s", (int)(open - line), line);
    char *at = (char *)(uintptr_t)open + 1;
    for (int i = 0; i < ARGS_MAX && *at != ')'; i++) {
        bool negative = at[strspn(at, " ")] == '-';
        e.args[i] = negative ? strtoll(at, &at, 0) : (int64_t)strtoull(at, &at, 0);
        at += strspn(at, ", ");
    }
    e.result = strtoll(equals + 1, NULL, 10);
    return e;
}

/* --- one file --- */

static void foreign_check(const char *name, const nf_llvm_foreign *foreign, uint32_t count)
{
    const char *at = text;
    char line[LINE_BYTES], found[LINE_BYTES];
    uint32_t expected = 0;
    for (; line_next(&at, "; foreign ", line); expected++) {
        assert_true(expected < count);
        snprintf(found, sizeof found, "%s: %s", foreign[expected].name, foreign[expected].reason);
        assert_string_equal(found, line);
    }
    if (expected != count)
        fail_msg("%s: %s: %s", name, foreign[expected].name, foreign[expected].reason);
}

static void calls_check(const char *file, nf_module *module, nf_mode mode)
{
    nf_config config = {.mode = mode, .no_background = true, .no_counters = true};
    nf_engine *engine;
    nf_program *program;
    nf_error error = {0};
    char line[LINE_BYTES];
    assert_int_equal(nf_engine_new(&config, &engine, &error), NF_OK);
    if (nf_program_add(engine, module, &program, &error) != NF_OK) fail_msg("%s", error.message);
    for (const char *at = text; line_next(&at, "; call ", line);) {
        expectation e = expectation_of(line);
        int64_t (*call)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t) =
            (int64_t(*)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t))nf_program_function(
                program, e.name);
        assert_non_null(call);
        int64_t got = call(e.args[0], e.args[1], e.args[2], e.args[3], e.args[4], e.args[5]);
        if (got != e.result)
            fail_msg("%s: mode %d: %s, but it is %lld", file, mode, line, (long long)got);
    }
    nf_engine_free(engine);
}

static void failure_check(const char *file, const char *wanted, const nf_error *error)
{
    assert_string_equal(error->file, file);
    if (strstr(error->message, wanted) == NULL) fail_msg("%s: %s", file, error->message);
}

/* What an import gives; all but the module lies in the arena. */
typedef struct imported {
    nf_arena arena;
    nf_module *module;
    const nf_llvm_foreign *foreign;
    uint32_t count;
    nf_error error;
} imported;

static nf_status unit_import(nf_llvm_unit *unit, imported *out)
{
    *out = (imported){.count = 0};
    nf_arena_init(&out->arena, nf_os_allocator());
    return llvm->unit_import(unit, nf_os_allocator(), &out->arena, &out->module, &out->foreign,
                             &out->count, &out->error);
}

/* The unit was read, but no module comes out of it. */
static void import_fails(const char *file, nf_llvm_unit *unit, const char *wanted)
{
    imported got;
    nf_status status = unit_import(unit, &got);
    assert_int_not_equal(status, NF_OK);
    assert_null(got.module);
    failure_check(file, wanted, &got.error);
    nf_arena_free(&got.arena);
}

static void unit_check(const char *file, nf_llvm_unit *unit, nf_mode mode)
{
    imported got;
    nf_status status = unit_import(unit, &got);
    if (status != NF_OK) fail_msg("%s: %s", file, got.error.message);
    if (nf_module_verify(got.module, &got.error) != NF_OK)
        fail_msg("%s: %s", file, got.error.message);
    foreign_check(file, got.foreign, got.count);
    if (got.count == 0)
        calls_check(file, got.module, mode); /* the engine owns the module */
    else
        nf_module_free(got.module);
    nf_arena_free(&got.arena);
}

static void file_check(const char *file)
{
    static const nf_mode modes[] = {NF_MODE_EVALUATE, NF_MODE_BASELINE, NF_MODE_OPTIMISED};
    nf_llvm_source source = source_read(file);
    const char *at = text;
    char wanted[LINE_BYTES];
    bool fails = line_next(&at, "; error: ", wanted);
    nf_llvm_unit *unit = NULL;
    nf_error error = {0};
    nf_status status = llvm->unit_read(&source, 1, &unit, &error);
    if (fails && status != NF_OK) {
        assert_null(unit);
        failure_check(file, wanted, &error);
        return;
    }
    if (status != NF_OK) fail_msg("%s: %s", file, error.message);
    if (fails)
        import_fails(file, unit, wanted);
    else
        for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) unit_check(file, unit, modes[i]);
    llvm->unit_free(unit);
}

static void files_become_what_they_say(void **state)
{
    (void)state;
    if (llvm == NULL) skip();
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    uint32_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".ll") != 0) continue;
        file_check(entry->d_name);
        count++;
    }
    closedir(directory);
    assert_true(count > 0);
}

/* --- bitcode, whole and damaged --- */

static void bitcode_comes_back(void **state)
{
    (void)state;
    if (llvm == NULL) skip();
    nf_llvm_source source = source_read("flow.ll");
    nf_llvm_unit *unit, *again;
    nf_arena arena;
    nf_error error = {0};
    const void *bytes;
    size_t size;
    nf_arena_init(&arena, nf_os_allocator());
    assert_int_equal(llvm->unit_read(&source, 1, &unit, &error), NF_OK);
    assert_int_equal(llvm->unit_write(unit, &arena, &bytes, &size, &error), NF_OK);
    llvm->unit_free(unit);
    nf_llvm_source written = {.name = "flow.bc", .bytes = bytes, .size = size};
    assert_int_equal(llvm->unit_read(&written, 1, &again, &error), NF_OK);
    unit_check("flow.bc", again, NF_MODE_BASELINE);
    llvm->unit_free(again);
    for (size_t cut = 1; cut < size; cut += size / 16) {
        written.size = size - cut;
        assert_int_not_equal(llvm->unit_read(&written, 1, &again, &error), NF_OK);
        assert_null(again);
        assert_string_equal(error.file, "flow.bc");
        assert_int_not_equal(error.message[0], 0);
    }
    nf_arena_free(&arena);
}

static void files_are_linked(void **state)
{
    static const char one[] = "@n = internal global i64 5\n"
                              "define internal i64 @get() { %a = load i64, ptr @n ret i64 %a }\n"
                              "declare i64 @twice(i64)\n"
                              "define i64 @main_one() { %a = call i64 @get() %b = call i64 "
                              "@twice(i64 %a) ret i64 %b }\n";
    static const char two[] = "@n = internal global i64 7\n"
                              "define i64 @twice(i64 %x) { %a = load i64, ptr @n %b = add i64 %a, "
                              "%x ret i64 %b }\n";
    (void)state;
    if (llvm == NULL) skip();
    nf_llvm_source sources[] = {{"one.ll", one, sizeof one - 1, false},
                                {"two.ll", two, sizeof two - 1, false}};
    nf_llvm_unit *unit;
    nf_error error = {0};
    assert_int_equal(llvm->unit_read(sources, 2, &unit, &error), NF_OK);
    snprintf(text, sizeof text, "; call main_one() = 12\n");
    unit_check("one.ll", unit, NF_MODE_OPTIMISED);
    llvm->unit_free(unit);
    sources[1].bytes = "define i64 @main_one() { ret i64 1 }";
    sources[1].size = strlen(sources[1].bytes);
    assert_int_not_equal(llvm->unit_read(sources, 2, &unit, &error), NF_OK);
    assert_string_equal(error.file, "two.ll");
}

static void chains_of_addresses_may_be_long(void **state)
{
    enum { STEPS = 100000, STEP_BYTES = 50 };
    (void)state;
    if (llvm == NULL) skip();
    char *chain = malloc((STEPS + 4) * (size_t)STEP_BYTES), *at = chain;
    assert_non_null(chain);
    at += sprintf(at, "define i64 @steps(i64 %%n) {\n %%p0 = inttoptr i64 %%n to ptr\n");
    for (int i = 1; i <= STEPS; i++)
        at += sprintf(at, " %%p%d = getelementptr i8, ptr %%p%d, i64 3\n", i, i - 1);
    at += sprintf(at, " %%r = ptrtoint ptr %%p%d to i64\n ret i64 %%r\n}\n", STEPS);
    nf_llvm_source source = {"chain.ll", chain, (size_t)(at - chain), false};
    nf_llvm_unit *unit;
    nf_error error = {0};
    assert_int_equal(llvm->unit_read(&source, 1, &unit, &error), NF_OK);
    snprintf(text, sizeof text, "; call steps(5) = 300005\n");
    unit_check("chain.ll", unit, NF_MODE_BASELINE);
    llvm->unit_free(unit);
    free(chain);
}

/* --- messages --- */

static void errors_are_one_line_with_the_place(void **state)
{
    static const char bad[] = "define i64 @f() {\n  ret i64 %none of these\n}\n";
    (void)state;
    if (llvm == NULL) skip();
    const nf_llvm_source source = {"bad.ll", bad, sizeof bad - 1, false};
    const nf_llvm_source nir = {"n.nir", "func @f() -> void {\n", 20, false};
    nf_llvm_unit *unit;
    nf_error error = {0};
    char line[LINE_BYTES];
    assert_int_equal(llvm->unit_read(&source, 1, &unit, &error), NF_SYNTAX);
    assert_string_equal(error.file, "bad.ll");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 17);
    nf_error_format(&error, line, sizeof line);
    assert_string_equal(line, "bad.ll:2:17: expected instruction opcode");
    assert_int_equal(llvm->unit_read(&nir, 1, &unit, &error), NF_UNSUPPORTED);
    assert_string_equal(error.file, "n.nir");
}

static nf_status compile(const char *path, const char *argument, nf_error *error)
{
    nf_bytes bitcode;
    nf_status status = nf_c_compile(path, &argument, argument != NULL, &bitcode, error);
    if (status == NF_OK) assert_memory_equal(bitcode.data, "BC\xc0\xde", 4);
    if (status != NF_OK) assert_null(bitcode.data);
    nf_bytes_free(&bitcode);
    return status;
}

static void what_is_no_c_gives_no_bitcode(void **state)
{
    static const char *const others[] = {"README.md", "examples/hello.nir"};
    static const char c_file[] = "examples/sha256sum.c";
    nf_error error = {0};
    (void)state;
    assert_int_equal(compile("no such.c", NULL, &error), NF_FILE);
    assert_string_equal(error.file, "no such.c");
    assert_non_null(strstr(error.message, "No such file"));
    assert_int_equal(compile("/tmp", NULL, &error), NF_FILE);
    if (compile(c_file, NULL, &error) == NF_UNSUPPORTED) skip();
    assert_int_equal(compile(c_file, NULL, &error), NF_OK);
    assert_int_equal(compile(c_file, "-S", &error), NF_ARGUMENT);
    assert_int_equal(compile(c_file, "-E", &error), NF_ARGUMENT);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(compile(others[i], NULL, &error), NF_ARGUMENT);
        assert_string_equal(error.file, others[i]);
    }
}

/* The last test: no plug-in that was loaded may serve. */
static void a_missing_plug_in_is_named(void **state)
{
    const nf_source source = {"p.ll", "", 0, false};
    nf_engine *engine;
    nf_program *program;
    nf_error error = {0};
    (void)state;
    setenv("NANOFORGE_LLVM", "README.md", 1);
    assert_int_equal(nf_engine_new(&(nf_config){.cache = ""}, &engine, &error), NF_OK);
    assert_int_equal(nf_program_link(engine, &source, 1, &program, &error), NF_UNSUPPORTED);
    assert_string_equal(error.file, "p.ll");
    assert_non_null(strstr(error.message, "NANOFORGE_LLVM=README.md"));
    nf_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_become_what_they_say),
        cmocka_unit_test(bitcode_comes_back),
        cmocka_unit_test(files_are_linked),
        cmocka_unit_test(chains_of_addresses_may_be_long),
        cmocka_unit_test(errors_are_one_line_with_the_place),
        cmocka_unit_test(what_is_no_c_gives_no_bitcode),
        cmocka_unit_test(a_missing_plug_in_is_named),
    };
    return cmocka_run_group_tests(tests, plugin_open, NULL);
}
