/* Random programs for an engine of the LC-3, against the reference. */
#ifndef NF_TEST_LIB_LC3_RANDOM_H
#define NF_TEST_LIB_LC3_RANDOM_H

#include "guest/lc3/machine.h"

typedef struct lc3_engine {
    void *(*attach)(nf_lc3 *machine); /* makes it run the machine */
    void (*detach)(void *attached);
} lc3_engine;

/* The seed's program; fails the test where the engine disagrees. */
void lc3_random_run(uint64_t seed, const lc3_engine *engine);

/* Programs of so many seeds; NF_LC3_SEED and NF_LC3_PROGRAMS say otherwise. */
void lc3_random_run_all(const lc3_engine *engine, uint64_t first, uint64_t count);

#endif
