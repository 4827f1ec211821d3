/*
 * Functions of units through the LLVM tier: C comes in by clang, one function goes out as an object,
 * is placed and run, for every line of llvm_variants.def that this CPU can run, and for none of its
 * features. What it gives is what the same C gives in a shared library, for a range of arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code/code.h"
#include "code/object.h"
#include "lib_plugin.h"
#include "os/cpu.h"

enum { CODE_BYTES = 1 << 20, STRINGS_MAX = 4, ARGUMENTS = 40, PATH_BYTES = 128 };

static const nf_llvm_api *api;
static bool have_clang;
static nf_code_memory *code;
static nf_error error;

/* A C source with an `int f(int)`; static things are made known to the linker, for the compiled
 * function and the library share data. strings: what .str, .str.1 and so on are. */
typedef struct program {
    const char *name, *source;
    const char *flags; /* NULL: as the engine has it */
    const char *strings[STRINGS_MAX];
} program;

/* Neither optimised nor marked as not to be: tables of switches become LLVM's, not the program's. */
#define PLAIN_FLAGS "-O1 -Xclang -disable-llvm-passes"

static const program programs[] = {
    {"arithmetic", "int f(int x) { return x * x / 3 - x % 7; }", NULL, {NULL}},
    {"loops",
     "static int data[256];\n"
     "static float v[256];\n"
     "int f(int x) { int s = 0; float t = 0;\n"
     "for (int i = 0; i < 256; i++) { data[i] = i * x + (i >> 1); v[i] = (float)(i ^ x); }\n"
     "for (int i = 0; i < x * 5; i++) s += data[i] * 3;\n"
     "for (int i = 0; i < 255; i++) t += v[i] * 0.5f;\n"
     "for (int i = 1; i < 256; i++) data[i] = data[i - 1] + data[i];\n"
     "return s + (int)t + data[x]; }",
     NULL,
     {NULL}},
    {"calls to libc",
     "#include <string.h>\n#include <stdlib.h>\n"
     "int f(int x) { char *p = malloc(100); memset(p, 'a' + x % 20, 99); p[x] = 0;\n"
     "int n = (int)strlen(p) + (p[0] << 8); free(p); return n; }",
     NULL,
     {NULL}},
    {"static data",
     "static long count; static const int primes[] = {2, 3, 5, 7, 11, 13, 17};\n"
     "int f(int x) { count += x; return primes[x % 7] + (int)(count & 0); }",
     NULL,
     {NULL}},
    {"jump tables",
     "extern int abs(int);\n"
     "int f(int x) { switch (x) { case 0: return 7; case 1: return abs(x - 9); case 2: return x;\n"
     "case 3: return x * x; case 4: return abs(-x); case 5: return x / 2; case 6: return 1 << x;\n"
     "case 9: return f(x - 1); default: return -1; } }",
     PLAIN_FLAGS,
     {NULL}},
    {"lookup tables",
     "int f(int x) { switch (x) { case 0: return 17; case 1: return 4; case 2: return 99;\n"
     "case 3: return 1; case 4: return 12; case 5: return 8; case 6: return 3; default: return 0;\n"
     "} }",
     PLAIN_FLAGS,
     {NULL}},
    {"strings",
     "#include <string.h>\n"
     "int f(int x) { const char *s = x & 1 ? \"odd\" : \"even\"; return (int)strlen(s) * 256 + s[x "
     "% 3];"
     " }",
     NULL,
     {"odd", "even"}},
    {"recursion",
     "int f(int x) { return x < 2 ? x : f(x % 17 - 1) + f(x % 17 - 2); }",
     NULL,
     {NULL}},
    {"other functions",
     "__attribute__((noinline)) static int twice(int x) { return x * 2; }\n"
     "static int thrice(int x) { return x * 3; }\n"
     "int (*pick(int x))(int) { return x & 1 ? twice : thrice; }\n"
     "int f(int x) { return pick(x)(x) + twice(x); }",
     NULL,
     {NULL}},
    {"computed goto",
     "int f(int x) { static const void *const t[] = {&&a, &&b, &&c}; int n = 0;\n"
     "next: if (x <= 0) return n; goto *t[x % 3]; a: n += 5; x -= 1; goto next; b: n *= 3;\n"
     "x -= 2; goto next; c: n ^= x; x -= 1; goto next; }",
     NULL,
     {NULL}},
    {"thread-local data",
     "_Thread_local int per_thread[4]; static _Thread_local int other;\n"
     "int f(int x) { for (int i = 0; i < x; i++) { per_thread[i & 3] = i; other = i * 2; }\n"
     "int *p = x & 1 ? &other : &per_thread[2]; return *p + per_thread[1]; }",
     NULL,
     {NULL}},
    {"not optimised",
     "static int half(int x) { return x / 2; }\n"
     "int f(int x) { int s = 0; for (int i = 0; i < x; i++) s += half(i) * i; return s; }",
     "-O0",
     {NULL}},
    {"floating point",
     "double sqrt(double); static double a[64], b[64];\n"
     "int f(int x) { double s = 0; for (int i = 0; i < 64; i++) { a[i] = i * 0.37 + x;\n"
     "b[i] = 1.0 / (i + 1); } for (int i = 0; i < 64; i++) s = a[i] * b[i] + s;\n"
     "return (int)(sqrt(s) * 1e6); }",
     NULL,
     {NULL}},
    {"aggregates",
     "struct pair { long a, b; }; struct big { int v[9]; };\n"
     "__attribute__((noinline)) struct pair make(long x) { return (struct pair){x, x * x}; }\n"
     "__attribute__((noinline)) struct big spread(int x) { struct big b; for (int i = 0; i < 9; "
     "i++)\n"
     "b.v[i] = x * i; return b; }\n"
     "__attribute__((noinline)) int take(struct big b, int i) { return b.v[i]; }\n"
     "int f(int x) { struct pair p = make(x); return (int)(p.a + p.b) + take(spread(x), x % 9); }",
     NULL,
     {NULL}},
    {"variable arguments",
     "#include <stdarg.h>\n"
     "__attribute__((noinline)) static int sum(int n, ...) { va_list l; va_start(l, n); int s = "
     "0;\n"
     "for (int i = 0; i < n; i++) s += va_arg(l, int); va_end(l); return s; }\n"
     "int f(int x) { return sum(x % 4, x, 2, 3, 4); }",
     NULL,
     {NULL}},
    {"inline assembly",
     "int f(int x) { int y; __asm__(\"lea 5(%1), %0\" : \"=r\"(y) : \"r\"(x)); return y * 2; }",
     NULL,
     {NULL}},
};

