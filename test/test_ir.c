/* The IR floor in memory: tables, modules, builder, records and lists, clones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ir/ir.h"
#include "lib_allocator.h"
#include "lib_generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NONE         ((nf_value){0})

/* --- tables --- */

static void types_have_texts(void **unused)
{
    unsigned valid = 0;
    (void)unused;
    for (unsigned byte = 0; byte < 256; byte++) {
        nf_type type = (nf_type)byte;
        const char *text = nf_type_text(type);
        bool is_void = type == NF_VOID;
        assert_int_equal(text != NULL, nf_type_valid(type) || is_void);
        if (text) assert_int_equal(nf_type_parse(text, strlen(text)), type);
        valid += nf_type_valid(type);
    }
    /* scalars, and lanes from 2 up to 64 bytes */
    assert_int_equal(valid, 6 + 6 + 5 + 4 + 3 + 4 + 3);
}

static void what_is_no_type_is_not_read(void **unused)
{
    static const char *const texts[] = {"",    "i",    "i7",   "f8",      "f16",    "i128",
                                        "i8x", "i8x1", "i8x3", "i8x08",   "i8x128", "i64x16",
                                        "ip",  "i8xP", "i@",   "i32x4x4", "x4",     "I32"};
    (void)unused;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(nf_type_parse(texts[i], strlen(texts[i])), NF_VOID);
}

static void types_follow(void **unused)
{
    (void)unused;
    assert_int_equal(nf_type_of_compare(NF_F64), NF_I8);
    assert_int_equal(nf_type_of_compare(NF_VECTOR_OF(NF_F32, 3)), NF_VECTOR_OF(NF_I32, 3));
    assert_int_equal(nf_type_of_compare(NF_VECTOR_OF(NF_I8, 6)), NF_VECTOR_OF(NF_I8, 6));
    assert_int_equal(nf_type_canonical(NF_I8, 255), -1);
    assert_int_equal(nf_type_canonical(NF_I32, INT64_C(1) << 31), INT32_MIN);
    assert_int_equal(nf_op_result_type(NF_OP_EXTRACT, NF_VECTOR_OF(NF_F32, 3)), NF_F32);
    assert_int_equal(nf_op_result_type(NF_OP_UADD_OVERFLOW, NF_I64), NF_I8);
}

static void operations_say_what_they_do(void **unused)
{
    (void)unused;
    for (unsigned op = 1; op < NF_OP_COUNT; op++) {
        assert_non_null(nf_ops[op].text);
        for (unsigned other = 1; other < op; other++)
            assert_string_not_equal(nf_ops[op].text, nf_ops[other].text);
    }
    assert_true(nf_ops[NF_OP_ADD].commutes);
    assert_false(nf_ops[NF_OP_FADD].commutes);
    assert_int_equal(nf_ops[NF_OP_STORE].effects, NF_EFFECT_WRITE);
    assert_int_equal(nf_ops[NF_OP_TAIL_CALL].effects, NF_EFFECT_CALL | NF_EFFECT_END);
    assert_int_equal(nf_ops[NF_OP_SELECT].operands, 3);
    for (unsigned cond = 0; cond < NF_COND_COUNT; cond++) assert_non_null(nf_cond_text[cond]);
}

/* --- a module for the tests --- */

typedef struct fixture {
    test_allocator memory;
    nf_module *module;
    nf_arena arena;
    nf_func *f;
    nf_block entry;
    nf_value a, b;
} fixture;

static const nf_type two_i64[] = {NF_I64, NF_I64};

static int fixture_begin(void **state)
{
    fixture *t = calloc(1, sizeof *t);
    test_allocator_init(&t->memory);
    nf_arena_init(&t->arena, &t->memory.allocator);
    t->module = nf_module_new(&t->memory.allocator, "test");
    t->f = nf_module_function(t->module, "f",
                              nf_module_signature(t->module, NF_I64, two_i64, 2, false), 0);
    t->entry = nf_func_entry(t->f);
    t->a = nf_func_param(t->f, 0);
    t->b = nf_func_param(t->f, 1);
    *state = t;
    return 0;
}

static int fixture_end(void **state)
{
    fixture *t = *state;
    nf_module_free(t->module);
    nf_arena_free(&t->arena);
    size_t left = t->memory.blocks;
    free(t);
    return left != 0;
}

