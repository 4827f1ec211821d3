/*
 * The x86-64 encoder: instructions by table (insn.def), labels, constants and relocations.
 *
 * One nf_asm writes one function into an arena buffer. Every emitter takes an nf_insn (a row of
 * insn.def: NF_X_ and the Intel mnemonic, with a suffix where a mnemonic has several shapes), a
 * width, and operands in Intel order (destination first).
 *
 *   width    general registers: 1, 2, 4, 8 bytes of the operand
 *            vectors: 16, 32, 64 bytes;  scalar floating point: 4 or 8 where one row serves both
 *   suffixes _MR   register into r/m (a store, or the other direction of a move)
 *            _I    immediate into r/m
 *            _CL   shift by CL
 *   Operands go to the emitter in Intel's order whatever their place in the encoding: in a row that
 *   stores (_MR), the first register of an _rr emitter is the r/m; in bzhi and shlx the last one of
 *   nf_asm_v_rrr() is VEX.vvvv. Memory has its own place in each emitter's name.
 *
 *   register or memory: each shape has an emitter ending in _r and one ending in _m for its r/m
 *
 * Errors (memory out, a displacement that does not fit) set asm->failed; emitters may still be
 * called and the caller checks once at the end, in nf_asm_finish(). An operand that the form can't
 * take is our own bug: an assert. One thread at a time. Freestanding.
 * Source: Intel SDM volume 2 (and its EVEX chapter 2.7).
 */
#ifndef NF_X64_ASM_H
#define NF_X64_ASM_H

#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"

typedef enum nf_insn {
    NF_X_NONE,
#define INSN(name, ...) NF_X_##name,
#include "insn.def"
#undef INSN
    NF_INSN_COUNT
} nf_insn;

/* General registers 0-15, vectors 16-47, masks 48-55. */
/* clang-format off */
typedef enum nf_reg {
    NF_RAX, NF_RCX, NF_RDX, NF_RBX, NF_RSP, NF_RBP, NF_RSI, NF_RDI,
    NF_R8, NF_R9, NF_R10, NF_R11, NF_R12, NF_R13, NF_R14, NF_R15,
    NF_XMM0 = 16, NF_XMM31 = 47,
    NF_K0 = 48, NF_K7 = 55,
    NF_REG_NONE = 0xf4, /* in a nf_mem; the low bits are what the encoding wants there */
    NF_RIP = 0xf5,
} nf_reg;

/* Condition codes as the hardware numbers them. c ^ 1 is the opposite. */
typedef enum nf_cc {
    NF_CC_O, NF_CC_NO, NF_CC_B, NF_CC_AE, NF_CC_E, NF_CC_NE, NF_CC_BE, NF_CC_A,
    NF_CC_S, NF_CC_NS, NF_CC_P, NF_CC_NP, NF_CC_L, NF_CC_GE, NF_CC_LE, NF_CC_G,
} nf_cc;
/* clang-format on */

typedef struct nf_label {
    uint32_t id; /* 0 is no label */
} nf_label;

/* base + index << scale + disp; or, with base NF_RIP, a label, or an absolute address that will be in
 * reach of the code and is reached through a REL32 relocation; both + disp. Build these two with
 * nf_mem_label() and nf_mem_address(). Two registers' worth, so pass it by value. */
typedef struct nf_mem {
    uint8_t base, index; /* nf_reg or NF_REG_NONE; index is never RSP */
    uint8_t scale_log2;
    bool is_address;
    int32_t disp;
    union {
        nf_label label;
        uint64_t address;
    };
} nf_mem;

static inline nf_mem nf_mem_base(nf_reg base, int32_t disp)
{
    return (nf_mem){.base = (uint8_t)base, .index = NF_REG_NONE, .disp = disp};
}

static inline nf_mem nf_mem_address(uint64_t address)
{
    return (nf_mem){.base = NF_RIP, .index = NF_REG_NONE, .is_address = true, .address = address};
}

static inline nf_mem nf_mem_label(nf_label label)
{
    return (nf_mem){.base = NF_RIP, .index = NF_REG_NONE, .label = label};
}

/* What must be filled in when the final address is known. */
typedef enum nf_reloc_kind {
    NF_RELOC_REL32,  /* 4 bytes: target - (address of the field + 4) + addend */
    NF_RELOC_ABS64,  /* 8 bytes: target + addend */
    NF_RELOC_SELF64, /* 8 bytes: this blob's own start + addend (jump tables) */
} nf_reloc_kind;

