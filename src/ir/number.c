/*
 * Text to floating point, exactly; see number.h.
 *
 * A decimal is the fraction digits * 10^exponent = numerator / denominator of big integers. Shifted
 * until the quotient has 63 or 64 bits, long division gives these and whether anything is left;
 * from there one rounding to the format's precision is correct by construction, and subnormals are
 * the same with fewer bits (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990,
 * algorithm AlgorithmM's idea with a binary quotient).
 *
 * Example: "0.1" is 1 / 10. Shifted left by 66 the quotient is 0xcccccccccccccccc with a rest; 53
 * bits and a look at the remaining 11 give 0x3fb999999999999a.
 *
 * Digits: 768 decide any double, ties included; what is behind them matters only by being zero or
 * not.
 */
#include "number.h"
#include "base/decimal.h"

enum {
    DIGITS_MAX = 800,
    POINT_MAX = 320,  /* 0.d * 10^320 is more than any double */
    POINT_MIN = -340, /* and 0.d * 10^-340 rounds to zero */
    EXPONENT_MAX = 1 << 30,
    QUOTIENT_BITS = 64,
    WORDS = 140, /* of 32 bits: 10^(800 + 340), or 800 digits, and 64 bits of quotient */
};

/* --- integers --- */

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return 16;
}

static bool is_hex(const char *text, const char *end)
{
    return end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static bool magnitude_parse(const char *at, const char *end, uint64_t *magnitude)
{
    uint64_t base = is_hex(at, end) ? 16 : 10, number = 0;
    if (base == 16) at += 2;
    if (at == end) return false;
    for (; at < end; at++) {
        uint64_t digit = (uint64_t)digit_of(*at);
        if (digit >= base || number > (UINT64_MAX - digit) / base) return false;
        number = number * base + digit;
    }
    *magnitude = number;
    return true;
}

bool nf_integer_parse(const char *text, size_t length, bool *negative, uint64_t *magnitude)
{
    const char *end = text + length;
    *negative = length > 0 && *text == '-';
    return magnitude_parse(text + *negative, end, magnitude);
}

/* --- big integers --- */

typedef struct big {
    int count; /* words in use; the highest is not 0 */
    uint32_t words[WORDS];
} big;

static void big_multiply_add(big *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int i = 0; i < number->count; i++) {
        carry += (uint64_t)number->words[i] * factor;
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) number->words[number->count++] = (uint32_t)carry;
}

static void big_multiply_power(big *number, int64_t power_of_ten)
{
    enum { STEP = 1000000000, STEP_DIGITS = 9 };
    for (; power_of_ten >= STEP_DIGITS; power_of_ten -= STEP_DIGITS)
        big_multiply_add(number, STEP, 0);
    for (; power_of_ten > 0; power_of_ten--) big_multiply_add(number, 10, 0);
}

static int big_bits(const big *number)
{
    return number->count * 32 - __builtin_clz(number->words[number->count - 1]);
}

static void big_shift_left(big *number, int bits)
{
    int words = bits / 32;
    big_multiply_add(number, 1u << bits % 32, 0);
    __builtin_memmove(number->words + words, number->words,
                      (size_t)number->count * sizeof number->words[0]);
    __builtin_memset(number->words, 0, (size_t)words * sizeof number->words[0]);
    number->count += words;
}

static void big_halve(big *number)
{
    for (int i = 0; i < number->count; i++) {
        uint32_t above = i + 1 < number->count ? number->words[i + 1] : 0;
        number->words[i] = number->words[i] >> 1 | above << 31;
    }
    if (number->count && number->words[number->count - 1] == 0) number->count--;
}

static bool big_less(const big *left, const big *right)
{
    if (left->count != right->count) return left->count < right->count;
    for (int i = left->count; i-- > 0;)
        if (left->words[i] != right->words[i]) return left->words[i] < right->words[i];
    return false;
}

static void big_subtract(big *number, const big *less)
{
    uint64_t borrow = 0;
    for (int i = 0; i < number->count; i++) {
        uint64_t taken = (i < less->count ? less->words[i] : 0) + borrow;
        borrow = number->words[i] < taken;
        number->words[i] -= (uint32_t)taken;
    }
    while (number->count && number->words[number->count - 1] == 0) number->count--;
}

/* --- rounding --- */

/* A positive number: mantissa * 2^exponent, and a bit more when inexact is set. */
typedef struct scaled {
    uint64_t mantissa;
    int exponent;
    bool inexact;
} scaled;

