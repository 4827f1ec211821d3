/*
 * Random LC-3 programs on an engine and on the reference, which must agree in everything.
 *
 * Programs are random instructions whose addresses mostly lie in the program itself, so that they
 * modify themselves, run into each other's middle, and now and then touch device registers, stacks
 * and vectors. Every other one is a nest of loops with a subroutine, which runs longer. Both machines run by the same pieces of random length and are compared after each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "guest/lc3/snapshot.h"
#include "lib_environment.h"
#include "lib_lc3.h"
#include "lib_lc3_random.h"

enum { WINDOW = 128, PIECES = 24, PIECE_MAX = 300, LOOP_PIECES = 8 };

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) * limit >> 31);
}

static uint16_t random_of(const uint16_t *choices, uint32_t count)
{
    return choices[random_below(count)];
}

/* An address that means something: mostly in the program. */
static uint16_t random_address(uint16_t base)
{
    static const uint16_t special[] = {0xfe00, 0xfe02, 0xfe04, 0xfe06, 0xfe08, 0xfe0a, 0xfffc,
                                       0xfffe, 0xfdff, 0x2fff, 0x3000, 0x0000, 0xffff, 0x0025,
                                       0x0100, 0x0101, 0x0102, 0x0180, 0x0181, 0x0210};
    if (random_below(6) == 0) return random_of(special, sizeof special / sizeof *special);
    if (random_below(10) == 0) return (uint16_t)random_below(0x10000);
    return (uint16_t)(base + random_below(WINDOW));
}

/* Legal more often than not, with near targets; halts seldom. */
static uint16_t random_word(uint16_t base)
{
    uint16_t op = (uint16_t)random_below(NF_LC3_OP_COUNT + 2);
    uint16_t word = (uint16_t)random_below(0x10000);
    if (op >= NF_LC3_OP_COUNT) return random_below(2) ? word : random_address(base);
    if (op == NF_LC3_TRAP && random_below(3)) return (uint16_t)(0xf020 + random_below(5));
    const nf_lc3_op_info *info = nf_lc3_op_info_of((nf_lc3_op)op);
    word = (word & (uint16_t)~info->mask) | info->bits;
    bool near = info->operands == NF_LC3_OPERANDS_DR_LABEL9 ||
                info->operands == NF_LC3_OPERANDS_NZP_LABEL9 ||
                info->operands == NF_LC3_OPERANDS_LABEL11;
    if (near && random_below(4)) {
        uint16_t field = info->operands == NF_LC3_OPERANDS_LABEL11 ? 0x7ff : 0x1ff;
        word = (word & (uint16_t)~field) | ((random_below(48) - 24) & field);
    }
    return word;
}

/* --- programs of loops -------------------------------------------------------------------------- */

/* An instruction without jumps: arithmetic on R0 to R3, memory by R5 and R6, which move now and
 * then, or by words in the program. */
static uint16_t loop_word(void)
{
    static const uint16_t forms[] = {0x1000, 0x1020, 0x5000, 0x5020, 0x903f, 0x6140,
                                     0x6180, 0x7140, 0x7180, 0x2000, 0x3000, 0xa000,
                                     0xb000, 0xe000, 0x1020, 0x1000};
    uint16_t form = random_of(forms, sizeof forms / sizeof *forms);
    uint16_t registers = (uint16_t)(random_below(4) << 9),
             source = (uint16_t)(random_below(4) << 6);
    switch (form) {
    case 0x1000:
    case 0x5000: return form | registers | source | (uint16_t)random_below(4);
    case 0x1020:
    case 0x5020:
        if (random_below(6) == 0) return random_below(2) ? 0x1b61 : 0x1da1;
        return form | registers | source | (uint16_t)random_below(32);
    case 0x903f: return form | registers | source;
    case 0x6140:
    case 0x6180:
    case 0x7140:
    case 0x7180: return form | registers | (uint16_t)random_below(32);
    default: return form | registers | (uint16_t)(0x80 + random_below(64)); /* data behind */
    }
}

/* count words, with branches over some of them; JSR where there is a subroutine. */
static uint16_t *body_write(uint16_t *out, uint32_t count, const uint16_t *subroutine)
{
    for (const uint16_t *end = out + count; out < end; out++) {
        *out = loop_word();
        if (random_below(5) == 0)
            *out = (uint16_t)(random_below(7) + 1) << 9 | (uint16_t)random_below(3);
        if (subroutine && random_below(8) == 0)
            *out = 0x4800 | ((uint16_t)(subroutine - out - 1) & 0x7ff);
    }
    *out++ = 0x1020; /* where the last branch goes */
    *out++ = 0x1020;
    return out;
}

/* A loop in a loop that does not end, and a subroutine. R4 counts. */
static void loops_write(uint16_t words[WINDOW])
{
    uint16_t *out = words + 1, *subroutine = out;
    out = body_write(out, random_below(5), NULL);
    *out++ = 0xc1c0;
    words[0] = 0x0e00 | (uint16_t)(out - words - 1);
    const uint16_t *outer = out;
    out = body_write(out, random_below(6), subroutine);
    *out++ = 0x5920;
    *out++ = 0x1920 | (uint16_t)(1 + random_below(15));
    const uint16_t *inner = out;
    out = body_write(out, 2 + random_below(16), subroutine);
    *out++ = 0x193f;
    *out = 0x0200 | ((uint16_t)(inner - out - 1) & 0x1ff);
    out++;
    out = body_write(out, random_below(6), subroutine);
    *out = 0x0e00 | ((uint16_t)(outer - out - 1) & 0x1ff);
}

