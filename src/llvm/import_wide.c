/*
 * Integers of more than 64 bits, limb by limb, as in Knuth, The Art of Computer Programming,
 * volume 2, section 4.3.1; limb 0 is the lowest.
 *
 *     add i128   s0 = a0 + b0, carry = s0 < a0        s1 = a1 + b1 + carry
 *     shl        by 64 * (n / 64) through selects, one for each bit of n / 64, then by n % 64
 *
 * Division, and conversion from and to floating point, are calls of host functions on 128 bits
 * (os/linux/helpers.c); wider integers than that are refused there. LLVM makes them rarely.
 */
#include "import_internal.h"

static const nf_value none;

enum { LIMBS_MAX = 64, HOST_LIMBS = 2 };

static nf_value number(nf_translator *t, int64_t value)
{
    return nf_make_number(t, NF_I64, value);
}

static nf_value as_i64(nf_translator *t, nf_value truth)
{
    return nf_make(t, NF_OP_ZEXT, NF_I64, truth, none);
}

static uint32_t top_bits(const nf_scalar *s)
{
    return (s->bits - 1) % NF_LIMB_BITS + 1;
}

/* The top limb, as a scalar of its own. */
static nf_scalar top_scalar(const nf_scalar *s)
{
    return (nf_scalar){NF_I64, false, top_bits(s), 1};
}

void nf_wide_clean(nf_translator *t, const nf_scalar *s, nf_value *parts)
{
    nf_scalar top = top_scalar(s);
    parts[s->limbs - 1] = nf_make_clean(t, &top, parts[s->limbs - 1]);
}

void nf_wide_sign(nf_translator *t, const nf_scalar *s, const nf_value *a, nf_value *out)
{
    nf_scalar top = top_scalar(s);
    for (uint32_t i = 0; i < s->limbs; i++) out[i] = a[i];
    out[s->limbs - 1] = nf_make_signed(t, &top, a[s->limbs - 1]);
}

/* --- sums and products --- */

static void add(nf_translator *t, uint32_t limbs, const nf_value *a, const nf_value *b,
                nf_value *out)
{
    nf_value carry = none;
    for (uint32_t i = 0; i < limbs; i++) {
        nf_value sum = nf_make(t, NF_OP_ADD, NF_I64, a[i], b[i]);
        nf_value over = i + 1 < limbs ? nf_make_compare(t, NF_ULT, sum, a[i]) : none;
        if (carry.id) {
            nf_value with = nf_make(t, NF_OP_ADD, NF_I64, sum, carry);
            if (over.id)
                over = nf_make(t, NF_OP_OR, NF_I8, over, nf_make_compare(t, NF_ULT, with, sum));
            sum = with;
        }
        out[i] = sum;
        if (over.id) carry = as_i64(t, over);
    }
}

static void subtract(nf_translator *t, uint32_t limbs, const nf_value *a, const nf_value *b,
                     nf_value *out)
{
    nf_value borrow = none;
    for (uint32_t i = 0; i < limbs; i++) {
        nf_value difference = nf_make(t, NF_OP_SUB, NF_I64, a[i], b[i]);
        nf_value under = i + 1 < limbs ? nf_make_compare(t, NF_ULT, a[i], b[i]) : none;
        if (borrow.id) {
            nf_value with = nf_make(t, NF_OP_SUB, NF_I64, difference, borrow);
            if (under.id) {
                nf_value again = nf_make_compare(t, NF_ULT, difference, borrow);
                under = nf_make(t, NF_OP_OR, NF_I8, under, again);
            }
            difference = with;
        }
        out[i] = difference;
        if (under.id) borrow = as_i64(t, under);
    }
}

/* sum += addend; the carry, or none when nothing was there. */
static nf_value accumulate(nf_translator *t, nf_value *sum, nf_value addend)
{
    if (addend.id == 0) return none;
    if (sum->id == 0) {
        *sum = addend;
        return none;
    }
    *sum = nf_make(t, NF_OP_ADD, NF_I64, *sum, addend);
    return as_i64(t, nf_make_compare(t, NF_ULT, *sum, addend));
}

/* The product's low limbs, by the method learned at school. A missing value is zero. */
static void multiply(nf_translator *t, uint32_t limbs, const nf_value *a, const nf_value *b,
                     nf_value *out)
{
    nf_value sums[LIMBS_MAX] = {{0}};
    for (uint32_t i = 0; i < limbs; i++) {
        nf_value carry = none;
        for (uint32_t j = 0; i + j < limbs; j++) {
            nf_value *sum = &sums[i + j];
            nf_value low = nf_make(t, NF_OP_MUL, NF_I64, a[i], b[j]), high = none;
            bool last = i + j + 1 == limbs;
            if (!last) high = nf_make(t, NF_OP_UMULH, NF_I64, a[i], b[j]);
            nf_value first = accumulate(t, sum, low), second = accumulate(t, sum, carry);
            carry = high;
            if (last) break;
            if (first.id) carry = nf_make(t, NF_OP_ADD, NF_I64, carry, first);
            if (second.id) carry = nf_make(t, NF_OP_ADD, NF_I64, carry, second);
        }
    }
    for (uint32_t i = 0; i < limbs; i++) out[i] = sums[i];
}

