/*
 * Parallel moves put in an order, with swaps for the cycles.
 *
 * A move may be done once nobody still has to read its target. Doing it takes one reader away from
 * its source, which may free the move that writes there, and so on. What is left when no move is
 * free are cycles, in which each place has one reader and one writer: n - 1 swaps turn a cycle of
 * n. They carry one value through all its places, so that has to be the narrowest: a slot may be no
 * wider than what belongs there.
 *
 *   a <- b, b <- c, d <- a      d <- a is free; then a <- b; then b <- c
 *   a <- b, b <- a              swap(a, b)
 *
 * Invariant: places[p].readers counts the pending moves that read p; places[p].writer is the
 * pending move (its index and one) that writes p. Both are zero for all places between two sets.
 * Boissinot et al., "Revisiting Out-of-SSA Translation" (2009), section 4.2.
 */
#include "moves.h"
#include "base/assert.h"

struct nf_place_state {
    uint32_t readers;
    uint32_t writer;
};

void nf_moves_init(nf_moves *moves, nf_arena *arena, uint32_t place_count)
{
    *moves = (nf_moves){.arena = arena, .place_count = place_count};
    moves->places = NF_NEW_ARRAY(arena, struct nf_place_state, place_count);
}

void nf_moves_add(nf_moves *moves, uint32_t to, uint32_t from, uint32_t payload)
{
    if (to == from || moves->places == NULL) return;
    if (!NF_VEC_PUSH(moves->arena, &moves->list, (nf_move){to, from, payload})) return;
    NF_ASSERT(to < moves->place_count && moves->places[to].writer == 0);
    moves->places[to].writer = moves->list.count;
    if (from == NF_PLACE_NONE) return;
    NF_ASSERT(from < moves->place_count);
    moves->places[from].readers++;
}

/* Does one move and frees the one that waits for its source. */
static void do_move(nf_moves *moves, uint32_t index, nf_move_emit *emit, void *context)
{
    nf_move move = moves->list.data[index];
    emit(context, &move);
    moves->places[move.to].writer = 0;
    if (move.from == NF_PLACE_NONE) return;
    struct nf_place_state *source = &moves->places[move.from];
    if (--source->readers == 0 && source->writer != 0)
        NF_VEC_PUSH(moves->arena, &moves->ready, source->writer - 1);
}

/* The move of a cycle that writes what this one reads. */
static nf_move next_in_cycle(const nf_moves *moves, const nf_move *move)
{
    return moves->list.data[moves->places[move->from].writer - 1];
}

static void forget(nf_moves *moves, const nf_move *move)
{
    moves->places[move->to].writer = 0;
    moves->places[move->to].readers = 0;
}

/* Every move of the cycle but the one that reads `first`, which is returned. */
static nf_move turn_open_cycle(nf_moves *moves, nf_move move, nf_move_emit *emit, void *context)
{
    uint32_t first = move.to;
    while (move.from != first) {
        nf_move next = next_in_cycle(moves, &move);
        emit(context, &move);
        forget(moves, &move);
        move = next;
    }
    forget(moves, &move);
    return move;
}

/* The move of the cycle that reads the narrowest value. */
static nf_move narrowest_in_cycle(const nf_moves *moves, nf_move start, void *context)
{
    nf_move found = start;
    uint32_t least = moves->bytes(context, start.payload);
    for (nf_move at = next_in_cycle(moves, &start); at.to != start.to;
         at = next_in_cycle(moves, &at)) {
        uint32_t bytes = moves->bytes(context, at.payload);
        if (bytes >= least) continue;
        least = bytes;
        found = at;
    }
    return found;
}

static void turn_cycle(nf_moves *moves, uint32_t start, nf_move_emit *emit, nf_move_emit *swap,
                       void *context)
{
    nf_move last = moves->list.data[start];
    if (moves->bytes != NULL) last = narrowest_in_cycle(moves, last, context);
    nf_move move = next_in_cycle(moves, &last);
    uint32_t spare = moves->spare != NULL ? moves->spare(context, &last) : NF_PLACE_NONE;
    if (spare == NF_PLACE_NONE) {
        turn_open_cycle(moves, move, swap, context);
        return;
    }
    emit(context, &(nf_move){spare, move.to, last.payload});
    turn_open_cycle(moves, move, emit, context);
    emit(context, &(nf_move){last.to, spare, last.payload});
}

void nf_moves_resolve(nf_moves *moves, nf_move_emit *move, nf_move_emit *swap, void *context)
{
    uint32_t count = moves->list.count;
    if (moves->places == NULL || !NF_VEC_RESERVE(moves->arena, &moves->ready, count)) return;
    for (uint32_t i = 0; i < count; i++) {
        if (moves->places[moves->list.data[i].to].readers == 0)
            NF_VEC_PUSH(moves->arena, &moves->ready, i);
    }
    while (moves->ready.count > 0)
        do_move(moves, moves->ready.data[--moves->ready.count], move, context);
    for (uint32_t i = 0; i < count; i++) {
        if (moves->places[moves->list.data[i].to].writer != 0)
            turn_cycle(moves, i, move, swap, context);
    }
    moves->list.count = 0;
}
