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
#include "lib_lc3.h"
#include "lib_lc3_random.h"

enum { PROGRAMS = 150, PIECE = 100 };

static void *attach_with(nf_lc3 *machine, const nf_vm_config *config)
{
    nf_lc3_jit *jit;
    nf_error error;
    assert_int_equal(nf_lc3_jit_new(machine, config, &jit, &error), NF_OK);
    return jit;
}

static void *attach_regions(nf_lc3 *machine)
{
    return attach_with(machine, &(nf_vm_config){.hot = 1});
}

static void *attach_blocks(nf_lc3 *machine)
{
    return attach_with(machine, &(nf_vm_config){.hot = 1, .single_blocks = true});
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

/* Runs a program by the reference and compiled, which must end alike. */
static nf_vm_counts counts_when_alike(const uint16_t *words, size_t count, uint16_t stack,
                                      uint16_t record, uint64_t limit)
{
    nf_lc3 *machines[2];
    nf_lc3_jit *jit = NULL;
    for (size_t k = 0; k < 2; k++) {
        machines[k] = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
        nf_lc3_load(machines[k], NF_LC3_USER_START, words, count, NULL);
        nf_lc3_start(machines[k], NF_LC3_USER_START);
        machines[k]->reg[6] = stack;
        machines[k]->reg[5] = record;
        if (k == 1) jit = attach_regions(machines[k]);
    }
    nf_lc3_run_by_steps(machines[0], limit);
    for (uint64_t left = limit; left > 0; left -= PIECE) nf_lc3_run(machines[1], PIECE);
    assert_memory_equal(machines[0]->reg, machines[1]->reg, sizeof machines[0]->reg);
    assert_memory_equal(machines[0]->memory, machines[1]->memory, sizeof machines[0]->memory);
    assert_int_equal(machines[0]->pc, machines[1]->pc);
    assert_int_equal(machines[0]->instructions, machines[1]->instructions);
    nf_vm_counts counts = *nf_lc3_jit_counts(jit);
    nf_lc3_jit_free(jit);
    for (size_t k = 0; k < 2; k++) nf_lc3_free(machines[k]);
    return counts;
}

/* A loop that reaches memory by registers that it leaves as they are, wherever they point: what a
 * region takes for granted at its entry holds or does not. */
static void guards_hold_or_fail(void **unused)
{
    enum { LOOP_LIMIT = 2000 };
    static const uint16_t loop[] = {
        0x1dbf, /* x3000 ADD R6, R6, #-1 */
        0x7180, /* x3001 STR R0, R6, #0  */
        0x6541, /* x3002 LDR R2, R5, #1  */
        0x6380, /* x3003 LDR R1, R6, #0  */
        0x1042, /* x3004 ADD R0, R1, R2  */
        0x1021, /* x3005 ADD R0, R0, #1  */
        0x1da1, /* x3006 ADD R6, R6, #1  */
        0x16ff, /* x3007 ADD R3, R3, #-1 */
        0x0bf7, /* x3008 BRnp x3000      */
        0xf025,
    };
    static const struct {
        uint16_t stack, record;
        bool holds;
    } rows[] = {
        {0x5000, 0x4000, true},  {0xfe00, 0xfdfe, true},  {0x4000, 0x2fff, true},
        {0x5000, 0xfdff, false}, {0xfe01, 0x4000, false}, {0x3000, 0x4000, false},
        {0x0000, 0x4000, false}, {0x5000, 0xffff, false}, {0x3005, 0x4000, false},
        {0x3009, 0x4000, false}, {0x5000, 0x2ffe, false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nf_vm_counts counts = counts_when_alike(loop, sizeof loop / sizeof *loop, rows[i].stack,
                                                rows[i].record, LOOP_LIMIT);
        if ((counts.regions_unguarded == 0) != rows[i].holds)
            fail_msg("row %zu: guards hold or fail", i);
    }
}

/* Each way to compile is used, and raced, by a program that branches around stores by random bits;
 * the words that it must not change are its own. */
static void regions_get_better(void **unused)
{
    enum { LONG_LIMIT = 40000 };
    static const uint16_t loop[] = {
        0x1000, /* x3000 ADD R0, R0, R0  */
        0x1027, /* x3001 ADD R0, R0, #7  */
        0x923f, /* x3002 NOT R1, R0      */
        0x0803, /* x3003 BRn x3007       */
        0x7140, /* x3004 STR R0, R5, #0  */
        0x7341, /* x3005 STR R1, R5, #1  */
        0x6541, /* x3006 LDR R2, R5, #1  */
        0x1020, /* x3007 ADD R0, R0, #0  */
        0x0401, /* x3008 BRz x300a       */
        0x7d42, /* x3009 STR R6, R5, #2  */
        0x1b61, /* x300a ADD R5, R5, #1  */
        0x1840, /* x300b ADD R4, R1, R0  */
        0x5dbf, /* x300c AND R6, R6, #-1 */
        0x0ff2, /* x300d BRnzp x3000     */
    };
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        nf_vm_counts counts =
            counts_when_alike(loop, sizeof loop / sizeof *loop, 5, i ? 0x3400 : 0xf000, LONG_LIMIT);
        for (unsigned way = 0; way < NF_VM_WAYS - 1; way++) assert_true(counts.compiled[way] > 0);
        assert_true(counts.races > 0);
    }
}

/* Calls itself, and rewrites an instruction now and then. */
enum { TURNS_MAX = 7 };
static const uint16_t recursion[] = {
    0x5020,             /* x3000 AND R0, R0, #0  */
    0x1020 | TURNS_MAX, /* x3001 ADD R0, R0, #7  */
    0x4801,             /* x3002 JSR x3004       */
    0x0ffc,             /* x3003 BRnzp x3000     */
    0x1dbf,             /* x3004 ADD R6, R6, #-1 */
    0x7f80,             /* x3005 STR R7, R6, #0  */
    0x16e1,             /* x3006 ADD R3, R3, #1, or another number */
    0x103f,             /* x3007 ADD R0, R0, #-1 */
    0x0c01,             /* x3008 BRnz x300a      */
    0x4ffa,             /* x3009 JSR x3004       */
    0x1921,             /* x300a ADD R4, R4, #1  */
    0x5b2f,             /* x300b AND R5, R4, #15 */
    0x0a04,             /* x300c BRnp x3011      */
    0x54ef,             /* x300d AND R2, R3, #15 */
    0x2205,             /* x300e LD R1, x3014    */
    0x1242,             /* x300f ADD R1, R1, R2  */
    0x33f5,             /* x3010 ST R1, x3006    */
    0x6f80,             /* x3011 LDR R7, R6, #0  */
    0x1da1,             /* x3012 ADD R6, R6, #1  */
    0xc1c0,             /* x3013 RET             */
    0x16e0,             /* x3014                 */
};

/* Whatever leads to a region that is written must follow. */
static void links_follow_regions(void **unused)
{
    enum { RECURSION_LIMIT = 60000 };
    (void)unused;
    nf_vm_counts counts = counts_when_alike(recursion, sizeof recursion / sizeof *recursion, 0xf000,
                                            0, RECURSION_LIMIT);
    assert_true(counts.links > 0);
    assert_true(counts.links_changed > counts.links);
    assert_true(counts.regions_written > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_agree),        cmocka_unit_test(blocks_agree),
        cmocka_unit_test(guards_hold_or_fail),  cmocka_unit_test(regions_get_better),
        cmocka_unit_test(links_follow_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
