/*
 * The reducer, and the comparison of compilers with the evaluator that it asks.
 *
 * Compilers that are wrong on purpose stand in for ours: one exchanges two operations, one dies, one
 * never ends. What is left of a large generated module must be next to nothing, and still fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmd/nanoforge/reduce.h"
#include "../cmd/nanoforge/reduce_edit.h"
#include "lib_generate.h"
#include "os/cpu.h"
#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CORPUS       "test/corpus/differential"

enum { FUNCTIONS = 3, SIZE = 100, INPUTS = 16, SECONDS = 20, PATH_BYTES = 512 };

/* --- compilers that are wrong --- */

static bool has(const nf_func *func, nf_op op)
{
    NF_FOR_BLOCKS(func, b)
    {
        NF_FOR_INSTS(func, b, v)
        if (nf_inst_at(func, v)->op == op) return true;
    }
    return false;
}

static nf_status rotates_the_other_way(const nf_func *func, const nf_compile *options,
                                       nf_compiled *out, nf_error *error)
{
    nf_func *clone = nf_func_clone(func, options->arena);
    assert_non_null(clone);
    NF_FOR_BLOCKS(clone, b)
    {
        NF_FOR_INSTS(clone, b, v)
        if (nf_inst_at(clone, v)->op == NF_OP_ROTL) nf_inst_at(clone, v)->op = NF_OP_ROTR;
    }
    return nf_backend_compile(clone, options, out, error);
}

static nf_status dies_of_roots(const nf_func *func, const nf_compile *options, nf_compiled *out,
                               nf_error *error)
{
    if (has(func, NF_OP_FSQRT)) __builtin_trap();
    return nf_backend_compile(func, options, out, error);
}

static nf_status never_ends_for_switches(const nf_func *func, const nf_compile *options,
                                         nf_compiled *out, nf_error *error)
{
    while (has(func, NF_OP_SWITCH)) nf_os_yield();
    return nf_backend_compile(func, options, out, error);
}

static nf_status fails_on_selects(const nf_func *func, const nf_compile *options, nf_compiled *out,
                                  nf_error *error)
{
    if (has(func, NF_OP_SELECT)) return nf_fail(error, NF_INVALID, "a select");
    return nf_backend_compile(func, options, out, error);
}

static way way_of(way_compiler *compile)
{
    return (way){.name = "planted", .compile = compile, .features = nf_cpu_features()};
}

/* --- helpers --- */

static nf_module *read_text(const char *text)
{
    nf_module *module;
    nf_error error;
    if (nf_module_read(nf_os_allocator(), "test", text, strlen(text), &module, &error) != NF_OK)
        fail_msg("%u: %s", error.line, error.message);
    return module;
}

static agree_kind ask(nf_module *module, agree_question *question, agree_answer *answer)
{
    const void *bytes;
    size_t size;
    assert_int_equal(nf_module_encode(module, &bytes, &size), NF_OK);
    assert_true(agree_ask(question, bytes, size, answer));
    return answer->kind;
}

static uint32_t instructions(const nf_module *module)
{
    uint32_t count = 0;
    for (uint32_t id = 1; id < module->symbols.count; id++)
        if (module->symbols.data[id].func) count += nf_func_size(module->symbols.data[id].func);
    return count;
}

/* A module that the compiler is wrong on, and the question that shows it. */
static nf_module *module_find(const way *ways, uint32_t first_seed)
{
    const generate_options options = {.size = SIZE};
    for (uint32_t seed = first_seed; seed < first_seed + 1000; seed += FUNCTIONS) {
        nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS, &options);
        agree_question question = {
            .ways = ways, .way_count = 1, .last_input = INPUTS - 1, .seconds = SECONDS};
        agree_answer answer;
        if (ask(module, &question, &answer) != AGREE_FINE) return module;
        nf_module_free(module);
    }
    fail_msg("no module fails");
    return NULL;
}

