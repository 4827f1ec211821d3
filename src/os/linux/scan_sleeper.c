/*
 * A thread is looked at from outside, while it sleeps in a system call: the kernel tells its stack pointer,
 * and its stack is this process's memory.
 *
 *   /proc/self/task/N/syscall   7 0x7f.. 0x1 ... 0x7ffd5e30 0x7f2c1a98   number, six arguments, stack
 *                                                                          pointer, program counter
 *
 * Its registers are not seen, and need not be: a call's return address lies on the stack, and code that
 * has called into the kernel will come back to its own by nothing else. The engine's own code sleeps nowhere
 * with a version's address that it will go to, but where the count of handlers keeps the version (reclaim.c).
 *
 *   syscall  status  look  syscall  status
 *
 * The second `syscall` tells it asleep in the same place as the first. Between the two `status` it has begun
 * no sleep, or its context switches would be more. So it slept from the first `status` on, all through the
 * look.
 */
#include "scan_sleeper.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_BYTES = 4096, SYSCALL_BYTES = 256, PATH_BYTES = 64, ARGUMENTS = 6 };

typedef struct files {
    int status, syscall;
} files;

typedef struct state {
    char status[STATUS_BYTES], syscall[SYSCALL_BYTES];
} state;

static int file_open(pid_t thread, const char *name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)thread, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The kernel writes such a file in one piece, anew for each read. */
static bool file_read(int file, char *text, size_t size)
{
    ssize_t got = pread(file, text, size - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return got > 0 && (size_t)got + 1 < size;
}

/* 0: it is not in a system call. */
static uint64_t stack_pointer(const state *s)
{
    char *end;
    if (strtol(s->syscall, &end, 10) < 0 || end == s->syscall) return 0;
    for (int i = 0; i < ARGUMENTS; i++) strtoull(end, &end, 16);
    return strtoull(end, &end, 16);
}

/* 0: it does not sleep. Most don't need a look at their status then. */
static uint64_t sleeper_read(const files *f, state *s)
{
    uint64_t sp = file_read(f->syscall, s->syscall, sizeof s->syscall) ? stack_pointer(s) : 0;
    return sp && file_read(f->status, s->status, sizeof s->status) ? sp : 0;
}

/* Neither stack pointer nor program counter: a thread that has ended and is kept, as the first one is while
 * others live, or a worker of io_uring's, which is never outside of the kernel. */
static bool has_no_stack(const state *s)
{
    return strstr(s->syscall, " 0x0 0x0\n") != NULL;
}

/* Whether it is in the same place, and has begun no sleep in between. */
static bool slept(const state *before, const state *after)
{
    const char *counts = strstr(before->status, "\nvoluntary_ctxt_switches:");
    const char *later = strstr(after->status, "\nvoluntary_ctxt_switches:");
    return counts && later && strcmp(counts, later) == 0 &&
           strcmp(before->syscall, after->syscall) == 0;
}

bool nf_scan_sleeper(pid_t thread, bool (*look)(uint64_t sp))
{
    files f = {file_open(thread, "status"), file_open(thread, "syscall")};
    state before, after;
    uint64_t sp = sleeper_read(&f, &before);
    bool is_known = has_no_stack(&before) ||
                    (sp && look(sp) && sleeper_read(&f, &after) && slept(&before, &after));
    if (f.status >= 0) close(f.status);
    if (f.syscall >= 0) close(f.syscall);
    return is_known;
}
