/*
 * On trial: a version that was just swapped in is compared with the one that it replaces, on live
 * calls (audit.c). It is kept, or rolled back.
 */
#include "promote_internal.h"

enum {
    AUDIT_SHORT_NS = 20 * 1000 * 1000,
    AUDIT_FEW = 2, /* of either side */
    AUDIT_LIMIT_NS = 500 * 1000 * 1000,
};

/* A new version must be this much slower than the old one, beyond doubt, to be rolled back. */
static const double ROLLBACK_RATIO = 1.03;

/* Calls with arguments in memory can't be timed: the entry would have to copy them. */
static bool audit_ready(nf_function *function)
{
    if (function->audit == NULL)
        function->audit = NF_NEW(&function->program->worker_arena, nf_audit);
    return function->audit != NULL && function->stack_words == 0;
}

void nf_trial_begin(nf_function *function, nf_version *control, uint64_t now)
{
    if (!audit_ready(function)) {
        nf_phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    function->control = control;
    nf_audit_start(function, control);
    nf_phase_set(function, NF_PHASE_AUDIT, now);
}

static void end_audit(nf_function *function, uint64_t now)
{
    nf_audit_result result = nf_audit_finish(function);
    nf_version *active = function->active, *control = function->control;
    char reason[NF_REASON_BYTES];
    nf_phase_set(function, NF_PHASE_SETTLED, now);
    if (result.active_ns > 0) function->profile.ns_per_call = result.active_ns;
    if (result.ratio <= 0) return; /* too few calls to say anything */
    nf_format(reason, sizeof reason, "live calls take %.2fx of the old version's time [%.2f, %.2f]",
              result.ratio, result.low, result.high);
    if (result.low > ROLLBACK_RATIO) {
        nf_version_swap(function, control, 1 / result.ratio, NF_EVENT_ROLLBACK, reason);
        nf_format(active->reason, sizeof active->reason, "%s", reason);
        nf_version_retire(active, NF_VERSION_ROLLED_BACK);
        function->profile.ns_per_call = result.control_ns;
        return;
    }
    double above_t1 = control == function->baseline ? 1 : control->speedup;
    if (active->speedup <= 0) active->speedup = above_t1 / result.ratio; /* 0: not known */
    nf_engine_event(function->engine, NF_EVENT_KEPT, function, active, result.ratio, "%s", reason);
    if (control != function->baseline) nf_version_retire(control, NF_VERSION_RETIRED);
}

/* Long calls give few samples: then the first few must do, or none, when it is time for better code
 * than the two that are compared. */
static bool audit_enough(nf_function *function, uint64_t elapsed)
{
    if (nf_audit_done(function) || elapsed > AUDIT_LIMIT_NS) return true;
    return elapsed > AUDIT_SHORT_NS &&
           (nf_audit_samples(function) >= AUDIT_FEW || nf_round_is_better(function));
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
