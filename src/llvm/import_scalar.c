/*
 * Arithmetic, conversions and comparisons of one scalar of at most 64 bits.
 *
 * Integers obey the importer's invariant (zero above the width). An operation restores it where it can
 * break it, and takes its operands with their signs where these matter:
 *
 *     add i3 %a, %b     and.i8 (add.i8 %a, %b), 7
 *     ashr i3 %a, %b    and.i8 (ashr.i8 (signed %a), %b), 7
 *
 * What LLVM calls undefined or poison (overflow with nsw, shifts by too much, conversions that do not
 * fit) may give anything, so nothing is done about it.
 */
#include "import_internal.h"

static const nf_value none;

enum { SIGNED_OPERANDS = 1, MAY_EXCEED = 2, FLOATING = 4 };

typedef struct binary_row {
    LLVMOpcode from;
    nf_op to;
    int how;
} binary_row;

static const binary_row binary_rows[] = {
    {LLVMAdd, NF_OP_ADD, MAY_EXCEED},
    {LLVMSub, NF_OP_SUB, MAY_EXCEED},
    {LLVMMul, NF_OP_MUL, MAY_EXCEED},
    {LLVMUDiv, NF_OP_UDIV, 0},
    {LLVMURem, NF_OP_UREM, 0},
    {LLVMSDiv, NF_OP_SDIV, SIGNED_OPERANDS | MAY_EXCEED},
    {LLVMSRem, NF_OP_SREM, SIGNED_OPERANDS | MAY_EXCEED},
    {LLVMShl, NF_OP_SHL, MAY_EXCEED},
    {LLVMLShr, NF_OP_LSHR, 0},
    {LLVMAShr, NF_OP_ASHR, SIGNED_OPERANDS | MAY_EXCEED},
    {LLVMAnd, NF_OP_AND, 0},
    {LLVMOr, NF_OP_OR, 0},
    {LLVMXor, NF_OP_XOR, 0},
    {LLVMFAdd, NF_OP_FADD, FLOATING},
    {LLVMFSub, NF_OP_FSUB, FLOATING},
    {LLVMFMul, NF_OP_FMUL, FLOATING},
    {LLVMFDiv, NF_OP_FDIV, FLOATING},
};

static const binary_row *binary_row_of(LLVMOpcode op)
{
    for (size_t i = 0; i < sizeof binary_rows / sizeof *binary_rows; i++)
        if (binary_rows[i].from == op) return &binary_rows[i];
    return NULL;
}

static nf_value float_remainder(nf_translator *t, const nf_scalar *s, nf_value a, nf_value b)
{
    nf_value args[2] = {a, b};
    return nf_make_call(t, s->type == NF_F32 ? "fmodf" : "fmod", s->type, args, 2);
}

void nf_scalar_binary(nf_translator *t, LLVMOpcode op, const nf_scalar *s, const nf_value *a,
                      const nf_value *b, nf_value *out)
{
    if (s->limbs > 1) {
        nf_wide_binary(t, op, s, a, b, out);
        return;
    }
    if (op == LLVMFRem) {
        *out = float_remainder(t, s, *a, *b);
        return;
    }
    const binary_row *row = binary_row_of(op);
    if (row == NULL) {
        nf_refuse(t, "an unknown operation");
        return;
    }
    nf_value x = *a, y = *b;
    if (row->how & SIGNED_OPERANDS) {
        x = nf_make_signed(t, s, x);
        if (op != LLVMAShr) y = nf_make_signed(t, s, y);
    }
    *out = nf_make(t, row->to, s->type, x, y);
    if (row->how & MAY_EXCEED) *out = nf_make_clean(t, s, *out);
}

/* --- comparisons --- */

static bool is_signed_predicate(LLVMIntPredicate predicate)
{
    return predicate >= LLVMIntSGT;
}

nf_value nf_scalar_icmp(nf_translator *t, LLVMIntPredicate predicate, const nf_scalar *s,
                        const nf_value *a, const nf_value *b)
{
    static const nf_cond conds[] = {NF_EQ,  NF_NE,  NF_UGT, NF_UGE, NF_ULT,
                                    NF_ULE, NF_SGT, NF_SGE, NF_SLT, NF_SLE};
    if (s->limbs > 1) return nf_wide_icmp(t, predicate, s, a, b);
    nf_value x = *a, y = *b;
    if (is_signed_predicate(predicate)) {
        x = nf_make_signed(t, s, x);
        y = nf_make_signed(t, s, y);
    }
    return nf_make_compare(t, conds[predicate - LLVMIntEQ], x, y);
}

