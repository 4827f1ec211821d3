/*
 * Live intervals, shared by the files of the register allocator.
 *
 * Positions: instruction i reads at 2i and writes at 2i + 1. A range is [from, to).
 *
 *     i        use at 2i: range to 2i + 1; late use at 2i + 1: to 2i + 2; definition: from 2i + 1
 *     block    [2 first, 2 end); parameters are defined at 2 first, edges' arguments read at the end
 *
 * A vreg starts as one interval; splitting gives it siblings, in order of position, each with one
 * place. Splits are at even positions, in the gap in front of an instruction; a value may go to
 * memory at an odd one, between reading and writing: its store is in the gap before.
 */
#ifndef NF_X64_ALLOC_INTERNAL_H
#define NF_X64_ALLOC_INTERNAL_H

#include "alloc.h"

typedef struct nf_range {
    uint32_t from, to;
    uint32_t next; /* in ranges; 0 ends */
} nf_range;

/* How badly a register is needed. */
typedef enum nf_use_kind {
    NF_USE_ANY,  /* memory is as good (nearly) */
    NF_USE_WANT, /* can be a memory operand; in a loop a register is better */
    NF_USE_MUST,
} nf_use_kind;

typedef struct nf_use {
    uint32_t position;
    uint8_t kind;  /* nf_use_kind */
    uint32_t next; /* in uses; 0 ends */
} nf_use;

typedef struct nf_interval {
    uint32_t vreg;
    uint32_t ranges, uses;             /* all of this part's */
    uint32_t range_cursor, use_cursor; /* the first that are not behind the scan */
    uint32_t last_use;                 /* the last one behind the scan, or start */
    uint32_t start, end;
    uint32_t sibling; /* the next part; 0: none */
    uint8_t reg;      /* nf_reg; NF_REG_NONE: slot or remat */
    bool split;       /* not the first part */
} nf_interval;

/* A physical register's own ranges, ascending. */
typedef struct nf_fixed {
    NF_VEC(nf_range) ranges;
    uint32_t cursor;
} nf_fixed;

enum { NF_FIXED_COUNT = NF_K7 + 1 };

/* A list of numbers for each of many things: items from start[i] up to start[i + 1]. */
typedef struct nf_lists {
    uint32_t *start, *items;
} nf_lists;

typedef struct nf_scan {
    nf_lir *lir;
    nf_arena *arena;
    nf_alloc *alloc;
    NF_VEC(nf_range) ranges;       /* [0] unused */
    NF_VEC(nf_use) uses;           /* [0] unused */
    NF_VEC(nf_interval) intervals; /* [vreg] is its first part; parts split off follow */
    nf_fixed fixed[NF_FIXED_COUNT];
    uint64_t fixed_mask;    /* registers with ranges that are not behind the scan */
    NF_VEC(uint32_t) calls; /* positions at which calls destroy registers, ascending */
    uint32_t call_cursor;
    uint32_t *block_of; /* by instruction */
    /* liveness */
    uint32_t *def_block; /* by vreg */
    nf_lists live_in;    /* by block: vregs */
    nf_lists loop_reads; /* by loop: vregs from outside that its blocks read */
    /* the scan */
    uint32_t position;
    uint32_t active[NF_FIXED_COUNT];    /* interval in each register, or 0 */
    uint32_t active_to[NF_FIXED_COUNT]; /* where the range ends that it is in */
    uint32_t active_next;               /* none of these ends before */
    uint64_t active_mask;
    NF_VEC(uint32_t) inactive;
    NF_VEC(uint32_t) heap; /* intervals split off, by start */
    bool stuck;            /* an instruction found no register: our own bug */
    uint8_t *latest;       /* by vreg: register it had last, or NF_REG_NONE */
} nf_scan;

static inline nf_interval *nf_interval_at(const nf_scan *s, uint32_t id)
{
    return &s->intervals.data[id];
}
static inline nf_range *nf_range_at(const nf_scan *s, uint32_t id)
{
    return &s->ranges.data[id];
}
static inline nf_use *nf_use_at(const nf_scan *s, uint32_t id)
{
    return &s->uses.data[id];
}

static inline uint32_t nf_block_start(const nf_scan *s, uint32_t block)
{
    return 2 * s->lir->blocks[block].first;
}
static inline uint32_t nf_block_end(const nf_scan *s, uint32_t block)
{
    return 2 * s->lir->blocks[block].end;
}
/* The block of a position; the end of the last block belongs to it. */
static inline uint32_t nf_block_at_position(const nf_scan *s, uint32_t position)
{
    uint32_t inst = position / 2;
    return s->block_of[inst < s->lir->insts.count ? inst : s->lir->insts.count - 1];
}

/* alloc_live.c */
bool nf_scan_live(nf_scan *s);
/* alloc_build.c */
bool nf_scan_build(nf_scan *s);
/* alloc_interval.c */
/* Moves the cursors to the scan's position. */
void nf_interval_advance(const nf_scan *s, nf_interval *it);
bool nf_interval_covers(const nf_scan *s, const nf_interval *it, uint32_t position);
/* First position where both live, or UINT32_MAX. */
uint32_t nf_interval_meets(const nf_scan *s, const nf_interval *a, const nf_interval *b);
uint32_t nf_interval_meets_fixed(const nf_scan *s, const nf_interval *it, const nf_fixed *fixed);
/* First call that the interval lives across, or UINT32_MAX. */
uint32_t nf_interval_meets_call(const nf_scan *s, const nf_interval *it);
/* First use at or behind a position whose kind is at least so strong, or UINT32_MAX. */
uint32_t nf_interval_next_use(const nf_scan *s, const nf_interval *it, uint32_t from,
                              nf_use_kind kind);
/* Cuts `it` so that a new sibling has all from `position` on; its id, 0 when memory is out. */
uint32_t nf_interval_split(nf_scan *s, uint32_t it, uint32_t position);
/* Where between min and max a value should change its place: max, or the start of the outermost
 * loop around max that min is outside of. */
uint32_t nf_scan_best_split(const nf_scan *s, uint32_t min, uint32_t max);
/* alloc_resolve.c */
bool nf_scan_resolve(nf_scan *s);

#endif
