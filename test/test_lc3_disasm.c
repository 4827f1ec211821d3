/*
 * The LC-3 disassembler: what it prints assembles to the same words, whatever the words are; and
 * programs look as programs do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "guest/lc3/asm.h"
#include "guest/lc3/disasm.h"
#include "lib_allocator.h"
#include "os/os.h"

enum { ROUNDS = 200, SEGMENTS_MAX = 4, SEGMENT_SPAN = 0x1000, WORDS_MAX = 400 };

static nf_arena arena;
static uint64_t random_state;

static int set_up(void **unused)
{
    (void)unused;
    random_state = 1;
    nf_arena_init(&arena, nf_os_allocator());
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    nf_arena_free(&arena);
    return 0;
}

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % limit;
}

static void check_same_words(const nf_lc3_object *a, const nf_lc3_object *b, const char *text)
{
    assert_int_equal(a->segments.count, b->segments.count);
    for (uint32_t i = 0; i < a->segments.count; i++) {
        const nf_lc3_segment *x = &a->segments.data[i], *y = &b->segments.data[i];
        assert_int_equal(x->origin, y->origin);
        if (x->words.count != y->words.count ||
            (x->words.count &&
             memcmp(x->words.data, y->words.data, x->words.count * sizeof *x->words.data) != 0))
            fail_msg("other words:\n%.2000s", text);
    }
}

static void check_round_trip(const nf_lc3_object *object, bool with_words)
{
    nf_text text;
    nf_lc3_object again;
    nf_lc3_messages messages;
    nf_text_init(&text, &arena);
    assert_int_equal(nf_lc3_disassemble(object, with_words, &text, NULL), NF_OK);
    if (nf_lc3_assemble(&arena, "text", text.data, text.length, &again, &messages, NULL))
        fail_msg("line %u: %s\n%.4000s", messages.list.data[0].line, messages.list.data[0].text,
                 text.data);
    check_same_words(object, &again, text.data);
}

/* --- any words --- */

static void every_word_comes_back(void **unused)
{
    nf_lc3_object object;
    (void)unused;
    nf_lc3_object_init(&object, &arena);
    assert_true(nf_lc3_object_begin(&object, 0));
    for (uint32_t word = 0; word < 0x10000; word++)
        assert_true(nf_lc3_object_word(&object, (uint16_t)(word * 40503))); /* in some order */
    check_round_trip(&object, false);
}

/* What programs have: instructions of every kind, text, zeros, small numbers, addresses. */
static uint16_t random_word(void)
{
    switch (random_below(6)) {
    case 0: return (uint16_t)random_below(0x10000);
    case 1: return (uint16_t)(' ' + random_below(95));
    case 2: return 0;
    case 3: return (uint16_t)(0x3000 + random_below(0x200));
    case 4: return (uint16_t)(random_below(16) << 12 | random_below(8));
    default: return (uint16_t)(0x0e00 | random_below(64)); /* BRnzp */
    }
}

static void random_object(nf_lc3_object *object)
{
    static const char *const names[] = {"LOOP", "HALT", "R3",    "x10",   "b101", "L_3004",
                                        "loop", "a:b",  "two w", ".ORIG", "Add",  "\"q\""};
    uint32_t segments = 1 + random_below(SEGMENTS_MAX), origin = random_below(2) ? 0x3000 : 0;
    nf_lc3_object_init(object, &arena);
    for (uint32_t i = 0; i < segments; i++) {
        uint32_t count = random_below(WORDS_MAX);
        assert_true(nf_lc3_object_begin(object, (uint16_t)origin));
        for (uint32_t k = 0; k < count; k++) assert_true(nf_lc3_object_word(object, random_word()));
        origin += random_below(2) ? count : SEGMENT_SPAN; /* some touch */
    }
    for (uint32_t i = random_below(12); i > 0; i--) {
        const char *name = names[random_below(sizeof names / sizeof *names)];
        assert_true(nf_lc3_object_symbol(object, (uint16_t)(0x3000 + random_below(32)), name,
                                         strlen(name)));
    }
}

static void random_objects_come_back(void **unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        nf_lc3_object object;
        random_object(&object);
        check_round_trip(&object, round % 2);
        nf_arena_reset(&arena);
    }
}

/* --- what it looks like --- */

static void check_disassembly(const char *source, const char *expected)
{
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_text text;
    nf_text_init(&text, &arena);
    assert_int_equal(
        nf_lc3_assemble(&arena, "text", source, strlen(source), &object, &messages, NULL), NF_OK);
    object.symbols.count -= object.symbols.count > 1; /* the last one is not told */
    assert_int_equal(nf_lc3_disassemble(&object, true, &text, NULL), NF_OK);
    assert_string_equal(text.data, expected);
    check_round_trip(&object, true);
}

