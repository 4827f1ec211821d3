/*
 * Asks whether compilers and evaluator agree: see agree.h.
 *
 *     parent                     first child: the oracle          second child: the code
 *     buffers, shared page  ──►  evaluates each function on   ──► compiles each in every way and
 *                                each input, twice                calls it on the same inputs
 *     reads the answer      ◄──  outcomes                     ◄── the first difference, or where
 *                                                                 it was when it died
 *
 * The oracle's second evaluation is of a copy in which every stack local is filled with a pattern at
 * the entry, and in which data and locals lie elsewhere. An input whose outcome that changes does
 * not count: its function reads what nobody wrote, or lets an address out, so that machine code is
 * right whatever it gives. Neither do inputs count that the evaluator can't finish.
 *
 * Calls go through an evaluating engine's stubs, so one function at a time is machine code. It is
 * called by the evaluator, on behalf of a small function that does nothing but call it.
 */
#include "agree.h"
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agree_input.h"
#include "base/hash.h"
#include "engine/engine_internal.h"
#include "opt/opt_internal.h"

enum {
    STEPS_MAX = 100000,
    KEPT_BYTES = 64 << 20,
    DEPTH_MAX = 64,
    POISONED_BYTES_MAX = 4096, /* of one local; a larger one's rest stays zero */
    SIGNAL_STACK_BYTES = 64 << 10,
    WORD = 8,
};

#define POISON INT64_C(0x5ab1e5ab1e5ab1e5)

typedef struct outcome {
    bool counts, trapped;
    nf_bits result;
    uint64_t memory; /* its hash */
} outcome;

/* Between the processes. */
typedef struct shared {
    agree_answer answer;
    bool compiling, running; /* where the second child is */
    bool done;               /* the child came to its end */
    outcome outcomes[];
} shared;

/* A child's view of the module. */
typedef struct world {
    const agree_question *question;
    shared *shared;
    nf_engine *engine;
    nf_program *program;
    uint8_t *data; /* the program's, as it was */
    nf_arena arena;
} world;

static const char *const texts[] = {
    [AGREE_FINE] = "agrees",
    [AGREE_WRONG] = "gives something else",
    [AGREE_CRASH] = "crashes",
    [AGREE_HANG] = "does not return",
    [AGREE_REFUSED] = "is an error of the compiler",
    [AGREE_COMPILER_CRASH] = "crashes the compiler",
    [AGREE_COMPILER_HANG] = "does not get through the compiler",
};

const char *agree_text(agree_kind kind)
{
    return texts[kind];
}

/* --- the module in a child --- */

static bool is_jumped_to(const nf_func *f, nf_block to)
{
    NF_FOR_BLOCKS(f, b)
    {
        nf_value end = nf_terminator(f, b);
        for (uint32_t e = 0; e < nf_edge_count(f, end); e++)
            if (nf_edge_at(f, end, e)->to.id == to.id) return true;
    }
    return false;
}

/* Locals hold a pattern at the entry, as they may in machine code. */
static void func_poison(nf_func *f)
{
    nf_value first = nf_block_at(f, f->entry)->first;
    if (is_jumped_to(f, f->entry)) return;
    for (uint32_t i = 1; i < f->locals.count; i++) {
        uint32_t size = f->locals.data[i].size;
        if (size > POISONED_BYTES_MAX) size = POISONED_BYTES_MAX;
        nf_value at =
            nf_inst_put(f, first, &(nf_inst){.op = NF_OP_LOCAL, .type = NF_I64, .extra = i});
        nf_value value = nf_iconst_put(f, first, NF_I64, POISON);
        for (uint32_t offset = 0; offset + WORD <= size; offset += WORD)
            nf_inst_put(
                f, first,
                &(nf_inst){.op = NF_OP_STORE, .type = NF_I64, .a = at, .c = value, .imm = offset});
    }
}

static void refuse(void)
{
    _exit(EXIT_FAILED);
}

static void *resolve(void *context, const char *name)
{
    static const char *const contained[] = {
#define HOST(function, effects) function,
#include "opt/host.def"
#undef HOST
    };
    (void)context;
    for (size_t i = 0; i < sizeof contained / sizeof *contained; i++)
        if (strcmp(contained[i], name) == 0) return nf_os_symbol(name);
    return (void *)(uintptr_t)refuse;
}

