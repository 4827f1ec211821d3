/* Threads, locks and code synchronisation on Linux: POSIX threads and membarrier(2); see os.h. */
#include "os/os.h"
#include "base/text.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000 };

_Static_assert(sizeof(pthread_t) <= sizeof(uint64_t), "nf_os_thread holds it");
_Static_assert(sizeof(pthread_mutex_t) <= sizeof(nf_os_mutex), "nf_os_mutex holds it");
_Static_assert(sizeof(pthread_cond_t) <= sizeof(nf_os_condition), "nf_os_condition holds it");

static void *thread_main(void *argument)
{
    nf_os_thread *thread = argument;
    pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->context);
    return NULL;
}

/* All but those that a thread's own instruction causes: blocked, they would kill the process. */
static void signals_asynchronous(sigset_t *set)
{
    static const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof synchronous / sizeof *synchronous; i++)
        sigdelset(set, synchronous[i]);
}

nf_status nf_os_thread_create(nf_os_thread *thread, const char *name, void (*run)(void *context),
                              void *context, nf_error *error)
{
    sigset_t blocked, before;
    pthread_t handle;
    *thread = (nf_os_thread){.run = run, .context = context};
    nf_format(thread->name, sizeof thread->name, "%s", name);
    signals_asynchronous(&blocked);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int refused = pthread_create(&handle, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (refused) return nf_fail(error, NF_OS, "pthread_create: %s", strerror(refused));
    memcpy(&thread->handle, &handle, sizeof handle);
    return NF_OK;
}

void nf_os_thread_join(nf_os_thread *thread)
{
    pthread_t handle;
    memcpy(&handle, &thread->handle, sizeof handle);
    pthread_join(handle, NULL);
}

int nf_os_cancel_disable(void)
{
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

void nf_os_cancel_restore(int before)
{
    pthread_setcancelstate(before, NULL);
}

uint64_t nf_os_thread_id(void)
{
    return (uint64_t)gettid();
}

uint32_t nf_os_process_id(void)
{
    return (uint32_t)getpid();
}

void nf_os_yield(void)
{
    sched_yield();
}

uint32_t nf_os_cpu_number(void)
{
    int number = sched_getcpu();
    return number < 0 ? 0 : (uint32_t)number;
}

uint32_t nf_os_cpu_count(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1; /* above 1024 CPUs */
    return (uint32_t)CPU_COUNT(&allowed);
}

void nf_os_mutex_init(nf_os_mutex *mutex)
{
    pthread_mutex_init((pthread_mutex_t *)mutex, NULL);
}

void nf_os_mutex_destroy(nf_os_mutex *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

void nf_os_mutex_lock(nf_os_mutex *mutex)
{
    pthread_mutex_lock((pthread_mutex_t *)mutex);
}

bool nf_os_mutex_try_lock(nf_os_mutex *mutex)
{
    return pthread_mutex_trylock((pthread_mutex_t *)mutex) == 0;
}

void nf_os_mutex_unlock(nf_os_mutex *mutex)
{
    pthread_mutex_unlock((pthread_mutex_t *)mutex);
}

void nf_os_condition_init(nf_os_condition *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init((pthread_cond_t *)condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void nf_os_condition_destroy(nf_os_condition *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}

static struct timespec deadline_after(uint64_t duration_ns)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(duration_ns / NS_PER_S);
    deadline.tv_nsec += (long)(duration_ns % NS_PER_S);
    if (deadline.tv_nsec >= NS_PER_S) {
        deadline.tv_nsec -= NS_PER_S;
        deadline.tv_sec++;
    }
    return deadline;
}

bool nf_os_condition_wait(nf_os_condition *condition, nf_os_mutex *mutex, uint64_t timeout_ns)
{
    pthread_cond_t *waited = (pthread_cond_t *)condition;
    pthread_mutex_t *held = (pthread_mutex_t *)mutex;
    if (timeout_ns == NF_OS_FOREVER) return pthread_cond_wait(waited, held) == 0;
    struct timespec deadline = deadline_after(timeout_ns);
    return pthread_cond_timedwait(waited, held, &deadline) != ETIMEDOUT;
}

void nf_os_condition_signal(nf_os_condition *condition)
{
    pthread_cond_signal((pthread_cond_t *)condition);
}

void nf_os_condition_broadcast(nf_os_condition *condition)
{
    pthread_cond_broadcast((pthread_cond_t *)condition);
}

nf_status nf_os_code_sync_register(nf_error *error)
{
    int command = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    if (syscall(SYS_membarrier, command, 0, 0) == 0) return NF_OK;
    return nf_fail(error, NF_UNSUPPORTED, "membarrier: %s", strerror(errno));
}

void nf_os_code_sync(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}
