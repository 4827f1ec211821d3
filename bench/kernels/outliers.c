/* Moments of a series, whose few outliers a function notes: a loop that hardly ever calls. */
#include "kernel.h"

enum { NUMBERS = 4096, ONE_IN = 500 };

KERNEL("outliers", "passes over 4096 numbers", 40)

static double numbers[NUMBERS];
static uint64_t noted;

static __attribute__((noinline)) void note(int place, double number)
{
    noted = workload_mix(noted, (uint64_t)place + (number < 0));
}

static __attribute__((noinline)) double moments(const double *x, int count, double mean)
{
    double first = 0, second = 0, third = 0;
    for (int i = 0; i < count; i++) {
        double d = x[i] - mean;
        if (d > 1000) note(i, d);
        first += d;
        second += d * d;
        third += d * d * d;
    }
    return first + second * third;
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0, random = 1;
    noted = 0;
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t bits = workload_random(&random);
        numbers[i] = (double)(bits % 1000) + (bits % ONE_IN == 1 ? 5000 : 0);
    }
    for (uint64_t pass = 0; pass < size; pass++)
        checksum =
            workload_mix(checksum, (uint64_t)(int64_t)moments(numbers, NUMBERS, (double)pass));
    return workload_mix(checksum, noted);
}
