/*
 * Intrinsic functions on floating-point numbers, one lane each.
 *
 * minnum and maxnum give the other operand for a NaN and leave open which zero comes out; they are
 * made as LLVM makes them for x86-64, so that both agree: with NIR's fmin(a, b) = a < b ? a : b
 *
 *     minnum(a, b) = a is a NaN ? b : fmin(b, a)
 *
 * fmuladd leaves it to the compiler whether to fuse, there and here. The functions of libm are called
 * by name.
 */
#include "import_internal.h"

#include "base/text.h"

static const nf_value none;

typedef struct format {
    nf_type integer;
    int64_t sign, infinity, quiet, mantissa, implicit; /* bits; implicit: of the smallest normal */
} format;

static const format *format_of(nf_type type)
{
    static const format single = {NF_I32,     INT32_MIN,  0x7f800000,
                                  0x00400000, 0x007fffff, 0x00800000};
    static const format twofold = {NF_I64,
                                   INT64_MIN,
                                   0x7ff0000000000000,
                                   0x0008000000000000,
                                   0x000fffffffffffff,
                                   0x0010000000000000};
    return type == NF_F32 ? &single : &twofold;
}

static nf_value float_number(nf_translator *t, nf_type type, double number)
{
    return type == NF_F32 ? nf_build_f32(t->f, t->at, (float)number)
                          : nf_build_f64(t->f, t->at, number);
}

void nf_lane_float(nf_translator *t, const nf_lane *lane)
{
    nf_type type = lane->scalar.type;
    if (lane->detail == NF_OP_NONE) /* makes NaNs quiet and nothing else */
        *lane->out = nf_make(t, NF_OP_FMUL, type, *lane->a, float_number(t, type, 1));
    else
        *lane->out = nf_make(t, (nf_op)lane->detail, type, *lane->a, lane->b ? *lane->b : none);
}

/* NaNs go through, and the zeros are in order. */
static nf_value strict_min_max(nf_translator *t, nf_type type, nf_op op, nf_value a, nf_value b)
{
    nf_type integer = format_of(type)->integer;
    nf_value x = nf_make(t, NF_OP_BITCAST, integer, a, none);
    nf_value y = nf_make(t, NF_OP_BITCAST, integer, b, none);
    nf_value zeros = nf_make(t, op == NF_OP_FMIN ? NF_OP_OR : NF_OP_AND, integer, x, y);
    zeros = nf_make(t, NF_OP_BITCAST, type, zeros, none);
    nf_value found = nf_make(t, op, type, a, b);
    found = nf_make_select(t, type, nf_make_compare(t, NF_FOEQ, a, b), zeros, found);
    nf_value sum = nf_make(t, NF_OP_FADD, type, a, b);
    return nf_make_select(t, type, nf_make_compare(t, NF_FUNO, a, b), sum, found);
}

void nf_lane_float_min_max(nf_translator *t, const nf_lane *lane)
{
    nf_type type = lane->scalar.type;
    nf_value a = *lane->a, b = *lane->b;
    if (lane->detail < 0) {
        *lane->out = strict_min_max(t, type, (nf_op)-lane->detail, a, b);
        return;
    }
    nf_value found = nf_make(t, (nf_op)lane->detail, type, b, a);
    *lane->out = nf_make_select(t, type, nf_make_compare(t, NF_FUNO, a, a), b, found);
}

void nf_lane_fma(nf_translator *t, const nf_lane *lane)
{
    nf_type type = lane->scalar.type;
    *lane->out = nf_build(t->f, t->at, (nf_op)lane->detail, type, *lane->a, *lane->b, *lane->c);
    t->floats = true;
    if (!(LLVMGetFastMathFlags(lane->call) & LLVMFastMathAllowReassoc)) t->reassociates = false;
}

/* "sinf", "sin"; powi is in the compiler's library. */
void nf_lane_libm(nf_translator *t, const nf_lane *lane)
{
    bool single = lane->scalar.type == NF_F32;
    nf_value args[2] = {*lane->a, lane->detail > 1 ? *lane->b : none};
    nf_text name;
    nf_text_init(&name, t->arena);
    if (lane->name[0] == 'p' && lane->name[3] == 'i')
        nf_text_format(&name, single ? "__powisf2" : "__powidf2");
    else
        nf_text_format(&name, "%s%s", lane->name, single ? "f" : "");
    *lane->out = nf_make_call(t, name.data, lane->result.type, args, (uint32_t)lane->detail);
}

/* --- classes --- */

/* What llvm.is.fpclass asks for, bit by bit; the sign is asked for apart. */
enum {
    CLASS_SIGNALLING = 1,
    CLASS_QUIET = 2,
    CLASS_INFINITY = 0x204, /* negative, positive */
    CLASS_NORMAL = 0x108,
    CLASS_SUBNORMAL = 0x090,
    CLASS_ZERO = 0x060,
    CLASS_NEGATIVE = 0x03c,
};

