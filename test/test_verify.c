/*
 * The verifier against what no text can say: broken lists, ids out of range, numbers that are not
 * canonical, as a decoder could make them of hostile bytes. Rules that text can break are in
 * test/nir/bad. The base is a sound module; each row breaks one thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"
#include "lib_allocator.h"
#include "lib_generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char base_text[] = "extern @g(i64, ...) -> i64\n"
                                "extern data @host\n"
                                "data @d align 8 { i64 @f, i64 1, i64 @d + 8 }\n"
                                "func @f(%a: i64, %c: i8) -> i64 {\n"
                                "  local $t: 16\n"
                                "entry:\n"
                                "  %k = iconst.i8 5\n"
                                "  %h = fconst.f32 1.5\n"
                                "  %s = symbol @d\n"
                                "  %l = local $t\n"
                                "  %x = load.i64 [%l + %a*8] align 8\n"
                                "  store.i64 %x, [%l] align 8 atomic\n"
                                "  %v = splat.i64x2 %x\n"
                                "  %e = extract.i64x2 %v, 1\n"
                                "  %q = icmp.eq.i64 %x, %e\n"
                                "  %r = call @g(%x, %e)\n"
                                "  %i = call_indirect %a(%x) : (i64) -> i64\n"
                                "  brif %q, next(%r), done\n"
                                "next(%p: i64):\n"
                                "  switch.i8 %c, done, 1: done, 2: next(%p)\n"
                                "done:\n"
                                "  ret %a\n"
                                "}\n"
                                "func @t(%a: i64) -> i64 {\n"
                                "entry:\n"
                                "  tail_call @t(%a)\n"
                                "}\n";

typedef struct target {
    nf_module *module;
    nf_func *f;
} target;

/* The first instruction of that operation. */
static nf_value first(const target *t, nf_op op)
{
    for (uint32_t id = 1; id < t->f->insts.count; id++)
        if (t->f->insts.data[id].op == op) return (nf_value){id};
    return (nf_value){0};
}

static nf_inst *inst(const target *t, nf_op op)
{
    return nf_inst_at(t->f, first(t, op));
}
static nf_block_data *block(const target *t, uint32_t id)
{
    return &t->f->blocks.data[id];
}
static nf_edge *edge(const target *t, nf_op op, uint32_t i)
{
    return nf_edge_at(t->f, first(t, op), i);
}
static nf_symbol_data *symbol(const target *t, const char *name)
{
    return nf_symbol_at(t->module, nf_module_symbol(t->module, name));
}

/* Each breaks one thing. */
#define BREAK(name, statement)                                                                     \
    static void name(const target *t)                                                              \
    {                                                                                              \
        statement;                                                                                 \
    }
