/*
 * The loop optimiser against the evaluator.
 *
 * Every function of test/loops/ is transformed for every width of vectors and every number of
 * copies, and then gives what the original gives: results and memory, bit for bit. Directives in
 * front of a function say what must have become of its loop:
 *
 *     ; loop: vectorised              or  ; loop: refused PART OF THE REMARK
 *
 * Parameters are made by their names: n a number of elements (ns: negative too, n1: at least 1),
 * x4 a pointer to elements of 4 bytes (x4_2: with 2 more on both sides), others a number of their
 * type. Arrays lie against guard pages, so that what reads or writes too far crashes, or in one
 * region at all small distances from one another. Functions that may be reassociated get numbers
 * whose sums and products are exact in any order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ir/eval.h"
#include "ir/print.h"
#include "lib_allocator.h"
#include "lib_environment.h"
#include "lib_files.h"
#include "lib_generate.h"
#include "opt/opt_internal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    PARAMS_MAX = 8,
    PAGE = 4096,
    SIZE_MAX_TESTED = 70,
    DIRECTIVE_BYTES = 80,
    VERSIONS_MAX = 32,
    EVAL_STEPS = 10000000,
};

/* Widths of vectors and copies of the body, one variant each. */
static const uint8_t WIDTHS[] = {0, 16, 32, 64};
static const uint8_t COPIES[] = {1, 2, 4, 8};

/* Distances in bytes between the pointers of a function in one region. */
static const int DISTANCES[] = {0,   1,   -1,  2,   -2,  3,    -3,  4,    -4,  6,    -6,
                                8,   -8,  12,  -12, 15,  -15,  16,  -16,  20,  -20,  28,
                                -28, 31,  -31, 32,  -32, 33,   -33, 60,   -60, 63,   -63,
                                64,  -64, 65,  -65, 124, -124, 128, -128, 256, -256, 300};

static const uint32_t SIZES[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,  11, 15, 16,
                                 17, 23, 31, 32, 33, 40, 47, 63, 64, 65, 70};

/* --- memory: per pointer a page between guards, all mapped once --- */

static uint8_t *region_of(unsigned index)
{
    static uint8_t *memory;
    if (memory == NULL) {
        size_t bytes = (2 * PARAMS_MAX + 1) * PAGE;
        memory = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(memory != MAP_FAILED);
        for (unsigned i = 0; i < PARAMS_MAX; i++)
            assert_int_equal(mprotect(memory + (2 * i + 1) * PAGE, PAGE, PROT_READ | PROT_WRITE),
                             0);
    }
    return memory + (2 * index + 1) * PAGE;
}

/* --- a function under test --- */

typedef struct parameter {
    enum { NUMBER, SIZE, POINTER } kind;
    nf_type type;
    int64_t least;   /* of a size */
    unsigned bytes;  /* of a pointer's elements */
    unsigned around; /* elements that may be touched before the first and behind the last */
} parameter;

/* A transformed version of a function. */
typedef struct version {
    nf_func *f;
    char name[32];
} version;

typedef struct subject {
    const nf_func *f;
    const char *name;
    parameter params[PARAMS_MAX];
    uint32_t param_count;
    nf_type result;
    bool reassoc;
    version versions[VERSIONS_MAX];
    unsigned version_count;
    char directive[DIRECTIVE_BYTES];
} subject;

typedef struct world {
    test_allocator memory;
    nf_module *module;
    nf_arena arena; /* clones and scratch, reset for each */
    nf_arena frames;
} world;

/* What goes into an evaluation. */
typedef struct input {
    int64_t size;
    struct placement {
        enum { AT_END, AT_START, TOGETHER } how; /* of the arrays in their pages */
        int distance;                            /* TOGETHER: from one pointer to the next */
    } where;
    nf_bits args[PARAMS_MAX];
    uint8_t pages[PARAMS_MAX][PAGE];
} input;

/* What comes out. */
typedef struct output {
    nf_status status;
    nf_bits result;
    uint8_t pages[PARAMS_MAX][PAGE];
} output;

