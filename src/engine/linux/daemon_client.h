/* Talking to nanoforged. Linux; each connection belongs to one thread. */
#ifndef NF_ENGINE_DAEMON_CLIENT_H
#define NF_ENGINE_DAEMON_CLIENT_H

#include <stdbool.h>
#include "daemon_protocol.h"

/* A connection to a daemon of this user or root, or -1. */
int daemon_connect(const char *path);

/* One request and its reply. descriptor: the event that came with it, the caller's to close, or -1.
 * false: the daemon is gone, slow or lies; the connection is to be closed. */
bool daemon_ask(int connection, const nf_daemon_request *request, nf_daemon_reply *reply,
                int *descriptor);

#endif
