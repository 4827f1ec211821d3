/* The LC-3 machine: each instruction, exception, interrupt and trap by a row, on the reference and
 * on the interpreter; and the parts of the interface that programs don't reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "guest/lc3/snapshot.h"
#include "lib_lc3.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CODE_MAX = 20, POKES_MAX = 12, OUTPUT_MAX = 256 };
enum {
    EDITION_2 = 1,
    IGNORE_PRIVILEGE = 2,
    NO_INPUT_YET = 4, /* the input hook has nothing, but does not end */
    KEYS_APART = 8,   /* by 100 instructions */
};

typedef struct poke {
    uint16_t address, word;
} poke;

/* What is not named is zero before; and afterwards as before. pc 0 stands for x3000 before, and for
 * as many words further as there were steps afterwards. */
typedef struct state {
    uint16_t pc, psr;
    int32_t reg[8]; /* afterwards: SAME is as before */
    int32_t saved_sp;
    poke memory[POKES_MAX];
} state;

typedef struct row {
    const char *name;
    unsigned flags;
    uint16_t code[CODE_MAX]; /* at before.pc */
    const char *input;
    uint64_t steps; /* 0: one */
    state before, after;
    nf_lc3_stop stop; /* GOING stands for the limit */
    const char *output;
} row;

enum { USER_Z = 0x8002, USER_N = 0x8004, USER_P = 0x8001 };
#define SAME (-1)
#define ZERO (-2)

#include "lc3_rows.def"

static void poke_all(nf_lc3 *m, const poke *pokes)
{
    for (size_t i = 0; i < POKES_MAX; i++)
        if (pokes[i].address) nf_lc3_write(m, pokes[i].address, pokes[i].word);
}

static nf_lc3 *row_machine(const row *r, lc3_console *console)
{
    uint16_t pc = r->before.pc ? r->before.pc : 0x3000;
    nf_lc3_config config = {
        .edition = r->flags & EDITION_2 ? NF_LC3_EDITION_2 : NF_LC3_EDITION_3,
        .ignore_privilege = r->flags & IGNORE_PRIVILEGE,
        .key_interval = r->flags & KEYS_APART ? 100 : 0,
    };
    lc3_console_init(console, r->input, &config.hooks);
    console->never_ends = r->flags & NO_INPUT_YET;
    nf_lc3 *m = lc3_new(&config);
    for (size_t i = 0; i < CODE_MAX; i++)
        if (r->code[i]) m->memory[(uint16_t)(pc + i)] = r->code[i];
    nf_lc3_start(m, pc);
    poke_all(m, r->before.memory);
    for (size_t i = 0; i < 8; i++)
        if (r->before.reg[i]) m->reg[i] = (uint16_t)r->before.reg[i];
    if (r->before.psr) nf_lc3_set_psr(m, r->before.psr);
    if (r->before.saved_sp) m->saved_sp = (uint16_t)r->before.saved_sp;
    return m;
}

static void row_compare(const row *r, const char *engine, nf_lc3 *m, const uint16_t *reg_before,
                        uint16_t psr_before, uint16_t saved_before)
{
    const state *after = &r->after;
    uint16_t start = r->before.pc ? r->before.pc : 0x3000;
    uint16_t pc = after->pc ? after->pc : (uint16_t)(start + (r->steps ? r->steps : 1));
    uint16_t psr = after->psr ? after->psr : psr_before;
    uint16_t saved = after->saved_sp == ZERO ? 0 : (uint16_t)after->saved_sp;
    if (after->saved_sp == 0) saved = saved_before;
    if (m->pc != pc) fail_msg("%s by %s: PC is %04x, not %04x", r->name, engine, m->pc, pc);
    if (nf_lc3_psr(m) != psr)
        fail_msg("%s by %s: PSR is %04x, not %04x", r->name, engine, nf_lc3_psr(m), psr);
    if (m->saved_sp != saved)
        fail_msg("%s by %s: saved SP is %04x, not %04x", r->name, engine, m->saved_sp, saved);
    for (size_t i = 0; i < 8; i++) {
        int32_t wanted = after->reg[i] == 0 || after->reg[i] == SAME ? reg_before[i]
                         : after->reg[i] == ZERO                     ? 0
                                                                     : after->reg[i];
        if (m->reg[i] != (uint16_t)wanted)
            fail_msg("%s by %s: R%zu is %04x, not %04x", r->name, engine, i, m->reg[i],
                     (uint16_t)wanted);
    }
    for (size_t i = 0; i < POKES_MAX && after->memory[i].address; i++)
        if (nf_lc3_read(m, after->memory[i].address) != after->memory[i].word)
            fail_msg("%s by %s: x%04X has %04x, not %04x", r->name, engine,
                     after->memory[i].address, nf_lc3_read(m, after->memory[i].address),
                     after->memory[i].word);
}

