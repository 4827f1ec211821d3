/*
 * The baseline tier's files share this: what is known of values, blocks and loops, where operands
 * are, and who emits what.
 *
 *   baseline_order.c    blocks in an order in which definitions come before uses; loops as ranges
 *   baseline_live.c     the pre-pass: uses, intervals, weights, hints, calls
 *   baseline_assign.c   a register or a frame slot for every value, for its whole life; the frame
 *   baseline.c          the emitting walk, prologue, epilogue
 *   baseline_xmm.c      instructions on XMM registers, in the encoding that the CPU wants
 *   baseline_place.c    operands into registers, results into slots, parallel moves
 *   baseline_int.c, _bits.c, _float.c, _convert.c, _compare.c    scalar operations
 *   baseline_count.c    back edges: counted, and where the engine may step in
 *   baseline_memory.c, _control.c, _switch.c, _call.c, _vector.c, _lanes.c    the rest
 *
 * Registers: RAX, RCX, RDX, XMM14 and XMM15 are scratch within one instruction; in functions with
 * vectors also R8 to R10 and XMM11 to XMM13, which hold lanes. The others hold values.
 */
#ifndef NF_X64_BASELINE_INTERNAL_H
#define NF_X64_BASELINE_INTERNAL_H

#include "abi.h"
#include "baseline_quick.h"
#include "compile.h"
#include "moves.h"
#include "base/assert.h"
#include "os/cpu.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#define SCRATCH_A   NF_RAX
#define SCRATCH_C   NF_RCX
#define SCRATCH_D   NF_RDX
#define CALL_TARGET NF_R11
#define SCRATCH_X   ((nf_reg)(NF_XMM0 + 15))
#define SCRATCH_Y   ((nf_reg)(NF_XMM0 + 14))
#define LANE_INT    NF_R8                    /* and the two behind it */
#define LANE_FLOAT  ((nf_reg)(NF_XMM0 + 11)) /* likewise */

/* Where a value is. From AT_INT on it is a constant that is made anew at each use. */
enum {
    AT_NONE,  /* nobody needs it */
    AT_REG,   /* reg */
    AT_SLOT,  /* [rbp + disp] */
    AT_FUSED, /* the comparison or load `value`, which its only user, a branch or select or an
                 extension, does itself */
    AT_INT,   /* the integer disp */
    AT_WIDE,  /* the iconst `value`, which 32 bits don't hold */
    AT_FLOAT, /* the fconst `value` */
    AT_LOCAL, /* the address that the local `value` is */
    AT_SYMBOL /* the address that the symbol `value` is */
};

/* Which registers a value lives in; vectors live in slots. */
enum { FILE_INT, FILE_FLOAT, FILE_VECTOR };

/* 8 bytes, so that it is loaded and passed as one word. */
typedef struct nf_operand {
    union {
        int32_t disp;
        uint32_t value;
        uint32_t hint; /* of a value that has no place yet: another value, whose register would
                          suit, or HINT_REG and a register, or 0 */
    };
    uint8_t at;
    uint8_t reg;
    uint8_t file; /* of a value: FILE_INT, FILE_FLOAT, FILE_VECTOR */
    bool ahead;   /* a constant that the prologue has made in its register */
} nf_operand;

/* Time is counted in definitions that want a place, and calls: see baseline_live.c. A moment is a
 * time and, in the upper half, the order index of a block. */
typedef struct nf_baseline_value {
    uint64_t last;    /* moment of the last use in block order */
    uint64_t born;    /* moment of the definition */
    uint64_t touched; /* the number of uses times ONE_USE, and the weight: how often it is touched,
                         loops counting more. Of a floating-point constant, in the walk: its label,
                         when it has one */
    nf_operand place;
} nf_baseline_value;
_Static_assert(sizeof(nf_baseline_value) == 32, "two to a cache line");

/* A weight that grows beyond 32 bits adds a use, which does no harm: it has many. */
#define ONE_USE         (UINT64_C(1) << 32)
#define HINT_REG        UINT32_C(0x80000000)
#define DEFINED_BY_CALL UINT32_C(0x80000000)