static const char engine_flags[] = "-O2 -fno-vectorize -fno-slp-vectorize -mllvm "
                                   "-unroll-runtime=false -mllvm -unroll-allow-partial=false";

/* --- the program around a function --- */

static void *library; /* the same source, compiled by clang */
static const program *at_hand;

/* The library's own thread-local variables serve; the control variable is the variable's name. */
static void *get_address(const char *control)
{
    return dlsym(library, control);
}

static const char *const thread_locals[] = {"per_thread", "other"};

static bool resolve(void *context, const char *name, uint64_t *address)
{
    static const char string[] = ".str", control[] = "__emutls_v.";
    (void)context;
    const void *found = NULL;
    if (strncmp(name, string, sizeof string - 1) == 0)
        found = at_hand->strings[name[4] == '.' ? atoi(name + 5) : 0];
    else if (strncmp(name, control, sizeof control - 1) == 0) {
        for (size_t i = 0; i < sizeof thread_locals / sizeof *thread_locals; i++)
            if (strcmp(thread_locals[i], name + sizeof control - 1) == 0) found = thread_locals[i];
    } else if (strcmp(name, "__emutls_get_address") == 0)
        found = (const void *)(uintptr_t)get_address;
    else
        found = dlsym(library, name);
    if (found == NULL) found = dlsym(RTLD_DEFAULT, name);
    *address = (uintptr_t)found;
    return found != NULL;
}

static void *load_library(const program *p)
{
    char source[PATH_BYTES], object[PATH_BYTES], command[3 * PATH_BYTES];
    snprintf(source, sizeof source, "/tmp/nanoforge-compile-%d.c", (int)getpid());
    snprintf(object, sizeof object, "/tmp/nanoforge-compile-%d.so", (int)getpid());
    FILE *file = fopen(source, "w");
    assert_non_null(file);
    fputs(p->source, file);
    fclose(file);
    snprintf(command, sizeof command,
             "clang-19 -O1 -ffp-contract=off -Dstatic= -w -shared -fPIC -o %s %s -lm", object,
             source);
    assert_int_equal(system(command), 0);
    void *handle = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) fail_msg("%s", dlerror());
    unlink(source);
    unlink(object);
    return handle;
}

static nf_llvm_unit *read_unit(const char *text, const char *flags)
{
    nf_llvm_source source = {.name = "unit.c"};
    nf_llvm_unit *unit = NULL;
    source.bytes = plugin_bitcode(text, flags, &source.size);
    assert_non_null(source.bytes);
    if (api->unit_read(&source, 1, &unit, &error) != NF_OK) fail_msg("%s", error.message);
    free((void *)(uintptr_t)source.bytes);
    return unit;
}

