/*
 * The engine's life: making it, events, the background thread, taking it down.
 *
 * Near the code lie two arrays that generated code reaches by rel32: the slot words, one per
 * function and eight to a cache line (they are almost never written), and the counters, a line of
 * its own for each function (they are written at every call of T1 code).
 */
#include "engine_internal.h"
#include "os/scan.h"

enum {
    TICK_BUSY_NS = 1000 * 1000, /* while something is sampled, timed or raced */
    TICK_IDLE_NS = 5000 * 1000,
    STEP_SHARE = 300,
    QUIET_TICKS = 3, /* so many rounds without work are quiet */
};
static const uint64_t TICK_LONG_NS = 4000 * UINT64_C(1000000);
static const double SHARE_ASLEEP = 0.1; /* of a processor */

const char *nf_version_text(void)
{
#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)
    return STRING(NF_VERSION_MAJOR) "." STRING(NF_VERSION_MINOR) "." STRING(NF_VERSION_PATCH);
}

const char *nf_event_text(nf_event_kind kind)
{
    static const char *const texts[] = {
#define EVENT(name, text, meaning) text,
#include "events.def"
#undef EVENT
    };
    return (unsigned)kind < NF_EVENT_COUNT ? texts[kind] : "unknown";
}

uint64_t nf_feature_mask(const char *name)
{
    return nf_cpu_feature_mask(name, nf_string_length(name));
}

uint64_t nf_engine_now(const nf_engine *engine)
{
    return nf_os_time_ns() - engine->start_ns;
}

void nf_engine_event(nf_engine *engine, nf_event_kind kind, const nf_function *function,
                     const nf_version *version, double number, const char *format, ...)
{
    if (engine->config.event == NULL) return;
    char detail[NF_ERROR_MESSAGE_BYTES];
    va_list list;
    va_start(list, format);
    nf_format_list(detail, sizeof detail, format, list);
    va_end(list);
    nf_event event = {
        .kind = kind,
        .time_ns = nf_engine_now(engine),
        .function = function ? function->name : "",
        .version = version ? version->name : "",
        .detail = detail,
        .number = number,
    };
    engine->config.event(engine->config.event_context, &event);
}

/* The worker rests for so long that its quiet steps take one part in STEP_SHARE of the program's
 * processor time. A program that sleeps may wake up any moment and have a hot function: it counts as if
 * it used a little. A single step tells little: pauses at most double. */
static uint64_t pause_after(uint64_t step_ns, double program_share, uint64_t last_pause_ns)
{
    double share = program_share > SHARE_ASLEEP ? program_share : SHARE_ASLEEP;
    double pause = (double)step_ns * STEP_SHARE / share;
    if (pause > 2 * (double)last_pause_ns) pause = 2 * (double)last_pause_ns;
    if (pause > TICK_LONG_NS) return TICK_LONG_NS;
    return pause < TICK_IDLE_NS ? TICK_IDLE_NS : (uint64_t)pause;
}

/* seconds, program_seconds: since the last step, and of them, the program's processor time. */
static void cost_add(nf_engine *engine, uint64_t step_ns, bool busy, double seconds,
                     double program_seconds)
{
    nf_cost *cost = &engine->cost;
    nf_os_mutex_lock(&engine->lock);
    if (busy || engine->climbs)
        cost->climbing_ns += step_ns;
    else
        cost->settled_ns += step_ns;
    cost->program_ns = engine->program_time_ns;
    double share = seconds > 0 ? program_seconds / seconds : 1;
    cost->pause_ns = busy             ? TICK_BUSY_NS
                     : engine->climbs ? TICK_IDLE_NS
                                      : pause_after(step_ns, share, cost->pause_ns);
    nf_os_mutex_unlock(&engine->lock);
}

/* One round; true when functions are in a phase that ends by itself. Under work_lock. What it takes
 * the worker to go to sleep and to wake up counts. */
