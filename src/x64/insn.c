/*
 * The table of instructions, expanded for the emitters, and what it answers.
 *
 * insn.def is written for people; here each of its columns becomes a byte of an nf_form, and what
 * the legacy form has before ModRM, an nf_code. What an emitter would have to derive from a row at
 * each instruction is derived here by the compiler instead.
 *
 *   INSN(XADD_MR, "xadd", GM_G, NP, 0F, C0, r, WB, L, no, 0, 1248, base, none)
 *     nf_codes[NF_X_XADD_MR], width 2:   66 0f c1, length 3;   66 40 0f c1, length 4
 *                             width 8:   48 0f c1, length 3;   the same
 *
 * Invariant: a token of the table that has no meaning here does not compile.
 * Source: Intel SDM volume 2, section 3.1.1 (how to read the encoding lines).
 */
#include "asm_internal.h"
#include "os/cpu.h"

/* d, form, N, width: the value of each token of those columns. */
enum {
    DIGIT_r = 0,
    DIGIT_0 = 0,
    DIGIT_1,
    DIGIT_2,
    DIGIT_3,
    DIGIT_4,
    DIGIT_5,
    DIGIT_6,
    DIGIT_7,

    FORM_SET_L = FORM_LEGACY,
    FORM_SET_V = FORM_VEX,
    FORM_SET_E = FORM_EVEX,
    FORM_SET_Ek = FORM_EVEX | FORM_MASK,
    FORM_SET_Ez = FORM_EVEX | FORM_MASK | FORM_ZERO,
    FORM_SET_VE = FORM_VEX | FORM_EVEX,
    FORM_SET_VEk = FORM_VEX | FORM_SET_Ek,
    FORM_SET_VEz = FORM_VEX | FORM_SET_Ez,

    UNIT_no = UNIT_FIXED,
    UNIT_N1 = UNIT_FIXED,
    UNIT_N2 = UNIT_FIXED | 1,
    UNIT_N4 = UNIT_FIXED | 2,
    UNIT_N8 = UNIT_FIXED | 3,
    UNIT_N16 = UNIT_FIXED | 4,
    UNIT_N32 = UNIT_FIXED | 5,
    UNIT_V = UNIT_WIDTH,
    UNIT_V2 = UNIT_WIDTH | 1,
    UNIT_V4 = UNIT_WIDTH | 2,
    UNIT_V8 = UNIT_WIDTH | 3,

    WIDTH_any = 0x7f,
    WIDTH_1 = 1,
    WIDTH_2 = 2,
    WIDTH_4 = 4,
    WIDTH_8 = 8,
    WIDTH_48 = 4 | 8,
    WIDTH_248 = 2 | 4 | 8,
    WIDTH_1248 = 1 | 2 | 4 | 8,
    WIDTH_SS = 4 | 16,
    WIDTH_SD = 8 | 16,
    WIDTH_X = 16,
    WIDTH_Y = 32,
    WIDTH_Z = 64,
    WIDTH_XY = 16 | 32,
    WIDTH_YZ = 32 | 64,
    WIDTH_XYZ = 16 | 32 | 64,
};

/* pp: the byte of the legacy form, the field of the others; map: escape bytes and field. */
enum {
    PREFIX_NP = 0,
    PREFIX_66 = 0x66,
    PREFIX_F3 = 0xf3,
    PREFIX_F2 = 0xf2,
    PREFIX_F0 = 0xf0,
    REX = 0x40,
    PP_NP = 0,
    PP_66 = 1,
    PP_F3 = 2,
    PP_F2 = 3,
    PP_F0 = 0, /* legacy only */
    MAP_1B = 0,
    MAP_0F,
    MAP_0F38,
    MAP_0F3A,
    OPCODE_BYTES_1B = 1,
    OPCODE_BYTES_0F,
    OPCODE_BYTES_0F38,
    OPCODE_BYTES_0F3A = 3,
};

#define OPCODE_1B(op)   (op)
#define OPCODE_0F(op)   (0x0f | (op) << 8)
#define OPCODE_0F38(op) (0x0f | 0x38 << 8 | (op) << 16)
#define OPCODE_0F3A(op) (0x0f | 0x3a << 8 | (op) << 16)

/* W: the mode at this width. */
#define W_W0(width)  0
#define W_W1(width)  MODE_W
#define W_WE(width)  MODE_W_EVEX
#define W_WQ(width)  ((width) == 8 ? MODE_W : 0)
#define W_WV(width)  (W_WQ(width) | ((width) == 2 ? MODE_66 : 0))
#define W_WB(width)  (W_WV(width) | ((width) == 1 ? MODE_BYTES : MODE_PLUS_1))
#define W_WX(width)  (W_WV(width) | MODE_RM_BYTE)
#define W_WR8(width) MODE_RM_BYTE
#define W_W0L(width) MODE_L
#define W_W1L(width) (MODE_W | MODE_L)

