/*
 * Kernels of the integer operations and of those that only move lanes.
 *
 * The lists below say what each operation computes and nothing else; the macros under them make a
 * kernel for each width, and the rows of the tables, from the same lists: a new operation is one
 * line. Expressions see a and b as unsigned and sa and sb as signed numbers of at least twice the
 * width (for i8 to i32 simply 64 bits), so nothing in them overflows; the result is cut to the
 * width.
 *
 * Example: INT_BINARY's line X(SMULH, (sa * sb) >> WIDTH) becomes SMULH_8 to SMULH_64 and the row
 * [NF_OP_SMULH] = {[NF_I8] = SMULH_8, ...}; smulh.i8 -128, -128 computes 16384 >> 8 = 64.
 */
#include "eval_internal.h"

__extension__ typedef unsigned __int128 wide_64;
__extension__ typedef __int128 swide_64;
typedef uint64_t wide_8, wide_16, wide_32;
typedef int64_t swide_8, swide_16, swide_32;

/* Not __builtin_popcountll(), which calls the compiler's library on processors without popcnt. */
static unsigned population(uint64_t word)
{
    unsigned count = 0;
    for (; word; word &= word - 1) count++;
    return count;
}

#define INT_BINARY(X)                                                                              \
    X(ADD, a + b)                                                                                  \
    X(SUB, a - b)                                                                                  \
    X(MUL, (a * b))                                                                                \
    X(SMULH, (sa * sb) >> WIDTH)                                                                   \
    X(UMULH, (a * b) >> WIDTH)                                                                     \
    X(AND, (a & b))                                                                                \
    X(OR, a | b)                                                                                   \
    X(XOR, a ^ b)                                                                                  \
    X(SHL, a << (b % WIDTH))                                                                       \
    X(LSHR, a >> (b % WIDTH))                                                                      \
    X(ASHR, sa >> (b % WIDTH))                                                                     \
    X(ROTL, a << (b % WIDTH) | a >> (WIDTH - b % WIDTH))                                           \
    X(ROTR, a >> (b % WIDTH) | a << (WIDTH - b % WIDTH))                                           \
    X(SMIN, sa < sb ? sa : sb)                                                                     \
    X(SMAX, sa > sb ? sa : sb)                                                                     \
    X(UMIN, a < b ? a : b)                                                                         \
    X(UMAX, a > b ? a : b)

#define INT_UNARY(X)                                                                               \
    X(CLZ, a ? __builtin_clzll((uint64_t)a) - (64 - WIDTH) : WIDTH)                                \
    X(CTZ, a ? __builtin_ctzll((uint64_t)a) : WIDTH)                                               \
    X(POPCNT, population((uint64_t)a))                                                             \
    X(BSWAP, __builtin_bswap64((uint64_t)a) >> (64 - WIDTH))                                       \
    X(ABS, sa < 0 ? -sa : sa)

/* The last column says when it traps. */
#define INT_DIVIDE(X)                                                                              \
    X(SDIV, (S)sa / (S)sb, b == 0 || (sb == -1 && a == MOST_NEGATIVE))                             \
    X(UDIV, (U)a / (U)b, b == 0)                                                                   \
    X(SREM, (S)sa % (S)sb, b == 0 || (sb == -1 && a == MOST_NEGATIVE))                             \
    X(UREM, (U)a % (U)b, b == 0)

#define INT_OVERFLOW(X)                                                                            \
    X(SADD_OVERFLOW, (S)(sa + sb) != sa + sb)                                                      \
    X(UADD_OVERFLOW, (U)(a + b) != a + b)                                                          \
    X(SSUB_OVERFLOW, (S)(sa - sb) != sa - sb)                                                      \
    X(USUB_OVERFLOW, a < b)                                                                        \
    X(SMUL_OVERFLOW, (S)(sa * sb) != sa * sb)                                                      \
    X(UMUL_OVERFLOW, (U)(a * b) != a * b)

