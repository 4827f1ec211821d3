/*
 * Audits: live calls go at random to one of two versions and are timed, so that a swap is judged by
 * what the program really does (Lau, Arnold, Hind, Calder: "Online Performance Auditing", PLDI
 * 2006).
 *
 * Live calls differ in length, so both sides see a mixture; the order is random, hence the means
 * compare. The slowest tenth of each side (interrupts, page faults, first touches) is left out. The
 * interval is Welch's, at 95 %, by the normal approximation. A few long calls say something too
 * when all of one side are faster than all of the other: then the extremes are the interval. Of four
 * and four that happens by chance once in 35 times; two and two, once in three, will do for the active
 * version, which stays unless it is found to be slower.
 */
#include "engine_internal.h"
#include "race/statistics.h"

/* What timing a call costs, with what it takes the processor to find back to the loop that calls. */
static const double ENTRY_NS = 400;

enum { TRIM_PERCENT = 10, SIDE_SAMPLES_MIN = 16, SIDE_SAMPLES_FEW = 4, SIDE_SAMPLES_FEWEST = 2 };

typedef struct side_mean {
    double mean, variance_of_mean;
    double least, most;
} side_mean;

void nf_audit_start(nf_function *function, const nf_version *control, uint32_t samples_wanted)
{
    nf_audit *audit = function->audit;
    if (audit == NULL) return;
    uint32_t random = (uint32_t)function->engine->seed ^ function->index;
    __atomic_store_n(&audit->targets[0], function->active->address, __ATOMIC_RELAXED);
    __atomic_store_n(&audit->targets[1], control->address, __ATOMIC_RELAXED);
    __atomic_store_n(&audit->random, random, __ATOMIC_RELAXED);
    __atomic_store_n(&audit->wanted, samples_wanted, __ATOMIC_RELAXED);
    __atomic_store_n(&audit->counts[0], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&audit->counts[1], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&audit->open, 1, __ATOMIC_RELEASE);
    nf_slot_store(function, function->entries[NF_ENTRY_AUDIT]);
}

void nf_audit_forget(nf_function *function, uint64_t address)
{
    nf_audit *audit = function->audit;
    for (int side = 0; audit && side < 2; side++)
        if (__atomic_load_n(&audit->targets[side], __ATOMIC_RELAXED) == address)
            __atomic_store_n(&audit->targets[side],
                             __atomic_load_n(&function->counters->active, __ATOMIC_RELAXED),
                             __ATOMIC_SEQ_CST);
}

uint32_t nf_audit_samples(const nf_function *function)
{
    const nf_audit *audit = function->audit;
    uint32_t active = __atomic_load_n(&audit->counts[0], __ATOMIC_RELAXED);
    uint32_t control = __atomic_load_n(&audit->counts[1], __ATOMIC_RELAXED);
    return active < control ? active : control;
}

bool nf_audit_done(const nf_function *function)
{
    return nf_audit_samples(function) >=
           __atomic_load_n(&function->audit->wanted, __ATOMIC_RELAXED);
}

static void sort(uint32_t *values, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint32_t value = values[i], at = i;
        for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
        values[at] = value;
    }
}

static side_mean mean_of(const uint32_t *samples, uint32_t count)
{
    uint32_t sorted[NF_AUDIT_SAMPLES];
    for (uint32_t i = 0; i < count; i++) sorted[i] = __atomic_load_n(&samples[i], __ATOMIC_RELAXED);
    sort(sorted, count);
    uint32_t kept = count - count * TRIM_PERCENT / 100;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < kept; i++) sum += sorted[i];
    double mean = sum / kept;
    for (uint32_t i = 0; i < kept; i++) squares += (sorted[i] - mean) * (sorted[i] - mean);
    return (side_mean){mean, kept > 1 ? squares / (kept - 1) / kept : 0, sorted[0],
                       sorted[count - 1]};
}

double nf_audit_timed_ns(const nf_function *function, uint32_t *calls)
{
    const nf_audit *audit = function->audit;
    double ticks = 0;
    *calls = 0;
    for (int side = 0; side < 2; side++) {
        uint32_t count = __atomic_load_n(&audit->counts[side], __ATOMIC_RELAXED);
        for (uint32_t i = 0; i < count && i < NF_AUDIT_SAMPLES; i++, (*calls)++)
            ticks += __atomic_load_n(&audit->samples[side][i], __ATOMIC_RELAXED);
    }
    return ticks * 1e9 / (double)nf_os_tsc_hz();
}

/* Calls were slower than those of the faster side. */
double nf_audit_cost_ns(const nf_function *function, const nf_audit_result *result)
{
    uint32_t calls;
    double timed = nf_audit_timed_ns(function, &calls), best = result->active_ns;
    if (result->control_ns > 0 && result->control_ns < best) best = result->control_ns;
    return (timed > calls * best ? timed - calls * best : 0) + calls * ENTRY_NS;
}

static side_mean side_of(const nf_audit *audit, int side, uint32_t *count)
{
    *count = __atomic_load_n(&audit->counts[side], __ATOMIC_RELAXED);
    if (*count > NF_AUDIT_SAMPLES) *count = NF_AUDIT_SAMPLES;
    return *count ? mean_of(audit->samples[side], *count) : (side_mean){0};
}

nf_audit_result nf_audit_result_of(const nf_function *function)
{
    const nf_audit *audit = function->audit;
    nf_audit_result result = {0};
    uint32_t counts[2];
    side_mean active = side_of(audit, 0, &counts[0]), control = side_of(audit, 1, &counts[1]);
    double ns_per_tick = 1e9 / (double)nf_os_tsc_hz();
    result.active_ns = active.mean * ns_per_tick;
    result.control_ns = control.mean * ns_per_tick;
    if (counts[0] < SIDE_SAMPLES_MIN || counts[1] < SIDE_SAMPLES_MIN) {
        bool faster = active.most<control.least, slower = active.least> control.most;
        uint32_t enough = faster ? SIDE_SAMPLES_FEWEST : SIDE_SAMPLES_FEW;
        if (counts[0] < enough || counts[1] < enough || !(faster || slower) || active.least <= 0 ||
            control.least <= 0)
            return result;
        result.ratio = active.mean / control.mean;
        result.low = active.least / control.most;
        result.high = active.most / control.least;
        return result;
    }
    if (active.mean <= 0 || control.mean <= 0) return result;
    double error = 1.96 * nf_sqrt(active.variance_of_mean / (active.mean * active.mean) +
                                  control.variance_of_mean / (control.mean * control.mean));
    result.ratio = active.mean / control.mean;
    result.low = result.ratio * (1 - error);
    result.high = result.ratio * (1 + error);
    return result;
}

nf_audit_result nf_audit_finish(nf_function *function)
{
    __atomic_store_n(&function->audit->open, 0, __ATOMIC_RELEASE);
    nf_slot_store(function, function->active->address);
    return nf_audit_result_of(function);
}