static void parameter_parse(parameter *p, const char *name, nf_type type)
{
    *p = (parameter){.kind = NUMBER, .type = type};
    if (name[0] == 'n' && (name[1] == 0 || name[1] == 's' || name[1] == '1')) {
        p->kind = SIZE;
        p->least = name[1] == 's' ? -3 : name[1] == '1';
    } else if (type == NF_I64 && isdigit((unsigned char)name[1])) {
        p->kind = POINTER;
        p->bytes = (unsigned)(name[1] - '0');
        if (name[2] == '_') p->around = (unsigned)atoi(name + 3);
    }
}

/* Fills the directive that stands in front of the function in the text. */
static void directive_find(subject *s, const char *text)
{
    char head[64], last[DIRECTIVE_BYTES] = "";
    snprintf(head, sizeof head, "func @%s(", s->name);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        sscanf(line, "; loop: %79[^\n]", last);
        if (strncmp(line, head, strlen(head)) == 0) strcpy(s->directive, last);
        if (strncmp(line, "func", 4) == 0) last[0] = 0;
    }
}

static void subject_init(subject *s, const world *w, const nf_func *f, const char *text)
{
    *s = (subject){.f = f, .name = nf_symbol_at(w->module, f->symbol)->name};
    s->param_count = nf_block_at(f, f->entry)->param_count;
    assert_true(s->param_count <= PARAMS_MAX);
    for (uint32_t i = 0; i < s->param_count; i++) {
        nf_value v = nf_param_at(f, f->entry, i);
        parameter_parse(&s->params[i], f->debug.value_names.data[v.id], nf_type_of(f, v));
    }
    s->result = nf_signature_at(w->module, f->signature)->result;
    s->reassoc = (f->attributes & NF_ATTR_REASSOC) != 0;
    directive_find(s, text);
}

/* --- inputs --- */

static uint64_t number_bits(const subject *s, nf_type type, uint64_t *seed)
{
    static const float exact[] = {1, -1, 2, -2, 0.5f, -0.5f, 1, 1};
    float f = exact[generate_below(seed, COUNT(exact))];
    double d = f;
    uint64_t bits = 0;
    if (NF_TYPE_IS_FLOAT(type) && s->reassoc)
        memcpy(&bits, type == NF_F32 ? (void *)&f : (void *)&d, nf_type_bytes(type));
    else if (type == NF_F32)
        bits = generate_f32_bits(seed);
    else if (type == NF_F64)
        bits = generate_f64_bits(seed);
    else
        bits = (uint64_t)generate_integer(seed) & (UINT64_MAX >> (64 - 8 * nf_type_bytes(type)));
    return bits;
}

/* Whether the function works on floating point of this many bytes. */
static bool has_floats(const nf_func *f, unsigned bytes)
{
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            const nf_inst *inst = nf_inst_at(f, v);
            if (inst->op == NF_OP_LOAD && NF_TYPE_IS_FLOAT(inst->type) &&
                nf_type_bytes(inst->type) == bytes)
                return true;
        }
    }
    return false;
}

static void page_fill(const subject *s, uint8_t *page, unsigned bytes, uint64_t *seed)
{
    nf_type type = bytes == 8 ? NF_I64 : bytes == 4 ? NF_I32 : bytes == 2 ? NF_I16 : NF_I8;
    if (has_floats(s->f, bytes)) type = bytes == 8 ? NF_F64 : NF_F32;
    for (unsigned at = 0; at < PAGE; at += bytes) {
        uint64_t bits = number_bits(s, type, seed);
        memcpy(page + at, &bits, bytes);
    }
}

