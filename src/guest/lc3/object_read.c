/*
 * Files into LC-3 objects: telling formats apart, and what all readers are made of.
 *
 * A file is told by its content, for .obj is the name of four formats. Two of them begin with bytes
 * of their own; a text is one of three; all other bytes are taken for origin and words, the classic
 * form, which has no mark at all. So files of known other kinds are refused by name, and a text
 * that is none of the three is not taken for words.
 *
 * Readers go through nf_lc3_read_word(), which alone knows where words may lie: a bit for each
 * address that has one. Example: an lc3tools file with the records (x3000, origin), x5020, xf025
 * becomes one segment {x3000, {x5020, xf025}} and lines for x3000 and x3001.
 */
#include "object_internal.h"
#include "base/status.h"

enum { DELETE = 0x7f, LABEL_SHOWN = 40, USER_START = 0x3000 };

/* --- telling formats apart --- */

/* Files that are no objects, though any bytes might be. */
static const struct kind {
    const char *magic, *name;
} other_kinds[] = {
    {"\x7f"
     "ELF",
     "an ELF file"},
    {"PK\3\4", "a zip archive"},
    {"\x1f\x8b", "compressed by gzip"},
    {"\x89PNG", "a picture"},
    {"BC\xc0\xde", "LLVM bitcode"},
};

static const char *other_kind(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof other_kinds / sizeof *other_kinds; i++) {
        size_t length = nf_string_length(other_kinds[i].magic);
        if (size >= length && __builtin_memcmp(bytes, other_kinds[i].magic, length) == 0)
            return other_kinds[i].name;
    }
    return NULL;
}

/* No control characters: every origin that is in use has a byte that is one. */
static bool is_text(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((bytes[i] < ' ' && (bytes[i] < '\t' || bytes[i] > '\r')) || bytes[i] == DELETE)
            return false;
    return true;
}

nf_lc3_format nf_lc3_format_of(const void *bytes, size_t size)
{
    if (nf_lc3_is_lc3tools(bytes, size)) return NF_LC3_FORMAT_LC3TOOLS;
    if (nf_lc3_is_ensemble(bytes, size)) return NF_LC3_FORMAT_ENSEMBLE;
    if (nf_lc3_is_ensemble_text(bytes, size)) return NF_LC3_FORMAT_ENSEMBLE_TEXT;
    if (size == 0 || other_kind(bytes, size)) return NF_LC3_FORMAT_COUNT;
    return is_text(bytes, size) ? nf_lc3_digits_format(bytes, size)
                                : nf_lc3_raw_format(bytes, size);
}

/* --- what readers are made of --- */

bool nf_lc3_read_fail(nf_lc3_reader *r, nf_status status, const char *format, ...)
{
    char message[NF_ERROR_MESSAGE_BYTES];
    va_list list;
    if (r->status) return false;
    va_start(list, format);
    nf_format_list(message, sizeof message, format, list);
    va_end(list);
    if (r->line_start)
        r->status = nf_fail_at(r->error, status, r->name, r->line,
                               (uint32_t)(r->at - r->line_start) + 1, "%s", message);
    else
        r->status = nf_fail_at(r->error, status, r->name, 0, 0, "byte %zu: %s",
                               (size_t)(r->at - r->start), message);
    return false;
}

bool nf_lc3_read_memory(nf_lc3_reader *r)
{
    if (r->status == NF_OK) r->status = nf_fail(r->error, NF_MEMORY, "out of memory");
    return false;
}

const uint8_t *nf_lc3_read_bytes(nf_lc3_reader *r, uint64_t count, const char *what)
{
    const uint8_t *bytes = r->at;
    size_t left = (size_t)(r->end - r->at);
    if (r->status) return NULL;
    if (count > left) {
        nf_lc3_read_fail(r, NF_CORRUPT, "the file ends within %s, of which %llu bytes are missing",
                         what, (unsigned long long)(count - left));
        return NULL;
    }
    r->at += count;
    return bytes;
}

uint64_t nf_lc3_read_number(nf_lc3_reader *r, unsigned bytes, const char *what)
{
    const uint8_t *at = nf_lc3_read_bytes(r, bytes, what);
    uint64_t number = 0;
    for (unsigned i = 0; at && i < bytes; i++) number |= (uint64_t)at[i] << (8 * i);
    return number;
}

