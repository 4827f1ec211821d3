/*
 * NIR through LLVM: generated functions at several levels and for several CPUs, against the
 * evaluator; and programs with what the generator does not make.
 *
 * Which NaN an operation gives is not promised by LLVM (see src/llvm/lower.h). So every result of an
 * operation that may give one is followed by a choice: the one NaN when it is a NaN, else itself. What is then
 * compared, bit by bit, is all but the choice of NaNs.
 *
 * NF_FUNCTIONS=10000 in the environment makes it that many functions per set of options, NF_SEED
 * starts elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/object.h"
#include "ir/ir.h"
#include "lib_code.h"
#include "lib_differential.h"
#include "lib_environment.h"
#include "lib_machine.h"
#include "lib_plugin.h"
#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    FUNCTIONS_PER_MODULE = 4,
    SYMBOLS = FUNCTIONS_PER_MODULE + 1,
    FUNCTIONS_DEFAULT = 80,
};

static const nf_llvm_api *api;

/* --- NaNs --- */

static bool may_make_nan(const nf_inst *inst)
{
    switch (inst->op) {
    case NF_OP_FADD:
    case NF_OP_FSUB:
    case NF_OP_FMUL:
    case NF_OP_FDIV:
    case NF_OP_FMA:
    case NF_OP_FMULADD:
    case NF_OP_FSQRT:
    case NF_OP_FFLOOR:
    case NF_OP_FCEIL:
    case NF_OP_FTRUNC:
    case NF_OP_FNEAREST:
    case NF_OP_FPEXT:
    case NF_OP_FPTRUNC:
    case NF_OP_REDUCE_FADD:
    case NF_OP_REDUCE_FMUL: return true;
    default: return false;
    }
}

static nf_value insert(nf_func *f, nf_value before, nf_inst record)
{
    nf_value v = nf_inst_new(f, &record);
    nf_inst_insert_before(f, before, v);
    return v;
}

/* Behind v: select(uno(v, v), nan, v). */
static nf_value insert_choice(nf_func *f, nf_value v)
{
    nf_type type = nf_type_of(f, v), element = NF_TYPE_ELEMENT(type);
    nf_value before = nf_inst_at(f, v)->next;
    int64_t bits = element == NF_F32 ? 0x7fc00000 : 0x7ff8000000000000;
    nf_value nan = insert(f, before, (nf_inst){.op = NF_OP_FCONST, .type = element, .imm = bits});
    if (type != element)
        nan = insert(f, before, (nf_inst){.op = NF_OP_SPLAT, .type = type, .a = nan});
    nf_value is_nan = insert(
        f, before,
        (nf_inst){
            .op = NF_OP_FCMP, .type = nf_type_of_compare(type), .sub = NF_FUNO, .a = v, .b = v});
    return insert(f, before,
                  (nf_inst){.op = NF_OP_SELECT, .type = type, .a = is_nan, .b = nan, .c = v});
}

static void choose_nans(nf_func *f)
{
    uint32_t count = f->insts.count;
    nf_value *map = calloc((size_t)count * 8, sizeof *map);
    assert_non_null(map);
    for (uint32_t i = 1; i < count; i++)
        if (nf_inst_at(f, (nf_value){i})->block.id && may_make_nan(nf_inst_at(f, (nf_value){i})))
            map[i] = insert_choice(f, (nf_value){i});
    assert_true(f->insts.count <= count * 8);
    nf_values_replace(f, map);
    for (uint32_t i = 1; i < count; i++) {
        if (map[i].id == 0) continue;
        nf_inst *choice = nf_inst_at(f, map[i]);
        choice->c = (nf_value){i};
        nf_inst *is_nan = nf_inst_at(f, choice->a);
        is_nan->a = is_nan->b = (nf_value){i};
    }
    free(map);
}

/* --- compiling --- */

typedef struct resolution {
    const nf_module *module;
    const nf_link *link;
} resolution;

static bool resolve(void *context, const char *name, uint64_t *address)
{
    const resolution *r = context;
    nf_symbol symbol = nf_module_symbol(r->module, name);
    *address = symbol.id && symbol.id < r->link->count ? r->link->addresses[symbol.id] : 0;
    if (*address == 0) *address = (uintptr_t)nf_os_symbol(name);
    return *address != 0;
}

static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

