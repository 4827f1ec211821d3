/*
 * Shortest decimal digits of a double, by exact arithmetic on big numbers.
 *
 * The double is value/unit; below and above are the distances, on the same scale, to the middle of
 * the gaps to its neighbours. Digits are produced until what is left is smaller than such a
 * distance: any text in there reads back as this double. Steele and White, "How to Print
 * Floating-Point Numbers Accurately" (PLDI 1990), as simplified by Burger and Dybvig (PLDI 1996,
 * figure 1: free-format, no estimate of the exponent). Reports print thousands of numbers, not
 * millions; exactness without a table is worth more here than speed.
 *
 * Example: 0.3 lies between 0.29999999999999998 and 0.30000000000000002 + more; after the digit 3
 * the rest is smaller than `below`, so the text is "0.3".
 */
#include "decimal.h"

enum {
    WORDS = 36, /* 1152 bits: the subnormals need 1074 + 53 and the guard bits */
    DIGITS_MAX = 17,
    PLAIN_POINT_MIN = -5, /* 0.00000ddd is the smallest number without an exponent */
    PLAIN_POINT_MAX = 17,
};

typedef struct big {
    uint32_t words[WORDS];
} big;

typedef struct digits {
    char text[DIGITS_MAX + 1];
    int count;
    int point; /* the number is 0.text times 10^point */
} digits;

