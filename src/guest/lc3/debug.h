/*
 * A debugger's engine: an LC-3 that is stepped, stopped, and taken back.
 *
 *     nf_lc3_debug_new(machine, allocator, output, context, &debug, error);
 *     nf_lc3_debug_break(debug, 0x3005, true);
 *     nf_lc3_debug_run(debug, NF_LC3_GOAL_CONTINUE, false)        NF_LC3_HALT_BREAKPOINT
 *     nf_lc3_debug_run(debug, NF_LC3_GOAL_STEP, true)             one instruction back
 *     nf_lc3_debug_free(debug);
 *
 * Time is the number of instructions executed. A moment is the machine's state at a time, with the
 * next instruction to be executed at its PC: an interrupt that is due has been taken. The past is
 * kept as snapshots some thousand instructions apart; between them it is executed again, with the
 * same keys at the same times, and without output. Keys come from nf_lc3_debug_input() alone.
 *
 * Whoever changes the machine by hand calls nf_lc3_debug_edited(): the change is part of the past
 * then, and what came later is not the future any more. One thread; nf_lc3_debug_interrupt() may be
 * called from a signal handler. Freestanding.
 */
#ifndef NF_GUEST_LC3_DEBUG_H
#define NF_GUEST_LC3_DEBUG_H

#include "snapshot.h"
#include "base/vec.h"

enum {
    NF_LC3_WATCHES_MAX = 16,
    NF_LC3_FRAMES_MAX = 64,  /* the newest calls; older ones are forgotten */
    NF_LC3_MOMENTS_MAX = 64, /* snapshots kept */
};

/* How far to run. Breakpoints, watchpoints and whatever stops the machine end every run. */
typedef enum nf_lc3_goal {
    NF_LC3_GOAL_STEP,     /* one instruction */
    NF_LC3_GOAL_NEXT,     /* the same, but a call with all that it does */
    NF_LC3_GOAL_FINISH,   /* to the return of this call; backward, to the call */
    NF_LC3_GOAL_CONTINUE, /* on and on */
} nf_lc3_goal;

/* Why it ended. */
typedef enum nf_lc3_halt {
    NF_LC3_HALT_GOAL,
    NF_LC3_HALT_BREAKPOINT,
    NF_LC3_HALT_WATCHPOINT, /* see watch_hit */
    NF_LC3_HALT_HALTED,     /* the machine has halted */
    NF_LC3_HALT_INPUT,      /* the program waits for a key */
    NF_LC3_HALT_BEGINNING,  /* of what is remembered */
    NF_LC3_HALT_INTERRUPTED,
} nf_lc3_halt;

typedef enum nf_lc3_frame_kind {
    NF_LC3_FRAME_CALL,
    NF_LC3_FRAME_TRAP,
    NF_LC3_FRAME_INTERRUPT,
    NF_LC3_FRAME_EXCEPTION,
} nf_lc3_frame_kind;

typedef struct nf_lc3_frame {
    uint16_t site;   /* the call, or where the interrupt came */
    uint16_t target; /* what was called */
    uint16_t back;   /* where it returns to */
    uint8_t kind;
} nf_lc3_frame;

/* A word that is looked at after every instruction. */
typedef struct nf_lc3_watch {
    bool is_register;
    uint16_t place; /* address or number */
    uint16_t value; /* now */
} nf_lc3_watch;

typedef struct nf_lc3_calls {
    uint32_t depth;                         /* may be more than there are frames */
    nf_lc3_frame frames[NF_LC3_FRAMES_MAX]; /* of depth d, at d % NF_LC3_FRAMES_MAX */
} nf_lc3_calls;

typedef struct nf_lc3_moment {
    uint64_t time;
    bool edited; /* it does not follow from the moment in front of it */
    nf_lc3_calls calls;
    uint8_t state[NF_LC3_SNAPSHOT_BYTES];
} nf_lc3_moment;

typedef struct nf_lc3_key {
    uint64_t time; /* when it was given; what is executed behind that sees it */
    uint8_t key;
} nf_lc3_key;

typedef struct nf_lc3_debug {
    nf_lc3 *machine;
    const nf_allocator *allocator;
    void (*output)(void *context, const char *bytes, size_t count);
    void *context;

    uint64_t breakpoints[NF_LC3_WORDS / 64];
    nf_lc3_watch watches[NF_LC3_WATCHES_MAX];
    uint32_t watch_count;
    uint32_t watch_hit;      /* the one that ended the run, */
    uint16_t watch_hit_from; /* and its value before */
    nf_lc3_calls calls;

    nf_lc3_moment *moments[NF_LC3_MOMENTS_MAX]; /* by time, the first the earliest there is */
    uint32_t moment_count;
    uint64_t interval; /* between moments */

    nf_arena keys_arena;
    NF_VEC(nf_lc3_key) keys; /* in the order given; machine->keys_taken counts into them */
    uint64_t poll_time;      /* when the program last looked for a key in vain, */
    uint32_t poll_count;     /* and how often in close succession */

    bool replaying;
    int interrupted; /* atomic */
} nf_lc3_debug;

/* The machine is started already, and the caller's; it must outlive the debugger, whose hooks it
 * gets. output has what the program prints, but not when the past is executed again. */
nf_status nf_lc3_debug_new(nf_lc3 *machine, const nf_allocator *allocator,
                           void (*output)(void *context, const char *bytes, size_t count),
                           void *context, nf_lc3_debug **debug, nf_error *error);
void nf_lc3_debug_free(nf_lc3_debug *debug);

nf_lc3_halt nf_lc3_debug_run(nf_lc3_debug *debug, nf_lc3_goal goal, bool backward);
/* To a time, past or future. */
nf_lc3_halt nf_lc3_debug_go(nf_lc3_debug *debug, uint64_t time);
void nf_lc3_debug_interrupt(nf_lc3_debug *debug);

void nf_lc3_debug_break(nf_lc3_debug *debug, uint16_t address, bool on);
/* False: there are NF_LC3_WATCHES_MAX already. */
bool nf_lc3_debug_watch(nf_lc3_debug *debug, bool is_register, uint16_t place);
void nf_lc3_debug_unwatch(nf_lc3_debug *debug, uint32_t index);

/* Behind the keys given before, from now on. False: memory. */
bool nf_lc3_debug_input(nf_lc3_debug *debug, const char *keys, size_t count);
/* The machine was changed by hand. False: memory; the change is lost when time goes back. */
bool nf_lc3_debug_edited(nf_lc3_debug *debug);

/* The call that is so many calls above the newest, or NULL. */
const nf_lc3_frame *nf_lc3_debug_frame(const nf_lc3_debug *debug, uint32_t index);
uint64_t nf_lc3_debug_beginning(const nf_lc3_debug *debug);

#endif
