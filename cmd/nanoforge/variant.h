/* Variants by name, for the commands that take one. */
#ifndef NF_VARIANT_H
#define NF_VARIANT_H

#include "opt/opt.h"

/* NULL after a message that lists the names, or names the missing CPU feature. */
const nf_variant *variant_named(const char *name);

#endif
