/* The ways to make machine code of a function, all of which must mean what the evaluator says. */
#ifndef NF_WAYS_H
#define NF_WAYS_H

#include "opt/opt.h"
#include "x64/compile.h"

enum { WAYS_MAX = 48, WAY_NAME_BYTES = 40 };

typedef nf_status way_compiler(const nf_func *func, const nf_compile *options, nf_compiled *out,
                               nf_error *error);

/* A compiler with some of the CPU's features, of functions as they are or optimised. */
typedef struct way {
    char name[WAY_NAME_BYTES];
    way_compiler *compile;
    bool optimise;
    const nf_variant *variant;
    uint64_t features;
} way;

/* Those that this CPU can run: T1 and T2 as they are at four levels of CPU, and the pipeline for
 * every variant. The count. */
uint32_t ways_list(way ways[WAYS_MAX]);

/* The function, which stays as it is, compiled in that way; memory from the arena. */
nf_status way_compile(const way *way, const nf_func *func, const nf_link *link, nf_arena *arena,
                      nf_compiled *out, nf_error *error);

/* What the CPUs of a level have: SSE4.2, AVX2. */
uint64_t ways_features_sse4(void);
uint64_t ways_features_avx2(void);

#endif
