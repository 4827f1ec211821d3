/*
 * What booleans of vectors do: select, load and store by lanes.
 *
 *               mask registers      AVX                  SSE
 *   select      vpblendm            vpblendvb, ...       b & m | c & ~m
 *   mload       vmovdqu{k}{z}       vpmaskmov            none
 *   mstore      vmovdqu{k}          vpmaskmov            none
 *
 * A boolean that is at home in lanes selects by lanes where it can. Lanes are read by their top
 * bits; where an instruction reads other bits too, the top ones are spread first, unless the lanes
 * are known to be all ones or zeros.
 *
 * Vectors narrower than a register: what lies above their lanes must be false in memory's sight, so
 * masks are cut to the lanes first.
 */
#include "select_vector.h"

enum { BYTES, WORDS, DWORDS, QUADWORDS };
enum { XMM_BYTES = 16 };

/* --- select --- */

void nf_vector_blend(nf_select *s, unsigned width, nf_vreg d, nf_vreg mask, nf_vreg b, nf_vreg c)
{
    if (s->features & NF_CPU_AVX) {
        nf_lir_begin(s->lir, NF_X_VBLENDVPD, width);
        nf_lir_add(s->lir, NF_LIR_DEF, d);
        nf_lir_add(s->lir, NF_LIR_USE, c);
        nf_lir_add(s->lir, NF_LIR_RM, b);
        nf_lir_add(s->lir, NF_LIR_USE, mask);
        nf_lir_end(s->lir);
        return;
    }
    nf_vreg kept = nf_vector_apply(s, NF_X_PAND, width, mask, nf_vector_in_register(b));
    nf_vreg other = nf_vector_apply(s, NF_X_PANDN, width, mask, nf_vector_in_register(c));
    nf_select_binary(s, NF_X_POR, width, d, kept, nf_vector_in_register(other));
}

static unsigned blend_mask_row(uint64_t features, nf_type type)
{
    static const uint16_t rows[4] = {NF_X_VPBLENDMB, NF_X_VPBLENDMW, NF_X_VPBLENDMD,
                                     NF_X_VPBLENDMQ};
    if (!nf_vector_has_masks(features, type)) return 0;
    return nf_vector_row_evex(features, rows[nf_vector_size(type)], nf_vector_width(type));
}

static void select_by_mask(const nf_vector_job *job, unsigned row)
{
    nf_select *s = job->s;
    unsigned width = nf_vector_width(job->inst->type);
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm chosen = nf_select_rm(s, job->inst->b, width);
    nf_vreg other = nf_select_value(s, job->inst->c);
    nf_vreg k = nf_vector_mask(s, job->inst->a);
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_MASK, k);
    nf_lir_add(s->lir, NF_LIR_USE, other);
    nf_lir_rm_add(s->lir, chosen);
    nf_lir_end(s->lir);
}

/* By lanes' top bits. */
static unsigned blend_lanes_row(uint64_t features, unsigned size, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPBLENDVB, NF_X_VPBLENDVB, NF_X_VBLENDVPS,
                                     NF_X_VBLENDVPD};
    return nf_vector_row(features, (nf_vector_rows){0, rows[size]}, width);
}

static void select_by_lanes(const nf_vector_job *job, unsigned row, unsigned width)
{
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    nf_lir_rm chosen = nf_select_rm(s, job->inst->b, width);
    nf_vreg other = nf_select_value(s, job->inst->c), mask = nf_select_value(s, job->inst->a);
    if (nf_vector_size(job->inst->type) == WORDS && !nf_vector_is_whole(s, job->inst->a))
        mask = nf_vector_signs(s, WORDS, width, mask); /* blended by bytes */
    nf_lir_begin(s->lir, row, width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, NF_LIR_USE, other);
    nf_lir_rm_add(s->lir, chosen);
    nf_lir_add(s->lir, NF_LIR_USE, mask);
    nf_lir_end(s->lir);
}

/* What SSE has without its blends' fixed register. */
static void select_bitwise(const nf_vector_job *job, unsigned size)
{
    nf_select *s = job->s;
    nf_vreg d = nf_vector_result(job);
    nf_vreg b = nf_select_value(s, job->inst->b), c = nf_select_value(s, job->inst->c);
    nf_vreg mask = nf_select_value(s, job->inst->a);
    if (!nf_vector_is_whole(s, job->inst->a)) mask = nf_vector_signs(s, size, XMM_BYTES, mask);
    nf_vector_blend(s, XMM_BYTES, d, mask, b, c);
}

