/*
 * T2 on whole programs: calls of all kinds, switches, loops, pressure, frames; and failed
 * allocations. What code may cost is in test_backend_cost.c.
 *
 * Each program is text. Its function @f is called with several arguments, compiled for several
 * CPUs, and must give what the evaluator gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ir/eval.h"
#include "lib_allocator.h"
#include "lib_code.h"
#include "lib_files.h"
#include "lib_generate.h"
#include "opt/opt.h"
#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SYMBOLS_MAX = 16, STEPS = 10000000, DEPTH = 64 };

typedef uint64_t program_function(uint64_t a, uint64_t b);

typedef struct program {
    const char *name, *text;
} program;

/* --- host functions that programs call
 * ------------------------------------------------------------ */

static uint64_t host_sum(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                         uint64_t g, uint64_t h, uint64_t i)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i;
}

static double host_mix(double a, int64_t b, float c, double d, double e, double f, double g,
                       double h, double i, double j, float k)
{
    return a - (double)b + (double)c * 2 + d + e * 3 - f + g - h + i * 5 + j - (double)k;
}

static int64_t host_variadic(int64_t count, ...)
{
    va_list list;
    double sum = 0;
    va_start(list, count);
    for (int64_t i = 0; i < count; i++) sum = sum * 3 + va_arg(list, double) + va_arg(list, int);
    va_end(list);
    return (int64_t)sum;
}

static uint8_t host_narrow(uint8_t a, uint16_t b, int32_t c)
{
    return (uint8_t)(a + b + (uint32_t)c);
}

static const struct {
    const char *name;
    uintptr_t address;
} host_functions[] = {
    {"host_sum", (uintptr_t)host_sum},
    {"host_mix", (uintptr_t)host_mix},
    {"host_variadic", (uintptr_t)host_variadic},
    {"host_narrow", (uintptr_t)host_narrow},
};

/* --- programs
 * ------------------------------------------------------------------------------------- */

