/*
 * Vector booleans: comparisons, selection, masked loads and stores.
 *
 * A boolean is lanes of ones and zeros. In AVX-512 a comparison writes a mask register instead, so a
 * boolean that only masks or selects never becomes lanes: the comparison is folded into its user.
 *
 *   %m = icmp.slt.i32x16 %a, %b                     vpcmpd   k1, a, b, 1
 *   %r = select.i32x16 %m, %x, %y                   vpblendmd d{k1}, y, x
 *
 * What integer comparisons up to AVX2 lack is put together: less-than by exchanging operands, unsigned
 * order by the minimum or maximum (a <= b when min(a, b) = a), 64-bit unsigned by flipping the signs.
 */
#include "select_vector.h"

/* --- integer comparison into lanes --- */

/* A condition as: equal or greater, of (a, b) or (b, a), flipped or not. */
typedef struct comparison {
    bool greater, exchange, invert, is_unsigned;
} comparison;

static comparison comparison_of(nf_cond cond)
{
    switch (cond) {
    case NF_EQ: return (comparison){0};
    case NF_NE: return (comparison){.invert = true};
    case NF_SGT: return (comparison){.greater = true};
    case NF_SLT: return (comparison){.greater = true, .exchange = true};
    case NF_SLE: return (comparison){.greater = true, .invert = true};
    case NF_SGE: return (comparison){.greater = true, .exchange = true, .invert = true};
    case NF_UGT: return (comparison){.greater = true, .is_unsigned = true};
    case NF_ULT: return (comparison){.greater = true, .exchange = true, .is_unsigned = true};
    case NF_ULE: return (comparison){.greater = true, .invert = true, .is_unsigned = true};
    default:
        return (comparison){.greater = true, .exchange = true, .invert = true, .is_unsigned = true};
    }
}

static nf_vector_rows lane_rows(bool greater, unsigned size)
{
    static const nf_vector_rows rows[2][4] = {{{NF_X_PCMPEQB, NF_X_VPCMPEQB},
                                               {NF_X_PCMPEQW, NF_X_VPCMPEQW},
                                               {NF_X_PCMPEQD, NF_X_VPCMPEQD},
                                               {NF_X_PCMPEQQ, NF_X_VPCMPEQQ}},
                                              {{NF_X_PCMPGTB, NF_X_VPCMPGTB},
                                               {NF_X_PCMPGTW, NF_X_VPCMPGTW},
                                               {NF_X_PCMPGTD, NF_X_VPCMPGTD},
                                               {NF_X_PCMPGTQ, NF_X_VPCMPGTQ}}};
    return rows[greater][size];
}

static unsigned xor_row(uint64_t features, unsigned width)
{
    return nf_vector_row(features, (nf_vector_rows){NF_X_PXOR, NF_X_VPXOR}, width);
}

/* Both operands with their sign bits flipped, so that signed order is unsigned order. */
static nf_vreg flip_sign(nf_select *s, uint64_t features, unsigned size, unsigned width, nf_vreg a)
{
    nf_vreg d = nf_vector_temp(s, width);
    unsigned bytes = 1u << size;
    nf_select_binary(s, xor_row(features, width), width, d, a,
                     nf_vector_pattern(s, UINT64_C(1) << (bytes * 8 - 1), bytes, width));
    return d;
}

static bool icmp_lanes(const nf_vector_job *job, unsigned size, unsigned width)
{
    comparison c = comparison_of((nf_cond)job->inst->sub);
    unsigned row = nf_vector_row(job->features, lane_rows(c.greater, size), width);
    unsigned flip = xor_row(job->features, width);
    if (!row || !flip || job->s == NULL) return row && flip;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    nf_vreg a = nf_select_value(s, job->inst->a), b = nf_select_value(s, job->inst->b);
    if (c.is_unsigned) {
        a = flip_sign(s, job->features, size, width, a);
        b = flip_sign(s, job->features, size, width, b);
    }
    nf_vreg compared = c.invert ? nf_vector_temp(s, width) : d;
    nf_select_binary(s, row, width, compared, c.exchange ? b : a,
                     nf_vector_in_register(c.exchange ? a : b));
    if (c.invert)
        nf_select_binary(s, flip, width, d, compared, nf_vector_pattern(s, UINT64_MAX, 8, width));
    return true;
}

/* --- floating-point comparison --- */

