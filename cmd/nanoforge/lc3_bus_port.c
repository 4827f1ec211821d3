/*
 * The ports of nanoforge lc3 bus: what TRAP x30 and x31 do on each kind of connection.
 *
 * A port that cannot go on waits here, inside the trap, after both ports of its node have given
 * others what they kept to themselves: else two programs could wait for what the other one has sent
 * but not published. Waits are cut, so that a stop is noticed. The end of the other side ends the
 * program at its trap (NF_LC3_BUS_DEAD), as does a port that leads nowhere.
 */
#include <sys/mman.h>
#include "lc3_bus.h"

enum { WAIT_NS = 50000000, STAMPS_SPARE = 4 };

/* --- latency --- */

/* The place of a message that is sampled, by the bytes that went before it in its stream; NULL for
 * the others. */
static uint64_t *stamp_of(const bus_stamps *stamps, uint64_t bytes_before)
{
    uint64_t number = bytes_before / BUS_WORD_BYTES;
    if (number % BUS_SAMPLE != 0) return NULL;
    return &stamps->ticks[number / BUS_SAMPLE & stamps->mask];
}

static inline void note_sent(const bus_node *node, uint64_t bytes_before)
{
    uint64_t *place = stamp_of(&node->stamps, bytes_before);
    if (place) __atomic_store_n(place, nf_os_tsc_start(), __ATOMIC_RELAXED);
}

static inline void note_received(bus_node *node, const bus_stamps *stamps, uint64_t bytes_before)
{
    const uint64_t *place = stamp_of(stamps, bytes_before);
    if (place == NULL) return;
    const double ns_per_second = 1e9;
    uint64_t now = nf_os_tsc_start(), sent = __atomic_load_n(place, __ATOMIC_RELAXED);
    double ns = now > sent ? (double)(now - sent) * ns_per_second / (double)nf_os_tsc_hz() : 0;
    nf_histogram_add(&node->latency_ns, (uint64_t)ns);
}

/* --- waiting --- */

static bool is_stopped(const bus_node *node)
{
    return __atomic_load_n(&node->run->stop, __ATOMIC_ACQUIRE);
}

/* NF_LC3_BUS_DONE when the node's port has found what it waits for. */
static nf_lc3_bus wait_for(bus_node *node, const bus_port_kind *port)
{
    nf_ring_result result;
    node->out->flush(node);
    node->in->flush(node);
    __atomic_store_n(&node->waits, 1, __ATOMIC_RELEASE);
    do result = port->wait(node, WAIT_NS);
    while (result == NF_RING_WAIT && !is_stopped(node));
    __atomic_store_n(&node->waits, 0, __ATOMIC_RELEASE);
    if (result == NF_RING_CLOSED || result == NF_RING_DEAD) return NF_LC3_BUS_DEAD;
    if (result == NF_RING_WAIT) return NF_LC3_BUS_WAIT; /* told to stop */
    __atomic_store_n(&node->passed, node->passed + 1, __ATOMIC_RELEASE);
    return NF_LC3_BUS_DONE;
}

/* --- no port --- */

static nf_status none_attach(bus_node *node, nf_error *error)
{
    (void)node;
    (void)error;
    return NF_OK;
}

static nf_lc3_bus none_send(void *node, uint16_t word)
{
    (void)node;
    (void)word;
    return NF_LC3_BUS_DEAD;
}

static nf_lc3_bus none_receive(void *node, uint16_t *word)
{
    (void)node;
    (void)word;
    return NF_LC3_BUS_DEAD;
}

static void none_do(bus_node *node)
{
    (void)node;
}

static void none_count(const bus_node *node, bus_totals *totals)
{
    (void)node;
    (void)totals;
}

const bus_port_kind bus_no_port = {none_attach, none_send, none_receive, NULL,
                                   none_do,     none_do,   none_count};

/* --- rings --- */

static nf_status ring_out_attach(bus_node *node, nf_error *error)
{
    return nf_ring_sender_attach(&node->ring_out, &node->ring_sender, error);
}

