/*
 * nanoforge lc3 run: programs of the LC-3, on the terminal or in a pipe.
 *
 * What decides a run is said on the command line: the files, the keys (--input), what the program
 * leaves uninitialised (--seed), where it ends (--limit), or the state it goes on from (--resume).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "lc3_console.h"
#include "lc3_engine.h"
#include "lc3_ring.h"
#include "lc3_show.h"
#include "lc3_stats.h"
#include "guest/lc3/snapshot.h"
#include "os/os.h"

/* Exit codes besides those of every command. */
enum { EXIT_FAULT = 3, EXIT_LIMIT = 4, EXIT_INPUT = 5, EXIT_PEER = 6, EXIT_SIGNAL = 128 };

/* Output is flushed after so many instructions at the latest. */
enum { PIECE = 20 * 1000 * 1000, PIECE_ON_BUS = 20 * 1000 };

enum { BUS_WORDS = 1792 }; /* that a ring holds, without --bus-words */

typedef struct run_options {
    const char *engine, *input, *os, *json, *snapshot, *resume, *start, *memory;
    const char *bus_out, *bus_in;
    uint64_t edition, limit, seed, key_interval, bus_words;
    bool ignore_privilege, check, registers, stats, trace;
} run_options;

typedef struct run_state {
    const run_options *options;
    nf_lc3 *machine;
    lc3_engine engine;
    lc3_program program;
    lc3_measure measure;
    uint16_t start; /* with --start */
    uint16_t first; /* with --memory */
    uint32_t count;
} run_state;

/* --- setting up -------------------------------------------------------------------------------- */

/* What the program does not initialise: user space and registers. */
static void randomise(nf_lc3 *machine, uint64_t seed)
{
    if (seed == 0) return;
    for (uint32_t i = 0; i < NF_LC3_USER_SPAN + NF_LC3_REGISTERS; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint16_t word = (uint16_t)(seed >> 48);
        if (i < NF_LC3_USER_SPAN)
            machine->memory[NF_LC3_USER_START + i] = word;
        else
            machine->reg[i - NF_LC3_USER_SPAN] = word;
    }
}

static bool state_resume(nf_lc3 *machine, const char *path)
{
    size_t size;
    nf_error error = {0};
    uint8_t *bytes = file_read(path, &size);
    if (bytes == NULL) return false;
    nf_status status = nf_lc3_snapshot_read(machine, path, bytes, size, &error);
    free(bytes);
    if (status != NF_OK) complain_error(&error);
    return status == NF_OK;
}

static bool state_save(const nf_lc3 *machine, const char *path)
{
    static uint8_t bytes[NF_LC3_SNAPSHOT_BYTES];
    nf_lc3_snapshot_write(machine, bytes);
    return file_write(path, bytes, sizeof bytes);
}

static bool machine_fill(run_state *run, const arguments *a)
{
    const run_options *o = run->options;
    nf_lc3 *machine = run->machine;
    if (o->resume) {
        if (!state_resume(machine, o->resume)) return false;
    } else {
        randomise(machine, o->seed);
    }
    if (o->os && !lc3_os_load(machine, o->os)) return false;
    if (!lc3_program_load(&run->program, machine, a->files, a->count)) return false;
    if (!o->resume || o->start) nf_lc3_start(machine, o->start ? run->start : run->program.start);
    return lc3_console_open(o->input, machine->keys_taken, &machine->config.hooks);
}

/* --- running ----------------------------------------------------------------------------------- */

/* One line for an instruction that is about to run, with what it finds. */
static void trace_line(const run_state *run)
{
    const nf_lc3 *m = run->machine;
    fprintf(stderr, "%8" PRIu64, m->instructions);
    for (int i = 0; i < NF_LC3_REGISTERS; i++) fprintf(stderr, " %04X", m->reg[i]);
    fprintf(stderr, " %04X  ", nf_lc3_psr(m));
    lc3_show_instruction(stderr, m, &run->program, m->pc);
    fputc('\n', stderr);
}

/* Runs up to a limit of instructions in all, or a stop. */
static nf_lc3_stop machine_run(run_state *run)
{
    nf_lc3 *machine = run->machine;
    uint64_t left = run->options->limit ? run->options->limit : UINT64_MAX;
    nf_lc3_stop stop = NF_LC3_STOP_LIMIT;
    while (stop == NF_LC3_STOP_LIMIT && left > 0) {
        uint64_t before = machine->instructions;
        if (run->options->trace) trace_line(run);
        uint64_t piece = run->options->trace ? 1 : lc3_rings_are_open() ? PIECE_ON_BUS : PIECE;
        stop = lc3_engine_run(&run->engine, left < piece ? left : piece);
        left -= machine->instructions - before;
        lc3_rings_flush();
        lc3_console_flush();
    }
    return stop;
}

