/*
 * Live status: events as lines, progress on one line that is overwritten where there is a terminal,
 * and two tables for the end: functions and races.
 */
#include "status.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/engine_internal.h"

enum { ROWS_MAX = 20 };

static pthread_mutex_t lines = PTHREAD_MUTEX_INITIALIZER;

void status_view_init(status_view *view, bool quiet, const char *function)
{
    *view = (status_view){.quiet = quiet, .function = function};
    view->live = !quiet && isatty(STDERR_FILENO);
}

static colour event_colour(nf_event_kind kind)
{
    switch (kind) {
    case NF_EVENT_SWAP:
    case NF_EVENT_KEPT: return COLOUR_GREEN;
    case NF_EVENT_HOT:
    case NF_EVENT_RACE:
    case NF_EVENT_VERDICT: return COLOUR_CYAN;
    case NF_EVENT_REJECTED:
    case NF_EVENT_REFUSED:
    case NF_EVENT_ROLLBACK: return COLOUR_YELLOW;
    case NF_EVENT_FAILED: return COLOUR_RED;
    default: return COLOUR_DIM;
    }
}

static void progress_clear(status_view *view)
{
    if (view->line_length) fprintf(stderr, "\r%*s\r", (int)view->line_length, "");
    view->line_length = 0;
}

static void progress_show(status_view *view, const nf_event *event)
{
    enum { BAR = 24 };
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++) bar[i] = i < event->number * BAR ? '#' : '.';
    bar[BAR] = 0;
    progress_clear(view);
    int length = fprintf(stderr, "  racing %s [%s] %s", event->function, bar, event->detail);
    view->line_length = length > 0 ? (size_t)length : 0;
    fflush(stderr);
}

static void line_show(status_view *view, const nf_event *event)
{
    progress_clear(view);
    const char *on = colour_of(stderr, event_colour(event->kind)),
               *off = *on ? colour_of(stderr, COLOUR_NONE) : "";
    fprintf(stderr, "%9.3f ms  %s%-9s%s ", (double)event->time_ns * 1e-6, on,
            nf_event_text(event->kind), off);
    const char *who = event->version[0] ? event->version : event->function;
    if (who[0]) fprintf(stderr, "%s%s", who, event->detail[0] ? ": " : "");
    switch (event->kind) {
    case NF_EVENT_COMPILED:
        fprintf(stderr, "%s, %.1f us", event->detail, event->number * 1e-3);
        break;
    case NF_EVENT_LOADED:
        fprintf(stderr, "%s, %.0f functions", event->detail, event->number);
        break;
    case NF_EVENT_HOT:
        fprintf(stderr, "%.0f %% of the time, %s", event->number * 100, event->detail);
        break;
    default: fputs(event->detail, stderr); break;
    }
    fputc('\n', stderr);
}

void status_view_event(void *context, const nf_event *event)
{
    status_view *view = context;
    if (view->quiet) return;
    if (view->function && event->function[0] && strcmp(view->function, event->function) != 0)
        return;
    pthread_mutex_lock(&lines);
    if (event->kind == NF_EVENT_RACING) {
        if (view->live) progress_show(view, event);
    } else if (event->kind != NF_EVENT_RETIRED && event->kind != NF_EVENT_FREED) {
        line_show(view, event);
    }
    pthread_mutex_unlock(&lines);
}

void status_view_end(status_view *view)
{
    pthread_mutex_lock(&lines);
    progress_clear(view);
    pthread_mutex_unlock(&lines);
}

static int dearer(const void *a, const void *b)
{
    const nf_function *f = *(nf_function *const *)a, *g = *(nf_function *const *)b;
    return (f->profile.spent_ns < g->profile.spent_ns) -
           (f->profile.spent_ns > g->profile.spent_ns);
}

static void function_row(const nf_function *function, FILE *stream)
{
    const nf_version *active = function->active;
    uint64_t calls = function->counters->entries;
    fprintf(stream, "  %-18.18s %12" PRIu64 "  %-28.28s", function->name, calls,
            active ? active->name : "evaluator");
    if (active && active->speedup > 0)
        fprintf(stream, " %6.2fx", active->speedup);
    else
        fprintf(stream, " %7s", "-");
    const char *why = function->refusal[0]          ? function->refusal
                      : active && active->reason[0] ? active->reason
                      : function->races             ? function->races->report.reason
                                                    : "not hot enough to race";
    fprintf(stream, "  %s\n", why);
}

void status_view_summary(nf_engine *engine, FILE *stream)
{
    nf_function *rows[ROWS_MAX * 16];
    size_t count = 0;
    for (uint32_t i = 0; i < engine->function_count; i++) {
        nf_function *function = engine->functions[i];
        if (function && function->counters->entries && count < sizeof rows / sizeof *rows)
            rows[count++] = function;
    }
    qsort(rows, count, sizeof *rows, dearer);
    fprintf(stream, "%s  %-18s %12s  %-28s %7s  %s%s\n", colour_of(stream, COLOUR_BOLD), "function",
            "calls", "runs as", "vs. T1", "why", colour_of(stream, COLOUR_NONE));
    for (size_t i = 0; i < count && i < ROWS_MAX; i++) function_row(rows[i], stream);
    if (count > ROWS_MAX) fprintf(stream, "  and %zu functions more\n", count - ROWS_MAX);
}

static void contestant_row(const char *name, const char *verdict, const nf_race_result *r,
                           FILE *stream)
{
    fprintf(stream, "  %-30.30s %-12s", name, verdict);
    if (r->median_ns > 0)
        fprintf(stream, " %12.1f %7.2fx [%.2f, %.2f]", r->median_ns, r->speedup, r->speedup_low,
                r->speedup_high);
    else
        fprintf(stream, " %12s %8s", "-", "-");
    fprintf(stream, "  %s\n", r->reason);
}

bool status_view_race(nf_program *program, const char *name, FILE *stream)
{
    const nf_function *function = NULL;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (strcmp(program->functions[i].name, name) == 0) function = &program->functions[i];
    if (function == NULL || function->races == NULL) return false;
    const nf_race_record *race = function->races;
    fprintf(stream, "%s  %-30s %-12s %12s %8s%s\n", colour_of(stream, COLOUR_BOLD), "version",
            "verdict", "ns per call", "speed-up", colour_of(stream, COLOUR_NONE));
    contestant_row(function->baseline->name, "baseline", &race->report.baseline, stream);
    for (uint32_t i = 0; i < race->candidate_count; i++)
        contestant_row(race->versions[i]->name,
                       nf_race_outcome_text(race->report.results[i].outcome),
                       &race->report.results[i], stream);
    fprintf(stream,
            "%s: %s\n%u inputs, %u dropped; %u rounds; memory %s; baseline against itself %.3fx "
            "[%.3f, %.3f]; %.1f ms\n",
            name, race->report.reason, race->report.inputs_used, race->report.inputs_dropped,
            race->report.rounds,
            race->report.fresh_inputs ? "restored for each call" : "not restored",
            race->report.aa_ratio, race->report.aa_low, race->report.aa_high,
            (double)race->report.duration_ns * 1e-6);
    return true;
}
