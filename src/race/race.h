/*
 * The race: candidates for one function run against its baseline on recorded inputs, in a sandbox,
 * and the fastest one that gives the same answers is named, if it is faster beyond doubt.
 *
 *   inputs ─► sandbox (a confined child with a copy of the memory)
 *               1. check    baseline defines result and written pages; each candidate must repeat
 *                           them, on recorded inputs and on changed ones
 *               2. measure  fenced TSC, interleaved in random ABBA order, inputs rotated, and
 *                           forgotten by the branch predictor where that matters
 *             ─► statistics: halving on the minimum, paired interval, A/A pair
 *             ─► verdict, with its reason
 *
 * The race knows nothing of engines: it is given addresses and inputs and gives a report. It runs
 * on the calling thread (a background thread of the engine) and may take, besides the sandbox's start
 * and checking, up to budget_ns of processor time, which may be some times as long by the clock; up to
 * four times that while somebody looks much faster and is not proven to be. The process's memory is
 * read as it is during the race; nothing that a candidate does reaches it. Equal answers on several
 * inputs are a test, not a proof.
 */
#ifndef NF_RACE_RACE_H
#define NF_RACE_RACE_H

#include "base/arena.h"
#include "base/status.h"
#include <nanoforge/nir.h>

enum {
    NF_RACE_STACK_WORDS = 16,    /* arguments in memory that an input can hold */
    NF_RACE_CANDIDATES_MAX = 48, /* at most 64: a mask has them all */
    NF_RACE_INPUTS_MAX = 128,
    NF_RACE_CHANGES_MAX = 32,
    NF_RACE_REASON_BYTES = 128,
};

/* The arguments of one recorded call, as the System V ABI passes them. */
typedef struct nf_race_input {
    uint64_t integers[6];
    uint64_t vectors[8]; /* low halves of xmm0 to xmm7 */
    uint64_t stack[NF_RACE_STACK_WORDS];
} nf_race_input;

/*
 * What may be changed in an input without taking the function where no caller takes it. A recorded call
 * says nothing of a NaN that has not come yet; one that differs from it only here does.
 */
typedef struct nf_race_change {
    uint32_t word;   /* of the input: 0 to 5 integers, 6 to 13 vectors, then the stack */
    nf_type type;    /* of the argument; or of the elements that lie where it points to */
    bool is_address; /* the elements are changed and not the argument */
} nf_race_change;

typedef struct nf_race_candidate {
    const char *name; /* version name, for the report */
    uint64_t address;
    uint32_t bytes; /* of code: ties keep the smaller */
} nf_race_candidate;

/*
 * A process made early, from which later races get their sandbox. Without one, a race forks the
 * program, which stops it for as long as it takes to copy its page tables: 40 ms with 1 GiB in pages
 * of 4 KiB. With one nothing stops, and a race costs what its functions touch.
 * To be opened while the program is small, for opening forks, or by its only thread, when large private
 * memory is left out; what takes part in races is best there by then. It serves one race at a time: a
 * second one, and those in a child that the program forks, fork. Close it when no race runs.
 */
typedef struct nf_zygote nf_zygote;

/* NF_UNSUPPORTED: this platform, or this build (with a sanitizer), has none. NF_OS. */
nf_status nf_zygote_open(nf_zygote **out, nf_error *error);
void nf_zygote_close(nf_zygote *zygote); /* NULL allowed */
/* Replaces one that has died, or is the zygote of a process that forked this one. It forks then, as a
 * race without it would. NULL stays. When no race runs. */
void nf_zygote_renew(nf_zygote **zygote);

