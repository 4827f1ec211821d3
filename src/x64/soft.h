/* Operations that the CPU has no instruction for, as calls of the evaluator (baseline_soft.c).
 * what: the operation, and the type from bit NF_SOFT_TYPE_SHIFT on; a, b, c and the result: bits.
 * */
#ifndef NF_X64_SOFT_H
#define NF_X64_SOFT_H

#include <stdint.h>

enum { NF_SOFT_TYPE_SHIFT = 16 };

uint64_t nf_baseline_soft(uint64_t a, uint64_t b, uint64_t c, uint32_t what);

#endif
