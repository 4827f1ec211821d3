/*
 * nanoforge compile: what each function becomes, as one line of figures or, with --dump, as NIR beside its
 * machine code.
 *
 * The module is linked by an engine that compiles nothing itself, so that addresses in the code are real ones.
 */
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "disassemble.h"
#include "engine/engine_internal.h"
#include "ir/print.h"
#include "source.h"
#include "variant.h"

typedef struct compile_options {
    const char *tier, *function, *variant_name, *dump, *stop_after;
    const nf_variant *variant; /* NULL: T1 */
} compile_options;

typedef struct pass_dump {
    const char *passes; /* "gvn,licm", "all", or "" */
} pass_dump;

/* Whether name is one of the comma-separated words, or the list is "all". */
static bool listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    if (strcmp(list, "all") == 0) return true;
    for (const char *at = list; *at;) {
        size_t word = strcspn(at, ",");
        if (word == length && strncmp(at, name, length) == 0) return true;
        at += word + (at[word] == ',');
    }
    return false;
}

/* Whether all words of such a list are passes; false after a message. */
static bool list_is_known(const char *list)
{
    if (strcmp(list, "all") == 0) return true;
    for (const char *at = list; *at;) {
        size_t word = strcspn(at, ",");
        if (!pass_is_known(at, word)) return false;
        at += word + (at[word] == ',');
    }
    return true;
}

static void func_print(const nf_func *func)
{
    nf_arena arena;
    nf_text text;
    nf_arena_init(&arena, nf_os_allocator());
    nf_text_init(&text, &arena);
    nf_func_print(func, &arena, &text);
    fwrite(text.data, 1, text.length, stdout);
    nf_arena_free(&arena);
}

static void after_pass(nf_opt *opt, const char *pass, const nf_func *func, bool changed)
{
    const pass_dump *dump = opt->context;
    if (!listed(dump->passes, pass)) return;
    printf("; --- after %s%s\n", pass, changed ? "" : " (no change)");
    func_print(func);
}

/* The NIR that an entry of the map stands for, behind its block's label where a block begins. */
static void inst_print(nf_printer *printer, nf_value value, nf_block *block)
{
    nf_text *text = printer->text;
    nf_block here = nf_inst_at(printer->func, value)->block;
    text->length = 0;
    if (here.id != block->id) {
        nf_print_label(printer, here);
        nf_text_format(text, "\n");
        *block = here;
    }
    nf_text_format(text, "  ");
    nf_print_inst(printer, value);
    printf("%s%.*s%s\n", colour_of(stdout, COLOUR_CYAN), (int)text->length, text->data,
           colour_of(stdout, COLOUR_NONE));
}

static void code_print(const nf_func *func, const nf_compiled *compiled)
{
    nf_arena arena;
    nf_text text;
    nf_printer printer;
    nf_arena_init(&arena, nf_os_allocator());
    nf_text_init(&text, &arena);
    if (!nf_printer_init(&printer, func, &arena, &text)) return;
    uint32_t at = 0;
    nf_block block = {0};
    for (uint32_t i = 0; i < compiled->map_count; i++) {
        const nf_code_map *entry = &compiled->map[i];
        uint32_t end = i + 1 < compiled->map_count ? entry[1].offset : compiled->blob.code_bytes;
        if (entry->offset > at) disassemble(&compiled->blob, at, entry->offset, stdout);
        if (entry->value.id) inst_print(&printer, entry->value, &block);
        disassemble(&compiled->blob, entry->offset, end, stdout);
        at = end;
    }
    disassemble(&compiled->blob, at, compiled->blob.code_bytes, stdout);
    nf_arena_free(&arena);
}

static nf_status compile(const nf_function *function, const compile_options *o, nf_func *clone,
                         nf_arena *arena, nf_compiled *compiled, nf_error *error)
{
    nf_compile options = {
        .link = &function->program->link,
        .arena = arena,
        .features = nf_cpu_features(),
        .want_map = o->dump != NULL,
        .contracts = o->variant && o->variant->contract,
    };
    if (o->variant == NULL) return nf_baseline_compile(clone, &options, compiled, error);
    pass_dump dump = {o->dump ? o->dump : ""};
    nf_opt opt = {
        .scratch = arena,
        .features = options.features,
        .variant = o->variant,
        .supports = nf_backend_supports,
        .after = after_pass,
        .context = &dump,
        .stop_after = o->stop_after,
    };
    nf_status status = nf_opt_run(&opt, clone, error);
    if (status == NF_OK && opt.remark[0]) printf("; %s: %s\n", function->name, opt.remark);
    return status == NF_OK ? nf_backend_compile(clone, &options, compiled, error) : status;
}