/* The predicate of VCMPPS: quiet forms (Intel SDM volume 2A, table 3-1). */
static unsigned predicate_of(nf_cond cond)
{
    static const uint8_t predicates[NF_COND_COUNT] = {
        [NF_FOEQ] = 0x00, [NF_FUNE] = 0x04, [NF_FOLT] = 0x11, [NF_FUGE] = 0x15, [NF_FOLE] = 0x12,
        [NF_FUGT] = 0x16, [NF_FOGT] = 0x1e, [NF_FULE] = 0x1a, [NF_FOGE] = 0x1d, [NF_FULT] = 0x19,
        [NF_FONE] = 0x0c, [NF_FUEQ] = 0x08, [NF_FORD] = 0x07, [NF_FUNO] = 0x03,
    };
    return predicates[cond];
}

/* The old encoding knows eight predicates; greater is less with the operands exchanged. -1: none does. */
static int legacy_predicate(nf_cond cond, bool *exchange)
{
    enum { EQ = 0, LT = 1, LE = 2, UNORD = 3, NEQ = 4, NLT = 5, NLE = 6, ORD = 7 };
    *exchange = cond == NF_FOGT || cond == NF_FOGE || cond == NF_FULT || cond == NF_FULE;
    switch (cond) {
    case NF_FOEQ: return EQ;
    case NF_FUNE: return NEQ;
    case NF_FOLT:
    case NF_FOGT: return LT;
    case NF_FOLE:
    case NF_FOGE: return LE;
    case NF_FUGE:
    case NF_FULE: return NLT;
    case NF_FUGT:
    case NF_FULT: return NLE;
    case NF_FORD: return ORD;
    case NF_FUNO: return UNORD;
    default: return -1;
    }
}

static bool fcmp_legacy(const nf_vector_job *job, bool wide)
{
    bool exchange;
    nf_cond cond = (nf_cond)job->inst->sub;
    int predicate = legacy_predicate(cond, &exchange);
    nf_select *s = job->s;
    unsigned row = wide ? NF_X_CMPPD : NF_X_CMPPS;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job);
    nf_vreg a = nf_select_value(s, job->inst->a), b = nf_select_value(s, job->inst->b);
    if (predicate >= 0) {
        nf_select_binary_imm(s, row, 16, d, exchange ? b : a,
                             nf_vector_in_register(exchange ? a : b), predicate);
        return true;
    }
    /* one: ordered and not equal; ueq: unordered or equal */
    bool one = cond == NF_FONE;
    nf_vreg order = nf_vector_temp(s, 16), equal = nf_vector_temp(s, 16);
    nf_select_binary_imm(s, row, 16, order, a, nf_vector_in_register(b), one ? 7 : 3);
    nf_select_binary_imm(s, row, 16, equal, a, nf_vector_in_register(b), one ? 4 : 0);
    nf_select_binary(s, one ? NF_X_PAND : NF_X_POR, 16, d, order, nf_vector_in_register(equal));
    return true;
}

static bool fcmp_lanes(const nf_vector_job *job, bool wide, unsigned width)
{
    unsigned row =
        nf_vector_row(job->features, (nf_vector_rows){0, wide ? NF_X_VCMPPD : NF_X_VCMPPS}, width);
    if (row == 0) return width == 16 && !(job->features & NF_CPU_AVX) && fcmp_legacy(job, wide);
    if (job->s == NULL) return true;
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm b = nf_select_rm(job->s, job->inst->b, width);
    nf_select_binary_imm(job->s, row, width, d, nf_select_value(job->s, job->inst->a), b,
                         predicate_of((nf_cond)job->inst->sub));
    return true;
}

/* --- comparison into a mask register --- */

/* VPCMP's predicate: eq 0, lt 1, le 2, ne 4, nlt 5, nle 6; the row knows signed from unsigned. */
static unsigned mask_predicate(nf_cond cond)
{
    switch (cond) {
    case NF_EQ: return 0;
    case NF_NE: return 4;
    case NF_SLT:
    case NF_ULT: return 1;
    case NF_SLE:
    case NF_ULE: return 2;
    case NF_SGE:
    case NF_UGE: return 5;
    default: return 6;
    }
}

