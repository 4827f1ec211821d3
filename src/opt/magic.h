/*
 * Division by a constant as the high half of a product and a shift (Granlund and Montgomery, "Division
 * by Invariant Integers using Multiplication", 1994).
 */
#ifndef NF_OPT_MAGIC_H
#define NF_OPT_MAGIC_H

#include <stdbool.h>
#include <stdint.h>

typedef struct nf_magic {
    uint64_t multiplier; /* without the bit that `add` stands for */
    unsigned shift;      /* behind the high half */
    bool add;            /* the multiplier has bit `width` too */
} nf_magic;

nf_magic nf_magic_unsigned(uint64_t d, unsigned width);
/* For a divisor of at least 2. The multiplier is below 2^width, as an unsigned number; add is not set. */
nf_magic nf_magic_signed(uint64_t d, unsigned width);

#endif
