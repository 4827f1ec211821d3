/*
 * Binary objects of lc3-ensemble (github.com/endorpersand/lc3-ensemble): blocks in any order behind
 * a magic and a version, all numbers little-endian.
 *
 *     "obj!" 10 | 00 01
 *     00 | address, 2 | count, 2 | count words: ff and the word, or 00 00 00, not initialised
 *     01 | address, 2 | external, 1 | place in the source, 8 | length, 8 | label
 *     02 | first line, 8 | count, 2 | count addresses, one for each line
 *     03 | length, 8 | source
 *     04 | address, 2 | length, 8 | label      the word is to become another object's label
 *
 * Nothing is linked here, so a block 04 is refused. Lines are joined with the source when all blocks
 * have been read. Written are words and labels: the place of a label in a source that is not there
 * is 0.
 */
#include "object_internal.h"

static const uint8_t magic[] = {'o', 'b', 'j', '!', 0x10};
static const uint8_t version[] = {0, 1};

enum {
    BLOCK_WORDS,
    BLOCK_LABEL,
    BLOCK_LINES,
    BLOCK_SOURCE,
    BLOCK_RELOCATION,
    ADDRESS_BYTES = 2,
    COUNT_BYTES = 2,
    LONG_BYTES = 8,
    WORD_BYTES = 3,
    INITIALISED = 0xff,
    COUNT_MAX = 0xffff,
};

/* A run of lines, kept until the source is known. */
typedef struct run {
    const uint8_t *addresses;
    uint64_t line; /* from 0 */
    uint32_t count;
} run;

typedef struct parts {
    NF_VEC(run) runs;
    nf_lc3_slice source;
} parts;

bool nf_lc3_is_ensemble(const uint8_t *bytes, size_t size)
{
    return size >= sizeof magic && __builtin_memcmp(bytes, magic, sizeof magic) == 0;
}

static uint16_t address_at(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static bool read_words(nf_lc3_reader *r)
{
    uint16_t origin = (uint16_t)nf_lc3_read_number(r, ADDRESS_BYTES, "the address of a block");
    uint64_t count = nf_lc3_read_number(r, COUNT_BYTES, "the length of a block");
    const uint8_t *words = nf_lc3_read_bytes(r, count * WORD_BYTES, "a block of words");
    if (words == NULL || !nf_lc3_read_begin(r, origin)) return false;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *at = words + i * WORD_BYTES;
        uint16_t word = at[0] == INITIALISED ? address_at(at + 1) : 0;
        if (!nf_lc3_read_word(r, at, word)) return false;
    }
    return true;
}

static nf_lc3_slice read_name(nf_lc3_reader *r, const char *what)
{
    uint64_t length = nf_lc3_read_number(r, LONG_BYTES, what);
    const uint8_t *bytes = nf_lc3_read_bytes(r, length, what);
    return bytes ? (nf_lc3_slice){(const char *)bytes, length} : (nf_lc3_slice){"", 0};
}

static bool read_label(nf_lc3_reader *r)
{
    uint16_t address = (uint16_t)nf_lc3_read_number(r, ADDRESS_BYTES, "a label's address");
    uint64_t external = nf_lc3_read_number(r, 1, "a label");
    nf_lc3_read_number(r, LONG_BYTES, "a label's place");
    nf_lc3_slice name = read_name(r, "a label");
    return r->status == NF_OK && (external || nf_lc3_read_symbol(r, address, name));
}

static bool read_lines(nf_lc3_reader *r, parts *p)
{
    uint64_t line = nf_lc3_read_number(r, LONG_BYTES, "the number of a line");
    uint64_t count = nf_lc3_read_number(r, COUNT_BYTES, "the number of lines");
    const uint8_t *addresses =
        nf_lc3_read_bytes(r, count * ADDRESS_BYTES, "the addresses of lines");
    return addresses &&
           (NF_VEC_PUSH(r->object->arena, &p->runs, (run){addresses, line, (uint32_t)count}) ||
            nf_lc3_read_memory(r));
}

static bool read_relocation(nf_lc3_reader *r)
{
    const uint8_t *place = r->at;
    nf_lc3_read_number(r, ADDRESS_BYTES, "a reference to another object");
    nf_lc3_slice name = read_name(r, "a reference to another object");
    r->at = place;
    return nf_lc3_read_unlinked(r, name);
}

