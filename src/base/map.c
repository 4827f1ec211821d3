/*
 * Hash maps; see map.h.
 *
 * Invariant: from the home of a key (its hash modulo the capacity) to the entry that holds it no
 * entry is free. Removal keeps it without tombstones: the entries that follow move back when their
 * home allows (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R).
 */
#include "map.h"
#include "hash.h"

enum { CAPACITY_MIN = 16, CAPACITY_MAX = 1 << 30 };

/* The capacity for one more entry; 0 when the limit is reached. */
static uint32_t capacity_next(uint32_t count, uint32_t capacity)
{
    if (capacity == 0) return CAPACITY_MIN;
    if (count + 1 <= capacity / 4 * 3) return capacity;
    return capacity < CAPACITY_MAX ? capacity * 2 : 0;
}

static uint32_t key_home(uint64_t key, uint32_t capacity)
{
    uint64_t hash = nf_hash_mix(0, key);
    return (uint32_t)(hash ^ hash >> 32) & (capacity - 1);
}

/* The entry of the key, or the free one where it belongs. */
static nf_map_entry *map_find(nf_map_entry *entries, uint32_t capacity, uint64_t key)
{
    uint32_t at = key_home(key, capacity);
    while (entries[at].used && entries[at].key != key) at = (at + 1) & (capacity - 1);
    return &entries[at];
}

void nf_map_init(nf_map *map, nf_arena *arena)
{
    *map = (nf_map){.arena = arena};
}

static bool map_grow(nf_map *map, uint32_t capacity)
{
    nf_map_entry *entries = capacity ? NF_NEW_ARRAY(map->arena, nf_map_entry, capacity) : NULL;
    if (entries == NULL) {
        map->arena->failed = true;
        return false;
    }
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].used)
            *map_find(entries, capacity, map->entries[i].key) = map->entries[i];
    map->entries = entries;
    map->capacity = capacity;
    return true;
}

bool nf_map_put(nf_map *map, uint64_t key, uint64_t value)
{
    uint32_t capacity = capacity_next(map->count, map->capacity);
    if (capacity != map->capacity && !map_grow(map, capacity)) return false;
    nf_map_entry *entry = map_find(map->entries, map->capacity, key);
    map->count += !entry->used;
    *entry = (nf_map_entry){key, value, true};
    return true;
}

bool nf_map_get(const nf_map *map, uint64_t key, uint64_t *value)
{
    if (map->capacity == 0) return false;
    const nf_map_entry *entry = map_find(map->entries, map->capacity, key);
    if (entry->used && value) *value = entry->value;
    return entry->used;
}

bool nf_map_remove(nf_map *map, uint64_t key)
{
    if (!nf_map_get(map, key, NULL)) return false;
    uint32_t mask = map->capacity - 1;
    uint32_t hole = (uint32_t)(map_find(map->entries, map->capacity, key) - map->entries);
    for (uint32_t at = (hole + 1) & mask; map->entries[at].used; at = (at + 1) & mask) {
        uint32_t home = key_home(map->entries[at].key, map->capacity);
        if (((at - home) & mask) < ((at - hole) & mask)) continue; /* its home is behind the hole */
        map->entries[hole] = map->entries[at];
        hole = at;
    }
    map->entries[hole].used = false;
    map->count--;
    return true;
}

static nf_string_map_entry *string_find(nf_string_map_entry *entries, uint32_t capacity,
                                        const nf_string_map_entry *wanted)
{
    uint32_t at = (uint32_t)(wanted->hash ^ wanted->hash >> 32) & (capacity - 1);
    for (;; at = (at + 1) & (capacity - 1)) {
        nf_string_map_entry *entry = &entries[at];
        if (entry->text == NULL) return entry;
        if (entry->hash == wanted->hash && entry->length == wanted->length &&
            __builtin_memcmp(entry->text, wanted->text, wanted->length) == 0)
            return entry;
    }
}

void nf_string_map_init(nf_string_map *map, nf_arena *arena)
{
    *map = (nf_string_map){.arena = arena};
}

static bool string_map_grow(nf_string_map *map, uint32_t capacity)
{
    nf_string_map_entry *entries =
        capacity ? NF_NEW_ARRAY(map->arena, nf_string_map_entry, capacity) : NULL;
    if (entries == NULL) {
        map->arena->failed = true;
        return false;
    }
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].text)
            *string_find(entries, capacity, &map->entries[i]) = map->entries[i];
    map->entries = entries;
    map->capacity = capacity;
    return true;
}

static nf_string_map_entry string_entry(const char *text, uint32_t length, uint32_t value)
{
    if (text == NULL) text = ""; /* an empty name, as (NULL, 0), is a key like any other */
    return (nf_string_map_entry){text, length, value, nf_hash_bytes(text, length)};
}

bool nf_string_map_reserve(nf_string_map *map, uint32_t count)
{
    uint32_t capacity = map->capacity, next;
    while ((next = capacity_next(count, capacity)) != capacity && next) capacity = next;
    return next && (capacity == map->capacity || string_map_grow(map, capacity));
}

/* The string's entry, new or not; NULL when memory is out. */
static nf_string_map_entry *string_need(nf_string_map *map, const nf_string_map_entry *wanted)
{
    uint32_t capacity = capacity_next(map->count, map->capacity);
    if (capacity != map->capacity && !string_map_grow(map, capacity)) return NULL;
    nf_string_map_entry *entry = string_find(map->entries, map->capacity, wanted);
    if (entry->text) return entry;
    *entry = *wanted;
    map->count++;
    return entry;
}

bool nf_string_map_put(nf_string_map *map, const char *text, uint32_t length, uint32_t value)
{
    nf_string_map_entry wanted = string_entry(text, length, value);
    nf_string_map_entry *entry = string_need(map, &wanted);
    if (entry) entry->value = value;
    return entry != NULL;
}

bool nf_string_map_add(nf_string_map *map, const char *text, uint32_t length, uint32_t value)
{
    nf_string_map_entry wanted = string_entry(text, length, value);
    uint32_t count = map->count;
    return string_need(map, &wanted) && map->count != count;
}

bool nf_string_map_get(const nf_string_map *map, const char *text, uint32_t length, uint32_t *value)
{
    if (map->capacity == 0) return false;
    nf_string_map_entry wanted = string_entry(text, length, 0);
    const nf_string_map_entry *entry = string_find(map->entries, map->capacity, &wanted);
    if (entry->text && value) *value = entry->value;
    return entry->text != NULL;
}