/* What the system said to the program's user, said to the programmer. */
static void fault_tell(const run_state *run)
{
    static const char *const texts[] = {
        [NF_LC3_FAULT_PRIVILEGE] = "RTI in user mode",
        [NF_LC3_FAULT_ILLEGAL] = "illegal opcode",
        [NF_LC3_FAULT_ACCESS] = "access to system space in user mode",
        [NF_LC3_FAULT_TRAP] = "undefined trap",
    };
    const nf_lc3 *m = run->machine;
    const nf_lc3_line *line = lc3_program_line(&run->program, m->fault_pc);
    const char *text = m->fault < sizeof texts / sizeof *texts ? texts[m->fault] : "fault";
    complain("%s at x%04X: %04X%s%s", text, m->fault_pc, lc3_word_peek(m, m->fault_pc),
             line ? ": " : "", line ? line->text : "");
}

static int status_of(const run_state *run, nf_lc3_stop stop)
{
    if (run->engine.differs) return EXIT_FAILED;
    switch (stop) {
    case NF_LC3_STOP_HALTED:
        if (run->machine->fault == NF_LC3_FAULT_NONE) return EXIT_FINE;
        fault_tell(run);
        return EXIT_FAULT;
    case NF_LC3_STOP_LIMIT:
        complain("stopped at the limit of %" PRIu64 " instructions", run->options->limit);
        return EXIT_LIMIT;
    case NF_LC3_STOP_INPUT:
        complain("the program waits for a key, and input has ended");
        return EXIT_INPUT;
    case NF_LC3_STOP_BUS_DEAD: return lc3_rings_complain() ? EXIT_PEER : EXIT_FINE;
    default: return EXIT_SIGNAL + lc3_console_signal();
    }
}

static void numbers_json(nf_json *json, const char *name, const uint16_t *words, uint32_t count,
                         uint16_t first)
{
    nf_json_key(json, name);
    nf_json_array_begin(json);
    for (uint32_t i = 0; i < count; i++) nf_json_uint(json, words[(uint16_t)(first + i)]);
    nf_json_array_end(json);
}

/* What the program left. */
static void state_json(const run_state *run, nf_json *json)
{
    const nf_lc3 *m = run->machine;
    numbers_json(json, "registers", m->reg, NF_LC3_REGISTERS, 0);
    nf_json_key(json, "pc");
    nf_json_uint(json, m->pc);
    nf_json_key(json, "psr");
    nf_json_uint(json, nf_lc3_psr(m));
    if (run->options->memory) numbers_json(json, "memory", m->memory, run->count, run->first);
}

static bool report_write(const run_state *run, int status)
{
    nf_arena arena;
    nf_text text;
    nf_json json;
    nf_arena_init(&arena, nf_os_allocator());
    nf_text_init(&text, &arena);
    nf_json_init(&json, &text, true);
    nf_json_object_begin(&json);
    nf_json_key(&json, "engine");
    nf_json_string(&json, run->options->engine);
    nf_json_key(&json, "status");
    nf_json_int(&json, status);
    state_json(run, &json);
    lc3_measure_json(&run->measure, &json);
    lc3_engine_json(&run->engine, &json);
    nf_json_object_end(&json);
    nf_text_append(&text, "\n", 1);
    bool fine = !arena.failed && file_write(run->options->json, text.data, text.length);
    nf_arena_free(&arena);
    return fine;
}

/* From the first instruction to the last word on how it went. */
static int run_whole(run_state *run)
{
    const run_options *o = run->options;
    bool measured = o->stats || o->json;
    lc3_console_watch(run->machine);
    nf_status opened =
        lc3_rings_open(o->bus_out, o->bus_in, o->bus_words, &run->machine->config.hooks);
    if (opened != NF_OK) {
        lc3_console_close();
        return opened == NF_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    }
    if (measured) lc3_measure_begin(&run->measure, run->machine);
    nf_lc3_stop stop = lc3_rings_meet();
    if (stop == NF_LC3_GOING) stop = machine_run(run);
    lc3_rings_close();
    if (measured) lc3_measure_end(&run->measure, run->machine);
    bool fine = lc3_console_close();
    int status = status_of(run, stop);
    if (o->registers) lc3_show_registers(stderr, run->machine);
    if (o->memory) lc3_show_memory(stderr, run->machine, run->first, run->count);
    if (o->stats) {
        lc3_measure_print(&run->measure, stderr);
        lc3_engine_print(&run->engine, stderr);
    }
    if (o->json && !report_write(run, status)) fine = false;
    if (o->snapshot && !state_save(run->machine, o->snapshot)) fine = false;
    return status == EXIT_FINE && !fine ? EXIT_FAILED : status;
}