static bool read_block(nf_lc3_reader *r, parts *p)
{
    const uint8_t *place = r->at;
    uint64_t kind = nf_lc3_read_number(r, 1, "a block");
    switch (kind) {
    case BLOCK_WORDS: return read_words(r);
    case BLOCK_LABEL: return read_label(r);
    case BLOCK_LINES: return read_lines(r, p);
    case BLOCK_SOURCE: p->source = read_name(r, "the source"); return r->status == NF_OK;
    case BLOCK_RELOCATION: return read_relocation(r);
    default:
        r->at = place;
        return nf_lc3_read_fail(r, NF_CORRUPT, "a block of kind %llu, which there is not",
                                (unsigned long long)kind);
    }
}

/* --- lines and source --- */

typedef NF_VEC(nf_lc3_slice) slices;

static bool split(nf_lc3_reader *r, nf_lc3_slice source, slices *lines)
{
    for (size_t at = 0; at < source.length;) {
        size_t end = at;
        while (end < source.length && source.text[end] != '\n') end++;
        if (!NF_VEC_PUSH(r->object->arena, lines,
                         nf_lc3_slice_trim((nf_lc3_slice){source.text + at, end - at})))
            return nf_lc3_read_memory(r);
        at = end + 1;
    }
    return true;
}

static bool join_lines(nf_lc3_reader *r, const parts *p)
{
    slices lines = {0};
    if (p->runs.count == 0 || !split(r, p->source, &lines)) return r->status == NF_OK;
    for (uint32_t i = 0; i < p->runs.count; i++) {
        const run *at = &p->runs.data[i];
        for (uint32_t k = 0; k < at->count && at->line < lines.count && at->line + k < lines.count;
             k++) {
            uint32_t line = (uint32_t)at->line + k;
            if (!nf_lc3_read_source(r, address_at(at->addresses + (size_t)k * ADDRESS_BYTES),
                                    line + 1, lines.data[line]))
                return false;
        }
    }
    return true;
}

bool nf_lc3_read_ensemble(nf_lc3_reader *r)
{
    parts p = {0};
    const uint8_t *bytes = nf_lc3_read_bytes(r, sizeof magic, "the header");
    if (bytes && !nf_lc3_is_ensemble(bytes, sizeof magic)) {
        r->at = bytes;
        return nf_lc3_read_fail(r, NF_CORRUPT, "this is not lc3-ensemble's header");
    }
    bytes = nf_lc3_read_bytes(r, sizeof version, "the version");
    if (bytes == NULL) return false;
    if (__builtin_memcmp(bytes, version, sizeof version) != 0) {
        r->at = bytes;
        return nf_lc3_read_fail(r, NF_UNSUPPORTED,
                                "version %u.%u of lc3-ensemble's format, not 0.1", bytes[0],
                                bytes[1]);
    }
    while (r->at < r->end)
        if (!read_block(r, &p)) return false;
    nf_lc3_read_user_start(r);
    return join_lines(r, &p);
}

/* --- writing --- */

static void number(nf_text *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        char byte = (char)(value >> (8 * i));
        nf_text_append(out, &byte, 1);
    }
}

/* From `first` on, as many as a block can count. */
static uint32_t write_block(const nf_lc3_segment *segment, uint32_t first, nf_text *out)
{
    uint32_t count = segment->words.count - first;
    if (count > COUNT_MAX) count = COUNT_MAX;
    number(out, BLOCK_WORDS, 1);
    number(out, segment->origin + first, ADDRESS_BYTES);
    number(out, count, COUNT_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        number(out, INITIALISED, 1);
        number(out, segment->words.data[first + i], ADDRESS_BYTES);
    }
    return first + count;
}

void nf_lc3_write_ensemble(const nf_lc3_object *object, nf_text *out)
{
    nf_text_append(out, (const char *)magic, sizeof magic);
    nf_text_append(out, (const char *)version, sizeof version);
    for (uint32_t i = 0; i < object->segments.count; i++) {
        uint32_t done = 0;
        do done = write_block(&object->segments.data[i], done, out);
        while (done < object->segments.data[i].words.count);
    }
    for (uint32_t i = 0; i < object->symbols.count; i++) {
        const nf_lc3_symbol *symbol = &object->symbols.data[i];
        size_t length = nf_string_length(symbol->name);
        number(out, BLOCK_LABEL, 1);
        number(out, symbol->address, ADDRESS_BYTES);
        number(out, 0, 1); /* not external */
        number(out, 0, LONG_BYTES);
        number(out, length, LONG_BYTES);
        nf_text_append(out, symbol->name, length);
    }
}
