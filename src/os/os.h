/*
 * Everything that the freestanding core needs of a platform. Two implementations stand behind it:
 * linux/ (hosted) and bare/ (an embedder's memory, one thread); a port writes a third one.
 *
 * Besides this header the core needs memcpy, memmove, memset and memcmp, which compilers call on
 * their own, and an x86-64 CPU with SSE2. Unless a function says otherwise, any thread may call it.
 * Failure is an nf_status with the detail in the caller's nf_error (see base/status.h), or NULL.
 * Nothing here prints, exits or installs a signal handler; os/scan.h, which does, says so.
 */
#ifndef NF_OS_OS_H
#define NF_OS_OS_H

#include "base/status.h"
#include "os/cpu.h"

/* --- memory ---------------------------------------------------------------------------------- */

enum { NF_OS_PAGE_BYTES = 4096 };

/* The platform's general allocator (an embedder may use its own instead). Static storage. */
const nf_allocator *nf_os_allocator(void);
/* As malloc(), for free(); large blocks are on huge pages where there are any, which takes a third of
 * the time at first use. Linux only. */
void *nf_os_block(size_t size);

/*
 * Zeroed, readable and writable pages; physical memory is taken only when a page is touched (bare:
 * at once). near_hint asks for a place that a rel32 reaches from that address: as close as can be
 * found within 1 GiB, else anywhere; 0 means near the library's own code. The caller checks the
 * distance where it matters. bytes is rounded up to whole pages. NULL when there is no memory.
 */
void *nf_os_pages_map(size_t bytes, uintptr_t near_hint);
void nf_os_pages_unmap(void *pages, size_t bytes);

/*
 * Code memory: one region, seen through two views.
 *
 *      rw: read and write, never execute          rx: read and execute, never write
 *      [ a b c d ............... ]  same bytes  [ a b c d ............... ]
 *
 * What is written at rw + n is executed at rx + n. No mapping of it is ever writable and
 * executable, and no further writable one can be made. A forked child does not have the rw view:
 * it runs the code but cannot write it. The rx view is placed as near_hint says (see above). Pages
 * are zeroed and taken when touched. The region belongs to the caller; before the unmap no thread
 * may be in the code, and none may come.
 */
typedef struct nf_os_code {
    uint8_t *rw, *rx;
    size_t bytes;
    int handle; /* the platform's; Linux: the sealed memfd, which another process may map as rx */
} nf_os_code;

nf_status nf_os_code_map(size_t bytes, uintptr_t near_hint, nf_os_code *code, nf_error *error);
void nf_os_code_unmap(nf_os_code *code);

/*
 * Around fork(): a child must have code memory of its own, for the parent goes on writing to what is
 * shared. Before the fork the parent copies what is in use; in the child the copy takes the place of
 * the rx view, at the same address, and gets a writable view. Copy: a handle, or -1 when there is no
 * memory; taken by adopt, which then gives false, as when it fails: the code can be run and not
 * written (rw is NULL).
 */
int nf_os_code_copy_begin(const nf_os_code *code);
bool nf_os_code_copy_add(int copy, const nf_os_code *code, size_t offset, size_t bytes);
void nf_os_code_copy_drop(int copy);
bool nf_os_code_copy_adopt(int copy, nf_os_code *code);

/*
 * Makes every thread of the process, before it returns to user code, serialise its instruction
 * stream: afterwards none runs stale bytes of an address that was written anew. NF_UNSUPPORTED from
 * the registration: the platform cannot, and addresses of code must never be reused. Register once
 * per process, before the first issue; registering again does nothing.
 */
nf_status nf_os_code_sync_register(nf_error *error);
void nf_os_code_sync(void);

/* --- time ------------------------------------------------------------------------------------ */

/* Monotonic, in nanoseconds since an arbitrary start. */
uint64_t nf_os_time_ns(void);

/* Processor time so far: of all the process's threads, and of the one that asks. Where nobody counts
 * it, the time. */
uint64_t nf_os_process_time_ns(void);
uint64_t nf_os_thread_time_ns(void);

/* Ticks of the time stamp counter in a second; the first call may take some milliseconds. */
uint64_t nf_os_tsc_hz(void);

/*
 * The time stamp counter around measured code. Everything before start has finished when it reads
 * the counter, and nothing after it has begun; all measured code has finished when stop reads it.
 * (Intel SDM volume 2B, RDTSC and RDTSCP; LFENCE waits for all earlier instructions to complete.)
 */
static inline uint64_t nf_os_tsc_start(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static inline uint64_t nf_os_tsc_stop(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high) : : "rcx", "memory");
    return (uint64_t)high << 32 | low;
}

/* A hint to the CPU that this is a spin loop. */
static inline void nf_os_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

/* A hint that the cache line will soon be written, best into this core's cache. Any address. */
static inline void nf_os_prefetch_write(const void *line)
{
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)line));
}

/* --- threads --------------------------------------------------------------------------------- */

enum { NF_OS_THREAD_NAME_BYTES = 16 };

/* Owned by the caller; must neither move nor go away between create and the end of join. */
typedef struct nf_os_thread {
    void (*run)(void *context);
    void *context;
    uint64_t handle;
    char name[NF_OS_THREAD_NAME_BYTES];
} nf_os_thread;

