/* The scalar product of two arrays of floats in the first-level cache. The elements are small
 * integers, so that every order of the sum gives the same. */
#include "kernel.h"

enum { COUNT = 2000 };

static _Alignas(WORKLOAD_LINE) float xs[COUNT + 16], ys[COUNT];

static __attribute__((noinline)) float dot(const float *x, const float *y, uint64_t count)
{
#ifdef ANY_ORDER
#pragma clang fp reassociate(on)
#endif
    float sum = 0;
    for (uint64_t i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0;
    for (int i = 0; i < COUNT + 16; i++) xs[i] = (float)(i % 17 - 8);
    for (int i = 0; i < COUNT; i++) ys[i] = (float)(i % 5 - 2);
    for (uint64_t pass = 0; pass < size; pass++)
        checksum = workload_mix(checksum, (uint64_t)(int64_t)dot(xs + pass % 16, ys, COUNT));
    return checksum;
}
