/*
 * The debugger's runs, forward and back; see debug.h.
 *
 * Every run asks the same question of the moments that it comes by: does it end here? Forward it is
 * asked of one after the other. Backward it is the last one before now that counts, which is only
 * known when all up to now have been seen: so the stretch from the last snapshot is executed again
 * and its last good moment noted, then the stretch in front of it, until there is one.
 *
 *     snapshots   ●─────────────●──────────────●──────now
 *     first                                    ·······     none here
 *     then                      ··x·······x····            the second x
 *     at last                   └────────►                 restored and executed up to it
 *
 * Executing an instruction at a time with all that is looked at costs some 30 ns.
 */
#include "debug_internal.h"
#include "machine_internal.h"
#include "base/status.h"

enum { INTERVAL = 1 << 16, BITS = 64 };

/* --- making --- */

nf_status nf_lc3_debug_new(nf_lc3 *machine, const nf_allocator *allocator,
                           void (*output)(void *context, const char *bytes, size_t count),
                           void *context, nf_lc3_debug **debug, nf_error *error)
{
    nf_lc3_debug *d = allocator->allocate(allocator->context, sizeof *d);
    *debug = NULL;
    if (d == NULL) return nf_fail(error, NF_MEMORY, "out of memory");
    __builtin_memset(d, 0, sizeof *d);
    d->machine = machine;
    d->allocator = allocator;
    d->output = output;
    d->context = context;
    d->interval = INTERVAL;
    nf_arena_init(&d->keys_arena, allocator);
    nf_lc3_debug_hook(d);
    if (!nf_lc3_moment_keep(d, false)) {
        nf_lc3_debug_free(d);
        return nf_fail(error, NF_MEMORY, "out of memory");
    }
    *debug = d;
    return NF_OK;
}

void nf_lc3_debug_free(nf_lc3_debug *debug)
{
    if (debug == NULL) return;
    const nf_allocator *allocator = debug->allocator;
    nf_lc3_moments_cut(debug, 0);
    nf_arena_free(&debug->keys_arena);
    debug->machine->config.hooks = (nf_lc3_hooks){0};
    allocator->release(allocator->context, debug, sizeof *debug);
}

void nf_lc3_debug_interrupt(nf_lc3_debug *debug)
{
    __atomic_store_n(&debug->interrupted, 1, __ATOMIC_RELAXED);
}

static bool interrupted(nf_lc3_debug *debug)
{
    return __atomic_load_n(&debug->interrupted, __ATOMIC_RELAXED) != 0;
}

void nf_lc3_debug_break(nf_lc3_debug *debug, uint16_t address, bool on)
{
    uint64_t bit = UINT64_C(1) << address % BITS;
    if (on)
        debug->breakpoints[address / BITS] |= bit;
    else
        debug->breakpoints[address / BITS] &= ~bit;
}

/* --- where runs end --- */

typedef struct run {
    nf_lc3_goal goal;
    uint32_t depth; /* of calls, where it began */
} run;

static bool goal_reached(const nf_lc3_debug *debug, const run *r)
{
    switch (r->goal) {
    case NF_LC3_GOAL_STEP: return true;
    case NF_LC3_GOAL_NEXT: return debug->calls.depth <= r->depth;
    case NF_LC3_GOAL_FINISH: return debug->calls.depth < r->depth;
    default: return false;
    }
}

/* Whether the run ends at this moment, behind the execution of an instruction. */
static bool ends_here(nf_lc3_debug *debug, const run *r, nf_lc3_halt *halt)
{
    uint16_t pc = debug->machine->pc;
    int watch = nf_lc3_debug_watch_look(debug);
    if (watch >= 0) debug->watch_hit = (uint32_t)watch;
    *halt = watch >= 0                                         ? NF_LC3_HALT_WATCHPOINT
            : debug->breakpoints[pc / BITS] >> (pc % BITS) & 1 ? NF_LC3_HALT_BREAKPOINT
                                                               : NF_LC3_HALT_GOAL;
    return *halt != NF_LC3_HALT_GOAL || goal_reached(debug, r);
}

static nf_lc3_halt halt_of(nf_lc3_stop stop)
{
    return stop == NF_LC3_STOP_HALTED ? NF_LC3_HALT_HALTED : NF_LC3_HALT_INPUT;
}

/* --- forward --- */

static void moment_keep_when_due(nf_lc3_debug *debug)
{
    uint64_t last = debug->moments[debug->moment_count - 1]->time;
    uint64_t now = debug->machine->instructions;
    if (now > last && now - last >= debug->interval) nf_lc3_moment_keep(debug, false);
}