static bool step_locked(nf_engine *engine)
{
    uint64_t now = nf_engine_now(engine);
    uint64_t began = engine->own_stack ? nf_os_thread_time_ns() : engine->worker_time_ns;
    uint64_t worker = engine->cost.climbing_ns + engine->cost.settled_ns;
    uint64_t program = nf_os_process_time_ns() - worker;
    int64_t used = (int64_t)(program - engine->program_time_ns);
    double seconds = (double)(now - engine->last_tick_ns) * 1e-9;
    /* Clocks of the kernel may lag behind each other, and in a child of fork() both start anew. */
    double program_seconds = used > 0 ? (double)used * 1e-9 : 0;
    engine->last_tick_ns = now;
    engine->program_time_ns = program;
    engine->climbs = false;
    nf_profile_tick(engine, now, seconds, program_seconds);
    uint32_t count = __atomic_load_n(&engine->function_count, __ATOMIC_ACQUIRE);
    uint32_t busy = 0;
    for (uint32_t i = 0; i < count; i++) {
        nf_function *function = __atomic_load_n(&engine->functions[i], __ATOMIC_ACQUIRE);
        if (nf_is_resting(engine)) return false;
        if (function) busy += nf_function_step(function, now);
    }
    nf_reclaim_when_due(engine);
    nf_evict_step(engine, now);
    nf_llvm_step(engine);
    uint64_t ended = nf_os_thread_time_ns();
    if (engine->own_stack == NULL) engine->worker_time_ns = ended;
    cost_add(engine, ended - began, busy != 0, seconds, program_seconds);
    return busy != 0;
}

static bool step(nf_engine *engine, const void *own_stack)
{
    nf_os_mutex_lock(&engine->work_lock);
    engine->own_stack = own_stack;
    bool busy = step_locked(engine);
    nf_os_mutex_unlock(&engine->work_lock);
    nf_os_mutex_lock(&engine->lock);
    engine->quiet_ticks = busy ? 0 : engine->quiet_ticks + 1;
    if (engine->quiet_ticks >= QUIET_TICKS) nf_os_condition_broadcast(&engine->quiet);
    nf_os_mutex_unlock(&engine->lock);
    return busy;
}

bool nf_engine_step(nf_engine *engine)
{
    return step(engine, __builtin_frame_address(0));
}

static void work(void *context)
{
    nf_engine *engine = context;
    nf_os_scan_thread(); /* other engines look at this thread too */
    nf_os_mutex_lock(&engine->lock);
    while (!engine->stopping) {
        nf_os_mutex_unlock(&engine->lock);
        step(engine, NULL);
        nf_os_mutex_lock(&engine->lock);
        if (!engine->stopping)
            nf_os_condition_wait(&engine->wake, &engine->lock, engine->cost.pause_ns);
    }
    nf_os_mutex_unlock(&engine->lock);
}

static bool settle_by_hand(nf_engine *engine, uint64_t deadline_ns)
{
    unsigned quiet = 0;
    while (quiet < QUIET_TICKS && nf_engine_now(engine) < deadline_ns)
        quiet = nf_engine_step(engine) ? 0 : quiet + 1;
    return quiet >= QUIET_TICKS;
}

bool nf_engine_settle(nf_engine *engine, uint64_t timeout_ns)
{
    uint64_t now = nf_engine_now(engine);
    uint64_t deadline = timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
    if (!engine->worker_runs) return settle_by_hand(engine, deadline);
    nf_os_mutex_lock(&engine->lock);
    engine->quiet_ticks = 0;
    while (engine->quiet_ticks < QUIET_TICKS && (now = nf_engine_now(engine)) < deadline)
        nf_os_condition_wait(&engine->quiet, &engine->lock, deadline - now);
    bool settled = engine->quiet_ticks >= QUIET_TICKS;
    nf_os_mutex_unlock(&engine->lock);
    return settled;
}

size_t nf_engine_reclaim(nf_engine *engine)
{
    nf_os_mutex_lock(&engine->work_lock);
    engine->own_stack = __builtin_frame_address(0);
    size_t pinned = nf_reclaim(engine);
    nf_os_mutex_unlock(&engine->work_lock);
    return pinned;
}

