/*
 * The zygote itself: a copy of the program that forgets the program.
 *
 * It keeps what its own code needs, the text of everything else (which a sandbox maps as it is, when
 * the program still has it), and the main stack, where ps finds the command line; the rest of its
 * memory goes at once. So nothing of the program's stays doubled, and forking it is quick. What runs
 * here uses neither libc nor thread-local variables, for they are gone too: the thread pointer leads
 * to a page of zeros, where compilers look for the stack's canary.
 */
#include "zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "calls.h"
#include "maps.h"

/* Descriptors. */
enum { PROGRAM_SOCKET, PROGRAM_PROCESS, HIGH_DESCRIPTOR = 16 };

/* --- forgetting --- */

static bool overlaps(const maps_line *line, const cage_range *range)
{
    return line->start < range->end && line->end > range->start;
}

static bool is_same_file(const maps_line *a, const maps_line *b)
{
    return a->inode == b->inode && a->device_major == b->device_major &&
           a->device_minor == b->device_minor;
}

/* The mapping of the text that runs here. */
static bool image_find(const char *maps, maps_line *image)
{
    uint64_t here = (uint64_t)(uintptr_t)zygote_run;
    while (*maps) {
        maps = maps_line_read(maps, image);
        if (image->start <= here && here < image->end) return image->inode != 0;
    }
    return false;
}

/* Copies the line at text behind the others. */
static bool line_keep(cage_kept *kept, uint64_t *length, const char *text, const char *end)
{
    uint64_t bytes = (uint64_t)(end - text);
    if (sizeof *kept + *length + bytes >= CAGE_KEPT_BYTES) return false;
    cage_copy(kept->lines + *length, text, bytes);
    *length += bytes;
    return true;
}

static bool is_named(const maps_line *line, const char *prefix)
{
    const char *at = line->path;
    while (*prefix && *at == *prefix) at++, prefix++;
    return *prefix == 0;
}

/* Not by the record's list: the program may have filled that already, for its first sandbox. */
static bool memory_forget(cage *c)
{
    maps_line image, line;
    uint64_t length = 0;
    char *maps = (char *)c->log_bytes;
    if (!maps_read(maps, CAGE_MAPS_BYTES) || !image_find(maps, &image)) return false;
    for (const char *at = maps, *next; *at; at = next) {
        next = maps_line_read(at, &line);
        if (overlaps(&line, &c->private) || overlaps(&line, &c->record)) continue;
        if (is_same_file(&line, &image) && !line.writable) {
            if (c->kept->image_count == CAGE_IMAGE_MAX) return false;
            c->kept->image[c->kept->image_count++] = (cage_range){line.start, line.end};
        } else if ((line.executable && !line.writable) || is_named(&line, "[v")) {
            if (!line_keep(c->kept, &length, at, next)) return false;
        } else if (!is_named(&line, "[stack]")) {
            call3(SYS_munmap, (long)line.start, (long)(line.end - line.start), 0);
        }
    }
    return true;
}

/* --- leaving the program's side --- */

/* The socket becomes 0 and the program 1; all others are closed. */
static bool descriptors_settle(const harness *h)
{
    long program = call3(SYS_pidfd_open, h->cage.parent, 0, 0);
    long socket = call3(SYS_fcntl, h->zygote_socket, F_DUPFD, HIGH_DESCRIPTOR);
    program = call3(SYS_fcntl, program, F_DUPFD, HIGH_DESCRIPTOR);
    return socket >= 0 && program >= 0 && call3(SYS_dup2, socket, PROGRAM_SOCKET, 0) >= 0 &&
           call3(SYS_dup2, program, PROGRAM_PROCESS, 0) >= 0 &&
           call3(SYS_close_range, PROGRAM_PROCESS + 1, ~0u, 0) == 0;
}

/* The C library's blocks are left first, while they are there. */
static bool settle(harness *h)
{
    cage *c = &h->cage;
    return cage_rseq_leave() && call3(SYS_setsid, 0, 0, 0) >= 0 &&
           call3(SYS_chdir, (long)"/", 0, 0) == 0 &&
           call6(SYS_prctl, PR_SET_NAME, (long)"nf-zygote", 0, 0, 0, 0) == 0 &&
           descriptors_settle(h) && call3(SYS_getppid, 0, 0, 0) == h->cage.parent &&
           call3(SYS_arch_prctl, ARCH_SET_FS, (long)c->thread_zeros, 0) == 0 && memory_forget(c);
}

/* --- sandboxes --- */

static void status_send(int status)
{
    call6(SYS_sendto, PROGRAM_SOCKET, (long)&status, sizeof status, MSG_NOSIGNAL, 0, 0);
}

/* The new process's descriptor is the first free one; -1 when there is no process. */
static int sandbox_start(harness *h)
{
    int descriptor = -1;
    h->cage.parent = (int32_t)call3(SYS_getpid, 0, 0, 0);
    long process = call6(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, (long)&descriptor, 0, 0, 0);
    if (process == 0) harness_run(h);
    if (process < 0) status_send(-1);
    return process < 0 ? -1 : descriptor;
}

static void sandbox_ended(int descriptor)
{
    int status = 0;
    call6(SYS_wait4, -1, (long)&status, 0, 0, 0, 0);
    call3(SYS_close, descriptor, 0, 0);
    status_send(status);
}

void zygote_run(void *context)
{
    harness *h = context;
    char letter;
    struct pollfd program = {PROGRAM_PROCESS, POLLIN, 0}, sandbox = {-1, POLLIN, 0};
    if (!settle(h)) cage_exit(1);
    for (;;) {
        struct pollfd from[] = {{PROGRAM_SOCKET, POLLIN, 0}, program, sandbox};
        call3(SYS_poll, (long)from, sizeof from / sizeof *from, -1);
        if (from[1].revents) cage_exit(0);
        if (from[2].revents) {
            sandbox_ended(sandbox.fd);
            sandbox.fd = -1;
        }
        if (!from[0].revents) continue;
        if (call6(SYS_recvfrom, PROGRAM_SOCKET, (long)&letter, 1, 0, 0, 0) <= 0) cage_exit(0);
        if (letter == ZYGOTE_RUN && sandbox.fd < 0) sandbox.fd = sandbox_start(h);
        if (letter == ZYGOTE_KILL) call6(SYS_pidfd_send_signal, sandbox.fd, SIGKILL, 0, 0, 0, 0);
    }
}
