/* What tests of the LC-3 share: a console of strings, and machines that must come to be. */
#ifndef NF_TEST_LIB_LC3_H
#define NF_TEST_LIB_LC3_H

#include "guest/lc3/machine.h"

typedef struct lc3_console {
    const char *input; /* what is left of it */
    bool never_ends;   /* then there is nothing yet, instead of an end */
    size_t length;
    uint64_t hash;     /* of all output */
    char output[4096]; /* its beginning, NUL-terminated */
} lc3_console;

/* input may be NULL: none. Sets the hooks of the console. */
void lc3_console_init(lc3_console *console, const char *input, nf_lc3_hooks *hooks);

/* Fails the test when there is no memory. */
nf_lc3 *lc3_new(const nf_lc3_config *config);

#endif
