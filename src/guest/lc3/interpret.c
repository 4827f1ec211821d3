/*
 * The LC-3's interpreter: direct-threaded code over predecoded cells.
 *
 * Each word of memory has a cell: where the code for its instruction lies, and the operands that
 * this code needs, relative addresses already absolute. Code for one instruction ends with a jump
 * to that of the next cell, so every instruction has an indirect branch of its own, which the CPU
 * predicts by what came before. (Bell, Threaded Code, 1973; Ertl and Gregg, 2003.)
 *
 *     cell of x3001            ┌─► ADD_IMM_1_2:  r1 = r2 + value; condition = r1;
 *     | handler | value | ab | │                 cell++; if (--budget == 0) leave; jump to handler
 *          └───────────────────┘
 *
 * A cell is decoded when it is first executed: until then, and again when its word is written, its
 * handler is `decode`. So code that modifies itself is right at the next fetch. code_map tells
 * stores which words have a decoded cell.
 *
 * Guest registers are local variables, which the compiler keeps in host registers; hence the
 * frequent instructions exist once for each pair of registers. machine->reg is written too, and the
 * less frequent instructions read their operands there. Anything but plain memory, arithmetic and
 * jumps is left to nf_lc3_step(), behind which the local variables are loaded anew.
 *
 * The addition that counts a loop and the branch behind it share a cell: it depends on two words, and
 * is forgotten with either. At the end of the budget such a cell goes to the reference, too, which
 * executes only the first.
 *
 * Branches whose target lies in user space need no check, for it is plain in every mode.
 *
 * Where compiled code begins, a cell's handler is `stop`: the interpreter ends there when it is run
 * between regions, and else finds the word's own handler each time.
 *
 * nf_lc3_interpret() is longer than a function should be: the labels of computed jumps can be in
 * one function only.
 */
#include "machine_internal.h"

struct nf_lc3_cell {
    const void *handler;
    uint16_t value;
    uint8_t a, b;   /* registers; b may be WITH_NEXT */
    int32_t target; /* of a branch: the byte offset of the target's cell */
};

enum { WITH_NEXT = 8 }; /* the cell has the next word's instruction, too */

#define LIKELY(condition)   __builtin_expect((condition), 1)
#define UNLIKELY(condition) __builtin_expect((condition), 0)

#define EACH(X)         X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define EACH_WITH(d, X) X(d, 0) X(d, 1) X(d, 2) X(d, 3) X(d, 4) X(d, 5) X(d, 6) X(d, 7)
#define EACH_PAIR(X)                                                                               \
    EACH_WITH(0, X)                                                                                \
    EACH_WITH(1, X)                                                                                \
    EACH_WITH(2, X) EACH_WITH(3, X) EACH_WITH(4, X) EACH_WITH(5, X) EACH_WITH(6, X) EACH_WITH(7, X)

/* Handlers by the registers that they are made for: the destination, then the source or base. */
typedef struct handlers {
    const void *decode, *stop, *step, *trap, *st, *sti, *jmp, *ret, *jsr, *jsrr, *far;
    const void *br[8]; /* by conditions */
    const void *ld[8], *ldi[8], *lea[8], *lea_cc[8], *not [8], *and[8], *and_imm[8], *clear[8];
    const void *add_to[64], *add[64], *add_imm[64], *ldr[64], *str[64];
    const void *add_br[64]; /* by register and conditions */
} handlers;

/* --- decoding --------------------------------------------------------------------------------- */

static const void *add_handler(nf_lc3_cell *cell, const nf_lc3_inst *inst, const handlers *h)
{
    unsigned row = inst->dr * 8U;
    if (inst->dr == inst->sr1) return h->add_to[row + inst->sr2];
    if (inst->dr == inst->sr2) return h->add_to[row + inst->sr1];
    cell->b = inst->sr2;
    return h->add[row + inst->sr1];
}

static bool is_near(uint16_t address)
{
    return (uint16_t)(address - NF_LC3_USER_START) < NF_LC3_USER_SPAN;
}

