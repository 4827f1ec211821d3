/*
 * fork() on Linux: one set of hooks by pthread_atfork(3), and the scan's own lock, so that no child
 * begins with a scan half done. That may have to be waited for, so it comes before the hooks, which take
 * locks that callers want. _Fork(), vfork() and posix_spawn() don't come here:
 * what they make either runs nothing of ours, or is our own.
 */
#include "os/os.h"

#include <pthread.h>
#include "scan_fork.h"

static nf_os_fork_hooks hooks;

static void prepare(void)
{
    nf_scan_fork_prepare();
    hooks.prepare();
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
