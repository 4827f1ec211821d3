/*
 * What the sandbox child does: check every candidate on every input, then measure the right ones.
 * The record lies in shared memory and outlives the child.
 */
#ifndef NF_RACE_HARNESS_H
#define NF_RACE_HARNESS_H

#include "cage.h"

enum { HARNESS_NOBODY = UINT32_MAX >> 1 };

/* What the baseline did with an input. */
typedef struct harness_answer {
    uint64_t result[2];
    uint32_t page_first, page_last; /* in the cage's log */
    double ns;
} harness_answer;

typedef struct harness {
    const nf_race_request *request;
    nf_sandbox_result result;
    cage cage;
    /* progress, read by the parent */
    uint32_t heartbeat, stage, progress_done, progress_of;
    uint32_t running; /* contestant, or HARNESS_NOBODY */
    uint32_t input;
    bool finished, refused;
    bool dropped[NF_RACE_INPUTS_MAX];
    bool checked; /* all candidates were checked by an earlier child */
    uint32_t rounds_done;
    /* the child's */
    harness_answer answers[NF_RACE_INPUTS_MAX];
    uint32_t good[NF_RACE_INPUTS_MAX], good_count; /* inputs that are used */
    double call_overhead_ns, ns_per_tick;
    uint64_t random, deadline_tsc;
    bool long_calls;
    uint32_t repeats; /* passes over the batch's inputs in one sample */
    uint32_t batch_inputs, batch_first;
    /* the zygote's, in whose sandboxes this record is */
    int zygote_socket, program;
} harness;

/* The record and the cage's private memory, by the program. NULL: no memory. */
harness *harness_map(void);
void harness_unmap(harness *h);

/* The child's body, on its own stack; never returns. context: the harness. */
void harness_run(void *context);
const char *harness_stage_text(const harness *h);

#endif
