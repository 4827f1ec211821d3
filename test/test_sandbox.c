/*
 * What docs/security.md promises of the sandbox, each promise with its test: what a candidate can't do,
 * what the process has and lacks while it races, how it begins and ends. All of it in forked sandboxes
 * and in a zygote's; then what is the zygote's alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib_race.h"
#include "os/os.h"

enum { PATH_BYTES = 300 };

static nf_zygote *zygote; /* NULL: races fork */
static nf_os_code code;   /* made before the zygote */

/* --- races --- */

static nf_race_report race(const void *baseline, const void *const *field, uint32_t count,
                           void (*progress)(void *, const char *, uint32_t, uint32_t))
{
    nf_race_candidate candidates[NF_RACE_CANDIDATES_MAX];
    for (uint32_t i = 0; i < count; i++) candidates[i] = race_candidate(field[i]);
    nf_race_request request = race_request(zygote, baseline, candidates, count);
    request.call_limit_ns = progress ? 200 * 1000 * 1000 : 0;
    request.progress = progress;
    nf_race_report report;
    nf_error error = {0};
    if (race_run(&request, &report, &error) != NF_OK) fail_msg("%s", error.message);
    return report;
}

static nf_race_outcome outcome_of(const void *baseline, const void *candidate)
{
    nf_race_report report = race(baseline, &candidate, 1, NULL);
    if (!report.ran) fail_msg("it did not run: %s", report.reason);
    return report.results[0].outcome;
}

static bool is_right(nf_race_outcome outcome)
{
    return outcome == NF_RACE_WON || outcome == NF_RACE_LOST || outcome == NF_RACE_NOT_MEASURED;
}

CANDIDATE static int64_t hangs(int64_t n)
{
    for (;;) __asm__ volatile("" : "+r"(n));
    return n;
}

/* --- what a candidate can't do --- */

#define ASKS(name, number, a, b, c)                                                                \
    CANDIDATE static int64_t name(int64_t n)                                                       \
    {                                                                                              \
        register long r10 __asm__("r10") = 0;                                                      \
        long result;                                                                               \
        __asm__ volatile("syscall"                                                                 \
                         : "=a"(result)                                                            \
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)                           \
                         : "rcx", "r11", "memory");                                                \
        return n + 1 + (result & 0);                                                               \
    }

ASKS(opens, SYS_openat, AT_FDCWD, "/dev/null", 0)
ASKS(writes, SYS_write, 1, "", 0)
ASKS(reads, SYS_read, 0, (void *)8, 0)
ASKS(maps, SYS_mmap, 0, 4096, PROT_READ)
ASKS(forks, SYS_clone, 0, 0, 0)
ASKS(kills, SYS_kill, 1, 0, 0)
ASKS(runs, SYS_execve, "/bin/true", 0, 0)
ASKS(connects, SYS_socket, 1, 1, 0)
ASKS(traces, SYS_ptrace, 0, 0, 0)
ASKS(peeks, SYS_process_vm_readv, 1, 0, 0)
ASKS(limits, SYS_prlimit64, 0, 0, 0)
ASKS(handles, SYS_rt_sigaction, SIGSEGV, 0, 0)
ASKS(locks, SYS_futex, 0, 6 /* FUTEX_LOCK_PI */, 0)
ASKS(makes_code, SYS_mprotect, (uintptr_t)increment & ~UINT64_C(4095), 4096, PROT_READ | PROT_EXEC)

static void test_system_calls_are_refused(void **state)
{
    (void)state;
    const void *const field[] = {opens,    writes, reads, maps,   forks,   kills, runs,
                                 connects, traces, peeks, limits, handles, locks, makes_code};
    enum { COUNT = sizeof field / sizeof *field };
    nf_race_report report = race(increment, field, COUNT, NULL);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(report.results[i].outcome, NF_RACE_CRASHED);
        assert_non_null(strstr(report.results[i].reason, "forbidden system call"));
    }
}

CANDIDATE static int64_t writes_to_the_library(int64_t n)
{
    *(volatile uint8_t *)(uintptr_t)increment = 0xcc;
    return n + 1;
}

CANDIDATE static int64_t writes_where_code_runs(int64_t n)
{
    *(volatile uint8_t *)code.rx = 0xcc;
    return n + 1;
}

