/*
 * The sandbox's memory: what stands where, pages that are pulled, and pages that are written.
 *
 * A forked sandbox has the program's memory already, and makes it read-only. A zygote's sandbox gets
 * the list of the program's mappings and puts an empty one in the place of each:
 *
 *   program   text of libm   heap, 1 GiB          text of a library that was loaded later
 *   sandbox   kept           no access, no pages  mapped from the same file
 *
 *   load from the heap ─► SIGSEGV ─► page not here ─► question in the record ─► the program's racing
 *   thread copies 16 pages into the record ─► copied to their place, read-only ─► load again
 *
 * So a race costs what its functions touch, however large the heap is. A page is pulled once and then
 * stays, so that all contestants see the same bytes; pages that are pulled at different times may not
 * fit together when the program goes on writing, as no snapshot fits in the middle of an update. A
 * baseline that trips over that loses the input.
 *
 * Text comes from zygote or file and never through pulling: nothing becomes executable after the
 * sandbox is confined. Code that another compiler made in anonymous memory after the zygote was made
 * is therefore readable there but does not run.
 */
#include "cage.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include "calls.h"
#include "maps.h"

static const uint64_t user_space_end = UINT64_C(1) << 47;
static const uint64_t sanitizer_bytes = UINT64_C(1) << 36; /* shadow memory: nobody's data */

void cage_copy(void *to, const void *from, uint64_t bytes)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static bool protect(uint64_t address, uint64_t bytes, int protection)
{
    return call3(SYS_mprotect, (long)address, (long)bytes, protection) == 0;
}

/* --- what stands where --- */

static cage_mapping *mapping_of(cage *c, uint64_t address)
{
    uint32_t low = 0, high = c->mapping_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->mappings[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->mapping_count && c->mappings[low].start <= address ? &c->mappings[low] : 0;
}

static bool place_keep_free(cage *c, cage_mapping *m)
{
    uint64_t pages = (m->end - m->start) / CAGE_PAGE, bytes = (pages + 7) / 8;
    if (c->bits_used + bytes > CAGE_BITS_BYTES) return true; /* not there: who reads it crashes */
    m->pulled = c->bits + c->bits_used;
    c->bits_used += bytes;
    return call6(SYS_mmap, (long)m->start, (long)(m->end - m->start), PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == (long)m->start;
}

static bool mapping_add(cage *c, cage_mapping m)
{
    if (m.start >= m.end || (m.ignored && !c->pulling)) return true;
    if (c->mapping_count == CAGE_MAPPINGS_MAX) return false;
    bool done = c->pulling ? place_keep_free(c, &m) : protect(m.start, m.end - m.start, PROT_READ);
    if (c->pulling && m.pulled == 0) return done;
    c->mappings[c->mapping_count++] = m;
    return done;
}

/* Which of the ranges that are not to be taken as they are overlaps with [start, end): 0 none. */
static const cage_range *range_in_the_way(const cage *c, uint64_t start, uint64_t end)
{
    const cage_range *ranges[] = {&c->private, &c->record, &c->ignored};
    for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i]->start < end && ranges[i]->end > start) return ranges[i];
    for (uint32_t i = 0; i < c->kept->image_count; i++) {
        const cage_range *image = &c->kept->image[i];
        if (image->start < end && image->end > start) return image;
    }
    return 0;
}

/* Takes a mapping less what is the cage's own. */
static bool mapping_take(cage *c, cage_mapping m)
{
    const cage_range *other;
    while ((other = range_in_the_way(c, m.start, m.end))) {
        cage_mapping left = m, middle = m;
        left.end = other->start;
        if (left.start < left.end && !mapping_take(c, left)) return false;
        if (middle.start < other->start) middle.start = other->start;
        if (middle.end > other->end) middle.end = other->end;
        middle.ignored = true;
        if (other == &c->ignored && !mapping_add(c, middle)) return false;
        m.start = middle.end;
        if (m.start >= m.end) return true;
    }
    return mapping_add(c, m);
}

