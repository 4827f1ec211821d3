/* Between the files of the scalar half of instruction selection. */
#ifndef NF_X64_SELECT_INTERNAL_H
#define NF_X64_SELECT_INTERNAL_H

#include "select.h"

/* A condition as the flags have it: cc, and what is to be said about the parity flag (set by an
 * unordered comparison): NF_LIR_AND_NOT_PARITY, NF_LIR_OR_PARITY or 0. */
typedef struct nf_flags {
    nf_cc cc;
    unsigned parity;
} nf_flags;

/* select_blocks.c: layout, edges and loops; false: no memory. */
bool nf_select_blocks(nf_lir *lir, const nf_cfg *cfg);

/* select.c */
nf_value nf_select_strip(const nf_select *s, nf_value v); /* through scalar trunc */
static inline const nf_inst *nf_select_inst(const nf_select *s, nf_value v)
{
    return &s->func->insts.data[v.id];
}
uint64_t nf_select_symbol(nf_select *s, nf_symbol symbol); /* its address */
/* d = op a in place: neg, not, bswap. */
void nf_select_in_place(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a);
/* The same with an immediate: shl, add, and, ... */
void nf_select_in_place_imm(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a,
                            int64_t imm);
nf_vreg nf_select_gpr(nf_select *s); /* a new general register */
/* MOVES of one pair. */
void nf_select_move(nf_select *s, nf_vreg d, nf_vreg from);
/* v extended from its type to 32 bits (64 when to is 8); v's register itself when it is so wide. */
nf_vreg nf_select_extended(nf_select *s, nf_value v, bool sign, unsigned to);
void nf_select_extend(nf_select *s, nf_vreg d, nf_lir_rm a, bool sign, unsigned to, unsigned from);

/* select_address.c */
bool nf_select_match_lea(nf_select *s, nf_value v, nf_lir_mem *mem);

/* select_compare.c: emits what sets the flags for a boolean, which must be used at once. */
nf_flags nf_select_condition(nf_select *s, nf_value condition);
/* d = flags ? 1 : 0, as an i8. */
void nf_select_setcc(nf_select *s, nf_vreg d, nf_flags flags);
/* d = flags ? b : otherwise, in general registers; width 4 or 8. */
void nf_select_cmov(nf_select *s, unsigned width, nf_vreg d, nf_flags flags, nf_lir_rm b,
                    nf_vreg otherwise);

/* One function per operation. A repeated declaration (two operations, one function) is fine. */
typedef void nf_lowering(nf_select *s, nf_value v, const nf_inst *inst);
#define LOWERING(op, function) nf_lowering nf_lower_##function;
#include "lowerings.def"
#undef LOWERING

/* select_memory.c: writes a value of this type; i8 to i64 and what lives in vector registers. */
void nf_select_write(nf_select *s, nf_type type, nf_lir_mem to, nf_value value);

/* select_call.c: a floating-point operation of three operands as a call of the evaluator. */
void nf_select_soft(nf_select *s, nf_vreg d, const nf_inst *inst);
/* The parameters of the entry block. */
void nf_select_entry(nf_select *s);

#endif
