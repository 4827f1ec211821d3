/* What the files of the reducer's edits share. */
#ifndef NF_REDUCE_INTERNAL_H
#define NF_REDUCE_INTERNAL_H

#include "opt/opt_internal.h"
#include "reduce_edit.h"

/* Where a step is made. */
typedef struct edit_at {
    nf_module *module;
    nf_symbol keep;
    uint32_t candidate; /* counted down to 0 on the way */
    uint32_t chunk;
} edit_at;

/* Counts a candidate; true at the one that is meant. */
bool edit_here(edit_at *at);
/* The next function behind the symbol *id, or NULL. */
nf_func *edit_func_next(const nf_module *module, uint32_t *id);

/* --- reduce_value.c --- */
edit_result edit_remove(edit_at *at);    /* instructions, in chunks; zero where they are used */
edit_result edit_params(edit_at *at);    /* a block's parameter becomes zero, or an argument */
edit_result edit_signature(edit_at *at); /* a function's parameter goes */
edit_result edit_replace(edit_at *at);   /* uses of a value become uses of another one */
edit_result edit_accesses(edit_at *at);  /* loads and stores without index, offset, promises */
edit_result edit_constants(edit_at *at); /* smaller numbers */
edit_result edit_lanes(edit_at *at);     /* vectors of half the size, all over a function */
edit_result edit_locals(edit_at *at);    /* locals that nobody uses any more go */

#endif
