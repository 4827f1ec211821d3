/* Generated modules are valid, are what the seed says, read back, and evaluate alike every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "ir/eval.h"
#include "lib_allocator.h"
#include "lib_differential.h"

enum { MODULES = 400, FUNCTIONS = 4, SYMBOLS = FUNCTIONS + 1 };

static const generate_options variants[] = {
    {.vector_bytes_max = 0},
    {.vector_bytes_max = 64},
    {.vector_bytes_max = 16, .no_loops = true},
    {.vector_bytes_max = 32, .no_memory = true},
    {.no_traps = true, .size = 300},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static test_allocator memory;

static nf_module *generate(uint64_t seed)
{
    nf_module *module =
        generate_module(&memory.allocator, seed * FUNCTIONS, FUNCTIONS, &variants[seed % VARIANTS]);
    assert_non_null(module);
    return module;
}

static void print(nf_module *module, const char **text, size_t *length)
{
    assert_int_equal(nf_module_print(module, text, length), NF_OK);
}

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

static void modules_are_valid(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < MODULES; seed++) {
        nf_module *module = generate(seed);
        nf_error error;
        if (nf_module_verify(module, &error)) {
            const char *text;
            size_t length;
            print(module, &text, &length);
            fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, error.message, text);
        }
        nf_module_free(module);
    }
}

static void seeds_decide(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        nf_module *one = generate(seed), *same = generate(seed), *other = generate(seed + 1000);
        const char *text[3];
        size_t length[3];
        print(one, &text[0], &length[0]);
        print(same, &text[1], &length[1]);
        print(other, &text[2], &length[2]);
        assert_string_equal(text[0], text[1]);
        assert_string_not_equal(text[0], text[2]);
        nf_module_free(one);
        nf_module_free(same);
        nf_module_free(other);
    }
}

static void modules_read_back_from_text(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < MODULES; seed++) {
        nf_module *module = generate(seed), *again;
        const char *text, *text_again;
        size_t length, length_again;
        nf_error error;
        print(module, &text, &length);
        if (nf_module_read(&memory.allocator, "again", text, length, &again, &error))
            fail_msg("seed %llu, line %u: %s\n%s", (unsigned long long)seed, error.line,
                     error.message, text);
        print(again, &text_again, &length_again);
        assert_string_equal(text, text_again);
        nf_module_free(module);
        nf_module_free(again);
    }
}

static void ops_count(const nf_func *f, uint32_t counts[NF_OP_COUNT])
{
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v) counts[nf_inst_at(f, v)->op]++;
    }
}

/* Whatever ops.def has is generated. */
static void every_operation_is_met(void **state)
{
    uint32_t counts[NF_OP_COUNT] = {0};
    (void)state;
    for (uint64_t seed = 0; seed < MODULES; seed++) {
        nf_module *module = generate(seed);
        for (uint32_t i = 1; i < module->symbols.count; i++)
            ops_count(module->symbols.data[i].func, counts);
        nf_module_free(module);
    }
    for (nf_op op = NF_OP_PARAM + 1; op < NF_OP_COUNT; op++)
        if (counts[op] == 0) fail_msg("no %s in %d modules", nf_ops[op].text, MODULES);
}

/* --- evaluation --- */

static _Alignas(GENERATE_BUFFER_ALIGN) uint8_t areas[2][GENERATE_BUFFER_BYTES + 64];

/* In one of two buffers, so that a result that depends on where the buffer lies is noticed. */
static nf_status evaluate(const nf_func *func, uint64_t seed, int area, nf_bits *result)
{
    differential_input input;
    uint64_t addresses[SYMBOLS];
    nf_link link = {addresses, SYMBOLS};
    nf_arena arena;
    nf_error error;
    differential_input_make(&input, seed);
    memset(areas[area], 0x5a, sizeof areas[area]);
    differential_buffer_fill(areas[area], input.buffer_seed);
    for (int i = 0; i < SYMBOLS; i++) addresses[i] = (uintptr_t)&addresses[i];
    nf_bits args[GENERATE_PARAMS] = {{.u64 = {(uintptr_t)areas[area]}},
                                     {.u64 = {input.a}},
                                     {.u64 = {input.b}},
                                     {.u64 = {input.c}},
                                     {.u64 = {input.d_bits}},
                                     {.u64 = {input.e_bits}}};
    nf_arena_init(&arena, &memory.allocator);
    nf_eval eval = {.link = &link,
                    .steps = 1000000,
                    .depth_max = 2 * FUNCTIONS,
                    .arena = &arena,
                    .error = &error};
    *result = (nf_bits){{0}};
    nf_status status = nf_eval_run(&eval, func, args, result);
    nf_arena_free(&arena);
    return status;
}

