/*
 * Rings: what each call promises; random schedules of sending, receiving, ends and deaths against a
 * model that only counts; and two threads that wait for each other in random ways.
 *
 * A message is its own number, in every byte but those of a longer one, which repeat. So one that
 * is lost, doubled, torn or out of order is told apart from the one that is due.
 *
 * NF_BUS_SCHEDULES and NF_BUS_THREADS set how many schedules there are of either kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "bus/side.h"
#include "lib_environment.h"

enum { ARENA_BYTES = 1 << 16, WORD = sizeof(uint16_t), MESSAGE_MAX = 256 };

static _Alignas(NF_RING_APART) uint8_t arena[ARENA_BYTES];

/* As ring.h draws them. */
#define RECEIVER_SIDE ((nf_bus_side *)(void *)(arena + NF_RING_APART))
#define SENDER_SIDE   ((nf_bus_side *)(void *)(arena + 2 * NF_RING_APART))

/* Number 0 is no process's. */
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

typedef struct pair {
    nf_ring ring;
    nf_ring_sender sender;
    nf_ring_receiver receiver;
} pair;

static void pair_open(pair *p, size_t message_bytes, size_t messages)
{
    size_t bytes = nf_ring_bytes(message_bytes, messages);
    assert_in_range(bytes, 1, ARENA_BYTES);
    memset(arena, 0, bytes);
    assert_int_equal(nf_ring_init(&p->ring, arena, bytes, message_bytes, messages, NULL), NF_OK);
    assert_int_equal(nf_ring_sender_attach(&p->ring, &p->sender, NULL), NF_OK);
    assert_int_equal(nf_ring_receiver_attach(&p->ring, &p->receiver, NULL), NF_OK);
}

/* --- single calls ---------------------------------------------------------------------------- */

static void words_come_in_order_once_they_are_flushed(void **unused)
{
    pair p;
    uint16_t word = 0;
    (void)unused;
    pair_open(&p, WORD, 100);
    for (uint16_t i = 0; i < 3; i++)
        assert_int_equal(nf_ring_send_word(&p.sender, (uint16_t)(i + 7)), NF_RING_OK);
    assert_int_equal(nf_ring_receive_word(&p.receiver, &word), NF_RING_WAIT);
    nf_ring_flush(&p.sender);
    for (uint16_t i = 0; i < 3; i++) {
        assert_int_equal(nf_ring_receive_word(&p.receiver, &word), NF_RING_OK);
        assert_int_equal(word, i + 7);
    }
    assert_int_equal(nf_ring_receive_word(&p.receiver, &word), NF_RING_WAIT);
    assert_int_equal(nf_ring_sent_bytes(&p.sender), 3 * WORD);
    assert_int_equal(nf_ring_received_bytes(&p.receiver), 3 * WORD);
}

static void a_full_ring_takes_no_more_until_it_is_read(void **unused)
{
    enum { MESSAGES = 4 * 28 };
    pair p;
    uint16_t word = 0, sent = 0;
    (void)unused;
    pair_open(&p, WORD, MESSAGES);
    while (nf_ring_send_word(&p.sender, sent) == NF_RING_OK) sent++;
    assert_int_equal(sent, MESSAGES);
    assert_int_equal(nf_ring_wait_room(&p.sender, 0), NF_RING_WAIT);
    assert_int_equal(nf_ring_wait_room(&p.sender, 1000), NF_RING_WAIT);
    for (uint16_t i = 0; i <= 28; i++) { /* the 29th is in the next cell */
        assert_int_equal(nf_ring_receive_word(&p.receiver, &word), NF_RING_OK);
        assert_int_equal(word, i);
    }
    assert_int_equal(nf_ring_wait_room(&p.sender, 0), NF_RING_OK);
    assert_int_equal(nf_ring_send_word(&p.sender, sent), NF_RING_OK);
}

static void what_was_sent_before_the_close_arrives(void **unused)
{
    pair p;
    uint16_t word = 0;
    (void)unused;
    pair_open(&p, WORD, 100);
    nf_ring_send_word(&p.sender, 5);
    nf_ring_sender_close(&p.sender);
    assert_int_equal(nf_ring_wait_message(&p.receiver, NF_OS_FOREVER), NF_RING_OK);
    assert_int_equal(nf_ring_receive_word(&p.receiver, &word), NF_RING_OK);
    assert_int_equal(word, 5);
    assert_int_equal(nf_ring_wait_message(&p.receiver, NF_OS_FOREVER), NF_RING_CLOSED);
}

