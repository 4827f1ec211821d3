/*
 * Between the files of the vectoriser:
 *
 *   vectorise.c         finds loops, plans, asks whether the back end can, rewrites
 *   vectorise_plan.c    what each value of the loop becomes; why it can't be done
 *   vectorise_earlier.c values that an earlier iteration has loaded
 *   vectorise_memory.c  which accesses may overlap, and the checks for it in front of the loop
 *   vectorise_lanes.c   one copy of the body, lane by lane
 *   vectorise_divide.c  divisions by constants
 *   vectorise_loop.c    the new loops around it
 *   vectorise_search.c  loops that end where their data say so
 */
#ifndef NF_OPT_VECTORISE_INTERNAL_H
#define NF_OPT_VECTORISE_INTERNAL_H

#include "induction.h"
#include "loop_split.h"
#include "opt_internal.h"

enum {
    NF_ACCESSES_MAX = 32,
    NF_REDUCTIONS_MAX = 8,
    NF_COUNTERS_MAX = 4,
    NF_OVERLAPS_MAX = 24,
    NF_COPIES_MAX = 8,
};

typedef enum nf_lane_role {
    NF_LANE_UNUSED,    /* no vector is made of it (addresses, the exit test) */
    NF_LANE_OP,        /* the same operation on vectors */
    NF_LANE_LOAD,      /* a load or store of neighbours */
    NF_LANE_UNIFORM,   /* one value for all lanes, loaded in front of the loop */
    NF_LANE_COUNTER,   /* an affine integer: a vector that steps */
    NF_LANE_REDUCTION, /* the parameter of a reduction: partial results */
    NF_LANE_EARLIER,   /* a header's parameter that an earlier iteration has loaded: a load */
    NF_LANE_JOIN,      /* a block's parameter: a select by the ways that lead there */
} nf_lane_role;

/* What a value of the loop becomes. */
typedef struct nf_lane {
    uint8_t role;
    uint8_t index;   /* of the access, counter or reduction; of EARLIER: the access */
    nf_type element; /* of the vector; for masks the integer as wide as what was compared */
    bool mask;       /* a boolean, held as all ones or all zeros */
    bool needed;
} nf_lane;

typedef struct nf_access {
    nf_value inst;
    nf_affine address;
    nf_type type;  /* scalar */
    uint8_t bytes; /* of it; more where wider integers are read, of which it is the low part */
    bool is_store;
    uint8_t base;         /* index into bases */
    int32_t displacement; /* from it */
} nf_access;

/* What must hold for two accesses, the one that stands first in the body first. */
typedef struct nf_overlap {
    uint8_t first, second;
    bool window; /* both go at the same pace: only distances within a vector hurt */
} nf_overlap;

typedef struct nf_plan {
    nf_opt *opt;
    nf_func *f;
    nf_lane *lanes; /* by value id */
    uint32_t *uses;
    uint32_t access_count, base_count, reduction_count, counter_count, overlap_count;
    uint32_t needs;
    unsigned lanes_log2;
    unsigned copies;  /* of the body in the main loop */
    bool masked;      /* what is left over is done by masks, else by the scalar loop */
    bool halved;      /* ... by vectors half as long first, then by the scalar loop */
    bool scalar_last; /* the last iteration must be the scalar loop's: only it knows a value */
    const char *reason;
    nf_op missing; /* the operation that there are no vectors for, when that is the reason */

    /* From here on nothing is cleared: it is much, and of most loops little is used. */
    nf_counted loop;
    nf_outs outs;
    nf_access accesses[NF_ACCESSES_MAX];
    nf_affine bases[NF_ACCESSES_MAX]; /* step 0 */
    nf_reduction reductions[NF_REDUCTIONS_MAX];
    nf_value counters[NF_COUNTERS_MAX];
    nf_overlap overlaps[NF_OVERLAPS_MAX];
} nf_plan;

static inline unsigned nf_plan_lanes(const nf_plan *plan)
{
    return 1u << plan->lanes_log2;
}

/* Whether an operand is the same for all lanes without any work in the loop: made outside of it, or
 * a constant. */
bool nf_plan_is_uniform(const nf_plan *plan, nf_value v);

/* One plan, for nf_plan_make() to fill; NULL when memory is out. */
static inline nf_plan *nf_plan_new(nf_arena *arena)
{
    return NF_TAKE_ARRAY(arena, nf_plan, 1);
}
/* Fills the plan for a loop; false with its reason. */
bool nf_plan_make(nf_plan *plan, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop);
/* The same for a search, which ends where its data say so: what the conditions of its exits are made
 * of, but not which memory may be read. */
bool nf_plan_make_search(nf_plan *plan, nf_opt *opt, nf_func *f, const nf_cfg *cfg, uint32_t loop);
/* Whether a header's parameter is what the load reads in an earlier iteration, and where that is for
 * the iteration at hand. */
