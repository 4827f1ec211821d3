/*
 * Shifts of vectors: by a constant, by one number for all lanes (a splat), by a number for each
 * lane.
 *
 *                 8 bits           16                32           64
 *   constant      words            by imm            by imm       by imm; signed: sign moved
 *   one number    halves of words  by XMM            by XMM       by XMM; signed: sign moved
 *   each lane     halves of words  halves of words   by lane      by lane; signed: sign moved
 *
 * Words: a byte is shifted with its neighbour, whose bits are masked away. Halves: the lanes at odd
 * places and those at even ones are shifted apart, as lanes of twice the size, and then joined:
 *
 *     lshr of bytes    even = (a & 0x00ff) >> (b & 7)    odd = (a >> (b >> 8 & 7)) & 0xff00
 *
 * The sign moved: for x >> n the sign bit of x becomes that of weight m = 1 << 63 >> n, and
 * (x >>> n ^ m) - m spreads it. Where AVX-512 has an instruction, that is taken.
 *
 * Counts are taken modulo the width by an and; the instructions saturate.
 */
#include "row.h"
#include "select_vector.h"

enum { BYTES, WORDS, DWORDS, QUADWORDS, SIZES };
enum { XMM_BYTES = 16 };

static unsigned bits_of(unsigned size)
{
    return 8u << size;
}

static unsigned kind_of(nf_op op)
{
    return op - NF_OP_SHL;
}
_Static_assert(NF_OP_LSHR == NF_OP_SHL + 1 && NF_OP_ASHR == NF_OP_SHL + 2, "rows by operation");

/* --- rows --- */

unsigned nf_vector_shift_row(uint64_t features, nf_op op, unsigned size, unsigned width)
{
    static const nf_vector_rows rows[3][SIZES] = {
        {{0, 0},
         {NF_X_PSLLW_I, NF_X_VPSLLW_I},
         {NF_X_PSLLD_I, NF_X_VPSLLD_I},
         {NF_X_PSLLQ_I, NF_X_VPSLLQ_I}},
        {{0, 0},
         {NF_X_PSRLW_I, NF_X_VPSRLW_I},
         {NF_X_PSRLD_I, NF_X_VPSRLD_I},
         {NF_X_PSRLQ_I, NF_X_VPSRLQ_I}},
        {{0, 0}, {NF_X_PSRAW_I, NF_X_VPSRAW_I}, {NF_X_PSRAD_I, NF_X_VPSRAD_I}, {0, NF_X_VPSRAQ_I}}};
    return nf_vector_row(features, rows[kind_of(op)][size], width);
}

/* By the low 64 bits of an XMM register. */
static unsigned uniform_row(uint64_t features, nf_op op, unsigned size, unsigned width)
{
    static const nf_vector_rows rows[3][SIZES] = {
        {{0, 0}, {NF_X_PSLLW, NF_X_VPSLLW}, {NF_X_PSLLD, NF_X_VPSLLD}, {NF_X_PSLLQ, NF_X_VPSLLQ}},
        {{0, 0}, {NF_X_PSRLW, NF_X_VPSRLW}, {NF_X_PSRLD, NF_X_VPSRLD}, {NF_X_PSRLQ, NF_X_VPSRLQ}},
        {{0, 0}, {NF_X_PSRAW, NF_X_VPSRAW}, {NF_X_PSRAD, NF_X_VPSRAD}, {0, NF_X_VPSRAQ}}};
    return nf_vector_row(features, rows[kind_of(op)][size], width);
}

/* By a number in each lane. */
static unsigned variable_row(uint64_t features, nf_op op, unsigned size, unsigned width)
{
    static const uint16_t rows[3][SIZES] = {{0, NF_X_VPSLLVW, NF_X_VPSLLVD, NF_X_VPSLLVQ},
                                            {0, NF_X_VPSRLVW, NF_X_VPSRLVD, NF_X_VPSRLVQ},
                                            {0, NF_X_VPSRAVW, NF_X_VPSRAVD, NF_X_VPSRAVQ}};
    return nf_vector_row(features, (nf_vector_rows){0, rows[kind_of(op)][size]}, width);
}

