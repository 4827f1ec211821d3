/*
 * The report: everything that an engine knows about its functions, as JSON. docs/report.md is its
 * reference; REPORT_VERSION changes when a field changes its meaning or goes away.
 *
 * It is written under the engine's lock into an arena of its own and given out afterwards, so that
 * the receiver may take its time.
 */
#include "base/json.h"
#include "engine/engine_internal.h"

enum { REPORT_VERSION = 1 };

static void put_string(nf_json *json, const char *key, const char *value)
{
    nf_json_key(json, key);
    nf_json_string(json, value);
}

static void put_uint(nf_json *json, const char *key, uint64_t value)
{
    nf_json_key(json, key);
    nf_json_uint(json, value);
}

static void put_double(nf_json *json, const char *key, double value)
{
    nf_json_key(json, key);
    nf_json_double(json, value);
}

static void put_bool(nf_json *json, const char *key, bool value)
{
    nf_json_key(json, key);
    nf_json_bool(json, value);
}

static const char *phase_text(nf_phase phase)
{
    static const char *const texts[] = {
        [NF_PHASE_COLD] = "cold",         [NF_PHASE_BASELINE] = "baseline",
        [NF_PHASE_SAMPLING] = "sampling", [NF_PHASE_SHADOW] = "shadow",
        [NF_PHASE_AUDIT] = "audit",       [NF_PHASE_SETTLED] = "settled",
        [NF_PHASE_FORCED] = "forced",
    };
    return texts[phase];
}

static const char *state_text(const nf_version *version)
{
    static const char *const texts[] = {
        [NF_VERSION_CANDIDATE] = "candidate", [NF_VERSION_ACTIVE] = "active",
        [NF_VERSION_BASELINE] = "baseline",   [NF_VERSION_PREVIOUS] = "previous",
        [NF_VERSION_ENTERED] = "entered",     [NF_VERSION_REJECTED] = "rejected",
        [NF_VERSION_LOST] = "lost",           [NF_VERSION_ROLLED_BACK] = "rolled back",
        [NF_VERSION_RETIRED] = "retired",
    };
    return texts[version->state];
}

static void write_version(nf_json *json, const nf_version *version)
{
    nf_json_object_begin(json);
    put_string(json, "name", version->name);
    put_uint(json, "tier", version->tier);
    put_string(json, "origin",
               version->recipe.llvm      ? version->recipe.llvm->name
               : version->recipe.variant ? version->recipe.variant->name
                                         : "baseline");
    put_uint(json, "compile_ns", version->compile_ns);
    put_uint(json, "made_ns", version->made_ns);
    put_uint(json, "bytes", version->code_bytes);
    put_string(json, "state", state_text(version));
    put_string(json, "reason", version->reason);
    put_bool(json, "freed", version->freed);
    nf_json_object_end(json);
}

static void write_versions(nf_json *json, const nf_version *newest)
{
    if (newest == NULL) return;
    write_versions(json, newest->older); /* oldest first */
    write_version(json, newest);
}

static void write_contestant(nf_json *json, const char *name, const char *verdict,
                             const nf_race_result *result)
{
    nf_json_object_begin(json);
    put_string(json, "name", name);
    put_string(json, "verdict", verdict);
    put_string(json, "reason", result->reason);
    put_uint(json, "samples", result->samples);
    put_double(json, "median_ns", result->median_ns);
    put_double(json, "speedup", result->speedup);
    put_double(json, "speedup_low", result->speedup_low);
    put_double(json, "speedup_high", result->speedup_high);
    nf_json_object_end(json);
}

static void write_race(nf_json *json, const nf_race_record *record)
{
    const nf_race_report *report = &record->report;
    nf_json_object_begin(json);
    put_uint(json, "time_ns", record->time_ns);
    put_uint(json, "duration_ns", report->duration_ns);
    put_uint(json, "fork_ns", report->fork_ns);
    put_uint(json, "inputs", report->inputs_used);
    put_uint(json, "inputs_dropped", report->inputs_dropped);
    put_uint(json, "rounds", report->rounds);
    put_uint(json, "rounds_dropped", report->rounds_dropped);
    put_uint(json, "samples_dropped", report->samples_dropped);
    put_bool(json, "fresh_inputs", report->fresh_inputs);
    put_double(json, "aa_ratio", report->aa_ratio);
    put_double(json, "aa_low", report->aa_low);
    put_double(json, "aa_high", report->aa_high);
    put_string(json, "verdict", report->reason);
    nf_json_key(json, "winner");
    nf_json_string(json, report->winner < 0 ? NULL : record->names[report->winner]);
    nf_json_key(json, "candidates");
    nf_json_array_begin(json);
    write_contestant(json, record->baseline, "baseline", &report->baseline);
    for (uint32_t i = 0; i < record->candidate_count; i++)
        write_contestant(json, record->names[i], nf_race_outcome_text(report->results[i].outcome),
                         &report->results[i]);
    nf_json_array_end(json);
    nf_json_object_end(json);
}

static void write_races(nf_json *json, const nf_race_record *newest)
{
    if (newest == NULL) return;
    write_races(json, newest->older);
    write_race(json, newest);
}

static void write_swaps(nf_json *json, const nf_swap_record *newest)
{
    if (newest == NULL) return;
    write_swaps(json, newest->older);
    nf_json_object_begin(json);
    put_uint(json, "time_ns", newest->time_ns);
    put_string(json, "from", newest->from);
    put_string(json, "to", newest->to);
    put_double(json, "speedup", newest->speedup);
    put_string(json, "reason", newest->reason);
    nf_json_object_end(json);
}

