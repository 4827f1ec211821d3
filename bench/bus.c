/*
 * The bus against a ring as textbooks have it, and a round trip against a bare ping-pong of cache
 * lines.
 *
 * Two threads, each kept on a CPU of its own, do bursts: they meet, one sends some ten thousand
 * messages and the other one receives and sums them. A burst is shorter than a scheduler's slice, so
 * that on a busy machine most bursts are undisturbed and medians mean something. All cases are
 * interleaved, burst by burst. The textbook's ring is our own writing of what is usual: an index
 * for each side on a line of its own, published for every message, and the other side's index kept
 * until it is used up.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include "bus/ring.h"
#include "guest/lc3/machine.h"

enum {
    WORDS = 57344, /* a burst */
    TRIPS = 500,
    MACHINE_WORDS = 8192,
    BATCH = 32,
    RING_WORDS = 1792,
    BARE_LINES = 64, /* as many as the ring has */
    BARE_TRIPS = 28, /* a line: as many as it holds words */
    APART_LINES = 8, /* else a load would wait for a store 4096 bytes away, taken for the same */
    LINE = 128,
    ROUNDS = 301,
    ROUNDS_QUICK = 101,
    CPUS_MAX = 1024,
};

static const double SPEED_UP_BOUND = 2, MACHINES_BOUND = 100, TRIP_BOUND = 1.2, NS_PER_US = 1000;

static void fail(const char *message)
{
    fprintf(stderr, "bus: %s\n", message);
    exit(EXIT_FAILURE);
}

/* --- two threads ----------------------------------------------------------------------------- */

/* What is done in a burst: by the thread that is timed, and by the other one. */
typedef struct duet {
    void (*near)(void *context), (*far)(void *context);
    void *context;
} duet;

static struct {
    _Alignas(LINE) const duet *asked; /* atomic; NULL: the end */
    _Alignas(LINE) uint32_t turn;     /* atomic: of the far thread's, counted */
} stage;

enum { FAR_HERE = 1, NEAR_HERE = 2, DONE = 3, OVER = 4 };

static void await(uint32_t turn)
{
    while (__atomic_load_n(&stage.turn, __ATOMIC_ACQUIRE) != turn) nf_os_relax();
}

static void enter(uint32_t turn)
{
    __atomic_store_n(&stage.turn, turn, __ATOMIC_RELEASE);
}

static uint32_t near_cpu, far_cpu;

static void far_thread(void *unused)
{
    (void)unused;
    if (nf_os_thread_pin(far_cpu, NULL) != NF_OK) fail("cannot pin a thread");
    for (;;) {
        await(OVER);
        const duet *d = __atomic_load_n(&stage.asked, __ATOMIC_ACQUIRE);
        if (d == NULL) return;
        enter(FAR_HERE);
        await(NEAR_HERE);
        d->far(d->context);
        enter(DONE);
    }
}

static void burst(void *context)
{
    const duet *d = context;
    __atomic_store_n(&stage.asked, d, __ATOMIC_RELEASE);
    enter(OVER);
    await(FAR_HERE);
    enter(NEAR_HERE);
    d->near(d->context);
    await(DONE);
}

/* --- the textbook's ring --- */

typedef struct textbook {
    _Alignas(LINE) uint64_t written; /* atomic */
    uint64_t read_seen;              /* the writer's */
    _Alignas(LINE) uint64_t read;    /* atomic */
    uint64_t written_seen;           /* the reader's */
    _Alignas(LINE) uint16_t words[2048];
} textbook;

enum { TEXTBOOK_MASK = sizeof((textbook *)0)->words / sizeof(uint16_t) - 1 };

static inline void textbook_send(textbook *t, uint16_t word)
{
    uint64_t at = t->written;
    while (at - t->read_seen > TEXTBOOK_MASK)
        t->read_seen = __atomic_load_n(&t->read, __ATOMIC_ACQUIRE);
    t->words[at & TEXTBOOK_MASK] = word;
    __atomic_store_n(&t->written, at + 1, __ATOMIC_RELEASE);
}

