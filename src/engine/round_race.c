/*
 * A race in the life of a function: arguments of live calls are recorded in short bursts, versions
 * are made, the sandbox compares them (race/), and the winner is swapped in.
 *
 * One function after the other races, on the worker, while callers go on with what they have. The
 * record of a race holds names and not versions, so that versions can go.
 */
#include "promote_internal.h"

enum {
    LLVM_CANDIDATES_MIN = 3,
    SAMPLING_SHORT_NS = 50 * 1000 * 1000,
    SAMPLING_LONG_NS = 1000 * 1000 * 1000,
    SAMPLING_BURST = 4,
    INPUTS_WANTED = 48, /* enough to race at once */
    INPUTS_FEW = 8,     /* enough after the short limit; one is enough after the long one */
    CHECK_ALONE_NS = 20 * 1000 * 1000,
};

/* --- sampling --- */

static uint32_t inputs_ready(const nf_recorder *recorder)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < NF_INPUTS; i++)
        ready += __atomic_load_n(&recorder->ready[i], __ATOMIC_ACQUIRE);
    return ready;
}

/* Inputs have changed, so the old ones would say nothing. */
static void inputs_forget(nf_recorder *recorder)
{
    for (uint32_t i = 0; i < NF_INPUTS; i++)
        __atomic_store_n(&recorder->ready[i], 0, __ATOMIC_RELAXED);
}

static void sampling_burst(nf_function *function)
{
    nf_recorder *recorder = function->recorder;
    __atomic_store_n(&recorder->burst_left, SAMPLING_BURST, __ATOMIC_RELAXED);
    nf_slot_store(function, function->entries[NF_ENTRY_RECORD]);
}

bool nf_sampling_begin(nf_function *function, uint64_t now)
{
    if (function->recorder == NULL)
        function->recorder = NF_NEW(&function->program->worker_arena, nf_recorder);
    if (function->recorder == NULL) return false;
    if (nf_round_now(function)->kind == NF_ROUND_RACE_AGAIN) inputs_forget(function->recorder);
    nf_engine_event(function->engine, NF_EVENT_SAMPLING, function, function->active, INPUTS_WANTED,
                    "arguments of live calls are recorded");
    sampling_burst(function);
    nf_phase_set(function, NF_PHASE_SAMPLING, now);
    return true;
}

static bool sampling_enough(const nf_function *function, uint64_t now)
{
    uint32_t ready = inputs_ready(function->recorder);
    uint64_t elapsed = now - function->phase_ns;
    return ready >= INPUTS_WANTED || (ready >= INPUTS_FEW && elapsed > SAMPLING_SHORT_NS) ||
           elapsed > SAMPLING_LONG_NS;
}

/* --- races --- */

typedef struct field {
    nf_version *versions[NF_RACE_CANDIDATES_MAX];
    nf_race_candidate candidates[NF_RACE_CANDIDATES_MAX];
    nf_race_input inputs[NF_INPUTS];
    nf_race_change changes[NF_RACE_CHANGES_MAX];
    uint32_t count, input_count, change_count;
    uint64_t contracted; /* by candidate */
    nf_version *fused; /* defines the answers of those; NULL: there are none, or it is not known */
} field;

static void candidate_add(field *f, nf_version *version)
{
    f->versions[f->count] = version;
    f->candidates[f->count++] =
        (nf_race_candidate){version->name, version->address, version->code_bytes};
}

/* False when it could not be made, and should have been. */
static bool candidate_make(nf_function *function, nf_recipe recipe, const char *name, field *f)
{
    nf_engine *engine = function->engine;
    nf_error error = {0};
    nf_version *version;
    if (f->count == NF_RACE_CANDIDATES_MAX || nf_is_resting(engine)) return true;
    nf_status status = nf_version_make(function, recipe, &engine->work_arena, &version, &error);
    if (status == NF_OK) candidate_add(f, version);
    if (status == NF_OK || status == NF_BUSY) return true; /* busy: the same code is there */
    if (!nf_is_resting(engine))
        nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s: %s", name, error.message);
    return false;
}

static void t2_candidates_make(nf_function *function, field *f)
{
    uint32_t count = function->effects.contracts ? nf_variant_count : nf_variant_exact_count;
    for (uint32_t i = 0; i < count; i++)
        if ((nf_variants[i].features & ~function->engine->features) == 0)
            candidate_make(function, (nf_recipe){.variant = &nf_variants[i]}, nf_variants[i].name,
                           f);
}