static const program programs[] = {
    {"stack arguments of integers",
     "extern @host_sum(i64, i64, i64, i64, i64, i64, i64, i64, i64) -> i64\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %c = iconst.i64 100\n"
     "  %r = call @host_sum(%b, %a, %c, %a, %b, %c, %a, %b, %a)\n"
     "  %s = call @host_sum(%r, %r, %c, %r, %b, %c, %r, %c, %b)\n"
     "  %t = add.i64 %s, %r\n"
     "  ret %t\n}\n"},
    {"arguments of both kinds, more than registers",
     "extern @host_mix(f64, i64, f32, f64, f64, f64, f64, f64, f64, f64, f32) -> f64\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %x = sitofp.f64 %a\n"
     "  %y = sitofp.f32 %b\n"
     "  %c = fconst.f64 2.5\n"
     "  %r = call @host_mix(%x, %b, %y, %c, %x, %c, %x, %c, %x, %c, %y)\n"
     "  %i = fptosi.i64 %r\n"
     "  ret %i\n}\n"},
    {"a variadic call",
     "extern @host_variadic(i64, ...) -> i64\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %n = iconst.i64 6\n"
     "  %x = sitofp.f64 %a\n"
     "  %i = trunc.i32 %b\n"
     "  %y = fconst.f64 0.5\n"
     "  %j = iconst.i32 -7\n"
     "  %r = call @host_variadic(%n, %x, %i, %y, %j, %x, %j, %y, %i, %x, %i, %y, %j)\n"
     "  ret %r\n}\n"},
    {"words that go round, with and without something above",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %zero = iconst.i64 0\n"
     "  %minus = iconst.i32 -1\n"
     "  %seven = iconst.i32 7\n"
     "  %x = trunc.i32 %a\n"
     "  br top(%zero, %zero, %x, %seven, %minus, %seven)\n"
     "top(%i: i64, %s: i64, %p: i32, %q: i32, %r: i32, %t: i32):\n"
     "  %one = iconst.i64 1\n"
     "  %i2 = add.i64 %i, %one\n"
     "  %p2 = add.i32 %p, %q\n"
     "  %wp = zext.i64 %p\n"
     "  %wq = zext.i64 %q\n"
     "  %wr = zext.i64 %r\n"
     "  %wt = zext.i64 %t\n"
     "  %s1 = add.i64 %s, %wp\n"
     "  %s2 = xor.i64 %s1, %wq\n"
     "  %s3 = add.i64 %s2, %wr\n"
     "  %s4 = sub.i64 %s3, %wt\n"
     "  %s5 = xor.i64 %s4, %b\n"
     "  %cut = trunc.i32 %s5\n"
     "  %five = iconst.i64 5\n"
     "  %c = icmp.ult.i64 %i2, %five\n"
     "  brif %c, top(%i2, %s5, %p2, %p2, %q, %cut), done\n"
     "done:\n"
     "  ret %s5\n}\n"},
    {"narrow arguments and results", "extern @host_narrow(i8, i16, i32) -> i8\n"
                                     "func @f(%a: i64, %b: i64) -> i64 {\n"
                                     "entry:\n"
                                     "  %x = trunc.i8 %a\n"
                                     "  %y = trunc.i16 %b\n"
                                     "  %z = trunc.i32 %a\n"
                                     "  %c = iconst.i16 -3\n"
                                     "  %r = call @host_narrow(%x, %y, %z)\n"
                                     "  %s = call @host_narrow(%r, %c, %z)\n"
                                     "  %w = sext.i64 %s\n"
                                     "  ret %w\n}\n"},
    {"incoming stack arguments",
     "func @callee(%a: i64, %b: i64, %c: i64, %d: i64, %e: i64, %f: i64, %g: i64, %h: i32, %i: i8,"
     " %x: f64) -> i64 noinline {\n"
     "entry:\n"
     "  %s = sub.i64 %a, %g\n"
     "  %t = zext.i64 %h\n"
     "  %u = mul.i64 %s, %t\n"
     "  %v = sext.i64 %i\n"
     "  %w = xor.i64 %u, %v\n"
     "  %y = fptosi.i64 %x\n"
     "  %z = add.i64 %w, %y\n"
     "  ret %z\n}\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %x = sitofp.f64 %b\n"
     "  %h = trunc.i32 %b\n"
     "  %i = trunc.i8 %a\n"
     "  %r = call @callee(%a, %b, %a, %b, %a, %b, %b, %h, %i, %x)\n"
     "  ret %r\n}\n"},
    {"recursion", "func @f(%a: i64, %b: i64) -> i64 {\n"
                  "entry:\n"
                  "  %m = iconst.i64 15\n"
                  "  %n = and.i64 %a, %m\n"
                  "  %z = iconst.i64 0\n"
                  "  %more = icmp.ne.i64 %n, %z\n"
                  "  brif %more, again, done\n"
                  "again:\n"
                  "  %one = iconst.i64 1\n"
                  "  %p = sub.i64 %n, %one\n"
                  "  %r = call @f(%p, %b)\n"
                  "  %s = mul.i64 %r, %n\n"
                  "  %t = add.i64 %s, %b\n"
                  "  ret %t\n"
                  "done:\n"
                  "  ret %b\n}\n"},
    {"tail calls: self, a function, an address",
     "func @last(%a: i64, %b: i64) -> i64 noinline {\n"
     "entry:\n"
     "  %r = sub.i64 %b, %a\n"
     "  ret %r\n}\n"
     "func @middle(%a: i64, %b: i64) -> i64 noinline {\n"
     "entry:\n"
     "  %p = symbol @last\n"
     "  tail_call_indirect %p(%b, %a) : (i64, i64) -> i64\n}\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %m = iconst.i64 255\n"
     "  %n = and.i64 %a, %m\n"
     "  %z = iconst.i64 0\n"
     "  %more = icmp.ne.i64 %n, %z\n"
     "  brif %more, again, done\n"
     "again:\n"
     "  %one = iconst.i64 1\n"
     "  %p = sub.i64 %n, %one\n"
     "  %q = add.i64 %b, %n\n"
     "  tail_call @f(%p, %q)\n"
     "done:\n"
     "  tail_call @middle(%a, %b)\n}\n"},
    {"a call through an address", "func @callee(%a: i64, %x: f64) -> f64 noinline {\n"
                                  "entry:\n"
                                  "  %y = sitofp.f64 %a\n"
                                  "  %z = fsub.f64 %x, %y\n"
                                  "  ret %z\n}\n"
                                  "func @f(%a: i64, %b: i64) -> i64 {\n"
                                  "entry:\n"
                                  "  %p = symbol @callee\n"
                                  "  %x = sitofp.f64 %b\n"
                                  "  %y = call_indirect %p(%a, %x) : (i64, f64) -> f64\n"
                                  "  %z = call_indirect %p(%b, %y) : (i64, f64) -> f64\n"
                                  "  %r = fptosi.i64 %z\n"
                                  "  ret %r\n}\n"},
    {"a dense switch",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %m = iconst.i64 15\n"
     "  %n = and.i64 %a, %m\n"
     "  %c = iconst.i64 11\n"
     "  switch.i64 %n, other(%a), 1: one(%b), 2: two, 3: one(%c), 4: two, 6: one(%a), 7: three\n"
     "one(%x: i64):\n"
     "  %r = add.i64 %x, %n\n"
     "  br other(%r)\n"
     "two:\n"
     "  %s = mul.i64 %b, %b\n"
     "  ret %s\n"
     "three:\n"
     "  ret %n\n"
     "other(%y: i64):\n"
     "  %t = xor.i64 %y, %c\n"
     "  ret %t\n}\n"},
    {"ways of a switch that meet to go round again",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %zero = iconst.i64 0\n"
     "  br top(%zero, %a, %b)\n"
     "top(%i: i64, %x: i64, %y: i64):\n"
     "  %end = iconst.i64 40\n"
     "  %more = icmp.ult.i64 %i, %end\n"
     "  brif %more, body, done\n"
     "body:\n"
     "  %seven = iconst.i64 7\n"
     "  %t = add.i64 %x, %i\n"
     "  %k = and.i64 %t, %seven\n"
     "  switch.i64 %k, other, 0: one, 1: two, 2: three, 3: two, 4: one\n"
     "one:\n"
     "  %x1 = add.i64 %x, %y\n"
     "  br next(%x1, %y)\n"
     "two:\n"
     "  %y2 = xor.i64 %y, %x\n"
     "  br next(%x, %y2)\n"
     "three:\n"
     "  br next(%y, %x)\n"
     "other:\n"
     "  %x3 = mul.i64 %x, %seven\n"
     "  br next(%x3, %x)\n"
     "next(%u: i64, %v: i64):\n"
     "  %step = iconst.i64 1\n"
     "  %j = add.i64 %i, %step\n"
     "  %w = sub.i64 %u, %v\n"
     "  br top(%j, %w, %j)\n"
     "done:\n"
     "  %r = sub.i64 %x, %y\n"
     "  ret %r\n}\n"},
    {"a sparse switch with wide keys",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %z = iconst.i64 0\n"
     "  %o = iconst.i64 1\n"
     "  switch.i64 %a, other(%z), 0: hit(%o), -1: hit(%a), 7: other(%b), 1000000000000: hit(%b), "
     "-9223372036854775808: other(%o), 9223372036854775807: hit(%z), 100: hit(%b), 101: hit(%a), "
     "102: hit(%o), 104: other(%a), 105: hit(%z)\n"
     "hit(%x: i64):\n"
     "  %r = add.i64 %x, %b\n"
     "  ret %r\n"
     "other(%y: i64):\n"
     "  %s = sub.i64 %y, %b\n"
     "  ret %s\n}\n"},
    {"a switch on bytes",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %n = trunc.i8 %a\n"
     "  switch.i8 %n, other, 0: low, 1: low, -1: high, -128: high, 127: mid, 64: mid\n"
     "low:\n"
     "  ret %b\n"
     "mid:\n"
     "  ret %a\n"
     "high:\n"
     "  %r = add.i64 %a, %b\n"
     "  ret %r\n"
     "other:\n"
     "  %s = iconst.i64 3\n"
     "  ret %s\n}\n"},
    {"a loop that rotates its values", "func @f(%a: i64, %b: i64) -> i64 {\n"
                                       "entry:\n"
                                       "  %z = iconst.i64 0\n"
                                       "  %three = iconst.i64 3\n"
                                       "  br loop(%z, %a, %b, %three, %z)\n"
                                       "loop(%i: i64, %p: i64, %q: i64, %r: i64, %s: i64):\n"
                                       "  %one = iconst.i64 1\n"
                                       "  %j = add.i64 %i, %one\n"
                                       "  %t = sub.i64 %s, %p\n"
                                       "  %limit = iconst.i64 23\n"
                                       "  %more = icmp.slt.i64 %j, %limit\n"
                                       "  brif %more, loop(%j, %q, %r, %t, %p), done\n"
                                       "done:\n"
                                       "  %u = mul.i64 %t, %q\n"
                                       "  %v = add.i64 %u, %r\n"
                                       "  ret %v\n}\n"},
    {"a loop whose first block is the entry", "func @f(%a: i64, %b: i64) -> i64 {\n"
                                              "entry:\n"
                                              "  br loop(%a, %b)\n"
                                              "loop(%x: i64, %y: i64):\n"
                                              "  %m = iconst.i64 63\n"
                                              "  %n = and.i64 %x, %m\n"
                                              "  %z = iconst.i64 0\n"
                                              "  %stop = icmp.eq.i64 %n, %z\n"
                                              "  %one = iconst.i64 1\n"
                                              "  %p = sub.i64 %n, %one\n"
                                              "  brif %stop, done, loop(%p, %x)\n"
                                              "done:\n"
                                              "  ret %y\n}\n"},
    {"locals, one of them aligned to 64", "func @f(%a: i64, %b: i64) -> i64 {\n"
                                          "  local $x: 24 align 8\n"
                                          "  local $y: 128 align 64\n"
                                          "entry:\n"
                                          "  %p = local $x\n"
                                          "  %q = local $y\n"
                                          "  store.i64 %a, [%p + 8]\n"
                                          "  store.i64 %b, [%q + 64]\n"
                                          "  %m = iconst.i64 7\n"
                                          "  %i = and.i64 %a, %m\n"
                                          "  store.i64 %a, [%q + %i*8]\n"
                                          "  %c = load.i64 [%q + %i*8]\n"
                                          "  %d = load.i64 [%p + 8]\n"
                                          "  %e = load.i64 [%q + 64]\n"
                                          "  %k = iconst.i64 63\n"
                                          "  %low = and.i64 %q, %k\n"
                                          "  %s = add.i64 %c, %d\n"
                                          "  %t = xor.i64 %s, %e\n"
                                          "  %u = add.i64 %t, %low\n"
                                          "  ret %u\n}\n"},
    {"floating point across calls", "func @callee(%x: f64) -> f64 noinline {\n"
                                    "entry:\n"
                                    "  %y = fmul.f64 %x, %x\n"
                                    "  ret %y\n}\n"
                                    "func @f(%a: i64, %b: i64) -> i64 {\n"
                                    "entry:\n"
                                    "  %x = sitofp.f64 %a\n"
                                    "  %y = sitofp.f64 %b\n"
                                    "  %z = iconst.i64 0\n"
                                    "  br loop(%z, %x, %y)\n"
                                    "loop(%i: i64, %p: f64, %q: f64):\n"
                                    "  %r = call @callee(%p)\n"
                                    "  %half = fconst.f64 0.5\n"
                                    "  %s = fsub.f64 %q, %r\n"
                                    "  %t = fmul.f64 %s, %half\n"
                                    "  %one = iconst.i64 1\n"
                                    "  %j = add.i64 %i, %one\n"
                                    "  %five = iconst.i64 5\n"
                                    "  %more = icmp.slt.i64 %j, %five\n"
                                    "  brif %more, loop(%j, %half, %t), done\n"
                                    "done:\n"
                                    "  %u = fptosi.i64 %t\n"
                                    "  ret %u\n}\n"},
    {"a select by a comparison for equality of floats", "func @f(%a: i64, %b: i64) -> i64 {\n"
                                                        "entry:\n"
                                                        "  %x = bitcast.f64 %a\n"
                                                        "  %y = bitcast.f64 %b\n"
                                                        "  %c = fcmp.oeq.f64 %x, %y\n"
                                                        "  %d = fcmp.une.f64 %x, %y\n"
                                                        "  %r = select.i64 %c, %a, %b\n"
                                                        "  %s = select.i64 %d, %r, %a\n"
                                                        "  %t = select.f64 %c, %x, %y\n"
                                                        "  %u = bitcast.i64 %t\n"
                                                        "  %v = add.i64 %s, %u\n"
                                                        "  brif %d, yes, no\n"
                                                        "yes:\n"
                                                        "  ret %v\n"
                                                        "no:\n"
                                                        "  ret %s\n}\n"},
    {"a conditional jump with both ways on edges of their own",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %z = iconst.i64 0\n"
     "  br loop(%z, %a)\n"
     "loop(%i: i64, %x: i64):\n"
     "  %one = iconst.i64 1\n"
     "  %j = add.i64 %i, %one\n"
     "  %y = mul.i64 %x, %b\n"
     "  %m = iconst.i64 9\n"
     "  %k = and.i64 %y, %m\n"
     "  %c = icmp.eq.i64 %k, %z\n"
     "  brif %c, join(%x, %j), join(%y, %i)\n"
     "join(%p: i64, %q: i64):\n"
     "  %n = iconst.i64 50\n"
     "  %more = icmp.ult.i64 %q, %n\n"
     "  %r = add.i64 %j, %one\n"
     "  brif %more, next, done\n"
     "next:\n"
     "  %limit = iconst.i64 40\n"
     "  %go = icmp.ult.i64 %r, %limit\n"
     "  brif %go, loop(%r, %p), done\n"
     "done:\n"
     "  %s = add.i64 %p, %q\n"
     "  ret %s\n}\n"},
};