typedef unsigned shift_rows(uint64_t features, nf_op op, unsigned size, unsigned width);

/* --- a shift under way --- */

/* What all ways have: registers are none when only asked. */
typedef struct shift {
    nf_select *s;
    uint64_t features;
    nf_op op;
    unsigned size, width;
    nf_vreg d, a;
    shift_rows *rows;
} shift;

static unsigned row_of(const shift *t, nf_op op)
{
    return t->rows(t->features, op, t->size, t->width);
}

static unsigned bitwise(const shift *t, nf_op op)
{
    return nf_vector_bitwise(t->features, op, t->width);
}

static nf_lir_rm pattern(const shift *t, uint64_t bits)
{
    return nf_vector_pattern(t->s, bits, 1u << t->size, t->width);
}

static nf_vreg masked(const shift *t, nf_vreg a, uint64_t bits)
{
    return nf_vector_apply(t->s, bitwise(t, NF_OP_AND), t->width, a, pattern(t, bits));
}

static unsigned subtract_row(const shift *t)
{
    static const nf_vector_rows rows[SIZES] = {{NF_X_PSUBB, NF_X_VPSUBB},
                                               {NF_X_PSUBW, NF_X_VPSUBW},
                                               {NF_X_PSUBD, NF_X_VPSUBD},
                                               {NF_X_PSUBQ, NF_X_VPSUBQ}};
    return nf_vector_row(t->features, rows[t->size], t->width);
}

/* d = (shifted ^ sign) - sign */
static void spread_sign(const shift *t, nf_vreg shifted, nf_lir_rm sign)
{
    nf_vreg flipped = nf_vector_apply(t->s, bitwise(t, NF_OP_XOR), t->width, shifted, sign);
    nf_select_binary(t->s, subtract_row(t), t->width, t->d, flipped, sign);
}

static bool can_spread(const shift *t)
{
    return bitwise(t, NF_OP_XOR) && bitwise(t, NF_OP_AND) && subtract_row(t);
}

static uint64_t top_bit(unsigned size)
{
    return UINT64_C(1) << (bits_of(size) - 1);
}

/* --- by a constant --- */

static nf_vreg by_constant(const shift *t, nf_op op, unsigned size, nf_vreg a, int64_t count)
{
    unsigned row = nf_vector_shift_row(t->features, op, size, t->width);
    return nf_vector_apply_imm(t->s, row, t->width, a, count);
}

/* As words. */
static void bytes_by_constant(const shift *t, unsigned count)
{
    bool left = t->op == NF_OP_SHL;
    uint8_t kept = left ? (uint8_t)(0xff << count) : (uint8_t)(0xff >> count);
    nf_vreg shifted = by_constant(t, left ? NF_OP_SHL : NF_OP_LSHR, WORDS, t->a, count);
    if (t->op == NF_OP_ASHR)
        spread_sign(t, masked(t, shifted, kept), pattern(t, top_bit(BYTES) >> count));
    else
        nf_select_binary(t->s, bitwise(t, NF_OP_AND), t->width, t->d, shifted, pattern(t, kept));
}

static bool shift_by_constant(const shift *t, unsigned count)
{
    unsigned row = nf_vector_shift_row(t->features, t->op, t->size, t->width);
    unsigned size = t->size == BYTES ? WORDS : t->size;
    if (!row && (!can_spread(t) || !nf_vector_shift_row(t->features, NF_OP_LSHR, size, t->width)))
        return false;
    if (t->s == NULL) return true;
    if (row)
        nf_vector_by_imm(t->s, row, t->width, t->d, t->a, count);
    else if (t->size == BYTES)
        bytes_by_constant(t, count);
    else
        spread_sign(t, by_constant(t, NF_OP_LSHR, t->size, t->a, count),
                    pattern(t, top_bit(t->size) >> count));
    return true;
}