static nf_lc3_halt forward(nf_lc3_debug *debug, const run *r)
{
    nf_lc3_halt halt;
    nf_lc3_stop stop;
    do {
        if (interrupted(debug)) return NF_LC3_HALT_INTERRUPTED;
        if (!nf_lc3_debug_execute(debug, &stop)) return halt_of(stop);
        moment_keep_when_due(debug);
    } while (!ends_here(debug, r, &halt));
    return halt;
}

/* --- back --- */

/* Executes again up to a time, which was reached before. */
static void replay(nf_lc3_debug *debug, uint64_t time)
{
    nf_lc3_stop stop;
    debug->replaying = true;
    while (debug->machine->instructions < time) {
        uint64_t before = debug->machine->instructions;
        nf_lc3_debug_execute(debug, &stop);
        if (debug->machine->instructions == before) break;
    }
    debug->replaying = false;
    nf_lc3_debug_watch_forget(debug);
}

/* To a time that is past, or now. */
static void go_back(nf_lc3_debug *debug, uint64_t time)
{
    nf_lc3_moment_restore(debug, nf_lc3_moment_before(debug, time));
    replay(debug, time);
    for (uint32_t i = 1; i < debug->moment_count; i++)
        if (debug->moments[i]->edited && debug->moments[i]->time > time) {
            nf_lc3_moments_cut(debug, i);
            break;
        }
}

/* A moment that a run back may end at. */
typedef struct found {
    bool is;
    uint64_t time;
    nf_lc3_halt halt;
    uint32_t watch;
    uint16_t watch_from;
} found;

/* The last good moment behind snapshot `index`, up to `until` and before `now`. */
static found stretch_search(nf_lc3_debug *debug, const run *r, uint32_t index, uint64_t until,
                            uint64_t now)
{
    found last = {0};
    nf_lc3_stop stop;
    nf_lc3_moment_restore(debug, index);
    debug->replaying = true;
    while (debug->machine->instructions < until && !interrupted(debug)) {
        nf_lc3_halt halt;
        uint64_t before = debug->machine->instructions;
        nf_lc3_debug_execute(debug, &stop);
        uint64_t time = debug->machine->instructions;
        if (time == before) break;
        if (ends_here(debug, r, &halt) && time < now)
            last = (found){true, time, halt, debug->watch_hit, debug->watch_hit_from};
    }
    debug->replaying = false;
    return last;
}

static nf_lc3_halt backward(nf_lc3_debug *debug, const run *r)
{
    uint64_t now = debug->machine->instructions, until = now;
    uint64_t beginning = nf_lc3_debug_beginning(debug);
    for (uint32_t index = nf_lc3_moment_before(debug, now - 1) + 1; index-- > 0;) {
        found last = stretch_search(debug, r, index, until, now);
        if (interrupted(debug)) {
            go_back(debug, now);
            return NF_LC3_HALT_INTERRUPTED;
        }
        if (last.is) {
            go_back(debug, last.time);
            debug->watch_hit = last.watch;
            debug->watch_hit_from = last.watch_from;
            return last.halt;
        }
        until = debug->moments[index]->time;
    }
    go_back(debug, beginning);
    return NF_LC3_HALT_BEGINNING;
}

/* --- both --- */

nf_lc3_halt nf_lc3_debug_run(nf_lc3_debug *debug, nf_lc3_goal goal, bool back)
{
    const run r = {goal, debug->calls.depth};
    uint64_t now = debug->machine->instructions;
    __atomic_store_n(&debug->interrupted, 0, __ATOMIC_RELAXED);
    if (!back) return forward(debug, &r);
    if (now == nf_lc3_debug_beginning(debug)) return NF_LC3_HALT_BEGINNING;
    if (goal != NF_LC3_GOAL_STEP) return backward(debug, &r);
    go_back(debug, now - 1);
    return NF_LC3_HALT_GOAL;
}

nf_lc3_halt nf_lc3_debug_go(nf_lc3_debug *debug, uint64_t time)
{
    nf_lc3_stop stop;
    __atomic_store_n(&debug->interrupted, 0, __ATOMIC_RELAXED);
    if (time < nf_lc3_debug_beginning(debug)) {
        go_back(debug, nf_lc3_debug_beginning(debug));
        return NF_LC3_HALT_BEGINNING;
    }
    if (time <= debug->machine->instructions) {
        go_back(debug, time);
        return NF_LC3_HALT_GOAL;
    }
    while (debug->machine->instructions < time) {
        if (interrupted(debug)) return NF_LC3_HALT_INTERRUPTED;
        if (!nf_lc3_debug_execute(debug, &stop)) return halt_of(stop);
        moment_keep_when_due(debug);
    }
    nf_lc3_debug_watch_forget(debug);
    return NF_LC3_HALT_GOAL;
}
