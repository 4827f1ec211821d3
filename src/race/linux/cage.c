/*
 * The cage: see cage.h for the rules of this place.
 *
 * A guarded body that faults is not longjmp'ed out of: the handler points the interrupted context
 * at cage_guard_recover with the stack pointer of the guard and returns, so that the kernel
 * restores signal mask and signal stack as at any return. Worked example, a candidate that writes
 * one page too far:
 *
 *   cage_call ─► cage_guard_enter ─► candidate ─► store ─► SIGSEGV on the signal stack
 *                                                             page is not in the log, logging is
 * off ◄─ cage_guard_recover ◄──────────── rip, rsp changed; end = CAGE_STRAY_WRITE
 *
 * The handler finds the cage in the first word of the signal stack: a variable of ours would lie in
 * memory that has to be pulled. Faults within it are handled too, but the timer's signal waits until
 * it has ended.
 */
#include "cage.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include "calls.h"

enum {
    PAGE_FAULT_WRITE = 2, /* in the error code that the CPU pushes */
    CPU_SECONDS_MAX = 60,
    SPOILT_BYTES = 32 << 10,
    SA_RESTORER_FLAG = 0x04000000,
    MXCSR_STATUS = 0x3f, /* the exceptions so far */
};

/* --- assembly: switching stacks, leaving a guarded body --- */