BREAK(op_unknown, inst(t, NF_OP_LOAD)->op = 999)
BREAK(op_none, inst(t, NF_OP_LOAD)->op = NF_OP_NONE)
BREAK(op_param, inst(t, NF_OP_LOAD)->op = NF_OP_PARAM)
BREAK(type_unknown, inst(t, NF_OP_LOAD)->type = 0xff)
BREAK(type_of_param, nf_inst_at(t->f, nf_func_param(t->f, 0))->type = 7)
BREAK(type_of_store, inst(t, NF_OP_STORE)->type = NF_VOID)
BREAK(type_of_terminator, inst(t, NF_OP_BRIF)->type = NF_I8)
BREAK(type_of_call, inst(t, NF_OP_CALL)->type = NF_I32)
BREAK(type_of_symbol, inst(t, NF_OP_SYMBOL)->type = NF_I32)
BREAK(type_of_compare, inst(t, NF_OP_ICMP)->type = NF_I64)
BREAK(type_of_extract, inst(t, NF_OP_EXTRACT)->type = NF_I32)
BREAK(operand_far, inst(t, NF_OP_SPLAT)->a.id = 0x7fffffff)
BREAK(operand_none, inst(t, NF_OP_SPLAT)->a.id = 0)
BREAK(operand_extra, inst(t, NF_OP_SPLAT)->c = first(t, NF_OP_LOAD))
BREAK(operand_store, inst(t, NF_OP_SPLAT)->a = first(t, NF_OP_STORE))
BREAK(operand_removed, inst(t, NF_OP_SPLAT)->a = nf_inst_new(t->f, inst(t, NF_OP_LOAD)))
BREAK(operand_self, inst(t, NF_OP_SPLAT)->a = first(t, NF_OP_SPLAT))
BREAK(arg_far, nf_call_args(t->f, inst(t, NF_OP_CALL))[0].id = 0x7fffffff)
BREAK(args_far, inst(t, NF_OP_CALL)->extra = 0xfffffff0)
BREAK(args_many, inst(t, NF_OP_CALL)->c.id = 0xffffffff)
BREAK(callee_far, inst(t, NF_OP_CALL)->imm = 0x7fffffff)
BREAK(callee_negative, inst(t, NF_OP_CALL)->imm = -1)
BREAK(callee_none, inst(t, NF_OP_CALL)->imm = 0)
BREAK(signature_far, inst(t, NF_OP_CALL_INDIRECT)->imm = INT64_MAX)
BREAK(iconst_wide, inst(t, NF_OP_ICONST)->imm = 255)
BREAK(fconst_wide, inst(t, NF_OP_FCONST)->imm = INT64_C(1) << 32)
BREAK(symbol_far, inst(t, NF_OP_SYMBOL)->extra = 77)
BREAK(local_far, inst(t, NF_OP_LOCAL)->extra = 2)
BREAK(local_none, inst(t, NF_OP_LOCAL)->extra = 0)
BREAK(local_behind, inst(t, NF_OP_LOCAL)->imm = 17)
BREAK(lane_negative, inst(t, NF_OP_EXTRACT)->imm = -1)
BREAK(lane_far, inst(t, NF_OP_EXTRACT)->imm = 2)
BREAK(condition_unknown, inst(t, NF_OP_ICMP)->sub = 200)
BREAK(condition_float, inst(t, NF_OP_ICMP)->sub = NF_FOEQ)
BREAK(scale_far, inst(t, NF_OP_LOAD)->sub = 4)
BREAK(offset_far, inst(t, NF_OP_LOAD)->imm = INT64_C(1) << 31)
BREAK(align_far, inst(t, NF_OP_LOAD)->mem.align_log2 = 13)
BREAK(flags_unknown, inst(t, NF_OP_LOAD)->mem.flags = 4)
BREAK(alias_far, inst(t, NF_OP_LOAD)->mem.alias = 1)
BREAK(atomic_unaligned, inst(t, NF_OP_STORE)->mem.align_log2 = 2)
BREAK(next_far, inst(t, NF_OP_LOAD)->next.id = 0x7fffffff)
BREAK(next_back, inst(t, NF_OP_LOAD)->next = first(t, NF_OP_ICONST))
BREAK(next_self, inst(t, NF_OP_LOAD)->next = first(t, NF_OP_LOAD))
BREAK(next_end, inst(t, NF_OP_LOAD)->next.id = 0)
BREAK(prev_wrong, inst(t, NF_OP_LOAD)->prev.id = 0)
BREAK(owner_wrong, inst(t, NF_OP_LOAD)->block.id = 2)
BREAK(owner_claimed, nf_inst_at(t->f, nf_inst_new(t->f, inst(t, NF_OP_LOAD)))->block.id = 1)
BREAK(first_far, block(t, 1)->first.id = 0x7fffffff)
BREAK(first_none, block(t, 1)->first.id = 0)
BREAK(last_wrong, block(t, 1)->last = first(t, NF_OP_LOAD))
BREAK(block_next_far, block(t, 1)->next.id = 99)
BREAK(block_next_back, block(t, 3)->next.id = 1)
BREAK(block_next_self, block(t, 2)->next.id = 2)
BREAK(block_prev_wrong, block(t, 2)->prev.id = 3)
BREAK(block_dead, block(t, 2)->alive = false)
BREAK(block_last_wrong, t->f->last_block.id = 1)
BREAK(entry_none, t->f->entry.id = 0)
BREAK(entry_far, t->f->entry.id = 99)
BREAK(entry_other, t->f->entry.id = 2)
BREAK(no_insts, t->f->insts.count = 0)
BREAK(no_pool, t->f->pool.count = 0)
BREAK(params_far, block(t, 1)->params = 0xfffffff0)
BREAK(params_many, block(t, 1)->param_count = block(t, 1)->param_capacity = 0x7fffffff)
BREAK(params_many_in_range, (block(t, 1)->param_count = 20000))
BREAK(params_fewer, block(t, 1)->param_count = 1)
BREAK(param_far, t->f->pool.data[block(t, 2)->params] = 0x7fffffff)
BREAK(param_twice, t->f->pool.data[block(t, 1)->params + 1] = nf_func_param(t->f, 0).id)
BREAK(param_index, nf_inst_at(t->f, nf_func_param(t->f, 0))->imm = 1)
BREAK(edge_far, edge(t, NF_OP_BRIF, 0)->to.id = 99)
BREAK(edge_none, edge(t, NF_OP_BRIF, 0)->to.id = 0)
BREAK(edges_far, inst(t, NF_OP_BRIF)->extra = 0xffffffff)
BREAK(edges_none, inst(t, NF_OP_BRIF)->extra = 0)
BREAK(edges_many, inst(t, NF_OP_BRIF)->c.id = 0xfffffff)
BREAK(edges_few, inst(t, NF_OP_BRIF)->c.id = 1)
BREAK(edges_no_default, inst(t, NF_OP_SWITCH)->c.id = 0)
BREAK(edge_args_far, edge(t, NF_OP_BRIF, 0)->args = 0xfffffff0)
BREAK(edge_args_many, edge(t, NF_OP_BRIF, 0)->arg_capacity = 0x7fffffff)
BREAK(edge_args_over, edge(t, NF_OP_BRIF, 0)->arg_capacity = 0)
BREAK(edge_arg_far, nf_edge_args(t->f, edge(t, NF_OP_BRIF, 0))[0].id = 0x7fffffff)
BREAK(key_wide, edge(t, NF_OP_SWITCH, 1)->key = 255)
BREAK(key_twice, edge(t, NF_OP_SWITCH, 1)->key = 2)
BREAK(tail_extra, inst(t, NF_OP_RET)->b = nf_func_param(t->f, 0))
BREAK(local_large, t->f->locals.data[1].size = 1 << 21)
BREAK(local_aligned, t->f->locals.data[1].align_log2 = 7)
BREAK(attribute_unknown, t->f->attributes = 64)
BREAK(tolerance_infinite, t->f->tolerance = HUGE_VAL)
BREAK(noalias_far, t->f->noalias = UINT64_C(1) << 63)
BREAK(name_none, symbol(t, "d")->name = NULL)
BREAK(name_empty, symbol(t, "d")->name = "")
BREAK(name_taken, symbol(t, "d")->name = "f")
BREAK(kind_unknown, symbol(t, "d")->kind = (nf_symbol_kind)9)
BREAK(func_none, symbol(t, "f")->func = NULL)
BREAK(func_other, symbol(t, "f")->func = symbol(t, "t")->func)
BREAK(symbol_signature_far, symbol(t, "g")->signature.id = 99)
BREAK(symbol_signature_none, symbol(t, "g")->signature.id = 0)
BREAK(symbol_signature_other, symbol(t, "f")->signature = symbol(t, "t")->signature)
BREAK(func_variadic, t->module->signatures.data[t->f->signature.id].variadic = true)
BREAK(params_too_many, t->module->signatures.data[symbol(t, "g")->signature.id].param_count = 999)
BREAK(result_unknown, t->module->signatures.data[symbol(t, "g")->signature.id].result = 0x77)
BREAK(data_large, symbol(t, "d")->size = UINT64_MAX)
BREAK(data_short, symbol(t, "d")->size = 23)
BREAK(reloc_short, symbol(t, "d")->size = symbol(t, "d")->initial_size = 23)
BREAK(data_none, (symbol(t, "d")->initial = NULL))
BREAK(data_aligned, symbol(t, "d")->align_log2 = 63)
BREAK(reloc_far, symbol(t, "d")->relocs.data[1].offset = UINT64_MAX)
BREAK(reloc_overlaps, symbol(t, "d")->relocs.data[1].offset = 4)
BREAK(reloc_order, symbol(t, "d")->relocs.data[0].offset = 16)
BREAK(reloc_target, symbol(t, "d")->relocs.data[0].target.id = 99)

