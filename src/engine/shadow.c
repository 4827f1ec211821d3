/*
 * The shadow period: for some calls after a swap, a function without effects runs twice, in the new
 * version and in T1's, and the results are compared bit by bit. It is the same test as the race's, on
 * inputs that nobody has chosen.
 *
 *   shadow entry ─► active version, T1's version ─► the same: the active one's result
 *                                                   differ twice: T1's result; calls go to T1 until
 *                                                   the worker rolls back and tells
 *
 * Other threads may write what the function reads, between the two runs; so both are repeated, and
 * only what repeats itself counts. While it runs, the slot leads straight to the active version, as in
 * an audit, so that calls that it makes of itself run once. The number of calls and the time are bounded
 * (trial.c ends the period), for T1 may be many times slower.
 */
#include "promote_internal.h"

enum { CALLS = 32 };
enum { SAME, TAKEN, DIFFERS }; /* nf_shadow.differs: TAKEN while `results` are being written */

/* --- callers' threads --- */

static uint64_t run(const nf_function *function, uint64_t target, const nf_entry_frame *frame)
{
    nf_os_call_frame call = {.stack = frame->stack, .stack_count = function->stack_words};
    for (unsigned i = 0; i < NF_OS_CALL_INTEGERS; i++) call.integers[i] = frame->integers[i];
    for (unsigned i = 0; i < NF_OS_CALL_VECTORS; i++) call.vectors[i][0] = frame->vectors[i][0];
    nf_os_call((const void *)(uintptr_t)target, &call);
    nf_type result = function->signature->result;
    uint64_t bits =
        result == NF_F32 || result == NF_F64 ? call.result_vector[0] : call.result_integer[0];
    unsigned bytes = nf_type_bytes(result);
    return bytes < sizeof bits ? bits & ((UINT64_C(1) << bytes * 8) - 1) : bits;
}

static void slot_replace(nf_function *function, uint64_t from, uint64_t to)
{
    __atomic_compare_exchange_n(function->slot, &from, to, false, __ATOMIC_RELEASE,
                                __ATOMIC_RELAXED);
}

/* The result that the caller gets. targets: the active version, T1's. */
static uint64_t compare(nf_function *function, const uint64_t targets[2], nf_entry_frame *frame)
{
    nf_shadow *shadow = &function->shadow;
    uint64_t active = run(function, targets[0], frame), start = nf_os_tsc_start();
    uint64_t t1 = run(function, targets[1], frame);
    __atomic_fetch_add(&shadow->ticks, nf_os_tsc_stop() - start, __ATOMIC_RELAXED);
    if (active == t1) return active;
    if (run(function, targets[0], frame) != active || run(function, targets[1], frame) != t1)
        return active;
    uint32_t none = SAME;
    if (__atomic_compare_exchange_n(&shadow->differs, &none, TAKEN, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        shadow->results[0] = active;
        shadow->results[1] = t1;
        __atomic_store_n(&shadow->differs, DIFFERS, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&shadow->left, 0, __ATOMIC_RELEASE);
    slot_replace(function, targets[0], targets[1]);
    return t1;
}

/* Without a comparison when the period is over. */
static uint64_t call(nf_function *function, nf_entry_frame *frame)
{
    nf_shadow *shadow = &function->shadow;
    const uint64_t entry = function->entries[NF_ENTRY_SHADOW];
    uint64_t targets[2] = {__atomic_load_n(&function->counters->active, __ATOMIC_SEQ_CST)};
    slot_replace(function, entry, targets[0]);
    uint32_t left = __atomic_load_n(&shadow->left, __ATOMIC_SEQ_CST);
    if (left == 0) return run(function, targets[0], frame);
    targets[1] = __atomic_load_n(&shadow->baseline, __ATOMIC_RELAXED);
    uint64_t result = compare(function, targets, frame);
    left = __atomic_load_n(&shadow->left, __ATOMIC_ACQUIRE);
    while (left && !__atomic_compare_exchange_n(&shadow->left, &left, left - 1, false,
                                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        continue;
    if (left > 1) slot_replace(function, targets[0], entry);
    return result;
}

/* The count of handlers keeps both versions from being freed, however long they run. */
uint64_t nf_entry_shadow(nf_engine *engine, uint32_t index, nf_entry_frame *frame)
{
    nf_function *function = __atomic_load_n(&engine->functions[index], __ATOMIC_ACQUIRE);
    (void)__atomic_load_n(function->slot, __ATOMIC_ACQUIRE);
    __atomic_fetch_add(&function->handlers, 1, __ATOMIC_SEQ_CST);
    uint64_t result = call(function, frame);
    __atomic_fetch_sub(&function->handlers, 1, __ATOMIC_SEQ_CST);
    frame->integers[0] = frame->vectors[0][0] = result;
    return 0;
}

/* --- the worker --- */

static bool is_pure(nf_function *function)
{
    if (function->ir == NULL || function->ir->tolerance != 0) return false;
    const nf_effects *effects = nf_function_effects_find(function);
    return effects->containable && !effects->writes && function->signature->result != NF_VOID;
}

bool nf_shadow_start(nf_function *function)
{
    nf_shadow *shadow = &function->shadow;
    if (!is_pure(function)) return false;
    const nf_version *t1 = nf_version_that_defines(function->active);
    if (t1 == NULL || t1 == function->active) return false;
    __atomic_store_n(&shadow->differs, SAME, __ATOMIC_RELAXED);
    __atomic_store_n(&shadow->baseline, t1->address, __ATOMIC_RELAXED);
    __atomic_store_n(&shadow->left, CALLS, __ATOMIC_RELEASE);
    nf_slot_store(function, function->entries[NF_ENTRY_SHADOW]);
    return true;
}

void nf_shadow_end(nf_function *function)
{
    nf_engine *engine = function->engine;
    uint64_t ticks = __atomic_exchange_n(&function->shadow.ticks, 0, __ATOMIC_RELAXED);
    nf_os_mutex_lock(&engine->lock);
    engine->cost.trial_ns += (double)ticks * 1e9 / (double)nf_os_tsc_hz();
    nf_os_mutex_unlock(&engine->lock);
    __atomic_store_n(&function->shadow.left, 0, __ATOMIC_RELEASE);
    nf_slot_store(function, function->active->address);
}

bool nf_shadow_differs(const nf_function *function)
{
    return __atomic_load_n(&function->shadow.differs, __ATOMIC_ACQUIRE) == DIFFERS;
}
