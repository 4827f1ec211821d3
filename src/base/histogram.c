/*
 * Reading log-linear histograms; histogram.h has the layout.
 *
 * Bucket b holds the values (64 + b % 64) << s up to the next bucket's first, where s = b / 64 - 1,
 * and the value b itself for b below 128. So 1000 = 0b1111101000 lies in bucket 3 * 64 + 125, which
 * is 317, with 1000 to 1007.
 */
#include "histogram.h"

/* The greatest value in a bucket. */
static uint64_t bucket_end(uint32_t bucket)
{
    uint32_t shift = bucket >> NF_HISTOGRAM_BITS;
    shift = shift > 0 ? shift - 1 : 0;
    uint64_t first = (uint64_t)(bucket - (shift << NF_HISTOGRAM_BITS)) << shift;
    return first + ((UINT64_C(1) << shift) - 1);
}

double nf_histogram_mean(const nf_histogram *histogram)
{
    return histogram->count ? histogram->sum / (double)histogram->count : 0;
}

uint64_t nf_histogram_quantile(const nf_histogram *histogram, double part)
{
    double wanted = part * (double)histogram->count;
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < NF_HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen == 0 || (double)seen < wanted) continue;
        uint64_t end = bucket_end(bucket);
        return end < histogram->max ? end : histogram->max;
    }
    return histogram->max;
}

void nf_histogram_merge(nf_histogram *histogram, const nf_histogram *other)
{
    for (uint32_t bucket = 0; bucket < NF_HISTOGRAM_BUCKETS; bucket++)
        histogram->buckets[bucket] += other->buckets[bucket];
    histogram->count += other->count;
    histogram->sum += other->sum;
    if (other->max > histogram->max) histogram->max = other->max;
}
