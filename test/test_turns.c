/*
 * Loops that turn many values of several widths round: an edge's moves are then long cycles through
 * registers and slots of all kinds, of which generated functions have few. Every way to compile agrees
 * with the evaluator.
 *
 * TURN_SEEDS=10000 in the environment makes it that many functions, TURN_SEED starts elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib_compare.h"
#include "lib_environment.h"
#include "os/os.h"

enum {
    SEEDS_DEFAULT = 150,
    TYPES_MAX = 5,
    VALUES_MAX = 60,
    HALF_BYTES = GENERATE_BUFFER_BYTES / 2
};

typedef struct turner {
    nf_func *f;
    uint64_t random;
    nf_type types[TYPES_MAX];
    uint32_t type_count;
    nf_type value_types[VALUES_MAX];
    nf_value values[VALUES_MAX + 1]; /* and the counter */
    uint32_t count, bytes;
} turner;

static uint32_t below(turner *t, uint32_t limit)
{
    return generate_below(&t->random, limit);
}

static void types_choose(turner *t)
{
    static const nf_type all[] = {
        NF_I8,
        NF_I32,
        NF_I64,
        NF_F32,
        NF_F64,
        NF_VECTOR_OF(NF_I8, 4),
        NF_VECTOR_OF(NF_I32, 2),
        NF_VECTOR_OF(NF_F64, 1),
        NF_VECTOR_OF(NF_F32, 3),
        NF_VECTOR_OF(NF_I64, 2),
        NF_VECTOR_OF(NF_I16, 5),
        NF_VECTOR_OF(NF_F32, 4),
    };
    t->type_count = 1 + below(t, TYPES_MAX);
    for (uint32_t i = 0; i < t->type_count; i++)
        t->types[i] = all[below(t, sizeof all / sizeof *all)];
    uint32_t wanted = 2 + below(t, VALUES_MAX - 1);
    while (t->count < wanted) {
        nf_type type = t->types[below(t, t->type_count)];
        if (t->bytes + nf_type_bytes(type) > HALF_BYTES) break;
        t->bytes += nf_type_bytes(type);
        t->value_types[t->count++] = type;
    }
}

static nf_address place_of(const turner *t, uint32_t value, int32_t start)
{
    nf_address place = {.base = nf_func_param(t->f, 0), .offset = start};
    for (uint32_t i = 0; i < value; i++) place.offset += (int32_t)nf_type_bytes(t->value_types[i]);
    return place;
}

/* By type: the next one's, the neighbour's, any one's, or its own. */
static uint32_t successor(turner *t, uint32_t value, uint32_t mode)
{
    uint32_t same[VALUES_MAX], count = 0, own = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        if (i == value) own = count;
        if (t->value_types[i] == t->value_types[value]) same[count++] = i;
    }
    if (mode == 0) return same[(own + 1) % count];
    if (mode == 1) return same[(own ^ 1) < count ? own ^ 1 : own];
    return same[mode == 2 ? below(t, count) : own];
}

/* The values of the next turn. */
static void arguments_make(turner *t, nf_value counter, nf_value next[VALUES_MAX + 1])
{
    uint32_t mode = below(t, 4);
    for (uint32_t i = 0; i < t->count; i++) next[i] = t->values[successor(t, i, mode)];
    next[t->count] = counter;
}

/* Two ways back to the head, taken in turns, each of which turns the values in its own way. */
static void loop_make(turner *t, nf_block from)
{
    nf_block head = nf_func_block(t->f), body = nf_func_block(t->f), out = nf_func_block(t->f);
    nf_value start[VALUES_MAX + 1], odd[VALUES_MAX + 1], even[VALUES_MAX + 1];
    for (uint32_t i = 0; i < t->count; i++) {
        start[i] = nf_build_load(t->f, from, t->value_types[i], place_of(t, i, 0));
        t->values[i] = nf_block_param(t->f, head, t->value_types[i]);
    }
    start[t->count] = nf_build_iconst(t->f, from, NF_I64, 0);
    nf_value counter = nf_block_param(t->f, head, NF_I64);
    nf_build_br(t->f, from, head, start, t->count + 1);
    nf_value one = nf_build_iconst(t->f, head, NF_I64, 1), none = {0};
    nf_value turns = nf_build_iconst(t->f, head, NF_I64, 2 + below(t, 6));
    nf_value next = nf_build(t->f, head, NF_OP_ADD, NF_I64, counter, one, none);
    nf_value more = nf_build_compare(t->f, head, NF_SLT, next, turns);
    nf_build_brif(t->f, head, more, body, NULL, 0, out, NULL, 0);
    nf_value bit = nf_build(t->f, body, NF_OP_AND, NF_I64, next, one, none);
    nf_value is_odd = nf_build(t->f, body, NF_OP_TRUNC, NF_I8, bit, none, none);
    arguments_make(t, next, odd);
    arguments_make(t, next, even);
    nf_build_brif(t->f, body, is_odd, head, odd, t->count + 1, head, even, t->count + 1);
    for (uint32_t i = 0; i < t->count; i++)
        nf_build_store(t->f, out, t->values[i], place_of(t, i, HALF_BYTES));
    nf_build_ret(t->f, out, counter);
}

static nf_module *turner_module(uint64_t seed)
{
    static const nf_type params[GENERATE_PARAMS] = {NF_I64, NF_I64, NF_I64, NF_I32, NF_F64, NF_F32};
    turner t = {.random = seed};
    nf_module *module = nf_module_new(nf_os_allocator(), "turns");
    nf_signature signature = nf_module_signature(module, NF_I64, params, GENERATE_PARAMS, false);
    t.f = nf_module_function(module, "turns", signature, NF_ATTR_EXPORT);
    types_choose(&t);
    loop_make(&t, nf_func_entry(t.f));
    nf_error error;
    if (nf_module_verify(module, &error) != NF_OK)
        fail_msg("seed %u: %s", (unsigned)seed, error.message);
    return module;
}

static void all_ways_agree(void **state)
{
    static comparison c;
    uint64_t start = environment_number("TURN_SEED", 1),
             seeds = environment_number("TURN_SEEDS", SEEDS_DEFAULT);
    (void)state;
    assert_true(compare_init(&c));
    for (uint64_t seed = start; seed < start + seeds; seed++) {
        nf_module *module = turner_module(seed);
        if (!compare_module(&c, module, seed)) fail_msg("seed %u: %s", (unsigned)seed, c.fault);
        nf_module_free(module);
    }
    compare_print(&c);
    compare_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_ways_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
