/* Three searches that end early: the length of a string, the place of a number in a table, and that
 * of the first byte that is no letter. */
#include "kernel.h"

enum { NUMBERS = 1024, LETTERS = 4096, LETTERS_LEAST = 16, LOW = 255 };

KERNEL("search", "searches of each kind", 4000)

static int32_t numbers[NUMBERS];
static char text[LETTERS + 1];

static __attribute__((noinline)) uint64_t length_of(const char *s)
{
    const char *end = s;
    while (*end) end++;
    return (uint64_t)(end - s);
}

static __attribute__((noinline)) int place_of(const int32_t *table, int count, int32_t number)
{
    for (int i = 0; i < count; i++)
        if (table[i] == number) return i;
    return -1;
}

static __attribute__((noinline)) uint64_t letters_of(const char *s)
{
    uint64_t i = 0;
    while ((unsigned char)(s[i] - 'a') <= 'z' - 'a') i++;
    return i;
}

uint64_t workload(uint64_t size)
{
    uint64_t checksum = 0, random = 1;
    for (int i = 0; i < NUMBERS; i++) numbers[i] = i * 7;
    for (int i = 0; i < LETTERS; i++) text[i] = (char)('a' + workload_random(&random) % 26);
    for (uint64_t i = 0; i < size; i++) {
        uint64_t bits = workload_random(&random);
        uint64_t end = LETTERS_LEAST + (bits & LOW);
        char old = text[end];
        text[end] = i & 1 ? 0 : ' ';
        checksum = workload_mix(checksum, letters_of(text));
        text[end] = 0;
        checksum = workload_mix(checksum, length_of(text));
        text[end] = old;
        checksum = workload_mix(
            checksum, (uint64_t)place_of(numbers, NUMBERS, (int32_t)(bits >> 8 & LOW) * 7));
    }
    return checksum;
}
