/*
 * The LC-3 debugger's engine: the past is what it was, whatever way one comes to it; runs back end
 * where runs forward would have passed; edits and keys are part of the past.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/hash.h"
#include "guest/lc3/asm.h"
#include "guest/lc3/debug.h"
#include "lib_allocator.h"
#include "os/os.h"

/* Output of a session, and what is needed to end it. */
typedef struct session {
    nf_lc3 *machine;
    nf_lc3_debug *debug;
    nf_arena arena;
    nf_lc3_object object;
    char output[1024];
    size_t output_length;
} session;

static session test;

static void output(void *context, const char *bytes, size_t count)
{
    session *s = context;
    assert_true(s->output_length + count < sizeof s->output);
    memcpy(s->output + s->output_length, bytes, count);
    s->output_length += count;
    s->output[s->output_length] = 0;
}

/* User mode may reach devices, as a program that waits for keys by itself does. */
static void session_begin(const char *source)
{
    const nf_lc3_config config = {.edition = NF_LC3_EDITION_3, .ignore_privilege = true};
    nf_lc3_messages messages;
    test.output_length = test.output[0] = 0;
    nf_arena_init(&test.arena, nf_os_allocator());
    if (nf_lc3_assemble(&test.arena, "test", source, strlen(source), &test.object, &messages, NULL))
        fail_msg("%s", messages.list.data[0].text);
    assert_int_equal(nf_lc3_new(&config, &test.machine, NULL), NF_OK);
    for (uint32_t i = 0; i < test.object.segments.count; i++) {
        const nf_lc3_segment *segment = &test.object.segments.data[i];
        assert_int_equal(nf_lc3_load(test.machine, segment->origin, segment->words.data,
                                     segment->words.count, NULL),
                         NF_OK);
    }
    nf_lc3_start(test.machine, test.object.start);
    assert_int_equal(
        nf_lc3_debug_new(test.machine, nf_os_allocator(), output, &test, &test.debug, NULL), NF_OK);
}

static void session_end(void)
{
    nf_lc3_debug_free(test.debug);
    nf_lc3_free(test.machine);
    nf_arena_free(&test.arena);
}

static uint16_t label(const char *name)
{
    return nf_lc3_symbol_named(&test.object, name, strlen(name))->address;
}

static nf_lc3_halt go(nf_lc3_goal goal)
{
    return nf_lc3_debug_run(test.debug, goal, false);
}

static nf_lc3_halt back(nf_lc3_goal goal)
{
    return nf_lc3_debug_run(test.debug, goal, true);
}

#define at(name)       assert_int_equal(test.machine->pc, label(name))
#define at_time(count) assert_int_equal(test.machine->instructions, count)

static uint64_t state_hash(void)
{
    uint8_t state[NF_LC3_SNAPSHOT_BYTES];
    nf_lc3_snapshot_write(test.machine, state);
    uint64_t hash = nf_hash_bytes(state, sizeof state);
    hash = nf_hash_mix(hash, test.debug->calls.depth);
    const nf_lc3_frame *frame = nf_lc3_debug_frame(test.debug, 0);
    return frame ? nf_hash_mix(hash, (uint64_t)frame->site << 16 | frame->target) : hash;
}

/* --- programs --- */

static const char factorial[] = "       .ORIG x3000\n"
                                "       LD R6, STACK\n"
                                "       AND R0, R0, #0\n"
                                "       ADD R0, R0, #4\n"
                                "CALL   JSR FACT\n"
                                "DONE   ST R1, RESULT\n"
                                "       LEA R0, TEXT\n"
                                "SAY    PUTS\n"
                                "END    HALT\n"
                                "STACK  .FILL xF000\n"
                                "RESULT .FILL 0\n"
                                "TEXT   .STRINGZ \"ok\"\n"
                                "FACT   ADD R6, R6, #-2\n"
                                "       STR R7, R6, #0\n"
                                "       STR R0, R6, #1\n"
                                "       ADD R0, R0, #-1\n"
                                "       BRp DEEPER\n"
                                "       AND R1, R1, #0\n"
                                "       ADD R1, R1, #1\n"
                                "       BR BACK\n"
                                "DEEPER JSR FACT\n"
                                "BACK   LDR R2, R6, #1\n"
                                "       AND R3, R3, #0\n"
                                "MUL    ADD R3, R3, R1\n"
                                "       ADD R2, R2, #-1\n"
                                "       BRp MUL\n"
                                "       ADD R1, R3, #0\n"
                                "       LDR R7, R6, #0\n"
                                "       ADD R6, R6, #2\n"
                                "LEAVE  RET\n"
                                "       .END\n";

