/*
 * From hot to proven: the phases through which the worker takes one function.
 *
 *   baseline ─ costs something ─► T2's best guess ─► audit ─► settled ─ costs more ─► sampling
 *                                                     ▲  │        ▲                      │
 *                                                     │  rollback └────── no winner ── race
 *                                                     └──────────── swap ────────────────┘
 *
 * The first step is cheap and taken soon: one T2 version, unraced, judged by live calls against T1.
 * What goes on costing time is promoted in rounds, each when the function has cost what the round
 * costs (the ski-rental rule: never worse than twice the best choice made in hindsight): T2's
 * variants race against T1, then LLVM's, which cost milliseconds each, against the active version, a
 * few at first and all of them when it has cost a second. What can't race gets the next tier's best
 * guess instead, judged in the same way. Audits and sampling use short bursts of live calls. One
 * function after the other races, on the worker, while callers go on with what they have.
 */
#include "promote_internal.h"

enum { GUESS_AFTER_NS = 1000 * 1000 }; /* estimated time spent before T2's best guess is made */

void nf_promote_planted(nf_function *function, nf_version *version, const char *reason)
{
    nf_version *old = function->active;
    nf_drift_close(function);
    nf_version_swap(function, version, 0, NF_EVENT_SWAP, reason);
    nf_trial_begin(function, old, nf_engine_now(function->engine));
}

/* The best guess of a tier becomes active, and live calls judge it. Settled, and false, when it can't
 * be made or is there already. */
static bool guess(nf_function *function, nf_recipe recipe, const char *reason, uint64_t now)
{
    nf_engine *engine = function->engine;
    nf_error error = {0};
    nf_version *version, *old = function->active;
    nf_phase_set(function, NF_PHASE_SETTLED, now);
    nf_status status = nf_version_make(function, recipe, &engine->work_arena, &version, &error);
    if (status == NF_BUSY) return false;
    if (status != NF_OK) {
        if (!nf_is_resting(engine))
            nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s", error.message);
        return false;
    }
    nf_format(version->reason, sizeof version->reason, "%s", reason);
    nf_version_swap(function, version, 0, NF_EVENT_SWAP, version->reason);
    nf_trial_begin(function, old, nf_engine_now(engine));
    return true;
}

/* What can't race in this round: T2 has made its guess already. */
void nf_promote_unraced(nf_function *function, uint64_t now)
{
    char reason[NF_REASON_BYTES];
    nf_phase_set(function, NF_PHASE_SETTLED, now);
    if (!nf_round_is_llvm(function) || function->active->tier == 3) return;
    nf_format(reason, sizeof reason, "not raced: %.100s", function->refusal);
    guess(function, (nf_recipe){.llvm = nf_llvm_variants}, reason, now);
}

/* --- the machine --- */

/* The first round's guess of LLVM's costs nothing where an earlier run has left it. What was left may
 * turn out to be of no use. */
static void step_baseline(nf_function *function, uint64_t now)
{
    const nf_recipe optimised = {.variant = nf_variant_default(function->engine)};
    const nf_recipe llvm = {.llvm = nf_llvm_variants};
    if (function->profile.spent_ns < GUESS_AFTER_NS) return;
    if (nf_llvm_is_kept(function, llvm) &&
        guess(function, llvm, "a guess of an earlier run's, until it has raced", now))
        function->rounds_done = !nf_born_as_bitcode(function);
    else
        guess(function, optimised, "a guess, until it has raced", now);
}

/* The next round, when what the function goes on costing is worth it. */
static void step_settled(nf_function *function, uint64_t now)
{
    nf_engine *engine = function->engine;
    const nf_profile *p = &function->profile;
    nf_error error = {0};
    if (nf_drift_step(function, now) || !nf_round_is_due(function)) return;
    nf_drift_close(function);
    function->round = function->rounds_done;
    function->rounds_done++;
    nf_engine_event(engine, NF_EVENT_HOT, function, function->active, p->share,
                    "%llu calls, %.0f ns each, %.1f ms so far", (unsigned long long)p->calls,
                    p->ns_per_call, p->spent_ns * 1e-6);
    if (nf_round_is_llvm(function) && nf_llvm_open(&error) != NF_OK) {
        engine->no_llvm = true;
        nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s", error.message);
        return;
    }
    if (nf_round_now(function)->kind == NF_ROUND_GUESS_LLVM) {
        guess(function, (nf_recipe){.llvm = nf_llvm_variants}, "LLVM's guess, until it has raced",
              now);
        return;
    }
    nf_function_effects(function);
    if (function->refusal[0] == 0 && nf_sampling_begin(function, now)) return;
    nf_promote_unraced(function, now);
}

bool nf_function_step(nf_function *function, uint64_t now)
{
    nf_phase phase = __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE);
    bool is_judged = phase == NF_PHASE_SHADOW || phase == NF_PHASE_AUDIT;
    if (!is_judged && nf_reclaim_is_full(function->engine)) return false;
    nf_osr_step(function, now);
    if (function->engine->config.policy == NF_POLICY_COUNTS)
        return __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE) != NF_PHASE_FORCED &&
               nf_counts_step(function);
    switch (phase) {
    case NF_PHASE_BASELINE: step_baseline(function, now); break;
    case NF_PHASE_SAMPLING: nf_sampling_step(function, now); break;
    case NF_PHASE_SHADOW: nf_shadow_step(function, now); break;
    case NF_PHASE_AUDIT: nf_trial_step(function, now); break;
    case NF_PHASE_SETTLED: step_settled(function, now); break;
    case NF_PHASE_COLD:
    case NF_PHASE_FORCED: break;
    }
    phase = __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE);
    return phase == NF_PHASE_SAMPLING || phase == NF_PHASE_SHADOW || phase == NF_PHASE_AUDIT;
}
