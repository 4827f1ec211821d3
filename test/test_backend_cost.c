/*
 * What T2's code may cost: bytes, spills and saved registers of small functions, and negations that
 * cost nothing because a fused operation takes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib_code.h"
#include "lib_files.h"
#include "opt/opt.h"
#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SYMBOLS_MAX = 3 };

/* --- negations that go into fused operations
 * ------------------------------------------------------------------------------------- */

typedef double three(double a, double b, double c);

/* The three operands, each negated or not; or, behind the pipeline, a sum with a product like that. */
static void fused_text(char *text, unsigned negated, bool is_product)
{
    const char *names[3], *plain[3] = {"%a", "%b", "%c"}, *made[3] = {"%na", "%nb", "%nc"};
    int length = sprintf(text, "func @f(%%a: f64, %%b: f64, %%c: f64) -> f64 {\nentry:\n");
    for (unsigned i = 0; i < 3; i++) {
        names[i] = negated >> i & 1 ? made[i] : plain[i];
        if (names[i] == made[i])
            length += sprintf(text + length, "  %s = fneg.f64 %s\n", made[i], plain[i]);
    }
    if (is_product)
        sprintf(text + length,
                "  %%p = fmul.f64 %s, %s\n  %%r = fmuladd.f64 %%c, %%c, %%p\n  ret %%r\n}\n",
                names[0], names[1]);
    else
        sprintf(text + length, "  %%r = fma.f64 %s, %s, %s\n  ret %%r\n}\n", names[0], names[1],
                names[2]);
}

static three *fused_compile(const nf_module *m, bool contracts, nf_arena *arena, uint32_t *bytes)
{
    const nf_variant *variant = &nf_variants[contracts ? nf_variant_count - 1 : 0];
    nf_opt opt = {.scratch = arena, .features = nf_cpu_features(), .variant = variant};
    nf_compile options = {
        .arena = arena, .features = nf_cpu_features(), .contracts = variant->contract};
    nf_compiled out;
    nf_error error = {.message = ""};
    const nf_func *f = nf_module_function_at(m, nf_module_symbol(m, "f"));
    nf_func *clone = nf_func_clone(f, arena);
    assert_int_equal(nf_opt_run(&opt, clone, &error), NF_OK);
    uint64_t address = code_compile("f", clone, &options, &out);
    *bytes = out.blob.total_bytes;
    return (three *)(uintptr_t)address;
}

static void negations_go_into_fused_operations(void **state)
{
    static const double a = 1 + 0x1p-30, b = 1 - 0x1p-31, c = -1 - 0x1p-29;
    char text[512];
    nf_arena arena;
    (void)state;
    if ((nf_cpu_features() & NF_CPU_FMA) == 0) skip(); /* a CPU with FMA */
    nf_arena_init(&arena, nf_os_allocator());
    for (unsigned negated = 0; negated < 8; negated++) {
        double x = negated & 1 ? -a : a, y = negated & 2 ? -b : b, z = negated & 4 ? -c : c;
        for (int is_product = 0; is_product < 2; is_product++) {
            uint32_t apart_bytes, fused_bytes;
            fused_text(text, negated, is_product);
            nf_module *m = module_read("fused", text, strlen(text));
            three *apart = fused_compile(m, false, &arena, &apart_bytes);
            three *fused = fused_compile(m, true, &arena, &fused_bytes);
            volatile double square = c * c, product = x * y;
            double exact = is_product ? square + product : fma(x, y, z);
            assert_true(apart(a, b, c) == exact);
            assert_true(fused(a, b, c) == (is_product ? fma(c, c, x * y) : fma(x, y, z)));
            if (negated) assert_true(fused_bytes < apart_bytes);
            nf_module_free(m);
        }
    }
    nf_arena_free(&arena);
}

/* --- what code may cost
 * --------------------------------------------------------------------------- */

typedef struct budget {
    const char *name;
    uint32_t code_bytes, spills, saved;
    const char *text;
} budget;

static const budget budgets[] = {
    {"a loop over an array", 48, 0, 0,
     "func @f(%n: i64, %p: i64) -> f32 {\n"
     "entry:\n"
     "  %zero = iconst.i64 0\n"
     "  %none = fconst.f32 0\n"
     "  br loop(%zero, %none)\n"
     "loop(%i: i64, %sum: f32):\n"
     "  %x = load.f32 [%p + %i*4]\n"
     "  %s = fadd.f32 %sum, %x\n"
     "  %one = iconst.i64 1\n"
     "  %j = add.i64 %i, %one\n"
     "  %more = icmp.slt.i64 %j, %n\n"
     "  brif %more, loop(%j, %s), done\n"
     "done:\n"
     "  ret %s\n}\n"},
    {"arithmetic in place", 24, 0, 0,
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %s = add.i64 %a, %b\n"
     "  %t = mul.i64 %s, %b\n"
     "  %u = xor.i64 %t, %a\n"
     "  ret %u\n}\n"},
    {"an update of memory", 24, 0, 0,
     "func @f(%p: i64, %i: i64) -> void {\n"
     "entry:\n"
     "  %x = load.i32 [%p + %i*4 + 8]\n"
     "  %one = iconst.i32 1\n"
     "  %y = add.i32 %x, %one\n"
     "  store.i32 %y, [%p + %i*4 + 8]\n"
     "  ret\n}\n"},
    {"one comparison for all that asks for it", 28, 0, 0,
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %c = icmp.ult.i64 %a, %b\n"
     "  %x = select.i64 %c, %a, %b\n"
     "  %y = select.i64 %c, %b, %a\n"
     "  %z = sub.i64 %x, %y\n"
     "  ret %z\n}\n"},
    {"a call in a cold block needs no saved register", 64, 2, 0,
     "extern @fail(i64) -> void\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %bad = icmp.ugt.i64 %a, %b\n"
     "  brif %bad, wrong, right\n"
     "wrong:\n"
     "  call @fail(%a)\n"
     "  call @fail(%b)\n"
     "  trap\n"
     "right:\n"
     "  %s = sub.i64 %b, %a\n"
     "  ret %s\n}\n"},
};

static void code_stays_within_its_budget(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < COUNT(budgets); i++) {
        const budget *b = &budgets[i];
        nf_module *m = module_read(b->name, b->text, strlen(b->text));
        uint64_t addresses[SYMBOLS_MAX] = {0, 1, 1};
        nf_link link = {addresses, SYMBOLS_MAX};
        nf_arena arena;
        nf_compiled out;
        nf_error error = {.message = ""};
        nf_arena_init(&arena, nf_os_allocator());
        nf_compile options = {.link = &link, .arena = &arena, .features = 0};
        const nf_func *f = nf_module_function_at(m, nf_module_symbol(m, "f"));
        assert_int_equal(nf_backend_compile(f, &options, &out, &error), NF_OK);
        uint32_t saved = (uint32_t)__builtin_popcount(out.saved_mask);
        if (out.blob.code_bytes > b->code_bytes || out.spill_count > b->spills || saved > b->saved)
            fail_msg("%s: %u bytes, %u spills, %u saved registers", b->name, out.blob.code_bytes,
                     out.spill_count, saved);
        nf_arena_free(&arena);
        nf_module_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negations_go_into_fused_operations),
        cmocka_unit_test(code_stays_within_its_budget),
    };
    return cmocka_run_group_tests(tests, code_setup, code_teardown);
}