static const struct {
    const char *name;
    void (*break_it)(const target *t);
    const char *message;
} rows[] = {
#define ROW(name, message)                                                                         \
    {                                                                                              \
#name, name, message                                                                       \
    }
    ROW(op_unknown, "there is no such operation"),
    ROW(op_none, "there is no such operation"),
    ROW(op_param, "there is no such operation"),
    ROW(type_unknown, "there is no such type"),
    ROW(type_of_param, "the parameter has no type"),
    ROW(type_of_store, "store: there is no form for type void"),
    ROW(type_of_terminator, "the end of a block gives no value"),
    ROW(type_of_call, "call: the result is i32, not i64"),
    ROW(type_of_symbol, "symbol: the result is i32, not i64"),
    ROW(type_of_compare, "icmp: the result is i64, not i8"),
    ROW(type_of_extract, "extract: the result is i32, not i64"),
    ROW(operand_far, "an operand is missing or removed"),
    ROW(operand_none, "an operand is missing or removed"),
    ROW(operand_extra, "there are more operands than it takes"),
    ROW(operand_store, "an operand is an instruction without a value"),
    ROW(operand_removed, "an operand is missing or removed"),
    ROW(operand_self, "does not dominate this use"),
    ROW(arg_far, "an operand is missing or removed"),
    ROW(args_far, "the arguments are out of range"),
    ROW(args_many, "the arguments are out of range"),
    ROW(callee_far, "there is no such symbol"),
    ROW(callee_negative, "there is no such symbol"),
    ROW(callee_none, "there is no such symbol"),
    ROW(signature_far, "there is no such signature"),
    ROW(iconst_wide, "the number is not sign-extended from i8"),
    ROW(fconst_wide, "an f32 has 32 bits"),
    ROW(symbol_far, "there is no such symbol"),
    ROW(local_far, "there is no such local"),
    ROW(local_none, "there is no such local"),
    ROW(local_behind, "the offset leaves the local of 16 bytes"),
    ROW(lane_negative, "i64x2 has no lane -1"),
    ROW(lane_far, "i64x2 has no lane 2"),
    ROW(condition_unknown, "there is no such condition"),
    ROW(condition_float, "there is no such condition"),
    ROW(scale_far, "a scale is 1, 2, 4 or 8"),
    ROW(offset_far, "the offset has more than 32 bits"),
    ROW(align_far, "the alignment is more than 4096"),
    ROW(flags_unknown, "there is an unknown flag"),
    ROW(alias_far, "alias class 1 is above the function's highest"),
    ROW(atomic_unaligned, "an atomic access is aligned to its size, 8"),
    ROW(next_far, "a block's list of instructions is broken"),
    ROW(next_back, "a block's list of instructions is broken"),
    ROW(next_self, "a block's list of instructions is broken"),
    ROW(next_end, "the block does not end with a terminator"),
    ROW(prev_wrong, "a block's list of instructions is broken"),
    ROW(owner_wrong, "a block's list of instructions is broken"),
    ROW(owner_claimed, "an instruction is in a block that does not list it"),
    ROW(first_far, "a block's list of instructions is broken"),
    ROW(first_none, "is empty"),
    ROW(last_wrong, "a block's list of instructions is broken"),
    ROW(block_next_far, "the list of blocks is broken"),
    ROW(block_next_back, "the list of blocks is broken"),
    ROW(block_next_self, "the list of blocks is broken"),
    ROW(block_prev_wrong, "the list of blocks is broken"),
    ROW(block_dead, "the list of blocks is broken"),
    ROW(block_last_wrong, "the list of blocks is broken"),
    ROW(entry_none, "the function has no entry block"),
    ROW(entry_far, "the function has no entry block"),
    ROW(entry_other, "the list of blocks is broken"),
    ROW(no_insts, "the function has no entry block"),
    ROW(no_pool, "the function has no entry block"),
    ROW(params_far, "a block's parameters are out of range"),
    ROW(params_many, "more than 16384 parameters"),
    ROW(params_many_in_range, "more than 16384 parameters"),
    ROW(params_fewer, "an instruction is in a block that does not list it"),
    ROW(param_far, "a block's parameters are out of range"),
    ROW(param_twice, "parameter 1 is not its block's"),
    ROW(param_index, "parameter 0 is not its block's"),
    ROW(edge_far, "the target is no block of the function"),
    ROW(edge_none, "the target is no block of the function"),
    ROW(edges_far, "the edges are out of range"),
    ROW(edges_none, "the edges are out of range"),
    ROW(edges_many, "more than 1048576 cases"),
    ROW(edges_few, "the number of targets is wrong"),
    ROW(edges_no_default, "the number of targets is wrong"),
    ROW(edge_args_far, "the arguments are out of range"),
    ROW(edge_args_many, "the arguments are out of range"),
    ROW(edge_args_over, "the arguments are out of range"),
    ROW(edge_arg_far, "an operand is missing or removed"),
    ROW(key_wide, "case 255 is not sign-extended from i8"),
    ROW(key_twice, "case 2 stands twice"),
    ROW(tail_extra, "there are more operands than it takes"),
    ROW(local_large, "the locals have more than 1048576 bytes"),
    ROW(local_aligned, "a local is aligned to more than 64"),
    ROW(attribute_unknown, "there is an unknown attribute"),
    ROW(tolerance_infinite, "the tolerance must be finite and not negative"),
    ROW(noalias_far, "only a parameter of type i64 can be noalias"),
    ROW(name_none, "a symbol's name is empty or too long"),
    ROW(name_empty, "a symbol's name is empty or too long"),
    ROW(name_taken, "the name is taken twice"),
    ROW(kind_unknown, "the symbol is of no kind"),
    ROW(func_none, "the symbol has no function"),
    ROW(func_other, "the symbol has no function"),
    ROW(symbol_signature_far, "the symbol has no signature"),
    ROW(symbol_signature_none, "the symbol has no signature"),
    ROW(symbol_signature_other, "the symbol has no function"),
    ROW(func_variadic, "a defined function cannot be variadic"),
    ROW(params_too_many, "a signature has at most 127 parameters"),
    ROW(result_unknown, "scalar types only"),
    ROW(data_large, "more than 1073741824 bytes of data"),
    ROW(data_short, "the initial bytes are more than the data"),
    ROW(reloc_short, "addresses in data overlap or leave it"),
    ROW(data_none, "the initial bytes are more than the data"),
    ROW(data_aligned, "the alignment is more than 4096"),
    ROW(reloc_far, "addresses in data overlap or leave it"),
    ROW(reloc_overlaps, "addresses in data overlap or leave it"),
    ROW(reloc_order, "addresses in data overlap or leave it"),
    ROW(reloc_target, "the data has the address of no symbol"),
#undef ROW
};

