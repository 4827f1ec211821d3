/*
 * Long calls: a function that is called once, and whose loop runs for seconds, gets faster while it
 * runs.
 *
 *   worker, at a tick      turns are counted, but no call for CALL_LONG_NS: T1's turns lead here now
 *   T1 code, any thread    comes by, says which loop it is in, goes on
 *   worker                 compiles the rest of the function from there on
 *   T1 code, any thread    comes by in the same loop and goes on in that version, for good
 *
 * A loop inside of others comes by most often and is the one that is compiled; the rest of the
 * function has the outer ones too. T1 code comes by every NF_BACK_EDGES back edges, disturbed or not;
 * while nothing is wanted of it that is a call of a return instruction.
 *
 * A loop that turns seldom spends its time in what it calls, and is left alone.
 *
 * The rest is T2's, which is there in a millisecond, and mostly no slower than LLVM's would be; LLVM's
 * where T2 has none.
 *
 * The slot is not touched: calls go where they went, and are promoted as ever. When calls have
 * another version than T1, and none turns in T1 any more, the versions of this file retire. A thread
 * that took the address of one just before is in it, or holds it in a register, and the scan
 * (reclaim.c) sees that.
 */
#include "engine_internal.h"

enum {
    CALL_LONG_NS = 20 * 1000 * 1000,
    TURNS_SELDOM_NS = 4 * 1000 * 1000,  /* NF_BACK_EDGES turns in this: calls take the time */
    TURNS_OVER_NS = 1000 * 1000 * 1000, /* no back edge for so long: the loop is over */
    POINTS_MAX = 8,                     /* loops of a function that are entered */
};

/* --- callers' threads --- */

static nf_osr_point *point_at(nf_function *function, uint32_t header)
{
    nf_osr_point *point = __atomic_load_n(&function->osr.points, __ATOMIC_ACQUIRE);
    while (point && point->header != header) point = point->older;
    return point;
}

