/*
 * What the readers of object files share: a place in the bytes, checked filling of the object,
 * lines of text. The first failure decides: it writes the error, and what follows gives false or 0
 * and takes nothing. Freestanding.
 */
#ifndef NF_GUEST_LC3_OBJECT_INTERNAL_H
#define NF_GUEST_LC3_OBJECT_INTERNAL_H

#include "object.h"
#include "base/bitset.h"

enum { NF_LC3_ADDRESSES = 0x10000, NF_LC3_WORD_MAX = 0xffff };

typedef struct nf_lc3_reader {
    const uint8_t *start, *at, *end;
    const uint8_t *line_start, *line_next; /* of a text; NULL in a binary format */
    uint32_t line;                         /* from 1 */
    const char *name;
    nf_lc3_object *object;
    nf_bitset used; /* addresses that have a word */
    nf_error *error;
    nf_status status;
} nf_lc3_reader;

typedef struct nf_lc3_slice {
    const char *text;
    size_t length;
} nf_lc3_slice;

/* Notes the failure with the place, which is `at`; returns false. */
bool nf_lc3_read_fail(nf_lc3_reader *r, nf_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool nf_lc3_read_memory(nf_lc3_reader *r); /* memory is out; returns false */
/* Fails: the label is another object's, and nothing is linked here. */
bool nf_lc3_read_unlinked(nf_lc3_reader *r, nf_lc3_slice label);
/* For the formats of lc3-ensemble, whose machine starts at x3000 whatever the object says. */
void nf_lc3_read_user_start(nf_lc3_reader *r);

/* A little-endian number of up to 8 bytes; 0 on failure, which names what was cut off. */
uint64_t nf_lc3_read_number(nf_lc3_reader *r, unsigned bytes, const char *what);
/* The next bytes where they are; NULL when there are not so many. */
const uint8_t *nf_lc3_read_bytes(nf_lc3_reader *r, uint64_t count, const char *what);

/* Filling the object; a word's failure, wrapping or overlapping, is at `place`. */
bool nf_lc3_read_begin(nf_lc3_reader *r, uint16_t origin);
bool nf_lc3_read_word(nf_lc3_reader *r, const uint8_t *place, uint16_t word);
bool nf_lc3_read_symbol(nf_lc3_reader *r, uint16_t address, nf_lc3_slice name);
bool nf_lc3_read_source(nf_lc3_reader *r, uint16_t address, uint32_t number, nf_lc3_slice text);
/* The address that the next word gets. */
uint32_t nf_lc3_read_next(const nf_lc3_reader *r);

/* The next line of a text without the blanks around it, `at` being its first character; false when
 * there is none. */
bool nf_lc3_read_line(nf_lc3_reader *r, nf_lc3_slice *line);
nf_lc3_slice nf_lc3_slice_trim(nf_lc3_slice slice);
bool nf_lc3_slice_is(nf_lc3_slice slice, const char *text);
/* Exactly four hexadecimal digits. */
bool nf_lc3_slice_hex(nf_lc3_slice slice, uint16_t *word);
bool nf_lc3_slice_decimal(nf_lc3_slice slice, uint32_t max, uint32_t *number);

/* How the formats begin; both binary forms and the text's first line. */
bool nf_lc3_is_lc3tools(const uint8_t *bytes, size_t size);
bool nf_lc3_is_ensemble(const uint8_t *bytes, size_t size);
bool nf_lc3_is_ensemble_text(const uint8_t *bytes, size_t size);
/* Of a text: BIN, HEX, or NF_LC3_FORMAT_COUNT, by its first line that says something. */
nf_lc3_format nf_lc3_digits_format(const uint8_t *bytes, size_t size);
/* CLASSIC or NATIVE. */
nf_lc3_format nf_lc3_raw_format(const uint8_t *bytes, size_t size);

/* By the table, as are the readers and writers themselves. */
bool nf_lc3_read_by_format(nf_lc3_reader *r, nf_lc3_format format);

#define NF_LC3_FORMAT(id, name, functions, segmented, meaning)                                     \
    bool nf_lc3_read_##functions(nf_lc3_reader *r);                                                \
    void nf_lc3_write_##functions(const nf_lc3_object *object, nf_text *out);
#include "object_formats.def"

#endif