static void row_run(const row *r, const char *engine,
                    nf_lc3_stop (*run)(nf_lc3 *machine, uint64_t limit))
{
    lc3_console console;
    nf_lc3 *m = row_machine(r, &console);
    uint16_t reg[8], psr = nf_lc3_psr(m), saved = m->saved_sp;
    memcpy(reg, m->reg, sizeof reg);
    nf_lc3_stop stop = run(m, r->steps ? r->steps : 1);
    nf_lc3_stop wanted = r->stop == NF_LC3_GOING ? NF_LC3_STOP_LIMIT : r->stop;
    if (stop != wanted) fail_msg("%s by %s: stopped for %d, not %d", r->name, engine, stop, wanted);
    row_compare(r, engine, m, reg, psr, saved);
    const char *output = r->output ? r->output : "";
    if (strcmp(console.output, output) != 0)
        fail_msg("%s by %s: printed \"%s\", not \"%s\"", r->name, engine, console.output, output);
    nf_lc3_free(m);
}

static void rows_hold(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        row_run(&rows[i], "steps", nf_lc3_run_by_steps);
        row_run(&rows[i], "interpreter", nf_lc3_run);
    }
}

/* --- the interface ----------------------------------------------------------------------------- */

static void images_must_fit(void **unused)
{
    static const uint16_t words[2] = {1, 2};
    nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    nf_error error;
    (void)unused;
    assert_int_equal(nf_lc3_load(m, 0xfdfe, words, 2, &error), NF_OK);
    assert_int_equal(m->memory[0xfdff], 2);
    assert_int_equal(nf_lc3_load(m, 0xfdff, words, 2, &error), NF_ARGUMENT);
    assert_string_equal(error.message, "2 words at xfdff reach into the device registers at xfe00");
    assert_int_equal(nf_lc3_load(m, 0xffff, words, 2, &error), NF_ARGUMENT);
    assert_int_equal(nf_lc3_load(m, 0, words, 0, &error), NF_OK);
    assert_int_equal(nf_lc3_load(m, 0, words, SIZE_MAX, &error), NF_ARGUMENT);
    nf_lc3_free(m);
}

/* BRnzp to itself: a limit is kept to the instruction. */
static void limits_are_exact(void **unused)
{
    static const uint64_t limits[] = {0, 1, 2, 7, 1000, 65535, 65536, 65537, 300000};
    nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    (void)unused;
    m->memory[0x3000] = 0x0fff;
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT(limits); i++) {
        assert_int_equal(nf_lc3_run(m, limits[i]), NF_LC3_STOP_LIMIT);
        assert_int_equal(m->instructions, sum += limits[i]);
    }
    nf_lc3_free(m);
}

static void a_stop_can_be_asked_for(void **unused)
{
    nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    (void)unused;
    m->memory[0x3000] = 0x0fff;
    nf_lc3_ask_stop(m);
    assert_int_equal(nf_lc3_run(m, UINT64_MAX), NF_LC3_STOP_ASKED);
    assert_int_equal(nf_lc3_run(m, 10), NF_LC3_STOP_LIMIT);
    nf_lc3_free(m);
}