static nf_value add(fixture *t, nf_block block, nf_value a, nf_value b)
{
    return nf_build(t->f, block, NF_OP_ADD, NF_I64, a, b, NONE);
}

static void assert_valid(fixture *t)
{
    nf_error error = {0};
    if (nf_module_verify(t->module, &error)) fail_msg("%s", error.message);
}

/* The ids of a block's instructions, both ways. */
static void assert_block(const nf_func *f, nf_block b, const nf_value *expected, size_t count)
{
    size_t i = 0;
    NF_FOR_INSTS(f, b, v)
    {
        assert_true(i < count);
        assert_int_equal(v.id, expected[i].id);
        assert_int_equal(nf_inst_at(f, v)->block.id, b.id);
        assert_int_equal(nf_inst_at(f, v)->prev.id, i ? expected[i - 1].id : 0);
        i++;
    }
    assert_int_equal(i, count);
    assert_int_equal(nf_block_at(f, b)->last.id, count ? expected[count - 1].id : 0);
}
#define ASSERT_BLOCK(f, b, ...)                                                                    \
    assert_block(f, b, (const nf_value[]){__VA_ARGS__},                                            \
                 sizeof((const nf_value[]){__VA_ARGS__}) / sizeof(nf_value))

/* --- modules --- */

static void signatures_are_shared(void **state)
{
    fixture *t = *state;
    static const nf_type mixed[] = {NF_I64, NF_F32};
    nf_module *m = t->module;
    nf_signature first = nf_module_signature(m, NF_I64, two_i64, 2, false);
    assert_int_equal(first.id, t->f->signature.id);
    assert_int_not_equal(nf_module_signature(m, NF_I64, two_i64, 2, true).id, first.id);
    assert_int_not_equal(nf_module_signature(m, NF_I64, two_i64, 1, false).id, first.id);
    assert_int_not_equal(nf_module_signature(m, NF_I64, mixed, 2, false).id, first.id);
    assert_int_not_equal(nf_module_signature(m, NF_VOID, two_i64, 2, false).id, first.id);
    nf_signature empty = nf_module_signature(m, NF_VOID, NULL, 0, false);
    assert_int_equal(nf_module_signature(m, NF_VOID, NULL, 0, false).id, empty.id);
}

static void a_name_belongs_to_one_symbol(void **state)
{
    fixture *t = *state;
    nf_module *m = t->module;
    nf_signature one = nf_module_signature(m, NF_VOID, NULL, 0, false);
    nf_symbol g = nf_module_extern(m, "g", one);
    assert_int_equal(nf_module_symbol(m, "f").id, nf_func_symbol(t->f).id);
    assert_int_equal(nf_module_symbol(m, "none").id, 0);
    assert_int_equal(nf_module_extern(m, "g", one).id, g.id);
    assert_int_equal(nf_module_extern(m, "g", t->f->signature).id, 0);
    assert_int_equal(nf_module_extern_data(m, "g").id, 0);
    assert_int_equal(nf_module_data(m, "g", NULL, 0, 8, 0, false).id, 0);
    assert_null(nf_module_function(m, "g", one, 0));
    assert_null(nf_module_function(m, "f", one, 0));
    assert_ptr_equal(nf_module_function_at(m, nf_func_symbol(t->f)), t->f);
    assert_null(nf_module_function_at(m, g));
}

static void modules_must_be_there(void **unused)
{
    nf_module *module;
    nf_error error;
    const void *bytes;
    const char *text;
    size_t size;
    nf_symbol none = {0};
    (void)unused;
    assert_int_equal(nf_module_verify(NULL, &error), NF_ARGUMENT);
    assert_string_equal(error.message, "module is NULL");
    assert_int_equal(nf_module_print(NULL, &text, &size), NF_ARGUMENT);
    assert_int_equal(nf_module_encode(NULL, &bytes, &size), NF_ARGUMENT);
    assert_int_equal(nf_module_data_reloc(NULL, none, 0, none, 0), NF_ARGUMENT);
    assert_int_equal(nf_module_read(NULL, NULL, "", 0, &module, &error), NF_ARGUMENT);
    assert_int_equal(nf_module_read(NULL, "t", NULL, 4, &module, &error), NF_ARGUMENT);
    assert_string_equal(error.message, "bytes is NULL");
    assert_int_equal(nf_module_read(NULL, "t", NULL, 0, &module, &error), NF_OK);
    nf_module_free(module);
}