__asm__(".text\n"
        /* uint64_t cage_guard_enter(uint64_t *saved_sp, void (*body)(void *), void *context) */
        ".globl cage_guard_enter\n.hidden cage_guard_enter\n.type cage_guard_enter, @function\n"
        "cage_guard_enter:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  sub $8, %rsp\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rdx, %rdi\n"
        "  call *%rsi\n"
        "  xor %eax, %eax\n"
        "  jmp 1f\n"
        ".globl cage_guard_recover\n.hidden cage_guard_recover\n"
        "cage_guard_recover:\n"
        "  cld\n"
        "  mov $1, %eax\n"
        "1:add $8, %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
        "  ret\n"
        /*
         * uint64_t cage_switch(uint64_t target, const nf_race_input *input, uint64_t stack_words,
         *                      uint8_t *stack_top, uint64_t result[2])
         * The candidate's stack: stack_top - 8 its rsp, - 16 our rsp, - 24 result; r12 leads back
         * there. The other callee-saved registers hold known numbers; 1 comes back when they are
         * still there.
         */
        ".globl cage_switch\n.hidden cage_switch\n.type cage_switch, @function\n"
        "cage_switch:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  lea -32(%rcx), %r12\n"
        "  mov %rsp, 16(%r12)\n"
        "  mov %r8, 8(%r12)\n"
        "  mov %rdi, %r11\n"
        "  mov %rsi, %r10\n"
        "  lea 15(,%rdx,8), %rax\n"
        "  and $-16, %rax\n"
        "  mov %r12, %rsp\n"
        "  sub %rax, %rsp\n"
        "  mov %rsp, 24(%r12)\n"
        "2:test %rdx, %rdx\n"
        "  jz 3f\n"
        "  dec %rdx\n"
        "  mov 112(%r10,%rdx,8), %rax\n"
        "  mov %rax, (%rsp,%rdx,8)\n"
        "  jmp 2b\n"
        "3:movsd 48(%r10), %xmm0\n  movsd 56(%r10), %xmm1\n"
        "  movsd 64(%r10), %xmm2\n  movsd 72(%r10), %xmm3\n"
        "  movsd 80(%r10), %xmm4\n  movsd 88(%r10), %xmm5\n"
        "  movsd 96(%r10), %xmm6\n  movsd 104(%r10), %xmm7\n"
        "  mov (%r10), %rdi\n  mov 8(%r10), %rsi\n  mov 16(%r10), %rdx\n"
        "  mov 24(%r10), %rcx\n  mov 32(%r10), %r8\n  mov 40(%r10), %r9\n"
        "  mov $8, %eax\n"
        "  mov $0x1111, %ebx\n  mov $0x2222, %ebp\n  mov $0x3333, %r13d\n"
        "  mov $0x4444, %r14d\n  mov $0x5555, %r15d\n"
        "  call *%r11\n"
        "  pushf\n  pop %r9\n  cld\n"
        "  mov 8(%r12), %r8\n"
        "  mov %rax, (%r8)\n"
        "  movsd %xmm0, 8(%r8)\n"
        "  xor %eax, %eax\n"
        "  test $0x400, %r9d\n  jne 4f\n" /* the direction of string instructions */
        "  cmp 24(%r12), %rsp\n  jne 4f\n"
        "  cmp $0x1111, %rbx\n  jne 4f\n"
        "  cmp $0x2222, %rbp\n  jne 4f\n"
        "  cmp $0x3333, %r13\n  jne 4f\n"
        "  cmp $0x4444, %r14\n  jne 4f\n"
        "  cmp $0x5555, %r15\n  jne 4f\n"
        "  mov $1, %eax\n"
        "4:mov 16(%r12), %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
        "  ret\n"
        /* void cage_low_spoil(void): xmm0 to xmm15 hold ones */
        ".globl cage_low_spoil\n.hidden cage_low_spoil\n.type cage_low_spoil, @function\n"
        "cage_low_spoil:\n"
        ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "  pcmpeqd %xmm\\i, %xmm\\i\n"
        ".endr\n"
        "  ret\n"
        /* void cage_high_spoil(void): xmm16 to xmm31 and the masks, too */
        ".globl cage_high_spoil\n.hidden cage_high_spoil\n.type cage_high_spoil, @function\n"
        "cage_high_spoil:\n"
        ".irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
        "  vpternlogd $255, %xmm\\i, %xmm\\i, %xmm\\i\n"
        ".endr\n"
        ".irp i, 0, 1, 2, 3, 4, 5, 6, 7\n"
        "  kxnorw %k\\i, %k\\i, %k\\i\n"
        ".endr\n"
        "  ret\n"
        /* void cage_on_stack(uint8_t *stack_top, void (*run)(void *), void *context) */
        ".globl cage_on_stack\n.hidden cage_on_stack\n.type cage_on_stack, @function\n"
        "cage_on_stack:\n"
        "  mov %rdi, %rsp\n"
        "  xor %ebp, %ebp\n"
        "  mov %rdx, %rdi\n"
        "  call *%rsi\n"
        "  ud2\n"
        ".globl cage_restorer\n.hidden cage_restorer\n"
        "cage_restorer:\n"
        "  mov $15, %eax\n"
        "  syscall\n");

_Static_assert(offsetof(nf_race_input, vectors) == 48 && offsetof(nf_race_input, stack) == 112,
               "cage_switch reads these places");

uint64_t cage_guard_enter(uint64_t *saved_sp, void (*body)(void *), void *context);
uint64_t cage_switch(uint64_t target, const nf_race_input *input, uint64_t stack_words,
                     uint8_t *stack_top, uint64_t result[2]);
void cage_low_spoil(void);
void cage_high_spoil(void);
extern const char cage_guard_recover[], cage_restorer[];

/* --- system calls --- */

void cage_exit(int status)
{
    for (;;) call3(SYS_exit_group, status, 0, 0);
}