static bool world_open(world *w, const void *bytes, size_t size, bool poisoned)
{
    const nf_config config = {.mode = NF_MODE_EVALUATE,
                              .no_background = true,
                              .no_counters = true,
                              .cache = "",
                              .resolve = resolve};
    nf_module *module;
    nf_error error;
    nf_arena_init(&w->arena, nf_os_allocator());
    if (nf_module_read(nf_os_allocator(), "module", bytes, size, &module, &error) != NF_OK)
        return false;
    for (uint32_t id = 1; poisoned && id < module->symbols.count; id++)
        if (module->symbols.data[id].func) func_poison(module->symbols.data[id].func);
    if (nf_engine_new(&config, &w->engine, &error) != NF_OK ||
        nf_program_add(w->engine, module, &w->program, &error) != NF_OK)
        return false;
    w->data = malloc(w->program->data_bytes + 1);
    if (w->data && w->program->data_bytes)
        memcpy(w->data, w->program->data, w->program->data_bytes);
    return w->data != NULL;
}

static void data_restore(const world *w)
{
    if (w->program->data_bytes) memcpy(w->program->data, w->data, w->program->data_bytes);
}

/* Of all data but the addresses in them, which differ between processes. */
static uint64_t data_hash(const world *w)
{
    const nf_module *module = w->program->module;
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        uint8_t *at = (uint8_t *)(uintptr_t)w->program->link.addresses[id];
        for (uint32_t i = 0; i < symbol->relocs.count; i++)
            memset(at + symbol->relocs.data[i].offset, 0, NF_DATA_ADDRESS_BYTES);
    }
    return w->program->data_bytes ? nf_hash_bytes(w->program->data, w->program->data_bytes) : 0;
}

static bool wanted(const world *w, const nf_function *function)
{
    const char *name = w->question->function;
    return function->ir && (name == NULL || strcmp(name, function->name) == 0);
}

static uint32_t input_count(const agree_question *q)
{
    return q->last_input - q->first_input + 1;
}

static outcome *outcome_of(const world *w, uint32_t function, uint32_t input)
{
    const agree_question *q = w->question;
    return &w->shared->outcomes[function * input_count(q) + input - q->first_input];
}

/* --- running what may crash --- */

static sigjmp_buf back;
static const int caught[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP};

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

/* A crash may be due to a lost stack pointer: the handler has a stack of its own. */
static void signals_set(bool catching)
{
    static char signal_stack[SIGNAL_STACK_BYTES];
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    struct sigaction action = {.sa_handler = catching ? jump_back : SIG_DFL,
                               .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) sigaction(caught[i], &action, NULL);
}

/* Evaluates; the signal that ended it, or 0 and the status. */
static int evaluate(world *w, const nf_func *func, const nf_link *link, const nf_bits *args,
                    nf_bits *result, nf_status *status)
{
    nf_error error = {0};
    nf_eval eval = {.link = link,
                    .steps = STEPS_MAX,
                    .depth_max = DEPTH_MAX,
                    .arena = &w->arena,
                    .error = &error};
    nf_arena_reset(&w->arena);
    signals_set(true);
    int signal = sigsetjmp(back, 1);
    if (signal == 0) *status = nf_eval_run(&eval, func, args, result);
    signals_set(false);
    return signal;
}

static nf_bits cut(nf_type type, const nf_bits *bits)
{
    nf_bits result = {{0}};
    if (type != NF_VOID) memcpy(&result, bits, nf_type_bytes(type));
    return result;
}

/* --- the first child --- */

static outcome expect(world *w, const nf_func *func, uint32_t input)
{
    nf_bits args[INPUT_PARAMS_MAX], result = {{0}};
    nf_status status = NF_OK;
    uint32_t buffers = input_make(func, input, args);
    data_restore(w);
    if (evaluate(w, func, &w->program->link, args, &result, &status) != 0)
        return (outcome){.counts = false};
    return (outcome){.counts = status == NF_OK || status == NF_TRAP,
                     .trapped = status == NF_TRAP,
                     .result = cut(nf_signature_at(func->module, func->signature)->result, &result),
                     .memory = nf_hash_mix(input_buffers_hash(buffers), data_hash(w))};
}

