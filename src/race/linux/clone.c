/*
 * A copy of this process that leaves its large memory behind.
 *
 * A clone copies the page table of all private memory that was written: 15 ms for 256 MiB in pages of
 * 4 KiB. Not so for memory that is to be empty in a child (MADV_WIPEONFORK). The zygote forgets the
 * program's memory at once; so for the moment of the clone all large private memory is marked so, but
 * for the stack that is in use and what the zygote needs.
 *
 *   maps ─► marks on what is large ─► clone ─► marks off
 *
 * Only while this thread is the only one and takes no signal: another one could move marked memory,
 * and the mark with it, or fork a child that lacks it. A program's own marks of that kind are on small
 * things, such as the state of a random generator; those stay.
 */
#include "clone.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "maps.h"

enum { LARGE_BYTES = 4 << 20, LARGE_MAX = 512 };

typedef struct large {
    cage_range parts[LARGE_MAX];
    uint32_t count;
} large;

/* A directory has two links, and one from each of those in it. */
static bool is_only_thread(void)
{
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

static bool is_heap(const maps_line *line)
{
    return line->readable && line->writable && !line->shared && line->inode == 0 &&
           (line->path[0] != '[' || line->path[1] == 'h' || line->path[1] == 'a');
}

/* The cage's private memory is no such part: nobody may access it yet. */
static void large_find(const char *maps, large *l)
{
    maps_line line;
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    while (*maps && l->count < LARGE_MAX) {
        maps = maps_line_read(maps, &line);
        bool is_needed = line.start <= here && here < line.end;
        if (is_heap(&line) && !is_needed && line.end - line.start >= LARGE_BYTES)
            l->parts[l->count++] = (cage_range){line.start, line.end};
    }
}

static void mark(const large *l, int advice)
{
    for (uint32_t i = 0; i < l->count; i++)
        madvise((void *)l->parts[i].start, l->parts[i].end - l->parts[i].start, advice);
}

/* The first process of a PID namespace takes all others there with it when it ends. */
static bool children_are_apart(void)
{
    struct stat ours, theirs;
    return stat("/proc/self/ns/pid", &ours) == 0 &&
           (stat("/proc/self/ns/pid_for_children", &theirs) != 0 || theirs.st_ino != ours.st_ino);
}

/* What the copy needs is in registers and on this stack, for the heap may be empty there. */
static long clone_without(const large *l, const cage *c, void (*run)(void *), void *context)
{
    sigset_t all, before;
    if (children_are_apart()) {
        errno = EPERM;
        return -1;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    mark(l, MADV_WIPEONFORK);
    long process = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
    if (process == 0 && !cage_open(c)) cage_exit(1);
    if (process == 0) cage_on_stack(c->harness_stack_top, run, context);
    mark(l, MADV_KEEPONFORK);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return process;
}

long clone_whole(const cage *c, void (*run)(void *), void *context)
{
    const large nothing = {.count = 0};
    return clone_without(&nothing, c, run, context);
}

long clone_small(const cage *c, void (*run)(void *), void *context)
{
    large l = {.count = 0};
    char *maps =
        mmap(NULL, CAGE_MAPS_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (maps != MAP_FAILED && is_only_thread() && maps_read(maps, CAGE_MAPS_BYTES))
        large_find(maps, &l);
    if (maps != MAP_FAILED) munmap(maps, CAGE_MAPS_BYTES);
    return clone_without(&l, c, run, context);
}
