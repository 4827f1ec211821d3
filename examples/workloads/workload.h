/*
 * What the workloads share: the contract of a kernel, the command line, and the verdict.
 *
 * Each workload is one file and includes this one. It defines a kernel, workload(), which does
 * `size` worth of work in buffers of its own and gives a checksum of the results; and
 * workload_check(), which knows the checksum by another way. Both use nothing of libc, and every
 * call starts from nothing: the same size gives the same checksum, on every machine, whichever way
 * a compiler orders or fuses arithmetic within the rules of C.
 *
 *   cc -O3 sum.c -o sum && ./sum            a default size, as often as takes two seconds
 *   ./sum 1000000                           one call of that size
 *   ./sum 1000000 50                        50 calls
 *   sum 1000000 00000002271c7ce8: ok        what it prints; exit status 0, or 1 when it is wrong
 *
 * main() is in this header, so that a program is a single file. A freestanding compiler
 * (-ffreestanding), and who defines WORKLOAD_NO_MAIN, gets the kernel without it.
 */
#ifndef WORKLOADS_WORKLOAD_H
#define WORKLOADS_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

struct workload_info {
    const char *name;
    const char *size_meaning;
    uint64_t size;     /* when none is given; a call takes about a millisecond */
    uint64_t size_max; /* at least 1 is always allowed */
};

/* Each workload defines these. */
extern const struct workload_info workload_info;
uint64_t workload(uint64_t size);
bool workload_check(uint64_t size, uint64_t checksum);

/* Buffers begin with a cache line, so that it makes no difference where a linker puts them. */
enum { WORKLOAD_LINE = 64 };

/* Knuth's linear congruential generator MMIX; its upper half, which is the random one. */
static inline uint32_t workload_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

/* A checksum that depends on every value and on their order: a polynomial modulo 2^64 whose
 * coefficients are the values, the first one in front. */
#define WORKLOAD_MIX UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t workload_mix(uint64_t checksum, uint64_t value)
{
    return checksum * WORKLOAD_MIX + value;
}

#if __STDC_HOSTED__ && !defined WORKLOAD_NO_MAIN
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORKLOAD_CALLS = 2000, WORKLOAD_EXIT_USAGE = 2 };

static bool workload_read_number(const char *text, uint64_t max, uint64_t *number)
{
    if (*text < '0' || *text > '9') return false;
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *number >= 1 && *number <= max;
}

static int workload_usage(void)
{
    fprintf(stderr, "usage: %s [SIZE [CALLS]]\n  SIZE   %s, 1 to %" PRIu64 "\n  CALLS  1 or more\n",
            workload_info.name, workload_info.size_meaning, workload_info.size_max);
    return WORKLOAD_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    /* Volatile, so that the calls are really made: a compiler may see that all give the same. */
    volatile uint64_t size = workload_info.size;
    uint64_t calls = argc > 1 ? 1 : WORKLOAD_CALLS, number;
    if (argc > 3) return workload_usage();
    if (argc > 1) {
        if (!workload_read_number(argv[1], workload_info.size_max, &number))
            return workload_usage();
        size = number;
    }
    if (argc > 2 && !workload_read_number(argv[2], UINT64_MAX, &calls)) return workload_usage();

    uint64_t checksum = workload(size);
    bool right = workload_check(size, checksum);
    while (--calls > 0) right &= workload(size) == checksum;
    printf("%s %" PRIu64 " %016" PRIx64 ": %s\n", workload_info.name, size, checksum,
           right ? "ok" : "wrong");
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif

#endif
