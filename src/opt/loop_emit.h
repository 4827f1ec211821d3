/*
 * Writing integer computations to the end of a block, folded while they are made: what is constant
 * comes out as a constant, so that a loop over 1024 elements needs no arithmetic in front of it.
 * Memory out: see ir.h (id 0, arena->failed). Freestanding.
 */
#ifndef NF_OPT_LOOP_EMIT_H
#define NF_OPT_LOOP_EMIT_H

#include "ir/ir.h"

typedef struct nf_loop_emit {
    nf_func *f;
    nf_block block;
} nf_loop_emit;

nf_value nf_loop_iconst(nf_loop_emit *e, nf_type type, int64_t value);
/* Of any scalar type, by its bits. */
nf_value nf_loop_bits(nf_loop_emit *e, nf_type type, int64_t bits);
/* A unary, binary or converting operation; type as in nf_build(). */
nf_value nf_loop_op(nf_loop_emit *e, nf_op op, nf_type type, nf_value a, nf_value b);
nf_value nf_loop_compare(nf_loop_emit *e, nf_cond cond, nf_value a, nf_value b);
/* a to an integer type by NF_OP_SEXT or ZEXT; cut when the type is narrower. */
nf_value nf_loop_resize(nf_loop_emit *e, nf_op extension, nf_type type, nf_value a);
/* True, and the number, when the value is an integer constant. */
bool nf_value_is_const(const nf_func *f, nf_value v, int64_t *number);

#endif
