/*
 * Operations on strings: a text is put together from words, measured, copied in upper case,
 * searched, reversed and compared with itself.
 *
 * Hot: the small loops over bytes below, each in the form that everybody writes. Some have a
 * length and can be done many bytes at a time, others end where a zero or a mismatch is.
 *
 * The answer is known without the text: word k is a function of k, so the reference asks for the
 * bytes of the words one by one, in either direction.
 */
#include "workload.h"

enum { WORDS_MAX = 1 << 17, WORD_BYTES_MAX = 12, TEXT_BYTES = WORDS_MAX * WORD_BYTES_MAX + 1 };

const struct workload_info workload_info = {
    .name = "strops",
    .size_meaning = "words of the text",
    .size = 40000,
    .size_max = WORDS_MAX,
};

static const char *const vocabulary[] = {
    "iron",  "anvil", "the",  "hammer", "and", "forger", "of", "a",
    "nanny", "glow",  "nano", "tongs",  "nan", "quench", "in", "temperate",
};
enum { VOCABULARY = sizeof vocabulary / sizeof *vocabulary };

static const char needle[] = "NANO";

static _Alignas(WORKLOAD_LINE) char text[TEXT_BYTES];
static _Alignas(WORKLOAD_LINE) char upper[TEXT_BYTES];
static _Alignas(WORKLOAD_LINE) char mirror[TEXT_BYTES];

/* Word k of the text, in an order without a short period. */
static const char *word_of(uint64_t k)
{
    return vocabulary[(k * k + (k >> 3)) % VOCABULARY];
}

static uint64_t length_of(const char *string)
{
    uint64_t length = 0;
    while (string[length] != '\0') length++;
    return length;
}

/* Gives the end, where the next one can be appended. */
static char *append(char *to, const char *from)
{
    while ((*to = *from++) != '\0') to++;
    return to;
}

static char upper_of(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static void copy_upper(char *restrict to, const char *restrict from, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) to[i] = upper_of(from[i]);
    to[length] = '\0';
}

static uint64_t count_byte(const char *string, uint64_t length, char wanted)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < length; i++) count += string[i] == wanted;
    return count;
}

static bool starts_with(const char *string, const char *start)
{
    while (*start != '\0' && *string == *start) string++, start++;
    return *start == '\0';
}

static uint64_t count_string(const char *string, const char *wanted)
{
    uint64_t count = 0;
    for (; *string != '\0'; string++) count += *string == *wanted && starts_with(string, wanted);
    return count;
}

static void copy_reversed(char *restrict to, const char *restrict from, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) to[i] = from[length - 1 - i];
    to[length] = '\0';
}

/* Bytes that are the same from the start on. */
static uint64_t common_bytes(const char *x, const char *y)
{
    uint64_t i = 0;
    while (x[i] != '\0' && x[i] == y[i]) i++;
    return i;
}

static uint64_t mix_bytes(const char *string, uint64_t length)
{
    uint64_t checksum = 0;
    for (uint64_t i = 0; i < length; i++) checksum = workload_mix(checksum, (uint8_t)string[i]);
    return checksum;
}

uint64_t workload(uint64_t size)
{
    char *end = text;
    for (uint64_t k = 0; k < size; k++) end = append(append(end, word_of(k)), " ");
    uint64_t length = length_of(text);
    copy_upper(upper, text, length);
    copy_reversed(mirror, upper, length);
    uint64_t checksum = mix_bytes(mirror, length);
    copy_reversed(text, mirror, length);
    checksum = workload_mix(checksum, common_bytes(text, upper));
    checksum = workload_mix(checksum, count_byte(upper, length, 'N'));
    checksum = workload_mix(checksum, count_byte(upper, length, ' '));
    return workload_mix(checksum, count_string(upper, needle));
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    uint64_t reversed = 0, length = 0, letters = 0, found = 0;
    for (uint64_t k = size; k-- > 0;) {
        const char *word = word_of(k);
        uint64_t bytes = 0;
        for (; word[bytes] != '\0'; bytes++) letters += word[bytes] == 'n';
        length += bytes + 1;
        reversed = workload_mix(reversed, ' ');
        for (; bytes > 0; bytes--)
            reversed = workload_mix(reversed, (uint64_t)(word[bytes - 1] - 'a' + 'A'));
        found += word == vocabulary[10]; /* "nano", the only one with the needle in it */
    }
    reversed = workload_mix(workload_mix(reversed, length), letters);
    return checksum == workload_mix(workload_mix(reversed, size), found);
}
