/*
 * The LC-3 machine: its state, its devices, and how it is run.
 *
 *     nf_lc3_new(&config, &machine, error);
 *     nf_lc3_load(machine, 0x3000, words, count, error);
 *     nf_lc3_start(machine, 0x3000);
 *     while ((stop = nf_lc3_run(machine, UINT64_MAX)) == NF_LC3_STOP_LIMIT) ...
 *     nf_lc3_free(machine);
 *
 * Memory as the guest sees it:
 *
 *     x0000  trap vectors          ┐
 *     x0100  interrupt vectors     ├ system space: supervisor only
 *     x0200  operating system      │
 *     x2fff  supervisor stack      ┘
 *     x3000  user space
 *     xfe00  device registers        supervisor only; see device.c. What is no register reads as 0
 *     xffff                          and forgets what is written
 *
 * Everything is defined for every guest: addresses and the PC wrap at 16 bits, a stack may lie
 * anywhere, the PC may run into device registers (which are then read, with what that entails).
 *
 * Engines. The state is plain memory that whatever executes guest code shares: the reference
 * (nf_lc3_step), the interpreter, compiled code. Between instructions, when an engine gives control
 * back, all fields are true; meanwhile an engine may hold what it likes in host registers. Three
 * rules make engines agree to the instruction:
 *
 *   count     An engine is given a number of instructions and executes exactly so many, less only
 *             when `attention` became non-zero: then it returns after that instruction. It adds
 *             what it executed to `instructions`.
 *   access    Loads, stores and instruction fetches at [access_low, access_low + access_span) are
 *             plain memory in the current mode. For anything else, for TRAP, RTI and illegal words,
 *             the engine brings the state up to date and calls nf_lc3_step(), which may change
 *             everything: mode, span, attention, code.
 *   code      Who keeps something derived from the word at an address sets a bit for it in
 *             code_map[address]. Who stores to a word whose code_map has such a bit calls
 *             nf_lc3_code_written() behind the store, and before the next instruction. Other bits
 *             say which words are not plain, so that compiled stores ask one question.
 *
 * A machine belongs to one thread at a time; only nf_lc3_ask_stop() may come from others and from
 * signal handlers. Hooks are called on the machine's thread, within nf_lc3_run() and nf_lc3_step().
 * Freestanding.
 */
#ifndef NF_GUEST_LC3_MACHINE_H
#define NF_GUEST_LC3_MACHINE_H

#include "isa.h"

enum {
    NF_LC3_WORDS = 1 << 16,
    NF_LC3_REGISTERS = 8,
    NF_LC3_USER_START = 0x3000, /* the first address of user space */
    NF_LC3_USER_SPAN = 0xce00,  /* its words */
    NF_LC3_DEVICES = 0xfe00,    /* the first device register */
    NF_LC3_INTERRUPTS = 0x100,  /* the table of interrupt and exception vectors */
};

/* The PSR. */
enum {
    NF_LC3_USER = 0x8000,     /* set: user mode */
    NF_LC3_PRIORITY = 0x0700, /* three bits */
    NF_LC3_N = 4,
    NF_LC3_Z = 2,
    NF_LC3_P = 1,
    NF_LC3_CC = 7,
};

/* Exceptions, as places in the table of interrupts. */
typedef enum nf_lc3_exception {
    NF_LC3_PRIVILEGE_VIOLATION = 0x00, /* RTI in user mode */
    NF_LC3_ILLEGAL_OPCODE = 0x01,
    NF_LC3_ACCESS_VIOLATION = 0x02, /* third edition only */
} nf_lc3_exception;

enum { NF_LC3_KEYBOARD_VECTOR = 0x80, NF_LC3_TIMER_VECTOR = 0x81, NF_LC3_DEVICE_PRIORITY = 4 };

/* What ended in the built-in operating system's hands, which says so on the console and halts. */
typedef enum nf_lc3_fault {
    NF_LC3_FAULT_NONE,
    NF_LC3_FAULT_PRIVILEGE,
    NF_LC3_FAULT_ILLEGAL,
    NF_LC3_FAULT_ACCESS,
    NF_LC3_FAULT_TRAP, /* one that means nothing */
} nf_lc3_fault;

/* Why a run ended. */
typedef enum nf_lc3_stop {
    NF_LC3_GOING,         /* it has not */
    NF_LC3_STOP_LIMIT,    /* as many instructions as were asked for */
    NF_LC3_STOP_HALTED,   /* HALT, or bit 15 of MCR was cleared; start again with nf_lc3_start() */
    NF_LC3_STOP_INPUT,    /* the program waits for a key, and input has ended */
    NF_LC3_STOP_ASKED,    /* nf_lc3_ask_stop(), or the input hook gave NF_LC3_INPUT_STOP */
    NF_LC3_STOP_BUS,      /* a bus hook gave NF_LC3_BUS_WAIT: running on tries the trap again */
    NF_LC3_STOP_BUS_DEAD, /* a bus hook gave NF_LC3_BUS_DEAD */
} nf_lc3_stop;