static target target_make(const nf_allocator *allocator)
{
    nf_error error = {0};
    target t;
    if (nf_module_read(allocator, "base", base_text, sizeof base_text - 1, &t.module, &error))
        fail_msg("line %u: %s", error.line, error.message);
    t.f = nf_module_function_at(t.module, nf_module_symbol(t.module, "f"));
    return t;
}

static void every_broken_thing_is_found(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        test_allocator memory;
        nf_error error = {0};
        test_allocator_init(&memory);
        target t = target_make(&memory.allocator);
        rows[i].break_it(&t);
        nf_status status = nf_module_verify(t.module, &error);
        if (status == NF_OK) fail_msg("%s was not found", rows[i].name);
        if (strstr(error.message, rows[i].message) == NULL)
            fail_msg("%s: wanted '%s', got '%s'", rows[i].name, rows[i].message, error.message);
        assert_int_equal(error.status, status);
        nf_module_free(t.module);
        assert_int_equal(memory.blocks, 0);
    }
}

/* Bytes of the records changed at random: any verdict, no access out of bounds (sanitizers watch). */
static void random_damage_is_survived(void **unused)
{
    uint64_t state = 11;
    (void)unused;
    for (int i = 0; i < 20000; i++) {
        target t = target_make(NULL);
        nf_func *f = t.f;
        const struct {
            void *bytes;
            size_t size;
        } arrays[] = {{f->insts.data, f->insts.count * sizeof(nf_inst)},
                      {f->blocks.data, f->blocks.count * sizeof(nf_block_data)},
                      {f->edges.data, f->edges.count * sizeof(nf_edge)},
                      {f->pool.data, f->pool.count * sizeof(uint32_t)}};
        for (uint32_t damages = 1 + generate_below(&state, 3); damages > 0; damages--) {
            uint32_t a = generate_below(&state, COUNT(arrays));
            uint32_t at = generate_below(&state, (uint32_t)arrays[a].size);
            uint8_t *byte = (uint8_t *)arrays[a].bytes + at;
            bool small = generate_below(&state, 2);
            *byte = (uint8_t)(small ? generate_below(&state, 40) : generate_random(&state));
        }
        for (uint32_t b = 0; b < f->blocks.count; b++) /* a bool is 0 or 1 */
            memset(&f->blocks.data[b].alive, 1, 1);
        nf_module_verify(t.module, NULL);
        nf_module_free(t.module);
    }
}

