/*
 * NanoForge: functions that get faster while the program runs.
 *
 *   nf_engine *engine;
 *   nf_program *program;
 *   nf_error error;
 *   if (nf_engine_new(NULL, &engine, &error) != NF_OK) ...
 *   if (nf_program_load(engine, "dot.nir", text, length, &program, &error) != NF_OK) ...
 *   float (*dot)(int64_t, const float *, const float *) =
 *       (float (*)(int64_t, const float *, const float *))nf_program_function(program, "dot");
 *   dot(n, x, y);                       // as often as you like, from any thread
 *   nf_engine_free(engine);
 *
 * An engine is independent of every other one. All calls are thread-safe, but for the end of
 * things: free an engine, or unload a program, when no thread is in its functions and none will
 * come. Strings that come out are copied into the caller's buffers. Nothing prints or exits; what
 * happens is told through events.
 *
 * A pointer may be NULL where its comment says so, where it leads to an array of no elements, and
 * where it is the nf_error *: then the detail is dropped. For any other NULL what returns nf_status
 * gives NF_ARGUMENT and names it; the rest does not look. What goes in is copied, or needed during
 * the call only, unless its comment says otherwise.
 */
#ifndef NANOFORGE_NANOFORGE_H
#define NANOFORGE_NANOFORGE_H

#include "nir.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NF_VERSION_MAJOR 0
#define NF_VERSION_MINOR 1
#define NF_VERSION_PATCH 0
/* "0.1.0"; static storage. */
NF_API const char *nf_version_text(void);

typedef struct nf_engine nf_engine;
typedef struct nf_program nf_program;

typedef enum nf_mode {
    NF_MODE_AUTO,      /* start on T1, promote by heat, race */
    NF_MODE_EVALUATE,  /* T0: every call is interpreted */
    NF_MODE_BASELINE,  /* T1 and nothing else */
    NF_MODE_OPTIMISED, /* the default T2 version at the first call, without a race */
    NF_MODE_LLVM,      /* T3, by LLVM, at the first call; T2 where there is none */
} nf_mode;

/* When NF_MODE_AUTO promotes a function. */
typedef enum nf_policy {
    NF_POLICY_GAIN,   /* when it has cost what promoting costs; by races and live timings */
    NF_POLICY_COUNTS, /* by calls alone: 100 to T1, 1,000 to T2, 10,000 to LLVM; interpreted before */
} nf_policy;

/* What happens, in events.def; sent from the thread on which it happens, which may hold engine
 * locks: a listener may neither call the engine nor fork. */
typedef enum nf_event_kind {
#define EVENT(name, text, meaning) NF_EVENT_##name,
#include "events.def"
#undef EVENT
    NF_EVENT_COUNT
} nf_event_kind;

enum { NF_NAME_BYTES = 64, NF_REASON_BYTES = 128 };

typedef struct nf_event {
    nf_event_kind kind;
    uint64_t time_ns;     /* since the engine was made */
    const char *function; /* "" when the event has none; valid during the call */
    const char *version;  /* "" when it has none */
    const char *detail;   /* one line, "" when there is none */
    double number;        /* ns of a compilation, speed-up of a swap, ... : see events.def */
} nf_event;

/* Static text of an event kind: "swap". */
NF_API const char *nf_event_text(nf_event_kind kind);

/* All zero is the default. The strings and contexts must outlive the engine. */
typedef struct nf_config {
    const nf_allocator *allocator; /* NULL: the platform's; must outlive the engine */
    size_t code_bytes;             /* limit of machine code; 0: 64 MiB */
    nf_mode mode;
    nf_policy policy;
    bool no_background;        /* no thread: the program calls nf_engine_step() */
    bool no_counters;          /* do not look for nanoforged or perf events */
    const char *daemon_socket; /* NULL: the default path */
    const char *cache;         /* folder for what bitcode became; NULL: XDG's, "": none */
    uint64_t features_off;     /* CPU features not to be used: nf_feature_mask()s, or-ed; nor what
                                  builds on them, as AVX2 does on AVX */
    uint64_t seed;             /* of race order; 0: from the clock */
    /* Asked before the process's own symbols; NULL result: not known here. */
    void *(*resolve)(void *context, const char *name);
    void *resolve_context;
    void (*event)(void *context, const nf_event *event);
    void *event_context;
} nf_config;

/* The bit of a CPU feature by the name that `nanoforge version` prints: "avx2"; 0: there is no such
 * name. The bits may differ between versions of the library. */
NF_API uint64_t nf_feature_mask(const char *name);

/* config may be NULL. NF_ARGUMENT: there is no such mode or policy, or code_bytes is too many. On
 * failure *engine is NULL. It forks the process once, so that races need not: best made while the
 * heap is small, or the calling thread the only one. */
