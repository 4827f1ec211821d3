/*
 * The number of the first lane for which a boolean holds, as searches ask for it:
 *
 *     %n = select.i8x32 %mask, iota, splat 32         vpmovmskb eax, mask
 *     %f = reduce_umin.i8x32 %n                       tzcnt eax, eax
 *
 * The booleans become bits of a general register, a bit for each lane from a mask register, one for
 * each byte otherwise, and the lowest one that is set is counted to. Behind the bits of the lanes
 * stands one more that is always set, for when there is no such lane; TZCNT gives that by itself
 * where the bits fill its operand.
 */
#include "select_vector.h"

enum { BITS_DWORD = 32, BITS_QUADWORD = 64 };

/* The boolean, when the vector is the numbers of the lanes where it holds, and that of all lanes
 * where it does not; none when it is something else. */
static nf_value boolean_of(const nf_select *s, nf_value vector)
{
    const nf_value none = {0};
    const nf_inst *select = nf_select_inst(s, vector);
    int64_t otherwise;
    if (select->op != NF_OP_SELECT || nf_select_inst(s, select->b)->op != NF_OP_IOTA) return none;
    if (!nf_vector_is_constant(s, select->c, &otherwise)) return none;
    return otherwise == NF_TYPE_LANES(select->type) ? select->a : none;
}

/* Bits of a mask register; those above the lanes are anything. */
static nf_vreg bits_of_mask(nf_select *s, nf_value boolean, unsigned lanes)
{
    unsigned row = lanes == BITS_QUADWORD ? NF_X_KMOVQ_RK
                   : lanes == BITS_DWORD  ? NF_X_KMOVD_RK
                                          : NF_X_KMOVW_RK;
    nf_vreg bits = nf_select_gpr(s), k = nf_vector_mask(s, boolean);
    nf_select_unary(s, row, lanes < BITS_DWORD ? 2 : lanes / 8, bits, nf_vector_in_register(k));
    return bits;
}

static unsigned byte_row(uint64_t features, unsigned width)
{
    return nf_vector_row(features, (nf_vector_rows){NF_X_PMOVMSKB, NF_X_VPMOVMSKB}, width);
}

static void count_to_first(nf_select *s, nf_vreg d, nf_vreg bits, unsigned count)
{
    nf_vreg stopped = bits;
    if (count < BITS_DWORD) {
        stopped = nf_select_gpr(s);
        nf_select_in_place_imm(s, NF_X_OR_I, 4, stopped, bits, INT64_C(1) << count);
    }
    unsigned row = nf_select_has(s, NF_CPU_BMI1) ? NF_X_TZCNT : NF_X_BSF;
    nf_select_unary(s, row, count == BITS_QUADWORD ? 8 : 4, d, nf_rm_vreg(stopped));
}

bool nf_vector_first(const nf_vector_job *job)
{
    nf_select *s = job->s;
    unsigned lanes = NF_TYPE_LANES(job->operand), bytes = nf_type_bytes(job->operand);
    unsigned size = nf_vector_size(job->operand), width = nf_vector_width(job->operand);
    if (s == NULL || job->inst->op != NF_OP_REDUCE_UMIN) return false;
    nf_value boolean = boolean_of(s, job->inst->a);
    if (boolean.id == 0) return false;
    bool masks = nf_vector_has_masks(job->features, job->operand);
    unsigned count = masks ? lanes : bytes, row = masks ? 0 : byte_row(job->features, width);
    if (!masks && (row == 0 || !nf_vector_is_whole(s, boolean))) return false;
    if (count >= BITS_DWORD && !nf_select_has(s, NF_CPU_BMI1)) return false;
    nf_vreg d = nf_vector_result(job), bits;
    if (masks) {
        count_to_first(s, d, bits_of_mask(s, boolean, lanes), lanes);
        return true;
    }
    bits = nf_select_gpr(s);
    nf_select_unary(s, row, width, bits, nf_vector_in_register(nf_select_value(s, boolean)));
    nf_vreg first = size ? nf_select_gpr(s) : d;
    count_to_first(s, first, bits, bytes);
    if (size) nf_select_in_place_imm(s, NF_X_SHR_I, 4, d, first, size);
    return true;
}
