/*
 * Quicksort of random 32-bit numbers (Hoare's, with the median of three and insertion for the
 * smallest parts).
 *
 * Hot: partition(), whose branches nobody can predict, and sort_small(), short loops with moves.
 *
 * The answer is known by a radix sort of the same numbers, which compares nothing: four passes of
 * counting by a byte.
 */
#include "workload.h"

enum { COUNT_MAX = 1 << 20, SMALL = 16, RADIX = 256, RADIX_BITS = 8, KEY_BITS = 32 };

const struct workload_info workload_info = {
    .name = "quicksort",
    .size_meaning = "numbers to sort",
    .size = 16000,
    .size_max = COUNT_MAX,
};

static _Alignas(WORKLOAD_LINE) uint32_t numbers[COUNT_MAX];

static void fill(uint32_t *values, uint64_t count)
{
    uint64_t random = count;
    for (uint64_t i = 0; i < count; i++) values[i] = workload_random(&random);
}

static uint64_t mix_all(const uint32_t *values, uint64_t count)
{
    uint64_t checksum = 0;
    for (uint64_t i = 0; i < count; i++) checksum = workload_mix(checksum, values[i]);
    return checksum;
}

static void swap(uint32_t *x, uint32_t *y)
{
    uint32_t old = *x;
    *x = *y;
    *y = old;
}

static void sort_small(uint32_t *values, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        uint32_t value = values[i];
        int64_t place = i;
        for (; place > 0 && values[place - 1] > value; place--) values[place] = values[place - 1];
        values[place] = value;
    }
}

/* Orders the first, middle and last value, which then also stop the scans of partition(). */
static uint32_t median_of_three(uint32_t *values, int64_t count)
{
    uint32_t *first = values, *middle = values + count / 2, *last = values + count - 1;
    if (*middle < *first) swap(middle, first);
    if (*last < *middle) swap(last, middle);
    if (*middle < *first) swap(middle, first);
    return *middle;
}

/* No value before the result is above the pivot, none from it on below; neither part is empty. */
static int64_t partition(uint32_t *values, int64_t count, uint32_t pivot)
{
    int64_t low = -1, high = count;
    for (;;) {
        do low++;
        while (values[low] < pivot);
        do high--;
        while (values[high] > pivot);
        if (low >= high) return high + 1;
        swap(&values[low], &values[high]);
    }
}

/* Recurs into the smaller part, so that it nests at most as deep as the count has bits. */
static void quicksort(uint32_t *values, int64_t count)
{
    while (count > SMALL) {
        int64_t split = partition(values, count, median_of_three(values, count));
        if (split < count - split) {
            quicksort(values, split);
            values += split;
            count -= split;
        } else {
            quicksort(values + split, count - split);
            count = split;
        }
    }
    sort_small(values, count);
}

uint64_t workload(uint64_t size)
{
    fill(numbers, size);
    quicksort(numbers, (int64_t)size);
    return mix_all(numbers, size);
}

static void sort_by_byte(const uint32_t *from, uint32_t *to, uint64_t count, unsigned shift)
{
    uint64_t start[RADIX + 1] = {0};
    for (uint64_t i = 0; i < count; i++) start[(from[i] >> shift) % RADIX + 1]++;
    for (unsigned i = 0; i < RADIX; i++) start[i + 1] += start[i];
    for (uint64_t i = 0; i < count; i++) to[start[(from[i] >> shift) % RADIX]++] = from[i];
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    static uint32_t sorted[COUNT_MAX], other[COUNT_MAX];
    fill(sorted, size);
    for (unsigned shift = 0; shift < KEY_BITS; shift += 2 * RADIX_BITS) {
        sort_by_byte(sorted, other, size, shift);
        sort_by_byte(other, sorted, size, shift + RADIX_BITS);
    }
    return checksum == mix_all(sorted, size);
}
