/*
 * LC-3 programs as files: every object format in use, read and written, and symbol files.
 *
 *   bytes ── nf_lc3_object_read() ──► nf_lc3_object ── nf_lc3_object_write() ──► bytes
 *                                          ▲
 *                       assembler ─────────┘
 *
 * An object is one or more segments of words. No word lies behind xFFFF, and no address is given
 * twice. Memory that lc3-ensemble leaves uninitialised is zero here. Everything an object points to
 * lies in the arena that it was made with. Formats: object_formats.def. Freestanding; one thread
 * per arena.
 */
#ifndef NF_GUEST_LC3_OBJECT_H
#define NF_GUEST_LC3_OBJECT_H

#include "base/map.h"
#include "base/text.h"
#include "base/vec.h"

typedef enum nf_lc3_format {
#define NF_LC3_FORMAT(id, name, functions, segmented, meaning) NF_LC3_FORMAT_##id,
#include "object_formats.def"
    NF_LC3_FORMAT_COUNT,
    NF_LC3_FORMAT_ANY = NF_LC3_FORMAT_COUNT, /* for reading: told by the content */
} nf_lc3_format;

typedef struct nf_lc3_segment {
    uint16_t origin;
    NF_VEC(uint16_t) words; /* may be none; the last lies at xFFFF or below */
} nf_lc3_segment;

typedef struct nf_lc3_symbol {
    const char *name;
    uint16_t address;
} nf_lc3_symbol;

/* A line of the source, and the first address of what it became. */
typedef struct nf_lc3_line {
    const char *text;
    uint32_t number; /* from 1; 0: unknown */
    uint16_t address;
} nf_lc3_line;

typedef struct nf_lc3_object {
    nf_arena *arena;
    nf_lc3_format format;            /* what it was read from */
    NF_VEC(nf_lc3_segment) segments; /* in the order of the file; at least one */
    NF_VEC(nf_lc3_symbol) symbols;
    NF_VEC(nf_lc3_line) lines; /* at most one for an address */
    nf_map line_index;         /* from addresses to places in lines */
    uint16_t start; /* the first segment's origin; of lc3-ensemble x3000 if it is there */
} nf_lc3_object;

/* By name, as on a command line; NF_LC3_FORMAT_COUNT when there is none such. */
nf_lc3_format nf_lc3_format_named(const char *name);
/* NULL when format is none. */
const char *nf_lc3_format_name(nf_lc3_format format);
const char *nf_lc3_format_meaning(nf_lc3_format format);
/* Whether the format can hold more than one segment. */
bool nf_lc3_format_segmented(nf_lc3_format format);

/* An object without segments, to be filled by the four functions below it, which give false when
 * memory is out. */
void nf_lc3_object_init(nf_lc3_object *object, nf_arena *arena);
bool nf_lc3_object_begin(nf_lc3_object *object, uint16_t origin);
/* To the segment begun last, which must have room for it. */
bool nf_lc3_object_word(nf_lc3_object *object, uint16_t word);
/* Texts are copied. A second line for an address is dropped. */
bool nf_lc3_object_line(nf_lc3_object *object, uint16_t address, uint32_t number, const char *text,
                        size_t length);
bool nf_lc3_object_symbol(nf_lc3_object *object, uint16_t address, const char *name, size_t length);

/* NULL when there is none for the address. */
const nf_lc3_line *nf_lc3_line_at(const nf_lc3_object *object, uint16_t address);
/* Names are compared without regard to case; NULL when there is none such. */
const nf_lc3_symbol *nf_lc3_symbol_named(const nf_lc3_object *object, const char *name,
                                         size_t length);

/*
 * Any bytes to an object, or an error that says where: the byte of a binary format, line and column
 * of a text. Takes time and memory in proportion to size. Nothing of bytes is kept. NF_CORRUPT (cut
 * off, damaged, wrapping, overlapping), NF_UNSUPPORTED (no object, or one that must be linked),
 * NF_MEMORY. format is NF_LC3_FORMAT_ANY unless the user knows better; name is for messages.
 */
nf_status nf_lc3_object_read(nf_arena *arena, const char *name, const void *bytes, size_t size,
                             nf_lc3_format format, nf_lc3_object *object, nf_error *error);
/* What the content says, or NF_LC3_FORMAT_COUNT when it is no object (a text, a known other kind of
 * file). */
nf_lc3_format nf_lc3_format_of(const void *bytes, size_t size);

/* Appends the file's bytes to out. NF_UNSUPPORTED: more segments than the format can hold. */
nf_status nf_lc3_object_write(const nf_lc3_object *object, nf_lc3_format format, nf_text *out,
                              nf_error *error);

/* Adds the symbols of a .sym file, as lc3as writes it beside the object. */
nf_status nf_lc3_symbols_read(nf_lc3_object *object, const char *name, const char *text,
                              size_t size, nf_error *error);
void nf_lc3_symbols_write(const nf_lc3_object *object, nf_text *out);

#endif
