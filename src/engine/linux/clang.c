/*
 * C and C++ to bitcode: clang 19, run as a program of its own, which tells one from the other by the
 * file's name. Exceptions are not supported, so C++ is compiled without.
 *
 * It optimises what does not depend on the machine, so that our own tiers start from good code, and
 * leaves vectorising and unrolling to the tiers, which choose by the machine they find; but for loops
 * of a few turns, which are unrolled wholly, so that arrays that they work on become registers.
 * What clang has to say goes to standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nanoforge/nanoforge.h>
#include "engine/llvm.h"
#include "os/os.h"

extern char **environ;

static const char *const flags[] = {"-O2",
                                    "-fno-exceptions",
                                    "-fno-vectorize",
                                    "-fno-slp-vectorize",
                                    "-mllvm",
                                    "-unroll-runtime=false",
                                    "-mllvm",
                                    "-unroll-allow-partial=false",
                                    "-Qunused-arguments"};
static const char *const last_flags[] = {"-emit-llvm", "-c", "-o", "-", "--"};

enum {
    FLAGS = sizeof flags / sizeof *flags,
    LAST_FLAGS = sizeof last_flags / sizeof *last_flags,
    READ_BYTES = 64 << 10,
    STATUS_NOT_FOUND = 127, /* what a shell says, and a child of posix_spawn */
};

/* clang's output as it comes. */
typedef struct output {
    const nf_allocator *allocator;
    uint8_t *bytes;
    size_t size, capacity;
} output;

static bool output_grow(output *o)
{
    size_t wanted = o->capacity ? 2 * o->capacity : READ_BYTES;
    uint8_t *grown = o->allocator->allocate(o->allocator->context, wanted);
    if (grown == NULL) return false;
    if (o->size) memcpy(grown, o->bytes, o->size);
    if (o->bytes) o->allocator->release(o->allocator->context, o->bytes, o->capacity);
    o->bytes = grown;
    o->capacity = wanted;
    return true;
}

static void output_drop(output *o)
{
    if (o->bytes) o->allocator->release(o->allocator->context, o->bytes, o->capacity);
    o->bytes = NULL;
}

static bool output_read(output *o, int from)
{
    for (;;) {
        if (o->size == o->capacity && !output_grow(o)) return false;
        ssize_t got = read(from, o->bytes + o->size, o->capacity - o->size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        o->size += (size_t)got;
    }
}

static const char *clang_name(void)
{
    const char *named = getenv("NANOFORGE_CLANG");
    return named && named[0] ? named : "clang-19";
}

/* clang with its standard output into the pipe; an errno. */
static int clang_start(char *const *words, const int ends[2], pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    int failure = posix_spawnp(child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static nf_status clang_run(const char *path, char *const *words, output *o, nf_error *error)
{
    int ends[2], status = 0;
    pid_t child;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return nf_fail_at(error, NF_OS, path, 0, 0, "no pipe to %s: %s", words[0], strerror(errno));
    int failure = clang_start(words, ends, &child);
    close(ends[1]);
    bool whole = failure == 0 && output_read(o, ends[0]);
    close(ends[0]);
    if (failure)
        return nf_fail_at(error, NF_UNSUPPORTED, path, 0, 0, "C needs clang 19: cannot run %s: %s",
                          words[0], strerror(failure));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (!whole) return nf_fail_at(error, NF_MEMORY, path, 0, 0, "no memory for its bitcode");
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NOT_FOUND)
        return nf_fail_at(error, NF_UNSUPPORTED, path, 0, 0, "C needs clang 19: no %s", words[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return nf_fail_at(error, NF_SYNTAX, path, 0, 0, "%s could not compile it", words[0]);
    if (nf_is_bitcode(o->bytes, o->size)) return NF_OK;
    return nf_fail_at(error, NF_ARGUMENT, path, 0, 0, "%s made no bitcode of it", words[0]);
}

/* clang would take a folder, and what it does not know, for the linker's. */
static nf_status path_check(const char *path, nf_error *error)
{
    struct stat is;
    int failure = 0;
    if (stat(path, &is) != 0 || access(path, R_OK) != 0)
        failure = errno;
    else if (S_ISDIR(is.st_mode))
        failure = EISDIR;
    if (failure == 0) return NF_OK;
    return nf_fail_at(error, NF_FILE, path, 0, 0, "cannot read file: %s", strerror(failure));
}

nf_status nf_c_compile(const char *path, const char *const *arguments, uint32_t count,
                       nf_bytes *bitcode, nf_error *error)
{
    nf_arena arena;
    output o = {.allocator = nf_os_allocator()};
    NF_REQUIRE(bitcode, error);
    *bitcode = (nf_bytes){0};
    NF_REQUIRE(path, error);
    if (count) NF_REQUIRE(arguments, error);
    nf_status status = path_check(path, error);
    if (status != NF_OK) return status;
    nf_arena_init(&arena, nf_os_allocator());
    const char **words = NF_NEW_ARRAY(&arena, const char *, FLAGS + LAST_FLAGS + count + 3);
    status = words ? NF_OK : nf_fail_at(error, NF_MEMORY, path, 0, 0, "no memory to compile it");
    if (words) {
        uint32_t at = 0;
        words[at++] = clang_name();
        for (uint32_t i = 0; i < FLAGS; i++) words[at++] = flags[i];
        for (uint32_t i = 0; i < count; i++) words[at++] = arguments[i];
        for (uint32_t i = 0; i < LAST_FLAGS; i++) words[at++] = last_flags[i];
        words[at] = path;
        status = clang_run(path, (char *const *)words, &o, error);
    }
    nf_arena_free(&arena);
    if (status == NF_OK)
        *bitcode = (nf_bytes){o.bytes, o.size, o.capacity};
    else
        output_drop(&o);
    return status;
}

void nf_bytes_free(nf_bytes *bytes)
{
    if (bytes == NULL) return;
    const nf_allocator *allocator = nf_os_allocator();
    if (bytes->data) allocator->release(allocator->context, bytes->data, bytes->capacity);
    *bytes = (nf_bytes){0};
}
