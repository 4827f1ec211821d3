/*
 * Where control flow may land stands an endbr64 (docs/security.md): stubs, entries, and versions, LLVM's
 * among them where it is installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "engine/engine_internal.h"

static const char text[] = "func @next(%x: i64) -> i64 {\n"
                           "entry:\n"
                           "  %one = iconst.i64 1\n"
                           "  %sum = add.i64 %x, %one\n"
                           "  ret %sum\n"
                           "}\n"
                           "func @next_but_one(%x: i64) -> i64 {\n"
                           "entry:\n"
                           "  %a = call @next(%x)\n"
                           "  %b = call @next(%a)\n"
                           "  ret %b\n"
                           "}\n";

static void assert_landing(uint64_t address)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    assert_memory_equal((const void *)(uintptr_t)address, endbr64, sizeof endbr64);
}

static void check_function(const nf_function *function)
{
    assert_landing(function->stub);
    for (int i = 0; i < NF_ENTRY_COUNT; i++)
        if (function->entries[i]) assert_landing(function->entries[i]);
    for (const nf_version *v = function->versions; v; v = v->older) assert_landing(v->address);
    assert_landing(*function->slot);
}

static void test_control_flow_lands_on_endbr64(void **state)
{
    (void)state;
    static const nf_mode modes[] = {NF_MODE_EVALUATE, NF_MODE_BASELINE, NF_MODE_OPTIMISED,
                                    NF_MODE_LLVM};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        nf_config config = {.mode = modes[i]};
        nf_engine *engine;
        nf_program *program;
        assert_int_equal(nf_engine_new(&config, &engine, NULL), NF_OK);
        assert_int_equal(nf_program_load(engine, "t", text, strlen(text), &program, NULL), NF_OK);
        int64_t (*function)(int64_t) = nf_program_function(program, "next_but_one");
        for (uint32_t k = 0; k < program->function_count; k++)
            check_function(&program->functions[k]);
        assert_int_equal(function(40), 42);
        for (uint32_t k = 0; k < program->function_count; k++)
            check_function(&program->functions[k]);
        nf_engine_free(engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_flow_lands_on_endbr64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
