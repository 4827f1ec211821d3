/*
 * What an instruction of the LC-3 costs, on programs of several kinds, by each engine.
 *
 * Each program is assembled here and loops until it halts, after some hundred million instructions;
 * an engine executes it in pieces, interleaved with the others, behind a few that don't count. LC3_VM names the rival, an emulator
 * that takes a big-endian object as its argument (justinmeiners/lc3-vm is meant): it is run on the
 * same programs, in turn with ours, and timed by its processor time as a process, ours likewise by
 * that of the thread.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "guest/lc3/asm.h"
#include "guest/lc3/jit.h"
#include "guest/lc3/stats.h"
#include "os/os.h"

enum { ROUNDS = 41, ROUNDS_QUICK = 11, RIVAL_ROUNDS = 5, STARTS = 101 };
enum { PIECE = 1000000, WARM_PIECES = 16 }; /* instructions in a sample, samples before the first */

#define INTERPRETER_NS_BOUND     0.8
#define COMPILER_NS_BOUND        0.1
#define COMPILER_BUBBLE_NS_BOUND 0.15
static const double START_US_BOUND = 2000, TAIL_BOUND = 1.5;
static const uint64_t STATS_INSTRUCTIONS = 500000000, STATS_INSTRUCTIONS_QUICK = 100000000;
static const double us_per_second = 1e6, ns_per_us = 1e3;

typedef struct program {
    const char *name, *source;
    double bounds_ns[2]; /* the goals for interpreter and compiler; 0: none */
} program;

/* Each body runs in two loops around it: 20000 times 1000. */
#define LOOPS(body, subroutines)                                                                   \
    "        .ORIG x3000\n"                                                                        \
    "        LD R6, OUTER\n"                                                                       \
    "        LD R5, DATA\n"                                                                        \
    "AGAIN   LD R4, INNER\n"                                                                       \
    "LOOP    " body "\n"                                                                           \
    "        ADD R4, R4, #-1\n"                                                                    \
    "        BRp LOOP\n"                                                                           \
    "        ADD R6, R6, #-1\n"                                                                    \
    "        BRp AGAIN\n"                                                                          \
    "        HALT\n"                                                                               \
    "OUTER   .FILL #1000\n"                                                                        \
    "INNER   .FILL #20000\n"                                                                       \
    "DATA    .FILL x5000\n" subroutines "\n        .END\n"

/* Fibonacci of 20, 400 times. */
static const char recursion[] = "        .ORIG x3000\n"
                                "        LD R6, STACK\n"
                                "        LD R4, TIMES\n"
                                "AGAIN   AND R0, R0, #0\n"
                                "        ADD R0, R0, #10\n"
                                "        ADD R0, R0, #10\n"
                                "        JSR FIB\n"
                                "        ADD R4, R4, #-1\n"
                                "        BRp AGAIN\n"
                                "        HALT\n"
                                "FIB     ADD R6, R6, #-3\n"
                                "        STR R7, R6, #0\n"
                                "        STR R0, R6, #1\n"
                                "        ADD R1, R0, #-2\n"
                                "        BRn BASE\n"
                                "        ADD R0, R0, #-1\n"
                                "        JSR FIB\n"
                                "        STR R1, R6, #2\n"
                                "        LDR R0, R6, #1\n"
                                "        ADD R0, R0, #-2\n"
                                "        JSR FIB\n"
                                "        LDR R2, R6, #2\n"
                                "        ADD R1, R1, R2\n"
                                "        BRnzp DONE\n"
                                "BASE    ADD R1, R0, #0\n"
                                "DONE    LDR R7, R6, #0\n"
                                "        ADD R6, R6, #3\n"
                                "        RET\n"
                                "STACK   .FILL xF000\n"
                                "TIMES   .FILL #400\n"
                                "        .END\n";