static void a_sender_is_told_that_nobody_reads(void **unused)
{
    pair p;
    (void)unused;
    pair_open(&p, WORD, 100);
    nf_ring_receiver_close(&p.receiver);
    assert_int_equal(nf_ring_wait_room(&p.sender, NF_OS_FOREVER), NF_RING_CLOSED);
    pair_open(&p, WORD, 100);
    while (nf_ring_send_word(&p.sender, 1) == NF_RING_OK) continue;
    RECEIVER_SIDE->stamp = DEAD_STAMP;
    assert_int_equal(nf_ring_wait_room(&p.sender, NF_OS_FOREVER), NF_RING_DEAD);
}

static void a_side_is_taken_once(void **unused)
{
    pair p;
    nf_ring_sender again;
    nf_error error = {0};
    (void)unused;
    pair_open(&p, WORD, 100);
    assert_int_equal(nf_ring_sender_attach(&p.ring, &again, &error), NF_BUSY);
    assert_string_equal(error.message, "there is, or was, a sender already");
}

static void a_ring_is_opened_by_what_is_in_memory(void **unused)
{
    pair p;
    nf_ring found;
    (void)unused;
    pair_open(&p, 24, 100);
    assert_int_equal(nf_ring_open(&found, arena, ARENA_BYTES, NULL), NF_OK);
    assert_memory_equal(&found, &p.ring, sizeof found);
}

/* What is wrong in the first line, as a word of 32 bits at an offset, and the bytes that there are. */
static void nonsense_is_no_ring(void **unused)
{
    static const struct {
        uint32_t offset, value;
        size_t bytes;
        nf_status status;
    } rows[] = {
        {0, 0, ARENA_BYTES, NF_CORRUPT},
        {0, 0x12345678, ARENA_BYTES, NF_CORRUPT},
        {4, 0, ARENA_BYTES, NF_CORRUPT},
        {4, NF_RING_MESSAGE_BYTES_MAX + 1, ARENA_BYTES, NF_CORRUPT},
        {8, 0, ARENA_BYTES, NF_CORRUPT},
        {8, 5, ARENA_BYTES, NF_CORRUPT},
        {8, 1 << 20, ARENA_BYTES, NF_ARGUMENT},
        {12, 1, ARENA_BYTES, NF_CORRUPT},
        {4, WORD, 512 + 64 * 4 - 1, NF_ARGUMENT},
        {4, WORD, 511, NF_ARGUMENT},
        {4, WORD, 0, NF_ARGUMENT},
    };
    pair p;
    nf_ring found;
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pair_open(&p, WORD, 100);
        memcpy(arena + rows[i].offset, &rows[i].value, sizeof rows[i].value);
        assert_int_equal(nf_ring_open(&found, arena, rows[i].bytes, NULL), rows[i].status);
    }
    assert_int_equal(nf_ring_open(&found, arena + 64, ARENA_BYTES - 64, NULL), NF_ARGUMENT);
}

static void shapes_that_cannot_be_are_refused(void **unused)
{
    nf_ring ring;
    (void)unused;
    assert_int_equal(nf_ring_bytes(0, 1), 0);
    assert_int_equal(nf_ring_bytes(1, 0), 0);
    assert_int_equal(nf_ring_bytes(NF_RING_MESSAGE_BYTES_MAX + 1, 1), 0);
    assert_int_equal(nf_ring_bytes(8, SIZE_MAX), 0);
    assert_int_equal(nf_ring_bytes(WORD, 1), 512 + 4 * 64);
    assert_int_equal(nf_ring_bytes(WORD, 4 * 28 + 1), 512 + 8 * 64);
    assert_int_equal(nf_ring_bytes(56, 4), 512 + 4 * 64);
    assert_int_equal(nf_ring_bytes(57, 4), 512 + 4 * 128);
    assert_int_equal(nf_ring_init(&ring, arena, 512 + 4 * 64 - 1, WORD, 1, NULL), NF_ARGUMENT);
    assert_int_equal(nf_ring_init(&ring, arena + 8, ARENA_BYTES - 8, WORD, 1, NULL), NF_ARGUMENT);
}

