/*
 * Lanes of integers made wider and narrower, and bits taken for another type.
 *
 * Lanes become wider by one instruction. They become narrower by one in AVX-512; else the bytes
 * that stay are shuffled together within each 16 bytes, and then the two halves are joined.
 */
#include "select_vector.h"

/* The operand as the source of a row whose wider side has `width` bytes. What the row reads can be
 * more than a narrow operand has: then no load is folded. */
nf_lir_rm nf_vector_source(const nf_vector_job *job, unsigned width, nf_type to)
{
    unsigned from_bytes = nf_type_element_bytes(job->operand), to_bytes = nf_type_element_bytes(to);
    unsigned read = to_bytes > from_bytes ? width / to_bytes * from_bytes : width;
    return nf_select_rm(job->s, job->inst->a, read);
}

nf_vector_rows nf_vector_extend_rows(bool sign, unsigned from, unsigned to)
{
    static const nf_vector_rows rows[2][3][4] = {
        {{{0, 0},
          {NF_X_PMOVZXBW, NF_X_VPMOVZXBW},
          {NF_X_PMOVZXBD, NF_X_VPMOVZXBD},
          {NF_X_PMOVZXBQ, NF_X_VPMOVZXBQ}},
         {{0, 0}, {0, 0}, {NF_X_PMOVZXWD, NF_X_VPMOVZXWD}, {NF_X_PMOVZXWQ, NF_X_VPMOVZXWQ}},
         {{0, 0}, {0, 0}, {0, 0}, {NF_X_PMOVZXDQ, NF_X_VPMOVZXDQ}}},
        {{{0, 0},
          {NF_X_PMOVSXBW, NF_X_VPMOVSXBW},
          {NF_X_PMOVSXBD, NF_X_VPMOVSXBD},
          {NF_X_PMOVSXBQ, NF_X_VPMOVSXBQ}},
         {{0, 0}, {0, 0}, {NF_X_PMOVSXWD, NF_X_VPMOVSXWD}, {NF_X_PMOVSXWQ, NF_X_VPMOVSXWQ}},
         {{0, 0}, {0, 0}, {0, 0}, {NF_X_PMOVSXDQ, NF_X_VPMOVSXDQ}}}};
    return from < 3 ? rows[sign][from][to] : (nf_vector_rows){0, 0};
}

bool nf_vector_extend(const nf_vector_job *job)
{
    unsigned from = nf_vector_size(job->operand), to = nf_vector_size(job->inst->type);
    unsigned width = nf_vector_width(job->inst->type);
    nf_vector_rows rows = nf_vector_extend_rows(job->inst->op == NF_OP_SEXT, from, to);
    unsigned row = nf_vector_row(job->features, rows, width);
    if (row && job->s)
        nf_select_unary(job->s, row, width, nf_vector_result(job),
                        nf_vector_source(job, width, job->inst->type));
    return row != 0;
}

/* --- narrower --- */

static unsigned narrow_row(uint64_t features, unsigned from, unsigned to, unsigned width)
{
    static const uint16_t rows[4][3] = {[1] = {NF_X_VPMOVWB},
                                        [2] = {NF_X_VPMOVDB, NF_X_VPMOVDW},
                                        [3] = {NF_X_VPMOVQB, NF_X_VPMOVQW, NF_X_VPMOVQD}};
    return nf_vector_row_evex(features, rows[from][to], width);
}

/* In each 16 bytes: the low parts of all lanes, side by side at the bottom. */
static nf_lir_rm gather_bytes(nf_select *s, unsigned from_bytes, unsigned to_bytes, unsigned width)
{
    uint8_t bytes[64];
    unsigned kept = 16 / from_bytes * to_bytes;
    for (unsigned i = 0; i < width; i++) {
        unsigned at = i % 16;
        bytes[i] = at < kept ? (uint8_t)(at / to_bytes * from_bytes + at % to_bytes) : 0x80;
    }
    return nf_select_constant(s, bytes, width);
}

/* Joins what the two halves of 32 bytes kept: 8, 4 or 2 bytes each. */
static void join_halves(nf_select *s, nf_vreg d, nf_vreg gathered, unsigned kept)
{
    nf_vreg upper = nf_vector_temp(s, 16), lower = nf_vector_temp(s, 16);
    nf_lir_begin(s->lir, NF_X_VEXTRACTI128, 32);
    nf_lir_add(s->lir, NF_LIR_DEF, upper);
    nf_lir_add(s->lir, NF_LIR_USE, gathered);
    nf_lir_imm(s->lir, 1);
    nf_lir_end(s->lir);
    nf_select_copy(s, lower, gathered);
    unsigned row = kept == 8 ? NF_X_VPUNPCKLQDQ : kept == 4 ? NF_X_VPUNPCKLDQ : NF_X_VPUNPCKLWD;
    nf_select_binary(s, row, 16, d, lower, nf_vector_in_register(upper));
}

bool nf_vector_narrow(nf_select *s, uint64_t features, unsigned from, unsigned to, unsigned width,
                      nf_vreg d, nf_vreg a)
{
    unsigned row = narrow_row(features, from, to, width);
    unsigned shuffle = nf_vector_row(features, (nf_vector_rows){NF_X_PSHUFB, NF_X_VPSHUFB}, width);
    if (!row && (!shuffle || width == 64)) return false;
    if (s == NULL) return true;
    if (row) {
        nf_lir_begin(s->lir, row, width);
        nf_lir_add(s->lir, NF_LIR_DEF, d);
        nf_lir_add(s->lir, NF_LIR_USE, a);
        nf_lir_end(s->lir);
        return true;
    }
    nf_vreg gathered = width == 16 ? d : nf_vector_temp(s, width);
    nf_select_binary(s, shuffle, width, gathered, a, gather_bytes(s, 1u << from, 1u << to, width));
    if (width == 32) join_halves(s, d, gathered, 16u >> from << to);
    return true;
}

bool nf_vector_cut(const nf_vector_job *job)
{
    unsigned from = nf_vector_size(job->operand), to = nf_vector_size(job->inst->type);
    unsigned width = nf_vector_width(job->operand);
    const nf_vreg none = {0};
    if (!nf_vector_narrow(NULL, job->features, from, to, width, none, none)) return false;
    return job->s == NULL ||
           nf_vector_narrow(job->s, job->features, from, to, width, nf_vector_result(job),
                            nf_select_value(job->s, job->inst->a));
}

/* --- bits --- */

bool nf_vector_bitcast(const nf_vector_job *job)
{
    nf_select *s = job->s;
    bool avx = job->features & NF_CPU_AVX, from = nf_abi_in_vector(job->operand),
         to = nf_abi_in_vector(job->inst->type);
    unsigned bytes = nf_type_bytes(job->inst->type);
    if (bytes > 16 && !avx) return false;
    if (from != to && bytes < 4) return false;
    if (s == NULL) return true;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    if (from == to) {
        nf_select_copy(s, d, a);
        return true;
    }
    unsigned row = to ? (avx ? NF_X_VMOVD : NF_X_MOVD) : (avx ? NF_X_VMOVD_MR : NF_X_MOVD_MR);
    nf_select_unary(s, row, bytes, d, nf_vector_in_register(a));
    return true;
}