static void a_halted_machine_stays_halted(void **unused)
{
    nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    (void)unused;
    m->memory[0x3000] = 0xf025;
    assert_int_equal(nf_lc3_run(m, UINT64_MAX), NF_LC3_STOP_HALTED);
    assert_int_equal(m->instructions, 1);
    assert_int_equal(nf_lc3_run(m, UINT64_MAX), NF_LC3_STOP_HALTED);
    assert_int_equal(m->instructions, 1);
    nf_lc3_write(m, 0x3000, 0x1021);
    nf_lc3_start(m, 0x3000);
    assert_int_equal(nf_lc3_run(m, 1), NF_LC3_STOP_LIMIT);
    assert_int_equal(m->reg[0], 1);
    nf_lc3_free(m);
}

/* Interrupts from outside: the higher first, the lower when the first routine has returned. */
static void requests_wait_for_their_priority(void **unused)
{
    nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    (void)unused;
    for (uint16_t i = 0; i < 3; i++) {
        m->memory[0x190 + i] = (uint16_t)(0x1000 + 0x10 * i);
        m->memory[0x1000 + 0x10 * i] = (uint16_t)(0x1021 + 0x240 * i); /* ADD Ri, Ri, #1 */
        m->memory[0x1001 + 0x10 * i] = 0x8000;
    }
    m->memory[0x3000] = 0x0fff;
    nf_lc3_set_psr(m, 0x8202);
    nf_lc3_request_interrupt(m, 0x90, 2); /* not above the program */
    nf_lc3_request_interrupt(m, 0x91, 3);
    nf_lc3_request_interrupt(m, 0x92, 7);
    nf_lc3_run(m, 1);
    assert_int_equal(m->reg[2], 1);
    assert_int_equal(nf_lc3_psr(m), 0x0701);
    assert_int_equal(m->reg[6], 0x2ffe);
    assert_int_equal(m->memory[0x2ffe], 0x3000);
    assert_int_equal(m->memory[0x2fff], 0x8202);
    nf_lc3_run(m, 3);
    assert_int_equal(m->reg[1], 1);
    assert_int_equal(m->reg[0], 0);
    assert_int_equal(m->pc, 0x3000);
    nf_lc3_set_psr(m, 0x8102);
    nf_lc3_run(m, 2);
    assert_int_equal(m->reg[0], 1);
    nf_lc3_free(m);
}

/* --- the bus ----------------------------------------------------------------------------------- */

typedef struct fake_bus {
    uint16_t sent, answer;
    nf_lc3_bus result;
} fake_bus;

static nf_lc3_bus fake_send(void *context, uint16_t word)
{
    fake_bus *bus = context;
    bus->sent = word;
    return bus->result;
}

static nf_lc3_bus fake_receive(void *context, uint16_t *word)
{
    fake_bus *bus = context;
    *word = bus->answer;
    return bus->result;
}

static nf_lc3 *bus_machine(fake_bus *bus, uint16_t trap)
{
    nf_lc3_config config = {
        .edition = NF_LC3_EDITION_3,
        .hooks = {.bus = bus, .send = fake_send, .receive = fake_receive},
    };
    nf_lc3 *m = lc3_new(&config);
    m->memory[0x3000] = trap;
    m->reg[0] = 0x1234;
    return m;
}

static void bus_traps_call_the_hooks(void **unused)
{
    fake_bus bus = {.answer = 0x8765};
    (void)unused;
    nf_lc3 *m = bus_machine(&bus, 0xf030);
    assert_int_equal(nf_lc3_run(m, 1), NF_LC3_STOP_LIMIT);
    assert_int_equal(bus.sent, 0x1234);
    assert_int_equal(m->pc, 0x3001);
    nf_lc3_free(m);
    m = bus_machine(&bus, 0xf031);
    assert_int_equal(nf_lc3_run(m, 1), NF_LC3_STOP_LIMIT);
    assert_int_equal(m->reg[0], 0x8765);
    assert_int_equal(nf_lc3_psr(m), USER_Z);
    nf_lc3_free(m);
}

