/*
 * The product of two square matrices of floats by tiles, the way the fast libraries do it (Goto and
 * van de Geijn, "Anatomy of high-performance matrix multiplication").
 *
 * A is packed into panels of 4 rows and B into panels of 16 columns, each element beside those that
 * are needed with it:
 *
 *   panel of A:  a[0][0..3] a[1][0..3] ...     the 4 rows' elements of column k, for each k
 *   panel of B:  b[0][0..15] b[1][0..15] ...   the 16 columns' elements of row k, for each k
 *
 * Hot: tile(), which makes 4 x 16 elements of C at once and keeps them in registers meanwhile, if
 * the compiler sees that it can: 64 multiplications and additions for 20 loads.
 */
#include "matrix.h"

enum { ROWS = 4, COLUMNS = 16 };

const struct workload_info workload_info = {
    .name = "gemm_tile",
    .size_meaning = "rows and columns",
    .size = 304,
    .size_max = ORDER_MAX,
};

/* The order is rounded up to whole tiles; what is beyond it is zero. */
static _Alignas(WORKLOAD_LINE) float packed_a[ORDER_MAX * ORDER_MAX];
static _Alignas(WORKLOAD_LINE) float packed_b[ORDER_MAX * ORDER_MAX];
static _Alignas(WORKLOAD_LINE) float product[ORDER_MAX * ORDER_MAX];

static void pack_a(float *panel, uint32_t row, uint32_t n, uint32_t padded)
{
    for (uint32_t k = 0; k < padded; k++)
        for (uint32_t i = 0; i < ROWS; i++)
            panel[k * ROWS + i] = row + i < n && k < n ? (float)element_a(row + i, k) : 0;
}

static void pack_b(float *panel, uint32_t column, uint32_t n, uint32_t padded)
{
    for (uint32_t k = 0; k < padded; k++)
        for (uint32_t j = 0; j < COLUMNS; j++)
            panel[k * COLUMNS + j] = column + j < n && k < n ? (float)element_b(k, column + j) : 0;
}

static void tile(const float *restrict panel_a, const float *restrict panel_b, uint32_t depth,
                 float *restrict to, uint32_t stride)
{
    float sum[ROWS][COLUMNS] = {{0}};
    for (uint32_t k = 0; k < depth; k++)
        for (uint32_t i = 0; i < ROWS; i++)
            for (uint32_t j = 0; j < COLUMNS; j++)
                sum[i][j] += panel_a[k * ROWS + i] * panel_b[k * COLUMNS + j];
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t j = 0; j < COLUMNS; j++) to[i * stride + j] = sum[i][j];
}

/* The row times the vector of weights. */
static uint32_t weigh(const float *row, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += (uint32_t)(int32_t)row[j] * weight(j);
    return sum;
}

uint64_t workload(uint64_t size)
{
    uint32_t n = (uint32_t)size, checksum = 0;
    uint32_t padded = (n + COLUMNS - 1) / COLUMNS * COLUMNS;
    for (uint32_t i = 0; i < padded; i += ROWS) pack_a(packed_a + i * padded, i, n, padded);
    for (uint32_t j = 0; j < padded; j += COLUMNS) pack_b(packed_b + j * padded, j, n, padded);
    for (uint32_t j = 0; j < padded; j += COLUMNS)
        for (uint32_t i = 0; i < padded; i += ROWS)
            tile(packed_a + i * padded, packed_b + j * padded, padded, product + i * padded + j,
                 padded);
    for (uint32_t i = 0; i < n; i++) checksum += weight(i) * weigh(product + i * padded, n);
    return checksum;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    return checksum == checksum_of_product((uint32_t)size);
}
