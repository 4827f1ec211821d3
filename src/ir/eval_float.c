/*
 * Kernels of the floating-point operations and of the conversions.
 *
 * No NaN ever passes through C arithmetic, whose NaNs depend on the compiler: an operand that is
 * one is found by its bits and decides the result as ops.def says, and a result that is one
 * although no operand was is replaced by the default NaN. The rest is C's arithmetic, which on
 * x86-64 is IEEE 754's, rounded to nearest even; fused multiply-add and rounding are in
 * eval_exact.c.
 *
 * Example: fadd.f32 of 0x7f800001 (signalling) and 1.0 never adds: the result is 0x7fc00001.
 */
#include "eval_internal.h"

/* The numbers x and y are no NaNs. */
#define FLOAT_BINARY(X)                                                                            \
    X(FADD, x + y)                                                                                 \
    X(FSUB, x - y)                                                                                 \
    X(FMUL, (x * y))                                                                               \
    X(FDIV, x / y)
#define FLOAT_ROUND(X)                                                                             \
    X(FFLOOR, NF_ROUND_DOWN)                                                                       \
    X(FCEIL, NF_ROUND_UP)                                                                          \
    X(FTRUNC, NF_ROUND_ZERO)                                                                       \
    X(FNEAREST, NF_ROUND_NEAREST)
/* These take and give bits, NaNs too; a and b are x's and y's. */
#define FLOAT_CHOOSE(X)                                                                            \
    X(FMIN, ordered &&x < y ? a : b)                                                               \
    X(FMAX, ordered &&x > y ? a : b)                                                               \
    X(FCOPYSIGN, (a & ~SIGN) | (b & SIGN))
#define FLOAT_SIGN(X)                                                                              \
    X(FNEG, a ^ SIGN)                                                                              \
    X(FABS, a & ~SIGN)
#define FLOAT_COMPARE(X)                                                                           \
    X(FOEQ, ordered &&x == y)                                                                      \
    X(FOLT, ordered &&x < y)                                                                       \
    X(FOLE, ordered &&x <= y)                                                                      \
    X(FOGT, ordered &&x > y)                                                                       \
    X(FOGE, ordered &&x >= y)                                                                      \
    X(FONE, ordered &&x != y)                                                                      \
    X(FORD, ordered)

_Static_assert(NF_FOEQ % 2 == 0 && NF_FUNE == NF_FOEQ + 1 && NF_FUGE == NF_FOLT + 1 &&
                   NF_FUGT == NF_FOLE + 1 && NF_FULE == NF_FOGT + 1 && NF_FULT == NF_FOGE + 1 &&
                   NF_FUEQ == NF_FONE + 1 && NF_FUNO == NF_FORD + 1,
               "a condition and its negation are neighbours");

typedef float float_32;
typedef double float_64;

/* The parts of a format as constants SIGN_32 and so on, and numbers to bits and back. */
#define FLOAT_FORMAT(BITS, FRACTION)                                                               \
    enum { FRACTION_##BITS = FRACTION };                                                           \
    static const uint##BITS##_t SIGN_##BITS = (uint##BITS##_t)1 << (BITS - 1);                     \
    static const uint##BITS##_t QUIET_##BITS = (uint##BITS##_t)1 << (FRACTION - 1);                \
    static const uint##BITS##_t INFINITY_##BITS =                                                  \
        (((uint##BITS##_t)1 << (BITS - 1 - FRACTION)) - 1) << FRACTION;                            \
    static bool is_nan_##BITS(uint##BITS##_t bits)                                                 \
    {                                                                                              \
        return (bits & ~SIGN_##BITS) > INFINITY_##BITS;                                            \
    }                                                                                              \
    static float_##BITS number_##BITS(uint##BITS##_t bits)                                         \
    {                                                                                              \
        float_##BITS number;                                                                       \
        __builtin_memcpy(&number, &bits, sizeof number);                                           \
        return number;                                                                             \
    }                                                                                              \
    static uint##BITS##_t result_##BITS(float_##BITS number)                                       \
    {                                                                                              \
        uint##BITS##_t bits;                                                                       \
        __builtin_memcpy(&bits, &number, sizeof bits);                                             \
        return is_nan_##BITS(bits) ? SIGN_##BITS | INFINITY_##BITS | QUIET_##BITS : bits;          \
    }

FLOAT_FORMAT(32, 23)
FLOAT_FORMAT(64, 52)

/* Not __builtin_sqrt(), which calls libm for negative numbers. */
static float square_root_32(float number)
{
    __asm__("sqrtss %0, %0" : "+x"(number));
    return number;
}

static double square_root_64(double number)
{
    __asm__("sqrtsd %0, %0" : "+x"(number));
    return number;
}

#define FLOAT_NAMES(BITS)                                                                          \
    const uint##BITS##_t SIGN __attribute__((unused)) = SIGN_##BITS;                               \
    UNUSED(lanes), UNUSED(detail), UNUSED(pb), UNUSED(pc)
#define FLOAT_OPERAND(BITS, bits, number, from)                                                    \
    const uint##BITS##_t bits __attribute__((unused)) = from->u##BITS[i];                          \
    const float_##BITS number __attribute__((unused)) = number_##BITS(bits)

#define FLOAT_BINARY_KERNEL(BITS, OP, ...)                                                         \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            FLOAT_OPERAND(BITS, a, x, pa);                                                         \
            FLOAT_OPERAND(BITS, b, y, pb);                                                         \
            r->u##BITS[i] = is_nan_##BITS(a)   ? a | QUIET_##BITS                                  \
                            : is_nan_##BITS(b) ? b | QUIET_##BITS                                  \
                                               : result_##BITS(__VA_ARGS__);                       \
        }                                                                                          \
        return true;                                                                               \
    }
#define FLOAT_ROUND_KERNEL(BITS, OP, rounding)                                                     \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            uint##BITS##_t a = pa->u##BITS[i];                                                     \
            r->u##BITS[i] = is_nan_##BITS(a)                                                       \
                                ? a | QUIET_##BITS                                                 \
                                : (uint##BITS##_t)nf_float_round(NF_FORMAT_##BITS, a, rounding);   \
        }                                                                                          \
        return true;                                                                               \
    }
#define FLOAT_CHOOSE_KERNEL(BITS, OP, ...)                                                         \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            FLOAT_OPERAND(BITS, a, x, pa);                                                         \
            FLOAT_OPERAND(BITS, b, y, pb);                                                         \
            const bool ordered __attribute__((unused)) = !is_nan_##BITS(a) && !is_nan_##BITS(b);   \
            r->u##BITS[i] = (__VA_ARGS__);                                                         \
        }                                                                                          \
        return true;                                                                               \
    }