/* A timer that interrupts, keys that interrupt, and a loop that reads keys and rewrites itself. */
static const char busy[] = "       .ORIG x3000\n"
                           "       LD R0, ON\n"
                           "       STI R0, KBSR\n"
                           "       STI R0, TSR\n"
                           "       AND R0, R0, #0\n"
                           "       ADD R0, R0, #1\n"
                           "       STI R0, TIR\n"
                           "LOOP   ADD R1, R1, #1\n"
                           "       ADD R2, R2, R1\n"
                           "       LD R3, LOOP\n"
                           "       ADD R3, R3, #0\n"
                           "       ST R2, PLACE\n"
                           "       JSR SUB\n"
                           "       BR LOOP\n"
                           "SUB    ADD R4, R4, R2\n"
                           "       RET\n"
                           "ON     .FILL x4000\n"
                           "KBSR   .FILL xFE00\n"
                           "TSR    .FILL xFE08\n"
                           "TIR    .FILL xFE0A\n"
                           "PLACE  .FILL 0\n"
                           "       .END\n"
                           "       .ORIG x0180\n"
                           "       .FILL x1000\n"
                           "       .FILL x1010\n"
                           "       .END\n"
                           "       .ORIG x1000\n"
                           "       LDI R5, KBDR\n"
                           "       RTI\n"
                           "KBDR   .FILL xFE02\n"
                           "       .END\n"
                           "       .ORIG x1010\n"
                           "       LD R3, TICKS\n"
                           "       ADD R3, R3, #1\n"
                           "       ST R3, TICKS\n"
                           "       RTI\n"
                           "TICKS  .FILL 0\n"
                           "       .END\n";

/* --- forward --- */

static void runs_end_where_they_should(void **unused)
{
    (void)unused;
    session_begin(factorial);
    nf_lc3_debug_break(test.debug, label("FACT"), true);
    for (uint32_t depth = 1; depth <= 4; depth++) {
        assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BREAKPOINT);
        at("FACT");
        assert_int_equal(test.debug->calls.depth, depth);
        assert_int_equal(test.machine->reg[0], 5 - depth);
    }
    assert_int_equal(nf_lc3_debug_frame(test.debug, 0)->site, label("DEEPER"));
    assert_int_equal(nf_lc3_debug_frame(test.debug, 3)->site, label("CALL"));
    assert_null(nf_lc3_debug_frame(test.debug, 4));
    assert_int_equal(go(NF_LC3_GOAL_FINISH), NF_LC3_HALT_GOAL);
    at("BACK");
    assert_int_equal(test.debug->calls.depth, 3);
    nf_lc3_debug_break(test.debug, label("FACT"), false);
    for (int i = 0; i < 3; i++) assert_int_equal(go(NF_LC3_GOAL_FINISH), NF_LC3_HALT_GOAL);
    at("DONE");
    assert_int_equal(test.machine->reg[1], 24);
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_HALTED);
    at("END");
    assert_int_equal(go(NF_LC3_GOAL_STEP), NF_LC3_HALT_HALTED);
    assert_non_null(strstr(test.output, "ok"));
    session_end();
}

