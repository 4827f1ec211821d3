/* Growth of the arena vectors; see vec.h. */
#include "vec.h"

bool nf_vec_grow(nf_arena *arena, void **data, uint32_t count, uint32_t *capacity,
                 uint32_t capacity_min, size_t element_bytes)
{
    uint32_t wanted = *capacity < 4 ? 8 : *capacity * 2;
    if (wanted < capacity_min) wanted = capacity_min;
    bool overflow = wanted < *capacity || capacity_min < count;
    void *grown = overflow ? NULL : nf_arena_alloc(arena, wanted * element_bytes);
    if (grown == NULL) {
        arena->failed = true;
        return false;
    }
    if (count) __builtin_memcpy(grown, *data, count * element_bytes);
    *data = grown;
    *capacity = wanted;
    return true;
}
