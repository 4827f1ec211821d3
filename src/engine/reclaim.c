/*
 * Reclamation: code that no slot leads to is freed when a scan of all threads (os/scan.h) has shown
 * that none is in it or returns to it. Callers pay nothing, neither at calls nor at returns.
 *
 * Why one scan is enough: a retired version is in no slot, so no call can begin in it after its
 * retirement; a thread that had loaded its address from a slot holds it in a register or on its
 * stack. What the scan does not see is left, and comes with the next scan. Before its address is
 * used again every core serialises (nf_os_code_sync).
 *
 * An entry's handler may put the address of a version into the slot (handlers.c), and it may have
 * read that address before the version retired. So versions of a function wait while a caller is in
 * such a handler: who enters one afterwards reads an address that is not retired.
 *
 * A thread that can't be looked at, or gets no processor, keeps everything waiting. When a batch is
 * full, no function climbs and no loop is moved to better code until some of it is free, so that
 * versions are not made faster than they go.
 */
#include "engine_internal.h"
#include "os/scan.h"

enum {
    DUE_BYTES = 256 << 10, /* scan when so much waits, */
    DUE_COUNT = 512,       /* or so many versions */
    BACKOFF_MIN_NS = 50 * 1000 * 1000,
    BACKOFF_MAX_NS = 2000 * 1000 * 1000,
    SCAN_TIMEOUT_MAX_NS = 1000 * 1000 * 1000,
    BATCH = NF_OS_SCAN_MAX,
};

typedef struct nf_reclaimer {
    nf_version *waiting; /* linked by next_retired */
    size_t bytes, pinned_bytes;
    uint32_t count;
    uint64_t not_before_ns, backoff_ns;
    bool is_fruitless; /* the last time nothing could be freed */
    bool works;        /* the platform can scan and serialise */
    nf_os_range ranges[BATCH];
    nf_version *versions[BATCH];
} nf_reclaimer;

nf_status nf_reclaim_open(nf_engine *engine, nf_error *error)
{
    nf_reclaimer *r = engine->allocator.allocate(engine->allocator.context, sizeof *r);
    if (r == NULL) return nf_fail(error, NF_MEMORY, "no memory for the list of retired code");
    *r = (nf_reclaimer){.backoff_ns = BACKOFF_MIN_NS};
    r->works = nf_os_scan_open(NULL) == NF_OK && nf_os_code_sync_register(NULL) == NF_OK;
    engine->reclaimer = r;
    return NF_OK;
}

void nf_reclaim_close(nf_engine *engine)
{
    if (engine->reclaimer)
        engine->allocator.release(engine->allocator.context, engine->reclaimer,
                                  sizeof(nf_reclaimer));
    engine->reclaimer = NULL;
}

void nf_reclaim_add(nf_engine *engine, nf_version *version)
{
    nf_reclaimer *r = engine->reclaimer;
    version->next_retired = r->waiting;
    r->waiting = version;
    r->bytes += version->code_bytes;
    r->count++;
}

void nf_reclaim_forget(nf_engine *engine, const nf_program *program)
{
    nf_reclaimer *r = engine->reclaimer;
    for (nf_version **link = &r->waiting; *link;) {
        nf_version *version = *link;
        if (version->function->program != program) {
            link = &version->next_retired;
            continue;
        }
        *link = version->next_retired;
        r->bytes -= version->code_bytes;
        r->count--;
    }
}

void nf_reclaim_fork(nf_engine *engine)
{
    nf_reclaimer *r = engine->reclaimer;
    r->waiting = NULL;
    r->bytes = r->count = 0;
    for (const nf_program *p = engine->programs; p; p = p->next)
        for (uint32_t i = 0; i < p->function_count; i++)
            for (nf_version *v = p->functions[i].versions; v; v = v->older)
                if (v->retired && !v->freed) nf_reclaim_add(engine, v);
}

static bool may_come_back(const nf_version *version)
{
    return __atomic_load_n(&version->function->handlers, __ATOMIC_SEQ_CST) != 0;
}

