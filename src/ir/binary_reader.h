/*
 * Bytes that may say anything, read with every count checked against what is left of them.
 *
 * The first failure decides: it writes the error, and from then on every read gives 0 and takes
 * nothing, so that a reader checks once where it matters. Freestanding.
 */
#ifndef NF_IR_BINARY_READER_H
#define NF_IR_BINARY_READER_H

#include "binary_internal.h"

typedef struct nf_reader {
    const uint8_t *start, *at, *end; /* end: of the section at hand */
    const char *name;
    nf_error *error;
    nf_status status; /* NF_OK until something failed */
    nf_module *module;
    nf_arena *arena; /* the module's, or that of bodies that are decoded later */
    bool lazy;       /* bodies are left for later */
    nf_op ops[NF_OPCODES_MAX];
    uint32_t op_count;
} nf_reader;

/* Notes the failure with the place; returns false. */
bool nf_reader_fail(nf_reader *r, nf_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define CORRUPT(r, ...) nf_reader_fail((r), NF_CORRUPT, __VA_ARGS__)
bool nf_reader_memory(nf_reader *r); /* memory is out; returns false */

static inline size_t nf_reader_left(const nf_reader *r)
{
    return (size_t)(r->end - r->at);
}

uint8_t nf_read_byte(nf_reader *r);
uint64_t nf_read_number(nf_reader *r);
int64_t nf_read_signed(nf_reader *r);
/* A number that is at most max, or a failure that says what. */
uint32_t nf_read_below(nf_reader *r, uint64_t max, const char *what);
/* How many items follow, of at least item_bytes each; at most max. */
uint32_t nf_read_count(nf_reader *r, size_t item_bytes, uint32_t max, const char *what);
/* The next bytes where they are; NULL when there are not so many. */
const uint8_t *nf_read_bytes(nf_reader *r, uint64_t count);
/* A copy with a zero behind it, in the module's arena; NULL on failure. */
const char *nf_read_string(nf_reader *r);
/* A type of values, or NF_VOID where void_too. */
nf_type nf_read_type(nf_reader *r, bool void_too);

/* The end of the section at hand, which becomes the end of the next so many bytes, a number that is
 * read here. */
const uint8_t *nf_read_extent(nf_reader *r, const char *what);
/* All bytes up to r->end were read; on with those up to end. */
void nf_read_extent_end(nf_reader *r, const uint8_t *end);

/* A function's part of the section of functions, and its body alone (binary_decode_func.c). */
void nf_read_func(nf_reader *r, nf_func *f);
void nf_read_body(nf_reader *r, nf_func *f);

/* Bodies that are decoded later (binary_lazy.c): makes module->bodies; keeps the bytes from r->at to
 * r->end for nf_func_load(). */
bool nf_bodies_make(nf_reader *r);
void nf_body_keep(nf_reader *r, nf_func *f);

#endif
