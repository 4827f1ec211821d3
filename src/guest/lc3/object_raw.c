/*
 * Objects without a mark: an origin and words, nothing else. The classic form is big-endian, as
 * lc3as writes it and most machines load it; some tools write the host's order.
 *
 *     30 00 | 50 20 | f0 25       big-endian: x5020 xf025 at x3000
 *     00 30 | 20 50 | 25 f0       little-endian: the same
 *
 * Which of the two a file is cannot be known, only guessed, and the guess is big-endian, unless
 * that reading is improbable and the other is not: the origin would lie among the vectors below
 * x0200, where hardly more than a few words are put, the other way round it is that of a program,
 * and there are more calls of the operating system (TRAP x20 to x25) when the words are read so.
 */
#include "object_internal.h"

enum {
    WORD_BYTES = 2,
    VECTORS_END = 0x200,
    TRAP_FIRST = 0xf020,
    TRAP_LAST = 0xf025,
};

static uint16_t big(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint16_t little(const uint8_t *at)
{
    return (uint16_t)(at[1] << 8 | at[0]);
}

static bool is_trap(uint16_t word)
{
    return word >= TRAP_FIRST && word <= TRAP_LAST;
}

nf_lc3_format nf_lc3_raw_format(const uint8_t *bytes, size_t size)
{
    size_t traps_big = 0, traps_little = 0;
    if (size < WORD_BYTES || big(bytes) >= VECTORS_END || little(bytes) < VECTORS_END)
        return NF_LC3_FORMAT_CLASSIC;
    for (size_t i = WORD_BYTES; i + 1 < size; i += WORD_BYTES) {
        traps_big += is_trap(big(bytes + i));
        traps_little += is_trap(little(bytes + i));
    }
    return traps_little > traps_big ? NF_LC3_FORMAT_NATIVE : NF_LC3_FORMAT_CLASSIC;
}

static bool read_words(nf_lc3_reader *r, uint16_t (*word)(const uint8_t *at))
{
    const uint8_t *at = nf_lc3_read_bytes(r, WORD_BYTES, "the origin");
    if (at == NULL || !nf_lc3_read_begin(r, word(at))) return false;
    while (r->at < r->end) {
        at = nf_lc3_read_bytes(r, WORD_BYTES, "a word");
        if (at == NULL || !nf_lc3_read_word(r, at, word(at))) return false;
    }
    return true;
}

bool nf_lc3_read_classic(nf_lc3_reader *r)
{
    return read_words(r, big);
}

bool nf_lc3_read_native(nf_lc3_reader *r)
{
    return read_words(r, little);
}

static void write_words(const nf_lc3_object *object, nf_text *out, unsigned first, unsigned second)
{
    const nf_lc3_segment *segment = object->segments.data;
    for (uint32_t i = 0; i <= segment->words.count; i++) {
        uint16_t word = i ? segment->words.data[i - 1] : segment->origin;
        const char bytes[WORD_BYTES] = {(char)(word >> first), (char)(word >> second)};
        nf_text_append(out, bytes, WORD_BYTES);
    }
}

void nf_lc3_write_classic(const nf_lc3_object *object, nf_text *out)
{
    write_words(object, out, 8, 0);
}

void nf_lc3_write_native(const nf_lc3_object *object, nf_text *out)
{
    write_words(object, out, 0, 8);
}
