/*
 * What the engine does: events as lines, heat and progress on the live line where there is a
 * terminal, and two tables for the end: functions and races.
 */
#include "status.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "engine/engine_internal.h"
#include "live.h"

enum { ROWS_MAX = 20, HEAT_PAUSE_NS = 100 * 1000 * 1000 };

static colour event_colour(nf_event_kind kind)
{
    switch (kind) {
    case NF_EVENT_SWAP:
    case NF_EVENT_OSR:
    case NF_EVENT_KEPT: return COLOUR_GREEN;
    case NF_EVENT_HOT:
    case NF_EVENT_DRIFT:
    case NF_EVENT_RACE:
    case NF_EVENT_VERDICT: return COLOUR_CYAN;
    case NF_EVENT_REJECTED:
    case NF_EVENT_REFUSED:
    case NF_EVENT_ROLLBACK: return COLOUR_YELLOW;
    case NF_EVENT_FAILED: return COLOUR_RED;
    default: return COLOUR_DIM;
    }
}

static void progress_show(const nf_event *event)
{
    enum { BAR = 24 };
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++) bar[i] = i < event->number * BAR ? '#' : '.';
    bar[BAR] = 0;
    live_show("  racing %s [%s] %s", event->function, bar, event->detail);
}

/* What an event says, behind its name. */
static void event_describe(const nf_event *event, char *text, size_t size)
{
    const char *who = event->version[0] ? event->version : event->function;
    const char *colon = who[0] && event->detail[0] ? ": " : "";
    switch (event->kind) {
    case NF_EVENT_COMPILED:
        snprintf(text, size, "%s: %s, %.1f us", who, event->detail, event->number * 1e-3);
        break;
    case NF_EVENT_LOADED:
        snprintf(text, size, "%s, %.0f functions", event->detail, event->number);
        break;
    case NF_EVENT_HOT:
        snprintf(text, size, "%s: %.0f %% of the time, %s", who, event->number * 100,
                 event->detail);
        break;
    case NF_EVENT_SWAP:
    case NF_EVENT_OSR:
    case NF_EVENT_ROLLBACK: /* the detail names both versions */
        snprintf(text, size, "%s", event->detail);
        break;
    default: snprintf(text, size, "%s%s%s", who, colon, event->detail); break;
    }
}

void status_view_event(void *context, const nf_event *event)
{
    const status_view *view = context;
    char text[NF_NAME_BYTES + NF_ERROR_MESSAGE_BYTES + 64];
    if (view->quiet) return;
    if (view->function && event->function[0] && strcmp(view->function, event->function) != 0)
        return;
    if (event->kind == NF_EVENT_RETIRED || event->kind == NF_EVENT_FREED) return;
    if (event->kind == NF_EVENT_RACING) {
        progress_show(event);
        return;
    }
    const char *on = colour_of(stderr, event_colour(event->kind)),
               *off = *on ? colour_of(stderr, COLOUR_NONE) : "";
    event_describe(event, text, sizeof text);
    live_say("%9.3f ms  %s%-9s%s %s", (double)event->time_ns * 1e-6, on, nf_event_text(event->kind),
             off, text);
}

/* --- heat --- */

/* Under the engine's work_lock, which guards profiles. */
static const nf_function *hottest(const nf_engine *engine)
{
    const nf_function *found = NULL;
    uint32_t count = __atomic_load_n(&engine->function_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        const nf_function *function = __atomic_load_n(&engine->functions[i], __ATOMIC_ACQUIRE);
        if (function && (found == NULL || function->profile.share > found->profile.share))
            found = function;
    }
    return found;
}

static void heat_show(const nf_engine *engine)
{
    const nf_function *function = hottest(engine);
    const nf_version *active =
        function ? __atomic_load_n(&function->active, __ATOMIC_ACQUIRE) : NULL;
    if (active == NULL) return;
    live_show("%9.3f ms  %s: %.0f %% of the time, %.0f calls/s",
              (double)nf_engine_now(engine) * 1e-6, active->name, function->profile.share * 100,
              function->profile.call_rate);
}

/* While the worker is busy (a race) it has the lock, and shows its own progress. */
static void *heat_follow(void *context)
{
    nf_engine *engine = context;
    const struct timespec pause = {.tv_nsec = HEAT_PAUSE_NS};
    for (;;) {
        nanosleep(&pause, NULL);
        if (!nf_os_mutex_try_lock(&engine->work_lock)) continue;
        heat_show(engine);
        nf_os_mutex_unlock(&engine->work_lock);
    }
    return NULL;
}

void status_view_follow(nf_engine *engine)
{
    pthread_t thread;
    if (!isatty(STDERR_FILENO)) return;
    if (pthread_create(&thread, NULL, heat_follow, engine) == 0) pthread_detach(thread);
}

/* --- tables --- */

static int dearer(const void *a, const void *b)
{
    const nf_function *f = *(nf_function *const *)a, *g = *(nf_function *const *)b;
    return (f->profile.spent_ns < g->profile.spent_ns) -
           (f->profile.spent_ns > g->profile.spent_ns);
}

static const char *function_reason(const nf_function *function)
{
    if (function->refusal[0]) return function->refusal;
    if (function->active && function->active->reason[0]) return function->active->reason;
    if (function->races) return function->races->report.reason;
    return function->phase == NF_PHASE_FORCED ? "by --tier" : "not hot enough to race";
}

