/*
 * nanoforge lc3 bus: several LC-3 programs, each on a thread of its own, connected by src/bus.
 *
 * A node runs its machine in slices and publishes what was sent behind each, so that a program that
 * sends and then computes keeps nobody waiting. When a program ends its ports are closed, which ends
 * whoever waits for it; so a run ends when its programs do. Programs that all wait for each other
 * would not: the main thread watches for that, as nothing outside can then help them.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "lc3_bus.h"
#include "lc3_program.h"

/* Exit codes besides those of every command, as those of `lc3 run`. */
enum { EXIT_FAULT = 3, EXIT_LIMIT = 4, EXIT_INPUT = 5, EXIT_SIGNAL = 128 };

enum {
    SLICE = 20000, /* instructions: some 15 us of the interpreter's */
    WATCH_NS = 50000000,
    STUCK_NS = 1000000000,
    WORDS_OTHERWISE = 1792,
    CPU_MAX = 4096,
};

static bus_run *the_run;
static volatile sig_atomic_t interrupted;

static void stop_all(bus_run *run)
{
    __atomic_store_n(&run->stop, true, __ATOMIC_RELEASE);
}

/* --- a node's thread -------------------------------------------------------------------------- */

static void output(void *node, const char *bytes, size_t count)
{
    (void)node;
    fwrite(bytes, 1, count, stdout);
}

static void pin(const bus_node *node)
{
    nf_error error = {0};
    if (node->cpu >= 0 && nf_os_thread_pin((uint32_t)node->cpu, &error) != NF_OK)
        complain("%s is kept nowhere: %s", node->path, error.message);
}

static bool is_stopped(const bus_node *node)
{
    return __atomic_load_n(&node->run->stop, __ATOMIC_ACQUIRE);
}

static void machine_run(bus_node *node)
{
    nf_lc3 *machine = node->machine;
    uint64_t limit = node->run->limit, left;
    node->stop = NF_LC3_STOP_LIMIT;
    while (node->stop == NF_LC3_STOP_LIMIT && (left = limit - machine->instructions) > 0) {
        if (is_stopped(node)) {
            node->stop = NF_LC3_STOP_ASKED;
            return;
        }
        node->stop = nf_lc3_run(machine, left < SLICE ? left : SLICE);
        node->instructions = machine->instructions;
        node->out->flush(node);
    }
}

/* What must be done where the node runs: code memory is no forked process's. False after a message.
 */
static bool node_start(bus_node *node)
{
    nf_error error = {0};
    pin(node);
    nf_status status = node->out->attach(node, &error);
    if (status == NF_OK) status = node->in->attach(node, &error);
    if (status != NF_OK) complain_error(&error);
    return status == NF_OK &&
           lc3_engine_attach(&node->engine, node->machine, node->run->engine, false);
}

static void node_end(bus_node *node)
{
    node->fault = node->machine->fault;
    node->fault_pc = node->machine->fault_pc;
    node->out->close(node);
    node->in->close(node);
    lc3_engine_detach(&node->engine);
}

void bus_node_ended(bus_node *node)
{
    bus_run *run = node->run;
    if (__atomic_exchange_n(&node->ended, true, __ATOMIC_ACQ_REL)) return;
    __atomic_store_n(&node->waits, 0, __ATOMIC_RELEASE);
    __atomic_sub_fetch(&run->live, 1, __ATOMIC_ACQ_REL);
    nf_os_wake(&run->live);
}

void bus_node_run(bus_node *node)
{
    bus_run *run = node->run;
    node->failed = !node_start(node);
    if (node->failed) stop_all(run);
    __atomic_add_fetch(&run->ready, 1, __ATOMIC_ACQ_REL);
    while (!__atomic_load_n(&run->go, __ATOMIC_ACQUIRE)) nf_os_yield();
    uint64_t start = nf_os_time_ns();
    if (!node->failed) machine_run(node);
    node->time_ns = nf_os_time_ns() - start;
    if (!node->failed) node_end(node);
    bus_node_ended(node);
}