static inline uint16_t textbook_receive(textbook *t)
{
    uint64_t at = t->read;
    while (at == t->written_seen) t->written_seen = __atomic_load_n(&t->written, __ATOMIC_ACQUIRE);
    uint16_t word = t->words[at & TEXTBOOK_MASK];
    __atomic_store_n(&t->read, at + 1, __ATOMIC_RELEASE);
    return word;
}

/* --- our ring --- */

typedef struct channel {
    _Alignas(LINE) nf_ring_sender sender;
    _Alignas(LINE) nf_ring_receiver receiver;
} channel;

static void channel_open(channel *c, uint8_t *memory, size_t bytes)
{
    nf_ring ring;
    if (nf_ring_init(&ring, memory, bytes, sizeof(uint16_t), RING_WORDS, NULL) != NF_OK ||
        nf_ring_sender_attach(&ring, &c->sender, NULL) != NF_OK ||
        nf_ring_receiver_attach(&ring, &c->receiver, NULL) != NF_OK)
        fail("no ring");
}

static inline void channel_send(channel *c, uint16_t word)
{
    while (nf_ring_send_word(&c->sender, word) != NF_RING_OK)
        nf_ring_wait_room(&c->sender, NF_OS_FOREVER);
}

static inline uint16_t channel_receive(channel *c)
{
    uint16_t word;
    while (nf_ring_receive_word(&c->receiver, &word) != NF_RING_OK)
        nf_ring_wait_message(&c->receiver, NF_OS_FOREVER);
    return word;
}

/* --- bursts --- */

static struct {
    textbook textbook;
    channel channel;
} there, back;

static void channels_open(void)
{
    size_t bytes = nf_ring_bytes(sizeof(uint16_t), RING_WORDS);
    uint8_t *memory = nf_os_pages_map(2 * bytes, 0);
    if (memory == NULL) fail("no memory");
    channel_open(&there.channel, memory, bytes);
    channel_open(&back.channel, memory + bytes, bytes);
}

static void check_sum(uint32_t sum)
{
    static const uint32_t wanted = (uint32_t)((uint64_t)WORDS * (WORDS - 1) / 2);
    if (sum != wanted) fail("messages were lost, doubled or changed");
}

static void textbook_send_all(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < WORDS; i++) textbook_send(&there.textbook, (uint16_t)i);
}

static void textbook_receive_all(void *unused)
{
    uint32_t sum = 0;
    (void)unused;
    for (uint32_t i = 0; i < WORDS; i++) sum += textbook_receive(&there.textbook);
    check_sum(sum);
}

static void ring_send_all(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < WORDS; i++) channel_send(&there.channel, (uint16_t)i);
    nf_ring_flush(&there.channel.sender);
}

static void ring_receive_all(void *unused)
{
    uint32_t sum = 0;
    (void)unused;
    for (uint32_t i = 0; i < WORDS; i++) sum += channel_receive(&there.channel);
    check_sum(sum);
}

static void ring_send_batches(void *unused)
{
    uint16_t batch[BATCH];
    (void)unused;
    for (uint32_t i = 0; i < WORDS; i += BATCH) {
        for (uint32_t k = 0; k < BATCH; k++) batch[k] = (uint16_t)(i + k);
        for (size_t sent = 0; sent < BATCH;) {
            size_t now = nf_ring_send_many(&there.channel.sender, batch + sent, BATCH - sent);
            if (now == 0) nf_ring_wait_room(&there.channel.sender, NF_OS_FOREVER);
            sent += now;
        }
    }
    nf_ring_flush(&there.channel.sender);
}

static void ring_receive_batches(void *unused)
{
    uint16_t batch[BATCH];
    uint32_t sum = 0;
    (void)unused;
    for (size_t left = WORDS; left > 0;) {
        size_t now = nf_ring_receive_many(&there.channel.receiver, batch, BATCH);
        if (now == 0) nf_ring_wait_message(&there.channel.receiver, NF_OS_FOREVER);
        for (size_t i = 0; i < now; i++) sum += batch[i];
        left -= now;
    }
    check_sum(sum);
}

