/* Versions made by hand, for tests of what happens when one becomes active. */
#ifndef TEST_LIB_PLANT_H
#define TEST_LIB_PLANT_H

#include "engine/engine_internal.h"

/* Machine code as a new version of the function; it is not active yet. The code is copied. */
nf_version *plant_version(nf_function *function, const uint8_t *code, uint32_t bytes);

#endif