static void evaluation_is_deterministic(void **state)
{
    uint32_t statuses[NF_STATUS_COUNT] = {0}, total = 0;
    (void)state;
    for (uint64_t seed = 0; seed < MODULES; seed++) {
        nf_module *module = generate(seed);
        for (uint32_t i = 1; i < module->symbols.count; i++) {
            const nf_func *func = module->symbols.data[i].func;
            nf_bits first, second;
            nf_status status = evaluate(func, seed, 0, &first);
            assert_int_equal(evaluate(func, seed, 1, &second), status);
            assert_memory_equal(&first, &second, sizeof first);
            assert_memory_equal(areas[0], areas[1], sizeof areas[0]);
            for (size_t k = GENERATE_BUFFER_BYTES; k < sizeof areas[0]; k++)
                assert_int_equal(areas[0][k], 0x5a);
            statuses[status]++;
            total++;
        }
        nf_module_free(module);
    }
    /* They end, and nearly all of them with a result. */
    assert_int_equal(statuses[NF_OK] + statuses[NF_TRAP], total);
    assert_true(statuses[NF_OK] > total * 9 / 10);
    assert_true(statuses[NF_TRAP] > 0);
}

/* --- the comparison itself: it must be able to fail --- */

/* Machine code that is wrong in one way each. */
static const uint8_t returns_7[] = {0xb8, 0x07, 0, 0, 0, 0xc3}; /* mov eax, 7; ret */
static const uint8_t returns_8[] = {0xb8, 0x08, 0, 0, 0, 0xc3}; /* mov eax, 8; ret */
static const uint8_t writes[] = {0xc6, 0x07, 0x99, 0xb8, 7,
                                 0,    0,    0,    0xc3}; /* mov byte [rdi], 99h */
static const uint8_t writes_guard[] = {0xc6, 0x47, 0xff, 1, 0xb8, 7, 0, 0, 0, 0xc3}; /* [rdi - 1] */
static const uint8_t loses_rbx[] = {0xb8, 7, 0, 0, 0, 0x31, 0xdb, 0xc3}; /* xor ebx, ebx */
static const uint8_t loses_r15[] = {0xb8, 7, 0, 0, 0, 0x45, 0x31, 0xff, 0xc3};
static const uint8_t traps[] = {0x0f, 0x0b};                     /* ud2 */
static const uint8_t crashes[] = {0x31, 0xc0, 0x8b, 0x00, 0xc3}; /* mov eax, [0] */

typedef struct wrong_code {
    const uint8_t *bytes;
    size_t size;
    bool equal;
} wrong_code;

static void *code_page;

static const void *code_place(void *context, const nf_func *func)
{
    const wrong_code *code = context;
    (void)func;
    memcpy(code_page, code->bytes, code->size);
    return code_page;
}

/* The function returns 7 and writes nothing. */
static nf_module *module_of_seven(void)
{
    static const nf_type params[GENERATE_PARAMS] = {NF_I64, NF_I64, NF_I64, NF_I32, NF_F64, NF_F32};
    nf_module *module = nf_module_new(&memory.allocator, "seven.nir");
    nf_signature signature = nf_module_signature(module, NF_I32, params, GENERATE_PARAMS, false);
    nf_func *f = nf_module_function(module, "seven", signature, 0);
    nf_block b = nf_func_entry(f);
    nf_build_ret(f, b, nf_build_iconst(f, b, NF_I32, 7));
    return module;
}

static void wrong_code_is_found(void **state)
{
    static wrong_code codes[] = {
        {returns_7, sizeof returns_7, true},  {returns_8, sizeof returns_8, false},
        {writes, sizeof writes, false},       {writes_guard, sizeof writes_guard, false},
        {loses_rbx, sizeof loses_rbx, false}, {loses_r15, sizeof loses_r15, false},
        {traps, sizeof traps, false},         {crashes, sizeof crashes, false},
    };
    nf_module *module = module_of_seven();
    differential_totals totals = {.quiet = true};
    (void)state;
    code_page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(code_page, MAP_FAILED);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        differential_executor executor = {"test", code_place, &codes[i], 0, 0};
        bool equal =
            differential_check(module->symbols.data[1].func, NULL, i, &executor, 1, &totals);
        if (equal != codes[i].equal) fail_msg("code %zu", i);
    }
    munmap(code_page, 4096);
    nf_module_free(module);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(modules_are_valid),           TEST(seeds_decide),
        TEST(modules_read_back_from_text), TEST(every_operation_is_met),
        TEST(evaluation_is_deterministic), TEST(wrong_code_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