uint64_t cage_cpu_ns(void)
{
    struct timespec time = {0};
    call3(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, (long)&time, 0);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t cage_context_switches(void)
{
    struct rusage usage;
    if (call3(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0) != 0) return 0;
    return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

/* Counts the child's own running time: on a busy machine it may wait long without hanging. */
static void timer_set(uint64_t ns)
{
    struct itimerval timer = {{0, 0}, {(long)(ns / 1000000000), (long)(ns / 1000 % 1000000)}};
    if (ns && timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0) timer.it_value.tv_usec = 1;
    call3(SYS_setitimer, ITIMER_VIRTUAL, (long)&timer, 0);
}

/* --- signals --- */

static uint64_t signal_bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

static cage_end end_of(cage *c, int number, const siginfo_t *info, const ucontext_t *context)
{
    c->signal = number == SIGSYS ? info->si_syscall : number;
    c->address = (uint64_t)info->si_addr;
    if (number == SIGVTALRM) return CAGE_HUNG;
    if (number == SIGSYS) return CAGE_SYSCALL;
    if (number == SIGSEGV && info->si_code == SEGV_ACCERR)
        return cage_memory_fault(c, c->address,
                                 context->uc_mcontext.gregs[REG_ERR] & PAGE_FAULT_WRITE);
    return CAGE_CRASHED;
}

static void on_signal(int number, siginfo_t *info, void *raw)
{
    ucontext_t *context = raw;
    cage *c = *(cage **)context->uc_stack.ss_sp;
    cage_end end = end_of(c, number, info, context);
    if (end == CAGE_RETURNED) return;
    if (!c->armed) {
        if (number == SIGVTALRM) return; /* came as the call ended */
        cage_exit(2);
    }
    c->armed = false;
    c->end = end;
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)cage_guard_recover;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)c->guard_sp;
}

/* --- entering --- */

/* Handled, and let through; the program's other signals are none of the sandbox's. */
static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGVTALRM, SIGSYS};

static bool handlers_set(cage *c)
{
    struct {
        void (*handler)(int, siginfo_t *, void *);
        unsigned long flags;
        const void *restorer;
        uint64_t mask;
    } action = {on_signal, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER_FLAG, cage_restorer,
                signal_bit(SIGVTALRM)};
    stack_t stack = {.ss_sp = c->signal_stack, .ss_size = CAGE_SIGNAL_BYTES};
    uint64_t blocked = ~UINT64_C(0);
    *(cage **)c->signal_stack = c;
    if (call3(SYS_sigaltstack, (long)&stack, 0, 0) != 0) return false;
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        blocked &= ~signal_bit(signals[i]);
        if (call6(SYS_rt_sigaction, signals[i], (long)&action, 0, 8, 0, 0) != 0) return false;
    }
    return call6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&blocked, 0, 8, 0, 0) == 0;
}

/*
 * The kernel writes to the thread's restartable-sequences area at every preemption, and kills where
 * it can't: the area is about to become read-only.
 */
bool cage_rseq_leave(void)
{
    if (__rseq_size == 0) return true;
    long area = (long)__builtin_thread_pointer() + __rseq_offset;
    return call6(SYS_rseq, area, sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0, 0) == 0 ||
           call6(SYS_rseq, area, __rseq_size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0, 0) == 0;
}

#define ALLOW(number)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

/* What the handler and the timing loop need: mprotect that gives no right to execute, and waiting. */
bool cage_confine(void)
{
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        ALLOW(SYS_rt_sigreturn),
        ALLOW(SYS_setitimer),
        ALLOW(SYS_getrusage),
        ALLOW(SYS_clock_gettime),
        ALLOW(SYS_exit_group),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
        LOAD(args[2]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 4, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 2),
        LOAD(args[1]),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, FUTEX_WAKE, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return call6(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) == 0 &&
           call3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program) == 0;
}

static bool death_shared(const cage *c)
{
    return call6(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0) == 0 &&
           call3(SYS_getppid, 0, 0, 0) == c->parent;
}

/* No more than the program has left to give. */
static bool cpu_time_limit(void)
{
    struct rlimit cpu;
    if (call3(SYS_getrlimit, RLIMIT_CPU, (long)&cpu, 0) != 0) return false;
    if (cpu.rlim_max > CPU_SECONDS_MAX) cpu.rlim_max = CPU_SECONDS_MAX;
    cpu.rlim_cur = cpu.rlim_max;
    return call3(SYS_setrlimit, RLIMIT_CPU, (long)&cpu, 0) == 0;
}

