/*
 * Threads that can't be asked, for they block the signal: those that wait for signals, say, or that a
 * library has made for itself.
 */
#ifndef NF_OS_SCAN_SLEEPER_H
#define NF_OS_SCAN_SLEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether the thread blocks the signal and slept in a system call while look() had a look at its stack, from
 * its stack pointer on, and could. */
bool nf_scan_sleeper(pid_t thread, int signal, bool (*look)(uint64_t sp));

/* scan.c: all of a file as text. False: it can't be read, is empty, or does not fit. */
bool nf_scan_file_read(const char *path, char *text, size_t size);

#endif
