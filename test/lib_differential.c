/*
 * See lib_differential.h. Machine code is called through a trampoline of our own: it puts junk
 * where the ABI lets a caller leave some (above a narrow argument, above a scalar in a vector
 * register, in registers that carry nothing), knows values in all callee-saved registers, and finds
 * its way back when the callee has lost the stack pointer.
 *
 *     buffer:  | guard, 64 | GENERATE_BUFFER_BYTES | guard, 64 |     all of it is compared
 */
#include "lib_differential.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

enum {
    INPUTS = 4,
    GUARD_BYTES = 64,
    AREA_BYTES = DIFFERENTIAL_AREA_BYTES,
    STEPS_MAX = 2000000,
    DEPTH_MAX = 64,
    DEADLINE_SECONDS = 20, /* of machine code whose evaluation took STEPS_MAX at most */
    SIGNAL_STACK_BYTES = 64 << 10,
    DIFFERENCES_SHOWN = 8,
};

static _Alignas(GENERATE_BUFFER_ALIGN) uint8_t area[AREA_BYTES];
static uint8_t *const buffer = area + GUARD_BYTES;

/* --- inputs --- */

void differential_input_make(differential_input *input, uint64_t seed)
{
    uint64_t state = seed;
    input->a = (uint64_t)generate_integer(&state);
    input->b = (uint64_t)generate_integer(&state);
    input->c = (uint32_t)generate_integer(&state);
    input->d_bits = generate_f64_bits(&state);
    input->e_bits = generate_f32_bits(&state);
    input->buffer_seed = generate_random(&state);
}

void differential_buffer_fill(void *memory, uint64_t seed)
{
    uint64_t state = seed;
    uint32_t kind = generate_below(&state, 4);
    for (size_t i = 0; i < GENERATE_BUFFER_BYTES; i += sizeof(uint64_t)) {
        uint64_t word;
        switch (kind) {
        case 0: word = generate_random(&state); break;
        case 1: word = (uint64_t)generate_integer(&state); break;
        case 2: word = generate_f64_bits(&state); break;
        default:
            word = generate_f32_bits(&state);
            word |= (uint64_t)generate_f32_bits(&state) << 32;
            break;
        }
        memcpy((char *)memory + i, &word, sizeof word);
    }
}

static void area_fill(const differential_input *input)
{
    memset(area, 0xb7, sizeof area);
    differential_buffer_fill(buffer, input->buffer_seed);
}

/* --- one run --- */

static differential_outcome expected, got;

static uint64_t cut(nf_type type, uint64_t bits)
{
    unsigned bytes = nf_type_bytes(type);
    return bytes >= sizeof bits ? bits : bits & ((UINT64_C(1) << bytes * 8) - 1);
}

void differential_evaluate(const nf_func *func, const nf_link *link,
                           const differential_input *input, differential_outcome *outcome)
{
    nf_arena arena;
    nf_error error = {.message = ""};
    nf_arena_init(&arena, nf_os_allocator());
    nf_eval eval = {
        .link = link, .steps = STEPS_MAX, .depth_max = DEPTH_MAX, .arena = &arena, .error = &error};
    nf_bits result = {{0}},
            args[GENERATE_PARAMS] = {{.u64 = {(uintptr_t)buffer}}, {.u64 = {input->a}},
                                     {.u64 = {input->b}},          {.u64 = {input->c}},
                                     {.u64 = {input->d_bits}},     {.u64 = {input->e_bits}}};
    area_fill(input);
    nf_status status = nf_eval_run(&eval, func, args, &result);
    *outcome = (differential_outcome){.kind = status == NF_OK     ? RETURNED
                                              : status == NF_TRAP ? TRAPPED
                                                                  : GAVE_UP,
                                      .result = result.u64[0]};
    memcpy(outcome->area, area, sizeof area);
    if (status != NF_OK && status != NF_TRAP && status != NF_LIMIT)
        fprintf(stderr, "evaluator: %s\n", error.message);
    nf_arena_free(&arena);
}

/* --- calling machine code --- */

/* Offsets are used by the trampoline. */
typedef struct trampoline_frame {
    uint64_t integers[4];   /* 0: rdi rsi rdx rcx */
    uint64_t vectors[2][2]; /* 32: xmm0 xmm1 */
    uint64_t result;        /* 64: rax */
    uint64_t result_vector; /* 72: xmm0's low half */
    uint64_t damage;        /* 80: 1 rbx, 2 r12, 4 r13, 8 r14, 16 r15, 32 rbp, 64 rsp */
} trampoline_frame;

