/* dot.h in the order of C: a chain of additions, bound by their latency. */
#include "dot.h"

KERNEL("dot", "scalar products of 2000 floats", 500)
