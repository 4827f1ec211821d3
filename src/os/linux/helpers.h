/*
 * Host functions of our own: what compiled code calls by name and no library offers to the dynamic
 * linker. nf_os_symbol() finds them before anything else.
 *
 * Numbers of 128 bits go in as two halves, the low one first, and come out through a pointer to two.
 */
#ifndef NF_OS_LINUX_HELPERS_H
#define NF_OS_LINUX_HELPERS_H

/* The function of that name, or NULL. */
void *nf_helper_find(const char *name);

/* The calling thread's copy of a thread-local variable, by GCC's emulation: see emutls.c. */
void *nf_emutls_address(void *control);

#endif
