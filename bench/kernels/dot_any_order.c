/* dot.h where the sum may be taken in any order (to gcc and others that is not said in the file). */
#define ANY_ORDER
#include "dot.h"

KERNEL("dot_any_order", "scalar products of 2000 floats", 4000)
