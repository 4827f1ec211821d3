/* How fast an LC-3 ran, and what share of the time the machine below was elsewhere. */
#ifndef NF_LC3_STATS_H
#define NF_LC3_STATS_H

#include "command.h"
#include "base/json.h"
#include "guest/lc3/stats.h"

typedef struct lc3_measure {
    nf_lc3_stats stats;
    uint64_t instructions; /* before */
    uint64_t wall_ns, waited_ns, stolen_ns;
} lc3_measure;

/* Attaches to the machine. The measure must stay where it is. */
void lc3_measure_begin(lc3_measure *measure, nf_lc3 *machine);
void lc3_measure_end(lc3_measure *measure, const nf_lc3 *machine);
void lc3_measure_print(const lc3_measure *measure, FILE *stream);
/* Adds members to an object that is open. */
void lc3_measure_json(const lc3_measure *measure, nf_json *json);

#endif