/* Insertion by address: batches are small and come almost sorted. */
static uint32_t batch_take(nf_reclaimer *r)
{
    uint32_t count = 0;
    for (nf_version **link = &r->waiting; *link && count < BATCH;) {
        nf_version *version = *link;
        if (may_come_back(version)) {
            link = &version->next_retired;
            continue;
        }
        *link = version->next_retired;
        uint32_t at = count++;
        for (; at > 0 && r->versions[at - 1]->address > version->address; at--)
            r->versions[at] = r->versions[at - 1];
        r->versions[at] = version;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = r->versions[i]->address;
        r->ranges[i] = (nf_os_range){start, start + r->versions[i]->code_bytes, false};
    }
    return count;
}

static void version_free(nf_engine *engine, nf_version *version)
{
    nf_engine_event(engine, NF_EVENT_FREED, version->function, version, version->code_bytes, "%s",
                    "no thread is in it");
    nf_os_mutex_lock(&engine->lock); /* so that no fork comes between */
    nf_code_free(engine->code, version->address);
    version->address = 0;
    version->freed = true;
    nf_version_gone(version);
    nf_os_mutex_unlock(&engine->lock);
}

static void batch_settle(nf_engine *engine, uint32_t count, bool known)
{
    nf_reclaimer *r = engine->reclaimer;
    size_t pinned = 0;
    for (uint32_t i = 0; i < count; i++) {
        nf_version *version = r->versions[i];
        pinned += known && r->ranges[i].pinned ? version->code_bytes : 0;
        if (known && !r->ranges[i].pinned) {
            r->bytes -= version->code_bytes;
            r->count--;
            version_free(engine, version);
        } else {
            version->next_retired = r->waiting;
            r->waiting = version;
        }
    }
    __atomic_store_n(&r->pinned_bytes, pinned, __ATOMIC_RELAXED);
}

/* Threads may be many more than processors: the less often it is tried, the more patiently. */
static uint64_t scan_timeout_ns(const nf_reclaimer *r)
{
    return r->backoff_ns * 2 < SCAN_TIMEOUT_MAX_NS ? r->backoff_ns * 2 : SCAN_TIMEOUT_MAX_NS;
}

/* While all that waits is in use, or threads can't be looked at, it is tried less and less often. */
static void backoff_set(nf_engine *engine, bool freed)
{
    nf_reclaimer *r = engine->reclaimer;
    r->is_fruitless = !freed;
    r->backoff_ns = freed ? BACKOFF_MIN_NS : r->backoff_ns * 2;
    if (r->backoff_ns > BACKOFF_MAX_NS) r->backoff_ns = BACKOFF_MAX_NS;
    r->not_before_ns = nf_engine_now(engine) + r->backoff_ns;
}

size_t nf_reclaim(nf_engine *engine)
{
    nf_reclaimer *r = engine->reclaimer;
    if (!r->works || r->waiting == NULL) return r->bytes;
    size_t before = r->bytes;
    uint32_t count = batch_take(r);
    bool known = nf_os_scan(r->ranges, count, engine->own_stack, scan_timeout_ns(r));
    batch_settle(engine, count, known);
    if (known) nf_os_code_sync();
    backoff_set(engine, r->bytes < before);
    return r->bytes;
}

bool nf_reclaim_is_fruitless(const nf_engine *engine)
{
    const nf_reclaimer *r = engine->reclaimer;
    return !r->works || (r->is_fruitless && nf_engine_now(engine) < r->not_before_ns);
}

bool nf_reclaim_is_full(const nf_engine *engine)
{
    return engine->reclaimer->count >= BATCH;
}

void nf_reclaim_when_due(nf_engine *engine)
{
    const nf_reclaimer *r = engine->reclaimer;
    if ((r->bytes >= DUE_BYTES || r->count >= DUE_COUNT) &&
        nf_engine_now(engine) >= r->not_before_ns)
        nf_reclaim(engine);
}

size_t nf_reclaim_bytes(const nf_engine *engine)
{
    return __atomic_load_n(&engine->reclaimer->bytes, __ATOMIC_RELAXED);
}

size_t nf_reclaim_pinned(const nf_engine *engine)
{
    return __atomic_load_n(&engine->reclaimer->pinned_bytes, __ATOMIC_RELAXED);
}