/* --- running
 * -------------------------------------------------------------------------------------- */

static nf_module *program_read(const char *text)
{
    return module_read("program", text, strlen(text));
}

static void link_host(const nf_module *m, uint64_t *addresses)
{
    for (uint32_t i = 1; i < m->symbols.count; i++)
        for (uint32_t k = 0; k < COUNT(host_functions); k++)
            if (strcmp(m->symbols.data[i].name, host_functions[k].name) == 0)
                addresses[i] = host_functions[k].address;
}

/* Functions stand before those that call them, and calls of later ones are not tested. */
static void compile_all(const nf_module *m, uint64_t features, uint64_t *addresses)
{
    nf_link link = {addresses, SYMBOLS_MAX};
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    for (uint32_t i = 1; i < m->symbols.count; i++) {
        nf_compile options = {
            .link = &link, .arena = &arena, .features = features, .want_map = true};
        nf_compiled out;
        const nf_func *f = m->symbols.data[i].func;
        if (f == NULL) continue;
        addresses[i] = code_compile(m->symbols.data[i].name, f, &options, &out);
        for (uint32_t k = 1; k < out.map_count; k++)
            assert_true(out.map[k - 1].offset < out.map[k].offset);
    }
    nf_arena_free(&arena);
}

static uint64_t evaluate(const nf_func *f, const nf_link *link, uint64_t a, uint64_t b)
{
    nf_arena arena;
    nf_error error = {.message = ""};
    nf_bits args[] = {{.u64 = {a}}, {.u64 = {b}}}, result = {{0}};
    nf_arena_init(&arena, nf_os_allocator());
    nf_eval eval = {
        .link = link, .steps = STEPS, .depth_max = DEPTH * 8, .arena = &arena, .error = &error};
    if (nf_eval_run(&eval, f, args, &result) != NF_OK) fail_msg("evaluator: %s", error.message);
    nf_arena_free(&arena);
    return result.u64[0];
}

