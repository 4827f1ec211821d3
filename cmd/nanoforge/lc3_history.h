/*
 * The past of an LC-3, to go back to: snapshots now and then, and execution from them.
 *
 * Works while the machine does the same again: keys by machine->keys_taken, and nothing else from
 * outside. One thread.
 */
#ifndef NF_LC3_HISTORY_H
#define NF_LC3_HISTORY_H

#include "guest/lc3/snapshot.h"

enum { LC3_HISTORY_MAX = 64 };

typedef struct lc3_history {
    nf_lc3 *machine;
    uint64_t interval; /* instructions between snapshots */
    struct {
        uint64_t instructions;
        uint8_t *bytes;
    } points[LC3_HISTORY_MAX]; /* ascending */
    int count;
    bool replaying; /* output was seen already */
} lc3_history;

/* The machine as it is now is the earliest that can be gone back to. False: no memory. */
bool lc3_history_begin(lc3_history *history, nf_lc3 *machine);
void lc3_history_free(lc3_history *history);
/* After each instruction. Without memory for a snapshot going back takes longer. */
void lc3_history_note(lc3_history *history);
/* The machine was changed by hand: what comes next depends on that. False: no memory. */
bool lc3_history_changed(lc3_history *history);
/* To the state after so many instructions; not before the beginning, nor into the future. */
void lc3_history_go(lc3_history *history, uint64_t instructions);

#endif
