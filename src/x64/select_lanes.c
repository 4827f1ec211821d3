/*
 * Lanes of vectors: from scalars and back, reversed, reduced.
 *
 * Reductions halve: the upper half joins the lower one until one lane is left, in the order that
 * NIR prescribes (lane i with lane i + n/2, the lower one first):
 *
 *   64 bytes  vextracti64x4     32 bytes  vextracti128     16  pshufd 0x4e     8  pshufd 0x55
 *    4 bytes  psrld 16           2 bytes  psrlw 8
 */
#include "select_vector.h"

enum {
    SWAP_HALVES = 0x4e,  /* pshufd: 2 3 0 1 */
    SECOND_LANE = 0x55,  /* pshufd: 1 1 1 1 */
    REVERSE_FOUR = 0x1b, /* 3 2 1 0 */
};

static unsigned move_row(uint64_t features, unsigned width)
{
    return nf_vector_row(features, (nf_vector_rows){NF_X_MOVUPS, NF_X_VMOVUPS}, width);
}

static nf_vreg unary_imm_temp(nf_select *s, unsigned row, unsigned width, unsigned result_width,
                              nf_vreg a, int64_t imm)
{
    nf_vreg d = nf_vector_temp(s, result_width);
    nf_select_unary_imm(s, row, width, d, nf_vector_in_register(a), imm);
    return d;
}

/* --- parts --- */

/* The 16- or 32-byte part number `part` of a vector of `width` bytes; the extracting row is a store form. */
static unsigned extract_row(uint64_t features, unsigned width, unsigned part_bytes)
{
    if (width == 32) return nf_vector_row(features, (nf_vector_rows){0, NF_X_VEXTRACTF128}, 32);
    return nf_vector_row(
        features, (nf_vector_rows){0, part_bytes == 32 ? NF_X_VEXTRACTI64X4 : NF_X_VEXTRACTI32X4},
        64);
}

static nf_vreg part_temp(nf_select *s, unsigned row, unsigned width, unsigned part_bytes, nf_vreg a,
                         int64_t part)
{
    nf_vreg d = nf_vector_temp(s, part_bytes);
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_USE, a);
    nf_lir_imm(s->lir, part);
    nf_lir_end(s->lir);
    return d;
}

/* A copy of the low `part_bytes` as a register of that size: no code, mostly. */
static nf_vreg low_part(nf_select *s, unsigned part_bytes, nf_vreg a)
{
    nf_vreg d = nf_vector_temp(s, part_bytes);
    nf_select_copy(s, d, a);
    return d;
}

/* --- reductions --- */

/* What a reduction does to two lanes. */
static nf_op op_of(nf_op reduction)
{
    switch (reduction) {
    case NF_OP_REDUCE_ADD: return NF_OP_ADD;
    case NF_OP_REDUCE_MUL: return NF_OP_MUL;
    case NF_OP_REDUCE_AND: return NF_OP_AND;
    case NF_OP_REDUCE_OR: return NF_OP_OR;
    case NF_OP_REDUCE_XOR: return NF_OP_XOR;
    case NF_OP_REDUCE_SMIN: return NF_OP_SMIN;
    case NF_OP_REDUCE_SMAX: return NF_OP_SMAX;
    case NF_OP_REDUCE_UMIN: return NF_OP_UMIN;
    case NF_OP_REDUCE_UMAX: return NF_OP_UMAX;
    case NF_OP_REDUCE_FADD: return NF_OP_FADD;
    case NF_OP_REDUCE_FMUL: return NF_OP_FMUL;
    case NF_OP_REDUCE_FMIN: return NF_OP_FMIN;
    default: return NF_OP_FMAX;
    }
}

static bool reduce_supported(const nf_vector_job *job, nf_op op, nf_type element, unsigned width)
{
    const nf_vreg none = {0};
    for (unsigned w = width; w >= 16; w /= 2) {
        if (!nf_vector_binary(NULL, job->features, op, element, w, none, none, (nf_lir_rm){0}))
            return false;
        if (w > 16 && !extract_row(job->features, w, w / 2)) return false;
    }
    return true;
}

