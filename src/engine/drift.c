/*
 * Drift: whether a settled function still runs the version that suits what the program does now.
 *
 * From time to time a few live calls go to a control and are timed beside the active version, as
 * after a swap (audit.c). The controls take turns: the version that the active one has replaced, and
 * T1, which hardly any change of the inputs meets as it meets optimised code. What such a burst says
 * is ln(active / control) and its standard error. The first bursts give the reference; each later
 * one moves two sums, one for either direction (Page's CUSUM, 1954, as in Basseville and Nikiforov,
 * "Detection of Abrupt Changes", 1993, section 2.2):
 *
 *   sum = max(0, sum + (shift - SHIFT_MIN) / error - ALLOWANCE)       alarm at ALARM
 *
 * so that noise is taken back and a change adds up. A step counts at most STEP_MAX: one odd burst is
 * no alarm. With these figures unchanged inputs cause an alarm once in some 100,000 bursts, and a
 * change by four errors is found by the second one.
 *
 *   reference 0.25, error 4 %; bursts of 0.26, 0.24, then 0.50, 0.52:
 *   sum up      0, 0, 3.5, 7.0: alarm
 *
 * An alarm lets the function race again, on fresh inputs, when it has cost since the last race what
 * a race costs, times four for each alarm before: the ski-rental rule again, with exponential back-off.
 * What can't race is tried against its control. A race that came to no verdict, for the machine was too
 * busy, counts as an alarm.
 *
 * A race measures for some 30 ms, and the machine may be in another state than usual for all of them:
 * with another's work on the same core wide vectors win that lose without it. Mostly such a state lasts
 * for 50 to 500 ms. So verdicts are confirmed. One that an alarm has caused is by a chain of races, each
 * four times as far from the one before as that was from its own; any other by a single race, as far off
 * as the chain's last, when it costs 1 % of what the function has. The last is held again until it
 * chooses nothing else.
 *
 * What bursts cost, calls that were slower than they had to be, is bounded: the next burst comes when
 * the function has taken WATCH_SHARE times as long.
 */
#include "promote_internal.h"
#include "race/statistics.h"

enum {
    BURST_SAMPLES = 16, /* of either side */
    REFERENCE_BURSTS = 8,
    BURST_LIMIT_NS = 100 * 1000 * 1000,
    BACKOFF_MAX = 8, /* times four */
    VERDICTS = 5,    /* that an alarm causes; the first is confirmed by the others */
};

static const double SHIFT_MIN = 0.1, ALLOWANCE = 0.5, ALARM = 6, STEP_MAX = 4;
static const double ERROR_MIN = 0.03; /* clocks, alignment: what the samples can't show */
static const double WATCH_SHARE = 200;
static const double COST_MIN_NS = 5000;
static const double WORSE_NS_MAX = 1e6;  /* by which a call may be slower for our sake */
static const double FORGIVEN_AFTER = 64; /* waits without a race */

void nf_drift_reset(nf_function *function)
{
    nf_drift *d = &function->drift;
    for (unsigned i = 0; i < NF_CONTROLS; i++) d->cusums[i] = (nf_cusum){0};
    d->due_ns = function->profile.spent_ns;
}

void nf_drift_close(nf_function *function)
{
    if (!function->drift.open) return;
    function->drift.open = function->drift.is_idle = false;
    nf_audit_finish(function);
}

/* --- CUSUM --- */

static double at_least(double value, double least)
{
    return value > least ? value : least;
}

static double step_of(double shift, double error)
{
    double step = (shift - SHIFT_MIN) / error;
    return (step < STEP_MAX ? step : STEP_MAX) - ALLOWANCE;
}

/* The reference is a mean; how far bursts are spread around it is their error as much as what each
 * of them says of itself. (Welford's way to both.) */
static void reference_add(nf_cusum *c, double x)
{
    double before = x - c->reference;
    c->bursts++;
    c->reference += before / c->bursts;
    c->squares += before * (x - c->reference);
}

bool nf_cusum_add(nf_cusum *c, double ratio, double error)
{
    double x = nf_log(ratio);
    if (c->bursts < REFERENCE_BURSTS) {
        reference_add(c, x);
        return false;
    }
    double spread = nf_sqrt(c->squares / (REFERENCE_BURSTS - 1));
    double scale = at_least(at_least(error, spread), ERROR_MIN), shift = x - c->reference;
    c->up = at_least(c->up + step_of(shift, scale), 0);
    c->down = at_least(c->down + step_of(-shift, scale), 0);
    return c->up > ALARM || c->down > ALARM;
}

/* --- bursts --- */

/* About how much longer a call takes in the control. */
static double worse_ns(const nf_function *function, const nf_version *control)
{
    double active = function->active->speedup, other = control->speedup;
    if (control == function->baseline) other = 1;
    if (function->active == function->baseline) active = 1;
    if (active <= 0 || other <= 0) return 0;
    return function->profile.ns_per_call * (active / other - 1);
}

static nf_version *control_at(const nf_function *function, unsigned i)
{
    nf_version *control = i == 0 ? function->control : function->baseline;
    if (control == NULL || control == function->active || control->retired) return NULL;
    if (i == 1 && control == function->control) return NULL;
    return worse_ns(function, control) <= WORSE_NS_MAX ? control : NULL;
}