bool nf_lc3_read_begin(nf_lc3_reader *r, uint16_t origin)
{
    return r->status == NF_OK && (nf_lc3_object_begin(r->object, origin) || nf_lc3_read_memory(r));
}

uint32_t nf_lc3_read_next(const nf_lc3_reader *r)
{
    const nf_lc3_segment *segment = &r->object->segments.data[r->object->segments.count - 1];
    return segment->origin + segment->words.count;
}

bool nf_lc3_read_word(nf_lc3_reader *r, const uint8_t *place, uint16_t word)
{
    const uint8_t *at = r->at;
    uint32_t address = nf_lc3_read_next(r);
    if (r->status) return false;
    r->at = place;
    if (address > NF_LC3_WORD_MAX)
        return nf_lc3_read_fail(r, NF_CORRUPT, "this word would lie behind xFFFF");
    if (nf_bitset_has(&r->used, address))
        return nf_lc3_read_fail(r, NF_CORRUPT, "address x%04x is given a second time", address);
    r->at = at;
    nf_bitset_add(&r->used, address);
    return nf_lc3_object_word(r->object, word) || nf_lc3_read_memory(r);
}

bool nf_lc3_read_symbol(nf_lc3_reader *r, uint16_t address, nf_lc3_slice name)
{
    if (r->status) return false;
    if (name.length == 0) return nf_lc3_read_fail(r, NF_CORRUPT, "a label has no name");
    return nf_lc3_object_symbol(r->object, address, name.text, name.length) ||
           nf_lc3_read_memory(r);
}

bool nf_lc3_read_source(nf_lc3_reader *r, uint16_t address, uint32_t number, nf_lc3_slice text)
{
    return r->status == NF_OK &&
           (nf_lc3_object_line(r->object, address, number, text.text, text.length) ||
            nf_lc3_read_memory(r));
}

bool nf_lc3_read_unlinked(nf_lc3_reader *r, nf_lc3_slice label)
{
    int length = label.length < LABEL_SHOWN ? (int)label.length : LABEL_SHOWN;
    return nf_lc3_read_fail(r, NF_UNSUPPORTED,
                            "'%.*s' is in another object, with which this one is not linked",
                            length, label.text);
}

void nf_lc3_read_user_start(nf_lc3_reader *r)
{
    if (nf_bitset_has(&r->used, USER_START)) r->object->start = USER_START;
}

/* --- reading --- */

/* Why bytes are no object. */
static nf_status foreign(const char *name, const void *bytes, size_t size, nf_error *error)
{
    if (size == 0) return nf_fail_at(error, NF_UNSUPPORTED, name, 0, 0, "the file is empty");
    const char *kind = other_kind(bytes, size);
    if (kind)
        return nf_fail_at(error, NF_UNSUPPORTED, name, 0, 0, "this is %s, no LC-3 object", kind);
    return nf_fail_at(error, NF_UNSUPPORTED, name, 0, 0,
                      "this is a text, and neither binary nor hexadecimal words; is it to be "
                      "assembled first?");
}

nf_status nf_lc3_object_read(nf_arena *arena, const char *name, const void *bytes, size_t size,
                             nf_lc3_format format, nf_lc3_object *object, nf_error *error)
{
    nf_lc3_object_init(object, arena);
    if (format >= NF_LC3_FORMAT_COUNT) format = nf_lc3_format_of(bytes, size);
    if (format >= NF_LC3_FORMAT_COUNT) return foreign(name, bytes, size, error);
    nf_lc3_reader r = {
        .start = bytes,
        .at = bytes,
        .end = (const uint8_t *)bytes + size,
        .line_next = bytes,
        .name = name,
        .object = object,
        .used = nf_bitset_new(arena, NF_LC3_ADDRESSES),
        .error = error,
    };
    if (r.used.words == NULL) return nf_lc3_read_memory(&r), r.status;
    object->format = format;
    if (nf_lc3_read_by_format(&r, format) && object->segments.count == 0)
        nf_lc3_read_fail(&r, NF_CORRUPT, "the file ends before an origin");
    return r.status;
}
