/*
 * How fast T1 compiles: nanoseconds for each NIR instruction in bulk, and microseconds for single
 * functions, from NIR in memory to code that can be called (placed and relocated).
 *
 * The functions are made by a small generator: a counted loop over an array around a mix of integer
 * and floating-point arithmetic, loads, stores, comparisons and diamonds. Each size has many
 * different functions, so that branch predictors don't learn one by heart.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <nanoforge/nir.h>
#include "code/code.h"
#include "ir/ir.h"
#include "os/cpu.h"
#include "x64/compile.h"

enum {
    FUNCS = 64, /* different ones of each small size */
    BULK_FUNCS = 1000,
    BULK_FUNC_SIZE = 100,
    LARGE_SIZE = 20000,
    RECENT = 8, /* an operand is one of so many latest values */
    CODE_BYTES = 64 << 20,
    LOOP_SIZE = 8, /* instructions around the body */
    ROUNDS = 201,
    ROUNDS_QUICK = 41,
};

/* Of a large function; of many small ones. */
static const double LARGE_NS_BOUND = 40, SMALL_NS_BOUND = 100, US_PER_FUNC_BOUND = 3;

/* --- functions to compile --- */

/* The latest values of one kind. A new value takes the place of the one that was used last, so that
 * nearly all are used: compilers' output has little dead code. */
typedef struct pool {
    nf_value values[RECENT];
    uint32_t count, used_last;
} pool;

typedef struct maker {
    nf_func *f;
    nf_block block;
    nf_value array, index;
    pool ints, floats;
    uint32_t size; /* instructions so far */
    uint64_t state;
} maker;

static uint32_t below(maker *m, uint32_t limit)
{
    m->state = m->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((m->state >> 33) % limit);
}

static nf_value pick(maker *m, pool *p)
{
    p->used_last = below(m, p->count);
    return p->values[p->used_last];
}

static nf_value an_int(maker *m)
{
    return pick(m, &m->ints);
}

static nf_value a_float(maker *m)
{
    return pick(m, &m->floats);
}

static void add(maker *m, pool *p, nf_value v)
{
    p->values[p->count < RECENT ? p->count++ : p->used_last] = v;
    m->size++;
}

static void new_int(maker *m, nf_value v)
{
    add(m, &m->ints, v);
}

static void new_float(maker *m, nf_value v)
{
    add(m, &m->floats, v);
}

static nf_address element(maker *m)
{
    return (nf_address){.base = m->array,
                        .index = m->index,
                        .scale_log2 = 3,
                        .offset = 8 * (int32_t)below(m, 16),
                        .align_log2 = 3};
}

static void make_arithmetic(maker *m)
{
    static const nf_op ops[] = {NF_OP_ADD, NF_OP_SUB, NF_OP_AND, NF_OP_OR,
                                NF_OP_XOR, NF_OP_MUL, NF_OP_SMAX};
    nf_op op = ops[below(m, sizeof ops / sizeof *ops)];
    new_int(m, nf_build(m->f, m->block, op, NF_I64, an_int(m), an_int(m), (nf_value){0}));
}

static void make_with_constant(maker *m)
{
    static const nf_op ops[] = {NF_OP_ADD, NF_OP_AND, NF_OP_SHL, NF_OP_LSHR, NF_OP_MUL};
    nf_op op = ops[below(m, sizeof ops / sizeof *ops)];
    nf_value k = nf_build_iconst(m->f, m->block, NF_I64, 1 + below(m, 60));
    m->size++;
    new_int(m, nf_build(m->f, m->block, op, NF_I64, an_int(m), k, (nf_value){0}));
}

static void make_float(maker *m)
{
    static const nf_op ops[] = {NF_OP_FADD, NF_OP_FSUB, NF_OP_FMUL};
    nf_op op = ops[below(m, sizeof ops / sizeof *ops)];
    new_float(m, nf_build(m->f, m->block, op, NF_F64, a_float(m), a_float(m), (nf_value){0}));
}

static void make_memory(maker *m)
{
    switch (below(m, 4)) {
    case 0: new_float(m, nf_build_load(m->f, m->block, NF_F64, element(m))); break;
    case 1:
        nf_build_store(m->f, m->block, an_int(m), element(m));
        m->size++;
        break;
    default: new_int(m, nf_build_load(m->f, m->block, NF_I64, element(m)));
    }
}

