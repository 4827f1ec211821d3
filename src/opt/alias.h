/*
 * Which memory accesses can meet.
 *
 * Each i64 has a root: the local, symbol or parameter that it is an address of, as far as one can
 * see. Two accesses are apart when their alias classes differ, when they are at different places from
 * the same base, or when their roots are different things. A program that leaves a local or a
 * symbol's data by address arithmetic and comes out in another one has no defined meaning here.
 *
 * A snapshot: good while values keep their meaning, also when uses move to equal values.
 */
#ifndef NF_OPT_ALIAS_H
#define NF_OPT_ALIAS_H

#include "opt_internal.h"

typedef enum nf_root_kind {
    NF_ROOT_NONE,    /* not looked at yet */
    NF_ROOT_NUMBER,  /* no address: a size, an index */
    NF_ROOT_PARAM,   /* made from parameters without a promise, and numbers */
    NF_ROOT_NOALIAS, /* id: index of a parameter that no other one overlaps */
    NF_ROOT_LOCAL,   /* id: nf_local */
    NF_ROOT_SYMBOL,  /* id: nf_symbol */
    NF_ROOT_UNKNOWN,
} nf_root_kind;

typedef struct nf_root {
    uint32_t kind : 3, id : 29;
} nf_root;

typedef struct nf_alias {
    const nf_func *f;
    nf_root *roots; /* by value id */
    uint32_t value_count;
    nf_bitset escaped; /* locals whose address others may know */
    bool pessimistic;  /* block parameters are not followed any more */
} nf_alias;

/* False when memory is out. One that has nothing but its func, and was not made by this, still knows
 * addresses that are a local's or symbol's plus constants. */
bool nf_alias_init(nf_alias *alias, const nf_func *f, const nf_cfg *cfg, nf_arena *arena);

/* Where an access goes: [base + index << scale + offset]; base is none when it is the root itself. */
typedef struct nf_place {
    nf_value base, index;
    uint8_t scale_log2, class;
    nf_root root;
    int64_t offset;
    uint32_t bytes;
} nf_place;

nf_place nf_place_of(const nf_alias *alias, const nf_inst *access);

typedef enum nf_meeting { NF_APART, NF_PERHAPS, NF_SAME_BYTES } nf_meeting;
/* Both at one time: the values of their bases are the same run's. */
nf_meeting nf_places_meet(const nf_alias *alias, const nf_place *a, const nf_place *b);
/* The same where the bases may have changed in between, as from one iteration to the next. */
bool nf_places_apart_always(const nf_alias *alias, const nf_place *a, const nf_place *b);
/* Whether a call, or any code that knows no secret of this function, can touch the place. */
bool nf_place_is_private(const nf_alias *alias, const nf_place *place);
/* Whether the place is in data that never changes. */
bool nf_place_is_constant(const nf_alias *alias, const nf_place *place);
/* Whether all bytes of the place are surely there: in a local or in data, at a constant offset. */
bool nf_place_is_there(const nf_alias *alias, const nf_place *place);

/* What an instruction does to memory that others read and write. */
typedef enum nf_memory_use {
    NF_MEMORY_NONE,
    NF_MEMORY_LOAD,
    NF_MEMORY_STORE,
    NF_MEMORY_READ,    /* reads anything: a call that writes nothing */
    NF_MEMORY_BARRIER, /* reads and writes anything, or may not move: other calls, atomics, volatile */
} nf_memory_use;
nf_memory_use nf_memory_use_of_some(const nf_func *f, const nf_inst *inst); /* with an effect */
static inline nf_memory_use nf_memory_use_of(const nf_func *f, const nf_inst *inst)
{
    return nf_ops[inst->op].effects ? nf_memory_use_of_some(f, inst) : NF_MEMORY_NONE;
}

/* The writes in a loop, with those of the loops inside. */
enum { NF_LOOP_STORES_MAX = 24 };
typedef struct nf_loop_writes {
    nf_value stores[NF_LOOP_STORES_MAX];
    uint32_t store_count;
    bool many;    /* there are more stores than listed */
    bool barrier; /* something may write anything that is not private */
    bool reads;   /* something may read anything that is not private */
} nf_loop_writes;
/* By loop index; NULL when memory is out. */
nf_loop_writes *nf_loop_writes_find(const nf_func *f, const nf_cfg *cfg, nf_arena *arena);
/* Whether nothing in the loop writes the place. */
bool nf_loop_leaves(const nf_alias *alias, const nf_cfg *cfg, const nf_loop_writes *writes,
                    uint32_t loop, const nf_place *place);

/*
 * The same two, kept from pass to pass while nothing changes; NULL when memory is out. A pass that
 * removes, moves or replaces values, and makes none but constants, may say that they hold behind it
 * too: what then is known is true, if not all that could be.
 */
const nf_alias *nf_alias_get(nf_opt *opt, const nf_func *f);
const nf_loop_writes *nf_loop_writes_get(nf_opt *opt, const nf_func *f);
void nf_memory_keep(nf_opt *opt);

#endif