/* A register that is counted, and maybe the branch behind that looks at it: one cell for both. */
static const void *add_imm_handler(nf_lc3 *m, nf_lc3_cell *cell, const nf_lc3_inst *inst,
                                   const handlers *h)
{
    uint16_t next = (uint16_t)(cell + 1 - m->cells);
    nf_lc3_inst branch = nf_lc3_decode(m->memory[next]);
    uint16_t target = (uint16_t)(next + 1 + branch.immediate);
    if (inst->dr != inst->sr1 || branch.op != NF_LC3_BR || branch.dr == 0 || !is_near(target) ||
        next >= NF_LC3_DEVICES || m->cells[next].handler == h->stop)
        return h->add_imm[inst->dr * 8 + inst->sr1];
    cell->b = WITH_NEXT;
    cell->target = (int32_t)(target * sizeof *cell);
    m->code_map[next] |= NF_LC3_CODE_CELL;
    return h->add_br[inst->dr * 8 + branch.dr];
}

static const void *branch_handler(const nf_lc3_cell *cell, const nf_lc3_inst *inst,
                                  const handlers *h)
{
    return is_near(cell->value) ? h->br[inst->dr] : h->far;
}

static const void *handler_of(nf_lc3 *m, nf_lc3_cell *cell, const nf_lc3_inst *inst,
                              const handlers *h)
{
    unsigned dr = inst->dr, pair = dr * 8 + inst->sr1;
    switch (inst->op) {
    case NF_LC3_BR: return branch_handler(cell, inst, h);
    case NF_LC3_ADD: return add_handler(cell, inst, h);
    case NF_LC3_ADD_IMM: return add_imm_handler(m, cell, inst, h);
    case NF_LC3_AND: return h->and[dr];
    case NF_LC3_AND_IMM: return inst->immediate ? h->and_imm[dr] : h->clear[dr];
    case NF_LC3_NOT: return h->not [dr];
    case NF_LC3_LD: return h->ld[dr];
    case NF_LC3_LDI: return h->ldi[dr];
    case NF_LC3_LDR: return h->ldr[pair];
    case NF_LC3_LEA: return m->config.edition == NF_LC3_EDITION_2 ? h->lea_cc[dr] : h->lea[dr];
    case NF_LC3_ST: return h->st;
    case NF_LC3_STI: return h->sti;
    case NF_LC3_STR: return h->str[pair];
    case NF_LC3_JMP: return inst->sr1 == 7 ? h->ret : h->jmp;
    case NF_LC3_JSR: return h->jsr;
    case NF_LC3_JSRR: return h->jsrr;
    case NF_LC3_TRAP: return h->trap;
    default: return h->step;
    }
}

static bool is_relative(nf_lc3_op op)
{
    nf_lc3_operands operands = nf_lc3_op_info_of(op)->operands;
    return operands == NF_LC3_OPERANDS_DR_LABEL9 || operands == NF_LC3_OPERANDS_NZP_LABEL9 ||
           operands == NF_LC3_OPERANDS_LABEL11;
}

static void cell_decode(nf_lc3 *m, uint16_t address, const handlers *h)
{
    nf_lc3_cell *cell = &m->cells[address];
    nf_lc3_inst inst = nf_lc3_decode(m->memory[address]);
    cell->value = (uint16_t)inst.immediate;
    if (is_relative(inst.op)) cell->value = (uint16_t)(address + 1 + inst.immediate);
    cell->target = (int32_t)(cell->value * sizeof *cell);
    /* ST and STI read what they store there. */
    cell->a = nf_lc3_op_info_of(inst.op)->class == NF_LC3_CLASS_STORE ? inst.dr : inst.sr1;
    cell->b = inst.op == NF_LC3_BR ? inst.dr : inst.sr2;
    cell->handler = handler_of(m, cell, &inst, h);
    m->code_map[address] |= NF_LC3_CODE_CELL;
}

/* Two cells more than words: they keep what others have as handlers. */
enum { CELL_UNDECODED = NF_LC3_WORDS, CELL_STOP, CELL_COUNT };