#define FLOAT_SIGN_KERNEL(BITS, OP, ...)                                                           \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            const uint##BITS##_t a = pa->u##BITS[i];                                               \
            r->u##BITS[i] = (__VA_ARGS__);                                                         \
        }                                                                                          \
        return true;                                                                               \
    }
#define FLOAT_COMPARE_KERNEL(BITS, CONDITION, ...)                                                 \
    KERNEL(CONDITION##_##BITS)                                                                     \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            FLOAT_OPERAND(BITS, a, x, pa);                                                         \
            FLOAT_OPERAND(BITS, b, y, pb);                                                         \
            const bool ordered = !is_nan_##BITS(a) && !is_nan_##BITS(b);                           \
            unsigned truth = (unsigned)(__VA_ARGS__) ^ detail;                                     \
            if (lanes == 1)                                                                        \
                r->u8[0] = (uint8_t)truth;                                                         \
            else                                                                                   \
                r->u##BITS[i] = 0 - (uint##BITS##_t)truth;                                         \
        }                                                                                          \
        return true;                                                                               \
    }

#define FLOATS(X, ...)                                                                             \
    X(32, __VA_ARGS__)                                                                             \
    X(64, __VA_ARGS__)
#define FLOAT_BINARY_KERNELS(OP, ...)  FLOATS(FLOAT_BINARY_KERNEL, OP, __VA_ARGS__)
#define FLOAT_ROUND_KERNELS(OP, ...)   FLOATS(FLOAT_ROUND_KERNEL, OP, __VA_ARGS__)
#define FLOAT_CHOOSE_KERNELS(OP, ...)  FLOATS(FLOAT_CHOOSE_KERNEL, OP, __VA_ARGS__)
#define FLOAT_SIGN_KERNELS(OP, ...)    FLOATS(FLOAT_SIGN_KERNEL, OP, __VA_ARGS__)
#define FLOAT_COMPARE_KERNELS(OP, ...) FLOATS(FLOAT_COMPARE_KERNEL, OP, __VA_ARGS__)

FLOAT_BINARY(FLOAT_BINARY_KERNELS)
FLOAT_ROUND(FLOAT_ROUND_KERNELS)
FLOAT_CHOOSE(FLOAT_CHOOSE_KERNELS)
FLOAT_SIGN(FLOAT_SIGN_KERNELS)
FLOAT_COMPARE(FLOAT_COMPARE_KERNELS)

