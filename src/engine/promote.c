/*
 * From hot to proven: the phases through which the worker takes one function.
 *
 *   baseline ─ costs something ─► T2's best guess ─► audit ─► settled ─ costs more ─► sampling
 *                                                     ▲  │        ▲                      │
 *                                                     │  rollback └────── no winner ── race
 *                                                     └──────────── swap ────────────────┘
 *
 * The first step is cheap and taken soon: one T2 version, unraced, judged by live calls against T1.
 * What goes on costing time is promoted in rounds, each when the function has cost what the round
 * costs (the ski-rental rule: never worse than twice the best choice made in hindsight): T2's
 * variants race against T1, then LLVM's, which cost milliseconds each, against the active version, a
 * few at first and all of them when it has cost a second. What can't race gets the next tier's best
 * guess instead, judged in the same way. Audits and sampling use short bursts of live calls. One
 * function after the other races, on the worker, while callers go on with what they have.
 */
#include "engine_internal.h"

enum {
    GUESS_AFTER_NS = 1000 * 1000, /* estimated time spent before T2's best guess is made */
    AUDIT_SHORT_NS = 20 * 1000 * 1000,
    AUDIT_FEW = 2, /* of either side */
    LLVM_CANDIDATES_MIN = 3,
    AUDIT_LIMIT_NS = 500 * 1000 * 1000,
    SAMPLING_SHORT_NS = 50 * 1000 * 1000,
    SAMPLING_LONG_NS = 1000 * 1000 * 1000,
    SAMPLING_BURST = 4,
    INPUTS_WANTED = 48, /* enough to race at once */
    INPUTS_FEW = 8,     /* enough after the short limit; one is enough after the long one */
};

/*
 * What a function must have cost for a round, and what is done. LLVM's best guess is good for what
 * was born as C, for which T2 is a stopover; what was born as NIR is T2's first.
 */
typedef enum round_kind {
    GUESS_LLVM, /* unraced, judged by live calls */
    RACE_T2,    /* T2's variants against T1 */
    RACE_LLVM,  /* LLVM's against the active version */
    RACE_ALL,   /* both against the active version */
} round_kind;

typedef struct round_plan {
    double spent_ns;
    round_kind kind;
    uint64_t llvm_ns; /* what making LLVM's versions may cost; a few are always made */
} round_plan;

enum { ROUNDS = 3 };
static const round_plan plans[2][ROUNDS] = {
    {{10e6, RACE_T2, 0},
     {60e6, RACE_LLVM, 60 * 1000 * 1000},
     {500e6, RACE_LLVM, 500 * 1000 * 1000}},
    {{10e6, GUESS_LLVM, 0},
     {100e6, RACE_LLVM, 100 * 1000 * 1000},
     {500e6, RACE_ALL, 500 * 1000 * 1000}},
};

/* A new version must be this much slower than the old one, beyond doubt, to be rolled back. */
static const double ROLLBACK_RATIO = 1.03;

/* Of the round that goes on. */
static const round_plan *plan_of(const nf_function *function)
{
    return &plans[nf_born_as_bitcode(function)][function->round];
}

/* There must be one. */
static const round_plan *next_plan(const nf_function *function)
{
    return &plans[nf_born_as_bitcode(function)][function->rounds_done];
}

static bool is_llvm_round(const nf_function *function)
{
    return plan_of(function)->kind != RACE_T2;
}

static void phase_set(nf_function *function, nf_phase phase, uint64_t now)
{
    __atomic_store_n(&function->phase, phase, __ATOMIC_RELEASE);
    function->phase_ns = now;
}

static void refuse(nf_function *function, const char *reason)
{
    nf_format(function->refusal, sizeof function->refusal, "%s", reason);
    nf_engine_event(function->engine, NF_EVENT_REFUSED, function, NULL, 0, "%s", reason);
}

/* --- sampling --- */

static uint32_t inputs_ready(const nf_recorder *recorder)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < NF_INPUTS; i++)
        ready += __atomic_load_n(&recorder->ready[i], __ATOMIC_ACQUIRE);
    return ready;
}

static void sampling_burst(nf_function *function)
{
    nf_recorder *recorder = function->recorder;
    __atomic_store_n(&recorder->burst_left, SAMPLING_BURST, __ATOMIC_RELAXED);
    nf_slot_store(function, function->entries[NF_ENTRY_RECORD]);
}