bool nf_plan_earlier(nf_plan *plan, uint32_t param, nf_value *load, nf_affine *address);
/* Finds the overlaps to check; false when two accesses are known to be too near. Needs lanes_log2.
 */
bool nf_plan_overlaps(nf_plan *plan);
/* base b - base a; true when a term of both has gone in it, as where they are rows of one matrix. */
bool nf_plan_bases_meet(const nf_plan *plan, uint32_t a, uint32_t b, nf_affine *difference);
/* The checks of them; bases that are emitted on the way are left in bases[]. */
void nf_overlaps_emit(nf_plan *plan, nf_loop_emit *e, nf_value *bases, nf_value count,
                      nf_checks *checks);

/* A condition as lanes of all ones or all zeros, `bytes` wide; value none: all lanes. */
typedef struct nf_lane_mask {
    nf_value value;
    uint8_t bytes;
} nf_lane_mask;

/* A constant in all lanes. */
typedef struct nf_lane_const {
    nf_type element;
    int64_t bits;
    nf_value vector;
} nf_lane_const;

/* Writes vector code; when dry it writes nothing and asks whether all of it could be compiled. */
typedef struct nf_lanes {
    nf_plan *plan;
    nf_func *f;
    bool dry, possible;
    nf_op missing;       /* the first operation that is not possible */
    nf_block ahead;      /* in front of all vector loops; has no terminator yet */
    nf_block block;      /* where code goes */
    nf_value *vectors;   /* by value id: the copy at hand */
    nf_value *splats;    /* by value id: uniform values, made in `ahead` */
    nf_lane_mask *edges; /* masks of the body's edges, by edge id */
    nf_lane_mask *masks; /* masks of the body's blocks, by block id */
    nf_value *bases;     /* by base */
    nf_value iotas[NF_F64 + 1];
    NF_VEC(nf_lane_const) constants;
    nf_value index, index_negative; /* number of the iteration in lane 0; its opposite */
    unsigned copy;
} nf_lanes;

bool nf_lanes_init(nf_lanes *w, nf_plan *plan, bool dry);
/* Forgets what stands in front of the loops, for vectors of another length. */
void nf_lanes_forget(nf_lanes *w);
/* The vector type of an element. */
nf_type nf_lanes_type(const nf_lanes *w, nf_type element);
nf_value nf_lanes_build(nf_lanes *w, nf_op op, nf_type type, nf_type operand, nf_value a,
                        nf_value b);
nf_value nf_lanes_compare(nf_lanes *w, nf_cond cond, nf_type operand, nf_value a, nf_value b);
nf_value nf_lanes_select(nf_lanes *w, nf_type element, nf_lane_mask mask, nf_value yes,
                         nf_value no);
/* Every lane is the constant (bits for floating point) or the uniform value; made in `ahead`. */
nf_value nf_lanes_splat_const(nf_lanes *w, nf_type element, int64_t bits);
nf_value nf_lanes_splat(nf_lanes *w, nf_value v);
/* 0, 1, 2 ... of an integer element; made in `ahead`. */
nf_value nf_lanes_iota(nf_lanes *w, nf_type element);
/* The address of a base. */
nf_value nf_lanes_base(nf_lanes *w, uint32_t base);
/* Whether lanes can do a division: by a constant, of at most 32 bits, without a trap. */
bool nf_lanes_can_divide(const nf_func *f, const nf_inst *division);
nf_value nf_lanes_divide(nf_lanes *w, const nf_inst *division);
/* The vector of a counter for the iterations from an index on. */
nf_value nf_lanes_counter(nf_lanes *w, const nf_affine *form, nf_value index);
/* Where an i8 is not 0, the opposite, and where one of two holds. */
nf_lane_mask nf_lanes_mask_of(nf_lanes *w, nf_value v);
nf_lane_mask nf_lanes_mask_not(nf_lanes *w, nf_lane_mask a);
nf_lane_mask nf_lanes_mask_join(nf_lanes *w, nf_op op, nf_lane_mask a, nf_lane_mask b);
/* The integer that lanes of a mask are. */
nf_type nf_lanes_mask_element(unsigned bytes);
/* A body whose blocks stand in a row, for all lanes and without its branches. */
void nf_lanes_row(nf_lanes *w);
/* The body, for the lanes of `mask`; vectors[] has the header's parameters in it. */
void nf_lanes_body(nf_lanes *w, nf_lane_mask mask);
/* The vector of a value of the loop. */
nf_value nf_lanes_of(nf_lanes *w, nf_value v);

/* Whether the back end can do everything that the plan needs. */
bool nf_plan_possible(nf_plan *plan);
/* Rewrites the loop. The control flow graph is stale afterwards. */
void nf_plan_apply(nf_plan *plan);

#endif
