/* A filter over floats with 32 taps, a number that the compiler knows. Sums keep C's order, so it is
 * the outputs that can be computed side by side. */
#include "kernel.h"

enum { SAMPLES = 4096, TAPS = 32 };

KERNEL("fir_float", "passes over 4096 samples", 20)

static _Alignas(WORKLOAD_LINE) float input[SAMPLES + TAPS], output[SAMPLES], taps[TAPS];

static __attribute__((noinline)) void filter(float *restrict out, const float *restrict in,
                                             const float *restrict tap, int count)
{
    for (int i = 0; i < count; i++) {
        float sum = 0;
        for (int k = 0; k < TAPS; k++) sum += in[i + k] * tap[k];
        out[i] = sum;
    }
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0;
    for (int i = 0; i < SAMPLES + TAPS; i++) input[i] = (float)(i * i % 101 - 50);
    for (int k = 0; k < TAPS; k++) taps[k] = (float)(k % 7 - 3);
    for (uint64_t pass = 0; pass < size; pass++)
        filter(output, input + pass % 2, taps, SAMPLES - (int)(pass % 8));
    for (int i = 0; i < SAMPLES; i++)
        checksum = workload_mix(checksum, (uint64_t)(int64_t)output[i]);
    return checksum;
}
