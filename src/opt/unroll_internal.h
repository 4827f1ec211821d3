/*
 * Between the files of the unroller:
 *
 *   unroll.c          finds loops and decides; whole loops; loops that keep their tests
 *   unroll_counted.c  counted loops: one test for several copies
 *   unroll_copy.c     copies of a loop's body
 */
#ifndef NF_OPT_UNROLL_INTERNAL_H
#define NF_OPT_UNROLL_INTERNAL_H

#include "loop_split.h"
#include "opt_internal.h"

/* Copies of a loop's body, one behind the other. */
typedef struct nf_copier {
    nf_func *f;
    const nf_counted *loop;
    nf_value *map;    /* by value id: what a value of the loop is in the newest copy */
    nf_block *blocks; /* by block id: what a block of the loop is in the newest copy */
    nf_value *nexts;  /* what goes round, by header parameter; room for as many behind */
    uint32_t param_count;
    nf_block layout; /* the newest block */
} nf_copier;

/* False when memory is out. */
bool nf_copier_init(nf_copier *copier, const nf_counted *loop, nf_arena *arena);
/* What a value is in the newest copy; values from outside are themselves. */
nf_value nf_copy_of(const nf_copier *copier, nf_value v);
/* Makes v what a header parameter is in the next copy. */
void nf_copier_set(nf_copier *copier, uint32_t param, nf_value v);
/* Makes the header's parameters in the next copy what the newest leaves of them. */
void nf_copier_advance(nf_copier *copier);
/* Copies the body, without the latch's terminator, to the end of block `at`; gives the block that
 * the copy ends in, which has no terminator yet. */
nf_block nf_copier_body(nf_copier *copier, nf_block at);

/* One loop at work. */
typedef struct nf_unroll {
    nf_opt *opt;
    nf_func *f;
    nf_counted loop;
    nf_outs outs;
    nf_copier copier;
    uint32_t factor; /* copies in one round */
} nf_unroll;

/* Unrolls small constant loops inside of other loops as a whole. True when that changed anything. */
bool nf_unroll_inner(nf_opt *opt, nf_func *f);
/* Unrolls a counted loop. False when memory is out. */
bool nf_unroll_counted(nf_unroll *u);

#endif
