/*
 * nanoforge run and race: a whole program under the engine.
 *
 * The program may leave by exit() from anywhere, so the end of a run (report, summary) is done by an exit
 * handler, on whatever thread exits; the engine is not freed then, since other threads may still be in its
 * functions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "crash.h"
#include "live.h"
#include "source.h"
#include "status.h"
#include "engine/engine_internal.h"
#include "os/cpu.h"
#include "ir/ir.h"

/* After the program's end, for a race that goes on. */
static const uint64_t SETTLE_NS = UINT64_C(2000000000);

typedef struct running {
    nf_engine *engine;
    nf_program *program;
    status_view view;
    FILE *json;
    const char *json_path, *race_function;
    char **argv; /* the program's, which may keep it */
    bool quiet, ended, raced, unreported;
} running;

static running now; /* a program has one end */

typedef struct run_options {
    const char *tier, *policy, *json, *function, *off, *clang_flags;
    uint64_t code_bytes, seed;
    bool quiet;
} run_options;

/* A race that was asked for goes on when the program has ended. */
static void come_to_rest(void)
{
    if (now.race_function)
        nf_llvm_end();
    else
        nf_engine_rest(now.engine);
}

/* What the program's exit() is. */
static void leave(int status)
{
    come_to_rest();
    exit(status);
}

static void *resolve(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "exit") == 0 ? (void *)leave : NULL;
}

static void piece_write(void *context, const char *bytes, size_t size)
{
    fwrite(bytes, 1, size, context);
}

/* Before the program starts, so that a bad path costs no run. */
static bool report_open(const char *path)
{
    now.json_path = path;
    if (path == NULL) return true;
    now.json = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (now.json == NULL) complain("%s: cannot write the report: %s", path, strerror(errno));
    return now.json != NULL;
}

static bool report_write(void)
{
    nf_error error = {0};
    FILE *stream = strcmp(now.json_path, "-") == 0 ? stdout : now.json;
    clearerr(stream); /* the program's own failures are not the report's */
    bool made = nf_engine_report(now.engine, piece_write, stream, &error) == NF_OK;
    bool fine = made && !ferror(stream);
    if ((stream == stdout ? fflush(stream) : fclose(stream)) != 0) fine = false;
    if (!fine)
        complain("%s: cannot write the report: %s", now.json_path,
                 made ? strerror(errno) : error.message);
    return fine;
}

static void run_end(void)
{
    if (now.ended || now.engine == NULL) return;
    now.ended = true;
    if (now.race_function) nf_engine_settle(now.engine, SETTLE_NS);
    live_end();
    nf_engine_rest(now.engine);
    if (now.race_function)
        now.raced = status_view_race(now.program, now.race_function, stdout);
    else if (!now.quiet)
        status_view_summary(now.engine, stderr);
    if (now.json) now.unreported = !report_write();
}

/* exit() can't be called again from here, and nothing that is left to do is ours. */
static void on_end(int status, void *context)
{
    (void)context;
    run_end();
    if (!now.unreported || status != EXIT_FINE) return;
    fflush(NULL);
    _exit(EXIT_FAILED);
}

static bool mode_read(const char *tier, nf_mode *mode)
{
    static const struct {
        const char *name;
        nf_mode mode;
    } modes[] = {{"auto", NF_MODE_AUTO},
                 {"0", NF_MODE_EVALUATE},
                 {"1", NF_MODE_BASELINE},
                 {"2", NF_MODE_OPTIMISED},
                 {"3", NF_MODE_LLVM}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(tier, modes[i].name) == 0) {
            *mode = modes[i].mode;
            return true;
        }
    return false;
}

static bool policy_read(const char *text, nf_policy *policy)
{
    *policy = text && strcmp(text, "counts") == 0 ? NF_POLICY_COUNTS : NF_POLICY_GAIN;
    return text == NULL || *policy == NF_POLICY_COUNTS || strcmp(text, "gain") == 0;
}

/* "avx512f,avx2": every name must be a feature. */
static bool features_read(const char *list, uint64_t *mask)
{
    *mask = 0;
    while (list && *list) {
        size_t length = strcspn(list, ",");
        uint64_t one = nf_cpu_feature_mask(list, length);
        if (one == 0) return false;
        *mask |= one;
        list += length + (list[length] == ',');
    }
    return true;
}

/* Links the files in a new engine. EXIT_FINE, or the status to exit with after a message. */
static int engine_start(const command *self, const nf_config *config, const sources *files)
{
    nf_error error = {0};
    nf_status status = nf_engine_new(config, &now.engine, &error);
    if (status == NF_ARGUMENT) return usage_error(self, "%s", error.message); /* --code-bytes */
    if (status == NF_OK) status = sources_link(files, now.engine, &now.program, &error);
    if (status == NF_OK) return EXIT_FINE;
    complain_error(&error);
    nf_engine_free(now.engine);
    now.engine = NULL;
    return EXIT_FAILED;
}

