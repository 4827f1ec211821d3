/*
 * Floating-point operations on bits: fused multiply-add and rounding to whole numbers.
 *
 * C has them in libm only, which a freestanding build has not, and the evaluator must give the same
 * on processors with and without FMA and SSE4.1. So they are done with integers, once for both
 * formats. NaNs are the caller's business; here everything is a finite number or an infinity.
 *
 * Fused multiply-add: both the product and the addend become
 *
 *     value = (-1)^negative * significand * 2^exponent      with bit 126 of the significand set
 *
 * The one of smaller magnitude is shifted right to the other's exponent; bits that fall out are
 * kept as one sticky bit at the bottom. A product has at most 106 significant bits, so no bit falls
 * out unless the exponents are more than 20 apart, and then a subtraction cancels at most one bit:
 * the sticky bit never reaches a place where it would matter for anything but the rounding. Bit 127
 * takes the carry of an addition.
 *
 * Example, f32: 1.5 * 2 + 2^-30. The product is 3 = 11b at exponent 0, normalised to bit 126; the
 * addend is shifted right by 31 places; the sum has 24 bits above the cut, below it a one: rounded
 * down to 3.
 *
 * IEEE 754-2019, 5.4.1 and 5.9; for the sticky bit see Hauser's SoftFloat.
 */
#include "eval_internal.h"

__extension__ typedef unsigned __int128 wide;

enum { WIDE_BITS = 128, TOP_BIT = 126 };

/* A finite number apart from zero: significand's bit 126 is its highest. */
typedef struct number {
    wide significand;
    int exponent;
    bool negative;
} number;

static uint64_t fraction_mask(nf_float_format format)
{
    return (UINT64_C(1) << format.fraction_bits) - 1;
}

static int exponent_max(nf_float_format format)
{
    return (1 << format.exponent_bits) - 1;
}

static int exponent_bias(nf_float_format format)
{
    return exponent_max(format) >> 1;
}

static uint64_t infinity(nf_float_format format)
{
    return (uint64_t)exponent_max(format) << format.fraction_bits;
}

static uint64_t sign_bit(nf_float_format format)
{
    return UINT64_C(1) << (format.fraction_bits + format.exponent_bits);
}

static uint64_t default_nan(nf_float_format format)
{
    return sign_bit(format) | infinity(format) | UINT64_C(1) << (format.fraction_bits - 1);
}

static bool is_zero(nf_float_format format, uint64_t a)
{
    return (a & ~sign_bit(format)) == 0;
}

static bool is_infinite(nf_float_format format, uint64_t a)
{
    return (a & ~sign_bit(format)) == infinity(format);
}

static unsigned highest_bit(wide significand)
{
    uint64_t high = (uint64_t)(significand >> 64);
    return high ? 127 - (unsigned)__builtin_clzll(high)
                : 63 - (unsigned)__builtin_clzll((uint64_t)significand);
}

static number normalise(number n)
{
    unsigned highest = highest_bit(n.significand);
    if (highest > TOP_BIT) { /* the carry of an addition */
        n.significand = n.significand >> 1 | (n.significand & 1);
        n.exponent++;
    } else {
        n.significand <<= TOP_BIT - highest;
        n.exponent -= (int)(TOP_BIT - highest);
    }
    return n;
}

/* The stored significand with its hidden bit, as an integer, and that integer's exponent. */
static number unpack(nf_float_format format, uint64_t a)
{
    int field = (int)(a >> format.fraction_bits) & exponent_max(format);
    uint64_t fraction = a & fraction_mask(format);
    if (field) fraction |= UINT64_C(1) << format.fraction_bits;
    return (number){.significand = fraction,
                    .exponent =
                        (field ? field : 1) - exponent_bias(format) - (int)format.fraction_bits,
                    .negative = (a & sign_bit(format)) != 0};
}

static wide shift_right_sticky(wide significand, int count)
{
    if (count == 0) return significand;
    if (count >= WIDE_BITS) return significand != 0;
    wide lost = significand << (WIDE_BITS - count);
    return significand >> count | (lost != 0);
}

/* Rounds to nearest even and packs; overflow gives infinity, underflow a subnormal number or zero.
 */
