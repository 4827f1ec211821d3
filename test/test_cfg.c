/* Control flow: orders, dominators and loops against their definitions; very deep nests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ir/cfg.h"
#include "lib_allocator.h"
#include "lib_generate.h"
#include "os/os.h"

enum { GRAPH_BLOCKS_MAX = 24 };

/* A function of blocks 1 (the entry) to count with random edges. */
static nf_func *graph_make(nf_module *module, uint32_t count, uint64_t *state)
{
    nf_func *f =
        nf_module_function(module, "g", nf_module_signature(module, NF_VOID, NULL, 0, false), 0);
    nf_value flag;
    for (uint32_t i = 1; i < count; i++) nf_func_block(f);
    for (uint32_t id = 1; id <= count; id++) {
        nf_block b = {id}, to[2];
        for (int i = 0; i < 2; i++)
            to[i] = (nf_block){count > 1 ? 2 + generate_below(state, count - 1) : 1};
        switch (count > 1 ? generate_below(state, 4) : 0) {
        case 0: nf_build_ret(f, b, (nf_value){0}); break;
        case 1: nf_build_br(f, b, to[0], NULL, 0); break;
        default:
            flag = nf_build_iconst(f, b, NF_I8, 1);
            nf_build_brif(f, b, flag, to[0], NULL, 0, to[1], NULL, 0);
            break;
        }
    }
    return f;
}

/* Which blocks the entry reaches without going through `without`. */
static void reach(const nf_func *f, uint32_t without, bool reached[GRAPH_BLOCKS_MAX + 1])
{
    memset(reached, 0, GRAPH_BLOCKS_MAX + 1);
    reached[1] = without != 1;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t id = 1; id < f->blocks.count; id++) {
            nf_value last = nf_block_at(f, (nf_block){id})->last;
            for (uint32_t i = 0; reached[id] && i < nf_edge_count(f, last); i++) {
                uint32_t to = nf_edge_at(f, last, i)->to.id;
                if (to == without || reached[to]) continue;
                reached[to] = changed = true;
            }
        }
    }
}

static bool edge_exists(const nf_func *f, uint32_t from, uint32_t to)
{
    nf_value last = nf_block_at(f, (nf_block){from})->last;
    for (uint32_t i = 0; i < nf_edge_count(f, last); i++)
        if (nf_edge_at(f, last, i)->to.id == to) return true;
    return false;
}

/* The natural loop of a header by definition: what reaches a back edge without the header. */
static void loop_by_definition(const nf_cfg *cfg, uint32_t header,
                               bool in_loop[GRAPH_BLOCKS_MAX + 1])
{
    const nf_func *f = cfg->func;
    memset(in_loop, 0, GRAPH_BLOCKS_MAX + 1);
    in_loop[header] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t from = 1; from < f->blocks.count; from++)
            for (uint32_t to = 1; to < f->blocks.count; to++) {
                if (in_loop[from] || !nf_cfg_reachable(cfg, (nf_block){from})) continue;
                bool back =
                    to == header && nf_cfg_dominates(cfg, (nf_block){header}, (nf_block){from});
                bool inside = to != header && in_loop[to];
                if (edge_exists(f, from, to) && (back || inside)) in_loop[from] = changed = true;
            }
    }
}

static void check_dominators(const nf_cfg *cfg)
{
    const nf_func *f = cfg->func;
    bool reached[GRAPH_BLOCKS_MAX + 1], without[GRAPH_BLOCKS_MAX + 1];
    reach(f, 0, reached);
    for (uint32_t a = 1; a < f->blocks.count; a++) {
        reach(f, a, without);
        assert_int_equal(nf_cfg_reachable(cfg, (nf_block){a}), reached[a]);
        for (uint32_t b = 1; b < f->blocks.count; b++) {
            bool dominates = reached[a] && reached[b] && (a == b || !without[b]);
            assert_int_equal(nf_cfg_dominates(cfg, (nf_block){a}, (nf_block){b}), dominates);
            if (dominates && a != b) /* the immediate one is dominated by all others */
                assert_true(nf_cfg_dominates(cfg, (nf_block){a}, (nf_block){cfg->idom[b]}));
        }
    }
}