/* What an input hook gives besides characters 0 to 255. */
enum { NF_LC3_INPUT_NONE = -1, NF_LC3_INPUT_END = -2, NF_LC3_INPUT_STOP = -3 };

typedef enum nf_lc3_bus { NF_LC3_BUS_DONE, NF_LC3_BUS_WAIT, NF_LC3_BUS_DEAD } nf_lc3_bus;

/* The outside world. What is NULL is not there: no input (which has then ended), output dropped,
 * traps x30 and x31 undefined like others. */
typedef struct nf_lc3_hooks {
    void *console;
    /* The next character typed, taken. Without wait NF_LC3_INPUT_NONE when there is none yet. */
    int (*input)(void *console, bool wait);
    void (*output)(void *console, const char *bytes, size_t count);
    void *bus;
    /* TRAP x30, of R0, and TRAP x31, into R0; called while the machine's vector for the trap is
     * the one it was started with. */
    nf_lc3_bus (*send)(void *bus, uint16_t word);
    nf_lc3_bus (*receive)(void *bus, uint16_t *word);
    void *code;
    /* A word with NF_LC3_CODE_BLOCK in code_map was written; the bit is cleared already. */
    void (*code_written)(void *code, uint16_t address);
} nf_lc3_hooks;

typedef struct nf_lc3_config {
    nf_lc3_edition edition;
    bool ignore_privilege; /* user mode may do and reach everything */
    /* Instructions between two keys at least, where the program does not wait for them; so that a
     * program that is interrupted by keys from a file gets on between them. */
    uint64_t key_interval;
    nf_lc3_hooks hooks;
} nf_lc3_config;

/* Bits in code_map. */
enum {
    NF_LC3_CODE_CELL = 1,  /* the interpreter has decoded the word */
    NF_LC3_CODE_BLOCK = 2, /* a compiled block contains it */
    NF_LC3_CODE_OS = 4,    /* the built-in operating system, which fast traps stand for */
    NF_LC3_CODE = 7,       /* any of these */
    NF_LC3_FAR = 8,        /* never plain memory: a device register, or no address at all */
    NF_LC3_SYSTEM = 16,    /* not plain in NF_LC3_MODE_CONFINED */
};

/*
 * Words around memory and code_map, for addresses that are computed without wrapping: the first word
 * of user space and an offset behind the last, an offset in front of the first. They are FAR, but
 * for those around SCRATCH, where compiled stores go that are not to happen.
 */
enum {
    NF_LC3_OFFSETS = 32,
    NF_LC3_SCRATCH = NF_LC3_WORDS + NF_LC3_USER_START + 2 * NF_LC3_OFFSETS,
    NF_LC3_ABOVE = NF_LC3_SCRATCH + NF_LC3_OFFSETS - NF_LC3_WORDS,
};

/* Bits in attention: what must be seen to before the next instruction. */
enum {
    NF_LC3_ATTEND_STOP = 1,   /* `stop` is set */
    NF_LC3_ATTEND_EVENTS = 2, /* an interrupt may have become due, or `event_at` changed */
    NF_LC3_ATTEND_CC = 4,     /* the condition codes are none or several: see odd_cc */
};

enum { NF_LC3_SLICE = 1 << 16 };

typedef struct nf_lc3_cell nf_lc3_cell;
typedef struct nf_lc3_stats nf_lc3_stats;

