/*
 * The engine's inside: functions, slots, versions, and who may touch what.
 *
 *   program ── functions[] ─► versions (newest first)
 *                 │  slot word ──────────────┐
 *                 ▼                          ▼
 *   callers ─► stub: jmp [slot] ─► lazy | recorder | audit | evaluator entry, or a version's code
 *
 * Locks: `lock` guards the lists, versions and states, and is never held for long: not over a
 * compilation, a race or a scan. `compile_lock` guards the arena of compilations at a first call.
 * Slots, counters and what entries write are atomics. llvm.c has two locks, for all engines: one
 * that is held while LLVM works, and before it one for first calls that need LLVM. Order: work_lock,
 * LLVM's, compile_lock, lock, then code memory's own mutex. The worker (the background thread, or
 * whoever calls nf_engine_step, one at a time under `work_lock`) alone promotes, swaps and reclaims.
 */
#ifndef NF_ENGINE_INTERNAL_H
#define NF_ENGINE_INTERNAL_H

#include <nanoforge/nanoforge.h>
#include "base/arena.h"
#include "base/text.h"
#include "code/code.h"
#include "ir/eval.h"
#include "ir/ir.h"
#include "llvm.h"
#include "opt/opt.h"
#include "os/os.h"
#include "race/race.h"
#include "x64/compile.h"
#include "x64/osr.h"

enum {
    NF_FUNCTIONS_MAX = 1 << 16, /* of an engine, all programs together */
    NF_CODE_BYTES_DEFAULT = 64 << 20,
    NF_INPUTS = 64,         /* recorded calls kept per function */
    NF_AUDIT_SAMPLES = 128, /* live timings kept per side */
    NF_STUB_BYTES = 16,
    /* What is kept for the report, for each function: */
    NF_VERSIONS_KEPT = 64, /* whose code is gone */
    NF_RACES_KEPT = 16,
    NF_SWAPS_KEPT = 64,
};

/* --- entries: how a call gets in when the slot does not lead to code --- */

/* What the common entry code saves, lowest address first; entry.c emits it to this layout. */
typedef struct nf_entry_frame {
    uint64_t integers[6];   /* rdi rsi rdx rcx r8 r9 */
    uint64_t rax;           /* al: vector registers of a variadic call */
    uint64_t r10;           /* static chain */
    uint64_t vectors[8][2]; /* xmm0 to xmm7 */
    uint64_t start_tsc;     /* audit */
    uint64_t side;          /* audit */
    const uint64_t *stack;  /* arguments in memory */
    uint64_t index;         /* of the function */
} nf_entry_frame;

typedef enum nf_entry_kind {
    NF_ENTRY_LAZY,   /* compiles T1 at the first call */
    NF_ENTRY_EVAL,   /* interprets */
    NF_ENTRY_RECORD, /* copies the arguments, then runs the active version */
    NF_ENTRY_AUDIT,  /* runs the active or the previous version and times it */
    NF_ENTRY_SHADOW, /* runs the active version and T1's, and compares their results */
    NF_ENTRY_OSR,    /* no call: T1 code comes here from a loop, see x64/osr.h */
    NF_ENTRY_COUNT
} nf_entry_kind;

/* --- versions --- */

typedef enum nf_version_state {
    NF_VERSION_CANDIDATE, /* placed, has not won */
    NF_VERSION_ACTIVE,
    NF_VERSION_BASELINE, /* T1, kept for races and rollback while another is active */
    NF_VERSION_PREVIOUS, /* kept as control after a swap, until the next one */
    NF_VERSION_ENTERED,  /* no call reaches it: running calls of T1 code go on in it, see osr.c */
    NF_VERSION_REJECTED, /* wrong, crashed or hung */
    NF_VERSION_LOST,
    NF_VERSION_ROLLED_BACK,
    NF_VERSION_RETIRED, /* waits for the last thread; its verdict stays in `reason` */
} nf_version_state;