static unsigned mask_compare_row(uint64_t features, const nf_inst *compare, nf_type operand)
{
    static const uint16_t ints[2][4] = {{NF_X_VPCMPB, NF_X_VPCMPW, NF_X_VPCMPD, NF_X_VPCMPQ},
                                        {NF_X_VPCMPUB, NF_X_VPCMPUW, NF_X_VPCMPUD, NF_X_VPCMPUQ}};
    unsigned width = nf_vector_width(operand);
    if (compare->op == NF_OP_FCMP)
        return nf_vector_row_evex(
            features, NF_TYPE_ELEMENT(operand) == NF_F64 ? NF_X_VCMPPD_K : NF_X_VCMPPS_K, width);
    return nf_vector_row_evex(
        features, ints[comparison_of((nf_cond)compare->sub).is_unsigned][nf_vector_size(operand)],
        width);
}

static void compare_to_mask(nf_select *s, const nf_inst *compare, unsigned row, unsigned width,
                            nf_vreg k)
{
    nf_cond cond = (nf_cond)compare->sub;
    nf_lir_rm b = nf_select_rm(s, compare->b, width);
    nf_vreg a = nf_select_value(s, compare->a);
    nf_select_binary_imm(s, row, width, k, a, b,
                         compare->op == NF_OP_FCMP ? predicate_of(cond) : mask_predicate(cond));
}

/* A mask register as lanes. */
static unsigned mask_to_lanes_row(uint64_t features, unsigned size, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPMOVM2B, NF_X_VPMOVM2W, NF_X_VPMOVM2D, NF_X_VPMOVM2Q};
    return nf_vector_row_evex(features, rows[size], width);
}

static bool compare_by_mask(const nf_vector_job *job, unsigned size, unsigned width)
{
    unsigned row = mask_compare_row(job->features, job->inst, job->operand);
    unsigned spread = mask_to_lanes_row(job->features, size, width);
    if (!row || !spread || job->s == NULL) return row && spread;
    nf_vreg d = nf_vector_result(job), k = nf_select_mask(job->s);
    compare_to_mask(job->s, job->inst, row, width, k);
    nf_select_unary(job->s, spread, width, d, nf_vector_in_register(k));
    return true;
}

bool nf_vector_compare(const nf_vector_job *job)
{
    unsigned size = nf_vector_size(job->operand), width = nf_vector_width(job->operand);
    if (width == 64) return compare_by_mask(job, size, width);
    if (job->inst->op == NF_OP_FCMP)
        return fcmp_lanes(job, NF_TYPE_ELEMENT(job->operand) == NF_F64, width);
    return icmp_lanes(job, size, width);
}

/* The comparison that can be computed where its mask is used, or NULL. */
static const nf_inst *foldable_compare(nf_select *s, uint64_t features, nf_value mask,
                                       unsigned *row)
{
    const nf_inst *compare = nf_select_inst(s, mask);
    if (compare->op != NF_OP_ICMP && compare->op != NF_OP_FCMP) return NULL;
    *row = mask_compare_row(features, compare, nf_select_inst(s, compare->a)->type);
    return *row && nf_select_folds(s, mask) ? compare : NULL;
}

bool nf_vector_mask(const nf_vector_job *job, nf_value mask, nf_type type, nf_vreg *k)
{
    static const uint16_t rows[4] = {NF_X_VPMOVB2M, NF_X_VPMOVW2M, NF_X_VPMOVD2M, NF_X_VPMOVQ2M};
    unsigned width = nf_vector_width(type);
    unsigned gather = nf_vector_row_evex(job->features, rows[nf_vector_size(type)], width), row;
    if (gather == 0 || job->s == NULL) return gather != 0;
    const nf_inst *compare = foldable_compare(job->s, job->features, mask, &row);
    *k = nf_select_mask(job->s);
    if (compare)
        compare_to_mask(job->s, compare, row, width, *k);
    else
        nf_select_unary(job->s, gather, width, *k,
                        nf_vector_in_register(nf_select_value(job->s, mask)));
    return true;
}

/* --- select --- */