static bool same(const outcome *a, const outcome *b)
{
    if (a->trapped || b->trapped) return a->trapped == b->trapped;
    return a->memory == b->memory && memcmp(a->result.u8, b->result.u8, sizeof a->result.u8) == 0;
}

static void oracle_run(world *w, bool second)
{
    for (uint32_t i = 0; i < w->program->function_count; i++) {
        const nf_function *function = &w->program->functions[i];
        for (uint32_t k = w->question->first_input; k <= w->question->last_input; k++) {
            if (!wanted(w, function)) continue;
            outcome got = expect(w, function->ir, k), *kept = outcome_of(w, i, k);
            if (second)
                kept->counts = kept->counts && got.counts && same(&got, kept);
            else
                *kept = got;
        }
    }
}

static void oracle(world *w, const void *bytes, size_t size)
{
    if (!world_open(w, bytes, size, false)) return;
    oracle_run(w, false);
    if (!world_open(w, bytes, size, true)) return;
    oracle_run(w, true);
    w->shared->done = true;
}

/* --- the second child --- */

/* A function that passes its arguments on to symbol 1. */
static nf_func *caller_make(const nf_func *func)
{
    const nf_signature_data *s = nf_signature_at(func->module, func->signature);
    nf_module *module = nf_module_new(nf_os_allocator(), "caller");
    nf_signature signature =
        nf_module_signature(module, s->result, s->params, s->param_count, false);
    nf_symbol target = nf_module_extern(module, "target", signature);
    nf_func *caller = nf_module_function(module, "caller", signature, 0);
    nf_value args[INPUT_PARAMS_MAX], none = {0};
    for (uint32_t i = 0; i < s->param_count; i++) args[i] = nf_func_param(caller, i);
    nf_block entry = nf_func_entry(caller);
    nf_value result = nf_build_call(caller, entry, target, args, s->param_count);
    nf_build_ret(caller, entry, s->result == NF_VOID ? none : result);
    return caller;
}

static void compare(world *w, const nf_func *func, uint32_t input, uint64_t address,
                    const outcome *expected)
{
    agree_answer *answer = &w->shared->answer;
    const uint64_t addresses[] = {0, address, 0};
    const nf_link link = {addresses, sizeof addresses / sizeof *addresses};
    nf_bits args[INPUT_PARAMS_MAX], result = {{0}};
    nf_status status = NF_OK;
    nf_func *caller = caller_make(func);
    uint32_t buffers = input_make(func, input, args);
    data_restore(w);
    answer->input = input;
    w->shared->running = true;
    int signal = evaluate(w, caller, &link, args, &result, &status);
    w->shared->running = false;
    outcome got = {.trapped = signal == SIGILL || signal == SIGFPE};
    if (status != NF_OK) return; /* no way to call it */
    if (signal != 0 && !got.trapped) {
        answer->kind = AGREE_CRASH;
        snprintf(answer->detail, AGREE_DETAIL_BYTES, "signal %d", signal);
        return;
    }
    got.result = cut(nf_signature_at(func->module, func->signature)->result, &result);
    got.memory = nf_hash_mix(input_buffers_hash(buffers), data_hash(w));
    if (same(&got, expected)) return;
    answer->kind = AGREE_WRONG;
    snprintf(answer->detail, AGREE_DETAIL_BYTES, "%s %#" PRIx64 ", not %s %#" PRIx64 "%s",
             got.trapped ? "a trap" : "result", got.result.u64[0],
             expected->trapped ? "a trap" : "result", expected->result.u64[0],
             got.memory == expected->memory ? "" : "; other memory");
}