static void cells_make(nf_lc3 *m, const handlers *h)
{
    m->cells = nf_os_pages_map(CELL_COUNT * sizeof *m->cells, 0);
    if (m->cells == NULL) return;
    for (uint32_t i = 0; i <= CELL_UNDECODED; i++) m->cells[i].handler = h->decode;
    m->cells[CELL_STOP].handler = h->stop;
}

/* The handler of a cell at which the interpreter need not stop. */
static const void *stop_pass(nf_lc3 *m, nf_lc3_cell *cell, const handlers *h)
{
    cell_decode(m, (uint16_t)(cell - m->cells), h);
    const void *handler = cell->handler;
    cell->handler = h->stop;
    return handler;
}

/* The cell in front has nothing of this word any more. */
static void cell_split(nf_lc3 *m, uint16_t address)
{
    nf_lc3_cell *before = &m->cells[(uint16_t)(address - 1)];
    if (before->b == WITH_NEXT && before->handler != m->cells[CELL_STOP].handler)
        before->handler = m->cells[CELL_UNDECODED].handler;
}

void nf_lc3_cell_forget(nf_lc3 *machine, uint16_t address)
{
    if (machine->cells == NULL) return;
    machine->cells[address].handler = machine->cells[CELL_UNDECODED].handler;
    cell_split(machine, address);
}

void nf_lc3_cell_stop(nf_lc3 *machine, uint16_t address, bool stops)
{
    if (machine->cells == NULL) return;
    unsigned model = stops ? CELL_STOP : CELL_UNDECODED;
    machine->cells[address].handler = machine->cells[model].handler;
    machine->code_map[address] |= NF_LC3_CODE_CELL;
    cell_split(machine, address);
}

void nf_lc3_cells_free(nf_lc3 *machine)
{
    if (machine->cells) nf_os_pages_unmap(machine->cells, CELL_COUNT * sizeof *machine->cells);
    machine->cells = NULL;
}

/* As nf_lc3_step() would, without decoding what has a native routine. */
static void trap_execute(nf_lc3 *m, uint8_t vector)
{
    m->pc++;
    m->instructions++;
    if (nf_lc3_trap_fast(m, vector)) return;
    m->pc--;
    m->instructions--;
    nf_lc3_step(m);
}

/* --- execution -------------------------------------------------------------------------------- */

/* clang takes minutes for hundreds of computed jumps in one function; it gets one. */
#ifdef __clang__
#define DISPATCH goto dispatch
#else
#define DISPATCH goto * cell->handler
#endif

#define NEXT                                                                                       \
    do {                                                                                           \
        cell++;                                                                                    \
        if (UNLIKELY(--budget == 0)) goto leave;                                                   \
        DISPATCH;                                                                                  \
    } while (0)

#define GO_TO(address)                                                                             \
    do {                                                                                           \
        cell = m->cells + (address);                                                               \
        if (UNLIKELY(--budget == 0)) goto leave;                                                   \
        DISPATCH;                                                                                  \
    } while (0)

#define BRANCH_TO_TARGET                                                                           \
    do {                                                                                           \
        cell = (nf_lc3_cell *)((char *)m->cells + cell->target);                                   \
        if (UNLIKELY(--budget == 0)) goto leave;                                                   \
        DISPATCH;                                                                                  \
    } while (0)

#define NEEDS_PLAIN(address)                                                                       \
    if (UNLIKELY(!nf_lc3_is_plain(m, (uint16_t)(address)))) goto step

#define SET(d, result)                                                                             \
    do {                                                                                           \
        r##d = (uint32_t)(result);                                                                 \
        m->reg[d] = (uint16_t)r##d;                                                                \
    } while (0)

#define SET_CC(d, result)                                                                          \
    do {                                                                                           \
        SET(d, result);                                                                            \
        condition = r##d;                                                                          \
        NEXT;                                                                                      \
    } while (0)