/* --- shifts --- */

/* Limb i of a, moved by whole limbs up (left) or down; what comes in is fill. */
static nf_value limb_from(uint32_t limbs, const nf_value *a, uint32_t i, uint32_t by, bool left,
                          nf_value fill)
{
    if (left) return i >= by ? a[i - by] : fill;
    return i + by < limbs ? a[i + by] : fill;
}

static void shift_limbs(nf_translator *t, uint32_t limbs, nf_value *a, nf_value amount, bool left,
                        nf_value fill)
{
    enum { LIMB_LOG2 = 6 };
    nf_value moved[LIMBS_MAX];
    for (uint32_t bit = 0; 1u << bit < limbs; bit++) {
        nf_value wanted =
            nf_make_with(t, NF_OP_AND, NF_I64, amount, INT64_C(1) << (bit + LIMB_LOG2));
        nf_value condition = nf_make_compare(t, NF_NE, wanted, number(t, 0));
        for (uint32_t i = 0; i < limbs; i++) {
            nf_value from = limb_from(limbs, a, i, 1u << bit, left, fill);
            moved[i] = nf_make_select(t, NF_I64, condition, from, a[i]);
        }
        for (uint32_t i = 0; i < limbs; i++) a[i] = moved[i];
    }
}

/* The bits of two neighbours that meet in one limb. A shift by 64 - n with n = 0 must give 0: hence
 * two shifts, by 1 and by 63 - n. */
static nf_value funnel(nf_translator *t, nf_value main, nf_value neighbour, nf_value by, bool left)
{
    nf_op there = left ? NF_OP_SHL : NF_OP_LSHR, back = left ? NF_OP_LSHR : NF_OP_SHL;
    nf_value rest = nf_make_with(t, NF_OP_XOR, NF_I64, by, NF_LIMB_BITS - 1);
    nf_value spilled = nf_make(t, back, NF_I64, nf_make_with(t, back, NF_I64, neighbour, 1), rest);
    return nf_make(t, NF_OP_OR, NF_I64, nf_make(t, there, NF_I64, main, by), spilled);
}

static void shift(nf_translator *t, LLVMOpcode op, const nf_scalar *s, const nf_value *a,
                  nf_value amount, nf_value *out)
{
    bool left = op == LLVMShl;
    uint32_t limbs = s->limbs;
    nf_value in[LIMBS_MAX];
    for (uint32_t i = 0; i < limbs; i++) in[i] = a[i];
    if (op == LLVMAShr) nf_wide_sign(t, s, a, in);
    nf_value fill = op == LLVMAShr
                        ? nf_make_with(t, NF_OP_ASHR, NF_I64, in[limbs - 1], NF_LIMB_BITS - 1)
                        : number(t, 0);
    shift_limbs(t, limbs, in, amount, left, fill);
    nf_value by = nf_make_with(t, NF_OP_AND, NF_I64, amount, NF_LIMB_BITS - 1);
    for (uint32_t i = 0; i < limbs; i++)
        out[i] = funnel(t, in[i], limb_from(limbs, in, i, 1, left, fill), by, left);
}

/* --- host functions --- */

nf_value nf_wide_call(nf_translator *t, const char *name, nf_type result, const nf_value *a,
                      const nf_value *b, nf_value *out)
{
    enum { ARGS_MAX = 1 + 2 * HOST_LIMBS, BYTES = 16 };
    nf_value args[ARGS_MAX];
    uint32_t count = 0;
    nf_value place = none;
    if (out) {
        nf_local local = nf_func_local(t->f, BYTES, 4);
        place = nf_build_local(t->f, t->at, local, 0);
        args[count++] = place;
    }
    for (uint32_t i = 0; i < HOST_LIMBS; i++) args[count++] = a[i];
    for (uint32_t i = 0; b && i < HOST_LIMBS; i++) args[count++] = b[i];
    nf_value value = nf_make_call(t, name, result, args, count);
    for (uint32_t i = 0; out && i < HOST_LIMBS; i++) {
        nf_address address = {.base = place, .offset = (int32_t)(8 * i), .align_log2 = 3};
        out[i] = nf_build_load(t->f, t->at, NF_I64, address);
    }
    return value;
}

