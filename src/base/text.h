/*
 * Growing text, and formatting without libc.
 *
 * nf_text lives in an arena; it is NUL-terminated after every call. The formats are a subset of
 * printf's: %s %.*s %c %d %u %x %ld %lu %lx %lld %llu %llx %zu %p %.Nf (N up to 6) %%, with 0, -
 * and a width.
 * When memory is out the text is cut and arena->failed is set. Freestanding.
 */
#ifndef NF_BASE_TEXT_H
#define NF_BASE_TEXT_H

#include <stdarg.h>
#include "arena.h"

typedef struct nf_text {
    nf_arena *arena;
    char *data; /* never NULL after nf_text_init() */
    size_t length, capacity;
} nf_text;

void nf_text_init(nf_text *text, nf_arena *arena);
void nf_text_append(nf_text *text, const char *bytes, size_t length);
void nf_text_format(nf_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nf_text_format_list(nf_text *text, const char *format, va_list list);

/* As strlen, which a freestanding build has not. */
size_t nf_string_length(const char *string);
bool nf_string_equal(const char *a, const char *b);

/* Into a fixed buffer, as vsnprintf: returns the length that the whole would have. */
size_t nf_format_list(char *buffer, size_t size, const char *format, va_list list);
size_t nf_format(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
