/*
 * Parallel moves, on a machine of small numbers: every set must end as if all moves had happened at
 * once, whatever cycles it has, with and without a spare place. Values have widths, and no place is
 * asked to hold more than it has room for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "os/os.h"
#include "x64/moves.h"

enum { PLACES = 24, SPARE = PLACES, ROUNDS = 20000, FIRST_PAYLOAD = 1000, WIDTH_MAX = 8 };

typedef struct machine {
    uint32_t values[PLACES + 1];
    uint32_t steps;
    bool has_spare;
    uint32_t widths[PLACES + 1]; /* of the values */
    uint32_t room[PLACES];
    uint32_t move_widths[PLACES]; /* by payload */
} machine;

static uint32_t bytes_of(void *context, uint32_t payload)
{
    const machine *m = context;
    return payload < FIRST_PAYLOAD ? 0 : m->move_widths[payload - FIRST_PAYLOAD];
}

static void run_move(void *context, const nf_move *move)
{
    machine *m = context;
    bool constant = move->from == NF_PLACE_NONE;
    m->values[move->to] = constant ? move->payload : m->values[move->from];
    m->widths[move->to] = constant ? 0 : m->widths[move->from];
    if (!constant) assert_true(m->widths[move->from] <= bytes_of(m, move->payload));
    m->steps++;
}

static void run_swap(void *context, const nf_move *move)
{
    machine *m = context;
    uint32_t value = m->values[move->to], width = m->widths[move->to];
    uint32_t bytes = bytes_of(m, move->payload);
    assert_true(bytes <= m->room[move->to] && bytes <= m->room[move->from]);
    assert_true(width <= bytes && m->widths[move->from] <= bytes);
    m->values[move->to] = m->values[move->from];
    m->widths[move->to] = m->widths[move->from];
    m->values[move->from] = value;
    m->widths[move->from] = width;
    m->steps++;
}

static uint32_t spare_of(void *context, const nf_move *move)
{
    const machine *m = context;
    (void)move;
    return m->has_spare ? SPARE : NF_PLACE_NONE;
}

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
    *state = nf_hash_mix(*state, 1);
    return (uint32_t)(*state >> 33) % limit;
}

/* Each place gets a new value with some probability, from anywhere, or a constant. */
static void one_round(nf_moves *moves, uint64_t seed, bool has_spare)
{
    machine m = {.has_spare = has_spare};
    uint32_t wanted[PLACES], count = 0;
    uint32_t share = 1 + random_below(&seed, 8);
    for (uint32_t i = 0; i < PLACES; i++) {
        wanted[i] = m.values[i] = i + 1;
        m.widths[i] = m.room[i] = 1 + random_below(&seed, WIDTH_MAX);
    }
    for (uint32_t i = 0; i < PLACES; i++) {
        if (random_below(&seed, 8) >= share) continue;
        uint32_t from = random_below(&seed, PLACES + 2);
        bool constant = from >= PLACES;
        wanted[i] = constant ? FIRST_PAYLOAD + i : from + 1;
        m.move_widths[i] = constant ? 0 : m.widths[from];
        if (m.move_widths[i] > m.room[i]) m.room[i] = m.move_widths[i];
        nf_moves_add(moves, i, constant ? NF_PLACE_NONE : from, FIRST_PAYLOAD + i);
        count++;
    }
    nf_moves_resolve(moves, run_move, run_swap, &m);
    for (uint32_t i = 0; i < PLACES; i++) assert_int_equal(m.values[i], wanted[i]);
    assert_true(m.steps <= count + count / 2);
}

static void run(bool has_spare)
{
    nf_arena arena;
    nf_moves moves;
    nf_arena_init(&arena, nf_os_allocator());
    nf_moves_init(&moves, &arena, PLACES + 1);
    moves.spare = spare_of;
    moves.bytes = bytes_of;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) one_round(&moves, seed, has_spare);
    nf_arena_free(&arena);
}

static void swaps_turn_cycles(void **state)
{
    (void)state;
    run(false);
}

static void spare_place_turns_cycles(void **state)
{
    (void)state;
    run(true);
}

/* A rotation of all places is the longest cycle: n - 1 swaps, or n + 1 moves. */
static void rotation_takes_no_more_than_it_must(void **state)
{
    (void)state;
    for (uint32_t spare = 0; spare < 2; spare++) {
        machine m = {.has_spare = spare};
        nf_arena arena;
        nf_moves moves;
        nf_arena_init(&arena, nf_os_allocator());
        nf_moves_init(&moves, &arena, PLACES + 1);
        moves.spare = spare_of;
        for (uint32_t i = 0; i < PLACES; i++) m.values[i] = i;
        for (uint32_t i = 0; i < PLACES; i++) nf_moves_add(&moves, i, (i + 1) % PLACES, 0);
        nf_moves_resolve(&moves, run_move, run_swap, &m);
        for (uint32_t i = 0; i < PLACES; i++) assert_int_equal(m.values[i], (i + 1) % PLACES);
        assert_int_equal(m.steps, spare ? PLACES + 1 : PLACES - 1);
        nf_arena_free(&arena);
    }
}

static void move_to_itself_is_nothing(void **state)
{
    (void)state;
    machine m = {.steps = 0};
    nf_arena arena;
    nf_moves moves;
    nf_arena_init(&arena, nf_os_allocator());
    nf_moves_init(&moves, &arena, PLACES);
    nf_moves_add(&moves, 3, 3, 0);
    nf_moves_resolve(&moves, run_move, run_swap, &m);
    assert_int_equal(m.steps, 0);
    nf_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swaps_turn_cycles),
        cmocka_unit_test(spare_place_turns_cycles),
        cmocka_unit_test(rotation_takes_no_more_than_it_must),
        cmocka_unit_test(move_to_itself_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
