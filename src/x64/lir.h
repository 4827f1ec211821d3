/*
 * LIR: machine instructions over virtual registers, between selection and emission.
 *
 *   selection ──► lir ──► allocation ──► lir with registers and moves ──► emission
 *
 * An instruction is a row of insn.def (or one of the pseudo operations below), a width, up to a
 * handful of operands, at most one memory operand and one immediate. Operands stand in Intel order:
 *
 *     vaddss  d, a, [b + i*4 + 8]     DEF d   USE a   BASE b   INDEX i      mem {scale 2, disp 8}
 *     sub     d, b      (d = a - b)   DEF d   TIED a  RM b
 *     shl     d, cl                   DEF d   TIED a  IMPLICIT rcx
 *     cmp     a, 7                    RM a    imm 7
 *
 * Virtual registers are in SSA form: one DEF each (or a place among a block's parameters), before
 * all uses. Physical registers are operands too, but live inside one block only, from a MOVES or an
 * implicit result to the instruction that takes them.
 *
 * TIED is the source that the result overwrites, in two-operand forms and merging masks: any place
 * will do, for emission copies it into the result's register first when the allocator did not give
 * it the same one. Everything else that such an instruction reads therefore is LATE: live while the
 * result is written. nf_lir_end() sees to that.
 *
 * An RM operand is encoded in ModRM.rm and may be read from its spill slot or constant.
 *
 * Flags: what reads the flags follows what sets them directly, or behind other readers. Such
 * readers have NF_LIR_READS_FLAGS; moves in front of them leave the flags alone.
 *
 * Freestanding; one thread. Out of memory sets arena->failed and gives harmless records.
 */
#ifndef NF_X64_LIR_H
#define NF_X64_LIR_H

#include "abi.h"
#include "asm.h"
#include "ir/ir.h"

/* --- registers --- */

/* 0: none; a physical register is its nf_reg and one; from NF_VREG_FIRST on virtual. */
typedef struct nf_vreg {
    uint32_t id;
} nf_vreg;

enum { NF_VREG_FIRST = 64 };

static inline nf_vreg nf_vreg_fixed(nf_reg reg)
{
    return (nf_vreg){(uint32_t)reg + 1};
}
static inline bool nf_vreg_is_fixed(nf_vreg v)
{
    return v.id < NF_VREG_FIRST;
}
static inline nf_reg nf_vreg_reg(nf_vreg v)
{
    return (nf_reg)(v.id - 1);
}

typedef enum nf_vreg_class {
    NF_CLASS_GPR,
    NF_CLASS_VECTOR,
    NF_CLASS_MASK, /* k1-k7 */
    NF_CLASS_COUNT,
} nf_vreg_class;

static inline nf_vreg_class nf_reg_class(nf_reg reg)
{
    return reg >= NF_K0 ? NF_CLASS_MASK : reg >= NF_XMM0 ? NF_CLASS_VECTOR : NF_CLASS_GPR;
}

/* How a value can be had again without keeping it anywhere. */
typedef enum nf_remat {
    NF_REMAT_NONE,
    NF_REMAT_INT,      /* payload: the 64 bits */
    NF_REMAT_LOCAL,    /* address of a stack local: payload local id << 32 | (uint32_t)offset */
    NF_REMAT_CONSTANT, /* payload: index of a constant, in memory */
    NF_REMAT_INCOMING, /* payload: offset of a stack argument; memory that nobody writes */
    NF_REMAT_FUNCTION, /* payload: an address in reach of the code */
} nf_remat;

/* Whether the value can be read as a memory operand. */
static inline bool nf_remat_in_memory(nf_remat remat)
{
    return remat == NF_REMAT_CONSTANT || remat == NF_REMAT_INCOMING;
}

typedef struct nf_vreg_data {
    uint8_t class_; /* nf_vreg_class */
    uint8_t bytes;  /* of the spill slot and of moves: 8 for GPR and masks, 4 to 64 for vectors */
    uint8_t remat;  /* nf_remat */
    bool low;       /* vectors: used where only XMM0-15 can be encoded */
    nf_vreg hint;   /* good to share a register with; fixed or virtual */
    nf_vreg next;   /* the loop's parameter that this is for the next iteration; better still */
    int64_t payload;
} nf_vreg_data;

/* --- instructions --- */