/* --- entering --- */

/* The same text from the same file. */
static bool text_map(char *maps, const maps_line *line)
{
    struct stat is;
    char *end = maps + (line->path - maps);
    if (line->path[0] != '/' || line->writable || line->shared) return false;
    while (*end && *end != '\n') end++;
    char ended_by = *end;
    *end = 0;
    long file = call3(SYS_open, (long)line->path, O_RDONLY | O_CLOEXEC, 0);
    *end = ended_by;
    if (file < 0) return false;
    bool same = call3(SYS_fstat, file, (long)&is, 0) == 0 && is.st_ino == line->inode &&
                major(is.st_dev) == line->device_major && minor(is.st_dev) == line->device_minor;
    long bytes = (long)(line->end - line->start);
    bool done = same && call6(SYS_mmap, (long)line->start, bytes, PROT_READ | PROT_EXEC,
                              MAP_PRIVATE | MAP_FIXED, file, (long)line->offset) > 0;
    call3(SYS_close, file, 0, 0);
    return done;
}

/* Unmaps what the zygote has kept below `until`; returns the first line that it leaves. */
static const char *kept_drop(const char *kept, uint64_t until)
{
    maps_line line;
    while (*kept) {
        const char *next = maps_line_read(kept, &line);
        if (line.start >= until) break;
        call3(SYS_munmap, (long)line.start, (long)(line.end - line.start), 0);
        kept = next;
    }
    return kept;
}

static bool memory_lay_out(cage *c)
{
    const char *kept = c->kept->lines;
    maps_line line, ignored;
    for (const char *at = c->maps, *next; *at; at = next) {
        next = maps_line_read(at, &line);
        kept = kept_drop(kept, line.start);
        if (maps_same(at, kept)) {
            kept = maps_line_read(kept, &ignored);
            continue;
        }
        kept = kept_drop(kept, line.end);
        cage_mapping m = {line.start, line.end, 0, line.writable, line.shared, false};
        if (!line.readable || line.start >= user_space_end) continue;
        bool alone = range_in_the_way(c, m.start, m.end) == 0;
        if (line.executable && alone && text_map(c->maps, &line)) continue;
        if (!mapping_take(c, m)) return false;
    }
    kept_drop(kept, UINT64_MAX);
    return true;
}

static bool memory_protect(cage *c)
{
    maps_line line;
    if (!maps_read(c->maps, CAGE_MAPS_BYTES)) return false;
    for (const char *at = c->maps; *at;) {
        at = maps_line_read(at, &line);
        cage_mapping m = {line.start, line.end, 0, true, line.shared, false};
        if (!line.writable || (c->has_shadow && m.end - m.start >= sanitizer_bytes)) continue;
        if (!mapping_take(c, m)) return false;
    }
    return true;
}

bool cage_memory_enter(cage *c)
{
    return c->pulling ? memory_lay_out(c) : memory_protect(c);
}

/* --- pulled pages --- */

static bool is_here(const cage_mapping *m, uint64_t page)
{
    uint64_t index = (page - m->start) / CAGE_PAGE;
    return m->pulled == 0 || (m->pulled[index / 8] >> index % 8 & 1);
}

static void now_here(const cage_mapping *m, uint64_t page)
{
    uint64_t index = (page - m->start) / CAGE_PAGE;
    m->pulled[index / 8] |= (uint8_t)(1 << index % 8);
}

/* Asks the program, and waits. Returns how many pages it gave. */
static uint32_t pages_ask(cage *c, uint64_t address, uint32_t pages)
{
    cage_pull *pull = &c->pull;
    uint32_t turn = pull->turn + 1;
    pull->address = address;
    pull->pages = pages;
    __atomic_store_n(&pull->turn, turn, __ATOMIC_RELEASE);
    call3(SYS_futex, (long)&pull->turn, FUTEX_WAKE, 1);
    while (__atomic_load_n(&pull->turn, __ATOMIC_ACQUIRE) == turn)
        call6(SYS_futex, (long)&pull->turn, FUTEX_WAIT, turn, 0, 0, 0);
    return pull->pages <= pages ? pull->pages : 0;
}