/* if (a < b) x = a + b; else x = b; with a join: 4 instructions. */
static void make_diamond(maker *m)
{
    nf_block then = nf_func_block(m->f), join = nf_func_block(m->f);
    nf_value result = nf_block_param(m->f, join, NF_I64);
    nf_value a = an_int(m), b = an_int(m);
    nf_value less = nf_build_compare(m->f, m->block, NF_SLT, a, b);
    nf_build_brif(m->f, m->block, less, then, NULL, 0, join, &b, 1);
    nf_value sum = nf_build(m->f, then, NF_OP_ADD, NF_I64, a, b, (nf_value){0});
    nf_build_br(m->f, then, join, &sum, 1);
    m->block = join;
    m->size += 3;
    new_int(m, result);
}

static void make_body(maker *m, uint32_t until)
{
    while (m->size + m->ints.count < until) {
        uint32_t kind = below(m, 20), left = until - m->size - m->ints.count;
        if (kind < 6 || left < 2)
            make_arithmetic(m);
        else if (kind < 11)
            make_with_constant(m);
        else if (kind < 16)
            make_memory(m);
        else if (kind < 18 || left < 4)
            make_float(m);
        else
            make_diamond(m);
    }
}

/* Adds up the body's values, so that none is for nothing. */
static nf_value total(maker *m, nf_value sum)
{
    for (uint32_t i = 0; i < m->ints.count; i++)
        sum = nf_build(m->f, m->block, NF_OP_ADD, NF_I64, sum, m->ints.values[i], (nf_value){0});
    m->size += m->ints.count;
    return sum;
}

/* for (i = 0; i < n; i++) { body; sum += ints; } and sum is known behind it. */
static void make_loop(maker *m, nf_value n, uint32_t until)
{
    nf_block header = nf_func_block(m->f), body = nf_func_block(m->f), exit = nf_func_block(m->f);
    nf_value index = nf_block_param(m->f, header, NF_I64);
    nf_value sum = nf_block_param(m->f, header, NF_I64);
    nf_value zero = nf_build_iconst(m->f, m->block, NF_I64, 0);
    nf_build_br(m->f, m->block, header, (nf_value[]){zero, an_int(m)}, 2);
    nf_value more = nf_build_compare(m->f, header, NF_SLT, index, n);
    nf_build_brif(m->f, header, more, body, NULL, 0, exit, NULL, 0);
    pool ints = m->ints, floats = m->floats;
    m->block = body;
    m->index = index;
    m->size += LOOP_SIZE;
    make_body(m, until);
    nf_value last = total(m, sum);
    nf_value one = nf_build_iconst(m->f, m->block, NF_I64, 1);
    nf_value next = nf_build(m->f, m->block, NF_OP_ADD, NF_I64, index, one, (nf_value){0});
    nf_build_br(m->f, m->block, header, (nf_value[]){next, last}, 2);
    m->block = exit;
    m->ints = ints;
    m->floats = floats;
    m->ints.values[m->ints.used_last] = sum;
}

static nf_func *make_function(nf_module *module, uint32_t number, uint32_t size, uint64_t seed)
{
    enum { LOOP_BODY_MAX = 80 };
    static const nf_type params[] = {NF_I64, NF_I64, NF_I64, NF_F64, NF_F64};
    nf_signature signature = nf_module_signature(module, NF_I64, params, 5, false);
    char name[32];
    snprintf(name, sizeof name, "f%u", number);
    nf_func *f = nf_module_function(module, name, signature, 0);
    if (f == NULL) return NULL;
    maker m = {.f = f, .block = nf_func_entry(f), .state = seed};
    m.array = m.index = nf_func_param(f, 0);
    nf_value n = nf_func_param(f, 1);
    new_int(&m, nf_func_param(f, 2));
    new_float(&m, nf_func_param(f, 3));
    new_float(&m, nf_func_param(f, 4));
    m.size = 0; /* parameters are no instructions */
    while (m.size < size) {
        uint32_t until = m.size + LOOP_BODY_MAX;
        make_loop(&m, n, until > size ? size : until);
    }
    nf_build_ret(f, m.block, m.ints.values[m.ints.used_last]);
    return f;
}

/* --- measuring --- */

typedef struct set {
    nf_func *funcs[BULK_FUNCS];
    uint64_t addresses[BULK_FUNCS];
    uint32_t count, insts;
    uint64_t code_bytes;
} set;

typedef struct lab {
    nf_module *module;
    nf_code_memory *code;
    nf_arena arena;
    uint64_t *counters;
    uint64_t features;
} lab;

