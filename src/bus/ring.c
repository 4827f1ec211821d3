/*
 * Rings of messages: setting up, and what happens once a cell; see ring.h for layout and protocol.
 *
 * A sender, for a ring of 4 cells of 28 words each, with the receiver at its 3rd word:
 *
 *     sends 28 words      into cell 0, unpublished as yet: no shared line but that one is touched
 *     sends the 29th      next_cell(): cell 0 gets end = 56; cell 1 < room 4, nothing to load
 *     sends the 113th     next_cell(): cell 3 gets end = 224; cell 4 is not below room, so `released`
 *                         is loaded, which is 0: full. It has been published, so looking again
 *                         stores nothing.
 *     receiver reads 28   and goes on to cell 1: it has a quarter of the ring, released = 1
 *     sends again         `released` is loaded, room is 5, and word 113 goes to where word 1 was
 *
 * A cell was last touched by the receiver, so the sender's first store to it would wait for the
 * line. Hence lines are asked for some cells before they are written, but only those that the
 * receiver has handed back: others it may still read.
 *
 * A receiver that looks at the line that is being filled takes it from the sender, whose next store
 * must get it back. So a receiver that has come to the end of a stream of full cells lets the sender
 * get ahead, and then finds several; one that was given single messages looks without a pause, for
 * the next one is awaited.
 */
#include "side.h"

enum {
    MAGIC = 0x676e6972, /* "ring" */
    QUARTER = 4,
    AHEAD = 4,          /* cells */
    STREAM_PAUSES = 16, /* some 0.7 us */
    END_BYTES = sizeof(uint64_t),
};

struct nf_ring_memory {
    uint32_t magic; /* the first line never changes once the ring is there */
    uint32_t message_bytes;
    uint64_t cell_count;
    uint8_t apart_shape[NF_RING_APART - 16];
    nf_bus_side receiver, sender;
    uint64_t released; /* cells that the receiver has handed back */
    uint8_t apart_released[NF_RING_APART - 8];
    uint8_t cells[];
};

_Static_assert(sizeof(struct nf_ring_memory) == 4 * NF_RING_APART, "as drawn in ring.h");

/* --- setting up ------------------------------------------------------------------------------ */

/* The cells of a ring for messages of this size; false when there are none. */
static bool shape_cells(size_t message_bytes, nf_ring *ring)
{
    if (message_bytes == 0 || message_bytes > NF_RING_MESSAGE_BYTES_MAX) return false;
    size_t cell_bytes = (message_bytes + END_BYTES + NF_RING_LINE - 1) & -(size_t)NF_RING_LINE;
    size_t per_cell = (cell_bytes - END_BYTES) / message_bytes;
    *ring = (nf_ring){
        .message_bytes = (uint32_t)message_bytes,
        .payload_bytes = (uint32_t)(per_cell * message_bytes),
        .cell_bytes = (uint32_t)cell_bytes,
    };
    return true;
}

static bool shape_find(size_t message_bytes, size_t messages, nf_ring *ring)
{
    if (!shape_cells(message_bytes, ring)) return false;
    size_t per_cell = ring->payload_bytes / ring->message_bytes, cells = NF_RING_CELLS_MIN;
    if (messages == 0 || messages > NF_RING_CELLS_MAX * per_cell) return false;
    while (cells * per_cell < messages) cells *= 2;
    ring->cell_count = cells;
    return true;
}

static size_t shape_bytes(const nf_ring *ring)
{
    return sizeof(struct nf_ring_memory) + ring->cell_count * ring->cell_bytes;
}

size_t nf_ring_bytes(size_t message_bytes, size_t messages)
{
    nf_ring ring;
    return shape_find(message_bytes, messages, &ring) ? shape_bytes(&ring) : 0;
}

static nf_status check_memory(const void *memory, size_t bytes, size_t needed, nf_error *error)
{
    if ((uintptr_t)memory % NF_RING_APART != 0)
        return nf_fail(error, NF_ARGUMENT, "a ring must be aligned to %d bytes", NF_RING_APART);
    if (bytes < needed)
        return nf_fail(error, NF_ARGUMENT, "a ring of %zu bytes does not fit in %zu", needed,
                       bytes);
    return NF_OK;
}

