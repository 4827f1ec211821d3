/*
 * Many to one and one to many: random schedules on one thread against models that count, and
 * threads. NF_BUS_SCHEDULES and NF_BUS_THREADS as in test_bus.c; here a tenth of them.
 *
 * A message of a gather is sender << 24 | number; one of a broadcast is its number, three times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include "bus/broadcast.h"
#include "bus/gather.h"
#include "bus/side.h"
#include "lib_environment.h"

enum { ARENA_BYTES = 1 << 16, SENDERS = 3, READERS = 3, NUMBER_BITS = 24 };

static _Alignas(NF_RING_APART) uint8_t arena[ARENA_BYTES];
static const uint64_t DEAD_STAMP = UINT64_C(1) << 40;

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(2685821657736338717) >> 32;
}

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)(random_next(state) % limit);
}

static uint64_t rounds(const char *name, uint64_t otherwise)
{
    return environment_number(name, otherwise) / 10;
}

/* --- many to one ----------------------------------------------------------------------------- */

typedef struct crowd {
    nf_gather gather;
    nf_ring_sender senders[SENDERS];
    nf_gather_receiver receiver;
    uint32_t sent[SENDERS], published[SENDERS], received[SENDERS];
    bool failed;
} crowd;

static void crowd_open(crowd *c, size_t messages)
{
    size_t bytes = nf_gather_bytes(SENDERS, sizeof(uint32_t), messages);
    assert_in_range(bytes, 1, ARENA_BYTES);
    memset(c, 0, sizeof *c);
    memset(arena, 0, bytes);
    assert_int_equal(
        nf_gather_init(&c->gather, arena, bytes, SENDERS, sizeof(uint32_t), messages, NULL), NF_OK);
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(nf_gather_sender_attach(&c->gather, &c->senders[i], NULL), NF_OK);
    assert_int_equal(nf_gather_receiver_attach(&c->gather, &c->receiver, NULL), NF_OK);
}

static bool crowd_send(crowd *c, uint32_t who)
{
    uint32_t *slot = nf_ring_slot(&c->senders[who]);
    if (slot == NULL) return false;
    *slot = who << NUMBER_BITS | c->sent[who]++;
    nf_ring_commit(&c->senders[who]);
    return true;
}

static bool crowd_receive(crowd *c)
{
    const uint32_t *message = nf_gather_front(&c->receiver);
    if (message == NULL) return false;
    uint32_t who = *message >> NUMBER_BITS, number = *message & ((1u << NUMBER_BITS) - 1);
    if (who >= SENDERS || number != c->received[who]++) c->failed = true;
    nf_gather_pop(&c->receiver);
    return true;
}

static void crowd_act(crowd *c, uint64_t *state)
{
    uint32_t who = random_below(state, SENDERS), count = random_below(state, 30);
    switch (random_below(state, 4)) {
    case 0:
        while (count-- > 0 && crowd_send(c, who)) continue;
        break;
    case 1:
        nf_ring_flush(&c->senders[who]);
        c->published[who] = c->sent[who];
        break;
    case 2:
        while (count-- > 0)
            if (!crowd_receive(c)) {
                for (int i = 0; i < SENDERS; i++) c->failed |= c->received[i] < c->published[i];
                break;
            }
        break;
    default:
        if (nf_gather_wait(&c->receiver, 0) > NF_RING_WAIT) c->failed = true;
        break;
    }
}

