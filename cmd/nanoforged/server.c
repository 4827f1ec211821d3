/*
 * The server: one thread, one poll loop, one fixed table of clients.
 *
 * Who a client is, the kernel says when it connects (SO_PEERCRED); it must be of the daemon's own
 * user. A thread that it names must be one of its process: asked by tgkill with signal 0, before the event is
 * opened and after, while the connection still stands, so that a process id used anew in between is noticed.
 * The daemon keeps no descriptor of an event: the client's copy is the only one, and goes with the client.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "daemon.h"

static daemon_client clients[CLIENTS_MAX];
static volatile sig_atomic_t stopping;

void server_stop(void)
{
    stopping = 1;
}

/* --- the socket --- */

static bool address_of(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t bytes = strlen(path) + 1;
    if (bytes > sizeof address->sun_path) return false;
    memcpy(address->sun_path, path, bytes);
    return true;
}

/* Whether somebody answers there. */
static bool is_served(const struct sockaddr_un *address)
{
    int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool served =
        probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof *address) == 0;
    if (probe >= 0) close(probe);
    return served;
}

int server_listen(const char *path)
{
    struct sockaddr_un address;
    struct stat old;
    if (!address_of(path, &address)) {
        log_line("%s: the path is too long for a socket", path);
        return -1;
    }
    if (lstat(path, &old) == 0) {
        if (!S_ISSOCK(old.st_mode) || old.st_uid != geteuid()) {
            log_line("%s: there is something else, or somebody else's socket", path);
            return -1;
        }
        if (is_served(&address)) {
            log_line("%s: another nanoforged serves there", path);
            return -1;
        }
        unlink(path); /* left by one that was killed */
    }
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool fine = listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(listener, CLIENTS_MAX) == 0;
    umask(mask);
    if (fine) return listener;
    log_line("%s: cannot listen: %s", path, strerror(errno));
    if (listener >= 0) close(listener);
    return -1;
}

/* --- clients --- */

static void client_drop(daemon_client *c, const char *why)
{
    if (why) log_line("process %d: %s; dropped", (int)c->process, why);
    close(c->socket);
    c->socket = -1;
}

static daemon_client *client_free_place(void)
{
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].socket < 0) return &clients[i];
    return NULL;
}

static void client_accept(int listener)
{
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) return;
    struct ucred peer;
    socklen_t size = sizeof peer;
    daemon_client *place = client_free_place();
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        close(connection);
    } else if (peer.uid != geteuid()) {
        log_line("process %d of user %u is not of this user; refused", (int)peer.pid,
                 (unsigned)peer.uid);
        close(connection);
    } else if (place == NULL) {
        log_line("process %d: more than %d clients; refused", (int)peer.pid, CLIENTS_MAX);
        close(connection);
    } else {
        *place = (daemon_client){.socket = connection, .process = peer.pid};
    }
}

/* --- requests --- */

/* false: the client is gone or does not read. */
static bool reply_send(const daemon_client *c, const nf_daemon_reply *reply, int descriptor)
{
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec piece = {(void *)reply, sizeof *reply};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    }
    return sendmsg(c->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof *reply;
}

static bool request_valid(const nf_daemon_request *request)
{
    if (request->magic != NF_DAEMON_MAGIC || request->version != NF_DAEMON_VERSION ||
        request->reserved)
        return false;
    if (request->kind == NF_DAEMON_HELLO) return true;
    return request->kind == NF_DAEMON_OPEN && request->event < NF_DAEMON_EVENT_COUNT &&
           request->frequency <= NF_DAEMON_FREQUENCY_MAX && request->thread > 0 &&
           request->thread <= INT32_MAX;
}

static bool within_rate(daemon_client *c)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != c->second) {
        c->second = now.tv_sec;
        c->requests = 0;
    }
    return ++c->requests <= REQUESTS_PER_SECOND_MAX;
}

static bool thread_is_of(const daemon_client *c, uint32_t thread)
{
    return syscall(SYS_tgkill, c->process, (pid_t)thread, 0) == 0;
}

static int event_open(daemon_client *c, const nf_daemon_request *request, nf_daemon_reply *reply)
{
    nf_daemon_status status = NF_DAEMON_OK;
    int descriptor = -1;
    if (!thread_is_of(c, request->thread)) {
        status = NF_DAEMON_NOT_YOURS;
        snprintf(reply->text, sizeof reply->text, "thread %u is not one of process %d",
                 request->thread, (int)c->process);
        log_line("process %d asked for thread %u, which is not its own", (int)c->process,
                 request->thread);
    } else if (c->events >= EVENTS_PER_CLIENT_MAX) {
        status = NF_DAEMON_LIMIT;
        snprintf(reply->text, sizeof reply->text, "more than %d events", EVENTS_PER_CLIENT_MAX);
    } else {
        descriptor =
            perf_open(request->thread, request->event, request->frequency, &status, reply->text);
        if (descriptor >= 0 && !thread_is_of(c, request->thread)) {
            close(descriptor);
            descriptor = -1;
            status = NF_DAEMON_NOT_YOURS;
        }
    }
    reply->status = (uint16_t)status;
    c->events += descriptor >= 0;
    return descriptor;
}

static void request_answer(daemon_client *c, const nf_daemon_request *request)
{
    static int hardware = -1;
    nf_daemon_reply reply = {.magic = NF_DAEMON_MAGIC, .version = NF_DAEMON_VERSION};
    int descriptor = -1;
    if (!within_rate(c)) {
        reply.status = NF_DAEMON_LIMIT;
        snprintf(reply.text, sizeof reply.text, "more than %d requests a second",
                 REQUESTS_PER_SECOND_MAX);
    } else if (request->kind == NF_DAEMON_HELLO) {
        if (hardware < 0) hardware = perf_has_hardware();
        reply.hardware = (uint32_t)hardware;
    } else {
        descriptor = event_open(c, request, &reply);
    }
    bool sent = reply_send(c, &reply, descriptor);
    if (descriptor >= 0) close(descriptor);
    if (!sent) client_drop(c, "it does not read its replies");
}

static void message_reject(daemon_client *c)
{
    nf_daemon_reply reply = {
        .magic = NF_DAEMON_MAGIC, .version = NF_DAEMON_VERSION, .status = NF_DAEMON_BAD_MESSAGE};
    snprintf(reply.text, sizeof reply.text, "not a message of protocol version %d",
             NF_DAEMON_VERSION);
    reply_send(c, &reply, -1);
    client_drop(c, "malformed message");
}

/* Takes one message; descriptors that a client sends along are never received (no control buffer). */
void daemon_client_serve(daemon_client *c)
{
    nf_daemon_request request;
    struct iovec piece = {&request, sizeof request};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t length = recvmsg(c->socket, &message, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) {
        client_drop(c, NULL);
        return;
    }
    bool whole =
        length == (ssize_t)sizeof request && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    if (whole && request_valid(&request))
        request_answer(c, &request);
    else
        message_reject(c);
}

void server_run(int listener)
{
    struct pollfd waits[CLIENTS_MAX + 1];
    for (int i = 0; i < CLIENTS_MAX; i++) clients[i].socket = -1;
    while (!stopping) {
        waits[CLIENTS_MAX] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (int i = 0; i < CLIENTS_MAX; i++)
            waits[i] = (struct pollfd){.fd = clients[i].socket, .events = POLLIN};
        if (poll(waits, CLIENTS_MAX + 1, -1) < 0) continue;
        for (int i = 0; i < CLIENTS_MAX; i++)
            if (waits[i].revents) daemon_client_serve(&clients[i]);
        if (waits[CLIENTS_MAX].revents) client_accept(listener);
    }
}
