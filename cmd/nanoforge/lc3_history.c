/*
 * Going back in an LC-3's time.
 *
 * A snapshot is taken every `interval` instructions. When the table is full every second one goes
 * and the interval doubles: so a run of any length has 32 to 64 of them, and going back to any place
 * executes at most an interval's instructions anew.
 *
 *     0        |        |        |      now
 *              └──────────► wanted: restored here, executed from there
 */
#include <stdlib.h>
#include "lc3_history.h"

enum { INTERVAL_FIRST = 1 << 16 };

static bool point_add(lc3_history *history)
{
    uint8_t *bytes = malloc(NF_LC3_SNAPSHOT_BYTES);
    if (bytes == NULL) return false;
    nf_lc3_snapshot_write(history->machine, bytes);
    history->points[history->count].instructions = history->machine->instructions;
    history->points[history->count++].bytes = bytes;
    return true;
}

/* Drops the points from one on. */
static void points_cut(lc3_history *history, int count)
{
    while (history->count > count) free(history->points[--history->count].bytes);
}

/* Makes room for one, and keeps the first. */
static void points_thin(lc3_history *history)
{
    int kept = 0;
    if (history->count < LC3_HISTORY_MAX) return;
    for (int i = 0; i < history->count; i++) {
        if (i % 2 == 0)
            history->points[kept++] = history->points[i];
        else
            free(history->points[i].bytes);
    }
    history->count = kept;
    history->interval *= 2;
}

bool lc3_history_begin(lc3_history *history, nf_lc3 *machine)
{
    *history = (lc3_history){.machine = machine, .interval = INTERVAL_FIRST};
    return point_add(history);
}

void lc3_history_free(lc3_history *history)
{
    points_cut(history, 0);
}

void lc3_history_note(lc3_history *history)
{
    uint64_t last = history->points[history->count - 1].instructions;
    if (history->machine->instructions - last < history->interval) return;
    points_thin(history);
    point_add(history);
}

/* The latest point at or before the instruction; the first one otherwise. */
static int point_before(const lc3_history *history, uint64_t instructions)
{
    int i = history->count - 1;
    while (i > 0 && history->points[i].instructions > instructions) i--;
    return i;
}

bool lc3_history_changed(lc3_history *history)
{
    uint64_t now = history->machine->instructions;
    int before = point_before(history, now);
    points_cut(history, before + 1);
    if (before > 0 && history->points[before].instructions == now) points_cut(history, before);
    points_thin(history);
    return point_add(history);
}

void lc3_history_go(lc3_history *history, uint64_t instructions)
{
    int i = point_before(history, instructions);
    nf_lc3 *machine = history->machine;
    nf_lc3_snapshot_read(machine, "", history->points[i].bytes, NF_LC3_SNAPSHOT_BYTES, NULL);
    history->replaying = true;
    if (machine->instructions < instructions)
        nf_lc3_run(machine, instructions - machine->instructions);
    history->replaying = false;
}