/* Some close, some die; all that is published arrives, then the end. */
static void crowd_end(crowd *c, uint64_t *state)
{
    uint32_t dead = 0;
    for (int i = 0; i < SENDERS; i++) {
        if (random_below(state, 8) == 0) {
            uint8_t *ring = (uint8_t *)c->senders[i].ring.memory;
            ((nf_bus_side *)(void *)(ring + 2 * NF_RING_APART))->stamp = DEAD_STAMP;
            dead++;
        } else {
            nf_ring_sender_close(&c->senders[i]);
            c->published[i] = c->sent[i];
        }
    }
    nf_ring_result result;
    while ((result = nf_gather_wait(&c->receiver, NF_OS_FOREVER)) == NF_RING_OK) crowd_receive(c);
    assert_int_equal(result, NF_RING_CLOSED);
    assert_int_equal(c->receiver.dead, dead);
    assert_int_equal(c->receiver.closed, SENDERS - dead);
    for (int i = 0; i < SENDERS; i++) assert_true(c->received[i] >= c->published[i]);
}

static void gathers_lose_and_double_nothing(void **unused)
{
    uint64_t count = rounds("NF_BUS_SCHEDULES", 100000);
    (void)unused;
    for (uint64_t seed = 1; seed <= count; seed++) {
        static crowd c;
        uint64_t state = seed * 1000003;
        crowd_open(&c, 1 + random_below(&state, 100));
        for (uint32_t i = random_below(&state, 100); i > 0; i--) crowd_act(&c, &state);
        crowd_end(&c, &state);
        assert_false(c.failed);
    }
}

static void a_gather_has_so_many_senders(void **unused)
{
    static crowd c;
    nf_ring_sender more;
    nf_gather_receiver again;
    nf_error error = {0};
    (void)unused;
    crowd_open(&c, 10);
    assert_int_equal(nf_gather_sender_attach(&c.gather, &more, &error), NF_BUSY);
    assert_string_equal(error.message, "there are, or were, 3 senders already");
    assert_int_equal(nf_gather_receiver_attach(&c.gather, &again, NULL), NF_BUSY);
    assert_int_equal(nf_gather_bytes(0, 4, 4), 0);
    assert_int_equal(nf_gather_bytes(NF_GATHER_SENDERS_MAX + 1, 4, 4), 0);
}

static void a_gather_is_opened_by_what_is_in_memory(void **unused)
{
    static const struct {
        uint32_t offset, value;
    } lies[] = {{0, 1}, {4, 0}, {4, 65}, {8, 100}, {8, 1 << 20}, {12, 1}};
    static crowd c;
    nf_gather found;
    (void)unused;
    crowd_open(&c, 10);
    assert_int_equal(nf_gather_open(&found, arena, ARENA_BYTES, NULL), NF_OK);
    assert_int_equal(found.senders, SENDERS);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        crowd_open(&c, 10);
        memcpy(arena + lies[i].offset, &lies[i].value, sizeof lies[i].value);
        assert_int_equal(nf_gather_open(&found, arena, ARENA_BYTES, NULL), NF_CORRUPT);
    }
    assert_int_equal(nf_gather_open(&found, arena, 255, NULL), NF_ARGUMENT);
}

typedef struct member {
    crowd *crowd;
    uint32_t who, count;
} member;

static void *send_all(void *context)
{
    member *m = context;
    crowd *c = m->crowd;
    while (c->sent[m->who] < m->count) {
        if (!crowd_send(c, m->who)) nf_ring_wait_room(&c->senders[m->who], NF_OS_FOREVER);
        if (c->sent[m->who] % 1000 == 0) nf_os_sleep_ns(10000);
    }
    nf_ring_sender_close(&c->senders[m->who]);
    return NULL;
}

static void threads_gather(void **unused)
{
    uint64_t count = rounds("NF_BUS_THREADS", 300);
    (void)unused;
    for (uint64_t seed = 1; seed <= count; seed++) {
        static crowd c;
        uint64_t state = seed * 1000003;
        pthread_t threads[SENDERS];
        member members[SENDERS];
        crowd_open(&c, 1 + random_below(&state, 500));
        for (uint32_t i = 0; i < SENDERS; i++) {
            members[i] = (member){&c, i, random_below(&state, 20000)};
            assert_int_equal(pthread_create(&threads[i], NULL, send_all, &members[i]), 0);
        }
        while (nf_gather_wait(&c.receiver, NF_OS_FOREVER) == NF_RING_OK)
            while (crowd_receive(&c)) continue;
        for (uint32_t i = 0; i < SENDERS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(c.received[i], members[i].count);
        }
        nf_gather_receiver_close(&c.receiver);
        assert_false(c.failed);
    }
}

