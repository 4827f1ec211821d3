/*
 * Many to one; see gather.h.
 *
 * With senders 0 and 2 of three having published, the receiver at ring 0: it takes what it knows of
 * ring 0, up to a cell, then nf_gather_next() finds nothing in 1, finds 2, and takes from that.
 *
 * A ring whose sender closed or died leaves `open` when everything was received from it, and is not
 * looked at again. Deaths are looked for only on the way to sleep, as they cost a system call each.
 */
#include "gather.h"
#include "side.h"

enum { MAGIC = 0x68746167 /* "gath" */ };

struct nf_gather_memory {
    uint32_t magic;
    uint32_t senders;
    uint64_t ring_bytes;
    uint8_t apart[NF_RING_APART - 16];
    nf_bus_side receiver;
    uint8_t rings[];
};

static size_t ring_bytes(size_t message_bytes, size_t messages)
{
    size_t bytes = nf_ring_bytes(message_bytes, messages);
    return (bytes + NF_RING_APART - 1) & -(size_t)NF_RING_APART;
}

static uint8_t *ring_memory(const nf_gather *gather, uint32_t index)
{
    return gather->memory->rings + index * gather->ring_bytes;
}

static size_t memory_bytes(uint32_t senders, size_t each)
{
    return sizeof(struct nf_gather_memory) + senders * each;
}

size_t nf_gather_bytes(uint32_t senders, size_t message_bytes, size_t messages)
{
    size_t each = ring_bytes(message_bytes, messages);
    if (each == 0 || senders == 0 || senders > NF_GATHER_SENDERS_MAX) return 0;
    return memory_bytes(senders, each);
}

nf_status nf_gather_init(nf_gather *gather, void *memory, size_t bytes, uint32_t senders,
                         size_t message_bytes, size_t messages, nf_error *error)
{
    size_t needed = nf_gather_bytes(senders, message_bytes, messages);
    if (needed == 0)
        return nf_fail(error, NF_ARGUMENT, "no rings of %zu messages of %zu bytes for %u senders",
                       messages, message_bytes, senders);
    if (bytes < needed || (uintptr_t)memory % NF_RING_APART != 0)
        return nf_fail(error, NF_ARGUMENT, "%u rings need %zu bytes aligned to %d", senders, needed,
                       NF_RING_APART);
    *gather = (nf_gather){memory, senders, ring_bytes(message_bytes, messages)};
    for (uint32_t i = 0; i < senders; i++) {
        nf_ring ring;
        nf_status status = nf_ring_init(&ring, ring_memory(gather, i), gather->ring_bytes,
                                        message_bytes, messages, error);
        if (status != NF_OK) return status;
    }
    gather->memory->senders = senders;
    gather->memory->ring_bytes = gather->ring_bytes;
    __atomic_store_n(&gather->memory->magic, MAGIC, __ATOMIC_RELEASE);
    return NF_OK;
}

nf_status nf_gather_open(nf_gather *gather, void *memory, size_t bytes, nf_error *error)
{
    struct nf_gather_memory *found = memory;
    if ((uintptr_t)memory % NF_RING_APART != 0 || bytes < sizeof *found)
        return nf_fail(error, NF_ARGUMENT, "no place for rings");
    bool is_gather = __atomic_load_n(&found->magic, __ATOMIC_ACQUIRE) == MAGIC;
    *gather = (nf_gather){
        .memory = found,
        .senders = __atomic_load_n(&found->senders, __ATOMIC_RELAXED),
        .ring_bytes = __atomic_load_n(&found->ring_bytes, __ATOMIC_RELAXED),
    };
    if (!is_gather || gather->senders == 0 || gather->senders > NF_GATHER_SENDERS_MAX ||
        gather->ring_bytes % NF_RING_APART != 0 || gather->ring_bytes > bytes ||
        memory_bytes(gather->senders, gather->ring_bytes) > bytes)
        return nf_fail(error, NF_CORRUPT, "there are no rings in this memory");
    return NF_OK;
}

/* The rings are opened when they are used: each checks its own first line. */
static nf_status ring_open(const nf_gather *gather, uint32_t index, nf_ring *ring, nf_error *error)
{
    return nf_ring_open(ring, ring_memory(gather, index), gather->ring_bytes, error);
}

