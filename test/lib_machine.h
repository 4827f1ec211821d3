/*
 * A module as machine code, without the engine: each function behind a stub that jumps through a
 * word, so that functions may call each other and be compiled in any order.
 *
 *     stub ─► jmp [word]      word ─► the function's code
 */
#ifndef TEST_LIB_MACHINE_H
#define TEST_LIB_MACHINE_H

#include "code/code.h"
#include "x64/compile.h"

enum { MACHINE_SYMBOLS_MAX = 64 };

typedef nf_status machine_compile(const nf_func *f, const nf_compile *options, nf_compiled *out,
                                  nf_error *error);

/* A host symbol that the module declares. */
typedef struct machine_extern {
    const char *name;
    const void *address;
} machine_extern;

typedef struct machine {
    nf_code_memory *code;
    nf_arena arena;
    uint64_t *words; /* a page in reach of the code: what stubs jump through, then counters */
    uint64_t *entry_count, *loop_count;
    nf_module *module;                       /* of the last load */
    uint64_t addresses[MACHINE_SYMBOLS_MAX]; /* by symbol id: stubs, host symbols, data */
    uint64_t objects[2 * MACHINE_SYMBOLS_MAX];
    uint32_t object_count;
    nf_link link;
    nf_compiled compiled; /* the last function; its arena memory is gone at the next load */
    nf_error error;
} machine;

bool machine_init(machine *m);
void machine_free(machine *m);

/* Compiles all functions of the module; what was loaded before goes away. externs end with a NULL
 * name. On failure m->error tells more. */
nf_status machine_load(machine *m, nf_module *module, machine_compile *compile, uint64_t features,
                       const machine_extern *externs);
/* The stub of a function, NULL when there is none. */
const void *machine_function(const machine *m, const char *name);

#endif