/* The upper half of what is left, moved to the bottom. `bytes` are left. */
static nf_vreg upper_half(nf_select *s, uint64_t features, unsigned bytes, nf_vreg a)
{
    static const nf_vector_rows shuffle = {NF_X_PSHUFD, NF_X_VPSHUFD},
                                by_bit[2] = {{NF_X_PSRLW_I, NF_X_VPSRLW_I},
                                             {NF_X_PSRLD_I, NF_X_VPSRLD_I}};
    if (bytes > 16)
        return part_temp(s, extract_row(features, bytes, bytes / 2), bytes, bytes / 2, a, 1);
    if (bytes >= 8)
        return unary_imm_temp(s, nf_vector_row(features, shuffle, 16), 16, 16, a,
                              bytes == 16 ? SWAP_HALVES : SECOND_LANE);
    unsigned row = nf_vector_row(features, by_bit[bytes == 4], 16);
    nf_vreg d = nf_vector_temp(s, 16);
    if (features & NF_CPU_AVX)
        nf_select_unary_imm(s, row, 16, d, nf_vector_in_register(a), bytes * 4);
    else
        nf_select_in_place_imm(s, row, 16, d, a, bytes * 4);
    return d;
}

/* d, a general register, = the low lane of a; the row's r/m stands first. */
static void to_gpr(nf_select *s, unsigned row, unsigned bytes, nf_vreg d, nf_vreg a)
{
    nf_lir_begin(s->lir, row, bytes);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_USE, a);
    nf_lir_end(s->lir);
}

/* The scalar in lane 0, as the result of v. */
static void lane_zero(const nf_vector_job *job, nf_type element, nf_vreg a)
{
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    unsigned bytes = element == NF_I64 ? 8 : 4;
    if (NF_TYPE_IS_FLOAT(element))
        nf_select_copy(s, d, a);
    else
        to_gpr(s, job->features & NF_CPU_AVX ? NF_X_VMOVD_MR : NF_X_MOVD_MR, bytes, d, a);
}

bool nf_vector_reduce(const nf_vector_job *job)
{
    nf_type element = NF_TYPE_ELEMENT(job->operand);
    unsigned bytes = nf_type_bytes(job->operand), element_bytes = nf_type_element_bytes(element);
    nf_op op = op_of((nf_op)job->inst->op);
    if (!reduce_supported(job, op, element, nf_vector_width(job->operand))) return false;
    if (job->s == NULL) return true;
    nf_vreg left = nf_select_value(job->s, job->inst->a);
    for (; bytes > element_bytes; bytes /= 2) {
        nf_vreg upper = upper_half(job->s, job->features, bytes, left);
        unsigned width = bytes > 32 ? 32 : 16;
        nf_vreg lower = bytes > 16 ? low_part(job->s, width, left) : left;
        left = nf_vector_temp(job->s, width);
        nf_vector_binary(job->s, job->features, op, element, width, left, lower, nf_rm_vreg(upper));
    }
    lane_zero(job, element, left);
    return true;
}

/* --- splat and iota --- */

static bool splat_constant(const nf_vector_job *job, unsigned width)
{
    const nf_inst *scalar = nf_select_inst(job->s, job->inst->a);
    int64_t bits = scalar->imm;
    uint8_t bytes[64];
    if (scalar->op != NF_OP_FCONST && !nf_select_is_int(job->s, job->inst->a, &bits)) return false;
    unsigned element_bytes = nf_type_element_bytes(job->inst->type);
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)((uint64_t)bits >> i % element_bytes * 8);
    nf_vreg d = nf_vector_result(job);
    nf_select_unary(job->s, move_row(job->features, width), width, d,
                    nf_select_constant(job->s, bytes, width));
    return true;
}

/* From a register of SSE: lane 0 spread by shuffles. */
static bool spread_sse(const nf_vector_job *job, nf_vreg d, nf_vreg low)
{
    nf_select *s = job->s;
    static const uint8_t zeros[16];
    switch (nf_type_element_bytes(job->inst->type)) {
    case 1:
        nf_select_binary(s, NF_X_PSHUFB, 16, d, low, nf_select_constant(s, zeros, sizeof zeros));
        return true;
    case 2: {
        nf_vreg words = nf_vector_temp(s, 16);
        nf_select_unary_imm(s, NF_X_PSHUFLW, 16, words, nf_vector_in_register(low), 0);
        nf_select_unary_imm(s, NF_X_PSHUFD, 16, d, nf_rm_vreg(words), 0);
        return true;
    }
    case 4: nf_select_unary_imm(s, NF_X_PSHUFD, 16, d, nf_vector_in_register(low), 0); return true;
    default:
        nf_select_unary_imm(s, NF_X_PSHUFD, 16, d, nf_vector_in_register(low), 0x44);
        return true;
    }
}