#define STORE(address, word)                                                                       \
    do {                                                                                           \
        m->memory[address] = (word);                                                               \
        if (UNLIKELY(m->code_map[address] & NF_LC3_CODE))                                          \
            nf_lc3_code_written(m, (uint16_t)(address));                                           \
        NEXT;                                                                                      \
    } while (0)

#define BRANCH(name, test)                                                                         \
    name:                                                                                          \
    if (test) BRANCH_TO_TARGET;                                                                    \
    NEXT;

/* Handlers for one register, and for a pair. */
#define DO_LD(d)                                                                                   \
    LD_##d : address = cell->value;                                                                \
    NEEDS_PLAIN(address);                                                                          \
    SET_CC(d, m->memory[address]);
#define DO_LDI(d)                                                                                  \
    LDI_##d : address = cell->value;                                                               \
    NEEDS_PLAIN(address);                                                                          \
    address = m->memory[address];                                                                  \
    NEEDS_PLAIN(address);                                                                          \
    SET_CC(d, m->memory[address]);
#define DO_LEA(d)                                                                                  \
    LEA_##d : SET(d, cell->value);                                                                 \
    NEXT;
#define DO_LEA_CC(d)     LEA_CC_##d : SET_CC(d, cell->value);
#define DO_NOT(d)        NOT_##d : SET_CC(d, ~m->reg[cell->a]);
#define DO_AND(d)        AND_##d : SET_CC(d, m->reg[cell->a] & m->reg[cell->b]);
#define DO_AND_IMM(d)    AND_IMM_##d : SET_CC(d, m->reg[cell->a] & cell->value);
#define DO_CLEAR(d)      CLEAR_##d : SET_CC(d, 0);
#define DO_ADD_TO(d, s)  ADD_TO_##d##_##s : SET_CC(d, r##d + r##s);
#define DO_ADD(d, s)     ADD_##d##_##s : SET_CC(d, r##s + m->reg[cell->b]);
#define DO_ADD_IMM(d, s) ADD_IMM_##d##_##s : SET_CC(d, r##s + cell->value);
#define DO_LDR(d, base)                                                                            \
    LDR_##d##_##base : address = (uint16_t)(r##base + cell->value);                                \
    NEEDS_PLAIN(address);                                                                          \
    SET_CC(d, m->memory[address]);