nf_value nf_scalar_fcmp(nf_translator *t, LLVMRealPredicate predicate, const nf_value *a,
                        const nf_value *b)
{
    static const nf_cond conds[] = {
        [LLVMRealOEQ] = NF_FOEQ, [LLVMRealOGT] = NF_FOGT, [LLVMRealOGE] = NF_FOGE,
        [LLVMRealOLT] = NF_FOLT, [LLVMRealOLE] = NF_FOLE, [LLVMRealONE] = NF_FONE,
        [LLVMRealORD] = NF_FORD, [LLVMRealUNO] = NF_FUNO, [LLVMRealUEQ] = NF_FUEQ,
        [LLVMRealUGT] = NF_FUGT, [LLVMRealUGE] = NF_FUGE, [LLVMRealULT] = NF_FULT,
        [LLVMRealULE] = NF_FULE, [LLVMRealUNE] = NF_FUNE,
    };
    if (predicate == LLVMRealPredicateFalse || predicate == LLVMRealPredicateTrue)
        return nf_make_number(t, NF_I8, predicate == LLVMRealPredicateTrue);
    return nf_make_compare(t, conds[predicate], *a, *b);
}

void nf_scalar_select(nf_translator *t, const nf_scalar *s, nf_value condition, const nf_value *yes,
                      const nf_value *no, nf_value *out)
{
    for (uint32_t i = 0; i < s->limbs; i++)
        out[i] = nf_make_select(t, s->type, condition, yes[i], no[i]);
}

/* --- conversions --- */

static nf_value from_integer(nf_translator *t, bool is_signed, const nf_scalar *from,
                             const nf_scalar *to, nf_value a)
{
    if (is_signed) a = nf_make_signed(t, from, a);
    return nf_make(t, is_signed ? NF_OP_SITOFP : NF_OP_UITOFP, to->type, a, none);
}

static nf_value sign_extended(nf_translator *t, const nf_scalar *from, const nf_scalar *to,
                              nf_value a)
{
    a = nf_make_signed(t, from, a);
    if (from->type != to->type) a = nf_make(t, NF_OP_SEXT, to->type, a, none);
    return nf_make_clean(t, to, a);
}

/* Same bits, another type of the same size: an integer as a float, say. */
static nf_value reinterpreted(nf_translator *t, const nf_scalar *to, nf_value a)
{
    if (nf_value_type(t->f, a) == to->type) return a;
    return nf_make(t, NF_OP_BITCAST, to->type, a, none);
}

static nf_value narrow_cast(nf_translator *t, LLVMOpcode op, const nf_scalar *from,
                            const nf_scalar *to, nf_value a)
{
    switch (op) {
    case LLVMTrunc: return nf_make_clean(t, to, nf_make_resize(t, to->type, a));
    case LLVMZExt:
    case LLVMPtrToInt:
    case LLVMIntToPtr: return nf_make_clean(t, to, nf_make_resize(t, to->type, a));
    case LLVMSExt: return sign_extended(t, from, to, a);
    case LLVMFPToSI: return nf_make_clean(t, to, nf_make(t, NF_OP_FPTOSI, to->type, a, none));
    case LLVMFPToUI: return nf_make_clean(t, to, nf_make(t, NF_OP_FPTOUI, to->type, a, none));
    case LLVMSIToFP:
    case LLVMUIToFP: return from_integer(t, op == LLVMSIToFP, from, to, a);
    case LLVMFPTrunc: return nf_make(t, NF_OP_FPTRUNC, to->type, a, none);
    case LLVMFPExt: return nf_make(t, NF_OP_FPEXT, to->type, a, none);
    case LLVMBitCast:
    case LLVMAddrSpaceCast: return reinterpreted(t, to, a);
    default: nf_refuse(t, "an unknown conversion"); return a;
    }
}

void nf_scalar_cast(nf_translator *t, LLVMOpcode op, const nf_scalar *from, const nf_scalar *to,
                    const nf_value *a, nf_value *out)
{
    if (from->limbs > 1 || to->limbs > 1)
        nf_wide_cast(t, op, from, to, a, out);
    else
        *out = narrow_cast(t, op, from, to, *a);
}
