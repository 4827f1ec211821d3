/* Bare metal has no signals. */
#include "engine/engine_internal.h"

void *nf_signal_function(const char *name)
{
    (void)name;
    return NULL;
}
