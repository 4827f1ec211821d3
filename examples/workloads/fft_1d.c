/*
 * The square of a polynomial by fast Fourier transform: transform its coefficients, square every
 * value, transform back.
 *
 * The transform decimates in frequency on the way there and in time on the way back, so that the
 * values in between may stay in bit-reversed order and nothing needs to be permuted. Real and
 * imaginary parts lie apart, and each stage has its factors in a row:
 *
 *   factor[half + j] = exp(-pi i j / half)    for j < half = 1, 2, 4, ... points / 2
 *
 * Hot: forward_stage() and inverse_stage(), all butterflies of one distance.
 *
 * The coefficients are small integers, and the upper half of them is zero, so that the product
 * fits. Rounded to integers it is exact, whatever the order of the additions was. Its checksum is
 * the value of the product at a number r, modulo 2^64; and that is known: it is the square of the
 * polynomial's own value there.
 */
#include "workload.h"

enum { POINTS_MAX = 1 << 17, COEFFICIENT_MAX = 100, TAYLOR_TERMS = 24 };

const struct workload_info workload_info = {
    .name = "fft_1d",
    .size_meaning = "points, rounded down to a power of two",
    .size = 1 << 15,
    .size_max = POINTS_MAX,
};

static const double pi = 3.14159265358979323846;
static _Alignas(WORKLOAD_LINE) double real[POINTS_MAX];
static _Alignas(WORKLOAD_LINE) double imaginary[POINTS_MAX];
static _Alignas(WORKLOAD_LINE) double factor_real[POINTS_MAX];
static _Alignas(WORKLOAD_LINE) double factor_imaginary[POINTS_MAX];

/* exp(-i angle) for 0 <= angle <= pi, by its series. */
static void exponential(double angle, double *re, double *im)
{
    double term = 1, sums[2] = {0, 0}; /* of the even and of the odd powers, signs put in */
    for (int power = 0; power < TAYLOR_TERMS; power++) {
        sums[power % 2] += power & 2 ? -term : term;
        term *= angle / (power + 1);
    }
    *re = sums[0];
    *im = -sums[1];
}

/* From the factors below `known`, a power of two, those up to twice as many. */
static void double_factors(double *re, double *im, uint32_t known, double step)
{
    double turn_re, turn_im;
    exponential(step * known, &turn_re, &turn_im);
    for (uint32_t j = 0; j < known; j++) {
        re[known + j] = re[j] * turn_re - im[j] * turn_im;
        im[known + j] = re[j] * turn_im + im[j] * turn_re;
    }
}

static void make_factors(uint32_t points)
{
    for (uint32_t half = 1; half < points; half *= 2) {
        double *re = factor_real + half, *im = factor_imaginary + half;
        re[0] = 1;
        im[0] = 0;
        for (uint32_t known = 1; known < half; known *= 2) double_factors(re, im, known, pi / half);
    }
}

static void forward_stage(double *restrict re, double *restrict im, uint32_t points, uint32_t half,
                          const double *restrict factor_re, const double *restrict factor_im)
{
    for (uint32_t block = 0; block < points; block += 2 * half) {
        double *re0 = re + block, *im0 = im + block, *re1 = re0 + half, *im1 = im0 + half;
        for (uint32_t j = 0; j < half; j++) {
            double difference_re = re0[j] - re1[j], difference_im = im0[j] - im1[j];
            re0[j] += re1[j];
            im0[j] += im1[j];
            re1[j] = difference_re * factor_re[j] - difference_im * factor_im[j];
            im1[j] = difference_re * factor_im[j] + difference_im * factor_re[j];
        }
    }
}

/* Undoes the stage above, but for a factor of two. */
static void inverse_stage(double *restrict re, double *restrict im, uint32_t points, uint32_t half,
                          const double *restrict factor_re, const double *restrict factor_im)
{
    for (uint32_t block = 0; block < points; block += 2 * half) {
        double *re0 = re + block, *im0 = im + block, *re1 = re0 + half, *im1 = im0 + half;
        for (uint32_t j = 0; j < half; j++) {
            double turned_re = re1[j] * factor_re[j] + im1[j] * factor_im[j];
            double turned_im = im1[j] * factor_re[j] - re1[j] * factor_im[j];
            re1[j] = re0[j] - turned_re;
            im1[j] = im0[j] - turned_im;
            re0[j] += turned_re;
            im0[j] += turned_im;
        }
    }
}

static void square_values(double *restrict re, double *restrict im, uint32_t points)
{
    for (uint32_t i = 0; i < points; i++) {
        double product = re[i] * im[i];
        re[i] = re[i] * re[i] - im[i] * im[i];
        im[i] = 2 * product;
    }
}

static uint32_t points_of(uint64_t size)
{
    uint32_t points = 1;
    while (2 * (uint64_t)points <= size) points *= 2;
    return points;
}

/* The product has as many coefficients as there are points; a single point holds all of it. */
static uint32_t coefficients_of(uint32_t points)
{
    return points > 1 ? points / 2 : 1;
}

uint64_t workload(uint64_t size)
{
    uint32_t points = points_of(size), coefficients = coefficients_of(points);
    uint64_t random = points, checksum = 0;
    for (uint32_t i = 0; i < points; i++) {
        real[i] = i < coefficients ? workload_random(&random) % COEFFICIENT_MAX : 0;
        imaginary[i] = 0;
    }
    make_factors(points);
    for (uint32_t half = points / 2; half > 0; half /= 2)
        forward_stage(real, imaginary, points, half, factor_real + half, factor_imaginary + half);
    square_values(real, imaginary, points);
    for (uint32_t half = 1; half < points; half *= 2)
        inverse_stage(real, imaginary, points, half, factor_real + half, factor_imaginary + half);
    for (uint32_t i = 0; i < points; i++)
        checksum = workload_mix(checksum, (uint64_t)(int64_t)(real[i] / points + 0.5));
    return checksum;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    uint32_t points = points_of(size), coefficients = coefficients_of(points);
    uint64_t random = points, value = 0, scale = 1;
    for (uint32_t i = 0; i < coefficients; i++)
        value = workload_mix(value, workload_random(&random) % COEFFICIENT_MAX);
    /* The first coefficient stands before the highest power: the product has 2 coefficients - 1
     * of them, followed by zeros, each of which is one more multiplication by r. */
    for (uint32_t i = 2 * coefficients - 1; i < points; i++) scale *= WORKLOAD_MIX;
    return checksum == value * value * scale;
}