typedef struct nf_baseline_block {
    uint32_t id;
    uint32_t end;          /* time of the terminator */
    uint32_t walk_end;     /* of what is emitted, in `walk` */
    uint32_t loop;         /* innermost loop that contains it; 0: none */
    uint32_t loop_end;     /* of a loop's header: order index of the loop's last block, and 1 */
    uint32_t entered_from; /* order index of the first block with an edge to here */
    nf_label label;
    bool reached;
} nf_baseline_block;

/* Blocks header to end in order; loops nest. */
typedef struct nf_baseline_loop {
    uint32_t header, end;
    uint32_t parent; /* 0: none */
    uint32_t weight; /* of one touch inside */
    bool calls;      /* in no loop inside of it */
} nf_baseline_loop;

typedef struct nf_local_place {
    uint8_t base; /* RBP, or RSP when aligned to more than 16 */
    int32_t disp;
} nf_local_place;

enum { NF_PENDING_MAX = 4, NF_LOOP_CONSTANTS_MAX = 16 };

typedef struct nf_pending_move {
    nf_operand to, from;
    nf_value value;
} nf_pending_move;

/* A jump table, written behind the code: distances from the table to the targets. */
typedef struct nf_jump_table {
    nf_label label;
    const nf_label *targets;
    uint32_t count;
} nf_jump_table;

typedef struct nf_baseline {
    const nf_func *f;
    const nf_compile *options;
    nf_arena *arena;
    uint64_t features;
    nf_error *error;
    nf_status status;
    nf_asm a;
    nf_baseline_value *values; /* by value id; [0] takes the uses of empty operands */
    nf_baseline_block *blocks; /* in order, entry first */
    uint32_t *index;           /* by block id: order index */
    uint32_t block_count;
    nf_baseline_loop *loops; /* [0] unused */
    uint32_t loop_count;
    uint32_t
        *defs; /* by time: the value that is defined then; DEFINED_BY_CALL, also without result */
    uint32_t def_count;
    uint32_t
        loop_constants[NF_LOOP_CONSTANTS_MAX]; /* long ones that stand in loops; the first few */
    uint32_t loop_constant_count;
    uint32_t *walk; /* the instructions that code may have to be made for, in order */
    bool has_vectors, has_calls;
    nf_operand count; /* of back edges, from -nf_compile.back_edges to 0; AT_NONE: not counted */
    nf_label turn;    /* what happens at 0 */
    uint32_t outgoing_bytes; /* stack arguments of the calls */
    /* the frame */
    uint32_t saved_mask, saved_count;
    uint32_t slot_end;      /* slots lie between the saved registers and RBP - slot_end */
    int32_t vector_temp;    /* 64 bytes for the vector emitters, from RBP */
    uint32_t frame_bytes;   /* below the saved RBP, all told */
    uint32_t frame_align;   /* more than 16: RSP is aligned further */
    nf_local_place *locals; /* by local id */
    /* the walk */
    uint32_t block; /* order index */
    nf_pending_move pending[NF_PENDING_MAX];
    uint32_t pending_count;
    bool has_general_moves; /* more than these are in `moves` */
    nf_moves moves;
    NF_VEC(nf_jump_table) tables;
    NF_VEC(nf_code_map) map;
} nf_baseline;

/* One scalar operation: also one lane of a vector operation. dst may be the register of an operand
 * that dies here, and never is a scratch register other than SCRATCH_A and SCRATCH_X. */
typedef struct nf_work {
    uint16_t op;
    uint8_t sub;
    nf_type type, from; /* of the result and of a; scalars */
    nf_reg dst;
    nf_operand a, b, c;
} nf_work;

typedef void nf_work_emit(nf_baseline *job, nf_work *w);

/* Flags left by a comparison. With EQUAL_ORDERED the condition is "E and not P", with
 * UNEQUAL_UNORDERED "NE or P". */
typedef struct nf_test {
    uint8_t cc;
    enum { PLAIN, EQUAL_ORDERED, UNEQUAL_UNORDERED } parity;
} nf_test;