static int run(run_state *run, const arguments *a)
{
    const run_options *o = run->options;
    const nf_lc3_config config = {
        .edition = (nf_lc3_edition)o->edition,
        .ignore_privilege = o->ignore_privilege,
        .key_interval = o->key_interval,
    };
    nf_error error = {0};
    int status = EXIT_FAILED;
    if (nf_lc3_new(&config, &run->machine, &error) != NF_OK) {
        complain_error(&error);
        return EXIT_FAILED;
    }
    if (machine_fill(run, a)) {
        if (lc3_engine_attach(&run->engine, run->machine, o->engine, o->check))
            status = run_whole(run);
        lc3_engine_detach(&run->engine);
        lc3_program_free(&run->program);
    }
    nf_lc3_free(run->machine);
    return status;
}

/* --- the command line -------------------------------------------------------------------------- */

/* "x4000:16", or one word. */
static bool range_parse(const char *text, run_state *state)
{
    char address[16];
    uint16_t count = 1;
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (length >= sizeof address) return false;
    memcpy(address, text, length);
    address[length] = 0;
    bool fine = lc3_address_parse(NULL, address, &state->first) &&
                (colon == NULL || lc3_address_parse(NULL, colon + 1, &count));
    state->count = count;
    return fine;
}

int command_lc3_run(const command *self, int argc, char **argv)
{
    static run_state state;
    run_options o = {
        .engine = lc3_engine_default, .edition = NF_LC3_EDITION_3, .bus_words = BUS_WORDS};
    const option options[] = {
        {"engine", 'e', OPTION_TEXT, &o.engine, "NAME", "what executes: jit, interp or step"},
        {"check", 'c', OPTION_FLAG, &o.check, "", "compiled code in lockstep with the reference"},
        {"input", 'i', OPTION_TEXT, &o.input, "FILE", "keys; else standard input"},
        {"key-interval", 'k', OPTION_NUMBER, &o.key_interval, "N",
         "instructions between keys that nobody waits for"},
        {"limit", 'l', OPTION_NUMBER, &o.limit, "N", "stop after so many instructions"},
        {"seed", 's', OPTION_NUMBER, &o.seed, "N", "random words where the program has none"},
        {"start", 0, OPTION_TEXT, &o.start, "ADDRESS", "execute from there, as from x3000"},
        {"edition", 0, OPTION_NUMBER, &o.edition, "2|3", "of the book; 3"},
        {"ignore-privilege", 'p', OPTION_FLAG, &o.ignore_privilege, "",
         "user mode may do everything"},
        {"os", 0, OPTION_TEXT, &o.os, "FILE", "an operating system instead of the built-in one"},
        {"registers", 'r', OPTION_FLAG, &o.registers, "",
         "show registers on standard error at the end"},
        {"memory", 'm', OPTION_TEXT, &o.memory, "ADDRESS[:COUNT]", "show words, too"},
        {"trace", 't', OPTION_FLAG, &o.trace, "", "show each instruction on standard error"},
        {"stats", 0, OPTION_FLAG, &o.stats, "", "show speed on standard error at the end"},
        {"json", 'j', OPTION_TEXT, &o.json, "FILE", "write the same there"},
        {"snapshot", 0, OPTION_TEXT, &o.snapshot, "FILE", "save the state at the end"},
        {"bus-out", 'o', OPTION_TEXT, &o.bus_out, "NAME",
         "TRAP x30 sends to the ring of that name"},
        {"bus-in", 'b', OPTION_TEXT, &o.bus_in, "NAME", "TRAP x31 receives from it"},
        {"bus-words", 'w', OPTION_NUMBER, &o.bus_words, "N", "what a ring holds; 1792"},
        {"resume", 0, OPTION_TEXT, &o.resume, "FILE", "go on from a state that was saved"},
    };
    arguments a;
    int status = arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 0,
                                 sizeof a.files / sizeof *a.files, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (a.count == 0 && !o.resume) return usage_error(self, "FILE is missing");
    if (!lc3_engine_is_known(o.engine))
        return usage_error(self, "there is no engine '%s', but %s", o.engine, lc3_engine_names);
    if (o.edition != NF_LC3_EDITION_2 && o.edition != NF_LC3_EDITION_3)
        return usage_error(self, "--edition is 2 or 3");
    if (o.check && (o.bus_out || o.bus_in))
        return usage_error(self, "--check runs a program three times over: not on a bus");
    if (o.start && !lc3_address_parse(NULL, o.start, &state.start))
        return usage_error(self, "--start needs an address, not '%s'", o.start);
    if (o.memory && !range_parse(o.memory, &state))
        return usage_error(self, "--memory needs an address and a count, not '%s'", o.memory);
    state.options = &o;
    return run(&state, &a);
}