typedef struct layout {
    int mantissa_bits; /* stored */
    int exponent_min;  /* of the highest bit of the smallest normal number */
    uint64_t infinity;
} layout;

static const layout *layout_of(nf_type type)
{
    static const layout binary32 = {23, -126, 0x7f800000};
    static const layout binary64 = {52, -1022, UINT64_C(0x7ff0000000000000)};
    return type == NF_F32 ? &binary32 : &binary64;
}

static uint64_t sign_of(nf_type type)
{
    return UINT64_C(1) << (type == NF_F32 ? 31 : 63);
}

/* The mantissa without its lowest `drop` bits (1 to 64), rounded to nearest, ties to even. */
static uint64_t round_off(const scaled *number, int drop)
{
    uint64_t kept = drop == QUOTIENT_BITS ? 0 : number->mantissa >> drop;
    uint64_t half = UINT64_C(1) << (drop - 1);
    uint64_t rest = number->mantissa & (half - 1);
    bool up = (number->mantissa & half) && (rest || number->inexact || (kept & 1));
    return kept + up;
}

/* False when it rounds to infinity. A carry out of the mantissa runs into the exponent, as it
 * should. */
static bool round_to(const layout *to, const scaled *number, uint64_t *bits)
{
    if (number->mantissa == 0) return *bits = 0, true;
    int width = QUOTIENT_BITS - __builtin_clzll(number->mantissa);
    int top = number->exponent + width - 1;
    int precision = to->mantissa_bits + 1;
    if (top > 2 - to->exponent_min) return false;
    if (top < to->exponent_min) precision -= to->exponent_min - top;
    if (precision < 0) return *bits = 0, true;
    int drop = width - precision;
    uint64_t mantissa = drop > 0 ? round_off(number, drop) : number->mantissa << -drop;
    *bits = mantissa;
    if (top > to->exponent_min) *bits += (uint64_t)(top - to->exponent_min) << to->mantissa_bits;
    return *bits < to->infinity;
}

/* --- decimal --- */

typedef struct decimal {
    big digits;
    int digit_count;
    int64_t exponent; /* of ten, of the last digit */
    bool any, dropped;
} decimal;

/* Reads [+-]digits; saturates. */
static bool exponent_parse(const char *at, const char *end, int64_t *exponent)
{
    bool negative = at < end && *at == '-';
    int64_t number = 0;
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
        if (number < EXPONENT_MAX) number = number * 10 + (*at - '0');
    }
    *exponent = negative ? -number : number;
    return true;
}

static void decimal_digit(decimal *number, unsigned digit, bool after_point)
{
    number->any = true;
    if (number->digit_count == DIGITS_MAX) {
        number->dropped |= digit != 0;
        number->exponent += !after_point;
        return;
    }
    number->exponent -= after_point;
    if (digit == 0 && number->digit_count == 0) return; /* leading */
    number->digit_count++;
    big_multiply_add(&number->digits, 10, digit);
}

static bool decimal_parse(const char *at, const char *end, decimal *number)
{
    bool after_point = false;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.' && !after_point)
            after_point = true;
        else if (*at >= '0' && *at <= '9')
            decimal_digit(number, (unsigned)(*at - '0'), after_point);
        else
            return false;
    }
    int64_t exponent = 0;
    if (!number->any || (at < end && !exponent_parse(at + 1, end, &exponent))) return false;
    number->exponent += exponent;
    return true;
}

/* The first 63 or 64 bits of numerator / denominator. */
static scaled divide(big *numerator, big *denominator)
{
    int shift = QUOTIENT_BITS - 1 - (big_bits(numerator) - big_bits(denominator));
    big_shift_left(shift > 0 ? numerator : denominator, shift > 0 ? shift : -shift);
    big_shift_left(denominator, QUOTIENT_BITS - 1);
    scaled result = {.exponent = -shift};
    for (int i = 0; i < QUOTIENT_BITS; i++) {
        result.mantissa <<= 1;
        if (!big_less(numerator, denominator)) {
            big_subtract(numerator, denominator);
            result.mantissa |= 1;
        }
        big_halve(denominator);
    }
    result.inexact = numerator->count != 0;
    return result;
}

