/*
 * A copy of this process that leaves its large memory behind.
 *
 * A clone copies the page table of all private memory that was written, while page faults and mmap()
 * wait: 15 ms for 256 MiB in pages of 4 KiB. Not so for memory that is to be empty in a child
 * (MADV_WIPEONFORK). The zygote forgets the program's memory at once, so for the moment of the clone
 * all large private memory is marked so, but for the stack that is in use and what is the zygote's own.
 *
 *   maps ─► marks on what is large ─► clone ─► marks off ─► maps: marks off what has changed since,
 *                                                           until nothing changes
 *
 * The last step is for memory that another thread has moved or let grow meanwhile, which takes the
 * mark along. A fork() of another thread waits, for its child must not lose memory; so do sandboxes
 * that are forked. A program's own marks stay: it has them on small things, such as the state of a
 * random generator.
 */
#include "clone.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "maps.h"

enum { LARGE_BYTES = 4 << 20, LARGE_MAX = 512, LOOKS_MAX = 32 };

typedef struct large {
    cage_range parts[LARGE_MAX];
    uint32_t count;
} large;

static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER;

static void forking_lock(void)
{
    pthread_mutex_lock(&forking);
}

static void forking_unlock(void)
{
    pthread_mutex_unlock(&forking);
}

static void forking_listen(void)
{
    pthread_atfork(forking_lock, forking_unlock, forking_unlock);
}

static void clone_lock(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, forking_listen);
    forking_lock();
}

static bool is_heap(const maps_line *line)
{
    return line->readable && line->writable && !line->shared && line->inode == 0 &&
           (line->path[0] != '[' || line->path[1] == 'h' || line->path[1] == 'a');
}

/* Where this runs stays. */
static void large_find(const char *maps, const cage_range *kept, large *l)
{
    maps_line line;
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    l->count = 0;
    while (*maps && l->count < LARGE_MAX) {
        maps = maps_line_read(maps, &line);
        bool is_ours = (line.start <= here && here < line.end) ||
                       (line.start < kept->end && line.end > kept->start);
        if (is_heap(&line) && !is_ours && line.end - line.start >= LARGE_BYTES)
            l->parts[l->count++] = (cage_range){line.start, line.end};
    }
}

static void mark(const large *l, int advice)
{
    for (uint32_t i = 0; i < l->count; i++)
        madvise((void *)l->parts[i].start, l->parts[i].end - l->parts[i].start, advice);
}

/* Takes the mark off what was not there like this before; both texts are in order of addresses. True:
 * there was something. */
static bool changed_unmark(const char *before, const char *now)
{
    maps_line line, old;
    bool is_changed = false;
    for (const char *next; *now; now = next) {
        next = maps_line_read(now, &line);
        for (const char *behind; *before; before = behind) {
            behind = maps_line_read(before, &old);
            if (old.start >= line.start) break;
        }
        if (!is_heap(&line) || maps_same(now, before)) continue;
        madvise((void *)line.start, line.end - line.start, MADV_KEEPONFORK);
        is_changed = true;
    }
    return is_changed;
}

/* Memory can move while this looks; so until nothing has. before: of when the marks were put on. */
static void moved_unmark(char *before, char *now)
{
    for (int look = 0; look < LOOKS_MAX && maps_read(now, CAGE_MAPS_BYTES); look++) {
        char *older = before;
        if (!changed_unmark(before, now)) return;
        before = now;
        now = older;
    }
}

/* What the child needs is in registers and on this stack, for the heap may be empty there. */
static long clone_to(uint8_t *stack_top, void (*run)(void *), void *context)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long process = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
    if (process == 0) cage_on_stack(stack_top, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return process;
}

long clone_small(harness *h, void (*run)(void *))
{
    large l = {.count = 0};
    char *texts = mmap(NULL, 2 * (size_t)CAGE_MAPS_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    clone_lock();
    if (texts != MAP_FAILED && maps_read(texts, CAGE_MAPS_BYTES))
        large_find(texts, &h->cage.private, &l);
    mark(&l, MADV_WIPEONFORK);
    long process = clone_to(h->cage.harness_stack_top, run, h);
    mark(&l, MADV_KEEPONFORK);
    if (l.count) moved_unmark(texts, texts + CAGE_MAPS_BYTES);
    forking_unlock();
    if (texts != MAP_FAILED) munmap(texts, 2 * (size_t)CAGE_MAPS_BYTES);
    return process;
}

long clone_whole(harness *h, void (*run)(void *))
{
    clone_lock();
    long process = clone_to(h->cage.harness_stack_top, run, h);
    forking_unlock();
    return process;
}
