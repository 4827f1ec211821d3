/*
 * What the generator's files share: the state, random choices, and values in scope.
 *
 * Code is made at a cursor, g->block. A value may be used where the scope that it was made in is
 * open: generate_scope_open() before an arm or a loop's body, generate_scope_close() behind it.
 */
#ifndef TEST_LIB_GENERATE_INTERNAL_H
#define TEST_LIB_GENERATE_INTERNAL_H

#include "ir/ir.h"
#include "lib_generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    VALUES_MAX = 1024, /* in scope at once; more are made but not remembered */
    TYPES_MAX = 48,
    LOCALS_MAX = 4,
    LOCAL_BYTES = 64,
    DEPTH_MAX = 3,      /* of ifs, switches and loops */
    LOOP_DEPTH_MAX = 2, /* of loops */
    JOIN_MAX = 3,       /* values that a join or a loop carries */
};

typedef struct generator {
    nf_func *func;
    nf_block block; /* code goes here */
    const generate_options *options;
    uint64_t random;
    nf_value values[VALUES_MAX];
    uint32_t value_count;
    nf_type types[TYPES_MAX]; /* that values may have */
    uint32_t type_count;
    nf_local locals[LOCALS_MAX];
    uint32_t local_count;
    uint32_t budget; /* operations still to be made, about */
    uint32_t depth, loop_depth;
    uint32_t calls_left;
    bool halves; /* two alias classes, one for each half of the buffer */
    bool memory, stores, traps;
    nf_type result;
} generator;

static const nf_value no_value;

/* --- choices --- */
uint32_t generate_choice(generator *g, uint32_t limit); /* a number below the limit */
uint64_t *generate_numbers(generator *g);               /* the state for a constant */
static inline uint32_t below(generator *g, uint32_t limit)
{
    return generate_choice(g, limit);
}
static inline bool one_in(generator *g, uint32_t n)
{
    return below(g, n) == 0;
}
/* A type of the class that values may have; NF_VOID when there is none. */
nf_type generate_type(generator *g, nf_type_class types);
bool generate_type_enabled(const generator *g, nf_type type);
bool generate_supported(const generator *g, nf_op op, nf_type type, nf_type operand);

/* --- values --- */
uint32_t generate_scope_open(const generator *g);
void generate_scope_close(generator *g, uint32_t scope);
void generate_remember(generator *g, nf_value v);
/* A value of the type: one in scope, or a fresh one. */
nf_value generate_value(generator *g, nf_type type);
/* A new one: a constant; for a vector a splat, an iota, or a load. */
nf_value generate_fresh(generator *g, nf_type type);
nf_value generate_i64(generator *g, int64_t value);
/* An operation at the cursor, remembered. */
nf_value generate_op(generator *g, nf_op op, nf_type type, nf_value a, nf_value b, nf_value c);
/* A value as i64, whatever its type: converted, or folded for a vector. */
nf_value generate_as_i64(generator *g, nf_value v);
/* An i8 that is more often a comparison than not. */
nf_value generate_condition(generator *g);

/* --- statements --- */
void generate_expression(generator *g);
/* Operations on lanes or scalars of the type that a vectoriser may take, without traps. */
nf_value generate_lanewise(generator *g, nf_type type, nf_value a, nf_value b);
void generate_load(generator *g);
void generate_store(generator *g);
/* An address: not remembered, or what it is in this process would get into the data. */
nf_value generate_pointer(generator *g, nf_value base, nf_value distance);
void generate_store_at(generator *g, nf_value v, uint32_t offset);
/* Statements until the share of the budget is used up. */
void generate_statements(generator *g, uint32_t share);
void generate_array_loop(generator *g);

#endif
