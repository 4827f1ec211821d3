/* Growth of the arena vectors; see vec.h. */
#include "vec.h"

/* What was allocated last grows where it is, without a copy. */
static bool extend(nf_arena *arena, void *data, size_t bytes, size_t bytes_wanted)
{
    size_t more = bytes_wanted - bytes;
    if (data == NULL || (char *)data + bytes != arena->cursor ||
        more > (size_t)(arena->limit - arena->cursor))
        return false;
    arena->cursor += more;
    return true;
}

bool nf_vec_grow(nf_arena *arena, void **data, uint32_t count, uint32_t *capacity,
                 uint32_t capacity_min, size_t element_bytes)
{
    uint32_t wanted = *capacity < 4 ? 8 : *capacity * 2;
    if (wanted < capacity_min) wanted = capacity_min;
    bool overflow = wanted < *capacity || capacity_min < count;
    if (!overflow && extend(arena, *data, *capacity * element_bytes, wanted * element_bytes)) {
        *capacity = wanted;
        return true;
    }
    void *grown = overflow ? NULL : nf_arena_take(arena, wanted * element_bytes, 16);
    if (grown == NULL) {
        arena->failed = true;
        return false;
    }
    if (count > 0 && *data != NULL) __builtin_memcpy(grown, *data, count * element_bytes);
    *data = grown;
    *capacity = wanted;
    return true;
}
