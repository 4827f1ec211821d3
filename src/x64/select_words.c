/*
 * Products of words in lanes of 32 bits.
 *
 * PMULLD takes two multiplications, PMADDWD one: it multiplies words and adds the products of
 * neighbours up. With an upper word of zero on one side the neighbour's product is zero, whatever
 * stands on the other one:
 *
 *     %x = sext.i32x16 %words          vpmovzxwd x, words       x: word, 0
 *     %p = mul.i32x16 %x, %y           vpmaddwd p, x, y         y: word, its sign
 *
 * So one factor must be words that are extended for this product alone, or bytes extended by
 * zeros, and the other one numbers that fit a signed word.
 */
#include "select_vector.h"

enum { WORD_BYTES = 2 };

/* Whether the integer, a scalar or the lanes of a vector, is a signed word for sure. */
static bool is_word(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    int64_t number;
    if (inst->op == NF_OP_SPLAT) inst = nf_select_inst(s, inst->a);
    if (inst->op == NF_OP_ICONST) {
        number = inst->imm;
        return number >= INT16_MIN && number <= INT16_MAX;
    }
    if (inst->op != NF_OP_SEXT && inst->op != NF_OP_ZEXT) return false;
    unsigned bytes = nf_type_element_bytes(nf_select_inst(s, inst->a)->type);
    return inst->op == NF_OP_SEXT ? bytes <= WORD_BYTES : bytes < WORD_BYTES;
}

/* Whether lanes can be had with upper words of zero, and are words then. */
static bool is_zero_above(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->op != NF_OP_SEXT && inst->op != NF_OP_ZEXT) return false;
    unsigned bytes = nf_type_element_bytes(nf_select_inst(s, inst->a)->type);
    if (inst->op == NF_OP_ZEXT) return bytes < WORD_BYTES;
    return bytes == WORD_BYTES && nf_select_folds(s, v);
}

static nf_vreg zero_above(const nf_vector_job *job, unsigned row, unsigned width, nf_value v)
{
    nf_select *s = job->s;
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->op == NF_OP_ZEXT) return nf_select_value(s, v);
    nf_vreg d = nf_vector_temp(s, width);
    nf_select_unary(s, row, width, d, nf_select_rm(s, inst->a, width / 2));
    return d;
}

bool nf_vector_mul_words(const nf_vector_job *job)
{
    static const nf_vector_rows madd = {NF_X_PMADDWD, NF_X_VPMADDWD},
                                extend = {NF_X_PMOVZXWD, NF_X_VPMOVZXWD};
    nf_select *s = job->s;
    unsigned width = nf_vector_width(job->inst->type);
    unsigned row = nf_vector_row(job->features, madd, width);
    unsigned extending = nf_vector_row(job->features, extend, width);
    nf_value a = job->inst->a, b = job->inst->b;
    if (!is_zero_above(s, a)) {
        a = job->inst->b;
        b = job->inst->a;
    }
    if (!row || !extending || !is_zero_above(s, a) || !is_word(s, b)) return false;
    nf_vreg d = nf_vector_result(job), words = zero_above(job, extending, width, a);
    nf_select_binary(s, row, width, d, words, nf_select_rm(s, b, width));
    return true;
}
