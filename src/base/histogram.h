/*
 * A log-linear histogram: counts of values over the whole range of 64 bits, exact to 1.6 %.
 *
 * Each power of two is cut into 64 buckets of equal width; values below 64 have one each:
 *
 *     0 1 2 ... 63 | 64 65 .. 127 | 128,129 130,131 .. | 256..259 ...
 *      64 buckets      64 of 1          64 of 2            64 of 4
 *
 * Adding costs a few instructions and never fails. All zero is an empty histogram. One thread at a
 * time. Freestanding.
 */
#ifndef NF_BASE_HISTOGRAM_H
#define NF_BASE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NF_HISTOGRAM_BITS = 6, /* of a value that a bucket tells apart, below its highest */
    NF_HISTOGRAM_BUCKETS = (64 - NF_HISTOGRAM_BITS + 1) << NF_HISTOGRAM_BITS,
};

typedef struct nf_histogram {
    uint64_t count, max;
    double sum;
    uint64_t buckets[NF_HISTOGRAM_BUCKETS];
} nf_histogram;

static inline uint32_t nf_histogram_bucket(uint64_t value)
{
    uint32_t top = 63 - (uint32_t)__builtin_clzll(value | 1);
    uint32_t shift = top > NF_HISTOGRAM_BITS ? top - NF_HISTOGRAM_BITS : 0;
    return (shift << NF_HISTOGRAM_BITS) + (uint32_t)(value >> shift);
}

static inline void nf_histogram_add(nf_histogram *histogram, uint64_t value)
{
    histogram->buckets[nf_histogram_bucket(value)]++;
    histogram->count++;
    histogram->sum += (double)value;
    if (value > histogram->max) histogram->max = value;
}

/* 0 of an empty one. */
double nf_histogram_mean(const nf_histogram *histogram);

/* The value that the given part (0 to 1) of all values does not exceed, as the upper end of its
 * bucket, at most the maximum. 0 of an empty one. */
uint64_t nf_histogram_quantile(const nf_histogram *histogram, double part);

/* histogram += other */
void nf_histogram_merge(nf_histogram *histogram, const nf_histogram *other);

#endif
