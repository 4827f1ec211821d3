/* The statistics of races. Pure; freestanding. Source: any text on paired samples; Chen and Revels,
 * "Robust benchmarking in noisy environments" (2016), for why ratios of neighbours in time. */
#ifndef NF_RACE_STATISTICS_H
#define NF_RACE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

/* Sorts in place and gives the middle; 0 when there are none. */
double nf_median(double *values, uint32_t count);

/* How many times faster b is than a, by samples taken in pairs: the geometric mean of a[i] / b[i]
 * with its 95 % interval. Pairs in which either is negative are left out, and the tenth of the
 * ratios that is most extreme on each side. pairs: how many counted; fewer than 4: all three are 1
 * and pairs 0. */
typedef struct nf_ratio {
    double ratio, low, high;
    uint32_t pairs;
} nf_ratio;
nf_ratio nf_ratio_paired(const double *a, const double *b, uint32_t count);

/*
 * By how much each round was slower than the quietest one that did the same: of everyone who ran in it,
 * the logarithm of its sample over its least one with that batch; and of those the middle one, or the
 * less of the two in the middle, as one that is slow by itself says nothing of the machine. Negative
 * samples: it did not run. batches NULL: all the same. A pace of 1e300: nobody ran, or there are less than
 * three, of which one that has two speeds by itself could not be told from the machine; then all count.
 * Returns up to which pace rounds are as good as undisturbed: 5 % above the quietest tenth's, or more, so
 * that twelve are left. At most 64 series and 1,024 rounds; 0 when there are none.
 */
double nf_paces(const double *const *samples, uint32_t count, const uint32_t *batches,
                uint32_t rounds, double *paces);

double nf_log(double x); /* natural; x > 0 */
double nf_exp(double x); /* |x| < 700 */
double nf_sqrt(double x);

/* Two samples of the same in each round become one; negative: there is none. */
void nf_samples_join(const double *a, const double *b, uint32_t rounds, double *joined);

#endif
