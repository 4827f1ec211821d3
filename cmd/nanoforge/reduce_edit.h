/*
 * Edits that make a module smaller or simpler, each a small step that may or may not keep a failure.
 *
 * An edit is a row of the table; its candidates are numbered. A step that leads to something that
 * is no NIR is made all the same: the caller verifies. After it the module may have blocks that
 * nothing reaches; edit_apply() has removed them.
 */
#ifndef NF_REDUCE_EDIT_H
#define NF_REDUCE_EDIT_H

#include "ir/ir.h"

typedef enum edit_result {
    EDIT_END,  /* there is no candidate of this number, nor a later one */
    EDIT_NONE, /* nothing to change there */
    EDIT_DONE,
} edit_result;

typedef struct edit_info {
    const char *name; /* for the progress: "instructions" */
    bool in_chunks;   /* takes several candidates at once */
} edit_info;

extern const edit_info edits[];
extern const uint32_t edit_count;

/* Makes one step at the candidate, or at `chunk` of them from there on. keep: the function that the
 * failure is in; its name and its existence stay. */
edit_result edit_apply(uint32_t edit, nf_module *module, nf_symbol keep, uint32_t candidate,
                       uint32_t chunk);

#endif
