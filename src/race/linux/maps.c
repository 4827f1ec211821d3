/*
 * Reads the kernel's list of mappings; see maps.h. The format is that of proc(5); fields that are not
 * there read as 0.
 */
#include "maps.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include "calls.h"

bool maps_read(char *text, long bytes)
{
    long length = 0, got, file = call3(SYS_open, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return false;
    while (length < bytes && (got = call3(SYS_read, file, (long)text + length, bytes - length)) > 0)
        length += got;
    call3(SYS_close, file, 0, 0);
    if (length == bytes || length == 0) return false;
    text[length] = 0;
    return true;
}

static int digit_of(char letter)
{
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return INT32_MAX;
}

/* Reads a number and the one character that ends it, unless that ends the line. */
static const char *number_read(const char *at, int base, uint64_t *value)
{
    for (*value = 0; digit_of(*at) < base; at++)
        *value = *value * (uint64_t)base + (uint64_t)digit_of(*at);
    return *at && *at != '\n' ? at + 1 : at;
}

const char *maps_line_read(const char *text, maps_line *line)
{
    uint64_t major, minor;
    const char *at = number_read(text, 16, &line->start);
    at = number_read(at, 16, &line->end);
    line->readable = at[0] == 'r';
    line->writable = at[1] == 'w';
    line->executable = at[2] == 'x';
    line->shared = at[3] == 's';
    at = number_read(at + 5, 16, &line->offset);
    at = number_read(at, 16, &major);
    at = number_read(at, 16, &minor);
    at = number_read(at, 10, &line->inode);
    line->device_major = (uint32_t)major;
    line->device_minor = (uint32_t)minor;
    while (*at == ' ') at++;
    line->path = at;
    while (*at && *at != '\n') at++;
    return *at ? at + 1 : at;
}

bool maps_same(const char *a, const char *b)
{
    while (*a && *a != '\n' && *a == *b) a++, b++;
    return (*a == 0 || *a == '\n') && (*b == 0 || *b == '\n');
}
