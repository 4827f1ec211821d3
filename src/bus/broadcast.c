/*
 * One to many; see broadcast.h for the protocol.
 *
 * The sender fills a cell of its own and copies what is new when it publishes. So receivers, which
 * poll the shared cell, take its line away only once for each publication.
 *
 * A receiver at cell 5 of a memory of 8 cells, when the sender is at cell 17: the place of cell 5
 * holds cell 13, whose `end` is beyond all that cell 5 could have: lost. It goes on at cell 17 - 4 =
 * 13, and counts the messages between. It may be overtaken again, and is then told again.
 */
#include "broadcast.h"
#include "side.h"

enum { MAGIC = 0x74736163 /* "cast" */, WORD = sizeof(uint64_t) };

struct nf_broadcast_memory {
    uint32_t magic; /* the first line never changes once the broadcast is there */
    uint32_t message_bytes;
    uint64_t cell_count;
    uint8_t apart_shape[NF_RING_APART - 16];
    nf_bus_side sender;
    nf_bus_side receivers; /* only their bell */
    uint64_t newest;       /* the cell that is being filled */
    uint8_t apart_newest[NF_RING_APART - 8];
    uint64_t words[];
};

/* --- setting up ------------------------------------------------------------------------------ */

static bool shape_cells(size_t message_bytes, nf_broadcast *shape)
{
    if (message_bytes == 0 || message_bytes > NF_BROADCAST_MESSAGE_BYTES_MAX) return false;
    size_t cell_bytes = (message_bytes + WORD + NF_RING_LINE - 1) & -(size_t)NF_RING_LINE;
    *shape = (nf_broadcast){
        .message_bytes = (uint32_t)message_bytes,
        .payload_bytes = (uint32_t)((cell_bytes - WORD) / message_bytes * message_bytes),
        .cell_bytes = (uint32_t)cell_bytes,
    };
    return true;
}

static bool shape_find(size_t message_bytes, size_t messages, nf_broadcast *shape)
{
    if (!shape_cells(message_bytes, shape)) return false;
    size_t per_cell = shape->payload_bytes / message_bytes, cells = NF_RING_CELLS_MIN;
    if (messages == 0 || messages > NF_RING_CELLS_MAX * per_cell) return false;
    while (cells * per_cell < messages) cells *= 2;
    shape->cell_count = cells;
    return true;
}

static size_t shape_bytes(const nf_broadcast *shape)
{
    return sizeof(struct nf_broadcast_memory) + shape->cell_count * shape->cell_bytes;
}

size_t nf_broadcast_bytes(size_t message_bytes, size_t messages)
{
    nf_broadcast shape;
    return shape_find(message_bytes, messages, &shape) ? shape_bytes(&shape) : 0;
}

static nf_status check_memory(const void *memory, size_t bytes, size_t needed, nf_error *error)
{
    if (bytes >= needed && (uintptr_t)memory % NF_RING_APART == 0) return NF_OK;
    return nf_fail(error, NF_ARGUMENT, "a broadcast needs %zu bytes aligned to %d", needed,
                   NF_RING_APART);
}

nf_status nf_broadcast_init(nf_broadcast *broadcast, void *memory, size_t bytes,
                            size_t message_bytes, size_t messages, nf_error *error)
{
    if (!shape_find(message_bytes, messages, broadcast))
        return nf_fail(error, NF_ARGUMENT, "no broadcast of %zu messages of %zu bytes", messages,
                       message_bytes);
    nf_status status = check_memory(memory, bytes, shape_bytes(broadcast), error);
    if (status != NF_OK) return status;
    broadcast->memory = memory;
    broadcast->memory->message_bytes = broadcast->message_bytes;
    broadcast->memory->cell_count = broadcast->cell_count;
    __atomic_store_n(&broadcast->memory->magic, MAGIC, __ATOMIC_RELEASE);
    return NF_OK;
}

nf_status nf_broadcast_open(nf_broadcast *broadcast, void *memory, size_t bytes, nf_error *error)
{
    struct nf_broadcast_memory *found = memory;
    nf_status status = check_memory(memory, bytes, sizeof *found, error);
    if (status != NF_OK) return status;
    bool is_broadcast = __atomic_load_n(&found->magic, __ATOMIC_ACQUIRE) == MAGIC;
    uint64_t cells = __atomic_load_n(&found->cell_count, __ATOMIC_RELAXED);
    uint32_t message_bytes = __atomic_load_n(&found->message_bytes, __ATOMIC_RELAXED);
    if (!is_broadcast || !shape_cells(message_bytes, broadcast) || cells < NF_RING_CELLS_MIN ||
        cells > NF_RING_CELLS_MAX || (cells & (cells - 1)) != 0)
        return nf_fail(error, NF_CORRUPT, "there is no broadcast in this memory");
    broadcast->cell_count = cells;
    broadcast->memory = memory;
    return check_memory(memory, bytes, shape_bytes(broadcast), error);
}

nf_status nf_broadcast_sender_attach(const nf_broadcast *broadcast, nf_broadcast_sender *sender,
                                     nf_error *error)
{
    *sender = (nf_broadcast_sender){.broadcast = *broadcast};
    return nf_bus_side_attach(&broadcast->memory->sender, "sender", error);
}

/* To the beginning of a cell. */
static void stand_at(nf_broadcast_receiver *receiver, uint64_t cell)
{
    receiver->cell = cell;
    receiver->base = cell * receiver->broadcast.payload_bytes;
    receiver->at = receiver->stop = 0;
}