static void programs_look_as_programs_do(void **unused)
{
    (void)unused;
    check_disassembly(".ORIG x3000\n"
                      "       LEA R0, TEXT\n"
                      "       PUTS\n"
                      "       LD R1, COUNT\n"
                      "LOOP   ADD R1, R1, #-1\n"
                      "       BRp LOOP\n"
                      "       JSR SUB\n"
                      "       TRAP x30\n"
                      "       HALT\n"
                      "TEXT   .STRINGZ \"say \\\"hi\\\"\\n\"\n"
                      "COUNT  .FILL x1021\n"
                      "BUFFER .BLKW 20\n"
                      "IN:    .FILL 0\n"
                      "SUB    STR R2, R6, #-1\n"
                      "       BR #-3\n"
                      "       NOP #2\n"
                      "       RET\n"
                      ".FILL xD000\n"
                      ".END\n"
                      ".ORIG x0030\n"
                      ".FILL x3000\n"
                      ".END\n",
                      "                .ORIG x3000\n"
                      "                LEA   R0, TEXT          ; x3000  xe007\n"
                      "                PUTS                    ; x3001  xf022\n"
                      "                LD    R1, COUNT         ; x3002  x220f\n"
                      "LOOP            ADD   R1, R1, #-1       ; x3003  x127f\n"
                      "                BRp   LOOP              ; x3004  x03fe\n"
                      "                JSR   L_3028            ; x3005  x4822\n"
                      "                TRAP  x30               ; x3006  xf030\n"
                      "                HALT                    ; x3007  xf025\n"
                      "TEXT            .STRINGZ \"say \\\"hi\\\"\\n\" ; x3008  x0073\n"
                      "COUNT           .FILL x1021             ; x3012  x1021\n"
                      "BUFFER          .BLKW 20                ; x3013  x0000\n"
                      "IN:             NOP                     ; x3027  x0000\n"
                      "L_3028          STR   R2, R6, #-1       ; x3028  x75bf\n"
                      "                BRnzp IN                ; x3029  x0ffd\n"
                      "                NOP   #2                ; x302a  x0002\n"
                      "                RET                     ; x302b  xc1c0\n"
                      "                .FILL xd000             ; x302c  xd000\n"
                      "                .END\n"
                      "                .ORIG x0030\n"
                      "                .FILL x3000             ; x0030  x3000\n"
                      "                .END\n");
}

static void words_by_themselves(void **unused)
{
    static const struct {
        uint16_t word;
        const char *target, *text;
    } words[] = {
        {0x1283, NULL, "ADD   R1, R2, R3"},
        {0x128b, NULL, ".FILL x128b"},
        {0x0000, NULL, "NOP"},
        {0x0e05, NULL, "BRnzp #5"},
        {0x0c05, "LOOP", "BRnz  LOOP"},
        {0x0005, "LOOP", "NOP   LOOP"},
        {0xf025, NULL, "HALT"},
        {0xf0ff, NULL, "TRAP  xff"},
        {0x4fff, "x3000", "JSR   x3000"},
        {0xc1c0, NULL, "RET"},
        {0xc0c0, NULL, "JMP   R3"},
        {0xc1c1, NULL, ".FILL xc1c1"},
        {0x903f, NULL, "NOT   R0, R0"},
        {0x6fe0, NULL, "LDR   R7, R7, #-32"},
        {0xb1ff, NULL, "STI   R0, #-1"},
        {0xd000, NULL, ".FILL xd000"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[64];
        size_t length = nf_lc3_word_format(text, sizeof text, words[i].word, words[i].target);
        assert_string_equal(text, words[i].text);
        assert_int_equal(length, strlen(text));
        assert_int_equal(nf_lc3_word_format(text, 3, words[i].word, words[i].target), length);
        assert_int_equal(strlen(text), 2);
    }
}

static void targets_wrap(void **unused)
{
    uint16_t target = 0;
    (void)unused;
    assert_true(nf_lc3_target(0x21fe, 0x0000, &target)); /* LD R0, #-2 */
    assert_int_equal(target, 0xffff);
    assert_true(nf_lc3_target(0x4802, 0xffff, &target)); /* JSR #2 */
    assert_int_equal(target, 0x0002);
    assert_false(nf_lc3_target(0x1021, 0x3000, &target));
    assert_false(nf_lc3_target(0xf025, 0x3000, &target));
    assert_false(nf_lc3_target(0xd000, 0x3000, &target));
}

static void memory_may_run_out_anywhere(void **unused)
{
    nf_lc3_object object;
    nf_status status = NF_MEMORY;
    (void)unused;
    random_object(&object);
    for (size_t failing = 0; status == NF_MEMORY; failing++) {
        test_allocator counted;
        nf_arena small;
        nf_text text;
        test_allocator_init(&counted);
        counted.fail_at = failing;
        nf_arena_init(&small, &counted.allocator);
        nf_text_init(&text, &small);
        status = nf_lc3_disassemble(&object, true, &text, NULL);
        assert_int_equal(status == NF_MEMORY, counted.count > failing);
        nf_arena_free(&small);
        assert_int_equal(counted.blocks, 0);
    }
    assert_int_equal(status, NF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_word_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_objects_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(programs_look_as_programs_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_by_themselves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(targets_wrap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