static void write_function(nf_json *json, const nf_function *function)
{
    const nf_profile *profile = &function->profile;
    nf_json_object_begin(json);
    put_string(json, "name", function->name);
    put_string(json, "phase", phase_text(__atomic_load_n(&function->phase, __ATOMIC_ACQUIRE)));
    put_uint(json, "calls", __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED));
    put_double(json, "calls_per_second", profile->call_rate);
    put_double(json, "ns_per_call", profile->ns_per_call);
    put_double(json, "share", profile->share);
    nf_json_key(json, "active");
    nf_json_string(json, function->active ? function->active->name : NULL);
    nf_json_key(json, "refused");
    nf_json_string(json, function->refusal[0] ? function->refusal : NULL);
    put_uint(json, "drifts", function->drift.alarms);
    put_uint(json, "version_count", function->version_count);
    put_uint(json, "race_count", function->race_count);
    put_uint(json, "swap_count", function->swap_count);
    nf_json_key(json, "versions");
    nf_json_array_begin(json);
    write_versions(json, function->versions);
    nf_json_array_end(json);
    nf_json_key(json, "races");
    nf_json_array_begin(json);
    write_races(json, function->races);
    nf_json_array_end(json);
    nf_json_key(json, "swaps");
    nf_json_array_begin(json);
    write_swaps(json, function->swaps);
    nf_json_array_end(json);
    nf_json_object_end(json);
}

static void write_cpu(nf_json *json, const nf_engine *engine)
{
    nf_cpu_model model;
    nf_cpu_model_read(&model);
    nf_json_key(json, "cpu");
    nf_json_object_begin(json);
    put_string(json, "model", model.brand[0] ? model.brand : model.vendor);
    nf_json_key(json, "features");
    nf_json_array_begin(json);
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++)
        if (engine->features >> i & 1) nf_json_string(json, nf_cpu_feature_name(i));
    nf_json_array_end(json);
    nf_json_object_end(json);
}

/* What the engine takes when nothing is on its way up, of the program's processor time. */
static double settled_share(const nf_cost *cost)
{
    double taken = (double)cost->settled_ns + cost->watch_ns;
    return cost->program_ns ? taken / (double)cost->program_ns : 0;
}

static void write_cost(nf_json *json, const nf_engine *engine)
{
    const nf_cost *cost = &engine->cost;
    nf_json_key(json, "cost");
    nf_json_object_begin(json);
    put_uint(json, "program_ns", cost->program_ns);
    put_uint(json, "climbing_ns", cost->climbing_ns);
    put_uint(json, "settled_ns", cost->settled_ns);
    put_double(json, "trial_ns", cost->trial_ns);
    put_double(json, "watch_ns", cost->watch_ns);
    put_double(json, "settled_share", settled_share(cost));
    nf_json_object_end(json);
}

static void write_engine(nf_json *json, nf_engine *engine)
{
    nf_code_usage usage = nf_code_memory_usage(engine->code);
    put_uint(json, "version", REPORT_VERSION);
    put_string(json, "nanoforge", nf_version_text());
    put_string(json, "counters", engine->counters_line);
    put_uint(json, "uptime_ns", nf_engine_now(engine));
    put_uint(json, "race_ns", engine->race_time_ns);
    write_cost(json, engine);
    write_cpu(json, engine);
    nf_json_key(json, "code");
    nf_json_object_begin(json);
    put_uint(json, "limit_bytes", usage.limit);
    put_uint(json, "used_bytes", usage.used);
    put_uint(json, "objects", usage.objects);
    put_uint(json, "retired_bytes", nf_reclaim_bytes(engine));
    put_uint(json, "pinned_bytes", nf_reclaim_pinned(engine));
    put_uint(json, "evictions", engine->evictions);
    nf_json_object_end(json);
}

static void write_report(nf_json *json, nf_engine *engine)
{
    nf_json_object_begin(json);
    write_engine(json, engine);
    nf_json_key(json, "programs");
    nf_json_array_begin(json);
    for (const nf_program *program = engine->programs; program; program = program->next) {
        nf_json_object_begin(json);
        put_string(json, "name", program->module->name);
        nf_json_key(json, "functions");
        nf_json_array_begin(json);
        for (uint32_t i = 0; i < program->function_count; i++)
            write_function(json, &program->functions[i]);
        nf_json_array_end(json);
        nf_json_object_end(json);
    }
    nf_json_array_end(json);
    nf_json_object_end(json);
}

nf_status nf_engine_report(nf_engine *engine,
                           void (*write)(void *context, const char *bytes, size_t size),
                           void *context, nf_error *error)
{
    nf_arena arena;
    nf_text text;
    nf_json json;
    NF_REQUIRE(engine, error);
    NF_REQUIRE(write, error);
    nf_arena_init(&arena, &engine->allocator);
    nf_text_init(&text, &arena);
    nf_json_init(&json, &text, true);
    nf_os_mutex_lock(&engine->lock);
    write_report(&json, engine);
    nf_os_mutex_unlock(&engine->lock);
    nf_status status = arena.failed ? nf_fail(error, NF_MEMORY, "no memory for the report") : NF_OK;
    if (status == NF_OK) {
        write(context, text.data, text.length);
        write(context, "\n", 1);
    }
    nf_arena_free(&arena);
    return status;
}
