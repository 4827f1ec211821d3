/*
 * LC-3 objects: their formats by name, filling them, looking things up; see object.h.
 *
 * Texts that come from files are copied without control characters, so that whoever prints a label
 * or a line of the source needs not fear for the terminal.
 */
#include "object_internal.h"
#include "base/status.h"

enum { DELETE = 0x7f };

typedef struct form {
    const char *name, *meaning;
    bool segmented;
    bool (*read)(nf_lc3_reader *r);
    void (*write)(const nf_lc3_object *object, nf_text *out);
} form;

static const form formats[NF_LC3_FORMAT_COUNT] = {
#define NF_LC3_FORMAT(id, name, functions, segmented, meaning)                                     \
    {name, meaning, segmented, nf_lc3_read_##functions, nf_lc3_write_##functions},
#include "object_formats.def"
};

nf_lc3_format nf_lc3_format_named(const char *name)
{
    unsigned i = 0;
    while (i < NF_LC3_FORMAT_COUNT && !nf_string_equal(formats[i].name, name)) i++;
    return (nf_lc3_format)i;
}

const char *nf_lc3_format_name(nf_lc3_format format)
{
    return format < NF_LC3_FORMAT_COUNT ? formats[format].name : NULL;
}

const char *nf_lc3_format_meaning(nf_lc3_format format)
{
    return format < NF_LC3_FORMAT_COUNT ? formats[format].meaning : NULL;
}

bool nf_lc3_format_segmented(nf_lc3_format format)
{
    return format < NF_LC3_FORMAT_COUNT && formats[format].segmented;
}

/* --- filling --- */

void nf_lc3_object_init(nf_lc3_object *object, nf_arena *arena)
{
    *object = (nf_lc3_object){.arena = arena};
    nf_map_init(&object->line_index, arena);
}

bool nf_lc3_object_begin(nf_lc3_object *object, uint16_t origin)
{
    if (object->segments.count == 0) object->start = origin;
    return NF_VEC_PUSH(object->arena, &object->segments, (nf_lc3_segment){.origin = origin});
}

bool nf_lc3_object_word(nf_lc3_object *object, uint16_t word)
{
    nf_lc3_segment *segment = &object->segments.data[object->segments.count - 1];
    return NF_VEC_PUSH(object->arena, &segment->words, word);
}

/* A copy that is safe to print. */
static const char *printable(nf_arena *arena, const char *text, size_t length)
{
    char *copy = nf_arena_string(arena, text, length);
    for (size_t i = 0; copy && i < length; i++)
        if (((uint8_t)copy[i] < ' ' && copy[i] != '\t') || copy[i] == DELETE) copy[i] = '?';
    return copy;
}

bool nf_lc3_object_line(nf_lc3_object *object, uint16_t address, uint32_t number, const char *text,
                        size_t length)
{
    if (nf_map_get(&object->line_index, address, NULL)) return true;
    const char *copy = printable(object->arena, text, length);
    return copy &&
           NF_VEC_PUSH(object->arena, &object->lines, (nf_lc3_line){copy, number, address}) &&
           nf_map_put(&object->line_index, address, object->lines.count - 1);
}

bool nf_lc3_object_symbol(nf_lc3_object *object, uint16_t address, const char *name, size_t length)
{
    const char *copy = printable(object->arena, name, length);
    return copy && NF_VEC_PUSH(object->arena, &object->symbols, (nf_lc3_symbol){copy, address});
}

const nf_lc3_line *nf_lc3_line_at(const nf_lc3_object *object, uint16_t address)
{
    uint64_t index;
    return nf_map_get(&object->line_index, address, &index) ? &object->lines.data[index] : NULL;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

const nf_lc3_symbol *nf_lc3_symbol_named(const nf_lc3_object *object, const char *name,
                                         size_t length)
{
    for (uint32_t i = 0; i < object->symbols.count; i++) {
        const char *other = object->symbols.data[i].name;
        size_t at = 0;
        while (at < length && other[at] && lower(other[at]) == lower(name[at])) at++;
        if (at == length && other[at] == 0) return &object->symbols.data[i];
    }
    return NULL;
}

/* --- by format --- */

bool nf_lc3_read_by_format(nf_lc3_reader *r, nf_lc3_format format)
{
    return formats[format].read(r);
}

nf_status nf_lc3_object_write(const nf_lc3_object *object, nf_lc3_format format, nf_text *out,
                              nf_error *error)
{
    if (object->segments.count > 1 && !formats[format].segmented)
        return nf_fail(error, NF_UNSUPPORTED,
                       "the format '%s' has room for one origin only, and the program has %u: "
                       "choose lc3tools, ensemble or ensemble-text",
                       formats[format].name, object->segments.count);
    formats[format].write(object, out);
    return out->arena->failed ? nf_fail(error, NF_MEMORY, "out of memory") : NF_OK;
}
