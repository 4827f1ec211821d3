/*
 * Confinement: first the capabilities, down to CAP_PERFMON; then, with the socket made, the system
 * calls, down to what serving takes. Both can't be undone by the process.
 *
 * The filter is built by hand: it is a list of numbers and two conditions on arguments.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "daemon.h"

static bool bounding_set_drop(void)
{
    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++) {
        if (capability == CAP_PERFMON) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM && errno != EINVAL)
            return false;
    }
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0;
}

bool confine_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2], wanted[2];
    const uint32_t perfmon = CAP_TO_MASK(CAP_PERFMON);
    unsigned word = CAP_TO_INDEX(CAP_PERFMON);
    memset(wanted, 0, sizeof wanted);
    if (syscall(SYS_capget, &header, data) != 0) {
        log_line("cannot read capabilities: %s", strerror(errno));
        return false;
    }
    bool has = data[word].permitted & perfmon;
    if (has)
        wanted[word].permitted = wanted[word].effective = perfmon;
    else
        log_line("without CAP_PERFMON: what perf_event_paranoid allows is all that clients get");
    if (!bounding_set_drop() || syscall(SYS_capset, &header, wanted) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        log_line("cannot drop privileges: %s", strerror(errno));
        return false;
    }
    return true;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW(number)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* The call is allowed when the low word of an argument has exactly this value. */
#define ALLOW_WHEN(number, argument, value)                                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 4), LOAD(args[argument]),                     \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1),                                        \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),                                              \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

bool confine_calls(void)
{
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        ALLOW(SYS_poll),
        ALLOW(SYS_ppoll),
        ALLOW(SYS_restart_syscall),
        ALLOW(SYS_accept4),
        ALLOW(SYS_recvmsg),
        ALLOW(SYS_sendmsg),
        ALLOW(SYS_getsockopt),
        ALLOW(SYS_geteuid),
        ALLOW(SYS_close),
        ALLOW(SYS_write),
        ALLOW(SYS_clock_gettime),
        ALLOW(SYS_perf_event_open),
        ALLOW(SYS_rt_sigreturn),
        ALLOW(SYS_unlink),
        ALLOW(SYS_exit_group),
#ifdef __SANITIZE_THREAD__ /* its run-time library keeps a shadow, and waits at the end */
        ALLOW(SYS_mmap),
        ALLOW(SYS_munmap),
        ALLOW(SYS_madvise),
        ALLOW(SYS_futex),
        ALLOW(SYS_clock_nanosleep),
        ALLOW(SYS_sched_yield),
        ALLOW(SYS_rt_sigprocmask),
#endif
        ALLOW_WHEN(SYS_tgkill, 2, 0), /* does the thread exist? never a signal */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return true;
    log_line("cannot confine system calls: %s", strerror(errno));
    return false;
}
