/* y = a x + y over floats in the first-level cache: loads, stores, a multiplication and an addition
 * for each, and pointers that may overlap as far as a compiler can see. */
#include "kernel.h"

enum { COUNT = 2000 };

KERNEL("saxpy", "passes over 2000 floats", 4000)

static _Alignas(WORKLOAD_LINE) float xs[COUNT], ys[COUNT];

static __attribute__((noinline)) void saxpy(float *y, const float *x, float a, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) y[i] = a * x[i] + y[i];
}

/* Small integers, and a scale that alternates: sums stay exact, fused or not. */
uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0;
    for (int i = 0; i < COUNT; i++) xs[i] = (float)(i % 17), ys[i] = (float)(i % 5);
    for (uint64_t pass = 0; pass < size; pass++)
        saxpy(ys, xs, pass % 2 ? -2.0F : 2.0F, COUNT - pass % 2);
    for (int i = 0; i < COUNT; i++)
        checksum = workload_mix(checksum, (uint64_t)(int64_t)(int32_t)ys[i]);
    return checksum;
}
