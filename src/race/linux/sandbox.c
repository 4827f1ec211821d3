/*
 * The sandbox on Linux: forks a child, watches over it, and starts another one where the last died.
 *
 * The child writes what it learns into shared memory as it goes: which inputs are good, which
 * candidates are out and why, every sample. So a candidate that kills the child, or hangs it beyond
 * its own timer, costs one fork: the parent blames who was running, and the next child goes on.
 * See harness.c for what the child does, cage.c for how it is confined.
 */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/text.h"
#include "os/os.h"

enum {
    GUARD_BYTES = 64 << 10,
    POLL_MS = 20,
    SILENT_MS_MAX = 3000, /* without a sign of life the child is killed */
};

static const uint64_t log_bytes = (uint64_t)CAGE_PAGES_MAX * 2 * CAGE_PAGE;

/* One mapping: guard, harness stack, guard, candidate stack, guard, signal stack, page log. */
static bool private_map(cage *c)
{
    size_t bytes =
        3 * GUARD_BYTES + CAGE_HARNESS_BYTES + CAGE_STACK_BYTES + CAGE_SIGNAL_BYTES + log_bytes;
    uint8_t *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) return false;
    c->private_start = start;
    c->private_end = start + bytes;
    c->harness_stack_top = start + GUARD_BYTES + CAGE_HARNESS_BYTES;
    c->stack_top = c->harness_stack_top + GUARD_BYTES + CAGE_STACK_BYTES;
    c->signal_stack = c->stack_top + GUARD_BYTES;
    c->log_bytes = c->signal_stack + CAGE_SIGNAL_BYTES;
    return mprotect(start, GUARD_BYTES, PROT_NONE) == 0 &&
           mprotect(c->harness_stack_top, GUARD_BYTES, PROT_NONE) == 0 &&
           mprotect(c->stack_top, GUARD_BYTES, PROT_NONE) == 0;
}

static harness *harness_map(const nf_race_request *request)
{
    harness *h = mmap(NULL, sizeof *h, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (h == MAP_FAILED) return NULL;
    h->request = request;
    h->ns_per_tick = 1e9 / (double)nf_os_tsc_hz();
    h->cage.shared_start = (uint64_t)h;
    h->cage.shared_end = ((uint64_t)(h + 1) + CAGE_PAGE - 1) & ~(uint64_t)(CAGE_PAGE - 1);
    h->cage.ignored_start = request->ignored_start;
    h->cage.ignored_end = request->ignored_end;
    if (private_map(&h->cage)) return h;
    munmap(h, sizeof *h);
    return NULL;
}

static void harness_unmap(harness *h)
{
    munmap(h->cage.private_start, (size_t)(h->cage.private_end - h->cage.private_start));
    munmap(h, sizeof *h);
}

/* What the last child did not finish must not confuse the next one. */
static void harness_restart(harness *h)
{
    h->cage.mapping_count = h->cage.page_count = h->cage.page_first = 0;
    h->cage.logging = h->cage.armed = false;
    h->finished = false;
}

/* Waits for the child, and reports progress. false: it was silent for too long and was killed. */
static bool child_watch(harness *h, pid_t child, int *status)
{
    uint32_t last = 0, silent_ms = 0;
    int descriptor = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd wait_for = {.fd = descriptor, .events = POLLIN};
    while (descriptor >= 0 && poll(&wait_for, 1, POLL_MS) <= 0 && silent_ms < SILENT_MS_MAX) {
        uint32_t now = __atomic_load_n(&h->heartbeat, __ATOMIC_RELAXED);
        silent_ms = now == last ? silent_ms + POLL_MS : 0;
        last = now;
        if (h->request->progress)
            h->request->progress(h->request->context, harness_stage_text(h), h->progress_done,
                                 h->progress_of);
    }
    if (descriptor >= 0) close(descriptor);
    bool killed = silent_ms >= SILENT_MS_MAX;
    if (killed) kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0 && errno == EINTR) continue;
    return !killed;
}

/* The child died: whoever was running is to blame. false when nobody was. */
static bool blame(harness *h, bool hung, int status)
{
    char how[64];
    if (hung)
        nf_format(how, sizeof how, "it hung the sandbox");
    else if (WIFSIGNALED(status))
        nf_format(how, sizeof how, "it killed the sandbox by signal %d", WTERMSIG(status));
    else
        nf_format(how, sizeof how, "it ended the sandbox");
    uint32_t running = h->running;
    if (running >= NF_SANDBOX_FIRST_CANDIDATE && running < NF_SANDBOX_CONTESTANTS_MAX) {
        uint32_t candidate = running - NF_SANDBOX_FIRST_CANDIDATE;
        h->result.outcomes[candidate] = hung ? NF_RACE_HUNG : NF_RACE_CRASHED;
        nf_format(h->result.reasons[candidate], NF_RACE_REASON_BYTES, "%s", how);
        return true;
    }
    if (running != HARNESS_NOBODY && h->input < h->request->input_count && !h->dropped[h->input]) {
        h->dropped[h->input] = true;
        nf_format(h->result.dropped_reason, NF_RACE_REASON_BYTES, "the baseline: %s", how);
        return true;
    }
    return false;
}

static pid_t child_start(harness *h)
{
    uint64_t start = nf_os_time_ns();
    pid_t child = _Fork(); /* no fork handlers: they may take locks */
    if (child == 0) cage_on_stack(h->cage.harness_stack_top, harness_run, h);
    h->result.fork_ns += nf_os_time_ns() - start;
    return child;
}

static nf_status children_run(harness *h, nf_error *error)
{
    uint32_t tries = h->request->candidate_count + h->request->input_count + 2;
    while (tries-- > 0) {
        int status = 0;
        harness_restart(h);
        pid_t child = child_start(h);
        if (child < 0)
            return nf_fail(error, NF_OS, "the sandbox could not be forked: errno %d", errno);
        bool in_time = child_watch(h, child, &status);
        if (h->finished) return NF_OK;
        if (h->refused) return nf_fail(error, NF_OS, "the sandbox could not be confined");
        if (!blame(h, !in_time, status))
            return nf_fail(error, NF_OS, "the sandbox ended with status %d", status);
    }
    return nf_fail(error, NF_OS, "the sandbox died too often");
}

nf_status nf_sandbox_run(const nf_race_request *request, nf_sandbox_result *result, nf_error *error)
{
    harness *h = harness_map(request);
    if (h == NULL) return nf_fail(error, NF_OS, "no memory for the sandbox: errno %d", errno);
    for (uint32_t i = 0; i < NF_RACE_CANDIDATES_MAX; i++) h->result.outcomes[i] = NF_RACE_LOST;
    nf_status status = children_run(h, error);
    if (status == NF_OK) *result = h->result;
    harness_unmap(h);
    return status;
}
