/*
 * What every benchmark shares: its command line, its rows, and how time is taken.
 *
 *     bench *b = bench_start(argc, argv, "slot", "what a call through a slot costs");
 *     bench_row(b, "direct call", 1.2, "ns");
 *     bench_row_at_most(b, "through a slot, more", 0.1, "ns", 0.3);
 *     return bench_end(b);
 *
 * Rows are printed as a table when they come, or with --json as an array of
 * {name, value, unit, bound, ok} at the end (bound and ok are null where no bound is set). --quick
 * asks the benchmark to end within 30 seconds: see bench_is_quick(). A bound that does not hold is
 * said in its row and leaves the exit status 0; a machine may be busy. One thread.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct bench bench;

/* Reads the options; --help and mistakes end the program. One line says what is measured. */
bench *bench_start(int argc, char **argv, const char *name, const char *about);
bool bench_is_quick(const bench *b);

/* Strings are copied. The bound holds when the value is at most, or at least, as large. */
void bench_row(bench *b, const char *name, double value, const char *unit);
void bench_row_at_most(bench *b, const char *name, double value, const char *unit, double bound);
void bench_row_at_least(bench *b, const char *name, double value, const char *unit, double bound);
/* A remark for people, below the rows so far; not in the JSON. */
void bench_note(bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The exit status. */
int bench_end(bench *b);

/* --- time --- */

/* Ticks of the time stamp counter, fenced on both sides; and how long so many of them are. */
uint64_t bench_ticks(void);
double bench_ns(uint64_t ticks);

/*
 * Several things measured against each other: every round runs each case once, in a new random
 * order, so that a disturbance or a change of clock speed meets all of them alike. Of three cases and
 * more, rounds in which most were slower than in others don't count (race/statistics.h).
 */
typedef struct bench_case {
    const char *name;
    void (*run)(void *context); /* the measured part */
    void *context;
    void (*before)(void *context); /* each sample; NULL: nothing */
    uint32_t repeats;              /* calls of run in one sample; 0: as many as take about 20 us */
    double median_ns;              /* out: of one call of run */
} bench_case;

void bench_interleave(bench_case *cases, uint32_t count, uint32_t rounds);

/* Sorts in place. */
double bench_median(double *values, uint32_t count);

/* Keeps the compiler from dropping the work that made value. */
static inline void bench_use(uint64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

#endif
