/* What an engine does, told on standard error while a program runs, and in tables at the end. */
#ifndef NF_STATUS_VIEW_H
#define NF_STATUS_VIEW_H

#include "command.h"

typedef struct status_view {
    bool quiet;
    const char *function; /* tell only of this one; NULL: of all */
} status_view;

/* An engine's event listener; context is the view. */
void status_view_event(void *view, const nf_event *event);
/* On a terminal: keeps telling which function is the hottest, until live_end(). The engine stays. */
void status_view_follow(nf_engine *engine);
/* One line per function that ran, the dearest first. When the engine rests, as below. */
void status_view_summary(nf_engine *engine, FILE *stream);
/* The races of a function as tables, the last few, oldest first. When there was none: false, after a
 * message. */
bool status_view_race(nf_program *program, const char *function, FILE *stream);

#endif
