/*
 * Arithmetic in nested loops: the sum of (i * j + k) mod 31 over all i, j, k below n.
 *
 * Hot: plane(), the two inner loops for one i. There is no memory and no branch in them; the
 * remainder by a constant becomes a multiplication and shifts, in as many lanes as there are.
 *
 * The answer is known by counting: how many numbers below n leave each remainder, and then only the
 * 31 * 31 * 31 combinations of remainders.
 */
#include "workload.h"

const struct workload_info workload_info = {
    .name = "compute",
    .size_meaning = "iterations of each of three loops",
    .size = 155,
    .size_max = 4000,
};

enum { MODULUS = 31 };

static uint64_t plane(uint32_t i, uint32_t n)
{
    uint64_t total = 0;
    for (uint32_t j = 0; j < n; j++) {
        uint32_t row = 0;
        for (uint32_t k = 0; k < n; k++) row += (i * j + k) % MODULUS;
        total += row;
    }
    return total;
}

uint64_t workload(uint64_t size)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < size; i++) total += plane(i, (uint32_t)size);
    return total;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    uint64_t count[MODULUS], total = 0;
    for (uint32_t r = 0; r < MODULUS; r++) count[r] = (size + MODULUS - 1 - r) / MODULUS;
    for (uint32_t i = 0; i < MODULUS; i++)
        for (uint32_t j = 0; j < MODULUS; j++)
            for (uint32_t k = 0; k < MODULUS; k++)
                total += count[i] * count[j] * count[k] * ((i * j + k) % MODULUS);
    return checksum == total;
}