_Static_assert(offsetof(trampoline_frame, vectors) == 32, "used by the trampoline");
_Static_assert(offsetof(trampoline_frame, result) == 64, "likewise");
_Static_assert(offsetof(trampoline_frame, damage) == 80, "likewise");

void differential_trampoline(const void *target, trampoline_frame *frame);

/* clang-format off */
__asm__(
    ".local differential_stack\n"
    ".comm differential_stack, 8, 8\n"
    ".text\n"
    ".p2align 4\n"
    ".type differential_trampoline, @function\n"
    "differential_trampoline:\n"
    "    endbr64\n"
    "    pushq %rbp\n"
    "    movq %rsp, %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    pushq %rsi\n" /* rsp is a multiple of 16 now */
    "    movq %rsp, differential_stack(%rip)\n"
    "    movq %rdi, %r11\n"
    "    movq %rsi, %rax\n"
    "    movups 32(%rax), %xmm0\n"
    "    movups 48(%rax), %xmm1\n"
    "    movq 0(%rax), %rdi\n"
    "    movq 8(%rax), %rsi\n"
    "    movq 16(%rax), %rdx\n"
    "    movq 24(%rax), %rcx\n"
    "    movq $-0x5eed0001, %rbx\n"
    "    movq $-0x5eed0002, %r12\n"
    "    movq $-0x5eed0003, %r13\n"
    "    movq $-0x5eed0004, %r14\n"
    "    movq $-0x5eed0005, %r15\n"
    "    movq $-0x5eed0006, %rax\n"
    "    movq %rax, %r8\n"
    "    movq %rax, %r9\n"
    "    movq %rax, %r10\n"
    "    movq %rax, %xmm2\n"
    "    movq %rax, %xmm15\n"
    "    call *%r11\n"
    "    xorl %r11d, %r11d\n"
    "    cmpq %rsp, differential_stack(%rip)\n"
    "    je 1f\n"
    "    orq $64, %r11\n"
    "    movq differential_stack(%rip), %rsp\n"
    "1:  leaq 48(%rsp), %r10\n"
    "    cmpq %r10, %rbp\n"
    "    je 1f\n"
    "    orq $32, %r11\n"
    "    movq %r10, %rbp\n"
    "1:  cmpq $-0x5eed0001, %rbx\n"
    "    je 1f\n"
    "    orq $1, %r11\n"
    "1:  cmpq $-0x5eed0002, %r12\n"
    "    je 1f\n"
    "    orq $2, %r11\n"
    "1:  cmpq $-0x5eed0003, %r13\n"
    "    je 1f\n"
    "    orq $4, %r11\n"
    "1:  cmpq $-0x5eed0004, %r14\n"
    "    je 1f\n"
    "    orq $8, %r11\n"
    "1:  cmpq $-0x5eed0005, %r15\n"
    "    je 1f\n"
    "    orq $16, %r11\n"
    "1:  popq %rsi\n"
    "    movq %rax, 64(%rsi)\n"
    "    movq %xmm0, 72(%rsi)\n"
    "    movq %r11, 80(%rsi)\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    ".size differential_trampoline, . - differential_trampoline\n"
);
/* clang-format on */

static const int caught_signals[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP, SIGALRM};
enum { CAUGHT = sizeof caught_signals / sizeof *caught_signals };

static sigjmp_buf back;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

/* A crash may be due to a lost stack pointer: the handlers have a stack of their own. */
static void signals_catch(struct sigaction old[CAUGHT])
{
    static char signal_stack[SIGNAL_STACK_BYTES];
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    struct sigaction action = {.sa_handler = jump_back, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CAUGHT; i++) sigaction(caught_signals[i], &action, &old[i]);
}

static void signals_restore(const struct sigaction old[CAUGHT])
{
    for (int i = 0; i < CAUGHT; i++) sigaction(caught_signals[i], &old[i], NULL);
}