static const program programs[] = {
    {"arithmetic",
     LOOPS("ADD R0, R0, #1\n ADD R1, R1, #2\n AND R2, R0, #7\n ADD R3, R3, R2\n NOT R5, R1\n"
           "ADD R5, R5, #1\n AND R2, R5, R0\n",
           ""),
     {INTERPRETER_NS_BOUND, COMPILER_NS_BOUND}},
    {"memory and calls",
     LOOPS("LDR R0, R5, #0\n ADD R1, R1, R0\n STR R1, R5, #1\n LDR R2, R5, #2\n JSR SUB\n",
           "SUB ADD R3, R3, R2\n AND R2, R2, #15\n RET\n"),
     {INTERPRETER_NS_BOUND, COMPILER_NS_BOUND}},
    {"arithmetic, each waits for the last",
     LOOPS("ADD R0, R0, #1\n ADD R1, R1, R0\n ADD R2, R2, R1\n AND R3, R1, R2\n NOT R3, R3\n"
           "ADD R0, R0, R3\n",
           ""),
     {0, 0}},
    {"a word of memory counts",
     LOOPS("LDR R0, R5, #0\n ADD R0, R0, #1\n STR R0, R5, #0\n JSR SUB\n ADD R1, R1, #-1\n",
           "SUB ADD R2, R2, R1\n RET\n"),
     {0, 0}},
    {"indirect memory",
     LOOPS("LDI R0, POINTER\n ADD R0, R0, #3\n STI R0, POINTER\n LD R1, WORD\n ST R0, WORD\n",
           "POINTER .FILL x5001\nWORD .FILL 0\n"),
     {0, 0}},
    {"branches by the bits of a random word",
     LOOPS("ADD R0, R0, R0\n BRzp EVEN\n ADD R1, R1, #1\nEVEN ADD R2, R2, R2\n BRp UP\n"
           " NOT R2, R2\n ADD R2, R2, #3\nUP ADD R0, R0, R2\n",
           ""),
     {0, 0}},
    {"recursion, from region to region", recursion, {0, 0}},
    {"code that rewrites itself",
     LOOPS("ST R1, HERE\nHERE .FILL x1021\n ADD R0, R0, #1\n", ""),
     {0, 0}},
};
enum { PROGRAM_COUNT = sizeof programs / sizeof *programs };

static const char bubble_source[] = "examples/lc3/bubble.asm";

/* --- engines ----------------------------------------------------------------------------------- */

typedef struct engine {
    const char *name;
    bool compiles;
} engine;

static const engine engines[] = {
    {"interpreter", false},
    {"compiler", true},
};
enum { ENGINE_COUNT = sizeof engines / sizeof *engines };

static void die(const char *what)
{
    fprintf(stderr, "lc3: %s\n", what);
    exit(EXIT_FAILURE);
}

static nf_lc3 *machine_new(const nf_lc3_object *object, const engine *e)
{
    nf_lc3 *machine;
    const nf_lc3_config config = {.edition = NF_LC3_EDITION_2}; /* the rival's */
    if (nf_lc3_new(&config, &machine, NULL) != NF_OK) die("no memory");
    for (uint32_t i = 0; i < object->segments.count; i++)
        nf_lc3_load(machine, object->segments.data[i].origin, object->segments.data[i].words.data,
                    object->segments.data[i].words.count, NULL);
    nf_lc3_start(machine, object->start);
    nf_lc3_jit *jit;
    if (e->compiles && nf_lc3_jit_new(machine, &(nf_vm_config){0}, &jit, NULL) != NF_OK)
        die("no memory");
    return machine;
}

static void machine_free(nf_lc3 *machine, const engine *e)
{
    if (e->compiles) nf_lc3_jit_free(machine->config.hooks.code);
    nf_lc3_free(machine);
}

/* A sample: a piece of the program, which begins anew when it has ended. */
static void piece_run(void *context)
{
    nf_lc3 *machine = context;
    if (nf_lc3_run(machine, PIECE) != NF_LC3_STOP_LIMIT) nf_lc3_start(machine, NF_LC3_USER_START);
}

/* --- the rival --------------------------------------------------------------------------------- */

static double cpu_seconds(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / us_per_second;
}

