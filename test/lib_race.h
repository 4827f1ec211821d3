/* What tests of the sandbox share: small races of hand-made candidates. Not thread-safe. */
#ifndef TEST_LIB_RACE_H
#define TEST_LIB_RACE_H

#include "race/race.h"

#define CANDIDATE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

int64_t increment(int64_t n); /* n + 1 */

nf_race_candidate race_candidate(const void *code);

/* A function of an integer, on 100 to 107; the first vector argument is the same number as a double.
 * The candidates are the caller's for as long as the request. zygote may be NULL: the race forks. */
nf_race_request race_request(nf_zygote *zygote, const void *baseline,
                             const nf_race_candidate *candidates, uint32_t count);

/* As nf_race_run(), and says on standard output what became of each candidate. The report's memory
 * is the library's, until the next race. */
nf_status race_run(const nf_race_request *request, nf_race_report *report, nf_error *error);

#endif