static const char *refusal(nf_module *module)
{
    static nf_error error;
    error = (nf_error){0};
    if (nf_module_verify(module, &error) == NF_OK) fail_msg("it verifies");
    assert_string_equal(error.file, module->name);
    return error.message;
}

static void refuse_alignment(nf_module *m)
{
    nf_module_data(m, "d", NULL, 0, 8, 40, false);
}

static void refuse_size(nf_module *m)
{
    nf_module_data(m, "d", NULL, 0, (size_t)1 << 50, 0, false);
}

static void refuse_initial(nf_module *m)
{
    nf_module_data(m, "d", "123", 3, 2, 0, false);
}

static void refuse_taken(nf_module *m)
{
    assert_int_equal(nf_module_data(m, "f", NULL, 0, 8, 0, false).id, 0);
}

static void refuse_second_signature(nf_module *m)
{
    nf_module_extern(m, "g", nf_module_signature(m, NF_VOID, NULL, 0, false));
    nf_module_extern(m, "g", nf_module_signature(m, NF_I64, NULL, 0, false));
}

static void refuse_no_signature(nf_module *m)
{
    assert_null(nf_module_function(m, "g", (nf_signature){0}, 0));
}

static void refuse_local(nf_module *m)
{
    nf_func *f = nf_module_function_at(m, nf_module_symbol(m, "f"));
    nf_func_local(f, 8, 256 + 3);
}

static void refuse_noalias(nf_module *m)
{
    nf_func_noalias(nf_module_function_at(m, nf_module_symbol(m, "f")), 99);
}

static void refuse_case(nf_module *m)
{
    nf_func *f = nf_module_function_at(m, nf_module_symbol(m, "f"));
    nf_switch_case(f, nf_func_param(f, 0), 1, nf_func_entry(f), NULL, 0);
}

/* The module says what was wrong, although the rest of it is sound. */
static void what_the_builder_refuses_does_not_verify(void **unused)
{
    static const struct {
        void (*refuse)(nf_module *m);
        const char *message;
    } rows[] = {
        {refuse_alignment, "@d: the alignment is more than 4096"},
        {refuse_size, "@d: more than 1073741824 bytes of data"},
        {refuse_initial, "@d: the initial bytes are more than the data"},
        {refuse_taken, "@f: the name is taken"},
        {refuse_second_signature, "@g: the name is taken"},
        {refuse_no_signature, "@g: there is no such signature"},
        {refuse_local, "@f: a local is aligned to more than 64"},
        {refuse_noalias, "@f: there is no parameter 99"},
        {refuse_case, "@f: a case is added to what is no switch"},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *state;
        fixture_begin(&state);
        fixture *t = state;
        nf_build_ret(t->f, t->entry, t->a);
        assert_valid(t);
        rows[i].refuse(t->module);
        assert_string_equal(refusal(t->module), rows[i].message);
        assert_int_equal(fixture_end(&state), 0);
    }
}

static void addresses_in_data_are_sorted(void **state)
{
    fixture *t = *state;
    nf_module *m = t->module;
    nf_symbol d = nf_module_data(m, "d", "abcdefgh", 8, 40, 3, true), f = nf_func_symbol(t->f);
    assert_int_equal(nf_module_data_reloc(m, d, 32, f, 1), NF_OK);
    assert_int_equal(nf_module_data_reloc(m, d, 8, d, -2), NF_OK);
    assert_int_equal(nf_module_data_reloc(m, d, 20, f, 3), NF_OK);
    assert_int_equal(nf_module_data_reloc(m, d, 1, f, 0), NF_ARGUMENT);
    assert_int_equal(nf_module_data_reloc(m, d, 27, f, 0), NF_ARGUMENT);
    assert_int_equal(nf_module_data_reloc(m, d, 33, f, 0), NF_ARGUMENT);
    assert_int_equal(nf_module_data_reloc(m, d, SIZE_MAX, f, 0), NF_ARGUMENT);
    assert_int_equal(nf_module_data_reloc(m, f, 0, d, 0), NF_ARGUMENT);
    assert_int_equal(nf_module_data_reloc(m, d, 0, (nf_symbol){99}, 0), NF_ARGUMENT);
    const nf_symbol_data *data = nf_symbol_at(m, d);
    static const uint64_t offsets[] = {8, 20, 32};
    assert_int_equal(data->relocs.count, COUNT(offsets));
    for (uint32_t i = 0; i < COUNT(offsets); i++)
        assert_int_equal(data->relocs.data[i].offset, offsets[i]);
}

