/*
 * Code memory: the region, its extents, transactions. See code.h for the contract.
 *
 * The region is described outside itself by one array of extents, ordered by address, that covers
 * it without gaps; two free extents never touch. So next fit, split and merge are each a walk or a
 * memmove over a small array, and nothing that a stray write in generated code could reach decides
 * where code goes.
 *
 *   extents:  [object 128][free 64][object 4096][free ...]
 *
 * An extent of an open transaction counts as used but has no name, so nf_code_find() skips it.
 */
#include "code.h"
#include "base/assert.h"
#include "base/text.h"

enum { EXTENTS_MIN = 64, CODE_BYTES_MAX = 1 << 30, INT3 = 0xcc };

typedef enum extent_state { EXTENT_FREE, EXTENT_OPEN, EXTENT_OBJECT } extent_state;

typedef struct extent {
    uint32_t offset, bytes;
    extent_state state;
    nf_code_object object;
} extent;

struct nf_code_memory {
    nf_allocator allocator;
    nf_os_code view;
    nf_os_mutex mutex;
    extent *extents;
    uint32_t count, capacity;
    uint32_t rover; /* extent to look at first */
    size_t used;
    int copy; /* of the code, while the process forks */
    void (*listen)(void *context, const nf_code_object *object);
    void *listen_context;
};

static bool extents_reserve(nf_code_memory *m, uint32_t wanted)
{
    if (wanted <= m->capacity) return true;
    uint32_t capacity = EXTENTS_MIN;
    while (capacity < wanted) capacity *= 2;
    extent *grown = m->allocator.allocate(m->allocator.context, capacity * sizeof *grown);
    if (grown == NULL) return false;
    if (m->extents) {
        __builtin_memcpy(grown, m->extents, m->count * sizeof *grown);
        m->allocator.release(m->allocator.context, m->extents, m->capacity * sizeof *grown);
    }
    m->extents = grown;
    m->capacity = capacity;
    return true;
}

static void extent_insert(nf_code_memory *m, uint32_t at, extent e)
{
    __builtin_memmove(&m->extents[at + 1], &m->extents[at], (m->count - at) * sizeof e);
    m->extents[at] = e;
    m->count++;
}

static void extent_remove(nf_code_memory *m, uint32_t at)
{
    m->count--;
    __builtin_memmove(&m->extents[at], &m->extents[at + 1], (m->count - at) * sizeof(extent));
}