/* The places of the operands that differ from one shape to the next. */
enum {
#define SHAPE(name, a, b, c, d)                                                                    \
    RM_FIRST_##name = (OPERAND_##a & OPERAND_PLACE) == OPERAND_RM,                                 \
    FIRST_##name = OPERAND_##a & OPERAND_PLACE, THIRD_##name = OPERAND_##c & OPERAND_PLACE,
#include "shapes.def"
#undef SHAPE
};

const nf_shape_info nf_shapes[NF_SHAPE_COUNT] = {
#define SHAPE(name, a, b, c, d)                                                                    \
    {#name,                                                                                        \
     {(uint8_t)OPERAND_##a, (uint8_t)OPERAND_##b, (uint8_t)OPERAND_##c, (uint8_t)OPERAND_##d}},
#include "shapes.def"
#undef SHAPE
};

const nf_form nf_forms[NF_INSN_COUNT] = {
#define INSN(name, mnemonic, operands, pp_, map_, op, d, w, form, n, imm_, width, needs, evex)     \
    [NF_X_##name] = {.mode = {W_##w(1), W_##w(2), W_##w(4), W_##w(8)},                             \
                     .digit = DIGIT_##d,                                                           \
                     .imm = IMM_##imm_,                                                            \
                     .first_place = FIRST_##operands,                                              \
                     .third_place = THIRD_##operands,                                              \
                     .forms = FORM_SET_##form,                                                     \
                     .pp = PP_##pp_,                                                               \
                     .map = MAP_##map_,                                                            \
                     .opcode = 0x##op,                                                             \
                     .disp_unit = UNIT_##n,                                                        \
                     .widths = WIDTH_##width,                                                      \
                     .shape = NF_SHAPE_##operands,                                                 \
                     .prefix = PREFIX_##pp_},
#include "insn.def"
#undef INSN
};

/* The legacy form of a row at one width. mode: MODE_ bits; count: of prefixes; rex: 0 or 1 of it. */
#define BIT(set, name)             (((set) & (name)) != 0)
#define PREFIXES(mode, prefix)     (BIT(mode, MODE_66) ? PREFIX_66 | (prefix) << 8 : (prefix))
#define PREFIX_COUNT(mode, prefix) (BIT(mode, MODE_66) + ((prefix) != 0))
#define REX_OF(mode)               (REX | ((mode)&MODE_W))
#define NOTES(mode, count, length, rm_first)                                                       \
    ((uint64_t)(length) << CODE_LENGTH_SHIFT | (uint64_t)(count) << CODE_PREFIX_SHIFT |            \
     (uint64_t)(rm_first) << CODE_RM_FIRST_SHIFT |                                                 \
     (uint64_t)BIT(mode, MODE_BYTES) << CODE_BYTES_SHIFT |                                         \
     (uint64_t)BIT(mode, MODE_RM_BYTE) << CODE_RM_BYTE_SHIFT)
#define CODE_BYTES(mode, prefix, count, rex, opcode, bytes, rm_first)                              \
    (PREFIXES(mode, prefix) | (uint64_t)((rex)*REX_OF(mode)) << 8 * (count) |                      \
     (uint64_t)(opcode) << 8 * ((count) + (rex)) |                                                 \
     NOTES(mode, count, (count) + (rex) + (bytes), rm_first))
#define CODE(mode, prefix, count, opcode, bytes, rm_first)                                         \
    {                                                                                              \
        CODE_BYTES(mode, prefix, count, BIT(mode, MODE_W), opcode, bytes, rm_first),               \
            CODE_BYTES(mode, prefix, count, 1, opcode, bytes, rm_first)                            \
    }
#define CODE_AT(mode, pp, map, op, operands)                                                       \
    CODE(mode, PREFIX_##pp, PREFIX_COUNT(mode, PREFIX_##pp),                                       \
         OPCODE_##map((op) + BIT(mode, MODE_PLUS_1)), OPCODE_BYTES_##map, RM_FIRST_##operands)

const nf_code nf_codes[NF_INSN_COUNT][WIDTH_INDICES] = {
#define INSN(name, mnemonic, operands, pp, map, op, d, w, form, n, imm, width, needs, evex)        \
    [NF_X_##name] = {CODE_AT(W_##w(1), pp, map, 0x##op, operands),                                 \
                     CODE_AT(W_##w(2), pp, map, 0x##op, operands),                                 \
                     CODE_AT(W_##w(4), pp, map, 0x##op, operands),                                 \
                     CODE_AT(W_##w(8), pp, map, 0x##op, operands)},
#include "insn.def"
#undef INSN
};

static const char *const names[NF_INSN_COUNT] = {
    "NONE",
#define INSN(name, ...) #name,
#include "insn.def"
#undef INSN
};

static const char *const mnemonics[NF_INSN_COUNT] = {
    "none",
#define INSN(name, mnemonic, ...) mnemonic,
#include "insn.def"
#undef INSN
};

/* The tokens of the columns needs and EVEX, and their CPU features: at 16 bytes, and at 32. */
#define CPU(name) (UINT64_C(1) << NF_CPU_INDEX_##name)
#define NEEDS(X)                                                                                   \
    X(base, 0, 0)                                                                                  \
    X(none, UINT64_MAX, UINT64_MAX)                                                                \
    X(SSE3, CPU(SSE3), CPU(SSE3))                                                                  \
    X(SSSE3, CPU(SSSE3), CPU(SSSE3))                                                               \
    X(SSE41, CPU(SSE41), CPU(SSE41))                                                               \
    X(SSE42, CPU(SSE42), CPU(SSE42))                                                               \
    X(POPCNT, CPU(POPCNT), CPU(POPCNT))                                                            \
    X(LZCNT, CPU(LZCNT), CPU(LZCNT))                                                               \
    X(BMI1, CPU(BMI1), CPU(BMI1))                                                                  \
    X(BMI2, CPU(BMI2), CPU(BMI2))                                                                  \
    X(MOVBE, CPU(MOVBE), CPU(MOVBE))                                                               \
    X(RDTSCP, CPU(RDTSCP), CPU(RDTSCP))                                                            \
    X(AVX, CPU(AVX), CPU(AVX))                                                                     \
    X(AVX2, CPU(AVX2), CPU(AVX2))                                                                  \
    X(AVXI, CPU(AVX), CPU(AVX2))                                                                   \
    X(FMA, CPU(FMA), CPU(FMA))                                                                     \
    X(F, CPU(AVX512F), CPU(AVX512F))                                                               \
    X(BW, CPU(AVX512BW), CPU(AVX512BW))                                                            \
    X(DQ, CPU(AVX512DQ), CPU(AVX512DQ))                                                            \
    X(CD, CPU(AVX512CD), CPU(AVX512CD))                                                            \
    X(VBMI, CPU(AVX512VBMI), CPU(AVX512VBMI))                                                      \
    X(VNNI, CPU(AVX512VNNI), CPU(AVX512VNNI))                                                      \
    X(VPOPCNT, CPU(AVX512VPOPCNTDQ), CPU(AVX512VPOPCNTDQ))                                         \
    X(BITALG, CPU(AVX512BITALG), CPU(AVX512BITALG))

enum {
#define NEED(name, narrow, wide) NEED_##name,
    NEEDS(NEED)
#undef NEED
};

static const struct {
    uint64_t at[2]; /* up to 16 bytes; more */
} need_features[] = {
#define NEED(name, narrow, wide) {{narrow, wide}},
    NEEDS(NEED)
#undef NEED
};

static const struct {
    uint8_t plain, evex;
} needs_of[NF_INSN_COUNT] = {
#define INSN(name, mnemonic, operands, pp, map, op, d, w, form, n, imm, width, needs, evex)        \
    [NF_X_##name] = {NEED_##needs, NEED_##evex},
#include "insn.def"
#undef INSN
};

enum { NARROW_BYTES_MAX = 16, VEX_BYTES_MAX = 32, SCALAR_WIDTHS = 1 | 2 | 4 | 8 };

uint64_t nf_insn_feature_evex(nf_insn insn, unsigned width)
{
    const nf_form *form = &nf_forms[insn];
    if (!(form->forms & FORM_EVEX)) return UINT64_MAX;
    bool packed = (form->widths & SCALAR_WIDTHS) == 0;
    uint64_t length = packed && width <= VEX_BYTES_MAX ? CPU(AVX512VL) : 0;
    return need_features[needs_of[insn].evex].at[0] | CPU(AVX512F) | length;
}

uint64_t nf_insn_feature(nf_insn insn, unsigned width)
{
    unsigned forms = nf_forms[insn].forms;
    bool evex = forms & FORM_EVEX && (width > VEX_BYTES_MAX || !(forms & FORM_VEX));
    if (evex) return nf_insn_feature_evex(insn, width);
    return need_features[needs_of[insn].plain].at[width > NARROW_BYTES_MAX];
}

bool nf_insn_has_width(nf_insn insn, unsigned width)
{
    return nf_forms[insn].widths & width;
}

const char *nf_insn_name(nf_insn insn)
{
    return names[insn];
}

const char *nf_insn_mnemonic(nf_insn insn)
{
    return mnemonics[insn];
}

static unsigned kind_of(nf_reg reg)
{
    return reg <= NF_R15 ? OPERAND_G : reg <= NF_XMM31 ? OPERAND_X : reg <= NF_K7 ? OPERAND_K : 0u;
}

bool nf_form_takes(nf_insn insn, unsigned index, nf_reg reg)
{
    return nf_shapes[nf_forms[insn].shape].operands[index] & kind_of(reg);
}

bool nf_form_takes_memory(nf_insn insn, unsigned index)
{
    return nf_shapes[nf_forms[insn].shape].operands[index] & OPERAND_M;
}
