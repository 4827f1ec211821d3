/*
 * The evaluator, T1, T2 and every variant of the optimiser on generated functions: all give the
 * same bits.
 *
 * NF_FUNCTIONS=10000 in the environment makes it that many functions per set of options, NF_SEED
 * starts elsewhere; a mismatch names the seed of its module, and NF_SEED with NF_FUNCTIONS=4
 * repeats it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib_compare.h"
#include "lib_environment.h"
#include "os/os.h"

enum { FUNCTIONS_PER_MODULE = 4, FUNCTIONS_DEFAULT = 400 };

static void module_compare(comparison *c, uint64_t seed, const generate_options *options)
{
    nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS_PER_MODULE, options);
    assert_non_null(module);
    if (!compare_module(c, module, seed)) fail_msg("%s", c->fault);
    nf_module_free(module);
}

/* Seeds that found something. */
static const uint64_t FOUND[] = {473, 649, 885};

static void compare(const generate_options *options)
{
    static comparison c;
    uint64_t start = environment_number("NF_SEED", 1);
    uint64_t functions = environment_number("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
    assert_true(compare_init(&c));
    for (uint64_t i = 0; i < functions; i += FUNCTIONS_PER_MODULE)
        module_compare(&c, start + i, options);
    for (size_t i = 0; i < sizeof FOUND / sizeof *FOUND; i++) module_compare(&c, FOUND[i], options);
    assert_true(c.totals.inputs > c.totals.over_budget);
    compare_print(&c);
    compare_end(&c);
}

static void scalars_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 0});
}

static void vectors_of_16_bytes_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 16});
}

static void all_vectors_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 64});
}

/* Only what T2 has at a level, so that it refuses few functions there. */
static bool sse4_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, ways_features_sse4());
}

static bool avx2_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, ways_features_avx2());
}

static void vectors_that_sse4_has_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 16, .supports = sse4_has});
}

static void vectors_that_avx2_has_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 32, .supports = avx2_has});
}

static void straight_code_agrees(void **state)
{
    (void)state;
    compare(&(generate_options){.no_loops = true, .no_traps = true, .size = 300});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_agree),
        cmocka_unit_test(vectors_of_16_bytes_agree),
        cmocka_unit_test(all_vectors_agree),
        cmocka_unit_test(vectors_that_sse4_has_agree),
        cmocka_unit_test(vectors_that_avx2_has_agree),
        cmocka_unit_test(straight_code_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
