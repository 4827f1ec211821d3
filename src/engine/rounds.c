/*
 * Rounds: what a function must have cost for the next step, and what is done then.
 *
 * Each round is taken when the function has cost about what the round costs (the ski-rental rule:
 * never worse than twice the best choice made in hindsight): T2's variants race against T1, then
 * LLVM's, which cost milliseconds each, against the active version, a few at first and all of them
 * when it has cost half a second. LLVM's best guess is good for what was born as C, for which T2 is
 * a stopover; what was born as NIR is T2's first.
 */
#include "promote_internal.h"

enum { ROUNDS = 3, AGAIN = ROUNDS };
static const nf_round plans[2][ROUNDS + 1] = {
    {{10e6, NF_ROUND_RACE_T2, 0},
     {60e6, NF_ROUND_RACE_LLVM, 60 * 1000 * 1000},
     {500e6, NF_ROUND_RACE_LLVM, 500 * 1000 * 1000},
     {20e6, NF_ROUND_RACE_AGAIN, 200 * 1000 * 1000}},
    {{10e6, NF_ROUND_GUESS_LLVM, 0},
     {100e6, NF_ROUND_RACE_LLVM, 100 * 1000 * 1000},
     {500e6, NF_ROUND_RACE_ALL, 500 * 1000 * 1000},
     {100e6, NF_ROUND_RACE_AGAIN, 200 * 1000 * 1000}},
};

/* Of the round that goes on. */
const nf_round *nf_round_now(const nf_function *function)
{
    return &plans[nf_born_as_bitcode(function)][function->round];
}

const nf_round *nf_round_again(const nf_function *function)
{
    return &plans[nf_born_as_bitcode(function)][AGAIN];
}

void nf_round_begin_again(nf_function *function)
{
    function->round = AGAIN;
}

/* There must be one. */
static const nf_round *next_round(const nf_function *function)
{
    return &plans[nf_born_as_bitcode(function)][function->rounds_done];
}

bool nf_round_is_llvm(const nf_function *function)
{
    return nf_round_now(function)->kind != NF_ROUND_RACE_T2;
}

void nf_function_refuse(nf_function *function, const char *reason)
{
    nf_format(function->refusal, sizeof function->refusal, "%s", reason);
    nf_engine_event(function->engine, NF_EVENT_REFUSED, function, NULL, 0, "%s", reason);
}

/* On a single processor LLVM and its races take their time from the program itself. */
static bool is_worth(const nf_round *plan, double spent_ns)
{
    static const double ALONE = 50;
    bool dear = plan->kind == NF_ROUND_RACE_LLVM || plan->kind == NF_ROUND_RACE_ALL;
    if (spent_ns < plan->spent_ns) return false;
    return !dear || spent_ns >= plan->spent_ns * ALONE || nf_os_cpu_count() > 1;
}

/* Whether the function has cost what the next round costs. What nobody has called since its last swap
 * gains nothing by another one; but LLVM's code doesn't count. Without LLVM some never come. */
bool nf_round_is_due(const nf_function *function)
{
    const nf_profile *p = &function->profile;
    if (function->rounds_done >= ROUNDS) return false;
    if (function->engine->no_llvm && next_round(function)->kind != NF_ROUND_RACE_T2) return false;
    uint64_t calls_swapped = __atomic_load_n(&p->calls_swapped, __ATOMIC_RELAXED);
    if (function->active->tier < 3 && p->calls <= calls_swapped) return false;
    return is_worth(next_round(function), p->spent_ns);
}

const nf_effects *nf_function_effects_find(nf_function *function)
{
    nf_engine *engine = function->engine;
    if (function->effects_known) return &function->effects;
    nf_effects_of(function->ir, &engine->work_arena, &function->effects);
    nf_arena_reset(&engine->work_arena);
    function->effects_known = true;
    return &function->effects;
}

void nf_function_effects(nf_function *function)
{
    if (function->effects_judged) return;
    function->effects_judged = true;
    nf_function_effects_find(function);
    if (!function->effects.containable)
        nf_function_refuse(function, function->effects.reason);
    else if (function->stack_words > NF_RACE_STACK_WORDS)
        nf_function_refuse(function, "more arguments in memory than a recorded call can hold");
}

/* Whether the round that is due can bring better code than what is active: what can't race has had
 * its tier's guess. */
bool nf_round_is_better(nf_function *function)
{
    if (!nf_round_is_due(function)) return false;
    bool is_llvm = next_round(function)->kind != NF_ROUND_RACE_T2;
    if (function->refusal[0] == 0) nf_function_effects(function);
    return function->refusal[0] == 0 || (is_llvm && function->active->tier < 3);
}
