/*
 * Searches as machine code, where memory ends.
 *
 * The functions of test/loops/search.nir, compiled for every variant that this CPU has, look
 * through arrays in front of a page that cannot be touched, and behind one. The first hit stands at
 * any place, so often the last one of the page; the bound then may promise more than there is. What
 * comes out is compared with the evaluator on the function as it was written.
 *
 * So are generated searches: one to three exits, with and without a bound, asked about this element
 * or the next one, in arrays of few different numbers. SEARCH_SEEDS says how many, SEARCH_SEED the
 * first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ir/eval.h"
#include "lib_environment.h"
#include "lib_files.h"
#include "lib_generate.h"
#include "lib_machine.h"
#include "opt/opt.h"
#include "os/cpu.h"
#include "os/os.h"

enum {
    PAGE = 4096,
    PAGES = 2, /* that can be touched */
    EVAL_STEPS = 1000000,
    FILLER = 1,
    WANTED = 5,
    BEYOND = 1 << 20, /* elements that a bound promises and nobody has */
};

static const uint16_t LENGTHS[] = {1,  2,  7,  8,   15,  16,  17,  31,  32, 33,
                                   63, 64, 65, 100, 127, 128, 129, 200, 511};

/* What a function looks for, by its name: the argument, and the element that is found. */
typedef struct target {
    const char *name;
    unsigned bytes;
    uint64_t key, found;
    bool ends_itself; /* stores what ends it as the last element of those promised */
} target;

static const target targets[] = {
    {"find_i8", 1, WANTED, WANTED, false},
    {"find_i16", 2, WANTED, WANTED, false},
    {"find_i32", 4, WANTED, WANTED, false},
    {"find_i64", 8, WANTED, WANTED, false},
    {"above_f32", 4, 0x3f800000, 0x40000000, false},
    {"unlike_f64", 8, UINT64_C(0x0101010101010101), 0, false},
    {"length_i8", 1, 0, 0, true},
    {"letters_i8", 1, 0, 0, true},
    {"character_i8", 1, WANTED, WANTED, true},
    {"contains_i16", 2, WANTED, WANTED, false},
    {"range_i32", 4, WANTED, WANTED, false},
    {"field_i32", 8, WANTED, WANTED, false},
};
enum { TARGETS = sizeof targets / sizeof *targets };

static uint8_t *memory; /* PAGES between two that cannot be touched */
static const nf_variant *variant;
static unsigned vectorised; /* functions that are, for this variant */

