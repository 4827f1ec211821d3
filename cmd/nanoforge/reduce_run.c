/*
 * Delta debugging of modules: every edit at every place, kept when the failure stays, until no edit
 * helps any more.
 *
 * The module at hand is bytes; a step decodes, edits, encodes and verifies a copy, so that nothing
 * has to be undone. Instructions go in chunks, halved until they are single. After Zeller,
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), with edits that know the
 * language, as in Regehr et al., "Test-Case Reduction for C Compiler Bugs" (2012).
 */
#include "reduce.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "os/os.h"
#include "reduce_edit.h"

enum { STATUS_SIGNAL = 128, STATUS_NOT_FOUND = 127, WORDS_MAX = 64 };

/* --- the command --- */

static bool text_write(FILE *file, const void *bytes, size_t size)
{
    nf_module *module;
    nf_error error;
    const char *text;
    size_t length;
    if (nf_module_read(nf_os_allocator(), "module", bytes, size, &module, &error) != NF_OK)
        return false;
    bool fine =
        nf_module_print(module, &text, &length) == NF_OK && fwrite(text, 1, length, file) == length;
    nf_module_free(module);
    return fine;
}

static void command_exec(const reduction *r, char *path)
{
    char *words[WORDS_MAX + 2];
    int count = 0;
    bool named = false;
    for (; count < WORDS_MAX && r->command[count]; count++) {
        bool here = strcmp(r->command[count], "{}") == 0;
        words[count] = here ? path : r->command[count];
        named |= here;
    }
    if (!named) words[count++] = path;
    words[count] = NULL;
    agree_silence();
    alarm(r->seconds);
    execvp(words[0], words);
    _exit(STATUS_NOT_FOUND);
}

/* The command's exit status for the module, or -1 after a message. */
static int command_status(const reduction *r, const void *bytes, size_t size)
{
    char path[] = "/tmp/nanoforge-XXXXXX.nir";
    int descriptor = mkstemps(path, (int)strlen(".nir")), status = -1;
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    bool written = file && text_write(file, bytes, size);
    if (file) written &= fclose(file) == 0;
    fflush(NULL);
    pid_t child = written ? fork() : -1;
    if (child == 0) command_exec(r, path);
    if (child < 0 || waitpid(child, &status, 0) != child)
        complain("cannot run '%s' on a file in /tmp", r->command[0]);
    else
        status = WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    if (descriptor >= 0) unlink(path);
    return status;
}

/* --- whether it fails as it did --- */

static bool fails(reduction *r, const void *bytes, size_t size)
{
    agree_answer answer;
    r->checks++;
    if (r->command) return command_status(r, bytes, size) == r->exit_status;
    return agree_ask(&r->question, bytes, size, &answer) && answer.kind == r->answer.kind;
}

static bool first_command(reduction *r, const char *path)
{
    r->exit_status = command_status(r, r->bytes, r->size);
    if (r->exit_status > 0 && r->exit_status != STATUS_NOT_FOUND) return true;
    if (r->exit_status == STATUS_NOT_FOUND)
        complain("%s: no such command, or it can't run", r->command[0]);
    if (r->exit_status == 0)
        complain("%s: '%s' exits with 0 for it: no failure to reduce", path, r->command[0]);
    return false;
}

/* From now on only what failed is asked: one function, compiled in one way, on one input. */
static bool first_question(reduction *r, const char *path)
{
    if (!agree_ask(&r->question, r->bytes, r->size, &r->answer)) return false;
    if (r->answer.kind == AGREE_FINE) {
        complain("%s: all ways to compile it agree on inputs %u to %u: no failure to reduce", path,
                 r->question.first_input, r->question.last_input);
        return false;
    }
    r->question.ways += r->answer.way;
    r->question.way_count = 1;
    bool compiled = r->answer.kind < AGREE_REFUSED;
    r->question.first_input = compiled ? r->answer.input : 1;
    r->question.last_input = compiled ? r->answer.input : 0;
    r->question.function = r->function = r->answer.function;
    return true;
}

/* --- steps --- */

static void replace_bytes(reduction *r, void *bytes, size_t size)
{
    free(r->bytes);
    r->bytes = bytes;
    r->size = size;
}

/* The module's bytes if it is NIR, in memory of their own. */
static void *bytes_of(nf_module *module, size_t *size)
{
    const void *encoded;
    nf_module *again = NULL;
    nf_error error;
    if (nf_module_encode(module, &encoded, size) != NF_OK ||
        nf_module_read(nf_os_allocator(), "module", encoded, *size, &again, &error) != NF_OK)
        return NULL;
    nf_module_free(again);
    void *copy = malloc(*size);
    if (copy) memcpy(copy, encoded, *size);
    return copy;
}

/* EDIT_DONE: and it still fails, so that it is the module from now on. */
static edit_result step(reduction *r, uint32_t edit, uint32_t candidate, uint32_t chunk)
{
    nf_module *module;
    nf_error error;
    size_t size;
    void *bytes = NULL;
    if (nf_module_read(nf_os_allocator(), "module", r->bytes, r->size, &module, &error) != NF_OK)
        return EDIT_END;
    nf_symbol keep = r->function ? nf_module_symbol(module, r->function) : (nf_symbol){0};
    edit_result result = edit_apply(edit, module, keep, candidate, chunk);
    if (result == EDIT_DONE) bytes = bytes_of(module, &size);
    nf_module_free(module);
    if (result != EDIT_DONE) return result;
    if (bytes && fails(r, bytes, size)) {
        replace_bytes(r, bytes, size);
        return EDIT_DONE;
    }
    free(bytes);
    return EDIT_NONE;
}

static void show(const reduction *r, uint32_t edit)
{
    if (r->progress)
        fprintf(r->progress, "\r%s: %zu bytes, %u checks\033[K", edits[edit].name, r->size,
                r->checks);
}

/* All candidates of one edit. Behind a step the next candidate has the same number. */
static bool sweep(reduction *r, uint32_t edit, uint32_t chunk)
{
    bool changed = false;
    for (uint32_t candidate = 0;;) {
        edit_result result = step(r, edit, candidate, chunk);
        if (result == EDIT_END) return changed;
        if (result == EDIT_NONE) candidate += chunk;
        changed |= result == EDIT_DONE;
        show(r, edit);
    }
}

static bool sweep_edit(reduction *r, uint32_t edit)
{
    enum { BYTES_EACH = 4 }; /* a rough guess of how many instructions there are */
    bool changed = false;
    uint32_t chunk = 1;
    if (!edits[edit].in_chunks) return sweep(r, edit, 1);
    while (chunk < r->size / BYTES_EACH) chunk *= 2;
    for (; chunk > 0; chunk /= 2) changed |= sweep(r, edit, chunk);
    return changed;
}

bool reduce_run(reduction *r, const char *path, nf_module *module)
{
    r->bytes = bytes_of(module, &r->size);
    if (r->bytes == NULL) {
        complain("%s: no memory for a copy", path);
        return false;
    }
    if (r->command ? !first_command(r, path) : !first_question(r, path)) return false;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t edit = 0; edit < edit_count; edit++) again |= sweep_edit(r, edit);
    }
    if (r->progress) fprintf(r->progress, "\r\033[K");
    return true;
}
