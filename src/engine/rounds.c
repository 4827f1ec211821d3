/*
 * Rounds: what a function must have cost for the next step, and what is done then.
 *
 * Each round is taken when the function has cost about what the round costs (the ski-rental rule:
 * never worse than twice the best choice made in hindsight): T2's variants race against T1, then
 * LLVM's, which cost milliseconds each, against the active version, a few at first and all of them
 * when it has cost half a second. What was born as C gets LLVM's best guess before any race, but for
 * T2's versions that fuse products with sums: they are made in 1 ms and often beat all that don't.
 */
#include "promote_internal.h"

enum { ROUNDS_MAX = 4, AGAIN };
/* NF_ROUND_NONE is behind the last. */
static const nf_round plans[2][ROUNDS_MAX + 1] = {
    {{10e6, NF_ROUND_RACE_T2, 0, 0},
     {60e6, NF_ROUND_RACE_LLVM, 60 * 1000 * 1000, 0},
     {500e6, NF_ROUND_RACE_LLVM, 500 * 1000 * 1000, 0}},
    {{5e6, NF_ROUND_RACE_CONTRACTED, 0, 50 * 1000 * 1000},
     {10e6, NF_ROUND_GUESS_LLVM, 0, 0},
     {100e6, NF_ROUND_RACE_LLVM, 100 * 1000 * 1000, 0},
     {500e6, NF_ROUND_RACE_ALL, 500 * 1000 * 1000, 0}},
};
static const nf_round again[2] = {
    {20e6, NF_ROUND_RACE_AGAIN, 200 * 1000 * 1000, 0},
    {100e6, NF_ROUND_RACE_AGAIN, 200 * 1000 * 1000, 0},
};

const nf_round *nf_round_again(const nf_function *function)
{
    return &again[nf_born_as_bitcode(function)];
}

/* Of the round that goes on. */
const nf_round *nf_round_now(const nf_function *function)
{
    if (function->round == AGAIN) return nf_round_again(function);
    return &plans[nf_born_as_bitcode(function)][function->round];
}

void nf_round_begin_again(nf_function *function)
{
    function->round = AGAIN;
}

/* What there is nothing to fuse in, and, on a processor that LLVM would take from the program, a guess
 * where a race was held: it cost as much, and T2's loops of products are no worse than LLVM's. */
static bool is_passed_over(nf_function *function, const nf_round *round)
{
    if (function->profile.spent_ns < round->spent_ns) return false;
    if (round->kind == NF_ROUND_RACE_CONTRACTED)
        return !nf_function_effects_find(function)->contracts;
    return round->kind == NF_ROUND_GUESS_LLVM && nf_os_cpu_count() == 1 && function->race_count;
}

static const nf_round *next_round(nf_function *function)
{
    if (function->rounds_done > ROUNDS_MAX) function->rounds_done = ROUNDS_MAX;
    const nf_round *round = &plans[nf_born_as_bitcode(function)][function->rounds_done];
    for (; is_passed_over(function, round); round++) function->rounds_done++;
    return round;
}

static bool needs_llvm(const nf_round *round)
{
    return round->kind != NF_ROUND_RACE_T2 && round->kind != NF_ROUND_RACE_CONTRACTED;
}

bool nf_round_is_llvm(const nf_function *function)
{
    return needs_llvm(nf_round_now(function));
}

void nf_function_refuse(nf_function *function, const char *reason)
{
    nf_format(function->refusal, sizeof function->refusal, "%s", reason);
    nf_engine_event(function->engine, NF_EVENT_REFUSED, function, NULL, 0, "%s", reason);
}

/* On a single processor LLVM and its races take their time from the program itself. */
static bool is_worth(const nf_function *function, const nf_round *plan)
{
    static const double ALONE = 50;
    bool dear = plan->kind == NF_ROUND_RACE_LLVM || plan->kind == NF_ROUND_RACE_ALL;
    double spent_ns = function->profile.spent_ns;
    if (spent_ns < plan->spent_ns) return false;
    if (nf_os_cpu_count() > 1) return true;
    if (plan->kind == NF_ROUND_GUESS_LLVM) return spent_ns >= nf_llvm_cost_ns(function);
    return !dear || spent_ns >= plan->spent_ns * ALONE;
}

/* Whether the function has cost what the next round costs. What nobody has called since its last swap
 * gains nothing by another one; but LLVM's code doesn't count. Without LLVM some never come. */
bool nf_round_is_due(nf_function *function)
{
    const nf_profile *p = &function->profile;
    const nf_round *next = next_round(function);
    if (next->kind == NF_ROUND_NONE) return false;
    if (function->engine->no_llvm && needs_llvm(next)) return false;
    uint64_t calls_swapped = __atomic_load_n(&p->calls_swapped, __ATOMIC_RELAXED);
    if (function->active->tier < 3 && p->calls <= calls_swapped) return false;
    return is_worth(function, next);
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
    bool is_llvm = needs_llvm(next_round(function));
    if (function->refusal[0] == 0) nf_function_effects(function);
    return function->refusal[0] == 0 || (is_llvm && function->active->tier < 3);
}