nf_status nf_gather_sender_attach(const nf_gather *gather, nf_ring_sender *sender, nf_error *error)
{
    nf_status status = NF_BUSY;
    for (uint32_t i = 0; i < gather->senders && status == NF_BUSY; i++) {
        nf_ring ring;
        status = ring_open(gather, i, &ring, error);
        if (status == NF_OK) status = nf_ring_sender_attach(&ring, sender, error);
    }
    if (status == NF_BUSY)
        return nf_fail(error, NF_BUSY, "there are, or were, %u senders already", gather->senders);
    if (status == NF_OK) sender->bell = &gather->memory->receiver.asleep;
    return status;
}

/* --- receiving ------------------------------------------------------------------------------- */

nf_status nf_gather_receiver_attach(const nf_gather *gather, nf_gather_receiver *receiver,
                                    nf_error *error)
{
    nf_status status = nf_bus_side_attach(&gather->memory->receiver, "receiver", error);
    receiver->gather = *gather;
    receiver->current = receiver->rings;
    receiver->open = ~UINT64_C(0) >> (NF_GATHER_SENDERS_MAX - gather->senders);
    receiver->closed = receiver->dead = 0;
    receiver->patience = NF_BUS_PATIENCE_MAX;
    receiver->counts = (nf_ring_counts){0};
    for (uint32_t i = 0; i < gather->senders && status == NF_OK; i++) {
        nf_ring ring;
        status = ring_open(gather, i, &ring, error);
        if (status == NF_OK) status = nf_ring_receiver_attach(&ring, &receiver->rings[i], error);
    }
    return status;
}

void nf_gather_receiver_close(nf_gather_receiver *receiver)
{
    for (uint32_t i = 0; i < receiver->gather.senders; i++)
        nf_ring_receiver_close(&receiver->rings[i]);
}

bool nf_gather_next(nf_gather_receiver *receiver)
{
    uint32_t count = receiver->gather.senders,
             index = (uint32_t)(receiver->current - receiver->rings);
    for (uint32_t i = 0; i < count; i++) {
        index = index + 1 < count ? index + 1 : 0;
        nf_ring_receiver *ring = &receiver->rings[index];
        if (!(receiver->open >> index & 1)) continue;
        if (ring->at >= ring->stop && !nf_ring_refill(ring)) continue;
        receiver->current = ring;
        return true;
    }
    return false;
}

/* Gives up the open rings that have no message and for which ended() is true, and counts them.
 * Stops at a message: true. */
static bool sweep(nf_gather_receiver *receiver, bool (*ended)(nf_gather_receiver *, uint32_t),
                  uint32_t *count)
{
    for (uint64_t left = receiver->open; left != 0; left &= left - 1) {
        uint32_t index = (uint32_t)__builtin_ctzll(left);
        bool over = ended(receiver, index);
        if (nf_ring_refill(&receiver->rings[index])) return true;
        if (!over) continue;
        receiver->open &= ~(UINT64_C(1) << index);
        ++*count;
    }
    return false;
}

static bool has_closed(nf_gather_receiver *receiver, uint32_t index)
{
    return nf_ring_look(&receiver->rings[index]) == NF_RING_CLOSED;
}

static bool has_died(nf_gather_receiver *receiver, uint32_t index)
{
    return nf_ring_sender_is_dead(&receiver->rings[index]);
}

static nf_ring_result look(void *context)
{
    nf_gather_receiver *receiver = context;
    if (receiver->current->at < receiver->current->stop) return NF_RING_OK;
    if (nf_gather_next(receiver)) return NF_RING_OK;
    if (sweep(receiver, has_closed, &receiver->closed))
        return nf_gather_next(receiver) ? NF_RING_OK : NF_RING_WAIT;
    return receiver->open ? NF_RING_WAIT : NF_RING_CLOSED;
}

static bool all_have_died(void *context)
{
    nf_gather_receiver *receiver = context;
    sweep(receiver, has_died, &receiver->dead);
    return receiver->open == 0;
}

nf_ring_result nf_gather_wait(nf_gather_receiver *receiver, uint64_t timeout_ns)
{
    for (uint32_t i = 0; i < receiver->patience && timeout_ns > 0; i++) {
        nf_ring_result result = look(receiver);
        if (result != NF_RING_WAIT)
            return nf_bus_spun(i, &receiver->patience, &receiver->counts), result;
        nf_os_relax();
    }
    nf_bus_spun(receiver->patience, &receiver->patience, &receiver->counts);
    const nf_bus_waiter waiter = {look, all_have_died, receiver,
                                  &receiver->gather.memory->receiver.asleep, &receiver->counts};
    return nf_bus_doze(&waiter, timeout_ns);
}
