/*
 * What nanoforged and its clients say to each other, over a Unix socket of type SOCK_SEQPACKET: one
 * request, one reply, each of fixed size; a reply that opens an event carries its descriptor
 * (SCM_RIGHTS). Both sides are of one user and one machine, so records go as they lie in memory.
 *
 *   client                                   daemon
 *   HELLO                          ─────►
 *                                  ◄─────    OK, with the abilities of the machine
 *   OPEN thread, event, frequency  ─────►    the thread is the peer's? within its limits?
 *                                  ◄─────    OK and a perf event, or a status and a text
 *
 * A malformed message is answered with BAD_MESSAGE and ends the connection. Each side checks the other's user
 * by SO_PEERCRED.
 */
#ifndef NF_ENGINE_DAEMON_PROTOCOL_H
#define NF_ENGINE_DAEMON_PROTOCOL_H

#include <stdint.h>

enum {
    NF_DAEMON_MAGIC = 0x4446464e, /* "NFFD" */
    NF_DAEMON_VERSION = 1,
    NF_DAEMON_TEXT_BYTES = 96,
    NF_DAEMON_FREQUENCY_MAX = 10000, /* samples a second */
};

typedef enum nf_daemon_kind { NF_DAEMON_HELLO = 1, NF_DAEMON_OPEN = 2 } nf_daemon_kind;

/* perf events that a client may have; all count user space only. */
typedef enum nf_daemon_event {
    NF_DAEMON_CYCLES,        /* hardware */
    NF_DAEMON_INSTRUCTIONS,  /* hardware */
    NF_DAEMON_BRANCH_MISSES, /* hardware */
    NF_DAEMON_CACHE_MISSES,  /* hardware */
    NF_DAEMON_CPU_CLOCK,     /* software */
    NF_DAEMON_EVENT_COUNT
} nf_daemon_event;

typedef enum nf_daemon_status {
    NF_DAEMON_OK,
    NF_DAEMON_BAD_MESSAGE,
    NF_DAEMON_NOT_YOURS,   /* the thread is not one of the peer's */
    NF_DAEMON_LIMIT,       /* too many events or requests */
    NF_DAEMON_UNSUPPORTED, /* this machine has no such counter */
    NF_DAEMON_REFUSED,     /* the kernel refused; the text says why */
    NF_DAEMON_STATUS_COUNT
} nf_daemon_status;

typedef struct nf_daemon_request {
    uint32_t magic;
    uint16_t version, kind;
    uint32_t thread;    /* OPEN: kernel thread id */
    uint32_t event;     /* OPEN: nf_daemon_event */
    uint32_t frequency; /* OPEN: samples of the instruction pointer a second; 0: counts only */
    uint32_t reserved;  /* 0 */
} nf_daemon_request;

typedef struct nf_daemon_reply {
    uint32_t magic;
    uint16_t version, status; /* nf_daemon_status */
    uint32_t hardware;        /* HELLO: 1 when the machine has hardware counters */
    uint32_t reserved;
    char text[NF_DAEMON_TEXT_BYTES]; /* NUL-terminated, for people */
} nf_daemon_reply;

_Static_assert(sizeof(nf_daemon_request) == 24 && sizeof(nf_daemon_reply) == 112,
               "both sides may come from different compilers");

/* $NANOFORGED_SOCKET, or $XDG_RUNTIME_DIR/nanoforged.sock, or /tmp/nanoforged-UID.sock. false: too long. */
int nf_daemon_socket_path(char *path, unsigned size);

#endif
