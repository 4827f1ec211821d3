/*
 * nanoforge lc3 debug: a program under control, forward and back. Commands come from standard
 * input, a line each; so a session can be a script. The library's debug.h does the work.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lc3_debug.h"
#include "os/os.h"

/* --- the session --- */

static void prompt(lc3_session *s)
{
    if (s->interactive) printf("%s(lc3) ", s->at_line_start ? "" : "\n");
    s->at_line_start = true;
    fflush(stdout);
}

static void session_run(lc3_session *s)
{
    char *line = NULL, *last = NULL;
    size_t capacity = 0;
    lc3_debug_show_instruction(s, s->machine->pc);
    while (!s->done) {
        prompt(s);
        ssize_t length = getline(&line, &capacity, stdin);
        if (length < 0 && errno == EINTR) {
            clearerr(stdin);
            continue;
        }
        if (length < 0) break;
        line[strcspn(line, "\r\n")] = 0;
        bool repeats = s->interactive && line[0] == 0;
        lc3_debug_command(s, repeats && last ? last : line);
        if (repeats) continue;
        free(last);
        last = strdup(line);
    }
    if (s->interactive && !s->done) putchar('\n');
    free(line);
    free(last);
}

/* --- setting up --- */

static nf_lc3_debug *interrupted_debug;

static void on_interrupt(int signal)
{
    (void)signal;
    nf_lc3_debug_interrupt(interrupted_debug);
}

static void output(void *context, const char *bytes, size_t count)
{
    lc3_session *s = context;
    fwrite(bytes, 1, count, stdout);
    s->at_line_start = bytes[count - 1] == '\n';
}

static bool input_take(lc3_session *s, const char *path)
{
    size_t size;
    char *keys = path ? file_read(path, &size) : NULL;
    bool fine = path == NULL || (keys && nf_lc3_debug_input(s->debug, keys, size));
    free(keys);
    return fine;
}

static bool session_start(lc3_session *s, const char *input)
{
    const struct sigaction action = {.sa_handler = on_interrupt};
    nf_error error = {0};
    nf_lc3_start(s->machine, s->program.start);
    if (nf_lc3_debug_new(s->machine, nf_os_allocator(), output, s, &s->debug, &error) != NF_OK) {
        complain_error(&error);
        return false;
    }
    s->shown = s->machine->pc;
    s->at_line_start = true;
    s->interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    interrupted_debug = s->debug;
    sigaction(SIGINT, &action, NULL);
    return input_take(s, input);
}

typedef struct debug_options {
    const char *symbols, *input, *os;
    uint64_t edition;
    bool ignore_privilege;
} debug_options;

static int debug(const debug_options *o, const arguments *a)
{
    static lc3_session session;
    lc3_session *s = &session;
    const nf_lc3_config config = {.edition = (nf_lc3_edition)o->edition,
                                  .ignore_privilege = o->ignore_privilege};
    nf_error error = {0};
    if (nf_lc3_new(&config, &s->machine, &error) != NF_OK) {
        complain_error(&error);
        return EXIT_FAILED;
    }
    bool fine = (o->os == NULL || lc3_os_load(s->machine, o->os)) &&
                lc3_program_load(&s->program, s->machine, a->files, a->count);
    if (fine) {
        fine = (o->symbols == NULL || lc3_symbols_load(o->symbols, s->program.objects)) &&
               session_start(s, o->input);
        if (fine) session_run(s);
        fine = fine && (s->interactive || !s->failed);
        nf_lc3_debug_free(s->debug);
        lc3_program_free(&s->program);
    }
    nf_lc3_free(s->machine);
    return fine ? EXIT_FINE : EXIT_FAILED;
}

int command_lc3_debug(const command *self, int argc, char **argv)
{
    debug_options o = {.edition = NF_LC3_EDITION_3};
    const option options[] = {
        {"symbols", 's', OPTION_TEXT, &o.symbols, "FILE", "take labels from there (.sym)"},
        {"input", 'i', OPTION_TEXT, &o.input, "FILE", "keys for the program"},
        {"edition", 0, OPTION_NUMBER, &o.edition, "2|3", "of the book; 3"},
        {"ignore-privilege", 'p', OPTION_FLAG, &o.ignore_privilege, "",
         "user mode may do everything"},
        {"os", 0, OPTION_TEXT, &o.os, "FILE", "an operating system instead of the built-in one"},
    };
    arguments a;
    int status = arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1,
                                 sizeof a.files / sizeof *a.files, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (o.edition != NF_LC3_EDITION_2 && o.edition != NF_LC3_EDITION_3)
        return usage_error(self, "--edition is 2 or 3");
    return debug(&o, &a);
}