/* The even conditions; each odd one negates the one before it. */
#define INT_COMPARE(X)                                                                             \
    X(EQ, a == b)                                                                                  \
    X(SLT, sa < sb)                                                                                \
    X(SLE, sa <= sb)                                                                               \
    X(ULT, a < b)                                                                                  \
    X(ULE, a <= b)

_Static_assert(NF_EQ % 2 == 0 && NF_NE == NF_EQ + 1 && NF_SGE == NF_SLT + 1 &&
                   NF_SGT == NF_SLE + 1 && NF_UGE == NF_ULT + 1 && NF_UGT == NF_ULE + 1,
               "a condition and its negation are neighbours");

#define WIDTHS(X, ...)                                                                             \
    X(8, __VA_ARGS__)                                                                              \
    X(16, __VA_ARGS__)                                                                             \
    X(32, __VA_ARGS__)                                                                             \
    X(64, __VA_ARGS__)

/* What the expressions of one width may use. */
#define INT_NAMES(BITS)                                                                            \
    typedef uint##BITS##_t U __attribute__((unused));                                              \
    typedef int##BITS##_t S __attribute__((unused));                                               \
    enum { WIDTH = BITS };                                                                         \
    const U MOST_NEGATIVE __attribute__((unused)) = (U)((U)1 << (BITS - 1));                       \
    UNUSED(lanes), UNUSED(detail), UNUSED(pb), UNUSED(pc)
#define INT_OPERAND(BITS, name, from)                                                              \
    const wide_##BITS name __attribute__((unused)) = from->u##BITS[i];                             \
    const swide_##BITS s##name __attribute__((unused)) = (int##BITS##_t)from->u##BITS[i]
#define INT_OPERANDS(BITS)                                                                         \
    INT_OPERAND(BITS, a, pa);                                                                      \
    INT_OPERAND(BITS, b, pb)

#define UNARY_KERNEL(BITS, OP, ...)                                                                \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        INT_NAMES(BITS);                                                                           \
        EACH_LANE                                                                                  \
        {                                                                                          \
            INT_OPERAND(BITS, a, pa);                                                              \
            r->u##BITS[i] = (U)(__VA_ARGS__);                                                      \
        }                                                                                          \
        return true;                                                                               \
    }
#define BINARY_KERNEL(BITS, OP, ...)                                                               \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        INT_NAMES(BITS);                                                                           \
        EACH_LANE                                                                                  \
        {                                                                                          \
            INT_OPERANDS(BITS);                                                                    \
            r->u##BITS[i] = (U)(__VA_ARGS__);                                                      \
        }                                                                                          \
        return true;                                                                               \
    }
#define DIVIDE_KERNEL(BITS, OP, quotient, ...)                                                     \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        INT_NAMES(BITS);                                                                           \
        const unsigned i = 0;                                                                      \
        INT_OPERANDS(BITS);                                                                        \
        if (__VA_ARGS__) return false;                                                             \
        r->u##BITS[0] = (U)(quotient);                                                             \
        return true;                                                                               \
    }
