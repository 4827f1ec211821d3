/* Sums of 32-bit integers into 64 bits over 4 MB, more than the second-level cache of most
 * processors: bound by memory, so that a vector loop gains little and must lose nothing. */
#include "kernel.h"

enum { COUNT = 1 << 20 };

KERNEL("sum_large", "passes over a million integers", 4)

static _Alignas(WORKLOAD_LINE) int32_t numbers[COUNT];

static int64_t sum_of(const int32_t *values, uint64_t count)
{
    int64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

uint64_t workload(uint64_t size)
{
    int64_t total = 0;
    if (numbers[1] == 0)
        for (int32_t i = 0; i < COUNT; i++) numbers[i] = 7 * i - 5000;
    for (uint64_t pass = 0; pass < size; pass++) {
        numbers[pass % COUNT]++; /* else all passes are one */
        total += sum_of(numbers, COUNT);
        numbers[pass % COUNT]--;
    }
    return (uint64_t)total;
}
