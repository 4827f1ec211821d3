/*
 * One sender to any number of receivers, each of which gets every message: a feed.
 *
 * The sender never waits and does not know its receivers; a receiver that is too slow is told how
 * many messages it lost, and goes on with newer ones. That is what a market-data feed does: one
 * slow reader must not stop the others. Who may lose nothing takes a ring for each receiver.
 *
 * Cells are those of ring.h, each with its messages and `end`, and a receiver has its own place in
 * them, which nobody else sees. What differs is that a cell may be written anew while it is read:
 *
 *     sender, going round to a cell:      end := where the cell begins in this lap ("nothing yet")
 *                                         messages
 *                                         end := where they end
 *     receiver:                           reads end: of its lap, and more than it has?
 *                                         copies the messages
 *                                         reads end again: still of its lap? Then they are good.
 *
 * Each word of messages is stored releasing and loaded acquiring. So a receiver that copied a word
 * of the next lap also sees, at its second look, an `end` of the next lap, and drops the copy.
 *
 * Sleep, close and death are as in ring.h. Freestanding.
 */
#ifndef NF_BUS_BROADCAST_H
#define NF_BUS_BROADCAST_H

#include "ring.h"

enum { NF_BROADCAST_CELL_WORDS = 32, NF_BROADCAST_MESSAGE_BYTES_MAX = 248 };

typedef struct nf_broadcast {
    struct nf_broadcast_memory *memory;
    uint64_t cell_count;
    uint32_t message_bytes, payload_bytes, cell_bytes;
} nf_broadcast;

typedef struct nf_broadcast_sender {
    uint64_t words[NF_BROADCAST_CELL_WORDS]; /* the cell, as far as it was sent */
    uint32_t at, published;                  /* bytes of it */
    uint64_t base, cell;                     /* as a ring's sender's */
    nf_broadcast broadcast;
    nf_ring_counts counts;
} nf_broadcast_sender;

typedef struct nf_broadcast_receiver {
    uint64_t words[NF_BROADCAST_CELL_WORDS]; /* the cell, as far as it was copied */
    uint32_t at, stop;                       /* bytes of it */
    uint64_t base, cell;
    uint64_t lost; /* messages, altogether */
    nf_broadcast broadcast;
    uint32_t patience;
    nf_ring_counts counts;
} nf_broadcast_receiver;

/* As nf_ring_bytes(), nf_ring_init() and nf_ring_open(). */
size_t nf_broadcast_bytes(size_t message_bytes, size_t messages);
nf_status nf_broadcast_init(nf_broadcast *broadcast, void *memory, size_t bytes,
                            size_t message_bytes, size_t messages, nf_error *error);
nf_status nf_broadcast_open(nf_broadcast *broadcast, void *memory, size_t bytes, nf_error *error);

/* NF_BUSY: there is, or was, a sender. */
nf_status nf_broadcast_sender_attach(const nf_broadcast *broadcast, nf_broadcast_sender *sender,
                                     nf_error *error);
/* From now on: what is in the cell that is being filled, and what comes behind it. */
void nf_broadcast_receiver_attach(const nf_broadcast *broadcast, nf_broadcast_receiver *receiver);

/* --- sending --------------------------------------------------------------------------------- */

/* Publishes what has been sent; wakes receivers that sleep. */
void nf_broadcast_flush(nf_broadcast_sender *sender);
/* Publishes and goes on to the next cell. For the function below. */
void nf_broadcast_next_cell(nf_broadcast_sender *sender);
/* Publishes, and ends the feed: receivers are told NF_RING_CLOSED behind the last message. */
void nf_broadcast_sender_close(nf_broadcast_sender *sender);

/* The place for the next message; it is sent by nf_broadcast_commit(). */
static inline void *nf_broadcast_slot(nf_broadcast_sender *sender)
{
    if (sender->at >= sender->broadcast.payload_bytes) nf_broadcast_next_cell(sender);
    return (uint8_t *)sender->words + sender->at;
}

static inline void nf_broadcast_commit(nf_broadcast_sender *sender)
{
    sender->at += sender->broadcast.message_bytes;
}

/* --- receiving ------------------------------------------------------------------------------- */

/* Looks for more messages: NF_RING_OK, WAIT, CLOSED or LOST. After LOST, which `lost` has counted,
 * the receiver stands half the memory behind the sender. */
nf_ring_result nf_broadcast_look(nf_broadcast_receiver *receiver);
/* The same, and waits while there are none: also DEAD; WAIT when timeout_ns is over. */
nf_ring_result nf_broadcast_wait(nf_broadcast_receiver *receiver, uint64_t timeout_ns);

/* The next message that was copied already, or NULL: look or wait. It stays until
 * nf_broadcast_pop(). */
static inline const void *nf_broadcast_front(const nf_broadcast_receiver *receiver)
{
    return receiver->at < receiver->stop ? (const uint8_t *)receiver->words + receiver->at : NULL;
}

static inline void nf_broadcast_pop(nf_broadcast_receiver *receiver)
{
    receiver->at += receiver->broadcast.message_bytes;
}

#endif
