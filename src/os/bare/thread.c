/*
 * One thread on bare metal; see bare.h, os.h.
 *
 * A mutex is a word that says whether it is held, so that try_lock tells the truth. To lock a held
 * one would never end: it is our own bug, and trapped in debug builds.
 */
#include "bare.h"
#include "base/assert.h"

nf_status nf_os_thread_create(nf_os_thread *thread, const char *name, void (*run)(void *context),
                              void *context, nf_error *error)
{
    *thread = (nf_os_thread){.run = run, .context = context};
    return nf_fail(error, NF_UNSUPPORTED, "thread %s: this platform has one thread", name);
}

void nf_os_thread_join(nf_os_thread *thread)
{
    (void)thread;
}

int nf_os_cancel_disable(void)
{
    return 0;
}

void nf_os_cancel_restore(int before)
{
    (void)before;
}

uint64_t nf_os_thread_id(void)
{
    return 1;
}

uint32_t nf_os_process_id(void)
{
    return 1;
}

void nf_os_yield(void)
{
    nf_os_relax();
}

uint32_t nf_os_cpu_number(void)
{
    return 0;
}

uint32_t nf_os_cpu_count(void)
{
    return 1;
}

void nf_os_mutex_init(nf_os_mutex *mutex)
{
    mutex->words[0] = 0;
}

void nf_os_mutex_destroy(nf_os_mutex *mutex)
{
    NF_ASSERT(mutex->words[0] == 0);
    (void)mutex;
}

void nf_os_mutex_lock(nf_os_mutex *mutex)
{
    NF_ASSERT(mutex->words[0] == 0);
    mutex->words[0] = 1;
}

bool nf_os_mutex_try_lock(nf_os_mutex *mutex)
{
    bool free = mutex->words[0] == 0;
    mutex->words[0] = 1;
    return free;
}

void nf_os_mutex_unlock(nf_os_mutex *mutex)
{
    NF_ASSERT(mutex->words[0] == 1);
    mutex->words[0] = 0;
}

void nf_os_condition_init(nf_os_condition *condition)
{
    (void)condition;
}

void nf_os_condition_destroy(nf_os_condition *condition)
{
    (void)condition;
}

/* Nobody else can wake the caller. */
bool nf_os_condition_wait(nf_os_condition *condition, nf_os_mutex *mutex, uint64_t timeout_ns)
{
    (void)condition;
    (void)mutex;
    (void)timeout_ns;
    return false;
}

void nf_os_condition_signal(nf_os_condition *condition)
{
    (void)condition;
}

void nf_os_condition_broadcast(nf_os_condition *condition)
{
    (void)condition;
}

nf_status nf_os_thread_pin(uint32_t cpu, nf_error *error)
{
    return cpu == 0 ? NF_OK : nf_fail(error, NF_ARGUMENT, "CPU %u: there is one", cpu);
}

void nf_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    (void)word;
    (void)expected;
    (void)timeout_ns;
}

void nf_os_wake(const uint32_t *word)
{
    (void)word;
}

/* The one thread sees its own stores. */
bool nf_os_fence_register(void)
{
    return true;
}

bool nf_os_fence_everywhere(void)
{
    return true;
}

uint64_t nf_os_process_stamp(void)
{
    return 1;
}

bool nf_os_process_is_alive(uint64_t stamp)
{
    return stamp == 1;
}

void nf_os_fork_listen(const nf_os_fork_hooks *hooks)
{
    (void)hooks;
}

nf_status nf_os_code_sync_register(nf_error *error)
{
    (void)error;
    return NF_OK;
}

/* One thread: CPUID serialises it (Intel SDM volume 3A, 9.3). */
void nf_os_code_sync(void)
{
    uint32_t eax = 0, ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "+c"(ecx) : : "rbx", "rdx", "memory");
}

void *nf_os_symbol(const char *name)
{
    void *(*symbol)(const char *) = nf_bare_platform_get()->symbol;
    return symbol ? symbol(name) : NULL;
}
