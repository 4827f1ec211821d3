/*
 * Eviction: code memory is bounded, so what is worth least makes room. The function's slot leads to
 * the lazy entry again; its versions retire, and the next call begins anew with T1.
 *
 *   worker, above the watermark     the functions with the least load go to sleep: slot ─► lazy entry,
 *                                   while their code stays
 *   caller, calls a sleeper         the lazy entry puts the slot back: it is awake
 *   worker, some rounds later       who still sleeps is evicted
 *
 * That is the clock algorithm's second chance, with the lazy entry as the mark that a function is
 * used: LLVM's code counts no calls, so nothing else would tell.
 *
 * A first call that finds no room can't wait for that: it evicts at once, sleepers first, then what
 * has the least load, and looks through all threads' stacks itself. When the worker is in the way,
 * at a race for instance, or nothing could be freed just before, the call is interpreted instead and
 * the function is starved: the worker lets it try again.
 *
 * Not evicted: what is sampled or on trial, what is entered from running loops, handlers of signals.
 * Code that a thread is in, or returns to, stays until a scan finds that it has left.
 */
#include "engine_internal.h"
#include "promote_internal.h"

enum {
    SLEEP_NS = 100 * 1000 * 1000, /* so long a sleeper may be woken */
    SLEEPERS = 64,                /* sent to sleep in a round */
    LARGEST_PART = 16,            /* a gap of this part of all is room enough */
    AT_ONCE_PART = 16,            /* what a call without room evicts */
    BATCH_MIN_BYTES = 4096,
};

/* What is true of it without the lock must be asked for again under it: who lets a function stay makes
 * it callable afterwards, and takes the lock for that. */
static bool stays(const nf_function *function)
{
    return __atomic_load_n(&function->stays, __ATOMIC_ACQUIRE);
}

static bool can_go(const nf_function *function)
{
    nf_phase phase = __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE);
    return __atomic_load_n(&function->active, __ATOMIC_ACQUIRE) != NULL && !stays(function) &&
           function->osr.points == NULL &&
           (phase == NF_PHASE_BASELINE || phase == NF_PHASE_SETTLED || phase == NF_PHASE_FORCED);
}

static double load_of(const nf_function *function)
{
    return function->drift.is_idle ? 0 : function->profile.load;
}

/* --- one function --- */

/* Under lock: its versions are marked; linked by next_retired. What a first call makes from now on
 * is not among them. */
static nf_version *versions_mark(nf_function *function)
{
    nf_version *marked = NULL;
    for (nf_version *v = function->versions; v; v = v->older) {
        if (v->address == 0 || v->retired) continue;
        v->state = NF_VERSION_RETIRED;
        v->retired = true;
        v->next_retired = marked;
        marked = v;
    }
    return marked;
}

/* Under lock, so that no lazy entry is about to wake it. */
static void function_reset(nf_function *function)
{
    uint64_t lazy = function->entries[NF_ENTRY_LAZY];
    nf_slot_store(function, lazy);
    __atomic_store_n(&function->counters->active, lazy, __ATOMIC_SEQ_CST);
    __atomic_store_n(&function->active, NULL, __ATOMIC_RELEASE);
    function->baseline = function->fused = function->control = NULL;
    function->rounds_done = 0;
    function->profile.spent_ns = function->profile.owed_ns = function->profile.ns_per_call = 0;
    function->profile.load = function->profile.load_now = 0;
    function->drift = (nf_drift){.alarms = function->drift.alarms};
    if (function->phase != NF_PHASE_FORCED) nf_phase_set(function, NF_PHASE_COLD, 0);
}

/* The bytes that will be free; 0: it stays. */
static size_t function_evict(nf_function *function)
{
    nf_engine *engine = function->engine;
    size_t bytes = 0;
    nf_drift_close(function);
    nf_osr_quiet(function);
    nf_os_mutex_lock(&engine->lock);
    bool goes = !stays(function);
    if (goes) function_reset(function);
    nf_version *marked = goes ? versions_mark(function) : NULL;
    engine->evictions += goes;
    nf_os_mutex_unlock(&engine->lock);
    if (!goes) return 0;
    while (marked) {
        nf_version *version = marked;
        marked = version->next_retired;
        bytes += version->code_bytes;
        nf_version_hand_over(version);
    }
    nf_engine_event(engine, NF_EVENT_EVICTED, function, NULL, (double)bytes,
                    "its code makes room; the next call compiles it again");
    return bytes;
}

/* --- which one --- */

/* Of two, the one that is worth less: sleepers, then the smaller load. */
static bool is_worth_less(const nf_function *a, const nf_function *b)
{
    if (nf_is_asleep(a) != nf_is_asleep(b)) return nf_is_asleep(a);
    return load_of(a) < load_of(b);
}

