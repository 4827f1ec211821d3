/*
 * The bare-metal platform: what an embedder without an operating system gives, once, before any
 * other call of os.h.
 *
 * One thread runs: nf_os_thread_create() is not supported, mutexes only record that they are held,
 * and a wait on a condition ends at once as if by a time-out. Interrupt handlers must not call in.
 */
#ifndef NF_OS_BARE_BARE_H
#define NF_OS_BARE_BARE_H

#include "os/os.h"

typedef struct nf_bare_platform {
    void *memory; /* readable and writable, for pages and the allocator */
    size_t memory_bytes;
    uint8_t *code_rw, *code_rx; /* two mappings of the same frames, or one address twice */
    size_t code_bytes;
    uint64_t tsc_hz;                   /* 0: not known, and a nanosecond is taken as one tick */
    void *(*symbol)(const char *name); /* NULL: there are no host symbols */
} nf_bare_platform;

void nf_bare_init(const nf_bare_platform *platform);
const nf_bare_platform *nf_bare_platform_get(void);

#endif