/* TOGETHER: pointers lie in the page of the first one, but those that promise not to overlap. */
static uint64_t pointer_place(const subject *s, unsigned index, const input *in)
{
    const parameter *p = &s->params[index];
    int64_t count = in->size > 0 ? in->size : 0, around = p->around * (int64_t)p->bytes;
    unsigned first = 0, order = 0;
    if (in->where.how == AT_END)
        return (uint64_t)region_of(index) + PAGE - (uint64_t)(count * p->bytes + around);
    if (in->where.how == AT_START || s->f->noalias >> index & 1)
        return (uint64_t)region_of(index) + (uint64_t)around;
    for (unsigned i = index; i-- > 0;) {
        if (s->params[i].kind != POINTER || s->f->noalias >> i & 1) continue;
        first = i;
        order++;
    }
    if (order == 0) first = index;
    int64_t away = (int64_t)order * in->where.distance;
    return (uint64_t)region_of(first) + PAGE / 4 + (uint64_t)away;
}

static void input_make(const subject *s, input *in, uint64_t seed)
{
    memset(in->args, 0, sizeof in->args);
    for (unsigned i = 0; i < s->param_count; i++) {
        const parameter *p = &s->params[i];
        uint64_t mask = UINT64_MAX >> (64 - 8 * nf_type_bytes(p->type));
        if (p->kind == SIZE)
            in->args[i].u64[0] = (uint64_t)in->size & mask;
        else if (p->kind == POINTER)
            in->args[i].u64[0] = pointer_place(s, i, in);
        else
            in->args[i].u64[0] = number_bits(s, p->type, &seed);
        if (p->kind == POINTER) page_fill(s, in->pages[i], p->bytes, &seed);
    }
}

static void evaluate(world *w, const subject *s, const nf_func *f, const input *in, output *out)
{
    nf_error error = {0};
    nf_eval eval = {.steps = EVAL_STEPS, .depth_max = 1, .arena = &w->frames, .error = &error};
    for (unsigned i = 0; i < s->param_count; i++)
        if (s->params[i].kind == POINTER) memcpy(region_of(i), in->pages[i], PAGE);
    memset(&out->result, 0, sizeof out->result);
    out->status = nf_eval_run(&eval, f, in->args, &out->result);
    for (unsigned i = 0; i < s->param_count; i++)
        if (s->params[i].kind == POINTER) memcpy(out->pages[i], region_of(i), PAGE);
    nf_arena_reset(&w->frames);
}

/* --- the comparison --- */

static void function_show(world *w, const nf_func *f)
{
    nf_text text;
    nf_text_init(&text, &w->frames);
    nf_func_print(f, &w->frames, &text);
    fprintf(stderr, "%s\n", text.data);
    nf_arena_reset(&w->frames);
}

static bool outputs_equal(const subject *s, const output *a, const output *b)
{
    bool equal = a->status == b->status && memcmp(&a->result, &b->result, sizeof a->result) == 0;
    for (unsigned i = 0; i < s->param_count; i++)
        if (s->params[i].kind == POINTER) equal &= memcmp(a->pages[i], b->pages[i], PAGE) == 0;
    return equal;
}

/* All versions on one input. */
static void versions_compare(world *w, const subject *s, input *in, uint64_t seed)
{
    static output expected, actual;
    input_make(s, in, seed);
    evaluate(w, s, s->f, in, &expected);
    for (unsigned i = 0; i < s->version_count; i++) {
        const version *v = &s->versions[i];
        evaluate(w, s, v->f, in, &actual);
        if (outputs_equal(s, &expected, &actual)) continue;
        function_show(w, v->f);
        fprintf(stderr, "status %d, %d; result %llx, %llx\n", expected.status, actual.status,
                (unsigned long long)expected.result.u64[0],
                (unsigned long long)actual.result.u64[0]);
        fail_msg("%s for %s differs: %lld elements, placement %d, distance %d", s->name, v->name,
                 (long long)in->size, in->where.how, in->where.distance);
    }
}

static int64_t size_least(const subject *s)
{
    for (uint32_t i = 0; i < s->param_count; i++)
        if (s->params[i].kind == SIZE) return s->params[i].least;
    return 0;
}

static bool has_pointers(const subject *s, unsigned at_least)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < s->param_count; i++) count += s->params[i].kind == POINTER;
    return count >= at_least;
}