static double rival_seconds(const char *rival, const char *object)
{
    double before = cpu_seconds(RUSAGE_CHILDREN);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execl(rival, rival, object, (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) die("cannot run LC3_VM");
    return cpu_seconds(RUSAGE_CHILDREN) - before;
}

static void object_write(const nf_lc3_object *object, nf_arena *arena, const char *path)
{
    nf_text text;
    nf_text_init(&text, arena);
    FILE *file = fopen(path, "wb");
    if (file == NULL || nf_lc3_object_write(object, NF_LC3_FORMAT_CLASSIC, &text, NULL) != NF_OK ||
        fwrite(text.data, 1, text.length, file) != text.length || fclose(file) != 0)
        die("cannot write an object for LC3_VM");
}

/* How many times faster than the rival, as a median over runs of the whole program. */
static void rival_compare(bench *b, const program *p, const nf_lc3_object *object, nf_arena *arena,
                          const char *rival, const engine *e)
{
    char path[] = "/tmp/nf-lc3-XXXXXX", name[96];
    double ratios[RIVAL_ROUNDS];
    int descriptor = mkstemp(path);
    if (descriptor < 0) die("cannot write to /tmp");
    close(descriptor);
    object_write(object, arena, path);
    for (uint32_t i = 0; i < RIVAL_ROUNDS; i++) {
        nf_lc3 *machine = machine_new(object, e);
        double theirs = rival_seconds(rival, path), before = cpu_seconds(RUSAGE_SELF);
        if (nf_lc3_run(machine, UINT64_MAX) != NF_LC3_STOP_HALTED) die("a program did not halt");
        ratios[i] = theirs / (cpu_seconds(RUSAGE_SELF) - before);
        machine_free(machine, e);
    }
    unlink(path);
    snprintf(name, sizeof name, "%s, %s: faster than LC3_VM", p->name, e->name);
    bench_row(b, name, bench_median(ratios, RIVAL_ROUNDS), "times");
}

/* --- rows -------------------------------------------------------------------------------------- */

static void program_measure(bench *b, const program *p)
{
    nf_arena arena;
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_error error = {0};
    bench_case cases[ENGINE_COUNT];
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_lc3_assemble(&arena, p->name, p->source, strlen(p->source), &object, &messages,
                        &error) != NF_OK)
        die(error.message);
    for (uint32_t i = 0; i < ENGINE_COUNT; i++)
        cases[i] = (bench_case){.name = engines[i].name,
                                .run = piece_run,
                                .context = machine_new(&object, &engines[i]),
                                .repeats = 1};
    for (uint32_t i = 0; i < ENGINE_COUNT * WARM_PIECES; i++)
        piece_run(cases[i % ENGINE_COUNT].context);
    bench_interleave(cases, ENGINE_COUNT, bench_is_quick(b) ? ROUNDS_QUICK : ROUNDS);
    for (uint32_t i = 0; i < ENGINE_COUNT; i++) {
        char name[96];
        double ns = cases[i].median_ns / PIECE;
        snprintf(name, sizeof name, "%s, %s", p->name, engines[i].name);
        if (p->bounds_ns[i] > 0)
            bench_row_at_most(b, name, ns, "ns", p->bounds_ns[i]);
        else
            bench_row(b, name, ns, "ns");
        machine_free(cases[i].context, &engines[i]);
        const char *rival = getenv("LC3_VM");
        if (rival) rival_compare(b, p, &object, &arena, rival, &engines[i]);
    }
    nf_arena_free(&arena);
}

/* From nothing to the end of a program's first instruction. */
static void start_measure(bench *b)
{
    static const uint16_t halt[] = {0x1021, 0xf025};
    double samples[STARTS];
    for (uint32_t i = 0; i < STARTS; i++) {
        nf_lc3 *machine;
        const nf_lc3_config config = {.edition = NF_LC3_EDITION_3};
        uint64_t start = bench_ticks();
        if (nf_lc3_new(&config, &machine, NULL) != NF_OK) die("no memory");
        nf_lc3_load(machine, NF_LC3_USER_START, halt, 2, NULL);
        nf_lc3_start(machine, NF_LC3_USER_START);
        nf_lc3_run(machine, 1);
        samples[i] = bench_ns(bench_ticks() - start) / ns_per_us;
        nf_lc3_free(machine);
    }
    bench_row_at_most(b, "start to the first instruction's end", bench_median(samples, STARTS),
                      "us", START_US_BOUND);
}

/* The machine's own measure of the arithmetic loop. */
static void tail_measure(bench *b)
{
    static nf_lc3_stats stats;
    nf_lc3 *machine;
    const nf_lc3_config config = {.edition = NF_LC3_EDITION_3};
    static const uint16_t loop[] = {0x1021, 0x1240, 0x1481, 0x0ffc};
    if (nf_lc3_new(&config, &machine, NULL) != NF_OK) die("no memory");
    nf_lc3_load(machine, NF_LC3_USER_START, loop, sizeof loop / sizeof *loop, NULL);
    machine->stats = &stats;
    nf_lc3_run(machine, bench_is_quick(b) ? STATS_INSTRUCTIONS_QUICK : STATS_INSTRUCTIONS);
    double mean = nf_histogram_mean(&stats.slice_ps);
    bench_row_at_most(b, "slices: p99 over mean",
                      (double)nf_histogram_quantile(&stats.slice_ps, 0.99) / mean, "times",
                      TAIL_BOUND);
    nf_lc3_free(machine);
}

static char *file_text(const char *path)
{
    static char text[1 << 14];
    FILE *file = fopen(path, "r");
    if (file == NULL) return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    bench *b = bench_start(argc, argv, "lc3", "what an instruction of the LC-3 costs");
    for (uint32_t i = 0; i < PROGRAM_COUNT; i++) program_measure(b, &programs[i]);
    const program bubble = {"bubble sort", file_text(bubble_source), {0, COMPILER_BUBBLE_NS_BOUND}};
    if (bubble.source)
        program_measure(b, &bubble);
    else
        bench_note(b, "bubble sort: there is no %s here", bubble_source);
    start_measure(b);
    tail_measure(b);
    return bench_end(b);
}