static void check_order(const nf_cfg *cfg)
{
    uint32_t edges = 0;
    assert_int_equal(cfg->rpo[0], 1);
    for (uint32_t i = 0; i < cfg->rpo_count; i++) {
        uint32_t block = cfg->rpo[i];
        assert_int_equal(cfg->rpo_index[block], i);
        edges += nf_edge_count(cfg->func, nf_block_at(cfg->func, (nf_block){block})->last);
        if (i > 0) assert_true(cfg->rpo_index[cfg->idom[block]] < i);
        for (uint32_t p = cfg->pred_start[block]; p < cfg->pred_start[block + 1]; p++)
            assert_true(edge_exists(cfg->func, cfg->preds[p], block));
    }
    assert_int_equal(cfg->pred_start[cfg->func->blocks.count], edges);
}

static void check_loops(const nf_cfg *cfg)
{
    bool in_loop[GRAPH_BLOCKS_MAX + 1];
    for (uint32_t i = 0; i < cfg->loop_count; i++) {
        const nf_loop *loop = &cfg->loops[i];
        uint32_t count = 0;
        loop_by_definition(cfg, loop->header.id, in_loop);
        for (uint32_t b = 1; b < cfg->func->blocks.count; b++) {
            assert_int_equal(nf_cfg_loop_has(cfg, i, (nf_block){b}), in_loop[b]);
            count += in_loop[b];
        }
        assert_int_equal(loop->block_count, count);
        assert_int_equal(nf_cfg_depth(cfg, loop->header), loop->depth);
        if (loop->parent == NF_NO_LOOP) {
            assert_int_equal(loop->depth, 1);
            continue;
        }
        assert_true(loop->parent < i);
        assert_int_equal(loop->depth, cfg->loops[loop->parent].depth + 1);
        assert_false(cfg->loops[loop->parent].innermost);
    }
    for (uint32_t b = 1; b < cfg->func->blocks.count; b++)
        for (uint32_t from = 1; from < cfg->func->blocks.count; from++)
            if (edge_exists(cfg->func, from, b) &&
                nf_cfg_dominates(cfg, (nf_block){b}, (nf_block){from}))
                assert_int_equal(cfg->loops[cfg->loop_of[b]].header.id, b);
}

static void random_graphs_agree_with_the_definitions(void **unused)
{
    uint64_t state = 3;
    test_allocator memory;
    nf_arena arena;
    (void)unused;
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    for (int i = 0; i < 3000; i++) {
        nf_cfg cfg;
        nf_module *module = nf_module_new(&memory.allocator, "graph");
        nf_func *f = graph_make(module, 1 + generate_below(&state, GRAPH_BLOCKS_MAX), &state);
        assert_int_equal(nf_cfg_build(f, &arena, &cfg), NF_OK);
        check_order(&cfg);
        check_dominators(&cfg);
        check_loops(&cfg);
        nf_arena_reset(&arena);
        nf_module_free(module);
    }
    nf_arena_free(&arena);
}

/* 2^17 nested loops: no recursion, no quadratic time. */
static void deep_nests_are_no_trouble(void **unused)
{
    enum { DEPTH = 1 << 17 };
    nf_module *module = nf_module_new(NULL, "nests");
    nf_func *f =
        nf_module_function(module, "f", nf_module_signature(module, NF_VOID, NULL, 0, false), 0);
    nf_block from = nf_func_entry(f);
    nf_block *heads = malloc(DEPTH * sizeof *heads);
    nf_value flag = nf_build_iconst(f, from, NF_I8, 1);
    nf_arena arena;
    nf_cfg cfg;
    (void)unused;
    nf_arena_init(&arena, nf_os_allocator());
    for (int i = 0; i < DEPTH; i++) {
        heads[i] = nf_func_block(f);
        nf_build_br(f, from, heads[i], NULL, 0);
        from = heads[i];
    }
    for (int i = DEPTH; i-- > 0;) {
        nf_block latch = nf_func_block(f);
        nf_build_br(f, from, latch, NULL, 0);
        nf_block out = nf_func_block(f);
        nf_build_brif(f, latch, flag, heads[i], NULL, 0, out, NULL, 0);
        from = out;
    }
    nf_build_ret(f, from, (nf_value){0});
    assert_int_equal(nf_cfg_build(f, &arena, &cfg), NF_OK);
    assert_int_equal(cfg.loop_count, DEPTH);
    assert_int_equal(nf_cfg_depth(&cfg, heads[DEPTH - 1]), DEPTH);
    assert_int_equal(cfg.loops[0].block_count, 3 * DEPTH - 1);
    assert_true(nf_cfg_dominates(&cfg, heads[0], from));
    assert_int_equal(nf_module_verify(module, NULL), NF_OK);
    free(heads);
    nf_arena_free(&arena);
    nf_module_free(module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_agree_with_the_definitions),
        cmocka_unit_test(deep_nests_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
