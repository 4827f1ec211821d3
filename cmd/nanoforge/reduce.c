/* nanoforge reduce: the smallest module that still fails, as a command or our own tiers say. */
#include "reduce.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ir/ir.h"
#include "os/os.h"
#include "variant.h"

enum { INPUTS_DEFAULT = 64, SECONDS_DEFAULT = 10 };

typedef struct reduce_options {
    const char *function, *output, *tier, *variant;
    uint64_t inputs, seconds;
} reduce_options;

/* Keeps the ways that the options allow; how many. */
static uint32_t ways_filter(const reduce_options *o, way *ways, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const way *w = &ways[i];
        bool baseline = w->compile == nf_baseline_compile;
        if (o->tier && baseline != (strcmp(o->tier, "1") == 0)) continue;
        if (o->variant && (!w->variant || strcmp(w->variant->name, o->variant) != 0)) continue;
        ways[kept++] = *w;
    }
    return kept;
}

static uint32_t instructions(const nf_module *module, uint32_t *functions)
{
    uint32_t count = 0;
    *functions = 0;
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_func *func = module->symbols.data[id].func;
        if (func == NULL) continue;
        count += nf_func_size(func);
        ++*functions;
    }
    return count;
}

static void report_failure(const reduction *r)
{
    if (r->command)
        fprintf(stderr, "%s exits with %d\n", r->command[0], r->exit_status);
    else
        fprintf(stderr, "@%s by %s %s: %s (input %u)\n", r->answer.function, r->question.ways->name,
                agree_text(r->answer.kind), r->answer.detail, r->answer.input);
}

static bool result_write(const reduction *r, const nf_module *before, const char *output)
{
    nf_module *module;
    nf_error error;
    const char *text;
    size_t length;
    if (nf_module_read(nf_os_allocator(), "module", r->bytes, r->size, &module, &error) != NF_OK) {
        complain_error(&error);
        return false;
    }
    uint32_t functions_before, functions;
    uint32_t count_before = instructions(before, &functions_before);
    uint32_t count = instructions(module, &functions);
    report_failure(r);
    fprintf(stderr, "%u instructions in %u functions became %u in %u, by %u checks\n", count_before,
            functions_before, count, functions, r->checks);
    bool fine =
        nf_module_print(module, &text, &length) == NF_OK && file_write(output, text, length);
    nf_module_free(module);
    return fine;
}

/* A copy of the command with NULL behind it. */
static char **words_copy(const arguments *a)
{
    char **words = calloc((size_t)a->rest_count + 1, sizeof *words);
    if (words == NULL) return NULL;
    for (int i = 0; i < a->rest_count; i++) words[i] = a->rest[i];
    return words;
}

static int file_reduce(const char *path, const reduce_options *o, char **words)
{
    way ways[WAYS_MAX];
    reduction r = {.command = words,
                   .function = o->function,
                   .seconds = (uint32_t)o->seconds,
                   .progress = isatty(STDERR_FILENO) ? stderr : NULL};
    r.question = (agree_question){.ways = ways,
                                  .way_count = ways_filter(o, ways, ways_list(ways)),
                                  .function = o->function,
                                  .last_input = (uint32_t)o->inputs - 1,
                                  .seconds = (uint32_t)o->seconds};
    if (words == NULL && r.question.way_count == 0) {
        complain("reduce: --tier and --variant leave no way to compile");
        return EXIT_USAGE;
    }
    nf_module *module = module_load(path);
    bool fine = module && (o->function == NULL || function_named(module, path, o->function)) &&
                reduce_run(&r, path, module) && result_write(&r, module, o->output);
    free(r.bytes);
    nf_module_free(module);
    return fine ? EXIT_FINE : EXIT_FAILED;
}

int command_reduce(const command *self, int argc, char **argv)
{
    reduce_options o = {.inputs = INPUTS_DEFAULT, .seconds = SECONDS_DEFAULT};
    const option options[] = {
        {"function", 'f', OPTION_TEXT, &o.function, "NAME", "the one that fails; it is kept"},
        {"output", 'o', OPTION_TEXT, &o.output, "FILE", "write there, not to standard output"},
        {"tier", 't', OPTION_TEXT, &o.tier, "1|2", "without a COMMAND: only this tier"},
        {"variant", 0, OPTION_TEXT, &o.variant, "NAME", "without a COMMAND: only this variant"},
        {"inputs", 0, OPTION_NUMBER, &o.inputs, "N", "without a COMMAND: so many inputs (64)"},
        {"timeout", 0, OPTION_NUMBER, &o.seconds, "S", "seconds that one check may take (10)"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (o.tier && strcmp(o.tier, "1") != 0 && strcmp(o.tier, "2") != 0)
        return usage_error(self, "--tier is 1 or 2, not '%s'", o.tier);
    if (o.inputs == 0 || o.inputs > UINT16_MAX || o.seconds == 0 || o.seconds > UINT16_MAX)
        return usage_error(self, "--inputs and --timeout are from 1 to 65535");
    if (o.variant && variant_named(o.variant) == NULL) return EXIT_USAGE;
    char **words = a.rest_count ? words_copy(&a) : NULL;
    status = file_reduce(a.files[0], &o, words);
    free(words);
    return status;
}