static nf_value in_range(nf_translator *t, const format *f, nf_value a, int64_t first, int64_t last)
{
    nf_value from = nf_make_with(t, NF_OP_SUB, f->integer, a, first);
    return nf_make_compare(t, NF_ULE, from, nf_make_number(t, f->integer, last - first));
}

/* a or-ed with what is found when the classes of the mask are asked for, with the sign as asked. */
static nf_value class_add(nf_translator *t, uint32_t asked, uint32_t classes, nf_value negative,
                          nf_value found, nf_value a)
{
    asked &= classes;
    if (asked == 0) return a;
    if (asked != classes) {
        nf_value sign =
            asked & CLASS_NEGATIVE ? negative : nf_make_with(t, NF_OP_XOR, NF_I8, negative, 1);
        found = nf_make(t, NF_OP_AND, NF_I8, found, sign);
    }
    return nf_make(t, NF_OP_OR, NF_I8, a, found);
}

void nf_lane_class(nf_translator *t, const nf_lane *lane)
{
    const format *f = format_of(lane->scalar.type);
    LLVMValueRef classes = LLVMGetOperand(lane->call, 1);
    uint32_t asked = (uint32_t)LLVMConstIntGetZExtValue(classes);
    nf_value bits = nf_make(t, NF_OP_BITCAST, f->integer, *lane->a, none);
    nf_value size = nf_make_with(t, NF_OP_AND, f->integer, bits, ~f->sign);
    nf_value negative = nf_make_compare(t, NF_SLT, bits, nf_make_number(t, f->integer, 0));
    nf_value a = nf_make_number(t, NF_I8, 0);
    int64_t largest = ~f->sign & (f->infinity | f->mantissa), quiet = f->infinity | f->quiet;
    if (asked & CLASS_SIGNALLING)
        a = nf_make(t, NF_OP_OR, NF_I8, a, in_range(t, f, size, f->infinity + 1, quiet - 1));
    if (asked & CLASS_QUIET)
        a = nf_make(t, NF_OP_OR, NF_I8, a, in_range(t, f, size, quiet, largest));
    a = class_add(t, asked, CLASS_INFINITY, negative,
                  in_range(t, f, size, f->infinity, f->infinity), a);
    a = class_add(t, asked, CLASS_NORMAL, negative,
                  in_range(t, f, size, f->implicit, f->infinity - 1), a);
    a = class_add(t, asked, CLASS_SUBNORMAL, negative, in_range(t, f, size, 1, f->implicit - 1), a);
    *lane->out = class_add(t, asked, CLASS_ZERO, negative, in_range(t, f, size, 0, 0), a);
}

/* --- saturating conversions --- */

static double power_of_two(uint32_t exponent)
{
    double power = 1;
    while (exponent--) power *= 2;
    return power;
}

/* Below the range the least number, above it the greatest, and zero of a NaN. */
void nf_lane_float_to_int_saturated(nf_translator *t, const nf_lane *lane)
{
    const nf_scalar *to = &lane->result;
    bool is_signed = lane->detail;
    if (to->limbs > 1) {
        nf_refuse(t, "a saturating conversion above 64 bits");
        return;
    }
    static const nf_scalar twofold = {NF_F64, true, 64, 1};
    nf_value a = *lane->a, plain;
    if (lane->scalar.type == NF_F32) a = nf_make(t, NF_OP_FPEXT, NF_F64, a, none);
    double above = power_of_two(to->bits - is_signed), below = is_signed ? -above : 0;
    uint64_t ones = to->bits == NF_LIMB_BITS ? UINT64_MAX : (UINT64_C(1) << to->bits) - 1;
    uint64_t most = is_signed ? ones >> 1 : ones, least = is_signed ? ones ^ most : 0;
    nf_scalar_cast(t, is_signed ? LLVMFPToSI : LLVMFPToUI, &twofold, to, &a, &plain);
    nf_value high = nf_make_compare(t, NF_FOGE, a, float_number(t, NF_F64, above));
    nf_value low = nf_make_compare(t, NF_FOLT, a, float_number(t, NF_F64, below));
    nf_value nan = nf_make_compare(t, NF_FUNO, a, a);
    plain = nf_make_select(t, to->type, high, nf_make_number(t, to->type, (int64_t)most), plain);
    plain = nf_make_select(t, to->type, low, nf_make_number(t, to->type, (int64_t)least), plain);
    *lane->out = nf_make_select(t, to->type, nan, nf_make_number(t, to->type, 0), plain);
}
