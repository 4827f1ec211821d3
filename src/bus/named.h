/*
 * Rings by name, for processes that know nothing else of each other: one opens a name to send,
 * another one to receive, in whatever order.
 *
 *     nf_ring_sender_open(&named, "prices", 2, 1792, &sender, error);
 *     while (nf_named_ring_meet(&named, timeout_ns) == NF_RING_WAIT) ...
 *     ... as with any ring ...
 *     nf_named_ring_close(&named);
 *
 * A name is good for one meeting. Who comes first makes the ring, in a file of shared memory that
 * is the user's alone; who comes second takes the name away, so that nothing is left behind,
 * however the two end. Who gives up before that takes it away himself; if he is killed instead, the
 * next one to use the name finds him dead, and makes a new ring.
 *
 * A file is taken for what it is: one that belongs to another user, that others may write, that is
 * no ring, or one of another shape, is refused. Who has the same user's rights can still cut the
 * file off under a ring in use, which makes its memory fail (SIGBUS): see nf_named_ring_contains().
 */
#ifndef NF_BUS_NAMED_H
#define NF_BUS_NAMED_H

#include "ring.h"

enum { NF_RING_NAME_MAX = 64 };

typedef enum nf_ring_end { NF_RING_SENDER, NF_RING_RECEIVER } nf_ring_end;

typedef struct nf_named_ring {
    nf_ring ring;
    nf_ring_end end; /* this process's */
    void *memory;
    size_t bytes;
    int file; /* locked for a moment by who comes or goes; -1 when the two have met */
    char path[NF_RING_NAME_MAX + 24];
} nf_named_ring;

/* name: letters, digits, dots, dashes and underscores. messages: what the ring is to hold, if it
 * is not there yet. NF_ARGUMENT: no such name or size; NF_BUSY: that end is taken; NF_CORRUPT:
 * what has the name is no such ring, or not this user's; NF_OS. Nothing to close after a
 * failure. */
nf_status nf_ring_sender_open(nf_named_ring *named, const char *name, size_t message_bytes,
                              size_t messages, nf_ring_sender *sender, nf_error *error);
nf_status nf_ring_receiver_open(nf_named_ring *named, const char *name, size_t message_bytes,
                                size_t messages, nf_ring_receiver *receiver, nf_error *error);

/* Waits for the other end: NF_RING_OK when it has come; NF_RING_WAIT when the time is over. */
nf_ring_result nf_named_ring_meet(nf_named_ring *named, uint64_t timeout_ns);

/* Whether the address is the ring's. */
static inline bool nf_named_ring_contains(const nf_named_ring *named, uintptr_t address)
{
    return address - (uintptr_t)named->memory < named->bytes;
}
/* Puts zeroed memory, of this process alone, in the ring's place; the other end looks as if nobody
 * had come. For a handler of SIGBUS. False: it could not be done. */
bool nf_named_ring_detach(const nf_named_ring *named);

/* Behind the end's own close. Takes the name away if nobody has come. */
void nf_named_ring_close(nf_named_ring *named);

#endif
