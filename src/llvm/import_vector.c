/*
 * Vectors, lane by lane, and values taken as other types.
 *
 * A vector is as many parts as it has lanes, so moving lanes about moves parts and makes no
 * instruction. An index that is known only at run time goes through selects.
 *
 * A bitcast between types that are not one scalar each goes by way of one wide integer in limbs:
 *
 *     bitcast <4 x i16> to <2 x float>    limb = l0 | l1 << 16 | l2 << 32 | l3 << 48
 *                                         bitcast.f32 (trunc.i32 limb), bitcast.f32 (limb >> 32)
 */
#include "import_internal.h"

#include <string.h>

static const nf_value none;

/* --- bits --- */

static nf_value part_to_i64(nf_translator *t, const nf_scalar *s, nf_value part)
{
    if (s->is_float)
        part = nf_make(t, NF_OP_BITCAST, s->type == NF_F32 ? NF_I32 : NF_I64, part, none);
    return nf_make_resize(t, NF_I64, part);
}

static nf_value part_from_i64(nf_translator *t, const nf_scalar *s, nf_value word)
{
    if (!s->is_float) return nf_make_clean(t, s, nf_make_resize(t, s->type, word));
    if (s->type == NF_F32) word = nf_make_resize(t, NF_I32, word);
    return nf_make(t, NF_OP_BITCAST, s->type, word, none);
}

static uint64_t part_bit(const nf_leaf *leaf, uint32_t limb)
{
    return leaf->bit_offset + (uint64_t)limb * NF_LIMB_BITS;
}

static uint32_t part_bits(const nf_scalar *s, uint32_t limb)
{
    if (s->limbs == 1) return s->bits;
    uint32_t left = s->bits - limb * NF_LIMB_BITS;
    return left < NF_LIMB_BITS ? left : NF_LIMB_BITS;
}

static void or_into(nf_translator *t, nf_value *limb, nf_value bits)
{
    *limb = limb->id ? nf_make(t, NF_OP_OR, NF_I64, *limb, bits) : bits;
}

void nf_pack(nf_translator *t, const nf_leaves *leaves, const nf_value *parts, nf_value *limbs)
{
    for (uint32_t i = 0; i < leaves->count; i++) {
        const nf_leaf *leaf = &leaves->data[i];
        for (uint32_t k = 0; k < leaf->scalar.limbs; k++, parts++) {
            uint64_t bit = part_bit(leaf, k), limb = bit / NF_LIMB_BITS, at = bit % NF_LIMB_BITS;
            nf_value word = part_to_i64(t, &leaf->scalar, *parts);
            nf_value low = at ? nf_make_with(t, NF_OP_SHL, NF_I64, word, (int64_t)at) : word;
            or_into(t, &limbs[limb], low);
            if (at + part_bits(&leaf->scalar, k) <= NF_LIMB_BITS) continue;
            nf_value high = nf_make_with(t, NF_OP_LSHR, NF_I64, word, (int64_t)(NF_LIMB_BITS - at));
            or_into(t, &limbs[limb + 1], high);
        }
    }
}

void nf_unpack(nf_translator *t, const nf_leaves *leaves, const nf_value *limbs, nf_value *parts)
{
    for (uint32_t i = 0; i < leaves->count; i++) {
        const nf_leaf *leaf = &leaves->data[i];
        for (uint32_t k = 0; k < leaf->scalar.limbs; k++, parts++) {
            uint64_t bit = part_bit(leaf, k), limb = bit / NF_LIMB_BITS, at = bit % NF_LIMB_BITS;
            uint32_t bits = part_bits(&leaf->scalar, k);
            nf_value word = limbs[limb];
            if (at) word = nf_make_with(t, NF_OP_LSHR, NF_I64, word, (int64_t)at);
            if (at + bits > NF_LIMB_BITS) {
                int64_t distance = (int64_t)(NF_LIMB_BITS - at);
                nf_value high = nf_make_with(t, NF_OP_SHL, NF_I64, limbs[limb + 1], distance);
                word = nf_make(t, NF_OP_OR, NF_I64, word, high);
            }
            nf_scalar s = leaf->scalar;
            if (s.limbs > 1) s = (nf_scalar){NF_I64, false, bits, 1};
            *parts = part_from_i64(t, &s, word);
        }
    }
}