static nf_status compile(const nf_func *f, const nf_llvm_options *options, const nf_link *link,
                         nf_arena *arena, nf_blob *blob, nf_error *error)
{
    const void *bytes;
    size_t size;
    nf_object object;
    resolution where = {f->module, link};
    nf_object_options how = {
        .entry = nf_symbol_at(f->module, f->symbol)->name, .resolve = resolve, .context = &where};
    nf_status status = plugin_compile_nir(f, options, arena, &bytes, &size, error);
    if (status == NF_OK) status = nf_object_read(bytes, size, &how, arena, &object, error);
    *blob = object.blob;
    if (status == NF_OK) /* the reader has put one before it */
        assert_memory_not_equal(blob->bytes + blob->origin, endbr64, sizeof endbr64);
    return status;
}

/* --- generated functions --- */

typedef struct tier {
    nf_llvm_options options;
    uint64_t addresses[SYMBOLS];
    nf_arena arena;
} tier;

static const void *tier_compile(void *context, const nf_func *func)
{
    tier *t = context;
    nf_link link = {t->addresses, SYMBOLS};
    nf_blob blob;
    nf_error error = {.message = ""};
    uint64_t address = 0;
    nf_status status = compile(func, &t->options, &link, &t->arena, &blob, &error);
    if (status == NF_OK)
        status = nf_code_place(code_memory, &blob, t->options.name, NULL, &address, &error);
    if (status && status != NF_SYMBOL) fail_msg("%s: %s", t->options.name, error.message);
    t->addresses[func->symbol.id] = address;
    nf_arena_reset(&t->arena);
    return (const void *)(uintptr_t)address;
}

enum { TIERS_MAX = 4 };

typedef struct comparison {
    tier tiers[TIERS_MAX];
    differential_executor executors[TIERS_MAX];
    uint32_t count;
    differential_totals totals;
} comparison;

static void tier_add(comparison *c, nf_llvm_options options)
{
    tier *t = &c->tiers[c->count];
    *t = (tier){.options = options};
    nf_arena_init(&t->arena, nf_os_allocator());
    c->executors[c->count++] = (differential_executor){options.name, tier_compile, t, 0, 0};
}

static void comparison_init(comparison *c)
{
    uint64_t all = nf_cpu_features();
    *c = (comparison){.count = 0};
    tier_add(c, (nf_llvm_options){.name = "llvm.o1, any", .level = 1});
    tier_add(c, (nf_llvm_options){.name = "llvm.o2, avx2",
                                  .level = 2,
                                  .features = all & (NF_CPU_SSE41 | NF_CPU_AVX | NF_CPU_AVX2)});
    tier_add(c, (nf_llvm_options){.name = "llvm.o3", .level = 3, .features = all});
    tier_add(c, (nf_llvm_options){.name = "llvm.o3.w512.tail",
                                  .level = 3,
                                  .features = all,
                                  .vector_width = 512,
                                  .unroll = 4,
                                  .tail_folding = true});
}

static void module_compare(comparison *c, uint64_t seed, const generate_options *options)
{
    nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS_PER_MODULE, options);
    uint64_t places[SYMBOLS];
    nf_link link = {places, SYMBOLS};
    nf_error error = {.message = ""};
    assert_non_null(module);
    for (size_t i = 0; i < SYMBOLS; i++) places[i] = (uintptr_t)&places[i];
    for (uint32_t i = 1; i < module->symbols.count; i++) choose_nans(module->symbols.data[i].func);
    if (nf_module_verify(module, &error) != NF_OK) fail_msg("%s", error.message);
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        const nf_func *func = module->symbols.data[i].func;
        if (!differential_check(func, &link, seed, c->executors, c->count, &c->totals))
            fail_msg("mismatch in the module of seed %llu", (unsigned long long)seed);
    }
    for (uint32_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < SYMBOLS; k++)
            if (c->tiers[i].addresses[k]) {
                nf_code_free(code_memory, c->tiers[i].addresses[k]);
                c->tiers[i].addresses[k] = 0;
            }
    nf_module_free(module);
}

static void compare(const generate_options *options)
{
    static comparison c;
    if (api == NULL) skip();
    uint64_t start = environment_number("NF_SEED", 1);
    uint64_t functions = environment_number("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
    comparison_init(&c);
    for (uint64_t i = 0; i < functions; i += FUNCTIONS_PER_MODULE)
        module_compare(&c, start + i, options);
    assert_true(c.totals.inputs > c.totals.over_budget);
    for (uint32_t i = 0; i < c.count; i++) {
        printf("  %-20s %llu functions, %llu not supported\n", c.executors[i].name,
               (unsigned long long)c.executors[i].compared,
               (unsigned long long)c.executors[i].skipped);
        nf_arena_free(&c.tiers[i].arena);
    }
}

static void scalars_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 0});
}

