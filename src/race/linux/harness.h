/*
 * What the sandbox child does: check every candidate on every input, then measure the right ones.
 * The record lies in shared memory and outlives the child.
 */
#ifndef NF_RACE_HARNESS_H
#define NF_RACE_HARNESS_H

#include "cage.h"

enum { HARNESS_NOBODY = UINT32_MAX >> 1, HARNESS_BASELINE_LIMIT_NS = 500 * 1000 * 1000 };
enum { HARNESS_CHANGED = NF_RACE_INPUTS_MAX }; /* the input that is none of the request's */
enum { HARNESS_SEQUENCE_MAX = 2048 };
enum { HARNESS_ENTER, HARNESS_CHECK, HARNESS_MEASURE, HARNESS_END }; /* stages */

/* What the baseline did with an input. */
typedef struct harness_answer {
    uint64_t result[2];
    uint32_t page_first, page_last; /* in the cage's log */
    bool poisoned;                  /* candidates start from the pages' start */
    double ns;
} harness_answer;

/* As deadlines go: of processor time, so that a busy machine takes nothing from a race, and by the
 * clock. */
typedef struct harness_time {
    uint64_t cpu_ns, tsc;
} harness_time;

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
    harness_answer answers[NF_RACE_INPUTS_MAX + 1];
    nf_race_input changed; /* the input HARNESS_CHANGED ... */
    uint32_t changed_of;   /* ... was this one */
    bool changed_fatal; /* the baseline took a sandbox with it on such an input: no more of them */
    uint32_t good[NF_RACE_INPUTS_MAX], good_count; /* inputs that are used */
    double call_overhead_ns, call_ns, ns_per_tick; /* call_ns: a call of the baseline's, about */
    uint64_t random;
    bool long_calls;
    bool forgets; /* passes begin with forgetting what the branch predictor knows by heart */
    bool knows;   /* and yet inputs are repeated before they are timed */
    uint32_t pass;
    uint32_t batch[NF_RACE_INPUTS_MAX], batch_inputs, batch_first;
    uint32_t repeats,
        fresh_repeats; /* of a batch's inputs in one sample; where it forgets, of those
                                        that train, and of those that are timed */
    uint32_t sequence[HARNESS_SEQUENCE_MAX]; /* inputs in the order of a sample's calls */
    uint32_t sequence_count, sequence_passes;
    uint32_t sequence_trained; /* the first calls, untimed, backwards; */
    uint32_t sequence_timed;   /* then from here on */
    /* the zygote's, in whose sandboxes this record is */
    int zygote_socket;
} harness;

/* Where the program has put the record and the cage's private memory: it never asks the record. */
typedef struct harness_place {
    harness *record; /* NULL: none */
    uint8_t *private;
} harness_place;

/* By the program; false: no memory. Nobody can access the private memory before cage_open(). */
bool harness_map(harness_place *place);
void harness_unmap(const harness_place *place);
/* What the program forks from now on has neither. */
void harness_keep_from_children(const harness_place *place);
/* Tells the record where everything is. */
void harness_lay_out(const harness_place *place);

/* The child's body, on its own stack; never returns. context: the harness. */
void harness_run(void *context);
const char *harness_stage_text(const harness *h);
/* Signs of life: at a stage, and when a contestant is about to run. */
void harness_alive(harness *h, uint32_t stage, uint32_t done, uint32_t of);
void harness_runs(harness *h, uint32_t who);
const nf_race_candidate *harness_contestant(const harness *h, uint32_t i);
double harness_ticks_to_ns(const harness *h, uint64_t ticks);

harness_time harness_now(void);
/* In so many ns of processor time, or some times as many by the clock. */
harness_time harness_deadline_in(const harness *h, uint64_t ns);
bool harness_is_over(const harness_time *deadline);

/* --- measure.c --- */

/* Fills samples. */
void harness_measure(harness *h);

/* --- order.c --- */

void harness_shuffle(harness *h, uint32_t *order, uint32_t count);
/* Sizes a batch so that a sample with calls of so many ns takes long enough. */
void harness_batch_size(harness *h, double ns);
/* Inputs move on. */
void harness_batch_next(harness *h);
/* The order of a sample's calls; a new one each time. */
void harness_sequence_make(harness *h);
/* Makes the branch predictor forget the inputs, where that matters. */
void harness_forget(harness *h);

/* --- check.c --- */

/* Fills answers, good inputs and outcomes. */
void harness_check(harness *h);
/* Runs the candidates that are right so far, and settles the outcomes of those that are wrong. Puts the
 * deadline off by what these took: the others must not lack it. */
void harness_candidates_check(harness *h, uint32_t input, harness_time *deadline);
/* Whether a candidate is right so far. */
bool harness_anyone_right(const harness *h);
/* What the pages of the input hold before a candidate's run is put there. */
void harness_starts_put(const cage *c, const harness_answer *answer);
/* What they hold now is what the baseline leaves. */
void harness_pages_keep_after(cage *c, uint32_t first);
/* change.c: the same on inputs that the request allows to be made of the good ones. */
void harness_changed_check(harness *h);
cage_end harness_call(harness *h, uint32_t who, uint32_t input, uint64_t limit_ns,
                      uint64_t result[2]);
/* Memory is as at the start before every call: whoever wrote restores. */
void harness_input_restore(const harness *h, uint32_t input);
/* Whether memory and result are as the baseline left them; else says where not. */
bool harness_answer_matches(const harness *h, uint32_t input, const uint64_t result[2],
                            char *reason);
void harness_end_text(const harness *h, cage_end end, uint32_t input, char *reason);
uint32_t harness_random(harness *h);

#endif
