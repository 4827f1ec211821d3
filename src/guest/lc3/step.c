/*
 * The LC-3 one instruction at a time: what every engine must agree with, and what engines leave
 * to it.
 *
 * Written to be compared with the book line by line (appendix A of the third edition), not for
 * speed. Each instruction is a function of the table `semantics`; an access that user mode may not
 * make raises the exception and ends the instruction before it has changed anything.
 */
#include "machine_internal.h"

/* Notes a vector that leads to the built-in system's complaints. The instruction at fault is the
 * one behind which the PC stands. */
static void fault_note(nf_lc3 *machine, uint16_t vector, nf_lc3_fault fault)
{
    if (!(machine->code_map[machine->memory[vector]] & NF_LC3_CODE_OS)) return;
    machine->fault = (uint8_t)fault;
    machine->fault_pc = (uint16_t)(machine->pc - 1);
}

static void raise(nf_lc3 *machine, nf_lc3_exception exception)
{
    fault_note(machine, (uint16_t)(NF_LC3_INTERRUPTS + exception),
               (nf_lc3_fault)(NF_LC3_FAULT_PRIVILEGE + exception));
    nf_lc3_enter(machine, (uint16_t)(NF_LC3_INTERRUPTS + exception), machine->psr & NF_LC3_PRIORITY,
                 (uint16_t)(machine->pc - 1));
}

/* --- memory in the current mode --------------------------------------------------------------- */

static bool is_allowed(const nf_lc3 *machine, uint16_t address)
{
    return nf_lc3_is_plain(machine, address) || machine->access_low == 0;
}

/* False: the access was not allowed, and the exception is raised. */
static bool load(nf_lc3 *machine, uint16_t address, uint16_t *word)
{
    bool allowed = is_allowed(machine, address);
    if (allowed)
        *word = nf_lc3_read(machine, address);
    else
        raise(machine, NF_LC3_ACCESS_VIOLATION);
    return allowed;
}

static void store(nf_lc3 *machine, uint16_t address, uint16_t word)
{
    if (is_allowed(machine, address))
        nf_lc3_write(machine, address, word);
    else
        raise(machine, NF_LC3_ACCESS_VIOLATION);
}

/* --- instructions ----------------------------------------------------------------------------- */

typedef void semantics(nf_lc3 *m, const nf_lc3_inst *i);

static uint16_t relative(const nf_lc3 *m, const nf_lc3_inst *i)
{
    return (uint16_t)(m->pc + i->immediate);
}

static void result(nf_lc3 *m, const nf_lc3_inst *i, uint16_t word)
{
    m->reg[i->dr] = word;
    nf_lc3_set_condition(m, word);
}

static void load_to_register(nf_lc3 *m, const nf_lc3_inst *i, uint16_t address)
{
    uint16_t word;
    if (load(m, address, &word)) result(m, i, word);
}

static void do_BR(nf_lc3 *m, const nf_lc3_inst *i)
{
    if (nf_lc3_psr(m) & NF_LC3_CC & i->dr) m->pc = relative(m, i);
}

static void do_ADD(nf_lc3 *m, const nf_lc3_inst *i)
{
    result(m, i, (uint16_t)(m->reg[i->sr1] + m->reg[i->sr2]));
}

static void do_ADD_IMM(nf_lc3 *m, const nf_lc3_inst *i)
{
    result(m, i, (uint16_t)(m->reg[i->sr1] + i->immediate));
}

static void do_AND(nf_lc3 *m, const nf_lc3_inst *i)
{
    result(m, i, m->reg[i->sr1] & m->reg[i->sr2]);
}

static void do_AND_IMM(nf_lc3 *m, const nf_lc3_inst *i)
{
    result(m, i, m->reg[i->sr1] & (uint16_t)i->immediate);
}

static void do_NOT(nf_lc3 *m, const nf_lc3_inst *i)
{
    result(m, i, (uint16_t)~m->reg[i->sr1]);
}