static nf_lc3_bus ring_send(void *context, uint16_t word)
{
    bus_node *node = context;
    nf_ring_sender *sender = &node->ring_sender;
    uint16_t *slot;
    while ((slot = nf_ring_slot(sender)) == NULL) {
        nf_lc3_bus waited = wait_for(node, node->out);
        if (waited != NF_LC3_BUS_DONE) return waited;
    }
    note_sent(node, nf_ring_sent_bytes(sender));
    *slot = word;
    nf_ring_commit(sender);
    return NF_LC3_BUS_DONE;
}

static nf_ring_result ring_out_wait(bus_node *node, uint64_t timeout_ns)
{
    return nf_ring_wait_room(&node->ring_sender, timeout_ns);
}

static void ring_out_flush(bus_node *node)
{
    nf_ring_flush(&node->ring_sender);
}

static void ring_out_close(bus_node *node)
{
    nf_ring_sender_close(&node->ring_sender);
}

static void counts_add(bus_totals *totals, const nf_ring_counts *counts)
{
    totals->spins += counts->spins;
    totals->sleeps += counts->sleeps;
}

static void ring_out_count(const bus_node *node, bus_totals *totals)
{
    totals->sent = nf_ring_sent_bytes(&node->ring_sender) / BUS_WORD_BYTES;
    counts_add(totals, &node->ring_sender.counts);
}

const bus_port_kind bus_ring_out = {ring_out_attach, ring_send,      NULL,          ring_out_wait,
                                    ring_out_flush,  ring_out_close, ring_out_count};

static nf_status ring_in_attach(bus_node *node, nf_error *error)
{
    return nf_ring_receiver_attach(&node->ring_in, &node->ring_receiver, error);
}

static nf_lc3_bus ring_receive(void *context, uint16_t *word)
{
    bus_node *node = context;
    nf_ring_receiver *receiver = &node->ring_receiver;
    const uint16_t *message;
    while ((message = nf_ring_front(receiver)) == NULL) {
        nf_lc3_bus waited = wait_for(node, node->in);
        if (waited != NF_LC3_BUS_DONE) return waited;
    }
    note_received(node, node->stamps_in, nf_ring_received_bytes(receiver));
    *word = *message;
    nf_ring_pop(receiver);
    return NF_LC3_BUS_DONE;
}

static nf_ring_result ring_in_wait(bus_node *node, uint64_t timeout_ns)
{
    return nf_ring_wait_message(&node->ring_receiver, timeout_ns);
}

static void ring_in_flush(bus_node *node)
{
    nf_ring_release(&node->ring_receiver);
}

static void ring_in_close(bus_node *node)
{
    nf_ring_receiver_close(&node->ring_receiver);
}

static void ring_in_count(const bus_node *node, bus_totals *totals)
{
    totals->received = nf_ring_received_bytes(&node->ring_receiver) / BUS_WORD_BYTES;
    counts_add(totals, &node->ring_receiver.counts);
}

const bus_port_kind bus_ring_in = {ring_in_attach, NULL,          ring_receive, ring_in_wait,
                                   ring_in_flush,  ring_in_close, ring_in_count};

/* --- many to one --- */

static nf_status gather_attach(bus_node *node, nf_error *error)
{
    return nf_gather_receiver_attach(&node->gather, &node->gather_receiver, error);
}

static nf_lc3_bus gather_receive(void *context, uint16_t *word)
{
    bus_node *node = context;
    nf_gather_receiver *receiver = &node->gather_receiver;
    const uint16_t *message;
    while ((message = nf_gather_front(receiver)) == NULL) {
        nf_lc3_bus waited = wait_for(node, node->in);
        if (waited != NF_LC3_BUS_DONE) return waited;
    }
    const nf_ring_receiver *from = receiver->current;
    note_received(node, &node->stamps_in[from - receiver->rings], nf_ring_received_bytes(from));
    *word = *message;
    nf_gather_pop(receiver);
    return NF_LC3_BUS_DONE;
}

