/*
 * The inside of the sandbox process: memory, confinement, guarded calls.
 *
 * Everything here runs in the sandbox, where only one thread lives and any lock of the program may be
 * held for ever: nothing but system calls by number, no libc, and no memory but the cage's own.
 *
 *   record    (shared with the program, survives the sandbox)  results, progress, pulled pages
 *   private   | guard | harness stack | guard | candidate stack | guard | signal stack | log | ... | guard |
 *   the rest  as the program has it. In a forked sandbox every writable mapping is made read-only.
 *             In a zygote's (zygote.c) there is nothing but text at first, and the first access to a
 *             page asks the program for its bytes. The first write to a page faults, the handler
 *             keeps the page's bytes in the log and lets the write happen.
 */
#ifndef NF_RACE_CAGE_H
#define NF_RACE_CAGE_H

#include "race/sandbox.h"

enum {
    CAGE_PAGE = 4096,
    CAGE_GUARD_BYTES = 64 << 10, /* on both sides of the record, too */
    CAGE_MAPPINGS_MAX = 16384,
    CAGE_PAGES_MAX = 8192, /* written pages, all inputs together */
    CAGE_STACK_BYTES = 1 << 20,
    CAGE_HARNESS_BYTES = 128 << 10,
    CAGE_SIGNAL_BYTES = 64 << 10,
    CAGE_BITS_BYTES = 64 << 20, /* a bit for each page that can be pulled: 2 TiB */
    CAGE_KEPT_BYTES = 1 << 20,
    CAGE_IMAGE_MAX = 8,
    CAGE_MAPS_BYTES = 2 << 20,
    CAGE_PULL_PAGES = 16,      /* at once, from the one that is accessed */
    CAGE_PULLED_MAX = 1 << 18, /* pages, 1 GiB */
};

/* How a guarded call ended. */
typedef enum cage_end {
    CAGE_RETURNED,
    CAGE_CRASHED, /* a signal; cage.signal, cage.address */
    CAGE_HUNG,
    CAGE_STRAY_WRITE,  /* to a page that the baseline does not write */
    CAGE_SHARED_WRITE, /* to memory shared with others */
    CAGE_LOG_FULL,
    CAGE_PULLED_FULL, /* more memory is accessed than the sandbox may have */
    CAGE_SYSCALL,     /* a forbidden system call; cage.signal is its number */
    CAGE_REGISTERS,   /* a callee-saved register, or the stack pointer, was not restored */
} cage_end;

/* A written page: where it is, its bytes before and after the run that answers, those from which
 * candidates start, and room for another answer. */
enum { CAGE_PAGE_COPIES = 4 };
typedef struct cage_page {
    uint64_t address;
    uint8_t *before, *after, *start, *other;
} cage_page;

typedef struct cage_range {
    uint64_t start, end;
} cage_range;

typedef struct cage_mapping {
    uint64_t start, end;
    uint8_t *pulled; /* a bit for each page that is here; NULL: all are */
    bool writable, shared;
    bool ignored; /* writes are neither logged nor stray */
} cage_mapping;

/* What a zygote has kept of the program's memory as it was: it need not be pulled. */
typedef struct cage_kept {
    cage_range image[CAGE_IMAGE_MAX]; /* what this code needs to run */
    uint32_t image_count;
    char lines
        []; /* of /proc/self/maps: text and the like, which stays if the program still has it */
} cage_kept;

/* How the sandbox asks the program for pages. The turn is odd while a question waits. */
typedef struct cage_pull {
    uint32_t turn;  /* atomic; a futex on which both sides wait */
    uint32_t pages; /* wanted; then: given */
    uint64_t address;
    uint8_t bytes[CAGE_PULL_PAGES * CAGE_PAGE];
} cage_pull;

typedef struct cage {
    /* filled by the program, for each sandbox anew */
    cage_range private, record, ignored; /* those two with their guards */
    uint8_t *harness_stack_top, *stack_top, *signal_stack, *log_bytes, *bits;
    uint8_t *thread_zeros; /* the thread-local memory of who has none */
    cage_kept *kept;
    uint64_t thread_pointer; /* of the thread for which the race is held */
    uint32_t float_control;  /* its MXCSR */
    bool has_avx, has_avx512;
    bool has_shadow; /* a sanitizer watches the program, but not this */
    int32_t parent;  /* the process with which the sandbox ends */
    bool pulling;    /* the sandbox comes from a zygote */
    /* the sandbox's */
    cage_mapping mappings[CAGE_MAPPINGS_MAX];
    uint32_t mapping_count;
    uint64_t bits_used;
    uint32_t pulled_count;
    cage_page pages[CAGE_PAGES_MAX];
    uint32_t page_count, page_first; /* of the input being checked: [page_first, page_count) */
    uint32_t pages_max, pulled_max;  /* at most CAGE_PAGES_MAX and CAGE_PULLED_MAX */
    bool logging;                    /* new pages are logged; else a write to one is stray */
    bool armed;                      /* a guarded call is going on */
    cage_end end;
    int signal;
    uint64_t address;
    uint64_t guard_sp; /* where a guarded body is left through */
    cage_pull pull;
    char maps[CAGE_MAPS_BYTES]; /* the program's mappings, filled by the program when it pulls */
} cage;

/* --- cage.c --- */

/* The private memory becomes accessible, but for its guards; it has to be before its stacks are used. */
bool cage_open(const cage *c);
/* First of all: descriptors closed, limits, handlers, memory read-only or pulled. false: it can't be
 * done. */
bool cage_enter(cage *c);
/* Behind it nothing is possible any more but what races need. */
bool cage_confine(void);
/* Calls target with the input on the candidate stack, at most limit_ns. */
cage_end cage_call(cage *c, uint64_t target, const nf_race_input *input, uint32_t stack_words,
                   uint64_t limit_ns, uint64_t result[2]);
/* The same without a guard of its own, for loops inside cage_guard(). true: callee-saved registers
 * came back. */
bool cage_call_plain(const cage *c, uint64_t target, const nf_race_input *input,
                     uint32_t stack_words, uint64_t result[2]);
/* Runs body(context) guarded. */
cage_end cage_guard(cage *c, void (*body)(void *context), void *context, uint64_t limit_ns);
uint64_t cage_context_switches(void);
uint64_t cage_cpu_ns(void); /* of this thread */
__attribute__((noreturn)) void cage_exit(int status);
/* Continues in run(context) on another stack; never returns. */
__attribute__((noreturn)) void cage_on_stack(uint8_t *stack_top, void (*run)(void *),
                                             void *context);
/* The kernel stops writing to the C library's memory behind its back. */
bool cage_rseq_leave(void);

/* --- memory.c --- */

/* Takes all memory that the program can write, or read if it is to be pulled. */
bool cage_memory_enter(cage *c);
/* Thread-local variables are those of the thread for which the race is held. */
bool cage_thread_enter(cage *c);
/* An access that faulted: CAGE_RETURNED when it may be tried again. */
cage_end cage_memory_fault(cage *c, uint64_t address, bool is_write);
/* Tells the program that there is news in the record. */
void cage_notify(cage *c);
/* Makes the pages [first, last) of the log read-only or writable. */
void cage_pages_protect(const cage *c, uint32_t first, uint32_t last, bool writable);
void cage_pages_restore(const cage *c, uint32_t first, uint32_t last);
void cage_copy(void *to, const void *from, uint64_t bytes);

#endif