/* How a version is made: by T1 (both NULL), by T2 for a variant, by LLVM. */
typedef struct nf_recipe {
    const nf_variant *variant;
    const nf_llvm_options *llvm;
    bool contract;   /* T1's: products that may be are fused, those of inlined calls too */
    nf_block header; /* of the rest from this loop on, which is entered; none: the function */
} nf_recipe;

static inline unsigned nf_recipe_tier(nf_recipe recipe)
{
    return recipe.llvm ? 3 : recipe.variant ? 2 : 1;
}

typedef struct nf_version nf_version;
struct nf_version {
    nf_version *older, *newer;
    nf_version *next_retired; /* reclaim.c */
    struct nf_function *function;
    char name[NF_NAME_BYTES];
    uint32_t number;
    uint8_t tier;
    nf_recipe recipe;
    uint32_t saved_mask; /* as in nf_compiled */
    uint64_t address;    /* 0: never placed or freed */
    uint32_t code_bytes;
    uint64_t code_hash;
    uint64_t compile_ns, made_ns;
    nf_version_state state;
    bool retired, freed;
    char reason[NF_REASON_BYTES];
    double median_ns, speedup;
};

/* --- profile --- */

/* Written by T1 code in the near data pages, without atomics: lost counts are accepted. */
typedef struct nf_counters {
    uint64_t entries, loops;
    uint64_t turn;   /* nf_compile.turn; the engine's quiet_turn, or the OSR entry */
    uint64_t active; /* atomic: the active version's address, for entries to jump through */
} __attribute__((aligned(64))) nf_counters;

typedef struct nf_profile {
    uint64_t entries_seen, loops_seen; /* at the last tick */
    uint64_t calls;                    /* total */
    uint64_t calls_swapped;            /* atomic; of them, those before the last swap */
    double call_rate, loop_rate;       /* per second, moving averages */
    double ns_per_call;                /* of the active version by live timings; 0: not known yet */
    double spent_ns;                   /* in this function so far, estimated */
    double owed_ns;                    /* what is left of the call that goes on */
    double turn_ns;                    /* of a loop in T1's code, by its size; 0: not known yet */
    uint32_t sampled; /* instruction pointers found in its code since the last tick */
    double load_now;  /* of one core, since the last tick */
    double load;      /* moving average of it */
    double share;     /* of the load of all functions */
} nf_profile;

/* Live timings of two versions: side 0 the active one, side 1 the control. */
typedef struct nf_audit {
    uint64_t targets[2];
    uint32_t open;      /* atomic */
    uint32_t wanted;    /* atomic: samples of either side, at most NF_AUDIT_SAMPLES */
    uint32_t counts[2]; /* atomic; may run past NF_AUDIT_SAMPLES, the surplus is dropped */
    uint32_t random;
    uint32_t samples[2][NF_AUDIT_SAMPLES]; /* TSC ticks, cut to 32 bits */
} nf_audit;

/* --- drift.c: live calls of a settled function, compared with controls --- */

enum { NF_CONTROLS = 2 }; /* the version that was replaced; T1 */

/* Of ln(active / control): the reference, and the sums for either direction. */
typedef struct nf_cusum {
    uint32_t bursts;           /* that the reference is made of */
    double reference, squares; /* their mean, and the squares of what they differ by */
    double up, down;
} nf_cusum;

typedef struct nf_drift {
    nf_cusum cusums[NF_CONTROLS];
    unsigned turn; /* whose burst it is */
    bool open;
    bool is_idle; /* it is open, and nobody calls */
    uint64_t opened_ns;
    double due_ns; /* the next burst, when the function has cost so much */
    uint32_t alarms;
    bool wanted;     /* a race */
    uint32_t doubts; /* races that are still to confirm the verdict */
    uint32_t backoff;
    double raced_ns; /* what the function had cost by its last race */
    double wait_ns;  /* ... and shall cost until the one that is wanted */
} nf_drift;

/* --- shadow.c: results of a new version, compared with T1's on live calls --- */

