/*
 * Multipliers that divide; see magic.h.
 *
 * The search for multiplier and shift is Warren's (Hacker's Delight, 2nd edition, 10-4 and 10-9), here for
 * any width of up to 64 bits.
 */
#include "magic.h"

static uint64_t ones(unsigned width)
{
    return UINT64_MAX >> (64 - width);
}

/* Warren's magicu. Invariants: 2^p = q1 * nc + r1 and 2^p - 1 = q2 * d + r2. */
nf_magic nf_magic_unsigned(uint64_t d, unsigned width)
{
    uint64_t half = UINT64_C(1) << (width - 1), delta;
    uint64_t nc = ones(width) - ((ones(width) - d + 1) % d);
    uint64_t q1 = half / nc, r1 = half % nc, q2 = (half - 1) / d, r2 = (half - 1) % d;
    unsigned p = width - 1;
    nf_magic m = {0};
    do {
        p++;
        bool carry1 = r1 >= nc - r1, carry2 = r2 + 1 >= d - r2;
        q1 = 2 * q1 + carry1;
        r1 = carry1 ? 2 * r1 - nc : 2 * r1;
        if (q2 >= (carry2 ? half - 1 : half)) m.add = true;
        q2 = (2 * q2 + carry2) & ones(width);
        r2 = carry2 ? 2 * r2 + 1 - d : 2 * r2 + 1;
        delta = d - 1 - r2;
    } while (p < 2 * width && (q1 < delta || (q1 == delta && r1 == 0)));
    m.multiplier = (q2 + 1) & ones(width);
    m.shift = p - width;
    return m;
}

/* Warren's magic. */
nf_magic nf_magic_signed(uint64_t d, unsigned width)
{
    uint64_t half = UINT64_C(1) << (width - 1), delta;
    uint64_t nc = half - 1 - half % d;
    uint64_t q1 = half / nc, r1 = half % nc, q2 = half / d, r2 = half % d;
    unsigned p = width - 1;
    do {
        p++;
        q1 = 2 * q1 + (r1 >= nc - r1);
        r1 = r1 >= nc - r1 ? r1 - (nc - r1) : 2 * r1;
        q2 = 2 * q2 + (r2 >= d - r2);
        r2 = r2 >= d - r2 ? r2 - (d - r2) : 2 * r2;
        delta = d - r2;
    } while (q1 < delta || (q1 == delta && r1 == 0));
    return (nf_magic){.multiplier = q2 + 1, .shift = p - width};
}