static void bus_traps_that_wait_are_tried_again(void **unused)
{
    fake_bus bus = {.answer = 7, .result = NF_LC3_BUS_WAIT};
    (void)unused;
    nf_lc3 *m = bus_machine(&bus, 0xf031);
    assert_int_equal(nf_lc3_run(m, 10), NF_LC3_STOP_BUS);
    assert_int_equal(m->pc, 0x3000);
    assert_int_equal(m->reg[0], 0x1234);
    assert_int_equal(m->instructions, 0);
    bus.result = NF_LC3_BUS_DONE;
    assert_int_equal(nf_lc3_run(m, 1), NF_LC3_STOP_LIMIT);
    assert_int_equal(m->reg[0], 7);
    bus.result = NF_LC3_BUS_DEAD;
    nf_lc3_start(m, 0x3000);
    assert_int_equal(nf_lc3_run(m, 1), NF_LC3_STOP_BUS_DEAD);
    nf_lc3_free(m);
}

static void a_program_keeps_its_own_trap(void **unused)
{
    fake_bus bus = {0};
    (void)unused;
    nf_lc3 *m = bus_machine(&bus, 0xf030);
    m->memory[0x30] = 0x2000;
    nf_lc3_run(m, 1);
    assert_int_equal(bus.sent, 0);
    assert_int_equal(m->pc, 0x2000);
    nf_lc3_free(m);
}

/* --- code that changes ------------------------------------------------------------------------- */

static uint16_t block_written;

static void block_hook(void *context, uint16_t address)
{
    (void)context;
    block_written = address;
}

/* Both ways to write, and each bit of code_map. */
static void writes_reach_those_who_hold_code(void **unused)
{
    nf_lc3_config config = {.edition = NF_LC3_EDITION_3, .hooks = {.code_written = block_hook}};
    nf_lc3 *m = lc3_new(&config);
    (void)unused;
    m->memory[0x3000] = 0x3000; /* ST R0, x3001 */
    m->memory[0x3001] = 0x1021;
    m->code_map[0x3001] = NF_LC3_CODE_BLOCK;
    m->reg[0] = 0x1261; /* ADD R1, R1, #1 */
    nf_lc3_run(m, 2);
    assert_int_equal(block_written, 0x3001);
    assert_int_equal(m->reg[1], 1);
    assert_int_equal(m->code_map[0x3001], NF_LC3_CODE_CELL);
    m->code_map[0x3001] |= NF_LC3_CODE_BLOCK;
    block_written = 0;
    nf_lc3_write(m, 0x3001, 0x1265);
    assert_int_equal(block_written, 0x3001);
    m->pc = 0x3001;
    nf_lc3_run(m, 1);
    assert_int_equal(m->reg[1], 6);
    assert_true(m->os_fast);
    nf_lc3_write(m, 0x210, m->memory[0x210]);
    assert_false(m->os_fast);
    nf_lc3_free(m);
}