/* The guess as it is when it fuses. */
static void twin_make(nf_function *function, field *f)
{
    const nf_variant *guess = nf_variant_default(function->engine);
    for (uint32_t i = nf_variant_exact_count; i < nf_variant_count; i++) {
        const nf_variant *variant = &nf_variants[i];
        bool is_twin = variant->vector_bytes == guess->vector_bytes &&
                       variant->interleave == guess->interleave &&
                       (variant->features & ~function->engine->features) == 0;
        if (is_twin) candidate_make(function, (nf_recipe){.variant = variant}, variant->name, f);
    }
}

static void llvm_candidates_make(nf_function *function, field *f)
{
    const nf_engine *engine = function->engine;
    uint64_t start = nf_os_time_ns(), limit = nf_round_now(function)->llvm_ns;
    for (uint32_t i = 0; i < nf_llvm_variant_count; i++) {
        const nf_llvm_options *llvm = &nf_llvm_variants[i];
        if ((llvm->features & ~engine->features) != 0) continue;
        if (llvm == function->active->recipe.llvm) continue;
        if (!candidate_make(function, (nf_recipe){.llvm = llvm}, llvm->name, f)) return;
        if (nf_os_time_ns() - start > limit && f->count >= LLVM_CANDIDATES_MIN) return;
    }
}

/* What has been replaced may be the best one now. */
static void old_ones_add(const nf_function *function, field *f)
{
    nf_version *control = function->control, *baseline = function->baseline;
    if (control && control != function->active && control != baseline) candidate_add(f, control);
    if (baseline && baseline != function->active) candidate_add(f, baseline);
}

/* Against T1, the active version, a guess so far, is one of them. */
static void candidates_make(nf_function *function, field *f)
{
    nf_round_kind kind = nf_round_now(function)->kind;
    bool is_again = kind == NF_ROUND_RACE_AGAIN;
    bool is_on_llvm =
        function->active->tier == 3 || (function->control && function->control->tier == 3);
    if (kind == NF_ROUND_RACE_T2 && function->active != function->baseline)
        candidate_add(f, function->active);
    if (is_again) old_ones_add(function, f);
    if (kind == NF_ROUND_RACE_CONTRACTED) {
        twin_make(function, f);
        return;
    }
    if (is_again ? is_on_llvm : kind != NF_ROUND_RACE_T2) llvm_candidates_make(function, f);
    if (kind != NF_ROUND_RACE_LLVM) t2_candidates_make(function, f);
}

static void inputs_take(const nf_function *function, field *f)
{
    const nf_recorder *recorder = function->recorder;
    uint32_t next = __atomic_load_n(&recorder->next, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < NF_INPUTS; i++) {
        uint32_t at = (next + i) % NF_INPUTS; /* oldest first */
        if (__atomic_load_n(&recorder->ready[at], __ATOMIC_ACQUIRE))
            f->inputs[f->input_count++] = recorder->inputs[at];
    }
}

/* Who defines the answer, and is to be beaten. */
static nf_version *race_baseline(const nf_function *function)
{
    return nf_round_now(function)->kind == NF_ROUND_RACE_T2 ? function->baseline : function->active;
}

/* Those who round otherwise than the race's baseline, and who defines their answers. */
static void others_name(const field *f, const nf_version *baseline, nf_race_request *request)
{
    bool fused = nf_version_contracts(baseline);
    const nf_version *other = NULL;
    for (uint32_t i = 0; i < f->count; i++) {
        if (nf_version_contracts(f->versions[i]) == fused) continue;
        request->otherwise |= UINT64_C(1) << i;
        other = nf_version_that_defines(f->versions[i]);
    }
    if (other == NULL) return;
    request->other = (nf_race_candidate){other->name, other->address, other->code_bytes};
}

/* In the sandbox: no call may end in the engine. One thread is left there, so nothing can race. */
__attribute__((no_sanitize("thread"))) static void sandbox_prepare(void *context)
{
    const nf_function *racing = context;
    nf_engine *engine = racing->engine;
    for (uint32_t i = 0; i < engine->function_count; i++) {
        nf_function *function = engine->functions[i];
        if (function == NULL) continue;
        nf_osr_quiet(function);
        if (function->active) *function->slot = function->active->address;
    }
    *racing->slot = race_baseline(racing)->address;
}

static void race_progress(void *context, const char *stage, uint32_t done, uint32_t of)
{
    const nf_function *function = context;
    nf_engine_event(function->engine, NF_EVENT_RACING, function, NULL, of ? (double)done / of : 0,
                    "%s", stage);
}

