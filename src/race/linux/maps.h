/*
 * The text of /proc/PID/maps: a line for each mapping, by ascending address. No libc.
 *
 *   7f1c2a000000-7f1c2a021000 r-xp 00001000 fe:01 5242 /usr/lib/libm.so.6
 */
#ifndef NF_RACE_MAPS_H
#define NF_RACE_MAPS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct maps_line {
    uint64_t start, end, offset, inode;
    uint32_t device_major, device_minor;
    bool readable, writable, executable, shared;
    const char *path; /* in the text, up to the end of the line; may be empty */
} maps_line;

/* Reads this process's into text, which ends with a 0. false: it can't be read, or does not fit. */
bool maps_read(char *text, long bytes);

/* Reads the line at text; returns the next one's place. */
const char *maps_line_read(const char *text, maps_line *line);

/* Whether the lines at a and b are the same. */
bool maps_same(const char *a, const char *b);

#endif