/* --- one to many ----------------------------------------------------------------------------- */

typedef struct triple {
    uint64_t number[3];
} triple;

typedef struct reader {
    nf_broadcast_receiver receiver;
    uint64_t next;
    bool failed;
} reader;

typedef struct feed {
    nf_broadcast broadcast;
    nf_broadcast_sender sender;
    reader readers[READERS];
    uint64_t sent, flushed, per_cell;
} feed;

static void feed_open(feed *f, size_t messages)
{
    size_t bytes = nf_broadcast_bytes(sizeof(triple), messages);
    assert_in_range(bytes, 1, ARENA_BYTES);
    memset(f, 0, sizeof *f);
    memset(arena, 0, bytes);
    assert_int_equal(nf_broadcast_init(&f->broadcast, arena, bytes, sizeof(triple), messages, NULL),
                     NF_OK);
    assert_int_equal(nf_broadcast_sender_attach(&f->broadcast, &f->sender, NULL), NF_OK);
    for (int i = 0; i < READERS; i++)
        nf_broadcast_receiver_attach(&f->broadcast, &f->readers[i].receiver);
    f->per_cell = f->broadcast.payload_bytes / sizeof(triple);
}

static void feed_send(feed *f)
{
    triple *slot = nf_broadcast_slot(&f->sender);
    for (int i = 0; i < 3; i++) slot->number[i] = f->sent;
    f->sent++;
    nf_broadcast_commit(&f->sender);
}

/* Takes one message, or a loss, which must be counted to the message. */
static nf_ring_result reader_read(reader *r)
{
    uint64_t lost = r->receiver.lost;
    nf_ring_result result = nf_broadcast_look(&r->receiver);
    if (result == NF_RING_LOST) r->next += r->receiver.lost - lost;
    if (result != NF_RING_OK) return result;
    const triple *message = nf_broadcast_front(&r->receiver);
    for (int i = 0; i < 3; i++) r->failed |= message->number[i] != r->next;
    r->next++;
    nf_broadcast_pop(&r->receiver);
    return result;
}

static void feed_act(feed *f, uint64_t *state)
{
    reader *r = &f->readers[random_below(state, READERS)];
    uint32_t count = random_below(state, 20);
    uint64_t safe = (f->broadcast.cell_count - 1) * f->per_cell;
    nf_ring_result result = NF_RING_OK;
    switch (random_below(state, 3)) {
    case 0:
        for (; count > 0; count--) feed_send(f);
        break;
    case 1:
        nf_broadcast_flush(&f->sender);
        f->flushed = f->sent;
        break;
    default:
        while (count-- > 0 && result == NF_RING_OK) {
            uint64_t behind = f->sent - r->next;
            result = reader_read(r);
            if (result == NF_RING_LOST && behind < safe) r->failed = true;
            if (result == NF_RING_WAIT && r->next < f->flushed) r->failed = true;
        }
        break;
    }
}

static void broadcasts_lose_only_what_they_tell(void **unused)
{
    uint64_t count = rounds("NF_BUS_SCHEDULES", 100000);
    (void)unused;
    for (uint64_t seed = 1; seed <= count; seed++) {
        static feed f;
        uint64_t state = seed * 1000003;
        feed_open(&f, 1 + random_below(&state, 50));
        for (uint32_t i = random_below(&state, 200); i > 0; i--) feed_act(&f, &state);
        nf_broadcast_sender_close(&f.sender);
        for (int i = 0; i < READERS; i++) {
            nf_ring_result result;
            do result = reader_read(&f.readers[i]);
            while (result == NF_RING_OK || result == NF_RING_LOST);
            assert_int_equal(result, NF_RING_CLOSED);
            assert_int_equal(f.readers[i].next, f.sent);
            assert_false(f.readers[i].failed);
        }
    }
}