static const uint64_t inputs[] = {0,
                                  1,
                                  2,
                                  3,
                                  4,
                                  5,
                                  6,
                                  7,
                                  64,
                                  99,
                                  100,
                                  101,
                                  104,
                                  127,
                                  128,
                                  255,
                                  UINT64_C(1000000000000),
                                  INT64_MAX,
                                  (uint64_t)INT64_MIN,
                                  UINT64_MAX,
                                  UINT64_C(0x3ff0000000000000),
                                  UINT64_C(0x7ff8000000000001),
                                  UINT64_C(0x123456789abcdef)};

/* With so many of the inputs, in both places. */
static void run_some(const program *p, uint64_t features, uint32_t count)
{
    nf_module *m = program_read(p->text);
    uint64_t addresses[SYMBOLS_MAX] = {0};
    nf_link link = {addresses, SYMBOLS_MAX};
    nf_symbol symbol = nf_module_symbol(m, "f");
    link_host(m, addresses);
    compile_all(m, features, addresses);
    program_function *code = (program_function *)(uintptr_t)addresses[symbol.id];
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < count; k++) {
            uint64_t expected =
                evaluate(nf_module_function_at(m, symbol), &link, inputs[i], inputs[k]);
            uint64_t got = code(inputs[i], inputs[k]);
            if (got != expected)
                fail_msg("%s: f(%llx, %llx) is %llx, not %llx", p->name,
                         (unsigned long long)inputs[i], (unsigned long long)inputs[k],
                         (unsigned long long)got, (unsigned long long)expected);
        }
    }
    for (uint32_t i = 1; i < m->symbols.count; i++)
        if (m->symbols.data[i].func != NULL) nf_code_free(code_memory, addresses[i]);
    nf_module_free(m);
}

