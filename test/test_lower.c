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

#include "code/code.h"
#include "code/object.h"
#include "ir/ir.h"
#include "lib_differential.h"
#include "lib_machine.h"
#include "lib_plugin.h"
#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    FUNCTIONS_PER_MODULE = 4,
    SYMBOLS = FUNCTIONS_PER_MODULE + 1,
    FUNCTIONS_DEFAULT = 80,
    CODE_BYTES = 16 << 20,
};

static const nf_llvm_api *api;
static nf_code_memory *code_memory;

/* --- NaNs --- */

static bool may_make_nan(const nf_inst *inst)
{
    switch (inst->op) {
    case NF_OP_FADD:
    case NF_OP_FSUB:
    case NF_OP_FMUL:
    case NF_OP_FDIV:
    case NF_OP_FMA:
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

static nf_status compile(const nf_func *f, const nf_llvm_options *options, const nf_link *link,
                         nf_arena *arena, nf_blob *blob, nf_error *error)
{
    const void *bytes;
    size_t size;
    nf_object object;
    resolution where = {f->module, link};
    nf_object_options how = {
        .entry = nf_symbol_at(f->module, f->symbol)->name, .resolve = resolve, .context = &where};
    nf_status status = api->compile_nir(f, options, arena, &bytes, &size, error);
    if (status == NF_OK) status = nf_object_read(bytes, size, &how, arena, &object, error);
    *blob = object.blob;
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

static uint64_t environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
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
                                  .interleave = 2,
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
    uint64_t start = environment("NF_SEED", 1);
    uint64_t functions = environment("NF_FUNCTIONS", FUNCTIONS_DEFAULT);
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

/* --- the group --- */

static int setup(void **state)
{
    nf_error error;
    (void)state;
    api = plugin_load();
    return nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code_memory, &error);
}

static int teardown(void **state)
{
    (void)state;
    nf_code_memory_free(code_memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_agree),
        cmocka_unit_test(vectors_of_16_bytes_agree),
        cmocka_unit_test(all_vectors_agree),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