typedef int function(int);

static function *place(const void *bytes, size_t size, const char *name, nf_arena *arena)
{
    nf_object object;
    uint64_t address = 0;
    nf_object_options options = {.entry = name, .resolve = resolve};
    nf_code_memory_range(code, &options.code_start, &options.code_end);
    if (nf_object_read(bytes, size, &options, arena, &object, &error) != NF_OK ||
        nf_code_place(code, &object.blob, name, NULL, &address, &error) != NF_OK)
        fail_msg("%s: %s", at_hand->name, error.message);
    return (function *)(uintptr_t)address;
}

static void check(nf_llvm_unit *unit, const nf_llvm_options *options)
{
    const void *bytes;
    size_t size;
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    nf_status status = plugin_compile(unit, "f", options, &arena, &bytes, &size, &error);
    if (status == NF_BUSY && options->contract) {
        nf_arena_free(&arena);
        return;
    }
    if (status != NF_OK) fail_msg("%s, %s: %s", at_hand->name, options->name, error.message);
    function *got = place(bytes, size, "f", &arena);
    function *expected = (function *)(uintptr_t)dlsym(library, "f");
    for (int x = 0; x < ARGUMENTS; x++) {
        int want = expected(x), have = got(x);
        if (want != have)
            fail_msg("%s, %s: f(%d) is %d, not %d", at_hand->name, options->name, x, have, want);
    }
    nf_code_free(code, (uintptr_t)got);
    nf_arena_free(&arena);
}

static bool ready(void)
{
    if (api && have_clang) return true;
    print_message("no LLVM plug-in, or no clang-19: skipped\n");
    return false;
}

static void test_programs(void **state)
{
    (void)state;
    if (!ready()) skip();
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        at_hand = &programs[i];
        library = load_library(at_hand);
        nf_llvm_unit *unit =
            read_unit(at_hand->source, at_hand->flags ? at_hand->flags : engine_flags);
        nf_llvm_options options = {.name = "any x86-64"};
        check(unit, &options);
        options = (nf_llvm_options){.name = "avx2", .features = nf_cpu_features() & NF_CPU_AVX2};
        check(unit, &options);
        for (uint32_t v = 0; v < plugin_variant_count; v++)
            if (plugin_options(v, &options)) check(unit, &options);
        api->unit_free(unit);
        dlclose(library);
        library = NULL;
    }
}

/* --- objects as such --- */

static nf_status compile(nf_llvm_unit *unit, const char *name, const nf_llvm_options *options,
                         nf_arena *arena, nf_object *object)
{
    const void *bytes;
    size_t size;
    nf_status status = plugin_compile(unit, name, options, arena, &bytes, &size, &error);
    if (status != NF_OK) return status;
    nf_object_options where = {.entry = name, .resolve = resolve};
    return nf_object_read(bytes, size, &where, arena, object, &error);
}

/* Variants of one preparation are what they would be alone, whatever came before. */
static void test_variants_share(void **state)
{
    const void *alone, *shared;
    size_t alone_size, shared_size;
    nf_llvm_options options;
    nf_llvm_prepared *prepared;
    (void)state;
    if (!ready()) skip();
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    nf_llvm_unit *unit = read_unit("float f(const float *a, const float *b, int n)\n"
                                   "{ float s = 0; for (int i = 0; i < n; i++) s += a[i] * b[i];\n"
                                   "  return s; }",
                                   engine_flags);
    assert_int_equal(api->prepare(unit, "f", &prepared, &error), NF_OK);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t v = 0; v < plugin_variant_count; v++) {
            if (!plugin_options(v, &options)) continue;
            assert_int_equal(
                plugin_compile(unit, "f", &options, &arena, &alone, &alone_size, &error), NF_OK);
            assert_int_equal(
                api->compile(prepared, &options, &arena, &shared, &shared_size, &error), NF_OK);
            assert_int_equal(alone_size, shared_size);
            assert_memory_equal(alone, shared, alone_size);
        }
    api->prepared_free(prepared);
    api->unit_free(unit);
    nf_arena_free(&arena);
}