static void a_feed_whose_sender_died_ends(void **unused)
{
    static feed f;
    (void)unused;
    feed_open(&f, 10);
    feed_send(&f);
    nf_broadcast_flush(&f.sender);
    ((nf_bus_side *)(void *)(arena + NF_RING_APART))->stamp = DEAD_STAMP;
    assert_int_equal(nf_broadcast_wait(&f.readers[0].receiver, NF_OS_FOREVER), NF_RING_OK);
    assert_int_equal(reader_read(&f.readers[0]), NF_RING_OK);
    assert_int_equal(nf_broadcast_wait(&f.readers[0].receiver, NF_OS_FOREVER), NF_RING_DEAD);
}

static void a_feed_is_opened_by_what_is_in_memory(void **unused)
{
    static const struct {
        uint32_t offset, value;
    } lies[] = {{0, 1}, {4, 0}, {4, 249}, {8, 0}, {8, 3}, {12, 1}};
    static feed f;
    nf_broadcast found;
    nf_broadcast_sender again;
    (void)unused;
    feed_open(&f, 10);
    assert_int_equal(nf_broadcast_open(&found, arena, ARENA_BYTES, NULL), NF_OK);
    assert_memory_equal(&found, &f.broadcast, sizeof found);
    assert_int_equal(nf_broadcast_sender_attach(&found, &again, NULL), NF_BUSY);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        feed_open(&f, 10);
        memcpy(arena + lies[i].offset, &lies[i].value, sizeof lies[i].value);
        assert_int_equal(nf_broadcast_open(&found, arena, ARENA_BYTES, NULL), NF_CORRUPT);
    }
    assert_int_equal(nf_broadcast_bytes(NF_BROADCAST_MESSAGE_BYTES_MAX + 1, 1), 0);
}

static void *read_all(void *context)
{
    reader *r = context;
    for (;;) {
        uint64_t lost = r->receiver.lost;
        nf_ring_result result = nf_broadcast_wait(&r->receiver, NF_OS_FOREVER);
        if (result == NF_RING_LOST) r->next += r->receiver.lost - lost;
        if (result == NF_RING_CLOSED) return NULL;
        if (result == NF_RING_OK) reader_read(r);
    }
}

static void threads_broadcast(void **unused)
{
    uint64_t count = rounds("NF_BUS_THREADS", 300);
    (void)unused;
    for (uint64_t seed = 1; seed <= count; seed++) {
        static feed f;
        uint64_t state = seed * 1000003;
        pthread_t threads[READERS];
        feed_open(&f, 1 + random_below(&state, 300));
        for (int i = 0; i < READERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, read_all, &f.readers[i]), 0);
        for (uint32_t left = random_below(&state, 50000); left > 0; left--) {
            feed_send(&f);
            if (random_below(&state, 10) == 0) nf_broadcast_flush(&f.sender);
            if (random_below(&state, 500) == 0) nf_os_sleep_ns(random_below(&state, 100000));
        }
        nf_broadcast_sender_close(&f.sender);
        for (int i = 0; i < READERS; i++) {
            pthread_join(threads[i], NULL);
            assert_false(f.readers[i].failed);
            assert_int_equal(f.readers[i].next, f.sent);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers_lose_and_double_nothing),
        cmocka_unit_test(a_gather_has_so_many_senders),
        cmocka_unit_test(a_gather_is_opened_by_what_is_in_memory),
        cmocka_unit_test(threads_gather),
        cmocka_unit_test(broadcasts_lose_only_what_they_tell),
        cmocka_unit_test(a_feed_whose_sender_died_ends),
        cmocka_unit_test(a_feed_is_opened_by_what_is_in_memory),
        cmocka_unit_test(threads_broadcast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