/* Whatever another process writes into the ring: at worst wrong messages. Memory's tools look on. */
static void a_lying_peer_does_no_harm(void **unused)
{
    static const size_t sizes[] = {1, 2, 3, 8, 24, 56, 57, 100};
    uint64_t state = 88172645463325252u;
    (void)unused;
    for (uint32_t round = 0; round < 4000; round++) {
        pair p;
        uint8_t message[8 * MESSAGE_MAX];
        size_t size = sizes[random_below(&state, 8)];
        pair_open(&p, size, 8);
        for (int i = 0; i < 20; i++) {
            size_t cell = random_below(&state, (uint32_t)p.ring.cell_count);
            uint64_t lie = p.receiver.base + random_below(&state, 300);
            if (random_below(&state, 4) == 0) lie = random_next(&state) << 32;
            memcpy(arena + 512 + (cell + 1) * p.ring.cell_bytes - 8, &lie, sizeof lie);
            memcpy(arena + 384, &lie, sizeof lie);
            nf_ring_receive_many(&p.receiver, message, random_below(&state, 8));
            if (nf_ring_front(&p.receiver)) nf_ring_pop(&p.receiver);
            nf_ring_send_many(&p.sender, message, random_below(&state, 8));
            if (nf_ring_slot(&p.sender)) nf_ring_commit(&p.sender);
            assert_true(p.receiver.at <= p.receiver.start + p.ring.payload_bytes);
            assert_true(p.sender.at <= p.sender.stop);
        }
    }
}

/* --- random schedules ------------------------------------------------------------------------ */

typedef struct schedule {
    pair pair;
    uint64_t state;
    uint64_t sent, received;
    uint64_t published; /* at least */
    size_t size;
    uint64_t capacity;
    bool failed;
} schedule;

static void message_make(const schedule *s, uint64_t number, uint8_t *message)
{
    for (size_t i = 0; i < s->size; i++) message[i] = (uint8_t)(number >> 8 * (i % 4));
}

static void receive_one(schedule *s, const uint8_t *message)
{
    uint8_t wanted[MESSAGE_MAX];
    message_make(s, s->received++, wanted);
    if (s->received > s->sent || memcmp(message, wanted, s->size) != 0) s->failed = true;
}

/* May be full only when three quarters are taken. */
static void note_full(schedule *s)
{
    if ((s->sent - s->received) * 4 < s->capacity * 3) s->failed = true;
    s->published = s->sent;
}

static void act_send(schedule *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *slot = nf_ring_slot(&s->pair.sender);
        if (slot == NULL) {
            note_full(s);
            return;
        }
        message_make(s, s->sent++, slot);
        nf_ring_commit(&s->pair.sender);
    }
}

static void act_send_many(schedule *s, uint32_t count)
{
    uint8_t messages[16 * MESSAGE_MAX] = {0};
    for (uint32_t i = 0; i < count; i++) message_make(s, s->sent + i, messages + i * s->size);
    size_t done = nf_ring_send_many(&s->pair.sender, messages, count);
    s->sent += done;
    if (done < count) note_full(s);
}

/* May be empty only when everything that is surely published was received. */
static void note_empty(schedule *s)
{
    if (s->received < s->published) s->failed = true;
}

static void act_receive(schedule *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *message = nf_ring_front(&s->pair.receiver);
        if (message == NULL) {
            note_empty(s);
            return;
        }
        receive_one(s, message);
        nf_ring_pop(&s->pair.receiver);
    }
}

static void act_receive_many(schedule *s, uint32_t count)
{
    uint8_t messages[16 * MESSAGE_MAX];
    size_t done = nf_ring_receive_many(&s->pair.receiver, messages, count);
    for (size_t i = 0; i < done; i++) receive_one(s, messages + i * s->size);
    if (done < count) note_empty(s);
}

static void act_flush(schedule *s, uint32_t count)
{
    (void)count;
    nf_ring_flush(&s->pair.sender);
    s->published = s->sent;
}

static void act_release(schedule *s, uint32_t count)
{
    (void)count;
    nf_ring_release(&s->pair.receiver);
}

static void act_wait(schedule *s, uint32_t count)
{
    if (count % 2) {
        if (nf_ring_wait_room(&s->pair.sender, 0) > NF_RING_WAIT) s->failed = true;
        s->published = s->sent;
    } else {
        nf_ring_result result = nf_ring_wait_message(&s->pair.receiver, 0);
        if (result > NF_RING_WAIT) s->failed = true;
        if (result == NF_RING_WAIT) note_empty(s);
    }
}

