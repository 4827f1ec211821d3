/*
 * Puts faster loops in front of a counted loop, which stays for what they leave over:
 *
 *   preheader ─► code that decides ─► faster loops ─► behind
 *                     │                    │            ▲
 *                     └────────────────────┴─► scalar ─► loop ─► left
 *
 * `scalar` has parameters like the header, so that the loop can be entered at any iteration. left
 * and behind have one parameter for each of the loop's values that are used behind it; those uses
 * are of behind's parameters from now on. The facts about loops (ROTATED, LOOP_CLOSED) are kept as
 * long as the faster loops keep them. Freestanding.
 */
#ifndef NF_OPT_LOOP_SPLIT_H
#define NF_OPT_LOOP_SPLIT_H

#include "induction.h"

enum { NF_OUTS_MAX = 16 };

/* Values of a loop that are used behind it, each once. */
typedef struct nf_outs {
    nf_value values[NF_OUTS_MAX];
    uint32_t count;
} nf_outs;

/* Of a closed loop (NF_FACT_LOOP_CLOSED). False when there are more than NF_OUTS_MAX. */
bool nf_outs_find(const nf_counted *loop, nf_outs *outs);

/* Puts a block on the way out of the loop, with a parameter for each value of outs, which go on as
 * arguments in the values' place. layout: the block that it stands behind. */
nf_block nf_exit_split(const nf_counted *loop, const nf_outs *outs, nf_block layout);

typedef struct nf_split {
    nf_func *f;
    const nf_counted *loop;
    const nf_outs *outs;
    nf_block layout; /* the newest block: the next one stands behind it */
    nf_block block;  /* where code goes; has no terminator */
    nf_block scalar, left, behind;
    bool scalar_used;
    nf_value *inits; /* what the loop was entered with */
    uint32_t param_count;
} nf_split;

/* Cuts the loop off; code goes to the preheader. False when memory is out, before any change. */
bool nf_split_begin(nf_split *split, const nf_counted *loop, const nf_outs *outs, nf_arena *arena);
/* The same without behind and left: the loop may be left from anywhere, and does its last iteration
 * itself. */
bool nf_split_entry(nf_split *split, const nf_counted *loop, nf_arena *arena);
nf_block nf_split_block(nf_split *split);
/* Goes on in a new block when the checks hold, else to the loop from its start. Empties the list.
 */
void nf_split_checks(nf_split *split, nf_checks *checks);
/* Removes the loop when nobody goes there. */
void nf_split_end(nf_split *split);

#endif
