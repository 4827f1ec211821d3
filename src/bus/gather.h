/*
 * Many senders to one receiver: a ring for each sender, which the receiver goes round.
 *
 *     sender 0 ──► [ring 0] ──┐
 *     sender 1 ──► [ring 1] ──┼──► receiver          memory: shape, receiver's state, ring 0, ring 1, ...
 *     sender 2 ──► [ring 2] ──┘
 *
 * Senders share no line with each other, so that more of them do not make each other slower; and
 * one that dies in the middle of a message blocks nobody, as it would where all write to one queue.
 * The price: each sender's messages come in order, but there is no order between senders. The
 * receiver takes at most a cell from one before it looks at the next.
 *
 * A sender attaches here and is then a sender of rings: ring.h has the rest, its contracts and its
 * memory order. Only its receiver sleeps elsewhere, by one bell for all. Freestanding.
 */
#ifndef NF_BUS_GATHER_H
#define NF_BUS_GATHER_H

#include "ring.h"

enum { NF_GATHER_SENDERS_MAX = 64 };

typedef struct nf_gather {
    struct nf_gather_memory *memory;
    uint32_t senders;
    size_t ring_bytes; /* of each ring, with what follows up to the next */
} nf_gather;

/* One thread's. */
typedef struct nf_gather_receiver {
    nf_ring_receiver rings[NF_GATHER_SENDERS_MAX];
    nf_ring_receiver *current; /* where the next message comes from, while it has any */
    nf_gather gather;
    uint64_t open; /* a bit for each ring that may bring more */
    /* Senders that have ended, of whom nothing is left to receive. */
    uint32_t closed, dead;
    uint32_t patience;
    nf_ring_counts counts;
} nf_gather_receiver;

/* 0: not possible. messages are each sender's. */
size_t nf_gather_bytes(uint32_t senders, size_t message_bytes, size_t messages);

/* As nf_ring_init() and nf_ring_open(). */
nf_status nf_gather_init(nf_gather *gather, void *memory, size_t bytes, uint32_t senders,
                         size_t message_bytes, size_t messages, nf_error *error);
nf_status nf_gather_open(nf_gather *gather, void *memory, size_t bytes, nf_error *error);

/* Takes the first ring that nobody has. NF_BUSY: all are taken, or were. */
nf_status nf_gather_sender_attach(const nf_gather *gather, nf_ring_sender *sender, nf_error *error);

nf_status nf_gather_receiver_attach(const nf_gather *gather, nf_gather_receiver *receiver,
                                    nf_error *error);
void nf_gather_receiver_close(nf_gather_receiver *receiver);

/* Goes on to the next ring that has a message; false when none has. */
bool nf_gather_next(nf_gather_receiver *receiver);

/* Waits until a message can be received: NF_RING_OK. NF_RING_WAIT when timeout_ns is over.
 * NF_RING_CLOSED: all senders have come, and closed or died, and everything has been received. */
nf_ring_result nf_gather_wait(nf_gather_receiver *receiver, uint64_t timeout_ns);

/* The next message, or NULL; it stays until nf_gather_pop(). */
static inline const void *nf_gather_front(nf_gather_receiver *receiver)
{
    if (receiver->current->at >= receiver->current->stop && !nf_gather_next(receiver)) return NULL;
    return receiver->current->at;
}

static inline void nf_gather_pop(nf_gather_receiver *receiver)
{
    nf_ring_pop(receiver->current);
}

#endif
