/*
 * One line at the bottom of a terminal that changes while lines go by above it.
 *
 * What the program under the engine writes goes by too: while the line is on, C's standard output
 * is a stream that takes the line away first. Where standard error is no terminal there is no such
 * line, and no escape sequence is written. Any thread may call these.
 */
#ifndef NF_LIVE_H
#define NF_LIVE_H

/* Turns the line on where it makes sense. */
void live_start(void);
/* Replaces the line; nothing while it is off, or while a line of the program's is unfinished. */
void live_show(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line on standard error that stays. */
void live_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the line away for good and gives standard output back. */
void live_end(void);

#endif