#define DO_STR(s, base)                                                                            \
    STR_##s##_##base : address = (uint16_t)(r##base + cell->value);                                \
    NEEDS_PLAIN(address);                                                                          \
    STORE(address, (uint16_t)r##s);

/* Two instructions, for which the budget must be there, and one more so that it does not end. */
#define ADD_BR(d, name, test)                                                                      \
    ADD_BR_##d##_##name : if (UNLIKELY(budget <= 2)) goto step;                                    \
    SET(d, r##d + cell->value);                                                                    \
    condition = r##d;                                                                              \
    budget -= 2;                                                                                   \
    if (test) {                                                                                    \
        cell = (nf_lc3_cell *)((char *)m->cells + cell->target);                                   \
        DISPATCH;                                                                                  \
    }                                                                                              \
    cell += 2;                                                                                     \
    DISPATCH;
#define DO_ADD_BR(d)                                                                               \
    ADD_BR(d, N, (int16_t)condition < 0)                                                           \
    ADD_BR(d, Z, (int16_t)condition == 0)                                                          \
    ADD_BR(d, P, (int16_t)condition > 0)                                                           \
    ADD_BR(d, NZ, (int16_t)condition <= 0)                                                         \
    ADD_BR(d, ZP, (int16_t)condition >= 0)                                                         \
    ADD_BR(d, NP, (int16_t)condition != 0)                                                         \
    ADD_BR(d, NZP, true)

/* Their addresses; cppcheck cannot parse the operator everywhere without the cast. */
#define LABEL(name)      ((const void *)&&name)
#define AT_LD(d)         [d] = LABEL(LD_##d),
#define AT_LDI(d)        [d] = LABEL(LDI_##d),
#define AT_LEA(d)        [d] = LABEL(LEA_##d),
#define AT_LEA_CC(d)     [d] = LABEL(LEA_CC_##d),
#define AT_NOT(d)        [d] = LABEL(NOT_##d),
#define AT_AND(d)        [d] = LABEL(AND_##d),
#define AT_AND_IMM(d)    [d] = LABEL(AND_IMM_##d),
#define AT_CLEAR(d)      [d] = LABEL(CLEAR_##d),
#define AT_ADD_TO(d, s)  [(d)*8 + (s)] = LABEL(ADD_TO_##d##_##s),
#define AT_ADD(d, s)     [(d)*8 + (s)] = LABEL(ADD_##d##_##s),
#define AT_ADD_IMM(d, s) [(d)*8 + (s)] = LABEL(ADD_IMM_##d##_##s),
#define AT_LDR(d, s)     [(d)*8 + (s)] = LABEL(LDR_##d##_##s),
#define AT_STR(d, s)     [(d)*8 + (s)] = LABEL(STR_##d##_##s),

#define AT_ADD_BR(d)                                                                               \
    [(d)*8 + NF_LC3_N] = LABEL(ADD_BR_##d##_N), [(d)*8 + NF_LC3_Z] = LABEL(ADD_BR_##d##_Z),        \
             [(d)*8 + NF_LC3_P] = LABEL(ADD_BR_##d##_P),                                           \
             [(d)*8 + NF_LC3_N + NF_LC3_Z] = LABEL(ADD_BR_##d##_NZ),                               \
             [(d)*8 + NF_LC3_Z + NF_LC3_P] = LABEL(ADD_BR_##d##_ZP),                               \
             [(d)*8 + NF_LC3_N + NF_LC3_P] = LABEL(ADD_BR_##d##_NP),                               \
             [(d)*8 + NF_LC3_CC] = LABEL(ADD_BR_##d##_NZP),

#define LOCAL(n)  uint32_t r##n = m->reg[n];
#define RELOAD(n) r##n = m->reg[n];

/* Brings the state up to date for who executes the instruction of the cell. */
#define LEAVE                                                                                      \
    do {                                                                                           \
        m->pc = (uint16_t)(cell - m->cells);                                                       \
        m->condition = (uint16_t)condition;                                                        \
        m->instructions -= budget;                                                                 \
    } while (0)

/* What machine->pc says, where that may not be plain. */
#define GO_TO_PC                                                                                   \
    do {                                                                                           \
        cell = m->cells + m->pc;                                                                   \
        NEEDS_PLAIN(m->pc);                                                                        \
        DISPATCH;                                                                                  \
    } while (0)

/* Jumps to the first byte of a line cost the least; this is worth a fifth of the time. */
#ifdef __clang__
#define ALIGN_LABELS
#else
#define ALIGN_LABELS __attribute__((optimize("align-labels=64")))
#endif

ALIGN_LABELS void nf_lc3_interpret(nf_lc3 *m, uint64_t count)
{
    static const handlers labels = {
        .decode = LABEL(decode),
        .stop = LABEL(stop),
        .step = LABEL(step),
        .trap = LABEL(trap),
        .st = LABEL(st),
        .sti = LABEL(sti),
        .jmp = LABEL(jmp),
        .ret = LABEL(ret),
        .jsr = LABEL(jsr),
        .jsrr = LABEL(jsrr),
        .far = LABEL(far),
        .br = {[0] = LABEL(nop),
               [NF_LC3_P] = LABEL(brp),
               [NF_LC3_Z] = LABEL(brz),
               [NF_LC3_Z | NF_LC3_P] = LABEL(brzp),
               [NF_LC3_N] = LABEL(brn),
               [NF_LC3_N | NF_LC3_P] = LABEL(brnp),
               [NF_LC3_N | NF_LC3_Z] = LABEL(brnz),
               [NF_LC3_CC] = LABEL(br)},
        .ld = {EACH(AT_LD)},
        .ldi = {EACH(AT_LDI)},
        .lea = {EACH(AT_LEA)},
        .lea_cc = {EACH(AT_LEA_CC)},
        .not = {EACH(AT_NOT)},
        .and = {EACH(AT_AND)},
        .and_imm = {EACH(AT_AND_IMM)},
        .clear = {EACH(AT_CLEAR)},
        .add_to = {EACH_PAIR(AT_ADD_TO)},
        .add = {EACH_PAIR(AT_ADD)},
        .add_imm = {EACH_PAIR(AT_ADD_IMM)},
        .ldr = {EACH_PAIR(AT_LDR)},
        .str = {EACH_PAIR(AT_STR)},
        .add_br = {EACH(AT_ADD_BR)},
    };
    if (m->cells == NULL) cells_make(m, &labels);
    if (count == 0) return;
    if (m->cells == NULL) {
        nf_lc3_step(m); /* without the memory it goes on slowly */
        return;
    }
    uint64_t budget = count;
    uint32_t condition = m->condition;
    uint32_t address;
    nf_lc3_cell *cell;
    m->instructions += count;
    EACH(LOCAL)
    GO_TO_PC;

#ifdef __clang__
dispatch:
    goto * cell->handler;
#endif
stop:
    if (m->stops_at_regions) goto leave;
    goto *stop_pass(m, cell, &labels);
decode:
    address = (uint16_t)(cell - m->cells);
    NEEDS_PLAIN(address);
    cell_decode(m, (uint16_t)address, &labels);
    DISPATCH;

    EACH(DO_LD)
    EACH(DO_LDI)
    EACH(DO_LEA)
    EACH(DO_LEA_CC)
    EACH(DO_NOT)
    EACH(DO_AND)
    EACH(DO_AND_IMM)
    EACH(DO_CLEAR)
    EACH_PAIR(DO_ADD_TO)
    EACH_PAIR(DO_ADD)
    EACH_PAIR(DO_ADD_IMM)
    EACH_PAIR(DO_LDR)
    EACH_PAIR(DO_STR)
    EACH(DO_ADD_BR)

st:
    address = cell->value;
    NEEDS_PLAIN(address);
    STORE(address, m->reg[cell->a]);
sti:
    address = cell->value;
    NEEDS_PLAIN(address);
    address = m->memory[address];
    NEEDS_PLAIN(address);
    STORE(address, m->reg[cell->a]);
jmp:
    address = m->reg[cell->a];
    NEEDS_PLAIN(address);
    GO_TO(address);
ret:
    address = (uint16_t)r7;
    NEEDS_PLAIN(address);
    GO_TO(address);
jsrr:
    address = m->reg[cell->a];
    NEEDS_PLAIN(address);
    SET(7, cell + 1 - m->cells);
    GO_TO(address);
jsr:
    NEEDS_PLAIN((uint16_t)(cell->target / (int32_t)sizeof *cell));
    SET(7, cell + 1 - m->cells); /* sooner there than a load from the cell */
    BRANCH_TO_TARGET;
far:
    if (!(cell->b & ((int16_t)condition < 0    ? NF_LC3_N
                     : (int16_t)condition == 0 ? NF_LC3_Z
                                               : NF_LC3_P)))
        NEXT;
    NEEDS_PLAIN(cell->value);
    GO_TO(cell->value);
nop:
    NEXT;
br:
    BRANCH_TO_TARGET;
    BRANCH(brn, (int16_t)condition < 0)
    BRANCH(brz, (int16_t)condition == 0)
    BRANCH(brp, (int16_t)condition > 0)
    BRANCH(brnz, (int16_t)condition <= 0)
    BRANCH(brzp, (int16_t)condition >= 0)
    BRANCH(brnp, (int16_t)condition != 0)

trap:
    LEAVE;
    trap_execute(m, (uint8_t)cell->value);
    goto resume;
step:
    LEAVE;
    nf_lc3_step(m);
resume:
    budget--;
    if (m->attention || budget == 0) return;
    m->instructions += budget;
    condition = m->condition;
    EACH(RELOAD)
    GO_TO_PC;

leave:
    LEAVE;
}
