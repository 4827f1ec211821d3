/*
 * Listings: the source with what became of it.
 *
 *     x3000  x5020       2          AND  R0, R0, #0
 *     x3001  x0061       3  TEXT    .STRINGZ "a"
 *     x3002  x0000
 *
 * A line's words reach from its address to the next line's. Repeated words, as .BLKW makes
 * them, are shown by their number.
 */
#include "asm_internal.h"

enum { REPEATS_SHOWN = 4 };

/* The words from an address up to the next line's, or the segment's end. */
static uint32_t words_at(const nf_lc3_object *object, uint32_t address, const uint16_t **words)
{
    for (uint32_t i = 0; i < object->segments.count; i++) {
        const nf_lc3_segment *segment = &object->segments.data[i];
        uint32_t index = address - segment->origin, count = 1;
        if (address < segment->origin || index >= segment->words.count) continue;
        *words = segment->words.data + index;
        while (index + count < segment->words.count &&
               nf_lc3_line_at(object, (uint16_t)(address + count)) == NULL)
            count++;
        return count;
    }
    return 0;
}

static uint32_t same_words(const uint16_t *words, uint32_t count)
{
    uint32_t same = 1;
    while (same < count && words[same] == words[0]) same++;
    return same;
}

/* What follows a line's first word. */
static void rest_write(uint32_t address, const uint16_t *words, uint32_t count, nf_text *out)
{
    for (uint32_t i = 1; i < count;) {
        uint32_t same = same_words(words + i, count - i);
        if (same <= REPEATS_SHOWN) same = 1;
        nf_text_format(out, "x%04x  x%04x", address + i, words[i]);
        if (same > 1)
            nf_text_format(out, "  and %u more up to x%04x", same - 1, address + i + same - 1);
        nf_text_append(out, "\n", 1);
        i += same;
    }
}

static void labels_write(const nf_lc3_object *object, nf_text *out)
{
    if (object->symbols.count) nf_text_format(out, "\n");
    for (uint32_t i = 0; i < object->symbols.count; i++)
        nf_text_format(out, "x%04x  %s\n", object->symbols.data[i].address,
                       object->symbols.data[i].name);
}

void nf_lc3_listing_write(const nf_lc3_object *object, const char *text, size_t size, nf_text *out)
{
    const char *at = text, *end = text + size;
    uint32_t next = 0; /* of the object's lines, which are in the order of the source */
    for (uint32_t number = 1; at < end; number++) {
        nf_lc3_source_line line = nf_lc3_line_next(&at, end, number);
        const uint16_t *words = NULL;
        uint32_t address = 0, count = 0;
        if (next < object->lines.count && object->lines.data[next].number == number) {
            address = object->lines.data[next++].address;
            count = words_at(object, address, &words);
        }
        if (count)
            nf_text_format(out, "x%04x  x%04x", address, words[0]);
        else
            nf_text_format(out, "%12s", "");
        nf_text_format(out, "  %6u  %.*s\n", number, (int)(line.end - line.text), line.text);
        rest_write(address, words, count, out);
    }
    labels_write(object, out);
}
