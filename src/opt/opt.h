/*
 * The optimiser: passes over NIR, a pipeline, and the variants that race.
 *
 * A pass changes one function in place (a clone that belongs to the caller) and says whether it
 * changed anything. passes.def is the list: each pass runs alone (nf_pass_run) and as part of
 * the pipeline. In debug builds the verifier runs behind every pass. Scratch memory comes from
 * the context's arena, results from the function's. Freestanding; one thread per context.
 */
#ifndef NF_OPT_OPT_H
#define NF_OPT_OPT_H

#include "ir/ir.h"

/* One way to compile a function: what the vectoriser and the unroller are told. */
typedef struct nf_variant {
    const char *name;     /* "scalar", "unroll4", "avx2.u4", as in version names */
    uint8_t vector_bytes; /* 0: no vectorising; 16, 32, 64 */
    uint8_t interleave;   /* vector bodies or scalar copies per iteration: 1, 2, 4, 8 */
    bool contract;        /* a product with its sum in one rounding where the source allows it */
    uint64_t features;    /* CPU features that it needs */
} nf_variant;

extern const nf_variant nf_variants[];
extern const uint32_t nf_variant_count;
/* So many of them, the first ones, give the evaluator's bits: all that do not contract. */
extern const uint32_t nf_variant_exact_count;

typedef struct nf_opt nf_opt;
struct nf_opt {
    nf_arena *scratch;
    uint64_t features;         /* of this CPU */
    const nf_variant *variant; /* NULL: scalar */
    /* Whether the back end can do a vector operation (x64/compile.h's nf_backend_supports; opt
     * stands above x64, so it is handed in). NULL: everything. */
    bool (*supports)(nf_op op, nf_type type, nf_type operand, uint64_t features);
    /* Called behind each pass when not NULL (dumps, timing). */
    void (*after)(nf_opt *opt, const char *pass, const nf_func *f, bool changed);
    void *context;
    struct nf_flow *flow;   /* the passes' own, while they run */
    uint32_t hints;         /* the same */
    const char *stop_after; /* name of a pass, the first run of which is the last; or NULL */
    /* What the passes did, for reports: loops vectorised, unrolled, calls inlined, with reasons;
     * trees of scalars made trees of vectors. */
    uint32_t loops_vectorised, loops_unrolled, calls_inlined, trees_packed;
    char remark[160]; /* why a loop was not vectorised, the last one; "" when all were */
};

/* Runs the whole pipeline for opt->variant. */
nf_status nf_opt_run(nf_opt *opt, nf_func *f, nf_error *error);
/* Runs one pass by name. NF_ARGUMENT when there is none. */
nf_status nf_pass_run(nf_opt *opt, const char *name, nf_func *f, nf_error *error);
/* The passes in order of the pipeline: name and one line of meaning; NULL behind the last. */
const char *nf_pass_name(uint32_t index);
const char *nf_pass_meaning(uint32_t index);

/* What a call of the function can do, through every call that it makes: the ground for racing. */
enum { NF_EFFECTS_REASON_BYTES = 192 };
typedef struct nf_effects {
    bool reads, writes; /* memory other than its own locals */
    bool contracts;     /* leaves it to the compiler whether to round a product that is added to */
    bool containable;   /* effects known and containable: no host call but listed ones, no indirect
                           call, volatile, atomic */
    char reason[NF_EFFECTS_REASON_BYTES]; /* why not, the first place; "" when containable */
} nf_effects;
/* MEMORY is the only failure. Reads the module only. */
nf_status nf_effects_of(const nf_func *f, nf_arena *scratch, nf_effects *effects);

#endif