/* What native code does for the services, the system's own code does too. */
static void services_are_the_same_without_native_code(void **unused)
{
    static const nf_lc3_edition editions[] = {NF_LC3_EDITION_2, NF_LC3_EDITION_3};
    /* GETC OUT; IN; LEA R0 PUTS; LEA R0 PUTSP; HALT */
    static const uint16_t program[] = {0xf020, 0xf021, 0xf023, 0xe004, 0xf022, 0xe005, 0xf024,
                                       0xf025, 'a',    'b',    0,      0x6463, 0x0065, 0};
    (void)unused;
    for (size_t i = 0; i < COUNT(editions); i++) {
        lc3_console consoles[2];
        nf_lc3 *machines[2];
        for (size_t slow = 0; slow < 2; slow++) {
            nf_lc3_config config = {.edition = editions[i]};
            lc3_console_init(&consoles[slow], "xy", &config.hooks);
            nf_lc3 *m = machines[slow] = lc3_new(&config);
            assert_int_equal(nf_lc3_load(m, 0x3000, program, COUNT(program), NULL), NF_OK);
            for (uint16_t r = 1; r < 6; r++) m->reg[r] = (uint16_t)(r * 0x1111);
            if (slow) m->os_fast = false;
            assert_int_equal(nf_lc3_run(m, 100000), NF_LC3_STOP_HALTED);
        }
        assert_string_equal(consoles[0].output, consoles[1].output);
        assert_string_equal(consoles[0].output, "x\nInput a character> y\nabcde"
                                                "\n\n--- Halting the LC-3 ---\n\n");
        for (size_t r = 2; r < 6; r++) assert_int_equal(machines[0]->reg[r], machines[1]->reg[r]);
        nf_lc3_free(machines[0]);
        nf_lc3_free(machines[1]);
    }
}

/* --- snapshots --------------------------------------------------------------------------------- */

static void damaged_snapshots_are_refused(void **unused)
{
    static uint8_t bytes[NF_LC3_SNAPSHOT_BYTES];
    nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
    nf_error error;
    (void)unused;
    m->reg[3] = 3;
    nf_lc3_snapshot_write(m, bytes);
    m->reg[3] = 4;
    assert_int_equal(nf_lc3_snapshot_read(m, "s", bytes, 0, &error), NF_CORRUPT);
    assert_int_equal(nf_lc3_snapshot_read(m, "s", bytes, sizeof bytes - 1, &error), NF_CORRUPT);
    bytes[8] = 4;
    assert_int_equal(nf_lc3_snapshot_read(m, "s", bytes, sizeof bytes, &error), NF_CORRUPT);
    assert_string_equal(error.message, "the snapshot is damaged");
    bytes[8] = 3;
    bytes[0] ^= 1;
    assert_int_equal(nf_lc3_snapshot_read(m, "s", bytes, sizeof bytes, &error), NF_CORRUPT);
    assert_int_equal(m->reg[3], 4);
    bytes[0] ^= 1;
    assert_int_equal(nf_lc3_snapshot_read(m, "s", bytes, sizeof bytes, &error), NF_OK);
    assert_int_equal(m->reg[3], 3);
    nf_lc3_free(m);
}

/* Whatever the bytes say, the machine they make can run. */
static void any_snapshot_can_run(void **unused)
{
    static uint8_t bytes[NF_LC3_SNAPSHOT_BYTES];
    uint64_t random = 1;
    (void)unused;
    for (size_t round = 0; round < 50; round++) {
        nf_lc3 *m = lc3_new(&(nf_lc3_config){.edition = NF_LC3_EDITION_3});
        nf_lc3_snapshot_write(m, bytes);
        for (size_t i = NF_LC3_SNAPSHOT_HEADER_BYTES; i < sizeof bytes; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            bytes[i] = (uint8_t)(random >> 56);
        }
        assert_int_equal(nf_lc3_snapshot_read(m, "", bytes, sizeof bytes, NULL), NF_OK);
        nf_lc3_run(m, 10000);
        nf_lc3_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(images_must_fit),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(a_stop_can_be_asked_for),
        cmocka_unit_test(a_halted_machine_stays_halted),
        cmocka_unit_test(requests_wait_for_their_priority),
        cmocka_unit_test(bus_traps_call_the_hooks),
        cmocka_unit_test(bus_traps_that_wait_are_tried_again),
        cmocka_unit_test(a_program_keeps_its_own_trap),
        cmocka_unit_test(writes_reach_those_who_hold_code),
        cmocka_unit_test(services_are_the_same_without_native_code),
        cmocka_unit_test(damaged_snapshots_are_refused),
        cmocka_unit_test(any_snapshot_can_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