/* Fills memory; what was mapped. */
static uint8_t *memory_map(void)
{
    uint8_t *region =
        mmap(NULL, (PAGES + 2) * (size_t)PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(region != MAP_FAILED);
    memory = region + PAGE;
    assert_int_equal(mprotect(memory, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE), 0);
    return region;
}

static nf_status variant_compile(const nf_func *f, const nf_compile *options, nf_compiled *out,
                                 nf_error *error)
{
    nf_arena scratch;
    nf_arena_init(&scratch, nf_os_allocator());
    nf_func *clone = nf_func_clone(f, options->arena);
    nf_opt opt = {.scratch = &scratch,
                  .features = options->features,
                  .variant = variant,
                  .supports = nf_backend_supports};
    nf_status status = clone ? nf_opt_run(&opt, clone, error) : NF_MEMORY;
    vectorised += opt.loops_vectorised;
    if (status == NF_OK) status = nf_backend_compile(clone, options, out, error);
    nf_arena_free(&scratch);
    return status;
}

static uint64_t expected_of(const nf_func *f, uint64_t count, uint64_t array, uint64_t key)
{
    nf_arena frames;
    nf_error error = {0};
    nf_bits args[3] = {{{count}}, {{array}}, {{key}}}, result = {{0}};
    nf_arena_init(&frames, nf_os_allocator());
    nf_eval eval = {.steps = EVAL_STEPS, .depth_max = 1, .arena = &frames, .error = &error};
    if (nf_eval_run(&eval, f, args, &result) != NF_OK) fail_msg("%s", error.message);
    nf_arena_free(&frames);
    return result.u64[0];
}

static uint64_t called(const machine *m, const target *t, uint64_t count, uint64_t array)
{
    const void *code = machine_function(m, t->name);
    float narrow;
    double wide;
    memcpy(&narrow, &t->key, sizeof narrow);
    memcpy(&wide, &t->key, sizeof wide);
    if (strcmp(t->name, "above_f32") == 0)
        return ((uint64_t(*)(uint64_t, uint64_t, float))code)(count, array, narrow);
    if (strcmp(t->name, "unlike_f64") == 0)
        return ((uint64_t(*)(uint64_t, uint64_t, double))code)(count, array, wide);
    return ((uint64_t(*)(uint64_t, uint64_t, uint64_t))code)(count, array, t->key);
}

/* One array of `length` elements, with the hit at `at`; at the length: none. */
static void array_check(const machine *m, const target *t, uint8_t *array, uint64_t length,
                        uint64_t at)
{
    const nf_func *f = nf_module_function_at(m->module, nf_module_symbol(m->module, t->name));
    memset(memory, FILLER, (size_t)PAGES * PAGE);
    if (at < length) memcpy(array + at * t->bytes, &t->found, t->bytes);
    uint64_t counts[] = {length, BEYOND};
    for (unsigned i = 0; i < (at < length && !t->ends_itself ? 2 : 1); i++) {
        uint64_t expected = expected_of(f, counts[i], (uintptr_t)array, t->key);
        uint64_t actual = called(m, t, counts[i], (uintptr_t)array);
        if (actual != expected)
            fail_msg("%s for %s: %lld, not %lld; %d elements, the hit at %d, %s", t->name,
                     variant->name, (long long)actual, (long long)expected, (int)length, (int)at,
                     i ? "a bound far away" : "bounded");
    }
}

static void target_check(const machine *m, const target *t, uint64_t *seed)
{
    for (unsigned i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
        uint64_t length = LENGTHS[i], bytes = length * t->bytes;
        uint64_t places[] = {0, length - 1, length, generate_below(seed, (uint32_t)length + 1)};
        uint8_t *last = memory + (size_t)PAGES * PAGE - bytes;
        uint8_t *odd = memory + generate_below(seed, PAGE);
        uint8_t *arrays[] = {memory, last, memory + PAGE - bytes / 2, odd};
        for (unsigned k = 0; k < 4; k++)
            for (unsigned p = 0; p < 4; p++) array_check(m, t, arrays[k], length, places[p]);
    }
}

static void searches_where_memory_ends(void **state)
{
    const char *path = "test/loops/search.nir";
    size_t size;
    uint64_t seed = 1, features = nf_cpu_features();
    machine m;
    (void)state;
    char *text = file_read(path, &size);
    uint8_t *region = memory_map();
    assert_true(machine_init(&m));
    nf_module *module = module_read(path, text, size);
    for (uint32_t v = 0; v < nf_variant_count; v++) {
        variant = &nf_variants[v];
        if (variant->features & ~features) continue;
        vectorised = 0;
        if (machine_load(&m, module, variant_compile, features, NULL) != NF_OK)
            fail_msg("%s: %s", variant->name, m.error.message);
        assert_true(variant->vector_bytes ? vectorised > TARGETS : vectorised == 0);
        for (unsigned i = 0; i < TARGETS; i++) target_check(&m, &targets[i], &seed);
    }
    nf_module_free(module);
    machine_free(&m);
    munmap(region, (PAGES + 2) * (size_t)PAGE);
    free(text);
}

/* --- generated searches --- */

enum { SEEDS = 150, TEXT_BYTES = 8192, ELEMENTS_MAX = 300, INPUTS = 6, EXITS_MAX = 3 };

/* Text under way. */
typedef struct writer {
    char text[TEXT_BYTES];
    size_t used;
    uint64_t seed;
    const char *type;
    unsigned bytes;
    bool bounded, bound_first, ahead, narrow; /* narrow: the index is an i32 */
} writer;

static void put(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(w->text + w->used, TEXT_BYTES - w->used, format, args);
    va_end(args);
    assert_true(length >= 0 && (size_t)length < TEXT_BYTES - w->used);
    w->used += (size_t)length;
}

static unsigned chance(writer *w, unsigned limit)
{
    return generate_below(&w->seed, limit);
}

/* Exit number e: some computation on an element, a comparison, and a branch that leaves by it. */
static void put_exit(writer *w, unsigned e)
{
    static const char *const ops[] = {"add", "sub", "xor", "and", "umin", "smax"};
    static const char *const conds[] = {"eq", "ne", "slt", "sge", "ult", "ugt"};
    bool own = !w->ahead || chance(w, 2), first = e == 0 && !w->bounded;
    put(w, "look%u:\n  %%e%u = load.%s [%%x + %%at*%u + %u]\n", e, e, w->type, w->bytes,
        own ? 0 : w->bytes);
    put(w, "  %%c%u = iconst.%s %u\n  %%z%u = iconst.%s 0\n", e, w->type, 1 + chance(w, 7), e,
        w->type);
    put(w, "  %%a%u = %s.%s %%e%u, %s%u\n", e, first ? "or" : ops[chance(w, 6)], w->type, e,
        first ? "%z" : "%c", e);
    bool with_key = chance(w, 3) == 0 && !first;
    put(w, "  %%h%u = icmp.%s.%s %%a%u, %s", e, first ? "eq" : conds[chance(w, 6)], w->type, e,
        with_key ? "%k"
        : first  ? "%z"
                 : "%c");
    if (!with_key) put(w, "%u", e);
    if (first || chance(w, 2))
        put(w, "\n  brif %%h%u, out%u(%%i, %%e%u), on%u\n", e, e, e, e);
    else
        put(w, "\n  brif %%h%u, on%u, out%u(%%i, %%e%u)\n", e, e, e, e);
    put(w, "on%u:\n", e);
}

static void put_outs(writer *w, unsigned exits, const char *index)
{
    for (unsigned e = 0; e < exits; e++) {
        put(w, "out%u(%%o%u: %s, %%v%u: %s):\n", e, e, index, e, w->type);
        put(w, "  %%w%u = %s.i64 %%o%u\n  %%y%u = %s.i64 %%v%u\n", e,
            w->narrow ? "sext" : "bitcast", e, e, w->bytes == 8 ? "bitcast" : "zext", e);
        put(w, "  %%s%u = iconst.i64 %u\n  %%m%u = mul.i64 %%w%u, %%s%u\n", e, 1000 + e, e, e, e);
        put(w, "  %%r%u = add.i64 %%m%u, %%y%u\n  ret %%r%u\n", e, e, e, e);
    }
    put(w, "done:\n  %%minus = iconst.i64 -1\n  ret %%minus\n}\n");
}

static void put_bound(writer *w, const char *index, const char *on)
{
    put(w, "  %%over = icmp.%s.%s %%next, %%n%s\n", chance(w, 2) ? "sge" : "eq", index,
        w->narrow ? "32" : "");
    put(w, "  brif %%over, done, %s\n", on);
}

static void search_write(writer *w)
{
    static const char *const types[] = {"i8", "i16", "i32", "i64"};
    unsigned size = chance(w, 4), exits = 1 + chance(w, EXITS_MAX);
    w->used = 0;
    w->type = types[size];
    w->bytes = 1u << size;
    w->bounded = chance(w, 3) != 0;
    w->bound_first = chance(w, 2) && w->bounded;
    w->ahead = chance(w, 3) == 0;
    w->narrow = chance(w, 3) == 0 && w->bounded;
    const char *index = w->narrow ? "i32" : "i64";
    put(w, "func @f(%%n: i64, %%x: i64, %%k: %s) -> i64 {\nentry:\n", w->type);
    put(w, "  %%zero = iconst.%s 0\n  %%one = iconst.%s 1\n", index, index);
    if (w->narrow) put(w, "  %%n32 = trunc.i32 %%n\n");
    put(w, "  br loop(%%zero)\nloop(%%i: %s):\n  %%next = add.%s %%i, %%one\n", index, index);
    put(w, "  %%at = %s.i64 %%i\n", w->narrow ? "sext" : "bitcast");
    if (w->bound_first)
        put_bound(w, index, "look0");
    else
        put(w, "  br look0\n");
    for (unsigned e = 0; e < exits; e++) {
        put_exit(w, e);
        if (e + 1 < exits) put(w, "  br look%u\n", e + 1);
    }
    if (w->bounded && !w->bound_first)
        put_bound(w, index, "loop(%next)");
    else
        put(w, "  br loop(%%next)\n");
    put_outs(w, exits, index);
}

/* Few different numbers, most of them one that often ends nothing; a zero as the last one. */
static uint8_t *array_fill(writer *w, uint64_t length)
{
    uint8_t *array = memory + (size_t)PAGES * PAGE - (length + w->ahead) * w->bytes;
    unsigned often = 1 + chance(w, 60), usual = chance(w, 8);
    memset(memory, 0, (size_t)PAGES * PAGE);
    for (uint64_t i = 0; i + 1 < length; i++)
        array[i * w->bytes] = (uint8_t)(chance(w, often) ? usual : chance(w, 9));
    return array;
}

static void search_check(writer *w, machine *m, uint64_t seed, unsigned *hunted)
{
    w->seed = seed;
    search_write(w);
    nf_module *module = module_read("search", w->text, w->used);
    const nf_func *f = nf_module_function_at(module, nf_module_symbol(module, "f"));
    for (uint32_t v = 0; v < nf_variant_count; v++) {
        variant = &nf_variants[v];
        if (variant->features & ~nf_cpu_features()) continue;
        vectorised = 0;
        if (machine_load(m, module, variant_compile, nf_cpu_features(), NULL) != NF_OK)
            fail_msg("seed %d for %s: %s", (int)seed, variant->name, m->error.message);
        *hunted += vectorised;
        const void *code = machine_function(m, "f");
        for (unsigned i = 0; i < INPUTS; i++) {
            uint64_t length = 1 + chance(w, ELEMENTS_MAX), key = chance(w, 8);
            uint64_t array = (uintptr_t)array_fill(w, length);
            uint64_t expected = expected_of(f, length, array, key);
            uint64_t actual = ((uint64_t(*)(uint64_t, uint64_t, uint64_t))code)(length, array, key);
            if (actual != expected)
                fail_msg("seed %d for %s: %lld, not %lld; %d elements, key %d\n%s", (int)seed,
                         variant->name, (long long)actual, (long long)expected, (int)length,
                         (int)key, w->text);
        }
    }
    nf_module_free(module);
}

static void generated_searches(void **state)
{
    static writer w;
    uint64_t first = environment_number("SEARCH_SEED", 1),
             count = environment_number("SEARCH_SEEDS", SEEDS);
    unsigned hunted = 0;
    machine m;
    (void)state;
    uint8_t *region = memory_map();
    assert_true(machine_init(&m));
    for (uint64_t seed = first; seed < first + count; seed++) search_check(&w, &m, seed, &hunted);
    print_message("%u of %u times on vectors\n", hunted, (unsigned)count * nf_variant_count);
    assert_true(hunted > 0);
    machine_free(&m);
    munmap(region, (PAGES + 2) * (size_t)PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(searches_where_memory_ends),
                                       cmocka_unit_test(generated_searches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
