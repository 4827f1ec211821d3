/*
 * A bounded ring of messages of one size, from one sender to one receiver: threads of one process,
 * or processes that share the memory. No allocation, no lock and no system call on the way of a
 * message; a system call only to sleep when there is nothing to do, and to wake who sleeps.
 *
 *     nf_ring_init(&ring, memory, bytes, 2, 4096, error);
 *     sender:   nf_ring_sender_attach(&ring, &s, error);
 *               while (nf_ring_send_word(&s, word) == NF_RING_WAIT)
 *                   if ((end = nf_ring_wait_room(&s, NF_OS_FOREVER)) != NF_RING_OK) ...
 *               nf_ring_sender_close(&s);
 *     receiver: nf_ring_receiver_attach(&ring, &r, error);
 *               while (nf_ring_receive_word(&r, &word) == NF_RING_WAIT)
 *                   if ((end = nf_ring_wait_message(&r, NF_OS_FOREVER)) != NF_RING_OK) ...
 *               nf_ring_receiver_close(&r);
 *
 * Layout. Messages lie in cells of whole cache lines. Each cell ends in a word, `end`, which says
 * how many bytes of messages the ring had carried, from its beginning on, up to the cell's last
 * message that is published. So one line carries messages and the news of them, and there is no
 * index that both sides touch for each message:
 *
 *     0              128          256            384        512     576     640
 *     ┌──────────────┬────────────┬──────────────┬──────────┬───────┬───────┬──
 *     │ shape, fixed │ receiver's │ sender's     │ released │ cell  │ cell  │ ...  a power of two
 *     │              │ state      │ state        │          │   0   │   1   │
 *     └──────────────┴────────────┴──────────────┴──────────┴───────┴───────┴──
 *     the place of cell 5 in the second lap of 8 cells, when it is cell 13 and has 3 words:
 *     ┌────┬────┬────┬─ ─ ─ ─ ─ ─ ─ ─ ─ ─┬─────────────────┐
 *     │ w0 │ w1 │ w2 │   not published   │ end = 13*56 + 6 │   in the first lap at most 6 * 56
 *     └────┴────┴────┴─ ─ ─ ─ ─ ─ ─ ─ ─ ─┴─────────────────┘
 *      0              6                   56               64
 *
 * A receiver that has come to byte p of the stream needs only compare: `end` > p, and the cell has
 * something for it. What a former lap left is at most p. The number is of 64 bits and never wraps.
 *
 * Publication. A message is published, and can be received, when the sender has gone on to the next
 * cell, flushes, waits for room or closes; a cell that is flushed goes on being filled. The receiver
 * hands back cells (`released`) a quarter of the ring at a time, and all that it has read when it
 * finds nothing, so that no side waits for what the other one keeps to itself. A ring surely takes
 * three quarters of its messages before it is full.
 *
 * Memory order. There are three promises:
 *  - Messages are seen whole. The sender writes messages and then stores `end`, releasing; the
 *    receiver loads `end`, acquiring, and then reads messages up to it.
 *  - Messages are not overwritten. The receiver has read a cell before it stores `released`,
 *    releasing; the sender loads it, acquiring, before it writes to a cell of the next lap.
 *  - Nobody sleeps through news. Who goes to sleep sets `asleep`, has every thread pass a fence
 *    (nf_os_fence_everywhere) and looks once more; who has news stores them and then loads `asleep`,
 *    without a fence, which would make it wait for the cache line. Either the store came before the
 *    fence, and is seen by the last look; or the load came behind it, and sees `asleep`. Where the
 *    platform has no such fence, sleep is cut to a millisecond.
 * test/bus/ring.pml is this protocol for a model checker, with store buffers.
 *
 * Ends. close() ends a side; the other one is told NF_RING_CLOSED, a receiver after the last
 * message. A process that dies without closing is found dead by who waits for it, within some 10 ms:
 * NF_RING_DEAD, a receiver being given first what had been published. A side can be attached once
 * in the life of a ring.
 *
 * Trust. nf_ring_open() checks a ring that another process made. Whatever that one then does to the
 * memory, this side gets wrong messages at worst: it touches nothing outside the ring, and its
 * waits end when their time is over. Freestanding.
 */
