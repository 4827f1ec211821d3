/* A filter over 16-bit samples in whole numbers, with as many taps as its caller says: two nested
 * loops, the inner one a sum of products that are wider than what is read. */
#include "kernel.h"

enum { SAMPLES = 4096, TAPS = 48, SHIFT = 15 };

KERNEL("fir", "passes over 4096 samples", 20)

static _Alignas(WORKLOAD_LINE) int16_t input[SAMPLES + TAPS], output[SAMPLES], taps[TAPS];

static __attribute__((noinline)) void filter(int16_t *restrict out, const int16_t *restrict in,
                                             const int16_t *restrict tap, int count, int tap_count)
{
    for (int i = 0; i < count; i++) {
        int32_t sum = 0;
        for (int k = 0; k < tap_count; k++) sum += in[i + k] * tap[k];
        out[i] = (int16_t)(sum >> SHIFT);
    }
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0, random = 1;
    for (int i = 0; i < SAMPLES + TAPS; i++) input[i] = (int16_t)workload_random(&random);
    for (int k = 0; k < TAPS; k++) taps[k] = (int16_t)(workload_random(&random) % 1024 - 512);
    for (uint64_t pass = 0; pass < size; pass++) {
        filter(output, input, taps, SAMPLES - (int)(pass % 8), TAPS);
        checksum = workload_mix(checksum, (uint64_t)output[pass % SAMPLES]);
    }
    for (int i = 0; i < SAMPLES; i++) checksum = workload_mix(checksum, (uint64_t)output[i]);
    return checksum;
}