static void data_is_copied(void **state)
{
    fixture *t = *state;
    char bytes[] = "text";
    nf_symbol d = nf_module_data(t->module, "d", bytes, 4, 16, 4, false);
    bytes[0] = 'n';
    const nf_symbol_data *data = nf_symbol_at(t->module, d);
    assert_memory_equal(data->initial, "text", 4);
    assert_int_equal(data->size, 16);
}

/* --- builder --- */

static void types_of_results_follow_from_what_is_written(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_block e = t->entry;
    nf_type v8 = NF_VECTOR_OF(NF_F32, 3);
    nf_value one = nf_build_f32(f, e, 1.0f);
    nf_value vector = nf_build(f, e, NF_OP_SPLAT, v8, one, NONE, NONE);
    nf_value sum = nf_build(f, e, NF_OP_REDUCE_FADD, v8, vector, NONE, NONE);
    nf_value lane = nf_build_extract(f, e, vector, 7);
    nf_value put = nf_build_insert(f, e, vector, lane, 0);
    nf_value mask = nf_build_compare(f, e, NF_FOLT, vector, put);
    nf_value less = nf_build_compare(f, e, NF_SLT, t->a, t->b);
    nf_value over = nf_build(f, e, NF_OP_SADD_OVERFLOW, NF_I64, t->a, t->b, NONE);
    nf_value byte = nf_build_iconst(f, e, NF_I8, 255);
    nf_address at = {.base = t->a, .index = t->b, .scale_log2 = 3, .offset = -8, .alias = 7};
    nf_value loaded = nf_build_load(f, e, v8, at);
    at.index = NONE;
    nf_value stored = nf_build_store(f, e, put, at);
    nf_build_mstore(f, e, loaded, mask, at);
    nf_build_ret(f, e, t->a);
    assert_int_equal(nf_value_type(f, vector), v8);
    assert_int_equal(nf_value_type(f, sum), NF_F32);
    assert_int_equal(nf_value_type(f, lane), NF_F32);
    assert_int_equal(nf_value_type(f, put), v8);
    assert_int_equal(nf_value_type(f, mask), NF_VECTOR_OF(NF_I32, 3));
    assert_int_equal(nf_value_type(f, less), NF_I8);
    assert_int_equal(nf_value_type(f, over), NF_I8);
    assert_int_equal(nf_inst_at(f, byte)->imm, -1);
    assert_int_equal(nf_value_type(f, loaded), v8);
    assert_false(nf_inst_defines(nf_inst_at(f, stored)));
    assert_int_equal(nf_inst_written_type(f, nf_inst_at(f, lane)), v8);
    assert_int_equal(f->alias_classes, 7);
    assert_valid(t);
}

static void calls_have_their_signature(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_value args[] = {t->a, t->b};
    nf_value direct = nf_build_call(f, t->entry, nf_func_symbol(f), args, 2);
    nf_value indirect = nf_build_call_indirect(f, t->entry, t->a, f->signature, args, 2);
    nf_build_tail_call(f, t->entry, nf_func_symbol(f), args, 2);
    const nf_inst *call = nf_inst_at(f, indirect);
    assert_int_equal(nf_value_type(f, direct), NF_I64);
    assert_int_equal(nf_call_arg_count(call), 2);
    assert_int_equal(nf_call_args(f, call)[1].id, t->b.id);
    assert_int_equal(nf_call_signature(f, call).id, f->signature.id);
    assert_int_equal(nf_call_signature(f, nf_inst_at(f, direct)).id, f->signature.id);
    assert_valid(t);
}

