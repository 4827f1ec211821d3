/*
 * Hash maps in an arena: numbers to numbers, and strings to numbers.
 *
 * Open addressing with linear probing, at most three quarters full; growth doubles and leaves the
 * old table in the arena. Nothing is allocated before the first put. A put gives false when memory
 * is out (the arena's `failed` is set too) and leaves the map as it was. Strings are not copied:
 * their bytes must outlive the map. One thread at a time. Freestanding.
 */
#ifndef NF_BASE_MAP_H
#define NF_BASE_MAP_H

#include "arena.h"

typedef struct nf_map_entry {
    uint64_t key, value;
    bool used;
} nf_map_entry;

typedef struct nf_map {
    nf_arena *arena;
    nf_map_entry *entries;
    uint32_t count, capacity; /* capacity is 0 or a power of two */
} nf_map;

void nf_map_init(nf_map *map, nf_arena *arena);

/* Adds the key, or replaces its value. */
bool nf_map_put(nf_map *map, uint64_t key, uint64_t value);

/* Writes the value (when not NULL) only when the key is there. */
bool nf_map_get(const nf_map *map, uint64_t key, uint64_t *value);

/* False when the key was not there. */
bool nf_map_remove(nf_map *map, uint64_t key);

typedef struct nf_string_map_entry {
    const char *text; /* NULL: free */
    uint32_t length, value;
    uint64_t hash;
} nf_string_map_entry;

typedef struct nf_string_map {
    nf_arena *arena;
    nf_string_map_entry *entries;
    uint32_t count, capacity;
} nf_string_map;

void nf_string_map_init(nf_string_map *map, nf_arena *arena);
/* Room for so many strings in all. */
bool nf_string_map_reserve(nf_string_map *map, uint32_t count);
bool nf_string_map_put(nf_string_map *map, const char *text, uint32_t length, uint32_t value);
/* False, too, when the string is there: it keeps its value. */
bool nf_string_map_add(nf_string_map *map, const char *text, uint32_t length, uint32_t value);
bool nf_string_map_get(const nf_string_map *map, const char *text, uint32_t length,
                       uint32_t *value);

#endif
