/*
 * libFuzzer on both compilers: functions made from its bytes, compiled in every way, against the
 * evaluator.
 *
 *     byte 0    kinds of vectors, loops, traps; which of the ways
 *     byte 1    how large
 *     rest      the tape
 *
 * The tape makes the generator's choices (lib_generate.h), so whatever libFuzzer does to the bytes
 * gives valid NIR that ends, stays in its memory and is defined in all it computes; and a small
 * change of the bytes is a small change of a function. What is found is shown as text, and kept
 * where NF_KEEP says, to be given to `nanoforge reduce`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "lib_compare.h"
#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_BYTES = 2, SIZE_MIN = 4, SIZE_MASK = 63 };
enum { VECTORS = 3, NO_LOOPS = 4, NO_TRAPS = 8, TWO_FUNCTIONS = 16, SHARE_SHIFT = 5 };
enum { SHARES = 8 }; /* one input goes an eighth of the ways, or it would take too long */

static generate_options options_of(const uint8_t *data, generate_tape *tape)
{
    static const uint8_t vector_bytes[VECTORS + 1] = {0, 16, 32, 64};
    return (generate_options){
        .size = SIZE_MIN + (data[1] & SIZE_MASK),
        .vector_bytes_max = vector_bytes[data[0] & VECTORS],
        .no_loops = data[0] & NO_LOOPS,
        .no_traps = data[0] & NO_TRAPS,
        .tape = tape,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static comparison c;
    if (c.code == NULL && !compare_init(&c)) abort();
    if (size < HEADER_BYTES) return 0;
    for (uint32_t i = 0; i < c.count; i++) c.tiers[i].off = i % SHARES != data[0] >> SHARE_SHIFT;
    generate_tape tape = {data + HEADER_BYTES, size - HEADER_BYTES};
    generate_options options = options_of(data, &tape);
    uint64_t seed = nf_hash_bytes(data, size);
    nf_module *module =
        generate_module(nf_os_allocator(), seed, data[0] & TWO_FUNCTIONS ? 2 : 1, &options);
    nf_error error = {.message = ""};
    if (module == NULL) return 0;
    bool valid = nf_module_verify(module, &error) == NF_OK;
    if (!valid || !compare_module(&c, module, seed)) {
        fprintf(stderr, "%s\n", valid ? c.fault : error.message);
        abort();
    }
    nf_module_free(module);
    return 0;
}