static void test_unknown_function(void **state)
{
    const nf_llvm_options options = {.name = "any"};
    (void)state;
    if (!ready()) skip();
    nf_arena arena;
    nf_object object;
    nf_arena_init(&arena, nf_os_allocator());
    nf_llvm_unit *unit = read_unit("int puts(const char *); int f(int x) { return x; }", "-O1");
    assert_int_equal(compile(unit, "nothing", &options, &arena, &object), NF_SYMBOL);
    assert_non_null(strstr(error.message, "nothing"));
    assert_int_equal(compile(unit, "puts", &options, &arena, &object), NF_SYMBOL);
    api->unit_free(unit);
    nf_arena_free(&arena);
}

/* clang does not look into inline assembly when it makes bitcode. */
static void test_wrong_assembly(void **state)
{
    const nf_llvm_options options = {.name = "any", .level = 3};
    (void)state;
    if (!ready()) skip();
    nf_arena arena;
    nf_object object;
    nf_arena_init(&arena, nf_os_allocator());
    nf_llvm_unit *unit = read_unit("int f(int x) { __asm__(\"wrong %0\" : \"+r\"(x)); return x; }\n"
                                   "int g(int x) { return x + 1; }",
                                   "-O1");
    assert_int_equal(compile(unit, "f", &options, &arena, &object), NF_UNSUPPORTED);
    assert_non_null(strstr(error.message, "'wrong'"));
    assert_null(strchr(error.message, '\n'));
    assert_int_equal(compile(unit, "g", &options, &arena, &object), NF_OK);
    api->unit_free(unit);
    nf_arena_free(&arena);
}

/* One names the width of vectors that the other leaves to LLVM: the same on some CPUs. */
static bool differ_by_width(const nf_llvm_options *a, const nf_llvm_options *b)
{
    return a->vector_width != b->vector_width && (a->vector_width == 0 || b->vector_width == 0);
}

/* Each variant differs from all before it on one of these loops, where the CPU has its features. */
static void test_variants_differ(void **state)
{
    static const char *const sources[] = {
        "int f(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += p[i]; return s; }",
        "void f(float *restrict a, const float *restrict b, int n)\n"
        "{ for (int i = 0; i < n; i++) a[i] = a[i] * b[i]; }",
        "int f(const char *p) { int n = 0; while (p[n] != 'x') n++; return n; }",
        "float f(float *a, int n)\n"
        "{ for (int i = 0; i < n; i++) a[i] = a[i] * a[i] + 1; return a[0] * a[1] + a[2]; }",
        "void f(int *a, int n) { for (int i = 1; i < n; i++) a[i] ^= a[i - 1]; }",
        /* Unrolled wholly from -O3 on. */
        "int f(const int *p) { int s = 0; for (int i = 0; i < 32; i++) s = (s ^ p[i]) * 31 + (s >> "
        "3);"
        " return s; }",
    };
    enum { SOURCES = sizeof sources / sizeof *sources, VARIANTS_MAX = 32 };
    nf_object objects[SOURCES][VARIANTS_MAX];
    (void)state;
    if (!ready()) skip();
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    for (size_t s = 0; s < SOURCES; s++) {
        nf_llvm_unit *unit = read_unit(sources[s], engine_flags);
        nf_llvm_options options;
        for (uint32_t v = 0; v < plugin_variant_count; v++)
            if (plugin_options(v, &options)) {
                nf_status status = compile(unit, "f", &options, &arena, &objects[s][v]);
                assert_int_equal(status, s != 3 && options.contract ? NF_BUSY : NF_OK);
                if (status == NF_BUSY) objects[s][v] = (nf_object){0};
            }
        api->unit_free(unit);
    }
    nf_llvm_options options;
    for (uint32_t a = 0; a < plugin_variant_count; a++)
        for (uint32_t b = 0; b < a; b++) {
            if (!plugin_options(a, &options) || !plugin_options(b, &options)) continue;
            bool differ = false;
            for (size_t s = 0; s < SOURCES; s++) {
                const nf_blob *x = &objects[s][a].blob, *y = &objects[s][b].blob;
                differ |= x->total_bytes != y->total_bytes ||
                          (x->total_bytes && memcmp(x->bytes, y->bytes, x->total_bytes) != 0);
            }
            if (!differ &&
                !differ_by_width(&plugin_variants[a].options, &plugin_variants[b].options))
                fail_msg("%s and %s are the same", plugin_variants[a].options.name,
                         plugin_variants[b].options.name);
        }
    nf_arena_free(&arena);
}

static int setup(void **state)
{
    (void)state;
    api = plugin_load();
    have_clang = plugin_has_clang();
    return nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code, &error) == NF_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    nf_code_memory_free(code);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs),         cmocka_unit_test(test_variants_share),
        cmocka_unit_test(test_unknown_function), cmocka_unit_test(test_wrong_assembly),
        cmocka_unit_test(test_variants_differ),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
