/*
 * fork() of the host program: both processes go on under their engines.
 *
 *   parent                                         child, one thread
 *   locks that callers take, so that what they
 *   guard is whole; a copy of the code   ── fork ──►  the copy becomes its code, at the same addresses
 *   locks let go, the copy dropped                    what threads that are gone had begun is forgotten;
 *                                                     a worker of its own
 *
 * The code must be copied: the child has no writable view of the parent's, and the parent frees and
 * overwrites code of which it knows that none of its own threads is in it.
 *
 * The worker's lock is not waited for, since a race may hold it for a second. Where it is held the
 * worker was at work: the arenas that it may have been changing are left as they are and new ones
 * begun. What else it changes is whole after each step of its own, or under the other locks.
 */
#include "engine_internal.h"

/* All engines of the process. */
static nf_engine *engines;
static uint32_t engines_lock; /* atomic */
static uint32_t lookers;      /* atomic: who reads the list without its lock */

static void list_lock(void)
{
    while (__atomic_exchange_n(&engines_lock, 1, __ATOMIC_ACQUIRE)) nf_os_yield();
}

static void list_unlock(void)
{
    __atomic_store_n(&engines_lock, 0, __ATOMIC_RELEASE);
}

static void prepare(void)
{
    list_lock();
    for (nf_engine *e = engines; e; e = e->next)
        e->fork_is_quiet = nf_os_mutex_try_lock(&e->work_lock);
    nf_llvm_fork_prepare(); /* may take long, so first calls go on meanwhile */
    for (nf_engine *e = engines; e; e = e->next) nf_os_mutex_lock(&e->compile_lock);
    for (nf_engine *e = engines; e; e = e->next) {
        nf_os_mutex_lock(&e->lock);
        nf_code_memory_fork_prepare(e->code);
    }
}

/* Of a worker that is not in this process. */
static void work_forget(nf_engine *engine)
{
    nf_os_mutex_init(&engine->work_lock);
    nf_arena_init(&engine->work_arena, &engine->allocator);
    for (nf_program *p = engine->programs; p; p = p->next)
        nf_arena_init(&p->worker_arena, &engine->allocator);
}

static void threads_forget(nf_engine *engine)
{
    nf_os_condition_init(&engine->wake);
    nf_os_condition_init(&engine->quiet);
    for (uint32_t i = 0; i < engine->function_count; i++)
        if (engine->functions[i]) engine->functions[i]->handlers = 0;
    nf_reclaim_fork(engine);
    engine->cost = (nf_cost){0};
    engine->program_time_ns = engine->race_time_ns = engine->worker_time_ns = 0;
}

/* Under no lock. */
static void child_begin(nf_engine *engine)
{
    nf_error error;
    nf_os_code_sync_register(NULL);
    nf_sampler_close(engine);
    nf_format(engine->counters_line, sizeof engine->counters_line,
              "software clocks and the time stamp counter; this process was forked");
    if (engine->worker_runs) nf_worker_start(engine, &error);
}

static void done(bool is_child)
{
    for (nf_engine *e = engines; e; e = e->next) {
        nf_code_memory_fork_done(e->code, is_child);
        if (is_child) threads_forget(e);
        nf_os_mutex_unlock(&e->lock);
    }
    for (nf_engine *e = engines; e; e = e->next) nf_os_mutex_unlock(&e->compile_lock);
    nf_llvm_fork_done(is_child);
    for (nf_engine *e = engines; e; e = e->next) {
        if (e->fork_is_quiet) nf_os_mutex_unlock(&e->work_lock);
        if (is_child && !e->fork_is_quiet) work_forget(e);
    }
    if (is_child) lookers = 0;
    for (nf_engine *e = engines; e && is_child; e = e->next) child_begin(e);
    list_unlock();
}

void nf_fork_add(nf_engine *engine)
{
    static const nf_os_fork_hooks hooks = {prepare, done};
    nf_os_fork_listen(&hooks);
    list_lock();
    engine->next = engines;
    __atomic_store_n(&engines, engine, __ATOMIC_SEQ_CST);
    list_unlock();
}

void nf_fork_remove(nf_engine *engine)
{
    list_lock();
    for (nf_engine **link = &engines; *link; link = &(*link)->next) {
        if (*link != engine) continue;
        __atomic_store_n(link, engine->next, __ATOMIC_SEQ_CST);
        break;
    }
    list_unlock();
    while (__atomic_load_n(&lookers, __ATOMIC_SEQ_CST)) nf_os_yield();
}

nf_engine *nf_engine_around(uint64_t address)
{
    uint64_t start, end;
    __atomic_fetch_add(&lookers, 1, __ATOMIC_SEQ_CST);
    nf_engine *e = __atomic_load_n(&engines, __ATOMIC_SEQ_CST);
    for (; e; e = __atomic_load_n(&e->next, __ATOMIC_SEQ_CST)) {
        nf_code_memory_range(e->code, &start, &end);
        if (address >= start && address < end) break;
    }
    __atomic_fetch_sub(&lookers, 1, __ATOMIC_SEQ_CST);
    return e;
}
