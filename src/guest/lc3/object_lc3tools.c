/*
 * Objects of lc3tools (github.com/chiragsakhuja/lc3tools): a record for each word, with the line of
 * the source that it came from.
 *
 *     1c 30 15 c0 01 | 01 01                magic, version
 *     00 30 | 01 | 0c 00 00 00 | .orig x3000     an origin
 *     25 f0 | 00 | 04 00 00 00 | HALT            a word, at the origin and then one by one
 *
 * Numbers are little-endian. Any number of origins may follow each other.
 */
#include "object_internal.h"

static const uint8_t header[] = {0x1c, 0x30, 0x15, 0xc0, 0x01, 0x01, 0x01};

enum { MAGIC_BYTES = 4, VALUE_BYTES = 2, FLAG_BYTES = 1, LENGTH_BYTES = 4 };

bool nf_lc3_is_lc3tools(const uint8_t *bytes, size_t size)
{
    return size >= MAGIC_BYTES && __builtin_memcmp(bytes, header, MAGIC_BYTES) == 0;
}

static bool read_header(nf_lc3_reader *r)
{
    const uint8_t *bytes = nf_lc3_read_bytes(r, sizeof header, "the header");
    if (bytes == NULL) return false;
    if (!nf_lc3_is_lc3tools(bytes, sizeof header)) {
        r->at = bytes;
        return nf_lc3_read_fail(r, NF_CORRUPT, "this is not lc3tools' header");
    }
    if (__builtin_memcmp(bytes, header, sizeof header) == 0) return true;
    r->at = bytes + MAGIC_BYTES;
    return nf_lc3_read_fail(r, NF_UNSUPPORTED, "version %u.%u.%u of lc3tools' format, not 1.1.1",
                            bytes[4], bytes[5], bytes[6]);
}

static bool read_record(nf_lc3_reader *r)
{
    const uint8_t *place = r->at;
    uint16_t value = (uint16_t)nf_lc3_read_number(r, VALUE_BYTES, "a word");
    uint64_t is_origin = nf_lc3_read_number(r, FLAG_BYTES, "a record");
    uint64_t length = nf_lc3_read_number(r, LENGTH_BYTES, "the length of a line");
    const uint8_t *line = nf_lc3_read_bytes(r, length, "a line");
    if (line == NULL) return false;
    if (is_origin > 1 || (!is_origin && r->object->segments.count == 0)) {
        r->at = place;
        return is_origin > 1
                   ? nf_lc3_read_fail(r, NF_CORRUPT, "a record is neither word nor origin")
                   : nf_lc3_read_fail(r, NF_CORRUPT, "a word stands before any origin");
    }
    if (is_origin) return nf_lc3_read_begin(r, value);
    uint32_t address = nf_lc3_read_next(r);
    return nf_lc3_read_word(r, place, value) &&
           (length == 0 || nf_lc3_read_source(r, (uint16_t)address, 0,
                                              (nf_lc3_slice){(const char *)line, length}));
}

bool nf_lc3_read_lc3tools(nf_lc3_reader *r)
{
    if (!read_header(r)) return false;
    while (r->at < r->end)
        if (!read_record(r)) return false;
    return true;
}

static void number(nf_text *out, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        char byte = (char)(value >> (8 * i));
        nf_text_append(out, &byte, 1);
    }
}

static void record(nf_text *out, uint16_t value, bool is_origin, const char *line)
{
    size_t length = nf_string_length(line);
    number(out, value, VALUE_BYTES);
    number(out, is_origin, FLAG_BYTES);
    number(out, (uint32_t)length, LENGTH_BYTES);
    nf_text_append(out, line, length);
}

void nf_lc3_write_lc3tools(const nf_lc3_object *object, nf_text *out)
{
    nf_text_append(out, (const char *)header, sizeof header);
    for (uint32_t i = 0; i < object->segments.count; i++) {
        const nf_lc3_segment *segment = &object->segments.data[i];
        const char *text = "";
        record(out, segment->origin, true, "");
        for (uint32_t k = 0; k < segment->words.count; k++) {
            const nf_lc3_line *line = nf_lc3_line_at(object, (uint16_t)(segment->origin + k));
            if (line) text = line->text; /* what a line makes besides its first word has it too */
            record(out, segment->words.data[k], false, text);
        }
    }
}
