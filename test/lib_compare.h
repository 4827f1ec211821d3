/*
 * All functions of a module, compiled in every way that this CPU has, against the evaluator.
 *
 * The module is as lib_generate.h makes them. With NF_KEEP=DIRECTORY in the environment a module
 * that fails is written there as text, for `nanoforge reduce`.
 */
#ifndef TEST_LIB_COMPARE_H
#define TEST_LIB_COMPARE_H

#include "../cmd/nanoforge/ways.h"
#include "code/code.h"
#include "lib_differential.h"

enum { COMPARE_FUNCTIONS_MAX = 8, COMPARE_FAULT_BYTES = 256 };

/* A way, and what it made of the module at hand. */
typedef struct compare_tier {
    way way;
    struct comparison *comparison;
    bool off; /* set by the caller: not this time */
    uint64_t addresses[COMPARE_FUNCTIONS_MAX + 1];
    nf_arena arena;
} compare_tier;

typedef struct comparison {
    nf_code_memory *code;
    compare_tier tiers[WAYS_MAX];
    differential_executor executors[WAYS_MAX];
    uint32_t count;
    differential_totals totals;
    char fault[COMPARE_FAULT_BYTES]; /* what went wrong; "" */
} comparison;

bool compare_init(comparison *c);
void compare_end(comparison *c);
/* False when a function means something else in some way, or a compiler failed: c->fault tells. */
bool compare_module(comparison *c, nf_module *module, uint64_t seed);
/* Writes the module where NF_KEEP says, if it does. */
void compare_keep(nf_module *module, uint64_t seed);
/* What was compared, on standard output. */
void compare_print(const comparison *c);

#endif