static uint64_t round_and_pack(nf_float_format format, number n)
{
    uint64_t sign = n.negative ? sign_bit(format) : 0;
    int field = n.exponent + TOP_BIT + exponent_bias(format);
    int drop = TOP_BIT - (int)format.fraction_bits;
    if (field < 1) { /* subnormal: the exponent stays, the significand loses bits */
        drop += 1 - field;
        field = 1;
    }
    if (drop >= WIDE_BITS) return sign; /* below half of the smallest subnormal */
    wide kept = n.significand >> drop, half = (wide)1 << (drop - 1);
    wide lost = n.significand & (((wide)1 << drop) - 1);
    if (lost > half || (lost == half && (kept & 1))) kept++;
    /* The hidden bit, or the carry into it, adds one to the exponent field. */
    uint64_t packed = ((uint64_t)(field - 1) << format.fraction_bits) + (uint64_t)kept;
    if (field >= exponent_max(format) || packed >= infinity(format)) packed = infinity(format);
    return sign | packed;
}

static number number_multiply(nf_float_format format, uint64_t a, uint64_t b)
{
    number x = unpack(format, a), y = unpack(format, b);
    return normalise((number){.significand = x.significand * y.significand,
                              .exponent = x.exponent + y.exponent,
                              .negative = x.negative != y.negative});
}

static uint64_t number_add(nf_float_format format, number x, number y)
{
    if (x.exponent < y.exponent) {
        number swapped = x;
        x = y;
        y = swapped;
    }
    y.significand = shift_right_sticky(y.significand, x.exponent - y.exponent);
    if (x.negative == y.negative) {
        x.significand += y.significand;
    } else if (x.significand >= y.significand) {
        x.significand -= y.significand;
    } else {
        x.significand = y.significand - x.significand;
        x.negative = y.negative;
    }
    if (x.significand == 0) return 0; /* an exact difference of equals is +0 */
    return round_and_pack(format, normalise(x));
}

uint64_t nf_float_fma(nf_float_format format, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t product_sign = (a ^ b) & sign_bit(format);
    bool zero = is_zero(format, a) || is_zero(format, b);
    if (is_infinite(format, a) || is_infinite(format, b)) {
        bool opposed = is_infinite(format, c) && (c & sign_bit(format)) != product_sign;
        return zero || opposed ? default_nan(format) : product_sign | infinity(format);
    }
    if (is_infinite(format, c)) return c;
    if (zero && is_zero(format, c)) return product_sign & c;
    if (zero) return c;
    number product = number_multiply(format, a, b);
    if (is_zero(format, c)) return round_and_pack(format, product);
    return number_add(format, product, normalise(unpack(format, c)));
}

/* Whether a magnitude between two whole numbers goes to the larger one. half compares what is cut
 * off with one half: below 0, equal 0 or above; odd tells of the smaller whole number. */
static bool rounds_away(nf_rounding rounding, bool negative, int half, bool odd)
{
    switch (rounding) {
    case NF_ROUND_DOWN: return negative;
    case NF_ROUND_UP: return !negative;
    case NF_ROUND_ZERO: return false;
    case NF_ROUND_NEAREST: break;
    }
    return half > 0 || (half == 0 && odd);
}

uint64_t nf_float_round(nf_float_format format, uint64_t a, nf_rounding rounding)
{
    uint64_t sign = a & sign_bit(format), magnitude = a ^ sign;
    int exponent = (int)(magnitude >> format.fraction_bits) - exponent_bias(format);
    uint64_t one = (uint64_t)exponent_bias(format) << format.fraction_bits;
    if (exponent >= (int)format.fraction_bits || magnitude == 0) return a; /* whole already */
    if (exponent < 0) {                                                    /* between 0 and 1 */
        uint64_t one_half = one - (UINT64_C(1) << format.fraction_bits);
        int half = magnitude < one_half ? -1 : magnitude > one_half;
        return sign | (rounds_away(rounding, sign != 0, half, false) ? one : 0);
    }
    uint64_t unit = UINT64_C(1) << ((int)format.fraction_bits - exponent),
             lost = magnitude & (unit - 1);
    if (lost == 0) return a;
    int half = lost < unit / 2 ? -1 : lost > unit / 2;
    /* With no fraction bit kept the unit's bit is the exponent field's lowest one; the hidden bit
     * is the units digit then, and it is one. */
    bool odd = exponent == 0 || (magnitude & unit) != 0;
    magnitude -= lost;
    return sign | (rounds_away(rounding, sign != 0, half, odd) ? magnitude + unit : magnitude);
}
