/*
 * Numbers in text: integers, and floating point by its exact bits.
 *
 *   integer   -12  0xff                     any number of digits; what passes 64 bits is refused
 *   decimal   1  -0.5  6.02e23              correctly rounded, ties to even
 *   hex float 0x1.8p-3                      the same
 *   special   inf  -inf  nan  -nan  nan:0x1 the payload is the whole mantissa, not 0
 *   bits      0x3f800000                    no p: the bits themselves
 *
 * A finite text that rounds to infinity is refused. Freestanding; any thread.
 */
#ifndef NF_IR_NUMBER_H
#define NF_IR_NUMBER_H

#include <nanoforge/nir.h>
#include "base/text.h"

/* An integer as sign and magnitude; false when the text is none, or too large. */
bool nf_integer_parse(const char *text, size_t length, bool *negative, uint64_t *magnitude);

/* The bits of an NF_F32 or NF_F64 (an f32's in the low half). */
bool nf_float_parse(const char *text, size_t length, nf_type type, uint64_t *bits);

/* Appends a text that reads back as exactly these bits: the shortest decimal where there is one. */
void nf_float_print(nf_text *text, nf_type type, uint64_t bits);

#endif
