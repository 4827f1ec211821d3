/*
 * Threads that are looked at from outside, while they sleep: a signal would cut their sleep short, and some
 * block it.
 */
#ifndef NF_OS_SCAN_SLEEPER_H
#define NF_OS_SCAN_SLEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether the thread slept in a system call while look() had a look at its stack, from its stack pointer on,
 * and could; or it has none, for it has ended, or is a worker of the kernel's. */
bool nf_scan_sleeper(pid_t thread, bool (*look)(uint64_t sp));

#endif
