/*
 * The LC-3 machine: life, modes, entry to traps and interrupts, the run loop.
 *
 * Time is the count of instructions. nf_lc3_run() asks its engine for as many as may pass before
 * a device wants attention, and looks at devices between; so interrupts come before the same
 * instruction whatever the engine. An engine comes back early when something happened that may
 * concern the rest: a register of a device was written, the PSR changed, the machine stopped.
 *
 *     run ──► attend: keys, timer, due interrupt ──► engine(n) ──► attention, or n done ─┐
 *              ▲                                                                         │
 *              └─────────────────────────────────────────────────────────────────────────┘
 *
 * A program that waits for a key's interrupt in a loop that changes nothing does not keep the host
 * busy: the input hook waits for it. Where input has ended, it would wait for ever, and is stopped.
 *
 * Stacks: R6 is the stack pointer of the mode that runs, saved_sp that of the other one. Both are
 * exchanged whenever the mode changes by a trap, an interrupt or an RTI, as the book says.
 *
 * The PC that an exception saves is that of the instruction that caused it (the book's state
 * machine decrements the PC again); a trap saves that of the next one.
 */
#include "machine_internal.h"
#include "stats.h"

/* The longest loop that is recognised as waiting. */
enum { WAIT_LOOP_MAX = 16 };

/* Says which words are not plain memory, those around memory among them. */
static void code_map_init(nf_lc3 *m)
{
    __builtin_memset(m->code_map_below, NF_LC3_FAR, sizeof m->code_map_below);
    __builtin_memset(m->code_map, NF_LC3_SYSTEM, NF_LC3_USER_START);
    __builtin_memset(m->code_map + NF_LC3_DEVICES, NF_LC3_FAR, NF_LC3_WORDS - NF_LC3_DEVICES);
    __builtin_memset(m->code_map_above, NF_LC3_FAR, sizeof m->code_map_above);
    uint32_t scratch = NF_LC3_SCRATCH - NF_LC3_OFFSETS - NF_LC3_WORDS;
    __builtin_memset(m->code_map_above + scratch, 0, sizeof m->code_map_above - scratch);
}

nf_status nf_lc3_new(const nf_lc3_config *config, nf_lc3 **machine, nf_error *error)
{
    nf_lc3 *m = nf_os_pages_map(sizeof *m, 0);
    if (m == NULL) return nf_fail(error, NF_MEMORY, "no memory for an LC-3");
    m->config = *config;
    m->engine = nf_lc3_interpret;
    m->slice = NF_LC3_SLICE;
    code_map_init(m);
    nf_lc3_os_install(m);
    nf_lc3_start(m, NF_LC3_USER_START);
    *machine = m;
    return NF_OK;
}

void nf_lc3_free(nf_lc3 *machine)
{
    if (machine == NULL) return;
    nf_lc3_cells_free(machine);
    nf_os_pages_unmap(machine, sizeof *machine);
}

nf_status nf_lc3_load(nf_lc3 *machine, uint16_t origin, const uint16_t *words, size_t count,
                      nf_error *error)
{
    if (count > NF_LC3_DEVICES || origin > NF_LC3_DEVICES - count)
        return nf_fail(error, NF_ARGUMENT,
                       "%zu words at x%04x reach into the device registers at x%04x", count, origin,
                       NF_LC3_DEVICES);
    for (size_t i = 0; i < count; i++) {
        uint16_t address = (uint16_t)(origin + i);
        machine->memory[address] = words[i];
        if (machine->code_map[address] & NF_LC3_CODE) nf_lc3_code_written(machine, address);
    }
    return NF_OK;
}

void nf_lc3_use_loaded_os(nf_lc3 *machine)
{
    machine->os_fast = false;
    for (unsigned i = 0; i < sizeof machine->vectors / sizeof *machine->vectors; i++)
        machine->vectors[i] = machine->memory[i];
}

void nf_lc3_start(nf_lc3 *machine, uint16_t pc)
{
    bool user = (uint16_t)(pc - NF_LC3_USER_START) < NF_LC3_USER_SPAN;
    nf_lc3_set_psr(machine, (user ? NF_LC3_USER : 0) | NF_LC3_Z);
    machine->pc = pc;
    machine->mcr = NF_LC3_MCR_RUNS;
    machine->stop = NF_LC3_GOING;
    if (user)
        machine->saved_sp = NF_LC3_SUPERVISOR_STACK;
    else
        machine->reg[6] = NF_LC3_SUPERVISOR_STACK;
    nf_lc3_devices_reset(machine);
    machine->attention = NF_LC3_ATTEND_EVENTS;
}

