/*
 * Regions of LC-3 code that stay hot reach the LLVM tier, and execute what the interpreter does;
 * code that is written while LLVM works on it does not come back; programs that are short never
 * load LLVM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/lc3/asm.h"
#include "guest/lc3/jit.h"
#include "lib_lc3.h"
#include "lib_plugin.h"
#include "os/os.h"

enum { PIECE = 20000, WRITTEN_PIECES = 2000, PATH_BYTES = 4096 };
static const uint64_t long_ns = UINT64_C(20000000000);

/* A loop in a loop, and a subroutine that calls itself. */
static const char calm[] = "        .ORIG x3000\n"
                           "AGAIN   LD R4, N\n"
                           "LOOP    LDR R0, R5, #0\n"
                           "        ADD R1, R1, R0\n"
                           "        STR R1, R5, #1\n"
                           "        AND R2, R1, #7\n"
                           "        BRz EVEN\n"
                           "        ADD R3, R3, R2\n"
                           "EVEN    ADD R4, R4, #-1\n"
                           "        BRp LOOP\n"
                           "        AND R0, R0, #0\n"
                           "        ADD R0, R0, #6\n"
                           "        JSR DOWN\n"
                           "        BRnzp AGAIN\n"
                           "DOWN    ADD R6, R6, #-1\n"
                           "        STR R7, R6, #0\n"
                           "        ADD R0, R0, #-1\n"
                           "        BRnz UP\n"
                           "        JSR DOWN\n"
                           "UP      LDR R7, R6, #0\n"
                           "        ADD R6, R6, #1\n"
                           "        RET\n"
                           "N       .FILL #100\n"
                           "        .END\n";

/* The same kind of loop, which changes an instruction of its own every 65536 turns. */
static const char restless[] = "        .ORIG x3000\n"
                               "LOOP    ADD R1, R1, #1\n"
                               "HERE    ADD R2, R2, #1\n"
                               "        LDR R0, R5, #0\n"
                               "        ADD R3, R3, R0\n"
                               "        ADD R4, R4, #1\n"
                               "        BRnp LOOP\n"
                               "        AND R0, R2, #15\n"
                               "        LD R7, WORD\n"
                               "        ADD R0, R0, R7\n"
                               "        ST R0, HERE\n"
                               "        BRnzp LOOP\n"
                               "WORD    .FILL x14A0\n"
                               "        .END\n";

static nf_lc3 *machine_of(const char *source)
{
    nf_arena arena;
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_lc3 *machine = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    nf_arena_init(&arena, nf_os_allocator());
    assert_int_equal(
        nf_lc3_assemble(&arena, "test", source, strlen(source), &object, &messages, NULL), NF_OK);
    const nf_lc3_segment *segment = object.segments.data;
    nf_lc3_load(machine, segment->origin, segment->words.data, segment->words.count, NULL);
    nf_arena_free(&arena);
    nf_lc3_start(machine, NF_LC3_USER_START);
    machine->reg[5] = 0x5000;
    machine->reg[6] = 0x6000;
    machine->memory[0x5000] = 3;
    return machine;
}

typedef struct pair {
    nf_lc3 *interpreted, *compiled;
    nf_lc3_jit *jit;
} pair;

static pair pair_new(const char *source)
{
    const nf_vm_config config = {.hot = 1, .llvm = true};
    pair p = {machine_of(source), machine_of(source), NULL};
    assert_int_equal(nf_lc3_jit_new(p.compiled, &config, &p.jit, NULL), NF_OK);
    return p;
}

static void pair_free(pair *p)
{
    nf_lc3_jit_free(p->jit);
    nf_lc3_free(p->compiled);
    nf_lc3_free(p->interpreted);
}

static void pair_run(const pair *p, uint64_t count)
{
    nf_lc3_run(p->interpreted, count);
    nf_lc3_run(p->compiled, count);
    assert_int_equal(p->interpreted->pc, p->compiled->pc);
    assert_memory_equal(p->interpreted->reg, p->compiled->reg, sizeof p->compiled->reg);
    assert_memory_equal(p->interpreted->memory, p->compiled->memory, sizeof p->compiled->memory);
}

static bool plugin_is_mapped(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[PATH_BYTES];
    bool found = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) found |= strstr(line, "libnanoforge-llvm") != NULL;
    fclose(maps);
    return found;
}

/* First of all tests, for nothing unloads LLVM. */
static void short_programs_do_without(void **unused)
{
    pair p = pair_new(calm);
    (void)unused;
    pair_run(&p, PIECE);
    assert_true(nf_lc3_jit_counts(p.jit)->compiled[1] > 0);
    pair_free(&p);
    assert_false(plugin_is_mapped());
}

static void hot_regions_climb(void **unused)
{
    pair p = pair_new(calm);
    const nf_vm_counts *counts = nf_lc3_jit_counts(p.jit);
    uint64_t start = nf_os_time_ns();
    (void)unused;
    while (counts->compiled[3] == 0 && nf_os_time_ns() - start < long_ns) pair_run(&p, PIECE);
    assert_true(counts->compiled[3] > 0);
    for (uint32_t races = counts->races; counts->races == races;) pair_run(&p, PIECE);
    pair_free(&p);
}

static void written_code_stays_away(void **unused)
{
    pair p = pair_new(restless);
    (void)unused;
    for (unsigned i = 0; i < WRITTEN_PIECES; i++) pair_run(&p, PIECE);
    assert_true(nf_lc3_jit_counts(p.jit)->regions_written > 0);
    pair_free(&p);
}

/* While LLVM works. */
static void an_engine_may_go(void **unused)
{
    pair p = pair_new(calm);
    (void)unused;
    for (unsigned i = 0; i < 10; i++) pair_run(&p, PIECE);
    pair_free(&p);
}

int main(void)
{
    char path[PATH_BYTES];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_programs_do_without),
        cmocka_unit_test(hot_regions_climb),
        cmocka_unit_test(written_code_stays_away),
        cmocka_unit_test(an_engine_may_go),
    };
    if (!plugin_path(path, sizeof path) || access(path, R_OK) != 0) {
        printf("no LLVM plug-in: skipped\n");
        return EXIT_SUCCESS;
    }
    setenv("NANOFORGE_LLVM", path, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
