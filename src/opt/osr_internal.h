/*
 * Between the files that make the rest of a function:
 *
 *   osr.c         what remains, the new entry, one definition for each use
 *   osr_locals.c  stack locals: private copies, or addresses in the interrupted frame
 *   osr_loop.c    a copy of the interrupted loop, where an outer loop comes back to it
 */
#ifndef NF_OPT_OSR_INTERNAL_H
#define NF_OPT_OSR_INTERNAL_H

#include "opt_internal.h"
#include "osr.h"

typedef struct nf_osr {
    const nf_func *original;
    nf_func *f; /* the clone */
    nf_arena *arena;
    const nf_osr_places *places;
    nf_block header, entry;
    nf_cfg cfg;        /* of the original */
    nf_bitset reached; /* by block id: what can follow the header */
    /* the entry */
    nf_value buffer, branch; /* its parameter; its end, in front of which all else is put */
    /* the copy of the loop: by block id and by value id of the original; NULL: there is none */
    nf_block *copies;
    nf_value *copied;
    /* locals */
    bool *is_private; /* by local id: only this function's loads and stores touch it */
    nf_value *bases;  /* by local id: its address in the interrupted frame, made when wanted */
} nf_osr;

/* What is at a place, in the entry: its bytes, or its address. */
nf_value nf_osr_load(nf_osr *o, nf_osr_place place, nf_type type);
nf_value nf_osr_address(nf_osr *o, nf_osr_place place);

/* Before anything is changed. False when memory is out. */
bool nf_osr_locals_judge(nf_osr *o);
/* Gives every local instruction outside of the entry an address that is valid here. */
void nf_osr_locals_place(nf_osr *o);
/* The address that a local instruction of the original gives, in the entry. */
nf_value nf_osr_local(nf_osr *o, const nf_inst *inst);

/* Copies the header's loop when it is part of a larger one, and gives the block to enter: the copy's
 * header, or the header. */
nf_block nf_osr_loop_copy(nf_osr *o);

/* Whether a block of the original is in the loop that was copied. */
static inline bool nf_osr_in_loop(const nf_osr *o, nf_block b)
{
    return o->copies != NULL && b.id < o->original->blocks.count && o->copies[b.id].id != 0;
}

#endif
