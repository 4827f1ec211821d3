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
 * System calls go by number: libc's wrappers may be a sanitizer's, and errno lies in caged memory.
 */
#include "cage.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
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

enum {
    PAGE_FAULT_WRITE = 2, /* in the error code that the CPU pushes */
    CPU_SECONDS_MAX = 60,
    MAPS_BYTES = 2 << 20,
    SA_RESTORER_FLAG = 0x04000000,
};

static cage *the_cage; /* read by the handler; written once, before memory is made read-only */

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
         * The candidate's stack: stack_top - 8 our rsp, - 16 result; r12 leads back there. The
         * other callee-saved registers hold known numbers; 1 comes back when they are still there.
         */
        ".globl cage_switch\n.hidden cage_switch\n.type cage_switch, @function\n"
        "cage_switch:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  lea -16(%rcx), %r12\n"
        "  mov %rsp, 8(%r12)\n"
        "  mov %r8, (%r12)\n"
        "  mov %rdi, %r11\n"
        "  mov %rsi, %r10\n"
        "  lea 15(,%rdx,8), %rax\n"
        "  and $-16, %rax\n"
        "  mov %r12, %rsp\n"
        "  sub %rax, %rsp\n"
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
        "  mov (%r12), %r8\n"
        "  mov %rax, (%r8)\n"
        "  movsd %xmm0, 8(%r8)\n"
        "  xor %eax, %eax\n"
        "  cmp $0x1111, %rbx\n  jne 4f\n"
        "  cmp $0x2222, %rbp\n  jne 4f\n"
        "  cmp $0x3333, %r13\n  jne 4f\n"
        "  cmp $0x4444, %r14\n  jne 4f\n"
        "  cmp $0x5555, %r15\n  jne 4f\n"
        "  mov $1, %eax\n"
        "4:mov 8(%r12), %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
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
extern const char cage_guard_recover[], cage_restorer[];

/* --- system calls --- */

static long call6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static long call3(long number, long a, long b, long c)
{
    return call6(number, a, b, c, 0, 0, 0);
}

void cage_copy(void *to, const void *from, uint64_t bytes)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

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

/* --- written pages --- */

static bool page_protect(uint64_t address, int protection)
{
    return call3(SYS_mprotect, (long)address, CAGE_PAGE, protection) == 0;
}

void cage_pages_protect(const cage *c, uint32_t first, uint32_t last, bool writable)
{
    for (uint32_t i = first; i < last; i++)
        page_protect(c->pages[i].address, writable ? PROT_READ | PROT_WRITE : PROT_READ);
}

void cage_pages_restore(const cage *c, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i < last; i++)
        cage_copy((void *)c->pages[i].address, c->pages[i].before, CAGE_PAGE);
}

static const cage_mapping *mapping_of(const cage *c, uint64_t address)
{
    uint32_t low = 0, high = c->mapping_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->mappings[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->mapping_count && c->mappings[low].start <= address ? &c->mappings[low] : 0;
}

static bool page_log(cage *c, uint64_t address)
{
    uint8_t *bytes = c->log_bytes + (uint64_t)c->page_count * 2 * CAGE_PAGE;
    if (c->page_count == CAGE_PAGES_MAX) return false;
    cage_copy(bytes, (const void *)address, CAGE_PAGE);
    c->pages[c->page_count++] = (cage_page){address, bytes, bytes + CAGE_PAGE};
    return page_protect(address, PROT_READ | PROT_WRITE);
}

/* A write to memory that was writable before: CAGE_RETURNED when it may go on. */
static cage_end write_fault(cage *c, uint64_t address)
{
    const cage_mapping *mapping = mapping_of(c, address);
    if (mapping == 0) return CAGE_CRASHED;
    if (mapping->shared) return CAGE_SHARED_WRITE;
    if (!c->logging) return CAGE_STRAY_WRITE;
    return page_log(c, address & ~(uint64_t)(CAGE_PAGE - 1)) ? CAGE_RETURNED : CAGE_LOG_FULL;
}

static cage_end end_of(cage *c, int number, const siginfo_t *info, const ucontext_t *context)
{
    c->signal = number == SIGSYS ? info->si_syscall : number;
    c->address = (uint64_t)info->si_addr;
    if (number == SIGVTALRM) return CAGE_HUNG;
    if (number == SIGSYS) return CAGE_SYSCALL;
    if (number == SIGSEGV && info->si_code == SEGV_ACCERR &&
        (context->uc_mcontext.gregs[REG_ERR] & PAGE_FAULT_WRITE))
        return write_fault(c, c->address);
    return CAGE_CRASHED;
}

static void on_signal(int number, siginfo_t *info, void *raw)
{
    ucontext_t *context = raw;
    cage *c = the_cage;
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

static bool handlers_set(const cage *c)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGVTALRM, SIGSYS};
    struct {
        void (*handler)(int, siginfo_t *, void *);
        unsigned long flags;
        const void *restorer;
        uint64_t mask;
    } action = {on_signal, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER_FLAG, cage_restorer,
                0};
    stack_t stack = {.ss_sp = c->signal_stack, .ss_size = CAGE_SIGNAL_BYTES};
    if (call3(SYS_sigaltstack, (long)&stack, 0, 0) != 0) return false;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (call6(SYS_rt_sigaction, numbers[i], (long)&action, 0, 8, 0, 0) != 0) return false;
    uint64_t none = 0;
    return call6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8, 0, 0) == 0;
}

