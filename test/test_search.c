/*
 * Searches as machine code, where memory ends.
 *
 * The functions of test/loops/search.nir, compiled for every variant that this CPU has, look
 * through arrays in front of a page that cannot be touched, and behind one. The first hit stands at
 * any place, so often the last one of the page; the bound then may promise more than there is. What
 * comes out is compared with the evaluator on the function as it was written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ir/eval.h"
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
    size_t size, total = (PAGES + 2) * (size_t)PAGE;
    uint64_t seed = 1, features = nf_cpu_features();
    nf_error error = {0};
    nf_module *module;
    machine m;
    (void)state;
    char *text = file_read(path, &size);
    uint8_t *region = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(region != MAP_FAILED && machine_init(&m));
    memory = region + PAGE;
    assert_int_equal(mprotect(memory, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE), 0);
    if (nf_module_read(nf_os_allocator(), path, text, size, &module, &error) != NF_OK)
        fail_msg("%s:%u: %s", path, error.line, error.message);
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
    munmap(region, total);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(searches_where_memory_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