/* As many lines as a ring has, each for as many trips: how long a line takes depends on where in
 * the machine its home is, so that one line alone would be a matter of luck. */
typedef struct bare_line {
    _Alignas(NF_RING_LINE) uint64_t count; /* atomic: trips so far */
} bare_line;

static _Alignas(LINE) bare_line bare_there[BARE_LINES + APART_LINES], bare_back[BARE_LINES];

static uint64_t bare_trips; /* before the burst */

static bare_line *bare_at(bare_line *lines, uint64_t trip)
{
    return &lines[trip / BARE_TRIPS % BARE_LINES];
}

static void bare_ping(void *context)
{
    uint64_t trip = *(uint64_t *)context;
    for (uint64_t last = trip + TRIPS; trip < last;) {
        bare_line *out = bare_at(bare_there, trip), *in = bare_at(bare_back, trip);
        __atomic_store_n(&out->count, ++trip, __ATOMIC_RELEASE);
        while (__atomic_load_n(&in->count, __ATOMIC_ACQUIRE) != trip) nf_os_relax();
    }
    await(DONE); /* the other one has read the count too */
    *(uint64_t *)context = trip;
}

static void bare_pong(void *context)
{
    uint64_t trip = *(uint64_t *)context;
    for (uint64_t last = trip + TRIPS; trip < last;) {
        bare_line *in = bare_at(bare_there, trip), *out = bare_at(bare_back, trip);
        trip++;
        while (__atomic_load_n(&in->count, __ATOMIC_ACQUIRE) != trip) nf_os_relax();
        __atomic_store_n(&out->count, trip, __ATOMIC_RELEASE);
    }
}

static void textbook_ping(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < TRIPS; i++) {
        textbook_send(&there.textbook, (uint16_t)i);
        if (textbook_receive(&back.textbook) != (uint16_t)i) fail("a message was changed");
    }
}

static void textbook_pong(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < TRIPS; i++)
        textbook_send(&back.textbook, textbook_receive(&there.textbook));
}

static void ring_ping(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < TRIPS; i++) {
        channel_send(&there.channel, (uint16_t)i);
        nf_ring_flush(&there.channel.sender);
        if (channel_receive(&back.channel) != (uint16_t)i) fail("a message was changed");
    }
}

static void ring_pong(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < TRIPS; i++) {
        channel_send(&back.channel, channel_receive(&there.channel));
        nf_ring_flush(&back.channel.sender);
    }
}

/* --- two LC-3 machines --- */

static nf_lc3_bus machine_send(void *unused, uint16_t word)
{
    (void)unused;
    channel_send(&there.channel, word);
    return NF_LC3_BUS_DONE;
}

static nf_lc3_bus machine_receive(void *unused, uint16_t *word)
{
    (void)unused;
    *word = channel_receive(&there.channel);
    return NF_LC3_BUS_DONE;
}

/* LOOP TRAP x30, ADD R0, R0, #1, BR LOOP; and LOOP TRAP x31, BR LOOP. */
static const uint16_t sender_words[] = {0xf030, 0x1021, 0x0ffd},
                      receiver_words[] = {0xf031, 0x0ffe};
enum { SENDER_LOOP = 3, RECEIVER_LOOP = 2 };

static nf_lc3 *sender_machine, *receiver_machine;

static nf_lc3 *machine_make(const uint16_t *words, size_t count)
{
    const nf_lc3_config config = {
        .edition = NF_LC3_EDITION_3,
        .hooks = {.send = machine_send, .receive = machine_receive},
    };
    nf_lc3 *machine;
    if (nf_lc3_new(&config, &machine, NULL) != NF_OK ||
        nf_lc3_load(machine, NF_LC3_USER_START, words, count, NULL) != NF_OK)
        fail("no machine");
    nf_lc3_start(machine, NF_LC3_USER_START);
    return machine;
}

static void machine_send_all(void *unused)
{
    (void)unused;
    nf_lc3_run(sender_machine, MACHINE_WORDS * SENDER_LOOP);
    nf_ring_flush(&there.channel.sender);
}