typedef struct nf_race_request {
    nf_race_candidate baseline; /* defines the answer */
    const nf_race_candidate *candidates;
    uint32_t candidate_count;
    /* 1 + the candidate, surely faster than the baseline, that stands for it in measuring where calls
     * are long and the baseline would take most of the time; 0: none. Speed-ups are still over the
     * baseline. */
    uint32_t stand_in;
    const nf_race_input *inputs; /* oldest first */
    uint32_t input_count;
    uint32_t stack_words; /* used of nf_race_input.stack */
    /* By candidate: it rounds otherwise than the baseline where the source leaves that to the compiler
     * (fused products). Where its answer is not the baseline's it must be that of `other`, which is not
     * measured. Address 0: there is none, and all must give what the baseline does. */
    uint64_t otherwise;
    nf_race_candidate other;
    const nf_race_change *changes;
    uint32_t change_count;
    nf_type result;         /* NF_VOID, an integer or a float type */
    double tolerance;       /* relative, of float results and of float memory; 0: bit-exact */
    nf_type tolerance_type; /* how written memory is compared under a tolerance: NF_F32, NF_F64;
                               NF_VOID: exactly */
    bool writes;            /* false: known to write no memory */
    uint64_t budget_ns;     /* of measuring, processor time; 0: the default */
    uint64_t check_ns;      /* of checking, but for two inputs; 0: the default */
    uint64_t
        call_limit_ns; /* one call of a candidate may take that long; 0: from the baseline's time */
    uint64_t seed;
    /* Memory that versions may write differently (their counters): not compared. Page-aligned. */
    uint64_t ignored_start, ignored_end;
    /* In the child, before anything runs: makes every call lead to plain code. No locks, no
     * allocation. NULL allowed. */
    void (*prepare)(void *context);
    /* On the calling thread, now and then. NULL allowed. */
    void (*progress)(void *context, const char *stage, uint32_t done, uint32_t of);
    void *context;
    const uint32_t
        *given_up;     /* atomic: not 0 when nobody wants the verdict any more. NULL allowed */
    nf_zygote *zygote; /* NULL allowed: the race forks */
} nf_race_request;

typedef enum nf_race_outcome {
    NF_RACE_WON,   /* faster beyond doubt, and the fastest */
    NF_RACE_LOST,  /* right, but not the fastest, or not faster than the baseline beyond the margin
                    */
    NF_RACE_WRONG, /* another result or other memory */
    NF_RACE_CRASHED,
    NF_RACE_HUNG,
    NF_RACE_NOT_MEASURED, /* the budget or the inputs ran out */
} nf_race_outcome;

typedef struct nf_race_result {
    nf_race_outcome outcome;
    char reason[NF_RACE_REASON_BYTES]; /* always set: "1.03x of the winner", "input 3: result 5,
                                          expected 4", ... */
    uint32_t samples;
    double median_ns;                          /* of a call */
    double speedup, speedup_low, speedup_high; /* against the baseline: paired, 95 % interval */
} nf_race_result;

typedef struct nf_race_report {
    bool ran;                          /* false: refused or failed, reason says why */
    char reason[NF_RACE_REASON_BYTES]; /* of the verdict */
    int32_t winner;                    /* index into candidates, or -1: the baseline stays */
    bool undecided; /* nobody won, but the samples were too few or too noisy to tell that of all */
    uint32_t inputs_used, inputs_dropped, rounds;
    uint32_t inputs_changed;  /* besides: changed ones on which answers were compared */
    uint32_t samples_dropped; /* migrations and context switches */
    uint32_t rounds_dropped;  /* most contestants took longer than in others with the same inputs */
    bool fresh_inputs; /* every timed call ran on restored memory (the function changes what it
                          reads) */
    double baseline_median_ns;
    double aa_ratio, aa_low, aa_high; /* the baseline against itself */
    uint64_t duration_ns, fork_ns;
    nf_race_result baseline;
    nf_race_result *results; /* one per candidate, in the arena */
} nf_race_report;

/* NF_UNSUPPORTED: no sandbox on this platform. NF_OS: it could not be made. A race without a winner
 * is NF_OK. */
nf_status nf_race_run(const nf_race_request *request, nf_arena *arena, nf_race_report *report,
                      nf_error *error);

const char *nf_race_outcome_text(nf_race_outcome outcome); /* "won", "lost", "wrong answer", ... */

#endif