static void execute(const void *code, nf_type type, const differential_input *input)
{
    static const uint64_t junk = UINT64_C(0xdeadbeefcafef00d);
    trampoline_frame frame = {
        .integers = {(uintptr_t)buffer, input->a, input->b, input->c | junk << 32},
        .vectors = {{input->d_bits, junk}, {input->e_bits | junk << 32, junk}}};
    area_fill(input);
    got = (differential_outcome){.kind = RETURNED};
    alarm(DEADLINE_SECONDS);
    got.signal = sigsetjmp(back, 1);
    if (got.signal == 0) {
        differential_trampoline(code, &frame);
        got.result = cut(type, NF_TYPE_IS_FLOAT(type) ? frame.result_vector : frame.result);
        got.damage = frame.damage;
    } else {
        bool trap = got.signal == SIGILL || got.signal == SIGFPE;
        got.kind = trap ? TRAPPED : got.signal == SIGALRM ? TIMED_OUT : CRASHED;
    }
    alarm(0);
    memcpy(got.area, area, sizeof area);
}

/* --- comparing --- */

/* Behind a trap the memory may differ: stores that nobody could read may be gone. */
bool differential_equal(const differential_outcome *a, const differential_outcome *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == TRAPPED) return true;
    return a->result == b->result && a->damage == b->damage &&
           memcmp(a->area, b->area, sizeof a->area) == 0;
}

static void describe_outcome(const char *who, const differential_outcome *o)
{
    static const char *const kinds[] = {"returned", "trapped", "crashed", "did not return",
                                        "gave up"};
    fprintf(stderr, "  %-10s %s", who, kinds[o->kind]);
    if (o->signal) fprintf(stderr, " (signal %d)", o->signal);
    fprintf(stderr, " %#llx", (unsigned long long)o->result);
    if (o->damage) fprintf(stderr, ", lost registers %#llx", (unsigned long long)o->damage);
    fprintf(stderr, "\n");
}

static void describe_bytes(void)
{
    int shown = 0;
    for (int i = 0; i < AREA_BYTES && shown < DIFFERENCES_SHOWN; i++) {
        if (got.area[i] == expected.area[i]) continue;
        fprintf(stderr, "  buffer[%d]: %02x, should be %02x\n", i - GUARD_BYTES, got.area[i],
                expected.area[i]);
        shown++;
    }
}

static void describe(const nf_func *func, uint64_t seed, const char *executor,
                     const differential_input *input)
{
    const char *text = "";
    size_t length = 0;
    if (nf_module_print(func->module, &text, &length) == NF_OK)
        fprintf(stderr, "%.*s", (int)length, text);
    fprintf(stderr, "seed %llu, %s, function %s\n", (unsigned long long)seed, executor,
            nf_symbol_at(func->module, func->symbol)->name);
    fprintf(stderr, "  a = %#llx, b = %#llx, c = %#x, d = bits %#llx, e = bits %#x, buffer %#llx\n",
            (unsigned long long)input->a, (unsigned long long)input->b, input->c,
            (unsigned long long)input->d_bits, input->e_bits,
            (unsigned long long)input->buffer_seed);
    describe_outcome("evaluator", &expected);
    describe_outcome(executor, &got);
    if (got.kind == RETURNED) describe_bytes();
}

bool differential_check(const nf_func *func, const nf_link *link, uint64_t seed,
                        differential_executor *executors, uint32_t executor_count,
                        differential_totals *totals)
{
    nf_type type = nf_signature_at(func->module, func->signature)->result;
    const void *codes[DIFFERENTIAL_EXECUTORS_MAX];
    struct sigaction old[CAUGHT];
    bool equal = true;
    for (uint32_t i = 0; i < executor_count; i++) {
        codes[i] = executors[i].compile(executors[i].context, func);
        *(codes[i] ? &executors[i].compared : &executors[i].skipped) += 1;
    }
    totals->functions++;
    for (uint64_t k = 0; k < INPUTS && equal; k++) {
        differential_input input;
        differential_input_make(&input, seed * INPUTS + k);
        differential_evaluate(func, link, &input, &expected);
        totals->inputs++;
        totals->traps += expected.kind == TRAPPED;
        totals->over_budget += expected.kind == GAVE_UP;
        if (expected.kind == GAVE_UP) continue;
        signals_catch(old);
        for (uint32_t i = 0; i < executor_count && equal; i++) {
            if (codes[i] == NULL) continue;
            execute(codes[i], type, &input);
            equal = differential_equal(&got, &expected);
            if (!equal && !totals->quiet) describe(func, seed, executors[i].name, &input);
        }
        signals_restore(old);
    }
    totals->mismatches += !equal;
    return equal;
}
