/*
 * The sandbox on Linux, from the program's side: starts a child, watches over it, gives it the pages
 * that it asks for, and starts another one where the last died.
 *
 * The child writes what it learns into shared memory as it goes: which inputs are good, which
 * candidates are out and why, every sample. So a candidate that kills the child, or hangs it beyond
 * its own timer, costs one child: the parent blames who was running, and the next child goes on.
 * What stands in the record may have been written by a candidate gone wild: nothing in it is used as
 * an address or an index here before it was looked at.
 *
 * The child is a zygote's if there is one, else a fork of this process. See harness.c for what it
 * does, cage.c for how it is confined, zygote.c for why.
 */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/sanitized.h"
#include "base/text.h"
#include "clone.h"
#include "maps.h"
#include "os/os.h"
#include "zygote.h"

enum {
    POLL_NS = 5 * 1000 * 1000,
    END_POLL_NS = 50 * 1000,
    PROGRESS_NS = 20 * 1000 * 1000,
};

static const double sample_ns_max = 1e15;
static const uint64_t silent_ns_max = 3000 * UINT64_C(1000000); /* then the child is killed */
static const uint64_t log_bytes = (uint64_t)CAGE_PAGES_MAX * CAGE_PAGE_COPIES * CAGE_PAGE;

typedef enum child_end { CHILD_DONE, CHILD_DIED, CHILD_HUNG, CHILD_LOST } child_end;

typedef struct child {
    const nf_race_request *request;
    harness_place place;
    nf_zygote *zygote; /* NULL: forked */
    pid_t process;     /* of the forked one */
    int status;
} child;

/* --- where everything lies --- */

/* Guard, harness stack, guard, candidate stack, guard, signal stack, tables, guard. */
static const size_t private_bytes = 4 * CAGE_GUARD_BYTES + CAGE_HARNESS_BYTES + CAGE_STACK_BYTES +
                                    CAGE_SIGNAL_BYTES + log_bytes + CAGE_BITS_BYTES +
                                    CAGE_KEPT_BYTES + CAGE_PAGE;
/* Guard, record, guard: a loop that runs out of the program's array beside it must not get there. */
static const size_t record_bytes =
    2 * CAGE_GUARD_BYTES + (sizeof(harness) + CAGE_PAGE - 1) / CAGE_PAGE * CAGE_PAGE;

