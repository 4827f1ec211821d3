/*
 * Emission: LIR with registers becomes machine code. Shared by the emit_*.c files.
 *
 * The frame, below the return address:
 *
 *     [rbp + 16 ...]   stack arguments
 *     [rbp]            the caller's rbp
 *     [rbp - 8 k]      saved registers, in the order of their numbers
 *     ...              spill slots; the area's top is aligned to 16 when there are vectors
 *     ...              locals
 *     [rsp ...]        outgoing stack arguments
 *
 * Locals that want more than 16 bytes of alignment are found from rsp, which then is aligned in the
 * prologue; everything else from rbp. rsp changes in between only inside one move.
 */
#ifndef NF_X64_EMIT_H
#define NF_X64_EMIT_H

#include "alloc.h"
#include "compile.h"
#include "lir.h"
#include "moves.h"

typedef struct nf_frame {
    uint32_t saved_count;
    uint32_t spill_top; /* depth below rbp at which the spill area starts */
    uint32_t *locals;   /* by local id: depth below rbp, or offset from rsp */
    bool locals_from_rsp;
    uint32_t align; /* of rsp, when locals_from_rsp */
    uint32_t bytes; /* that the prologue subtracts */
} nf_frame;

enum { NF_LOOP_ALIGN = 32 };

/* A place in the code up to which relax.c moves it as a whole. */
typedef enum nf_point_kind {
    NF_POINT_LABEL,
    NF_POINT_ALIGN, /* to NF_LOOP_ALIGN, by so many bytes */
    NF_POINT_JUMP_AHEAD,
    NF_POINT_JUMP_BACK,
} nf_point_kind;

typedef struct nf_point {
    uint32_t at;     /* offset; of jumps and alignments where they start */
    uint32_t label;  /* that is bound here, or jumped to */
    uint32_t aligns; /* alignments before it */
    uint8_t kind;    /* nf_point_kind */
    uint8_t bytes;
    int8_t cc; /* -1: always */
    bool is_short;
} nf_point;

typedef struct nf_jump_table {
    nf_label label;
    uint32_t first, count; /* in table_labels */
} nf_jump_table;

/* An edge whose moves stand by themselves. */
typedef struct nf_edge_stub {
    uint32_t edge;
    nf_label label;
} nf_edge_stub;

typedef struct nf_output {
    nf_asm *a;
    nf_lir *lir;
    const nf_alloc *alloc;
    nf_arena *arena;
    nf_frame frame;
    nf_moves moves;
    nf_label entry;
    nf_label *blocks;    /* by block */
    uint32_t *goes_to;   /* by block: itself, or where it only jumps to */
    uint32_t *next;      /* by block: the next one in the layout that is written */
    nf_label *constants; /* by constant; made when first used */
    bool flags_free;     /* the moves being written may change the flags */
    uint64_t spare;      /* registers that they may use */
    bool avx, wide_zero; /* wide_zero: upper halves have to be cleared for callees and callers */
    NF_VEC(nf_edge_stub) stubs; /* of the block being written */
    NF_VEC(nf_jump_table) tables;
    NF_VEC(nf_label) table_labels;
    NF_VEC(nf_point) points;
    uint32_t aligns;               /* so far */
    NF_VEC(uint32_t) label_aligns; /* by label: alignments before it */
    NF_VEC(nf_code_map) map;
    bool want_map;
    uint64_t *entry_count; /* or NULL */
} nf_output;

/* emit.c */
nf_status nf_output_run(nf_lir *lir, const nf_alloc *alloc, const nf_compile *options,
                        nf_compiled *out, nf_error *error);
void nf_output_epilogue(nf_output *e); /* all but the ret */
void nf_output_vzeroupper(nf_output *e, const nf_lir_inst *inst);
nf_mem nf_output_constant(nf_output *e, uint32_t id);
nf_mem nf_output_slot(const nf_output *e, uint32_t place);
nf_mem nf_output_local(const nf_output *e, uint32_t local, int64_t offset);
void nf_output_bind(nf_output *e, nf_label label);
void nf_output_jmp(nf_output *e, nf_label to);
void nf_output_jcc(nf_output *e, nf_cc cc, nf_label to);

/* relax.c */
/* Shortens jumps in the code that is there. */
void nf_output_relax(nf_output *e);

/* emit_move.c */
/* to = the value of v, which is at `from` (NF_PLACE_NONE: made again). */
void nf_output_place_move(nf_output *e, uint32_t to, uint32_t from, nf_vreg v);
uint32_t nf_output_spare_place(void *output, const nf_move *move); /* for nf_moves */
uint32_t nf_output_move_bytes(void *output, uint32_t payload);     /* likewise */
void nf_output_gap(nf_output *e, uint32_t inst);
void nf_output_edge(nf_output *e, uint32_t edge);
/* Whether any move of a list from nf_alloc does something. */
bool nf_output_has_moves(const nf_output *e, uint32_t list);
void nf_output_moves_inst(nf_output *e, const nf_lir_inst *inst);
/* v's remat as a memory operand. */
nf_mem nf_output_remat_mem(nf_output *e, const nf_vreg_data *data);

/* emit_inst.c */
void nf_output_inst(nf_output *e, const nf_lir_inst *inst);

/* emit_branch.c: the end of a block. false: the instruction is none. */
bool nf_output_branch(nf_output *e, uint32_t block, const nf_lir_inst *inst);
void nf_output_tables(nf_output *e);
void nf_output_thread_jumps(nf_output *e); /* fills goes_to and next */
/* Moves that belong in front of the block's instructions. */
void nf_output_block_moves(nf_output *e, uint32_t block);

#endif
