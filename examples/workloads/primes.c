/*
 * How many primes there are up to n: the sieve of Eratosthenes, a segment at a time.
 *
 * A segment stands for 32,768 odd numbers, a byte each, and stays in the first-level cache. Byte i
 * of the segment that starts at index s is the number 2 (s + i) + 1; the multiples of a prime p
 * are p bytes apart. For every prime the place of its next multiple is carried from one segment to
 * the next.
 *
 * Hot: strike(), stores at a stride; and count_primes(), a reduction over bytes.
 *
 * The answer is known by a method that finds no primes at all but counts them, Legendre's formula
 * in the form of Lucy_Hedgehog: numbers up to n / i without a prime factor below p, for all i.
 */
#include "workload.h"

enum { SEGMENT = 1 << 15, ROOT_MAX = 1 << 16, BASE_PRIMES = 6542 };

const struct workload_info workload_info = {
    .name = "primes",
    .size_meaning = "the last number to look at",
    .size = 2500000,
    .size_max = UINT32_MAX,
};

static _Alignas(WORKLOAD_LINE) uint8_t composite[SEGMENT];
static uint32_t base[BASE_PRIMES];
static uint64_t next[BASE_PRIMES]; /* multiple of base[i], as an index into the segment */

static uint32_t square_root(uint64_t n)
{
    uint32_t root = 0;
    for (uint32_t bit = ROOT_MAX; bit > 0; bit /= 2) {
        uint64_t trial = root + bit;
        if (trial * trial <= n) root += bit;
    }
    return root;
}

/* The odd primes up to limit, by division; how many. */
static uint32_t find_base(uint32_t limit)
{
    uint32_t count = 0;
    for (uint32_t n = 3; n <= limit; n += 2) {
        uint32_t i = 0;
        while (i < count && base[i] * base[i] <= n && n % base[i] != 0) i++;
        if (i == count || base[i] * base[i] > n) base[count++] = n;
    }
    return count;
}

/* Marks the multiples from index `at`; gives the first one beyond the segment. */
static uint64_t strike(uint8_t *marks, uint64_t at, uint64_t prime)
{
    for (; at < SEGMENT; at += prime) marks[at] = 1;
    return at;
}

static uint64_t count_primes(const uint8_t *marks, uint64_t count)
{
    uint64_t primes = 0;
    for (uint64_t i = 0; i < count; i++) primes += marks[i] == 0;
    return primes;
}

uint64_t workload(uint64_t size)
{
    if (size < 2) return 0;
    uint64_t odd = (size + 1) / 2, primes = 0;
    uint32_t base_count = find_base(square_root(size)), active = 0;
    for (uint64_t start = 0; start < odd; start += SEGMENT) {
        for (uint64_t i = 0; i < SEGMENT; i++) composite[i] = 0;
        for (; active < base_count; active++) {
            uint64_t square = (uint64_t)base[active] * base[active] / 2;
            if (square >= start + SEGMENT) break;
            next[active] = square - start;
        }
        for (uint32_t i = 0; i < active; i++)
            next[i] = strike(composite, next[i], base[i]) - SEGMENT;
        primes += count_primes(composite, odd - start < SEGMENT ? odd - start : SEGMENT);
    }
    return primes; /* 1, which nothing strikes, stands for 2 */
}

/* What is left of 2..i and of 2..n/i when the multiples of small primes are taken away. */
static uint32_t up_to[ROOT_MAX], up_to_quotient[ROOT_MAX];

static void take_multiples(uint64_t n, uint32_t root, uint32_t prime)
{
    uint64_t square = (uint64_t)prime * prime;
    uint32_t smaller = up_to[prime - 1];
    for (uint64_t i = 1; i <= root && i <= n / square; i++) {
        uint64_t multiple = i * prime;
        up_to_quotient[i] -=
            (multiple <= root ? up_to_quotient[multiple] : up_to[n / multiple]) - smaller;
    }
    for (uint64_t i = root; i >= square; i--) up_to[i] -= up_to[i / prime] - smaller;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    uint32_t root = square_root(size);
    for (uint32_t i = 1; i <= root; i++) {
        up_to[i] = i - 1;
        up_to_quotient[i] = (uint32_t)(size / i) - 1;
    }
    for (uint32_t p = 2; p <= root; p++)
        if (up_to[p] != up_to[p - 1]) take_multiples(size, root, p);
    return checksum == up_to_quotient[1];
}