bool harness_map(harness_place *place)
{
    void *private =
        mmap(NULL, private_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *record = mmap(NULL, record_bytes, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool done = private != MAP_FAILED && record != MAP_FAILED &&
                mprotect(record + CAGE_GUARD_BYTES, record_bytes - 2 * CAGE_GUARD_BYTES,
                         PROT_READ | PROT_WRITE) == 0;
    *place = (harness_place){(harness *)(record + CAGE_GUARD_BYTES), private};
    if (done) return true;
    if (private != MAP_FAILED) munmap(private, private_bytes);
    if (record != MAP_FAILED) munmap(record, record_bytes);
    *place = (harness_place){NULL, NULL};
    return false;
}

void harness_unmap(const harness_place *place)
{
    munmap(place->private, private_bytes);
    munmap((uint8_t *)place->record - CAGE_GUARD_BYTES, record_bytes);
}

void harness_keep_from_children(const harness_place *place)
{
    madvise(place->private, private_bytes, MADV_DONTFORK);
    madvise((uint8_t *)place->record - CAGE_GUARD_BYTES, record_bytes, MADV_DONTFORK);
}

void harness_lay_out(const harness_place *place)
{
    cage *c = &place->record->cage;
    uint64_t private = (uint64_t)place->private, record = (uint64_t)place->record;
    c->private = (cage_range){private, private + private_bytes};
    c->record.start = record - CAGE_GUARD_BYTES;
    c->record.end = c->record.start + record_bytes;
    c->harness_stack_top = place->private + CAGE_GUARD_BYTES + CAGE_HARNESS_BYTES;
    c->stack_top = c->harness_stack_top + CAGE_GUARD_BYTES + CAGE_STACK_BYTES;
    c->signal_stack = c->stack_top + CAGE_GUARD_BYTES;
    c->log_bytes = c->signal_stack + CAGE_SIGNAL_BYTES;
    c->bits = c->log_bytes + log_bytes;
    c->kept = (cage_kept *)(c->bits + CAGE_BITS_BYTES);
    c->thread_zeros = (uint8_t *)c->kept + CAGE_KEPT_BYTES;
    c->parent = getpid();
}

/* --- the record --- */

static void harness_reset(harness *h)
{
    h->result = (nf_sandbox_result){0};
    /* Whatever formatting calls is bound here: in the sandbox the linker could not write that down. */
    nf_format(h->result.dropped_reason, NF_RACE_REASON_BYTES, "%s", "none was tried");
    h->checked = h->changed_fatal = false;
    h->rounds_done = 0;
    for (uint32_t i = 0; i < NF_RACE_INPUTS_MAX; i++) h->dropped[i] = false;
    for (uint32_t i = 0; i < NF_RACE_CANDIDATES_MAX; i++) h->result.outcomes[i] = NF_RACE_LOST;
}

/* What the last child did not finish, or wrote where it should not, must not confuse the next one. */
static void harness_restart(const child *who)
{
    harness *h = who->place.record;
    const nf_race_request *request = who->request;
    cage *c = &h->cage;
    harness_lay_out(&who->place);
    h->request = request;
    h->ns_per_tick = 1e9 / (double)nf_os_tsc_hz();
    c->ignored = (cage_range){request->ignored_start, request->ignored_end};
    c->thread_pointer = (uint64_t)(uintptr_t)__builtin_thread_pointer();
    c->float_control = __builtin_ia32_stmxcsr();
    c->has_shadow = NF_SANITIZED;
    c->has_avx = (nf_cpu_features() & NF_CPU_AVX) != 0;
    c->has_avx512 = (nf_cpu_features() & NF_CPU_AVX512VL) != 0;
    c->pulling = who->zygote != NULL;
    c->mapping_count = c->page_count = c->page_first = c->pulled_count = 0;
    c->bits_used = 0;
    c->pages_max = CAGE_PAGES_MAX;
    c->pulled_max = CAGE_PULLED_MAX;
    c->logging = c->armed = false;
    c->pull.turn = 0;
    h->finished = h->refused = false;
    h->running = HARNESS_NOBODY;
}

/* --- a child --- */

static bool child_start(child *c)
{
    uint64_t start = nf_os_time_ns();
    harness *h = c->place.record;
    bool started = c->zygote
                       ? maps_read(h->cage.maps, CAGE_MAPS_BYTES) && zygote_start_sandbox(c->zygote)
                       : (c->process = (pid_t)clone_whole(&h->cage, harness_run, h)) > 0;
    h->result.fork_ns += nf_os_time_ns() - start;
    return started;
}

static void child_kill(const child *c)
{
    if (c->zygote)
        zygote_kill_sandbox(c->zygote);
    else
        kill(c->process, SIGKILL);
}

/* CHILD_DONE: it has not ended; CHILD_DIED: it has. */
static child_end child_ask(child *c, bool wait)
{
    if (c->zygote) {
        zygote_news news = zygote_ask(c->zygote, wait, &c->status);
        return news == ZYGOTE_GONE ? CHILD_LOST : news == ZYGOTE_ENDED ? CHILD_DIED : CHILD_DONE;
    }
    pid_t ended;
    do ended = waitpid(c->process, &c->status, __WALL | (wait ? 0 : WNOHANG));
    while (ended < 0 && errno == EINTR);
    return ended == c->process ? CHILD_DIED : ended == 0 ? CHILD_DONE : CHILD_LOST;
}

/* Gives the sandbox the pages that it asked for. What can't be read here it can't have. */
static void pages_give(cage_pull *pull, uint32_t turn)
{
    uint32_t pages = __atomic_load_n(&pull->pages, __ATOMIC_RELAXED);
    size_t bytes = (size_t)(pages < CAGE_PULL_PAGES ? pages : CAGE_PULL_PAGES) * CAGE_PAGE;
    struct iovec to = {pull->bytes, bytes}, from = {(void *)pull->address, bytes};
    ssize_t got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
    pull->pages = got > 0 ? (uint32_t)got / CAGE_PAGE : 0;
    __atomic_store_n(&pull->turn, turn + 1, __ATOMIC_RELEASE);
    nf_os_wake(&pull->turn);
}

static void progress_tell(const child *c, uint64_t now, uint64_t *told)
{
    const harness *h = c->place.record;
    if (c->request->progress == NULL || now - *told < PROGRESS_NS) return;
    c->request->progress(c->request->context, harness_stage_text(h), h->progress_done,
                         h->progress_of);
    *told = now;
}

static bool is_given_up(const nf_race_request *request)
{
    return request->given_up && __atomic_load_n(request->given_up, __ATOMIC_RELAXED);
}

/* Serves the child until it ends. */
static child_end child_watch(child *c)
{
    harness *h = c->place.record;
    uint64_t now = nf_os_time_ns(), heard = now, told = now;
    uint32_t last = 0;
    for (;;) {
        uint32_t turn = __atomic_load_n(&h->cage.pull.turn, __ATOMIC_ACQUIRE);
        uint32_t beat = __atomic_load_n(&h->heartbeat, __ATOMIC_RELAXED);
        now = nf_os_time_ns();
        if (turn & 1) pages_give(&h->cage.pull, turn);
        if (turn & 1 || beat != last) heard = now;
        last = beat;
        if (turn & 1) continue;
        child_end end = child_ask(c, false);
        bool finished = __atomic_load_n(&h->finished, __ATOMIC_ACQUIRE);
        if (end == CHILD_DIED && finished && c->status == 0) return CHILD_DONE;
        if (end != CHILD_DONE) return end;
        if (now - heard > silent_ns_max || is_given_up(c->request)) break;
        progress_tell(c, now, &told);
        nf_os_wait(&h->cage.pull.turn, turn, finished ? END_POLL_NS : POLL_NS);
    }
    child_kill(c);
    bool is_lost = child_ask(c, true) == CHILD_LOST || is_given_up(c->request);
    return is_lost ? CHILD_LOST : CHILD_HUNG;
}

/* The child died: whoever was running is to blame. false when nobody was. */
static bool blame(const child *c, bool hung)
{
    char how[64];
    harness *h = c->place.record;
    if (hung)
        nf_format(how, sizeof how, "it hung the sandbox");
    else if (WIFSIGNALED(c->status))
        nf_format(how, sizeof how, "it killed the sandbox by signal %d", WTERMSIG(c->status));
    else
        nf_format(how, sizeof how, "it ended the sandbox");
    uint32_t running = h->running, input = h->input;
    if (running >= NF_SANDBOX_FIRST_CANDIDATE && running < NF_SANDBOX_CONTESTANTS_MAX) {
        uint32_t candidate = running - NF_SANDBOX_FIRST_CANDIDATE;
        h->result.outcomes[candidate] = hung ? NF_RACE_HUNG : NF_RACE_CRASHED;
        nf_format(h->result.reasons[candidate], NF_RACE_REASON_BYTES, "%s", how);
        return true;
    }
    if (running != HARNESS_NOBODY && input == HARNESS_CHANGED && !h->changed_fatal) {
        h->changed_fatal = true;
        return true;
    }
    if (running != HARNESS_NOBODY && input < c->request->input_count && !h->dropped[input]) {
        h->dropped[input] = true;
        nf_format(h->result.dropped_reason, NF_RACE_REASON_BYTES, "the baseline: %s", how);
        return true;
    }
    return false;
}

/* NF_BUSY: the zygote is gone. */
static nf_status children_run(child *c, nf_error *error)
{
    harness *h = c->place.record;
    uint32_t tries = c->request->candidate_count + c->request->input_count + 3;
    harness_reset(h);
    while (tries-- > 0) {
        harness_restart(c);
        if (!child_start(c))
            return nf_fail(error, c->zygote ? NF_BUSY : NF_OS,
                           "the sandbox could not be started: errno %d", errno);
        child_end end = child_watch(c);
        if (end == CHILD_DONE) return NF_OK;
        if (is_given_up(c->request)) return nf_fail(error, NF_OS, "the race was given up");
        if (end == CHILD_LOST)
            return nf_fail(error, c->zygote ? NF_BUSY : NF_OS, "the sandbox was lost");
        if (h->refused) return nf_fail(error, NF_OS, "the sandbox could not be confined");
        if (!blame(c, end == CHILD_HUNG))
            return nf_fail(error, NF_OS, "the sandbox ended with status %d", c->status);
    }
    return nf_fail(error, NF_OS, "the sandbox died too often");
}

/* For people, and their terminals. */
static void text_take(char text[NF_RACE_REASON_BYTES])
{
    text[NF_RACE_REASON_BYTES - 1] = 0;
    for (; *text; text++)
        if (*text < ' ' || *text > '~') *text = '?';
}

static void samples_take(double *samples, uint32_t rounds)
{
    for (uint32_t r = 0; r < rounds; r++)
        if (!(samples[r] > 0 && samples[r] < sample_ns_max)) samples[r] = -1;
}

/* What is read on must be within its bounds, whatever a candidate did to the record. */
static void result_take(const harness *h, nf_sandbox_result *result)
{
    *result = h->result;
    if (result->rounds > NF_SANDBOX_ROUNDS_MAX) result->rounds = 0;
    for (uint32_t who = 0; who < NF_SANDBOX_CONTESTANTS_MAX; who++)
        samples_take(result->samples[who], result->rounds);
    text_take(result->dropped_reason);
    for (uint32_t i = 0; i < NF_RACE_CANDIDATES_MAX; i++) {
        text_take(result->reasons[i]);
        if ((unsigned)result->outcomes[i] > NF_RACE_NOT_MEASURED)
            result->outcomes[i] = NF_RACE_CRASHED;
    }
}

static nf_status run_in(child *c, nf_sandbox_result *result, nf_error *error)
{
    nf_status status = children_run(c, error);
    if (status == NF_OK) result_take(c->place.record, result);
    return status;
}

nf_status nf_sandbox_run(const nf_race_request *request, nf_sandbox_result *result, nf_error *error)
{
    nf_status status = NF_BUSY;
    child c = {.request = request, .zygote = request->zygote};
    const harness_place *place = zygote_take(request->zygote);
    if (place) {
        c.place = *place;
        status = run_in(&c, result, error);
        zygote_give(request->zygote);
    }
    if (status != NF_BUSY) return status;
    c = (child){.request = request};
    if (!harness_map(&c.place))
        return nf_fail(error, NF_OS, "no memory for the sandbox: errno %d", errno);
    status = run_in(&c, result, error);
    harness_unmap(&c.place);
    return status;
}
