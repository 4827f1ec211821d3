/*
 * A thread that blocks all signals is looked at from outside, while it sleeps in a system call: the
 * kernel tells its stack pointer, and its stack is this process's memory.
 *
 *   /proc/self/task/N/syscall   7 0x7f.. 0x1 ... 0x7ffd5e30 0x7f2c1a98   number, six arguments, stack
 *                                                                          pointer, program counter
 *
 * Its registers are not seen, and need not be: a call's return address lies on the stack, and code that
 * has called into the kernel will come back to its own by nothing else. When it wakes up meanwhile, that
 * shows in the counts of its context switches, and nothing is known.
 */
#include "scan_sleeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_BYTES = 4096, SYSCALL_BYTES = 256, PATH_BYTES = 64, ARGUMENTS = 6 };

typedef struct state {
    char status[STATUS_BYTES], syscall[SYSCALL_BYTES];
} state;

static bool file_read(pid_t thread, const char *name, char *text, size_t size)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)thread, name);
    return nf_scan_file_read(path, text, size);
}

static bool state_read(pid_t thread, state *s)
{
    return file_read(thread, "status", s->status, sizeof s->status) &&
           file_read(thread, "syscall", s->syscall, sizeof s->syscall);
}

static bool blocks(const state *s, int signal)
{
    const char *line = strstr(s->status, "\nSigBlk:");
    return line && strtoull(line + strlen("\nSigBlk:"), NULL, 16) >> (signal - 1) & 1;
}

/* 0: it is not in a system call. */
static uint64_t stack_pointer(const state *s)
{
    char *end;
    if (strtol(s->syscall, &end, 10) < 0 || end == s->syscall) return 0;
    for (int i = 0; i < ARGUMENTS; i++) strtoull(end, &end, 16);
    return strtoull(end, &end, 16);
}

/* Whether it has slept from one to the other. */
static bool slept(const state *before, const state *after)
{
    const char *counts = strstr(before->status, "\nvoluntary_ctxt_switches:");
    const char *later = strstr(after->status, "\nvoluntary_ctxt_switches:");
    return counts && later && strcmp(counts, later) == 0 &&
           strcmp(before->syscall, after->syscall) == 0;
}

bool nf_scan_sleeper(pid_t thread, int signal, bool (*look)(uint64_t sp))
{
    state before, after;
    if (!state_read(thread, &before) || !blocks(&before, signal)) return false;
    uint64_t sp = stack_pointer(&before);
    return sp && look(sp) && state_read(thread, &after) && slept(&before, &after);
}
