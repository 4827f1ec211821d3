/* See scan_stack.h. */
#include "scan_stack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { PIECES_MAX = 8192, MAPS_BYTES = 4 << 20, RED_ZONE_BYTES = 128 };

/* Of writable memory, by address. */
typedef struct piece {
    uint64_t start, end;
} piece;

static piece pieces[PIECES_MAX];
static uint32_t piece_count;

/* --- reading the list --- */

/* Adds a line of the list when it is writable memory. */
static bool piece_add(const char *line)
{
    char *end;
    uint64_t start = strtoull(line, &end, 16);
    if (*end != '-') return true;
    uint64_t limit = strtoull(end + 1, &end, 16);
    if (end[0] != ' ' || end[1] != 'r' || end[2] != 'w') return true;
    if (piece_count == PIECES_MAX) return false;
    pieces[piece_count++] = (piece){start, limit};
    return true;
}

/* All of a file as text. False: it can't be read, is empty, or does not fit. */
static bool file_read(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    size_t length = 0;
    ssize_t got;
    while (length + 1 < size && (got = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    close(file);
    text[length] = '\0';
    return length > 0 && length + 1 < size;
}

/* /proc/self is the first thread's, which may have ended and have none any more. */
bool nf_scan_stacks_read(void)
{
    char *text = malloc(MAPS_BYTES);
    bool whole = text && file_read("/proc/thread-self/maps", text, MAPS_BYTES);
    piece_count = 0;
    for (char *line = text; whole && line && *line;) {
        whole = piece_add(line);
        while (*line && *line != '\n') line++;
        if (*line) line++;
    }
    free(text);
    return whole;
}

/* --- stacks --- */

static const piece *piece_of(uint64_t address)
{
    uint32_t low = 0, high = piece_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pieces[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < piece_count && pieces[low].start <= address ? &pieces[low] : NULL;
}

static bool holds(const piece *p, uint64_t address)
{
    return p->start <= address && address < p->end;
}

/* The program's name, which lies above all that the first thread calls. */
static bool holds_first_end(const piece *p)
{
    return holds(p, getauxval(AT_EXECFN));
}

static bool touches_next(const piece *p)
{
    return p + 1 < pieces + piece_count && p[1].start == p->end;
}

bool nf_scan_stack_piece(uint64_t sp, nf_scan_stack *stack)
{
    const piece *p = piece_of(sp);
    if (p == NULL) return false;
    uint64_t from = sp - RED_ZONE_BYTES > p->start ? sp - RED_ZONE_BYTES : p->start;
    *stack = (nf_scan_stack){.from = from & -sizeof(uint64_t),
                             .end = p->end,
                             .goes_on = touches_next(p) && !holds_first_end(p)};
    return true;
}

bool nf_scan_stack_own(uint64_t sp, nf_scan_stack *stack)
{
    uint64_t control_block = (uint64_t)(uintptr_t)__builtin_thread_pointer();
    if (!nf_scan_stack_piece(sp, stack)) return false;
    for (const piece *p = piece_of(sp); stack->goes_on; p++) {
        bool is_last = holds(p, control_block) || holds_first_end(p);
        if (is_last) stack->end = p->end;
        stack->goes_on = !is_last && touches_next(p);
    }
    return true;
}

/* The thread pointer is kept at its place, and 16 bytes on by glibc once more. */
bool nf_scan_is_control_block(uint64_t address, const uint64_t words[3])
{
    return words[0] == address && words[2] == address;
}