static bool begin_sampling(nf_function *function, uint64_t now)
{
    if (function->recorder == NULL)
        function->recorder = NF_NEW(&function->program->worker_arena, nf_recorder);
    if (function->recorder == NULL) return false;
    nf_engine_event(function->engine, NF_EVENT_SAMPLING, function, function->active, INPUTS_WANTED,
                    "arguments of live calls are recorded");
    sampling_burst(function);
    phase_set(function, NF_PHASE_SAMPLING, now);
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
    uint32_t count, input_count;
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
    if (f->count == NF_RACE_CANDIDATES_MAX) return true;
    nf_status status = nf_version_make(function, recipe, &engine->work_arena, &version, &error);
    if (status == NF_OK) candidate_add(f, version);
    if (status == NF_OK || status == NF_BUSY) return true; /* busy: the same code is there */
    nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s: %s", name, error.message);
    return false;
}

static void t2_candidates_make(nf_function *function, field *f)
{
    for (uint32_t i = 0; i < nf_variant_count; i++)
        if ((nf_variants[i].features & ~function->engine->features) == 0)
            candidate_make(function, (nf_recipe){.variant = &nf_variants[i]}, nf_variants[i].name,
                           f);
}

static void llvm_candidates_make(nf_function *function, field *f)
{
    const nf_engine *engine = function->engine;
    uint64_t start = nf_os_time_ns(), limit = plan_of(function)->llvm_ns;
    for (uint32_t i = 0; i < nf_llvm_variant_count; i++) {
        const nf_llvm_options *llvm = &nf_llvm_variants[i];
        if ((llvm->features & ~engine->features) != 0) continue;
        if (llvm == function->active->recipe.llvm) continue;
        if (!candidate_make(function, (nf_recipe){.llvm = llvm}, llvm->name, f)) return;
        if (nf_os_time_ns() - start > limit && f->count >= LLVM_CANDIDATES_MIN) return;
    }
}

/* Against T1, the active version, a guess so far, is one of them. */
static void candidates_make(nf_function *function, field *f)
{
    round_kind kind = plan_of(function)->kind;
    if (kind == RACE_T2 && function->active != function->baseline)
        candidate_add(f, function->active);
    if (kind != RACE_T2) llvm_candidates_make(function, f);
    if (kind != RACE_LLVM) t2_candidates_make(function, f);
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
    return plan_of(function)->kind == RACE_T2 ? function->baseline : function->active;
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

/* Whoever the function calls must be compiled before the fork. */
static void callees_warm(nf_function *function)
{
    const nf_program *program = function->program;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (program->functions[i].ir) nf_function_warm(&program->functions[i]);
}

static nf_race_record *race_record_new(nf_function *function, const field *f)
{
    nf_arena *arena = &function->program->worker_arena;
    nf_race_record *record = NF_NEW(arena, nf_race_record);
    if (record == NULL) return NULL;
    record->versions = NF_NEW_ARRAY(arena, nf_version *, f->count + 1);
    if (record->versions == NULL) return NULL;
    __builtin_memcpy(record->versions, f->versions, f->count * sizeof *f->versions);
    record->candidate_count = f->count;
    record->baseline = race_baseline(function);
    record->time_ns = nf_engine_now(function->engine);
    return record;
}

static nf_status race_hold(nf_function *function, const field *f, nf_race_record *record,
                           nf_error *error)
{
    nf_engine *engine = function->engine;
    nf_race_request request = {
        .baseline = {record->baseline->name, record->baseline->address,
                     record->baseline->code_bytes},
        .stand_in = f->versions[0] == function->active,
        .candidates = f->candidates,
        .candidate_count = f->count,
        .inputs = f->inputs,
        .input_count = f->input_count,
        .stack_words = function->stack_words,
        .result = function->signature->result,
        .tolerance = function->ir->tolerance,
        .writes = function->effects.writes,
        .seed = engine->seed++,
        .ignored_start = (uint64_t)(uintptr_t)engine->counters,
        .ignored_end = (uint64_t)(uintptr_t)(engine->counters + NF_FUNCTIONS_MAX),
        .prepare = sandbox_prepare,
        .progress = race_progress,
        .context = function,
    };
    nf_engine_event(engine, NF_EVENT_RACE, function, record->baseline, f->count,
                    "%u candidates on %u recorded calls", f->count, f->input_count);
    nf_status status =
        nf_race_run(&request, &function->program->worker_arena, &record->report, error);
    engine->race_time_ns += record->report.duration_ns;
    return status;
}

/* What the race found goes into the versions; all but the winner retire. */
static nf_version *race_judge(nf_function *function, nf_race_record *record)
{
    nf_engine *engine = function->engine;
    nf_version *winner = NULL;
    const nf_race_report *report = &record->report;
    bool against_t1 = record->baseline == function->baseline;
    double above_t1 = against_t1 ? 1 : record->baseline->speedup; /* 0: not known */
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        const nf_race_result *result = &record->report.results[i];
        nf_version *version = record->versions[i];
        version->median_ns = result->median_ns;
        if (version == function->active || result->outcome == NF_RACE_WON)
            function->profile.ns_per_call = result->median_ns;
        version->speedup = result->speedup * above_t1;
        nf_format(version->reason, sizeof version->reason, "%s", result->reason);
        bool rejected = result->outcome == NF_RACE_WRONG || result->outcome == NF_RACE_CRASHED ||
                        result->outcome == NF_RACE_HUNG;
        if (rejected)
            nf_engine_event(engine, NF_EVENT_REJECTED, function, version, 0, "%s: %s",
                            nf_race_outcome_text(result->outcome), result->reason);
        if (result->outcome == NF_RACE_WON)
            winner = version;
        else if (version != function->active || rejected)
            nf_version_retire(version, rejected ? NF_VERSION_REJECTED : NF_VERSION_LOST);
    }
    nf_os_mutex_lock(&engine->lock);
    record->older = function->races;
    function->races = record;
    nf_os_mutex_unlock(&engine->lock);
    nf_engine_event(engine, NF_EVENT_VERDICT, function, winner ? winner : record->baseline,
                    winner ? report->results[report->winner].speedup : 1, "%s", report->reason);
    return winner;
}

