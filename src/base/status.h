/*
 * How calls fail: an nf_status, and an nf_error in the caller's own memory with the detail.
 *
 * Every function that can fail returns nf_status and takes an nf_error * last (NULL is allowed: the
 * detail is then dropped). The error is written only on failure. Nothing here allocates; any thread
 * may call, on its own nf_error. Freestanding.
 */
#ifndef NF_BASE_STATUS_H
#define NF_BASE_STATUS_H

#include <stdarg.h>

#include <nanoforge/types.h>

/* Fills error (when not NULL) with a formatted message, its control characters made question marks,
 * and returns status. Formats: see text.h. */
nf_status nf_fail(nf_error *error, nf_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

nf_status nf_fail_list(nf_error *error, nf_status status, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

/* The same with a place in a source file; line and column count from 1, 0 says unknown. */
nf_status nf_fail_at(nf_error *error, nf_status status, const char *file, uint32_t line,
                     uint32_t column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* What public functions that return nf_status begin with: a NULL that may not be is NF_ARGUMENT. */
#define NF_REQUIRE(argument, error)                                                                \
    do {                                                                                           \
        if ((argument) == NULL) return nf_fail((error), NF_ARGUMENT, "%s is NULL", #argument);     \
    } while (0)

#endif