void nf_lc3_code_written(nf_lc3 *machine, uint16_t address)
{
    uint8_t kinds = machine->code_map[address];
    machine->code_map[address] &= (uint8_t)~NF_LC3_CODE;
    if (kinds & NF_LC3_CODE_OS) machine->os_fast = false;
    if (kinds & NF_LC3_CODE_CELL) nf_lc3_cell_forget(machine, address);
    if (kinds & NF_LC3_CODE_BLOCK)
        machine->config.hooks.code_written(machine->config.hooks.code, address);
}

/* --- the PSR ---------------------------------------------------------------------------------- */

uint16_t nf_lc3_psr(const nf_lc3 *machine)
{
    int16_t condition = (int16_t)machine->condition;
    if (machine->attention & NF_LC3_ATTEND_CC) return machine->psr | machine->odd_cc;
    return machine->psr | (condition < 0 ? NF_LC3_N : condition == 0 ? NF_LC3_Z : NF_LC3_P);
}

void nf_lc3_set_condition(nf_lc3 *machine, uint16_t result)
{
    machine->condition = result;
    machine->attention &= ~(uint32_t)NF_LC3_ATTEND_CC;
}

static void cc_set(nf_lc3 *machine, uint16_t cc)
{
    switch (cc) {
    case NF_LC3_N: nf_lc3_set_condition(machine, 0x8000); break;
    case NF_LC3_Z: nf_lc3_set_condition(machine, 0); break;
    case NF_LC3_P: nf_lc3_set_condition(machine, 1); break;
    default: machine->odd_cc = (uint8_t)cc; machine->attention |= NF_LC3_ATTEND_CC;
    }
}

bool nf_lc3_is_privileged(const nf_lc3 *machine)
{
    return !(machine->psr & NF_LC3_USER) || machine->config.ignore_privilege;
}

void nf_lc3_set_psr(nf_lc3 *machine, uint16_t psr)
{
    machine->psr = psr & (NF_LC3_USER | NF_LC3_PRIORITY);
    cc_set(machine, psr & NF_LC3_CC);
    bool confined = machine->config.edition == NF_LC3_EDITION_3 && !nf_lc3_is_privileged(machine);
    machine->access_low = confined ? NF_LC3_USER_START : 0;
    machine->access_span = confined ? NF_LC3_USER_SPAN : NF_LC3_DEVICES;
    machine->attention |= NF_LC3_ATTEND_EVENTS;
}

void nf_lc3_set_psr_and_stack(nf_lc3 *machine, uint16_t psr)
{
    if ((psr ^ machine->psr) & NF_LC3_USER) {
        uint16_t other = machine->saved_sp;
        machine->saved_sp = machine->reg[6];
        machine->reg[6] = other;
    }
    nf_lc3_set_psr(machine, psr);
}

void nf_lc3_enter(nf_lc3 *machine, uint16_t table, uint16_t priority, uint16_t return_pc)
{
    uint16_t psr = nf_lc3_psr(machine);
    nf_lc3_set_psr_and_stack(machine, priority | (psr & NF_LC3_CC));
    nf_lc3_write(machine, --machine->reg[6], psr);
    nf_lc3_write(machine, --machine->reg[6], return_pc);
    machine->pc = nf_lc3_read(machine, table);
}

/* --- memory ----------------------------------------------------------------------------------- */

uint16_t nf_lc3_read(nf_lc3 *machine, uint16_t address)
{
    return address < NF_LC3_DEVICES ? machine->memory[address]
                                    : nf_lc3_device_read(machine, address);
}

void nf_lc3_write(nf_lc3 *machine, uint16_t address, uint16_t word)
{
    if (address >= NF_LC3_DEVICES) {
        nf_lc3_device_write(machine, address, word);
        return;
    }
    machine->memory[address] = word;
    if (machine->code_map[address] & NF_LC3_CODE) nf_lc3_code_written(machine, address);
}

/* --- runs ------------------------------------------------------------------------------------- */

void nf_lc3_stop_for(nf_lc3 *machine, nf_lc3_stop reason)
{
    machine->stop = reason;
    machine->attention |= NF_LC3_ATTEND_STOP;
}