/* Two switches whose cases come in turns: each keeps its own edges in a row. */
static void cases_may_be_added_in_turns(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_block blocks[2] = {nf_func_block(f), nf_func_block(f)}, end = nf_func_block(f);
    nf_value p = nf_block_param(f, end, NF_I64), switches[2];
    nf_build_br(f, t->entry, blocks[0], NULL, 0);
    for (int i = 0; i < 2; i++) {
        nf_value key = nf_build(f, blocks[i], NF_OP_TRUNC, NF_I8, t->a, NONE, NONE);
        switches[i] = nf_build_switch(f, blocks[i], key, i ? end : blocks[1], &t->a, i);
    }
    for (int key = 0; key < 200; key++)
        for (int i = 0; i < 2; i++) nf_switch_case(f, switches[i], key, end, i ? &t->a : &t->b, 1);
    nf_build_ret(f, end, p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nf_edge_count(f, switches[i]), 201);
        for (uint32_t edge = 1; edge <= 200; edge++) {
            const nf_edge *at = nf_edge_at(f, switches[i], edge);
            assert_int_equal(at->key, (int8_t)(edge - 1));
            assert_int_equal(nf_edge_args(f, at)[0].id, (i ? t->a : t->b).id);
        }
    }
    assert_valid(t);
}

/* --- records and lists --- */

static void instructions_go_in_and_out(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_value x = add(t, t->entry, t->a, t->b), y = add(t, t->entry, x, x);
    nf_build_ret(f, t->entry, y);
    nf_value ret = nf_block_at(f, t->entry)->last;
    nf_value z = nf_inst_new(f, nf_inst_at(f, x));
    assert_int_equal(nf_inst_at(f, z)->block.id, 0);
    nf_inst_insert_before(f, x, z);
    ASSERT_BLOCK(f, t->entry, z, x, y, ret);
    nf_inst_unlink(f, z);
    ASSERT_BLOCK(f, t->entry, x, y, ret);
    nf_inst_insert_before(f, ret, z);
    ASSERT_BLOCK(f, t->entry, x, y, z, ret);
    nf_inst_remove(f, z);
    assert_int_equal(nf_inst_at(f, z)->op, NF_OP_NONE);
    nf_inst_unlink(f, ret);
    ASSERT_BLOCK(f, t->entry, x, y);
    nf_inst_append(f, t->entry, ret);
    ASSERT_BLOCK(f, t->entry, x, y, ret);
    assert_int_equal(nf_func_size(f), 3);
    assert_valid(t);
}

static void id_zero_is_harmless(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_inst_append(f, t->entry, NONE);
    nf_inst_append(f, (nf_block){0}, t->a);
    nf_inst_insert_before(f, NONE, t->a);
    nf_inst_unlink(f, NONE);
    nf_inst_remove(f, NONE);
    nf_block_remove(f, (nf_block){0});
    assert_int_equal(nf_block_param(f, (nf_block){0}, NF_I64).id != 0, true);
    assert_int_equal(nf_func_param(f, 2).id, 0);
    nf_build_ret(f, t->entry, t->a);
    assert_valid(t);
}

static void layout_is_what_was_asked_for(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_block first = nf_func_block(f), last = nf_func_block(f);
    nf_block middle = nf_block_insert(f, first);
    static const char *const expected[] = {"efml", "eflm", "emfl", "efl"};
    const char *names = "?eflm"; /* by id */
    for (int step = 0; step < 4; step++) {
        char order[8];
        size_t count = 0;
        if (step == 1) nf_block_move(f, middle, (nf_block){0});
        if (step == 2) nf_block_move(f, middle, t->entry);
        if (step == 3) nf_block_remove(f, middle);
        NF_FOR_BLOCKS(f, b) order[count++] = names[b.id];
        order[count] = 0;
        assert_string_equal(order, expected[step]);
        assert_int_equal(f->last_block.id, step == 1 ? middle.id : last.id);
    }
    assert_false(nf_block_at(f, middle)->alive);
}

