/*
 * Memory on bare metal: pages and blocks from one range that the embedder gave; see bare.h, os.h.
 *
 * Every block is a power of two bytes, at least 64, aligned to its size up to a page. A freed block
 * goes to the list of its size and is handed out from there; blocks are never split or joined. What
 * has not been used yet is cut from the front of the range. The waste of up to half is the price of
 * an allocator that is short and takes constant time.
 *
 *     range: | blocks handed out or in lists ........ | untouched ............... |
 *                                            cursor ──┘                    limit ─┘
 *
 * Code memory is cut from the code range in the same way, but an unmap gives back only the latest
 * piece: an engine takes one region and keeps it.
 */
#include "bare.h"

enum { CLASS_MIN = 6, CLASS_COUNT = 48 }; /* as powers of two */

typedef struct block {
    struct block *next;
} block;

static struct {
    nf_bare_platform platform;
    uintptr_t cursor, limit;
    size_t code_used;
    block *lists[CLASS_COUNT];
} state;

void nf_bare_init(const nf_bare_platform *platform)
{
    uintptr_t start = (uintptr_t)platform->memory;
    __builtin_memset(&state, 0, sizeof state);
    state.platform = *platform;
    state.cursor = start;
    state.limit = start + platform->memory_bytes;
}

const nf_bare_platform *nf_bare_platform_get(void)
{
    return &state.platform;
}

/* The power of two of the block that holds size bytes; CLASS_COUNT when none does. */
static unsigned class_of(size_t size)
{
    unsigned class = CLASS_MIN;
    while (class < CLASS_COUNT && size > (size_t)1 << class) class ++;
    return class;
}

static void *block_cut(unsigned class)
{
    size_t bytes = (size_t)1 << class;
    size_t align = bytes < NF_OS_PAGE_BYTES ? bytes : NF_OS_PAGE_BYTES;
    uintptr_t start = (state.cursor + align - 1) & ~(uintptr_t)(align - 1);
    if (start > state.limit || bytes > state.limit - start) return NULL;
    state.cursor = start + bytes;
    return (void *)start;
}

static void *allocate(void *context, size_t size)
{
    unsigned class = class_of(size);
    (void)context;
    if (class == CLASS_COUNT) return NULL;
    block *free_block = state.lists[class];
    if (free_block == NULL) return block_cut(class);
    state.lists[class] = free_block->next;
    return free_block;
}

static void release(void *context, void *memory, size_t size)
{
    block *freed = memory;
    unsigned class = class_of(size);
    (void)context;
    freed->next = state.lists[class];
    state.lists[class] = freed;
}

const nf_allocator *nf_os_allocator(void)
{
    static const nf_allocator allocator = {allocate, release, NULL};
    return &allocator;
}

static size_t page_bytes(size_t bytes)
{
    return (bytes + NF_OS_PAGE_BYTES - 1) & ~(size_t)(NF_OS_PAGE_BYTES - 1);
}

void *nf_os_pages_map(size_t bytes, uintptr_t near_hint)
{
    (void)near_hint; /* there is one range */
    if (bytes == 0 || bytes > SIZE_MAX / 2) return NULL;
    void *pages = allocate(NULL, page_bytes(bytes));
    return pages ? __builtin_memset(pages, 0, page_bytes(bytes)) : NULL;
}

void nf_os_pages_unmap(void *pages, size_t bytes)
{
    if (pages) release(NULL, pages, page_bytes(bytes));
}

nf_status nf_os_code_map(size_t bytes, uintptr_t near_hint, nf_os_code *code, nf_error *error)
{
    size_t rest = state.platform.code_bytes - state.code_used, whole = page_bytes(bytes);
    (void)near_hint;
    *code = (nf_os_code){.handle = -1};
    if (bytes == 0) return nf_fail(error, NF_ARGUMENT, "code memory of 0 bytes");
    if (bytes > rest || whole > rest)
        return nf_fail(error, NF_OS, "code memory of %zu bytes: %zu are left", bytes, rest);
    code->rw = state.platform.code_rw + state.code_used;
    code->rx = state.platform.code_rx + state.code_used;
    code->bytes = whole;
    state.code_used += whole;
    __builtin_memset(code->rw, 0, whole);
    return NF_OK;
}

void nf_os_code_unmap(nf_os_code *code)
{
    bool latest = code->rw && code->rw + code->bytes == state.platform.code_rw + state.code_used;
    if (latest) state.code_used -= code->bytes;
    *code = (nf_os_code){.handle = -1};
}

/* Nothing forks. */
int nf_os_code_copy_begin(const nf_os_code *code)
{
    (void)code;
    return -1;
}

bool nf_os_code_copy_add(int copy, const nf_os_code *code, size_t offset, size_t bytes)
{
    (void)copy;
    (void)code;
    (void)offset;
    (void)bytes;
    return false;
}

void nf_os_code_copy_drop(int copy)
{
    (void)copy;
}

bool nf_os_code_copy_adopt(int copy, nf_os_code *code)
{
    (void)copy;
    (void)code;
    return false;
}
