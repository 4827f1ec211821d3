/*
 * Sums of 32-bit integers into 64 bits, over windows that wander through an array.
 *
 * Hot: sum_of(), a reduction over consecutive memory that fits the first-level cache. Integers may
 * be added in any order, so it is bound by loads and by how wide the vectors are.
 *
 * The answer is known because the array holds an arithmetic series, every window too, and the sum
 * of such a series has a closed form.
 */
#include "workload.h"

const struct workload_info workload_info = {
    .name = "sum",
    .size_meaning = "integers to add",
    .size = 10000000,
    .size_max = UINT64_C(1) << 48,
};

enum { COUNT = 4096, WINDOW = 3000, STEP = 37, FIRST = -5000, DIFFERENCE = 7 };

static _Alignas(WORKLOAD_LINE) int32_t numbers[COUNT];

static int64_t sum_of(const int32_t *values, uint64_t count)
{
    int64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

static uint64_t next_start(uint64_t start)
{
    return (start + STEP) % (COUNT - WINDOW);
}

uint64_t workload(uint64_t size)
{
    for (int32_t i = 0; i < COUNT; i++) numbers[i] = FIRST + DIFFERENCE * i;
    int64_t total = 0;
    uint64_t start = 0;
    for (; size > WINDOW; size -= WINDOW, start = next_start(start))
        total += sum_of(numbers + start, WINDOW);
    return (uint64_t)(total + sum_of(numbers + start, size));
}

static int64_t sum_of_series(uint64_t start, uint64_t count)
{
    int64_t first = FIRST + DIFFERENCE * (int64_t)start;
    int64_t last = first + DIFFERENCE * ((int64_t)count - 1);
    return (int64_t)count * (first + last) / 2;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    int64_t total = 0;
    uint64_t start = 0;
    for (; size > WINDOW; size -= WINDOW, start = next_start(start))
        total += sum_of_series(start, WINDOW);
    return checksum == (uint64_t)(total + sum_of_series(start, size));
}