static void machine_receive_all(void *unused)
{
    (void)unused;
    nf_lc3_run(receiver_machine, MACHINE_WORDS * RECEIVER_LOOP);
    uint16_t due = (uint16_t)(sender_machine->reg[0] - 1);
    if (receiver_machine->reg[0] != due) fail("messages were lost, doubled or changed");
}

/* --- rows --- */

enum { TEXTBOOK, SINGLE, BATCHES, MACHINES, BARE, TEXTBOOK_TRIP, RING_TRIP, CASES };

static duet duets[CASES] = {
    [TEXTBOOK] = {textbook_send_all, textbook_receive_all, NULL},
    [SINGLE] = {ring_send_all, ring_receive_all, NULL},
    [BATCHES] = {ring_send_batches, ring_receive_batches, NULL},
    [MACHINES] = {machine_send_all, machine_receive_all, NULL},
    [BARE] = {bare_ping, bare_pong, &bare_trips},
    [TEXTBOOK_TRIP] = {textbook_ping, textbook_pong, NULL},
    [RING_TRIP] = {ring_ping, ring_pong, NULL},
};

static double rate(const bench_case *c, double words)
{
    return words / c->median_ns * NS_PER_US;
}

static void report(bench *b, const bench_case *cases)
{
    double textbook_rate = rate(&cases[TEXTBOOK], WORDS), single = rate(&cases[SINGLE], WORDS);
    double bare_ns = cases[BARE].median_ns / TRIPS, trip_ns = cases[RING_TRIP].median_ns / TRIPS;
    bench_row(b, "textbook ring, words one by one", textbook_rate, "M/s");
    bench_row(b, "ring, words one by one", single, "M/s");
    bench_row(b, "ring, batches of 32 words", rate(&cases[BATCHES], WORDS), "M/s");
    bench_row_at_least(b, "ring over textbook ring, one by one", single / textbook_rate, "x",
                       SPEED_UP_BOUND);
    bench_row_at_least(b, "LC-3 to LC-3, both interpreted", rate(&cases[MACHINES], MACHINE_WORDS),
                       "M/s", MACHINES_BOUND);
    bench_row(b, "ping-pong of bare cache lines, round trip", bare_ns, "ns");
    bench_row(b, "textbook ring, round trip", cases[TEXTBOOK_TRIP].median_ns / TRIPS, "ns");
    bench_row(b, "ring, round trip", trip_ns, "ns");
    bench_row_at_most(b, "ring over ping-pong, round trip", trip_ns / bare_ns, "x", TRIP_BOUND);
}

/* The first CPU from that number on that this process may use. */
static uint32_t cpu_from(uint32_t cpu)
{
    while (cpu < CPUS_MAX && nf_os_thread_pin(cpu, NULL) != NF_OK) cpu++;
    return cpu;
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "bus", "messages of 16 bits from one CPU to another");
    bench_case cases[CASES];
    nf_os_thread far;
    if (nf_os_cpu_count() < 2) {
        bench_note(b, "one processor: nothing is measured");
        return bench_end(b);
    }
    near_cpu = cpu_from(0);
    far_cpu = cpu_from(near_cpu + 1);
    nf_os_thread_pin(near_cpu, NULL);
    channels_open();
    sender_machine = machine_make(sender_words, SENDER_LOOP);
    receiver_machine = machine_make(receiver_words, RECEIVER_LOOP);
    if (nf_os_thread_create(&far, "far", far_thread, NULL, NULL) != NF_OK) fail("no thread");
    for (int i = 0; i < CASES; i++)
        cases[i] = (bench_case){.run = burst, .context = &duets[i], .repeats = 1};
    bench_interleave(cases, CASES, bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS);
    report(b, cases);
    __atomic_store_n(&stage.asked, NULL, __ATOMIC_RELEASE);
    enter(OVER);
    nf_os_thread_join(&far);
    nf_lc3_free(sender_machine);
    nf_lc3_free(receiver_machine);
    return bench_end(b);
}
