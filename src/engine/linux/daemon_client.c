/*
 * The client's side of nanoforged: connecting, asking, receiving descriptors.
 *
 * The daemon is not trusted further than needed: it must be of this user or root, every reply is
 * checked for size and sense, waits are limited, and a descriptor that came where none belongs is
 * closed. Any doubt ends the connection; the engine then goes on without counters.
 */
#include "daemon_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPLY_LIMIT_MS = 100 };

int nf_daemon_socket_path(char *path, unsigned size)
{
    const char *chosen = getenv("NANOFORGED_SOCKET"), *run = getenv("XDG_RUNTIME_DIR");
    int length;
    if (chosen && chosen[0])
        length = snprintf(path, size, "%s", chosen);
    else if (run && run[0] == '/')
        length = snprintf(path, size, "%s/nanoforged.sock", run);
    else
        length = snprintf(path, size, "/tmp/nanoforged-%u.sock", (unsigned)geteuid());
    return length > 0 && (unsigned)length < size;
}

static bool daemon_is_ours(int connection)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

int daemon_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {0, REPLY_LIMIT_MS * 1000};
    size_t bytes = strlen(path) + 1;
    if (bytes > sizeof address.sun_path) return -1;
    memcpy(address.sun_path, path, bytes);
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0) return -1;
    if (setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
        daemon_is_ours(connection))
        return connection;
    close(connection);
    return -1;
}

/* Takes the descriptors out of a message: keeps the first in *descriptor, closes any others. */
static void descriptors_take(struct msghdr *message, int *descriptor)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int one;
            memcpy(&one, CMSG_DATA(c) + at, sizeof one);
            if (*descriptor < 0)
                *descriptor = one;
            else
                close(one);
        }
    }
}

static bool reply_sane(const nf_daemon_reply *reply, ssize_t length, const struct msghdr *message)
{
    return length == (ssize_t)sizeof *reply && !(message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
           reply->magic == NF_DAEMON_MAGIC && reply->version == NF_DAEMON_VERSION &&
           reply->status < NF_DAEMON_STATUS_COUNT;
}

bool daemon_ask(int connection, const nf_daemon_request *request, nf_daemon_reply *reply,
                int *descriptor)
{
    char control[CMSG_SPACE(4 * sizeof(int))];
    struct iovec piece = {reply, sizeof *reply};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    *descriptor = -1;
    if (send(connection, request, sizeof *request, MSG_NOSIGNAL) != (ssize_t)sizeof *request)
        return false;
    ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (length >= 0) descriptors_take(&message, descriptor);
    bool wanted = request->kind == NF_DAEMON_OPEN && length >= 0 && reply->status == NF_DAEMON_OK;
    bool fine = reply_sane(reply, length, &message) && wanted == (*descriptor >= 0);
    if (!fine && *descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
    if (fine) reply->text[NF_DAEMON_TEXT_BYTES - 1] = 0;
    return fine;
}