static cage_end pages_pull(cage *c, const cage_mapping *m, uint64_t page)
{
    uint32_t pages = 1;
    while (pages < CAGE_PULL_PAGES && page + pages * CAGE_PAGE < m->end &&
           !is_here(m, page + pages * CAGE_PAGE))
        pages++;
    if (c->pulled_count + pages > c->pulled_max) return CAGE_PULLED_FULL;
    pages = pages_ask(c, page, pages);
    uint64_t bytes = (uint64_t)pages * CAGE_PAGE;
    if (pages == 0 || !protect(page, bytes, PROT_READ | PROT_WRITE)) return CAGE_CRASHED;
    cage_copy((void *)page, c->pull.bytes, bytes);
    if (!m->ignored && !protect(page, bytes, PROT_READ)) return CAGE_CRASHED;
    for (uint32_t i = 0; i < pages; i++) now_here(m, page + (uint64_t)i * CAGE_PAGE);
    c->pulled_count += pages;
    return CAGE_RETURNED;
}

/* The C library keeps the thread's own address in the first word of its block. */
bool cage_thread_enter(cage *c)
{
    if (!c->pulling) return true;
    uint64_t page = c->thread_pointer & ~(uint64_t)(CAGE_PAGE - 1);
    const cage_mapping *m = mapping_of(c, page);
    if (m == 0 || (!is_here(m, page) && pages_pull(c, m, page) != CAGE_RETURNED)) return false;
    return call3(SYS_arch_prctl, ARCH_SET_FS, (long)c->thread_pointer, 0) == 0;
}

void cage_notify(cage *c)
{
    __atomic_fetch_add(&c->pull.turn, 2, __ATOMIC_RELEASE);
    call3(SYS_futex, (long)&c->pull.turn, FUTEX_WAKE, 1);
}

/* --- written pages --- */

void cage_pages_protect(const cage *c, uint32_t first, uint32_t last, bool writable)
{
    for (uint32_t i = first; i < last; i++)
        protect(c->pages[i].address, CAGE_PAGE, writable ? PROT_READ | PROT_WRITE : PROT_READ);
}

void cage_pages_restore(const cage *c, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i < last; i++)
        cage_copy((void *)c->pages[i].address, c->pages[i].before, CAGE_PAGE);
}

static bool page_log(cage *c, uint64_t address)
{
    uint8_t *bytes = c->log_bytes + (uint64_t)c->page_count * CAGE_PAGE_COPIES * CAGE_PAGE;
    if (c->page_count >= c->pages_max) return false;
    cage_copy(bytes, (const void *)address, CAGE_PAGE);
    c->pages[c->page_count++] =
        (cage_page){address, bytes, bytes + CAGE_PAGE, bytes + (uint64_t)2 * CAGE_PAGE,
                    bytes + (uint64_t)3 * CAGE_PAGE};
    return protect(address, CAGE_PAGE, PROT_READ | PROT_WRITE);
}

cage_end cage_memory_fault(cage *c, uint64_t address, bool is_write)
{
    uint64_t page = address & ~(uint64_t)(CAGE_PAGE - 1);
    const cage_mapping *m = mapping_of(c, address);
    if (m == 0) return CAGE_CRASHED;
    if (!is_here(m, page)) return pages_pull(c, m, page);
    if (!is_write || !m->writable) return CAGE_CRASHED;
    if (m->shared) return CAGE_SHARED_WRITE;
    if (!c->logging) return CAGE_STRAY_WRITE;
    return page_log(c, page) ? CAGE_RETURNED : CAGE_LOG_FULL;
}