void nf_lc3_ask_stop(nf_lc3 *machine)
{
    __atomic_store_n(&machine->stop_asked, true, __ATOMIC_RELAXED);
}

/* Only a start gets the machine out of a halt; every other stop is over when it runs again. */
static void stop_forget(nf_lc3 *machine)
{
    machine->attention &= ~(uint32_t)NF_LC3_ATTEND_STOP;
    machine->stop = NF_LC3_GOING;
    if (!(machine->mcr & NF_LC3_MCR_RUNS)) nf_lc3_stop_for(machine, NF_LC3_STOP_HALTED);
}

static uint64_t next_event(const nf_lc3 *machine, uint64_t end)
{
    return machine->event_at < end ? machine->event_at : end;
}

static void slice_run(nf_lc3 *machine, uint64_t end)
{
    uint64_t count = next_event(machine, end) - machine->instructions;
    machine->engine(machine, count < machine->slice ? count : machine->slice);
    if (machine->stats) nf_lc3_stats_note(machine->stats, machine);
}

/* An instruction that has no effect but on registers: what a loop that waits is made of. */
static bool is_pure(const nf_lc3 *m)
{
    if (!nf_lc3_is_plain(m, m->pc)) return false;
    nf_lc3_inst inst = nf_lc3_decode(m->memory[m->pc]);
    uint16_t near = (uint16_t)(m->pc + 1 + inst.immediate);
    switch (nf_lc3_op_info_of(inst.op)->class) {
    case NF_LC3_CLASS_ALU:
    case NF_LC3_CLASS_ADDRESS:
    case NF_LC3_CLASS_BRANCH:
    case NF_LC3_CLASS_JUMP:
    case NF_LC3_CLASS_CALL: return true;
    case NF_LC3_CLASS_LOAD:
        if (inst.op == NF_LC3_LDR)
            return nf_lc3_is_plain(m, (uint16_t)(m->reg[inst.sr1] + inst.immediate));
        return nf_lc3_is_plain(m, near) &&
               (inst.op == NF_LC3_LD || nf_lc3_is_plain(m, m->memory[near]));
    default: return false;
    }
}

/* Whether the program goes round in a small circle that only an interrupt can lead out of; executes
 * up to a round of it. */
static bool is_waiting(nf_lc3 *machine, uint64_t end)
{
    uint16_t reg[NF_LC3_REGISTERS], pc = machine->pc, psr = nf_lc3_psr(machine);
    __builtin_memcpy(reg, machine->reg, sizeof reg);
    for (int i = 0; i < WAIT_LOOP_MAX && machine->instructions < end && is_pure(machine); i++) {
        nf_lc3_step(machine);
        if (machine->pc == pc && nf_lc3_psr(machine) == psr &&
            __builtin_memcmp(reg, machine->reg, sizeof reg) == 0)
            return true;
    }
    return false;
}

static nf_lc3_stop run(nf_lc3 *machine, uint64_t limit, bool by_steps)
{
    uint64_t start = machine->instructions;
    uint64_t end = limit < NF_LC3_NEVER - start ? start + limit : NF_LC3_NEVER;
    stop_forget(machine);
    if (machine->stats) nf_lc3_stats_begin(machine->stats, machine);
    while (machine->instructions < end) {
        uint64_t now = machine->instructions;
        if (nf_lc3_devices_attend(machine) && is_waiting(machine, next_event(machine, end)))
            nf_lc3_key_await(machine);
        if (__atomic_exchange_n(&machine->stop_asked, false, __ATOMIC_RELAXED))
            nf_lc3_stop_for(machine, NF_LC3_STOP_ASKED);
        if (machine->stop != NF_LC3_GOING) break;
        if (machine->instructions != now) continue;
        if (by_steps || machine->attention & NF_LC3_ATTEND_CC)
            nf_lc3_step(machine);
        else
            slice_run(machine, end);
    }
    return machine->stop != NF_LC3_GOING ? machine->stop : NF_LC3_STOP_LIMIT;
}

nf_lc3_stop nf_lc3_run(nf_lc3 *machine, uint64_t limit)
{
    return run(machine, limit, false);
}

nf_lc3_stop nf_lc3_run_by_steps(nf_lc3 *machine, uint64_t limit)
{
    return run(machine, limit, true);
}