/*
 * The kernel writes to the thread's restartable-sequences area at every preemption, and kills where
 * it can't: the area is about to become read-only.
 */
static bool rseq_leave(void)
{
    if (__rseq_size == 0) return true;
    long area = (long)__builtin_thread_pointer() + __rseq_offset;
    return call6(SYS_rseq, area, sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0, 0) == 0 ||
           call6(SYS_rseq, area, __rseq_size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0, 0) == 0;
}

static const char *hex_read(const char *at, uint64_t *value)
{
    for (*value = 0;; at++) {
        if (*at >= '0' && *at <= '9')
            *value = *value << 4 | (uint64_t)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            *value = *value << 4 | (uint64_t)(*at - 'a' + 10);
        else
            return at;
    }
}

/* Takes [start, end) less what is the cage's own or ignored. */
static bool mapping_take(cage *c, cage_mapping m, bool executable)
{
    const uint64_t own[3][2] = {
        {(uint64_t)c->private_start, (uint64_t)c->private_end},
        {c->shared_start, c->shared_end},
        {c->ignored_start, c->ignored_end},
    };
    for (unsigned i = 0; i < 3; i++) {
        if (own[i][1] <= m.start || own[i][0] >= m.end) continue;
        cage_mapping left = {m.start, own[i][0], m.shared}, right = {own[i][1], m.end, m.shared};
        return (left.start >= left.end || mapping_take(c, left, executable)) &&
               (right.start >= right.end || mapping_take(c, right, executable));
    }
    if (c->mapping_count == CAGE_MAPPINGS_MAX) return false;
    c->mappings[c->mapping_count++] = m;
    return call3(SYS_mprotect, (long)m.start, (long)(m.end - m.start),
                 executable ? PROT_READ | PROT_EXEC : PROT_READ) == 0;
}

/* One line of /proc/self/maps: "start-end rwxp ..."; true when it was dealt with. */
static bool line_take(cage *c, const char *line)
{
    const uint64_t sanitizer_bytes = UINT64_C(1) << 36; /* shadow memory: nobody's data */
    cage_mapping m = {0};
    const char *at = hex_read(line, &m.start);
    at = hex_read(at + 1, &m.end);
    if (at[2] != 'w' || m.end - m.start >= sanitizer_bytes) return true;
    m.shared = at[4] == 's';
    return mapping_take(c, m, at[3] == 'x');
}

/* The log's memory holds the text meanwhile: it is not in use yet. */
static bool memory_protect(cage *c)
{
    char *text = (char *)c->log_bytes;
    long length = 0, got, file = call3(SYS_open, (long)"/proc/self/maps", O_RDONLY, 0);
    if (file < 0) return false;
    while (length < MAPS_BYTES &&
           (got = call3(SYS_read, file, (long)text + length, MAPS_BYTES - length)) > 0)
        length += got;
    call3(SYS_close, file, 0, 0);
    if (length == MAPS_BYTES) return false;
    text[length] = 0;
    for (const char *line = text; *line; line++) {
        if (!line_take(c, line)) return false;
        while (*line != '\n') line++;
    }
    return true;
}

#define ALLOW(number)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

/* What the handler and the timing loop need, and mprotect that gives no right to execute. */
static bool calls_confine(void)
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
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return call6(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) == 0 &&
           call3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program) == 0;
}

bool cage_enter(cage *c)
{
    struct rlimit cpu = {CPU_SECONDS_MAX, CPU_SECONDS_MAX}, none = {0, 0};
    the_cage = c;
    call6(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    call3(SYS_setrlimit, RLIMIT_CPU, (long)&cpu, 0);
    call3(SYS_setrlimit, RLIMIT_CORE, (long)&none, 0);
    call3(SYS_close_range, 0, ~0u, 0);
    return rseq_leave() && memory_protect(c) && handlers_set(c) && calls_confine();
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

static void call_body(void *context)
{
    guarded_call *g = context;
    g->registers_kept = cage_call_plain(g->c, g->target, g->input, g->stack_words, g->result);
}

cage_end cage_call(cage *c, uint64_t target, const nf_race_input *input, uint32_t stack_words,
                   uint64_t limit_ns, uint64_t result[2])
{
    guarded_call g = {c, target, input, stack_words, result, false};
    cage_end end = cage_guard(c, call_body, &g, limit_ns);
    if (end == CAGE_RETURNED && !g.registers_kept) end = CAGE_REGISTERS;
    return end;
}
