/*
 * Lanes of vectors: from scalars and back, and reversed.
 *
 *   splat     of constants: made where it is used  of a load: vpbroadcast x, [m]
 *             of a general register: vpbroadcast x, r (AVX-512), else by way of lane 0
 *             of lane 0: vpbroadcast x, x (AVX2), else shuffles
 *   extract   vpextr, insert  vpinsr: in the 16-byte part that has the lane
 *   reverse   a permutation of all lanes where there is one, else within each 16 bytes, then of
 *             those
 */
#include "select_vector.h"

enum { BYTES, WORDS, DWORDS, QUADWORDS };
enum { XMM_BYTES = 16, YMM_BYTES = 32, ZMM_BYTES = 64 };
enum {
    SWAP_HALVES = 0x4e,   /* pshufd, vpermq: 2 3 0 1 */
    REVERSE_FOUR = 0x1b,  /* 3 2 1 0 */
    FIRST_OF_FOUR = 0x00, /* 0 0 0 0 */
    FIRST_OF_TWO = 0x44,  /* 0 1 0 1 */
};

/* --- parts --- */

/* The 16- or 32-byte part number `part` of a vector of `width` bytes; the extracting row is a store
 * form. */
unsigned nf_vector_part_row(uint64_t features, unsigned width, unsigned part_bytes)
{
    if (width == 32) return nf_vector_row(features, (nf_vector_rows){0, NF_X_VEXTRACTF128}, 32);
    return nf_vector_row(
        features, (nf_vector_rows){0, part_bytes == 32 ? NF_X_VEXTRACTI64X4 : NF_X_VEXTRACTI32X4},
        64);
}