static void run_program(const program *p, uint64_t features)
{
    run_some(p, features, COUNT(inputs));
}

static void programs_agree(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < COUNT(programs); i++) {
        run_program(&programs[i], 0);
        run_program(&programs[i], nf_cpu_features());
    }
}

/* --- jumps of all lengths, across an alignment
 * ------------------------------------------------------------------------------- */

enum { TEXT_BYTES = 8192, FRONT_MAX = 10, MIDDLE_MAX = 36, NEST_INPUTS = 4 };

/* Instructions of three bytes, from %NAME0 to %NAMEcount. */
static int fill(char *text, size_t room, char name, uint32_t count)
{
    int length = 0;
    for (uint32_t i = 0; i < count; i++)
        length += snprintf(text + length, room - (size_t)length, "  %%%c%u = %s.i64 %%%c%u, %%%c\n",
                           name, i + 1, i % 2 ? "add" : "xor", name, i, i % 2 ? 'a' : 'b');
    return length;
}

/* A loop in a loop: the inner one starts at a multiple of 32, the outer one's jumps pass over it. What a
 * short jump in front saves, the alignment takes again. */
static void nest_write(char *text, uint32_t front, uint32_t middle)
{
    char before[TEXT_BYTES / 4] = "", inside[TEXT_BYTES / 2] = "";
    fill(before, sizeof before, 'x', front);
    fill(inside, sizeof inside, 'y', middle);
    snprintf(text, TEXT_BYTES,
             "func @f(%%a: i64, %%b: i64) -> i64 {\n"
             "entry:\n"
             "  %%zero = iconst.i64 0\n"
             "  %%one = iconst.i64 1\n"
             "  %%three = iconst.i64 3\n"
             "  %%turns = and.i64 %%a, %%three\n"
             "  %%steps = and.i64 %%b, %%three\n"
             "  %%odd = icmp.ult.i64 %%a, %%three\n"
             "  brif %%odd, early, start(%%a)\n"
             "early:\n"
             "  %%s1 = mul.i64 %%a, %%b\n"
             "  %%s2 = add.i64 %%s1, %%b\n"
             "  br start(%%s2)\n"
             "start(%%s: i64):\n"
             "  br outer(%%zero, %%s)\n"
             "outer(%%i: i64, %%x0: i64):\n%s"
             "  %%skip = icmp.eq.i64 %%steps, %%zero\n"
             "  brif %%skip, after(%%x%u), inner(%%zero, %%x%u)\n"
             "inner(%%k: i64, %%y0: i64):\n%s"
             "  %%k2 = add.i64 %%k, %%one\n"
             "  %%again = icmp.ult.i64 %%k2, %%steps\n"
             "  brif %%again, inner(%%k2, %%y%u), after(%%y%u)\n"
             "after(%%z: i64):\n"
             "  %%i2 = add.i64 %%i, %%one\n"
             "  %%more = icmp.ule.i64 %%i2, %%turns\n"
             "  brif %%more, outer(%%i2, %%z), done\n"
             "done:\n"
             "  ret %%z\n}\n",
             before, front, front, inside, middle, middle);
}