static void subject_compare(world *w, const subject *s)
{
    static input in;
    uint64_t seed = 1;
    for (in.size = size_least(s); in.size <= SIZE_MAX_TESTED; in.size++) {
        in.where = (struct placement){.how = in.size % 2 ? AT_START : AT_END};
        versions_compare(w, s, &in, seed++);
    }
    for (unsigned d = 0; has_pointers(s, 2) && d < COUNT(DISTANCES); d++) {
        for (unsigned i = d % 3; i < COUNT(SIZES); i += 3) {
            in.where = (struct placement){TOGETHER, DISTANCES[d]};
            in.size = SIZES[i];
            if (in.size < size_least(s)) continue;
            if (s->reassoc && DISTANCES[d] % 8) continue; /* parts of numbers are not exact */
            versions_compare(w, s, &in, seed++);
        }
    }
}

/* --- transforming --- */

/* The passes under test with little around them, or the whole pipeline. */
static void function_transform(world *w, nf_opt *opt, bool whole, nf_func *f, const char *name)
{
    static const char *const alone[] = {"simplify_cfg", "search", "vectorise",
                                        "unroll",       "dce",    "simplify_cfg"};
    nf_error error = {0};
    nf_status status = whole ? nf_opt_run(opt, f, &error) : NF_OK;
    for (unsigned i = 0; i < COUNT(alone) && !whole && status == NF_OK; i++) {
        status = nf_pass_run(opt, alone[i], f, &error);
        if (status == NF_OK) status = nf_func_verify(f, &w->arena, &error);
    }
    if (status == NF_OK && whole) status = nf_func_verify(f, &w->arena, &error);
    if (status == NF_OK) return;
    function_show(w, f);
    fail_msg("%s for %s: %s", name, opt->variant->name, error.message);
}

static void expectation_check(const subject *s, const nf_opt *opt, const char *variant)
{
    char reason[DIRECTIVE_BYTES] = "";
    if (opt->variant->vector_bytes == 0 || s->directive[0] == 0) return;
    if (strncmp(s->directive, "vectorised", 10) == 0) {
        if (opt->loops_vectorised != 1)
            fail_msg("%s for %s was refused: %s", s->name, variant, opt->remark);
    } else if (sscanf(s->directive, "refused %79[^\n]", reason) == 1) {
        if (opt->loops_vectorised != 0 || strstr(opt->remark, reason) == NULL)
            fail_msg("%s for %s: \"%s\" is not in \"%s\"", s->name, variant, reason, opt->remark);
    } else {
        fail_msg("%s: what is \"%s\"?", s->name, s->directive);
    }
}

typedef void variant_visit(world *w, void *context, const nf_variant *variant);

static void each_variant(world *w, variant_visit *visit, void *context)
{
    for (unsigned width = 0; width < COUNT(WIDTHS); width++) {
        for (unsigned copies = 0; copies < COUNT(COPIES); copies++) {
            char name[32];
            snprintf(name, sizeof name, "%u.u%u", WIDTHS[width] * 8, COPIES[copies]);
            nf_variant variant = {name, WIDTHS[width], COPIES[copies], false, 0};
            visit(w, context, &variant);
        }
    }
}

/* Adds the function's versions for a variant. */
static void subject_visit(world *w, void *context, const nf_variant *variant)
{
    subject *s = context;
    for (int whole = 0; whole < 2; whole++) {
        version *v = &s->versions[s->version_count++];
        nf_opt opt = {.scratch = &w->arena, .variant = variant};
        v->f = nf_func_clone(s->f, &w->arena);
        assert_non_null(v->f);
        snprintf(v->name, sizeof v->name, "%s%s", variant->name, whole ? ", all passes" : "");
        function_transform(w, &opt, whole, v->f, s->name);
        expectation_check(s, &opt, v->name);
    }
}

static char *text_read(const char *path)
{
    size_t size;
    char *text = file_read(path, &size);
    assert_true(size > 0);
    return text;
}