#define FLOAT_SPECIAL_KERNELS(BITS, ...)                                                           \
    KERNEL(FSQRT_##BITS)                                                                           \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            FLOAT_OPERAND(BITS, a, x, pa);                                                         \
            r->u##BITS[i] =                                                                        \
                is_nan_##BITS(a) ? a | QUIET_##BITS : result_##BITS(square_root_##BITS(x));        \
        }                                                                                          \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(FMA_##BITS)                                                                             \
    {                                                                                              \
        FLOAT_NAMES(BITS);                                                                         \
        EACH_LANE                                                                                  \
        {                                                                                          \
            const uint##BITS##_t a = pa->u##BITS[i], b = pb->u##BITS[i], c = pc->u##BITS[i];       \
            r->u##BITS[i] = is_nan_##BITS(a)   ? a | QUIET_##BITS                                  \
                            : is_nan_##BITS(b) ? b | QUIET_##BITS                                  \
                            : is_nan_##BITS(c)                                                     \
                                ? c | QUIET_##BITS                                                 \
                                : (uint##BITS##_t)nf_float_fma(NF_FORMAT_##BITS, a, b, c);         \
        }                                                                                          \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(FMULADD_##BITS)                                                                         \
    {                                                                                              \
        nf_bits product;                                                                           \
        return FMUL_##BITS(&product, pa, pb, pc, lanes, detail) &&                                 \
               FADD_##BITS(r, &product, pc, pc, lanes, detail);                                    \
    }

FLOATS(FLOAT_SPECIAL_KERNELS, )

#define FLOAT_COLUMNS(OP)         [NF_F32] = OP##_32, [NF_F64] = OP##_64
#define FLOAT_ROW(OP, ...)        [NF_OP_##OP] = {FLOAT_COLUMNS(OP)},
#define FLOAT_COMPARE_ROW(C, ...) [NF_##C] = {FLOAT_COLUMNS(C)},

/* clang-format off */
nf_kernel *const nf_kernels_float[NF_OP_COUNT][NF_ELEMENTS] = {
    FLOAT_BINARY(FLOAT_ROW)
    FLOAT_ROUND(FLOAT_ROW)
    FLOAT_CHOOSE(FLOAT_ROW)
    FLOAT_SIGN(FLOAT_ROW)
    FLOAT_ROW(FSQRT)
    FLOAT_ROW(FMA)
    FLOAT_ROW(FMULADD)
};
nf_kernel *const nf_kernels_fcompare[NF_COND_COUNT][NF_ELEMENTS] = {
    FLOAT_COMPARE(FLOAT_COMPARE_ROW)
};
/* clang-format on */

/* --- conversions -------------------------------------------------------------------------------
 */

static const double TWO_63 = 0x1p63, TWO_31 = 0x1p31;

/* Toward zero; the most negative number when it does not fit, as cvttsd2si gives. */
static int64_t to_i64(double number)
{
    return number >= -TWO_63 && number < TWO_63 ? (int64_t)number : INT64_MIN;
}

static int32_t to_i32(double number)
{
    return number > -TWO_31 - 1 && number < TWO_31 ? (int32_t)number : INT32_MIN;
}

static uint64_t to_signed(double number, unsigned bits)
{
    return bits == 64 ? (uint64_t)to_i64(number) : (uint64_t)to_i32(number);
}

static uint64_t to_unsigned(double number, unsigned bits)
{
    if (bits == 64 && number >= TWO_63)
        return (uint64_t)to_i64(number - TWO_63) ^ (uint64_t)INT64_MIN;
    return bits >= 32 ? (uint64_t)to_i64(number) : (uint64_t)to_i32(number);
}

/* A NaN does not fit any integer: all conversions treat it as they do an infinity below. */
static double number_or_minus_infinity(bool nan, double number)
{
    return nan ? -__builtin_inf() : number;
}

#define INT_TO_INT(FROM, TO)                                                                       \
    KERNEL(SEXT_##FROM##_##TO)                                                                     \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE r->u##TO[i] = (uint##TO##_t)(int##FROM##_t)pa->u##FROM[i];                       \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(ZEXT_##FROM##_##TO)                                                                     \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE r->u##TO[i] = (uint##TO##_t)pa->u##FROM[i];                                      \
        return true;                                                                               \
    }
#define INT_TO_FLOAT(FROM, TO)                                                                     \
    KERNEL(SITOFP_##FROM##_##TO)                                                                   \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE r->u##TO[i] = result_##TO((float_##TO)(int##FROM##_t)pa->u##FROM[i]);            \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(UITOFP_##FROM##_##TO)                                                                   \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE r->u##TO[i] = result_##TO((float_##TO)pa->u##FROM[i]);                           \
        return true;                                                                               \
    }
#define FLOAT_TO_INT(FROM, TO)                                                                     \
    KERNEL(FPTOSI_##FROM##_##TO)                                                                   \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE                                                                                  \
        {                                                                                          \
            FLOAT_OPERAND(FROM, a, x, pa);                                                         \
            double number = number_or_minus_infinity(is_nan_##FROM(a), x);                         \
            r->u##TO[i] = (uint##TO##_t)to_signed(number, TO);                                     \
        }                                                                                          \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(FPTOUI_##FROM##_##TO)                                                                   \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE                                                                                  \
        {                                                                                          \
            FLOAT_OPERAND(FROM, a, x, pa);                                                         \
            double number = number_or_minus_infinity(is_nan_##FROM(a), x);                         \
            r->u##TO[i] = (uint##TO##_t)to_unsigned(number, TO);                                   \
        }                                                                                          \
        return true;                                                                               \
    }

#define TO_INTS(X, FROM)   X(FROM, 8) X(FROM, 16) X(FROM, 32) X(FROM, 64)
#define TO_FLOATS(X, FROM) X(FROM, 32) X(FROM, 64)

TO_INTS(INT_TO_INT, 8)
TO_INTS(INT_TO_INT, 16)
TO_INTS(INT_TO_INT, 32)
TO_INTS(INT_TO_INT, 64)
TO_FLOATS(INT_TO_FLOAT, 8)
TO_FLOATS(INT_TO_FLOAT, 16)
TO_FLOATS(INT_TO_FLOAT, 32)
TO_FLOATS(INT_TO_FLOAT, 64)
TO_INTS(FLOAT_TO_INT, 32)
TO_INTS(FLOAT_TO_INT, 64)

/* The bits that f64's fraction has more than f32's. */
enum { FRACTION_GAP = FRACTION_64 - FRACTION_32 };

KERNEL(FPEXT_32_64)
{
    UNUSED(pb), UNUSED(pc), UNUSED(detail);
    EACH_LANE
    {
        FLOAT_OPERAND(32, a, x, pa);
        uint64_t nan = (uint64_t)(a & SIGN_32) << 32 | INFINITY_64 | QUIET_64 |
                       (uint64_t)(a & (QUIET_32 - 1)) << FRACTION_GAP;
        r->u64[i] = is_nan_32(a) ? nan : result_64(x);
    }
    return true;
}

KERNEL(FPTRUNC_64_32)
{
    UNUSED(pb), UNUSED(pc), UNUSED(detail);
    EACH_LANE
    {
        FLOAT_OPERAND(64, a, x, pa);
        uint32_t nan = (uint32_t)((a & SIGN_64) >> 32) | INFINITY_32 | QUIET_32 |
                       (uint32_t)((a & (QUIET_64 - 1)) >> FRACTION_GAP);
        r->u32[i] = is_nan_64(a) ? nan : result_32((float)x);
    }
    return true;
}

typedef nf_kernel *conversions[NF_ELEMENTS][NF_ELEMENTS];

#define FROM_ROW(OP, FROM, COLUMNS) [NF_I##FROM] = {COLUMNS(OP##_##FROM)}
/* clang-format off */
#define INT_COLUMNS(OP) \
    [NF_I8] = OP##_8, [NF_I16] = OP##_16, [NF_I32] = OP##_32, [NF_I64] = OP##_64
/* clang-format on */
#define FROM_INTS(OP, COLUMNS)                                                                     \
    FROM_ROW(OP, 8, COLUMNS), FROM_ROW(OP, 16, COLUMNS), FROM_ROW(OP, 32, COLUMNS),                \
        FROM_ROW(OP, 64, COLUMNS)
#define FROM_FLOATS(OP, COLUMNS) [NF_F32] = {COLUMNS(OP##_32)}, [NF_F64] = {COLUMNS(OP##_64)}

static const conversions sext = {FROM_INTS(SEXT, INT_COLUMNS)};
static const conversions zext = {FROM_INTS(ZEXT, INT_COLUMNS)};
static const conversions sitofp = {FROM_INTS(SITOFP, FLOAT_COLUMNS)};
static const conversions uitofp = {FROM_INTS(UITOFP, FLOAT_COLUMNS)};
static const conversions fptosi = {FROM_FLOATS(FPTOSI, INT_COLUMNS)};
static const conversions fptoui = {FROM_FLOATS(FPTOUI, INT_COLUMNS)};
static const conversions fpext = {[NF_F32] = {[NF_F64] = FPEXT_32_64}};
static const conversions fptrunc = {[NF_F64] = {[NF_F32] = FPTRUNC_64_32}};

nf_kernel *nf_kernel_convert(nf_op op, nf_type from, nf_type to)
{
    static const conversions *const by_op[NF_OP_COUNT] = {
        [NF_OP_SEXT] = &sext,     [NF_OP_ZEXT] = &zext,     [NF_OP_TRUNC] = &zext,
        [NF_OP_SITOFP] = &sitofp, [NF_OP_UITOFP] = &uitofp, [NF_OP_FPTOSI] = &fptosi,
        [NF_OP_FPTOUI] = &fptoui, [NF_OP_FPEXT] = &fpext,   [NF_OP_FPTRUNC] = &fptrunc,
    };
    const conversions *table = by_op[op];
    return table ? (*table)[NF_TYPE_ELEMENT(from)][NF_TYPE_ELEMENT(to)] : NULL;
}
