/* A set of small numbers as words of 64 bits, in an arena; the size is fixed at creation. */
#ifndef NF_BASE_BITSET_H
#define NF_BASE_BITSET_H

#include "arena.h"

typedef struct nf_bitset {
    uint64_t *words;
    uint32_t word_count;
} nf_bitset;

static inline nf_bitset nf_bitset_new(nf_arena *arena, uint32_t bits)
{
    uint32_t words = bits / 64 + 1;
    return (nf_bitset){NF_NEW_ARRAY(arena, uint64_t, words), words};
}

static inline bool nf_bitset_has(const nf_bitset *set, uint32_t bit)
{
    return set->words[bit / 64] >> (bit % 64) & 1;
}

static inline void nf_bitset_add(nf_bitset *set, uint32_t bit)
{
    set->words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void nf_bitset_remove(nf_bitset *set, uint32_t bit)
{
    set->words[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

/* set |= other; true when that changed anything. Both have the same size. */
static inline bool nf_bitset_union(nf_bitset *set, const nf_bitset *other)
{
    uint64_t changed = 0;
    for (uint32_t i = 0; i < set->word_count; i++) {
        uint64_t joined = set->words[i] | other->words[i];
        changed |= joined ^ set->words[i];
        set->words[i] = joined;
    }
    return changed != 0;
}

#endif