static void one_function_is_checked_alone(void **unused)
{
    test_allocator memory;
    nf_arena arena;
    nf_error error = {0};
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    target t = target_make(NULL);
    nf_func *clone = nf_func_clone(t.f, &arena);
    nf_inst_at(clone, first(&t, NF_OP_LOAD))->imm = INT64_MAX;
    assert_int_equal(nf_func_verify(t.f, &arena, &error), NF_OK);
    assert_int_equal(nf_func_verify(clone, &arena, &error), NF_LIMIT);
    assert_int_equal(error.line, 11);
    assert_string_equal(error.file, "base");
    assert_string_equal(error.message, "in @f, %x = load: the offset has more than 32 bits");
    nf_module_free(t.module);
    nf_arena_free(&arena);
}

static void built_functions_are_blamed_by_id(void **unused)
{
    nf_module *module = nf_module_new(NULL, "built");
    nf_error error = {0};
    char text[256];
    (void)unused;
    nf_func *f =
        nf_module_function(module, "f", nf_module_signature(module, NF_VOID, NULL, 0, false), 0);
    nf_value x = nf_build_f64(f, nf_func_entry(f), 1.0);
    nf_value y = nf_build(f, nf_func_entry(f), NF_OP_ADD, NF_I64, x, x, (nf_value){0});
    nf_build_ret(f, nf_func_entry(f), (nf_value){0});
    assert_int_equal(y.id, 2);
    assert_int_equal(nf_module_verify(module, &error), NF_TYPE);
    nf_error_format(&error, text, sizeof text);
    assert_string_equal(text, "built: in @f, %v2 = add: the first operand is f64, not i64");
    nf_func_block(f);
    assert_int_equal(nf_module_verify(module, &error), NF_INVALID);
    assert_string_equal(error.message, "@f: block b2 is empty");
    nf_module_free(module);
}