static void next_passes_calls(void **unused)
{
    (void)unused;
    session_begin(factorial);
    for (int i = 0; i < 3; i++) assert_int_equal(go(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    at("CALL");
    assert_int_equal(go(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    at("DONE");
    assert_int_equal(back(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    at("CALL");
    at_time(3);
    assert_int_equal(back(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    at_time(2);
    session_end();
}

static void watches_see_changes(void **unused)
{
    (void)unused;
    session_begin(factorial);
    assert_true(nf_lc3_debug_watch(test.debug, false, label("RESULT")));
    assert_true(nf_lc3_debug_watch(test.debug, true, 0));
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_WATCHPOINT);
    assert_int_equal(test.debug->watch_hit, 1);
    assert_int_equal(test.debug->watches[1].value, 4);
    nf_lc3_debug_unwatch(test.debug, 1);
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_WATCHPOINT);
    assert_int_equal(test.debug->watch_hit, 0);
    assert_int_equal(test.debug->watch_hit_from, 0);
    assert_int_equal(test.debug->watches[0].value, 24);
    uint64_t then = test.machine->instructions;
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_HALTED);
    assert_int_equal(back(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_WATCHPOINT);
    at_time(then);
    assert_int_equal(back(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BEGINNING);
    at_time(0);
    session_end();
}

/* --- back --- */

static void runs_back_end_where_they_should(void **unused)
{
    uint64_t times[4];
    (void)unused;
    session_begin(factorial);
    nf_lc3_debug_break(test.debug, label("FACT"), true);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BREAKPOINT);
        times[i] = test.machine->instructions;
    }
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_HALTED);
    size_t printed = test.output_length;
    for (int i = 3; i >= 0; i--) {
        assert_int_equal(back(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BREAKPOINT);
        at_time(times[i]);
        assert_int_equal(test.debug->calls.depth, i + 1);
    }
    assert_int_equal(back(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BEGINNING);
    assert_int_equal(back(NF_LC3_GOAL_STEP), NF_LC3_HALT_BEGINNING);
    nf_lc3_debug_break(test.debug, label("FACT"), false);
    assert_int_equal(nf_lc3_debug_go(test.debug, times[2] + 2), NF_LC3_HALT_GOAL);
    assert_int_equal(back(NF_LC3_GOAL_FINISH), NF_LC3_HALT_GOAL);
    at("DEEPER");
    at_time(times[2] - 1);
    assert_int_equal(test.output_length, printed); /* the past is silent */
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_HALTED);
    assert_int_equal(test.output_length, 2 * printed);
    session_end();
}

/* Records what every time was, and comes to it again by leaps and by steps. */
static void check_past(const char *source, uint32_t count, const char *keys, uint64_t interval)
{
    static uint64_t hashes[4096];
    uint64_t random = 1;
    session_begin(source);
    test.debug->interval = interval;
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = state_hash();
        if (i % 400 == 300 && *keys) assert_true(nf_lc3_debug_input(test.debug, keys++, 1));
        assert_int_equal(go(NF_LC3_GOAL_STEP), NF_LC3_HALT_GOAL);
        at_time(i + 1);
    }
    for (int leap = 0; leap < 100; leap++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t time = (uint32_t)(random >> 33) % count;
        assert_int_equal(nf_lc3_debug_go(test.debug, time), NF_LC3_HALT_GOAL);
        at_time(time);
        assert_true(state_hash() == hashes[time]);
        if (time == 0) continue;
        assert_int_equal(back(NF_LC3_GOAL_STEP), NF_LC3_HALT_GOAL);
        assert_true(state_hash() == hashes[time - 1]);
    }
    assert_in_range(test.debug->moment_count, 1, NF_LC3_MOMENTS_MAX);
    session_end();
}

static void the_past_is_what_it_was(void **unused)
{
    (void)unused;
    check_past(factorial, 60, "", 1 << 16);
    check_past(factorial, 60, "", 1);
    check_past(busy, 2500, "abcdefgh", 1 << 16);
    check_past(busy, 2500, "abcdefgh", 16); /* thinned out again and again */
}

/* --- changes by hand, and keys --- */

static void edits_are_part_of_the_past(void **unused)
{
    (void)unused;
    session_begin(factorial);
    for (int i = 0; i < 3; i++) go(NF_LC3_GOAL_STEP);
    test.machine->reg[0] = 3;
    assert_true(nf_lc3_debug_edited(test.debug));
    uint64_t edited = state_hash();
    assert_int_equal(go(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    assert_int_equal(test.machine->reg[1], 6);
    assert_int_equal(nf_lc3_debug_go(test.debug, 3), NF_LC3_HALT_GOAL);
    assert_true(state_hash() == edited);
    assert_int_equal(go(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    assert_int_equal(test.machine->reg[1], 6);
    /* before it there was no edit, and the future is without it */
    assert_int_equal(nf_lc3_debug_go(test.debug, 2), NF_LC3_HALT_GOAL);
    go(NF_LC3_GOAL_STEP);
    assert_int_equal(test.machine->reg[0], 4);
    assert_int_equal(go(NF_LC3_GOAL_NEXT), NF_LC3_HALT_GOAL);
    assert_int_equal(test.machine->reg[1], 24);
    session_end();
}

/* More edits than there is room for: the past begins later. */
static void the_past_is_forgotten_in_the_end(void **unused)
{
    (void)unused;
    session_begin("  .ORIG x3000\nLOOP BR LOOP\n .END\n");
    for (uint16_t i = 0; i < 3 * NF_LC3_MOMENTS_MAX; i++) {
        go(NF_LC3_GOAL_STEP);
        test.machine->reg[1] = i;
        assert_true(nf_lc3_debug_edited(test.debug));
    }
    uint64_t beginning = nf_lc3_debug_beginning(test.debug);
    assert_in_range(beginning, 2 * NF_LC3_MOMENTS_MAX, 3 * NF_LC3_MOMENTS_MAX);
    assert_int_equal(nf_lc3_debug_go(test.debug, 0), NF_LC3_HALT_BEGINNING);
    at_time(beginning);
    assert_int_equal(test.machine->reg[1], beginning - 1);
    session_end();
}

static void programs_wait_for_keys(void **unused)
{
    (void)unused;
    session_begin("      .ORIG x3000\n"
                  "      GETC\n"
                  "      OUT\n"
                  "POLL  LDI R1, KBSR\n"
                  "      BRzp POLL\n"
                  "      LDI R0, KBDR\n"
                  "LAST  OUT\n"
                  "      HALT\n"
                  "KBSR  .FILL xFE00\n"
                  "KBDR  .FILL xFE02\n"
                  "      .END\n");
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_INPUT);
    at_time(0);
    assert_true(nf_lc3_debug_input(test.debug, "a", 1));
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_INPUT);
    assert_string_equal(test.output, "a");
    uint64_t asked = test.machine->instructions;
    assert_true(nf_lc3_debug_input(test.debug, "bc", 2));
    nf_lc3_debug_break(test.debug, label("LAST"), true);
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BREAKPOINT);
    uint64_t last = test.machine->instructions;
    assert_in_range(last - asked, 2, 5);
    /* the second key comes when it came */
    assert_int_equal(nf_lc3_debug_go(test.debug, 1), NF_LC3_HALT_GOAL);
    nf_lc3_halt halt = go(NF_LC3_GOAL_CONTINUE);
    if (halt == NF_LC3_HALT_INPUT) halt = go(NF_LC3_GOAL_CONTINUE); /* it looked in vain for long */
    assert_int_equal(halt, NF_LC3_HALT_BREAKPOINT);
    at_time(last);
    /* another one, earlier */
    assert_int_equal(nf_lc3_debug_go(test.debug, 2), NF_LC3_HALT_GOAL);
    assert_true(nf_lc3_debug_input(test.debug, "x", 1));
    assert_int_equal(go(NF_LC3_GOAL_CONTINUE), NF_LC3_HALT_BREAKPOINT);
    assert_int_equal(test.machine->reg[0], 'x');
    at_time(5);
    session_end();
}

static void exceptions_and_traps_are_calls(void **unused)
{
    (void)unused;
    session_begin("      .ORIG x3000\n"
                  "      TRAP x40\n"
                  "AGAIN .FILL xD000\n"
                  "      HALT\n"
                  "      .END\n"
                  "      .ORIG x0040\n"
                  "      .FILL x1000\n"
                  "      .END\n"
                  "      .ORIG x0101\n"
                  "      .FILL x1001\n"
                  "      .END\n"
                  "      .ORIG x1000\n"
                  "      RTI\n"
                  "FAULT LDR R0, R6, #0\n"
                  "      RTI\n"
                  "      .END\n");
    go(NF_LC3_GOAL_STEP);
    assert_int_equal(nf_lc3_debug_frame(test.debug, 0)->kind, NF_LC3_FRAME_TRAP);
    go(NF_LC3_GOAL_STEP);
    at("AGAIN");
    assert_null(nf_lc3_debug_frame(test.debug, 0));
    go(NF_LC3_GOAL_STEP);
    at("FAULT");
    assert_int_equal(nf_lc3_debug_frame(test.debug, 0)->kind, NF_LC3_FRAME_EXCEPTION);
    session_end();
}

static void memory_may_run_out(void **unused)
{
    const nf_lc3_config config = {.edition = NF_LC3_EDITION_3};
    nf_lc3 *machine;
    (void)unused;
    assert_int_equal(nf_lc3_new(&config, &machine, NULL), NF_OK);
    nf_lc3_start(machine, 0x3000);
    for (size_t failing = 0; failing < 2; failing++) {
        test_allocator counted;
        nf_lc3_debug *debug;
        test_allocator_init(&counted);
        counted.fail_at = failing;
        assert_int_equal(nf_lc3_debug_new(machine, &counted.allocator, output, &test, &debug, NULL),
                         NF_MEMORY);
        assert_null(debug);
        assert_int_equal(counted.blocks, 0);
    }
    nf_lc3_free(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_end_where_they_should),
        cmocka_unit_test(next_passes_calls),
        cmocka_unit_test(watches_see_changes),
        cmocka_unit_test(runs_back_end_where_they_should),
        cmocka_unit_test(the_past_is_what_it_was),
        cmocka_unit_test(edits_are_part_of_the_past),
        cmocka_unit_test(the_past_is_forgotten_in_the_end),
        cmocka_unit_test(programs_wait_for_keys),
        cmocka_unit_test(exceptions_and_traps_are_calls),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
