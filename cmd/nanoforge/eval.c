/* nanoforge eval: a program, or one function with numbers for arguments, on the evaluator alone. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>
#include "command.h"
#include "source.h"
#include "engine/engine_internal.h"

enum { DEPTH_MAX = 100000 };

typedef struct evaluation {
    nf_program *program;
    const char *path;
    uint64_t steps;
    int rest_count;
    char **rest;
} evaluation;

static nf_status evaluate(const evaluation *e, const nf_func *func, const nf_bits *args,
                          nf_bits *result)
{
    nf_arena arena;
    nf_error error = {0};
    nf_arena_init(&arena, nf_os_allocator());
    nf_eval eval = {
        .link = &e->program->link,
        .steps = e->steps ? e->steps : UINT64_MAX,
        .depth_max = DEPTH_MAX,
        .arena = &arena,
        .error = &error,
    };
    nf_status status = nf_eval_run(&eval, func, args, result);
    fflush(stdout);
    if (status != NF_OK) complain_error(&error);
    nf_arena_free(&arena);
    return status;
}

/* main as the C runtime would call it. */
static int main_evaluate(const evaluation *e, const nf_func *func)
{
    nf_bits args[3] = {{{0}}}, result = {{0}};
    char **argv = calloc((size_t)e->rest_count + 2, sizeof *argv);
    if (argv == NULL) return EXIT_FAILED;
    argv[0] = (char *)e->path;
    for (int i = 0; i < e->rest_count; i++) argv[i + 1] = e->rest[i];
    args[0].u64[0] = (uint64_t)e->rest_count + 1;
    args[1].u64[0] = (uint64_t)(uintptr_t)argv;
    args[2].u64[0] = (uint64_t)(uintptr_t)environ;
    nf_status status = evaluate(e, func, args, &result);
    free(argv);
    return status == NF_OK ? (int)(result.u32[0] & 0xff) : EXIT_FAILED;
}

/* As of iconst: signed or unsigned. */
static bool integer_fits(nf_type type, bool negative, uint64_t magnitude)
{
    uint64_t top = UINT64_C(1) << (nf_type_element_bytes(type) * 8 - 1);
    return errno == 0 && magnitude <= (negative ? top : top | (top - 1));
}

/* NULL, or what it is not, in front of the type's name. */
static const char *argument_read(nf_type type, const char *text, nf_bits *bits)
{
    char *end;
    bool negative = text[0] == '-', fits;
    *bits = (nf_bits){{0}};
    errno = 0;
    if (type == NF_F32) {
        bits->f32[0] = strtof(text, &end);
        fits = errno == 0 || isfinite(bits->f32[0]);
    } else if (type == NF_F64) {
        bits->f64[0] = strtod(text, &end);
        fits = errno == 0 || isfinite(bits->f64[0]);
    } else {
        uint64_t magnitude = strtoull(text + negative, &end, 0);
        bits->u64[0] = negative ? 0 - magnitude : magnitude;
        fits = integer_fits(type, negative, magnitude);
    }
    if (end <= text + negative || *end) return "is not a number of type";
    return fits ? NULL : "does not fit";
}

static void result_print(nf_type type, const nf_bits *result)
{
    switch (type) {
    case NF_VOID: break;
    case NF_I8: printf("%d\n", (int8_t)result->u8[0]); break;
    case NF_I16: printf("%d\n", (int16_t)result->u16[0]); break;
    case NF_I32: printf("%" PRId32 "\n", (int32_t)result->u32[0]); break;
    case NF_I64: printf("%" PRId64 "\n", (int64_t)result->u64[0]); break;
    case NF_F32: printf("%.9g\n", (double)result->f32[0]); break;
    default: printf("%.17g\n", result->f64[0]); break;
    }
}

static int function_evaluate(const evaluation *e, const nf_func *func, const char *name)
{
    const nf_signature_data *signature = nf_signature_at(func->module, func->signature);
    nf_bits args[256], result = {{0}};
    if ((uint32_t)e->rest_count != signature->param_count) {
        complain("@%s takes %u arguments, not %d", name, signature->param_count, e->rest_count);
        return EXIT_USAGE;
    }
    for (uint32_t i = 0; i < signature->param_count; i++) {
        const char *wrong = argument_read(signature->params[i], e->rest[i], &args[i]);
        if (wrong == NULL) continue;
        complain("argument %u of @%s %s %s: '%s'", i + 1, name, wrong,
                 nf_type_text(signature->params[i]), e->rest[i]);
        return EXIT_USAGE;
    }
    if (evaluate(e, func, args, &result) != NF_OK) return EXIT_FAILED;
    result_print(signature->result, &result);
    return EXIT_FINE;
}

static int file_evaluate(evaluation *e, const char *name)
{
    const nf_config config = {.mode = NF_MODE_EVALUATE, .no_background = true, .no_counters = true};
    nf_engine *engine = NULL;
    nf_error error = {0};
    sources files;
    int result = EXIT_FAILED;
    if (!sources_read(&e->path, 1, NULL, &files)) return EXIT_FAILED;
    nf_status status = nf_engine_new(&config, &engine, &error);
    if (status == NF_OK) status = sources_link(&files, engine, &e->program, &error);
    sources_free(&files);
    if (status == NF_OK) {
        left_out_tell(e->program, e->path);
        const nf_func *func = function_named(e->program->module, e->path, name ? name : "main");
        if (func) result = name ? function_evaluate(e, func, name) : main_evaluate(e, func);
    } else {
        complain_error(&error);
    }
    nf_engine_free(engine);
    return result;
}

int command_eval(const command *self, int argc, char **argv)
{
    evaluation e = {0};
    const char *name = NULL;
    const option options[] = {
        {"function", 'f', OPTION_TEXT, &name, "NAME", "call this one with numbers, not main"},
        {"steps", 0, OPTION_NUMBER, &e.steps, "N", "give up after so many instructions"},
    };
    arguments a;
    int status = arguments_parse(self, options, 2, argc, argv, 1, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    e.path = a.files[0];
    e.rest = a.rest;
    e.rest_count = a.rest_count;
    return file_evaluate(&e, name);
}