/* The sender closes or dies; what it surely published arrives, in order, and then the end. */
static void end_of_sender(schedule *s, bool dies)
{
    nf_ring_result result, last = dies ? NF_RING_DEAD : NF_RING_CLOSED;
    if (dies) {
        SENDER_SIDE->stamp = DEAD_STAMP;
    } else {
        nf_ring_sender_close(&s->pair.sender);
        s->published = s->sent;
    }
    while ((result = nf_ring_wait_message(&s->pair.receiver, NF_OS_FOREVER)) == NF_RING_OK)
        act_receive(s, 1);
    if (result != last) s->failed = true;
    note_empty(s);
}

static bool schedule_run(uint64_t seed)
{
    static const size_t sizes[] = {1, 2, 2, 4, 8, 12, 56, 57, 120};
    static void (*const acts[])(schedule *, uint32_t) = {
        act_send, act_send_many, act_receive, act_receive_many, act_flush, act_release, act_wait,
    };
    enum { SIZES = sizeof sizes / sizeof *sizes, ACTS = sizeof acts / sizeof *acts };
    schedule s = {.state = seed * 2 + 88172645463325253u};
    for (int i = 0; i < 4; i++) random_next(&s.state);
    s.size = sizes[random_below(&s.state, SIZES)];
    pair_open(&s.pair, s.size, 1 + random_below(&s.state, 1000 / (uint32_t)s.size + 1));
    s.capacity = s.pair.ring.payload_bytes / s.size * s.pair.ring.cell_count;
    uint32_t steps = random_below(&s.state, 60), greed = 1 + random_below(&s.state, 16);
    for (uint32_t i = 0; i < steps; i++)
        acts[random_below(&s.state, ACTS)](&s, random_below(&s.state, greed));
    end_of_sender(&s, random_below(&s.state, 64) == 0);
    return !s.failed;
}

static void random_schedules_lose_and_double_nothing(void **unused)
{
    uint64_t count = environment_number("NF_BUS_SCHEDULES", 100000);
    (void)unused;
    for (uint64_t seed = 1; seed <= count; seed++)
        if (!schedule_run(seed)) fail_msg("the schedule of seed %llu", (unsigned long long)seed);
}

/* --- two threads ----------------------------------------------------------------------------- */

typedef struct party {
    pair pair;
    uint64_t seed;
    uint32_t count; /* messages that the sender means to send */
    uint32_t taken; /* that the receiver means to take before it closes */
    uint32_t sent, received;
    nf_ring_result sender_end, receiver_end;
    bool failed;
} party;

/* From nothing to a sleep, so that the other side comes through all its stages of waiting. */
static void dawdle(uint64_t *state)
{
    uint32_t kind = random_below(state, 400);
    if (kind == 0) nf_os_sleep_ns(1000 * random_below(state, 300));
    if (kind < 8) nf_os_yield();
    if (kind < 40)
        for (uint32_t i = random_below(state, 100); i > 0; i--) nf_os_relax();
}

static void *send_at_random(void *context)
{
    party *p = context;
    uint64_t state = p->seed * 2 + 1;
    nf_ring_result result = NF_RING_OK;
    while (p->sent < p->count && result <= NF_RING_WAIT) {
        if (nf_ring_send_word(&p->pair.sender, (uint16_t)p->sent) == NF_RING_OK)
            p->sent++;
        else
            result = nf_ring_wait_room(&p->pair.sender, NF_OS_FOREVER);
        if (random_below(&state, 16) == 0) nf_ring_flush(&p->pair.sender);
        dawdle(&state);
    }
    p->sender_end = result;
    nf_ring_sender_close(&p->pair.sender);
    return NULL;
}

static void receive_at_random(party *p)
{
    uint64_t state = p->seed * 2 + 12345;
    nf_ring_result result = NF_RING_OK;
    while (p->received < p->taken && result <= NF_RING_WAIT) {
        uint16_t word;
        if (nf_ring_receive_word(&p->pair.receiver, &word) == NF_RING_OK) {
            if (word != (uint16_t)p->received++) p->failed = true;
        } else {
            uint64_t patience =
                random_below(&state, 2) ? NF_OS_FOREVER : random_below(&state, 3000);
            result = nf_ring_wait_message(&p->pair.receiver, patience);
        }
        dawdle(&state);
    }
    p->receiver_end = result;
    nf_ring_receiver_close(&p->pair.receiver);
}