static nf_ring_result gather_wait(bus_node *node, uint64_t timeout_ns)
{
    return nf_gather_wait(&node->gather_receiver, timeout_ns);
}

static void gather_flush(bus_node *node)
{
    nf_gather_receiver *receiver = &node->gather_receiver;
    for (uint32_t i = 0; i < receiver->gather.senders; i++) nf_ring_release(&receiver->rings[i]);
}

static void gather_close(bus_node *node)
{
    nf_gather_receiver_close(&node->gather_receiver);
}

static void gather_count(const bus_node *node, bus_totals *totals)
{
    const nf_gather_receiver *receiver = &node->gather_receiver;
    for (uint32_t i = 0; i < receiver->gather.senders; i++)
        totals->received += nf_ring_received_bytes(&receiver->rings[i]) / BUS_WORD_BYTES;
    counts_add(totals, &receiver->counts);
}

/* Rings are taken in the order of attaching, which is that of the nodes. */
static nf_status gather_out_attach(bus_node *node, nf_error *error)
{
    return nf_gather_sender_attach(&node->gather, &node->ring_sender, error);
}

const bus_port_kind bus_gather_out = {gather_out_attach, ring_send,      NULL,
                                      ring_out_wait,     ring_out_flush, ring_out_close,
                                      ring_out_count};

const bus_port_kind bus_gather_in = {gather_attach, NULL,         gather_receive, gather_wait,
                                     gather_flush,  gather_close, gather_count};

/* --- one to many --- */

static nf_status broadcast_out_attach(bus_node *node, nf_error *error)
{
    return nf_broadcast_sender_attach(&node->broadcast, &node->broadcast_sender, error);
}

static nf_lc3_bus broadcast_send(void *context, uint16_t word)
{
    bus_node *node = context;
    nf_broadcast_sender *sender = &node->broadcast_sender;
    uint16_t *slot = nf_broadcast_slot(sender);
    note_sent(node, sender->base + sender->at);
    *slot = word;
    nf_broadcast_commit(sender);
    return NF_LC3_BUS_DONE;
}

static void broadcast_out_flush(bus_node *node)
{
    nf_broadcast_flush(&node->broadcast_sender);
}

static void broadcast_out_close(bus_node *node)
{
    nf_broadcast_sender_close(&node->broadcast_sender);
}

static void broadcast_out_count(const bus_node *node, bus_totals *totals)
{
    totals->sent = (node->broadcast_sender.base + node->broadcast_sender.at) / BUS_WORD_BYTES;
}

const bus_port_kind bus_broadcast_out = {
    broadcast_out_attach, broadcast_send,     NULL, NULL, broadcast_out_flush,
    broadcast_out_close,  broadcast_out_count};

static nf_status broadcast_in_attach(bus_node *node, nf_error *error)
{
    (void)error;
    nf_broadcast_receiver_attach(&node->broadcast, &node->broadcast_receiver);
    return NF_OK;
}

static nf_lc3_bus broadcast_receive(void *context, uint16_t *word)
{
    bus_node *node = context;
    nf_broadcast_receiver *receiver = &node->broadcast_receiver;
    const uint16_t *message;
    while ((message = nf_broadcast_front(receiver)) == NULL) {
        if (nf_broadcast_look(receiver) == NF_RING_OK) continue;
        nf_lc3_bus waited = wait_for(node, node->in);
        if (waited != NF_LC3_BUS_DONE) return waited;
    }
    note_received(node, node->stamps_in, receiver->base + receiver->at);
    *word = *message;
    nf_broadcast_pop(receiver);
    return NF_LC3_BUS_DONE;
}

static nf_ring_result broadcast_in_wait(bus_node *node, uint64_t timeout_ns)
{
    return nf_broadcast_wait(&node->broadcast_receiver, timeout_ns);
}

