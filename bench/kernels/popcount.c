/* How far sets of bits are apart: a sum over the bits in which two of them differ. */
#include "kernel.h"

enum { SETS = 16, WORDS = 512 };

KERNEL("popcount", "rounds over 16 sets of 32 Kibit", 100)

static _Alignas(WORKLOAD_LINE) uint64_t sets[SETS][WORDS];

#ifdef __TINYC__ /* has not the builtin */
static int bits_of(uint64_t set)
{
    int count = 0;
    for (; set; set &= set - 1) count++;
    return count;
}
#else
#define bits_of __builtin_popcountll
#endif

static __attribute__((noinline)) int apart(const uint64_t *a, const uint64_t *b, int words)
{
    int sum = 0;
    for (int i = 0; i < words; i++) sum += bits_of(a[i] ^ b[i]);
    return sum;
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0, random = 1;
    for (int k = 0; k < SETS; k++)
        for (int i = 0; i < WORDS; i++) sets[k][i] = workload_random(&random);
    for (uint64_t round = 0; round < size; round++)
        for (int k = 0; k < SETS; k++)
            checksum = workload_mix(checksum, (uint64_t)apart(sets[k], sets[(k + round) % SETS],
                                                              WORDS - (int)(round % 8)));
    return checksum;
}
