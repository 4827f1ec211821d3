/*
 * fork() on Linux: one set of hooks by pthread_atfork(3), with the scan's own lock around them, so
 * that no child begins with a scan half done. _Fork(), vfork() and posix_spawn() don't come here:
 * what they make either runs nothing of ours, or is our own.
 */
#include "os/os.h"

#include <pthread.h>
#include "scan_fork.h"

static nf_os_fork_hooks hooks;

static void prepare(void)
{
    hooks.prepare();
    nf_scan_fork_prepare();
}

static void parent(void)
{
    nf_scan_fork_done(false);
    hooks.done(false);
}

static void child(void)
{
    nf_scan_fork_done(true);
    hooks.done(true);
}

static void listen(void)
{
    pthread_atfork(prepare, parent, child);
}

void nf_os_fork_listen(const nf_os_fork_hooks *wanted)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    hooks = *wanted;
    pthread_once(&once, listen);
}
