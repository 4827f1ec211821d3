/* Variants and passes by name, for the commands that take one. */
#ifndef NF_VARIANT_H
#define NF_VARIANT_H

#include "opt/opt.h"

/* NULL after a message that lists the names, or names the missing CPU feature. */
const nf_variant *variant_named(const char *name);
/* Whether there is this pass; false after a message that lists the names. */
bool pass_is_known(const char *name, size_t length);

#endif