typedef struct nf_shadow {
    uint32_t left;       /* atomic: calls to compare; 0: none any more */
    uint32_t differs;    /* atomic: a call's results did, and calls go to T1's version */
    uint64_t baseline;   /* atomic: address of T1's version */
    uint64_t results[2]; /* the active version's, T1's */
    uint64_t ticks;      /* atomic: of the time stamp counter, that callers have lost */
} nf_shadow;

typedef struct nf_recorder {
    uint32_t next;       /* atomic; inputs[next % NF_INPUTS] */
    uint32_t burst_left; /* atomic */
    nf_race_input inputs[NF_INPUTS];
    uint32_t ready[NF_INPUTS]; /* atomic: the input is whole */
} nf_recorder;

/* --- long calls: osr.c --- */

/* A loop from which calls go on in better code. */
typedef struct nf_osr_point {
    struct nf_osr_point *older;
    uint32_t header; /* of the loop */
    nf_version *version;
    uint64_t address; /* atomic; 0: not to be entered any more */
    uint32_t entered; /* atomic: so many calls */
    bool announced;
} nf_osr_point;

typedef struct nf_osr_state {
    uint64_t entries_seen, loops_seen; /* at the last tick */
    uint64_t called_ns, turned_ns;     /* when they changed last */
    uint64_t turning_ns;               /* NF_BACK_EDGES turns took that long */
    uint32_t wanted;                   /* atomic: the header of a loop that runs; 0: none */
    uint32_t point_count;
    bool refused;
    nf_osr_point *points; /* atomic; newest first */
} nf_osr_state;

typedef enum nf_phase {
    NF_PHASE_COLD,     /* never called */
    NF_PHASE_BASELINE, /* on T1, being counted */
    NF_PHASE_SAMPLING, /* arguments are being recorded */
    NF_PHASE_SHADOW,   /* after a swap: the new version's results against T1's */
    NF_PHASE_AUDIT,    /* then: new against old on live calls */
    NF_PHASE_SETTLED,
    NF_PHASE_FORCED, /* a mode other than automatic: nothing happens any more */
} nf_phase;

/* Records name versions, which may be gone. */
typedef struct nf_race_record {
    struct nf_race_record *older;
    nf_arena arena;        /* of names and results */
    nf_race_report report; /* in the order of the names */
    char (*names)[NF_NAME_BYTES];
    char baseline[NF_NAME_BYTES];
    uint32_t candidate_count;
    uint64_t time_ns;
} nf_race_record;

typedef struct nf_swap_record {
    struct nf_swap_record *older;
    char from[NF_NAME_BYTES], to[NF_NAME_BYTES];
    uint64_t time_ns;
    double speedup;
    char reason[NF_REASON_BYTES];
} nf_swap_record;

typedef struct nf_function {
    nf_engine *engine;
    nf_program *program;
    nf_func *ir; /* NULL: foreign, LLVM alone can compile it */
    nf_symbol symbol;
    const char *name;
    const nf_signature_data *signature; /* NULL: foreign */
    uint32_t index;                     /* in the engine */
    uint32_t stack_words;               /* arguments in memory */
    uint64_t *slot;                     /* atomic */
    nf_counters *counters;
    uint64_t stub;
    uint64_t entries[NF_ENTRY_COUNT];
    nf_version *versions, *active, *baseline, *control;
    nf_version *fused; /* T1's, with products and sums fused; made when a version that fuses is */
    uint32_t version_count;
    nf_phase phase;
    uint64_t phase_ns;          /* when it began */
    uint8_t round, rounds_done; /* of promote.c */
    nf_effects effects;
    bool effects_known, effects_judged; /* `effects` is filled; what can't race is refused */
    bool stays;        /* atomic: never evicted, may be called where nothing can be compiled */
    bool starved;      /* atomic: interpreted, for there was no room for its code */
    uint64_t slept_ns; /* when its slot was led to the lazy entry, see evict.c */
    char refusal[NF_REASON_BYTES]; /* "" or why it can't race */
    nf_profile profile;
    nf_osr_state osr;
    nf_audit *audit;
    nf_shadow shadow;
    nf_drift drift;
    nf_recorder *recorder;
    nf_race_record *races; /* newest first, as the swaps */
    nf_swap_record *swaps;
    uint32_t race_count, swap_count, versions_gone; /* ever */
    uint32_t handlers; /* atomic: callers that are in an entry's handler; see reclaim.c */
} nf_function;