static bool select_by_mask(const nf_vector_job *job, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPBLENDMB, NF_X_VPBLENDMW, NF_X_VPBLENDMD,
                                     NF_X_VPBLENDMQ};
    nf_type type = job->inst->type;
    unsigned row = nf_vector_row_evex(job->features, rows[nf_vector_size(type)], width);
    nf_vreg k;
    if (row == 0 ||
        !nf_vector_mask(&(nf_vector_job){.features = job->features}, job->inst->a, type, &k))
        return false;
    if (job->s == NULL) return true;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm chosen = nf_select_rm(s, job->inst->b, width);
    nf_vreg other = nf_select_value(s, job->inst->c);
    nf_vector_mask(job, job->inst->a, type, &k);
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_MASK, k);
    nf_lir_add(s->lir, NF_LIR_USE, other);
    nf_lir_rm_add(s->lir, chosen);
    nf_lir_end(s->lir);
    return true;
}

/* Whether every lane of the boolean is all ones or all zeros for sure. */
static bool is_whole(const nf_select *s, nf_value mask)
{
    const nf_inst *inst = nf_select_inst(s, mask);
    return inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP;
}

/* The top bit of each lane, spread through the lane. */
static nf_vreg spread_top(const nf_vector_job *job, unsigned size, unsigned width, nf_vreg mask)
{
    static const nf_vector_rows shifts[4] = {{0, 0},
                                             {NF_X_PSRAW_I, NF_X_VPSRAW_I},
                                             {NF_X_PSRAD_I, NF_X_VPSRAD_I},
                                             {NF_X_PSRAD_I, NF_X_VPSRAD_I}};
    nf_select *s = job->s;
    bool legacy = !(job->features & NF_CPU_AVX);
    nf_vreg d = nf_vector_temp(s, width);
    if (size == 0) {
        nf_vreg zero = nf_vector_temp(s, width);
        nf_select_unary(
            s, nf_vector_row(job->features, (nf_vector_rows){NF_X_MOVUPS, NF_X_VMOVUPS}, width),
            width, zero, nf_vector_pattern(s, 0, 8, width));
        nf_select_binary(s, nf_vector_row(job->features, lane_rows(true, 0), width), width, d, zero,
                         nf_vector_in_register(mask));
        return d;
    }
    unsigned row = nf_vector_row(job->features, shifts[size], width), count = size == 1 ? 15 : 31;
    if (legacy)
        nf_select_in_place_imm(s, row, width, d, mask, count);
    else
        nf_select_unary_imm(s, row, width, d, nf_vector_in_register(mask), count);
    if (size < 3) return d;
    nf_vreg spread = nf_vector_temp(s, width); /* the upper halves over the lower ones */
    nf_select_unary_imm(
        s, nf_vector_row(job->features, (nf_vector_rows){NF_X_PSHUFD, NF_X_VPSHUFD}, width), width,
        spread, nf_vector_in_register(d), 0xf5);
    return spread;
}

/* b & m | c & ~m: what SSE has without its blends' fixed register. */
static void select_bitwise(const nf_vector_job *job, unsigned size, nf_vreg d)
{
    nf_select *s = job->s;
    nf_vreg b = nf_select_value(s, job->inst->b), c = nf_select_value(s, job->inst->c);
    nf_vreg m = nf_select_value(s, job->inst->a);
    if (!is_whole(s, job->inst->a)) m = spread_top(job, size, 16, m);
    nf_vreg kept = nf_vector_temp(s, 16), other = nf_vector_temp(s, 16);
    nf_select_binary(s, NF_X_PAND, 16, kept, m, nf_vector_in_register(b));
    nf_select_binary(s, NF_X_PANDN, 16, other, m, nf_vector_in_register(c));
    nf_select_binary(s, NF_X_POR, 16, d, kept, nf_vector_in_register(other));
}

static void select_blend(const nf_vector_job *job, unsigned size, unsigned width, unsigned row,
                         nf_vreg d)
{
    nf_select *s = job->s;
    nf_lir_rm chosen = nf_select_rm(s, job->inst->b, width);
    nf_vreg other = nf_select_value(s, job->inst->c), mask = nf_select_value(s, job->inst->a);
    if (size == 1 && !is_whole(s, job->inst->a))
        mask = spread_top(job, size, width, mask); /* blended by bytes */
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_USE, other);
    nf_lir_rm_add(s->lir, chosen);
    nf_lir_add(s->lir, NF_LIR_USE, mask);
    nf_lir_end(s->lir);
}

