/* The product of two square matrices of floats as the definition has it: each element a sum over a
 * row and a column, in C's order. The column is read at a stride. */
#include "kernel.h"

enum { ORDER = 96 };

KERNEL("matrix_naive", "products of 96 by 96", 2)

static _Alignas(WORKLOAD_LINE) float a[ORDER][ORDER], b[ORDER][ORDER], c[ORDER][ORDER];

static __attribute__((noinline)) void multiply(int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            float sum = 0;
            for (int k = 0; k < n; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0;
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++)
            a[i][j] = (float)((i * 5 + j * 3) % 16), b[i][j] = (float)((i * 7 + j * 11) % 16);
    for (uint64_t pass = 0; pass < size; pass++) multiply(ORDER);
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) checksum = workload_mix(checksum, (uint64_t)c[i][j]);
    return checksum;
}
