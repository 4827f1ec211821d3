/*
 * Between the files of the straight-line vectoriser:
 *
 *   slp.c        finds stores of neighbours, decides, cleans up
 *   slp_tree.c   what the values of such stores are made from, as a tree of packs
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
    NF_PACK_STORE,  /* the root: neighbours in memory; one operand */
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

/* A vector that is there, for the trees that follow. */
typedef struct nf_packed {
    nf_value lanes[NF_PACK_LANES_MAX];
    nf_value vector;
    nf_type type;
    uint32_t next; /* with the same first lane; 0: none */
} nf_packed;

typedef struct nf_slp {
    nf_opt *opt;
    nf_func *f;
    nf_cfg cfg;
    nf_alias alias;
    nf_in_edges in;
    uint32_t *order; /* by value id: the place in its block */
    uint32_t *uses;  /* by value id: how many there are */
    uint32_t *inner; /* by value id: how many of them are the tree's own; 0 between trees */
    uint32_t value_count;
    nf_value *extracts;       /* by value id: the lane that takes a scalar's place where it can */
    bool extracted;           /* there are some */
    NF_VEC(nf_packed) packed; /* [0] unused */
    nf_map packed_first;      /* first lane to index in packed */

    nf_pack packs[NF_PACKS_MAX]; /* of the tree at hand; [0] is the root */
    uint32_t pack_count;
    bool failed; /* the tree is too large, or something has no vector form */
} nf_slp;

/* Where an access goes, as far as neighbours can be told from each other. */
typedef struct nf_spot {
    uint32_t base, index; /* values; the base is 0 for a local or symbol */
    uint32_t thing;       /* the local or symbol */
    uint16_t thing_op;
    uint8_t scale_log2;
    int64_t offset;
} nf_spot;

nf_spot nf_spot_of(const nf_func *f, const nf_inst *access);
/* Whether two differ in nothing but the offset. */
bool nf_spots_alike(const nf_spot *a, const nf_spot *b);

/* Grows the tree over neighbouring stores, lowest address first. False when there is none. */
bool nf_slp_tree_build(nf_slp *slp, const nf_value *stores, uint32_t lane_count);
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
