/*
 * Which pieces of code may a thread still be in, or return to? Asked before retired code is freed.
 *
 * The stacks of threads that sleep in a system call are searched for words that point into one of the
 * ranges, and don't notice. Every other thread of the process is stopped for some microseconds, in its
 * own signal handler, and its registers and stack are searched. So is the stack of the thread that
 * asks, from where compiled code may have called it. The search is conservative: an integer that looks
 * like such an address pins the range too. What it can't see is said to be unknown and nothing may be
 * freed: a thread on an alternate signal stack, one that blocks the signal and does not sleep, threads
 * that come and go too fast to be listed. Stacks that a program switches by hand (makecontext and kin)
 * while compiled code is on them are not seen: such a program must not let the engine free code
 * (docs/security.md).
 *
 * Linux: a real-time signal that the program does not use, with SA_RESTART. Bare: one thread, whose
 * caller is outside of any compiled code: nothing is ever pinned.
 */
#ifndef NF_OS_SCAN_H
#define NF_OS_SCAN_H

#include "base/status.h"

enum { NF_OS_SCAN_MAX = 1024 }; /* ranges at once */

typedef struct nf_os_range {
    uint64_t start, end; /* [start, end) */
    bool pinned;         /* out */
} nf_os_range;

/* Finds and prepares the signal; once per process, later calls do nothing. NF_UNSUPPORTED: no free
 * one. */
nf_status nf_os_scan_open(nf_error *error);
/* Lets the calling thread, which has all signals blocked, be looked at. */
void nf_os_scan_thread(void);
/* ranges are sorted and do not overlap. Marks the pinned ones. false: at least one thread could not
 * be looked at within timeout_ns, and nothing is known. One scan at a time; others wait.
 * stack: the caller's own is searched from this frame on; NULL: it has no compiled code above. */
bool nf_os_scan(nf_os_range *ranges, uint32_t count, const void *stack, uint64_t timeout_ns);

/* Stops a thread of this process for good, at a moment when it executes code in [start, end): so it
 * holds no lock of anybody's who is not there. For a process that is about to end, and has a reason
 * not to wait. false: there was no such moment within timeout_ns. */
bool nf_os_thread_park(uint64_t thread, uint64_t start, uint64_t end, uint64_t timeout_ns);

#endif