#ifndef NF_BUS_RING_H
#define NF_BUS_RING_H

#include "os/os.h"

enum {
    NF_RING_LINE = 64,
    NF_RING_APART = 128, /* lines come in pairs: the CPU's prefetcher fetches both */
    NF_RING_MESSAGE_BYTES_MAX = 4096,
    NF_RING_CELLS_MIN = 4,
    NF_RING_CELLS_MAX = 1 << 20,
};

typedef enum nf_ring_result {
    NF_RING_OK,
    NF_RING_WAIT,   /* full, or empty, now; or the time was over */
    NF_RING_CLOSED, /* the other side has closed, and there is nothing more to come */
    NF_RING_DEAD,   /* the other side's process has ended without closing */
    NF_RING_LOST,   /* of a broadcast: messages were overwritten before they were read */
} nf_ring_result;

/* What is known of a ring: what is shared, and its shape, which nobody else can change here. */
typedef struct nf_ring {
    struct nf_ring_memory *memory;
    uint64_t cell_count;
    uint32_t message_bytes, payload_bytes, cell_bytes;
} nf_ring;

/* What a side counts. */
typedef struct nf_ring_counts {
    uint64_t spins;  /* turns of waiting loops */
    uint64_t sleeps; /* waits that the operating system was asked for */
    uint64_t wakes;  /* of the other side */
} nf_ring_counts;

/* A side's own memory: of one thread at a time, at any address, not shared. */
typedef struct nf_ring_sender {
    uint8_t *at, *stop; /* where the next message goes; where the cell's messages end */
    uint64_t base;      /* bytes that the ring had carried where the cell begins */
    uint64_t published; /* bytes, counted in the same way */
    uint64_t cell;      /* the number of the cell, counted through all laps */
    uint64_t room;      /* the first cell that may not be begun, as far as is known */
    nf_ring ring;
    uint32_t patience; /* turns of a spin before it yields: see side.h */
    uint32_t *bell;    /* where who waits for messages sets that it is asleep */
    nf_ring_counts counts;
} nf_ring_sender;

typedef struct nf_ring_receiver {
    const uint8_t *at, *stop; /* the next message; where what is known to be published ends */
    const uint8_t *start;     /* of the cell */
    uint64_t base, cell;      /* as the sender's */
    uint64_t released;        /* cells handed back */
    bool whole;               /* the cell came full, in one piece */
    nf_ring ring;
    uint32_t patience; /* turns of a spin before it yields: see side.h */
    nf_ring_counts counts;
} nf_ring_receiver;

/* --- setting up ------------------------------------------------------------------------------ */

/* The bytes that a ring needs; 0 when messages of that size or number are not possible. The number
 * is rounded up to cells and those to a power of two. */
size_t nf_ring_bytes(size_t message_bytes, size_t messages);

/* A ring in zeroed memory of at least nf_ring_bytes(), aligned to NF_RING_APART, which stays the
 * caller's. Fails by NF_ARGUMENT. */
nf_status nf_ring_init(nf_ring *ring, void *memory, size_t bytes, size_t message_bytes,
                       size_t messages, nf_error *error);
/* A ring that somebody else made, in so many bytes of memory. NF_CORRUPT: there is none. */
nf_status nf_ring_open(nf_ring *ring, void *memory, size_t bytes, nf_error *error);

/* By the process that will use the side, before its first message. NF_BUSY: it is taken. */
nf_status nf_ring_sender_attach(const nf_ring *ring, nf_ring_sender *sender, nf_error *error);
nf_status nf_ring_receiver_attach(const nf_ring *ring, nf_ring_receiver *receiver, nf_error *error);

/* Who has come to a side. */
typedef enum nf_ring_presence {
    NF_RING_NOBODY,
    NF_RING_THERE,
    NF_RING_GONE, /* it has closed, or its process has ended */
} nf_ring_presence;
nf_ring_presence nf_ring_sender_presence(const nf_ring *ring);
nf_ring_presence nf_ring_receiver_presence(const nf_ring *ring);