static bool function_compile(const nf_function *function, const compile_options *o)
{
    nf_arena arena;
    nf_error error = {0};
    nf_compiled compiled;
    nf_arena_init(&arena, nf_os_allocator());
    uint64_t start = nf_os_time_ns();
    nf_func *clone = nf_func_clone(function->ir, &arena);
    nf_status status = clone ? compile(function, o, clone, &arena, &compiled, &error)
                             : nf_fail(&error, NF_MEMORY, "no memory for %s", function->name);
    uint64_t ns = nf_os_time_ns() - start;
    if (status == NF_OK) {
        printf("%s@%s: %u instructions, %u bytes of code, %u of constants, frame %u, %u spills, "
               "%.1f us\n",
               function->name, o->variant ? o->variant->name : "t1", nf_func_size(function->ir),
               compiled.blob.code_bytes, compiled.blob.total_bytes - compiled.blob.code_bytes,
               compiled.frame_bytes, compiled.spill_count, (double)ns * 1e-3);
        if (o->dump) code_print(clone, &compiled);
    } else {
        complain("%s: %s", function->name, error.message);
    }
    nf_arena_free(&arena);
    return status == NF_OK;
}

static int program_compile(nf_program *program, const char *path, const compile_options *o)
{
    int status = EXIT_FINE;
    if (!nf_module_load(program->module)) {
        complain("%s: no memory to read it", path);
        return EXIT_FAILED;
    }
    left_out_tell(program, path);
    if (o->function && function_named(program->module, path, o->function) == NULL)
        return EXIT_FAILED;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const nf_function *function = &program->functions[i];
        if (o->function && strcmp(o->function, function->name) != 0) continue;
        if (function->ir == NULL) continue; /* it is left out */
        if (!function_compile(function, o)) status = EXIT_FAILED;
    }
    return status;
}

static int file_compile(const char *path, const compile_options *o)
{
    const nf_config config = {.mode = NF_MODE_BASELINE, .no_background = true, .no_counters = true};
    nf_engine *engine = NULL;
    nf_program *program = NULL;
    nf_error error = {0};
    sources files;
    int result = EXIT_FAILED;
    if (!sources_read(&path, 1, NULL, &files)) return EXIT_FAILED;
    nf_status status = nf_engine_new(&config, &engine, &error);
    if (status == NF_OK) status = sources_link(&files, engine, &program, &error);
    if (status == NF_OK)
        result = program_compile(program, path, o);
    else
        complain_error(&error);
    nf_engine_free(engine);
    sources_free(&files);
    return result;
}

int command_compile(const command *self, int argc, char **argv)
{
    compile_options o = {.tier = "2"};
    const option options[] = {
        {"tier", 't', OPTION_TEXT, &o.tier, "1|2", "baseline, or optimised (the default)"},
        {"variant", 0, OPTION_TEXT, &o.variant_name, "NAME",
         "of tier 2: scalar, unroll4, avx2.u4, ... (scalar)"},
        {"function", 'f', OPTION_TEXT, &o.function, "NAME", "only this one"},
        {"dump", 'd', OPTION_OPTIONAL, &o.dump, "PASS,...",
         "NIR beside machine code; NIR behind these passes, or all"},
        {"stop-after", 0, OPTION_TEXT, &o.stop_after, "PASS", "end the pipeline there"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    bool baseline = strcmp(o.tier, "1") == 0;
    if (!baseline && strcmp(o.tier, "2") != 0)
        return usage_error(self, "--tier is 1 or 2, not '%s'", o.tier);
    if (baseline && o.variant_name) return usage_error(self, "tier 1 has no variants");
    if (!baseline) {
        o.variant = variant_named(o.variant_name ? o.variant_name : "scalar");
        if (o.variant == NULL) return EXIT_USAGE;
    }
    if (o.dump && !list_is_known(o.dump)) return EXIT_USAGE;
    if (o.stop_after && !pass_is_known(o.stop_after, strlen(o.stop_after))) return EXIT_USAGE;
    return file_compile(a.files[0], &o);
}