typedef struct nf_lc3 {
    /* What compiled code touches comes first. */
    uint16_t reg[NF_LC3_REGISTERS];
    uint16_t pc;
    uint16_t condition; /* as a signed number: the condition codes are its sign */
    uint16_t access_low, access_span;
    uint16_t psr;   /* mode and priority; the condition codes are not in it: nf_lc3_psr() */
    uint8_t odd_cc; /* in ATTEND_CC: the codes instead of condition; nf_lc3_step() handles them */
    uint32_t attention;
    uint64_t instructions; /* executed since nf_lc3_new(); faulting ones count, interrupts do not */
    nf_lc3_cell *cells;    /* the interpreter's */
    bool stops_at_regions; /* the interpreter, see nf_lc3_cell_stop() */

    uint16_t saved_sp; /* of the mode that does not run */
    uint16_t mcr;
    nf_lc3_stop stop;
    bool stop_asked; /* atomic; by nf_lc3_ask_stop() */
    nf_lc3_config config;

    /* Devices. Times are counts of instructions. */
    uint64_t event_at; /* when nf_lc3_run() must look at devices next */
    uint64_t poll_at, timer_at, key_at;
    uint64_t keys_taken;     /* from the input hook */
    uint64_t key_wait_at;    /* when KBSR was last found empty at the end of input */
    uint32_t key_wait_count; /* and how often in close succession */
    uint16_t keyboard_status, keyboard_data, display_status, timer_status, timer_interval;
    uint8_t input_ended;        /* a boolean, like os_fast: a snapshot may bring any byte */
    uint8_t device_requests;    /* interrupts that devices want, see device.c */
    uint8_t request_priorities; /* a bit for each priority that has a request */
    uint8_t request_vectors[8]; /* by priority */

    uint8_t os_fast;       /* the built-in operating system is there and unchanged */
    uint16_t vectors[256]; /* the trap vectors that the machine was started with */

    uint8_t fault;     /* nf_lc3_fault: the last one */
    uint16_t fault_pc; /* and the instruction that made it */

    /* The execution of up to so many instructions; the interpreter, unless changed. slice: the most
     * that it is asked for at once, which is how long nf_lc3_ask_stop() may go unheard. */
    void (*engine)(struct nf_lc3 *machine, uint64_t count);
    uint32_t slice;
    nf_lc3_stats *stats; /* NULL: not measured; see stats.h */

    uint16_t memory[NF_LC3_WORDS], memory_above[NF_LC3_ABOVE];
    uint8_t code_map_below[NF_LC3_OFFSETS], code_map[NF_LC3_WORDS], code_map_above[NF_LC3_ABOVE];
} nf_lc3;

/* Memory all zero but for the built-in operating system. Freed by nf_lc3_free(). */
nf_status nf_lc3_new(const nf_lc3_config *config, nf_lc3 **machine, nf_error *error);
void nf_lc3_free(nf_lc3 *machine);

/* Copies words to memory, from origin on; they must end below the device registers. */
nf_status nf_lc3_load(nf_lc3 *machine, uint16_t origin, const uint16_t *words, size_t count,
                      nf_error *error);

/* Declares what is in memory to be an operating system of the user's own: no built-in handlers for
 * its traps. Called behind its load. */
void nf_lc3_use_loaded_os(nf_lc3 *machine);

/* Sets the machine up to execute from pc: in user space in user mode, elsewhere in supervisor mode
 * with R6 at x3000; priority 0, condition Z, powered on. Registers and memory stay. */
void nf_lc3_start(nf_lc3 *machine, uint16_t pc);

/* Executes up to limit instructions, by the machine's engine. */
nf_lc3_stop nf_lc3_run(nf_lc3 *machine, uint64_t limit);

/* The same by nf_lc3_step() alone: the reference. */
nf_lc3_stop nf_lc3_run_by_steps(nf_lc3 *machine, uint64_t limit);

/* Executes one instruction, with whatever exception or trap it takes. For engines, and for what
 * runs without interrupts; nf_lc3_run(machine, 1) looks at devices too. */
void nf_lc3_step(nf_lc3 *machine);

/* The interpreter, an engine. */
void nf_lc3_interpret(nf_lc3 *machine, uint64_t count);

/* Ends a run soon, within some 100 us of host time. Any thread, and signal handlers. */
void nf_lc3_ask_stop(nf_lc3 *machine);

/* Requests an interrupt, taken when the machine's priority is lower; one request of a priority is
 * remembered. priority 1 to 7. */
void nf_lc3_request_interrupt(nf_lc3 *machine, uint8_t vector, uint8_t priority);

/* --- state ----------------------------------------------------------------------------------- */

uint16_t nf_lc3_psr(const nf_lc3 *machine);
/* Bits that do not exist are dropped. Does not touch R6. */
void nf_lc3_set_psr(nf_lc3 *machine, uint16_t psr);

/* Memory and devices as a supervisor's load and store reach them, with all effects. */
uint16_t nf_lc3_read(nf_lc3 *machine, uint16_t address);
void nf_lc3_write(nf_lc3 *machine, uint16_t address, uint16_t word);

/* memory[address] was written where code_map had a bit of NF_LC3_CODE. Idempotent. */
void nf_lc3_code_written(nf_lc3 *machine, uint16_t address);

/* Whether the address is plain memory for loads, stores and fetches in the current mode. */
static inline bool nf_lc3_is_plain(const nf_lc3 *machine, uint16_t address)
{
    return (uint16_t)(address - machine->access_low) < machine->access_span;
}

#endif