uint64_t nf_entry_osr(void *context, uint32_t index, nf_osr_frame *frame)
{
    const nf_engine *engine = context;
    nf_function *function = __atomic_load_n(&engine->functions[index], __ATOMIC_ACQUIRE);
    uint32_t header = (uint32_t)frame->header, none = 0;
    nf_osr_point *point = point_at(function, header);
    uint64_t address = point ? __atomic_load_n(&point->address, __ATOMIC_ACQUIRE) : 0;
    if (address) {
        nf_osr_frame_unwind(frame, function->baseline->saved_mask);
        __atomic_fetch_add(&point->entered, 1, __ATOMIC_RELAXED);
    } else if (point == NULL) {
        __atomic_compare_exchange_n(&function->osr.wanted, &none, header, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    }
    return address;
}

/* --- the worker --- */

void nf_osr_quiet(nf_function *function)
{
    __atomic_store_n(&function->counters->turn, function->engine->quiet_turn, __ATOMIC_RELEASE);
}

static bool is_listening(const nf_function *function)
{
    return __atomic_load_n(&function->counters->turn, __ATOMIC_RELAXED) ==
           function->entries[NF_ENTRY_OSR];
}

static void refuse(nf_function *function, const char *reason)
{
    function->osr.refused = true;
    nf_engine_event(function->engine, NF_EVENT_FAILED, function, NULL, 0,
                    "running calls can't be moved to better code: %s", reason);
}

static void point_make(nf_function *function, nf_block header)
{
    nf_engine *engine = function->engine;
    nf_osr_state *s = &function->osr;
    nf_osr_point *point = NF_NEW(&function->program->worker_arena, nf_osr_point);
    nf_error error = {0};
    nf_version *version;
    if (point == NULL) return;
    const nf_recipe recipe = {.variant = nf_variant_default(engine), .header = header};
    const nf_recipe other = {.llvm = nf_llvm_variants, .header = header};
    nf_status status = nf_version_make(function, recipe, &engine->work_arena, &version, &error);
    if (status != NF_OK)
        status = nf_version_make(function, other, &engine->work_arena, &version, &error);
    if (nf_is_resting(engine)) return;
    if (status != NF_OK) {
        refuse(function, error.message);
        return;
    }
    version->state = NF_VERSION_ENTERED;
    *point = (nf_osr_point){
        .older = s->points, .header = header.id, .version = version, .address = version->address};
    __atomic_store_n(&s->points, point, __ATOMIC_RELEASE);
    s->point_count++;
}

static void point_wanted(nf_function *function)
{
    nf_osr_state *s = &function->osr;
    nf_block header = {__atomic_load_n(&s->wanted, __ATOMIC_RELAXED)};
    if (header.id == 0) return;
    if (s->point_count < POINTS_MAX && !s->refused) point_make(function, header);
    __atomic_store_n(&s->wanted, 0, __ATOMIC_RELAXED);
}

/* As the printer names it. */
static void block_name(const nf_func *f, nf_block b, char name[NF_NAME_BYTES])
{
    const char *given = nf_name_at(&f->debug.block_names, b.id);
    if (given)
        nf_format(name, NF_NAME_BYTES, "%s", given);
    else
        nf_format(name, NF_NAME_BYTES, "b%u", b.id);
}

static void point_announce(nf_function *function, nf_osr_point *point, uint64_t now)
{
    nf_engine *engine = function->engine;
    nf_version *version = point->version;
    double lasted_ms = (double)(now - function->osr.called_ns) * 1e-6;
    char block[NF_NAME_BYTES];
    block_name(function->ir, version->recipe.header, block);
    point->announced = true;
    nf_format(version->reason, sizeof version->reason,
              "a call that had lasted %.0f ms went on here from its loop at %s", lasted_ms, block);
    nf_os_mutex_lock(&engine->lock);
    nf_swap_note(function, function->baseline, version, 0, version->reason);
    nf_os_mutex_unlock(&engine->lock);
    nf_engine_event(engine, NF_EVENT_OSR, function, version, lasted_ms, "%s -> %s: %s",
                    function->baseline->name, version->name, version->reason);
}

static void points_announce(nf_function *function, uint64_t now)
{
    for (nf_osr_point *point = function->osr.points; point; point = point->older)
        if (!point->announced && __atomic_load_n(&point->entered, __ATOMIC_RELAXED))
            point_announce(function, point, now);
}

static void points_retire(nf_function *function)
{
    nf_osr_point *point = function->osr.points;
    __atomic_store_n(&function->osr.points, NULL, __ATOMIC_RELEASE);
    for (; point; point = point->older) {
        __atomic_store_n(&point->address, 0, __ATOMIC_RELEASE);
        nf_version_retire(point->version, NF_VERSION_RETIRED);
    }
}

static void turns_note(nf_osr_state *s, uint64_t loops, uint64_t now)
{
    uint64_t turns = loops - s->loops_seen;
    if (turns == 0) return;
    s->turning_ns = (now - s->turned_ns) * NF_BACK_EDGES / turns;
    s->turned_ns = now;
    s->loops_seen = loops;
}

/* Notes calls and turns; true when a call lasts long and its loop has turned lately. */
static bool call_is_long(nf_function *function, uint64_t now)
{
    nf_osr_state *s = &function->osr;
    uint64_t entries = __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED);
    uint64_t loops = __atomic_load_n(&function->counters->loops, __ATOMIC_RELAXED);
    if (entries != s->entries_seen) s->called_ns = s->turned_ns = now;
    s->entries_seen = entries;
    turns_note(s, loops, now);
    return now - s->called_ns >= CALL_LONG_NS && now - s->turned_ns < TURNS_OVER_NS;
}

void nf_osr_step(nf_function *function, uint64_t now)
{
    nf_phase phase = __atomic_load_n(&function->phase, __ATOMIC_ACQUIRE);
    if (phase == NF_PHASE_COLD || phase == NF_PHASE_FORCED) return;
    points_announce(function, now);
    bool is_long = call_is_long(function, now) && !function->osr.refused;
    bool wanted = is_long && function->osr.turning_ns < TURNS_SELDOM_NS &&
                  now - function->osr.turned_ns < TURNS_SELDOM_NS;
    if (wanted && !is_listening(function))
        __atomic_store_n(&function->counters->turn, function->entries[NF_ENTRY_OSR],
                         __ATOMIC_RELEASE);
    else if (!wanted && is_listening(function))
        nf_osr_quiet(function);
    if (wanted)
        point_wanted(function);
    else if (!is_long && function->osr.points && function->active != function->baseline)
        points_retire(function);
}