/* Round and round, so that among equals the one that was not asked for longest goes; NULL: none. */
static nf_function *victim_find(nf_engine *engine, const nf_function *spared)
{
    uint32_t count = __atomic_load_n(&engine->function_count, __ATOMIC_ACQUIRE);
    nf_function *victim = NULL;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (engine->evict_hand + i) % count;
        nf_function *function = __atomic_load_n(&engine->functions[at], __ATOMIC_ACQUIRE);
        if (function == NULL || function == spared || !can_go(function)) continue;
        if (victim == NULL || is_worth_less(function, victim)) victim = function;
    }
    if (victim) engine->evict_hand = (victim->index + 1) % count;
    return victim;
}

/* Under work_lock. */
static void evict_bytes(nf_engine *engine, const nf_function *spared, size_t bytes)
{
    nf_function *victim;
    for (size_t gone = 0; gone < bytes && (victim = victim_find(engine, spared)) != NULL;)
        gone += function_evict(victim);
    nf_reclaim(engine);
}

/* A worker may be at a race for a second; without one, who holds the lock is soon done. */
static bool work_try_lock(nf_engine *engine)
{
    if (engine->config.mode == NF_MODE_AUTO) return nf_os_mutex_try_lock(&engine->work_lock);
    nf_os_mutex_lock(&engine->work_lock);
    return true;
}

bool nf_evict_for(nf_function *wanted, const void *own_stack)
{
    nf_engine *engine = wanted->engine;
    size_t bytes = engine->config.code_bytes / AT_ONCE_PART;
    if (!work_try_lock(engine)) return false;
    engine->own_stack = own_stack;
    bool can_free = !nf_reclaim_is_fruitless(engine);
    if (can_free) evict_bytes(engine, wanted, bytes > BATCH_MIN_BYTES ? bytes : BATCH_MIN_BYTES);
    nf_os_mutex_unlock(&engine->work_lock);
    return can_free;
}

/* --- the worker --- */

static bool is_tight(nf_engine *engine)
{
    size_t limit = engine->config.code_bytes;
    if (nf_code_memory_used(engine->code) < limit / 4 * 3) return false;
    nf_code_usage usage = nf_code_memory_usage(engine->code);
    return usage.used > limit / 8 * 7 || usage.largest_free < limit / LARGEST_PART;
}

static void sleepers_make(nf_engine *engine, uint64_t now)
{
    for (unsigned i = 0; i < SLEEPERS; i++) {
        nf_function *victim = victim_find(engine, NULL);
        if (victim == NULL || nf_is_asleep(victim)) return;
        nf_drift_close(victim);
        victim->slept_ns = now;
        nf_os_mutex_lock(&engine->lock);
        if (!stays(victim)) nf_slot_store(victim, victim->entries[NF_ENTRY_LAZY]);
        nf_os_mutex_unlock(&engine->lock);
    }
}

/* Of those that have slept long enough, as many as make room. */
static bool sleepers_evict(nf_engine *engine, uint64_t now)
{
    uint32_t count = __atomic_load_n(&engine->function_count, __ATOMIC_ACQUIRE);
    size_t gone = 0, enough = engine->config.code_bytes / 4;
    for (uint32_t i = 0; i < count && gone < enough; i++) {
        nf_function *function = __atomic_load_n(&engine->functions[i], __ATOMIC_ACQUIRE);
        if (function && can_go(function) && nf_is_asleep(function) &&
            now - function->slept_ns > SLEEP_NS)
            gone += function_evict(function);
    }
    if (gone) nf_reclaim(engine);
    return gone != 0;
}

static void starved_feed(nf_engine *engine)
{
    __atomic_store_n(&engine->has_starved, false, __ATOMIC_RELAXED);
    uint32_t count = __atomic_load_n(&engine->function_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        nf_function *function = __atomic_load_n(&engine->functions[i], __ATOMIC_ACQUIRE);
        if (function && __atomic_exchange_n(&function->starved, false, __ATOMIC_ACQ_REL))
            nf_slot_replace(function, function->entries[NF_ENTRY_EVAL],
                            function->entries[NF_ENTRY_LAZY]);
    }
}

void nf_evict_step(nf_engine *engine, uint64_t now)
{
    if (is_tight(engine) && !nf_reclaim_is_fruitless(engine) && !sleepers_evict(engine, now))
        sleepers_make(engine, now);
    bool has_starved = __atomic_load_n(&engine->has_starved, __ATOMIC_RELAXED);
    if (has_starved && !nf_reclaim_is_fruitless(engine)) starved_feed(engine);
}