static void jumps_reach(void **state)
{
    static char text[TEXT_BYTES];
    (void)state;
    for (uint32_t front = 0; front <= FRONT_MAX; front++) {
        for (uint32_t middle = 0; middle <= MIDDLE_MAX; middle++) {
            nest_write(text, front, middle);
            run_some(&(program){"a loop in a loop", text}, nf_cpu_features(), NEST_INPUTS);
        }
    }
}

/* --- failures
 * ------------------------------------------------------------------------------------- */

static nf_status compile_with(const nf_func *f, nf_arena *arena)
{
    static const uint64_t addresses[SYMBOLS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    nf_link link = {addresses, SYMBOLS_MAX};
    nf_compile options = {.link = &link, .arena = arena, .features = nf_cpu_features()};
    nf_compiled out;
    nf_error error = {.message = ""};
    return nf_backend_compile(f, &options, &out, &error);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    generate_options options = {.size = 2000};
    nf_module *m = generate_module(nf_os_allocator(), 5, 1, &options);
    const nf_func *f = m->symbols.data[1].func;
    nf_status status = NF_MEMORY;
    uint32_t failures = 0;
    for (size_t fail_at = 0; status != NF_OK; fail_at++) {
        test_allocator allocator;
        nf_arena arena;
        test_allocator_init(&allocator);
        allocator.fail_at = fail_at;
        nf_arena_init(&arena, &allocator.allocator);
        status = compile_with(f, &arena);
        nf_arena_free(&arena);
        assert_int_equal(allocator.blocks, 0);
        assert_true(status == NF_OK || status == NF_MEMORY);
        failures += status != NF_OK;
    }
    assert_true(failures > 3);
    nf_module_free(m);
}

static void unresolved_symbol_is_named(void **state)
{
    (void)state;
    nf_module *m = program_read("extern @missing() -> void\n"
                                "func @f() -> void {\nentry:\n  call @missing()\n  ret\n}\n");
    uint64_t addresses[SYMBOLS_MAX] = {0};
    nf_link link = {addresses, SYMBOLS_MAX};
    nf_arena arena;
    nf_compiled out;
    nf_error error = {.message = ""};
    nf_arena_init(&arena, nf_os_allocator());
    nf_compile options = {.link = &link, .arena = &arena, .features = nf_cpu_features()};
    const nf_func *f = nf_module_function_at(m, nf_module_symbol(m, "f"));
    assert_int_equal(nf_backend_compile(f, &options, &out, &error), NF_SYMBOL);
    assert_non_null(strstr(error.message, "missing"));
    nf_arena_free(&arena);
    nf_module_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_agree),
        cmocka_unit_test(jumps_reach),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(unresolved_symbol_is_named),
    };
    return cmocka_run_group_tests(tests, code_setup, code_teardown);
}
