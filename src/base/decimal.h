/*
 * Doubles as decimal text, without libc: the shortest digits that read back as the same double.
 *
 * 0.1 gives "0.1", 1e300 "1e+300", 2^53 "9007199254740992". Finite doubles only give valid JSON;
 * the others give "nan", "inf" and "-inf". Freestanding; any thread.
 */
#ifndef NF_BASE_DECIMAL_H
#define NF_BASE_DECIMAL_H

#include <nanoforge/types.h>

enum { NF_DECIMAL_BYTES = 32 }; /* the longest text with its NUL is 25 */

/* Writes a NUL-terminated text; returns its length. */
size_t nf_decimal_format(char buffer[NF_DECIMAL_BYTES], double number);

/* The same for a float: the shortest digits that read back as the same float, 0.1f giving "0.1". */
size_t nf_decimal_format_f32(char buffer[NF_DECIMAL_BYTES], float number);

#endif