/* The extent that covers offset: the array has no gaps, so there is always one. */
static uint32_t extent_at(const nf_code_memory *m, uint32_t offset)
{
    uint32_t low = 0, high = m->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (m->extents[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Under the lock; nf_code_memory_used() reads without it. */
static void used_change(nf_code_memory *m, int64_t bytes)
{
    __atomic_store_n(&m->used, m->used + (uint64_t)bytes, __ATOMIC_RELAXED);
}

static void extent_release(nf_code_memory *m, uint32_t at)
{
    extent *e = &m->extents[at];
    used_change(m, -(int64_t)e->bytes);
    e->state = EXTENT_FREE;
    if (at + 1 < m->count && m->extents[at + 1].state == EXTENT_FREE) {
        e->bytes += m->extents[at + 1].bytes;
        extent_remove(m, at + 1);
    }
    if (at > 0 && m->extents[at - 1].state == EXTENT_FREE) {
        m->extents[at - 1].bytes += m->extents[at].bytes;
        extent_remove(m, at);
    }
}

/* Cuts the extent so that it keeps bytes; the rest becomes free. There is room in the array. */
static void extent_cut(nf_code_memory *m, uint32_t at, uint32_t bytes)
{
    extent *e = &m->extents[at];
    if (e->bytes == bytes) return;
    extent rest = {.offset = e->offset + bytes, .bytes = e->bytes - bytes, .state = EXTENT_OPEN};
    e->bytes = bytes;
    extent_insert(m, at + 1, rest);
    extent_release(m, at + 1);
}

nf_status nf_code_memory_new(const nf_allocator *allocator, size_t bytes, nf_code_memory **memory,
                             nf_error *error)
{
    *memory = NULL;
    if (bytes == 0 || bytes > CODE_BYTES_MAX)
        return nf_fail(error, NF_ARGUMENT, "code memory must have 1 byte to %d bytes, not %zu",
                       CODE_BYTES_MAX, bytes);
    bytes = (bytes + NF_OS_PAGE_BYTES - 1) & ~(size_t)(NF_OS_PAGE_BYTES - 1);
    nf_code_memory *m = allocator->allocate(allocator->context, sizeof *m);
    if (m == NULL) return nf_fail(error, NF_MEMORY, "no memory for the code memory's record");
    *m = (nf_code_memory){.allocator = *allocator};
    nf_status status = nf_os_code_map(bytes, 0, &m->view, error);
    if (status != NF_OK) goto fail_record;
    if (!extents_reserve(m, EXTENTS_MIN)) {
        status = nf_fail(error, NF_MEMORY, "no memory for the list of code objects");
        goto fail_view;
    }
    nf_os_mutex_init(&m->mutex);
    m->extents[0] = (extent){.bytes = (uint32_t)bytes};
    m->count = 1;
    *memory = m;
    return NF_OK;
fail_view:
    nf_os_code_unmap(&m->view);
fail_record:
    allocator->release(allocator->context, m, sizeof *m);
    return status;
}

void nf_code_memory_free(nf_code_memory *m)
{
    if (m == NULL) return;
    nf_allocator allocator = m->allocator;
    nf_os_code_unmap(&m->view);
    nf_os_mutex_destroy(&m->mutex);
    allocator.release(allocator.context, m->extents, m->capacity * sizeof(extent));
    allocator.release(allocator.context, m, sizeof *m);
}

static size_t largest_free(const nf_code_memory *m)
{
    size_t largest = 0;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->extents[i].state == EXTENT_FREE && m->extents[i].bytes > largest)
            largest = m->extents[i].bytes;
    return largest;
}

/* Next fit: from where the last object went, once around. */
static uint32_t next_fit(nf_code_memory *m, uint32_t bytes)
{
    if (m->rover >= m->count) m->rover = 0;
    for (uint32_t tried = 0; tried < m->count; tried++) {
        uint32_t at = m->rover + tried;
        if (at >= m->count) at -= m->count;
        if (m->extents[at].state != EXTENT_FREE || m->extents[at].bytes < bytes) continue;
        m->rover = at;
        return at;
    }
    return UINT32_MAX;
}

static uint32_t round_up(uint32_t bytes)
{
    return bytes == 0 ? NF_CODE_ALIGN
                      : (bytes + NF_CODE_ALIGN - 1) & ~(uint32_t)(NF_CODE_ALIGN - 1);
}

static nf_status begin_locked(nf_code_memory *m, uint32_t bytes, nf_code_tx *tx, nf_error *error)
{
    if (m->view.rw == NULL)
        return nf_fail(error, NF_CODE_FULL, "this process was forked without code memory");
    uint32_t at = next_fit(m, bytes);
    if (at == UINT32_MAX)
        return nf_fail(error, NF_CODE_FULL,
                       "code memory is full: %u bytes wanted, %zu of %zu used, largest gap %zu",
                       bytes, m->used, m->view.bytes, largest_free(m));
    /* One entry for this cut, one for each open transaction's cut at its commit. */
    if (!extents_reserve(m, m->count * 2 + 2))
        return nf_fail(error, NF_MEMORY, "no memory for the list of code objects");
    m->extents[at].state = EXTENT_OPEN;
    used_change(m, m->extents[at].bytes);
    extent_cut(m, at, bytes);
    uint32_t offset = m->extents[at].offset;
    *tx = (nf_code_tx){m, m->view.rw + offset, (uint64_t)(uintptr_t)(m->view.rx + offset), bytes};
    return NF_OK;
}

nf_status nf_code_begin(nf_code_memory *m, uint32_t bytes, nf_code_tx *tx, nf_error *error)
{
    *tx = (nf_code_tx){0};
    if (bytes > CODE_BYTES_MAX)
        return nf_fail(error, NF_CODE_FULL,
                       "a code object of %u bytes is larger than any code memory", bytes);
    nf_os_mutex_lock(&m->mutex);
    nf_status status = begin_locked(m, round_up(bytes), tx, error);
    nf_os_mutex_unlock(&m->mutex);
    return status;
}

static uint32_t offset_of(const nf_code_memory *m, uint64_t address)
{
    return (uint32_t)(address - (uint64_t)(uintptr_t)m->view.rx);
}

void nf_code_commit(nf_code_tx *tx, uint32_t bytes_used, const char *name, void *owner)
{
    nf_code_memory *m = tx->memory;
    NF_ASSERT(bytes_used > 0);
    uint32_t used_end = offset_of(m, tx->address) + bytes_used, end = round_up(used_end);
    __builtin_memset(tx->rw + bytes_used, INT3, end - used_end);
    nf_os_mutex_lock(&m->mutex);
    uint32_t at = extent_at(m, offset_of(m, tx->address));
    extent_cut(m, at, end - m->extents[at].offset);
    extent *e = &m->extents[at];
    e->state = EXTENT_OBJECT;
    e->object = (nf_code_object){.address = tx->address, .bytes = bytes_used, .owner = owner};
    nf_format(e->object.name, sizeof e->object.name, "%s", name);
    if (m->listen) m->listen(m->listen_context, &e->object);
    nf_os_mutex_unlock(&m->mutex);
    *tx = (nf_code_tx){0};
}

void nf_code_abort(nf_code_tx *tx)
{
    nf_code_memory *m = tx->memory;
    if (m == NULL) return;
    nf_os_mutex_lock(&m->mutex);
    extent_release(m, extent_at(m, offset_of(m, tx->address)));
    nf_os_mutex_unlock(&m->mutex);
    *tx = (nf_code_tx){0};
}

void nf_code_free(nf_code_memory *m, uint64_t address)
{
    nf_os_mutex_lock(&m->mutex);
    uint32_t at = extent_at(m, offset_of(m, address));
    extent *e = &m->extents[at];
    NF_ASSERT(e->state == EXTENT_OBJECT && e->object.address == address);
    if (m->view.rw) __builtin_memset(m->view.rw + e->offset, INT3, e->bytes);
    e->object.bytes = 0;
    if (m->listen) m->listen(m->listen_context, &e->object);
    extent_release(m, at);
    nf_os_mutex_unlock(&m->mutex);
}

void nf_code_link(nf_code_memory *m, uint64_t field, uint64_t target)
{
    typedef int32_t displacement __attribute__((aligned(1)));
    volatile displacement *place = (volatile displacement *)(m->view.rw + offset_of(m, field));
    *place = (int32_t)(target - (field + sizeof *place));
}

static bool is_inside(const nf_code_memory *m, uint64_t pc)
{
    uint64_t start = (uint64_t)(uintptr_t)m->view.rx;
    return pc >= start && pc < start + m->view.bytes;
}

/* Under the mutex, which it leaves. */
static bool find(nf_code_memory *m, uint64_t pc, nf_code_object *object)
{
    const extent *e = &m->extents[extent_at(m, (uint32_t)(pc - (uint64_t)(uintptr_t)m->view.rx))];
    bool found = e->state == EXTENT_OBJECT;
    if (found) *object = e->object;
    nf_os_mutex_unlock(&m->mutex);
    return found;
}

bool nf_code_find(nf_code_memory *m, uint64_t pc, nf_code_object *object)
{
    if (!is_inside(m, pc)) return false;
    nf_os_mutex_lock(&m->mutex);
    return find(m, pc, object);
}

bool nf_code_try_find(nf_code_memory *m, uint64_t pc, nf_code_object *object)
{
    return is_inside(m, pc) && nf_os_mutex_try_lock(&m->mutex) && find(m, pc, object);
}

static uint32_t count_objects(const nf_code_memory *m)
{
    uint32_t objects = 0;
    for (uint32_t i = 0; i < m->count; i++) objects += m->extents[i].state == EXTENT_OBJECT;
    return objects;
}

nf_code_usage nf_code_memory_usage(nf_code_memory *m)
{
    nf_os_mutex_lock(&m->mutex);
    nf_code_usage usage = {m->view.bytes, m->used, largest_free(m), count_objects(m)};
    nf_os_mutex_unlock(&m->mutex);
    return usage;
}

size_t nf_code_memory_used(const nf_code_memory *m)
{
    return __atomic_load_n(&m->used, __ATOMIC_RELAXED);
}

void nf_code_memory_range(const nf_code_memory *m, uint64_t *start, uint64_t *end)
{
    *start = (uint64_t)(uintptr_t)m->view.rx;
    *end = *start + m->view.bytes;
}

void nf_code_memory_listen(nf_code_memory *m,
                           void (*listen)(void *context, const nf_code_object *object),
                           void *context)
{
    nf_os_mutex_lock(&m->mutex);
    m->listen = listen;
    m->listen_context = context;
    nf_os_mutex_unlock(&m->mutex);
}

/* --- around fork() --- */

/* Extents in use that touch are copied at once. */
static bool used_copy(const nf_code_memory *m, int copy)
{
    for (uint32_t i = 0; i < m->count;) {
        size_t start = m->extents[i].offset, end = start;
        for (; i < m->count && m->extents[i].state != EXTENT_FREE; i++) end += m->extents[i].bytes;
        if (end > start && !nf_os_code_copy_add(copy, &m->view, start, end - start)) return false;
        while (i < m->count && m->extents[i].state == EXTENT_FREE) i++;
    }
    return true;
}

void nf_code_memory_fork_prepare(nf_code_memory *m)
{
    nf_os_mutex_lock(&m->mutex);
    m->copy = nf_os_code_copy_begin(&m->view);
    if (m->copy >= 0 && used_copy(m, m->copy)) return;
    nf_os_code_copy_drop(m->copy);
    m->copy = -1;
}

void nf_code_memory_fork_done(nf_code_memory *m, bool is_child)
{
    if (is_child)
        nf_os_code_copy_adopt(m->copy, &m->view);
    else
        nf_os_code_copy_drop(m->copy);
    nf_os_mutex_unlock(&m->mutex);
}