#define OVERFLOW_KERNEL(BITS, OP, ...)                                                             \
    KERNEL(OP##_##BITS)                                                                            \
    {                                                                                              \
        INT_NAMES(BITS);                                                                           \
        const unsigned i = 0;                                                                      \
        INT_OPERANDS(BITS);                                                                        \
        r->u8[0] = (__VA_ARGS__);                                                                  \
        return true;                                                                               \
    }
/* A scalar gives 0 or 1, a vector lanes of zeros or ones. */
#define COMPARE_KERNEL(BITS, CONDITION, ...)                                                       \
    KERNEL(CONDITION##_##BITS)                                                                     \
    {                                                                                              \
        INT_NAMES(BITS);                                                                           \
        EACH_LANE                                                                                  \
        {                                                                                          \
            INT_OPERANDS(BITS);                                                                    \
            unsigned truth = (unsigned)(__VA_ARGS__) ^ detail;                                     \
            if (lanes == 1)                                                                        \
                r->u8[0] = (uint8_t)truth;                                                         \
            else                                                                                   \
                r->u##BITS[i] = (U)(0 - (U)truth);                                                 \
        }                                                                                          \
        return true;                                                                               \
    }

#define UNARY_KERNELS(OP, ...)    WIDTHS(UNARY_KERNEL, OP, __VA_ARGS__)
#define BINARY_KERNELS(OP, ...)   WIDTHS(BINARY_KERNEL, OP, __VA_ARGS__)
#define DIVIDE_KERNELS(OP, ...)   WIDTHS(DIVIDE_KERNEL, OP, __VA_ARGS__)
#define OVERFLOW_KERNELS(OP, ...) WIDTHS(OVERFLOW_KERNEL, OP, __VA_ARGS__)
#define COMPARE_KERNELS(OP, ...)  WIDTHS(COMPARE_KERNEL, OP, __VA_ARGS__)

INT_UNARY(UNARY_KERNELS)
INT_BINARY(BINARY_KERNELS)
INT_DIVIDE(DIVIDE_KERNELS)
INT_OVERFLOW(OVERFLOW_KERNELS)
INT_COMPARE(COMPARE_KERNELS)

#define LANE_OPS(X) X(SPLAT) X(IOTA) X(EXTRACT) X(INSERT) X(REVERSE) X(SELECT)

#define LANE_KERNELS(BITS, ...)                                                                    \
    KERNEL(SPLAT_##BITS)                                                                           \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE r->u##BITS[i] = pa->u##BITS[0];                                                  \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(IOTA_##BITS)                                                                            \
    {                                                                                              \
        UNUSED(pa), UNUSED(pb), UNUSED(pc), UNUSED(detail);                                        \
        EACH_LANE r->u##BITS[i] = (uint##BITS##_t)i;                                               \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(EXTRACT_##BITS)                                                                         \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(lanes);                                                     \
        r->u##BITS[0] = pa->u##BITS[detail];                                                       \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(INSERT_##BITS)                                                                          \
    {                                                                                              \
        UNUSED(pc);                                                                                \
        EACH_LANE r->u##BITS[i] = i == detail ? pb->u##BITS[0] : pa->u##BITS[i];                   \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(REVERSE_##BITS)                                                                         \
    {                                                                                              \
        UNUSED(pb), UNUSED(pc), UNUSED(detail);                                                    \
        EACH_LANE r->u##BITS[i] = pa->u##BITS[lanes - 1 - i];                                      \
        return true;                                                                               \
    }                                                                                              \
    KERNEL(SELECT_##BITS)                                                                          \
    {                                                                                              \
        UNUSED(detail);                                                                            \
        EACH_LANE                                                                                  \
        {                                                                                          \
            bool truth = lanes == 1 ? pa->u8[0] != 0 : pa->u##BITS[i] >> (BITS - 1) != 0;          \
            r->u##BITS[i] = truth ? pb->u##BITS[i] : pc->u##BITS[i];                               \
        }                                                                                          \
        return true;                                                                               \
    }

WIDTHS(LANE_KERNELS, )

/* clang-format off */
#define INT_COLUMNS(OP) \
    [NF_I8] = OP##_8, [NF_I16] = OP##_16, [NF_I32] = OP##_32, [NF_I64] = OP##_64
#define INT_ROW(OP, ...)    [NF_OP_##OP] = {INT_COLUMNS(OP)},
#define COMPARE_ROW(C, ...) [NF_##C] = {INT_COLUMNS(C)},
#define LANE_ROW(OP) \
    [NF_OP_##OP] = {INT_COLUMNS(OP), [NF_F32] = OP##_32, [NF_F64] = OP##_64},

nf_kernel *const nf_kernels_int[NF_OP_COUNT][NF_ELEMENTS] = {
    INT_UNARY(INT_ROW)
    INT_BINARY(INT_ROW)
    INT_DIVIDE(INT_ROW)
    INT_OVERFLOW(INT_ROW)
};
nf_kernel *const nf_kernels_compare[NF_FOEQ][NF_ELEMENTS] = {INT_COMPARE(COMPARE_ROW)};
nf_kernel *const nf_kernels_lane[NF_OP_COUNT][NF_ELEMENTS] = {LANE_OPS(LANE_ROW)};
/* clang-format on */
