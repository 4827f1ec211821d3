/*
 * What the workloads that multiply square matrices share: two matrices A and B, and how their
 * product C is checked.
 *
 * The elements are small integers, so that everything is exact and doesn't change when
 * multiplication and addition are fused. The checksum is x^T C y, modulo 2^32, for vectors of weights
 * x and y. It is known without C: (x^T A) (B y) is the same and takes n^2 steps (an idea of
 * Freivalds').
 */
#ifndef WORKLOADS_MATRIX_H
#define WORKLOADS_MATRIX_H

#include "workload.h"

enum { ORDER_MAX = 512 };

static inline uint32_t element_a(uint32_t row, uint32_t column)
{
    return (row * 5 + column * 3 + row * column) % 16;
}

static inline uint32_t element_b(uint32_t row, uint32_t column)
{
    return (row * 7 + column * 11 + (row ^ column)) % 16;
}

/* Odd, so that no element's change is lost. */
static inline uint32_t weight(uint32_t i)
{
    return i * 2654435761u | 1;
}

static inline uint32_t checksum_of_product(uint32_t n)
{
    uint32_t checksum = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t column_a = 0, row_b = 0; /* (x^T A)[k] and (B y)[k] */
        for (uint32_t i = 0; i < n; i++) {
            column_a += weight(i) * element_a(i, k);
            row_b += element_b(k, i) * weight(i);
        }
        checksum += column_a * row_b;
    }
    return checksum;
}

#endif