nf_status nf_ring_init(nf_ring *ring, void *memory, size_t bytes, size_t message_bytes,
                       size_t messages, nf_error *error)
{
    if (!shape_find(message_bytes, messages, ring))
        return nf_fail(error, NF_ARGUMENT, "no ring of %zu messages of %zu bytes", messages,
                       message_bytes);
    nf_status status = check_memory(memory, bytes, shape_bytes(ring), error);
    if (status != NF_OK) return status;
    ring->memory = memory;
    ring->memory->message_bytes = ring->message_bytes;
    ring->memory->cell_count = ring->cell_count;
    __atomic_store_n(&ring->memory->magic, MAGIC, __ATOMIC_RELEASE);
    return NF_OK;
}

nf_status nf_ring_open(nf_ring *ring, void *memory, size_t bytes, nf_error *error)
{
    nf_status status = check_memory(memory, bytes, sizeof(struct nf_ring_memory), error);
    if (status != NF_OK) return status;
    struct nf_ring_memory *found = memory;
    bool is_ring = __atomic_load_n(&found->magic, __ATOMIC_ACQUIRE) == MAGIC;
    uint64_t cells = __atomic_load_n(&found->cell_count, __ATOMIC_RELAXED);
    if (!is_ring || !shape_cells(__atomic_load_n(&found->message_bytes, __ATOMIC_RELAXED), ring) ||
        cells < NF_RING_CELLS_MIN || cells > NF_RING_CELLS_MAX || (cells & (cells - 1)) != 0)
        return nf_fail(error, NF_CORRUPT, "there is no ring in this memory");
    ring->cell_count = cells;
    ring->memory = memory;
    return check_memory(memory, bytes, shape_bytes(ring), error);
}

nf_status nf_ring_sender_attach(const nf_ring *ring, nf_ring_sender *sender, nf_error *error)
{
    struct nf_ring_memory *memory = ring->memory;
    nf_status status = nf_bus_side_attach(&memory->sender, "sender", error);
    if (status != NF_OK) return status;
    *sender = (nf_ring_sender){
        .at = memory->cells,
        .stop = memory->cells + ring->payload_bytes,
        .room = ring->cell_count,
        .ring = *ring,
        .patience = NF_BUS_PATIENCE_MAX,
        .bell = &memory->receiver.asleep,
    };
    return NF_OK;
}

nf_status nf_ring_receiver_attach(const nf_ring *ring, nf_ring_receiver *receiver, nf_error *error)
{
    struct nf_ring_memory *memory = ring->memory;
    nf_status status = nf_bus_side_attach(&memory->receiver, "receiver", error);
    if (status != NF_OK) return status;
    *receiver = (nf_ring_receiver){
        .at = memory->cells,
        .stop = memory->cells,
        .start = memory->cells,
        .ring = *ring,
        .patience = NF_BUS_PATIENCE_MAX,
    };
    return NF_OK;
}

nf_ring_presence nf_ring_sender_presence(const nf_ring *ring)
{
    return nf_bus_side_presence(&ring->memory->sender);
}

nf_ring_presence nf_ring_receiver_presence(const nf_ring *ring)
{
    return nf_bus_side_presence(&ring->memory->receiver);
}

/* The cell of that number, counted through all laps. */
static uint8_t *cell_at(const nf_ring *ring, uint64_t cell)
{
    return ring->memory->cells + (cell & (ring->cell_count - 1)) * ring->cell_bytes;
}

static uint64_t *cell_end(const nf_ring *ring, uint64_t cell)
{
    return (uint64_t *)(void *)(cell_at(ring, cell) + ring->cell_bytes - END_BYTES);
}

/* --- sending --------------------------------------------------------------------------------- */

uint64_t nf_ring_sent_bytes(const nf_ring_sender *sender)
{
    return sender->base + sender->ring.payload_bytes - (uint64_t)(sender->stop - sender->at);
}