static void missing_targets_and_early_uses_are_named(void **unused)
{
    nf_module *module = nf_module_new(NULL, "built");
    nf_error error = {0};
    (void)unused;
    nf_func *f =
        nf_module_function(module, "f", nf_module_signature(module, NF_VOID, NULL, 0, false), 0);
    nf_block entry = nf_func_entry(f), next = nf_func_block(f);
    nf_value early = nf_build_iconst(f, next, NF_I64, 1);
    nf_build(f, entry, NF_OP_ABS, NF_I64, early, (nf_value){0}, (nf_value){0});
    nf_build_br(f, entry, (nf_block){99}, NULL, 0);
    nf_build_ret(f, next, (nf_value){0});
    assert_int_equal(nf_module_verify(module, &error), NF_INVALID);
    assert_non_null(strstr(error.message, "br: the target is no block of the function"));
    nf_edge_at(f, nf_block_at(f, entry)->last, 0)->to = next;
    assert_int_equal(nf_module_verify(module, &error), NF_INVALID);
    assert_string_equal(error.message, "in @f, %v2 = abs: %v1 does not dominate this use");
    nf_module_free(module);
}

static void lack_of_memory_is_no_verdict(void **unused)
{
    test_allocator memory;
    nf_status status = NF_MEMORY;
    (void)unused;
    test_allocator_init(&memory);
    target t = target_make(&memory.allocator);
    for (size_t fail_at = 0; status == NF_MEMORY; fail_at++) {
        memory.count = 0;
        memory.fail_at = fail_at;
        status = nf_module_verify(t.module, NULL);
        assert_true(fail_at < 100);
    }
    assert_int_equal(status, NF_OK);
    nf_module_free(t.module);
    assert_int_equal(memory.blocks, 0);
}

static void generated_modules_are_sound(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1000; seed < 1300; seed++) {
        nf_error error = {0};
        nf_module *module =
            generate_module(NULL, seed, 2, &(generate_options){.vector_bytes_max = 64});
        if (nf_module_verify(module, &error))
            fail_msg("seed %u: %s", (unsigned)seed, error.message);
        nf_module_free(module);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_broken_thing_is_found),
        cmocka_unit_test(random_damage_is_survived),
        cmocka_unit_test(one_function_is_checked_alone),
        cmocka_unit_test(built_functions_are_blamed_by_id),
        cmocka_unit_test(missing_targets_and_early_uses_are_named),
        cmocka_unit_test(lack_of_memory_is_no_verdict),
        cmocka_unit_test(generated_modules_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
