/*
 * The evaluator against machine code, on generated functions.
 *
 * A function is evaluated on several inputs; then each executor's code is called on the same ones.
 * Result bits and the whole buffer, with a guard on both sides, must be the same; a trap must be a
 * trap. Code that crashes, does not come back, or does not keep a callee-saved register is a
 * mismatch as well, described on standard error: seed, executor, input, differing bytes and the
 * module's text. Not thread-safe: signals are caught while code runs.
 */
#ifndef TEST_LIB_DIFFERENTIAL_H
#define TEST_LIB_DIFFERENTIAL_H

#include "ir/eval.h"
#include "lib_generate.h"

typedef struct differential_executor {
    const char *name;
    /* The address of code that has the function's signature, or NULL when this executor cannot do
     * it, which is counted. The code lives at least until the next call. */
    const void *(*compile)(void *context, const nf_func *func);
    void *context;
    uint64_t compared, skipped; /* functions */
} differential_executor;

typedef struct differential_totals {
    uint64_t functions, inputs, traps;
    uint64_t over_budget; /* inputs that the evaluator gave up; not compared */
    uint64_t mismatches;
    bool quiet; /* set by the caller: mismatches are not described */
} differential_totals;

enum { DIFFERENTIAL_EXECUTORS_MAX = 48 };

/* False on a mismatch. link: addresses of functions for indirect calls; see eval.h. */
bool differential_check(const nf_func *func, const nf_link *link, uint64_t seed,
                        differential_executor *executors, uint32_t executor_count,
                        differential_totals *totals);

/* The buffer and the other arguments of one input, by a seed. */
typedef struct differential_input {
    uint64_t a, b;
    uint32_t c;
    uint64_t d_bits;
    uint32_t e_bits;
    uint64_t buffer_seed;
} differential_input;

/* What a run came to. The buffer has a guard on both sides. */
enum { DIFFERENTIAL_AREA_BYTES = GENERATE_BUFFER_BYTES + 2 * 64 };
typedef struct differential_outcome {
    enum { RETURNED, TRAPPED, CRASHED, TIMED_OUT, GAVE_UP } kind;
    int signal;
    uint64_t result; /* only the type's bytes, the others zero */
    uint64_t damage; /* bits of lost registers */
    uint8_t area[DIFFERENTIAL_AREA_BYTES];
} differential_outcome;

/* One run by the evaluator; also of a changed clone, whose outcome must then be the same. */
void differential_evaluate(const nf_func *func, const nf_link *link,
                           const differential_input *input, differential_outcome *outcome);
bool differential_equal(const differential_outcome *got, const differential_outcome *expected);

void differential_input_make(differential_input *input, uint64_t seed);
void differential_buffer_fill(void *buffer, uint64_t seed);

#endif