nf_vreg nf_vector_part(nf_select *s, unsigned row, unsigned width, unsigned part_bytes, nf_vreg a,
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
nf_vreg nf_vector_low_part(nf_select *s, unsigned part_bytes, nf_vreg a)
{
    nf_vreg d = nf_vector_temp(s, part_bytes);
    nf_select_copy(s, d, a);
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

void nf_vector_lane_zero(const nf_vector_job *job, nf_type element, nf_vreg a)
{
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    unsigned bytes = element == NF_I64 ? 8 : 4;
    if (NF_TYPE_IS_FLOAT(element))
        nf_select_copy(s, d, a);
    else
        to_gpr(s, job->features & NF_CPU_AVX ? NF_X_VMOVD_MR : NF_X_MOVD_MR, bytes, d, a);
}

/* --- splat and iota --- */

/* Lane 0 spread by shuffles, before AVX2: the rows of each step, and their immediates. */
static unsigned shuffle_row(uint64_t features, bool words)
{
    static const nf_vector_rows rows[2] = {{NF_X_PSHUFD, NF_X_VPSHUFD},
                                           {NF_X_PSHUFLW, NF_X_VPSHUFLW}};
    return nf_vector_row(features, rows[words], XMM_BYTES);
}

static nf_vreg shuffle(nf_select *s, bool words, nf_vreg a, unsigned order)
{
    nf_vreg d = nf_vector_temp(s, XMM_BYTES);
    nf_select_unary_imm(s, shuffle_row(s->features, words), XMM_BYTES, d, nf_vector_in_register(a),
                        order);
    return d;
}

static void spread(nf_select *s, unsigned size, nf_vreg d, nf_vreg lane)
{
    static const nf_vector_rows pairs = {NF_X_PUNPCKLBW, NF_X_VPUNPCKLBW};
    if (size == BYTES)
        lane = nf_vector_apply(s, nf_vector_row(s->features, pairs, XMM_BYTES), XMM_BYTES, lane,
                               nf_vector_in_register(lane));
    if (size <= WORDS) lane = shuffle(s, true, lane, FIRST_OF_FOUR);
    nf_select_unary_imm(s, shuffle_row(s->features, false), XMM_BYTES, d,
                        nf_vector_in_register(lane),
                        size == QUADWORDS ? FIRST_OF_TWO : FIRST_OF_FOUR);
}

/* From lane 0 or memory. */
static unsigned broadcast_row(uint64_t features, nf_type type, unsigned width)
{
    static const uint16_t ints[4] = {NF_X_VPBROADCASTB, NF_X_VPBROADCASTW, NF_X_VPBROADCASTD,
                                     NF_X_VPBROADCASTQ};
    unsigned row = NF_TYPE_ELEMENT(type) == NF_F32 ? NF_X_VBROADCASTSS : ints[nf_vector_size(type)];
    return nf_vector_row(features, (nf_vector_rows){0, (uint16_t)row}, width);
}

/* From a general register. */
static unsigned broadcast_gpr_row(uint64_t features, nf_type type, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPBROADCASTB_G, NF_X_VPBROADCASTW_G, NF_X_VPBROADCASTD_G,
                                     NF_X_VPBROADCASTQ_G};
    if (NF_TYPE_IS_FLOAT(type)) return 0;
    return nf_vector_row(features, (nf_vector_rows){0, rows[nf_vector_size(type)]}, width);
}

/* The scalar in lane 0. */
static nf_vreg in_lane_zero(nf_select *s, nf_type element, nf_vreg scalar)
{
    if (NF_TYPE_IS_FLOAT(element)) return scalar;
    nf_vreg low = nf_vector_temp(s, XMM_BYTES);
    unsigned bytes = element == NF_I64 ? 8 : 4;
    nf_select_unary(s, s->features & NF_CPU_AVX ? NF_X_VMOVD : NF_X_MOVD, bytes, low,
                    nf_rm_vreg(scalar));
    return low;
}

static void splat_by_row(const nf_vector_job *job, unsigned row, unsigned width)
{
    nf_select *s = job->s;
    nf_type type = job->inst->type;
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm scalar = nf_select_rm(s, job->inst->a, nf_type_element_bytes(type));
    unsigned from_gpr = broadcast_gpr_row(job->features, type, width);
    if (scalar.vreg.id == 0 || NF_TYPE_IS_FLOAT(type))
        nf_select_unary(s, row, width, d, scalar);
    else if (from_gpr)
        nf_select_unary(s, from_gpr, width, d, nf_vector_in_register(scalar.vreg));
    else
        nf_select_unary(s, row, width, d,
                        nf_vector_in_register(in_lane_zero(s, NF_TYPE_ELEMENT(type), scalar.vreg)));
}

bool nf_vector_splat(const nf_vector_job *job)
{
    nf_select *s = job->s;
    nf_type type = job->inst->type;
    unsigned width = nf_vector_width(type), row = broadcast_row(job->features, type, width);
    bool possible = row || (width == XMM_BYTES && shuffle_row(job->features, false) &&
                            shuffle_row(job->features, true));
    if (!possible || s == NULL) return possible;
    if (row) {
        splat_by_row(job, row, width);
        return true;
    }
    nf_vreg d = nf_vector_result(job), scalar = nf_select_value(s, job->inst->a);
    spread(s, nf_vector_size(type), d, in_lane_zero(s, NF_TYPE_ELEMENT(type), scalar));
    return true;
}

/* Vectors of constants are made where they are used: see nf_select_vector_remat(). */
bool nf_vector_iota(const nf_vector_job *job)
{
    static const nf_vector_rows moves = {NF_X_MOVUPS, NF_X_VMOVUPS};
    return nf_vector_row(job->features, moves, nf_vector_width(job->inst->type)) != 0;
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
    unsigned part_row = width > 16 ? nf_vector_part_row(job->features, width, 16) : 1;
    if (!lane_row || !part_row || job->s == NULL) return lane_row && part_row;
    nf_select *s = job->s;
    unsigned byte = (unsigned)job->inst->imm << size;
    nf_vreg a = nf_select_value(s, job->inst->a);
    if (byte >= 16)
        a = nf_vector_part(s, part_row, width, 16, a, byte / 16);
    else if (width > 16)
        a = nf_vector_low_part(s, 16, a);
    byte %= 16;
    if (byte == 0 && size >= 2) {
        nf_vector_lane_zero(job, element, a);
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
    unsigned part_row = width > 16 ? nf_vector_part_row(job->features, width, 16) : 1;
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
    nf_vreg old = nf_vector_part(s, part_row, width, 16, a, part), changed = nf_vector_temp(s, 16);
    insert_lane(job, changed, old, lane);
    nf_select_binary_imm(s, join_row, width, d, a, nf_vector_in_register(changed), part);
    return true;
}

/* --- reverse --- */

/* Byte indices that reverse the lanes within each 16 bytes (or the lower `used` bytes of them). */
static nf_lir_rm reversing_bytes(nf_select *s, unsigned used, unsigned element_bytes,
                                 unsigned width)
{
    uint8_t bytes[ZMM_BYTES];
    for (unsigned i = 0; i < width; i++) {
        unsigned at = i % XMM_BYTES % used, lane = at / element_bytes;
        bytes[i] = (uint8_t)(used - (lane + 1) * element_bytes + at % element_bytes);
    }
    return nf_select_constant(s, bytes, width);
}

/* Lanes anywhere by indices in a register. */
static unsigned permute_row(uint64_t features, unsigned size, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPERMB, NF_X_VPERMW, NF_X_VPERMD, NF_X_VPERMQ_V};
    if (width == XMM_BYTES) return 0;
    return nf_vector_row(features, (nf_vector_rows){0, rows[size]}, width);
}

static void reverse_by_indices(const nf_vector_job *job, unsigned row, unsigned width)
{
    nf_select *s = job->s;
    unsigned size = nf_type_element_bytes(job->inst->type), lanes = width / size;
    uint8_t indices[ZMM_BYTES] = {0};
    for (unsigned i = 0; i < lanes; i++) indices[i * size] = (uint8_t)(lanes - 1 - i);
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm a = nf_select_rm(s, job->inst->a, width);
    nf_select_binary(s, row, width, d, nf_select_constant_vreg(s, indices, width), a);
}

/* The 16-byte parts among each other. */
static unsigned parts_row(uint64_t features, unsigned width)
{
    if (width == YMM_BYTES) return nf_vector_row(features, (nf_vector_rows){0, NF_X_VPERMQ}, width);
    return nf_vector_row(features, (nf_vector_rows){0, NF_X_VSHUFI32X4}, width);
}

static void reverse_parts(nf_select *s, unsigned width, nf_vreg d, nf_vreg a)
{
    unsigned row = parts_row(s->features, width);
    if (width == YMM_BYTES)
        nf_select_unary_imm(s, row, width, d, nf_rm_vreg(a), SWAP_HALVES);
    else
        nf_select_binary_imm(s, row, width, d, a, nf_rm_vreg(a), REVERSE_FOUR);
}

/* By one shuffle of what fills 16 bytes. */
static bool reverse_in_place(const nf_vector_job *job)
{
    nf_select *s = job->s;
    unsigned size = nf_vector_size(job->inst->type),
             order = size == DWORDS ? REVERSE_FOUR : SWAP_HALVES;
    if (nf_type_bytes(job->inst->type) != XMM_BYTES || size < DWORDS) return false;
    unsigned row = shuffle_row(job->features, false);
    if (row == 0 || s == NULL) return row != 0;
    nf_vreg d = nf_vector_result(job);
    nf_select_unary_imm(s, row, XMM_BYTES, d, nf_select_rm(s, job->inst->a, XMM_BYTES), order);
    return true;
}

bool nf_vector_reverse(const nf_vector_job *job)
{
    static const nf_vector_rows shuffles = {NF_X_PSHUFB, NF_X_VPSHUFB};
    nf_select *s = job->s;
    nf_type type = job->inst->type;
    unsigned width = nf_vector_width(type), bytes = nf_type_bytes(type);
    unsigned whole = permute_row(job->features, nf_vector_size(type), width);
    unsigned within = nf_vector_row(job->features, shuffles, width);
    if (reverse_in_place(job)) return true;
    bool possible = whole || (within && (width == XMM_BYTES || parts_row(job->features, width)));
    if (!possible || s == NULL) return possible;
    if (whole) {
        reverse_by_indices(job, whole, width);
        return true;
    }
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    unsigned used = bytes < XMM_BYTES ? bytes : XMM_BYTES;
    nf_lir_rm indices = reversing_bytes(s, used, nf_type_element_bytes(type), width);
    nf_vreg turned = width == XMM_BYTES ? d : nf_vector_temp(s, width);
    nf_select_binary(s, within, width, turned, a, indices);
    if (width > XMM_BYTES) reverse_parts(s, width, d, turned);
    return true;
}