static void divide(nf_translator *t, LLVMOpcode op, const nf_scalar *s, const nf_value *a,
                   const nf_value *b, nf_value *out)
{
    bool is_signed = op == LLVMSDiv || op == LLVMSRem;
    const char *name = op == LLVMSDiv   ? "__nf_sdiv128"
                       : op == LLVMUDiv ? "__nf_udiv128"
                       : op == LLVMSRem ? "__nf_srem128"
                                        : "__nf_urem128";
    nf_value x[HOST_LIMBS] = {a[0], a[1]}, y[HOST_LIMBS] = {b[0], b[1]};
    if (is_signed) {
        nf_wide_sign(t, s, a, x);
        nf_wide_sign(t, s, b, y);
    }
    nf_wide_call(t, name, NF_VOID, x, y, out);
}

static bool is_division(LLVMOpcode op)
{
    return op == LLVMSDiv || op == LLVMUDiv || op == LLVMSRem || op == LLVMURem;
}

/* True, with zeros for the result, when an operand has more limbs than the operation can take. */
static bool too_wide(nf_translator *t, uint32_t limbs, uint32_t limit, uint32_t out_limbs,
                     nf_value *out)
{
    if (limbs <= limit) return false;
    nf_refuse(t, "an integer of very many bits");
    for (uint32_t i = 0; i < out_limbs; i++) out[i] = number(t, 0);
    return true;
}

void nf_wide_binary(nf_translator *t, LLVMOpcode op, const nf_scalar *s, const nf_value *a,
                    const nf_value *b, nf_value *out)
{
    if (too_wide(t, s->limbs, is_division(op) ? HOST_LIMBS : LIMBS_MAX, s->limbs, out)) return;
    nf_op logic = op == LLVMAnd ? NF_OP_AND : op == LLVMOr ? NF_OP_OR : NF_OP_XOR;
    switch (op) {
    case LLVMAdd: add(t, s->limbs, a, b, out); break;
    case LLVMSub: subtract(t, s->limbs, a, b, out); break;
    case LLVMMul: multiply(t, s->limbs, a, b, out); break;
    case LLVMShl:
    case LLVMLShr:
    case LLVMAShr: shift(t, op, s, a, b[0], out); break;
    case LLVMSDiv:
    case LLVMUDiv:
    case LLVMSRem:
    case LLVMURem: divide(t, op, s, a, b, out); break;
    default:
        for (uint32_t i = 0; i < s->limbs; i++) out[i] = nf_make(t, logic, NF_I64, a[i], b[i]);
    }
    nf_wide_clean(t, s, out);
}

/* --- comparisons --- */

static nf_value equal(nf_translator *t, uint32_t limbs, const nf_value *a, const nf_value *b)
{
    nf_value difference = none;
    for (uint32_t i = 0; i < limbs; i++) {
        nf_value part = nf_make(t, NF_OP_XOR, NF_I64, a[i], b[i]);
        difference = difference.id ? nf_make(t, NF_OP_OR, NF_I64, difference, part) : part;
    }
    return nf_make_compare(t, NF_EQ, difference, number(t, 0));
}

/* From the lowest limb up: what a higher one decides replaces what was found. */
static nf_value less(nf_translator *t, uint32_t limbs, const nf_value *a, const nf_value *b,
                     bool is_signed)
{
    nf_value found = none;
    for (uint32_t i = 0; i < limbs; i++) {
        bool top = i + 1 == limbs;
        nf_value here = nf_make_compare(t, top && is_signed ? NF_SLT : NF_ULT, a[i], b[i]);
        if (found.id) {
            nf_value same = nf_make_compare(t, NF_EQ, a[i], b[i]);
            here = nf_make_select(t, NF_I8, same, found, here);
        }
        found = here;
    }
    return found;
}

nf_value nf_wide_icmp(nf_translator *t, LLVMIntPredicate predicate, const nf_scalar *s,
                      const nf_value *a, const nf_value *b)
{
    nf_value x[LIMBS_MAX], y[LIMBS_MAX];
    if (too_wide(t, s->limbs, LIMBS_MAX, 0, NULL)) return nf_make_number(t, NF_I8, 0);
    if (predicate == LLVMIntEQ) return equal(t, s->limbs, a, b);
    if (predicate == LLVMIntNE)
        return nf_make_with(t, NF_OP_XOR, NF_I8, equal(t, s->limbs, a, b), 1);
    bool is_signed = predicate >= LLVMIntSGT;
    for (uint32_t i = 0; i < s->limbs; i++) {
        x[i] = a[i];
        y[i] = b[i];
    }
    if (is_signed) {
        nf_wide_sign(t, s, a, x);
        nf_wide_sign(t, s, b, y);
    }
    bool swap = predicate == LLVMIntUGT || predicate == LLVMIntSGT || predicate == LLVMIntULE ||
                predicate == LLVMIntSLE;
    bool negate = predicate == LLVMIntUGE || predicate == LLVMIntSGE || predicate == LLVMIntULE ||
                  predicate == LLVMIntSLE;
    nf_value found = less(t, s->limbs, swap ? y : x, swap ? x : y, is_signed);
    return negate ? nf_make_with(t, NF_OP_XOR, NF_I8, found, 1) : found;
}