bool nf_vector_select(const nf_vector_job *job)
{
    static const uint16_t rows[4] = {NF_X_VPBLENDVB, NF_X_VPBLENDVB, NF_X_VBLENDVPS,
                                     NF_X_VBLENDVPD};
    unsigned size = nf_vector_size(job->inst->type), width = nf_vector_width(job->inst->type);
    if (width == 64) return select_by_mask(job, width);
    bool avx = job->features & NF_CPU_AVX;
    unsigned row = nf_vector_row(job->features, (nf_vector_rows){0, rows[size]}, width);
    unsigned shuffle =
        nf_vector_row(job->features, (nf_vector_rows){NF_X_PSHUFD, NF_X_VPSHUFD}, width);
    bool possible = shuffle && (avx ? row != 0 : width == 16);
    if (!possible || job->s == NULL) return possible;
    nf_vreg d = nf_vector_result(job);
    if (avx)
        select_blend(job, size, width, row, d);
    else
        select_bitwise(job, size, d);
    return true;
}

/* --- masked memory --- */

/* Rows of AVX-512, by a mask register. */
static unsigned masked_row(uint64_t features, unsigned size, unsigned width, bool store)
{
    static const uint16_t rows[2][4] = {
        {NF_X_VMOVDQU8, NF_X_VMOVDQU16, NF_X_VMOVDQU32, NF_X_VMOVDQU64},
        {NF_X_VMOVDQU8_MR, NF_X_VMOVDQU16_MR, NF_X_VMOVDQU32_MR, NF_X_VMOVDQU64_MR}};
    return nf_vector_row_evex(features, rows[store][size], width);
}

/* Rows of AVX2, by lanes' top bits: 4- and 8-byte lanes. */
static unsigned lane_masked_row(uint64_t features, unsigned size, unsigned width, bool store)
{
    static const uint16_t rows[2][4] = {{0, 0, NF_X_VPMASKMOVD, NF_X_VPMASKMOVQ},
                                        {0, 0, NF_X_VPMASKMOVD_MR, NF_X_VPMASKMOVQ_MR}};
    return nf_vector_row(features, (nf_vector_rows){0, rows[store][size]}, width);
}

/* Narrower vectors than a register would touch memory behind them. */
static bool mask_fits(const nf_vector_job *job, bool *by_mask, unsigned *row, bool store)
{
    nf_type type = job->inst->type;
    unsigned size = nf_vector_size(type), width = nf_vector_width(type);
    nf_vreg k;
    if (nf_type_bytes(type) < 16) return false;
    *row = masked_row(job->features, size, width, store);
    *by_mask = *row &&
               nf_vector_mask(&(nf_vector_job){.features = job->features}, (nf_value){0}, type, &k);
    if (!*by_mask) *row = lane_masked_row(job->features, size, width, store);
    return *row != 0;
}

bool nf_vector_mload(const nf_vector_job *job)
{
    bool by_mask;
    unsigned row, width = nf_vector_width(job->inst->type);
    if (!mask_fits(job, &by_mask, &row, false)) return false;
    if (job->s == NULL) return true;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job), mask;
    if (by_mask)
        nf_vector_mask(job, job->inst->b, job->inst->type, &mask);
    else
        mask = nf_select_value(s, job->inst->b);
    nf_lir_mem from = nf_select_address(s, job->inst);
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, by_mask ? NF_LIR_MASK : NF_LIR_USE, mask);
    nf_lir_mem_add(s->lir, from);
    if (by_mask) nf_lir_flag(s->lir, NF_LIR_ZEROING);
    nf_lir_end(s->lir);
    return true;
}

bool nf_vector_mstore(const nf_vector_job *job)
{
    bool by_mask;
    unsigned row, width = nf_vector_width(job->inst->type);
    if (!mask_fits(job, &by_mask, &row, true)) return false;
    if (job->s == NULL) return true;
    nf_select *s = job->s;
    nf_vreg mask, value = nf_select_value(s, job->inst->c);
    if (by_mask)
        nf_vector_mask(job, job->inst->b, job->inst->type, &mask);
    else
        mask = nf_select_value(s, job->inst->b);
    nf_lir_mem to = nf_select_address(s, job->inst);
    nf_lir_begin(s->lir, row, width);
    nf_lir_mem_add(s->lir, to);
    nf_lir_add(s->lir, by_mask ? NF_LIR_MASK : NF_LIR_USE, mask);
    nf_lir_add(s->lir, NF_LIR_USE, value);
    nf_lir_end(s->lir);
    return true;
}
