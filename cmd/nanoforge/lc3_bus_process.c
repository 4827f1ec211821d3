/*
 * The programs of nanoforge lc3 bus as processes, so that one can crash and the others go on.
 *
 * A process that ends without closing its ports is found dead by whoever waits for it (src/bus); the
 * parent only reaps it, says so, and counts it out. The parent's own death ends all.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lc3_bus.h"

static _Noreturn void child_run(bus_node *node, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILED);
    bus_node_run(node);
    _exit(fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAILED);
}

/* Processes that have ended, since it was asked last. */
static void reap(bus_node *nodes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int status;
        bus_node *node = &nodes[i];
        if (node->process == 0 || waitpid(node->process, &status, WNOHANG) != node->process)
            continue;
        node->process = 0;
        if (WIFSIGNALED(status)) node->signal = WTERMSIG(status);
        if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_FINE) node->failed = true;
        bus_node_ended(node);
    }
}

/* Up to the start line. */
static bool child_start(bus_node *nodes, uint32_t index)
{
    bus_run *run = nodes[index].run;
    pid_t parent = getpid();
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) complain("cannot make a process: %s", strerror(errno));
    if (child < 0) return false;
    if (child == 0) child_run(&nodes[index], parent);
    nodes[index].process = child;
    while (__atomic_load_n(&run->ready, __ATOMIC_ACQUIRE) <= index && nodes[index].process) {
        nf_os_yield();
        reap(nodes, index + 1);
    }
    return nodes[index].process != 0;
}

bool bus_processes_run(bus_node *nodes, uint32_t count)
{
    bus_run *run = nodes[0].run;
    uint32_t started = 0;
    while (started < count && child_start(nodes, started)) started++;
    if (started < count) __atomic_store_n(&run->stop, true, __ATOMIC_RELEASE);
    for (uint32_t i = started; i < count; i++) bus_node_ended(&nodes[i]);
    __atomic_store_n(&run->go, true, __ATOMIC_RELEASE);
    bool fine = bus_watch(nodes, count, reap);
    if (!fine) complain("all programs wait for each other: stopped");
    for (uint32_t i = 0; i < count; i++)
        while (nodes[i].process) {
            nf_os_yield();
            reap(nodes, count);
        }
    return fine && started == count;
}