static void threads_lose_and_double_nothing(void **unused)
{
    uint64_t count = environment_number("NF_BUS_THREADS", 300);
    (void)unused;
    for (uint64_t seed = 1; seed <= count; seed++) {
        uint64_t state = seed * 1000003;
        party p = {.seed = seed};
        pthread_t thread;
        pair_open(&p.pair, WORD, 1 + random_below(&state, 1000));
        p.count = random_below(&state, 5000);
        p.taken = seed % 4 == 0 ? random_below(&state, p.count + 1) : UINT32_MAX;
        assert_int_equal(pthread_create(&thread, NULL, send_at_random, &p), 0);
        receive_at_random(&p);
        pthread_join(thread, NULL);
        assert_false(p.failed);
        if (p.taken == UINT32_MAX) {
            assert_int_equal(p.received, p.count);
            assert_int_equal(p.receiver_end, NF_RING_CLOSED);
            assert_int_equal(p.sender_end, NF_RING_OK);
        } else {
            assert_int_equal(p.received, p.taken);
            assert_true(p.sent == p.count || p.sender_end == NF_RING_CLOSED);
        }
    }
}

/* --- waiting --------------------------------------------------------------------------------- */

enum { NEWS = 20 };

static void *send_to_who_sleeps(void *context)
{
    pair *p = context;
    for (uint16_t i = 0; i < NEWS; i++) {
        while (!__atomic_load_n(&RECEIVER_SIDE->asleep, __ATOMIC_ACQUIRE)) nf_os_yield();
        nf_ring_send_word(&p->sender, i);
        nf_ring_flush(&p->sender);
    }
    return NULL;
}

static void who_waits_for_long_sleeps_and_is_woken(void **unused)
{
    pair p;
    pthread_t thread;
    (void)unused;
    pair_open(&p, WORD, 100);
    assert_int_equal(pthread_create(&thread, NULL, send_to_who_sleeps, &p), 0);
    for (uint16_t i = 0; i < NEWS; i++) {
        uint16_t word = 0;
        assert_int_equal(nf_ring_wait_message(&p.receiver, NF_OS_FOREVER), NF_RING_OK);
        assert_int_equal(nf_ring_receive_word(&p.receiver, &word), NF_RING_OK);
        assert_int_equal(word, i);
    }
    pthread_join(thread, NULL);
    assert_int_equal(p.sender.counts.wakes, NEWS);
}

static void spins_that_find_nothing_get_shorter(void **unused)
{
    pair p;
    (void)unused;
    pair_open(&p, WORD, 100);
    for (uint32_t turns = NF_BUS_PATIENCE_MAX; turns > NF_BUS_PATIENCE_MIN; turns /= 2) {
        assert_int_equal(p.receiver.patience, turns);
        assert_int_equal(nf_ring_wait_message(&p.receiver, 1), NF_RING_WAIT);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(p.receiver.patience, NF_BUS_PATIENCE_MIN);
        assert_int_equal(nf_ring_wait_message(&p.receiver, 1), NF_RING_WAIT);
    }
    assert_int_equal(nf_ring_send_word(&p.sender, 1), NF_RING_OK);
    nf_ring_flush(&p.sender);
    assert_int_equal(nf_ring_wait_message(&p.receiver, 1), NF_RING_OK);
    assert_int_equal(p.receiver.patience, 2 * NF_BUS_PATIENCE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_in_order_once_they_are_flushed),
        cmocka_unit_test(a_full_ring_takes_no_more_until_it_is_read),
        cmocka_unit_test(what_was_sent_before_the_close_arrives),
        cmocka_unit_test(a_sender_is_told_that_nobody_reads),
        cmocka_unit_test(a_side_is_taken_once),
        cmocka_unit_test(a_ring_is_opened_by_what_is_in_memory),
        cmocka_unit_test(nonsense_is_no_ring),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(a_lying_peer_does_no_harm),
        cmocka_unit_test(random_schedules_lose_and_double_nothing),
        cmocka_unit_test(threads_lose_and_double_nothing),
        cmocka_unit_test(who_waits_for_long_sleeps_and_is_woken),
        cmocka_unit_test(spins_that_find_nothing_get_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
