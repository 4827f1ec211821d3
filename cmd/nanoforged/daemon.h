/*
 * nanoforged: opens perf events for the user's own processes, and does nothing else.
 * docs/security.md says what it promises.
 */
#ifndef NF_DAEMON_H
#define NF_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include "engine/linux/daemon_protocol.h"

enum {
    CLIENTS_MAX = 64,
    EVENTS_PER_CLIENT_MAX = 512,
    REQUESTS_PER_SECOND_MAX = 2000, /* of one client; more are refused */
};

typedef struct daemon_client {
    time_t second; /* of the requests counted */
    int socket;    /* -1: free */
    pid_t process;
    uint32_t events;   /* opened so far */
    uint32_t requests; /* in that second */
} daemon_client;

/* confine.c: all capabilities but CAP_PERFMON go, for ever; then the system call filter. Messages are
 * logged; false: it must not serve. */
bool confine_capabilities(void);
bool confine_calls(void);

/* perf.c */
bool perf_has_hardware(void);
/* A descriptor for one thread, or -1 with the status and a text for the client. */
int perf_open(uint32_t thread, uint32_t event, uint32_t frequency, nf_daemon_status *status,
              char *text);

/* server.c: makes the socket (an old one without a server is taken over), serves until told to end. */
int server_listen(const char *path);
void server_run(int listener);
/* Takes one message that waits on the client's socket, and answers it. */
void daemon_client_serve(daemon_client *client);
/* From a signal handler. */
void server_stop(void);

/* log.c: one line on stderr, with the time of day; at most so many a second. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