typedef struct nf_reloc {
    uint32_t offset; /* of the field in the blob */
    uint32_t kind;
    uint64_t target; /* absolute address */
    int64_t addend;
} nf_reloc;

/* A masked EVEX operation: opmask register k1-k7 (0: none), zeroing or merging. */
typedef struct nf_evex {
    uint8_t mask; /* 0-7 */
    bool zero;
} nf_evex;

/* A field that holds a label's place: filled in when the label is bound. */
typedef struct nf_fixup {
    uint32_t offset; /* of the field */
    uint32_t label;
    int32_t addend; /* to the label, counted from the field's end */
    uint32_t kind;  /* NF_RELOC_REL32, or NF_RELOC_SELF64 */
} nf_fixup;

enum { NF_ASM_CODE_BYTES_MAX = 64 << 20, NF_ASM_SPARE_BYTES = 64, NF_ASM_ROOM_BYTES = 32 };

typedef struct nf_asm {
    uint8_t *start, *cursor, *limit;
    uint8_t *full; /* the last place of the cursor at an emitter's entry: 32 bytes are free there */
    nf_arena *arena;
    NF_VEC(nf_reloc) relocs;
    NF_VEC(uint32_t) labels; /* offset of each, UINT32_MAX while unbound; [0] unused */
    NF_VEC(nf_fixup) fixups;
    struct nf_asm_constants *constants; /* NULL: none */
    uint32_t align;                     /* of the blob's start */
    bool failed;
    nf_status status; /* why */
    /* After a failure code goes here; so an nf_asm must not be moved. */
    uint8_t spare[NF_ASM_SPARE_BYTES];
} nf_asm;

/* size_hint: expected bytes of code; the buffer grows when that is not enough. */
void nf_asm_init(nf_asm *a, nf_arena *arena, size_t size_hint);

/* Makes room for about so many labels and uses of labels that are not bound yet. */
void nf_asm_expect(nf_asm *a, uint32_t labels, uint32_t fixups);

static inline uint32_t nf_asm_offset(const nf_asm *a)
{
    return (uint32_t)(a->cursor - a->start);
}

/* For who writes an instruction's bytes at the cursor without an emitter (at most 15 of them): moves on
 * behind them and makes room again. */
void nf_asm_grow(nf_asm *a);
static inline void nf_asm_advance(nf_asm *a, unsigned bytes)
{
    a->cursor += bytes;
    if (__builtin_expect(a->cursor > a->full, 0)) nf_asm_grow(a);
}

/* --- labels and constants --- */
nf_label nf_asm_label(nf_asm *a);            /* new, unbound */
void nf_asm_bind(nf_asm *a, nf_label label); /* here */
/* size bytes (4, 8, 16, 32 or 64) behind the code, aligned to their size; equal ones are shared. */
nf_label nf_asm_constant(nf_asm *a, const void *bytes, size_t size);

/* --- control flow --- */
void nf_asm_jmp(nf_asm *a, nf_label to); /* short when the label is bound and near */
void nf_asm_jcc(nf_asm *a, nf_cc cc, nf_label to);
void nf_asm_jmp_far(nf_asm *a, nf_label to);           /* the long forms */
void nf_asm_jcc_far(nf_asm *a, nf_cc cc, nf_label to); /* the same */
void nf_asm_jmp_address(nf_asm *a, uint64_t to);       /* rel32 with a relocation */
void nf_asm_call(nf_asm *a, nf_label to);              /* rel32 */
void nf_asm_call_address(nf_asm *a, uint64_t to);      /* rel32 with a relocation */
/* reg = address of the label (lea reg, [rip + label]). */
void nf_asm_lea_label(nf_asm *a, nf_reg reg, nf_label label);
void nf_asm_align(nf_asm *a, uint32_t alignment); /* with multi-byte NOPs */
void nf_asm_nops(uint8_t *to, uint32_t bytes);    /* the same, anywhere */
void nf_asm_byte(nf_asm *a, uint8_t byte);
void nf_asm_u32(nf_asm *a, uint32_t word);
void nf_asm_u64(nf_asm *a, uint64_t word);
/* 8 bytes: the label's own address (an entry of a jump table), by a SELF64 relocation. */
void nf_asm_label_address(nf_asm *a, nf_label label);

/* reg = value, by the shortest of xor, mov r32 imm32, mov r64 simm32, mov r64 imm64. Clobbers flags
 * only when flags_free. */
void nf_asm_mov_imm(nf_asm *a, nf_reg reg, uint64_t value, bool flags_free);

/* --- general-register forms --- */
void nf_asm_r(nf_asm *a, nf_insn insn, unsigned width,
              nf_reg rm); /* neg, not, mul, idiv, push, ... */
