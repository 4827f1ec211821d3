/*
 * The assembler around the encoder: labels, jumps, constants, relocations, alignment, growth, and
 * what happens without memory and at the limit. Encodings have a test of their own, test_encoder.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lib_allocator.h"
#include "x64/asm_internal.h"

typedef struct fixture {
    test_allocator memory;
    nf_arena arena;
    nf_asm a;
} fixture;

static fixture the;

static int set_up(void **state)
{
    test_allocator_init(&the.memory);
    nf_arena_init(&the.arena, &the.memory.allocator);
    nf_asm_init(&the.a, &the.arena, 0);
    *state = &the;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    nf_arena_free(&f->arena);
    return f->memory.blocks == 0 ? 0 : -1;
}

static nf_blob finish(nf_asm *a)
{
    nf_blob blob;
    nf_error error;
    assert_int_equal(nf_asm_finish(a, &blob, &error), NF_OK);
    return blob;
}

static int32_t int32_at(const nf_blob *blob, uint32_t offset)
{
    int32_t value;
    memcpy(&value, blob->bytes + offset, sizeof value);
    return value;
}

static void put_nops(nf_asm *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++) nf_asm_zero_operand(a, NF_X_NOP, 0);
}

/* --- jumps --- */

/* Every distance around the end of the short form's reach. */
static void test_jump_back(void **state)
{
    fixture *f = *state;
    enum { NEAR_NOPS_MAX = 126, NOPS_END = 140 };
    for (unsigned nops = 0; nops < NOPS_END; nops++)
        for (int conditional = 0; conditional < 2; conditional++) {
            nf_asm a;
            nf_asm_init(&a, &f->arena, 0);
            nf_label back = nf_asm_label(&a);
            nf_asm_bind(&a, back);
            put_nops(&a, nops);
            if (conditional)
                nf_asm_jcc(&a, NF_CC_LE, back);
            else
                nf_asm_jmp(&a, back);
            nf_blob blob = finish(&a);
            const uint8_t *p = blob.bytes + nops;
            if (nops <= NEAR_NOPS_MAX) {
                assert_int_equal(blob.code_bytes, nops + 2);
                assert_int_equal(p[0], conditional ? 0x7e : 0xeb);
                assert_int_equal((int8_t)p[1], -(int)(nops + 2));
            } else {
                unsigned bytes = conditional ? 6 : 5;
                assert_int_equal(blob.code_bytes, nops + bytes);
                assert_int_equal(p[0], conditional ? 0x0f : 0xe9);
                if (conditional) assert_int_equal(p[1], 0x8e);
                assert_int_equal(int32_at(&blob, nops + bytes - 4), -(int)(nops + bytes));
            }
        }
}

static void test_jump_ahead(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    nf_label ahead = nf_asm_label(a);
    nf_asm_jmp(a, ahead);
    nf_asm_jcc(a, NF_CC_B, ahead);
    nf_asm_call(a, ahead);
    nf_asm_lea_label(a, NF_R9, ahead);
    put_nops(a, 300);
    nf_asm_bind(a, ahead);
    nf_asm_zero_operand(a, NF_X_RET, 0);
    nf_blob blob = finish(a);
    static const struct {
        uint8_t bytes[4];
        unsigned opcode_bytes;
    } want[] = {{{0xe9}, 1}, {{0x0f, 0x82}, 2}, {{0xe8}, 1}, {{0x4c, 0x8d, 0x0d}, 3}};
    uint32_t at = 0, target = blob.code_bytes - 1;
    for (unsigned i = 0; i < 4; i++) {
        assert_memory_equal(blob.bytes + at, want[i].bytes, want[i].opcode_bytes);
        at += want[i].opcode_bytes + 4;
        assert_int_equal(at + (uint32_t)int32_at(&blob, at - 4), target);
    }
    assert_int_equal(blob.reloc_count, 0);
}

static void test_every_condition(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    nf_label back = nf_asm_label(a);
    nf_asm_bind(a, back);
    for (unsigned cc = 0; cc < 16; cc++) nf_asm_jcc(a, (nf_cc)cc, back);
    nf_blob blob = finish(a);
    for (unsigned cc = 0; cc < 16; cc++) assert_int_equal(blob.bytes[2 * cc], 0x70 + cc);
}

/* --- relocations --- */