/* --- analysis --- */
nf_status nf_baseline_analyse(nf_baseline *job);
void nf_baseline_order(nf_baseline *job);
void nf_baseline_live(nf_baseline *job);
void nf_baseline_assign(nf_baseline *job);
void nf_baseline_frame(nf_baseline *job);
/* Whether this CPU needs a call of nf_baseline_soft() for the operation. */
bool nf_baseline_is_soft(const nf_baseline *job, nf_op op);
bool nf_baseline_any_soft(const nf_baseline *job); /* for any operation */

/* --- places --- */
/* The bits of a constant operand but AT_LOCAL. */
int64_t nf_operand_bits(nf_baseline *job, nf_operand o);
/* Base register and displacement of AT_LOCAL. */
int64_t nf_operand_local(const nf_baseline *job, nf_operand o, uint8_t *base);
nf_reg nf_operand_int(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg scratch);
void nf_operand_int_to(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to);
nf_reg nf_operand_float(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg scratch);
void nf_operand_float_to(nf_baseline *job, nf_operand o, unsigned bytes, nf_reg to);
/* The operand of a floating-point instruction: a register, or memory that is in *mem. */
bool nf_operand_float_mem(nf_baseline *job, nf_operand o, unsigned bytes, nf_mem *mem);
void nf_copy_memory(nf_baseline *job, nf_mem to, nf_mem from, unsigned bytes);
/* The register holding a new value goes to the value's place. */
void nf_result_store(nf_baseline *job, nf_value v, nf_reg reg);
/* Moves that happen at the same time: noted one by one, then emitted in an order that works. The
 * value says what is moved. */
void nf_move_later(nf_baseline *job, nf_operand to, nf_operand from, nf_value value);
void nf_moves_emit(nf_baseline *job);
nf_label nf_constant_bytes(nf_baseline *job, uint64_t bits, unsigned bytes);

static inline uint64_t nf_moment_at(uint32_t time, uint32_t block)
{
    return (uint64_t)block << 32 | time;
}

static inline uint32_t nf_moment_block(uint64_t moment)
{
    return (uint32_t)(moment >> 32);
}

static inline nf_operand nf_operand_of(const nf_baseline *job, nf_value v)
{
    return job->values[v.id].place;
}

static inline nf_operand nf_operand_reg(nf_reg reg)
{
    return (nf_operand){.at = AT_REG, .reg = (uint8_t)reg};
}

static inline bool nf_is_comparison(const nf_inst *inst)
{
    return (inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP) && inst->type == NF_I8;
}

/* Whether the walk goes to the comparison right in front of a branch only by way of the branch. */
static inline bool nf_compares_itself(const nf_baseline *job, const nf_inst *branch)
{
    return branch->prev.id == branch->a.id && nf_is_comparison(nf_inst_at(job->f, branch->a)) &&
           !job->options->want_map;
}

static inline bool nf_operand_is_reg(nf_operand o, nf_reg reg)
{
    return o.at == AT_REG && o.reg == reg;
}

static inline nf_mem nf_slot(nf_operand o)
{
    return nf_mem_base(NF_RBP, o.disp);
}

/* The slot of a vector, and a lane in it. */
static inline nf_mem nf_vector_of(const nf_baseline *job, nf_value v)
{
    return nf_slot(nf_operand_of(job, v));
}

static inline nf_mem nf_lane_at(nf_mem vector, unsigned lane_bytes, unsigned lane)
{
    vector.disp += (int32_t)(lane_bytes * lane);
    return vector;
}

static inline bool nf_fits_i32(int64_t value)
{
    return value == (int32_t)value;
}

static inline bool nf_has(const nf_baseline *job, uint64_t feature)
{
    return (job->features & feature) != 0;
}

/* --- instructions on XMM registers: a row of SSE's, in VEX where the CPU has AVX --- */
/* That row's VEX form; NF_X_NONE on a CPU without. */
nf_insn nf_xmm_row(const nf_baseline *job, nf_insn insn);
void nf_xmm_rr(nf_baseline *job, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm);
void nf_xmm_rm(nf_baseline *job, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm);
void nf_xmm_mr(nf_baseline *job, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg);
void nf_xmm_rri(nf_baseline *job, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, uint8_t imm);

