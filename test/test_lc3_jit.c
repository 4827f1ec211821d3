/*
 * The LC-3's compiler against the reference: random programs, see lib_lc3_random.h, with everything
 * compiled that is reached.
 *
 * NF_LC3_PROGRAMS sets how many programs (150), NF_LC3_SEED the first seed (1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guest/lc3/jit.h"
#include "lib_lc3_random.h"

enum { PROGRAMS = 150 };

static void *attach_with(nf_lc3 *machine, bool single_blocks)
{
    nf_lc3_jit *jit;
    nf_error error;
    nf_vm_config config = {.single_blocks = single_blocks, .hot = 1};
    assert_int_equal(nf_lc3_jit_new(machine, &config, &jit, &error), NF_OK);
    return jit;
}

static void *attach_regions(nf_lc3 *machine)
{
    return attach_with(machine, false);
}

static void *attach_blocks(nf_lc3 *machine)
{
    return attach_with(machine, true);
}

static void detach(void *jit)
{
    nf_lc3_jit_free(jit);
}

static void regions_agree(void **unused)
{
    static const lc3_engine engine = {attach_regions, detach};
    (void)unused;
    lc3_random_run_all(&engine, 1, PROGRAMS);
}

static void blocks_agree(void **unused)
{
    static const lc3_engine engine = {attach_blocks, detach};
    (void)unused;
    lc3_random_run_all(&engine, 1, PROGRAMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_agree),
        cmocka_unit_test(blocks_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