void nf_import_bitcast(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMValueRef operand = LLVMGetOperand(value, 0);
    LLVMTypeRef from = LLVMTypeOf(operand), to = LLVMTypeOf(value);
    const char *refusal = nf_type_refusal(from);
    if (refusal) {
        nf_refuse(t, refusal);
        return;
    }
    const nf_value *parts = nf_parts(t, operand);
    nf_scalar a, b;
    if (nf_lane_count(from) == nf_lane_count(to) && nf_scalar_of(nf_lane_type(from), &a) &&
        nf_scalar_of(nf_lane_type(to), &b) && a.limbs == b.limbs) {
        for (uint32_t i = 0; i < nf_parts_of(to); i++)
            out[i] =
                a.type == b.type ? parts[i] : nf_make(t, NF_OP_BITCAST, b.type, parts[i], none);
        return;
    }
    uint64_t bits = LLVMSizeOfTypeInBits(t->in->layout, from);
    nf_value *limbs = nf_parts_new(t, (uint32_t)(bits / NF_LIMB_BITS + 1));
    nf_leaves source = nf_leaves_of(t->in, t->arena, from);
    nf_leaves target = nf_leaves_of(t->in, t->arena, to);
    nf_pack(t, &source, parts, limbs);
    nf_unpack(t, &target, limbs, out);
}

/* --- lanes --- */

static void copy_lane(nf_value *out, const nf_value *from, uint32_t each)
{
    memcpy(out, from, each * sizeof *out);
}

/* Of what only comes in: the types of results are known to be fine. */
static bool has_lanes(nf_translator *t, LLVMValueRef vector)
{
    const char *refusal = nf_type_refusal(LLVMTypeOf(vector));
    if (refusal) nf_refuse(t, refusal);
    return refusal == NULL;
}

/* An index may be of a type that has no room for the number of each lane. */
static nf_value index_of(nf_translator *t, LLVMValueRef index)
{
    return nf_make_resize(t, NF_I64, nf_part(t, index));
}

static nf_value is_lane(nf_translator *t, nf_value index, uint32_t lane)
{
    return nf_make_compare(t, NF_EQ, index, nf_make_number(t, NF_I64, lane));
}

/* Lane `index`, chosen at run time. */
static void select_lane(nf_translator *t, const nf_value *parts, uint32_t lanes, uint32_t each,
                        nf_value index, nf_value *out)
{
    copy_lane(out, parts, each);
    for (uint32_t lane = 1; lane < lanes; lane++) {
        nf_value here = is_lane(t, index, lane);
        for (uint32_t i = 0; i < each; i++) {
            nf_value part = parts[lane * each + i];
            out[i] = nf_make_select(t, nf_value_type(t->f, part), here, part, out[i]);
        }
    }
}

void nf_import_extract_element(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMValueRef vector = LLVMGetOperand(value, 0), index = LLVMGetOperand(value, 1);
    uint32_t lanes = nf_lane_count(LLVMTypeOf(vector)), each = nf_parts_of(LLVMTypeOf(value));
    if (!has_lanes(t, vector)) return;
    const nf_value *parts = nf_parts(t, vector);
    if (LLVMIsAConstantInt(index)) {
        uint64_t lane = LLVMConstIntGetZExtValue(index);
        copy_lane(out, parts + (lane < lanes ? lane : 0) * each, each);
    } else {
        select_lane(t, parts, lanes, each, index_of(t, index), out);
    }
}

void nf_import_insert_element(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef element = LLVMGetOperand(value, 1), index = LLVMGetOperand(value, 2);
    uint32_t lanes = nf_lane_count(type), each = nf_parts_of(LLVMTypeOf(element));
    memcpy(out, nf_parts(t, LLVMGetOperand(value, 0)), lanes * each * sizeof *out);
    const nf_value *parts = nf_parts(t, element);
    if (LLVMIsAConstantInt(index)) {
        uint64_t lane = LLVMConstIntGetZExtValue(index);
        if (lane < lanes) copy_lane(out + lane * each, parts, each);
        return;
    }
    nf_value at = index_of(t, index);
    for (uint32_t i = 0; i < lanes * each; i++) {
        nf_value here = is_lane(t, at, i / each);
        out[i] = nf_make_select(t, nf_value_type(t->f, out[i]), here, parts[i % each], out[i]);
    }
}

void nf_import_shuffle(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(value, 0));
    uint32_t lanes = nf_lane_count(type), each = nf_parts_of(nf_lane_type(type));
    if (!has_lanes(t, LLVMGetOperand(value, 0))) return;
    const nf_value *a = nf_parts(t, LLVMGetOperand(value, 0));
    const nf_value *b = nf_parts(t, LLVMGetOperand(value, 1));
    for (uint32_t i = 0; i < LLVMGetNumMaskElements(value); i++) {
        int from = LLVMGetMaskValue(value, i);
        if (from == LLVMGetUndefMaskElem()) from = 0;
        const nf_value *lane = (uint32_t)from < lanes ? a + (uint32_t)from * each
                                                      : b + ((uint32_t)from - lanes) * each;
        copy_lane(out + i * each, lane, each);
    }
}
