/*
 * Pages and code memory on Linux; see os.h for the contracts.
 *
 * Near placement: the kernel takes an address as a hint only, and falls back to anywhere when
 * something is there. So fixed places are tried outward from the hint, all below it first, as a
 * program's heap grows above its text, each with MAP_FIXED_NOREPLACE, which never hits what is
 * mapped. Kernels before 4.17 do not know the flag and take the place as a hint: the result is
 * compared.
 *
 * Code memory is one memfd, mapped twice. After the writable view is made, the file is sealed with
 * F_SEAL_FUTURE_WRITE: no further mapping of it can be or become writable (memfd_create(2),
 * fcntl(2)), so that not even mprotect() can make the executable view writable, in this process or
 * in one that inherits the descriptor. MADV_DONTFORK keeps the writable view out of children. Each
 * step is needed for the promise; if the kernel refuses one, there is no code memory.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3: the file itself can never be executed */
#endif

enum {
    HUGE_BYTES = 2 << 20,     /* a huge page; half of one is better than small ones */
    NEAR_REACH = 1 << 30,     /* how far from the hint a place is looked for */
    NEAR_STEP_MIN = 16 << 20, /* the distance between tries: at most 64 on each side */
};

static const uintptr_t ADDRESS_MIN = 1 << 16, ADDRESS_MAX = UINT64_C(1) << 47;

void *nf_os_block(size_t size)
{
    if (size < HUGE_BYTES / 2 || size > SIZE_MAX / 2) return malloc(size);
    size_t whole = (size + HUGE_BYTES - 1) & ~((size_t)HUGE_BYTES - 1);
    size_t huge = (size + HUGE_BYTES / 2) & ~((size_t)HUGE_BYTES - 1);
    void *block = aligned_alloc(HUGE_BYTES, whole);
    if (block) madvise(block, huge, MADV_HUGEPAGE);
    return block;
}

static void *allocate(void *context, size_t size)
{
    (void)context;
    return nf_os_block(size);
}

static void release(void *context, void *memory, size_t size)
{
    (void)context;
    (void)size;
    free(memory);
}

const nf_allocator *nf_os_allocator(void)
{
    static const nf_allocator allocator = {allocate, release, NULL};
    return &allocator;
}

/* Whole pages; 0 when that is nothing or does not fit. */
static size_t page_bytes(size_t bytes)
{
    if (bytes > SIZE_MAX / 2) return 0;
    return (bytes + NF_OS_PAGE_BYTES - 1) & ~(size_t)(NF_OS_PAGE_BYTES - 1);
}

typedef struct mapping {
    size_t bytes;
    int protection, flags, file;
} mapping;

static void *map_at(const mapping *what, uintptr_t place)
{
    if (place < ADDRESS_MIN || place > ADDRESS_MAX - what->bytes) return NULL;
    int flags = what->flags | MAP_FIXED_NOREPLACE;
    void *view = mmap((void *)place, what->bytes, what->protection, flags, what->file, 0);
    if (view == MAP_FAILED) return NULL;
    if (view == (void *)place) return view;
    munmap(view, what->bytes);
    return NULL;
}

static void *map_anywhere(const mapping *what)
{
    void *view = mmap(NULL, what->bytes, what->protection, what->flags, what->file, 0);
    return view == MAP_FAILED ? NULL : view;
}

static void *map_near(const mapping *what, uintptr_t hint)
{
    if (hint == 0) hint = (uintptr_t)&nf_os_code_map;
    uintptr_t home = hint & ~(uintptr_t)(NEAR_STEP_MIN - 1);
    size_t step = what->bytes < NEAR_STEP_MIN ? NEAR_STEP_MIN : what->bytes;
    size_t reach = what->bytes < NEAR_REACH ? NEAR_REACH - what->bytes : 0;
    void *view = NULL;
    for (size_t away = step; view == NULL && away <= reach && away < home; away += step)
        view = map_at(what, home - away);
    for (size_t away = step; view == NULL && away <= reach; away += step)
        view = map_at(what, home + away);
    return view ? view : map_anywhere(what);
}

void *nf_os_pages_map(size_t bytes, uintptr_t near_hint)
{
    mapping what = {page_bytes(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1};
    return what.bytes ? map_near(&what, near_hint) : NULL;
}

void nf_os_pages_unmap(void *pages, size_t bytes)
{
    if (pages) munmap(pages, page_bytes(bytes));
}

/* A memory file of that many bytes, or -1. */
static int file_create(size_t bytes)
{
    int file = memfd_create("nanoforge-code", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    if (file < 0 && errno == EINVAL)
        file = memfd_create("nanoforge-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file >= 0 && ftruncate(file, (off_t)bytes) != 0) {
        int why = errno;
        close(file);
        errno = why;
        return -1;
    }
    return file;
}

/* The writable view; must be the file's first and last. */
static bool map_writable(nf_os_code *code)
{
    mapping what = {code->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, code->handle};
    int seals = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    code->rw = map_anywhere(&what);
    return code->rw && madvise(code->rw, code->bytes, MADV_DONTFORK) == 0 &&
           fcntl(code->handle, F_ADD_SEALS, seals) == 0;
}

static bool map_executable(nf_os_code *code, uintptr_t near_hint)
{
    mapping what = {code->bytes, PROT_READ | PROT_EXEC, MAP_SHARED, code->handle};
    code->rx = map_near(&what, near_hint);
    return code->rx != NULL;
}

nf_status nf_os_code_map(size_t bytes, uintptr_t near_hint, nf_os_code *code, nf_error *error)
{
    const char *step = "memfd_create";
    *code = (nf_os_code){.bytes = page_bytes(bytes), .handle = -1};
    if (code->bytes == 0) return nf_fail(error, NF_ARGUMENT, "code memory of %zu bytes", bytes);
    code->handle = file_create(code->bytes);
    if (code->handle < 0) goto fail;
    step = "the writable view";
    if (!map_writable(code)) goto fail;
    step = "the executable view";
    if (!map_executable(code, near_hint)) goto fail;
    return NF_OK;
fail:
    nf_fail(error, NF_OS, "code memory of %zu bytes: %s: %s", bytes, step, strerror(errno));
    nf_os_code_unmap(code);
    return NF_OS;
}

void nf_os_code_unmap(nf_os_code *code)
{
    if (code->rw) munmap(code->rw, code->bytes);
    if (code->rx) munmap(code->rx, code->bytes);
    if (code->handle >= 0) close(code->handle);
    *code = (nf_os_code){.handle = -1};
}

/* --- around fork() --- */

int nf_os_code_copy_begin(const nf_os_code *code)
{
    return file_create(code->bytes);
}

bool nf_os_code_copy_add(int copy, const nf_os_code *code, size_t offset, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = pwrite(copy, code->rx + offset, bytes, (off_t)offset);
        if (written <= 0) return false;
        offset += (size_t)written;
        bytes -= (size_t)written;
    }
    return true;
}

void nf_os_code_copy_drop(int copy)
{
    if (copy >= 0) close(copy);
}

bool nf_os_code_copy_adopt(int copy, nf_os_code *code)
{
    nf_os_code fresh = {.bytes = code->bytes, .handle = copy};
    code->rw = NULL;
    if (copy < 0 || !map_writable(&fresh) ||
        mmap(code->rx, code->bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, copy, 0) ==
            MAP_FAILED) {
        if (fresh.rw) munmap(fresh.rw, fresh.bytes);
        nf_os_code_copy_drop(copy);
        return false;
    }
    close(code->handle);
    code->handle = copy;
    code->rw = fresh.rw;
    return true;
}
