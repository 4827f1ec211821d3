/* The reducer, without a command line: for the command and its test. */
#ifndef NF_REDUCE_H
#define NF_REDUCE_H

#include "agree.h"

typedef struct reduction {
    /* What must go on failing: the command, or, where that is NULL, the question. */
    char *const *command; /* NULL-terminated; "{}" is the file, which else is put behind */
    agree_question question;
    const char *function; /* that is kept; NULL: for a question the one that fails, else none */
    uint32_t seconds;     /* for the command */
    FILE *progress;       /* a terminal, or NULL */
    /* out */
    agree_answer answer; /* to the question, at first */
    int exit_status;     /* the command's, at first; 128 and the signal that ended it */
    uint32_t checks;
    void *bytes; /* the smallest module, as binary; freed by the caller */
    size_t size;
} reduction;

/* Shrinks the module. False when it does not fail to begin with, or cannot be checked, after a
 * message. */
bool reduce_run(reduction *r, const char *path, nf_module *module);

#endif