void nf_ring_flush(nf_ring_sender *sender)
{
    uint64_t end = nf_ring_sent_bytes(sender);
    if (end == sender->published) return;
    __atomic_store_n(cell_end(&sender->ring, sender->cell), end, __ATOMIC_RELEASE);
    sender->published = end;
    nf_bus_tell(sender->bell, &sender->counts);
}

/* Whether the cell behind this one may be begun. */
static bool has_room(nf_ring_sender *sender)
{
    if (sender->cell + 1 < sender->room) return true;
    uint64_t released = __atomic_load_n(&sender->ring.memory->released, __ATOMIC_ACQUIRE);
    sender->room = released + sender->ring.cell_count;
    return sender->cell + 1 < sender->room;
}

bool nf_ring_next_cell(nf_ring_sender *sender)
{
    nf_ring_flush(sender);
    if (!has_room(sender)) return false;
    sender->cell++;
    sender->base += sender->ring.payload_bytes;
    sender->at = cell_at(&sender->ring, sender->cell);
    sender->stop = sender->at + sender->ring.payload_bytes;
    uint64_t ahead = sender->cell + AHEAD;
    if (ahead < sender->room) nf_os_prefetch_write(cell_end(&sender->ring, ahead));
    return true;
}

size_t nf_ring_send_many(nf_ring_sender *sender, const void *messages, size_t count)
{
    const uint8_t *from = messages;
    size_t left = count * sender->ring.message_bytes;
    while (left > 0) {
        if (sender->at >= sender->stop && !nf_ring_next_cell(sender)) break;
        size_t fits = (size_t)(sender->stop - sender->at), bytes = left < fits ? left : fits;
        __builtin_memcpy(sender->at, from, bytes);
        sender->at += bytes;
        from += bytes;
        left -= bytes;
    }
    return count - left / sender->ring.message_bytes;
}

static nf_ring_result look_for_room(void *context)
{
    nf_ring_sender *sender = context;
    if (nf_bus_side_is_closed(&sender->ring.memory->receiver)) return NF_RING_CLOSED;
    return sender->at < sender->stop || has_room(sender) ? NF_RING_OK : NF_RING_WAIT;
}

static bool receiver_is_dead(void *context)
{
    const nf_ring_sender *sender = context;
    return nf_bus_side_is_dead(&sender->ring.memory->receiver);
}

nf_ring_result nf_ring_wait_room(nf_ring_sender *sender, uint64_t timeout_ns)
{
    nf_ring_flush(sender);
    for (uint32_t i = 0; i < sender->patience && timeout_ns > 0; i++) {
        nf_ring_result result = look_for_room(sender);
        if (result != NF_RING_WAIT)
            return nf_bus_spun(i, &sender->patience, &sender->counts), result;
        nf_os_relax();
    }
    nf_bus_spun(sender->patience, &sender->patience, &sender->counts);
    const nf_bus_waiter waiter = {look_for_room, receiver_is_dead, sender,
                                  &sender->ring.memory->sender.asleep, &sender->counts};
    return nf_bus_doze(&waiter, timeout_ns);
}

void nf_ring_sender_close(nf_ring_sender *sender)
{
    nf_ring_flush(sender);
    __atomic_store_n(&sender->ring.memory->sender.closed, 1, __ATOMIC_RELEASE);
    nf_bus_tell(sender->bell, &sender->counts);
}

/* --- receiving ------------------------------------------------------------------------------- */

uint64_t nf_ring_received_bytes(const nf_ring_receiver *receiver)
{
    return receiver->base + (uint64_t)(receiver->at - receiver->start);
}

static void next_cell(nf_ring_receiver *receiver)
{
    receiver->cell++;
    receiver->base += receiver->ring.payload_bytes;
    receiver->start = cell_at(&receiver->ring, receiver->cell);
    receiver->at = receiver->stop = receiver->start;
}

