/*
 * Rings between two processes, one of which is killed at a random moment: the other one gets
 * everything that was published, nothing twice, and then learns of the death.
 *
 * NF_BUS_KILLS sets how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bus/ring.h"
#include "lib_environment.h"

enum {
    MESSAGE_BYTES = sizeof(uint64_t),
    KILLS = 40,
    MESSAGES = 1000,
    DELAY_US_MAX = 3000,
    WAIT_NS = 200000000
};

typedef struct shared {
    void *memory;
    size_t bytes;
    uint64_t *published; /* by the sender, after a flush: what must arrive */
} shared;

/* Memory that a forked child has too: a ring, and a word behind it. */
static shared shared_map(nf_ring *ring)
{
    shared s = {.bytes = nf_ring_bytes(MESSAGE_BYTES, MESSAGES)};
    s.memory = mmap(NULL, s.bytes + sizeof(uint64_t), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(s.memory, MAP_FAILED);
    s.published = (uint64_t *)(void *)((uint8_t *)s.memory + s.bytes);
    assert_int_equal(nf_ring_init(ring, s.memory, s.bytes, MESSAGE_BYTES, MESSAGES, NULL), NF_OK);
    return s;
}

static void shared_unmap(shared *s)
{
    munmap(s->memory, s->bytes + sizeof(uint64_t));
}

/* Sends numbers for ever, some of them flushed and then declared published. */
static _Noreturn void send_for_ever(const shared *s)
{
    nf_ring ring;
    nf_ring_sender sender;
    if (nf_ring_open(&ring, s->memory, s->bytes, NULL) != NF_OK ||
        nf_ring_sender_attach(&ring, &sender, NULL) != NF_OK)
        _exit(1);
    for (uint64_t number = 0;;) {
        uint64_t *slot = nf_ring_slot(&sender);
        if (slot == NULL) {
            if (nf_ring_wait_room(&sender, NF_OS_FOREVER) != NF_RING_OK) _exit(0);
            continue;
        }
        *slot = number++;
        nf_ring_commit(&sender);
        if (number % 7 == 0) {
            nf_ring_flush(&sender);
            __atomic_store_n(s->published, number, __ATOMIC_RELEASE);
        }
    }
}

static _Noreturn void receive_for_ever(const shared *s)
{
    nf_ring ring;
    nf_ring_receiver receiver;
    if (nf_ring_open(&ring, s->memory, s->bytes, NULL) != NF_OK ||
        nf_ring_receiver_attach(&ring, &receiver, NULL) != NF_OK)
        _exit(1);
    for (uint64_t number = 0;;) {
        const uint64_t *message = nf_ring_front(&receiver);
        if (message == NULL) {
            if (nf_ring_wait_message(&receiver, NF_OS_FOREVER) != NF_RING_OK) _exit(0);
            continue;
        }
        if (*message != number++) _exit(1);
        nf_ring_pop(&receiver);
    }
}

static pid_t start(void (*run)(const shared *), const shared *s)
{
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) run(s);
    return child;
}

/* kill -9 after a random time, by a third process, while this one goes on. */
static pid_t kill_later(pid_t child)
{
    uint64_t delay_ns = (uint64_t)(random() % DELAY_US_MAX) * 1000;
    pid_t killer = fork();
    assert_int_not_equal(killer, -1);
    if (killer == 0) {
        nf_os_sleep_ns(delay_ns);
        _exit(kill(child, SIGKILL) != 0);
    }
    return killer;
}

/* How a child ended: the signal's number, or -1 - its exit status. */
static int end_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1 - WEXITSTATUS(status);
}

static void a_killed_sender_is_found_dead(void **unused)
{
    (void)unused;
    srandom(1);
    uint64_t kills = environment_number("NF_BUS_KILLS", KILLS);
    for (uint64_t i = 0; i < kills; i++) {
        nf_ring ring;
        nf_ring_receiver receiver;
        shared s = shared_map(&ring);
        assert_int_equal(nf_ring_receiver_attach(&ring, &receiver, NULL), NF_OK);
        pid_t sender = start(send_for_ever, &s);
        while (nf_ring_wait_message(&receiver, NF_OS_FOREVER) != NF_RING_OK) continue;
        pid_t killer = kill_later(sender);
        uint64_t number = 0;
        nf_ring_result result;
        do {
            for (const uint64_t *message; (message = nf_ring_front(&receiver)) != NULL;) {
                assert_int_equal(*message, number);
                number++;
                nf_ring_pop(&receiver);
            }
            result = nf_ring_wait_message(&receiver, NF_OS_FOREVER);
        } while (result == NF_RING_OK);
        assert_int_equal(result, NF_RING_DEAD); /* and that before anybody waited for the child */
        assert_true(number >= __atomic_load_n(s.published, __ATOMIC_ACQUIRE));
        assert_int_equal(end_of(sender), SIGKILL);
        assert_int_equal(end_of(killer), -1);
        shared_unmap(&s);
    }
}

static void a_killed_receiver_is_found_dead(void **unused)
{
    (void)unused;
    srandom(2);
    uint64_t kills = environment_number("NF_BUS_KILLS", KILLS);
    for (uint64_t i = 0; i < kills; i++) {
        nf_ring ring;
        nf_ring_sender sender;
        shared s = shared_map(&ring);
        assert_int_equal(nf_ring_sender_attach(&ring, &sender, NULL), NF_OK);
        pid_t receiver = start(receive_for_ever, &s), killer = kill_later(receiver);
        nf_ring_result result = NF_RING_OK;
        for (uint64_t number = 0; result == NF_RING_OK;) {
            uint64_t *slot = nf_ring_slot(&sender);
            if (slot == NULL) {
                result = nf_ring_wait_room(&sender, WAIT_NS);
                /* Killed before it came, it cannot be told from one that is late. */
                if (result == NF_RING_WAIT) break;
                continue;
            }
            *slot = number++;
            nf_ring_commit(&sender);
        }
        int end = end_of(receiver);
        assert_int_equal(end, SIGKILL);
        assert_in_range(result, NF_RING_WAIT, NF_RING_DEAD);
        assert_int_not_equal(result, NF_RING_CLOSED);
        assert_int_equal(end_of(killer), -1);
        shared_unmap(&s);
    }
}

/* A number of a process that is used again is not mistaken for the old one. */
static void stamps_tell_processes_apart(void **unused)
{
    uint64_t mine = nf_os_process_stamp(), *its;
    (void)unused;
    assert_true(nf_os_process_is_alive(mine));
    assert_false(nf_os_process_is_alive(0));
    assert_false(nf_os_process_is_alive(mine + (UINT64_C(1) << 22))); /* it started later */
    its = mmap(NULL, sizeof *its, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(its, MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        *its = nf_os_process_stamp();
        _exit(0);
    }
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_not_equal(*its, mine);
    assert_false(nf_os_process_is_alive(*its)); /* a zombie */
    assert_int_equal(end_of(child), -1);
    assert_false(nf_os_process_is_alive(*its));
    munmap(its, sizeof *its);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_sender_is_found_dead),
        cmocka_unit_test(a_killed_receiver_is_found_dead),
        cmocka_unit_test(stamps_tell_processes_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