typedef enum nf_lir_op {
    NF_LIR_FIRST = NF_INSN_COUNT, /* below: rows of insn.def */
    NF_LIR_MOVES, /* DEF, FROM pairs: all at the same time, of any places to any places */
    NF_LIR_REMAT, /* DEF of a register with a remat kind; no code */
    NF_LIR_ADD,   /* d = a + rm, at width 4 or 8: DEF, TIED, RM; add or lea as the registers fall */
    NF_LIR_ADD_I, /* d = a + imm; the same */
    NF_LIR_SELECT_V,  /* d = cc ? b : c for vector registers, by a jump: DEF, TIED c, FROM b */
    NF_LIR_CALL_STUB, /* imm = address in reach; IMPLICIT arguments and results */
    NF_LIR_CALL_SELF, /* the function's own entry */
    NF_LIR_TAIL_STUB, /* epilogue, then a jump to imm */
    NF_LIR_TAIL_SELF,
    NF_LIR_TAIL_R, /* epilogue, then a jump through USE (a fixed register) */
    NF_LIR_TAIL_M, /* the same through the constant mem */
    NF_LIR_JMP,    /* edge 0 */
    NF_LIR_JCC,    /* cc: edge 0, else edge 1 */
    NF_LIR_SWITCH, /* USE value, TEMP, TEMP: to the edge with its key, else to edge 0 */
    NF_LIR_RET,
    NF_LIR_OP_END,
} nf_lir_op;

typedef enum nf_lir_role {
    NF_LIR_DEF,
    NF_LIR_USE,      /* in a register */
    NF_LIR_RM,       /* in a register, or in memory where the instruction has no mem */
    NF_LIR_TIED,     /* any place; not encoded */
    NF_LIR_FROM,     /* any place; not encoded */
    NF_LIR_IMPLICIT, /* a physical register that the instruction reads; not encoded */
    NF_LIR_IMPLICIT_DEF,
    NF_LIR_TEMP, /* a register of the instruction's own, other than all its operands' */
    NF_LIR_BASE,
    NF_LIR_INDEX,
    NF_LIR_MASK,
} nf_lir_role;

typedef struct nf_lir_operand {
    nf_vreg vreg;
    uint8_t role;    /* nf_lir_role */
    bool late;       /* still read while results are written */
    uint8_t reg;     /* after allocation: nf_reg; NF_REG_NONE: the spill slot or the remat */
    uint8_t in_slot; /* reg is none: whether it is the slot */
} nf_lir_operand;

enum {
    NF_LIR_READS_FLAGS = 1,
    NF_LIR_CLOBBERS = 2, /* a call: everything that the callee need not save */
    NF_LIR_ZEROING = 4,  /* EVEX: masked lanes become zero */
    NF_LIR_HAS_IMM = 8,
    NF_LIR_COMMUTES = 16,       /* the TIED and the RM operand may be exchanged */
    NF_LIR_AND_NOT_PARITY = 32, /* JCC: cc and not P */
    NF_LIR_OR_PARITY = 64,      /* JCC: cc or P */
    NF_LIR_WIDE_ABI = 128,      /* call or ret with 32- or 64-byte vectors: no vzeroupper */
};

typedef struct nf_lir_inst {
    uint16_t op; /* nf_insn or nf_lir_op */
    uint8_t width;
    uint8_t cc;
    uint16_t flags;
    uint16_t operand_count;
    uint32_t operands; /* first, in lir->operands */
    uint32_t mem;      /* in lir->mems; 0: none */
    int64_t imm;
    nf_value origin;
} nf_lir_inst;

typedef enum nf_lir_mem_kind {
    NF_LIR_MEM_REGS,     /* BASE + INDEX << scale + disp; either may be missing */
    NF_LIR_MEM_LOCAL,    /* a stack local (id) + INDEX << scale + disp */
    NF_LIR_MEM_CONSTANT, /* constant (id) + disp */
    NF_LIR_MEM_ARGUMENT, /* outgoing stack argument at disp */
} nf_lir_mem_kind;

typedef struct nf_lir_mem {
    nf_vreg base, index;
    uint8_t kind; /* nf_lir_mem_kind */
    uint8_t scale_log2;
    int32_t disp;
    uint32_t id;
} nf_lir_mem;

/* A source that is a register or memory. in_register: its spill slot is narrower than the
 * instruction reads, so a register it must be. */
typedef struct nf_lir_rm {
    nf_vreg vreg; /* none: mem */
    bool in_register;
    nf_lir_mem mem;
} nf_lir_rm;

typedef struct nf_lir_constant {
    const void *bytes;
    uint32_t size; /* 4, 8, 16, 32, 64 */
} nf_lir_constant;

