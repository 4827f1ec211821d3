/*
 * The LC-3's devices: keyboard, display, timer, processor status, machine control.
 *
 *   xFE00  KBSR  15 a key is in KBDR; 14 interrupt when it is. Only 14 can be written
 *   xFE02  KBDR  the key; reading it makes room for the next
 *   xFE04  DSR   15 ready, always; 14 is kept
 *   xFE06  DDR   a character to print, from bits 7 to 0
 *   xFE08  TSR   15 the timer has expired, until this is read; 14 interrupt when it does
 *   xFE0A  TIR   expire every so many thousand instructions; 0: never
 *   xFFFC  PSR   as the processor has it; a write changes mode and priority, but no stack
 *   xFFFE  MCR   15 the machine runs; cleared, it halts
 *
 * The book has no timer. This one has the registers that PennSim gave its own, and counts
 * instructions, so that programs do the same in every run.
 *
 * The host is asked for a key when the guest looks at KBSR, or waits in a trap, or, where the
 * keyboard may interrupt, now and then: after a fixed number of instructions. A device requests its
 * interrupt once for each key and each expiry; reading the key, or disabling the interrupt, takes
 * the request back. So a missing interrupt routine does not stop the program for good.
 *
 * When input has ended, KBSR stays empty. A program that does nothing but look at it would wait for
 * ever, and is stopped: after WAIT_COUNT looks none of which came more than WAIT_GAP instructions
 * behind the one before. For a program that waits for an interrupt see machine.c.
 */
#include "machine_internal.h"
#include "stats.h"

enum {
    KBSR = 0xfe00,
    KBDR = 0xfe02,
    DSR = 0xfe04,
    DDR = 0xfe06,
    TSR = 0xfe08,
    TIR = 0xfe0a,
    PSR = 0xfffc,
    MCR = NF_LC3_MCR,
};
enum { READY = 0x8000, INTERRUPTS = 0x4000 };
enum { KEYBOARD = 1, TIMER = 2 }; /* bits in device_requests */
enum {
    TIMER_UNIT = 1000,
    POLL_INTERVAL = 1 << 14,
    WAIT_COUNT = 1000,
    WAIT_GAP = 64,
};

void nf_lc3_devices_reset(nf_lc3 *machine)
{
    machine->keyboard_status &= READY; /* a key that was typed ahead stays */
    machine->display_status = READY;
    machine->timer_status = machine->timer_interval = 0;
    machine->timer_at = machine->poll_at = NF_LC3_NEVER;
    machine->event_at = 0;
    machine->device_requests = machine->request_priorities = 0;
    machine->key_wait_count = 0;
}

/* The devices' next event is to be found anew before the next instruction. */
static void attend_soon(nf_lc3 *machine)
{
    machine->event_at = 0;
    machine->attention |= NF_LC3_ATTEND_EVENTS;
}

/* --- keyboard --------------------------------------------------------------------------------- */

static void keyboard_request(nf_lc3 *machine)
{
    if (machine->keyboard_status == (READY | INTERRUPTS)) {
        machine->device_requests |= KEYBOARD;
        machine->attention |= NF_LC3_ATTEND_EVENTS;
    } else {
        machine->device_requests &= (uint8_t)~KEYBOARD;
    }
}

/* Tries to have a key in KBDR. */
static void key_fetch(nf_lc3 *machine, bool wait)
{
    const nf_lc3_hooks *hooks = &machine->config.hooks;
    if (machine->keyboard_status & READY || machine->input_ended) return;
    if (!wait && machine->instructions < machine->key_at) return;
    if (wait && machine->stats) machine->stats->waited = true;
    int key = hooks->input ? hooks->input(hooks->console, wait) : NF_LC3_INPUT_END;
    if (key == NF_LC3_INPUT_END) machine->input_ended = true;
    if (key == NF_LC3_INPUT_STOP) nf_lc3_stop_for(machine, NF_LC3_STOP_ASKED);
    if (key < 0) return;
    machine->keys_taken++;
    machine->key_at = machine->instructions + machine->config.key_interval;
    machine->keyboard_data = (uint8_t)key;
    machine->keyboard_status |= READY;
    keyboard_request(machine);
}

static uint16_t key_read(nf_lc3 *machine)
{
    machine->keyboard_status &= (uint16_t)~READY;
    keyboard_request(machine);
    if (machine->keyboard_status & INTERRUPTS) attend_soon(machine);
    return machine->keyboard_data;
}

int nf_lc3_key_take(nf_lc3 *machine)
{
    key_fetch(machine, true);
    if (machine->keyboard_status & READY) return key_read(machine);
    if (machine->stop == NF_LC3_GOING) nf_lc3_stop_for(machine, NF_LC3_STOP_INPUT);
    return -1;
}

/* A look at KBSR that found nothing, where nothing will ever come. */
static void key_wait_note(nf_lc3 *machine)
{
    bool close = machine->instructions - machine->key_wait_at <= WAIT_GAP;
    machine->key_wait_at = machine->instructions;
    machine->key_wait_count = close ? machine->key_wait_count + 1 : 0;
    if (machine->key_wait_count < WAIT_COUNT) return;
    machine->key_wait_count = 0;
    nf_lc3_stop_for(machine, NF_LC3_STOP_INPUT);
}

static uint16_t keyboard_status_read(nf_lc3 *machine)
{
    key_fetch(machine, false);
    if (!(machine->keyboard_status & READY) && machine->input_ended) key_wait_note(machine);
    return machine->keyboard_status;
}

static void keyboard_status_write(nf_lc3 *machine, uint16_t word)
{
    machine->keyboard_status = (machine->keyboard_status & READY) | (word & INTERRUPTS);
    keyboard_request(machine);
    attend_soon(machine);
}