static void parameters_and_arguments_keep_in_step(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_block next = nf_func_block(f);
    nf_value params[6];
    nf_build_br(f, t->entry, next, NULL, 0);
    nf_edge *edge = nf_edge_at(f, nf_block_at(f, t->entry)->last, 0);
    for (int i = 0; i < 6; i++) {
        params[i] = nf_block_param(f, next, NF_I64);
        nf_edge_arg_append(f, edge, i % 2 ? t->a : t->b);
    }
    nf_build_ret(f, next, params[5]);
    assert_valid(t);
    nf_block_param_remove(f, next, 1);
    nf_edge_arg_remove(f, edge, 1);
    assert_int_equal(nf_block_at(f, next)->param_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(nf_param_at(f, next, i).id, params[i + (i >= 1)].id);
        assert_int_equal(nf_inst_at(f, nf_param_at(f, next, i))->imm, i);
        assert_int_equal(nf_edge_args(f, edge)[i].id, ((i + (i >= 1)) % 2 ? t->a : t->b).id);
    }
    assert_valid(t);
    nf_value again = nf_inst_new(f, &(nf_inst){.op = NF_OP_NONE, .type = NF_F32});
    nf_block_param_append(f, next, again);
    nf_edge_arg_append(f, edge, nf_build_f32(f, t->entry, 1.0f));
    assert_int_equal(nf_param_at(f, next, 5).id, again.id);
    assert_int_equal(nf_value_type(f, again), NF_F32);
}

typedef struct seen {
    uint32_t ids[16], count;
} seen;

static void see(void *context, nf_value *place)
{
    seen *s = context;
    s->ids[s->count++] = place->id;
}

static void all_operands_are_visited(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_block next = nf_func_block(f);
    nf_value args[] = {t->b, t->a};
    nf_value call = nf_build_call_indirect(f, t->entry, t->a, f->signature, args, 2);
    nf_value store = nf_build_store(f, t->entry, call, (nf_address){.base = t->b});
    nf_value flag = nf_build_compare(f, t->entry, NF_EQ, t->a, t->b);
    nf_block_param(f, next, NF_I64);
    nf_build_brif(f, t->entry, flag, next, &call, 1, next, &t->b, 1);
    const struct {
        nf_value v;
        uint32_t count, ids[4];
    } rows[] = {{call, 3, {t->a.id, t->b.id, t->a.id}},
                {store, 2, {t->b.id, call.id}},
                {nf_block_at(f, t->entry)->last, 3, {flag.id, call.id, t->b.id}},
                {t->a, 0, {0}}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        seen s = {.count = 0};
        nf_operands_each(f, rows[i].v, see, &s);
        assert_int_equal(s.count, rows[i].count);
        assert_memory_equal(s.ids, rows[i].ids, s.count * sizeof *s.ids);
    }
}

static void replacements_follow_chains(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_value x = add(t, t->entry, t->a, t->a), y = add(t, t->entry, x, t->b);
    nf_value z = add(t, t->entry, y, x);
    nf_build_ret(f, t->entry, z);
    nf_value *map = NF_NEW_ARRAY(&t->arena, nf_value, f->insts.count);
    map[z.id] = y;
    map[y.id] = x;
    map[x.id] = t->b;
    nf_values_replace(f, map);
    assert_int_equal(nf_inst_at(f, nf_block_at(f, t->entry)->last)->a.id, t->b.id);
    assert_int_equal(nf_inst_at(f, z)->a.id, t->b.id);
    assert_int_equal(nf_inst_at(f, z)->b.id, t->b.id);
    assert_int_equal(nf_inst_at(f, y)->a.id, t->b.id);
    assert_int_equal(map[z.id].id, t->b.id);
    assert_valid(t);
}

/* --- clones --- */

static void clones_are_private(void **state)
{
    fixture *t = *state;
    nf_func *f = t->f;
    nf_value x = add(t, t->entry, t->a, t->b);
    nf_build_ret(f, t->entry, x);
    nf_name_set(f, &f->debug.value_names, x.id, "x");
    nf_line_set(f, x, 7);
    nf_func *clone = nf_func_clone(f, &t->arena);
    assert_non_null(clone);
    assert_ptr_equal(clone->arena, &t->arena);
    assert_int_equal(nf_func_size(clone), 2);
    for (int i = 0; i < 100; i++) {
        nf_value y = nf_inst_new(clone, nf_inst_at(clone, x));
        nf_inst_insert_before(clone, x, y);
        nf_inst_at(clone, x)->a = y;
        nf_line_set(clone, y, 9);
        nf_func_block(clone);
    }
    nf_line_set(clone, x, 8);
    nf_name_set(clone, &clone->debug.value_names, x.id, "y");
    assert_int_equal(nf_func_size(f), 2);
    assert_int_equal(nf_inst_at(f, x)->a.id, t->a.id);
    assert_int_equal(nf_line_of(f, x), 7);
    assert_string_equal(nf_name_at(&f->debug.value_names, x.id), "x");
    assert_int_equal(nf_line_of(clone, x), 8);
    assert_int_equal(f->blocks.count, 2);
    assert_valid(t);
}