nf_vreg nf_vector_signs(nf_select *s, unsigned size, unsigned width, nf_vreg a)
{
    enum { UPPER_HALVES = 0xf5 }; /* pshufd: 1 1 3 3 */
    if (size == BYTES) {
        unsigned greater = nf_vector_compare_row(s->features, true, BYTES, width);
        nf_vreg zero = nf_vector_pattern_vreg(s, 0, 8, width);
        return nf_vector_apply(s, greater, width, zero, nf_vector_in_register(a));
    }
    unsigned row = nf_vector_shift_row(s->features, NF_OP_ASHR, size, width);
    if (row) return nf_vector_apply_imm(s, row, width, a, bits_of(size) - 1);
    static const nf_vector_rows shuffle = {NF_X_PSHUFD, NF_X_VPSHUFD};
    row = nf_vector_shift_row(s->features, NF_OP_ASHR, DWORDS, width);
    nf_vreg upper = nf_vector_apply_imm(s, row, width, a, bits_of(DWORDS) - 1);
    nf_vreg d = nf_vector_temp(s, width);
    nf_select_unary_imm(s, nf_vector_row(s->features, shuffle, width), width, d,
                        nf_vector_in_register(upper), UPPER_HALVES);
    return d;
}

/* --- by what is in a register --- */

/* a shifted; the count is in range. */
static nf_vreg shifted_by(const shift *t, nf_op op, nf_vreg a, nf_vreg count)
{
    return nf_vector_apply(t->s, row_of(t, op), t->width, a, nf_vector_in_register(count));
}

/* 64 bits, signed. */
static bool sign_moves(const shift *t)
{
    return t->size == QUADWORDS && t->op == NF_OP_ASHR && row_of(t, NF_OP_LSHR) && can_spread(t);
}

static void move_sign(const shift *t, nf_vreg count)
{
    nf_vreg top = nf_vector_pattern_vreg(t->s, top_bit(t->size), 1u << t->size, t->width);
    nf_vreg sign = shifted_by(t, NF_OP_LSHR, top, count);
    nf_vreg shifted = shifted_by(t, NF_OP_LSHR, t->a, count);
    spread_sign(t, shifted, nf_vector_in_register(sign));
}

static bool can_shift(const shift *t)
{
    return row_of(t, t->op) || sign_moves(t);
}

static void shift_lanes(const shift *t, nf_vreg count)
{
    unsigned row = row_of(t, t->op);
    if (row)
        nf_select_binary(t->s, row, t->width, t->d, t->a, nf_vector_in_register(count));
    else
        move_sign(t, count);
}

/* t as a shift of lanes of twice the size. */
static shift doubled(const shift *t)
{
    shift twice = *t;
    twice.size++;
    return twice;
}

static bool can_shift_halves(const shift *t)
{
    shift twice = doubled(t);
    return t->size <= WORDS && row_of(&twice, t->op) && bitwise(t, NF_OP_AND) &&
           bitwise(t, NF_OP_OR) &&
           nf_vector_shift_row(t->features, NF_OP_LSHR, twice.size, t->width);
}

/* The lanes at even places, at odd ones: t is of twice the size, low the mask of an even one. */
static nf_vreg even_shifted(const shift *t, nf_vreg count, uint64_t low)
{
    unsigned half = bits_of(t->size) / 2;
    if (t->op == NF_OP_SHL) return masked(t, shifted_by(t, t->op, t->a, count), low);
    if (t->op == NF_OP_LSHR) return shifted_by(t, t->op, masked(t, t->a, low), count);
    nf_vreg upper = by_constant(t, NF_OP_SHL, t->size, t->a, half);
    return by_constant(t, NF_OP_LSHR, t->size, shifted_by(t, t->op, upper, count), half);
}