static unsigned broadcast_row(const nf_vector_job *job, unsigned width)
{
    static const uint16_t ints[4] = {NF_X_VPBROADCASTB, NF_X_VPBROADCASTW, NF_X_VPBROADCASTD,
                                     NF_X_VPBROADCASTQ};
    nf_type element = NF_TYPE_ELEMENT(job->inst->type);
    unsigned row = element == NF_F32 ? NF_X_VBROADCASTSS : ints[nf_vector_size(job->inst->type)];
    return nf_vector_row(job->features, (nf_vector_rows){0, (uint16_t)row}, width);
}

static nf_vreg gpr_to_vector(nf_select *s, uint64_t features, nf_type element, nf_vreg gpr)
{
    nf_vreg low = nf_vector_temp(s, 16);
    unsigned bytes = element == NF_I64 ? 8 : 4;
    nf_select_unary(s, features & NF_CPU_AVX ? NF_X_VMOVD : NF_X_MOVD, bytes, low, nf_rm_vreg(gpr));
    return low;
}

bool nf_vector_splat(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->inst->type), row = broadcast_row(job, width);
    bool avx = job->features & NF_CPU_AVX;
    nf_type element = NF_TYPE_ELEMENT(job->inst->type);
    if (avx ? row == 0 : width > 16) return false;
    if (job->s == NULL || splat_constant(job, width)) return true;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    unsigned element_bytes = nf_type_element_bytes(element);
    if (NF_TYPE_IS_FLOAT(element)) {
        if (avx)
            nf_select_unary(s, row, width, d, nf_select_rm(s, job->inst->a, element_bytes));
        else
            spread_sse(job, d, nf_select_value(s, job->inst->a));
        return true;
    }
    nf_vreg low = gpr_to_vector(s, job->features, element, nf_select_value(s, job->inst->a));
    if (avx)
        nf_select_unary(s, row, width, d, nf_vector_in_register(low));
    else
        spread_sse(job, d, low);
    return true;
}

bool nf_vector_iota(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->inst->type), row = move_row(job->features, width);
    if (row == 0 || job->s == NULL) return row != 0;
    unsigned element_bytes = nf_type_element_bytes(job->inst->type);
    uint8_t bytes[64];
    for (unsigned i = 0; i < width; i++)
        bytes[i] = i % element_bytes == 0 ? (uint8_t)(i / element_bytes) : 0;
    nf_select_unary(job->s, row, width, nf_vector_result(job),
                    nf_select_constant(job->s, bytes, width));
    return true;
}

/* --- one lane --- */

static nf_vector_rows extract_lane_rows(unsigned size)
{
    static const nf_vector_rows rows[4] = {{NF_X_PEXTRB, NF_X_VPEXTRB},
                                           {NF_X_PEXTRW, NF_X_VPEXTRW},
                                           {NF_X_PEXTRD, NF_X_VPEXTRD},
                                           {NF_X_PEXTRQ, NF_X_VPEXTRQ}};
    return rows[size];
}

bool nf_vector_extract(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->operand), size = nf_vector_size(job->operand);
    nf_type element = NF_TYPE_ELEMENT(job->operand);
    bool avx = job->features & NF_CPU_AVX;
    unsigned lane_row = nf_vector_row(job->features, extract_lane_rows(size), 1u << size);
    unsigned part_row = width > 16 ? extract_row(job->features, width, 16) : 1;
    if (!lane_row || !part_row || job->s == NULL) return lane_row && part_row;
    nf_select *s = job->s;
    unsigned byte = (unsigned)job->inst->imm << size;
    nf_vreg a = nf_select_value(s, job->inst->a);
    if (byte >= 16)
        a = part_temp(s, part_row, width, 16, a, byte / 16);
    else if (width > 16)
        a = low_part(s, 16, a);
    byte %= 16;
    if (byte == 0 && size >= 2) {
        lane_zero(job, element, a);
    } else if (NF_TYPE_IS_FLOAT(element)) {
        nf_vreg d = nf_vector_result(job);
        if (avx)
            nf_select_unary_imm(s, NF_X_VPSRLDQ_I, 16, d, nf_vector_in_register(a), byte);
        else
            nf_select_in_place_imm(s, NF_X_PSRLDQ_I, 16, d, a, byte);
    } else {
        nf_lir_begin(s->lir, lane_row, 1u << size);
        nf_lir_add(s->lir, NF_LIR_DEF, nf_vector_result(job));
        nf_lir_add(s->lir, NF_LIR_USE, a);
        nf_lir_imm(s->lir, byte >> size);
        nf_lir_end(s->lir);
    }
    return true;
}