bool nf_vector_select(const nf_vector_job *job)
{
    unsigned size = nf_vector_size(job->inst->type), width = nf_vector_width(job->inst->type);
    unsigned by_mask = blend_mask_row(job->features, job->inst->type);
    unsigned by_lanes = blend_lanes_row(job->features, size, width);
    bool bitwise = !(job->features & NF_CPU_AVX) && width == XMM_BYTES;
    if (job->s == NULL) return by_mask || by_lanes || bitwise;
    if (by_mask && (!by_lanes || nf_vector_is_mask(job->s, job->inst->a)))
        select_by_mask(job, by_mask);
    else if (by_lanes)
        select_by_lanes(job, by_lanes, width);
    else if (bitwise)
        select_bitwise(job, size);
    return by_mask || by_lanes || bitwise;
}

/* --- memory --- */

/* By a mask register. */
static unsigned masked_row(uint64_t features, nf_type type, bool store)
{
    static const uint16_t rows[2][4] = {
        {NF_X_VMOVDQU8, NF_X_VMOVDQU16, NF_X_VMOVDQU32, NF_X_VMOVDQU64},
        {NF_X_VMOVDQU8_MR, NF_X_VMOVDQU16_MR, NF_X_VMOVDQU32_MR, NF_X_VMOVDQU64_MR}};
    bool narrow = nf_type_bytes(type) < XMM_BYTES;
    if (!nf_vector_has_masks(features, type)) return 0;
    if (narrow && !(features & NF_CPU_AVX512BW)) return 0;
    return nf_vector_row_evex(features, rows[store][nf_vector_size(type)], nf_vector_width(type));
}

/* By lanes' top bits: 4- and 8-byte lanes. */
static unsigned lane_masked_row(uint64_t features, nf_type type, bool store)
{
    static const uint16_t rows[2][4] = {{0, 0, NF_X_VPMASKMOVD, NF_X_VPMASKMOVQ},
                                        {0, 0, NF_X_VPMASKMOVD_MR, NF_X_VPMASKMOVQ_MR}};
    return nf_vector_row(features, (nf_vector_rows){0, rows[store][nf_vector_size(type)]},
                         nf_vector_width(type));
}

/* Lanes of a boolean, false above them. */
static nf_vreg lanes_alone(nf_select *s, nf_value mask)
{
    nf_vreg lanes = nf_select_value(s, mask);
    unsigned bytes = nf_type_bytes(nf_select_inst(s, mask)->type);
    if (bytes >= XMM_BYTES) return lanes;
    nf_vreg alone = nf_vector_temp(s, XMM_BYTES);
    nf_select_unary(s, NF_X_VMOVQ_X, bytes, alone, nf_vector_in_register(lanes));
    return alone;
}

/* The rows and the mask of a masked access; mask_role says which kind of register. */
typedef struct masked_access {
    unsigned row, width;
    nf_vreg mask;
    nf_lir_role role;
} masked_access;

static bool masked_begin(const nf_vector_job *job, bool store, masked_access *access)
{
    nf_type type = job->inst->type;
    unsigned by_mask = masked_row(job->features, type, store);
    unsigned by_lanes = lane_masked_row(job->features, type, store);
    bool narrow = nf_type_bytes(type) < XMM_BYTES;
    *access = (masked_access){.row = by_mask ? by_mask : by_lanes,
                              .width = nf_vector_width(type),
                              .role = by_mask ? NF_LIR_MASK : NF_LIR_USE};
    if (access->row == 0 || job->s == NULL) return access->row != 0;
    if (!by_mask)
        access->mask = lanes_alone(job->s, job->inst->b);
    else if (narrow)
        access->mask = nf_vector_mask_exact(job->s, job->inst->b);
    else
        access->mask = nf_vector_mask(job->s, job->inst->b);
    return true;
}

bool nf_vector_mload(const nf_vector_job *job)
{
    nf_select *s = job->s;
    masked_access access;
    if (!masked_begin(job, false, &access) || s == NULL) return access.row != 0;
    nf_vreg d = nf_vector_result(job);
    nf_lir_mem from = nf_select_address(s, job->inst);
    nf_lir_begin(s->lir, access.row, access.width);
    nf_lir_add(s->lir, NF_LIR_DEF, d);
    nf_lir_add(s->lir, access.role, access.mask);
    nf_lir_mem_add(s->lir, from);
    if (access.role == NF_LIR_MASK) nf_lir_flag(s->lir, NF_LIR_ZEROING);
    nf_lir_end(s->lir);
    return true;
}

bool nf_vector_mstore(const nf_vector_job *job)
{
    nf_select *s = job->s;
    masked_access access;
    if (!masked_begin(job, true, &access) || s == NULL) return access.row != 0;
    nf_vreg value = nf_select_value(s, job->inst->c);
    nf_lir_mem to = nf_select_address(s, job->inst);
    nf_lir_begin(s->lir, access.row, access.width);
    nf_lir_mem_add(s->lir, to);
    nf_lir_add(s->lir, access.role, access.mask);
    nf_lir_add(s->lir, NF_LIR_USE, value);
    nf_lir_end(s->lir);
    return true;
}
