/*
 * On trial: a version that was just swapped in is compared with T1's for its results, where the
 * function has no effects (shadow.c), and with the one that it replaces for its speed, on live calls
 * (audit.c). It is kept, or rolled back. The other one stays as control (drift.c) until the
 * next swap.
 */
#include "promote_internal.h"

enum {
    SHADOW_LIMIT_NS = 10 * 1000 * 1000,
    AUDIT_SHORT_NS = 20 * 1000 * 1000,
    AUDIT_LONG_NS = 100 * 1000 * 1000,
    AUDIT_LIMIT_NS = 500 * 1000 * 1000,
};

/* What has won a race must be this much slower than the old one to be rolled back. */
static const double ROLLBACK_RATIO = 1.03;
/* One call is timed at a time, and how the processor finds into the code belongs to what is timed:
 * it differs by 2 ns from audit to audit of the same two versions. */
static const double CLOCK_NS = 6;
static const double CONTROL_RATIO_MAX = 4;

/* Calls with arguments in memory can't be timed: the entry would have to copy them. */
static bool audit_ready(nf_function *function)
{
    if (function->audit == NULL)
        function->audit = NF_NEW(&function->program->worker_arena, nf_audit);
    return function->audit != NULL && function->stack_words == 0;
}

/* The version that live calls are compared with from now on; the last one retires. */
static void control_set(nf_function *function, nf_version *control)
{
    nf_version *old = function->control;
    bool is_used = old == control || old == function->active || old == function->baseline;
    function->control = control;
    if (old && !is_used) nf_version_retire(old, NF_VERSION_RETIRED);
}

static void audit_begin(nf_function *function, uint64_t now)
{
    if (!audit_ready(function)) {
        control_set(function, NULL);
        nf_phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    nf_audit_start(function, function->control, NF_AUDIT_SAMPLES);
    nf_phase_set(function, NF_PHASE_AUDIT, now);
}

void nf_trial_begin(nf_function *function, nf_version *control, uint64_t now)
{
    control_set(function, control);
    nf_drift_reset(function);
    if (nf_shadow_start(function))
        nf_phase_set(function, NF_PHASE_SHADOW, now);
    else
        audit_begin(function, now);
}

/* It has given a wrong answer. T1's are the right ones. */
static void reject(nf_function *function, uint64_t now)
{
    nf_version *wrong = function->active;
    const uint64_t *results = function->shadow.results;
    char reason[NF_REASON_BYTES];
    nf_format(reason, sizeof reason, "a live call's result was 0x%llx, by T1 it is 0x%llx",
              (unsigned long long)results[0], (unsigned long long)results[1]);
    nf_engine_event(function->engine, NF_EVENT_REJECTED, function, wrong, 0, "%s", reason);
    nf_version_swap(function, function->baseline, 1, NF_EVENT_ROLLBACK, reason);
    nf_format(wrong->reason, sizeof wrong->reason, "%s", reason);
    nf_version_retire(wrong, NF_VERSION_REJECTED);
    control_set(function, NULL);
    nf_drift_reset(function);
    nf_phase_set(function, NF_PHASE_SETTLED, now);
}

void nf_shadow_step(nf_function *function, uint64_t now)
{
    const nf_shadow *shadow = &function->shadow;
    bool differs = nf_shadow_differs(function);
    bool is_over = __atomic_load_n(&shadow->left, __ATOMIC_ACQUIRE) == 0;
    if (!differs && !is_over && now - function->phase_ns < SHADOW_LIMIT_NS) return;
    nf_shadow_end(function);
    if (differs)
        reject(function, now);
    else
        audit_begin(function, now);
}

/* A guess must be the better of the two; what has won a race, not be worse beyond doubt. */
static bool is_worse(const nf_version *active, const nf_audit_result *result)
{
    bool is_slower = active->speedup > 0 ? result->low > ROLLBACK_RATIO : result->ratio > 1;
    return is_slower && result->active_ns - result->control_ns > CLOCK_NS;
}

/* The slower one stays as control, where calls that it takes are no burden. */
static void roll_back(nf_function *function, const nf_audit_result *result, const char *reason)
{
    nf_version *slower = function->active;
    nf_version_swap(function, function->control, 1 / result->ratio, NF_EVENT_ROLLBACK, reason);
    function->control = slower;
    nf_version_settle(slower, NF_VERSION_ROLLED_BACK, reason);
    if (result->ratio > CONTROL_RATIO_MAX && slower != function->baseline)
        nf_version_retire(slower, NF_VERSION_ROLLED_BACK);
    function->profile.ns_per_call = result->control_ns;
}

static void end_audit(nf_function *function, uint64_t now)
{
    nf_engine *engine = function->engine;
    nf_audit_result result = nf_audit_finish(function);
    nf_version *active = function->active;
    const nf_version *control = function->control;
    char reason[NF_REASON_BYTES];
    nf_phase_set(function, NF_PHASE_SETTLED, now);
    nf_os_mutex_lock(&engine->lock);
    engine->cost.trial_ns += nf_audit_cost_ns(function, &result);
    nf_os_mutex_unlock(&engine->lock);
    if (result.active_ns > 0) function->profile.ns_per_call = result.active_ns;
    if (result.ratio <= 0) return; /* too few calls to say anything */
    nf_format(reason, sizeof reason, "live calls take %.2fx of the old version's time [%.2f, %.2f]",
              result.ratio, result.low, result.high);
    if (is_worse(active, &result)) {
        roll_back(function, &result, reason);
        return;
    }
    double above_t1 = control == function->baseline ? 1 : control->speedup;
    if (active->speedup <= 0) active->speedup = above_t1 / result.ratio; /* 0: not known */
    nf_engine_event(engine, NF_EVENT_KEPT, function, active, result.ratio, "%s", reason);
}

static bool is_clear(nf_audit_result result)
{
    return result.ratio > 0 && (result.low > ROLLBACK_RATIO || result.high < ROLLBACK_RATIO);
}

/* Long calls give few samples: then the first few must do if they are clear, and in the end none, when
 * it is time for better code than the two that are compared. */
static bool audit_enough(nf_function *function, uint64_t elapsed)
{
    if (nf_audit_done(function) || elapsed > AUDIT_LIMIT_NS) return true;
    if (elapsed < AUDIT_SHORT_NS) return false;
    nf_audit_result result = nf_audit_result_of(function);
    bool says_something = result.ratio > 0 || elapsed > AUDIT_LONG_NS;
    return is_clear(result) || (says_something && nf_round_is_better(function));
}

/* What was timed is known, when counters have missed long calls and LLVM's code does not count. */
void nf_trial_step(nf_function *function, uint64_t now)
{
    nf_profile *p = &function->profile;
    double elapsed = (double)(now - function->phase_ns);
    uint32_t calls;
    double timed_ns = nf_audit_timed_ns(function, &calls);
    if (calls) p->ns_per_call = timed_ns / calls;
    if (!audit_enough(function, now - function->phase_ns)) return;
    if (function->active->tier == 3 && timed_ns > p->load * elapsed) p->load = timed_ns / elapsed;
    end_audit(function, now);
}