static void burst_open(nf_function *function, uint64_t now)
{
    nf_drift *d = &function->drift;
    if (nf_is_asleep(function)) return;
    for (unsigned tried = 0; tried < NF_CONTROLS; tried++) {
        d->turn = (d->turn + 1) % NF_CONTROLS;
        const nf_version *control = control_at(function, d->turn);
        if (control == NULL) continue;
        d->open = true;
        d->opened_ns = now;
        nf_audit_start(function, control, BURST_SAMPLES);
        return;
    }
}

/* --- the alarm --- */

/* What the function shall cost between two races. */
static double wait_ns(const nf_function *function, uint32_t power_of_4)
{
    return nf_round_again(function)->spent_ns * (double)(UINT64_C(1) << (2 * power_of_4));
}

static void want_race(nf_function *function, uint32_t power_of_4)
{
    function->drift.wanted = true;
    function->drift.wait_ns = wait_ns(function, power_of_4);
}

static void want_race_backed_off(nf_function *function)
{
    nf_drift *d = &function->drift;
    double since = function->profile.spent_ns - d->raced_ns;
    if (since > wait_ns(function, d->backoff) * FORGIVEN_AFTER) d->backoff = 0;
    want_race(function, d->backoff);
    if (d->backoff < BACKOFF_MAX) d->backoff++;
}

static void alarm(nf_function *function, const nf_version *control, const nf_audit_result *result)
{
    nf_drift *d = &function->drift;
    nf_engine_event(function->engine, NF_EVENT_DRIFT, function, function->active, result->ratio,
                    "live calls take %.2fx of the time of %s, no longer %.2fx", result->ratio,
                    control->name, nf_exp(d->cusums[d->turn].reference));
    d->alarms++;
    d->doubts = VERDICTS;
    want_race_backed_off(function);
    nf_drift_reset(function);
}

static void burst_end(nf_function *function)
{
    nf_drift *d = &function->drift;
    nf_version *control = control_at(function, d->turn);
    d->open = d->is_idle = false;
    nf_audit_result result = nf_audit_finish(function);
    double cost = nf_audit_cost_ns(function, &result);
    d->due_ns = function->profile.spent_ns + WATCH_SHARE * at_least(cost, COST_MIN_NS);
    nf_os_mutex_lock(&function->engine->lock);
    function->engine->cost.watch_ns += cost;
    nf_os_mutex_unlock(&function->engine->lock);
    if (result.ratio <= 0 || control == NULL) return;
    function->profile.ns_per_call = result.active_ns;
    double error = (result.high - result.low) / (2 * 1.96 * result.ratio);
    if (nf_cusum_add(&d->cusums[d->turn], result.ratio, error)) alarm(function, control, &result);
}

/* Where nobody has come since, the burst stays open: the function is not called any more, which LLVM's
 * code, that doesn't count, tells by nothing else. Where somebody has come and not come back, by a
 * longjmp or for long, calls must not be left in the control. */
static void burst_step(nf_function *function, uint64_t now)
{
    nf_drift *d = &function->drift;
    bool is_long = now - d->opened_ns > BURST_LIMIT_NS;
    uint64_t target = __atomic_load_n(function->slot, __ATOMIC_ACQUIRE);
    uint32_t calls;
    nf_audit_timed_ns(function, &calls);
    d->is_idle = is_long && calls == 0 && target == function->entries[NF_ENTRY_AUDIT];
    if (nf_audit_done(function) || (is_long && !d->is_idle)) burst_end(function);
}

/* --- racing again --- */

/* On a single processor the race would take its time from the program. */
void nf_drift_raced(nf_function *function, bool is_undecided, bool is_swapped)
{
    nf_drift *d = &function->drift;
    bool is_first = nf_round_now(function)->kind != NF_ROUND_RACE_AGAIN;
    d->raced_ns = function->profile.spent_ns;
    if (is_first)
        d->doubts = 1;
    else if (d->doubts && !is_undecided && !(is_swapped && d->doubts == 1))
        d->doubts--;
    if (nf_os_cpu_count() == 1) return;
    if (is_undecided)
        want_race_backed_off(function);
    else if (d->doubts)
        want_race(function, VERDICTS - d->doubts);
}

static bool race_is_due(const nf_function *function)
{
    const nf_drift *d = &function->drift;
    return d->wanted && function->profile.spent_ns - d->raced_ns >= d->wait_ns;
}

static bool race_again(nf_function *function, uint64_t now)
{
    nf_drift *d = &function->drift;
    if (!race_is_due(function)) return false;
    nf_drift_close(function);
    d->wanted = false;
    d->raced_ns = function->profile.spent_ns;
    nf_round_begin_again(function);
    nf_function_effects(function);
    if (function->refusal[0] == 0) return nf_sampling_begin(function, now);
    nf_version *control = control_at(function, 0);
    if (control == NULL) control = control_at(function, 1);
    if (control) nf_trial_begin(function, control, now);
    return control != NULL;
}

bool nf_drift_step(nf_function *function, uint64_t now)
{
    nf_drift *d = &function->drift;
    if (race_again(function, now)) return true;
    if (d->open)
        burst_step(function, now);
    else if (function->audit && function->profile.spent_ns >= d->due_ns)
        burst_open(function, now);
    return false;
}