static nf_module *result_of(reduction *r)
{
    nf_module *module;
    nf_error error;
    assert_int_equal(
        nf_module_read(nf_os_allocator(), "reduced", r->bytes, r->size, &module, &error), NF_OK);
    return module;
}

/* --- reducing --- */

static void planted_mistakes_are_laid_bare(void **state)
{
    static const struct {
        way_compiler *compile;
        agree_kind kind;
        nf_op op;           /* that must be left */
        uint32_t size_most; /* instructions */
    } mistakes[] = {
        {rotates_the_other_way, AGREE_WRONG, NF_OP_ROTL, 6},
        {dies_of_roots, AGREE_COMPILER_CRASH, NF_OP_FSQRT, 4},
        {fails_on_selects, AGREE_REFUSED, NF_OP_SELECT, 7},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        way planted = way_of(mistakes[i].compile);
        nf_module *module = module_find(&planted, 1);
        reduction r = {
            .question = {
                .ways = &planted, .way_count = 1, .last_input = INPUTS - 1, .seconds = SECONDS}};
        assert_true(instructions(module) > SIZE);
        assert_true(reduce_run(&r, "test", module));
        assert_int_equal(r.answer.kind, mistakes[i].kind);
        nf_module *small = result_of(&r);
        agree_answer answer;
        assert_int_equal(ask(small, &r.question, &answer), mistakes[i].kind);
        assert_true(has(small->symbols.data[1].func, mistakes[i].op));
        assert_int_equal(small->symbols.count, 2);
        print_message("%u instructions became %u, by %u checks\n", instructions(module),
                      instructions(small), r.checks);
        assert_in_range(instructions(small), 2, mistakes[i].size_most);
        nf_module_free(small);
        nf_module_free(module);
        free(r.bytes);
    }
}

static void commands_decide_by_their_status(void **state)
{
    char *const words[] = {"sh", "-c", "grep -q store \"$1\" && exit 3; exit 0", "sh", "{}", NULL};
    const generate_options options = {.size = SIZE};
    nf_module *module = generate_module(nf_os_allocator(), 4, FUNCTIONS, &options);
    reduction r = {.command = words, .seconds = SECONDS};
    (void)state;
    assert_true(reduce_run(&r, "test", module));
    assert_int_equal(r.exit_status, 3);
    nf_module *small = result_of(&r);
    assert_in_range(instructions(small), 2, 5);
    nf_module_free(small);
    nf_module_free(module);
    free(r.bytes);
}

static void what_does_not_fail_is_not_reduced(void **state)
{
    char *const fine[] = {"true", NULL}, *const missing[] = {"/nonexistent/command", NULL};
    nf_module *module = read_text("func @f(%a: i32) -> i32 {\nentry:\n  ret %a\n}\n");
    way ways[WAYS_MAX];
    reduction questions[] = {
        {.command = fine, .seconds = SECONDS},
        {.command = missing, .seconds = SECONDS},
        {.question = {.ways = ways, .last_input = INPUTS - 1, .seconds = SECONDS}}};
    (void)state;
    questions[2].question.way_count = ways_list(ways);
    int out = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    for (size_t i = 0; i < COUNT(questions); i++) {
        assert_false(reduce_run(&questions[i], "test", module));
        free(questions[i].bytes);
    }
    dup2(out, STDERR_FILENO);
    close(out);
    close(nowhere);
    nf_module_free(module);
}

/* --- what counts as a failure --- */

static void hangs_are_told_from_crashes(void **state)
{
    way planted = way_of(never_ends_for_switches);
    nf_module *module = read_text("func @f(%a: i32) -> i32 {\nentry:\n"
                                  "  switch.i32 %a, one, 1: one\none:\n  ret %a\n}\n");
    agree_question question = {.ways = &planted, .way_count = 1, .seconds = 1};
    agree_answer answer;
    (void)state;
    assert_int_equal(ask(module, &question, &answer), AGREE_COMPILER_HANG);
    assert_string_equal(answer.function, "f");
    nf_module_free(module);
}

