/*
 * Blocks that are seldom run, and what register allocation makes of them.
 *
 * In the functions of test/cold.nir a block is named by what it is taken for: aside, fatal, or
 * anything else. In those whose names start with "registers", no value may be in memory outside of
 * the cold blocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib_files.h"
#include "os/cpu.h"
#include "os/os.h"
#include "x64/alloc.h"
#include "x64/select.h"
#include "x64/select_cold.h"

static const char path[] = "test/cold.nir";
enum { SYMBOLS_MAX = 64 };

static nf_module *cold_read(void)
{
    size_t size;
    char *text = file_read(path, &size);
    nf_module *module = module_read(path, text, size);
    free(text);
    return module;
}

static void each_function(void (*check)(const nf_func *f, const char *name, nf_arena *arena))
{
    nf_module *module = cold_read();
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        const nf_func *f = nf_module_function_at(module, (nf_symbol){i});
        if (f) check(f, module->symbols.data[i].name, &arena);
        nf_arena_reset(&arena);
    }
    nf_arena_free(&arena);
    nf_module_free(module);
}

static nf_cold kind_named(const char *name)
{
    if (strncmp(name, "aside", 5) == 0) return NF_COLD_ASIDE;
    return strncmp(name, "fatal", 5) == 0 ? NF_COLD_FATAL : NF_WARM;
}

static void kinds_check(const nf_func *f, const char *name, nf_arena *arena)
{
    nf_cfg cfg;
    uint8_t *kinds = NF_NEW_ARRAY(arena, uint8_t, f->blocks.count);
    assert_int_equal(nf_cfg_build(f, arena, &cfg), NF_OK);
    assert_true(nf_select_cold(&cfg, arena, kinds));
    NF_FOR_BLOCKS(f, b)
    {
        const char *block = nf_name_at(&f->debug.block_names, b.id);
        if (kinds[b.id] != kind_named(block))
            fail_msg("%s: %s is of kind %d", name, block, kinds[b.id]);
    }
}

static void blocks_are_what_they_are_called(void **state)
{
    (void)state;
    each_function(kinds_check);
}

static bool is_slot(uint32_t place)
{
    return place >= NF_PLACE_SLOT && place != NF_PLACE_NONE;
}

static bool moves_touch_slots(const nf_alloc *alloc, uint32_t list)
{
    for (; list != 0; list = alloc->moves.data[list].next)
        if (is_slot(alloc->moves.data[list].to) || is_slot(alloc->moves.data[list].from))
            return true;
    return false;
}

static bool block_touches_slots(const nf_lir *lir, const nf_alloc *alloc, const nf_lir_block *b)
{
    for (uint32_t i = b->first; i < b->end; i++) {
        if (moves_touch_slots(alloc, alloc->gaps[i])) return true;
        for (uint32_t k = 0; k < lir->insts.data[i].operand_count; k++)
            if (nf_lir_operand_at(lir, &lir->insts.data[i], k)->in_slot) return true;
    }
    for (uint32_t e = b->edges; e < b->edges + b->edge_count; e++)
        if (!lir->blocks[lir->edges.data[e].to].cold && moves_touch_slots(alloc, alloc->edges[e]))
            return true;
    return false;
}

static void registers_check(const nf_func *f, const char *name, nf_arena *arena)
{
    uint64_t addresses[SYMBOLS_MAX];
    nf_link link = {addresses, SYMBOLS_MAX};
    for (unsigned i = 0; i < SYMBOLS_MAX; i++) addresses[i] = (uintptr_t)path;
    nf_compile options = {.link = &link, .arena = arena, .features = nf_cpu_features()};
    nf_error error = {0};
    nf_cfg cfg;
    nf_alloc alloc;
    nf_lir *lir = NF_NEW(arena, nf_lir);
    bool wanted = strncmp(name, "registers", 9) == 0;
    assert_int_equal(nf_cfg_build(f, arena, &cfg), NF_OK);
    assert_int_equal(nf_select_run(f, &cfg, &options, lir, &error), NF_OK);
    assert_int_equal(nf_alloc_run(lir, arena, &alloc, &error), NF_OK);
    if (nf_alloc_check(lir, &alloc, arena, &error) != NF_OK)
        fail_msg("%s: %s", name, error.message);
    uint32_t cold = 0;
    for (uint32_t b = 0; b < lir->block_count; b++) {
        const nf_lir_block *block = &lir->blocks[b];
        cold += block->cold && block_touches_slots(lir, &alloc, block);
        if (wanted && !block->cold && block_touches_slots(lir, &alloc, block))
            fail_msg("%s: block %u of the warm ones has values in memory", name, b);
    }
    if (wanted && cold == 0) fail_msg("%s: no value is in memory anywhere", name);
}

static void warm_blocks_have_registers(void **state)
{
    (void)state;
    each_function(registers_check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_what_they_are_called),
        cmocka_unit_test(warm_blocks_have_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
