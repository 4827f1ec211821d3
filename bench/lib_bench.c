/* The benchmarks' rows, options and clocks; see bench.h. Hosted: uses libc. */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "race/statistics.h"

enum { NAME_BYTES = 96, UNIT_BYTES = 24, USAGE_STATUS = 2, SAMPLE_NS = 20000 };

typedef enum bound_kind { NO_BOUND, AT_MOST, AT_LEAST } bound_kind;

typedef struct row {
    char name[NAME_BYTES], unit[UNIT_BYTES];
    double value, bound;
    bound_kind kind;
} row;

struct bench {
    const char *name;
    bool json, quick;
    row *rows;
    uint32_t count, capacity;
};

static void die(const char *message)
{
    fprintf(stderr, "%s\n", message);
    exit(EXIT_FAILURE);
}

static void usage(FILE *to, const char *name, const char *about)
{
    fprintf(to,
            "usage: %s [--quick] [--json]\n%s\n"
            "  --quick  end within 30 seconds, with fewer samples\n"
            "  --json   print an array of {name, value, unit, bound, ok}\n"
            "  --help   print this\n",
            name, about);
}

bench *bench_start(int argc, char **argv, const char *name, const char *about)
{
    static bench b;
    b = (bench){.name = name};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout, name, about);
            exit(EXIT_SUCCESS);
        }
        if (strcmp(argv[i], "--json") == 0) {
            b.json = true;
        } else if (strcmp(argv[i], "--quick") == 0) {
            b.quick = true;
        } else {
            usage(stderr, name, about);
            exit(USAGE_STATUS);
        }
    }
    if (!b.json) printf("%s: %s\n", name, about);
    return &b;
}

bool bench_is_quick(const bench *b)
{
    return b->quick;
}

/* --- rows --- */

static bool holds(const row *r)
{
    return r->kind == AT_MOST ? r->value <= r->bound : r->value >= r->bound;
}

static void print_row(const row *r)
{
    printf("  %-52s %12.4g %-10s", r->name, r->value, r->unit);
    if (r->kind != NO_BOUND)
        printf(" %s %-8.4g %s", r->kind == AT_MOST ? "<=" : ">=", r->bound,
               holds(r) ? "ok" : "MISSED");
    putchar('\n');
    fflush(stdout);
}

static void add_row(bench *b, const char *name, double value, const char *unit, bound_kind kind,
                    double bound)
{
    if (b->count == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 32;
        b->rows = realloc(b->rows, b->capacity * sizeof *b->rows);
        if (b->rows == NULL) die("out of memory");
    }
    row *r = &b->rows[b->count++];
    *r = (row){.value = value, .bound = bound, .kind = kind};
    snprintf(r->name, sizeof r->name, "%s", name);
    snprintf(r->unit, sizeof r->unit, "%s", unit);
    if (!b->json) print_row(r);
}

void bench_row(bench *b, const char *name, double value, const char *unit)
{
    add_row(b, name, value, unit, NO_BOUND, 0);
}

void bench_row_at_most(bench *b, const char *name, double value, const char *unit, double bound)
{
    add_row(b, name, value, unit, AT_MOST, bound);
}

void bench_row_at_least(bench *b, const char *name, double value, const char *unit, double bound)
{
    add_row(b, name, value, unit, AT_LEAST, bound);
}

void bench_note(bench *b, const char *format, ...)
{
    if (b->json) return;
    va_list list;
    va_start(list, format);
    printf("  ");
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

/* Names are the benchmarks' own and need only the quote and the backslash escaped. */
static void print_json_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void print_json_row(const row *r, bool last)
{
    printf("  {\"name\": ");
    print_json_string(r->name);
    printf(", \"value\": %.9g, \"unit\": ", r->value);
    print_json_string(r->unit);
    if (r->kind == NO_BOUND)
        printf(", \"bound\": null, \"ok\": null}");
    else
        printf(", \"bound\": %.9g, \"ok\": %s}", r->bound, holds(r) ? "true" : "false");
    puts(last ? "" : ",");
}

int bench_end(bench *b)
{
    if (b->json) {
        puts("[");
        for (uint32_t i = 0; i < b->count; i++) print_json_row(&b->rows[i], i + 1 == b->count);
        puts("]");
    }
    free(b->rows);
    *b = (bench){.name = NULL};
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- time --- */

uint64_t bench_ticks(void)
{
    return nf_os_tsc_start();
}

double bench_ns(uint64_t ticks)
{
    const double ns_per_second = 1e9;
    return (double)ticks * ns_per_second / (double)nf_os_tsc_hz();
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, uint32_t count)
{
    if (count == 0) return 0;
    qsort(values, count, sizeof *values, compare_doubles);
    double upper = values[count / 2];
    return count % 2 ? upper : (values[count / 2 - 1] + upper) / 2;
}

static double sample_ns(const bench_case *c)
{
    if (c->before) c->before(c->context);
    uint64_t start = bench_ticks();
    for (uint32_t i = 0; i < c->repeats; i++) c->run(c->context);
    return bench_ns(bench_ticks() - start) / c->repeats;
}

static void choose_repeats(bench_case *c)
{
    const uint32_t repeats_max = 1u << 20;
    c->repeats = 1;
    while (c->repeats < repeats_max && sample_ns(c) * c->repeats < SAMPLE_NS) c->repeats *= 2;
}

/* Fisher and Yates; the generator is Marsaglia's xorshift. */
static void shuffle(uint32_t *order, uint32_t count)
{
    static uint64_t state = 88172645463325252u;
    for (uint32_t i = count; i > 1; i--) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        uint32_t k = (uint32_t)(state % i), last = order[i - 1];
        order[i - 1] = order[k];
        order[k] = last;
    }
}

static void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (memory == NULL) die("out of memory");
    return memory;
}

/* Moves the samples of disturbed rounds behind the others, of which there are so many. */
static uint32_t quiet_rounds(double *samples, uint32_t count, uint32_t rounds)
{
    const double **series = allocate(sizeof *series * count);
    double *paces = allocate(sizeof *paces * rounds);
    uint32_t quiet = 0;
    for (uint32_t i = 0; i < count; i++) series[i] = samples + (size_t)i * rounds;
    double limit = nf_paces(series, count, NULL, rounds, paces);
    for (uint32_t r = 0; r < rounds; r++) {
        if (paces[r] > limit) continue;
        for (uint32_t i = 0; i < count; i++)
            samples[(size_t)i * rounds + quiet] = samples[(size_t)i * rounds + r];
        quiet++;
    }
    free(series);
    free(paces);
    return quiet;
}

void bench_interleave(bench_case *cases, uint32_t count, uint32_t rounds)
{
    double *samples = allocate(sizeof *samples * count * rounds);
    uint32_t *order = allocate(sizeof *order * count);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
        if (cases[i].repeats == 0) choose_repeats(&cases[i]);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        shuffle(order, count);
        for (uint32_t i = 0; i < count; i++)
            samples[order[i] * rounds + round] = sample_ns(&cases[order[i]]);
    }
    uint32_t quiet = quiet_rounds(samples, count, rounds);
    for (uint32_t i = 0; i < count; i++)
        cases[i].median_ns = bench_median(samples + i * rounds, quiet);
    free(samples);
    free(order);
}