/*
 * Starts a thread that calls run(context) and ends. It takes no asynchronous signal, so that the
 * program's handlers never run on it. name (cut to 15 bytes) is for debuggers.
 * NF_UNSUPPORTED where there are no threads: the caller then does the work itself.
 */
nf_status nf_os_thread_create(nf_os_thread *thread, const char *name, void (*run)(void *context),
                              void *context, nf_error *error);
void nf_os_thread_join(nf_os_thread *thread);

uint64_t nf_os_thread_id(void);  /* unique among the process's living threads; never 0 */
uint32_t nf_os_process_id(void); /* changes in a forked child */
void nf_os_yield(void);
void nf_os_sleep_ns(uint64_t duration_ns); /* at least this long */
uint32_t nf_os_cpu_number(void);           /* where the thread runs right now */
uint32_t nf_os_cpu_count(void);            /* that this process may run on; at least 1 */

/*
 * Others may cancel a thread, which then ends inside one of many calls of the platform, with its locks
 * held. Between these two the calling thread goes on; restore takes what disable has given. (Bare: no
 * thread is cancelled.)
 */
int nf_os_cancel_disable(void);
void nf_os_cancel_restore(int before);

/* Keeps the calling thread on one CPU. NF_ARGUMENT: there is no such CPU, or it is not allowed. */
nf_status nf_os_thread_pin(uint32_t cpu, nf_error *error);

/*
 * Waiting for a word in memory, which may be shared between processes. wait sleeps as long as the
 * word is as expected, until a wake comes, or for timeout_ns; it may also return for no reason.
 * Who changes the word and then wakes is never missed: wait compares and falls asleep in one step.
 * (Bare: wait returns at once, for nobody else can change the word.)
 */
void nf_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void nf_os_wake(const uint32_t *word); /* everybody who waits for it */

/*
 * One side of an asymmetric fence: every thread of a registered process passes through a full
 * memory fence before fence_everywhere returns, so that threads which often store to one place and
 * then load another need none of their own. Takes some microseconds. A process registers once;
 * again does nothing. False: the platform cannot.
 */
bool nf_os_fence_register(void);
bool nf_os_fence_everywhere(void);

/*
 * A number for this process that no other one gets before the machine is started anew; never 0.
 * Known to processes of one namespace only. is_alive is false when the process has ended, even if
 * its parent has not yet taken notice; each call of it reads a file.
 */
uint64_t nf_os_process_stamp(void);
bool nf_os_process_is_alive(uint64_t stamp);

/* Storage for the platform's mutex and condition; address-bound: init where it will stay. */
typedef struct nf_os_mutex {
    uint64_t words[5];
} nf_os_mutex;

typedef struct nf_os_condition {
    uint64_t words[6];
} nf_os_condition;

/* Not recursive. Unlock by the thread that locked. Destroy only when unlocked. */
void nf_os_mutex_init(nf_os_mutex *mutex);
void nf_os_mutex_destroy(nf_os_mutex *mutex);
void nf_os_mutex_lock(nf_os_mutex *mutex);
bool nf_os_mutex_try_lock(nf_os_mutex *mutex);
void nf_os_mutex_unlock(nf_os_mutex *mutex);

#define NF_OS_FOREVER UINT64_MAX

/* The caller holds the mutex. Returns false when timeout_ns went by without a wake-up; may also
 * return true for no reason: test what was waited for in a loop. */
void nf_os_condition_init(nf_os_condition *condition);
void nf_os_condition_destroy(nf_os_condition *condition);
bool nf_os_condition_wait(nf_os_condition *condition, nf_os_mutex *mutex, uint64_t timeout_ns);
void nf_os_condition_signal(nf_os_condition *condition);
void nf_os_condition_broadcast(nf_os_condition *condition);

/*
 * Called around every fork() of the process, on the thread that forks: prepare before it, done
 * after it in both processes, of which the child has no other thread. The last hooks given count.
 * Where nothing forks, never called.
 */
typedef struct nf_os_fork_hooks {
    void (*prepare)(void);
    void (*done)(bool is_child);
} nf_os_fork_hooks;

void nf_os_fork_listen(const nf_os_fork_hooks *hooks);

/* --- the host program ------------------------------------------------------------------------ */

/* The address of a symbol that the program can see by name, or NULL. */
void *nf_os_symbol(const char *name);

/* A call by the System V ABI to a function whose signature is known only now: what each argument
 * register gets, what lies on the stack, and what came back. */
enum { NF_OS_CALL_INTEGERS = 6, NF_OS_CALL_VECTORS = 8 };

typedef struct nf_os_call_frame {
    uint64_t integers[NF_OS_CALL_INTEGERS];  /* rdi rsi rdx rcx r8 r9 */
    uint64_t vectors[NF_OS_CALL_VECTORS][2]; /* xmm0 to xmm7 */
    const uint64_t *stack;                   /* the arguments in memory, first one first */
    size_t stack_count;
    uint64_t result_integer[2]; /* out: rax rdx */
    uint64_t result_vector[2];  /* out: xmm0 */
} nf_os_call_frame;

void nf_os_call(const void *target, nf_os_call_frame *frame);

#endif