/* 128 bits, by which the cache finds what was made of a program. */
typedef struct nf_cache_key {
    uint64_t words[2];
} nf_cache_key;

struct nf_program {
    nf_engine *engine;
    nf_program *next;
    nf_module *module;
    nf_arena arena;        /* under lock once the program runs */
    nf_arena worker_arena; /* the worker's */
    nf_link link;
    nf_function *functions;
    uint32_t function_count;
    uint8_t *data;
    size_t data_bytes;
    nf_llvm_unit *unit; /* NULL: not born as bitcode, or not read yet; under llvm.c's lock */
    nf_source *sources; /* what the unit is made of, in the arena; without bytes: not read yet */
    struct nf_source_file *files; /* linux/bitcode_file.c */
    bool reads_soon;              /* them, for some functions have no tier but LLVM's; under lock */
    uint32_t source_count;
    nf_cache_key key;        /* of the sources and the plug-in */
    const void *kept;        /* the file that the module is read from, while it is needed */
    uint64_t stubs, entries; /* code objects */
    nf_version *spare;       /* records to be used again, linked by older; under lock */
};

/* As C or other bitcode; else as NIR. */
static inline bool nf_born_as_bitcode(const nf_function *function)
{
    return function->program->source_count != 0;
}

/* Processor time that the engine has taken; under lock. */
typedef struct nf_cost {
    uint64_t climbing_ns; /* of the worker's steps, while a function is on its way up */
    uint64_t settled_ns;  /* ... and the others */
    double trial_ns;      /* of callers, when new versions are tried on live calls */
    double watch_ns;      /* ... and when those of settled functions are compared */
    uint64_t program_ns;  /* of all but the worker */
    uint64_t pause_ns;    /* to the next step */
} nf_cost;

struct nf_engine {
    nf_allocator allocator;
    nf_config config;
    uint64_t start_ns, features;
    nf_os_mutex lock, compile_lock, work_lock;
    nf_os_condition wake, quiet;
    nf_os_thread worker;
    bool worker_runs, stopping;
    uint32_t resting; /* atomic: the worker gives up what it is at, and begins nothing */
    nf_code_memory *code;
    nf_arena compile_arena, work_arena;
    uint64_t common[NF_ENTRY_COUNT]; /* the common entries */
    uint64_t quiet_turn;             /* code that returns at once */
    /* near data: slot words, then counters */
    uint64_t *slots;
    nf_counters *counters;
    size_t near_bytes;
    nf_function **functions; /* by index; NULL when free */
    uint32_t function_count;
    nf_program *programs;
    nf_llvm_prepared *prepared;     /* the last function that LLVM compiled; under llvm.c's lock */
    const nf_function *prepared_of; /* ... or its rest from prepared_header on */
    nf_block prepared_header;
    nf_zygote *zygote;              /* for races; NULL: they fork */
    struct nf_sampler *sampler;     /* sampler.h */
    struct nf_reclaimer *reclaimer; /* reclaim.c */
    uint32_t quiet_ticks;
    uint32_t evict_hand; /* evict.c: where the next victim is looked for */
    bool no_llvm;        /* asked for, and not there: the worker's */
    bool fork_is_quiet;  /* between prepare and done: the worker's lock is ours */
    bool has_starved;    /* atomic */
    bool climbs;         /* this step makes versions */
    char counters_line[NF_REASON_BYTES];
    uint64_t last_tick_ns, race_time_ns;
    uint64_t worker_time_ns;  /* processor time of the worker, at the end of its last step */
    uint64_t program_time_ns; /* processor time of others than the worker, at the last tick */
    nf_engine *next;          /* fork.c */
    uint64_t evictions;
    nf_cost cost;
    const void *own_stack; /* of who holds work_lock, for a scan; NULL: the worker */
    uint64_t seed;
};