static void vectors_of_16_bytes_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 16});
}

static void all_vectors_agree(void **state)
{
    (void)state;
    compare(&(generate_options){.vector_bytes_max = 64});
}

/* --- programs --- */

static int64_t host_mix(int64_t a, double x, uint8_t b, uint16_t c, float y, int64_t d, int64_t e,
                        int64_t f, int64_t g)
{
    return a + 2 * (int64_t)x + 3 * b + 5 * c + 7 * (int64_t)y + 11 * d - 13 * e + 17 * f - 19 * g;
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

static const machine_extern externs[] = {
    {"host_mix", (const void *)(uintptr_t)host_mix},
    {"host_variadic", (const void *)(uintptr_t)host_variadic},
    {NULL, NULL},
};

/* @f is called with several arguments. */
static const struct program {
    const char *name, *text;
} programs[] = {
    {"calls of the host", "extern @host_mix(i64, f64, i8, i16, f32, i64, i64, i64, i64) -> i64\n"
                          "extern @host_variadic(i64, ...) -> i64\n"
                          "func @f(%a: i64, %b: i64) -> i64 {\n"
                          "entry:\n"
                          "  %m = iconst.i64 1000\n"
                          "  %s = srem.i64 %a, %m\n"
                          "  %x = sitofp.f64 %s\n"
                          "  %y = fptrunc.f32 %x\n"
                          "  %n = trunc.i8 %a\n"
                          "  %w = trunc.i16 %b\n"
                          "  %i = trunc.i32 %b\n"
                          "  %r = call @host_mix(%a, %x, %n, %w, %y, %b, %a, %m, %b)\n"
                          "  %two = iconst.i64 2\n"
                          "  %v = call @host_variadic(%two, %x, %i, %x, %i)\n"
                          "  %t = xor.i64 %r, %v\n"
                          "  ret %t\n}\n"},
    {"edges to the same block",
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %m = iconst.i64 7\n"
     "  %k = and.i64 %a, %m\n"
     "  %c = trunc.i8 %b\n"
     "  switch.i64 %k, join(%a), 1: join(%b), 2: join(%k), 3: other, 5: other\n"
     "other:\n"
     "  brif %c, join(%m), join(%k)\n"
     "join(%r: i64):\n"
     "  ret %r\n}\n"},
    {"tail calls between prototypes",
     "func @many(%n: i64, %x: f64, %c: i8, %p: i64, %q: i64, %s: i64, %t: i64, %u: i64, %y: f32)"
     " -> i64 {\n"
     "entry:\n"
     "  %z = iconst.i64 0\n"
     "  %done = icmp.eq.i64 %n, %z\n"
     "  brif %done, end, on\n"
     "on:\n"
     "  %one = iconst.i64 1\n"
     "  %m = sub.i64 %n, %one\n"
     "  %w = fpext.f64 %y\n"
     "  %v = fadd.f64 %x, %w\n"
     "  tail_call @few(%v, %m, %c)\n"
     "end:\n"
     "  %i = fptosi.i64 %x\n"
     "  %k = sext.i64 %c\n"
     "  %r = add.i64 %i, %k\n"
     "  %r2 = add.i64 %r, %t\n"
     "  %r3 = add.i64 %r2, %u\n"
     "  ret %r3\n}\n"
     "func @few(%x: f64, %n: i64, %c: i8) -> i64 {\n"
     "entry:\n"
     "  %y = fptrunc.f32 %x\n"
     "  %one = iconst.i8 1\n"
     "  %d = add.i8 %c, %one\n"
     "  %fp = symbol @steps\n"
     "  tail_call_indirect %fp(%n, %d, %y, %x) : (i64, i8, f32, f64) -> i64\n}\n"
     "func @steps(%n: i64, %c: i8, %y: f32, %x: f64) -> i64 {\n"
     "entry:\n"
     "  %z = iconst.i64 0\n"
     "  %more = icmp.sgt.i64 %n, %z\n"
     "  brif %more, on, end\n"
     "on:\n"
     "  %one = iconst.i64 1\n"
     "  %half = fconst.f64 0.5\n"
     "  %m = sub.i64 %n, %one\n"
     "  %v = fadd.f64 %x, %half\n"
     "  tail_call @few(%v, %m, %c)\n"
     "end:\n"
     "  %h = fpext.f64 %y\n"
     "  %i = fptosi.i64 %h\n"
     "  %k = zext.i64 %c\n"
     "  %r = xor.i64 %i, %k\n"
     "  ret %r\n}\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %m = iconst.i64 1023\n"
     "  %n = and.i64 %a, %m\n"
     "  %x = sitofp.f64 %b\n"
     "  %y = fconst.f32 0.25\n"
     "  %c = trunc.i8 %a\n"
     "  %z = iconst.i64 0\n"
     "  %s = call @many(%z, %x, %c, %a, %a, %b, %b, %n, %y)\n"
     "  %r = call @many(%n, %x, %c, %a, %a, %b, %b, %n, %y)\n"
     "  %t = add.i64 %s, %r\n"
     "  ret %t\n}\n"},
    {"functions by address",
     "func @twice(%x: i64) -> i64 {\nentry:\n  %r = add.i64 %x, %x\n  ret %r\n}\n"
     "func @negate(%x: i64) -> i64 {\nentry:\n  %z = iconst.i64 0\n  %r = sub.i64 %z, %x\n"
     "  ret %r\n}\n"
     "func @f(%a: i64, %b: i64) -> i64 {\n"
     "entry:\n"
     "  %t = symbol @twice\n"
     "  %n = symbol @negate\n"
     "  %c = trunc.i8 %a\n"
     "  %p = select.i64 %c, %t, %n\n"
     "  %r = call_indirect %p(%b) : (i64) -> i64\n"
     "  ret %r\n}\n"},
    {"data", "data @table align 8 readonly { i64 3, 1, 4, 1, 5, 9, 2, 6 }\n"
             "data @counter align 8 { i64 100 }\n"
             "func @f(%a: i64, %b: i64) -> i64 {\n"
             "entry:\n"
             "  %m = iconst.i64 7\n"
             "  %i = and.i64 %a, %m\n"
             "  %t = symbol @table\n"
             "  %x = load.i64 [%t + %i*8] align 8\n"
             "  %y = load.i64 [%t + 40]\n"
             "  %c = symbol @counter\n"
             "  store.i64 %x, [%c] align 8 atomic\n"
             "  %z = load.i64 [%c] align 8 atomic\n"
             "  store.i64 %y, [%c] volatile\n"
             "  %w = load.i64 [%c] volatile\n"
             "  %r = mul.i64 %z, %w\n"
             "  ret %r\n}\n"},
    {"overlaps", "func @work(%p: i64 noalias, %q: i64 noalias, %n: i64) -> i64 noinline {\n"
                 "entry:\n"
                 "  %z = iconst.i64 0\n"
                 "  br loop(%z, %z)\n"
                 "loop(%i: i64, %s: i64):\n"
                 "  %at = add.i64 %p, %i\n"
                 "  %x = load.i64 [%at] alias 1\n"
                 "  store.i64 %s, [%q + %i] alias 2\n"
                 "  %y = load.i64 [%q + %i] alias 2\n"
                 "  %t = add.i64 %s, %x\n"
                 "  %u = xor.i64 %t, %y\n"
                 "  %eight = iconst.i64 8\n"
                 "  %j = add.i64 %i, %eight\n"
                 "  %more = icmp.ult.i64 %j, %n\n"
                 "  brif %more, loop(%j, %u), done\n"
                 "done:\n"
                 "  ret %u\n}\n"
                 "func @f(%a: i64, %b: i64) -> i64 {\n"
                 "  local $in: 256 align 16\n"
                 "  local $out: 256 align 64\n"
                 "entry:\n"
                 "  %p = local $in\n"
                 "  %q = local $out\n"
                 "  %z = iconst.i64 0\n"
                 "  br fill(%z, %a)\n"
                 "fill(%i: i64, %v: i64):\n"
                 "  store.i64 %v, [%p + %i*8]\n"
                 "  store.i64 %b, [%q + %i*8]\n"
                 "  %w = mul.i64 %v, %b\n"
                 "  %one = iconst.i64 1\n"
                 "  %j = add.i64 %i, %one\n"
                 "  %n = iconst.i64 32\n"
                 "  %more = icmp.ult.i64 %j, %n\n"
                 "  brif %more, fill(%j, %w), go\n"
                 "go:\n"
                 "  %bytes = iconst.i64 256\n"
                 "  %r = call @work(%p, %q, %bytes)\n"
                 "  %last = load.i64 [%q + 248]\n"
                 "  %t = add.i64 %r, %last\n"
                 "  ret %t\n}\n"},
};

static const uint64_t arguments[][2] = {
    {0, 0},
    {1, 2},
    {1000, UINT64_MAX},
    {77, 0x123456789abcdef},
    {255, 3},
    {2, 1u << 31},
    {3, 5},
    {UINT64_MAX - 4, 0x8000000},
    {5, 256},
    {6, 42},
};

static nf_llvm_options level = {.name = "llvm"};

static nf_status machine_llvm(const nf_func *f, const nf_compile *options, nf_compiled *out,
                              nf_error *error)
{
    level.features = options->features;
    return compile(f, &level, options->link, options->arena, &out->blob, error);
}

static uint64_t evaluate(const machine *m, uint64_t a, uint64_t b)
{
    nf_arena arena;
    nf_error error = {.message = ""};
    nf_arena_init(&arena, nf_os_allocator());
    nf_eval eval = {
        .link = &m->link, .steps = UINT64_MAX, .depth_max = 16, .arena = &arena, .error = &error};
    nf_bits args[2] = {{.u64 = {a}}, {.u64 = {b}}}, result = {{0}};
    const nf_func *f = nf_module_function_at(m->module, nf_module_symbol(m->module, "f"));
    if (nf_eval_run(&eval, f, args, &result) != NF_OK) fail_msg("%s", error.message);
    nf_arena_free(&arena);
    return result.u64[0];
}

static nf_module *load_text(machine *m, const char *text, uint64_t features)
{
    nf_module *module;
    nf_error error = {.message = ""};
    if (nf_module_read(NULL, "program", text, strlen(text), &module, &error) != NF_OK)
        fail_msg("%s", error.message);
    if (machine_load(m, module, machine_llvm, features, externs) != NF_OK)
        fail_msg("%s", m->error.message);
    return module;
}

typedef uint64_t program_function(uint64_t a, uint64_t b);

static void programs_agree(void **state)
{
    machine m;
    (void)state;
    if (api == NULL) skip();
    assert_true(machine_init(&m));
    for (size_t i = 0; i < COUNT(programs); i++)
        for (level.level = 1; level.level <= 3; level.level++) {
            uint64_t features = level.level == 3 ? nf_cpu_features() : 0;
            nf_module *module = load_text(&m, programs[i].text, features);
            program_function *f = (program_function *)(uintptr_t)machine_function(&m, "f");
            for (size_t k = 0; k < COUNT(arguments); k++) {
                uint64_t a = arguments[k][0], b = arguments[k][1];
                uint64_t expected = evaluate(&m, a, b), got = f(a, b);
                if (got != expected)
                    fail_msg("%s at level %u: f(%#llx, %#llx) is %#llx, not %#llx",
                             programs[i].name, level.level, (unsigned long long)a,
                             (unsigned long long)b, (unsigned long long)got,
                             (unsigned long long)expected);
            }
            nf_module_free(module);
        }
    machine_free(&m);
}

/* Without a frame each: 80 million bytes of stack would not be there. */
static void tail_calls_take_no_stack(void **state)
{
    static const char text[] = "func @g(%n: i64, %s: i64, %x: f64) -> i64 {\n"
                               "entry:\n"
                               "  tail_call @f(%n, %s)\n}\n"
                               "func @f(%n: i64, %s: i64) -> i64 {\n"
                               "entry:\n"
                               "  %z = iconst.i64 0\n"
                               "  %one = iconst.i64 1\n"
                               "  %done = icmp.eq.i64 %n, %z\n"
                               "  brif %done, end, on\n"
                               "on:\n"
                               "  %m = sub.i64 %n, %one\n"
                               "  %t = add.i64 %s, %n\n"
                               "  %x = fconst.f64 1\n"
                               "  tail_call @g(%m, %t, %x)\n"
                               "end:\n"
                               "  ret %s\n}\n";
    enum { CALLS = 5000000 };
    machine m;
    (void)state;
    if (api == NULL) skip();
    assert_true(machine_init(&m));
    for (level.level = 1; level.level <= 3; level.level++) {
        nf_module *module = load_text(&m, text, nf_cpu_features());
        program_function *f = (program_function *)(uintptr_t)machine_function(&m, "f");
        assert_int_equal(f(CALLS, 0), (uint64_t)CALLS * (CALLS + 1) / 2);
        nf_module_free(module);
    }
    machine_free(&m);
}

/* --- traps --- */

static sigjmp_buf back;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

static int signal_of(program_function *f, uint64_t a, uint64_t b)
{
    struct sigaction action = {.sa_handler = jump_back}, old[2];
    sigaction(SIGFPE, &action, &old[0]);
    sigaction(SIGILL, &action, &old[1]);
    int caught = sigsetjmp(back, 1);
    if (caught == 0) f(a, b);
    sigaction(SIGFPE, &old[0], NULL);
    sigaction(SIGILL, &old[1], NULL);
    return caught;
}

static const struct trap {
    const char *operation;
    uint64_t a, b;
    int signal;
} traps[] = {
    {"sdiv.i64 %a, %b", 5, 0, SIGFPE},
    {"sdiv.i64 %a, %b", (uint64_t)INT64_MIN, UINT64_MAX, SIGFPE},
    {"sdiv.i64 %a, %b", (uint64_t)INT64_MIN, 1, 0},
    {"udiv.i64 %a, %b", 5, 0, SIGFPE},
    {"udiv.i64 %a, %b", (uint64_t)INT64_MIN, UINT64_MAX, 0},
    {"srem.i64 %a, %b", (uint64_t)INT64_MIN, UINT64_MAX, SIGFPE},
    {"urem.i64 %a, %b", 5, 0, SIGFPE},
    {"urem.i64 %a, %b", 5, 3, 0},
};

static void traps_are_signals(void **state)
{
    machine m;
    (void)state;
    if (api == NULL) skip();
    assert_true(machine_init(&m));
    for (size_t i = 0; i < COUNT(traps); i++)
        for (level.level = 1; level.level <= 3; level.level++) {
            char text[256];
            /* The result is not used: the trap still comes. */
            snprintf(text, sizeof text,
                     "func @f(%%a: i64, %%b: i64) -> i64 {\nentry:\n  %%r = %s\n  ret %%a\n}\n",
                     traps[i].operation);
            nf_module *module = load_text(&m, text, 0);
            program_function *f = (program_function *)(uintptr_t)machine_function(&m, "f");
            assert_int_equal(signal_of(f, traps[i].a, traps[i].b), traps[i].signal);
            nf_module_free(module);
        }
    nf_module *module = load_text(&m, "func @f(%a: i64, %b: i64) -> i64 {\nentry:\n  trap\n}\n", 0);
    assert_int_equal(signal_of((program_function *)(uintptr_t)machine_function(&m, "f"), 0, 0),
                     SIGILL);
    nf_module_free(module);
    machine_free(&m);
}

static void reserved_names_are_refused(void **state)
{
    static const char text[] = "extern @\"llvm.trap\"() -> void\n"
                               "func @f() -> void {\nentry:\n  call @\"llvm.trap\"()\n  ret\n}\n";
    nf_module *module;
    nf_error error = {.message = ""};
    nf_arena arena;
    const void *bytes;
    size_t size;
    (void)state;
    if (api == NULL) skip();
    nf_arena_init(&arena, nf_os_allocator());
    assert_int_equal(nf_module_read(NULL, "program", text, sizeof text - 1, &module, &error),
                     NF_OK);
    const nf_func *f = nf_module_function_at(module, nf_module_symbol(module, "f"));
    assert_int_equal(plugin_compile_nir(f, &level, &arena, &bytes, &size, &error), NF_UNSUPPORTED);
    assert_non_null(strstr(error.message, "llvm.trap"));
    nf_module_free(module);
    nf_arena_free(&arena);
}

/* --- the group --- */

static int setup(void **state)
{
    api = plugin_load();
    return code_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_agree),
        cmocka_unit_test(vectors_of_16_bytes_agree),
        cmocka_unit_test(all_vectors_agree),
        cmocka_unit_test(programs_agree),
        cmocka_unit_test(tail_calls_take_no_stack),
        cmocka_unit_test(traps_are_signals),
        cmocka_unit_test(reserved_names_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, code_teardown);
}
