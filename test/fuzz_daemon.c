/*
 * Fuzzes both sides of the daemon's protocol. The first byte chooses the side, the rest is what the
 * other one says: messages of a client to the daemon, or a daemon's reply to a client.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../cmd/nanoforged/daemon.h"
#include "engine/linux/daemon_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void feed_daemon(int ends[2], const uint8_t *bytes, size_t size)
{
    daemon_client client = {.socket = ends[0], .process = getpid()};
    nf_daemon_request request;
    while (client.socket >= 0 && size > 0) {
        size_t length = size < sizeof request ? size : sizeof request;
        char reply[512];
        send(ends[1], bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        daemon_client_serve(&client);
        while (recv(ends[1], reply, sizeof reply, MSG_DONTWAIT) > 0) continue;
        bytes += length;
        size -= length;
    }
    if (client.socket >= 0) close(client.socket);
    close(ends[1]);
}

static void feed_client(int ends[2], const uint8_t *bytes, size_t size)
{
    nf_daemon_request request = {
        .magic = NF_DAEMON_MAGIC, .version = NF_DAEMON_VERSION, .kind = NF_DAEMON_OPEN};
    nf_daemon_reply reply;
    int descriptor;
    if (size && (bytes[0] & 1)) request.kind = NF_DAEMON_HELLO;
    send(ends[1], bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(ends[1], SHUT_WR);
    bool sane = daemon_ask(ends[0], &request, &reply, &descriptor);
    if (sane && memchr(reply.text, 0, sizeof reply.text) == NULL) abort();
    if (descriptor >= 0) close(descriptor);
    close(ends[0]);
    close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int ends[2];
    if (size == 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return 0;
    if (bytes[0] & 1)
        feed_daemon(ends, bytes + 1, size - 1);
    else
        feed_client(ends, bytes + 1, size - 1);
    return 0;
}