static inline bool nf_is_resting(const nf_engine *engine)
{
    return __atomic_load_n(&engine->resting, __ATOMIC_RELAXED) != 0;
}

/* For a process that is about to end: a race and a compilation by LLVM are given up, the worker does
 * nothing from now on, and what it guards can be read without a lock. Once is enough. */
void nf_engine_rest(nf_engine *engine);

/* --- engine.c --- */
uint64_t nf_engine_now(const nf_engine *engine); /* ns since it was made */
void nf_engine_event(nf_engine *engine, nf_event_kind kind, const nf_function *function,
                     const nf_version *version, double number, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The background thread, as the configuration wants it. */
nf_status nf_worker_start(nf_engine *engine, nf_error *error);

/* --- fork.c: the host program forks --- */
void nf_fork_add(nf_engine *engine);
void nf_fork_remove(nf_engine *engine);
/* Whose code memory the address lies in, or NULL. Takes no lock: a signal's handler may ask. */
nf_engine *nf_engine_around(uint64_t address);

/* --- entry.c --- */
nf_status nf_entries_make(nf_engine *engine, nf_error *error);
/* Stubs and entries for the program's functions. Slots lead to the lazy (or evaluator) entry. */
nf_status nf_entries_place(nf_program *program, nf_error *error);

/* --- handlers.c: what the entries call; any thread --- */
uint64_t nf_entry_lazy(nf_engine *engine, uint32_t index, nf_entry_frame *frame);
uint64_t nf_entry_eval(nf_engine *engine, uint32_t index, nf_entry_frame *frame);
uint64_t nf_entry_record(nf_engine *engine, uint32_t index, nf_entry_frame *frame);
uint64_t nf_entry_audit_begin(nf_engine *engine, uint32_t index, nf_entry_frame *frame);
void nf_entry_audit_end(nf_engine *engine, uint32_t index, nf_entry_frame *frame);

/* --- shadow.c --- */
uint64_t nf_entry_shadow(nf_engine *engine, uint32_t index, nf_entry_frame *frame); /* any thread */
/* The worker's. False: the function has effects, or nothing to compare with. */
bool nf_shadow_start(nf_function *function);
bool nf_shadow_differs(const nf_function *function);
/* Calls go straight to the active version again. */
void nf_shadow_end(nf_function *function);

/* --- version.c --- */
/* Compiles into `arena` and places. On failure *version is NULL, unless the same code exists
 * already (then NF_BUSY). */
nf_status nf_version_make(nf_function *function, nf_recipe recipe, nf_arena *arena,
                          nf_version **version, nf_error *error);
/* The same for the first version, which callers reach from now on. Nothing when somebody else has
 * made that: the slot tells. */
nf_status nf_version_first(nf_function *function, nf_recipe recipe, nf_arena *arena,
                           nf_error *error);
/* The T2 variant that is used without a race; of LLVM's it is the first one. */
const nf_variant *nf_variant_default(const nf_engine *engine);
static inline void nf_slot_store(nf_function *function, uint64_t target)
{
    __atomic_store_n(function->slot, target, __ATOMIC_RELEASE);
}
/* If the slot still holds `from`. */
static inline bool nf_slot_replace(nf_function *function, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n(function->slot, &from, to, false, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED);
}
/* Callers reach `to` from now on; recorded, announced. */
void nf_version_swap(nf_function *function, nf_version *to, double speedup, nf_event_kind kind,
                     const char *reason);
/* It has lost but stays. T1's version is the baseline in any case. */
void nf_version_settle(nf_version *version, nf_version_state state, const char *reason);
void nf_version_retire(nf_version *version, nf_version_state state);
/* The rest of that, when it is marked as retired. */
void nf_version_hand_over(nf_version *version);
/* Whether products are fused with sums. */
bool nf_version_contracts(const nf_version *version);
/* T1's version that rounds as this one does: what this one must answer. NULL: there is none. The
 * worker's. */
nf_version *nf_version_that_defines(const nf_version *version);
/* It has no code and nobody knows it: at most NF_VERSIONS_KEPT such stay for the report. Under lock. */
void nf_version_gone(nf_version *version);
/* For the report. Under lock. */
void nf_swap_note(nf_function *function, const nf_version *from, const nf_version *to,
                  double speedup, const char *reason);

/* Makes sure that the slot does not lead to the lazy entry any more. Any thread. */
void nf_function_warm(nf_function *function);
/* warm.c: the same for the function, of whatever engine, whose stub this is, and for all that it
 * calls or names, which then stay; nothing when it is none. */
void nf_function_warm_all(uint64_t stub);
/* The function and all that it calls. */
void nf_callees_warm(nf_function *function);

/* --- linux/signal.c, bare/signal.c --- */
/* What a program gets for a host function of this name that installs handlers of signals, or NULL. */
void *nf_signal_function(const char *name);

/* --- linux/llvm.c, bare/llvm.c: tier 3 --- */
extern const nf_llvm_options nf_llvm_variants[]; /* llvm_variants.def */
extern const uint32_t nf_llvm_variant_count;
/* Loads the plug-in at its first use; NF_UNSUPPORTED with the reason when there is none. */
nf_status nf_llvm_open(nf_error *error);
/* Reads and links the program's sources into its unit, and imports that: a verified module. */
nf_status nf_llvm_import(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                         uint32_t *foreign_count, nf_error *error);
/* Reads the sources of a program that will want them. The worker's, at each tick. */
void nf_llvm_step(nf_engine *engine);
/* A blob of the function, or of its rest for OSR if that is not NULL; any thread. */
nf_status nf_llvm_compile(nf_function *function, nf_recipe recipe, const nf_func *rest,
                          nf_arena *arena, nf_blob *blob, nf_error *error);
/* A function's first version. Nobody waits for that but who wants one by LLVM, too. Any thread. */
nf_status nf_llvm_first(nf_function *function, nf_error *error);
/* What that takes, roughly. */
static inline double nf_llvm_cost_ns(const nf_function *function)
{
    static const double NS_PER_INSTRUCTION = 150e3;
    return NS_PER_INSTRUCTION * function->ir->insts.count;
}
/* Whether an earlier run has left that, so that it costs next to nothing. */
bool nf_llvm_is_kept(const nf_function *function, nf_recipe recipe);
void nf_llvm_close(nf_program *program);
/* For who is about to leave by exit(): when it returns nobody is in LLVM, or whoever is stands still for
 * good, and nobody will be. Without it, an exit while the plug-in is just being loaded runs
 * destructors of what is being made. */
void nf_llvm_end(void);
/* Whether it was this engine's worker that was stopped then. */
bool nf_llvm_has_stopped(const nf_engine *engine);
/* Around fork(): nobody is in LLVM, so that the child may be. */
void nf_llvm_fork_prepare(void);
void nf_llvm_fork_done(bool is_child);

/* --- program.c --- */
/* Where the program's symbol, or the process's, is. */
bool nf_program_resolve(const nf_program *program, const char *name, uint64_t *address);

/* --- osr.c --- */
nf_osr_handler nf_entry_osr; /* any thread */
/* The worker's, at each tick: looks whether a call lasts long, and makes what it is to go on in. */
void nf_osr_step(nf_function *function, uint64_t now_ns);
/* From now on T1 code runs its loops undisturbed. */
void nf_osr_quiet(nf_function *function);

/* round_race.c: only the newest records stay. Under lock. */
void nf_races_trim(nf_function *function, uint32_t kept);

/* --- profile.c, promote.c, audit.c, drift.c, reclaim.c: the worker's --- */
/* counts.c: true when it did something. */
bool nf_counts_step(nf_function *function);
/* The processor time that the program has used since the last tick bounds what a function cost. */
void nf_profile_tick(nf_engine *engine, uint64_t now_ns, double seconds, double program_seconds);
/* true while the function is in a phase that ends by itself. */
bool nf_function_step(nf_function *function, uint64_t now_ns);
/* Swaps to a version made elsewhere and audits it on live calls. Fault injection, by the worker. */
void nf_promote_planted(nf_function *function, nf_version *version, const char *reason);
/* Until each side has so many samples. */
void nf_audit_start(nf_function *function, const nf_version *control, uint32_t samples_wanted);
/* Before the version at this address retires: a caller that has passed the entry's question whether
 * an audit is open, and not yet read where to go, must not be led there. */
void nf_audit_forget(nf_function *function, uint64_t address);
uint32_t nf_audit_samples(const nf_function *function); /* of the side with fewer, so far */
bool nf_audit_done(const nf_function *function);
/* What the calls of either side that have ended took, and their number. */
double nf_audit_timed_ns(const nf_function *function, uint32_t *calls);
/* Trimmed means of both sides in ns, 0 without a sample; ratio active / control with its 95 %
 * interval, 0 with too few samples. */
typedef struct nf_audit_result {
    double active_ns, control_ns, ratio, low, high;
} nf_audit_result;
nf_audit_result nf_audit_result_of(const nf_function *function); /* so far */
nf_audit_result nf_audit_finish(nf_function *function); /* calls go to the active one again */
/* What an audit that has ended in this result has cost callers. */
double nf_audit_cost_ns(const nf_function *function, const nf_audit_result *result);

/*
 * --- reclaim.c: retired code is freed while other threads run ---
 * A retired version is reachable by no slot; threads may still be in it, or return to it. A scan of
 * all threads' registers and stacks (threads.h) tells which retired versions are pinned; the others
 * are freed.
 */
nf_status nf_reclaim_open(nf_engine *engine, nf_error *error);
void nf_reclaim_close(nf_engine *engine);
void nf_reclaim_forget(nf_engine *engine, const nf_program *program); /* it is being unloaded */
void nf_reclaim_add(nf_engine *engine, nf_version *version);
/* In a child of fork(): what waited waits, though the worker had taken it to be freed. Under lock. */
void nf_reclaim_fork(nf_engine *engine);
/* Frees what is not pinned; the bytes that are. The worker's, under work_lock. */
size_t nf_reclaim(nf_engine *engine);
/* Nothing could be freed, and it is too early to try again. The worker's. */
bool nf_reclaim_is_fruitless(const nf_engine *engine);
/* So many versions wait that no more should be made. The worker's. */
bool nf_reclaim_is_full(const nf_engine *engine);
size_t nf_reclaim_bytes(const nf_engine *engine);  /* waiting; any thread */
size_t nf_reclaim_pinned(const nf_engine *engine); /* of them, found in use by the last scan */
void nf_reclaim_when_due(
    nf_engine *engine); /* when enough has gathered, with back-off while pinned */

static inline bool nf_is_asleep(const nf_function *function)
{
    return __atomic_load_n(function->slot, __ATOMIC_ACQUIRE) == function->entries[NF_ENTRY_LAZY];
}

/* --- evict.c: the code of functions that are worth little makes room --- */
/* The worker's, at each tick. */
void nf_evict_step(nf_engine *engine, uint64_t now_ns);
/* For a first call that has found no room; own_stack as in nf_os_scan(). False: the worker is at work,
 * or nothing can be freed. Under no lock. */
bool nf_evict_for(nf_function *wanted, const void *own_stack);

/* --- sampler: hardware counters through nanoforged, or the reason why not, in counters_line --- */
void nf_sampler_open(nf_engine *engine);
/* Adds to each function's profile.sampled; false: there is no sampler. The worker's. */
bool nf_sampler_poll(nf_engine *engine, uint64_t now_ns);
double nf_sampler_seconds(void); /* running time that a sample stands for */
void nf_sampler_close(nf_engine *engine);

#endif
