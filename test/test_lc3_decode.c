/* LC-3 decoding: each instruction's fields, and every word against the fixed bits of the book. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "guest/lc3/isa.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void instructions_decode(void **unused)
{
    static const struct {
        uint16_t word;
        const char *mnemonic;
        nf_lc3_inst inst;
    } rows[] = {
        {0x0bff, "BR", {NF_LC3_BR, 5, 7, 7, -1}},
        {0x0e00, "BR", {NF_LC3_BR, 7, 0, 0, 0}},
        {0x1283, "ADD", {NF_LC3_ADD, 1, 2, 3, 0}},
        {0x1ff0, "ADD", {NF_LC3_ADD_IMM, 7, 7, 0, -16}},
        {0x126f, "ADD", {NF_LC3_ADD_IMM, 1, 1, 7, 15}},
        {0x20ff, "LD", {NF_LC3_LD, 0, 3, 7, 255}},
        {0x3b00, "ST", {NF_LC3_ST, 5, 4, 0, -256}},
        {0x41c0, "JSRR", {NF_LC3_JSRR, 0, 7, 0, 0}},
        {0x4fff, "JSR", {NF_LC3_JSR, 7, 7, 7, -1}},
        {0x4c00, "JSR", {NF_LC3_JSR, 6, 0, 0, -1024}},
        {0x5682, "AND", {NF_LC3_AND, 3, 2, 2, 0}},
        {0x56a0, "AND", {NF_LC3_AND_IMM, 3, 2, 0, 0}},
        {0x6fbf, "LDR", {NF_LC3_LDR, 7, 6, 7, -1}},
        {0x7f9f, "STR", {NF_LC3_STR, 7, 6, 7, 31}},
        {0x8000, "RTI", {NF_LC3_RTI, 0, 0, 0, 0}},
        {0x903f, "NOT", {NF_LC3_NOT, 0, 0, 7, 0}},
        {0xa001, "LDI", {NF_LC3_LDI, 0, 0, 1, 1}},
        {0xb1fe, "STI", {NF_LC3_STI, 0, 7, 6, -2}},
        {0xc1c0, "JMP", {NF_LC3_JMP, 0, 7, 0, 0}},
        {0xe7ff, "LEA", {NF_LC3_LEA, 3, 7, 7, -1}},
        {0xf025, "TRAP", {NF_LC3_TRAP, 0, 0, 5, 0x25}},
        {0xf0ff, "TRAP", {NF_LC3_TRAP, 0, 3, 7, 0xff}},
        {0xd000, "", {NF_LC3_ILLEGAL, 0, 0, 0, 0}},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        nf_lc3_inst got = nf_lc3_decode(rows[i].word);
        if (memcmp(&got, &rows[i].inst, sizeof got) != 0)
            fail_msg("%04x decodes wrongly, as %u", rows[i].word, got.op);
        assert_string_equal(nf_lc3_op_info_of(got.op)->mnemonic, rows[i].mnemonic);
    }
}

/* The book's reserved bits, written down a second time. */
static bool is_legal(uint16_t word)
{
    unsigned middle = word >> 3 & 7, low = word & 0x3f, high = word >> 9 & 7;
    switch (word >> 12) {
    case 1:
    case 5: return (middle & 4) != 0 || middle == 0;
    case 4: return (word & 0x800) != 0 || (high == 0 && low == 0);
    case 8: return word == 0x8000;
    case 9: return low == 0x3f;
    case 12: return high == 0 && low == 0;
    case 13: return false;
    case 15: return (word & 0xf00) == 0;
    default: return true;
    }
}

static void reserved_bits_are_illegal(void **unused)
{
    (void)unused;
    for (uint32_t word = 0; word <= UINT16_MAX; word++) {
        nf_lc3_op op = nf_lc3_decode((uint16_t)word).op;
        if ((op != NF_LC3_ILLEGAL) != is_legal((uint16_t)word)) fail_msg("%04x", word);
        const nf_lc3_op_info *info = nf_lc3_op_info_of(op);
        assert_int_equal(word & info->mask, info->bits);
    }
}

static void aliases_are_instructions(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < NF_LC3_ALIAS_COUNT; i++)
        assert_int_not_equal(nf_lc3_decode(nf_lc3_aliases[i].word).op, NF_LC3_ILLEGAL);
}

static void lea_sets_cc_in_the_second_edition(void **unused)
{
    (void)unused;
    assert_false(nf_lc3_sets_cc(NF_LC3_LEA, NF_LC3_EDITION_3));
    assert_true(nf_lc3_sets_cc(NF_LC3_LEA, NF_LC3_EDITION_2));
    assert_true(nf_lc3_sets_cc(NF_LC3_LDI, NF_LC3_EDITION_3));
    assert_false(nf_lc3_sets_cc(NF_LC3_ST, NF_LC3_EDITION_2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_decode),
        cmocka_unit_test(reserved_bits_are_illegal),
        cmocka_unit_test(aliases_are_instructions),
        cmocka_unit_test(lea_sets_cc_in_the_second_edition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