/* d = the 16 bytes a with one lane replaced. */
static void insert_lane(const nf_vector_job *job, nf_vreg d, nf_vreg a, unsigned lane)
{
    static const nf_vector_rows ints[4] = {{NF_X_PINSRB, NF_X_VPINSRB},
                                           {NF_X_PINSRW, NF_X_VPINSRW},
                                           {NF_X_PINSRD, NF_X_VPINSRD},
                                           {NF_X_PINSRQ, NF_X_VPINSRQ}};
    nf_select *s = job->s;
    nf_type element = NF_TYPE_ELEMENT(job->inst->type);
    unsigned size = nf_vector_size(job->inst->type);
    bool avx = job->features & NF_CPU_AVX;
    nf_vreg b = nf_select_value(s, job->inst->b);
    if (element == NF_F32) {
        nf_select_binary_imm(s, avx ? NF_X_VINSERTPS : NF_X_INSERTPS, 4, d, a,
                             nf_vector_in_register(b), lane << 4);
    } else if (element == NF_F64) {
        unsigned row =
            lane ? (avx ? NF_X_VUNPCKLPD : NF_X_UNPCKLPD) : (avx ? NF_X_VBLENDPD : NF_X_BLENDPD);
        if (lane)
            nf_select_binary(s, row, 16, d, a, nf_vector_in_register(b));
        else
            nf_select_binary_imm(s, row, 16, d, a, nf_vector_in_register(b), 1);
    } else {
        unsigned row = nf_vector_row(job->features, ints[size], 1u << size);
        nf_select_binary_imm(s, row, 1u << size, d, a, nf_rm_vreg(b), lane);
    }
}

bool nf_vector_insert(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->inst->type), size = nf_vector_size(job->inst->type);
    unsigned part_row = width > 16 ? extract_row(job->features, width, 16) : 1;
    unsigned join_row =
        width == 16   ? 1
        : width == 32 ? nf_vector_row(job->features, (nf_vector_rows){0, NF_X_VINSERTF128}, 32)
                      : nf_vector_row(job->features, (nf_vector_rows){0, NF_X_VINSERTI32X4}, 64);
    bool possible = part_row && join_row && (job->features & NF_CPU_SSE41);
    if (!possible || job->s == NULL) return possible;
    nf_select *s = job->s;
    unsigned byte = (unsigned)job->inst->imm << size, part = byte / 16, lane = byte % 16 >> size;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    if (width == 16) {
        insert_lane(job, d, a, lane);
        return true;
    }
    nf_vreg old = part_temp(s, part_row, width, 16, a, part), changed = nf_vector_temp(s, 16);
    insert_lane(job, changed, old, lane);
    nf_select_binary_imm(s, join_row, width, d, a, nf_vector_in_register(changed), part);
    return true;
}

/* --- reverse --- */

/* Byte indices that reverse the lanes within each 16 bytes (or the lower `used` bytes of them). */
static nf_lir_rm reversing_bytes(nf_select *s, unsigned used, unsigned element_bytes,
                                 unsigned width)
{
    uint8_t bytes[64];
    for (unsigned i = 0; i < width; i++) {
        unsigned at = i % 16 % used, lane = at / element_bytes;
        bytes[i] = (uint8_t)(used - (lane + 1) * element_bytes + at % element_bytes);
    }
    return nf_select_constant(s, bytes, width);
}

/* First within each 16 bytes, then the 16-byte parts among each other. */
bool nf_vector_reverse(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->inst->type), bytes = nf_type_bytes(job->inst->type);
    unsigned within =
        nf_vector_row(job->features, (nf_vector_rows){NF_X_PSHUFB, NF_X_VPSHUFB}, width);
    unsigned parts = width == 16 ? 1
                     : width == 32
                         ? nf_vector_row(job->features, (nf_vector_rows){0, NF_X_VPERMQ}, 32)
                         : nf_vector_row(job->features, (nf_vector_rows){0, NF_X_VSHUFI32X4}, 64);
    if (!within || !parts || job->s == NULL) return within && parts;
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    nf_lir_rm indices =
        reversing_bytes(s, bytes < 16 ? bytes : 16, nf_type_element_bytes(job->inst->type), width);
    nf_vreg turned = width == 16 ? d : nf_vector_temp(s, width);
    nf_select_binary(s, within, width, turned, a, indices);
    if (width == 32) nf_select_unary_imm(s, parts, 32, d, nf_rm_vreg(turned), SWAP_HALVES);
    if (width == 64)
        nf_select_binary_imm(s, parts, 64, d, turned, nf_rm_vreg(turned), REVERSE_FOUR);
    return true;
}