bool nf_engine_locate(nf_engine *engine, const void *address, char name[NF_NAME_BYTES])
{
    nf_code_object object;
    uint64_t pc = (uint64_t)(uintptr_t)address;
    if (!nf_code_try_find(engine->code, pc, &object)) return false;
    nf_format(name, NF_NAME_BYTES, "%.50s+0x%llx", object.name,
              (unsigned long long)(pc - object.address));
    return true;
}

void nf_engine_counters(nf_engine *engine, char line[NF_REASON_BYTES])
{
    nf_os_mutex_lock(&engine->lock);
    nf_format(line, NF_REASON_BYTES, "%s", engine->counters_line);
    nf_os_mutex_unlock(&engine->lock);
}

static nf_status near_pages_make(nf_engine *engine, nf_error *error)
{
    uint64_t start, end;
    nf_code_memory_range(engine->code, &start, &end);
    size_t slots_bytes = NF_FUNCTIONS_MAX * sizeof(uint64_t);
    engine->near_bytes = slots_bytes + NF_FUNCTIONS_MAX * sizeof(nf_counters);
    uint8_t *near = nf_os_pages_map(engine->near_bytes, start);
    if (near == NULL) return nf_fail(error, NF_MEMORY, "no memory for slots near the code");
    engine->slots = (uint64_t *)near;
    engine->counters = (nf_counters *)(near + slots_bytes);
    engine->functions = nf_os_pages_map(NF_FUNCTIONS_MAX * sizeof(nf_function *), 0);
    if (engine->functions == NULL)
        return nf_fail(error, NF_MEMORY, "no memory for the function table");
    return NF_OK;
}

static void locks_make(nf_engine *engine)
{
    nf_os_mutex_init(&engine->lock);
    nf_os_mutex_init(&engine->compile_lock);
    nf_os_mutex_init(&engine->work_lock);
    nf_os_condition_init(&engine->wake);
    nf_os_condition_init(&engine->quiet);
}

static void locks_destroy(nf_engine *engine)
{
    nf_os_condition_destroy(&engine->quiet);
    nf_os_condition_destroy(&engine->wake);
    nf_os_mutex_destroy(&engine->work_lock);
    nf_os_mutex_destroy(&engine->compile_lock);
    nf_os_mutex_destroy(&engine->lock);
}

static void config_apply(nf_engine *engine, const nf_config *config)
{
    if (config) engine->config = *config;
    if (engine->config.code_bytes == 0) engine->config.code_bytes = NF_CODE_BYTES_DEFAULT;
    engine->start_ns = nf_os_time_ns();
    engine->features = nf_cpu_features_without(engine->config.features_off);
    engine->seed = engine->config.seed ? engine->config.seed : engine->start_ns | 1;
    nf_arena_init(&engine->compile_arena, &engine->allocator);
    nf_arena_init(&engine->work_arena, &engine->allocator);
}

static nf_status cpu_check(const nf_engine *engine, nf_error *error)
{
    const uint64_t needed = NF_CPU_SSE41 | NF_CPU_SSE42 | NF_CPU_SSSE3 | NF_CPU_POPCNT;
    if ((engine->features & needed) == needed) return NF_OK;
    return nf_fail(error, NF_UNSUPPORTED, "this CPU is older than x86-64-v2 (SSE4.2 and POPCNT)");
}

/* Without threads the program steps. */
nf_status nf_worker_start(nf_engine *engine, nf_error *error)
{
    engine->worker_runs = true; /* the worker reads it */
    nf_status status = nf_os_thread_create(&engine->worker, "nanoforge", work, engine, error);
    if (status != NF_OK) engine->worker_runs = false;
    return status == NF_UNSUPPORTED ? NF_OK : status;
}

/* While the program is small, for later it could not be forked without a stall. Races can do without. */
static void zygote_make(nf_engine *engine)
{
    if (engine->config.mode == NF_MODE_AUTO && engine->config.policy != NF_POLICY_COUNTS)
        nf_zygote_open(&engine->zygote, NULL);
}