/* --- conversions --- */

/* To an integer of any width from one; of a narrow source, `low` is its i64. */
static void resize(nf_translator *t, const nf_scalar *from, const nf_scalar *to, const nf_value *a,
                   nf_value fill, nf_value *out)
{
    if (to->limbs == 1) {
        *out = nf_make_clean(t, to, nf_make_resize(t, to->type, a[0]));
        return;
    }
    for (uint32_t i = 0; i < to->limbs; i++) out[i] = i < from->limbs ? a[i] : fill;
    nf_wide_clean(t, to, out);
}

static void extend_sign(nf_translator *t, const nf_scalar *from, const nf_scalar *to,
                        const nf_value *a, nf_value *out)
{
    nf_value in[LIMBS_MAX];
    if (from->limbs == 1) {
        nf_scalar word = {NF_I64, false, NF_LIMB_BITS, 1};
        nf_scalar_cast(t, LLVMSExt, from, &word, a, in);
    } else {
        nf_wide_sign(t, from, a, in);
    }
    nf_value fill = nf_make_with(t, NF_OP_ASHR, NF_I64, in[from->limbs - 1], NF_LIMB_BITS - 1);
    resize(t, from, to, in, fill, out);
}

static void extend_zero(nf_translator *t, const nf_scalar *from, const nf_scalar *to,
                        const nf_value *a, nf_value *out)
{
    nf_value low = none;
    if (from->limbs == 1) {
        low = nf_make_resize(t, NF_I64, *a);
        a = &low;
    }
    resize(t, from, to, a, number(t, 0), out);
}

static void from_float(nf_translator *t, bool is_signed, const nf_scalar *from, const nf_scalar *to,
                       nf_value a, nf_value *out)
{
    if (too_wide(t, to->limbs, HOST_LIMBS, to->limbs, out)) return;
    if (from->type == NF_F32) a = nf_make(t, NF_OP_FPEXT, NF_F64, a, none);
    nf_local local = nf_func_local(t->f, 16, 4);
    nf_value args[2] = {nf_build_local(t->f, t->at, local, 0), a};
    nf_make_call(t, is_signed ? "__nf_f64_to_s128" : "__nf_f64_to_u128", NF_VOID, args, 2);
    for (uint32_t i = 0; i < HOST_LIMBS; i++) {
        nf_address address = {.base = args[0], .offset = (int32_t)(8 * i), .align_log2 = 3};
        out[i] = nf_build_load(t->f, t->at, NF_I64, address);
    }
    nf_wide_clean(t, to, out);
}

static void to_float(nf_translator *t, bool is_signed, const nf_scalar *from, const nf_scalar *to,
                     const nf_value *a, nf_value *out)
{
    static const char *const names[2][2] = {{"__nf_u128_to_f32", "__nf_u128_to_f64"},
                                            {"__nf_s128_to_f32", "__nf_s128_to_f64"}};
    nf_value in[LIMBS_MAX];
    if (too_wide(t, from->limbs, HOST_LIMBS, 0, NULL)) {
        *out = nf_make_zero(t, to->type);
        return;
    }
    for (uint32_t i = 0; i < HOST_LIMBS; i++) in[i] = a[i];
    if (is_signed) nf_wide_sign(t, from, a, in);
    *out = nf_wide_call(t, names[is_signed][to->type == NF_F64], to->type, in, NULL, NULL);
}

void nf_wide_cast(nf_translator *t, LLVMOpcode op, const nf_scalar *from, const nf_scalar *to,
                  const nf_value *a, nf_value *out)
{
    uint32_t limbs = from->limbs > to->limbs ? from->limbs : to->limbs;
    if (too_wide(t, limbs, LIMBS_MAX, to->limbs, out)) return;
    switch (op) {
    case LLVMSExt: extend_sign(t, from, to, a, out); break;
    case LLVMTrunc:
    case LLVMZExt:
    case LLVMPtrToInt:
    case LLVMIntToPtr:
    case LLVMBitCast: extend_zero(t, from, to, a, out); break;
    case LLVMFPToSI:
    case LLVMFPToUI: from_float(t, op == LLVMFPToSI, from, to, *a, out); break;
    case LLVMSIToFP:
    case LLVMUIToFP: to_float(t, op == LLVMSIToFP, from, to, a, out); break;
    default: nf_refuse(t, "an unknown conversion of a wide integer");
    }
}
