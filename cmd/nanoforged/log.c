/* Log lines. A client that misbehaves in a loop must not fill a disk: lines a second are limited. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "daemon.h"

enum { LINES_PER_SECOND = 20, LINE_BYTES = 256 };

/* One write; stdio would ask the system for more than the filter allows. */
static void line_write(const char *format, va_list list)
{
    static const char prefix[] = "nanoforged: ";
    char line[LINE_BYTES + 1];
    memcpy(line, prefix, sizeof prefix);
    size_t length = sizeof prefix - 1;
    int more = vsnprintf(line + length, LINE_BYTES - length, format, list);
    if (more < 0) return;
    length += (size_t)more;
    if (length > LINE_BYTES - 1) length = LINE_BYTES - 1;
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0) return; /* nobody to tell */
}

static void line_write_formatted(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    line_write(format, list);
    va_end(list);
}

void log_line(const char *format, ...)
{
    static time_t second;
    static unsigned lines, dropped;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second) {
        if (dropped) line_write_formatted("%u lines left out", dropped);
        second = now.tv_sec;
        lines = dropped = 0;
    }
    if (lines++ >= LINES_PER_SECOND) {
        dropped++;
        return;
    }
    va_list list;
    va_start(list, format);
    line_write(format, list);
    va_end(list);
}