static void thread_run(void *node)
{
    bus_node_run(node);
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Behind bus_connect(), for the hooks are the ports'. */
static bool node_load(bus_node *node)
{
    const nf_lc3_config config = {
        .edition = NF_LC3_EDITION_3,
        .hooks = {.console = node,
                  .output = output,
                  .bus = node,
                  .send = node->out->send,
                  .receive = node->in->receive},
    };
    nf_error error = {0};
    lc3_program program;
    if (nf_lc3_new(&config, &node->machine, &error) != NF_OK) {
        complain_error(&error);
        return false;
    }
    if (!lc3_program_load(&program, node->machine, &node->path, 1)) return false;
    nf_lc3_start(node->machine, program.start);
    lc3_program_free(&program);
    return true;
}

/* Whether every node that lives waits; and how often waits have ended so far. */
static bool all_wait(const bus_node *nodes, uint32_t count, uint64_t *passed)
{
    uint32_t waiting = 0;
    *passed = 0;
    for (uint32_t i = 0; i < count; i++) {
        waiting += __atomic_load_n(&nodes[i].waits, __ATOMIC_ACQUIRE);
        *passed += __atomic_load_n(&nodes[i].passed, __ATOMIC_ACQUIRE);
    }
    return waiting > 0 && waiting == __atomic_load_n(&the_run->live, __ATOMIC_ACQUIRE);
}

bool bus_watch(bus_node *nodes, uint32_t count, void (*tick)(bus_node *nodes, uint32_t count))
{
    uint64_t passed_before = 0, passed, since_ns = nf_os_time_ns();
    bool fine = true;
    for (uint32_t live; (live = __atomic_load_n(&the_run->live, __ATOMIC_ACQUIRE)) > 0;) {
        nf_os_wait(&the_run->live, live, WATCH_NS);
        if (tick) tick(nodes, count);
        if (interrupted) stop_all(the_run);
        bool stuck = all_wait(nodes, count, &passed) && passed == passed_before;
        passed_before = passed;
        if (!stuck) since_ns = nf_os_time_ns();
        if (nf_os_time_ns() - since_ns < STUCK_NS) continue;
        fine = interrupted != 0;
        stop_all(the_run);
    }
    return fine;
}

static void on_signal(int number)
{
    interrupted = number;
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Starts, watches and joins; false after a message. */
static bool threads_run(bus_node *nodes, uint32_t count)
{
    nf_error error = {0};
    nf_status status = NF_OK;
    uint32_t started = 0;
    while (started < count && status == NF_OK) {
        bus_node *node = &nodes[started];
        status = nf_os_thread_create(&node->thread, "lc3", thread_run, node, &error);
        if (status != NF_OK) break;
        started++;
        while (__atomic_load_n(&the_run->ready, __ATOMIC_ACQUIRE) < started) nf_os_yield();
    }
    if (status != NF_OK) {
        complain_error(&error);
        stop_all(the_run);
    }
    __atomic_store_n(&the_run->go, true, __ATOMIC_RELEASE);
    bool fine = status == NF_OK && bus_watch(nodes, count, NULL);
    if (status == NF_OK && !fine) complain("all programs wait for each other: stopped");
    for (uint32_t i = 0; i < started; i++) nf_os_thread_join(&nodes[i].thread);
    return fine;
}

static int status_of(const bus_node *nodes, uint32_t count)
{
    int status = EXIT_FINE;
    for (uint32_t i = 0; i < count; i++) {
        if (nodes[i].failed || nodes[i].signal) {
            if (nodes[i].signal)
                complain("%s: its process was killed by signal %d", nodes[i].path, nodes[i].signal);
            status = EXIT_FAILED;
        } else if (nodes[i].stop == NF_LC3_STOP_LIMIT) {
            complain("%s: stopped at the limit of instructions", nodes[i].path);
            status = EXIT_LIMIT;
        } else if (nodes[i].stop == NF_LC3_STOP_INPUT) {
            complain("%s: waits for a key, and there is no keyboard on the bus", nodes[i].path);
            status = EXIT_INPUT;
        } else if (nodes[i].fault != NF_LC3_FAULT_NONE) {
            complain("%s: a fault at x%04X", nodes[i].path, nodes[i].fault_pc);
            status = EXIT_FAULT;
        }
    }
    return interrupted ? EXIT_SIGNAL + interrupted : status;
}

/* --- the command line ------------------------------------------------------------------------- */

typedef struct bus_options {
    const char *engine, *shape, *pin, *json;
    uint64_t words, limit;
    bool quiet, processes;
} bus_options;

static const char *const shapes[] = {
    [BUS_CHAIN] = "chain",
    [BUS_LOOP] = "loop",
    [BUS_GATHER] = "gather",
    [BUS_BROADCAST] = "broadcast",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static int shape_named(const char *name)
{
    for (int i = 0; i < SHAPES; i++)
        if (strcmp(shapes[i], name) == 0) return i;
    return -1;
}

/* "0,1,0": in the order of the programs, and again from the first. False: it is none. */
static bool pins_read(const char *list, bus_node *nodes, uint32_t count)
{
    uint32_t cpus[BUS_PROGRAMS_MAX], given = 0;
    for (const char *at = list; at && given < BUS_PROGRAMS_MAX; given++) {
        char *end;
        unsigned long cpu = strtoul(at, &end, 10);
        if (end == at || *at == '-' || cpu > CPU_MAX || (*end != ',' && *end != 0)) return false;
        cpus[given] = (uint32_t)cpu;
        at = *end == ',' ? end + 1 : NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        nodes[i].cpu = -1;
        if (given > 0) nodes[i].cpu = cpus[i % given];
    }
    return true;
}

static int run(const bus_options *o, bus_node *nodes, uint32_t count, bus_shape shape)
{
    *the_run = (bus_run){.limit = o->limit ? o->limit : UINT64_MAX,
                         .engine = o->engine,
                         .processes = o->processes,
                         .live = count};
    int status = EXIT_FAILED;
    bool fine = bus_connect(nodes, count, shape, o->words);
    for (uint32_t i = 0; i < count && fine; i++) fine = node_load(&nodes[i]);
    if (fine) {
        watch_signals();
        fine = o->processes ? bus_processes_run(nodes, count) : threads_run(nodes, count);
        if (fflush(stdout) != 0) {
            complain("standard output: cannot write: %s", strerror(errno));
            fine = false;
        }
        status = status_of(nodes, count);
        if (!o->quiet) bus_report_print(nodes, count, stderr);
        if (o->json && !bus_report_write(nodes, count, o->json)) fine = false;
    }
    for (uint32_t i = 0; i < count; i++) nf_lc3_free(nodes[i].machine);
    return status == EXIT_FINE && !fine ? EXIT_FAILED : status;
}

int command_lc3_bus(const command *self, int argc, char **argv)
{
    bus_options o = {
        .engine = lc3_engine_default, .shape = shapes[BUS_CHAIN], .words = WORDS_OTHERWISE};
    const option options[] = {
        {"engine", 'e', OPTION_TEXT, &o.engine, "NAME", "what executes: jit, interp or step"},
        {"processes", 'P', OPTION_FLAG, &o.processes, "",
         "a process for each program, not a thread"},
        {"shape", 's', OPTION_TEXT, &o.shape, "NAME", "chain, loop, gather or broadcast"},
        {"pin", 'p', OPTION_TEXT, &o.pin, "CPU,...", "keep the programs' threads on CPUs"},
        {"words", 'w', OPTION_NUMBER, &o.words, "N", "what a ring holds; 1792"},
        {"limit", 'l', OPTION_NUMBER, &o.limit, "N", "stop a program after N instructions"},
        {"json", 'j', OPTION_TEXT, &o.json, "FILE", "write figures there"},
        {"quiet", 'q', OPTION_FLAG, &o.quiet, "", "no figures on standard error"},
    };
    arguments a;
    int status = arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 2,
                                 BUS_PROGRAMS_MAX, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (!lc3_engine_is_known(o.engine))
        return usage_error(self, "there is no engine '%s', but %s", o.engine, lc3_engine_names);
    int shape = shape_named(o.shape);
    if (shape < 0) return usage_error(self, "there is no shape '%s'", o.shape);
    if (o.words == 0 || o.words > BUS_RING_WORDS_MAX)
        return usage_error(self, "--words is from 1 to %d", BUS_RING_WORDS_MAX);
    the_run = bus_memory(sizeof *the_run);
    bus_node *nodes = bus_memory((size_t)a.count * sizeof *nodes);
    if (the_run == NULL || nodes == NULL) return EXIT_FAILED;
    for (int i = 0; i < a.count; i++) nodes[i] = (bus_node){.run = the_run, .path = a.files[i]};
    if (!pins_read(o.pin, nodes, (uint32_t)a.count))
        return usage_error(self, "--pin needs numbers of CPUs, as in 0,1; not '%s'", o.pin);
    return run(&o, nodes, (uint32_t)a.count, (bus_shape)shape);
}
