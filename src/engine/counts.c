/*
 * The policy of call counts: as the tiers of old virtual machines, without profile, race or audit.
 *
 *   calls        up to 100     100     1,000     10,000
 *   level        0, evaluator  1, T1   2, T2     3, LLVM (or T2 stays)
 *
 * A level after the other, each announced. A main is called once whatever it costs, so it starts on
 * level 1. Foreign functions are LLVM's from the start.
 */
#include "engine_internal.h"

static const uint64_t calls_for_level[] = {0, 100, 1000, 10000};
enum { LEVELS = sizeof calls_for_level / sizeof *calls_for_level };

static nf_recipe recipe_of(const nf_function *function, unsigned level)
{
    nf_recipe recipe = {0};
    if (level == 2) recipe.variant = nf_variant_default(function->engine);
    if (level == 3) recipe.llvm = nf_llvm_variants;
    return recipe;
}

static void level_enter(nf_function *function, unsigned level, uint64_t calls)
{
    nf_engine *engine = function->engine;
    nf_error error = {0};
    nf_version *version, *old = function->active;
    char reason[NF_REASON_BYTES];
    nf_format(reason, sizeof reason, "%llu calls: level %u", (unsigned long long)calls, level);
    nf_engine_event(engine, NF_EVENT_HOT, function, old, function->profile.share, "%s", reason);
    function->rounds_done = (uint8_t)level;
    nf_status status = nf_version_make(function, recipe_of(function, level), &engine->work_arena,
                                       &version, &error);
    if (status != NF_OK) {
        nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s", error.message);
        return;
    }
    nf_format(version->reason, sizeof version->reason, "%s", reason);
    if (level == 1) function->baseline = version;
    nf_version_swap(function, version, 0, NF_EVENT_SWAP, reason);
    if (old && old != function->baseline) nf_version_retire(old, NF_VERSION_RETIRED);
}

bool nf_counts_step(nf_function *function)
{
    uint64_t calls = __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED);
    const nf_version *active = __atomic_load_n(&function->active, __ATOMIC_ACQUIRE);
    unsigned level = function->rounds_done;
    if (active && active->tier > level) level = active->tier;
    if (level + 1 >= LEVELS || calls < calls_for_level[level + 1]) return false;
    level_enter(function, level + 1, calls);
    return true;
}