static void broadcast_in_count(const bus_node *node, bus_totals *totals)
{
    const nf_broadcast_receiver *receiver = &node->broadcast_receiver;
    totals->lost = receiver->lost;
    totals->received = (receiver->base + receiver->at) / BUS_WORD_BYTES - receiver->lost;
    counts_add(totals, &receiver->counts);
}

/* Nobody knows its receivers. */
const bus_port_kind bus_broadcast_in = {broadcast_in_attach, NULL,    broadcast_receive,
                                        broadcast_in_wait,   none_do, none_do,
                                        broadcast_in_count};

/* --- connecting --- */

void *bus_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) return memory;
    complain("no memory for a bus");
    return NULL;
}

static bool stamps_make(bus_stamps *stamps, size_t words)
{
    size_t places = 1;
    while (places < words * 2 / BUS_SAMPLE + STAMPS_SPARE) places *= 2;
    *stamps = (bus_stamps){bus_memory(places * sizeof(uint64_t)), places - 1};
    return stamps->ticks != NULL;
}

static bool ring_connect(bus_node *from, bus_node *to, size_t words)
{
    size_t bytes = nf_ring_bytes(BUS_WORD_BYTES, words);
    void *memory = bus_memory(bytes);
    from->out = &bus_ring_out;
    to->in = &bus_ring_in;
    to->stamps_in = &from->stamps;
    if (memory == NULL ||
        nf_ring_init(&from->ring_out, memory, bytes, BUS_WORD_BYTES, words, NULL) != NF_OK)
        return false;
    to->ring_in = from->ring_out;
    return true;
}

/* All but the last to the last. */
static bool gather_connect(bus_node *nodes, uint32_t count, size_t words)
{
    static bus_stamps stamps[BUS_PROGRAMS_MAX];
    bus_node *to = &nodes[count - 1];
    size_t bytes = nf_gather_bytes(count - 1, BUS_WORD_BYTES, words);
    void *memory = bus_memory(bytes);
    to->in = &bus_gather_in;
    to->stamps_in = stamps;
    if (memory == NULL ||
        nf_gather_init(&to->gather, memory, bytes, count - 1, BUS_WORD_BYTES, words, NULL) != NF_OK)
        return false;
    for (uint32_t i = 0; i + 1 < count; i++) {
        nodes[i].out = &bus_gather_out;
        nodes[i].gather = to->gather;
        stamps[i] = nodes[i].stamps;
    }
    return true;
}

static bool broadcast_connect(bus_node *nodes, uint32_t count, size_t words)
{
    size_t bytes = nf_broadcast_bytes(BUS_WORD_BYTES, words);
    void *memory = bus_memory(bytes);
    nodes[0].out = &bus_broadcast_out;
    if (memory == NULL ||
        nf_broadcast_init(&nodes[0].broadcast, memory, bytes, BUS_WORD_BYTES, words, NULL) != NF_OK)
        return false;
    for (uint32_t i = 1; i < count; i++) {
        nodes[i].in = &bus_broadcast_in;
        nodes[i].broadcast = nodes[0].broadcast;
        nodes[i].stamps_in = &nodes[0].stamps;
    }
    return true;
}

bool bus_connect(bus_node *nodes, uint32_t count, bus_shape shape, size_t words)
{
    bool fine = true;
    for (uint32_t i = 0; i < count && fine; i++) {
        nodes[i].out = nodes[i].in = &bus_no_port;
        fine = stamps_make(&nodes[i].stamps, words);
    }
    uint32_t links = shape == BUS_CHAIN ? count - 1 : shape == BUS_LOOP ? count : 0;
    for (uint32_t i = 0; i < links && fine; i++)
        fine = ring_connect(&nodes[i], &nodes[i + 1 < count ? i + 1 : 0], words);
    if (shape == BUS_GATHER && fine) fine = gather_connect(nodes, count, words);
    if (shape == BUS_BROADCAST && fine) fine = broadcast_connect(nodes, count, words);
    return fine;
}
