/*
 * The product of two square matrices of doubles, by rows: row i of C is the sum of the rows of B,
 * each times an element of row i of A.
 *
 * Hot: add_scaled(), one row times a number added to another; consecutive loads and stores, a
 * multiplication and an addition for each.
 *
 * The elements are small integers, so that the product is exact and doesn't change when
 * multiplication and addition are fused. The checksum is x^T C y, modulo 2^32, for vectors of
 * weights x and y. It is known without C: (x^T A) (B y) is the same and takes n^2 steps (an idea of
 * Freivalds').
 */
#include "workload.h"

enum { ORDER_MAX = 512 };

const struct workload_info workload_info = {
    .name = "matrix_mul",
    .size_meaning = "rows and columns",
    .size = 192,
    .size_max = ORDER_MAX,
};

static _Alignas(WORKLOAD_LINE) double a[ORDER_MAX * ORDER_MAX];
static _Alignas(WORKLOAD_LINE) double b[ORDER_MAX * ORDER_MAX];
static _Alignas(WORKLOAD_LINE) double c[ORDER_MAX * ORDER_MAX];

static uint32_t element_a(uint32_t row, uint32_t column)
{
    return (row * 5 + column * 3 + row * column) % 16;
}

static uint32_t element_b(uint32_t row, uint32_t column)
{
    return (row * 7 + column * 11 + (row ^ column)) % 16;
}

/* Odd, so that no element's change is lost. */
static uint32_t weight(uint32_t i)
{
    return i * 2654435761u | 1;
}

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
    uint32_t n = (uint32_t)size, expected = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t column_a = 0, row_b = 0; /* (x^T A)[k] and (B y)[k] */
        for (uint32_t i = 0; i < n; i++) {
            column_a += weight(i) * element_a(i, k);
            row_b += element_b(k, i) * weight(i);
        }
        expected += column_a * row_b;
    }
    return checksum == expected;
}