static void test_relocations(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    const uint64_t target = 0x7fff00001000;
    nf_label table = nf_asm_label(a), entry = nf_asm_label(a);
    nf_asm_call_address(a, target);
    nf_asm_jmp_address(a, target + 1);
    nf_asm_mi(a, NF_X_ADD_I, 8, nf_mem_address(target + 2), 1);    /* 48 83 05 disp32 01 */
    nf_asm_mi(a, NF_X_MOV_I, 4, nf_mem_address(target + 3), 1000); /* c7 05 disp32 imm32 */
    nf_asm_bind(a, entry);
    nf_asm_bind(a, table);
    nf_asm_label_address(a, entry);
    nf_asm_u64(a, 7);
    nf_blob blob = finish(a);
    const nf_reloc want[] = {
        {1, NF_RELOC_REL32, target, 0},       {6, NF_RELOC_REL32, target + 1, 0},
        {13, NF_RELOC_REL32, target + 2, -1}, {20, NF_RELOC_REL32, target + 3, -4},
        {28, NF_RELOC_SELF64, 0, 28},
    };
    assert_int_equal(blob.reloc_count, sizeof want / sizeof *want);
    for (unsigned i = 0; i < blob.reloc_count; i++) {
        assert_int_equal(blob.relocs[i].offset, want[i].offset);
        assert_int_equal(blob.relocs[i].kind, want[i].kind);
        assert_int_equal(blob.relocs[i].target, want[i].target);
        assert_int_equal(blob.relocs[i].addend, want[i].addend);
    }
    assert_int_equal(blob.code_bytes, 44);
}

/* --- constants --- */

static const size_t constant_sizes[] = {4, 64, 8, 16, 4, 32, 16, 8, 64};
enum { CONSTANTS = sizeof constant_sizes / sizeof *constant_sizes };

/* The place that a `lea rax, [rip + x]` (7 bytes, at `offset`) points to. */
static uint32_t lea_target(const nf_blob *blob, uint32_t offset)
{
    return offset + 7 + (uint32_t)int32_at(blob, offset + 3);
}

static void test_constants(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    uint8_t bytes[CONSTANTS][64];
    for (unsigned i = 0; i < CONSTANTS; i++) {
        memset(bytes[i], (int)(i + 1), sizeof bytes[i]);
        nf_asm_lea_label(a, NF_RAX, nf_asm_constant(a, bytes[i], constant_sizes[i]));
    }
    for (unsigned i = 0; i < CONSTANTS; i++) /* again: shared */
        nf_asm_lea_label(a, NF_RAX, nf_asm_constant(a, bytes[i], constant_sizes[i]));
    nf_blob blob = finish(a);
    assert_int_equal(blob.code_bytes, 2 * CONSTANTS * 7);
    assert_int_equal(blob.align, 64);
    size_t bytes_of_constants = 0;
    for (unsigned i = 0; i < CONSTANTS; i++) {
        uint32_t at = lea_target(&blob, 7 * i);
        assert_int_equal(at, lea_target(&blob, 7 * (CONSTANTS + i)));
        assert_int_equal(at % constant_sizes[i], 0);
        assert_true(at >= blob.code_bytes && at + constant_sizes[i] <= blob.total_bytes);
        assert_memory_equal(blob.bytes + at, bytes[i], constant_sizes[i]);
        bytes_of_constants += constant_sizes[i];
    }
    uint32_t padding = -blob.code_bytes % 64;
    assert_int_equal(blob.total_bytes, blob.code_bytes + padding + bytes_of_constants);
}

/* Equal bytes of another size are another constant; many constants stay apart. */
static void test_many_constants(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    enum { MANY = 3000 };
    static nf_label four[MANY], eight[MANY];
    for (uint64_t i = 0; i < MANY; i++) {
        four[i] = nf_asm_constant(a, &i, 4);
        eight[i] = nf_asm_constant(a, &i, 8);
    }
    for (uint64_t i = 0; i < MANY; i++) {
        assert_int_equal(nf_asm_constant(a, &i, 4).id, four[i].id);
        assert_int_equal(nf_asm_constant(a, &i, 8).id, eight[i].id);
        assert_int_not_equal(four[i].id, eight[i].id);
    }
    nf_blob blob = finish(a);
    assert_int_equal(blob.total_bytes, MANY * (4 + 8));
}

/* --- alignment --- */

