/*
 * Between the files that run the iterations of an outer loop as lanes:
 *
 *   vectorise_outer.c        whether that can be done, and what each value becomes
 *   vectorise_outer_memory.c which accesses may meet, and the checks for it in front of the nest
 *   vectorise_outer_emit.c   the new nest
 */
#ifndef NF_OPT_VECTORISE_OUTER_H
#define NF_OPT_VECTORISE_OUTER_H

#include "alias.h"
#include "induction.h"
#include "loop_split.h"

enum {
    NF_OUTER_COPIES_MAX = 8,
    NF_OUTER_ACCESSES_MAX = 24,
    NF_OUTER_LOOPS_MAX = 4,
    NF_OUTER_PAIRS_MAX = 12,
    NF_OUTER_ARGS_MAX = 64, /* of an edge, with a vector for each copy */
};

/* How a value changes from one iteration of the outer loop to the next. */
typedef enum nf_walk_kind {
    NF_WALK_UNKNOWN, /* nothing has reached it so far */
    NF_WALK_STEPS,   /* by a constant, 0 among others: the value of lane 0 tells all */
    NF_WALK_VARIES,  /* becomes a vector */
} nf_walk_kind;

typedef struct nf_walk {
    uint8_t kind; /* nf_walk_kind */
    int64_t step;
} nf_walk;

/* Where an access gets to: start is affine in the outer loop. */
typedef struct nf_reach {
    nf_value inst;
    nf_affine start;
    nf_counted *inner; /* NULL: it is in no loop inside of the outer one */
    int64_t stride;    /* of the inner loop */
} nf_reach;

typedef struct nf_outer {
    nf_opt *opt;
    nf_func *f;
    nf_walk *walks;      /* by value id */
    bool test_is_single; /* what the loop's own branch tests is used by nobody else */
    uint32_t inner_count, pair_count;
    uint32_t needs;
    unsigned lanes_log2, copies;
    const char *reason;

    /* From here on nothing is cleared. */
    nf_counted loop; /* the outer one */
    nf_outs outs;
    nf_counted *inner[NF_OUTER_LOOPS_MAX];     /* loops inside, as far as pairs are in them */
    nf_reach pairs[NF_OUTER_PAIRS_MAX + 1][2]; /* that must be apart; the last one is scratch */
} nf_outer;

/* How the value walks; what is made outside of the loop stands still. */
nf_walk nf_outer_walk(const nf_outer *o, nf_value v);
/* Whether all that the value is for is to tell whether the outer loop goes on. */
bool nf_outer_is_test(const nf_outer *o, nf_value v);
/* Fills the plan for a loop with loops inside; false with its reason. */
bool nf_outer_plan(nf_outer *o, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop);
/* Finds the pairs to check; false when some can't be. */
bool nf_outer_memory(nf_outer *o, const nf_cfg *cfg);
/* The checks of them; count: of the outer loop's iterations. */
void nf_outer_overlaps_emit(nf_outer *o, nf_loop_emit *e, nf_value count, nf_checks *checks);
/* Rewrites the nest. The control flow graph is stale afterwards. */
void nf_outer_apply(nf_outer *o);

#endif