/* --- emission --- */
extern nf_work_emit *const nf_scalar_emitters[NF_OP_COUNT];
nf_work_emit nf_emit_alu, nf_emit_add, nf_emit_mul, nf_emit_mulh, nf_emit_divide, nf_emit_shift,
    nf_emit_rotate, nf_emit_min_max, nf_emit_abs, nf_emit_overflow;
nf_work_emit nf_emit_clz, nf_emit_ctz, nf_emit_popcnt, nf_emit_bswap;
nf_work_emit nf_emit_float_binary, nf_emit_fma, nf_emit_fmuladd, nf_emit_sqrt, nf_emit_float_sign,
    nf_emit_copysign, nf_emit_round;
nf_work_emit nf_emit_extend, nf_emit_trunc, nf_emit_int_to_float, nf_emit_uint_to_float,
    nf_emit_float_to_int, nf_emit_float_to_uint, nf_emit_float_resize, nf_emit_bitcast;
nf_work_emit nf_emit_compare, nf_emit_select;
nf_work_emit nf_emit_soft;

void nf_alu(nf_baseline *job, nf_insn insn, unsigned width, nf_reg dst, nf_operand o);
void nf_alu_constant(nf_baseline *job, nf_insn insn, unsigned width, nf_reg dst, int64_t value);
/* to = the operand of so many bytes, extended to 8 bytes. */
void nf_extend_to(nf_baseline *job, nf_operand o, bool sign, unsigned bytes, nf_reg to);
nf_test nf_compare(nf_baseline *job, nf_work *w);
/* The test of a condition: a fused comparison, or any i8. */
nf_test nf_condition(nf_baseline *job, nf_operand o);
nf_test nf_test_not(nf_test test);
void nf_jump_if(nf_baseline *job, nf_test test, nf_label to);
void nf_work_fill(nf_baseline *job, nf_work *w, const nf_inst *inst);

typedef void nf_inst_emit(nf_baseline *job, nf_value v, const nf_inst *inst);
nf_inst_emit nf_emit_scalar, nf_emit_simple, nf_emit_simple_mul, nf_emit_simple_float,
    nf_emit_simple_compare;
nf_inst_emit nf_emit_load, nf_emit_extension, nf_emit_store, nf_emit_mload, nf_emit_mstore,
    nf_emit_call, nf_emit_tail_call, nf_emit_br, nf_emit_brif, nf_emit_switch, nf_emit_ret,
    nf_emit_trap, nf_emit_vector, nf_emit_splat, nf_emit_iota, nf_emit_extract, nf_emit_insert,
    nf_emit_reverse, nf_emit_reduce, nf_emit_vector_bitcast;

/* index: inst's b where that is one. */
nf_mem nf_address_of(nf_baseline *job, const nf_inst *inst, nf_value index);
/* Exactly the type's bytes; the store clobbers SCRATCH_D unless the operand is in a register. */
void nf_load_scalar(nf_baseline *job, nf_reg dst, nf_mem from, nf_type type);
void nf_store_scalar(nf_baseline *job, nf_mem to, nf_operand o, nf_type type);
void nf_emit_entry_moves(nf_baseline *job);
void nf_emit_epilogue(nf_baseline *job); /* up to, not with, the ret or jmp */
void nf_count_reset(nf_baseline *job);
void nf_count_flush(nf_baseline *job); /* adds to loop_count what was counted; clobbers SCRATCH_C */
/* A counted back edge to the block of this order index, but for the jump there that ends it. */
void nf_emit_back_edge(nf_baseline *job, uint32_t to);
void nf_emit_turn(nf_baseline *job);
void nf_emit_edge(nf_baseline *job, const nf_edge *edge, bool fall_through);
bool nf_edge_is_plain(nf_baseline *job, const nf_edge *edge);
void nf_emit_jump_tables(nf_baseline *job);
/* Address of a symbol; on failure job->status is set. */
uint64_t nf_symbol_address(nf_baseline *job, nf_symbol symbol);

#endif