/* Every length of padding is made of the recommended NOPs, as few as possible. */
static void test_align(void **state)
{
    fixture *f = *state;
    enum { ALIGNMENT = 32, NOP_BYTES_MAX = 9 };
    for (unsigned used = 1; used <= ALIGNMENT; used++) {
        nf_asm a;
        nf_asm_init(&a, &f->arena, 0);
        for (unsigned i = 0; i < used; i++) nf_asm_zero_operand(&a, NF_X_RET, 0);
        nf_asm_align(&a, ALIGNMENT);
        nf_blob blob = finish(&a);
        assert_int_equal(blob.code_bytes, ALIGNMENT);
        assert_int_equal(blob.align, ALIGNMENT);
        unsigned left = ALIGNMENT - used, at = used;
        while (left > 0) {
            unsigned n = left < NOP_BYTES_MAX ? left : NOP_BYTES_MAX;
            const uint8_t *p = blob.bytes + at;
            unsigned prefix = n >= 2 && p[0] == 0x66;
            if (n <= 2)
                assert_int_equal(p[n - 1], 0x90);
            else
                assert_true(p[prefix] == 0x0f && p[prefix + 1] == 0x1f);
            at += n;
            left -= n;
        }
    }
}

/* --- growth, memory, limit --- */

static void build(nf_asm *a, unsigned rounds)
{
    nf_label top = nf_asm_label(a), out = nf_asm_label(a);
    nf_asm_bind(a, top);
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t number = i % 200;
        nf_label over = nf_asm_label(a);
        nf_asm_rr(a, NF_X_ADD, 8, NF_RAX, NF_R9);
        nf_asm_rm(a, NF_X_MOVSD, 8, NF_XMM0,
                  nf_mem_label(nf_asm_constant(a, &number, sizeof number)));
        nf_asm_jcc(a, NF_CC_E, over);
        nf_asm_call_address(a, 0x1000 + i);
        nf_asm_label_address(a, top);
        nf_asm_mi(a, NF_X_CMP_I, 4, nf_mem_address(i), 1);
        nf_asm_bind(a, over);
        nf_asm_jcc(a, NF_CC_NE, out);
        nf_asm_align(a, 16);
    }
    nf_asm_jmp(a, top);
    nf_asm_bind(a, out);
}

static void test_growth(void **state)
{
    fixture *f = *state;
    enum { ROUNDS = 5000, ENOUGH = 1 << 20 };
    nf_asm roomy;
    nf_asm_init(&roomy, &f->arena, ENOUGH);
    build(&roomy, ROUNDS);
    build(&f->a, ROUNDS);
    nf_blob want = finish(&roomy), got = finish(&f->a);
    assert_int_equal(got.total_bytes, want.total_bytes);
    assert_memory_equal(got.bytes, want.bytes, want.total_bytes);
    assert_int_equal(got.reloc_count, want.reloc_count);
    for (unsigned i = 0; i < want.reloc_count; i++)
        assert_int_equal(got.relocs[i].offset, want.relocs[i].offset);
}

/* Memory runs out at each allocation in turn; the code before it is never written past. */
static void test_out_of_memory(void **state)
{
    (void)state;
    enum { ROUNDS = 3000 };
    size_t failing = 0;
    for (;; failing++) {
        test_allocator memory;
        test_allocator_init(&memory);
        memory.fail_at = failing;
        nf_arena arena;
        nf_arena_init(&arena, &memory.allocator);
        nf_asm a;
        nf_asm_init(&a, &arena, 0);
        build(&a, ROUNDS);
        nf_blob blob;
        nf_error error;
        nf_status status = nf_asm_finish(&a, &blob, &error);
        if (status != NF_OK) {
            assert_int_equal(status, NF_MEMORY);
            assert_int_equal(error.status, NF_MEMORY);
            assert_true(a.failed);
        }
        nf_arena_free(&arena);
        assert_int_equal(memory.blocks, 0);
        if (status == NF_OK) break;
    }
    assert_true(failing >= 4);
}

static void test_limit(void **state)
{
    fixture *f = *state;
    nf_asm a;
    nf_asm_init(&a, &f->arena, SIZE_MAX);
    assert_false(a.failed);
    assert_int_equal(a.limit - a.start, NF_ASM_CODE_BYTES_MAX);
    a.cursor = a.limit - NF_INSN_BYTES_MAX;
    assert_false(a.failed);
    put_nops(&a, 1000); /* goes on, to nowhere */
    assert_true(a.failed);
    nf_blob blob;
    nf_error error;
    assert_int_equal(nf_asm_finish(&a, &blob, &error), NF_LIMIT);
    assert_string_equal(error.message, "machine code of one function is over 64 MiB");
}

#ifndef NF_DEBUG /* where it is an assertion */
static void test_unbound_label(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    nf_asm_jmp(a, nf_asm_label(a));
    nf_blob blob;
    nf_error error;
    assert_int_equal(nf_asm_finish(a, &blob, &error), NF_INVALID);
    assert_string_equal(error.message, "machine code refers to label 1, which is nowhere");
}
#endif