static void race_record_free(nf_engine *engine, nf_race_record *record)
{
    nf_arena_free(&record->arena);
    engine->allocator.release(engine->allocator.context, record, sizeof *record);
}

static nf_race_record *race_record_new(nf_function *function, const field *f)
{
    nf_engine *engine = function->engine;
    nf_race_record *record = engine->allocator.allocate(engine->allocator.context, sizeof *record);
    if (record == NULL) return NULL;
    *record =
        (nf_race_record){.candidate_count = f->count, .time_ns = nf_engine_now(function->engine)};
    nf_arena_init(&record->arena, &engine->allocator);
    record->names = nf_arena_alloc(&record->arena, f->count * sizeof *record->names);
    if (record->names == NULL) {
        race_record_free(engine, record);
        return NULL;
    }
    for (uint32_t i = 0; i < f->count; i++)
        nf_format(record->names[i], NF_NAME_BYTES, "%s", f->versions[i]->name);
    nf_format(record->baseline, NF_NAME_BYTES, "%s", race_baseline(function)->name);
    return record;
}

/* Under lock, in a race's end and when the program goes. */
void nf_races_trim(nf_function *function, uint32_t kept)
{
    nf_race_record **link = &function->races;
    for (; *link && kept; kept--) link = &(*link)->older;
    for (nf_race_record *record = *link, *older; record; record = older) {
        older = record->older;
        race_record_free(function->engine, record);
    }
    *link = NULL;
}

static void race_record_add(nf_function *function, nf_race_record *record)
{
    nf_engine *engine = function->engine;
    nf_os_mutex_lock(&engine->lock);
    record->older = function->races;
    __atomic_store_n(&function->races, record, __ATOMIC_RELEASE);
    function->race_count++;
    nf_races_trim(function, NF_RACES_KEPT);
    nf_os_mutex_unlock(&engine->lock);
}

static nf_status race_hold(nf_function *function, const field *f, nf_race_record *record,
                           nf_error *error)
{
    nf_engine *engine = function->engine;
    const nf_version *baseline = race_baseline(function);
    bool alone = nf_os_cpu_count() == 1; /* then the race takes its time from the program */
    nf_zygote_renew(&engine->zygote);
    nf_race_request request = {
        .baseline = {baseline->name, baseline->address, baseline->code_bytes},
        .stand_in = f->versions[0] == function->active,
        .candidates = f->candidates,
        .candidate_count = f->count,
        .inputs = f->inputs,
        .input_count = f->input_count,
        .changes = f->changes,
        .change_count = f->change_count,
        .stack_words = function->stack_words,
        .result = function->signature->result,
        .tolerance = function->ir->tolerance,
        .writes = function->effects.writes,
        .budget_ns = nf_round_now(function)->race_ns / (alone ? 2 : 1),
        .check_ns = alone ? CHECK_ALONE_NS : 0,
        .seed = engine->seed++,
        .ignored_start = (uint64_t)(uintptr_t)engine->counters,
        .ignored_end = (uint64_t)(uintptr_t)(engine->counters + NF_FUNCTIONS_MAX),
        .prepare = sandbox_prepare,
        .progress = race_progress,
        .given_up = &engine->resting,
        .zygote = engine->zygote,
        .context = function,
    };
    others_name(f, baseline, &request);
    nf_engine_event(engine, NF_EVENT_RACE, function, baseline, f->count,
                    "%u candidates on %u recorded calls", f->count, f->input_count);
    nf_status status = nf_race_run(&request, &record->arena, &record->report, error);
    nf_os_mutex_lock(&engine->lock);
    engine->race_time_ns += record->report.duration_ns;
    nf_os_mutex_unlock(&engine->lock);
    return status;
}

/* Whatever comes out of the race. */
static bool is_kept(const nf_version *version)
{
    const nf_function *function = version->function;
    return version == function->active || version == function->control ||
           version == function->baseline;
}

/* In a race others' calls come between a version's own and take the caches, so that fused products may gain
 * nothing there. Who answers as is right and may be faster by them is tried on live calls. Mostly -1. */
static int32_t guess_of(const nf_function *function, const field *f, const nf_race_report *report)
{
    int32_t guess = -1;
    double best = 1;
    bool tries = report->winner < 0 && nf_round_now(function)->kind == NF_ROUND_RACE_CONTRACTED;
    for (uint32_t i = 0; tries && i < f->count; i++) {
        const nf_race_result *result = &report->results[i];
        bool may_win = result->outcome == NF_RACE_LOST && result->speedup_high > best;
        if (!may_win || f->versions[i] == function->active) continue;
        guess = (int32_t)i;
        best = result->speedup_high;
    }
    return guess;
}

