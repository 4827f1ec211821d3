/* Code memory for the tests of one program, and functions compiled by T2 into it. Not thread-safe. */
#ifndef TEST_LIB_CODE_H
#define TEST_LIB_CODE_H

#include "code/code.h"
#include "x64/compile.h"

/* The library's: there from code_setup() to code_teardown(), with all that was not freed before. */
extern nf_code_memory *code_memory;

/* For a group of cmocka's. */
int code_setup(void **state);
int code_teardown(void **state);

/* Where the function's code is, for nf_code_free() in code_memory; what else is known of it goes to
 * *out, in the options' arena. Fails the test when it can't be compiled or placed; name is what the
 * message begins with. */
uint64_t code_compile(const char *name, const nf_func *f, const nf_compile *options,
                      nf_compiled *out);

#endif
