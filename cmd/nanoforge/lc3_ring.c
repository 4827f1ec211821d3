/*
 * One program's ends of rings that have names: see lc3_ring.h, and bus/named.h for how two meet.
 *
 * As with a FIFO, a command waits at its start until the other ends are there; but it has then come
 * to both of its rings, so that two programs may each wait for the other. A trap that cannot go on
 * waits here, cut so that a signal is noticed.
 *
 * The memory of a ring fails when somebody cuts its file off. Then the handler puts other memory in
 * its place, and the program ends at its next trap.
 */
#include "lc3_ring.h"

#include <signal.h>
#include "bus/named.h"
#include "command.h"
#include "lc3_console.h"

enum { WORD_BYTES = sizeof(uint16_t), WAIT_NS = 50000000 };

static struct {
    nf_named_ring out, in;
    nf_ring_sender sender;
    nf_ring_receiver receiver;
    bool sends, receives;
    const nf_named_ring *ended; /* whose other end is no more */
    nf_ring_result end;         /* how it ended */
    volatile sig_atomic_t cut;
    struct sigaction otherwise; /* what SIGBUS did before */
} rings;

/* --- memory that fails ------------------------------------------------------------------------ */

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    bool out = nf_named_ring_contains(&rings.out, address);
    bool in = nf_named_ring_contains(&rings.in, address);
    (void)context;
    if ((out || in) && nf_named_ring_detach(out ? &rings.out : &rings.in))
        rings.cut = true;
    else
        sigaction(number, &rings.otherwise, NULL); /* it happens again */
}

static void bus_error_catch(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &rings.otherwise);
}

/* --- traps ------------------------------------------------------------------------------------ */

void lc3_rings_flush(void)
{
    if (rings.sends) nf_ring_flush(&rings.sender);
    if (rings.receives) nf_ring_release(&rings.receiver);
}

static nf_ring_result wait_once(const nf_named_ring *ring)
{
    if (ring->end == NF_RING_SENDER) return nf_ring_wait_room(&rings.sender, WAIT_NS);
    return nf_ring_wait_message(&rings.receiver, WAIT_NS);
}

static nf_lc3_bus wait_for(const nf_named_ring *ring)
{
    nf_ring_result result;
    lc3_rings_flush();
    lc3_console_flush();
    do result = wait_once(ring);
    while (result == NF_RING_WAIT && !rings.cut && lc3_console_signal() == 0);
    if (result == NF_RING_OK && !rings.cut) return NF_LC3_BUS_DONE;
    if (result == NF_RING_WAIT && !rings.cut) return NF_LC3_BUS_WAIT; /* told to stop */
    rings.ended = ring;
    rings.end = result;
    return NF_LC3_BUS_DEAD;
}

static nf_lc3_bus send(void *context, uint16_t word)
{
    (void)context;
    while (nf_ring_send_word(&rings.sender, word) != NF_RING_OK) {
        nf_lc3_bus waited = wait_for(&rings.out);
        if (waited != NF_LC3_BUS_DONE) return waited;
    }
    return NF_LC3_BUS_DONE;
}

static nf_lc3_bus receive(void *context, uint16_t *word)
{
    (void)context;
    while (nf_ring_receive_word(&rings.receiver, word) != NF_RING_OK) {
        nf_lc3_bus waited = wait_for(&rings.in);
        if (waited != NF_LC3_BUS_DONE) return waited;
    }
    return NF_LC3_BUS_DONE;
}

/* --- life ------------------------------------------------------------------------------------- */

nf_status lc3_rings_open(const char *out, const char *in, uint64_t words, nf_lc3_hooks *hooks)
{
    nf_error error = {0};
    nf_status status = NF_OK;
    if (out || in) bus_error_catch();
    if (out)
        status = nf_ring_sender_open(&rings.out, out, WORD_BYTES, words, &rings.sender, &error);
    rings.sends = out && status == NF_OK;
    if (status == NF_OK && in)
        status = nf_ring_receiver_open(&rings.in, in, WORD_BYTES, words, &rings.receiver, &error);
    rings.receives = in && status == NF_OK;
    if (rings.sends) hooks->send = send;
    if (rings.receives) hooks->receive = receive;
    if (status == NF_OK) return NF_OK;
    complain_error(&error);
    lc3_rings_close();
    return status;
}

bool lc3_rings_are_open(void)
{
    return rings.sends || rings.receives;
}

static nf_lc3_stop meet(nf_named_ring *ring)
{
    rings.ended = ring;
    while (lc3_console_signal() == 0 && !rings.cut)
        if (nf_named_ring_meet(ring, WAIT_NS) == NF_RING_OK) return NF_LC3_GOING;
    return rings.cut ? NF_LC3_STOP_BUS_DEAD : NF_LC3_STOP_ASKED;
}

nf_lc3_stop lc3_rings_meet(void)
{
    nf_lc3_stop stop = NF_LC3_GOING;
    if (!lc3_rings_are_open()) return stop;
    lc3_console_before_wait(lc3_rings_flush);
    if (rings.sends) stop = meet(&rings.out);
    if (rings.receives && stop == NF_LC3_GOING) stop = meet(&rings.in);
    return stop;
}

bool lc3_rings_complain(void)
{
    if (rings.cut)
        complain("shared memory %s was cut off", rings.ended->path);
    else if (rings.end == NF_RING_DEAD)
        complain("the program at the other end of %s has died", rings.ended->path);
    return rings.cut || rings.end == NF_RING_DEAD;
}

void lc3_rings_close(void)
{
    if (rings.sends) nf_ring_sender_close(&rings.sender);
    if (rings.receives) nf_ring_receiver_close(&rings.receiver);
    if (rings.sends) nf_named_ring_close(&rings.out);
    if (rings.receives) nf_named_ring_close(&rings.in);
    rings.sends = rings.receives = false;
}
