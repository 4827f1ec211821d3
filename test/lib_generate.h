/*
 * Valid NIR functions out of a seed: the structured fuzzer.
 *
 * Every function has the signature
 *
 *     (i64 buffer, i64 a, i64 b, i32 c, f64 d, f32 e) -> one of i8 i16 i32 i64 f32 f64, or void
 *
 * and ends: loops are counted, calls go to functions made before. Memory that it touches is its
 * own locals and [buffer, buffer + GENERATE_BUFFER_BYTES), where buffer is aligned to 64. It reads
 * nothing that was not written, so that all that it computes is defined by its arguments and the
 * buffer. Some functions trap, for some arguments. The same seed and options give the same
 * function.
 */
#ifndef TEST_LIB_GENERATE_H
#define TEST_LIB_GENERATE_H

#include <nanoforge/nir.h>

enum {
    GENERATE_BUFFER_BYTES = 4096,
    GENERATE_BUFFER_ALIGN = 64,
    GENERATE_PARAMS = 6,
    GENERATE_CALLEES_MAX = 8,
};

/* Bytes that decide what is made, before chance does: a fuzzer changes a byte and gets a function
 * that is as valid as the one before and much like it. */
typedef struct generate_tape {
    const uint8_t *at;
    size_t left;
} generate_tape;

typedef struct generate_options {
    uint32_t size;             /* about how many operations; 0: by the seed, 5 to 150 */
    uint32_t vector_bytes_max; /* vector types up to so many bytes: 0, 16, 32 or 64 */
    bool no_loops;             /* loops over arrays neither */
    bool no_memory;            /* the buffer is not touched; locals are */
    bool no_traps;             /* never traps, whatever the arguments */
    /* Whether an operation may be used (NULL: all may). operand: the type of a. */
    bool (*supports)(nf_op op, nf_type type, nf_type operand);
    nf_func *callees[GENERATE_CALLEES_MAX]; /* generated ones that it may call */
    uint32_t callee_count;
    generate_tape *tape; /* NULL: the seed decides everything; else it is used up */
} generate_options;

/* A function "f<seed>" in the module; NULL when memory is out or the name is taken. */
nf_func *generate_function(nf_module *module, uint64_t seed, const generate_options *options);

/* Several functions, each of which may call those before it. NULL when memory is out. */
nf_module *generate_module(const nf_allocator *allocator, uint64_t seed, uint32_t func_count,
                           const generate_options *options);

/* Random numbers of the generator's kind, for inputs. */
uint64_t generate_random(uint64_t *state);
/* A number below the limit, which is not 0. */
uint32_t generate_below(uint64_t *state, uint32_t limit);
/* Integers and bits of floats among which edge cases are frequent. */
int64_t generate_integer(uint64_t *state);
uint32_t generate_f32_bits(uint64_t *state);
uint64_t generate_f64_bits(uint64_t *state);

#endif
