/*
 * What each function costs: calls and loop turns from its counters, time from live timings, and its
 * share of the program's time from the sampler where there is one.
 *
 * A call's time includes what it calls, so a function that calls itself would cost many times what
 * the processor can have spent; what the program has used of it is the bound.
 *
 * Rates and shares are exponentially weighted moving averages with a time constant, so that rounds
 * of uneven length weigh as they should: after a round of t seconds the old value keeps exp(-t /
 * tau). exp is taken as its [1/1] Padé form, exact enough for weights.
 */
#include "engine_internal.h"
#include "ir/cfg.h"

/* Before a function was timed: what a call, and an instruction in a loop, cost in T1 code about. */
static const double CALL_NS_GUESS = 5, INST_NS_GUESS = 0.4;
/* So many turns are taken to be cheap, before a function's loops are looked at. */
enum { TURNS_FEW = 1000 };
static const double TAU_SECONDS = 0.1;

static double decay(double seconds)
{
    double x = seconds / (2 * TAU_SECONDS);
    return x >= 1 ? 0 : (1 - x) / (1 + x);
}

static void average(double *value, double now, double keep)
{
    *value = *value * keep + now * (1 - keep);
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* Calls are counted when they begin, so what is left of a long one is spent in the ticks to come. */
static double cost_in_tick(nf_profile *p, double cost, double program_ns)
{
    double owed = p->owed_ns + cost, spent = least(owed, program_ns);
    p->owed_ns = least(owed - spent, p->ns_per_call);
    return spent;
}

/* A turn's cost, by the mean size of the function's loops: from a few instructions to hundreds. */
static double turn_ns_of(nf_function *function)
{
    nf_arena *arena = &function->engine->work_arena;
    uint32_t insts = 0;
    nf_cfg cfg;
    double ns = INST_NS_GUESS;
    if (nf_cfg_build(function->ir, arena, &cfg) == NF_OK && cfg.loop_count) {
        for (uint32_t i = 0; i < cfg.rpo_count; i++) {
            nf_block b = {cfg.rpo[i]};
            if (nf_cfg_depth(&cfg, b) == 0) continue;
            NF_FOR_INSTS(function->ir, b, v) insts++;
        }
        ns *= (double)insts / cfg.loop_count;
    }
    nf_arena_reset(arena);
    return ns;
}

static double cost_guess(nf_function *function, double calls, double turns)
{
    nf_profile *p = &function->profile;
    if (p->turn_ns == 0 && turns >= TURNS_FEW && function->ir) p->turn_ns = turn_ns_of(function);
    return calls * CALL_NS_GUESS + turns * (p->turn_ns > 0 ? p->turn_ns : INST_NS_GUESS);
}

static void function_tick(nf_function *function, double seconds, double program_seconds,
                          bool sampling)
{
    nf_profile *p = &function->profile;
    uint64_t entries = __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED);
    uint64_t loops = __atomic_load_n(&function->counters->loops, __ATOMIC_RELAXED);
    double calls = (double)(entries - p->entries_seen), turns = (double)(loops - p->loops_seen);
    p->entries_seen = entries;
    p->loops_seen = loops;
    p->calls = entries;
    const nf_version *active = __atomic_load_n(&function->active, __ATOMIC_ACQUIRE);
    if (active && active->tier == 3) { /* LLVM's code does not count: its load is taken to go on */
        if (function->drift.is_idle) return;
        if (p->load < p->load_now) p->load = p->load_now;
        if (p->load > 1) p->load = 1;
        p->spent_ns += least(p->load * seconds, program_seconds) * 1e9;
        return;
    }
    double cost = p->ns_per_call > 0 ? calls * p->ns_per_call : cost_guess(function, calls, turns);
    cost = cost_in_tick(p, cost, program_seconds * 1e9);
    p->spent_ns += cost;
    if (seconds <= 0) return;
    double keep = decay(seconds);
    average(&p->call_rate, calls / seconds, keep);
    average(&p->loop_rate, turns / seconds, keep);
    double busy = sampling ? p->sampled * nf_sampler_seconds() : cost * 1e-9;
    p->load_now = busy / seconds;
    average(&p->load, p->load_now, keep);
    p->sampled = 0;
}

static nf_function *running_function(const nf_engine *engine, uint32_t index)
{
    nf_function *function = __atomic_load_n(&engine->functions[index], __ATOMIC_ACQUIRE);
    bool cold =
        function == NULL || __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE) == NF_PHASE_COLD;
    return cold ? NULL : function;
}

void nf_profile_tick(nf_engine *engine, uint64_t now_ns, double seconds, double program_seconds)
{
    bool sampling = nf_sampler_poll(engine, now_ns);
    uint32_t count = __atomic_load_n(&engine->function_count, __ATOMIC_ACQUIRE);
    double load = 0;
    for (uint32_t i = 0; i < count; i++) {
        nf_function *function = running_function(engine, i);
        if (function == NULL) continue;
        function_tick(function, seconds, program_seconds, sampling);
        load += function->profile.load;
    }
    for (uint32_t i = 0; load > 0 && i < count; i++) {
        nf_function *function = running_function(engine, i);
        if (function) function->profile.share = function->profile.load / load;
    }
}
