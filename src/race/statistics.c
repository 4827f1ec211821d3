/*
 * Medians and paired intervals, and the few functions of libm that they take.
 *
 * Times spread multiplicatively, so ratios are averaged as logarithms. The interval is Student's;
 * its factor for n pairs is close to 1.96 + 2.4 / (n - 1) + 2.8 / (n - 1)^2.
 *
 * The sandbox asks for intervals, too: this calls nothing and writes to the stack only.
 */
#include "statistics.h"

enum {
    PAIRS_MAX = 256,
    PAIRS_MIN = 4,
    TRIM_PERCENT = 10,
    SERIES_MIN = 3,
    SERIES_MAX = 64,
    ROUNDS_MAX = 1024,
    QUIET_ROUNDS_MIN = 12
};

static const double QUIET_SHARE = 0.1, QUIET_SPREAD = 0.05; /* of rounds; of their time */
static const double NEVER = 1e300;

static const double LN_2 = 0.693147180559945309;

static void sort(double *values, uint32_t count)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < count; i++) {
            double value = values[i];
            uint32_t at = i;
            for (; at >= gap && values[at - gap] > value; at -= gap) values[at] = values[at - gap];
            values[at] = value;
        }
}

/* Below which a share of the others lies; count > 0. */
static double quantile(const double *sorted, uint32_t count, double share)
{
    return sorted[(uint32_t)((count - 1) * share)];
}

double nf_median(double *values, uint32_t count)
{
    if (count == 0) return 0;
    sort(values, count);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double nf_sqrt(double x)
{
    if (x <= 0) return 0;
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 100; i++) {
        double next = (root + x / root) / 2;
        if (next >= root) break;
        root = next;
    }
    return root;
}

/* x = m * 2^e with m near 1; log m = 2 atanh((m - 1) / (m + 1)). */
double nf_log(double x)
{
    int exponent = 0;
    for (; x > 1.5; exponent++) x /= 2;
    for (; x < 0.75; exponent--) x *= 2;
    double t = (x - 1) / (x + 1), square = t * t, power = t, sum = 0;
    for (int k = 1; k < 40; k += 2, power *= square) sum += power / k;
    return 2 * sum + exponent * LN_2;
}

double nf_exp(double x)
{
    int halvings = 0;
    for (; x > 0.25 || x < -0.25; halvings++) x /= 2;
    double term = 1, sum = 1;
    for (int k = 1; k < 16; k++) sum += term *= x / k;
    for (; halvings > 0; halvings--) sum *= sum;
    return sum;
}

static double student_factor(uint32_t n)
{
    double f = n - 1;
    return 1.96 + 2.4 / f + 2.8 / (f * f);
}

nf_ratio nf_ratio_paired(const double *a, const double *b, uint32_t count)
{
    double logs[PAIRS_MAX];
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < count && pairs < PAIRS_MAX; i++)
        if (a[i] > 0 && b[i] > 0) logs[pairs++] = nf_log(a[i] / b[i]);
    if (pairs < PAIRS_MIN) return (nf_ratio){1, 1, 1, 0};
    sort(logs, pairs);
    uint32_t trimmed = pairs * TRIM_PERCENT / 100;
    const double *kept = logs + trimmed;
    uint32_t n = pairs - 2 * trimmed;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) sum += kept[i];
    double mean = sum / n;
    for (uint32_t i = 0; i < n; i++) squares += (kept[i] - mean) * (kept[i] - mean);
    /* Trimming narrows the spread; the winsorised variance would give back about this much. */
    double error = student_factor(n) * nf_sqrt(squares / (n - 1) / n) * (trimmed ? 1.25 : 1);
    return (nf_ratio){nf_exp(mean), nf_exp(mean - error), nf_exp(mean + error), n};
}

void nf_samples_join(const double *a, const double *b, uint32_t rounds, double *joined)
{
    for (uint32_t r = 0; r < rounds; r++)
        joined[r] = a[r] < 0 ? b[r] : b[r] < 0 ? a[r] : (a[r] + b[r]) / 2;
}

static double least_of(const double *samples, const uint32_t *batches, uint32_t rounds,
                       uint32_t round)
{
    double least = NEVER;
    for (uint32_t r = 0; r < rounds; r++)
        if (samples[r] > 0 && samples[r] < least && (!batches || batches[r] == batches[round]))
            least = samples[r];
    return least;
}

static double pace_limit(const double *paces, uint32_t rounds)
{
    double sorted[ROUNDS_MAX];
    if (rounds == 0) return 0;
    for (uint32_t r = 0; r < rounds; r++) sorted[r] = paces[r];
    sort(sorted, rounds);
    double quiet = quantile(sorted, rounds, QUIET_SHARE) + QUIET_SPREAD;
    uint32_t last = rounds - 1, kept = last < QUIET_ROUNDS_MIN ? last : QUIET_ROUNDS_MIN - 1;
    return sorted[kept] > quiet ? sorted[kept] : quiet;
}

double nf_paces(const double *const *samples, uint32_t count, const uint32_t *batches,
                uint32_t rounds, double *paces)
{
    double values[SERIES_MAX];
    if (rounds > ROUNDS_MAX) rounds = ROUNDS_MAX;
    if (count < SERIES_MIN) count = 0;
    for (uint32_t r = 0; r < rounds; r++) {
        uint32_t ran = 0;
        for (uint32_t i = 0; i < count && ran < SERIES_MAX; i++)
            if (samples[i][r] > 0)
                values[ran++] = nf_log(samples[i][r] / least_of(samples[i], batches, rounds, r));
        sort(values, ran);
        paces[r] = ran ? quantile(values, ran, 0.5) : NEVER;
    }
    return pace_limit(paces, rounds);
}