static nf_vreg odd_shifted(const shift *t, nf_vreg count, uint64_t low)
{
    uint64_t high = low << bits_of(t->size) / 2;
    if (t->op == NF_OP_SHL) return shifted_by(t, t->op, masked(t, t->a, high), count);
    return masked(t, shifted_by(t, t->op, t->a, count), high);
}

static void shift_halves(const shift *t, nf_vreg even_count, nf_vreg odd_count)
{
    shift twice = doubled(t);
    uint64_t low = (UINT64_C(1) << bits_of(t->size)) - 1;
    nf_vreg even = even_shifted(&twice, even_count, low);
    nf_vreg odd = odd_shifted(&twice, odd_count, low);
    nf_select_binary(t->s, bitwise(t, NF_OP_OR), t->width, t->d, even, nf_rm_vreg(odd));
}

/* --- by one number for all lanes --- */

/* The count alone in the low 64 bits of an XMM register. */
static nf_vreg count_alone(const shift *t, nf_vreg splat)
{
    uint64_t low[XMM_BYTES / sizeof(uint64_t)] = {bits_of(t->size) - 1};
    nf_vreg count = splat;
    if (t->width > XMM_BYTES) {
        count = nf_vector_temp(t->s, XMM_BYTES);
        nf_select_copy(t->s, count, splat);
    }
    return nf_vector_apply(t->s, nf_vector_bitwise(t->features, NF_OP_AND, XMM_BYTES), XMM_BYTES,
                           count, nf_select_constant(t->s, low, sizeof low));
}

static bool shift_by_one(shift t, nf_value splat)
{
    t.rows = uniform_row;
    bool whole = can_shift(&t);
    if (!whole && !can_shift_halves(&t)) return false;
    if (t.s == NULL) return true;
    nf_vreg count = count_alone(&t, nf_select_value(t.s, splat));
    if (whole)
        shift_lanes(&t, count);
    else
        shift_halves(&t, count, count);
    return true;
}

/* --- by a number for each lane --- */

static bool shift_by_each(shift t, nf_value counts)
{
    t.rows = variable_row;
    bool whole = can_shift(&t);
    if (!bitwise(&t, NF_OP_AND) || (!whole && !can_shift_halves(&t))) return false;
    if (t.s == NULL) return true;
    unsigned bits = bits_of(t.size);
    nf_vreg b = nf_select_value(t.s, counts);
    if (whole) {
        shift_lanes(&t, masked(&t, b, bits - 1));
        return true;
    }
    shift twice = doubled(&t);
    nf_vreg odd = by_constant(&t, NF_OP_LSHR, twice.size, b, bits);
    shift_halves(&t, masked(&twice, b, bits - 1), masked(&twice, odd, bits - 1));
    return true;
}

/* --- which way --- */

/* A probe does not know the count: a scalar type says that all lanes have the same one. */
static bool shift_supported(const shift *t, nf_type count)
{
    if (shift_by_each(*t, (nf_value){0})) return true;
    return !NF_TYPE_IS_VECTOR(count) && shift_by_constant(t, 0) && shift_by_one(*t, (nf_value){0});
}

bool nf_vector_shift(const nf_vector_job *job)
{
    nf_select *s = job->s;
    int64_t count;
    shift t = {.s = s,
               .features = job->features,
               .op = (nf_op)job->inst->op,
               .size = nf_vector_size(job->inst->type),
               .width = nf_vector_width(job->inst->type),
               .rows = variable_row};
    if (s == NULL) return shift_supported(&t, job->operand);
    t.d = nf_vector_result(job);
    t.a = nf_select_value(s, job->inst->a);
    nf_value b = job->inst->b;
    if (nf_vector_is_constant(s, b, &count) &&
        shift_by_constant(&t, (unsigned)count & (bits_of(t.size) - 1)))
        return true;
    bool is_splat = nf_select_inst(s, b)->op == NF_OP_SPLAT;
    if (is_splat && !row_of(&t, t.op) && shift_by_one(t, b)) return true;
    return shift_by_each(t, b);
}
