/*
 * The inside of the sandbox process: memory, confinement, guarded calls.
 *
 * Everything here runs in the forked child, where only one thread lives and any lock of the parent
 * may be held for ever: nothing but system calls by number, no libc, and no memory but the cage's
 * own.
 *
 *   shared    (MAP_SHARED, survives the child)  results, progress
 *   private   | guard | harness stack | guard | candidate stack | guard | signal stack | page log ....... |
 *   the rest  every other writable mapping of the process, made read-only: the first write to a
 * page faults, the handler keeps the page's bytes in the log and lets the write happen
 */
#ifndef NF_RACE_CAGE_H
#define NF_RACE_CAGE_H

#include "race/sandbox.h"

enum {
    CAGE_PAGE = 4096,
    CAGE_MAPPINGS_MAX = 4096,
    CAGE_PAGES_MAX = 8192, /* written pages, all inputs together */
    CAGE_STACK_BYTES = 1 << 20,
    CAGE_HARNESS_BYTES = 128 << 10,
    CAGE_SIGNAL_BYTES = 64 << 10,
};

/* How a guarded call ended. */
typedef enum cage_end {
    CAGE_RETURNED,
    CAGE_CRASHED, /* a signal; cage.signal, cage.address */
    CAGE_HUNG,
    CAGE_STRAY_WRITE,  /* to a page that the baseline does not write */
    CAGE_SHARED_WRITE, /* to memory shared with others */
    CAGE_LOG_FULL,
    CAGE_SYSCALL,   /* a forbidden system call; cage.signal is its number */
    CAGE_REGISTERS, /* a callee-saved register was not restored */
} cage_end;

/* A written page: where it is, its bytes before and after the baseline's run. */
typedef struct cage_page {
    uint64_t address;
    uint8_t *before, *after;
} cage_page;

typedef struct cage_mapping {
    uint64_t start, end;
    bool shared;
} cage_mapping;

typedef struct cage {
    /* layout, filled by the parent */
    uint8_t *private_start, *private_end;
    uint8_t *harness_stack_top, *stack_top, *signal_stack, *log_bytes;
    uint64_t shared_start, shared_end, ignored_start, ignored_end;
    /* the child's */
    cage_mapping mappings[CAGE_MAPPINGS_MAX];
    uint32_t mapping_count;
    cage_page pages[CAGE_PAGES_MAX];
    uint32_t page_count, page_first; /* of the input being checked: [page_first, page_count) */
    bool logging;                    /* new pages are logged; else a write to one is stray */
    bool armed;                      /* a guarded call is going on */
    cage_end end;
    int signal;
    uint64_t address;
    uint64_t guard_sp; /* where a guarded body is left through */
} cage;

/* In the child, first of all: descriptors closed, handlers, limits, memory read-only, seccomp.
 * false: it can't be confined. */
bool cage_enter(cage *c);
/* Calls target with the input on the candidate stack, at most limit_ns. */
cage_end cage_call(cage *c, uint64_t target, const nf_race_input *input, uint32_t stack_words,
                   uint64_t limit_ns, uint64_t result[2]);
/* The same without a guard of its own, for loops inside cage_guard(). true: callee-saved registers
 * came back. */
bool cage_call_plain(const cage *c, uint64_t target, const nf_race_input *input,
                     uint32_t stack_words, uint64_t result[2]);
/* Runs body(context) guarded. */
cage_end cage_guard(cage *c, void (*body)(void *context), void *context, uint64_t limit_ns);
/* Makes the pages [first, last) of the log read-only or writable. */
void cage_pages_protect(const cage *c, uint32_t first, uint32_t last, bool writable);
void cage_pages_restore(const cage *c, uint32_t first, uint32_t last);
void cage_copy(void *to, const void *from, uint64_t bytes);
uint64_t cage_context_switches(void);
uint64_t cage_cpu_ns(void); /* of this thread */
__attribute__((noreturn)) void cage_exit(int status);
/* Continues in run(context) on another stack; never returns. */
__attribute__((noreturn)) void cage_on_stack(uint8_t *stack_top, void (*run)(void *),
                                             void *context);

#endif