/* Publishes what was sent, ends the side and wakes the other. The handle is of no use afterwards. */
void nf_ring_sender_close(nf_ring_sender *sender);
void nf_ring_receiver_close(nf_ring_receiver *receiver);

/* Bytes of messages sent, or received, so far. */
uint64_t nf_ring_sent_bytes(const nf_ring_sender *sender);
uint64_t nf_ring_received_bytes(const nf_ring_receiver *receiver);

/* --- sending --------------------------------------------------------------------------------- */

/* Publishes what has been sent; wakes the receiver if it sleeps. */
void nf_ring_flush(nf_ring_sender *sender);

/* Flushes, and waits until a message can be sent: NF_RING_OK. NF_RING_WAIT when timeout_ns is over;
 * CLOSED and DEAD are final: nobody will make room. */
nf_ring_result nf_ring_wait_room(nf_ring_sender *sender, uint64_t timeout_ns);

/* Goes on to the next cell; false when the ring is full. For the functions below. */
bool nf_ring_next_cell(nf_ring_sender *sender);

/* The place for the next message, or NULL when the ring is full; it is sent by nf_ring_commit(). */
static inline void *nf_ring_slot(nf_ring_sender *sender)
{
    if (sender->at >= sender->stop && !nf_ring_next_cell(sender)) return NULL;
    return sender->at;
}

static inline void nf_ring_commit(nf_ring_sender *sender)
{
    sender->at += sender->ring.message_bytes;
}

/* In a ring of messages of two bytes: NF_RING_OK, or NF_RING_WAIT when it is full. */
static inline nf_ring_result nf_ring_send_word(nf_ring_sender *sender, uint16_t word)
{
    if (__builtin_expect(sender->at >= sender->stop, 0) && !nf_ring_next_cell(sender))
        return NF_RING_WAIT;
    *(uint16_t *)(void *)sender->at = word;
    sender->at += sizeof word;
    return NF_RING_OK;
}

/* Copies messages, as many as there is room for; how many that were. */
size_t nf_ring_send_many(nf_ring_sender *sender, const void *messages, size_t count);

/* --- receiving ------------------------------------------------------------------------------- */

/* Hands back every cell that has been read. What a receiver does before it waits elsewhere. */
void nf_ring_release(nf_ring_receiver *receiver);

/* Waits until a message can be received: NF_RING_OK. NF_RING_WAIT when timeout_ns is over; CLOSED
 * and DEAD: everything has been received. */
nf_ring_result nf_ring_wait_message(nf_ring_receiver *receiver, uint64_t timeout_ns);

/* What a wait of no time says. */
nf_ring_result nf_ring_look(nf_ring_receiver *receiver);
/* Whether the sender's process has ended without closing; it may have left messages. */
bool nf_ring_sender_is_dead(const nf_ring_receiver *receiver);

/* Looks for more messages; false when none is published. For the functions below. */
bool nf_ring_refill(nf_ring_receiver *receiver);

/* The next message, or NULL; it stays until nf_ring_pop(). */
static inline const void *nf_ring_front(nf_ring_receiver *receiver)
{
    if (receiver->at >= receiver->stop && !nf_ring_refill(receiver)) return NULL;
    return receiver->at;
}

static inline void nf_ring_pop(nf_ring_receiver *receiver)
{
    receiver->at += receiver->ring.message_bytes;
}

/* In a ring of messages of two bytes: NF_RING_OK, or NF_RING_WAIT when it is empty. */
static inline nf_ring_result nf_ring_receive_word(nf_ring_receiver *receiver, uint16_t *word)
{
    if (__builtin_expect(receiver->at >= receiver->stop, 0) && !nf_ring_refill(receiver))
        return NF_RING_WAIT;
    *word = *(const uint16_t *)(const void *)receiver->at;
    receiver->at += sizeof *word;
    return NF_RING_OK;
}

/* Copies messages, at most capacity of them; how many there were. */
size_t nf_ring_receive_many(nf_ring_receiver *receiver, void *messages, size_t capacity);

#endif
