/*
 * A growing array in an arena, for any type:  NF_VEC(nf_edge) edges;
 *
 * Growth doubles and leaves the old copy in the arena; pointers into the vector die at a push.
 * What is between count and capacity may be anything. NF_VEC_PUSH gives false when memory is out (the
 * arena's `failed` is set too). Freestanding.
 */
#ifndef NF_BASE_VEC_H
#define NF_BASE_VEC_H

#include "arena.h"

#define NF_VEC(type)                                                                               \
    struct {                                                                                       \
        type *data;                                                                                \
        uint32_t count, capacity;                                                                  \
    }

bool nf_vec_grow(nf_arena *arena, void **data, uint32_t count, uint32_t *capacity,
                 uint32_t capacity_min, size_t element_bytes);

/* Makes room for at least n more elements. */
#define NF_VEC_RESERVE(arena, vec, n)                                                              \
    ((vec)->capacity - (vec)->count >= (uint32_t)(n) ||                                            \
     nf_vec_grow((arena), (void **)&(vec)->data, (vec)->count, &(vec)->capacity,                   \
                 (vec)->count + (uint32_t)(n), sizeof *(vec)->data))

#define NF_VEC_PUSH(arena, vec, ...)                                                               \
    (NF_VEC_RESERVE(arena, vec, 1) && ((vec)->data[(vec)->count++] = (__VA_ARGS__), true))

#endif
