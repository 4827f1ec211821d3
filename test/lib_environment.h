/* What a test takes from its environment: how much it does, and with which seeds. */
#ifndef TEST_LIB_ENVIRONMENT_H
#define TEST_LIB_ENVIRONMENT_H

#include <stdint.h>

/* The number in a variable, as C writes numbers; otherwise, where there is none. */
uint64_t environment_number(const char *name, uint64_t otherwise);

#endif