static void function_row(const nf_function *function, FILE *stream)
{
    const nf_version *active = function->active;
    char speedup[16] = "-", spent[24] = "-";
    if (active && active->speedup > 0) snprintf(speedup, sizeof speedup, "%.2fx", active->speedup);
    if (function->profile.spent_ns > 0)
        snprintf(spent, sizeof spent, "%.1f", function->profile.spent_ns * 1e-6);
    fprintf(stream, "  %-18.18s %12" PRIu64 " %10s  %-32.32s %7s  %s\n", function->name,
            __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED), spent,
            active ? active->name : "evaluator", speedup, function_reason(function));
}

static void summary_print(nf_function **rows, size_t count, FILE *stream)
{
    qsort(rows, count, sizeof *rows, dearer);
    fprintf(stream, "%s  %-18s %12s %10s  %-32s %7s  %s%s\n", colour_of(stream, COLOUR_BOLD),
            "function", "calls", "about ms", "runs as", "vs. T1", "why",
            colour_of(stream, COLOUR_NONE));
    for (size_t i = 0; i < count && i < ROWS_MAX; i++) function_row(rows[i], stream);
    if (count > ROWS_MAX) fprintf(stream, "  and %zu functions more\n", count - ROWS_MAX);
}

static void cost_print(nf_engine *engine, FILE *stream)
{
    nf_os_mutex_lock(&engine->lock);
    const nf_cost cost = engine->cost;
    double races = (double)engine->race_time_ns;
    nf_os_mutex_unlock(&engine->lock);
    if (cost.program_ns == 0) return;
    double settled = (double)cost.settled_ns + cost.watch_ns;
    fprintf(
        stream,
        "  the engine took %.1f ms to make and try versions, %.1f ms for races, and %.1f ms else, "
        "%.2f %% of the program's %.1f ms\n",
        ((double)cost.climbing_ns + cost.trial_ns) * 1e-6, races * 1e-6, settled * 1e-6,
        100 * settled / (double)cost.program_ns, (double)cost.program_ns * 1e-6);
}

void status_view_summary(nf_engine *engine, FILE *stream)
{
    nf_function **rows = malloc((engine->function_count + 1) * sizeof(nf_function *));
    if (rows == NULL) return;
    size_t count = 0;
    for (uint32_t i = 0; i < engine->function_count; i++) {
        nf_function *function = engine->functions[i];
        if (function && __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED))
            rows[count++] = function;
    }
    summary_print(rows, count, stream);
    cost_print(engine, stream);
    free(rows);
}

static void contestant_row(const char *name, const char *verdict, const nf_race_result *r,
                           FILE *stream)
{
    fprintf(stream, "  %-36.36s %-12s", name, verdict);
    if (r->median_ns > 0)
        fprintf(stream, " %12.1f %7.2fx [%.2f, %.2f]", r->median_ns, r->speedup, r->speedup_low,
                r->speedup_high);
    else
        fprintf(stream, " %12s %8s", "-", "-");
    fprintf(stream, "  %s\n", r->reason);
}

static void race_print(const nf_function *function, const nf_race_record *race, FILE *stream)
{
    const nf_race_report *report = &race->report;
    fprintf(stream, "%s  %-36s %-12s %12s %8s%s\n", colour_of(stream, COLOUR_BOLD), "version",
            "verdict", "ns per call", "speed-up", colour_of(stream, COLOUR_NONE));
    contestant_row(race->baseline, "baseline", &report->baseline, stream);
    for (uint32_t i = 0; i < race->candidate_count; i++)
        contestant_row(race->names[i], nf_race_outcome_text(report->results[i].outcome),
                       &report->results[i], stream);
    fprintf(stream,
            "%s: %s\n%u inputs, %u dropped; %u rounds; memory %s; baseline against itself %.3fx "
            "[%.3f, %.3f]; %.1f ms\n",
            function->name, report->reason, report->inputs_used, report->inputs_dropped,
            report->rounds, report->fresh_inputs ? "restored for each call" : "not restored",
            report->aa_ratio, report->aa_low, report->aa_high, (double)report->duration_ns * 1e-6);
}

/* Oldest first. */
static void races_print(const nf_function *function, const nf_race_record *race, FILE *stream)
{
    if (race->older) {
        races_print(function, race->older, stream);
        fputc('\n', stream);
    }
    race_print(function, race, stream);
}

/* What was worth a guess and was not refused would have raced, had the program gone on. */
static const char *unraced_reason(const nf_function *function)
{
    const nf_version *active = function->active;
    if (function->refusal[0] || active == NULL || active->reason[0] == 0)
        return function_reason(function);
    return "the program ended before arguments of enough calls were recorded; let it run longer";
}

bool status_view_race(nf_program *program, const char *name, FILE *stream)
{
    const nf_function *function = NULL;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (strcmp(program->functions[i].name, name) == 0) function = &program->functions[i];
    if (function == NULL) return false;
    const nf_race_record *race = function->races;
    if (race)
        races_print(function, race, stream);
    else
        complain("%s did not race: %s", name, unraced_reason(function));
    return race != NULL;
}
