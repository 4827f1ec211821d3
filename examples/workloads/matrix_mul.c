/*
 * The product of two square matrices of doubles, by rows: row i of C is the sum of the rows of B,
 * each times an element of row i of A.
 *
 * Hot: add_scaled(), one row times a number added to another; consecutive loads and stores, a
 * multiplication and an addition for each.
 */
#include "matrix.h"

const struct workload_info workload_info = {
    .name = "matrix_mul",
    .size_meaning = "rows and columns",
    .size = 192,
    .size_max = ORDER_MAX,
};

static _Alignas(WORKLOAD_LINE) double a[ORDER_MAX * ORDER_MAX];
static _Alignas(WORKLOAD_LINE) double b[ORDER_MAX * ORDER_MAX];
static _Alignas(WORKLOAD_LINE) double c[ORDER_MAX * ORDER_MAX];

static void add_scaled(double *restrict to, const double *restrict row, double scale, uint32_t n)
{
    for (uint32_t j = 0; j < n; j++) to[j] += scale * row[j];
}

static void multiply(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        double *row = c + i * n;
        for (uint32_t j = 0; j < n; j++) row[j] = 0;
        for (uint32_t k = 0; k < n; k++) add_scaled(row, b + k * n, a[i * n + k], n);
    }
}

/* The row times the vector of weights. */
static uint32_t weigh(const double *row, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += (uint32_t)(int32_t)row[j] * weight(j);
    return sum;
}

uint64_t workload(uint64_t size)
{
    uint32_t n = (uint32_t)size, checksum = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            a[i * n + j] = element_a(i, j);
            b[i * n + j] = element_b(i, j);
        }
    multiply(n);
    for (uint32_t i = 0; i < n; i++) checksum += weight(i) * weigh(c + i * n, n);
    return checksum;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    return checksum == checksum_of_product((uint32_t)size);
}