/* Where NIR leaves the answer open, or the evaluator has none, nothing is a failure. */
static void open_questions_do_not_count(void **state)
{
    static const char *const texts[] = {
        "func @unwritten() -> i64 {\n  local $x: 8 align 8\nentry:\n  %p = local $x\n"
        "  %v = load.i64 [%p]\n  ret %v\n}\n",
        "func @address() -> i64 {\n  local $x: 8 align 8\nentry:\n  %p = local $x\n  ret %p\n}\n",
        "func @wild(%a: i64) -> i64 {\nentry:\n  %v = load.i64 [%a + 2000000]\n  ret %v\n}\n",
        "func @endless() -> void {\nentry:\n  br top\ntop:\n  br top\n}\n",
        "extern @kill(i32, i32) -> i32\nfunc @host(%a: i32) -> i32 {\nentry:\n"
        "  %r = call @kill(%a, %a)\n  ret %r\n}\n",
    };
    way ways[WAYS_MAX];
    uint32_t count = ways_list(ways);
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        nf_module *module = read_text(texts[i]);
        agree_question question = {.ways = ways, .way_count = count, .seconds = SECONDS};
        agree_answer answer;
        if (ask(module, &question, &answer) != AGREE_FINE)
            fail_msg("%s: @%s %s", texts[i], answer.function, agree_text(answer.kind));
        nf_module_free(module);
    }
}

/* --- edits --- */

/* Edits come to an end, and what they make is NIR more often than not. */
static void edits_are_harmless(void **state)
{
    enum { CANDIDATES_MAX = 100000, CANDIDATES_APART = 3, SEEDS = 2 };
    const generate_options options = {.size = 40, .vector_bytes_max = 64};
    uint32_t done = 0, valid = 0;
    (void)state;
    for (uint32_t i = 0; i < edit_count * SEEDS; i++) {
        edit_result result = EDIT_NONE;
        for (uint32_t candidate = 0; result != EDIT_END; candidate += CANDIDATES_APART) {
            nf_module *module = generate_module(nf_os_allocator(), 10 + i % SEEDS, 2, &options);
            nf_error error;
            assert_true(candidate < CANDIDATES_MAX);
            result = edit_apply(i / SEEDS, module, (nf_symbol){1}, candidate, 1 + candidate % 3);
            bool sound = nf_module_verify(module, &error) == NF_OK;
            done += result == EDIT_DONE;
            valid += result == EDIT_DONE && sound;
            nf_module_free(module);
        }
    }
    print_message("%u steps, of which %u give NIR\n", done, valid);
    assert_true(valid > done / 2);
}

/* --- what was found once --- */

static void file_agrees(const char *name)
{
    static char text[64 << 10];
    char path[PATH_BYTES];
    way ways[WAYS_MAX];
    agree_question question = {
        .ways = ways, .way_count = ways_list(ways), .last_input = INPUTS - 1, .seconds = SECONDS};
    agree_answer answer;
    snprintf(path, sizeof path, "%s/%s", CORPUS, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = 0;
    fclose(file);
    nf_module *module = read_text(text);
    if (ask(module, &question, &answer) != AGREE_FINE)
        fail_msg("%s: @%s by %s %s: %s", path, answer.function, ways[answer.way].name,
                 agree_text(answer.kind), answer.detail);
    nf_module_free(module);
}

static void past_mistakes_stay_away(void **state)
{
    DIR *directory = opendir(CORPUS);
    uint32_t files = 0;
    (void)state;
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strstr(entry->d_name, ".nir")) {
            file_agrees(entry->d_name);
            files++;
        }
    closedir(directory);
    assert_true(files > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_mistakes_are_laid_bare),
        cmocka_unit_test(commands_decide_by_their_status),
        cmocka_unit_test(what_does_not_fail_is_not_reduced),
        cmocka_unit_test(hangs_are_told_from_crashes),
        cmocka_unit_test(open_questions_do_not_count),
        cmocka_unit_test(edits_are_harmless),
        cmocka_unit_test(past_mistakes_stay_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