void nf_broadcast_receiver_attach(const nf_broadcast *broadcast, nf_broadcast_receiver *receiver)
{
    *receiver = (nf_broadcast_receiver){.broadcast = *broadcast, .patience = NF_BUS_PATIENCE_MAX};
    nf_os_fence_register();
    stand_at(receiver, __atomic_load_n(&broadcast->memory->newest, __ATOMIC_ACQUIRE));
}

/* The words of a cell, counted through all laps, and the one that says where it ends. */
static uint64_t *cell_at(const nf_broadcast *broadcast, uint64_t cell)
{
    uint64_t place = cell & (broadcast->cell_count - 1);
    return broadcast->memory->words + place * (broadcast->cell_bytes / WORD);
}

static uint64_t *cell_end(const nf_broadcast *broadcast, uint64_t cell)
{
    return cell_at(broadcast, cell) + broadcast->cell_bytes / WORD - 1;
}

/* --- sending --------------------------------------------------------------------------------- */

void nf_broadcast_flush(nf_broadcast_sender *sender)
{
    uint64_t *words = cell_at(&sender->broadcast, sender->cell);
    uint64_t *end = cell_end(&sender->broadcast, sender->cell);
    if (sender->at == sender->published) return;
    if (sender->published == 0) __atomic_store_n(end, sender->base, __ATOMIC_RELEASE);
    for (uint32_t i = sender->published / WORD; i * WORD < sender->at; i++)
        __atomic_store_n(&words[i], sender->words[i], __ATOMIC_RELEASE);
    __atomic_store_n(end, sender->base + sender->at, __ATOMIC_RELEASE);
    sender->published = sender->at;
    nf_bus_tell(&sender->broadcast.memory->receivers.asleep, &sender->counts);
}

void nf_broadcast_next_cell(nf_broadcast_sender *sender)
{
    nf_broadcast_flush(sender);
    sender->cell++;
    sender->base += sender->broadcast.payload_bytes;
    sender->at = sender->published = 0;
    __atomic_store_n(&sender->broadcast.memory->newest, sender->cell, __ATOMIC_RELEASE);
}

void nf_broadcast_sender_close(nf_broadcast_sender *sender)
{
    nf_broadcast_flush(sender);
    __atomic_store_n(&sender->broadcast.memory->sender.closed, 1, __ATOMIC_RELEASE);
    nf_bus_tell(&sender->broadcast.memory->receivers.asleep, &sender->counts);
}

/* --- receiving ------------------------------------------------------------------------------- */

static nf_ring_result lose(nf_broadcast_receiver *receiver)
{
    const nf_broadcast *broadcast = &receiver->broadcast;
    uint64_t newest = __atomic_load_n(&broadcast->memory->newest, __ATOMIC_ACQUIRE);
    uint64_t half = broadcast->cell_count / 2, place = receiver->base + receiver->at;
    /* Newer than the cell that was overwritten, unless the sender's memory lies. */
    stand_at(receiver, newest > receiver->cell + half ? newest - half : receiver->cell + 1);
    receiver->lost += (receiver->base - place) / broadcast->message_bytes;
    return NF_RING_LOST;
}

/* How many bytes of its messages the receiver's cell has; beyond what it could have: overwritten;
 * below 0: not yet written. */
static int64_t cell_fill(const nf_broadcast_receiver *receiver)
{
    const uint64_t *end = cell_end(&receiver->broadcast, receiver->cell);
    return (int64_t)(__atomic_load_n(end, __ATOMIC_ACQUIRE) - receiver->base);
}

static nf_ring_result refill(nf_broadcast_receiver *receiver)
{
    int64_t payload = receiver->broadcast.payload_bytes;
    if (receiver->at == payload) stand_at(receiver, receiver->cell + 1);
    int64_t fill = cell_fill(receiver);
    if (fill > payload) return lose(receiver);
    if (fill <= (int64_t)receiver->at) return NF_RING_WAIT;
    const uint64_t *words = cell_at(&receiver->broadcast, receiver->cell);
    for (uint32_t i = receiver->at / WORD; i * WORD < (uint32_t)fill; i++)
        receiver->words[i] = __atomic_load_n(&words[i], __ATOMIC_ACQUIRE);
    if (cell_fill(receiver) > payload) return lose(receiver);
    receiver->stop = (uint32_t)fill;
    return NF_RING_OK;
}

nf_ring_result nf_broadcast_look(nf_broadcast_receiver *receiver)
{
    if (receiver->at < receiver->stop) return NF_RING_OK;
    nf_ring_result result = refill(receiver);
    bool ended =
        result == NF_RING_WAIT && nf_bus_side_is_closed(&receiver->broadcast.memory->sender);
    if (!ended) return result;
    result = refill(receiver); /* what came just before */
    return result == NF_RING_WAIT ? NF_RING_CLOSED : result;
}

static nf_ring_result look(void *context)
{
    return nf_broadcast_look(context);
}

static bool sender_is_dead(void *context)
{
    const nf_broadcast_receiver *receiver = context;
    return nf_bus_side_is_dead(&receiver->broadcast.memory->sender);
}

nf_ring_result nf_broadcast_wait(nf_broadcast_receiver *receiver, uint64_t timeout_ns)
{
    for (uint32_t i = 0; i < receiver->patience && timeout_ns > 0; i++) {
        nf_ring_result result = nf_broadcast_look(receiver);
        if (result != NF_RING_WAIT)
            return nf_bus_spun(i, &receiver->patience, &receiver->counts), result;
        nf_os_relax();
    }
    nf_bus_spun(receiver->patience, &receiver->patience, &receiver->counts);
    const nf_bus_waiter waiter = {look, sender_is_dead, receiver,
                                  &receiver->broadcast.memory->receivers.asleep, &receiver->counts};
    return nf_bus_doze(&waiter, timeout_ns);
}
