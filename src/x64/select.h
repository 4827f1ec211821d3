/*
 * Instruction selection: how NIR becomes LIR, and how a lowering is written.
 *
 * Blocks are taken in reverse layout order and each from its last instruction to its first, so that
 * all uses of a value come before its definition: a value that nobody asked for by then is never
 * computed. One NIR instruction gives a group of LIR instructions, written in program order; the
 * groups of a block are put the right way round at the end.
 *
 * A lowering of value v reads its operands and writes its result:
 *
 *     nf_vreg d = nf_select_result(s, v);               // the register that uses of v will read
 *     nf_vreg a = nf_select_value(s, inst->a);          // a register that holds a
 *     nf_lir_rm b = nf_select_rm(s, inst->b, 16);       // b: a register, or a load folded, or a
 * constant
 *
 *   three operands (VEX, EVEX)                two operands (legacy)
 *     nf_lir_begin(lir, NF_X_VADDPS, 16);       nf_lir_begin(lir, NF_X_ADDPS, 16);
 *     nf_lir_add(lir, NF_LIR_DEF, d);           nf_lir_add(lir, NF_LIR_DEF, d);
 *     nf_lir_add(lir, NF_LIR_USE, a);           nf_lir_add(lir, NF_LIR_TIED, a);
 *     nf_lir_rm_add(lir, b);                    nf_lir_rm_add(lir, b);
 *     nf_lir_end(lir);                          nf_lir_end(lir);
 *
 * which nf_select_binary() does for you, and nf_select_unary() for two operands. Intermediate
 * results go to nf_select_temp() registers, written once each. A mask: nf_lir_add(lir, NF_LIR_MASK,
 * k) with k of NF_CLASS_MASK, NF_LIR_ZEROING for zeroing; for merging add a TIED operand. A
 * constant vector: nf_select_constant() gives memory for an rm place, nf_select_constant_vreg() a
 * register. An instruction that has no EVEX form needs nf_select_low() on its vector registers.
 *
 * Folding: nf_select_rm() folds a load whose only use this is, when no effect stands between.
 * nf_select_folds() says whether another instruction may be computed inside its only user: the user
 * then reads that instruction's operands instead of its value (a comparison in a select). Rules:
 *   - take each operand once, and only after deciding what to fold: asking for a value makes it
 * live
 *   - never exchange floating-point operands: the first NaN must stay the first
 *   - legacy SSE reads 16 bytes aligned to 16: fold a load there only when nf_select_rm()'s bytes
 * are 16 and the load's alignment says so (it does check); VEX forms take any alignment
 *
 * What can't be lowered: nf_select_unsupported(); the compilation then fails with NF_UNSUPPORTED.
 */
#ifndef NF_X64_SELECT_H
#define NF_X64_SELECT_H

#include "compile.h"
#include "ir/cfg.h"
#include "lir.h"
#include "os/cpu.h"

typedef struct nf_select {
    const nf_func *func;
    const nf_compile *options;
    nf_lir *lir;
    nf_arena *arena;
    uint64_t features;
    nf_vreg *vregs;      /* by value id; none until somebody asks */
    uint32_t *uses;      /* by value id: how many places use it */
    uint32_t *epochs;    /* by value id: effects on memory before it, in its block */
    nf_vreg *masks;      /* by value id: mask registers that somebody asked for; NULL: nobody did */
    bool *unknown_upper; /* by value id: an i32 parameter of any upper bits; NULL: not asked */
    nf_block block;      /* being selected */
    nf_lir_block *lir_block;
    uint32_t epoch; /* of the instruction being selected */
    nf_value current;
    bool sealed;       /* loads may not be folded: the instruction may be selected more than once */
    nf_op unsupported; /* the first operation that could not be done */
    nf_type unsupported_type;
    nf_symbol unresolved; /* the first symbol without an address */
} nf_select;

static inline bool nf_select_has(const nf_select *s, uint64_t features)
{
    return (s->features & features) == features;
}

/* --- operands --- */
nf_vreg nf_select_value(nf_select *s, nf_value v);
nf_vreg nf_select_result(nf_select *s, nf_value v);
nf_vreg nf_select_temp(nf_select *s, nf_type type); /* class and size that this type has */
nf_vreg nf_select_mask(nf_select *s);               /* a new k register */
/* v as the last source of an instruction that reads `bytes` there: 1 to 64. */
nf_lir_rm nf_select_rm(nf_select *s, nf_value v, unsigned bytes);
/* The address of a load or store (or of mload, mstore). */
nf_lir_mem nf_select_address(nf_select *s, const nf_inst *access);
nf_lir_rm nf_select_constant(nf_select *s, const void *bytes, size_t size);
nf_vreg nf_select_constant_vreg(nf_select *s, const void *bytes, size_t size);
/* A register with this integer. */
nf_vreg nf_select_int(nf_select *s, int64_t value);

/* --- the whole function --- */
nf_status nf_select_run(const nf_func *f, const nf_cfg *cfg, const nf_compile *options, nf_lir *lir,
                        nf_error *error);

/* --- questions --- */
bool nf_select_folds(const nf_select *s, nf_value v);
/* Whether v is an integer constant; *value is it, sign-extended. */
bool nf_select_is_int(const nf_select *s, nf_value v, int64_t *value);

/* --- instructions; what they write is a new or result register --- */
void nf_select_unary(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_lir_rm a);
/* d = a op b. legacy: a is TIED; VEX and EVEX rows: a is a USE. The table of rows knows which. */
void nf_select_binary(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a, nf_lir_rm b);
/* The same with an immediate behind: shufps, roundss, vinsertf128, ... */
void nf_select_binary_imm(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_vreg a,
                          nf_lir_rm b, int64_t imm);
/* d = a op imm: pshufd, psrldq (legacy: tied where the row has one register), rorx. */
void nf_select_unary_imm(nf_select *s, unsigned op, unsigned width, nf_vreg d, nf_lir_rm a,
                         int64_t imm);
/* Fused multiply-add. Which operand is overwritten decides the form, and the form the order in
 * which the hardware looks for NaNs; this keeps a before b before c. */
typedef enum nf_fma_form { NF_FMA_132, NF_FMA_213, NF_FMA_231, NF_FMA_FORMS } nf_fma_form;
enum { NF_FMA_MINUS = 1, NF_FMA_NEGATED = 2, NF_FMA_SIGNS = 4 }; /* of the addend, the product */
typedef uint16_t nf_fma_rows[NF_FMA_SIGNS][NF_FMA_FORMS];
extern const nf_fma_rows nf_fma_vector_rows[2]; /* of f32, of f64 */
void nf_select_fma(nf_select *s, const nf_fma_rows *rows, unsigned width, nf_vreg d,
                   const nf_inst *inst, unsigned bytes);
void nf_select_store(nf_select *s, unsigned op, unsigned width, nf_lir_mem to, nf_vreg value);
/* d = v, a copy that the allocator tries to make vanish. */
void nf_select_copy(nf_select *s, nf_vreg d, nf_vreg v);
void nf_select_unsupported(nf_select *s, const nf_inst *inst);

/* --- the vector half: select_vector.c --- */

/* Lowers an instruction whose result, operand or stored value is a vector; false: can't. v's result
 * was asked for, or it has effects. */
bool nf_select_vector(nf_select *s, nf_value v);
/* How a vector can be had again, if v is one of constants. */
void nf_select_vector_remat(nf_select *s, nf_value v, nf_vreg_data *data);
bool nf_select_vector_supports(nf_op op, nf_type type, nf_type operand, uint64_t features);

#endif
