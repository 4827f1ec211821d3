/*
 * Small functions on vectors: both compilers, for several kinds of CPU, against the evaluator.
 *
 *     vector_case *c = vector_begin("add %s", nf_type_text(type));
 *     nf_value a = vector_load(c, 0, type), b = vector_load(c, 1, type);
 *     vector_store(c, nf_build(c->func, c->block, NF_OP_ADD, type, a, b, none));
 *     vector_end(c);
 *
 * A function has the addresses of four pieces of memory. Behind each of them lies a page that
 * cannot be touched, so an access that is too wide is a crash; every second run has them at odd
 * addresses, a few bytes earlier. All four pieces are compared behind the run.
 *
 * Whether compilation must succeed follows from nf_backend_supports(), asked about every vector
 * operation of the function: where it promises all of them, the function compiles; where it does
 * not, it must be refused (unless the case is lenient: not every detail of it can be asked about).
 * Mismatches are described on standard error and counted. Not thread-safe.
 */
#ifndef TEST_LIB_VECTOR_H
#define TEST_LIB_VECTOR_H

#include "ir/ir.h"

enum {
    VECTOR_PIECES = 4,
    VECTOR_OUT = 3,            /* the piece that results go to; the others are sources */
    VECTOR_PIECE_BYTES = 2048, /* of each piece, in front of its end */
    VECTOR_BYTES_MAX = 64,
    VECTOR_ROUNDS = 12,
};

/* A kind of CPU; only those that this one can play are there. */
typedef struct vector_level {
    const char *name;
    uint64_t features;
    uint64_t compiled, refused; /* functions, by the optimising compiler */
} vector_level;

enum { VECTOR_LEVELS_MAX = 8 };
extern vector_level vector_levels[VECTOR_LEVELS_MAX];
extern uint32_t vector_level_count;

typedef struct vector_case {
    char name[96];
    nf_module *module;
    nf_func *func;
    nf_block block;    /* where things are built */
    nf_symbol clobber; /* void (void), spoils all that a callee may; see vector_call() */
    bool lenient;
    uint32_t ends[VECTOR_PIECES];    /* bytes in use */
    nf_type elements[VECTOR_PIECES]; /* what a piece is filled with */
} vector_case;

void vector_setup(void);
void vector_teardown(void);
extern uint64_t vector_failures; /* so far */

vector_case *vector_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The address of a piece. */
nf_value vector_piece(vector_case *c, unsigned piece);
/* The next bytes of a piece, as a value or to be written; the load may carry an index and an
 * offset. */
nf_value vector_load(vector_case *c, unsigned piece, nf_type type);
void vector_store(vector_case *c, nf_value value);
/* Room for bytes in a piece: the offset. */
int32_t vector_room(vector_case *c, unsigned piece, nf_type type);
/* A call of a host function that leaves nothing in any register that it need not keep. */
void vector_call(vector_case *c);
/* Ends the function, compiles, runs, compares, and forgets it. */
void vector_end(vector_case *c);

/* For cases that need more: compiled for one level, or 0; `status` is how that ended. */
uint64_t vector_compile(const vector_case *c, uint64_t features, nf_status *status);
/* Ends it without more ado. */
void vector_forget(vector_case *c);
/* Calls code with four addresses; false when it crashed. */
bool vector_run(uint64_t code, uint64_t a, uint64_t b, uint64_t c, uint64_t out);
/* Describes a failure and counts it. */
void vector_fail(const vector_case *c, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The end of a piece, and the start of its page: what lies there and before cannot be touched. */
uint8_t *vector_piece_end(unsigned piece);
uint8_t *vector_page_start(unsigned piece);

#endif
