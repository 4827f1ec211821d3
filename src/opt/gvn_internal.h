/*
 * Between gvn.c (equal values) and gvn_memory.c (what memory holds).
 *
 * Memory has versions: the entry's, one behind each store and each barrier, and one for each join of
 * different versions. A load's version is the last one that can have changed what it reads.
 */
#ifndef NF_OPT_GVN_INTERNAL_H
#define NF_OPT_GVN_INTERNAL_H

#include "alias.h"

typedef enum nf_version_kind {
    NF_VERSION_ENTRY,
    NF_VERSION_STORE,   /* by inst */
    NF_VERSION_BARRIER, /* by inst: only private memory is as before */
    NF_VERSION_JOIN,    /* of several versions */
    NF_VERSION_LOOP,    /* of the version in front of the loop (previous) and what the loop makes */
} nf_version_kind;

typedef struct nf_version {
    uint8_t kind;
    uint32_t previous; /* the version before, where there is one */
    uint32_t loop;
    nf_value inst;
} nf_version;

typedef struct nf_gvn_memory {
    nf_func *f;
    const nf_cfg *cfg;
    nf_arena *arena;
    nf_alias alias;
    const nf_loop_writes *writes;
    NF_VEC(nf_version) versions;
    uint32_t *at_end; /* by block id: version plus 1; 0 when not known yet */
    uint32_t current;
    uint32_t *of_load; /* by value id: version plus 1 that the load reads */
    uint32_t value_count;
} nf_gvn_memory;

bool nf_gvn_memory_init(nf_gvn_memory *m, nf_opt *opt, nf_func *f, const nf_cfg *cfg);
void nf_gvn_memory_enter(nf_gvn_memory *m, nf_block b); /* blocks come in reverse post-order */
void nf_gvn_memory_leave(nf_gvn_memory *m, nf_block b);
/* Finds the version that the load reads and remembers it; when that was made by a store of the same
 * bytes, gives the stored value, which may be of another type. */
nf_value nf_gvn_memory_load(nf_gvn_memory *m, nf_value load);
/* The instruction's write makes a new version. True when it is a store of what is there already, and
 * may be removed. */
bool nf_gvn_memory_write(nf_gvn_memory *m, nf_value v);

#endif