static bool decimal_bits(const char *at, const char *end, const layout *to, uint64_t *bits)
{
    decimal number = {.digits = {.count = 0}};
    big denominator = {.count = 1, .words = {1}};
    if (!decimal_parse(at, end, &number)) return false;
    int64_t point = number.exponent + number.digit_count;
    *bits = 0;
    if (number.digit_count == 0 || point < POINT_MIN) return true;
    if (point > POINT_MAX) return false;
    big_multiply_power(number.exponent < 0 ? &denominator : &number.digits,
                       number.exponent < 0 ? -number.exponent : number.exponent);
    scaled quotient = divide(&number.digits, &denominator);
    quotient.inexact |= number.dropped;
    return round_to(to, &quotient, bits);
}

/* --- hexadecimal --- */

static bool hex_bits(const char *at, const char *end, const layout *to, uint64_t *bits)
{
    scaled number = {.mantissa = 0};
    int64_t scale = 0, exponent;
    bool any = false, after_point = false;
    for (; at < end && *at != 'p' && *at != 'P'; at++) {
        int digit = digit_of(*at);
        if (*at == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (digit == 16) return false;
        any = true;
        if (number.mantissa >> (QUOTIENT_BITS - 4)) {
            number.inexact |= digit != 0;
            scale += after_point ? 0 : 4;
        } else {
            number.mantissa = number.mantissa << 4 | (unsigned)digit;
            scale -= after_point ? 4 : 0;
        }
    }
    if (!any || at == end || !exponent_parse(at + 1, end, &exponent)) return false;
    exponent += scale;
    if (exponent > EXPONENT_MAX) exponent = EXPONENT_MAX;
    if (exponent < -EXPONENT_MAX) exponent = -EXPONENT_MAX;
    number.exponent = (int)exponent;
    return round_to(to, &number, bits);
}

static bool has_exponent_p(const char *at, const char *end)
{
    for (; at < end; at++)
        if (*at == 'p' || *at == 'P') return true;
    return false;
}

/* --- all forms --- */

static bool text_is(const char *at, const char *end, const char *word)
{
    size_t length = nf_string_length(word);
    return (size_t)(end - at) == length && __builtin_memcmp(at, word, length) == 0;
}

static bool nan_payload(const char *at, const char *end, const layout *to, uint64_t *bits)
{
    uint64_t payload;
    if (!is_hex(at, end) || !magnitude_parse(at, end, &payload)) return false;
    *bits = to->infinity | payload;
    return payload != 0 && payload >> to->mantissa_bits == 0;
}

static bool unsigned_parse(const char *at, const char *end, nf_type type, uint64_t *bits)
{
    static const char payload_prefix[] = "nan:";
    const layout *to = layout_of(type);
    size_t prefix = sizeof payload_prefix - 1;
    if (text_is(at, end, "inf")) return *bits = to->infinity, true;
    if (text_is(at, end, "nan"))
        return *bits = to->infinity | UINT64_C(1) << (to->mantissa_bits - 1), true;
    if ((size_t)(end - at) > prefix && __builtin_memcmp(at, payload_prefix, prefix) == 0)
        return nan_payload(at + prefix, end, to, bits);
    if (!is_hex(at, end)) return decimal_bits(at, end, to, bits);
    return hex_bits(at + 2, end, to, bits);
}

bool nf_float_parse(const char *text, size_t length, nf_type type, uint64_t *bits)
{
    const char *end = text + length;
    if (is_hex(text, end) && !has_exponent_p(text, end))
        return magnitude_parse(text, end, bits) && *bits <= (sign_of(type) | (sign_of(type) - 1));
    bool negative = length > 0 && *text == '-';
    if (!unsigned_parse(text + negative, end, type, bits)) return false;
    if (negative) *bits |= sign_of(type);
    return true;
}

void nf_float_print(nf_text *text, nf_type type, uint64_t bits)
{
    char buffer[NF_DECIMAL_BYTES];
    uint64_t sign = sign_of(type), magnitude = bits & (sign - 1);
    uint64_t infinity = layout_of(type)->infinity, payload = magnitude - infinity;
    if (magnitude > infinity) {
        nf_text_format(text, bits & sign ? "-nan" : "nan");
        if (payload != UINT64_C(1) << (layout_of(type)->mantissa_bits - 1))
            nf_text_format(text, ":0x%llx", (unsigned long long)payload);
        return;
    }
    uint32_t bits32 = (uint32_t)bits;
    double f64;
    float f32;
    __builtin_memcpy(&f64, &bits, sizeof f64);
    __builtin_memcpy(&f32, &bits32, sizeof f32);
    size_t length =
        type == NF_F32 ? nf_decimal_format_f32(buffer, f32) : nf_decimal_format(buffer, f64);
    nf_text_append(text, buffer, length);
}