/* What the race found goes into one version. */
static void result_apply(nf_function *function, nf_version *version, const nf_race_result *result,
                         double above_t1, bool is_guess)
{
    version->median_ns = result->median_ns;
    if (version == function->active || result->outcome == NF_RACE_WON)
        function->profile.ns_per_call = result->median_ns;
    version->speedup = is_guess ? 0 : result->speedup * above_t1;
    nf_format(version->reason, sizeof version->reason, "%s",
              is_guess ? "it may be faster, live calls will tell" : result->reason);
    bool rejected = result->outcome == NF_RACE_WRONG || result->outcome == NF_RACE_CRASHED ||
                    result->outcome == NF_RACE_HUNG;
    if (rejected)
        nf_engine_event(function->engine, NF_EVENT_REJECTED, function, version, 0, "%s: %s",
                        nf_race_outcome_text(result->outcome), result->reason);
    if (version == function->baseline || is_guess) return;
    if (rejected || (result->outcome != NF_RACE_WON && !is_kept(version)))
        nf_version_retire(version, rejected ? NF_VERSION_REJECTED : NF_VERSION_LOST);
}

/* All but the winner and the active version retire. */
static nf_version *race_judge(nf_function *function, const field *f, nf_race_record *record)
{
    const nf_race_report *report = &record->report;
    const nf_version *baseline = race_baseline(function);
    double above_t1 = baseline == function->baseline ? 1 : baseline->speedup; /* 0: not known */
    nf_version *winner = report->winner < 0 ? NULL : f->versions[report->winner];
    int32_t guess = guess_of(function, f, report);
    for (uint32_t i = 0; i < f->count; i++)
        result_apply(function, f->versions[i], &report->results[i], above_t1, (int32_t)i == guess);
    nf_engine_event(function->engine, NF_EVENT_VERDICT, function, winner ? winner : baseline,
                    winner ? report->results[report->winner].speedup : 1, "%s", report->reason);
    race_record_add(function, record);
    return guess < 0 ? winner : f->versions[guess];
}

static void field_drop(const field *f, const char *reason)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (is_kept(f->versions[i])) continue;
        nf_format(f->versions[i]->reason, sizeof f->versions[i]->reason, "%s", reason);
        nf_version_retire(f->versions[i], NF_VERSION_LOST);
    }
}

static void race_field(nf_function *function, field *f, uint64_t now)
{
    nf_error error = {0};
    inputs_take(function, f);
    if (f->input_count == 0) { /* it is not called any more */
        nf_phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    f->change_count = nf_changes_of(function->ir, nf_born_as_bitcode(function),
                                    &function->engine->work_arena, f->changes);
    nf_arena_reset(&function->engine->work_arena);
    nf_callees_warm(function); /* before the fork */
    candidates_make(function, f);
    if (nf_is_resting(function->engine)) return;
    nf_race_record *record = f->count ? race_record_new(function, f) : NULL;
    if (record == NULL) {
        nf_phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    nf_status status = race_hold(function, f, record, &error);
    if (nf_is_resting(function->engine)) {
        race_record_free(function->engine, record);
        return;
    }
    if (status != NF_OK || !record->report.ran) {
        const char *why = status != NF_OK ? error.message : record->report.reason;
        nf_function_refuse(function, why);
        field_drop(f, why);
        race_record_free(function->engine, record);
        nf_promote_unraced(function, now);
        return;
    }
    nf_version *winner = race_judge(function, f, record), *old = function->active;
    if (winner == NULL || winner == old) {
        nf_phase_set(function, NF_PHASE_SETTLED, now);
        nf_drift_raced(function, record->report.undecided, false);
        return;
    }
    nf_version_swap(function, winner, winner->speedup, NF_EVENT_SWAP,
                    winner->speedup > 0 ? record->report.reason : winner->reason);
    nf_drift_raced(function, false, true);
    nf_trial_begin(function, old, nf_engine_now(function->engine));
}

static void race(nf_function *function, uint64_t now)
{
    const nf_allocator *allocator = &function->engine->allocator;
    nf_slot_store(function, function->active->address);
    field *f = allocator->allocate(allocator->context, sizeof *f);
    if (f == NULL) {
        nf_phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    f->count = f->input_count = 0;
    race_field(function, f, now);
    allocator->release(allocator->context, f, sizeof *f);
}

void nf_sampling_step(nf_function *function, uint64_t now)
{
    if (sampling_enough(function, now))
        race(function, now);
    else
        sampling_burst(function);
}