CANDIDATE static int64_t writes_where_code_is_written(int64_t n)
{
    *(volatile uint8_t *)code.rw = 0xcc;
    return n + 1;
}

static void test_code_is_not_written(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x48, 0x8d, 0x47, 0x01, 0xc3}; /* lea rax, [rdi + 1]; ret */
    memcpy(code.rw, bytes, sizeof bytes);
    assert_int_equal(outcome_of(increment, writes_to_the_library), NF_RACE_CRASHED);
    assert_int_equal(outcome_of(increment, writes_where_code_runs), NF_RACE_CRASHED);
    assert_false(is_right(outcome_of(increment, writes_where_code_is_written)));
    assert_memory_equal(code.rw, bytes, sizeof bytes);
    assert_true(is_right(outcome_of(increment, code.rx)));
}

/* --- what the process has and lacks --- */

/* Static storage; "" when there is no such process. */
static const char *proc_read(long process, const char *file)
{
    static char text[1 << 16];
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%ld/%s", process, file);
    int descriptor = open(path, O_RDONLY);
    size_t length = 0;
    ssize_t got;
    while (descriptor >= 0 && (got = read(descriptor, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)got;
    if (descriptor >= 0) close(descriptor);
    text[length] = 0;
    return text;
}

/* -1: it has ended. */
static long parent_of(long process)
{
    char state = 'Z';
    long parent = -1;
    const char *after = strrchr(proc_read(process, "stat"), ')');
    if (after) sscanf(after + 1, " %c %ld", &state, &parent);
    return state != 'Z' ? parent : -1;
}

/* A living child of that process, or -1. */
static long child_of(long process)
{
    DIR *folder = opendir("/proc");
    long child = -1;
    for (struct dirent *entry; child < 0 && (entry = readdir(folder));) {
        long number = isdigit((unsigned char)entry->d_name[0]) ? atol(entry->d_name) : -1;
        if (number > 0 && parent_of(number) == process) child = number;
    }
    closedir(folder);
    return child;
}

static uint32_t descriptors_of(long process)
{
    char path[PATH_BYTES];
    uint32_t count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", process);
    DIR *folder = opendir(path);
    if (folder == NULL) return UINT32_MAX;
    for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static bool has_line(long process, const char *file, const char *line)
{
    return strstr(proc_read(process, file), line) != NULL;
}

/* Both writable and executable, or writable code of ours. */
static uint32_t bad_mappings(long process)
{
    uint32_t count = 0;
    for (const char *line = proc_read(process, "maps"); *line; line = strchr(line, '\n') + 1) {
        const char *rights = strchr(line, ' ') + 1, *name = strstr(line, "nanoforge-code");
        bool is_code = name && name < strchr(line, '\n');
        count += rights[1] == 'w' && (rights[2] == 'x' || is_code);
    }
    return count;
}

typedef struct seen {
    bool looked;
    uint32_t descriptors, bad_mappings;
    bool filtered, no_privileges, no_core, no_memory, cpu_limited, own_waits;
} seen;
static seen what;

/* On the calling thread, while the sandbox is busy with a candidate that hangs. */
static void look(void *context, const char *stage, uint32_t done, uint32_t of)
{
    (void)context, (void)done, (void)of;
    long process = child_of(getpid());
    if (zygote) process = child_of(process);
    if (what.looked || process < 0 || strcmp(stage, "checking answers") != 0) return;
    what = (seen){
        .looked = true,
        .descriptors = descriptors_of(process),
        .bad_mappings = bad_mappings(process),
        .filtered = has_line(process, "status", "Seccomp:\t2\n"),
        .no_privileges = has_line(process, "status", "NoNewPrivs:\t1\n"),
        .no_core = has_line(process, "limits", "Max core file size        0 "),
        .no_memory = has_line(process, "limits", "Max address space         0 "),
        .cpu_limited = has_line(process, "limits", "Max cpu time              60 "),
        .own_waits = waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
    };
}

static void test_the_process_has_nothing(void **state)
{
    (void)state;
    const void *const field[] = {hangs};
    what.looked = false;
    race(increment, field, 1, look);
    assert_true(what.looked);
    assert_int_equal(what.descriptors, 0);
    assert_int_equal(what.bad_mappings, 0);
    assert_true(what.filtered);
    assert_true(what.no_privileges);
    assert_true(what.no_core);
    assert_true(what.no_memory);
    assert_true(what.cpu_limited);
    assert_true(what.own_waits);
}

/* The signal comes to the program as it would without a race, and nowhere else. */
static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
    (void)number;
    interrupts++;
}

static void interrupt_the_sandbox(void *context, const char *stage, uint32_t done, uint32_t of)
{
    (void)context, (void)done, (void)of;
    long process = child_of(getpid());
    if (zygote) process = child_of(process);
    if (process > 0 && strcmp(stage, "checking answers") == 0) kill((pid_t)process, SIGINT);
}

static void test_signals_of_the_program_are_not_the_sandboxes(void **state)
{
    (void)state;
    const void *const field[] = {hangs, increment};
    void (*before)(int) = signal(SIGINT, on_interrupt);
    interrupts = 0;
    nf_race_report report = race(increment, field, 2, interrupt_the_sandbox);
    signal(SIGINT, before);
    assert_int_equal(interrupts, 0);
    assert_int_equal(report.results[0].outcome, NF_RACE_HUNG);
    assert_true(is_right(report.results[1].outcome));
}

/* --- how it ends --- */

static bool is_gone(long process)
{
    for (int tries = 0; tries < 500; tries++) {
        if (parent_of(process) < 0) return true;
        nf_os_sleep_ns(10 * 1000 * 1000);
    }
    return false;
}

static int told; /* a pipe's end */

static void tell_processes(void *context, const char *stage, uint32_t done, uint32_t of)
{
    (void)context, (void)stage, (void)done, (void)of;
    long processes[2] = {child_of(getpid()), 0};
    processes[1] = zygote ? child_of(processes[0]) : processes[0];
    if (processes[1] > 0 && write(told, processes, sizeof processes) < 0) abort();
}

/* A program of its own, in a race until it is killed. */
static void race_until_killed(int to)
{
    const void *const field[] = {hangs};
    bool by_zygote = zygote != NULL;
    zygote = NULL;
    told = to;
    if (by_zygote && nf_zygote_open(&zygote, NULL) != NF_OK) _exit(1);
    for (;;) race(increment, field, 1, tell_processes);
}

static void test_it_dies_with_the_program(void **state)
{
    (void)state;
    long processes[2];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t program = fork();
    if (program == 0) race_until_killed(ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], processes, sizeof processes), sizeof processes);
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
    assert_true(is_gone(processes[0]));
    assert_true(is_gone(processes[1]));
    close(ends[0]);
}