static void do_LD(nf_lc3 *m, const nf_lc3_inst *i)
{
    load_to_register(m, i, relative(m, i));
}

static void do_LDR(nf_lc3 *m, const nf_lc3_inst *i)
{
    load_to_register(m, i, (uint16_t)(m->reg[i->sr1] + i->immediate));
}

static void do_LDI(nf_lc3 *m, const nf_lc3_inst *i)
{
    uint16_t address;
    if (load(m, relative(m, i), &address)) load_to_register(m, i, address);
}

static void do_LEA(nf_lc3 *m, const nf_lc3_inst *i)
{
    m->reg[i->dr] = relative(m, i);
    if (m->config.edition == NF_LC3_EDITION_2) nf_lc3_set_condition(m, m->reg[i->dr]);
}

static void do_ST(nf_lc3 *m, const nf_lc3_inst *i)
{
    store(m, relative(m, i), m->reg[i->dr]);
}

static void do_STR(nf_lc3 *m, const nf_lc3_inst *i)
{
    store(m, (uint16_t)(m->reg[i->sr1] + i->immediate), m->reg[i->dr]);
}

static void do_STI(nf_lc3 *m, const nf_lc3_inst *i)
{
    uint16_t address;
    if (load(m, relative(m, i), &address)) store(m, address, m->reg[i->dr]);
}

static void do_JMP(nf_lc3 *m, const nf_lc3_inst *i)
{
    m->pc = m->reg[i->sr1];
}

static void do_JSR(nf_lc3 *m, const nf_lc3_inst *i)
{
    m->reg[7] = m->pc;
    m->pc = relative(m, i);
}

/* JSRR R7 goes to what R7 was. */
static void do_JSRR(nf_lc3 *m, const nf_lc3_inst *i)
{
    uint16_t target = m->reg[i->sr1];
    m->reg[7] = m->pc;
    m->pc = target;
}

static void do_TRAP(nf_lc3 *m, const nf_lc3_inst *i)
{
    uint8_t vector = (uint8_t)i->immediate;
    if (nf_lc3_trap_fast(m, vector)) return;
    if ((uint8_t)(vector - NF_LC3_TRAP_SERVICES) >= NF_LC3_TRAP_SERVICE_COUNT)
        fault_note(m, vector, NF_LC3_FAULT_TRAP);
    if (m->config.edition == NF_LC3_EDITION_2) {
        m->reg[7] = m->pc;
        m->pc = m->memory[vector];
    } else {
        nf_lc3_enter(m, vector, m->psr & NF_LC3_PRIORITY, m->pc);
    }
}

static void do_RTI(nf_lc3 *m, const nf_lc3_inst *i)
{
    (void)i;
    if (!nf_lc3_is_privileged(m)) {
        raise(m, NF_LC3_PRIVILEGE_VIOLATION);
        return;
    }
    m->pc = nf_lc3_read(m, m->reg[6]++);
    uint16_t psr = nf_lc3_read(m, m->reg[6]++);
    nf_lc3_set_psr_and_stack(m, psr);
}

static void do_ILLEGAL(nf_lc3 *m, const nf_lc3_inst *i)
{
    (void)i;
    raise(m, NF_LC3_ILLEGAL_OPCODE);
}

static semantics *const table[NF_LC3_OP_COUNT] = {
#define NF_LC3_OP(name, mnemonic, mask, bits, operands, class, sets_cc) [NF_LC3_##name] = do_##name,
#include "isa.def"
    [NF_LC3_ILLEGAL] = do_ILLEGAL,
};

void nf_lc3_step(nf_lc3 *machine)
{
    uint16_t word, at = machine->pc++;
    machine->instructions++;
    if (!load(machine, at, &word)) return;
    nf_lc3_inst inst = nf_lc3_decode(word);
    table[inst.op](machine, &inst);
}
