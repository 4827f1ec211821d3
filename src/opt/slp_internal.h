/*
 * Between the files of the straight-line vectoriser:
 *
 *   slp.c        decides, cleans up
 *   slp_seeds.c  finds stores of neighbours, and accumulators that read neighbours
 *   slp_memory.c which accesses are neighbours, and which can be made one
 *   slp_tree.c   what these are made from, as a tree of packs
 *   slp_cost.c   what a tree costs, against the scalars that it replaces
 *   slp_emit.c   writes the vectors of a tree
 *
 * A pack is a list of scalars, its lanes, that one vector may take the place of. Its vector is made
 * right behind the last of its lanes; whoever uses all lanes stands behind that, so a vector once made
 * serves every tree that has the same pack.
 */
#ifndef NF_OPT_SLP_INTERNAL_H
#define NF_OPT_SLP_INTERNAL_H

#include "alias.h"

enum {
    NF_PACK_LANES_MAX = 16,
    NF_PACK_OPERANDS_MAX = 4,
    NF_PACKS_MAX = 96, /* of one tree */
};

typedef enum nf_pack_kind {
    NF_PACK_GATHER, /* the scalars are put into a vector one by one */
    NF_PACK_SPLAT,  /* all lanes are one value */
    NF_PACK_KNOWN,  /* an earlier tree made this vector */
    NF_PACK_LOAD,   /* neighbours in memory */
    NF_PACK_OP,     /* the same operation in all lanes */
    NF_PACK_PARAM,  /* parameters of one block; operands by edge into it */
    NF_PACK_STORE,  /* neighbours in memory; one operand */
} nf_pack_kind;

typedef struct nf_pack {
    uint8_t kind;
    uint8_t lane_count, operand_count;
    bool reversed;    /* LOAD: the first lane has the highest address */
    nf_type type;     /* of the vector */
    uint16_t swapped; /* OP: lanes (bits) whose first two operands change places */
    nf_value lanes[NF_PACK_LANES_MAX];
    nf_value last; /* the lane that stands last in the block; none where lanes are parameters */
    uint32_t operands[NF_PACK_OPERANDS_MAX];
    nf_value vector; /* once it is made */
} nf_pack;

/* Where an access goes: the sum of factor * value, and the offset, modulo 2^64; the values in the order
 * of their ids. */
enum { NF_SPOT_TERMS_MAX = 4 };
typedef struct nf_spot {
    uint32_t values[NF_SPOT_TERMS_MAX];
    uint64_t factors[NF_SPOT_TERMS_MAX];
    uint32_t count;
    uint32_t thing; /* the local or symbol; none: 0 */
    uint16_t thing_op;
    bool vague; /* there are more values */
    int64_t offset;
} nf_spot;

/* A vector that is there, for the trees that follow. */
typedef struct nf_packed {
    nf_value lanes[NF_PACK_LANES_MAX];
    nf_value vector;
    nf_type type;
    uint32_t next; /* with the same first lane; 0: none */
} nf_packed;

/* What a vector may begin with. */
enum { NF_SEEDS_MAX = 256 }; /* of a block; the rest is not looked at */
typedef struct nf_seed {
    nf_value value; /* a store, or a parameter of a loop's exit */
    const nf_spot *spot;
    uint32_t segment; /* no barrier stands between seeds of one segment */
    uint32_t bytes;   /* of the access */
} nf_seed;

typedef struct nf_seeds {
    nf_seed data[NF_SEEDS_MAX];
    uint32_t count;
} nf_seeds;

typedef struct nf_slp {
    nf_opt *opt;
    nf_func *f;
    nf_cfg cfg;
    nf_alias alias;
    nf_in_edges in;
    uint32_t *order;      /* by value id: the place in its block */
    uint32_t *uses;       /* by value id: how many there are */
    uint32_t *user_start; /* by value id, into users; has one more entry */
    nf_value *users;      /* as they were at the start */
    uint32_t *tree_of; /* by value id: the number of the last tree that it was an inner lane of */
    uint32_t tree;     /* the number of the tree at hand, from 1 */
    uint32_t *inner;   /* by value id: how many of them are the tree's own; 0 between trees */
    const nf_spot **spots; /* by value id: of accesses, where known yet */
    uint32_t value_count;
    nf_value *extracts;       /* by value id: the lane that takes a scalar's place where it can */
    bool extracted;           /* there are some */
    NF_VEC(nf_packed) packed; /* [0] unused */
    nf_map packed_first;      /* first lane to index in packed */

    uint32_t pack_count;         /* of the tree at hand */
    bool failed;                 /* it is too large, or something has no vector form */
    nf_pack packs[NF_PACKS_MAX]; /* [0] is the root; stands last and is not cleared */
} nf_slp;

nf_spot nf_spot_of(const nf_func *f, const nf_inst *access);
/* Whether two differ in nothing but the offset. */
bool nf_spots_alike(const nf_spot *a, const nf_spot *b);

/* Finds those of a block, in a list that is made when first needed; false when there are less than two. */
bool nf_seeds_find(const nf_func *f, nf_arena *arena, nf_block b, nf_seeds **seeds);
/* Brings the seeds that are like the first to the front, in order of addresses; how many they are. */
uint32_t nf_seeds_kind(const nf_func *f, nf_seed *list, uint32_t count);
bool nf_seeds_are_neighbours(const nf_func *f, const nf_seed *low, const nf_seed *high);

typedef struct nf_lane_list {
    nf_value *values;
    uint32_t count;
} nf_lane_list;

bool nf_lane_is_in(const nf_value *list, uint32_t count, nf_value v);
/* The lane that stands last in the block. */
nf_value nf_lane_last(const nf_slp *slp, nf_lane_list l);
/* How many elements an access is behind another one; INT64_MIN when that is not known. */
int64_t nf_access_distance(const nf_slp *slp, nf_value from, nf_value to);
/* Whether each access is `step` elements behind the one before. */
bool nf_lanes_are_neighbours(const nf_slp *slp, nf_lane_list l, int64_t step);
/* Whether all accesses of one block can be made where the last one is. The root must be there. */
bool nf_lanes_can_join(const nf_slp *slp, nf_lane_list l);

/* Grows the tree over neighbouring stores, lowest address first, or parameters of a block. False when
 * there is none. */
bool nf_slp_tree_build(nf_slp *slp, const nf_value *lanes, uint32_t lane_count);
/* The value that one lane of a pack takes from its operand number k. */
nf_value nf_pack_operand(const nf_slp *slp, const nf_pack *pack, uint32_t k, uint32_t lane);
/* Whether the back end has it. */
bool nf_slp_supports(const nf_slp *slp, nf_op op, nf_type type, nf_type operand);

/* Scalar operations that the tree takes away less those that it adds, weighed by how deep in loops
 * they are. Finds the lanes that are used outside of the tree. */
int64_t nf_slp_tree_gain(nf_slp *slp);
/* Whether a lane is used by others than the tree; good after nf_slp_tree_gain() only. */
bool nf_slp_lane_escapes(const nf_slp *slp, nf_value lane);
/* Forgets the tree's own uses. */
void nf_slp_tree_drop(nf_slp *slp);

/* Writes the tree; scalars that nobody needs any more go. */
void nf_slp_tree_emit(nf_slp *slp);
/* Lets those who stand behind the vector of a lane use that. */
void nf_slp_extracts_use(nf_slp *slp);

#endif