void nf_asm_m(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm);
void nf_asm_rr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm);
void nf_asm_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm);
void nf_asm_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg); /* _MR rows */
void nf_asm_ri(nf_asm *a, nf_insn insn, unsigned width, nf_reg rm,
               int64_t imm); /* _I rows: imm8 when it fits */
void nf_asm_mi(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, int64_t imm);
void nf_asm_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, int64_t imm);
void nf_asm_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, int64_t imm);
void nf_asm_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg,
                int64_t imm); /* pextrb, shld, ... */
void nf_asm_setcc(nf_asm *a, nf_cc cc, nf_reg reg);
void nf_asm_setcc_m(nf_asm *a, nf_cc cc, nf_mem rm);
void nf_asm_cmov(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_reg rm);
void nf_asm_cmov_m(nf_asm *a, nf_cc cc, unsigned width, nf_reg reg, nf_mem rm);
/* movzx/movsx reg (to bytes wide) from r/m (from bytes wide); 4 to 8 unsigned is mov r32. */
void nf_asm_extend(nf_asm *a, bool sign, unsigned to, unsigned from, nf_reg reg, nf_reg rm);
void nf_asm_extend_m(nf_asm *a, bool sign, unsigned to, unsigned from, nf_reg reg, nf_mem rm);
/* ret, cdq, cqo, ud2, endbr64, vzeroupper, ...; the width does not matter. */
void nf_asm_zero_operand(nf_asm *a, nf_insn insn, unsigned width);

/* --- vector and scalar-FP forms. Legacy SSE rows take rr/rm/mr/rri/rmi above (width 16 or the
 * row's own). VEX and EVEX rows: v_ emitters; the encoder picks VEX when the registers are below
 * 16, the width is at most 32, there is no mask and the row has a VEX form; else EVEX. --- */
void nf_asm_v_rr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, nf_evex e);
void nf_asm_v_rm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, nf_evex e);
void nf_asm_v_mr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, nf_evex e);
void nf_asm_v_rrr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                  nf_evex e);
void nf_asm_v_rrm(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                  nf_evex e);
void nf_asm_v_rri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg rm, uint8_t imm,
                  nf_evex e);
void nf_asm_v_rmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_mem rm, uint8_t imm,
                  nf_evex e);
void nf_asm_v_rrri(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                   uint8_t imm, nf_evex e);
void nf_asm_v_rrmi(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                   uint8_t imm, nf_evex e);
/* Stores with an immediate (vextractf128), and masked stores (vmaskmovps mem, v, reg). */
void nf_asm_v_mri(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg reg, uint8_t imm,
                  nf_evex e);
void nf_asm_v_mrr(nf_asm *a, nf_insn insn, unsigned width, nf_mem rm, nf_reg v, nf_reg reg,
                  nf_evex e);
/* vblendvps and kin: the fourth register in imm8[7:4]. VEX only. */
void nf_asm_v_rrrr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_reg rm,
                   nf_reg mask);
void nf_asm_v_rrmr(nf_asm *a, nf_insn insn, unsigned width, nf_reg reg, nf_reg v, nf_mem rm,
                   nf_reg mask);

static const nf_evex NF_UNMASKED __attribute__((unused)) = {0, false};

/* --- what the table says --- */

/* What the CPU must have (NF_CPU_ bits) to run this row at this width with registers below 16 and
 * no mask; the second: with a mask or registers from 16 on, or UINT64_MAX when there is no such
 * form. */
uint64_t nf_insn_feature(nf_insn insn, unsigned width);
uint64_t nf_insn_feature_evex(nf_insn insn, unsigned width);
bool nf_insn_has_width(nf_insn insn, unsigned width);
const char *nf_insn_name(nf_insn insn);     /* "PSLLD_I" */
const char *nf_insn_mnemonic(nf_insn insn); /* "pslld" */

/*
 * Ends the function: places the constants behind the code, resolves labels. The blob's bytes and
 * relocations stay in the arena. NF_ERR: MEMORY, LIMIT.
 */
typedef struct nf_blob {
    const uint8_t *bytes;
    uint32_t code_bytes, total_bytes; /* code; code and constants */
    uint32_t align;                   /* of the origin: 16, or the largest constant's */
    uint32_t origin;                  /* the place in it that is aligned, mostly its start */
    const nf_reloc *relocs;
    uint32_t reloc_count;
} nf_blob;

nf_status nf_asm_finish(nf_asm *a, nf_blob *blob, nf_error *error);

#endif