static void big_multiply(big *number, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (uint64_t)number->words[i] * factor;
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static big big_shifted(uint64_t number, int bits)
{
    big result = {{0}};
    int word = bits / 32, shift = bits % 32;
    result.words[word] = (uint32_t)(number << shift);
    result.words[word + 1] = (uint32_t)(number << shift >> 32);
    if (shift) result.words[word + 2] = (uint32_t)(number >> (64 - shift));
    return result;
}

static int big_compare(const big *left, const big *right)
{
    for (int i = WORDS - 1; i >= 0; i--)
        if (left->words[i] != right->words[i]) return left->words[i] < right->words[i] ? -1 : 1;
    return 0;
}

static void big_subtract(big *number, const big *less)
{
    uint64_t borrow = 0;
    for (int i = 0; i < WORDS; i++) {
        uint64_t word = (uint64_t)number->words[i] - less->words[i] - borrow;
        number->words[i] = (uint32_t)word;
        borrow = word >> 63;
    }
}

/* Compares left + extra with right. */
static int big_compare_sum(const big *left, const big *extra, const big *right)
{
    big sum;
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (uint64_t)left->words[i] + extra->words[i];
        sum.words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return big_compare(&sum, right);
}

typedef struct fraction {
    big value, unit, below, above;
    bool even; /* the bounds themselves read back as the number too */
} fraction;

static fraction fraction_of(uint64_t mantissa, int exponent, bool gap_is_smaller_below)
{
    int up = exponent > 0 ? exponent : 0, down = exponent < 0 ? -exponent : 0;
    int guard = gap_is_smaller_below ? 2 : 1;
    return (fraction){.value = big_shifted(mantissa, up + guard),
                      .unit = big_shifted(1, down + guard),
                      .below = big_shifted(1, up),
                      .above = big_shifted(1, up + guard - 1),
                      .even = (mantissa & 1) == 0};
}

static bool reaches_above(const fraction *rest)
{
    return big_compare_sum(&rest->value, &rest->above, &rest->unit) >= !rest->even;
}

static void fraction_multiply(fraction *rest, uint32_t factor)
{
    big_multiply(&rest->value, factor);
    big_multiply(&rest->below, factor);
    big_multiply(&rest->above, factor);
}

/* Brings the fraction to [0.1, 1); returns the power of ten that this took. */
static int fraction_scale(fraction *rest)
{
    int point = 0;
    for (; reaches_above(rest); point++) big_multiply(&rest->unit, 10);
    for (;; point--) {
        fraction tenfold = *rest;
        fraction_multiply(&tenfold, 10);
        if (reaches_above(&tenfold)) return point;
        *rest = tenfold;
    }
}

static char digit_next(fraction *rest)
{
    char digit = '0';
    fraction_multiply(rest, 10);
    for (; big_compare(&rest->value, &rest->unit) >= 0; digit++)
        big_subtract(&rest->value, &rest->unit);
    return digit;
}

static digits digits_of(fraction rest)
{
    digits result = {.point = fraction_scale(&rest)};
    for (;;) {
        char digit = digit_next(&rest);
        bool low = big_compare(&rest.value, &rest.below) < (int)rest.even;
        bool high = reaches_above(&rest);
        int half = big_compare_sum(&rest.value, &rest.value, &rest.unit); /* a tie goes to even */
        if (high && (!low || half > 0 || (half == 0 && digit % 2))) digit++;
        result.text[result.count++] = digit;
        if (low || high || result.count == DIGITS_MAX) return result;
    }
}

static char *put(char *at, const char *bytes, int count)
{
    __builtin_memcpy(at, bytes, (size_t)count);
    return at + count;
}

static char *put_zeros(char *at, int count)
{
    for (; count > 0; count--) *at++ = '0';
    return at;
}

static char *put_plain(char *at, const digits *from)
{
    if (from->point <= 0) {
        at = put_zeros(put(at, "0.", 2), -from->point);
        return put(at, from->text, from->count);
    }
    if (from->count <= from->point)
        return put_zeros(put(at, from->text, from->count), from->point - from->count);
    at = put(put(at, from->text, from->point), ".", 1);
    return put(at, from->text + from->point, from->count - from->point);
}

static char *put_scientific(char *at, const digits *from)
{
    int exponent = from->point - 1, magnitude = exponent < 0 ? -exponent : exponent;
    *at++ = from->text[0];
    if (from->count > 1) at = put(put(at, ".", 1), from->text + 1, from->count - 1);
    at = put(at, exponent < 0 ? "e-" : "e+", 2);
    if (magnitude >= 100) *at++ = (char)('0' + magnitude / 100);
    *at++ = (char)('0' + magnitude / 10 % 10);
    *at++ = (char)('0' + magnitude % 10);
    return at;
}

/* | sign | exponent | mantissa |; the bias is to an integer mantissa. */
typedef struct layout {
    int mantissa_bits, exponent_bias, exponent_special;
} layout;

static digits digits_of_bits(const layout *from, uint64_t mantissa, int exponent)
{
    bool smaller_below = mantissa == 0 && exponent > 1;
    if (exponent) mantissa |= UINT64_C(1) << from->mantissa_bits;
    int power = (exponent ? exponent : 1) - from->exponent_bias;
    return digits_of(fraction_of(mantissa, power, smaller_below));
}

static size_t format(char *buffer, const layout *from, uint64_t bits)
{
    uint64_t mantissa = bits & ((UINT64_C(1) << from->mantissa_bits) - 1);
    uint64_t sign = ((uint64_t)from->exponent_special + 1) << from->mantissa_bits;
    int exponent = (int)(bits >> from->mantissa_bits) & from->exponent_special;
    bool special = exponent == from->exponent_special;
    char *at = buffer;
    if (bits & sign && !(special && mantissa)) *at++ = '-';
    if (special) {
        at = put(at, mantissa ? "nan" : "inf", 3);
    } else if (exponent == 0 && mantissa == 0) {
        *at++ = '0';
    } else {
        digits found = digits_of_bits(from, mantissa, exponent);
        bool plain = found.point >= PLAIN_POINT_MIN && found.point <= PLAIN_POINT_MAX;
        at = plain ? put_plain(at, &found) : put_scientific(at, &found);
    }
    *at = 0;
    return (size_t)(at - buffer);
}

size_t nf_decimal_format(char buffer[NF_DECIMAL_BYTES], double number)
{
    static const layout binary64 = {52, 1075, 0x7ff};
    uint64_t bits;
    __builtin_memcpy(&bits, &number, sizeof bits);
    return format(buffer, &binary64, bits);
}

size_t nf_decimal_format_f32(char buffer[NF_DECIMAL_BYTES], float number)
{
    static const layout binary32 = {23, 150, 0xff};
    uint32_t bits;
    __builtin_memcpy(&bits, &number, sizeof bits);
    return format(buffer, &binary32, bits);
}
