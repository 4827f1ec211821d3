/* What an engine does, told on standard error while a program runs. */
#ifndef NF_STATUS_VIEW_H
#define NF_STATUS_VIEW_H

#include "command.h"

typedef struct status_view {
    bool quiet;
    bool live;            /* a terminal: progress on a line that is overwritten */
    const char *function; /* tell only of this one; NULL: of all */
    size_t line_length;   /* of the progress that stands there */
} status_view;

void status_view_init(status_view *view, bool quiet, const char *function);
/* An engine's event listener; context is the view. */
void status_view_event(void *view, const nf_event *event);
/* Takes the progress line away. */
void status_view_end(status_view *view);
/* One line per function that ran, the dearest first, and where time came from. */
void status_view_summary(nf_engine *engine, FILE *stream);
/* The last race of a function as a table. false when there was none. */
bool status_view_race(nf_program *program, const char *function, FILE *stream);

#endif
