/*
 * Any bytes as an LC-3 object: refused with a message, or an object that is written in some format,
 * if that can hold it, and reads back with the same words.
 * Run: build/fuzz/fuzz_lc3_object test/corpus/fuzz_lc3_object
 */
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "guest/lc3/object.h"
#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { WORDS = 0x10000 };

static void expect(bool truth)
{
    if (!truth) __builtin_trap();
}

/* The same for the same words at the same addresses, whatever the segments. */
static uint64_t contents(const nf_lc3_object *object)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < object->segments.count; i++) {
        const nf_lc3_segment *segment = &object->segments.data[i];
        expect(segment->origin + segment->words.count <= WORDS);
        for (uint32_t k = 0; k < segment->words.count; k++)
            sum += nf_hash_mix(segment->origin + k, segment->words.data[k]);
    }
    return sum;
}

static void read_again(nf_arena *arena, const nf_lc3_object *object, nf_lc3_format format)
{
    nf_lc3_object again;
    nf_text text;
    nf_text_init(&text, arena);
    if (nf_lc3_object_write(object, format, &text, NULL)) {
        expect(object->segments.count > 1 && !nf_lc3_format_segmented(format));
        return;
    }
    expect(nf_lc3_object_read(arena, "again", text.data, text.length, format, &again, NULL) ==
           NF_OK);
    expect(contents(object) == contents(&again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    nf_arena arena;
    nf_lc3_object object;
    nf_error error = {0};
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_lc3_object_read(&arena, "fuzz", bytes, size, NF_LC3_FORMAT_ANY, &object, &error))
        expect(error.message[0] != 0);
    else
        read_again(&arena, &object, nf_hash_bytes(bytes, size) % NF_LC3_FORMAT_COUNT);
    nf_lc3_object_init(&object, &arena);
    nf_lc3_symbols_read(&object, "fuzz", (const char *)bytes, size, &error);
    nf_arena_free(&arena);
    return 0;
}
