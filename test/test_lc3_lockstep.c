/*
 * Random LC-3 programs on the interpreter, see lib_lc3_random.h.
 *
 * NF_LC3_PROGRAMS sets how many programs (3000), NF_LC3_SEED the first seed (5000).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib_lc3_random.h"

static void *attach(nf_lc3 *machine)
{
    return machine;
}

static void detach(void *machine)
{
    (void)machine;
}

static void programs_run_alike(void **unused)
{
    static const lc3_engine interpreter = {attach, detach};
    (void)unused;
    lc3_random_run_all(&interpreter, 5000, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(programs_run_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
