/* Between the passes of src/opt/. A pass gives true when it changed the function. */
#ifndef NF_OPT_INTERNAL_H
#define NF_OPT_INTERNAL_H

#include "ir/cfg.h"
#include "opt.h"

/*
 * passes.def: PASS(name, function, requires, breaks, meaning)
 * requires / breaks are sets of shape facts that the pass manager checks in debug builds.
 */
enum {
    NF_FACT_NONE = 0,
    NF_FACT_ROTATED = 1,   /* loops are bottom-tested, guarded, with a preheader and one latch */
    NF_FACT_LOOP_CLOSED = 2, /* no value made in a loop is used outside but through an exit block's parameter */
};

#define PASS(name, function, requires, breaks, meaning) bool function(nf_opt *opt, nf_func *f);
#include "passes.def"
#undef PASS

#endif