/* --- numbers into registers, by the shortest form --- */

static void test_mov_imm(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    static const struct {
        nf_reg reg;
        uint64_t value;
        bool flags_free;
        unsigned size;
        uint8_t bytes[10];
    } rows[] = {
        {NF_RAX, 0, true, 2, {0x33, 0xc0}},
        {NF_R9, 0, true, 3, {0x45, 0x33, 0xc9}},
        {NF_RAX, 0, false, 5, {0xb8, 0, 0, 0, 0}},
        {NF_RBP, 1, true, 5, {0xbd, 1, 0, 0, 0}},
        {NF_R12, 0x80000000, true, 6, {0x41, 0xbc, 0, 0, 0, 0x80}},
        {NF_RSI, UINT32_MAX, true, 5, {0xbe, 0xff, 0xff, 0xff, 0xff}},
        {NF_RSP, (uint64_t)-2, true, 7, {0x48, 0xc7, 0xc4, 0xfe, 0xff, 0xff, 0xff}},
        {NF_R15, (uint64_t)INT32_MIN, true, 7, {0x49, 0xc7, 0xc7, 0, 0, 0, 0x80}},
        {NF_RDI, 0x100000000, true, 10, {0x48, 0xbf, 0, 0, 0, 0, 1, 0, 0, 0}},
        {NF_R8,
         0x8070605040302010,
         false,
         10,
         {0x49, 0xb8, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80}},
        {NF_RDX,
         0xffffffff7fffffff,
         false,
         10,
         {0x48, 0xba, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff}},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        a->cursor = a->start;
        nf_asm_mov_imm(a, rows[i].reg, rows[i].value, rows[i].flags_free);
        assert_int_equal(nf_asm_offset(a), rows[i].size);
        assert_memory_equal(a->start, rows[i].bytes, rows[i].size);
    }
}

static void test_extend(void **state)
{
    nf_asm *a = &((fixture *)*state)->a;
    static const struct {
        bool sign;
        unsigned to, from, size;
        uint8_t bytes[5];
    } rows[] = {
        /* from RSI to R8; a byte in RSI needs the REX anyway */
        {false, 2, 1, 5, {0x66, 0x44, 0x0f, 0xb6, 0xc6}},
        {false, 4, 1, 4, {0x44, 0x0f, 0xb6, 0xc6}},
        {false, 8, 1, 4, {0x44, 0x0f, 0xb6, 0xc6}},
        {false, 4, 2, 4, {0x44, 0x0f, 0xb7, 0xc6}},
        {false, 8, 2, 4, {0x44, 0x0f, 0xb7, 0xc6}},
        {false, 8, 4, 3, {0x44, 0x8b, 0xc6}},
        {true, 2, 1, 5, {0x66, 0x44, 0x0f, 0xbe, 0xc6}},
        {true, 4, 1, 4, {0x44, 0x0f, 0xbe, 0xc6}},
        {true, 8, 1, 4, {0x4c, 0x0f, 0xbe, 0xc6}},
        {true, 4, 2, 4, {0x44, 0x0f, 0xbf, 0xc6}},
        {true, 8, 2, 4, {0x4c, 0x0f, 0xbf, 0xc6}},
        {true, 8, 4, 3, {0x4c, 0x63, 0xc6}},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        a->cursor = a->start;
        nf_asm_extend(a, rows[i].sign, rows[i].to, rows[i].from, NF_R8, NF_RSI);
        assert_int_equal(nf_asm_offset(a), rows[i].size);
        assert_memory_equal(a->start, rows[i].bytes, rows[i].size);
        a->cursor = a->start; /* the same from [rsi] differs in ModRM alone */
        nf_asm_extend_m(a, rows[i].sign, rows[i].to, rows[i].from, NF_R8, nf_mem_base(NF_RSI, 0));
        assert_int_equal(nf_asm_offset(a), rows[i].size);
        assert_memory_equal(a->start, rows[i].bytes, rows[i].size - 1);
        assert_int_equal(a->start[rows[i].size - 1], 0x06);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_jump_back),     TEST(test_jump_ahead), TEST(test_every_condition),
        TEST(test_relocations),   TEST(test_constants),  TEST(test_many_constants),
        TEST(test_align),         TEST(test_growth),     TEST(test_out_of_memory),
        TEST(test_limit),         TEST(test_mov_imm),    TEST(test_extend),
#ifndef NF_DEBUG
        TEST(test_unbound_label),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