static void generated_functions_are_cloned_whole(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        test_allocator memory;
        nf_arena arena;
        nf_error error;
        test_allocator_init(&memory);
        nf_arena_init(&arena, &memory.allocator);
        nf_module *module =
            generate_module(NULL, seed, 1, &(generate_options){.vector_bytes_max = 64});
        nf_func *f = NULL, *clone;
        for (uint32_t id = 1; f == NULL; id++) f = nf_module_function_at(module, (nf_symbol){id});
        assert_non_null(clone = nf_func_clone(f, &arena));
        assert_int_equal(clone->insts.count, f->insts.count);
        assert_memory_equal(clone->insts.data, f->insts.data, f->insts.count * sizeof(nf_inst));
        assert_memory_equal(clone->pool.data, f->pool.data, f->pool.count * sizeof(uint32_t));
        assert_int_equal(nf_func_verify(clone, &arena, &error), NF_OK);
        nf_module_free(module);
        nf_arena_free(&arena);
        assert_int_equal(memory.blocks, 0);
    }
}

/* --- lack of memory --- */

static bool build_much(nf_module *module)
{
    nf_func *f =
        nf_module_function(module, "f", nf_module_signature(module, NF_I64, two_i64, 2, false), 0);
    if (f == NULL) return false;
    nf_block b = nf_func_entry(f);
    nf_value sum = nf_func_param(f, 0), args[] = {sum, sum};
    for (int i = 0; i < 2000; i++) {
        nf_block next = nf_func_block(f);
        nf_value p = nf_block_param(f, next, NF_I64);
        sum = nf_build(f, b, NF_OP_ADD, NF_I64, sum, sum, NONE);
        sum = nf_build_call(f, b, nf_func_symbol(f), args, 2);
        nf_build_br(f, b, next, &sum, 1);
        sum = p;
        b = next;
    }
    nf_build_ret(f, b, sum);
    return !module->arena.failed;
}

static void lack_of_memory_is_noticed_at_the_end(void **unused)
{
    bool built = false;
    (void)unused;
    for (size_t fail_at = 0; !built; fail_at++) {
        test_allocator memory;
        test_allocator_init(&memory);
        memory.fail_at = fail_at;
        nf_module *module = nf_module_new(&memory.allocator, "lack");
        built = module && build_much(module);
        memory.fail_at = SIZE_MAX;
        if (built) assert_int_equal(nf_module_verify(module, NULL), NF_OK);
        if (module && !built) assert_int_equal(nf_module_verify(module, NULL), NF_MEMORY);
        nf_module_free(module);
        assert_int_equal(memory.blocks, 0);
        assert_true(fail_at < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_texts),
        cmocka_unit_test(what_is_no_type_is_not_read),
        cmocka_unit_test(types_follow),
        cmocka_unit_test(operations_say_what_they_do),
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
        WITH_FIXTURE(signatures_are_shared),
        WITH_FIXTURE(a_name_belongs_to_one_symbol),
        cmocka_unit_test(modules_must_be_there),
        cmocka_unit_test(what_the_builder_refuses_does_not_verify),
        WITH_FIXTURE(addresses_in_data_are_sorted),
        WITH_FIXTURE(data_is_copied),
        WITH_FIXTURE(types_of_results_follow_from_what_is_written),
        WITH_FIXTURE(calls_have_their_signature),
        WITH_FIXTURE(cases_may_be_added_in_turns),
        WITH_FIXTURE(instructions_go_in_and_out),
        WITH_FIXTURE(id_zero_is_harmless),
        WITH_FIXTURE(layout_is_what_was_asked_for),
        WITH_FIXTURE(parameters_and_arguments_keep_in_step),
        WITH_FIXTURE(all_operands_are_visited),
        WITH_FIXTURE(replacements_follow_chains),
        WITH_FIXTURE(clones_are_private),
        cmocka_unit_test(generated_functions_are_cloned_whole),
        cmocka_unit_test(lack_of_memory_is_noticed_at_the_end),
#undef WITH_FIXTURE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