/* --- blocks, in layout order --- */

typedef struct nf_lir_edge {
    int64_t key;              /* of a switch case; edge 0 is the default */
    uint32_t from, to;        /* blocks */
    uint32_t args, arg_count; /* in lir->args: one vreg per parameter of `to`; none: not needed */
} nf_lir_edge;

typedef struct nf_lir_block {
    uint32_t first, end;          /* instructions; never empty, the last one ends the block */
    uint32_t params, param_count; /* in lir->args */
    uint32_t edges, edge_count;   /* out, in lir->edges */
    uint32_t preds, pred_count;   /* in lir->preds: edges */
    uint32_t loop;                /* index in lir->loops, or NF_NO_LOOP */
    uint32_t depth;               /* of loops */
    bool cold;                    /* seldom run; in no loop, whatever it comes from */
    bool fatal;                   /* and leads to a trap */
    nf_block origin;
} nf_lir_block;

/* Loops are contiguous in the layout but for cold blocks, which belong to none. */
typedef struct nf_lir_loop {
    uint32_t first, end; /* blocks */
    uint32_t parent;     /* or NF_NO_LOOP */
    bool innermost;
} nf_lir_loop;

typedef struct nf_lir {
    nf_arena *arena;
    const nf_func *func;
    NF_VEC(nf_vreg_data) vregs; /* [0, NF_VREG_FIRST) stand for physical registers */
    NF_VEC(nf_lir_inst) insts;
    NF_VEC(nf_lir_operand) operands;
    NF_VEC(nf_lir_mem) mems; /* [0] unused */
    NF_VEC(nf_lir_constant) constants;
    NF_VEC(nf_vreg) args;
    NF_VEC(nf_lir_edge) edges;
    NF_VEC(uint32_t) preds;
    NF_VEC(nf_lir_loop) loops;
    nf_lir_block *blocks;
    uint32_t block_count;
    uint64_t features;
    uint32_t outgoing_bytes; /* largest area of stack arguments */
    bool has_calls;
    bool wide;         /* uses YMM or ZMM registers */
    nf_lir_inst spare; /* takes the writes when memory is out */
} nf_lir;

/* --- building; see select.h for how a lowering is written --- */

void nf_lir_init(nf_lir *lir, nf_arena *arena, const nf_func *func, uint64_t features);
nf_vreg nf_lir_vreg(nf_lir *lir, nf_vreg_class class_, unsigned bytes);

/* A new instruction at the end; the calls below add to it, in Intel order. */
void nf_lir_begin(nf_lir *lir, unsigned op, unsigned width);
void nf_lir_add(nf_lir *lir, nf_lir_role role, nf_vreg vreg);
void nf_lir_rm_add(nf_lir *lir, nf_lir_rm rm); /* an RM operand, or the memory operand */
void nf_lir_mem_add(nf_lir *lir, nf_lir_mem mem);
void nf_lir_imm(nf_lir *lir, int64_t imm);
void nf_lir_address(nf_lir *lir, uint64_t address); /* of a pseudo instruction */
void nf_lir_cc(nf_lir *lir, nf_cc cc);              /* reads the flags */
void nf_lir_flag(nf_lir *lir, unsigned flag);
void nf_lir_end(nf_lir *lir); /* the instruction is complete */
/* Whether the CPU that is compiled for has the instruction, in the encoding that it will have. */
bool nf_lir_runs(const nf_lir *lir, const nf_lir_inst *inst);

/* The constant's index; bytes are copied, equal ones found again at emission. */
uint32_t nf_lir_constant_new(nf_lir *lir, const void *bytes, size_t size);

static inline nf_vreg_data *nf_vreg_at(const nf_lir *lir, nf_vreg v)
{
    return &lir->vregs.data[v.id];
}
static inline nf_lir_operand *nf_lir_operand_at(const nf_lir *lir, const nf_lir_inst *inst,
                                                uint32_t i)
{
    return &lir->operands.data[inst->operands + i];
}

/* Whether what the instruction makes goes there. */
static inline bool nf_lir_defines(const nf_lir_operand *operand)
{
    return operand->role == NF_LIR_DEF || operand->role == NF_LIR_IMPLICIT_DEF;
}

static inline nf_lir_rm nf_rm_vreg(nf_vreg v)
{
    return (nf_lir_rm){.vreg = v};
}
static inline nf_lir_rm nf_rm_mem(nf_lir_mem mem)
{
    return (nf_lir_rm){.mem = mem};
}

#endif
