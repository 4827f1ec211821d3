/*
 * Parallel moves: many places get new values at the same time, as at a call's arguments or on an
 * edge with block parameters.
 *
 * A place is a small number: an nf_reg below NF_PLACE_SLOT, a frame slot from there on (numbered by
 * the caller). NF_PLACE_NONE as the source is something that no move can destroy (a constant);
 * `payload` is the caller's and says what and how wide. No two moves of one set may write the same
 * place.
 *
 *     nf_moves_init(&moves, arena, NF_PLACE_SLOT + slot_count);
 *     nf_moves_add(&moves, to, from, payload); ...
 *     nf_moves_resolve(&moves, emit_move, emit_swap, context);   // and the set is empty again
 *
 * Linear in the number of moves. Freestanding; one thread.
 */
#ifndef NF_X64_MOVES_H
#define NF_X64_MOVES_H

#include "base/arena.h"
#include "base/vec.h"

enum { NF_PLACE_SLOT = 64 };
#define NF_PLACE_NONE UINT32_MAX

typedef struct nf_move {
    uint32_t to, from;
    uint32_t payload;
} nf_move;

typedef struct nf_moves {
    nf_arena *arena;
    NF_VEC(nf_move) list;
    NF_VEC(uint32_t) ready;        /* moves whose target nobody reads any more */
    struct nf_place_state *places; /* by place */
    uint32_t place_count;
    /* A place that holds nothing and takes what this move moves, or NF_PLACE_NONE. May be NULL. */
    uint32_t (*spare)(void *context, const nf_move *move);
    /* How wide a payload is. May be NULL: all places of a cycle are equally wide. */
    uint32_t (*bytes)(void *context, uint32_t payload);
} nf_moves;

/* place_count: the largest place and one. Memory out sets arena->failed; then resolve does nothing.
 */
void nf_moves_init(nf_moves *moves, nf_arena *arena, uint32_t place_count);
/* A move of a place to itself is dropped. */
void nf_moves_add(nf_moves *moves, uint32_t to, uint32_t from, uint32_t payload);

/* move: to = from. swap: does the same, and what was in `to` goes to `from`; it is no wider. */
typedef void nf_move_emit(void *context, const nf_move *move);
void nf_moves_resolve(nf_moves *moves, nf_move_emit *move, nf_move_emit *swap, void *context);

#endif