NF_API nf_status nf_engine_new(const nf_config *config, nf_engine **engine, nf_error *error);
/* Ends the background thread, frees all programs and code. NULL is allowed. */
NF_API void nf_engine_free(nf_engine *engine);

/* A file's contents: NIR text or binary, LLVM bitcode, or, by a name that ends in .ll, textual LLVM
 * IR. The name is for messages; without bytes it is that of a file of bitcode or textual LLVM IR,
 * which is read when it must be: a run after the first starts from what is kept. What LLVM is to
 * compile after such a file has changed stays with the other tiers. */
typedef struct nf_source {
    const char *name;
    const void *bytes; /* NULL: in the file of that name */
    size_t size;
    bool stays; /* the bytes will be there until the program is unloaded: no copy is made */
} nf_source;

/* Reads, verifies and links one source, which is copied; bytes may be NULL as in nf_source. What is
 * LLVM's needs the plug-in libnanoforge-llvm.so, or gives NF_UNSUPPORTED; functions that NIR can't
 * express are compiled by LLVM at their first call. On failure *program is NULL. */
NF_API nf_status nf_program_load(nf_engine *engine, const char *name, const void *bytes,
                                 size_t size, nf_program **program, nf_error *error);
/* The same of several, which become one program; if they are more than one, all are LLVM's. NIR
 * among them is NF_UNSUPPORTED. */
NF_API nf_status nf_program_link(nf_engine *engine, const nf_source *sources, uint32_t count,
                                 nf_program **program, nf_error *error);
/* The same from a module made by hand; on success the engine owns it and frees it with the program.
 * NF_ARGUMENT: an engine owns it already. */
NF_API nf_status nf_program_add(nf_engine *engine, nf_module *module, nf_program **program,
                                nf_error *error);
/* Frees its code, data and module. NULL is allowed. */
NF_API void nf_program_unload(nf_program *program);

/* Bytes that the library gave; let them go with nf_bytes_free(). */
typedef struct nf_bytes {
    void *data;
    size_t size, capacity;
} nf_bytes;
/* NULL is allowed. */
NF_API void nf_bytes_free(nf_bytes *bytes);

/* A file of C, or of C++ without exceptions, as bitcode that nf_program_load() takes, made by clang
 * 19 (the environment's NANOFORGE_CLANG, or clang-19). arguments are clang's: "-DN=3". Its messages
 * go to standard error. NF_FILE when the file cannot be read, NF_UNSUPPORTED without clang,
 * NF_SYNTAX when it finds errors, NF_ARGUMENT when no bitcode comes out: the name is not that of a
 * file of C, or the arguments ask for something else. */
NF_API nf_status nf_c_compile(const char *path, const char *const *arguments, uint32_t count,
                              nf_bytes *bitcode, nf_error *error);

/* The function's entry: a C function pointer that stays valid and the same until the program is
 * unloaded, while what it leads to changes. NULL when the program defines no such function, or when
 * program or name is NULL. */
NF_API void *nf_program_function(nf_program *program, const char *name);
/* Address and, when size is not NULL, bytes of a data symbol; NULL when there is none. */
NF_API void *nf_program_data(nf_program *program, const char *name, size_t *size);
/* The program's, until it is unloaded; NULL when memory is out. */
NF_API const nf_module *nf_program_module(const nf_program *program);

/* One round of the background work on the calling thread; for engines without one
 * (config.no_background). true when there is more to do. */
NF_API bool nf_engine_step(nf_engine *engine);
/* Waits until nothing is being sampled, raced or audited, at most timeout_ns. true when it is
 * quiet. */
NF_API bool nf_engine_settle(nf_engine *engine, uint64_t timeout_ns);
/* Frees retired code that no thread is in. Bytes that stay pinned. */
NF_API size_t nf_engine_reclaim(nf_engine *engine);

/* The name of the version that runs now, "dot@avx2.u4#5"; false when there is no such function. */
NF_API bool nf_program_version(nf_program *program, const char *function_name,
                               char name[NF_NAME_BYTES]);

/* For the handler of a crash, and safe there: the version whose code has this address, as
 * "dot@avx2.u4#5+0x12"; false when it is not the engine's code (or its lists are just changing). */
NF_API bool nf_engine_locate(nf_engine *engine, const void *address, char name[NF_NAME_BYTES]);

/* One line on where profile and time come from: hardware counters through nanoforged, or why not.
 */
NF_API void nf_engine_counters(nf_engine *engine, char line[NF_REASON_BYTES]);

/* The report as JSON (docs/report.md), in pieces. May be called at any time. */
NF_API nf_status nf_engine_report(nf_engine *engine,
                                  void (*write)(void *context, const char *bytes, size_t size),
                                  void *context, nf_error *error);

#ifdef __cplusplus
}
#endif
#endif