static void field_drop(const field *f, const char *reason)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->versions[i] == f->versions[i]->function->active) continue;
        nf_format(f->versions[i]->reason, sizeof f->versions[i]->reason, "%s", reason);
        nf_version_retire(f->versions[i], NF_VERSION_LOST);
    }
}

/* Calls with arguments in memory can't be timed: the entry would have to copy them. */
static bool audit_ready(nf_function *function)
{
    if (function->audit == NULL)
        function->audit = NF_NEW(&function->program->worker_arena, nf_audit);
    return function->audit != NULL && function->stack_words == 0;
}

static void audit_against(nf_function *function, nf_version *control, uint64_t now)
{
    if (!audit_ready(function)) {
        phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    function->control = control;
    nf_audit_start(function, control);
    phase_set(function, NF_PHASE_AUDIT, now);
}

void nf_promote_planted(nf_function *function, nf_version *version, const char *reason)
{
    nf_version *old = function->active;
    nf_version_swap(function, version, 0, NF_EVENT_SWAP, reason);
    audit_against(function, old, nf_engine_now(function->engine));
}

/* The best guess of a tier becomes active, and live calls judge it. Settled, and false, when it can't
 * be made or is there already. */
static bool guess(nf_function *function, nf_recipe recipe, const char *reason, uint64_t now)
{
    nf_engine *engine = function->engine;
    nf_error error = {0};
    nf_version *version, *old = function->active;
    phase_set(function, NF_PHASE_SETTLED, now);
    nf_status status = nf_version_make(function, recipe, &engine->work_arena, &version, &error);
    if (status == NF_BUSY) return false;
    if (status != NF_OK) {
        nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s", error.message);
        return false;
    }
    nf_format(version->reason, sizeof version->reason, "%s", reason);
    nf_version_swap(function, version, 0, NF_EVENT_SWAP, version->reason);
    audit_against(function, old, nf_engine_now(engine));
    return true;
}

/* What can't race in this round: T2 has made its guess already. */
static void promote_unraced(nf_function *function, uint64_t now)
{
    char reason[NF_REASON_BYTES];
    phase_set(function, NF_PHASE_SETTLED, now);
    if (!is_llvm_round(function) || function->active->tier == 3) return;
    nf_format(reason, sizeof reason, "not raced: %.100s", function->refusal);
    guess(function, (nf_recipe){.llvm = nf_llvm_variants}, reason, now);
}

static void race_field(nf_function *function, field *f, uint64_t now)
{
    nf_error error = {0};
    inputs_take(function, f);
    if (f->input_count == 0) { /* it is not called any more */
        phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    callees_warm(function);
    candidates_make(function, f);
    nf_race_record *record = f->count ? race_record_new(function, f) : NULL;
    if (record == NULL) {
        phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    nf_status status = race_hold(function, f, record, &error);
    if (status != NF_OK || !record->report.ran) {
        const char *why = status != NF_OK ? error.message : record->report.reason;
        refuse(function, why);
        field_drop(f, why);
        promote_unraced(function, now);
        return;
    }
    nf_version *winner = race_judge(function, record), *old = function->active;
    if (winner == NULL || winner == old) {
        phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    nf_version_swap(function, winner, winner->speedup, NF_EVENT_SWAP, record->report.reason);
    audit_against(function, old, nf_engine_now(function->engine));
}

static void race(nf_function *function, uint64_t now)
{
    const nf_allocator *allocator = &function->engine->allocator;
    nf_slot_store(function, function->active->address);
    field *f = allocator->allocate(allocator->context, sizeof *f);
    if (f == NULL) {
        phase_set(function, NF_PHASE_SETTLED, now);
        return;
    }
    f->count = f->input_count = 0;
    race_field(function, f, now);
    allocator->release(allocator->context, f, sizeof *f);
}

/* --- after the swap --- */

static void end_audit(nf_function *function, uint64_t now)
{
    nf_audit_result result = nf_audit_finish(function);
    nf_version *active = function->active, *control = function->control;
    char reason[NF_REASON_BYTES];
    phase_set(function, NF_PHASE_SETTLED, now);
    if (result.active_ns > 0) function->profile.ns_per_call = result.active_ns;
    if (result.ratio <= 0) return; /* too few calls to say anything */
    nf_format(reason, sizeof reason, "live calls take %.2fx of the old version's time [%.2f, %.2f]",
              result.ratio, result.low, result.high);
    if (result.low > ROLLBACK_RATIO) {
        nf_version_swap(function, control, 1 / result.ratio, NF_EVENT_ROLLBACK, reason);
        nf_format(active->reason, sizeof active->reason, "%s", reason);
        nf_version_retire(active, NF_VERSION_ROLLED_BACK);
        function->profile.ns_per_call = result.control_ns;
        return;
    }
    double above_t1 = control == function->baseline ? 1 : control->speedup;
    if (active->speedup <= 0) active->speedup = above_t1 / result.ratio; /* 0: not known */
    nf_engine_event(function->engine, NF_EVENT_KEPT, function, active, result.ratio, "%s", reason);
    if (control != function->baseline) nf_version_retire(control, NF_VERSION_RETIRED);
}

/* On a single processor LLVM and its races take their time from the program itself. */
static bool is_worth(const round_plan *plan, double spent_ns)
{
    static const double ALONE = 50;
    bool dear = plan->kind == RACE_LLVM || plan->kind == RACE_ALL;
    if (spent_ns < plan->spent_ns) return false;
    return !dear || spent_ns >= plan->spent_ns * ALONE || nf_os_cpu_count() > 1;
}

/* Whether the function has cost what the next round costs. What nobody has called since its last swap
 * gains nothing by another one; but LLVM's code doesn't count. */
static bool round_is_due(const nf_function *function)
{
    const nf_profile *p = &function->profile;
    if (function->rounds_done == ROUNDS) return false;
    uint64_t calls_swapped = __atomic_load_n(&p->calls_swapped, __ATOMIC_RELAXED);
    if (function->active->tier < 3 && p->calls <= calls_swapped) return false;
    return is_worth(next_plan(function), p->spent_ns);
}

static void effects_find(nf_function *function)
{
    nf_engine *engine = function->engine;
    if (function->effects_known) return;
    nf_effects_of(function->ir, &engine->work_arena, &function->effects);
    nf_arena_reset(&engine->work_arena);
    function->effects_known = true;
    if (!function->effects.containable)
        refuse(function, function->effects.reason);
    else if (function->stack_words > NF_RACE_STACK_WORDS)
        refuse(function, "more arguments in memory than a recorded call can hold");
}

/* Whether the round that is due can bring better code than what is active. It can't without the LLVM
 * that it needs, and what can't race has had its tier's guess. */
static bool better_is_due(nf_function *function)
{
    if (!round_is_due(function)) return false;
    bool is_llvm = next_plan(function)->kind != RACE_T2;
    if (is_llvm && function->engine->no_llvm) return false;
    if (function->refusal[0] == 0) effects_find(function);
    return function->refusal[0] == 0 || (is_llvm && function->active->tier < 3);
}

/* Long calls give few samples: then the first few must do, or none, when it is time for better code
 * than the two that are compared. */
static bool audit_enough(nf_function *function, uint64_t elapsed)
{
    if (nf_audit_done(function) || elapsed > AUDIT_LIMIT_NS) return true;
    return elapsed > AUDIT_SHORT_NS &&
           (nf_audit_samples(function) >= AUDIT_FEW || better_is_due(function));
}

/* What was timed is known, when counters have missed long calls and LLVM's code does not count. */
static void step_audit(nf_function *function, uint64_t now)
{
    nf_profile *p = &function->profile;
    double elapsed = (double)(now - function->phase_ns);
    uint32_t calls;
    double timed_ns = nf_audit_timed_ns(function, &calls);
    if (calls) p->ns_per_call = timed_ns / calls;
    if (!audit_enough(function, now - function->phase_ns)) return;
    if (function->active->tier == 3 && timed_ns > p->load * elapsed) p->load = timed_ns / elapsed;
    end_audit(function, now);
}

/* --- the machine --- */

/* The first round's guess of LLVM's costs nothing where an earlier run has left it. What was left may
 * turn out to be of no use. */
static void step_baseline(nf_function *function, uint64_t now)
{
    const nf_recipe optimised = {.variant = nf_variant_default(function->engine)};
    const nf_recipe llvm = {.llvm = nf_llvm_variants};
    if (function->profile.spent_ns < GUESS_AFTER_NS) return;
    if (nf_llvm_is_kept(function, llvm) &&
        guess(function, llvm, "a guess of an earlier run's, until it has raced", now))
        function->rounds_done = 1;
    else
        guess(function, optimised, "a guess, until it has raced", now);
}

/* The next round, when what the function goes on costing is worth it. */
static void step_settled(nf_function *function, uint64_t now)
{
    nf_engine *engine = function->engine;
    const nf_profile *p = &function->profile;
    nf_error error = {0};
    if (!round_is_due(function)) return;
    function->round = function->rounds_done;
    if (is_llvm_round(function) && engine->no_llvm) return;
    function->rounds_done++;
    nf_engine_event(engine, NF_EVENT_HOT, function, function->active, p->share,
                    "%llu calls, %.0f ns each, %.1f ms so far", (unsigned long long)p->calls,
                    p->ns_per_call, p->spent_ns * 1e-6);
    if (is_llvm_round(function) && nf_llvm_open(engine, &error) != NF_OK) {
        engine->no_llvm = true;
        nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s", error.message);
        return;
    }
    if (plan_of(function)->kind == GUESS_LLVM) {
        guess(function, (nf_recipe){.llvm = nf_llvm_variants}, "LLVM's guess, until it has raced",
              now);
        return;
    }
    effects_find(function);
    if (function->refusal[0] == 0 && begin_sampling(function, now)) return;
    promote_unraced(function, now);
}

bool nf_function_step(nf_function *function, uint64_t now)
{
    nf_osr_step(function, now);
    if (function->engine->config.policy == NF_POLICY_COUNTS)
        return __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE) != NF_PHASE_FORCED &&
               nf_counts_step(function);
    switch (__atomic_load_n(&function->phase, __ATOMIC_ACQUIRE)) {
    case NF_PHASE_BASELINE: step_baseline(function, now); break;
    case NF_PHASE_SAMPLING:
        if (sampling_enough(function, now))
            race(function, now);
        else
            sampling_burst(function);
        break;
    case NF_PHASE_AUDIT: step_audit(function, now); break;
    case NF_PHASE_SETTLED: step_settled(function, now); break;
    case NF_PHASE_COLD:
    case NF_PHASE_FORCED: break;
    }
    nf_phase phase = __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE);
    return phase == NF_PHASE_SAMPLING || phase == NF_PHASE_AUDIT;
}
