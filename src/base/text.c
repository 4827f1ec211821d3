/*
 * Formatting and growing text; see text.h for the contract.
 *
 * Everything goes through one output: a fixed buffer that counts what it was given and keeps what
 * fits, as vsnprintf does. nf_text formats into the room that it has, and only when that was too
 * little grows and formats once more, so that the usual case costs one walk and no allocation.
 *
 * Example: "%-6s|%04x" with ("dot", 0x2a) gives "dot   |002a".
 */
#include "text.h"

enum { TEXT_BYTES_MIN = 64, DIGITS_MAX = 24 };

typedef struct output {
    char *buffer;
    size_t size, length; /* length counts what did not fit too */
} output;

/* One conversion, between '%' and its letter. */
typedef struct directive {
    bool left, zero, wide, precise;
    int width, precision;
    char letter;
} directive;

bool nf_string_equal(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

size_t nf_string_length(const char *string)
{
    size_t length = 0;
    while (string[length]) length++;
    return length;
}

static void put_bytes(output *out, const char *bytes, size_t length)
{
    if (out->length < out->size) {
        size_t room = out->size - out->length;
        if (length)
            __builtin_memcpy(out->buffer + out->length, bytes, length < room ? length : room);
    }
    out->length += length;
}

static void put_repeated(output *out, char byte, int count)
{
    for (; count > 0; count--) put_bytes(out, &byte, 1);
}

static void put_padded(output *out, const directive *how, const char *bytes, size_t length)
{
    int padding = length < (size_t)how->width ? how->width - (int)length : 0;
    if (!how->left) put_repeated(out, ' ', padding);
    put_bytes(out, bytes, length);
    if (how->left) put_repeated(out, ' ', padding);
}

/* prefix is a sign or "0x"; zeros of the width go between it and the digits. */
static void put_number(output *out, const directive *how, uint64_t number, unsigned base,
                       const char *prefix)
{
    char digits[DIGITS_MAX];
    size_t start = DIGITS_MAX, prefix_length = nf_string_length(prefix);
    do {
        digits[--start] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    if (how->zero && !how->left) {
        put_bytes(out, prefix, prefix_length);
        put_repeated(out, '0', how->width - (int)(DIGITS_MAX - start + prefix_length));
        put_bytes(out, digits + start, DIGITS_MAX - start);
    } else {
        start -= prefix_length;
        __builtin_memcpy(digits + start, prefix, prefix_length);
        put_padded(out, how, digits + start, DIGITS_MAX - start);
    }
}

static void put_signed(output *out, const directive *how, int64_t number)
{
    uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    put_number(out, how, magnitude, 10, number < 0 ? "-" : "");
}

/* Fixed-point, up to 6 places. What 64 bits can't hold at that scale is for nf_decimal_format(). */
static void put_fixed(output *out, const directive *how, double number)
{
    enum { PLACES_MAX = 6 };
    static const uint64_t scales[PLACES_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    static const double limit = 9e12;
    int places = how->precise && how->precision <= PLACES_MAX ? how->precision : PLACES_MAX;
    char digits[64];
    double size = number < 0 ? -number : number;
    size_t length;
    if (!(size < limit)) {
        length = nf_format(digits, sizeof digits, "%s",
                           size >= limit ? number < 0 ? "-inf" : "inf" : "nan");
    } else {
        uint64_t scaled = (uint64_t)(size * (double)scales[places] + 0.5);
        const char *sign = number < 0 && scaled ? "-" : "";
        unsigned long long whole = scaled / scales[places], rest = scaled % scales[places];
        length = places
                     ? nf_format(digits, sizeof digits, "%s%llu.%0*llu", sign, whole, places, rest)
                     : nf_format(digits, sizeof digits, "%s%llu", sign, whole);
    }
    put_padded(out, how, digits, length);
}

static void put_string(output *out, const directive *how, const char *string)
{
    size_t length = 0, limit = how->precise ? (size_t)how->precision : SIZE_MAX;
    if (string == NULL) string = "(null)";
    while (length < limit && string[length]) length++;
    put_padded(out, how, string, length);
}

static const char *read_digits(const char *at, int *number)
{
    enum { NUMBER_MAX = 4096 };
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (*number < NUMBER_MAX) *number = *number * 10 + (*at - '0');
    return at;
}

/* Reads what follows '%'; list is advanced by the stars among it. */
static const char *read_directive(const char *at, directive *how, va_list *list)
{
    *how = (directive){0};
    for (; *at == '-' || *at == '0'; at++) *(*at == '-' ? &how->left : &how->zero) = true;
    if (*at == '*') {
        how->width = va_arg(*list, int);
        if (how->width < 0) how->left = true, how->width = -how->width;
        at++;
    } else {
        at = read_digits(at, &how->width);
    }
    if (*at == '.') {
        how->precise = true;
        if (*++at == '*') {
            how->precision = va_arg(*list, int);
            how->precise = how->precision >= 0;
            at++;
        } else {
            at = read_digits(at, &how->precision);
        }
    }
    for (; *at == 'l' || *at == 'z'; at++) how->wide = true;
    how->letter = *at;
    return *at ? at + 1 : at;
}

static void put_directive(output *out, const directive *how, va_list *list)
{
    char byte;
    switch (how->letter) {
    case 'd': put_signed(out, how, how->wide ? va_arg(*list, int64_t) : va_arg(*list, int)); break;
    case 'u':
    case 'x':
        put_number(out, how, how->wide ? va_arg(*list, uint64_t) : va_arg(*list, unsigned),
                   how->letter == 'x' ? 16 : 10, "");
        break;
    case 'p': put_number(out, how, (uintptr_t)va_arg(*list, void *), 16, "0x"); break;
    case 'f': put_fixed(out, how, va_arg(*list, double)); break;
    case 's': put_string(out, how, va_arg(*list, const char *)); break;
    case 'c':
        byte = (char)va_arg(*list, int);
        put_padded(out, how, &byte, 1);
        break;
    default: put_bytes(out, &how->letter, how->letter != 0); break; /* "%%" among them */
    }
}

size_t nf_format_list(char *buffer, size_t size, const char *format, va_list list)
{
    output out = {buffer, size ? size - 1 : 0, 0};
    va_list rest;
    va_copy(rest, list);
    while (*format) {
        size_t plain = 0;
        while (format[plain] && format[plain] != '%') plain++;
        put_bytes(&out, format, plain);
        format += plain;
        if (*format == 0) break;
        directive how;
        format = read_directive(format + 1, &how, &rest);
        put_directive(&out, &how, &rest);
    }
    va_end(rest);
    if (size) buffer[out.length < out.size ? out.length : out.size] = 0;
    return out.length;
}

size_t nf_format(char *buffer, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t length = nf_format_list(buffer, size, format, list);
    va_end(list);
    return length;
}

void nf_text_init(nf_text *text, nf_arena *arena)
{
    static char empty[1]; /* never written: its capacity is 0 */
    *text = (nf_text){.arena = arena, .data = empty};
}

/* Makes room for extra bytes and a NUL. */
static bool text_reserve(nf_text *text, size_t extra)
{
    size_t needed = text->length + extra + 1;
    if (needed <= text->capacity) return true;
    size_t capacity = text->capacity < TEXT_BYTES_MIN ? TEXT_BYTES_MIN : text->capacity * 2;
    if (capacity < needed) capacity = needed;
    char *grown = nf_arena_alloc_aligned(text->arena, capacity, 1);
    if (grown == NULL) return false;
    __builtin_memcpy(grown, text->data, text->length);
    text->data = grown;
    text->capacity = capacity;
    return true;
}

void nf_text_append(nf_text *text, const char *bytes, size_t length)
{
    if (!text_reserve(text, length)) {
        size_t room = text->capacity ? text->capacity - text->length - 1 : 0;
        if (length > room) length = room;
    }
    if (text->capacity == 0) return;
    if (length) __builtin_memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = 0;
}

void nf_text_format_list(nf_text *text, const char *format, va_list list)
{
    size_t room = text->capacity - text->length;
    size_t length = nf_format_list(text->data + text->length, room, format, list);
    if (length >= room && text_reserve(text, length)) {
        room = text->capacity - text->length;
        nf_format_list(text->data + text->length, room, format, list);
    }
    if (room) text->length += length < room ? length : room - 1;
}

void nf_text_format(nf_text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    nf_text_format_list(text, format, list);
    va_end(list);
}
