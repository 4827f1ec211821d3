/*
 * From hot to proven: what promote.c, rounds.c, round_race.c and trial.c share. All of it is the
 * worker's, under work_lock.
 */
#ifndef NF_PROMOTE_INTERNAL_H
#define NF_PROMOTE_INTERNAL_H

#include "engine_internal.h"

static inline void nf_phase_set(nf_function *function, nf_phase phase, uint64_t now_ns)
{
    __atomic_store_n(&function->phase, phase, __ATOMIC_RELEASE);
    function->phase_ns = now_ns;
}

/* --- rounds.c: what is done when a function has cost so much --- */

typedef enum nf_round_kind {
    NF_ROUND_NONE,            /* all have been */
    NF_ROUND_GUESS_LLVM,      /* unraced, judged by live calls */
    NF_ROUND_RACE_T2,         /* T2's variants against T1 */
    NF_ROUND_RACE_CONTRACTED, /* T2's guess as it is when it fuses, against the active version;
                                 passed over where there is nothing to fuse */
    NF_ROUND_RACE_LLVM,       /* LLVM's against the active version */
    NF_ROUND_RACE_ALL,        /* both against the active version */
    NF_ROUND_RACE_AGAIN,      /* after drift: all of the tiers that the function has reached */
} nf_round_kind;

typedef struct nf_round {
    double spent_ns; /* when the function has cost that */
    nf_round_kind kind;
    uint64_t llvm_ns; /* what making LLVM's versions may cost; a few are always made */
    uint64_t race_ns; /* what measuring may; 0: the default */
} nf_round;

/* The round that goes on. */
const nf_round *nf_round_now(const nf_function *function);
bool nf_round_is_llvm(const nf_function *function);
/* The one that follows drift, any number of times. */
const nf_round *nf_round_again(const nf_function *function);
void nf_round_begin_again(nf_function *function);
/* Whether the function has cost what the next round costs; */
bool nf_round_is_due(nf_function *function);
/* ... and that can bring better code than what is active. */
bool nf_round_is_better(nf_function *function);
/* What the function does to memory, found out once; */
const nf_effects *nf_function_effects_find(nf_function *function);
/* ... and refuses what can't race. */
void nf_function_effects(nf_function *function);
void nf_function_refuse(nf_function *function, const char *reason);

/* --- changes.c: what a race may change in recorded calls; how much that is --- */
uint32_t nf_changes_of(const nf_func *f, bool is_c, nf_arena *scratch,
                       nf_race_change changes[NF_RACE_CHANGES_MAX]);

/* --- round_race.c: arguments of live calls, then the race --- */

/* False without memory. */
bool nf_sampling_begin(nf_function *function, uint64_t now_ns);
void nf_sampling_step(nf_function *function, uint64_t now_ns);

/* --- trial.c: after a swap --- */

/* Live calls judge the active version against this one; settled when they can't. */
void nf_trial_begin(nf_function *function, nf_version *control, uint64_t now_ns);
void nf_trial_step(nf_function *function, uint64_t now_ns);
void nf_shadow_step(nf_function *function, uint64_t now_ns);

/* --- drift.c: a settled function --- */

/* One burst's active / control with the relative error of it; true at an alarm. */
bool nf_cusum_add(nf_cusum *cusum, double ratio, double error);
/* What live calls have said so far does not count any more: another version is active. */
void nf_drift_reset(nf_function *function);
/* Ends a burst of compared calls that goes on. */
void nf_drift_close(nf_function *function);
/* True when the function is not settled any more. */
bool nf_drift_step(nf_function *function, uint64_t now_ns);
/* After each race: whether it came to no verdict, or to another version. */
void nf_drift_raced(nf_function *function, bool is_undecided, bool is_swapped);

/* --- promote.c --- */

/* What can't race in this round gets the tier's best guess; settled in any case. */
void nf_promote_unraced(nf_function *function, uint64_t now_ns);

#endif
