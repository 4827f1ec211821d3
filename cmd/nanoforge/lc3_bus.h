/*
 * nanoforge lc3 bus: LC-3 programs, each on a thread or a process of its own, that send each other
 * words.
 *
 * A node is a program with its machine, its thread and its ports: where TRAP x30 sends to, and where
 * TRAP x31 receives from. lc3_bus.c sets up nodes and runs them, lc3_bus_process.c does so for
 * processes, lc3_bus_port.c is the ports, lc3_bus_report.c what is said at the end.
 *
 * Nodes, rings and all that is told at the end lie in memory that processes share, at the same
 * addresses, for they are forked. A process that is killed leaves there what it came to.
 *
 * Latency is sampled: of one message in BUS_SAMPLE the sender notes the time in a place that goes by
 * the message's number, before it sends it; the receiver looks there when the message has come.
 */
#ifndef NF_COMMAND_LC3_BUS_H
#define NF_COMMAND_LC3_BUS_H

#include "lc3_engine.h"
#include "base/histogram.h"
#include "bus/broadcast.h"
#include "bus/gather.h"
#include "guest/lc3/machine.h"

enum {
    BUS_PROGRAMS_MAX = 16,
    BUS_SAMPLE = 64,
    BUS_WORD_BYTES = sizeof(uint16_t),
    BUS_RING_WORDS_MAX = 1 << 20,
};

/* How programs are connected, in their order on the command line. */
typedef enum bus_shape {
    BUS_CHAIN,     /* each to the next */
    BUS_LOOP,      /* the same, and the last one to the first */
    BUS_GATHER,    /* all to the last */
    BUS_BROADCAST, /* the first to all others, without waiting for them */
} bus_shape;

/* When the sampled messages of one sender were sent. */
typedef struct bus_stamps {
    uint64_t *ticks; /* atomics */
    uint64_t mask;   /* places, less one */
} bus_stamps;

/* What the world of a run shares. */
typedef struct bus_run {
    bool stop;      /* atomic: everybody leaves */
    uint32_t live;  /* atomic: nodes that have not ended; a bell for who waits for the end */
    uint32_t ready; /* atomic: nodes at the start line */
    bool go;        /* atomic */
    bool processes; /* instead of threads */
    uint64_t limit; /* of instructions for each; UINT64_MAX: none */
    const char *engine;
} bus_run;

typedef struct bus_node {
    _Alignas(NF_RING_APART) bus_run *run;
    const char *path;
    nf_lc3 *machine;
    lc3_engine engine;
    nf_os_thread thread;
    int64_t cpu; /* to keep the thread on; below 0: none */

    int process; /* its id, with processes; 0: none that runs */

    const struct bus_port_kind *out, *in;
    nf_ring ring_out, ring_in; /* what ports are to be attached to; or one of the next */
    nf_gather gather;
    nf_broadcast broadcast;
    nf_ring_sender ring_sender;
    nf_ring_receiver ring_receiver;
    nf_gather_receiver gather_receiver;
    nf_broadcast_sender broadcast_sender;
    nf_broadcast_receiver broadcast_receiver;
    bus_stamps stamps;           /* of what this node sends */
    const bus_stamps *stamps_in; /* of who sends to it; an array, for a gather */

    /* For who watches: whether the node waits for others, and how often that ended well. */
    uint32_t waits;  /* atomic */
    uint64_t passed; /* atomic */
    bool ended;      /* atomic */

    /* How it went. */
    nf_lc3_stop stop;
    uint64_t instructions; /* so far */
    uint8_t fault;
    uint16_t fault_pc;
    bool failed; /* to start; said already */
    int signal;  /* that killed its process; 0: none */
    uint64_t time_ns;
    nf_histogram latency_ns;
} bus_node;

typedef struct bus_totals {
    uint64_t sent, received, lost, spins, sleeps;
} bus_totals;

/* One end of a connection. What an end cannot do is NULL. */
typedef struct bus_port_kind {
    /* By the thread that uses the port. */
    nf_status (*attach)(bus_node *node, nf_error *error);
    nf_lc3_bus (*send)(void *node, uint16_t word);
    nf_lc3_bus (*receive)(void *node, uint16_t *word);
    /* Until it can send, or receive; as nf_ring_wait_room(). */
    nf_ring_result (*wait)(bus_node *node, uint64_t timeout_ns);
    /* Lets others have what this end keeps to itself: before a wait, and now and then. */
    void (*flush)(bus_node *node);
    void (*close)(bus_node *node);
    void (*count)(const bus_node *node, bus_totals *totals);
} bus_port_kind;

extern const bus_port_kind bus_no_port, bus_ring_out, bus_ring_in, bus_gather_out, bus_gather_in,
    bus_broadcast_out, bus_broadcast_in;

/* Zeroed memory that forked processes share; NULL after a message. */
void *bus_memory(size_t bytes);

/* What a node does from the start line to its end (lc3_bus.c). */
void bus_node_run(bus_node *node);
/* It is not live any more. Idempotent. */
void bus_node_ended(bus_node *node);
/* As many processes as nodes, until all have ended. False after a message (lc3_bus_process.c). */
bool bus_processes_run(bus_node *nodes, uint32_t count);
/* The watch over nodes that have been started. tick: now and then. False: they all waited for each
 * other, and were stopped. */
bool bus_watch(bus_node *nodes, uint32_t count, void (*tick)(bus_node *nodes, uint32_t count));

/* Connects nodes that are zeroed but for their paths, by memory of so many words a ring. False after
 * a message. Nothing is freed: it lives as long as the process. */
bool bus_connect(bus_node *nodes, uint32_t count, bus_shape shape, size_t words);

bus_totals bus_node_totals(const bus_node *node);
void bus_report_print(const bus_node *nodes, uint32_t count, FILE *stream);
/* False after a message. */
bool bus_report_write(const bus_node *nodes, uint32_t count, const char *path);

#endif