/* --- timer ------------------------------------------------------------------------------------ */

static void timer_restart(nf_lc3 *machine)
{
    uint64_t interval = (uint64_t)machine->timer_interval * TIMER_UNIT;
    machine->timer_at = interval ? machine->instructions + interval : NF_LC3_NEVER;
}

static void timer_status_write(nf_lc3 *machine, uint16_t word)
{
    machine->timer_status = (machine->timer_status & READY) | (word & INTERRUPTS);
    if (!(word & INTERRUPTS)) machine->device_requests &= (uint8_t)~TIMER;
}

static uint16_t timer_status_read(nf_lc3 *machine)
{
    uint16_t status = machine->timer_status;
    machine->timer_status &= (uint16_t)~READY;
    return status;
}

static void timer_expire(nf_lc3 *machine)
{
    machine->timer_status |= READY;
    if (machine->timer_status & INTERRUPTS) machine->device_requests |= TIMER;
    timer_restart(machine);
}

/* --- registers -------------------------------------------------------------------------------- */

uint16_t nf_lc3_device_read(nf_lc3 *machine, uint16_t address)
{
    switch (address) {
    case KBSR: return keyboard_status_read(machine);
    case KBDR: return key_read(machine);
    case DSR: return machine->display_status;
    case TSR: return timer_status_read(machine);
    case TIR: return machine->timer_interval;
    case PSR: return nf_lc3_psr(machine);
    case MCR: return machine->mcr;
    default: return 0;
    }
}

void nf_lc3_output(nf_lc3 *machine, const char *bytes, size_t count)
{
    const nf_lc3_hooks *hooks = &machine->config.hooks;
    if (hooks->output && count) hooks->output(hooks->console, bytes, count);
}

void nf_lc3_device_write(nf_lc3 *machine, uint16_t address, uint16_t word)
{
    char character = (char)(word & 0xff);
    switch (address) {
    case KBSR: keyboard_status_write(machine, word); break;
    case DSR: machine->display_status = READY | (word & INTERRUPTS); break;
    case DDR: nf_lc3_output(machine, &character, 1); break;
    case TSR: timer_status_write(machine, word); break;
    case TIR:
        machine->timer_interval = word;
        timer_restart(machine);
        attend_soon(machine);
        break;
    case PSR: nf_lc3_set_psr(machine, word); break;
    case MCR:
        machine->mcr = word;
        if (!(word & NF_LC3_MCR_RUNS)) nf_lc3_stop_for(machine, NF_LC3_STOP_HALTED);
        break;
    default: break;
    }
}

/* --- interrupts ------------------------------------------------------------------------------- */

void nf_lc3_request_interrupt(nf_lc3 *machine, uint8_t vector, uint8_t priority)
{
    machine->request_vectors[priority & 7] = vector;
    machine->request_priorities |= (uint8_t)(1 << (priority & 7));
    machine->attention |= NF_LC3_ATTEND_EVENTS;
}

/* Takes back and gives the vector of a request at this priority, or -1. */
static int request_take(nf_lc3 *machine, unsigned priority)
{
    if (machine->request_priorities >> priority & 1) {
        machine->request_priorities &= (uint8_t) ~(1U << priority);
        return machine->request_vectors[priority];
    }
    if (priority != NF_LC3_DEVICE_PRIORITY || machine->device_requests == 0) return -1;
    bool keyboard = machine->device_requests & KEYBOARD;
    machine->device_requests &= (uint8_t) ~(keyboard ? KEYBOARD : TIMER);
    return keyboard ? NF_LC3_KEYBOARD_VECTOR : NF_LC3_TIMER_VECTOR;
}

static void interrupts_take(nf_lc3 *machine)
{
    unsigned current = (unsigned)(machine->psr & NF_LC3_PRIORITY) >> 8;
    for (unsigned priority = 7; priority > current; priority--) {
        int vector = request_take(machine, priority);
        if (vector < 0) continue;
        nf_lc3_enter(machine, (uint16_t)(NF_LC3_INTERRUPTS + vector), (uint16_t)(priority << 8),
                     machine->pc);
        return; /* what is left has no higher priority */
    }
}

/* Whether a key is wanted for an interrupt, and there is none. */
static bool events_look(nf_lc3 *machine)
{
    if (machine->instructions >= machine->timer_at) timer_expire(machine);
    if (machine->keyboard_status & INTERRUPTS) key_fetch(machine, false);
    bool wanted = machine->keyboard_status == INTERRUPTS;
    machine->poll_at = wanted ? machine->instructions + POLL_INTERVAL : NF_LC3_NEVER;
    if (machine->key_at > machine->instructions && machine->key_at < machine->poll_at)
        machine->poll_at = machine->key_at;
    machine->event_at = machine->poll_at < machine->timer_at ? machine->poll_at : machine->timer_at;
    return wanted;
}

/* An interrupt may bring the next: its stack may lie in the device registers. Each needs a request,
 * so there is an end. */
bool nf_lc3_devices_attend(nf_lc3 *machine)
{
    bool wanted = false;
    do {
        machine->attention &= ~(uint32_t)NF_LC3_ATTEND_EVENTS;
        if (machine->instructions >= machine->event_at) wanted = events_look(machine);
        if (machine->device_requests | machine->request_priorities) {
            interrupts_take(machine);
            wanted = false;
        }
    } while (machine->attention & NF_LC3_ATTEND_EVENTS);
    return wanted && machine->timer_at == NF_LC3_NEVER;
}

void nf_lc3_key_await(nf_lc3 *machine)
{
    key_fetch(machine, true);
    machine->event_at = 0;
    if (machine->input_ended) nf_lc3_stop_for(machine, NF_LC3_STOP_INPUT);
}
