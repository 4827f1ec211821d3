/*
 * Between the race's judgement and the platform's sandbox: what a run in the sandbox gives back.
 */
#ifndef NF_RACE_SANDBOX_H
#define NF_RACE_SANDBOX_H

#include "race.h"

/* Times the baseline's speed: up to here it is a tie. */
#define NF_SANDBOX_MARGIN 1.02
/* And from here on it is none, if it can be proven. */
#define NF_SANDBOX_CLEAR 1.05

/* The winner's interval lies above this: the margin, and what the baseline gains over itself. */
static inline double nf_sandbox_needed(double aa_high)
{
    return aa_high > NF_SANDBOX_MARGIN ? aa_high : NF_SANDBOX_MARGIN;
}

enum {
    NF_SANDBOX_ROUNDS_MAX = 256,
    /* the baseline, the baseline once more (the A/A pair), then the candidates */
    NF_SANDBOX_BASELINE = 0,
    NF_SANDBOX_AGAIN = 1,
    NF_SANDBOX_FIRST_CANDIDATE = 2,
    NF_SANDBOX_CONTESTANTS_MAX = NF_SANDBOX_FIRST_CANDIDATE + NF_RACE_CANDIDATES_MAX,
    NF_SANDBOX_OTHER = NF_SANDBOX_CONTESTANTS_MAX, /* whose answers some must give */
};

typedef struct nf_sandbox_result {
    /* By candidate: LOST while it is in the race; WRONG, CRASHED or HUNG with the reason. */
    nf_race_outcome outcomes[NF_RACE_CANDIDATES_MAX];
    char reasons[NF_RACE_CANDIDATES_MAX][NF_RACE_REASON_BYTES];
    uint32_t inputs_used, inputs_dropped, inputs_changed;
    char dropped_reason[NF_RACE_REASON_BYTES]; /* of the last one */
    bool fresh_inputs;
    uint32_t rounds, samples_dropped;
    uint32_t batches[NF_SANDBOX_ROUNDS_MAX]; /* in two rounds the same: so were the inputs */
    uint64_t stayed;                         /* until the last round: by contestant */
    uint64_t fork_ns;
    /* When the stand-in was measured in the baseline's place: ns per call of the baseline; else 0. */
    double baseline_ns;
    /* ns per call of each contestant in each round; negative: not measured in that round */
    double samples[NF_SANDBOX_CONTESTANTS_MAX][NF_SANDBOX_ROUNDS_MAX];
} nf_sandbox_result;

/* Checks and measures. The result is the caller's memory, zeroed. NF_UNSUPPORTED, NF_OS. */
nf_status nf_sandbox_run(const nf_race_request *request, nf_sandbox_result *result,
                         nf_error *error);

#endif