static void die(const char *message)
{
    fprintf(stderr, "baseline: %s\n", message);
    exit(EXIT_FAILURE);
}

static void set_make(lab *l, set *s, uint32_t count, uint32_t size)
{
    static uint32_t number;
    *s = (set){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        uint64_t seed = (uint64_t)size << 32 | i;
        s->funcs[i] = make_function(l->module, number++, size, seed);
        if (s->funcs[i] == NULL) die("out of memory");
        s->insts += nf_func_size(s->funcs[i]);
    }
}

static void compile_one(lab *l, set *s, uint32_t i)
{
    nf_error error;
    nf_compile options = {.arena = &l->arena,
                          .features = l->features,
                          .entry_count = &l->counters[0],
                          .loop_count = &l->counters[1]};
    nf_compiled out;
    if (nf_baseline_compile(s->funcs[i], &options, &out, &error) != NF_OK) die(error.message);
    s->code_bytes += out.blob.code_bytes;
    if (nf_code_place(l->code, &out.blob, "bench", NULL, &s->addresses[i], &error) != NF_OK)
        die(error.message);
    nf_arena_reset(&l->arena);
}

/* Nanoseconds to compile and place all; the code is freed outside the measured part. */
static double set_ns(lab *l, set *s)
{
    s->code_bytes = 0;
    uint64_t start = bench_ticks();
    for (uint32_t i = 0; i < s->count; i++) compile_one(l, s, i);
    double ns = bench_ns(bench_ticks() - start);
    for (uint32_t i = 0; i < s->count; i++) nf_code_free(l->code, s->addresses[i]);
    return ns;
}

/* What the fastest tenth of the rounds take: other programs only ever add to that. */
static double set_undisturbed_ns(lab *l, set *s, uint32_t rounds)
{
    enum { FASTEST_PART = 10 };
    static double samples[ROUNDS];
    for (uint32_t i = 0; i < rounds; i++) samples[i] = set_ns(l, s);
    bench_median(samples, rounds); /* sorts */
    return samples[rounds / FASTEST_PART];
}

static void measure_single(bench *b, lab *l, uint32_t size, uint32_t rounds)
{
    set *s = calloc(1, sizeof *s);
    if (s == NULL) die("out of memory");
    set_make(l, s, FUNCS, size);
    double us = set_undisturbed_ns(l, s, rounds) / s->count / 1000;
    char name[64];
    snprintf(name, sizeof name, "function of %u instructions", s->insts / s->count);
    bench_row_at_most(b, name, us, "us", US_PER_FUNC_BOUND);
    free(s);
}

static void measure_bulk(bench *b, lab *l, const char *name, uint32_t count, uint32_t size,
                         uint32_t rounds)
{
    set *s = calloc(1, sizeof *s);
    if (s == NULL) die("out of memory");
    set_make(l, s, count, size);
    double ns = set_undisturbed_ns(l, s, rounds) / s->insts;
    bench_row_at_most(b, name, ns, "ns/inst", count == 1 ? LARGE_NS_BOUND : SMALL_NS_BOUND);
    bench_row(b, "  its code", (double)s->code_bytes / s->insts, "bytes/inst");
    free(s);
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "baseline", "what T1 takes from NIR to callable code");
    uint32_t rounds = bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS;
    nf_error error;
    lab l = {.features = nf_cpu_features(), .counters = nf_os_pages_map(NF_OS_PAGE_BYTES, 0)};
    l.module = nf_module_new(NULL, "bench");
    nf_arena_init(&l.arena, nf_os_allocator());
    if (l.module == NULL || l.counters == NULL) die("out of memory");
    if (nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &l.code, &error) != NF_OK)
        die(error.message);
    measure_bulk(b, &l, "bulk, one function of 20000 instructions", 1, LARGE_SIZE, rounds);
    measure_bulk(b, &l, "bulk, 1000 functions of 100 instructions", BULK_FUNCS, BULK_FUNC_SIZE,
                 rounds);
    measure_single(b, &l, 15, rounds);
    measure_single(b, &l, 30, rounds);
    measure_single(b, &l, 60, rounds);
    if (nf_module_verify(l.module, &error) != NF_OK) die(error.message);
    nf_code_memory_free(l.code);
    nf_os_pages_unmap(l.counters, NF_OS_PAGE_BYTES);
    nf_arena_free(&l.arena);
    nf_module_free(l.module);
    return bench_end(b);
}