/* The same random program in both. */
static void machines_fill(nf_lc3 *const machines[2], bool loops)
{
    static const uint16_t bases[] = {0x3000, 0x3000, 0x4000, 0x2fc0, 0x1000, 0xfda0, 0xffc0};
    uint16_t base = random_of(bases, sizeof bases / sizeof *bases);
    uint16_t words[WINDOW], registers[8], vectors[3];
    for (size_t i = 0; i < WINDOW; i++) words[i] = random_word(base);
    for (size_t i = 0; i < 8; i++) registers[i] = random_address(base);
    if (loops) {
        loops_write(words);
        registers[5] = (uint16_t)(base + (random_below(4) ? 0x400 : 0x60) + random_below(WINDOW));
        registers[6] = (uint16_t)(base + 0x500 + random_below(WINDOW));
    }
    for (size_t i = 0; i < 3; i++) vectors[i] = random_address(base);
    uint16_t keyboard = random_below(2) ? 0x4000 : 0, timer = (uint16_t)random_below(3);
    uint16_t psr = (uint16_t)random_below(0x10000);
    bool patched = random_below(3) == 0, own_psr = random_below(3) == 0;
    for (size_t k = 0; k < 2; k++) {
        nf_lc3 *m = machines[k];
        for (uint32_t i = 0; i < WINDOW; i++) m->memory[(uint16_t)(base + i)] = words[i];
        nf_lc3_start(m, base);
        memcpy(m->reg, registers, sizeof registers);
        if (patched)
            for (uint16_t i = 0; i < 3; i++) nf_lc3_write(m, (uint16_t)(0x100 + i), vectors[i]);
        nf_lc3_write(m, 0xfe00, keyboard);
        nf_lc3_write(m, 0xfe08, 0x4000);
        nf_lc3_write(m, 0xfe0a, timer);
        if (own_psr) nf_lc3_set_psr(m, psr);
    }
}

static void machines_compare(nf_lc3 *const machines[2], uint64_t seed)
{
    const nf_lc3 *a = machines[0], *b = machines[1];
    bool same = memcmp(a->reg, b->reg, sizeof a->reg) == 0 && a->pc == b->pc &&
                nf_lc3_psr(a) == nf_lc3_psr(b) && a->saved_sp == b->saved_sp &&
                a->instructions == b->instructions && a->stop == b->stop && a->mcr == b->mcr &&
                a->access_low == b->access_low && a->os_fast == b->os_fast;
    if (!same)
        fail_msg("seed %llu: after %llu and %llu instructions PC is %04x and %04x, PSR %04x and "
                 "%04x",
                 (unsigned long long)seed, (unsigned long long)a->instructions,
                 (unsigned long long)b->instructions, a->pc, b->pc, nf_lc3_psr(a), nf_lc3_psr(b));
    if (memcmp(a->memory, b->memory, sizeof a->memory) != 0)
        fail_msg("seed %llu: memory differs", (unsigned long long)seed);
}

/* The second as a new machine with the state of the first, and with the same keys to come. */
static void *machine_replace(nf_lc3 *machines[2], const lc3_console consoles[2],
                             const lc3_engine *engine, void *attached)
{
    static uint8_t bytes[NF_LC3_SNAPSHOT_BYTES];
    engine->detach(attached);
    nf_lc3_config config = machines[1]->config;
    config.edition = NF_LC3_EDITION_3;
    config.ignore_privilege = false;
    nf_lc3_snapshot_write(machines[0], bytes);
    nf_lc3_free(machines[1]);
    machines[1] = lc3_new(&config);
    attached = engine->attach(machines[1]);
    assert_int_equal(nf_lc3_snapshot_read(machines[1], "", bytes, sizeof bytes, NULL), NF_OK);
    machines[1]->stop = machines[0]->stop;
    assert_ptr_equal(consoles[0].input, consoles[1].input);
    return attached;
}

void lc3_random_run(uint64_t seed, const lc3_engine *engine)
{
    static const char keys[] = "some keys";
    nf_lc3 *machines[2];
    lc3_console consoles[2];
    random_state = seed;
    nf_lc3_config config = {
        .edition = random_below(4) ? NF_LC3_EDITION_3 : NF_LC3_EDITION_2,
        .ignore_privilege = random_below(4) == 0,
        .key_interval = random_below(2) ? random_below(200) : 0,
    };
    bool never_ends = random_below(2);
    for (size_t k = 0; k < 2; k++) {
        lc3_console_init(&consoles[k], keys, &config.hooks);
        consoles[k].never_ends = never_ends;
        machines[k] = lc3_new(&config);
    }
    void *attached = engine->attach(machines[1]);
    bool loops = seed % 2 == 0;
    machines_fill(machines, loops);
    for (uint32_t piece = 0; piece < PIECES; piece++) {
        uint64_t limit = random_below(random_below(2) ? PIECE_MAX : 4);
        if (loops) limit *= LOOP_PIECES;
        nf_lc3_run_by_steps(machines[0], limit);
        nf_lc3_run(machines[1], limit);
        machines_compare(machines, seed);
        if (random_below(PIECES) == 0)
            attached = machine_replace(machines, consoles, engine, attached);
    }
    if (consoles[0].hash != consoles[1].hash)
        fail_msg("seed %llu: output differs", (unsigned long long)seed);
    engine->detach(attached);
    for (size_t k = 0; k < 2; k++) nf_lc3_free(machines[k]);
}

void lc3_random_run_all(const lc3_engine *engine, uint64_t first, uint64_t count)
{
    first = environment_number("NF_LC3_SEED", first);
    count = environment_number("NF_LC3_PROGRAMS", count);
    for (uint64_t i = 0; i < count; i++) lc3_random_run(first + i, engine);
}