static void file_test(world *w, const char *path)
{
    nf_error error = {0};
    char *text = text_read(path);
    const char *only = getenv("LOOP");
    if (nf_module_read(&w->memory.allocator, path, text, strlen(text), &w->module, &error) != NF_OK)
        fail_msg("%s:%u: %s", path, error.line, error.message);
    for (uint32_t i = 1; i < w->module->symbols.count; i++) {
        const nf_func *f = nf_module_function_at(w->module, (nf_symbol){i});
        static subject s;
        if (f == NULL) continue;
        subject_init(&s, w, f, text);
        if (only && strcmp(only, s.name) != 0) continue;
        each_variant(w, subject_visit, &s);
        subject_compare(w, &s);
        nf_arena_reset(&w->arena);
    }
    nf_module_free(w->module);
    free(text);
}

static void world_open(world *w)
{
    *w = (world){0};
    test_allocator_init(&w->memory);
    nf_arena_init(&w->arena, &w->memory.allocator);
    nf_arena_init(&w->frames, &w->memory.allocator);
}

static void world_close(world *w)
{
    nf_arena_free(&w->frames);
    nf_arena_free(&w->arena);
    assert_int_equal(w->memory.blocks, 0);
}

static void files(void **state)
{
    glob_t found;
    (void)state;
    assert_int_equal(glob("test/loops/*.nir", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        world w;
        world_open(&w);
        file_test(&w, found.gl_pathv[i]);
        world_close(&w);
    }
    globfree(&found);
}

/* --- generated functions --- */

/* How an evaluation of a generated function went. */
typedef struct outcome {
    nf_status status;
    nf_bits result;
    uint8_t buffer[GENERATE_BUFFER_BYTES];
} outcome;

typedef struct generated {
    const nf_func *f;
    uint64_t seed;
    unsigned vectorised, unrolled;
} generated;

static void generated_run(world *w, const nf_func *f, uint64_t seed, outcome *out)
{
    static _Alignas(GENERATE_BUFFER_ALIGN) uint8_t buffer[GENERATE_BUFFER_BYTES];
    nf_bits args[GENERATE_PARAMS] = {0};
    nf_error error = {0};
    nf_eval eval = {.steps = EVAL_STEPS, .depth_max = 1, .arena = &w->frames, .error = &error};
    for (unsigned i = 0; i < sizeof buffer; i += 4) {
        uint32_t word =
            generate_below(&seed, 2) ? generate_f32_bits(&seed) : (uint32_t)generate_integer(&seed);
        memcpy(buffer + i, &word, sizeof word);
    }
    args[0].u64[0] = (uint64_t)buffer;
    args[1].u64[0] = (uint64_t)generate_integer(&seed);
    args[2].u64[0] = (uint64_t)generate_integer(&seed);
    args[3].u32[0] = (uint32_t)generate_integer(&seed);
    args[4].u64[0] = generate_f64_bits(&seed);
    args[5].u32[0] = generate_f32_bits(&seed);
    memset(out, 0, sizeof *out);
    out->status = nf_eval_run(&eval, f, args, &out->result);
    memcpy(out->buffer, buffer, sizeof buffer);
    nf_arena_reset(&w->frames);
}

static void generated_visit(world *w, void *context, const nf_variant *variant)
{
    enum { INPUTS = 3 };
    static outcome expected, actual;
    generated *g = context;
    char name[32];
    nf_func *changed = nf_func_clone(g->f, &w->arena);
    nf_opt opt = {.scratch = &w->arena, .variant = variant};
    assert_non_null(changed);
    snprintf(name, sizeof name, "seed %llu", (unsigned long long)g->seed);
    function_transform(w, &opt, g->seed % 2, changed, name);
    g->vectorised += opt.loops_vectorised;
    g->unrolled += opt.loops_unrolled;
    for (uint64_t k = 0; k < INPUTS; k++) {
        generated_run(w, g->f, g->seed * INPUTS + k, &expected);
        generated_run(w, changed, g->seed * INPUTS + k, &actual);
        if (memcmp(&expected, &actual, sizeof actual) == 0) continue;
        function_show(w, g->f);
        function_show(w, changed);
        fail_msg("%s differs for %s, input %llu: status %d, %d", name, variant->name,
                 (unsigned long long)k, expected.status, actual.status);
    }
    nf_arena_reset(&w->arena);
}

/* LOOP_SEEDS=10000 LOOP_SEED=0 in the environment: how many, and the first. */
static void generated_functions(void **state)
{
    enum { SEEDS = 200 };
    (void)state;
    uint64_t first = environment_number("LOOP_SEED", 1),
             end = first + environment_number("LOOP_SEEDS", SEEDS);
    generated g = {0};
    for (uint64_t seed = first; seed < end; seed++) {
        world w;
        world_open(&w);
        w.module = nf_module_new(&w.memory.allocator, "generated");
        g.seed = seed;
        g.f = generate_function(w.module, seed, &(generate_options){0});
        assert_non_null(g.f);
        each_variant(&w, generated_visit, &g);
        nf_module_free(w.module);
        world_close(&w);
    }
    printf("%u loops vectorised, %u unrolled\n", g.vectorised, g.unrolled);
    if (end - first >= SEEDS) assert_true(g.vectorised > 0 && g.unrolled > 0);
}

/* --- memory that runs out --- */

/* Leaves an arena with so many bytes, and its allocator with nothing. */
static void arena_drain(nf_arena *arena, test_allocator *memory, size_t bytes)
{
    nf_arena_alloc(arena, 1);
    size_t left = (size_t)(arena->limit - arena->cursor);
    if (left > bytes) nf_arena_alloc(arena, left - bytes);
    memory->fail_at = memory->count;
}

/* Both passes over a rotated function, with little memory for the function or for scratch. True when
 * it was too little. */
static bool passes_run_short(const nf_func *f, const nf_variant *variant, size_t bytes,
                             bool scratch)
{
    test_allocator memories[2];
    nf_arena arenas[2];
    for (int i = 0; i < 2; i++) {
        test_allocator_init(&memories[i]);
        nf_arena_init(&arenas[i], &memories[i].allocator);
    }
    nf_func *changed = nf_func_clone(f, &arenas[0]);
    nf_opt opt = {.scratch = &arenas[1], .variant = variant};
    assert_non_null(changed);
    arena_drain(&arenas[scratch], &memories[scratch], bytes);
    nf_pass_vectorise(&opt, changed);
    if (!arenas[0].failed && !arenas[1].failed) nf_pass_unroll(&opt, changed);
    bool failed = arenas[0].failed || arenas[1].failed;
    nf_arena_free(&arenas[0]);
    nf_arena_free(&arenas[1]);
    assert_int_equal(memories[0].blocks + memories[1].blocks, 0);
    return failed;
}

static void short_of_memory(void **state)
{
    enum { BYTES_MAX = 15000, BYTES_STEP = 97, FUNCTIONS = 3 };
    static const nf_variant variants[] = {{"unroll4", 0, 4, false, 0}, {"wide", 64, 2, false, 0}};
    world w;
    nf_error error = {0};
    char *text = text_read("test/loops/branch.nir");
    unsigned failures[2] = {0};
    (void)state;
    world_open(&w);
    assert_int_equal(nf_module_read(&w.memory.allocator, "", text, strlen(text), &w.module, &error),
                     NF_OK);
    for (uint32_t i = 1; i <= FUNCTIONS; i++) {
        nf_func *f = nf_module_function_at(w.module, (nf_symbol){i});
        nf_opt opt = {.scratch = &w.arena, .variant = &variants[0]};
        assert_int_equal(nf_pass_run(&opt, "rotate", f, &error), NF_OK);
        for (size_t bytes = 0; bytes < BYTES_MAX; bytes += BYTES_STEP)
            for (unsigned k = 0; k < 2 * COUNT(variants); k++)
                failures[k % 2] += passes_run_short(f, &variants[k / 2], bytes, k % 2);
    }
    assert_true(failures[0] > COUNT(variants) && failures[1] > COUNT(variants));
    nf_module_free(w.module);
    free(text);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(generated_functions),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
