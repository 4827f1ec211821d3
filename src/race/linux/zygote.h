/*
 * A process that makes sandboxes, so that the program need not fork when it has grown large.
 *
 *   program ── clone, while it is small ──► zygote: drops its copy of the program's memory
 *      │ "run" by a socket ───────────────────► │ ── fork, of next to nothing ──► sandbox
 *      │ ◄───────── pages are asked for by the record (memory.c), and given ─────── │
 *      │ ◄───────── how it ended ───────────────│ ◄──────────────────────────────── ┘
 *
 * The zygote ends with the program, and its sandbox with it. The program's wait() does not see it, its
 * terminal does not signal it, and it has no descriptor but its end of the socket and one that says
 * when the program is gone.
 */
#ifndef NF_RACE_ZYGOTE_H
#define NF_RACE_ZYGOTE_H

#include <sys/types.h>
#include "harness.h"

/* What goes through the socket: letters to the zygote, a wait status as an int from it. */
enum { ZYGOTE_RUN = 'r', ZYGOTE_KILL = 'k' };

/* Where the record is, if the zygote is free and well, of this process and with its rights; else NULL.
 * Then give it back. */
const harness_place *zygote_take(nf_zygote *z);
void zygote_give(nf_zygote *z);
/* false: the zygote is gone, and won't be taken again. */
bool zygote_start_sandbox(nf_zygote *z);
void zygote_kill_sandbox(nf_zygote *z);
typedef enum zygote_news { ZYGOTE_RUNS, ZYGOTE_ENDED, ZYGOTE_GONE } zygote_news;
zygote_news zygote_ask(nf_zygote *z, bool wait, int *status);

/* The zygote's body, on the cage's harness stack; never returns. context: the record. */
void zygote_run(void *context);

#endif