/* The code's address, or 0. */
static uint64_t compile(world *w, const nf_function *function, const way *how)
{
    agree_answer *answer = &w->shared->answer;
    nf_compiled compiled;
    nf_error error = {0};
    nf_arena arena;
    uint64_t address = 0;
    nf_arena_init(&arena, nf_os_allocator());
    w->shared->compiling = true;
    nf_status status = way_compile(how, function->ir, &w->program->link, &arena, &compiled, &error);
    w->shared->compiling = false;
    if (status == NF_OK)
        status = nf_code_place(w->engine->code, &compiled.blob, how->name, NULL, &address, &error);
    if (status != NF_OK && status != NF_UNSUPPORTED && status != NF_SYMBOL) {
        answer->kind = AGREE_REFUSED;
        snprintf(answer->detail, AGREE_DETAIL_BYTES, "%.200s", error.message);
    }
    nf_arena_free(&arena);
    return address;
}

/* True when there is something to answer. */
static bool function_try(world *w, uint32_t index, uint32_t way_index)
{
    const agree_question *q = w->question;
    const nf_function *function = &w->program->functions[index];
    agree_answer *answer = &w->shared->answer;
    snprintf(answer->function, sizeof answer->function, "%s", function->name);
    answer->way = way_index;
    uint64_t address = compile(w, function, &q->ways[way_index]);
    for (uint32_t k = q->first_input; address && k <= q->last_input; k++) {
        const outcome *expected = outcome_of(w, index, k);
        if (answer->kind != AGREE_FINE) return true;
        if (expected->counts) compare(w, function->ir, k, address, expected);
    }
    if (address) nf_code_free(w->engine->code, address);
    return answer->kind != AGREE_FINE;
}

static void code(world *w, const void *bytes, size_t size)
{
    if (!world_open(w, bytes, size, false)) return;
    for (uint32_t i = 0; i < w->program->function_count; i++)
        for (uint32_t k = 0; wanted(w, &w->program->functions[i]) && k < w->question->way_count;
             k++)
            if (function_try(w, i, k)) return;
    w->shared->done = true;
}

/* --- the parent --- */

void agree_silence(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0)
        _exit(EXIT_FAILED);
    close(nowhere);
}

/* How the child ended, or -1 when there was none. */
static int child_run(world *w, void (*run)(world *w, const void *bytes, size_t size),
                     const void *bytes, size_t size)
{
    int status;
    w->shared->done = false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        agree_silence();
        signals_set(false); /* whatever our caller does about them */
        /* Functions that are called by machine code take memory anew for each call. */
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
        alarm(w->question->seconds);
        run(w, bytes, size);
        _exit(EXIT_FINE);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return status;
}

/* A child that died says by where it was what is wrong. */
static void death_judge(const shared *s, int status, agree_answer *answer)
{
    bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    if (answer->kind != AGREE_FINE || !WIFSIGNALED(status)) return;
    if (s->compiling)
        answer->kind = hung ? AGREE_COMPILER_HANG : AGREE_COMPILER_CRASH;
    else if (s->running)
        answer->kind = hung ? AGREE_HANG : AGREE_CRASH;
    else
        return;
    snprintf(answer->detail, AGREE_DETAIL_BYTES, "signal %d", WTERMSIG(status));
}

static uint32_t function_bound(const void *bytes, size_t size)
{
    nf_module *module;
    nf_error error;
    if (nf_module_read(nf_os_allocator(), "module", bytes, size, &module, &error) != NF_OK)
        return 0;
    uint32_t count = module->symbols.count;
    nf_module_free(module);
    return count;
}

bool agree_ask(const agree_question *question, const void *bytes, size_t size, agree_answer *answer)
{
    size_t room = sizeof(shared) +
                  (size_t)function_bound(bytes, size) * input_count(question) * sizeof(outcome);
    world w = {.question = question};
    w.shared = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *answer = (agree_answer){.kind = AGREE_FINE};
    if (w.shared == MAP_FAILED || !input_buffers_map()) {
        complain("no memory to compare in");
        return false;
    }
    int first = child_run(&w, oracle, bytes, size), second = -1;
    if (first >= 0 && w.shared->done) {
        second = child_run(&w, code, bytes, size);
        *answer = w.shared->answer;
        if (second >= 0) death_judge(w.shared, second, answer);
    }
    input_buffers_unmap();
    munmap(w.shared, room);
    if (first < 0 || (second < 0 && first == 0)) complain("cannot start a process");
    return first >= 0;
}