/* EXIT_FINE, or the status to exit with after a message. */
static int start(const command *self, const arguments *a, const run_options *options)
{
    nf_config config = {
        .code_bytes = options->code_bytes,
        .seed = options->seed,
        .event = status_view_event,
        .event_context = &now.view,
        .resolve = resolve,
    };
    if (!mode_read(options->tier, &config.mode))
        return usage_error(self, "--tier is 0, 1, 2, 3 or auto, not '%s'", options->tier);
    if (!policy_read(options->policy, &config.policy))
        return usage_error(self, "--policy is gain or counts, not '%s'", options->policy);
    if (!features_read(options->off, &config.features_off))
        return usage_error(self,
                           "--without takes features that 'nanoforge version' lists, not '%s'",
                           options->off);
    static sources files; /* the program's as long as it runs */
    if (!sources_read(a->files, a->count, options->clang_flags, &files)) return EXIT_FAILED;
    for (uint32_t i = 0; i < files.count; i++) files.files[i].stays = true;
    return report_open(options->json) ? engine_start(self, &config, &files) : EXIT_FAILED;
}

/* From here on the program may end at any time. */
static void watch(void)
{
    on_exit(on_end, NULL);
    if (now.view.quiet) return;
    live_start();
    status_view_follow(now.engine);
}

static int main_call(const char *path, int rest_count, char **rest)
{
    void *entry = nf_program_function(now.program, "main");
    if (entry == NULL) {
        complain("%s: the module has no function @main", path);
        return EXIT_FAILED;
    }
    char **argv = now.argv = calloc((size_t)rest_count + 2, sizeof *argv);
    if (argv == NULL) return EXIT_FAILED;
    argv[0] = (char *)path;
    for (int i = 0; i < rest_count; i++) argv[i + 1] = rest[i];
    typedef int main_function(int argc, char **argv, char **envp);
    typedef void init_function(int argc, char **argv, char **envp);
    init_function *init = (init_function *)nf_program_function(now.program, "__nf_init");
    main_function *program_main = (main_function *)entry;
    crash_watch(now.engine);
    /* C++'s constructors, and functions with that attribute. */
    if (init) init(rest_count + 1, argv, environ);
    int status = program_main(rest_count + 1, argv, environ);
    come_to_rest();
    return status & 0xff;
}

int command_run(const command *self, int argc, char **argv)
{
    run_options o = {.tier = "auto"};
    const option options[] = {
        {"tier", 't', OPTION_TEXT, &o.tier, "0|1|2|3|auto",
         "evaluator, baseline, optimised, LLVM, or by heat (auto)"},
        {"policy", 'p', OPTION_TEXT, &o.policy, "gain|counts",
         "promote by gain against cost, or by 100, 1,000 and 10,000 calls"},
        {"quiet", 'q', OPTION_FLAG, &o.quiet, NULL, "say nothing about what the engine does"},
        {"json", 'j', OPTION_TEXT, &o.json, "FILE", "write the report there at the end"},
        {"code-bytes", 0, OPTION_NUMBER, &o.code_bytes, "N", "limit of machine code (64M)"},
        {"without", 0, OPTION_TEXT, &o.off, "FEATURE,...", "do not use these CPU features"},
        {"cflags", 0, OPTION_TEXT, &o.clang_flags, "FLAGS", "for clang, when a file is C"},
        {"seed", 0, OPTION_NUMBER, &o.seed, "N", "of the order in races"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 64, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    now.quiet = o.quiet;
    now.view = (status_view){.quiet = o.quiet};
    status = start(self, &a, &o);
    if (status != EXIT_FINE) return status;
    watch();
    return main_call(a.files[0], a.rest_count, a.rest);
}

int command_race(const command *self, int argc, char **argv)
{
    run_options o = {.tier = "auto"};
    const option options[] = {
        {"function", 'f', OPTION_TEXT, &o.function, "NAME", "the function that is to race"},
        {"quiet", 'q', OPTION_FLAG, &o.quiet, NULL, "only the table at the end"},
        {"json", 'j', OPTION_TEXT, &o.json, "FILE", "write the report there at the end"},
        {"without", 0, OPTION_TEXT, &o.off, "FEATURE,...", "do not use these CPU features"},
        {"cflags", 0, OPTION_TEXT, &o.clang_flags, "FLAGS", "for clang, when a file is C"},
        {"seed", 0, OPTION_NUMBER, &o.seed, "N", "of the order in races"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 64, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (o.function == NULL) return usage_error(self, "--function is missing");
    now.race_function = o.function;
    now.view = (status_view){.quiet = o.quiet, .function = o.function};
    status = start(self, &a, &o);
    if (status != EXIT_FINE) return status;
    if (nf_program_function(now.program, o.function) == NULL) {
        complain("%s: unknown symbol: there is no function @%s", a.files[0], o.function);
        return EXIT_FAILED;
    }
    watch();
    main_call(a.files[0], a.rest_count, a.rest);
    run_end();
    return now.raced && !now.unreported ? EXIT_FINE : EXIT_FAILED;
}