/* --- what is the zygote's alone --- */

static void test_the_zygote_has_next_to_nothing(void **state)
{
    (void)state;
    long process = child_of(getpid());
    assert_true(process > 0);
    assert_int_equal(descriptors_of(process), 2);
    assert_int_equal(getsid((pid_t)process), process);
    assert_int_equal(bad_mappings(process), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static int64_t *late; /* memory from after the zygote */

CANDIDATE static int64_t reads_late_memory(int64_t n)
{
    return late[n * 512];
}

CANDIDATE static int64_t knows_late_memory(int64_t n)
{
    return n * 7;
}

static void test_memory_is_that_of_now(void **state)
{
    (void)state;
    enum { PAGES = 200 };
    late = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int64_t i = 0; i < PAGES; i++) late[i * 512] = i;
    assert_int_equal(outcome_of(reads_late_memory, knows_late_memory), NF_RACE_WRONG);
    for (int64_t i = 0; i < PAGES; i++) late[i * 512] = i * 7;
    assert_true(is_right(outcome_of(reads_late_memory, knows_late_memory)));
    munmap(late, PAGES * 4096);
    nf_race_report report = race(reads_late_memory, NULL, 0, NULL);
    assert_false(report.ran);
    assert_non_null(strstr(report.reason, "signal 11"));
}

static __thread int64_t own = 1;

CANDIDATE static int64_t adds_own(int64_t n)
{
    return n + own;
}

CANDIDATE static int64_t adds_forty_two(int64_t n)
{
    return n + 42;
}

static void *race_in_thread(void *context)
{
    (void)context;
    own = 42;
    return is_right(outcome_of(adds_own, adds_forty_two)) ? &own : NULL;
}

static void test_thread_local_variables_are_the_callers(void **state)
{
    (void)state;
    pthread_t thread;
    void *right = NULL;
    pthread_create(&thread, NULL, race_in_thread, NULL);
    pthread_join(thread, &right);
    assert_non_null(right);
}

static int64_t (*absolute)(int64_t);

CANDIDATE static int64_t calls_the_library(int64_t n)
{
    return absolute(-n) + 1;
}

/* A second copy of the C library, which the zygote has not seen. */
static void test_libraries_may_come_later(void **state)
{
    (void)state;
    void *library = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    if (library == NULL) skip();
    *(void **)&absolute = dlsym(library, "llabs");
    assert_non_null(absolute);
    assert_ptr_not_equal(absolute, llabs);
    assert_true(is_right(outcome_of(increment, calls_the_library)));
    dlclose(library);
}

static void test_a_forked_program_does_not_share_it(void **state)
{
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool right = is_right(outcome_of(increment, increment)) && child_of(getpid()) < 0;
        nf_zygote_renew(&zygote);
        right = right && child_of(getpid()) > 0 && is_right(outcome_of(increment, increment));
        nf_zygote_close(zygote);
        fflush(NULL);
        _exit(right ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(child_of(getpid()) > 0);
    assert_true(is_right(outcome_of(increment, increment)));
}

/* Somebody kills it: the races of then on fork, until there is another one. */
static void test_without_the_zygote_races_fork(void **state)
{
    (void)state;
    nf_zygote *before = zygote;
    nf_zygote_renew(&zygote);
    assert_ptr_equal(zygote, before);
    kill((pid_t)child_of(getpid()), SIGKILL);
    assert_true(is_right(outcome_of(increment, increment)));
    assert_true(is_right(outcome_of(increment, increment)));
    assert_int_equal(child_of(getpid()), -1);
    nf_zygote_renew(&zygote);
    assert_true(child_of(getpid()) > 0);
    assert_true(is_right(outcome_of(increment, increment)));
}

/* Daemons close whatever is open, and open other things at the same numbers. */
static void test_who_closes_its_socket_gets_no_letters(void **state)
{
    enum { LAST = 64, PAIRS = 16 };
    int pairs[PAIRS][2];
    char letter;
    (void)state;
    for (int descriptor = 3; descriptor < LAST; descriptor++) close(descriptor);
    for (int i = 0; i < PAIRS; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pairs[i]), 0);
    assert_true(is_right(outcome_of(increment, increment)));
    nf_zygote_renew(&zygote);
    assert_true(is_right(outcome_of(increment, increment)));
    for (int i = 0; i < 2 * PAIRS; i++) {
        assert_int_equal(recv(pairs[i / 2][i % 2], &letter, 1, 0), -1);
        assert_int_equal(errno, EAGAIN);
    }
    for (int i = 0; i < 2 * PAIRS; i++) assert_int_equal(close(pairs[i / 2][i % 2]), 0);
}

int main(void)
{
    const struct CMUnitTest both[] = {
        cmocka_unit_test(test_system_calls_are_refused),
        cmocka_unit_test(test_code_is_not_written),
        cmocka_unit_test(test_the_process_has_nothing),
        cmocka_unit_test(test_signals_of_the_program_are_not_the_sandboxes),
        cmocka_unit_test(test_it_dies_with_the_program),
    };
    const struct CMUnitTest of_the_zygote[] = {
        cmocka_unit_test(test_the_zygote_has_next_to_nothing),
        cmocka_unit_test(test_memory_is_that_of_now),
        cmocka_unit_test(test_thread_local_variables_are_the_callers),
        cmocka_unit_test(test_libraries_may_come_later),
        cmocka_unit_test(test_a_forked_program_does_not_share_it),
        cmocka_unit_test(test_without_the_zygote_races_fork),
        cmocka_unit_test(test_who_closes_its_socket_gets_no_letters),
    };
    if (nf_os_code_map(1 << 20, 0, &code, NULL) != NF_OK) return EXIT_FAILURE;
    int failed = cmocka_run_group_tests_name("forked", both, NULL, NULL);
    nf_status status = nf_zygote_open(&zygote, NULL);
    if (status != NF_UNSUPPORTED) {
        assert_int_equal(status, NF_OK);
        failed += cmocka_run_group_tests_name("by a zygote", both, NULL, NULL);
        failed += cmocka_run_group_tests_name("zygote", of_the_zygote, NULL, NULL);
    }
    nf_zygote_close(zygote);
    nf_os_code_unmap(&code);
    return failed;
}
