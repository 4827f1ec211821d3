/*
 * Objects as text, a word a line, the first being the origin, and what readers of text share.
 *
 *     0011000000000000        x3000
 *     0101 0000 0010 0000     5020      ; blanks and comments are nothing
 *     1111000000100101        0xF025
 *
 * Which of the two it is shows in the first line that is not empty: 16 binary digits are no 4
 * hexadecimal ones.
 */
#include "object_internal.h"

enum { BINARY_DIGITS = 16, HEX_DIGITS = 4 };

/* --- lines and numbers --- */

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

nf_lc3_slice nf_lc3_slice_trim(nf_lc3_slice slice)
{
    while (slice.length && is_blank(slice.text[0])) slice.text++, slice.length--;
    while (slice.length && is_blank(slice.text[slice.length - 1])) slice.length--;
    return slice;
}

bool nf_lc3_slice_is(nf_lc3_slice slice, const char *text)
{
    return slice.length == nf_string_length(text) &&
           __builtin_memcmp(slice.text, text, slice.length) == 0;
}

bool nf_lc3_read_line(nf_lc3_reader *r, nf_lc3_slice *line)
{
    if (r->status || r->line_next == r->end) return false;
    r->line_start = r->line_next;
    r->line++;
    const uint8_t *end = r->line_start;
    while (end < r->end && *end != '\n') end++;
    r->line_next = end < r->end ? end + 1 : end;
    *line = nf_lc3_slice_trim(
        (nf_lc3_slice){(const char *)r->line_start, (size_t)(end - r->line_start)});
    r->at = (const uint8_t *)line->text;
    return true;
}

static int digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return 16;
}

bool nf_lc3_slice_hex(nf_lc3_slice slice, uint16_t *word)
{
    unsigned number = 0;
    if (slice.length != HEX_DIGITS) return false;
    for (size_t i = 0; i < HEX_DIGITS; i++) {
        int value = digit(slice.text[i]);
        if (value == 16) return false;
        number = number << 4 | (unsigned)value;
    }
    *word = (uint16_t)number;
    return true;
}

bool nf_lc3_slice_decimal(nf_lc3_slice slice, uint32_t max, uint32_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < slice.length; i++) {
        int next = digit(slice.text[i]);
        value = value * 10 + (unsigned)next;
        if (next > 9 || value > max) return false;
    }
    *number = (uint32_t)value;
    return slice.length != 0;
}

/* --- words a line --- */

static nf_lc3_slice without_comment(nf_lc3_slice line)
{
    size_t length = 0;
    while (length < line.length && line.text[length] != ';') length++;
    return nf_lc3_slice_trim((nf_lc3_slice){line.text, length});
}

static bool bin_word(nf_lc3_slice line, uint16_t *word)
{
    unsigned number = 0, digits = 0;
    for (size_t i = 0; i < line.length; i++) {
        if (is_blank(line.text[i])) continue;
        if (line.text[i] != '0' && line.text[i] != '1') return false;
        number = number << 1 | (unsigned)(line.text[i] - '0');
        digits++;
    }
    *word = (uint16_t)number;
    return digits == BINARY_DIGITS;
}

static bool hex_word(nf_lc3_slice line, uint16_t *word)
{
    size_t prefix = line.length > HEX_DIGITS ? line.length - HEX_DIGITS : 0;
    if (prefix > 2 || (prefix == 2 && line.text[0] != '0')) return false;
    if (prefix && line.text[prefix - 1] != 'x' && line.text[prefix - 1] != 'X') return false;
    return nf_lc3_slice_hex((nf_lc3_slice){line.text + prefix, line.length - prefix}, word);
}

nf_lc3_format nf_lc3_digits_format(const uint8_t *bytes, size_t size)
{
    nf_lc3_reader r = {.start = bytes, .end = bytes + size, .line_next = bytes};
    nf_lc3_slice line;
    uint16_t word;
    while (nf_lc3_read_line(&r, &line)) {
        line = without_comment(line);
        if (line.length == 0) continue;
        if (bin_word(line, &word)) return NF_LC3_FORMAT_BIN;
        return hex_word(line, &word) ? NF_LC3_FORMAT_HEX : NF_LC3_FORMAT_COUNT;
    }
    return NF_LC3_FORMAT_COUNT;
}

static bool read_words(nf_lc3_reader *r, bool (*parse)(nf_lc3_slice line, uint16_t *word),
                       const char *expected)
{
    nf_lc3_slice line;
    bool begun = false;
    while (nf_lc3_read_line(r, &line)) {
        uint16_t word;
        line = without_comment(line);
        if (line.length == 0) continue;
        if (!parse(line, &word)) return nf_lc3_read_fail(r, NF_CORRUPT, "expected %s", expected);
        if (!(begun ? nf_lc3_read_word(r, r->at, word) : nf_lc3_read_begin(r, word))) return false;
        begun = true;
    }
    return r->status == NF_OK;
}

bool nf_lc3_read_bin(nf_lc3_reader *r)
{
    return read_words(r, bin_word, "16 binary digits");
}

bool nf_lc3_read_hex(nf_lc3_reader *r)
{
    return read_words(r, hex_word, "4 hexadecimal digits");
}

static void write_bin_word(nf_text *out, uint16_t word)
{
    char digits[BINARY_DIGITS + 1];
    for (unsigned i = 0; i < BINARY_DIGITS; i++)
        digits[i] = (char)('0' + (word >> (BINARY_DIGITS - 1 - i) & 1));
    digits[BINARY_DIGITS] = '\n';
    nf_text_append(out, digits, sizeof digits);
}

static void write_hex_word(nf_text *out, uint16_t word)
{
    char line[HEX_DIGITS + 2];
    nf_text_append(out, line, nf_format(line, sizeof line, "%04x\n", word));
}

static void write_words(const nf_lc3_object *object, nf_text *out,
                        void (*write)(nf_text *out, uint16_t word))
{
    const nf_lc3_segment *segment = object->segments.data;
    write(out, segment->origin);
    for (uint32_t i = 0; i < segment->words.count; i++) write(out, segment->words.data[i]);
}

void nf_lc3_write_bin(const nf_lc3_object *object, nf_text *out)
{
    write_words(object, out, write_bin_word);
}

void nf_lc3_write_hex(const nf_lc3_object *object, nf_text *out)
{
    write_words(object, out, write_hex_word);
}