static nf_status config_check(const nf_config *config, nf_error *error)
{
    if ((unsigned)config->mode > NF_MODE_LLVM)
        return nf_fail(error, NF_ARGUMENT, "there is no mode %d", (int)config->mode);
    if ((unsigned)config->policy > NF_POLICY_COUNTS)
        return nf_fail(error, NF_ARGUMENT, "there is no policy %d", (int)config->policy);
    return NF_OK;
}

static nf_status engine_start(nf_engine *engine, nf_error *error)
{
    nf_status status = config_check(&engine->config, error);
    if (status == NF_OK) status = cpu_check(engine, error);
    if (status == NF_OK)
        status =
            nf_code_memory_new(&engine->allocator, engine->config.code_bytes, &engine->code, error);
    if (status == NF_OK) status = near_pages_make(engine, error);
    if (status == NF_OK) status = nf_entries_make(engine, error);
    if (status == NF_OK) status = nf_reclaim_open(engine, error);
    if (status != NF_OK) return status;
    zygote_make(engine);
    nf_sampler_open(engine);
    nf_engine_event(engine, NF_EVENT_COUNTERS, NULL, NULL, 0, "%s", engine->counters_line);
    if (engine->config.no_background || engine->config.mode != NF_MODE_AUTO) return NF_OK;
    return nf_worker_start(engine, error);
}

nf_status nf_engine_new(const nf_config *config, nf_engine **engine, nf_error *error)
{
    NF_REQUIRE(engine, error);
    *engine = NULL;
    const nf_allocator *allocator =
        config && config->allocator ? config->allocator : nf_os_allocator();
    nf_engine *made = allocator->allocate(allocator->context, sizeof *made);
    if (made == NULL) return nf_fail(error, NF_MEMORY, "no memory for an engine");
    *made = (nf_engine){.allocator = *allocator};
    config_apply(made, config);
    locks_make(made);
    nf_status status = engine_start(made, error);
    if (status == NF_OK) {
        nf_fork_add(made);
        *engine = made;
    } else {
        nf_engine_free(made);
    }
    return status;
}

/* The lock stays taken: so the worker is between two rounds from now on. */
void nf_engine_rest(nf_engine *engine)
{
    if (__atomic_exchange_n(&engine->resting, 1, __ATOMIC_ACQ_REL)) return;
    nf_llvm_end();
    if (engine->worker_runs && !nf_llvm_has_stopped(engine)) nf_os_mutex_lock(&engine->work_lock);
}

static void worker_stop(nf_engine *engine)
{
    if (!engine->worker_runs || nf_llvm_has_stopped(engine)) return;
    if (__atomic_exchange_n(&engine->resting, 1, __ATOMIC_ACQ_REL))
        nf_os_mutex_unlock(&engine->work_lock);
    nf_os_mutex_lock(&engine->lock);
    engine->stopping = true;
    nf_os_condition_broadcast(&engine->wake);
    nf_os_mutex_unlock(&engine->lock);
    nf_os_thread_join(&engine->worker);
    engine->worker_runs = false;
}

void nf_engine_free(nf_engine *engine)
{
    if (engine == NULL) return;
    nf_fork_remove(engine);
    worker_stop(engine);
    while (engine->programs) nf_program_unload(engine->programs);
    nf_zygote_close(engine->zygote);
    nf_sampler_close(engine);
    nf_reclaim_close(engine);
    if (engine->functions)
        nf_os_pages_unmap(engine->functions, NF_FUNCTIONS_MAX * sizeof(nf_function *));
    if (engine->slots) nf_os_pages_unmap(engine->slots, engine->near_bytes);
    nf_code_memory_free(engine->code);
    nf_arena_free(&engine->compile_arena);
    nf_arena_free(&engine->work_arena);
    locks_destroy(engine);
    nf_allocator allocator = engine->allocator;
    allocator.release(allocator.context, engine, sizeof *engine);
}
