/*
 * The program's side of the zygote: making it, and asking it for sandboxes; see zygote.h.
 *
 * The zygote is cloned with no signal at its end, so that a wait() of the program's that does not ask
 * for such children (__WCLONE) never sees it. All signals are blocked in it from the start: the
 * program's handlers are there no more.
 *
 * The record and the cage's private memory stand at the same addresses in all three processes. The
 * program keeps the addresses of the private part, for else its own memory might come to lie there,
 * but none of its pages, and none of its children gets either.
 */
#include "zygote.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/sanitized.h"
#include "clone.h"
#include "os/os.h"

enum { ANSWER_SECONDS = 5, END_POLL_NS = 1000 * 1000, END_NS_MAX = 1000 * 1000 * 1000 };

struct nf_zygote {
    harness_place place;
    int socket; /* -1: none */
    struct stat
        file;       /* what the socket is: a program may close descriptors that it does not know */
    pid_t process;  /* 0: none */
    uint32_t owner; /* process, */
    uid_t user;     /* and what it was allowed to */
    gid_t group;
    bool taken, gone; /* atomic */
};

/* Whether pages can be read for the sandbox, without a fault where there are none. */
static bool can_read(void)
{
    uint64_t from = 1, to = 0;
    struct iovec local = {&to, sizeof to}, remote = {&from, sizeof from};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == sizeof to && to == from;
}

static bool zygote_clone(nf_zygote *z, int socket)
{
    harness *h = z->place.record;
    harness_lay_out(&z->place);
    h->zygote_socket = socket;
    long process = clone_small(&h->cage, zygote_run, h);
    z->process = process > 0 ? (pid_t)process : 0;
    return process > 0;
}

static nf_status zygote_make(nf_zygote *z)
{
    int sockets[2];
    if (!harness_map(&z->place)) return NF_OS;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) return NF_OS;
    struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    z->socket = sockets[0];
    fstat(z->socket, &z->file);
    setsockopt(z->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    bool made = zygote_clone(z, sockets[1]);
    close(sockets[1]);
    if (!made) return NF_OS;
    harness_keep_from_children(&z->place);
    return NF_OK;
}

nf_status nf_zygote_open(nf_zygote **out, nf_error *error)
{
    const nf_allocator *allocator = nf_os_allocator();
    *out = NULL;
    /* Shadow memory has to be shared with the program's, which only a fork does. */
    if (NF_SANITIZED || !can_read())
        return nf_fail(error, NF_UNSUPPORTED, "races fork: memory can't be read for a zygote");
    nf_zygote *z = allocator->allocate(allocator->context, sizeof *z);
    if (z == NULL) return nf_fail(error, NF_MEMORY, "no memory for a zygote");
    *z = (nf_zygote){
        .socket = -1, .owner = nf_os_process_id(), .user = geteuid(), .group = getegid()};
    nf_status status = zygote_make(z);
    if (status == NF_OK)
        *out = z;
    else {
        nf_fail(error, status, "no zygote could be made: errno %d", errno);
        nf_zygote_close(z);
    }
    return status;
}

static bool socket_is_ours(const nf_zygote *z)
{
    struct stat now;
    return z->socket >= 0 && fstat(z->socket, &now) == 0 && now.st_ino == z->file.st_ino &&
           now.st_dev == z->file.st_dev;
}

/* Its number is its own as long as nobody has taken notice of its end. A program that has given up rights
 * can't kill it: it ends by itself, for its socket is shut. */
static void process_end(pid_t process)
{
    siginfo_t ignored;
    if (waitid(P_PID, (id_t)process, &ignored, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) return;
    bool killed = kill(process, SIGKILL) == 0;
    for (uint64_t ns = 0; ns < END_NS_MAX; ns += END_POLL_NS) {
        pid_t ended = waitpid(process, NULL, __WALL | (killed ? 0 : WNOHANG));
        if (ended == process || (ended < 0 && errno != EINTR)) return;
        if (!killed) nanosleep(&(struct timespec){.tv_nsec = END_POLL_NS}, NULL);
    }
}

void nf_zygote_close(nf_zygote *z)
{
    const nf_allocator *allocator = nf_os_allocator();
    if (z == NULL) return;
    bool is_mine = z->owner == nf_os_process_id();
    if (socket_is_ours(z)) {
        if (is_mine) shutdown(z->socket, SHUT_RDWR); /* a child may hold it, too */
        close(z->socket);
    }
    if (z->process && is_mine) process_end(z->process);
    if (z->place.record && is_mine) harness_unmap(&z->place);
    allocator->release(allocator->context, z, sizeof *z);
}

/* It has the rights that the program had when it was made. */
static bool is_well(const nf_zygote *z)
{
    return z->owner == nf_os_process_id() && z->user == geteuid() && z->group == getegid() &&
           !__atomic_load_n(&z->gone, __ATOMIC_RELAXED);
}

void nf_zygote_renew(nf_zygote **zygote)
{
    nf_zygote *z = *zygote;
    if (z == NULL) return;
    if (is_well(z)) return;
    nf_zygote_close(z);
    nf_zygote_open(zygote, NULL);
}

/* --- sandboxes --- */

const harness_place *zygote_take(nf_zygote *z)
{
    if (z == NULL || __atomic_exchange_n(&z->taken, true, __ATOMIC_ACQUIRE)) return NULL;
    if (is_well(z)) return &z->place;
    zygote_give(z);
    return NULL;
}

void zygote_give(nf_zygote *z)
{
    __atomic_store_n(&z->taken, false, __ATOMIC_RELEASE);
}

static bool letter_send(nf_zygote *z, char letter)
{
    bool sent = socket_is_ours(z) && send(z->socket, &letter, 1, MSG_NOSIGNAL) == 1;
    if (!sent) __atomic_store_n(&z->gone, true, __ATOMIC_RELAXED);
    return sent;
}

bool zygote_start_sandbox(nf_zygote *z)
{
    return letter_send(z, ZYGOTE_RUN);
}

void zygote_kill_sandbox(nf_zygote *z)
{
    letter_send(z, ZYGOTE_KILL);
}

zygote_news zygote_ask(nf_zygote *z, bool wait, int *status)
{
    int flags = wait ? 0 : MSG_DONTWAIT;
    ssize_t got = socket_is_ours(z) ? recv(z->socket, status, sizeof *status, flags) : 0;
    while (got < 0 && errno == EINTR) got = recv(z->socket, status, sizeof *status, flags);
    if (got == sizeof *status) return ZYGOTE_ENDED;
    if (got < 0 && errno == EAGAIN && !wait) return ZYGOTE_RUNS;
    __atomic_store_n(&z->gone, true, __ATOMIC_RELAXED);
    return ZYGOTE_GONE;
}