void nf_ring_release(nf_ring_receiver *receiver)
{
    if (receiver->at == receiver->start + receiver->ring.payload_bytes) next_cell(receiver);
    if (receiver->released == receiver->cell) return;
    receiver->released = receiver->cell;
    __atomic_store_n(&receiver->ring.memory->released, receiver->cell, __ATOMIC_RELEASE);
    nf_bus_tell(&receiver->ring.memory->sender.asleep, &receiver->counts);
}

bool nf_ring_refill(nf_ring_receiver *receiver)
{
    if (receiver->at == receiver->start + receiver->ring.payload_bytes) {
        next_cell(receiver);
        if (receiver->cell - receiver->released > (receiver->ring.cell_count - 1) / QUARTER)
            nf_ring_release(receiver);
    }
    uint64_t end = __atomic_load_n(cell_end(&receiver->ring, receiver->cell), __ATOMIC_ACQUIRE);
    /* Of a former lap: below base, so that the difference is huge. */
    uint64_t fill = end - receiver->base;
    if (fill > receiver->ring.payload_bytes || fill <= (uint64_t)(receiver->at - receiver->start)) {
        nf_ring_release(receiver);
        return false;
    }
    receiver->whole = receiver->at == receiver->start && fill == receiver->ring.payload_bytes;
    receiver->stop = receiver->start + fill;
    return true;
}

size_t nf_ring_receive_many(nf_ring_receiver *receiver, void *messages, size_t capacity)
{
    uint8_t *to = messages;
    size_t left = capacity * receiver->ring.message_bytes;
    while (left > 0) {
        if (receiver->at >= receiver->stop && !nf_ring_refill(receiver)) break;
        size_t there = (size_t)(receiver->stop - receiver->at), bytes = left < there ? left : there;
        bytes -= bytes % receiver->ring.message_bytes; /* it is, unless the other side lies */
        if (bytes == 0) break;
        __builtin_memcpy(to, receiver->at, bytes);
        receiver->at += bytes;
        to += bytes;
        left -= bytes;
    }
    return capacity - left / receiver->ring.message_bytes;
}

nf_ring_result nf_ring_look(nf_ring_receiver *receiver)
{
    if (receiver->at < receiver->stop || nf_ring_refill(receiver)) return NF_RING_OK;
    if (!nf_bus_side_is_closed(&receiver->ring.memory->sender)) return NF_RING_WAIT;
    return nf_ring_refill(receiver) ? NF_RING_OK : NF_RING_CLOSED; /* what came just before */
}

bool nf_ring_sender_is_dead(const nf_ring_receiver *receiver)
{
    return nf_bus_side_is_dead(&receiver->ring.memory->sender);
}

static nf_ring_result look_for_message(void *context)
{
    return nf_ring_look(context);
}

static bool sender_is_dead(void *context)
{
    return nf_ring_sender_is_dead(context);
}

nf_ring_result nf_ring_wait_message(nf_ring_receiver *receiver, uint64_t timeout_ns)
{
    bool streams = receiver->whole && timeout_ns > 0;
    for (int i = 0; i < STREAM_PAUSES && streams; i++) nf_os_relax();
    for (uint32_t i = 0; i < receiver->patience && timeout_ns > 0; i++) {
        nf_ring_result result = nf_ring_look(receiver);
        if (result != NF_RING_WAIT)
            return nf_bus_spun(i, &receiver->patience, &receiver->counts), result;
        nf_os_relax();
    }
    nf_bus_spun(receiver->patience, &receiver->patience, &receiver->counts);
    const nf_bus_waiter waiter = {look_for_message, sender_is_dead, receiver,
                                  &receiver->ring.memory->receiver.asleep, &receiver->counts};
    return nf_bus_doze(&waiter, timeout_ns);
}

void nf_ring_receiver_close(nf_ring_receiver *receiver)
{
    nf_ring_release(receiver);
    __atomic_store_n(&receiver->ring.memory->receiver.closed, 1, __ATOMIC_RELEASE);
    nf_bus_tell(&receiver->ring.memory->sender.asleep, &receiver->counts);
}