static bool limits_set(void)
{
    struct rlimit none = {0, 0};
    return cpu_time_limit() && call3(SYS_setrlimit, RLIMIT_CORE, (long)&none, 0) == 0 &&
           call3(SYS_close_range, 0, ~0u, 0) == 0;
}

/* The address space is what it is: nothing can be added to it. */
static bool address_space_close(void)
{
    struct rlimit none = {0, 0};
    return call3(SYS_setrlimit, RLIMIT_AS, (long)&none, 0) == 0;
}

bool cage_open(const cage *c)
{
    const uint64_t guards[] = {c->private.start, (uint64_t)c->harness_stack_top,
                               (uint64_t)c->stack_top, c->private.end - CAGE_GUARD_BYTES};
    long start = (long)c->private.start, bytes = (long)(c->private.end - c->private.start);
    bool done = call3(SYS_mprotect, start, bytes, PROT_READ | PROT_WRITE) == 0;
    for (unsigned i = 0; i < sizeof guards / sizeof *guards; i++)
        done = done && call3(SYS_mprotect, (long)guards[i], CAGE_GUARD_BYTES, PROT_NONE) == 0;
    return done;
}

bool cage_enter(cage *c)
{
    __builtin_ia32_ldmxcsr(c->float_control);
    return death_shared(c) && limits_set() && (c->pulling || cage_rseq_leave()) &&
           handlers_set(c) && cage_memory_enter(c) && address_space_close() && cage_thread_enter(c);
}

/* --- guarded calls --- */

cage_end cage_guard(cage *c, void (*body)(void *context), void *context, uint64_t limit_ns)
{
    c->end = CAGE_RETURNED;
    timer_set(limit_ns);
    c->armed = true;
    uint64_t left_early = cage_guard_enter(&c->guard_sp, body, context);
    c->armed = false;
    timer_set(0);
    return left_early ? c->end : CAGE_RETURNED;
}

bool cage_call_plain(const cage *c, uint64_t target, const nf_race_input *input,
                     uint32_t stack_words, uint64_t result[2])
{
    return cage_switch(target, input, stack_words, c->stack_top, result) != 0;
}

typedef struct guarded_call {
    const cage *c;
    uint64_t target;
    const nf_race_input *input;
    uint32_t stack_words;
    uint64_t *result;
    bool registers_kept;
} guarded_call;

/* Rounding and the like, which a function must leave as they are. */
static uint32_t float_control(void)
{
    return __builtin_ia32_stmxcsr() & ~MXCSR_STATUS;
}

/*
 * What the baseline left in registers and below the stack may be the answer: nobody is to find it. Upper
 * halves are zero, as callers leave them: with others in them, code of SSE and AVX instructions takes
 * hundreds of times as long.
 */
static void leftovers_spoil(const cage *c)
{
    void *start = c->stack_top - SPOILT_BYTES;
    uint64_t bytes = SPOILT_BYTES;
    __asm__ volatile("rep stosb" : "+D"(start), "+c"(bytes) : "a"(0xa5) : "memory");
    if (c->has_avx) __asm__ volatile("vzeroupper");
    cage_low_spoil();
    if (c->has_avx512) cage_high_spoil();
}

static void call_body(void *context)
{
    guarded_call *g = context;
    uint32_t control = float_control();
    leftovers_spoil(g->c);
    g->registers_kept = cage_call_plain(g->c, g->target, g->input, g->stack_words, g->result) &&
                        float_control() == control;
}

cage_end cage_call(cage *c, uint64_t target, const nf_race_input *input, uint32_t stack_words,
                   uint64_t limit_ns, uint64_t result[2])
{
    guarded_call g = {c, target, input, stack_words, result, false};
    cage_end end = cage_guard(c, call_body, &g, limit_ns);
    __builtin_ia32_ldmxcsr(c->float_control);
    if (end == CAGE_RETURNED && !g.registers_kept) end = CAGE_REGISTERS;
    return end;
}
