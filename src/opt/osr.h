/*
 * On-stack replacement: the rest of a function from a loop's header on, as a function of its own.
 *
 * Code that is in the middle of a call gives its registers away in a buffer. nf_osr_build() makes a
 * function of the buffer's address that does what was left to do, to be optimised and compiled as
 * any other. It runs on top of the interrupted code's frame, which stays as it is.
 */
#ifndef NF_OPT_OSR_H
#define NF_OPT_OSR_H

#include "ir/ir.h"

/* Where interrupted code keeps a value, or has a local. */
typedef struct nf_osr_place {
    enum {
        NF_OSR_NOWHERE,
        NF_OSR_BUFFER, /* in the buffer, at offset */
        NF_OSR_FRAME,  /* at offset from the address that the buffer holds at base */
    } kind;
    uint32_t base;
    int32_t offset;
} nf_osr_place;

typedef struct nf_osr_places {
    const nf_osr_place *values; /* by value id; what can be made anew may be nowhere */
    const nf_osr_place *locals; /* by local id; in the frame */
} nf_osr_places;

/* The signature of what nf_osr_build() makes of a function with this result. Adds to the module. */
nf_signature nf_osr_signature(nf_module *module, nf_type result);

/*
 * The function, in the arena, with that signature. The header is any reachable block that branches
 * lead to; its parameters and whatever else is alive at its start have places. The function and
 * its module stay as they are. UNSUPPORTED: a tail call would not leave the interrupted frame.
 */
nf_status nf_osr_build(const nf_func *f, nf_block header, const nf_osr_places *places,
                       nf_signature signature, nf_arena *arena, nf_func **out, nf_error *error);

#endif
