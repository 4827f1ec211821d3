/*
 * Whether machine code means what the evaluator says, for the functions of a module on generated
 * arguments.
 *
 * Everything happens in child processes with a time limit, so that the module, the compilers and
 * their code may crash or hang. Host functions are called when opt/host.def lists them; any other
 * ends the run.
 */
#ifndef NF_AGREE_H
#define NF_AGREE_H

#include "command.h"
#include "ways.h"

typedef enum agree_kind {
    AGREE_FINE,
    AGREE_WRONG,          /* another result, other memory, a trap or none */
    AGREE_CRASH,          /* the code did */
    AGREE_HANG,           /* likewise */
    AGREE_REFUSED,        /* the compiler gave an error of its own */
    AGREE_COMPILER_CRASH, /* or did not get that far */
    AGREE_COMPILER_HANG,
} agree_kind;

typedef struct agree_question {
    const way *ways;
    uint32_t way_count;
    const char *function;             /* NULL: all */
    uint32_t first_input, last_input; /* numbers of inputs to try; last below
                                         * first: only compile */
    uint32_t seconds;                 /* for each of two child processes */
} agree_question;

enum { AGREE_NAME_BYTES = 256, AGREE_DETAIL_BYTES = 256 };

typedef struct agree_answer {
    agree_kind kind;
    uint32_t way, input;
    char function[AGREE_NAME_BYTES];
    char detail[AGREE_DETAIL_BYTES];
} agree_answer;

/* The module as bytes of either form, verified. False when the question could not be asked, after a
 * message. */
bool agree_ask(const agree_question *question, const void *bytes, size_t size,
               agree_answer *answer);

const char *agree_text(agree_kind kind);

/* What this process prints from now on is nobody's business: for children. */
void agree_silence(void);

#endif
