/*
 * The LC-3's service traps in native code: x20 to x25, and the bus at x30 and x31.
 *
 * A fast trap stands for the routine of the built-in operating system and does to registers and
 * console exactly what that does; only what the routine would leave below the supervisor stack is
 * missing. It is taken while the vector is the built-in one and the system's code is unchanged; a
 * program that installs its own routine gets it. A bus trap is taken while its vector is what it
 * was at the start, under an operating system of the user's own too.
 *
 * In the second edition a trap leaves its return address in R7, and GETC and IN set the condition
 * codes by R0. In the third all but R0 is as before.
 *
 *   x20 GETC   a key to R0
 *   x21 OUT    the character in R0
 *   x22 PUTS   the characters at R0, one a word, up to a word of 0
 *   x23 IN     prompts, a key to R0, prints it and a line feed
 *   x24 PUTSP  the characters at R0, two a word, low byte first, up to a byte of 0
 *   x25 HALT   prints that it halts, and halts; the PC stays at the trap
 *   x30        sends R0 over the bus
 *   x31        receives R0 from the bus
 *
 * What has to wait and cannot (input has ended, the bus hook says so) undoes itself: the PC is back
 * at the trap, and it counts as not executed.
 */
#include "machine_internal.h"
#include "base/text.h"

enum { VECTOR_SEND = 0x30, VECTOR_RECEIVE = 0x31 };
enum { BUFFER_BYTES = 512, LINE_FEED = 10 };

static void print(nf_lc3 *m, const char *string)
{
    nf_lc3_output(m, string, nf_string_length(string));
}

static void trap_undo(nf_lc3 *m)
{
    m->pc--;
    m->instructions--;
}

/* A value in R0 for the program. */
static void answer(nf_lc3 *m, uint16_t word)
{
    m->reg[0] = word;
    if (m->config.edition == NF_LC3_EDITION_2) nf_lc3_set_condition(m, word);
}

static bool key_answer(nf_lc3 *m)
{
    int key = nf_lc3_key_take(m);
    if (key < 0)
        trap_undo(m);
    else
        answer(m, (uint16_t)key);
    return key >= 0;
}

static void trap_getc(nf_lc3 *m)
{
    key_answer(m);
}

static void trap_out(nf_lc3 *m)
{
    char character = (char)(m->reg[0] & 0xff);
    nf_lc3_output(m, &character, 1);
}

/* Output that is put together. */
typedef struct line {
    nf_lc3 *machine;
    size_t count;
    char bytes[BUFFER_BYTES];
} line;

/* False at the end of the string. */
static bool line_put(line *l, uint16_t character)
{
    if (l->count == BUFFER_BYTES || character == 0) {
        nf_lc3_output(l->machine, l->bytes, l->count);
        l->count = 0;
    }
    if (character) l->bytes[l->count++] = (char)(character & 0xff);
    return character != 0;
}

/* Ends at the latest in the device space, where most words are 0. */
static void trap_puts(nf_lc3 *m)
{
    line l = {.machine = m};
    uint16_t address = m->reg[0];
    while (line_put(&l, nf_lc3_read(m, address))) address++;
}

static void trap_putsp(nf_lc3 *m)
{
    line l = {.machine = m};
    for (uint16_t address = m->reg[0];; address++) {
        uint16_t pair = nf_lc3_read(m, address);
        if (!line_put(&l, pair & 0xff) || !line_put(&l, pair >> 8)) break;
    }
}

static void trap_in(nf_lc3 *m)
{
    print(m, "\nInput a character> ");
    if (!key_answer(m)) return;
    char echo[] = {(char)m->reg[0], LINE_FEED};
    nf_lc3_output(m, echo, sizeof echo);
}

static void trap_halt(nf_lc3 *m)
{
    print(m, "\n\n--- Halting the LC-3 ---\n\n");
    m->pc--;
    nf_lc3_write(m, NF_LC3_MCR, m->mcr & (uint16_t)~NF_LC3_MCR_RUNS);
}

static void (*const services[NF_LC3_TRAP_SERVICE_COUNT])(nf_lc3 *) = {
    trap_getc, trap_out, trap_puts, trap_in, trap_putsp, trap_halt,
};

/* Whether there is a bus, and the trap was one. */
static bool bus_trap(nf_lc3 *m, uint8_t vector)
{
    const nf_lc3_hooks *hooks = &m->config.hooks;
    uint16_t word = m->reg[0];
    nf_lc3_bus got;
    if (vector == VECTOR_SEND && hooks->send)
        got = hooks->send(hooks->bus, word);
    else if (vector == VECTOR_RECEIVE && hooks->receive)
        got = hooks->receive(hooks->bus, &word);
    else
        return false;
    if (got == NF_LC3_BUS_DONE) {
        if (vector == VECTOR_RECEIVE) answer(m, word);
    } else {
        nf_lc3_stop_for(m, got == NF_LC3_BUS_WAIT ? NF_LC3_STOP_BUS : NF_LC3_STOP_BUS_DEAD);
        trap_undo(m);
    }
    return true;
}

bool nf_lc3_trap_fast(nf_lc3 *machine, uint8_t vector)
{
    unsigned service = (unsigned)vector - NF_LC3_TRAP_SERVICES;
    uint16_t next = machine->pc;
    if (machine->memory[vector] != machine->vectors[vector]) return false;
    if (service < NF_LC3_TRAP_SERVICE_COUNT && machine->os_fast)
        services[service](machine);
    else if (!bus_trap(machine, vector))
        return false;
    if (machine->config.edition == NF_LC3_EDITION_2 && machine->pc == next) machine->reg[7] = next;
    return true;
}
